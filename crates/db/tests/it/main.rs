//! The grants engine against rows of a real server, rows made by hand, and an independent oracle.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests, as in tests")]

mod cells;
mod differences;
mod fixture;
mod graphs;
mod logins;
mod matrix_file;
mod questions;
