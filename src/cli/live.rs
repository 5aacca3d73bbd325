//! Reading the live account: progress on a terminal, and the kept snapshot.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use portcullis_collect::{AssumeRole, CollectError, Options, Progress, Summary};
use portcullis_snapshot::Snapshot;

use super::arguments::LiveArgs;
use super::exit::Stop;
use super::source;

/// A bar on a terminal; nothing elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} calls  {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn ahead(&self, calls: usize) {
        self.0.inc_length(calls as u64);
    }

    fn done(&self, call: &str, region: &str) {
        self.0.inc(1);
        self.0.set_message(format!("{region} {call}"));
    }
}

/// Collects the live account; the snapshot is kept for the commands that come after.
pub(crate) fn snapshot(args: &LiveArgs) -> Result<Snapshot, Stop> {
    if args.no_keep {
        let folder = tempfile::tempdir().map_err(Stop::failure)?;
        let path = folder.path().join("live.ndjson.zst");
        collect(args, &path)?;
        // Read whole before the folder goes.
        let bytes = std::fs::read(&path).map_err(Stop::failure)?;
        return Snapshot::from_archive(&bytes, "live account").map_err(Stop::failure);
    }
    let path = source::last_kept().map_err(Stop::failure)?;
    collect(args, &path)?;
    Snapshot::open(&path).map_err(Stop::failure)
}

/// Collects the live account into `target`.
pub(crate) fn collect(args: &LiveArgs, target: &Path) -> Result<Summary, Stop> {
    let mut options = Options::new(target, jiff::Timestamp::now());
    options.regions.clone_from(&args.regions);
    options.jobs = args.jobs.max(1);
    options.profile.clone_from(&args.profile);
    options.last_accessed = args.last_accessed;
    env!("CARGO_PKG_VERSION").clone_into(&mut options.tool_version);
    options.assume_role = args.assume_role.as_ref().map(|arn| AssumeRole {
        arn: arn.clone(),
        external_id: args.external_id.clone(),
        mfa: args.mfa_serial.clone().map(|serial| (serial, Arc::new(ask_code) as _)),
    });
    let bar = Bar::new();
    let result = portcullis_collect::run(&options, &bar);
    bar.0.finish_and_clear();
    result.map_err(|error| match error {
        CollectError::RegionNotEnabled { .. } => Stop::usage(error),
        other => Stop::failure(other),
    })
}

/// Asks for the code of an MFA device on the terminal.
fn ask_code(serial: &str) -> std::io::Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(std::io::Error::other("the MFA code is asked for on a terminal, and standard input is none"));
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "MFA code of {serial}: ")?;
    stderr.flush()?;
    let mut code = String::new();
    std::io::stdin().read_line(&mut code)?;
    Ok(code.trim().to_owned())
}
