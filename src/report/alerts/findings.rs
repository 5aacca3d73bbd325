//! Findings as alerts: one for each rule and resource, the shortest way in the message, every way as a path.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::rules::Rules;
use super::{Alert, Flow, Kind, Named, Spot, Step, said, sentence};
use crate::audit::report::{Finding, Item, Report, State};

/// The alerts of findings and of those carried over; with `waived`, of the excepted ones too.
pub(super) fn alerts(report: &Report, rules: &mut Rules, waived: bool) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = report.findings.iter().map(|finding| alert(finding, rules, "")).collect();
    let carried = " Carried over from the last run: this run could not see enough to judge it.";
    alerts.extend(report.carried_over.iter().map(|finding| {
        let mut alert = alert(finding, rules, carried);
        alert.properties.insert("carriedOver", "true".to_owned());
        alert
    }));
    if waived {
        alerts.extend(report.excepted.iter().map(|excepted| {
            let mut alert = alert(&excepted.finding, rules, "");
            alert.waived = Some(format!(
                "{} Owner: {}. Approved by: {}. Expires: {}.",
                sentence(&excepted.reason),
                said(&excepted.owner),
                said(&excepted.approved_by),
                said(&excepted.expires)
            ));
            alert
        }));
    }
    alerts
}

fn alert(finding: &Finding, rules: &mut Rules, remark: &str) -> Alert {
    let rule = rules.of_finding(finding);
    let mut items: Vec<&Item> = finding.items.iter().collect();
    items.sort_by_key(|item| (item.evidence.len(), &item.message));
    let shortest = items.first().map_or(&finding.message, |item| &item.message);
    let mut message = sentence(if shortest.trim().is_empty() { &finding.title } else { shortest });
    if items.len() > 1 {
        let _ = write!(message, " This is the shortest of {} ways.", items.len());
    }
    if finding.regions.len() > 1 {
        let regions: Vec<String> = finding.regions.iter().map(|region| said(region)).collect();
        let _ = write!(message, " The same in {} regions: {}.", regions.len(), regions.join(", "));
    }
    if !finding.assumed.is_empty() {
        let _ = write!(message, " It rests on assumptions: {}.", said(&finding.assumed.join(", ")));
    }
    message.push_str(remark);
    let related = rules.file(&finding.rule).cloned();
    if related.is_some() {
        let _ = write!(message, " Rule: [{}](1).", said(&finding.rule));
    }
    Alert {
        rule,
        severity: finding.severity,
        kind: Kind::Fail,
        message,
        spot: Spot::of(&finding.location),
        named: Some(Named::of(&finding.resource)),
        flows: items.iter().filter_map(|item| flow(finding, item)).collect(),
        related,
        fingerprint: finding.fingerprint.clone(),
        waived: None,
        properties: properties(finding),
    }
}

/// The evidence of an item as a path.
fn flow(finding: &Finding, item: &Item) -> Option<Flow> {
    let last = item.evidence.len().checked_sub(1)?;
    let resource = &finding.resource;
    let steps = item.evidence.iter().enumerate().map(|(index, evidence)| {
        let is_itself = resource.arn.as_ref() == Some(&evidence.resource) || resource.id == evidence.resource;
        let spot = if is_itself {
            Spot::of(&finding.location)
        } else {
            Spot::of_evidence(&evidence.resource, &resource.account, &resource.region)
        };
        let named = Named::of_evidence(&evidence.resource);
        let name = named.as_ref().map_or("", |named| &named.name);
        Step {
            text: format!("{}. {}: {}", index + 1, name, sentence(&evidence.statement)),
            essential: evidence.code.is_some() || index == last,
            nesting: 0,
            spot,
            named,
        }
    });
    Some(Flow { message: sentence(&item.message), steps: steps.collect() })
}

fn properties(finding: &Finding) -> BTreeMap<&'static str, String> {
    let state = match finding.state {
        State::Current => "current",
        State::New => "new",
        State::Known => "known",
    };
    BTreeMap::from([
        ("account", said(&finding.resource.account)),
        ("region", said(&finding.resource.region)),
        ("resourceKind", said(&finding.resource.kind)),
        ("severity", finding.severity.name().to_owned()),
        ("state", state.to_owned()),
    ])
}
