//! Combining the alternatives of layers into ways.

use std::collections::BTreeSet;

use portcullis_estate::{Atom, Blocker, Enabler, Fact, Gap, Way};

/// Most ways with obstacles that are carried along; what is beyond makes the answer undecided.
const MOST: usize = 256;
/// Most open ways that are carried along: they differ only in what they rest on.
const MOST_OPEN: usize = 64;
/// Most combinations that are looked at in one step.
const MOST_COMBINED: usize = 32_768;

/// The ways so far, and whether some were left out.
#[derive(Debug, Clone)]
pub(crate) struct Ways {
    pub(crate) list: Vec<Way>,
    /// Whether ways with obstacles were left out.
    pub(crate) truncated: bool,
    /// Whether ways without obstacles were left out, which matters only if the answer is open.
    trimmed: bool,
}

impl Ways {
    /// The way that rests on nothing.
    pub(crate) fn start() -> Self {
        Self::of(vec![Way::default()])
    }

    /// No way.
    pub(crate) fn none() -> Self {
        Self::of(Vec::new())
    }

    /// These ways.
    pub(crate) fn of(list: Vec<Way>) -> Self {
        let mut ways = Self { list, truncated: false, trimmed: false };
        ways.absorb();
        ways
    }

    /// Every way with every alternative.
    pub(crate) fn times(&mut self, alternatives: &[Way]) {
        let alternatives = Self::of(alternatives.to_vec());
        self.truncated |= alternatives.truncated;
        self.trimmed |= alternatives.trimmed;
        let pairs = self.list.iter().flat_map(|way| alternatives.list.iter().map(move |other| (way, other)));
        let next: Vec<Way> = pairs.take(MOST_COMBINED).map(|(way, other)| joined(way, other)).collect();
        self.truncated |= self.list.len().saturating_mul(alternatives.list.len()) > MOST_COMBINED;
        self.list = next;
        self.absorb();
    }

    /// Either of both.
    pub(crate) fn plus(&mut self, other: Self) {
        self.truncated |= other.truncated;
        self.trimmed |= other.trimmed;
        self.list.extend(other.list);
        self.absorb();
    }

    /// Open ways first, then those with the fewest obstacles; remembers what was left out where it matters.
    pub(crate) fn finish(mut self) -> (Vec<Way>, bool) {
        self.list.sort_by_cached_key(|way| (!way.is_open(), way.blockers.len() + way.gaps.len(), way.clone()));
        let truncated = self.truncated || (self.trimmed && self.list.first().is_some_and(Way::is_open));
        (self.list, truncated)
    }

    /// Keeps the ways with minimal cuts; of open ones all, since each rests on other settings.
    fn absorb(&mut self) {
        let mut keyed: Vec<(BTreeSet<Atom>, Way)> = self.list.drain(..).map(|way| (cut(&way), way)).collect();
        keyed.sort_by(|a, b| a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(&b.0)).then_with(|| a.1.cmp(&b.1)));
        keyed.dedup();
        let open = keyed.iter().take_while(|(cut, _)| cut.is_empty()).count();
        if open > 0 {
            keyed.truncate(open.min(MOST_OPEN));
            self.trimmed |= open > MOST_OPEN;
            self.list = keyed.into_iter().map(|(_, way)| way).collect();
            return;
        }
        let mut kept: Vec<(BTreeSet<Atom>, Way)> = Vec::new();
        for (cut, way) in keyed {
            if !kept.iter().any(|(known, _)| known.is_subset(&cut)) {
                kept.push((cut, way));
            }
        }
        self.truncated |= kept.len() > MOST;
        kept.truncate(MOST);
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
