//! Shapes of Amazon ECS: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html>.
//!
//! Environment variables are read by name only: their values may be secrets.

use std::collections::BTreeMap;

use super::Tag;
use crate::member::{Optional, Required};

shape! {
"camelCase"
/// A cluster (`DescribeClusters`).
Cluster {
    /// ARN.
    cluster_arn: String,
    ;
    /// Name.
    cluster_name: Required<String>,
    /// `ACTIVE`, …
    status: Required<String>,
    /// Settings such as `containerInsights`.
    settings: Optional<Vec<Setting>>,
    /// Logging of ECS Exec.
    configuration: Optional<ClusterConfiguration>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"camelCase"
/// A setting by name.
Setting {
    ;
    /// Name.
    name: Required<String>,
    /// Value.
    value: Required<String>,
}
}

shape! {
"camelCase"
/// Configuration of a cluster.
ClusterConfiguration {
    ;
    /// ECS Exec.
    execute_command_configuration: Optional<ExecuteCommandConfiguration>,
}
}

shape! {
"camelCase"
/// How ECS Exec sessions are recorded and encrypted.
ExecuteCommandConfiguration {
    ;
    /// Key of the session.
    kms_key_id: Optional<String>,
    /// `NONE`, `DEFAULT` or `OVERRIDE`.
    logging: Optional<String>,
}
}

shape! {
"camelCase"
/// A service (`DescribeServices`).
Service {
    /// ARN.
    service_arn: String,
    ;
    /// Name.
    service_name: Required<String>,
    /// Cluster.
    cluster_arn: Required<String>,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    status: Required<String>,
    /// Task definition; absent for external deployment controllers.
    task_definition: Optional<String>,
    /// Tasks wanted.
    desired_count: Optional<i64>,
    /// Tasks that run.
    running_count: Optional<i64>,
    /// `EC2`, `FARGATE` or `EXTERNAL`; absent with a capacity provider.
    launch_type: Optional<String>,
    /// Subnets and groups of tasks in `awsvpc` mode; absent in other modes.
    network_configuration: Optional<NetworkConfiguration>,
    /// Target groups that tasks register with.
    load_balancers: Optional<Vec<ServiceLoadBalancer>>,
    /// Deployments.
    deployments: Optional<Vec<Deployment>>,
    /// Whether ECS Exec is on.
    enable_execute_command: Optional<bool>,
    /// Role for load balancing.
    role_arn: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"camelCase"
/// Network of tasks.
NetworkConfiguration {
    ;
    /// Subnets and groups.
    awsvpc_configuration: Optional<AwsVpcConfiguration>,
}
}

shape! {
"camelCase"
/// Subnets and groups of tasks.
AwsVpcConfiguration {
    ;
    /// Subnets.
    subnets: Required<Vec<String>>,
    /// Groups; the VPC's default group where absent.
    security_groups: Optional<Vec<String>>,
    /// `ENABLED` or `DISABLED`; `DISABLED` where absent.
    assign_public_ip: Optional<String>,
}
}

shape! {
"camelCase"
/// A target group that tasks register with.
ServiceLoadBalancer {
    ;
    /// Target group.
    target_group_arn: Optional<String>,
    /// Classic load balancer.
    load_balancer_name: Optional<String>,
    /// Container.
    container_name: Optional<String>,
    /// Port.
    container_port: Optional<i64>,
}
}

shape! {
"camelCase"
/// A deployment of a service.
Deployment {
    ;
    /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
    status: Optional<String>,
    /// Its task definition.
    task_definition: Optional<String>,
    /// Its network.
    network_configuration: Optional<NetworkConfiguration>,
}
}

shape! {
"camelCase"
/// A task (`DescribeTasks`).
Task {
    /// ARN.
    task_arn: String,
    ;
    /// Cluster.
    cluster_arn: Required<String>,
    /// Task definition.
    task_definition_arn: Required<String>,
    /// `RUNNING`, `STOPPED`, …
    last_status: Required<String>,
    /// What is wanted.
    desired_status: Optional<String>,
    /// `service:<name>` for tasks of a service.
    group: Optional<String>,
    /// `EC2`, `FARGATE` or `EXTERNAL`.
    launch_type: Optional<String>,
    /// Zone.
    availability_zone: Optional<String>,
    /// Where it runs, outside Fargate.
    container_instance_arn: Optional<String>,
    /// Interfaces of `awsvpc` tasks.
    attachments: Optional<Vec<Attachment>>,
    /// Containers.
    containers: Optional<Vec<TaskContainer>>,
    /// Whether ECS Exec is on.
    enable_execute_command: Optional<bool>,
    /// What was overridden at the start.
    overrides: Optional<TaskOverride>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"camelCase"
/// Something attached to a task.
Attachment {
    ;
    /// `ElasticNetworkInterface`, …
    #[serde(rename = "type")]
    kind: Optional<String>,
    /// `ATTACHED`, …
    status: Optional<String>,
    /// `subnetId`, `networkInterfaceId`, `privateIPv4Address`, …
    details: Optional<Vec<KeyValue>>,
}
}

shape! {
"camelCase"
/// A detail by name.
KeyValue {
    ;
    /// Name.
    name: Optional<String>,
    /// Value.
    value: Optional<String>,
}
}

shape! {
"camelCase"
/// A container of a task.
TaskContainer {
    ;
    /// Name.
    name: Optional<String>,
    /// Ports on the host, outside `awsvpc`.
    network_bindings: Optional<Vec<NetworkBinding>>,
}
}

shape! {
"camelCase"
/// A port on the host.
NetworkBinding {
    ;
    /// Port of the container.
    container_port: Optional<i64>,
    /// Port of the host.
    host_port: Optional<i64>,
    /// `tcp` or `udp`.
    protocol: Optional<String>,
}
}

shape! {
"camelCase"
/// What was overridden at the start of a task.
TaskOverride {
    ;
    /// Role of the task.
    task_role_arn: Optional<String>,
    /// Role of the agent.
    execution_role_arn: Optional<String>,
}
}

shape! {
"camelCase"
/// A task definition (`DescribeTaskDefinition`).
TaskDefinition {
    /// ARN.
    task_definition_arn: String,
    ;
    /// Family.
    family: Required<String>,
    /// `ACTIVE` or `INACTIVE`.
    status: Optional<String>,
    /// `awsvpc`, `bridge`, `host` or `none`.
    network_mode: Optional<String>,
    /// Role of the containers.
    task_role_arn: Optional<String>,
    /// Role of the agent.
    execution_role_arn: Optional<String>,
    /// Containers.
    container_definitions: Required<Vec<ContainerDefinition>>,
    /// Shared process namespace.
    pid_mode: Optional<String>,
    /// `FARGATE`, `EC2`.
    requires_compatibilities: Optional<Vec<String>>,
}
}

shape! {
"camelCase"
/// A container of a task definition.
ContainerDefinition {
    ;
    /// Name.
    name: Required<String>,
    /// Image.
    image: Optional<String>,
    /// Ports.
    port_mappings: Optional<Vec<PortMapping>>,
    /// Names of environment variables.
    environment: Optional<Vec<EnvironmentName>>,
    /// Environment variables filled from a secret.
    secrets: Optional<Vec<SecretReference>>,
    /// User.
    user: Optional<String>,
    /// Whether it may do as root on the host.
    privileged: Optional<bool>,
    /// Whether its root file system is read-only.
    readonly_root_filesystem: Optional<bool>,
    /// Logging.
    log_configuration: Optional<LogConfiguration>,
}
}

shape! {
"camelCase"
/// A port of a container.
PortMapping {
    ;
    /// Port of the container.
    container_port: Optional<i64>,
    /// Port of the host.
    host_port: Optional<i64>,
    /// `tcp` or `udp`; `tcp` where absent.
    protocol: Optional<String>,
}
}

shape! {
"camelCase"
/// The name of an environment variable; its value is never read.
EnvironmentName {
    ;
    /// Name.
    name: Required<String>,
}
}

shape! {
"camelCase"
/// An environment variable filled from a secret.
SecretReference {
    ;
    /// Name.
    name: Required<String>,
    /// ARN of the secret or parameter.
    value_from: Required<String>,
}
}

shape! {
"camelCase"
/// Logging of a container.
LogConfiguration {
    ;
    /// `awslogs`, …
    log_driver: Required<String>,
    /// Options, such as `awslogs-group`.
    options: Optional<BTreeMap<String, String>>,
}
}
