//! What facts and questions are made of: things of the estate, identities, and what the attacker has.
//!
//! The list of predicates is closed (`scenario-semantics`, section 1).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use portcullis_estate::{Control, ControlKind, Gap};

/// A resource of the estate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thing {
    /// Kind, as selectors spell it: `ec2.instance`.
    pub kind: Arc<str>,
    /// Account that owns it.
    pub account: Arc<str>,
    /// Region, or `global`.
    pub region: Arc<str>,
    /// Id in its kind; of a principal `user/minji`, of a database user `shop-db/minji`.
    pub id: Arc<str>,
}

impl Thing {
    /// A thing by its four coordinates.
    #[must_use]
    pub fn new(kind: &str, account: &str, region: &str, id: &str) -> Self {
        Self { kind: Arc::from(kind), account: Arc::from(account), region: Arc::from(region), id: Arc::from(id) }
    }

    /// Whether a control is one of this thing.
    #[must_use]
    pub fn has_control(&self, control: &Control) -> bool {
        control.account == self.account && control.region == self.region && control.resource == self.id
    }

    /// The thing of a kind that a control belongs to, if controls of that name can belong to that kind.
    ///
    /// Principals are told apart by their type, in ids as in controls: `user/minji`.
    #[must_use]
    pub fn of_control(control: &Control, kind: &str) -> Option<Self> {
        if let Some(principal @ ("user" | "role" | "group")) = kind.strip_prefix("iam.")
            && control.resource.split('/').next() != Some(principal)
        {
            return None;
        }
        Some(Self::new(kind, &control.account, &control.region, &control.resource))
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ARNs are long, and their last part is what people call the thing.
        f.write_str(if self.id.starts_with("arn:") {
            self.id.rsplit(['/', ':']).next().unwrap_or(&self.id)
        } else {
            &self.id
        })
    }
}

/// Who signs a request, and what the credential carries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The user or role.
    pub principal: Value,
    /// How it was obtained.
    pub credential: Credential,
    /// Request keys that the credential carries; `None` is a key that is absent for certain.
    pub keys: BTreeMap<Arc<str>, Option<Arc<str>>>,
}

/// The kind of credential; the list is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// A long-lived key of a user; it never carries `aws:MultiFactorAuthPresent`.
    AccessKey,
    /// A console session.
    Console,
    /// Temporary credentials of a role.
    RoleSession,
    /// A token of an identity provider, exchanged for a role.
    WebIdentity,
}

impl Credential {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AccessKey, Self::Console, Self::RoleSession, Self::WebIdentity];

    /// As written in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessKey => "access-key",
            Self::Console => "console",
            Self::RoleSession => "role-session",
            Self::WebIdentity => "web-identity",
        }
    }
}

/// A ground value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Every public address that is not the estate's own.
    Internet,
    /// A resource.
    Thing(Thing),
    /// A name, a number, a privilege, a set of objects.
    Text(Arc<str>),
    /// An identity.
    Identity(Arc<Identity>),
    /// A control.
    Control(Control),
    /// A network interface that the attacker would create.
    NewInterface {
        /// In this subnet.
        subnet: Box<Value>,
        /// With this security group.
        group: Box<Value>,
    },
    /// Something that exists or may exist and was not seen; every gate asked about it rests on the gap.
    Unseen {
        /// Its kind, or the attribute that is missing.
        what: Arc<str>,
        /// Why.
        gap: Gap,
    },
}

impl Value {
    /// A text value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// The thing, if it is one.
    #[must_use]
    pub fn thing(&self) -> Option<&Thing> {
        match self {
            Self::Thing(thing) => Some(thing),
            _ => None,
        }
    }

    /// The gap on which everything about this value rests.
    #[must_use]
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Unseen { gap, .. } => Some(gap),
            Self::Identity(identity) => identity.principal.gap(),
            Self::NewInterface { subnet, group } => subnet.gap().or_else(|| group.gap()),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internet => f.write_str("the internet"),
            Self::Thing(thing) => thing.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Identity(identity) => {
                write!(f, "{}", identity.principal)?;
                match identity.credential {
                    Credential::AccessKey => f.write_str(" (access key"),
                    Credential::Console => f.write_str(" (console"),
                    Credential::RoleSession => f.write_str(" (role session"),
                    Credential::WebIdentity => f.write_str(" (web identity"),
                }?;
                if identity.keys.get("aws:MultiFactorAuthPresent").is_some_and(Option::is_none) {
                    f.write_str(", no MFA")?;
                }
                f.write_str(")")
            }
            Self::Control(control) => control.fmt(f),
            Self::NewInterface { subnet, group } => write!(f, "a new interface in {subnet} with {group}"),
            Self::Unseen { what, .. } => write!(f, "an unseen {what}"),
        }
    }
}

/// The closed list of predicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Predicate {
    /// Can send packets from there.
    Position,
    /// Runs code there.
    Code,
    /// Signs requests as that principal.
    Identity,
    /// Knows a secret.
    Secret,
    /// Knows a login (database, user).
    Login,
    /// Is logged in (database, user).
    DbSession,
    /// Reads, writes or destroys objects (in, objects, access).
    Data,
    /// Can put a control out of the way (control, for).
    Removes,
}

impl Predicate {
    /// As written in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Code => "code",
            Self::Identity => "identity",
            Self::Secret => "secret",
            Self::Login => "login",
            Self::DbSession => "db_session",
            Self::Data => "data",
            Self::Removes => "removes",
        }
    }
}

/// Something that the attacker has: a predicate with ground arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Possession {
    /// What kind of thing it is to have.
    pub predicate: Predicate,
    /// Its arguments, in the predicate's order.
    pub arguments: Vec<Value>,
}

impl Possession {
    /// A possession of these arguments.
    #[must_use]
    pub fn new(predicate: Predicate, arguments: Vec<Value>) -> Self {
        Self { predicate, arguments }
    }

    /// The control of a `removes`, with what it is freed for (nothing: for everything).
    #[must_use]
    pub fn removed(&self) -> Option<(&Control, Option<&Value>)> {
        match (self.predicate, self.arguments.as_slice()) {
            (Predicate::Removes, [Value::Control(control)]) => Some((control, None)),
            (Predicate::Removes, [Value::Control(control), target]) => Some((control, Some(target))),
            _ => None,
        }
    }
}

impl fmt::Display for Possession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.predicate, self.arguments.as_slice()) {
            (Predicate::Position, [place]) => write!(f, "a position in {place}"),
            (Predicate::Code, [workload]) => write!(f, "code on {workload}"),
            (Predicate::Identity, [who]) => write!(f, "the credentials of {who}"),
            (Predicate::Secret, [of]) => write!(f, "the secret {of}"),
            (Predicate::Login, [database, user]) => write!(f, "the login of {user} to {database}"),
            (Predicate::DbSession, [database, user]) => write!(f, "a session of {user} in {database}"),
            (Predicate::Data, [place, objects, access]) => write!(f, "{access} {objects} in {place}"),
            (Predicate::Removes, [control]) => write!(f, "{control} out of the way"),
            (Predicate::Removes, [control, target]) => write!(f, "{control} out of the way for {target}"),
            _ => f.write_str(self.predicate.name()),
        }
    }
}

/// The control of a kind that belongs to a thing.
///
/// A secret names what it belongs to by type as well (`key-pair/office`), as several kinds of things have one.
#[must_use]
pub fn control_of(kind: ControlKind, thing: &Thing) -> Control {
    let resource = match kind {
        ControlKind::Secret => {
            let type_of = thing.kind.rsplit('.').next().unwrap_or(&thing.kind);
            format!("{type_of}/{}", thing.id)
        }
        _ => thing.id.to_string(),
    };
    Control::new(kind, &thing.account, &thing.region, &resource)
}
