//! Whole runs: against stubs, and against an endpoint that speaks AWS.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

mod endpoint;
mod equality;
mod faults;
