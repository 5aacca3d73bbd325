//! Where a finding is shown: a line of the repository if one declares the thing, else a pseudo-path.

use super::report::{Location, Resource};
use crate::project::{FILE_NAME, Project};

/// The place of a finding on a live resource.
///
/// A database that the project file declares is shown on its line there; everything else on
/// `aws/<account>/<region>/<service>/<type>/<name>`, each segment percent-encoded.
#[must_use]
pub fn location(resource: &Resource, project: &Project) -> Location {
    if project.path.is_some()
        && resource.kind.starts_with("rds.")
        && let Some(declared) = project.databases.get(&resource.id)
    {
        let line = u32::try_from(declared.line).unwrap_or(1);
        return Location {
            path: FILE_NAME.to_owned(),
            start_line: line,
            start_column: 1,
            end_line: line,
            end_column: 2,
            in_repository: true,
        };
    }
    let (service, kind) = resource.kind.split_once('.').unwrap_or((&resource.kind, "resource"));
    let region = if resource.region.is_empty() { "global" } else { &resource.region };
    // An ARN as a path would nest; its last part is what people know it by.
    let name = match resource.id.strip_prefix("arn:") {
        Some(arn) => arn.splitn(5, ':').last().unwrap_or(arn),
        None => &resource.id,
    };
    let segments = ["aws", &resource.account, region, service, kind, name];
    let path: Vec<String> =
        segments.into_iter().map(|segment| encoded(if segment.is_empty() { "all" } else { segment })).collect();
    Location { path: path.join("/"), start_line: 1, start_column: 1, end_line: 1, end_column: 2, in_repository: false }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986; a segment of dots would walk the path.
fn encoded(segment: &str) -> String {
    let dots = segment.chars().all(|c| c == '.');
    segment
        .bytes()
        .map(|byte| {
            let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') || (byte == b'.' && !dots);
            if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: &str, id: &str) -> String {
        let resource = Resource {
            kind: kind.to_owned(),
            account: "123456789012".to_owned(),
            region: "ap-northeast-2".to_owned(),
            id: id.to_owned(),
            arn: None,
        };
        location(&resource, &Project::default()).path
    }

    #[test]
    fn a_pseudo_path_is_relative_and_has_no_scheme() {
        assert_eq!(at("rds.instance", "shop-db"), "aws/123456789012/ap-northeast-2/rds/instance/shop-db");
        assert_eq!(
            at("iam.user", "arn:aws:iam::123456789012:user/a b"),
            "aws/123456789012/ap-northeast-2/iam/user/user%2Fa%20b"
        );
        assert_eq!(at("s3.bucket", ".."), "aws/123456789012/ap-northeast-2/s3/bucket/%2E%2E");
        assert_eq!(at("s3.bucket", "주문"), "aws/123456789012/ap-northeast-2/s3/bucket/%EC%A3%BC%EB%AC%B8");
    }
}
