//! The documented steps, each judged as if the earlier ones had succeeded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_estate::{Answer, Atom, Control, ControlKind, Decision, Fact};

use super::file::Scenario;
use super::judging;
use super::trace::{GateAnswer, Recorded, TracedBlocker, TracedFact, TracedGate, TracedStep, Truth};
use super::ways;
use crate::technique::asking::Asker;
use crate::technique::gates::{Question, Unrecorded};
use crate::technique::proof::EntryId;
use crate::technique::term::Gate;
use crate::technique::value::{Possession, Predicate, Value};
use crate::technique::{Attempt, Found, Library};

/// How many sets are named beside a control that falls with others.
const MOST_SETS: usize = 4;

/// Everything that the steps are told from.
pub(super) struct Telling<'a, 'e> {
    pub(super) scenario: &'a Scenario,
    pub(super) library: &'a Library,
    pub(super) asker: &'a Asker<'e>,
    /// The search over the whole library.
    pub(super) all: &'a Found,
    /// The search over the documented techniques.
    pub(super) documented: &'a Found,
    /// The weakest documented set of the goal.
    pub(super) shown: Option<EntryId>,
}

impl Telling<'_, '_> {
    /// For each documented step the attempt that is shown.
    pub(super) fn instances<'b>(&'b self, beside: &'b [Option<Found>]) -> Vec<Option<&'b Attempt>> {
        let in_proof: BTreeSet<usize> = self
            .shown
            .map(|entry| ways::attempts_of(self.documented, entry).into_iter().map(|(attempt, _)| attempt).collect())
            .unwrap_or_default();
        let mut chosen: Vec<Option<usize>> = vec![None; self.scenario.steps.len()];
        // What the shown set was derived with, then what removes controls that stand in those, then the weakest.
        for round in 0..3 {
            let blockers = self.blockers(chosen.iter().flatten());
            for (slot, step) in chosen.iter_mut().zip(&self.scenario.steps) {
                if slot.is_some() {
                    continue;
                }
                let candidates = self.documented.attempts().iter().enumerate().filter(|(_, attempt)| {
                    self.library.techniques().get(attempt.technique).is_some_and(|t| t.id == step.technique)
                });
                *slot = match round {
                    0 => candidates.map(|(number, _)| number).find(|number| in_proof.contains(number)),
                    1 => candidates
                        .filter(|(_, attempt)| {
                            let mut removed = attempt.gains.iter().filter_map(Possession::removed);
                            removed.any(|(control, _)| blockers.contains(control))
                        })
                        .min_by_key(|(number, attempt)| (self.badness(attempt), *number))
                        .map(|(number, _)| number),
                    _ => candidates
                        .min_by_key(|(number, attempt)| (self.badness(attempt), *number))
                        .map(|(number, _)| number),
                };
            }
        }
        let things: BTreeSet<&Value> = chosen
            .iter()
            .flatten()
            .filter_map(|number| self.documented.attempts().get(*number))
            .flat_map(|attempt| attempt.bindings.values())
            .collect();
        chosen
            .into_iter()
            .zip(&self.scenario.steps)
            .zip(beside)
            .map(|((number, step), beside)| match number {
                Some(number) => self.documented.attempts().get(number),
                None => self.instance_beside(step, beside.as_ref()?, &things),
            })
            .collect()
    }

    /// An attempt that no way to the goal needs: with most in common with the other steps.
    fn instance_beside<'b>(
        &self,
        step: &super::file::Step,
        beside: &'b Found,
        things: &BTreeSet<&Value>,
    ) -> Option<&'b Attempt> {
        let (wanted, _) = self.library.find(&step.technique)?;
        let candidates = beside.attempts().iter().enumerate().filter(|(_, attempt)| attempt.technique == wanted);
        let best = candidates.min_by_key(|(number, attempt)| {
            let shared = attempt.bindings.values().filter(|value| things.contains(value)).count();
            (usize::MAX - shared, *number)
        });
        best.map(|(_, attempt)| attempt)
    }

    fn badness(&self, attempt: &Attempt) -> (u8, usize, bool) {
        let families = attempt.gains.iter().map(|gain| judging::badness(&self.documented.family(gain)));
        families.min().unwrap_or((u8::MAX, 0, true))
    }

    fn blockers<'n>(&self, attempts: impl Iterator<Item = &'n usize>) -> BTreeSet<Control> {
        attempts
            .filter_map(|number| self.documented.attempts().get(*number))
            .flat_map(|attempt| attempt.gates.questions())
            .flat_map(|question| self.asker.ask(question).blockers())
            .map(|blocker| blocker.control)
            .collect()
    }

    /// The steps, told.
    pub(super) fn steps(&self, instances: &[Option<&Attempt>]) -> Vec<TracedStep> {
        let mut gone: BTreeSet<Control> = BTreeSet::new();
        let mut told = Vec::new();
        for (step, instance) in self.scenario.steps.iter().zip(instances) {
            let technique = self.library.find(&step.technique).map(|(_, technique)| technique);
            let mut traced = TracedStep {
                id: step.id.clone(),
                technique: step.technique.to_string(),
                title: technique.map(|technique| technique.title.clone()).unwrap_or_default(),
                attack: technique.map(|technique| technique.attack.clone()).unwrap_or_default(),
                instance: String::new(),
                follows: instance.is_some(),
                gates: Vec::new(),
                recorded: Recorded { answer: Truth::Unknown, places: Vec::new(), gaps: Vec::new() },
            };
            if let (Some(attempt), Some(technique)) = (instance, technique) {
                traced.instance = ways::described(technique, attempt);
                let mut groups = 0;
                self.gates(&attempt.gates, None, &mut groups, &mut traced.gates);
                let events = technique.recorded.iter().map(|event| Unrecorded {
                    event: event.clone(),
                    who: identity_in(attempt),
                    on: thing_in(attempt),
                });
                traced.recorded = self.recorded(events, &gone);
                // The call that stops a trail is itself recorded; what comes after it is not.
                for (control, _) in attempt.gains.iter().filter_map(Possession::removed) {
                    if matches!(control.kind, ControlKind::Trail | ControlKind::Log) {
                        gone.insert(control.clone());
                    }
                }
            }
            told.push(traced);
        }
        told
    }

    fn gates(&self, gate: &Gate<Question>, group: Option<usize>, groups: &mut usize, told: &mut Vec<TracedGate>) {
        match gate {
            Gate::Ask(question) => told.push(self.gate(question, group)),
            Gate::All(gates) => {
                for gate in gates {
                    self.gates(gate, group, groups, told);
                }
            }
            Gate::Any(gates) => {
                *groups += 1;
                let own = *groups;
                for gate in gates {
                    self.gates(gate, Some(own), groups, told);
                }
            }
        }
    }

    fn gate(&self, question: &Question, any_of: Option<usize>) -> TracedGate {
        let decision = self.asker.ask(question);
        let answer = match decision.answer() {
            Answer::Open => GateAnswer::Open,
            Answer::Closed => GateAnswer::Closed,
            Answer::Undecided => GateAnswer::Undecided,
        };
        let blockers = if answer == GateAnswer::Open { Vec::new() } else { self.told_blockers(question, &decision) };
        let witness: &[Fact] = match decision.witness() {
            Some(way) => &way.evidence,
            None => &decision.structural,
        };
        TracedGate {
            question: question.to_string(),
            any_of,
            answer,
            blockers,
            witness: witness.iter().map(TracedFact::from).collect(),
            gaps: decision.gaps().iter().map(Into::into).collect(),
        }
    }

    fn told_blockers(&self, question: &Question, decision: &Decision) -> Vec<TracedBlocker> {
        let mut told: BTreeMap<(Control, Fact), TracedBlocker> = BTreeMap::new();
        for blocker in decision.blockers() {
            let mut traced = TracedBlocker {
                control: blocker.control.to_string(),
                fact: (&blocker.fact).into(),
                removed_by: None,
                falls_with: Vec::new(),
            };
            let mut cuts = Vec::new();
            for removal in self.all.removals(&blocker.control, Some(question)) {
                let family = self.all.family(removal);
                // That it falls when it fails says nothing.
                let others = family.cuts().filter(|cut| !cut.contains(&Atom::Control(blocker.control.clone())));
                cuts.extend(others.map(|cut| (judging::weakness(cut), cut.clone(), removal.clone())));
            }
            cuts.sort();
            if let Some((_, cut, removal)) = cuts.first() {
                traced.removed_by = self.done_by(removal, cut);
                if !cut.is_empty() {
                    traced.falls_with = judging::cut_sets(cuts.iter().map(|(_, cut, _)| cut));
                    traced.falls_with.dedup();
                    traced.falls_with.truncate(MOST_SETS);
                }
            }
            told.insert((blocker.control, blocker.fact), traced);
        }
        told.into_values().collect()
    }

    /// The documented step that removes something, or else the technique.
    fn done_by(&self, removal: &Possession, cut: &portcullis_estate::family::Cut) -> Option<String> {
        let entry = self.all.entry(self.all.entry_of(removal, cut)?)?;
        let attempt = self.all.attempts().get(entry.attempt?)?;
        let technique = self.library.techniques().get(attempt.technique)?;
        let step = self.scenario.steps.iter().find(|step| step.technique == technique.id);
        Some(step.map_or_else(|| technique.id.to_string(), |step| step.id.clone()))
    }

    fn recorded(&self, events: impl Iterator<Item = Unrecorded>, gone: &BTreeSet<Control>) -> Recorded {
        let mut recorded = Recorded { answer: Truth::Yes, places: Vec::new(), gaps: Vec::new() };
        let mut any = false;
        for event in events {
            any = true;
            let question = Question::Unrecorded(event);
            let decision = match self.asker.ask_after(gone, &question) {
                Ok(decision) => decision,
                Err(error) => {
                    recorded.answer = if recorded.answer == Truth::No { Truth::No } else { Truth::Unknown };
                    recorded.gaps.push((&portcullis_estate::Gap::not_modelled(error)).into());
                    continue;
                }
            };
            recorded.places.extend(decision.blockers().into_iter().map(|blocker| blocker.control.to_string()));
            match decision.answer() {
                Answer::Open => recorded.answer = Truth::No,
                // No way to do it unrecorded; without a trail or log that says so, it is structural.
                Answer::Closed => {}
                Answer::Undecided => {
                    recorded.gaps.extend(decision.gaps().iter().map(Into::into));
                    if recorded.answer == Truth::Yes {
                        recorded.answer = Truth::Unknown;
                    }
                }
            }
        }
        if !any {
            recorded.answer = Truth::No;
        }
        recorded.places.sort();
        recorded.places.dedup();
        recorded.gaps.sort();
        recorded.gaps.dedup();
        recorded
    }
}

fn identity_in(attempt: &Attempt) -> Option<Value> {
    let need = attempt.needs.iter().find(|need| need.predicate == Predicate::Identity)?;
    need.arguments.first().cloned()
}

/// What a step is done to: the thing that its first gate is about, the signer and the source aside.
fn thing_in(attempt: &Attempt) -> Option<Value> {
    let question = attempt.gates.questions().into_iter().next()?;
    let on = match question {
        Question::Reach(reach) => &reach.to,
        Question::May(may) => may.resources.values().find(|value| value.thing().is_some())?,
        Question::LogsIn(login) => &login.database,
        Question::Granted(granted) => &granted.database,
        Question::Setting(setting) => &setting.of,
        Question::Unrecorded(_) => return None,
    };
    Some(on.clone())
}

/// The techniques that the steps name.
pub(super) fn documented_techniques(scenario: &Scenario) -> BTreeSet<Arc<str>> {
    scenario.steps.iter().map(|step| Arc::clone(&step.technique)).collect()
}
