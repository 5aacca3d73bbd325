//! Selectors: how a person names resources without writing their ids down.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_estate::selectable::{Candidate, candidates};
use portcullis_estate::{Estate, Gap};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// `{tag: {Role: bastion}}`, `{id: …}`, `{name: "shop-*"}`, `{kind: …}`; several criteria must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Tags that the resource carries, with these values (`*` and `?` match).
    #[serde(default)]
    pub tag: BTreeMap<String, String>,
    /// Id, name or ARN.
    pub id: Option<String>,
    /// Name, with `*` and `?`.
    pub name: Option<String>,
    /// Kind: `ec2.instance`, `iam.user`, …
    pub kind: Option<String>,
    /// IAM group that the user is a member of.
    pub group: Option<String>,
    /// How many are meant.
    pub count: Option<usize>,
}

/// The resources that selectors name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The members, sorted.
    pub members: Vec<Candidate>,
    /// Why there may be more members, or why a candidate could not be judged.
    pub gaps: BTreeSet<Gap>,
}

impl Selector {
    /// Reads one selector; a text is an ARN or an id.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let selector = match value {
            Value::String(id) if !id.is_empty() => Self { id: Some(id.clone()), ..Self::default() },
            Value::Object(_) => Self::deserialize(value).map_err(|error| error.to_string())?,
            _ => {
                return Err(
                    "expected a selector like {tag: {Role: bastion}}, {id: …}, {name: …} or {kind: …}".to_owned()
                );
            }
        };
        let Self { tag, id, name, kind, group, count: _ } = &selector;
        if tag.is_empty() && id.is_none() && name.is_none() && kind.is_none() && group.is_none() {
            return Err("the selector names nothing; give `tag`, `id`, `name`, `kind` or `group`".to_owned());
        }
        if let Some(kind) = kind.as_deref().filter(|kind| portcullis_estate::selectable::kinds_of(kind).is_empty()) {
            return Err(format!(
                "`{kind}` is no kind that a selector can name; the kinds: {}",
                portcullis_estate::selectable::kind_names().join(", ")
            ));
        }
        Ok(selector)
    }

    /// Reads one selector or a list of them (a union).
    pub fn parse_all(value: &Value) -> Result<Vec<Self>, String> {
        match value {
            Value::Array(items) => items.iter().map(Self::parse).collect(),
            one => Ok(vec![Self::parse(one)?]),
        }
    }

    /// The resources of a kind (or pseudo-kind such as `workload`) that it names.
    ///
    /// `Err` is a person's mistake: nothing matches although the list is complete, or not as many as `count` says.
    pub fn select(&self, estate: &Estate, kind: &str) -> Result<Selection, String> {
        let mut selection = Selection::default();
        for listed in portcullis_estate::selectable::kinds_of(self.kind.as_deref().unwrap_or(kind)) {
            let listing = candidates(estate, listed);
            selection.gaps.extend(listing.gaps);
            for candidate in listing.members {
                match self.matches(&candidate) {
                    Ok(true) => selection.members.push(candidate),
                    Ok(false) => {}
                    Err(gap) => {
                        selection.gaps.insert(gap);
                    }
                }
            }
        }
        selection.members.sort();
        selection.members.dedup();
        if selection.gaps.is_empty() {
            if selection.members.is_empty() {
                return Err(format!("the selector {self} matches nothing"));
            }
            if let Some(count) = self.count.filter(|count| *count != selection.members.len()) {
                return Err(format!("the selector {self} matches {}, not {count}", selection.members.len()));
            }
        }
        Ok(selection)
    }

    /// Whether it names this resource.
    pub fn matches(&self, candidate: &Candidate) -> Result<bool, Gap> {
        if self
            .kind
            .as_deref()
            .is_some_and(|kind| !portcullis_estate::selectable::kinds_of(kind).contains(&candidate.kind))
        {
            return Ok(false);
        }
        if let Some(id) = &self.id {
            let named =
                candidate.id == *id || candidate.arn.as_ref() == Some(id) || candidate.name.as_ref() == Some(id);
            if !named {
                return Ok(false);
            }
        }
        if let Some(pattern) = &self.name {
            let by_name = candidate.name.as_deref().unwrap_or(&candidate.id);
            if !glob(pattern, by_name) {
                return Ok(false);
            }
        }
        if let Some(group) = &self.group {
            match &candidate.groups {
                Ok(groups) if groups.contains(group) => {}
                Ok(_) => return Ok(false),
                Err(gap) => return Err(gap.clone()),
            }
        }
        if !self.tag.is_empty() {
            let tags = candidate.tags.as_ref().map_err(Clone::clone)?;
            let all = self.tag.iter().all(|(key, value)| tags.get(key).is_some_and(|found| glob(value, found)));
            if !all {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        if let Some(kind) = &self.kind {
            parts.push(format!("kind: {kind}"));
        }
        if !self.tag.is_empty() {
            let tags: Vec<String> = self.tag.iter().map(|(k, v)| format!("{k}: {v}")).collect();
            parts.push(format!("tag: {{{}}}", tags.join(", ")));
        }
        for (key, value) in [("id", &self.id), ("name", &self.name), ("group", &self.group)] {
            if let Some(value) = value {
                parts.push(format!("{key}: {value}"));
            }
        }
        write!(f, "{{{}}}", parts.join(", "))
    }
}

/// `*` matches any text, `?` one character.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    p = star + 1;
                    t = from + 1;
                    retry = Some((star, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("shop-*", "shop-db", true),
            ("shop-*", "ashop-db", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b", "ac", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_selector_that_names_nothing_is_refused() {
        assert!(Selector::parse(&serde_json::json!({})).is_err());
        assert!(Selector::parse(&serde_json::json!({"tga": {"a": "b"}})).unwrap_err().contains("tga"));
        assert!(Selector::parse(&serde_json::json!({"kind": "ec2.instances"})).unwrap_err().contains("ec2.instance"));
    }
}
