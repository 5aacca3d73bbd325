//! Default privileges: what objects made later will grant.

use std::collections::BTreeSet;

use portcullis_estate::{Fact, Gap};

use super::{Differ, Kind, Subject};
use crate::identifier::{dotted, quoted, shown};
use crate::matrix::{Declared, DeclaredGrant};
use crate::postgres::Inside;
use crate::postgres::held::{Access, is_internal};
use crate::postgres::object::{Kind as ObjectKind, Object};
use crate::postgres::privilege::Privilege;
use crate::postgres::roles::Level;
use crate::postgres::rows::{Acl, DefaultAcl, Oid, PUBLIC};

impl<'c> Differ<'c> {
    /// Judges default privileges, both ways.
    pub(super) fn future(&mut self) {
        let catalog = self.catalog;
        for (database, inside) in &catalog.inside {
            for row in &inside.default_acl.rows {
                for entry in &row.acl {
                    self.future_entry(database, inside, row, entry);
                }
            }
            if inside.default_acl.gap.is_none() {
                let matrix = self.matrix;
                let subjects = matrix.users.iter().map(|(name, declared)| (Subject::User, name.as_str(), declared));
                let subjects = subjects
                    .chain(matrix.roles.iter().map(|(name, declared)| (Subject::Role, name.as_str(), declared)));
                for (subject, name, declared) in subjects.chain([(Subject::Public, "PUBLIC", &matrix.public)]) {
                    for grant in declared.grants.iter().filter(|grant| grant.future) {
                        self.missing_future(database, inside, subject, name, grant);
                    }
                }
            }
        }
    }

    fn declared_of(&self, oid: Oid) -> Option<(Subject, Option<&'c Declared>)> {
        let matrix = self.matrix;
        if oid == PUBLIC {
            return Some((Subject::Public, Some(&matrix.public)));
        }
        let role = self.catalog.roles.rows.iter().find(|role| role.oid == oid)?;
        if let Some(declared) = matrix.users.get(&role.name) {
            return Some((Subject::User, Some(declared)));
        }
        if is_internal(self.catalog, role) {
            return None;
        }
        let subject = if role.can_login { Subject::User } else { Subject::Role };
        Some((subject, matrix.roles.get(&role.name)))
    }

    fn future_entry(&mut self, database: &str, inside: &Inside, row: &DefaultAcl, entry: &Acl) {
        let catalog = self.catalog;
        // What the maker keeps for itself is ownership, judged on the object; a global row repeats the built-in default.
        if entry.grantee == row.role || is_built_in(row, entry) {
            return;
        }
        let Some((subject, declared)) = self.declared_of(entry.grantee) else { return };
        let schema = inside.schemas.get(&row.schema).cloned();
        if row.schema != 0 && schema.is_none() {
            let what = format!("no schema with oid {}", row.schema);
            self.gaps.insert(Gap::other(&inside.default_acl.place, what));
            return;
        }
        let allowed = Privilege::parse(&entry.privilege).is_some_and(|privilege| {
            declared.is_some_and(|declared| {
                declared.grants.iter().any(|grant| {
                    grant.future
                        && grant.privileges.contains(&privilege)
                        && schema.as_deref().is_some_and(|schema| grant.on.lies_in(database, Some(schema)))
                })
            })
        });
        if allowed {
            return;
        }
        let name = catalog.name(entry.grantee);
        let object = future_name(database, schema.as_deref(), &row.kind, &catalog.name(row.role));
        let mut out = Self::row(Kind::Extra, subject, &name, object.clone(), entry.privilege.clone());
        out.database = Some(database.to_owned());
        let scope = schema.as_ref().map_or_else(String::new, |schema| format!(" IN SCHEMA {}", quoted(schema)));
        let to = if entry.grantee == PUBLIC { "PUBLIC".to_owned() } else { quoted(&name) };
        out.sql_to_revoke = Privilege::parse(&entry.privilege).zip(kind_sql(&row.kind)).map(|(privilege, kind)| {
            let maker = quoted(&catalog.name(row.role));
            format!("ALTER DEFAULT PRIVILEGES FOR ROLE {maker}{scope} REVOKE {privilege} ON {kind} FROM {to};")
        });
        let place = inside
            .default_acl
            .place
            .member("rows")
            .keyed(format_args!("role={},schema={},kind={}", row.role, row.schema, row.kind));
        let place = place.member("acl").keyed(format_args!("grantee={},{}", entry.grantee, entry.privilege));
        let statement = format!("{object} will grant {} to {}", entry.privilege, shown(&name));
        out.evidence.push(Fact::new(catalog.resource.clone(), statement, place));
        self.add(out);
    }

    /// Every role that can make objects in the schema needs the declared default privileges.
    fn missing_future(&mut self, database: &str, inside: &Inside, subject: Subject, name: &str, grant: &DeclaredGrant) {
        let catalog = self.catalog;
        let grantee = if subject == Subject::Public { Some(PUBLIC) } else { catalog.role(name).map(|role| role.oid) };
        let Some(grantee) = grantee else { return };
        for (oid, schema) in inside.schemas.iter().filter(|(_, schema)| grant.on.lies_in(database, Some(schema))) {
            let Some(object) = catalog.find(ObjectKind::Schema, Some(database), Some(schema), schema) else { continue };
            for maker in self.makers(database, object) {
                for privilege in
                    grant.privileges.iter().filter(|p| ObjectKind::Table.privileges(catalog.version).contains(p))
                {
                    let there = inside.default_acl.rows.iter().any(|row| {
                        row.role == maker
                            && row.kind == "r"
                            && (row.schema == 0 || row.schema == *oid)
                            && row
                                .acl
                                .iter()
                                .any(|e| e.grantee == grantee && Privilege::parse(&e.privilege) == Some(*privilege))
                    });
                    let kind = if there { Kind::Match } else { Kind::Missing };
                    let object = future_name(database, Some(schema), "r", &catalog.name(maker));
                    let mut row = Self::row(kind, subject, name, object, privilege.name());
                    row.database = Some(database.to_owned());
                    row.evidence.push(Fact::new(
                        catalog.resource.clone(),
                        format!("{} may make tables in {}", shown(&catalog.name(maker)), dotted([database, schema])),
                        inside.default_acl.place.clone(),
                    ));
                    self.add(row);
                }
            }
        }
    }

    /// Roles that may make objects in a schema; superusers, who may everywhere, only if they already have.
    fn makers(&self, database: &str, schema: &'c Object) -> BTreeSet<Oid> {
        let catalog = self.catalog;
        let mut makers: BTreeSet<Oid> = catalog
            .objects
            .iter()
            .filter(|o| {
                (o.kind.is_relation())
                    && o.database == schema.database
                    && o.schema == schema.schema
                    && o.extension.is_none()
            })
            .map(|object| object.owner)
            .collect();
        for role in catalog.roles.rows.iter().filter(|role| !role.superuser && !is_internal(catalog, role)) {
            let access = Access::new(catalog, role.oid, Some(database));
            if access.sources(schema, None, Privilege::Create).first().is_some_and(|hold| hold.level == Level::Now) {
                makers.insert(role.oid);
            }
        }
        makers
    }
}

/// The defaults for everyone that a global row has to repeat: EXECUTE on functions, USAGE on types.
fn is_built_in(row: &DefaultAcl, entry: &Acl) -> bool {
    row.schema == 0
        && entry.grantee == PUBLIC
        && matches!((row.kind.as_str(), entry.privilege.as_str()), ("f", "EXECUTE") | ("T", "USAGE"))
}

fn future_name(database: &str, schema: Option<&str>, kind: &str, maker: &str) -> String {
    let what = match kind {
        "r" => "tables",
        "S" => "sequences",
        "f" => "functions",
        "T" => "types",
        "n" => "schemas",
        _ => "objects",
    };
    let at = dotted(std::iter::once(database).chain(schema));
    format!("future {what} of {} in {at}", shown(maker))
}

fn kind_sql(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "r" => "TABLES",
        "S" => "SEQUENCES",
        "f" => "FUNCTIONS",
        "T" => "TYPES",
        "n" => "SCHEMAS",
        _ => return None,
    })
}
