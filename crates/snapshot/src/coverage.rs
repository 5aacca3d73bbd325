//! What was asked of an account, and whether the answer is whole.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far one call, or the merged pages of one call, can be trusted to be the whole answer.
///
/// Only [`Coverage::Complete`] lets an empty list mean *there is none*.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Coverage {
    /// Every page was read.
    Complete,
    /// The caller may not ask; `code` is the service's error code.
    Denied {
        /// The service's error code, for example `AccessDenied`.
        code: String,
    },
    /// The call failed for good: throttled beyond the retries, a cut body, a server error.
    Failed {
        /// The service's error code, or a short name of the transport fault.
        code: String,
    },
    /// The endpoint does not offer the operation (only under an endpoint override).
    Unsupported {
        /// What the endpoint answered.
        code: String,
    },
    /// Pages are missing: a marker was left over, or a cap was reached.
    Truncated {
        /// The member that carries the left-over marker.
        code: String,
    },
    /// Nobody asked: an option was off, a region was left out, or a dump lacks the file.
    NotAsked,
}

impl Coverage {
    /// Whether an absence in the data is an absence in the account.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }

    /// The error code, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Denied { code } | Self::Failed { code } | Self::Unsupported { code } | Self::Truncated { code } => {
                Some(code)
            }
            Self::Complete | Self::NotAsked => None,
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Denied { code } => write!(f, "denied ({code})"),
            Self::Failed { code } => write!(f, "failed ({code})"),
            Self::Unsupported { code } => write!(f, "not offered by the endpoint ({code})"),
            Self::Truncated { code } => write!(f, "cut off ({code} left over)"),
            Self::NotAsked => f.write_str("not collected"),
        }
    }
}
