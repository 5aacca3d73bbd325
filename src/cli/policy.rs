//! `portcullis policy`: check, test, list, new, schema.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::anyhow;

use super::arguments::PolicyCommand;
use super::exit::{ExitStatus, Stop};
use super::screen;
use crate::policy::{Diagnostic, Library};

pub(super) fn run(command: &PolicyCommand) -> Result<ExitStatus, Stop> {
    match command {
        PolicyCommand::Check(args) => {
            let library = library(args.folder.as_deref())?;
            screen::print(&format!("{} rules, no fault\n", library.rules.len()))?;
            Ok(ExitStatus::Clean)
        }
        PolicyCommand::Test(args) => {
            let report = library(args.folder.as_deref())?.test();
            screen::print(&report.to_string())?;
            Ok(if report.passed() { ExitStatus::Clean } else { ExitStatus::Findings })
        }
        PolicyCommand::List(args) => {
            let library = library(args.folder.as_deref())?;
            let mut text = String::new();
            for rule in &library.rules {
                let _ = writeln!(text, "{:<9} {:<44} {}", rule.severity, rule.id, rule.title);
            }
            screen::print(&text)?;
            Ok(ExitStatus::Clean)
        }
        PolicyCommand::New(args) => {
            let path = args.folder.join(format!("{}.yaml", args.id));
            if path.exists() {
                return Err(Stop::usage(anyhow!("`{}` exists", path.display())));
            }
            let text = crate::policy::starting_file(&args.id).map_err(|why| Stop::usage(anyhow!(why)))?;
            std::fs::create_dir_all(&args.folder).map_err(Stop::failure)?;
            std::fs::write(&path, text).map_err(Stop::failure)?;
            super::source::note(&format!(
                "wrote {}; `portcullis policy check {}`",
                path.display(),
                args.folder.display()
            ));
            Ok(ExitStatus::Clean)
        }
        PolicyCommand::Schema => {
            let schema = serde_json::to_string_pretty(&crate::policy::json_schema()).map_err(Stop::failure)?;
            screen::print(&format!("{schema}\n"))?;
            Ok(ExitStatus::Clean)
        }
    }
}

/// The library of a folder, or the embedded one; faults are shown as rustc shows them.
pub(super) fn library(folder: Option<&Path>) -> Result<Library, Stop> {
    let loaded = folder.map_or_else(Library::embedded, Library::load);
    loaded.map_err(|faults| Stop::usage(anyhow!(shown(&faults))))
}

fn shown(faults: &[Diagnostic]) -> String {
    let mut text = match faults.len() {
        1 => "a rule file cannot be used".to_owned(),
        n => format!("rule files cannot be used: {n} faults"),
    };
    for fault in faults {
        let _ = write!(text, "\n{}", fault.render(false));
    }
    text
}
