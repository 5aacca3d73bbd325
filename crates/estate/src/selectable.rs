//! The kinds that a person can name by tag, id or name, and what there is of each.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_snapshot::shapes::Tag;
use portcullis_snapshot::shapes::{cloudtrail, ec2, ecs, elasticache, elbv2, iam, lambda, rds, s3};
use portcullis_snapshot::{GLOBAL, Missing, Optional, operations};

use crate::gap::Gap;
use crate::kinds::{Estate, Observed};
use crate::table::Row;

/// A resource that a selector may name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its kind.
    pub kind: &'static str,
    /// Account that was asked.
    pub account: String,
    /// Region, or `global`.
    pub region: String,
    /// Id in its table.
    pub id: String,
    /// ARN, where the kind has one.
    pub arn: Option<String>,
    /// Name for people, where it differs from the id.
    pub name: Option<String>,
    /// Tags, or why they are not known.
    pub tags: Result<BTreeMap<String, String>, Gap>,
    /// IAM groups (users only), or why they are not known.
    pub groups: Result<BTreeSet<String>, Gap>,
}

/// What there is of a kind.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The resources, in canonical order.
    pub members: Vec<Candidate>,
    /// Why there may be more.
    pub gaps: BTreeSet<Gap>,
}

/// What a kind tells a selector.
struct Named<'a> {
    arn: Option<&'a str>,
    name: Option<&'a str>,
    tags: Tags<'a>,
    groups: Option<Result<Vec<&'a str>, &'a Missing>>,
}

enum Tags<'a> {
    Known(Vec<(&'a str, &'a str)>),
    Missing(&'a Missing),
    NotRead,
}

fn tags(member: &Optional<Vec<Tag>>) -> Tags<'_> {
    match member.get() {
        Ok(tags) => Tags::Known(tags.into_iter().flatten().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()),
        Err(missing) => Tags::Missing(missing),
    }
}

fn of_tag<'a>(tags: &Tags<'a>, key: &str) -> Option<&'a str> {
    match tags {
        Tags::Known(tags) => tags.iter().find(|(k, _)| *k == key).map(|(_, v)| *v),
        Tags::Missing(_) | Tags::NotRead => None,
    }
}

trait Selectable: Observed {
    fn named(&self) -> Named<'_>;
    /// Whether it is there at all: a terminated instance or a deleted service is listed for a while.
    fn exists(&self) -> bool {
        true
    }
}

macro_rules! by_name_tag {
    ($($shape:ty),*) => {
        $(impl Selectable for $shape {
            fn named(&self) -> Named<'_> {
                let tags = tags(&self.tags);
                Named { arn: None, name: of_tag(&tags, "Name"), tags, groups: None }
            }
        })*
    };
}

by_name_tag!(ec2::Vpc, ec2::Subnet, ec2::RouteTable, ec2::NetworkAcl);

impl Selectable for ec2::SecurityGroup {
    fn named(&self) -> Named<'_> {
        Named { arn: None, name: self.group_name.known().map(String::as_str), tags: tags(&self.tags), groups: None }
    }
}

impl Selectable for ec2::Instance {
    fn named(&self) -> Named<'_> {
        let tags = tags(&self.tags);
        Named { arn: None, name: of_tag(&tags, "Name"), tags, groups: None }
    }
    fn exists(&self) -> bool {
        self.state.known().is_none_or(|state| state.name != "terminated")
    }
}

impl Selectable for ecs::Service {
    fn named(&self) -> Named<'_> {
        Named {
            arn: Some(&self.service_arn),
            name: self.service_arn.rsplit('/').next(),
            tags: tags(&self.tags),
            groups: None,
        }
    }
}

impl Selectable for lambda::FunctionConfiguration {
    fn named(&self) -> Named<'_> {
        // Tags need a call per function that is not made.
        Named { arn: None, name: None, tags: Tags::NotRead, groups: None }
    }
}

impl Selectable for rds::DbInstance {
    fn named(&self) -> Named<'_> {
        Named {
            arn: self.db_instance_arn.known().map(String::as_str),
            name: None,
            tags: tags(&self.tag_list),
            groups: None,
        }
    }
}

impl Selectable for rds::DbCluster {
    fn named(&self) -> Named<'_> {
        Named {
            arn: self.db_cluster_arn.known().map(String::as_str),
            name: None,
            tags: tags(&self.tag_list),
            groups: None,
        }
    }
}

impl Selectable for elasticache::CacheCluster {
    fn named(&self) -> Named<'_> {
        Named { arn: self.arn.known().map(String::as_str), name: None, tags: Tags::NotRead, groups: None }
    }
}

impl Selectable for elbv2::LoadBalancer {
    fn named(&self) -> Named<'_> {
        Named {
            arn: Some(&self.load_balancer_arn),
            name: self.load_balancer_name.known().map(String::as_str),
            tags: Tags::NotRead,
            groups: None,
        }
    }
}

impl Selectable for iam::UserDetail {
    fn named(&self) -> Named<'_> {
        Named {
            arn: Some(&self.arn),
            name: Some(&self.user_name),
            tags: tags(&self.tags),
            groups: Some(match self.group_list.get() {
                Ok(groups) => Ok(groups.into_iter().flatten().map(String::as_str).collect()),
                Err(missing) => Err(missing),
            }),
        }
    }
}

impl Selectable for iam::RoleDetail {
    fn named(&self) -> Named<'_> {
        Named { arn: Some(&self.arn), name: Some(&self.role_name), tags: tags(&self.tags), groups: None }
    }
}

impl Selectable for cloudtrail::Trail {
    fn named(&self) -> Named<'_> {
        Named { arn: Some(&self.trail_arn), name: Some(&self.name), tags: Tags::NotRead, groups: None }
    }
}

impl Selectable for s3::Bucket {
    fn named(&self) -> Named<'_> {
        Named { arn: None, name: None, tags: Tags::NotRead, groups: None }
    }
}

type List = fn(&Estate) -> Listing;

/// One line per kind.
const KINDS: &[(&str, List)] = &[
    (cloudtrail::Trail::KIND, list::<cloudtrail::Trail>),
    (ec2::Instance::KIND, list::<ec2::Instance>),
    (ec2::NetworkAcl::KIND, list::<ec2::NetworkAcl>),
    (ec2::RouteTable::KIND, list::<ec2::RouteTable>),
    (ec2::SecurityGroup::KIND, list::<ec2::SecurityGroup>),
    (ec2::Subnet::KIND, list::<ec2::Subnet>),
    (ec2::Vpc::KIND, list::<ec2::Vpc>),
    (ecs::Service::KIND, list::<ecs::Service>),
    (elasticache::CacheCluster::KIND, list::<elasticache::CacheCluster>),
    (elbv2::LoadBalancer::KIND, list::<elbv2::LoadBalancer>),
    (iam::RoleDetail::KIND, list::<iam::RoleDetail>),
    (iam::UserDetail::KIND, list::<iam::UserDetail>),
    (lambda::FunctionConfiguration::KIND, list::<lambda::FunctionConfiguration>),
    (rds::DbCluster::KIND, list::<rds::DbCluster>),
    (rds::DbInstance::KIND, list::<rds::DbInstance>),
    (s3::Bucket::KIND, list::<s3::Bucket>),
];

/// Pseudo-kinds: names for several kinds at once.
const UNIONS: &[(&str, &[&str])] = &[
    ("workload", &["ec2.instance", "ecs.service", "lambda.function"]),
    ("principal", &["iam.role", "iam.user"]),
    ("database", &["rds.instance", "rds.cluster"]),
];

/// The kinds that a name stands for: itself, the members of a pseudo-kind, or none.
#[must_use]
pub fn kinds_of(name: &str) -> Vec<&'static str> {
    if let Some((_, members)) = UNIONS.iter().find(|(union, _)| *union == name) {
        return members.to_vec();
    }
    KINDS.iter().map(|(kind, _)| *kind).filter(|kind| *kind == name).collect()
}

/// Every name that a selector's `kind` may have.
#[must_use]
pub fn kind_names() -> Vec<&'static str> {
    KINDS.iter().map(|(kind, _)| *kind).chain(UNIONS.iter().map(|(union, _)| *union)).collect()
}

/// What there is of a kind, with the gaps of its listing.
#[must_use]
pub fn candidates(estate: &Estate, kind: &str) -> Listing {
    KINDS.iter().find(|(known, _)| *known == kind).map_or_else(Listing::default, |(_, list)| list(estate))
}

fn list<T: Selectable>(estate: &Estate) -> Listing {
    let members = T::table(estate).iter().filter(|(_, row)| row.data.exists()).map(|(_, row)| candidate(row)).collect();
    Listing { members, gaps: estate.listing_gaps(T::CALL) }
}

fn candidate<T: Selectable>(row: &Row<T>) -> Candidate {
    let named = row.data.named();
    let tags = match named.tags {
        Tags::Known(tags) => Ok(tags.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()),
        Tags::Missing(missing) => Err(Gap::member(&row.place.member("Tags"), missing)),
        Tags::NotRead => Err(Gap::not_modelled(format_args!("tags of {} {}", T::KIND, row.id))),
    };
    let groups = match named.groups {
        None => Ok(BTreeSet::new()),
        Some(Ok(groups)) => Ok(groups.into_iter().map(str::to_owned).collect()),
        Some(Err(missing)) => Err(Gap::member(&row.place.member("GroupList"), missing)),
    };
    Candidate {
        kind: T::KIND,
        account: row.account.to_string(),
        region: row.region.to_string(),
        id: row.id.to_string(),
        arn: named.arn.map(str::to_owned),
        name: named.name.map(str::to_owned),
        tags,
        groups,
    }
}

impl Estate {
    /// The regions of an account in which a call is made: `global` for services without regions.
    pub fn regions_of<'a>(&'a self, account: &'a str, call: &str) -> Vec<&'a str> {
        let operation = call.split_once('/').and_then(|(service, name)| operations::find(service, name));
        if operation.is_some_and(|operation| operation.scope == operations::Scope::Global) {
            return vec![GLOBAL];
        }
        self.regions
            .iter()
            .filter(|(a, region)| a == account && region != GLOBAL)
            .map(|(_, region)| region.as_str())
            .collect()
    }

    /// Why the list of what a call lists may be incomplete, over every account and region of the snapshot.
    #[must_use]
    pub fn listing_gaps(&self, call: &str) -> BTreeSet<Gap> {
        let mut gaps = BTreeSet::new();
        for account in &self.accounts {
            let regions = self.regions_of(account, call);
            if regions.is_empty() {
                // Only global services were collected: the call is missing everywhere.
                gaps.extend(self.coverage.gap(account, "every region", call));
            }
            for region in regions {
                gaps.extend(self.coverage.gap(account, region, call));
            }
        }
        gaps
    }
}
