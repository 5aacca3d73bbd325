//! `open_if` equals what failing every subset of controls and asking plainly gives.

use std::collections::BTreeSet;

use portcullis_estate::{Answer, Atom, Control, Estate};
use portcullis_iam::{Context, World};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, APP, DANA, Files, OTHER, app, bucket, dana, document, managed};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";

/// A statement of an identity-like policy.
fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let action = prop_oneof![
        Just("*"),
        Just("s3:*"),
        Just("s3:GetObject"),
        Just("kms:Decrypt"),
        Just("sts:AssumeRole"),
        Just("rds:*")
    ];
    let resource = prop_oneof![3 => Just("*"), 1 => Just("arn:aws:s3:::b/*"), 1 => Just("arn:aws:s3:::other/*")];
    let condition = prop_oneof![3 => Just(None), 1 => Just(Some("dana")), 1 => Just(Some("nobody"))];
    (effect, action, any::<bool>(), resource, condition).prop_map(|(effect, action, negated, resource, condition)| {
        let mut statement = json!({"Effect": effect, "Resource": resource});
        statement[if negated && action != "*" { "NotAction" } else { "Action" }] = json!(action);
        if let Some(name) = condition {
            statement["Condition"] = json!({"StringEqualsIfExists": {"aws:username": name}});
        }
        statement
    })
}

fn statements() -> impl Strategy<Value = Value> {
    prop::collection::vec(statement(), 0..3).prop_map(Value::from)
}

/// A policy of a resource.
fn resource_policy() -> impl Strategy<Value = Value> {
    let principal = prop_oneof![
        Just(json!("*")),
        Just(json!({"AWS": DANA})),
        Just(json!({"AWS": APP})),
        Just(json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})),
        Just(json!({"AWS": "arn:aws:iam::111122223333:user/someone"})),
    ];
    let one = (principal, statement()).prop_map(|(principal, mut statement)| {
        statement["Principal"] = principal;
        statement
    });
    prop::collection::vec(one, 0..3).prop_map(Value::from)
}

#[derive(Debug, Clone)]
struct Case {
    own: Value,
    attached: Option<Value>,
    boundary: Option<Value>,
    levels: Option<Vec<Vec<Value>>>,
    rcp: Value,
    resource: Option<Value>,
    question: usize,
    role: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let levels = prop::collection::vec(prop::collection::vec(statements(), 1..3), 1..3);
    (
        statements(),
        prop::option::of(statements()),
        prop::option::of(statements()),
        prop::option::of(levels),
        statements(),
        prop::option::of(resource_policy()),
        0usize..4,
        any::<bool>(),
    )
        .prop_map(|(own, attached, boundary, levels, rcp, resource, question, role)| Case {
            own,
            attached,
            boundary,
            levels,
            rcp,
            resource,
            question,
            role,
        })
}

impl Case {
    fn question(&self) -> (&'static str, &'static str, &'static str) {
        let who = if self.role { APP } else { DANA };
        match self.question {
            1 => (who, "kms:Decrypt", KEY),
            2 => (who, "sts:AssumeRole", APP),
            _ => (who, "s3:GetObject", "arn:aws:s3:::b/k"),
        }
    }

    fn estate(&self) -> Estate {
        let trust = if self.question == 2 { self.resource.clone().unwrap_or(json!([])) } else { json!([]) };
        let trust: Value = trust
            .as_array()
            .unwrap()
            .iter()
            .cloned()
            .map(|mut statement| {
                statement.as_object_mut().unwrap().remove("Resource");
                statement
            })
            .collect();
        let (mut user, mut role) = (dana(json!([])), app(trust, json!([])));
        let who = if self.role { &mut role } else { &mut user };
        let list = if self.role { "RolePolicyList" } else { "UserPolicyList" };
        who[list] = json!([{"PolicyName": "own", "PolicyDocument": document(self.own.clone())}]);
        let mut policies = Vec::new();
        if let Some(statements) = &self.attached {
            policies.push(managed("attached", statements.clone()));
            who["AttachedManagedPolicies"] =
                json!([{"PolicyName": "attached", "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/attached")}]);
        }
        if let Some(statements) = &self.boundary {
            policies.push(managed("limit", statements.clone()));
            who["PermissionsBoundary"] =
                json!({"PermissionsBoundaryArn": format!("arn:aws:iam::{ACCOUNT}:policy/limit")});
        }
        let mut files = Files::default().details(json!([user]), json!([role]), Value::from(policies));
        let owner = if self.question == 3 { OTHER } else { ACCOUNT };
        let bucket_policy = self.resource.clone().filter(|_| matches!(self.question, 0 | 3)).map(document);
        files = bucket(files, owner, "b", bucket_policy);
        // Across accounts: access control lists are off and no block is set, so that nothing is unseen.
        files = files
            .with(&format!("{owner}/global/s3api/get-bucket-ownership-controls"), json!({"calls": [{"input": {"Bucket": "b"}, "output": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}}]}))
            .with(&format!("{owner}/global/s3api/get-public-access-block"), json!({"calls": [{"input": {"Bucket": "b"}, "error": {"code": "NoSuchPublicAccessBlockConfiguration"}}]}))
            .with(&format!("{owner}/global/s3control/get-public-access-block"), json!({"calls": [{"input": {}, "error": {"code": "NoSuchPublicAccessBlockConfiguration"}}]}));
        let key_policy = self.resource.clone().filter(|_| self.question == 1).unwrap_or(json!([]));
        files = files
            .with(&format!("{ACCOUNT}/eu-west-1/kms/list-keys"), json!({"Keys": [{"KeyId": "k1", "KeyArn": KEY}]}))
            .with(&format!("{ACCOUNT}/eu-west-1/kms/get-key-policy"), json!({"calls": [{"input": {"KeyId": "k1", "PolicyName": "default"}, "output": {"Policy": document(key_policy).to_string()}}]}))
            .with(&format!("{ACCOUNT}/eu-west-1/kms/list-grants"), json!({"calls": [{"input": {"KeyId": "k1"}, "output": {"Grants": []}}]}));
        files = files.alone(OTHER);
        match &self.levels {
            None => files.alone(ACCOUNT),
            Some(levels) => organization(files, levels, &self.rcp),
        }
        .estate()
    }
}

/// An organization with one chain of levels above the account.
fn organization(files: Files, levels: &[Vec<Value>], rcp: &Value) -> Files {
    let base = format!("{ACCOUNT}/global/organizations");
    let mut parents = Vec::new();
    let mut chain: Vec<String> =
        (1..levels.len()).map(|level| if level == 1 { "r-1".to_owned() } else { format!("ou-{level}") }).collect();
    chain.push(ACCOUNT.to_owned());
    let mut chain_full = chain.clone();
    if levels.len() == 1 {
        // The root itself carries the only level; the account carries AWS's own policy.
        chain_full = vec!["r-1".to_owned(), ACCOUNT.to_owned()];
    }
    for pair in chain_full.windows(2) {
        parents.push(json!({"input": {"ChildId": pair[1]}, "output": {"Parents": [{"Id": pair[0], "Type": if pair[0] == "r-1" { "ROOT" } else { "ORGANIZATIONAL_UNIT" }}]}}));
    }
    let (mut list, mut documents, mut targets) = (Vec::new(), Vec::new(), Vec::new());
    let mut attach = |id: String, statements: &Value, target: &str| {
        list.push(json!({"Id": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY"}));
        documents.push(json!({"input": {"PolicyId": id}, "output": {"Policy": {"PolicySummary": {"Id": id}, "Content": document(statements.clone()).to_string()}}}));
        targets.push(json!({"input": {"PolicyId": id}, "output": {"Targets": [{"TargetId": target, "Type": "ROOT"}]}}));
    };
    for (index, level) in levels.iter().enumerate() {
        let target = if levels.len() == 1 { "r-1" } else { &chain[index] };
        for (number, statements) in level.iter().enumerate() {
            attach(format!("p-{index}{number}"), statements, target);
        }
    }
    if levels.len() == 1 {
        attach("p-all".to_owned(), &json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]), ACCOUNT);
    }
    // One resource control policy at the root; what it allows does not count.
    attach("p-rcp".to_owned(), rcp, "r-1");
    let rcps: Vec<Value> = list
        .pop()
        .into_iter()
        .map(|mut policy| {
            policy["Type"] = json!("RESOURCE_CONTROL_POLICY");
            policy
        })
        .collect();
    files
        .with(
            &format!("{base}/describe-organization"),
            json!({"Organization": {"Id": "o-1", "MasterAccountId": "999988887777", "FeatureSet": "ALL"}}),
        )
        .with(&format!("{base}/list-parents"), json!({"calls": parents}))
        .with(
            &format!("{base}/list-policies"),
            json!({"calls": [
                {"input": {"Filter": "SERVICE_CONTROL_POLICY"}, "output": {"Policies": list}},
                {"input": {"Filter": "RESOURCE_CONTROL_POLICY"}, "output": {"Policies": rcps}},
            ]}),
        )
        .with(&format!("{base}/describe-policy"), json!({"calls": documents}))
        .with(&format!("{base}/list-targets-for-policy"), json!({"calls": targets}))
}

fn brute(estate: &Estate, controls: &[Control], ask: impl Fn(&Estate) -> Answer) -> BTreeSet<BTreeSet<Control>> {
    let mut open: Vec<BTreeSet<Control>> = Vec::new();
    let mut masks: Vec<u32> = (0..1u32 << controls.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    for mask in masks {
        let set: BTreeSet<Control> =
            controls.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, one)| one.clone()).collect();
        if open.iter().any(|smaller| smaller.is_subset(&set)) {
            continue;
        }
        let mut changed = estate.clone();
        let mut applies = true;
        for control in &set {
            match changed.fail(control) {
                Ok(next) => changed = next,
                // The control is of a thing that is not there.
                Err(_) => applies = false,
            }
        }
        if applies && ask(&changed) == Answer::Open {
            open.push(set);
        }
    }
    open.into_iter().collect()
}

fn universe(case: &Case, who: &str, found: &portcullis_estate::Decision) -> Vec<Control> {
    let resource = if case.role { "role/app" } else { "user/dana" };
    let mut all: BTreeSet<Control> = found.blockers().into_iter().map(|blocker| blocker.control).collect();
    let _ = who;
    for id in [
        format!("iam.grant:{ACCOUNT}/global/{resource}"),
        format!("iam.boundary:{ACCOUNT}/global/{resource}"),
        format!("bucket.policy:{}/global/b", if case.question == 3 { OTHER } else { ACCOUNT }),
        format!("kms.key-policy:{ACCOUNT}/eu-west-1/k1"),
        format!("role.trust:{ACCOUNT}/global/role/app"),
        format!("iam.scp:{ACCOUNT}/global/p-00"),
        format!("iam.scp:{ACCOUNT}/global/p-10"),
        format!("iam.rcp:{ACCOUNT}/global/p-rcp"),
    ] {
        if all.len() < 9 {
            all.insert(Control::parse(&id).unwrap());
        }
    }
    all.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn open_if_equals_brute_force(case in case()) {
        let estate = case.estate();
        let (who, action, resource) = case.question();
        let ask = |estate: &Estate| World::build(estate).may(who, action, &[resource], &Context::open());
        let found = ask(&estate);
        prop_assume!(found.blockers().len() <= 9);
        let controls = universe(&case, who, &found);
        let expected = brute(&estate, &controls, |estate| ask(estate).answer());
        let family = found.open_if();
        prop_assert!(!family.was_cut());
        let engine: BTreeSet<BTreeSet<Control>> = family
            .cuts()
            .filter_map(|cut| {
                cut.iter()
                    .map(|atom| match atom {
                        Atom::Control(control) => Some(control.clone()),
                        // What AWS's documents dispute stays a symbol in every subset.
                        Atom::Symbol(_) => None,
                    })
                    .collect()
            })
            .collect();
        prop_assert_eq!(engine, expected, "{:#?}", found);
    }
}
