//! Whole runs: against stubs, and against an endpoint that speaks AWS.

mod endpoint;
mod equality;
mod faults;
