//! The command line: arguments, where the account comes from, exit codes. One file per command.

mod arguments;
mod audit;
mod can;
#[cfg(feature = "aws")]
mod collect;
mod exit;
mod explain;
mod init;
#[cfg(feature = "aws")]
mod live;
mod permissions;
mod policy;
mod query;
mod question;
mod reach;
mod scenario;
mod screen;
mod source;
mod trace;

use clap::Parser as _;

use arguments::{Cli, Command};
pub use exit::ExitStatus;
use exit::Stop;

/// Runs the command that the arguments name; a run that stops early says why in one line.
#[must_use]
pub fn run() -> ExitStatus {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap writes help to stdout and faults to stderr; a closed pipe is nobody's fault.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Clean };
        }
    };
    let result = match cli.command {
        Command::Audit(args) => audit::run(&args),
        Command::Trace(args) => trace::run(&args),
        #[cfg(feature = "aws")]
        Command::Collect(args) => collect::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Reach(args) => reach::run(&args),
        Command::Can(args) => can::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Permissions(args) => permissions::run(&args),
        Command::Policy(command) => policy::run(&command),
        Command::Scenario(command) => scenario::run(&command),
    };
    result.unwrap_or_else(|stop: Stop| {
        screen::error(&format!("{:#}", stop.cause));
        stop.status
    })
}
