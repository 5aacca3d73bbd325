//! The trail.

use anyhow::Result;
use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType, Tag};

use crate::aws::{ACCOUNT, Aws, REGION, send};
use crate::estate::Estate;
use crate::keys::TRAIL;
use crate::storage::TRAIL_BUCKET;

/// Builds the trail and starts it.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let cloudtrail = estate.aws.cloudtrail.clone();
    send!(estate.aws.logs.create_log_group().log_group_name("/shop/cloudtrail"));
    send!(estate.aws.logs.put_retention_policy().log_group_name("/shop/cloudtrail").retention_in_days(400));
    send!(
        cloudtrail
            .create_trail()
            .name(TRAIL)
            .s3_bucket_name(TRAIL_BUCKET)
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .enable_log_file_validation(true)
            .kms_key_id(estate.id("key", "shop-trail")?)
            .cloud_watch_logs_log_group_arn(format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/shop/cloudtrail:*"))
            .cloud_watch_logs_role_arn(format!("arn:aws:iam::{ACCOUNT}:role/shop-trail-to-logs"))
            .tags_list(Tag::builder().key("Name").value(TRAIL).build()?)
    );
    select(&estate.aws, ReadWriteType::All).await?;
    send!(cloudtrail.start_logging().name(TRAIL));
    Ok(())
}

/// Sets which management events are recorded.
pub(crate) async fn select(aws: &Aws, kind: ReadWriteType) -> Result<()> {
    let selector = EventSelector::builder().read_write_type(kind).include_management_events(true).build();
    send!(aws.cloudtrail.put_event_selectors().trail_name(TRAIL).event_selectors(selector));
    Ok(())
}
