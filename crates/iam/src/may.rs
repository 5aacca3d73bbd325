//! Whether a principal of the estate may do something: every way, with what stands in it.

use std::collections::BTreeSet;

use portcullis_estate::{Answer, Assumption, Control, ControlKind, Decision, Estate, Fact, Gap, Way};
use portcullis_snapshot::{GLOBAL, Place};

use crate::arn::Arn;
use crate::authorize::AuthorizeVerdict;
use crate::context::Context;
use crate::document::Layer;
use crate::evaluation::{self, Found, Hits, Need, Policy, Request, ResourceNeed, Route};
use crate::organization::Bounds;
use crate::principal::Caller;
use crate::resource::Side;
use crate::ways::{Ways, blocked, enabled, hanging};
use crate::world::{Account, Principal, PrincipalKind, World};

/// Whether a principal may do something, on an estate that is compiled for this one question.
///
/// Whoever asks more than once compiles a [`World`] and asks that.
#[must_use]
pub fn may(estate: &Estate, principal: &str, action: &str, resources: &[&str], context: &Context) -> Decision {
    World::build(estate).may(principal, action, resources, context)
}

impl World {
    /// Whether a principal may do an action on all of these resources (`"*"` for an action that has none).
    ///
    /// `context` holds the keys that are known; what follows from the principal and the resource is added, and any other
    /// key is unknown.
    #[must_use]
    pub fn may(&self, principal: &str, action: &str, resources: &[&str], context: &Context) -> Decision {
        let Some(who) = self.principal(principal) else { return self.nobody(principal) };
        let caller = match Caller::from_arn(principal) {
            Some(session @ Caller::Session { .. }) => session,
            _ => who.caller(),
        };
        let mut decision = Decision::default();
        let mut ways = Ways::start();
        for resource in if resources.is_empty() { &["*"][..] } else { resources } {
            let (one, truncated) = self.one(who, &caller, action, resource, context, &mut decision.assumed).finish();
            ways.times(&one);
            decision.truncated |= truncated;
        }
        let (list, truncated) = ways.finish();
        decision.ways = list;
        decision.truncated |= truncated;
        decision
    }

    /// Whether a principal may do all of these together: pairs of an action and a resource with the keys of each.
    #[must_use]
    pub fn may_all(&self, principal: &str, steps: &[(&str, &str, &Context)]) -> Decision {
        let mut whole = Decision::default();
        let mut ways = Ways::start();
        for (action, resource, context) in steps {
            let one = self.may(principal, action, &[resource], context);
            whole.assumed.extend(one.assumed);
            whole.hidden_by.extend(one.hidden_by);
            whole.structural.extend(one.structural);
            ways.times(&one.ways);
            whole.truncated |= one.truncated;
        }
        let (list, truncated) = ways.finish();
        whole.ways = list;
        whole.truncated |= truncated;
        whole
    }

    fn nobody(&self, principal: &str) -> Decision {
        let account = Arn::parse(principal).map_or("", |arn| arn.account);
        let mut decision = Decision::default();
        match self.accounts.get(account) {
            Some(Account { details: None, .. }) => {
                let place = portcullis_estate::loading::place_of_call(account, GLOBAL, crate::world::DETAILS);
                decision.structural.push(Fact::new(principal, "there is no such principal", place));
            }
            Some(Account { details: Some(gap), .. }) => {
                decision.hidden_by.insert(gap.clone());
            }
            None => {
                decision
                    .hidden_by
                    .insert(Gap::other(format_args!("principal {principal}"), "its account is not in the snapshot"));
            }
        }
        decision
    }

    /// The request with everything that follows from principal and resource.
    pub(crate) fn request(
        &self,
        who: &Principal,
        caller: &Caller,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> (Request, Side) {
        let mut request = Request {
            caller: caller.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: None,
            context: context.clone(),
        };
        let side = self.side(&request);
        request.resource_account.clone_from(&side.account);
        crate::keys::derive(self, who, &mut request);
        (request, side)
    }

    fn one(
        &self,
        who: &Principal,
        caller: &Caller,
        action: &str,
        resource: &str,
        context: &Context,
        assumed: &mut BTreeSet<Assumption>,
    ) -> Ways {
        let (request, side) = self.request(who, caller, action, resource, context);
        assumed.extend(side.assumed.iter().copied());
        if request.is_always_allowed() {
            let fact =
                Fact::new(&*who.arn, format!("{action} needs no permission and cannot be denied"), who.place.clone());
            let mut ways = Ways::start();
            ways.times(&[Way { evidence: vec![fact], ..Way::default() }]);
            return ways;
        }
        let asked = Asked { world: self, who, request, side };
        asked.ways(assumed)
    }
}

/// One request with one resource.
struct Asked<'a> {
    world: &'a World,
    who: &'a Principal,
    request: Request,
    side: Side,
}

impl Asked<'_> {
    fn hits<'p>(&self, policies: impl IntoIterator<Item = &'p Policy>, layer: Layer) -> Hits<'p> {
        evaluation::hits(policies, layer, &self.request, self.who.boundary.is_some())
    }

    fn ways(&self, assumed: &mut BTreeSet<Assumption>) -> Ways {
        let identity = self.hits(self.who.identity.iter().map(|policy| &**policy), Layer::Identity);
        let boundary = self.who.boundary.as_deref().map(|policy| self.hits([policy], Layer::Boundary));
        let resource = self.hits(self.side.policies.iter().map(|policy| &**policy), Layer::Resource);
        let mut ways = self.by_route(&identity, boundary.as_ref(), &resource);
        for factor in self.denials(&identity, boundary.as_ref(), &resource) {
            ways.times(&factor);
        }
        self.organization(&mut ways, assumed);
        ways
    }

    /// What must allow, route by route.
    fn by_route(&self, identity: &Hits<'_>, boundary: Option<&Hits<'_>>, resource: &Hits<'_>) -> Ways {
        let mut ways = Ways::none();
        let crosses = self.request.crosses();
        for case in crosses.map_or_else(|| vec![false, true], |known| vec![known]) {
            let mut of_case = Ways::none();
            for route in evaluation::routes(&self.request, case, &resource.allows) {
                of_case.plus(self.of_route(&route, identity, boundary, resource, case));
            }
            of_case.plus(self.unseen_routes(identity, boundary, resource, case));
            if crosses.is_none() {
                let account = if case { "another account" } else { "the principal's account" };
                let gap = Gap::other(
                    format_args!("owner of {}", self.request.resource),
                    format_args!("not seen; {account} here"),
                );
                of_case.times(&[hanging([gap], Vec::new())]);
            }
            ways.plus(of_case);
        }
        ways
    }

    fn of_route(
        &self,
        route: &Route,
        identity: &Hits<'_>,
        boundary: Option<&Hits<'_>>,
        resource: &Hits<'_>,
        crosses: bool,
    ) -> Ways {
        let mut ways = Ways::start();
        if route.identity {
            ways.times(&self.identity(identity));
        }
        if let Some(boundary) = boundary {
            match route.boundary {
                Need::No => {}
                Need::Yes => ways.times(&self.boundary(boundary, None)),
                Need::Disputed => {
                    let input =
                        format!("whether the boundary of {} must allow {}", self.who.resource(), self.request.action);
                    ways.times(&self.boundary(boundary, Some(Gap::other(input, "AWS's documents disagree"))));
                }
            }
        }
        match route.resource {
            ResourceNeed::None => {}
            ResourceNeed::Allow(index) => {
                if let Some(found) = resource.allows.get(index) {
                    let mut options = vec![self.allowing(found, Layer::Resource)];
                    // A resource policy that stops standing in the way allows other accounts, and lets the own one decide.
                    if !found.is_certain() && (crosses || self.is_strict()) && route.identity {
                        options.extend(self.resource_blocked("allows it only under conditions"));
                    }
                    ways.times(&options);
                }
            }
            ResourceNeed::Missing => {
                let mut options: Vec<Way> = self.resource_blocked("does not allow it").into_iter().collect();
                options.extend(
                    resource.unread.iter().map(|(policy, gap)| hanging([(*gap).clone()], vec![Self::unread(policy)])),
                );
                options.extend(self.side.other_allow.iter().map(|gap| hanging([gap.clone()], Vec::new())));
                ways.times(&options);
            }
        }
        ways
    }

    /// Ways that an unseen policy or a grant may open.
    fn unseen_routes(
        &self,
        identity: &Hits<'_>,
        boundary: Option<&Hits<'_>>,
        resource: &Hits<'_>,
        crosses: bool,
    ) -> Ways {
        let mut ways = Ways::none();
        let unread = resource.unread.iter().map(|(_, gap)| (*gap).clone());
        for gap in self.side.unseen.iter().cloned().chain(unread) {
            let mut one = Ways::start();
            one.times(&[hanging([gap], Vec::new())]);
            if crosses {
                one.times(&self.identity(identity));
                if let Some(boundary) = boundary {
                    one.times(&self.boundary(boundary, None));
                }
            }
            ways.plus(one);
        }
        if let Some(grants) = self.key_grants() {
            ways.plus(grants);
        }
        ways
    }

    fn is_strict(&self) -> bool {
        self.request.is_key() || self.request.is_assumption()
    }

    /// The third way to a key: a grant on it
    /// (<https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>).
    fn key_grants(&self) -> Option<Ways> {
        let mut ways = Ways::none();
        if !self.request.is_key() || self.side.control.is_none() {
            return None;
        }
        let grants = match self.world.resources.grants(&self.request.resource)? {
            Ok(grants) => grants,
            Err(gap) => {
                let mut one = Ways::start();
                one.times(&[hanging([gap.clone()], Vec::new())]);
                return Some(one);
            }
        };
        let operation = self.request.action.split(':').nth(1).unwrap_or_default();
        let arn = &*self.who.arn;
        for grant in grants {
            let named = grant.grantee.as_ref().is_none_or(|grantee| {
                grantee == arn || self.world.principal(grantee).is_some_and(|who| who.arn == self.who.arn)
            });
            let covers =
                grant.operations.as_ref().is_none_or(|list| list.iter().any(|one| one.eq_ignore_ascii_case(operation)));
            if !named || !covers {
                continue;
            }
            let fact = Fact::new(
                &self.request.resource,
                format!("grant {} gives {operation} to {arn}", grant.id),
                grant.place.clone(),
            );
            let mut gaps = Vec::new();
            if grant.grantee.is_none() || grant.operations.is_none() {
                gaps.push(Gap::other(&grant.place, "not in the answer"));
            }
            if grant.constrained {
                gaps.push(Gap::other(
                    format_args!("encryption context that grant {} demands", grant.id),
                    "not in the request",
                ));
            }
            let mut one = Ways::start();
            let way = enabled(format!("kms.grant:{}", grant.id), fact);
            one.times(&[Way { gaps, ..way }]);
            ways.plus(one);
        }
        Some(ways)
    }

    fn fact(&self, policy: &Policy, found: &Found<'_>, layer: Layer) -> Fact {
        let verb = if found.statement.effect == crate::document::Effect::Allow { "allows" } else { "denies" };
        let words = format!(
            "{} {} statement `{}` {verb} {}",
            layer_word(layer),
            policy.name,
            found.statement.name,
            self.request.action
        );
        let mut words = words;
        if !found.left.is_empty() {
            let conditions: Vec<&str> = found.left.iter().map(|left| left.text.as_str()).collect();
            words = format!("{words} if {}", conditions.join(" and "));
        }
        Fact::new(&*policy.resource, words, policy.place_of(found.statement))
    }

    fn unread(policy: &Policy) -> Fact {
        Fact::new(&*policy.resource, format!("{} could not be read", policy.name), policy.place.clone())
    }

    fn allowing(&self, found: &Found<'_>, layer: Layer) -> Way {
        let fact = self.fact(found.policy, found, layer);
        let id = format!("statement:{}/{GLOBAL}/{}#{}", found.policy.account, found.policy.name, found.statement.name);
        let gaps: BTreeSet<Gap> = found.left.iter().map(crate::truth::Leftover::gap).collect();
        Way { gaps: gaps.into_iter().collect(), ..enabled(id, fact) }
    }

    /// Certain allows; else what hangs, and what is closed.
    fn needed(&self, hits: &Hits<'_>, layer: Layer, more: impl IntoIterator<Item = Way>) -> Vec<Way> {
        let certain: Vec<Way> =
            hits.allows.iter().filter(|found| found.is_certain()).map(|found| self.allowing(found, layer)).collect();
        if !certain.is_empty() {
            return certain;
        }
        let mut options: Vec<Way> = hits.allows.iter().map(|found| self.allowing(found, layer)).collect();
        options.extend(hits.unread.iter().map(|(policy, gap)| hanging([(*gap).clone()], vec![Self::unread(policy)])));
        options.extend(more);
        options
    }

    fn identity(&self, hits: &Hits<'_>) -> Vec<Way> {
        if self.who.kind == PrincipalKind::Root {
            let fact = Fact::new(&*self.who.arn, "the root user needs no identity policy", self.who.place.clone());
            return vec![Way { evidence: vec![fact], ..Way::default() }];
        }
        let words = format!(
            "no identity policy of {} allows {} on {}",
            self.who.resource(),
            self.request.action,
            self.request.resource
        );
        let control = Control::new(ControlKind::IamGrant, &self.who.account, GLOBAL, &self.who.resource());
        let grant = blocked(control, Fact::new(&*self.who.arn, words, self.who.place.clone()));
        let unseen = self.who.gaps.iter().map(|gap| hanging([gap.clone()], Vec::new()));
        self.needed(hits, Layer::Identity, unseen.chain([grant]))
    }

    fn boundary_blocked(&self, words: String, place: Place) -> Way {
        let control = Control::new(ControlKind::IamBoundary, &self.who.account, GLOBAL, &self.who.resource());
        blocked(control, Fact::new(&*self.who.arn, words, place))
    }

    fn boundary(&self, hits: &Hits<'_>, disputed: Option<Gap>) -> Vec<Way> {
        let place = self.who.boundary.as_ref().map_or_else(|| self.who.place.clone(), |policy| policy.place.clone());
        let words = format!("no statement of the boundary of {} allows {}", self.who.resource(), self.request.action);
        let mut more = vec![self.boundary_blocked(words, place)];
        more.extend(disputed.map(|gap| hanging([gap], Vec::new())));
        self.needed(hits, Layer::Boundary, more)
    }

    fn resource_blocked(&self, words: &str) -> Option<Way> {
        let control = self.side.control.clone()?;
        let place =
            self.side.policies.first().map(|policy| policy.place.clone()).or_else(|| self.side.place.clone())?;
        let words = format!("the resource's policy {words}: {}", self.request.action);
        Some(blocked(control, Fact::new(&self.request.resource, words, place)))
    }

    /// What could deny, each with the alternatives that get past it.
    fn denials(&self, identity: &Hits<'_>, boundary: Option<&Hits<'_>>, resource: &Hits<'_>) -> Vec<Vec<Way>> {
        let mut factors = Vec::new();
        for found in &identity.denies {
            let control = Control::new(ControlKind::IamDeny, &found.policy.account, GLOBAL, &found.policy.name)
                .part(&found.statement.name);
            let fact = self.fact(found.policy, found, Layer::Identity);
            factors.push(past(found, blocked(control, fact)));
        }
        factors.extend(identity.unread.iter().map(|(_, gap)| vec![hanging([(*gap).clone()], Vec::new())]));
        factors.extend(self.who.gaps.iter().map(|gap| vec![hanging([gap.clone()], Vec::new())]));
        if let Some(hits) = boundary {
            for found in &hits.denies {
                // The same policy attached as identity policy: its Deny stands there as a control of its own.
                if self.who.attached.contains(&*found.policy.resource) {
                    continue;
                }
                let fact = self.fact(found.policy, found, Layer::Boundary);
                factors.push(past(found, self.boundary_blocked(fact.statement, fact.place)));
            }
            for (policy, gap) in &hits.unread {
                let stands = self.boundary_blocked(format!("{} could not be read", policy.name), policy.place.clone());
                factors.push(vec![hanging([(*gap).clone()], Vec::new()), stands]);
            }
        }
        for found in &resource.denies {
            let fact = self.fact(found.policy, found, Layer::Resource);
            if let Some(control) = self.side.control.clone() {
                factors.push(past(found, blocked(control, fact)));
            }
        }
        for gap in self.side.unseen.iter().chain(resource.unread.iter().map(|(_, gap)| *gap)) {
            let mut options = vec![hanging([gap.clone()], Vec::new())];
            options.extend(self.resource_blocked("was not seen"));
            factors.push(options);
        }
        factors.extend(self.side.other_deny.iter().map(|gap| vec![hanging([gap.clone()], Vec::new())]));
        factors
    }

    /// Service and resource control policies.
    fn organization(&self, ways: &mut Ways, assumed: &mut BTreeSet<Assumption>) {
        let not_seen =
            |account: &str| Gap::other(format_args!("organization of {account}"), "the account is not in the snapshot");
        if evaluation::scp_binds(&self.request) {
            match self.world.accounts.get(&*self.who.account) {
                Some(account) => self.bounds(&account.scp, Layer::Scp, ways, assumed),
                None => ways.times(&[hanging([not_seen(&self.who.account)], Vec::new())]),
            }
        }
        if evaluation::rcp_binds(&self.request) && Arn::parse(&self.request.resource).is_some() {
            match &self.request.resource_account {
                Some(account) => match self.world.accounts.get(account) {
                    Some(account) => self.bounds(&account.rcp, Layer::Rcp, ways, assumed),
                    None => ways.times(&[hanging([not_seen(account)], Vec::new())]),
                },
                None => ways.times(&[hanging(
                    [Gap::other(format_args!("owner of {}", self.request.resource), "not seen")],
                    Vec::new(),
                )]),
            }
        }
    }

    fn bounds(&self, bounds: &Bounds, layer: Layer, ways: &mut Ways, assumed: &mut BTreeSet<Assumption>) {
        let levels = match bounds {
            Bounds::None(_) => return,
            Bounds::Unknown(gap) => return ways.times(&[hanging([gap.clone()], Vec::new())]),
            Bounds::Assumed(assumption) => {
                assumed.insert(*assumption);
                return;
            }
            Bounds::Levels(levels) => levels,
        };
        let kind = if layer == Layer::Scp { ControlKind::IamScp } else { ControlKind::IamRcp };
        let control = |policy: &Policy| Control::new(kind, &policy.account, GLOBAL, &policy.resource);
        for level in levels {
            let hits = self.hits(level.policies.iter().map(|policy| &**policy), layer);
            for found in &hits.denies {
                ways.times(&past(found, blocked(control(found.policy), self.fact(found.policy, found, layer))));
            }
            for (policy, gap) in &hits.unread {
                let fact =
                    Fact::new(&*policy.resource, format!("{} could not be read", policy.name), policy.place.clone());
                ways.times(&[hanging([(*gap).clone()], Vec::new()), blocked(control(policy), fact)]);
            }
            for gap in &level.gaps {
                ways.times(&[hanging([gap.clone()], Vec::new())]);
            }
            if layer == Layer::Rcp {
                continue;
            }
            let silent = level.policies.iter().map(|policy| {
                let words = format!("{} at {} does not allow {}", policy.name, level.target, self.request.action);
                blocked(control(policy), Fact::new(&*policy.resource, words, policy.place.clone()))
            });
            let unseen = level.gaps.iter().map(|gap| hanging([gap.clone()], Vec::new()));
            ways.times(&self.needed(&hits, layer, silent.chain(unseen)));
        }
    }
}

/// The alternatives that get past a denying statement.
fn past(found: &Found<'_>, stands: Way) -> Vec<Way> {
    if found.is_certain() {
        return vec![stands];
    }
    let texts: Vec<&str> = found.left.iter().map(|left| left.text.as_str()).collect();
    let causes: Vec<String> = found.left.iter().map(|left| left.cause.to_string()).collect();
    let gap = Gap::other(format_args!("not ({})", texts.join(" and ")), causes.join("; "));
    vec![hanging([gap], Vec::new()), stands]
}

fn layer_word(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity policy",
        Layer::Boundary => "permissions boundary",
        Layer::Session => "session policy",
        Layer::Resource => "resource policy",
        Layer::Scp => "service control policy",
        Layer::Rcp => "resource control policy",
        Layer::Endpoint => "endpoint policy",
    }
}

/// The answer in the words of `authorize`: what the query `can` prints.
#[must_use]
pub fn verdict(decision: &Decision) -> AuthorizeVerdict {
    match decision.answer() {
        Answer::Open => AuthorizeVerdict::Allowed,
        Answer::Closed => {
            let denied = decision.blockers().iter().any(|blocker| blocker.fact.statement.contains(" denies "));
            if denied { AuthorizeVerdict::ExplicitDeny } else { AuthorizeVerdict::ImplicitDeny }
        }
        // Conditions on keys of the request are left over; any other gap is a thing not known.
        Answer::Undecided
            if decision.gaps().iter().all(|gap| gap.cause.starts_with("the request's `")) && !decision.truncated =>
        {
            AuthorizeVerdict::Conditional
        }
        Answer::Undecided => AuthorizeVerdict::Unknown,
    }
}
