//! The roles of machines: services, host, function, log delivery and the delivery pipeline.

use anyhow::{Context as _, Result};
use aws_sdk_iam::types::Tag;
use serde_json::{Value, json};

use crate::aws::{ACCOUNT, Aws, REGION, send};
use crate::database::DATABASE;
use crate::estate::Estate;
use crate::identity::document;
use crate::keys::trail_arn;
use crate::storage::ASSETS_BUCKET;

/// Host name of GitHub's provider of `OpenID` Connect tokens.
pub(crate) const GITHUB: &str = "token.actions.githubusercontent.com";

/// What a role may do.
pub(crate) struct Role<'a> {
    /// AWS managed policies.
    pub(crate) managed: &'a [&'a str],
    /// Statements of an inline policy.
    pub(crate) inline: Option<Value>,
    /// A tag beside the name.
    pub(crate) tag: (&'a str, &'a str),
}

/// Builds the roles.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let aws = &estate.aws;
    let tasks = service_in_account("ecs-tasks.amazonaws.com", &format!("arn:aws:ecs:{REGION}:{ACCOUNT}:*"));
    for (service, statements) in task_statements(estate.id("database", DATABASE)?) {
        let role = Role { managed: &[], inline: Some(statements), tag: ("Tier", "app") };
        create_role(aws, &format!("shop-{service}-task"), &tasks, &role).await?;
    }
    let execution = Role {
        managed: &["service-role/AmazonECSTaskExecutionRolePolicy"],
        inline: Some(json!([{
            "Sid": "Secrets", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
            "Resource": format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/*")
        }, use_of_key(estate.id("key", "shop-data")?)])),
        tag: ("Tier", "app"),
    };
    create_role(aws, "shop-execution", &tasks, &execution).await?;

    let bastion = Role { managed: &["AmazonSSMManagedInstanceCore"], inline: None, tag: ("Role", "bastion") };
    create_role(aws, "shop-bastion", &service("ec2.amazonaws.com"), &bastion).await?;
    send!(aws.iam.create_instance_profile().instance_profile_name("shop-bastion"));
    send!(aws.iam.add_role_to_instance_profile().instance_profile_name("shop-bastion").role_name("shop-bastion"));

    let rotate = Role {
        managed: &["service-role/AWSLambdaVPCAccessExecutionRole"],
        inline: Some(json!([{
            "Sid": "PaymentKey", "Effect": "Allow",
            "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue",
                       "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"],
            "Resource": estate.id("secret", "shop/payment/provider")?
        }, use_of_key(estate.id("key", "shop-data")?)])),
        tag: ("Tier", "app"),
    };
    create_role(aws, "shop-rotate", &service("lambda.amazonaws.com"), &rotate).await?;
    build_log_roles(aws).await?;
    build_deploy_role(aws).await
}

async fn build_log_roles(aws: &Aws) -> Result<()> {
    let write = |group: &str| {
        json!([{
            "Sid": "WriteLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*")
        }])
    };
    let flow =
        service_in_account("vpc-flow-logs.amazonaws.com", &format!("arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/*"));
    let role = Role { managed: &[], inline: Some(write("/shop/vpc-flow")), tag: ("Tier", "logs") };
    create_role(aws, "shop-flow-logs", &flow, &role).await?;
    let trail = service_in_account("cloudtrail.amazonaws.com", &trail_arn());
    let role = Role { managed: &[], inline: Some(write("/shop/cloudtrail")), tag: ("Tier", "logs") };
    create_role(aws, "shop-trail-to-logs", &trail, &role).await.map(drop)
}

async fn build_deploy_role(aws: &Aws) -> Result<()> {
    send!(
        aws.iam
            .create_open_id_connect_provider()
            .url(format!("https://{GITHUB}"))
            .client_id_list("sts.amazonaws.com")
            .thumbprint_list("6938fd4d98bab03faadb97b34396831e3780aea1")
    );
    let deploy = Role {
        managed: &[],
        inline: Some(json!([
            {
                "Sid": "RegisterTasks", "Effect": "Allow", "Resource": "*",
                "Action": ["ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition"]
            },
            {
                "Sid": "UpdateServices", "Effect": "Allow",
                "Action": ["ecs:UpdateService", "ecs:DescribeServices"],
                "Resource": format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/*")
            },
            {
                "Sid": "PassTaskRoles", "Effect": "Allow", "Action": "iam:PassRole",
                "Resource": [format!("arn:aws:iam::{ACCOUNT}:role/shop-*-task"),
                             format!("arn:aws:iam::{ACCOUNT}:role/shop-execution")],
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
            },
            {
                "Sid": "PublishAssets", "Effect": "Allow", "Action": "s3:PutObject",
                "Resource": format!("arn:aws:s3:::{ASSETS_BUCKET}/*")
            }
        ])),
        tag: ("Tier", "delivery"),
    };
    let trust = github("StringEquals", "repo:shop-kr/shop:ref:refs/heads/main");
    create_role(aws, "shop-deploy", &trust, &deploy).await.map(drop)
}

/// Creates a role with its policies and returns its ARN.
pub(crate) async fn create_role(aws: &Aws, name: &str, trust: &Value, role: &Role<'_>) -> Result<String> {
    let tags = [("Name", name), role.tag].map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = tags.into_iter().collect::<Result<Vec<_>, _>>()?;
    let trust = document(&json!([trust]));
    send!(aws.iam.create_role().role_name(name).assume_role_policy_document(trust).set_tags(Some(tags)));
    for policy in role.managed {
        let arn = format!("arn:aws:iam::aws:policy/{policy}");
        let attach = aws.iam.attach_role_policy().role_name(name).policy_arn(&arn);
        Box::pin(attach.send())
            .await
            .map_err(|error| crate::aws::failed("roles", &error))
            .with_context(|| format!("no {arn}: start moto_server with MOTO_IAM_LOAD_MANAGED_POLICIES=true"))?;
    }
    if let Some(statements) = &role.inline {
        let policy = document(statements);
        send!(aws.iam.put_role_policy().role_name(name).policy_name(name).policy_document(policy));
    }
    Ok(format!("arn:aws:iam::{ACCOUNT}:role/{name}"))
}

/// Trust in a service.
pub(crate) fn service(principal: &str) -> Value {
    json!({"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"})
}

/// Trust in a service, on behalf of this account's resource only.
fn service_in_account(principal: &str, source: &str) -> Value {
    json!({
        "Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": source}}
    })
}

/// Trust in GitHub Actions, for the subjects that `operator` compares with `subject`.
pub(crate) fn github(operator: &str, subject: &str) -> Value {
    let (audience, sub) = (format!("{GITHUB}:aud"), format!("{GITHUB}:sub"));
    let mut condition = json!({"StringEquals": {audience: "sts.amazonaws.com"}});
    if let Some(operators) = condition.as_object_mut() {
        let entry = operators.entry(operator).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(sub, json!(subject));
        }
    }
    json!({
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}")}
    })
}

/// What each service does beside serving requests. The gateway touches no data.
fn task_statements(database: &str) -> [(&'static str, Value); 6] {
    let connect = |user: &str| {
        json!({
            "Sid": "Database", "Effect": "Allow", "Action": "rds-db:connect",
            "Resource": format!("arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:{database}/{user}")
        })
    };
    let metrics = json!({
        "Sid": "Metrics", "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "shop"}}
    });
    let pictures = json!({
        "Sid": "Pictures", "Effect": "Allow", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{ASSETS_BUCKET}/*")
    });
    let mail = json!({
        "Sid": "Mail", "Effect": "Allow", "Action": "ses:SendEmail",
        "Resource": format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/shop.example")
    });
    [
        ("gateway", json!([metrics])),
        ("user", json!([connect("svc_user"), metrics])),
        ("product", json!([connect("svc_product"), pictures, metrics])),
        ("order", json!([connect("svc_order"), metrics])),
        ("payment", json!([connect("svc_payment"), metrics])),
        ("notification", json!([connect("svc_notification"), mail, metrics])),
    ]
}

fn use_of_key(key: &str) -> Value {
    json!({
        "Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key,
        "Condition": {"StringEquals": {"kms:ViaService": format!("secretsmanager.{REGION}.amazonaws.com")}}
    })
}
