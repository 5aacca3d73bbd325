//! Who is administrator, and which statements allow everything.
//!
//! Decided by sets of actions, not by names of policies: the universe is every action that a policy of the principal
//! spells, one fresh action in each service it names, and one of a fresh service. With these witnesses `*`, `svc:*`,
//! `NotAction` and documents that only together allow everything come out exactly, although no catalogue is complete.
//! Patterns with a wildcard in the middle can overlap in ways that the witnesses miss; where no single statement allows
//! every action and such patterns occur, the answer is undecided.

use std::collections::BTreeSet;

use portcullis_estate::{Answer, Fact, Gap};

use crate::document::{Effect, Layer, Statement};
use crate::evaluation::Policy;
use crate::organization::Bounds;
use crate::world::{Principal, PrincipalKind, World};

/// A name that no pattern spells any part of.
const OTHER_NAME: &str = "~~~~~~~~~";
/// An action of a service that does not exist.
const OTHER_ACTION: &str = "~~~~~~~~~:~~~~~~~~~";

/// How near a principal is to doing everything.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// The principal.
    pub principal: String,
    /// Open: what its policies and boundary allow covers every action on every resource. Closed: it does not. Denies do
    /// not close it unless they deny a witness that nothing names; they stand in `exceptions`.
    pub administrator: Answer,
    /// The allowing statements that cover it.
    pub evidence: Vec<Fact>,
    /// Statements that deny part of it: identity, boundary and service control policies.
    pub exceptions: Vec<Fact>,
    /// What is missing where it is undecided.
    pub gaps: BTreeSet<Gap>,
}

/// How far the allows of one layer go.
enum Cover {
    Everything(Vec<Fact>),
    Perhaps(BTreeSet<Gap>),
    Less,
}

impl World {
    /// Every principal that is or may be administrator, root users included, sorted by ARN.
    #[must_use]
    pub fn administrators(&self) -> Vec<Standing> {
        let all = self.principals.iter().map(|who| self.standing(who));
        all.filter(|standing| standing.administrator != Answer::Closed).collect()
    }

    /// How near one principal is to doing everything.
    #[must_use]
    pub fn standing(&self, who: &Principal) -> Standing {
        let mut standing = Standing {
            principal: who.arn.to_string(),
            administrator: Answer::Open,
            evidence: Vec::new(),
            exceptions: Vec::new(),
            gaps: BTreeSet::new(),
        };
        let identity: Vec<&Policy> = who.identity.iter().map(|policy| &**policy).collect();
        let mut layers: Vec<(Layer, Vec<&Policy>)> = Vec::new();
        if who.kind == PrincipalKind::Root {
            standing.evidence.push(Fact::new(&*who.arn, "the root user needs no identity policy", who.place.clone()));
        } else {
            layers.push((Layer::Identity, identity));
        }
        layers.extend(who.boundary.iter().map(|boundary| (Layer::Boundary, vec![&**boundary])));
        if !who.service_linked {
            match self.accounts.get(&*who.account).map(|account| &account.scp) {
                Some(Bounds::Levels(levels)) => {
                    for level in levels {
                        standing.gaps.extend(level.gaps.iter().cloned());
                        layers.push((Layer::Scp, level.policies.iter().map(|policy| &**policy).collect()));
                    }
                }
                Some(Bounds::Unknown(gap)) => {
                    standing.gaps.insert(gap.clone());
                }
                Some(Bounds::None(_) | Bounds::Assumed(_)) => {}
                None => {
                    standing
                        .gaps
                        .insert(Gap::other(format_args!("organization of {}", who.account), "not in the snapshot"));
                }
            }
        }
        let universe = universe(layers.iter().flat_map(|(_, policies)| policies.iter().copied()));
        for (layer, policies) in &layers {
            let mut hanging = BTreeSet::new();
            for policy in policies {
                match &policy.body {
                    Err(gap) => {
                        hanging.insert(gap.clone());
                    }
                    Ok(document) => {
                        for statement in document.statements.iter().filter(|one| one.effect == Effect::Deny) {
                            let words = format!(
                                "{} statement `{}` denies {}",
                                policy.name,
                                statement.name,
                                statement.actions.texts.join(", ")
                            );
                            standing.exceptions.push(Fact::new(&*policy.resource, words, policy.place_of(statement)));
                            if !statement.actions.matches(OTHER_ACTION) || !universal(statement) {
                                continue;
                            }
                            if statement.conditions.is_empty() {
                                standing.administrator = Answer::Closed;
                            } else {
                                hanging.insert(conditions(statement, "not "));
                            }
                        }
                    }
                }
            }
            match cover(policies, &universe) {
                Cover::Everything(facts) => {
                    if *layer != Layer::Scp {
                        standing.evidence.extend(facts);
                    }
                    standing.gaps.extend(hanging);
                }
                Cover::Perhaps(gaps) => {
                    standing.gaps.extend(gaps);
                    standing.gaps.extend(hanging);
                }
                Cover::Less => {
                    // A policy that was not read, or a group that was not seen, may hold the rest.
                    let mut unseen: BTreeSet<Gap> =
                        policies.iter().filter_map(|policy| policy.body.as_ref().err().cloned()).collect();
                    if *layer == Layer::Identity {
                        unseen.extend(who.gaps.iter().cloned());
                    }
                    if unseen.is_empty() {
                        standing.administrator = Answer::Closed;
                    }
                    standing.gaps.extend(unseen);
                }
            }
        }
        if standing.administrator == Answer::Open && !standing.gaps.is_empty() {
            standing.administrator = Answer::Undecided;
        }
        if standing.administrator == Answer::Closed {
            standing.gaps.clear();
            standing.evidence.clear();
        }
        standing
    }

    /// Allowing statements of a principal's identity policies for every action on every resource without condition, with
    /// the policy they stand in: `*:*` however it is written.
    #[must_use]
    pub fn unrestricted_statements_of(&self, who: &Principal) -> Vec<Fact> {
        let mut found = BTreeSet::new();
        for policy in &who.identity {
            let Ok(document) = &policy.body else { continue };
            let universe = universe([&**policy]);
            for statement in &document.statements {
                let everything = universe.iter().all(|action| statement.actions.matches(action));
                if statement.effect == Effect::Allow
                    && everything
                    && universal(statement)
                    && statement.conditions.is_empty()
                    && statement.unreadable.is_none()
                {
                    let words =
                        format!("{} statement `{}` allows every action on every resource", policy.name, statement.name);
                    found.insert(Fact::new(&*policy.resource, words, policy.place_of(statement)));
                }
            }
        }
        found.into_iter().collect()
    }

    /// Those of every principal, each once.
    #[must_use]
    pub fn unrestricted_statements(&self) -> Vec<Fact> {
        let all: BTreeSet<Fact> = self.principals.iter().flat_map(|who| self.unrestricted_statements_of(who)).collect();
        all.into_iter().collect()
    }
}

fn universal(statement: &Statement) -> bool {
    statement.resources.as_ref().is_some_and(super::document::Resources::is_universal)
}

fn conditions(statement: &Statement, prefix: &str) -> Gap {
    let texts: Vec<&str> = statement.conditions.iter().map(|condition| condition.text.as_str()).collect();
    Gap::other(format_args!("{prefix}({})", texts.join(" and ")), "the request's keys are not known")
}

/// Every action that these policies can tell apart.
fn universe<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> BTreeSet<String> {
    let mut actions = BTreeSet::from([OTHER_ACTION.to_owned()]);
    for policy in policies {
        let Ok(document) = &policy.body else { continue };
        for text in document.statements.iter().flat_map(|statement| &statement.actions.texts) {
            let Some((service, name)) = text.split_once(':') else { continue };
            let service = service.to_ascii_lowercase();
            let service = crate::pattern::Glob::new(&service).example("x");
            actions.insert(format!("{service}:{OTHER_NAME}"));
            for fill in ["", OTHER_NAME] {
                let example = crate::pattern::Glob::new(&name.to_ascii_lowercase()).example(fill);
                if !example.is_empty() {
                    actions.insert(format!("{service}:{example}"));
                }
            }
        }
    }
    actions
}

/// Whether allows cover the universe on every resource.
fn cover(policies: &[&Policy], universe: &BTreeSet<String>) -> Cover {
    let mut facts = BTreeSet::new();
    let mut hanging = BTreeSet::new();
    let documents = || policies.iter().filter_map(|policy| policy.body.as_ref().ok());
    let statements = || documents().flat_map(|document| &document.statements).filter(|one| one.effect == Effect::Allow);
    if !statements().any(|one| one.actions.is_universal()) {
        let odd = statements().flat_map(|one| &one.actions.texts).find(|text| !is_prefix(text));
        hanging.extend(odd.map(|text| {
            Gap::not_modelled(format_args!(
                "what `{text}` leaves over beside the other patterns of {}",
                policies.first().map_or("", |policy| &*policy.name)
            ))
        }));
    }
    for action in universe {
        let mut certain = false;
        let mut perhaps = Vec::new();
        for policy in policies {
            let Ok(document) = &policy.body else { continue };
            for statement in document.statements.iter().filter(|one| one.effect == Effect::Allow) {
                if !statement.actions.matches(action) {
                    continue;
                }
                let words = || format!("{} statement `{}` allows {}", policy.name, statement.name, shown(statement));
                if !universal(statement) {
                    // Several resource patterns may together mean every resource; that is not decided here.
                    if statement.resources.as_ref().is_some_and(|resources| {
                        resources.negated
                            || resources
                                .texts
                                .iter()
                                .any(|text| text.starts_with("arn:*") || text.starts_with("arn:aws:*"))
                    }) {
                        perhaps.push(Gap::not_modelled(format_args!(
                            "whether the resources of {} statement `{}` are all there are",
                            policy.name, statement.name
                        )));
                    }
                } else if let Some(cause) = &statement.unreadable {
                    perhaps.push(Gap::other(format_args!("{} statement `{}`", policy.name, statement.name), cause));
                } else if statement.conditions.is_empty() {
                    certain = true;
                    facts.insert(Fact::new(&*policy.resource, words(), policy.place_of(statement)));
                    break;
                } else {
                    perhaps.push(conditions(statement, ""));
                }
            }
        }
        if certain {
            continue;
        }
        match perhaps.into_iter().min() {
            Some(gap) => {
                hanging.insert(gap);
            }
            None => return Cover::Less,
        }
    }
    if hanging.is_empty() { Cover::Everything(facts.into_iter().collect()) } else { Cover::Perhaps(hanging) }
}

/// Whether the only wildcard is a star at the end.
fn is_prefix(text: &str) -> bool {
    !text.strip_suffix('*').unwrap_or(text).contains(['*', '?'])
}

fn shown(statement: &Statement) -> String {
    let word = if statement.actions.negated { "everything but " } else { "" };
    format!("{word}{}", statement.actions.texts.join(", "))
}
