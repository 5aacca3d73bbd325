//! Recorded AWS networks with connections measured in them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use portcullis_estate::{Answer, Assumption, Estate, LoadOptions};
use portcullis_net::{Asked, Protocol, Source, Traffic, World};
use portcullis_snapshot::Snapshot;
use serde_json::Value;

/// The folder of conformance data; `None` where it is not at hand, which CI does not accept.
fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("PORTCULLIS_CONFORMANCE").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"));
    if folder.is_dir() {
        return Some(folder.join("network"));
    }
    assert!(std::env::var_os("CI").is_none(), "no conformance data at {}", folder.display());
    eprintln!("SKIPPED: no conformance data at {}; set PORTCULLIS_CONFORMANCE", folder.display());
    None
}

fn labs() -> Vec<(String, PathBuf)> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut labs: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("snapshot").is_dir())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    labs.sort();
    assert_eq!(labs.len(), 8, "eight labs");
    labs
}

fn load(lab: &std::path::Path) -> Estate {
    let options = LoadOptions { assume: Assumption::ALL.into_iter().collect(), ..LoadOptions::default() };
    Estate::load(&Snapshot::open(&lab.join("snapshot")).unwrap(), &options).unwrap()
}

#[test]
fn every_lab_loads() {
    for (name, path) in labs() {
        let estate = load(&path);
        assert!(estate.instances.len() > 1 && !estate.security_groups.is_empty(), "{name}");
        assert!(!World::build(&estate).workloads().is_empty(), "{name}");
    }
}

fn traffic(query: &Value) -> Traffic {
    let number = |name: &str| query.get(name).and_then(Value::as_u64).unwrap_or(0);
    match query["protocol"].as_str().unwrap() {
        "icmp" => Traffic::icmp(number("icmp_type").try_into().unwrap(), number("icmp_code").try_into().unwrap()),
        protocol => Traffic::new(Protocol::parse(protocol).unwrap(), number("port").try_into().unwrap()),
    }
}

#[test]
fn measured_connections_are_decided_as_measured() {
    let Some(folder) = folder() else { return };
    let excluded: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("excluded.json")).unwrap()).unwrap();
    let excluded: BTreeSet<String> = excluded.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    let (mut right, mut undecided, mut wrong) = (0, Vec::new(), Vec::new());
    for (name, path) in labs() {
        let estate = load(&path);
        let world = World::build(&estate);
        let lines = std::fs::read_to_string(path.join("observations.ndjson")).unwrap();
        for line in lines.lines() {
            let query: Value = serde_json::from_str(line).unwrap();
            let id = query["id"].as_str().unwrap();
            if excluded.contains(id) {
                continue;
            }
            let source = match &query["from"] {
                Value::String(text) => world.source(&world.ask(&estate, text).unwrap()),
                internet => {
                    let address = internet["address"].as_str().unwrap().parse().unwrap();
                    assert_eq!(world.ask(&estate, internet["address"].as_str().unwrap()), Ok(Asked::Internet(address)));
                    Source::Addresses(portcullis_net::AddressSet::single(address))
                }
            };
            let to = query["to"].as_str().unwrap();
            let destination = portcullis_net::Destination::Address(to.parse().unwrap());
            let decision = world.reach(&estate, &source, &destination, traffic(&query));
            let reachable = query["reachable"].as_bool().unwrap();
            match decision.answer() {
                Answer::Undecided => undecided.push(format!("{name} {line}\n    {:?}", decision.gaps())),
                answer if (answer == Answer::Open) == reachable => right += 1,
                answer => wrong.push(format!("{line}\n    {answer:?} {decision:?}")),
            }
        }
    }
    eprintln!("{right} right, {} undecided, {} wrong", undecided.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(undecided.is_empty(), "{}", undecided.join("\n"));
}
