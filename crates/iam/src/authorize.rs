//! The query `authorize`: one decision on policies that come with the question.
//!
//! Its form stands in the conformance data's description; the context is complete, and no key is derived.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use portcullis_estate::Gap;
use portcullis_snapshot::Place;

use crate::arn::Arn;
use crate::context::{Context, KeyState};
use crate::document::{Document, Effect, Layer};
use crate::evaluation::{self, Found, Hits, Need, Policy, Request, ResourceNeed, Route};
use crate::principal::Caller;
use crate::truth::Cause;

/// The query.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthorizeQuery {
    /// An ARN, `{"service": …}` or `"anonymous"`.
    pub principal: PrincipalText,
    /// What the principal is, once more.
    #[serde(default)]
    pub principal_kind: Option<String>,
    /// One action.
    pub action: String,
    /// One ARN, or `*`.
    pub resource: String,
    /// The account that owns the resource.
    #[serde(default)]
    pub resource_account: Option<String>,
    /// Keys with their values.
    #[serde(default)]
    pub context: BTreeMap<String, Option<Vec<String>>>,
    /// The policies that apply.
    #[serde(default)]
    pub policies: PolicySet,
}

/// Who asks, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum PrincipalText {
    /// An ARN, or `anonymous`.
    Text(String),
    /// A service.
    Service {
        /// `lambda.amazonaws.com`.
        service: String,
    },
}

/// The policies of a query, by layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySet {
    /// Inline, attached and group policies.
    pub identity: Vec<NamedDocument>,
    /// At most one.
    pub boundary: Vec<NamedDocument>,
    /// Session policies.
    pub session: Vec<NamedDocument>,
    /// The policy of the resource.
    pub resource: Option<NamedDocument>,
    /// Levels from the root to the account.
    pub scp: Vec<Vec<NamedDocument>>,
    /// Levels of the resource's account; `RCPFullAWSAccess` is not listed.
    pub rcp: Vec<Vec<NamedDocument>>,
    /// The policy of the VPC endpoint.
    pub endpoint: Vec<NamedDocument>,
}

/// A document with a name.
#[derive(Debug, Clone, Deserialize)]
pub struct NamedDocument {
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The document.
    pub document: Value,
}

/// A query that cannot be answered as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The principal is none of the forms.
    #[error("`{0}` is not the ARN of a user, role, session, federated user or account root, nor `anonymous`")]
    Principal(String),
    /// The action is not one action.
    #[error("`{0}` is not one action of the form `service:Name`")]
    Action(String),
    /// The resource is not one resource.
    #[error("`{0}` is neither an ARN nor `*`")]
    Resource(String),
    /// More than one boundary.
    #[error("a principal has at most one permissions boundary; {0} are given")]
    Boundaries(usize),
}

/// The words of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizeVerdict {
    /// It is allowed.
    Allowed,
    /// A statement denies it.
    ExplicitDeny,
    /// Some layer does not allow it.
    ImplicitDeny,
    /// It is allowed if the conditions hold.
    Conditional,
    /// It cannot be said.
    Unknown,
}

/// A statement that decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Deciding {
    /// Its layer.
    pub layer: Layer,
    /// Its policy.
    pub policy: String,
    /// Its `Sid`, or a hash of its content.
    pub statement: String,
    /// What it does.
    pub effect: Effect,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authorized {
    /// The answer in a word.
    pub verdict: AuthorizeVerdict,
    /// The statements that decide: every deny, or the allows of an open route.
    pub statements: Vec<Deciding>,
    /// What is left over, in words.
    pub conditions: Vec<String>,
    /// Layers without an allow, where nothing denies.
    pub missing: Vec<String>,
}

/// Decides a query.
pub fn authorize(query: &AuthorizeQuery) -> Result<Authorized, QueryError> {
    let caller = match &query.principal {
        PrincipalText::Service { service } => Caller::Service(service.clone()),
        PrincipalText::Text(text) if text == "anonymous" => Caller::Anonymous,
        PrincipalText::Text(text) => Caller::from_arn(text).ok_or_else(|| QueryError::Principal(text.clone()))?,
    };
    let well_formed =
        query.action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    if !well_formed || query.action.contains(['*', '?']) {
        return Err(QueryError::Action(query.action.clone()));
    }
    let arn = Arn::parse(&query.resource);
    if arn.is_none() && query.resource != "*" {
        return Err(QueryError::Resource(query.resource.clone()));
    }
    if query.policies.boundary.len() > 1 {
        return Err(QueryError::Boundaries(query.policies.boundary.len()));
    }
    let mut context = Context::complete();
    for (key, values) in &query.context {
        context.set(key, values.clone().map_or(KeyState::Absent, KeyState::Values));
    }
    let resource_account = query
        .resource_account
        .clone()
        .or_else(|| arn.map(|arn| arn.account).filter(|account| !account.is_empty()).map(str::to_owned));
    let request =
        Request { caller, action: query.action.clone(), resource: query.resource.clone(), resource_account, context };
    Ok(decide(&request, &query.policies))
}

/// The matching statements of every layer, and which layers are there at all.
struct Evaluated<'a> {
    identity: Hits<'a>,
    boundary: Option<Hits<'a>>,
    session: Option<Hits<'a>>,
    resource: Hits<'a>,
    scp: Vec<Hits<'a>>,
    rcp: Vec<Hits<'a>>,
    endpoint: Option<Hits<'a>>,
}

impl<'a> Evaluated<'a> {
    fn layers(&self) -> impl Iterator<Item = (Layer, &Hits<'a>)> {
        [
            (Layer::Identity, Some(&self.identity)),
            (Layer::Boundary, self.boundary.as_ref()),
            (Layer::Session, self.session.as_ref()),
            (Layer::Resource, Some(&self.resource)),
            (Layer::Endpoint, self.endpoint.as_ref()),
        ]
        .into_iter()
        .filter_map(|(layer, hits)| hits.map(|hits| (layer, hits)))
        .chain(self.scp.iter().map(|hits| (Layer::Scp, hits)))
        .chain(self.rcp.iter().map(|hits| (Layer::Rcp, hits)))
    }
}

/// The policies of a query, compiled.
struct Compiled {
    identity: Vec<Policy>,
    boundary: Vec<Policy>,
    session: Vec<Policy>,
    resource: Vec<Policy>,
    scp: Vec<Vec<Policy>>,
    rcp: Vec<Vec<Policy>>,
    endpoint: Vec<Policy>,
}

impl Compiled {
    fn new(set: &PolicySet) -> Self {
        let level = |level: &Vec<NamedDocument>| compiled(level);
        Self {
            identity: compiled(&set.identity),
            boundary: compiled(&set.boundary),
            session: compiled(&set.session),
            resource: set.resource.iter().map(compiled_one).collect(),
            scp: set.scp.iter().map(level).collect(),
            rcp: set.rcp.iter().map(level).collect(),
            endpoint: compiled(&set.endpoint),
        }
    }

    fn evaluate(&self, request: &Request) -> Evaluated<'_> {
        let bounded = !self.boundary.is_empty();
        let hits = |policies, layer| evaluation::hits(policies, layer, request, bounded);
        let some = |policies: &'_ Vec<Policy>| !policies.is_empty();
        let principal = !matches!(request.caller, Caller::Service(_) | Caller::Anonymous);
        let levels = |levels: &'_ Vec<Vec<Policy>>, binds: bool| levels.len() * usize::from(binds);
        Evaluated {
            identity: if principal { hits(&self.identity, Layer::Identity) } else { Hits::default() },
            boundary: (principal && bounded).then(|| hits(&self.boundary, Layer::Boundary)),
            session: (principal && some(&self.session)).then(|| hits(&self.session, Layer::Session)),
            resource: hits(&self.resource, Layer::Resource),
            scp: self
                .scp
                .iter()
                .take(levels(&self.scp, evaluation::scp_binds(request)))
                .map(|level| hits(level, Layer::Scp))
                .collect(),
            rcp: self
                .rcp
                .iter()
                .take(levels(&self.rcp, evaluation::rcp_binds(request)))
                .map(|level| hits(level, Layer::Rcp))
                .collect(),
            endpoint: some(&self.endpoint).then(|| hits(&self.endpoint, Layer::Endpoint)),
        }
    }
}

fn compiled(documents: &[NamedDocument]) -> Vec<Policy> {
    documents.iter().map(compiled_one).collect()
}

fn compiled_one(named: &NamedDocument) -> Policy {
    Policy {
        name: named.name.as_str().into(),
        resource: named.name.as_str().into(),
        account: "".into(),
        place: Place::new("query", ""),
        body: Document::parse(&named.document).map_err(|error| Gap::other(&named.name, error)),
    }
}

fn decide(request: &Request, policies: &PolicySet) -> Authorized {
    let answer = |verdict, statements, conditions, missing| Authorized { verdict, statements, conditions, missing };
    if request.is_always_allowed() {
        return answer(AuthorizeVerdict::Allowed, Vec::new(), Vec::new(), Vec::new());
    }
    let compiled = Compiled::new(policies);
    let evaluated = compiled.evaluate(request);
    let mut denies: BTreeSet<Deciding> = BTreeSet::new();
    let mut maybe_denied = Hanging::default();
    for (layer, hits) in evaluated.layers() {
        for found in &hits.denies {
            if found.is_certain() {
                denies.insert(deciding(layer, found));
            } else {
                maybe_denied.add(found, "not ");
            }
        }
        maybe_denied.undecidable.extend(hits.unread.iter().map(|(_, gap)| gap.to_string()));
    }
    if !denies.is_empty() {
        return answer(AuthorizeVerdict::ExplicitDeny, denies.into_iter().collect(), Vec::new(), Vec::new());
    }
    // Where the resource's account is not known, both cases must agree.
    let cases = request.crosses().map_or_else(|| vec![false, true], |known| vec![known]);
    let mut outcomes = cases.into_iter().map(|crosses| of_case(request, crosses, &evaluated));
    let mut outcome = outcomes.next().unwrap_or_default();
    if outcomes.next().is_some_and(|other| other.truth != outcome.truth) {
        outcome.truth = Truth::Hanging(Hanging {
            undecidable: BTreeSet::from(["the account of the resource".to_owned()]),
            ..Hanging::default()
        });
    }
    let statements = outcome.used.into_iter().collect();
    match outcome.truth {
        Truth::No => {
            answer(AuthorizeVerdict::ImplicitDeny, Vec::new(), Vec::new(), outcome.missing.into_iter().collect())
        }
        Truth::Yes if maybe_denied.is_empty() => answer(AuthorizeVerdict::Allowed, statements, Vec::new(), Vec::new()),
        Truth::Yes => answer(maybe_denied.verdict(), statements, maybe_denied.texts(), Vec::new()),
        Truth::Hanging(hanging) => {
            let all = hanging.and(maybe_denied);
            answer(all.verdict(), statements, all.texts(), Vec::new())
        }
    }
}

/// What a third value hangs on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Hanging {
    /// Conditions on keys of the request.
    conditions: BTreeSet<String>,
    /// What no value of a key would decide.
    undecidable: BTreeSet<String>,
}

impl Hanging {
    fn add(&mut self, found: &Found<'_>, prefix: &str) {
        for leftover in &found.left {
            match &leftover.cause {
                Cause::Key(_) => self.conditions.insert(format!("{prefix}{}", leftover.text)),
                cause => self.undecidable.insert(format!("{prefix}{}: {cause}", leftover.text)),
            };
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.conditions.extend(other.conditions);
        self.undecidable.extend(other.undecidable);
        self
    }

    fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.undecidable.is_empty()
    }

    fn verdict(&self) -> AuthorizeVerdict {
        if self.undecidable.is_empty() { AuthorizeVerdict::Conditional } else { AuthorizeVerdict::Unknown }
    }

    fn texts(self) -> Vec<String> {
        self.conditions.into_iter().chain(self.undecidable).collect()
    }
}

/// Kleene's three values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Truth {
    #[default]
    No,
    Hanging(Hanging),
    Yes,
}

impl Truth {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) | (other, Self::Yes) => other,
            (Self::Hanging(a), Self::Hanging(b)) => Self::Hanging(a.and(b)),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, other) | (other, Self::No) => other,
            (Self::Hanging(a), Self::Hanging(b)) => Self::Hanging(a.and(b)),
        }
    }

    fn of(found: &Found<'_>) -> Self {
        if found.is_certain() {
            return Self::Yes;
        }
        let mut hanging = Hanging::default();
        hanging.add(found, "");
        Self::Hanging(hanging)
    }
}

/// The outcome under one assumption about accounts.
#[derive(Debug, Clone, Default)]
struct Outcome {
    truth: Truth,
    used: BTreeSet<Deciding>,
    missing: BTreeSet<String>,
}

fn of_case(request: &Request, crosses: bool, evaluated: &Evaluated<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    for route in evaluation::routes(request, crosses, &evaluated.resource.allows) {
        let one = of_route(&route, request, evaluated);
        match one.truth {
            Truth::Yes if outcome.truth != Truth::Yes => outcome.used = one.used,
            Truth::Hanging(_) if outcome.truth != Truth::Yes => outcome.used.extend(one.used),
            _ => {}
        }
        outcome.missing.extend(one.missing);
        outcome.truth = outcome.truth.or(one.truth);
    }
    outcome
}

fn of_route(route: &Route, request: &Request, evaluated: &Evaluated<'_>) -> Outcome {
    let mut outcome = Outcome { truth: Truth::Yes, ..Outcome::default() };
    let mut need = |layer: Layer, level: Option<usize>, hits: Option<&Hits<'_>>| {
        let allows = hits.map_or(&[][..], |hits| &hits.allows);
        let truth = allows.iter().fold(Truth::No, |any, found| any.or(Truth::of(found)));
        if truth == Truth::No {
            outcome.missing.insert(match level {
                Some(level) => format!("{} level {}", word(layer), level + 1),
                None => word(layer).to_owned(),
            });
        }
        let certain = truth == Truth::Yes;
        let used = allows.iter().filter(|found| found.is_certain() || !certain);
        outcome.used.extend(used.map(|found| deciding(layer, found)));
        outcome.truth = std::mem::take(&mut outcome.truth).and(truth);
    };
    if route.identity && !matches!(request.caller, Caller::Root { .. }) {
        need(Layer::Identity, None, Some(&evaluated.identity));
    }
    // A session from GetFederationToken may do nothing without a session policy.
    let without = route.identity && matches!(request.caller, Caller::FederatedUser { .. });
    if route.session && (evaluated.session.is_some() || without) {
        need(Layer::Session, None, evaluated.session.as_ref());
    }
    // Where AWS's documents disagree, the stricter reading counts here.
    if route.boundary != Need::No && evaluated.boundary.is_some() {
        need(Layer::Boundary, None, evaluated.boundary.as_ref());
    }
    for (level, hits) in evaluated.scp.iter().enumerate() {
        need(Layer::Scp, Some(level), Some(hits));
    }
    if evaluated.endpoint.is_some() {
        need(Layer::Endpoint, None, evaluated.endpoint.as_ref());
    }
    match route.resource {
        ResourceNeed::None => {}
        ResourceNeed::Missing => need(Layer::Resource, None, None),
        ResourceNeed::Allow(index) => {
            if let Some(found) = evaluated.resource.allows.get(index) {
                outcome.used.insert(deciding(Layer::Resource, found));
                outcome.truth = std::mem::take(&mut outcome.truth).and(Truth::of(found));
            }
        }
    }
    outcome
}

fn deciding(layer: Layer, found: &Found<'_>) -> Deciding {
    Deciding {
        layer,
        policy: found.policy.name.to_string(),
        statement: found.statement.name.to_string(),
        effect: found.statement.effect,
    }
}

fn word(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity policies",
        Layer::Boundary => "permissions boundary",
        Layer::Session => "session policies",
        Layer::Resource => "resource policy",
        Layer::Scp => "service control policies",
        Layer::Rcp => "resource control policies",
        Layer::Endpoint => "endpoint policy",
    }
}
