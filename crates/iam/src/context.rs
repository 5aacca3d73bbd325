//! The condition keys of a request: given, known to be absent, or unknown.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// What is known of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// In the request, with these values.
    Values(Vec<String>),
    /// Known not to be in the request.
    Absent,
    /// A time not before this one, and perhaps (`maybe_absent`) not in the request at all.
    NotBefore {
        /// The earliest time that it can have.
        since: Timestamp,
        /// Whether it may be missing.
        maybe_absent: bool,
    },
    /// Not known.
    Unknown,
}

/// The keys of one request. Names are case-insensitive; keys that are not listed are absent if the context is
/// complete, else unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    keys: BTreeMap<String, KeyState>,
    absent_prefixes: Vec<String>,
    complete: bool,
}

impl Context {
    /// A context in which a key that is not listed is absent.
    #[must_use]
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// A context in which a key that is not listed is unknown.
    #[must_use]
    pub fn open() -> Self {
        Self::default()
    }

    /// Sets a key, replacing what was known of it.
    pub fn set(&mut self, key: &str, state: KeyState) {
        self.keys.insert(key.to_ascii_lowercase(), state);
    }

    /// Sets a key to one value.
    pub fn set_value(&mut self, key: &str, value: impl Into<String>) {
        self.set(key, KeyState::Values(vec![value.into()]));
    }

    /// Sets a key unless something is known of it already.
    pub fn derive(&mut self, key: &str, state: KeyState) {
        self.keys.entry(key.to_ascii_lowercase()).or_insert(state);
    }

    /// Keys with this prefix (`aws:PrincipalTag/`) are absent unless listed.
    pub fn absent_prefix(&mut self, prefix: &str) {
        self.absent_prefixes.push(prefix.to_ascii_lowercase());
    }

    /// What is known of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> &KeyState {
        let key = key.to_ascii_lowercase();
        match self.keys.get(&key) {
            // A key without values is no different from one that is not there.
            Some(KeyState::Values(values)) if values.is_empty() => &KeyState::Absent,
            Some(state) => state,
            None if self.complete || self.absent_prefixes.iter().any(|prefix| key.starts_with(prefix)) => {
                &KeyState::Absent
            }
            None => &KeyState::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_what_is_not_listed_follows_the_kind_of_context() {
        let mut context = Context::open();
        context.set_value("aws:SourceIp", "192.0.2.1");
        context.absent_prefix("aws:PrincipalTag/");
        assert_eq!(context.get("AWS:sourceip"), &KeyState::Values(vec!["192.0.2.1".to_owned()]));
        assert_eq!(context.get("aws:PrincipalTag/team"), &KeyState::Absent);
        assert_eq!(context.get("aws:SourceVpc"), &KeyState::Unknown);
        assert_eq!(Context::complete().get("aws:SourceVpc"), &KeyState::Absent);
    }
}
