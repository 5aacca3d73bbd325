//! The observed world, linked and indexed once, and the vocabulary that all engines share.
//!
//! [`Estate::load`] reads a snapshot file by file into one sorted table per kind of resource. Engines take `&Estate`
//! and answer with a [`Decision`]; what a control is and what its failure means stands in [`mod@failure`].

pub mod assumption;
pub mod control;
pub mod coverage;
pub mod decision;
pub mod evidence;
pub mod failure;
pub mod family;
pub mod gap;
pub mod kinds;
pub mod loading;
pub mod schema;
pub mod selectable;
pub mod table;

pub use assumption::Assumption;
pub use control::{Control, ControlKind};
pub use coverage::CoverageMap;
pub use decision::{Answer, Blocker, Decision, Enabler, Way};
pub use evidence::Fact;
pub use family::{Atom, Family};
pub use gap::Gap;
pub use kinds::{Estate, Observed};
pub use loading::{LoadError, LoadOptions};
pub use table::{Id, Row, Table};
