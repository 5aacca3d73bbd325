//! Ways to the goal, told apart by their techniques.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_estate::Family;

use super::judging;
use super::trace::OtherWay;
use crate::technique::proof::{EntryId, Proofs};
use crate::technique::value::Possession;
use crate::technique::{Attempt, Found, Search, Technique};

/// How many partial ways are looked at; more are alike for a reader.
const MOST_STEPS: usize = 4_000;
/// How many ways are kept per possession while they are put together.
const MOST_PER_POSSESSION: usize = 24;
/// How many ways a trace shows.
const MOST_SHOWN: usize = 12;

/// A way: its attempts in order, and the sets under which it is open.
#[derive(Debug, Clone)]
struct Way {
    attempts: Vec<usize>,
    proofs: Proofs,
}

struct Ways<'a, 's, 'e> {
    search: &'s Search<'a, 'e>,
    found: Found,
    gates: BTreeMap<usize, Proofs>,
    steps: usize,
}

/// What is done, in words: title and what it gives.
pub(super) fn described(technique: &Technique, attempt: &Attempt) -> String {
    let gains: Vec<String> = attempt.gains.iter().map(ToString::to_string).collect();
    format!("{}: {}", technique.title, gains.join("; "))
}

/// The attempts behind a derived set, first things first, each once.
pub(super) fn attempts_of(found: &Found, entry: EntryId) -> Vec<(usize, EntryId)> {
    fn walk(found: &Found, id: EntryId, seen: &mut BTreeSet<EntryId>, order: &mut Vec<(usize, EntryId)>) {
        if !seen.insert(id) {
            return;
        }
        let Some(entry) = found.entry(id) else { return };
        for premise in &entry.premises {
            walk(found, *premise, seen, order);
        }
        if let Some(attempt) = entry.attempt
            && !order.iter().any(|(known, _)| *known == attempt)
        {
            order.push((attempt, id));
        }
    }
    let mut order = Vec::new();
    walk(found, entry, &mut BTreeSet::new(), &mut order);
    order
}

/// The ways whose techniques are not all documented.
pub(super) fn others(
    search: &Search<'_, '_>,
    found: &Found,
    goals: &[Possession],
    documented: &BTreeSet<Arc<str>>,
) -> Vec<OtherWay> {
    let mut ways = Ways { search, found: found.clone(), gates: BTreeMap::new(), steps: 0 };
    let mut by_techniques: BTreeMap<Vec<Arc<str>>, (Vec<String>, Proofs)> = BTreeMap::new();
    for goal in goals {
        for way in ways.of(goal, &mut Vec::new()) {
            // Each set is a way of its own: what it removes comes before what it is removed for.
            for (cut, premises) in way.proofs.iter() {
                let mut attempts = Vec::new();
                for premise in premises {
                    attempts.extend(attempts_of(found, *premise).into_iter().map(|(attempt, _)| attempt));
                }
                attempts.extend(&way.attempts);
                let mut seen = BTreeSet::new();
                attempts.retain(|attempt| seen.insert(*attempt));
                let mut techniques: Vec<Arc<str>> = Vec::new();
                let mut steps = Vec::new();
                for attempt in attempts.iter().filter_map(|number| found.attempts().get(*number)) {
                    let Some(technique) = search.techniques.get(attempt.technique) else { continue };
                    if !technique.implied {
                        steps.push(described(technique, attempt));
                        if !techniques.contains(&technique.id) {
                            techniques.push(Arc::clone(&technique.id));
                        }
                    }
                }
                let (_, proofs) = by_techniques.entry(techniques).or_insert_with(|| (steps, Proofs::default()));
                proofs.insert(cut.clone(), premises.to_vec());
            }
        }
    }
    let known: Vec<(Vec<Arc<str>>, Family)> =
        by_techniques.iter().map(|(techniques, (_, proofs))| (techniques.clone(), proofs.family())).collect();
    let mut all: Vec<_> = by_techniques
        .into_iter()
        .filter(|(techniques, (_, proofs))| {
            !techniques.iter().all(|technique| documented.contains(technique))
                && !known.iter().any(|(fewer, family)| is_shorter(fewer, family, techniques, &proofs.family()))
        })
        .collect();
    all.sort_by_key(|(techniques, (_, proofs))| {
        (judging::badness(&proofs.family()), techniques.len(), techniques.clone())
    });
    all.truncate(MOST_SHOWN);
    all.into_iter()
        .map(|(techniques, (steps, proofs))| OtherWay {
            techniques: techniques.iter().map(ToString::to_string).collect(),
            steps,
            cuts: judging::cut_sets(proofs.family().cuts()),
        })
        .collect()
}

/// Whether fewer techniques do it under the same failures or fewer: the longer way is no way of its own.
fn is_shorter(fewer: &[Arc<str>], family: &Family, techniques: &[Arc<str>], other: &Family) -> bool {
    fewer.len() < techniques.len()
        && fewer.iter().all(|technique| techniques.contains(technique))
        && other.cuts().all(|cut| family.cuts().any(|smaller| smaller.is_subset(cut)))
}

impl Ways<'_, '_, '_> {
    fn of(&mut self, possession: &Possession, above: &mut Vec<Possession>) -> Vec<Way> {
        self.steps += 1;
        if self.steps > MOST_STEPS || above.contains(possession) {
            return Vec::new();
        }
        let family = self.found.family(possession);
        let given = family.cuts().any(|cut| {
            let entry = self.found.entry_of(possession, cut).and_then(|id| self.found.entry(id));
            entry.is_some_and(|entry| entry.attempt.is_none())
        });
        let mut ways = Vec::new();
        if given {
            ways.push(Way { attempts: Vec::new(), proofs: self.found.proofs(possession) });
            // Who has it already needs no way to it.
            if family.is_already() {
                return ways;
            }
        }
        above.push(possession.clone());
        for number in 0..self.found.attempts().len() {
            let Some(attempt) = self.found.attempts().get(number) else { continue };
            if !attempt.gains.contains(possession) {
                continue;
            }
            let needs = attempt.needs.clone();
            let mut partial = vec![Way { attempts: Vec::new(), proofs: self.gates_of(number) }];
            for need in &needs {
                if partial.is_empty() {
                    break;
                }
                let below = self.of(need, above);
                let mut next = Vec::new();
                for way in &partial {
                    for under in &below {
                        let mut attempts = way.attempts.clone();
                        attempts.extend(&under.attempts);
                        let proofs = way.proofs.and(&under.proofs, self.search.limit);
                        if !proofs.is_never() {
                            next.push(Way { attempts, proofs });
                        }
                    }
                }
                next.truncate(MOST_PER_POSSESSION);
                partial = next;
            }
            for mut way in partial {
                if !way.proofs.is_never() {
                    way.attempts.push(number);
                    ways.push(way);
                }
            }
        }
        above.pop();
        ways.sort_by_key(|way| (judging::badness(&way.proofs.family()), way.attempts.len()));
        ways.truncate(MOST_PER_POSSESSION);
        ways
    }

    fn gates_of(&mut self, number: usize) -> Proofs {
        if let Some(known) = self.gates.get(&number) {
            return known.clone();
        }
        let gates = self.found.attempts().get(number).map(|attempt| attempt.gates.clone());
        let proofs = gates.map_or_else(Proofs::default, |gates| self.search.gate(&gates, &mut self.found));
        self.gates.insert(number, proofs.clone());
        proofs
    }
}
