//! The declared matrix: who should be able to do what, as people write it down.
//!
//! ```yaml
//! engine: postgres
//! instances: ["arn:aws:rds:ap-northeast-2:123456789012:db:shop-prod"]
//! mode: authoritative            # whatever is not listed is a difference; `observe` only lists it
//! profiles: {read: [SELECT], write: [SELECT, INSERT, UPDATE, DELETE]}
//! users:
//!   svc_app: {auth: iam, hosts: [10.0.16.0/20], tls: required, member_of: [app_rw], owner: team-shop, review_by: 2027-03-01}
//!   carol:   {auth: scram, grants: [{on: shop.sales.orders, columns: [id, email], allow: read}], execute: ["shop.sales.peek()"]}
//! roles:
//!   app_rw:  {member_of: [app_ro], grants: [{on: shop.sales.*, allow: write}]}
//!   app_ro:  {grants: [{on: shop.sales.*, except: [shop.sales.cards], allow: read, future: true}]}
//! public:    {grants: []}
//! sensitive: [shop.sales.orders.card]
//! ```
//!
//! A grant on something inside a schema implies USAGE on the schema and CONNECT on the database. Names have as many parts
//! as they need (`shop`, `shop.sales`, `shop.sales.orders`); `*` stands for any run of characters, a quoted part stands
//! for itself. `owns`, `admin_of` and `attributes` declare what else a user or role has: objects, the right to grant a
//! role, `superuser` and the like.

mod check;
mod pattern;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use check::{Attribute, CheckedMatrix, Cover, Declared, DeclaredGrant, Problem};
pub use pattern::{Pattern, Shape};

/// A matrix file, as written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// What kind of server.
    pub engine: MatrixEngine,
    /// The ARNs of the servers that it describes.
    #[serde(default)]
    pub instances: Vec<String>,
    /// What a privilege that is not listed means.
    #[serde(default)]
    pub mode: Mode,
    /// Names for sets of privileges.
    #[serde(default)]
    pub profiles: BTreeMap<String, Vec<String>>,
    /// Roles that log in.
    pub users: BTreeMap<String, Account>,
    /// Roles that do not.
    #[serde(default)]
    pub roles: BTreeMap<String, Account>,
    /// What everyone has: never left out, so that nobody forgets it.
    pub public: Public,
    /// Relations and columns whose every reader matters.
    #[serde(default)]
    pub sensitive: Vec<String>,
}

/// The engine that a matrix is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatrixEngine {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
}

/// What a privilege that is not listed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It should not be there.
    #[default]
    Authoritative,
    /// It is shown, and nothing more.
    Observe,
}

/// A user or a role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// How it logs in.
    pub auth: Option<Auth>,
    /// From where; empty: not judged.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Whether its connections must be encrypted.
    pub tls: Option<Tls>,
    /// Roles that it is a member of.
    #[serde(default)]
    pub member_of: Vec<String>,
    /// Roles that it may grant to others.
    #[serde(default)]
    pub admin_of: Vec<String>,
    /// Objects that it owns, and so may do everything with.
    #[serde(default)]
    pub owns: Vec<String>,
    /// Attributes: `superuser`, `create_role`, `create_db`, `replication`, `bypass_rls`.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// Privileges.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Routines that it may call: `shop.sales.peek()`, `shop.sales.*`.
    #[serde(default)]
    pub execute: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When someone looks at it again: `2027-03-01`.
    pub review_by: Option<String>,
}

/// What everyone has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    /// Privileges.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Routines that everyone may call.
    #[serde(default)]
    pub execute: Vec<String>,
}

/// How a user logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A token of IAM.
    Iam,
    /// A client certificate.
    Cert,
    /// A password, over SCRAM.
    Scram,
    /// A password, over MD5 at least.
    Md5,
}

/// Whether connections must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// The server refuses others.
    Required,
    /// Not judged.
    Optional,
}

/// Privileges on what a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// On what.
    pub on: String,
    /// But not on these.
    #[serde(default)]
    pub except: Vec<String>,
    /// On these columns only.
    #[serde(default)]
    pub columns: Vec<String>,
    /// A profile's name, a privilege, or a list of either.
    pub allow: Allow,
    /// Also on what is made later: judged by default privileges.
    #[serde(default)]
    pub future: bool,
    /// Whether it may be granted on.
    #[serde(default)]
    pub grantable: bool,
}

/// One name or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Allow {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Allow {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}
