//! The identity of a finding over time.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::report::Resource;

/// A fingerprint of rule, account, region, owner and discriminator only, as 32 hex digits.
///
/// Texts, counts, dates and paths stay out, so that it survives reordering, renumbering and restarts. The owner is what a
/// person answers for: a service, group, function or role, never a task, interface or session.
#[must_use]
pub fn fingerprint(rule: &str, resource: Option<&Resource>, discriminator: Option<&str>) -> String {
    let mut hash = Sha256::new();
    let parts = match resource {
        Some(resource) => [rule, &resource.account, &resource.region, &resource.kind, &resource.id],
        None => [rule, "", "", "", ""],
    };
    for part in parts.into_iter().chain([discriminator.unwrap_or_default()]) {
        // Length first, so that no two lists of parts run together.
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut text = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let resource = |account: &str, region: &str| Resource {
            kind: "k".to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            id: "i".to_owned(),
            arn: None,
        };
        assert_ne!(
            fingerprint("r", Some(&resource("ab", "c")), None),
            fingerprint("r", Some(&resource("a", "bc")), None)
        );
        assert_ne!(fingerprint("r", None, None), fingerprint("r", None, Some("x")));
    }
}
