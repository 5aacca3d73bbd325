//! The embedded reference account: what is right holds, and every fault is reported, and nothing else.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::program::{Output, Program, repository};

fn audit(form: &str) -> (Output, Value) {
    let output = Program::new().run(&["audit", "--demo", form, "--format", "json"]);
    let report = serde_json::from_str(&output.stdout).unwrap();
    (output, report)
}

fn list<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().unwrap()
}

#[test]
fn the_sound_account_has_no_violation_and_few_unknowns() {
    let (output, report) = audit("sound");
    assert_eq!(list(&report, "findings").len(), 0, "{:#}", report["findings"]);
    assert_eq!(output.code, 4, "incomplete, for the causes below: {}", output.stderr);
    let totals = &report["totals"];
    let number = |name: &str| totals[name].as_u64().unwrap();
    let all = number("holds") + number("violated") + number("unknown");
    assert!(number("unknown") * 20 <= all, "more than 5 % unknown: {totals}");
    // What the endpoint itself leaves out, and the database server that was not read; nothing else.
    let known = [
        ("database-grants-as-declared", "databases/shop-db"),
        ("root-without-access-key", "credentials of arn:aws:iam::123456789012:root"),
    ];
    for unknown in list(&report, "unknowns") {
        for missing in list(unknown, "missing") {
            let (rule, input) = (unknown["rule"].as_str().unwrap(), missing["input"].as_str().unwrap());
            assert!(known.contains(&(rule, input)), "unexpected unknown: {unknown:#}");
        }
    }
    for trace in list(&report, "scenarios") {
        assert_eq!(trace["verdict"], "blocked", "{}", trace["scenario"]);
    }
}

/// The faults with who must report them, as the seeding program lists them.
fn faults() -> Value {
    serde_json::from_slice(&fs::read(repository().join("examples/seed/faults.json")).unwrap()).unwrap()
}

#[test]
fn every_fault_of_the_drifted_account_is_reported_and_nothing_else() {
    let (output, report) = audit("drifted");
    assert_eq!(output.code, 5, "{}", output.stderr);
    let faults = faults();
    assert!(faults.as_array().unwrap().len() >= 20);
    let findings = list(&report, "findings");
    let mut explained: BTreeSet<usize> = BTreeSet::new();
    for fault in faults.as_array().unwrap() {
        for reporter in list(fault, "reported_by") {
            if let Some(scenario) = reporter["scenario"].as_str() {
                let trace = list(&report, "scenarios").iter().find(|trace| trace["scenario"] == scenario).unwrap();
                assert_eq!(trace["verdict"], "open", "{}: {scenario}", fault["id"]);
                continue;
            }
            let (rule, resource) = (reporter["rule"].as_str().unwrap(), reporter["resource"].as_str().unwrap());
            let found: Vec<usize> = findings
                .iter()
                .enumerate()
                .filter(|(_, finding)| {
                    let text = finding.to_string();
                    finding["rule"] == rule
                        && text.contains(resource)
                        && reporter["witness"].as_str().is_none_or(|witness| text.contains(witness))
                })
                .map(|(index, _)| index)
                .collect();
            assert!(!found.is_empty(), "{}: {rule} does not report {resource}", fault["id"]);
            explained.extend(found);
        }
    }
    for (index, finding) in findings.iter().enumerate() {
        assert!(explained.contains(&index), "no fault explains {} on {}", finding["rule"], finding["resource"]);
    }
}

#[test]
fn two_runs_give_the_same_bytes_in_every_format() {
    for format in ["json", "sarif", "sarif-full", "terminal"] {
        let run = || Program::new().run(&["audit", "--demo", "drifted", "--format", format]).stdout;
        let first = run();
        assert!(!first.is_empty() && first == run(), "{format}");
    }
}

#[test]
fn an_incomplete_run_never_looks_clean_to_github() {
    let output = Program::new().run(&["audit", "--demo", "sound", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&output.stdout).unwrap();
    let results = list(&sarif["runs"][0], "results");
    assert!(results.iter().any(|result| result["ruleId"] == "coverage-incomplete"), "{results:#?}");
}

#[test]
fn a_baseline_marks_what_is_new_and_keeps_what_went_dark() {
    let program = Program::new();
    let sound = program.folder().join("sound.json");
    let drifted = program.folder().join("drifted.json");
    let (sound, drifted) = (sound.display().to_string(), drifted.display().to_string());
    program.run(&["audit", "--demo", "sound", "--format", &format!("json={sound}")]);
    program.run(&["audit", "--demo", "drifted", "--format", &format!("json={drifted}")]);
    let report = |baseline: &str, form: &str| -> Value {
        let output = program.run(&["audit", "--demo", form, "--baseline", baseline, "--format", "json"]);
        serde_json::from_str(&output.stdout).unwrap()
    };
    let worse = report(&sound, "drifted");
    assert!(list(&worse, "findings").iter().all(|finding| finding["state"] == "new"));
    let same = report(&drifted, "drifted");
    assert!(list(&same, "findings").iter().all(|finding| finding["state"] == "known"));
}
