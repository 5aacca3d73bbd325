//! The SARIF files: every location is one that GitHub accepts, and the files fit the schema.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::*;
use crate::audit::report::Report;

fn samples() -> Vec<(&'static str, Report)> {
    let mut accounts = sample::rich();
    accounts.estate.accounts.push("210987654321".to_owned());
    vec![
        ("empty", sample::empty()),
        ("rich", sample::rich()),
        ("accounts", accounts),
        ("hostile", sample::hostile()),
        ("incomplete", sample::incomplete()),
        ("many", sample::large(300)),
    ]
}

fn options() -> RenderOptions {
    RenderOptions { rules_in_repository: Some(String::new()), ..RenderOptions::default() }
}

fn parsed(report: &Report, format: Format) -> Value {
    serde_json::from_str(&render(report, format, &options()).unwrap()).unwrap()
}

/// Calls `check` on every object under a member of that name, however deep.
fn each<'a>(value: &'a Value, member: &str, check: &mut dyn FnMut(&'a Value)) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| each(value, member, check)),
        Value::Object(map) => {
            for (name, value) in map {
                if name == member {
                    check(value);
                }
                each(value, member, check);
            }
        }
        _ => {}
    }
}

#[test]
fn every_location_anywhere_is_relative_and_has_a_region() {
    for (name, report) in samples() {
        for format in [Format::Sarif, Format::SarifFull] {
            let log = parsed(&report, format);
            let mut locations: Vec<&Value> = Vec::new();
            each(&log, "location", &mut |location| locations.push(location));
            for list in ["locations", "relatedLocations"] {
                // The locations of a thread flow hold their location one level deeper.
                each(&log, list, &mut |list| {
                    locations.extend(list.as_array().unwrap().iter().filter(|entry| entry.get("importance").is_none()));
                });
            }
            let results = log["runs"][0]["results"].as_array().unwrap();
            assert!(locations.len() >= results.len());
            for location in locations {
                let physical = &location["physicalLocation"];
                let uri = physical["artifactLocation"]["uri"].as_str().unwrap_or_default();
                assert!(!uri.is_empty() && !uri.starts_with('/'), "{name} {format}: {location}");
                let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
                assert!(uri.chars().all(allowed) && !uri.contains("//"), "{name} {format}: {uri}");
                assert!(
                    uri.split('/').all(|segment| segment != ".." && segment != "." && !segment.is_empty()),
                    "{uri}"
                );
                let number = |member: &str| physical["region"][member].as_u64().unwrap_or_default();
                let [line, column, end_line, end_column] =
                    ["startLine", "startColumn", "endLine", "endColumn"].map(number);
                assert!(line >= 1 && column >= 1 && end_line >= line && end_column >= 1, "{name}: {location}");
            }
            for result in results {
                assert_eq!(result["locations"].as_array().unwrap().len(), 1);
            }
        }
    }
}

#[test]
fn results_are_whole() {
    for (name, report) in samples().into_iter().chain([("large", sample::large(5_100))]) {
        let log = parsed(&report, Format::Sarif);
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        let results = run["results"].as_array().unwrap();
        assert!(results.len() <= 5_000);
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
            assert!(hash.ends_with(":1") && hash.len() == 34, "{hash}");
            assert!(seen.insert(hash.to_owned()) || name == "hostile", "{name}: {hash} twice");
            assert!(result.get("kind").is_none() && result.get("suppressions").is_none());
            let steps: usize = result["codeFlows"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|flow| flow["threadFlows"][0]["locations"].as_array().unwrap().len())
                .sum();
            assert!(steps <= 1_000);
        }
        assert_eq!(log["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
        if name == "large" {
            continue;
        }
        let full = parsed(&report, Format::SarifFull);
        for result in full["runs"][0]["results"].as_array().unwrap() {
            // All or none.
            assert!(result["suppressions"].is_array() && result["kind"].is_string());
            assert_eq!(result["kind"] == "fail", result["level"] != "none");
        }
    }
}

#[test]
fn a_result_reads_as_intended() {
    let log = parsed(&sample::rich(), Format::Sarif);
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "portcullis/123456789012/");
    let rule = &run["tool"]["driver"]["rules"][1];
    assert_eq!(rule["properties"]["security-severity"], "9.5");
    assert_eq!(rule["defaultConfiguration"]["level"], "error");
    let result = &run["results"][0];
    assert_eq!(
        result["locations"][0],
        serde_json::json!({
            "logicalLocations": [{
                "fullyQualifiedName": "arn:aws:rds:ap-northeast-2:123456789012:db:shop-db",
                "kind": "resource",
                "name": "shop-db",
            }],
            "physicalLocation": {
                "artifactLocation": {"uri": "infra/rds.tf"},
                "region": {"startLine": 12, "startColumn": 1, "endLine": 48, "endColumn": 2},
            },
        })
    );
    assert_eq!(result["relatedLocations"][0]["id"], 1);
    assert_eq!(
        result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "policies/network/database-only-through-bastion.yaml"
    );
    let levels: Vec<&Value> = run["results"].as_array().unwrap().iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["error", "error", "error", "error", "error", "warning", "warning"]);
}

/// Six reports in each format, against the schema of SARIF and our own.
///
/// Writes the samples where `PORTCULLIS_SARIF_SAMPLES` names a folder, and checks them against the schema with the
/// Python that `PORTCULLIS_PYTHON` names; under `PORTCULLIS_NO_SKIP` that must be there.
#[test]
fn the_files_fit_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("PORTCULLIS_SARIF_SAMPLES");
    let folder = kept.as_deref().map_or(folder.path(), Path::new);
    let (mut files, mut reports) = (Vec::new(), Vec::new());
    for (name, report) in samples() {
        let json = folder.join(format!("{name}.json"));
        std::fs::write(&json, render(&report, Format::Json, &options()).unwrap()).unwrap();
        reports.push(json);
        for format in [Format::Sarif, Format::SarifFull] {
            let file = folder.join(format!("{name}.{format}.sarif"));
            std::fs::write(&file, render(&report, format, &options()).unwrap()).unwrap();
            files.push(file);
        }
    }
    let Some(python) = std::env::var_os("PORTCULLIS_PYTHON") else {
        assert!(std::env::var_os("PORTCULLIS_NO_SKIP").is_none(), "PORTCULLIS_PYTHON names no Python with jsonschema");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sarif/check.py");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/report.schema.json");
    let sarif = Command::new(&python).arg(script).args(&files).output().unwrap();
    let json = Command::new(&python).arg(script).args(["--schema", schema]).args(&reports).output().unwrap();
    for output in [sarif, json] {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
