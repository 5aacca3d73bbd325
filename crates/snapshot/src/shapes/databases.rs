//! Raw rows as read from a database server: `<account>/<region>/databases/<identifier>.json`.
//!
//! The rows stay as the server's catalogues have them; what they mean is the `db` engine's work. A catalogue that could
//! not be read has `{"error": {"code": …}}` in place of its rows.

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
