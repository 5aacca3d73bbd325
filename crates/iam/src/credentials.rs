//! Passwords, MFA and access keys of users and root.

use std::collections::BTreeSet;

use jiff::Timestamp;
use portcullis_estate::{Estate, Fact, Gap};
use portcullis_snapshot::shapes::credential_report::{CredentialRow, CredentialRows};
use portcullis_snapshot::{GLOBAL, Optional, Place};

use crate::values::date;

/// A fact that may be missing.
pub type Known<T> = Result<T, Gap>;

/// The credentials of one user, or of root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// ARN.
    pub user: String,
    /// Whether it is the root user.
    pub root: bool,
    /// Whether it has a console password.
    pub console: Known<bool>,
    /// When the password was last used, if ever.
    pub password_used: Known<Option<Timestamp>>,
    /// Whether it has an MFA device.
    pub mfa: Known<bool>,
    /// Its access keys; an absent key is no entry.
    pub keys: Known<Vec<AccessKey>>,
    /// Where it was read.
    pub evidence: Vec<Fact>,
}

/// One access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its slot in the report, 1 or 2; keys have no stable id there.
    pub slot: u8,
    /// Whether it works.
    pub active: bool,
    /// When it was made or rotated.
    pub rotated: Option<Timestamp>,
    /// When it was last used, if ever.
    pub used: Option<Timestamp>,
}

impl AccessKey {
    /// Whole days since it was made, at a time.
    #[must_use]
    pub fn age_days(&self, now: Timestamp) -> Option<i64> {
        self.rotated.map(|rotated| days(rotated, now))
    }
}

/// Whole days between two times.
#[must_use]
pub fn days(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(86_400)
}

const REPORT: &str = "iam/get-credential-report";

/// The credentials of every user that was seen and of each account's root, sorted by ARN.
///
/// They come from the credential report, which is up to four hours old; without it MFA comes from the lists of devices,
/// and passwords and keys are unknown.
#[must_use]
pub fn credentials(estate: &Estate) -> Vec<Credentials> {
    let mut all = Vec::new();
    for account in estate.accounts.iter().filter(|account| crate::arn::is_account(account)) {
        let report = report(estate, account);
        let mut arns: BTreeSet<String> = estate
            .iam_users
            .iter()
            .filter(|(_, row)| *row.account == **account)
            .map(|(_, row)| row.data.arn.clone())
            .collect();
        if let Ok((rows, _)) = &report {
            arns.extend(rows.iter().map(|row| row.arn().to_owned()));
        } else {
            arns.insert(format!("arn:aws:iam::{account}:root"));
        }
        for arn in arns {
            all.push(one(estate, account, &arn, &report));
        }
    }
    all.sort_by(|a, b| a.user.cmp(&b.user));
    all
}

fn report<'a>(estate: &'a Estate, account: &str) -> Known<(&'a [CredentialRow], &'a Place)> {
    let row = estate.iam_credential_reports.iter().map(|(_, row)| row).find(|row| &*row.account == account);
    let Some(row) = row else {
        return Err(estate
            .coverage
            .gap(account, GLOBAL, REPORT)
            .unwrap_or_else(|| Gap::other(format_args!("{REPORT} in {account}/{GLOBAL}"), "not in the answer")));
    };
    match row.data.content.get() {
        Ok(CredentialRows::Read(rows)) => Ok((rows, &row.place)),
        Ok(CredentialRows::Unreadable(cause)) => Err(Gap::other(row.place.member("Content"), cause)),
        Err(missing) => Err(Gap::member(&row.place.member("Content"), missing)),
    }
}

fn one(estate: &Estate, account: &str, arn: &str, report: &Known<(&[CredentialRow], &Place)>) -> Credentials {
    let root = arn.ends_with(":root");
    let row = match report {
        Ok((rows, place)) => rows.iter().find(|row| row.arn() == arn).map(|row| (row, *place)).ok_or_else(|| {
            // A user that is younger than the report.
            Gap::other(format_args!("{arn} in {REPORT}"), "not in the report")
        }),
        Err(gap) => Err(gap.clone()),
    };
    let mut found = Credentials {
        user: arn.to_owned(),
        root,
        console: Err(Gap::other(arn, "not seen")),
        password_used: Err(Gap::other(arn, "not seen")),
        mfa: Err(Gap::other(arn, "not seen")),
        keys: Err(Gap::other(arn, "not seen")),
        evidence: Vec::new(),
    };
    match row {
        Ok((row, place)) => {
            let place = place.member("Content").embedded().keyed(format_args!("arn={arn}"));
            found.evidence.push(Fact::new(arn, "its row in the credential report", place.clone()));
            // Root always has a password; the report says `not_supported`.
            found.console = if root { Ok(true) } else { flag(row, "password_enabled", &place) };
            found.password_used = time(row, "password_last_used", &place);
            found.mfa = flag(row, "mfa_active", &place);
            found.keys = keys(row, &place);
        }
        Err(gap) => {
            found.console = if root { Ok(true) } else { Err(gap.clone()) };
            found.password_used = Err(gap.clone());
            found.mfa = listed_mfa(estate, account, arn, root, &mut found.evidence).unwrap_or_else(|| Err(gap.clone()));
            found.keys = Err(gap);
        }
    }
    found
}

fn flag(row: &CredentialRow, column: &str, place: &Place) -> Known<bool> {
    match row.flag(column) {
        Optional::Known(value) => Ok(value),
        Optional::Absent => Ok(false),
        Optional::Unknown(missing) => Err(Gap::member(&place.member(column), &missing)),
    }
}

fn time(row: &CredentialRow, column: &str, place: &Place) -> Known<Option<Timestamp>> {
    match row.text(column) {
        Optional::Known(text) => date(text).map(Some).ok_or_else(|| Gap::other(place.member(column), "it is no time")),
        Optional::Absent => Ok(None),
        Optional::Unknown(missing) => Err(Gap::member(&place.member(column), &missing)),
    }
}

fn keys(row: &CredentialRow, place: &Place) -> Known<Vec<AccessKey>> {
    let mut keys = Vec::new();
    for slot in [1u8, 2] {
        let active = flag(row, &format!("access_key_{slot}_active"), place)?;
        let rotated = time(row, &format!("access_key_{slot}_last_rotated"), place)?;
        let used = time(row, &format!("access_key_{slot}_last_used_date"), place)?;
        // A slot without a key has neither; one that was never active still has the time it was made.
        if active || rotated.is_some() {
            keys.push(AccessKey { slot, active, rotated, used });
        }
    }
    Ok(keys)
}

/// MFA from the lists of devices: a device proves it, none proves its absence only where every list is complete.
fn listed_mfa(estate: &Estate, account: &str, arn: &str, root: bool, evidence: &mut Vec<Fact>) -> Option<Known<bool>> {
    if root {
        let row = estate.iam_account_summaries.iter().map(|(_, row)| row).find(|row| &*row.account == account)?;
        let enabled = row.data.summary_map.known()?.get("AccountMFAEnabled")?;
        evidence.push(Fact::new(
            arn,
            "the account summary counts its MFA devices",
            row.place.member("SummaryMap/AccountMFAEnabled"),
        ));
        return Some(Ok(*enabled > 0));
    }
    let virtual_device = estate
        .iam_virtual_mfa_devices
        .iter()
        .find(|(_, row)| row.data.user.known().is_some_and(|user| user.arn == arn));
    if let Some((_, row)) = virtual_device {
        evidence.push(Fact::new(arn, "has a virtual MFA device", row.place.clone()));
        return Some(Ok(true));
    }
    let name = arn.rsplit('/').next().unwrap_or_default();
    let device = estate.iam_mfa_devices.of_parent(name).find(|(_, row)| &*row.account == account);
    if let Some((_, row)) = device {
        evidence.push(Fact::new(arn, "has an MFA device", row.place.clone()));
        return Some(Ok(true));
    }
    match estate.coverage.gap_of_parent(account, GLOBAL, "iam/list-mfa-devices", name) {
        None => Some(Ok(false)),
        Some(gap) => Some(Err(gap)),
    }
}
