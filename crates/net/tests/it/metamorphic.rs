//! Changes of the input that must not change the answer, or only in one direction.

use portcullis_estate::Answer;
use portcullis_net::{Destination, PortSet, Protocol, Source, Traffic, World};

use crate::small::*;

fn worlds() -> Vec<Net> {
    vec![
        open_acls(two_tiers(
            &["tcp 22 198.51.100.0/28"],
            &["tcp 22 sg-bastion", "tcp 80 10.0.1.0/24", "tcp 80 sg-bastion"],
        )),
        two_tiers(&["tcp 22 0.0.0.0/0"], &["tcp 22 0.0.0.0/0"])
            .acl(
                "acl-pub",
                "vpc-1",
                &["subnet-pub"],
                &["in 1 allow -1 * 0.0.0.0/0", "out 2 deny 6 22 10.0.2.0/28", "out 3 allow -1 * 0.0.0.0/0"],
            )
            .open_acl("acl-iso", "vpc-1", &["subnet-iso"]),
    ]
}

fn questions() -> Vec<(Source, Destination, Traffic)> {
    let ends = [instance("i-bastion"), instance("i-inner"), Source::Internet];
    let targets = [to_instance("i-bastion"), to_instance("i-inner")];
    let mut questions = Vec::new();
    for source in &ends {
        for target in &targets {
            for traffic in [Traffic::tcp(22), Traffic::tcp(80), Traffic::icmp(8, 0)] {
                questions.push((source.clone(), target.clone(), traffic));
            }
        }
    }
    questions
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    for net in worlds() {
        let (estate, flipped) = (net.estate(), net.clone().flipped().estate());
        let (world, other) = (World::build(&estate), World::build(&flipped));
        for (source, destination, traffic) in questions() {
            let decisions = (
                world.reach(&estate, &source, &destination, traffic),
                other.reach(&flipped, &source, &destination, traffic),
            );
            assert_eq!(decisions.0, decisions.1);
        }
        let into =
            |world: &World, estate| world.reachers(estate, &to_instance("i-inner"), Protocol::TCP, &PortSet::all());
        assert_eq!(into(&world, &estate), into(&other, &flipped));
    }
}

#[test]
fn more_rules_never_admit_less() {
    let (less, more) = (&["tcp 22 sg-bastion"][..], &["tcp 22 sg-bastion", "tcp 80 0.0.0.0/0"][..]);
    let (less, more) = (open_acls(two_tiers(&[], less)).estate(), open_acls(two_tiers(&[], more)).estate());
    for (source, destination, traffic) in questions() {
        let before = World::build(&less).reach(&less, &source, &destination, traffic).answer();
        let after = World::build(&more).reach(&more, &source, &destination, traffic).answer();
        assert!(before != Answer::Open || after == Answer::Open);
    }
}

#[test]
fn a_reference_is_the_addresses_of_its_members() {
    let by_group = open_acls(two_tiers(&[], &["tcp 22 sg-bastion"])).estate();
    let by_address = open_acls(two_tiers(&[], &["tcp 22 10.0.1.5/32"])).estate();
    for (source, destination, traffic) in questions() {
        let a = World::build(&by_group).reach(&by_group, &source, &destination, traffic).answer();
        let b = World::build(&by_address).reach(&by_address, &source, &destination, traffic).answer();
        assert_eq!(a, b);
    }
}
