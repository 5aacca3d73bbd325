//! Finding a server's rows in the estate, and what it means that they are not there.

use portcullis_estate::{Estate, Gap, Row};
use portcullis_snapshot::shapes::databases::Server;
use portcullis_snapshot::{Coverage, Place};

/// The rows of the server of a database, or why there are none.
///
/// `database` is the identifier of the instance or cluster, as in the file's name.
pub fn find<'e>(estate: &'e Estate, database: &str) -> Result<&'e Row<Server>, Gap> {
    let mut rows = estate.databases.find(database);
    match (rows.next(), rows.next()) {
        (Some((_, row)), None) => Ok(row),
        (Some(_), Some(_)) => Err(Gap::other(
            format_args!("databases/{database}"),
            "several accounts or regions have a database of this name",
        )),
        (None, _) => Err(not_read(estate, database)),
    }
}

/// The gap of a server without rows: refused, failed, or not read yet.
fn not_read(estate: &Estate, database: &str) -> Gap {
    let call = format!("databases/{database}");
    let tried =
        estate.coverage.iter().find(|(_, _, name, coverage)| *name == call && !matches!(coverage, Coverage::NotAsked));
    match tried {
        Some((account, region, name, coverage)) => Gap::call(account, region, name, None, coverage),
        None => Gap::other(format_args!("databases/{database}"), "not read yet"),
    }
}

/// What kind of server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL, also Aurora's.
    Postgres,
    /// MySQL or MariaDB, also Aurora's.
    MySql,
}

impl Engine {
    /// The engine of a server; an unknown one is a gap.
    pub fn of(row: &Row<Server>) -> Result<Self, Gap> {
        match row.data.engine.as_str() {
            "postgres" | "aurora-postgresql" => Ok(Self::Postgres),
            "mysql" | "mariadb" | "aurora-mysql" => Ok(Self::MySql),
            other => Err(Gap::not_modelled(format_args!("grants of `{other}` ({})", row.place))),
        }
    }
}

/// The gap that stands in every answer about a MySQL or MariaDB server.
pub(crate) fn mysql_gap(row: &Row<Server>) -> Gap {
    Gap::not_modelled(format_args!("grants of {} on {}", row.data.engine, row.id))
}

/// The resource that evidence about a server names.
pub(crate) fn resource(row: &Row<Server>) -> String {
    row.data.arn.clone().unwrap_or_else(|| format!("aws/{}/{}/databases/{}", row.account, row.region, row.id))
}

/// The place of a catalogue's rows; those of the whole server stand under the empty name.
pub(crate) fn place_of(row: &Row<Server>, database: &str, catalogue: &str) -> Place {
    row.place.member("catalogues").keyed(database).member(catalogue)
}
