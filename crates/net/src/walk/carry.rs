//! Carrying one packet between two interfaces over private addresses.

use std::net::IpAddr;

use portcullis_estate::{Fact, Gap};

use super::{Cx, filters, routing, transit};
use crate::model::{Direction, Interface, Subnet, Target};
use crate::traffic::Packet;
use crate::ways::Alts;

/// What a packet crossed: decides whether security groups may refer to its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    /// One VPC.
    Local,
    /// A peering connection; references hold inside one region only:
    /// <https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html>.
    Peering { same_region: bool },
    /// A transit gateway; references hold for inbound rules if it and both attachments support them:
    /// <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html>.
    Transit { references: bool },
}

impl Medium {
    /// Whether an inbound rule may refer to the sender's groups.
    pub(crate) fn carries_identity(self) -> bool {
        match self {
            Self::Local => true,
            Self::Peering { same_region } => same_region,
            Self::Transit { references } => references,
        }
    }

    /// Whether an outbound rule may refer to the receiver's groups.
    pub(crate) fn shows_receiver(self) -> bool {
        !matches!(self, Self::Transit { .. }) && self.carries_identity()
    }
}

/// One packet's way between two interfaces: ACLs of both subnets and the routes between.
pub(crate) struct Hop<'a> {
    pub(crate) from: &'a Interface,
    pub(crate) to: &'a Interface,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
}

/// Each way of the packet with what it crosses. No way: the facts say why.
pub(crate) fn carry(cx: Cx<'_>, hop: &Hop<'_>, packet: &Packet) -> (Vec<(Alts, Medium)>, Vec<Fact>) {
    if *packet == Packet::None || hop.from.subnet == hop.to.subnet {
        // Inside one subnet neither ACLs nor routes are consulted:
        // <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>.
        return (vec![(Alts::pass(), Medium::Local)], vec![]);
    }
    let (from, to) = match (cx.subnet(hop.from), cx.subnet(hop.to)) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(gap), _) | (_, Err(gap)) => return (vec![(Alts::unknown(gap), Medium::Local)], vec![]),
    };
    let leave = filters::acl(cx, from, Direction::Out, hop.destination, packet);
    let (choices, mut why) = routing::choices(cx, from, hop.destination);
    let mut ways = Vec::new();
    for choice in choices {
        let (middle, medium) = match follow(cx, hop, from, to, &choice.target, packet) {
            Ok(step) => step,
            Err(fact) => {
                why.push(fact);
                continue;
            }
        };
        // A transit gateway applies ACLs by rules of its own.
        let enter = match medium {
            Medium::Transit { .. } => Alts::pass(),
            _ => filters::acl(cx, to, Direction::In, hop.source, packet),
        };
        let alts = leave.clone().and(choice.alts).and(middle).and(enter);
        if alts.is_never() { why.extend(alts.structural) } else { ways.push((alts, medium)) }
    }
    (ways, why)
}

fn follow(
    cx: Cx<'_>,
    hop: &Hop<'_>,
    from: &Subnet,
    to: &Subnet,
    target: &Target,
    packet: &Packet,
) -> Result<(Alts, Medium), Fact> {
    let dead =
        |statement: String, code| Fact::new(routing::name(target), statement, hop.from.place.clone()).coded(code);
    match target {
        Target::Local if from.vpc == to.vpc => Ok((Alts::pass(), Medium::Local)),
        Target::Local => Err(dead(format!("{} and {} are different VPCs", from.vpc, to.vpc), "DISCONNECTED_VPCS")),
        Target::Peering(id) => {
            let Some(peering) = cx.world.peerings.get(id) else {
                let call = "ec2/describe-vpc-peering-connections";
                let gap = cx.missing(&from.account, &from.region, call, &format!("peering connection {id}"));
                return Ok((Alts::unknown(gap), Medium::Peering { same_region: true }));
            };
            let place = peering.place.clone();
            if !peering.active {
                return Err(Fact::new(id.as_str(), "the peering connection is not active", place).coded("BAD_STATE"));
            }
            match peering.across(&from.vpc) {
                Some((vpc, blocks, _)) if *vpc == to.vpc && blocks.contains(hop.destination) => {
                    let statement = format!("joins {} and {}", from.vpc, to.vpc);
                    let medium = Medium::Peering { same_region: !peering.crosses_regions() };
                    Ok((Alts::because(Fact::new(id.as_str(), statement, place)), medium))
                }
                _ => {
                    let statement = format!("does not lead to {}", to.vpc);
                    Err(Fact::new(id.as_str(), statement, place).coded("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"))
                }
            }
        }
        Target::Transit(id) => transit::follow(cx, hop, from, to, id, packet),
        Target::Internet(id) | Target::EgressOnly(id) => {
            let statement = format!("{id} drops packets to private addresses");
            Err(dead(statement, "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"))
        }
        Target::Nat(id) => nat(cx, hop, from, id),
        Target::Vpn(_) => Err(dead("the VPN gateway leads out of AWS".to_owned(), "NO_POSSIBLE_DESTINATION")),
        Target::GatewayEndpoint(_) => {
            Err(dead("a gateway endpoint leads to its service".to_owned(), "NO_POSSIBLE_DESTINATION"))
        }
        Target::Other(id) if id.is_empty() => Ok((Alts::pass(), Medium::Local)),
        Target::Other(id) => {
            Ok((Alts::unknown(Gap::not_modelled(format_args!("route of {} to {id}", from.id))), Medium::Local))
        }
    }
}

/// A NAT gateway hands a packet to a private address on by its own subnet's table, as its own connection; an answer
/// that it did not ask for it drops.
fn nat(cx: Cx<'_>, hop: &Hop<'_>, from: &Subnet, id: &str) -> Result<(Alts, Medium), Fact> {
    let place = hop.from.place.clone();
    let unknown = |what: String| Ok((Alts::unknown(Gap::not_modelled(what)), Medium::Local));
    let Some(gateway) = cx.world.nat_gateways.get(id) else {
        return Ok((
            Alts::unknown(cx.missing(&from.account, &from.region, "ec2/describe-nat-gateways", id)),
            Medium::Local,
        ));
    };
    let subnet = gateway.subnet.as_ref().and_then(|id| cx.world.subnets.get(id));
    let Some(subnet) = subnet.filter(|_| !gateway.regional) else {
        return unknown(format!("regional NAT gateway {id}"));
    };
    let (choices, _) = routing::choices(cx, subnet, hop.destination);
    let onward = |choice: &routing::Choice| {
        matches!(
            choice.target,
            Target::Peering(_) | Target::Transit(_) | Target::Vpn(_) | Target::Other(_) | Target::Local
        ) && choice.alts.list.iter().any(|alt| alt.way.blockers.is_empty())
    };
    if choices.iter().any(onward) {
        return unknown(format!("private connection through NAT gateway {id}"));
    }
    Err(Fact::new(id, "the NAT gateway has no route to a private address", place).coded("CANNOT_ROUTE"))
}
