//! Where each answer lies in a snapshot: `<account>/<region | global>/<service>/<operation>.json`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The region segment of services that have no regions.
pub const GLOBAL: &str = "global";

/// The file of one operation in one account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileKey {
    /// The twelve-digit account id, or `plain` for database servers outside AWS.
    pub account: String,
    /// The region, or [`GLOBAL`].
    pub region: String,
    /// The service in the AWS CLI's spelling (`ec2`, `elbv2`, `s3api`), or `databases`.
    pub service: String,
    /// The operation in the AWS CLI's spelling, or the identifier of a database.
    pub operation: String,
}

impl FileKey {
    /// A key from its four segments.
    pub fn new(
        account: impl Into<String>,
        region: impl Into<String>,
        service: impl Into<String>,
        operation: impl Into<String>,
    ) -> Self {
        Self { account: account.into(), region: region.into(), service: service.into(), operation: operation.into() }
    }

    /// The path inside the snapshot, with `/` on every platform.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}/{}/{}.json", self.account, self.region, self.service, self.operation)
    }

    /// Reads a path back; `None` for a path that is not of a snapshot's form.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.strip_suffix(".json")?;
        let mut parts = path.split('/');
        let (account, region, service, operation) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let plain = |s: &str| {
            !s.is_empty()
                && !s.starts_with('.')
                && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let is_account = account == "plain" || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()));
        (is_account && plain(region) && plain(service) && plain(operation))
            .then(|| Self::new(account, region, service, operation))
    }

    /// `service/operation`, the name under which coverage and documentation speak of it.
    #[must_use]
    pub fn call(&self) -> String {
        format!("{}/{}", self.service, self.operation)
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}
