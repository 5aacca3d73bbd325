//! Collects an AWS account into a snapshot, reading only.
//!
//! The only part of Portcullis that imports the AWS SDK. The SDK signs and retries; one interceptor refuses every
//! operation that is not on the list of read operations, another keeps each response, and one generic converter
//! writes what the AWS CLI would print. Whatever cannot be asked becomes coverage, with its error code.
//!
//! [`run`] is synchronous outside and owns its runtime and Ctrl-C.

mod ask;
mod calls;
mod clients;
mod connect;
mod convert;
mod error;
mod fault;
mod gate;
mod inputs;
mod options;
mod progress;
mod run;
mod shapes;

pub use aws_types::SdkConfig;
pub use error::CollectError;
pub use options::{AssumeRole, MfaToken, Options, Summary};
pub use progress::{Progress, Silent};
pub use run::run;
