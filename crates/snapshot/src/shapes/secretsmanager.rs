//! Shapes of AWS Secrets Manager:
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Types.html>. Never a value.

use serde::Deserialize;

use super::Tag;
use super::policy::PolicyDocument;
use super::timestamp::Timestamp;
use crate::member::{Optional, Required};

shape! {
/// A secret (`ListSecrets`).
Secret {
    /// ARN, with six random characters at the end.
    #[serde(rename = "ARN")]
    arn: String,
    /// Name.
    #[serde(default)]
    name: Required<String>,
    /// The key; left out: `aws/secretsmanager`.
    #[serde(default)]
    kms_key_id: Optional<String>,
    /// Whether it rotates; left out where it was never configured.
    #[serde(default)]
    rotation_enabled: Optional<bool>,
    /// When it last rotated.
    #[serde(default)]
    last_rotated_date: Optional<Timestamp>,
    /// When it was last read, to the day.
    #[serde(default)]
    last_accessed_date: Optional<Timestamp>,
    /// When it was last changed.
    #[serde(default)]
    last_changed_date: Optional<Timestamp>,
    /// When it was made.
    #[serde(default)]
    created_date: Optional<Timestamp>,
    /// When it was marked for deletion.
    #[serde(default)]
    deleted_date: Optional<Timestamp>,
    /// The service that manages it (`rds`).
    #[serde(default)]
    owning_service: Optional<String>,
    /// How often it rotates.
    #[serde(default)]
    rotation_rules: Optional<RotationRules>,
    /// Tags.
    #[serde(default)]
    tags: Optional<Vec<Tag>>,
}
}

shape! {
/// How often a secret rotates.
RotationRules {
    /// Days between rotations.
    #[serde(default)]
    automatically_after_days: Optional<u64>,
    /// A `rate()` or `cron()` expression.
    #[serde(default)]
    schedule_expression: Optional<String>,
}
}

shape! {
/// The resource policy of a secret (`GetResourcePolicy`).
SecretPolicy {
    /// The document; left out where there is none.
    #[serde(default)]
    resource_policy: Optional<PolicyDocument>,
}
}
