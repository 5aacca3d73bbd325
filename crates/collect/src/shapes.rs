//! The output shapes of the operations that are asked, read from the table that `shapes/generate.py` writes.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The table as it is embedded.
static TEXT: &str = include_str!("../shapes/shapes.json");
static TABLE: LazyLock<Result<Table, serde_json::Error>> = LazyLock::new(|| serde_json::from_str(TEXT));

/// How a service writes its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Protocol {
    #[serde(rename = "ec2")]
    Ec2,
    #[serde(rename = "query")]
    Query,
    #[serde(rename = "rest-xml")]
    RestXml,
    #[serde(rename = "json")]
    Json,
    #[serde(rename = "rest-json")]
    RestJson,
    #[serde(rename = "smithy-rpc-v2-cbor")]
    Cbor,
}

#[derive(Debug, Deserialize)]
struct Table {
    services: HashMap<String, Service>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Service {
    pub(crate) protocol: Protocol,
    operations: HashMap<String, Output>,
    shapes: HashMap<String, Shape>,
}

/// What one operation answers with.
#[derive(Debug, Deserialize)]
pub(crate) struct Output {
    /// The output's shape; absent where the operation answers nothing.
    #[serde(rename = "output")]
    pub(crate) shape: Option<Reference>,
    /// The element around the output (query protocol).
    pub(crate) wrapper: Option<String>,
    /// The member that is the whole body (REST protocols).
    pub(crate) payload: Option<String>,
    /// How its pages hang together.
    pub(crate) pages: Option<Pages>,
}

/// botocore's paginator: how the CLI merges pages.
#[derive(Debug, Deserialize)]
pub(crate) struct Pages {
    /// Members of the output that carry the marker, with alternatives.
    pub(crate) token: Vec<Vec<String>>,
    /// Members whose lists are joined.
    pub(crate) results: Vec<String>,
    /// The member that says whether another page follows.
    pub(crate) more: Option<String>,
    /// Members that are taken from the first page.
    #[serde(default)]
    pub(crate) once: Vec<String>,
    /// Whether all that is not joined stays: the CLI does not page the operation, we do.
    #[serde(default)]
    pub(crate) keep: bool,
}

/// A reference to a scalar or to a named shape.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub(crate) enum Reference {
    String,
    Policy,
    Integer,
    Float,
    Boolean,
    Timestamp,
    Blob,
    Document,
    Named(String),
}

impl From<String> for Reference {
    fn from(text: String) -> Self {
        match text.as_str() {
            "policy" => Self::Policy,
            "integer" => Self::Integer,
            "float" => Self::Float,
            "boolean" => Self::Boolean,
            "timestamp" => Self::Timestamp,
            "blob" => Self::Blob,
            "document" => Self::Document,
            other => match other.strip_prefix('#') {
                Some(name) => Self::Named(name.to_owned()),
                None => Self::String,
            },
        }
    }
}

/// A shape that is not a scalar.
#[derive(Debug, Deserialize)]
#[serde(from = "RawShape")]
pub(crate) enum Shape {
    Structure { members: Vec<Member>, union: bool },
    List { item: Reference },
    Map { value: Reference, key_element: String, value_element: String },
}

#[derive(Debug, Deserialize)]
struct RawShape {
    members: Option<Vec<Member>>,
    union: Option<Vec<Member>>,
    list: Option<Reference>,
    map: Option<Reference>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: String,
}

impl From<RawShape> for Shape {
    fn from(raw: RawShape) -> Self {
        if let Some(item) = raw.list {
            return Self::List { item };
        }
        if let Some(value) = raw.map {
            return Self::Map { value, key_element: raw.key, value_element: raw.value };
        }
        let union = raw.union.is_some();
        Self::Structure { members: raw.union.or(raw.members).unwrap_or_default(), union }
    }
}

/// Where a member stands in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Location {
    #[serde(rename = "header")]
    Header,
    #[serde(rename = "headers")]
    Headers,
    #[serde(rename = "statusCode")]
    Status,
    #[serde(rename = "attribute")]
    Attribute,
}

/// A member of a structure.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) shape: Reference,
    wire: Option<String>,
    #[serde(default)]
    pub(crate) flat: bool,
    #[serde(rename = "in")]
    pub(crate) location: Option<Location>,
    header: Option<String>,
    #[serde(default)]
    pub(crate) sensitive: bool,
}

impl Member {
    /// Its name in the body.
    pub(crate) fn wire(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }

    /// Its name among the headers or attributes.
    pub(crate) fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(&self.name)
    }
}

impl Service {
    /// The shape of a name; `None` only if the table is torn.
    pub(crate) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }
}

/// The service and the output of an operation, by the CLI's service and the API's operation name.
pub(crate) fn output(service: &str, api: &str) -> Option<(&'static Service, &'static Output)> {
    let service = TABLE.as_ref().ok()?.services.get(service)?;
    Some((service, service.operations.get(api)?))
}

#[cfg(test)]
mod tests {
    use portcullis_snapshot::operations::OPERATIONS;

    use super::*;

    #[test]
    fn every_operation_has_its_shapes() {
        let table = TABLE.as_ref().expect("the table is JSON");
        for operation in OPERATIONS {
            let (_, output) = output(operation.service, operation.api)
                .unwrap_or_else(|| panic!("run shapes/generate.py: {} has no shape", operation.call()));
            assert!(output.shape.is_some(), "{} answers nothing", operation.call());
        }
        for (name, service) in &table.services {
            let refer = |reference: &Reference| {
                if let Reference::Named(shape) = reference {
                    assert!(service.shape(shape).is_some(), "{name}: {shape}");
                }
            };
            for shape in service.shapes.values() {
                match shape {
                    Shape::Structure { members, .. } => members.iter().for_each(|member| refer(&member.shape)),
                    Shape::List { item } => refer(item),
                    Shape::Map { value, .. } => refer(value),
                }
            }
        }
    }
}
