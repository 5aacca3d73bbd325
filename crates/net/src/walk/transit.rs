//! Transit gateways: <https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html>.

use std::net::IpAddr;

use portcullis_estate::{Fact, Gap};

use super::carry::{Hop, Medium};
use super::{Cx, filters, routing};
use crate::model::{Attachment, Direction, Subnet, Target, TransitRoute};
use crate::traffic::Packet;
use crate::ways::Alts;

/// From a subnet into the transit gateway, through its table, out of an attachment subnet, to the other subnet.
pub(super) fn follow(
    cx: Cx<'_>,
    hop: &Hop<'_>,
    from: &Subnet,
    to: &Subnet,
    gateway: &str,
    packet: &Packet,
) -> Result<(Alts, Medium), Fact> {
    let plain = Medium::Transit { references: false };
    let entry = match attachment(cx, gateway, &from.vpc) {
        Ok(Some(attachment)) => attachment,
        Ok(None) => {
            let place = hop.from.place.clone();
            return Err(Fact::new(gateway, format!("{} is not attached to it", from.vpc), place).coded("CANNOT_ROUTE"));
        }
        Err(gap) => return Ok((Alts::unknown(gap), plain)),
    };
    // A zone without an attachment subnet cannot send:
    // <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html>.
    let Some(way_in) = in_zone(cx, entry, from.zone.as_deref()) else {
        let statement = format!("{} has no subnet in the zone of {}", entry.id, from.id);
        return Err(Fact::new(entry.id.as_str(), statement, entry.place.clone()).coded("TGW_ATTACH_VPC_AZ_RESTRICTION"));
    };
    let Some(table) = &entry.table else {
        let statement = format!("{} uses no route table of the transit gateway", entry.id);
        let fact = Fact::new(entry.id.as_str(), statement, entry.place.clone());
        return Err(fact.coded("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"));
    };
    let (exit, evidence) = match lookup(cx, table, hop.destination) {
        Ok(Some(route)) => {
            if let Some(id) = &route.attachment {
                (id, Fact::new(table.as_str(), format!("{} leads to {id}", route.text), route.place.clone()))
            } else {
                let statement = format!("{} is a blackhole", route.text);
                return Err(Fact::new(table.as_str(), statement, route.place.clone()).coded("TGW_RTB_BAD_STATE_ROUTE"));
            }
        }
        Ok(None) => {
            let statement = "no route for this destination".to_owned();
            let fact = Fact::new(table.as_str(), statement, entry.place.clone());
            return Err(fact.coded("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"));
        }
        Err(gap) => return Ok((Alts::unknown(gap), plain)),
    };
    let Some(exit) = cx.world.transit.attachments.get(exit) else {
        let what = format!("transit gateway attachment {exit}");
        let gap = cx.missing(&from.account, &from.region, "ec2/describe-transit-gateway-attachments", &what);
        return Ok((Alts::unknown(gap), plain));
    };
    if exit.vpc.as_deref() != Some(&to.vpc) {
        if exit.vpc.is_none() {
            let gap = Gap::not_modelled(format_args!("{} attachment {} of {gateway}", exit.kind, exit.id));
            return Ok((Alts::unknown(gap), plain));
        }
        let statement = format!("{} does not lead to {}", exit.id, to.vpc);
        return Err(Fact::new(exit.id.as_str(), statement, exit.place.clone()).coded("TGW_RTB_CANNOT_ROUTE"));
    }
    if !exit.available {
        let fact = Fact::new(exit.id.as_str(), "the attachment is not available", exit.place.clone());
        return Err(fact.coded("BAD_STATE_ATTACHMENT"));
    }
    let supports = cx.world.transit.references.get(gateway).copied().unwrap_or(false);
    let medium = Medium::Transit { references: supports && entry.references && exit.references };
    let enter = into_gateway(cx, hop, from, way_in, packet);
    let leave = out_of_gateway(cx, hop, (from, way_in), to, exit, packet);
    Ok((enter.and(Alts::because(evidence)).and(leave), medium))
}

fn attachment<'a>(cx: Cx<'a>, gateway: &str, vpc: &str) -> Result<Option<&'a Attachment>, Gap> {
    let found = cx.world.transit.attachments.values().find(|attachment| {
        attachment.gateway == gateway && attachment.vpc.as_deref() == Some(vpc) && attachment.available
    });
    match (found, cx.world.transit.gaps.first()) {
        (Some(attachment), _) => Ok(Some(attachment)),
        (None, Some(gap)) => Err(gap.clone()),
        (None, None) => Ok(None),
    }
}

fn in_zone<'a>(cx: Cx<'a>, attachment: &Attachment, zone: Option<&str>) -> Option<&'a Subnet> {
    attachment.subnets.iter().filter_map(|id| cx.world.subnets.get(id)).find(|subnet| subnet.zone.as_deref() == zone)
}

/// The route of a transit gateway table: longest prefix, then static before propagated.
pub(crate) fn lookup<'a>(cx: Cx<'a>, table: &str, address: IpAddr) -> Result<Option<&'a TransitRoute>, Gap> {
    if let Some(gap) = cx.world.transit.table_gaps.get(table) {
        return Err(gap.clone());
    }
    let Some(routes) = cx.world.transit.tables.get(table) else {
        return Err(Gap::other(format_args!("transit gateway route table {table}"), "not seen"));
    };
    let best = |route: &&TransitRoute| (route.length, route.is_static);
    Ok(routes.iter().filter(|route| route.addresses.contains(address)).max_by_key(best))
}

/// <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html>: the attachment subnet's inbound entries judge what its
/// VPC sends, by the instance's address; in the instance's own subnet both directions do.
fn into_gateway(cx: Cx<'_>, hop: &Hop<'_>, from: &Subnet, way_in: &Subnet, packet: &Packet) -> Alts {
    // The outbound entries of the instance's subnet were judged on leaving it.
    let _ = from;
    filters::acl(cx, way_in, Direction::In, hop.source, packet)
}

fn out_of_gateway(
    cx: Cx<'_>,
    hop: &Hop<'_>,
    source: (&Subnet, &Subnet),
    to: &Subnet,
    exit: &Attachment,
    packet: &Packet,
) -> Alts {
    // Without appliance mode the packet stays in its zone; where the far attachment has no subnet there, AWS picks one.
    let candidates: Vec<&Subnet> = match in_zone(cx, exit, source.1.zone.as_deref()).filter(|_| !exit.appliance_mode) {
        Some(subnet) => vec![subnet],
        None => exit.subnets.iter().filter_map(|id| cx.world.subnets.get(id)).collect(),
    };
    if candidates.is_empty() {
        return Alts::unknown(Gap::other(format_args!("subnets of {}", exit.id), "not seen"));
    }
    let steps: Vec<Alts> = candidates.iter().map(|subnet| deliver(cx, hop, subnet, to, packet)).collect();
    let alike = steps.windows(2).all(|pair| match pair {
        [a, b] => {
            a.list.iter().any(|alt| alt.way.is_open()) == b.list.iter().any(|alt| alt.way.is_open())
                && a.is_never() == b.is_never()
        }
        _ => true,
    });
    let gap = Gap::other(format_args!("the zone in which {} delivers", exit.id), "not shown");
    let open = steps.iter().all(|step| step.list.iter().any(|alt| alt.way.is_open()));
    let mut steps = steps.into_iter();
    match steps.next() {
        Some(first) if candidates.len() == 1 || (alike && open) => first,
        first => steps.chain(first).fold(Alts::none(), super::super::ways::Alts::or).if_known(&gap),
    }
}

fn deliver(cx: Cx<'_>, hop: &Hop<'_>, exit: &Subnet, to: &Subnet, packet: &Packet) -> Alts {
    // What comes out of a transit gateway is routed by the table of the attachment subnet.
    let (choices, why) = routing::choices(cx, exit, hop.destination);
    let mut routed = Alts { structural: why, ..Alts::none() };
    for choice in choices {
        routed = match choice.target {
            Target::Local => routed.or(choice.alts),
            Target::Other(id) if id.is_empty() => routed.or(choice.alts),
            Target::Other(id) => routed
                .or(choice.alts.and(Alts::unknown(Gap::not_modelled(format_args!("route of {} to {id}", exit.id))))),
            _ => routed,
        };
    }
    if exit.id == to.id {
        // Same subnet: nothing is judged towards the instance.
        return routed;
    }
    routed.and(filters::acl(cx, exit, Direction::Out, hop.destination, packet)).and(filters::acl(
        cx,
        to,
        Direction::In,
        hop.source,
        packet,
    ))
}
