//! One scenario for each line of the verdict table.

use std::collections::BTreeMap;
use std::rc::Rc;

use portcullis_estate::{Control, ControlKind, Gap};

use super::{Named, catalogue, control, thing};
use crate::scenario::trace::{DepthKind, GateAnswer, Trace, Verdict};
use crate::scenario::tracing::{Options, trace};
use crate::technique::fake::Fake;
use crate::technique::gates::Question;
use crate::technique::value::Value;

const SCENARIO: &str = r"
id: ssh
title: A stolen SSH key opens the bastion
severity: high
story: A key leaks.
attacker:
  - position: internet
  - secret: $params.bastion.key_pair
goal: [{code: $params.bastion}]
steps: [{id: s1, do: connect-ssh}]
claims: {verdict: blocked, by: [{step: s1, kind: security-group.ingress}]}
";

fn group() -> Control {
    control(ControlKind::SecurityGroupIngress, "ec2.security-group", "sg-bastion")
}

fn world(ways: Vec<Vec<Control>>) -> Fake {
    let mut fake = Fake::new(move |question| match question {
        Question::Reach(_) => ways.clone(),
        _ => Vec::new(),
    });
    fake.things.insert("ec2.instance", vec!["i-bastion"]);
    fake.attributes.insert(("i-bastion", "key_pair"), vec![Value::Thing(thing("ec2.key-pair", "k"))]);
    fake
}

fn bastion() -> Named {
    Named(BTreeMap::from([("bastion", (vec![thing("ec2.instance", "i-bastion")], None))]))
}

fn traced_with(fake: &Fake, params: &Named, limit: usize) -> Trace {
    let catalogue = catalogue(&[("ssh", SCENARIO)]);
    trace(&catalogue, catalogue.find("ssh").unwrap(), fake, params, Options { limit })
}

fn traced(ways: Vec<Vec<Control>>) -> Trace {
    traced_with(&world(ways), &bastion(), 4)
}

#[test]
fn blocked() {
    let trace = traced(vec![vec![group()]]);
    assert_eq!(trace.verdict, Verdict::Blocked);
    assert_eq!(trace.depth.unwrap().min, Some(1));
    assert_eq!(trace.single_points_of_failure, [group().to_string()]);
    assert_eq!(trace.steps[0].gates[0].answer, GateAnswer::Closed);
    assert_eq!(trace.documented.notes, Vec::<String>::new());
}

#[test]
fn open_with_witness_and_fixes() {
    let trace = traced(vec![vec![]]);
    assert_eq!(trace.verdict, Verdict::Open);
    assert_eq!(trace.witness.len(), 1);
    assert_eq!(trace.witness[0].evidence.len(), 1);
    assert_eq!(trace.fixes.len(), 1);
    assert!(trace.documented.notes[0].contains("claimed blocked, found open"));
}

#[test]
fn unknown_names_what_is_missing() {
    let mut fake = world(vec![vec![]]);
    fake.gaps = Rc::new(|_| vec![Gap::other("ec2/describe-prefix-lists", "denied")]);
    let trace = traced_with(&fake, &bastion(), 4);
    assert_eq!(trace.verdict, Verdict::Unknown);
    assert_eq!(trace.gaps[0].input, "ec2/describe-prefix-lists");
    // A control in front of the gap blocks, whatever the gap hides.
    let mut fake = world(vec![vec![group()]]);
    fake.gaps = Rc::new(|_| vec![Gap::other("ec2/describe-prefix-lists", "denied")]);
    let trace = traced_with(&fake, &bastion(), 4);
    assert_eq!(trace.verdict, Verdict::Blocked);
    let depth = trace.depth.unwrap();
    assert_eq!((depth.min, depth.max), (Some(1), None));
    assert_eq!(trace.standing_cuts[0].symbols.len(), 1);
}

#[test]
fn structural_names_what_does_not_exist() {
    let trace = traced(vec![]);
    assert_eq!(trace.verdict, Verdict::Blocked);
    assert_eq!(trace.depth.unwrap().kind, DepthKind::Structural);
    assert!(trace.reason.is_some());
}

#[test]
fn above_the_limit() {
    let other = control(ControlKind::RouteTable, "ec2.route-table", "rtb");
    let trace = traced_with(&world(vec![vec![group(), other]]), &bastion(), 1);
    assert_eq!(trace.verdict, Verdict::Blocked);
    let depth = trace.depth.unwrap();
    assert_eq!((depth.kind, depth.min), (DepthKind::AboveLimit, Some(1)));
}

#[test]
fn least_privilege_is_counted_apart() {
    let grant = control(ControlKind::IamGrant, "iam.user", "user/minji");
    let trace = traced(vec![vec![grant.clone()]]);
    assert_eq!(trace.verdict, Verdict::Blocked);
    assert_eq!(trace.depth.unwrap().kind, DepthKind::Privilege);
    assert!(trace.standing_cuts.is_empty() && trace.single_points_of_failure.is_empty());
    assert_eq!(trace.privilege_cuts[0].controls, [grant.to_string()]);
}

#[test]
fn a_parameter_that_is_not_configured_is_unknown() {
    let trace = traced_with(&world(vec![vec![]]), &Named::default(), 4);
    assert_eq!(trace.verdict, Verdict::Unknown);
    assert_eq!(trace.gaps[0].cause, "not configured");
}

#[test]
fn nothing_to_attack_is_not_applicable_only_if_the_list_is_complete() {
    let none = |gap: Option<Gap>| Named(BTreeMap::from([("bastion", (Vec::new(), gap))]));
    let trace = traced_with(&world(vec![vec![]]), &none(None), 4);
    assert_eq!(trace.verdict, Verdict::NotApplicable);
    assert!(trace.reason.is_some());
    let gap = Gap::other("ec2/describe-instances", "denied");
    let trace = traced_with(&world(vec![vec![]]), &none(Some(gap)), 4);
    assert_eq!(trace.verdict, Verdict::Unknown);
    assert_eq!(trace.gaps[0].input, "ec2/describe-instances");
}

#[test]
fn an_instance_without_key_has_no_key_to_steal() {
    let mut fake = world(vec![vec![]]);
    fake.attributes.clear();
    assert_eq!(traced_with(&fake, &bastion(), 4).verdict, Verdict::NotApplicable);
}

#[test]
fn the_worst_member_decides() {
    let mut fake = Fake::new(|question| match question.to_string().as_str() {
        "the internet reaches i-a on tcp/22" => vec![vec![group()]],
        "the internet reaches i-b on tcp/22" => vec![vec![]],
        _ => Vec::new(),
    });
    fake.things.insert("ec2.instance", vec!["i-a", "i-b"]);
    for id in ["i-a", "i-b"] {
        fake.attributes.insert((id, "key_pair"), vec![Value::Thing(thing("ec2.key-pair", id))]);
    }
    let members = vec![thing("ec2.instance", "i-a"), thing("ec2.instance", "i-b")];
    let trace = traced_with(&fake, &Named(BTreeMap::from([("bastion", (members, None))])), 4);
    assert_eq!(trace.verdict, Verdict::Open);
    assert!(trace.attacker[1].contains("i-b") && trace.attacker[1].contains("one of 2"), "{:?}", trace.attacker);
}
