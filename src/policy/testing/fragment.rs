//! Small accounts for tests: a compact form, expanded into what AWS would have answered.
//!
//! Everything that a case does not mention was asked and is not there, so that nothing unrelated is unknown. `files`
//! puts raw answers in place of the expanded ones, `denied` takes answers away.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_estate::schema::lists_of;
use portcullis_snapshot::operations::{Asked, OPERATIONS, Operation, Scope};
use portcullis_snapshot::{FileKey, GLOBAL, Snapshot};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::network;
use super::services;

/// The account of every fragment.
pub const ACCOUNT: &str = "111122223333";
/// The region of every fragment.
pub const REGION: &str = "ap-northeast-2";
/// *Now* in every fragment.
pub const NOW: &str = "2026-11-22T00:00:00Z";

/// An account fragment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fragment {
    /// The network: without one nothing of the network is there.
    pub vpc: Option<Vpc>,
    /// Security groups by id.
    pub groups: BTreeMap<String, Group>,
    /// Instances by id.
    pub instances: BTreeMap<String, Instance>,
    /// ECS services by name, each with one running task.
    pub services: BTreeMap<String, Service>,
    /// A database named `db`.
    pub database: Option<Database>,
    /// Databases by identifier.
    pub databases: BTreeMap<String, Database>,
    /// IAM users by name.
    pub users: BTreeMap<String, User>,
    /// IAM roles by name.
    pub roles: BTreeMap<String, Role>,
    /// A trail named `trail`.
    pub trail: Option<Trail>,
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Raw answers by call: `ec2/describe-security-groups`.
    pub files: BTreeMap<String, Json>,
    /// Calls that were denied.
    pub denied: BTreeSet<String>,
}

/// The network of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vpc {
    /// No way to the internet.
    OneIsolatedSubnet,
    /// An internet gateway and a route to it.
    OnePublicSubnet,
}

/// A security group; without `egress` it lets everything out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Inbound rules.
    pub ingress: Vec<Rule>,
    /// Outbound rules.
    pub egress: Option<Vec<Rule>>,
}

/// A rule of a security group.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// One port, `"80-90"`, or left out for all.
    #[serde(default)]
    pub port: Option<Json>,
    /// `tcp`, `udp`, `-1`, …
    #[serde(default)]
    pub protocol: Option<String>,
    /// A group, a prefix list, an IPv4 or IPv6 block; for an outbound rule where it goes.
    #[serde(alias = "to")]
    pub from: String,
}

/// An instance.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Instance {
    /// Its security groups.
    pub groups: Vec<String>,
    /// Its public address.
    pub public_address: Option<String>,
    /// Whether its metadata service asks for tokens.
    pub metadata_tokens: Option<bool>,
    /// Its key pair.
    pub key_name: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An ECS service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// Its security groups.
    pub groups: Vec<String>,
    /// Whether its tasks get public addresses.
    pub public: bool,
    /// Whether people may run commands in its tasks.
    pub execute_command: bool,
    /// The name of its role.
    pub role: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A database instance.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Its security groups.
    pub groups: Vec<String>,
    /// Whether it is publicly accessible.
    pub public: bool,
    /// `postgres` if left out.
    pub engine: Option<String>,
    /// 5432 if left out.
    pub port: Option<u16>,
    /// Whether it is encrypted; true if left out.
    pub encrypted: Option<bool>,
    /// Whether it has a standby; true if left out.
    pub multi_az: Option<bool>,
    /// Whether IAM may log in; true if left out.
    pub iam_auth: Option<bool>,
    /// Whether it cannot be deleted; true if left out.
    pub deletion_protection: Option<bool>,
    /// Days of backups; 7 if left out.
    pub backup_retention: Option<i64>,
    /// Kinds of logs that go to CloudWatch.
    pub exported_logs: Vec<String>,
    /// Settings of its parameter group.
    pub parameters: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An IAM user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct User {
    /// Inline policies by name.
    pub policies: BTreeMap<String, Json>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// Whether it has a password.
    pub console: bool,
    /// Whether it has a second factor.
    pub mfa: bool,
    /// Ages of its active access keys, in days.
    pub key_ages: Vec<i64>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An IAM role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Role {
    /// Its trust policy; EC2 may assume it if left out.
    pub trust: Option<Json>,
    /// Inline policies by name.
    pub policies: BTreeMap<String, Json>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A trail; what is left out is as it should be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trail {
    /// Whether it records in every region.
    pub multi_region: Option<bool>,
    /// Whether it records now.
    pub logging: Option<bool>,
    /// Whether digests are written.
    pub log_validation: Option<bool>,
    /// Its bucket, `trail-logs` if left out.
    pub bucket: Option<String>,
    /// Its key.
    pub kms_key: Option<String>,
    /// ARN of its log group.
    pub log_group: Option<String>,
    /// Its event selectors; all management events if left out.
    pub event_selectors: Option<Json>,
}

/// A bucket; what is left out is as AWS makes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bucket {
    /// Its policy.
    pub policy: Option<Json>,
    /// Whether its policy lets everyone in.
    pub public_policy: bool,
    /// Whether public access is blocked; true if left out.
    pub blocks_public_access: Option<bool>,
    /// Whether old versions are kept.
    pub versioning: bool,
    /// Whether objects can be locked.
    pub object_lock: bool,
    /// The bucket of its access log.
    pub log_bucket: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// Answers by call.
pub(super) type Files = BTreeMap<String, Json>;

/// The ARN of something in the fragment's account.
pub(super) fn arn(service: &str, resource: &str) -> String {
    let region = if service == "iam" { "" } else { REGION };
    format!("arn:aws:{service}:{region}:{ACCOUNT}:{resource}")
}

/// Tags as most services write them.
pub(super) fn tags(tags: &BTreeMap<String, String>) -> Json {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// One answer of an operation that is asked once per parent.
pub(super) fn call(input: Json, output: Json) -> Json {
    Json::Object(Map::from_iter([("input".to_owned(), input), ("output".to_owned(), output)]))
}

impl Fragment {
    /// The snapshot of the account.
    ///
    /// `Err` says what the fragment gets wrong.
    pub fn snapshot(&self) -> Result<Snapshot, String> {
        let mut files: Files = BTreeMap::new();
        network::expand(self, &mut files)?;
        services::expand(self, &mut files);
        for (name, body) in &self.files {
            files.insert(name.clone(), body.clone());
        }
        let known = |name: &str| {
            // The rows of a database server are no call of AWS.
            name.split_once('/')
                .is_some_and(|(s, n)| s == "databases" || portcullis_snapshot::operations::find(s, n).is_some())
        };
        if let Some(wrong) = self.files.keys().chain(&self.denied).find(|name| !known(name)) {
            return Err(format!("`{wrong}` is no call that is collected, such as `ec2/describe-vpcs`"));
        }
        let mut snapshot: Vec<(FileKey, Json)> = OPERATIONS
            .iter()
            .filter(|operation| operation.opt_in.is_none())
            .map(|operation| {
                let name = operation.call();
                let region = if operation.scope == Scope::Global { GLOBAL } else { REGION };
                let body = if self.denied.contains(&name) {
                    json!({"calls": [{"input": {}, "error": {"code": "AccessDenied"}}]})
                } else {
                    files.remove(&name).unwrap_or_else(|| empty(operation))
                };
                (FileKey::new(ACCOUNT, region, operation.service, operation.name), body)
            })
            .collect();
        // What is left are the rows of database servers.
        snapshot.extend(files.into_iter().filter_map(|(name, body)| {
            let id = name.strip_prefix("databases/")?;
            Some((FileKey::new(ACCOUNT, REGION, "databases", id), body))
        }));
        Ok(Snapshot::from_files(None, snapshot))
    }
}

/// What AWS answers where there is nothing.
fn empty(operation: &Operation) -> Json {
    let name = operation.call();
    match name.as_str() {
        "sts/get-caller-identity" => {
            return json!({"Account": ACCOUNT, "Arn": arn("iam", "user/auditor"), "UserId": "AIDAAUDITOR"});
        }
        "iam/get-credential-report" => return services::credential_report(&BTreeMap::new()),
        "iam/get-account-summary" => return json!({"SummaryMap": {}}),
        "ec2/get-ebs-encryption-by-default" => return json!({"EbsEncryptionByDefault": true}),
        "ec2/get-ebs-default-kms-key-id" => return json!({"KmsKeyId": "alias/aws/ebs"}),
        "ec2/get-snapshot-block-public-access-state" => return json!({"State": "block-all-sharing"}),
        "ec2/get-image-block-public-access-state" => return json!({"ImageBlockPublicAccessState": "block-new-sharing"}),
        "ec2/get-serial-console-access-status" => return json!({"SerialConsoleAccessEnabled": false}),
        "ec2/describe-vpc-block-public-access-options" => {
            return json!({"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off", "State": "default-state"}});
        }
        _ => {}
    }
    match operation.asked {
        Asked::Per(_) | Asked::Climb(_) => json!({"calls": []}),
        _ if !operation.answers.is_empty() => {
            let code = operation.answers.first().copied().unwrap_or_default();
            json!({"calls": [{"input": {}, "error": {"code": code}}]})
        }
        Asked::Each(_) => json!({"calls": []}),
        Asked::Once(_) => {
            let mut members = Map::new();
            for list in lists_of(&name) {
                let top = list.split(['[', '.']).next().unwrap_or_default();
                if !top.is_empty() {
                    members.insert(top.to_owned(), json!([]));
                }
            }
            Json::Object(members)
        }
    }
}
