//! Event selectors, basic and advanced.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html>,
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html>

use portcullis_estate::{Answer, Estate, Gap, Row};
use portcullis_snapshot::Optional;
use portcullis_snapshot::shapes::cloudtrail::{
    AdvancedEventSelector, EventSelector, EventSelectors, FieldSelector, Trail,
};

use super::events::{Event, EventKind};
use super::listed;

/// What a trail selects.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// All management events, no data events: a trail without selectors of its own.
    Default,
    /// Its selectors.
    Given(EventSelectors),
}

const CALL: &str = "cloudtrail/get-event-selectors";

/// The selection of a trail.
pub(crate) fn of(estate: &Estate, row: &Row<Trail>) -> Result<Selection, Gap> {
    let by = |name: &str| estate.trail_event_selectors.of_parent(name).find(|(_, found)| found.account == row.account);
    if let Some((_, found)) = by(&row.data.trail_arn).or_else(|| by(&row.data.name)) {
        return Ok(Selection::Given(found.data.clone()));
    }
    if row.data.has_custom_event_selectors.known() == Some(&false) {
        return Ok(Selection::Default);
    }
    let home = row.data.home_region.known().map_or(&*row.region, String::as_str);
    let coverage = estate.coverage.of_parent(&row.account, home, CALL, &row.data.trail_arn);
    Err(Gap::call(&row.account, home, CALL, Some(&row.data.trail_arn), &coverage))
}

fn or(a: Answer, b: Answer) -> Answer {
    match (a, b) {
        (Answer::Open, _) | (_, Answer::Open) => Answer::Open,
        (Answer::Undecided, _) | (_, Answer::Undecided) => Answer::Undecided,
        _ => Answer::Closed,
    }
}

fn and(a: Answer, b: Answer) -> Answer {
    match (a, b) {
        (Answer::Closed, _) | (_, Answer::Closed) => Answer::Closed,
        (Answer::Undecided, _) | (_, Answer::Undecided) => Answer::Undecided,
        _ => Answer::Open,
    }
}

fn decided(holds: bool) -> Answer {
    if holds { Answer::Open } else { Answer::Closed }
}

impl Selection {
    /// Whether an event is selected.
    pub(crate) fn selects(&self, event: &Event) -> Answer {
        let selectors = match self {
            Self::Default => return decided(event.kind == EventKind::Management),
            Self::Given(selectors) => selectors,
        };
        if matches!(selectors.event_selectors, Optional::Unknown(_))
            || matches!(selectors.advanced_event_selectors, Optional::Unknown(_))
        {
            return Answer::Undecided;
        }
        let advanced = listed(&selectors.advanced_event_selectors);
        if !advanced.is_empty() {
            return advanced.iter().map(|selector| by_advanced(selector, event)).fold(Answer::Closed, or);
        }
        listed(&selectors.event_selectors).iter().map(|selector| by_basic(selector, event)).fold(Answer::Closed, or)
    }
}

fn by_basic(selector: &EventSelector, event: &Event) -> Answer {
    let kind = match selector.read_write_type.get() {
        Ok(None) => Answer::Open,
        Ok(Some(text)) => decided(match text.as_str() {
            "ReadOnly" => event.read_only,
            "WriteOnly" => !event.read_only,
            _ => true,
        }),
        Err(_) => Answer::Undecided,
    };
    let covers = match event.kind {
        EventKind::Management => {
            let included = match selector.include_management_events.get() {
                Ok(flag) => decided(flag.copied().unwrap_or(true)),
                Err(_) => Answer::Undecided,
            };
            let excluded = listed(&selector.exclude_management_event_sources).contains(&event.source);
            and(included, decided(!excluded))
        }
        EventKind::Data(wanted) => listed(&selector.data_resources)
            .iter()
            .filter(|data| data.kind.known().is_some_and(|kind| kind == wanted))
            .flat_map(|data| listed(&data.values))
            .map(|prefix| covers_resource(prefix, wanted, event.resource.as_deref()))
            .fold(Answer::Closed, or),
        // Basic selectors know three types only.
        EventKind::OtherData | EventKind::None => Answer::Closed,
    };
    and(kind, covers)
}

/// `arn:aws:s3` and `arn:aws:lambda` alone mean all of them.
fn covers_resource(prefix: &str, kind: &str, resource: Option<&str>) -> Answer {
    let all = matches!(prefix.split(':').count(), 3) || prefix == "arn:aws:s3:::";
    match resource {
        _ if all => Answer::Open,
        None => Answer::Undecided,
        // For functions and tables the ARN is exact, for objects it is a prefix.
        Some(resource) if kind == "AWS::S3::Object" => decided(resource.starts_with(prefix)),
        Some(resource) => decided(resource == prefix),
    }
}

fn by_advanced(selector: &AdvancedEventSelector, event: &Event) -> Answer {
    let Ok(fields) = selector.field_selectors.get() else { return Answer::Undecided };
    // Every selector names its category.
    let mut answer = decided(fields.iter().any(|field| field.field == "eventCategory"));
    for field in fields {
        let value: Option<String> = match field.field.as_str() {
            "eventCategory" => Some(match event.kind {
                EventKind::Management => "Management".to_owned(),
                _ => "Data".to_owned(),
            }),
            "readOnly" => Some(event.read_only.to_string()),
            "eventSource" => Some(event.source.clone()),
            "eventName" => Some(event.name.clone()),
            "resources.type" => match event.kind {
                EventKind::Data(kind) => Some(kind.to_owned()),
                _ => None,
            },
            "resources.ARN" => event.resource.clone(),
            // Who calls, from where, by which session: not known here.
            _ => None,
        };
        answer = and(answer, value.map_or(Answer::Undecided, |value| decided(holds(field, &value))));
    }
    answer
}

/// All operators that are given must hold, the positive ones for any of their values, the negative for all.
fn holds(field: &FieldSelector, value: &str) -> bool {
    type Test = fn(&str, &str) -> bool;
    let positive: [(&Optional<Vec<String>>, Test); 3] = [
        (&field.equals, |value, wanted| value == wanted),
        (&field.starts_with, |value, wanted| value.starts_with(wanted)),
        (&field.ends_with, |value, wanted| value.ends_with(wanted)),
    ];
    let negative: [(&Optional<Vec<String>>, Test); 3] = [
        (&field.not_equals, |value, wanted| value == wanted),
        (&field.not_starts_with, |value, wanted| value.starts_with(wanted)),
        (&field.not_ends_with, |value, wanted| value.ends_with(wanted)),
    ];
    positive.iter().all(|(wanted, test)| listed(wanted).is_empty() || listed(wanted).iter().any(|one| test(value, one)))
        && negative.iter().all(|(wanted, test)| !listed(wanted).iter().any(|one| test(value, one)))
}
