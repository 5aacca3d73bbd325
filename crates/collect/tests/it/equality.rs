//! For every operation that the endpoint offers, the collected file equals the AWS CLI's own JSON less the redactions.

use std::path::Path;
use std::time::Duration;

use aws_smithy_http_client::Builder;
use aws_smithy_types::retry::RetryConfig;
use portcullis_collect::{Options, SdkConfig, Silent, run};
use portcullis_snapshot::Coverage;
use portcullis_snapshot::operations::{Asked, OPERATIONS, Operation, Scope, Take};
use serde_json::{Map, Value, json};

use crate::endpoint::Endpoint;

const REGION: &str = "eu-west-1";
const OTHER: &str = "us-east-1";

/// A few resources of many kinds, so that members have values.
fn seed(endpoint: &Endpoint) {
    let make = |arguments: &[&str]| endpoint.make(REGION, arguments);
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap().to_owned();
    let vpc = text(&make(&["ec2", "create-vpc", "--cidr-block", "10.20.0.0/16"]), "/Vpc/VpcId");
    let subnet = |zone: &str, block: &str| {
        text(
            &make(&["ec2", "create-subnet", "--vpc-id", &vpc, "--cidr-block", block, "--availability-zone", zone]),
            "/Subnet/SubnetId",
        )
    };
    let (a, b) = (subnet("eu-west-1a", "10.20.1.0/24"), subnet("eu-west-1b", "10.20.2.0/24"));
    let gateway = text(&make(&["ec2", "create-internet-gateway"]), "/InternetGateway/InternetGatewayId");
    make(&["ec2", "attach-internet-gateway", "--vpc-id", &vpc, "--internet-gateway-id", &gateway]);
    let group = text(
        &make(&["ec2", "create-security-group", "--group-name", "web", "--description", "a & b <c>", "--vpc-id", &vpc]),
        "/GroupId",
    );
    make(&[
        "ec2",
        "authorize-security-group-ingress",
        "--group-id",
        &group,
        "--protocol",
        "tcp",
        "--port",
        "443",
        "--cidr",
        "0.0.0.0/0",
    ]);
    make(&["ec2", "create-tags", "--resources", &vpc, "--tags", "Key=Name,Value=가게"]);
    make(&["ec2", "create-key-pair", "--key-name", "ops"]);
    let image = text(&make(&["ec2", "describe-images"]), "/Images/0/ImageId");
    let instance = text(
        &make(&[
            "ec2",
            "run-instances",
            "--image-id",
            &image,
            "--subnet-id",
            &a,
            "--security-group-ids",
            &group,
            "--instance-type",
            "t3.nano",
            "--key-name",
            "ops",
            "--user-data",
            "password=hunter22",
        ]),
        "/Instances/0/InstanceId",
    );
    make(&["ec2", "create-image", "--instance-id", &instance, "--name", "golden"]);
    make(&[
        "ec2",
        "create-managed-prefix-list",
        "--prefix-list-name",
        "office",
        "--max-entries",
        "5",
        "--address-family",
        "IPv4",
        "--entries",
        "Cidr=198.51.100.0/24,Description=o",
    ]);
    make(&["ec2", "create-transit-gateway"]);
    make(&["ec2", "allocate-address"]);
    let balancer = text(
        &make(&["elbv2", "create-load-balancer", "--name", "front", "--subnets", &a, &b, "--security-groups", &group]),
        "/LoadBalancers/0/LoadBalancerArn",
    );
    let targets = text(
        &make(&[
            "elbv2",
            "create-target-group",
            "--name",
            "web",
            "--protocol",
            "HTTP",
            "--port",
            "8080",
            "--vpc-id",
            &vpc,
        ]),
        "/TargetGroups/0/TargetGroupArn",
    );
    make(&["elbv2", "register-targets", "--target-group-arn", &targets, "--targets", &format!("Id={instance}")]);
    make(&[
        "elbv2",
        "create-listener",
        "--load-balancer-arn",
        &balancer,
        "--protocol",
        "HTTP",
        "--port",
        "80",
        "--default-actions",
        &format!("Type=forward,TargetGroupArn={targets}"),
    ]);
    make(&[
        "elb",
        "create-load-balancer",
        "--load-balancer-name",
        "old",
        "--listeners",
        "Protocol=HTTP,LoadBalancerPort=80,InstanceProtocol=HTTP,InstancePort=80",
        "--subnets",
        &a,
    ]);
    make(&["ecs", "create-cluster", "--cluster-name", "shop"]);
    let container = json!([{"name": "app", "image": "app", "memory": 128,
        "environment": [{"name": "DB_PASSWORD", "value": "hunter22"}],
        "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:x"}]}])
    .to_string();
    for _ in 0..2 {
        make(&["ecs", "register-task-definition", "--family", "app", "--container-definitions", &container]);
    }
    make(&[
        "ecs",
        "create-service",
        "--cluster",
        "shop",
        "--service-name",
        "app",
        "--task-definition",
        "app:1",
        "--desired-count",
        "1",
    ]);
    make(&[
        "rds",
        "create-db-subnet-group",
        "--db-subnet-group-name",
        "data",
        "--db-subnet-group-description",
        "d",
        "--subnet-ids",
        &a,
        &b,
    ]);
    make(&[
        "rds",
        "create-db-instance",
        "--db-instance-identifier",
        "orders",
        "--engine",
        "postgres",
        "--db-instance-class",
        "db.t3.small",
        "--master-username",
        "root",
        "--master-user-password",
        "hunter2222",
        "--allocated-storage",
        "20",
        "--db-subnet-group-name",
        "data",
    ]);
    make(&["rds", "create-db-snapshot", "--db-instance-identifier", "orders", "--db-snapshot-identifier", "orders-1"]);
    make(&[
        "elasticache",
        "create-cache-subnet-group",
        "--cache-subnet-group-name",
        "cache",
        "--cache-subnet-group-description",
        "d",
        "--subnet-ids",
        &a,
    ]);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let boundary =
        text(&make(&["iam", "create-policy", "--policy-name", "limit", "--policy-document", policy]), "/Policy/Arn");
    make(&["iam", "create-user", "--user-name", "dev", "--permissions-boundary", &boundary]);
    make(&["iam", "put-user-policy", "--user-name", "dev", "--policy-name", "inline", "--policy-document", policy]);
    let role =
        text(&make(&["iam", "create-role", "--role-name", "fn", "--assume-role-policy-document", trust]), "/Role/Arn");
    make(&[
        "iam",
        "create-virtual-mfa-device",
        "--virtual-mfa-device-name",
        "phone",
        "--bootstrap-method",
        "Base32StringSeed",
        "--outfile",
        "/dev/null",
    ]);
    make(&[
        "iam",
        "create-open-id-connect-provider",
        "--url",
        "https://token.actions.githubusercontent.com",
        "--client-id-list",
        "sts.amazonaws.com",
        "--thumbprint-list",
        "6938fd4d98bab03faadb97b34396831e3780aea1",
    ]);
    make(&[
        "s3api",
        "create-bucket",
        "--bucket",
        "trail-logs",
        "--create-bucket-configuration",
        "LocationConstraint=eu-west-1",
    ]);
    let open = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::trail-logs/*"}]}"#;
    make(&["s3api", "put-bucket-policy", "--bucket", "trail-logs", "--policy", open]);
    make(&["s3api", "put-bucket-versioning", "--bucket", "trail-logs", "--versioning-configuration", "Status=Enabled"]);
    endpoint.make(OTHER, &["s3api", "create-bucket", "--bucket", "plain"]);
    make(&[
        "cloudtrail",
        "create-trail",
        "--name",
        "main",
        "--s3-bucket-name",
        "trail-logs",
        "--is-multi-region-trail",
    ]);
    make(&["cloudtrail", "start-logging", "--name", "main"]);
    make(&["logs", "create-log-group", "--log-group-name", "/app"]);
    make(&["kms", "create-key", "--description", "data"]);
    make(&["secretsmanager", "create-secret", "--name", "db", "--secret-string", "hunter22"]);
    make(&["ssm", "put-parameter", "--name", "/app/x", "--type", "SecureString", "--value", "hunter22"]);
    let folder = tempfile::tempdir().unwrap();
    let code = folder.path().join("code.zip");
    std::fs::write(&code, EMPTY_ZIP).unwrap();
    make(&[
        "lambda",
        "create-function",
        "--function-name",
        "fn",
        "--runtime",
        "python3.12",
        "--role",
        &role,
        "--handler",
        "a.b",
        "--zip-file",
        &format!("fileb://{}", code.display()),
        "--environment",
        "Variables={API_TOKEN=hunter22}",
    ]);
    make(&["organizations", "create-organization", "--feature-set", "ALL"]);
}

/// A zip archive without files.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn config(endpoint: &Endpoint) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .http_client(Builder::new().build_http())
        .endpoint_url(&endpoint.url)
        .region(aws_config::Region::new(OTHER))
        .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::ZERO))
        .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
            aws_sdk_sts::config::Credentials::new("test", "test", None, None, "test"),
        ))
        .build()
}

fn read(path: &Path) -> Option<Value> {
    Some(serde_json::from_slice(&std::fs::read(path).ok()?).unwrap())
}

/// The CLI's arguments for an input.
fn arguments(operation: &Operation, input: &Map<String, Value>) -> Vec<String> {
    let mut arguments = vec![operation.service.to_owned(), operation.name.to_owned()];
    if !input.is_empty() {
        arguments.push("--cli-input-json".to_owned());
        arguments.push(Value::Object(input.clone()).to_string());
    }
    arguments
}

/// Whether ours is the CLI's, where a redacted member may stand for any value.
fn differs(path: &str, ours: &Value, cli: &Value) -> Option<String> {
    match (ours, cli) {
        (Value::String(text), other) if text == "$redacted" && !other.is_null() => None,
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().filter(|name| *name != "$looksLike").find_map(|name| match (a.get(name), b.get(name)) {
                (Some(x), Some(y)) => differs(&format!("{path}/{name}"), x, y),
                (Some(x), None) => Some(format!("{path}/{name}: ours {x}, the CLI nothing")),
                (None, y) => Some(format!("{path}/{name}: ours nothing, the CLI {y:?}")),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(at, (x, y))| differs(&format!("{path}/{at}"), x, y))
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (a, b) if a == b => None,
        (a, b) => Some(format!("{path}: ours {a}, the CLI {b}")),
    }
}

/// Members that the endpoint makes up anew each time it is asked.
const UNSTEADY: &[(&str, &str)] = &[
    ("rds/describe-db-instances", "LatestRestorableTime"),
    ("cloudtrail/get-trail-status", "LatestDeliveryTime"),
    ("cloudtrail/get-trail-status", "LatestDeliveryAttemptTime"),
    ("cloudtrail/get-trail-status", "LatestDeliveryAttemptSucceeded"),
    ("cloudtrail/get-trail-status", "LatestNotificationAttemptTime"),
    ("iam/get-credential-report", "Content"),
    ("iam/get-credential-report", "GeneratedTime"),
];

/// Replaces what is unsteady by a mark, on both sides.
fn steady(call: &str, value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                if UNSTEADY.contains(&(call, name.as_str())) {
                    assert!(inner.is_string(), "{call} {name}");
                    *inner = json!("at some time");
                } else {
                    steady(call, inner);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| steady(call, item)),
        _ => {}
    }
}

#[test]
fn the_snapshot_is_what_the_cli_prints() {
    let Some(endpoint) = Endpoint::start() else { return };
    if std::env::var_os("PORTCULLIS_ENDPOINT").is_none() {
        seed(&endpoint);
    }
    let home = tempfile::tempdir().unwrap();
    let mut options = Options::new(home.path().join("snapshot"), "2026-01-01T00:00:00Z".parse().unwrap());
    options.config = Some(config(&endpoint));
    options.regions = vec![REGION.to_owned(), OTHER.to_owned()];
    let summary = run(&options, &Silent).unwrap();
    for gap in &summary.coverage {
        eprintln!("{} {}/{}: {}", gap.region, gap.service, gap.operation, gap.coverage);
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for operation in OPERATIONS {
        let region = if operation.scope == Scope::Global { "global" } else { REGION };
        let call = operation.call();
        let path = options.target.join(&summary.account).join(region).join(format!("{call}.json"));
        let gap = summary
            .coverage
            .iter()
            .find(|gap| gap.region == region && gap.service == operation.service && gap.operation == operation.name);
        let Some(file) = read(&path) else {
            assert!(gap.is_some(), "{call} has neither file nor coverage");
            continue;
        };
        let asked = if region == "global" { OTHER } else { REGION };
        let calls: Vec<(Map<String, Value>, Value)> = if file.get("calls").is_some_and(Value::is_array) {
            file["calls"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|call| Some((call["input"].as_object()?.clone(), call.get("output")?.clone())))
                .take(2)
                .collect()
        } else {
            let input = fixed_input(operation, &summary.account);
            vec![(input, file)]
        };
        for (input, ours) in calls {
            let arguments = arguments(operation, &input);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            match endpoint.aws(asked, &arguments) {
                Err(error) => wrong.push(format!("{call}: the CLI fails where we do not: {error}")),
                Ok(mut cli) => {
                    compared += 1;
                    let mut ours = ours;
                    steady(&call, &mut ours);
                    steady(&call, &mut cli);
                    if let Some(difference) = differs("", &ours, &cli) {
                        wrong.push(format!("{call}{difference}"));
                    }
                }
            }
        }
        assert!(!matches!(gap.map(|gap| &gap.coverage), Some(Coverage::Denied { .. })), "{call} was denied");
    }
    eprintln!("{compared} answers compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 100, "only {compared} answers were compared");
    // secrets stay out of every file
    for entry in walk(&options.target) {
        let text = std::fs::read_to_string(&entry).unwrap();
        assert!(!text.contains("hunter22"), "{} holds a secret", entry.display());
    }
}

/// The fixed input of an operation that is asked once.
fn fixed_input(operation: &Operation, account: &str) -> Map<String, Value> {
    let Asked::Once(members) = operation.asked else { return Map::new() };
    members
        .iter()
        .map(|(name, take)| {
            let value = match take {
                Take::Texts(texts) => json!(texts),
                Take::Text(text) => json!(text),
                Take::Account => json!(account),
                other => panic!("{other:?} in a fixed input"),
            };
            ((*name).to_owned(), value)
        })
        .collect()
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path) } else { vec![path] }
        })
        .collect()
}
