//! From a checked rule and an estate to outcomes, one for each resource.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use portcullis_estate::loading::place_of_call;
use portcullis_estate::schema::{Kind, List, Object, Scratch, Value, World};
use portcullis_estate::{Estate, Fact, Gap};
use portcullis_snapshot::Place;

use super::functions::Engines;
use super::language::eval::{Blind, Run, Truth};
use super::params::Params;
use super::rule::{Binding, Over, Rule, Segment};
use super::verdict::{Item, Outcome, ResourceRef, Verdict};

/// Most items that one outcome lists; the last one says how many more there are.
const MAX_ITEMS: usize = 200;

/// What rules are evaluated against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The observed world.
    pub estate: &'a Estate,
    /// What answers functions.
    pub engines: &'a dyn Engines,
    /// The values of parameters.
    pub params: &'a Params,
}

/// What one rule says: one outcome for each resource, in canonical order.
#[must_use]
pub fn evaluate(rule: &Rule, context: &Context<'_>) -> Vec<Outcome> {
    evaluate_blind(rule, context, None)
}

/// As [`evaluate`], with one thing that the rule reads taken away.
#[must_use]
pub fn evaluate_blind(rule: &Rule, context: &Context<'_>, blind: Option<&Blind>) -> Vec<Outcome> {
    let scratch = Scratch::new();
    let world = World { estate: context.estate, scratch: &scratch };
    let run = Run::new(world, context.engines, (context.params, &rule.defaults), rule.slots, &rule.definitions, blind);
    let objects = rule.resource.list.map(|list| list(&world)).unwrap_or_default();
    let mut outcomes: Vec<Outcome> = objects.into_iter().map(|object| of_resource(rule, &run, object)).collect();
    let listed = !outcomes.is_empty();
    outcomes.extend(of_listing(rule, &world));
    if !listed && outcomes.is_empty() {
        outcomes.push(nothing(rule));
    }
    outcomes
}

/// What the inner bindings of one resource come to.
#[derive(Default)]
struct Sum {
    items: Vec<Item>,
    more: usize,
    gaps: BTreeSet<Gap>,
    exempted: usize,
    tuples: usize,
}

fn of_resource<'s>(rule: &'s Rule, run: &Run<'s>, object: Object<'s>) -> Outcome {
    run.refuel();
    run.forget(0);
    let _ = run.world.scratch.drain();
    if let Some(first) = rule.bindings.first() {
        run.bind(first.slot, Value::Object(object));
    }
    let mut outcome = Outcome {
        rule: rule.id.clone(),
        resource: reference(run, object),
        verdict: Verdict::Holds,
        items: Vec::new(),
        evidence: Vec::new(),
        gaps: BTreeSet::new(),
        assumed: BTreeSet::new(),
        why: None,
    };
    let mut unless_gaps = BTreeSet::new();
    if let Some((unless, false)) = &rule.unless {
        match run.truth(unless) {
            Truth::True => {
                outcome.verdict = Verdict::NotApplicable;
                outcome.why = Some("exempted by `unless`".to_owned());
                outcome.evidence = run.traced(|run| run.truth(unless)).1;
                return outcome;
            }
            Truth::False => {}
            Truth::Unknown(gaps) => unless_gaps = run.gaps(gaps),
        }
    }
    let mut sum = Sum::default();
    tuples(rule, run, rule.bindings.get(1..).unwrap_or_default(), &mut sum);
    sum.items.sort();
    sum.items.dedup();
    if sum.more > 0 {
        let message = format!("and {} more", sum.more);
        sum.items.push(Item { message, discriminator: None, evidence: Vec::new() });
    }
    outcome.gaps = sum.gaps;
    outcome.verdict = if !sum.items.is_empty() {
        // What might exempt it was not seen: neither exempted nor proven wrong.
        if unless_gaps.is_empty() { Verdict::Violated } else { Verdict::Unknown }
    } else if !outcome.gaps.is_empty() {
        Verdict::Unknown
    } else if sum.tuples > 0 && sum.exempted == sum.tuples {
        outcome.why = Some("exempted by `unless`".to_owned());
        Verdict::NotApplicable
    } else {
        Verdict::Holds
    };
    let (assumed, notes) = run.world.scratch.drain();
    outcome.assumed = assumed;
    match outcome.verdict {
        Verdict::Violated => outcome.items = sum.items,
        Verdict::Unknown => {
            outcome.gaps.extend(unless_gaps);
            // What would be wrong if nothing exempts it still stands beside the gaps.
            outcome.evidence = sum.items.into_iter().flat_map(|item| item.evidence).collect();
        }
        Verdict::Holds | Verdict::NotApplicable => outcome.evidence = notes.into_iter().collect(),
    }
    outcome
}

/// Binds the rest of the variables in every way and judges each.
fn tuples<'s>(rule: &'s Rule, run: &Run<'s>, rest: &'s [Binding], sum: &mut Sum) {
    let Some((binding, rest)) = rest.split_first() else {
        judge(rule, run, sum);
        return;
    };
    let Over::List(list) = &binding.over else { return };
    match run.value(list) {
        Value::List(List { items, missing }) => {
            if let Some(gaps) = missing {
                sum.gaps.extend(run.gaps(gaps));
            }
            for item in items {
                run.bind(binding.slot, *item);
                run.forget(binding.first_definition);
                tuples(rule, run, rest, sum);
            }
        }
        Value::Unknown(gaps) => sum.gaps.extend(run.gaps(gaps)),
        _ => {
            sum.gaps.insert(Gap::not_modelled("a binding that is no list"));
        }
    }
}

fn judge<'s>(rule: &'s Rule, run: &Run<'s>, sum: &mut Sum) {
    sum.tuples += 1;
    let mut exempt = None;
    if let Some((unless, true)) = &rule.unless {
        match run.truth(unless) {
            Truth::True => {
                sum.exempted += 1;
                return;
            }
            Truth::False => {}
            Truth::Unknown(gaps) => exempt = Some(gaps),
        }
    }
    match (run.truth(&rule.require), exempt) {
        (Truth::True, _) => {}
        (Truth::False, None) => {
            if sum.items.len() >= MAX_ITEMS {
                sum.more += 1;
            } else {
                sum.items.push(item(rule, run));
            }
        }
        (Truth::False, Some(gaps)) | (Truth::Unknown(gaps), None) => sum.gaps.extend(run.gaps(gaps)),
        (Truth::Unknown(gaps), Some(more)) => sum.gaps.extend(run.gaps(run.world.scratch.union(gaps, more))),
    }
}

fn item<'s>(rule: &'s Rule, run: &Run<'s>) -> Item {
    let mut message = String::new();
    for segment in &rule.message {
        match segment {
            Segment::Text(text) => message.push_str(text),
            Segment::Value(node) => {
                let _ = write!(message, "{}", run.shown(run.value(node)));
            }
        }
    }
    let (_, mut facts) = run.traced(|run| run.truth(&rule.require));
    // The reading that found it has decided; a traced second one may have read less, never more.
    let mut evidence = Vec::new();
    let mut discriminators = Vec::new();
    for binding in rule.bindings.iter().skip(1) {
        match run.value_of(binding.slot) {
            Value::Object(object) => {
                if let Some(facts) = object.kind.evidence {
                    evidence.extend(facts(object));
                }
                let id = object.identity().id;
                discriminators.push(if id.is_empty() { object.place.path.clone() } else { id.to_owned() });
            }
            other => discriminators.push(run.shown(other)),
        }
    }
    evidence.append(&mut facts);
    let discriminator = (!discriminators.is_empty()).then(|| discriminators.join(" "));
    Item { message, discriminator, evidence }
}

fn reference<'s>(run: &Run<'s>, object: Object<'s>) -> ResourceRef {
    let identity = object.identity();
    let text = |name: &str| {
        let (_, field) = object.kind.field(name)?;
        match (field.get)(&run.world, object) {
            Value::Str(text) => Some(text.to_owned()),
            _ => None,
        }
    };
    ResourceRef {
        kind: object.kind.name,
        account: identity.account.to_owned(),
        region: identity.region.to_owned(),
        id: identity.id.to_owned(),
        arn: text("arn"),
        name: text("name").filter(|name| name != identity.id),
        place: object.place.clone(),
    }
}

/// One unknown for each account and region in which the kind's listing is not whole: there may be more resources.
fn of_listing(rule: &Rule, world: &World<'_>) -> Vec<Outcome> {
    let places = rule.resource.hidden(world);
    places
        .into_iter()
        .map(|((account, region), gaps)| Outcome {
            rule: rule.id.clone(),
            resource: listing(rule.resource, &account, &region),
            verdict: Verdict::Unknown,
            items: Vec::new(),
            evidence: Vec::new(),
            gaps,
            assumed: BTreeSet::new(),
            why: None,
        })
        .collect()
}

fn listing(kind: &'static Kind, account: &str, region: &str) -> ResourceRef {
    let place = if account.is_empty() || kind.call.is_empty() {
        Place::new("", "")
    } else {
        place_of_call(account, region, kind.call)
    };
    ResourceRef {
        kind: kind.name,
        account: account.to_owned(),
        region: region.to_owned(),
        id: "*".to_owned(),
        arn: None,
        name: None,
        place,
    }
}

fn nothing(rule: &Rule) -> Outcome {
    Outcome {
        rule: rule.id.clone(),
        resource: listing(rule.resource, "", ""),
        verdict: Verdict::NotApplicable,
        items: Vec::new(),
        evidence: Vec::<Fact>::new(),
        gaps: BTreeSet::new(),
        assumed: BTreeSet::new(),
        why: Some(format!("there is no {}", rule.resource.name)),
    }
}
