//! Whether a statement matches a request: yes, no, or what is left over.

use std::fmt;

use portcullis_estate::Gap;

/// Why something is left over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A key of the request is not known.
    Key(String),
    /// AWS leaves the outcome to the service, or its documents disagree.
    ServiceDependent(&'static str),
    /// A part of the policy could not be read.
    Unreadable(String),
}

/// One condition that decides and cannot be decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leftover {
    /// What would have to hold, as it stands in the policy.
    pub text: String,
    /// Why it is not known.
    pub cause: Cause,
}

impl Leftover {
    /// The missing input, where the condition has to hold.
    #[must_use]
    pub fn gap(&self) -> Gap {
        Gap::other(&self.text, &self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "the request's `{key}` is not known"),
            Self::ServiceDependent(why) => f.write_str(why),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

/// The outcome of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// It matches.
    Yes,
    /// It does not.
    No,
    /// It matches if all of these hold.
    If(Vec<Leftover>),
}

impl Match {
    /// Both: a `No` decides, else what is left over adds up.
    #[must_use]
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::If(mut left) => match other() {
                Self::No => Self::No,
                Self::Yes => Self::If(left),
                Self::If(more) => {
                    left.extend(more);
                    left.sort();
                    left.dedup();
                    Self::If(left)
                }
            },
        }
    }

    /// A match that hangs on one thing.
    #[must_use]
    pub fn left(text: impl Into<String>, cause: Cause) -> Self {
        Self::If(vec![Leftover { text: text.into(), cause }])
    }
}

impl From<bool> for Match {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
