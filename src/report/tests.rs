//! What a person reads, and that equal reports give equal bytes.

use super::text::{is_hostile, width};
use super::*;
use crate::scenario::trace::{GateAnswer, TracedGate};

fn plain() -> RenderOptions {
    RenderOptions { details: false, ..RenderOptions::default() }
}

/// Compares with a sample that a person has read; `UPDATE_SAMPLES=1` rewrites it, to be read again.
fn assert_reads(text: &str, name: &str) {
    let path = format!("{}/src/report/samples/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let sample = std::fs::read_to_string(&path).unwrap();
    assert!(sample == text, "{name}.txt differs from this:\n{text}");
}

#[test]
fn the_summary_fits_one_screen() {
    let mut wide = sample::large(300);
    for index in 0..40 {
        let severity = Severity::ALL[index % 4];
        let rule = sample::rule(&format!("rule-{index}-{}", "long-".repeat(12)), "A title", severity, "network");
        wide.findings.push(sample::finding(&rule, "ec2.instance", &"x".repeat(200), vec![]));
        wide.scenarios.push(sample::stops_the_trail());
        wide.assumed.push(wide.assumed[0].clone());
        wide.not_seen.push(wide.not_seen[0].clone());
    }
    wide.estate.configured = false;
    let reports =
        [sample::empty(), sample::rich(), sample::hostile(), sample::incomplete(), sample::large(6_000), wide];
    for (columns, report) in [100, 80, 60].into_iter().flat_map(|columns| reports.iter().map(move |r| (columns, r))) {
        let text = render(report, Format::Terminal, &RenderOptions { width: columns, ..plain() }).unwrap();
        assert!(text.lines().count() <= 40, "{} lines\n{text}", text.lines().count());
        for line in text.lines() {
            assert!(width(line) <= columns, "{} columns: {line}", width(line));
            assert!(!line.ends_with(' '), "{line:?}");
        }
    }
}

#[test]
fn details_fit_the_width_too() {
    for report in [sample::rich(), sample::hostile(), sample::incomplete()] {
        let text = render(&report, Format::Terminal, &RenderOptions::default()).unwrap();
        for line in text.lines() {
            assert!(width(line) <= 100, "{} columns: {line}", width(line));
        }
    }
}

#[test]
fn nothing_from_the_account_reaches_the_terminal_raw() {
    for report in [sample::hostile(), sample::rich()] {
        let mut all = render(&report, Format::Terminal, &RenderOptions::default()).unwrap();
        for trace in &report.scenarios {
            all.push_str(&render_trace(trace, &RenderOptions::default()));
        }
        for finding in &report.findings {
            all.push_str(&render_explain(finding, report.rules.first(), &RenderOptions::default()));
        }
        assert!(!all.chars().any(|c| c != '\n' && is_hostile(c)));
    }
}

#[test]
fn full_names_stand_in_the_details() {
    let report = sample::hostile();
    let text = render(&report, Format::Terminal, &RenderOptions::default()).unwrap();
    let joined: String = text.split_whitespace().collect();
    assert!(joined.contains(&format!("{}-the-middle-part-", "n".repeat(90))), "the long name is whole");
    assert!(text.contains("two\\u{a}lines"), "{text}");
    assert!(text.contains("user\\u{202e}nimda\\u{2066}\\u{200b}"));
    assert!(text.contains("결제-서비스-데이터베이스-읽기전용-역할"));
}

#[test]
fn equal_reports_give_equal_bytes() {
    for report in [sample::empty(), sample::rich(), sample::hostile(), sample::incomplete(), sample::large(60)] {
        let json = render(&report, Format::Json, &RenderOptions::default()).unwrap();
        assert!(json.ends_with("}\n"));
        let read: Report = serde_json::from_str(&json).unwrap();
        let mut shuffled = report.clone();
        shuffled.findings.reverse();
        shuffled.not_seen.reverse();
        shuffled.scenarios.reverse();
        shuffled.rules.reverse();
        for format in Format::ALL {
            let options = RenderOptions { color: true, ..RenderOptions::default() };
            let first = render(&report, format, &options).unwrap();
            assert_eq!(first, render(&report, format, &options).unwrap());
            assert!(first == render(&read, format, &options).unwrap(), "{format} differs after JSON");
            assert!(first == render(&shuffled, format, &options).unwrap(), "{format} differs after a shuffle");
        }
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = sample::rich();
    let color =
        |color| render(&report, Format::Terminal, &RenderOptions { color, ..RenderOptions::default() }).unwrap();
    let mut stripped = String::new();
    let (plain, colored) = (color(false), color(true));
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert!(colored.len() > plain.len());
    assert_eq!(stripped, plain);
}

#[test]
fn the_outcome_is_that_of_the_exit_codes() {
    let code = |report: &Report, fail_on| Outcome::of(report, fail_on).code();
    assert_eq!(code(&sample::empty(), Severity::Low), 0);
    assert_eq!(code(&sample::incomplete(), Severity::High), 4);
    assert_eq!(code(&sample::rich(), Severity::High), 5);
    let mut report = sample::empty();
    report.scenarios = vec![sample::stops_the_trail()];
    assert_eq!(code(&report, Severity::High), 1);
    assert_eq!(code(&report, Severity::Critical), 0);
    report.carried_over = sample::rich().carried_over;
    assert_eq!(code(&report, Severity::High), 1);
    assert_eq!(Outcome::of(&report, Severity::High).words(Severity::High), "exit 1 (findings at or above high)");
}

#[test]
fn the_summary_reads_as_intended() {
    let text = render(&sample::rich(), Format::Terminal, &plain()).unwrap();
    assert_reads(&text, "summary");
}

#[test]
fn a_whole_report_reads_as_intended() {
    let text = render(&sample::rich(), Format::Terminal, &RenderOptions::default()).unwrap();
    assert_reads(&text, "report");
    let text = render(&sample::incomplete(), Format::Terminal, &plain()).unwrap();
    assert_reads(&text, "incomplete");
    let text = render(&sample::hostile(), Format::Terminal, &plain()).unwrap();
    assert_reads(&text, "hostile");
}

#[test]
fn the_details_read_as_intended() {
    let report = sample::rich();
    let text = render_explain(&report.findings[0], Some(&report.rules[1]), &RenderOptions::default());
    assert_reads(&text, "explain");
}

#[test]
fn a_blocked_trace_reads_as_intended() {
    let text = render_trace(&sample::developer_key(), &RenderOptions::default());
    assert_reads(&text, "trace-blocked");
}

#[test]
fn an_open_trace_reads_as_intended() {
    let text = render_trace(&sample::stops_the_trail(), &RenderOptions::default());
    assert_reads(&text, "trace-open");
}

#[test]
fn other_traces_say_what_they_are() {
    let text = render_trace(&sample::unknown_scenario(), &RenderOptions::default());
    assert!(text.contains("UNKNOWN") && text.contains("not seen        key policy of key/7f3c"), "{text}");
    let text = render_trace(&sample::not_applicable_scenario(), &RenderOptions::default());
    assert!(text.contains("NOT APPLICABLE") && text.contains("because    the account has no Lambda"), "{text}");
    let text = render_trace(&sample::single_point(), &RenderOptions::default());
    assert!(text.contains("depth 1 to 2") && text.contains("alone holds it  db.auth shop-db (reader)"), "{text}");
}

#[test]
fn alternatives_are_joined_by_or() {
    let mut trace = sample::developer_key();
    let mut gates: Vec<TracedGate> = trace.steps[0].gates.clone();
    gates.push(TracedGate { answer: GateAnswer::Closed, blockers: Vec::new(), ..gates[0].clone() });
    for gate in &mut gates {
        gate.any_of = Some(0);
    }
    trace.steps[0].gates = gates;
    let text = render_trace(&trace, &RenderOptions::default());
    assert!(text.contains("or ✗  is it allowed"), "{text}");
}
