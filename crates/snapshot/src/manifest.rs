//! `manifest.json`: when, by whom and how completely a snapshot was collected.

use serde::{Deserialize, Serialize};

use crate::coverage::Coverage;

/// The newest manifest version that this program writes and reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The contents of `manifest.json`; a dump made by hand has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// Version of the program that wrote it.
    pub tool_version: String,
    /// RFC 3339 time at which collecting began: *now* for every rule.
    pub collected_at: String,
    /// Accounts, sorted.
    pub accounts: Vec<String>,
    /// Regions that were asked, sorted.
    pub regions: Vec<String>,
    /// ARN of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Whether an endpoint override was in force (`AWS_ENDPOINT_URL`), so not AWS itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub endpoint_override: bool,
    /// Calls whose answer is not complete as a whole, sorted; what is not listed and has a file is complete.
    #[serde(default)]
    pub coverage: Vec<CallCoverage>,
}

/// Coverage of one operation that has no file, or whose file is not whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallCoverage {
    /// Account asked.
    pub account: String,
    /// Region asked, or `global`.
    pub region: String,
    /// Service in the CLI's spelling.
    pub service: String,
    /// Operation in the CLI's spelling.
    pub operation: String,
    /// The state, with the error code.
    pub coverage: Coverage,
}
