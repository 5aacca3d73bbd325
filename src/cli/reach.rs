//! `portcullis reach`: does a connection come about, hop by hop or with everything that closes it.

use std::fmt::Write as _;

use anyhow::anyhow;
use portcullis_estate::Answer;

use super::arguments::ReachArgs;
use super::exit::{ExitStatus, Stop};
use super::question::{Worlds, traffic};
use super::screen;
use super::source::{self, Default};

pub(super) fn run(args: &ReachArgs) -> Result<ExitStatus, Stop> {
    let traffic = traffic(&args.protocol, args.port, (None, None)).map_err(|why| Stop::usage(anyhow!(why)))?;
    let account = source::open(&args.source, Default::LastKept)?;
    let worlds = Worlds::new(&account.estate);
    let from = worlds.source(&args.from).map_err(|why| Stop::usage(anyhow!(why)))?;
    let to = worlds.destination(&args.to).map_err(|why| Stop::usage(anyhow!(why)))?;
    let decision = worlds.reach(&from, &to, traffic);
    let mut text = String::new();
    let asked = match args.port {
        Some(port) => format!("{} to {} on {}/{port}", args.from, args.to, args.protocol),
        None => format!("{} to {} with {}", args.from, args.to, args.protocol),
    };
    match decision.answer() {
        Answer::Open => {
            let _ = writeln!(text, "{asked}: reachable\n");
            let hops = decision.witness().map(|way| way.evidence.as_slice()).unwrap_or_default();
            for (number, fact) in (1..).zip(hops) {
                let _ = writeln!(text, "  {number:>2}  {}: {}\n      {}", fact.resource, fact.statement, fact.place);
            }
        }
        Answer::Closed => {
            let _ = writeln!(text, "{asked}: blocked\n");
            for blocker in decision.blockers() {
                let code = blocker.fact.code.map(|code| format!("  [{code}]")).unwrap_or_default();
                let _ = writeln!(
                    text,
                    "  x  {}: {}{code}\n     {}\n     {}",
                    blocker.fact.resource, blocker.fact.statement, blocker.control, blocker.fact.place
                );
            }
            for fact in &decision.structural {
                let _ = writeln!(text, "  x  {}: {}", fact.resource, fact.statement);
            }
            let cuts: Vec<String> = decision
                .open_if()
                .cuts()
                .map(|cut| cut.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "))
                .collect();
            if !cuts.is_empty() {
                let _ = writeln!(text, "\n  it would open if these failed together:");
                for cut in cuts.iter().take(5) {
                    let _ = writeln!(text, "    {cut}");
                }
                if cuts.len() > 5 {
                    let _ = writeln!(text, "    and {} other sets", cuts.len() - 5);
                }
            }
        }
        Answer::Undecided => {
            let _ = writeln!(text, "{asked}: unknown\n");
            for gap in decision.gaps() {
                let _ = writeln!(text, "  ?  {} ({})", gap.input, gap.cause);
            }
        }
    }
    for assumption in &decision.assumed {
        let _ = writeln!(text, "  assumed: {assumption}");
    }
    screen::print(&screen::plain(&text))?;
    Ok(match decision.answer() {
        Answer::Undecided => ExitStatus::Incomplete,
        Answer::Open | Answer::Closed => ExitStatus::Clean,
    })
}
