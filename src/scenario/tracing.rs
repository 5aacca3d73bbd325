//! Traces a scenario: over all ways that the library allows, and over the documented steps beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_estate::family::Cut;
use portcullis_estate::{Atom, Control, Family, Gap};

use super::file::{Catalogue, Scenario};
use super::start::{self, Obstacle, Staged, Start};
use super::steps::{Telling, documented_techniques};
use super::trace::{DepthKind, Documented, Fix, FixItem, LibraryStamp, Trace, TracedFact, Truth, Verdict, WitnessStep};
use super::{claims, judging, ways};
use crate::technique::asking::Asker;
use crate::technique::closing::{Closing, Closings};
use crate::technique::gates::Question;
use crate::technique::library::ATTACK_VERSION;
use crate::technique::proof::{EntryId, Proofs};
use crate::technique::term::Gate;
use crate::technique::value::{Identity, Possession, Predicate, Thing, Value};
use crate::technique::{Attempt, DEFAULT_LIMIT, Engines, Found, Params, Search};

/// The limit of the documented steps alone.
const DOCUMENTED_LIMIT: usize = 10;

/// How to trace.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Sets with more controls are dropped, and the trace says so.
    pub limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT }
    }
}

/// Traces every scenario of a catalogue, by id.
#[must_use]
pub fn trace_all(catalogue: &Catalogue, engines: &dyn Engines, params: &dyn Params, options: Options) -> Vec<Trace> {
    let asker = Asker::new(engines);
    catalogue.scenarios().map(|scenario| trace_with(catalogue, scenario, &asker, params, options)).collect()
}

/// Traces one scenario.
#[must_use]
pub fn trace(
    catalogue: &Catalogue,
    scenario: &Scenario,
    engines: &dyn Engines,
    params: &dyn Params,
    options: Options,
) -> Trace {
    trace_with(catalogue, scenario, &Asker::new(engines), params, options)
}

fn trace_with(
    catalogue: &Catalogue,
    scenario: &Scenario,
    asker: &Asker<'_>,
    params: &dyn Params,
    options: Options,
) -> Trace {
    let blank = blank(catalogue, scenario);
    match start::stage(scenario, params, asker) {
        Err(Obstacle::NotConfigured(gap)) => {
            Trace { verdict: Verdict::Unknown, reason: Some(gap.to_string()), gaps: vec![(&gap).into()], ..blank }
        }
        Err(Obstacle::Nothing(reason)) => Trace { verdict: Verdict::NotApplicable, reason: Some(reason), ..blank },
        Ok(staged) => {
            let worst = staged
                .starts
                .iter()
                .map(|start| Run::new(catalogue, asker, options, start, &staged, scenario))
                .min_by_key(|run| judging::badness(&run.family));
            match worst {
                Some(run) => run.told(blank, scenario, &staged),
                None => blank,
            }
        }
    }
}

fn blank(catalogue: &Catalogue, scenario: &Scenario) -> Trace {
    Trace {
        scenario: scenario.id.to_string(),
        title: scenario.title.clone(),
        severity: scenario.severity,
        story: scenario.story.clone(),
        attacker: Vec::new(),
        goal: Vec::new(),
        verdict: Verdict::Unknown,
        reason: None,
        depth: None,
        standing_cuts: Vec::new(),
        privilege_cuts: Vec::new(),
        single_points_of_failure: Vec::new(),
        documented: Documented {
            as_documented: Truth::Unknown,
            claimed_verdict: scenario.claims.verdict,
            cuts: Vec::new(),
            notes: Vec::new(),
        },
        steps: Vec::new(),
        other_ways: Vec::new(),
        witness: Vec::new(),
        fixes: Vec::new(),
        gaps: Vec::new(),
        assumed: Vec::new(),
        unused_actions: Vec::new(),
        library: LibraryStamp {
            version: catalogue.library.version().to_owned(),
            attack: ATTACK_VERSION.to_owned(),
            techniques: catalogue.library.techniques().len(),
        },
    }
}

/// One attacker's search.
struct Run<'a, 'e> {
    catalogue: &'a Catalogue,
    asker: &'a Asker<'e>,
    limit: usize,
    start: &'a Start,
    goals: Vec<Possession>,
    found: Found,
    family: Family,
    proofs: Proofs,
}

impl<'a, 'e> Run<'a, 'e> {
    fn new(
        catalogue: &'a Catalogue,
        asker: &'a Asker<'e>,
        options: Options,
        start: &'a Start,
        staged: &Staged,
        scenario: &Scenario,
    ) -> Self {
        let goals: Vec<Possession> = staged.goals.iter().flatten().cloned().collect();
        let search = Search { techniques: catalogue.library.techniques(), asker, limit: options.limit, allowed: None };
        let found = search.run(&had(start), &goals);
        let proofs = goal_proofs(&found, staged, scenario.all_of_goal, options.limit);
        Self { catalogue, asker, limit: options.limit, start, goals, found, family: proofs.family(), proofs }
    }

    fn search<'s>(&'s self, allowed: Option<&'s BTreeSet<Arc<str>>>) -> Search<'s, 'e> {
        Search { techniques: self.catalogue.library.techniques(), asker: self.asker, limit: self.limit, allowed }
    }

    fn told(self, blank: Trace, scenario: &Scenario, staged: &Staged) -> Trace {
        let library = &self.catalogue.library;
        let verdict = judging::verdict(&self.family);
        let depth = (verdict == Verdict::Blocked).then(|| judging::depth(&self.family, self.limit));

        // Removals count in the documented family whether or not the document mentions them.
        let allowed = documented_techniques(scenario);
        let mut seeds = had(self.start);
        seeds.extend(
            self.found
                .possessions()
                .filter(|(possession, _)| {
                    possession.predicate == Predicate::Removes && !self.goals.contains(possession)
                })
                .map(|(possession, family)| (possession.clone(), family)),
        );
        // The documented steps are few: all that stands in them can be shown.
        let limit = self.limit.max(DOCUMENTED_LIMIT);
        let search = Search { limit, ..self.search(Some(&allowed)) };
        let documented = search.run(&seeds, &self.goals);
        let documented_proofs = goal_proofs(&documented, staged, scenario.all_of_goal, limit);
        let shown = weakest(&documented_proofs).and_then(|(_, premises)| premises.first().copied());
        let telling =
            Telling { scenario, library, asker: self.asker, all: &self.found, documented: &documented, shown };
        // A step that no way to the goal needs is shown on what it could be done to.
        let beside: Vec<Option<Found>> = scenario
            .steps
            .iter()
            .map(|step| {
                let (number, technique) = library.find(&step.technique)?;
                let used = documented.attempts().iter().any(|attempt| attempt.technique == number);
                (!used).then(|| search.run_technique(&seeds, technique))
            })
            .collect();
        let instances = telling.instances(&beside);
        let steps = telling.steps(&instances);

        let (privilege, standing): (Vec<&Cut>, Vec<&Cut>) =
            self.family.cuts().filter(|_| verdict != Verdict::Open).partition(|cut| judging::is_privilege(cut));
        let standing_cuts = judging::cut_sets(standing);
        let mut gaps: BTreeSet<Gap> = judging::gaps(&self.family);
        if verdict == Verdict::Open {
            gaps.clear();
        }
        let reason = self.reason(verdict, depth.map(|depth| depth.kind), &documented);
        Trace {
            attacker: self.start.words.clone(),
            goal: staged.goal_words.clone(),
            verdict,
            reason,
            depth,
            single_points_of_failure: standing_cuts
                .iter()
                .filter(|set| set.symbols.is_empty())
                .filter_map(|set| match set.controls.as_slice() {
                    [only] => Some(only.clone()),
                    _ => None,
                })
                .collect(),
            standing_cuts,
            privilege_cuts: judging::cut_sets(privilege),
            documented: claims::judged(scenario, verdict, depth, &steps, &documented_proofs.family()),
            other_ways: ways::others(&self.search(None), &self.found, &self.goals, &allowed),
            witness: if verdict == Verdict::Open { self.witness() } else { Vec::new() },
            fixes: if verdict == Verdict::Open { self.fixes(staged, scenario.all_of_goal) } else { Vec::new() },
            gaps: gaps.iter().map(Into::into).collect(),
            assumed: self.asker.assumed().iter().map(ToString::to_string).collect(),
            unused_actions: self.unused_actions(&instances),
            steps,
            ..blank
        }
    }

    fn reason(&self, verdict: Verdict, kind: Option<DepthKind>, documented: &Found) -> Option<String> {
        match (verdict, kind) {
            (Verdict::Unknown, _) => {
                let gaps: Vec<String> = judging::gaps(&self.family).iter().map(ToString::to_string).collect();
                Some(gaps.join("; "))
            }
            (Verdict::Blocked, Some(DepthKind::Structural)) => {
                let mut missing = BTreeSet::new();
                for attempt in documented.attempts().iter().chain(self.found.attempts()) {
                    for question in attempt.gates.questions() {
                        let decision = self.asker.ask(question);
                        if decision.ways.is_empty() {
                            missing.extend(
                                decision.structural.iter().map(|fact| format!("{}: {}", fact.resource, fact.statement)),
                            );
                        }
                    }
                }
                if missing.is_empty() {
                    missing.insert("no technique of the library leads there from this start".to_owned());
                }
                Some(missing.into_iter().collect::<Vec<_>>().join("; "))
            }
            _ => None,
        }
    }

    fn witness(&self) -> Vec<WitnessStep> {
        let Some((_, premises)) = weakest(&self.proofs) else { return Vec::new() };
        let mut told = Vec::new();
        let mut seen = BTreeSet::new();
        for premise in premises {
            for (number, entry) in ways::attempts_of(&self.found, *premise) {
                if seen.insert(number) {
                    told.extend(self.witness_step(number, entry));
                }
            }
        }
        told
    }

    /// A step of the witness, with what lets it happen after what was removed for it.
    fn witness_step(&self, number: usize, entry: EntryId) -> Option<WitnessStep> {
        let attempt = self.found.attempts().get(number)?;
        let technique = self.catalogue.library.techniques().get(attempt.technique)?;
        let removed: BTreeSet<Control> = self
            .found
            .entry(entry)?
            .premises
            .iter()
            .filter_map(|premise| self.found.entry(*premise))
            .filter_map(|premise| premise.possession.removed().map(|(control, _)| control.clone()))
            .collect();
        let mut evidence = Vec::new();
        self.evidence(&attempt.gates, &removed, &mut evidence);
        Some(WitnessStep {
            technique: technique.id.to_string(),
            what: technique.title.clone(),
            gains: attempt.gains.iter().map(ToString::to_string).collect(),
            evidence,
        })
    }

    /// Collects the evidence of an open gate; answers whether it is open.
    fn evidence(&self, gate: &Gate<Question>, removed: &BTreeSet<Control>, told: &mut Vec<TracedFact>) -> bool {
        match gate {
            Gate::All(gates) => gates.iter().all(|gate| self.evidence(gate, removed, told)),
            Gate::Any(gates) => gates.iter().any(|gate| {
                let mut own = Vec::new();
                let open = self.evidence(gate, removed, &mut own);
                if open {
                    told.append(&mut own);
                }
                open
            }),
            Gate::Ask(question) => {
                let now = self.asker.ask(question);
                let decision =
                    if now.witness().is_some() { Some(now) } else { self.asker.ask_after(removed, question).ok() };
                let Some(way) = decision.as_ref().and_then(|decision| decision.witness()) else { return false };
                told.extend(way.evidence.iter().map(TracedFact::from));
                true
            }
        }
    }

    fn fixes(&self, staged: &Staged, all: bool) -> Vec<Fix> {
        let closing = Closing::of(&self.found, self.asker, self.limit);
        let sets: Closings =
            if all { closing.of_all(staged.goals.iter().map(Vec::as_slice)) } else { closing.of_any(&self.goals) };
        let mut fixes: Vec<Fix> = sets
            .iter()
            .filter(|set| !set.is_empty())
            .map(|set| Fix {
                remove: set
                    .iter()
                    .filter_map(|id| closing.enabler(id))
                    .map(|enabler| FixItem { enabler: enabler.id.clone(), fact: (&enabler.fact).into() })
                    .collect(),
            })
            .collect();
        fixes.sort_by_key(|fix| (fix.remove.len(), fix.clone()));
        fixes
    }

    fn unused_actions(&self, instances: &[Option<&Attempt>]) -> Vec<String> {
        let used: BTreeSet<Arc<str>> = self
            .catalogue
            .library
            .techniques()
            .iter()
            .flat_map(|technique| technique.gates.questions())
            .filter_map(|ask| match ask {
                crate::technique::term::Ask::May { action, .. } => Some(Arc::clone(action)),
                _ => None,
            })
            .collect();
        let things: BTreeSet<Thing> = instances
            .iter()
            .flatten()
            .flat_map(|attempt| attempt.bindings.values())
            .filter_map(|value| value.thing().cloned())
            .collect();
        let identities: BTreeSet<&Identity> = self
            .start
            .possessions
            .iter()
            .flat_map(|possession| &possession.arguments)
            .filter_map(|value| match value {
                Value::Identity(identity) if identity.principal.gap().is_none() => Some(&**identity),
                _ => None,
            })
            .collect();
        let held = identities.into_iter().flat_map(|who| self.asker.engines().held_actions(who, &things, &used));
        held.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn had(start: &Start) -> Vec<(Possession, Family)> {
    let mut had: BTreeMap<Possession, Family> = BTreeMap::new();
    for possession in &start.possessions {
        had.insert(possession.clone(), Family::already());
    }
    had.into_iter().collect()
}

/// The goal's sets: any of a line's members; any line, or all lines.
fn goal_proofs(found: &Found, staged: &Staged, all: bool, limit: usize) -> Proofs {
    let mut whole = if all { Proofs::already() } else { Proofs::default() };
    for line in &staged.goals {
        let mut any = Proofs::default();
        for possession in line {
            any.or(found.proofs(possession));
            // A member that was not seen may be had or not.
            if let Some(gap) = possession.arguments.iter().find_map(Value::gap) {
                any.or(Proofs::one(Cut::from([Atom::Symbol(gap.clone())]), Vec::new()));
            }
        }
        if all {
            whole = whole.and(&any, limit);
        } else {
            whole.or(any);
        }
    }
    if let Some(gap) = found.exhausted() {
        whole.or(Proofs::one(Cut::from([Atom::Symbol(gap.clone())]), Vec::new()));
    }
    whole
}

fn weakest(proofs: &Proofs) -> Option<(&Cut, &[EntryId])> {
    proofs.iter().min_by_key(|(cut, _)| judging::weakness(cut))
}
