//! Faults of the trail and of its bucket.

use anyhow::Result;
use aws_sdk_cloudtrail::types::ReadWriteType;
use serde_json::json;

use crate::aws::{ACCOUNT, send};
use crate::estate::Estate;
use crate::keys::TRAIL;
use crate::storage::{self, TRAIL_BUCKET};
use crate::trail::select;

pub(super) async fn single_region(estate: &mut Estate) -> Result<()> {
    send!(estate.aws.cloudtrail.update_trail().name(TRAIL).is_multi_region_trail(false));
    Ok(())
}

pub(super) async fn reads_only(estate: &mut Estate) -> Result<()> {
    select(&estate.aws, ReadWriteType::ReadOnly).await
}

pub(super) async fn without_validation(estate: &mut Estate) -> Result<()> {
    send!(estate.aws.cloudtrail.update_trail().name(TRAIL).enable_log_file_validation(false));
    Ok(())
}

pub(super) async fn unencrypted(estate: &mut Estate) -> Result<()> {
    send!(estate.aws.cloudtrail.update_trail().name(TRAIL).kms_key_id(""));
    Ok(())
}

/// Granted to the user's own ARN by the bucket, so that the user's boundary does not stand in the way:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
pub(super) async fn developer_deletes(estate: &mut Estate) -> Result<()> {
    let statement = json!({
        "Sid": "CleanUp", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/dev1")},
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
        "Resource": format!("arn:aws:s3:::{TRAIL_BUCKET}/*")
    });
    storage::add_statement(&estate.aws, statement).await
}

pub(super) async fn short_retention(estate: &mut Estate) -> Result<()> {
    storage::set_lock(&estate.aws, None).await?;
    storage::set_retention(&estate.aws, 30).await
}

pub(super) async fn public_bucket(estate: &mut Estate) -> Result<()> {
    storage::block_account(&estate.aws, false)?;
    storage::block_bucket(&estate.aws, TRAIL_BUCKET, false).await?;
    let statement = json!({
        "Sid": "Viewer", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{TRAIL_BUCKET}/*")
    });
    storage::add_statement(&estate.aws, statement).await
}
