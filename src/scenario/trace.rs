//! What a trace says, as plain data: only words, numbers, lists and closed enums, ready for every rendering.
//!
//! `scenario-semantics`, sections 6 to 8, fix the meaning of verdict, depth and claims.

use portcullis_estate::{Control, Fact, Gap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::severity::Severity;

/// The outcome of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The attacker gets to the goal as things are; `witness` shows how.
    Open,
    /// It hangs on something that was not seen or is not modelled; `gaps` names it.
    Unknown,
    /// Something must fail first; `standing_cuts` and `privilege_cuts` say what.
    Blocked,
    /// The thing to be attacked, or the feature it needs, does not exist here.
    NotApplicable,
}

/// Whether a document's claim is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It is as the document says.
    Yes,
    /// It is not; the notes say what is so instead.
    No,
    /// It cannot be said.
    Unknown,
}

/// The answer of one gate, in the estate as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateAnswer {
    /// It lets the attacker through.
    Open,
    /// It stops the attacker; `blockers` says what does.
    Closed,
    /// It cannot be said; `gaps` says what is missing.
    Undecided,
}

/// One scenario, traced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// Id of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// How bad an open one is.
    pub severity: Severity,
    /// What happened before, in words.
    pub story: String,
    /// What the attacker starts with, one line a fact.
    pub attacker: Vec<String>,
    /// What the attacker wants, one line an alternative.
    pub goal: Vec<String>,
    /// The outcome over all ways that the library allows.
    pub verdict: Verdict,
    /// Why it is structural, not applicable or unknown, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// How many controls must fail; of a blocked one only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub depth: Option<Depth>,
    /// Minimal sets whose failure opens it, without least privilege in them.
    pub standing_cuts: Vec<CutSet>,
    /// Minimal sets with least privilege of someone in them.
    pub privilege_cuts: Vec<CutSet>,
    /// Controls that hold it alone: the sets of size one.
    pub single_points_of_failure: Vec<String>,
    /// What the document claims, and whether it is so.
    pub documented: Documented,
    /// The documented steps, each judged as if the earlier ones had succeeded.
    pub steps: Vec<TracedStep>,
    /// Ways that the document does not mention.
    pub other_ways: Vec<OtherWay>,
    /// The way in, step by step; of an open one only.
    pub witness: Vec<WitnessStep>,
    /// What to remove to close an open one: each set is enough by itself.
    pub fixes: Vec<Fix>,
    /// Inputs that decide and were not seen.
    pub gaps: Vec<TraceGap>,
    /// Assumptions that the answer used.
    pub assumed: Vec<String>,
    /// Actions that change something, that the attacker holds on the resources of this trace and that no technique uses.
    pub unused_actions: Vec<String>,
    /// What the answer is relative to.
    pub library: LibraryStamp,
}

/// How deep the defence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Depth {
    /// What kind of answer it is.
    pub kind: DepthKind,
    /// The smallest number of standing controls that must fail; for `above_limit` the limit itself, else absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<usize>,
    /// The same if every unseen input is in the defender's favour; absent where no such bound is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<usize>,
}

/// What a depth rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DepthKind {
    /// Standing controls, counted by `min` and `max`.
    Standing,
    /// Only what somebody was not given.
    Privilege,
    /// More than `min` controls, beyond the stated limit.
    AboveLimit,
    /// Something that no control provides does not exist.
    Structural,
}

/// One minimal set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CutSet {
    /// Ids of the controls that must fail.
    pub controls: Vec<String>,
    /// Unseen inputs that must be in the attacker's favour too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub symbols: Vec<String>,
}

/// The document's claims and what is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Documented {
    /// Whether everything that it claims is so.
    pub as_documented: Truth,
    /// The verdict that it claims, if it claims one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimed_verdict: Option<Verdict>,
    /// The cut sets of the documented steps alone, without other ways.
    pub cuts: Vec<CutSet>,
    /// What differs, one line a claim.
    pub notes: Vec<String>,
}

/// A documented step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TracedStep {
    /// Its id in the scenario.
    pub id: String,
    /// The technique that it does.
    pub technique: String,
    /// The technique's title.
    pub title: String,
    /// ATT&CK ids of the technique.
    pub attack: Vec<String>,
    /// What it is done to, in words.
    pub instance: String,
    /// Whether the earlier steps give what it needs.
    pub follows: bool,
    /// The gates, in the technique's order.
    pub gates: Vec<TracedGate>,
    /// Whether a record of it arrives.
    pub recorded: Recorded,
}

/// A gate of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TracedGate {
    /// The question, in words.
    pub question: String,
    /// Number of the group of alternatives; gates with an equal number need only one of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub any_of: Option<usize>,
    /// The answer in the estate as it is.
    pub answer: GateAnswer,
    /// What stands in the way.
    pub blockers: Vec<TracedBlocker>,
    /// What lets the attacker through, of an open one; or why nothing could ever, of one without any way.
    pub witness: Vec<TracedFact>,
    /// What is missing.
    pub gaps: Vec<TraceGap>,
}

/// A control that stands in a gate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TracedBlocker {
    /// Its id.
    pub control: String,
    /// What about it blocks.
    pub fact: TracedFact,
    /// The step, or else the technique, that puts it out of the way for nothing, or at the cost named in `falls_with`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub removed_by: Option<String>,
    /// Controls whose failure brings it down too; empty with `removed_by`: it is no obstacle at all.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub falls_with: Vec<CutSet>,
}

/// One item of evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TracedFact {
    /// The resource.
    pub resource: String,
    /// What is so about it.
    pub statement: String,
    /// Where it was read.
    pub place: String,
    /// The explanation code of VPC Reachability Analyzer, where one applies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
}

/// Whether a step leaves a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The answer.
    pub answer: Truth,
    /// The trails and logs where it arrives.
    pub places: Vec<String>,
    /// What is missing; a record that could not be confirmed counts as none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub gaps: Vec<TraceGap>,
}

/// A way to the goal that the document does not mention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherWay {
    /// The techniques, in the order in which they are done.
    pub techniques: Vec<String>,
    /// The same with what they are done to, one line a step.
    pub steps: Vec<String>,
    /// The minimal sets whose failure opens it.
    pub cuts: Vec<CutSet>,
}

/// One step of the witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessStep {
    /// The technique.
    pub technique: String,
    /// What is done, in words.
    pub what: String,
    /// What the attacker has afterwards, in words.
    pub gains: Vec<String>,
    /// What lets it happen.
    pub evidence: Vec<TracedFact>,
}

/// A minimal set of things whose removal closes every open way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// The things to remove.
    pub remove: Vec<FixItem>,
}

/// A thing to remove.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FixItem {
    /// Its stable name.
    pub enabler: String,
    /// What it says.
    pub fact: TracedFact,
}

/// A missing input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TraceGap {
    /// The input.
    pub input: String,
    /// Why it is missing.
    pub cause: String,
    /// The assumption that would settle it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assumption: Option<String>,
}

/// The library that an answer is relative to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LibraryStamp {
    /// Content hash of the techniques.
    pub version: String,
    /// The ATT&CK version of its ids.
    pub attack: String,
    /// Number of techniques.
    pub techniques: usize,
}

impl From<&Fact> for TracedFact {
    fn from(fact: &Fact) -> Self {
        Self {
            resource: fact.resource.clone(),
            statement: fact.statement.clone(),
            place: fact.place.to_string(),
            code: fact.code.map(str::to_owned),
        }
    }
}

impl From<&Gap> for TraceGap {
    fn from(gap: &Gap) -> Self {
        Self {
            input: gap.input.to_string(),
            cause: gap.cause.to_string(),
            assumption: gap.assumption.map(|assumption| assumption.input().to_owned()),
        }
    }
}

impl CutSet {
    /// Whether least privilege of someone stands in it.
    #[must_use]
    pub fn is_privilege(&self) -> bool {
        self.controls.iter().any(|id| Control::parse(id).is_some_and(|control| control.kind.is_privilege()))
    }
}
