//! Where an alert is shown: a relative path that every consumer accepts, and the resource's own name.
//!
//! GitHub rejects a whole file for one location without a path, with an empty one or with a scheme; an ARN parses as the
//! scheme `arn:`. So every path here is relative, percent-encoded and never empty, and has a full region.

use std::fmt::Write as _;

use super::said;
use crate::audit::report::{Location, Resource};

/// A path with a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Spot {
    /// Relative, without scheme, percent-encoded, not empty.
    pub(in crate::report) uri: String,
    pub(in crate::report) start_line: u32,
    pub(in crate::report) start_column: u32,
    pub(in crate::report) end_line: u32,
    pub(in crate::report) end_column: u32,
}

/// A resource by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Named {
    pub(in crate::report) name: String,
    pub(in crate::report) qualified: String,
}

impl Spot {
    /// The first character of a path.
    pub(super) fn top(path: &str) -> Self {
        Self { uri: relative(path), start_line: 1, start_column: 1, end_line: 1, end_column: 2 }
    }

    /// A location of the report; a region that makes no sense is put right.
    pub(super) fn of(location: &Location) -> Self {
        let start_line = location.start_line.max(1);
        let start_column = location.start_column.max(1);
        let end_line = location.end_line.max(start_line);
        let end_column =
            if end_line == start_line { location.end_column.max(start_column) } else { location.end_column.max(1) };
        // A pseudo-path is percent-encoded already; the name of a file is not.
        let uri = if location.in_repository { relative(&location.path) } else { relative_encoded(&location.path) };
        Self { uri, start_line, start_column, end_line, end_column }
    }

    /// The pseudo-path of a resource named in evidence: by its ARN, or below the resource that the alert is about.
    pub(super) fn of_evidence(resource: &str, account: &str, region: &str) -> Self {
        let or = |part: &str, other: &str| if part.is_empty() { other.to_owned() } else { part.to_owned() };
        let mut parts = resource.splitn(6, ':');
        let path = match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("arn"), Some(_), Some(service), Some(arn_region), Some(arn_account), Some(rest)) => format!(
                "aws/{}/{}/{service}/{}",
                or(arn_account, account),
                or(arn_region, "global"),
                rest.replace(':', "/")
            ),
            _ => format!("aws/{account}/{region}/resource/{resource}"),
        };
        Self::top(&path)
    }
}

impl Named {
    /// The resource of a finding.
    pub(super) fn of(resource: &Resource) -> Self {
        let qualified = resource
            .arn
            .clone()
            .unwrap_or_else(|| format!("{}:{}/{}/{}", resource.kind, resource.account, resource.region, resource.id));
        Self { name: said(&resource.id), qualified: said(&qualified) }
    }

    /// A resource of evidence: an ARN or an id.
    pub(super) fn of_evidence(resource: &str) -> Option<Self> {
        let name = resource.rsplit(['/', ':']).next().unwrap_or(resource);
        (!resource.is_empty()).then(|| Self { name: said(name), qualified: said(resource) })
    }
}

/// A relative path as a URI: no scheme, no root, no way up, percent-encoded.
fn relative(path: &str) -> String {
    joined(path.split('/').map(encoded))
}

/// The same for a path whose segments are encoded; what was forgotten is encoded now.
fn relative_encoded(path: &str) -> String {
    let segment = |segment: &str| -> String {
        let mut parts = segment.split('%');
        let first = parts.next().map(encoded).unwrap_or_default();
        parts.fold(first, |out, part| {
            let is_code = part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
            out + if is_code { "%" } else { "%25" } + &encoded(part)
        })
    };
    joined(path.split('/').map(segment))
}

/// Segments as a path. Dots that walk the path do so encoded as well.
fn joined(segments: impl Iterator<Item = String>) -> String {
    let segments: Vec<String> = segments
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            let plain = segment.replace("%2E", ".").replace("%2e", ".");
            if plain.bytes().all(|byte| byte == b'.') { plain.replace('.', "_") } else { segment }
        })
        .collect();
    if segments.is_empty() { "aws/unnamed".to_owned() } else { segments.join("/") }
}

/// A path segment, percent-encoded.
pub(super) fn encoded(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_and_encoded() {
        assert_eq!(relative("infra/rds.tf"), "infra/rds.tf");
        assert_eq!(relative("aws/1/eu/iam/role/a b%\u{202e}"), "aws/1/eu/iam/role/a%20b%25%E2%80%AE");
        assert_eq!(relative("arn:aws:x"), "arn%3Aaws%3Ax");
        assert_eq!(relative("https://evil/../x"), "https%3A/evil/__/x");
        assert_eq!([relative(""), relative("//"), relative("./")], ["aws/unnamed", "aws/unnamed", "_"]);
        assert_eq!(relative("C:\\x"), "C%3A%5Cx");
        assert_eq!(relative("결제"), "%EA%B2%B0%EC%A0%9C");
    }

    #[test]
    fn encoded_paths_stay_as_they_are() {
        let same = "aws/1/eu/s3/bucket/a%20b%2Fc%EC%A3%BC";
        assert_eq!(relative_encoded(same), same);
        assert_eq!(relative_encoded("aws/%2E%2E/a:b/100%/%zz/.."), "aws/__/a%3Ab/100%25/%25zz/__");
    }

    #[test]
    fn evidence_has_a_pseudo_path() {
        let uri = |resource| Spot::of_evidence(resource, "123456789012", "ap-northeast-2").uri;
        assert_eq!(uri("arn:aws:rds:eu-west-1:999:db:shop-db"), "aws/999/eu-west-1/rds/db/shop-db");
        assert_eq!(uri("arn:aws:s3:::bucket/key"), "aws/123456789012/global/s3/bucket/key");
        assert_eq!(uri("sg-0db"), "aws/123456789012/ap-northeast-2/resource/sg-0db");
        assert_eq!(uri(""), "aws/123456789012/ap-northeast-2/resource");
        assert_eq!(uri("arn:x"), "aws/123456789012/ap-northeast-2/resource/arn%3Ax");
    }

    #[test]
    fn regions_run_forward() {
        let location = |start_line, start_column, end_line, end_column| {
            let spot = Spot::of(&Location {
                path: "a".to_owned(),
                start_line,
                start_column,
                end_line,
                end_column,
                in_repository: true,
            });
            (spot.start_line, spot.start_column, spot.end_line, spot.end_column)
        };
        assert_eq!(location(0, 0, 0, 0), (1, 1, 1, 1));
        assert_eq!(location(3, 5, 2, 1), (3, 5, 3, 5));
        assert_eq!(location(3, 5, 9, 2), (3, 5, 9, 2));
    }
}
