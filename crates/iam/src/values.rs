//! Numbers, dates and addresses as conditions compare them.

use std::cmp::Ordering;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::condition::Order;

/// A number: exact where it is whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Whole(i128),
    Real(f64),
}

pub(crate) fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    if let Ok(whole) = text.parse() {
        return Some(Number::Whole(whole));
    }
    text.parse::<f64>().ok().filter(|real| real.is_finite()).map(Number::Real)
}

#[expect(clippy::cast_precision_loss, reason = "mixed comparison of a whole and a real number is inexact by nature")]
pub(crate) fn compare(given: &Number, wanted: &Number, order: Order) -> bool {
    let ordering = match (given, wanted) {
        (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(b)),
        (Number::Whole(a), Number::Real(b)) => (*a as f64).partial_cmp(b),
        (Number::Real(a), Number::Whole(b)) => a.partial_cmp(&(*b as f64)),
        (Number::Real(a), Number::Real(b)) => a.partial_cmp(b),
    };
    ordering.is_some_and(|ordering| ordered(ordering, order))
}

pub(crate) fn ordered(ordering: Ordering, order: Order) -> bool {
    match order {
        Order::Equal => ordering.is_eq(),
        Order::Less => ordering.is_lt(),
        Order::LessOrEqual => ordering.is_le(),
        Order::Greater => ordering.is_gt(),
        Order::GreaterOrEqual => ordering.is_ge(),
    }
}

/// A date in one of W3C's ISO 8601 forms, or in seconds since 1970.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    if let Some(seconds) = text.split_once('.').and_then(|(whole, _)| whole.parse::<i64>().ok()) {
        return Timestamp::from_second(seconds).ok();
    }
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    if let Ok(date) = day.parse::<jiff::civil::Date>()
        && day.len() == 10
    {
        return date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    // A time without zone, or with `+0000` as some clients write it.
    if let Some(stripped) = text.strip_suffix("+0000") {
        return format!("{stripped}Z").parse().ok();
    }
    // Minutes without seconds: `2026-01-01T10:00Z`.
    if let Some(stripped) = text.strip_suffix('Z')
        && stripped.len() == 16
    {
        return format!("{stripped}:00Z").parse().ok();
    }
    text.parse::<jiff::civil::DateTime>()
        .ok()
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp())
}

/// An address block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    address: IpAddr,
    bits: u32,
}

pub(crate) fn network(text: &str) -> Option<Network> {
    let (address, bits) =
        text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(width), |bits| bits.parse().ok())?;
    (bits <= width).then_some(Network { address, bits })
}

pub(crate) fn contains(network: &Network, address: &IpAddr) -> bool {
    fn same(a: u128, b: u128, width: u32, bits: u32) -> bool {
        bits == 0 || (a ^ b) >> (width - bits) == 0
    }
    match (network.address, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(*b).into(), 32, network.bits),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), (*b).into(), 128, network.bits),
        _ => false,
    }
}
