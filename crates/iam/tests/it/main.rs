//! The engine against labelled data, brute force and its own laws.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "helpers of tests"
)]

mod accounts;
mod brute_force;
mod examples;
mod fixture;
mod laws;
mod recording;
mod rules;
