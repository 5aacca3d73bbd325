//! Rows for tests.
//!
//! `shop-15.json` was read from PostgreSQL 15.18 with the queries of the snapshot's `POSTGRES`, as a role that has CONNECT
//! and nothing else; `shop-15.cells.ndjson` is what that server's own privilege functions said, one cell a line:
//! user, object, privilege, held now, held by some role that the user may SET ROLE to. The schema is the fixture of the
//! reference notes: service and read-only roles, a NOINHERIT login, a reader of everything, column grants, a definer
//! function, a BYPASSRLS login, an expired login in `rds_iam`, PUBLIC, a partitioned table, a view, row security, default
//! privileges both ways, a grant option.

use portcullis_db::postgres::Catalog;
use portcullis_estate::loading::LoadOptions;
use portcullis_estate::{Estate, Row};
use portcullis_snapshot::shapes::databases::Server;
use portcullis_snapshot::{FileKey, Snapshot};
use serde_json::{Value, json};

pub(crate) const CELLS: &str = include_str!("../data/shop-15.cells.ndjson");

pub(crate) fn shop() -> Value {
    serde_json::from_str(include_str!("../data/shop-15.json")).unwrap()
}

pub(crate) fn estate(server: Value) -> Estate {
    let key = FileKey::new("123456789012", "ap-northeast-2", "databases", "shop-db");
    let options = LoadOptions { now: Some("2026-11-22T00:00:00Z".parse().unwrap()), ..LoadOptions::default() };
    Estate::load(&Snapshot::from_files(None, vec![(key, server)]), &options).unwrap()
}

pub(crate) fn row(estate: &Estate) -> &Row<Server> {
    estate.databases.first("shop-db").unwrap().1
}

pub(crate) fn catalog(server: Value) -> Catalog {
    Catalog::new(row(&estate(server)))
}

/// Puts an error in the place of a catalogue's rows.
pub(crate) fn deny(server: &mut Value, database: &str, catalogue: &str) {
    server["catalogues"][database][catalogue] = json!({"error": {"code": "42501"}});
}

/// The rows of a catalogue.
pub(crate) fn rows<'v>(server: &'v mut Value, database: &str, catalogue: &str) -> &'v mut Vec<Value> {
    server["catalogues"][database][catalogue]["rows"].as_array_mut().unwrap()
}

/// The row of a name.
pub(crate) fn named<'v>(server: &'v mut Value, database: &str, catalogue: &str, name: &str) -> &'v mut Value {
    rows(server, database, catalogue).iter_mut().find(|row| row["name"] == name).unwrap()
}

pub(crate) fn oid(server: &mut Value, role: &str) -> u64 {
    named(server, "", "roles", role)["oid"].as_u64().unwrap()
}

pub(crate) fn role(oid: u32, name: &str) -> Value {
    json!({"oid": oid, "name": name, "superuser": false, "inherit": true, "create_role": false, "create_db": false,
           "can_login": true, "replication": false, "bypass_rls": false, "valid_until": null})
}

pub(crate) fn entry(grantee: u64, privilege: &str) -> Value {
    json!({"grantee": grantee, "grantor": 10, "privilege": privilege, "grantable": false})
}

/// A server with roles and memberships, and one database with one table that `holder` may read.
pub(crate) fn small(version: &str, roles: &[Value], members: &[Value], holder: u64) -> Value {
    let none = || json!({"rows": []});
    json!({"engine": "postgres", "version": version, "catalogues": {
        "": {"roles": {"rows": roles}, "auth_members": {"rows": members}, "tablespaces": none(), "parameters": none(),
             "settings": none(), "hba_rules": none(), "role_settings": none(),
             "databases": {"rows": [{"oid": 1, "name": "d", "owner": 10, "allow_connections": true, "acl": [entry(0, "CONNECT")]}]}},
        "d": {"schemas": {"rows": [{"oid": 2, "name": "s", "owner": 10, "acl": [entry(0, "USAGE")]}]},
              "relations": {"rows": [{"oid": 3, "schema": 2, "name": "t", "kind": "r", "owner": 10, "acl": [entry(holder, "SELECT")]}]},
              "columns": none(), "functions": none(), "default_acl": none(), "extensions": none(), "policies": none(),
              "view_reads": none(), "types": none(), "languages": none(), "foreign_data_wrappers": none(),
              "foreign_servers": none(), "user_mappings": none()}}})
}

/// Reverses every list of rows and every ACL.
pub(crate) fn shuffled(mut server: Value) -> Value {
    for catalogues in server["catalogues"].as_object_mut().unwrap().values_mut() {
        for catalogue in catalogues.as_object_mut().unwrap().values_mut() {
            let Some(rows) = catalogue.get_mut("rows").and_then(Value::as_array_mut) else { continue };
            rows.reverse();
            for row in rows {
                if let Some(acl) = row.get_mut("acl").and_then(Value::as_array_mut) {
                    acl.reverse();
                }
            }
        }
    }
    server
}
