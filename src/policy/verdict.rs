//! What a rule says of a resource.

use std::collections::BTreeSet;
use std::fmt;

use portcullis_estate::{Assumption, Fact, Gap};
use portcullis_snapshot::Place;
use serde::Serialize;

/// The verdict of a rule on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What the rule requires is so.
    Holds,
    /// It is not so; the items say where.
    Violated,
    /// It cannot be said; the gaps say why.
    Unknown,
    /// The rule says nothing about it; `why` says why.
    NotApplicable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        })
    }
}

/// The resource that an outcome is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ResourceRef {
    /// Its kind.
    pub kind: &'static str,
    /// The account that was asked; empty where every account is meant.
    pub account: String,
    /// The region that was asked, or `global`; empty where every region is meant.
    pub region: String,
    /// Its id; `*` where the outcome is about all resources of the kind there (a listing that failed).
    pub id: String,
    /// Its ARN, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Its name for people, where it differs from the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it was read.
    pub place: Place,
}

impl ResourceRef {
    /// Whether the outcome is about a listing rather than one resource.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        self.id == "*"
    }
}

/// One thing that is wrong about a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    /// The rule's message, filled in. Names in it come from the account: renderers escape them.
    pub message: String,
    /// What tells this item from others of the same rule and resource, over runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<String>,
    /// What was read to come to it.
    pub evidence: Vec<Fact>,
}

/// What one rule says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The rule's id.
    pub rule: String,
    /// The resource.
    pub resource: ResourceRef,
    /// The verdict.
    pub verdict: Verdict,
    /// What is wrong, if it is violated, sorted.
    pub items: Vec<Item>,
    /// What was read, for a verdict without items.
    pub evidence: Vec<Fact>,
    /// What would have to be seen, for *unknown*; what may hide more, for *violated*.
    pub gaps: BTreeSet<Gap>,
    /// Assumptions that the answer used.
    pub assumed: BTreeSet<Assumption>,
    /// Why the rule is not applicable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
