//! PostgreSQL: one server's catalogues, linked.
//!
//! Rules after <https://www.postgresql.org/docs/current/ddl-priv.html>,
//! <https://www.postgresql.org/docs/current/role-membership.html> and
//! <https://www.postgresql.org/docs/current/predefined-roles.html>.
//!
//! Out of scope, and said nowhere else: large objects, objects of the system's own schemas (`pg_catalog`,
//! `information_schema`), the databases `template0`, `template1` and `rdsadmin`.

pub mod held;
pub mod hosts;
pub mod object;
pub mod privilege;
pub mod roles;
pub mod rows;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_estate::{Gap, Row};
use portcullis_snapshot::shapes::databases::Server;

use object::{Kind, Object};
use rows::{
    Acl, Column, Database, DefaultAcl, Function, HbaRule, Member, Named, Oid, PUBLIC, Parameter, Relation, Role, Seen,
    Setting, ViewRead, by, seen,
};

/// The oldest and newest major versions whose rules are known here.
const VERSIONS: std::ops::RangeInclusive<u32> = 12..=18;

/// What one database holds beside its objects.
#[derive(Debug)]
pub struct Inside {
    /// Grants on objects that will be made.
    pub default_acl: Seen<DefaultAcl>,
    /// What views read.
    pub view_reads: Seen<ViewRead>,
    /// Names of schemas.
    pub schemas: BTreeMap<Oid, String>,
    /// Names of the columns of each relation.
    pub columns: BTreeMap<Oid, BTreeMap<i32, String>>,
    /// Why objects of each kind may be missing.
    pub gaps: BTreeMap<Kind, Gap>,
}

/// One server.
#[derive(Debug)]
pub struct Catalog {
    /// The identifier of the instance or cluster.
    pub id: String,
    /// Account and region of the file.
    pub owner: (String, String),
    /// What evidence calls the server.
    pub resource: String,
    /// Whether it is a server of Amazon RDS.
    pub rds: bool,
    /// Major version; unknown ones are 0.
    pub version: u32,
    /// Roles.
    pub roles: Seen<Role>,
    /// Memberships.
    pub members: Seen<Member>,
    /// Databases.
    pub databases: Seen<Database>,
    /// Server settings.
    pub settings: Seen<Setting>,
    /// Host rules.
    pub hba: Seen<HbaRule>,
    /// Every object of every database, in canonical order.
    pub objects: Vec<Object>,
    /// Databases that were read.
    pub inside: BTreeMap<String, Inside>,
    /// Why objects of the whole server may be missing.
    pub gaps: BTreeMap<Kind, Gap>,
    /// Why the rules themselves may not fit.
    pub version_gap: Option<Gap>,
    names: BTreeMap<Oid, String>,
}

/// Databases nobody works in.
fn is_internal_database(name: &str) -> bool {
    matches!(name, "template0" | "template1" | "rdsadmin")
}

impl Catalog {
    /// Links the rows of a server.
    #[must_use]
    pub fn new(server: &Row<Server>) -> Self {
        let version =
            server.data.version.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
        let roles: Seen<Role> = seen(server, "", "roles");
        let databases: Seen<Database> = seen(server, "", "databases");
        let settings: Seen<Setting> = seen(server, "", "settings");
        let names: BTreeMap<Oid, String> = roles.rows.iter().map(|role| (role.oid, role.name.clone())).collect();
        let mut catalog = Self {
            id: server.id.to_string(),
            owner: (server.account.to_string(), server.region.to_string()),
            resource: crate::server::resource(server),
            rds: server.data.arn.as_deref().is_some_and(|arn| arn.contains(":rds:"))
                || settings.rows.iter().any(|setting| setting.name.starts_with("rds.")),
            version,
            version_gap: (!VERSIONS.contains(&version))
                .then(|| Gap::not_modelled(format_args!("PostgreSQL `{}` on {}", server.data.version, server.id))),
            members: seen(server, "", "auth_members"),
            hba: seen(server, "", "hba_rules"),
            roles,
            databases,
            settings,
            objects: Vec::new(),
            inside: BTreeMap::new(),
            gaps: BTreeMap::new(),
            names,
        };
        catalog.server_objects(server);
        let read: BTreeSet<String> = server.data.catalogues.keys().filter(|name| !name.is_empty()).cloned().collect();
        for database in &read {
            let inside = catalog.database_objects(server, database);
            catalog.inside.insert(database.clone(), inside);
        }
        catalog.objects.sort_by(|a, b| a.key().cmp(&b.key()));
        catalog
    }

    fn server_objects(&mut self, server: &Row<Server>) {
        for database in &self.databases.rows {
            let place = self.databases.place.member("rows").keyed(format_args!("oid={}", database.oid));
            let mut object = Object::new(Kind::Database, &database.name, database.owner, &database.acl, place);
            object.database = Some(database.name.clone());
            self.objects.push(object);
        }
        if let Some(gap) = &self.databases.gap {
            self.gaps.insert(Kind::Database, gap.clone());
        }
        let tablespaces: Seen<Named> = seen(server, "", "tablespaces");
        for row in &tablespaces.rows {
            let place = tablespaces.place.member("rows").keyed(format_args!("oid={}", row.oid));
            self.objects.push(Object::new(Kind::Tablespace, &row.name, row.owner, &row.acl, place));
        }
        self.gaps.extend(tablespaces.gap.map(|gap| (Kind::Tablespace, gap)));
        if self.version >= 15 {
            let parameters: Seen<Parameter> = seen(server, "", "parameters");
            for row in &parameters.rows {
                let place = parameters.place.member("rows").keyed(format_args!("name={}", row.name));
                self.objects.push(Object::new(Kind::Parameter, &row.name, PUBLIC, &row.acl, place));
            }
            self.gaps.extend(parameters.gap.map(|gap| (Kind::Parameter, gap)));
        }
    }

    fn database_objects(&mut self, server: &Row<Server>, database: &str) -> Inside {
        let schemas: Seen<Named> = seen(server, database, "schemas");
        let schema_names: BTreeMap<Oid, String> = schemas.rows.iter().map(|s| (s.oid, s.name.clone())).collect();
        let relations: Seen<Relation> = seen(server, database, "relations");
        let columns: Seen<Column> = seen(server, database, "columns");
        let functions: Seen<Function> = seen(server, database, "functions");
        let mut gaps = BTreeMap::new();
        // An object whose schema was not seen has no name: it is left out, and its kind has a gap.
        let nameless = |gaps: &mut BTreeMap<Kind, Gap>, kind: Kind, schema: Oid| {
            let gap = schemas
                .gap
                .clone()
                .unwrap_or_else(|| Gap::other(&schemas.place, format_args!("no schema with oid {schema}")));
            gaps.entry(kind).or_insert(gap);
        };
        let new = |kind: Kind, name: &str, owner: Oid, acl: &[Acl], seen_at: &portcullis_snapshot::Place, oid: Oid| {
            let place = seen_at.member("rows").keyed(format_args!("oid={oid}"));
            let mut object = Object::new(kind, name, owner, acl, place);
            object.database = Some(database.to_owned());
            object.oid = oid;
            object
        };
        for row in &schemas.rows {
            let mut object = new(Kind::Schema, &row.name, row.owner, &row.acl, &schemas.place, row.oid);
            object.schema = Some(row.name.clone());
            self.objects.push(object);
        }
        gaps.extend(schemas.gap.clone().map(|gap| (Kind::Schema, gap)));
        for row in &relations.rows {
            let Some(schema) = schema_names.get(&row.schema) else {
                nameless(&mut gaps, Kind::Table, row.schema);
                continue;
            };
            let mut object =
                new(Kind::of_relation(&row.kind), &row.name, row.owner, &row.acl, &relations.place, row.oid);
            object.schema = Some(schema.clone());
            object.extension.clone_from(&row.extension);
            object.security_invoker = row.security_invoker;
            self.objects.push(object);
        }
        gaps.extend(relations.gap.clone().map(|gap| (Kind::Table, gap)));
        let by_oid = by(&relations.rows, |relation| relation.oid);
        let mut column_names: BTreeMap<Oid, BTreeMap<i32, String>> = BTreeMap::new();
        for row in &columns.rows {
            column_names.entry(row.relation).or_default().insert(row.number, row.name.clone());
            let (Some(relation), false) = (by_oid.get(&row.relation), row.acl.is_empty()) else { continue };
            let Some(schema) = schema_names.get(&relation.schema) else { continue };
            let place =
                columns.place.member("rows").keyed(format_args!("relation={},number={}", row.relation, row.number));
            let mut object = Object::new(Kind::Column, &relation.name, relation.owner, &row.acl, place);
            object.database = Some(database.to_owned());
            object.schema = Some(schema.clone());
            object.oid = row.relation;
            object.column = Some(row.name.clone());
            self.objects.push(object);
        }
        gaps.extend(columns.gap.clone().map(|gap| (Kind::Column, gap)));
        for row in &functions.rows {
            let Some(schema) = schema_names.get(&row.schema) else {
                nameless(&mut gaps, Kind::Function, row.schema);
                continue;
            };
            let kind = if row.kind == "p" { Kind::Procedure } else { Kind::Function };
            let mut object = new(kind, &row.name, row.owner, &row.acl, &functions.place, row.oid);
            object.schema = Some(schema.clone());
            object.arguments = Some(row.arguments.clone());
            object.extension.clone_from(&row.extension);
            object.security_definer = row.security_definer;
            self.objects.push(object);
        }
        gaps.extend(functions.gap.clone().map(|gap| (Kind::Function, gap)));
        for (kind, catalogue) in [
            (Kind::Type, "types"),
            (Kind::Language, "languages"),
            (Kind::ForeignDataWrapper, "foreign_data_wrappers"),
            (Kind::ForeignServer, "foreign_servers"),
        ] {
            let found: Seen<Named> = seen(server, database, catalogue);
            for row in &found.rows {
                let schema = row.schema.map(|oid| (oid, schema_names.get(&oid)));
                if let Some((oid, None)) = schema {
                    nameless(&mut gaps, kind, oid);
                    continue;
                }
                let mut object = new(kind, &row.name, row.owner, &row.acl, &found.place, row.oid);
                object.schema = schema.and_then(|(_, name)| name.cloned());
                self.objects.push(object);
            }
            gaps.extend(found.gap.map(|gap| (kind, gap)));
        }
        Inside {
            default_acl: seen(server, database, "default_acl"),
            view_reads: seen(server, database, "view_reads"),
            schemas: schema_names,
            columns: column_names,
            gaps,
        }
    }

    /// The name of a role; PUBLIC and roles that were not seen have one too.
    #[must_use]
    pub fn name(&self, role: Oid) -> String {
        match self.names.get(&role) {
            Some(name) => name.clone(),
            None if role == PUBLIC => "PUBLIC".to_owned(),
            None => format!("oid {role}"),
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.rows.iter().find(|role| role.name == name)
    }

    /// Why a membership may not have been seen; that of a database's owner in `pg_database_owner` is in no list.
    #[must_use]
    pub fn membership_gap(&self) -> Option<Gap> {
        self.members.gap.clone().or_else(|| self.databases.gap.clone())
    }

    /// The value of a server setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.rows.iter().find(|setting| setting.name == name).map(|setting| setting.value.as_str())
    }

    /// Databases that people work in and that were not read.
    pub fn unread_databases(&self) -> impl Iterator<Item = &Database> {
        self.databases.rows.iter().filter(|database| {
            database.allow_connections
                && !is_internal_database(&database.name)
                && !self.inside.contains_key(&database.name)
        })
    }

    /// Why an object of this kind in this database may not have been seen.
    #[must_use]
    pub fn object_gap(&self, database: Option<&str>, kind: Kind) -> Option<Gap> {
        let kind = kind.catalogue();
        match database {
            Some(name) if kind != Kind::Database => match self.inside.get(name) {
                Some(inside) => inside.gaps.get(&kind).cloned(),
                None => Some(Gap::other(format_args!("database {name} of databases/{}", self.id), "not read yet")),
            },
            _ => self.gaps.get(&kind).cloned(),
        }
    }

    /// An object by its parts.
    #[must_use]
    pub fn find(&self, kind: Kind, database: Option<&str>, schema: Option<&str>, name: &str) -> Option<&Object> {
        self.objects.iter().find(|object| {
            object.kind == kind
                && object.database.as_deref() == database
                && object.schema.as_deref() == schema
                && object.name == name
        })
    }
}
