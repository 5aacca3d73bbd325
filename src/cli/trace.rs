//! `portcullis trace`: scenarios, each with the controls that block it or the way in.

use anyhow::anyhow;

use super::arguments::TraceArgs;
use super::exit::{ExitStatus, Stop};
use super::source::{self, Default};
use super::{scenario, screen};
use crate::audit::report::Severity;
use crate::report::render_trace;
use crate::scenario::params::ProjectParams;
use crate::scenario::{Options, Scenario, Trace, Verdict, trace};
use crate::technique::engines::EstateEngines;

pub(super) fn run(args: &TraceArgs) -> Result<ExitStatus, Stop> {
    let as_json = match args.format.as_str() {
        "terminal" => false,
        "json" => true,
        other => return Err(Stop::usage(anyhow!("`{other}` is no format of traces; use terminal or json"))),
    };
    let catalogue = scenario::catalogue(args.library.scenarios.as_deref())?;
    let mut wanted: Vec<&Scenario> = Vec::new();
    for id in &args.ids {
        wanted.push(catalogue.find(id).ok_or_else(|| {
            Stop::usage(anyhow!("there is no scenario `{id}`; `portcullis scenario list` names them"))
        })?);
    }
    if wanted.is_empty() {
        wanted = catalogue.scenarios().collect();
    }
    let account = source::open(&args.source, Default::LastKept)?;
    let engines = EstateEngines::new(&account.estate, &account.project.owned_addresses);
    let params = ProjectParams { project: &account.project, estate: &account.estate };
    let traces: Vec<Trace> =
        wanted.iter().map(|scenario| trace(&catalogue, scenario, &engines, &params, Options::default())).collect();
    if as_json {
        let text = serde_json::to_string_pretty(&traces).map_err(Stop::failure)?;
        screen::print(&format!("{text}\n"))?;
    } else {
        let options = screen::options(Severity::High);
        let shown: Vec<String> = traces.iter().map(|trace| render_trace(trace, &options)).collect();
        screen::print(&shown.join("\n"))?;
    }
    let open = traces.iter().any(|trace| trace.verdict == Verdict::Open);
    let unknown = traces.iter().any(|trace| trace.verdict == Verdict::Unknown);
    Ok(ExitStatus::of_audit(open, unknown))
}
