//! Shapes of AWS Organizations: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Types.html>.

use serde::Deserialize;

use super::policy::PolicyDocument;
use crate::member::{Optional, Required};

shape! {
/// The organization of the account (`DescribeOrganization`).
Organization {
    /// Id (`o-…`).
    id: String,
    /// The management account, which SCPs and RCPs do not bind.
    #[serde(default)]
    master_account_id: Required<String>,
    /// `ALL`, or `CONSOLIDATED_BILLING` in which policies do not exist.
    #[serde(default)]
    feature_set: Required<String>,
}
}

shape! {
/// A root (`ListRoots`).
Root {
    /// Id (`r-…`).
    id: String,
    /// Policy types that are turned on.
    #[serde(default)]
    policy_types: Optional<Vec<PolicyTypeSummary>>,
}
}

shape! {
/// A policy type of a root.
PolicyTypeSummary {
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, …
    #[serde(rename = "Type")]
    kind: String,
    /// `ENABLED`, `PENDING_ENABLE`, `PENDING_DISABLE`.
    #[serde(default)]
    status: Required<String>,
}
}

shape! {
/// The parent of an account or unit (`ListParents`); each has one.
OrganizationParent {
    /// Id (`r-…`, `ou-…`).
    id: String,
    /// `ROOT` or `ORGANIZATIONAL_UNIT`.
    #[serde(default, rename = "Type")]
    kind: Required<String>,
}
}

shape! {
/// An organization policy in a list (`ListPolicies`).
PolicySummary {
    /// Id (`p-…`).
    id: String,
    /// Name.
    #[serde(default)]
    name: Optional<String>,
    /// ARN.
    #[serde(default)]
    arn: Optional<String>,
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, …
    #[serde(default, rename = "Type")]
    kind: Required<String>,
    /// Made by AWS (`FullAWSAccess`, `RCPFullAWSAccess`).
    #[serde(default)]
    aws_managed: Optional<bool>,
}
}

shape! {
/// An organization policy with its text (`DescribePolicy`).
OrganizationPolicy {
    /// What the list says of it.
    policy_summary: PolicySummary,
    /// The document.
    #[serde(default)]
    content: Required<PolicyDocument>,
}
}

shape! {
/// What a policy is attached to (`ListTargetsForPolicy`).
PolicyTarget {
    /// Id of the account, unit or root.
    target_id: String,
    /// `ACCOUNT`, `ORGANIZATIONAL_UNIT` or `ROOT`.
    #[serde(default, rename = "Type")]
    kind: Required<String>,
}
}
