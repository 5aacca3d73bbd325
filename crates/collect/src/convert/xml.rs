//! XML bodies (EC2 query, query and REST-XML) as a small tree, and the values that a shape makes of it.

use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Number, Value};

use super::{Context, ConvertError, DEPTH};
use crate::shapes::{Location, Member, Reference, Shape};

/// An element: names are without their namespace prefix.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// The text before the first child: for a leaf, all of it.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Parses a whole document; one that ends early is an error.
pub(super) fn parse(body: &[u8]) -> Result<Element, ConvertError> {
    let text = std::str::from_utf8(body).map_err(|_| ConvertError::Body("XML that is not UTF-8"))?;
    let mut reader = quick_xml::Reader::from_str(text);
    let bad = |_| ConvertError::Body("the body is not well-formed XML");
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        let (closed, append) = match reader.read_event().map_err(bad)? {
            Event::Start(start) => {
                if open.len() > DEPTH {
                    return Err(ConvertError::TooDeep);
                }
                if root.is_some() {
                    return Err(ConvertError::Body("XML with two roots"));
                }
                open.push(begin(&start)?);
                (None, None)
            }
            Event::Empty(start) => (Some(begin(&start)?), None),
            Event::End(_) => (open.pop(), None),
            Event::Text(text) => (None, Some(text.xml10_content().into_owned())),
            Event::CData(data) => (None, Some(data.xml10_content().into_owned())),
            Event::GeneralRef(name) => (None, Some(entity(&name)?)),
            Event::Eof => break,
            _ => (None, None),
        };
        if let (Some(text), Some(element)) = (append, open.last_mut())
            && element.children.is_empty()
        {
            element.text.push_str(&text);
        }
        if let Some(element) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None if root.is_none() => root = Some(element),
                None => return Err(ConvertError::Body("XML with two roots")),
            }
        }
    }
    if !open.is_empty() {
        return Err(ConvertError::Body("the XML body ends too early"));
    }
    root.ok_or(ConvertError::Body("an empty XML body"))
}

fn begin(start: &BytesStart<'_>) -> Result<Element, ConvertError> {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| ConvertError::Body("a broken XML attribute"))?;
        let key = attribute.key.as_ref().to_owned();
        let value = attribute.value.clone().into_owned();
        attributes.push((key, value));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

/// The five entities that XML predefines, and character references; nothing else is ever expanded.
fn entity(name: &quick_xml::events::BytesRef<'_>) -> Result<String, ConvertError> {
    if let Some(character) = name.resolve_char_ref().map_err(|_| ConvertError::Body("a broken XML reference"))? {
        return Ok(character.to_string());
    }
    let text: &str = name;
    Ok(match text {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(ConvertError::Body("an XML entity that is not predefined")),
    }
    .to_owned())
}

/// The members of a structure that stand in the element.
pub(super) fn structure(
    context: Context<'_>,
    members: &[Member],
    union: bool,
    element: &Element,
    depth: usize,
) -> Result<Map<String, Value>, ConvertError> {
    let mut found = Map::new();
    for member in members {
        if matches!(member.location, Some(Location::Header | Location::Headers | Location::Status)) {
            continue;
        }
        if member.location == Some(Location::Attribute) {
            let local = member.header().rsplit(':').next().unwrap_or_default();
            let value = element.attributes.iter().find(|(key, _)| key.rsplit(':').next() == Some(local));
            if let Some((_, value)) = value {
                found.insert(member.name.clone(), Value::String(value.clone()));
            }
            continue;
        }
        let nodes: Vec<&Element> = element.children.iter().filter(|child| child.name == member.wire()).collect();
        if nodes.is_empty() {
            continue;
        }
        found.insert(member.name.clone(), value(context, &member.shape, &nodes, member.flat, depth)?);
    }
    if union && found.is_empty() {
        unknown_tag(&mut found, element.children.first().map(|child| child.name.as_str()));
    }
    Ok(found)
}

/// What botocore returns for a union whose member it does not know.
pub(super) fn unknown_tag(found: &mut Map<String, Value>, tag: Option<&str>) {
    if let Some(tag) = tag {
        found.insert("SDK_UNKNOWN_MEMBER".to_owned(), serde_json::json!({ "name": tag }));
    }
}

/// The value of repeated elements under one name.
fn value(
    context: Context<'_>,
    shape: &Reference,
    nodes: &[&Element],
    flat: bool,
    depth: usize,
) -> Result<Value, ConvertError> {
    if depth > DEPTH {
        return Err(ConvertError::TooDeep);
    }
    let Some(first) = nodes.first() else { return Ok(Value::Null) };
    let Reference::Named(name) = shape else { return scalar(shape, &first.text) };
    match context.shape(name)? {
        Shape::Structure { members, union } => {
            Ok(Value::Object(structure(context, members, *union, first, depth + 1)?))
        }
        Shape::List { item } => {
            // services differ in how they name the element; every child is one
            let items: Vec<&Element> = if flat { nodes.to_vec() } else { first.children.iter().collect() };
            let items: Result<_, _> =
                items.into_iter().map(|node| value(context, item, &[node], false, depth + 1)).collect();
            Ok(Value::Array(items?))
        }
        Shape::Map { value: shape, key_element, value_element } => {
            let entries: Vec<&Element> = if flat { nodes.to_vec() } else { first.children.iter().collect() };
            let mut map = Map::new();
            for entry in entries {
                let key = entry.child(key_element).ok_or(ConvertError::Body("a map entry without a key"))?;
                let node = entry.child(value_element).ok_or(ConvertError::Body("a map entry without a value"))?;
                map.insert(key.text.clone(), value(context, shape, &[node], false, depth + 1)?);
            }
            Ok(Value::Object(map))
        }
    }
}

/// A scalar from its text: what stands in an element or in a header.
pub(super) fn scalar(shape: &Reference, text: &str) -> Result<Value, ConvertError> {
    let number = || ConvertError::Body("a number that is none");
    Ok(match shape {
        Reference::Integer => Value::Number(text.trim().parse::<i64>().map_err(|_| number())?.into()),
        Reference::Float => {
            let parsed: f64 = text.trim().parse().map_err(|_| number())?;
            Number::from_f64(parsed).map_or_else(|| Value::String(text.to_owned()), Value::Number)
        }
        Reference::Boolean => Value::Bool(text == "true"),
        Reference::Timestamp => super::timestamp::printed(&Value::String(text.to_owned())),
        Reference::Policy => super::policy(text),
        _ => Value::String(text.to_owned()),
    })
}
