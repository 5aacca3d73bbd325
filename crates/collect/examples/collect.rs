//! Collects the account of the standard credential chain: `collect TARGET [REGION…]`.

#![expect(clippy::print_stderr, reason = "a program for trying the library by hand")]

use std::process::ExitCode;

use portcullis_collect::{Options, Silent, run};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(target) = arguments.next() else {
        eprintln!("usage: collect TARGET [REGION…]");
        return ExitCode::from(2);
    };
    let mut options = Options::new(target, jiff::Timestamp::now());
    options.regions = arguments.collect();
    match run(&options, &Silent) {
        Ok(summary) => {
            eprintln!("{} calls answered in account {} as {}", summary.calls, summary.account, summary.caller);
            for gap in &summary.coverage {
                eprintln!("{} {}/{}: {}", gap.region, gap.service, gap.operation, gap.coverage);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}
