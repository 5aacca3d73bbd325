//! Tests of the whole: the built program on recorded accounts, and the house's own rules.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails; a skipped one says so"
)]

mod architecture;
mod commands;
mod conformance;
mod demo;
#[cfg(feature = "aws")]
mod live;
mod program;
mod removed;
mod shuffled;
