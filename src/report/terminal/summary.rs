//! The summary: what is open, what could not be seen, how the scenarios stand, what was assumed, what the exit code
//! means. At most 40 lines, whatever the report holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::RenderOptions;
use super::super::outcome::{Outcome, open_scenarios};
use super::super::text::{clean, count, grouped, pad, shorten, width, wrap};
use super::page::{Ink, Page, cell};
use crate::audit::report::{Finding, NotSeen, Report, Severity, State};
use crate::scenario::trace::{Trace, Truth, Verdict};

/// Lines for findings.
const FINDING_LINES: usize = 11;
/// Lines for single scenarios.
const SCENARIO_LINES: usize = 5;
/// Lines for calls that are not complete.
const NOT_SEEN_LINES: usize = 4;
/// Lines for assumptions.
const ASSUMED_LINES: usize = 3;
/// Columns of the labels.
const LABEL: usize = 11;

/// Writes the summary.
pub(super) fn write(page: &mut Page, report: &Report, options: &RenderOptions) {
    page.blank();
    header(page, report);
    since(page, report);
    page.blank();
    findings(page, report);
    page.blank();
    rules(page, report);
    scenarios(page, report);
    page.blank();
    let before = page.text.len();
    not_seen(page, report);
    assumed(page, report);
    excepted(page, report);
    if !report.estate.configured {
        page.entry((Ink::Faint, "project"), LABEL, "no portcullis.yaml was used; `portcullis init` drafts one");
    }
    if page.text.len() > before {
        page.blank();
    }
    let outcome = Outcome::of(report, options.fail_on);
    let ink = if outcome.code() == 0 { Ink::Good } else { Ink::Strong };
    let line = format!("  {}", page.painted(ink, &outcome.words(options.fail_on)));
    page.line(&line);
}

fn header(page: &mut Page, report: &Report) {
    let estate = &report.estate;
    let several = |list: &[String], noun: &str| match list {
        [] => String::new(),
        [one] => clean(one),
        [one, two] => format!("{} {}", clean(one), clean(two)),
        many => count(many.len(), noun),
    };
    let parts = [
        estate.name.as_deref().map(|name| shorten(&clean(name), 30)).unwrap_or_default(),
        several(&estate.accounts, "account"),
        several(&estate.regions, "region"),
        count(estate.resources, "resource"),
    ];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let time = moment(estate.collected_at.as_deref().unwrap_or(&estate.now));
    page.ends(&format!("  {}", parts.join("  ")), (Ink::Faint, &time));
}

/// A time to the minute, in UTC: the same for every reader.
fn moment(time: &str) -> String {
    let known = time.parse::<Timestamp>().ok();
    known.map_or_else(|| clean(time), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

fn since(page: &mut Page, report: &Report) {
    let number = |state| report.findings.iter().filter(|finding| finding.state == state).count();
    let (new, known, carried) = (number(State::New), number(State::Known), report.carried_over.len());
    if new + known + carried == 0 {
        return;
    }
    let mut text = format!("{new} new   {known} known");
    if carried > 0 {
        let _ = write!(text, "   {carried} carried over, because they cannot be judged now");
    }
    page.blank();
    page.entry((Ink::Plain, "since the baseline"), 21, &text);
}

/// One line for a rule with findings.
struct Row<'a> {
    severity: Severity,
    first: &'a Finding,
    number: usize,
    new: usize,
}

fn findings(page: &mut Page, report: &Report) {
    if report.findings.is_empty() {
        let nothing = match report.carried_over.len() {
            0 if report.totals.uncovered_unknowns > 0 => {
                format!("no findings, but {} undecided", count(report.totals.uncovered_unknowns, "verdict"))
            }
            0 => "no findings".to_owned(),
            carried => format!("no new findings; {} carried over", count(carried, "finding")),
        };
        let ink = if report.totals.uncovered_unknowns == 0 && report.carried_over.is_empty() {
            Ink::Good
        } else {
            Ink::Plain
        };
        let line = format!("  {}", page.painted(ink, &nothing));
        page.line(&line);
        return;
    }
    let rows = rows(&report.findings);
    let shown = chosen(&rows);
    let rule_columns = shown.iter().map(|row| width(&clean(&row.first.rule))).max().unwrap_or(0).min(32);
    let right_columns = shown.iter().map(|row| width(&remark(row))).max().unwrap_or(0);
    // `critical` and the largest number of a severity
    let numbers = Severity::ALL.map(|severity| grouped(number_of(report, severity)));
    let head_columns = 10 + numbers.iter().map(String::len).max().unwrap_or(0) + 3;
    let two_lines = shown.len() * 2 < FINDING_LINES;
    let mut last = None;
    for row in &shown {
        let name = row.severity.name();
        let head = if last == Some(row.severity) {
            " ".repeat(head_columns)
        } else {
            let gap = " ".repeat(10_usize.saturating_sub(name.len()));
            let number = pad(&grouped(number_of(report, row.severity)), head_columns - 10);
            format!("{}{gap}{number}", page.painted(Ink::of(row.severity), name))
        };
        last = Some(row.severity);
        let room = page.width.saturating_sub(2 + head_columns + rule_columns + 2 + right_columns + 2);
        // A long message has a second line where there is room on the screen.
        let message = clean(&row.first.message);
        let mut message = if two_lines { wrap(&message, room) } else { vec![message] };
        let rest = message.split_off(1.min(message.len())).join(" ");
        let remark = remark(row);
        let ink = if row.new > 0 { Ink::Alarm } else { Ink::Plain };
        let line = format!(
            "  {head}{}  {}  {}",
            cell(&row.first.rule, rule_columns),
            cell(&message.concat(), room),
            page.painted(ink, &remark)
        );
        page.line(&line);
        if !rest.is_empty() {
            let indent = " ".repeat(2 + head_columns + rule_columns + 2);
            page.line(&format!("{indent}{}", shorten(&rest, room)));
        }
    }
    let hidden = rows.len() - shown.len();
    if hidden > 0 {
        let line = format!("  {}… and {} with findings", " ".repeat(head_columns), count(hidden, "more rule"));
        page.line(&line);
    }
}

fn number_of(report: &Report, severity: Severity) -> usize {
    report.findings.iter().filter(|finding| finding.severity == severity).count()
}

/// Findings by rule, in the order of the report.
fn rows(findings: &[Finding]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let new = usize::from(finding.state == State::New);
        let Some(row) = index.get(finding.rule.as_str()).and_then(|index| rows.get_mut(*index)) else {
            index.insert(&finding.rule, rows.len());
            rows.push(Row { severity: finding.severity, first: finding, number: 1, new });
            continue;
        };
        row.number += 1;
        row.new += new;
        // What is new is shown before what is known.
        if finding.state == State::New && row.first.state != State::New {
            row.first = finding;
        }
    }
    rows
}

/// The rows that fit: the worst first, but at least one of each severity.
fn chosen<'a, 'b>(rows: &'b [Row<'a>]) -> Vec<&'b Row<'a>> {
    let mut shown = Vec::new();
    for severity in Severity::ALL {
        let later = Severity::ALL.into_iter().filter(|other| *other < severity);
        let reserved = later.filter(|other| rows.iter().any(|row| row.severity == *other)).count();
        let room = FINDING_LINES.saturating_sub(shown.len() + reserved);
        shown.extend(rows.iter().filter(|row| row.severity == severity).take(room));
    }
    shown
}

fn remark(row: &Row<'_>) -> String {
    match (row.number, row.new) {
        (1, 0) => String::new(),
        (1, _) => "NEW".to_owned(),
        (number, 0) => format!("+{}", grouped(number - 1)),
        (number, new) if new == number => format!("+{} NEW", grouped(number - 1)),
        (number, new) => format!("+{}, {} NEW", grouped(number - 1), grouped(new)),
    }
}

fn rules(page: &mut Page, report: &Report) {
    let totals = &report.totals;
    let parts = [(totals.holds, "hold"), (totals.violated, "violated"), (totals.unknown, "unknown")];
    let mut text = tally(totals.holds + totals.violated + totals.unknown, &parts);
    let _ = write!(text, "   of {}", count(report.rules.len(), "rule"));
    if totals.not_applicable > 0 {
        let _ = write!(text, ", {} not applicable", grouped(totals.not_applicable));
    }
    page.entry((Ink::Plain, "checks"), LABEL, &text);
}

/// A number, then the parts that are not zero.
fn tally(all: usize, parts: &[(usize, &str)]) -> String {
    let mut text = pad(&grouped(all), 5);
    for (number, what) in parts.iter().filter(|(number, _)| *number > 0) {
        let _ = write!(text, "   {} {what}", grouped(*number));
    }
    text
}

fn scenarios(page: &mut Page, report: &Report) {
    if report.scenarios.is_empty() {
        return;
    }
    let astray = |trace: &&Trace| trace.verdict == Verdict::Blocked && trace.documented.as_documented == Truth::No;
    let number = |verdict| report.scenarios.iter().filter(|trace| trace.verdict == verdict).count();
    let undocumented = report.scenarios.iter().filter(astray).count();
    let parts = [
        (number(Verdict::Blocked) - undocumented, "blocked"),
        (number(Verdict::Open), "open"),
        (undocumented, "blocked, not as documented"),
        (number(Verdict::Unknown), "unknown"),
        (number(Verdict::NotApplicable), "not applicable"),
    ];
    page.entry((Ink::Plain, "scenarios"), LABEL, &tally(report.scenarios.len(), &parts));
    let lines: Vec<(Ink, &str, &Trace)> = open_scenarios(report)
        .map(|trace| (Ink::Alarm, "open", trace))
        .chain(report.scenarios.iter().filter(astray).map(|trace| (Ink::Warn, "not as documented", trace)))
        .collect();
    let room = if lines.len() > SCENARIO_LINES { SCENARIO_LINES - 1 } else { SCENARIO_LINES };
    let columns = lines.iter().take(room).map(|(_, word, _)| word.len()).max().unwrap_or(0) + 2;
    for (ink, word, trace) in lines.iter().take(room) {
        let name = shorten(&clean(&trace.scenario), page.width.saturating_sub(2 + LABEL + columns + 20));
        let gap = " ".repeat(columns - word.len());
        let line = format!("  {}{}{gap}→ portcullis trace {name}", " ".repeat(LABEL), page.painted(*ink, word));
        page.line(&line);
    }
    if lines.len() > room {
        page.entry((Ink::Plain, ""), LABEL, &format!("… and {} more", lines.len() - room));
    }
}

fn not_seen(page: &mut Page, report: &Report) {
    let mut calls: Vec<&NotSeen> =
        report.not_seen.iter().filter(|call| call.verdicts > 0 || call.status == "denied").collect();
    calls.sort_by_key(|call| std::cmp::Reverse(call.verdicts));
    let lines: Vec<String> = calls.iter().map(|call| not_seen_line(call, page.width - 2 - LABEL)).collect();
    if lines.is_empty() && report.totals.uncovered_unknowns > 0 {
        let open = count(report.totals.uncovered_unknowns, "verdict");
        page.entry((Ink::Warn, "not seen"), LABEL, &format!("{open} could not be decided; see the details"));
    }
    listed(page, (Ink::Warn, "not seen"), &lines, NOT_SEEN_LINES);
}

/// A call in words: with region and error code if they fit.
fn not_seen_line(call: &NotSeen, room: usize) -> String {
    let code = call.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let region = match call.regions.as_slice() {
        [] => String::new(),
        [global] if global == "global" => String::new(),
        [one] => format!(" in {one}"),
        many => format!(" in {} regions", many.len()),
    };
    let depend = match call.verdicts {
        0 => "no verdict depends on it".to_owned(),
        1 => "1 verdict depends on it".to_owned(),
        many => format!("{} verdicts depend on it", grouped(many)),
    };
    let lines = [
        format!("{} {}{code}{region}: {depend}", call.call, call.status),
        format!("{} {}{code}: {depend}", call.call, call.status),
    ];
    let short = format!("{} {}: {depend}", call.call, call.status);
    lines.into_iter().find(|line| width(&clean(line)) <= room).unwrap_or(short)
}

fn assumed(page: &mut Page, report: &Report) {
    let lines: Vec<String> = report
        .assumed
        .iter()
        .map(|assumed| {
            let until = assumed.expires.as_ref().map(|date| format!(", until {date}")).unwrap_or_default();
            let answers = count(assumed.answers, "answer");
            format!("{} {} ({}{until}): {answers}", assumed.input, assumed.is, assumed.by)
        })
        .collect();
    listed(page, (Ink::Plain, "assumed"), &lines, ASSUMED_LINES);
}

fn excepted(page: &mut Page, report: &Report) {
    let mut parts = Vec::new();
    if let Some(next) = report.excepted.iter().map(|excepted| &excepted.expires).min() {
        let until = if report.excepted.len() == 1 { " until" } else { ", the first until" };
        parts.push(format!("{}{until} {next}", count(report.excepted.len(), "finding")));
    }
    if !report.exception_warnings.is_empty() {
        parts.push(format!("{} about exceptions, see the details", count(report.exception_warnings.len(), "warning")));
    }
    if !parts.is_empty() {
        page.entry((Ink::Plain, "excepted"), LABEL, &parts.join("; "));
    }
}

/// Lines under one label; the rest is counted.
fn listed(page: &mut Page, label: (Ink, &str), lines: &[String], limit: usize) {
    let room = if lines.len() > limit { limit - 1 } else { limit };
    for (index, line) in lines.iter().take(room).enumerate() {
        page.entry((label.0, if index == 0 { label.1 } else { "" }), LABEL, line);
    }
    if lines.len() > room {
        page.entry((Ink::Plain, ""), LABEL, &format!("… and {} more", grouped(lines.len() - room)));
    }
}
