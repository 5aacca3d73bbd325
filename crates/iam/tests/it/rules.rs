//! The numbered rules of AWS's evaluation on small estates, each with its AWS page.

use portcullis_estate::{Answer, Assumption, Decision, Estate};
use portcullis_iam::{Context, World};
use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, APP, DANA, Files, OTHER, app, bucket, dana, document, managed};

fn ask(estate: &Estate, who: &str, action: &str, resource: &str) -> Decision {
    World::build(estate).may(who, action, &[resource], &Context::open())
}

fn all() -> Value {
    json!([{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}])
}

fn alone(users: Value, roles: Value, policies: Value) -> Files {
    Files::default().details(users, roles, policies).alone(ACCOUNT)
}

fn bounded(mut principal: Value) -> Value {
    principal["PermissionsBoundary"] =
        json!({"PermissionsBoundaryArn": format!("arn:aws:iam::{ACCOUNT}:policy/limit")});
    principal
}

fn controls(decision: &Decision) -> Vec<String> {
    decision.blockers().into_iter().map(|blocker| blocker.control.to_string()).collect()
}

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
#[test]
fn scps_that_were_not_listed_are_a_gap_that_an_assumption_settles() {
    let files = Files::default().details(json!([dana(all())]), json!([]), json!([]));
    let decision = ask(&files.estate(), DANA, "rds:DeleteDBInstance", "*");
    assert_eq!(decision.answer(), Answer::Undecided);
    assert!(decision.gaps().iter().any(|gap| gap.assumption == Some(Assumption::ScpFullAccess)));
    let decision = ask(&files.assuming(&[Assumption::ScpFullAccess]), DANA, "rds:DeleteDBInstance", "*");
    assert_eq!(decision.answer(), Answer::Open);
    assert!(decision.assumed.contains(&Assumption::ScpFullAccess));
    let denied = Files::default().details(json!([dana(json!([]))]), json!([]), json!([])).estate();
    let decision = ask(&denied, DANA, "rds:DeleteDBInstance", "*");
    // An unseen SCP never allows, so the answer needs no assumption.
    assert_eq!(decision.answer(), Answer::Closed);
    assert!(decision.assumed.is_empty());
}

#[test]
fn the_management_account_is_exempt() {
    let files = Files::default().details(json!([dana(all())]), json!([]), json!([])).with(
        &format!("{ACCOUNT}/global/organizations/describe-organization"),
        json!({"Organization": {"Id": "o-1", "MasterAccountId": ACCOUNT, "FeatureSet": "ALL"}}),
    );
    assert_eq!(ask(&files.estate(), DANA, "rds:DeleteDBInstance", "*").answer(), Answer::Open);
}

#[test]
fn a_boundary_whose_document_is_missing_is_a_gap_or_a_control() {
    let files = alone(json!([bounded(dana(all()))]), json!([]), json!([]));
    let decision = ask(&files.estate(), DANA, "rds:DeleteDBInstance", "*");
    assert_eq!(decision.answer(), Answer::Undecided);
    assert!(controls(&decision).contains(&format!("iam.boundary:{ACCOUNT}/global/user/dana")));
    let version = json!({"calls": [{"input": {"PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/limit"), "VersionId": "v1"}, "output": {"PolicyVersion": {"VersionId": "v1", "IsDefaultVersion": true, "Document": document(all())}}}]});
    let files = files.with(&format!("{ACCOUNT}/global/iam/get-policy-version"), version);
    assert_eq!(ask(&files.estate(), DANA, "rds:DeleteDBInstance", "*").answer(), Answer::Open);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn direct_grants_and_boundaries() {
    let limit = || json!([managed("limit", json!([]))]);
    let grant = |principal: Value| {
        document(
            json!([{"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]),
        )
    };
    let answer = |principal: Value, who: &str| {
        let files = alone(json!([bounded(dana(json!([])))]), json!([bounded(app(json!([]), json!([])))]), limit());
        ask(&bucket(files, ACCOUNT, "b", Some(grant(principal))).estate(), who, "s3:GetObject", "arn:aws:s3:::b/k")
            .answer()
    };
    assert_eq!(answer(json!({"AWS": DANA}), DANA), Answer::Open);
    assert_eq!(answer(json!("*"), DANA), Answer::Open);
    assert_eq!(answer(json!("*"), APP), Answer::Open);
    assert_eq!(answer(json!({"AWS": APP}), APP), Answer::Closed);
    assert_eq!(answer(json!({"AWS": ACCOUNT}), DANA), Answer::Closed);
}

/// Rule 16: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
#[test]
fn a_key_without_root_statement_is_closed_to_administrators() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k1";
    let answer = |policy: Value, grants: Value| {
        let files = alone(json!([dana(all())]), json!([]), json!([]))
            .with(&format!("{ACCOUNT}/eu-west-1/kms/list-keys"), json!({"Keys": [{"KeyId": "k1", "KeyArn": key}]}))
            .with(
                &format!("{ACCOUNT}/eu-west-1/kms/get-key-policy"),
                json!({"calls": [{"input": {"KeyId": "k1"}, "output": {"Policy": document(policy).to_string()}}]}),
            )
            .with(
                &format!("{ACCOUNT}/eu-west-1/kms/list-grants"),
                json!({"calls": [{"input": {"KeyId": "k1"}, "output": {"Grants": grants}}]}),
            );
        ask(&files.estate(), DANA, "kms:Decrypt", key)
    };
    let root = json!([{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"}]);
    assert_eq!(answer(root, json!([])).answer(), Answer::Open);
    let closed = answer(json!([]), json!([]));
    assert_eq!(closed.answer(), Answer::Closed);
    assert_eq!(controls(&closed), [format!("kms.key-policy:{ACCOUNT}/eu-west-1/k1")]);
    let granted = answer(json!([]), json!([{"GrantId": "g", "GranteePrincipal": DANA, "Operations": ["Decrypt"]}]));
    assert_eq!(granted.answer(), Answer::Open);
}

/// Rules 2 and 3: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html>
#[test]
fn trust_policies() {
    let answer = |who: Value, user: Value, limit: bool| {
        let trust = json!([{"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}]);
        let user = if limit { bounded(user) } else { user };
        let files = alone(json!([user]), json!([app(trust, json!([]))]), json!([managed("limit", json!([]))]));
        ask(&files.estate(), DANA, "sts:AssumeRole", APP).answer()
    };
    let nothing = || dana(json!([]));
    assert_eq!(answer(json!(DANA), nothing(), false), Answer::Open);
    assert_eq!(answer(json!(ACCOUNT), nothing(), false), Answer::Closed);
    assert_eq!(answer(json!(ACCOUNT), dana(all()), false), Answer::Open);
    assert_eq!(answer(json!("AIDADELETED"), dana(all()), false), Answer::Closed);
    // Disputed: the boundary is silent on sts:AssumeRole.
    assert_eq!(answer(json!(DANA), nothing(), true), Answer::Undecided);
    // A role does not trust itself.
    let files = alone(json!([]), json!([app(json!([]), all())]), json!([]));
    assert_eq!(ask(&files.estate(), APP, "sts:AssumeRole", APP).answer(), Answer::Closed);
}

#[test]
fn an_unknown_key_stays_with_the_text_of_its_condition() {
    let deny = json!([
        {"Effect": "Allow", "Action": "rds:*", "Resource": "*"},
        {"Sid": "Mfa", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
    ]);
    let estate = alone(json!([dana(deny)]), json!([]), json!([])).estate();
    let world = World::build(&estate);
    let open = world.may(DANA, "rds:DeleteDBInstance", &["*"], &Context::open());
    assert_eq!(open.answer(), Answer::Undecided);
    let gap = open.gaps().into_iter().next().unwrap();
    assert_eq!(&*gap.input, "not (BoolIfExists aws:MultiFactorAuthPresent `false`)");
    let mut with = Context::open();
    with.set_value("aws:MultiFactorAuthPresent", "true");
    assert_eq!(world.may(DANA, "rds:DeleteDBInstance", &["*"], &with).answer(), Answer::Open);
    with.set("aws:MultiFactorAuthPresent", portcullis_iam::KeyState::Absent);
    let closed = world.may(DANA, "rds:DeleteDBInstance", &["*"], &with);
    assert_eq!(closed.answer(), Answer::Closed);
    assert_eq!(controls(&closed), [format!("iam.deny:{ACCOUNT}/global/user/dana/own#Mfa")]);
    let place = closed.blockers().into_iter().next().unwrap().fact.place.to_string();
    assert!(place.ends_with("/UserPolicyList/{PolicyName=own}/PolicyDocument!/Statement/{Mfa}"), "{place}");
}

/// Across accounts both sides must allow
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>).
#[test]
fn across_accounts_nothing_is_spared() {
    let policy = document(json!([{"Effect": "Allow", "Principal": {"AWS": DANA}, "Action": "s3:*", "Resource": "*"}]));
    let answer = |statements: Value| {
        let files = alone(json!([dana(statements)]), json!([]), json!([])).alone(OTHER);
        ask(&bucket(files, OTHER, "b", Some(policy.clone())).estate(), DANA, "s3:GetObject", "arn:aws:s3:::b/k")
    };
    assert_eq!(answer(all()).answer(), Answer::Open);
    let closed = answer(json!([]));
    assert_eq!(controls(&closed), [format!("iam.grant:{ACCOUNT}/global/user/dana")]);
}

#[test]
fn resource_policies_that_are_not_modelled_or_not_collected_are_gaps() {
    let files = alone(json!([dana(all())]), json!([]), json!([]));
    let queue = ask(&files.estate(), DANA, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q");
    assert_eq!(queue.answer(), Answer::Undecided);
    let group = ask(
        &files.estate(),
        DANA,
        "ec2:AuthorizeSecurityGroupIngress",
        "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1",
    );
    assert_eq!(group.answer(), Answer::Open);
    let bucket = ask(&files.estate(), DANA, "s3:GetObject", "arn:aws:s3:::b/k");
    assert_eq!(bucket.answer(), Answer::Undecided);
}

/// Rule 21 and rule 23.
#[test]
fn always_allowed_and_several_resources() {
    let deny = json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]);
    let estate = alone(json!([dana(deny)]), json!([]), json!([])).estate();
    assert_eq!(ask(&estate, DANA, "sts:GetCallerIdentity", "*").answer(), Answer::Open);
    let one = "arn:aws:ssm:eu-west-1:111122223333:document/d";
    let two = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1";
    let some = json!([{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": one}]);
    let estate = alone(json!([dana(some)]), json!([]), json!([])).estate();
    let world = World::build(&estate);
    assert_eq!(world.may(DANA, "ssm:SendCommand", &[one], &Context::open()).answer(), Answer::Open);
    let both = world.may(DANA, "ssm:SendCommand", &[one, two], &Context::open());
    assert_eq!(both.answer(), Answer::Closed);
    assert!(both.blockers().iter().next().unwrap().fact.statement.contains(two));
}

#[test]
fn two_statements_that_each_allow_are_one_set_of_two() {
    let twice = json!([{"Sid": "A", "Effect": "Allow", "Action": "rds:*", "Resource": "*"}, {"Sid": "B", "Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let estate = alone(json!([dana(twice)]), json!([]), json!([])).estate();
    let sets = ask(&estate, DANA, "rds:DeleteDBInstance", "*").closed_if(4);
    assert_eq!(sets.len(), 1);
    assert_eq!(sets.iter().next().unwrap().len(), 2);
}

#[test]
fn administrators_are_found_by_what_is_allowed() {
    let standing = |statements: Value| {
        let estate = alone(json!([dana(statements)]), json!([]), json!([])).estate();
        let world = World::build(&estate);
        world.standing(world.principal(DANA).unwrap()).administrator
    };
    let allow = |key: &str, value: Value| json!({"Effect": "Allow", key: value, "Resource": "*"});
    assert_eq!(standing(all()), Answer::Open);
    assert_eq!(standing(json!([allow("Action", json!("*:*"))])), Answer::Open);
    // Two halves of everything.
    assert_eq!(standing(json!([allow("NotAction", json!("iam:*")), allow("Action", json!("iam:*"))])), Answer::Open);
    assert_eq!(standing(json!([allow("NotAction", json!("iam:*"))])), Answer::Closed);
    assert_eq!(
        standing(json!([allow("NotAction", json!("iam:*")), allow("Action", json!(["iam:Get*", "iam:P*"]))])),
        Answer::Closed
    );
    assert_eq!(standing(json!([allow("Action", json!(["iam:*", "s3:*", "ec2:*"]))])), Answer::Closed);
    assert_eq!(standing(json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/*"}])), Answer::Closed);
    // Two complements whose exceptions overlap: not decided by witnesses, so not claimed.
    let overlap = json!([allow("NotAction", json!("iam:Get*")), allow("NotAction", json!("iam:*User"))]);
    assert_eq!(standing(overlap), Answer::Undecided);
    let mfa = json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]);
    assert_eq!(standing(mfa), Answer::Undecided);
    let limit = json!([managed("limit", json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]))]);
    let estate = alone(json!([bounded(dana(all()))]), json!([]), limit).estate();
    let world = World::build(&estate);
    assert_eq!(world.standing(world.principal(DANA).unwrap()).administrator, Answer::Closed);
    assert_eq!(world.unrestricted_statements().len(), 1);
    // Root is, always.
    assert_eq!(world.administrators().len(), 1);
}

#[test]
fn roles_and_whom_they_trust() {
    let trust = json!([
        {"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"},
        {"Sid": "Any", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "x"}}},
    ]);
    let estate = alone(json!([]), json!([app(trust, json!([]))]), json!([])).estate();
    let (trusts, gaps) = World::build(&estate).trusts();
    assert!(gaps.is_empty());
    assert_eq!(trusts.len(), 2);
    assert!(!trusts[0].external_id && trusts[1].external_id);
    assert!(matches!(&trusts[0].trusted, portcullis_iam::trust::Trusted::Account { external: true, .. }));
}

#[test]
fn credentials_come_from_the_report_and_are_gaps_without_it() {
    let csv = "user,arn,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n\
        dana,arn:aws:iam::111122223333:user/dana,true,no_information,false,true,2026-01-01T00:00:00+00:00,N/A,false,N/A,N/A\n";
    let files = alone(json!([dana(json!([]))]), json!([]), json!([]));
    let without = portcullis_iam::credentials::credentials(&files.estate());
    let user = without.iter().find(|one| one.user == DANA).unwrap();
    assert!(user.console.is_err() && user.keys.is_err() && user.mfa.is_err());
    let files = files.with(&format!("{ACCOUNT}/global/iam/get-credential-report"), json!({"Content": csv}));
    let estate = files.estate();
    let with = portcullis_iam::credentials::credentials(&estate);
    let user = with.iter().find(|one| one.user == DANA).unwrap();
    assert_eq!((user.console.clone(), user.mfa.clone()), (Ok(true), Ok(false)));
    let keys = user.keys.clone().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].age_days(estate.now.unwrap()), keys[0].used), (Some(325), None));
}

#[test]
fn a_principal_that_is_not_there_is_structural_or_hidden() {
    let files = alone(json!([]), json!([]), json!([]));
    let decision = ask(&files.estate(), DANA, "s3:GetObject", "*");
    assert_eq!((decision.answer(), decision.structural.len()), (Answer::Closed, 1));
    let unseen = Files::default().alone(ACCOUNT).estate();
    assert_eq!(ask(&unseen, DANA, "s3:GetObject", "*").answer(), Answer::Undecided);
}
