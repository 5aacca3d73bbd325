//! Shapes of Amazon CloudWatch Logs:
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Types.html>.

use serde::Deserialize;

use super::policy::PolicyDocument;
use crate::member::{Optional, Required};

/// A log group (`DescribeLogGroups`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroup {
    /// Name.
    pub log_group_name: String,
    /// ARN, with `:*` at the end.
    #[serde(default)]
    pub arn: Required<String>,
    /// Days that events are kept; left out: for ever.
    #[serde(default)]
    pub retention_in_days: Optional<u64>,
    /// The customer key; left out: none.
    #[serde(default)]
    pub kms_key_id: Optional<String>,
    /// Bytes stored.
    #[serde(default)]
    pub stored_bytes: Optional<u64>,
}

/// A metric filter (`DescribeMetricFilters`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFilter {
    /// Name, unique in its log group.
    pub filter_name: String,
    /// The log group.
    pub log_group_name: String,
    /// The pattern; empty matches everything.
    #[serde(default)]
    pub filter_pattern: Optional<String>,
    /// The metrics that it feeds.
    #[serde(default)]
    pub metric_transformations: Required<Vec<MetricTransformation>>,
}

/// A metric that a filter feeds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricTransformation {
    /// Name.
    pub metric_name: String,
    /// Namespace.
    pub metric_namespace: String,
}

/// A resource policy of a region's logs (`DescribeResourcePolicies`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogResourcePolicy {
    /// Name.
    pub policy_name: String,
    /// The document.
    #[serde(default)]
    pub policy_document: Required<PolicyDocument>,
}
