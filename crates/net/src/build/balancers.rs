//! Load balancers: nodes, listeners, target groups, targets.

use portcullis_estate::{Assumption, Estate, Fact, Gap, Row};
use portcullis_snapshot::shapes::elbv2;

use super::interfaces::{Standing, stand};
use super::seen;
use crate::model::{Balancer, BalancerKind, Listener, Public, Registered, Role, TargetGroup, Workload, World};
use crate::sets::AddressSet;

const LISTENERS: &str = "elbv2/describe-listeners";
const RULES: &str = "elbv2/describe-rules";
const ATTRIBUTES: &str = "elbv2/describe-load-balancer-attributes";
const TARGETS: &str = "elbv2/describe-target-health";
const GROUP_ATTRIBUTES: &str = "elbv2/describe-target-group-attributes";

pub(super) fn build(estate: &Estate, world: &mut World) {
    for (_, row) in estate.load_balancers.iter() {
        balancer(estate, world, row);
    }
    for (_, row) in estate.target_groups.iter() {
        let group = target_group(estate, row);
        world.target_groups.insert(row.id.to_string(), group);
    }
    classic(estate, world);
}

fn balancer(estate: &Estate, world: &mut World, row: &Row<elbv2::LoadBalancer>) {
    let kind = match row.data.kind.known().map(String::as_str) {
        Some("application") => BalancerKind::Application,
        Some("network") => BalancerKind::Network,
        // Gateway load balancers pass packets to appliances: routes to their endpoints are not followed.
        _ => return,
    };
    let internet_facing = row.data.scheme.known().is_none_or(|scheme| scheme == "internet-facing");
    let owner = Workload {
        kind: "elbv2.load-balancer",
        id: row.id.to_string(),
        account: row.account.to_string(),
        region: row.region.to_string(),
    };
    let mut gaps = Vec::new();
    gaps.extend(seen(row.data.scheme.get(), &row.place, "Scheme").err());
    let zones = match seen(row.data.availability_zones.get(), &row.place, "AvailabilityZones") {
        Ok(zones) => zones.as_slice(),
        Err(gap) => {
            gaps.push(gap);
            &[]
        }
    };
    let groups = row.data.security_groups.known().cloned().unwrap_or_default();
    for interface in world.interfaces.iter_mut().filter(|interface| interface.owners.contains(&owner)) {
        // The public address of a node is not always shown on its interface.
        for address in &mut interface.addresses {
            if internet_facing && address.public == Public::No {
                address.public = Public::Unseen;
            }
        }
    }
    for zone in zones {
        let Some(subnet) = zone.subnet_id.known() else {
            gaps.push(Gap::other(row.place.member("AvailabilityZones"), "a subnet is not known"));
            continue;
        };
        let standing = Standing {
            owner: owner.clone(),
            role: Role::Balancer,
            groups: &groups,
            public: internet_facing,
            control: None,
            place: row.place.clone(),
            gaps: gaps.clone(),
        };
        stand(world, &standing, subnet);
        for address in zone.load_balancer_addresses.known().into_iter().flatten() {
            if let Some(public) = address.ip_address.known().and_then(|text| AddressSet::parse(text)) {
                world.own_public = world.own_public.union(&public);
            }
        }
    }
    let cross_zone = match kind {
        // "Cross-zone load balancing is always turned on at the load balancer level":
        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/disable-cross-zone.html>.
        BalancerKind::Application | BalancerKind::Classic => Ok(true),
        BalancerKind::Network => match estate.coverage.gap_of_parent(&row.account, &row.region, ATTRIBUTES, &row.id) {
            Some(gap) => Err(gap),
            None => Ok(estate.load_balancer_attributes.of_parent(&row.id).any(|(_, attribute)| {
                attribute.data.key == "load_balancing.cross_zone.enabled"
                    && attribute.data.value.known().is_some_and(|value| value == "true")
            })),
        },
    };
    let state = row.data.state.known().and_then(|state| state.code.known());
    let down = state.filter(|state| *state == "failed" || *state == "provisioning").map(|state| {
        Fact::new(row.id.as_ref(), format!("the load balancer is {state}"), row.place.member("State"))
            .coded("BAD_STATE")
    });
    let balancer = Balancer {
        id: row.id.to_string(),
        kind,
        account: row.account.to_string(),
        region: row.region.to_string(),
        cross_zone,
        down,
        listeners: listeners(estate, row, kind),
        place: row.place.clone(),
    };
    world.balancers.insert(row.id.to_string(), balancer);
}

fn listeners(estate: &Estate, row: &Row<elbv2::LoadBalancer>, kind: BalancerKind) -> Result<Vec<Listener>, Gap> {
    if let Some(gap) = estate.coverage.gap_of_parent(&row.account, &row.region, LISTENERS, &row.id) {
        return Err(gap);
    }
    let mut listeners = Vec::new();
    for (_, listener) in estate.listeners.of_parent(&row.id) {
        let port = listener.data.port.known().and_then(|port| u16::try_from(*port).ok()).unwrap_or(0);
        let (mut targets, mut notes) = (Vec::new(), Vec::new());
        let mut gap = None;
        match listener.data.default_actions.get() {
            Ok(actions) => forward(actions, &mut targets, &mut notes),
            Err(missing) => gap = Some(Gap::member(&listener.place.member("DefaultActions"), missing)),
        }
        if kind == BalancerKind::Application {
            match estate.coverage.gap_of_parent(&row.account, &row.region, RULES, &listener.id) {
                // Without its rules, the default action is still certain, and further targets are not.
                Some(unseen) => gap = Some(unseen),
                None => {
                    for (_, rule) in estate.listener_rules.of_parent(&listener.id) {
                        if let Some(actions) = rule.data.actions.known() {
                            forward(actions, &mut targets, &mut notes);
                        }
                    }
                }
            }
        }
        targets.sort();
        targets.dedup();
        notes.sort();
        notes.dedup();
        listeners.push(Listener {
            port,
            protocol: listener.data.protocol.known().cloned().unwrap_or_default(),
            targets,
            notes,
            place: listener.place.clone(),
            id: listener.id.to_string(),
            gap,
        });
    }
    Ok(listeners)
}

fn forward(actions: &[elbv2::Action], targets: &mut Vec<String>, notes: &mut Vec<String>) {
    for action in actions {
        match action.kind.known().map(String::as_str) {
            Some(kind) if kind.starts_with("authenticate") || kind.starts_with("jwt") => notes.push(kind.to_owned()),
            _ => {}
        }
        targets.extend(action.target_group_arn.known().cloned());
        let groups = action.forward_config.known().and_then(|config| config.target_groups.known());
        for group in groups.into_iter().flatten().filter(|group| group.weight.known() != Some(&0)) {
            targets.extend(group.target_group_arn.known().cloned());
        }
    }
}

fn target_group(estate: &Estate, row: &Row<elbv2::TargetGroup>) -> TargetGroup {
    let kind = row.data.target_type.known().cloned().unwrap_or_default();
    let by_address = kind == "ip";
    let attribute = |name: &str| {
        estate
            .target_group_attributes
            .of_parent(&row.id)
            .find(|(_, attribute)| attribute.data.key == name)
            .and_then(|(_, attribute)| attribute.data.value.known().cloned())
    };
    let unseen = estate.coverage.gap_of_parent(&row.account, &row.region, GROUP_ATTRIBUTES, &row.id);
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html>: preserved
    // for instances, and for addresses with UDP; not for addresses with TCP and TLS.
    let udp = row.data.protocol.known().is_some_and(|protocol| protocol.contains("UDP"));
    let default = !by_address || udp;
    let (preserves_client, assumed_default) = match (&unseen, attribute("preserve_client_ip.enabled")) {
        (_, Some(value)) => (Ok(value == "true"), false),
        (None, None) => (Ok(default), false),
        (Some(_), None) if estate.assumes(Assumption::TargetGroupAttributesDefault) => (Ok(default), true),
        (Some(gap), None) => (Err(gap.clone().settled_by(Assumption::TargetGroupAttributesDefault)), false),
    };
    let cross_zone = match attribute("load_balancing.cross_zone.enabled").as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    };
    let targets = match estate.coverage.gap_of_parent(&row.account, &row.region, TARGETS, &row.id) {
        Some(gap) => Err(gap),
        None => Ok(estate
            .targets
            .of_parent(&row.id)
            .map(|(_, target)| {
                let state = target.data.target_health.known().and_then(|health| health.state.known());
                let state = state.map_or("", String::as_str);
                let port = target.data.target.port.known().or_else(|| row.data.port.known());
                Registered {
                    id: target.data.target.id.clone(),
                    port: port.and_then(|port| u16::try_from(*port).ok()),
                    zone: target.data.target.availability_zone.known().cloned(),
                    healthy: state == "healthy",
                    used: state != "unused" && state != "draining",
                    place: target.place.clone(),
                }
            })
            .collect()),
    };
    let services = services_of(estate, &row.id);
    TargetGroup { id: row.id.to_string(), by_address, cross_zone, preserves_client, assumed_default, targets, services }
}

/// Services whose tasks register with a target group, wherever their tasks are today.
fn services_of(estate: &Estate, group: &str) -> Vec<(String, Option<u16>)> {
    let mut services = Vec::new();
    for (_, row) in estate.ecs_services.iter() {
        for entry in row.data.load_balancers.known().into_iter().flatten() {
            if entry.target_group_arn.known().is_some_and(|own| own == group) {
                let port = entry.container_port.known().and_then(|port| u16::try_from(*port).ok());
                services.push((row.id.to_string(), port));
            }
        }
    }
    services
}

fn classic(estate: &Estate, world: &mut World) {
    for (_, row) in estate.classic_load_balancers.iter() {
        let internet_facing = row.data.scheme.known().is_none_or(|scheme| scheme == "internet-facing");
        let owner = Workload {
            kind: "elb.load-balancer",
            id: row.id.to_string(),
            account: row.account.to_string(),
            region: row.region.to_string(),
        };
        let groups = row.data.security_groups.known().cloned().unwrap_or_default();
        for interface in world.interfaces.iter_mut().filter(|interface| interface.owners.contains(&owner)) {
            for address in &mut interface.addresses {
                if internet_facing && address.public == Public::No {
                    address.public = Public::Unseen;
                }
            }
        }
        let gap = row.data.subnets.get().err().map(|missing| Gap::member(&row.place.member("Subnets"), missing));
        for subnet in row.data.subnets.known().into_iter().flatten() {
            let standing = Standing {
                owner: owner.clone(),
                role: Role::Balancer,
                groups: &groups,
                public: internet_facing,
                control: None,
                place: row.place.clone(),
                gaps: gap.iter().cloned().collect(),
            };
            stand(world, &standing, subnet);
        }
        let listeners = match seen(row.data.listener_descriptions.get(), &row.place, "ListenerDescriptions") {
            Err(gap) => Err(gap),
            Ok(listed) => Ok(listed
                .iter()
                .filter_map(|entry| entry.listener.known())
                .map(|listener| {
                    let number = |value: Option<&i64>| value.and_then(|port| u16::try_from(*port).ok()).unwrap_or(0);
                    let (port, target) =
                        (number(listener.load_balancer_port.known()), number(listener.instance_port.known()));
                    Listener {
                        port,
                        protocol: listener.protocol.known().cloned().unwrap_or_default(),
                        targets: vec![format!("{}:{target}", row.id)],
                        notes: Vec::new(),
                        place: row.place.member("ListenerDescriptions").keyed(port),
                        id: format!("{}:{port}", row.id),
                        gap: None,
                    }
                })
                .collect::<Vec<_>>()),
        };
        // Each instance port stands as a target group of its own.
        for listener in listeners.iter().flatten() {
            for id in &listener.targets {
                let port = id.rsplit(':').next().and_then(|port| port.parse().ok());
                let targets = match row.data.instances.get() {
                    Ok(instances) => Ok(instances
                        .iter()
                        .filter_map(|instance| instance.instance_id.known())
                        .map(|instance| Registered {
                            id: instance.clone(),
                            port,
                            zone: None,
                            healthy: true,
                            used: true,
                            place: row.place.member("Instances").keyed(format_args!("InstanceId={instance}")),
                        })
                        .collect()),
                    Err(missing) => Err(Gap::member(&row.place.member("Instances"), missing)),
                };
                let group = TargetGroup {
                    id: id.clone(),
                    by_address: false,
                    cross_zone: None,
                    preserves_client: Ok(false),
                    assumed_default: false,
                    targets,
                    services: Vec::new(),
                };
                world.target_groups.insert(id.clone(), group);
            }
        }
        let balancer = Balancer {
            id: row.id.to_string(),
            kind: BalancerKind::Classic,
            account: row.account.to_string(),
            region: row.region.to_string(),
            cross_zone: Ok(true),
            down: None,
            listeners,
            place: row.place.clone(),
        };
        world.balancers.insert(row.id.to_string(), balancer);
    }
}
