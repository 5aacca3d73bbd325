//! What a report means for the exit code.

use crate::audit::report::{Report, Severity};
use crate::scenario::trace::{Trace, Verdict};

/// The two things that an exit code of an audit says. It depends on the report and the threshold, never on the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Something at or above the threshold is open: a finding, one carried over, or a scenario.
    pub findings: bool,
    /// Something that no assumption covers could not be seen.
    pub incomplete: bool,
}

impl Outcome {
    /// The outcome of a report with a threshold.
    #[must_use]
    pub fn of(report: &Report, fail_on: Severity) -> Self {
        let findings = report.findings.iter().chain(&report.carried_over).any(|finding| finding.severity >= fail_on)
            || open_scenarios(report).any(|trace| trace.severity >= fail_on);
        Self { findings, incomplete: report.totals.uncovered_unknowns > 0 }
    }

    /// The exit code of an audit.
    #[must_use]
    pub const fn code(self) -> u8 {
        match (self.findings, self.incomplete) {
            (false, false) => 0,
            (true, false) => 1,
            (false, true) => 4,
            (true, true) => 5,
        }
    }

    /// The code with its meaning.
    #[must_use]
    pub fn words(self, fail_on: Severity) -> String {
        let level = match fail_on {
            Severity::Critical => "critical".to_owned(),
            other => format!("at or above {}", other.name()),
        };
        let meaning = match (self.findings, self.incomplete) {
            (false, false) => format!("nothing {level}, and nothing left unseen"),
            (true, false) => format!("findings {level}"),
            (false, true) => format!("nothing {level}, but incomplete"),
            (true, true) => format!("findings {level}, and incomplete"),
        };
        format!("exit {} ({meaning})", self.code())
    }
}

/// The scenarios that are open.
pub(super) fn open_scenarios(report: &Report) -> impl Iterator<Item = &Trace> {
    report.scenarios.iter().filter(|trace| trace.verdict == Verdict::Open)
}
