//! The language of conditions: a typed subset of CEL with Kleene logic.
//!
//! A misspelt field is an error at its line and column, an untested absence and an impossible comparison too. What
//! was not seen is unknown and says what is missing; it never becomes a pass.

pub mod ast;
pub mod check;
pub mod eval;
pub mod fault;
pub mod lexer;
pub mod node;
pub mod parser;
pub mod types;

pub use check::{Checked, Reads, Scope};
pub use fault::Fault;
pub use node::Node;
pub use parser::parse;
