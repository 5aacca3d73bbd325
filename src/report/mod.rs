//! Every rendering of a [`Report`], made from it and from nothing else.
//!
//! | format | for | what it leaves out |
//! |---|---|---|
//! | `terminal` | a person | everything but a summary of one screen, then the findings with their evidence |
//! | `json` | programs, later runs (`--baseline`) | nothing; described by `report.schema.json` |
//! | `sarif` | GitHub code scanning | what GitHub would misread: what passed, what is waived |
//! | `sarif-full` | an archive | nothing that SARIF can say |
//!
//! **An incomplete run is never uploaded as clean.** GitHub closes an alert that is missing from the next upload, so the
//! `sarif` profile carries one `coverage-incomplete` result for each call that was denied or failed (or one for the whole
//! run where the gap has no call), and the alerts of the baseline that cannot be judged now.
//!
//! All text of a report is hostile: each format escapes it in its own way.

mod alerts;
mod format;
mod json;
mod order;
mod outcome;
mod sarif;
mod sarif_words;
mod terminal;
mod text;
pub mod writing;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod sarif_tests;
#[cfg(test)]
mod tests;

pub use format::{Destination, Format, FormatError, Target};
pub use outcome::Outcome;
pub use terminal::{render_explain, render_trace};

use crate::audit::report::{Report, Severity};

/// How a report is shown; none of it changes what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// Whether the terminal form is coloured.
    pub color: bool,
    /// Columns of the terminal form.
    pub width: usize,
    /// Whether the terminal form goes on after the summary, with evidence and remediation.
    pub details: bool,
    /// The severity from which on a finding decides the exit code.
    pub fail_on: Severity,
    /// Where the rules' files lie, relative to the repository's root (empty: at the root); absent if they are not in it.
    pub rules_in_repository: Option<String>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { color: false, width: 100, details: true, fail_on: Severity::High, rules_in_repository: None }
    }
}

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A value does not fit the format.
    #[error("cannot write the report as {format}: {source}")]
    Serialize {
        /// The format.
        format: Format,
        /// The cause.
        source: serde_json::Error,
    },
}

/// Renders a report. The same report and options give the same text, whatever the order of its lists.
pub fn render(report: &Report, format: Format, options: &RenderOptions) -> Result<String, RenderError> {
    let report = &*order::sorted(report);
    let failed = |source| RenderError::Serialize { format, source };
    match format {
        Format::Terminal => Ok(terminal::render(report, options)),
        Format::Json => json::write(report).map_err(failed),
        Format::Sarif => sarif::write(&alerts::for_github(report, options)).map_err(failed),
        Format::SarifFull => sarif::write(&alerts::for_archive(report, options)).map_err(failed),
    }
}
