//! Where the account comes from: the live account, a recorded one, the embedded one, or the last kept one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use portcullis_estate::{Assumption, Estate, LoadOptions};
use portcullis_snapshot::Snapshot;

use super::arguments::{DemoForm, SourceArgs};
use super::exit::Stop;
use crate::audit::AssumedBy;
use crate::demo;
use crate::project::{FILE_NAME, Project};

/// What a command does when no source is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Default {
    /// Reads the live account.
    Live,
    /// Reads the last kept snapshot.
    LastKept,
}

/// An account ready to be asked.
#[derive(Debug)]
pub(crate) struct Account {
    /// The observed world.
    pub(crate) estate: Estate,
    /// The project file, or an empty project.
    pub(crate) project: Project,
    /// Who declared each assumption in force.
    pub(crate) assumed_by: Vec<AssumedBy>,
}

/// Opens the account that the arguments name.
pub(crate) fn open(args: &SourceArgs, default: Default) -> Result<Account, Stop> {
    let project = project(args)?;
    let (snapshot, kept) = snapshot(args, default)?;
    let mut now = args.now;
    let collected = snapshot.manifest().map(|manifest| manifest.collected_at.clone());
    if now.is_none() && collected.is_none() {
        now = Some(jiff::Timestamp::now());
        note("this dump has no manifest: ages are judged by the clock (`--now` says otherwise)");
    }
    if kept && let Some(at) = collected.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
        note(&format!("using the last kept snapshot, {} old (`--live` reads the account anew)", age(at)));
    }
    let judged = now.or_else(|| collected.as_deref().and_then(|text| text.parse().ok()));
    let today = judged.map_or_else(
        || jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        |at| at.to_zoned(jiff::tz::TimeZone::UTC).date(),
    );
    let assumed_by = assumptions(args, &project, today)?;
    let organization =
        args.org_snapshot.as_deref().map(|path| Snapshot::open(path).map_err(Stop::usage)).transpose()?;
    let options = LoadOptions {
        assume: assumed_by.iter().map(|declared| declared.assumption).collect::<BTreeSet<_>>(),
        now,
        organization,
    };
    let estate = Estate::load(&snapshot, &options).map_err(Stop::usage)?;
    Ok(Account { estate, project, assumed_by })
}

/// Reads the project file that is named, or the one in the working folder, or the embedded one for the demo.
pub(crate) fn project(args: &SourceArgs) -> Result<Project, Stop> {
    if let Some(path) = &args.project {
        return Project::load(path).map_err(Stop::usage);
    }
    if args.demo.is_some() {
        return Project::parse(demo::PROJECT, "demo/portcullis.yaml").map_err(Stop::usage);
    }
    let here = Path::new(FILE_NAME);
    if here.exists() { Project::load(here).map_err(Stop::usage) } else { Ok(Project::default()) }
}

fn snapshot(args: &SourceArgs, default: Default) -> Result<(Snapshot, bool), Stop> {
    if let Some(path) = &args.snapshot {
        return Ok((Snapshot::open(path).map_err(Stop::usage)?, false));
    }
    if let Some(form) = args.demo {
        let archive = match form {
            DemoForm::Sound => demo::SOUND,
            DemoForm::Drifted => demo::DRIFTED,
        };
        return Ok((Snapshot::from_archive(archive, "demo").map_err(Stop::usage)?, false));
    }
    if !args.live && default == Default::LastKept {
        let path = last_kept().map_err(Stop::failure)?;
        if !path.exists() {
            return Err(Stop::usage(anyhow!(
                "no snapshot is kept yet: name one with --snapshot PATH, or use --live or --demo"
            )));
        }
        return Ok((Snapshot::open(&path).map_err(Stop::usage)?, true));
    }
    #[cfg(feature = "aws")]
    return super::live::snapshot(&args.live_args).map(|snapshot| (snapshot, false));
    #[cfg(not(feature = "aws"))]
    Err(Stop::usage(anyhow!(
        "this build has no live collection (feature `aws`): name a source with --snapshot PATH or --demo"
    )))
}

/// The file in which the last collected snapshot is kept.
pub(crate) fn last_kept() -> anyhow::Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or_else(|| anyhow!("no cache folder: set XDG_CACHE_HOME or HOME, or use --no-keep"))?;
    let folder = cache.join("portcullis");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the cache folder `{}`", folder.display()))?;
    Ok(folder.join("last.ndjson.zst"))
}

fn assumptions(args: &SourceArgs, project: &Project, today: Date) -> Result<Vec<AssumedBy>, Stop> {
    let mut declared: Vec<AssumedBy> = Vec::new();
    for entry in &project.assume {
        if entry.expires < today {
            note(&format!(
                "the assumption `{}` expired on {} and is not used (project file, line {})",
                entry.assumption.input(),
                entry.expires,
                entry.line
            ));
            continue;
        }
        declared.push(AssumedBy {
            assumption: entry.assumption,
            by: entry.owner.clone(),
            reason: Some(entry.reason.clone()),
            expires: Some(entry.expires.to_string()),
        });
    }
    let mut add = |assumption: Assumption, option: &str| {
        if !declared.iter().any(|known| known.assumption == assumption) {
            declared.push(AssumedBy { assumption, by: option.to_owned(), reason: None, expires: None });
        }
    };
    for input in &args.assume {
        add(input.parse().map_err(Stop::usage)?, "--assume");
    }
    if args.assume_defaults {
        for assumption in Assumption::ALL {
            add(assumption, "--assume-defaults");
        }
    }
    declared.sort_by_key(|known| known.assumption.input());
    Ok(declared)
}

fn age(at: jiff::Timestamp) -> String {
    let minutes = jiff::Timestamp::now().duration_since(at).as_secs() / 60;
    match minutes {
        ..=0 => "less than a minute".to_owned(),
        1..=119 => format!("{minutes} minutes"),
        120..=2879 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

/// A remark for the person, apart from the results.
pub(crate) fn note(text: &str) {
    use std::io::Write as _;
    // Nothing can be done about a closed stderr.
    let _ = writeln!(std::io::stderr(), "note: {text}");
}
