//! Ways under construction: steps that must all pass (and), steps of which one is enough (or).

use std::collections::BTreeSet;

use portcullis_estate::{Assumption, Blocker, Control, Decision, Enabler, Fact, Gap, Way};

use crate::sets::PortSet;

/// Most alternatives that one step keeps. Above it the decision says that it was cut.
const LIMIT: usize = 256;

/// One alternative: a way so far, and the client ports for which its answers come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alt {
    pub(crate) way: Way,
    pub(crate) client: PortSet,
}

impl Default for Alt {
    fn default() -> Self {
        Self { way: Way::default(), client: PortSet::all() }
    }
}

impl Alt {
    fn cut(&self) -> (BTreeSet<&Control>, BTreeSet<&Gap>) {
        (self.way.blockers.iter().map(|blocker| &blocker.control).collect(), self.way.gaps.iter().collect())
    }
}

/// The alternatives of a step, and why there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alts {
    pub(crate) list: Vec<Alt>,
    pub(crate) structural: Vec<Fact>,
    pub(crate) hidden_by: BTreeSet<Gap>,
    pub(crate) assumed: BTreeSet<Assumption>,
    pub(crate) truncated: bool,
}

impl Alts {
    /// Passes, and nothing needs to be said.
    pub(crate) fn pass() -> Self {
        Self { list: vec![Alt::default()], ..Self::default() }
    }

    /// No alternative yet.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Passes, for this reason.
    pub(crate) fn because(fact: Fact) -> Self {
        let way = Way { evidence: vec![fact], ..Way::default() };
        Self { list: vec![Alt { way, ..Alt::default() }], ..Self::default() }
    }

    /// Passes because of a setting that somebody could remove.
    pub(crate) fn enabled(id: impl Into<String>, fact: Fact) -> Self {
        let mut alts = Self::because(fact.clone());
        if let Some(alt) = alts.list.first_mut() {
            alt.way.enablers.push(Enabler { id: id.into(), fact });
        }
        alts
    }

    /// Passes once this control fails.
    pub(crate) fn blocked(control: Control, fact: Fact) -> Self {
        let way = Way { evidence: vec![fact.clone()], blockers: vec![Blocker { control, fact }], ..Way::default() };
        Self { list: vec![Alt { way, ..Alt::default() }], ..Self::default() }
    }

    /// Passes if this unseen input is so.
    pub(crate) fn unknown(gap: Gap) -> Self {
        let way = Way { gaps: vec![gap], ..Way::default() };
        Self { list: vec![Alt { way, ..Alt::default() }], ..Self::default() }
    }

    /// Never passes, whatever fails, and this is why.
    pub(crate) fn never(fact: Fact) -> Self {
        Self { structural: vec![fact], ..Self::default() }
    }

    /// Only for these client ports.
    pub(crate) fn for_clients(mut self, ports: &PortSet) -> Self {
        for alt in &mut self.list {
            alt.client = alt.client.intersect(ports);
        }
        self.list.retain(|alt| !alt.client.is_empty());
        self
    }

    /// Every alternative also rests on this unseen input.
    pub(crate) fn if_known(mut self, gap: &Gap) -> Self {
        for alt in &mut self.list {
            if !alt.way.gaps.contains(gap) {
                alt.way.gaps.push(gap.clone());
            }
        }
        self
    }

    /// Every alternative begins with this fact.
    pub(crate) fn headed(mut self, fact: &Fact) -> Self {
        for alt in &mut self.list {
            alt.way.evidence.insert(0, fact.clone());
        }
        self
    }

    pub(crate) fn is_never(&self) -> bool {
        self.list.is_empty()
    }

    fn absorb_notes(&mut self, other: &mut Self) {
        for fact in other.structural.drain(..) {
            if !self.structural.contains(&fact) {
                self.structural.push(fact);
            }
        }
        self.hidden_by.append(&mut other.hidden_by);
        self.assumed.append(&mut other.assumed);
        self.truncated |= other.truncated;
    }

    /// Either step is enough.
    pub(crate) fn or(mut self, mut other: Self) -> Self {
        self.absorb_notes(&mut other);
        self.list.append(&mut other.list);
        self.prune();
        self
    }

    /// Both steps must pass; the second is only asked where the first may.
    pub(crate) fn and_then(self, next: impl FnOnce() -> Self) -> Self {
        if self.is_never() { self } else { self.and(next()) }
    }

    /// Both steps must pass.
    pub(crate) fn and(mut self, mut other: Self) -> Self {
        let mut list = Vec::with_capacity(self.list.len().saturating_mul(other.list.len()).min(LIMIT));
        for first in &self.list {
            for second in &other.list {
                let client = first.client.intersect(&second.client);
                if client.is_empty() {
                    continue;
                }
                let mut way = first.way.clone();
                way.evidence.extend(second.way.evidence.iter().filter(|f| !first.way.evidence.contains(f)).cloned());
                way.blockers.extend(second.way.blockers.iter().filter(|b| !first.way.blockers.contains(b)).cloned());
                way.gaps.extend(second.way.gaps.iter().filter(|g| !first.way.gaps.contains(g)).cloned());
                way.enablers.extend(second.way.enablers.iter().filter(|e| !first.way.enablers.contains(e)).cloned());
                list.push(Alt { way, client });
            }
        }
        self.list = list;
        self.absorb_notes(&mut other);
        self.prune();
        self
    }

    /// Drops alternatives that need all that another needs, and more.
    fn prune(&mut self) {
        let mut kept: Vec<Alt> = Vec::with_capacity(self.list.len());
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|index| {
            self.list.get(*index).map_or((0, 0), |alt| {
                let (controls, gaps) = alt.cut();
                (controls.len() + gaps.len(), *index)
            })
        });
        for index in order {
            let Some(alt) = self.list.get(index) else { continue };
            let (controls, gaps) = alt.cut();
            let open = controls.is_empty() && gaps.is_empty();
            let dominated = kept.iter().any(|other| {
                let (other_controls, other_gaps) = other.cut();
                let same_enablers = other.way.enablers == alt.way.enablers;
                // Open alternatives that rest on other settings count apart: both must go to close the way.
                (!open || same_enablers)
                    && other_controls.is_subset(&controls)
                    && other_gaps.is_subset(&gaps)
                    && alt.client.is_within(&other.client)
            });
            if !dominated {
                kept.push(alt.clone());
            }
        }
        if kept.len() > LIMIT {
            kept.truncate(LIMIT);
            self.truncated = true;
        }
        self.list = kept;
    }

    /// The decision that these alternatives make.
    pub(crate) fn decide(mut self) -> Decision {
        self.prune();
        let mut ways: Vec<Way> = Vec::with_capacity(self.list.len());
        for alt in self.list {
            let mut way = alt.way;
            way.blockers.sort();
            way.blockers.dedup();
            way.gaps.sort();
            way.gaps.dedup();
            way.enablers.sort();
            way.enablers.dedup();
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        // Once something is open, what would open it otherwise says nothing more.
        if ways.iter().any(Way::is_open) {
            ways.retain(Way::is_open);
        }
        ways.sort_by_cached_key(|way| (way.blockers.len() + way.gaps.len(), way.clone()));
        let structural = if ways.is_empty() { self.structural } else { Vec::new() };
        Decision { ways, structural, hidden_by: self.hidden_by, assumed: self.assumed, truncated: self.truncated }
    }
}
