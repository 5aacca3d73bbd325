//! One test per rule, with the page it stands on.

use portcullis_estate::{Answer, Assumption};
use portcullis_net::{AskError, Asked, Destination, Source, Traffic, World};
use serde_json::json;

use crate::small::*;

fn answer(net: &Net, source: &Source, destination: &Destination, traffic: Traffic) -> Answer {
    let estate = net.estate();
    World::build(&estate).reach(&estate, source, destination, traffic).answer()
}

fn inner(net: &Net, traffic: Traffic) -> Answer {
    answer(net, &instance("i-bastion"), &to_instance("i-inner"), traffic)
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>: a reference admits the members.
#[test]
fn a_group_reference_admits_its_members_only() {
    let net = open_acls(two_tiers(&[], &["tcp 5432 sg-bastion"]));
    assert_eq!(inner(&net, Traffic::tcp(5432)), Answer::Open);
    assert_eq!(inner(&net, Traffic::tcp(5433)), Answer::Closed);
    assert_eq!(inner(&net, Traffic::udp(5432)), Answer::Closed);
    let other = open_acls(two_tiers(&[], &["tcp 5432 sg-inner"]));
    assert_eq!(inner(&other, Traffic::tcp(5432)), Answer::Closed);
}

/// An empty list of outbound rules lets nothing out: <https://docs.aws.amazon.com/vpc/latest/userguide/default-custom-security-groups.html>.
#[test]
fn outbound_rules_count_for_the_first_packet_only() {
    let net = open_acls(two_tiers(&[], &["tcp 80 0.0.0.0/0"]))
        .group("sg-quiet", "vpc-1", &["tcp 22 0.0.0.0/0"], &[])
        .instance("i-quiet", ("vpc-1", "subnet-iso"), "10.0.2.7", "", &["sg-quiet"]);
    assert_eq!(answer(&net, &instance("i-quiet"), &to_instance("i-inner"), Traffic::tcp(80)), Answer::Closed);
    assert_eq!(answer(&net, &instance("i-bastion"), &to_instance("i-quiet"), Traffic::tcp(22)), Answer::Open);
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>: type and code.
#[test]
fn icmp_rules_name_type_and_code() {
    let net = open_acls(two_tiers(&[], &["icmp 8-0 0.0.0.0/0"]));
    assert_eq!(inner(&net, Traffic::icmp(8, 0)), Answer::Open);
    assert_eq!(inner(&net, Traffic::icmp(13, 0)), Answer::Closed);
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html>: entries that nobody read are unknown.
#[test]
fn an_unread_prefix_list_is_a_gap() {
    let net = open_acls(two_tiers(&[], &["tcp 5432 pl-1"]));
    assert_eq!(inner(&net, Traffic::tcp(5432)), Answer::Undecided);
    assert_eq!(inner(&net, Traffic::tcp(22)), Answer::Closed);
    let entries =
        |cidr: &str| json!({"calls": [{"input": {"PrefixListId": "pl-1"}, "output": {"Entries": [{"Cidr": cidr}]}}]});
    let read = net.clone().file("ec2/get-managed-prefix-list-entries", entries("10.0.1.0/24"));
    assert_eq!(inner(&read, Traffic::tcp(5432)), Answer::Open);
    let other = net.file("ec2/get-managed-prefix-list-entries", entries("10.9.0.0/24"));
    assert_eq!(inner(&other, Traffic::tcp(5432)), Answer::Closed);
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>: not applied inside a subnet.
#[test]
fn access_lists_judge_only_what_crosses_a_subnet() {
    let net = two_tiers(&[], &["tcp 80 0.0.0.0/0"]).acl("acl-1", "vpc-1", &["subnet-pub", "subnet-iso"], &[]).instance(
        "i-next",
        ("vpc-1", "subnet-iso"),
        "10.0.2.8",
        "",
        &["sg-inner"],
    );
    assert_eq!(answer(&net, &instance("i-next"), &to_instance("i-inner"), Traffic::tcp(80)), Answer::Open);
    assert_eq!(inner(&net, Traffic::tcp(80)), Answer::Closed);
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>: the lowest number that matches decides.
#[test]
fn the_first_matching_entry_decides() {
    let with = |entries: &[&str]| {
        two_tiers(&[], &["tcp 80 0.0.0.0/0"]).open_acl("acl-pub", "vpc-1", &["subnet-pub"]).acl(
            "acl-iso",
            "vpc-1",
            &["subnet-iso"],
            entries,
        )
    };
    let out = "out 100 allow -1 * 0.0.0.0/0";
    let allow = "in 200 allow 6 80 0.0.0.0/0";
    assert_eq!(inner(&with(&[out, allow]), Traffic::tcp(80)), Answer::Open);
    assert_eq!(inner(&with(&[out, allow, "in 100 deny 6 80 10.0.1.0/24"]), Traffic::tcp(80)), Answer::Closed);
    assert_eq!(inner(&with(&[out, allow, "in 300 deny 6 80 10.0.1.0/24"]), Traffic::tcp(80)), Answer::Open);
    // The answer must leave too: <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html>.
    assert_eq!(
        inner(&with(&["out 100 allow 6 80 0.0.0.0/0", allow]), Traffic::tcp(80)),
        Answer::Open,
        "client port 80"
    );
    assert_eq!(inner(&with(&["out 100 deny -1 * 0.0.0.0/0", allow]), Traffic::tcp(80)), Answer::Closed);
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>: public address, gateway and route.
#[test]
fn the_internet_needs_address_gateway_and_route() {
    let net = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &["tcp 22 0.0.0.0/0"]));
    let internet = &Source::Internet;
    assert_eq!(answer(&net, internet, &to_instance("i-bastion"), Traffic::tcp(22)), Answer::Open);
    assert_eq!(answer(&net, internet, &to_instance("i-inner"), Traffic::tcp(22)), Answer::Closed);
    let estate = net.estate();
    let decision = World::build(&estate).reach(&estate, internet, &to_instance("i-inner"), Traffic::tcp(22));
    let kinds: Vec<&str> = decision.blockers().iter().map(|blocker| blocker.control.kind.name()).collect();
    assert_eq!(kinds, ["route-table", "instance.public-address"]);
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>: longest prefix, no way round a blackhole.
#[test]
fn a_blackhole_drops_without_fallback() {
    let net = |route: &str| {
        Net::new()
            .vpc("vpc-1", &["10.0.0.0/16"])
            .subnet("subnet-1", "vpc-1", "10.0.1.0/24", "a")
            .table("rtb-1", "vpc-1", &[], &["0.0.0.0/0=igw-1", route])
            .open_acl("acl-1", "vpc-1", &["subnet-1"])
            .gateway("igw-1", "vpc-1")
            .group("sg-1", "vpc-1", ANY, ANY)
            .instance("i-1", ("vpc-1", "subnet-1"), "10.0.1.5", "54.0.0.5", &["sg-1"])
    };
    let from = |address: &str| Source::Addresses(portcullis_net::AddressSet::parse(address).unwrap());
    let hole = net("198.51.100.0/24=nat-gone!");
    assert_eq!(answer(&hole, &from("198.51.100.7"), &to_instance("i-1"), Traffic::tcp(1)), Answer::Closed);
    assert_eq!(answer(&hole, &from("203.0.113.7"), &to_instance("i-1"), Traffic::tcp(1)), Answer::Open);
    // Either half of the internet is enough for the internet.
    let half = net("198.51.100.0/24=igw-1");
    assert_eq!(answer(&half, &from("198.51.100.7"), &to_instance("i-1"), Traffic::tcp(1)), Answer::Open);
    // An appliance is not followed.
    let appliance = net("198.51.100.0/24=eni-appliance");
    assert_eq!(answer(&appliance, &from("198.51.100.7"), &to_instance("i-1"), Traffic::tcp(1)), Answer::Undecided);
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>: unseen is unknown, unless assumed.
#[test]
fn unseen_block_public_access_is_a_gap_or_an_assumption() {
    let net = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &[])).without("ec2/describe-vpc-block-public-access-options");
    assert_eq!(answer(&net, &Source::Internet, &to_instance("i-bastion"), Traffic::tcp(22)), Answer::Undecided);
    let estate = net.assuming().estate();
    let decision = World::build(&estate).reach(&estate, &Source::Internet, &to_instance("i-bastion"), Traffic::tcp(22));
    assert_eq!(decision.answer(), Answer::Open);
    assert!(decision.assumed.contains(&Assumption::VpcBlockPublicAccessOff));
}

/// Every list that decides leaves a gap when it is missing.
#[test]
fn a_missing_list_never_closes_nor_opens() {
    for call in [
        "ec2/describe-security-groups",
        "ec2/describe-network-acls",
        "ec2/describe-route-tables",
        "ec2/describe-subnets",
    ] {
        let net = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &["tcp 22 sg-bastion"])).without(call);
        assert_eq!(inner(&net, Traffic::tcp(22)), Answer::Undecided, "{call}");
        assert_eq!(
            answer(&net, &Source::Internet, &to_instance("i-bastion"), Traffic::tcp(22)),
            Answer::Undecided,
            "{call}"
        );
    }
    let net = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &[])).without("ec2/describe-internet-gateways");
    assert_eq!(answer(&net, &Source::Internet, &to_instance("i-bastion"), Traffic::tcp(22)), Answer::Undecided);
}

/// A stopped instance answers nothing.
#[test]
fn a_stopped_instance_is_unreachable() {
    let net = open_acls(two_tiers(&[], &[]))
        .instance_in("i-off", ("vpc-1", "subnet-pub"), "10.0.1.9", "54.0.0.8", &["sg-open"], "stopped")
        .group("sg-open", "vpc-1", ANY, ANY);
    assert_eq!(answer(&net, &Source::Internet, &to_instance("i-off"), Traffic::tcp(22)), Answer::Closed);
}

/// Evidence names the rule by key, never by position.
#[test]
fn evidence_is_addressed_by_key() {
    let net = open_acls(two_tiers(&[], &["tcp 443 10.0.9.0/24", "tcp 5432 sg-bastion"]));
    let estate = net.estate();
    let decision =
        World::build(&estate).reach(&estate, &instance("i-bastion"), &to_instance("i-inner"), Traffic::tcp(5432));
    let places: Vec<String> = decision.witness().unwrap().evidence.iter().map(|fact| fact.place.to_string()).collect();
    let rule = "111122223333/ap-northeast-2/ec2/describe-security-groups.json#/SecurityGroups/{GroupId=sg-inner}/IpPermissions/{tcp,5432-5432,sg-bastion}";
    assert!(places.iter().any(|place| place == rule), "{places:#?}");
    let closing = decision.closed_if(3);
    assert!(closing.iter().any(|set| set.contains("sg-inner/ingress/tcp,5432-5432,sg-bastion")), "{closing:?}");
}

/// What an end of a question may be.
#[test]
fn ends_are_read() {
    let net = open_acls(two_tiers(&[], &[])).database("shop", "vpc-1", &["subnet-iso"], &["sg-inner"], false);
    let estate = net.estate();
    let world = World::build(&estate);
    assert!(matches!(world.ask(&estate, "10.0.1.5"), Ok(Asked::Interface { .. })));
    assert!(matches!(world.ask(&estate, "10.0.2.200"), Ok(Asked::Vacant(_))));
    assert!(matches!(world.ask(&estate, "203.0.113.1"), Ok(Asked::Internet(_))));
    assert!(matches!(world.ask(&estate, "172.20.0.1"), Err(AskError::NoSuchAddress(_))));
    let shop = Asked::Workload { kind: "rds.instance".to_owned(), id: "shop".to_owned() };
    assert_eq!(world.ask(&estate, "shop"), Ok(shop.clone()));
    assert_eq!(world.ask(&estate, "arn:aws:rds:ap-northeast-2:111122223333:db:shop"), Ok(shop));
    assert!(matches!(world.ask(&estate, "nobody"), Err(AskError::Unknown(_))));
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html>: an IPv6 address is public by
/// its route alone, and an egress-only gateway lets nothing in.
#[test]
fn ipv6_is_public_by_its_route() {
    let net = |gateway: &str| {
        let interface = json!({"NetworkInterfaceId": "eni-6", "VpcId": "vpc-1", "SubnetId": "subnet-1",
            "AvailabilityZone": "a", "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.6", "Primary": true}],
            "Ipv6Addresses": [{"Ipv6Address": "2600:1::6"}], "Groups": [{"GroupId": "sg-1"}], "SourceDestCheck": true,
            "Status": "in-use", "InterfaceType": "interface"});
        Net::new()
            .vpc("vpc-1", &["10.0.0.0/16", "2600:1::/56"])
            .subnet("subnet-1", "vpc-1", "10.0.1.0/24", "a")
            .table("rtb-1", "vpc-1", &[], &[&format!("::/0={gateway}")])
            .acl("acl-1", "vpc-1", &["subnet-1"], &["in 101 allow -1 * ::/0", "out 101 allow -1 * ::/0"])
            .gateway("igw-1", "vpc-1")
            .group("sg-1", "vpc-1", &["tcp 22 ::/0"], &["-1 * ::/0"])
            .add("ec2/describe-network-interfaces", interface)
    };
    let to = Destination::Interface("eni-6".to_owned());
    assert_eq!(answer(&net("igw-1"), &Source::Internet, &to, Traffic::tcp(22)), Answer::Open);
    assert_eq!(answer(&net("eigw-1"), &Source::Internet, &to, Traffic::tcp(22)), Answer::Closed);
    let out = Destination::Address("2606:4700::1111".parse().unwrap());
    assert_eq!(answer(&net("eigw-1"), &Source::Interface("eni-6".to_owned()), &out, Traffic::tcp(443)), Answer::Open);
}

/// Routes to an endpoint that is no gateway endpoint lead to an appliance, which nobody here follows.
#[test]
fn an_appliance_is_never_decided() {
    let net = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &[]))
        .subnet("subnet-fw", "vpc-1", "10.0.4.0/24", "a")
        .open_acl("acl-fw", "vpc-1", &["subnet-fw"])
        .table("rtb-fw", "vpc-1", &["subnet-fw"], &["10.0.0.0/16=local", "0.0.0.0/0=vpce-firewall"])
        .instance("i-fw", ("vpc-1", "subnet-fw"), "10.0.4.5", "54.0.0.4", &["sg-bastion"]);
    assert_eq!(answer(&net, &Source::Internet, &to_instance("i-fw"), Traffic::tcp(22)), Answer::Undecided);
    assert_eq!(answer(&net, &Source::Internet, &to_instance("i-fw"), Traffic::tcp(80)), Answer::Closed);
}

/// What is not known of an interface may be a group that admits.
#[test]
fn groups_known_after_apply_are_a_gap() {
    let interface = json!({"NetworkInterfaceId": "eni-new", "VpcId": "vpc-1", "SubnetId": "subnet-iso",
        "AvailabilityZone": "a", "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.2.77", "Primary": true}],
        "Groups": {"$unknown": "known after apply"}, "SourceDestCheck": true, "Status": "in-use",
        "InterfaceType": "interface"});
    let net = open_acls(two_tiers(&[], &["tcp 5432 sg-bastion"])).add("ec2/describe-network-interfaces", interface);
    let new = Destination::Interface("eni-new".to_owned());
    assert_eq!(answer(&net, &instance("i-bastion"), &new, Traffic::tcp(5432)), Answer::Undecided);
    let from = Source::Interface("eni-new".to_owned());
    assert_eq!(answer(&net, &from, &to_instance("i-inner"), Traffic::tcp(5432)), Answer::Undecided);
}
