//! What is recorded: trails, what they select, whether their files arrive, and who could stop that.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html>

mod events;
mod selectors;
mod tampering;

pub use events::{Event, EventKind};
pub use tampering::Tamperer;

use std::collections::BTreeSet;

use jiff::Timestamp;
use portcullis_estate::{Answer, Estate, Fact, Gap, Row};
use portcullis_snapshot::shapes::cloudtrail::{Trail, TrailStatus};
use portcullis_snapshot::{Optional, Place};
use serde::Serialize;

use crate::values::date;

/// Hours without a delivered file after which a trail no longer counts as arriving. Files come about every five minutes
/// while there are events, and collecting makes events itself.
const STALE_HOURS: i64 = 24;

/// One trail as an account sees it.
#[derive(Debug, Clone)]
pub struct TrailView {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// The account that sees it; an organization trail belongs to the management account.
    pub account: String,
    /// The region in which it was made.
    pub home_region: Result<String, Gap>,
    /// Whether it records every region.
    pub multi_region: Result<bool, Gap>,
    /// Whether it records global services.
    pub global_events: Result<bool, Gap>,
    /// Whether it is the organization's.
    pub organization: Result<bool, Gap>,
    /// Whether it writes digests.
    pub validation: Result<bool, Gap>,
    /// Whether it is on.
    pub logging: Result<bool, Gap>,
    /// Why the last delivery failed, if it did.
    pub delivery_error: Result<Option<String>, Gap>,
    /// When a file last arrived.
    pub last_delivery: Result<Option<Timestamp>, Gap>,
    /// The bucket.
    pub bucket: Result<String, Gap>,
    /// The prefix of its files, without `AWSLogs`.
    pub prefix: String,
    /// The key of its files.
    pub key: Option<String>,
    /// The log group that it also writes to.
    pub log_group: Option<String>,
    /// How long its files are kept.
    pub retention: Result<Retention, Gap>,
    /// Where it was read.
    pub place: Place,
    pub(crate) selection: Result<selectors::Selection, Gap>,
}

/// How long files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retention {
    /// For ever.
    Forever,
    /// So many days.
    Days(u64),
}

/// Whether an event would be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// Open: a trail records it and its files arrive. Closed: none does. Undecided: see the gaps.
    pub answer: Answer,
    /// The trails that record it, or why each does not.
    pub evidence: Vec<Fact>,
    /// What is missing.
    pub gaps: BTreeSet<Gap>,
}

impl Recording {
    /// Whether it counts as recorded: a gap counts as not.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.answer == Answer::Open
    }
}

const DESCRIBE: &str = "cloudtrail/describe-trails";
const STATUS: &str = "cloudtrail/get-trail-status";

/// Every trail of every account, sorted by account and ARN.
#[must_use]
pub fn trails(estate: &Estate) -> Vec<TrailView> {
    let mut views: Vec<TrailView> = Vec::new();
    for (_, row) in estate.trails.iter() {
        // A multi-region trail shows in each region; its home answers for it.
        let seen = views.iter().any(|view| view.arn == row.data.trail_arn && *view.account == *row.account);
        if !seen {
            views.push(view(estate, row));
        }
    }
    views.sort_by(|a, b| (&a.account, &a.arn).cmp(&(&b.account, &b.arn)));
    views
}

fn view(estate: &Estate, row: &Row<Trail>) -> TrailView {
    let trail = &row.data;
    let required = |member: &portcullis_snapshot::Required<bool>, name: &str| {
        member.get().copied().map_err(|missing| Gap::member(&row.place.member(name), missing))
    };
    let text = |member: &portcullis_snapshot::Required<String>, name: &str| {
        member.get().cloned().map_err(|missing| Gap::member(&row.place.member(name), missing))
    };
    let home = text(&trail.home_region, "HomeRegion");
    let status = status(estate, row);
    let with_status = |read: &dyn Fn(&Row<TrailStatus>) -> Result<bool, Gap>| {
        status.as_ref().map_err(Clone::clone).and_then(|row| read(row))
    };
    let logging = with_status(&|row| {
        row.data.is_logging.get().copied().map_err(|missing| Gap::member(&row.place.member("IsLogging"), missing))
    });
    let delivery_error =
        status.as_ref().map_err(Clone::clone).and_then(|row| match row.data.latest_delivery_error.get() {
            Ok(error) => Ok(error.filter(|text| !text.is_empty()).cloned()),
            Err(missing) => Err(Gap::member(&row.place.member("LatestDeliveryError"), missing)),
        });
    let last_delivery =
        status.as_ref().map_err(Clone::clone).and_then(|row| match row.data.latest_delivery_time.get() {
            Ok(None) => Ok(None),
            Ok(Some(time)) => {
                let place = row.place.member("LatestDeliveryTime");
                date(&time.0).map(Some).ok_or_else(|| Gap::other(place, "it is no time"))
            }
            Err(missing) => Err(Gap::member(&row.place.member("LatestDeliveryTime"), missing)),
        });
    let bucket = text(&trail.s3_bucket_name, "S3BucketName");
    let prefix = trail.s3_key_prefix.known().cloned().unwrap_or_default();
    let retention = bucket.clone().and_then(|bucket| retention(estate, &row.account, &bucket, &prefix));
    TrailView {
        arn: trail.trail_arn.clone(),
        name: trail.name.clone(),
        account: row.account.to_string(),
        multi_region: required(&trail.is_multi_region_trail, "IsMultiRegionTrail"),
        global_events: required(&trail.include_global_service_events, "IncludeGlobalServiceEvents"),
        organization: required(&trail.is_organization_trail, "IsOrganizationTrail"),
        validation: required(&trail.log_file_validation_enabled, "LogFileValidationEnabled"),
        logging,
        delivery_error,
        last_delivery,
        bucket,
        prefix,
        key: trail.kms_key_id.known().cloned(),
        log_group: trail.cloud_watch_logs_log_group_arn.known().cloned(),
        retention,
        place: row.place.clone(),
        selection: selectors::of(estate, row),
        home_region: home,
    }
}

/// The status row: asked by ARN at the trail's home, by name in dumps made by hand.
fn status<'a>(estate: &'a Estate, row: &Row<Trail>) -> Result<&'a Row<TrailStatus>, Gap> {
    let by = |name: &str| estate.trail_statuses.of_parent(name).find(|(_, status)| status.account == row.account);
    let found = by(&row.data.trail_arn).or_else(|| by(&row.data.name));
    found.map(|(_, status)| status).ok_or_else(|| {
        let home = row.data.home_region.known().map_or(&*row.region, String::as_str);
        let coverage = estate.coverage.of_parent(&row.account, home, STATUS, &row.data.trail_arn);
        Gap::call(&row.account, home, STATUS, Some(&row.data.trail_arn), &coverage)
    })
}

/// The shortest time after which a lifecycle rule deletes the files.
fn retention(estate: &Estate, account: &str, bucket: &str, prefix: &str) -> Result<Retention, Gap> {
    let call = "s3api/get-bucket-lifecycle-configuration";
    let Some((_, row)) = estate.bucket_lifecycles.of_parent(bucket).next() else {
        return match estate.coverage.gap_of_parent(account, portcullis_snapshot::GLOBAL, call, bucket) {
            Some(gap) => Err(gap),
            None => Ok(Retention::Forever),
        };
    };
    let rules = row.data.rules.get().map_err(|missing| Gap::member(&row.place.member("Rules"), missing))?;
    let files = if prefix.is_empty() { "AWSLogs/".to_owned() } else { format!("{prefix}/AWSLogs/") };
    let mut shortest = Retention::Forever;
    for rule in rules.iter().filter(|rule| rule.status.known().is_none_or(|status| status == "Enabled")) {
        let filter = rule.filter.known();
        let both = filter.and_then(|filter| filter.and.known());
        let chosen = filter
            .and_then(|filter| filter.prefix.known())
            .or_else(|| both.and_then(|both| both.prefix.known()))
            .or_else(|| rule.prefix.known())
            .map_or("", String::as_str);
        if !files.starts_with(chosen) && !chosen.starts_with(&files) {
            continue;
        }
        let tagged = filter.is_some_and(|filter| filter.tag.known().is_some())
            || both.is_some_and(|both| both.tags.known().is_some_and(|tags| !tags.is_empty()));
        // CloudTrail sets no tags on its files.
        if tagged {
            continue;
        }
        let Some(expiration) = rule.expiration.known() else { continue };
        match (expiration.days.known(), expiration.date.known()) {
            (Some(days), _) => {
                if shortest == Retention::Forever || shortest > Retention::Days(*days) {
                    shortest = Retention::Days(*days);
                }
            }
            (None, Some(date)) => {
                return Err(Gap::not_modelled(format_args!("lifecycle rule of {bucket} that deletes on {}", date.0)));
            }
            (None, None) => {}
        }
    }
    Ok(shortest)
}

/// Whether a call of this action in an account and region would be recorded, and arrive.
///
/// `resource` is the ARN of an object, function or table, for data events.
#[must_use]
pub fn recorded(estate: &Estate, action: &str, resource: Option<&str>, account: &str, region: &str) -> Recording {
    recorded_by(estate, &trails(estate), action, resource, account, region)
}

/// As [`recorded`], with the trails already at hand.
#[must_use]
pub fn recorded_by(
    estate: &Estate,
    trails: &[TrailView],
    action: &str,
    resource: Option<&str>,
    account: &str,
    region: &str,
) -> Recording {
    let event = Event::of(action, resource);
    let mut recording = Recording { answer: Answer::Closed, evidence: Vec::new(), gaps: BTreeSet::new() };
    if event.kind == EventKind::None {
        let place = portcullis_estate::loading::place_of_call(account, region, DESCRIBE);
        recording.evidence.push(Fact::new(action, "the action makes no event of its own", place));
        return recording;
    }
    // Global services record in us-east-1, whatever region the caller thinks of.
    let region = if event.global { "us-east-1" } else { region };
    let mut silent = Vec::new();
    for trail in trails.iter().filter(|trail| trail.account == account) {
        match trail.records(&event, region, estate.now) {
            Ok(Ok(fact)) => recording.evidence.push(fact),
            Ok(Err(fact)) => silent.push(fact),
            Err(gaps) => recording.gaps.extend(gaps),
        }
    }
    if !recording.evidence.is_empty() {
        recording.answer = Answer::Open;
        recording.gaps.clear();
        return recording;
    }
    recording.evidence = silent;
    // A trail that was not listed could record it.
    recording.gaps.extend(estate.coverage.gap(account, region, DESCRIBE));
    if !recording.gaps.is_empty() {
        recording.answer = Answer::Undecided;
    } else if recording.evidence.is_empty() {
        let place = portcullis_estate::loading::place_of_call(account, region, DESCRIBE);
        recording.evidence.push(Fact::new(format!("{account}/{region}"), "there is no trail", place));
    }
    recording
}

impl TrailView {
    /// Records it (a fact), does not (a fact), or unknown (gaps).
    fn records(
        &self,
        event: &Event,
        region: &str,
        now: Option<Timestamp>,
    ) -> Result<Result<Fact, Fact>, BTreeSet<Gap>> {
        let fact = |words: String| Fact::new(&self.arn, words, self.place.clone());
        let mut gaps = BTreeSet::new();
        let mut check = |known: Result<bool, Gap>| match known {
            Ok(holds) => holds,
            Err(gap) => {
                gaps.insert(gap);
                true
            }
        };
        let everywhere = check(self.multi_region.clone());
        let here = everywhere || check(self.home_region.clone().map(|home| home == region));
        if !here {
            return Ok(Err(fact(format!("it records {} only", self.home_region.as_deref().unwrap_or("its region")))));
        }
        if event.global && !check(self.global_events.clone()) {
            return Ok(Err(fact("it leaves out global services".to_owned())));
        }
        if !check(self.logging.clone()) {
            return Ok(Err(fact("it is switched off".to_owned())));
        }
        match &self.selection {
            Err(gap) => {
                gaps.insert(gap.clone());
            }
            Ok(selection) => match selection.selects(event) {
                Answer::Open => {}
                Answer::Closed => return Ok(Err(fact(format!("its event selectors leave out {}", event.action)))),
                Answer::Undecided => {
                    gaps.insert(Gap::other(
                        format_args!("event selectors of {}", self.arn),
                        format_args!("whether they select {} hangs on what is not known of the event", event.action),
                    ));
                }
            },
        }
        match &self.delivery_error {
            Ok(None) => {}
            Ok(Some(error)) => return Ok(Err(fact(format!("its files do not arrive: {error}")))),
            Err(gap) => {
                gaps.insert(gap.clone());
            }
        }
        match (&self.last_delivery, now) {
            (Err(gap), _) => {
                gaps.insert(gap.clone());
            }
            (Ok(None), _) => {
                gaps.insert(Gap::other(format_args!("deliveries of {}", self.arn), "no file has arrived yet"));
            }
            (Ok(Some(last)), Some(now)) if now.as_second() - last.as_second() > STALE_HOURS * 3600 => {
                return Ok(Err(fact(format!("no file has arrived since {last}"))));
            }
            (Ok(Some(_)), Some(_)) => {}
            (Ok(Some(_)), None) => {
                gaps.insert(Gap::other("time of collecting", "not in the snapshot"));
            }
        }
        if gaps.is_empty() { Ok(Ok(fact(format!("it records {} in {region}", event.action)))) } else { Err(gaps) }
    }
}

/// Keeps `Optional` in the signature of shapes readable here.
pub(crate) fn listed<T>(member: &Optional<Vec<T>>) -> &[T] {
    member.known().map_or(&[], Vec::as_slice)
}
