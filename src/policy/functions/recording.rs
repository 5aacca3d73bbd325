//! What the trail engine answers: who could stop, blind or delete a record.

use std::collections::BTreeSet;

use portcullis_estate::schema::{Identity, Member, Type, Value, World};
use portcullis_estate::{Answer, Gap, schema_kind};
use portcullis_iam::trail::{Retention, Tamperer, trails};

use super::super::vocabulary::{Argument, ArgumentType, Signature};
use super::identity::witness;
use super::standard::Standard;
use Type::{List, Object, Str};

/// A threat with the text that tells it from its siblings.
#[derive(Debug)]
struct Threat {
    threat: Tamperer,
    id: String,
}

schema_kind! {
    /// A principal that may put a trail or its files out of the way.
    pub THREAT = "recording.threat": Threat, "",
    identity |object| object.data.downcast_ref::<Threat>().map_or_else(Identity::default, |threat| Identity {
        id: &threat.id, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<Threat>().map(|threat| witness(&threat.threat.decision)).unwrap_or_default(),
    members |object| object.data.downcast_ref::<Threat>().map(|threat| {
        let arn = &threat.threat.principal;
        let kind = if arn.contains(":role/") { "iam.role" } else { "iam.user" };
        vec![Member::Resource { kind: kind.to_owned(), account: String::new(), region: String::new(), id: arn.clone() }]
    }).unwrap_or_default();
    /// ARN of the principal.
    principal: Str, "", |_cx, t| &t.threat.principal;
    /// What it may do: `cloudtrail:StopLogging`.
    action: Str, "", |_cx, t| t.threat.action;
    /// On what.
    resource: Str, "", |_cx, t| &t.threat.resource;
}

const CALLS: &[&str] = &[
    "cloudtrail/describe-trails",
    "iam/get-account-authorization-details",
    "iam/get-policy",
    "iam/get-policy-version",
    "kms/get-key-policy",
    "kms/list-grants",
    "kms/list-keys",
    "organizations/describe-organization",
    "organizations/describe-policy",
    "organizations/list-parents",
    "organizations/list-policies",
    "organizations/list-roots",
    "organizations/list-targets-for-policy",
    "s3api/get-bucket-policy",
    "s3api/get-public-access-block",
    "s3api/list-buckets",
    "s3control/get-public-access-block",
];

/// `recording.stoppers`.
pub static STOPPERS: Signature = Signature {
    name: "recording.stoppers",
    arguments: &[Argument { name: "trail", ty: ArgumentType::Kinds(&["cloudtrail.trail"]) }],
    returns: List(&Object("recording.threat")),
    doc: "who may stop, delete, change or blind the trail; the root user, whom no policy of the account limits, is left out",
    calls: CALLS,
    most: 10_000,
    cost: 2_000,
};

/// `recording.deleters`.
pub static DELETERS: Signature = Signature {
    name: "recording.deleters",
    arguments: &[Argument { name: "trail", ty: ArgumentType::Kinds(&["cloudtrail.trail"]) }],
    returns: List(&Object("recording.threat")),
    doc: "who may delete the trail's files, or open the way to it through the bucket's policy, lifecycle or the key; the root user is left out",
    calls: CALLS,
    most: 10_000,
    cost: 2_000,
};

/// `recording.kept_days`.
pub static KEPT_DAYS: Signature = Signature {
    name: "recording.kept_days",
    arguments: &[Argument { name: "trail", ty: ArgumentType::Kinds(&["cloudtrail.trail"]) }],
    returns: Type::Opt(&Type::Int),
    doc: "after how many days the lifecycle of the trail's bucket removes its files; absent if it never does",
    calls: &["cloudtrail/describe-trails", "s3api/get-bucket-lifecycle-configuration", "s3api/list-buckets"],
    most: 1,
    cost: 50,
};

pub(super) fn kept_days<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    let Some(Value::Object(trail)) = args.first() else { return Value::Null };
    let id = trail.identity().id;
    let found = trails(standard.estate()).into_iter().find(|view| view.arn == id);
    match found.map(|view| view.retention) {
        None => world.unknown(Gap::other(format_args!("trail {id}"), "not seen")),
        Some(Ok(Retention::Forever)) => Value::Null,
        Some(Ok(Retention::Days(days))) => Value::Int(i64::try_from(days).unwrap_or(i64::MAX)),
        Some(Err(gap)) => world.unknown(gap),
    }
}

pub(super) fn stoppers<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    threats(standard, world, args, |action| action.starts_with("cloudtrail:"))
}

pub(super) fn deleters<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    threats(standard, world, args, |action| !action.starts_with("cloudtrail:"))
}

fn threats<'s>(
    standard: &'s Standard<'_>,
    world: World<'s>,
    args: &[Value<'s>],
    wanted: fn(&str) -> bool,
) -> Value<'s> {
    let Some(Value::Object(trail)) = args.first() else { return world.list([]) };
    let id = trail.identity().id;
    let Some(view) = trails(standard.estate()).into_iter().find(|view| view.arn == id) else {
        return world.unknown(Gap::other(format_args!("trail {id}"), "not seen"));
    };
    let mut missing = BTreeSet::new();
    if let Err(gap) = &view.bucket {
        missing.insert(gap.clone());
    }
    let mut open = Vec::new();
    for threat in standard.tamperers(&view).iter().filter(|threat| wanted(threat.action)) {
        if threat.principal.ends_with(":root") {
            continue;
        }
        world.scratch.assume(threat.decision.assumed.iter().copied());
        match threat.decision.answer() {
            Answer::Open => {
                let id = format!("{} {}", threat.principal, threat.action);
                let kept = world.scratch.keep(Threat { threat: threat.clone(), id });
                open.push(world.object(&THREAT, kept, trail.place));
            }
            Answer::Undecided => missing.extend(threat.decision.gaps()),
            Answer::Closed => {}
        }
    }
    missing.extend(standard.estate().listing_gaps("iam/get-account-authorization-details"));
    let missing = if missing.is_empty() { None } else { Some(world.scratch.gaps(missing)) };
    world.scratch.list(open, missing)
}
