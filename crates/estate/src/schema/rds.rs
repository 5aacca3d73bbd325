//! Fields of Amazon RDS.

use portcullis_snapshot::shapes::{ec2, rds};

use super::cell::{Cell as _, Cx, OrEmpty, OrFalse};
use super::ec2::SECURITY_GROUP;
use super::kind::Type::{Bool, Int, List, Map, Object, Opt, Str};
use super::value::Value;
use crate::{Row, schema_rows};

schema_rows! {
    /// A database instance.
    pub INSTANCE = "rds.instance": rds::DbInstance, "rds/describe-db-instances";
    /// Identifier.
    id: Str, "DBInstanceIdentifier", |_cx, d| &d.data.db_instance_identifier;
    /// ARN.
    arn: Str, "DBInstanceArn", |_cx, d| &d.data.db_instance_arn;
    /// `available`, …
    status: Str, "DBInstanceStatus", |_cx, d| &d.data.db_instance_status;
    /// `postgres`, `mysql`, `mariadb`, `aurora-postgresql`, …
    engine: Str, "Engine", |_cx, d| &d.data.engine;
    /// Version of the engine.
    engine_version: Str, "EngineVersion", |_cx, d| &d.data.engine_version;
    /// The port it listens on.
    port: Int, "Endpoint", |cx, d| cx.must(&d.data.endpoint, |endpoint| &endpoint.port);
    /// Name of the master user.
    master_user: Str, "MasterUsername", |_cx, d| &d.data.master_username;
    /// Whether Secrets Manager keeps and rotates the master user's password.
    managed_password: Bool, "MasterUserSecret", |cx, d| match d.data.master_user_secret.get() {
        Ok(secret) => Value::Bool(secret.is_some()),
        Err(missing) => cx.unknown(missing),
    };
    /// Whether its name resolves to a public address outside the VPC.
    publicly_accessible: Bool, "PubliclyAccessible", |_cx, d| &d.data.publicly_accessible;
    /// Whether its disks are encrypted.
    storage_encrypted: Bool, "StorageEncrypted", |_cx, d| &d.data.storage_encrypted;
    /// The key of its disks.
    kms_key: Opt(&Str), "KmsKeyId", |_cx, d| &d.data.kms_key_id;
    /// Whether it has a standby in another zone.
    multi_az: Bool, "MultiAZ", |_cx, d| &d.data.multi_az;
    /// Whether users may log in with IAM.
    iam_auth: Bool, "IAMDatabaseAuthenticationEnabled", |_cx, d| &d.data.iam_database_authentication_enabled;
    /// Whether it cannot be deleted.
    deletion_protection: Bool, "DeletionProtection", |_cx, d| &d.data.deletion_protection;
    /// For how many days backups are kept; 0 is no backup.
    backup_retention: Int, "BackupRetentionPeriod", |_cx, d| &d.data.backup_retention_period;
    /// Whether minor versions are installed by themselves.
    auto_minor_upgrade: Bool, "AutoMinorVersionUpgrade", |cx, d| cx.must(&d.data.auto_minor_version_upgrade, |on| on);
    /// Kinds of its logs that go to CloudWatch.
    exported_logs: List(&Str), "EnabledCloudwatchLogsExports", |_cx, d| OrEmpty(&d.data.enabled_cloudwatch_logs_exports);
    /// The cluster it belongs to.
    cluster: Opt(&Str), "DBClusterIdentifier", |_cx, d| &d.data.db_cluster_identifier;
    /// The VPC it lies in.
    vpc_id: Opt(&Str), "DBSubnetGroup", |cx, d| cx.within(&d.data.db_subnet_group, |group| &group.vpc_id);
    /// Its security groups.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "VpcSecurityGroups",
        |cx, d| groups(&cx, &d.data.vpc_security_groups);
    /// Settings of its parameter groups: `db.parameters['rds.force_ssl']`.
    parameters @ "rds/describe-db-parameters": Map(&Opt(&Str)), "DBParameterGroups", |cx, d| parameters(&cx, d);
    /// Snapshots of it.
    snapshots @ "rds/describe-db-snapshots": List(&Object("rds.snapshot")), "", |cx, d| {
        let snapshots = cx.world.estate.db_snapshots.iter().map(|(_, row)| row);
        let own = snapshots.filter(|s| {
            s.account == d.account && s.region == d.region && s.data.db_instance_identifier.known() == Some(&d.data.db_instance_identifier)
        });
        cx.world.scratch.list(
            own.map(|s| cx.world.object(&SNAPSHOT, s, &s.place)),
            cx.world.missing(&d.account, &d.region, "rds/describe-db-snapshots"),
        )
    };
    /// Tags.
    tags: Map(&Str), "TagList", |_cx, d| OrEmpty(&d.data.tag_list);
}

schema_rows! {
    /// A database cluster.
    pub CLUSTER = "rds.cluster": rds::DbCluster, "rds/describe-db-clusters";
    /// Identifier.
    id: Str, "DBClusterIdentifier", |_cx, d| &d.data.db_cluster_identifier;
    /// ARN.
    arn: Str, "DBClusterArn", |_cx, d| &d.data.db_cluster_arn;
    /// `aurora-postgresql`, `aurora-mysql`, …
    engine: Str, "Engine", |_cx, d| &d.data.engine;
    /// The port it listens on.
    port: Int, "Port", |_cx, d| &d.data.port;
    /// Whether its disks are encrypted.
    storage_encrypted: Bool, "StorageEncrypted", |_cx, d| &d.data.storage_encrypted;
    /// Whether users may log in with IAM.
    iam_auth: Bool, "IAMDatabaseAuthenticationEnabled", |_cx, d| OrFalse(&d.data.iam_database_authentication_enabled);
    /// Whether statements can be sent over HTTPS with IAM alone (the Data API).
    data_api: Bool, "HttpEndpointEnabled", |_cx, d| OrFalse(&d.data.http_endpoint_enabled);
    /// Whether it cannot be deleted.
    deletion_protection: Bool, "DeletionProtection", |_cx, d| OrFalse(&d.data.deletion_protection);
    /// For how many days backups are kept.
    backup_retention: Int, "BackupRetentionPeriod", |_cx, d| &d.data.backup_retention_period;
    /// Kinds of its logs that go to CloudWatch.
    exported_logs: List(&Str), "EnabledCloudwatchLogsExports", |_cx, d| OrEmpty(&d.data.enabled_cloudwatch_logs_exports);
    /// Its security groups.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "VpcSecurityGroups",
        |cx, d| groups(&cx, &d.data.vpc_security_groups);
    /// Tags.
    tags: Map(&Str), "TagList", |_cx, d| OrEmpty(&d.data.tag_list);
}

schema_rows! {
    /// A snapshot of a database instance.
    pub SNAPSHOT = "rds.snapshot": rds::DbSnapshot, "rds/describe-db-snapshots";
    /// Identifier.
    id: Str, "DBSnapshotIdentifier", |_cx, s| &s.data.db_snapshot_identifier;
    /// ARN.
    arn: Str, "DBSnapshotArn", |_cx, s| &s.data.db_snapshot_arn;
    /// The instance it was made of.
    instance: Str, "DBInstanceIdentifier", |_cx, s| &s.data.db_instance_identifier;
    /// `manual`, `automated`, `shared`, `public`, `awsbackup`.
    snapshot_type: Str, "SnapshotType", |_cx, s| &s.data.snapshot_type;
    /// Whether it is encrypted.
    encrypted: Bool, "Encrypted", |_cx, s| &s.data.encrypted;
    /// The key it is encrypted with.
    kms_key: Opt(&Str), "KmsKeyId", |_cx, s| &s.data.kms_key_id;
    /// Accounts that may restore it; `all` is everyone. Only snapshots made by hand can be shared.
    shared_with @ "rds/describe-db-snapshot-attributes": List(&Str), "", |cx, s| match s.data.snapshot_type.known() {
        Some(kind) if kind == "automated" => cx.world.list([]),
        _ => restore(&cx, cx.children::<rds::DbSnapshotAttribute>(&s.id), |a| (&a.attribute_name, &a.attribute_values)),
    };
    /// Whether everyone may restore it.
    public @ "rds/describe-db-snapshot-attributes": Bool, "", |cx, s| match s.data.snapshot_type.known() {
        Some(kind) if kind == "automated" => Value::Bool(false),
        _ => everyone(restore(&cx, cx.children::<rds::DbSnapshotAttribute>(&s.id), |a| (&a.attribute_name, &a.attribute_values))),
    };
    /// How many days ago it was made.
    age_days: Opt(&Int), "SnapshotCreateTime", |cx, s| cx.within(&s.data.snapshot_create_time, |time| cx.age_days(time));
    /// Tags.
    tags: Map(&Str), "TagList", |_cx, s| OrEmpty(&s.data.tag_list);
}

schema_rows! {
    /// A snapshot of a database cluster.
    pub CLUSTER_SNAPSHOT = "rds.cluster-snapshot": rds::DbClusterSnapshot, "rds/describe-db-cluster-snapshots";
    /// Identifier.
    id: Str, "DBClusterSnapshotIdentifier", |_cx, s| &s.data.db_cluster_snapshot_identifier;
    /// ARN.
    arn: Str, "DBClusterSnapshotArn", |_cx, s| &s.data.db_cluster_snapshot_arn;
    /// The cluster it was made of.
    cluster: Str, "DBClusterIdentifier", |_cx, s| &s.data.db_cluster_identifier;
    /// `manual`, `automated`, `shared`, `public`, `awsbackup`.
    snapshot_type: Str, "SnapshotType", |_cx, s| &s.data.snapshot_type;
    /// Whether it is encrypted.
    encrypted: Bool, "StorageEncrypted", |_cx, s| &s.data.storage_encrypted;
    /// The key it is encrypted with.
    kms_key: Opt(&Str), "KmsKeyId", |_cx, s| &s.data.kms_key_id;
    /// Accounts that may restore it; `all` is everyone. Only snapshots made by hand can be shared.
    shared_with @ "rds/describe-db-cluster-snapshot-attributes": List(&Str), "", |cx, s| match s.data.snapshot_type.known() {
        Some(kind) if kind == "automated" => cx.world.list([]),
        _ => restore(&cx, cx.children::<rds::DbClusterSnapshotAttribute>(&s.id), |a| (&a.attribute_name, &a.attribute_values)),
    };
    /// Whether everyone may restore it.
    public @ "rds/describe-db-cluster-snapshot-attributes": Bool, "", |cx, s| match s.data.snapshot_type.known() {
        Some(kind) if kind == "automated" => Value::Bool(false),
        _ => everyone(restore(&cx, cx.children::<rds::DbClusterSnapshotAttribute>(&s.id), |a| (&a.attribute_name, &a.attribute_values))),
    };
    /// Tags.
    tags: Map(&Str), "TagList", |_cx, s| OrEmpty(&s.data.tag_list);
}

fn groups<'e>(
    cx: &Cx<'e>,
    groups: &'e portcullis_snapshot::Required<Vec<rds::VpcSecurityGroupMembership>>,
) -> Value<'e> {
    cx.each_required(groups, |group| {
        cx.of(&group.vpc_security_group_id, |id| cx.linked::<ec2::SecurityGroup>(&SECURITY_GROUP, id))
    })
}

/// Parameters of all its groups; AWS allows one group an instance.
fn parameters<'e>(cx: &Cx<'e>, db: &'e Row<rds::DbInstance>) -> Value<'e> {
    let groups = match db.data.db_parameter_groups.get() {
        Ok(groups) => groups.into_iter().flatten(),
        Err(missing) => return cx.unknown(missing),
    };
    let mut entries = Vec::new();
    for group in groups {
        let name = match group.db_parameter_group_name.get() {
            Ok(name) => name,
            Err(missing) => return cx.unknown(missing),
        };
        match cx.children::<rds::DbParameter>(name) {
            Ok(rows) => entries.extend(
                rows.filter(|row| row.account == db.account && row.region == db.region)
                    .map(|row| (row.data.parameter_name.as_str(), (&row.data.parameter_value).cell(cx))),
            ),
            Err(unknown) => return unknown,
        }
    }
    cx.world.scratch.map(entries, None)
}

/// The accounts under the attribute `restore`.
fn restore<'e, T: 'static>(
    cx: &Cx<'e>,
    rows: Result<impl Iterator<Item = &'e Row<T>>, Value<'e>>,
    get: impl Fn(&'e T) -> (&'e String, &'e portcullis_snapshot::Required<Vec<String>>),
) -> Value<'e> {
    let rows = match rows {
        Ok(rows) => rows,
        Err(unknown) => return unknown,
    };
    let here = cx.object.identity();
    for row in rows.filter(|row| &*row.account == here.account && &*row.region == here.region) {
        let (name, values) = get(&row.data);
        if name == "restore" {
            return values.cell(cx);
        }
    }
    cx.world.list([])
}

fn everyone(accounts: Value<'_>) -> Value<'_> {
    match accounts {
        Value::List(list) if list.items.iter().any(|item| matches!(item, Value::Str("all"))) => Value::Bool(true),
        Value::List(list) => list.missing.map_or(Value::Bool(false), Value::Unknown),
        other => other,
    }
}
