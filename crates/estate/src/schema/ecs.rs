//! Fields of Amazon ECS.

use portcullis_snapshot::shapes::{ec2, ecs};

use super::cell::OrEmpty;
use super::cell::{Cx, OrFalse};
use super::ec2::SECURITY_GROUP;
use super::kind::Type::{Bool, Int, List, Map, Object, Opt, Str};
use super::value::Value;
use crate::{Row, schema_parts, schema_rows};

schema_rows! {
    /// A service.
    pub SERVICE = "ecs.service": ecs::Service, "ecs/describe-services";
    /// ARN, by which services are told apart.
    id: Str, "serviceArn", |_cx, s| &s.data.service_arn;
    /// ARN.
    arn: Str, "serviceArn", |_cx, s| &s.data.service_arn;
    /// Name, unique in its cluster.
    name: Str, "serviceName", |_cx, s| &s.data.service_name;
    /// ARN of its cluster.
    cluster: Str, "clusterArn", |_cx, s| &s.data.cluster_arn;
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    status: Str, "status", |_cx, s| &s.data.status;
    /// How many tasks it should run.
    desired_count: Opt(&Int), "desiredCount", |_cx, s| &s.data.desired_count;
    /// Whether its tasks get public addresses; absent outside VPC networking.
    public_address: Opt(&Bool), "networkConfiguration", |cx, s| cx.within(&s.data.network_configuration, |network| {
        cx.within(&network.awsvpc_configuration, |vpc| cx.must(&vpc.assign_public_ip, |word| word == "ENABLED"))
    });
    /// Its security groups; empty outside VPC networking.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "networkConfiguration",
        |cx, s| match s.data.network_configuration.get() {
            Ok(network) => match network.map(|n| n.awsvpc_configuration.get()) {
                Some(Ok(Some(vpc))) => cx.each_optional(&vpc.security_groups, |id| {
                    cx.linked::<ec2::SecurityGroup>(&SECURITY_GROUP, id)
                }),
                Some(Err(missing)) => cx.unknown(missing),
                _ => cx.world.list([]),
            },
            Err(missing) => cx.unknown(missing),
        };
    /// Whether people may run commands in its tasks.
    execute_command: Bool, "enableExecuteCommand", |_cx, s| OrFalse(&s.data.enable_execute_command);
    /// ARN of the role that its code runs as.
    task_role @ "ecs/describe-task-definition": Opt(&Str), "taskDefinition",
        |cx, s| definition(&cx, s, |d| cx.within(&d.data.task_role_arn, |role| role));
    /// ARN of the role that starts its tasks.
    execution_role @ "ecs/describe-task-definition": Opt(&Str), "taskDefinition",
        |cx, s| definition(&cx, s, |d| cx.within(&d.data.execution_role_arn, |role| role));
    /// Its containers.
    containers @ "ecs/describe-task-definition": List(&Object("ecs.container")), "taskDefinition",
        |cx, s| definition(&cx, s, |d| match d.data.container_definitions.get() {
            Ok(containers) => {
                let place = cx.world.scratch.place(d.place.member("containerDefinitions"));
                cx.world.list(containers.iter().map(|c| cx.world.object(&CONTAINER, c, place)))
            }
            Err(missing) => cx.unknown(missing),
        });
    /// Tags.
    tags: Map(&Str), "tags", |_cx, s| OrEmpty(&s.data.tags);
}

schema_parts! {
    /// A container of a task definition.
    pub CONTAINER = "ecs.container": ecs::ContainerDefinition, "ecs/describe-task-definition";
    /// Name.
    name: Str, "name", |_cx, c| &c.name;
    /// Image.
    image: Opt(&Str), "image", |_cx, c| &c.image;
    /// The user it runs as; absent is the image's own.
    user: Opt(&Str), "user", |_cx, c| &c.user;
    /// Whether it has all rights on its host.
    privileged: Bool, "privileged", |_cx, c| OrFalse(&c.privileged);
    /// Whether its file system cannot be written.
    read_only_root: Bool, "readonlyRootFilesystem", |_cx, c| OrFalse(&c.readonly_root_filesystem);
    /// Names of its environment variables.
    environment: List(&Str), "environment", |cx, c| cx.each_optional(&c.environment, |variable| &variable.name);
    /// Names of the variables that are filled from Secrets Manager or Parameter Store.
    secrets: List(&Str), "secrets", |cx, c| cx.each_optional(&c.secrets, |secret| &secret.name);
    /// Where its output goes: `awslogs`, …
    log_driver: Opt(&Str), "logConfiguration", |cx, c| cx.within(&c.log_configuration, |log| &log.log_driver);
}

/// What the definition that a service runs says.
fn definition<'e>(
    cx: &Cx<'e>,
    service: &'e Row<ecs::Service>,
    get: impl FnOnce(&'e Row<ecs::TaskDefinition>) -> Value<'e>,
) -> Value<'e> {
    cx.must(&service.data.task_definition, |arn| match cx.child::<ecs::TaskDefinition>(arn) {
        Ok(Some(row)) => get(row),
        Ok(None) => cx.unknown(&portcullis_snapshot::Missing::absent()),
        Err(unknown) => unknown,
    })
}
