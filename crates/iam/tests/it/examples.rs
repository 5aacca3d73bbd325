//! Every line of the `authorize` examples.

use std::path::PathBuf;

use portcullis_iam::{AuthorizeQuery, AuthorizeVerdict, authorize};

/// The folder of the conformance data: `PORTCULLIS_CONFORMANCE`, else beside the repository.
pub(crate) fn conformance() -> Option<PathBuf> {
    let given = std::env::var_os("PORTCULLIS_CONFORMANCE").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    given.or(Some(beside)).filter(|folder| folder.is_dir())
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
