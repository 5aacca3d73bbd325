//! The only constructor of service clients: each passes the gate.

use std::sync::OnceLock;

use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::fault::NoSecondTry;
use crate::gate::{Gate, NoAccountHost};

macro_rules! clients {
    ($($service:ident $sdk:ident $name:literal $(, $builder:ident => $more:expr)?;)*) => {
        /// The clients of one region, made when first used.
        #[derive(Debug)]
        pub(crate) struct Clients {
            config: SdkConfig,
            emulated: bool,
            $($service: OnceLock<$sdk::Client>,)*
        }

        impl Clients {
            /// The clients of a region. `emulated` says that an endpoint override is in force.
            pub(crate) fn new(config: SdkConfig, region: &str, emulated: bool) -> Self {
                let config = config.into_builder().region(Region::new(region.to_owned())).build();
                Self { config, emulated, $($service: OnceLock::new(),)* }
            }

            $(
                pub(crate) fn $service(&self) -> &$sdk::Client {
                    self.$service.get_or_init(|| {
                        let builder = $sdk::config::Builder::from(&self.config).interceptor(Gate::of($name));
                        $(let $builder = builder; let builder = $more(self, $builder);)?
                        let builder = if self.emulated {
                            builder.retry_classifier(NoSecondTry { service: $name })
                        } else {
                            builder
                        };
                        $sdk::Client::from_conf(builder.build())
                    })
                }
            )*
        }
    };
}

clients! {
    sts aws_sdk_sts "sts";
    iam aws_sdk_iam "iam";
    organizations aws_sdk_organizations "organizations";
    sso_admin aws_sdk_ssoadmin "sso-admin";
    identitystore aws_sdk_identitystore "identitystore";
    ec2 aws_sdk_ec2 "ec2";
    elbv2 aws_sdk_elasticloadbalancingv2 "elbv2";
    elb aws_sdk_elasticloadbalancing "elb";
    ecs aws_sdk_ecs "ecs";
    rds aws_sdk_rds "rds";
    elasticache aws_sdk_elasticache "elasticache";
    cloudtrail aws_sdk_cloudtrail "cloudtrail";
    logs aws_sdk_cloudwatchlogs "logs";
    cloudwatch aws_sdk_cloudwatch "cloudwatch";
    s3api aws_sdk_s3 "s3api", builder => path_style;
    s3control aws_sdk_s3control "s3control", builder => no_account_host;
    kms aws_sdk_kms "kms";
    secretsmanager aws_sdk_secretsmanager "secretsmanager";
    ssm aws_sdk_ssm "ssm";
    lambda aws_sdk_lambda "lambda";
}

/// An overriding endpoint rarely has a name for every bucket.
fn path_style(clients: &Clients, builder: aws_sdk_s3::config::Builder) -> aws_sdk_s3::config::Builder {
    if clients.emulated { builder.force_path_style(true) } else { builder }
}

/// An overriding endpoint that is an address has no host per account.
fn no_account_host(
    clients: &Clients,
    builder: aws_sdk_s3control::config::Builder,
) -> aws_sdk_s3control::config::Builder {
    if clients.emulated { builder.interceptor(NoAccountHost) } else { builder }
}
