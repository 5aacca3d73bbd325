//! Direct privilege escalation: single steps by which a principal gains rights that it was not given.
//!
//! Ids are those of the `pathfinding.cloud` catalogue (`DataDog`, Apache-2.0); `SetDefaultPolicyVersion` stands in Rhino
//! Security's list and not in the catalogue. Only permissions are asked: which role existing compute carries, and what
//! several steps together reach, is the attack graph's work.

use std::collections::HashMap;

use portcullis_estate::{Answer, Decision, Gap};

use crate::context::Context;
use crate::document::{Effect, Layer};
use crate::evaluation::{self, Request};
use crate::methods::{METHODS, On};
use crate::principal::Caller;
use crate::world::{Principal, PrincipalKind, World};

/// A step that is open or undecided.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Escalation {
    /// The principal.
    pub principal: String,
    /// Id in the pathfinding.cloud catalogue.
    pub method: &'static str,
    /// The permissions.
    pub permissions: Vec<&'static str>,
    /// What is changed, assumed or passed: ARN of a user, role, group or policy.
    pub target: Option<String>,
    /// The existing thing that it needs beside the permissions.
    pub needs_existing: Option<&'static str>,
    /// Whether and why the permissions are there.
    pub decision: Decision,
}

impl World {
    /// Every direct escalation of every principal that is not administrator already, sorted.
    #[must_use]
    pub fn escalations(&self) -> Vec<Escalation> {
        let mut found = Vec::new();
        for who in &self.principals {
            if who.kind == PrincipalKind::Root || who.service_linked || self.standing(who).administrator == Answer::Open
            {
                continue;
            }
            found.extend(self.escalations_of(who));
        }
        found
    }

    /// The direct escalations of one principal.
    #[must_use]
    pub fn escalations_of(&self, who: &Principal) -> Vec<Escalation> {
        let mut found = Vec::new();
        let mut known: HashMap<(&'static str, String, &'static str), Decision> = HashMap::new();
        for method in METHODS {
            if !method.steps.iter().all(|(action, _)| Self::mentions(who, action)) {
                continue;
            }
            let Some((_, first)) = method.steps.first() else { continue };
            for target in self.targets(who, *first) {
                let mut decision: Option<Decision> = None;
                for (action, on) in method.steps {
                    let one = self.step(who, action, *on, target.as_deref(), &mut known);
                    let both = match decision {
                        None => one,
                        Some(before) => both(&before, &one),
                    };
                    let closed = both.answer() == Answer::Closed;
                    decision = Some(both);
                    if closed {
                        break;
                    }
                }
                let Some(decision) = decision.filter(|decision| decision.answer() != Answer::Closed) else { continue };
                found.push(Escalation {
                    principal: who.arn.to_string(),
                    method: method.id,
                    permissions: method.steps.iter().map(|(action, _)| *action).collect(),
                    target,
                    needs_existing: method.existing,
                    decision,
                });
            }
        }
        found
    }

    /// Whether any allow that could reach the principal names the action: a cheap sieve before the full question.
    fn mentions(who: &Principal, action: &str) -> bool {
        // A trust policy can name the principal directly.
        action == "sts:AssumeRole"
            || !who.gaps.is_empty()
            || who.identity.iter().any(|policy| match &policy.body {
                Err(_) => true,
                Ok(document) => document
                    .statements
                    .iter()
                    .any(|statement| statement.effect == Effect::Allow && statement.actions.matches(action)),
            })
    }

    fn targets(&self, who: &Principal, on: On) -> Vec<Option<String>> {
        let others = |kind: PrincipalKind| {
            self.principals
                .iter()
                .filter(move |other| other.kind == kind && other.arn != who.arn && !other.service_linked)
                .map(|other| Some(other.arn.to_string()))
        };
        match on {
            On::OwnUser | On::OwnRole => {
                let wanted = if on == On::OwnUser { PrincipalKind::User } else { PrincipalKind::Role };
                (who.kind == wanted).then(|| Some(who.arn.to_string())).into_iter().collect()
            }
            On::OwnGroup => self.groups_of(who).map(Some).collect(),
            On::OtherGroup if who.kind == PrincipalKind::User => self
                .groups
                .iter()
                .filter(|(account, name, _)| *account == who.account && !who.groups.contains(name))
                .map(|(_, _, arn)| Some(arn.clone()))
                .collect(),
            On::OtherGroup => Vec::new(),
            On::OwnPolicy => who.attached.iter().filter(|arn| !arn.contains(":iam::aws:")).cloned().map(Some).collect(),
            On::OtherUser => others(PrincipalKind::User).collect(),
            On::OtherRole | On::PolicyOfOtherRole => others(PrincipalKind::Role).collect(),
            On::PassedRole(service) => self
                .principals
                .iter()
                // A role is never passed across accounts.
                .filter(|role| role.kind == PrincipalKind::Role && role.account == who.account)
                .filter(|role| service != "ec2.amazonaws.com" || !role.instance_profiles.is_empty())
                .filter(|role| self.trusts_service(role, service) != Answer::Closed)
                .map(|role| Some(role.arn.to_string()))
                .collect(),
            On::Anything => vec![None],
        }
    }

    fn groups_of<'a>(&'a self, who: &'a Principal) -> impl Iterator<Item = String> + 'a {
        self.groups
            .iter()
            .filter(|(account, name, _)| *account == who.account && who.groups.contains(name))
            .map(|(_, _, arn)| arn.clone())
    }

    /// Whether a role's trust policy lets a service assume it.
    #[must_use]
    pub fn trusts_service(&self, role: &Principal, service: &str) -> Answer {
        let Some(trust) = role.trust.as_deref() else { return Answer::Closed };
        let request = Request {
            caller: Caller::Service(service.to_owned()),
            action: "sts:AssumeRole".to_owned(),
            resource: role.arn.to_string(),
            resource_account: Some(role.account.to_string()),
            context: Context::open(),
        };
        let hits = evaluation::hits([trust], Layer::Resource, &request, false);
        if hits.denies.iter().any(evaluation::Found::is_certain) {
            Answer::Closed
        } else if !hits.unread.is_empty() {
            Answer::Undecided
        } else if hits.allows.iter().any(evaluation::Found::is_certain) && hits.denies.is_empty() {
            Answer::Open
        } else if hits.allows.is_empty() {
            Answer::Closed
        } else {
            Answer::Undecided
        }
    }

    fn step(
        &self,
        who: &Principal,
        action: &'static str,
        on: On,
        target: Option<&str>,
        known: &mut HashMap<(&'static str, String, &'static str), Decision>,
    ) -> Decision {
        let service = if let On::PassedRole(service) = on { service } else { "" };
        let key = (action, target.filter(|_| on != On::Anything).unwrap_or_default().to_owned(), service);
        if let Some(decision) = known.get(&key) {
            return decision.clone();
        }
        let mut context = Context::open();
        let decision = match on {
            On::Anything => self.may_somewhere(who, action, &context),
            On::PolicyOfOtherRole => {
                let role = target.and_then(|arn| self.principal(arn));
                let policies =
                    role.into_iter().flat_map(|role| &role.attached).filter(|arn| !arn.contains(":iam::aws:"));
                either(policies.map(|policy| self.may(&who.arn, action, &[policy], &context)))
            }
            On::PassedRole(service) => {
                context.set_value("iam:PassedToService", service);
                let mut decision = self.may(&who.arn, action, &[target.unwrap_or("*")], &context);
                let undecided = target
                    .and_then(|arn| self.principal(arn))
                    .is_some_and(|role| self.trusts_service(role, service) == Answer::Undecided);
                if undecided {
                    let gap = Gap::other(
                        format_args!("conditions of the trust policy of {}", target.unwrap_or_default()),
                        "keys of the service's request are not known",
                    );
                    for way in &mut decision.ways {
                        way.gaps.push(gap.clone());
                    }
                }
                decision
            }
            _ => self.may(&who.arn, action, &[target.unwrap_or("*")], &context),
        };
        known.insert(key, decision.clone());
        decision
    }

    /// Whether an action is allowed on something: on `*`, or on an example of what an allowing statement names.
    ///
    /// Things that exist are not looked up: an example stands for one that may exist.
    #[must_use]
    pub fn may_somewhere(&self, who: &Principal, action: &str, context: &Context) -> Decision {
        let mut examples: Vec<String> = vec!["*".to_owned()];
        let statements = who
            .identity
            .iter()
            .filter_map(|policy| policy.body.as_ref().ok())
            .flat_map(|document| &document.statements);
        for statement in statements.filter(|one| one.effect == Effect::Allow && one.actions.matches(action)) {
            for resources in statement.resources.iter().filter(|resources| !resources.negated) {
                examples.extend(
                    resources
                        .texts
                        .iter()
                        .filter(|text| text.starts_with("arn:"))
                        .map(|text| crate::pattern::Glob::new(text).example("any")),
                );
            }
        }
        examples.dedup();
        let mut best = self.may(&who.arn, action, &["*"], context);
        for example in examples.iter().skip(1).take(64) {
            if best.answer() == Answer::Open {
                break;
            }
            let one = self.may(&who.arn, action, &[example], context);
            let better =
                matches!((best.answer(), one.answer()), (_, Answer::Open) | (Answer::Closed, Answer::Undecided));
            if better {
                best = one;
            }
        }
        best
    }

    /// Every principal that may or might do an action on a resource, with why.
    ///
    /// Where an account's details are incomplete ([`crate::world::Account::details`]) there may be more.
    #[must_use]
    pub fn who_may(&self, action: &str, resources: &[&str], context: &Context) -> Vec<(&Principal, Decision)> {
        self.principals
            .iter()
            .map(|who| (who, self.may(&who.arn, action, resources, context)))
            .filter(|(_, decision)| decision.answer() != Answer::Closed)
            .collect()
    }
}

fn both(a: &Decision, b: &Decision) -> Decision {
    let mut ways = crate::ways::Ways::of(a.ways.clone());
    ways.times(&b.ways);
    let (ways, truncated) = ways.finish();
    let mut whole = Decision { ways, truncated: truncated || a.truncated || b.truncated, ..Decision::default() };
    whole.assumed.extend(a.assumed.iter().chain(&b.assumed));
    whole.hidden_by.extend(a.hidden_by.iter().chain(&b.hidden_by).cloned());
    whole
}

fn either(decisions: impl Iterator<Item = Decision>) -> Decision {
    let mut whole = Decision::default();
    for one in decisions {
        whole.ways.extend(one.ways);
        whole.assumed.extend(one.assumed);
        whole.hidden_by.extend(one.hidden_by);
        whole.truncated |= one.truncated;
    }
    whole.ways.sort_by_cached_key(|way| (!way.is_open(), way.blockers.len() + way.gaps.len(), way.clone()));
    whole
}
