//! The buckets, and Block Public Access of the account.

use anyhow::{Context as _, Result};
use aws_sdk_s3::types as s3;
use serde_json::{Value, json};

use crate::aws::{ACCOUNT, Aws, REGION, send};
use crate::estate::Estate;
use crate::keys::trail_arn;

/// The bucket that the trail writes to.
pub(crate) const TRAIL_BUCKET: &str = "shop-trail-logs-123456789012";
/// The pictures of the shop.
pub(crate) const ASSETS_BUCKET: &str = "shop-assets-123456789012";
/// The load balancer's logs.
pub(crate) const ALB_LOGS_BUCKET: &str = "shop-alb-logs-123456789012";
/// Who reads the trail's bucket is written here.
const ACCESS_LOGS_BUCKET: &str = "shop-access-logs-123456789012";

/// Days for which trail logs are kept, and locked.
const KEPT_DAYS: i32 = 400;
const LOCKED_DAYS: i32 = 365;

/// Builds the buckets.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let aws = &estate.aws;
    block_account(aws, true)?;
    for bucket in [ACCESS_LOGS_BUCKET, ASSETS_BUCKET, ALB_LOGS_BUCKET] {
        create(aws, bucket, None).await?;
    }
    set_policy(
        aws,
        ACCESS_LOGS_BUCKET,
        &[json!({
            "Sid": "AccessLogs", "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{ACCESS_LOGS_BUCKET}/*"),
            "Condition": {"ArnEquals": {"aws:SourceArn": format!("arn:aws:s3:::{TRAIL_BUCKET}")},
                          "StringEquals": {"aws:SourceAccount": ACCOUNT}}
        })],
    )
    .await?;
    set_policy(
        aws,
        ALB_LOGS_BUCKET,
        &[json!({
            "Sid": "LoadBalancerLogs", "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{ALB_LOGS_BUCKET}/AWSLogs/{ACCOUNT}/*"),
            "Condition": {"ArnLike": {"aws:SourceArn":
                format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/*")}}
        })],
    )
    .await?;
    build_trail_bucket(estate).await
}

async fn build_trail_bucket(estate: &Estate) -> Result<()> {
    let aws = &estate.aws;
    create(aws, TRAIL_BUCKET, Some(estate.id("key", "shop-trail")?)).await?;
    set_policy(aws, TRAIL_BUCKET, &for_cloudtrail()).await?;
    set_lock(aws, Some(LOCKED_DAYS)).await?;
    set_retention(aws, KEPT_DAYS).await?;
    let target =
        s3::LoggingEnabled::builder().target_bucket(ACCESS_LOGS_BUCKET).target_prefix(format!("{TRAIL_BUCKET}/"));
    let status = s3::BucketLoggingStatus::builder().logging_enabled(target.build()?).build();
    send!(aws.s3.put_bucket_logging().bucket(TRAIL_BUCKET).bucket_logging_status(status));
    Ok(())
}

/// A private, versioned, encrypted bucket; with a key it is the trail's, whose objects can be locked.
async fn create(aws: &Aws, bucket: &str, key: Option<&str>) -> Result<()> {
    let place = s3::BucketLocationConstraint::from(REGION);
    let place = s3::CreateBucketConfiguration::builder().location_constraint(place).build();
    send!(
        aws.s3
            .create_bucket()
            .bucket(bucket)
            .create_bucket_configuration(place)
            .object_lock_enabled_for_bucket(key.is_some())
    );
    let versioning = s3::VersioningConfiguration::builder().status(s3::BucketVersioningStatus::Enabled).build();
    send!(aws.s3.put_bucket_versioning().bucket(bucket).versioning_configuration(versioning));
    block_bucket(aws, bucket, true).await?;

    let algorithm = if key.is_some() { s3::ServerSideEncryption::AwsKms } else { s3::ServerSideEncryption::Aes256 };
    let default = s3::ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm)
        .set_kms_master_key_id(key.map(str::to_owned))
        .build()?;
    let rule = s3::ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(key.is_some())
        .build();
    let encryption = s3::ServerSideEncryptionConfiguration::builder().rules(rule).build()?;
    send!(aws.s3.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(encryption));
    Ok(())
}

/// Sets or clears all four settings of Block Public Access of a bucket.
pub(crate) async fn block_bucket(aws: &Aws, bucket: &str, on: bool) -> Result<()> {
    let block = s3::PublicAccessBlockConfiguration::builder()
        .block_public_acls(on)
        .ignore_public_acls(on)
        .block_public_policy(on)
        .restrict_public_buckets(on)
        .build();
    send!(aws.s3.put_public_access_block().bucket(bucket).public_access_block_configuration(block));
    Ok(())
}

/// The same for the account. The SDK puts the account's number in front of the host name, which a loopback address
/// does not allow, hence a plain request.
pub(crate) fn block_account(aws: &Aws, on: bool) -> Result<()> {
    let body = format!(
        "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">\
         <BlockPublicAcls>{on}</BlockPublicAcls><IgnorePublicAcls>{on}</IgnorePublicAcls>\
         <BlockPublicPolicy>{on}</BlockPublicPolicy><RestrictPublicBuckets>{on}</RestrictPublicBuckets>\
         </PublicAccessBlockConfiguration>"
    );
    let path = "/v20180820/configuration/publicAccessBlock";
    aws.endpoint.put("s3", path, ("x-amz-account-id", ACCOUNT), &body).map(drop)
}

/// Sets how long objects of the trail's bucket are locked by default, or that they are not.
pub(crate) async fn set_lock(aws: &Aws, days: Option<i32>) -> Result<()> {
    let rule = days.map(|days| {
        let retention =
            s3::DefaultRetention::builder().mode(s3::ObjectLockRetentionMode::Governance).days(days).build();
        s3::ObjectLockRule::builder().default_retention(retention).build()
    });
    let lock =
        s3::ObjectLockConfiguration::builder().object_lock_enabled(s3::ObjectLockEnabled::Enabled).set_rule(rule);
    send!(aws.s3.put_object_lock_configuration().bucket(TRAIL_BUCKET).object_lock_configuration(lock.build()));
    Ok(())
}

/// Sets after how many days the trail's logs expire.
pub(crate) async fn set_retention(aws: &Aws, days: i32) -> Result<()> {
    let rule = s3::LifecycleRule::builder()
        .id("expire")
        .status(s3::ExpirationStatus::Enabled)
        .filter(s3::LifecycleRuleFilter::builder().prefix("").build())
        .expiration(s3::LifecycleExpiration::builder().days(days).build())
        .noncurrent_version_expiration(s3::NoncurrentVersionExpiration::builder().noncurrent_days(30).build())
        .build()?;
    let lifecycle = s3::BucketLifecycleConfiguration::builder().rules(rule).build()?;
    send!(aws.s3.put_bucket_lifecycle_configuration().bucket(TRAIL_BUCKET).lifecycle_configuration(lifecycle));
    Ok(())
}

async fn set_policy(aws: &Aws, bucket: &str, statements: &[Value]) -> Result<()> {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    send!(aws.s3.put_bucket_policy().bucket(bucket).policy(policy));
    Ok(())
}

/// Adds a statement to the policy of the trail's bucket.
pub(crate) async fn add_statement(aws: &Aws, statement: Value) -> Result<()> {
    let found = send!(aws.s3.get_bucket_policy().bucket(TRAIL_BUCKET));
    let mut policy: Value = serde_json::from_str(found.policy().unwrap_or_default())?;
    let statements =
        policy.get_mut("Statement").and_then(Value::as_array_mut).context("a policy without statements")?;
    statements.push(statement);
    set_policy(aws, TRAIL_BUCKET, statements).await
}

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
fn for_cloudtrail() -> [Value; 2] {
    let trail = trail_arn();
    [
        json!({
            "Sid": "CloudTrailChecks", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:GetBucketAcl", "Resource": format!("arn:aws:s3:::{TRAIL_BUCKET}"),
            "Condition": {"StringEquals": {"aws:SourceArn": trail}}
        }),
        json!({
            "Sid": "CloudTrailWrites", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{TRAIL_BUCKET}/AWSLogs/{ACCOUNT}/*"),
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail}}
        }),
    ]
}
