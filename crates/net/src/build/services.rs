//! Databases, caches, services and functions: their interfaces where AWS shows them, else where they may be placed.
//!
//! A database may stand in any subnet of its subnet group: a standby, a failover or a replaced host moves it there
//! without anybody changing a setting
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html>).

use std::collections::BTreeSet;
use std::net::IpAddr;

use portcullis_estate::{Control, ControlKind, Estate, Fact, Gap, Row};
use portcullis_snapshot::Place;
use portcullis_snapshot::shapes::{ecs, rds};

use super::interfaces::{Standing, service_name, stand};
use super::seen;
use crate::model::{Interface, Proxy, Public, Role, Workload, World};

pub(super) fn build(estate: &Estate, world: &mut World) {
    databases(estate, world);
    proxies(estate, world);
    caches(estate, world);
    services(estate, world);
    functions(estate, world);
    // What is left without an owner stands for itself.
    for interface in &mut world.interfaces {
        if interface.owners.is_empty() && matches!(interface.role, Role::Workload | Role::Function) {
            interface.owners.push(Workload {
                kind: "ec2.network-interface",
                id: interface.id.clone(),
                account: interface.account.clone(),
                region: interface.region.clone(),
            });
        }
    }
}

fn workload<T>(kind: &'static str, row: &Row<T>) -> Workload {
    Workload { kind, id: row.id.to_string(), account: row.account.to_string(), region: row.region.to_string() }
}

/// Gives unowned interfaces that fit (description, subnet, exactly these groups) to an owner.
fn claim(
    world: &mut World,
    owner: &Workload,
    subnets: &[String],
    groups: &[String],
    fits: impl Fn(&Interface) -> bool,
    mut change: impl FnMut(&mut Interface),
) {
    let groups: BTreeSet<&String> = groups.iter().collect();
    for interface in &mut world.interfaces {
        let same_groups = interface.groups.iter().collect::<BTreeSet<_>>() == groups;
        if interface.seen && subnets.contains(&interface.subnet) && same_groups && fits(interface) {
            if !interface.owners.contains(owner) {
                interface.owners.push(owner.clone());
            }
            change(interface);
        }
    }
}

fn described<'a>(estate: &'a Estate, interface: &Interface) -> &'a str {
    estate
        .network_interfaces
        .first(&interface.id)
        .and_then(|(_, row)| row.data.description.known())
        .map_or("", String::as_str)
}

fn group_ids(groups: &[rds::VpcSecurityGroupMembership], place: &Place, gaps: &mut Vec<Gap>) -> Vec<String> {
    let mut ids = Vec::new();
    for group in groups {
        if group.status.known().is_some_and(|status| status == "removing") {
            continue;
        }
        match group.vpc_security_group_id.get() {
            Ok(id) => ids.push(id.clone()),
            Err(missing) => gaps.push(Gap::member(&place.member("VpcSecurityGroups"), missing)),
        }
    }
    ids
}

fn group_subnets(group: Result<&rds::DbSubnetGroup, Gap>, place: &Place, gaps: &mut Vec<Gap>) -> Vec<String> {
    let listed = group.and_then(|group| seen(group.subnets.get(), place, "DBSubnetGroup/Subnets"));
    let mut subnets = Vec::new();
    match listed {
        Ok(listed) => {
            for subnet in listed {
                match subnet.subnet_identifier.get() {
                    Ok(id) => subnets.push(id.clone()),
                    Err(missing) => gaps.push(Gap::member(&place.member("DBSubnetGroup"), missing)),
                }
            }
        }
        Err(gap) => gaps.push(gap),
    }
    subnets.sort();
    subnets.dedup();
    subnets
}

fn databases(estate: &Estate, world: &mut World) {
    for (_, row) in estate.db_instances.iter() {
        let owner = workload("rds.instance", row);
        let mut gaps = Vec::new();
        let groups = match seen(row.data.vpc_security_groups.get(), &row.place, "VpcSecurityGroups") {
            Ok(groups) => group_ids(groups, &row.place, &mut gaps),
            Err(gap) => {
                gaps.push(gap);
                Vec::new()
            }
        };
        // DescribeDBInstances repeats the subnet group; some dumps name it only.
        let inline = row.data.db_subnet_group.get();
        let group = match inline {
            Ok(Some(group)) if group.subnets.known().is_some_and(|subnets| !subnets.is_empty()) => Ok(group),
            Ok(Some(group)) => match estate
                .db_subnet_groups
                .iter()
                .find(|(_, known)| *known.id == *group.db_subnet_group_name && known.region == row.region)
            {
                Some((_, known)) => Ok(&known.data),
                None => Ok(group),
            },
            Ok(None) => Err(Gap::other(row.place.member("DBSubnetGroup"), "the answer names no subnet group")),
            Err(missing) => Err(Gap::member(&row.place.member("DBSubnetGroup"), missing)),
        };
        let subnets = group_subnets(group, &row.place, &mut gaps);
        let control = Control::new(ControlKind::RdsPublicAccess, &row.account, &row.region, &row.id);
        let public = match row.data.publicly_accessible.get() {
            Ok(public) => *public,
            Err(missing) => {
                gaps.push(Gap::member(&row.place.member("PubliclyAccessible"), missing));
                true
            }
        };
        let down = row.data.db_instance_status.known().filter(|status| *status == "stopped").map(|status| {
            Fact::new(row.id.as_ref(), format!("the database is {status}"), row.place.member("DBInstanceStatus"))
                .coded("BAD_STATE")
        });
        claim(
            world,
            &owner,
            &subnets,
            &groups,
            |interface| described(estate, interface) == "RDSNetworkInterface",
            |interface| {
                interface.public_control = Some(control.clone());
                interface
                    .gaps
                    .extend(gaps.iter().filter(|gap| !interface.gaps.contains(gap)).cloned().collect::<Vec<_>>());
                interface.down.clone_from(&down);
                for address in &mut interface.addresses {
                    match address.private {
                        // A private database keeps IPv6 inside the VPC.
                        Some(IpAddr::V6(_)) if !public => address.public = Public::No,
                        _ if public && address.public == Public::No => address.public = Public::Unseen,
                        _ => {}
                    }
                }
            },
        );
        let standing = Standing {
            owner,
            role: Role::Workload,
            groups: &groups,
            public,
            control: Some(control),
            place: row.place.clone(),
            gaps,
        };
        place_in(world, &standing, &subnets, down.as_ref());
    }
}

fn place_in(world: &mut World, standing: &Standing<'_>, subnets: &[String], down: Option<&Fact>) {
    // Without a subnet there is still something to ask about, and nothing but gaps to answer with.
    let nowhere = [String::new()];
    for subnet in if subnets.is_empty() { &nowhere[..] } else { subnets } {
        stand(world, standing, subnet);
    }
    for interface in &mut world.interfaces {
        if !interface.seen && interface.owners.contains(&standing.owner) {
            interface.down = down.cloned();
        }
    }
}

fn proxies(estate: &Estate, world: &mut World) {
    for (_, row) in estate.db_proxies.iter() {
        let mut gaps = Vec::new();
        let mut take =
            |value: Result<&Vec<String>, Gap>| value.cloned().map_err(|gap| gaps.push(gap)).unwrap_or_default();
        let groups = take(seen(row.data.vpc_security_group_ids.get(), &row.place, "VpcSecurityGroupIds"));
        let subnets = take(seen(row.data.vpc_subnet_ids.get(), &row.place, "VpcSubnetIds"));
        let owner = workload("rds.proxy", row);
        claim(
            world,
            &owner,
            &subnets,
            &groups,
            |i| described(estate, i).contains("DBProxy"),
            |i| i.role = Role::Balancer,
        );
        let standing = Standing {
            owner,
            role: Role::Balancer,
            groups: &groups,
            public: false,
            control: None,
            place: row.place.clone(),
            gaps,
        };
        place_in(world, &standing, &subnets, None);
        let unseen = estate.coverage.gap_of_parent(&row.account, &row.region, "rds/describe-db-proxy-targets", &row.id);
        let proxy = Proxy {
            // A proxy listens on its family's default port:
            // <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-network-prereqs.html>.
            port: match row.data.engine_family.known().map(String::as_str) {
                Some("POSTGRESQL") => Some(5432),
                Some("MYSQL") => Some(3306),
                Some("SQLSERVER") => Some(1433),
                _ => None,
            },
            databases: match unseen {
                Some(gap) => Err(gap),
                None => Ok(estate
                    .db_proxy_targets
                    .of_parent(&row.id)
                    .filter_map(|(_, target)| target.data.rds_resource_id.known().cloned())
                    .collect()),
            },
            place: row.place.clone(),
        };
        world.proxies.insert(row.id.to_string(), proxy);
    }
    for (_, row) in estate.db_instances.iter() {
        if let Some(cluster) = row.data.db_cluster_identifier.known() {
            world.clusters.insert(row.id.to_string(), cluster.clone());
        }
    }
}

fn caches(estate: &Estate, world: &mut World) {
    for (_, row) in estate.cache_clusters.iter() {
        let mut gaps = Vec::new();
        let id = row.id.to_string();
        let is_node = |description: &str| {
            description.strip_prefix("ElastiCache ").is_some_and(|name| {
                name == id || name.starts_with(&format!("{id}-")) || name.starts_with(&format!("{id}+"))
            })
        };
        let groups: Vec<String> = match seen(row.data.security_groups.get(), &row.place, "SecurityGroups") {
            Ok(groups) => groups.iter().filter_map(|group| group.security_group_id.known().cloned()).collect(),
            Err(gap) => {
                // All nodes of a cluster carry its groups: a node's interface tells them as well.
                let node = estate.network_interfaces.iter().find(|(_, interface)| {
                    interface.account == row.account
                        && interface.region == row.region
                        && interface.data.description.known().is_some_and(|text| is_node(text))
                });
                let told = node.and_then(|(_, interface)| interface.data.groups.known());
                if told.is_none() {
                    gaps.push(gap);
                }
                told.into_iter().flatten().filter_map(|group| group.group_id.known().cloned()).collect()
            }
        };
        let name = row.data.cache_subnet_group_name.known();
        let group = name.and_then(|name| {
            estate
                .cache_subnet_groups
                .iter()
                .map(|(_, group)| group)
                .find(|group| *group.id == **name && group.region == row.region && group.account == row.account)
        });
        let subnets: Vec<String> = if let Some(subnets) = group.and_then(|group| group.data.subnets.known()) {
            subnets.iter().filter_map(|subnet| subnet.subnet_identifier.known().cloned()).collect()
        } else {
            let what = format!("subnet group of cache cluster {}", row.id);
            gaps.push(Gap::other(what, "not seen"));
            Vec::new()
        };
        let owner = workload("elasticache.cluster", row);
        claim(world, &owner, &subnets, &groups, |interface| is_node(described(estate, interface)), |_| {});
        let standing = Standing {
            owner,
            role: Role::Workload,
            groups: &groups,
            public: false,
            control: None,
            place: row.place.clone(),
            gaps,
        };
        place_in(world, &standing, &subnets, None);
    }
}

fn services(estate: &Estate, world: &mut World) {
    for (_, row) in estate.ecs_services.iter() {
        if row.data.status.known().is_some_and(|status| status == "INACTIVE") {
            continue;
        }
        let owner = workload("ecs.service", row);
        let network = match row.data.network_configuration.get() {
            Ok(network) => network.and_then(|network| network.awsvpc_configuration.known()),
            Err(missing) => {
                let gap = Gap::member(&row.place.member("networkConfiguration"), missing);
                let standing = nowhere(owner, &row.place, gap);
                place_in(world, &standing, &[], None);
                continue;
            }
        };
        let Some(network) = network else {
            // Tasks in bridge or host mode listen on the ports of their instances.
            let gap = Gap::not_modelled(format_args!("tasks of {} outside awsvpc mode", row.id));
            let standing = nowhere(owner, &row.place, gap);
            place_in(world, &standing, &[], None);
            continue;
        };
        service_in(world, row, owner, network);
    }
}

fn nowhere<'a>(owner: Workload, place: &Place, gap: Gap) -> Standing<'a> {
    Standing {
        owner,
        role: Role::Workload,
        groups: &[],
        public: false,
        control: None,
        place: place.clone(),
        gaps: vec![gap],
    }
}

fn service_in(world: &mut World, row: &Row<ecs::Service>, owner: Workload, network: &ecs::AwsVpcConfiguration) {
    let place = row.place.member("networkConfiguration").member("awsvpcConfiguration");
    let mut gaps = Vec::new();
    let subnets =
        seen(network.subnets.get(), &place, "subnets").cloned().map_err(|gap| gaps.push(gap)).unwrap_or_default();
    let mut groups = match network.security_groups.get() {
        Ok(groups) => groups.cloned().unwrap_or_default(),
        Err(missing) => {
            gaps.push(Gap::member(&place.member("securityGroups"), missing));
            Vec::new()
        }
    };
    if groups.is_empty() && gaps.is_empty() {
        // "If you don't specify a security group, the default security group for the VPC is used":
        // <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html>.
        let vpc = subnets.first().and_then(|subnet| world.subnets.get(subnet)).map(|subnet| subnet.vpc.clone());
        let default = world.groups.values().find(|group| group.is_default && group.vpc == vpc);
        match default {
            Some(group) => groups.push(group.id.clone()),
            None => {
                gaps.push(Gap::other(
                    format_args!("default security group of {}", vpc.unwrap_or_default()),
                    "not seen",
                ));
            }
        }
    }
    let public = match network.assign_public_ip.get() {
        Ok(assign) => assign.is_some_and(|assign| assign == "ENABLED"),
        Err(missing) => {
            gaps.push(Gap::member(&place.member("assignPublicIp"), missing));
            true
        }
    };
    let name = service_name(&owner.id);
    let control = Control::new(ControlKind::InstancePublicAddress, &row.account, &row.region, &name);
    // A service that runs nothing is an intention: its next task is in.
    let standing =
        Standing { owner, role: Role::Workload, groups: &groups, public, control: Some(control), place, gaps };
    place_in(world, &standing, &subnets, None);
}

fn functions(estate: &Estate, world: &mut World) {
    for (_, row) in estate.lambda_functions.iter() {
        let owner = workload("lambda.function", row);
        let place = row.place.member("VpcConfig");
        let config = match row.data.vpc_config.get() {
            Ok(None) => continue,
            Ok(Some(config)) => config,
            Err(missing) => {
                let gap = Gap::member(&place, missing);
                place_in(world, &Standing { role: Role::Function, ..nowhere(owner, &place, gap) }, &[], None);
                continue;
            }
        };
        let mut gaps = Vec::new();
        let mut take = |value: Result<Option<&Vec<String>>, &portcullis_snapshot::Missing>, name: &str| match value {
            Ok(list) => list.cloned().unwrap_or_default(),
            Err(missing) => {
                gaps.push(Gap::member(&place.member(name), missing));
                Vec::new()
            }
        };
        let subnets = take(config.subnet_ids.get(), "SubnetIds");
        let groups = take(config.security_group_ids.get(), "SecurityGroupIds");
        if subnets.is_empty() && gaps.is_empty() {
            continue;
        }
        claim(world, &owner, &subnets, &groups, |interface| interface.role == Role::Function, |_| {});
        let standing = Standing {
            owner,
            role: Role::Function,
            groups: &groups,
            public: false,
            control: None,
            place: place.clone(),
            gaps,
        };
        place_in(world, &standing, &subnets, None);
    }
}
