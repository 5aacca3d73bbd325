//! The rows of PostgreSQL's catalogues, typed. Their columns are fixed by the queries in the snapshot's
//! [`POSTGRES`](portcullis_snapshot::shapes::databases::POSTGRES).

use std::collections::BTreeMap;

use portcullis_estate::{Gap, Row};
use portcullis_snapshot::Place;
use portcullis_snapshot::shapes::databases::{Catalogue, Server};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::server::place_of;

/// An object id.
pub type Oid = u32;

/// The grantee of an ACL entry for everyone.
pub const PUBLIC: Oid = 0;

/// The rows of a catalogue that were seen, and why there may be others.
#[derive(Debug, Clone)]
pub struct Seen<T> {
    /// The rows, sorted.
    pub rows: Vec<T>,
    /// Why rows may be missing; `None` if these are all.
    pub gap: Option<Gap>,
    /// Where they were read.
    pub place: Place,
}

/// A role.
#[expect(clippy::struct_excessive_bools, reason = "the columns of the catalogue")]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its id.
    pub oid: Oid,
    /// Whether no check applies to it.
    pub superuser: bool,
    /// Whether it inherits (decides before version 16).
    pub inherit: bool,
    /// CREATEROLE.
    pub create_role: bool,
    /// CREATEDB.
    pub create_db: bool,
    /// LOGIN.
    pub can_login: bool,
    /// REPLICATION.
    pub replication: bool,
    /// BYPASSRLS.
    pub bypass_rls: bool,
    /// When its password expires; other ways to log in are not affected.
    #[serde(default)]
    pub valid_until: Option<String>,
}

/// A membership.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Member {
    /// Who is a member.
    pub member: Oid,
    /// Of which role.
    pub role: Oid,
    /// Who granted it.
    pub grantor: Oid,
    /// Whether the member may grant the role to others and itself.
    pub admin: bool,
    /// Whether the member has the role's privileges without SET ROLE.
    pub inherit: bool,
    /// Whether the member may SET ROLE to it.
    pub set: bool,
}

/// One entry of an exploded ACL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Acl {
    /// To whom; 0 is PUBLIC.
    pub grantee: Oid,
    /// What.
    pub privilege: String,
    /// By whom.
    pub grantor: Oid,
    /// WITH GRANT OPTION.
    pub grantable: bool,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Its id.
    pub oid: Oid,
    /// Its owner.
    pub owner: Oid,
    /// Whether anyone may connect.
    pub allow_connections: bool,
    /// Its ACL.
    pub acl: Vec<Acl>,
}

/// A schema, a type, a language, a wrapper, a foreign server or a tablespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its id.
    pub oid: Oid,
    /// Its schema, where it lies in one.
    #[serde(default)]
    pub schema: Option<Oid>,
    /// Its owner.
    pub owner: Oid,
    /// Its ACL.
    pub acl: Vec<Acl>,
}

/// A table, view or sequence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Its id.
    pub oid: Oid,
    /// Its schema.
    pub schema: Oid,
    /// `r p v m f S`.
    pub kind: String,
    /// Its owner.
    pub owner: Oid,
    /// Whether row security is on.
    #[serde(default)]
    pub rls: bool,
    /// Whether row security applies to the owner too.
    #[serde(default)]
    pub force_rls: bool,
    /// Whether a view checks the rights of who asks, not of its owner.
    #[serde(default)]
    pub security_invoker: bool,
    /// The extension it belongs to.
    #[serde(default)]
    pub extension: Option<String>,
    /// Its ACL.
    pub acl: Vec<Acl>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Column {
    /// Its relation.
    pub relation: Oid,
    /// Its number.
    pub number: i32,
    /// Its name.
    pub name: String,
    /// Its own ACL, on top of the relation's.
    pub acl: Vec<Acl>,
}

/// A function or procedure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its id.
    pub oid: Oid,
    /// Its schema.
    pub schema: Oid,
    /// Its identity arguments, as the server prints them.
    pub arguments: String,
    /// `f p a w`.
    pub kind: String,
    /// Its owner.
    pub owner: Oid,
    /// Whether it runs with its owner's rights.
    pub security_definer: bool,
    /// The `search_path` it sets for itself.
    #[serde(default)]
    pub search_path: Option<String>,
    /// The extension it belongs to.
    #[serde(default)]
    pub extension: Option<String>,
    /// Its ACL.
    pub acl: Vec<Acl>,
}

/// What objects that a role makes later will grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct DefaultAcl {
    /// Whose objects.
    pub role: Oid,
    /// In which schema; 0 is everywhere.
    pub schema: Oid,
    /// `r S f T n`.
    pub kind: String,
    /// What they will grant.
    pub acl: Vec<Acl>,
}

/// What a view reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct ViewRead {
    /// The view.
    pub view: Oid,
    /// The relation it reads.
    pub relation: Oid,
    /// The column; 0 for the relation as a whole.
    pub number: i32,
}

/// A parameter that may be granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its ACL.
    pub acl: Vec<Acl>,
}

/// A server setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A host rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct HbaRule {
    /// Its line: the first that matches decides.
    pub line: u32,
    /// `local`, `host`, `hostssl`, …; null where the line is broken.
    #[serde(default, rename = "type")]
    pub connection: Option<String>,
    /// Databases, or keywords.
    #[serde(default)]
    pub databases: Option<Vec<String>>,
    /// Users, `+groups`, or `all`.
    #[serde(default)]
    pub users: Option<Vec<String>>,
    /// An address, a name, or a keyword.
    #[serde(default)]
    pub address: Option<String>,
    /// The mask of an address.
    #[serde(default)]
    pub netmask: Option<String>,
    /// The method.
    #[serde(default)]
    pub method: Option<String>,
    /// What is wrong with the line.
    #[serde(default)]
    pub error: Option<String>,
}

/// Reads one catalogue.
pub(crate) fn seen<T: DeserializeOwned + Ord>(server: &Row<Server>, database: &str, catalogue: &str) -> Seen<T> {
    let place = place_of(server, database, catalogue);
    let found = server.data.catalogues.get(database).and_then(|of| of.get(catalogue));
    let (rows, gap) = match found {
        None => (Vec::new(), Some(Gap::other(&place, "not read yet"))),
        Some(Catalogue::Error(error)) => {
            (Vec::new(), Some(Gap::other(&place, format_args!("denied ({})", error.code))))
        }
        Some(Catalogue::Rows(raw)) => {
            let mut rows = Vec::new();
            let mut broken = None;
            for row in raw {
                match serde_json::from_value(Value::Object(row.clone())) {
                    Ok(row) => rows.push(row),
                    // The smallest text, so that the order of the rows does not show.
                    Err(error) => broken = std::cmp::min(broken.or(Some(error.to_string())), Some(error.to_string())),
                }
            }
            (rows, broken.map(|why| Gap::other(&place, format_args!("a row that cannot be used: {why}"))))
        }
    };
    let mut seen = Seen { rows, gap, place };
    seen.rows.sort();
    seen.rows.dedup();
    seen
}

/// Rows by key.
pub(crate) fn by<K: Ord, T>(rows: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, &T> {
    rows.iter().map(|row| (key(row), row)).collect()
}
