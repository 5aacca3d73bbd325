//! Scenario files: how they are written, and what they say after they have been checked.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use portcullis_estate::ControlKind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::trace::{Severity, Verdict};
use crate::technique::form::{FactForm, TechniqueForm};
use crate::technique::library::{Library, LibraryError, sources_in};
use crate::technique::source::{At, Fault, Source, closest};
use crate::technique::term::Pattern;
use crate::technique::{Scope, id, words};

/// A scenario file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ScenarioForm {
    /// Stable id, equal to the file's name.
    id: At<String>,
    /// What happens, in one line.
    title: At<String>,
    /// How bad it is if it is open.
    severity: Severity,
    /// What happened before.
    story: At<String>,
    /// What the attacker starts with.
    attacker: At<Vec<FactForm>>,
    /// What else is taken for granted: printed, never counted.
    #[serde(default)]
    assumes: Vec<AssumeForm>,
    /// What the attacker wants: one of a list, or `{all: […]}`.
    goal: At<GoalForm>,
    /// The documented steps.
    #[serde(default)]
    steps: Vec<StepForm>,
    /// What the document claims.
    #[serde(default)]
    claims: ClaimsForm,
    /// Where it has happened.
    #[serde(default)]
    precedents: Vec<PrecedentForm>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssumeForm {
    /// What the attacker has too.
    fact: FactForm,
    /// How it came about.
    why: At<String>,
}

#[derive(Debug)]
enum GoalForm {
    Any(Vec<FactForm>),
    All(AllForm),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AllForm {
    all: Vec<FactForm>,
}

impl<'de> Deserialize<'de> for GoalForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = GoalForm;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of alternatives, or `{all: […]}`")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<GoalForm, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(GoalForm::Any)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GoalForm, A::Error> {
                AllForm::deserialize(MapAccessDeserializer::new(map)).map(GoalForm::All)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for GoalForm {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("GoalForm")
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [generator.subschema_for::<Vec<FactForm>>(), generator.subschema_for::<AllForm>()]})
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepForm {
    /// Id in this file.
    id: At<String>,
    /// The technique.
    #[serde(rename = "do")]
    technique: At<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimsForm {
    /// The verdict.
    #[serde(default)]
    verdict: Option<Verdict>,
    /// The least depth, `">=2"`.
    #[serde(default)]
    depth: Option<At<String>>,
    /// Controls that block, by step and kind.
    #[serde(default)]
    by: Vec<ByForm>,
    /// Steps that are recorded.
    #[serde(default)]
    recorded: Vec<At<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByForm {
    /// The step.
    step: At<String>,
    /// The kind of control.
    kind: At<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PrecedentForm {
    /// Who, and when.
    name: At<String>,
    /// What happened.
    what: At<String>,
}

/// A checked scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Stable id.
    pub id: Arc<str>,
    /// What happens.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// What happened before.
    pub story: String,
    /// What the attacker starts with.
    pub attacker: Vec<Pattern>,
    /// What is taken for granted, with the reason.
    pub assumes: Vec<(Pattern, String)>,
    /// What the attacker wants.
    pub goal: Vec<Pattern>,
    /// Whether all of the goal is wanted, rather than one of it.
    pub all_of_goal: bool,
    /// The documented steps: id and technique.
    pub steps: Vec<Step>,
    /// What the document claims.
    pub claims: Claims,
    /// Where it has happened: who and what.
    pub precedents: Vec<(String, String)>,
    /// The parameters that it names, with the kind that each selects.
    pub parameters: BTreeMap<Arc<str>, &'static str>,
}

/// A documented step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Id in the scenario.
    pub id: String,
    /// The technique.
    pub technique: Arc<str>,
}

/// Claims of the document.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// The least depth.
    pub depth: Option<usize>,
    /// Controls that block, by step and kind.
    pub by: Vec<(String, ControlKind)>,
    /// Steps that are recorded.
    pub recorded: Vec<String>,
}

macro_rules! built_in {
    ($($id:literal,)*) => {
        &[$(($id, include_str!(concat!("../../attack-scenarios/", $id, ".yaml"))),)*]
    };
}

/// Every file of `attack-scenarios`.
const BUILT_IN: &[(&str, &str)] = built_in! {
    "developer-key-opens-security-group",
    "developer-key-stops-the-trail",
    "gateway-code-to-other-database",
    "internet-to-database",
    "snapshot-shared-to-foreign-account",
    "stolen-ssh-key-on-bastion",
};

/// Techniques and the scenarios over them.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The techniques.
    pub library: Library,
    scenarios: BTreeMap<Arc<str>, Scenario>,
}

impl Catalogue {
    /// What comes with Portcullis.
    pub fn built_in() -> Result<Self, LibraryError> {
        Self::of(Library::built_in()?, &built_in_sources())
    }

    /// What comes with Portcullis, and a folder of scenarios with its `techniques`; a file of the folder replaces a
    /// built-in one of that name.
    pub fn with_folder(folder: &Path) -> Result<Self, LibraryError> {
        let own = sources_in(folder)?;
        let name = |source: &Source| source.path.rsplit('/').next().unwrap_or_default().to_owned();
        let names: BTreeSet<String> = own.iter().map(name).collect();
        let mut sources = built_in_sources();
        sources.retain(|source| !names.contains(&name(source)));
        sources.extend(own);
        Self::of(Library::with_folder(&folder.join("techniques"))?, &sources)
    }

    /// Checks scenario files against a library; every file that is wrong is reported.
    pub fn of(library: Library, sources: &[Source]) -> Result<Self, LibraryError> {
        let mut scenarios: BTreeMap<Arc<str>, Scenario> = BTreeMap::new();
        let mut faults = Vec::new();
        for source in sources {
            match scenario(source, &library) {
                Ok(scenario) => {
                    if let Some(twice) = scenarios.insert(Arc::clone(&scenario.id), scenario) {
                        faults.push(source.fault(format!("there are two scenarios `{}`", twice.id), &(0..0)));
                    }
                }
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self { library, scenarios }) } else { Err(LibraryError::Faults(faults)) }
    }

    /// The scenarios, by id.
    pub fn scenarios(&self) -> impl ExactSizeIterator<Item = &Scenario> {
        self.scenarios.values()
    }

    /// One scenario.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Scenario> {
        self.scenarios.get(id)
    }
}

fn built_in_sources() -> Vec<Source> {
    BUILT_IN.iter().map(|(id, text)| Source::new(&format!("attack-scenarios/{id}.yaml"), text)).collect()
}

/// The JSON Schema of scenario files, for editors.
#[must_use]
pub fn scenario_schema() -> Json {
    schemars::schema_for!(ScenarioForm).to_value()
}

/// The JSON Schema of technique files, for editors.
#[must_use]
pub fn technique_schema() -> Json {
    schemars::schema_for!(TechniqueForm).to_value()
}

fn scenario(source: &Source, library: &Library) -> Result<Scenario, Fault> {
    let form: ScenarioForm = source.parse()?;
    let mut scope = Scope::of_scenario(source);
    let mut patterns = |forms: &[FactForm]| forms.iter().map(|form| scope.pattern(form)).collect::<Result<Vec<_>, _>>();
    if form.attacker.value.is_empty() {
        return Err(source.fault("the attacker starts with nothing", &form.attacker.span));
    }
    let attacker = patterns(&form.attacker.value)?;
    let (goal, all_of_goal) = match &form.goal.value {
        GoalForm::Any(forms) => (patterns(forms)?, false),
        GoalForm::All(all) => (patterns(&all.all)?, true),
    };
    if goal.is_empty() {
        return Err(source.fault("the attacker wants nothing", &form.goal.span));
    }
    let mut assumes = Vec::new();
    for assume in &form.assumes {
        let pattern = patterns(std::slice::from_ref(&assume.fact))?.into_iter().next();
        assumes.extend(pattern.map(|pattern| (pattern, assume.why.value.trim().to_owned())));
    }
    let mut steps: Vec<Step> = Vec::new();
    for step in form.steps {
        let Some((_, technique)) = library.find(&step.technique.value) else {
            let name = &step.technique.value;
            let fault = source.fault(format!("there is no technique `{name}`"), &step.technique.span);
            let known = library.techniques().iter().map(|technique| &*technique.id);
            return Err(match closest(name, known) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault,
            });
        };
        if steps.iter().any(|known| known.id == step.id.value) {
            return Err(source.fault(format!("there are two steps `{}`", step.id.value), &step.id.span));
        }
        steps.push(Step { id: step.id.value, technique: Arc::clone(&technique.id) });
    }
    let known_step = |id: &At<String>| {
        if steps.iter().any(|step| step.id == id.value) {
            Ok(id.value.clone())
        } else {
            Err(source.fault(format!("there is no step `{}`", id.value), &id.span))
        }
    };
    let depth = form.claims.depth.as_ref().map(|text| {
        let number = text.value.strip_prefix(">=").and_then(|number| number.trim().parse::<usize>().ok());
        number.ok_or_else(|| source.fault(format!("`{}` is no depth", text.value), &text.span).help("`\">=2\"`"))
    });
    let by =
        form.claims.by.iter().map(|by| {
            Ok((known_step(&by.step)?, Scope::of_scenario(source).control_kind(&by.kind.value, &by.kind.span)?))
        });
    let claims = Claims {
        verdict: form.claims.verdict,
        depth: depth.transpose()?,
        by: by.collect::<Result<_, Fault>>()?,
        recorded: form.claims.recorded.iter().map(known_step).collect::<Result<_, _>>()?,
    };
    Ok(Scenario {
        id: id(source, &form.id)?,
        title: words(source, &form.title, "title")?,
        severity: form.severity,
        story: words(source, &form.story, "story")?,
        attacker,
        assumes,
        goal,
        all_of_goal,
        steps,
        claims,
        precedents: form.precedents.into_iter().map(|p| (p.name.value, p.what.value)).collect(),
        parameters: scope.kinds(),
    })
}
