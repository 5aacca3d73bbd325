//! Builds the reference estate, a small Korean shop, in a local AWS endpoint (moto).
//!
//! `sound` is the estate as its security lead wants it. `drifted` is the same estate with the faults of
//! [`faults::FAULTS`], each of which a named rule or scenario must report. Only a loopback endpoint is accepted: the
//! program starts by wiping what is there.

mod account;
mod arguments;
mod aws;
mod cache;
mod database;
mod estate;
mod faults;
mod groups;
mod hosts;
mod identity;
mod keys;
mod moto;
mod network;
mod roles;
mod secrets;
mod services;
mod storage;
mod tasks;
mod trail;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::{Command, USAGE};

/// Usage errors, among them an endpoint that is not on this machine.
const EXIT_USAGE: u8 = 2;
/// The endpoint answered with an error, or not at all.
const EXIT_FAILURE: u8 = 3;

fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            say(&format!("portcullis-seed: {error}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let done = match command {
        Command::Help => print(USAGE),
        Command::ListFaults => faults::list_as_json().and_then(|list| print(&list)),
        Command::Seed(order) => estate::seed(&order),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("portcullis-seed: {error:#}"));
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

/// Writes a result to standard output.
fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// Writes a line to standard error; a closed standard error is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
