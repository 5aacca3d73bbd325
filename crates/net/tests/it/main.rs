//! Tests of the network engine.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says what it skipped"
)]

mod brute_force;
mod conformance;
mod exposure;
mod metamorphic;
mod rules;
mod small;
