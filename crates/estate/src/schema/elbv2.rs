//! Fields of Elastic Load Balancing.

use portcullis_snapshot::shapes::{ec2, elbv2};

use super::ec2::SECURITY_GROUP;
use super::kind::Type::{Bool, Int, List, Object, Opt, Str};
use super::value::Value;
use crate::schema_rows;

schema_rows! {
    /// A load balancer.
    pub LOAD_BALANCER = "elbv2.load-balancer": elbv2::LoadBalancer, "elbv2/describe-load-balancers";
    /// ARN, by which load balancers are told apart.
    id: Str, "LoadBalancerArn", |_cx, b| &b.data.load_balancer_arn;
    /// ARN.
    arn: Str, "LoadBalancerArn", |_cx, b| &b.data.load_balancer_arn;
    /// Name, unique in account and region.
    name: Str, "LoadBalancerName", |_cx, b| &b.data.load_balancer_name;
    /// Whether it has public addresses.
    internet_facing: Bool, "Scheme", |cx, b| cx.of(&b.data.scheme, |scheme| scheme == "internet-facing");
    /// `application`, `network` or `gateway`.
    balancer_type: Str, "Type", |_cx, b| &b.data.kind;
    /// The id of its VPC.
    vpc_id: Str, "VpcId", |_cx, b| &b.data.vpc_id;
    /// Its security groups; an old network load balancer has none.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "SecurityGroups",
        |cx, b| cx.each_optional(&b.data.security_groups, |id| cx.linked::<ec2::SecurityGroup>(&SECURITY_GROUP, id));
    /// Its listeners.
    listeners @ "elbv2/describe-listeners": List(&Object("elbv2.listener")), "",
        |cx, b| match cx.children::<elbv2::Listener>(&b.id) {
            Ok(rows) => cx.world.list(rows.map(|row| cx.world.object(&LISTENER, row, &row.place))),
            Err(unknown) => unknown,
        };
}

schema_rows! {
    /// A listener of a load balancer.
    pub LISTENER = "elbv2.listener": elbv2::Listener, "elbv2/describe-listeners";
    /// ARN, by which listeners are told apart.
    id: Str, "ListenerArn", |_cx, l| &l.data.listener_arn;
    /// ARN.
    arn: Str, "ListenerArn", |_cx, l| &l.data.listener_arn;
    /// Port; a gateway load balancer has none.
    port: Opt(&Int), "Port", |_cx, l| &l.data.port;
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
    protocol: Opt(&Str), "Protocol", |_cx, l| &l.data.protocol;
    /// The TLS policy of an encrypted listener.
    ssl_policy: Opt(&Str), "SslPolicy", |_cx, l| &l.data.ssl_policy;
    /// Whether all it does is to redirect to HTTPS.
    redirects_to_https: Bool, "DefaultActions", |cx, l| cx.of(&l.data.default_actions, |actions| {
        let redirect = |action: &elbv2::Action| {
            action.redirect_config.known().is_some_and(|redirect| redirect.protocol.known().is_some_and(|p| p == "HTTPS"))
        };
        Value::Bool(!actions.is_empty() && actions.iter().all(redirect))
    });
}
