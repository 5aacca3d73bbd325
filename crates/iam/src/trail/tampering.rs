//! Who could stop, blind or delete a record.

use portcullis_estate::Decision;
use serde::Serialize;

use super::TrailView;
use crate::context::Context;
use crate::principal::Caller;
use crate::world::World;

/// A principal that may put a record out of the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tamperer {
    /// The principal.
    pub principal: String,
    /// How.
    pub action: &'static str,
    /// On what.
    pub resource: String,
    /// Whether and why.
    pub decision: Decision,
}

const ON_TRAIL: [&str; 4] =
    ["cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail"];
const ON_BUCKET: [&str; 4] =
    ["s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"];
const ON_OBJECTS: [&str; 2] = ["s3:DeleteObject", "s3:DeleteObjectVersion"];
const ON_KEY: [&str; 3] = ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"];

impl World {
    /// Everybody who may stop, blind or delete a trail or its files, or might.
    #[must_use]
    pub fn tamperers(&self, trail: &TrailView) -> Vec<Tamperer> {
        let mut asked: Vec<(&'static str, String)> =
            ON_TRAIL.iter().map(|action| (*action, trail.arn.clone())).collect();
        if let Ok(bucket) = &trail.bucket {
            let partition = trail.arn.split(':').nth(1).unwrap_or("aws");
            asked.extend(ON_BUCKET.iter().map(|action| (*action, format!("arn:{partition}:s3:::{bucket}"))));
            let prefix = if trail.prefix.is_empty() { String::new() } else { format!("{}/", trail.prefix) };
            let objects =
                format!("arn:{partition}:s3:::{bucket}/{prefix}AWSLogs/{}/CloudTrail/portcullis-any", trail.account);
            asked.extend(ON_OBJECTS.iter().map(|action| (*action, objects.clone())));
        }
        if let Some(key) = trail.key.as_ref().filter(|key| key.contains(":key/")) {
            asked.extend(ON_KEY.iter().map(|action| (*action, key.clone())));
        }
        let mut found = Vec::new();
        for (action, resource) in asked {
            for (who, decision) in self.who_may(action, &[&resource], &Context::open()) {
                // Service-linked roles act for AWS.
                if matches!(who.caller(), Caller::Role { .. }) && who.service_linked {
                    continue;
                }
                found.push(Tamperer { principal: who.arn.to_string(), action, resource: resource.clone(), decision });
            }
        }
        found.sort_by(|a, b| (&a.principal, a.action).cmp(&(&b.principal, b.action)));
        found
    }
}
