//! The rules of an alert file: every rule of the report, every scenario, and those about the run itself.

use std::collections::{BTreeMap, BTreeSet};

use super::super::RenderOptions;
use super::super::text::{clean, shorten};
use super::{Level, Spot};
use crate::audit::report::{Finding, Report, RuleSummary, Severity};
use crate::scenario::trace::Trace;

/// Something could not be seen.
pub(super) const COVERAGE: &str = "coverage-incomplete";
/// A scenario is blocked by something else than its document says.
pub(super) const NOT_AS_DOCUMENTED: &str = "scenario-not-as-documented";
/// One control alone holds a scenario.
pub(super) const SINGLE_POINT: &str = "scenario-single-point-of-failure";

/// Tags that GitHub keeps of a rule.
const TAGS_KEPT: usize = 10;
/// Characters that GitHub allows in a description.
const DESCRIPTION_LIMIT: usize = 1_000;

/// A rule of an alert file. GitHub reads the severity from it, so one id means one severity.
#[derive(Debug, Clone)]
pub(in crate::report) struct AlertRule {
    pub(in crate::report) id: String,
    /// The id in Pascal case, as SARIF wants it.
    pub(in crate::report) name: String,
    pub(in crate::report) short: String,
    pub(in crate::report) full: String,
    pub(in crate::report) help: String,
    pub(in crate::report) help_markdown: String,
    pub(in crate::report) level: Level,
    pub(in crate::report) security_severity: &'static str,
    pub(in crate::report) precision: &'static str,
    pub(in crate::report) tags: Vec<String>,
    /// Controls that it belongs to: index of the taxonomy, id, how far it covers it.
    pub(in crate::report) controls: Vec<(usize, String, String)>,
}

/// A framework with the controls that rules name.
#[derive(Debug, Clone)]
pub(in crate::report) struct Taxonomy {
    pub(in crate::report) name: String,
    pub(in crate::report) controls: Vec<String>,
}

/// The rules of one file, found by id.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) list: Vec<AlertRule>,
    pub(super) taxonomies: Vec<Taxonomy>,
    index: BTreeMap<String, usize>,
    files: BTreeMap<String, Spot>,
}

impl Rules {
    /// The rules of a report.
    pub(super) fn of(report: &Report, options: &RenderOptions) -> Self {
        let taxonomies = taxonomies(report);
        let mut rules = Self { list: Vec::new(), taxonomies, index: BTreeMap::new(), files: BTreeMap::new() };
        for rule in &report.rules {
            let alert_rule = rules.made_from(report, rule);
            rules.add(alert_rule);
            if let Some(root) = &options.rules_in_repository {
                rules.files.insert(rule.id.clone(), Spot::top(&format!("{root}/{}", rule.file)));
            }
        }
        for trace in &report.scenarios {
            rules.add(of_scenario(trace));
        }
        for own in own_rules() {
            rules.add(own);
        }
        rules
    }

    /// The index of a rule; the first of an id stays.
    pub(super) fn add(&mut self, rule: AlertRule) -> usize {
        let next = self.list.len();
        let index = *self.index.entry(rule.id.clone()).or_insert(next);
        if index == next {
            self.list.push(rule);
        }
        index
    }

    /// The index of a finding's rule; a rule that is gone since the baseline is told from the finding.
    pub(super) fn of_finding(&mut self, finding: &Finding) -> usize {
        match self.index.get(&finding.rule) {
            Some(index) => *index,
            None => self.add(made(
                &finding.rule,
                &finding.title,
                finding.severity,
                "very-high",
                &[("", &finding.title), ("What to do", &finding.remediation)],
            )),
        }
    }

    /// The index of a rule by its id.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The index of one of the own rules.
    pub(super) fn own(&self, id: &str) -> usize {
        self.find(id).unwrap_or_default()
    }

    /// The id of a rule.
    pub(super) fn id(&self, index: usize) -> &str {
        self.list.get(index).map_or("", |rule| &rule.id)
    }

    /// The rule's file, if it is in the repository.
    pub(super) fn file(&self, id: &str) -> Option<&Spot> {
        self.files.get(id)
    }

    fn made_from(&self, report: &Report, rule: &RuleSummary) -> AlertRule {
        let controls = frameworks_text(rule);
        let mut made = made(
            &rule.id,
            &rule.title,
            rule.severity,
            "very-high",
            &[("", &rule.rationale), ("What to do", &rule.remediation), ("Controls", &controls)],
        );
        made.tags = tags(report, rule);
        made.controls = rule
            .frameworks
            .iter()
            .flat_map(|(framework, controls)| controls.iter().map(move |control| (framework, control)))
            .filter_map(|(framework, control)| {
                let index = self.taxonomies.iter().position(|taxonomy| taxonomy.name == clean(framework))?;
                Some((index, clean(&control.id), clean(&control.covers)))
            })
            .collect();
        made
    }
}

/// The rule of a scenario: what is documented, never what was found.
fn of_scenario(trace: &Trace) -> AlertRule {
    let help = "`portcullis trace` shows each step with what stands in its way, and what to remove to close it.";
    let mut rule =
        made(&trace.scenario, &trace.title, trace.severity, "very-high", &[("", &trace.story), ("What to do", help)]);
    rule.tags = ["security", "aws", "attack-scenario"].map(str::to_owned).to_vec();
    let attack: BTreeSet<&String> = trace.steps.iter().flat_map(|step| &step.attack).collect();
    rule.tags.extend(attack.into_iter().map(|id| tag(&format!("attack/{id}"))));
    rule.tags.truncate(TAGS_KEPT);
    rule
}

/// The rules about the run and the documents.
fn own_rules() -> [AlertRule; 3] {
    [
        made(
            COVERAGE,
            "Part of the account could not be seen",
            Severity::Medium,
            "high",
            &[
                (
                    "",
                    "A call was denied or failed, so verdicts that depend on it are unknown. Nothing that was not \
                     seen counts as a pass, and an alert that cannot be judged stays open.",
                ),
                (
                    "What to do",
                    "Grant the read-only policy that `portcullis permissions` prints, or declare an \
                     assumption with its reason in portcullis.yaml.",
                ),
            ],
        ),
        made(
            NOT_AS_DOCUMENTED,
            "A scenario is blocked, but not as documented",
            Severity::Medium,
            "very-high",
            &[
                (
                    "",
                    "The document credits a control that does not stop the scenario by itself. Something else does, \
                     and nobody may know that it must stay.",
                ),
                ("What to do", "Correct the scenario's claims, or make the documented control independent."),
            ],
        ),
        made(
            SINGLE_POINT,
            "One control alone holds a scenario",
            Severity::Low,
            "very-high",
            &[
                ("", "If this one control fails, the attacker reaches the goal."),
                ("What to do", "Add an independent control on another step."),
            ],
        ),
    ]
}

/// A rule from its texts; a part without heading comes first.
fn made(id: &str, title: &str, severity: Severity, precision: &'static str, parts: &[(&str, &str)]) -> AlertRule {
    let title = clean(title.trim());
    let parts: Vec<(&str, String)> =
        parts.iter().map(|(heading, text)| (*heading, paragraphs(text))).filter(|(_, text)| !text.is_empty()).collect();
    let text = |heading: &dyn Fn(&str) -> String| -> String {
        let parts: Vec<String> = parts
            .iter()
            .map(|(name, text)| if name.is_empty() { text.clone() } else { format!("{}{text}", heading(name)) })
            .collect();
        parts.join("\n\n")
    };
    let full = parts.iter().find(|(heading, _)| heading.is_empty()).map_or(&title, |(_, text)| text);
    let help = text(&|name| format!("{name}: "));
    AlertRule {
        id: id.to_owned(),
        name: pascal(id),
        short: shorten(&title, DESCRIPTION_LIMIT),
        full: shorten(full, DESCRIPTION_LIMIT),
        help: if help.is_empty() { title.clone() } else { help },
        help_markdown: format!("**{title}**\n\n{}", text(&|name| format!("**{name}.** "))),
        level: Level::of(severity),
        security_severity: security_severity(severity),
        precision,
        tags: vec!["security".to_owned(), "aws".to_owned()],
        controls: Vec::new(),
    }
}

/// The score of a severity. GitHub calls a score *over* 9.0 critical.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// Text of a document: its lines stay, its controls do not.
fn paragraphs(text: &str) -> String {
    text.trim().lines().map(clean).collect::<Vec<_>>().join("\n")
}

fn frameworks_text(rule: &RuleSummary) -> String {
    let all: Vec<String> = rule
        .frameworks
        .iter()
        .map(|(framework, controls)| {
            let ids: Vec<String> = controls
                .iter()
                .map(|control| match control.covers.as_str() {
                    "wholly" | "related" => control.id.clone(),
                    other => format!("{} ({other})", control.id),
                })
                .collect();
            format!("{framework} {}", ids.join(", "))
        })
        .collect();
    all.join("; ")
}

/// Tags, the most useful first: GitHub keeps ten.
fn tags(report: &Report, rule: &RuleSummary) -> Vec<String> {
    let mut tags = vec!["security".to_owned(), "aws".to_owned()];
    let mut push = |tag: String| {
        if tags.len() < TAGS_KEPT && !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    };
    // The folder of a rule is its domain: policies/network/….yaml.
    if let Some((_, domain)) = rule.file.rsplit_once('/').map(|(folder, _)| folder).and_then(|f| f.rsplit_once('/')) {
        push(tag(domain));
    }
    let services: BTreeSet<&str> = report
        .findings
        .iter()
        .chain(&report.carried_over)
        .filter(|finding| finding.rule == rule.id)
        .filter_map(|finding| finding.resource.kind.split_once('.').map(|(service, _)| service))
        .collect();
    for service in services {
        push(tag(service));
    }
    // One control of each framework before the second of any.
    let deepest = rule.frameworks.values().map(Vec::len).max().unwrap_or(0);
    for nth in 0..deepest {
        for (framework, controls) in &rule.frameworks {
            if let Some(control) = controls.get(nth) {
                push(tag(&format!("{framework}/{}", control.id)));
            }
        }
    }
    tags
}

/// A tag: lower-case letters, digits and `-./_`.
fn tag(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-./_".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .take(100)
        .collect()
}

/// `database-only-through-bastion` as `DatabaseOnlyThroughBastion`.
fn pascal(id: &str) -> String {
    id.split(|c: char| !c.is_alphanumeric())
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
        })
        .collect()
}

fn taxonomies(report: &Report) -> Vec<Taxonomy> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (framework, controls) in report.rules.iter().flat_map(|rule| &rule.frameworks) {
        all.entry(clean(framework)).or_default().extend(controls.iter().map(|control| clean(&control.id)));
    }
    all.into_iter().map(|(name, controls)| Taxonomy { name, controls: controls.into_iter().collect() }).collect()
}
