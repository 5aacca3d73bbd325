//! From a response as it came over the wire to the JSON that `aws --output json` prints.
//!
//! One generic converter, driven by the shape table: member names, types, timestamps and pages are the AWS CLI's. What
//! must not enter a snapshot goes out here ([`redact`]).

mod cbor;
mod json;
pub(crate) mod pages;
mod redact;
mod timestamp;
mod xml;

use serde_json::{Map, Value};

use crate::shapes::{self, Location, Output, Protocol, Reference, Service, Shape};

/// How deep a body may nest.
const DEPTH: usize = 128;

/// Why a body could not be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConvertError {
    /// The body is not what the protocol promises.
    #[error("{0}")]
    Body(&'static str),
    /// Nested deeper than any answer of AWS.
    #[error("the body nests too deeply")]
    TooDeep,
    /// A success whose body is an error (S3 does that).
    #[error("the service answered {0}")]
    Service(String),
    /// An operation or shape that the table lacks.
    #[error("the shape table has no `{0}`")]
    Shape(String),
}

/// A response as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone, Copy)]
struct Context<'a> {
    service: &'a Service,
}

impl<'a> Context<'a> {
    fn shape(self, name: &str) -> Result<&'a Shape, ConvertError> {
        self.service.shape(name).ok_or_else(|| ConvertError::Shape(name.to_owned()))
    }
}

/// The CLI's JSON for one successful response (one page).
pub(crate) fn success(service: &str, api: &str, response: &Response) -> Result<Value, ConvertError> {
    let (model, output) =
        shapes::output(service, api).ok_or_else(|| ConvertError::Shape(format!("{service} {api}")))?;
    let context = Context { service: model };
    let Some(Reference::Named(name)) = &output.shape else { return Ok(Value::Object(Map::new())) };
    let Shape::Structure { members, union } = context.shape(name)? else {
        return Err(ConvertError::Shape(name.clone()));
    };
    if service == "s3api" && api == "GetBucketLocation" {
        return bucket_location(response);
    }
    let mut found = match output.payload.as_deref() {
        Some(payload) => {
            let member = members
                .iter()
                .find(|member| member.name == payload)
                .ok_or_else(|| ConvertError::Shape(payload.to_owned()))?;
            let mut found = Map::new();
            found.insert(payload.to_owned(), whole_body(context, &member.shape, response)?);
            found
        }
        None => body(context, model.protocol, output, members, *union, response)?,
    };
    for member in members {
        if member.location == Some(Location::Header)
            && let Some(text) = response.header(member.header())
        {
            found.insert(member.name.clone(), xml::scalar(&member.shape, text)?);
        }
    }
    let mut value = Value::Object(found);
    redact::redact(service, context, name, &mut value);
    Ok(value)
}

fn body(
    context: Context<'_>,
    protocol: Protocol,
    output: &Output,
    members: &[shapes::Member],
    union: bool,
    response: &Response,
) -> Result<Map<String, Value>, ConvertError> {
    match form(protocol, response) {
        Form::Json | Form::Cbor => {
            let raw = json_body(protocol, response)?;
            let Value::Object(raw) = raw else { return Err(ConvertError::Body("a body that is not an object")) };
            json::structure(context, members, union, raw, 0)
        }
        Form::Xml => {
            if response.body.is_empty() && protocol == Protocol::RestXml {
                return Ok(Map::new());
            }
            let root = xml_body(response)?;
            let start = match output.wrapper.as_deref() {
                Some(wrapper) => {
                    root.child(wrapper).ok_or(ConvertError::Body("the body lacks the operation's result"))?
                }
                None => &root,
            };
            xml::structure(context, members, union, start, 0)
        }
    }
}

/// A member that is the whole body (REST protocols).
fn whole_body(context: Context<'_>, shape: &Reference, response: &Response) -> Result<Value, ConvertError> {
    let Reference::Named(name) = shape else {
        return String::from_utf8(response.body.clone())
            .map(Value::String)
            .map_err(|_| ConvertError::Body("a body that is not UTF-8"));
    };
    let Shape::Structure { members, union } = context.shape(name)? else {
        return Err(ConvertError::Shape(name.clone()));
    };
    if response.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let found = match form(context.service.protocol, response) {
        Form::Xml => xml::structure(context, members, *union, &xml_body(response)?, 0)?,
        Form::Json | Form::Cbor => match json_body(context.service.protocol, response)? {
            Value::Object(raw) => json::structure(context, members, *union, raw, 0)?,
            _ => return Err(ConvertError::Body("a body that is not an object")),
        },
    };
    Ok(Value::Object(found))
}

/// `GetBucketLocation` cannot be modelled: the root element is the location, and nothing means us-east-1.
fn bucket_location(response: &Response) -> Result<Value, ConvertError> {
    let root = xml_body(response)?;
    let location = if root.text.is_empty() { Value::Null } else { Value::String(root.text) };
    Ok(serde_json::json!({ "LocationConstraint": location }))
}

fn xml_body(response: &Response) -> Result<xml::Element, ConvertError> {
    let root = xml::parse(&response.body)?;
    match xml_error(&root) {
        Some(code) => Err(ConvertError::Service(code)),
        None if root.name.eq_ignore_ascii_case("html") => Err(ConvertError::Body("the body is a web page")),
        None => Ok(root),
    }
}

fn json_body(protocol: Protocol, response: &Response) -> Result<Value, ConvertError> {
    if response.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match form(protocol, response) {
        Form::Cbor => cbor::decode(&response.body),
        // serde_json bounds the depth itself
        _ => serde_json::from_slice(&response.body).map_err(|_| ConvertError::Body("the body is not whole JSON")),
    }
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Xml,
    Json,
    Cbor,
}

/// The protocol's form; several services speak more than one protocol, then the content type decides.
fn form(protocol: Protocol, response: &Response) -> Form {
    let kind = response.header("content-type").unwrap_or_default();
    match protocol {
        Protocol::Ec2 | Protocol::Query | Protocol::RestXml => Form::Xml,
        _ if kind.contains("cbor") => Form::Cbor,
        Protocol::Cbor if !kind.contains("json") => Form::Cbor,
        _ => Form::Json,
    }
}

/// The error code in a response that is no success; `None` if its body is not the service's protocol.
pub(crate) fn error_code(service: &str, api: &str, response: &Response) -> Option<String> {
    let (model, _) = shapes::output(service, api)?;
    if response.body.is_empty() {
        return None;
    }
    if form(model.protocol, response) == Form::Xml {
        return xml_error(&xml::parse(&response.body).ok()?);
    }
    let Value::Object(body) = json_body(model.protocol, response).ok()? else { return None };
    // CloudWatch and others moved here from the query protocol and keep its codes in a header
    let code = response
        .header("x-amzn-query-error")
        .and_then(|header| header.split_once(';'))
        .map(|(code, _)| code)
        .or_else(|| response.header("x-amzn-errortype"))
        .or_else(|| ["__type", "code", "Code"].iter().find_map(|name| body.get(*name)?.as_str()))?;
    let code = code.split(':').next().unwrap_or(code);
    let code = code.rsplit('#').next().unwrap_or(code);
    (!code.is_empty()).then(|| code.to_owned())
}

/// `<Error>`, `<ErrorResponse><Error>` or `<Response><Errors><Error>`: the code inside.
fn xml_error(root: &xml::Element) -> Option<String> {
    let error = match root.name.as_str() {
        "Error" => root,
        "ErrorResponse" => root.child("Error")?,
        "Response" => root.child("Errors")?.child("Error")?,
        _ => return None,
    };
    let code = error.child("Code")?.text.trim();
    (!code.is_empty()).then(|| code.to_owned())
}

/// An IAM policy document: URL-encoded JSON, printed as the object; kept as it is if it is none.
fn policy(text: &str) -> Value {
    let decoded = unquote(text);
    serde_json::from_str(&decoded).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Undoes `%XX`; what is not an escape stays.
fn unquote(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| after.split_at_checked(2))
            .flatten()
            .and_then(|(digits, left)| Some((std::str::from_utf8(digits).ok()?, left)))
            .filter(|(digits, _)| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|(digits, left)| Some((u8::from_str_radix(digits, 16).ok()?, left)));
        if let Some((byte, left)) = escaped {
            bytes.push(byte);
            rest = left;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests;
