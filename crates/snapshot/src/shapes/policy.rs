//! Policy documents inside answers: URL-encoded text, plain text or an object, by operation and client.
//!
//! The API returns IAM documents URL-encoded (RFC 3986), the AWS CLI decodes them to objects; bucket, key and
//! organization policies are JSON in a string:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Largest policy text that is read; AWS's own quotas are far below (32 KiB for a key policy).
const MAX_BYTES: usize = 1 << 20;

/// A policy document, decoded but not interpreted.
///
/// Text that is no JSON object stays here with its reason, so that one odd document is a gap where it matters and not
/// the end of the whole snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDocument {
    /// The decoded document.
    Read(Value),
    /// What was there could not be decoded.
    Unreadable(String),
}

impl PolicyDocument {
    /// The decoded document, or why there is none.
    pub fn get(&self) -> Result<&Value, &str> {
        match self {
            Self::Read(value) => Ok(value),
            Self::Unreadable(cause) => Err(cause),
        }
    }

    /// Decodes a document that is text.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        if text.len() > MAX_BYTES {
            return Self::Unreadable(format!("policy text of {} bytes is too large", text.len()));
        }
        let decoded;
        let json = if text.trim_start().starts_with('%') {
            match percent_decoded(text) {
                Some(text) => {
                    decoded = text;
                    decoded.as_str()
                }
                None => return Self::Unreadable("policy text is not valid URL encoding".to_owned()),
            }
        } else {
            text
        };
        match serde_json::from_str::<Value>(json) {
            Ok(value) if value.is_object() => Self::Read(value),
            Ok(_) => Self::Unreadable("policy text is not a JSON object".to_owned()),
            Err(error) => Self::Unreadable(format!("policy text is not valid JSON ({error})")),
        }
    }
}

/// The statements of a document with their stable names, in the document's order.
///
/// A statement is named by its `Sid` where that is unique in the document, else by a hash of its content that neither
/// the order of lists nor the choice between a scalar and a list of one changes.
#[must_use]
pub fn statements(document: &Value) -> Vec<(String, &Value)> {
    let list: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    list.iter()
        .map(|statement| {
            let unique =
                sid(statement).filter(|name| list.iter().filter(|other| sid(other) == Some(*name)).count() == 1);
            (unique.map_or_else(|| content_hash(statement), str::to_owned), *statement)
        })
        .collect()
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())
}

fn content_hash(value: &Value) -> String {
    // FNV-1a over 128 bits: a name, not a seal.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in canonical(value).to_string().bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{:016x}", (hash >> 64) ^ (hash & u128::from(u64::MAX)))
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(canonical).collect();
            if items.len() == 1 {
                return items.remove(0);
            }
            items.sort_by_cached_key(Value::to_string);
            items.dedup();
            Value::Array(items)
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().map(|(name, value)| (name.clone(), canonical(value))).collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(sorted.into_iter().collect())
        }
        other => other.clone(),
    }
}

impl<'de> Deserialize<'de> for PolicyDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::String(text) => Self::from_text(&text),
            value @ Value::Object(_) => Self::Read(value),
            _ => Self::Unreadable("policy document is neither text nor an object".to_owned()),
        })
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit(rest.next()?)? << 4 | digit(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_three_forms_are_one_document() {
        let object = json!({"Version": "2012-10-17", "Statement": []});
        let plain = json!(r#"{"Version":"2012-10-17","Statement":[]}"#);
        let encoded = json!("%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D");
        for form in [&object, &plain, &encoded] {
            assert_eq!(
                serde_json::from_value::<PolicyDocument>(form.clone()).unwrap(),
                PolicyDocument::Read(object.clone())
            );
        }
    }

    #[test]
    fn a_statement_keeps_its_name_when_lists_are_shuffled() {
        let a = json!({"Statement": {"Effect": "Allow", "Action": ["s3:A", "s3:B"], "Resource": "*"}});
        let b = json!({"Statement": [{"Effect": "Allow", "Action": ["s3:B", "s3:A"], "Resource": ["*"]}]});
        assert_eq!(statements(&a)[0].0, statements(&b)[0].0);
        let twice =
            json!({"Statement": [{"Sid": "x", "Effect": "Allow"}, {"Sid": "x", "Effect": "Deny"}, {"Sid": "y"}]});
        let names: Vec<String> = statements(&twice).into_iter().map(|(name, _)| name).collect();
        assert_ne!(names[0], names[1]);
        assert_eq!((names[0].len(), names[2].as_str()), (16, "y"));
    }

    #[test]
    fn what_cannot_be_decoded_is_kept_with_its_reason() {
        for form in [json!("%7"), json!("%7Bx"), json!("[]"), json!("{"), json!(3), json!(["a"])] {
            assert!(serde_json::from_value::<PolicyDocument>(form).unwrap().get().is_err());
        }
    }
}
