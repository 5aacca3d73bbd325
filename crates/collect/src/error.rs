//! Why collecting could not begin or end. What goes wrong between is coverage, not an error.

use std::path::PathBuf;

use portcullis_snapshot::writing::WriteError;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The standard chain found no credentials.
    #[error("no AWS credentials: {0}; set AWS_PROFILE, sign in with `aws sso login`, or export AWS_ACCESS_KEY_ID")]
    NoCredentials(String),
    /// AWS refused them.
    #[error("AWS refuses these credentials ({code}): {help}")]
    WrongCredentials {
        /// The service's code.
        code: String,
        /// What mends it.
        help: &'static str,
    },
    /// The role was not to be had.
    #[error("cannot assume `{role}`: {cause}")]
    AssumeRole {
        /// ARN of the role.
        role: String,
        /// What STS answered.
        cause: String,
    },
    /// Nobody answers.
    #[error("{endpoint} does not answer ({cause}): check the network, HTTPS_PROXY and AWS_ENDPOINT_URL")]
    EndpointDown {
        /// The endpoint that was asked.
        endpoint: String,
        /// What happened.
        cause: String,
    },
    /// Somebody answers, but not STS.
    #[error("{endpoint} does not answer as AWS STS does ({cause}): check AWS_ENDPOINT_URL")]
    NotAws {
        /// The endpoint that was asked.
        endpoint: String,
        /// What came back.
        cause: String,
    },
    /// A region that the account does not have.
    #[error("region `{region}` is not enabled in account {account}: enabled are {enabled}")]
    RegionNotEnabled {
        /// The region that was asked for.
        region: String,
        /// The account.
        account: String,
        /// What it has.
        enabled: String,
    },
    /// Which regions there are is not to be learned.
    #[error("cannot list the account's regions ({0}): name them with --region")]
    RegionsUnknown(String),
    /// The certificates are not to be had.
    #[error("cannot use AWS_CA_BUNDLE `{}`: {cause}", .path.display())]
    CaBundle {
        /// The file that the variable names.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The snapshot could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The runtime could not start.
    #[error("cannot start the network runtime: {0}")]
    Runtime(std::io::Error),
    /// Ctrl-C.
    #[error("interrupted: nothing was written")]
    Interrupted,
}
