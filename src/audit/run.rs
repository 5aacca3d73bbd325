//! From outcomes and traces to the report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use portcullis_estate::selectable::{Candidate, candidates};
use portcullis_estate::{Assumption, Estate, Fact, Gap};
use portcullis_snapshot::GLOBAL;

use super::fingerprint::fingerprint;
use super::location::location;
use super::report::{
    Assumed, EstateSummary, Evidence, ExceptedFinding, Finding, FrameworkControl, Item, Missing, NotSeen,
    REPORT_SCHEMA_VERSION, Report, Resource, RuleSummary, State, Tool, Totals, Undecided,
};
use crate::policy::{self, Covers, Outcome, Rule, Verdict};
use crate::project::Project;
use crate::scenario::trace::{Trace, Verdict as TraceVerdict};

/// Who put an assumption in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedBy {
    /// The assumption.
    pub assumption: Assumption,
    /// The owner in the project file, or the option.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// Until when.
    pub expires: Option<String>,
}

/// What a report is built from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The observed world.
    pub estate: &'a Estate,
    /// The project file.
    pub project: &'a Project,
    /// The rules, with the outcomes of each.
    pub outcomes: Vec<(&'a Rule, Vec<Outcome>)>,
    /// The traces.
    pub traces: Vec<Trace>,
    /// Who declared what.
    pub assumed_by: &'a [AssumedBy],
    /// An earlier report.
    pub baseline: Option<&'a Report>,
}

/// Builds the report. The order of the inputs does not show in it.
#[must_use]
pub fn build(inputs: Inputs<'_>) -> Report {
    let Inputs { estate, project, mut outcomes, mut traces, assumed_by, baseline } = inputs;
    outcomes.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    traces.sort_by(|a, b| a.scenario.cmp(&b.scenario));
    let now = estate.now.unwrap_or_else(jiff::Timestamp::now);
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let in_force: BTreeSet<Assumption> = assumed_by.iter().map(|declared| declared.assumption).collect();

    let mut findings = Vec::new();
    let mut unknowns = Vec::new();
    let mut rules = Vec::new();
    let mut used: BTreeMap<Assumption, usize> = BTreeMap::new();
    for (rule, outcomes) in &outcomes {
        rules.push(summary(rule, outcomes));
        for outcome in outcomes {
            for assumption in &outcome.assumed {
                *used.entry(*assumption).or_default() += 1;
            }
            match outcome.verdict {
                Verdict::Violated => findings.push(finding(rule, outcome, project)),
                Verdict::Unknown => unknowns.push(undecided(rule, outcome, &in_force)),
                Verdict::Holds | Verdict::NotApplicable => {}
            }
        }
    }
    for trace in &traces {
        for name in &trace.assumed {
            if let Ok(assumption) = name.parse::<Assumption>() {
                *used.entry(assumption).or_default() += 1;
            }
        }
    }
    let mut findings = merged_over_regions(findings);
    findings.sort_by(|a, b| (b.severity, &a.rule, &a.resource).cmp(&(a.severity, &b.rule, &b.resource)));
    unknowns.sort_by(|a, b| (&a.rule, &a.resource).cmp(&(&b.rule, &b.resource)));
    if let Some(baseline) = baseline {
        let known: BTreeSet<&str> = baseline.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        for finding in &mut findings {
            finding.state = if known.contains(finding.fingerprint.as_str()) { State::Known } else { State::New };
        }
    }
    let carried_over = baseline.map_or_else(Vec::new, |baseline| carried_over(baseline, &unknowns));
    let (findings, excepted, exception_warnings) = excepted(findings, project, estate, today);
    let not_seen = not_seen(estate, &outcomes, &unknowns, &traces);
    let totals = totals(&rules, &findings, &unknowns, &traces, &in_force);
    Report {
        schema_version: REPORT_SCHEMA_VERSION,
        tool: Tool { name: "portcullis".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        estate: EstateSummary {
            name: project.estate.clone(),
            accounts: estate.accounts.iter().cloned().collect(),
            regions: regions(estate),
            resources: estate.resources(),
            collected_at: estate.collected_at.map(|at| at.to_string()),
            now: now.to_string(),
            configured: project.path.is_some() || project.estate.is_some(),
        },
        findings,
        unknowns,
        excepted,
        exception_warnings,
        rules,
        scenarios: traces,
        not_seen,
        assumed: assumed(assumed_by, &used),
        carried_over,
        totals,
    }
}

fn regions(estate: &Estate) -> Vec<String> {
    let regions: BTreeSet<&str> =
        estate.regions.iter().map(|(_, region)| region.as_str()).filter(|region| *region != GLOBAL).collect();
    regions.into_iter().map(str::to_owned).collect()
}

fn resource(outcome: &Outcome) -> Resource {
    let of = &outcome.resource;
    Resource {
        kind: of.kind.to_owned(),
        account: of.account.clone(),
        region: of.region.clone(),
        id: of.id.clone(),
        arn: of.arn.clone(),
    }
}

fn evidence(facts: &[Fact]) -> Vec<Evidence> {
    facts
        .iter()
        .map(|fact| Evidence {
            resource: fact.resource.clone(),
            statement: fact.statement.clone(),
            place: fact.place.to_string(),
            code: fact.code.map(str::to_owned),
        })
        .collect()
}

fn finding(rule: &Rule, outcome: &Outcome, project: &Project) -> Finding {
    let resource = resource(outcome);
    let items: Vec<Item> = outcome
        .items
        .iter()
        .map(|item| Item { message: item.message.clone(), evidence: evidence(&item.evidence) })
        .collect();
    Finding {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        fingerprint: fingerprint(&rule.id, Some(&resource), None),
        message: items.first().map_or_else(|| rule.title.clone(), |item| item.message.clone()),
        location: location(&resource, project),
        regions: Vec::new(),
        items,
        remediation: rule.remediation.clone(),
        state: State::Current,
        assumed: outcome.assumed.iter().map(|assumption| assumption.input().to_owned()).collect(),
        resource,
    }
}

fn missing(gap: &Gap) -> Missing {
    Missing {
        input: gap.input.to_string(),
        cause: gap.cause.to_string(),
        assumption: gap.assumption.map(|assumption| assumption.input().to_owned()),
    }
}

fn undecided(rule: &Rule, outcome: &Outcome, in_force: &BTreeSet<Assumption>) -> Undecided {
    let resource = resource(outcome);
    let fingerprint = fingerprint(&rule.id, Some(&resource), None);
    let covered = !outcome.gaps.is_empty() && outcome.gaps.iter().all(|gap| covers(gap, in_force));
    Undecided {
        rule: rule.id.clone(),
        severity: rule.severity,
        resource: (!outcome.resource.is_listing()).then_some(resource),
        fingerprint,
        missing: outcome.gaps.iter().map(missing).collect(),
        covered_by_assumptions: covered,
    }
}

fn covers(gap: &Gap, in_force: &BTreeSet<Assumption>) -> bool {
    gap.assumption.is_some_and(|assumption| in_force.contains(&assumption))
}

/// The same thing seen from several regions (a multi-region trail, a replicated resource) is one finding.
fn merged_over_regions(findings: Vec<Finding>) -> Vec<Finding> {
    let mut by_identity: BTreeMap<(String, String, String), Vec<Finding>> = BTreeMap::new();
    let mut merged = Vec::new();
    for finding in findings {
        match finding.resource.arn.clone() {
            Some(arn) => by_identity
                .entry((finding.rule.clone(), finding.resource.account.clone(), arn))
                .or_default()
                .push(finding),
            None => merged.push(finding),
        }
    }
    for same in by_identity.into_values() {
        let regions: BTreeSet<String> = same.iter().map(|finding| finding.resource.region.clone()).collect();
        let mut same = same.into_iter();
        let Some(mut first) = same.next() else { continue };
        if regions.len() > 1 {
            GLOBAL.clone_into(&mut first.resource.region);
            first.fingerprint = fingerprint(&first.rule, Some(&first.resource), None);
            first.regions = regions.into_iter().collect();
            for other in same {
                first.items.extend(other.items);
            }
            first.items.sort();
            first.items.dedup();
        }
        merged.push(first);
    }
    merged
}

/// Alerts of the baseline that cannot be judged now: never closed by silence.
fn carried_over(baseline: &Report, unknowns: &[Undecided]) -> Vec<Finding> {
    let open: BTreeSet<&str> = unknowns.iter().map(|unknown| unknown.fingerprint.as_str()).collect();
    let blind: BTreeSet<&str> =
        unknowns.iter().filter(|unknown| unknown.resource.is_none()).map(|unknown| unknown.rule.as_str()).collect();
    baseline
        .findings
        .iter()
        .chain(&baseline.carried_over)
        .filter(|finding| open.contains(finding.fingerprint.as_str()) || blind.contains(finding.rule.as_str()))
        .cloned()
        .map(|finding| Finding { state: State::Known, ..finding })
        .collect()
}

fn excepted(
    findings: Vec<Finding>,
    project: &Project,
    estate: &Estate,
    today: Date,
) -> (Vec<Finding>, Vec<ExceptedFinding>, Vec<String>) {
    let mut warnings = Vec::new();
    let mut used = vec![false; project.exceptions.len()];
    let refused: Vec<Option<String>> = project.exceptions.iter().map(|exception| exception.refused_on(today)).collect();
    let mut listed: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    let mut kept = Vec::new();
    let mut accepted = Vec::new();
    for finding in findings {
        let of_kind = listed
            .entry(finding.resource.kind.clone())
            .or_insert_with(|| candidates(estate, &finding.resource.kind).members);
        let candidate = of_kind
            .iter()
            .find(|candidate| candidate.id == finding.resource.id && candidate.account == finding.resource.account)
            .cloned()
            .unwrap_or_else(|| plain_candidate(&finding.resource));
        let matching = project.exceptions.iter().enumerate().find(|(_, exception)| {
            exception.rule == finding.rule && exception.resource.matches(&candidate).unwrap_or(false)
        });
        match matching {
            Some((index, exception)) => {
                if let Some(flag) = used.get_mut(index) {
                    *flag = true;
                }
                if refused.get(index).is_some_and(Option::is_some) {
                    kept.push(finding);
                } else {
                    accepted.push(ExceptedFinding {
                        finding,
                        reason: exception.reason.clone(),
                        owner: exception.owner.clone(),
                        approved_by: exception.approved_by.clone(),
                        expires: exception.expires.to_string(),
                    });
                }
            }
            None => kept.push(finding),
        }
    }
    for ((exception, used), refused) in project.exceptions.iter().zip(used).zip(refused) {
        if let Some(why) = refused {
            warnings.push(why);
        } else if !used {
            warnings.push(format!(
                "exception for `{}` (line {}) matches no finding; remove it",
                exception.rule, exception.line
            ));
        }
    }
    (kept, accepted, warnings)
}

/// A resource of a kind that selectors cannot list: it can still be named by id or ARN.
fn plain_candidate(resource: &Resource) -> Candidate {
    Candidate {
        kind: "",
        account: resource.account.clone(),
        region: resource.region.clone(),
        id: resource.id.clone(),
        arn: resource.arn.clone(),
        name: None,
        tags: Err(Gap::not_modelled(format_args!("tags of {}", resource.kind))),
        groups: Ok(BTreeSet::new()),
    }
}

fn summary(rule: &Rule, outcomes: &[Outcome]) -> RuleSummary {
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    let mut frameworks: BTreeMap<String, Vec<FrameworkControl>> = rule
        .frameworks
        .requirements
        .iter()
        .map(|(framework, requirements)| {
            let controls = requirements.iter().map(|requirement| FrameworkControl {
                id: requirement.id.clone(),
                covers: match requirement.covers {
                    Covers::Fully => "wholly",
                    Covers::Partly => "partly",
                }
                .to_owned(),
            });
            (framework.clone(), controls.collect())
        })
        .collect();
    if !rule.frameworks.attack.is_empty() {
        let related =
            rule.frameworks.attack.iter().map(|id| FrameworkControl { id: id.clone(), covers: "related".to_owned() });
        frameworks.insert("attack".to_owned(), related.collect());
    }
    let applies = outcomes.iter().any(|outcome| outcome.verdict != Verdict::NotApplicable);
    RuleSummary {
        id: rule.id.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        rationale: rule.rationale.clone(),
        remediation: rule.remediation.clone(),
        file: rule.file.to_string(),
        frameworks,
        reads: rule.reads().calls.iter().map(|call| (*call).to_owned()).collect(),
        holds: count(Verdict::Holds),
        violated: count(Verdict::Violated),
        unknown: count(Verdict::Unknown),
        not_applicable: if applies { None } else { outcomes.first().and_then(|outcome| outcome.why.clone()) },
    }
}

/// Calls without a complete answer: those that were made, and those that a rule reads and nobody made.
fn not_seen(
    estate: &Estate,
    outcomes: &[(&Rule, Vec<Outcome>)],
    unknowns: &[Undecided],
    traces: &[Trace],
) -> Vec<NotSeen> {
    let mut found: BTreeMap<(String, String, String, Option<String>), BTreeSet<String>> = BTreeMap::new();
    let mut note = |call: &str, account: &str, region: &str, coverage: &portcullis_snapshot::Coverage| {
        if !coverage.is_complete() {
            let key =
                (call.to_owned(), account.to_owned(), status(coverage).to_owned(), coverage.code().map(str::to_owned));
            found.entry(key).or_default().insert(region.to_owned());
        }
    };
    for (account, region, call, coverage) in estate.coverage.iter() {
        note(call, account, region, coverage);
    }
    let read: BTreeSet<&str> = outcomes.iter().flat_map(|(rule, _)| rule.reads().calls.iter().copied()).collect();
    for call in read {
        for account in &estate.accounts {
            let regions = estate.regions_of(account, call);
            if regions.is_empty() {
                // Only services without regions were collected.
                note(call, account, "every region", &portcullis_snapshot::Coverage::NotAsked);
            }
            for region in regions {
                note(call, account, region, &estate.coverage.of(account, region, call));
            }
        }
    }
    let inputs: Vec<&str> = unknowns
        .iter()
        .flat_map(|unknown| unknown.missing.iter().map(|missing| missing.input.as_str()))
        .chain(traces.iter().flat_map(|trace| trace.gaps.iter().map(|gap| gap.input.as_str())))
        .collect();
    found
        .into_iter()
        .map(|((call, account, status, code), regions)| NotSeen {
            verdicts: inputs.iter().filter(|input| input.starts_with(&call)).count(),
            regions: regions.into_iter().collect(),
            call,
            account,
            status,
            code,
        })
        .collect()
}

fn status(coverage: &portcullis_snapshot::Coverage) -> &'static str {
    use portcullis_snapshot::Coverage;
    match coverage {
        Coverage::Complete => "complete",
        Coverage::Denied { .. } => "denied",
        Coverage::Failed { .. } => "failed",
        Coverage::Unsupported { .. } => "unsupported",
        Coverage::Truncated { .. } => "truncated",
        Coverage::NotAsked => "not-asked",
    }
}

fn assumed(assumed_by: &[AssumedBy], used: &BTreeMap<Assumption, usize>) -> Vec<Assumed> {
    assumed_by
        .iter()
        .filter_map(|declared| {
            let answers = *used.get(&declared.assumption)?;
            Some(Assumed {
                input: declared.assumption.input().to_owned(),
                is: declared.assumption.value().to_owned(),
                by: declared.by.clone(),
                reason: declared.reason.clone(),
                expires: declared.expires.clone(),
                answers,
            })
        })
        .collect()
}

fn totals(
    rules: &[RuleSummary],
    findings: &[Finding],
    unknowns: &[Undecided],
    traces: &[Trace],
    in_force: &BTreeSet<Assumption>,
) -> Totals {
    let mut by_severity = BTreeMap::new();
    for finding in findings {
        *by_severity.entry(finding.severity.name().to_owned()).or_default() += 1;
    }
    let names: BTreeSet<&str> = in_force.iter().map(|assumption| assumption.input()).collect();
    let uncovered_traces = traces
        .iter()
        .filter(|trace| trace.verdict == TraceVerdict::Unknown)
        .filter(|trace| {
            trace.gaps.is_empty()
                || trace.gaps.iter().any(|gap| gap.assumption.as_deref().is_none_or(|name| !names.contains(name)))
        })
        .count();
    Totals {
        holds: rules.iter().map(|rule| rule.holds).sum(),
        violated: rules.iter().map(|rule| rule.violated).sum(),
        unknown: rules.iter().map(|rule| rule.unknown).sum(),
        not_applicable: rules.iter().filter(|rule| rule.not_applicable.is_some()).count(),
        findings: by_severity,
        uncovered_unknowns: unknowns.iter().filter(|unknown| !unknown.covered_by_assumptions).count()
            + uncovered_traces,
    }
}

/// Evaluates every rule and hands each its outcomes.
pub fn outcomes<'a>(library: &'a policy::Library, context: &policy::Context<'_>) -> Vec<(&'a Rule, Vec<Outcome>)> {
    library.rules.iter().map(|rule| (rule, policy::evaluate(rule, context))).collect()
}
