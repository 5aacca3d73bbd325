//! Scenario files.

use crate::scenario::file::{Catalogue, scenario_schema, technique_schema};
use crate::technique::library::{Library, LibraryError, sources_in};
use crate::technique::source::Source;
use crate::technique::tests::files::position;

#[test]
fn every_scenario_file_of_the_repository_is_built_in() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("attack-scenarios");
    let built_in = Catalogue::built_in().unwrap_or_else(|error| panic!("{error}"));
    let from_folder = Catalogue::of(Library::built_in().unwrap(), &sources_in(&folder).unwrap()).unwrap();
    let ids = |catalogue: &Catalogue| catalogue.scenarios().map(|s| s.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&built_in), ids(&from_folder));
    assert!(built_in.scenarios().len() >= 6);
}

const GOOD: &str = "\
id: t
title: A key opens a group
severity: high
story: A key leaks.
attacker: [{identity: {principal: $params.developers, credential: access-key}}]
goal: [{removes: {control: {security-group.ingress: $params.customer_data.groups}}}]
steps: [{id: s1, do: open-security-group}]
claims: {verdict: blocked, depth: '>=2', by: [{step: s1, kind: iam.scp}], recorded: [s1]}
";

#[test]
fn faults_stand_at_their_line_and_column() {
    let check = |text: &str| Catalogue::of(Library::built_in().unwrap(), &[Source::new("t.yaml", text)]);
    assert!(check(GOOD).is_ok());
    let cases = [
        (
            "do: open-security-group",
            "do: open-securitygroup",
            "there is no technique `open-securitygroup`",
            "open-securitygroup",
        ),
        ("{step: s1,", "{step: s2,", "there is no step `s2`", "s2"),
        ("kind: iam.scp", "kind: iam.spc", "unknown control kind `iam.spc`", "iam.spc"),
        ("'>=2'", "two", "`two` is no depth", "two"),
        ("severity: high", "severity: hihg", "unknown variant `hihg`", "hihg"),
        ("$params.developers", "$developers", "`$developers` is no parameter", "$developers"),
        ("customer_data.groups", "customer_data.gruops", "unknown attribute `gruops`", "$params.customer_data.gruops"),
        ("access-key", "acces-key", "unknown credential `acces-key`", "acces-key"),
        (
            "attacker: [{identity: {principal: $params.developers, credential: access-key}}]",
            "attacker: []",
            "the attacker starts with nothing",
            "[]",
        ),
        ("story:", "storey:", "unknown field `storey`", "storey"),
    ];
    for (good, bad, message, pointed_at) in cases {
        assert!(GOOD.contains(good), "{good}");
        let text = GOOD.replacen(good, bad, 1);
        match check(&text) {
            Err(LibraryError::Faults(faults)) => {
                assert!(faults[0].message().contains(message), "{good}: {}", faults[0]);
                assert_eq!(faults[0].position(), position(&text, pointed_at), "{}", faults[0]);
            }
            other => panic!("{good}: {other:?}"),
        }
    }
}

#[test]
fn the_schemas_name_the_members() {
    for (schema, member) in [(scenario_schema(), "attacker"), (technique_schema(), "gains")] {
        assert!(schema["properties"].get(member).is_some(), "{schema}");
    }
}
