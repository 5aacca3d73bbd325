//! Shapes of Amazon RDS: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Types.html>.

use super::Tag;
use crate::member::{Optional, Required};

shape! {
"PascalCase"
/// A database instance (`DescribeDBInstances`).
DbInstance {
    /// Name.
    #[serde(rename = "DBInstanceIdentifier")]
    db_instance_identifier: String,
    ;
    /// ARN.
    #[serde(rename = "DBInstanceArn")]
    db_instance_arn: Required<String>,
    /// Resource id, as in `rds-db:connect`.
    dbi_resource_id: Optional<String>,
    /// `available`, `stopped`, …
    #[serde(rename = "DBInstanceStatus")]
    db_instance_status: Required<String>,
    /// Size.
    #[serde(rename = "DBInstanceClass")]
    db_instance_class: Optional<String>,
    /// `postgres`, `mysql`, `mariadb`, `aurora-postgresql`, …
    engine: Required<String>,
    /// Version.
    engine_version: Required<String>,
    /// Name and port; absent while it is being made.
    endpoint: Optional<Endpoint>,
    /// Master user.
    master_username: Required<String>,
    /// The secret that holds its password, if RDS manages it.
    master_user_secret: Optional<MasterUserSecret>,
    /// First database.
    #[serde(rename = "DBName")]
    db_name: Optional<String>,
    /// Whether it gets a public address.
    publicly_accessible: Required<bool>,
    /// Groups.
    vpc_security_groups: Required<Vec<VpcSecurityGroupMembership>>,
    /// Subnets it may stand in.
    #[serde(rename = "DBSubnetGroup")]
    db_subnet_group: Optional<DbSubnetGroup>,
    /// The zone it stands in; absent while it is being made.
    availability_zone: Optional<String>,
    /// The zone of the standby.
    secondary_availability_zone: Optional<String>,
    /// Whether there is a standby.
    #[serde(rename = "MultiAZ")]
    multi_az: Required<bool>,
    /// `IPV4` or `DUAL`; absent in older dumps.
    network_type: Optional<String>,
    /// Whether its disks are encrypted.
    storage_encrypted: Required<bool>,
    /// The key.
    kms_key_id: Optional<String>,
    /// Whether IAM login is on.
    #[serde(rename = "IAMDatabaseAuthenticationEnabled")]
    iam_database_authentication_enabled: Required<bool>,
    /// Whether deletion is refused.
    deletion_protection: Required<bool>,
    /// Days of automatic backups; 0 is none.
    backup_retention_period: Required<i64>,
    /// Whether snapshots inherit the tags.
    copy_tags_to_snapshot: Optional<bool>,
    /// Whether minor versions come by themselves.
    auto_minor_version_upgrade: Optional<bool>,
    /// The cluster it is a member of.
    #[serde(rename = "DBClusterIdentifier")]
    db_cluster_identifier: Optional<String>,
    /// Parameter groups.
    #[serde(rename = "DBParameterGroups")]
    db_parameter_groups: Optional<Vec<DbParameterGroupStatus>>,
    /// Logs that are exported; absent for none.
    enabled_cloudwatch_logs_exports: Optional<Vec<String>>,
    /// Whether Performance Insights is on.
    performance_insights_enabled: Optional<bool>,
    /// Certificate authority.
    #[serde(rename = "CACertificateIdentifier")]
    ca_certificate_identifier: Optional<String>,
    /// What it replicates.
    #[serde(rename = "ReadReplicaSourceDBInstanceIdentifier")]
    read_replica_source_db_instance_identifier: Optional<String>,
    /// Tags.
    tag_list: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// Name and port.
Endpoint {
    ;
    /// DNS name.
    address: Optional<String>,
    /// Port.
    port: Required<i64>,
}
}

shape! {
"PascalCase"
/// The secret of the master user.
MasterUserSecret {
    ;
    /// ARN.
    secret_arn: Optional<String>,
    /// State.
    secret_status: Optional<String>,
}
}

shape! {
"PascalCase"
/// A group of a database.
VpcSecurityGroupMembership {
    ;
    /// Id.
    vpc_security_group_id: Required<String>,
    /// `active`, `adding`, `removing`, …
    status: Optional<String>,
}
}

shape! {
"PascalCase"
/// A subnet group (`DescribeDBSubnetGroups`).
DbSubnetGroup {
    /// Name.
    #[serde(rename = "DBSubnetGroupName")]
    db_subnet_group_name: String,
    ;
    /// ARN.
    #[serde(rename = "DBSubnetGroupArn")]
    db_subnet_group_arn: Optional<String>,
    /// The VPC.
    vpc_id: Required<String>,
    /// Subnets.
    subnets: Required<Vec<GroupSubnet>>,
}
}

shape! {
"PascalCase"
/// A subnet of a subnet group.
GroupSubnet {
    ;
    /// Id.
    subnet_identifier: Required<String>,
    /// Zone.
    subnet_availability_zone: Optional<SubnetZone>,
    /// `Active`, …
    subnet_status: Optional<String>,
}
}

shape! {
"PascalCase"
/// A zone.
SubnetZone {
    ;
    /// Name.
    name: Required<String>,
}
}

shape! {
"PascalCase"
/// A parameter group of an instance.
DbParameterGroupStatus {
    ;
    /// Name.
    #[serde(rename = "DBParameterGroupName")]
    db_parameter_group_name: Required<String>,
    /// `in-sync`, `pending-reboot`, …
    parameter_apply_status: Optional<String>,
}
}

shape! {
"PascalCase"
/// A database cluster (`DescribeDBClusters`).
DbCluster {
    /// Name.
    #[serde(rename = "DBClusterIdentifier")]
    db_cluster_identifier: String,
    ;
    /// ARN.
    #[serde(rename = "DBClusterArn")]
    db_cluster_arn: Required<String>,
    /// Resource id, as in `rds-db:connect`.
    db_cluster_resource_id: Optional<String>,
    /// `available`, …
    status: Required<String>,
    /// Engine.
    engine: Required<String>,
    /// Version.
    engine_version: Required<String>,
    /// `provisioned`, `serverless`, …
    engine_mode: Optional<String>,
    /// DNS name of the writer.
    endpoint: Optional<String>,
    /// DNS name of the readers.
    reader_endpoint: Optional<String>,
    /// Port.
    port: Required<i64>,
    /// Master user.
    master_username: Required<String>,
    /// The secret that holds its password, if RDS manages it.
    master_user_secret: Optional<MasterUserSecret>,
    /// First database.
    database_name: Optional<String>,
    /// Groups.
    vpc_security_groups: Required<Vec<VpcSecurityGroupMembership>>,
    /// Name of its subnet group.
    #[serde(rename = "DBSubnetGroup")]
    db_subnet_group: Optional<String>,
    /// Instances.
    #[serde(rename = "DBClusterMembers")]
    db_cluster_members: Required<Vec<DbClusterMember>>,
    /// For a Multi-AZ cluster: whether it gets a public address.
    publicly_accessible: Optional<bool>,
    /// Whether it spans zones.
    #[serde(rename = "MultiAZ")]
    multi_az: Optional<bool>,
    /// `IPV4` or `DUAL`.
    network_type: Optional<String>,
    /// Whether its disks are encrypted.
    storage_encrypted: Required<bool>,
    /// The key.
    kms_key_id: Optional<String>,
    /// Whether IAM login is on; absent for off.
    #[serde(rename = "IAMDatabaseAuthenticationEnabled")]
    iam_database_authentication_enabled: Optional<bool>,
    /// Whether the Data API is on.
    http_endpoint_enabled: Optional<bool>,
    /// Whether deletion is refused; absent for no.
    deletion_protection: Optional<bool>,
    /// Days of automatic backups.
    backup_retention_period: Required<i64>,
    /// Whether snapshots inherit the tags.
    copy_tags_to_snapshot: Optional<bool>,
    /// Parameter group.
    #[serde(rename = "DBClusterParameterGroup")]
    db_cluster_parameter_group: Optional<String>,
    /// Logs that are exported; absent for none.
    enabled_cloudwatch_logs_exports: Optional<Vec<String>>,
    /// Tags.
    tag_list: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// An instance of a cluster.
DbClusterMember {
    ;
    /// Name.
    #[serde(rename = "DBInstanceIdentifier")]
    db_instance_identifier: Required<String>,
    /// Whether it is the writer.
    is_cluster_writer: Optional<bool>,
}
}

shape! {
"PascalCase"
/// A snapshot of an instance (`DescribeDBSnapshots`).
DbSnapshot {
    /// Name.
    #[serde(rename = "DBSnapshotIdentifier")]
    db_snapshot_identifier: String,
    ;
    /// ARN.
    #[serde(rename = "DBSnapshotArn")]
    db_snapshot_arn: Required<String>,
    /// The instance it was made of.
    #[serde(rename = "DBInstanceIdentifier")]
    db_instance_identifier: Required<String>,
    /// `manual`, `automated`, `shared`, `public` or `awsbackup`.
    snapshot_type: Required<String>,
    /// `available`, …
    status: Optional<String>,
    /// Engine.
    engine: Optional<String>,
    /// When it was made.
    snapshot_create_time: Optional<String>,
    /// Whether it is encrypted.
    encrypted: Required<bool>,
    /// The key.
    kms_key_id: Optional<String>,
    /// Tags.
    tag_list: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// An attribute of an instance snapshot (`DescribeDBSnapshotAttributes`).
DbSnapshotAttribute {
    /// `restore`.
    attribute_name: String,
    ;
    /// Accounts, or `all`.
    attribute_values: Required<Vec<String>>,
}
}

shape! {
"PascalCase"
/// A snapshot of a cluster (`DescribeDBClusterSnapshots`).
DbClusterSnapshot {
    /// Name.
    #[serde(rename = "DBClusterSnapshotIdentifier")]
    db_cluster_snapshot_identifier: String,
    ;
    /// ARN.
    #[serde(rename = "DBClusterSnapshotArn")]
    db_cluster_snapshot_arn: Required<String>,
    /// The cluster it was made of.
    #[serde(rename = "DBClusterIdentifier")]
    db_cluster_identifier: Required<String>,
    /// `manual`, `automated`, `shared`, `public` or `awsbackup`.
    snapshot_type: Required<String>,
    /// `available`, …
    status: Optional<String>,
    /// Engine.
    engine: Optional<String>,
    /// When it was made.
    snapshot_create_time: Optional<String>,
    /// Whether it is encrypted.
    storage_encrypted: Required<bool>,
    /// The key.
    kms_key_id: Optional<String>,
    /// Tags.
    tag_list: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// An attribute of a cluster snapshot (`DescribeDBClusterSnapshotAttributes`).
DbClusterSnapshotAttribute {
    /// `restore`.
    attribute_name: String,
    ;
    /// Accounts, or `all`.
    attribute_values: Required<Vec<String>>,
}
}

shape! {
"PascalCase"
/// A database proxy (`DescribeDBProxies`).
DbProxy {
    /// Name.
    #[serde(rename = "DBProxyName")]
    db_proxy_name: String,
    ;
    /// ARN.
    #[serde(rename = "DBProxyArn")]
    db_proxy_arn: Required<String>,
    /// `available`, …
    status: Required<String>,
    /// `MYSQL`, `POSTGRESQL` or `SQLSERVER`.
    engine_family: Optional<String>,
    /// The VPC.
    vpc_id: Required<String>,
    /// Groups.
    vpc_security_group_ids: Required<Vec<String>>,
    /// Subnets.
    vpc_subnet_ids: Required<Vec<String>>,
    /// DNS name.
    endpoint: Optional<String>,
    /// Whether clients must use TLS.
    #[serde(rename = "RequireTLS")]
    require_tls: Required<bool>,
    /// Role that reads the secrets.
    role_arn: Optional<String>,
    /// How clients log in.
    auth: Optional<Vec<ProxyAuth>>,
}
}

shape! {
"PascalCase"
/// How a client of a proxy logs in.
ProxyAuth {
    ;
    /// `SECRETS`.
    auth_scheme: Optional<String>,
    /// The secret with the login.
    secret_arn: Optional<String>,
    /// `DISABLED`, `REQUIRED` or `ENABLED`.
    #[serde(rename = "IAMAuth")]
    iam_auth: Optional<String>,
    /// Database user.
    user_name: Optional<String>,
}
}

shape! {
"PascalCase"
/// An endpoint of a proxy (`DescribeDBProxyEndpoints`).
DbProxyEndpoint {
    /// Name.
    #[serde(rename = "DBProxyEndpointName")]
    db_proxy_endpoint_name: String,
    ;
    /// ARN.
    #[serde(rename = "DBProxyEndpointArn")]
    db_proxy_endpoint_arn: Optional<String>,
    /// The proxy.
    #[serde(rename = "DBProxyName")]
    db_proxy_name: Required<String>,
    /// `available`, …
    status: Required<String>,
    /// The VPC.
    vpc_id: Required<String>,
    /// Groups.
    vpc_security_group_ids: Required<Vec<String>>,
    /// Subnets.
    vpc_subnet_ids: Required<Vec<String>>,
    /// DNS name.
    endpoint: Optional<String>,
}
}

shape! {
"PascalCase"
/// A database behind a proxy (`DescribeDBProxyTargets`).
DbProxyTarget {
    ;
    /// Name of the instance or cluster.
    rds_resource_id: Optional<String>,
    /// `RDS_INSTANCE`, `TRACKED_CLUSTER`, …
    #[serde(rename = "Type")]
    kind: Required<String>,
    /// DNS name.
    endpoint: Optional<String>,
    /// Port.
    port: Optional<i64>,
    /// ARN.
    target_arn: Optional<String>,
}
}

shape! {
"PascalCase"
/// A parameter of an instance parameter group (`DescribeDBParameters`).
DbParameter {
    /// Name.
    parameter_name: String,
    ;
    /// Value; absent where the engine's default applies.
    parameter_value: Optional<String>,
    /// `user`, `system` or `engine-default`.
    source: Optional<String>,
    /// `immediate` or `pending-reboot`.
    apply_method: Optional<String>,
}
}

shape! {
"PascalCase"
/// A parameter of a cluster parameter group (`DescribeDBClusterParameters`).
DbClusterParameter {
    /// Name.
    parameter_name: String,
    ;
    /// Value; absent where the engine's default applies.
    parameter_value: Optional<String>,
    /// `user`, `system` or `engine-default`.
    source: Optional<String>,
    /// `immediate` or `pending-reboot`.
    apply_method: Optional<String>,
}
}
