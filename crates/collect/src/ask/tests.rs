//! Every operation of the table against endpoints that fail in every way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use portcullis_snapshot::operations::{Asked, OPERATIONS, Take};
use serde_json::json;

use super::*;
use crate::shapes::{Location, Pages, Protocol, Reference, Shape};

type Answer = Arc<dyn Fn(usize, &str) -> Option<(u16, &'static str, Vec<u8>)> + Send + Sync>;

/// Answers the n-th request; `None` is a connection that breaks.
#[derive(Clone)]
struct Stub {
    requests: Arc<AtomicUsize>,
    answer: Answer,
}

impl std::fmt::Debug for Stub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stub")
    }
}

impl HttpConnector for Stub {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let at = self.requests.fetch_add(1, Ordering::SeqCst);
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        HttpConnectorFuture::ready(match (self.answer)(at, &body) {
            None => Err(ConnectorError::io("broken".into())),
            Some((status, kind, body)) => {
                let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
                response.headers_mut().insert("content-type", kind);
                Ok(response)
            }
        })
    }
}

impl HttpClient for Stub {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

const ATTEMPTS: u32 = 3;

fn against(answer: Answer) -> (Clients, Stub) {
    let stub = Stub { requests: Arc::default(), answer };
    let config = aws_types::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .http_client(stub.clone())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::ZERO))
        .sleep_impl(NoWait)
        .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
            aws_sdk_sts::config::Credentials::new("id", "key", None, None, "test"),
        ))
        .endpoint_url("http://endpoint.test")
        .build();
    (Clients::new(config, "eu-west-1", true), stub)
}

#[derive(Debug)]
struct NoWait;

impl aws_sdk_sts::config::AsyncSleep for NoWait {
    fn sleep(&self, _: Duration) -> aws_sdk_sts::config::Sleep {
        aws_sdk_sts::config::Sleep::new(std::future::ready(()))
    }
}

/// An input with every member that the table sends.
fn any_input(operation: &Operation) -> Input {
    let members: Vec<(&'static str, Take)> = match operation.asked {
        Asked::Once(members) => members.to_vec(),
        Asked::Each(inputs) => inputs[0].to_vec(),
        Asked::Per(parents) | Asked::Climb(parents) => parents[0].members.to_vec(),
    };
    let value = |take| match take {
        Take::Batch(_) | Take::Texts(_) => json!(["x"]),
        Take::Filter(name, values) => json!([{"Name": name, "Values": values}]),
        Take::Account => json!("123456789012"),
        _ => json!("x"),
    };
    members.into_iter().map(|(name, take)| (name.to_owned(), value(take))).collect()
}

fn protocol(operation: &Operation) -> Protocol {
    shapes::output(operation.service, operation.api).unwrap().0.protocol
}

fn cbor_text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    [&[0x78, length], text.as_bytes()].concat()
}

/// An error as the service would write it.
fn error(operation: &Operation, status: u16, code: &str) -> (u16, &'static str, Vec<u8>) {
    let json = format!("{{\"__type\":\"{code}\",\"message\":\"no\"}}").into_bytes();
    let (kind, body) = match protocol(operation) {
        Protocol::Ec2 => (
            "text/xml",
            format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>").into_bytes(),
        ),
        // S3 Control wraps its errors as the query protocol does
        Protocol::Query | Protocol::RestXml if operation.service != "s3api" => {
            ("text/xml", format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>").into_bytes())
        }
        Protocol::Query | Protocol::RestXml => {
            ("application/xml", format!("<Error><Code>{code}</Code></Error>").into_bytes())
        }
        Protocol::Json => ("application/x-amz-json-1.1", json),
        Protocol::RestJson => ("application/json", json),
        Protocol::Cbor => ("application/cbor", [&[0xa1][..], &cbor_text("__type"), &cbor_text(code)].concat()),
    };
    (status, kind, body)
}

async fn outcomes(answer: impl Fn(&'static Operation) -> Answer) -> Vec<(&'static Operation, Outcome, usize)> {
    let mut found = Vec::new();
    let patience = Patience { tries: 2, pause: Duration::ZERO };
    for operation in OPERATIONS {
        let (clients, stub) = against(answer(operation));
        let outcome = ask(&clients, operation, &any_input(operation), true, patience).await;
        let mut requests = stub.requests.load(Ordering::SeqCst);
        if operation.name == "get-credential-report" {
            // the report is asked to be made first, with the same luck
            requests /= 2;
        }
        found.push((operation, outcome, requests));
    }
    found
}

#[tokio::test]
async fn a_denial_is_coverage_for_every_operation() {
    let denied = |operation: &'static Operation| -> Answer {
        let code = if operation.service == "ec2" { "UnauthorizedOperation" } else { "AccessDenied" };
        Arc::new(move |_, _| Some(error(operation, 403, code)))
    };
    for (operation, outcome, requests) in outcomes(denied).await {
        let Outcome::Missing(Coverage::Denied { code }) = outcome else { panic!("{}: {outcome:?}", operation.call()) };
        assert!(["UnauthorizedOperation", "AccessDenied"].contains(&code.as_str()));
        assert_eq!(requests, 1, "{} was asked again after a denial", operation.call());
    }
}

#[tokio::test]
async fn throttling_for_good_is_a_failure_for_every_operation() {
    let throttled = |operation: &'static Operation| -> Answer {
        Arc::new(move |_, _| Some(error(operation, 400, "ThrottlingException")))
    };
    for (operation, outcome, requests) in outcomes(throttled).await {
        let failed = Coverage::Failed { code: "ThrottlingException".to_owned() };
        assert_eq!(outcome, Outcome::Missing(failed), "{}", operation.call());
        assert!(requests > 1, "{} was not asked again", operation.call());
    }
}

#[tokio::test]
async fn a_body_that_is_cut_is_a_failure_for_every_operation() {
    let cut = |operation: &'static Operation| -> Answer {
        let (kind, body): (_, &[u8]) = match protocol(operation) {
            Protocol::Ec2 | Protocol::Query | Protocol::RestXml => ("text/xml", b"<Response><thing>"),
            Protocol::Json | Protocol::RestJson => ("application/json", b"{\"things\":["),
            Protocol::Cbor => ("application/cbor", b"\xa1\x61a"),
        };
        Arc::new(move |_, _| Some((200, kind, body.to_vec())))
    };
    for (operation, outcome, _) in outcomes(cut).await {
        if operation.call() == "s3api/get-bucket-policy" {
            // the policy is the body: text that only its reader can judge
            continue;
        }
        assert!(matches!(outcome, Outcome::Missing(Coverage::Failed { .. })), "{}: {outcome:?}", operation.call());
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure_for_every_operation() {
    for (operation, outcome, _) in outcomes(|_| Arc::new(|_, _| None)).await {
        let failed = Coverage::Failed { code: "ConnectionFailed".to_owned() };
        assert_eq!(outcome, Outcome::Missing(failed), "{}", operation.call());
    }
}

#[tokio::test]
async fn what_the_endpoint_does_not_offer_is_asked_once() {
    let page = b"<!doctype html>\n<html lang=en><title>404 Not Found</title>".to_vec();
    for status in [404, 500, 501] {
        let foreign = |_| -> Answer {
            let page = page.clone();
            Arc::new(move |_, _| Some((status, "text/html", page.clone())))
        };
        for (operation, outcome, requests) in outcomes(foreign).await {
            let unsupported = Coverage::Unsupported { code: format!("HTTP {status}") };
            assert_eq!(outcome, Outcome::Missing(unsupported), "{}", operation.call());
            assert_eq!(requests, 1, "{} was asked again", operation.call());
        }
    }
    let unknown = |operation: &'static Operation| -> Answer {
        Arc::new(move |_, _| Some(error(operation, 400, "InvalidAction")))
    };
    for (operation, outcome, requests) in outcomes(unknown).await {
        let unsupported = Coverage::Unsupported { code: "InvalidAction".to_owned() };
        assert_eq!(outcome, Outcome::Missing(unsupported), "{}", operation.call());
        assert_eq!(requests, 1, "{} was asked again", operation.call());
    }
}

#[tokio::test]
async fn absence_is_an_answer_where_the_table_says_so() {
    for operation in OPERATIONS {
        for code in operation.answers {
            let answer: Answer = Arc::new(move |_, _| Some(error(operation, 400, code)));
            let (clients, _) = against(answer);
            let patience = Patience { tries: 1, pause: Duration::ZERO };
            let outcome = ask(&clients, operation, &any_input(operation), true, patience).await;
            assert_eq!(outcome, Outcome::Nothing((*code).to_owned()), "{}", operation.call());
        }
    }
}

/// A page that names a following one and holds nothing else.
fn first_page(operation: &Operation, paged: &Pages) -> (u16, &'static str, Vec<u8>) {
    let (service, output) = shapes::output(operation.service, operation.api).unwrap();
    let Some(Reference::Named(name)) = &output.shape else { panic!("a structure") };
    let Some(Shape::Structure { members, .. }) = service.shape(name) else { panic!("a structure") };
    let wire = |name: &str| {
        let member = members.iter().find(|member| member.name == name);
        let member = member.unwrap_or_else(|| panic!("{} lacks {name}", operation.call()));
        assert!(!matches!(member.location, Some(Location::Header)));
        member.wire().to_owned()
    };
    let token = wire(pages::marker(paged));
    let more = paged.more.as_deref().map(wire);
    match service.protocol {
        Protocol::Ec2 | Protocol::Query | Protocol::RestXml => {
            let more = more.map(|more| format!("<{more}>true</{more}>")).unwrap_or_default();
            let inner = format!("<{token}>t</{token}>{more}");
            let body = match &output.wrapper {
                Some(wrapper) => format!("<R><{wrapper}>{inner}</{wrapper}></R>"),
                None => format!("<R>{inner}</R>"),
            };
            (200, "text/xml", body.into_bytes())
        }
        Protocol::Json | Protocol::RestJson => {
            let mut body = Map::new();
            body.insert(token, "t".into());
            if let Some(more) = more {
                body.insert(more, true.into());
            }
            (200, "application/json", Value::Object(body).to_string().into_bytes())
        }
        Protocol::Cbor => (200, "application/cbor", [&[0xa1][..], &cbor_text(&token), b"\x61t"].concat()),
    }
}

#[tokio::test]
async fn a_second_page_that_fails_leaves_the_first_and_its_marker() {
    let mut paged_operations = 0;
    for operation in OPERATIONS {
        let Some(paged) = &shapes::output(operation.service, operation.api).unwrap().1.pages else { continue };
        paged_operations += 1;
        let pages_asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&pages_asked);
        let answer: Answer = Arc::new(move |_, body| {
            if body.contains("Action=GenerateServiceLastAccessedDetails") {
                let result = "GenerateServiceLastAccessedDetailsResult";
                return Some((200, "text/xml", format!("<GenerateServiceLastAccessedDetailsResponse><{result}><JobId>j</JobId></{result}></GenerateServiceLastAccessedDetailsResponse>").into_bytes()));
            }
            Some(match counted.fetch_add(1, Ordering::SeqCst) {
                0 => first_page(operation, paged),
                _ => error(operation, 403, "AccessDenied"),
            })
        });
        let (clients, _) = against(answer);
        let patience = Patience { tries: 2, pause: Duration::ZERO };
        let outcome = ask(&clients, operation, &any_input(operation), true, patience).await;
        let Outcome::Cut(output, coverage) = outcome else { panic!("{}: {outcome:?}", operation.call()) };
        assert_eq!(coverage, Coverage::Truncated { code: "AccessDenied".to_owned() }, "{}", operation.call());
        assert_eq!(output[pages::marker(paged)], "t", "{}", operation.call());
        assert_eq!(pages_asked.load(Ordering::SeqCst), 2, "{}", operation.call());
    }
    assert!(paged_operations > 60, "only {paged_operations} operations have pages");
}

#[tokio::test]
async fn a_marker_that_comes_back_ends_the_pages() {
    for operation in OPERATIONS {
        let Some(paged) = &shapes::output(operation.service, operation.api).unwrap().1.pages else { continue };
        if operation.name == "get-service-last-accessed-details" {
            continue;
        }
        let (clients, stub) = against(Arc::new(move |_, _| Some(first_page(operation, paged))));
        let patience = Patience { tries: 1, pause: Duration::ZERO };
        let outcome = ask(&clients, operation, &any_input(operation), true, patience).await;
        assert!(matches!(outcome, Outcome::Cut(..)), "{}: {outcome:?}", operation.call());
        assert_eq!(stub.requests.load(Ordering::SeqCst), 2, "{}", operation.call());
    }
}
