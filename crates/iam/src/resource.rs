//! The policies of resources, as far as they were collected and are modelled.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use portcullis_estate::{Assumption, Control, ControlKind, Estate, Gap};
use portcullis_snapshot::{GLOBAL, Place};

use crate::arn::Arn;
use crate::document::Effect;
use crate::evaluation::{Policy, Request};
use crate::principal::{Caller, PrincipalName};
use crate::world::{World, compile, compile_known};

/// Services whose resources carry no policy that could matter inside their own account: IAM itself (trust policies
/// apart), and services that only have identity-based policies
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>).
const WITHOUT_POLICIES: [&str; 24] = [
    "account",
    "apprunner",
    "application-autoscaling",
    "autoscaling",
    "cloudformation",
    "cloudwatch",
    "datapipeline",
    "dms",
    "ec2",
    "ec2-instance-connect",
    "ecs",
    "elasticache",
    "elasticbeanstalk",
    "elasticloadbalancing",
    "elasticmapreduce",
    "iam",
    "rds",
    "rds-db",
    "route53",
    "sagemaker",
    "ssm",
    "ssmmessages",
    "sts",
    "support",
];

/// One resource's policy.
#[derive(Debug, Clone)]
struct Held {
    account: Arc<str>,
    /// The policies, or why they are not known.
    policies: Result<Vec<Arc<Policy>>, Gap>,
    control: Control,
    place: Place,
}

/// A grant on a key.
#[derive(Debug, Clone)]
pub(crate) struct KeyGrant {
    pub(crate) id: String,
    pub(crate) grantee: Option<String>,
    pub(crate) operations: Option<Vec<String>>,
    pub(crate) constrained: bool,
    pub(crate) place: Place,
}

/// The policies of all resources that were seen.
#[derive(Debug, Clone, Default)]
pub struct ResourcePolicies {
    by_arn: HashMap<String, Held>,
    buckets: HashMap<String, Held>,
    bucket_owners: HashMap<String, Arc<str>>,
    bucket_details: HashMap<String, BucketDetails>,
    logs: HashMap<(String, String), Held>,
    grants: HashMap<String, Result<Vec<KeyGrant>, Gap>>,
    /// Keys whose grants are assumed to be none.
    grants_assumed: BTreeSet<String>,
    /// Gaps in the lists of buckets.
    bucket_lists: Vec<Gap>,
}

#[derive(Debug, Clone)]
struct BucketDetails {
    restricted: Result<bool, Gap>,
    assumed: bool,
    /// Whether ACLs are off; `None` where that was not seen.
    acls_off: Option<bool>,
}

/// The resource side of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Side {
    /// Policies that apply.
    pub(crate) policies: Vec<Arc<Policy>>,
    /// Why the policy is not known: an allow in it could open, a deny could close.
    pub(crate) unseen: Option<Gap>,
    /// The control whose failure takes it out of the way.
    pub(crate) control: Option<Control>,
    /// The account that owns the resource.
    pub(crate) account: Option<String>,
    /// Where the policy is, or would be.
    pub(crate) place: Option<Place>,
    /// What could allow beside the policy (ACLs).
    pub(crate) other_allow: Option<Gap>,
    /// What could refuse beside the policy (public access block).
    pub(crate) other_deny: Option<Gap>,
    /// Assumptions that this side rests on.
    pub(crate) assumed: BTreeSet<Assumption>,
}

impl ResourcePolicies {
    pub(crate) fn build(estate: &Estate) -> Self {
        let mut all = Self::default();
        all.add_buckets(estate);
        all.add_keys(estate);
        for (_, row) in estate.secrets.iter() {
            let call = "secretsmanager/get-resource-policy";
            let policies =
                match estate.secret_policies.of_parent(&row.id).find(|(_, policy)| policy.region == row.region) {
                    Some((_, found)) => {
                        let place = found.place.member("ResourcePolicy");
                        match found.data.resource_policy.get() {
                            Ok(None) => Ok(Vec::new()),
                            Ok(Some(document)) => Ok(vec![Arc::new(Policy {
                                name: format!("secret/{}", row.data.name.known().map_or(&*row.id, String::as_str))
                                    .into(),
                                resource: Arc::clone(&row.id),
                                account: Arc::clone(&row.account),
                                body: compile_known(&place, document),
                                place,
                            })]),
                            Err(missing) => Err(Gap::member(&place, missing)),
                        }
                    }
                    None => match estate.coverage.gap_of_parent(&row.account, &row.region, call, &row.id) {
                        Some(gap) => Err(gap),
                        None => Ok(Vec::new()),
                    },
                };
            let control = Control::new(ControlKind::ResourcePolicy, &row.account, &row.region, &row.id);
            let held = Held { account: Arc::clone(&row.account), policies, control, place: row.place.clone() };
            all.by_arn.insert(row.id.to_string(), held);
        }
        for (account, region) in estate.regions.iter().filter(|(_, region)| region != GLOBAL) {
            let call = "logs/describe-resource-policies";
            let rows = estate.log_resource_policies.iter().map(|(_, row)| row);
            let mine: Vec<_> = rows.filter(|row| *row.account == **account && *row.region == **region).collect();
            let policies = match estate.coverage.gap(account, region, call) {
                Some(gap) => Err(gap),
                None => Ok(mine
                    .iter()
                    .map(|row| {
                        let place = row.place.member("policyDocument");
                        Arc::new(compile(
                            &format!("logs/{}", row.id),
                            &row.id,
                            &row.account,
                            place,
                            &row.data.policy_document,
                        ))
                    })
                    .collect()),
            };
            let control = Control::new(ControlKind::ResourcePolicy, account, region, "logs");
            let place = portcullis_estate::loading::place_of_call(account, region, call);
            all.logs.insert(
                (account.clone(), region.clone()),
                Held { account: account.as_str().into(), policies, control, place },
            );
        }
        all
    }

    fn add_buckets(&mut self, estate: &Estate) {
        for account in &estate.accounts {
            self.bucket_lists.extend(estate.coverage.gap(account, GLOBAL, "s3api/list-buckets"));
        }
        for (_, row) in estate.buckets.iter() {
            self.bucket_owners.insert(row.id.to_string(), Arc::clone(&row.account));
        }
        let policies_of = |name: &str, account: &Arc<str>| {
            let call = "s3api/get-bucket-policy";
            match estate.bucket_policies.of_parent(name).next() {
                Some((_, row)) => {
                    let place = row.place.member("Policy");
                    Ok(vec![Arc::new(compile(&format!("bucket/{name}"), name, account, place, &row.data.policy))])
                }
                None => match estate.coverage.gap_of_parent(account, GLOBAL, call, name) {
                    Some(gap) => Err(gap),
                    None => Ok(Vec::new()),
                },
            }
        };
        let mut names: Vec<(Arc<str>, Arc<str>, Place)> = estate
            .buckets
            .iter()
            .map(|(_, row)| (Arc::clone(&row.id), Arc::clone(&row.account), row.place.clone()))
            .collect();
        // Buckets of trails that other accounts own were asked too.
        for (_, row) in estate.bucket_policies.iter() {
            if !self.bucket_owners.contains_key(&*row.id) {
                names.push((Arc::clone(&row.id), Arc::clone(&row.account), row.place.clone()));
            }
        }
        for (name, account, place) in names {
            let block = |public: &portcullis_snapshot::shapes::s3::PublicAccessBlock| {
                public.restrict_public_buckets.known() == Some(&true)
            };
            let bucket_block = match estate.bucket_public_access_blocks.of_parent(&name).next() {
                Some((_, row)) => Ok(row.data.public_access_block_configuration.known().is_some_and(block)),
                None => match estate.coverage.gap_of_parent(&account, GLOBAL, "s3api/get-public-access-block", &name) {
                    Some(gap) => Err(gap),
                    None => Ok(false),
                },
            };
            let account_rows = estate.account_public_access_blocks.iter().map(|(_, row)| row);
            let mut assumed = false;
            let account_block = match account_rows.rev().find(|row| row.account == account) {
                Some(row) => Ok(row.data.public_access_block_configuration.known().is_some_and(block)),
                None => match estate.coverage.gap(&account, GLOBAL, "s3control/get-public-access-block") {
                    Some(_) if estate.assumes(Assumption::S3AccountPublicAccessBlockOff) => {
                        assumed = true;
                        Ok(false)
                    }
                    Some(gap) => Err(gap.settled_by(Assumption::S3AccountPublicAccessBlockOff)),
                    None => Ok(false),
                },
            };
            let restricted = match (bucket_block, account_block) {
                (Ok(true), _) | (_, Ok(true)) => Ok(true),
                (Err(gap), _) | (_, Err(gap)) => Err(gap),
                (Ok(false), Ok(false)) => Ok(false),
            };
            let acls_off = estate.bucket_ownerships.of_parent(&name).next().and_then(|(_, row)| {
                let rules = row.data.ownership_controls.known()?.rules.known()?;
                Some(
                    rules
                        .iter()
                        .any(|rule| rule.object_ownership.known().is_some_and(|own| own == "BucketOwnerEnforced")),
                )
            });
            self.bucket_details.insert(name.to_string(), BucketDetails { restricted, assumed, acls_off });
            let policies = policies_of(&name, &account);
            let control = Control::new(ControlKind::BucketPolicy, &account, GLOBAL, &name);
            self.buckets.insert(name.to_string(), Held { account, policies, control, place });
        }
    }

    fn add_keys(&mut self, estate: &Estate) {
        let listed = estate.kms_keys.iter().map(|(_, row)| (&row.account, &row.region, &row.id, &row.place));
        let described = estate.kms_key_metadata.iter().map(|(_, row)| (&row.account, &row.region, &row.id, &row.place));
        let answered = estate.kms_key_policies.iter().map(|(_, row)| (&row.account, &row.region, &row.id, &row.place));
        for (account, region, id, place) in listed.chain(described).chain(answered) {
            let key = key_name(account, region, id);
            if self.by_arn.contains_key(&key) {
                continue;
            }
            let here = |row_account: &Arc<str>, row_region: &Arc<str>| row_account == account && row_region == region;
            let policy = estate.kms_key_policies.of_parent(id).find(|(_, row)| here(&row.account, &row.region));
            let policies = match policy {
                Some((_, row)) => {
                    let place = row.place.member("Policy");
                    Ok(vec![Arc::new(compile(&format!("key/{id}"), id, account, place, &row.data.policy))])
                }
                // Every key has a policy, so none is a gap in any case.
                None => {
                    Err(estate.coverage.gap_of_parent(account, region, "kms/get-key-policy", id).unwrap_or_else(|| {
                        Gap::other(format_args!("key policy of {id} in {account}/{region}"), "not in the answer")
                    }))
                }
            };
            let control = Control::new(ControlKind::KmsKeyPolicy, account, region, id);
            self.by_arn
                .insert(key.clone(), Held { account: Arc::clone(account), policies, control, place: place.clone() });
            let grants = match estate.coverage.gap_of_parent(account, region, "kms/list-grants", id) {
                Some(_) if estate.assumes(Assumption::KmsGrantsNone) => {
                    self.grants_assumed.insert(key.clone());
                    Ok(Vec::new())
                }
                Some(gap) => Err(gap.settled_by(Assumption::KmsGrantsNone)),
                None => Ok(estate
                    .kms_grants
                    .of_parent(id)
                    .filter(|(_, row)| here(&row.account, &row.region))
                    .map(|(_, row)| KeyGrant {
                        id: row.id.to_string(),
                        grantee: row.data.grantee_principal.known().cloned(),
                        operations: row.data.operations.known().cloned(),
                        constrained: row.data.constraints.known().is_some_and(|constraints| !constraints.is_empty()),
                        place: row.place.clone(),
                    })
                    .collect()),
            };
            self.grants.insert(key, grants);
        }
    }

    /// The grants on the key of a request.
    pub(crate) fn grants(&self, resource: &str) -> Option<&Result<Vec<KeyGrant>, Gap>> {
        let arn = Arn::parse(resource)?;
        self.grants.get(&key_name(arn.account, arn.region, arn.resource.strip_prefix("key/")?))
    }

    /// The account that owns the bucket.
    pub(crate) fn bucket_owner(&self, name: &str) -> Option<&str> {
        self.bucket_owners.get(name).map(|owner| &**owner)
    }
}

fn key_name(account: &str, region: &str, id: &str) -> String {
    format!("kms:{region}:{account}:{id}")
}

impl Side {
    fn nothing(account: Option<String>) -> Self {
        Self { account, ..Self::default() }
    }

    fn unseen(account: Option<String>, gap: Gap) -> Self {
        Self { account, unseen: Some(gap), ..Self::default() }
    }

    fn of(held: &Held) -> Self {
        let (policies, unseen) = match &held.policies {
            Ok(policies) => (policies.clone(), None),
            Err(gap) => (Vec::new(), Some(gap.clone())),
        };
        // The policies of a region's logs are a list: that one of them fails says nothing of those not seen.
        let whole = unseen.is_none() || held.control.resource.as_ref() != "logs";
        Self {
            policies,
            unseen,
            control: whole.then(|| held.control.clone()),
            account: Some(held.account.to_string()),
            place: Some(held.place.clone()),
            ..Self::default()
        }
    }
}

impl World {
    /// The resource side of a request whose own resource account is not set yet.
    pub(crate) fn side(&self, request: &Request) -> Side {
        let own = request.caller.account().map(str::to_owned);
        let Some(arn) = Arn::parse(&request.resource) else { return Side::nothing(own) };
        let named = (!arn.account.is_empty()).then(|| arn.account.to_owned());
        let not_seen = |what: &str| {
            Gap::other(format_args!("{what} of {}", request.resource), "the resource is not in the snapshot")
        };
        if request.is_assumption() {
            let Some(role) = self.principal(&request.resource) else {
                return Side::unseen(named, not_seen("trust policy"));
            };
            let control = Control::new(ControlKind::RoleTrust, &role.account, GLOBAL, &role.resource());
            return Side {
                policies: role.trust.iter().cloned().collect(),
                control: Some(control),
                account: Some(role.account.to_string()),
                place: Some(role.place.clone()),
                ..Side::default()
            };
        }
        match arn.service {
            // A bucket that is only about to be made has no policy.
            "s3" if request.action.eq_ignore_ascii_case("s3:CreateBucket") => Side::nothing(own),
            "s3" if arn.account.is_empty() => self.bucket(&arn, request),
            "kms" if arn.resource.starts_with("key/") => {
                let id = arn.resource.strip_prefix("key/").unwrap_or_default();
                let key = key_name(arn.account, arn.region, id);
                match self.resources.by_arn.get(&key) {
                    Some(held) => {
                        let mut side = Side::of(held);
                        if self.resources.grants_assumed.contains(&key) {
                            side.assumed.insert(Assumption::KmsGrantsNone);
                        }
                        side
                    }
                    None => Side::unseen(named, not_seen("key policy")),
                }
            }
            // Aliases, key stores: no policy of their own.
            "kms" => Self::plain(request, named),
            "secretsmanager" => match self.resources.by_arn.get(&request.resource) {
                Some(held) => Side::of(held),
                None => Side::unseen(named, not_seen("resource policy")),
            },
            "logs" => match self.resources.logs.get(&(arn.account.to_owned(), arn.region.to_owned())) {
                Some(held) => Side::of(held),
                None => Side::unseen(named, not_seen("resource policy")),
            },
            // Trails carry no policy; event data stores, channels and dashboards do.
            "cloudtrail" if arn.resource.starts_with("trail/") => Self::plain(request, named),
            // Model package groups do carry policies.
            "sagemaker" if arn.resource.starts_with("model-package") => {
                Side::unseen(named, Gap::not_modelled(format_args!("resource policy of {}", request.resource)))
            }
            service if WITHOUT_POLICIES.contains(&service) => Self::plain(request, named),
            _ => Side::unseen(named, Gap::not_modelled(format_args!("resource policy of {}", request.resource))),
        }
    }

    /// A resource without policy; across accounts it may still be shared.
    fn plain(request: &Request, account: Option<String>) -> Side {
        let crosses = account.as_deref().is_some_and(|account| request.caller.account() != Some(account));
        if crosses {
            let gap = Gap::not_modelled(format_args!("sharing of {} with another account", request.resource));
            return Side::unseen(account, gap);
        }
        Side::nothing(account)
    }

    fn bucket(&self, arn: &Arn<'_>, request: &Request) -> Side {
        let name = arn.resource.split('/').next().unwrap_or_default();
        let owner = self.resources.bucket_owner(name).map(str::to_owned);
        let Some(held) = self.resources.buckets.get(name) else {
            // A bucket that was planned or is another's: nothing of it is known.
            let gap = self.resources.bucket_lists.first().cloned().unwrap_or_else(|| {
                Gap::other(format_args!("bucket policy of {name}"), "the bucket is not in the snapshot")
            });
            return Side::unseen(owner, gap);
        };
        let mut side = Side::of(held);
        side.account = owner;
        let crosses = side.account.as_deref() != request.caller.account();
        if !crosses && !matches!(request.caller, Caller::Anonymous) {
            return side;
        }
        let public = side.policies.iter().any(|policy| names_everyone(policy));
        if let Some(details) = self.resources.bucket_details.get(name) {
            if details.assumed && public {
                side.assumed.insert(Assumption::S3AccountPublicAccessBlockOff);
            }
            match &details.restricted {
                Ok(true) if public => {
                    let what = format!("RestrictPublicBuckets of {name} with a policy that names everyone");
                    side.other_deny = Some(Gap::not_modelled(what));
                }
                Err(gap) if public => side.other_deny = Some(gap.clone()),
                _ => {}
            }
            if details.acls_off != Some(true) {
                side.other_allow =
                    Some(Gap::not_modelled(format_args!("access control lists of {name} and its objects")));
            }
        }
        side
    }
}

fn names_everyone(policy: &Policy) -> bool {
    policy.body.as_ref().is_ok_and(|document| {
        document.statements.iter().any(|statement| {
            statement.effect == Effect::Allow
                && statement
                    .principals
                    .as_ref()
                    .is_some_and(|principals| principals.negated || principals.names.contains(&PrincipalName::Everyone))
        })
    })
}
