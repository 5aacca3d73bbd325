//! The IAM credential report: a CSV file inside an answer.
//!
//! Columns: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>. They are found by
//! name, since AWS appends new ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::timestamp::Timestamp;
use crate::member::{Missing, Optional, Required};

shape! {
/// The report of one account (`GetCredentialReport`).
CredentialReport {
    /// The rows.
    #[serde(default)]
    content: Required<CredentialRows>,
    /// When AWS made it; up to four hours old.
    #[serde(default)]
    generated_time: Required<Timestamp>,
}
}

/// The rows of a report, or why its text could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialRows {
    /// One row per user; the root user is `<root_account>`.
    Read(Vec<CredentialRow>),
    /// What was there could not be decoded.
    Unreadable(String),
}

/// One row of the report, by column name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow(BTreeMap<String, String>);

impl CredentialRow {
    /// The text of a column; `N/A`, `not_supported` and `no_information` are known absences.
    #[must_use]
    pub fn text(&self, column: &str) -> Optional<&str> {
        match self.0.get(column).map(String::as_str) {
            None => Optional::Unknown(Missing::absent()),
            Some("N/A" | "not_supported" | "no_information" | "") => Optional::Absent,
            Some(text) => Optional::Known(text),
        }
    }

    /// The value of a yes-or-no column. `not_supported` (the root user's password) is neither.
    #[must_use]
    pub fn flag(&self, column: &str) -> Optional<bool> {
        match self.text(column) {
            Optional::Known(text) if text.eq_ignore_ascii_case("true") => Optional::Known(true),
            Optional::Known(text) if text.eq_ignore_ascii_case("false") => Optional::Known(false),
            Optional::Known(_) => Optional::Unknown(Missing("neither `true` nor `false`".into())),
            Optional::Absent => Optional::Absent,
            Optional::Unknown(missing) => Optional::Unknown(missing),
        }
    }

    /// The user's ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        self.0.get("arn").map_or("", String::as_str)
    }

    /// The user's name, `<root_account>` for root.
    #[must_use]
    pub fn user(&self) -> &str {
        self.0.get("user").map_or("", String::as_str)
    }
}

impl CredentialRows {
    fn from_text(text: &str) -> Self {
        // The service encodes the CSV in base64; some clients hand it out decoded.
        let decoded;
        let csv = if text.starts_with("user,") {
            text
        } else {
            match base64_decoded(text).and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(text) => {
                    decoded = text;
                    decoded.as_str()
                }
                None => return Self::Unreadable("the report is neither CSV nor base64".to_owned()),
            }
        };
        let mut lines = csv.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
        if header.first() != Some(&"user") || !header.contains(&"arn") {
            return Self::Unreadable("the report has no header line".to_owned());
        }
        // No column holds a comma: names and ARNs of users may hold `+=,.@-`, so a comma can stand in a user name.
        let mut rows = Vec::new();
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split(',').collect();
            let Some(extra) = cells.len().checked_sub(header.len()).filter(|extra| extra % 2 == 0) else {
                return Self::Unreadable(format!("a line has {} of {} columns", cells.len(), header.len()));
            };
            // A comma in the name stands once in the column `user` and once in `arn`.
            let (name, rest) = cells.split_at((extra / 2 + 1).min(cells.len()));
            let (arn, rest) = rest.split_at((extra / 2 + 1).min(rest.len()));
            let columns = [name.join(","), arn.join(",")].into_iter().chain(rest.iter().map(|cell| (*cell).to_owned()));
            rows.push(CredentialRow(header.iter().map(|name| (*name).to_owned()).zip(columns).collect()));
        }
        Self::Read(rows)
    }
}

impl<'de> Deserialize<'de> for CredentialRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_text(&String::deserialize(deserializer)?))
    }
}

fn base64_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u32);
    for symbol in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CSV: &str = "user,arn,user_creation_time,password_enabled,mfa_active\n\
        <root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,true\n\
        a,b,arn:aws:iam::123456789012:user/a,b,2021-01-01T00:00:00+00:00,false,false\n";

    #[test]
    fn rows_are_read_by_column_name() {
        let CredentialRows::Read(rows) = CredentialRows::from_text(CSV) else { panic!("unreadable") };
        assert_eq!(rows[0].user(), "<root_account>");
        assert_eq!(rows[0].flag("password_enabled"), Optional::Absent);
        assert_eq!(rows[0].flag("mfa_active"), Optional::Known(true));
        assert_eq!((rows[1].user(), rows[1].arn()), ("a,b", "arn:aws:iam::123456789012:user/a,b"));
        assert_eq!(rows[1].flag("password_enabled"), Optional::Known(false));
        assert!(matches!(rows[1].flag("cert_1_active"), Optional::Unknown(_)));
    }

    #[test]
    fn base64_and_damage() {
        let encoded = "dXNlcixhcm4KcixhcgE="; // "user,arn\nr,ar\u{1}"
        let report: CredentialReport = serde_json::from_value(json!({"Content": encoded})).unwrap();
        assert!(matches!(report.content.known(), Some(CredentialRows::Read(rows)) if rows.len() == 1));
        for damaged in ["!!", "", "dXNl"] {
            assert!(matches!(CredentialRows::from_text(damaged), CredentialRows::Unreadable(_)), "{damaged}");
        }
    }
}
