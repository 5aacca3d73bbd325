//! What the network engine answers: who reaches a thing.

use portcullis_estate::schema::{Identity, Member, Type, Value, World};
use portcullis_estate::{Answer, Fact, Gap, schema_kind};
use portcullis_net::{Destination, Path, PortSet, Protocol, SourceSet};

use super::super::vocabulary::{Argument, ArgumentType, Signature};
use super::standard::Standard;
use Type::{Bool, Int, List, Object, Str};

/// The calls that a connection rests on.
pub(super) const CALLS: &[&str] = &[
    "ec2/describe-addresses",
    "ec2/describe-instances",
    "ec2/describe-internet-gateways",
    "ec2/describe-managed-prefix-lists",
    "ec2/describe-nat-gateways",
    "ec2/describe-network-acls",
    "ec2/describe-network-interfaces",
    "ec2/describe-prefix-lists",
    "ec2/describe-route-tables",
    "ec2/describe-security-group-vpc-associations",
    "ec2/describe-security-groups",
    "ec2/describe-subnets",
    "ec2/describe-transit-gateway-attachments",
    "ec2/describe-transit-gateway-route-tables",
    "ec2/describe-transit-gateway-vpc-attachments",
    "ec2/describe-transit-gateways",
    "ec2/describe-vpc-block-public-access-exclusions",
    "ec2/describe-vpc-block-public-access-options",
    "ec2/describe-vpc-endpoints",
    "ec2/describe-vpc-peering-connections",
    "ec2/describe-vpcs",
    "ec2/describe-vpn-connections",
    "ec2/describe-vpn-gateways",
    "ec2/get-managed-prefix-list-entries",
    "ec2/get-transit-gateway-route-table-associations",
    "ec2/get-transit-gateway-route-table-propagations",
    "ec2/search-transit-gateway-routes",
    "ecs/describe-services",
    "ecs/describe-task-definition",
    "ecs/describe-tasks",
    "elasticache/describe-cache-clusters",
    "elasticache/describe-cache-subnet-groups",
    "elasticache/describe-replication-groups",
    "elb/describe-load-balancers",
    "elbv2/describe-listeners",
    "elbv2/describe-load-balancer-attributes",
    "elbv2/describe-load-balancers",
    "elbv2/describe-rules",
    "elbv2/describe-target-group-attributes",
    "elbv2/describe-target-groups",
    "elbv2/describe-target-health",
    "lambda/list-functions",
    "rds/describe-db-clusters",
    "rds/describe-db-instances",
    "rds/describe-db-proxies",
    "rds/describe-db-proxy-targets",
    "rds/describe-db-subnet-groups",
];

fn source_members(source: &SourceSet) -> Vec<Member> {
    match source {
        SourceSet::Workload(workload) => vec![Member::Resource {
            kind: workload.kind.to_owned(),
            account: workload.account.clone(),
            region: workload.region.clone(),
            id: workload.id.clone(),
        }],
        SourceSet::Internet(set) | SourceSet::Range(set) => vec![Member::Addresses(set.cidrs())],
        SourceSet::Group(id) => vec![Member::Resource {
            kind: "ec2.security-group".to_owned(),
            account: String::new(),
            region: String::new(),
            id: id.clone(),
        }],
    }
}

/// The source in words.
fn source_words(source: &SourceSet) -> String {
    let some = |cidrs: Vec<String>| match cidrs.as_slice() {
        [] => "nowhere".to_owned(),
        [a] => a.clone(),
        [a, b] => format!("{a} and {b}"),
        [a, b, rest @ ..] => format!("{a}, {b} and {} more ranges", rest.len()),
    };
    match source {
        SourceSet::Workload(workload) => {
            let kind = workload.kind.split('.').nth(1).unwrap_or(workload.kind);
            let name = workload.id.rsplit('/').next().unwrap_or(&workload.id);
            format!("{kind} {name}")
        }
        SourceSet::Internet(set) if set.cidrs().len() > 2 => "the internet".to_owned(),
        SourceSet::Internet(set) => format!("the internet ({})", some(set.cidrs())),
        SourceSet::Range(set) => format!("anything in {}", some(set.cidrs())),
        SourceSet::Group(id) => format!("whatever joins security group {id}"),
    }
}

schema_kind! {
    /// Where connections come from: a workload, a set of addresses, or a security group that is empty today.
    pub SOURCE = "source": SourceSet, "",
    identity |_| Identity::default(),
    members |object| object.data.downcast_ref::<SourceSet>().map(source_members).unwrap_or_default();
    /// In words: `service gateway`, `the internet`.
    name: Str, "", |_cx, s| source_words(s);
    /// Whether it is addresses of the internet.
    internet: Bool, "", |_cx, s| matches!(s, SourceSet::Internet(_));
    /// Whether it is a workload that exists.
    workload: Bool, "", |_cx, s| matches!(s, SourceSet::Workload(_));
}

fn discriminator(path: &Path) -> String {
    format!("{}{}", source_words(&path.source), path.via.join(">"))
}

/// A path with the text that tells it from its siblings.
#[derive(Debug)]
pub(super) struct Found {
    path: Path,
    id: String,
}

schema_kind! {
    /// A way in which connections come about, one for each source.
    pub PATH = "path": Found, "",
    identity |object| object.data.downcast_ref::<Found>().map_or_else(Identity::default, |found| Identity {
        id: &found.id, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<Found>().map(|found| evidence(&found.path)).unwrap_or_default();
    /// Where it begins. Load balancers and gateways are on the way, never the source.
    source: Object("source"), "", |cx, p| cx.world.object(&SOURCE, cx.world.scratch.keep(p.path.source.clone()), cx.object.place);
    /// The destination's ports that it reaches.
    ports: Str, "", |_cx, p| p.path.ports.to_string();
    /// Load balancers on the way, nearest to the source first.
    via: List(&Str), "", |cx, p| {
        let names: Vec<&str> = p.path.via.iter().map(|via| cx.world.scratch.text(via.clone())).collect();
        cx.world.list(names.into_iter().map(Value::Str))
    };
    /// Whether nobody stands at the source today.
    vacant: Bool, "", |_cx, p| p.path.vacant;
    /// In words, beside the source: `directly`, `through shop`, `vacant today`.
    summary: Str, "", |_cx, p| summary(&p.path);
}

fn summary(path: &Path) -> String {
    let mut words = if path.via.is_empty() {
        "directly".to_owned()
    } else {
        let names: Vec<&str> = path.via.iter().map(|via| via.rsplit('/').next().unwrap_or(via)).collect();
        format!("through {}", names.join(" and "))
    };
    if path.vacant {
        words.push_str(", nobody is there today");
    }
    words
}

fn evidence(path: &Path) -> Vec<Fact> {
    path.decision.witness().map(|way| way.evidence.clone()).unwrap_or_default()
}

/// `reach.into`.
pub static INTO: Signature = Signature {
    name: "reach.into",
    arguments: &[
        Argument {
            name: "target",
            ty: ArgumentType::Kinds(&[
                "rds.instance",
                "ec2.instance",
                "ecs.service",
                "elasticache.cluster",
                "ec2.network-interface",
            ]),
        },
        Argument { name: "port", ty: ArgumentType::Of(Int) },
    ],
    returns: List(&Object("path")),
    doc: "every source that reaches the target on that TCP port, forward and reply, one path for each",
    calls: CALLS,
    most: 10_000,
    cost: 1_000,
};

pub(super) fn into<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    let (Some(Value::Object(target)), Some(Value::Int(port))) = (args.first(), args.get(1)) else {
        return world.list([]);
    };
    let Ok(port) = u16::try_from(*port) else {
        return world.unknown(Gap::other(format_args!("port {port}"), "no TCP port"));
    };
    let id = target.identity().id;
    let destination = if target.kind.name == "ec2.network-interface" {
        Destination::Interface(id.to_owned())
    } else {
        Destination::Workload { kind: target.kind.name.to_owned(), id: id.to_owned() }
    };
    let reachers = standard.net().reachers(standard.estate(), &destination, Protocol::TCP, &PortSet::single(port));
    let mut missing = reachers.complete.clone();
    let mut open = Vec::new();
    for path in reachers.paths {
        world.scratch.assume(path.decision.assumed.iter().copied());
        match path.decision.answer() {
            Answer::Open => {
                let id = discriminator(&path);
                open.push(world.object(&PATH, world.scratch.keep(Found { path, id }), target.place));
            }
            // Whether this source comes in hangs on what was not seen: the list may be longer.
            Answer::Undecided => missing.extend(path.decision.gaps()),
            Answer::Closed => {}
        }
    }
    let missing = if missing.is_empty() { None } else { Some(world.scratch.gaps(missing)) };
    world.scratch.list(open, missing)
}
