//! Facts that a person who does not trust us can check.

use portcullis_snapshot::Place;
use serde::Serialize;

/// One item of evidence: a resource, what is so about it in words, and where it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Fact {
    /// The resource: an ARN where it has one, else its id.
    pub resource: String,
    /// What is so, in words, lower-case, without a full stop.
    pub statement: String,
    /// Where it was read.
    pub place: Place,
    /// The explanation code of VPC Reachability Analyzer, where one applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}

impl Fact {
    /// A fact without a code.
    pub fn new(resource: impl Into<String>, statement: impl Into<String>, place: Place) -> Self {
        Self { resource: resource.into(), statement: statement.into(), place, code: None }
    }

    /// The same fact with an explanation code.
    #[must_use]
    pub fn coded(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}
