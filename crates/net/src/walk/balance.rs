//! Load balancers: the leg to the balancer, and for network load balancers on to a target.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html>.

use std::net::IpAddr;

use portcullis_estate::{Assumption, Fact, Gap};

use super::connect::{self, End};
use super::filters::{self, Party};
use super::{Cx, routing};
use crate::model::{Balancer, BalancerKind, Direction, Interface, Listener, Registered, Role, Target, TargetGroup};
use crate::reach::settle;
use crate::sets::PortSet;
use crate::traffic::{Packet, Protocol, Traffic};
use crate::ways::Alts;

/// Who asks a balancer.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    /// The interface, for one of the estate.
    pub(crate) interface: Option<&'a Interface>,
    /// The address that the balancer sees.
    pub(crate) address: IpAddr,
}

/// One workload behind a balancer, on one of its ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Only<'a> {
    pub(crate) kind: &'a str,
    pub(crate) id: &'a str,
    pub(crate) port: u16,
}

/// The balancer that a node belongs to.
pub(crate) fn of_node<'a>(cx: Cx<'a>, node: &Interface) -> Option<&'a Balancer> {
    cx.world.balancers.get(&node.owner()?.id)
}

fn listens(listener: &Listener, traffic: Traffic) -> bool {
    let protocol = match listener.protocol.as_str() {
        "UDP" | "QUIC" => traffic.protocol == Protocol::UDP,
        "TCP_UDP" | "TCP_QUIC" => matches!(traffic.protocol, Protocol::TCP | Protocol::UDP),
        _ => traffic.protocol == Protocol::TCP,
    };
    protocol && listener.port == traffic.port
}

/// The listeners that take this traffic; or why it goes no further.
pub(crate) fn listeners(balancer: &Balancer, traffic: Traffic) -> Result<Vec<&Listener>, Alts> {
    if let Some(down) = &balancer.down {
        return Err(Alts::never(down.clone()));
    }
    let all = match &balancer.listeners {
        Ok(all) => all,
        Err(gap) => return Err(Alts::unknown(gap.clone())),
    };
    if traffic.protocol.is_icmp() && balancer.kind != BalancerKind::Network {
        return Err(Alts::unknown(Gap::not_modelled(format_args!("ICMP to {}", balancer.id))));
    }
    let fitting: Vec<_> = all.iter().filter(|listener| listens(listener, traffic)).collect();
    if fitting.is_empty() {
        let fact = Fact::new(balancer.id.as_str(), format!("no listener for {traffic}"), balancer.place.clone());
        return Err(Alts::never(fact.coded("ELBV2_LISTENERS_MISMATCH")));
    }
    Ok(fitting)
}

/// What becomes of a connection that has reached a node: an application load balancer answers itself, a network load
/// balancer hands it on.
pub(crate) fn beyond(
    cx: Cx<'_>,
    client: Client<'_>,
    (node, only): (&Interface, Option<Only<'_>>),
    traffic: Traffic,
    ports: &PortSet,
) -> Alts {
    let Some(balancer) = of_node(cx, node) else {
        return Alts::unknown(Gap::other(format_args!("load balancer of {}", node.id), "not seen"));
    };
    let fitting = match listeners(balancer, traffic) {
        Ok(fitting) => fitting,
        Err(alts) => return alts,
    };
    let mut whole = Alts::none();
    for listener in fitting {
        let notes =
            if listener.notes.is_empty() { String::new() } else { format!(", with {}", listener.notes.join(", ")) };
        let statement = format!("listens on {traffic}{notes}");
        let fact = Fact::new(balancer.id.as_str(), statement, listener.place.clone());
        let step = Alts::enabled(listener.id.as_str(), fact);
        if balancer.kind != BalancerKind::Network || listener.protocol == "TLS" {
            whole = whole.or(step);
            continue;
        }
        let mut onward = Alts::none();
        for group in &listener.targets {
            onward = onward.or(into_group(cx, client, (balancer, node, only), group, traffic, ports));
        }
        whole = whole.or(match &listener.gap {
            Some(gap) => step.and(onward.or(Alts::unknown(gap.clone()))),
            None => step.and(onward),
        });
    }
    whole
}

fn into_group(
    cx: Cx<'_>,
    client: Client<'_>,
    (balancer, node, only): (&Balancer, &Interface, Option<Only<'_>>),
    id: &str,
    traffic: Traffic,
    ports: &PortSet,
) -> Alts {
    let Some(group) = cx.world.target_groups.get(id) else {
        let what = format!("target group {id}");
        return Alts::unknown(cx.missing(&balancer.account, &balancer.region, "elbv2/describe-target-groups", &what));
    };
    if let Some(only) = only {
        return into_workload(cx, client, (balancer, node, only), group, traffic, ports);
    }
    let chosen = match eligible(cx, balancer, node, group) {
        Ok(chosen) => chosen,
        Err(gap) => return Alts::unknown(gap),
    };
    if chosen.is_empty() {
        let fact =
            Fact::new(group.id.as_str(), format!("no target in the zone of {}", node.subnet), balancer.place.clone());
        return Alts::never(fact.coded("ELBV2_NO_TARGETS_IN_AZ"));
    }
    let mut whole = Alts::none();
    for target in chosen {
        for (interface, address) in interfaces_of(cx, group, target, &node.vpc) {
            whole = whole.or(leg(cx, client, node, group, (target, interface, address), traffic, ports));
        }
        if interfaces_of(cx, group, target, &node.vpc).is_empty() {
            whole = whole.or(Alts::unknown(Gap::not_modelled(format_args!("target {} of {}", target.id, group.id))));
        }
    }
    whole
}

/// To one workload among the targets, healthy or not: health comes and goes, being registered stands.
fn into_workload(
    cx: Cx<'_>,
    client: Client<'_>,
    (balancer, node, only): (&Balancer, &Interface, Only<'_>),
    group: &TargetGroup,
    traffic: Traffic,
    ports: &PortSet,
) -> Alts {
    let mut whole = Alts::none();
    let mut met = Vec::new();
    match zoned(cx, balancer, node, group) {
        Ok(targets) => {
            for target in targets.into_iter().filter(|target| target.port == Some(only.port)) {
                for (interface, address) in interfaces_of(cx, group, target, &node.vpc) {
                    if interface.belongs_to(only.kind, only.id) {
                        met.push(interface.id.as_str());
                        whole = whole.or(leg(cx, client, node, group, (target, interface, address), traffic, ports));
                    }
                }
            }
        }
        Err(gap) => whole = whole.or(Alts::unknown(gap)),
    }
    let registers = |(service, port): &(String, Option<u16>)| {
        only.kind == "ecs.service" && service == only.id && port.is_none_or(|port| port == only.port)
    };
    if group.services.iter().any(registers) {
        // A task of the service that runs tomorrow registers here too, wherever it is placed.
        let standing = Registered {
            id: only.id.to_owned(),
            port: Some(only.port),
            zone: None,
            healthy: true,
            used: true,
            place: balancer.place.clone(),
        };
        let tasks = cx.world.interfaces.iter().filter(|interface| interface.belongs_to(only.kind, only.id));
        for interface in tasks.filter(|interface| !met.contains(&interface.id.as_str())) {
            for own in &interface.addresses {
                for address in cx.positions(interface, own, node) {
                    whole = whole.or(leg(cx, client, node, group, (&standing, interface, address), traffic, ports));
                }
            }
        }
    }
    whole
}

/// The targets a node sends to: of its own zone unless it balances over zones; the healthy ones, or all if none is
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html>: fail open).
fn eligible<'a>(
    cx: Cx<'_>,
    balancer: &Balancer,
    node: &Interface,
    group: &'a TargetGroup,
) -> Result<Vec<&'a Registered>, Gap> {
    let here = zoned(cx, balancer, node, group)?;
    let healthy: Vec<&Registered> = here.iter().copied().filter(|target| target.healthy).collect();
    Ok(if healthy.is_empty() { here } else { healthy })
}

fn zoned<'a>(
    cx: Cx<'_>,
    balancer: &Balancer,
    node: &Interface,
    group: &'a TargetGroup,
) -> Result<Vec<&'a Registered>, Gap> {
    let targets = group.targets.as_ref().map_err(Clone::clone)?;
    let cross = match group.cross_zone {
        Some(cross) => cross,
        None => balancer.cross_zone.clone()?,
    };
    let zone = cx.world.subnets.get(&node.subnet).and_then(|subnet| subnet.zone.as_deref());
    let in_zone = |target: &&Registered| {
        let own = target.zone.as_deref().or_else(|| {
            let (interface, _) = interfaces_of(cx, group, target, &node.vpc).into_iter().next()?;
            cx.world.subnets.get(&interface.subnet)?.zone.as_deref()
        });
        cross || own == zone || own == Some("all")
    };
    Ok(targets.iter().filter(|target| target.used).filter(in_zone).collect())
}

/// The interfaces of a target with the address that is used.
pub(crate) fn interfaces_of<'a>(
    cx: Cx<'a>,
    group: &TargetGroup,
    target: &Registered,
    vpc: &str,
) -> Vec<(&'a Interface, IpAddr)> {
    let world = cx.world;
    if group.by_address {
        let Ok(address) = target.id.parse::<IpAddr>() else { return Vec::new() };
        let all = world.by_address.get(&address).into_iter().flatten().filter_map(|index| world.interfaces.get(*index));
        let mut found: Vec<_> = all.filter(|i| i.addresses.iter().any(|a| a.private == Some(address))).collect();
        if found.iter().any(|interface| interface.vpc == vpc) {
            found.retain(|interface| interface.vpc == vpc);
        }
        return found.into_iter().map(|interface| (interface, address)).collect();
    }
    // An instance is reached at its primary interface, the one with the lowest address entry of its own subnet.
    let indices = world.by_owner.get(&("ec2.instance", target.id.clone()));
    let mut found: Vec<_> = indices.into_iter().flatten().filter_map(|index| world.interfaces.get(*index)).collect();
    let primary = cx.estate.instances.first(&target.id).and_then(|(_, row)| row.data.private_ip_address.known());
    let primary = primary.and_then(|text| text.parse::<IpAddr>().ok());
    if found.iter().any(|interface| interface.addresses.iter().any(|address| address.private == primary)) {
        found.retain(|interface| interface.addresses.iter().any(|address| address.private == primary));
    }
    found
        .into_iter()
        .filter_map(|interface| Some((interface, interface.addresses.iter().find_map(|address| address.private)?)))
        .collect()
}

/// The balancer's own connection to a target, or the client's, handed on with its own address.
fn leg(
    cx: Cx<'_>,
    client: Client<'_>,
    node: &Interface,
    group: &TargetGroup,
    (target, interface, address): (&Registered, &Interface, IpAddr),
    traffic: Traffic,
    ports: &PortSet,
) -> Alts {
    let traffic = target.port.map_or(traffic, |port| traffic.to_port(port));
    let preserves = match &group.preserves_client {
        Ok(preserves) => *preserves,
        Err(gap) => return Alts::unknown(gap.clone()),
    };
    let statement = format!("target {} on {traffic}", target.id);
    let mut alts = Alts::because(Fact::new(group.id.as_str(), statement, target.place.clone()));
    if group.assumed_default {
        alts.assumed.insert(Assumption::TargetGroupAttributesDefault);
    }
    if preserves {
        return alts.and(preserved(cx, client, node, (interface, address), traffic, ports));
    }
    let to = End { interface, address };
    let mut own = Alts::none();
    for node_address in &node.addresses {
        let from =
            cx.positions(node, node_address, interface).into_iter().filter(|from| from.is_ipv4() == address.is_ipv4());
        let steps = from.map(|from| {
            let from = End { interface: node, address: from };
            super::internet::any_translated(connect::private(cx, from, to, traffic, &PortSet::translated()))
        });
        own = own.or(settle(steps.collect(), || Gap::other(format_args!("address of {}", node.id), "not shown")));
    }
    alts.and(own)
}

fn preserved(
    cx: Cx<'_>,
    client: Client<'_>,
    node: &Interface,
    (interface, address): (&Interface, IpAddr),
    traffic: Traffic,
    ports: &PortSet,
) -> Alts {
    let refuse = |statement: &str, code| {
        Alts::never(Fact::new(interface.id.as_str(), statement, interface.place.clone()).coded(code))
    };
    if let Some(down) = &interface.down {
        return Alts::never(down.clone());
    }
    if interface.role != Role::Workload {
        return Alts::unknown(Gap::not_modelled(format_args!("target {} behind {}", interface.id, node.id)));
    }
    let itself = client.interface.is_some_and(|own| {
        own.id == interface.id || own.owners.iter().any(|o| interface.owners.contains(o) && o.kind == "ec2.instance")
    });
    if itself {
        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html>.
        return refuse("the client is its own target, with its address preserved", "ELBV2_SOURCE_ADDRESS_PRESERVATION");
    }
    if interface.vpc != node.vpc {
        return Alts::unknown(Gap::not_modelled(format_args!(
            "preserved client address to {} in another VPC",
            interface.id
        )));
    }
    // The target may refer to the balancer's groups although it sees the client's address.
    let party = Party { address: client.address, identity: Some(node) };
    let mut alts = filters::groups(cx, interface, Direction::In, party, traffic);
    if node.subnet == interface.subnet {
        return alts;
    }
    let (from, to) = match (cx.subnet(node), cx.subnet(interface)) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(gap), _) | (_, Err(gap)) => return alts.and(Alts::unknown(gap)),
    };
    let (there, back) = (Packet::Fixed(traffic), Packet::reply_to(traffic, ports));
    let (choices, structural) = routing::choices(cx, from, address);
    let mut routed = Alts { structural, ..Alts::none() };
    for choice in choices {
        routed = match choice.target {
            Target::Local => routed.or(choice.alts),
            Target::Other(_) => {
                routed.or(choice.alts.and(Alts::unknown(Gap::not_modelled(format_args!("route of {}", from.id)))))
            }
            _ => routed,
        };
    }
    alts = alts.and(filters::acl(cx, from, Direction::Out, address, &there)).and(routed).and(filters::acl(
        cx,
        to,
        Direction::In,
        client.address,
        &there,
    ));
    // The answer goes back through the balancer, whatever the target's routes say of the client.
    alts.and(filters::acl(cx, to, Direction::Out, client.address, &back)).and(filters::acl(
        cx,
        from,
        Direction::In,
        address,
        &back,
    ))
}
