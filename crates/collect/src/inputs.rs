//! With which inputs an operation is asked: from the table, and from the answers to its parents.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_snapshot::operations::{Asked, Keep, Operation, Parent, Take};
use serde_json::{Map, Value, json};

use crate::calls::Input;

/// One answered call of a parent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    /// The region it was asked in.
    pub(crate) region: String,
    /// What was asked.
    pub(crate) input: Input,
    /// What came back.
    pub(crate) output: Value,
}

/// The inputs of an operation, sorted and without repetition. `answers` finds what a parent answered.
pub(crate) fn of<'a>(
    operation: &Operation,
    account: &str,
    answers: impl Fn(&Parent) -> Vec<&'a Answered>,
) -> Vec<Input> {
    match operation.asked {
        Asked::Once(members) => vec![fixed(members, account)],
        Asked::Each(inputs) => inputs.iter().map(|members| fixed(members, account)).collect(),
        Asked::Per(parents) | Asked::Climb(parents) => {
            let mut inputs = BTreeMap::new();
            for parent in parents {
                for input in from_parent(parent, account, &answers(parent)) {
                    inputs.insert(sort_key(&input), input);
                }
            }
            inputs.into_values().collect()
        }
    }
}

/// What calls of a file are sorted by.
pub(crate) fn sort_key(input: &Input) -> String {
    let sorted: BTreeMap<_, _> = input.iter().collect();
    serde_json::to_string(&sorted).unwrap_or_default()
}

fn fixed(members: &[(&'static str, Take)], account: &str) -> Input {
    let nothing = Answered { region: String::new(), input: Map::new(), output: Value::Null };
    members
        .iter()
        .filter_map(|(name, take)| Some(((*name).to_owned(), taken(*take, &Value::Null, &nothing, account)?)))
        .collect()
}

fn from_parent(parent: &Parent, account: &str, answers: &[&Answered]) -> Vec<Input> {
    let mut inputs = Vec::new();
    let batch = parent.members.iter().find_map(|(name, take)| match take {
        Take::Batch(size) => Some((*name, *size)),
        _ => None,
    });
    for answer in answers {
        let items: Vec<&Value> = kept(parent, answer);
        if let Some((name, size)) = batch {
            // sorted, so that the same account is asked in the same pieces
            let items: BTreeSet<&str> = items.iter().filter_map(|item| item.as_str()).collect();
            let items: Vec<&str> = items.into_iter().collect();
            for piece in items.chunks(size.max(1)) {
                if let Some(mut input) = input_of(parent, &Value::Null, answer, account) {
                    input.insert(name.to_owned(), json!(piece));
                    inputs.push(input);
                }
            }
        } else {
            inputs.extend(items.into_iter().filter_map(|item| input_of(parent, item, answer, account)));
        }
    }
    inputs
}

/// An input; `None` if the item lacks a member that is sent (a stopped trail without a bucket).
fn input_of(parent: &Parent, item: &Value, answer: &Answered, account: &str) -> Option<Input> {
    parent
        .members
        .iter()
        .filter(|(_, take)| !matches!(take, Take::Batch(_)))
        .map(|(name, take)| Some(((*name).to_owned(), taken(*take, item, answer, account)?)))
        .collect()
}

fn taken(take: Take, item: &Value, answer: &Answered, account: &str) -> Option<Value> {
    match take {
        Take::Item => item.is_string().then(|| item.clone()),
        Take::At(path) => {
            let mut value = item;
            for step in path.split('.') {
                value = value.get(step)?;
            }
            value.is_string().then(|| value.clone())
        }
        Take::Input(member) => answer.input.get(member).cloned(),
        Take::Text(text) => Some(text.into()),
        Take::Texts(texts) => Some(json!(texts)),
        Take::Filter(name, values) => Some(json!([{ "Name": name, "Values": values }])),
        Take::Account => Some(account.into()),
        Take::Batch(_) => None,
    }
}

/// The items of an answer that are asked for.
fn kept<'a>(parent: &Parent, answer: &'a Answered) -> Vec<&'a Value> {
    let items = items(&answer.output, parent.list);
    let member = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    match parent.keep {
        Keep::All => items,
        Keep::Manual => {
            items.into_iter().filter(|item| member(item, "SnapshotType").is_none_or(|kind| kind == "manual")).collect()
        }
        Keep::HomeRegion => items
            .into_iter()
            .filter(|item| member(item, "HomeRegion").is_none_or(|home| home == answer.region))
            .collect(),
        Keep::AboveStandardTier => {
            items.into_iter().filter(|item| member(item, "Tier").is_none_or(|tier| tier != "Standard")).collect()
        }
        Keep::NotPendingDeletion => items
            .into_iter()
            .filter(|item| {
                member(item, "KeyState").is_none_or(|state| !state.starts_with("Pending") || state == "PendingImport")
            })
            .collect(),
        Keep::NotAmongPolicies => {
            let policies: BTreeSet<String> = self::items(&answer.output, "Policies[]")
                .into_iter()
                .filter_map(|policy| member(policy, "Arn"))
                .collect();
            items
                .into_iter()
                .filter(|item| {
                    member(item, "PermissionsBoundaryArn").is_none_or(|boundary| !policies.contains(&boundary))
                })
                .collect()
        }
        Keep::NewestRevision => {
            let mut newest: BTreeMap<&str, (u64, &Value)> = BTreeMap::new();
            for item in items {
                let Some((family, revision)) = item.as_str().and_then(|arn| arn.rsplit_once(':')) else { continue };
                let Ok(revision) = revision.parse() else { continue };
                let entry = newest.entry(family).or_insert((revision, item));
                if revision > entry.0 {
                    *entry = (revision, item);
                }
            }
            newest.into_values().map(|(_, item)| item).collect()
        }
    }
}

/// The values at a path of members; `[]` after a member goes through its list. The empty path is the output itself.
fn items<'a>(output: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![output];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let (name, through) = match step.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (step, false),
        };
        let values = found.into_iter().filter_map(|value| value.get(name));
        found = if through { values.filter_map(Value::as_array).flatten().collect() } else { values.collect() };
    }
    found
}

/// The next way up of an organization: parents of the kind that have parents themselves.
pub(crate) fn climbed(output: &Value) -> Vec<Input> {
    items(output, "Parents[]")
        .into_iter()
        .filter(|parent| parent.get("Type").and_then(Value::as_str) == Some("ORGANIZATIONAL_UNIT"))
        .filter_map(|parent| parent.get("Id"))
        .map(|id| Input::from_iter([("ChildId".to_owned(), id.clone())]))
        .collect()
}

#[cfg(test)]
mod tests {
    use portcullis_snapshot::operations::find;

    use super::*;

    fn answered(input: Value, output: Value) -> Answered {
        let Value::Object(input) = input else { panic!("an object") };
        Answered { region: "eu-west-1".into(), input, output }
    }

    fn inputs(call: (&str, &str), answers: &[(&str, Answered)]) -> Vec<Value> {
        let operation = find(call.0, call.1).unwrap();
        of(operation, "123456789012", |parent| {
            answers.iter().filter(|(call, _)| *call == parent.call).map(|(_, answer)| answer).collect()
        })
        .into_iter()
        .map(Value::Object)
        .collect()
    }

    #[test]
    fn services_are_described_ten_at_a_time() {
        let arns: Vec<String> = (0..12).map(|n| format!("s{n:02}")).collect();
        let found = inputs(
            ("ecs", "describe-services"),
            &[("ecs/list-services", answered(json!({"cluster": "c"}), json!({"serviceArns": arns})))],
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["services"].as_array().unwrap().len(), 10);
        assert_eq!(found[1], json!({"cluster": "c", "include": ["TAGS"], "services": ["s10", "s11"]}));
    }

    #[test]
    fn task_definitions_in_use_and_the_newest_of_each_family() {
        let found = inputs(
            ("ecs", "describe-task-definition"),
            &[
                ("ecs/describe-services", answered(json!({}), json!({"services": [{"taskDefinition": "td/web:3"}]}))),
                (
                    "ecs/list-task-definitions",
                    answered(json!({}), json!({"taskDefinitionArns": ["td/web:9", "td/web:10", "td/job:1"]})),
                ),
            ],
        );
        let arns: Vec<_> = found.iter().map(|input| input["taskDefinition"].as_str().unwrap()).collect();
        assert_eq!(arns, ["td/job:1", "td/web:10", "td/web:3"]);
    }

    #[test]
    fn a_shadow_trail_is_asked_at_home_only() {
        let trails = json!({"trailList": [
            {"TrailARN": "a", "HomeRegion": "eu-west-1"}, {"TrailARN": "b", "HomeRegion": "us-east-1"}]});
        let found =
            inputs(("cloudtrail", "get-trail-status"), &[("cloudtrail/describe-trails", answered(json!({}), trails))]);
        assert_eq!(found, [json!({"Name": "a"})]);
    }

    #[test]
    fn only_boundaries_that_are_not_known_already() {
        let details = json!({"Policies": [{"Arn": "known"}],
            "UserDetailList": [{"PermissionsBoundary": {"PermissionsBoundaryArn": "known"}}, {}],
            "RoleDetailList": [{"PermissionsBoundary": {"PermissionsBoundaryArn": "new"}}]});
        let found =
            inputs(("iam", "get-policy"), &[("iam/get-account-authorization-details", answered(json!({}), details))]);
        assert_eq!(found, [json!({"PolicyArn": "new"})]);
    }

    #[test]
    fn fixed_inputs() {
        assert_eq!(inputs(("ec2", "describe-images"), &[]), [json!({"Owners": ["self"]})]);
        assert_eq!(inputs(("s3control", "get-public-access-block"), &[]), [json!({"AccountId": "123456789012"})]);
        assert_eq!(inputs(("organizations", "list-policies"), &[]).len(), 2);
        assert!(inputs(("ecs", "list-services"), &[]).is_empty());
    }
}
