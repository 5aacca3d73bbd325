//! Joining pages as the CLI does: lists are concatenated, markers drop out.

use serde_json::{Map, Value};

use crate::shapes::Pages;

/// The marker of the next page; `None` after the last.
pub(crate) fn next(pages: &Pages, page: &Value) -> Option<String> {
    if let Some(more) = &pages.more
        && page.get(more).and_then(Value::as_bool) != Some(true)
    {
        return None;
    }
    let member = pages.token.first()?.iter().find_map(|name| page.get(name))?;
    member.as_str().filter(|token| !token.is_empty()).map(str::to_owned)
}

/// The name of the member that carries the marker.
pub(crate) fn marker(pages: &Pages) -> &str {
    pages.token.first().and_then(|names| names.first()).map_or("NextToken", String::as_str)
}

/// Adds one page to what is joined so far.
pub(crate) fn join(pages: &Pages, joined: &mut Map<String, Value>, page: Value, first: bool) {
    let Value::Object(mut page) = page else { return };
    for name in &pages.results {
        let Some(value) = page.remove(name) else { continue };
        match (joined.get_mut(name), value) {
            (Some(Value::Array(items)), Value::Array(more)) => items.extend(more),
            (Some(_), _) => {}
            (None, value) => {
                joined.insert(name.clone(), value);
            }
        }
    }
    if first {
        for name in &pages.once {
            // the CLI prints such a member as null where the answer lacks it
            joined.insert(name.clone(), page.remove(name).unwrap_or(Value::Null));
        }
        if pages.keep {
            page.retain(|name, _| !pages.token.iter().flatten().any(|token| token == name));
            joined.extend(page);
        }
    }
}
