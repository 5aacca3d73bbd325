//! Bindings of variables, matching of patterns, and terms made ground.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_estate::Atom;
use portcullis_estate::family::Cut;

use super::asking::Asker;
use super::gates::{Event, Granted, LogsIn, May, Question, Reach, Setting, Unrecorded};
use super::term::{Ask, Pattern, Technique, Term};
use super::value::{Identity, Possession, Predicate, Thing, Value};

/// Variables, and attributes of variables (`db.port`), with their values.
pub(crate) type Bindings = BTreeMap<Arc<str>, Value>;

/// What is wanted: a possession of which some arguments are open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Demand {
    pub(crate) predicate: Predicate,
    pub(crate) arguments: Vec<Option<Value>>,
}

impl Demand {
    pub(crate) fn of(possession: &Possession) -> Self {
        Self { predicate: possession.predicate, arguments: possession.arguments.iter().cloned().map(Some).collect() }
    }

    /// Whether a possession is one that is wanted. A control freed for everything also serves who wants it for one.
    pub(crate) fn admits(&self, possession: &Possession) -> bool {
        self.predicate == possession.predicate
            && self
                .arguments
                .iter()
                .zip(&possession.arguments)
                .all(|(wanted, have)| wanted.as_ref().is_none_or(|wanted| wanted == have))
    }
}

impl Demand {
    /// What a possession of something unseen amounts to for who wants a particular thing: the unseen one may be that
    /// one, which is a symbol for each such argument. `None` where nothing unseen is in the way, or something else differs.
    pub(crate) fn completed(&self, possession: &Possession) -> Option<(Possession, Cut)> {
        if self.predicate != possession.predicate {
            return None;
        }
        let mut symbols = Cut::new();
        let mut arguments = Vec::with_capacity(possession.arguments.len());
        for (wanted, have) in self.arguments.iter().zip(&possession.arguments) {
            arguments.push(match (wanted, have) {
                (Some(wanted), Value::Unseen { gap, .. }) if wanted != have => {
                    symbols.insert(Atom::Symbol(gap.clone()));
                    wanted.clone()
                }
                (Some(wanted), have) if wanted != have => return None,
                (_, have) => have.clone(),
            });
        }
        (!symbols.is_empty()).then(|| (Possession::new(self.predicate, arguments), symbols))
    }
}

/// The name under which the value of an attribute is bound.
pub(crate) fn attribute_key(variable: &str, attribute: &str) -> Arc<str> {
    Arc::from(format!("{variable}.{attribute}"))
}

/// Database users are compared by name, wherever the name was read.
fn plain(value: Value) -> Value {
    match value {
        Value::Thing(thing) if &*thing.kind == "db.user" => {
            Value::text(thing.id.split_once('/').map_or(&*thing.id, |(_, user)| user))
        }
        other => other,
    }
}

/// Whether a variable that ranges over a kind may have a value.
fn in_range(kind: &str, value: &Value) -> bool {
    match value {
        Value::Thing(thing) => &*thing.kind == kind,
        Value::Text(_) => kind == "db.objects",
        Value::Unseen { .. } => true,
        _ => false,
    }
}

/// Matches a term of a technique with a value (nothing: any), binding its variables.
///
/// Attributes match anything here: what they really are is compared after everything is bound.
pub(crate) fn matches(technique: &Technique, term: &Term, value: Option<&Value>, bindings: &mut Bindings) -> bool {
    let Some(value) = value else { return true };
    match term {
        Term::Variable(name) => match (bindings.get(name), technique.ranges.get(name)) {
            (Some(bound), _) => plain(bound.clone()) == plain(value.clone()),
            // A name of a database user binds no thing; the thing is found by its kind and compared.
            (None, Some(&"db.user")) if matches!(value, Value::Text(_)) => true,
            (None, Some(kind)) if !in_range(kind, value) => false,
            (None, _) => {
                bindings.insert(Arc::clone(name), value.clone());
                true
            }
        },
        Term::Attribute(..) => true,
        Term::Parameter(..) => false,
        Term::Constant(constant) => constant == value,
        Term::Identity { principal, credential, keys } => match value {
            Value::Identity(identity) => {
                identity.credential == *credential
                    && identity.keys == *keys
                    && matches(technique, principal, Some(&identity.principal), bindings)
            }
            _ => false,
        },
        Term::NewInterface { subnet, group } => match value {
            Value::NewInterface { subnet: s, group: g } => {
                matches(technique, subnet, Some(s), bindings) && matches(technique, group, Some(g), bindings)
            }
            _ => false,
        },
        Term::Control(kind, of) => match (value, &**of) {
            (Value::Control(control), _) if control.kind != *kind => false,
            (Value::Control(control), Term::Variable(name)) => match (bindings.get(name), technique.ranges.get(name)) {
                (Some(Value::Thing(bound)), _) => bound.has_control(control),
                (Some(_), _) => false,
                (None, Some(kind)) => match Thing::of_control(control, kind) {
                    Some(thing) => {
                        bindings.insert(Arc::clone(name), Value::Thing(thing));
                        true
                    }
                    None => false,
                },
                (None, None) => true,
            },
            (Value::Control(_), _) => true,
            _ => false,
        },
    }
}

/// Matches all arguments of a pattern.
pub(crate) fn matches_all(
    technique: &Technique,
    pattern: &Pattern,
    predicate: Predicate,
    values: &[Option<Value>],
    bindings: &mut Bindings,
) -> bool {
    pattern.predicate == predicate
        && pattern.arguments.iter().zip(values).all(|(term, value)| matches(technique, term, value.as_ref(), bindings))
}

/// The value of a term whose variables and attributes are bound; nothing while one is not.
pub(crate) fn ground(term: &Term, bindings: &Bindings) -> Option<Value> {
    match term {
        Term::Variable(name) => bindings.get(name).cloned(),
        Term::Attribute(variable, attribute) => bindings.get(&attribute_key(variable, attribute)).cloned(),
        Term::Parameter(..) => None,
        Term::Constant(value) => Some(value.clone()),
        Term::Identity { principal, credential, keys } => Some(Value::Identity(Arc::new(Identity {
            principal: ground(principal, bindings)?,
            credential: *credential,
            keys: keys.clone(),
        }))),
        Term::NewInterface { subnet, group } => Some(Value::NewInterface {
            subnet: Box::new(ground(subnet, bindings)?),
            group: Box::new(ground(group, bindings)?),
        }),
        Term::Control(kind, of) => match ground(of, bindings)? {
            Value::Thing(thing) => Some(Value::Control(super::value::control_of(*kind, &thing))),
            unseen @ Value::Unseen { .. } => Some(unseen),
            _ => None,
        },
    }
}

/// A pattern's possession, if it is ground.
pub(crate) fn possession(pattern: &Pattern, bindings: &Bindings) -> Option<Possession> {
    let arguments = pattern.arguments.iter().map(|term| ground(term, bindings).map(plain_in(pattern.predicate)));
    Some(Possession::new(pattern.predicate, arguments.collect::<Option<_>>()?))
}

fn plain_in(predicate: Predicate) -> fn(Value) -> Value {
    match predicate {
        Predicate::Login | Predicate::DbSession => plain,
        _ => |value| value,
    }
}

/// What a pattern wants, as far as it is bound.
pub(crate) fn demand(pattern: &Pattern, bindings: &Bindings) -> Demand {
    let arguments = pattern.arguments.iter().map(|term| ground(term, bindings).map(plain_in(pattern.predicate)));
    Demand { predicate: pattern.predicate, arguments: arguments.collect() }
}

/// Each way to bind the attributes that these terms read; none where one has no value.
pub(crate) fn with_attributes<'t>(
    terms: impl IntoIterator<Item = &'t Term>,
    bindings: &Bindings,
    asker: &Asker<'_>,
) -> Vec<Bindings> {
    let mut all = vec![bindings.clone()];
    for part in terms.into_iter().flat_map(Term::parts) {
        let Term::Attribute(variable, attribute) = part else { continue };
        let key = attribute_key(variable, attribute);
        let mut next = Vec::new();
        for bindings in all {
            if bindings.contains_key(&key) {
                next.push(bindings);
                continue;
            }
            let Some(of) = bindings.get(variable) else { continue };
            for value in asker.attribute(of, attribute) {
                let mut bound = bindings.clone();
                bound.insert(Arc::clone(&key), value);
                next.push(bound);
            }
        }
        all = next;
    }
    all
}

/// The question of a gate whose variables are bound.
pub(crate) fn question(ask: &Ask, bindings: &Bindings) -> Option<Question> {
    let get = |term: &Term| ground(term, bindings);
    Some(match ask {
        Ask::Reach { from, to, port } => Question::Reach(Reach { from: get(from)?, to: get(to)?, port: get(port)? }),
        Ask::May { who, action, resources, request, from } => Question::May(May {
            who: get(who)?,
            action: Arc::clone(action),
            resources: resources.iter().map(|(kind, of)| Some((Arc::clone(kind), get(of)?))).collect::<Option<_>>()?,
            request: request.clone(),
            from: match from {
                Some(from) => Some(get(from)?),
                None => None,
            },
        }),
        Ask::LogsIn { database, user, from } => {
            Question::LogsIn(LogsIn { database: get(database)?, user: plain(get(user)?), from: get(from)? })
        }
        Ask::Granted { database, user, privilege, object } => Question::Granted(Granted {
            database: get(database)?,
            user: plain(get(user)?),
            privilege: get(privilege)?,
            object: get(object)?,
        }),
        Ask::Setting { name, of } => Question::Setting(Setting { name: *name, of: get(of)? }),
        Ask::Unrecorded { event, who, region } => Question::Unrecorded(Unrecorded {
            event: Event::clone(event),
            who: Some(get(who)?),
            on: match region {
                Some(region) => Some(get(region)?),
                None => None,
            },
        }),
    })
}
