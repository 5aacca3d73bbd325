//! Raw rows as read from a database server: `<account>/<region>/databases/<identifier>.json`.
//!
//! The rows stay as the server's catalogues have them; what they mean is the `db` engine's work. A catalogue that could
//! not be read has `{"error": {"code": …}}` in place of its rows; one that is not there was not read. Neither is empty.
//!
//! ```json
//! {"engine": "postgres", "version": "15.18",
//!  "catalogues": {
//!    "":     {"roles": {"rows": [{"oid": 16384, "name": "svc_app", …}]}, "hba_rules": {"error": {"code": "42501"}}},
//!    "shop": {"relations": {"rows": [{"oid": 16402, "schema": 16401, "name": "orders", "acl": […], …}]}}}}
//! ```
//!
//! # PostgreSQL (12 to 18)
//!
//! [`POSTGRES`] lists the catalogues with the query of each, which gives one JSON object a row. Object ids are numbers.
//! An `acl` is a list of `{"grantor": oid, "grantee": oid (0: PUBLIC), "privilege": "SELECT", "grantable": false}`; a NULL
//! ACL is replaced by `acldefault` while it is read, because it means the built-in default and not *nothing*
//! (<https://www.postgresql.org/docs/current/ddl-priv.html>). All queries need no more than CONNECT, except
//! `hba_rules` (superuser; denied on RDS).
//!
//! # MySQL and MariaDB
//!
//! One catalogue per table of the schema `mysql`, under the table's name and with the table's own columns, flags as
//! `"Y"`/`"N"`: `user` (never `authentication_string` or `Password`; `has_password` says whether it is set), `db`,
//! `tables_priv`, `columns_priv`, `procs_priv`, `proxies_priv`; on MySQL 8 `global_grants`, `role_edges`,
//! `default_roles`; on MariaDB `roles_mapping`. `variables` has `name` and `value`. All stand under `""`.
//! `information_schema` is never read: it leaves out what the reader may not see, without an error.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::reading::CallError;

/// One server, as read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// `postgres`, `mysql` or `mariadb`.
    pub engine: String,
    /// The server's version string.
    pub version: String,
    /// The ARN of the RDS instance, where it is one.
    #[serde(default)]
    pub arn: Option<String>,
    /// Rows by catalogue, for each database read (`""` for the whole server).
    pub catalogues: BTreeMap<String, BTreeMap<String, Catalogue>>,
}

/// The rows of one catalogue, or why they could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Catalogue {
    /// Rows, each a map from column to value.
    Rows(Vec<serde_json::Map<String, serde_json::Value>>),
    /// The server refused.
    Error(CallError),
}

/// Where a catalogue is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Once; its rows stand under `""`.
    Server,
    /// In every database that accepts connections; its rows stand under the database's name.
    Database,
}

/// One catalogue of PostgreSQL: what a reader fetches.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// Its name in the file.
    pub name: &'static str,
    /// Where it is read.
    pub scope: Scope,
    /// The first major version that has it; older servers get an empty list.
    pub since: u32,
    /// A query of one column of type `jsonb`, one row of the catalogue each.
    pub sql: &'static str,
}

/// An ACL, exploded, with the built-in default in place of NULL.
macro_rules! acl {
    ($acl:literal, $default:literal) => {
        concat!(
            "(SELECT COALESCE(jsonb_agg(jsonb_build_object('grantor', a.grantor::int8, 'grantee', a.grantee::int8, ",
            "'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]') ",
            "FROM pg_catalog.aclexplode(COALESCE(",
            $acl,
            ", ",
            $default,
            ")) a) AS acl"
        )
    };
}

macro_rules! query {
    ($name:literal, $scope:ident, $since:literal, $($part:expr),+ $(,)?) => {
        Query {
            name: $name,
            scope: Scope::$scope,
            since: $since,
            sql: concat!("SELECT pg_catalog.to_jsonb(q) FROM (SELECT ", $($part),+, ") q"),
        }
    };
}

/// Objects of the system's own schemas are left out: every role can read them, and no grant changes that usefully.
macro_rules! own_schemas {
    ($schema:literal) => {
        concat!(
            $schema,
            " NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema') ",
            "OR nspname LIKE 'pg\\_toast%' OR nspname LIKE 'pg\\_temp\\_%')"
        )
    };
}

/// The name of the extension that an object belongs to, or NULL.
macro_rules! extension {
    ($class:literal, $oid:literal) => {
        concat!(
            "(SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid ",
            "WHERE d.classid = '",
            $class,
            "'::pg_catalog.regclass AND d.objid = ",
            $oid,
            " AND d.deptype = 'e' LIMIT 1) AS extension"
        )
    };
}

/// The catalogues of PostgreSQL, in the order in which they are read.
pub const POSTGRES: &[Query] = &[
    // Roles with their attributes; `valid_until` is a time, `infinity` or null.
    query!(
        "roles",
        Server,
        12,
        "r.oid::int8 AS oid, r.rolname AS name, r.rolsuper AS superuser, r.rolinherit AS inherit, ",
        "r.rolcreaterole AS create_role, r.rolcreatedb AS create_db, r.rolcanlogin AS can_login, ",
        "r.rolreplication AS replication, r.rolbypassrls AS bypass_rls, r.rolconnlimit AS connection_limit, ",
        "r.rolvaliduntil AS valid_until FROM pg_catalog.pg_roles r"
    ),
    // Memberships. Before 16 the member's own INHERIT attribute decides, and every membership allows SET ROLE.
    query!(
        "auth_members",
        Server,
        12,
        "m.member::int8 AS member, m.roleid::int8 AS role, m.grantor::int8 AS grantor, m.admin_option AS admin, ",
        "COALESCE((pg_catalog.to_jsonb(m)->>'inherit_option')::bool, r.rolinherit) AS inherit, ",
        "COALESCE((pg_catalog.to_jsonb(m)->>'set_option')::bool, true) AS set ",
        "FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member"
    ),
    // Settings per database (0: all) and role (0: all); values only of those that matter here, others may be secret.
    query!(
        "role_settings",
        Server,
        12,
        "s.setdatabase::int8 AS database, s.setrole::int8 AS role, split_part(c, '=', 1) AS name, ",
        "CASE WHEN split_part(c, '=', 1) IN ('role', 'search_path', 'row_security', 'log_statement', 'pgaudit.log') ",
        "THEN substr(c, strpos(c, '=') + 1) END AS value ",
        "FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) c"
    ),
    query!(
        "databases",
        Server,
        12,
        "d.oid::int8 AS oid, d.datname AS name, d.datdba::int8 AS owner, d.datallowconn AS allow_connections, ",
        acl!("d.datacl", "acldefault('d', d.datdba)"),
        " FROM pg_catalog.pg_database d"
    ),
    query!(
        "tablespaces",
        Server,
        12,
        "t.oid::int8 AS oid, t.spcname AS name, t.spcowner::int8 AS owner, ",
        acl!("t.spcacl", "acldefault('t', t.spcowner)"),
        " FROM pg_catalog.pg_tablespace t"
    ),
    query!(
        "parameters",
        Server,
        15,
        "p.parname AS name, ",
        acl!("p.paracl", "NULL"),
        " FROM pg_catalog.pg_parameter_acl p"
    ),
    query!(
        "settings",
        Server,
        12,
        "s.name, s.setting AS value FROM pg_catalog.pg_settings s WHERE s.name IN ('ssl', 'password_encryption', ",
        "'rds.force_ssl', 'rds.restrict_password_commands', 'row_security', 'log_statement', 'log_connections')"
    ),
    // The host rules in their order. Superusers only unless granted.
    query!(
        "hba_rules",
        Server,
        12,
        "h.line_number AS line, h.type, h.database AS databases, h.user_name AS users, h.address, h.netmask, ",
        "h.auth_method AS method, h.error FROM pg_catalog.pg_hba_file_rules h"
    ),
    query!(
        "schemas",
        Database,
        12,
        "n.oid::int8 AS oid, n.nspname AS name, n.nspowner::int8 AS owner, ",
        acl!("n.nspacl", "acldefault('n', n.nspowner)"),
        " FROM pg_catalog.pg_namespace n WHERE ",
        own_schemas!("n.oid")
    ),
    // Kinds: r table, p partitioned, v view, m materialized view, f foreign table, S sequence.
    query!(
        "relations",
        Database,
        12,
        "c.oid::int8 AS oid, c.relnamespace::int8 AS schema, c.relname AS name, c.relkind AS kind, ",
        "c.relowner::int8 AS owner, c.relrowsecurity AS rls, c.relforcerowsecurity AS force_rls, ",
        "COALESCE((SELECT o.option_value::bool FROM pg_catalog.pg_options_to_table(c.reloptions) o ",
        "WHERE o.option_name = 'security_invoker'), false) AS security_invoker, ",
        "(SELECT i.inhparent::int8 FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition LIMIT 1) ",
        "AS partition_of, ",
        extension!("pg_catalog.pg_class", "c.oid"),
        ", ",
        acl!("c.relacl", "acldefault(CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END, c.relowner)"),
        " FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ",
        own_schemas!("c.relnamespace")
    ),
    // Every column of every relation but sequences; a NULL ACL of a column means no grant of its own.
    query!(
        "columns",
        Database,
        12,
        "t.attrelid::int8 AS relation, t.attnum AS number, t.attname AS name, ",
        acl!("t.attacl", "NULL"),
        " FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid ",
        "WHERE t.attnum > 0 AND NOT t.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ",
        own_schemas!("c.relnamespace")
    ),
    // Kinds: f function, p procedure, a aggregate, w window.
    query!(
        "functions",
        Database,
        12,
        "p.oid::int8 AS oid, p.pronamespace::int8 AS schema, p.proname AS name, ",
        "pg_catalog.pg_get_function_identity_arguments(p.oid) AS arguments, p.prokind AS kind, p.proowner::int8 AS owner, ",
        "p.prosecdef AS security_definer, (SELECT substr(s, 13) FROM unnest(p.proconfig) s WHERE s LIKE 'search\\_path=%') ",
        "AS search_path, (SELECT l.lanname FROM pg_catalog.pg_language l WHERE l.oid = p.prolang) AS language, ",
        extension!("pg_catalog.pg_proc", "p.oid"),
        ", ",
        acl!("p.proacl", "acldefault('f', p.proowner)"),
        " FROM pg_catalog.pg_proc p WHERE ",
        own_schemas!("p.pronamespace")
    ),
    // What objects made later will grant; schema 0 means everywhere. Kinds: r, S, f, T, n (and L from 18).
    query!(
        "default_acl",
        Database,
        12,
        "d.defaclrole::int8 AS role, d.defaclnamespace::int8 AS schema, d.defaclobjtype AS kind, ",
        acl!("d.defaclacl", "NULL"),
        " FROM pg_catalog.pg_default_acl d"
    ),
    query!(
        "extensions",
        Database,
        12,
        "e.oid::int8 AS oid, e.extname AS name, e.extversion AS version, e.extnamespace::int8 AS schema, ",
        "e.extowner::int8 AS owner FROM pg_catalog.pg_extension e"
    ),
    // Row security policies, without their expressions (they may hold data). Role 0 is PUBLIC.
    query!(
        "policies",
        Database,
        12,
        "p.polrelid::int8 AS relation, p.polname AS name, p.polpermissive AS permissive, p.polcmd AS command, ",
        "pg_catalog.to_jsonb(p.polroles::int8[]) AS roles FROM pg_catalog.pg_policy p"
    ),
    // Which relations (column 0: as a whole) a view or materialized view reads.
    query!(
        "view_reads",
        Database,
        12,
        "DISTINCT w.ev_class::int8 AS view, d.refobjid::int8 AS relation, d.refobjsubid AS number ",
        "FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass ",
        "AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> w.ev_class ",
        "JOIN pg_catalog.pg_class v ON v.oid = w.ev_class WHERE w.ev_type = '1' AND ",
        own_schemas!("v.relnamespace")
    ),
    // The default USAGE of PUBLIC on types and trusted languages is left out: only an ACL that someone set is read.
    query!(
        "types",
        Database,
        12,
        "t.oid::int8 AS oid, t.typnamespace::int8 AS schema, t.typname AS name, t.typowner::int8 AS owner, ",
        acl!("t.typacl", "NULL"),
        " FROM pg_catalog.pg_type t WHERE t.typacl IS NOT NULL AND ",
        own_schemas!("t.typnamespace")
    ),
    query!(
        "languages",
        Database,
        12,
        "l.oid::int8 AS oid, l.lanname AS name, l.lanowner::int8 AS owner, l.lanpltrusted AS trusted, ",
        acl!("l.lanacl", "NULL"),
        " FROM pg_catalog.pg_language l WHERE l.lanacl IS NOT NULL"
    ),
    query!(
        "foreign_data_wrappers",
        Database,
        12,
        "f.oid::int8 AS oid, f.fdwname AS name, f.fdwowner::int8 AS owner, ",
        acl!("f.fdwacl", "acldefault('F', f.fdwowner)"),
        " FROM pg_catalog.pg_foreign_data_wrapper f"
    ),
    query!(
        "foreign_servers",
        Database,
        12,
        "s.oid::int8 AS oid, s.srvname AS name, s.srvowner::int8 AS owner, ",
        acl!("s.srvacl", "acldefault('S', s.srvowner)"),
        " FROM pg_catalog.pg_foreign_server s"
    ),
    // Without options: they hold passwords.
    query!(
        "user_mappings",
        Database,
        12,
        "u.srvid::int8 AS server, u.umuser::int8 AS role FROM pg_catalog.pg_user_mappings u"
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn catalogues_have_distinct_names_and_read_no_secret() {
        let mut names = BTreeSet::new();
        for query in POSTGRES {
            assert!(names.insert(query.name), "{} stands twice", query.name);
            for secret in ["pg_authid", "pg_shadow", "passwd", "umoptions", "srvoptions", "rolpassword"] {
                assert!(!query.sql.contains(secret), "{} reads {secret}", query.name);
            }
        }
    }

    #[test]
    fn a_refused_catalogue_reads_back() {
        let text = r#"{"engine": "postgres", "version": "15.18", "catalogues": {"": {"hba_rules": {"error": {"code": "42501"}}}}}"#;
        let server: Server = serde_json::from_str(text).unwrap();
        assert!(matches!(server.catalogues[""]["hba_rules"], Catalogue::Error(_)));
    }
}
