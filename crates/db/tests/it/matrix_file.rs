//! Reading a matrix: every mistake is an error with its place.

use portcullis_db::Matrix;
use portcullis_db::matrix::{Auth, Mode};
use serde_json::{Value, json};

fn problems(value: Value) -> Vec<String> {
    let matrix: Matrix = serde_json::from_value(value).unwrap();
    matrix.check().unwrap_err().iter().map(ToString::to_string).collect()
}

/// The example of the reference notes, as JSON.
pub(crate) fn example() -> Value {
    json!({
        "engine": "postgres",
        "instances": ["arn:aws:rds:ap-northeast-2:123456789012:db:shop-prod"],
        "mode": "authoritative",
        "profiles": {"read": ["SELECT"], "append": ["INSERT"], "write": ["SELECT", "INSERT", "UPDATE", "DELETE"]},
        "users": {
            "svc_app": {"auth": "iam", "hosts": ["10.0.16.0/20"], "tls": "required", "member_of": ["app_rw"],
                        "owner": "team-shop", "review_by": "2027-03-01"},
            "carol": {"auth": "scram", "grants": [{"on": "shop.sales.orders", "columns": ["id", "email"], "allow": "read"}],
                      "execute": ["shop.sales.peek()"]}},
        "roles": {
            "app_rw": {"member_of": ["app_ro"], "grants": [{"on": "shop.sales.*", "allow": "write"}]},
            "app_ro": {"grants": [{"on": "shop.sales.*", "except": ["shop.sales.cards"], "allow": "read", "future": true}]}},
        "public": {"grants": []},
        "sensitive": ["shop.sales.orders.card"]})
}

#[test]
fn the_example_is_understood() {
    let matrix: Matrix = serde_json::from_value(example()).unwrap();
    let checked = matrix.check().unwrap();
    assert_eq!(checked.mode, Mode::Authoritative);
    assert_eq!(checked.users["svc_app"].auth, Some(Auth::Iam));
    assert_eq!(checked.roles["app_rw"].grants[0].privileges.len(), 4);
    assert_eq!(checked.with_roles(&checked.users["svc_app"]).len(), 3);
}

#[test]
fn an_unknown_key_is_an_error_and_public_may_not_be_forgotten() {
    for (pointer, key) in
        [("/users/carol", "grant"), ("/users/carol/grants/0", "column"), ("", "user"), ("/public", "grant")]
    {
        let mut value = example();
        value.pointer_mut(pointer).unwrap()[key] = json!([]);
        let error = serde_json::from_value::<Matrix>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field"), "{error}");
    }
    let mut value = example();
    value.as_object_mut().unwrap().remove("public");
    assert!(serde_json::from_value::<Matrix>(value).unwrap_err().to_string().contains("missing field `public`"));
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let mut value = example();
    value["users"]["carol"]["grants"][0]["allow"] = json!(["raed", "USAGE"]);
    value["users"]["carol"]["execute"] = json!(["shop.sales.peek"]);
    value["users"]["carol"]["attributes"] = json!(["root"]);
    value["users"]["svc_app"]["hosts"] = json!(["10.0.16.0/40"]);
    value["users"]["svc_app"]["member_of"] = json!(["app_wr"]);
    value["users"]["svc_app"]["review_by"] = json!("soon");
    value["roles"]["app_ro"]["grants"][0]["on"] = json!("shop..orders");
    value["roles"]["app_ro"]["member_of"] = json!(["app_rw"]);
    value["profiles"]["read"] = json!(["SELCT"]);
    value["sensitive"] = json!(["shop.sales"]);
    let found = problems(value);
    for expected in [
        "profiles.read: `SELCT` is no privilege",
        "users.carol.execute[0]: `shop.sales.peek` must give its arguments",
        "users.carol.attributes: `root` is no attribute",
        "users.carol.grants[0].allow: `raed` is neither a profile nor a privilege",
        "users.carol.grants[0].allow: USAGE does not exist on `shop.sales.orders`",
        "users.svc_app.hosts[0]: `10.0.16.0/40` is no address range",
        "users.svc_app.member_of: `app_wr` is not declared under `roles`",
        "users.svc_app.review_by: is no date",
        "roles.app_ro.grants[0].on: `shop..orders`: a part is empty",
        "roles.app_ro.member_of: leads back to itself",
        "sensitive[0]: `shop.sales` names no relation or column",
    ] {
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{expected}\n{found:#?}");
    }
}

#[test]
fn future_needs_a_whole_schema_and_a_name_stands_once() {
    let mut value = example();
    value["roles"]["app_ro"]["grants"][0]["on"] = json!("shop.sales.orders");
    value["roles"]["carol"] = json!({});
    let found = problems(value);
    assert!(found.iter().any(|p| p.contains("needs `on` to stand for a whole schema")), "{found:?}");
    assert!(found.iter().any(|p| p == "users.carol: stands under `roles` too"), "{found:?}");
}
