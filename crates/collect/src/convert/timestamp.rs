//! Timestamps as the AWS CLI prints them: ISO 8601 with an offset.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

/// The CLI's text for a time on the wire: seconds since the epoch, ISO 8601 or RFC 822. Text that is none of these is
/// kept as it is.
pub(super) fn printed(wire: &Value) -> Value {
    let text = match wire {
        Value::Number(number) => number.as_f64().and_then(from_epoch),
        Value::String(text) => from_text(text),
        _ => None,
    };
    text.map_or_else(|| wire.clone(), Value::String)
}

/// Microseconds are the finest that the CLI prints.
fn from_epoch(seconds: f64) -> Option<String> {
    let micros = (seconds * 1e6).round_ties_even();
    if !(-1e17..1e17).contains(&micros) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range stands in the line above")]
    let time = Timestamp::from_microsecond(micros as i64).ok()?;
    Some(print(&time.to_zoned(TimeZone::UTC)))
}

fn from_text(text: &str) -> Option<String> {
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return from_epoch(seconds);
    }
    if let Ok(time) = jiff::fmt::rfc2822::parse(text) {
        return Some(print(&time));
    }
    let utc = text.strip_suffix('Z').or_else(|| text.strip_suffix('z'));
    if let Some(time) = utc.and_then(|bare| bare.parse::<jiff::civil::DateTime>().ok()) {
        return Some(print_civil(time) + "+00:00");
    }
    // a time without a zone stays without one
    if let Some(time) = has_no_offset(text).then(|| text.parse::<jiff::civil::DateTime>().ok()).flatten() {
        return Some(print_civil(time));
    }
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let time = pieces.time()?;
    let civil = pieces.date().to_datetime(time);
    Some(print_civil(civil) + &print_offset(offset.seconds()))
}

fn has_no_offset(text: &str) -> bool {
    text.split_once('T').is_some_and(|(_, time)| !time.contains(['+', '-', 'Z']))
}

fn print(time: &Zoned) -> String {
    print_civil(time.datetime()) + &print_offset(time.offset().seconds())
}

fn print_civil(time: jiff::civil::DateTime) -> String {
    let whole = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    match time.subsec_nanosecond() / 1000 {
        0 => whole,
        micros => format!("{whole}.{micros:06}"),
    }
}

fn print_offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_wires_forms_become_the_clis() {
        let cases = [
            (json!(1_700_000_000), "2023-11-14T22:13:20+00:00"),
            (json!(1_700_000_000.123), "2023-11-14T22:13:20.123000+00:00"),
            (json!("1700000000"), "2023-11-14T22:13:20+00:00"),
            (json!("2023-11-14T22:13:20Z"), "2023-11-14T22:13:20+00:00"),
            (json!("2023-11-14T22:13:20.000Z"), "2023-11-14T22:13:20+00:00"),
            (json!("2023-11-14T22:13:20.5Z"), "2023-11-14T22:13:20.500000+00:00"),
            (json!("2023-11-14T22:13:20+09:00"), "2023-11-14T22:13:20+09:00"),
            (json!("2023-11-14T22:13:20+0000"), "2023-11-14T22:13:20+00:00"),
            (json!("2023-11-14T22:13:20"), "2023-11-14T22:13:20"),
            (json!("Tue, 14 Nov 2023 22:13:20 GMT"), "2023-11-14T22:13:20+00:00"),
            (json!("not a time"), "not a time"),
        ];
        for (wire, text) in cases {
            assert_eq!(printed(&wire), json!(text), "{wire}");
        }
        for hostile in
            [json!(1e300), json!(f64::MAX), json!(null), json!("999999999999999999"), json!("inf"), json!("nan")]
        {
            assert_eq!(printed(&hostile), hostile);
        }
    }
}
