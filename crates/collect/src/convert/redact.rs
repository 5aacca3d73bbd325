//! What never enters a snapshot: members that the models mark sensitive, and our own list.
//!
//! A redacted member stays present as `"$redacted"`, so that a rule sees *that* there is something. Beside environment
//! variables stands `$looksLike`: which kind of credential the value resembles, never the value.

use serde_json::{Map, Value};

use super::Context;
use crate::shapes::{Member, Reference, Shape};

const REDACTED: &str = "$redacted";
const LOOKS_LIKE: &str = "$looksLike";

/// Members that the models mark sensitive though they are names an audit is about, not secrets.
const KEPT: &[(&str, &str, &str)] = &[
    // the key that encrypts a bucket
    ("s3api", "ServerSideEncryptionByDefault", "KMSMasterKeyID"),
    // the ARN of the secret that pulls an image
    ("ecs", "ContainerDefinition", "repositoryCredentials"),
    // who signs in
    ("identitystore", "User", "UserName"),
    ("identitystore", "Group", "DisplayName"),
    // where a managed instance is
    ("ssm", "InstanceInformation", "IPAddress"),
];

/// Members that carry secrets though the models do not say so.
const OURS: &[(&str, &str, &str)] = &[
    ("ec2", "VpnConnection", "CustomerGatewayConfiguration"),
    ("ec2", "TunnelOption", "PreSharedKey"),
    ("rds", "PendingModifiedValues", "MasterUserPassword"),
    ("rds", "ClusterPendingModifiedValues", "MasterUserPassword"),
    ("elasticache", "ReplicationGroupPendingModifiedValues", "AuthToken"),
    // log drivers take their tokens as plain options
    ("ecs", "LogConfiguration", "options"),
    ("ecs", "FirelensConfiguration", "options"),
    ("ecs", "ContainerDefinition", "command"),
    ("ecs", "ContainerDefinition", "entryPoint"),
    ("ecs", "ContainerOverride", "command"),
    ("ecs", "HealthCheck", "command"),
];

/// Takes out of `value`, which has the named shape, what must not be kept.
pub(super) fn redact(service: &str, context: Context<'_>, shape: &str, value: &mut Value) {
    let Ok(shape_of) = context.shape(shape) else { return };
    match (shape_of, value) {
        (Shape::Structure { members, .. }, Value::Object(found)) => {
            for member in members {
                if is_sensitive(service, shape, member) {
                    hide_member(service, shape, member, found);
                } else if let (Reference::Named(name), Some(inner)) = (&member.shape, found.get_mut(&member.name)) {
                    redact(service, context, name, inner);
                }
            }
        }
        (Shape::List { item: Reference::Named(name) }, Value::Array(items)) => {
            for item in items {
                redact(service, context, name, item);
            }
        }
        (Shape::Map { value: Reference::Named(name), .. }, Value::Object(entries)) => {
            for (_, entry) in entries.iter_mut() {
                redact(service, context, name, entry);
            }
        }
        _ => {}
    }
}

fn is_sensitive(service: &str, shape: &str, member: &Member) -> bool {
    let here = (service, shape, member.name.as_str());
    OURS.contains(&here) || (member.sensitive && !KEPT.contains(&here))
}

fn hide_member(service: &str, shape: &str, member: &Member, found: &mut Map<String, Value>) {
    let Some(value) = found.get_mut(&member.name) else { return };
    let mut kinds = Map::new();
    match (service, shape, member.name.as_str(), &mut *value) {
        // [{"name", "value"}]: the kind stands in the entry
        ("ecs", _, "environment", Value::Array(entries)) => {
            for entry in entries {
                let Value::Object(entry) = entry else { continue };
                let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
                let kind = entry.get("value").and_then(Value::as_str).and_then(|value| looks_like(name, value));
                for (key, inner) in entry.iter_mut() {
                    if key != "name" {
                        hide(inner);
                    }
                }
                if let Some(kind) = kind {
                    entry.insert(LOOKS_LIKE.to_owned(), kind.into());
                }
            }
            return;
        }
        // {NAME: value}: the kinds stand beside the map
        ("lambda", _, "Variables", Value::Object(variables)) | ("ecs", _, "options", Value::Object(variables)) => {
            for (name, inner) in variables.iter_mut() {
                if let Some(kind) = inner.as_str().and_then(|value| looks_like(name, value)) {
                    kinds.insert(name.clone(), kind.into());
                }
                // where logs go is what an audit asks; what authenticates is not
                if service == "lambda" || !is_log_place(name) {
                    hide(inner);
                }
            }
        }
        // a command line is code: words stay unless they look like a credential
        ("ecs", _, "command" | "entryPoint", Value::Array(words)) => {
            for word in words {
                if word.as_str().is_some_and(|text| looks_like("", text).is_some() || assigns_a_secret(text)) {
                    hide(word);
                }
            }
            return;
        }
        (_, _, _, value) => hide(value),
    }
    if !kinds.is_empty() {
        found.insert(LOOKS_LIKE.to_owned(), Value::Object(kinds));
    }
}

/// Hides every value inside, keeping the form, so that types stay true.
fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(_, inner)| hide(inner)),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null => {}
        other => *other = Value::String(REDACTED.to_owned()),
    }
}

/// Options of the `awslogs` driver: names, no secrets.
fn is_log_place(option: &str) -> bool {
    option.starts_with("awslogs-") || matches!(option, "mode" | "max-buffer-size" | "delivery_stream" | "region")
}

/// `--password=…`, `PGPASSWORD=…` inside a command.
fn assigns_a_secret(word: &str) -> bool {
    word.split([' ', '\n', ';', '&']).any(|part| {
        part.split_once('=').is_some_and(|(name, value)| looks_like(name.trim_start_matches('-'), value).is_some())
    })
}

/// Which kind of credential a value resembles, by its form and its variable's name.
fn looks_like(name: &str, value: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    let names = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if value.contains("-----BEGIN") && value.contains("PRIVATE KEY") {
        return Some("private-key");
    }
    if has_access_key_id(value) || (names(&["AWS_SECRET", "SECRET_ACCESS_KEY"]) && value.len() == 40) {
        return Some("aws-access-key");
    }
    let prefixes =
        ["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "rk_live_", "eyJ", "npm_"];
    if prefixes.iter().any(|prefix| value.starts_with(prefix) && value.len() >= prefix.len() + 16) {
        return Some("token");
    }
    if has_password_in_url(value) {
        return Some("password");
    }
    // a reference to a secret is not the secret
    if value.len() < 4 || value.starts_with("arn:") || value.starts_with('/') || value.starts_with("{{resolve:") {
        return None;
    }
    if names(&["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET"]) || name.ends_with("_PWD") || name.ends_with("_PASS") {
        return Some("password");
    }
    (names(&["TOKEN", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY"])).then_some("token")
}

/// `AKIA…` and `ASIA…`: sixteen letters and digits after the prefix.
fn has_access_key_id(value: &str) -> bool {
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        word.len() == 20
            && (word.starts_with("AKIA") || word.starts_with("ASIA"))
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

/// `scheme://user:password@host`.
fn has_password_in_url(value: &str) -> bool {
    value
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', ' ']).next())
        .and_then(|authority| authority.rsplit_once('@'))
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn kinds_of_credentials() {
        let cases = [
            ("X", "AKIAABCDEFGHIJKLMNOP", Some("aws-access-key")),
            ("X", "-----BEGIN RSA PRIVATE KEY-----\nMII", Some("private-key")),
            ("DB_PASSWORD", "hunter22", Some("password")),
            ("DATABASE_URL", "postgres://app:hunter2@db:5432/app", Some("password")),
            ("DATABASE_URL", "postgres://db:5432/app", None),
            ("SESSION_TOKEN", "abcdef", Some("token")),
            ("X", "ghp_0123456789abcdefghij", Some("token")),
            ("DB_PASSWORD_ARN", "arn:aws:secretsmanager:eu-west-1:1:secret:x", None),
            ("PASSWORD_FILE", "/run/secrets/password", None),
            ("LOG_LEVEL", "info", None),
        ];
        for (name, value, kind) in cases {
            assert_eq!(looks_like(name, value), kind, "{name}={value}");
        }
    }
}
