//! The example of the documentation: one developer key, one database; its cut sets were derived by hand.

use std::collections::BTreeMap;

use portcullis_estate::{Control, ControlKind};

use super::{ACCOUNT, Named, catalogue, control, thing};
use crate::scenario::trace::{DepthKind, Trace, Truth, Verdict};
use crate::scenario::tracing::{Options, trace};
use crate::technique::fake::Fake;
use crate::technique::gates::{Engines, Question};
use crate::technique::value::Value;

const SCENARIO: &str = r#"
id: developer-key-opens-database
title: A stolen developer key opens a way to the database around the bastion
severity: critical
story: A developer's access key leaks from a laptop.
attacker:
  - identity: {principal: $params.developers, credential: access-key, keys: {"aws:MultiFactorAuthPresent": null}}
  - position: internet
goal: [{data: {objects: sensitive, in: $params.customer_data, access: read}}]
steps:
  - {id: s1, do: modify-database}
  - {id: s2, do: open-security-group}
  - {id: s3, do: connect-to-database}
  - {id: s4, do: read-tables}
claims:
  verdict: blocked
  depth: ">=2"
  by: [{step: s1, kind: iam.scp}, {step: s3, kind: route-table}]
  recorded: [s1, s2]
"#;

fn scp() -> Control {
    Control::new(ControlKind::IamScp, ACCOUNT, "global", "p-databases").part("Rds")
}

fn boundary() -> Control {
    control(ControlKind::IamBoundary, "iam.user", "user/minji")
}

fn table() -> Control {
    control(ControlKind::RouteTable, "ec2.route-table", "rtb-isolated")
}

fn group() -> Control {
    control(ControlKind::SecurityGroupIngress, "ec2.security-group", "sg-0db")
}

fn public() -> Control {
    control(ControlKind::RdsPublicAccess, "rds.instance", "shop-db")
}

/// What the engines answer, section 4 of the example.
pub(super) fn world() -> Fake {
    let mut fake = Fake::new(|question| match question.to_string().as_str() {
        "user/minji (access key, no MFA) may rds:ModifyDBInstance on shop-db"
        | "user/minji (access key, no MFA) may rds:ModifyDBSnapshotAttribute on shop-db" => {
            vec![vec![scp(), boundary()]]
        }
        "user/minji (access key, no MFA) may ec2:CreateRoute on rtb-isolated"
        | "user/minji (access key, no MFA) may rds:CreateDBSnapshot on shop-db and shop-db" => vec![vec![boundary()]],
        "the internet reaches shop-db on tcp/5432" => vec![vec![group(), table(), public()]],
        "user/minji (access key, no MFA) may ec2:AuthorizeSecurityGroupIngress on sg-0db"
        | "shop-db accepts shopadmin from the internet"
        | "shopadmin may SELECT sensitive in shop-db"
        | "shop-db gives snapshots that a foreign account can decrypt" => vec![vec![]],
        "nothing records rds:ModifyDBInstance"
        | "nothing records ec2:AuthorizeSecurityGroupIngress"
        | "nothing records ec2:ModifySecurityGroupRules" => {
            vec![vec![control(ControlKind::Trail, "cloudtrail.trail", "shop-trail")]]
        }
        _ => Vec::new(),
    });
    fake.things = BTreeMap::from([
        ("rds.instance", vec!["shop-db"]),
        ("ec2.security-group", vec!["sg-0app", "sg-0db"]),
        ("ec2.route-table", vec!["rtb-isolated", "rtb-public"]),
        ("iam.user", vec!["user/minji"]),
    ]);
    fake.attributes = BTreeMap::from([
        (("shop-db", "port"), vec![Value::text("5432")]),
        (("shop-db", "master_user"), vec![Value::Thing(thing("db.user", "shop-db/shopadmin"))]),
        (("shop-db", "groups"), vec![Value::Thing(thing("ec2.security-group", "sg-0db"))]),
    ]);
    fake
}

fn params() -> Named {
    Named(BTreeMap::from([
        ("developers", (vec![thing("iam.user", "user/minji")], None)),
        ("customer_data", (vec![thing("rds.instance", "shop-db")], None)),
    ]))
}

fn traced(engines: &dyn Engines) -> Trace {
    let catalogue = catalogue(&[("developer-key-opens-database", SCENARIO)]);
    let scenario = catalogue.find("developer-key-opens-database").unwrap();
    trace(&catalogue, scenario, engines, &params(), Options::default())
}

#[test]
fn blocked_with_the_cut_sets_of_the_example() {
    let trace = traced(&world());
    assert_eq!(trace.verdict, Verdict::Blocked, "{trace:#?}");
    let depth = trace.depth.unwrap();
    assert_eq!((depth.kind, depth.min, depth.max), (DepthKind::Standing, Some(2), Some(2)));
    let mut both = [scp().to_string(), boundary().to_string()];
    both.sort();
    let mut found = trace.standing_cuts.iter().map(|set| {
        let mut controls = set.controls.clone();
        controls.sort();
        controls
    });
    assert_eq!(found.next().unwrap(), both);
    assert_eq!(found.next(), None, "{:?}", trace.standing_cuts);
    assert_eq!(trace.documented.cuts.len(), 1);
    assert!(trace.single_points_of_failure.is_empty());
    assert!(trace.privilege_cuts.is_empty());
}

#[test]
fn the_route_table_is_no_independent_control() {
    let trace = traced(&world());
    assert_eq!(trace.documented.as_documented, Truth::No);
    assert_eq!(trace.documented.notes.len(), 1, "{:?}", trace.documented.notes);
    assert!(trace.documented.notes[0].starts_with("s3: route-table:1/r/rtb-isolated is no independent control"));
}

#[test]
fn every_step_shows_its_controls_and_what_removes_them() {
    let trace = traced(&world());
    let by = |step: usize, control: &Control| {
        let gates = trace.steps[step].gates.iter();
        let found = gates.flat_map(|gate| &gate.blockers).find(|blocker| blocker.control == control.to_string());
        found.cloned().unwrap_or_else(|| panic!("{control} is not shown in {:#?}", trace.steps[step]))
    };
    assert_eq!(by(0, &scp()).removed_by, None);
    assert_eq!(by(2, &group()).removed_by.as_deref(), Some("s2"));
    assert!(by(2, &group()).falls_with.is_empty());
    assert_eq!(by(2, &table()).removed_by.as_deref(), Some("create-route"));
    assert_eq!(by(2, &table()).falls_with[0].controls, [boundary().to_string()]);
    assert_eq!(by(2, &public()).removed_by.as_deref(), Some("s1"));
    assert_eq!(by(2, &public()).falls_with[0].controls.len(), 2);
    assert_eq!(trace.steps[0].recorded.answer, Truth::Yes);
    assert_eq!(trace.steps[1].recorded.places, ["trail:1/r/shop-trail"]);
}

#[test]
fn the_other_way_over_a_snapshot_needs_a_foreign_account() {
    let text = SCENARIO.replace(
        "  - position: internet\n",
        "  - position: internet\n  - identity: {principal: foreign-account, credential: access-key}\n",
    );
    let catalogue = catalogue(&[("developer-key-opens-database", &text)]);
    let scenario = catalogue.find("developer-key-opens-database").unwrap();
    let trace = trace(&catalogue, scenario, &world(), &params(), Options::default());
    let way = trace.other_ways.iter().find(|way| way.techniques == ["share-new-snapshot"]);
    assert_eq!(way.unwrap_or_else(|| panic!("{:#?}", trace.other_ways)).cuts[0].controls.len(), 2);
    assert!(traced(&world()).other_ways.iter().all(|way| !way.techniques.iter().any(|t| t.contains("snapshot"))));
}

#[test]
fn failing_a_whole_set_opens_it_with_a_witness_that_the_engines_confirm() {
    let failed = [scp(), boundary()].into_iter().collect();
    let open = world().failing(&failed);
    let trace = traced(&open);
    assert_eq!(trace.verdict, Verdict::Open);
    assert_eq!(trace.depth, None);
    let techniques: Vec<&str> = trace.witness.iter().map(|step| step.technique.as_str()).collect();
    for technique in ["modify-database", "open-security-group", "create-route", "connect-to-database", "read-tables"] {
        assert!(techniques.contains(&technique), "{techniques:?}");
    }
    assert_eq!(techniques.last(), Some(&"read-tables"));
    assert!(trace.witness.iter().all(|step| !step.evidence.is_empty()), "{:#?}", trace.witness);
    assert!(trace.fixes.iter().any(|fix| fix.remove.len() == 1), "{:#?}", trace.fixes);
    assert_eq!(traced(&world()).verdict, Verdict::Blocked);
}

#[test]
fn failing_one_control_leaves_the_other_as_single_point_of_failure() {
    let trace = traced(&world().failing(&[scp()].into_iter().collect()));
    assert_eq!(trace.single_points_of_failure, [boundary().to_string()]);
    assert_eq!(trace.depth.unwrap().min, Some(1));
}

#[test]
fn the_record_of_a_step_flips_when_the_trail_is_dropped() {
    let trail = control(ControlKind::Trail, "cloudtrail.trail", "shop-trail");
    let trace = traced(&world().failing(&[trail].into_iter().collect()));
    assert_eq!(trace.steps[0].recorded.answer, Truth::No);
    assert!(trace.documented.notes.iter().any(|note| note.contains("s1: it is not recorded")));
}

#[test]
fn the_same_world_gives_the_same_bytes() {
    let one = serde_json::to_string(&traced(&world())).unwrap();
    let mut shuffled = world();
    for list in shuffled.things.values_mut() {
        list.reverse();
    }
    assert_eq!(one, serde_json::to_string(&traced(&world())).unwrap());
    let again: serde_json::Value = serde_json::from_str(&serde_json::to_string(&traced(&shuffled)).unwrap()).unwrap();
    let first: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!(first["standing_cuts"], again["standing_cuts"]);
    let _: fn(&Question) -> String = ToString::to_string;
}
