//! The customer keys.

use anyhow::Result;
use aws_sdk_kms::types::KeyMetadata;
use serde_json::{Value, json};

use crate::aws::{ACCOUNT, Aws, REGION, send};
use crate::estate::Estate;

/// The name of the trail, which the policy of its key and of its bucket mention.
pub(crate) const TRAIL: &str = "shop-trail";

/// Builds the keys of the data and of the trail, both rotated every year.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    create(estate, "shop-data", "Database, cache and secrets", &[]).await?;
    create(estate, "shop-trail", "CloudTrail logs", &for_cloudtrail()).await
}

async fn create(estate: &mut Estate, name: &str, description: &str, statements: &[Value]) -> Result<()> {
    let kms = estate.aws.kms.clone();
    let created = send!(kms.create_key().description(description).policy(policy(statements)));
    let key = created.key_metadata();
    estate.note("key-id", name, key.map(KeyMetadata::key_id))?;
    estate.note("key", name, key.and_then(|it| it.arn()))?;
    let id = estate.id("key-id", name)?;
    send!(kms.create_alias().alias_name(format!("alias/{name}")).target_key_id(id));
    send!(kms.enable_key_rotation().key_id(id));
    Ok(())
}

/// Replaces the policy of a key: the root delegation and these statements.
pub(crate) async fn set_policy(aws: &Aws, key: &str, statements: &[Value]) -> Result<()> {
    send!(aws.kms.put_key_policy().key_id(key).policy_name("default").policy(policy(statements)));
    Ok(())
}

fn policy(statements: &[Value]) -> String {
    let mut all = vec![json!({
        "Sid": "Root", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": "kms:*", "Resource": "*"
    })];
    all.extend_from_slice(statements);
    json!({"Version": "2012-10-17", "Statement": all}).to_string()
}

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
fn for_cloudtrail() -> [Value; 2] {
    let trail = trail_arn();
    [
        json!({
            "Sid": "CloudTrailEncrypts", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "kms:GenerateDataKey*", "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:SourceArn": trail},
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": format!("arn:aws:cloudtrail:*:{ACCOUNT}:trail/*")}
            }
        }),
        json!({
            "Sid": "CloudTrailDescribes", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "kms:DescribeKey", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceArn": trail}}
        }),
    ]
}

/// The ARN of the trail.
pub(crate) fn trail_arn() -> String {
    format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}")
}
