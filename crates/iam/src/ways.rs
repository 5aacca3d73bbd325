//! Combining the alternatives of layers into ways.

use std::collections::BTreeSet;

use portcullis_estate::{Atom, Blocker, Enabler, Fact, Gap, Way};

/// Most ways that are carried along.
const MOST: usize = 256;

/// The ways so far, and whether some were left out.
#[derive(Debug, Clone)]
pub(crate) struct Ways {
    pub(crate) list: Vec<Way>,
    pub(crate) truncated: bool,
}

impl Ways {
    /// The way that rests on nothing.
    pub(crate) fn start() -> Self {
        Self { list: vec![Way::default()], truncated: false }
    }

    /// No way.
    pub(crate) fn none() -> Self {
        Self { list: Vec::new(), truncated: false }
    }

    /// Every way with every alternative.
    pub(crate) fn times(&mut self, alternatives: &[Way]) {
        let mut next = Vec::new();
        'all: for way in &self.list {
            for alternative in alternatives {
                next.push(joined(way, alternative));
                // Four times the cap, so that absorption has something to choose from.
                if next.len() > MOST * 4 {
                    self.truncated = true;
                    break 'all;
                }
            }
        }
        self.list = next;
        self.absorb();
    }

    /// Open ways first, then those with the fewest obstacles.
    pub(crate) fn sort(&mut self) {
        self.list.sort_by_cached_key(|way| (!way.is_open(), way.blockers.len() + way.gaps.len(), way.clone()));
    }

    /// Either of both.
    pub(crate) fn plus(&mut self, other: Self) {
        self.truncated |= other.truncated;
        self.list.extend(other.list);
        self.absorb();
    }

    /// Keeps the ways with minimal cuts; of open ones all, since each rests on other settings.
    fn absorb(&mut self) {
        let mut keyed: Vec<(BTreeSet<Atom>, Way)> = self.list.drain(..).map(|way| (cut(&way), way)).collect();
        keyed.sort_by(|a, b| a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(&b.0)).then_with(|| a.1.cmp(&b.1)));
        keyed.dedup();
        let mut kept: Vec<(BTreeSet<Atom>, Way)> = Vec::new();
        for (cut, way) in keyed {
            let covered = kept.iter().any(|(known, _)| known.is_subset(&cut) && !(cut.is_empty() && known.is_empty()));
            if !covered {
                kept.push((cut, way));
            }
        }
        if kept.len() > MOST {
            kept.truncate(MOST);
            self.truncated = true;
        }
        self.list = kept.into_iter().map(|(_, way)| way).collect();
    }
}

fn cut(way: &Way) -> BTreeSet<Atom> {
    let controls = way.blockers.iter().map(|blocker| Atom::Control(blocker.control.clone()));
    controls.chain(way.gaps.iter().cloned().map(Atom::Symbol)).collect()
}

fn joined(a: &Way, b: &Way) -> Way {
    fn both<T: Clone + PartialEq>(a: &[T], b: &[T]) -> Vec<T> {
        let mut all = a.to_vec();
        for item in b {
            if !all.contains(item) {
                all.push(item.clone());
            }
        }
        all
    }
    Way {
        evidence: both(&a.evidence, &b.evidence),
        blockers: both(&a.blockers, &b.blockers),
        gaps: both(&a.gaps, &b.gaps),
        enablers: both(&a.enablers, &b.enablers),
    }
}

/// An alternative that a control closes.
pub(crate) fn blocked(control: portcullis_estate::Control, fact: Fact) -> Way {
    Way { blockers: vec![Blocker { control, fact }], ..Way::default() }
}

/// An alternative that hangs on unseen inputs.
pub(crate) fn hanging(gaps: impl IntoIterator<Item = Gap>, evidence: Vec<Fact>) -> Way {
    let mut gaps: Vec<Gap> = gaps.into_iter().collect();
    gaps.sort();
    gaps.dedup();
    Way { gaps, evidence, ..Way::default() }
}

/// An alternative that rests on a setting.
pub(crate) fn enabled(id: String, fact: Fact) -> Way {
    Way { evidence: vec![fact.clone()], enablers: vec![Enabler { id, fact }], ..Way::default() }
}
