//! `logs_in`: host, method and CONNECT, each with its control.

use portcullis_db::{Credential, From, logs_in, logs_in_with};
use portcullis_estate::{Answer, Decision, Estate};
use serde_json::{Value, json};

use crate::fixture::{estate, named, role, rows, shop, small};

fn kinds(decision: &Decision) -> Vec<&'static str> {
    decision.blockers().iter().map(|blocker| blocker.control.kind.name()).collect()
}

fn from(range: &str) -> From {
    From::Addresses(vec![range.parse().unwrap()])
}

fn rule(line: u32, kind: &str, user: &str, address: &str, mask: &str, method: &str) -> Value {
    json!({"line": line, "type": kind, "databases": ["all"], "users": [user], "address": address, "netmask": mask, "method": method, "error": null})
}

/// On RDS the host rules are denied and known: any address, a token for members of `rds_iam`, else a password.
#[test]
fn a_server_of_rds() {
    let estate = estate(shop());
    let answer = |user: &str| logs_in(&estate, "shop-db", user, &From::Anywhere);
    assert_eq!(answer("svc_app").answer(), Answer::Open);
    assert_eq!(answer("master").answer(), Answer::Open);
    // NOLOGIN
    assert_eq!(answer("app_ro").answer(), Answer::Closed);
    assert_eq!(kinds(&answer("app_ro")), ["db.auth"]);
    let with = |user: &str, credential| logs_in_with(&estate, "shop-db", user, &From::Anywhere, credential).answer();
    // VALID UNTIL expires the password, not the token (<https://www.postgresql.org/docs/15/sql-createrole.html>).
    assert_eq!(with("expired", Credential::IamToken), Answer::Open);
    assert_eq!(with("expired", Credential::Password), Answer::Closed);
    assert_eq!(with("carol", Credential::IamToken), Answer::Closed);
    assert_eq!(with("carol", Credential::Password), Answer::Open);
}

#[test]
fn an_expired_password_is_not_accepted_and_its_failure_opens_it() {
    let mut server = shop();
    named(&mut server, "", "roles", "carol")["valid_until"] = json!("2026-01-01T00:00:00+00:00");
    let decision = logs_in(&estate(server), "shop-db", "carol", &From::Anywhere);
    assert_eq!(decision.answer(), Answer::Closed);
    let family = serde_json::to_value(decision.open_if()).unwrap();
    assert_eq!(family["cuts"], json!([["db.auth:123456789012/ap-northeast-2/shop-db#carol"]]));
    let mut server = shop();
    named(&mut server, "", "roles", "carol")["valid_until"] = json!("infinity");
    assert_eq!(logs_in(&estate(server), "shop-db", "carol", &From::Anywhere).answer(), Answer::Open);
}

#[test]
fn elsewhere_denied_host_rules_are_unknown() {
    let mut server = shop();
    server["arn"] = Value::Null;
    let decision = logs_in(&estate(server), "shop-db", "svc_app", &From::Anywhere);
    assert_eq!(decision.answer(), Answer::Undecided);
    assert!(decision.gaps().iter().any(|gap| gap.input.contains("hba_rules")));
    assert_eq!(logs_in(&Estate::default(), "shop-db", "svc_app", &From::Anywhere).answer(), Answer::Undecided);
}

fn with_rules(rules: &[Value]) -> Estate {
    let mut server = small(
        "16",
        &[role(100, "u"), role(101, "g")],
        &[json!({"member": 100, "role": 101, "grantor": 10, "inherit": true, "set": true, "admin": false})],
        100,
    );
    rows(&mut server, "", "hba_rules").extend(rules.iter().cloned());
    estate(server)
}

/// The first line that fits decides (<https://www.postgresql.org/docs/current/auth-pg-hba-conf.html>).
#[test]
fn the_first_host_rule_decides() {
    let inside = "255.255.0.0";
    let estate = with_rules(&[
        rule(20, "host", "all", "all", "", "reject"),
        rule(10, "hostssl", "+g", "10.0.0.0", inside, "scram-sha-256"),
        rule(5, "host", "u", "10.0.9.0", "255.255.255.0", "reject"),
    ]);
    let answer = |range: &str| logs_in(&estate, "shop-db", "u", &from(range));
    assert_eq!(answer("10.0.1.0/24").answer(), Answer::Open);
    assert_eq!(answer("10.0.0.0/8").answer(), Answer::Open);
    assert_eq!(answer("10.0.9.9/32").answer(), Answer::Closed);
    assert_eq!(kinds(&answer("10.0.9.9/32")), ["db.host"]);
    assert_eq!(answer("192.0.2.1/32").answer(), Answer::Closed);
    assert_eq!(answer("2001:db8::/32").answer(), Answer::Closed);
    let none = with_rules(&[]);
    assert_eq!(kinds(&logs_in(&none, "shop-db", "u", &From::Anywhere)), ["db.host"]);
    // A name, a keyword or a pattern that is not evaluated is unknown, never passed over.
    for broken in [rule(1, "host", "all", "example.com", "", "md5"), rule(1, "host", "/^u", "all", "", "md5")] {
        assert_eq!(logs_in(&with_rules(&[broken]), "shop-db", "u", &From::Anywhere).answer(), Answer::Undecided);
    }
    let trusted = with_rules(&[rule(1, "host", "all", "all", "", "trust")]);
    assert_eq!(logs_in_with(&trusted, "shop-db", "u", &From::Anywhere, Credential::Password).answer(), Answer::Open);
}

#[test]
fn without_connect_on_any_database_nobody_comes_in() {
    let mut server = small("16", &[role(100, "u")], &[], 100);
    server["catalogues"][""]["databases"]["rows"][0]["acl"] = json!([]);
    rows(&mut server, "", "hba_rules").push(rule(1, "host", "all", "all", "", "md5"));
    let decision = logs_in(&estate(server), "shop-db", "u", &From::Anywhere);
    assert_eq!((decision.answer(), kinds(&decision)), (Answer::Closed, vec!["db.grant"]));
}
