//! Fields of Amazon ElastiCache.

use portcullis_snapshot::shapes::{ec2, elasticache};

use super::ec2::SECURITY_GROUP;
use super::kind::Type::{Bool, List, Object, Opt, Str};
use crate::schema_rows;

schema_rows! {
    /// A cache cluster.
    pub CLUSTER = "elasticache.cluster": elasticache::CacheCluster, "elasticache/describe-cache-clusters";
    /// Id.
    id: Str, "CacheClusterId", |_cx, c| &c.data.cache_cluster_id;
    /// ARN.
    arn: Str, "ARN", |_cx, c| &c.data.arn;
    /// `redis`, `valkey` or `memcached`.
    engine: Str, "Engine", |_cx, c| &c.data.engine;
    /// The replication group it belongs to.
    replication_group: Opt(&Str), "ReplicationGroupId", |_cx, c| &c.data.replication_group_id;
    /// Whether connections are encrypted.
    transit_encryption: Bool, "TransitEncryptionEnabled", |_cx, c| &c.data.transit_encryption_enabled;
    /// Whether its data is encrypted.
    at_rest_encryption: Bool, "AtRestEncryptionEnabled", |_cx, c| &c.data.at_rest_encryption_enabled;
    /// Whether clients need a token.
    auth_token: Bool, "AuthTokenEnabled", |_cx, c| &c.data.auth_token_enabled;
    /// Its security groups.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "SecurityGroups",
        |cx, c| cx.each_required(&c.data.security_groups, |group| {
            cx.of(&group.security_group_id, |id| cx.linked::<ec2::SecurityGroup>(&SECURITY_GROUP, id))
        });
}
