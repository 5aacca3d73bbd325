//! What each call of the snapshot can be trusted for.

use std::collections::{BTreeMap, HashMap};

use portcullis_snapshot::{CallError, Coverage, Manifest, Recorded, operations, reading};
use serde_json::Value;

use crate::gap::Gap;

/// Coverage of one operation in one account and region.
#[derive(Debug, Clone)]
struct Entry {
    whole: Coverage,
    by_parent: HashMap<String, Coverage>,
    per_parent: bool,
}

/// Coverage of every call that was made, and of those that could have been.
#[derive(Debug, Clone, Default)]
pub struct CoverageMap {
    calls: BTreeMap<(String, String, String), Entry>,
}

impl CoverageMap {
    pub(crate) fn record(&mut self, recorded: &Recorded, lists: &[&str]) {
        let key = (recorded.key.account.clone(), recorded.key.region.clone(), recorded.key.call());
        let mut entry = Entry { whole: Coverage::Complete, by_parent: HashMap::new(), per_parent: recorded.per_parent };
        for call in &recorded.calls {
            let coverage = match &call.outcome {
                Ok(output) => of_output(output, lists),
                Err(error) => of_error(&key.2, error),
            };
            if recorded.per_parent {
                for value in call.input.values() {
                    for parent in strings(value) {
                        let known = entry.by_parent.entry(parent.to_owned()).or_insert(Coverage::Complete);
                        *known = std::cmp::max(known.clone(), coverage.clone());
                    }
                }
            }
            entry.whole = std::cmp::max(entry.whole, coverage);
        }
        self.calls.insert(key, entry);
    }

    pub(crate) fn declare(&mut self, manifest: &Manifest) {
        for call in &manifest.coverage {
            let key = (call.account.clone(), call.region.clone(), format!("{}/{}", call.service, call.operation));
            if let Some(entry) = self.calls.get_mut(&key) {
                entry.whole = std::cmp::max(entry.whole.clone(), call.coverage.clone());
            } else {
                let entry = Entry { whole: call.coverage.clone(), by_parent: HashMap::new(), per_parent: false };
                self.calls.insert(key, entry);
            }
        }
    }

    /// Coverage of an operation as a whole: complete only if every call of it is.
    #[must_use]
    pub fn of(&self, account: &str, region: &str, call: &str) -> Coverage {
        self.entry(account, region, call).map_or(Coverage::NotAsked, |entry| entry.whole.clone())
    }

    /// Coverage of an operation for one parent: what an answer about that parent rests on.
    #[must_use]
    pub fn of_parent(&self, account: &str, region: &str, call: &str, parent: &str) -> Coverage {
        match self.entry(account, region, call) {
            None => Coverage::NotAsked,
            Some(entry) if !entry.per_parent => entry.whole.clone(),
            Some(entry) => entry.by_parent.get(parent).cloned().unwrap_or(Coverage::NotAsked),
        }
    }

    /// The gap that an incomplete operation leaves, if it is incomplete.
    #[must_use]
    pub fn gap(&self, account: &str, region: &str, call: &str) -> Option<Gap> {
        let coverage = self.of(account, region, call);
        (!coverage.is_complete()).then(|| Gap::call(account, region, call, None, &coverage))
    }

    /// The gap that an incomplete operation leaves about one parent, if it is incomplete.
    #[must_use]
    pub fn gap_of_parent(&self, account: &str, region: &str, call: &str, parent: &str) -> Option<Gap> {
        let coverage = self.of_parent(account, region, call, parent);
        (!coverage.is_complete()).then(|| Gap::call(account, region, call, Some(parent), &coverage))
    }

    /// Every call that was made or declared, with its coverage, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &str, &Coverage)> {
        self.calls
            .iter()
            .map(|((account, region, call), entry)| (account.as_str(), region.as_str(), call.as_str(), &entry.whole))
    }

    fn entry(&self, account: &str, region: &str, call: &str) -> Option<&Entry> {
        self.calls.get(&(account.to_owned(), region.to_owned(), call.to_owned()))
    }
}

fn strings(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(items) => Box::new(items.iter().filter_map(Value::as_str)),
        _ => Box::new(std::iter::empty()),
    }
}

fn of_output(output: &Value, lists: &[&str]) -> Coverage {
    if let Some(marker) = reading::left_over_marker(output) {
        return Coverage::Truncated { code: marker.to_owned() };
    }
    // A file that lacks the list it is named for says nothing about what is not in it.
    for list in lists {
        let top = list.split(['[', '.']).next().unwrap_or(list);
        if !top.is_empty() && output.get(top).is_none() {
            return Coverage::Failed { code: format!("no member {top}") };
        }
    }
    Coverage::Complete
}

fn of_error(call: &str, error: &CallError) -> Coverage {
    let code = error.code.clone();
    if is_answer(call, &code) {
        return Coverage::Complete;
    }
    match error.status.as_deref() {
        Some("denied") => Coverage::Denied { code },
        Some("unsupported") => Coverage::Unsupported { code },
        Some("truncated") => Coverage::Truncated { code },
        None if is_denial(&code) => Coverage::Denied { code },
        Some(_) | None => Coverage::Failed { code },
    }
}

fn is_denial(code: &str) -> bool {
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "AuthFailure"]
        .contains(&code)
}

/// Errors that are answers: the thing asked about is known not to be there.
fn is_answer(call: &str, code: &str) -> bool {
    call.split_once('/').is_some_and(|(service, operation)| operations::is_answer(service, operation, code))
}
