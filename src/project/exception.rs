//! Findings that are accepted for a time.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::selector::Selector;
use super::{ProjectError, date, invalid};

/// The longest time for which a finding may be accepted, counted from the audit's *now*.
pub const MAX_DAYS: i64 = 180;

/// An exception: this rule on this resource, until then. It never covers an unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// Rule id.
    pub rule: String,
    /// The resources.
    pub resource: Selector,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who accepted it.
    pub approved_by: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// Line in the project file.
    pub line: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Rule id.
    rule: String,
    /// A selector, or an ARN.
    resource: Value,
    /// Why it is accepted.
    reason: String,
    /// Who answers for it.
    owner: String,
    /// Who accepted it.
    approved_by: String,
    /// A date, `YYYY-MM-DD`, at most 180 days ahead.
    expires: String,
}

impl Exception {
    pub(super) fn from_entry(entry: Spanned<Entry>, name: &str) -> Result<Self, ProjectError> {
        let at = entry.referenced;
        let Entry { rule, resource, reason, owner, approved_by, expires } = entry.value;
        for (field, text) in [("rule", &rule), ("reason", &reason), ("owner", &owner), ("approved_by", &approved_by)] {
            if text.trim().is_empty() {
                return Err(invalid(name, Some(at), format!("`{field}` of an exception is empty")));
            }
        }
        let resource = Selector::parse(&resource).map_err(|message| invalid(name, Some(at), message))?;
        let expires = date(&expires).map_err(|message| invalid(name, Some(at), message))?;
        Ok(Self { rule, resource, reason, owner, approved_by, expires, line: at.line() })
    }

    /// Why the exception does not hold on this day, if it does not.
    #[must_use]
    pub fn refused_on(&self, today: Date) -> Option<String> {
        if self.expires < today {
            return Some(format!("exception for `{}` (line {}) expired on {}", self.rule, self.line, self.expires));
        }
        let days = today.until(self.expires).map_or(i64::MAX, |span| i64::from(span.get_days()));
        (days > MAX_DAYS).then(|| {
            format!(
                "exception for `{}` (line {}) lasts {days} days, more than {MAX_DAYS}; choose an earlier `expires`",
                self.rule, self.line
            )
        })
    }
}
