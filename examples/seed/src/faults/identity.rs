//! Faults of users, roles and policies.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::aws::{Aws, send};
use crate::estate::Estate;
use crate::identity::{DEVELOPERS_POLICY, create_login, create_policy, create_user, developers, document, policy_arn};
use crate::roles::{Role, create_role, github, service};
use crate::storage::ASSETS_BUCKET;

pub(super) async fn split_administrator(estate: &mut Estate) -> Result<()> {
    let aws = &estate.aws;
    create_user(aws, "batch-admin", None).await?;
    let iam = json!([{"Sid": "Identity", "Effect": "Allow", "Action": "iam:*", "Resource": "*"}]);
    attach(aws, "batch-admin", "batch-work", &everything_but("iam:*")).await?;
    attach(aws, "batch-admin", "batch-identity", &iam).await
}

pub(super) async fn wildcard_policy(estate: &mut Estate) -> Result<()> {
    let aws = &estate.aws;
    let all = json!([{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let policy = create_policy(aws, "legacy-all", &all).await?;
    let role = Role { managed: &[], inline: None, tag: ("Tier", "legacy") };
    create_role(aws, "legacy-batch", &service("ec2.amazonaws.com"), &role).await?;
    send!(aws.iam.attach_role_policy().role_name("legacy-batch").policy_arn(policy));
    Ok(())
}

pub(super) async fn console_user_without_mfa(estate: &mut Estate) -> Result<()> {
    create_user(&estate.aws, "intern", None).await?;
    create_login(&estate.aws, "intern").await
}

pub(super) async fn second_access_key(estate: &mut Estate) -> Result<()> {
    send!(estate.aws.iam.create_access_key().user_name("dev2"));
    Ok(())
}

/// The new version can say anything: <https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/>
pub(super) async fn escalation(estate: &mut Estate) -> Result<()> {
    let statements = json!([{
        "Sid": "KeepPolicyUpToDate", "Effect": "Allow",
        "Action": ["iam:CreatePolicyVersion", "iam:GetPolicy", "iam:GetPolicyVersion"],
        "Resource": policy_arn("deploy-helper")
    }]);
    create_user(&estate.aws, "deploy-helper", None).await?;
    attach(&estate.aws, "deploy-helper", "deploy-helper", &statements).await
}

pub(super) async fn trust_any_account(estate: &mut Estate) -> Result<()> {
    let anyone = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"});
    create_role(&estate.aws, "partner-sync", &anyone, &read_assets()).await.map(drop)
}

pub(super) async fn wide_subject(estate: &mut Estate) -> Result<()> {
    let trust = github("StringLike", "repo:shop-kr/*");
    create_role(&estate.aws, "shop-preview", &trust, &read_assets()).await.map(drop)
}

pub(super) async fn everything_but_iam(estate: &mut Estate) -> Result<()> {
    create_user(&estate.aws, "night-operator", None).await?;
    attach(&estate.aws, "night-operator", "night-operator", &everything_but("iam:*")).await
}

pub(super) async fn developers_open_groups(estate: &mut Estate) -> Result<()> {
    let iam = &estate.aws.iam;
    let mut statements = developers();
    statements.as_array_mut().context("a policy without statements")?.push(json!({
        "Sid": "OpenGroups", "Effect": "Allow", "Action": "ec2:AuthorizeSecurityGroupIngress", "Resource": "*"
    }));
    send!(
        iam.create_policy_version()
            .policy_arn(policy_arn(DEVELOPERS_POLICY))
            .policy_document(document(&statements))
            .set_as_default(true)
    );
    // moto keeps no boundary of a user, and does not know the call that removes it
    if send!(iam.get_user().user_name("dev1")).user().and_then(|user| user.permissions_boundary()).is_some() {
        send!(iam.delete_user_permissions_boundary().user_name("dev1"));
    }
    Ok(())
}

async fn attach(aws: &Aws, user: &str, policy: &str, statements: &Value) -> Result<()> {
    let arn = create_policy(aws, policy, statements).await?;
    send!(aws.iam.attach_user_policy().user_name(user).policy_arn(arn));
    Ok(())
}

fn everything_but(action: &str) -> Value {
    json!([{"Sid": "EverythingElse", "Effect": "Allow", "NotAction": action, "Resource": "*"}])
}

fn read_assets() -> Role<'static> {
    let statements = json!([{
        "Sid": "ReadAssets", "Effect": "Allow", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{ASSETS_BUCKET}/*")
    }]);
    Role { managed: &[], inline: Some(statements), tag: ("Tier", "partner") }
}
