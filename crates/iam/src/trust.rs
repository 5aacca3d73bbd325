//! Whom roles trust: other accounts, everyone, identity providers.

use std::collections::BTreeSet;

use portcullis_estate::{Fact, Gap};
use serde::Serialize;

use crate::arn::Arn;
use crate::condition::{Condition, SetOperator};
use crate::document::{Effect, Statement};
use crate::principal::PrincipalName;
use crate::world::{Principal, World};

/// Who is trusted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trusted {
    /// Every principal there is.
    Anyone,
    /// Every principal of an account, as far as its own policies allow it.
    Account {
        /// The account.
        account: String,
        /// Whether it is none of the snapshot's.
        external: bool,
    },
    /// One user, role or session.
    Principal {
        /// Its ARN.
        arn: String,
        /// Whether its account is none of the snapshot's.
        external: bool,
    },
    /// A service.
    Service {
        /// Its name.
        service: String,
    },
    /// An identity provider.
    Provider {
        /// ARN, or a domain of AWS's own.
        provider: String,
        /// What is wrong with the condition on its subject.
        flaws: BTreeSet<SubjectFlaw>,
    },
    /// A principal that was deleted, or is known by its unique id only.
    UniqueId {
        /// The id.
        id: String,
    },
}

/// Why a condition on the subject of a web identity lets strangers in
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html>; cases of the `subvectors`
/// collection, CC0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectFlaw {
    /// No condition on the subject.
    NoSubject,
    /// The condition also holds where the token has no subject (`ForAllValues`, `…IfExists`).
    AbsentPasses,
    /// The condition only excludes.
    OnlyExcludes,
    /// A wildcard in the place of the owner, or no separator behind it: `repo:*`, `repo:org*`.
    AnyOwner,
    /// A wildcard in the place of the repository: `repo:org/*`.
    AnyRepository,
    /// Any branch, tag, environment or pull request of a repository.
    AnyRef,
    /// Pull requests: code that nobody has merged.
    PullRequest,
    /// No condition on the audience.
    NoAudience,
    /// An issuer whose subjects are not modelled, with a wildcard.
    Wildcard,
}

/// One statement of a trust policy and one principal that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trust {
    /// The role.
    pub role: String,
    /// Who is trusted.
    pub trusted: Trusted,
    /// Whether `sts:ExternalId` is demanded.
    pub external_id: bool,
    /// The conditions, in words.
    pub conditions: Vec<String>,
    /// The statement.
    pub fact: Fact,
}

const ASSUMING: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

impl World {
    /// Every trust of every role, and the trust policies that could not be read.
    #[must_use]
    pub fn trusts(&self) -> (Vec<Trust>, BTreeSet<Gap>) {
        let mut trusts = Vec::new();
        let mut gaps = BTreeSet::new();
        for role in &self.principals {
            let Some(policy) = role.trust.as_deref() else { continue };
            let document = match &policy.body {
                Ok(document) => document,
                Err(gap) => {
                    gaps.insert(gap.clone());
                    continue;
                }
            };
            for statement in document.statements.iter().filter(|statement| {
                statement.effect == Effect::Allow && ASSUMING.iter().any(|action| statement.actions.matches(action))
            }) {
                let fact = |who: &str| {
                    let words = format!("trust policy statement `{}` trusts {who}", statement.name);
                    Fact::new(&*role.arn, words, policy.place_of(statement))
                };
                let conditions: Vec<String> =
                    statement.conditions.iter().map(|condition| condition.text.clone()).collect();
                for trusted in self.trusted(role, statement) {
                    trusts.push(Trust {
                        role: role.arn.to_string(),
                        external_id: demands_external_id(&statement.conditions),
                        conditions: conditions.clone(),
                        fact: fact(&trusted.words()),
                        trusted,
                    });
                }
            }
        }
        (trusts, gaps)
    }

    fn trusted(&self, role: &Principal, statement: &Statement) -> Vec<Trusted> {
        let Some(principals) = &statement.principals else { return Vec::new() };
        if principals.negated {
            return vec![Trusted::Anyone];
        }
        let external = |account: &str| account != &*role.account && !self.accounts.contains_key(account);
        principals
            .names
            .iter()
            .map(|name| match name {
                PrincipalName::Everyone => Trusted::Anyone,
                PrincipalName::Account(account) => {
                    Trusted::Account { account: account.clone(), external: external(account) }
                }
                PrincipalName::Arn(arn) => {
                    let account = Arn::parse(arn).map_or("", |arn| arn.account);
                    Trusted::Principal { arn: arn.clone(), external: external(account) }
                }
                PrincipalName::Service(service) => Trusted::Service { service: service.clone() },
                PrincipalName::Federated(provider) => {
                    let flaws = if statement.actions.matches("sts:AssumeRoleWithWebIdentity")
                        && !provider.contains(":saml-provider/")
                    {
                        subject_flaws(provider, &statement.conditions)
                    } else {
                        BTreeSet::new()
                    };
                    Trusted::Provider { provider: provider.clone(), flaws }
                }
                PrincipalName::UniqueId(id) | PrincipalName::Canonical(id) => Trusted::UniqueId { id: id.clone() },
            })
            .collect()
    }
}

impl Trusted {
    fn words(&self) -> String {
        match self {
            Self::Anyone => "everyone".to_owned(),
            Self::Account { account, .. } => format!("account {account}"),
            Self::Principal { arn, .. } => arn.clone(),
            Self::Service { service } => service.clone(),
            Self::Provider { provider, .. } => provider.clone(),
            Self::UniqueId { id } => id.clone(),
        }
    }
}

/// Whether a condition holds only for requests that carry one of some external ids.
fn demands_external_id(conditions: &[Condition]) -> bool {
    conditions.iter().any(|condition| condition.key.eq_ignore_ascii_case("sts:ExternalId") && condition.is_demand())
}

/// What is wrong with the conditions of a web identity statement.
#[must_use]
pub fn subject_flaws(provider: &str, conditions: &[Condition]) -> BTreeSet<SubjectFlaw> {
    let issuer = provider.split_once(":oidc-provider/").map_or(provider, |(_, issuer)| issuer);
    let of = |claim: &str| {
        let key = format!("{issuer}:{claim}");
        conditions.iter().filter(move |condition| condition.key.eq_ignore_ascii_case(&key)).collect::<Vec<_>>()
    };
    let mut flaws = BTreeSet::new();
    if !of("aud").iter().any(|condition| condition.is_demand()) {
        flaws.insert(SubjectFlaw::NoAudience);
    }
    let subjects = of("sub");
    let demands: Vec<_> = subjects.iter().filter(|condition| condition.is_demand()).collect();
    if demands.is_empty() {
        if subjects.is_empty() {
            flaws.insert(SubjectFlaw::NoSubject);
        }
        for condition in subjects {
            if condition.is_negated() {
                flaws.insert(SubjectFlaw::OnlyExcludes);
            } else if condition.if_exists || condition.set == Some(SetOperator::ForAllValues) {
                flaws.insert(SubjectFlaw::AbsentPasses);
                flaws.extend(
                    condition.values().iter().flat_map(|value| pattern_flaws(issuer, value, condition.has_wildcards())),
                );
            }
        }
        return flaws;
    }
    // Several demands must all hold: the tightest of them counts.
    let tightest = demands
        .iter()
        .map(|condition| {
            let values = condition.values().iter();
            values.flat_map(|value| pattern_flaws(issuer, value, condition.has_wildcards())).collect::<BTreeSet<_>>()
        })
        .min_by_key(BTreeSet::len);
    flaws.extend(tightest.into_iter().flatten());
    flaws
}

fn pattern_flaws(issuer: &str, pattern: &str, wildcards: bool) -> BTreeSet<SubjectFlaw> {
    let wild = |text: &str| wildcards && text.contains(['*', '?']);
    let mut flaws = BTreeSet::new();
    let (kind, branch) = match issuer {
        "token.actions.githubusercontent.com" => ("repo", "ref"),
        _ if issuer.contains("gitlab") => ("project_path", "ref"),
        _ => {
            if wild(pattern) {
                flaws.insert(SubjectFlaw::Wildcard);
            }
            return flaws;
        }
    };
    let mut parts = pattern.splitn(3, ':');
    let (first, path, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    if first != kind {
        if wild(first) {
            flaws.insert(SubjectFlaw::AnyOwner);
        }
        return flaws;
    }
    match path.split_once('/') {
        // A wildcard without separator also matches `org-evil/…`, and it crosses the colon.
        None => flaws.extend(wild(path).then_some(SubjectFlaw::AnyOwner)),
        Some((owner, _)) if wild(owner) => flaws.extend([SubjectFlaw::AnyOwner]),
        Some((_, name)) if wild(name) => {
            flaws.insert(SubjectFlaw::AnyRepository);
        }
        Some(_) => {}
    }
    match rest {
        Some("pull_request") => {
            flaws.insert(SubjectFlaw::PullRequest);
        }
        Some(rest) if wild(rest) => {
            let named = rest.split(':').next().unwrap_or_default();
            // `ref:refs/heads/release/*` names a kind of branch; `*` and `ref:*` name none.
            let tail = rest.split_once(':').map_or("", |(_, tail)| tail);
            if wild(named) || (named == branch && matches!(tail, "*" | "refs/*" | "refs/heads/*")) {
                flaws.insert(SubjectFlaw::AnyRef);
            }
        }
        _ => {}
    }
    flaws
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` reads best at the call")]
mod tests {
    use serde_json::json;

    use super::*;

    const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

    fn flaws(operator: &str, pattern: &str) -> Vec<SubjectFlaw> {
        let key = "token.actions.githubusercontent.com:sub";
        let aud = "token.actions.githubusercontent.com:aud";
        let conditions = [
            Condition::parse(operator, key, &json!(pattern), true).unwrap(),
            Condition::parse("StringEquals", aud, &json!("sts.amazonaws.com"), true).unwrap(),
        ];
        subject_flaws(PROVIDER, &conditions).into_iter().collect()
    }

    #[test]
    fn rule_19_subjects_that_are_too_wide() {
        use SubjectFlaw::{AbsentPasses, AnyOwner, AnyRef, AnyRepository, OnlyExcludes, PullRequest};
        assert_eq!(flaws("StringEquals", "repo:org/app:ref:refs/heads/main"), []);
        assert_eq!(flaws("StringLike", "repo:org/app:ref:refs/heads/release/*"), []);
        assert_eq!(flaws("StringLike", "repo:*"), [AnyOwner]);
        assert_eq!(flaws("StringLike", "*"), [AnyOwner]);
        assert_eq!(flaws("StringLike", "repo:org*"), [AnyOwner]);
        assert_eq!(flaws("StringLike", "repo:org/*"), [AnyRepository]);
        assert_eq!(flaws("StringLike", "repo:org/app:*"), [AnyRef]);
        assert_eq!(flaws("StringEquals", "repo:org/app:pull_request"), [PullRequest]);
        assert_eq!(flaws("StringEquals", "repo:org/app:*"), []);
        assert_eq!(flaws("ForAllValues:StringEquals", "repo:org/app:ref:refs/heads/main"), [AbsentPasses]);
        assert_eq!(flaws("StringNotEquals", "repo:org/app:pull_request"), [OnlyExcludes]);
        assert!(flaws("ForAnyValue:StringLike", "repo:org/*").contains(&AnyRepository));
        let none = subject_flaws(PROVIDER, &[]);
        assert_eq!(none, BTreeSet::from([SubjectFlaw::NoSubject, SubjectFlaw::NoAudience]));
    }
}
