//! Small estates.

use std::collections::BTreeSet;

use portcullis_estate::{Assumption, Estate, LoadOptions};
use portcullis_snapshot::{FileKey, Snapshot};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const OTHER: &str = "444455556666";
pub(crate) const DANA: &str = "arn:aws:iam::111122223333:user/dana";
pub(crate) const APP: &str = "arn:aws:iam::111122223333:role/app";

/// Files of a snapshot, by path without `.json`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files(pub(crate) Vec<(String, Value)>);

impl Files {
    pub(crate) fn with(mut self, path: &str, body: Value) -> Self {
        self.0.retain(|(known, _)| known != path);
        self.0.push((path.to_owned(), body));
        self
    }

    /// An account without organization.
    pub(crate) fn alone(self, account: &str) -> Self {
        let none = json!({"calls": [{"input": {}, "error": {"code": "AWSOrganizationsNotInUseException"}}]});
        self.with(&format!("{account}/global/organizations/describe-organization"), none)
    }

    /// The authorization details of the first account.
    pub(crate) fn details(self, users: Value, roles: Value, policies: Value) -> Self {
        let body =
            json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": policies});
        self.with(&format!("{ACCOUNT}/global/iam/get-account-authorization-details"), body)
    }

    pub(crate) fn estate(&self) -> Estate {
        self.assuming(&[])
    }

    pub(crate) fn assuming(&self, assume: &[Assumption]) -> Estate {
        let files =
            self.0.iter().map(|(path, body)| (FileKey::parse(&format!("{path}.json")).expect(path), body.clone()));
        let options = LoadOptions {
            assume: assume.iter().copied().collect::<BTreeSet<_>>(),
            now: Some("2026-11-22T00:00:00Z".parse().unwrap()),
            ..LoadOptions::default()
        };
        Estate::load(&Snapshot::from_files(None, files.collect()), &options).unwrap()
    }
}

pub(crate) fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The user dana with one inline policy.
pub(crate) fn dana(statements: Value) -> Value {
    json!({
        "UserName": "dana", "Arn": DANA, "UserId": "AIDADANA", "Path": "/", "GroupList": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}],
        "AttachedManagedPolicies": [],
    })
}

/// The role app with one inline policy and a trust policy.
pub(crate) fn app(trust: Value, statements: Value) -> Value {
    json!({
        "RoleName": "app", "Arn": APP, "RoleId": "AROAAPP", "Path": "/",
        "AssumeRolePolicyDocument": document(trust), "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}],
        "AttachedManagedPolicies": [],
    })
}

/// A customer-made policy.
pub(crate) fn managed(name: &str, statements: Value) -> Value {
    json!({
        "PolicyName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:policy/{name}"), "DefaultVersionId": "v2",
        "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": false, "Document": document(json!([]))},
            {"VersionId": "v2", "IsDefaultVersion": true, "Document": document(statements)},
        ],
    })
}

/// A bucket with a policy, or with none.
pub(crate) fn bucket(files: Files, account: &str, name: &str, policy: Option<Value>) -> Files {
    let answer = match policy {
        Some(document) => json!({"output": {"Policy": document.to_string()}}),
        None => json!({"error": {"code": "NoSuchBucketPolicy"}}),
    };
    let mut call = answer;
    call["input"] = json!({"Bucket": name});
    files
        .with(&format!("{account}/global/s3api/list-buckets"), json!({"Buckets": [{"Name": name}]}))
        .with(&format!("{account}/global/s3api/get-bucket-policy"), json!({"calls": [call]}))
}
