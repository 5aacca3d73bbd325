//! The people: users, their groups, the boundary of the developers, and the way to break the glass.

use anyhow::Result;
use aws_sdk_iam::types::Tag;
use serde_json::{Value, json};

use crate::aws::{ACCOUNT, Aws, REGION, send};
use crate::estate::Estate;
use crate::roles::{Role, create_role};

/// The policy of the developers' group.
pub(crate) const DEVELOPERS_POLICY: &str = "developers";

/// A person.
struct Person {
    name: &'static str,
    group: &'static str,
    /// Console access, which always comes with a device for a second factor.
    console: bool,
    access_key: bool,
}

const PEOPLE: [Person; 6] = [
    Person { name: "minji", group: "developers", console: true, access_key: false },
    Person { name: "jisoo", group: "developers", console: true, access_key: false },
    Person { name: "dev1", group: "developers", console: false, access_key: true },
    Person { name: "dev2", group: "developers", console: false, access_key: true },
    Person { name: "ops-lead", group: "operators", console: true, access_key: false },
    Person { name: "break-glass", group: "break-glass", console: true, access_key: false },
];

/// Builds users, groups and their policies.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let aws = &estate.aws;
    send!(
        aws.iam
            .update_account_password_policy()
            .minimum_password_length(16)
            .require_symbols(true)
            .require_numbers(true)
            .require_uppercase_characters(true)
            .require_lowercase_characters(true)
            .allow_users_to_change_password(true)
            .max_password_age(90)
            .password_reuse_prevention(24)
    );
    let boundary = create_policy(aws, "dev-limit", &boundary()).await?;
    for (group, name, document) in [
        ("developers", DEVELOPERS_POLICY, developers()),
        ("operators", "operators", operators()),
        ("break-glass", "break-glass", break_glass()),
    ] {
        let policy = create_policy(aws, name, &document).await?;
        send!(aws.iam.create_group().group_name(group));
        send!(aws.iam.attach_group_policy().group_name(group).policy_arn(policy));
    }
    for person in &PEOPLE {
        let boundary = (person.group == "developers").then_some(boundary.as_str());
        create_user(aws, person.name, boundary).await?;
        send!(aws.iam.add_user_to_group().group_name(person.group).user_name(person.name));
        if person.console {
            create_login(aws, person.name).await?;
            add_second_factor(aws, person.name).await?;
        }
        if person.access_key {
            send!(aws.iam.create_access_key().user_name(person.name));
        }
    }
    create_break_glass_role(aws).await
}

async fn create_break_glass_role(aws: &Aws) -> Result<()> {
    let trust = json!({
        "Sid": "BreakGlassWithSecondFactor", "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/break-glass")},
        "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    });
    let administrator = Role { managed: &["AdministratorAccess"], inline: None, tag: ("Role", "break-glass") };
    create_role(aws, "break-glass-admin", &trust, &administrator).await.map(drop)
}

/// Creates a user. moto 5.2.5 forgets the boundary: there, the developers' policy is all that limits them.
pub(crate) async fn create_user(aws: &Aws, name: &str, boundary: Option<&str>) -> Result<()> {
    let tag = Tag::builder().key("Name").value(name).build()?;
    let boundary = boundary.map(str::to_owned);
    send!(aws.iam.create_user().user_name(name).tags(tag).set_permissions_boundary(boundary));
    Ok(())
}

/// Gives a user a password for the console.
pub(crate) async fn create_login(aws: &Aws, name: &str) -> Result<()> {
    let password = format!("Change-me-first-{name}-1!");
    send!(aws.iam.create_login_profile().user_name(name).password(password).password_reset_required(true));
    Ok(())
}

async fn add_second_factor(aws: &Aws, name: &str) -> Result<()> {
    send!(aws.iam.create_virtual_mfa_device().virtual_mfa_device_name(name));
    send!(
        aws.iam
            .enable_mfa_device()
            .user_name(name)
            .serial_number(format!("arn:aws:iam::{ACCOUNT}:mfa/{name}"))
            .authentication_code1("123456")
            .authentication_code2("234567")
    );
    Ok(())
}

/// Creates a customer managed policy and returns its ARN.
pub(crate) async fn create_policy(aws: &Aws, name: &str, statements: &Value) -> Result<String> {
    send!(aws.iam.create_policy().policy_name(name).policy_document(document(statements)));
    Ok(policy_arn(name))
}

/// The ARN of a customer managed policy.
pub(crate) fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

/// A policy document with these statements.
pub(crate) fn document(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// What developers do: look.
pub(crate) fn developers() -> Value {
    json!([
        {
            "Sid": "Look", "Effect": "Allow", "Resource": "*",
            "Action": [
                "ec2:Describe*", "elasticloadbalancing:Describe*", "ecs:Describe*", "ecs:List*", "rds:Describe*",
                "elasticache:Describe*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*",
                "logs:DescribeLogGroups"
            ]
        },
        {
            "Sid": "ReadServiceLogs", "Effect": "Allow", "Resource": service_logs(),
            "Action": ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"]
        },
        {
            "Sid": "OwnPassword", "Effect": "Allow", "Action": "iam:ChangePassword",
            "Resource": format!("arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
        }
    ])
}

/// What a developer may do at most, whatever a policy says.
fn boundary() -> Value {
    json!([
        {
            "Sid": "AtMostLook", "Effect": "Allow", "Resource": "*",
            "Action": [
                "ec2:Describe*", "elasticloadbalancing:Describe*", "ecs:Describe*", "ecs:List*", "rds:Describe*",
                "elasticache:Describe*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*",
                "logs:Describe*", "logs:Get*", "logs:FilterLogEvents", "logs:StartQuery"
            ]
        },
        {
            "Sid": "OwnPassword", "Effect": "Allow", "Action": "iam:ChangePassword",
            "Resource": format!("arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
        }
    ])
}

fn operators() -> Value {
    let bastion = format!("arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*");
    json!([
        {
            "Sid": "Look", "Effect": "Allow", "Resource": "*",
            "Action": [
                "ec2:Describe*", "elasticloadbalancing:Describe*", "ecs:Describe*", "ecs:List*", "rds:Describe*",
                "elasticache:Describe*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*",
                "cloudtrail:Describe*", "cloudtrail:Get*", "cloudtrail:List*", "cloudtrail:LookupEvents",
                "iam:Get*", "iam:List*", "logs:Describe*", "logs:Get*", "logs:FilterLogEvents", "logs:StartQuery"
            ]
        },
        {
            "Sid": "RestartServices", "Effect": "Allow", "Action": ["ecs:UpdateService", "ecs:StopTask"],
            "Resource": [format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/*"),
                         format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/*")]
        },
        {
            "Sid": "RestartDatabase", "Effect": "Allow", "Action": "rds:RebootDBInstance",
            "Resource": format!("arn:aws:rds:{REGION}:{ACCOUNT}:db:shop-db")
        },
        {
            "Sid": "SessionOnBastion", "Effect": "Allow", "Action": "ssm:StartSession", "Resource": bastion,
            "Condition": {"StringEquals": {"ssm:resourceTag/Role": "bastion"},
                          "Bool": {"aws:MultiFactorAuthPresent": "true"}}
        },
        {
            "Sid": "SessionDocument", "Effect": "Allow", "Action": "ssm:StartSession",
            "Resource": format!("arn:aws:ssm:{REGION}::document/AWS-StartPortForwardingSessionToRemoteHost"),
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        },
        {
            "Sid": "OwnPassword", "Effect": "Allow", "Action": "iam:ChangePassword",
            "Resource": format!("arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
        }
    ])
}

fn break_glass() -> Value {
    json!([{
        "Sid": "BreakGlass", "Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": format!("arn:aws:iam::{ACCOUNT}:role/break-glass-admin"),
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    }])
}

fn service_logs() -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/shop/*")
}
