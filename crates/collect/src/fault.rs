//! Why a call has no answer, and what that means for coverage.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use portcullis_snapshot::Coverage;

use crate::connect::innermost;
use crate::convert::{self, ConvertError, Response};
use crate::gate::Refused;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The service says why.
    #[error("{code}")]
    Service { code: String, status: u16 },
    /// What answers does not speak the service's protocol.
    #[error("HTTP {status}")]
    NotTheProtocol { status: u16 },
    /// Nothing came, or not all of it.
    #[error("{code}: {detail}")]
    Transport { code: &'static str, detail: String },
    /// A success whose body cannot be read.
    #[error("{0}")]
    Body(ConvertError),
    /// The gate held it back.
    #[error("refused before it was sent")]
    Refused,
}

/// Codes with which services say that the caller may not ask.
const DENIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "AuthFailure",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "InvalidClientTokenId",
    "NotAuthorized",
    "OptInRequired",
    "SubscriptionRequiredException",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// Codes with which an endpoint says that it does not know the operation.
const UNKNOWN_OPERATION: &[&str] = &[
    "InvalidAction",
    "NotImplemented",
    "UnknownAction",
    "UnknownOperation",
    "UnknownOperationException",
    "UnsupportedCommandException",
    "404",
    "501",
];

impl Fault {
    /// What the fault means for coverage. `emulated` says that an endpoint override is in force: only then does a body
    /// that is not the service's protocol mean that the operation is not offered.
    pub(crate) fn coverage(&self, emulated: bool) -> Coverage {
        match self {
            Self::Service { code, .. } if UNKNOWN_OPERATION.contains(&code.as_str()) => {
                Coverage::Unsupported { code: code.clone() }
            }
            Self::Service { code, status } => {
                let code = code.clone();
                let denied = DENIALS.contains(&code.as_str()) || (*status == 403 && !is_our_clock_or_key(&code));
                if denied { Coverage::Denied { code } } else { Coverage::Failed { code } }
            }
            Self::NotTheProtocol { status } if emulated => Coverage::Unsupported { code: format!("HTTP {status}") },
            Self::NotTheProtocol { status: 403 } => Coverage::Denied { code: "HTTP 403".to_owned() },
            Self::NotTheProtocol { status } => Coverage::Failed { code: format!("HTTP {status}") },
            Self::Body(ConvertError::Service(code)) => Coverage::Failed { code: code.clone() },
            Self::Body(_) => Coverage::Failed { code: "UnreadableBody".to_owned() },
            Self::Transport { code, .. } => Coverage::Failed { code: (*code).to_owned() },
            Self::Refused => Coverage::NotAsked,
        }
    }

    /// The service's code, where it gave one.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Service { code, .. } | Self::Body(ConvertError::Service(code)) => Some(code),
            _ => None,
        }
    }

    /// The fault in a response that is no success.
    pub(crate) fn of_response(service: &str, api: &str, response: &Response) -> Self {
        let status = response.status;
        match convert::error_code(service, api, response) {
            Some(code) => Self::Service { code, status },
            None => Self::NotTheProtocol { status },
        }
    }
}

/// 403s that say something about the request, not about the caller's rights.
fn is_our_clock_or_key(code: &str) -> bool {
    ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch"]
        .contains(&code)
        || code.contains("Throttl")
        || code == "SlowDown"
}

/// What the SDK says went wrong with a call, told apart only as far as coverage needs.
pub(crate) fn of_sdk<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Fault
where
    SdkError<E, R>: std::error::Error + 'static,
{
    if was_refused(error) {
        return Fault::Refused;
    }
    // the certificate that was refused, the name that does not resolve
    let transport = |code| Fault::Transport { code, detail: innermost(error) };
    match error {
        SdkError::TimeoutError(_) => transport("Timeout"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => transport("Timeout"),
        SdkError::DispatchFailure(failure) if failure.is_io() => transport("ConnectionFailed"),
        SdkError::ResponseError(_) => transport("CutBody"),
        SdkError::ServiceError(service) => match service.err().code() {
            Some(code) => Fault::Service { code: code.to_owned(), status: 0 },
            None => transport("UnreadableError"),
        },
        _ => transport("NotSent"),
    }
}

fn was_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.is::<Refused>() {
            return true;
        }
        cause = current.source();
    }
    false
}

/// Under an endpoint override: what does not speak the service's protocol will not learn it by being asked again.
#[derive(Debug)]
pub(crate) struct NoSecondTry {
    pub(crate) service: &'static str,
}

impl ClassifyRetry for NoSecondTry {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response() else { return RetryAction::NoActionIndicated };
        let status = response.status().as_u16();
        if status != 404 && status < 500 {
            return RetryAction::NoActionIndicated;
        }
        let heard = Response {
            status,
            headers: response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: response.body().bytes().unwrap_or_default().to_vec(),
        };
        let api = context_api(self.service);
        match Fault::of_response(self.service, api, &heard) {
            Fault::Service { code, .. } if !UNKNOWN_OPERATION.contains(&code.as_str()) => {
                RetryAction::NoActionIndicated
            }
            _ => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "NoSecondTry"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// Any operation of the service: its errors all have one form.
fn context_api(service: &str) -> &'static str {
    portcullis_snapshot::operations::OPERATIONS
        .iter()
        .find(|operation| operation.service == service)
        .map_or("", |operation| operation.api)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_become_coverage() {
        let service = |code: &str, status| Fault::Service { code: code.to_owned(), status };
        let denied = |code: &str| Coverage::Denied { code: code.to_owned() };
        let failed = |code: &str| Coverage::Failed { code: code.to_owned() };
        assert_eq!(service("UnauthorizedOperation", 400).coverage(false), denied("UnauthorizedOperation"));
        assert_eq!(service("SomethingNew", 403).coverage(false), denied("SomethingNew"));
        assert_eq!(service("ExpiredToken", 403).coverage(false), failed("ExpiredToken"));
        assert_eq!(service("ThrottlingException", 400).coverage(false), failed("ThrottlingException"));
        assert_eq!(
            service("InvalidAction", 400).coverage(true),
            Coverage::Unsupported { code: "InvalidAction".into() }
        );
        let html = Fault::NotTheProtocol { status: 404 };
        assert_eq!(html.coverage(true), Coverage::Unsupported { code: "HTTP 404".into() });
        // on AWS itself a page from a proxy is a failure, not a missing feature
        assert_eq!(html.coverage(false), failed("HTTP 404"));
    }
}
