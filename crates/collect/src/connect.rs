//! The way to AWS: TLS, proxies, the standard credential chain, a role to take first.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::sdk_config::Builder as ConfigBuilder;

use crate::error::CollectError;
use crate::options::{AssumeRole, Options};

/// Where calls without a region go if nothing names one.
const DEFAULT_REGION: &str = "us-east-1";
/// A call is tried so often before it counts as failed for good.
const ATTEMPTS: u32 = 6;

/// The configuration of every client, and what was learned on the way.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) config: SdkConfig,
    /// The region for what has none.
    pub(crate) home: String,
    /// Whether an endpoint override is in force.
    pub(crate) emulated: bool,
}

/// Makes the configuration and makes sure that there are credentials.
pub(crate) async fn connect(options: &Options) -> Result<Connection, CollectError> {
    let given = options.config.clone();
    let config = match given {
        Some(config) => config,
        None => standard(options).await?,
    };
    let home = config
        .region()
        .map(|region| region.as_ref().to_owned())
        .or_else(|| options.regions.iter().find(|region| is_of_another_partition(region)).cloned())
        .unwrap_or_else(|| DEFAULT_REGION.to_owned());
    let config = config.into_builder().region(Region::new(home.clone())).build();
    let emulated = config.endpoint_url().is_some()
        || (options.config.is_none() && env::vars_os().any(|(name, _)| names_an_endpoint(&name.to_string_lossy())));
    let credentials = credentials(&config, options).await?;
    let config = match &options.assume_role {
        Some(role) => assumed(config, role).await?,
        None => config.into_builder().credentials_provider(credentials).build(),
    };
    Ok(Connection { config, home, emulated })
}

/// Partitions share nothing, so what has no region is asked in the partition that the user names. Any other named region
/// may not exist: the default region then says so.
fn is_of_another_partition(region: &str) -> bool {
    ["cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"].iter().any(|prefix| region.starts_with(prefix))
}

/// `AWS_ENDPOINT_URL_S3` and its kin.
fn names_an_endpoint(variable: &str) -> bool {
    variable.starts_with("AWS_ENDPOINT_URL")
        && env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").map_or(true, |ignore| ignore != "true")
}

async fn standard(options: &Options) -> Result<SdkConfig, CollectError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client()?)
        .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(10))
                .operation_attempt_timeout(Duration::from_secs(90))
                .build(),
        );
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    Ok(loader.load().await)
}

/// rustls on ring, the environment's proxies, and `AWS_CA_BUNDLE` beside the system's roots.
fn http_client() -> Result<SharedHttpClient, CollectError> {
    let mut roots = TrustStore::default();
    if let Some(path) = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from) {
        let refused = |cause: String| CollectError::CaBundle { path: path.clone(), cause };
        let pem = std::fs::read(&path).map_err(|error| refused(error.to_string()))?;
        if !pem.windows(b"-----BEGIN CERTIFICATE-----".len()).any(|text| text == b"-----BEGIN CERTIFICATE-----") {
            return Err(refused("the file holds no PEM certificate".to_owned()));
        }
        roots = roots.with_pem_certificate(pem);
    }
    let tls = TlsContext::builder()
        .with_trust_store(roots)
        .build()
        .map_err(|error| CollectError::CaBundle { path: PathBuf::new(), cause: error.to_string() })?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

async fn credentials(config: &SdkConfig, options: &Options) -> Result<SharedCredentialsProvider, CollectError> {
    let profile = options.profile.clone().or_else(|| env::var("AWS_PROFILE").ok());
    let of = profile.map(|profile| format!(" (profile `{profile}`)")).unwrap_or_default();
    let nothing = || CollectError::NoCredentials(format!("nothing in the standard chain has any{of}"));
    let provider = config.credentials_provider().ok_or_else(nothing)?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(provider),
        Err(aws_credential_types::provider::error::CredentialsError::CredentialsNotLoaded(_)) => Err(nothing()),
        Err(error) => Err(CollectError::NoCredentials(innermost(&error) + &of)),
    }
}

/// The last cause of an error, in one line: what the SDK wraps around it is about the SDK.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Takes a role. Without MFA the credentials renew themselves; with MFA one code makes one session.
async fn assumed(config: SdkConfig, role: &AssumeRole) -> Result<SdkConfig, CollectError> {
    let provider = match &role.mfa {
        None => {
            let mut provider =
                aws_config::sts::AssumeRoleProvider::builder(&role.arn).configure(&config).session_name("portcullis");
            if let Some(id) = &role.external_id {
                provider = provider.external_id(id);
            }
            SharedCredentialsProvider::new(provider.build().await)
        }
        Some(mfa) => SharedCredentialsProvider::new(with_mfa(&config, role, mfa).await?),
    };
    let refused = |cause| CollectError::AssumeRole { role: role.arn.clone(), cause };
    provider.provide_credentials().await.map_err(|error| refused(innermost(&error)))?;
    Ok(with_credentials(config.into_builder(), provider))
}

fn with_credentials(builder: ConfigBuilder, provider: SharedCredentialsProvider) -> SdkConfig {
    builder.credentials_provider(provider).build()
}

async fn with_mfa(
    config: &SdkConfig,
    role: &AssumeRole,
    (serial, token): &(String, crate::options::MfaToken),
) -> Result<Credentials, CollectError> {
    let refused = |cause: String| CollectError::AssumeRole { role: role.arn.clone(), cause };
    let code = token(serial).map_err(|error| refused(format!("no MFA code: {error}")))?;
    // part of the credential chain, so not a call that the gate knows
    let answer = aws_sdk_sts::Client::new(config)
        .assume_role()
        .role_arn(&role.arn)
        .role_session_name("portcullis")
        .set_external_id(role.external_id.clone())
        .serial_number(serial)
        .token_code(code.trim())
        .send()
        .await
        .map_err(|error| refused(innermost(&error)))?;
    let given = answer.credentials().ok_or_else(|| refused("STS gave no credentials".to_owned()))?;
    let expires = std::time::SystemTime::try_from(*given.expiration()).ok();
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        expires,
        "AssumeRoleWithMfa",
    ))
}
