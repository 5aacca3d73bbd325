//! The failure of identity controls.
//!
//! | control | resource part | `fail` |
//! |---|---|---|
//! | `iam.grant` | `user/minji`, `role/app` | an inline policy allows everything |
//! | `iam.boundary` | `user/minji`, `role/app` | there is no boundary |
//! | `iam.deny` | `policy/x`, `aws-policy/x`, `user/minji/inline`, … with `#statement` | the statement is gone |
//! | `iam.scp`, `iam.rcp` | the policy's id | its document allows everything |
//! | `role.trust`, `bucket.policy`, `kms.key-policy`, `resource.policy` | role, bucket, key, ARN | its denies are gone, the own account may decide by identity policies, other accounts are allowed |
//!
//! A resource policy that fails lets the own account's identity policies decide and no more, so that least privilege
//! stays a control of its own.

use std::sync::Arc;

use portcullis_snapshot::shapes::iam::InlinePolicy;
use portcullis_snapshot::shapes::organizations::OrganizationPolicy;
use portcullis_snapshot::shapes::policy::{PolicyDocument, statements};
use portcullis_snapshot::shapes::{kms, logs, s3, secretsmanager};
use portcullis_snapshot::{Optional, Place, Required};
use serde_json::{Value, json};

use super::FailError;
use crate::control::{Control, ControlKind};
use crate::kinds::{Estate, Observed};
use crate::table::{Id, Row};

/// Fails one control of an identity kind.
pub(super) fn fail(estate: &Estate, control: &Control) -> Result<Estate, FailError> {
    let mut changed = estate.clone();
    let done = match control.kind {
        ControlKind::IamGrant => grant(&mut changed, control),
        ControlKind::IamBoundary => boundary(&mut changed, control),
        ControlKind::IamDeny => deny(&mut changed, control),
        ControlKind::IamScp | ControlKind::IamRcp => organization(&mut changed, control),
        ControlKind::RoleTrust => trust(&mut changed, control),
        ControlKind::BucketPolicy => bucket(&mut changed, control),
        ControlKind::KmsKeyPolicy => key(&mut changed, control),
        ControlKind::ResourcePolicy => other(&mut changed, control),
        kind => return Err(FailError::Undefined(kind)),
    };
    done.map(|()| changed).ok_or_else(|| FailError::NoSuchResource(control.clone()))
}

fn allow_everything() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Sid": "Failed", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})
}

/// A document without its denies that lets the own account decide and allows all others.
fn opened(document: Option<&PolicyDocument>, account: &str) -> PolicyDocument {
    let old = document.and_then(|document| document.get().ok());
    let mut kept: Vec<Value> = old
        .map(|value| statements(value).into_iter().map(|(_, statement)| statement.clone()).collect())
        .unwrap_or_default();
    kept.retain(|statement| statement.get("Effect").and_then(Value::as_str) != Some("Deny"));
    // The version decides whether the old statements' variables count, so it stays.
    let version = old.map_or_else(|| Some(json!("2012-10-17")), |value| value.get("Version").cloned());
    kept.push(
        json!({"Sid": "FailedOwn", "Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"}),
    );
    kept.push(json!({
        "Sid": "FailedOthers", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": account}},
    }));
    let mut whole = json!({"Statement": kept});
    if let (Some(version), Some(members)) = (version, whole.as_object_mut()) {
        members.insert("Version".to_owned(), version);
    }
    PolicyDocument::Read(whole)
}

fn without(document: &PolicyDocument, name: &str) -> Option<PolicyDocument> {
    let value = document.get().ok()?;
    let named = statements(value);
    if !named.iter().any(|(known, _)| known == name) {
        return None;
    }
    let kept: Vec<Value> =
        named.into_iter().filter(|(known, _)| known != name).map(|(_, statement)| statement.clone()).collect();
    let mut whole = value.clone();
    whole.as_object_mut()?.insert("Statement".to_owned(), Value::Array(kept));
    Some(PolicyDocument::Read(whole))
}

/// The row of a user, role or group by name; names are unique in an account whatever the path.
fn by_name<T: Observed>(estate: &Estate, control: &Control, is_named: impl Fn(&T) -> bool) -> Option<Id<T>> {
    T::table(estate).iter().find(|(_, row)| row.account == control.account && is_named(&row.data)).map(|(id, _)| id)
}

fn grant(estate: &mut Estate, control: &Control) -> Option<()> {
    let policy = InlinePolicy {
        policy_name: "portcullis-failed-grant".to_owned(),
        policy_document: Required::Known(PolicyDocument::Read(
            json!({"Version": "2012-10-17", "Statement": [{"Sid": "Failed", "Effect": "Allow", "Action": "*", "Resource": "*"}]}),
        )),
    };
    let more = |list: &mut Optional<Vec<InlinePolicy>>| {
        let mut all = list.known().cloned().unwrap_or_default();
        all.push(policy);
        *list = Optional::Known(all);
    };
    let (kind, name) = control.resource.split_once('/')?;
    match kind {
        "user" => {
            let id = by_name::<portcullis_snapshot::shapes::iam::UserDetail>(estate, control, |user| {
                user.user_name == name
            })?;
            estate.iam_users.edit(id, |user| more(&mut user.user_policy_list));
        }
        "role" => {
            let id = by_name::<portcullis_snapshot::shapes::iam::RoleDetail>(estate, control, |role| {
                role.role_name == name
            })?;
            estate.iam_roles.edit(id, |role| more(&mut role.role_policy_list));
        }
        _ => return None,
    }
    Some(())
}

fn boundary(estate: &mut Estate, control: &Control) -> Option<()> {
    let (kind, name) = control.resource.split_once('/')?;
    match kind {
        "user" => {
            let id = by_name::<portcullis_snapshot::shapes::iam::UserDetail>(estate, control, |user| {
                user.user_name == name
            })?;
            estate.iam_users.edit(id, |user| user.permissions_boundary = Optional::Absent);
        }
        "role" => {
            let id = by_name::<portcullis_snapshot::shapes::iam::RoleDetail>(estate, control, |role| {
                role.role_name == name
            })?;
            estate.iam_roles.edit(id, |role| role.permissions_boundary = Optional::Absent);
        }
        _ => return None,
    }
    Some(())
}

fn deny(estate: &mut Estate, control: &Control) -> Option<()> {
    let statement = control.part.as_deref()?;
    let (kind, rest) = control.resource.split_once('/')?;
    let mut found = false;
    let mut strip = |document: &mut Required<PolicyDocument>| {
        if let Some(kept) = document.known().and_then(|known| without(known, statement)) {
            *document = Required::Known(kept);
            found = true;
        }
    };
    let inline =
        |list: &mut Optional<Vec<InlinePolicy>>, name: &str, strip: &mut dyn FnMut(&mut Required<PolicyDocument>)| {
            if let Optional::Known(list) = list {
                list.iter_mut()
                    .filter(|policy| policy.policy_name == name)
                    .for_each(|policy| strip(&mut policy.policy_document));
            }
        };
    if let "policy" | "aws-policy" = kind {
        let id = by_name::<portcullis_snapshot::shapes::iam::ManagedPolicy>(estate, control, |policy| {
            policy.arn.rsplit('/').next() == Some(rest) && policy.arn.contains(":iam::aws:") == (kind == "aws-policy")
        })?;
        estate.iam_policies.edit(id, |policy| {
            let default = policy.default_version_id.known().cloned();
            if let Required::Known(versions) = &mut policy.policy_version_list {
                for version in versions {
                    let counts = version.is_default_version.known().copied();
                    if counts.unwrap_or_else(|| default.as_ref() == Some(&version.version_id)) {
                        strip(&mut version.document);
                    }
                }
            }
        });
        return found.then_some(());
    }
    let (owner, name) = rest.split_once('/')?;
    match kind {
        "user" => {
            let id = by_name::<portcullis_snapshot::shapes::iam::UserDetail>(estate, control, |user| {
                user.user_name == owner
            })?;
            estate.iam_users.edit(id, |user| inline(&mut user.user_policy_list, name, &mut strip));
        }
        "role" => {
            let id = by_name::<portcullis_snapshot::shapes::iam::RoleDetail>(estate, control, |role| {
                role.role_name == owner
            })?;
            estate.iam_roles.edit(id, |role| inline(&mut role.role_policy_list, name, &mut strip));
        }
        "group" => {
            let id = by_name::<portcullis_snapshot::shapes::iam::GroupDetail>(estate, control, |group| {
                group.group_name == owner
            })?;
            estate.iam_groups.edit(id, |group| inline(&mut group.group_policy_list, name, &mut strip));
        }
        _ => return None,
    }
    found.then_some(())
}

fn organization(estate: &mut Estate, control: &Control) -> Option<()> {
    let content = Required::Known(PolicyDocument::Read(allow_everything()));
    let mut ids = Vec::new();
    for (id, row) in estate.organization_policy_documents.iter() {
        if row.id == control.resource && row.account == control.account {
            ids.push(id);
        }
    }
    for id in &ids {
        estate.organization_policy_documents.edit(*id, |policy| policy.content = content.clone());
    }
    if ids.is_empty() {
        // Listed, but its document was not seen.
        let row =
            estate.organization_policies.find(&control.resource).find(|(_, row)| row.account == control.account)?.1;
        let data = OrganizationPolicy { policy_summary: row.data.clone(), content };
        let place = failed_place(&row.place);
        let row = Row { parent: Some(Arc::clone(&row.id)), place, ..similar(row, data) };
        estate.organization_policy_documents = estate.organization_policy_documents.with([row]);
    }
    Some(())
}

fn trust(estate: &mut Estate, control: &Control) -> Option<()> {
    let name = control.resource.strip_prefix("role/")?;
    let id = by_name::<portcullis_snapshot::shapes::iam::RoleDetail>(estate, control, |role| role.role_name == name)?;
    estate.iam_roles.edit(id, |role| {
        let old = role.assume_role_policy_document.known().cloned();
        role.assume_role_policy_document = Required::Known(opened(old.as_ref(), &control.account));
    });
    Some(())
}

fn bucket(estate: &mut Estate, control: &Control) -> Option<()> {
    let name = &*control.resource;
    let open =
        |old: Option<&PolicyDocument>| s3::BucketPolicy { policy: Required::Known(opened(old, &control.account)) };
    let known = estate.bucket_policies.of_parent(name).next().map(|(id, _)| id);
    if let Some(id) = known {
        estate.bucket_policies.edit(id, |policy| *policy = open(policy.policy.known()));
        return Some(());
    }
    let row = estate.buckets.find(name).find(|(_, row)| row.account == control.account)?.1;
    let row = Row { parent: Some(Arc::clone(&row.id)), place: failed_place(&row.place), ..similar(row, open(None)) };
    estate.bucket_policies = estate.bucket_policies.with([row]);
    Some(())
}

fn key(estate: &mut Estate, control: &Control) -> Option<()> {
    let id = &*control.resource;
    let open = |old: Option<&PolicyDocument>| kms::KeyPolicy { policy: Required::Known(opened(old, &control.account)) };
    let here = |account: &Arc<str>, region: &Arc<str>| *account == control.account && *region == control.region;
    let known =
        estate.kms_key_policies.of_parent(id).find(|(_, row)| here(&row.account, &row.region)).map(|(id, _)| id);
    if let Some(id) = known {
        estate.kms_key_policies.edit(id, |policy| *policy = open(policy.policy.known()));
        return Some(());
    }
    let listed = estate
        .kms_keys
        .find(id)
        .find(|(_, row)| here(&row.account, &row.region))
        .map(|(_, row)| similar(row, open(None)));
    let described = || {
        let (_, row) = estate.kms_key_metadata.find(id).find(|(_, row)| here(&row.account, &row.region))?;
        Some(similar(row, open(None)))
    };
    let row = listed.or_else(described)?;
    let row = Row { parent: Some(Arc::from(id)), place: failed_place(&row.place), ..row };
    estate.kms_key_policies = estate.kms_key_policies.with([row]);
    Some(())
}

/// Secrets by ARN, and the logs of a region.
fn other(estate: &mut Estate, control: &Control) -> Option<()> {
    let name = &*control.resource;
    let here = |account: &Arc<str>, region: &Arc<str>| *account == control.account && *region == control.region;
    if name == "logs" {
        let ids: Vec<_> = estate
            .log_resource_policies
            .iter()
            .filter(|(_, row)| here(&row.account, &row.region))
            .map(|(id, _)| id)
            .collect();
        for id in ids {
            estate.log_resource_policies.edit(id, |policy| {
                let old = policy.policy_document.known().cloned();
                policy.policy_document = Required::Known(opened(old.as_ref(), &control.account));
            });
        }
        let place = crate::loading::place_of_call(&control.account, &control.region, "logs/describe-resource-policies");
        let row = Row {
            account: Arc::clone(&control.account),
            region: Arc::clone(&control.region),
            id: "portcullis-failed".into(),
            parent: None,
            place: failed_place(&place),
            data: logs::LogResourcePolicy {
                policy_name: "portcullis-failed".to_owned(),
                policy_document: Required::Known(opened(None, &control.account)),
            },
        };
        estate.log_resource_policies = estate.log_resource_policies.with([row]);
        return Some(());
    }
    let open = |old: Option<&PolicyDocument>| secretsmanager::SecretPolicy {
        resource_policy: Optional::Known(opened(old, &control.account)),
    };
    let known =
        estate.secret_policies.of_parent(name).find(|(_, row)| here(&row.account, &row.region)).map(|(id, _)| id);
    if let Some(id) = known {
        estate.secret_policies.edit(id, |policy| *policy = open(policy.resource_policy.known()));
        return Some(());
    }
    let row = estate.secrets.find(name).find(|(_, row)| here(&row.account, &row.region))?.1;
    let row = Row { parent: Some(Arc::clone(&row.id)), place: failed_place(&row.place), ..similar(row, open(None)) };
    estate.secret_policies = estate.secret_policies.with([row]);
    Some(())
}

fn similar<A, B>(row: &Row<A>, data: B) -> Row<B> {
    Row {
        account: Arc::clone(&row.account),
        region: Arc::clone(&row.region),
        id: Arc::clone(&row.id),
        parent: row.parent.clone(),
        place: row.place.clone(),
        data,
    }
}

fn failed_place(place: &Place) -> Place {
    place.member("failed")
}
