//! Shapes of AWS Systems Manager: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Types.html>.

use serde::Deserialize;

use super::policy::PolicyDocument;
use super::timestamp::Timestamp;
use crate::member::{Optional, Required};

shape! {
/// A parameter (`DescribeParameters`). Never a value.
Parameter {
    /// Name.
    name: String,
    /// ARN; answers of before 2024 lack it.
    #[serde(default, rename = "ARN")]
    arn: Optional<String>,
    /// `String`, `StringList`, `SecureString`.
    #[serde(default, rename = "Type")]
    kind: Required<String>,
    /// The key of a `SecureString`.
    #[serde(default)]
    key_id: Optional<String>,
    /// `Standard`, `Advanced`, `Intelligent-Tiering`.
    #[serde(default)]
    tier: Optional<String>,
    /// When it was last changed.
    #[serde(default)]
    last_modified_date: Optional<Timestamp>,
}
}

shape! {
/// A resource policy of a parameter (`GetResourcePolicies`).
ParameterPolicy {
    /// Id.
    policy_id: String,
    /// The document.
    #[serde(default)]
    policy: Required<PolicyDocument>,
}
}

shape! {
/// A managed node (`DescribeInstanceInformation`).
InstanceInformation {
    /// `i-…` or `mi-…`.
    instance_id: String,
    /// `Online`, `ConnectionLost`, `Inactive`.
    #[serde(default)]
    ping_status: Required<String>,
    /// `EC2Instance`, `ManagedInstance`.
    #[serde(default)]
    resource_type: Optional<String>,
    /// The role of a hybrid node.
    #[serde(default)]
    iam_role: Optional<String>,
    /// `Linux`, `Windows`, `MacOS`.
    #[serde(default)]
    platform_type: Optional<String>,
    /// Version of the agent.
    #[serde(default)]
    agent_version: Optional<String>,
    /// When it last called.
    #[serde(default)]
    last_ping_date_time: Optional<Timestamp>,
}
}
