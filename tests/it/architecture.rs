//! The direction of dependencies, and what may import what.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::repository;

/// Which members of the workspace each member may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("snapshot", &[]),
    ("collect", &["snapshot"]),
    ("estate", &["snapshot"]),
    ("net", &["estate", "snapshot"]),
    ("iam", &["estate", "snapshot"]),
    ("db", &["estate", "snapshot"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(&repository().join(folder), &mut found);
    assert!(!found.is_empty(), "no sources under {folder}");
    found
}

#[test]
fn members_use_only_what_stands_below_them() {
    for (member, allowed) in MAY_USE {
        let manifest = fs::read_to_string(repository().join(format!("crates/{member}/Cargo.toml"))).unwrap();
        // Test-only dependencies do not ship and may look further.
        let shipped = manifest.split("[dev-dependencies]").next().unwrap();
        let used: BTreeSet<&str> = shipped
            .lines()
            .filter_map(|line| line.strip_prefix("portcullis-"))
            .filter_map(|rest| rest.split([' ', '=']).next())
            .collect();
        for name in used {
            assert!(allowed.contains(&name), "crates/{member} uses portcullis-{name}, which does not stand below it");
        }
    }
}

#[test]
fn only_the_collector_imports_the_sdk_or_a_runtime() {
    let mut files = below("src");
    for (member, _) in MAY_USE.iter().filter(|(member, _)| *member != "collect") {
        files.extend(below(&format!("crates/{member}/src")));
    }
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let imports = line.starts_with("use aws_") || line.contains("aws_sdk_") || line.starts_with("use tokio");
            assert!(!imports || line.starts_with("//"), "{}:{}: {line}", file.display(), number + 1);
        }
    }
}

#[test]
fn parts_of_the_root_package_point_one_way() {
    // What each part may not import: everything that stands above it.
    for (part, above) in [
        ("project", &["policy", "technique", "scenario", "audit", "report", "cli"][..]),
        ("technique", &["policy", "scenario", "audit", "report", "cli"]),
        ("scenario", &["audit", "report", "cli"]),
        ("policy", &["scenario", "audit", "report", "cli"]),
        ("audit", &["report", "cli"]),
        ("report", &["cli"]),
    ] {
        for file in below(&format!("src/{part}")) {
            let text = fs::read_to_string(&file).unwrap();
            for name in above {
                assert!(
                    !text.contains(&format!("crate::{name}::")) && !text.contains(&format!("use crate::{name};")),
                    "{} imports crate::{name}, which stands above {part}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn main_only_dispatches() {
    let main = fs::read_to_string(repository().join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 60, "src/main.rs has {} lines", main.lines().count());
}
