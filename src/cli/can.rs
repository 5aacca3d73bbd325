//! `portcullis can`: one request decided, with the statements that decide.

use std::fmt::Write as _;

use anyhow::anyhow;
use portcullis_estate::Answer;
use portcullis_iam::Context;

use super::arguments::CanArgs;
use super::exit::{ExitStatus, Stop};
use super::question::{Worlds, can_word};
use super::screen;
use super::source::{self, Default};

pub(super) fn run(args: &CanArgs) -> Result<ExitStatus, Stop> {
    let account = source::open(&args.source, Default::LastKept)?;
    let worlds = Worlds::new(&account.estate);
    let principal = worlds.principal(&args.principal).map_err(|why| Stop::usage(anyhow!(why)))?;
    if args.action.split_once(':').is_none_or(|(service, name)| service.is_empty() || name.is_empty()) {
        return Err(Stop::usage(anyhow!(
            "`{}` is no action; write service:Name, as in rds:ModifyDBInstance",
            args.action
        )));
    }
    let resources: Vec<&str> =
        if args.resources.is_empty() { vec!["*"] } else { args.resources.iter().map(String::as_str).collect() };
    let decision = worlds.iam.may(&principal, &args.action, &resources, &Context::open());
    let word = can_word(portcullis_iam::may::verdict(&decision));
    let mut text = String::new();
    let _ =
        writeln!(text, "{principal}\n  {} on {}: {}\n", args.action, resources.join(" and "), word.replace('_', " "));
    if let Some(way) = decision.witness() {
        for fact in &way.evidence {
            let _ = writeln!(text, "  allowed by {}: {}\n    {}", fact.resource, fact.statement, fact.place);
        }
    }
    if decision.answer() == Answer::Closed {
        for blocker in decision.blockers() {
            let fact = &blocker.fact;
            let _ = writeln!(
                text,
                "  x  {}: {}\n     {}\n     {}",
                fact.resource, fact.statement, blocker.control, fact.place
            );
        }
        for fact in &decision.structural {
            let _ = writeln!(text, "  x  {}: {}", fact.resource, fact.statement);
        }
    }
    for gap in decision.gaps() {
        let lead = if word == "conditional" { "if" } else { "?" };
        let _ = writeln!(text, "  {lead}  {} ({})", gap.input, gap.cause);
    }
    for assumption in &decision.assumed {
        let _ = writeln!(text, "  assumed: {assumption}");
    }
    screen::print(&screen::plain(&text))?;
    Ok(if word == "unknown" { ExitStatus::Incomplete } else { ExitStatus::Clean })
}
