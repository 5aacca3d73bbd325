//! Shapes of AWS IAM: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Types.html>.
//!
//! The lists of a user's, group's or role's policies are left out of the answer where they are empty.

use serde::Deserialize;

use super::Tag;
use super::policy::PolicyDocument;
use super::timestamp::Timestamp;
use crate::member::{Optional, Required};

shape! {
/// A user (`GetAccountAuthorizationDetails`).
UserDetail {
    /// Name.
    user_name: String,
    /// ARN, with the path.
    arn: String,
    /// Unique id (`AIDA…`).
    #[serde(default)]
    user_id: Required<String>,
    /// Path.
    #[serde(default)]
    path: Optional<String>,
    /// When it was made.
    #[serde(default)]
    create_date: Required<Timestamp>,
    /// Inline policies.
    #[serde(default)]
    user_policy_list: Optional<Vec<InlinePolicy>>,
    /// Names of its groups.
    #[serde(default)]
    group_list: Optional<Vec<String>>,
    /// Managed policies.
    #[serde(default)]
    attached_managed_policies: Optional<Vec<AttachedPolicy>>,
    /// The permissions boundary.
    #[serde(default)]
    permissions_boundary: Optional<AttachedBoundary>,
    /// Tags.
    #[serde(default)]
    tags: Optional<Vec<Tag>>,
}
}

shape! {
/// A group (`GetAccountAuthorizationDetails`).
GroupDetail {
    /// Name.
    group_name: String,
    /// ARN, with the path.
    arn: String,
    /// Unique id (`AGPA…`).
    #[serde(default)]
    group_id: Required<String>,
    /// Inline policies.
    #[serde(default)]
    group_policy_list: Optional<Vec<InlinePolicy>>,
    /// Managed policies.
    #[serde(default)]
    attached_managed_policies: Optional<Vec<AttachedPolicy>>,
}
}

shape! {
/// A role (`GetAccountAuthorizationDetails`).
RoleDetail {
    /// Name.
    role_name: String,
    /// ARN, with the path.
    arn: String,
    /// Unique id (`AROA…`).
    #[serde(default)]
    role_id: Required<String>,
    /// Path; `/aws-service-role/…` for service-linked roles.
    #[serde(default)]
    path: Optional<String>,
    /// When it was made.
    #[serde(default)]
    create_date: Required<Timestamp>,
    /// Who may assume it.
    #[serde(default)]
    assume_role_policy_document: Required<PolicyDocument>,
    /// Instance profiles that carry it.
    #[serde(default)]
    instance_profile_list: Optional<Vec<InstanceProfile>>,
    /// Inline policies.
    #[serde(default)]
    role_policy_list: Optional<Vec<InlinePolicy>>,
    /// Managed policies.
    #[serde(default)]
    attached_managed_policies: Optional<Vec<AttachedPolicy>>,
    /// The permissions boundary.
    #[serde(default)]
    permissions_boundary: Optional<AttachedBoundary>,
    /// Last use; an empty object for a role that was never used in the tracking period.
    #[serde(default)]
    role_last_used: Optional<RoleLastUsed>,
    /// Tags.
    #[serde(default)]
    tags: Optional<Vec<Tag>>,
}
}

shape! {
/// A managed policy (`GetAccountAuthorizationDetails`): customer-made ones, and AWS's as far as they are attached.
ManagedPolicy {
    /// ARN; it ends in the name.
    arn: String,
    /// Name.
    #[serde(default)]
    policy_name: Required<String>,
    /// The version that counts.
    #[serde(default)]
    default_version_id: Required<String>,
    /// Versions with their documents.
    #[serde(default)]
    policy_version_list: Required<Vec<PolicyVersion>>,
    /// Users, groups and roles it is attached to.
    #[serde(default)]
    attachment_count: Optional<u64>,
    /// Users and roles it bounds.
    #[serde(default)]
    permissions_boundary_usage_count: Optional<u64>,
}
}

shape! {
/// A version of a managed policy.
PolicyVersion {
    /// `v1`, `v2`, …
    version_id: String,
    /// Whether it is the one that counts.
    #[serde(default)]
    is_default_version: Required<bool>,
    /// The document.
    #[serde(default)]
    document: Required<PolicyDocument>,
    /// When it was made.
    #[serde(default)]
    create_date: Optional<Timestamp>,
}
}

shape! {
/// An inline policy.
InlinePolicy {
    /// Name.
    policy_name: String,
    /// The document.
    #[serde(default)]
    policy_document: Required<PolicyDocument>,
}
}

shape! {
/// An attached managed policy.
AttachedPolicy {
    /// Name.
    #[serde(default)]
    policy_name: Optional<String>,
    /// ARN.
    policy_arn: String,
}
}

shape! {
/// A permissions boundary.
AttachedBoundary {
    /// ARN of the managed policy.
    permissions_boundary_arn: String,
}
}

shape! {
/// An instance profile with its role.
InstanceProfile {
    /// Name.
    #[serde(default)]
    instance_profile_name: Optional<String>,
    /// ARN.
    arn: String,
}
}

shape! {
/// When a role was last used, within AWS's tracking period.
RoleLastUsed {
    /// When.
    #[serde(default)]
    last_used_date: Optional<Timestamp>,
    /// Where.
    #[serde(default)]
    region: Optional<String>,
}
}

shape! {
/// A managed policy asked by itself (`GetPolicy`): one that is used as a boundary only.
Policy {
    /// Name.
    #[serde(default)]
    policy_name: Required<String>,
    /// ARN.
    arn: String,
    /// The version that counts.
    #[serde(default)]
    default_version_id: Required<String>,
}
}

shape! {
/// One version of a managed policy (`GetPolicyVersion`).
PolicyVersionAnswer {
    /// The version.
    policy_version: PolicyVersion,
}
}

shape! {
/// Counts and quotas (`GetAccountSummary`).
AccountSummary {
    /// By name; `AccountMFAEnabled` and `AccountAccessKeysPresent` speak of the root user.
    #[serde(default)]
    summary_map: Required<std::collections::BTreeMap<String, i64>>,
}
}

shape! {
/// The password rules of IAM users (`GetAccountPasswordPolicy`); `NoSuchEntity` where none are set.
PasswordPolicy {
    /// Least number of characters; AWS's default is 6 where the member is left out
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html>).
    #[serde(default)]
    minimum_password_length: Optional<u64>,
    /// A symbol is demanded.
    #[serde(default)]
    require_symbols: Optional<bool>,
    /// A digit is demanded.
    #[serde(default)]
    require_numbers: Optional<bool>,
    /// A capital letter is demanded.
    #[serde(default)]
    require_uppercase_characters: Optional<bool>,
    /// A small letter is demanded.
    #[serde(default)]
    require_lowercase_characters: Optional<bool>,
    /// Users may change their own.
    #[serde(default)]
    allow_users_to_change_password: Optional<bool>,
    /// Passwords run out.
    #[serde(default)]
    expire_passwords: Optional<bool>,
    /// After how many days; 0 or absent: never.
    #[serde(default)]
    max_password_age: Optional<u64>,
    /// How many earlier ones may not be used again; absent: reuse is allowed.
    #[serde(default)]
    password_reuse_prevention: Optional<u64>,
    /// Whether only an administrator resets one that ran out.
    #[serde(default)]
    hard_expiry: Optional<bool>,
}
}

shape! {
/// A virtual MFA device (`ListVirtualMFADevices`).
VirtualMfaDevice {
    /// Serial number: an ARN.
    serial_number: String,
    /// Whose it is; unassigned devices have none.
    #[serde(default)]
    user: Optional<MfaUser>,
    /// When it was enabled; unassigned devices have none.
    #[serde(default)]
    enable_date: Optional<Timestamp>,
}
}

shape! {
/// The owner of a virtual MFA device.
MfaUser {
    /// ARN; `…:root` for the root user.
    arn: String,
}
}

shape! {
/// An MFA device of a user (`ListMFADevices`).
MfaDevice {
    /// Serial number.
    serial_number: String,
    /// The user.
    user_name: String,
    /// When it was enabled.
    #[serde(default)]
    enable_date: Optional<Timestamp>,
}
}

shape! {
/// An OpenID Connect provider (`ListOpenIDConnectProviders`).
OidcProvider {
    /// ARN: `arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com`.
    arn: String,
}
}

shape! {
/// What an OpenID Connect provider is set to (`GetOpenIDConnectProvider`).
OidcProviderDetail {
    /// The issuer.
    #[serde(default)]
    url: Required<String>,
    /// Audiences that it accepts.
    #[serde(default, rename = "ClientIDList")]
    client_id_list: Optional<Vec<String>>,
    /// Certificate thumbprints.
    #[serde(default)]
    thumbprint_list: Optional<Vec<String>>,
}
}

shape! {
/// A SAML provider (`ListSAMLProviders`).
SamlProvider {
    /// ARN.
    arn: String,
    /// When its metadata run out.
    #[serde(default)]
    valid_until: Optional<Timestamp>,
}
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn empty_policy_lists_are_left_out_by_the_service() {
        let user: UserDetail =
            serde_json::from_value(json!({"UserName": "a", "Arn": "arn:aws:iam::123456789012:user/a"})).unwrap();
        assert_eq!(user.user_policy_list, Optional::Absent);
        let role: RoleDetail =
            serde_json::from_value(json!({"RoleName": "a", "Arn": "arn:aws:iam::123456789012:role/a"})).unwrap();
        assert!(matches!(role.assume_role_policy_document, Required::Unknown(_)));
    }
}
