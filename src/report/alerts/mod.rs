//! What an alert file says, in plain words and numbers, before any format: the input of the SARIF writer.
//!
//! Two profiles: [`for_github`] holds what is wrong and what could not be seen, because GitHub ignores `kind` and
//! `suppressions` and would open an alert for everything else; [`for_archive`] holds every verdict.

mod archive;
mod coverage;
mod findings;
mod place;
mod rules;
mod scenarios;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(super) use place::{Named, Spot};
pub(super) use rules::{AlertRule, Taxonomy};

use super::RenderOptions;
use super::text::{clean, shorten};
use crate::audit::report::{Report, Severity, Tool};
use rules::Rules;

/// Results that GitHub keeps of one run; it drops the rest by severity.
pub(super) const RESULTS_KEPT: usize = 5_000;
/// Results about coverage among them.
const COVERAGE_KEPT: usize = 1_000;
/// Steps over all paths of one result that GitHub keeps.
pub(super) const STEPS_KEPT: usize = 1_000;
/// Columns of a message; a longer one has hostile names in it.
const MESSAGE_LIMIT: usize = 2_000;

/// One alert file.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) tool: Tool,
    /// `portcullis/<account>/`: results of another category are left alone by an upload.
    pub(super) category: String,
    pub(super) rules: Vec<AlertRule>,
    pub(super) alerts: Vec<Alert>,
    /// Only in the archive.
    pub(super) archive: Option<Archive>,
    /// Counts of what is not among the results.
    pub(super) counts: BTreeMap<&'static str, usize>,
}

/// What only an archive holds.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) taxonomies: Vec<Taxonomy>,
    pub(super) notifications: Vec<Notification>,
}

/// A thing that happened while the run went on.
#[derive(Debug)]
pub(super) struct Notification {
    pub(super) level: Level,
    pub(super) message: String,
    /// Index of the rule that could not be decided for it.
    pub(super) rule: Option<usize>,
}

/// The level of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    None,
    Note,
    Warning,
    Error,
}

impl Level {
    /// The level for a severity.
    pub(super) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low => Self::Note,
        }
    }
}

/// What a result says about its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Fail,
    Open,
    Pass,
    NotApplicable,
}

/// One result.
#[derive(Debug)]
pub(super) struct Alert {
    /// Index into the rules.
    pub(super) rule: usize,
    pub(super) severity: Severity,
    pub(super) kind: Kind,
    pub(super) message: String,
    pub(super) spot: Spot,
    pub(super) named: Option<Named>,
    pub(super) flows: Vec<Flow>,
    /// The rule's file; the message links to it.
    pub(super) related: Option<Spot>,
    pub(super) fingerprint: String,
    pub(super) waived: Option<String>,
    pub(super) properties: BTreeMap<&'static str, String>,
}

/// One path.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) message: String,
    pub(super) steps: Vec<Step>,
}

/// One step of a path.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) text: String,
    /// Whether it decides; a viewer may hide the others.
    pub(super) essential: bool,
    /// 1 for evidence below a step.
    pub(super) nesting: u8,
    pub(super) spot: Spot,
    pub(super) named: Option<Named>,
}

/// The alerts for GitHub: failures, coverage, scenarios; the worst first, at most [`RESULTS_KEPT`].
pub(super) fn for_github(report: &Report, options: &RenderOptions) -> Log {
    let mut rules = Rules::of(report, options);
    let mut alerts = findings::alerts(report, &mut rules, false);
    alerts.extend(scenarios::alerts(report, &mut rules, false));
    let mut coverage = coverage::alerts(report, &rules);
    coverage.truncate(COVERAGE_KEPT);
    sort(&mut alerts, &rules);
    let mut counts = counts(report);
    let all = alerts.len() + coverage.len();
    if all > RESULTS_KEPT {
        // One place is for the result that says so.
        alerts.truncate(RESULTS_KEPT - 1 - coverage.len());
        let left_out = all - alerts.len() - coverage.len();
        counts.insert("resultsLeftOut", left_out);
        coverage.push(coverage::left_out(report, &rules, left_out));
    }
    alerts.append(&mut coverage);
    sort(&mut alerts, &rules);
    cap_flows(&mut alerts);
    Log { tool: report.tool.clone(), category: category(report), rules: rules.list, alerts, archive: None, counts }
}

/// Every verdict, with waivers, frameworks and notifications.
pub(super) fn for_archive(report: &Report, options: &RenderOptions) -> Log {
    let mut rules = Rules::of(report, options);
    let mut alerts = findings::alerts(report, &mut rules, true);
    alerts.extend(scenarios::alerts(report, &mut rules, true));
    alerts.extend(coverage::alerts(report, &rules));
    alerts.extend(archive::undecided(report, &mut rules));
    alerts.extend(archive::by_rule(report, &rules));
    sort(&mut alerts, &rules);
    let notifications = archive::notifications(report, &rules);
    Log {
        tool: report.tool.clone(),
        category: category(report),
        archive: Some(Archive { taxonomies: rules.taxonomies, notifications }),
        rules: rules.list,
        alerts,
        counts: counts(report),
    }
}

/// The worst first; what is only on record last.
fn sort(alerts: &mut [Alert], rules: &Rules) {
    alerts.sort_by(|a, b| {
        let key = |alert: &Alert| (alert.kind, std::cmp::Reverse(alert.severity));
        key(a)
            .cmp(&key(b))
            .then_with(|| rules.id(a.rule).cmp(rules.id(b.rule)))
            .then_with(|| a.spot.uri.cmp(&b.spot.uri))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
            .then_with(|| a.message.cmp(&b.message))
    });
}

/// Paths to keep for each result, so that a file of many results stays below GitHub's 10 MB.
fn cap_flows(alerts: &mut [Alert]) {
    let keep = match alerts.len() {
        0..=500 => 10,
        501..=2_000 => 3,
        _ => 1,
    };
    for alert in alerts {
        let mut steps = 0;
        alert.flows.truncate(keep);
        alert.flows.retain_mut(|flow| {
            flow.steps.truncate(STEPS_KEPT - steps);
            steps += flow.steps.len();
            !flow.steps.is_empty()
        });
    }
}

/// The analysis category: one for each set of accounts, so that one account's upload leaves another's alerts alone.
fn category(report: &Report) -> String {
    let accounts: Vec<String> = report.estate.accounts.iter().map(|account| place::encoded(account)).collect();
    match accounts.len() {
        0 => "portcullis/no-account/".to_owned(),
        1..=4 => format!("portcullis/{}/", accounts.join("+")),
        many => format!("portcullis/{many}-accounts/"),
    }
}

/// What the results leave out.
fn counts(report: &Report) -> BTreeMap<&'static str, usize> {
    BTreeMap::from([
        ("holds", report.totals.holds),
        ("violated", report.totals.violated),
        ("unknown", report.totals.unknown),
        ("notApplicable", report.totals.not_applicable),
        ("excepted", report.excepted.len()),
    ])
}

/// One line of account text for a message: no controls, no links.
///
/// `[text](target)` in a message is a link, and a name must not make one.
fn said(text: &str) -> String {
    shorten(&clean(text), MESSAGE_LIMIT).replace("](", "] (")
}

/// The text as a sentence.
fn sentence(text: &str) -> String {
    let text = said(text.trim());
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}
