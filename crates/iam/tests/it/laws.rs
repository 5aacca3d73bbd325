//! Laws that hold whatever the policies say.

use portcullis_iam::{AuthorizeQuery, AuthorizeVerdict, authorize};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::document;

const USER: &str = "arn:aws:iam::111122223333:user/dana";

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let actions = prop::collection::vec(
        prop_oneof![Just("*"), Just("a:*"), Just("a:One"), Just("A:t*"), Just("b:One"), Just("b:?ne")],
        1..4,
    );
    let resources = prop::collection::vec(
        prop_oneof![Just("*"), Just("arn:aws:a:::x"), Just("arn:aws:a:::x/*"), Just("arn:aws:a:::${k}")],
        1..3,
    );
    let condition = prop_oneof![
        2 => Just(None),
        1 => Just(Some(json!({"StringEquals": {"k": ["1", "2"]}}))),
        1 => Just(Some(json!({"StringNotLike": {"k": "1*"}}))),
        1 => Just(Some(json!({"ForAnyValue:StringEquals": {"m": "1"}, "Null": {"k": "true"}}))),
        1 => Just(Some(json!({"ForAllValues:StringEquals": {"m": ["1", "2"]}}))),
    ];
    (effect, actions, any::<bool>(), resources, any::<bool>(), condition).prop_map(
        |(effect, actions, not_action, resources, not_resource, condition)| {
            let mut statement = json!({"Effect": effect});
            statement[if not_action { "NotAction" } else { "Action" }] = json!(actions);
            statement[if not_resource { "NotResource" } else { "Resource" }] = json!(resources);
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

fn context() -> impl Strategy<Value = Value> {
    let k = prop::option::of(prop_oneof![Just(json!(["1"])), Just(json!(["12"])), Just(json!(["2"]))]);
    let m = prop::option::of(prop_oneof![Just(json!(["1", "3"])), Just(json!(["2"])), Just(json!([]))]);
    (k, m).prop_map(|(k, m)| {
        let mut context = json!({});
        if let Some(k) = k {
            context["k"] = k;
        }
        if let Some(m) = m {
            context["m"] = m;
        }
        context
    })
}

fn query(
    statements: &[Value],
    boundary: Option<&[Value]>,
    context: &Value,
    action: &str,
    resource: &str,
) -> AuthorizeVerdict {
    let boundary: Vec<Value> =
        boundary.iter().map(|statements| json!({"name": "b", "document": document(json!(statements))})).collect();
    let query: AuthorizeQuery = serde_json::from_value(json!({
        "principal": USER, "action": action, "resource": resource, "resource_account": "111122223333", "context": context,
        "policies": {"identity": [{"name": "i", "document": document(json!(statements))}], "boundary": boundary},
    }))
    .unwrap();
    authorize(&query).unwrap().verdict
}

const REQUESTS: [(&str, &str); 4] =
    [("a:One", "arn:aws:a:::x"), ("a:Two", "arn:aws:a:::x/y"), ("b:One", "arn:aws:a:::1"), ("b:Two", "*")];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_deny_never_adds_access(statements in prop::collection::vec(statement(), 0..4), mut more in statement(), context in context()) {
        more["Effect"] = json!("Deny");
        let mut larger = statements.clone();
        larger.push(more);
        for (action, resource) in REQUESTS {
            if query(&larger, None, &context, action, resource) == AuthorizeVerdict::Allowed {
                prop_assert_eq!(query(&statements, None, &context, action, resource), AuthorizeVerdict::Allowed);
            }
        }
    }

    #[test]
    fn an_allow_never_removes_access(statements in prop::collection::vec(statement(), 0..4), mut more in statement(), context in context()) {
        more["Effect"] = json!("Allow");
        let mut larger = statements.clone();
        larger.push(more);
        for (action, resource) in REQUESTS {
            if query(&statements, None, &context, action, resource) == AuthorizeVerdict::Allowed {
                prop_assert_eq!(query(&larger, None, &context, action, resource), AuthorizeVerdict::Allowed);
            }
        }
    }

    #[test]
    fn order_case_and_splitting_change_nothing(statements in prop::collection::vec(statement(), 1..4), context in context()) {
        let mut turned: Vec<Value> = statements.iter().rev().cloned().collect();
        for statement in &mut turned {
            for member in ["Action", "NotAction"] {
                if let Some(list) = statement.get_mut(member).and_then(Value::as_array_mut) {
                    list.reverse();
                    for action in list {
                        *action = json!(action.as_str().unwrap().to_uppercase());
                    }
                }
            }
        }
        // `Action` and `Resource` split over statements; their complements do not.
        let mut split = Vec::new();
        for statement in &statements {
            match statement.get("Action").and_then(Value::as_array) {
                Some(actions) => split.extend(actions.iter().map(|action| {
                    let mut one = statement.clone();
                    one["Action"] = action.clone();
                    one
                })),
                None => split.push(statement.clone()),
            }
        }
        for (action, resource) in REQUESTS {
            let plain = query(&statements, None, &context, action, resource);
            prop_assert_eq!(query(&turned, None, &context, &action.to_uppercase(), resource), plain);
            prop_assert_eq!(query(&split, None, &context, action, resource), plain);
        }
    }

    #[test]
    fn a_boundary_is_an_intersection(statements in prop::collection::vec(statement(), 0..3), boundary in prop::collection::vec(statement(), 0..3), context in context()) {
        for (action, resource) in REQUESTS {
            let both = query(&statements, Some(&boundary), &context, action, resource) == AuthorizeVerdict::Allowed;
            let each = query(&statements, None, &context, action, resource) == AuthorizeVerdict::Allowed
                && query(&boundary, None, &context, action, resource) == AuthorizeVerdict::Allowed;
            prop_assert_eq!(both, each);
        }
    }
}
