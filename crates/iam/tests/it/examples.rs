//! Every line of the `authorize` examples.

use std::path::PathBuf;

use portcullis_iam::{AuthorizeQuery, AuthorizeVerdict, authorize};

/// The conformance data (`PORTCULLIS_CONFORMANCE`, else beside the repository), or `None` where it is missing, said aloud.
pub(crate) fn conformance() -> Option<PathBuf> {
    let folder = std::env::var_os("PORTCULLIS_CONFORMANCE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the conformance data is missing at {}", folder.display());
    eprintln!("SKIPPED: no conformance data at {} (set PORTCULLIS_CONFORMANCE)", folder.display());
    None
}

#[test]
fn the_authorize_examples_match() {
    let Some(folder) = conformance() else { return };
    let text = std::fs::read_to_string(folder.join("iam/authorize-examples.ndjson")).unwrap();
    let mut count = 0;
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let query: AuthorizeQuery = serde_json::from_str(line).unwrap();
        let answer = authorize(&query).unwrap();
        let expected = value["expect"].as_str().unwrap();
        let found = serde_json::to_value(answer.verdict).unwrap();
        let denied = matches!(answer.verdict, AuthorizeVerdict::ExplicitDeny | AuthorizeVerdict::ImplicitDeny);
        assert!(found == expected || (expected == "denied" && denied), "{}: {answer:?}", value["id"]);
        count += 1;
    }
    assert_eq!(count, 15);
}
