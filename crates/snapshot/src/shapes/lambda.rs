//! Shapes of AWS Lambda: <https://docs.aws.amazon.com/lambda/latest/api/API_Types.html>.
//!
//! Environment variables are read by name only: their values may be secrets.

use super::policy::PolicyDocument;
use std::collections::BTreeMap;

use crate::member::{Optional, Required};
use serde::{Deserialize, Deserializer};

shape! {
"PascalCase"
/// A function (`ListFunctions`).
FunctionConfiguration {
    /// Name.
    function_name: String,
    ;
    /// ARN.
    function_arn: Required<String>,
    /// Execution role.
    role: Required<String>,
    /// Runtime; absent for images.
    runtime: Optional<String>,
    /// Subnets and groups; absent outside a VPC.
    vpc_config: Optional<VpcConfig>,
    /// Environment variables; absent for none.
    environment: Optional<Environment>,
    /// Key of the environment.
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Optional<String>,
    /// When it was changed.
    last_modified: Optional<String>,
    /// Logging.
    logging_config: Optional<LoggingConfig>,
}
}

shape! {
"PascalCase"
/// Subnets and groups of a function; all empty outside a VPC.
VpcConfig {
    ;
    /// The VPC.
    vpc_id: Optional<String>,
    /// Subnets.
    subnet_ids: Optional<Vec<String>>,
    /// Groups.
    security_group_ids: Optional<Vec<String>>,
}
}

shape! {
"PascalCase"
/// Environment variables of a function.
Environment {
    ;
    /// Their names.
    variables: Optional<Names>,
}
}

shape! {
"PascalCase"
/// Logging of a function.
LoggingConfig {
    ;
    /// Log group.
    log_group: Optional<String>,
}
}

shape! {
"PascalCase"
/// The resource policy of a function (`GetPolicy`).
FunctionPolicy {
    ;
    /// The policy, as text or document.
    policy: Required<PolicyDocument>,
}
}

shape! {
"PascalCase"
/// A URL of a function (`ListFunctionUrlConfigs`).
FunctionUrl {
    /// Function or alias.
    function_arn: String,
    ;
    /// URL.
    function_url: Required<String>,
    /// `AWS_IAM` or `NONE`.
    auth_type: Required<String>,
}
}

/// The keys of a map; its values are dropped unread.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(pub Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<String, serde::de::IgnoredAny>::deserialize(deserializer)?;
        Ok(Self(map.into_keys().collect()))
    }
}
