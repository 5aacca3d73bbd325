//! The one gate that every request passes, and the ear that hears every response.
//!
//! [`Gate`] stands in every client of [`crate::clients`]; a request whose operation is not on the list of read
//! operations does not leave the machine. [`Capture`] is put on a single call and keeps the response as it came.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use portcullis_snapshot::operations::{OPERATIONS, PREPARING_ACTIONS};

use crate::convert::Response;

/// The gate's refusal.
#[derive(Debug, thiserror::Error)]
#[error("{service} {operation} is not a read operation that Portcullis knows: it was not sent")]
pub(crate) struct Refused {
    service: &'static str,
    operation: String,
}

/// Refuses what is not on the list.
#[derive(Debug)]
pub(crate) struct Gate {
    service: &'static str,
}

impl Gate {
    /// The gate of a service's client, in the CLI's spelling.
    pub(crate) const fn of(service: &'static str) -> Self {
        Self { service }
    }

    fn lets_pass(&self, operation: &str) -> bool {
        let reads = OPERATIONS.iter().any(|read| read.service == self.service && read.api == operation);
        let prepares =
            PREPARING_ACTIONS.iter().any(|(_, _, action)| action.split_once(':') == Some((self.service, operation)));
        reads || prepares
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Gate {
    fn name(&self) -> &'static str {
        "ReadOnlyGate"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("an unnamed operation", Metadata::name);
        if self.lets_pass(operation) {
            return Ok(());
        }
        Err(Refused { service: self.service, operation: operation.to_owned() }.into())
    }
}

/// Keeps the response of the last attempt of one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Capture {
    heard: Arc<Mutex<Option<Response>>>,
}

impl Capture {
    /// What the last attempt was answered; `None` if no whole body arrived.
    pub(crate) fn take(&self) -> Option<Response> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, response: Option<Response>) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = response;
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "Capture"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // an answer to an earlier attempt is not the answer to this one
        self.set(None);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // a body that did not arrive whole is still a stream here
        self.set(response.body().bytes().map(|body| Response {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: body.to_vec(),
        }));
        Ok(())
    }
}

/// S3 Control puts the account before the endpoint's host; an address and `localhost` have no names below them.
#[derive(Debug)]
pub(crate) struct NoAccountHost;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for NoAccountHost {
    fn name(&self) -> &'static str {
        "NoAccountHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let plain = without_account(context.request().uri());
        if let Some(plain) = plain {
            context.request_mut().set_uri(plain)?;
        }
        Ok(())
    }
}

fn without_account(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let (account, rest) = rest.split_once('.')?;
    let authority = rest.split(['/', '?']).next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let bare = host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok() || host.starts_with('[');
    let is_account = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
    (bare && is_account).then(|| format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;
    use crate::clients::Clients;

    #[derive(Debug, Clone, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl HttpConnector for Counting {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            self.0.fetch_add(1, Ordering::SeqCst);
            HttpConnectorFuture::ready(Err(ConnectorError::user("not a network".into())))
        }
    }

    impl HttpClient for Counting {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    #[tokio::test]
    async fn a_write_never_leaves_the_machine() {
        let sent = Counting::default();
        let config = aws_types::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .http_client(sent.clone())
            .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
                aws_sdk_sts::config::Credentials::new("id", "key", None, None, "test"),
            ))
            .build();
        let clients = Clients::new(config, "eu-west-1", false);
        let error = clients.ec2().terminate_instances().instance_ids("i-1").send().await.unwrap_err();
        assert!(format!("{error:?}").contains("Refused {"), "{error:?}");
        let error = clients.iam().create_user().user_name("x").send().await.unwrap_err();
        assert!(format!("{error:?}").contains("Refused {"), "{error:?}");
        let error = clients.s3api().delete_bucket().bucket("x").send().await.unwrap_err();
        assert!(format!("{error:?}").contains("Refused {"), "{error:?}");
        let error = clients.secretsmanager().get_secret_value().secret_id("x").send().await.unwrap_err();
        assert!(format!("{error:?}").contains("Refused {"), "{error:?}");
        assert_eq!(sent.0.load(Ordering::SeqCst), 0);

        let error = clients.ec2().describe_vpcs().send().await.unwrap_err();
        assert!(format!("{error:?}").contains("not a network"), "{error:?}");
        assert_eq!(sent.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn an_account_is_taken_off_a_bare_host_only() {
        let plain = |uri| without_account(uri);
        assert_eq!(plain("http://123456789012.127.0.0.1:5000/v/x").unwrap(), "http://127.0.0.1:5000/v/x");
        assert_eq!(plain("http://123456789012.localhost/v").unwrap(), "http://localhost/v");
        assert_eq!(plain("https://123456789012.s3-control.eu-west-1.amazonaws.com/v"), None);
        assert_eq!(plain("http://127.0.0.1:5000/v"), None);
    }

    #[test]
    fn the_list_is_per_service() {
        assert!(Gate::of("iam").lets_pass("GetPolicy"));
        assert!(!Gate::of("kms").lets_pass("GetPolicy"));
        assert!(Gate::of("iam").lets_pass("GenerateCredentialReport"));
        for write in ["CreateAccessKey", "PutRolePolicy", "AssumeRole", ""] {
            assert!(!Gate::of("iam").lets_pass(write), "{write}");
        }
    }
}
