//! Policy documents, typed and compiled.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>. Elements may be a scalar or a list.
//! A statement with an element that cannot be read stays, and its match hangs on that element.

use std::sync::Arc;

use portcullis_snapshot::shapes::policy;
use serde_json::Value;

use crate::condition::{Condition, scalars};
use crate::context::Context;
use crate::pattern::{Glob, Pattern, Resolved};
use crate::principal::Principals;
use crate::truth::{Cause, Match};

/// Most statements that one document may have; AWS's size quotas allow some hundreds.
const MAX_STATEMENTS: usize = 4096;
/// Most patterns in one element.
const MAX_PATTERNS: usize = 16_384;

/// A document that cannot be a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It has no statements.
    #[error("the policy document has no `Statement`")]
    NoStatement,
    /// A statement neither allows nor denies.
    #[error("statement `{0}` has no `Effect` of `Allow` or `Deny`")]
    NoEffect(String),
    /// It is larger than any policy.
    #[error("the policy document has more than {MAX_STATEMENTS} statements or {MAX_PATTERNS} patterns in one")]
    TooLarge,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// Where a document stands; short ARNs mean different things in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Identity policies: inline, attached and of groups.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Session policies.
    Session,
    /// The policy of the resource.
    Resource,
    /// Service control policies of one level.
    Scp,
    /// Resource control policies of one level.
    Rcp,
    /// The policy of the VPC endpoint.
    Endpoint,
}

/// Actions with a flag for `NotAction`.
#[derive(Debug, Clone)]
pub struct Actions {
    /// The patterns in lower case, split at the colon; `None` for `*`.
    patterns: Vec<Option<(Glob, Glob)>>,
    /// Whether it is `NotAction`.
    pub negated: bool,
    /// As written.
    pub texts: Vec<String>,
}

/// Resources with a flag for `NotResource`.
#[derive(Debug, Clone)]
pub struct Resources {
    patterns: Vec<ResourcePattern>,
    /// Whether it is `NotResource`.
    pub negated: bool,
    /// As written.
    pub texts: Vec<String>,
}

#[derive(Debug, Clone)]
struct ResourcePattern {
    universal: bool,
    parts: Vec<Pattern>,
    wildcard: bool,
    trailing: bool,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its `Sid`, or a hash of its content.
    pub name: Arc<str>,
    /// What it does.
    pub effect: Effect,
    /// `Action` or `NotAction`.
    pub actions: Actions,
    /// `Resource` or `NotResource`; trust policies have neither.
    pub resources: Option<Resources>,
    /// `Principal` or `NotPrincipal`; identity policies have neither.
    pub principals: Option<Principals>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
    /// What could not be read.
    pub unreadable: Option<String>,
}

/// A policy document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// Its statements.
    pub statements: Vec<Statement>,
}

impl Document {
    /// Reads a decoded document.
    pub fn parse(value: &Value) -> Result<Self, DocumentError> {
        // A document without version is of 2008-10-17, in which `${…}` is text.
        let variables = value.get("Version").and_then(Value::as_str) == Some("2012-10-17");
        match value.get("Statement") {
            Some(Value::Array(_) | Value::Object(_)) => {}
            _ => return Err(DocumentError::NoStatement),
        }
        let named = policy::statements(value);
        if named.len() > MAX_STATEMENTS {
            return Err(DocumentError::TooLarge);
        }
        let statements = named
            .into_iter()
            .map(|(name, statement)| Statement::parse(&name, statement, variables))
            .collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }
}

impl Statement {
    fn parse(name: &str, value: &Value, variables: bool) -> Result<Self, DocumentError> {
        let effect = match value.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(DocumentError::NoEffect(name.to_owned())),
        };
        let mut unreadable = None;
        let mut element = |plain: &str, negated: &str| -> Result<Option<(Vec<String>, bool)>, DocumentError> {
            let (value, is_negated) = match (value.get(plain), value.get(negated)) {
                (Some(value), None) => (value, false),
                (None, Some(value)) => (value, true),
                (None, None) => return Ok(None),
                (Some(_), Some(_)) => {
                    unreadable = Some(format!("it has both {plain} and {negated}"));
                    return Ok(None);
                }
            };
            let Some(texts) = scalars(value) else {
                unreadable = Some(format!("its {plain} is neither text nor a list of texts"));
                return Ok(None);
            };
            if texts.len() > MAX_PATTERNS { Err(DocumentError::TooLarge) } else { Ok(Some((texts, is_negated))) }
        };
        let actions = element("Action", "NotAction")?;
        let resources = element("Resource", "NotResource")?;
        if actions.is_none() && unreadable.is_none() {
            unreadable = Some("it has neither Action nor NotAction".to_owned());
        }
        let actions = actions
            .map_or_else(|| Actions::new(vec!["*".to_owned()], false), |(texts, negated)| Actions::new(texts, negated));
        let resources = resources.map(|(texts, negated)| Resources::new(texts, negated, variables));
        let principals = match Principals::parse(value) {
            Ok(principals) => principals,
            Err(cause) => {
                unreadable = Some(cause);
                None
            }
        };
        let mut conditions = Vec::new();
        match value.get("Condition") {
            None => {}
            Some(Value::Object(operators)) => {
                for (operator, keys) in operators {
                    let Some(keys) = keys.as_object() else {
                        unreadable = Some(format!("condition {operator} is not an object"));
                        continue;
                    };
                    for (key, values) in keys {
                        match Condition::parse(operator, key, values, variables) {
                            Ok(condition) => conditions.push(condition),
                            Err(cause) => unreadable = Some(cause),
                        }
                    }
                }
            }
            Some(_) => unreadable = Some("its Condition is not an object".to_owned()),
        }
        Ok(Self { name: Arc::from(name), effect, actions, resources, principals, conditions, unreadable })
    }

    /// Whether action, resource and conditions match; who asks is judged apart.
    #[must_use]
    pub fn matches(&self, action: &str, resource: &str, context: &Context, layer: Layer) -> Match {
        if !self.actions.matches(action) {
            return Match::No;
        }
        Match::Yes
            .and(|| self.resources.as_ref().map_or(Match::Yes, |resources| resources.matches(resource, context, layer)))
            .and(|| self.conditions(context))
            .and(|| match &self.unreadable {
                None => Match::Yes,
                Some(cause) => Match::left(format!("statement {}", self.name), Cause::Unreadable(cause.clone())),
            })
    }

    /// Whether all conditions hold.
    #[must_use]
    pub fn conditions(&self, context: &Context) -> Match {
        self.conditions.iter().fold(Match::Yes, |all, condition| all.and(|| condition.check(context)))
    }
}

impl Actions {
    fn new(texts: Vec<String>, negated: bool) -> Self {
        let patterns = texts
            .iter()
            .filter_map(|text| {
                let text = text.trim().to_ascii_lowercase();
                if text == "*" {
                    return Some(None);
                }
                // A name without a colon, or an empty one, names nothing.
                let (service, name) = text.split_once(':')?;
                Some(Some((Glob::new(service), Glob::new(name))))
            })
            .collect();
        Self { patterns, negated, texts }
    }

    /// Whether every action is meant.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        let all = self.patterns.iter().any(|pattern| match pattern {
            None => true,
            Some((services, names)) => services.is_universal() && names.is_universal(),
        });
        if self.negated { self.patterns.is_empty() } else { all }
    }

    /// Whether an action is meant; names ignore case.
    #[must_use]
    pub fn matches(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let Some((service, name)) =
            action.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty())
        else {
            return false;
        };
        let listed = self.patterns.iter().any(|pattern| match pattern {
            None => true,
            Some((services, names)) => services.matches(service) && names.matches(name),
        });
        listed != self.negated
    }
}

impl Resources {
    fn new(texts: Vec<String>, negated: bool, variables: bool) -> Self {
        let patterns = texts.iter().map(|text| ResourcePattern::new(text, variables)).collect();
        Self { patterns, negated, texts }
    }

    /// Whether a resource is meant.
    #[must_use]
    pub fn matches(&self, resource: &str, context: &Context, layer: Layer) -> Match {
        let mut left = None;
        for pattern in &self.patterns {
            match pattern.matches(resource, context, layer) {
                Match::Yes => return (!self.negated).into(),
                Match::No => {}
                Match::If(more) => left = Some(more),
            }
        }
        match left {
            None => self.negated.into(),
            Some(mut left) => {
                let word = if self.negated { "NotResource" } else { "Resource" };
                for leftover in &mut left {
                    leftover.text = format!("{word} {}", self.texts.join(", "));
                }
                Match::If(left)
            }
        }
    }

    /// Whether every resource is meant, whatever the request.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        if self.negated { self.patterns.is_empty() } else { self.patterns.iter().any(|pattern| pattern.universal) }
    }
}

impl ResourcePattern {
    fn new(text: &str, variables: bool) -> Self {
        let parts: Vec<Pattern> = text
            .splitn(6, ':')
            .enumerate()
            // Variables stand after the fifth colon only.
            .map(|(index, part)| Pattern::new(part, true, variables && index == 5))
            .collect();
        let universal = Glob::new(text).is_universal();
        Self { universal, parts, wildcard: text.contains(['*', '?']), trailing: text.ends_with('*') }
    }

    fn matches(&self, resource: &str, context: &Context, layer: Layer) -> Match {
        if self.universal {
            return Match::Yes;
        }
        let given: Vec<&str> = resource.splitn(6, ':').collect();
        if given.len() != 6 {
            // A request for `*` is met by `*` only.
            return Match::No;
        }
        if self.parts.len() < 6 {
            // Short ARNs (undocumented): what follows is open in identity-like policies, in a resource policy if there
            // is a wildcard, in an SCP if it ends in one, never in an RCP.
            let open = match layer {
                Layer::Identity | Layer::Boundary | Layer::Session => true,
                Layer::Resource | Layer::Endpoint => self.wildcard,
                Layer::Scp => self.trailing,
                Layer::Rcp => false,
            };
            if !open {
                return Match::No;
            }
        }
        let mut all = Match::Yes;
        for (part, given) in self.parts.iter().zip(given) {
            all = all.and(|| match part.resolve(context) {
                Resolved::Glob(glob) => glob.matches(given).into(),
                Resolved::Unresolved => Match::No,
                Resolved::Unknown(key) => Match::left("Resource", Cause::Key(key)),
            });
        }
        all
    }
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` reads best at the call")]
mod tests {
    use serde_json::json;

    use super::*;

    fn statement(value: Value) -> Statement {
        let mut value = value;
        value["Effect"] = json!("Allow");
        Document::parse(&json!({"Version": "2012-10-17", "Statement": value})).unwrap().statements.remove(0)
    }

    fn action(patterns: Value, action: &str) -> bool {
        statement(json!({"Action": patterns, "Resource": "*"})).actions.matches(action)
    }

    fn resource(patterns: Value, resource: &str, layer: Layer) -> bool {
        let mut context = Context::complete();
        context.set_value("aws:username", "da*na");
        statement(json!({"Action": "*", "Resource": patterns})).matches("s3:GetObject", resource, &context, layer)
            == Match::Yes
    }

    #[test]
    fn rule_7_actions() {
        assert!(action(json!("S3:get*"), "s3:GetObject") && action(json!(["a:b", "*"]), "s3:GetObject"));
        assert!(action(json!("s3:Get?bject"), "s3:GetObject") && !action(json!("s3*"), "s3:GetObject"));
        assert!(!action(json!(""), "s3:GetObject") && !action(json!([]), "s3:GetObject") && !action(json!("*"), ""));
    }

    #[test]
    fn rule_9_resources() {
        let key = "arn:aws:s3:::bucket/a/b:c";
        for pattern in
            ["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::*", "arn:aws:s3:*:*:bucket/a/?:c", "arn:*:s3:::bucket/a*"]
        {
            assert!(resource(json!(pattern), key, Layer::Identity), "{pattern}");
        }
        for pattern in ["arn:aws:s3:::Bucket/*", "arn:aws:s3:*", "arn:aws:s3:::bucket", "arn:aws:*:::bucket/x"] {
            assert!(!resource(json!(pattern), key, Layer::Rcp), "{pattern}");
        }
        // A star stays inside its part.
        assert!(!resource(json!("arn:aws:*:bucket/*"), "arn:aws:s3:::bucket/a", Layer::Scp));
        assert!(
            resource(json!("arn:aws:s3*"), key, Layer::Identity) && resource(json!("arn:aws:s3*"), key, Layer::Scp)
        );
        assert!(!resource(json!("arn:aws:s3*"), key, Layer::Rcp));
        assert!(!resource(json!("arn:aws:s3:::bucket/*"), "*", Layer::Identity));
    }

    #[test]
    fn rule_10_complements_stay_inside_the_statement() {
        let statement = statement(json!({"NotAction": "iam:*", "NotResource": "arn:aws:s3:::a/*"}));
        let matches = |action: &str, resource: &str| {
            statement.matches(action, resource, &Context::complete(), Layer::Identity) == Match::Yes
        };
        assert!(matches("ec2:RunInstances", "*") && matches("s3:GetObject", "arn:aws:s3:::b/k"));
        assert!(!matches("iam:ListUsers", "*") && !matches("s3:GetObject", "arn:aws:s3:::a/k"));
    }

    #[test]
    fn rule_14_variables_in_resources() {
        let key = "arn:aws:s3:::home/da*na/x";
        assert!(resource(json!("arn:aws:s3:::home/${aws:username}/*"), key, Layer::Identity));
        assert!(!resource(json!("arn:aws:s3:::home/${aws:username}/*"), "arn:aws:s3:::home/daXna/x", Layer::Identity));
        assert!(!resource(json!("arn:aws:s3:::home/${aws:nobody}/*"), key, Layer::Identity));
    }

    #[test]
    fn damage_is_an_error_or_hangs() {
        for damaged in [json!({}), json!({"Statement": 3}), json!({"Statement": [{"Action": "*"}]})] {
            assert!(Document::parse(&damaged).is_err());
        }
        let odd = statement(json!({"Action": "*", "Resource": "*", "Condition": {"StringSounds": {"k": "v"}}}));
        assert!(matches!(odd.matches("a:b", "*", &Context::complete(), Layer::Identity), Match::If(_)));
        let both = statement(json!({"Action": "*", "NotAction": "*", "Resource": "*"}));
        assert!(matches!(both.matches("a:b", "*", &Context::complete(), Layer::Identity), Match::If(_)));
    }
}
