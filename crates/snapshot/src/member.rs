//! Members of an answer are three-valued: known, absent, unknown.
//!
//! Which of two types a member has declares what its absence means: [`Required`] members that are absent are unknown,
//! [`Optional`] members that are absent are known to be absent. A member with a documented default is a `Required`
//! with `#[serde(default = "…")]` and the AWS page in its comment.

use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Why a member has no value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing(pub Arc<str>);

impl Missing {
    /// The member is not in the answer, and AWS always gives it.
    #[must_use]
    pub fn absent() -> Self {
        Self(Arc::from("not in the answer"))
    }
}

/// A member that AWS always gives: absent means not seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Required<T> {
    /// Seen.
    Known(T),
    /// Not seen, with the reason.
    Unknown(Missing),
}

/// A member that AWS leaves out when there is nothing to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Optional<T> {
    /// Seen.
    Known(T),
    /// Known to be absent.
    #[default]
    Absent,
    /// Not seen, with the reason.
    Unknown(Missing),
}

impl<T> Default for Required<T> {
    fn default() -> Self {
        Self::Unknown(Missing::absent())
    }
}

impl<T> Required<T> {
    /// The value, or why there is none.
    pub fn get(&self) -> Result<&T, &Missing> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unknown(missing) => Err(missing),
        }
    }

    /// The value where it is known.
    pub fn known(&self) -> Option<&T> {
        self.get().ok()
    }
}

impl<T> Optional<T> {
    /// The value, its known absence, or why neither is known.
    pub fn get(&self) -> Result<Option<&T>, &Missing> {
        match self {
            Self::Known(value) => Ok(Some(value)),
            Self::Absent => Ok(None),
            Self::Unknown(missing) => Err(missing),
        }
    }

    /// The value where it is known to be there.
    pub fn known(&self) -> Option<&T> {
        self.get().ok().flatten()
    }
}

/// What `{"$unknown": "reason"}` or a plain value stands for.
enum Raw<T> {
    Value(T),
    Null,
    Unknown(Missing),
}

fn raw<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Raw<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match &value {
        Value::Null => return Ok(Raw::Null),
        Value::Object(members) if members.len() == 1 => {
            if let Some(reason) = members.get("$unknown") {
                return Ok(Raw::Unknown(Missing(Arc::from(reason.as_str().unwrap_or("unknown")))));
            }
        }
        _ => {}
    }
    // The outer path tracker does not see into the buffered value: carry the inner path in the message.
    serde_path_to_error::deserialize(value).map(Raw::Value).map_err(|error| {
        let path = error.path().to_string();
        if path == "." {
            D::Error::custom(error.into_inner())
        } else {
            D::Error::custom(format_args!("at `{path}`: {}", error.into_inner()))
        }
    })
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Required<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match raw(deserializer)? {
            Raw::Value(value) => Self::Known(value),
            Raw::Null => Self::default(),
            Raw::Unknown(missing) => Self::Unknown(missing),
        })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match raw(deserializer)? {
            Raw::Value(value) => Self::Known(value),
            Raw::Null => Self::Absent,
            Raw::Unknown(missing) => Self::Unknown(missing),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Thing {
        #[serde(default)]
        open: Required<bool>,
        #[serde(default)]
        names: Optional<Vec<String>>,
    }

    fn thing(text: &str) -> Result<Thing, String> {
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|e| format!("{} {}", e.path(), e.inner()))
    }

    #[test]
    fn absence_means_what_the_type_says() {
        let empty = thing("{}").unwrap();
        assert!(matches!(empty.open, Required::Unknown(_)));
        assert_eq!(empty.names, Optional::Absent);
        let null = thing(r#"{"Open": null, "Names": null}"#).unwrap();
        assert!(matches!(null.open, Required::Unknown(_)));
        assert_eq!(null.names, Optional::Absent);
    }

    #[test]
    fn a_planned_value_is_unknown_with_its_reason() {
        let planned = thing(r#"{"Open": {"$unknown": "known after apply"}, "Names": {"$unknown": "x"}}"#).unwrap();
        assert_eq!(planned.open, Required::Unknown(Missing(Arc::from("known after apply"))));
        assert!(matches!(planned.names, Optional::Unknown(_)));
    }

    #[test]
    fn a_wrong_type_names_the_member() {
        let error = thing(r#"{"Names": ["a", 3]}"#).unwrap_err();
        assert!(error.contains("Names") && error.contains("[1]"), "{error}");
    }
}
