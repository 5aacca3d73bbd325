//! What one session can do in one database: every source of a privilege, and whether it can be used there.
//!
//! A privilege on a table is worth nothing without USAGE on its schema and CONNECT on its database; the server's own
//! `has_table_privilege` looks at neither. USAGE may come from another role than the privilege: a statement prepared as
//! one role can be executed as another, and then the schema is not looked up again (the manual says of USAGE that
//! *it is not a completely secure way to prevent object access*). Run on 15.18: PREPARE as the one, EXECUTE as the other.

use std::collections::BTreeMap;

use portcullis_estate::{Fact, Gap};

use super::Catalog;
use super::object::{Kind, Object};
use super::privilege::Privilege;
use super::roles::{By, Graph, Level, Reach, Reached};
use super::rows::{Acl, Oid, PUBLIC, Role};
use crate::identifier::shown;

/// Roles that stand for more than their grants: the manual says of the server-file and program roles that they *could
/// be used to gain superuser-level access*; `rds_superuser` is the administrator of a server of Amazon RDS.
const ADMINISTRATORS: [&str; 4] =
    ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", "rds_superuser"];

/// Where a privilege comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'c> {
    /// No check applies.
    Superuser,
    /// An entry of an ACL.
    Entry(&'c Object, &'c Acl),
    /// A predefined role has it on everything.
    Predefined,
    /// The owner can always grant it to itself.
    Owner(&'c Object),
    /// A role that can make itself whatever it likes.
    Administrator,
}

/// One way to hold one privilege.
#[derive(Debug, Clone)]
pub struct Hold<'c> {
    /// What it takes.
    pub level: Level,
    /// The role that has it, at the end of the chain; PUBLIC for everyone.
    pub role: Oid,
    /// How the session gets there.
    pub reached: Reached,
    /// Where it comes from.
    pub source: Source<'c>,
}

/// Whether something else that is needed is there: CONNECT, USAGE.
#[derive(Debug, Clone)]
pub enum Gate<'c> {
    /// It is, at a level.
    Open(Level, Vec<Hold<'c>>),
    /// It is not, in words.
    Closed(String),
    /// It was not seen.
    Unknown(Gap),
}

/// One session's role in one database.
#[derive(Debug)]
pub struct Access<'c> {
    /// The server.
    pub catalog: &'c Catalog,
    /// The memberships.
    pub graph: Graph<'c>,
    /// Everything that the session reaches.
    pub reach: Reach,
    database: Option<String>,
    connect: Gate<'c>,
    usage: BTreeMap<String, Gate<'c>>,
}

impl<'c> Access<'c> {
    /// A session of `user` in a database, or what a role has on objects of the whole server.
    #[must_use]
    pub fn new(catalog: &'c Catalog, user: Oid, database: Option<&str>) -> Self {
        Self::with_graph(catalog, Graph::new(catalog, database), user, database)
    }

    /// The same over another role graph.
    #[must_use]
    pub fn with_graph(catalog: &'c Catalog, graph: Graph<'c>, user: Oid, database: Option<&str>) -> Self {
        let reach = graph.reach(user);
        let database = database.map(str::to_owned);
        let connect = Gate::Open(Level::Now, Vec::new());
        let mut access = Self { catalog, graph, reach, database, connect, usage: BTreeMap::new() };
        access.connect = access.connect_gate();
        let schemas = catalog.objects.iter().filter(|o| o.kind == Kind::Schema && o.database == access.database);
        access.usage = schemas.map(|schema| (schema.name.clone(), access.usage_gate(schema))).collect();
        access
    }

    /// How the user itself may connect right now; `None` if it may not.
    pub fn connects(&self) -> Result<Option<Hold<'c>>, Gap> {
        match &self.connect {
            Gate::Open(Level::Now, holds) => Ok(holds.first().cloned()),
            Gate::Open(..) | Gate::Closed(_) => Ok(None),
            Gate::Unknown(gap) => Err(gap.clone()),
        }
    }

    /// Whether no check applies to the session now, or after SET ROLE.
    #[must_use]
    pub fn superuser(&self) -> Option<(Oid, &Reached)> {
        self.reach.superuser(&self.graph)
    }

    /// Every source of a privilege on an object, lowest level first. `column` narrows a relation to one column.
    #[must_use]
    pub fn sources(&self, object: &'c Object, column: Option<&'c Object>, privilege: Privilege) -> Vec<Hold<'c>> {
        let mut holds = Vec::new();
        let mut add = |level: Level, role: Oid, reached: &Reached, source: Source<'c>| {
            holds.push(Hold { level: level.max(reached.level), role, reached: reached.clone(), source });
        };
        if let Some((role, reached)) = self.superuser() {
            add(Level::Now, role, reached, Source::Superuser);
        }
        let itself = Reached { level: Level::Now, hops: Vec::new() };
        for of in std::iter::once(object).chain(column) {
            for entry in of.acl.iter().filter(|entry| Privilege::parse(&entry.privilege) == Some(privilege)) {
                if entry.grantee == PUBLIC {
                    add(Level::Now, PUBLIC, &itself, Source::Entry(of, entry));
                } else if let Some(reached) = self.reach.has.get(&entry.grantee) {
                    add(Level::Now, entry.grantee, reached, Source::Entry(of, entry));
                }
            }
        }
        for (role, reached) in &self.reach.has {
            let Some(name) = self.graph.role(*role).map(|role| role.name.as_str()) else { continue };
            if predefined(name, object.kind, privilege) {
                add(Level::Now, *role, reached, Source::Predefined);
            }
            if ADMINISTRATORS.contains(&name) {
                add(Level::AfterGrant, *role, reached, Source::Administrator);
            }
            if *role == object.owner && object.kind.privileges(self.catalog.version).contains(&privilege) {
                add(Level::AfterGrant, *role, reached, Source::Owner(object));
            }
        }
        holds.sort_by_cached_key(|hold| self.rank(hold));
        holds
    }

    fn rank(&self, hold: &Hold<'c>) -> impl Ord + use<'c> {
        let chain = self.reach.chain(&hold.reached, self.catalog);
        let place = match hold.source {
            Source::Entry(object, entry) => Some(object.entry_place(entry)),
            _ => None,
        };
        let public = hold.role == PUBLIC;
        (hold.level, chain.len() + usize::from(public), chain, place, self.catalog.name(hold.role))
    }

    fn connect_gate(&self) -> Gate<'c> {
        let Some(name) = self.database.as_deref() else { return Gate::Open(Level::Now, Vec::new()) };
        let Some(row) = self.catalog.databases.rows.iter().find(|database| database.name == name) else {
            return match &self.catalog.databases.gap {
                Some(gap) => Gate::Unknown(gap.clone()),
                None => Gate::Closed(format!("there is no database {}", shown(name))),
            };
        };
        if !row.allow_connections {
            return Gate::Closed(format!("database {} accepts no connections", shown(name)));
        }
        let Some(object) = self.catalog.find(Kind::Database, Some(name), None, name) else {
            return Gate::Closed(format!("there is no database {}", shown(name)));
        };
        // CONNECT is checked for the user that logs in, before any SET ROLE.
        let mut holds = self.sources(object, None, Privilege::Connect);
        for hold in &mut holds {
            if hold.level == Level::AfterSetRole && matches!(hold.source, Source::Superuser) {
                hold.level = Level::AfterGrant;
            }
        }
        holds.retain(|hold| hold.level != Level::AfterSetRole);
        self.gate(holds, || format!("no CONNECT on database {}", shown(name)))
    }

    fn usage_gate(&self, schema: &'c Object) -> Gate<'c> {
        let holds = self.sources(schema, None, Privilege::Usage);
        self.gate(holds, || format!("no USAGE on schema {}", schema.shown()))
    }

    fn gate(&self, holds: Vec<Hold<'c>>, lacking: impl Fn() -> String) -> Gate<'c> {
        match (holds.first(), self.catalog.membership_gap()) {
            (Some(first), _) => Gate::Open(first.level, holds),
            (None, Some(gap)) => Gate::Unknown(gap),
            (None, None) => Gate::Closed(lacking()),
        }
    }

    /// What else it takes to use an object: CONNECT on its database, USAGE on its schema.
    #[must_use]
    pub fn gates(&self, object: &Object) -> Vec<Gate<'c>> {
        let mut gates = Vec::new();
        if object.kind != Kind::Database && object.database.is_some() {
            gates.push(self.connect.clone());
        }
        if let (true, Some(schema)) = (object.kind.lies_in_schema(), &object.schema) {
            gates.push(
                match (self.usage.get(schema), self.catalog.object_gap(self.database.as_deref(), Kind::Schema)) {
                    (Some(gate), _) => gate.clone(),
                    (None, Some(gap)) => Gate::Unknown(gap),
                    (None, None) => Gate::Closed(format!("schema {} was not read", shown(schema))),
                },
            );
        }
        gates
    }

    /// The lowest level at which an object can be used at all, or what is not known of it; `None` for never.
    pub fn usable(&self, object: &Object) -> Result<Option<Level>, Gap> {
        let mut level = Level::Now;
        let mut unknown = None;
        for gate in self.gates(object) {
            match gate {
                Gate::Open(at, _) => level = level.max(at),
                Gate::Closed(_) => return Ok(None),
                Gate::Unknown(gap) => unknown = Some(gap),
            }
        }
        unknown.map_or(Ok(Some(level)), Err)
    }

    /// The chain and the source of a privilege, as evidence.
    #[must_use]
    pub fn facts(&self, hold: &Hold<'c>, privilege: Privilege) -> Vec<Fact> {
        let catalog = self.catalog;
        let fact = |statement: String, place| Fact::new(catalog.resource.clone(), statement, place);
        let mut facts = Vec::new();
        for hop in &hold.reached.hops {
            let (from, to) = (shown(&catalog.name(hop.from)), shown(&catalog.name(hop.role)));
            let statement = match hop.by {
                By::Inherit => format!("{from} is a member of {to} and inherits it"),
                By::Set => format!("{from} is a member of {to} and may SET ROLE to it"),
                By::Grant => format!("{from} may grant {to} to {}", shown(&catalog.name(self.reach.user))),
            };
            facts.push(fact(statement, hop.place.clone()));
        }
        let role = shown(&catalog.name(hold.role));
        facts.push(match hold.source {
            Source::Superuser => {
                fact(format!("{role} is a superuser: no privilege is checked"), self.graph.place_of(hold.role))
            }
            Source::Entry(object, entry) => fact(
                format!(
                    "{privilege} on {} is granted to {} by {}{}",
                    object.shown(),
                    if entry.grantee == PUBLIC { "PUBLIC".to_owned() } else { role },
                    shown(&catalog.name(entry.grantor)),
                    if entry.grantable { " with grant option" } else { "" }
                ),
                object.entry_place(entry),
            ),
            Source::Predefined => fact(
                format!("the predefined role {role} has {privilege} on everything of that kind"),
                self.graph.place_of(hold.role),
            ),
            Source::Owner(object) => fact(
                format!("{role} owns {} and can grant {privilege} to itself", object.shown()),
                object.place.member("owner"),
            ),
            Source::Administrator => fact(
                format!("{role} is an administrator: its members can give themselves any privilege"),
                self.graph.place_of(hold.role),
            ),
        });
        facts
    }

    /// The chain of names, with PUBLIC at its end where that holds the privilege.
    #[must_use]
    pub fn chain(&self, hold: &Hold<'c>) -> Vec<String> {
        let mut chain = self.reach.chain(&hold.reached, self.catalog);
        if hold.role == PUBLIC {
            chain.push("PUBLIC".to_owned());
        }
        chain
    }

    /// Whether the session has an administrator's role, and how.
    #[must_use]
    pub fn administrator(&self) -> Option<(Oid, &Reached)> {
        self.reach
            .has
            .iter()
            .filter(|(role, _)| {
                self.graph.role(**role).is_some_and(|role| ADMINISTRATORS.contains(&role.name.as_str()))
            })
            .min_by_key(|(role, reached)| (reached.level, reached.hops.len(), self.catalog.name(**role)))
            .map(|(role, reached)| (*role, reached))
    }
}

/// What predefined roles have on everything (<https://www.postgresql.org/docs/current/predefined-roles.html>).
fn predefined(role: &str, kind: Kind, privilege: Privilege) -> bool {
    let data = kind.is_relation() || matches!(kind, Kind::Sequence | Kind::Column);
    match role {
        "pg_read_all_data" => {
            data && privilege == Privilege::Select || kind == Kind::Schema && privilege == Privilege::Usage
        }
        "pg_write_all_data" => {
            data && matches!(privilege, Privilege::Insert | Privilege::Update | Privilege::Delete)
                || kind == Kind::Schema && privilege == Privilege::Usage
        }
        "pg_maintain" => kind.is_relation() && privilege == Privilege::Maintain,
        _ => false,
    }
}

/// Roles of the server itself and of Amazon RDS: known, and no subject of a matrix.
#[must_use]
pub fn is_internal(catalog: &Catalog, role: &Role) -> bool {
    role.name.starts_with("pg_")
        || catalog.rds
            && (role.name == "rdsadmin"
                || role.name.starts_with("rds_")
                || role.name == "rdsrepladmin"
                || role.name == "rdstopmgr")
}
