//! Fields of Amazon S3.

use portcullis_snapshot::shapes::s3;
use portcullis_snapshot::{Missing, Optional};

use super::cell::{Cell as _, Cx, OrFalse};
use super::iam::{STATEMENT, statements};
use super::kind::Type::{Bool, List, Map, Object, Opt, Str};
use super::value::Value;
use crate::schema_rows;

schema_rows! {
    /// A bucket.
    pub BUCKET = "s3.bucket": s3::Bucket, "s3api/list-buckets";
    /// Name.
    id: Str, "Name", |_cx, b| &b.data.name;
    /// ARN.
    arn: Str, "Name", |_cx, b| format!("arn:aws:s3:::{}", b.data.name);
    /// Whether all four blocks of public access are on, on the bucket itself.
    blocks_public_access @ "s3api/get-public-access-block": Bool, "",
        |cx, b| cx.ask::<s3::BucketPublicAccessBlock, _>(
            &b.id,
            |block| cx.of(&block.public_access_block_configuration, |block| blocks(&cx, block)),
            || Value::Bool(false),
        );
    /// Whether its policy lets everyone in, as S3 judges it.
    public_policy @ "s3api/get-bucket-policy-status": Bool, "",
        |cx, b| cx.ask::<s3::BucketPolicyStatus, _>(
            &b.id,
            |status| cx.of(&status.policy_status, |status| &status.is_public),
            || Value::Bool(false),
        );
    /// Whether its access list lets everyone in.
    public_acl @ "s3api/get-bucket-acl": Bool, "",
        |cx, b| cx.told::<s3::BucketAcl, _>(&b.id, |acl| cx.of(&acl.grants, |grants| {
            let all = ["/groups/global/AllUsers", "/groups/global/AuthenticatedUsers"];
            grants.iter().any(|grant| {
                let uri = grant.grantee.known().and_then(|grantee| grantee.uri.known());
                uri.is_some_and(|uri| all.iter().any(|group| uri.ends_with(group)))
            })
        }));
    /// Statements of its policy; empty without one.
    policy @ "s3api/get-bucket-policy": List(&Object("iam.statement")), "",
        |cx, b| match cx.child::<s3::BucketPolicy>(&b.id) {
            Ok(Some(row)) => cx.of(&row.data.policy, |policy| statements(&cx, policy, &row.place.member("Policy"), &STATEMENT)),
            Ok(None) => cx.world.list([]),
            Err(unknown) => unknown,
        };
    /// Whether old versions are kept.
    versioning @ "s3api/get-bucket-versioning": Bool, "",
        |cx, b| cx.told::<s3::BucketVersioning, _>(&b.id, |versioning| is(&cx, &versioning.status, "Enabled"));
    /// Whether deleting a version needs a second factor.
    mfa_delete @ "s3api/get-bucket-versioning": Bool, "",
        |cx, b| cx.told::<s3::BucketVersioning, _>(&b.id, |versioning| is(&cx, &versioning.mfa_delete, "Enabled"));
    /// Whether objects can be locked against deletion.
    object_lock @ "s3api/get-object-lock-configuration": Bool, "",
        |cx, b| cx.ask::<s3::BucketObjectLock, _>(
            &b.id,
            |lock| cx.of(&lock.object_lock_configuration, |lock| is(&cx, &lock.object_lock_enabled, "Enabled")),
            || Value::Bool(false),
        );
    /// `GOVERNANCE` or `COMPLIANCE`, where objects are locked by default.
    lock_mode @ "s3api/get-object-lock-configuration": Opt(&Str), "",
        |cx, b| cx.ask::<s3::BucketObjectLock, _>(
            &b.id,
            |lock| cx.of(&lock.object_lock_configuration, |lock| {
                cx.within(&lock.rule, |rule| cx.within(&rule.default_retention, |retention| &retention.mode))
            }),
            || Value::Null,
        );
    /// How objects are encrypted: `AES256`, `aws:kms`, `aws:kms:dsse`.
    encryption @ "s3api/get-bucket-encryption": Opt(&Str), "",
        |cx, b| cx.ask::<s3::BucketEncryption, _>(
            &b.id,
            |encryption| cx.of(&encryption.server_side_encryption_configuration, |configuration| {
                cx.of(&configuration.rules, |rules| match rules.first() {
                    Some(rule) => cx.within(&rule.apply_server_side_encryption_by_default, |by| &by.sse_algorithm),
                    None => Value::Null,
                })
            }),
            || Value::Null,
        );
    /// The bucket that its access log goes to.
    log_bucket @ "s3api/get-bucket-logging": Opt(&Str), "",
        |cx, b| cx.told::<s3::BucketLogging, _>(&b.id, |logging| cx.within(&logging.logging_enabled, |to| &to.target_bucket));
    /// Tags.
    tags @ "s3api/get-bucket-tagging": Map(&Str), "",
        |cx, b| cx.ask::<s3::BucketTagging, _>(
            &b.id,
            |tagging| cx.of(&tagging.tag_set, |tags| tags.cell(&cx)),
            || cx.world.scratch.map([], None),
        );
}

/// Whether a word that is left out when nothing was ever set is this one.
fn is<'e>(cx: &Cx<'e>, member: &'e Optional<String>, word: &str) -> Value<'e> {
    match member.get() {
        Ok(found) => Value::Bool(found.is_some_and(|found| found == word)),
        Err(missing) => cx.unknown(missing),
    }
}

/// Whether all four blocks are on; one that is known to be off decides.
pub(super) fn blocks<'e>(cx: &Cx<'e>, block: &'e s3::PublicAccessBlock) -> Value<'e> {
    let all = [
        &block.block_public_acls,
        &block.ignore_public_acls,
        &block.block_public_policy,
        &block.restrict_public_buckets,
    ];
    let mut unknown: Option<&Missing> = None;
    for flag in all {
        match (OrFalse(flag).cell(cx), flag.get()) {
            (Value::Bool(false), _) => return Value::Bool(false),
            (_, Err(missing)) => unknown = Some(missing),
            _ => {}
        }
    }
    unknown.map_or(Value::Bool(true), |missing| cx.unknown(missing))
}
