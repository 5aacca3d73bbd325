//! Which event an action makes.

/// The category of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A management event.
    Management,
    /// A data event of this CloudTrail resource type.
    Data(&'static str),
    /// A data event of a service whose type is not modelled.
    OtherData,
    /// None: the action is checked inside another call.
    None,
}

/// The event that a call of an action makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The IAM action.
    pub action: String,
    /// `kms.amazonaws.com`.
    pub source: String,
    /// The event's name; where it differs from the action's, that of the action.
    pub name: String,
    /// Category.
    pub kind: EventKind,
    /// Whether the call only reads.
    pub read_only: bool,
    /// Whether it belongs to a service without regions.
    pub global: bool,
    /// The ARN of an object, function or table.
    pub resource: Option<String>,
}

/// Data events by action (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html>).
const DATA: &[(&str, &str)] = &[
    ("s3:abortmultipartupload", "AWS::S3::Object"),
    ("s3:deleteobject", "AWS::S3::Object"),
    ("s3:deleteobjectversion", "AWS::S3::Object"),
    ("s3:getobject", "AWS::S3::Object"),
    ("s3:getobjectacl", "AWS::S3::Object"),
    ("s3:getobjectversion", "AWS::S3::Object"),
    ("s3:putobject", "AWS::S3::Object"),
    ("s3:putobjectacl", "AWS::S3::Object"),
    ("s3:putobjecttagging", "AWS::S3::Object"),
    ("s3:listbucket", "AWS::S3::Object"),
    ("s3:listbucketversions", "AWS::S3::Object"),
    ("s3:restoreobject", "AWS::S3::Object"),
    ("lambda:invokefunction", "AWS::Lambda::Function"),
    ("dynamodb:getitem", "AWS::DynamoDB::Table"),
    ("dynamodb:putitem", "AWS::DynamoDB::Table"),
    ("dynamodb:updateitem", "AWS::DynamoDB::Table"),
    ("dynamodb:deleteitem", "AWS::DynamoDB::Table"),
    ("dynamodb:query", "AWS::DynamoDB::Table"),
    ("dynamodb:scan", "AWS::DynamoDB::Table"),
    ("dynamodb:batchgetitem", "AWS::DynamoDB::Table"),
    ("dynamodb:batchwriteitem", "AWS::DynamoDB::Table"),
];

/// Services all of whose calls of these kinds are data events of other types.
const OTHER_DATA: &[&str] = &[
    "sns:publish",
    "sqs:sendmessage",
    "sqs:receivemessage",
    "sqs:deletemessage",
    "rds-data:executestatement",
    "rds-data:batchexecutestatement",
    "logs:putlogevents",
    "cloudwatch:putmetricdata",
    "cloudwatch:getmetricdata",
    "kinesis:putrecord",
    "kinesis:putrecords",
    "kinesis:getrecords",
    "execute-api:invoke",
    "ssmmessages:opendatachannel",
    "rds-db:connect",
    "ssmmessages:createcontrolchannel",
    "ssmmessages:createdatachannel",
    "ssmmessages:opencontrolchannel",
];

/// Checked inside the call that passes the role (`PassRole` and its like).
const NO_EVENT: &[&str] = &["iam:passrole", "sts:tagsession", "sts:setsourceidentity"];

const GLOBAL_SERVICES: &[&str] = &["cloudfront", "iam", "organizations", "route53", "account", "shield", "waf"];

impl Event {
    /// The event of an action.
    #[must_use]
    pub fn of(action: &str, resource: Option<&str>) -> Self {
        let lower = action.to_ascii_lowercase();
        let (service, name) = lower.split_once(':').unwrap_or((&lower, ""));
        let kind = if NO_EVENT.contains(&lower.as_str()) {
            EventKind::None
        } else if let Some((_, kind)) = DATA.iter().find(|(known, _)| *known == lower) {
            EventKind::Data(kind)
        } else if OTHER_DATA.contains(&lower.as_str()) {
            EventKind::OtherData
        } else {
            EventKind::Management
        };
        let host = match service {
            "rds-data" => "rdsdata",
            "cloudwatch" => "monitoring",
            "states" => "states",
            other => other,
        };
        // By the verb, as the Service Authorization Reference sorts access levels; a login reads nothing.
        let reads = [
            "get",
            "list",
            "describe",
            "head",
            "lookup",
            "search",
            "batchget",
            "query",
            "scan",
            "view",
            "simulate",
            "generatecredentialreport",
            "decrypt",
            "generatedatakey",
            "assumerole",
            "connect",
        ];
        let writes = ["getfederationtoken", "getsessiontoken"];
        Self {
            action: action.to_owned(),
            source: format!("{host}.amazonaws.com"),
            name: action.split_once(':').map_or(action, |(_, name)| name).to_owned(),
            kind,
            read_only: reads.iter().any(|verb| name.starts_with(verb)) && !writes.contains(&name)
                || name == "getsessiontoken",
            global: GLOBAL_SERVICES.contains(&service),
            resource: resource.map(str::to_owned),
        }
    }
}
