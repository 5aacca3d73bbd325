//! What goes to the person: results on stdout, remarks on stderr.

use std::io::{self, IsTerminal as _, Write as _};

use super::exit::Stop;
use crate::audit::report::Severity;
use crate::report::RenderOptions;

/// Writes a result. A reader that went away (`| head`) ends the output without a fault.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    match io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Stop::failure),
    }
}

/// Writes the one-line cause with which a run stops; what came from files or the account cannot drive the terminal.
pub(crate) fn error(cause: &str) {
    let clean: String = cause.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    // Nothing can be done about a closed stderr.
    let _ = writeln!(io::stderr(), "error: {clean}");
}

/// How to render for where stdout goes: colour and width of a terminal, plain elsewhere.
pub(crate) fn options(fail_on: Severity) -> RenderOptions {
    let terminal = io::stdout().is_terminal();
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    let width = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(100usize);
    RenderOptions { color: terminal && !refused, width: width.clamp(60, 160), fail_on, ..RenderOptions::default() }
}

/// Text of the account without anything that drives a terminal or turns the direction of writing.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
            if (c.is_control() && c != '\n') || turns { '\u{fffd}' } else { c }
        })
        .collect()
}
