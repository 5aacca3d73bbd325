//! Shapes of AWS CloudTrail: <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Types.html>.

use serde::Deserialize;

use super::timestamp::Timestamp;
use crate::member::{Optional, Required};

shape! {
/// A trail (`DescribeTrails`). A multi-region or organization trail also shows in regions that are not its home.
Trail {
    /// Name.
    name: String,
    /// ARN.
    #[serde(rename = "TrailARN")]
    trail_arn: String,
    /// Where log files go.
    #[serde(default)]
    s3_bucket_name: Required<String>,
    /// Prefix of their names.
    #[serde(default)]
    s3_key_prefix: Optional<String>,
    /// Whether events of global services (IAM, STS, CloudFront) are recorded.
    #[serde(default)]
    include_global_service_events: Required<bool>,
    /// Whether it records every region.
    #[serde(default)]
    is_multi_region_trail: Required<bool>,
    /// The region in which it was made.
    #[serde(default)]
    home_region: Required<String>,
    /// Whether digests are written.
    #[serde(default)]
    log_file_validation_enabled: Required<bool>,
    /// The log group that it also writes to.
    #[serde(default)]
    cloud_watch_logs_log_group_arn: Optional<String>,
    /// The role for that.
    #[serde(default)]
    cloud_watch_logs_role_arn: Optional<String>,
    /// The key of the log files.
    #[serde(default)]
    kms_key_id: Optional<String>,
    /// Whether `get-event-selectors` says anything but the default.
    #[serde(default)]
    has_custom_event_selectors: Optional<bool>,
    /// Whether Insights events are recorded.
    #[serde(default)]
    has_insight_selectors: Optional<bool>,
    /// Whether it is the organization's.
    #[serde(default)]
    is_organization_trail: Required<bool>,
    /// The topic that is told of new files.
    #[serde(default, rename = "SnsTopicARN")]
    sns_topic_arn: Optional<String>,
}
}

shape! {
/// Whether a trail works (`GetTrailStatus`).
TrailStatus {
    /// Whether it records.
    #[serde(default)]
    is_logging: Required<bool>,
    /// Why the last delivery to S3 failed; left out or empty after a good one.
    #[serde(default)]
    latest_delivery_error: Optional<String>,
    /// When a file was last delivered; a new trail has none.
    #[serde(default)]
    latest_delivery_time: Optional<Timestamp>,
    /// Why the last digest failed.
    #[serde(default)]
    latest_digest_delivery_error: Optional<String>,
    /// When a digest was last delivered.
    #[serde(default)]
    latest_digest_delivery_time: Optional<Timestamp>,
    /// Why the last delivery to CloudWatch Logs failed.
    #[serde(default)]
    latest_cloud_watch_logs_delivery_error: Optional<String>,
    /// When events were last delivered to CloudWatch Logs.
    #[serde(default)]
    latest_cloud_watch_logs_delivery_time: Optional<Timestamp>,
    /// When it was last started.
    #[serde(default)]
    start_logging_time: Optional<Timestamp>,
    /// When it was last stopped.
    #[serde(default)]
    stop_logging_time: Optional<Timestamp>,
}
}

shape! {
/// What a trail records (`GetEventSelectors`): either basic or advanced selectors.
EventSelectors {
    /// Basic ones.
    #[serde(default)]
    event_selectors: Optional<Vec<EventSelector>>,
    /// Advanced ones; where there are any, the basic ones do not count.
    #[serde(default)]
    advanced_event_selectors: Optional<Vec<AdvancedEventSelector>>,
}
}

shape! {
/// A basic event selector.
EventSelector {
    /// `All`, `ReadOnly`, `WriteOnly`; `All` where left out
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html>).
    #[serde(default)]
    read_write_type: Optional<String>,
    /// Whether management events are recorded; yes where left out (same page).
    #[serde(default)]
    include_management_events: Optional<bool>,
    /// Data events.
    #[serde(default)]
    data_resources: Optional<Vec<DataResource>>,
    /// Left out of management events: `kms.amazonaws.com`, `rdsdata.amazonaws.com`.
    #[serde(default)]
    exclude_management_event_sources: Optional<Vec<String>>,
}
}

shape! {
/// Data events of a basic selector.
DataResource {
    /// `AWS::S3::Object`, `AWS::Lambda::Function`, `AWS::DynamoDB::Table`.
    #[serde(default, rename = "Type")]
    kind: Required<String>,
    /// ARN prefixes.
    #[serde(default)]
    values: Optional<Vec<String>>,
}
}

shape! {
/// An advanced event selector: all its fields must match.
AdvancedEventSelector {
    /// Name.
    #[serde(default)]
    name: Optional<String>,
    /// The fields.
    #[serde(default)]
    field_selectors: Required<Vec<FieldSelector>>,
}
}

shape! {
/// One field of an advanced selector; the operators given must all hold, each over any of its values.
FieldSelector {
    /// `eventCategory`, `readOnly`, `eventName`, `eventSource`, `resources.type`, `resources.ARN`, …
    field: String,
    /// Equal to one of these.
    #[serde(default)]
    equals: Optional<Vec<String>>,
    /// Starts with one of these.
    #[serde(default)]
    starts_with: Optional<Vec<String>>,
    /// Ends with one of these.
    #[serde(default)]
    ends_with: Optional<Vec<String>>,
    /// Equal to none of these.
    #[serde(default)]
    not_equals: Optional<Vec<String>>,
    /// Starts with none of these.
    #[serde(default)]
    not_starts_with: Optional<Vec<String>>,
    /// Ends with none of these.
    #[serde(default)]
    not_ends_with: Optional<Vec<String>>,
}
}
