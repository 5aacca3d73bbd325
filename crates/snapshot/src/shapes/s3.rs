//! Shapes of Amazon S3 (`s3api`, `s3control`): <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Types.html>.

use serde::Deserialize;

use super::Tag;
use super::policy::PolicyDocument;
use super::timestamp::Timestamp;
use crate::member::{Optional, Required};

shape! {
/// A bucket (`ListBuckets`).
Bucket {
    /// Name, unique in its partition.
    name: String,
    /// When it was made.
    #[serde(default)]
    creation_date: Optional<Timestamp>,
    /// Its region, where the client asked for it.
    #[serde(default)]
    bucket_region: Optional<String>,
}
}

shape! {
/// Where a bucket lies (`GetBucketLocation`).
BucketLocation {
    /// The region; null or left out for us-east-1, `EU` for old buckets in eu-west-1.
    #[serde(default)]
    location_constraint: Optional<String>,
}
}

shape! {
/// The policy of a bucket (`GetBucketPolicy`).
BucketPolicy {
    /// The document.
    #[serde(default)]
    policy: Required<PolicyDocument>,
}
}

shape! {
/// Whether S3 calls a bucket's policy public (`GetBucketPolicyStatus`).
BucketPolicyStatus {
    /// The status.
    #[serde(default)]
    policy_status: Required<PolicyStatus>,
}
}

shape! {
/// S3's own judgement of a policy.
PolicyStatus {
    /// Public in the sense of Block Public Access.
    #[serde(default)]
    is_public: Required<bool>,
}
}

shape! {
/// Block Public Access of a bucket (`s3api get-public-access-block`).
BucketPublicAccessBlock {
    /// The four settings.
    #[serde(default)]
    public_access_block_configuration: Required<PublicAccessBlock>,
}
}

shape! {
/// Block Public Access of the account (`s3control get-public-access-block`).
AccountPublicAccessBlock {
    /// The four settings.
    #[serde(default)]
    public_access_block_configuration: Required<PublicAccessBlock>,
}
}

shape! {
/// The four settings of Block Public Access; each is off where it is left out
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html>).
PublicAccessBlock {
    /// New public ACLs are refused.
    #[serde(default)]
    block_public_acls: Optional<bool>,
    /// Public ACLs are ignored.
    #[serde(default)]
    ignore_public_acls: Optional<bool>,
    /// New public policies are refused.
    #[serde(default)]
    block_public_policy: Optional<bool>,
    /// A public policy admits the own account and services only.
    #[serde(default)]
    restrict_public_buckets: Optional<bool>,
}
}

shape! {
/// Versioning (`GetBucketVersioning`); an empty answer: never turned on.
BucketVersioning {
    /// `Enabled` or `Suspended`.
    #[serde(default)]
    status: Optional<String>,
    /// `Enabled` or `Disabled`.
    #[serde(default, rename = "MFADelete")]
    mfa_delete: Optional<String>,
}
}

shape! {
/// Object Lock (`GetObjectLockConfiguration`).
BucketObjectLock {
    /// The configuration.
    #[serde(default)]
    object_lock_configuration: Required<ObjectLockConfiguration>,
}
}

shape! {
/// An Object Lock configuration.
ObjectLockConfiguration {
    /// `Enabled`.
    #[serde(default)]
    object_lock_enabled: Optional<String>,
    /// The default retention.
    #[serde(default)]
    rule: Optional<ObjectLockRule>,
}
}

shape! {
/// The default retention of new objects.
ObjectLockRule {
    /// The retention.
    #[serde(default)]
    default_retention: Optional<DefaultRetention>,
}
}

shape! {
/// How long new objects are locked.
DefaultRetention {
    /// `GOVERNANCE` or `COMPLIANCE`.
    #[serde(default)]
    mode: Required<String>,
    /// Days.
    #[serde(default)]
    days: Optional<u64>,
    /// Years.
    #[serde(default)]
    years: Optional<u64>,
}
}

shape! {
/// Lifecycle rules (`GetBucketLifecycleConfiguration`).
BucketLifecycle {
    /// The rules.
    #[serde(default)]
    rules: Required<Vec<LifecycleRule>>,
}
}

shape! {
/// A lifecycle rule.
LifecycleRule {
    /// Its name.
    #[serde(default, rename = "ID")]
    id: Optional<String>,
    /// `Enabled` or `Disabled`.
    #[serde(default)]
    status: Required<String>,
    /// The prefix, in rules of the old form.
    #[serde(default)]
    prefix: Optional<String>,
    /// Which objects it covers; left out or empty: all.
    #[serde(default)]
    filter: Optional<LifecycleFilter>,
    /// When current objects are deleted.
    #[serde(default)]
    expiration: Optional<LifecycleExpiration>,
    /// When earlier versions are deleted.
    #[serde(default)]
    noncurrent_version_expiration: Optional<NoncurrentVersionExpiration>,
}
}

shape! {
/// Which objects a lifecycle rule covers.
LifecycleFilter {
    /// By prefix.
    #[serde(default)]
    prefix: Optional<String>,
    /// By one tag.
    #[serde(default)]
    tag: Optional<Tag>,
    /// By size.
    #[serde(default)]
    object_size_greater_than: Optional<u64>,
    /// By size.
    #[serde(default)]
    object_size_less_than: Optional<u64>,
    /// By several of these.
    #[serde(default)]
    and: Optional<LifecycleAnd>,
}
}

shape! {
/// Several filters of a lifecycle rule, all of which must hold.
LifecycleAnd {
    /// By prefix.
    #[serde(default)]
    prefix: Optional<String>,
    /// By tags.
    #[serde(default)]
    tags: Optional<Vec<Tag>>,
    /// By size.
    #[serde(default)]
    object_size_greater_than: Optional<u64>,
    /// By size.
    #[serde(default)]
    object_size_less_than: Optional<u64>,
}
}

shape! {
/// When current objects are deleted.
LifecycleExpiration {
    /// After so many days.
    #[serde(default)]
    days: Optional<u64>,
    /// On a date.
    #[serde(default)]
    date: Optional<Timestamp>,
    /// Only delete markers without versions.
    #[serde(default)]
    expired_object_delete_marker: Optional<bool>,
}
}

shape! {
/// When earlier versions are deleted.
NoncurrentVersionExpiration {
    /// After so many days.
    #[serde(default)]
    noncurrent_days: Optional<u64>,
}
}

shape! {
/// Default encryption (`GetBucketEncryption`).
BucketEncryption {
    /// The configuration.
    #[serde(default)]
    server_side_encryption_configuration: Required<ServerSideEncryptionConfiguration>,
}
}

shape! {
/// A default encryption configuration.
ServerSideEncryptionConfiguration {
    /// Its rules; one in practice.
    #[serde(default)]
    rules: Required<Vec<ServerSideEncryptionRule>>,
}
}

shape! {
/// A rule of default encryption.
ServerSideEncryptionRule {
    /// The default.
    #[serde(default)]
    apply_server_side_encryption_by_default: Optional<ServerSideEncryptionByDefault>,
}
}

shape! {
/// How new objects are encrypted.
ServerSideEncryptionByDefault {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`.
    #[serde(default, rename = "SSEAlgorithm")]
    sse_algorithm: Required<String>,
    /// The key, for KMS; left out: the AWS managed one.
    #[serde(default, rename = "KMSMasterKeyID")]
    kms_master_key_id: Optional<String>,
}
}

shape! {
/// Server access logging (`GetBucketLogging`); an empty answer: off.
BucketLogging {
    /// Where to.
    #[serde(default)]
    logging_enabled: Optional<LoggingEnabled>,
}
}

shape! {
/// Where server access logs go.
LoggingEnabled {
    /// The bucket.
    #[serde(default)]
    target_bucket: Required<String>,
    /// The prefix.
    #[serde(default)]
    target_prefix: Optional<String>,
}
}

shape! {
/// The ACL of a bucket (`GetBucketAcl`).
BucketAcl {
    /// The owner.
    #[serde(default)]
    owner: Optional<AclOwner>,
    /// The grants.
    #[serde(default)]
    grants: Required<Vec<AclGrant>>,
}
}

shape! {
/// The owner of a bucket.
AclOwner {
    /// Canonical id.
    #[serde(default, rename = "ID")]
    id: Optional<String>,
}
}

shape! {
/// One grant of an ACL.
AclGrant {
    /// To whom.
    #[serde(default)]
    grantee: Required<AclGrantee>,
    /// `FULL_CONTROL`, `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP`.
    #[serde(default)]
    permission: Required<String>,
}
}

shape! {
/// Who an ACL speaks of.
AclGrantee {
    /// `CanonicalUser`, `Group`, `AmazonCustomerByEmail`.
    #[serde(default, rename = "Type")]
    kind: Required<String>,
    /// The group, for one: `…/AllUsers`, `…/AuthenticatedUsers`, `…/LogDelivery`.
    #[serde(default, rename = "URI")]
    uri: Optional<String>,
    /// Canonical id, for a user.
    #[serde(default, rename = "ID")]
    id: Optional<String>,
}
}

shape! {
/// Object ownership (`GetBucketOwnershipControls`).
BucketOwnership {
    /// The controls.
    #[serde(default)]
    ownership_controls: Required<OwnershipControls>,
}
}

shape! {
/// Ownership controls.
OwnershipControls {
    /// Its rules; one in practice.
    #[serde(default)]
    rules: Required<Vec<OwnershipRule>>,
}
}

shape! {
/// A rule of object ownership.
OwnershipRule {
    /// `BucketOwnerEnforced` (ACLs are off), `BucketOwnerPreferred`, `ObjectWriter`.
    #[serde(default)]
    object_ownership: Required<String>,
}
}

shape! {
/// Tags of a bucket (`GetBucketTagging`).
BucketTagging {
    /// The tags.
    #[serde(default)]
    tag_set: Required<Vec<Tag>>,
}
}
