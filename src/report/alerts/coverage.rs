//! What could not be seen, as alerts: so that an incomplete run never looks like a clean one.

use std::collections::BTreeMap;

use super::super::text::count;
use super::rules::{COVERAGE, Rules};
use super::{Alert, Kind, Named, RESULTS_KEPT, Spot, said};
use crate::audit::fingerprint::fingerprint;
use crate::audit::report::{NotSeen, Report, Resource, Severity};
use crate::scenario::trace::Verdict;

/// One alert for each call that was denied, failed or cut short, and for each other gap that a verdict depends on; one
/// for the whole run where verdicts are open and no call explains it.
pub(super) fn alerts(report: &Report, rules: &Rules) -> Vec<Alert> {
    let mut alerts: Vec<Alert> =
        report.not_seen.iter().filter(|not_seen| matters(not_seen)).map(|not_seen| call(not_seen, rules)).collect();
    if alerts.is_empty() && is_incomplete(report) {
        let open = report.totals.uncovered_unknowns.max(1);
        let message = format!(
            "{} could not be decided, because part of the input is missing. Nothing of it counts as a pass.",
            count(open, "verdict")
        );
        alerts.push(of_the_run(report, rules, "undecided", message));
    }
    alerts
}

/// The alert that says how many results were left out.
pub(super) fn left_out(report: &Report, rules: &Rules, number: usize) -> Alert {
    let message = format!(
        "{} of lower severity left out: GitHub keeps the worst {} of a run. The JSON report has all of them.",
        count(number, "result"),
        super::super::text::grouped(RESULTS_KEPT)
    );
    of_the_run(report, rules, "left-out", message)
}

/// Whether something is open that no assumption covers.
fn is_incomplete(report: &Report) -> bool {
    report.totals.uncovered_unknowns > 0
        || report.unknowns.iter().any(|undecided| !undecided.covered_by_assumptions)
        || report
            .scenarios
            .iter()
            .any(|trace| trace.verdict == Verdict::Unknown && trace.gaps.iter().any(|gap| gap.assumption.is_none()))
}

/// A call that nobody made or that an endpoint does not have matters only where a verdict depends on it.
fn matters(not_seen: &NotSeen) -> bool {
    not_seen.verdicts > 0 || !matches!(not_seen.status.as_str(), "not-asked" | "unsupported")
}

fn call(not_seen: &NotSeen, rules: &Rules) -> Alert {
    let what = match not_seen.status.as_str() {
        "denied" => "was denied",
        "failed" => "failed",
        "truncated" => "was cut short",
        "unsupported" => "is not offered by the endpoint",
        "not-asked" => "was not asked",
        other => other,
    };
    let code = not_seen.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let depend = match not_seen.verdicts {
        0 => "No verdict depends on it".to_owned(),
        1 => "1 verdict depends on it and is unknown".to_owned(),
        many => format!("{many} verdicts depend on it and are unknown"),
    };
    let regions = match not_seen.regions.as_slice() {
        [] => String::new(),
        [global] if global == "global" => String::new(),
        regions => format!(" in {}", regions.join(", ")),
    };
    let message = format!("{} {what}{code} in account {}{regions}. {depend}.", not_seen.call, not_seen.account);
    let (service, operation) = not_seen.call.split_once('/').unwrap_or(("aws", &not_seen.call));
    // Without the region: a call that is denied in one more region stays the same alert.
    let path = format!("aws/{}/global/{service}/operation/{operation}", not_seen.account);
    let resource = Resource {
        kind: "call".to_owned(),
        account: not_seen.account.clone(),
        region: "global".to_owned(),
        id: not_seen.call.clone(),
        arn: None,
    };
    let mut properties = BTreeMap::from([("account", said(&not_seen.account)), ("status", said(&not_seen.status))]);
    if let Some(code) = &not_seen.code {
        properties.insert("code", said(code));
    }
    Alert {
        fingerprint: fingerprint(COVERAGE, Some(&resource), None),
        properties,
        ..alert(rules, said(&message), Spot::top(&path), Named::of(&resource))
    }
}

fn of_the_run(report: &Report, rules: &Rules, discriminator: &str, message: String) -> Alert {
    let account = super::scenarios::account(report);
    let named = Named { name: discriminator.to_owned(), qualified: format!("portcullis/{COVERAGE}/{discriminator}") };
    let spot = Spot::top(&format!("aws/{account}/global/portcullis/coverage/{discriminator}"));
    Alert { fingerprint: fingerprint(COVERAGE, None, Some(discriminator)), ..alert(rules, message, spot, named) }
}

fn alert(rules: &Rules, message: String, spot: Spot, named: Named) -> Alert {
    Alert {
        rule: rules.own(COVERAGE),
        severity: Severity::Medium,
        kind: Kind::Fail,
        message,
        spot,
        named: Some(named),
        flows: Vec::new(),
        related: None,
        fingerprint: String::new(),
        waived: None,
        properties: BTreeMap::new(),
    }
}
