//! What the identity engine answers: who is administrator, who may become one, whom roles trust.

use portcullis_estate::schema::{Identity, Member, Object, Type, Value, World};
use portcullis_estate::{Answer, Decision, Fact, Gap, schema_kind};
use portcullis_iam::escalation::Escalation;
use portcullis_iam::standing::Standing;
use portcullis_iam::trust::{SubjectFlaw, Trust, Trusted};
use portcullis_snapshot::Place;

use super::super::vocabulary::{Argument, ArgumentType, Signature};
use super::standard::Standard;
use Type::{Bool, List, Object as Of, Opt, Str, Word};

/// The calls that a decision about identities rests on.
pub(super) const CALLS: &[&str] = &[
    "iam/get-account-authorization-details",
    "iam/get-policy",
    "iam/get-policy-version",
    "organizations/describe-organization",
    "organizations/describe-policy",
    "organizations/list-parents",
    "organizations/list-policies",
    "organizations/list-roots",
    "organizations/list-targets-for-policy",
];

/// A user or a role.
#[derive(Debug)]
struct Who {
    account: String,
    arn: String,
    name: String,
    kind: &'static str,
    service_linked: bool,
}

fn principals<'e>(world: &World<'e>) -> Vec<Object<'e>> {
    let mut found: Vec<(Who, Place)> = Vec::new();
    for (_, row) in world.estate.iam_users.iter() {
        let who = Who {
            account: row.account.to_string(),
            arn: row.data.arn.clone(),
            name: row.data.user_name.clone(),
            kind: "user",
            service_linked: false,
        };
        found.push((who, row.place.clone()));
    }
    for (_, row) in world.estate.iam_roles.iter() {
        let who = Who {
            account: row.account.to_string(),
            arn: row.data.arn.clone(),
            name: row.data.role_name.clone(),
            kind: "role",
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
            service_linked: row.data.arn.contains(":role/aws-service-role/"),
        };
        found.push((who, row.place.clone()));
    }
    found.sort_by(|(a, _), (b, _)| (&a.account, &a.arn).cmp(&(&b.account, &b.arn)));
    found
        .into_iter()
        .map(|(who, place)| Object {
            kind: &PRINCIPAL,
            data: world.scratch.keep(who),
            place: world.scratch.place(place),
        })
        .collect()
}

schema_kind! {
    /// A user or a role: whoever signs requests with rights of its own.
    pub PRINCIPAL = "iam.principal": Who, "iam/get-account-authorization-details",
    identity |object| object.data.downcast_ref::<Who>().map_or_else(Identity::default, |who| Identity {
        account: &who.account, region: "global", id: &who.arn,
    }),
    list principals,
    members |object| object.data.downcast_ref::<Who>().map(|who| vec![Member::Resource {
        kind: format!("iam.{}", who.kind), account: who.account.clone(), region: String::new(), id: who.arn.clone(),
    }]).unwrap_or_default();
    /// ARN, by which principals are told apart.
    id: Str, "Arn", |_cx, p| &p.arn;
    /// ARN.
    arn: Str, "Arn", |_cx, p| &p.arn;
    /// Name.
    name: Str, "", |_cx, p| &p.name;
    /// `user` or `role`.
    kind: Word(&["user", "role"]), "", |_cx, p| p.kind;
    /// Whether a service owns the role; nobody can change what it may do.
    service_linked: Bool, "", |_cx, p| p.service_linked;
}

schema_kind! {
    /// Rights that together cover every action on every resource, over all policies of a principal.
    pub ADMINISTRATION = "iam.administration": Standing, "",
    identity |object| object.data.downcast_ref::<Standing>().map_or_else(Identity::default, |standing| Identity {
        id: &standing.principal, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<Standing>().map(|standing| {
        standing.evidence.iter().chain(&standing.exceptions).cloned().collect()
    }).unwrap_or_default();
    /// Whose rights they are.
    principal: Str, "", |_cx, s| &s.principal;
}

/// An escalation with the text that tells it from its siblings.
#[derive(Debug)]
struct Step {
    step: Escalation,
    id: String,
}

schema_kind! {
    /// A way from a principal's own rights to more rights, in one step.
    pub ESCALATION = "iam.escalation": Step, "",
    identity |object| object.data.downcast_ref::<Step>().map_or_else(Identity::default, |step| Identity {
        id: &step.id, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<Step>().map(|step| witness(&step.step.decision)).unwrap_or_default();
    /// Its id in the pathfinding.cloud catalogue.
    method: Str, "", |_cx, s| s.step.method;
    /// The permissions that it takes, in words.
    permissions: Str, "", |_cx, s| s.step.permissions.join(" and ");
    /// What is changed, assumed or passed.
    target: Opt(&Str), "", |_cx, s| s.step.target.as_deref();
}

schema_kind! {
    /// A statement that allows every action on every resource, without a condition.
    pub UNRESTRICTED = "iam.unrestricted": Fact, "",
    identity |object| object.data.downcast_ref::<Fact>().map_or_else(Identity::default, |fact| Identity {
        id: &fact.place.path, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<Fact>().map(|fact| vec![fact.clone()]).unwrap_or_default();
    /// The policy that holds it.
    policy: Str, "", |_cx, f| &f.resource;
    /// In words.
    words: Str, "", |_cx, f| &f.statement;
    /// Whether AWS wrote the policy.
    aws_managed: Bool, "", |_cx, f| f.resource.contains(":iam::aws:policy/");
}

schema_kind! {
    /// A principal that a role's trust policy names.
    pub TRUST = "iam.trust": Trust, "",
    identity |object| object.data.downcast_ref::<Trust>().map_or_else(Identity::default, |trust| Identity {
        id: &trust.fact.statement, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<Trust>().map(|trust| vec![trust.fact.clone()]).unwrap_or_default();
    /// What is trusted: `anyone`, `account`, `principal`, `service`, `provider` or `deleted`.
    kind: Word(&["anyone", "account", "principal", "service", "provider", "deleted"]), "", |_cx, t| match t.trusted {
        Trusted::Anyone => "anyone",
        Trusted::Account { .. } => "account",
        Trusted::Principal { .. } => "principal",
        Trusted::Service { .. } => "service",
        Trusted::Provider { .. } => "provider",
        Trusted::UniqueId { .. } => "deleted",
    };
    /// Its name: an account, an ARN, a service.
    name: Str, "", |_cx, t| match &t.trusted {
        Trusted::Anyone => "everyone",
        Trusted::Account { account, .. } => account,
        Trusted::Principal { arn, .. } => arn,
        Trusted::Service { service } => service,
        Trusted::Provider { provider, .. } => provider,
        Trusted::UniqueId { id } => id,
    };
    /// Whether it is an account, or in an account, that was not collected.
    external: Bool, "", |_cx, t| matches!(
        t.trusted,
        Trusted::Account { external: true, .. } | Trusted::Principal { external: true, .. }
    );
    /// Whether the statement has conditions.
    conditional: Bool, "", |_cx, t| !t.conditions.is_empty();
    /// Whether it demands an external id.
    external_id: Bool, "", |_cx, t| t.external_id;
    /// What is wrong with the condition on the subject of an identity provider's tokens.
    subject_flaws: List(&Str), "", |cx, t| {
        let words: Vec<&str> = match &t.trusted {
            Trusted::Provider { flaws, .. } => flaws.iter().copied().map(flaw).collect(),
            _ => Vec::new(),
        };
        cx.world.list(words.into_iter().map(Value::Str))
    };
}

const fn flaw(flaw: SubjectFlaw) -> &'static str {
    match flaw {
        SubjectFlaw::NoSubject => "no condition on the subject",
        SubjectFlaw::AbsentPasses => "a token without a subject passes",
        SubjectFlaw::OnlyExcludes => "the condition only excludes",
        SubjectFlaw::AnyOwner => "any owner",
        SubjectFlaw::AnyRepository => "any repository of the owner",
        SubjectFlaw::AnyRef => "any branch of the repository",
        SubjectFlaw::PullRequest => "pull requests",
        SubjectFlaw::NoAudience => "no condition on the audience",
        SubjectFlaw::Wildcard => "a wildcard in the subject",
    }
}

pub(super) fn witness(decision: &Decision) -> Vec<Fact> {
    decision.witness().map(|way| way.evidence.clone()).unwrap_or_default()
}

const WHO: ArgumentType = ArgumentType::Kinds(&["iam.principal", "iam.user", "iam.role"]);

/// `iam.administration`.
pub static ADMINISTRATORS: Signature = Signature {
    name: "iam.administration",
    arguments: &[Argument { name: "principal", ty: WHO }],
    returns: List(&Of("iam.administration")),
    doc: "the rights that make the principal an administrator, over all its policies, boundary and SCPs; empty if it is none",
    calls: CALLS,
    most: 1,
    cost: 500,
};

/// `iam.escalations`.
pub static ESCALATIONS: Signature = Signature {
    name: "iam.escalations",
    arguments: &[Argument { name: "principal", ty: WHO }],
    returns: List(&Of("iam.escalation")),
    doc: "the ways in which the principal gives itself more rights in one step; empty for an administrator, who has them",
    calls: CALLS,
    most: 10_000,
    cost: 2_000,
};

/// `iam.unrestricted`.
pub static UNRESTRICTED_STATEMENTS: Signature = Signature {
    name: "iam.unrestricted",
    arguments: &[Argument { name: "principal", ty: WHO }],
    returns: List(&Of("iam.unrestricted")),
    doc: "the statements of the principal's policies, groups' ones included, that allow every action on every resource",
    calls: CALLS,
    most: 1_000,
    cost: 500,
};

/// `iam.trusts`.
pub static TRUSTS: Signature = Signature {
    name: "iam.trusts",
    arguments: &[Argument { name: "role", ty: ArgumentType::Kinds(&["iam.role", "iam.principal"]) }],
    returns: List(&Of("iam.trust")),
    doc: "whom the trust policy of the role names",
    calls: &["iam/get-account-authorization-details"],
    most: 1_000,
    cost: 100,
};

fn arn<'s>(args: &[Value<'s>]) -> Option<Object<'s>> {
    match args.first() {
        Some(Value::Object(object)) => Some(*object),
        _ => None,
    }
}

/// A principal that the engine does not know: what it may do is unknown, never nothing.
fn unseen<'s>(world: World<'s>, object: Object<'s>) -> Value<'s> {
    world.unknown(Gap::other(format_args!("policies of {}", object.identity().id), "not seen"))
}

pub(super) fn administration<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    let Some(object) = arn(args) else { return world.list([]) };
    let Some(who) = standard.iam().principal(object.identity().id) else { return unseen(world, object) };
    let standing = standard.iam().standing(who);
    match standing.administrator {
        Answer::Open => world.list([world.object(&ADMINISTRATION, world.scratch.keep(standing), object.place)]),
        Answer::Closed => world.list([]),
        Answer::Undecided => world.scratch.list([], Some(world.scratch.gaps(standing.gaps))),
    }
}

pub(super) fn escalations<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    let Some(object) = arn(args) else { return world.list([]) };
    let iam = standard.iam();
    let Some(who) = iam.principal(object.identity().id) else { return unseen(world, object) };
    if who.service_linked || iam.standing(who).administrator == Answer::Open {
        return world.list([]);
    }
    let mut missing = std::collections::BTreeSet::new();
    let mut open = Vec::new();
    for step in iam.escalations_of(who) {
        match gains_everything(iam, &step) {
            Answer::Closed => continue,
            Answer::Open => {}
            Answer::Undecided => {
                missing.insert(match (&step.target, step.needs_existing) {
                    (Some(target), _) => Gap::other(format_args!("what {target} may do"), "not decided"),
                    (None, thing) => Gap::other(
                        format_args!("whether a {} runs as an administrator role", thing.unwrap_or("thing")),
                        "not seen",
                    ),
                });
                continue;
            }
        }
        world.scratch.assume(step.decision.assumed.iter().copied());
        match step.decision.answer() {
            Answer::Open => {
                let id = format!("{} {}", step.method, step.target.as_deref().unwrap_or_default());
                open.push(world.object(&ESCALATION, world.scratch.keep(Step { step, id }), object.place));
            }
            Answer::Undecided => missing.extend(step.decision.gaps()),
            Answer::Closed => {}
        }
    }
    missing.extend(who.gaps.iter().cloned());
    let missing = if missing.is_empty() { None } else { Some(world.scratch.gaps(missing)) };
    world.scratch.list(open, missing)
}

/// Whether a step ends in everything. Changing one's own or another's policies does; a role that is assumed or passed gives
/// what it has, so it must be an administrator itself. A takeover needs a thing that runs as an administrator role: where
/// such a role serves that kind of thing, whether one runs is not known here.
fn gains_everything(iam: &portcullis_iam::World, step: &Escalation) -> Answer {
    let admin = |who: &portcullis_iam::Principal| iam.standing(who).administrator;
    let role = step.target.as_deref().filter(|target| target.contains(":role/")).and_then(|arn| iam.principal(arn));
    let hands_over = step
        .permissions
        .iter()
        .any(|permission| ["sts:AssumeRole", "iam:PassRole"].iter().any(|action| permission.starts_with(action)));
    if hands_over && let Some(role) = role {
        return admin(role);
    }
    if step.target.is_none() && step.needs_existing.is_some() {
        let service = step.permissions.first().and_then(|permission| permission.split(':').next()).map_or("", runs_as);
        let roles = iam
            .principals()
            .iter()
            .filter(|who| who.kind == portcullis_iam::PrincipalKind::Role && !who.service_linked);
        let possible = roles
            .filter(|role| iam.trusts_service(role, service) != Answer::Closed)
            .any(|role| admin(role) != Answer::Closed);
        return if possible { Answer::Undecided } else { Answer::Closed };
    }
    Answer::Open
}

/// The service principal that assumes the roles of what a service's actions run.
fn runs_as(service: &str) -> &'static str {
    match service {
        "apprunner" => "tasks.apprunner.amazonaws.com",
        "bedrock" | "bedrock-agentcore" => "bedrock-agentcore.amazonaws.com",
        "cloudformation" => "cloudformation.amazonaws.com",
        "codebuild" => "codebuild.amazonaws.com",
        "ecs" => "ecs-tasks.amazonaws.com",
        "glue" => "glue.amazonaws.com",
        "lambda" => "lambda.amazonaws.com",
        "sagemaker" => "sagemaker.amazonaws.com",
        // Instances, by whatever service they are entered.
        _ => "ec2.amazonaws.com",
    }
}

pub(super) fn unrestricted<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    let Some(object) = arn(args) else { return world.list([]) };
    let Some(who) = standard.iam().principal(object.identity().id) else { return unseen(world, object) };
    let mut missing: std::collections::BTreeSet<_> = who.gaps.iter().cloned().collect();
    missing.extend(who.identity.iter().filter_map(|policy| policy.body.as_ref().err().cloned()));
    let found: Vec<Value<'s>> = standard
        .iam()
        .unrestricted_statements_of(who)
        .into_iter()
        .map(|fact| world.object(&UNRESTRICTED, world.scratch.keep(fact), object.place))
        .collect();
    let missing = if missing.is_empty() { None } else { Some(world.scratch.gaps(missing)) };
    world.scratch.list(found, missing)
}

pub(super) fn trusts<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    let Some(object) = arn(args) else { return world.list([]) };
    let role = object.identity().id;
    let (trusts, gaps) = standard.trusts();
    let found: Vec<Value<'s>> = trusts
        .iter()
        .filter(|trust| trust.role == role)
        .map(|trust| world.object(&TRUST, world.scratch.keep(trust.clone()), object.place))
        .collect();
    let unread = standard
        .iam()
        .principal(role)
        .and_then(|who| who.trust.as_deref())
        .and_then(|policy| policy.body.as_ref().err().cloned())
        .or_else(|| {
            // A role whose trust policy was not even in the answer trusts nobody knows whom.
            let known = standard.iam().principal(role).is_some_and(|who| who.trust.is_some());
            if known { None } else { gaps.iter().next().cloned() }
        });
    world.scratch.list(found, unread.map(|gap| world.scratch.gap(gap)))
}
