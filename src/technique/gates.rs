//! The questions that techniques ask of the engines (`scenario-semantics`, section 2).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use portcullis_estate::failure::FailError;
use portcullis_estate::{Control, Decision, Gap};

use super::value::{Identity, Thing, Value};

/// `reach`: does a connection come about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reach {
    /// Where the packets come from.
    pub from: Value,
    /// Where they go.
    pub to: Value,
    /// TCP port.
    pub port: Value,
}

/// `may`: is a request allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct May {
    /// Who signs it.
    pub who: Value,
    /// The action, `service:Name`.
    pub action: Arc<str>,
    /// One resource for each resource type that the action requires.
    pub resources: BTreeMap<Arc<str>, Value>,
    /// Request parameters that are condition keys; `None` is absent.
    pub request: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// Where the request comes from; nothing: from the internet.
    pub from: Option<Value>,
}

/// `logs_in`: does the server accept that login from there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogsIn {
    /// The database.
    pub database: Value,
    /// The database user.
    pub user: Value,
    /// Where the connection comes from.
    pub from: Value,
}

/// `granted`: may the session do it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Granted {
    /// The database.
    pub database: Value,
    /// The database user.
    pub user: Value,
    /// The privilege.
    pub privilege: Value,
    /// The objects.
    pub object: Value,
}

/// `setting`: is a named setting as stated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Setting {
    /// Which setting.
    pub name: SettingName,
    /// Of what.
    pub of: Value,
}

macro_rules! settings {
    ($($(#[$meta:meta])* $name:ident = $text:literal of $kind:literal : $words:literal,)*) => {
        /// The closed list of settings that a technique may ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SettingName { $($(#[$meta])* $name,)* }

        impl SettingName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As written in files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The kind of resource that has it.
            #[must_use]
            pub const fn kind(self) -> &'static str {
                match self { $(Self::$name => $kind,)* }
            }

            const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }
        }
    };
}

settings! {
    /// Another account, or everyone, may restore the snapshot.
    SnapshotShared = "snapshot-shared" of "rds.snapshot": "is shared with a foreign account or with everyone",
    /// Whoever receives the snapshot can decrypt it.
    SnapshotReadableAbroad = "snapshot-readable-abroad" of "rds.snapshot": "can be decrypted by a foreign account",
    /// A snapshot of the database, once shared, can be decrypted by whoever receives it.
    DatabaseCopyReadableAbroad = "database-copy-readable-abroad" of "rds.instance":
        "gives snapshots that a foreign account can decrypt",
}

/// `unrecorded`: would nothing record it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unrecorded {
    /// What is done: an API call, or traffic that only a log would show.
    pub event: Event,
    /// Who does it, for an API call.
    pub who: Option<Value>,
    /// What it is done to.
    pub on: Option<Value>,
}

/// Something that a trail or log may record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// An API call, `service:Name`.
    Call(Arc<str>),
    /// A connection, seen only by flow logs.
    Connection,
    /// A statement in a database, seen only by its own log.
    DatabaseStatement,
    /// A login on a host, seen only by its own log.
    HostLogin,
}

/// One question to an engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// See [`Reach`].
    Reach(Reach),
    /// See [`May`].
    May(May),
    /// See [`LogsIn`].
    LogsIn(LogsIn),
    /// See [`Granted`].
    Granted(Granted),
    /// See [`Setting`].
    Setting(Setting),
    /// See [`Unrecorded`].
    Unrecorded(Unrecorded),
}

impl Question {
    /// The values that it is about.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let values: Vec<&Value> = match self {
            Self::Reach(q) => vec![&q.from, &q.to, &q.port],
            Self::May(q) => std::iter::once(&q.who).chain(q.resources.values()).chain(q.from.as_ref()).collect(),
            Self::LogsIn(q) => vec![&q.database, &q.user, &q.from],
            Self::Granted(q) => vec![&q.database, &q.user, &q.privilege, &q.object],
            Self::Setting(q) => vec![&q.of],
            Self::Unrecorded(q) => q.who.iter().chain(q.on.iter()).collect(),
        };
        values.into_iter()
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reach(q) => write!(f, "{} reaches {} on tcp/{}", q.from, q.to, q.port),
            Self::May(q) => {
                write!(f, "{} may {}", q.who, q.action)?;
                for (index, resource) in q.resources.values().enumerate() {
                    write!(f, "{}{resource}", if index == 0 { " on " } else { " and " })?;
                }
                Ok(())
            }
            Self::LogsIn(q) => write!(f, "{} accepts {} from {}", q.database, q.user, q.from),
            Self::Granted(q) => write!(f, "{} may {} {} in {}", q.user, q.privilege, q.object, q.database),
            Self::Setting(q) => write!(f, "{} {}", q.of, q.name.words()),
            Self::Unrecorded(q) => match &q.event {
                Event::Call(action) => write!(f, "nothing records {action}"),
                Event::Connection => f.write_str("no flow log records the connection"),
                Event::DatabaseStatement => f.write_str("no database log records the statement"),
                Event::HostLogin => f.write_str("no log records the login on the host"),
            },
        }
    }
}

/// The members of a kind, and what may be missing from the list.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Those that were seen, in canonical order.
    pub things: Vec<Thing>,
    /// Why there may be more.
    pub incomplete: Option<Gap>,
}

/// An attribute of a thing.
#[derive(Debug, Clone)]
pub enum Attribute {
    /// Its values; several only where a technique may use any one (the subnets of a subnet group).
    Known(Vec<Value>),
    /// It has none.
    Absent,
    /// It was not seen.
    Unknown(Gap),
}

/// What the attack graph asks. An engine's answer is a pure function of one estate.
///
/// Values that were not seen never get here: the caller answers such questions itself.
pub trait Engines {
    /// Does a connection come about.
    fn reach(&self, question: &Reach) -> Decision;
    /// Is the request allowed.
    fn may(&self, question: &May) -> Decision;
    /// Does the server accept the login.
    fn logs_in(&self, question: &LogsIn) -> Decision;
    /// May the session do it.
    fn granted(&self, question: &Granted) -> Decision;
    /// Is the setting as stated.
    fn setting(&self, question: &Setting) -> Decision;
    /// Would nothing record it; its blockers are the trails and logs that do.
    fn unrecorded(&self, question: &Unrecorded) -> Decision;
    /// All things of a kind.
    fn things(&self, kind: &str) -> Listing;
    /// An attribute from the closed table in [`super::vocabulary`].
    fn attribute(&self, of: &Thing, name: &str) -> Attribute;
    /// The engines over the estate in which these controls have failed.
    fn after(&self, failed: &BTreeSet<Control>) -> Result<Box<dyn Engines + '_>, FailError>;
    /// Actions that change something, that the identity holds on the things and that are not among `used`.
    fn held_actions(&self, who: &Identity, on: &BTreeSet<Thing>, used: &BTreeSet<Arc<str>>) -> BTreeSet<String> {
        let _ = (who, on, used);
        BTreeSet::new()
    }
}
