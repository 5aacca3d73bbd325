//! Attack scenarios as alerts: an open one with its way in, and what is weak in a blocked one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::text::count;
use super::rules::{NOT_AS_DOCUMENTED, Rules, SINGLE_POINT};
use super::{Alert, Flow, Kind, Named, Spot, Step, said, sentence};
use crate::audit::fingerprint::fingerprint;
use crate::audit::report::{Report, Severity};
use crate::scenario::trace::{OtherWay, Trace, Truth, Verdict, WitnessStep};

/// The alerts of all scenarios; with `every`, also those that are blocked, unknown or do not apply.
pub(super) fn alerts(report: &Report, rules: &mut Rules, every: bool) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for trace in &report.scenarios {
        let rule = rules.own(&trace.scenario);
        match trace.verdict {
            Verdict::Open => alerts.push(open(report, trace, rule)),
            Verdict::Blocked => {
                if every {
                    let message = format!("Blocked: {}", sentence(&trace.title));
                    alerts.push(plain(report, trace, rule, Kind::Pass, message));
                }
                alerts.extend(weak(report, trace, rules));
            }
            Verdict::Unknown | Verdict::NotApplicable if every => {
                let (kind, word) = if trace.verdict == Verdict::Unknown {
                    (Kind::Open, "Unknown")
                } else {
                    (Kind::NotApplicable, "Not applicable")
                };
                let inputs: Vec<String> =
                    trace.gaps.iter().map(|gap| format!("{} ({})", gap.input, gap.cause)).collect();
                let why = trace.reason.clone().unwrap_or_else(|| inputs.join(", "));
                let message = format!("{word}: {} {}", sentence(&trace.title), sentence(&why));
                alerts.push(plain(report, trace, rule, kind, message));
            }
            Verdict::Unknown | Verdict::NotApplicable => {}
        }
    }
    alerts
}

/// The account in the pseudo-path of something that belongs to no resource.
pub(super) fn account(report: &Report) -> String {
    match report.estate.accounts.as_slice() {
        [account] => account.clone(),
        _ => "estate".to_owned(),
    }
}

fn open(report: &Report, trace: &Trace, rule: usize) -> Alert {
    let steps: Vec<String> = trace.witness.iter().map(|step| said(&step.technique)).collect();
    let how = if steps.is_empty() {
        "Open as things are".to_owned()
    } else {
        format!("Open in {}: {}", count(steps.len(), "step"), steps.join(", "))
    };
    let also: Vec<&OtherWay> =
        trace.other_ways.iter().filter(|way| way.cuts.iter().any(|cut| cut.controls.is_empty())).collect();
    let mut message = format!("{} {how}.", sentence(&trace.title));
    if !also.is_empty() {
        let _ = write!(message, " {} not in the document.", count(also.len(), "other open way"));
    }
    if !trace.assumed.is_empty() {
        let _ = write!(message, " It rests on assumptions: {}.", said(&trace.assumed.join(", ")));
    }
    let mut flows = vec![witness(report, trace)];
    flows.extend(also.iter().map(|way| other_way(report, trace, way)));
    flows.retain(|flow| !flow.steps.is_empty());
    Alert { flows, ..plain(report, trace, rule, Kind::Fail, message) }
}

/// The witness as a path: each step, with its evidence below.
fn witness(report: &Report, trace: &Trace) -> Flow {
    let mut steps = Vec::new();
    for (index, step) in trace.witness.iter().enumerate() {
        steps.push(witness_step(report, trace, index, step));
        steps.extend(step.evidence.iter().map(|fact| {
            let named = Named::of_evidence(&fact.resource);
            let name = named.as_ref().map_or("", |named| &named.name);
            Step {
                text: format!("{name}: {}", sentence(&fact.statement)),
                essential: fact.code.is_some(),
                nesting: 1,
                spot: Spot::of_evidence(&fact.resource, &account(report), "global"),
                named,
            }
        }));
    }
    Flow { message: sentence(&trace.goal.join(", or ")), steps }
}

fn witness_step(report: &Report, trace: &Trace, index: usize, step: &WitnessStep) -> Step {
    let gains =
        if step.gains.is_empty() { String::new() } else { format!(" Gains: {}.", said(&step.gains.join(", "))) };
    let fact = step.evidence.first();
    Step {
        text: format!("{}. {}: {}{gains}", index + 1, said(&step.technique), sentence(&step.what)),
        essential: true,
        nesting: 0,
        spot: fact
            .map_or_else(|| spot(report, trace), |fact| Spot::of_evidence(&fact.resource, &account(report), "global")),
        named: fact.and_then(|fact| Named::of_evidence(&fact.resource)),
    }
}

fn other_way(report: &Report, trace: &Trace, way: &OtherWay) -> Flow {
    let steps = way.steps.iter().enumerate().map(|(index, step)| Step {
        text: format!("{}. {}", index + 1, sentence(step)),
        essential: true,
        nesting: 0,
        spot: spot(report, trace),
        named: None,
    });
    Flow { message: format!("Another way: {}", sentence(&way.techniques.join(", "))), steps: steps.collect() }
}

/// What is weak in a blocked scenario.
fn weak(report: &Report, trace: &Trace, rules: &Rules) -> Vec<Alert> {
    let mut alerts = Vec::new();
    if trace.documented.as_documented == Truth::No {
        let notes: Vec<String> = trace.documented.notes.iter().map(|note| sentence(note)).collect();
        let message = format!("Blocked, but not as documented: {} {}", sentence(&trace.title), notes.join(" "));
        alerts.push(Alert {
            severity: Severity::Medium,
            fingerprint: fingerprint(NOT_AS_DOCUMENTED, None, Some(&trace.scenario)),
            ..plain(report, trace, rules.own(NOT_AS_DOCUMENTED), Kind::Fail, message.trim_end().to_owned())
        });
    }
    if !trace.single_points_of_failure.is_empty() {
        let controls = said(&trace.single_points_of_failure.join(", "));
        let which = match trace.single_points_of_failure.len() {
            1 => "One control alone holds it".to_owned(),
            many => format!("Each of {many} controls, if it fails, opens it"),
        };
        alerts.push(Alert {
            severity: Severity::Low,
            fingerprint: fingerprint(SINGLE_POINT, None, Some(&trace.scenario)),
            ..plain(
                report,
                trace,
                rules.own(SINGLE_POINT),
                Kind::Fail,
                format!("{} {which}: {controls}.", sentence(&trace.title)),
            )
        });
    }
    alerts
}

fn spot(report: &Report, trace: &Trace) -> Spot {
    Spot::top(&format!("aws/{}/global/portcullis/scenario/{}", account(report), trace.scenario))
}

fn plain(report: &Report, trace: &Trace, rule: usize, kind: Kind, message: String) -> Alert {
    Alert {
        rule,
        severity: trace.severity,
        kind,
        message,
        spot: spot(report, trace),
        named: Some(Named {
            name: said(&trace.scenario),
            qualified: format!("portcullis/scenario/{}", said(&trace.scenario)),
        }),
        flows: Vec::new(),
        related: None,
        fingerprint: fingerprint(&trace.scenario, None, None),
        waived: None,
        properties: BTreeMap::from([("scenario", said(&trace.scenario))]),
    }
}
