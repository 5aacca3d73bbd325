//! Of something that the attacker has now: the minimal sets of enablers whose removal takes it away.
//!
//! The dual of the search: a set closes a possession if it closes every attempt that gives it, and it closes an attempt
//! if it closes one of its needs or gates. Iterated from *nothing is derivable*, so that a cycle keeps nothing alive.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_estate::{Decision, Enabler, Way};

use super::asking::Asker;
use super::fixpoint::{Attempt, Found};
use super::gates::Question;
use super::term::Gate;
use super::value::Possession;

/// Minimal sets of enabler ids. Empty: nothing closes it; `{∅}`: it is closed already.
pub type Closings = BTreeSet<BTreeSet<String>>;

/// Sets above this many are dropped: nobody reads them, and the smaller ones stay exact.
const MOST_SETS: usize = 256;

/// Computes closings over a finished search.
#[derive(Debug)]
pub struct Closing<'a, 'e> {
    found: &'a Found,
    asker: &'a Asker<'e>,
    limit: usize,
    closings: BTreeMap<&'a Possession, Closings>,
    enablers: BTreeMap<String, Enabler>,
}

impl<'a, 'e> Closing<'a, 'e> {
    /// Closings of everything that is had now, with at most `limit` enablers a set.
    #[must_use]
    pub fn of(found: &'a Found, asker: &'a Asker<'e>, limit: usize) -> Self {
        let had: BTreeSet<&Possession> =
            found.possessions().filter(|(_, family)| family.is_already()).map(|(possession, _)| possession).collect();
        let mut attempts: BTreeMap<&Possession, Vec<&Attempt>> = BTreeMap::new();
        for attempt in found.attempts().iter().filter(|attempt| attempt.needs.iter().all(|need| had.contains(need))) {
            for gain in attempt.gains.iter().filter(|gain| had.contains(gain)) {
                attempts.entry(gain).or_default().push(attempt);
            }
        }
        let mut this = Self { found, asker, limit, closings: BTreeMap::new(), enablers: BTreeMap::new() };
        for possession in &had {
            this.closings.insert(possession, closed_already());
        }
        let at_start: BTreeSet<&Possession> = had
            .iter()
            .copied()
            .filter(|possession| {
                let entry = found.entry_of(possession, &BTreeSet::new()).and_then(|id| found.entry(id));
                entry.is_some_and(|entry| entry.attempt.is_none())
            })
            .collect();
        loop {
            let mut next = this.closings.clone();
            for possession in &had {
                let mut closings = closed_already();
                if at_start.contains(possession) {
                    closings = Closings::new();
                } else {
                    for attempt in attempts.get(possession).into_iter().flatten() {
                        let one = this.attempt(attempt);
                        closings = both(&closings, &one, limit);
                    }
                }
                next.insert(possession, closings);
            }
            if next == this.closings {
                return this;
            }
            this.closings = next;
        }
    }

    /// The closings of one possession.
    #[must_use]
    pub fn closings(&self, possession: &Possession) -> Closings {
        self.closings.get(possession).cloned().unwrap_or_else(closed_already)
    }

    /// The closings of several alternatives: each must go.
    #[must_use]
    pub fn of_any<'p>(&self, possessions: impl IntoIterator<Item = &'p Possession>) -> Closings {
        possessions.into_iter().fold(closed_already(), |all, one| both(&all, &self.closings(one), self.limit))
    }

    /// The closings of goals that are all wanted: one of them closed is enough.
    #[must_use]
    pub fn of_all<'p>(&self, lines: impl IntoIterator<Item = &'p [Possession]>) -> Closings {
        lines.into_iter().fold(Closings::new(), |all, line| either(all, self.of_any(line)))
    }

    /// What an enabler says.
    #[must_use]
    pub fn enabler(&self, id: &str) -> Option<&Enabler> {
        self.enablers.get(id)
    }

    fn attempt(&mut self, attempt: &Attempt) -> Closings {
        let mut closings = self.gate(&attempt.gates);
        for need in &attempt.needs {
            closings = either(closings, self.closings(need));
        }
        closings
    }

    fn gate(&mut self, gate: &Gate<Question>) -> Closings {
        match gate {
            Gate::Any(gates) => {
                gates.iter().fold(closed_already(), |all, gate| both(&all, &self.gate(gate), self.limit))
            }
            Gate::All(gates) => gates.iter().fold(Closings::new(), |one, gate| either(one, self.gate(gate))),
            Gate::Ask(question) => {
                let decision = self.asker.ask(question);
                self.decision(question, &decision)
            }
        }
    }

    /// Every way that is open, or whose blockers the attacker removes for nothing, must go.
    fn decision(&mut self, question: &Question, decision: &Decision) -> Closings {
        let mut all = closed_already();
        for way in decision.ways.iter().filter(|way| way.gaps.is_empty()) {
            if let Some(one) = self.way(question, way) {
                all = both(&all, &one, self.limit);
            }
        }
        all
    }

    fn way(&mut self, question: &Question, way: &Way) -> Option<Closings> {
        let mut closings = Closings::new();
        for blocker in &way.blockers {
            let removals: Vec<&Possession> = self
                .found
                .removals(&blocker.control, Some(question))
                .filter(|removal| self.found.family(removal).is_already())
                .collect();
            if removals.is_empty() {
                return None;
            }
            closings = either(closings, self.of_any(removals));
        }
        for enabler in &way.enablers {
            self.enablers.entry(enabler.id.clone()).or_insert_with(|| enabler.clone());
            closings = either(closings, Closings::from([BTreeSet::from([enabler.id.clone()])]));
        }
        Some(closings)
    }
}

fn closed_already() -> Closings {
    Closings::from([BTreeSet::new()])
}

fn either(mut a: Closings, b: Closings) -> Closings {
    a.extend(b);
    minimal(a)
}

fn both(a: &Closings, b: &Closings, limit: usize) -> Closings {
    let unions = a.iter().flat_map(|a| b.iter().map(move |b| a.union(b).cloned().collect::<BTreeSet<_>>()));
    minimal(unions.filter(|set| set.len() <= limit).collect())
}

fn minimal(sets: Closings) -> Closings {
    let mut by_size: Vec<_> = sets.into_iter().collect();
    by_size.sort_by_key(BTreeSet::len);
    let mut kept: Vec<BTreeSet<String>> = Vec::new();
    for set in by_size {
        if kept.len() < MOST_SETS && !kept.iter().any(|smaller| smaller.is_subset(&set)) {
            kept.push(set);
        }
    }
    kept.into_iter().collect()
}
