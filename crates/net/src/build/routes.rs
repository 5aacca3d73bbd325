//! Route tables and what they lead to: gateways, peering connections, gateway endpoints.

use std::net::IpAddr;

use portcullis_estate::failure::network::{ALTERNATIVE_ORIGIN, alternative_routes};
use portcullis_estate::{Estate, Gap, Row};
use portcullis_snapshot::shapes::ec2;
use portcullis_snapshot::{Missing, Place};

use super::{block, length, prefixes};
use crate::model::{NatGateway, Peering, Route, Table, Target, World};
use crate::sets::AddressSet;

pub(super) fn build(estate: &Estate, world: &mut World) {
    gateways(estate, world);
    for (_, row) in estate.route_tables.iter() {
        let account = row.data.owner_id.known().map_or(&*row.account, String::as_str);
        if world.tables.contains_key(&*row.id) && account != &*row.account {
            continue;
        }
        let vpc = row.data.vpc_id.known().cloned().unwrap_or_default();
        for association in row.data.associations.known().into_iter().flatten() {
            let state = association.association_state.known().and_then(|state| state.state.known());
            if state.is_some_and(|state| state != "associated" && state != "associating") {
                continue;
            }
            if association.main.known() == Some(&true) {
                world.main_tables.insert(vpc.clone(), row.id.to_string());
            }
            if let Some(subnet) = association.subnet_id.known().and_then(|id| world.subnets.get_mut(id)) {
                subnet.table = Some(row.id.to_string());
            }
            if let Some(gateway) = association.gateway_id.known() {
                world.edge_tables.insert(gateway.clone(), row.id.to_string());
            }
        }
        let table = Table {
            id: row.id.to_string(),
            account: account.to_owned(),
            region: row.region.to_string(),
            vpc: vpc.clone(),
            place: row.place.clone(),
            routes: routes(estate, row).map(|mut own| {
                // What the table would have if it failed, unless it already has.
                if !own.iter().any(|route| route.alternative) {
                    own.extend(blocked_routes(estate, row, &vpc));
                }
                own
            }),
        };
        world.tables.insert(row.id.to_string(), table);
    }
    // Endpoints of firewalls and gateway load balancers look like gateway endpoints in a route, and are appliances.
    for route in world.tables.values_mut().filter_map(|table| table.routes.as_mut().ok()).flatten() {
        if let Target::GatewayEndpoint(id) = &route.target
            && !world.gateway_endpoints.contains_key(id)
        {
            route.target = Target::Other(id.clone());
        }
    }
    peerings(estate, world);
    nat_gateways(estate, world);
}

fn attached(attachments: Option<&Vec<ec2::GatewayAttachment>>) -> impl Iterator<Item = String> {
    attachments
        .into_iter()
        .flatten()
        .filter(|a| a.state.known().is_some_and(|state| state == "available" || state == "attached"))
        .filter_map(|attachment| attachment.vpc_id.known().cloned())
}

fn gateways(estate: &Estate, world: &mut World) {
    for (_, row) in estate.internet_gateways.iter() {
        for vpc in attached(row.data.attachments.known()) {
            world.internet_gateways.insert(vpc, (row.id.to_string(), row.place.clone()));
        }
    }
    for (_, row) in estate.egress_only_internet_gateways.iter() {
        for vpc in attached(row.data.attachments.known()) {
            world.egress_only.insert(vpc, row.id.to_string());
        }
    }
    for (_, row) in estate.vpn_gateways.iter() {
        for attachment in row.data.vpc_attachments.known().into_iter().flatten() {
            if attachment.state.known().is_some_and(|state| state == "attached")
                && let Some(vpc) = attachment.vpc_id.known()
            {
                world.vpn_gateways.insert(vpc.clone(), row.id.to_string());
            }
        }
    }
    for (_, row) in estate.vpc_endpoints.iter() {
        let available = row.data.state.known().is_some_and(|state| state.eq_ignore_ascii_case("available"));
        if available && row.data.vpc_endpoint_type.known().is_some_and(|kind| kind == "Gateway") {
            world.gateway_endpoints.insert(row.id.to_string(), row.place.clone());
        }
    }
}

fn peerings(estate: &Estate, world: &mut World) {
    for (_, row) in estate.vpc_peering_connections.iter() {
        let side = |side: Option<&ec2::PeeringVpc>| {
            let Some(side) = side else { return (String::new(), AddressSet::empty(), String::new()) };
            let mut blocks: Vec<&str> = Vec::new();
            blocks.extend(side.cidr_block.known().map(String::as_str));
            let set = side.cidr_block_set.known().into_iter().flatten();
            blocks.extend(set.filter_map(|cidr| cidr.cidr_block.known()).map(String::as_str));
            let set = side.ipv6_cidr_block_set.known().into_iter().flatten();
            blocks.extend(set.filter_map(|cidr| cidr.ipv6_cidr_block.known()).map(String::as_str));
            (
                side.vpc_id.known().cloned().unwrap_or_default(),
                AddressSet::parse_all(blocks).unwrap_or_default(),
                side.region.known().cloned().unwrap_or_default(),
            )
        };
        let peering = Peering {
            active: row.data.status.known().is_some_and(|status| status.code == "active"),
            place: row.place.clone(),
            sides: [side(row.data.requester_vpc_info.known()), side(row.data.accepter_vpc_info.known())],
        };
        world.peerings.insert(row.id.to_string(), peering);
    }
}

fn nat_gateways(estate: &Estate, world: &mut World) {
    for (_, row) in estate.nat_gateways.iter() {
        let addresses = row.data.nat_gateway_addresses.known().into_iter().flatten();
        let ip = |text: Option<&String>| text.and_then(|text| text.parse::<IpAddr>().ok());
        let gateway = NatGateway {
            subnet: row.data.subnet_id.known().cloned(),
            available: row.data.state.known().is_some_and(|state| state == "available"),
            // Private gateways came in 2021; before, every gateway was public.
            public: row.data.connectivity_type.known().is_none_or(|kind| kind == "public"),
            regional: row.data.availability_mode.known().is_some_and(|mode| mode == "regional"),
            public_ips: addresses.filter_map(|address| ip(address.public_ip.known())).collect(),
            place: row.place.clone(),
        };
        world.nat_gateways.insert(row.id.to_string(), gateway);
    }
}

fn routes(estate: &Estate, row: &Row<ec2::RouteTable>) -> Result<Vec<Route>, Gap> {
    let base = row.place.member("Routes");
    let all = row.data.routes.get().map_err(|missing| Gap::member(&base, missing))?;
    let mut routes = Vec::new();
    for route in all {
        let unseen = |missing: &Missing| Gap::member(&base, missing);
        let target = target(route).map_err(|missing| unseen(&missing))?;
        let origin = route.origin.known().map(String::as_str);
        let alternative = origin == Some(ALTERNATIVE_ORIGIN);
        let propagated = origin == Some("EnableVgwRoutePropagation");
        let (active, gap) = match route.state.get() {
            Ok(state) => (state == "active", None),
            Err(missing) => (true, Some(unseen(missing))),
        };
        let mut push = |text: &str, addresses: AddressSet, length: u32, rank: u8, gap: Option<Gap>, place: Place| {
            routes.push(Route {
                addresses,
                length,
                rank,
                target: target.clone(),
                active,
                gap,
                alternative,
                blocked: false,
                place,
                text: text.to_owned(),
            });
        };
        let rank = if propagated { 2 } else { 0 };
        for cidr in [route.destination_cidr_block.get(), route.destination_ipv6_cidr_block.get()] {
            if let Some(cidr) = cidr.map_err(unseen)? {
                let place = base.keyed(cidr);
                push(cidr, block(cidr, &place)?, length(cidr), rank, gap.clone(), place);
            }
        }
        if let Some(list) = route.destination_prefix_list_id.get().map_err(unseen)? {
            let place = base.keyed(list);
            match prefixes::blocks(estate, &row.account, &row.region, list) {
                Ok(blocks) => {
                    for cidr in &blocks {
                        push(list, block(cidr, &place)?, length(cidr), 1, gap.clone(), place.clone());
                    }
                }
                Err(unread) => push(list, AddressSet::all(), u32::MAX, 1, Some(unread), place),
            }
        }
    }
    routes.sort_by(|a, b| (&a.text, &a.target, a.alternative).cmp(&(&b.text, &b.target, b.alternative)));
    Ok(routes)
}

fn blocked_routes(estate: &Estate, row: &Row<ec2::RouteTable>, vpc: &str) -> Vec<Route> {
    let mut routes = Vec::new();
    for route in alternative_routes(estate, vpc) {
        let Ok(target) = target(&route) else { continue };
        for cidr in
            [route.destination_cidr_block.known(), route.destination_ipv6_cidr_block.known()].into_iter().flatten()
        {
            let Some(addresses) = AddressSet::parse(cidr) else { continue };
            routes.push(Route {
                addresses,
                length: length(cidr),
                rank: 0,
                target: target.clone(),
                active: true,
                gap: None,
                alternative: true,
                blocked: true,
                place: row.place.member("Routes"),
                text: cidr.clone(),
            });
        }
    }
    routes
}

fn target(route: &ec2::Route) -> Result<Target, Missing> {
    let known =
        |member: &portcullis_snapshot::Optional<String>| Ok::<_, Missing>(member.get().map_err(Clone::clone)?.cloned());
    if let Some(id) = known(&route.nat_gateway_id)? {
        return Ok(Target::Nat(id));
    }
    if let Some(id) = known(&route.vpc_peering_connection_id)? {
        return Ok(Target::Peering(id));
    }
    if let Some(id) = known(&route.transit_gateway_id)? {
        return Ok(Target::Transit(id));
    }
    if let Some(id) = known(&route.egress_only_internet_gateway_id)? {
        return Ok(Target::EgressOnly(id));
    }
    if let Some(id) = known(&route.gateway_id)? {
        return Ok(match id.split('-').next() {
            Some("local") => Target::Local,
            Some("igw") => Target::Internet(id),
            Some("vgw") => Target::Vpn(id),
            Some("eigw") => Target::EgressOnly(id),
            Some("nat") => Target::Nat(id),
            Some("vpce") => Target::GatewayEndpoint(id),
            _ => Target::Other(id),
        });
    }
    for member in [
        &route.network_interface_id,
        &route.instance_id,
        &route.carrier_gateway_id,
        &route.local_gateway_id,
        &route.core_network_arn,
        &route.odb_network_arn,
    ] {
        if let Some(id) = known(member)? {
            return Ok(Target::Other(id));
        }
    }
    Ok(Target::Other("a target that the answer does not name".to_owned()))
}
