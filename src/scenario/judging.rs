//! From a goal's family to verdict, depth and cut sets (`scenario-semantics`, sections 6 and 7).

use std::collections::BTreeSet;

use portcullis_estate::family::{Cut, size};
use portcullis_estate::{Atom, Family, Gap};

use super::trace::{CutSet, Depth, DepthKind, Verdict};

/// Whether least privilege of someone stands in a set.
pub(super) fn is_privilege(cut: &Cut) -> bool {
    cut.iter().any(|atom| matches!(atom, Atom::Control(control) if control.kind.is_privilege()))
}

fn has_symbol(cut: &Cut) -> bool {
    cut.iter().any(|atom| matches!(atom, Atom::Symbol(_)))
}

/// The verdict of a family.
pub(super) fn verdict(family: &Family) -> Verdict {
    if family.is_already() {
        Verdict::Open
    } else if family.cuts().any(|cut| size(cut) == 0) {
        Verdict::Unknown
    } else {
        Verdict::Blocked
    }
}

/// The depth of a blocked family.
pub(super) fn depth(family: &Family, limit: usize) -> Depth {
    let standing: Vec<&Cut> = family.cuts().filter(|cut| !is_privilege(cut)).collect();
    let smallest = |cuts: &mut dyn Iterator<Item = &&Cut>| cuts.map(|cut| size(cut)).min();
    let min = smallest(&mut standing.iter());
    let max = smallest(&mut standing.iter().filter(|cut| !has_symbol(cut)));
    let kind = match (min, family.is_never(), family.was_cut()) {
        (Some(_), ..) => DepthKind::Standing,
        (None, false, _) => DepthKind::Privilege,
        (None, true, true) => return Depth { kind: DepthKind::AboveLimit, min: Some(limit), max: None },
        (None, true, false) => DepthKind::Structural,
    };
    Depth { kind, min, max }
}

/// Sets in words, smallest first.
pub(super) fn cut_sets<'c>(cuts: impl IntoIterator<Item = &'c Cut>) -> Vec<CutSet> {
    let mut sorted: Vec<&Cut> = cuts.into_iter().collect();
    sorted.sort_by_key(|cut| (size(cut), (*cut).clone()));
    sorted.into_iter().map(cut_set).collect()
}

fn cut_set(cut: &Cut) -> CutSet {
    let mut set = CutSet { controls: Vec::new(), symbols: Vec::new() };
    for atom in cut {
        match atom {
            Atom::Control(control) => set.controls.push(control.to_string()),
            Atom::Symbol(gap) => set.symbols.push(gap.to_string()),
        }
    }
    set
}

/// The unseen inputs of a family: those that decide, where it is unknown.
pub(super) fn gaps(family: &Family) -> BTreeSet<Gap> {
    let undecided = verdict(family) == Verdict::Unknown;
    family
        .cuts()
        .filter(|cut| !undecided || size(cut) == 0)
        .flatten()
        .filter_map(|atom| match atom {
            Atom::Symbol(gap) => Some(gap.clone()),
            Atom::Control(_) => None,
        })
        .collect()
}

/// How weak a set is: nothing at all, symbols only, standing controls, least privilege; then by size.
pub(super) fn weakness(cut: &Cut) -> (u8, usize, Cut) {
    let rank = match (cut.is_empty(), size(cut)) {
        (true, _) => 0,
        (false, 0) => 1,
        _ if is_privilege(cut) => 3,
        _ => 2,
    };
    (rank, size(cut), cut.clone())
}

/// How bad a family is, worst first.
pub(super) fn badness(family: &Family) -> (u8, usize, bool) {
    let weakest = family.cuts().map(weakness).min();
    match weakest {
        Some((rank, size, _)) => (rank, size, false),
        None => (4, 0, !family.was_cut()),
    }
}
