//! One call with all its pages.

use std::collections::BTreeSet;
use std::time::Duration;

use portcullis_snapshot::Coverage;
use portcullis_snapshot::operations::Operation;
use serde_json::{Map, Value};

use crate::calls::{self, Input};
use crate::clients::Clients;
use crate::convert::{self, pages};
use crate::fault::Fault;
use crate::gate::Capture;
use crate::shapes;

/// What came of one call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// Everything there is.
    Whole(Value),
    /// Some pages, with the marker that was left over, and why the next page is missing.
    Cut(Value, Coverage),
    /// The service says that there is no such thing.
    Nothing(String),
    /// No answer.
    Missing(Coverage),
}

/// How often and how long to wait for a report that AWS prepares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) tries: u32,
    pub(crate) pause: Duration,
}

/// Asks one operation with one input, every page of it.
pub(crate) async fn ask(
    clients: &Clients,
    operation: &'static Operation,
    input: &Input,
    emulated: bool,
    patience: Patience,
) -> Outcome {
    match (operation.service, operation.name) {
        ("iam", "get-credential-report") => {
            // a refusal here is no reason not to ask: an earlier report may still stand
            prepare_credential_report(clients, patience).await;
        }
        ("iam", "get-service-last-accessed-details") => {
            return last_accessed(clients, operation, input, emulated, patience).await;
        }
        _ => {}
    }
    every_page(clients, operation, input, emulated).await
}

async fn every_page(clients: &Clients, operation: &'static Operation, input: &Input, emulated: bool) -> Outcome {
    let Some((_, output)) = shapes::output(operation.service, operation.api) else {
        return Outcome::Missing(Coverage::NotAsked);
    };
    let Some(paged) = &output.pages else {
        return match one_page(clients, operation, input, None).await {
            Ok(page) => Outcome::Whole(page),
            Err(fault) => nothing_or_missing(operation, &fault, emulated),
        };
    };
    let mut joined = Map::new();
    let mut marker: Option<String> = None;
    let mut seen = BTreeSet::new();
    loop {
        let first = marker.is_none();
        let page = match one_page(clients, operation, input, marker.clone()).await {
            Ok(page) => page,
            Err(fault) if first => return nothing_or_missing(operation, &fault, emulated),
            Err(fault) => {
                let code = fault.coverage(emulated).code().unwrap_or("NoNextPage").to_owned();
                return cut(paged, joined, marker, code);
            }
        };
        let next = pages::next(paged, &page);
        // AWS says that there is more but not how to ask for it
        let more = paged.more.as_ref().and_then(|more| page.get(more)).and_then(Value::as_bool) == Some(true);
        pages::join(paged, &mut joined, page, first);
        match next {
            None if more => return cut(paged, joined, None, "MoreWithoutMarker".to_owned()),
            None => return Outcome::Whole(Value::Object(joined)),
            // a marker that comes back would go on for ever
            Some(next) if !seen.insert(next.clone()) => {
                return cut(paged, joined, Some(next), "SameMarkerTwice".to_owned());
            }
            Some(next) => marker = Some(next),
        }
    }
}

/// Pages that are not all: the marker stays in the output, as in a dump that was cut off.
fn cut(paged: &shapes::Pages, mut joined: Map<String, Value>, marker: Option<String>, code: String) -> Outcome {
    let left_over = Value::String(marker.unwrap_or_else(|| "$more".to_owned()));
    joined.insert(pages::marker(paged).to_owned(), left_over);
    Outcome::Cut(Value::Object(joined), Coverage::Truncated { code })
}

fn nothing_or_missing(operation: &Operation, fault: &Fault, emulated: bool) -> Outcome {
    match fault.code() {
        Some(code) if operation.is_answer(code) => Outcome::Nothing(code.to_owned()),
        _ => Outcome::Missing(fault.coverage(emulated)),
    }
}

/// One request, and the CLI's JSON of what came back.
pub(crate) async fn one_page(
    clients: &Clients,
    operation: &'static Operation,
    input: &Input,
    marker: Option<String>,
) -> Result<Value, Fault> {
    let capture = Capture::default();
    let sent = match calls::send(clients, operation, input, marker, capture.clone()) {
        Some(call) => call.await,
        None => Err(Fault::Refused),
    };
    match (sent, capture.take()) {
        // whether the SDK could read the body is its own affair: the converter reads it by itself
        (_, Some(response)) if (200..300).contains(&response.status) => {
            convert::success(operation.service, operation.api, &response).map_err(Fault::Body)
        }
        (_, Some(response)) => Err(Fault::of_response(operation.service, operation.api, &response)),
        (Err(fault), None) => Err(fault),
        (Ok(()), None) => Err(Fault::Transport { code: "NoResponse", detail: String::new() }),
    }
}

async fn prepare_credential_report(clients: &Clients, patience: Patience) {
    for _ in 0..patience.tries {
        match clients.iam().generate_credential_report().send().await {
            Ok(report) if report.state() != Some(&aws_sdk_iam::types::ReportStateType::Complete) => {
                tokio::time::sleep(patience.pause).await;
            }
            _ => return,
        }
    }
}

/// A job per principal: started, then asked until it is done.
async fn last_accessed(
    clients: &Clients,
    operation: &'static Operation,
    input: &Input,
    emulated: bool,
    patience: Patience,
) -> Outcome {
    let arn = input.get("Arn").and_then(Value::as_str).unwrap_or_default();
    let capture = Capture::default();
    let call = clients.iam().generate_service_last_accessed_details().arn(arn);
    let started = match call.customize().interceptor(capture.clone()).send().await {
        Ok(started) => started,
        Err(error) => {
            let fault = match capture.take() {
                Some(response) if response.status >= 300 => {
                    Fault::of_response(operation.service, operation.api, &response)
                }
                _ => crate::fault::of_sdk(&error),
            };
            return nothing_or_missing(operation, &fault, emulated);
        }
    };
    let Some(job) = started.job_id() else {
        return Outcome::Missing(Coverage::Failed { code: "NoJob".to_owned() });
    };
    let mut by_job = Input::new();
    by_job.insert("JobId".to_owned(), job.into());
    for _ in 0..patience.tries {
        let outcome = every_page(clients, operation, &by_job, emulated).await;
        let status = match &outcome {
            Outcome::Whole(value) => value.get("JobStatus").and_then(Value::as_str),
            _ => return outcome,
        };
        match status {
            Some("IN_PROGRESS") => tokio::time::sleep(patience.pause).await,
            Some("FAILED") => return Outcome::Missing(Coverage::Failed { code: "JobFailed".to_owned() }),
            _ => return outcome,
        }
    }
    Outcome::Missing(Coverage::Failed { code: "JobTooSlow".to_owned() })
}

#[cfg(test)]
mod tests;
