//! Network interfaces that AWS shows, and whose they are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use portcullis_estate::{Control, ControlKind, Estate, Fact, Gap, Row};
use portcullis_snapshot::Place;
use portcullis_snapshot::shapes::ec2;

use super::seen;
use crate::model::{Address, Interface, Public, Role, Workload, World};
use crate::sets::AddressSet;

pub(super) fn build(estate: &Estate, world: &mut World) {
    let tasks = tasks_by_interface(estate);
    let mut done: BTreeSet<String> = BTreeSet::new();
    for (_, row) in estate.network_interfaces.iter() {
        // A shared subnet's interface may be seen from two accounts; the owner's view counts.
        let owner = row.data.owner_id.known().map_or(&*row.account, String::as_str);
        if done.contains(&*row.id) && owner != &*row.account {
            continue;
        }
        if done.contains(&*row.id) {
            world.interfaces.retain(|interface| interface.id != *row.id);
        }
        done.insert(row.id.to_string());
        let interface = interface(estate, row, owner, &tasks);
        world.interfaces.push(interface);
    }
    instances_without_interfaces(estate, world, &done);
}

fn interface(
    estate: &Estate,
    row: &Row<ec2::NetworkInterface>,
    account: &str,
    tasks: &BTreeMap<String, Workload>,
) -> Interface {
    let data = &row.data;
    let mut gaps = Vec::new();
    let mut take = |value: Result<&String, Gap>| value.cloned().map_err(|gap| gaps.push(gap)).unwrap_or_default();
    let vpc = take(seen(data.vpc_id.get(), &row.place, "VpcId"));
    let subnet = take(seen(data.subnet_id.get(), &row.place, "SubnetId"));
    let kind = data.interface_type.known().map_or("interface", String::as_str);
    let description = data.description.known().map_or("", String::as_str);
    let workload = |kind: &'static str, id: &str| Workload {
        kind,
        id: id.to_owned(),
        account: account.to_owned(),
        region: row.region.to_string(),
    };
    let instance = data.attachment.known().and_then(|attachment| attachment.instance_id.known());
    let mut down = None;
    let (owners, role) = match (kind, instance, tasks.get(&*row.id)) {
        (_, _, Some(task)) => (vec![task.clone()], Role::Workload),
        ("nat_gateway", ..) => (vec![], Role::Nat),
        ("transit_gateway", ..) => (vec![], Role::Transit),
        ("network_load_balancer" | "gateway_load_balancer", ..) => {
            (balancer_owner(estate, description), Role::Balancer)
        }
        ("vpc_endpoint" | "gateway_load_balancer_endpoint", ..) => (vec![], Role::Endpoint),
        ("ec2_instance_connect_endpoint", ..) => (vec![], Role::ConnectEndpoint),
        ("lambda", ..) => (vec![], Role::Function),
        (_, Some(instance), _) => {
            down = instance_down(estate, instance);
            (vec![workload("ec2.instance", instance)], Role::Workload)
        }
        _ if description.starts_with("ELB ") => (balancer_owner(estate, description), Role::Balancer),
        _ if description.starts_with("AWS Lambda VPC ENI") => (vec![], Role::Function),
        _ if description.starts_with("Interface for NAT Gateway") => (vec![], Role::Nat),
        _ if description.starts_with("VPC Endpoint Interface") => (vec![], Role::Endpoint),
        _ => (vec![], Role::Workload),
    };
    if data.status.known().is_some_and(|status| status == "available") {
        let place = row.place.member("Status");
        down = Some(Fact::new(row.id.as_ref(), "the interface is attached to nothing", place).coded("BAD_STATE"));
    }
    let mut groups = Vec::new();
    match data.groups.get() {
        Ok(listed) => {
            for group in listed {
                match group.group_id.get() {
                    Ok(id) => groups.push(id.clone()),
                    Err(missing) => gaps.push(Gap::member(&row.place.member("Groups"), missing)),
                }
            }
        }
        Err(missing) => gaps.push(Gap::member(&row.place.member("Groups"), missing)),
    }
    groups.sort();
    groups.dedup();
    let unfiltered = groups.is_empty() && !matches!(role, Role::Workload | Role::Function);
    if groups.is_empty() && !unfiltered && gaps.is_empty() {
        gaps.push(Gap::other(row.place.member("Groups"), "an interface of this type always has groups"));
    }
    let mut addresses = addresses(row, &mut gaps);
    if addresses.is_empty() && !gaps.is_empty() {
        addresses.push(Address { private: None, public: Public::Unseen });
    }
    let v4 = data.ipv4_prefixes.known().into_iter().flatten().filter_map(|prefix| prefix.ipv4_prefix.known());
    let v6 = data.ipv6_prefixes.known().into_iter().flatten().filter_map(|prefix| prefix.ipv6_prefix.known());
    let delegated = AddressSet::parse_all(v4.chain(v6).map(String::as_str)).unwrap_or_default();
    let public_control = match owners.first() {
        Some(owner) if owner.kind == "ec2.instance" => Some(owner.id.clone()),
        Some(owner) if owner.kind == "ecs.service" => Some(service_name(&owner.id)),
        // Other services' interfaces cannot be given one.
        None if role == Role::Workload && data.requester_managed.known() != Some(&true) => Some(row.id.to_string()),
        _ => None,
    }
    .map(|resource| Control::new(ControlKind::InstancePublicAddress, account, &row.region, &resource));
    Interface {
        id: row.id.to_string(),
        owners,
        role,
        vpc,
        subnet,
        account: account.to_owned(),
        region: row.region.to_string(),
        addresses,
        delegated,
        groups,
        unfiltered,
        denies_internet: data.deny_all_igw_traffic.known() == Some(&true),
        down,
        gaps,
        place: row.place.clone(),
        public_control,
        seen: true,
    }
}

/// `service/<cluster>/<name>` out of a service's ARN.
pub(super) fn service_name(arn: &str) -> String {
    arn.rsplit_once(':').map_or(arn, |(_, name)| name).to_owned()
}

fn addresses(row: &Row<ec2::NetworkInterface>, gaps: &mut Vec<Gap>) -> Vec<Address> {
    let data = &row.data;
    let mut addresses = Vec::new();
    match data.private_ip_addresses.get() {
        Ok(all) => {
            for entry in all {
                let Some(private) = entry.private_ip_address.known().and_then(|text| text.parse::<IpAddr>().ok())
                else {
                    gaps.push(Gap::other(row.place.member("PrivateIpAddresses"), "an address is not known"));
                    continue;
                };
                // Beside its own association, the interface repeats the one of its primary address
                // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>).
                let primary = entry.primary.known() == Some(&true);
                let association = match entry.association.get() {
                    Ok(None) if primary => data.association.get(),
                    own => own,
                };
                let public = match association {
                    Ok(None) => Public::No,
                    Ok(Some(association)) => match association.public_ip.known() {
                        Some(text) => text.parse().map_or(Public::Unseen, Public::Known),
                        None => Public::No,
                    },
                    Err(missing) => {
                        gaps.push(Gap::member(&row.place.member("PrivateIpAddresses"), missing));
                        Public::Unseen
                    }
                };
                addresses.push(Address { private: Some(private), public });
            }
        }
        Err(missing) => gaps.push(Gap::member(&row.place.member("PrivateIpAddresses"), missing)),
    }
    for entry in data.ipv6_addresses.known().into_iter().flatten() {
        if let Some(address) = entry.ipv6_address.known().and_then(|text| text.parse::<IpAddr>().ok()) {
            // An IPv6 address is its own public address; the route decides:
            // <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>.
            addresses.push(Address { private: Some(address), public: Public::Known(address) });
        }
    }
    addresses
}

fn instance_down(estate: &Estate, id: &str) -> Option<Fact> {
    let (_, row) = estate.instances.first(id)?;
    let state = &row.data.state.known()?.name;
    (state != "running")
        .then(|| Fact::new(id, format!("the instance is {state}"), row.place.member("State")).coded("BAD_STATE"))
}

/// `ELB app/<name>/<hash>`, `ELB net/<name>/<hash>`, or `ELB <name>` of a classic one.
fn balancer_owner(estate: &Estate, description: &str) -> Vec<Workload> {
    let Some(name) = description.strip_prefix("ELB ") else { return Vec::new() };
    let suffix = format!("loadbalancer/{name}");
    if let Some((_, row)) = estate.load_balancers.iter().find(|(_, row)| row.id.ends_with(&suffix)) {
        return vec![Workload {
            kind: "elbv2.load-balancer",
            id: row.id.to_string(),
            account: row.account.to_string(),
            region: row.region.to_string(),
        }];
    }
    estate
        .classic_load_balancers
        .first(name)
        .map(|(_, row)| Workload {
            kind: "elb.load-balancer",
            id: row.id.to_string(),
            account: row.account.to_string(),
            region: row.region.to_string(),
        })
        .into_iter()
        .collect()
}

/// The owner of each interface that an ECS task holds: its service, or the task itself outside a service.
fn tasks_by_interface(estate: &Estate) -> BTreeMap<String, Workload> {
    let mut owners = BTreeMap::new();
    for (_, row) in estate.ecs_tasks.iter() {
        if row.data.last_status.known().is_some_and(|status| status == "STOPPED") {
            continue;
        }
        let service = row.data.group.known().and_then(|group| group.strip_prefix("service:"));
        let owner = service
            .and_then(|name| {
                estate.ecs_services.iter().map(|(_, service)| service).find(|service| {
                    service.data.service_name.known().is_some_and(|own| own == name)
                        && service.data.cluster_arn.known() == row.data.cluster_arn.known()
                })
            })
            .map_or_else(|| ("ecs.task", row.id.to_string()), |service| ("ecs.service", service.id.to_string()));
        let workload =
            Workload { kind: owner.0, id: owner.1, account: row.account.to_string(), region: row.region.to_string() };
        let details = row.data.attachments.known().into_iter().flatten().filter_map(|a| a.details.known()).flatten();
        for detail in details.filter(|detail| detail.name.known().is_some_and(|name| name == "networkInterfaceId")) {
            if let Some(interface) = detail.value.known() {
                owners.insert(interface.clone(), workload.clone());
            }
        }
    }
    owners
}

/// Instances whose interfaces are not among those listed still name their addresses and groups.
fn instances_without_interfaces(estate: &Estate, world: &mut World, seen: &BTreeSet<String>) {
    for (_, row) in estate.instances.iter() {
        let listed = row.data.network_interfaces.known().into_iter().flatten();
        if listed.filter_map(|interface| interface.network_interface_id.known()).any(|id| seen.contains(id)) {
            continue;
        }
        if world.interfaces.iter().any(|interface| interface.belongs_to("ec2.instance", &row.id)) {
            continue;
        }
        let (Some(vpc), Some(subnet)) = (row.data.vpc_id.known(), row.data.subnet_id.known()) else { continue };
        let private = row.data.private_ip_address.known().and_then(|text| text.parse().ok());
        let public = row.data.public_ip_address.known().map(|text| text.parse().map_or(Public::Unseen, Public::Known));
        let mut groups: Vec<String> = row
            .data
            .security_groups
            .known()
            .into_iter()
            .flatten()
            .filter_map(|g| g.group_id.known().cloned())
            .collect();
        groups.sort();
        let owner = Workload {
            kind: "ec2.instance",
            id: row.id.to_string(),
            account: row.account.to_string(),
            region: row.region.to_string(),
        };
        world.interfaces.push(Interface {
            id: format!("{} (primary interface)", row.id),
            owners: vec![owner],
            role: Role::Workload,
            vpc: vpc.clone(),
            subnet: subnet.clone(),
            account: row.account.to_string(),
            region: row.region.to_string(),
            addresses: vec![Address { private, public: public.unwrap_or(Public::No) }],
            groups,
            unfiltered: false,
            delegated: AddressSet::empty(),
            denies_internet: false,
            down: instance_down(estate, &row.id),
            gaps: Vec::new(),
            place: row.place.clone(),
            public_control: Some(Control::new(ControlKind::InstancePublicAddress, &row.account, &row.region, &row.id)),
            seen: false,
        });
    }
}

/// An interface that is not seen but may stand in a subnet.
pub(super) struct Standing<'a> {
    pub(super) owner: Workload,
    pub(super) role: Role,
    pub(super) groups: &'a [String],
    pub(super) public: bool,
    pub(super) control: Option<Control>,
    pub(super) place: Place,
    pub(super) gaps: Vec<Gap>,
}

/// Adds an interface for the owner in the subnet, unless one is seen there.
pub(super) fn stand(world: &mut World, standing: &Standing<'_>, subnet: &str) {
    let taken = world
        .interfaces
        .iter()
        .any(|interface| interface.subnet == subnet && interface.belongs_to(standing.owner.kind, &standing.owner.id));
    if taken {
        return;
    }
    let id = format!("{} in {subnet}", standing.owner.id);
    let mut gaps = standing.gaps.clone();
    let (vpc, account, region) = if let Some(row) = world.subnets.get(subnet) {
        (row.vpc.clone(), row.account.clone(), row.region.clone())
    } else {
        let (account, region) = (standing.owner.account.clone(), standing.owner.region.clone());
        gaps.push(Gap::other(format_args!("subnet {subnet} in {account}/{region}"), "not seen"));
        (String::new(), account, region)
    };
    let mut groups = standing.groups.to_vec();
    groups.sort();
    groups.dedup();
    world.interfaces.push(Interface {
        id,
        owners: vec![standing.owner.clone()],
        role: standing.role,
        vpc,
        subnet: subnet.to_owned(),
        account,
        region,
        addresses: vec![Address { private: None, public: if standing.public { Public::Unseen } else { Public::No } }],
        unfiltered: groups.is_empty() && standing.role == Role::Balancer,
        groups,
        delegated: AddressSet::empty(),
        denies_internet: false,
        down: None,
        gaps,
        place: standing.place.clone(),
        public_control: standing.control.clone(),
        seen: false,
    });
}
