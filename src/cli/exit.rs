//! How a run ends: the one table of exit codes.

use std::process::{ExitCode, Termination};

/// The end of a run. The codes are part of the command line's contract and do not depend on the output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Nothing at or above `--fail-on`, and every gap is covered by an assumption.
    Clean,
    /// Findings at or above `--fail-on`.
    Findings,
    /// A usage error, or an input file that cannot be used (policy, project, plan, template, snapshot).
    Usage,
    /// A failure: credentials, endpoint, output.
    Failure,
    /// Gaps that no assumption covers, without findings.
    Incomplete,
    /// Findings, and gaps that no assumption covers.
    FindingsAndIncomplete,
}

impl ExitStatus {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Failure => 3,
            Self::Incomplete => 4,
            Self::FindingsAndIncomplete => 5,
        }
    }

    /// The end of an audit.
    #[must_use]
    pub const fn of_audit(findings: bool, incomplete: bool) -> Self {
        match (findings, incomplete) {
            (false, false) => Self::Clean,
            (true, false) => Self::Findings,
            (false, true) => Self::Incomplete,
            (true, true) => Self::FindingsAndIncomplete,
        }
    }
}

impl Termination for ExitStatus {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// A run that ends with a one-line cause.
#[derive(Debug)]
pub(crate) struct Stop {
    /// How it ends.
    pub(crate) status: ExitStatus,
    /// The cause, lower-case, with how to mend it.
    pub(crate) cause: anyhow::Error,
}

impl Stop {
    /// A usage error, or an input that cannot be used.
    pub(crate) fn usage(cause: impl Into<anyhow::Error>) -> Self {
        Self { status: ExitStatus::Usage, cause: cause.into() }
    }

    /// A failure of the world around.
    pub(crate) fn failure(cause: impl Into<anyhow::Error>) -> Self {
        Self { status: ExitStatus::Failure, cause: cause.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_contract() {
        let all = [
            ExitStatus::Clean,
            ExitStatus::Findings,
            ExitStatus::Usage,
            ExitStatus::Failure,
            ExitStatus::Incomplete,
            ExitStatus::FindingsAndIncomplete,
        ];
        assert_eq!(all.map(ExitStatus::code), [0, 1, 2, 3, 4, 5]);
        assert_eq!(ExitStatus::of_audit(true, true), ExitStatus::FindingsAndIncomplete);
    }
}
