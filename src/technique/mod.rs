//! Techniques: Horn clauses over facts that the attacker gains and gates that the engines answer.
//!
//! A [`Library`] holds the checked techniques, [`Engines`] answers their gates, and a [`Search`] computes for
//! everything that bears on a goal the minimal sets of controls that must fail.

pub mod asking;
pub mod bindings;
mod check;
pub mod closing;
pub mod engines;
#[cfg(test)]
pub(crate) mod fake;
pub mod fixpoint;
pub(crate) mod form;
pub mod gates;
pub mod library;
pub(crate) mod matching;
pub mod proof;
mod settings;
pub mod source;
pub mod term;
pub mod value;
pub mod vocabulary;

#[cfg(test)]
pub(crate) mod tests;

pub use asking::Asker;
pub use bindings::{Members, Params};
pub(crate) use check::{Scope, id, words};
pub use engines::EstateEngines;
pub use fixpoint::{Attempt, DEFAULT_LIMIT, Found, Search};
pub use gates::Engines;
pub use library::Library;
pub use source::{Fault, Source};
pub use term::Technique;
pub use value::{Credential, Identity, Possession, Predicate, Thing, Value};
