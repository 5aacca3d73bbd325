//! A connection between two interfaces, over private addresses or over public ones.

use std::net::IpAddr;

use portcullis_estate::{Fact, Gap};

use super::carry::{self, Hop};
use super::filters::{self, Party};
use super::{Cx, internet};
use crate::model::{Address, Direction, Interface, Role};
use crate::sets::PortSet;
use crate::traffic::{Packet, Protocol, Traffic};
use crate::ways::Alts;

/// One end of a connection: an interface and the address it uses.
#[derive(Clone, Copy)]
pub(crate) struct End<'a> {
    pub(crate) interface: &'a Interface,
    pub(crate) address: IpAddr,
}

/// Whether nothing can ever start or end at an interface.
pub(crate) fn sends(interface: &Interface) -> Option<Fact> {
    if let Some(down) = &interface.down {
        return Some(down.clone());
    }
    let statement = match interface.role {
        Role::Workload | Role::Function | Role::Balancer | Role::ConnectEndpoint => return None,
        Role::Nat => "a NAT gateway starts no connection of its own",
        Role::Transit => "a transit gateway starts no connection",
        Role::Endpoint => "a VPC endpoint starts no connection",
    };
    Some(Fact::new(interface.id.as_str(), statement, interface.place.clone()).coded("VPCE_INTRA_VPC_TRAFFIC"))
}

fn receives(interface: &Interface, traffic: Traffic) -> Result<Option<Gap>, Fact> {
    if let Some(down) = &interface.down {
        return Err(down.clone());
    }
    let refuse = |statement: &str| {
        Err(Fact::new(interface.id.as_str(), statement, interface.place.clone()).coded("NO_POSSIBLE_DESTINATION"))
    };
    match interface.role {
        Role::Workload | Role::Balancer => Ok(None),
        // <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>.
        Role::Function => refuse("a function accepts no connection"),
        Role::Nat => refuse("a NAT gateway accepts no connection"),
        Role::Transit => refuse("a transit gateway answers nothing"),
        Role::ConnectEndpoint => refuse("an instance connect endpoint accepts no connection from the network"),
        Role::Endpoint if traffic.protocol == Protocol::TCP && traffic.port == 443 => Ok(None),
        Role::Endpoint => {
            Ok(Some(Gap::other(format_args!("ports of the service behind {}", interface.id), "not shown")))
        }
    }
}

/// Whether both interfaces sit on one instance: then the packet never leaves the guest [measured in the labs].
fn same_host(a: &Interface, b: &Interface) -> bool {
    a.id == b.id && a.seen || a.owners.iter().any(|owner| owner.kind == "ec2.instance" && b.owners.contains(owner))
}

/// A connection over private addresses: groups at both ends, the packet there, the answer back.
pub(crate) fn private(cx: Cx<'_>, from: End<'_>, to: End<'_>, traffic: Traffic, client: &PortSet) -> Alts {
    if from.address.is_ipv4() != to.address.is_ipv4() {
        return Alts::none();
    }
    if let Some(fact) = sends(from.interface) {
        return Alts::never(fact);
    }
    let gap = match receives(to.interface, traffic) {
        Ok(gap) => gap,
        Err(fact) => return Alts::never(fact),
    };
    if same_host(from.interface, to.interface) {
        let statement = "both interfaces belong to one instance";
        return Alts::because(Fact::new(to.interface.id.as_str(), statement, to.interface.place.clone()));
    }
    let there = Hop { from: from.interface, to: to.interface, source: from.address, destination: to.address };
    let back = Hop { from: to.interface, to: from.interface, source: to.address, destination: from.address };
    let (ways, structural) = carry::carry(cx, &there, &Packet::Fixed(traffic));
    let mut forward = Alts { structural, ..Alts::none() };
    for (alts, medium) in ways {
        let sender = Party { address: from.address, identity: medium.carries_identity().then_some(from.interface) };
        let receiver = Party { address: to.address, identity: medium.shows_receiver().then_some(to.interface) };
        let out = filters::groups(cx, from.interface, Direction::Out, receiver, traffic);
        let into = filters::groups(cx, to.interface, Direction::In, sender, traffic);
        forward = forward.or(out.and(alts).and(into));
    }
    if forward.is_never() {
        return forward;
    }
    let (ways, structural) = carry::carry(cx, &back, &Packet::reply_to(traffic, client));
    let mut reply = Alts { structural, ..Alts::none() };
    for (alts, _) in ways {
        reply = reply.or(alts);
    }
    let mut whole = forward.and(reply);
    for gap in from.interface.gaps.iter().chain(&to.interface.gaps).chain(gap.as_ref()) {
        whole = whole.if_known(gap);
    }
    whole
}

/// A connection from an interface to the public address of another: out through one edge, in through the other
/// ("NAT reflection"); the groups of the sender are lost on the way.
pub(crate) fn public(
    cx: Cx<'_>,
    from: (&Interface, &Address, IpAddr),
    to: (&Interface, &Address, IpAddr),
    traffic: Traffic,
    client: &PortSet,
) -> Alts {
    if let Some(fact) = sends(from.0) {
        return Alts::never(fact);
    }
    if same_host(from.0, to.0) && from.1.private == to.1.private && to.2.is_ipv6() {
        return Alts::because(Fact::new(to.0.id.as_str(), "the interface's own address", to.0.place.clone()));
    }
    let (ways, structural) = internet::outward(cx, from.0, from.1, from.2, to.2, traffic, client);
    let mut whole = Alts { structural, ..Alts::none() };
    for (alts, seen) in ways {
        let step = match seen {
            Some(source) if source.is_ipv4() && from.2 == source => {
                // Out through a gateway endpoint or privately: not the way to an instance.
                let fact = Fact::new(to.0.id.as_str(), "not reached by a gateway endpoint", to.0.place.clone());
                Alts::never(fact.coded("NO_POSSIBLE_DESTINATION"))
            }
            Some(source) => internet::inward(cx, source, to.0, to.1, traffic, client),
            None => {
                // The far side sees an address that nobody showed us.
                let gap = Gap::other(format_args!("public address of {}", from.0.label()), "not shown");
                internet::inward(cx, UNSEEN, to.0, to.1, traffic, client).if_known(&gap)
            }
        };
        whole = whole.or(alts.and(step));
    }
    for gap in from.0.gaps.iter().chain(&to.0.gaps) {
        whole = whole.if_known(gap);
    }
    whole
}

/// Stands for a public address that the input does not show; whatever it decides carries that gap.
const UNSEEN: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(8, 8, 8, 8));
