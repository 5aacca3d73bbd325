//! What only the archive holds: what is undecided, what passed, what does not apply, and what happened on the way.

use std::collections::BTreeMap;

use super::super::text::count;
use super::rules::Rules;
use super::{Alert, Kind, Level, Named, Notification, Spot, said, sentence};
use crate::audit::fingerprint::fingerprint;
use crate::audit::report::{Missing, Report, RuleSummary};

/// One open result for each verdict that could not be reached.
pub(super) fn undecided(report: &Report, rules: &mut Rules) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for undecided in &report.unknowns {
        let Some(rule) = rules.find(&undecided.rule) else { continue };
        let (spot, named) = match &undecided.resource {
            Some(resource) => {
                let service = resource.kind.replace('.', "/");
                let path = format!("aws/{}/{}/{service}/{}", resource.account, resource.region, resource.id);
                (Spot::top(&path), Named::of(resource))
            }
            None => of_rule(report, &undecided.rule),
        };
        alerts.push(Alert {
            rule,
            severity: undecided.severity,
            kind: Kind::Open,
            message: format!("Could not be decided: {}", missing(&undecided.missing)),
            spot,
            named: Some(named),
            flows: Vec::new(),
            related: None,
            fingerprint: undecided.fingerprint.clone(),
            waived: None,
            properties: BTreeMap::from([("coveredByAssumptions", undecided.covered_by_assumptions.to_string())]),
        });
    }
    alerts
}

/// One result for each rule that holds somewhere, and for each that does not apply. The report counts what passed and
/// does not list it.
pub(super) fn by_rule(report: &Report, rules: &Rules) -> Vec<Alert> {
    report.rules.iter().filter_map(|rule| of_summary(report, rule, rules)).collect()
}

fn of_summary(report: &Report, rule: &RuleSummary, rules: &Rules) -> Option<Alert> {
    let (kind, message) = match &rule.not_applicable {
        Some(why) => (Kind::NotApplicable, format!("Not applicable: {}", sentence(why))),
        None if rule.holds > 0 => (Kind::Pass, format!("Holds on {}.", count(rule.holds, "resource"))),
        None => return None,
    };
    let (spot, named) = of_rule(report, &rule.id);
    Some(Alert {
        rule: rules.find(&rule.id)?,
        severity: rule.severity,
        kind,
        message,
        spot: rules.file(&rule.id).cloned().unwrap_or(spot),
        named: Some(named),
        flows: Vec::new(),
        related: None,
        fingerprint: fingerprint(&rule.id, None, Some(if kind == Kind::Pass { "pass" } else { "not-applicable" })),
        waived: None,
        properties: BTreeMap::from([("holds", rule.holds.to_string())]),
    })
}

/// Calls without a complete answer, and rules that were left undecided for them.
pub(super) fn notifications(report: &Report, rules: &Rules) -> Vec<Notification> {
    let mut all: Vec<Notification> = report
        .not_seen
        .iter()
        .map(|not_seen| {
            let code = not_seen.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
            let regions = not_seen.regions.join(", ");
            let place = if regions.is_empty() { String::new() } else { format!(" in {regions}") };
            Notification {
                level: if not_seen.verdicts > 0 { Level::Error } else { Level::Warning },
                message: said(&format!(
                    "{}: {}{code} in account {}{place}; {} name it.",
                    not_seen.call,
                    not_seen.status,
                    not_seen.account,
                    count(not_seen.verdicts, "unknown verdict")
                )),
                rule: None,
            }
        })
        .collect();
    let mut by_rule: BTreeMap<&str, Vec<&Missing>> = BTreeMap::new();
    for undecided in &report.unknowns {
        by_rule.entry(&undecided.rule).or_default().extend(&undecided.missing);
    }
    for (rule, mut inputs) in by_rule {
        inputs.sort();
        inputs.dedup();
        let inputs: Vec<Missing> = inputs.into_iter().cloned().collect();
        all.push(Notification {
            level: Level::Warning,
            message: format!("{rule} was left undecided: {}", missing(&inputs)),
            rule: rules.find(rule),
        });
    }
    let warnings = report.exception_warnings.iter();
    all.extend(warnings.map(|warning| Notification { level: Level::Warning, message: sentence(warning), rule: None }));
    all
}

fn missing(inputs: &[Missing]) -> String {
    let all: Vec<String> = inputs.iter().map(|missing| format!("{} ({})", missing.input, missing.cause)).collect();
    if all.is_empty() { "part of the input is missing.".to_owned() } else { sentence(&all.join(", ")) }
}

fn of_rule(report: &Report, rule: &str) -> (Spot, Named) {
    let account = super::scenarios::account(report);
    let spot = Spot::top(&format!("aws/{account}/global/portcullis/rule/{rule}"));
    (spot, Named { name: said(rule), qualified: format!("portcullis/rule/{}", said(rule)) })
}
