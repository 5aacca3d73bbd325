//! Things that privileges are granted on.

use portcullis_snapshot::Place;

use super::privilege::Privilege;
use super::rows::{Acl, Oid};
use crate::identifier::{arguments_are_plain, dotted, quoted, shown};

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A database.
    Database,
    /// A schema.
    Schema,
    /// A table or partitioned table.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    ForeignTable,
    /// A sequence.
    Sequence,
    /// A column with an ACL of its own.
    Column,
    /// A function, aggregate or window function.
    Function,
    /// A procedure.
    Procedure,
    /// A type or domain.
    Type,
    /// A procedural language.
    Language,
    /// A foreign data wrapper.
    ForeignDataWrapper,
    /// A foreign server.
    ForeignServer,
    /// A tablespace.
    Tablespace,
    /// A server parameter.
    Parameter,
}

impl Kind {
    /// From `relkind`.
    #[must_use]
    pub fn of_relation(relkind: &str) -> Self {
        match relkind {
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "f" => Self::ForeignTable,
            "S" => Self::Sequence,
            _ => Self::Table,
        }
    }

    /// Whether rows are read from it.
    #[must_use]
    pub const fn is_relation(self) -> bool {
        matches!(self, Self::Table | Self::View | Self::MaterializedView | Self::ForeignTable)
    }

    /// Whether it is called.
    #[must_use]
    pub const fn is_routine(self) -> bool {
        matches!(self, Self::Function | Self::Procedure)
    }

    /// Whether naming it takes USAGE on its schema.
    #[must_use]
    pub const fn lies_in_schema(self) -> bool {
        self.is_relation() || self.is_routine() || matches!(self, Self::Sequence | Self::Column | Self::Type)
    }

    /// The kind under which its catalogue's gaps stand.
    #[must_use]
    pub const fn catalogue(self) -> Self {
        match self {
            Self::View | Self::MaterializedView | Self::ForeignTable | Self::Sequence => Self::Table,
            Self::Procedure => Self::Function,
            other => other,
        }
    }

    /// The privileges that exist on it: <https://www.postgresql.org/docs/current/ddl-priv.html>, table 5.2.
    #[must_use]
    pub const fn privileges(self, version: u32) -> &'static [Privilege] {
        use Privilege as P;
        match self {
            Self::Database => &[P::Connect, P::Create, P::Temporary],
            Self::Schema => &[P::Create, P::Usage],
            Self::Table | Self::View | Self::MaterializedView | Self::ForeignTable if version >= 17 => {
                &[P::Delete, P::Insert, P::Maintain, P::References, P::Select, P::Trigger, P::Truncate, P::Update]
            }
            Self::Table | Self::View | Self::MaterializedView | Self::ForeignTable => {
                &[P::Delete, P::Insert, P::References, P::Select, P::Trigger, P::Truncate, P::Update]
            }
            Self::Sequence => &[P::Select, P::Update, P::Usage],
            Self::Column => &[P::Insert, P::References, P::Select, P::Update],
            Self::Function | Self::Procedure => &[P::Execute],
            Self::Type | Self::Language | Self::ForeignDataWrapper | Self::ForeignServer => &[P::Usage],
            Self::Tablespace => &[P::Create],
            Self::Parameter => &[P::AlterSystem, P::Set],
        }
    }

    /// As in `GRANT … ON <this> …`.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Database => "DATABASE",
            Self::Schema => "SCHEMA",
            Self::Table | Self::View | Self::MaterializedView | Self::ForeignTable | Self::Column => "TABLE",
            Self::Sequence => "SEQUENCE",
            Self::Function => "FUNCTION",
            Self::Procedure => "PROCEDURE",
            Self::Type => "TYPE",
            Self::Language => "LANGUAGE",
            Self::ForeignDataWrapper => "FOREIGN DATA WRAPPER",
            Self::ForeignServer => "FOREIGN SERVER",
            Self::Tablespace => "TABLESPACE",
            Self::Parameter => "PARAMETER",
        }
    }

    /// The prefix of its names in matrix files, where parts alone would not tell what is meant.
    #[must_use]
    pub const fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Type => Some("type:"),
            Self::Language => Some("language:"),
            Self::ForeignDataWrapper => Some("wrapper:"),
            Self::ForeignServer => Some("server:"),
            Self::Tablespace => Some("tablespace:"),
            Self::Parameter => Some("parameter:"),
            _ => None,
        }
    }
}

/// One thing with its ACL.
#[derive(Debug, Clone)]
pub struct Object {
    /// What kind.
    pub kind: Kind,
    /// Its database, unless it belongs to the server.
    pub database: Option<String>,
    /// Its schema, where it lies in one; a schema's own name.
    pub schema: Option<String>,
    /// Its name; of a column, the name of its relation.
    pub name: String,
    /// The column.
    pub column: Option<String>,
    /// The arguments of a routine, as the server prints them.
    pub arguments: Option<String>,
    /// Its id; of a column, that of its relation.
    pub oid: Oid,
    /// Its owner; 0 where it has none.
    pub owner: Oid,
    /// Its ACL.
    pub acl: Vec<Acl>,
    /// The extension it belongs to.
    pub extension: Option<String>,
    /// Whether a routine runs with its owner's rights.
    pub security_definer: bool,
    /// Whether a view checks the rights of who asks.
    pub security_invoker: bool,
    /// Where it was read.
    pub place: Place,
}

impl Object {
    pub(crate) fn new(kind: Kind, name: &str, owner: Oid, acl: &[Acl], place: Place) -> Self {
        let mut acl = acl.to_vec();
        acl.sort();
        Self {
            kind,
            database: None,
            schema: None,
            name: name.to_owned(),
            column: None,
            arguments: None,
            oid: 0,
            owner,
            acl,
            extension: None,
            security_definer: false,
            security_invoker: false,
            place,
        }
    }

    pub(crate) fn key(&self) -> impl Ord + use<'_> {
        (&self.database, &self.schema, self.kind, &self.name, &self.column, &self.arguments, &self.place)
    }

    /// The dotted name, as in matrix files.
    #[must_use]
    pub fn shown(&self) -> String {
        let prefix = self.kind.prefix().unwrap_or_default();
        let schema = self.schema.as_deref().filter(|_| self.kind.lies_in_schema());
        let name = (self.kind != Kind::Database).then_some(self.name.as_str());
        let parts = self.database.as_deref().into_iter().chain(schema).chain(name).chain(self.column.as_deref());
        let arguments = self.arguments.as_ref().map_or_else(String::new, |arguments| format!("({arguments})"));
        format!("{prefix}{}{arguments}", dotted(parts))
    }

    /// The name in SQL, in its database; `None` where the rows do not allow a safe one.
    #[must_use]
    pub fn sql_name(&self) -> Option<String> {
        let name = quoted(&self.name);
        let full = match &self.schema {
            Some(schema) if self.kind.lies_in_schema() => format!("{}.{name}", quoted(schema)),
            _ => name,
        };
        match &self.arguments {
            Some(arguments) => arguments_are_plain(arguments).then(|| format!("{full}({arguments})")),
            None => Some(full),
        }
    }

    /// The statement that takes a privilege back. A grant by another role than the owner is revoked as that role.
    #[must_use]
    pub fn revoke(
        &self,
        privilege: Privilege,
        grant_option_only: bool,
        grantee: &str,
        grantor: Option<&str>,
    ) -> Option<String> {
        let option = if grant_option_only { "GRANT OPTION FOR " } else { "" };
        let columns = self.column.as_ref().map_or_else(String::new, |column| format!(" ({})", quoted(column)));
        let sql = format!(
            "REVOKE {option}{}{columns} ON {} {} FROM {grantee};",
            privilege.name(),
            self.kind.sql(),
            self.sql_name()?
        );
        Some(match grantor {
            Some(grantor) => format!("SET ROLE {}; {sql} RESET ROLE;", quoted(grantor)),
            None => sql,
        })
    }

    /// The place of one entry of its ACL.
    #[must_use]
    pub fn entry_place(&self, entry: &Acl) -> Place {
        self.place
            .member("acl")
            .keyed(format_args!("grantee={},grantor={},{}", entry.grantee, entry.grantor, entry.privilege))
    }

    /// The extension, shown.
    #[must_use]
    pub fn of_extension(&self) -> Option<String> {
        self.extension.as_deref().map(shown)
    }
}
