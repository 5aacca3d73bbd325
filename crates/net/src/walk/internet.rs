//! The edge of a VPC to the internet: gateways, NAT, VPC Block Public Access.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>.

use std::net::IpAddr;

use portcullis_estate::{Assumption, Control, ControlKind, Fact, Gap};

use super::filters::{self, Party};
use super::routing::{self, Choice};
use super::{Cx, transit};
use crate::model::{Address, Direction, Interface, Public, Role, Subnet, Target};
use crate::sets::PortSet;
use crate::traffic::{Packet, Protocol, Traffic};
use crate::ways::Alts;

/// VPC Block Public Access before a subnet. `inbound` is what an internet gateway carries in either direction;
/// NAT and egress-only gateways only let out, which `block-ingress` leaves alone.
pub(crate) fn block_public_access(cx: Cx<'_>, subnet: &Subnet, inbound: bool) -> Alts {
    // The owner's setting governs a shared subnet.
    let key = (subnet.account.clone(), subnet.region.clone());
    let Some(setting) = cx.world.block_public_access.get(&key) else {
        return Alts::unknown(Gap::other(format_args!("VPC Block Public Access of {}/{}", key.0, key.1), "not seen"));
    };
    let mode = match &setting.mode {
        Ok(mode) => mode.as_str(),
        Err(gap) if gap.assumption.is_some_and(|assumption| cx.estate.assumes(assumption)) => {
            let mut alts = Alts::pass();
            alts.assumed.insert(Assumption::VpcBlockPublicAccessOff);
            return alts;
        }
        Err(gap) => return Alts::unknown(gap.clone()),
    };
    let excluded = setting.exclusions.iter().filter(|(id, _)| *id == subnet.id || *id == subnet.vpc);
    let (mut some, mut both_ways) = (false, false);
    for (_, bidirectional) in excluded {
        some = true;
        both_ways |= bidirectional;
    }
    let passes = match mode {
        "off" => true,
        "block-ingress" => !inbound || both_ways,
        "block-bidirectional" => both_ways || (some && !inbound),
        _ => return Alts::unknown(Gap::other(&setting.place, format!("`{mode}` is no known mode"))),
    };
    if passes {
        return Alts::pass();
    }
    let control = Control::new(ControlKind::VpcBlockPublicAccess, &subnet.account, &subnet.region, "options");
    let fact = Fact::new(subnet.id.as_str(), format!("VPC Block Public Access is {mode}"), setting.place.clone());
    let blocked = Alts::blocked(control, fact.coded("VPC_BLOCK_PUBLIC_ACCESS_ENABLED"));
    match &setting.exclusions_gap {
        Some(gap) => blocked.or(Alts::unknown(gap.clone())),
        None => blocked,
    }
}

/// Whether packets of the internet find this address: it needs a public one.
fn public_address(interface: &Interface, address: &Address, code: &'static str) -> Alts {
    let place = interface.place.clone();
    match address.public {
        Public::Known(public) if address.private == Some(public) => Alts::pass(),
        Public::Known(public) => {
            let id = format!("{}/{public}", interface.id);
            Alts::enabled(id, Fact::new(interface.id.as_str(), format!("has the public address {public}"), place))
        }
        Public::Unseen => {
            let id = format!("{}/public-address", interface.id);
            Alts::enabled(id, Fact::new(interface.id.as_str(), "has a public address", place))
        }
        Public::No => {
            let (statement, resource) = match &interface.public_control {
                Some(control) if control.kind == ControlKind::RdsPublicAccess => {
                    ("is not publicly accessible", control.resource.to_string())
                }
                Some(control) => ("has no public address", control.resource.to_string()),
                None => ("can have no public address", interface.id.clone()),
            };
            let fact = Fact::new(resource, statement, place).coded(code);
            match &interface.public_control {
                Some(control) => Alts::blocked(control.clone(), fact),
                None => Alts::never(fact),
            }
        }
    }
}

/// A connection from an address of the internet to an interface, through the internet gateway and back.
pub(crate) fn inward(
    cx: Cx<'_>,
    source: IpAddr,
    interface: &Interface,
    address: &Address,
    traffic: Traffic,
    client: &PortSet,
) -> Alts {
    let dead = |statement: &str, code| {
        Alts::never(Fact::new(interface.id.as_str(), statement, interface.place.clone()).coded(code))
    };
    match interface.role {
        // Unsolicited packets, answers to others included, are dropped.
        Role::Nat => return dead("a NAT gateway accepts no connection", "NGW_REQUIRES_SOURCE_IN_VPC"),
        Role::Function | Role::Transit | Role::ConnectEndpoint | Role::Endpoint => {
            return dead(
                "an interface of this type accepts nothing from the internet",
                "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS",
            );
        }
        Role::Workload | Role::Balancer => {}
    }
    if let Some(down) = &interface.down {
        return Alts::never(down.clone());
    }
    if interface.denies_internet {
        return dead("refuses internet gateway traffic", "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS");
    }
    let subnet = match cx.subnet(interface) {
        Ok(subnet) => subnet,
        Err(gap) => return Alts::unknown(gap),
    };
    let mut alts =
        gateway(cx, subnet).and(public_address(interface, address, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"));
    if alts.is_never() {
        return alts;
    }
    alts = alts.and(block_public_access(cx, subnet, true)).and(edge(cx, subnet, address.private));
    alts = alts.and(filters::acl(cx, subnet, Direction::In, source, &Packet::Fixed(traffic)));
    alts = alts.and(filters::groups(cx, interface, Direction::In, Party { address: source, identity: None }, traffic));
    let reply = Packet::reply_to(traffic, client);
    if reply != Packet::None {
        let (choices, why) = routing::choices(cx, subnet, source);
        let mut back = Alts { structural: why, ..Alts::none() };
        for Choice { target, alts } in choices {
            back = match &target {
                Target::Internet(_) => back.or(alts),
                Target::Other(id) if id.is_empty() => back.or(alts),
                Target::Other(id) => {
                    back.or(alts.and(Alts::unknown(Gap::not_modelled(format_args!("route of {} to {id}", subnet.id)))))
                }
                // The answer leaves by another way and nobody knows the connection there.
                other => {
                    let statement = format!("answers leave through {}, which drops them", routing::name(other));
                    let fact = Fact::new(subnet.id.as_str(), statement, interface.place.clone());
                    back.structural.push(fact.coded("CANNOT_ROUTE"));
                    back
                }
            };
        }
        alts = alts.and(back).and(filters::acl(cx, subnet, Direction::Out, source, &reply));
    }
    alts
}

/// The internet gateway of a subnet's VPC.
fn gateway(cx: Cx<'_>, subnet: &Subnet) -> Alts {
    if let Some((id, place)) = cx.world.internet_gateways.get(&subnet.vpc) {
        return Alts::because(Fact::new(id.as_str(), format!("is attached to {}", subnet.vpc), place.clone()));
    }
    if let Some(gap) = cx.estate.coverage.gap(&subnet.account, &subnet.region, "ec2/describe-internet-gateways") {
        return Alts::unknown(gap);
    }
    let place =
        portcullis_estate::loading::place_of_call(&subnet.account, &subnet.region, "ec2/describe-internet-gateways");
    Alts::never(Fact::new(subnet.vpc.as_str(), "has no internet gateway", place).coded("NO_PATH"))
}

/// A route table on the gateway may send what comes in elsewhere.
fn edge(cx: Cx<'_>, subnet: &Subnet, private: Option<IpAddr>) -> Alts {
    let Some((gateway, _)) = cx.world.internet_gateways.get(&subnet.vpc) else { return Alts::pass() };
    let Some(table) = cx.world.edge_tables.get(gateway).and_then(|id| cx.world.tables.get(id)) else {
        return Alts::pass();
    };
    let Ok(routes) = &table.routes else {
        return Alts::unknown(Gap::not_modelled(format_args!("route table {} of {gateway}", table.id)));
    };
    let diverted =
        routes.iter().filter(|route| !route.blocked && route.target != Target::Local).any(|route| match private {
            Some(address) => route.addresses.contains(address),
            None => !route.addresses.intersect(&subnet.blocks).is_empty(),
        });
    if diverted {
        return Alts::unknown(Gap::not_modelled(format_args!(
            "appliance behind route table {} of {gateway}",
            table.id
        )));
    }
    Alts::pass()
}

/// A connection from an interface to an address of the internet and back, with the address that the far side sees
/// (`None`: a public one that the input does not show).
pub(crate) fn outward(
    cx: Cx<'_>,
    interface: &Interface,
    address: &Address,
    private: IpAddr,
    destination: IpAddr,
    traffic: Traffic,
    client: &PortSet,
) -> (Vec<(Alts, Option<IpAddr>)>, Vec<Fact>) {
    let subnet = match cx.subnet(interface) {
        Ok(subnet) => subnet,
        Err(gap) => return (vec![(Alts::unknown(gap), None)], vec![]),
    };
    let party = Party { address: destination, identity: None };
    let start = filters::groups(cx, interface, Direction::Out, party, traffic).and(filters::acl(
        cx,
        subnet,
        Direction::Out,
        destination,
        &Packet::Fixed(traffic),
    ));
    let (choices, mut why) = routing::choices(cx, subnet, destination);
    let mut ways = Vec::new();
    let v4 = destination.is_ipv4();
    for Choice { target, alts } in choices {
        let (step, seen) = match &target {
            Target::Internet(_) if interface.denies_internet => {
                let fact =
                    Fact::new(interface.id.as_str(), "refuses internet gateway traffic", interface.place.clone());
                (Alts::never(fact.coded("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS")), None)
            }
            Target::Internet(_) => {
                let code = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS";
                let seen = if let Public::Known(public) = address.public { Some(public) } else { None };
                (public_address(interface, address, code).and(block_public_access(cx, subnet, true)), seen)
            }
            Target::Nat(id) if v4 => nat(cx, interface, subnet, private, (destination, traffic, client), id),
            Target::Nat(id) => (Alts::unknown(Gap::not_modelled(format_args!("NAT64 through {id}"))), None),
            Target::EgressOnly(_) if !v4 => (block_public_access(cx, subnet, false), Some(private)),
            Target::GatewayEndpoint(id) => (endpoint(cx, subnet, id, traffic), Some(private)),
            Target::Transit(id) => (through_transit(cx, subnet, id, destination), None),
            Target::Vpn(id) => {
                (Alts::unknown(Gap::not_modelled(format_args!("what lies behind VPN gateway {id}"))), None)
            }
            Target::Other(id) if id.is_empty() => (Alts::pass(), None),
            Target::Other(id) => {
                (Alts::unknown(Gap::not_modelled(format_args!("route of {} to {id}", subnet.id))), None)
            }
            Target::Local | Target::Peering(_) | Target::EgressOnly(_) => {
                let statement = format!("{} does not lead to the internet", routing::name(&target));
                (
                    Alts::never(
                        Fact::new(subnet.id.as_str(), statement, interface.place.clone()).coded("CANNOT_ROUTE"),
                    ),
                    None,
                )
            }
        };
        // Answers come in by the subnet's ACL, whichever gateway they come through.
        let back = filters::acl(cx, subnet, Direction::In, destination, &Packet::reply_to(traffic, client));
        let whole = start.clone().and(alts).and(step).and(back);
        if whole.is_never() { why.extend(whole.structural) } else { ways.push((whole, seen)) }
    }
    if start.is_never() {
        why.extend(start.structural);
    }
    (ways, why)
}

fn nat(
    cx: Cx<'_>,
    interface: &Interface,
    subnet: &Subnet,
    private: IpAddr,
    (destination, traffic, client): (IpAddr, Traffic, &PortSet),
    id: &str,
) -> (Alts, Option<IpAddr>) {
    let place = interface.place.clone();
    let dead = |statement: String, code| (Alts::never(Fact::new(id, statement, place.clone()).coded(code)), None);
    let Some(gateway) = cx.world.nat_gateways.get(id) else {
        return (Alts::unknown(cx.missing(&subnet.account, &subnet.region, "ec2/describe-nat-gateways", id)), None);
    };
    if !gateway.available {
        return dead("the NAT gateway is not available".to_owned(), "BAD_STATE");
    }
    if !matches!(traffic.protocol, Protocol::TCP | Protocol::UDP | Protocol::ICMP) {
        return dead(format!("a NAT gateway does not translate {}", traffic.protocol), "PROTOCOL_RESTRICTION");
    }
    let own = gateway.subnet.as_ref().and_then(|id| cx.world.subnets.get(id));
    let Some(own) = own.filter(|_| !gateway.regional) else {
        return (Alts::unknown(Gap::not_modelled(format_args!("regional NAT gateway {id}"))), None);
    };
    if own.id == subnet.id {
        return dead(format!("the NAT gateway stands in {} itself", subnet.id), "CANNOT_ROUTE");
    }
    if !gateway.public {
        return (Alts::unknown(Gap::not_modelled(format_args!("internet behind private NAT gateway {id}"))), None);
    }
    let packet = Packet::Fixed(traffic);
    let reply = |ports: &PortSet| Packet::reply_to(traffic, ports);
    let (choices, structural) = routing::choices(cx, own, destination);
    let mut onward = Alts { structural, ..Alts::none() };
    for choice in choices {
        onward = match choice.target {
            Target::Internet(_) => onward.or(choice.alts),
            Target::Other(id) if id.is_empty() => onward.or(choice.alts),
            Target::Transit(_) | Target::Vpn(_) | Target::Other(_) => {
                let gap = Gap::not_modelled(format_args!("route of {} beyond NAT gateway {id}", own.id));
                onward.or(choice.alts.and(Alts::unknown(gap)))
            }
            _ => onward,
        };
    }
    let alts = filters::acl(cx, own, Direction::In, private, &packet)
        .and(Alts::because(Fact::new(id, "translates to its public address", gateway.place.clone())))
        .and(onward)
        .and(block_public_access(cx, own, false))
        .and(filters::acl(cx, own, Direction::Out, destination, &packet))
        // The gateway chooses its own port from 1024 up; the client's port is back behind it.
        .and(any_translated(filters::acl(cx, own, Direction::In, destination, &reply(&PortSet::translated()))))
        .and(filters::acl(cx, own, Direction::Out, private, &reply(client)));
    (alts, gateway.public_ips.first().copied())
}

/// The translated port is not the client's: one that comes back is enough, and says nothing about the client's.
pub(crate) fn any_translated(mut alts: Alts) -> Alts {
    for alt in &mut alts.list {
        alt.client = PortSet::all();
    }
    alts
}

/// A gateway endpoint serves TCP, and ICMP echo, inside its own VPC:
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>.
fn endpoint(cx: Cx<'_>, subnet: &Subnet, id: &str, traffic: Traffic) -> Alts {
    let Some(place) = cx.world.gateway_endpoints.get(id) else {
        return Alts::unknown(cx.missing(&subnet.account, &subnet.region, "ec2/describe-vpc-endpoints", id));
    };
    let fact = |statement: &str| Fact::new(id, statement, place.clone());
    match (traffic.protocol, traffic.port) {
        (Protocol::TCP, _) | (Protocol::ICMP, 8) => Alts::because(fact("leads to its service")),
        _ => Alts::never(fact("serves only TCP").coded("VPCE_GATEWAY_PROTOCOL_RESTRICTION")),
    }
}

fn through_transit(cx: Cx<'_>, subnet: &Subnet, gateway: &str, destination: IpAddr) -> Alts {
    let entry = cx.world.transit.attachments.values().find(|attachment| {
        attachment.gateway == gateway && attachment.vpc.as_deref() == Some(&subnet.vpc) && attachment.available
    });
    if let Some(table) = entry.and_then(|entry| entry.table.as_ref())
        && let Ok(None) = transit::lookup(cx, table, destination)
    {
        let place = portcullis_estate::loading::place_of_call(
            &subnet.account,
            &subnet.region,
            "ec2/search-transit-gateway-routes",
        );
        let fact = Fact::new(table.as_str(), "no route for this destination", place);
        return Alts::never(fact.coded("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"));
    }
    Alts::unknown(Gap::not_modelled(format_args!("internet behind transit gateway {gateway}")))
}
