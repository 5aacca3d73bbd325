//! Tests beside rules: `<id>.test.yaml`, small accounts and the verdict that each must get.
//!
//! Beside the cases runs a mutation test for nothing: whatever the rule reads is taken away, one thing at a time. A
//! case that is violated must not pass then, and one that holds must not fail.

pub mod fragment;
mod network;
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use portcullis_estate::{Estate, LoadOptions};
use serde::Deserialize;
use serde_json::Value as Json;
use serde_saphyr::Spanned;

use self::fragment::{Fragment, NOW};
use super::diagnostic::{Diagnostic, Source};
use super::evaluate::{Context, evaluate_blind};
use super::functions::{Engines, Standard};
use super::language::eval::Blind;
use super::library::Library;
use super::params::Params;
use super::rule::Rule;
use super::verdict::{Outcome, Verdict};
use super::yaml;

/// The form of a test file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestFile {
    #[serde(default)]
    params: BTreeMap<String, Spanned<Json>>,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: Spanned<String>,
    #[serde(default)]
    params: BTreeMap<String, Spanned<Json>>,
    given: Spanned<Json>,
    /// Declared grants by database, in the form of a grants file.
    #[serde(default)]
    matrices: BTreeMap<String, Spanned<Json>>,
    expect: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    Holds,
    Violated,
    Unknown,
    NotApplicable,
}

impl Expected {
    const fn verdict(self) -> Verdict {
        match self {
            Self::Holds => Verdict::Holds,
            Self::Violated => Verdict::Violated,
            Self::Unknown => Verdict::Unknown,
            Self::NotApplicable => Verdict::NotApplicable,
        }
    }
}

/// What the tests of a library come to.
#[derive(Debug, Default)]
pub struct TestReport {
    /// How many cases ran.
    pub cases: usize,
    /// How many times something was taken away.
    pub mutations: usize,
    /// What failed.
    pub failures: Vec<Diagnostic>,
    /// Rules without a case that holds, one that is violated and one that is unknown, with what they lack.
    pub lacking: Vec<(String, Vec<&'static str>)>,
    /// Taken-away inputs that no case noticed, as (rule, input): irrelevant there, or a leak.
    pub unnoticed: Vec<(String, String)>,
}

impl TestReport {
    /// Whether every case got its verdict and every rule has its cases.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty() && self.lacking.is_empty()
    }
}

impl fmt::Display for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{}\n", failure.render(false))?;
        }
        for (rule, lacks) in &self.lacking {
            writeln!(f, "{rule} has no case that is {}", lacks.join(", none that is "))?;
        }
        for (rule, input) in &self.unnoticed {
            writeln!(f, "note: no case of {rule} depends on {input}")?;
        }
        let failed = self.failures.len();
        writeln!(
            f,
            "{} cases, {} mutations, {failed} failed, {} rules lack cases",
            self.cases,
            self.mutations,
            self.lacking.len()
        )
    }
}

/// Makes engines for an estate and the declared grants of its databases.
type EnginesOf<'t> = dyn for<'e> Fn(&'e Estate, Matrices) -> Box<dyn Engines + 'e> + 't;

/// Declared grants by database identifier.
pub type Matrices = BTreeMap<String, portcullis_db::CheckedMatrix>;

impl Library {
    /// Runs every test with the standard engines.
    #[must_use]
    pub fn test(&self) -> TestReport {
        self.test_with(&|estate, matrices| Box::new(Standard::new(estate).with_matrices(matrices)))
    }

    /// Runs every test with engines made for each estate.
    #[must_use]
    pub fn test_with(&self, engines: &EnginesOf<'_>) -> TestReport {
        let mut report = TestReport::default();
        for rule in &self.rules {
            let mut seen = BTreeSet::new();
            if let Some(source) = self.tests.get(&rule.id) {
                match yaml::read::<TestFile>(source) {
                    Ok(file) => Tester { rule, source, engines, report: &mut report }.file(&file, &mut seen),
                    Err(fault) => report.failures.push(fault),
                }
            }
            let wanted = [(Verdict::Holds, "holds"), (Verdict::Violated, "violated"), (Verdict::Unknown, "unknown")];
            let lacks: Vec<&str> =
                wanted.into_iter().filter(|(v, _)| !seen.contains(v)).map(|(_, name)| name).collect();
            if !lacks.is_empty() {
                report.lacking.push((rule.id.clone(), lacks));
            }
        }
        report
    }
}

struct Tester<'t> {
    rule: &'t Rule,
    source: &'t Source,
    engines: &'t EnginesOf<'t>,
    report: &'t mut TestReport,
}

impl Tester<'_> {
    fn file(&mut self, file: &TestFile, seen: &mut BTreeSet<Verdict>) {
        let blinds: Vec<Blind> = {
            let reads = self.rule.decisive_reads();
            let fields = reads.fields.iter().map(|(kind, field)| Blind::Field(kind, field));
            fields.chain(reads.functions.iter().map(|name| Blind::Function(name))).collect()
        };
        let mut noticed = BTreeSet::new();
        for case in &file.cases {
            self.report.cases += 1;
            seen.insert(case.expect.verdict());
            if let Err(fault) = self.case(file, case, &blinds, &mut noticed) {
                self.report.failures.push(fault);
            }
        }
        for blind in blinds.iter().filter(|blind| !noticed.contains(*blind)) {
            let input = match blind {
                Blind::Field(kind, field) => format!("{kind}.{field}"),
                Blind::Function(name) => (*name).to_owned(),
            };
            self.report.unnoticed.push((self.rule.id.clone(), input));
        }
    }

    fn case(
        &mut self,
        file: &TestFile,
        case: &Case,
        blinds: &[Blind],
        noticed: &mut BTreeSet<Blind>,
    ) -> Result<(), Diagnostic> {
        let at = |span: std::ops::Range<usize>, message: String| self.source.fault(span, message, None);
        let given = yaml::span(self.source, &case.given);
        let fragment =
            Fragment::deserialize(&case.given.value).map_err(|error| at(given.clone(), error.to_string()))?;
        let snapshot = fragment.snapshot().map_err(|why| at(given.clone(), why))?;
        let options = LoadOptions { now: NOW.parse().ok(), ..LoadOptions::default() };
        let estate = Estate::load(&snapshot, &options).map_err(|error| at(given.clone(), error.to_string()))?;
        let mut params = Params::default();
        for (name, value) in file.params.iter().filter(|(name, _)| !case.params.contains_key(*name)).chain(&case.params)
        {
            let span = yaml::span(self.source, value);
            let Some(param) = self.rule.params.get(name) else {
                return Err(at(span, format!("the rule has no parameter `{name}`")));
            };
            // A resource that a case leaves out is selected by nothing there.
            match param.ty.read(&value.value, &estate) {
                Ok(value) => {
                    params.values.insert(name.clone(), value);
                }
                Err(why) if why.contains("matches nothing") => {
                    params.values.insert(
                        name.clone(),
                        super::params::ParamValue::Selection(super::params::Selection::default()),
                    );
                }
                Err(why) => return Err(at(span, why)),
            }
        }
        let mut matrices = Matrices::new();
        for (database, value) in &case.matrices {
            let span = yaml::span(self.source, value);
            let matrix: portcullis_db::Matrix =
                serde_json::from_value(value.value.clone()).map_err(|error| at(span.clone(), error.to_string()))?;
            let checked = matrix.check().map_err(|problems| {
                at(span, problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?;
            matrices.insert(database.clone(), checked);
        }
        let engines = (self.engines)(&estate, matrices);
        let context = Context { estate: &estate, engines: &*engines, params: &params };
        let outcomes = evaluate_blind(self.rule, &context, None);
        let verdict = whole(&outcomes);
        let wanted = case.expect.verdict();
        if verdict != wanted {
            let name = yaml::span(self.source, &case.name);
            let message = format!("rule `{}`: expected {wanted}, found {verdict}", self.rule.id);
            return Err(self.source.fault(name, message, Some(why(&outcomes))));
        }
        for blind in blinds {
            self.report.mutations += 1;
            let found = whole(&evaluate_blind(self.rule, &context, Some(blind)));
            if found != verdict {
                noticed.insert(blind.clone());
            }
            let wrong = match verdict {
                Verdict::Holds => found == Verdict::Violated,
                Verdict::Violated => matches!(found, Verdict::Holds | Verdict::NotApplicable),
                Verdict::Unknown | Verdict::NotApplicable => false,
            };
            if wrong {
                let name = yaml::span(self.source, &case.name);
                let message =
                    format!("rule `{}`: without {blind:?} the case is {found} instead of {verdict}", self.rule.id);
                return Err(self.source.fault(name, message, Some("what was not seen must not decide".to_owned())));
            }
        }
        Ok(())
    }
}

/// The verdict on a whole fragment: the worst of its resources.
fn whole(outcomes: &[Outcome]) -> Verdict {
    let any = |verdict| outcomes.iter().any(|outcome| outcome.verdict == verdict);
    [Verdict::Violated, Verdict::Unknown, Verdict::Holds]
        .into_iter()
        .find(|v| any(*v))
        .unwrap_or(Verdict::NotApplicable)
}

fn why(outcomes: &[Outcome]) -> String {
    let mut lines = Vec::new();
    for outcome in outcomes {
        lines.extend(outcome.items.iter().map(|item| item.message.clone()));
        lines.extend(outcome.gaps.iter().map(|gap| format!("missing {gap}")));
        lines.extend(outcome.why.clone());
    }
    lines.truncate(8);
    if lines.is_empty() { "nothing is wrong and nothing is missing".to_owned() } else { lines.join("; ") }
}
