//! Attack scenarios: where the attacker starts, what they want, and what stops them.
//!
//! A [`Catalogue`] holds the checked scenarios with their techniques; [`trace()`] answers one of them for one estate as
//! a [`Trace`]. What every word means stands in `scenario-semantics`.

mod claims;
pub mod file;
mod judging;
pub mod params;
mod start;
mod steps;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod tracing;
mod ways;

pub use file::{Catalogue, Scenario};
pub use params::ProjectParams;
pub use trace::{Severity, Trace, Verdict};
pub use tracing::{Options, trace, trace_all};
