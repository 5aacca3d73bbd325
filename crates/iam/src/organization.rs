//! Service and resource control policies: which levels bind an account.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>. The management
//! account is exempt; every level from the root to the account must allow; a member account cannot list them.

use std::sync::Arc;

use portcullis_estate::{Assumption, Estate, Gap};
use portcullis_snapshot::GLOBAL;
use serde_json::json;

use crate::document::Document;
use crate::evaluation::Policy;
use crate::world::compile;

/// What the control policies of one type say of an account.
#[derive(Debug, Clone)]
pub enum Bounds {
    /// None bind it, and why.
    None(&'static str),
    /// These levels do, from the root to the account.
    Levels(Vec<Level>),
    /// They were not seen.
    Unknown(Gap),
    /// They were not seen, and are assumed to allow everything.
    Assumed(Assumption),
}

/// The policies that are attached to a root, unit or account.
#[derive(Debug, Clone)]
pub struct Level {
    /// Its id.
    pub target: String,
    /// Its policies.
    pub policies: Vec<Arc<Policy>>,
    /// What was not seen of it.
    pub gaps: Vec<Gap>,
}

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

/// The bounds of an account and its organization.
pub(crate) fn bounds(estate: &Estate, account: &str) -> (Bounds, Bounds, Result<Option<String>, Gap>) {
    let describe = "organizations/describe-organization";
    let own = estate.organizations.iter().find(|(_, row)| &*row.account == account);
    let row = own.or_else(|| {
        // Collected in the management account: an account of it is one whose way up was climbed there.
        let climbed = estate.organization_parents.of_parent(account).next()?.1.account.clone();
        estate.organizations.iter().find(|(_, row)| row.account == climbed)
    });
    let Some((_, row)) = row else {
        return match estate.coverage.gap(account, GLOBAL, describe) {
            None => {
                let why = "the account is in no organization";
                (Bounds::None(why), Bounds::None(why), Ok(None))
            }
            Some(gap) => {
                let scp = unknown(estate, gap.clone(), Assumption::ScpFullAccess);
                let rcp = unknown(estate, gap.clone(), Assumption::RcpFullAccess);
                (scp, rcp, Err(gap))
            }
        };
    };
    let organization = Ok(Some(row.data.id.clone()));
    if row.data.master_account_id.known().is_some_and(|master| master == account) {
        let why = "it is the management account";
        return (Bounds::None(why), Bounds::None(why), organization);
    }
    if row.data.feature_set.known().is_some_and(|set| set == "CONSOLIDATED_BILLING") {
        let why = "the organization has no policies (consolidated billing)";
        return (Bounds::None(why), Bounds::None(why), organization);
    }
    let of = |kind, assumption| match levels(estate, account, kind) {
        Ok(bounds) => bounds,
        Err(gap) => unknown(estate, gap, assumption),
    };
    (of(SCP, Assumption::ScpFullAccess), of(RCP, Assumption::RcpFullAccess), organization)
}

fn unknown(estate: &Estate, gap: Gap, assumption: Assumption) -> Bounds {
    if estate.assumes(assumption) { Bounds::Assumed(assumption) } else { Bounds::Unknown(gap.settled_by(assumption)) }
}

fn levels(estate: &Estate, account: &str, kind: &str) -> Result<Bounds, Gap> {
    let enabled = estate.organization_roots.iter().filter_map(|(_, row)| row.data.policy_types.known());
    for types in enabled {
        if !types.iter().any(|one| one.kind == kind && one.status.known().is_some_and(|status| status == "ENABLED")) {
            return Ok(Bounds::None("the policy type is not enabled in the organization"));
        }
    }
    let call = "organizations/list-policies";
    let of_kind = |row: &portcullis_estate::Row<portcullis_snapshot::shapes::organizations::PolicySummary>| {
        row.data.kind.known().map(String::as_str).or(row.parent.as_deref()) == Some(kind)
    };
    // A file without inputs lists one type only, and says nothing of the others.
    let listed = |account: &str| {
        let rows = || estate.organization_policies.iter().filter(|(_, row)| &*row.account == account);
        estate.coverage.of_parent(account, GLOBAL, call, kind).is_complete()
            && (rows().all(|(_, row)| row.parent.is_some()) || rows().any(|(_, row)| of_kind(row)))
    };
    let mut holders: Vec<&str> = estate.organization_policies.iter().map(|(_, row)| &*row.account).collect();
    holders.push(account);
    holders.sort_unstable();
    holders.dedup();
    let Some(holder) = holders.into_iter().find(|holder| listed(holder)) else {
        let coverage = estate.coverage.of_parent(account, GLOBAL, call, kind);
        return Err(Gap::call(account, GLOBAL, call, Some(kind), &coverage));
    };
    let chain = chain(estate, account)?;
    let mut levels: Vec<Level> =
        chain.into_iter().map(|target| Level { target, policies: Vec::new(), gaps: Vec::new() }).collect();
    for (_, row) in estate.organization_policies.iter().filter(|(_, row)| &*row.account == holder && of_kind(row)) {
        let targets = "organizations/list-targets-for-policy";
        let unseen = estate.coverage.gap_of_parent(holder, GLOBAL, targets, &row.id);
        let policy = Arc::new(policy(estate, row));
        for level in &mut levels {
            if let Some(gap) = &unseen {
                level.gaps.push(gap.clone());
            }
            if estate
                .organization_policy_targets
                .of_parent(&row.id)
                .any(|(_, target)| target.data.target_id == level.target)
            {
                level.policies.push(Arc::clone(&policy));
            }
        }
    }
    if kind == SCP {
        for level in &mut levels {
            if level.policies.is_empty() && level.gaps.is_empty() {
                let input = format!("service control policies of {}", level.target);
                level.gaps.push(Gap::other(input, "none was seen, and AWS demands one"));
            }
        }
    }
    Ok(Bounds::Levels(levels))
}

/// The ids from the root to the account.
fn chain(estate: &Estate, account: &str) -> Result<Vec<String>, Gap> {
    let mut chain = vec![account.to_owned()];
    // A tree of units is five levels deep at most.
    for _ in 0..16 {
        let Some(last) = chain.last() else { break };
        if last.starts_with("r-") {
            chain.reverse();
            return Ok(chain);
        }
        let Some((_, parent)) = estate.organization_parents.of_parent(last).next() else {
            let call = "organizations/list-parents";
            let coverage = estate.coverage.of_parent(account, GLOBAL, call, last);
            return Err(Gap::call(account, GLOBAL, call, Some(last), &coverage));
        };
        chain.push(parent.data.id.clone());
    }
    Err(Gap::other(format_args!("parents of {account}"), "the way up to the root has no end"))
}

fn policy(
    estate: &Estate,
    row: &portcullis_estate::Row<portcullis_snapshot::shapes::organizations::PolicySummary>,
) -> Policy {
    let id = &*row.id;
    let name = row.data.name.known().map_or(id, String::as_str);
    let found =
        estate.organization_policy_documents.of_parent(id).find(|(_, document)| document.account == row.account);
    let found = found.or_else(|| estate.organization_policy_documents.first(id));
    if let Some((_, document)) = found {
        let place = document.place.member("Content");
        return compile(name, id, &row.account, place, &document.data.content);
    }
    let body = if id == "p-FullAWSAccess" || id == "p-RCPFullAWSAccess" {
        // AWS's own: its text never changes.
        let text = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
        Document::parse(&text).map_err(|error| Gap::other(id, error))
    } else {
        let call = "organizations/describe-policy";
        let coverage = estate.coverage.of_parent(&row.account, GLOBAL, call, id);
        Err(Gap::call(&row.account, GLOBAL, call, Some(id), &coverage))
    };
    Policy { name: name.into(), resource: id.into(), account: Arc::clone(&row.account), place: row.place.clone(), body }
}
