//! AWS's own shapes, as far as the engines and rules read them, one module per service.
//!
//! Names and nesting are those of the AWS API reference of each operation; a member nobody reads is left out and
//! ignored on reading. What the absence of a member means is part of its type: see [`crate::member`].

pub mod cloudtrail;
pub mod cloudwatch;
pub mod databases;
pub mod ec2;
pub mod ecs;
pub mod elasticache;
pub mod elb;
pub mod elbv2;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod organizations;
pub mod rds;
pub mod s3;
pub mod secretsmanager;
pub mod ssm;
pub mod sts;

use serde::Deserialize;

/// A resource tag, in the spelling of most services (`Key`, `Value`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value; AWS leaves it out or empty for a tag without one.
    #[serde(default)]
    pub value: String,
}
