//! Antichains that remember what each set was derived from.

use std::collections::BTreeMap;

use portcullis_estate::Family;
use portcullis_estate::family::{Cut, size};

/// The number of a derived set in its search; a set is derived only from sets with smaller numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub(crate) usize);

/// Minimal sets, each with the derived sets that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Proofs {
    cuts: BTreeMap<Cut, Vec<EntryId>>,
    dropped: bool,
}

impl Proofs {
    /// Already: nothing has to fail, and it rests on nothing.
    pub(crate) fn already() -> Self {
        Self::one(Cut::new(), Vec::new())
    }

    /// One set.
    pub(crate) fn one(cut: Cut, premises: Vec<EntryId>) -> Self {
        Self { cuts: BTreeMap::from([(cut, premises)]), dropped: false }
    }

    /// The sets with their premises, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Cut, &[EntryId])> {
        self.cuts.iter().map(|(cut, premises)| (cut, premises.as_slice()))
    }

    pub(crate) fn is_never(&self) -> bool {
        self.cuts.is_empty()
    }

    pub(crate) fn was_cut(&self) -> bool {
        self.dropped
    }

    pub(crate) fn mark_cut(&mut self) {
        self.dropped = true;
    }

    /// Adds a set unless a known one is contained in it; of two equal ones the first stays.
    pub(crate) fn insert(&mut self, cut: Cut, premises: Vec<EntryId>) -> bool {
        if self.cuts.keys().any(|known| known.is_subset(&cut)) {
            return false;
        }
        self.cuts.retain(|known, _| !cut.is_subset(known));
        self.cuts.insert(cut, premises);
        true
    }

    /// Either.
    pub(crate) fn or(&mut self, other: Self) {
        self.dropped |= other.dropped;
        for (cut, premises) in other.cuts {
            self.insert(cut, premises);
        }
    }

    /// Both; sets with more than `limit` controls are dropped and that is remembered.
    pub(crate) fn and(&self, other: &Self, limit: usize) -> Self {
        let mut both = Self { cuts: BTreeMap::new(), dropped: self.dropped || other.dropped };
        for (a, from_a) in &self.cuts {
            for (b, from_b) in &other.cuts {
                let union: Cut = a.union(b).cloned().collect();
                if size(&union) > limit {
                    both.dropped = true;
                } else {
                    both.insert(union, from_a.iter().chain(from_b).copied().collect());
                }
            }
        }
        both
    }

    /// The sets alone.
    pub(crate) fn family(&self) -> Family {
        let mut family = Family::of(self.cuts.keys().cloned());
        if self.dropped {
            family.mark_cut();
        }
        family
    }
}
