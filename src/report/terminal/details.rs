//! The findings with their evidence and what to do; the same for one finding alone.

use super::super::RenderOptions;
use super::super::text::{clean, count};
use super::page::{Ink, Page, short_resource};
use crate::audit::report::{Evidence, Finding, Item, Missing, Report, RuleSummary, State};

/// Ways that the details of an audit show of one finding; `explain` shows all.
const WAYS: usize = 3;
/// Undecided verdicts that are listed.
const UNDECIDED: usize = 100;
/// Columns of the labels.
const LABEL: usize = 13;

/// One finding with everything that is known about it; the rule adds why it matters.
#[must_use]
pub fn render_explain(finding: &Finding, rule: Option<&RuleSummary>, options: &RenderOptions) -> String {
    let mut page = Page::new(options);
    page.blank();
    one(&mut page, finding, usize::MAX);
    if let Some(rule) = rule {
        page.blank();
        page.paragraph(2, (Ink::Strong, "why"), LABEL, &rule.rationale.replace('\n', " "));
        for (framework, controls) in &rule.frameworks {
            let controls: Vec<String> =
                controls.iter().map(|control| format!("{} ({})", control.id, control.covers)).collect();
            page.paragraph(2, (Ink::Faint, &clean(framework)), LABEL, &controls.join(", "));
        }
        page.paragraph(2, (Ink::Faint, "rule"), LABEL, &rule.file);
    }
    page.text
}

/// Writes everything that the summary leaves out.
pub(super) fn write(page: &mut Page, report: &Report) {
    if !report.findings.is_empty() {
        page.heading("findings");
        for finding in &report.findings {
            page.blank();
            one(page, finding, WAYS);
        }
    }
    if !report.carried_over.is_empty() {
        page.heading("carried over: alerts of the baseline that cannot be judged now");
        for finding in &report.carried_over {
            page.blank();
            head(page, finding);
            page.paragraph(2, (Ink::Plain, ""), 0, &finding.message);
        }
    }
    undecided(page, report);
    excepted(page, report);
}

fn one(page: &mut Page, finding: &Finding, ways: usize) {
    head(page, finding);
    let mut items: Vec<&Item> = finding.items.iter().collect();
    items.sort_by_key(|item| (item.evidence.len(), &item.message));
    page.blank();
    if items.is_empty() {
        page.paragraph(2, (Ink::Plain, ""), 0, &finding.message);
    }
    for (index, item) in items.iter().take(ways).enumerate() {
        if index > 0 {
            page.blank();
        }
        page.inked_paragraph(2, (Ink::Plain, ""), 0, (Ink::Strong, &item.message));
        for (index, evidence) in item.evidence.iter().enumerate() {
            fact(page, index, evidence);
        }
    }
    if items.len() > ways {
        page.paragraph(2, (Ink::Plain, ""), 0, &format!("… and {}", count(items.len() - ways, "more way")));
    }
    page.blank();
    if !finding.assumed.is_empty() {
        page.paragraph(2, (Ink::Plain, "assumed"), LABEL, &finding.assumed.join(", "));
    }
    if !finding.remediation.is_empty() {
        page.paragraph(2, (Ink::Strong, "what to do"), LABEL, &finding.remediation.replace('\n', " "));
    }
}

/// Rule, resource and place of a finding.
fn head(page: &mut Page, finding: &Finding) {
    let state = if finding.state == State::New { "  NEW" } else { "" };
    let severity = finding.severity.name();
    let id: String = finding.fingerprint.chars().take(12).collect();
    let title = format!(
        "  {}  {}{}",
        page.painted(Ink::of(finding.severity), severity),
        page.painted(Ink::Strong, &clean(&finding.rule)),
        page.painted(Ink::Alarm, state)
    );
    page.line(&title);
    page.paragraph(2, (Ink::Plain, ""), 0, &finding.title);
    let resource = &finding.resource;
    let regions = if finding.regions.len() > 1 { finding.regions.join(", ") } else { resource.region.clone() };
    page.paragraph(
        2,
        (Ink::Faint, "resource"),
        LABEL,
        &format!("{} {} in {}/{regions}", resource.kind, resource.id, resource.account),
    );
    if let Some(arn) = &resource.arn {
        page.paragraph(2, (Ink::Plain, ""), LABEL, arn);
    }
    if finding.location.in_repository {
        let place = format!("{}:{}", finding.location.path, finding.location.start_line);
        page.paragraph(2, (Ink::Faint, "declared at"), LABEL, &place);
    }
    page.paragraph(2, (Ink::Faint, "explain"), LABEL, &format!("portcullis explain {id}"));
}

fn fact(page: &mut Page, index: usize, evidence: &Evidence) {
    let code = evidence.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let text = format!("{}: {}{code}", short_resource(&evidence.resource), evidence.statement);
    page.paragraph(4, (Ink::Plain, &(index + 1).to_string()), 3, &text);
    page.place(7, &evidence.place);
}

fn undecided(page: &mut Page, report: &Report) {
    if report.unknowns.is_empty() {
        return;
    }
    page.heading("could not be decided");
    page.blank();
    for undecided in report.unknowns.iter().take(UNDECIDED) {
        let what = undecided.resource.as_ref().map_or_else(
            || "any resource: the list was not seen".to_owned(),
            |resource| format!("{} {}", resource.kind, resource.id),
        );
        let covered = if undecided.covered_by_assumptions { " (an assumption covers it)" } else { "" };
        page.paragraph(2, (Ink::Plain, ""), 0, &format!("{}: {what}{covered}", undecided.rule));
        for missing in &undecided.missing {
            page.paragraph(4, (Ink::Plain, ""), 0, &missing_words(missing));
        }
    }
    if report.unknowns.len() > UNDECIDED {
        let more = format!("… and {} more, in the JSON report", report.unknowns.len() - UNDECIDED);
        page.paragraph(2, (Ink::Plain, ""), 0, &more);
    }
}

fn missing_words(missing: &Missing) -> String {
    let settle = missing.assumption.as_ref().map(|name| format!(" (settled by --assume {name})")).unwrap_or_default();
    format!("missing {}: {}{settle}", missing.input, missing.cause)
}

fn excepted(page: &mut Page, report: &Report) {
    if report.excepted.is_empty() && report.exception_warnings.is_empty() {
        return;
    }
    page.heading("exceptions");
    page.blank();
    for excepted in &report.excepted {
        let finding = &excepted.finding;
        page.paragraph(
            2,
            (Ink::Plain, ""),
            0,
            &format!("{}: {} {}", finding.rule, finding.resource.kind, finding.resource.id),
        );
        let who = format!("{}, approved by {}, until {}", excepted.owner, excepted.approved_by, excepted.expires);
        page.paragraph(4, (Ink::Plain, ""), 0, &format!("{} ({who})", excepted.reason));
    }
    for warning in &report.exception_warnings {
        page.inked_paragraph(2, (Ink::Plain, ""), 0, (Ink::Warn, warning));
    }
}
