//! One scenario's trace: each step with what stands in its way, and what the whole rests on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::RenderOptions;
use super::super::text::{clean, count, shorten, width, wrap};
use super::page::{Ink, Page, cell, control_words, short_resource};
use crate::scenario::trace::{
    CutSet, DepthKind, GateAnswer, OtherWay, Trace, TraceGap, TracedBlocker, TracedFact, TracedGate, TracedStep, Truth,
    Verdict,
};

/// Columns of the labels below the steps.
const LABEL: usize = 16;
/// Sets of controls, fixes and ways that are listed; the JSON report has all.
const LISTED: usize = 5;

/// A trace for a person.
#[must_use]
pub fn render_trace(trace: &Trace, options: &RenderOptions) -> String {
    let mut page = Page::new(options);
    page.blank();
    title(&mut page, trace);
    page.blank();
    page.paragraph(2, (Ink::Strong, "attacker"), 11, &trace.attacker.join(", "));
    page.paragraph(2, (Ink::Strong, "goal"), 11, &trace.goal.join(", or "));
    if let Some(reason) = &trace.reason {
        page.paragraph(2, (Ink::Strong, "because"), 11, reason);
    }
    steps(&mut page, trace);
    witness(&mut page, trace);
    page.blank();
    documented(&mut page, trace);
    for way in trace.other_ways.iter().take(LISTED) {
        other_way(&mut page, trace, way);
    }
    more(&mut page, trace.other_ways.len(), "other way");
    rests_on(&mut page, trace);
    fixes(&mut page, trace);
    for gap in &trace.gaps {
        page.paragraph(2, (Ink::Warn, "not seen"), LABEL, &gap_words(gap));
    }
    if !trace.assumed.is_empty() {
        page.paragraph(2, (Ink::Plain, "assumed"), LABEL, &trace.assumed.join(", "));
    }
    if !trace.unused_actions.is_empty() {
        let text = format!("{} (the attacker holds them, no technique uses them)", trace.unused_actions.join(", "));
        page.paragraph(2, (Ink::Plain, "not considered"), LABEL, &text);
    }
    let library = &trace.library;
    let version: String = library.version.chars().take(12).collect();
    let text = format!("{} (library {version}, ATT&CK {})", count(library.techniques, "technique"), library.attack);
    page.inked_paragraph(2, (Ink::Faint, "relative to"), LABEL, (Ink::Faint, &text));
    page.text
}

fn title(page: &mut Page, trace: &Trace) {
    let (ink, verdict) = match trace.verdict {
        Verdict::Open => (Ink::Alarm, "OPEN"),
        Verdict::Unknown => (Ink::Warn, "UNKNOWN"),
        Verdict::Blocked => (Ink::Good, "BLOCKED"),
        Verdict::NotApplicable => (Ink::Faint, "NOT APPLICABLE"),
    };
    let depth = depth_words(trace);
    let right = if depth.is_empty() { verdict.to_owned() } else { format!("{verdict}   {depth}") };
    let room = page.width.saturating_sub(width(&right) + 4).max(20);
    for (index, line) in wrap(&clean(&trace.title), room).iter().enumerate() {
        if index == 0 {
            page.ends(&format!("  {line}"), (ink, &right));
        } else {
            page.line(&format!("  {line}"));
        }
    }
}

fn depth_words(trace: &Trace) -> String {
    let Some(depth) = trace.depth else { return String::new() };
    match (depth.kind, depth.min, depth.max) {
        (DepthKind::Standing, Some(min), Some(max)) if min == max => format!("depth {min}"),
        (DepthKind::Standing, Some(min), Some(max)) => format!("depth {min} to {max}"),
        (DepthKind::Standing, Some(min), None) => format!("depth {min} or more"),
        (DepthKind::Standing, None, _) => String::new(),
        (DepthKind::Privilege, ..) => "depth: privilege".to_owned(),
        (DepthKind::AboveLimit, min, _) => min.map_or(String::new(), |limit| format!("depth above {limit}")),
        (DepthKind::Structural, ..) => "structural".to_owned(),
    }
}

/// One line of a step.
struct Line {
    ink: Ink,
    /// `or` before all but the first of alternatives.
    or: bool,
    mark: &'static str,
    text: String,
}

fn steps(page: &mut Page, trace: &Trace) {
    if trace.steps.is_empty() {
        return;
    }
    page.blank();
    let longest = trace.steps.iter().map(|step| width(&clean(&step.technique))).max().unwrap_or(0);
    let columns = longest.clamp(8, 26);
    // number, technique, `or`, mark
    let indent = 4 + 2 + columns + 1;
    for (number, step) in trace.steps.iter().enumerate() {
        let recorded = recorded_words(step);
        let lines = step_lines(trace, step);
        for (index, line) in lines.iter().enumerate() {
            let (head, right) = if index == 0 {
                (format!("{:>4}  {} ", number + 1, cell(&step.technique, columns)), recorded)
            } else {
                (" ".repeat(indent), (Ink::Plain, ""))
            };
            let or = if line.or { "or " } else { "   " };
            // The record stands at the right of the first line; that line leaves room for it.
            let reserved = if index == 0 { 14 } else { 0 };
            let room = page.width.saturating_sub(indent + 3 + 3 + reserved);
            for (part, text) in wrap(&line.text, room).iter().enumerate() {
                let start = if part == 0 {
                    format!("{head}{or}{}  ", page.painted(line.ink, line.mark))
                } else {
                    " ".repeat(indent + 6)
                };
                let gap = if part == 0 && !right.1.is_empty() {
                    let used = indent + 6 + width(text) + width(right.1);
                    " ".repeat(page.width.saturating_sub(used)) + &page.painted(right.0, right.1)
                } else {
                    String::new()
                };
                page.line(&format!("{start}{text}{gap}"));
            }
        }
    }
}

fn recorded_words(step: &TracedStep) -> (Ink, &'static str) {
    match step.recorded.answer {
        Truth::Yes => (Ink::Plain, "recorded"),
        Truth::No => (Ink::Warn, "not recorded"),
        Truth::Unknown => (Ink::Warn, "recorded?"),
    }
}

fn step_lines(trace: &Trace, step: &TracedStep) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut groups: Vec<usize> = Vec::new();
    for gate in &step.gates {
        let or = gate.any_of.is_some_and(|group| {
            let again = groups.contains(&group);
            groups.push(group);
            again
        });
        let from = lines.len();
        gate_lines(trace, gate, &mut lines);
        if let Some(first) = lines.get_mut(from) {
            first.or = or;
        }
    }
    if lines.is_empty() {
        lines.push(Line { ink: Ink::Plain, or: false, mark: "✓", text: "nothing stands in the way".to_owned() });
    }
    if !step.follows {
        let text = "the earlier steps do not give what it needs".to_owned();
        lines.push(Line { ink: Ink::Faint, or: false, mark: "·", text });
    }
    lines
}

fn gate_lines(trace: &Trace, gate: &TracedGate, lines: &mut Vec<Line>) {
    let mut push = |ink, mark, text| lines.push(Line { ink, or: false, mark, text });
    match gate.answer {
        GateAnswer::Open => {
            let text = gate.witness.iter().map(fact_words).collect::<Vec<_>>().join("; ");
            push(Ink::Warn, "✓", if text.is_empty() { clean(&gate.question) } else { text });
        }
        GateAnswer::Closed => {
            for blocker in &gate.blockers {
                push(Ink::Good, "✗", blocker_words(trace, blocker));
            }
            // Without a control it is closed because something does not exist.
            if gate.blockers.is_empty() {
                let text = gate.witness.iter().map(fact_words).collect::<Vec<_>>().join("; ");
                push(Ink::Good, "✗", if text.is_empty() { clean(&gate.question) } else { text });
            }
        }
        GateAnswer::Undecided => {
            let gaps = gate.gaps.iter().map(gap_words).collect::<Vec<_>>().join("; ");
            push(Ink::Warn, "?", clean(&if gaps.is_empty() { gate.question.clone() } else { gaps }));
            for blocker in &gate.blockers {
                push(Ink::Good, "✗", blocker_words(trace, blocker));
            }
        }
    }
}

fn fact_words(fact: &TracedFact) -> String {
    let code = fact.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    clean(&format!("{}: {}{code}", short_resource(&fact.resource), fact.statement))
}

fn blocker_words(trace: &Trace, blocker: &TracedBlocker) -> String {
    let remover = blocker.removed_by.as_ref().map(|name| step_words(trace, name));
    let costs = blocker.falls_with.iter().map(set_words).collect::<Vec<_>>().join(", or with ");
    let note = match (remover, costs.is_empty()) {
        (None, true) => String::new(),
        (None, false) => format!("   (falls with {costs})"),
        (Some(remover), true) => format!("   ({remover} removes this)"),
        (Some(remover), false) => match same_as_step(trace, blocker) {
            Some(step) => format!("   (falls with step {step})"),
            None => format!("   ({remover} removes this; falls with {costs})"),
        },
    };
    format!("{}{note}", fact_words(&blocker.fact))
}

/// The step that removes the blocker, if what it costs is just what blocks that step.
fn same_as_step(trace: &Trace, blocker: &TracedBlocker) -> Option<usize> {
    let name = blocker.removed_by.as_ref()?;
    let index = trace.steps.iter().position(|step| step.id == *name)?;
    let mut blocking: Vec<&String> =
        trace.steps.get(index)?.gates.iter().flat_map(|gate| &gate.blockers).map(|other| &other.control).collect();
    blocking.sort();
    blocking.dedup();
    let [cost] = blocker.falls_with.as_slice() else { return None };
    let mut controls: Vec<&String> = cost.controls.iter().collect();
    controls.sort();
    (controls == blocking).then_some(index + 1)
}

/// A step by its number, or a technique by its name.
fn step_words(trace: &Trace, name: &str) -> String {
    let index = trace.steps.iter().position(|step| step.id == name);
    index.map_or_else(|| clean(name), |index| format!("step {}", index + 1))
}

fn set_words(cut: &CutSet) -> String {
    let mut all: Vec<String> = cut.controls.iter().map(|id| control_words(id)).collect();
    all.extend(cut.symbols.iter().map(|symbol| format!("{} (not seen)", clean(symbol))));
    all.join(" + ")
}

fn gap_words(gap: &TraceGap) -> String {
    let settle = gap.assumption.as_ref().map(|name| format!(" (settled by --assume {name})")).unwrap_or_default();
    format!("{}: {}{settle}", gap.input, gap.cause)
}

/// The way in of an open one.
fn witness(page: &mut Page, trace: &Trace) {
    if trace.witness.is_empty() {
        return;
    }
    page.blank();
    let line = format!("  {}", page.painted(Ink::Strong, "the way in"));
    page.line(&line);
    for (index, step) in trace.witness.iter().enumerate() {
        let gains = if step.gains.is_empty() { String::new() } else { format!("   → {}", step.gains.join(", ")) };
        page.paragraph(
            2,
            (Ink::Plain, &format!("{:>2}", index + 1)),
            4,
            &format!("{}: {}{gains}", step.technique, step.what),
        );
        for fact in &step.evidence {
            page.paragraph(8, (Ink::Plain, ""), 0, &fact_words(fact));
            page.place(8, &fact.place);
        }
    }
}

fn documented(page: &mut Page, trace: &Trace) {
    let (ink, word) = match trace.documented.as_documented {
        Truth::Yes => (Ink::Plain, "yes"),
        Truth::No => (Ink::Warn, "no"),
        Truth::Unknown => (Ink::Warn, "cannot be said"),
    };
    let notes = trace.documented.notes.join("; ");
    let text = if notes.is_empty() { word.to_owned() } else { format!("{word}: {notes}") };
    page.paragraph(2, (ink, "as documented"), LABEL, &text);
    let places: BTreeMap<&str, Vec<&str>> = trace.steps.iter().fold(BTreeMap::new(), |mut places, step| {
        for place in &step.recorded.places {
            places.entry(place.as_str()).or_insert_with(Vec::new).push(&step.id);
        }
        places
    });
    let places: Vec<String> = places
        .iter()
        .map(|(place, ids)| {
            format!("{place} ({})", ids.iter().map(|id| step_words(trace, id)).collect::<Vec<_>>().join(", "))
        })
        .collect();
    if !places.is_empty() {
        page.paragraph(2, (Ink::Plain, "recorded in"), LABEL, &places.join("; "));
    }
}

fn other_way(page: &mut Page, trace: &Trace, way: &OtherWay) {
    let techniques = way.techniques.join(" → ");
    let stands = match way.cuts.as_slice() {
        cuts if cuts.iter().any(|cut| cut.controls.is_empty() && cut.symbols.is_empty()) => "open".to_owned(),
        cuts if cuts == trace.documented.cuts.as_slice() && !cuts.is_empty() => match cuts {
            [one] => format!("the same {} there", stand(one)),
            _ => "the same sets of controls stand there".to_owned(),
        },
        [] => "nothing opens it".to_owned(),
        cuts => cuts.iter().map(set_words).collect::<Vec<_>>().join(", or "),
    };
    page.paragraph(2, (Ink::Plain, "another way"), LABEL, &format!("{techniques}: {stands}"));
}

fn stand(cut: &CutSet) -> String {
    if cut.controls.len() == 1 { "control stands".to_owned() } else { format!("{} controls stand", cut.controls.len()) }
}

/// What the block rests on, and what would open it.
fn rests_on(page: &mut Page, trace: &Trace) {
    for control in &trace.single_points_of_failure {
        page.paragraph(2, (Ink::Warn, "alone holds it"), LABEL, &control_words(control));
    }
    if trace.single_points_of_failure.is_empty()
        && let Some(text) = weakest(trace)
    {
        page.paragraph(2, (Ink::Plain, "weakest point"), LABEL, &text);
    }
    for cut in trace.standing_cuts.iter().take(LISTED) {
        page.paragraph(2, (Ink::Plain, "opens if"), LABEL, &format!("{} {}", set_words(cut), fails(cut)));
    }
    more(page, trace.standing_cuts.len(), "set of controls");
    for cut in trace.privilege_cuts.iter().take(LISTED) {
        page.paragraph(2, (Ink::Plain, "least privilege"), LABEL, &format!("stands too: {}", set_words(cut)));
    }
    more(page, trace.privilege_cuts.len(), "set with least privilege");
}

const fn fails(cut: &CutSet) -> &'static str {
    match cut.controls.len() + cut.symbols.len() {
        1 => "fails",
        2 => "both fail",
        _ => "all fail",
    }
}

/// The control that stands in most ways, and alone before most others.
fn weakest(trace: &Trace) -> Option<String> {
    let mut ways: Vec<&[CutSet]> = vec![&trace.documented.cuts];
    ways.extend(trace.other_ways.iter().map(|way| way.cuts.as_slice()));
    ways.retain(|cuts| !cuts.is_empty());
    let controls: Vec<&String> = trace.standing_cuts.iter().flat_map(|cut| &cut.controls).collect();
    let stands =
        |control: &String| ways.iter().filter(|cuts| cuts.iter().all(|cut| cut.controls.contains(control))).count();
    let alone = |control: &String| -> Vec<&str> {
        let blockers = trace.steps.iter().flat_map(|step| &step.gates).flat_map(|gate| &gate.blockers);
        let falls = |cut: &CutSet| cut.symbols.is_empty() && cut.controls.as_slice() == std::slice::from_ref(control);
        blockers
            .filter(|blocker| blocker.falls_with.iter().any(falls))
            .map(|blocker| blocker.fact.resource.as_str())
            .collect()
    };
    // The first of equals, so that the answer does not hang on the order of a set.
    let best = controls.into_iter().min_by_key(|control| {
        (std::cmp::Reverse(stands(control)), std::cmp::Reverse(alone(control).len()), (*control).clone())
    })?;
    let (number, before) = (stands(best), alone(best));
    // Every control of one set alone is no weakest point.
    if number < 2 && before.is_empty() {
        return None;
    }
    let mut text = control_words(best);
    match number {
        0 | 1 => {}
        2 if ways.len() == 2 => text.push_str(": in both ways shown"),
        all if all == ways.len() => {
            let _ = write!(text, ": in all {all} ways shown");
        }
        some => {
            let _ = write!(text, ": in {some} of {} ways shown", ways.len());
        }
    }
    if !before.is_empty() {
        let names: Vec<String> = before.iter().map(|name| shorten(&clean(short_resource(name)), 40)).collect();
        text.push_str(if number < 2 { ": alone in front of " } else { ", and alone in front of " });
        text.push_str(&names.join(", "));
    }
    Some(text)
}

fn fixes(page: &mut Page, trace: &Trace) {
    for fix in trace.fixes.iter().take(LISTED) {
        let items: Vec<String> = fix.remove.iter().map(|item| fact_words(&item.fact)).collect();
        page.paragraph(2, (Ink::Strong, "to close it"), LABEL, &format!("remove {}", items.join(" and ")));
    }
    more(page, trace.fixes.len(), "way to close it");
}

/// How many of a list are not shown.
fn more(page: &mut Page, all: usize, noun: &str) {
    if all > LISTED {
        let text = match all - LISTED {
            1 => format!("… and 1 more {noun}"),
            many => format!("… and {many} more ({noun})"),
        };
        page.paragraph(2, (Ink::Plain, ""), LABEL, &text);
    }
}
