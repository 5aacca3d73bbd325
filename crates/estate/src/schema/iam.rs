//! Fields of AWS IAM.

use portcullis_snapshot::shapes::credential_report::{CredentialReport, CredentialRow, CredentialRows};
use portcullis_snapshot::shapes::iam;
use portcullis_snapshot::shapes::policy::PolicyDocument;
use portcullis_snapshot::{GLOBAL, Missing, Optional, Place};
use serde_json::Value as Json;

use super::cell::{Cx, OrEmpty};
use super::kind::Type::{Bool, Int, List, Map, Object, Opt, Str};
use super::kind::{Identity, Kind};
use super::listing::Hidden;
use super::value::{Object as Thing, Value, World};
use crate::gap::Gap;
use crate::table::Row;
use crate::{schema_kind, schema_parts, schema_rows};

schema_rows! {
    /// A user.
    pub USER = "iam.user": iam::UserDetail, "iam/get-account-authorization-details";
    /// ARN, by which users are told apart.
    id: Str, "Arn", |_cx, u| &u.data.arn;
    /// ARN.
    arn: Str, "Arn", |_cx, u| &u.data.arn;
    /// Name.
    name: Str, "UserName", |_cx, u| &u.data.user_name;
    /// Names of its groups.
    groups: List(&Str), "GroupList", |_cx, u| OrEmpty(&u.data.group_list);
    /// ARNs of managed policies that are attached to the user itself.
    attached_policies: List(&Str), "AttachedManagedPolicies",
        |cx, u| cx.each_optional(&u.data.attached_managed_policies, |policy| &policy.policy_arn);
    /// Policies that are written into the user itself.
    inline_policies: List(&Object("iam.inline-policy")), "UserPolicyList",
        |cx, u| cx.optional_parts(&INLINE_POLICY, &u.data.user_policy_list);
    /// ARN of its permissions boundary.
    boundary: Opt(&Str), "PermissionsBoundary",
        |cx, u| cx.within(&u.data.permissions_boundary, |boundary| &boundary.permissions_boundary_arn);
    /// Whether it has a password for the console.
    console_access @ "iam/get-credential-report": Bool, "",
        |cx, u| credential(&cx.world, &u.account, &u.data.arn, |row| flag(row, "password_enabled"));
    /// Whether it has a second factor.
    mfa @ "iam/get-credential-report": Bool, "",
        |cx, u| credential(&cx.world, &u.account, &u.data.arn, |row| flag(row, "mfa_active"));
    /// Days since the password was last used; absent if it never was or there is none.
    password_used_days @ "iam/get-credential-report": Opt(&Int), "",
        |cx, u| credential(&cx.world, &u.account, &u.data.arn, |row| days(&cx, row, "password_last_used"));
    /// Its access keys.
    access_keys @ "iam/get-credential-report": List(&Object("iam.access-key")), "", |cx, u| {
        credential(&cx.world, &u.account, &u.data.arn, |row| {
            cx.world.list(keys_of(&cx.world, &u.account, row).into_iter().map(Value::Object))
        })
    };
    /// Tags.
    tags: Map(&Str), "Tags", |_cx, u| OrEmpty(&u.data.tags);
}

schema_rows! {
    /// A group.
    pub GROUP = "iam.group": iam::GroupDetail, "iam/get-account-authorization-details";
    /// ARN, by which groups are told apart.
    id: Str, "Arn", |_cx, g| &g.data.arn;
    /// ARN.
    arn: Str, "Arn", |_cx, g| &g.data.arn;
    /// Name.
    name: Str, "GroupName", |_cx, g| &g.data.group_name;
    /// ARNs of its managed policies.
    attached_policies: List(&Str), "AttachedManagedPolicies",
        |cx, g| cx.each_optional(&g.data.attached_managed_policies, |policy| &policy.policy_arn);
    /// Policies that are written into it.
    inline_policies: List(&Object("iam.inline-policy")), "GroupPolicyList",
        |cx, g| cx.optional_parts(&INLINE_POLICY, &g.data.group_policy_list);
}

schema_rows! {
    /// A role.
    pub ROLE = "iam.role": iam::RoleDetail, "iam/get-account-authorization-details";
    /// ARN, by which roles are told apart.
    id: Str, "Arn", |_cx, r| &r.data.arn;
    /// ARN.
    arn: Str, "Arn", |_cx, r| &r.data.arn;
    /// Name.
    name: Str, "RoleName", |_cx, r| &r.data.role_name;
    /// Path: `/aws-service-role/…` for roles of services.
    path: Opt(&Str), "Path", |_cx, r| &r.data.path;
    /// ARNs of its managed policies.
    attached_policies: List(&Str), "AttachedManagedPolicies",
        |cx, r| cx.each_optional(&r.data.attached_managed_policies, |policy| &policy.policy_arn);
    /// Policies that are written into it.
    inline_policies: List(&Object("iam.inline-policy")), "RolePolicyList",
        |cx, r| cx.optional_parts(&INLINE_POLICY, &r.data.role_policy_list);
    /// ARN of its permissions boundary.
    boundary: Opt(&Str), "PermissionsBoundary",
        |cx, r| cx.within(&r.data.permissions_boundary, |boundary| &boundary.permissions_boundary_arn);
    /// Statements of its trust policy.
    trust: List(&Object("iam.statement")), "AssumeRolePolicyDocument", |cx, r| {
        cx.of(&r.data.assume_role_policy_document, |policy| statements(&cx, policy, &cx.place(), &STATEMENT))
    };
    /// Days since it was last used; absent if it was not in the tracked time.
    used_days: Opt(&Int), "RoleLastUsed", |cx, r| cx.within(&r.data.role_last_used, |used| {
        cx.within(&used.last_used_date, |time| cx.age_days(&time.0))
    });
    /// Tags.
    tags: Map(&Str), "Tags", |_cx, r| OrEmpty(&r.data.tags);
}

schema_rows! {
    /// A managed policy that the account's answer holds: customer managed, or attached to something.
    pub POLICY = "iam.policy": iam::ManagedPolicy, "iam/get-account-authorization-details";
    /// ARN, by which policies are told apart.
    id: Str, "Arn", |_cx, p| &p.data.arn;
    /// ARN.
    arn: Str, "Arn", |_cx, p| &p.data.arn;
    /// Name.
    name: Str, "PolicyName", |_cx, p| &p.data.policy_name;
    /// Whether AWS manages it.
    aws_managed: Bool, "Arn", |_cx, p| p.data.arn.contains(":iam::aws:policy/");
    /// How many users, groups and roles it is attached to.
    attachments: Opt(&Int), "AttachmentCount", |_cx, p| &p.data.attachment_count;
    /// Statements of its default version.
    statements: List(&Object("iam.statement")), "PolicyVersionList", |cx, p| {
        cx.of(&p.data.policy_version_list, |versions| {
            let current = versions.iter().find(|v| v.is_default_version.known() == Some(&true));
            let Some(version) = current else { return cx.unknown(&Missing::absent()) };
            let place = cx.place().keyed(format_args!("VersionId={}", version.version_id)).member("Document");
            cx.of(&version.document, |policy| statements(&cx, policy, &place, &STATEMENT))
        })
    };
}

schema_parts! {
    /// A policy written into a user, group or role.
    pub INLINE_POLICY = "iam.inline-policy": iam::InlinePolicy, "iam/get-account-authorization-details";
    /// Name.
    name: Str, "PolicyName", |_cx, p| &p.policy_name;
    /// Its statements.
    statements: List(&Object("iam.statement")), "PolicyDocument", |cx, p| {
        let place = cx.object.place.keyed(format_args!("PolicyName={}", p.policy_name)).member("PolicyDocument");
        cx.of(&p.policy_document, |policy| statements(&cx, policy, &place, &STATEMENT))
    };
}

schema_kind! {
    /// A statement of a policy, as written. What it comes to is for the functions that ask for decisions.
    pub STATEMENT = "iam.statement": Json, "", identity |_| Identity::default();
    /// `Allow` or `Deny`.
    effect: Str, "Effect", |cx, s| cx.text(s.get("Effect"));
    /// Its Sid.
    sid: Opt(&Str), "Sid", |_cx, s| s.get("Sid").and_then(Json::as_str);
    /// The actions it is about; empty where it excepts some instead.
    actions: List(&Str), "Action", |cx, s| cx.texts(s.get("Action"));
    /// The actions it excepts.
    not_actions: List(&Str), "NotAction", |cx, s| cx.texts(s.get("NotAction"));
    /// The resources it is about; empty where it excepts some or is written into one.
    resources: List(&Str), "Resource", |cx, s| cx.texts(s.get("Resource"));
    /// The resources it excepts.
    not_resources: List(&Str), "NotResource", |cx, s| cx.texts(s.get("NotResource"));
    /// Principals of every kind, as written; `*` is everyone.
    principals: List(&Str), "Principal", |cx, s| match s.get("Principal") {
        Some(Json::Object(kinds)) => {
            let lists = kinds.values().map(|value| cx.texts(Some(value)));
            cx.world.list(lists.flat_map(|value| match value {
                Value::List(list) => list.items.to_vec(),
                other => vec![other],
            }))
        }
        other => cx.texts(other),
    };
    /// Whether it is about every principal but some.
    excepts_principals: Bool, "NotPrincipal", |_cx, s| s.get("NotPrincipal").is_some();
    /// Whether it holds under conditions only.
    conditional: Bool, "Condition", |_cx, s| s.get("Condition").and_then(Json::as_object).is_some_and(|c| !c.is_empty());
    /// The keys of its conditions, in small letters.
    condition_keys: List(&Str), "Condition", |cx, s| {
        let operators = s.get("Condition").and_then(Json::as_object).into_iter().flat_map(serde_json::Map::values);
        let keys = operators.filter_map(Json::as_object).flat_map(serde_json::Map::keys);
        cx.world.list(keys.map(|key| Value::Str(cx.world.scratch.text(key.to_ascii_lowercase()))))
    };
}

impl<'e> Cx<'e> {
    /// A text of a policy, which must be one.
    fn text(&self, value: Option<&'e Json>) -> Value<'e> {
        value.and_then(Json::as_str).map_or_else(|| self.unknown(&Missing::absent()), Value::Str)
    }

    /// One text or a list of them.
    fn texts(&self, value: Option<&'e Json>) -> Value<'e> {
        let one =
            |value: &'e Json| value.as_str().map_or_else(|| self.unknown(&Missing(self.member.into())), Value::Str);
        match value {
            None => self.world.list([]),
            Some(Json::Array(items)) => self.world.list(items.iter().map(one)),
            Some(value) => self.world.list([one(value)]),
        }
    }
}

/// The statements of a document.
pub(super) fn statements<'e>(cx: &Cx<'e>, policy: &'e PolicyDocument, place: &Place, kind: &'static Kind) -> Value<'e> {
    let document = match policy.get() {
        Ok(document) => document,
        Err(why) => return cx.world.unknown(Gap::other(place, why)),
    };
    let place = place.embedded().member("Statement");
    let statement = |value: &'e Json, place: Place| cx.world.object(kind, value, cx.world.scratch.place(place));
    match document.get("Statement") {
        Some(Json::Array(items)) => {
            cx.world.list(items.iter().enumerate().map(|(number, value)| statement(value, place.nth(number))))
        }
        Some(value @ Json::Object(_)) => cx.world.list([statement(value, place)]),
        _ => cx.world.unknown(Gap::other(&place, "the document has no statements")),
    }
}

/// An access key, of the root user too.
#[derive(Debug)]
pub struct AccessKey {
    account: String,
    id: String,
    user: String,
    active: Optional<bool>,
    rotated: Optional<String>,
    used: Optional<String>,
}

schema_kind! {
    /// An access key that exists, of a user or of the root user.
    pub ACCESS_KEY = "iam.access-key": AccessKey, "iam/get-credential-report",
    identity |object| object.data.downcast_ref::<AccessKey>().map_or_else(Identity::default, |key| Identity {
        account: &key.account, region: GLOBAL, id: &key.id,
    }),
    list access_keys,
    gaps hidden_keys;
    /// `<user>/access-key-1` or `-2`: a report shows no key ids.
    id: Str, "", |_cx, k| &k.id;
    /// The user's name; `<root_account>` for the root user.
    user: Str, "", |_cx, k| &k.user;
    /// Whether it is the root user's.
    root: Bool, "", |_cx, k| k.user == "<root_account>";
    /// Whether it can be used.
    active: Bool, "", |cx, k| cx.must(&k.active, |active| active);
    /// Days since it was made or turned over.
    age_days: Int, "", |cx, k| cx.must(&k.rotated, |time| cx.age_days(time));
    /// Days since it was last used; absent if it never was.
    used_days: Opt(&Int), "", |cx, k| cx.within(&k.used, |time| cx.age_days(time));
}

fn owned(text: Optional<&str>) -> Optional<String> {
    match text {
        Optional::Known(text) => Optional::Known(text.to_owned()),
        Optional::Absent => Optional::Absent,
        Optional::Unknown(missing) => Optional::Unknown(missing),
    }
}

/// The keys of one row of the report: a key exists if it has ever been turned over.
fn keys_of<'e>(world: &World<'e>, account: &str, row: &'e CredentialRow) -> Vec<Thing<'e>> {
    let mut keys = Vec::new();
    for number in 1..=2 {
        let column = |name: &str| format!("access_key_{number}_{name}");
        let rotated = owned(row.text(&column("last_rotated")));
        let active = row.flag(&column("active"));
        if rotated == Optional::Absent && active != Optional::Known(true) {
            continue;
        }
        let key = AccessKey {
            account: account.to_owned(),
            id: format!("{}/access-key-{number}", row.user()),
            user: row.user().to_owned(),
            active,
            rotated,
            used: owned(row.text(&column("last_used_date"))),
        };
        let place = crate::loading::place_of_call(account, GLOBAL, "iam/get-credential-report");
        let place = world.scratch.place(place.member("Content").embedded().keyed(format_args!("user={}", row.user())));
        keys.push(Thing { kind: &ACCESS_KEY, data: world.scratch.keep(key), place });
    }
    keys
}

fn access_keys<'e>(world: &World<'e>) -> Vec<Thing<'e>> {
    let reports = world.estate.iam_credential_reports.iter();
    reports
        .filter_map(|(_, report)| match report.data.content.known() {
            Some(CredentialRows::Read(rows)) => Some((report, rows)),
            _ => None,
        })
        .flat_map(|(report, rows)| rows.iter().flat_map(|row| keys_of(world, &report.account, row)))
        .collect()
}

/// Keys that the report does not show: it cannot be read, or a user was made after it.
fn hidden_keys(world: &World<'_>) -> Hidden {
    let mut hidden = Hidden::new();
    for (_, report) in world.estate.iam_credential_reports.iter() {
        let here = (report.account.to_string(), GLOBAL.to_owned());
        match report.data.content.get() {
            Ok(CredentialRows::Read(rows)) => {
                let users = world.estate.iam_users.iter().map(|(_, user)| user);
                let own = users.filter(|user| user.account == report.account);
                for user in own.filter(|user| !rows.iter().any(|row| row.arn() == user.data.arn)) {
                    let gap = Gap::other(format_args!("credentials of {}", user.data.arn), "not in the report yet");
                    hidden.entry(here.clone()).or_default().insert(gap);
                }
            }
            Ok(CredentialRows::Unreadable(why)) => {
                hidden.entry(here).or_default().insert(Gap::other(&report.place, why));
            }
            Err(missing) => {
                hidden.entry(here).or_default().insert(Gap::member(&report.place.member("Content"), missing));
            }
        }
    }
    hidden
}

/// What the credential report says of one ARN.
pub(super) fn credential<'e, T>(
    world: &World<'e>,
    account: &str,
    arn: &str,
    get: impl FnOnce(&'e CredentialRow) -> T,
) -> Result<T, Value<'e>> {
    let call = <CredentialReport as crate::kinds::Observed>::CALL;
    if let Some(gaps) = world.missing(account, GLOBAL, call) {
        return Err(Value::Unknown(gaps));
    }
    let report: Option<&'e Row<CredentialReport>> =
        world.estate.iam_credential_reports.iter().map(|(_, row)| row).find(|row| &*row.account == account);
    let missing = |why: &str| Err(world.unknown(Gap::other(format_args!("{call} in {account}"), why)));
    let Some(report) = report else { return missing("not in the answer") };
    match report.data.content.get() {
        Ok(CredentialRows::Read(rows)) => match rows.iter().find(|row| row.arn() == arn) {
            Some(row) => Ok(get(row)),
            // Made after the report: the report is up to four hours old.
            None => Err(world.unknown(Gap::other(format_args!("credentials of {arn}"), "not in the report yet"))),
        },
        Ok(CredentialRows::Unreadable(why)) => missing(why),
        Err(gone) => missing(&gone.0),
    }
}

/// A flag of the report; what a user cannot have is off.
pub(super) fn flag(row: &CredentialRow, column: &str) -> Optional<bool> {
    match row.flag(column) {
        Optional::Absent => Optional::Known(false),
        other => other,
    }
}

fn days<'e>(cx: &Cx<'e>, row: &'e CredentialRow, column: &str) -> Value<'e> {
    match row.text(column) {
        Optional::Known(time) => cx.age_days(time),
        Optional::Absent => Value::Null,
        Optional::Unknown(missing) => cx.unknown(&missing),
    }
}
