//! Whether the list of a kind's objects is whole.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_snapshot::GLOBAL;
use portcullis_snapshot::operations::{self, Scope};

use super::kind::Kind;
use super::value::World;
use crate::gap::Gap;
use crate::kinds::Estate;

/// What may hide objects of a kind, by account and region.
pub type Hidden = BTreeMap<(String, String), BTreeSet<Gap>>;

impl Kind {
    /// Why there may be more objects of this kind than are seen, by account and region.
    #[must_use]
    pub fn hidden(&self, world: &World<'_>) -> Hidden {
        let mut hidden = hidden_by(world.estate, self.call);
        for (at, gaps) in self.gaps.map(|gaps| gaps(world)).unwrap_or_default() {
            hidden.entry(at).or_default().extend(gaps);
        }
        hidden
    }
}

/// Where a listing call, or a call that says what it is asked for, has no complete answer.
#[must_use]
pub fn hidden_by(estate: &Estate, call: &str) -> Hidden {
    let mut hidden = Hidden::new();
    if estate.accounts.is_empty() {
        let gap = Gap::other("the snapshot", "no account was collected");
        hidden.insert((String::new(), String::new()), BTreeSet::from([gap]));
    }
    if call.is_empty() {
        return hidden;
    }
    for account in &estate.accounts {
        if is_global(call) {
            note(estate, account, GLOBAL, call, &mut hidden);
            continue;
        }
        let mut regions = estate.regions.iter().filter(|(a, region)| a == account && region != GLOBAL).peekable();
        if regions.peek().is_none() {
            let gap = Gap::other(format_args!("{call} in {account}"), "no region was collected");
            hidden.insert((account.clone(), String::new()), BTreeSet::from([gap]));
        }
        for (_, region) in regions {
            note(estate, account, region, call, &mut hidden);
        }
    }
    hidden
}

fn is_global(call: &str) -> bool {
    let found = call.split_once('/').and_then(|(service, name)| operations::find(service, name));
    found.is_some_and(|operation| operation.scope == Scope::Global)
}

fn note(estate: &Estate, account: &str, region: &str, call: &str, hidden: &mut Hidden) {
    let mut gaps = BTreeSet::new();
    chain(estate, account, region, call, 0, &mut gaps);
    if !gaps.is_empty() {
        hidden.entry((account.to_owned(), region.to_owned())).or_default().extend(gaps);
    }
}

/// An operation that is asked once per parent is whole only if the parents are.
fn chain(estate: &Estate, account: &str, region: &str, call: &str, depth: usize, gaps: &mut BTreeSet<Gap>) {
    gaps.extend(estate.coverage.gap(account, region, call));
    let found = call.split_once('/').and_then(|(service, name)| operations::find(service, name));
    if let Some(operation) = found.filter(|_| depth < 4) {
        for parent in operation.parents() {
            let region = if is_global(parent.call) { GLOBAL } else { region };
            chain(estate, account, region, parent.call, depth + 1, gaps);
        }
    }
}
