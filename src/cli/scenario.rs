//! `portcullis scenario`: check and list.

use std::fmt::Write as _;
use std::path::Path;

use super::arguments::ScenarioCommand;
use super::exit::{ExitStatus, Stop};
use super::screen;
use crate::scenario::Catalogue;

pub(super) fn run(command: &ScenarioCommand) -> Result<ExitStatus, Stop> {
    match command {
        ScenarioCommand::Check(args) => {
            let catalogue = catalogue(args.folder.as_deref())?;
            screen::print(&format!("{} scenarios and their techniques, no fault\n", catalogue.scenarios().len()))?;
        }
        ScenarioCommand::List(args) => {
            let catalogue = catalogue(args.folder.as_deref())?;
            let mut text = String::new();
            for scenario in catalogue.scenarios() {
                let _ = writeln!(text, "{:<9} {:<44} {}", scenario.severity, scenario.id, scenario.title);
            }
            screen::print(&text)?;
        }
    }
    Ok(ExitStatus::Clean)
}

/// The scenarios of a folder, or the embedded ones; faults are shown as rustc shows them.
pub(super) fn catalogue(folder: Option<&Path>) -> Result<Catalogue, Stop> {
    let loaded = folder.map_or_else(Catalogue::built_in, Catalogue::with_folder);
    loaded.map_err(Stop::usage)
}
