//! The tasks of the services. moto's services start none, so they are run one by one, in the name of the service.

use anyhow::{Context as _, Result, bail};
use aws_sdk_ecs::types::LaunchType;
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;

use crate::aws::send;
use crate::estate::Estate;
use crate::network::describe_interface;
use crate::services::{SHOP, placement, tag};

/// Tasks a service, one in each zone.
pub(crate) const PER_SERVICE: i32 = 2;

/// A seed for the task of each service.
type Seeds = [(&'static str, u32); 6];

/// A zone's subnet, the start of its addresses, and a seed for each service's task.
///
/// moto gives a task a random private address out of 10.0.0.0/8, not out of the subnet. AWS never does, and no network
/// works so. The first address drawn with one of these seeds (moto 5.2.5) lies in the subnet; [`run`] checks it.
const ZONES: [(&str, &str, Seeds); 2] = [
    (
        "app-a",
        "10.0.10.",
        [
            ("gateway", 19_132),
            ("user", 28_569),
            ("product", 52_677),
            ("order", 232_371),
            ("payment", 272_432),
            ("notification", 274_668),
        ],
    ),
    (
        "app-c",
        "10.0.11.",
        [
            ("gateway", 49_676),
            ("user", 57_788),
            ("product", 229_713),
            ("order", 427_267),
            ("payment", 430_803),
            ("notification", 433_190),
        ],
    ),
];

/// Runs the tasks of a service and registers those of the gateway with the load balancer.
pub(crate) async fn run(estate: &mut Estate, service: &str, tier: &str, definition: &str) -> Result<()> {
    for (subnet, range, seeds) in ZONES {
        let seed = seeds.iter().find(|(name, _)| *name == service).map(|(_, seed)| *seed);
        estate.aws.endpoint.seed(seed.context("a service without seed")?)?;
        let subnets = [estate.id("subnet", subnet)?.to_owned()];
        let started = send!(
            estate
                .aws
                .ecs
                .run_task()
                .cluster(SHOP)
                .task_definition(definition)
                .count(1)
                .launch_type(LaunchType::Fargate)
                .platform_version("LATEST")
                .group(format!("service:{service}"))
                .started_by(format!("ecs-svc/{service}"))
                .network_configuration(placement(estate, service, &subnets)?)
                .tags(tag("Name", service))
                .tags(tag("Tier", tier))
        );
        let task = started.tasks().first().context("no task was started")?;
        let attachment = task.attachments().first().context("a task without network interface")?;
        let detail = |name: &str| {
            let detail = attachment.details().iter().find(|it| it.name() == Some(name));
            detail.and_then(|it| it.value()).with_context(|| format!("an attachment without {name}"))
        };
        let address = detail("privateIPv4Address")?;
        if !address.starts_with(range) {
            bail!("the task of {service} got {address} in {subnet}: this needs moto 5.2.5, whose addresses are known");
        }
        let interface = detail("networkInterfaceId")?.to_owned();
        let cluster = task.cluster_arn().and_then(|arn| arn.rsplit_once(":cluster/")).context("no cluster ARN")?;
        let description = format!("{}:attachment/{}", cluster.0, attachment.id().unwrap_or_default());
        let address = address.to_owned();
        describe_interface(estate, &interface, &description).await?;
        if service == "gateway" {
            let target = TargetDescription::builder().id(address).port(8080).build();
            let group = estate.id("target-group", "gateway")?;
            send!(estate.aws.elbv2.register_targets().target_group_arn(group).targets(target));
        }
    }
    Ok(())
}
