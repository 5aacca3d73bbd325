//! Whether what a document claims is so (`scenario-semantics`, section 8).

use std::collections::BTreeSet;

use portcullis_estate::family::Cut;
use portcullis_estate::{Atom, Control, Family};

use super::file::Scenario;
use super::judging;
use super::trace::{Depth, DepthKind, Documented, TracedStep, Truth, Verdict};

/// Compares the claims with what was found.
pub(super) fn judged(
    scenario: &Scenario,
    verdict: Verdict,
    depth: Option<Depth>,
    steps: &[TracedStep],
    documented: &Family,
) -> Documented {
    let claims = &scenario.claims;
    let mut notes = Vec::new();
    let mut truth = Truth::Yes;
    let mut differs = |note: String, notes: &mut Vec<String>| {
        truth = Truth::No;
        notes.push(note);
    };
    if let Some(claimed) = claims.verdict
        && claimed != verdict
        && verdict != Verdict::Unknown
    {
        differs(format!("claimed {}, found {}", name(claimed), name(verdict)), &mut notes);
    }
    if verdict == Verdict::Blocked {
        if let (Some(claimed), Some(depth)) = (claims.depth, depth)
            && depth.min.is_some_and(|min| min < claimed)
            && depth.kind == DepthKind::Standing
        {
            differs(format!("claimed depth {claimed} or more, found {}", depth.min.unwrap_or(0)), &mut notes);
        }
        if claims.depth.is_some() && depth.is_some_and(|depth| depth.kind == DepthKind::Privilege) {
            notes.push("the depth rests on least privilege alone".to_owned());
        }
        for (step, kind) in &claims.by {
            let Some(traced) = steps.iter().find(|traced| traced.id == *step) else { continue };
            let standing: BTreeSet<Control> = traced
                .gates
                .iter()
                .flat_map(|gate| &gate.blockers)
                .filter_map(|blocker| Control::parse(&blocker.control))
                .filter(|control| control.kind == *kind)
                .collect();
            if standing.is_empty() {
                differs(format!("{step}: no {kind} stands there"), &mut notes);
            } else if documented.was_cut() && !documented.cuts().any(|cut| has_any(cut, &standing)) {
                notes.push(format!("{step}: too much stands there to say whether {kind} is independent"));
            } else if !documented.cuts().any(|cut| has_any(cut, &standing)) {
                let others: BTreeSet<String> = documented.cuts().flatten().map(ToString::to_string).collect();
                let really = if others.is_empty() {
                    String::new()
                } else {
                    format!("; what does: {}", others.into_iter().collect::<Vec<_>>().join(", "))
                };
                let names = standing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                differs(format!("{step}: {names} is no independent control{really}"), &mut notes);
            }
        }
    }
    for step in &claims.recorded {
        let Some(traced) = steps.iter().find(|traced| traced.id == *step) else { continue };
        match traced.recorded.answer {
            Truth::Yes => {}
            Truth::No => differs(format!("{step}: it is not recorded"), &mut notes),
            // A record that could not be confirmed counts as none.
            Truth::Unknown => differs(format!("{step}: no record of it could be confirmed"), &mut notes),
        }
    }
    if truth == Truth::Yes && verdict == Verdict::Unknown {
        truth = Truth::Unknown;
    }
    Documented {
        as_documented: truth,
        claimed_verdict: claims.verdict,
        cuts: judging::cut_sets(documented.cuts()),
        notes,
    }
}

fn has_any(cut: &Cut, controls: &BTreeSet<Control>) -> bool {
    cut.iter().any(|atom| matches!(atom, Atom::Control(control) if controls.contains(control)))
}

const fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Open => "open",
        Verdict::Unknown => "unknown",
        Verdict::Blocked => "blocked",
        Verdict::NotApplicable => "not applicable",
    }
}
