//! `portcullis query`: one question a line, one answer a line, in order.

use std::io::BufRead as _;

use serde_json::{Value, json};

use super::arguments::QueryArgs;
use super::exit::{ExitStatus, Stop};
use super::question::{Question, Worlds, answer};
use super::screen;
use super::source::{self, Account, Default};

/// The longest line that is read: a query carries its policies.
const MAX_LINE: usize = 4 << 20;

pub(super) fn run(args: &QueryArgs) -> Result<ExitStatus, Stop> {
    let mut account: Option<Account> = None;
    let named = args.source.live || args.source.snapshot.is_some() || args.source.demo.is_some();
    if named {
        account = Some(source::open(&args.source, Default::LastKept)?);
    }
    let lines: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>().map_err(Stop::failure)?;
    // `authorize` lines need no account; the last kept one is opened for the others only.
    if !named && lines.iter().any(|line| !line.contains("\"authorize\"") && !line.trim().is_empty()) {
        account = Some(source::open(&args.source, Default::LastKept)?);
    }
    let worlds = account.as_ref().map(|account| Worlds::new(&account.estate));
    let mut bad = false;
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let result = one(worlds.as_ref(), line);
        bad |= result.get("error").is_some();
        screen::print(&format!("{result}\n"))?;
    }
    Ok(if bad { ExitStatus::Usage } else { ExitStatus::Clean })
}

fn one(worlds: Option<&Worlds<'_>>, line: &str) -> Value {
    if line.len() > MAX_LINE {
        return json!({"id": null, "error": format!("the line is longer than {MAX_LINE} bytes")});
    }
    let parsed: Value = match serde_json::from_str(line) {
        Ok(parsed) => parsed,
        Err(error) => return json!({"id": null, "error": format!("not JSON: {error}")}),
    };
    let id = parsed.get("id").cloned().unwrap_or(Value::Null);
    let question: Question = match serde_json::from_value(parsed) {
        Ok(question) => question,
        Err(error) => return json!({"id": id, "error": error.to_string()}),
    };
    match answer(worlds, &question) {
        Ok(mut value) => {
            if let Some(members) = value.as_object_mut() {
                members.insert("id".to_owned(), id);
            }
            value
        }
        Err(error) => json!({"id": id, "error": error}),
    }
}
