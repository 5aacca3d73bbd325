//! Technique files: what is accepted, and where a fault is shown.

use crate::technique::library::{Library, LibraryError};
use crate::technique::source::{Fault, Source};

pub(super) fn library(files: &[(&str, &str)]) -> Library {
    let sources: Vec<Source> = files.iter().map(|(id, text)| Source::new(&format!("{id}.yaml"), text)).collect();
    Library::of(&sources).unwrap_or_else(|error| panic!("{error}"))
}

fn fault(text: &str) -> Fault {
    match Library::of(&[Source::new("t.yaml", text)]) {
        Err(LibraryError::Faults(mut faults)) => faults.remove(0),
        other => panic!("expected a fault, got {other:?}"),
    }
}

const GOOD: &str = "\
id: t
title: Open a group
attack: {ids: [T1686.001], legacy: [T1562.007]}
needs: [{identity: $who}]
for: {group: ec2.security-group}
gates:
  any:
    - {may: {principal: $who, action: ec2:AuthorizeSecurityGroupIngress, resources: {security-group: $group}}}
    - {may: {principal: $who, action: ec2:ModifySecurityGroupRules, resources: {security-group: $group}}}
gains: [{removes: {control: {security-group.ingress: $group}}}]
recorded: [ec2:AuthorizeSecurityGroupIngress]
";

#[test]
fn the_format_of_the_documentation_is_read() {
    let library = library(&[("t", GOOD)]);
    let (_, technique) = library.find("t").unwrap();
    assert_eq!(technique.gates.questions().len(), 2);
    assert_eq!(technique.ranges.get("group"), Some(&"ec2.security-group"));
}

#[test]
fn faults_stand_at_their_line_and_column() {
    // What is written, what is wrong instead, the message, and the text that it points at.
    let cases = [
        ("$group}}}\n    - {may", "$gruop}}}\n    - {may", "variable `$gruop` is not bound", "$gruop"),
        (
            "security-group.ingress",
            "security-group.ingres",
            "unknown control kind `security-group.ingres`",
            "{security-group.ingres",
        ),
        ("ec2.security-group", "ec2.securitygroup", "unknown kind `ec2.securitygroup`", "ec2.securitygroup"),
        ("T1686.001", "T16860", "`T16860` is no ATT&CK technique id", "T16860"),
        (
            "recorded: [ec2:Auth",
            "recorded: [Auth",
            "is nothing that could be recorded",
            "AuthorizeSecurityGroupIngress]",
        ),
        ("id: t", "id: u", "is not the file's name", "u\ntitle"),
        ("gains:", "gain:", "unknown field `gain`", "gain:"),
        (
            "principal: $who, action: ec2:A",
            "principal: $group, action: ec2:A",
            "where an identity is needed",
            "$group, action",
        ),
        ("$group}}}]", "$params.db}}}]", "a technique names no parameters", "$params.db"),
        ("Open a group", "''", "the title is empty", "''"),
    ];
    for (good, bad, message, pointed_at) in cases {
        assert!(GOOD.contains(good), "{good}");
        let text = GOOD.replacen(good, bad, 1);
        let fault = fault(&text);
        assert!(fault.message().contains(message), "{good}: {}", fault.message());
        assert_eq!(fault.position(), position(&text, pointed_at), "{good}: {fault}");
    }
}

/// Line and column of a text, from 1.
pub(crate) fn position(text: &str, of: &str) -> (usize, usize) {
    let (before, _) = text.split_once(of).unwrap_or_else(|| panic!("no {of}"));
    (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

#[test]
fn an_attribute_that_a_kind_lacks_is_a_fault() {
    let fault = fault(
        "id: t\ntitle: T\nneeds: [{position: $from}]\nfor: {db: rds.instance}\n\
         gates: {reach: {from: $from, to: $db, port: $db.prot}}\ngains: [{data: {in: $db, objects: all, access: read}}]\n",
    );
    assert!(fault.message().contains("rds.instance has no attribute `prot`"), "{fault}");
    assert!(fault.render().contains("t.yaml:5:"), "{}", fault.render());
    assert!(fault.to_string().contains("port, master_user"), "{fault}");
}

#[test]
fn what_is_not_yaml_is_a_fault_and_no_panic() {
    for text in ["", "[", "id: [", "id: t\nid: t\n", "- a", "\u{0}", "id: &a t\ntitle: *b\n"] {
        let fault = fault(text);
        assert!(!fault.render().is_empty());
    }
}

#[test]
fn a_file_of_the_folder_replaces_a_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.yaml"), GOOD).unwrap();
    let library = Library::with_folder(folder.path()).unwrap();
    assert!(library.find("t").is_some());
    assert_eq!(library.techniques().len(), Library::built_in().unwrap().techniques().len() + 1);
    assert_ne!(library.version(), Library::built_in().unwrap().version());
}

#[test]
fn every_technique_file_of_the_repository_is_built_in() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("attack-scenarios/techniques");
    let built_in = Library::built_in().unwrap_or_else(|error| panic!("{error}"));
    let from_folder = Library::of(&crate::technique::library::sources_in(&folder).unwrap()).unwrap();
    let ids = |library: &Library| library.techniques().iter().map(|t| t.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&built_in), ids(&from_folder));
    assert_eq!(built_in.version(), from_folder.version());
}
