//! What declarations say of one privilege on one object, and the rows that come of it.

use crate::identifier::{quoted, shown};
use crate::matrix::{Cover, Declared};
use crate::postgres::Catalog;
use crate::postgres::object::{Kind as ObjectKind, Object};
use crate::postgres::privilege::Privilege;

/// The best that some declarations say.
pub(super) fn cover(declared: &[&Declared], catalog: &Catalog, object: &Object, privilege: Privilege) -> Cover {
    if owns(declared, catalog, object) || declared.iter().any(|declared| implies(declared, object, privilege)) {
        return Cover::Yes;
    }
    let grants = declared.iter().flat_map(|declared| &declared.grants);
    grants.map(|grant| grant.covers(object, privilege)).max().unwrap_or(Cover::No)
}

/// Whether a privilege is declared together with the right to grant it on.
pub(super) fn covers_granting(
    declared: &[&Declared],
    catalog: &Catalog,
    object: &Object,
    privilege: Privilege,
) -> bool {
    owns(declared, catalog, object)
        || declared
            .iter()
            .flat_map(|declared| &declared.grants)
            .any(|grant| grant.grantable && grant.covers(object, privilege) == Cover::Yes)
}

/// Whether ownership of an object is declared. What `pg_database_owner` owns belongs to the owner of the database.
pub(super) fn owns(declared: &[&Declared], catalog: &Catalog, object: &Object) -> bool {
    let database = (catalog.name(object.owner) == "pg_database_owner")
        .then(|| object.database.as_deref().and_then(|name| catalog.find(ObjectKind::Database, Some(name), None, name)))
        .flatten();
    declared
        .iter()
        .flat_map(|declared| &declared.owns)
        .any(|pattern| pattern.is_of(object) || database.is_some_and(|database| pattern.is_of(database)))
}

/// A grant inside a schema implies USAGE on it, and any grant inside a database implies CONNECT.
fn implies(declared: &Declared, object: &Object, privilege: Privilege) -> bool {
    let Some(database) = object.database.as_deref() else { return false };
    let schema = match (object.kind, privilege) {
        (ObjectKind::Database, Privilege::Connect) => None,
        (ObjectKind::Schema, Privilege::Usage) => Some(object.name.as_str()),
        _ => return false,
    };
    let grants = declared.grants.iter().map(|grant| &grant.on);
    grants.chain(&declared.owns).any(|pattern| pattern.lies_in(database, schema))
}

/// What a row calls an object: its name, or the extension that brought it.
pub(super) fn row_name(object: &Object) -> String {
    match (&object.extension, &object.database) {
        (Some(extension), Some(database)) => format!("extension:{}.{}", shown(database), shown(extension)),
        _ => object.shown(),
    }
}

/// The grantee in SQL.
pub(super) fn grantee(catalog: &Catalog, role: u32) -> String {
    if role == crate::postgres::rows::PUBLIC { "PUBLIC".to_owned() } else { quoted(&catalog.name(role)) }
}

/// Whose name a REVOKE has to be run under: that of the grantor, unless it is the owner.
pub(super) fn revoker(catalog: &Catalog, object: &Object, grantor: u32) -> Option<String> {
    (grantor != object.owner && object.owner != crate::postgres::rows::PUBLIC).then(|| catalog.name(grantor))
}
