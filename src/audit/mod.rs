//! Builds the one [`Report`] that every rendering reads.

pub mod fingerprint;
pub mod location;
pub mod report;
pub mod run;

pub use report::Report;
pub use run::{AssumedBy, Inputs, build};
