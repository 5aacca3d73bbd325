//! Shapes of Amazon ElastiCache: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Types.html>.

use crate::member::{Optional, Required};

shape! {
"PascalCase"
/// A cache cluster or node (`DescribeCacheClusters`, nodes shown).
CacheCluster {
    /// Name.
    cache_cluster_id: String,
    ;
    /// ARN.
    #[serde(rename = "ARN")]
    arn: Required<String>,
    /// `available`, …
    cache_cluster_status: Required<String>,
    /// `redis`, `valkey` or `memcached`.
    engine: Required<String>,
    /// Version.
    engine_version: Optional<String>,
    /// The replication group it is a member of.
    replication_group_id: Optional<String>,
    /// Subnets it may stand in.
    cache_subnet_group_name: Optional<String>,
    /// Groups.
    security_groups: Required<Vec<CacheGroupMembership>>,
    /// Zone, or `Multiple`.
    preferred_availability_zone: Optional<String>,
    /// Nodes; only shown if asked for.
    cache_nodes: Required<Vec<CacheNode>>,
    /// Endpoint of a memcached cluster.
    configuration_endpoint: Optional<CacheEndpoint>,
    /// Whether clients use TLS.
    transit_encryption_enabled: Required<bool>,
    /// Whether disks are encrypted.
    at_rest_encryption_enabled: Required<bool>,
    /// Whether a token is asked for.
    auth_token_enabled: Required<bool>,
}
}

shape! {
"PascalCase"
/// A group of a cache.
CacheGroupMembership {
    ;
    /// Id.
    security_group_id: Required<String>,
    /// `active`, …
    status: Optional<String>,
}
}

shape! {
"PascalCase"
/// A node.
CacheNode {
    ;
    /// Id in the cluster.
    cache_node_id: Required<String>,
    /// `available`, …
    cache_node_status: Optional<String>,
    /// Name and port.
    endpoint: Optional<CacheEndpoint>,
    /// Zone.
    customer_availability_zone: Optional<String>,
}
}

shape! {
"PascalCase"
/// Name and port of a cache.
CacheEndpoint {
    ;
    /// DNS name.
    address: Optional<String>,
    /// Port.
    port: Required<i64>,
}
}

shape! {
"PascalCase"
/// A replication group (`DescribeReplicationGroups`).
ReplicationGroup {
    /// Name.
    replication_group_id: String,
    ;
    /// ARN.
    #[serde(rename = "ARN")]
    arn: Required<String>,
    /// `available`, …
    status: Required<String>,
    /// Its clusters.
    member_clusters: Required<Vec<String>>,
    /// Shards.
    node_groups: Optional<Vec<NodeGroup>>,
    /// Endpoint in cluster mode.
    configuration_endpoint: Optional<CacheEndpoint>,
    /// Whether clients use TLS.
    transit_encryption_enabled: Required<bool>,
    /// `preferred` or `required`.
    transit_encryption_mode: Optional<String>,
    /// Whether disks are encrypted.
    at_rest_encryption_enabled: Required<bool>,
    /// Whether a token is asked for.
    auth_token_enabled: Required<bool>,
    /// Key.
    kms_key_id: Optional<String>,
    /// User groups.
    user_group_ids: Optional<Vec<String>>,
}
}

shape! {
"PascalCase"
/// A shard.
NodeGroup {
    ;
    /// Id.
    node_group_id: Optional<String>,
    /// Where it is written.
    primary_endpoint: Optional<CacheEndpoint>,
    /// Where it is read.
    reader_endpoint: Optional<CacheEndpoint>,
    /// Nodes.
    node_group_members: Optional<Vec<NodeGroupMember>>,
}
}

shape! {
"PascalCase"
/// A node of a shard.
NodeGroupMember {
    ;
    /// The cluster.
    cache_cluster_id: Optional<String>,
    /// Zone.
    preferred_availability_zone: Optional<String>,
}
}

shape! {
"PascalCase"
/// A subnet group (`DescribeCacheSubnetGroups`).
CacheSubnetGroup {
    /// Name.
    cache_subnet_group_name: String,
    ;
    /// The VPC.
    vpc_id: Required<String>,
    /// Subnets.
    subnets: Required<Vec<CacheSubnet>>,
}
}

shape! {
"PascalCase"
/// A subnet of a subnet group.
CacheSubnet {
    ;
    /// Id.
    subnet_identifier: Required<String>,
}
}
