//! Faults of the database, its snapshots and its key.

use anyhow::Result;
use serde_json::json;

use crate::aws::send;
use crate::database::{DATABASE, PLACEHOLDER, SNAPSHOT, share, snapshot};
use crate::estate::Estate;
use crate::keys::set_policy;
use crate::network::allocate_address;

const FOREIGN_ACCOUNT: &str = "999988887777";
const TRIAL_SNAPSHOT: &str = "shop-db-trial-2026-10-15";

/// AWS gives a public instance a public address; moto does not.
pub(super) async fn make_public(estate: &mut Estate) -> Result<()> {
    let rds = &estate.aws.rds;
    send!(rds.modify_db_instance().db_instance_identifier(DATABASE).publicly_accessible(true).apply_immediately(true));
    let address = allocate_address(estate, "shop-db-primary").await?;
    let interface = estate.id("interface", "shop-db-primary")?;
    send!(estate.aws.ec2.associate_address().allocation_id(address).network_interface_id(interface));
    Ok(())
}

/// Without the key, an encrypted snapshot is of no use to the other account.
pub(super) async fn share_snapshot(estate: &mut Estate) -> Result<()> {
    share(&estate.aws, SNAPSHOT, FOREIGN_ACCOUNT).await?;
    let foreign = json!({
        "Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{FOREIGN_ACCOUNT}:root")},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant", "kms:ReEncrypt*"], "Resource": "*"
    });
    set_policy(&estate.aws, estate.id("key-id", "shop-data")?, &[foreign]).await
}

/// An encrypted snapshot cannot be public, so this one is of an unencrypted instance that is gone.
pub(super) async fn publish_snapshot(estate: &mut Estate) -> Result<()> {
    let rds = &estate.aws.rds;
    send!(
        rds.create_db_instance()
            .db_instance_identifier("shop-db-trial")
            .engine("postgres")
            .engine_version("16.4")
            .db_instance_class("db.t3.micro")
            .master_username("trial")
            .master_user_password(PLACEHOLDER)
            .allocated_storage(20)
            .publicly_accessible(false)
            .storage_encrypted(false)
            .db_subnet_group_name("shop-data")
            .vpc_security_group_ids(estate.id("group", "db")?)
    );
    snapshot(&estate.aws, "shop-db-trial", TRIAL_SNAPSHOT, None).await?;
    send!(rds.delete_db_instance().db_instance_identifier("shop-db-trial").skip_final_snapshot(true));
    share(&estate.aws, TRIAL_SNAPSHOT, "all").await
}

pub(super) async fn stop_rotation(estate: &mut Estate) -> Result<()> {
    for key in ["shop-data", "shop-trail"] {
        send!(estate.aws.kms.disable_key_rotation().key_id(estate.id("key-id", key)?));
    }
    Ok(())
}
