//! Whether events are recorded, and who could stop that.

use portcullis_estate::{Answer, Estate};
use portcullis_iam::World;
use portcullis_iam::trail::{Recording, Retention, recorded, trails};
use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, DANA, Files, bucket, dana, document};

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";

fn files(trail: Value, status: Value, selectors: Value) -> Files {
    let mut whole = json!({
        "Name": "main", "TrailARN": TRAIL, "S3BucketName": "logs", "IncludeGlobalServiceEvents": true,
        "IsMultiRegionTrail": true, "HomeRegion": "eu-west-1", "LogFileValidationEnabled": true, "IsOrganizationTrail": false,
        "HasCustomEventSelectors": true,
    });
    for (name, value) in trail.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let mut list = Files::default().alone(ACCOUNT);
    for region in ["eu-west-1", "us-east-1", "ap-northeast-2"] {
        let here = whole["IsMultiRegionTrail"] == true || region == whole["HomeRegion"];
        list = list.with(
            &format!("{ACCOUNT}/{region}/cloudtrail/describe-trails"),
            json!({"trailList": if here { vec![whole.clone()] } else { vec![] }}),
        );
    }
    list.with(
        &format!("{ACCOUNT}/eu-west-1/cloudtrail/get-trail-status"),
        json!({"calls": [{"input": {"Name": TRAIL}, "output": status}]}),
    )
    .with(
        &format!("{ACCOUNT}/eu-west-1/cloudtrail/get-event-selectors"),
        json!({"calls": [{"input": {"TrailName": TRAIL}, "output": selectors}]}),
    )
}

fn on() -> Value {
    json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-21T23:55:00+00:00"})
}

fn all() -> Value {
    json!({"TrailARN": TRAIL, "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}]})
}

fn ask(estate: &Estate, action: &str, region: &str) -> Recording {
    recorded(estate, action, None, ACCOUNT, region)
}

#[test]
fn a_working_trail_records_everywhere() {
    let estate = files(json!({}), on(), all()).estate();
    for (action, region) in
        [("rds:ModifyDBInstance", "ap-northeast-2"), ("iam:CreateUser", "eu-west-1"), ("kms:Decrypt", "eu-west-1")]
    {
        assert!(ask(&estate, action, region).is_recorded(), "{action}");
    }
    assert!(!ask(&estate, "s3:GetObject", "eu-west-1").is_recorded());
    assert_eq!(ask(&estate, "iam:PassRole", "eu-west-1").answer, Answer::Closed);
}

#[test]
fn what_switches_it_off() {
    let cases = [
        (json!({}), json!({"IsLogging": false, "LatestDeliveryTime": "2026-11-21T23:55:00+00:00"}), all()),
        (
            json!({}),
            json!({"IsLogging": true, "LatestDeliveryError": "AccessDenied", "LatestDeliveryTime": "2026-11-21T23:55:00+00:00"}),
            all(),
        ),
        (json!({}), json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-01T00:00:00+00:00"}), all()),
        (json!({}), on(), json!({"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true}]})),
        (json!({}), on(), json!({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": false}]})),
        (
            json!({}),
            on(),
            json!({"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["true"]}]}]}),
        ),
        (
            json!({}),
            on(),
            json!({"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventSource", "NotEquals": ["rds.amazonaws.com"]}]}]}),
        ),
        (json!({"IsMultiRegionTrail": false}), on(), all()),
    ];
    for (index, (trail, status, selectors)) in cases.into_iter().enumerate() {
        let recording = ask(&files(trail, status, selectors).estate(), "rds:ModifyDBInstance", "ap-northeast-2");
        assert_eq!(recording.answer, Answer::Closed, "{index}: {recording:?}");
        assert!(!recording.evidence.is_empty());
    }
    let kms = json!({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]});
    let estate = files(json!({}), on(), kms).estate();
    assert!(
        !ask(&estate, "kms:Decrypt", "eu-west-1").is_recorded()
            && ask(&estate, "rds:ModifyDBInstance", "eu-west-1").is_recorded()
    );
}

#[test]
fn global_services_record_in_one_region() {
    let estate = files(json!({"IsMultiRegionTrail": false}), on(), all()).estate();
    assert_eq!(ask(&estate, "iam:CreateUser", "eu-west-1").answer, Answer::Closed);
    let estate = files(json!({"IncludeGlobalServiceEvents": false}), on(), all()).estate();
    assert_eq!(ask(&estate, "iam:CreateUser", "eu-west-1").answer, Answer::Closed);
}

#[test]
fn a_gap_counts_as_not_recorded() {
    let mut unseen = files(json!({}), on(), all());
    unseen.0.retain(|(path, _)| !path.ends_with("get-trail-status"));
    let recording = ask(&unseen.estate(), "rds:ModifyDBInstance", "eu-west-1");
    assert_eq!((recording.answer, recording.is_recorded()), (Answer::Undecided, false));
    let nothing = Files::default().alone(ACCOUNT).estate();
    assert_eq!(ask(&nothing, "rds:ModifyDBInstance", "eu-west-1").answer, Answer::Undecided);
    let none = Files::default()
        .alone(ACCOUNT)
        .with(&format!("{ACCOUNT}/eu-west-1/cloudtrail/describe-trails"), json!({"trailList": []}))
        .estate();
    assert_eq!(ask(&none, "rds:ModifyDBInstance", "eu-west-1").answer, Answer::Closed);
}

#[test]
fn data_events_and_retention() {
    let data = json!({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::secret/"]}]}]});
    let estate = files(json!({}), on(), data)
        .with(
            &format!("{ACCOUNT}/global/s3api/get-bucket-lifecycle-configuration"),
            json!({"calls": [{"input": {"Bucket": "logs"}, "output": {"Rules": [
                {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 90}},
                {"ID": "b", "Status": "Enabled", "Filter": {"Prefix": "elsewhere/"}, "Expiration": {"Days": 1}},
                {"ID": "c", "Status": "Disabled", "Filter": {}, "Expiration": {"Days": 2}},
            ]}}]}),
        )
        .estate();
    let of = |arn: &str| recorded(&estate, "s3:GetObject", Some(arn), ACCOUNT, "eu-west-1").is_recorded();
    assert!(of("arn:aws:s3:::secret/x") && !of("arn:aws:s3:::other/x"));
    assert_eq!(trails(&estate)[0].retention, Ok(Retention::Days(90)));
}

#[test]
fn who_may_stop_the_trail() {
    let user = dana(json!([{"Sid": "AllButIam", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]));
    let list = files(json!({}), on(), all()).details(json!([user]), json!([]), json!([]));
    let policy = document(json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": "*"}]));
    let estate = bucket(list, ACCOUNT, "logs", Some(policy)).estate();
    let found = World::build(&estate).tamperers(&trails(&estate)[0]);
    let of = |action: &str| {
        found.iter().any(|one| one.principal == DANA && one.action == action && one.decision.answer() == Answer::Open)
    };
    assert!(of("cloudtrail:StopLogging") && of("s3:PutBucketPolicy") && !of("s3:DeleteObject"));
}
