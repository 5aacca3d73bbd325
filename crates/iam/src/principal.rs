//! Who asks, and whom a resource policy names.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> and
//! `…_elements_notprincipal.html`.

use serde_json::Value;

use crate::arn::{Arn, is_account};
use crate::condition::scalars;
use crate::context::{Context, KeyState};
use crate::truth::{Cause, Leftover};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// An IAM user.
    User {
        /// ARN.
        arn: String,
    },
    /// A session of a role, its name not known.
    Role {
        /// ARN of the role.
        arn: String,
    },
    /// A named session of a role.
    Session {
        /// ARN of the session (`arn:aws:sts::…:assumed-role/name/session`).
        arn: String,
    },
    /// A session from `GetFederationToken`.
    FederatedUser {
        /// ARN of the session.
        arn: String,
    },
    /// The root user of an account.
    Root {
        /// `arn:aws:iam::123456789012:root`.
        arn: String,
    },
    /// An AWS service.
    Service(String),
    /// Nobody who signed.
    Anonymous,
}

impl Caller {
    /// Reads an ARN of a user, role, session, federated user or root; `None` for any other text.
    #[must_use]
    pub fn from_arn(text: &str) -> Option<Self> {
        let arn = Arn::parse(text)?;
        if !is_account(arn.account) {
            return None;
        }
        let owned = text.to_owned();
        match (arn.service, arn.resource.split(['/', ':']).next()?) {
            ("iam", "root") if arn.resource == "root" => Some(Self::Root { arn: owned }),
            ("iam", "user") => Some(Self::User { arn: owned }),
            ("iam", "role") => Some(Self::Role { arn: owned }),
            ("sts", "assumed-role") => Some(Self::Session { arn: owned }),
            ("sts", "federated-user") => Some(Self::FederatedUser { arn: owned }),
            _ => None,
        }
    }

    /// The ARN, where there is one.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        match self {
            Self::User { arn }
            | Self::Role { arn }
            | Self::Session { arn }
            | Self::FederatedUser { arn }
            | Self::Root { arn } => Some(arn),
            Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The account of the principal; services and strangers have none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.arn().and_then(Arn::parse).map(|arn| arn.account)
    }

    /// Whether it is a service-linked role, which SCPs and RCPs do not bind
    /// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>).
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        match self {
            Self::Role { arn } => arn.contains(":role/aws-service-role/"),
            // Names that begin so are reserved.
            Self::Session { arn } => arn.contains(":assumed-role/AWSServiceRoleFor"),
            _ => false,
        }
    }
}

/// How a statement of a resource policy reaches the caller; what the grant spares the caller follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// By naming the account: delegation only.
    Account,
    /// By naming the IAM user behind a federated session.
    FederatingUser,
    /// By naming the role of the session.
    Role,
    /// By naming the user.
    User,
    /// By naming the session.
    Session,
    /// By naming the root user who asks.
    Root,
    /// By naming the service.
    Service,
    /// By naming everyone.
    Everyone,
    /// By not being excepted (`NotPrincipal` with `Allow`).
    NotExcepted,
}

/// One name in a `Principal` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalName {
    /// `*`.
    Everyone,
    /// An account: `…:root` or twelve digits.
    Account(String),
    /// A user, role or session by ARN.
    Arn(String),
    /// A unique id (`AIDA…`, `AROA…`): shown in place of the ARN of a deleted principal, so it names nobody.
    UniqueId(String),
    /// A service.
    Service(String),
    /// An identity provider: an ARN, or a domain of AWS's own.
    Federated(String),
    /// A canonical user id.
    Canonical(String),
}

/// A `Principal` or `NotPrincipal` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principals {
    /// The names.
    pub names: Vec<PrincipalName>,
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
}

/// Whether a statement speaks of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    Yes(Grant),
    No,
    If(Grant, Leftover),
}

impl Principals {
    pub(crate) fn parse(statement: &Value) -> Result<Option<Self>, String> {
        let (value, negated) = match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(value), None) => (value, false),
            (None, Some(value)) => (value, true),
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err("it has both Principal and NotPrincipal".to_owned()),
        };
        let mut names = Vec::new();
        match value {
            Value::String(text) if text == "*" => names.push(PrincipalName::Everyone),
            Value::Object(kinds) => {
                for (kind, listed) in kinds {
                    let listed = scalars(listed).ok_or_else(|| format!("its Principal {kind} is no list of texts"))?;
                    for name in listed {
                        names.push(match kind.as_str() {
                            "AWS" => aws(&name),
                            "Service" => PrincipalName::Service(name),
                            "Federated" => PrincipalName::Federated(name),
                            "CanonicalUser" => PrincipalName::Canonical(name),
                            other => return Err(format!("its Principal has an unknown kind `{other}`")),
                        });
                    }
                }
            }
            _ => return Err("its Principal is neither `*` nor an object".to_owned()),
        }
        Ok(Some(Self { names, negated }))
    }

    /// Whether an allowing statement speaks of the caller, and how.
    pub(crate) fn reach(&self, caller: &Caller, context: &Context) -> Reach {
        if !self.negated {
            let mut best = Reach::No;
            for name in &self.names {
                best = stronger(best, name.reach(caller, context));
            }
            return best;
        }
        // Allow and NotPrincipal: everyone else, strangers included.
        let mut left = None;
        for name in &self.names {
            match name.reach(caller, context) {
                Reach::No => {}
                Reach::Yes(Grant::Account) => {
                    left = Some(service_dependent("NotPrincipal lists the account but not the principal"));
                }
                Reach::Yes(_) => return Reach::No,
                Reach::If(_, leftover) => left = Some(leftover),
            }
        }
        left.map_or(Reach::Yes(Grant::NotExcepted), |leftover| Reach::If(Grant::NotExcepted, leftover))
    }

    /// Whether a denying statement speaks of the caller.
    ///
    /// With `NotPrincipal` the caller is excepted only if account and principal (for a session: role and session too)
    /// are all listed; a caller with a permissions boundary is never excepted
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>).
    pub(crate) fn denies(&self, caller: &Caller, bounded: bool, context: &Context) -> Reach {
        if !self.negated {
            return self.reach(caller, context);
        }
        if bounded {
            return Reach::Yes(Grant::NotExcepted);
        }
        if self.names.contains(&PrincipalName::Everyone) {
            return Reach::No;
        }
        let hit = |wanted: &[Grant]| {
            self.names
                .iter()
                .any(|name| matches!(name.reach(caller, context), Reach::Yes(grant) if wanted.contains(&grant)))
        };
        let listed: &[bool] = &match caller {
            Caller::User { .. } => vec![hit(&[Grant::User]), hit(&[Grant::Account])],
            // The session's name is not known, so it cannot be known to be listed.
            Caller::Role { .. } => vec![hit(&[Grant::Role]), hit(&[Grant::Account]), self.lists_session_of(caller)],
            Caller::Session { .. } => vec![hit(&[Grant::Session]), hit(&[Grant::Role]), hit(&[Grant::Account])],
            Caller::FederatedUser { .. } => vec![hit(&[Grant::Session]), hit(&[Grant::Account])],
            Caller::Root { .. } => vec![hit(&[Grant::Root])],
            Caller::Service(_) => vec![hit(&[Grant::Service])],
            Caller::Anonymous => vec![false],
        };
        if listed.iter().all(|listed| *listed) {
            if matches!(caller, Caller::Role { .. }) {
                return Reach::If(Grant::NotExcepted, session_unknown());
            }
            Reach::No
        } else if listed.iter().any(|listed| *listed) {
            let why = "NotPrincipal lists only some of account, role and session of the caller; what that means depends on the service";
            Reach::If(Grant::NotExcepted, service_dependent(why))
        } else {
            Reach::Yes(Grant::NotExcepted)
        }
    }

    fn lists_session_of(&self, caller: &Caller) -> bool {
        self.names.iter().any(|name| matches!(name.reach(caller, &Context::complete()), Reach::If(Grant::Session, _)))
    }
}

fn aws(name: &str) -> PrincipalName {
    if name == "*" {
        return PrincipalName::Everyone;
    }
    if is_account(name) {
        return PrincipalName::Account(name.to_owned());
    }
    match Arn::parse(name) {
        Some(arn) if arn.service == "iam" && arn.resource == "root" => PrincipalName::Account(arn.account.to_owned()),
        Some(_) => PrincipalName::Arn(name.to_owned()),
        None => PrincipalName::UniqueId(name.to_owned()),
    }
}

impl PrincipalName {
    fn reach(&self, caller: &Caller, context: &Context) -> Reach {
        match self {
            Self::Everyone => Reach::Yes(Grant::Everyone),
            Self::Account(account) => match caller {
                Caller::Root { .. } if caller.account() == Some(account) => Reach::Yes(Grant::Root),
                _ if caller.account() == Some(account) => Reach::Yes(Grant::Account),
                _ => Reach::No,
            },
            Self::Service(service) => match caller {
                Caller::Service(asking) if asking == service => Reach::Yes(Grant::Service),
                _ => Reach::No,
            },
            Self::Arn(named) => reach_arn(named, caller, context),
            Self::UniqueId(_) | Self::Federated(_) | Self::Canonical(_) => Reach::No,
        }
    }
}

fn reach_arn(named: &str, caller: &Caller, context: &Context) -> Reach {
    let (Some(arn), Some(asking)) = (caller.arn(), Arn::parse(named)) else { return Reach::No };
    match caller {
        Caller::User { .. } if arn == named => Reach::Yes(Grant::User),
        Caller::Role { .. } if arn == named => Reach::Yes(Grant::Role),
        Caller::Role { .. } => {
            let Some(role) = Arn::parse(arn) else { return Reach::No };
            let mut parts = asking.resource.splitn(3, '/');
            let is_session_of = asking.service == "sts"
                && asking.account == role.account
                && parts.next() == Some("assumed-role")
                && parts.next() == Some(role.name());
            if is_session_of { Reach::If(Grant::Session, session_unknown()) } else { Reach::No }
        }
        Caller::Session { .. } | Caller::FederatedUser { .. } if arn == named => Reach::Yes(Grant::Session),
        Caller::Session { .. } => {
            let Some(session) = Arn::parse(arn) else { return Reach::No };
            // `aws:PrincipalArn` of a session is the ARN of its role, with the path that the session's ARN lacks.
            if let KeyState::Values(values) = context.get("aws:PrincipalArn")
                && values.iter().any(|value| value == named)
            {
                return Reach::Yes(Grant::Role);
            }
            let role = session.resource.split('/').nth(1);
            let same = asking.service == "iam"
                && asking.account == session.account
                && asking.resource.starts_with("role/")
                // Role names are unique in an account, whatever the path.
                && role == Some(asking.name());
            if same { Reach::Yes(Grant::Role) } else { Reach::No }
        }
        Caller::FederatedUser { .. }
            if asking.resource.starts_with("user/") && caller.account() == Some(asking.account) =>
        {
            Reach::If(
                Grant::FederatingUser,
                Leftover {
                    text: format!("{named} called GetFederationToken"),
                    cause: Cause::Key("federating user".to_owned()),
                },
            )
        }
        _ => Reach::No,
    }
}

fn stronger(a: Reach, b: Reach) -> Reach {
    let rank = |reach: &Reach| match reach {
        Reach::No => (0, None),
        Reach::If(grant, _) => (1, Some(*grant)),
        Reach::Yes(grant) => (2, Some(*grant)),
    };
    if rank(&b) > rank(&a) { b } else { a }
}

fn session_unknown() -> Leftover {
    Leftover {
        text: "the session of the role has the name that the policy lists".to_owned(),
        cause: Cause::Key("role session name".to_owned()),
    }
}

fn service_dependent(why: &'static str) -> Leftover {
    Leftover { text: "NotPrincipal".to_owned(), cause: Cause::ServiceDependent(why) }
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` reads best at the call")]
mod tests {
    use serde_json::json;

    use super::*;

    const USER: &str = "arn:aws:iam::111122223333:user/a/dana";

    fn caller(arn: &str) -> Caller {
        Caller::from_arn(arn).unwrap()
    }

    fn reach(principal: Value, arn: &str) -> Reach {
        let principals = Principals::parse(&json!({"Principal": principal})).unwrap().unwrap();
        principals.reach(&caller(arn), &Context::complete())
    }

    #[test]
    fn grants_by_the_way_they_name_the_caller() {
        assert_eq!(reach(json!("*"), USER), Reach::Yes(Grant::Everyone));
        assert_eq!(reach(json!({"AWS": [USER, "111122223333"]}), USER), Reach::Yes(Grant::User));
        assert_eq!(reach(json!({"AWS": "arn:aws:iam::111122223333:root"}), USER), Reach::Yes(Grant::Account));
        assert_eq!(reach(json!({"AWS": "444455556666"}), USER), Reach::No);
        let session = "arn:aws:sts::111122223333:assumed-role/app/i-0abc";
        assert_eq!(reach(json!({"AWS": "arn:aws:iam::111122223333:role/path/app"}), session), Reach::Yes(Grant::Role));
        assert_eq!(reach(json!({"AWS": session}), session), Reach::Yes(Grant::Session));
        let role = "arn:aws:iam::111122223333:role/path/app";
        assert!(matches!(reach(json!({"AWS": session}), role), Reach::If(Grant::Session, _)));
    }

    #[test]
    fn rule_3_a_unique_id_names_a_deleted_principal() {
        assert_eq!(reach(json!({"AWS": "AIDAEXAMPLE"}), USER), Reach::No);
    }

    #[test]
    fn rule_6_not_principal() {
        let denies = |names: Value, arn: &str, bounded| {
            let principals = Principals::parse(&json!({"NotPrincipal": {"AWS": names}})).unwrap().unwrap();
            principals.denies(&caller(arn), bounded, &Context::complete())
        };
        let root = "arn:aws:iam::111122223333:root";
        assert_eq!(denies(json!([USER, root]), USER, false), Reach::No);
        assert!(matches!(denies(json!([USER, root]), USER, true), Reach::Yes(_)));
        assert!(matches!(denies(json!(USER), USER, false), Reach::If(..)));
        assert!(matches!(denies(json!("arn:aws:iam::111122223333:user/other"), USER, false), Reach::Yes(_)));
        let session = "arn:aws:sts::111122223333:assumed-role/app/i-0abc";
        let role = "arn:aws:iam::111122223333:role/app";
        assert_eq!(denies(json!([session, role, root]), session, false), Reach::No);
        assert!(matches!(denies(json!([role, root]), session, false), Reach::If(..)));
    }
}
