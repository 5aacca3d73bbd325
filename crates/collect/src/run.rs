//! One run: who asks, which regions there are, every operation of the table, the snapshot.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use futures_util::future::join_all;
use portcullis_snapshot::manifest::SCHEMA_VERSION;
use portcullis_snapshot::operations::{OPERATIONS, Operation, OptIn, Parent, Scope, find};
use portcullis_snapshot::writing::Writer;
use portcullis_snapshot::{CallCoverage, Coverage, FileKey, GLOBAL, Manifest};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use crate::ask::{self, Outcome, Patience};
use crate::calls::Input;
use crate::clients::Clients;
use crate::connect::{self, Connection};
use crate::error::CollectError;
use crate::fault::Fault;
use crate::inputs::{self, Answered};
use crate::options::{Options, Summary};
use crate::progress::Progress;

/// How long to wait for a report that AWS prepares.
const PATIENCE: Patience = Patience { tries: 30, pause: Duration::from_secs(2) };

/// Collects an account as the options say.
///
/// Fails only where nothing can be collected at all (no or wrong credentials, an endpoint that is down, a region that
/// is not enabled) or nothing can be written; every other fault is coverage. Ctrl-C leaves nothing behind.
pub fn run(options: &Options, progress: &dyn Progress) -> Result<Summary, CollectError> {
    // refuses an occupied target before anything is asked
    let writer = Writer::create(&options.target)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CollectError::Runtime)?;
    let collected = runtime.block_on(async {
        tokio::select! {
            collected = collect(options, progress, &writer) => collected,
            _ = tokio::signal::ctrl_c() => Err(CollectError::Interrupted),
        }
    });
    // an answer that is still on its way is of no use to anybody
    runtime.shutdown_background();
    let (summary, manifest) = collected?;
    writer.finish(&manifest)?;
    Ok(summary)
}

async fn collect(
    options: &Options,
    progress: &dyn Progress,
    writer: &Writer,
) -> Result<(Summary, Manifest), CollectError> {
    let connection = connect::connect(options).await?;
    let home = Clients::new(connection.config.clone(), &connection.home, connection.emulated);
    let identity = who_asks(&connection).await?;
    let member = |name: &str| identity.get(name).and_then(Value::as_str).map(str::to_owned);
    let not_aws = |cause: &str| CollectError::NotAws { endpoint: endpoint(&connection), cause: cause.to_owned() };
    let account = member("Account").ok_or_else(|| not_aws("no account number"))?;
    let caller = member("Arn").ok_or_else(|| not_aws("no caller ARN"))?;
    if account.len() != 12 || !account.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(not_aws("an account number that is none"));
    }
    let regions = regions(options, &home, &connection, &account).await?;
    let run = Run {
        options,
        progress,
        writer,
        account: account.clone(),
        emulated: connection.emulated,
        clients: Mutex::new(HashMap::from([(connection.home.clone(), Arc::new(home))])),
        config: connection.config.clone(),
        home: connection.home.clone(),
        regions: regions.clone(),
        slots: Semaphore::new(options.jobs.max(1)),
        tally: Mutex::default(),
        buckets: tokio::sync::Mutex::default(),
    };
    run.everything().await?;
    let tally = run.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let coverage: Vec<CallCoverage> = tally.coverage.into_iter().collect();
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        tool_version: options.tool_version.clone(),
        collected_at: options.now.to_string(),
        accounts: vec![account.clone()],
        regions: regions.clone(),
        caller: Some(caller.clone()),
        endpoint_override: connection.emulated,
        coverage: coverage.clone(),
    };
    Ok((Summary { account, caller, regions, calls: tally.calls, coverage }, manifest))
}

/// The first call: everything that is wrong with credentials or the endpoint shows here.
async fn who_asks(connection: &Connection) -> Result<Value, CollectError> {
    // nothing is lost yet, so somebody who waits in vain is told soon
    let retry = connection.config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    let hasty = connection.config.to_builder().retry_config(retry.with_max_attempts(2)).build();
    let home = Clients::new(hasty, &connection.home, connection.emulated);
    let Some(operation) = find("sts", "get-caller-identity") else {
        return Err(CollectError::NotAws { endpoint: endpoint(connection), cause: "no operation".to_owned() });
    };
    let fault = match ask::one_page(&home, operation, &Input::new(), None).await {
        Ok(identity) => return Ok(identity),
        Err(fault) => fault,
    };
    let endpoint = endpoint(connection);
    Err(match &fault {
        Fault::Service { code, .. } => CollectError::WrongCredentials { help: help(code), code: code.clone() },
        Fault::Transport { detail, .. } => CollectError::EndpointDown { endpoint, cause: detail.clone() },
        Fault::NotTheProtocol { .. } | Fault::Body(_) | Fault::Refused => {
            CollectError::NotAws { endpoint, cause: fault.to_string() }
        }
    })
}

fn endpoint(connection: &Connection) -> String {
    connection.config.endpoint_url().map_or_else(|| format!("AWS STS in {}", connection.home), str::to_owned)
}

fn help(code: &str) -> &'static str {
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => "the session has expired: sign in again",
        "SignatureDoesNotMatch" | "IncompleteSignature" => {
            "the secret access key is wrong, or this machine's clock is off"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" => "the access key does not exist or is inactive",
        "RegionDisabledException" => "STS is switched off in this region: name another with AWS_REGION",
        _ => "check which profile or role is in use",
    }
}

/// The regions to ask: those named, if the account has them, else every enabled one.
async fn regions(
    options: &Options,
    home: &Clients,
    connection: &Connection,
    account: &str,
) -> Result<Vec<String>, CollectError> {
    let named: BTreeSet<String> = options.regions.iter().cloned().collect();
    let Some(operation) = find("ec2", "describe-regions") else { return Ok(named.into_iter().collect()) };
    let answer = ask::one_page(home, operation, &Input::new(), None).await;
    let enabled: BTreeSet<String> = match &answer {
        Ok(answer) => answer
            .get("Regions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|region| region.get("RegionName").and_then(Value::as_str))
            .map(str::to_owned)
            .collect(),
        Err(fault) if named.is_empty() => {
            return Err(CollectError::RegionsUnknown(fault.coverage(connection.emulated).to_string()));
        }
        Err(_) => return Ok(named.into_iter().collect()),
    };
    if let Some(region) = named.iter().find(|region| !enabled.contains(*region)) {
        return Err(CollectError::RegionNotEnabled {
            region: region.clone(),
            account: account.to_owned(),
            enabled: enabled.into_iter().collect::<Vec<_>>().join(", "),
        });
    }
    Ok(if named.is_empty() { enabled } else { named }.into_iter().collect())
}

/// What a child needs to know of a parent: the calls that were answered.
type Answers = Arc<Vec<Answered>>;
type Awaited = watch::Receiver<Option<Answers>>;
type Place = (String, String);

#[derive(Debug, Default)]
struct Tally {
    calls: usize,
    coverage: BTreeSet<CallCoverage>,
}

struct Run<'a> {
    options: &'a Options,
    progress: &'a dyn Progress,
    writer: &'a Writer,
    account: String,
    emulated: bool,
    clients: Mutex<HashMap<String, Arc<Clients>>>,
    config: aws_types::SdkConfig,
    home: String,
    regions: Vec<String>,
    slots: Semaphore,
    tally: Mutex<Tally>,
    buckets: tokio::sync::Mutex<HashMap<String, String>>,
}

impl Run<'_> {
    /// Every operation in every place, each as soon as its parents have answered.
    async fn everything(&self) -> Result<(), CollectError> {
        let mut senders = Vec::new();
        let mut awaited: HashMap<Place, Awaited> = HashMap::new();
        for operation in OPERATIONS {
            for region in self.places(operation) {
                let (sender, receiver) = watch::channel(None);
                awaited.insert((operation.call(), region.clone()), receiver);
                senders.push((operation, region, sender));
            }
        }
        let nodes = senders.into_iter().map(|(operation, region, sender)| {
            let parents = self.parents_of(operation, &region, &awaited);
            async move {
                let answers = self.operation(operation, &region, parents).await?;
                // nobody listens if no operation hangs on this one
                let _ = sender.send(Some(answers));
                Ok(())
            }
        });
        join_all(nodes).await.into_iter().collect()
    }

    fn places(&self, operation: &Operation) -> Vec<String> {
        match operation.scope {
            Scope::Global => vec![GLOBAL.to_owned()],
            Scope::Regional => self.regions.clone(),
        }
    }

    /// The answers that an operation waits for: of its own region, of the account, or, for what is global, of all regions.
    fn parents_of(
        &self,
        operation: &Operation,
        region: &str,
        awaited: &HashMap<Place, Awaited>,
    ) -> Vec<(&'static str, Awaited)> {
        let mut found = Vec::new();
        let calls: BTreeSet<&'static str> = operation.parents().iter().map(|parent| parent.call).collect();
        for call in calls {
            let here = [GLOBAL, region].into_iter();
            let everywhere = self.regions.iter().map(String::as_str);
            let places: BTreeSet<&str> =
                if operation.scope == Scope::Global { here.chain(everywhere).collect() } else { here.collect() };
            for place in places {
                if let Some(receiver) = awaited.get(&(call.to_owned(), place.to_owned())) {
                    found.push((call, receiver.clone()));
                }
            }
        }
        found
    }

    async fn operation(
        &self,
        operation: &'static Operation,
        region: &str,
        parents: Vec<(&'static str, Awaited)>,
    ) -> Result<Answers, CollectError> {
        if operation.opt_in.is_some_and(|option| !self.opted_in(option)) {
            self.cover(operation, region, Coverage::NotAsked);
            return Ok(Answers::default());
        }
        let mut known: Vec<(&'static str, Answers)> = Vec::new();
        for (call, mut receiver) in parents {
            // a parent that failed to write ends the run; its children then have nothing to wait for
            let Ok(answers) = receiver.wait_for(Option::is_some).await.map(|answers| answers.clone()) else {
                return Ok(Answers::default());
            };
            known.push((call, answers.unwrap_or_default()));
        }
        let of_parent = |parent: &Parent| {
            known.iter().filter(|(call, _)| *call == parent.call).flat_map(|(_, answers)| answers.iter()).collect()
        };
        let inputs = inputs::of(operation, &self.account, of_parent);
        if inputs.is_empty() && self.is_orphan(operation, region) {
            self.cover(operation, region, Coverage::NotAsked);
            return Ok(Answers::default());
        }
        let mut calls = self.calls(operation, region, inputs).await;
        if matches!(operation.asked, portcullis_snapshot::operations::Asked::Climb(_)) {
            self.climb(operation, region, &mut calls).await;
        }
        self.record(operation, region, &calls)?;
        if !is_parent(operation) {
            return Ok(Answers::default());
        }
        let answered = |(input, outcome)| match outcome {
            Outcome::Whole(output) | Outcome::Cut(output, _) => {
                Some(Answered { region: region.to_owned(), input, output })
            }
            Outcome::Nothing(_) | Outcome::Missing(_) => None,
        };
        let answers: Vec<Answered> = calls.into_iter().filter_map(answered).collect();
        self.learn_buckets(operation, &answers).await;
        Ok(Arc::new(answers))
    }

    fn opted_in(&self, option: OptIn) -> bool {
        match option {
            OptIn::LastAccessed => self.options.last_accessed,
        }
    }

    /// Whether every parent lacks an answer, so that nobody knows what to ask for: not the same as nothing to ask for.
    fn is_orphan(&self, operation: &Operation, region: &str) -> bool {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        operation.parents().iter().any(|parent| {
            tally.coverage.iter().any(|gap| {
                let there = gap.region == region || gap.region == GLOBAL || operation.scope == Scope::Global;
                there && parent.call == format!("{}/{}", gap.service, gap.operation)
            })
        })
    }

    async fn calls(&self, operation: &'static Operation, region: &str, inputs: Vec<Input>) -> Vec<(Input, Outcome)> {
        self.progress.ahead(inputs.len());
        let calls = inputs.into_iter().map(|input| async move {
            // the semaphore is never closed
            let _slot = self.slots.acquire().await;
            let clients = self.clients_for(operation, region, &input).await;
            let outcome = ask::ask(&clients, operation, &input, self.emulated, PATIENCE).await;
            self.progress.done(&operation.call(), region);
            (input, outcome)
        });
        join_all(calls).await
    }

    /// Up an organization, until a parent has none.
    async fn climb(&self, operation: &'static Operation, region: &str, calls: &mut Vec<(Input, Outcome)>) {
        let mut asked: BTreeSet<String> = calls.iter().map(|(input, _)| inputs::sort_key(input)).collect();
        let mut from = 0;
        while let Some(fresh) = calls.get(from..).filter(|fresh| !fresh.is_empty()) {
            let next: Vec<Input> = fresh
                .iter()
                .filter_map(|(_, outcome)| match outcome {
                    Outcome::Whole(output) | Outcome::Cut(output, _) => Some(inputs::climbed(output)),
                    _ => None,
                })
                .flatten()
                .filter(|input| asked.insert(inputs::sort_key(input)))
                .collect();
            from = calls.len();
            calls.extend(self.calls(operation, region, next).await);
        }
    }

    /// Writes the file of an operation and notes what is not complete.
    fn record(
        &self,
        operation: &'static Operation,
        region: &str,
        calls: &[(Input, Outcome)],
    ) -> Result<(), CollectError> {
        let worst = calls.iter().filter_map(|(_, outcome)| gap(outcome)).min_by_key(|gap| severity(gap));
        if let Some(worst) = worst {
            self.cover(operation, region, worst.clone());
        }
        let answered = calls.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Missing(_))).count();
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).calls += answered;
        let body = if operation.holds_calls() {
            let mut sorted: BTreeMap<String, Value> = BTreeMap::new();
            for (input, outcome) in calls {
                sorted.insert(inputs::sort_key(input), call_body(input, outcome));
            }
            json!({ "calls": sorted.into_values().collect::<Vec<_>>() })
        } else {
            match calls.first() {
                Some((_, Outcome::Whole(output) | Outcome::Cut(output, _))) => output.clone(),
                Some((_, outcome @ Outcome::Nothing(_))) => json!({ "calls": [call_body(&Input::new(), outcome)] }),
                Some((_, Outcome::Missing(_))) | None => return Ok(()),
            }
        };
        let key = FileKey::new(&self.account, region, operation.service, operation.name);
        Ok(self.writer.write(&key, &body)?)
    }

    fn cover(&self, operation: &Operation, region: &str, coverage: Coverage) {
        let gap = CallCoverage {
            account: self.account.clone(),
            region: region.to_owned(),
            service: operation.service.to_owned(),
            operation: operation.name.to_owned(),
            coverage,
        };
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).coverage.insert(gap);
    }

    /// The clients of the region to ask: a bucket is asked where it lies, what is global at home.
    async fn clients_for(&self, operation: &Operation, region: &str, input: &Input) -> Arc<Clients> {
        let bucket = input.get("Bucket").and_then(Value::as_str).filter(|_| operation.service == "s3api");
        let region = match bucket {
            Some(bucket) if operation.name != "get-bucket-location" => self.region_of(bucket).await,
            _ if region == GLOBAL => self.home.clone(),
            _ => region.to_owned(),
        };
        self.clients_in(&region)
    }

    fn clients_in(&self, region: &str) -> Arc<Clients> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Clients::new(self.config.clone(), region, self.emulated));
        Arc::clone(clients.entry(region.to_owned()).or_insert_with(made))
    }
}

/// Where buckets lie, and what the parts of a file are.
impl Run<'_> {
    /// The region of a bucket: from the list of buckets, else asked once; home if nobody says.
    async fn region_of(&self, bucket: &str) -> String {
        // held while asking, so that twelve calls about one bucket ask once
        let mut known = self.buckets.lock().await;
        if let Some(region) = known.get(bucket) {
            return region.clone();
        }
        let mut found = self.home.clone();
        if let Some(location) = find("s3api", "get-bucket-location") {
            let input = Input::from_iter([("Bucket".to_owned(), bucket.into())]);
            let home = self.clients_in(&self.home);
            if let Ok(answer) = ask::one_page(&home, location, &input, None).await {
                found = match answer.get("LocationConstraint").and_then(Value::as_str) {
                    None => "us-east-1".to_owned(),
                    Some("EU") => "eu-west-1".to_owned(),
                    Some(region) => region.to_owned(),
                };
            }
        }
        known.insert(bucket.to_owned(), found.clone());
        found
    }

    async fn learn_buckets(&self, operation: &Operation, answers: &[Answered]) {
        if (operation.service, operation.name) != ("s3api", "list-buckets") {
            return;
        }
        let mut known = self.buckets.lock().await;
        let listed = answers.iter().filter_map(|answer| answer.output.get("Buckets")?.as_array()).flatten();
        for bucket in listed {
            let member = |name: &str| bucket.get(name).and_then(Value::as_str).map(str::to_owned);
            if let (Some(name), Some(region)) = (member("Name"), member("BucketRegion")) {
                known.insert(name, region);
            }
        }
    }
}

fn is_parent(operation: &Operation) -> bool {
    let call = operation.call();
    OPERATIONS.iter().flat_map(Operation::parents).any(|parent| parent.call == call)
}

fn gap(outcome: &Outcome) -> Option<&Coverage> {
    match outcome {
        Outcome::Missing(coverage) | Outcome::Cut(_, coverage) => Some(coverage),
        Outcome::Whole(_) | Outcome::Nothing(_) => None,
    }
}

/// Of several gaps in one file the manifest names the one that somebody can mend.
const fn severity(coverage: &Coverage) -> u8 {
    match coverage {
        Coverage::Denied { .. } => 0,
        Coverage::Failed { .. } => 1,
        Coverage::Truncated { .. } => 2,
        Coverage::Unsupported { .. } => 3,
        Coverage::NotAsked => 4,
        Coverage::Complete => 5,
    }
}

/// One call of a file that holds calls. A gap has its kind beside the code; an error that is an answer has none.
fn call_body(input: &Input, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Whole(output) | Outcome::Cut(output, _) => json!({ "input": input, "output": output }),
        Outcome::Nothing(code) => json!({ "input": input, "error": { "code": code } }),
        Outcome::Missing(coverage) => {
            let code = coverage.code().unwrap_or("NotAsked");
            let status = serde_json::to_value(coverage).ok().and_then(|value| value.get("status").cloned());
            json!({ "input": input, "error": { "code": code, "status": status } })
        }
    }
}
