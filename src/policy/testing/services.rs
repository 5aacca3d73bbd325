//! Identities, recording and buckets of a fragment.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::fragment::{ACCOUNT, Bucket, Files, Fragment, NOW, REGION, Trail, User, arn, call, tags};

const MADE: &str = "2025-01-01T00:00:00+00:00";

/// Adds the answers about them.
pub(super) fn expand(fragment: &Fragment, files: &mut Files) {
    identities(fragment, files);
    if let Some(trail) = &fragment.trail {
        record(trail, files);
    }
    let mut buckets = fragment.buckets.clone();
    if let Some(trail) = &fragment.trail {
        buckets.entry(bucket_of(trail).to_owned()).or_default();
    }
    store(&buckets, files);
}

fn inline(policies: &BTreeMap<String, Json>) -> Json {
    policies.iter().map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document})).collect()
}

fn attached(policies: &[String]) -> Json {
    let name = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    policies.iter().map(|arn| json!({"PolicyArn": arn, "PolicyName": name(arn)})).collect()
}

fn identities(fragment: &Fragment, files: &mut Files) {
    let users: Vec<Json> = fragment
        .users
        .iter()
        .map(|(name, user)| {
            json!({
                "UserName": name, "Arn": arn("iam", &format!("user/{name}")), "UserId": format!("AIDA{}", name.to_uppercase()),
                "Path": "/", "CreateDate": MADE, "UserPolicyList": inline(&user.policies), "GroupList": [],
                "AttachedManagedPolicies": attached(&user.attached), "Tags": tags(&user.tags),
            })
        })
        .collect();
    let ec2 = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]});
    let roles: Vec<Json> = fragment
        .roles
        .iter()
        .map(|(name, role)| {
            json!({
                "RoleName": name, "Arn": arn("iam", &format!("role/{name}")), "RoleId": format!("AROA{}", name.to_uppercase()),
                "Path": "/", "CreateDate": MADE, "AssumeRolePolicyDocument": role.trust.as_ref().unwrap_or(&ec2),
                "InstanceProfileList": [], "RolePolicyList": inline(&role.policies),
                "AttachedManagedPolicies": attached(&role.attached), "Tags": tags(&role.tags),
            })
        })
        .collect();
    let details = json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": []});
    files.insert("iam/get-account-authorization-details".to_owned(), details);
    files.insert("iam/get-credential-report".to_owned(), credential_report(&fragment.users));
}

/// The credential report of some users; the root user has a second factor and no key.
pub(super) fn credential_report(users: &BTreeMap<String, User>) -> Json {
    let mut csv =
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,\
                   mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
                   access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n"
            .to_owned();
    let key = |age: Option<&i64>| match age.and_then(|days| before(*days)) {
        Some(time) => format!("true,{time},{time}"),
        None => "false,N/A,N/A".to_owned(),
    };
    let mut row = |name: &str, arn: &str, password: &str, mfa: bool, ages: &[i64]| {
        let used = if password == "true" { NOW } else { "N/A" };
        let (first, second) = (key(ages.first()), key(ages.get(1)));
        let _ = writeln!(csv, "{name},{arn},{MADE},{password},{used},{MADE},N/A,{mfa},{first},{second}");
    };
    row("<root_account>", &arn("iam", "root"), "not_supported", true, &[]);
    for (name, user) in users {
        let password = if user.console { "true" } else { "false" };
        row(name, &arn("iam", &format!("user/{name}")), password, user.mfa, &user.key_ages);
    }
    json!({"Content": csv, "ReportFormat": "text/csv", "GeneratedTime": NOW})
}

fn before(days: i64) -> Option<String> {
    let now: jiff::Timestamp = NOW.parse().ok()?;
    let then = now.checked_sub(jiff::SignedDuration::from_hours(days.checked_mul(24)?)).ok()?;
    Some(then.to_string())
}

fn bucket_of(trail: &Trail) -> &str {
    trail.bucket.as_deref().unwrap_or("trail-logs")
}

fn record(trail: &Trail, files: &mut Files) {
    let name = arn("cloudtrail", "trail/trail");
    let mut shape = json!({
        "Name": "trail", "TrailARN": name, "HomeRegion": REGION, "S3BucketName": bucket_of(trail),
        "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": trail.multi_region.unwrap_or(true),
        "LogFileValidationEnabled": trail.log_validation.unwrap_or(true), "IsOrganizationTrail": false,
        "HasCustomEventSelectors": trail.event_selectors.is_some(), "HasInsightSelectors": false,
    });
    if let Some(members) = shape.as_object_mut() {
        if let Some(key) = &trail.kms_key {
            members.insert("KmsKeyId".to_owned(), json!(key));
        }
        if let Some(group) = &trail.log_group {
            members.insert("CloudWatchLogsLogGroupArn".to_owned(), json!(group));
        }
    }
    let all = json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}]);
    let status =
        json!({"IsLogging": trail.logging.unwrap_or(true), "LatestDeliveryTime": NOW, "LatestDigestDeliveryTime": NOW});
    let selectors = json!({"TrailARN": name, "EventSelectors": trail.event_selectors.clone().unwrap_or(all)});
    files.insert("cloudtrail/describe-trails".to_owned(), json!({"trailList": [shape]}));
    files.insert("cloudtrail/get-trail-status".to_owned(), json!({"calls": [call(json!({"Name": name}), status)]}));
    files.insert(
        "cloudtrail/get-event-selectors".to_owned(),
        json!({"calls": [call(json!({"TrailName": name}), selectors)]}),
    );
}

fn store(buckets: &BTreeMap<String, Bucket>, files: &mut Files) {
    if buckets.is_empty() {
        return;
    }
    let mut calls: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    for (name, bucket) in buckets {
        let input = || json!({"Bucket": name});
        let mut ask = |operation: &'static str, answer: Result<Json, &str>| {
            calls.entry(operation).or_default().push(match answer {
                Ok(output) => call(input(), output),
                Err(code) => json!({"input": input(), "error": {"code": code}}),
            });
        };
        let policy =
            bucket.policy.as_ref().map(|policy| json!({"Policy": policy.to_string()})).ok_or("NoSuchBucketPolicy");
        let status = policy.is_ok().then(|| json!({"PolicyStatus": {"IsPublic": bucket.public_policy}}));
        ask("s3api/get-bucket-policy", policy);
        ask("s3api/get-bucket-policy-status", status.ok_or("NoSuchBucketPolicy"));
        let on = bucket.blocks_public_access.unwrap_or(true);
        ask(
            "s3api/get-public-access-block",
            Ok(json!({"PublicAccessBlockConfiguration": {
                "BlockPublicAcls": on, "IgnorePublicAcls": on, "BlockPublicPolicy": on, "RestrictPublicBuckets": on,
            }})),
        );
        ask("s3api/get-bucket-location", Ok(json!({"LocationConstraint": REGION})));
        ask(
            "s3api/get-bucket-versioning",
            Ok(if bucket.versioning { json!({"Status": "Enabled"}) } else { json!({}) }),
        );
        let lock = bucket.object_lock.then(|| json!({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}));
        ask("s3api/get-object-lock-configuration", lock.ok_or("ObjectLockConfigurationNotFoundError"));
        ask("s3api/get-bucket-lifecycle-configuration", Err("NoSuchLifecycleConfiguration"));
        ask(
            "s3api/get-bucket-encryption",
            Ok(json!({"ServerSideEncryptionConfiguration": {"Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            ]}})),
        );
        let logging =
            bucket.log_bucket.as_ref().map(|to| json!({"LoggingEnabled": {"TargetBucket": to, "TargetPrefix": ""}}));
        ask("s3api/get-bucket-logging", Ok(logging.unwrap_or_else(|| json!({}))));
        ask(
            "s3api/get-bucket-acl",
            Ok(json!({"Owner": {"ID": ACCOUNT}, "Grants": [
                {"Grantee": {"Type": "CanonicalUser", "ID": ACCOUNT}, "Permission": "FULL_CONTROL"},
            ]})),
        );
        ask(
            "s3api/get-bucket-ownership-controls",
            Ok(json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}})),
        );
        ask("s3api/get-bucket-replication", Err("ReplicationConfigurationNotFoundError"));
        let tagging = (!bucket.tags.is_empty()).then(|| json!({"TagSet": tags(&bucket.tags)}));
        ask("s3api/get-bucket-tagging", tagging.ok_or("NoSuchTagSet"));
    }
    let listed: Vec<Json> = buckets.keys().map(|name| json!({"Name": name, "CreationDate": MADE})).collect();
    files.insert("s3api/list-buckets".to_owned(), json!({"Buckets": listed, "Owner": {"ID": ACCOUNT}}));
    for (operation, calls) in calls {
        files.insert(operation.to_owned(), json!({"calls": calls}));
    }
}
