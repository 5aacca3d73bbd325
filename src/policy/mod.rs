//! Rules: YAML files whose conditions are a typed language of their own.

pub mod diagnostic;
pub mod evaluate;
pub mod file;
pub mod functions;
pub mod language;
pub mod library;
pub mod params;
pub mod rule;
pub mod testing;
pub mod verdict;
pub mod vocabulary;
mod yaml;

pub use diagnostic::Diagnostic;
pub use evaluate::{Context, evaluate};
pub use file::{Covers, Frameworks, Requirement, Severity, json_schema, starting_file};
pub use functions::{Engines, NoEngines};
pub use library::Library;
pub use params::{ParamType, ParamValue, Params};
pub use rule::Rule;
pub use testing::TestReport;
pub use verdict::{Item, Outcome, ResourceRef, Verdict};
pub use vocabulary::Vocabulary;

#[cfg(test)]
mod tests;
