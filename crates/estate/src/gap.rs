//! What is missing when an answer is undecided.

use std::fmt;
use std::sync::Arc;

use portcullis_snapshot::{Coverage, Missing, Place};
use serde::Serialize;

use crate::assumption::Assumption;

/// One missing input, named so that a person can supply it. Two answers that miss the same input carry equal gaps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Gap {
    /// The input: `ec2/describe-prefix-lists of 123456789012/ap-northeast-2`, a place, or what is not modelled.
    pub input: Arc<str>,
    /// Why it is missing: `denied (AccessDenied)`, `not collected`, `not modelled`.
    pub cause: Arc<str>,
    /// The assumption that would settle it, if one exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumption: Option<Assumption>,
}

impl Gap {
    /// A call that has no complete answer.
    #[must_use]
    pub fn call(account: &str, region: &str, call: &str, parent: Option<&str>, coverage: &Coverage) -> Self {
        let input = match parent {
            Some(parent) => format!("{call} for {parent} in {account}/{region}"),
            None => format!("{call} in {account}/{region}"),
        };
        Self { input: Arc::from(input), cause: Arc::from(coverage.to_string()), assumption: None }
    }

    /// A member that an answer lacks or that is not known yet.
    #[must_use]
    pub fn member(place: &Place, missing: &Missing) -> Self {
        Self { input: Arc::from(place.to_string()), cause: Arc::clone(&missing.0), assumption: None }
    }

    /// Something that the engines do not decide; `what` names it and the resource.
    #[must_use]
    pub fn not_modelled(what: impl fmt::Display) -> Self {
        Self { input: Arc::from(what.to_string()), cause: Arc::from("not modelled"), assumption: None }
    }

    /// A value that a person must declare (`portcullis.yaml`) and has not.
    #[must_use]
    pub fn not_configured(parameter: impl fmt::Display) -> Self {
        Self {
            input: Arc::from(format!("parameter `{parameter}`")),
            cause: Arc::from("not configured"),
            assumption: None,
        }
    }

    /// Any other missing input.
    #[must_use]
    pub fn other(input: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self { input: Arc::from(input.to_string()), cause: Arc::from(cause.to_string()), assumption: None }
    }

    /// The same gap, with the assumption that would settle it.
    #[must_use]
    pub fn settled_by(mut self, assumption: Assumption) -> Self {
        self.assumption = Some(assumption);
        self
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.input, self.cause)
    }
}
