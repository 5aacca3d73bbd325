//! Plain AWS CLI dumps made by others load and are audited; what was never collected is said to be not seen.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::program::{Program, conformance};

fn audit(snapshot: &str) -> Value {
    let output = Program::new().run(&["audit", "--snapshot", snapshot, "--format", "json"]);
    assert!(matches!(output.code, 0 | 1 | 4 | 5), "{snapshot}: exit {} {}", output.code, output.stderr);
    assert!(!output.stderr.contains("panicked"), "{snapshot}: {}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

/// Whether the report names the call as not seen.
fn not_seen(report: &Value, call: &str) -> bool {
    report["not_seen"].as_array().unwrap().iter().any(|item| item["call"] == call)
}

#[test]
fn measured_labs_are_audited() {
    let Some(data) = conformance() else { return };
    let mut labs = 0;
    for entry in fs::read_dir(data.join("network")).unwrap() {
        let snapshot = entry.unwrap().path().join("snapshot");
        if !snapshot.is_dir() {
            continue;
        }
        labs += 1;
        let report = audit(&snapshot.display().to_string());
        // The labs hold no identity data: nothing about it may read as known.
        assert!(not_seen(&report, "iam/get-account-authorization-details"), "{}", snapshot.display());
        for rule in report["rules"].as_array().unwrap() {
            let identity = rule["file"].as_str().unwrap().contains("/identity/");
            assert!(
                !identity || rule["holds"] == 0,
                "{}: {} holds without identity data",
                snapshot.display(),
                rule["id"]
            );
        }
    }
    assert_eq!(labs, 8);
}

#[test]
fn labelled_accounts_are_audited() {
    let Some(data) = conformance() else { return };
    let mut dumps: Vec<(PathBuf, Value)> = Vec::new();
    for folder in ["iam", "iam/pathfinding-labs"] {
        for entry in fs::read_dir(data.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            if value.get("UserDetailList").is_some() {
                dumps.push((path, value));
            } else if let Some(details) = value.get("gaad") {
                dumps.push((path, details.clone()));
            }
        }
    }
    assert!(dumps.len() > 50, "only {} accounts found", dumps.len());
    for (path, details) in dumps {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("123456789012/global/iam");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("get-account-authorization-details.json"), details.to_string()).unwrap();
        let report = audit(&folder.path().display().to_string());
        assert!(not_seen(&report, "ec2/describe-instances"), "{}", path.display());
    }
}
