//! `portcullis explain`: one finding, rule or scenario, with everything known about it.

use std::fmt::Write as _;

use anyhow::anyhow;

use super::arguments::ExplainArgs;
use super::exit::{ExitStatus, Stop};
use super::source::{self, Default};
use super::{audit, screen};
use crate::audit::report::Severity;
use crate::report::{render_explain, render_trace};

pub(super) fn run(args: &ExplainArgs) -> Result<ExitStatus, Stop> {
    let account = source::open(&args.source, Default::LastKept)?;
    let report = audit::report(&account, &args.library, None)?;
    let options = screen::options(Severity::High);
    let id = args.id.as_str();
    let mut text = String::new();
    for finding in report.findings.iter().chain(report.excepted.iter().map(|excepted| &excepted.finding)) {
        // A short start of a fingerprint is enough for people; four digits keep it from matching by accident.
        let by_fingerprint = id.len() >= 4 && finding.fingerprint.starts_with(id);
        if by_fingerprint || finding.rule == id || finding.resource.id == id {
            let rule = report.rules.iter().find(|rule| rule.id == finding.rule);
            text.push_str(&render_explain(finding, rule, &options));
            text.push('\n');
        }
    }
    for trace in report.scenarios.iter().filter(|trace| trace.scenario == id) {
        text.push_str(&render_trace(trace, &options));
    }
    if let Some(rule) = report.rules.iter().find(|rule| rule.id == id) {
        let _ = writeln!(
            text,
            "{} ({}): {}\n  {}\n  holds on {}, violated on {}, unknown on {}",
            rule.id,
            rule.severity.name(),
            rule.title,
            rule.rationale,
            rule.holds,
            rule.violated,
            rule.unknown
        );
        for unknown in report.unknowns.iter().filter(|unknown| unknown.rule == id) {
            let on = unknown.resource.as_ref().map_or("all resources", |resource| resource.id.as_str());
            for missing in &unknown.missing {
                let _ = writeln!(text, "  unknown on {on}: {} ({})", missing.input, missing.cause);
            }
        }
    }
    if text.is_empty() {
        return Err(Stop::usage(anyhow!(
            "`{id}` names no finding, rule or scenario here; `portcullis audit` shows findings, `portcullis policy list` rules"
        )));
    }
    screen::print(&text)?;
    Ok(ExitStatus::Clean)
}
