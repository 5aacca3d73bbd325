//! `portcullis permissions`: the read-only IAM policy that collecting needs.

use portcullis_snapshot::operations::{OptIn, policy_document};

use super::arguments::PermissionsArgs;
use super::exit::{ExitStatus, Stop};
use super::screen;

pub(super) fn run(args: &PermissionsArgs) -> Result<ExitStatus, Stop> {
    let opted_in: &[OptIn] = if args.last_accessed { &[OptIn::LastAccessed] } else { &[] };
    let text = serde_json::to_string_pretty(&policy_document(opted_in)).map_err(Stop::failure)?;
    screen::print(&format!("{text}\n"))?;
    Ok(ExitStatus::Clean)
}
