//! Transit gateways: attachments, and the routes that their tables hold.

use portcullis_estate::{Estate, Gap};

use super::length;
use crate::model::{Attachment, TransitRoute, World};
use crate::sets::AddressSet;

const ROUTES: &str = "ec2/search-transit-gateway-routes";
const PROPAGATIONS: &str = "ec2/get-transit-gateway-route-table-propagations";

pub(super) fn build(estate: &Estate, world: &mut World) {
    for (_, row) in estate.transit_gateways.iter() {
        let support = row.data.options.known().and_then(|options| options.security_group_referencing_support.known());
        world.transit.references.insert(row.id.to_string(), support.is_some_and(|support| support == "enable"));
    }
    for (_, row) in estate.transit_gateway_attachments.iter() {
        let table = row.data.association.known().filter(|a| a.state.known().is_some_and(|state| state == "associated"));
        let attachment = Attachment {
            id: row.id.to_string(),
            gateway: row.data.transit_gateway_id.known().cloned().unwrap_or_default(),
            vpc: None,
            kind: row.data.resource_type.known().cloned().unwrap_or_default(),
            available: row.data.state.known().is_some_and(|state| state == "available"),
            subnets: Vec::new(),
            appliance_mode: false,
            references: false,
            table: table.and_then(|association| association.transit_gateway_route_table_id.known().cloned()),
            place: row.place.clone(),
        };
        world.transit.attachments.insert(row.id.to_string(), attachment);
    }
    for (_, row) in estate.transit_gateway_vpc_attachments.iter() {
        let Some(vpc) = row.data.vpc_id.known() else { continue };
        let attachment = world.transit.attachments.entry(row.id.to_string()).or_insert_with(|| Attachment {
            id: row.id.to_string(),
            gateway: row.data.transit_gateway_id.known().cloned().unwrap_or_default(),
            vpc: None,
            kind: "vpc".to_owned(),
            available: false,
            subnets: Vec::new(),
            appliance_mode: false,
            references: false,
            table: None,
            place: row.place.clone(),
        });
        attachment.vpc = Some(vpc.clone());
        attachment.available = row.data.state.known().is_some_and(|state| state == "available");
        let mut subnets = row.data.subnet_ids.known().cloned().unwrap_or_default();
        subnets.sort();
        attachment.subnets = subnets;
        let options = row.data.options.known();
        let on = |value: Option<&String>| value.is_some_and(|value| value == "enable");
        attachment.appliance_mode = on(options.and_then(|options| options.appliance_mode_support.known()));
        attachment.references = on(options.and_then(|options| options.security_group_referencing_support.known()));
    }
    for (_, row) in estate.transit_gateway_associations.iter() {
        if let (Some(table), Some("associated")) = (&row.parent, row.data.state.known().map(String::as_str))
            && let Some(attachment) = world.transit.attachments.get_mut(&*row.id)
        {
            attachment.table.get_or_insert_with(|| table.to_string());
        }
    }
    tables(estate, world);
    for (account, region) in &estate.regions {
        world.transit.gaps.extend(estate.coverage.gap(account, region, "ec2/describe-transit-gateway-vpc-attachments"));
    }
}

fn tables(estate: &Estate, world: &mut World) {
    for (_, row) in estate.transit_gateway_route_tables.iter() {
        let id = row.id.to_string();
        let mut routes = Vec::new();
        let mut gap = estate
            .coverage
            .gap_of_parent(&row.account, &row.region, ROUTES, &id)
            .or_else(|| estate.coverage.gap_of_parent(&row.account, &row.region, PROPAGATIONS, &id));
        for (_, search) in estate.transit_gateway_route_searches.of_parent(&id) {
            if search.data.additional_routes_available.known() == Some(&true) {
                gap = Some(Gap::other(&search.place, "the search left routes out"));
            }
        }
        for (_, route) in estate.transit_gateway_routes.of_parent(&id) {
            let Some(cidr) = route.data.destination_cidr_block.known() else { continue };
            let Some(addresses) = AddressSet::parse(cidr) else { continue };
            let attachments = route.data.transit_gateway_attachments.known();
            let mut targets: Vec<_> = attachments
                .into_iter()
                .flatten()
                .filter_map(|attachment| attachment.transit_gateway_attachment_id.known().cloned())
                .collect();
            targets.sort();
            let blackhole = route.data.state.known().is_some_and(|state| state == "blackhole");
            if targets.len() > 1 {
                gap = Some(Gap::not_modelled(format_args!("equal-cost routes of transit gateway route table {id}")));
            }
            routes.push(TransitRoute {
                addresses,
                length: length(cidr),
                is_static: route.data.kind.known().is_some_and(|kind| kind == "static"),
                attachment: targets.into_iter().next().filter(|_| !blackhole),
                place: route.place.clone(),
                text: cidr.clone(),
            });
        }
        // What a VPC attachment propagates are the blocks of its VPC, whether or not the search shows them.
        for (_, propagation) in estate.transit_gateway_propagations.of_parent(&id) {
            if propagation.data.state.known().is_none_or(|state| state != "enabled") {
                continue;
            }
            let Some(attachment) = world.transit.attachments.get(&*propagation.id) else { continue };
            let Some(vpc) = attachment.vpc.as_ref().and_then(|vpc| world.vpcs.get(vpc)) else { continue };
            for cidr in vpc.blocks.cidrs() {
                let Some(addresses) = AddressSet::parse(&cidr) else { continue };
                routes.push(TransitRoute {
                    addresses,
                    length: length(&cidr),
                    is_static: false,
                    attachment: Some(propagation.id.to_string()),
                    place: propagation.place.clone(),
                    text: cidr,
                });
            }
        }
        routes.sort_by(|a, b| (&a.text, a.is_static, &a.attachment).cmp(&(&b.text, b.is_static, &b.attachment)));
        if let Some(gap) = gap {
            world.transit.table_gaps.insert(id.clone(), gap);
        }
        world.transit.tables.insert(id, routes);
    }
}
