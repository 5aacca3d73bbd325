//! Rule files, evaluation and tests beside rules.

use std::collections::BTreeSet;

use portcullis_estate::LoadOptions;
use portcullis_snapshot::Snapshot;
use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::json;

use super::*;
use crate::policy::diagnostic::Source;
use crate::policy::evaluate::{Context, evaluate};
use crate::policy::testing::fragment::{Fragment, NOW};
use crate::policy::{Library, NoEngines, Outcome, Rule, Verdict, json_schema, starting_file};

const HEAD: &str = "title: T\nseverity: high\nrationale: R\nremediation: M\n";

fn rule(body: &str) -> Result<Rule, String> {
    let source = Source::new("policies/x/r.yaml", format!("id: r\n{HEAD}{body}"));
    Rule::parse(&source, &vocabulary()).map_err(|faults| {
        let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
        shown.join("\n")
    })
}

fn estate(given: serde_json::Value) -> Estate {
    let fragment = Fragment::deserialize(given).unwrap();
    Estate::load(&fragment.snapshot().unwrap(), &LoadOptions { now: NOW.parse().ok(), ..LoadOptions::default() })
        .unwrap()
}

fn outcomes(rule: &Rule, estate: &Estate, engines: &dyn Engines, params: &Params) -> Vec<Outcome> {
    evaluate(rule, &Context { estate, engines, params })
}

fn judged(body: &str, given: serde_json::Value) -> Vec<Outcome> {
    outcomes(&rule(body).unwrap(), &estate(given), &NoEngines, &Params::default())
}

fn verdicts(body: &str, given: serde_json::Value) -> Vec<String> {
    judged(body, given).iter().map(|o| format!("{} {}", o.resource.id, o.verdict)).collect()
}

const PUBLIC: &str = "for: {db: rds.instance}\nrequire: \"!db.publicly_accessible\"\nmessage: \"{db.id} is public\"\n";

#[test]
fn one_outcome_a_resource() {
    let given = json!({"databases": {"a": {"public": true}, "b": {}}});
    let found = judged(PUBLIC, given);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].verdict, found[1].verdict), (Verdict::Violated, Verdict::Holds));
    assert_eq!(found[0].items.len(), 1);
    assert_eq!(found[0].items[0].message, "a is public");
    let fact = &found[0].items[0].evidence[0];
    assert_eq!(fact.statement, "publicly_accessible is true");
    assert!(fact.place.path.ends_with("/DBInstances/{DBInstanceIdentifier=a}/PubliclyAccessible"), "{}", fact.place);
    assert_eq!(found[0].resource.arn.as_deref(), Some("arn:aws:rds:ap-northeast-2:111122223333:db:a"));
}

#[test]
fn no_resource_is_not_applicable_only_if_the_listing_is_whole() {
    assert_eq!(verdicts(PUBLIC, json!({})), ["* not_applicable"]);
    let denied = judged(PUBLIC, json!({"denied": ["rds/describe-db-instances"]}));
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0].verdict, Verdict::Unknown);
    assert!(denied[0].resource.is_listing());
    assert_eq!(denied[0].resource.region, "ap-northeast-2");
    assert!(denied[0].gaps.iter().any(|gap| gap.cause.contains("AccessDenied")));
}

#[test]
fn an_inner_binding_that_binds_nothing_holds_only_if_its_list_is_whole() {
    let body = "for: {db: rds.instance, s: db.snapshots}\nrequire: s.encrypted\nmessage: \"{s.id}\"\n";
    assert_eq!(verdicts(body, json!({"database": {}})), ["db holds"]);
    assert_eq!(verdicts(body, json!({"database": {}, "denied": ["rds/describe-db-snapshots"]})), ["db unknown"]);
}

#[test]
fn bindings_resolve_by_dependency_and_items_are_told_apart() {
    let body = "for: {path: \"fake.into(db, port)\", db: rds.instance}\nlet: {port: db.port + 0}\n\
                require: \"!path.open\"\nmessage: \"{db.id} takes {path.source}\"\n";
    let rule = rule(body).unwrap();
    assert_eq!(rule.resource.name, "rds.instance");
    assert!(
        rule.reads().calls.contains("ec2/describe-vpcs") && rule.reads().calls.contains("rds/describe-db-instances")
    );
    let estate = estate(json!({"database": {}}));
    let engine = FakeEngine { sources: vec![("z", true), ("a", true), ("b", false)], ..FakeEngine::default() };
    let found = outcomes(&rule, &estate, &engine, &Params::default());
    let messages: Vec<&str> = found[0].items.iter().map(|item| item.message.as_str()).collect();
    assert_eq!(messages, ["db takes a", "db takes z"]);
    assert_eq!(found[0].items[0].discriminator.as_deref(), Some("a"));
    assert_eq!(found[0].items[0].evidence[0].statement, "sends");
    let incomplete = FakeEngine { sources: vec![("b", false)], incomplete: true, ..FakeEngine::default() };
    assert_eq!(outcomes(&rule, &estate, &incomplete, &Params::default())[0].verdict, Verdict::Unknown);
    let both = FakeEngine { sources: vec![("a", true)], incomplete: true, ..FakeEngine::default() };
    let found = outcomes(&rule, &estate, &both, &Params::default());
    assert_eq!(found[0].verdict, Verdict::Violated);
    assert_eq!(found[0].gaps.len(), 1, "what may hide more stands beside it");
    assert_eq!(outcomes(&rule, &estate, &NoEngines, &Params::default())[0].verdict, Verdict::Unknown);
}

#[test]
fn an_unknown_exemption_does_not_exempt() {
    let body = "for: {db: rds.instance}\nunless: \"db.tags['public'] != null && db.tags['public'] == 'yes'\"\n\
                require: \"!db.publicly_accessible\"\nmessage: \"{db.id}\"\n";
    let tagged = json!({"database": {"public": true, "tags": {"public": "yes"}}});
    assert_eq!(verdicts(body, tagged), ["db not_applicable"]);
    assert_eq!(verdicts(body, json!({"database": {"public": true}})), ["db violated"]);
    let unread = json!({"files": {"rds/describe-db-instances": {"DBInstances": [
        {"DBInstanceIdentifier": "db", "PubliclyAccessible": true, "TagList": {"$unknown": "known after apply"}},
        {"DBInstanceIdentifier": "private", "PubliclyAccessible": false, "TagList": {"$unknown": "known after apply"}},
    ]}}});
    let found = judged(body, unread);
    assert_eq!(found[0].verdict, Verdict::Unknown);
    assert!(!found[0].evidence.is_empty(), "what would be wrong still shows");
    assert_eq!(found[1].verdict, Verdict::Holds);
}

#[test]
fn parameters_default_and_are_never_guessed() {
    let body = |ty: &str| {
        format!(
            "params: {{days: {ty}}}\nfor: {{key: iam.access-key}}\nrequire: key.age_days <= params.days\nmessage: \"{{key.id}}\"\n"
        )
    };
    let given = json!({"users": {"min": {"key_ages": [100]}}});
    assert_eq!(verdicts(&body("int"), given.clone()), ["min/access-key-1 unknown"]);
    assert_eq!(verdicts(&body("{type: int, default: 90}"), given.clone()), ["min/access-key-1 violated"]);
    assert_eq!(verdicts(&body("{type: int, default: 120}"), given), ["min/access-key-1 holds"]);
}

#[test]
fn a_selector_holds_what_it_names() {
    let body = "params: {bastion: selector<ec2.instance>}\nfor: {i: ec2.instance}\nunless: i in params.bastion\n\
                require: i.key_name == null\nmessage: \"{i.id}\"\n";
    let rule = rule(body).unwrap();
    let given =
        json!({"vpc": "one-isolated-subnet", "instances": {"i-a": {"key_name": "k"}, "i-b": {"key_name": "k"}}});
    let estate = estate(given);
    let selection = ParamType::Selector("ec2.instance").read(&json!({"id": "i-a"}), &estate).unwrap();
    let params = Params { values: BTreeMap::from([("bastion".to_owned(), selection)]), ..Params::default() };
    let found: Vec<Verdict> = outcomes(&rule, &estate, &NoEngines, &params).iter().map(|o| o.verdict).collect();
    assert_eq!(found, [Verdict::NotApplicable, Verdict::Violated]);
    let found = outcomes(&rule, &estate, &NoEngines, &Params::default());
    assert!(
        found.iter().all(|o| o.verdict == Verdict::Unknown && o.gaps.iter().any(|g| &*g.cause == "not configured"))
    );
}

#[test]
fn faults_stand_at_their_line_and_column() {
    for (body, expected) in [
        (
            "for: {db: rds.instance}\nrequire: \"!db.publicly_accesible\"\nmessage: x\n",
            "policies/x/r.yaml:7:15: `rds.instance` has no field `publicly_accesible`; did you mean `publicly_accessible`?",
        ),
        (
            "for: {db: rds.instance}\nrequire: |\n  db.storage_encrypted &&\n  db.backup_retention >= '7'\nmessage: x\n",
            "policies/x/r.yaml:9:3: an int and a string have no order",
        ),
        (
            "for: {db: rds.instnce}\nrequire: db.x\nmessage: x\n",
            "policies/x/r.yaml:6:11: there is no kind `rds.instnce`; did you mean `rds.instance`?",
        ),
        (
            "for: {db: rds.instance}\nrequire: db.multi_az\nmessage: \"{db.id} and {db.nope}\"\n",
            "policies/x/r.yaml:8:27: `rds.instance` has no field `nope`",
        ),
        (
            "for: {db: rds.instance}\nrequire: db.multi_az\nmessage: \"{db.id\"\n",
            "policies/x/r.yaml:8:11: this bracket has no partner",
        ),
        ("for: {db: rds.instance}\nrequire: db.multi_az\nmesage: x\n", "policies/x/r.yaml:8:1: "),
        (
            "for: {db: rds.instance}\nrequire: db.multi_az\nrequire: db.multi_az\nmessage: x\n",
            "policies/x/r.yaml:8:1: ",
        ),
        (
            "params: {days: int}\nfor: {db: rds.instance}\nrequire: db.multi_az\nmessage: x\n",
            "policies/x/r.yaml:6:10: no expression uses `params.days`",
        ),
        (
            "params: {days: selector<ec2.instnce>}\nfor: {db: rds.instance}\nrequire: db.multi_az\nmessage: x\n",
            "policies/x/r.yaml:6:10: no selector can name a `ec2.instnce`; did you mean `ec2.instance`?",
        ),
        (
            "for: {db: rds.instance}\nlet: {a: b, b: a}\nrequire: a\nmessage: x\n",
            "policies/x/r.yaml:7:10: `a` and `b` need each other",
        ),
        (
            "for: {db: rds.instance, x: db.port}\nrequire: db.multi_az\nmessage: x\n",
            "policies/x/r.yaml:6:28: expected a kind or a list to range over, found an int",
        ),
        (
            "for: {p: ec2.rule}\nrequire: p.protocol == 'tcp'\nmessage: x\n",
            "policies/x/r.yaml:6:10: `ec2.rule` is a part or an answer",
        ),
        ("for: {x: \"[1, 2]\"}\nrequire: x > 1\nmessage: x\n", "policies/x/r.yaml:6:7: the rule ranges over no kind"),
        (
            "for: {db: rds.instance}\nrequire: \"true\"\nmessage: x\n",
            "policies/x/r.yaml:7:10: the condition reads nothing that `for` binds",
        ),
        (
            "for: {params: rds.instance}\nrequire: \"true\"\nmessage: x\n",
            "policies/x/r.yaml:6:7: `params` is a word of the language",
        ),
        (
            "frameworks: {attack: [T12]}\nfor: {db: rds.instance}\nrequire: db.multi_az\nmessage: x\n",
            "policies/x/r.yaml:6:",
        ),
    ] {
        let found = rule(body).map(|_| ()).unwrap_err();
        assert!(found.lines().any(|line| line.starts_with(expected)), "{body}\n found {found}\nwanted {expected}");
    }
}

#[test]
fn a_fault_is_printed_with_its_line() {
    let text = format!("id: r\n{HEAD}for: {{db: rds.instance}}\nrequire: \"!db.publicly_accesible\"\nmessage: x\n");
    let fault = &Rule::parse(&Source::new("policies/x/r.yaml", text), &vocabulary()).unwrap_err()[0];
    let shown = fault.render(false);
    assert!(shown.contains("--> policies/x/r.yaml:7:15"), "{shown}");
    assert!(shown.contains("^^^^^^^^^^^^^^^^^^"), "{shown}");
    assert!(shown.contains("help: did you mean `publicly_accessible`?"), "{shown}");
}

#[test]
fn frameworks_are_read() {
    let body =
        "frameworks: {isms-p: [{id: \"2.6.1\", covers: partly}], attack: [T1190, T1578.005]}\n".to_owned() + PUBLIC;
    let rule = rule(&body).unwrap();
    assert_eq!(rule.frameworks.attack, ["T1190", "T1578.005"]);
    assert_eq!(rule.frameworks.requirements["isms-p"][0].id, "2.6.1");
}

fn library(files: &[(&str, &str)]) -> Result<Library, Vec<String>> {
    let sources = files.iter().map(|(name, text)| Source::new(*name, *text)).collect();
    Library::of(sources, vocabulary()).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn a_library_is_consistent() {
    let text = |id: &str, ty: &str| {
        format!(
            "id: {id}\n{HEAD}params: {{p: {ty}}}\nfor: {{db: rds.instance}}\nrequire: db.multi_az || params.p == params.p\nmessage: x\n"
        )
    };
    let (a, b) = (text("a", "int"), text("b", "string"));
    let faults = library(&[("x/a.yaml", &a), ("y/b.yaml", &b)]).unwrap_err();
    assert!(faults[0].contains("parameter `p` is string here and int in rule `a`"), "{faults:?}");
    let faults = library(&[("x/a.yaml", &a), ("y/a.yaml", &a)]).unwrap_err();
    assert!(faults[0].contains("`a` is the id of another rule in x/a.yaml"), "{faults:?}");
    assert!(library(&[("x/other.yaml", &a)]).unwrap_err()[0].contains("the file is named `other`"));
    assert!(
        library(&[("x/a.yaml", &a), ("x/b.test.yaml", "cases: []")]).unwrap_err()[0].contains("there is no rule `b`")
    );
    assert_eq!(library(&[("x/a.yaml", &a)]).unwrap().params().len(), 1);
}

#[test]
fn tests_beside_a_rule_run_with_mutations() {
    let text = format!("id: r\n{HEAD}{PUBLIC}");
    let cases = "cases:\n- {name: private, given: {database: {}}, expect: holds}\n\
                 - {name: public, given: {database: {public: true}}, expect: violated}\n\
                 - {name: denied, given: {denied: [rds/describe-db-instances]}, expect: unknown}\n\
                 - {name: none, given: {}, expect: not_applicable}\n";
    let report =
        library(&[("x/r.yaml", &text), ("x/r.test.yaml", cases)]).unwrap().test_with(&|_, _| Box::new(NoEngines));
    assert!(report.passed(), "{report}");
    assert_eq!((report.cases, report.unnoticed.len()), (4, 0));
    assert!(report.mutations >= 4);
    let wrong = "cases:\n- {name: private, given: {database: {}}, expect: violated}\n";
    let report =
        library(&[("x/r.yaml", &text), ("x/r.test.yaml", wrong)]).unwrap().test_with(&|_, _| Box::new(NoEngines));
    assert!(!report.passed());
    assert_eq!(report.failures[0].position().0, 2);
    assert!(report.failures[0].message.contains("expected violated, found holds"));
    assert_eq!(report.lacking[0].1, ["holds", "unknown"]);
    let unknown = "cases:\n- {name: private, given: {databse: {}}, expect: violated}\n";
    let report =
        library(&[("x/r.yaml", &text), ("x/r.test.yaml", unknown)]).unwrap().test_with(&|_, _| Box::new(NoEngines));
    assert!(report.failures[0].message.contains("databse"), "{}", report.failures[0].message);
}

#[test]
fn a_fragment_leaves_nothing_unrelated_unknown() {
    let estate = estate(json!({
        "vpc": "one-public-subnet",
        "groups": {"sg-db": {"ingress": [{"port": 5432, "from": "sg-app"}, {"port": "80-90", "from": "10.0.0.0/8"}]}},
        "instances": {"i-1": {"groups": ["sg-bastion"], "public_address": "203.0.113.9", "tags": {"Role": "bastion"}}},
        "services": {"svc-app": {"groups": ["sg-app"], "role": "app"}},
        "database": {"groups": ["sg-db"], "parameters": {"rds.force_ssl": "1"}},
        "users": {"dev": {"console": true, "mfa": true, "key_ages": [3]}},
        "roles": {"app": {}}, "trail": {}, "buckets": {"data": {}},
    }));
    let incomplete: Vec<String> = estate
        .coverage
        .iter()
        .filter(|(_, _, _, coverage)| !coverage.is_complete())
        .map(|(_, region, call, coverage)| format!("{region} {call}: {coverage}"))
        .collect();
    assert!(incomplete.is_empty(), "{incomplete:?}");
    // Every declared field of everything there is can be read.
    let scratch = Scratch::new();
    let world = World { estate: &estate, scratch: &scratch };
    let mut unknown = BTreeSet::new();
    for kind in portcullis_estate::schema::KINDS {
        for object in kind.list.map(|list| list(&world)).unwrap_or_default() {
            for field in kind.fields {
                let value = (field.get)(&world, object);
                if let Value::Unknown(gaps) = value {
                    unknown.insert(format!("{}.{}: {:?}", kind.name, field.name, scratch.resolve(gaps)));
                }
                if let (Value::Null, false) = (value, matches!(field.ty, Opt(_))) {
                    panic!("{}.{} is absent but not optional", kind.name, field.name);
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    let rule = "for: {db: rds.instance}\nrequire: \"db.parameters['rds.force_ssl'] != null && db.parameters['rds.force_ssl'] == '1'\"\nmessage: x\n";
    assert_eq!(
        outcomes(&self::rule(rule).unwrap(), &estate, &NoEngines, &Params::default())[0].verdict,
        Verdict::Holds
    );
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let one = judged(PUBLIC, json!({"databases": {"a": {"public": true}, "b": {"public": true}}}));
    let files = |ids: [&str; 2]| {
        let list: Vec<serde_json::Value> =
            ids.iter().map(|id| json!({"DBInstanceIdentifier": id, "DBInstanceArn": format!("arn:{id}"), "PubliclyAccessible": true})).collect();
        judged(PUBLIC, json!({"files": {"rds/describe-db-instances": {"DBInstances": list}}}))
    };
    assert_eq!(files(["a", "b"]), files(["b", "a"]));
    assert_eq!(one.len(), 2);
}

#[test]
fn a_starting_file_checks_and_the_schema_is_there() {
    let text = starting_file("my-rule").unwrap();
    assert!(Rule::parse(&Source::new("my-rule.yaml", text), &Vocabulary::standard()).is_ok());
    assert!(starting_file("My rule").is_err());
    let schema = json_schema();
    assert!(schema["properties"]["for"].is_object() && schema["required"].as_array().unwrap().len() >= 8, "{schema}");
    assert!(
        Library::embedded().is_ok(),
        "{:?}",
        Library::embedded().err().map(|f| f.iter().map(ToString::to_string).collect::<Vec<_>>())
    );
}

#[test]
fn the_tests_beside_the_rules_of_the_program_pass() {
    let report = Library::embedded().unwrap().test();
    assert!(report.failures.is_empty(), "{report}");
}

#[test]
fn an_empty_snapshot_does_not_pass() {
    let estate = Estate::load(&Snapshot::from_files(None, Vec::new()), &LoadOptions::default()).unwrap();
    let found = outcomes(&rule(PUBLIC).unwrap(), &estate, &NoEngines, &Params::default());
    assert!(!found.is_empty() && found.iter().all(|outcome| outcome.verdict == Verdict::Unknown), "{found:?}");
}

#[test]
fn a_listing_is_whole_only_if_what_it_was_asked_for_is() {
    let body = "for: {s: ecs.service}\nrequire: \"!s.execute_command\"\nmessage: x\n";
    assert_eq!(verdicts(body, json!({})), ["* not_applicable"]);
    assert_eq!(verdicts(body, json!({"denied": ["ecs/list-clusters"]})), ["* unknown"]);
    let body = "for: {k: iam.access-key}\nrequire: \"!k.active\"\nmessage: x\n";
    assert_eq!(verdicts(body, json!({})), ["* not_applicable"]);
    let unreadable = json!({"files": {"iam/get-credential-report": {"Content": "!", "GeneratedTime": NOW}}});
    assert_eq!(verdicts(body, unreadable), ["* unknown"]);
}

proptest! {
    #[test]
    fn no_file_makes_the_loader_panic(text in any::<String>()) {
        let _ = Rule::parse(&Source::new("r.yaml", text), &vocabulary());
    }

    #[test]
    fn no_rule_makes_the_loader_panic(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "id: r\n", "title: T\n", "severity: low\n", "rationale: R\n", "remediation: M\n", "for: ", "{db: rds.instance}\n",
                "{db: rds.instance, s: db.snapshots}\n", "require: ", "db.multi_az\n", "|\n  db.multi_az\n", "message: ", "\"{db.id}\"\n",
                "unless: ", "let: ", "params: ", "{a: int}\n", "[", "{", "\"", "é", "&a ", "*a", "<<: ", "- ", "  ", "? ", "!x ",
            ]),
            0..24,
        )
    ) {
        if let Err(faults) = Rule::parse(&Source::new("r.yaml", parts.concat()), &vocabulary()) {
            for fault in faults {
                let _ = fault.render(false);
            }
        }
    }
}
