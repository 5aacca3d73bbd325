//! Shapes of Amazon CloudWatch:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>.

use serde::Deserialize;

use crate::member::{Optional, Required};

shape! {
/// An alarm on one metric or expression (`DescribeAlarms`).
MetricAlarm {
    /// Name.
    alarm_name: String,
    /// ARN.
    #[serde(default)]
    alarm_arn: Required<String>,
    /// Whether its actions are done.
    #[serde(default)]
    actions_enabled: Required<bool>,
    /// What is done in state ALARM: topics, mostly.
    #[serde(default)]
    alarm_actions: Optional<Vec<String>>,
    /// The metric; an alarm on an expression has none.
    #[serde(default)]
    metric_name: Optional<String>,
    /// Its namespace.
    #[serde(default)]
    namespace: Optional<String>,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    #[serde(default)]
    state_value: Optional<String>,
    /// `notBreaching`, `breaching`, `ignore`, `missing`.
    #[serde(default)]
    treat_missing_data: Optional<String>,
}
}
