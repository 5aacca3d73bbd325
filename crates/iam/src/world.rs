//! The policies of an estate, compiled once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use portcullis_estate::{Estate, Gap, Row};
use portcullis_snapshot::shapes::Tag;
use portcullis_snapshot::shapes::iam::{AttachedBoundary, AttachedPolicy, InlinePolicy};
use portcullis_snapshot::shapes::policy::PolicyDocument;
use portcullis_snapshot::{GLOBAL, Optional, Place, Required};

use crate::arn::Arn;
use crate::document::Document;
use crate::evaluation::Policy;
use crate::organization::{self, Bounds};
use crate::principal::Caller;
use crate::resource::ResourcePolicies;

/// The call that users, groups, roles and their policies come from.
pub const DETAILS: &str = "iam/get-account-authorization-details";

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// A role.
    Role,
    /// The root user of an account.
    Root,
}

/// A user, role or root user with everything that speaks of it.
#[derive(Debug, Clone)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// ARN.
    pub arn: Arc<str>,
    /// Account.
    pub account: Arc<str>,
    /// Name without path; `root` for root.
    pub name: Arc<str>,
    /// Unique id, where it was seen.
    pub unique_id: Option<String>,
    /// Where it was read.
    pub place: Place,
    /// Inline, attached and group policies.
    pub identity: Vec<Arc<Policy>>,
    /// ARNs of its attached managed policies, of groups too.
    pub attached: BTreeSet<String>,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// The permissions boundary.
    pub boundary: Option<Arc<Policy>>,
    /// What could not be seen of it, each of which could hold further policies.
    pub gaps: Vec<Gap>,
    /// Tags, where they were seen.
    pub tags: Option<Vec<Tag>>,
    /// The trust policy of a role.
    pub trust: Option<Arc<Policy>>,
    /// Whether it is a service-linked role.
    pub service_linked: bool,
    /// ARNs of the instance profiles that carry a role.
    pub instance_profiles: Vec<String>,
}

impl Principal {
    /// The principal as one who asks.
    #[must_use]
    pub fn caller(&self) -> Caller {
        let arn = self.arn.to_string();
        match self.kind {
            PrincipalKind::User => Caller::User { arn },
            PrincipalKind::Role => Caller::Role { arn },
            PrincipalKind::Root => Caller::Root { arn },
        }
    }

    /// The resource part of its controls: `user/minji`, `role/app`, `root`.
    #[must_use]
    pub fn resource(&self) -> String {
        match self.kind {
            PrincipalKind::User => format!("user/{}", self.name),
            PrincipalKind::Role => format!("role/{}", self.name),
            PrincipalKind::Root => "root".to_owned(),
        }
    }
}

/// What is known of an account as a whole.
#[derive(Debug, Clone)]
pub struct Account {
    /// What service control policies say.
    pub scp: Bounds,
    /// What resource control policies say.
    pub rcp: Bounds,
    /// Its organization: `Ok(None)` if it is in none.
    pub organization: Result<Option<String>, Gap>,
    /// Whether its users and roles were seen completely.
    pub details: Option<Gap>,
}

/// Everything the engine reads, compiled; it owns its data.
#[derive(Debug, Clone)]
pub struct World {
    pub(crate) principals: Vec<Principal>,
    /// Groups: account, name, ARN.
    pub(crate) groups: Vec<(Arc<str>, String, String)>,
    by_arn: HashMap<Arc<str>, usize>,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) resources: ResourcePolicies,
    /// *Now*, where it is known.
    pub(crate) now: Option<jiff::Timestamp>,
}

impl World {
    /// Compiles an estate.
    #[must_use]
    pub fn build(estate: &Estate) -> Self {
        let mut compiler = Compiler::new(estate);
        let mut principals: Vec<Principal> = Vec::new();
        for (_, row) in estate.iam_users.iter() {
            principals.push(compiler.user(row));
        }
        for (_, row) in estate.iam_roles.iter() {
            principals.push(compiler.role(row));
        }
        let partition = principals.first().and_then(|first| Arn::parse(&first.arn)).map_or("aws", |arn| arn.partition);
        let partition = partition.to_owned();
        for account in estate.accounts.iter().filter(|account| crate::arn::is_account(account)) {
            principals.push(root(account, &partition));
        }
        principals.sort_by(|a, b| a.arn.cmp(&b.arn));
        principals.dedup_by(|a, b| a.arn == b.arn);
        let by_arn = principals.iter().enumerate().map(|(index, one)| (Arc::clone(&one.arn), index)).collect();
        let accounts = estate
            .accounts
            .iter()
            .map(|account| {
                let (scp, rcp, organization) = organization::bounds(estate, account);
                let details = estate.coverage.gap(account, GLOBAL, DETAILS);
                (account.clone(), Account { scp, rcp, organization, details })
            })
            .collect();
        let resources = ResourcePolicies::build(estate);
        let groups = estate
            .iam_groups
            .iter()
            .map(|(_, row)| (Arc::clone(&row.account), row.data.group_name.clone(), row.data.arn.clone()))
            .collect();
        Self { principals, groups, by_arn, accounts, resources, now: estate.now }
    }

    /// All principals, sorted by ARN.
    #[must_use]
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// The principal of an ARN; a session's ARN stands for its role.
    #[must_use]
    pub fn principal(&self, arn: &str) -> Option<&Principal> {
        if let Some(index) = self.by_arn.get(arn) {
            return self.principals.get(*index);
        }
        let parsed = Arn::parse(arn)?;
        let role = parsed.resource.strip_prefix("assumed-role/")?.split('/').next()?;
        self.principals
            .iter()
            .find(|one| one.kind == PrincipalKind::Role && &*one.account == parsed.account && &*one.name == role)
    }

    /// What is known of an account.
    #[must_use]
    pub fn account(&self, account: &str) -> Option<&Account> {
        self.accounts.get(account)
    }
}

fn root(account: &str, partition: &str) -> Principal {
    let call = DETAILS.split_once('/').map_or("", |(_, operation)| operation);
    Principal {
        kind: PrincipalKind::Root,
        arn: format!("arn:{partition}:iam::{account}:root").into(),
        account: account.into(),
        name: "root".into(),
        unique_id: Some(account.to_owned()),
        place: Place::new(portcullis_snapshot::FileKey::new(account, GLOBAL, "iam", call).path(), ""),
        identity: Vec::new(),
        attached: BTreeSet::new(),
        groups: Vec::new(),
        boundary: None,
        gaps: Vec::new(),
        tags: Some(Vec::new()),
        trust: None,
        service_linked: false,
        instance_profiles: Vec::new(),
    }
}

struct Compiler<'a> {
    estate: &'a Estate,
    managed: HashMap<(String, String), Arc<Policy>>,
}

impl<'a> Compiler<'a> {
    fn new(estate: &'a Estate) -> Self {
        Self { estate, managed: HashMap::new() }
    }

    fn user(&mut self, row: &Row<portcullis_snapshot::shapes::iam::UserDetail>) -> Principal {
        let user = &row.data;
        let mut one = Gathered::default();
        let owner = format!("user/{}", user.user_name);
        Self::inline(&mut one, row, &owner, "UserPolicyList", &user.user_policy_list);
        self.attached(&mut one, row, &user.attached_managed_policies);
        let mut groups = Vec::new();
        match user.group_list.get() {
            Err(missing) => one.gaps.push(Gap::member(&row.place.member("GroupList"), missing)),
            Ok(names) => {
                for name in names.into_iter().flatten() {
                    groups.push(name.clone());
                    self.group(&mut one, row, name);
                }
            }
        }
        let boundary = self.boundary(row, &user.permissions_boundary);
        Principal {
            kind: PrincipalKind::User,
            arn: user.arn.as_str().into(),
            account: Arc::clone(&row.account),
            name: user.user_name.as_str().into(),
            unique_id: user.user_id.known().cloned(),
            place: row.place.clone(),
            identity: one.policies,
            attached: one.attached,
            groups,
            boundary,
            gaps: one.gaps,
            tags: user.tags.get().ok().map(|tags| tags.cloned().unwrap_or_default()),
            trust: None,
            service_linked: false,
            instance_profiles: Vec::new(),
        }
    }

    fn role(&mut self, row: &Row<portcullis_snapshot::shapes::iam::RoleDetail>) -> Principal {
        let role = &row.data;
        let mut one = Gathered::default();
        let owner = format!("role/{}", role.role_name);
        Self::inline(&mut one, row, &owner, "RolePolicyList", &role.role_policy_list);
        self.attached(&mut one, row, &role.attached_managed_policies);
        let boundary = self.boundary(row, &role.permissions_boundary);
        let place = row.place.member("AssumeRolePolicyDocument");
        let trust = compile(&owner, &role.arn, &row.account, place, &role.assume_role_policy_document);
        let profiles = role.instance_profile_list.known().into_iter().flatten().map(|profile| profile.arn.clone());
        Principal {
            kind: PrincipalKind::Role,
            arn: role.arn.as_str().into(),
            account: Arc::clone(&row.account),
            name: role.role_name.as_str().into(),
            unique_id: role.role_id.known().cloned(),
            place: row.place.clone(),
            identity: one.policies,
            attached: one.attached,
            groups: Vec::new(),
            boundary,
            gaps: one.gaps,
            tags: role.tags.get().ok().map(|tags| tags.cloned().unwrap_or_default()),
            trust: Some(Arc::new(trust)),
            service_linked: role.arn.contains(":role/aws-service-role/"),
            instance_profiles: profiles.collect(),
        }
    }

    fn group<T>(&mut self, one: &mut Gathered, user: &Row<T>, name: &str) {
        let found = self
            .estate
            .iam_groups
            .iter()
            .find(|(_, group)| group.account == user.account && group.data.group_name == name);
        let Some((_, group)) = found else {
            one.gaps.push(Gap::other(
                format_args!("group {name} of {}", user.account),
                "not in the account's authorization details",
            ));
            return;
        };
        let owner = format!("group/{name}");
        Self::inline(one, group, &owner, "GroupPolicyList", &group.data.group_policy_list);
        self.attached(one, group, &group.data.attached_managed_policies);
    }

    fn inline<T>(one: &mut Gathered, row: &Row<T>, owner: &str, member: &str, policies: &Optional<Vec<InlinePolicy>>) {
        let list = row.place.member(member);
        match policies.get() {
            Err(missing) => one.gaps.push(Gap::member(&list, missing)),
            Ok(policies) => {
                for policy in policies.into_iter().flatten() {
                    let place = list.keyed(format_args!("PolicyName={}", policy.policy_name)).member("PolicyDocument");
                    let name = format!("{owner}/{}", policy.policy_name);
                    one.policies.push(Arc::new(compile(&name, &row.id, &row.account, place, &policy.policy_document)));
                }
            }
        }
    }

    fn attached<T>(&mut self, one: &mut Gathered, row: &Row<T>, policies: &Optional<Vec<AttachedPolicy>>) {
        match policies.get() {
            Err(missing) => one.gaps.push(Gap::member(&row.place.member("AttachedManagedPolicies"), missing)),
            Ok(policies) => {
                for policy in policies.into_iter().flatten() {
                    if one.attached.insert(policy.policy_arn.clone()) {
                        one.policies.push(self.managed(&row.account, &policy.policy_arn));
                    }
                }
            }
        }
    }

    fn boundary<T>(&mut self, row: &Row<T>, boundary: &Optional<AttachedBoundary>) -> Option<Arc<Policy>> {
        match boundary.get() {
            Ok(None) => None,
            Ok(Some(boundary)) => Some(self.managed(&row.account, &boundary.permissions_boundary_arn)),
            Err(missing) => {
                let place = row.place.member("PermissionsBoundary");
                let gap = Gap::member(&place, missing);
                let (name, account) = ("boundary".into(), Arc::clone(&row.account));
                Some(Arc::new(Policy { name, resource: Arc::clone(&row.id), account, place, body: Err(gap) }))
            }
        }
    }

    /// A managed policy by ARN: from the details, else asked for by itself, else a gap.
    fn managed(&mut self, account: &Arc<str>, arn: &str) -> Arc<Policy> {
        let key = (account.to_string(), arn.to_owned());
        if let Some(known) = self.managed.get(&key) {
            return Arc::clone(known);
        }
        let policy = Arc::new(self.find_managed(account, arn));
        self.managed.insert(key, Arc::clone(&policy));
        policy
    }

    fn find_managed(&self, account: &Arc<str>, arn: &str) -> Policy {
        let name = managed_name(arn);
        let detail = self.estate.iam_policies.find(arn).find(|(_, row)| row.account == *account);
        if let Some((_, row)) = detail {
            let place = row.place.member("PolicyVersionList");
            let versions = match row.data.policy_version_list.get() {
                Ok(versions) => versions,
                Err(missing) => return unread(&name, arn, account, &place, Gap::member(&place, missing)),
            };
            let default = versions.iter().find(|version| match version.is_default_version.known() {
                Some(default) => *default,
                None => row.data.default_version_id.known() == Some(&version.version_id),
            });
            return match default {
                Some(version) => {
                    let place = place.keyed(format_args!("VersionId={}", version.version_id)).member("Document");
                    compile(&name, arn, account, place, &version.document)
                }
                None => unread(&name, arn, account, &place, Gap::other(&place, "no version is the default one")),
            };
        }
        // A policy that is a boundary only does not stand in the details.
        let version = self.estate.iam_policy_versions.of_parent(arn).find(|(_, row)| row.account == *account);
        if let Some((_, row)) = version {
            let place = row.place.member("PolicyVersion").member("Document");
            return compile(&name, arn, account, place, &row.data.policy_version.document);
        }
        let place = portcullis_estate::loading::place_of_call(account, GLOBAL, "iam/get-policy-version");
        unread(&name, arn, account, &place, Gap::other(format_args!("policy {arn}"), "its document was not collected"))
    }
}

#[derive(Default)]
struct Gathered {
    policies: Vec<Arc<Policy>>,
    attached: BTreeSet<String>,
    gaps: Vec<Gap>,
}

/// The name of a managed policy in controls and evidence.
#[must_use]
pub fn managed_name(arn: &str) -> String {
    let name = Arn::parse(arn).map_or(arn, |arn| arn.name());
    if arn.contains(":iam::aws:") { format!("aws-policy/{name}") } else { format!("policy/{name}") }
}

fn unread(name: &str, resource: &str, account: &Arc<str>, place: &Place, gap: Gap) -> Policy {
    Policy {
        name: name.into(),
        resource: resource.into(),
        account: Arc::clone(account),
        place: place.clone(),
        body: Err(gap),
    }
}

/// Compiles a document at its place; what cannot be read is a gap.
pub(crate) fn compile(
    name: &str,
    resource: &str,
    account: &Arc<str>,
    place: Place,
    document: &Required<PolicyDocument>,
) -> Policy {
    let body = match document.get() {
        Err(missing) => Err(Gap::member(&place, missing)),
        Ok(document) => compile_known(&place, document),
    };
    Policy { name: name.into(), resource: resource.into(), account: Arc::clone(account), place, body }
}

pub(crate) fn compile_known(place: &Place, document: &PolicyDocument) -> Result<Document, Gap> {
    let value = document.get().map_err(|cause| Gap::other(place, cause))?;
    Document::parse(value).map_err(|error| Gap::other(place, error))
}
