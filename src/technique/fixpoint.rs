//! The attack graph: for everything that the attacker may come to have, the minimal sets of controls that must fail.
//!
//! Needs and gates of one attempt are AND (pairwise union, absorbed), attempts are OR (union, absorbed); the least
//! fixpoint is reached round by round, so cycles are harmless. Only what the goal asks for is derived
//! (`scenario-semantics`, section 5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_estate::family::{Cut, size};
use portcullis_estate::{Atom, Control, Family, Gap};

use super::asking::Asker;
use super::gates::Question;
use super::matching::{self, Bindings, Demand};
use super::proof::{EntryId, Proofs};
use super::term::{Gate, Pattern, Technique};
use super::value::{Possession, Predicate, Value, control_of};

/// Sets with more controls than this are dropped, and that is remembered.
pub const DEFAULT_LIMIT: usize = 4;

/// Attempts after which a search gives up and says so.
const MOST_ATTEMPTS: usize = 200_000;

/// A technique with everything bound.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its number in the library.
    pub technique: usize,
    /// What its variables stand for.
    pub bindings: BTreeMap<Arc<str>, Value>,
    /// What it needs.
    pub needs: Vec<Possession>,
    /// What it asks.
    pub gates: Gate<Question>,
    /// What it gives.
    pub gains: Vec<Possession>,
}

/// One minimal set of one possession, with what it was derived from.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What the attacker has.
    pub possession: Possession,
    /// What must fail for it.
    pub cut: Cut,
    /// The attempt that gave it; nothing for what was there at the start.
    pub attempt: Option<usize>,
    /// The derived sets that it rests on, removals included.
    pub premises: Vec<EntryId>,
}

#[derive(Debug, Clone, Default)]
struct Held {
    cuts: BTreeMap<Cut, EntryId>,
    dropped: bool,
}

/// How to search.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a, 'e> {
    /// The library.
    pub techniques: &'a [Technique],
    /// Whom to ask.
    pub asker: &'a Asker<'e>,
    /// Sets with more controls are dropped.
    pub limit: usize,
    /// The techniques that may be used; nothing: all.
    pub allowed: Option<&'a BTreeSet<Arc<str>>>,
}

/// What a search has found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    held: BTreeMap<Possession, Held>,
    entries: Vec<Entry>,
    attempts: Vec<Attempt>,
    numbers: BTreeMap<(usize, Bindings), usize>,
    demands: BTreeSet<Demand>,
    exhausted: Option<Gap>,
}

impl Found {
    /// The family of a possession.
    #[must_use]
    pub fn family(&self, possession: &Possession) -> Family {
        self.proofs(possession).family()
    }

    /// The derived set of that number.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(id.0)
    }

    /// The derived set of a possession with exactly this cut.
    #[must_use]
    pub fn entry_of(&self, possession: &Possession, cut: &Cut) -> Option<EntryId> {
        self.held.get(possession)?.cuts.get(cut).copied()
    }

    /// All attempts, in the order in which they were found.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Everything that is had under some set, with its families.
    pub fn possessions(&self) -> impl Iterator<Item = (&Possession, Family)> {
        self.held.keys().map(|possession| (possession, self.family(possession)))
    }

    /// The gap that a search which gave up has left.
    #[must_use]
    pub fn exhausted(&self) -> Option<&Gap> {
        self.exhausted.as_ref()
    }

    /// The possessions that put a control out of the way for a question (or for everything).
    pub fn removals<'s>(
        &'s self,
        control: &'s Control,
        question: Option<&'s Question>,
    ) -> impl Iterator<Item = &'s Possession> + 's {
        let first = Possession::new(Predicate::Removes, vec![Value::Control(control.clone())]);
        self.held
            .range(first..)
            .map(|(possession, _)| possession)
            .take_while(move |possession| possession.removed().is_some_and(|(removed, _)| removed == control))
            .filter(move |possession| match (possession.removed(), question) {
                (Some((_, Some(target))), Some(question)) => question.values().any(|value| value == target),
                (Some((_, Some(_))), None) => false,
                _ => true,
            })
    }

    pub(crate) fn proofs(&self, possession: &Possession) -> Proofs {
        let mut proofs = Proofs::default();
        if let Some(held) = self.held.get(possession) {
            for (cut, id) in &held.cuts {
                proofs.insert(cut.clone(), vec![*id]);
            }
            if held.dropped {
                proofs.mark_cut();
            }
        }
        proofs
    }

    fn matching<'s>(&'s self, demand: &'s Demand) -> impl Iterator<Item = &'s Possession> + 's {
        let first = Possession::new(demand.predicate, Vec::new());
        self.held
            .range(first..)
            .map(|(possession, _)| possession)
            .take_while(|possession| possession.predicate == demand.predicate)
            .filter(|possession| demand.admits(possession))
    }

    /// Adds what was derived; answers whether anything is new.
    fn hold(&mut self, possession: &Possession, attempt: Option<usize>, proofs: &Proofs) -> bool {
        if proofs.is_never() && !proofs.was_cut() {
            return false;
        }
        let held = self.held.entry(possession.clone()).or_default();
        let mut news = proofs.was_cut() && !held.dropped;
        held.dropped |= proofs.was_cut();
        for (cut, premises) in proofs.iter() {
            if held.cuts.keys().any(|known| known.is_subset(cut)) {
                continue;
            }
            held.cuts.retain(|known, _| !cut.is_subset(known));
            held.cuts.insert(cut.clone(), EntryId(self.entries.len()));
            self.entries.push(Entry {
                possession: possession.clone(),
                cut: cut.clone(),
                attempt,
                premises: premises.to_vec(),
            });
            news = true;
        }
        news
    }
}

impl Search<'_, '_> {
    /// Everything that bears on the goals, from what the attacker starts with.
    #[must_use]
    pub fn run(&self, start: &[(Possession, Family)], goals: &[Possession]) -> Found {
        self.run_for(start, goals.iter().map(Demand::of).collect())
    }

    /// Everything that bears on anything that a technique gives: to show a step that no way to the goal needs.
    #[must_use]
    pub fn run_technique(&self, start: &[(Possession, Family)], technique: &Technique) -> Found {
        let nothing = Bindings::new();
        self.run_for(start, technique.gains.iter().map(|gain| matching::demand(gain, &nothing)).collect())
    }

    fn run_for(&self, start: &[(Possession, Family)], demands: BTreeSet<Demand>) -> Found {
        let mut found = Found::default();
        for (possession, family) in start {
            let mut proofs = Proofs::default();
            for cut in family.cuts() {
                proofs.insert(cut.clone(), Vec::new());
            }
            if family.was_cut() {
                proofs.mark_cut();
            }
            found.hold(possession, None, &proofs);
        }
        found.demands = demands;
        loop {
            let before = (found.demands.len(), found.attempts.len());
            let mut news = false;
            for demand in found.demands.clone() {
                news |= self.know_by_leak(&demand, &mut found);
                self.find_attempts(&demand, &mut found);
                if found.attempts.len() > MOST_ATTEMPTS {
                    found.exhausted = Some(Gap::other(
                        "ways beyond the work budget",
                        format!("gave up after {MOST_ATTEMPTS} attempts"),
                    ));
                    return found;
                }
            }
            for number in 0..found.attempts.len() {
                news |= self.evaluate(number, &mut found);
            }
            if !news && before == (found.demands.len(), found.attempts.len()) {
                return found;
            }
        }
    }

    /// A secret that is asked for is known if it leaks: that is what failure of the control `secret` means.
    fn know_by_leak(&self, demand: &Demand, found: &mut Found) -> bool {
        let (Predicate::Secret, [Some(of)]) = (demand.predicate, demand.arguments.as_slice()) else { return false };
        let atom = match of {
            Value::Thing(thing) => Atom::Control(control_of(portcullis_estate::ControlKind::Secret, thing)),
            Value::Unseen { gap, .. } => Atom::Symbol(gap.clone()),
            _ => return false,
        };
        let possession = Possession::new(Predicate::Secret, vec![of.clone()]);
        let cut = Cut::from([atom]);
        let mut proofs = Proofs::default();
        if size(&cut) > self.limit {
            proofs.mark_cut();
        } else {
            proofs.insert(cut, Vec::new());
        }
        found.hold(&possession, None, &proofs)
    }

    fn find_attempts(&self, demand: &Demand, found: &mut Found) {
        for (number, technique) in self.techniques.iter().enumerate() {
            if self.allowed.is_some_and(|allowed| !technique.implied && !allowed.contains(&technique.id)) {
                continue;
            }
            for gain in &technique.gains {
                let mut bindings = Bindings::new();
                if !matching::matches_all(technique, gain, demand.predicate, &demand.arguments, &mut bindings) {
                    continue;
                }
                for (bindings, needs) in self.solve(technique, bindings, found) {
                    self.attempt(number, technique, bindings, needs, found);
                }
            }
        }
    }

    /// Each way to bind everything that needs, ranges and gates name, from what is had so far.
    fn solve(&self, technique: &Technique, bindings: Bindings, found: &mut Found) -> Vec<(Bindings, Vec<Possession>)> {
        let mut partial = vec![(bindings, Vec::new())];
        for need in &technique.needs {
            let mut next = Vec::new();
            for (bindings, needs) in partial {
                for bindings in self.with_owners_bound(technique, need, &bindings) {
                    for bindings in matching::with_attributes(&need.arguments, &bindings, self.asker) {
                        let demand = matching::demand(need, &bindings);
                        for possession in found.matching(&demand) {
                            let mut bound = bindings.clone();
                            let values: Vec<_> = possession.arguments.iter().cloned().map(Some).collect();
                            if matching::matches_all(technique, need, demand.predicate, &values, &mut bound) {
                                let mut needs: Vec<Possession> = needs.clone();
                                needs.push(possession.clone());
                                next.push((bound, needs));
                            }
                        }
                        found.demands.insert(demand);
                    }
                }
            }
            partial = next;
        }
        let mut solved = Vec::new();
        for (bindings, needs) in partial {
            for bindings in self.with_ranges(technique.ranges.iter(), &bindings) {
                let terms = technique.gates.questions().into_iter().flat_map(super::term::Ask::terms);
                for bindings in matching::with_attributes(terms, &bindings, self.asker) {
                    solved.push((bindings, needs.clone()));
                }
            }
        }
        solved
    }

    /// Binds the ranges whose attributes a need reads: `{secret: $target.key_pair}`.
    fn with_owners_bound(&self, technique: &Technique, need: &Pattern, bindings: &Bindings) -> Vec<Bindings> {
        let owners: BTreeSet<&Arc<str>> = need
            .arguments
            .iter()
            .flat_map(super::term::Term::parts)
            .filter_map(|part| match part {
                super::term::Term::Attribute(variable, _) => Some(variable),
                _ => None,
            })
            .collect();
        self.with_ranges(technique.ranges.iter().filter(|(name, _)| owners.contains(name)), bindings)
    }

    /// Each way to bind the ranges that are not bound yet. A list that is incomplete has an unseen member more.
    fn with_ranges<'r>(
        &self,
        ranges: impl Iterator<Item = (&'r Arc<str>, &'r &'static str)>,
        bindings: &Bindings,
    ) -> Vec<Bindings> {
        let mut all = vec![bindings.clone()];
        for (name, kind) in ranges {
            if bindings.contains_key(name) {
                continue;
            }
            let listing = self.asker.things(kind);
            let mut members: Vec<Value> = listing.things.into_iter().map(Value::Thing).collect();
            members.extend(listing.incomplete.map(|gap| Value::Unseen { what: Arc::from(*kind), gap }));
            all = all
                .iter()
                .flat_map(|bindings| {
                    members.iter().map(|member| {
                        let mut bound = bindings.clone();
                        bound.insert(Arc::clone(name), member.clone());
                        bound
                    })
                })
                .collect();
        }
        all
    }

    fn attempt(
        &self,
        number: usize,
        technique: &Technique,
        bindings: Bindings,
        needs: Vec<Possession>,
        found: &mut Found,
    ) {
        let key = (number, bindings);
        if found.numbers.contains_key(&key) {
            return;
        }
        let bindings = &key.1;
        let mut gains = Vec::new();
        for gain in &technique.gains {
            for bindings in matching::with_attributes(&gain.arguments, bindings, self.asker) {
                gains.extend(matching::possession(gain, &bindings));
            }
        }
        // Bound by what the goal asks for, it may turn out to give something else.
        let wanted = |gain| found.demands.iter().any(|demand| demand.admits(gain) || demand.completed(gain).is_some());
        if !gains.iter().any(wanted) {
            return;
        }
        let Some(gates) = technique.gates.try_map(&|ask| matching::question(ask, bindings)) else { return };
        let attempt = Attempt { technique: number, bindings: bindings.clone(), needs, gates, gains };
        found.numbers.insert(key, found.attempts.len());
        found.attempts.push(attempt);
    }

    fn evaluate(&self, number: usize, found: &mut Found) -> bool {
        let Some(attempt) = found.attempts.get(number).cloned() else { return false };
        let mut proofs = Proofs::already();
        for need in &attempt.needs {
            proofs = proofs.and(&found.proofs(need), self.limit);
        }
        if proofs.is_never() && !proofs.was_cut() {
            return false;
        }
        let gates = self.gate(&attempt.gates, found);
        proofs = proofs.and(&gates, self.limit);
        let mut news = false;
        for gain in &attempt.gains {
            if found.demands.iter().any(|demand| demand.admits(gain)) {
                news |= found.hold(gain, Some(number), &proofs);
            }
            // The unseen thing may be the very one that is wanted.
            let completed: Vec<_> = found.demands.iter().filter_map(|demand| demand.completed(gain)).collect();
            for (possession, symbols) in completed {
                let proofs = proofs.and(&Proofs::one(symbols, Vec::new()), self.limit);
                news |= found.hold(&possession, Some(number), &proofs);
            }
        }
        news
    }

    pub(crate) fn gate(&self, gate: &Gate<Question>, found: &mut Found) -> Proofs {
        match gate {
            Gate::Any(gates) => {
                let mut any = Proofs::default();
                for gate in gates {
                    any.or(self.gate(gate, found));
                }
                any
            }
            Gate::All(gates) => {
                let mut all = Proofs::already();
                for gate in gates {
                    all = all.and(&self.gate(gate, found), self.limit);
                }
                all
            }
            Gate::Ask(question) => self.question(question, found),
        }
    }

    /// A gate's sets, each control standing for itself or for the sets under which the attacker removes it.
    fn question(&self, question: &Question, found: &mut Found) -> Proofs {
        let family = self.asker.ask(question).open_if();
        let mut proofs = Proofs::default();
        if family.was_cut() {
            proofs.mark_cut();
        }
        for cut in family.cuts() {
            let mut outs = Proofs::already();
            for atom in cut {
                let mut out = Proofs::one(Cut::from([atom.clone()]), Vec::new());
                if let Atom::Control(control) = atom {
                    found.demands.insert(Demand {
                        predicate: Predicate::Removes,
                        arguments: vec![Some(Value::Control(control.clone()))],
                    });
                    for removal in found.removals(control, Some(question)) {
                        out.or(found.proofs(removal));
                    }
                }
                outs = outs.and(&out, self.limit);
            }
            proofs.or(self.that_count(question, cut, outs));
        }
        proofs
    }

    /// A removal counts only where it really opens the gate: the engine is asked on the estate with that change made.
    fn that_count(&self, question: &Question, cut: &Cut, outs: Proofs) -> Proofs {
        if outs.iter().all(|(_, premises)| premises.is_empty()) {
            return outs;
        }
        let failed = controls(cut);
        let symbols: Cut = cut.iter().filter(|atom| matches!(atom, Atom::Symbol(_))).cloned().collect();
        let doubt = match self.asker.ask_after(&failed, question) {
            Ok(decision) if decision.open_if().cuts().any(|left| left.is_subset(&symbols)) => return outs,
            Ok(_) => None,
            Err(error) => Some(Gap::not_modelled(format!("what changes when these controls are removed ({error})"))),
        };
        let mut counted = Proofs::default();
        if outs.was_cut() {
            counted.mark_cut();
        }
        if size(cut) > self.limit {
            counted.mark_cut();
        } else {
            counted.insert(cut.clone(), Vec::new());
        }
        if let Some(gap) = doubt {
            for (cut, premises) in outs.iter() {
                let mut doubted = cut.clone();
                doubted.insert(Atom::Symbol(gap.clone()));
                counted.insert(doubted, premises.to_vec());
            }
        }
        counted
    }
}

/// The controls of a set.
#[must_use]
pub fn controls(cut: &Cut) -> BTreeSet<Control> {
    cut.iter()
        .filter_map(|atom| match atom {
            Atom::Control(control) => Some(control.clone()),
            Atom::Symbol(_) => None,
        })
        .collect()
}
