//! The command line.

use std::fmt;

use crate::faults::{self, Fault};
use crate::moto::{Endpoint, EndpointError};

/// The help text.
pub(crate) const USAGE: &str = "\
Builds the Portcullis reference estate in a local AWS endpoint (moto); whatever was there is wiped first.

Usage: portcullis-seed --endpoint http://127.0.0.1:PORT [--form sound|drifted] [--fault ID]...
       portcullis-seed --list-faults

  --endpoint URL   the endpoint; only a loopback address is accepted
  --form FORM      sound (default): no fault; drifted: all faults
  --fault ID       the sound estate with only this fault; may be repeated
  --list-faults    prints the faults, each with the rules and scenarios that must report it, as JSON
";

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Print [`USAGE`].
    Help,
    /// Print the fault list.
    ListFaults,
    /// Build the estate.
    Seed(Order),
}

/// An estate to build.
#[derive(Debug)]
pub(crate) struct Order {
    /// Where.
    pub(crate) endpoint: Endpoint,
    /// With which faults, in the order of the table.
    pub(crate) faults: Vec<&'static Fault>,
}

/// Why the command line cannot be used.
#[derive(Debug)]
pub(crate) enum UsageError {
    Unknown(String),
    MissingValue(&'static str),
    MissingEndpoint,
    UnknownForm(String),
    UnknownFault(String),
    FaultInSound,
    Endpoint(EndpointError),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(argument) => write!(f, "unknown argument `{argument}` (see --help)"),
            Self::MissingValue(option) => write!(f, "{option} needs a value"),
            Self::MissingEndpoint => write!(f, "--endpoint is missing (see --help)"),
            Self::UnknownForm(form) => write!(f, "unknown form `{form}`: sound or drifted"),
            Self::UnknownFault(id) => write!(f, "unknown fault `{id}` (see --list-faults)"),
            Self::FaultInSound => write!(f, "--fault and --form exclude each other"),
            Self::Endpoint(error) => error.fmt(f),
        }
    }
}

/// Reads the arguments that follow the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, UsageError> {
    let (mut endpoint, mut form, mut chosen, mut list) = (None, None, Vec::new(), false);
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = |option| inline.clone().or_else(|| arguments.next()).ok_or(UsageError::MissingValue(option));
        match name.as_str() {
            "-h" | "--help" => return Ok(Command::Help),
            "--list-faults" => list = true,
            "--endpoint" => endpoint = Some(value("--endpoint")?),
            "--form" => form = Some(value("--form")?),
            "--fault" => chosen.push(value("--fault")?),
            _ => return Err(UsageError::Unknown(name)),
        }
    }
    if list {
        return Ok(Command::ListFaults);
    }
    if form.is_some() && !chosen.is_empty() {
        return Err(UsageError::FaultInSound);
    }
    if let Some(id) = chosen.iter().find(|id| faults::FAULTS.iter().all(|fault| fault.id != id.as_str())) {
        return Err(UsageError::UnknownFault(id.clone()));
    }
    let wanted = |fault: &&Fault| match form.as_deref() {
        Some("drifted") => true,
        _ => chosen.iter().any(|id| id == fault.id),
    };
    match form.as_deref() {
        None | Some("sound" | "drifted") => {}
        Some(other) => return Err(UsageError::UnknownForm(other.to_owned())),
    }
    let endpoint = endpoint.ok_or(UsageError::MissingEndpoint)?;
    let endpoint = Endpoint::parse(&endpoint).map_err(UsageError::Endpoint)?;
    Ok(Command::Seed(Order { endpoint, faults: faults::FAULTS.iter().filter(wanted).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Result<Command, UsageError> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_form_decides_the_faults() {
        let faults = |line| match run(line).unwrap() {
            Command::Seed(order) => order.faults.len(),
            _ => panic!("not a seed order"),
        };
        assert_eq!(faults("--endpoint http://127.0.0.1:5000"), 0);
        assert_eq!(faults("--endpoint=http://127.0.0.1:5000 --form sound"), 0);
        assert_eq!(faults("--endpoint http://127.0.0.1:5000 --form drifted"), faults::FAULTS.len());
        assert_eq!(faults("--endpoint http://127.0.0.1:5000 --fault public-flag --fault bastion-open"), 2);
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for line in [
            "",
            "--endpoint",
            "--endpoint http://127.0.0.1:5000 --form odd",
            "--endpoint http://127.0.0.1:5000 --fault odd",
            "--endpoint http://127.0.0.1:5000 --form drifted --fault public-flag",
            "--endpoint https://rds.ap-northeast-2.amazonaws.com",
            "extra",
        ] {
            assert!(run(line).is_err(), "{line}");
        }
    }
}
