//! Runs that cannot begin, and runs in which everything but the caller's identity is denied.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use portcullis_collect::{CollectError, Options, SdkConfig, Silent, Summary, run};
use portcullis_snapshot::operations::{Asked, OPERATIONS, Scope};
use portcullis_snapshot::{Coverage, Manifest};

/// Answers `GetCallerIdentity` and `DescribeRegions` as told, and refuses everything else.
#[derive(Debug, Clone)]
struct Account {
    identity: Option<(u16, &'static str)>,
    regions: &'static str,
    requests: Arc<AtomicUsize>,
}

const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::123456789012:user/auditor</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";
const REGIONS: &str = "<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName></item>\
    <item><regionName>us-east-1</regionName></item></regionInfo></DescribeRegionsResponse>";
const DENIED: &str = "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";

impl HttpConnector for Account {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let target = request.headers().get("x-amz-target").is_some();
        let cbor = request.uri().contains("/operation/");
        let (status, kind, body) = if body.contains("Action=GetCallerIdentity") {
            match self.identity {
                None => return HttpConnectorFuture::ready(Err(ConnectorError::io("connection refused".into()))),
                Some((status, body)) => (status, "text/xml", body.to_owned()),
            }
        } else if body.contains("Action=DescribeRegions") {
            (if self.regions == DENIED { 403 } else { 200 }, "text/xml", self.regions.to_owned())
        } else if target {
            (400, "application/x-amz-json-1.1", "{\"__type\":\"AccessDeniedException\"}".to_owned())
        } else if cbor {
            (403, "application/cbor", "\u{0}".to_owned())
        } else if body.contains("Version=2016-11-15") {
            (403, "text/xml", DENIED.to_owned())
        } else if request.uri().contains("/2015-03-31/") {
            (403, "application/json", "{\"code\":\"AccessDeniedException\"}".to_owned())
        } else {
            let body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
            (403, "application/xml", body.to_owned())
        };
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        response.headers_mut().insert("content-type", kind);
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Account {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn collect(
    identity: Option<(u16, &'static str)>,
    regions: &'static str,
    change: impl FnOnce(&mut Options),
) -> (Result<Summary, CollectError>, tempfile::TempDir) {
    let account = Account { identity, regions, requests: Arc::default() };
    let config = SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .http_client(account)
        .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::ZERO))
        .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
            aws_sdk_sts::config::Credentials::new("id", "key", None, None, "test"),
        ))
        .build();
    let home = tempfile::tempdir().unwrap();
    let mut options = Options::new(home.path().join("snapshot"), "2026-01-01T00:00:00Z".parse().unwrap());
    options.config = Some(config);
    change(&mut options);
    (run(&options, &Silent), home)
}

fn left_in(home: &tempfile::TempDir) -> usize {
    std::fs::read_dir(home.path()).unwrap().count()
}

#[test]
fn everything_denied_is_coverage_and_the_run_goes_on() {
    let (summary, home) = collect(Some((200, IDENTITY)), REGIONS, |_| {});
    let summary = summary.unwrap();
    assert_eq!(summary.account, "123456789012");
    assert_eq!(summary.regions, ["eu-west-1", "us-east-1"]);
    let target = home.path().join("snapshot");
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(target.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest.coverage, summary.coverage);
    assert_eq!(manifest.collected_at, "2026-01-01T00:00:00Z");
    assert!(!manifest.endpoint_override);
    for operation in OPERATIONS {
        let regions: &[&str] = match operation.scope {
            Scope::Global => &["global"],
            Scope::Regional => &["eu-west-1", "us-east-1"],
        };
        for region in regions {
            let found = manifest.coverage.iter().find(|gap| {
                gap.service == operation.service && gap.operation == operation.name && gap.region == *region
            });
            let call = operation.call();
            if ["sts/get-caller-identity", "ec2/describe-regions"].contains(&call.as_str()) {
                assert!(found.is_none(), "{call}");
                assert!(target.join(format!("123456789012/global/{call}.json")).exists());
                continue;
            }
            let found = found.unwrap_or_else(|| panic!("{call} in {region} has no coverage"));
            match (&operation.asked, &found.coverage) {
                // nobody says which things to ask about
                (Asked::Per(_) | Asked::Climb(_), Coverage::NotAsked) | (_, Coverage::Denied { .. }) => {}
                (_, other) => panic!("{call}: {other}"),
            }
        }
    }
}

#[test]
fn an_archive_is_one_file() {
    let (summary, home) = collect(Some((200, IDENTITY)), REGIONS, |options| {
        options.target.set_extension("ndjson.zst");
        options.regions = vec!["eu-west-1".to_owned()];
    });
    assert_eq!(summary.unwrap().regions, ["eu-west-1"]);
    assert_eq!(left_in(&home), 1);
}

fn refused(identity: Option<(u16, &'static str)>, regions: &'static str, change: impl FnOnce(&mut Options)) -> String {
    let (result, home) = collect(identity, regions, change);
    let error = result.unwrap_err();
    assert_eq!(left_in(&home), 0, "a run that fails leaves nothing");
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}

#[test]
fn what_stops_a_run_is_said_in_one_line() {
    let wrong = "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>";
    assert!(refused(Some((403, wrong)), REGIONS, |_| {}).contains("InvalidClientTokenId"));
    let expired = "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>";
    assert!(refused(Some((403, expired)), REGIONS, |_| {}).contains("sign in again"));
    assert!(refused(None, REGIONS, |_| {}).contains("does not answer"));
    assert!(refused(Some((404, "<html>nothing here</html>")), REGIONS, |_| {}).contains("HTTP 404"));
    let region = |options: &mut Options| options.regions = vec!["eu-nowhere-1".to_owned()];
    let text = refused(Some((200, IDENTITY)), REGIONS, region);
    assert!(text.contains("`eu-nowhere-1` is not enabled") && text.contains("eu-west-1"), "{text}");
    assert!(refused(Some((200, IDENTITY)), DENIED, |_| {}).contains("--region"));
}

#[test]
fn an_occupied_target_is_refused_before_anything_is_asked() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("precious"), "x").unwrap();
    let mut options = Options::new(home.path(), jiff::Timestamp::UNIX_EPOCH);
    options.config = Some(SdkConfig::builder().build());
    assert!(matches!(run(&options, &Silent), Err(CollectError::Write(_))));
    assert_eq!(left_in(&home), 1);
}
