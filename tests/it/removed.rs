//! What was not seen never becomes a pass: each operation removed in turn from the recorded accounts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use portcullis_snapshot::{ReadError, Snapshot};
use serde_json::Value;

use crate::program::{Program, repository};
use crate::shuffled::body_of;

/// (rule, resource) to verdict, and scenario to verdict.
#[derive(Debug, Default)]
struct Verdicts {
    findings: BTreeMap<(String, String), &'static str>,
    holds: BTreeMap<String, u64>,
    traces: BTreeMap<String, String>,
    reads: BTreeMap<String, Vec<String>>,
}

fn verdicts(folder: &Path) -> Verdicts {
    let program = Program::new();
    let project = repository().join("src/demo/portcullis.yaml");
    let output = program.run(&[
        "audit",
        "--snapshot",
        &folder.display().to_string(),
        "--project",
        &project.display().to_string(),
        "--format",
        "json",
    ]);
    assert!(matches!(output.code, 0 | 1 | 4 | 5), "exit {}: {}", output.code, output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let mut verdicts = Verdicts::default();
    let key = |item: &Value| {
        (item["rule"].as_str().unwrap().to_owned(), item["resource"]["id"].as_str().unwrap_or_default().to_owned())
    };
    for item in report["findings"].as_array().unwrap() {
        verdicts.findings.insert(key(item), "violated");
    }
    for item in report["unknowns"].as_array().unwrap() {
        verdicts.findings.insert(key(item), "unknown");
    }
    for rule in report["rules"].as_array().unwrap() {
        let id = rule["id"].as_str().unwrap().to_owned();
        verdicts.holds.insert(id.clone(), rule["holds"].as_u64().unwrap());
        let reads = rule["reads"].as_array().unwrap().iter().map(|call| call.as_str().unwrap().to_owned()).collect();
        verdicts.reads.insert(id, reads);
    }
    for trace in report["scenarios"].as_array().unwrap() {
        verdicts
            .traces
            .insert(trace["scenario"].as_str().unwrap().to_owned(), trace["verdict"].as_str().unwrap().to_owned());
    }
    verdicts
}

fn unpack(form: &str, into: &Path, without: Option<&str>) {
    let snapshot = Snapshot::open(&repository().join(format!("src/demo/{form}.ndjson.zst"))).unwrap();
    fs::write(into.join("manifest.json"), serde_json::to_string(snapshot.manifest().unwrap()).unwrap()).unwrap();
    snapshot
        .visit::<ReadError>(|recorded| {
            if without != Some(recorded.key.call().as_str()) {
                let path = into.join(recorded.key.path());
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, body_of(&recorded).to_string()).unwrap();
            }
            Ok(())
        })
        .unwrap();
}

fn calls(form: &str) -> Vec<String> {
    let snapshot = Snapshot::open(&repository().join(format!("src/demo/{form}.ndjson.zst"))).unwrap();
    let mut calls = Vec::new();
    snapshot
        .visit::<ReadError>(|recorded| {
            calls.push(recorded.key.call());
            Ok(())
        })
        .unwrap();
    calls.sort();
    calls.dedup();
    calls
}

#[test]
fn a_removed_operation_never_turns_into_a_pass() {
    for form in ["sound", "drifted"] {
        let whole = tempfile::tempdir().unwrap();
        unpack(form, whole.path(), None);
        let before = verdicts(whole.path());
        for call in calls(form) {
            let folder = tempfile::tempdir().unwrap();
            unpack(form, folder.path(), Some(&call));
            let after = verdicts(folder.path());
            for (key, was) in &before.findings {
                // A finding may become unknown, and the resource itself may be gone with its list; then the rule as a
                // whole must not hold on more than before.
                let now = after.findings.get(key).copied();
                let list_unknown =
                    after.findings.iter().any(|((rule, _), verdict)| *rule == key.0 && *verdict == "unknown");
                assert!(
                    now.is_some() || list_unknown,
                    "{form} without {call}: {} on {} was {was}, and is gone without an unknown",
                    key.0,
                    key.1
                );
            }
            for (rule, holds) in &before.holds {
                assert!(after.holds[rule] <= *holds, "{form} without {call}: {rule} holds on more than before");
                let changed = after.holds[rule] != *holds
                    || before.findings.iter().filter(|((r, _), _)| r == rule).collect::<Vec<_>>()
                        != after.findings.iter().filter(|((r, _), _)| r == rule).collect::<Vec<_>>();
                assert!(
                    !changed || before.reads[rule].contains(&call),
                    "{form} without {call}: {rule} changed, but does not say that it reads the call"
                );
            }
            for (scenario, was) in &before.traces {
                let now = &after.traces[scenario];
                assert!(now == was || now == "unknown", "{form} without {call}: {scenario} was {was}, is {now}");
            }
        }
    }
}
