//! Terms, patterns and techniques after they have been checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_estate::ControlKind;

use super::gates::{Event, SettingName};
use super::value::{Credential, Predicate, Value};

/// A term: what stands in an argument of a fact or gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// `$db`
    Variable(Arc<str>),
    /// `$db.port`: the variable and the attribute.
    Attribute(Arc<str>, Arc<str>),
    /// `$params.bastion`, or an attribute of its members.
    Parameter(Arc<str>, Option<Arc<str>>),
    /// A value as it is.
    Constant(Value),
    /// An identity, written out.
    Identity {
        /// The user or role.
        principal: Box<Term>,
        /// How it was obtained.
        credential: Credential,
        /// Keys that it carries.
        keys: BTreeMap<Arc<str>, Option<Arc<str>>>,
    },
    /// A new interface.
    NewInterface {
        /// Its subnet.
        subnet: Box<Term>,
        /// Its security group.
        group: Box<Term>,
    },
    /// A control of a thing.
    Control(ControlKind, Box<Term>),
}

impl Term {
    /// This term and those inside it.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Identity { principal, .. } => [vec![self], principal.parts()].concat(),
            Self::NewInterface { subnet, group } => [vec![self], subnet.parts(), group.parts()].concat(),
            Self::Control(_, of) => [vec![self], of.parts()].concat(),
            _ => vec![self],
        }
    }
}

/// A fact with terms in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Its predicate.
    pub predicate: Predicate,
    /// Its arguments, in the predicate's order.
    pub arguments: Vec<Term>,
}

/// What the engines must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate<Q> {
    /// One of these.
    Any(Vec<Gate<Q>>),
    /// All of these.
    All(Vec<Gate<Q>>),
    /// A question.
    Ask(Q),
}

impl<Q> Gate<Q> {
    /// The questions, in order.
    pub fn questions(&self) -> Vec<&Q> {
        match self {
            Self::Any(gates) | Self::All(gates) => gates.iter().flat_map(Self::questions).collect(),
            Self::Ask(question) => vec![question],
        }
    }

    /// The same shape over other questions; nothing if one of them cannot be made.
    pub(crate) fn try_map<R>(&self, make: &impl Fn(&Q) -> Option<R>) -> Option<Gate<R>> {
        Some(match self {
            Self::Any(gates) => Gate::Any(gates.iter().map(|gate| gate.try_map(make)).collect::<Option<_>>()?),
            Self::All(gates) => Gate::All(gates.iter().map(|gate| gate.try_map(make)).collect::<Option<_>>()?),
            Self::Ask(question) => Gate::Ask(make(question)?),
        })
    }
}

/// A question with terms in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A connection.
    Reach {
        /// The source.
        from: Term,
        /// The destination.
        to: Term,
        /// The port.
        port: Term,
    },
    /// A request.
    May {
        /// Who signs it.
        who: Term,
        /// The action.
        action: Arc<str>,
        /// Resource type to resource.
        resources: BTreeMap<Arc<str>, Term>,
        /// Request keys.
        request: BTreeMap<Arc<str>, Option<Arc<str>>>,
        /// Where it comes from.
        from: Option<Term>,
    },
    /// A login.
    LogsIn {
        /// The database.
        database: Term,
        /// The user.
        user: Term,
        /// Where the connection comes from.
        from: Term,
    },
    /// A privilege.
    Granted {
        /// The database.
        database: Term,
        /// The user.
        user: Term,
        /// The privilege.
        privilege: Term,
        /// The objects.
        object: Term,
    },
    /// A setting.
    Setting {
        /// Which.
        name: SettingName,
        /// Of what.
        of: Term,
    },
    /// That nothing records it.
    Unrecorded {
        /// The event.
        event: Event,
        /// Who does it.
        who: Term,
        /// The region.
        region: Option<Term>,
    },
}

impl Ask {
    pub(crate) fn terms(&self) -> Vec<&Term> {
        match self {
            Self::Reach { from, to, port } => vec![from, to, port],
            Self::May { who, resources, from, .. } => {
                std::iter::once(who).chain(resources.values()).chain(from.as_ref()).collect()
            }
            Self::LogsIn { database, user, from } => vec![database, user, from],
            Self::Granted { database, user, privilege, object } => vec![database, user, privilege, object],
            Self::Setting { of, .. } => vec![of],
            Self::Unrecorded { who, region, .. } => std::iter::once(who).chain(region.as_ref()).collect(),
        }
    }
}

/// A Horn clause over what the attacker has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// Stable id.
    pub id: Arc<str>,
    /// What is done.
    pub title: String,
    /// ATT&CK ids.
    pub attack: Vec<String>,
    /// Replaced ATT&CK ids.
    pub legacy: Vec<String>,
    /// Follows from what it needs.
    pub implied: bool,
    /// What the attacker must have.
    pub needs: Vec<Pattern>,
    /// Variables that range over a kind.
    pub ranges: BTreeMap<Arc<str>, &'static str>,
    /// What the engines must say.
    pub gates: Gate<Ask>,
    /// What the attacker has afterwards.
    pub gains: Vec<Pattern>,
    /// What may see it.
    pub recorded: Vec<Event>,
}
