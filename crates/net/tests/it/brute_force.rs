//! `open_if` against brute force: every subset of the controls of a small world is really failed, and only plain
//! answers are looked at.

use std::collections::BTreeSet;

use portcullis_estate::{Answer, Atom, Control, ControlKind, Estate};
use portcullis_net::{Destination, Source, Traffic, World};

use crate::small::*;

/// Every control of the network of an estate, by its own look at the tables.
fn controls(estate: &Estate, kinds: &[ControlKind]) -> Vec<Control> {
    let mut all = Vec::new();
    let mut add = |kind, resource: &str| {
        if kinds.contains(&kind) {
            all.push(Control::new(kind, ACCOUNT, REGION, resource));
        }
    };
    for (_, row) in estate.security_groups.iter() {
        add(ControlKind::SecurityGroupIngress, &row.id);
        add(ControlKind::SecurityGroupEgress, &row.id);
    }
    for (_, row) in estate.network_acls.iter() {
        add(ControlKind::NetworkAclIngress, &row.id);
        add(ControlKind::NetworkAclEgress, &row.id);
    }
    for (_, row) in estate.route_tables.iter() {
        add(ControlKind::RouteTable, &row.id);
    }
    for (_, row) in estate.instances.iter() {
        add(ControlKind::InstancePublicAddress, &row.id);
    }
    for (_, row) in estate.db_instances.iter() {
        add(ControlKind::RdsPublicAccess, &row.id);
    }
    for _ in estate.block_public_access_options.iter() {
        add(ControlKind::VpcBlockPublicAccess, "options");
    }
    all
}

fn open(estate: &Estate, source: &Source, destination: &Destination, traffic: Traffic) -> bool {
    World::build(estate).reach(estate, source, destination, traffic).answer() == Answer::Open
}

fn agrees(net: &Net, kinds: &[ControlKind], source: &Source, destination: &Destination, traffic: Traffic) -> usize {
    let estate = net.estate();
    let controls = controls(&estate, kinds);
    assert!(controls.len() <= 10, "{controls:?}");
    let mut minimal: Vec<BTreeSet<Control>> = Vec::new();
    let mut masks: Vec<u32> = (0..1 << controls.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    for mask in masks {
        let set: BTreeSet<Control> = controls
            .iter()
            .enumerate()
            .filter(|(bit, _)| mask >> bit & 1 == 1)
            .map(|(_, control)| control.clone())
            .collect();
        if minimal.iter().any(|smaller| smaller.is_subset(&set)) {
            continue;
        }
        let failed = set.iter().fold(estate.clone(), |estate, control| estate.fail(control).unwrap());
        if open(&failed, source, destination, traffic) {
            minimal.push(set);
        }
    }
    let decision = World::build(&estate).reach(&estate, source, destination, traffic);
    let told: BTreeSet<BTreeSet<Control>> = decision
        .open_if()
        .cuts()
        .filter(|cut| cut.iter().all(|atom| matches!(atom, Atom::Control(c) if kinds.contains(&c.kind))))
        .map(|cut| {
            cut.iter().filter_map(|atom| if let Atom::Control(c) = atom { Some(c.clone()) } else { None }).collect()
        })
        .collect();
    assert_eq!(told, minimal.iter().cloned().collect(), "{source:?} to {destination:?}\n{decision:#?}");
    // What opens it stays open whatever else fails.
    for set in &minimal {
        let all = set.iter().chain(&controls).fold(estate.clone(), |estate, control| estate.fail(control).unwrap());
        assert!(open(&all, source, destination, traffic), "{set:?}");
    }
    minimal.len()
}

use ControlKind::{
    InstancePublicAddress as Address, NetworkAclEgress as AclOut, NetworkAclIngress as AclIn,
    RdsPublicAccess as Public, RouteTable as Routes, SecurityGroupEgress as Out, SecurityGroupIngress as In,
    VpcBlockPublicAccess as Bpa,
};

#[test]
fn two_tiers_from_the_internet() {
    let net = open_acls(two_tiers(&["tcp 22 198.51.100.0/28"], &["tcp 22 sg-bastion"]));
    let kinds = [In, Routes, Address, Bpa];
    assert_eq!(agrees(&net, &kinds, &Source::Internet, &to_instance("i-bastion"), Traffic::tcp(22)), 1);
    assert_eq!(agrees(&net, &kinds, &Source::Internet, &to_instance("i-inner"), Traffic::tcp(22)), 1);
    agrees(&net, &kinds, &instance("i-bastion"), &to_instance("i-inner"), Traffic::tcp(22));
    agrees(&net, &kinds, &instance("i-inner"), &to_instance("i-bastion"), Traffic::tcp(80));
}

#[test]
fn access_lists_in_both_directions() {
    let net = two_tiers(&["tcp 22 0.0.0.0/0"], &["tcp 5432 sg-bastion"])
        .acl(
            "acl-pub",
            "vpc-1",
            &["subnet-pub"],
            &["in 100 allow 6 1024-65535 0.0.0.0/0", "out 100 allow 6 5432 10.0.2.0/24"],
        )
        .acl(
            "acl-iso",
            "vpc-1",
            &["subnet-iso"],
            &["in 90 deny 6 5432 10.0.1.0/25", "in 100 allow -1 * 0.0.0.0/0", "out 1 allow 6 80 0.0.0.0/0"],
        );
    let kinds = [In, Out, AclIn, AclOut];
    agrees(&net, &kinds, &instance("i-bastion"), &to_instance("i-inner"), Traffic::tcp(5432));
    agrees(&net, &kinds, &instance("i-inner"), &to_instance("i-bastion"), Traffic::tcp(22));
    agrees(&net, &kinds, &instance("i-inner"), &to_instance("i-bastion"), Traffic::icmp(8, 0));
}

#[test]
fn answers_need_a_client_port_that_both_lists_admit() {
    // Each list admits some client ports, and no port passes both.
    let net = two_tiers(&[], &["tcp 5432 sg-bastion"])
        .acl(
            "acl-pub",
            "vpc-1",
            &["subnet-pub"],
            &["in 100 allow 6 1024-40000 0.0.0.0/0", "out 100 allow -1 * 0.0.0.0/0"],
        )
        .acl(
            "acl-iso",
            "vpc-1",
            &["subnet-iso"],
            &["in 100 allow -1 * 0.0.0.0/0", "out 100 allow 6 50000-65535 0.0.0.0/0"],
        );
    let found = agrees(&net, &[AclIn, AclOut], &instance("i-bastion"), &to_instance("i-inner"), Traffic::tcp(5432));
    assert_eq!(found, 2, "either list");
}

#[test]
fn a_database_that_is_not_public() {
    let net = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &[]))
        .group("sg-db", "vpc-1", &["tcp 5432 sg-inner"], &[])
        .database("shop", "vpc-1", &["subnet-iso"], &["sg-db"], false);
    // As derived by hand in the worked example: group, route table and flag.
    assert_eq!(
        agrees(&net, &[In, Routes, Public, Bpa], &Source::Internet, &to_database("shop"), Traffic::tcp(5432)),
        1
    );
    agrees(&net, &[In, Out, Routes], &instance("i-bastion"), &to_database("shop"), Traffic::tcp(5432));
    assert_eq!(agrees(&net, &[In, Out], &instance("i-inner"), &to_database("shop"), Traffic::tcp(5432)), 1);
    // Without the gateway nothing is left to fail.
    let closed = net.file("ec2/describe-internet-gateways", serde_json::json!({"InternetGateways": []}));
    assert_eq!(agrees(&closed, &[In, Public, Bpa], &Source::Internet, &to_database("shop"), Traffic::tcp(5432)), 0);
}

#[test]
fn peering_needs_both_routes() {
    let peered = |status: &str, near: &[&str], far: &[&str]| {
        Net::new()
            .vpc("vpc-1", &["10.0.0.0/16"])
            .vpc("vpc-2", &["10.1.0.0/16"])
            .subnet("subnet-1", "vpc-1", "10.0.1.0/24", "a")
            .subnet("subnet-2", "vpc-2", "10.1.1.0/24", "a")
            .table("rtb-1", "vpc-1", &[], near)
            .table("rtb-2", "vpc-2", &[], far)
            .open_acl("acl-1", "vpc-1", &["subnet-1"])
            .open_acl("acl-2", "vpc-2", &["subnet-2"])
            .peering("pcx-1", [("vpc-1", "10.0.0.0/16"), ("vpc-2", "10.1.0.0/16")], status)
            .group("sg-1", "vpc-1", &[], ANY)
            .group("sg-2", "vpc-2", &["tcp 443 sg-1"], ANY)
            .instance("i-1", ("vpc-1", "subnet-1"), "10.0.1.5", "", &["sg-1"])
            .instance("i-2", ("vpc-2", "subnet-2"), "10.1.1.5", "", &["sg-2"])
    };
    let kinds = [In, Out, Routes];
    let (there, back) = ("10.1.0.0/16=pcx-1", "10.0.0.0/16=pcx-1");
    let ask = |net: &Net| agrees(net, &kinds, &instance("i-1"), &to_instance("i-2"), Traffic::tcp(443));
    assert_eq!(ask(&peered("active", &[there], &[back])), 1);
    assert_eq!(ask(&peered("active", &[there], &[])), 1);
    assert_eq!(ask(&peered("active", &[], &[])), 1);
    assert_eq!(ask(&peered("pending-acceptance", &[], &[])), 0, "a peering that is not active is no control");
    // Port 80 is admitted by no rule.
    agrees(&peered("active", &[], &[back]), &kinds, &instance("i-1"), &to_instance("i-2"), Traffic::tcp(80));
}

#[test]
fn several_groups_are_alternatives() {
    let net = open_acls(two_tiers(&[], &["tcp 80 10.0.9.0/24"])).group("sg-more", "vpc-1", &[], &[]).instance(
        "i-two",
        ("vpc-1", "subnet-iso"),
        "10.0.2.9",
        "",
        &["sg-inner", "sg-more"],
    );
    let found = agrees(&net, &[In, Out], &instance("i-bastion"), &to_instance("i-two"), Traffic::tcp(80));
    assert_eq!(found, 2, "either group");
}

#[test]
fn a_default_route_to_a_nat_gateway_does_not_answer_the_internet() {
    let net = open_acls(
        two_tiers(&["tcp 22 0.0.0.0/0"], &["tcp 22 0.0.0.0/0"])
            .nat("nat-1", "vpc-1", "subnet-pub", "54.0.0.9")
            .subnet("subnet-mid", "vpc-1", "10.0.3.0/24", "a")
            .table("rtb-mid", "vpc-1", &["subnet-mid"], &["10.0.0.0/16=local", "0.0.0.0/0=nat-1"])
            .instance("i-mid", ("vpc-1", "subnet-mid"), "10.0.3.5", "54.0.0.7", &["sg-inner"]),
    )
    .open_acl("acl-2", "vpc-1", &["subnet-mid"]);
    let kinds = [In, Routes, Bpa];
    assert_eq!(agrees(&net, &kinds, &Source::Internet, &to_instance("i-mid"), Traffic::tcp(22)), 1);
    // It may call out, and a failed table never takes that away.
    let outside = Destination::Address("8.8.8.8".parse().unwrap());
    agrees(&net, &kinds, &instance("i-mid"), &outside, Traffic::tcp(443));
    agrees(&net, &kinds, &instance("i-inner"), &outside, Traffic::tcp(443));
}

#[test]
fn block_public_access_is_one_control() {
    let mode = |mode: &str| serde_json::json!({"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": mode}});
    for blocked in ["block-bidirectional", "block-ingress"] {
        let net = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &[]))
            .file("ec2/describe-vpc-block-public-access-options", mode(blocked));
        assert_eq!(agrees(&net, &[In, Routes, Bpa], &Source::Internet, &to_instance("i-bastion"), Traffic::tcp(22)), 1);
    }
}
