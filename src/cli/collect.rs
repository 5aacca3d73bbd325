//! `portcullis collect`: the live account as a snapshot.

use super::arguments::CollectArgs;
use super::exit::{ExitStatus, Stop};
use super::{live, source};

pub(super) fn run(args: &CollectArgs) -> Result<ExitStatus, Stop> {
    let summary = live::collect(&args.live, &args.output)?;
    let incomplete = summary.coverage.iter().filter(|call| !call.coverage.is_complete()).count();
    source::note(&format!(
        "{} calls to account {} in {} regions, written to {}",
        summary.calls,
        summary.account,
        summary.regions.len(),
        args.output.display()
    ));
    if incomplete == 0 {
        return Ok(ExitStatus::Clean);
    }
    source::note(&format!("{incomplete} calls have no complete answer; manifest.json names each with its cause"));
    Ok(ExitStatus::Incomplete)
}
