//! Tests of the network engine.

mod brute_force;
mod conformance;
mod exposure;
mod metamorphic;
mod rules;
mod small;
