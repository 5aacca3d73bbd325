//! Antichains of sets of controls: the minimal failures under which something comes about.
//!
//! A set also holds *symbols*, inputs that were not seen. They keep hypotheses correlated, but count neither in the
//! size of a set nor against the limit (`scenario-semantics`, section 6).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::control::Control;
use crate::gap::Gap;

/// A member of a cut set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// A control that must fail.
    Control(Control),
    /// An unseen input that must be in the attacker's favour.
    Symbol(Gap),
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(control) => control.fmt(f),
            Self::Symbol(gap) => write!(f, "?{}", gap.input),
        }
    }
}

impl Serialize for Atom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A set of atoms.
pub type Cut = BTreeSet<Atom>;

/// The number of controls in a set; symbols do not count.
#[must_use]
pub fn size(cut: &Cut) -> usize {
    cut.iter().filter(|atom| matches!(atom, Atom::Control(_))).count()
}

/// An antichain of [`Cut`]s: no member contains another. Empty means *never*; `{∅}` means *already*.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Family {
    cuts: BTreeSet<Cut>,
    dropped: bool,
}

impl Family {
    /// Never: no set of failures is enough.
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// Already: nothing has to fail.
    #[must_use]
    pub fn already() -> Self {
        Self { cuts: BTreeSet::from([Cut::new()]), dropped: false }
    }

    /// One atom must fail.
    #[must_use]
    pub fn atom(atom: Atom) -> Self {
        Self { cuts: BTreeSet::from([Cut::from([atom])]), dropped: false }
    }

    /// The minimal sets among some.
    pub fn of(cuts: impl IntoIterator<Item = Cut>) -> Self {
        let mut family = Self::never();
        for cut in cuts {
            family.insert(cut);
        }
        family
    }

    /// Adds a set, keeping the antichain; answers whether the family changed.
    pub fn insert(&mut self, cut: Cut) -> bool {
        if self.cuts.iter().any(|known| known.is_subset(&cut)) {
            return false;
        }
        self.cuts.retain(|known| !cut.is_subset(known));
        self.cuts.insert(cut)
    }

    /// Either: the minimal sets of both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut family = self.clone();
        family.dropped |= other.dropped;
        for cut in &other.cuts {
            family.insert(cut.clone());
        }
        family
    }

    /// Both: pairwise unions, absorbed; sets with more than `limit` controls are dropped and that is remembered.
    #[must_use]
    pub fn and(&self, other: &Self, limit: usize) -> Self {
        let mut family = Self { cuts: BTreeSet::new(), dropped: self.dropped || other.dropped };
        for a in &self.cuts {
            for b in &other.cuts {
                let union: Cut = a.union(b).cloned().collect();
                if size(&union) > limit {
                    family.dropped = true;
                } else {
                    family.insert(union);
                }
            }
        }
        family
    }

    /// The sets, in order.
    pub fn cuts(&self) -> impl ExactSizeIterator<Item = &Cut> {
        self.cuts.iter()
    }

    /// Whether nothing has to fail.
    #[must_use]
    pub fn is_already(&self) -> bool {
        self.cuts.first().is_some_and(BTreeSet::is_empty)
    }

    /// Whether no set is known to be enough.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.cuts.is_empty()
    }

    /// Whether sets above the limit were left out.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.dropped
    }

    /// Remembers that something was left out.
    pub fn mark_cut(&mut self) {
        self.dropped = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::ControlKind;

    fn control(name: &str) -> Atom {
        Atom::Control(Control::new(ControlKind::Secret, "1", "r", name))
    }

    fn cut(names: &str) -> Cut {
        names.chars().map(|c| control(&c.to_string())).collect()
    }

    #[test]
    fn absorption_keeps_minimal_sets() {
        let family = Family::of([cut("ab"), cut("a"), cut("bc"), cut("abc")]);
        assert_eq!(family, Family::of([cut("bc"), cut("a")]));
        assert_eq!(family.or(&Family::already()), Family::already());
        assert!(family.and(&Family::never(), 9).is_never());
    }

    #[test]
    fn the_limit_counts_controls_only_and_is_remembered() {
        let symbol = Family::atom(Atom::Symbol(Gap::other("scp", "denied")));
        let two = Family::of([cut("ab")]);
        let with_symbol = two.and(&symbol, 2);
        assert_eq!(with_symbol.cuts().len(), 1);
        assert!(!with_symbol.was_cut());
        let three = two.and(&Family::atom(control("c")), 2);
        assert!(three.is_never() && three.was_cut());
    }
}
