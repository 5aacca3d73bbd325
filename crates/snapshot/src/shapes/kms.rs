//! Shapes of AWS KMS: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Types.html>.

use serde::Deserialize;

use super::policy::PolicyDocument;
use super::timestamp::Timestamp;
use crate::member::{Optional, Required};

shape! {
/// A key in the list (`ListKeys`).
KeyListEntry {
    /// Id.
    key_id: String,
    /// ARN.
    #[serde(default)]
    key_arn: Required<String>,
}
}

shape! {
/// What a key is (`DescribeKey`).
KeyMetadata {
    /// Id.
    key_id: String,
    /// ARN.
    #[serde(default)]
    arn: Required<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    #[serde(default)]
    key_state: Required<String>,
    /// `CUSTOMER` or `AWS`.
    #[serde(default)]
    key_manager: Required<String>,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, …
    #[serde(default)]
    key_spec: Optional<String>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …
    #[serde(default)]
    key_usage: Optional<String>,
    /// `AWS_KMS`, `EXTERNAL`, …
    #[serde(default)]
    origin: Optional<String>,
    /// Whether it has replicas or is one.
    #[serde(default)]
    multi_region: Optional<bool>,
    /// When it goes, for one about to.
    #[serde(default)]
    deletion_date: Optional<Timestamp>,
}
}

shape! {
/// The policy of a key (`GetKeyPolicy`); every key has exactly one.
KeyPolicy {
    /// The document.
    #[serde(default)]
    policy: Required<PolicyDocument>,
}
}

shape! {
/// Rotation of a key (`GetKeyRotationStatus`).
KeyRotationStatus {
    /// Whether it rotates by itself.
    #[serde(default)]
    key_rotation_enabled: Required<bool>,
    /// How often.
    #[serde(default)]
    rotation_period_in_days: Optional<u64>,
}
}

shape! {
/// A grant (`ListGrants`).
Grant {
    /// Id.
    grant_id: String,
    /// Name.
    #[serde(default)]
    name: Optional<String>,
    /// Who may use the key: an ARN or a service.
    #[serde(default)]
    grantee_principal: Required<String>,
    /// Who may end the grant.
    #[serde(default)]
    retiring_principal: Optional<String>,
    /// What it allows: `Decrypt`, `GenerateDataKey`, …
    #[serde(default)]
    operations: Required<Vec<String>>,
    /// Encryption contexts that are demanded.
    #[serde(default)]
    constraints: Optional<serde_json::Map<String, serde_json::Value>>,
}
}

shape! {
/// An alias (`ListAliases`).
Alias {
    /// Name, with `alias/`.
    alias_name: String,
    /// ARN.
    #[serde(default)]
    alias_arn: Required<String>,
    /// The key; reserved aliases may have none.
    #[serde(default)]
    target_key_id: Optional<String>,
}
}
