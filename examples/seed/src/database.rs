//! The database and its manual snapshot.

use anyhow::{Context as _, Result};
use aws_sdk_rds::types::{ApplyMethod, Parameter, Tag};

use crate::aws::{Aws, send};
use crate::estate::Estate;
use crate::network::create_interface;

/// The database instance.
pub(crate) const DATABASE: &str = "shop-db";
/// Its manual snapshot.
pub(crate) const SNAPSHOT: &str = "shop-db-2026-11-01";

/// A password of the master user. A managed one would be better, but moto's secret for it has another name in every run.
pub(crate) const PLACEHOLDER: &str = "placeholder-nobody-listens";

/// Where the database listens: the primary first.
const INTERFACES: [(&str, &str, &str); 2] =
    [("shop-db-primary", "data-a", "10.0.20.10"), ("shop-db-standby", "data-c", "10.0.21.10")];

/// Builds the database.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let rds = estate.aws.rds.clone();
    let subnets = [estate.id("subnet", "data-a")?.to_owned(), estate.id("subnet", "data-c")?.to_owned()];
    send!(
        rds.create_db_subnet_group()
            .db_subnet_group_name("shop-data")
            .db_subnet_group_description("Isolated subnets")
            .set_subnet_ids(Some(subnets.to_vec()))
    );
    send!(
        rds.create_db_parameter_group()
            .db_parameter_group_name("shop-postgres16")
            .db_parameter_group_family("postgres16")
            .description("TLS only, connections logged")
    );
    let mut change = rds.modify_db_parameter_group().db_parameter_group_name("shop-postgres16");
    for (name, value) in [("rds.force_ssl", "1"), ("log_connections", "1"), ("log_disconnections", "1")] {
        change = change.parameters(
            Parameter::builder()
                .parameter_name(name)
                .parameter_value(value)
                .apply_method(ApplyMethod::PendingReboot)
                .build(),
        );
    }
    send!(change);

    let created = send!(
        rds.create_db_instance()
            .db_instance_identifier(DATABASE)
            .engine("postgres")
            .engine_version("16.4")
            .db_instance_class("db.t3.small")
            .db_name("shop")
            .master_username("shopadmin")
            .master_user_password(PLACEHOLDER)
            .port(5432)
            .allocated_storage(50)
            .storage_type("gp3")
            .multi_az(true)
            .publicly_accessible(false)
            .storage_encrypted(true)
            .kms_key_id(estate.id("key", "shop-data")?)
            .db_subnet_group_name("shop-data")
            .vpc_security_group_ids(estate.id("group", "db")?)
            .db_parameter_group_name("shop-postgres16")
            .backup_retention_period(14)
            .copy_tags_to_snapshot(true)
            .deletion_protection(true)
            .enable_iam_database_authentication(true)
            .enable_cloudwatch_logs_exports("postgresql")
            .enable_cloudwatch_logs_exports("upgrade")
            .auto_minor_version_upgrade(true)
            .set_tags(Some(tags(DATABASE, "db", Some("customer"))))
    );
    let id = created.db_instance().and_then(|it| it.dbi_resource_id()).context("a database without resource id")?;
    estate.note("database", DATABASE, Some(id))?;
    for (name, subnet, address) in INTERFACES {
        create_interface(estate, name, "RDSNetworkInterface", (subnet, address), "db").await?;
    }
    snapshot(&estate.aws, DATABASE, SNAPSHOT, Some("customer")).await
}

/// Takes a manual snapshot.
pub(crate) async fn snapshot(aws: &Aws, database: &str, name: &str, class: Option<&str>) -> Result<()> {
    let tags = tags(name, "db", class);
    send!(
        aws.rds.create_db_snapshot().db_instance_identifier(database).db_snapshot_identifier(name).set_tags(Some(tags))
    );
    Ok(())
}

/// Lets an account, or `all`, restore a snapshot.
pub(crate) async fn share(aws: &Aws, snapshot: &str, account: &str) -> Result<()> {
    send!(
        aws.rds
            .modify_db_snapshot_attribute()
            .db_snapshot_identifier(snapshot)
            .attribute_name("restore")
            .values_to_add(account)
    );
    Ok(())
}

fn tags(name: &str, tier: &str, class: Option<&str>) -> Vec<Tag> {
    let class = class.map(|class| ("DataClass", class));
    let pairs = [("Name", name), ("Tier", tier)].into_iter().chain(class);
    pairs.map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
