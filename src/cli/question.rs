//! Single questions to the engines, and their answers as plain data.

use std::collections::BTreeMap;
use std::net::IpAddr;

use portcullis_estate::{Answer, Decision, Estate, Fact};
use portcullis_iam::{AuthorizeVerdict, Context, KeyState};
use portcullis_net::{Destination, Source, Traffic};
use serde::Deserialize;
use serde_json::{Value, json};

/// The engines of one session, compiled once.
#[derive(Debug)]
pub(super) struct Worlds<'e> {
    pub(super) estate: &'e Estate,
    pub(super) net: portcullis_net::World,
    pub(super) iam: portcullis_iam::World,
}

impl<'e> Worlds<'e> {
    pub(super) fn new(estate: &'e Estate) -> Self {
        Self { estate, net: portcullis_net::World::build(estate), iam: portcullis_iam::World::build(estate) }
    }

    /// Where a connection starts: `internet`, an address, a resource id or an ARN.
    pub(super) fn source(&self, text: &str) -> Result<Source, String> {
        if text == "internet" {
            return Ok(Source::Internet);
        }
        let asked = self.net.ask(self.estate, text).map_err(|error| error.to_string())?;
        Ok(self.net.source(&asked))
    }

    /// Where a connection ends.
    pub(super) fn destination(&self, text: &str) -> Result<Destination, String> {
        let asked = self.net.ask(self.estate, text).map_err(|error| error.to_string())?;
        self.net
            .destination(&asked)
            .ok_or_else(|| format!("`{text}` is a security group, which is no destination; name a member"))
    }

    pub(super) fn reach(&self, source: &Source, destination: &Destination, traffic: Traffic) -> Decision {
        self.net.reach(self.estate, source, destination, traffic)
    }

    /// The ARN of a principal that is named by ARN or as `user/NAME` or `role/NAME`.
    pub(super) fn principal(&self, text: &str) -> Result<String, String> {
        let found: Vec<&str> = self
            .iam
            .principals()
            .iter()
            .filter(|who| &*who.arn == text || who.resource() == text)
            .map(|who| &*who.arn)
            .collect();
        match found.as_slice() {
            [one] => Ok((*one).to_owned()),
            [] => {
                Err(format!("no user or role of the snapshot is called `{text}`; write an ARN, user/NAME or role/NAME"))
            }
            several => Err(format!("`{text}` is ambiguous; name one of: {}", several.join(", "))),
        }
    }
}

/// One end of a `reach` question.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum End {
    /// An address, an id or an ARN.
    Text(String),
    /// `{"kind": "internet", "address": …}`.
    Internet {
        /// `internet`.
        kind: String,
        /// A host on the internet; any of them if left out.
        address: Option<IpAddr>,
    },
}

/// A line of `portcullis query`.
#[derive(Debug, Deserialize)]
#[serde(tag = "query", rename_all = "lowercase")]
pub(super) enum Question {
    /// A connection.
    Reach { from: End, to: String, protocol: String, port: Option<u16>, icmp_type: Option<u8>, icmp_code: Option<u8> },
    /// A request, with the policies of the snapshot.
    Can {
        principal: String,
        action: String,
        resource: Option<Resources>,
        #[serde(default)]
        context: BTreeMap<String, Option<Vec<String>>>,
    },
    /// A request that carries its policies.
    Authorize(Box<portcullis_iam::AuthorizeQuery>),
}

/// One resource or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Resources {
    One(String),
    Many(Vec<String>),
}

/// The traffic of a question.
pub(super) fn traffic(protocol: &str, port: Option<u16>, icmp: (Option<u8>, Option<u8>)) -> Result<Traffic, String> {
    let needs_port = || port.ok_or_else(|| format!("`{protocol}` needs a port"));
    match protocol {
        "tcp" => Ok(Traffic::tcp(needs_port()?)),
        "udp" => Ok(Traffic::udp(needs_port()?)),
        "icmp" => Ok(Traffic::icmp(icmp.0.unwrap_or(8), icmp.1.unwrap_or(0))),
        other => Err(format!("`{other}` is no protocol here; use tcp, udp or icmp")),
    }
}

/// The request keys of a `can` question: given, `null` for absent, everything else unknown.
pub(super) fn context(given: &BTreeMap<String, Option<Vec<String>>>) -> Context {
    let mut context = Context::open();
    for (key, values) in given {
        let state = values.clone().map_or(KeyState::Absent, KeyState::Values);
        context.set(key, state);
    }
    context
}

fn facts<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Vec<Value> {
    facts
        .into_iter()
        .map(|fact| {
            let mut value =
                json!({"resource": fact.resource, "statement": fact.statement, "place": fact.place.to_string()});
            if let (Some(code), Some(members)) = (fact.code, value.as_object_mut()) {
                members.insert("code".to_owned(), Value::from(code));
            }
            value
        })
        .collect()
}

fn common(decision: &Decision) -> serde_json::Map<String, Value> {
    let controls: Vec<Value> = decision
        .blockers()
        .iter()
        .map(|blocker| json!({"control": blocker.control.to_string(), "fact": facts([&blocker.fact])}))
        .collect();
    let missing: Vec<Value> =
        decision.gaps().iter().map(|gap| json!({"input": &*gap.input, "cause": &*gap.cause})).collect();
    let assumed: Vec<Value> = decision.assumed.iter().map(|one| Value::from(one.input())).collect();
    let mut members = serde_json::Map::new();
    members.insert("controls".to_owned(), Value::from(controls));
    members.insert("missing".to_owned(), Value::from(missing));
    members.insert("assumed".to_owned(), Value::from(assumed));
    members
}

/// The answer to a `reach` question.
pub(super) fn reach_answer(decision: &Decision) -> Value {
    let verdict = match decision.answer() {
        Answer::Open => "reachable",
        Answer::Closed => "blocked",
        Answer::Undecided => "unknown",
    };
    let evidence = decision.witness().map_or_else(|| facts(&decision.structural), |way| facts(&way.evidence));
    let mut members = common(decision);
    members.insert("query".to_owned(), Value::from("reach"));
    members.insert("verdict".to_owned(), Value::from(verdict));
    members.insert("evidence".to_owned(), Value::from(evidence));
    Value::Object(members)
}

/// The word for a decision about a request: always = allowed, never = a deny, possible if = conditional.
pub(super) const fn can_word(decision: AuthorizeVerdict) -> &'static str {
    match decision {
        AuthorizeVerdict::Allowed => "allowed",
        AuthorizeVerdict::ExplicitDeny => "explicit_deny",
        AuthorizeVerdict::ImplicitDeny => "implicit_deny",
        AuthorizeVerdict::Conditional => "conditional",
        AuthorizeVerdict::Unknown => "unknown",
    }
}

/// The answer to a `can` question.
pub(super) fn can_answer(decision: &Decision) -> Value {
    let word = can_word(portcullis_iam::may::verdict(decision));
    let mut members = common(decision);
    members.insert("query".to_owned(), Value::from("can"));
    members.insert("verdict".to_owned(), Value::from(word));
    let statements = decision.witness().map_or_else(Vec::new, |way| facts(&way.evidence));
    members.insert("statements".to_owned(), Value::from(statements));
    let conditions: Vec<Value> = if word == "conditional" {
        decision.gaps().iter().map(|gap| Value::from(&*gap.input)).collect()
    } else {
        Vec::new()
    };
    members.insert("conditions".to_owned(), Value::from(conditions));
    Value::Object(members)
}

/// Answers one line.
pub(super) fn answer(worlds: Option<&Worlds<'_>>, question: &Question) -> Result<Value, String> {
    let worlds = || {
        worlds.ok_or_else(|| "this question needs an account: name one with --snapshot, --live or --demo".to_owned())
    };
    match question {
        Question::Reach { from, to, protocol, port, icmp_type, icmp_code } => {
            let worlds = worlds()?;
            let source = match from {
                End::Text(text) => worlds.source(text)?,
                End::Internet { kind, address } if kind == "internet" => match address {
                    Some(address) => Source::Addresses(portcullis_net::AddressSet::single(*address)),
                    None => Source::Internet,
                },
                End::Internet { kind, .. } => return Err(format!("`{kind}` is no kind of source; use internet")),
            };
            let destination = worlds.destination(to)?;
            let traffic = traffic(protocol, *port, (*icmp_type, *icmp_code))?;
            Ok(reach_answer(&worlds.reach(&source, &destination, traffic)))
        }
        Question::Can { principal, action, resource, context: given } => {
            let worlds = worlds()?;
            let principal = worlds.principal(principal)?;
            let resources: Vec<&str> = match resource {
                None => vec!["*"],
                Some(Resources::One(one)) => vec![one],
                Some(Resources::Many(many)) => many.iter().map(String::as_str).collect(),
            };
            Ok(can_answer(&worlds.iam.may(&principal, action, &resources, &context(given))))
        }
        Question::Authorize(query) => {
            let decided = portcullis_iam::authorize(query).map_err(|error| error.to_string())?;
            let mut value = serde_json::to_value(&decided).map_err(|error| error.to_string())?;
            if let Some(members) = value.as_object_mut() {
                members.insert("query".to_owned(), Value::from("authorize"));
            }
            Ok(value)
        }
    }
}
