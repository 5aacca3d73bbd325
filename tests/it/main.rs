//! Tests of the whole: the built program on recorded accounts, and the house's own rules.

mod architecture;
mod commands;
mod conformance;
mod demo;
#[cfg(feature = "aws")]
mod live;
mod program;
mod removed;
mod shuffled;
