//! Settings of snapshots and databases that decide whether a copy can be read in a foreign account.

use std::collections::BTreeSet;

use portcullis_estate::{Assumption, Blocker, Control, ControlKind, Decision, Enabler, Estate, Fact, Gap, Way};
use portcullis_snapshot::Place;
use portcullis_snapshot::shapes::policy::statements;
use serde_json::Value as Json;

use super::engines::{find, undecided};
use super::value::{Thing, control_of};
use crate::project::selector::glob;

const ATTRIBUTES: &str = "rds/describe-db-snapshot-attributes";

fn open(fact: &Fact, enabler: String) -> Decision {
    let enablers = vec![Enabler { id: enabler, fact: fact.clone() }];
    Decision { ways: vec![Way { evidence: vec![fact.clone()], enablers, ..Way::default() }], ..Decision::default() }
}

fn closed(control: Control, fact: Fact) -> Decision {
    Decision { ways: vec![Way { blockers: vec![Blocker { control, fact }], ..Way::default() }], ..Decision::default() }
}

fn never(fact: Fact) -> Decision {
    Decision { structural: vec![fact], ..Decision::default() }
}

/// Whether a snapshot is shared with an account that is not the estate's, or with everyone.
pub(super) fn snapshot_shared(estate: &Estate, of: &Thing, failed: &BTreeSet<Control>) -> Decision {
    let control = control_of(ControlKind::SnapshotSharing, of);
    let rows = estate.db_snapshot_attributes.of_parent(&of.id).map(|(_, row)| row);
    let restore = rows
        .filter(|row| row.account == of.account && row.region == of.region)
        .find(|row| row.data.attribute_name == "restore");
    let place = restore.map_or_else(
        || portcullis_estate::loading::place_of_call(&of.account, &of.region, ATTRIBUTES),
        |row| row.place.clone(),
    );
    // An automated snapshot has to be copied before it can be shared
    // (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html>).
    if let Some(row) = find(estate.db_snapshots.find(&of.id), of)
        && row.data.snapshot_type.known().is_some_and(|kind| kind == "automated")
    {
        return never(Fact::new(&*of.id, "automated snapshots cannot be shared", row.place.member("SnapshotType")));
    }
    if failed.contains(&control) {
        return open(&Fact::new(&*of.id, "it is shared", place), format!("share of {of}"));
    }
    if let Some(gap) = estate.coverage.gap_of_parent(&of.account, &of.region, ATTRIBUTES, &of.id) {
        return undecided(gap);
    }
    let values = match restore.map(|row| row.data.attribute_values.get()) {
        None => &Vec::new(),
        Some(Ok(values)) => values,
        Some(Err(missing)) => return undecided(Gap::member(&place, missing)),
    };
    let foreign: Vec<&str> =
        values.iter().map(String::as_str).filter(|account| !estate.accounts.contains(*account)).collect();
    match foreign.as_slice() {
        [] => closed(control, Fact::new(&*of.id, "it is shared with no other account", place)),
        all if all.contains(&"all") => {
            open(&Fact::new(&*of.id, "everyone may restore it", place.keyed("all")), format!("share of {of} with all"))
        }
        [first, ..] => open(
            &Fact::new(&*of.id, format!("account {} may restore it", foreign.join(", ")), place.keyed(first)),
            format!("share of {of} with {}", foreign.join(", ")),
        ),
    }
}

/// Whether whoever receives a snapshot can decrypt it.
pub(super) fn snapshot_readable_abroad(estate: &Estate, of: &Thing) -> Decision {
    let Some(row) = find(estate.db_snapshots.find(&of.id), of) else {
        return undecided(Gap::other(format_args!("snapshot {of}"), "not seen"));
    };
    match (row.data.encrypted.get(), row.data.kms_key_id.get()) {
        (Ok(false), _) => not_encrypted(of, row.place.member("Encrypted")),
        (Ok(true), Ok(Some(key))) => key_open_abroad(estate, of, key, &row.place.member("KmsKeyId")),
        (Ok(true), Ok(None)) => undecided(Gap::other(format_args!("key of {of}"), "the answer does not name it")),
        (Err(missing), _) | (_, Err(missing)) => undecided(Gap::member(&row.place, missing)),
    }
}

/// Whether a snapshot of a database could be decrypted by whoever receives it.
pub(super) fn copy_readable_abroad(estate: &Estate, of: &Thing) -> Decision {
    let Some(row) = find(estate.db_instances.find(&of.id), of) else {
        return undecided(Gap::other(format_args!("database {of}"), "not seen"));
    };
    match (row.data.storage_encrypted.get(), row.data.kms_key_id.get()) {
        (Ok(false), _) => not_encrypted(of, row.place.member("StorageEncrypted")),
        (Ok(true), Ok(Some(key))) => key_open_abroad(estate, of, key, &row.place.member("KmsKeyId")),
        (Ok(true), Ok(None)) => undecided(Gap::other(format_args!("key of {of}"), "the answer does not name it")),
        (Err(missing), _) | (_, Err(missing)) => undecided(Gap::member(&row.place, missing)),
    }
}

fn not_encrypted(of: &Thing, place: Place) -> Decision {
    open(&Fact::new(&*of.id, "it is not encrypted", place), format!("plain storage of {of}"))
}

/// Whether a key's policy lets a foreign account decrypt.
///
/// The key that AWS manages for RDS cannot be shared, so neither can what it encrypts
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/share-encrypted-snapshot.html>).
fn key_open_abroad(estate: &Estate, of: &Thing, key: &str, place: &Place) -> Decision {
    let id = key.rsplit('/').next().unwrap_or(key);
    let metadata = estate.kms_key_metadata.find(id).map(|(_, row)| row).find(|row| row.region == of.region);
    let manager = match metadata.map(|row| row.data.key_manager.get().map_err(|m| Gap::member(&row.place, m))) {
        Some(Ok(manager)) => manager.as_str(),
        Some(Err(gap)) => return undecided(gap),
        None => return undecided(Gap::other(format_args!("kms/describe-key for {id}"), "not seen")),
    };
    if manager == "AWS" {
        return never(Fact::new(&*of.id, "the key that AWS manages for RDS cannot be shared", place.clone()));
    }
    let Some(row) = estate.kms_key_policies.find(id).map(|(_, row)| row).find(|row| row.region == of.region) else {
        let policy = estate.coverage.gap_of_parent(&of.account, &of.region, "kms/get-key-policy", id);
        return undecided(policy.unwrap_or_else(|| Gap::other(format_args!("key policy of {id}"), "not seen")));
    };
    let document = match row.data.policy.get() {
        Ok(policy) => match policy.get() {
            Ok(document) => document,
            Err(why) => return undecided(Gap::other(&row.place, why)),
        },
        Err(missing) => return undecided(Gap::member(&row.place, missing)),
    };
    let statements: Vec<_> =
        statements(document).into_iter().filter(|(_, statement)| admits_decrypt(statement)).collect();
    let is = |statement: &Json, effect: &str| statement.get("Effect").and_then(Json::as_str) == Some(effect);
    // Whom a Deny leaves over, and whether a condition is met, is the policy engine's question.
    let mut left = statements.iter().any(|(_, statement)| is(statement, "Deny"));
    for (name, statement) in statements.iter().filter(|(_, statement)| is(statement, "Allow")) {
        let Some(foreign) = foreign_principal(statement, estate) else { continue };
        if left || statement.get("Condition").is_some() {
            left = true;
            continue;
        }
        let fact = Fact::new(key, format!("{name}: {foreign} may decrypt"), row.place.embedded().keyed(name));
        return open(&fact, format!("key policy of {id}, {name}"));
    }
    if left {
        return undecided(Gap::not_modelled(format_args!("conditions and denials of the key policy of {id}")));
    }
    let control = Control::new(ControlKind::KmsKeyPolicy, &row.account, &row.region, id);
    let mut decision = closed(control, Fact::new(key, "its policy names no foreign principal", row.place.clone()));
    let grants = estate.coverage.gap_of_parent(&row.account, &row.region, "kms/list-grants", id);
    match grants.map(|gap| gap.settled_by(Assumption::KmsGrantsNone)) {
        Some(_) if estate.assumes(Assumption::KmsGrantsNone) => {
            decision.assumed.insert(Assumption::KmsGrantsNone);
        }
        Some(gap) => {
            decision.hidden_by.insert(gap);
        }
        None => {
            for (_, grant) in estate.kms_grants.of_parent(id) {
                let grantee = grant.data.grantee_principal.known().map(String::as_str).unwrap_or_default();
                if grantee.starts_with("arn:") && is_foreign(grantee, estate) {
                    let fact = Fact::new(key, format!("a grant lets {grantee} use it"), grant.place.clone());
                    return open(&fact, format!("grant {} of {id}", grant.id));
                }
            }
        }
    }
    decision
}

fn listed(value: Option<&Json>) -> Vec<&Json> {
    match value {
        Some(Json::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// Whether a statement is about decryption, or about a grant that would allow it.
fn admits_decrypt(statement: &Json) -> bool {
    let covers = |pattern: &&Json| {
        let pattern = pattern.as_str().unwrap_or_default().to_ascii_lowercase();
        ["kms:decrypt", "kms:creategrant"].iter().any(|action| glob(&pattern, action))
    };
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(actions), _) => listed(Some(actions)).iter().any(covers),
        (None, Some(others)) => !listed(Some(others)).iter().any(covers),
        (None, None) => false,
    }
}

fn is_foreign(principal: &str, estate: &Estate) -> bool {
    let account = if principal.starts_with("arn:") { principal.split(':').nth(4) } else { Some(principal) };
    account.is_none_or(|account| !estate.accounts.contains(account))
}

/// A principal of a statement that is not the estate's.
fn foreign_principal(statement: &Json, estate: &Estate) -> Option<String> {
    let principals = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(Json::String(everyone)), _) => return Some(everyone.clone()),
        (Some(Json::Object(map)), _) => listed(map.get("AWS")),
        (_, Some(_)) => return Some("everyone else".to_owned()),
        _ => return None,
    };
    let mut named = principals.into_iter().filter_map(Json::as_str);
    named.find(|principal| is_foreign(principal, estate)).map(str::to_owned)
}
