//! `portcullis init`: a first project file, drafted from the account.

use std::path::Path;

use anyhow::anyhow;

use super::arguments::InitArgs;
use super::exit::{ExitStatus, Stop};
use super::screen;
use super::source::{self, Default};
use crate::project::draft::draft;
use crate::report::{Destination, writing};

pub(super) fn run(args: &InitArgs) -> Result<ExitStatus, Stop> {
    let to_stdout = args.output == Path::new("-");
    if !to_stdout && args.output.exists() {
        return Err(Stop::usage(anyhow!(
            "`{}` exists; remove it, or write beside it with -o FILE",
            args.output.display()
        )));
    }
    let account = source::open(&args.source, Default::Live)?;
    let text = draft(&account.estate);
    if to_stdout {
        screen::print(&text)?;
    } else {
        writing::write(&Destination::File(args.output.clone()), &text).map_err(Stop::failure)?;
        source::note(&format!("drafted {}: read every line, then run `portcullis audit`", args.output.display()));
    }
    Ok(ExitStatus::Clean)
}
