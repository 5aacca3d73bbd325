//! Faults of the trail and of its bucket.

use anyhow::{Context as _, Result};
use aws_sdk_cloudtrail::types::{ReadWriteType, Tag};
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

/// The same trail made anew without a key. Updating it with the empty key would do in AWS; moto then shows an empty key
/// instead of none.
pub(super) async fn unencrypted(estate: &mut Estate) -> Result<()> {
    let cloudtrail = &estate.aws.cloudtrail;
    let found = send!(cloudtrail.describe_trails().trail_name_list(TRAIL));
    let old = found.trail_list().first().context("the trail is gone")?;
    let selectors = send!(cloudtrail.get_event_selectors().trail_name(TRAIL)).event_selectors().to_vec();
    send!(cloudtrail.delete_trail().name(TRAIL));
    send!(
        cloudtrail
            .create_trail()
            .name(TRAIL)
            .s3_bucket_name(TRAIL_BUCKET)
            .set_is_multi_region_trail(old.is_multi_region_trail())
            .set_include_global_service_events(old.include_global_service_events())
            .set_enable_log_file_validation(old.log_file_validation_enabled())
            .set_cloud_watch_logs_log_group_arn(old.cloud_watch_logs_log_group_arn().map(str::to_owned))
            .set_cloud_watch_logs_role_arn(old.cloud_watch_logs_role_arn().map(str::to_owned))
            .tags_list(Tag::builder().key("Name").value(TRAIL).build()?)
    );
    send!(cloudtrail.put_event_selectors().trail_name(TRAIL).set_event_selectors(Some(selectors)));
    send!(cloudtrail.start_logging().name(TRAIL));
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
