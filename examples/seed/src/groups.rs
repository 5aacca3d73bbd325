//! The security groups: one a tier, one a service, each with the connections it needs and no other.

use anyhow::Result;
use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, ResourceType, UserIdGroupPair};

use crate::aws::send;
use crate::estate::Estate;
use crate::network::tagged;

/// The office's way out.
const OFFICE: &str = "198.51.100.0/28";

/// Name, tier, description.
const GROUPS: [(&str, &str, &str); 11] = [
    ("alb", "web", "Load balancer of the shop"),
    ("gateway", "gateway", "Service gateway"),
    ("user", "app", "Service user"),
    ("product", "app", "Service product"),
    ("order", "app", "Service order"),
    ("payment", "app", "Service payment"),
    ("notification", "app", "Service notification"),
    ("bastion", "bastion", "Way of people to the database"),
    ("db", "db", "Database"),
    ("cache", "cache", "Cache"),
    ("rotate", "app", "Function that rotates the payment key"),
];

/// The other end of a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer<'a> {
    V4(&'a str),
    V6(&'a str),
    Group(&'a str),
}

/// The direction of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

use Direction::{In, Out};
use Peer::{Group, V4, V6};

/// Group, direction, TCP port, the other end.
const RULES: [(&str, Direction, i32, Peer<'static>); 43] = [
    ("alb", In, 443, V4("0.0.0.0/0")),
    ("alb", In, 443, V6("::/0")),
    ("alb", In, 80, V4("0.0.0.0/0")),
    ("alb", In, 80, V6("::/0")),
    ("alb", Out, 8080, Group("gateway")),
    ("gateway", In, 8080, Group("alb")),
    ("gateway", Out, 8080, Group("user")),
    ("gateway", Out, 8080, Group("product")),
    ("gateway", Out, 8080, Group("order")),
    ("gateway", Out, 8080, Group("payment")),
    ("gateway", Out, 8080, Group("notification")),
    ("gateway", Out, 443, V4("0.0.0.0/0")),
    ("user", In, 8080, Group("gateway")),
    ("user", Out, 5432, Group("db")),
    ("user", Out, 6379, Group("cache")),
    ("user", Out, 443, V4("0.0.0.0/0")),
    ("product", In, 8080, Group("gateway")),
    ("product", Out, 5432, Group("db")),
    ("product", Out, 6379, Group("cache")),
    ("product", Out, 443, V4("0.0.0.0/0")),
    ("order", In, 8080, Group("gateway")),
    ("order", Out, 5432, Group("db")),
    ("order", Out, 6379, Group("cache")),
    ("order", Out, 443, V4("0.0.0.0/0")),
    ("payment", In, 8080, Group("gateway")),
    ("payment", Out, 5432, Group("db")),
    ("payment", Out, 443, V4("0.0.0.0/0")),
    ("notification", In, 8080, Group("gateway")),
    ("notification", Out, 5432, Group("db")),
    ("notification", Out, 443, V4("0.0.0.0/0")),
    ("bastion", In, 22, V4(OFFICE)),
    ("bastion", Out, 5432, Group("db")),
    ("bastion", Out, 443, V4("0.0.0.0/0")),
    ("db", In, 5432, Group("bastion")),
    ("db", In, 5432, Group("user")),
    ("db", In, 5432, Group("product")),
    ("db", In, 5432, Group("order")),
    ("db", In, 5432, Group("payment")),
    ("db", In, 5432, Group("notification")),
    ("cache", In, 6379, Group("user")),
    ("cache", In, 6379, Group("product")),
    ("cache", In, 6379, Group("order")),
    ("rotate", Out, 443, V4("0.0.0.0/0")),
];

/// Creates the groups, then their rules, which name each other.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    for (name, tier, description) in GROUPS {
        create(estate, name, "shop", tier, description).await?;
    }
    for (group, direction, port, peer) in RULES {
        add_rule(estate, group, direction, port, peer).await?;
    }
    Ok(())
}

/// Creates a group without any rule: the one that AWS adds, all egress, is taken away.
pub(crate) async fn create(estate: &mut Estate, name: &str, vpc: &str, tier: &str, description: &str) -> Result<()> {
    let ec2 = estate.aws.ec2.clone();
    let created = send!(
        ec2.create_security_group()
            .group_name(name)
            .description(description)
            .vpc_id(estate.id("vpc", vpc)?)
            .tag_specifications(tagged(ResourceType::SecurityGroup, &[("Name", name), ("Tier", tier)]))
    );
    estate.note("group", name, created.group_id())?;
    let id = estate.id("group", name)?;
    let all = IpPermission::builder().ip_protocol("-1").ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build());
    send!(ec2.revoke_security_group_egress().group_id(id).ip_permissions(all.build()));
    Ok(())
}

/// Adds a rule for one TCP port.
pub(crate) async fn add_rule(
    estate: &Estate,
    group: &str,
    direction: Direction,
    port: i32,
    peer: Peer<'_>,
) -> Result<()> {
    let permission = IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port);
    let permission = match peer {
        V4(range) => permission.ip_ranges(IpRange::builder().cidr_ip(range).build()),
        V6(range) => permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).build()),
        Group(other) => {
            permission.user_id_group_pairs(UserIdGroupPair::builder().group_id(estate.id("group", other)?).build())
        }
    };
    let (ec2, id, permission) = (&estate.aws.ec2, estate.id("group", group)?, permission.build());
    if direction == In {
        send!(ec2.authorize_security_group_ingress().group_id(id).ip_permissions(permission));
    } else {
        send!(ec2.authorize_security_group_egress().group_id(id).ip_permissions(permission));
    }
    Ok(())
}
