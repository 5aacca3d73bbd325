//! Each command as a user meets it: what it prints, how it ends, and what bad input is told.

use std::fs;

use serde_json::Value;

use crate::program::{Program, repository};

/// A bad input: the arguments, the exit code, and what the one line must name.
fn refused(program: &Program, arguments: &[&str], code: i32, names: &[&str]) {
    let output = program.run(arguments);
    assert_eq!(output.code, code, "{arguments:?}: {}", output.stderr);
    assert!(output.stdout.is_empty(), "{arguments:?} printed a result: {}", output.stdout);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    for name in names {
        assert!(output.stderr.contains(name), "{arguments:?} does not name `{name}`: {}", output.stderr);
    }
}

#[test]
fn bad_input_is_told_its_cause() {
    let program = Program::new();
    let at = |name: &str| program.folder().join(name).display().to_string();
    fs::create_dir_all(at("empty")).unwrap();
    fs::create_dir_all(at("foreign")).unwrap();
    fs::write(at("foreign/notes.txt"), "x").unwrap();
    let ec2 = "dump/123456789012/ap-northeast-2/ec2";
    fs::create_dir_all(at(ec2)).unwrap();
    fs::write(at(&format!("{ec2}/describe-vpcs.json")), "{\"Vpcs\": [").unwrap();
    fs::create_dir_all(at("typed/123456789012/ap-northeast-2/ec2")).unwrap();
    fs::write(at("typed/123456789012/ap-northeast-2/ec2/describe-vpcs.json"), "{\"Vpcs\": [{\"VpcId\": 7}]}").unwrap();
    fs::write(at("typo.yaml"), "params:\n  bastion: {tga: {Role: bastion}}\n").unwrap();
    fs::write(at("nobody.yaml"), "params:\n  bastion: {tag: {Role: nobody}}\n").unwrap();
    fs::create_dir_all(at("rules")).unwrap();
    fs::write(
        at("rules/a-rule.yaml"),
        "id: a-rule\ntitle: t\nseverity: high\nrationale: r\nremediation: r\nfor: {db: rds.instance}\nrequire: db.publicly_accesible\nmessage: m\n",
    )
    .unwrap();

    refused(&program, &["audit", "--snapshot", &at("nowhere")], 2, &["nowhere"]);
    refused(&program, &["audit", "--snapshot", &at("empty")], 2, &["holds no file"]);
    refused(&program, &["audit", "--snapshot", &at("foreign")], 2, &["notes.txt"]);
    refused(&program, &["audit", "--snapshot", &at("dump")], 2, &["describe-vpcs.json", "not valid JSON"]);
    refused(&program, &["audit", "--snapshot", &at("typed")], 2, &["describe-vpcs.json", "VpcId", "wrong type"]);
    refused(&program, &["audit", "--demo", "--project", &at("typo.yaml")], 2, &["bastion", "tga"]);
    refused(&program, &["audit", "--demo", "--project", &at("nobody.yaml")], 2, &["bastion", "matches nothing"]);
    refused(
        &program,
        &["audit", "--demo", "--policies", &at("rules")],
        2,
        &["a-rule.yaml:7", "publicly_accesible", "did you mean `publicly_accessible`"],
    );
    refused(&program, &["audit", "--demo", "--format", "pdf"], 2, &["pdf"]);
    refused(&program, &["audit", "--demo", "--assume", "nacl"], 2, &["nacl", "cannot be assumed"]);
    refused(&program, &["audit", "--demo", "--fail-on", "urgent"], 2, &["urgent"]);
    refused(
        &program,
        &["audit", "--demo", "--format", &format!("json={}", at("no/such/folder/x.json"))],
        3,
        &["x.json"],
    );
    refused(&program, &["trace", "no-such-scenario", "--demo"], 2, &["no-such-scenario"]);
    refused(&program, &["trace"], 2, &["no snapshot is kept"]);
    refused(&program, &["reach", "internet", "no-such-thing", "--port", "1", "--demo"], 2, &["no-such-thing"]);
    refused(&program, &["can", "user/nobody", "s3:GetObject", "--demo"], 2, &["user/nobody"]);
    refused(&program, &["can", "user/dev1", "GetObject", "--demo"], 2, &["GetObject"]);
    refused(&program, &["explain", "no-such-id", "--demo"], 2, &["no-such-id"]);
    assert!(!program.folder().join("no").exists());
}

#[test]
fn permissions_are_read_only_and_name_what_is_not() {
    let output = Program::new().run(&["permissions"]);
    assert_eq!(output.code, 0);
    let policy: Value = serde_json::from_str(&output.stdout).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let reads = ["Get", "List", "Describe", "Search", "Lookup", "BatchGet"];
    for statement in statements {
        for action in statement["Action"].as_array().unwrap() {
            let (_, name) = action.as_str().unwrap().split_once(':').unwrap();
            let optional = statement["Sid"].as_str().unwrap().contains("Optional");
            assert!(optional || reads.iter().any(|read| name.starts_with(read)), "{action} is no read");
        }
    }
    assert!(statements.iter().any(|statement| statement["Action"][0] == "iam:GenerateCredentialReport"));
}

#[test]
fn a_connection_is_explained_both_ways() {
    let program = Program::new();
    let open = program.run(&["reach", "internet", "shop-db", "--port", "5432", "--demo", "drifted"]);
    assert!(open.stdout.contains("reachable") && open.stdout.contains("0.0.0.0/1"), "{}{}", open.stdout, open.stderr);
    let closed = program.run(&["reach", "internet", "shop-db", "--port", "5432", "--demo", "sound"]);
    assert!(closed.stdout.contains("blocked"), "{}", closed.stdout);
    for control in ["security-group.ingress", "network-acl.ingress", "route-table", "rds.public-access"] {
        assert!(closed.stdout.contains(control), "every blocker at once; {control} is not named:\n{}", closed.stdout);
    }
}

#[test]
fn a_request_is_decided_with_its_statements() {
    let program = Program::new();
    let stop = |who: &str| {
        program.run(&[
            "can",
            who,
            "cloudtrail:StopLogging",
            "arn:aws:cloudtrail:ap-northeast-2:123456789012:trail/shop-trail",
            "--demo",
            "drifted",
        ])
    };
    let allowed = stop("user/night-operator");
    assert!(allowed.stdout.contains(": allowed") && allowed.stdout.contains("allowed by"), "{}", allowed.stdout);
    let denied = stop("user/dev1");
    assert!(denied.stdout.contains("implicit deny") && denied.stdout.contains("iam.grant"), "{}", denied.stdout);
}

#[test]
fn init_drafts_a_project_file_that_the_audit_takes() {
    let program = Program::new();
    let output = program.run(&["init", "--demo", "-o", "portcullis.yaml"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let draft = fs::read_to_string(program.folder().join("portcullis.yaml")).unwrap();
    assert!(draft.contains("bastion:") && draft.contains("its tag Role is bastion"), "{draft}");
    assert!(draft.contains("admits its group"), "application tiers with their reason: {draft}");
    let snapshot = repository().join("src/demo/sound.ndjson.zst").display().to_string();
    let audit = program.run(&["audit", "--snapshot", &snapshot, "--format", "json"]);
    assert!(matches!(audit.code, 0 | 1 | 4 | 5), "{}", audit.stderr);
    let again = program.run(&["init", "--demo"]);
    assert_eq!(again.code, 2, "a project file is never overwritten");
}

#[test]
fn without_a_project_file_rules_that_need_none_run_and_the_others_say_so() {
    let snapshot = repository().join("src/demo/sound.ndjson.zst").display().to_string();
    let output = Program::new().run(&["audit", "--snapshot", &snapshot, "--assume-defaults", "--format", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let unknown = report["unknowns"]
        .as_array()
        .unwrap()
        .iter()
        .find(|unknown| unknown["rule"] == "database-only-through-bastion")
        .unwrap();
    assert!(unknown["missing"].to_string().contains("not configured"), "{unknown}");
    let flag = report["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "database-without-public-flag");
    assert_eq!(flag.unwrap()["holds"], 1);
}

#[test]
fn the_embedded_library_passes_its_own_tests() {
    let output = Program::new().run(&["policy", "test"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
}
