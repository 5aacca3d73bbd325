//! The report: plain data, complete, sorted; every rendering is made from it and from nothing else.
//!
//! Everything in it that came from an account (names, tags, messages) is hostile text: renderings escape it for their
//! format and strip control characters.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::trace::Trace;

/// Version of the JSON form; a change that removes or redefines a member raises it.
pub const REPORT_SCHEMA_VERSION: u32 = 1;

pub use crate::severity::Severity;

/// One audit of one estate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`REPORT_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The program.
    pub tool: Tool,
    /// What was audited.
    pub estate: EstateSummary,
    /// Violated rules, sorted by severity (worst first), rule, resource.
    pub findings: Vec<Finding>,
    /// Rules that could not be decided on a resource, sorted by rule and resource.
    pub unknowns: Vec<Undecided>,
    /// Findings that an exception covers; they do not count for the exit code.
    pub excepted: Vec<ExceptedFinding>,
    /// Exceptions that are expired or match nothing.
    pub exception_warnings: Vec<String>,
    /// Every rule with its counts, sorted by id.
    pub rules: Vec<RuleSummary>,
    /// Every scenario's trace, sorted by id.
    pub scenarios: Vec<Trace>,
    /// Calls that are not complete, with what depends on them.
    pub not_seen: Vec<NotSeen>,
    /// Assumptions that an answer used.
    pub assumed: Vec<Assumed>,
    /// Alerts of the baseline that are unknown now, carried over.
    pub carried_over: Vec<Finding>,
    /// Totals.
    pub totals: Totals,
}

/// The program that made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `portcullis`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstateSummary {
    /// Name from the project file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Account ids, sorted.
    pub accounts: Vec<String>,
    /// Regions with observations, sorted, without `global`.
    pub regions: Vec<String>,
    /// Resources observed.
    pub resources: usize,
    /// When collecting began (RFC 3339), if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collected_at: Option<String>,
    /// The time that ages were judged against (RFC 3339).
    pub now: String,
    /// Whether a project file (`portcullis.yaml`) was used.
    pub configured: bool,
}

/// The resource that a verdict is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Kind as in selectors: `rds.instance`.
    pub kind: String,
    /// Account that owns it.
    pub account: String,
    /// Region, or `global`.
    pub region: String,
    /// Id or name, for people.
    pub id: String,
    /// ARN, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arn: Option<String>,
}

/// A fact that a person can check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Resource: ARN or id.
    pub resource: String,
    /// What is so, in words.
    pub statement: String,
    /// File and path in the input.
    pub place: String,
    /// Explanation code of VPC Reachability Analyzer, where one applies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
}

/// One thing that violates a rule on a resource: a path, a grant, a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What is wrong, in one sentence.
    pub message: String,
    /// Ordered facts.
    pub evidence: Vec<Evidence>,
}

/// Where a finding is shown in a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Relative path with `/`; a file of the repository, or the pseudo-path of the resource.
    pub path: String,
    /// First line, from 1.
    pub start_line: u32,
    /// First column, from 1.
    pub start_column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
    /// Whether the file is in the repository (else a pseudo-path).
    pub in_repository: bool,
}

/// Whether a finding stood in the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No baseline was given.
    Current,
    /// Not in the baseline.
    New,
    /// In the baseline as well.
    Known,
}

/// A violated rule on one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Rule id.
    pub rule: String,
    /// Title of the rule.
    pub title: String,
    /// Severity of the rule.
    pub severity: Severity,
    /// The resource.
    pub resource: Resource,
    /// Regions with the same finding, where it was merged over regions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub regions: Vec<String>,
    /// Stable over reordering, renumbering and restarts: see [`super::fingerprint`].
    pub fingerprint: String,
    /// The first item's message, the fact first.
    pub message: String,
    /// Everything that violates the rule here.
    pub items: Vec<Item>,
    /// What to do, from the rule.
    pub remediation: String,
    /// Where it is shown.
    pub location: Location,
    /// Against the baseline.
    pub state: State,
    /// Assumptions that the answer used.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub assumed: Vec<String>,
}

/// A rule that could not be decided on a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// Rule id.
    pub rule: String,
    /// Severity of the rule.
    pub severity: Severity,
    /// The resource; absent where even the list of resources was not seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<Resource>,
    /// Stable identity, computed as a finding's.
    pub fingerprint: String,
    /// What is missing, each with its cause.
    pub missing: Vec<Missing>,
    /// Whether assumptions of the project file would cover every gap.
    pub covered_by_assumptions: bool,
}

/// An input that was not seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// The input.
    pub input: String,
    /// Why it is missing.
    pub cause: String,
    /// The assumption that would settle it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assumption: Option<String>,
}

/// A finding with the exception that covers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptedFinding {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who accepted it.
    pub approved_by: String,
    /// Until when (a date).
    pub expires: String,
}

/// A rule with its text and counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSummary {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// Why it matters.
    pub rationale: String,
    /// What to do.
    pub remediation: String,
    /// File of the rule, relative to the policies folder's parent.
    pub file: String,
    /// Framework controls by framework: id and whether the rule covers it `wholly` or `partly`.
    pub frameworks: BTreeMap<String, Vec<FrameworkControl>>,
    /// Calls whose answers it may read, `service/operation`, sorted.
    pub reads: Vec<String>,
    /// Resources on which it holds.
    pub holds: usize,
    /// Resources on which it is violated.
    pub violated: usize,
    /// Resources on which it is unknown.
    pub unknown: usize,
    /// Why it does not apply at all, where it does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_applicable: Option<String>,
}

/// A control of a framework.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameworkControl {
    /// Id in the framework.
    pub id: String,
    /// `wholly` or `partly`; ATT&CK ids say `related`.
    pub covers: String,
}

/// A call without a complete answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotSeen {
    /// `service/operation`.
    pub call: String,
    /// Account.
    pub account: String,
    /// Regions, sorted.
    pub regions: Vec<String>,
    /// `denied`, `failed`, `unsupported`, `truncated`, `not-asked`.
    pub status: String,
    /// The service's error code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// How many unknown verdicts name it.
    pub verdicts: usize,
}

/// An assumption that was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// The input.
    pub input: String,
    /// The value assumed.
    pub is: String,
    /// Who declared it: the project file's owner, or `--assume` / `--assume-defaults`.
    pub by: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Until when (a date).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<String>,
    /// How many answers used it.
    pub answers: usize,
}

/// Totals for people and exit codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Verdicts that hold.
    pub holds: usize,
    /// Verdicts that are violated, excepted ones included.
    pub violated: usize,
    /// Verdicts that are unknown.
    pub unknown: usize,
    /// Rules that do not apply.
    pub not_applicable: usize,
    /// Findings by severity name.
    pub findings: BTreeMap<String, usize>,
    /// Unknown verdicts and traces whose gaps no assumption covers.
    pub uncovered_unknowns: usize,
}
