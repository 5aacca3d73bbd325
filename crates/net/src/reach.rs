//! Asking one connection.

use std::borrow::Cow;
use std::net::IpAddr;

use portcullis_estate::{Answer, Decision, Estate, Fact, Gap};
use portcullis_snapshot::Place;

use crate::model::{Address, Interface, Public, Role, Target, World};
use crate::sets::{AddressSet, PortSet};
use crate::traffic::{Packet, Traffic};
use crate::walk::balance::{self, Client, Only};
use crate::walk::connect::{self, End};
use crate::walk::filters::{self, Party};
use crate::walk::{Cx, internet, routing, transit};
use crate::ways::Alts;

/// Where a connection starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Any public address that is not the estate's own.
    Internet,
    /// Any of these addresses: public ones on the internet, private ones in a range where nothing stands yet.
    Addresses(AddressSet),
    /// Any interface of a workload.
    Workload {
        /// Its kind, such as `ec2.instance`.
        kind: String,
        /// Its id in the estate.
        id: String,
    },
    /// An interface.
    Interface(String),
    /// Any interface that carries a security group.
    Members(String),
    /// An interface that somebody may start.
    New {
        /// In this subnet.
        subnet: String,
        /// With these security groups.
        groups: Vec<String>,
    },
}

/// Where a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Any interface of a workload, directly or through a load balancer.
    Workload {
        /// Its kind, such as `rds.instance`.
        kind: String,
        /// Its id in the estate.
        id: String,
    },
    /// An interface, at any of its addresses.
    Interface(String),
    /// The destination address of the packet.
    Address(IpAddr),
}

/// A start that has been looked up.
pub(crate) enum Start<'a> {
    Interface(Box<Cow<'a, Interface>>),
    Outside(AddressSet),
}

/// What of an interface is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant<'a> {
    Any,
    This(IpAddr),
    /// At a load balancer: on to one workload behind it.
    Through(Only<'a>),
}

impl World {
    /// Whether a connection from the source to the destination comes about, its answers included.
    #[must_use]
    pub fn reach(&self, estate: &Estate, source: &Source, destination: &Destination, traffic: Traffic) -> Decision {
        let cx = Cx { world: self, estate };
        let starts = match self.starts(source) {
            Ok(starts) => starts,
            Err(gap) => return Alts::unknown(gap).decide(),
        };
        let mut whole = Alts::none();
        if starts.is_empty() {
            let place = Place::new("", "");
            whole = Alts::never(
                Fact::new(format!("{source:?}"), "no such source", place).coded("NO_SOURCE_OR_DESTINATION"),
            );
        }
        for start in &starts {
            whole = whole.or(cx.connection(start, destination, traffic));
        }
        whole.decide()
    }

    fn starts(&self, source: &Source) -> Result<Vec<Start<'_>>, Gap> {
        let borrowed = |interface| Start::Interface(Box::new(Cow::Borrowed(interface)));
        let found: Vec<_> = match source {
            Source::Internet => vec![Start::Outside(self.internet())],
            Source::Addresses(set) => vec![Start::Outside(set.clone())],
            Source::Workload { kind, id } => {
                self.interfaces.iter().filter(|i| i.belongs_to(kind, id)).map(borrowed).collect()
            }
            Source::Interface(id) => self.interfaces.iter().filter(|i| i.id == *id).map(borrowed).collect(),
            Source::Members(group) => {
                self.interfaces.iter().filter(|i| i.groups.contains(group)).map(borrowed).collect()
            }
            Source::New { subnet, groups } => {
                vec![Start::Interface(Box::new(Cow::Owned(self.imagined(subnet, groups, None)?)))]
            }
        };
        if found.is_empty() && !matches!(source, Source::Members(_)) {
            return Err(Gap::other(format_args!("{source:?}"), "not seen"));
        }
        Ok(found)
    }

    /// Every public address but the estate's own.
    #[must_use]
    pub fn internet(&self) -> AddressSet {
        AddressSet::public().subtract(&self.own_public)
    }

    /// An interface that somebody may start in a subnet; without groups it stands for one with any.
    pub(crate) fn imagined(&self, subnet: &str, groups: &[String], address: Option<IpAddr>) -> Result<Interface, Gap> {
        let Some(known) = self.subnets.get(subnet) else {
            return Err(Gap::other(format_args!("subnet {subnet}"), "not seen"));
        };
        Ok(Interface {
            id: format!("a new interface in {subnet}"),
            owners: Vec::new(),
            role: Role::Workload,
            vpc: known.vpc.clone(),
            subnet: subnet.to_owned(),
            account: known.account.clone(),
            region: known.region.clone(),
            // Who starts it may give it a public address too.
            addresses: vec![Address { private: address, public: Public::Unseen }],
            groups: groups.to_vec(),
            unfiltered: groups.is_empty(),
            delegated: AddressSet::empty(),
            denies_internet: false,
            down: None,
            gaps: Vec::new(),
            place: portcullis_estate::loading::place_of_call(&known.account, &known.region, "ec2/describe-subnets"),
            public_control: None,
            seen: false,
        })
    }
}

impl Cx<'_> {
    pub(crate) fn connection(self, start: &Start<'_>, destination: &Destination, traffic: Traffic) -> Alts {
        let world = self.world;
        let mut whole = Alts::none();
        let ends: Vec<(&Interface, Meant<'_>)> = match destination {
            Destination::Workload { kind, id } => {
                whole = whole.or(self.through_hops(start, kind, id, traffic).0);
                world.interfaces.iter().filter(|i| i.belongs_to(kind, id)).map(|i| (i, Meant::Any)).collect()
            }
            Destination::Interface(id) => {
                world.interfaces.iter().filter(|i| i.id == *id).map(|i| (i, Meant::Any)).collect()
            }
            Destination::Address(address) => {
                let indices = world.by_address.get(address).into_iter().flatten();
                indices.filter_map(|index| world.interfaces.get(*index)).map(|i| (i, Meant::This(*address))).collect()
            }
        };
        if ends.is_empty() {
            return whole.or(match destination {
                Destination::Address(address) => self.to_nobody(start, *address, traffic),
                Destination::Workload { id, .. } | Destination::Interface(id) => {
                    Alts::unknown(Gap::other(id, "not seen"))
                }
            });
        }
        for (interface, meant) in ends {
            whole = whole.or(self.to_interface(start, interface, meant, traffic));
        }
        whole
    }

    /// Directly to an interface; at a load balancer, on through it as far as the answer needs.
    pub(crate) fn to_interface(self, start: &Start<'_>, to: &Interface, meant: Meant<'_>, traffic: Traffic) -> Alts {
        match start {
            Start::Interface(from) => self.between(from, to, meant, traffic),
            Start::Outside(set) => {
                let mut edges = self.edges(to);
                if to.role == Role::Balancer {
                    edges.extend(self.target_edges(to));
                }
                let mut whole = Alts::none();
                let mut seen: Vec<Alts> = Vec::new();
                for piece in set.pieces(&edges) {
                    let Some(source) = piece.first() else { continue };
                    let step = self.outside_in(source, to, meant, traffic);
                    // Most pieces are alike.
                    if !seen.iter().any(|other| other.list == step.list && other.structural == step.structural) {
                        seen.push(step.clone());
                        whole = whole.or(step);
                    }
                }
                whole
            }
        }
    }

    fn between(self, from: &Interface, to: &Interface, meant: Meant<'_>, traffic: Traffic) -> Alts {
        let mut whole = Alts::none();
        for own in &from.addresses {
            for address in &to.addresses {
                let v6 = address.private.is_some_and(|private| private.is_ipv6());
                if !matches!(meant, Meant::This(_)) || meant == address.private.map_or(Meant::Any, Meant::This) {
                    whole = whole.or(self.over_private((from, own), (to, address), meant, traffic));
                }
                let public = match (meant, address.public) {
                    (Meant::This(wanted), Public::Known(public)) => (wanted == public).then_some(public),
                    (Meant::Any | Meant::Through(_), Public::Known(public)) => Some(public),
                    _ => None,
                };
                // Over IPv6 the private and the public address are one: inside the estate the routes decide.
                if let (Some(public), Some(private), false) = (public, own.private, v6 && from.vpc == to.vpc)
                    && private.is_ipv4() == public.is_ipv4()
                {
                    let step =
                        connect::public(self, (from, own, private), (to, address, public), traffic, &PortSet::client());
                    let client = Client { interface: Some(from), address: seen_as(own, private) };
                    whole = whole.or(self.finish(step, client, (to, meant), traffic));
                }
            }
        }
        whole
    }

    fn over_private(
        self,
        (from, own): (&Interface, &Address),
        (to, address): (&Interface, &Address),
        meant: Meant<'_>,
        traffic: Traffic,
    ) -> Alts {
        let mut v4: Vec<Alts> = Vec::new();
        let mut whole = Alts::none();
        for source in self.positions(from, own, to) {
            for destination in self.positions(to, address, from) {
                if source.is_ipv4() != destination.is_ipv4() {
                    continue;
                }
                let ends = (End { interface: from, address: source }, End { interface: to, address: destination });
                let step = connect::private(self, ends.0, ends.1, traffic, &PortSet::client());
                let step = self.finish(step, Client { interface: Some(from), address: source }, (to, meant), traffic);
                if source.is_ipv4() {
                    v4.push(step);
                } else if own.private.is_none() || address.private.is_none() {
                    let gap = Gap::other(
                        format_args!("IPv6 address of {}", if own.private.is_none() { from } else { to }.id),
                        "not shown",
                    );
                    whole = whole.or(step.if_known(&gap));
                } else {
                    whole = whole.or(step);
                }
            }
        }
        whole.or(settle(v4, || {
            Gap::other(format_args!("address of {}", if own.private.is_none() { from } else { to }.id), "not shown")
        }))
    }

    /// The addresses that an interface may have, one for each answer that the other end may give.
    pub(crate) fn positions(self, interface: &Interface, address: &Address, other: &Interface) -> Vec<IpAddr> {
        if let Some(private) = address.private {
            return vec![private];
        }
        let Some(subnet) = self.world.subnets.get(&interface.subnet) else { return UNPLACED.to_vec() };
        let mut edges = self.edges(other);
        edges.extend(self.edges(interface));
        subnet.blocks.pieces(&edges).iter().filter_map(AddressSet::first).collect()
    }

    fn finish(self, step: Alts, client: Client<'_>, (to, meant): (&Interface, Meant<'_>), traffic: Traffic) -> Alts {
        let only = if let Meant::Through(only) = meant { Some(only) } else { None };
        // A proxy answers itself.
        if to.role != Role::Balancer || to.owner().is_some_and(|owner| self.world.proxies.contains_key(&owner.id)) {
            return step;
        }
        step.and_then(|| balance::beyond(self, client, (to, only), traffic, &PortSet::client()))
    }

    pub(crate) fn outside_in(self, source: IpAddr, to: &Interface, meant: Meant<'_>, traffic: Traffic) -> Alts {
        let public = AddressSet::public().contains(source);
        let mut whole = Alts::none();
        for address in &to.addresses {
            let wanted = match (meant, address.public) {
                (Meant::Any | Meant::Through(_), _) => true,
                (Meant::This(wanted), Public::Known(known)) if public => wanted == known,
                (Meant::This(wanted), _) => !public && address.private == Some(wanted),
            };
            let family = address.private.is_none_or(|private| private.is_ipv4() == source.is_ipv4());
            if !wanted || !family {
                continue;
            }
            let step = if public {
                let client = Client { interface: None, address: source };
                let step = internet::inward(self, source, to, address, traffic, &PortSet::client());
                self.finish(step, client, (to, meant), traffic)
            } else {
                self.range_in(source, to, address, meant, traffic)
            };
            let mut step = step;
            if address.private.is_none() && source.is_ipv6() {
                step = step.if_known(&Gap::other(format_args!("IPv6 address of {}", to.id), "not shown"));
            }
            for gap in &to.gaps {
                step = step.if_known(gap);
            }
            whole = whole.or(step);
        }
        if whole.is_never() && whole.structural.is_empty() {
            let statement = format!("{source} does not reach a private address");
            whole =
                Alts::never(Fact::new(to.id.as_str(), statement, to.place.clone()).coded("ENI_ADDRESS_RESTRICTION"));
        }
        whole
    }

    /// From a private address: in a subnet of the estate where somebody may start something, or beyond a peering
    /// connection, a VPN gateway or a transit gateway.
    fn range_in(self, source: IpAddr, to: &Interface, address: &Address, meant: Meant<'_>, traffic: Traffic) -> Alts {
        let mut whole = Alts::none();
        let here = self.world.subnets.values().filter(|subnet| subnet.blocks.contains(source));
        for subnet in here {
            if let Ok(from) = self.world.imagined(&subnet.id, &[], Some(source)) {
                for own in &from.addresses {
                    whole = whole.or(self.over_private((&from, own), (to, address), meant, traffic));
                }
            }
        }
        let beyond = self.beyond_in(source, to, traffic);
        whole.or(self.finish(beyond, Client { interface: None, address: source }, (to, meant), traffic))
    }

    fn beyond_in(self, source: IpAddr, to: &Interface, traffic: Traffic) -> Alts {
        if to.role != Role::Workload && to.role != Role::Balancer {
            return Alts::none();
        }
        let subnet = match self.subnet(to) {
            Ok(subnet) => subnet,
            Err(gap) => return Alts::unknown(gap),
        };
        if let Some(down) = &to.down {
            return Alts::never(down.clone());
        }
        let (choices, structural) = routing::choices(self, subnet, source);
        let mut back = Alts { structural, ..Alts::none() };
        for choice in choices {
            back = match &choice.target {
                Target::Vpn(_) => back.or(choice.alts),
                Target::Peering(id) => match self.world.peerings.get(id) {
                    None => {
                        let call = "ec2/describe-vpc-peering-connections";
                        let gap = self.missing(&subnet.account, &subnet.region, call, id);
                        back.or(choice.alts.and(Alts::unknown(gap)))
                    }
                    Some(peering) => match peering.across(&subnet.vpc) {
                        Some((vpc, blocks, _))
                            if peering.active && blocks.contains(source) && !self.world.vpcs.contains_key(vpc) =>
                        {
                            back.or(choice.alts)
                        }
                        _ => back,
                    },
                },
                Target::Transit(id) => back.or(choice.alts.and(self.beyond_transit(subnet, id, source))),
                Target::Other(id) if id.is_empty() => back.or(choice.alts),
                Target::Other(id) => {
                    let gap = Gap::not_modelled(format_args!("route of {} to {id}", subnet.id));
                    back.or(choice.alts.and(Alts::unknown(gap)))
                }
                _ => back,
            };
        }
        let party = Party { address: source, identity: None };
        back.and(filters::acl(self, subnet, crate::model::Direction::In, source, &Packet::Fixed(traffic)))
            .and(filters::groups(self, to, crate::model::Direction::In, party, traffic))
            .and(filters::acl(
                self,
                subnet,
                crate::model::Direction::Out,
                source,
                &Packet::reply_to(traffic, &PortSet::client()),
            ))
    }

    fn beyond_transit(self, subnet: &crate::model::Subnet, gateway: &str, address: IpAddr) -> Alts {
        let attachments = &self.world.transit.attachments;
        let entry = attachments
            .values()
            .find(|a| a.gateway == gateway && a.vpc.as_deref() == Some(&subnet.vpc) && a.available)
            .and_then(|entry| entry.table.as_ref());
        match entry.map(|table| transit::lookup(self, table, address)) {
            Some(Ok(Some(route))) => match route.attachment.as_ref().and_then(|id| attachments.get(id)) {
                Some(exit) if exit.vpc.as_ref().is_some_and(|vpc| self.world.vpcs.contains_key(vpc)) => Alts::none(),
                Some(exit) => Alts::because(Fact::new(
                    exit.id.as_str(),
                    format!("leads to a {} attachment", exit.kind),
                    exit.place.clone(),
                )),
                None => Alts::none(),
            },
            Some(Ok(None)) => Alts::none(),
            Some(Err(gap)) => Alts::unknown(gap),
            None => Alts::unknown(Gap::other(format_args!("attachment of {} to {gateway}", subnet.vpc), "not seen")),
        }
    }

    /// To an address that no interface has.
    fn to_nobody(self, start: &Start<'_>, destination: IpAddr, traffic: Traffic) -> Alts {
        let place = Place::new("", "");
        let nobody = |statement: &str| {
            Alts::never(Fact::new(destination.to_string(), statement, place.clone()).coded("UNKNOWN_DESTINATION"))
        };
        if self.world.own_public.contains(destination) {
            let nat = self.world.nat_gateways.values().any(|nat| nat.public_ips.contains(&destination));
            return if nat {
                nobody("a NAT gateway accepts no connection")
            } else {
                Alts::unknown(Gap::other(format_args!("interface with {destination}"), "not seen"))
            };
        }
        if let Some(holder) = self.world.interfaces.iter().find(|interface| interface.delegated.contains(destination)) {
            return Alts::unknown(Gap::not_modelled(format_args!("addresses delegated to {}", holder.id)));
        }
        if !AddressSet::public().contains(destination) {
            return nobody("no interface has this address");
        }
        let Start::Interface(from) = start else { return nobody("both ends are outside the estate") };
        if let Some(fact) = connect::sends(from) {
            return Alts::never(fact);
        }
        let mut whole = Alts::none();
        for own in &from.addresses {
            let Some(private) = own.private.or_else(|| self.positions(from, own, from).first().copied()) else {
                continue;
            };
            if private.is_ipv4() != destination.is_ipv4() {
                continue;
            }
            let (ways, structural) =
                internet::outward(self, from, own, private, destination, traffic, &PortSet::client());
            whole.structural.extend(structural);
            for (alts, _) in ways {
                whole = whole.or(alts);
            }
        }
        for gap in &from.gaps {
            whole = whole.if_known(gap);
        }
        whole
    }
}

/// Stands for the address of something whose subnet nobody saw; whatever is decided with it carries that gap.
const UNPLACED: [IpAddr; 1] = [IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 4))];

fn seen_as(own: &Address, private: IpAddr) -> IpAddr {
    if let Public::Known(public) = own.public { public } else { private }
}

/// The answer where one of several addresses is meant and nobody knows which: what all of them say, else open only if
/// the right one is.
pub(crate) fn settle(steps: Vec<Alts>, gap: impl FnOnce() -> Gap) -> Alts {
    let open = |alts: &Alts| alts.list.iter().any(|alt| alt.way.is_open());
    let mut rest = steps.into_iter();
    let Some(first) = rest.next() else { return Alts::none() };
    let others: Vec<Alts> = rest.collect();
    let same = others.iter().all(|other| other.list == first.list);
    if same || (open(&first) && others.iter().all(open)) {
        return first;
    }
    let gap = gap();
    others.into_iter().fold(first, Alts::or).if_known(&gap)
}

/// Whether a decision says anything but *closed*.
pub(crate) fn may_open(decision: &Decision) -> bool {
    decision.answer() != Answer::Closed
}
