//! `granted`: answers, what opens them, what closes them.

use std::collections::BTreeSet;

use portcullis_db::granted;
use portcullis_estate::{Answer, Estate};
use serde_json::json;

use crate::fixture::{deny, entry, estate, named, oid, role, rows, shop, shuffled, small};

fn ask(estate: &Estate, user: &str, privilege: &str, object: &str) -> Answer {
    granted(estate, "shop-db", user, privilege, object).answer()
}

#[test]
fn cells_of_the_fixture() {
    let estate = estate(shop());
    for (user, privilege, object, expected) in [
        ("svc_app", "SELECT", "shop.sales.orders", Answer::Open),
        ("svc_app", "select", "shop.sales.cards", Answer::Closed),
        ("svc_app", "TRUNCATE", "shop.sales.orders", Answer::Closed),
        // Granted on the partitioned table only: its partition has an ACL of its own.
        ("svc_app", "SELECT", "shop.sales.events", Answer::Open),
        ("svc_app", "SELECT", "shop.sales.events_2026", Answer::Closed),
        ("svc_app", "USAGE", "shop.sales.order_seq", Answer::Open),
        // NOINHERIT: CONNECT comes with SET ROLE only, which is too late to log in with.
        ("noinh", "SELECT", "shop.sales.orders", Answer::Closed),
        // A column grant is no grant on the table.
        ("carol", "SELECT", "shop.sales.orders", Answer::Closed),
        ("carol", "SELECT", "shop.sales.orders.email", Answer::Open),
        ("carol", "SELECT", "shop.sales.orders.card", Answer::Closed),
        ("svc_app", "SELECT", "shop.sales.orders.card", Answer::Open),
        ("carol", "EXECUTE", "shop.sales.peek()", Answer::Open),
        ("bypass", "EXECUTE", "shop.sales.peek()", Answer::Closed),
        ("bypass", "EXECUTE", "shop.public.hello()", Answer::Open),
        ("reader_all", "SELECT", "shop.sales.cards", Answer::Open),
        ("reader_all", "INSERT", "shop.sales.cards", Answer::Closed),
        // The owner of the schema and its tables; rds_superuser besides.
        ("master", "TRUNCATE", "shop.sales.cards", Answer::Open),
        ("rdsadmin", "DELETE", "shop.sales.cards", Answer::Open),
        ("expired", "CONNECT", "shop", Answer::Closed),
    ] {
        assert_eq!(ask(&estate, user, privilege, object), expected, "{user} {privilege} {object}");
    }
}

#[test]
fn what_is_closed_opens_if_least_privilege_fails() {
    let estate = estate(shop());
    let decision = granted(&estate, "shop-db", "svc_app", "SELECT", "shop.sales.cards");
    let family = serde_json::to_value(decision.open_if()).unwrap();
    assert_eq!(family["cuts"], json!([["db.grant:123456789012/ap-northeast-2/shop-db#svc_app"]]));
    // Least privilege fails: the user is a superuser.
    let mut failed = shop();
    named(&mut failed, "", "roles", "svc_app")["superuser"] = json!(true);
    assert_eq!(ask(&crate::fixture::estate(failed), "svc_app", "SELECT", "shop.sales.cards"), Answer::Open);
}

#[test]
fn what_is_open_names_what_closes_it() {
    let estate = estate(shop());
    let decision = granted(&estate, "shop-db", "svc_app", "SELECT", "shop.sales.orders");
    let sets = decision.closed_if(3);
    for id in [
        "membership:shop-db:app_rw>app_ro",
        "membership:shop-db:svc_app>app_rw",
        "grant:shop-db:SELECT:shop.sales.orders:app_ro:master",
    ] {
        assert!(sets.contains(&BTreeSet::from([id.to_owned()])), "{id} {sets:?}");
    }
    let words: Vec<&str> = decision.witness().unwrap().evidence.iter().map(|fact| fact.statement.as_str()).collect();
    assert_eq!(words[0], "svc_app is a member of app_rw and inherits it");
    assert!(words.contains(&"SELECT on shop.sales.orders is granted to app_ro by master"));
    assert!(words.contains(&"CONNECT on shop is granted to app_ro by master"), "{words:?}");
    assert!(words.contains(&"USAGE on shop.sales is granted to app_ro by master"), "{words:?}");
}

#[test]
fn a_server_that_was_not_read_is_undecided() {
    let empty = Estate::default();
    let decision = granted(&empty, "shop-db", "svc_app", "SELECT", "shop.sales.orders");
    assert_eq!(decision.answer(), Answer::Undecided);
    let gap = decision.hidden_by.first().unwrap().to_string();
    assert_eq!(gap, "databases/shop-db: not read yet");
    let mut mysql = shop();
    mysql["engine"] = json!("mysql");
    let decision = granted(&estate(mysql), "shop-db", "svc_app", "SELECT", "shop.sales.orders");
    assert_eq!(decision.answer(), Answer::Undecided);
    assert!(decision.hidden_by.first().unwrap().cause.contains("not modelled"));
}

#[test]
fn a_denied_catalogue_is_never_empty() {
    for (database, catalogue) in
        [("", "roles"), ("", "auth_members"), ("", "databases"), ("shop", "schemas"), ("shop", "relations")]
    {
        let mut server = shop();
        deny(&mut server, database, catalogue);
        let answer = ask(&estate(server), "bypass", "SELECT", "shop.sales.cards");
        // The owner of a database is a member of pg_database_owner: that list matters too.
        assert_eq!(answer, Answer::Undecided, "{catalogue}");
    }
    for (database, catalogue) in [("", "databases"), ("shop", "schemas")] {
        let mut server = shop();
        deny(&mut server, database, catalogue);
        assert_eq!(ask(&estate(server), "svc_app", "SELECT", "shop.sales.orders"), Answer::Undecided, "{catalogue}");
    }
    let mut server = shop();
    deny(&mut server, "shop", "columns");
    assert_eq!(ask(&estate(server), "carol", "SELECT", "shop.sales.orders.email"), Answer::Undecided);
    // What was seen stays open, whatever else was not.
    let mut server = shop();
    deny(&mut server, "", "auth_members");
    assert_eq!(ask(&estate(server), "svc_app", "DELETE", "shop.sales.orders"), Answer::Undecided);
    let mut server = small("16", &[role(100, "u")], &[], 100);
    deny(&mut server, "", "auth_members");
    assert_eq!(ask(&estate(server), "u", "SELECT", "d.s.t"), Answer::Open);
}

#[test]
fn a_row_that_cannot_be_used_and_a_new_version_are_gaps() {
    let mut server = shop();
    rows(&mut server, "", "auth_members").push(json!({"member": "x"}));
    assert_eq!(ask(&estate(server), "carol", "SELECT", "shop.sales.cards"), Answer::Undecided);
    let mut server = shop();
    server["version"] = json!("19beta1");
    assert_eq!(ask(&estate(server), "carol", "SELECT", "shop.sales.cards"), Answer::Undecided);
}

/// `roles_is_member_of` follows only SET memberships to SET ROLE and only INHERIT ones for privileges
/// (<https://www.postgresql.org/docs/16/role-membership.html>).
#[test]
fn kinds_of_membership_do_not_mix() {
    let roles = [role(100, "u"), role(101, "m"), role(102, "g")];
    let member = |member: u32, role: u32, inherit: bool, set: bool, admin: bool| json!({"member": member, "role": role, "grantor": 10, "inherit": inherit, "set": set, "admin": admin});
    for (first, second, expected) in [
        ((true, false), (true, false), Answer::Open),
        ((false, true), (true, false), Answer::Open),
        ((false, true), (false, true), Answer::Open),
        ((true, false), (false, true), Answer::Closed),
        ((false, false), (true, true), Answer::Closed),
    ] {
        let members = [member(100, 101, first.0, first.1, false), member(101, 102, second.0, second.1, false)];
        let estate = estate(small("16.4", &roles, &members, 102));
        assert_eq!(ask(&estate, "u", "SELECT", "d.s.t"), expected, "{first:?} {second:?}");
    }
    // ADMIN alone: it holds nothing, and can grant the role to itself.
    let admin = small("18.1", &roles, &[member(100, 102, false, false, true)], 102);
    let decision = granted(&estate(admin), "shop-db", "u", "SELECT", "d.s.t");
    assert_eq!(decision.answer(), Answer::Open);
    assert_eq!(decision.ways[0].evidence[0].statement, "u may grant g to u");
    // CREATEROLE is enough before 16, and is not since (<https://www.postgresql.org/docs/16/role-attributes.html>).
    for (version, expected) in [("15.2", Answer::Open), ("16.0", Answer::Closed)] {
        let mut creator = role(100, "u");
        creator["create_role"] = json!(true);
        let server = small(version, &[creator, role(102, "g")], &[], 102);
        assert_eq!(ask(&estate(server), "u", "SELECT", "d.s.t"), expected, "{version}");
    }
}

#[test]
fn a_privilege_that_does_not_exist_there_and_an_object_that_is_not_there_are_structural() {
    let estate = estate(shop());
    for (user, privilege, object) in [
        ("svc_app", "SELECT", "shop.sales"),
        ("svc_app", "SELECT", "shop.sales.nothing"),
        ("nobody", "SELECT", "shop.sales.orders"),
        ("carol", "SELECT", "shop.sales.orders.nothing"),
    ] {
        let decision = granted(&estate, "shop-db", user, privilege, object);
        assert_eq!(decision.answer(), Answer::Closed, "{user} {privilege} {object}");
        assert!(!decision.structural.is_empty() && decision.open_if().is_never());
    }
    assert_eq!(ask(&estate, "svc_app", "FLY", "shop.sales.orders"), Answer::Undecided);
}

#[test]
fn the_order_of_rows_does_not_show() {
    let (one, other) = (estate(shop()), estate(shuffled(shop())));
    for user in ["svc_app", "master", "carol"] {
        let ask = |estate| granted(estate, "shop-db", user, "SELECT", "shop.sales.orders");
        assert_eq!(serde_json::to_string(&ask(&one)).unwrap(), serde_json::to_string(&ask(&other)).unwrap());
    }
}

#[test]
fn hostile_names_are_found_and_told_apart() {
    let mut server = shop();
    let carol = oid(&mut server, "carol");
    let schema = named(&mut server, "shop", "schemas", "sales")["oid"].clone();
    rows(&mut server, "shop", "relations")
        .push(json!({"oid": 9, "schema": schema, "name": "a.\"b\n; DROP", "kind": "r",
        "owner": 10, "acl": [entry(carol, "SELECT")]}));
    assert_eq!(ask(&estate(server), "carol", "SELECT", "shop.sales.\"a.\"\"b\n; DROP\""), Answer::Open);
}
