//! The form of a rule file.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::yaml::Ordered;

pub use crate::severity::Severity;

/// How much of a requirement a rule covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Covers {
    /// All of it.
    Fully,
    /// A part; the rule's title says which.
    Partly,
}

/// One requirement of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its id in the framework: `2.6.1`, `RDS.2`.
    pub id: String,
    /// How much of it the rule covers.
    pub covers: Covers,
}

/// A rule file: `policies/<domain>/<id>.yaml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Portcullis rule")]
pub(crate) struct RuleFile {
    /// Plain kebab-case, stable for ever; the file is named after it.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub(crate) id: Spanned<String>,
    /// What is so when the rule holds.
    #[schemars(with = "String")]
    pub(crate) title: Spanned<String>,
    /// How bad it is if it does not.
    pub(crate) severity: Severity,
    /// Why it matters.
    #[schemars(with = "String")]
    pub(crate) rationale: Spanned<String>,
    /// What to do.
    #[schemars(with = "String")]
    pub(crate) remediation: Spanned<String>,
    /// Requirements of frameworks that it covers; `attack` is a list of technique ids.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, Vec<FrameworkEntry>>")]
    pub(crate) frameworks: Frameworks,
    /// What the project file must say, each with its type: `selector<ec2.instance>`, `ranges`, `int`, `list<string>`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, ParamSchema>")]
    pub(crate) params: Ordered<Declared>,
    /// What it ranges over: names bound to a kind (`rds.instance`) or to the elements of a list
    /// (`reach.into(db, db.port)`). The first kind is the resource that a finding is about.
    #[serde(rename = "for")]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(crate) bindings: Ordered<Spanned<String>>,
    /// What exempts a resource; unknown does not.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) unless: Option<Spanned<String>>,
    /// Names for parts of the conditions.
    #[serde(default, rename = "let")]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(crate) definitions: Ordered<Spanned<String>>,
    /// What must be so.
    #[schemars(with = "String")]
    pub(crate) require: Spanned<String>,
    /// What a finding says; `{db.id}` is filled in.
    #[schemars(with = "String")]
    pub(crate) message: Spanned<String>,
}

/// An entry under `frameworks`, for the JSON Schema.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum FrameworkEntry {
    /// An ATT&CK technique.
    Technique(String),
    /// A requirement.
    Requirement(Requirement),
}

/// A parameter, for the JSON Schema.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum ParamSchema {
    /// Its type.
    Type(String),
    /// Its type with a default.
    Full(FullParam),
}

/// A parameter with a default.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FullParam {
    /// Its type.
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    pub(crate) ty: Spanned<String>,
    /// The value where the project says nothing; selectors and ranges have none.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Value>")]
    pub(crate) default: Option<Spanned<serde_json::Value>>,
    /// What it means.
    #[serde(default)]
    pub(crate) doc: Option<String>,
}

/// A declared parameter: `int`, or `{type: int, default: 90}`.
#[derive(Debug, Clone)]
pub(crate) enum Declared {
    Type(String),
    Full(FullParam),
}

impl<'de> Deserialize<'de> for Declared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Declared;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type, or {type: …, default: …}")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Declared::Type(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                FullParam::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Declared::Full)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// What a rule covers: requirements by framework, and ATT&CK techniques.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Frameworks {
    /// Requirements by framework: `cis-aws`, `fsbp`, `isms-p`, or one of your own.
    pub requirements: std::collections::BTreeMap<String, Vec<Requirement>>,
    /// ATT&CK techniques: `T1190`.
    pub attack: Vec<String>,
}

impl<'de> Deserialize<'de> for Frameworks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Frameworks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from framework to requirements")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = Frameworks::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "attack" {
                        found.attack = map.next_value()?;
                        if let Some(wrong) = found.attack.iter().find(|id| !is_technique(id)) {
                            return Err(A::Error::custom(format_args!(
                                "`{wrong}` is no ATT&CK technique such as T1190 or T1578.005"
                            )));
                        }
                    } else if name.is_empty()
                        || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    {
                        return Err(A::Error::custom(format_args!(
                            "`{name}` is no name of a framework: use kebab-case"
                        )));
                    } else {
                        found.requirements.insert(name, map.next_value()?);
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_map(Map)
    }
}

fn is_technique(id: &str) -> bool {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = id.strip_prefix('T') else { return false };
    match rest.split_once('.') {
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
        None => digits(rest, 4),
    }
}

/// The JSON Schema of rule files.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(RuleFile).to_value()
}

/// A rule file to begin with.
pub fn starting_file(id: &str) -> Result<String, String> {
    if !is_id(id) {
        return Err(format!("`{id}` is no id of a rule: use small letters, digits and single dashes"));
    }
    Ok(format!(
        "\
id: {id}
title: Databases are encrypted
severity: medium
rationale: Say what goes wrong where this is not so.
remediation: Say what to change.
frameworks: {{}}
for: {{db: rds.instance}}
require: db.storage_encrypted
message: \"{{db.id}} is not encrypted\"
"
    ))
}

/// Whether a text is plain kebab-case.
pub(crate) fn is_id(id: &str) -> bool {
    id.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}
