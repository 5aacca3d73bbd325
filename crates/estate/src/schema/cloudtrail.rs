//! Fields of AWS CloudTrail.

use portcullis_snapshot::Optional;
use portcullis_snapshot::shapes::{cloudtrail, s3};

use super::cell::Cx;
use super::kind::Type::{Bool, Int, Object as Kind, Opt, Str, Word};
use super::s3::BUCKET;
use super::value::{Object, Value, World};
use crate::schema_kind;
use crate::table::Row;

schema_kind! {
    /// A trail, at its home region; its shadows elsewhere are left out.
    pub TRAIL = "cloudtrail.trail": Row<cloudtrail::Trail>, "cloudtrail/describe-trails",
    identity super::cell::row_identity::<cloudtrail::Trail>,
    list trails;
    /// ARN, by which trails are told apart.
    id: Str, "TrailARN", |_cx, t| &t.data.trail_arn;
    /// ARN.
    arn: Str, "TrailARN", |_cx, t| &t.data.trail_arn;
    /// Name.
    name: Str, "Name", |_cx, t| &t.data.name;
    /// The region it was made in.
    home_region: Str, "HomeRegion", |_cx, t| &t.data.home_region;
    /// Whether it records in every region.
    multi_region: Bool, "IsMultiRegionTrail", |_cx, t| &t.data.is_multi_region_trail;
    /// Whether it records services without regions (IAM, STS).
    global_events: Bool, "IncludeGlobalServiceEvents", |_cx, t| &t.data.include_global_service_events;
    /// Whether it records every account of the organization.
    organization: Bool, "IsOrganizationTrail", |_cx, t| &t.data.is_organization_trail;
    /// Whether digests of the log files are written.
    log_validation: Bool, "LogFileValidationEnabled", |_cx, t| &t.data.log_file_validation_enabled;
    /// The key that log files are encrypted with; absent for the bucket's own.
    kms_key: Opt(&Str), "KmsKeyId", |_cx, t| &t.data.kms_key_id;
    /// ARN of the log group that events go to.
    log_group: Opt(&Str), "CloudWatchLogsLogGroupArn", |_cx, t| &t.data.cloud_watch_logs_log_group_arn;
    /// The name of its bucket.
    bucket_name: Str, "S3BucketName", |_cx, t| &t.data.s3_bucket_name;
    /// Its bucket; unknown if another account owns it and it could not be listed.
    bucket @ "s3api/list-buckets": Kind("s3.bucket"), "S3BucketName",
        |cx, t| cx.of(&t.data.s3_bucket_name, |name| cx.linked::<s3::Bucket>(&BUCKET, name));
    /// Whether it records now.
    is_logging @ "cloudtrail/get-trail-status": Bool, "",
        |cx, t| cx.told::<cloudtrail::TrailStatus, _>(&t.data.trail_arn, |status| &status.is_logging);
    /// Why the last delivery failed, if it did.
    delivery_error @ "cloudtrail/get-trail-status": Opt(&Str), "",
        |cx, t| cx.told::<cloudtrail::TrailStatus, _>(&t.data.trail_arn, |status| spoken(&status.latest_delivery_error));
    /// Why the last digest was not delivered, if it was not.
    digest_error @ "cloudtrail/get-trail-status": Opt(&Str), "",
        |cx, t| cx.told::<cloudtrail::TrailStatus, _>(&t.data.trail_arn, |status| spoken(&status.latest_digest_delivery_error));
    /// Whole hours since the last delivery.
    delivered_hours @ "cloudtrail/get-trail-status": Opt(&Int), "",
        |cx, t| cx.told::<cloudtrail::TrailStatus, _>(&t.data.trail_arn, |status| {
            cx.within(&status.latest_delivery_time, |time| cx.age_hours(&time.0))
        });
    /// Which management events it records: `all`, `read`, `write`, `part` (some are left out) or `none`.
    management_events @ "cloudtrail/get-event-selectors": Word(&["all", "read", "write", "part", "none"]), "",
        |cx, t| cx.told::<cloudtrail::EventSelectors, _>(&t.data.trail_arn, |selectors| management(&cx, selectors));
}

/// An empty error is no error.
fn spoken(error: &Optional<String>) -> Optional<&String> {
    match error {
        Optional::Known(text) if text.is_empty() => Optional::Absent,
        Optional::Known(text) => Optional::Known(text),
        Optional::Absent => Optional::Absent,
        Optional::Unknown(missing) => Optional::Unknown(missing.clone()),
    }
}

/// Trails at home; a shadow stands for a trail whose home was not collected.
fn trails<'e>(world: &World<'e>) -> Vec<Object<'e>> {
    let rows = || world.estate.trails.iter().map(|(_, row)| row);
    let at_home = |row: &Row<cloudtrail::Trail>| row.data.home_region.known().is_none_or(|home| **home == *row.region);
    rows()
        .filter(|row| {
            at_home(row) || {
                let first = rows().find(|other| other.id == row.id);
                first.is_some_and(|first| std::ptr::eq(first, *row))
                    && !rows().any(|other| other.id == row.id && at_home(other))
            }
        })
        .map(|row| Object { kind: &TRAIL, data: row, place: &row.place })
        .collect()
}

fn management<'e>(cx: &Cx<'e>, selectors: &'e cloudtrail::EventSelectors) -> Value<'e> {
    let (basic, advanced) = match (selectors.event_selectors.get(), selectors.advanced_event_selectors.get()) {
        (Ok(basic), Ok(advanced)) => (basic, advanced),
        (Err(missing), _) | (_, Err(missing)) => return cx.unknown(missing),
    };
    let (mut read, mut write, mut part) = (false, false, false);
    for selector in basic.into_iter().flatten() {
        // Left out, the member is true: AWS records management events unless told otherwise.
        match selector.include_management_events.get() {
            Ok(Some(false)) => continue,
            Ok(_) => {}
            Err(missing) => return cx.unknown(missing),
        }
        match selector.exclude_management_event_sources.get() {
            Ok(Some(sources)) if !sources.is_empty() => {
                part = true;
                continue;
            }
            Ok(_) => {}
            Err(missing) => return cx.unknown(missing),
        }
        match selector.read_write_type.get() {
            Ok(Some(kind)) if kind == "ReadOnly" => read = true,
            Ok(Some(kind)) if kind == "WriteOnly" => write = true,
            Ok(_) => (read, write) = (true, true),
            Err(missing) => return cx.unknown(missing),
        }
    }
    for selector in advanced.into_iter().flatten() {
        let fields = match selector.field_selectors.get() {
            Ok(fields) => fields,
            Err(missing) => return cx.unknown(missing),
        };
        let equals = |name: &str| {
            fields.iter().find(|field| field.field == name).and_then(|field| field.equals.known()).map(Vec::as_slice)
        };
        if !equals("eventCategory").is_some_and(|values| values.iter().any(|value| value == "Management")) {
            continue;
        }
        if fields.iter().any(|field| !["eventCategory", "readOnly"].contains(&field.field.as_str())) {
            part = true;
            continue;
        }
        match equals("readOnly") {
            None => (read, write) = (true, true),
            Some(values) => {
                read |= values.iter().any(|value| value == "true");
                write |= values.iter().any(|value| value == "false");
            }
        }
    }
    Value::Str(match (read, write, part) {
        (true, true, _) => "all",
        (true, false, false) => "read",
        (false, true, false) => "write",
        (false, false, false) => "none",
        _ => "part",
    })
}
