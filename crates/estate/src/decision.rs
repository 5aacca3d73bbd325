//! What an engine returns: the ways in which something comes about, open or not.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::assumption::Assumption;
use crate::control::Control;
use crate::evidence::Fact;
use crate::family::{Atom, Cut, Family};
use crate::gap::Gap;

/// The plain answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It comes about; a witness stands beside it.
    Open,
    /// It does not come about; what closes it stands beside it.
    Closed,
    /// It cannot be said; what is missing stands beside it.
    Undecided,
}

/// A control that stands in one way, with what it says there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Blocker {
    /// The control whose failure takes it out of this way.
    pub control: Control,
    /// What about it blocks here.
    pub fact: Fact,
}

/// A setting that an open way rests on; removing it closes that way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Enabler {
    /// Stable name of the thing to remove: a rule, a route, a statement, a flag.
    pub id: String,
    /// What it says.
    pub fact: Fact,
}

/// One way in which the thing asked about comes about if its blockers fail and its gaps are in its favour.
///
/// INVARIANT: a way is open exactly if `blockers` and `gaps` are both empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Way {
    /// The hops, statements or grants, in order.
    pub evidence: Vec<Fact>,
    /// Controls that stand in it; all must fail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Blocker>,
    /// Inputs that were not seen and decide it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Settings that it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enablers: Vec<Enabler>,
}

impl Way {
    /// Whether it is open now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.blockers.is_empty() && self.gaps.is_empty()
    }

    fn cut(&self) -> Cut {
        self.blockers
            .iter()
            .map(|blocker| Atom::Control(blocker.control.clone()))
            .chain(self.gaps.iter().cloned().map(Atom::Symbol))
            .collect()
    }
}

/// The answer of an engine to one question, with everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Decision {
    /// The ways, open ones first, each order fixed by the engine.
    pub ways: Vec<Way>,
    /// Why there is no way at all, where `ways` is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub structural: Vec<Fact>,
    /// Inputs that may hide further ways (an incomplete list of routes, of policies).
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub hidden_by: BTreeSet<Gap>,
    /// Assumptions that the answer used.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub assumed: BTreeSet<Assumption>,
    /// Whether a work budget left ways out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Decision {
    /// The plain answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        if self.ways.iter().any(Way::is_open) {
            Answer::Open
        } else if self.truncated || !self.hidden_by.is_empty() || self.ways.iter().any(|way| way.blockers.is_empty()) {
            Answer::Undecided
        } else {
            Answer::Closed
        }
    }

    /// The minimal sets of controls whose failure opens it; `{∅}` if it is open now. Unseen inputs are symbols.
    #[must_use]
    pub fn open_if(&self) -> Family {
        let mut family = Family::of(self.ways.iter().map(Way::cut));
        for gap in &self.hidden_by {
            family.insert(Cut::from([Atom::Symbol(gap.clone())]));
        }
        if self.truncated {
            family.mark_cut();
        }
        family
    }

    /// Of an open one: the minimal sets of enablers whose removal closes every open way, by id.
    ///
    /// At most `limit` enablers a set; larger sets are left out.
    #[must_use]
    pub fn closed_if(&self, limit: usize) -> BTreeSet<BTreeSet<String>> {
        let mut hitting = BTreeSet::from([BTreeSet::new()]);
        for way in self.ways.iter().filter(|way| way.is_open()) {
            let mut next = BTreeSet::new();
            for set in &hitting {
                if way.enablers.iter().any(|enabler| set.contains(&enabler.id)) {
                    next.insert(set.clone());
                    continue;
                }
                for enabler in &way.enablers {
                    let mut larger: BTreeSet<String> = set.clone();
                    larger.insert(enabler.id.clone());
                    if larger.len() <= limit {
                        next.insert(larger);
                    }
                }
            }
            hitting = minimal(next);
        }
        if self.answer() == Answer::Open { hitting } else { BTreeSet::new() }
    }

    /// Every gap that stands in the answer, whether or not it decides.
    #[must_use]
    pub fn gaps(&self) -> BTreeSet<Gap> {
        self.ways
            .iter()
            .filter(|way| way.blockers.is_empty())
            .flat_map(|way| way.gaps.iter().cloned())
            .chain(self.hidden_by.iter().cloned())
            .collect()
    }

    /// Every blocker of every way, each once.
    #[must_use]
    pub fn blockers(&self) -> BTreeSet<Blocker> {
        self.ways.iter().flat_map(|way| way.blockers.iter().cloned()).collect()
    }

    /// The first open way: the witness.
    #[must_use]
    pub fn witness(&self) -> Option<&Way> {
        self.ways.iter().find(|way| way.is_open())
    }
}

fn minimal(sets: BTreeSet<BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    let mut by_size: Vec<_> = sets.into_iter().collect();
    by_size.sort_by_key(BTreeSet::len);
    let mut kept: Vec<BTreeSet<String>> = Vec::new();
    for set in by_size {
        if !kept.iter().any(|smaller| smaller.is_subset(&set)) {
            kept.push(set);
        }
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use portcullis_snapshot::Place;

    use super::*;
    use crate::control::ControlKind;

    fn fact() -> Fact {
        Fact::new("r", "s", Place::new("f", ""))
    }

    fn blocker(name: &str) -> Blocker {
        Blocker { control: Control::new(ControlKind::RouteTable, "1", "r", name), fact: fact() }
    }

    fn open(enablers: &[&str]) -> Way {
        let enablers = enablers.iter().map(|id| Enabler { id: (*id).to_owned(), fact: fact() }).collect();
        Way { enablers, ..Way::default() }
    }

    #[test]
    fn projections_agree() {
        let closed = Decision {
            ways: vec![Way { blockers: vec![blocker("a"), blocker("b")], ..Way::default() }],
            ..Decision::default()
        };
        assert_eq!(closed.answer(), Answer::Closed);
        assert_eq!(closed.open_if().cuts().len(), 1);
        let mut undecided = closed.clone();
        undecided.ways.push(Way { gaps: vec![Gap::other("x", "denied")], ..Way::default() });
        assert_eq!(undecided.answer(), Answer::Undecided);
        undecided.ways.push(Way::default());
        assert_eq!(undecided.answer(), Answer::Open);
        assert!(undecided.open_if().is_already());
    }

    #[test]
    fn a_gap_behind_a_blocker_does_not_make_it_undecided() {
        let way = Way { blockers: vec![blocker("a")], gaps: vec![Gap::other("x", "denied")], ..Way::default() };
        let decision = Decision { ways: vec![way], ..Decision::default() };
        assert_eq!(decision.answer(), Answer::Closed);
        assert!(decision.gaps().is_empty());
    }

    #[test]
    fn nothing_at_all_is_closed_unless_something_may_hide_a_way() {
        let mut decision = Decision::default();
        assert_eq!(decision.answer(), Answer::Closed);
        decision.hidden_by.insert(Gap::other("routes", "denied"));
        assert_eq!(decision.answer(), Answer::Undecided);
    }

    #[test]
    fn two_rules_that_each_admit_the_port_must_both_go() {
        let decision =
            Decision { ways: vec![open(&["rule-1", "route"]), open(&["rule-2", "route"])], ..Decision::default() };
        let sets = decision.closed_if(4);
        assert!(sets.contains(&BTreeSet::from(["route".to_owned()])));
        assert!(sets.contains(&BTreeSet::from(["rule-1".to_owned(), "rule-2".to_owned()])));
        assert_eq!(sets.len(), 2);
    }
}
