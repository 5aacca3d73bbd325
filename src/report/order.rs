//! The one order of a report's lists, so that equal reports give equal bytes.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::audit::report::{Finding, Report, Severity, Undecided};

/// The report with its lists in order; it is copied only if they are not.
pub(super) fn sorted(report: &Report) -> Cow<'_, Report> {
    if is_sorted(report) {
        return Cow::Borrowed(report);
    }
    let mut report = report.clone();
    report.findings.sort_by(|a, b| finding_key(a).cmp(&finding_key(b)));
    report.carried_over.sort_by(|a, b| finding_key(a).cmp(&finding_key(b)));
    report.excepted.sort_by(|a, b| finding_key(&a.finding).cmp(&finding_key(&b.finding)));
    report.unknowns.sort_by(|a, b| undecided_key(a).cmp(&undecided_key(b)));
    report.exception_warnings.sort();
    report.rules.sort_by(|a, b| a.id.cmp(&b.id));
    report.scenarios.sort_by(|a, b| a.scenario.cmp(&b.scenario));
    report.not_seen.sort();
    report.assumed.sort();
    Cow::Owned(report)
}

fn is_sorted(report: &Report) -> bool {
    report.findings.is_sorted_by_key(finding_key)
        && report.carried_over.is_sorted_by_key(finding_key)
        && report.excepted.is_sorted_by_key(|excepted| finding_key(&excepted.finding))
        && report.unknowns.is_sorted_by_key(undecided_key)
        && report.exception_warnings.is_sorted()
        && report.rules.is_sorted_by_key(|rule| &rule.id)
        && report.scenarios.is_sorted_by_key(|trace| &trace.scenario)
        && report.not_seen.is_sorted()
        && report.assumed.is_sorted()
}

/// The worst first, then by rule and resource.
fn finding_key(finding: &Finding) -> (Reverse<Severity>, &str, &crate::audit::report::Resource, &str, &str) {
    (Reverse(finding.severity), &finding.rule, &finding.resource, &finding.fingerprint, &finding.message)
}

fn undecided_key(undecided: &Undecided) -> (&str, Option<&crate::audit::report::Resource>, &str) {
    (&undecided.rule, undecided.resource.as_ref(), &undecided.fingerprint)
}
