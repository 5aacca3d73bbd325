//! What to collect, as whom, and where to put it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use portcullis_snapshot::CallCoverage;

/// Reads the one-time code of the MFA device whose serial number it is given.
pub type MfaToken = Arc<dyn Fn(&str) -> io::Result<String> + Send + Sync>;

/// A role to take before anything is asked.
#[derive(Clone, Default)]
pub struct AssumeRole {
    /// ARN of the role.
    pub arn: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Serial number or ARN of the caller's MFA device, and who asks for its code.
    pub mfa: Option<(String, MfaToken)>,
}

impl fmt::Debug for AssumeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumeRole").field("arn", &self.arn).finish_non_exhaustive()
    }
}

/// What to collect, as whom, and where to put it.
#[derive(Debug, Clone)]
pub struct Options {
    /// A directory, or a file that ends in `.ndjson.zst`.
    pub target: PathBuf,
    /// The regions to ask; none means every region that is enabled.
    pub regions: Vec<String>,
    /// At most so many calls at once.
    pub jobs: usize,
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// A role to take first.
    pub assume_role: Option<AssumeRole>,
    /// Also ask when each principal last used which service: one job per user and role, slow.
    pub last_accessed: bool,
    /// *Now*: the snapshot's `collected_at`.
    pub now: Timestamp,
    /// Version of the program, for the manifest.
    pub tool_version: String,
    /// An SDK configuration made elsewhere, in place of the standard chain.
    pub config: Option<aws_types::SdkConfig>,
}

impl Options {
    /// Collect into `target` with every default: the standard credential chain, every enabled region, 16 calls at once.
    pub fn new(target: impl Into<PathBuf>, now: Timestamp) -> Self {
        Self {
            target: target.into(),
            regions: Vec::new(),
            jobs: 16,
            profile: None,
            assume_role: None,
            last_accessed: false,
            now,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            config: None,
        }
    }
}

/// What a run brought home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Number of the account.
    pub account: String,
    /// ARN of the caller.
    pub caller: String,
    /// The regions that were asked, sorted.
    pub regions: Vec<String>,
    /// Calls that were answered, pages not counted.
    pub calls: usize,
    /// What is not complete, as in the manifest.
    pub coverage: Vec<CallCoverage>,
}
