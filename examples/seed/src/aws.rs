//! The service clients, all bound to the one loopback endpoint.

use std::error::Error;

use anyhow::anyhow;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::moto::Endpoint;

/// The account of the estate: the one that moto puts callers into.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The region of the estate.
pub(crate) const REGION: &str = "ap-northeast-2";

/// Sends a request; an error names the place in this program and what the service said.
macro_rules! send {
    ($call:expr) => {
        Box::pin($call.send()).await.map_err(|error| $crate::aws::failed(concat!(file!(), ":", line!()), &error))?
    };
}
pub(crate) use send;

/// Turns an SDK error into one line: the messages of its causes, of which the first says next to nothing.
pub(crate) fn failed(place: &str, error: &(dyn Error + 'static)) -> anyhow::Error {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    anyhow!("{place}: {}", causes.join(": "))
}

/// One client a service.
#[derive(Debug)]
pub(crate) struct Aws {
    pub(crate) endpoint: Endpoint,
    config: SdkConfig,
    pub(crate) cloudtrail: aws_sdk_cloudtrail::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) ecs: aws_sdk_ecs::Client,
    pub(crate) elasticache: aws_sdk_elasticache::Client,
    pub(crate) elbv2: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) organizations: aws_sdk_organizations::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
}

impl Aws {
    /// Clients for `endpoint`, with credentials that mean nothing anywhere else.
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        use aws_sdk_ec2::config::{BehaviorVersion, Credentials, SharedCredentialsProvider};
        let credentials = Credentials::new("seed", "seed", None, None, "portcullis-seed");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(endpoint.url())
            // what a local endpoint fails at, it fails at again
            .retry_config(RetryConfig::disabled())
            .http_client(HttpClientBuilder::new().build_http())
            .build();
        let path_style = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self {
            endpoint,
            cloudtrail: aws_sdk_cloudtrail::Client::new(&config),
            ec2: aws_sdk_ec2::Client::new(&config),
            ecs: aws_sdk_ecs::Client::new(&config),
            elasticache: aws_sdk_elasticache::Client::new(&config),
            elbv2: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            organizations: aws_sdk_organizations::Client::new(&config),
            rds: aws_sdk_rds::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(path_style),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            config,
        }
    }

    /// EC2 in another region.
    pub(crate) fn ec2_in(&self, region: &str) -> aws_sdk_ec2::Client {
        let config = aws_sdk_ec2::config::Builder::from(&self.config).region(Region::new(region.to_owned())).build();
        aws_sdk_ec2::Client::from_conf(config)
    }
}
