//! From a scenario's parameters to what the attacker starts with and wants in one estate.
//!
//! A start selector means one of its members, the same wherever its name stands; a goal selector means any member
//! (`scenario-semantics`, section 5).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_estate::Gap;

use super::file::Scenario;
use crate::technique::asking::Asker;
use crate::technique::matching::{self, Bindings};
use crate::technique::term::{Pattern, Term};
use crate::technique::value::{Possession, Value};
use crate::technique::{Members, Params};

/// The name under which the member of a parameter is bound.
fn bound_name(parameter: &str) -> Arc<str> {
    Arc::from(format!("params.{parameter}"))
}

/// Why a scenario cannot be traced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A parameter is not in the project file.
    NotConfigured(Gap),
    /// Nothing matches, and the list is complete.
    Nothing(String),
}

/// One attacker: what they start with, and whom it stands for.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) possessions: Vec<Possession>,
    pub(super) words: Vec<String>,
}

/// Everything that a scenario means in one estate.
#[derive(Debug, Clone)]
pub(super) struct Staged {
    pub(super) starts: Vec<Start>,
    /// Per line of the goal its members.
    pub(super) goals: Vec<Vec<Possession>>,
    pub(super) goal_words: Vec<String>,
}

struct Picked {
    values: Vec<Value>,
    words: String,
}

/// Resolves the parameters of a scenario.
pub(super) fn stage(scenario: &Scenario, params: &dyn Params, asker: &Asker<'_>) -> Result<Staged, Obstacle> {
    let start_patterns: Vec<&Pattern> =
        scenario.attacker.iter().chain(scenario.assumes.iter().map(|(pattern, _)| pattern)).collect();
    let mut members = BTreeMap::new();
    for pattern in start_patterns.iter().copied().chain(&scenario.goal) {
        for name in parameters(pattern) {
            let kind = scenario.parameters.get(&name).copied().unwrap_or("workload");
            if let Entry::Vacant(entry) = members.entry(name) {
                let resolved = resolve(entry.key(), kind, params)?;
                entry.insert(resolved);
            }
        }
    }

    let names: BTreeSet<Arc<str>> = start_patterns.iter().flat_map(|pattern| parameters(pattern)).collect();
    let mut starts = Vec::new();
    for bindings in choices(&names, &members) {
        let mut possessions = Vec::new();
        let mut words = Vec::new();
        for (number, pattern) in start_patterns.iter().enumerate() {
            let made = ground(pattern, &bindings, asker);
            if made.is_empty() {
                return Err(Obstacle::Nothing(format!("`{}` of the attacker has no value", described(pattern))));
            }
            let why = number.checked_sub(scenario.attacker.len()).and_then(|n| scenario.assumes.get(n));
            for possession in made {
                let mut line = possession.to_string();
                for name in parameters(pattern) {
                    if let Some(members) = members.get(&name).filter(|members| members.values.len() > 1) {
                        line = format!("{line}, one of {} ({})", members.values.len(), members.words);
                    }
                }
                if let Some((_, why)) = why {
                    line = format!("assumed: {line} ({why})");
                }
                words.push(line);
                possessions.push(possession);
            }
        }
        starts.push(Start { possessions, words });
    }

    let mut goals = Vec::new();
    let mut goal_words = Vec::new();
    for pattern in &scenario.goal {
        let names = parameters(pattern).into_iter().collect();
        let mut any = Vec::new();
        for bindings in choices(&names, &members) {
            any.extend(ground(pattern, &bindings, asker));
        }
        any.sort();
        any.dedup();
        let Some(first) = any.first() else {
            return Err(Obstacle::Nothing(format!("`{}` of the goal has no value", described(pattern))));
        };
        goal_words.push(match any.len() {
            1 => first.to_string(),
            many => format!("{first}, or any of {} others like it", many - 1),
        });
        goals.push(any);
    }
    Ok(Staged { starts, goals, goal_words })
}

fn resolve(name: &str, kind: &str, params: &dyn Params) -> Result<Picked, Obstacle> {
    match params.members(name, kind) {
        Members::NotConfigured => Err(Obstacle::NotConfigured(Gap::not_configured(name))),
        Members::Unusable(why) => Err(Obstacle::NotConfigured(Gap::other(format_args!("parameter `{name}`"), why))),
        Members::Listed { things, incomplete: None, words } if things.is_empty() => {
            Err(Obstacle::Nothing(format!("nothing here is {words} (parameter `{name}`)")))
        }
        Members::Listed { mut things, incomplete, words } => {
            things.sort();
            things.dedup();
            let mut values: Vec<Value> = things.into_iter().map(Value::Thing).collect();
            values.extend(incomplete.map(|gap| Value::Unseen { what: Arc::from(format!("member of `{name}`")), gap }));
            Ok(Picked { values, words })
        }
    }
}

fn parameters(pattern: &Pattern) -> Vec<Arc<str>> {
    let parts = pattern.arguments.iter().flat_map(Term::parts);
    let mut names: Vec<_> = parts
        .filter_map(|part| match part {
            Term::Parameter(name, _) => Some(Arc::clone(name)),
            _ => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn described(pattern: &Pattern) -> String {
    let names = parameters(pattern).iter().map(|name| format!("$params.{name}")).collect::<Vec<_>>().join(", ");
    format!("{}: {names}", pattern.predicate.name())
}

/// Each way to choose one member per parameter.
fn choices(names: &BTreeSet<Arc<str>>, members: &BTreeMap<Arc<str>, Picked>) -> Vec<Bindings> {
    let mut all = vec![Bindings::new()];
    for name in names {
        let values = members.get(name).map(|members| members.values.as_slice()).unwrap_or_default();
        all = all
            .iter()
            .flat_map(|bindings| {
                values.iter().map(|value| {
                    let mut bound = bindings.clone();
                    bound.insert(bound_name(name), value.clone());
                    bound
                })
            })
            .collect();
    }
    all
}

/// The possessions of a pattern under a choice; several where an attribute has several values.
fn ground(pattern: &Pattern, bindings: &Bindings, asker: &Asker<'_>) -> Vec<Possession> {
    let arguments: Vec<Term> = pattern.arguments.iter().map(as_variables).collect();
    let pattern = Pattern { predicate: pattern.predicate, arguments };
    matching::with_attributes(&pattern.arguments, bindings, asker)
        .iter()
        .filter_map(|bindings| matching::possession(&pattern, bindings))
        .collect()
}

fn as_variables(term: &Term) -> Term {
    match term {
        Term::Parameter(name, None) => Term::Variable(bound_name(name)),
        Term::Parameter(name, Some(attribute)) => Term::Attribute(bound_name(name), Arc::clone(attribute)),
        Term::Identity { principal, credential, keys } => {
            Term::Identity { principal: Box::new(as_variables(principal)), credential: *credential, keys: keys.clone() }
        }
        Term::NewInterface { subnet, group } => {
            Term::NewInterface { subnet: Box::new(as_variables(subnet)), group: Box::new(as_variables(group)) }
        }
        Term::Control(kind, of) => Term::Control(*kind, Box::new(as_variables(of))),
        other => other.clone(),
    }
}
