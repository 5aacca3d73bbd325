//! Security groups and network ACLs, one direction at a time.

use std::net::IpAddr;

use portcullis_estate::Fact;

use super::Cx;
use crate::model::{Direction, Group, Interface, Peer, Rule, Subnet};
use crate::sets::PortSet;
use crate::traffic::{Packet, Traffic};
use crate::ways::Alts;

/// The other side of a connection, as a security group sees it.
#[derive(Clone, Copy)]
pub(crate) struct Party<'a> {
    pub(crate) address: IpAddr,
    /// The interface whose groups the fabric carries along; none through a gateway or a public address:
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing>.
    pub(crate) identity: Option<&'a Interface>,
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "inbound",
        Direction::Out => "outbound",
    }
}

/// The union of the rules of an interface's groups; one rule is enough.
///
/// Security groups are stateful: only the first packet is judged
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
pub(crate) fn groups(
    cx: Cx<'_>,
    interface: &Interface,
    direction: Direction,
    party: Party<'_>,
    traffic: Traffic,
) -> Alts {
    if interface.unfiltered {
        let statement = format!("{} carries no security group", interface.id);
        return Alts::because(Fact::new(interface.id.as_str(), statement, interface.place.clone()));
    }
    // What was not seen of the interface may be one more group.
    let mut alts = interface.gaps.iter().fold(Alts::none(), |alts, gap| alts.or(Alts::unknown(gap.clone())));
    if interface.groups.is_empty() && interface.gaps.is_empty() {
        let gap = portcullis_estate::Gap::other(format_args!("security groups of {}", interface.id), "not seen");
        return Alts::unknown(gap);
    }
    for id in &interface.groups {
        let Some(group) = cx.world.groups.get(id) else {
            let call = "ec2/describe-security-groups";
            let gap = cx.missing(&interface.account, &interface.region, call, &format!("security group {id}"));
            alts = alts.or(Alts::unknown(gap));
            continue;
        };
        alts = alts.or(group_step(group, direction, party, traffic));
    }
    alts
}

fn group_step(group: &Group, direction: Direction, party: Party<'_>, traffic: Traffic) -> Alts {
    let rules = match group.rules(direction) {
        Ok(rules) => rules,
        Err(gap) => {
            let fact =
                Fact::new(group.id.as_str(), format!("{} rules are not known", word(direction)), group.place.clone());
            return Alts::unknown(gap.clone()).or(Alts::blocked(group.control(direction), fact));
        }
    };
    let mut alts = Alts::none();
    let mut admitted = false;
    for rule in rules.iter().filter(|rule| rule.matcher.admits(traffic)) {
        let step = match admits(rule, party) {
            Matched::No => continue,
            Matched::Yes => {
                let statement = format!("{} rule admits {traffic} ({})", word(direction), rule.text);
                Alts::enabled(rule.id.as_str(), Fact::new(group.id.as_str(), statement, rule.place.clone()))
            }
            Matched::Perhaps(gap) => Alts::unknown(gap),
        };
        let step = match &rule.gap {
            Some(gap) => step.if_known(gap),
            None => step,
        };
        admitted |= step.list.iter().any(|alt| alt.way.is_open());
        alts = alts.or(step);
    }
    if admitted {
        return alts;
    }
    let (statement, code) = if rules.is_empty() {
        (format!("has no {} rules", word(direction)), "SG_HAS_NO_RULES")
    } else {
        (format!("no {} rule admits {traffic} of this connection", word(direction)), "ENI_SG_RULES_MISMATCH")
    };
    let member = if direction == Direction::In { "IpPermissions" } else { "IpPermissionsEgress" };
    let fact = Fact::new(group.id.as_str(), statement, group.place.member(member)).coded(code);
    alts.or(Alts::blocked(group.control(direction), fact))
}

enum Matched {
    Yes,
    No,
    Perhaps(portcullis_estate::Gap),
}

fn admits(rule: &Rule, party: Party<'_>) -> Matched {
    match &rule.peer {
        Peer::Addresses(set) if set.contains(party.address) => Matched::Yes,
        Peer::Unread(gap) => Matched::Perhaps(gap.clone()),
        Peer::Group(id) if party.identity.is_some_and(|interface| interface.groups.contains(id)) => Matched::Yes,
        Peer::Group(_) => match party.identity.and_then(|interface| interface.gaps.first()) {
            Some(gap) => Matched::Perhaps(gap.clone()),
            None => Matched::No,
        },
        Peer::Addresses(_) => Matched::No,
    }
}

/// One direction of a subnet's network ACL. `address` is the other side's: the source of a packet that comes in, the
/// destination of one that leaves. ACLs are stateless: the ports are the destination ports of this very packet
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).
pub(crate) fn acl(cx: Cx<'_>, subnet: &Subnet, direction: Direction, address: IpAddr, packet: &Packet) -> Alts {
    if *packet == Packet::None {
        return Alts::pass();
    }
    let acl = match cx.acl(subnet) {
        Ok(acl) => acl,
        Err(gap) => return Alts::unknown(gap),
    };
    let control = acl.control(direction);
    let what = match packet {
        Packet::Fixed(traffic) => traffic.to_string(),
        Packet::AnyOf(protocol, _) => format!("{protocol} answers to the client's port"),
        Packet::None => String::new(),
    };
    let denied = |entry: Option<&crate::model::AclEntry>| {
        let by =
            entry.map_or_else(|| "no entry allows it".to_owned(), |entry| format!("entry {} denies it", entry.number));
        let place = entry.map_or_else(|| acl.place.member("Entries"), |entry| entry.place.clone());
        let statement = format!("{} {what} of {}: {by}", word(direction), subnet.id);
        Alts::blocked(control.clone(), Fact::new(acl.id.as_str(), statement, place).coded("SUBNET_ACL_RESTRICTION"))
    };
    let entries = match acl.entries(direction) {
        Ok(entries) => entries,
        Err(gap) => return Alts::unknown(gap.clone()).or(denied(None)),
    };
    let here = entries.iter().filter(|entry| entry.addresses.contains(address));
    let allowed = |entry: &crate::model::AclEntry| {
        let statement = format!("{} {what} of {}: entry {} allows it", word(direction), subnet.id, entry.number);
        Alts::enabled(format!("{}/{}", acl.id, entry.text), Fact::new(acl.id.as_str(), statement, entry.place.clone()))
    };
    match packet {
        Packet::None => Alts::pass(),
        Packet::Fixed(traffic) => match here.into_iter().find(|entry| entry.matcher.admits(*traffic)) {
            Some(entry) if entry.allow => allowed(entry),
            denying => denied(denying),
        },
        Packet::AnyOf(protocol, ports) => {
            let mut left = ports.clone();
            let mut alts = Alts::none();
            let mut closed = PortSet::empty();
            let mut denying = None;
            for entry in here {
                let hit = left.intersect(&entry.matcher.ports_of(*protocol));
                if hit.is_empty() {
                    continue;
                }
                left = left.subtract(&hit);
                if entry.allow {
                    alts = alts.or(allowed(entry).for_clients(&hit));
                } else {
                    closed = closed.union(&hit);
                    denying = denying.or(Some(entry));
                }
            }
            if left.is_empty() && closed.is_empty() { alts } else { alts.or(denied(denying)) }
        }
    }
}
