//! The faults of the drifted estate: the one list of them, from which `faults.json` is printed.

mod identity;
mod network;
mod storage;
mod trail;

use std::future::Future;
use std::pin::Pin;

use anyhow::Result;
use serde::Serialize;

use crate::estate::Estate;

/// Something wrong that is put into the sound estate.
#[derive(Debug, Serialize)]
pub(crate) struct Fault {
    /// Its name.
    pub(crate) id: &'static str,
    /// What is wrong, in words.
    pub(crate) what: &'static str,
    /// Every rule and scenario that must report it.
    pub(crate) reported_by: &'static [Reporter],
    /// Puts it in.
    #[serde(skip)]
    pub(crate) apply: Apply,
}

/// Puts a fault into the estate.
pub(crate) type Apply = for<'a> fn(&'a mut Estate) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Who must report a fault.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Reporter {
    /// A rule, on the resource that it judges. Where several faults break the same rule on the same resource, `witness`
    /// is what the evidence of this one names.
    Rule {
        rule: &'static str,
        resource: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        witness: Option<&'static str>,
    },
    /// A scenario, which is open.
    Scenario { scenario: &'static str },
}

/// The list as JSON.
pub(crate) fn list_as_json() -> Result<String> {
    Ok(serde_json::to_string_pretty(FAULTS)? + "\n")
}

const fn rule(rule: &'static str, resource: &'static str) -> Reporter {
    Reporter::Rule { rule, resource, witness: None }
}

const fn seen(rule: &'static str, resource: &'static str, witness: &'static str) -> Reporter {
    Reporter::Rule { rule, resource, witness: Some(witness) }
}

const fn scenario(scenario: &'static str) -> Reporter {
    Reporter::Scenario { scenario }
}

const DATABASE: &str = "shop-db";
const TRAIL: &str = "shop-trail";
const BUCKET: &str = "shop-trail-logs-123456789012";

const BASTION_ONLY: &str = "database-only-through-bastion";
const NOT_FROM_INTERNET: &str = "database-not-reachable-from-internet";
const NO_ADMINISTRATOR: &str = "no-administrator-outside-break-glass";
const NO_ESCALATION: &str = "no-privilege-escalation";
const NOT_STOPPED: &str = "trail-cannot-be-stopped";
const NOT_DELETABLE: &str = "trail-logs-not-deletable";
const NARROW_TRUST: &str = "role-trust-not-too-wide";

/// The faults, in the order in which they are put in.
pub(crate) static FAULTS: &[Fault] = &[
    Fault {
        id: "db-open-in-two-halves",
        what: "security group db takes 5432 from 0.0.0.0/1 and 128.0.0.0/1, which together are every address; with \
               public-flag and second-route-to-internet it is open to the internet",
        reported_by: &[seen(BASTION_ONLY, DATABASE, "0.0.0.0/1"), rule(NOT_FROM_INTERNET, DATABASE)],
        apply: |estate| Box::pin(network::open_in_two_halves(estate)),
    },
    Fault {
        id: "forgotten-peering",
        what: "VPC legacy (10.99.0.0/16) is peered, routed from both sides, and let in by the data subnets' network \
               ACL and by security group db",
        reported_by: &[seen(BASTION_ONLY, DATABASE, "10.99.0.0/16")],
        apply: |estate| Box::pin(network::peer_legacy(estate)),
    },
    Fault {
        id: "public-flag",
        what: "shop-db is publicly accessible and has a public address",
        reported_by: &[rule("database-without-public-flag", DATABASE), rule(NOT_FROM_INTERNET, DATABASE)],
        apply: |estate| Box::pin(storage::make_public(estate)),
    },
    Fault {
        id: "second-route-to-internet",
        what: "the data subnets' route table has a route to the internet gateway, and their network ACL lets everyone \
               in on 5432 and out on high ports",
        reported_by: &[rule(NOT_FROM_INTERNET, DATABASE)],
        apply: |estate| Box::pin(network::route_to_internet(estate)),
    },
    Fault {
        id: "shared-snapshot",
        what: "snapshot shop-db-2026-11-01 is shared with account 999988887777, which may also use its key",
        reported_by: &[
            seen("database-snapshot-not-shared", "shop-db-2026-11-01", "999988887777"),
            scenario("snapshot-shared-to-foreign-account"),
        ],
        apply: |estate| Box::pin(storage::share_snapshot(estate)),
    },
    Fault {
        id: "public-snapshot",
        what: "snapshot shop-db-trial-2026-10-15, not encrypted, is shared with everyone",
        reported_by: &[seen("database-snapshot-not-shared", "shop-db-trial-2026-10-15", "all")],
        apply: |estate| Box::pin(storage::publish_snapshot(estate)),
    },
    Fault {
        id: "split-administrator",
        what: "user batch-admin may do everything but IAM by one policy and IAM by another",
        reported_by: &[
            rule(NO_ADMINISTRATOR, "batch-admin"),
            seen(NOT_STOPPED, TRAIL, "batch-admin"),
            seen(NOT_DELETABLE, BUCKET, "batch-admin"),
        ],
        apply: |estate| Box::pin(identity::split_administrator(estate)),
    },
    Fault {
        id: "wildcard-policy",
        what: "customer managed policy legacy-all allows everything on everything and is attached to role legacy-batch",
        reported_by: &[
            rule("no-wildcard-statement", "legacy-all"),
            rule(NO_ADMINISTRATOR, "legacy-batch"),
            seen(NOT_STOPPED, TRAIL, "legacy-batch"),
            seen(NOT_DELETABLE, BUCKET, "legacy-batch"),
        ],
        apply: |estate| Box::pin(identity::wildcard_policy(estate)),
    },
    Fault {
        id: "console-user-without-mfa",
        what: "user intern has a console password and no second factor",
        reported_by: &[rule("console-user-with-mfa", "intern")],
        apply: |estate| Box::pin(identity::console_user_without_mfa(estate)),
    },
    Fault {
        id: "two-active-keys",
        what: "user dev2 has two active access keys",
        reported_by: &[rule("one-active-access-key", "dev2")],
        apply: |estate| Box::pin(identity::second_access_key(estate)),
    },
    Fault {
        id: "escalation",
        what: "user deploy-helper may write a new version of the policy deploy-helper, which is attached to itself",
        reported_by: &[rule(NO_ESCALATION, "deploy-helper")],
        apply: |estate| Box::pin(identity::escalation(estate)),
    },
    Fault {
        id: "role-trust-any-account",
        what: "role partner-sync may be assumed by anyone in any account",
        reported_by: &[rule(NARROW_TRUST, "partner-sync")],
        apply: |estate| Box::pin(identity::trust_any_account(estate)),
    },
    Fault {
        id: "oidc-sub-too-wide",
        what: "role shop-preview may be assumed by every branch, tag and pull request of every repository of shop-kr",
        reported_by: &[rule(NARROW_TRUST, "shop-preview")],
        apply: |estate| Box::pin(identity::wide_subject(estate)),
    },
    Fault {
        id: "trail-single-region",
        what: "shop-trail records one region",
        reported_by: &[rule("trail-multi-region", TRAIL)],
        apply: |estate| Box::pin(trail::single_region(estate)),
    },
    Fault {
        id: "trail-selectors-without-writes",
        what: "shop-trail records reading events only",
        reported_by: &[rule("trail-records-all-management-events", TRAIL)],
        apply: |estate| Box::pin(trail::reads_only(estate)),
    },
    Fault {
        id: "trail-without-log-validation",
        what: "shop-trail writes no digest files",
        reported_by: &[rule("trail-log-file-validation", TRAIL)],
        apply: |estate| Box::pin(trail::without_validation(estate)),
    },
    Fault {
        id: "trail-unencrypted",
        what: "shop-trail encrypts with no customer key",
        reported_by: &[rule("trail-encrypted", TRAIL)],
        apply: |estate| Box::pin(trail::unencrypted(estate)),
    },
    Fault {
        id: "trail-key-without-rotation",
        what: "the keys alias/shop-data (database) and alias/shop-trail (bucket of the trail) are not rotated",
        reported_by: &[rule("kms-key-rotation", "alias/shop-data"), rule("kms-key-rotation", "alias/shop-trail")],
        apply: |estate| Box::pin(storage::stop_rotation(estate)),
    },
    Fault {
        id: "trail-bucket-developer-deletes",
        what: "the policy of the trail's bucket lets dev1 delete log files, their versions and locked ones too",
        reported_by: &[seen(NOT_DELETABLE, BUCKET, "dev1")],
        apply: |estate| Box::pin(trail::developer_deletes(estate)),
    },
    Fault {
        id: "stop-logging-through-notaction",
        what: "user night-operator may do everything but IAM, so also stop the trail",
        reported_by: &[seen(NOT_STOPPED, TRAIL, "night-operator"), seen(NOT_DELETABLE, BUCKET, "night-operator")],
        apply: |estate| Box::pin(identity::everything_but_iam(estate)),
    },
    Fault {
        id: "trail-bucket-short-retention",
        what: "trail logs expire after 30 days, and are not locked by default",
        reported_by: &[rule("trail-logs-kept", TRAIL)],
        apply: |estate| Box::pin(trail::short_retention(estate)),
    },
    Fault {
        id: "trail-bucket-public",
        what: "everyone may read the trail's bucket: Block Public Access is off for bucket and account",
        reported_by: &[rule("trail-bucket-not-public", BUCKET)],
        apply: |estate| Box::pin(trail::public_bucket(estate)),
    },
    Fault {
        id: "bastion-open",
        what: "security group bastion takes 22 from everywhere",
        reported_by: &[rule("bastion-not-open-to-internet", "bastion"), scenario("stolen-ssh-key-on-bastion")],
        apply: |estate| Box::pin(network::open_bastion(estate)),
    },
    Fault {
        id: "developers-open-security-group",
        what: "the developers' policy allows ec2:AuthorizeSecurityGroupIngress on every group, and dev1 has no boundary",
        reported_by: &[scenario("developer-key-opens-security-group")],
        apply: |estate| Box::pin(identity::developers_open_groups(estate)),
    },
    Fault {
        id: "gateway-reaches-database",
        what: "security group db takes 5432 from security group gateway, which also lets it out",
        reported_by: &[seen(BASTION_ONLY, DATABASE, "gateway")],
        apply: |estate| Box::pin(network::gateway_to_database(estate)),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_list_is_this_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/faults.json");
        let committed = std::fs::read_to_string(path).unwrap();
        assert_eq!(committed, list_as_json().unwrap(), "print it anew: portcullis-seed --list-faults > faults.json");
    }

    #[test]
    fn every_fault_has_its_own_name_and_a_reporter() {
        let mut ids: Vec<_> = FAULTS.iter().map(|fault| fault.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), FAULTS.len());
        assert!(FAULTS.iter().all(|fault| !fault.reported_by.is_empty()));
        assert!(FAULTS.len() >= 20);
    }
}
