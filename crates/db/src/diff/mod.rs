//! What a server grants, compared with what is declared.
//!
//! Users are judged by what they can effectively do (now, or after SET ROLE), roles and PUBLIC by their direct grants.
//! What a user can do only as everyone can is judged once, under PUBLIC. What cannot be decided is a gap, never a row.

mod cells;
mod direct;
mod future;
mod login;
mod membership;
mod readers;
mod user;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_estate::{Fact, Gap, Row};
use portcullis_snapshot::shapes::databases::Server;
use serde::Serialize;

use crate::identifier::{quoted, shown};
use crate::matrix::{CheckedMatrix, Declared, MatrixEngine, Mode};
use crate::postgres::Catalog;
use crate::postgres::held::is_internal;
use crate::postgres::roles::Level;
use crate::postgres::rows::Role;
use crate::server::{self, Engine};

pub use readers::Reader;

/// What kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Declared and there. One row for each declared name and privilege.
    Match,
    /// There and not declared.
    Extra,
    /// There, though the declaration excepts the object.
    Excepted,
    /// Declared and not there.
    Missing,
    /// A user that is not declared.
    UnknownUser,
    /// A declared user or role that is not there.
    MissingUser,
    /// The server accepts the user from more addresses than declared.
    WiderHost,
    /// The server accepts a weaker login than declared.
    WeakerAuth,
}

/// Whom a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Everyone.
    Public,
    /// A role that does not log in.
    Role,
    /// A role that logs in.
    User,
}

/// One difference, or one match.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// Whether it is about a user, a role or everyone.
    pub subject: Subject,
    /// Its name as it is, unquoted.
    pub user: String,
    /// The object, as in matrix files; the declared name in a match.
    pub object: String,
    /// The privilege, or what else: `OWNER`, `MEMBER`, `ADMIN OPTION`, `LOGIN`, an attribute.
    pub privilege: String,
    /// What kind.
    pub kind: Kind,
    /// How the user comes to it: names of roles, the user first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// What it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The statement that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_to_revoke: Option<String>,
    /// The database in which that statement is run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// How many objects the row stands for.
    pub objects: usize,
    /// What it rests on.
    pub evidence: Vec<Fact>,
}

impl Difference {
    /// The chain as people read it: `svc_app > app_rw > app_ro`.
    #[must_use]
    pub fn chain_text(&self) -> String {
        self.chain.iter().map(|name| shown(name)).collect::<Vec<_>>().join(" > ")
    }

    /// Whether it is a finding in that mode: a match never is, and `observe` only lists.
    #[must_use]
    pub fn is_finding(&self, mode: Mode) -> bool {
        mode == Mode::Authoritative && self.kind != Kind::Match
    }
}

/// A server compared with a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// What the matrix says of privileges that it does not list.
    pub mode: Mode,
    /// Sorted by subject, user, object, privilege and kind.
    pub rows: Vec<Difference>,
    /// Who can read what the matrix calls sensitive, in any way that was seen.
    pub readers: Vec<Reader>,
    /// What was not seen or is not modelled: with any, nothing else is whole.
    pub gaps: BTreeSet<Gap>,
    /// Roles of the server and of its operator, which no matrix lists.
    pub internal: Vec<String>,
}

impl Differences {
    /// The rows that are findings.
    pub fn findings(&self) -> impl Iterator<Item = &Difference> {
        self.rows.iter().filter(|row| row.is_finding(self.mode))
    }

    fn only(mode: Mode, gap: Gap) -> Self {
        Self { mode, rows: Vec::new(), readers: Vec::new(), gaps: BTreeSet::from([gap]), internal: Vec::new() }
    }
}

/// Compares a server's rows with a matrix. The same rows in any order give the same answer.
#[must_use]
pub fn diff(server: &Row<Server>, matrix: &CheckedMatrix) -> Differences {
    match (Engine::of(server), matrix.engine) {
        (Err(gap), _) => Differences::only(matrix.mode, gap),
        (Ok(Engine::MySql), _) => Differences::only(matrix.mode, server::mysql_gap(server)),
        (Ok(Engine::Postgres), MatrixEngine::Postgres) => in_catalog(&Catalog::new(server), matrix),
        (Ok(Engine::Postgres), _) => {
            let what = format!("a matrix of another engine for databases/{}", server.id);
            Differences::only(matrix.mode, Gap::other(what, "the matrix does not fit the server"))
        }
    }
}

/// The same of a catalog that was linked before.
#[must_use]
pub fn in_catalog(catalog: &Catalog, matrix: &CheckedMatrix) -> Differences {
    let mut differ = Differ { catalog, matrix, rows: BTreeMap::new(), gaps: BTreeSet::new() };
    let internal = differ.subjects();
    differ.future();
    let readers = differ.readers();
    differ.catalogue_gaps();
    Differences { mode: matrix.mode, rows: differ.rows.into_values().collect(), readers, gaps: differ.gaps, internal }
}

type Key = (Subject, String, String, String, Kind);

struct Differ<'c> {
    catalog: &'c Catalog,
    matrix: &'c CheckedMatrix,
    rows: BTreeMap<Key, Difference>,
    gaps: BTreeSet<Gap>,
}

impl<'c> Differ<'c> {
    /// Adds a row, or counts one more object in the row that says the same.
    fn add(&mut self, row: Difference) {
        let key = (row.subject, row.user.clone(), row.object.clone(), row.privilege.clone(), row.kind);
        self.rows.entry(key).and_modify(|known| known.objects = known.objects.saturating_add(1)).or_insert(row);
    }

    fn row(
        kind: Kind,
        subject: Subject,
        user: &str,
        object: impl Into<String>,
        privilege: impl Into<String>,
    ) -> Difference {
        Difference {
            subject,
            user: user.to_owned(),
            object: object.into(),
            privilege: privilege.into(),
            kind,
            chain: vec![user.to_owned()],
            level: None,
            sql_to_revoke: None,
            database: None,
            objects: 1,
            evidence: Vec::new(),
        }
    }

    fn role_fact(&self, role: &Role, statement: impl Into<String>) -> Fact {
        let place = self.catalog.roles.place.member("rows").keyed(format_args!("oid={}", role.oid));
        Fact::new(self.catalog.resource.clone(), statement, place)
    }

    fn subjects(&mut self) -> Vec<String> {
        let (catalog, matrix) = (self.catalog, self.matrix);
        let mut internal = Vec::new();
        let nothing: &'c Declared = EMPTY.get_or_init(Declared::default);
        for role in &catalog.roles.rows {
            let (user, group) = (matrix.users.get(&role.name), matrix.roles.get(&role.name));
            match (user, group) {
                (None, None) if is_internal(catalog, role) => internal.push(role.name.clone()),
                (Some(declared), _) => {
                    if !role.can_login {
                        let mut row = Self::row(Kind::Missing, Subject::User, &role.name, "server", "LOGIN");
                        row.evidence.push(self.role_fact(role, "may not log in (NOLOGIN)"));
                        self.add(row);
                    }
                    self.user(role, declared);
                    self.login(role, declared);
                }
                (None, Some(declared)) => {
                    if role.can_login {
                        self.unexpected_login(role, Kind::Extra);
                    }
                    self.role(role, declared);
                }
                (None, None) if role.can_login => self.unexpected_login(role, Kind::UnknownUser),
                (None, None) => self.role(role, nothing),
            }
        }
        if catalog.roles.gap.is_none() {
            let declared = matrix.users.keys().map(|name| (Subject::User, name));
            for (subject, name) in declared.chain(matrix.roles.keys().map(|name| (Subject::Role, name))) {
                if catalog.role(name).is_none() {
                    let mut row = Self::row(Kind::MissingUser, subject, name, "server", "");
                    let statement = format!("there is no role {}", shown(name));
                    row.evidence.push(Fact::new(catalog.resource.clone(), statement, catalog.roles.place.clone()));
                    self.add(row);
                }
            }
        }
        self.public();
        internal.sort();
        internal
    }

    fn unexpected_login(&mut self, role: &Role, kind: Kind) {
        let subject = if kind == Kind::Extra { Subject::Role } else { Subject::User };
        let mut row = Self::row(kind, subject, &role.name, "server", "LOGIN");
        row.level = Some(Level::Now);
        row.sql_to_revoke = Some(format!("ALTER ROLE {} NOLOGIN;", quoted(&role.name)));
        row.evidence.push(self.role_fact(role, format!("{} may log in", shown(&role.name))));
        self.add(row);
    }

    /// Everything that the comparison rests on and that was not seen.
    fn catalogue_gaps(&mut self) {
        let catalog = self.catalog;
        self.gaps.extend(catalog.version_gap.clone());
        self.gaps.extend(catalog.roles.gap.clone());
        self.gaps.extend(catalog.members.gap.clone());
        self.gaps.extend(catalog.databases.gap.clone());
        self.gaps.extend(catalog.gaps.values().cloned());
        for inside in catalog.inside.values() {
            self.gaps.extend(inside.gaps.values().cloned());
            self.gaps.extend(inside.default_acl.gap.clone());
        }
        for database in catalog.unread_databases() {
            self.gaps.insert(Gap::other(
                format_args!("database {} of databases/{}", shown(&database.name), catalog.id),
                "not read yet",
            ));
        }
    }
}

static EMPTY: std::sync::OnceLock<Declared> = std::sync::OnceLock::new();
