//! Fields of AWS KMS.

use portcullis_snapshot::shapes::kms;

use super::iam::{STATEMENT, statements};
use super::kind::Type::{Bool, List, Object, Opt, Str};
use super::value::Value;
use crate::schema_rows;

schema_rows! {
    /// A key.
    pub KEY = "kms.key": kms::KeyListEntry, "kms/list-keys";
    /// Id.
    id: Str, "KeyId", |_cx, k| &k.data.key_id;
    /// ARN.
    arn: Str, "KeyArn", |_cx, k| &k.data.key_arn;
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    state @ "kms/describe-key": Str, "", |cx, k| cx.told::<kms::KeyMetadata, _>(&k.id, |m| &m.key_state);
    /// Whether the customer manages it; AWS manages the others.
    customer_managed @ "kms/describe-key": Bool, "",
        |cx, k| cx.told::<kms::KeyMetadata, _>(&k.id, |m| cx.of(&m.key_manager, |manager| manager == "CUSTOMER"));
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, …
    spec @ "kms/describe-key": Opt(&Str), "", |cx, k| cx.told::<kms::KeyMetadata, _>(&k.id, |m| &m.key_spec);
    /// Whether it is turned over every year; absent for keys that cannot be.
    rotation_enabled @ "kms/get-key-rotation-status": Opt(&Bool), "",
        |cx, k| cx.ask::<kms::KeyRotationStatus, _>(&k.id, |r| &r.key_rotation_enabled, || Value::Null);
    /// Its aliases.
    aliases @ "kms/list-aliases": List(&Str), "", |cx, k| {
        let aliases = cx.world.estate.kms_aliases.iter().map(|(_, row)| row);
        let own = aliases.filter(|a| {
            a.account == k.account && a.region == k.region && a.data.target_key_id.known() == Some(&k.data.key_id)
        });
        cx.world.scratch.list(
            own.map(|a| Value::Str(&a.data.alias_name)),
            cx.world.missing(&k.account, &k.region, "kms/list-aliases"),
        )
    };
    /// Its aliases in words: `alias/shop-data`, or `no alias`.
    names @ "kms/list-aliases": Str, "", |cx, k| {
        let aliases = cx.world.estate.kms_aliases.iter().map(|(_, row)| row);
        let own: Vec<&str> = aliases
            .filter(|a| a.account == k.account && a.region == k.region && a.data.target_key_id.known() == Some(&k.data.key_id))
            .map(|a| a.data.alias_name.as_str())
            .collect();
        if own.is_empty() { "no alias".to_owned() } else { own.join(", ") }
    };
    /// Statements of its policy.
    policy @ "kms/get-key-policy": List(&Object("iam.statement")), "",
        |cx, k| match cx.child::<kms::KeyPolicy>(&k.id) {
            Ok(Some(row)) => cx.of(&row.data.policy, |policy| statements(&cx, policy, &row.place.member("Policy"), &STATEMENT)),
            Ok(None) => cx.unknown(&portcullis_snapshot::Missing::absent()),
            Err(unknown) => unknown,
        };
}
