//! The cluster, its six services and the load balancer in front of the gateway.

use anyhow::{Context as _, Result};
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, ClusterSetting, ClusterSettingName, Compatibility, ContainerDefinition,
    KeyValuePair, LaunchType, LoadBalancer, LogConfiguration, LogDriver, NetworkConfiguration, NetworkMode,
    PortMapping, Secret, Tag,
};
use aws_sdk_elasticloadbalancingv2::types as elb;

use crate::aws::{ACCOUNT, REGION, send};
use crate::estate::Estate;
use crate::network::{allocate_address, create_interface};
use crate::storage::ALB_LOGS_BUCKET;
use crate::tasks;

/// The cluster, and the load balancer.
pub(crate) const SHOP: &str = "shop";

/// A service of the shop.
struct Service {
    name: &'static str,
    tier: &'static str,
    secret: &'static str,
    version: &'static str,
}

const SERVICES: [Service; 6] = [
    Service { name: "gateway", tier: "gateway", secret: "shop/gateway/signing", version: "2.3.1" },
    Service { name: "user", tier: "app", secret: "shop/db/user", version: "1.9.0" },
    Service { name: "product", tier: "app", secret: "shop/db/product", version: "1.12.4" },
    Service { name: "order", tier: "app", secret: "shop/db/order", version: "1.7.2" },
    Service { name: "payment", tier: "app", secret: "shop/db/payment", version: "1.4.0" },
    Service { name: "notification", tier: "app", secret: "shop/db/notification", version: "1.1.3" },
];

/// Builds load balancer, cluster and services.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    build_load_balancer(estate).await?;
    let insights = ClusterSetting::builder().name(ClusterSettingName::ContainerInsights).value("enabled").build();
    send!(estate.aws.ecs.create_cluster().cluster_name(SHOP).settings(insights).tags(tag("Name", SHOP)));
    for service in &SERVICES {
        build_service(estate, service).await?;
    }
    Ok(())
}

async fn build_service(estate: &mut Estate, service: &Service) -> Result<()> {
    let ecs = estate.aws.ecs.clone();
    let tags = vec![tag("Name", service.name), tag("Tier", service.tier)];
    let definition = send!(
        ecs.register_task_definition()
            .family(format!("shop-{}", service.name))
            .network_mode(NetworkMode::Awsvpc)
            .requires_compatibilities(Compatibility::Fargate)
            .cpu("256")
            .memory("512")
            .task_role_arn(format!("arn:aws:iam::{ACCOUNT}:role/shop-{}-task", service.name))
            .execution_role_arn(format!("arn:aws:iam::{ACCOUNT}:role/shop-execution"))
            .container_definitions(container(estate, service)?)
            .set_tags(Some(tags.clone()))
    );
    let definition = definition.task_definition().and_then(|it| it.task_definition_arn());
    let definition = definition.context("a task definition without ARN")?.to_owned();

    let subnets = [estate.id("subnet", "app-a")?.to_owned(), estate.id("subnet", "app-c")?.to_owned()];
    let target = (service.name == "gateway").then(|| estate.id("target-group", "gateway")).transpose()?;
    let target = target.map(|arn| {
        vec![LoadBalancer::builder().target_group_arn(arn).container_name("gateway").container_port(8080).build()]
    });
    send!(
        ecs.create_service()
            .cluster(SHOP)
            .service_name(service.name)
            .task_definition(&definition)
            .desired_count(tasks::PER_SERVICE)
            .launch_type(LaunchType::Fargate)
            .platform_version("LATEST")
            .network_configuration(placement(estate, service.name, &subnets)?)
            .enable_execute_command(false)
            .set_load_balancers(target)
            .set_tags(Some(tags))
    );
    tasks::run(estate, service.name, service.tier, &definition).await
}

fn container(estate: &Estate, service: &Service) -> Result<ContainerDefinition> {
    let logs = LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", format!("/ecs/shop/{}", service.name))
        .options("awslogs-region", REGION)
        .options("awslogs-stream-prefix", service.name)
        .build()?;
    let variables = [("LOCALE", "ko-KR"), ("SERVICE_NAME", service.name), ("LOG_LEVEL", "info")];
    let variables = variables.map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
    let reference = if service.tier == "app" { "DATABASE_SECRET" } else { "SIGNING_KEY" };
    let secret = Secret::builder().name(reference).value_from(estate.id("secret", service.secret)?).build()?;
    Ok(ContainerDefinition::builder()
        .name(service.name)
        .image(format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop/{}:{}", service.name, service.version))
        .essential(true)
        .cpu(256)
        .memory(512)
        .user("10001")
        .privileged(false)
        .readonly_root_filesystem(true)
        .port_mappings(PortMapping::builder().container_port(8080).build())
        .set_environment(Some(variables.to_vec()))
        .secrets(secret)
        .log_configuration(logs)
        .build())
}

/// The subnets and the group of a service's tasks.
pub(crate) fn placement(estate: &Estate, group: &str, subnets: &[String]) -> Result<NetworkConfiguration> {
    let vpc = AwsVpcConfiguration::builder()
        .set_subnets(Some(subnets.to_vec()))
        .security_groups(estate.id("group", group)?)
        .assign_public_ip(AssignPublicIp::Disabled)
        .build()?;
    Ok(NetworkConfiguration::builder().awsvpc_configuration(vpc).build())
}

/// A tag of an ECS resource.
pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

async fn build_load_balancer(estate: &mut Estate) -> Result<()> {
    let elbv2 = estate.aws.elbv2.clone();
    let created = send!(
        elbv2
            .create_load_balancer()
            .name(SHOP)
            .scheme(elb::LoadBalancerSchemeEnum::InternetFacing)
            .r#type(elb::LoadBalancerTypeEnum::Application)
            .subnets(estate.id("subnet", "public-a")?)
            .subnets(estate.id("subnet", "public-c")?)
            .security_groups(estate.id("group", "alb")?)
            .tags(elb_tag("Name", SHOP))
            .tags(elb_tag("Tier", "web"))
    );
    estate.note("load-balancer", SHOP, created.load_balancers().first().and_then(|it| it.load_balancer_arn()))?;
    let balancer = estate.id("load-balancer", SHOP)?.to_owned();
    let settings = [
        ("access_logs.s3.enabled", "true"),
        ("access_logs.s3.bucket", ALB_LOGS_BUCKET),
        ("deletion_protection.enabled", "true"),
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
    ];
    let settings = settings.map(|(key, value)| elb::LoadBalancerAttribute::builder().key(key).value(value).build());
    send!(elbv2.modify_load_balancer_attributes().load_balancer_arn(&balancer).set_attributes(Some(settings.to_vec())));

    let created = send!(
        elbv2
            .create_target_group()
            .name("gateway")
            .protocol(elb::ProtocolEnum::Http)
            .port(8080)
            .vpc_id(estate.id("vpc", "shop")?)
            .target_type(elb::TargetTypeEnum::Ip)
            .health_check_path("/health")
            .tags(elb_tag("Name", "gateway"))
    );
    estate.note("target-group", "gateway", created.target_groups().first().and_then(|it| it.target_group_arn()))?;
    build_listeners(estate, &balancer).await?;

    let id = balancer.rsplit_once('/').map_or("", |(_, id)| id).to_owned();
    for (name, subnet, address) in [("alb-a", "public-a", "10.0.0.20"), ("alb-c", "public-c", "10.0.1.20")] {
        create_interface(estate, name, &format!("ELB app/{SHOP}/{id}"), (subnet, address), "alb").await?;
        let public = allocate_address(estate, name).await?;
        let interface = estate.id("interface", name)?;
        send!(estate.aws.ec2.associate_address().allocation_id(public).network_interface_id(interface));
    }
    Ok(())
}

/// HTTPS to the gateway; HTTP is sent there.
async fn build_listeners(estate: &Estate, balancer: &str) -> Result<()> {
    let elbv2 = &estate.aws.elbv2;
    let answer = estate.aws.endpoint.json(
        "acm",
        "CertificateManager.RequestCertificate",
        r#"{"DomainName": "shop.example", "ValidationMethod": "DNS"}"#,
    )?;
    let answer: serde_json::Value = serde_json::from_str(&answer)?;
    let certificate = answer.get("CertificateArn").and_then(|it| it.as_str()).context("no certificate")?;
    let forward = elb::Action::builder()
        .r#type(elb::ActionTypeEnum::Forward)
        .target_group_arn(estate.id("target-group", "gateway")?)
        .build();
    send!(
        elbv2
            .create_listener()
            .load_balancer_arn(balancer)
            .protocol(elb::ProtocolEnum::Https)
            .port(443)
            .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
            .certificates(elb::Certificate::builder().certificate_arn(certificate).build())
            .default_actions(forward)
    );
    let secure = elb::RedirectActionConfig::builder()
        .protocol("HTTPS")
        .port("443")
        .status_code(elb::RedirectActionStatusCodeEnum::Http301)
        .build();
    let redirect = elb::Action::builder().r#type(elb::ActionTypeEnum::Redirect).redirect_config(secure).build();
    send!(
        elbv2
            .create_listener()
            .load_balancer_arn(balancer)
            .protocol(elb::ProtocolEnum::Http)
            .port(80)
            .default_actions(redirect)
    );
    Ok(())
}

fn elb_tag(key: &str, value: &str) -> elb::Tag {
    elb::Tag::builder().key(key).value(value).build()
}
