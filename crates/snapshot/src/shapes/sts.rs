//! Shapes of AWS STS: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

use serde::Deserialize;

shape! {
/// Who collected (`GetCallerIdentity`).
CallerIdentity {
    /// The account.
    account: String,
    /// The caller's ARN.
    arn: String,
}
}
