//! From a snapshot to an estate, one file at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis_snapshot::{FileKey, Place, ReadError, Recorded, Snapshot, reading};
use serde_json::Value;

use crate::assumption::Assumption;
use crate::kinds::{Estate, LOADERS, Observed};
use crate::table::{Row, Table};

/// A snapshot from which no estate can be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be used.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The time of collecting cannot be read.
    #[error("`manifest.json`: `collected_at` is not an RFC 3339 time: {0}")]
    Time(jiff::Error),
}

/// What a person declares beside the snapshot.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Inputs that may be assumed where they were not seen.
    pub assume: BTreeSet<Assumption>,
    /// *Now*, instead of the snapshot's `collected_at`.
    pub now: Option<jiff::Timestamp>,
    /// Service and resource control policies collected in the management account; a member account cannot list them.
    pub organization: Option<Snapshot>,
}

impl Estate {
    /// Reads a snapshot whole.
    ///
    /// *Now* is `options.now`, else the manifest's `collected_at`; a dump without either has no `now`, and rules about
    /// ages are unknown until the caller supplies one.
    pub fn load(snapshot: &Snapshot, options: &LoadOptions) -> Result<Self, LoadError> {
        let mut estate = Self { assume: options.assume.clone(), ..Self::default() };
        let mut staged = Staging::default();
        snapshot.visit::<LoadError>(|recorded| stage(&mut estate, &mut staged, &recorded))?;
        if let Some(organization) = &options.organization {
            organization.visit::<LoadError>(|recorded| {
                if recorded.key.service == "organizations" {
                    stage(&mut estate, &mut staged, &recorded)?;
                }
                Ok(())
            })?;
        }
        if let Some(manifest) = snapshot.manifest() {
            estate.coverage.declare(manifest);
            for account in &manifest.accounts {
                estate.accounts.insert(account.clone());
                // A region that was asked counts even if every call in it failed.
                estate.regions.extend(manifest.regions.iter().map(|region| (account.clone(), region.clone())));
            }
            estate.collected_at = Some(manifest.collected_at.parse().map_err(LoadError::Time)?);
        }
        estate.now = options.now.or(estate.collected_at);
        staged.finish(&mut estate);
        Ok(estate)
    }
}

fn stage(estate: &mut Estate, staged: &mut Staging, recorded: &Recorded) -> Result<(), LoadError> {
    let call = recorded.key.call();
    let mut lists = Vec::new();
    for loader in LOADERS.iter().filter(|loader| loader.call == call) {
        (loader.stage)(staged, recorded)?;
        lists.push(loader.list);
    }
    if recorded.key.service == "databases" {
        crate::kinds::stage_database(staged, recorded)?;
    }
    if recorded.key.service != "organizations" {
        estate.accounts.insert(recorded.key.account.clone());
        estate.regions.insert((recorded.key.account.clone(), recorded.key.region.clone()));
    }
    estate.coverage.record(recorded, &lists);
    Ok(())
}

/// Rows of every kind before they are sorted.
pub(crate) type Staging = crate::kinds::Staged;

/// Reads the rows of one kind out of one file.
pub(crate) fn rows_of<T: Observed>(recorded: &Recorded) -> Result<Vec<Row<T>>, ReadError> {
    let key = &recorded.key;
    let file: Arc<str> = Arc::from(key.path());
    let (account, region): (Arc<str>, Arc<str>) = (Arc::from(key.account.as_str()), Arc::from(key.region.as_str()));
    let mut rows = Vec::new();
    for call in &recorded.calls {
        let Ok(output) = &call.outcome else { continue };
        let parent: Option<Arc<str>> =
            T::PARENT.and_then(|member| call.input.get(member)).and_then(Value::as_str).map(Arc::from);
        let mut base = Place { file: Arc::clone(&file), path: String::new() };
        if let (Some(member), Some(parent)) = (T::PARENT, &parent) {
            base = base.member("calls").keyed(format_args!("{member}={parent}"));
        }
        let mut found = Vec::new();
        collect(output, T::LIST, base, &mut found);
        for (value, list_place) in found {
            let data: T = reading::typed(value.clone(), key).map_err(|error| in_list(error, T::LIST))?;
            let id: Arc<str> = Arc::from(data.id(parent.as_deref().unwrap_or_default()));
            let place = if T::LIST.ends_with("[]") {
                list_place.keyed(format_args!("{}={id}", T::ID_MEMBER))
            } else {
                list_place
            };
            rows.push(Row {
                account: Arc::clone(&account),
                region: Arc::clone(&region),
                id,
                parent: parent.clone(),
                place,
                data,
            });
        }
    }
    Ok(rows)
}

/// Walks `Reservations[].Instances[]`; an empty list path is the output itself.
fn collect<'a>(value: &'a Value, list: &str, place: Place, found: &mut Vec<(&'a Value, Place)>) {
    if list.is_empty() {
        found.push((value, place));
        return;
    }
    let (step, rest) = list.split_once('.').unwrap_or((list, ""));
    let (member, many) = step.strip_suffix("[]").map_or((step, false), |member| (member, true));
    let Some(inner) = value.get(member) else { return };
    let place = place.member(member);
    if many {
        for item in inner.as_array().into_iter().flatten() {
            collect(item, rest, place.clone(), found);
        }
    } else if !inner.is_null() {
        collect(inner, rest, place, found);
    }
}

fn in_list(error: ReadError, list: &str) -> ReadError {
    match error {
        ReadError::Type { file, path, cause, call } => {
            ReadError::Type { file, path: format!("{list}.{path}"), cause, call }
        }
        other => other,
    }
}

/// Where a file of the snapshot that was never collected would lie, for evidence about absence.
#[must_use]
pub fn place_of_call(account: &str, region: &str, call: &str) -> Place {
    let (service, operation) = call.split_once('/').unwrap_or((call, ""));
    Place::new(FileKey::new(account, region, service, operation).path(), "")
}

pub(crate) fn build<T: Clone>(rows: Vec<Row<T>>) -> Table<T> {
    Table::build(rows)
}
