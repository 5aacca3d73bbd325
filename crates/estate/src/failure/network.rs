//! What it means that a network control fails.

use portcullis_snapshot::Optional::{Absent, Known};
use portcullis_snapshot::Required;
use portcullis_snapshot::shapes::ec2::{
    InterfaceAssociation, IpPermission, IpRange, Ipv6Range, NetworkAclEntry, NetworkInterface, Route,
};

use super::FailError;
use crate::control::{Control, ControlKind};
use crate::kinds::Estate;
use crate::table::Id;

/// The origin of routes that a failed table has beside those that were written: each is an alternative to what the
/// table says, so that a failure never closes a way that was open.
pub const ALTERNATIVE_ORIGIN: &str = "FailedControl";

/// The public address of an interface that was given one by a failure: there is one, and nobody has seen it.
const UNSEEN_ADDRESS: &str = "unseen";

pub(super) fn fail(estate: &Estate, control: &Control) -> Result<Estate, FailError> {
    let failed = match control.kind {
        ControlKind::SecurityGroupIngress | ControlKind::SecurityGroupEgress => security_group(estate, control),
        ControlKind::NetworkAclIngress | ControlKind::NetworkAclEgress => network_acl(estate, control),
        ControlKind::RouteTable => route_table(estate, control),
        ControlKind::VpcBlockPublicAccess => block_public_access(estate, control),
        ControlKind::RdsPublicAccess => rds_public_access(estate, control),
        ControlKind::InstancePublicAddress => public_address(estate, control),
        kind => return Err(FailError::Undefined(kind)),
    };
    failed.ok_or_else(|| FailError::NoSuchResource(control.clone()))
}

/// That direction of the group admits everything.
fn security_group(estate: &Estate, control: &Control) -> Option<Estate> {
    let mut failed = estate.clone();
    let everything = IpPermission {
        ip_protocol: Required::Known("-1".to_owned()),
        from_port: Absent,
        to_port: Absent,
        ip_ranges: Known(vec![IpRange { cidr_ip: Required::Known("0.0.0.0/0".to_owned()), description: Absent }]),
        ipv6_ranges: Known(vec![Ipv6Range { cidr_ipv6: Required::Known("::/0".to_owned()), description: Absent }]),
        prefix_list_ids: Absent,
        user_id_group_pairs: Absent,
    };
    // A shared group is seen from several accounts: it is one group.
    let rows: Vec<_> = estate.security_groups.find(&control.resource).map(|(id, _)| id).collect();
    for id in &rows {
        failed.security_groups.edit(*id, |group| {
            let rules = Required::Known(vec![everything.clone()]);
            if control.kind == ControlKind::SecurityGroupIngress {
                group.ip_permissions = rules;
            } else {
                group.ip_permissions_egress = rules;
            }
        });
    }
    (!rows.is_empty()).then_some(failed)
}

/// That direction of the ACL allows everything.
fn network_acl(estate: &Estate, control: &Control) -> Option<Estate> {
    let mut failed = estate.clone();
    let egress = control.kind == ControlKind::NetworkAclEgress;
    let entry = |cidr_block, ipv6_cidr_block| NetworkAclEntry {
        rule_number: Required::Known(1),
        egress: Required::Known(egress),
        protocol: Required::Known("-1".to_owned()),
        rule_action: Required::Known("allow".to_owned()),
        cidr_block,
        ipv6_cidr_block,
        port_range: Absent,
        icmp_type_code: Absent,
    };
    let rows: Vec<_> = estate.network_acls.find(&control.resource).map(|(id, _)| id).collect();
    for id in &rows {
        failed.network_acls.edit(*id, |acl| {
            let mut entries = acl.entries.known().cloned().unwrap_or_default();
            entries.retain(|entry| entry.egress.known() == Some(&!egress));
            entries.push(entry(Known("0.0.0.0/0".to_owned()), Absent));
            entries.push(entry(Absent, Known("::/0".to_owned())));
            acl.entries = Required::Known(entries);
        });
    }
    (!rows.is_empty()).then_some(failed)
}

/// It also has the route that a path lacks, to whatever its VPC already has: see [`alternative_routes`].
fn route_table(estate: &Estate, control: &Control) -> Option<Estate> {
    let mut failed = estate.clone();
    let rows: Vec<_> = estate
        .route_tables
        .find(&control.resource)
        .map(|(id, row)| (id, row.data.vpc_id.known().cloned().unwrap_or_default()))
        .collect();
    for (id, vpc) in &rows {
        let more = alternative_routes(estate, vpc);
        failed.route_tables.edit(*id, |table| {
            let mut routes = table.routes.known().cloned().unwrap_or_default();
            routes.retain(|route| route.origin.known().is_none_or(|origin| origin != ALTERNATIVE_ORIGIN));
            routes.extend(more);
            table.routes = Required::Known(routes);
        });
    }
    (!rows.is_empty()).then_some(failed)
}

/// The routes that a failed route table of a VPC has besides its own: to the internet gateway and the egress-only
/// gateway attached to the VPC, to its NAT gateways, to the blocks across each active peering connection, and to each
/// transit gateway that the VPC is attached to. What does not exist gets no route: building it is no failure.
#[must_use]
pub fn alternative_routes(estate: &Estate, vpc: &str) -> Vec<Route> {
    let mut routes = Vec::new();
    let v4 = |route: &Route| Route { destination_cidr_block: Known("0.0.0.0/0".to_owned()), ..route.clone() };
    let v6 = |route: &Route| Route { destination_ipv6_cidr_block: Known("::/0".to_owned()), ..route.clone() };
    let in_force = |state: Option<&String>| state.is_some_and(|state| state == "available" || state == "attached");
    for (_, row) in estate.internet_gateways.iter() {
        let mut attachments = row.data.attachments.known().into_iter().flatten();
        if attachments.any(|a| a.vpc_id.known().is_some_and(|id| id == vpc) && in_force(a.state.known())) {
            let route = Route { gateway_id: Known(row.id.to_string()), ..blank() };
            routes.extend([v4(&route), v6(&route)]);
        }
    }
    for (_, row) in estate.egress_only_internet_gateways.iter() {
        let mut attachments = row.data.attachments.known().into_iter().flatten();
        if attachments.any(|a| a.vpc_id.known().is_some_and(|id| id == vpc) && in_force(a.state.known())) {
            routes.push(v6(&Route { egress_only_internet_gateway_id: Known(row.id.to_string()), ..blank() }));
        }
    }
    for (_, row) in estate.nat_gateways.iter() {
        let here = row.data.vpc_id.known().is_some_and(|id| id == vpc);
        if here && in_force(row.data.state.known()) {
            routes.push(v4(&Route { nat_gateway_id: Known(row.id.to_string()), ..blank() }));
        }
    }
    for (_, row) in estate.transit_gateway_vpc_attachments.iter() {
        let here = row.data.vpc_id.known().is_some_and(|id| id == vpc) && in_force(row.data.state.known());
        if let (true, Some(gateway)) = (here, row.data.transit_gateway_id.known()) {
            let route = Route { transit_gateway_id: Known(gateway.clone()), ..blank() };
            routes.extend([v4(&route), v6(&route)]);
        }
    }
    for (_, row) in estate.vpc_peering_connections.iter() {
        if row.data.status.known().is_none_or(|status| status.code != "active") {
            continue;
        }
        let (requester, accepter) = (row.data.requester_vpc_info.known(), row.data.accepter_vpc_info.known());
        let (Some(requester), Some(accepter)) = (requester, accepter) else { continue };
        let across = match (requester.vpc_id.known(), accepter.vpc_id.known()) {
            (Some(id), _) if id == vpc => accepter,
            (_, Some(id)) if id == vpc => requester,
            _ => continue,
        };
        let route = Route { vpc_peering_connection_id: Known(row.id.to_string()), ..blank() };
        let mut blocks: Vec<&String> = across.cidr_block.known().into_iter().collect();
        blocks.extend(across.cidr_block_set.known().into_iter().flatten().filter_map(|block| block.cidr_block.known()));
        blocks.sort();
        blocks.dedup();
        routes.extend(
            blocks.into_iter().map(|block| Route { destination_cidr_block: Known(block.clone()), ..route.clone() }),
        );
        let blocks = across.ipv6_cidr_block_set.known().into_iter().flatten();
        routes.extend(
            blocks
                .filter_map(|block| block.ipv6_cidr_block.known())
                .map(|block| Route { destination_ipv6_cidr_block: Known(block.clone()), ..route.clone() }),
        );
    }
    routes
}

fn blank() -> Route {
    Route {
        destination_cidr_block: Absent,
        destination_ipv6_cidr_block: Absent,
        destination_prefix_list_id: Absent,
        gateway_id: Absent,
        nat_gateway_id: Absent,
        instance_id: Absent,
        network_interface_id: Absent,
        vpc_peering_connection_id: Absent,
        transit_gateway_id: Absent,
        egress_only_internet_gateway_id: Absent,
        carrier_gateway_id: Absent,
        local_gateway_id: Absent,
        core_network_arn: Absent,
        odb_network_arn: Absent,
        state: Required::Known("active".to_owned()),
        origin: Known(ALTERNATIVE_ORIGIN.to_owned()),
    }
}

/// The setting is off.
fn block_public_access(estate: &Estate, control: &Control) -> Option<Estate> {
    let mut failed = estate.clone();
    let (id, _) = estate
        .block_public_access_options
        .iter()
        .find(|(_, row)| *row.account == *control.account && *row.region == *control.region)?;
    failed.block_public_access_options.edit(id, |options| {
        options.internet_gateway_block_mode = Required::Known("off".to_owned());
    });
    Some(failed)
}

/// The database gets a public address.
fn rds_public_access(estate: &Estate, control: &Control) -> Option<Estate> {
    let mut failed = estate.clone();
    let (id, _) = estate
        .db_instances
        .find(&control.resource)
        .find(|(_, row)| *row.account == *control.account && *row.region == *control.region)?;
    failed.db_instances.edit(id, |database| database.publicly_accessible = Required::Known(true));
    Some(failed)
}

/// The instance, service (`service/<cluster>/<name>`) or interface gets a public address.
fn public_address(estate: &Estate, control: &Control) -> Option<Estate> {
    let mut failed = estate.clone();
    let mut found = false;
    let mut interfaces: Vec<Id<NetworkInterface>> = Vec::new();
    if control.resource.starts_with("service/") {
        let suffix = format!(":{}", control.resource);
        let services: Vec<_> = estate.ecs_services.iter().filter(|(_, row)| row.id.ends_with(&suffix)).collect();
        for (id, service) in services {
            found = true;
            failed.ecs_services.edit(id, |service| {
                if let Known(network) = &mut service.network_configuration
                    && let Known(network) = &mut network.awsvpc_configuration
                {
                    network.assign_public_ip = Known("ENABLED".to_owned());
                }
            });
            let group = service.data.service_name.known().map(|name| format!("service:{name}"));
            for (_, task) in estate.ecs_tasks.iter() {
                if task.data.cluster_arn != service.data.cluster_arn || task.data.group.known() != group.as_ref() {
                    continue;
                }
                let attachments = task.data.attachments.known().into_iter().flatten();
                let details = attachments.filter_map(|attachment| attachment.details.known()).flatten();
                let ids = details.filter(|detail| detail.name.known().is_some_and(|name| name == "networkInterfaceId"));
                interfaces.extend(
                    ids.filter_map(|detail| detail.value.known())
                        .flat_map(|id| estate.network_interfaces.find(id).map(|(id, _)| id).collect::<Vec<_>>()),
                );
            }
        }
    }
    for (id, row) in estate.network_interfaces.iter() {
        let instance = row.data.attachment.known().and_then(|attachment| attachment.instance_id.known());
        if *row.id == *control.resource || instance.is_some_and(|instance| **instance == *control.resource) {
            interfaces.push(id);
        }
    }
    if let Some((id, _)) = estate.instances.first(&control.resource) {
        found = true;
        failed.instances.edit(id, |instance| {
            if instance.public_ip_address.known().is_none() {
                instance.public_ip_address = Known(UNSEEN_ADDRESS.to_owned());
            }
        });
    }
    for id in interfaces {
        found = true;
        failed.network_interfaces.edit(id, give_address);
    }
    found.then_some(failed)
}

fn give_address(interface: &mut NetworkInterface) {
    if let Required::Known(addresses) = &mut interface.private_ip_addresses {
        for address in addresses.iter_mut().filter(|address| address.association.known().is_none()) {
            address.association = Known(InterfaceAssociation {
                public_ip: Known(UNSEEN_ADDRESS.to_owned()),
                carrier_ip: Absent,
                allocation_id: Absent,
                ip_owner_id: Absent,
            });
        }
    }
}
