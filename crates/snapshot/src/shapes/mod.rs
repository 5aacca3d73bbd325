//! AWS's own shapes, as far as the engines and rules read them, one module per service.
//!
//! Names and nesting are those of the AWS API reference of each operation; a member nobody reads is left out and
//! ignored on reading. What the absence of a member means is part of its type: see [`crate::member`].

/// Declares a shape whose members are spelled in Pascal case, as most services do, or in the case that stands first;
/// in that form members before the `;` must be there, and those after it say themselves what their absence means.
macro_rules! shape {
    ($case:literal $(#[$meta:meta])* $name:ident {
        $($(#[$must_meta:meta])* $must:ident : $must_type:ty,)* ;
        $($(#[$may_meta:meta])* $may:ident : $may_type:ty,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
        #[serde(rename_all = $case)]
        pub struct $name {
            $($(#[$must_meta])* pub $must: $must_type,)*
            $($(#[$may_meta])* #[serde(default)] pub $may: $may_type,)*
        }
    };
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "PascalCase")]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }
    };
}

pub mod cloudtrail;
pub mod cloudwatch;
pub mod credential_report;
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
pub mod policy;
pub mod rds;
pub mod s3;
pub mod secretsmanager;
pub mod ssm;
pub mod sts;
pub mod timestamp;

use serde::Deserialize;

/// A resource tag, in the spelling of most services (`Key`, `Value`) or of containers (`key`, `value`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The key.
    #[serde(alias = "key")]
    pub key: String,
    /// The value; AWS leaves it out or empty for a tag without one.
    #[serde(default, alias = "value")]
    pub value: String,
}
