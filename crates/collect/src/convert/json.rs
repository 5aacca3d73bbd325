//! JSON bodies, and CBOR ones once decoded: the values that a shape makes of them.

use serde_json::{Map, Value};

use super::{Context, ConvertError, DEPTH, timestamp, xml};
use crate::shapes::{Member, Reference, Shape};

/// The members of a structure; what the model does not know is dropped, as the CLI drops it.
pub(super) fn structure(
    context: Context<'_>,
    members: &[Member],
    union: bool,
    mut raw: Map<String, Value>,
    depth: usize,
) -> Result<Map<String, Value>, ConvertError> {
    let mut found = Map::new();
    for member in members {
        if member.location.is_some() {
            continue;
        }
        match raw.remove(member.wire()) {
            None | Some(Value::Null) => {}
            Some(value) => {
                found.insert(member.name.clone(), self::value(context, &member.shape, value, depth)?);
            }
        }
    }
    if union && found.is_empty() {
        let tag = raw.iter().find(|(name, value)| *name != "__type" && !value.is_null());
        xml::unknown_tag(&mut found, tag.map(|(name, _)| name.as_str()));
    }
    Ok(found)
}

fn value(context: Context<'_>, shape: &Reference, raw: Value, depth: usize) -> Result<Value, ConvertError> {
    if depth > DEPTH {
        return Err(ConvertError::TooDeep);
    }
    let name = match shape {
        Reference::Named(name) => name,
        Reference::Timestamp => return Ok(timestamp::printed(&raw)),
        _ => return Ok(raw),
    };
    let wrong = ConvertError::Body("a member of another type than the model's");
    match (context.shape(name)?, raw) {
        (_, Value::Null) => Ok(Value::Null),
        (Shape::Structure { members, union }, Value::Object(raw)) => {
            structure(context, members, *union, raw, depth + 1).map(Value::Object)
        }
        (Shape::List { item }, Value::Array(raw)) => {
            let items: Result<_, _> = raw.into_iter().map(|raw| value(context, item, raw, depth + 1)).collect();
            Ok(Value::Array(items?))
        }
        (Shape::Map { value: shape, .. }, Value::Object(raw)) => {
            let mut found = Map::new();
            for (key, raw) in raw {
                found.insert(key, value(context, shape, raw, depth + 1)?);
            }
            Ok(Value::Object(found))
        }
        _ => Err(wrong),
    }
}
