//! The account and its regions, for rules about what must be there.

use portcullis_snapshot::shapes::{cloudtrail, ec2, iam, s3};
use portcullis_snapshot::{GLOBAL, Missing};

use super::cell::{Cell, Cx};
use super::iam::{credential, flag};
use super::kind::Identity;
use super::kind::Type::{Bool, Int, List, Object as Kind, Opt, Str};
use super::value::{Object, Value};
use crate::kinds::Observed;
use crate::loading::place_of_call;
use crate::schema_kind;
use crate::table::Row;

schema_kind! {
    /// An account.
    pub ACCOUNT = "account": String, "",
    identity |object| Identity { account: name(object), region: GLOBAL, id: name(object) },
    list |world| {
        let place = |account: &str| world.scratch.place(place_of_call(account, GLOBAL, "sts/get-caller-identity"));
        world.estate.accounts.iter().map(|account| Object { kind: &ACCOUNT, data: account, place: place(account) }).collect()
    };
    /// Its number.
    id @ "sts/get-caller-identity": Str, "Account", |_cx, account| account;
    /// Its trails, those of the organization included.
    trails @ "cloudtrail/describe-trails": List(&Kind("cloudtrail.trail")), "", |cx, account| {
        let list = super::cloudtrail::TRAIL.list.map(|list| list(&cx.world)).unwrap_or_default();
        let own = list.into_iter().filter(|trail| trail.identity().account == account);
        let hidden = super::listing::hidden_by(cx.world.estate, cloudtrail::Trail::CALL);
        let gaps: Vec<_> = hidden.into_iter().filter(|((at, _), _)| at == account).flat_map(|(_, gaps)| gaps).collect();
        let missing = (!gaps.is_empty()).then(|| cx.world.scratch.gaps(gaps));
        cx.world.scratch.list(own.map(Value::Object), missing)
    };
    /// Whether the root user has a second factor.
    root_mfa @ "iam/get-credential-report": Bool, "", |cx, account| root(&cx, account, "mfa_active");
    /// Whether the root user has an active access key.
    root_access_keys @ "iam/get-credential-report": Bool, "", |cx, account| {
        match (root(&cx, account, "access_key_1_active"), root(&cx, account, "access_key_2_active")) {
            (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
            (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) => unknown,
            _ => Value::Bool(false),
        }
    };
    /// Whether passwords have to meet rules of the account's own.
    password_policy @ "iam/get-account-password-policy": Bool, "",
        |cx, account| password(&cx, account, |_| Value::Bool(true), Value::Bool(false));
    /// The least length of passwords; absent without a policy.
    password_length @ "iam/get-account-password-policy": Opt(&Int), "",
        |cx, account| password(&cx, account, |policy| (&policy.minimum_password_length).cell(&cx), Value::Null);
    /// How many old passwords cannot be used again; absent if all can.
    password_reuse @ "iam/get-account-password-policy": Opt(&Int), "",
        |cx, account| password(&cx, account, |policy| (&policy.password_reuse_prevention).cell(&cx), Value::Null);
    /// Whether all four blocks of public access to S3 are on for the whole account.
    s3_blocks_public_access @ "s3control/get-public-access-block": Bool, "", |cx, account| {
        answer::<s3::AccountPublicAccessBlock>(&cx, account, GLOBAL, |row| {
            cx.of(&row.data.public_access_block_configuration, |block| super::s3::blocks(&cx, block))
        }, || Value::Bool(false))
    };
}

schema_kind! {
    /// A region of an account that was collected.
    pub REGION = "region": (String, String), "",
    identity |object| object.data.downcast_ref::<(String, String)>().map_or_else(Identity::default, |(account, region)| Identity {
        account, region, id: region,
    }),
    list |world| {
        let place = |pair: &(String, String)| world.scratch.place(place_of_call(&pair.0, &pair.1, "ec2/describe-vpcs"));
        let regions = world.estate.regions.iter().filter(|(_, region)| region != GLOBAL);
        regions.map(|pair| Object { kind: &REGION, data: pair, place: place(pair) }).collect()
    };
    /// Its name.
    id: Str, "", |_cx, r| &r.1;
    /// Whether new disks are encrypted.
    ebs_encryption @ "ec2/get-ebs-encryption-by-default": Bool, "", |cx, r| {
        one::<ec2::EbsEncryptionDefault>(&cx, r, |row| (&row.data.ebs_encryption_by_default).cell(&cx))
    };
    /// Public sharing of disk snapshots: `block-all-sharing`, `block-new-sharing`, `unblocked`.
    snapshot_sharing @ "ec2/get-snapshot-block-public-access-state": Str, "", |cx, r| {
        one::<ec2::SnapshotBlockPublicAccess>(&cx, r, |row| (&row.data.state).cell(&cx))
    };
    /// Public sharing of images: `block-new-sharing`, `unblocked`.
    image_sharing @ "ec2/get-image-block-public-access-state": Str, "", |cx, r| {
        one::<ec2::ImageBlockPublicAccess>(&cx, r, |row| (&row.data.image_block_public_access_state).cell(&cx))
    };
    /// Whether people may use the serial console.
    serial_console @ "ec2/get-serial-console-access-status": Bool, "", |cx, r| {
        one::<ec2::SerialConsoleAccess>(&cx, r, |row| (&row.data.serial_console_access_enabled).cell(&cx))
    };
    /// What VPC Block Public Access blocks: `off`, `block-bidirectional`, `block-ingress`.
    vpc_block_public_access @ "ec2/describe-vpc-block-public-access-options": Str, "", |cx, r| {
        one::<ec2::BlockPublicAccessOptions>(&cx, r, |row| (&row.data.internet_gateway_block_mode).cell(&cx))
    };
}

fn name(object: Object<'_>) -> &str {
    object.data.downcast_ref::<String>().map_or("", String::as_str)
}

fn root<'e>(cx: &Cx<'e>, account: &str, column: &str) -> Value<'e> {
    credential(&cx.world, account, &format!("arn:aws:iam::{account}:root"), |row| flag(row, column))
        .map_or_else(|unknown| unknown, |flag| flag.cell(cx))
}

/// The one answer of an operation in an account and region.
fn answer<'e, T: Observed>(
    cx: &Cx<'e>,
    account: &str,
    region: &str,
    get: impl FnOnce(&'e Row<T>) -> Value<'e>,
    absent: impl FnOnce() -> Value<'e>,
) -> Value<'e> {
    if let Some(gaps) = cx.world.missing(account, region, T::CALL) {
        return Value::Unknown(gaps);
    }
    let mut rows = T::table(cx.world.estate).iter().map(|(_, row)| row);
    match rows.find(|row| &*row.account == account && &*row.region == region) {
        Some(row) => get(row),
        None => absent(),
    }
}

fn one<'e, T: Observed>(cx: &Cx<'e>, at: &(String, String), get: impl FnOnce(&'e Row<T>) -> Value<'e>) -> Value<'e> {
    answer::<T>(cx, &at.0, &at.1, get, || cx.unknown(&Missing::absent()))
}

fn password<'e>(
    cx: &Cx<'e>,
    account: &str,
    get: impl FnOnce(&'e iam::PasswordPolicy) -> Value<'e>,
    absent: Value<'e>,
) -> Value<'e> {
    answer::<iam::PasswordPolicy>(cx, account, GLOBAL, |row| get(&row.data), || absent)
}
