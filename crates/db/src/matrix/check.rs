//! A matrix whose every name and word is understood.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::IpNet;
use serde::Serialize;

use super::pattern::{Pattern, Shape};
use super::{Account, Auth, Grant, Matrix, MatrixEngine, Mode, Tls};
use crate::postgres::object::{Kind, Object};
use crate::postgres::privilege::Privilege;

/// Something wrong in a matrix file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where: `users.carol.grants[0].allow`.
    pub at: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// An attribute of a role that is worth a privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// No check applies.
    Superuser,
    /// Makes and changes roles.
    CreateRole,
    /// Makes databases.
    CreateDb,
    /// Reads everything as a replica.
    Replication,
    /// Row security does not apply.
    BypassRls,
}

impl Attribute {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Superuser, Self::CreateRole, Self::CreateDb, Self::Replication, Self::BypassRls];

    /// As in matrix files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Superuser => "superuser",
            Self::CreateRole => "create_role",
            Self::CreateDb => "create_db",
            Self::Replication => "replication",
            Self::BypassRls => "bypass_rls",
        }
    }

    /// As in SQL.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Superuser => "SUPERUSER",
            Self::CreateRole => "CREATEROLE",
            Self::CreateDb => "CREATEDB",
            Self::Replication => "REPLICATION",
            Self::BypassRls => "BYPASSRLS",
        }
    }
}

/// Privileges on what a pattern stands for.
#[derive(Debug, Clone)]
pub struct DeclaredGrant {
    /// On what.
    pub on: Pattern,
    /// But not on these.
    pub except: Vec<Pattern>,
    /// On these columns only; empty: on the whole.
    pub columns: BTreeSet<String>,
    /// Which.
    pub privileges: BTreeSet<Privilege>,
    /// Also on what is made later.
    pub future: bool,
    /// Whether it may be granted on.
    pub grantable: bool,
}

/// What a declaration says of a privilege on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// Nothing.
    No,
    /// It would be declared, but the object is excepted.
    Excepted,
    /// It is declared.
    Yes,
}

impl DeclaredGrant {
    /// What it says of a privilege on an object.
    #[must_use]
    pub fn covers(&self, object: &Object, privilege: Privilege) -> Cover {
        if !self.privileges.contains(&privilege) || !self.on.is_of(object) {
            return Cover::No;
        }
        let column = object.column.as_deref();
        if !self.columns.is_empty() && !column.is_some_and(|column| self.columns.contains(column)) {
            return Cover::No;
        }
        if self.except.iter().any(|except| except.is_of(object)) { Cover::Excepted } else { Cover::Yes }
    }
}

/// A user, a role, or PUBLIC, as declared.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// How it logs in.
    pub auth: Option<Auth>,
    /// From where; empty: not judged.
    pub hosts: Vec<IpNet>,
    /// Whether TLS must be demanded.
    pub tls: Option<Tls>,
    /// Roles that it is a member of.
    pub member_of: BTreeSet<String>,
    /// Roles that it may grant.
    pub admin_of: BTreeSet<String>,
    /// What it owns.
    pub owns: Vec<Pattern>,
    /// Attributes.
    pub attributes: BTreeSet<Attribute>,
    /// Privileges, those of `execute` among them.
    pub grants: Vec<DeclaredGrant>,
}

/// A matrix whose every name and word is understood.
#[derive(Debug, Clone)]
pub struct CheckedMatrix {
    /// What kind of server.
    pub engine: MatrixEngine,
    /// The ARNs of the servers that it describes.
    pub instances: Vec<String>,
    /// What a privilege that is not listed means.
    pub mode: Mode,
    /// Roles that log in.
    pub users: BTreeMap<String, Declared>,
    /// Roles that do not.
    pub roles: BTreeMap<String, Declared>,
    /// Everyone.
    pub public: Declared,
    /// Relations and columns whose every reader matters.
    pub sensitive: Vec<Pattern>,
}

impl Matrix {
    /// Checks every name and word; all problems at once, in the order of the file's keys.
    pub fn check(&self) -> Result<CheckedMatrix, Vec<Problem>> {
        let mut checker = Checker { matrix: self, problems: Vec::new() };
        checker.profiles();
        let users = checker.accounts("users", &self.users);
        let roles = checker.accounts("roles", &self.roles);
        for name in self.users.keys().filter(|name| self.roles.contains_key(*name)) {
            checker.problem(format!("users.{name}"), "stands under `roles` too".to_owned());
        }
        checker.circles();
        let public =
            Account { grants: self.public.grants.clone(), execute: self.public.execute.clone(), ..Account::default() };
        let public = checker.account("public", &public);
        let mut sensitive = Vec::new();
        for (number, text) in self.sensitive.iter().enumerate() {
            let at = format!("sensitive[{number}]");
            let pattern = checker.pattern(&at, text);
            if pattern.as_ref().is_some_and(|p| !matches!(p.shape, Shape::Relation | Shape::Column)) {
                checker.problem(at, format!("`{text}` names no relation or column"));
            }
            sensitive.extend(pattern);
        }
        if checker.problems.is_empty() {
            let instances = self.instances.clone();
            Ok(CheckedMatrix { engine: self.engine, instances, mode: self.mode, users, roles, public, sensitive })
        } else {
            Err(checker.problems)
        }
    }
}

struct Checker<'m> {
    matrix: &'m Matrix,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn problem(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { at: at.into(), what: what.into() });
    }

    fn pattern(&mut self, at: &str, text: &str) -> Option<Pattern> {
        self.keep(at, Pattern::new(text))
    }

    fn keep<T>(&mut self, at: &str, result: Result<T, String>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(what) => {
                self.problem(at, what);
                None
            }
        }
    }

    fn profiles(&mut self) {
        for (name, privileges) in &self.matrix.profiles {
            let at = format!("profiles.{name}");
            if Privilege::parse(name).is_some() {
                self.problem(&at, "has the name of a privilege");
            }
            for text in privileges.iter().filter(|text| Privilege::parse(text).is_none()) {
                self.problem(&at, format!("`{text}` is no privilege; {}", known_privileges()));
            }
        }
    }

    fn accounts(&mut self, section: &str, accounts: &BTreeMap<String, Account>) -> BTreeMap<String, Declared> {
        accounts
            .iter()
            .map(|(name, account)| (name.clone(), self.account(&format!("{section}.{name}"), account)))
            .collect()
    }

    fn account(&mut self, at: &str, account: &Account) -> Declared {
        let mut declared = Declared { auth: account.auth, tls: account.tls, ..Declared::default() };
        let login = account.auth.is_some() || account.tls.is_some() || !account.hosts.is_empty();
        if at.starts_with("roles.") && login {
            self.problem(at, "a role does not log in: `auth`, `hosts` and `tls` belong to users");
        }
        for (number, text) in account.hosts.iter().enumerate() {
            let net = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
            let at = format!("{at}.hosts[{number}]");
            let net = net.map_err(|_| format!("`{text}` is no address range"));
            declared.hosts.extend(self.keep(&at, net).map(|net| net.trunc()));
        }
        for (key, names) in [("member_of", &account.member_of), ("admin_of", &account.admin_of)] {
            for name in names {
                let known = self.matrix.roles.contains_key(name)
                    || self.matrix.users.contains_key(name)
                    || name.starts_with("pg_")
                    || name.starts_with("rds_");
                if !known {
                    self.problem(format!("{at}.{key}"), format!("`{name}` is not declared under `roles`"));
                }
            }
        }
        declared.member_of = account.member_of.iter().cloned().collect();
        declared.admin_of = account.admin_of.iter().cloned().collect();
        for (number, text) in account.owns.iter().enumerate() {
            let at = format!("{at}.owns[{number}]");
            let pattern =
                if text.contains('(') { self.keep(&at, Pattern::routine(text)) } else { self.pattern(&at, text) };
            declared.owns.extend(pattern);
        }
        for text in &account.attributes {
            if let Some(attribute) = Attribute::ALL.into_iter().find(|attribute| attribute.name() == text) {
                declared.attributes.insert(attribute);
            } else {
                let known = Attribute::ALL.map(Attribute::name).join(", ");
                self.problem(format!("{at}.attributes"), format!("`{text}` is no attribute; there are {known}"));
            }
        }
        for (number, grant) in account.grants.iter().enumerate() {
            declared.grants.extend(self.grant(&format!("{at}.grants[{number}]"), grant));
        }
        for (number, text) in account.execute.iter().enumerate() {
            if let Some(on) = self.keep(&format!("{at}.execute[{number}]"), Pattern::routine(text)) {
                declared.grants.push(DeclaredGrant {
                    on,
                    except: Vec::new(),
                    columns: BTreeSet::new(),
                    privileges: BTreeSet::from([Privilege::Execute]),
                    future: false,
                    grantable: false,
                });
            }
        }
        if account.review_by.as_ref().is_some_and(|date| date.parse::<jiff::civil::Date>().is_err()) {
            self.problem(format!("{at}.review_by"), "is no date; write it as 2027-03-01");
        }
        declared
    }

    fn grant(&mut self, at: &str, grant: &Grant) -> Option<DeclaredGrant> {
        let on = self.pattern(&format!("{at}.on"), &grant.on)?;
        if on.shape == Shape::Column {
            self.problem(format!("{at}.on"), "columns stand under `columns`");
        }
        let mut except = Vec::new();
        for text in &grant.except {
            except.extend(self.pattern(&format!("{at}.except"), text));
        }
        let privileges = self.privileges(&format!("{at}.allow"), grant, &on);
        if !grant.columns.is_empty() && on.shape != Shape::Relation {
            self.problem(format!("{at}.columns"), format!("`{}` has no columns", grant.on));
        }
        if grant.future && !on.is_whole_schema() {
            self.problem(format!("{at}.future"), "needs `on` to stand for a whole schema, as in `shop.sales.*`");
        }
        let columns = grant.columns.iter().cloned().collect();
        Some(DeclaredGrant { on, except, columns, privileges, future: grant.future, grantable: grant.grantable })
    }

    fn privileges(&mut self, at: &str, grant: &Grant, on: &Pattern) -> BTreeSet<Privilege> {
        let mut found = BTreeSet::new();
        for name in grant.allow.names() {
            match (self.matrix.profiles.get(name), Privilege::parse(name)) {
                (Some(profile), _) => found.extend(profile.iter().filter_map(|text| Privilege::parse(text))),
                (None, Some(privilege)) => {
                    found.insert(privilege);
                }
                (None, None) => {
                    self.problem(at, format!("`{name}` is neither a profile nor a privilege; {}", known_privileges()));
                }
            }
        }
        let kinds = if grant.columns.is_empty() { on.shape.kinds() } else { vec![Kind::Column] };
        let exist: BTreeSet<Privilege> = kinds.iter().flat_map(|kind| kind.privileges(18)).copied().collect();
        for privilege in &found {
            if !exist.contains(privilege) {
                self.problem(at, format!("{privilege} does not exist on `{}`", grant.on));
            }
        }
        found
    }

    fn circles(&mut self) {
        for name in self.matrix.roles.keys() {
            let mut seen = BTreeSet::new();
            let mut todo: Vec<&String> =
                self.matrix.roles.get(name).into_iter().flat_map(|role| &role.member_of).collect();
            while let Some(next) = todo.pop() {
                if next == name {
                    self.problem(format!("roles.{name}.member_of"), "leads back to itself");
                    break;
                }
                if seen.insert(next) {
                    todo.extend(self.matrix.roles.get(next).into_iter().flat_map(|role| &role.member_of));
                }
            }
        }
    }
}

fn known_privileges() -> String {
    let names: Vec<&str> = Privilege::ALL.iter().map(|privilege| privilege.name()).collect();
    format!("there are {}", names.join(", "))
}

impl CheckedMatrix {
    /// What a user or role has by its own declaration and by the roles it is declared a member of.
    pub fn with_roles<'m>(&'m self, declared: &'m Declared) -> Vec<&'m Declared> {
        let mut found = vec![declared];
        let mut seen = BTreeSet::new();
        let mut todo: Vec<&String> = declared.member_of.iter().collect();
        while let Some(name) = todo.pop() {
            let role = self.roles.get(name).or_else(|| self.users.get(name));
            if let (true, Some(role)) = (seen.insert(name), role) {
                found.push(role);
                todo.extend(&role.member_of);
            }
        }
        found
    }
}
