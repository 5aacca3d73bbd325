//! `portcullis audit`: rules and scenarios over an account, as a report.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};

use super::arguments::{AuditArgs, LibraryArgs};
use super::exit::{ExitStatus, Stop};
use super::source::{self, Account, Default};
use super::{policy, scenario, screen};
use crate::audit::report::REPORT_SCHEMA_VERSION;
use crate::audit::{Inputs, Report, build, run};
use crate::policy::functions::Standard;
use crate::policy::{Context, Params};
use crate::report::{Outcome, Target, render, writing};
use crate::scenario::params::ProjectParams;
use crate::scenario::{Options, trace_all};
use crate::technique::engines::EstateEngines;

pub(super) fn run(args: &AuditArgs) -> Result<ExitStatus, Stop> {
    // Everything that can be wrong about the arguments is said before the account is read.
    let targets: Vec<Target> =
        args.formats.iter().map(|text| text.parse().map_err(Stop::usage)).collect::<Result<_, _>>()?;
    let baseline = args.baseline.as_deref().map(baseline).transpose()?;
    let account = source::open(&args.source, Default::Live)?;
    let report = report(&account, &args.library, baseline.as_ref())?;
    let fail_on = args.fail_on.0;
    let mut options = screen::options(fail_on);
    options.rules_in_repository = args.library.policies.as_ref().map(|folder| folder.display().to_string());
    for target in &targets {
        let text = render(&report, target.format, &options).map_err(Stop::failure)?;
        writing::write(&target.destination, &text).map_err(Stop::failure)?;
    }
    let outcome = Outcome::of(&report, fail_on);
    Ok(ExitStatus::of_audit(outcome.findings, outcome.incomplete))
}

/// Audits an account.
pub(super) fn report(account: &Account, library: &LibraryArgs, baseline: Option<&Report>) -> Result<Report, Stop> {
    let rules = policy::library(library.policies.as_deref())?;
    let catalogue = scenario::catalogue(library.scenarios.as_deref())?;
    let estate = &account.estate;
    let params = Params::resolve(&account.project, &rules.params(), estate)
        .map_err(|faults| Stop::usage(anyhow!("the project file does not fit the account: {}", faults.join("; "))))?;
    let engines = Standard::new(estate);
    let context = Context { estate, engines: &engines, params: &params };
    let outcomes = run::outcomes(&rules, &context);
    let asked = EstateEngines::new(estate, &account.project.owned_addresses);
    let given = ProjectParams { project: &account.project, estate };
    let traces = trace_all(&catalogue, &asked, &given, Options::default());
    Ok(build(Inputs { estate, project: &account.project, outcomes, traces, assumed_by: &account.assumed_by, baseline }))
}

fn baseline(path: &Path) -> Result<Report, Stop> {
    let shown = path.display();
    let text = fs::read(path).with_context(|| format!("cannot read the baseline `{shown}`")).map_err(Stop::usage)?;
    let report: Report = serde_json::from_slice(&text)
        .with_context(|| {
            format!("`{shown}` is not a report of this program (`audit --format json={shown}` writes one)")
        })
        .map_err(Stop::usage)?;
    if report.schema_version > REPORT_SCHEMA_VERSION {
        return Err(Stop::usage(anyhow!("`{shown}` was written by a newer portcullis")));
    }
    Ok(report)
}
