//! What a scenario needs to know of the project file: the members behind a parameter's name.

use portcullis_estate::Gap;

use super::value::Thing;

/// The members of a parameter.
#[derive(Debug, Clone)]
pub enum Members {
    /// The project file has no parameter of that name.
    NotConfigured,
    /// It has one that cannot be used; why, in words.
    Unusable(String),
    /// What its selector picks.
    Listed {
        /// The members, in canonical order.
        things: Vec<Thing>,
        /// Why there may be more.
        incomplete: Option<Gap>,
        /// The selector in words: `users in the group developers`.
        words: String,
    },
}

/// Parameters by name.
pub trait Params {
    /// The members of a parameter that are of a kind (or pseudo-kind such as `workload`), as its use in the scenario asks.
    fn members(&self, name: &str, kind: &str) -> Members;
}
