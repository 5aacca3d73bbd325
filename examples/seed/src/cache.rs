//! The cache.

use anyhow::Result;
use aws_sdk_elasticache::types::Tag;

use crate::aws::{REGION, send};
use crate::estate::Estate;
use crate::network::create_interface;

/// Node, zone, subnet, address.
const NODES: [(&str, &str, &str, &str); 2] =
    [("shop-cache-001", "a", "data-a", "10.0.20.20"), ("shop-cache-002", "c", "data-c", "10.0.21.20")];

/// Builds a Redis replication group of two nodes. moto lists the nodes only if they are created by themselves; in AWS
/// subnets and security groups stand with the nodes.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let cache = estate.aws.elasticache.clone();
    let group = estate.id("group", "cache")?.to_owned();
    let subnets = [estate.id("subnet", "data-a")?.to_owned(), estate.id("subnet", "data-c")?.to_owned()];
    send!(
        cache
            .create_cache_subnet_group()
            .cache_subnet_group_name("shop-data")
            .cache_subnet_group_description("Isolated subnets")
            .set_subnet_ids(Some(subnets.to_vec()))
    );
    send!(
        cache
            .create_replication_group()
            .replication_group_id("shop-cache")
            .replication_group_description("Sessions and baskets")
            .engine("redis")
            .engine_version("7.1")
            .cache_node_type("cache.t3.micro")
            .num_node_groups(1)
            .replicas_per_node_group(1)
            .set_preferred_cache_cluster_azs(Some(NODES.map(|(_, zone, ..)| format!("{REGION}{zone}")).to_vec()))
            .automatic_failover_enabled(true)
            .multi_az_enabled(true)
            .cache_subnet_group_name("shop-data")
            .security_group_ids(&group)
            .port(6379)
            .transit_encryption_enabled(true)
            .at_rest_encryption_enabled(true)
            .kms_key_id(estate.id("key", "shop-data")?)
            .snapshot_retention_limit(7)
            .tags(tag("Name", "shop-cache"))
            .tags(tag("Tier", "cache"))
    );
    for (node, zone, subnet, address) in NODES {
        send!(
            cache
                .create_cache_cluster()
                .cache_cluster_id(node)
                .replication_group_id("shop-cache")
                .engine("redis")
                .engine_version("7.1")
                .cache_node_type("cache.t3.micro")
                .num_cache_nodes(1)
                .preferred_availability_zone(format!("{REGION}{zone}"))
                .cache_subnet_group_name("shop-data")
                .security_group_ids(&group)
                .port(6379)
                .transit_encryption_enabled(true)
                .tags(tag("Name", node))
                .tags(tag("Tier", "cache"))
        );
        create_interface(estate, node, &format!("ElastiCache {node}"), (subnet, address), "cache").await?;
    }
    Ok(())
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}
