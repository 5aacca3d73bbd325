//! Shapes of Elastic Load Balancing v2: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Types.html>.

use crate::member::{Optional, Required};

shape! {
"PascalCase"
/// A load balancer (`DescribeLoadBalancers`).
LoadBalancer {
    /// ARN.
    load_balancer_arn: String,
    ;
    /// Name.
    load_balancer_name: Required<String>,
    /// DNS name.
    #[serde(rename = "DNSName")]
    dns_name: Optional<String>,
    /// `internet-facing` or `internal`; absent for a gateway load balancer.
    scheme: Required<String>,
    /// `application`, `network` or `gateway`.
    #[serde(rename = "Type")]
    kind: Required<String>,
    /// The VPC.
    vpc_id: Required<String>,
    /// Its state.
    state: Optional<LoadBalancerState>,
    /// Zones and subnets it stands in.
    availability_zones: Required<Vec<LoadBalancerZone>>,
    /// Its groups; a network load balancer may have none.
    security_groups: Optional<Vec<String>>,
    /// `ipv4`, `dualstack`, …
    ip_address_type: Optional<String>,
    /// `on` or `off`.
    enforce_security_group_inbound_rules_on_private_link_traffic: Optional<String>,
    /// When it was made.
    created_time: Optional<String>,
}
}

shape! {
"PascalCase"
/// The state of a load balancer.
LoadBalancerState {
    ;
    /// `active`, `provisioning`, `active_impaired` or `failed`.
    code: Required<String>,
}
}

shape! {
"PascalCase"
/// A zone of a load balancer.
LoadBalancerZone {
    ;
    /// Zone.
    zone_name: Required<String>,
    /// Subnet.
    subnet_id: Required<String>,
    /// Fixed addresses of a network load balancer.
    load_balancer_addresses: Optional<Vec<LoadBalancerAddress>>,
}
}

shape! {
"PascalCase"
/// A fixed address.
LoadBalancerAddress {
    ;
    /// Public address.
    ip_address: Optional<String>,
    /// Its allocation.
    allocation_id: Optional<String>,
    /// Private address.
    #[serde(rename = "PrivateIPv4Address")]
    private_ipv4_address: Optional<String>,
    /// IPv6 address.
    #[serde(rename = "IPv6Address")]
    ipv6_address: Optional<String>,
}
}

shape! {
"PascalCase"
/// A listener (`DescribeListeners`).
Listener {
    /// ARN.
    listener_arn: String,
    ;
    /// Its load balancer.
    load_balancer_arn: Optional<String>,
    /// Port; absent for a gateway load balancer.
    port: Optional<i64>,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, `UDP`, `TCP_UDP`, …
    protocol: Optional<String>,
    /// TLS policy.
    ssl_policy: Optional<String>,
    /// Certificates.
    certificates: Optional<Vec<Certificate>>,
    /// What happens if no rule matches.
    default_actions: Required<Vec<Action>>,
}
}

shape! {
"PascalCase"
/// A certificate of a listener.
Certificate {
    ;
    /// ARN.
    certificate_arn: Optional<String>,
}
}

shape! {
"PascalCase"
/// What a listener or rule does.
Action {
    ;
    /// `forward`, `redirect`, `fixed-response`, `authenticate-oidc`, `authenticate-cognito`, …
    #[serde(rename = "Type")]
    kind: Required<String>,
    /// Position.
    order: Optional<i64>,
    /// The target group, where it is one.
    target_group_arn: Optional<String>,
    /// The target groups, where there are several.
    forward_config: Optional<ForwardConfig>,
    /// Where a redirect leads.
    redirect_config: Optional<RedirectConfig>,
}
}

shape! {
"PascalCase"
/// Target groups of a forward action.
ForwardConfig {
    ;
    /// The groups.
    target_groups: Optional<Vec<WeightedTargetGroup>>,
}
}

shape! {
"PascalCase"
/// A target group with its weight.
WeightedTargetGroup {
    ;
    /// The group.
    target_group_arn: Required<String>,
    /// Its weight; 0 gets nothing.
    weight: Optional<i64>,
}
}

shape! {
"PascalCase"
/// Where a redirect leads.
RedirectConfig {
    ;
    /// Protocol.
    protocol: Optional<String>,
    /// Port.
    port: Optional<String>,
}
}

shape! {
"PascalCase"
/// A rule of a listener (`DescribeRules`).
Rule {
    /// ARN.
    rule_arn: String,
    ;
    /// Priority, or `default`.
    priority: Optional<String>,
    /// Whether it is the default rule.
    is_default: Optional<bool>,
    /// When it applies.
    conditions: Optional<Vec<RuleCondition>>,
    /// What it does.
    actions: Required<Vec<Action>>,
}
}

shape! {
"PascalCase"
/// A condition of a rule.
RuleCondition {
    ;
    /// What it looks at: `host-header`, `path-pattern`, `source-ip`, …
    field: Optional<String>,
    /// Values, where the field is a simple one.
    values: Optional<Vec<String>>,
    /// Source addresses.
    source_ip_config: Optional<SourceIpConfig>,
}
}

shape! {
"PascalCase"
/// Source addresses of a condition.
SourceIpConfig {
    ;
    /// Blocks.
    values: Optional<Vec<String>>,
}
}

shape! {
"PascalCase"
/// A target group (`DescribeTargetGroups`).
TargetGroup {
    /// ARN.
    target_group_arn: String,
    ;
    /// Name.
    target_group_name: Required<String>,
    /// `instance`, `ip`, `lambda` or `alb`.
    target_type: Required<String>,
    /// Protocol to the targets; absent for functions.
    protocol: Optional<String>,
    /// Default port; absent for functions.
    port: Optional<i64>,
    /// The VPC; absent for functions.
    vpc_id: Optional<String>,
    /// Load balancers that use it.
    load_balancer_arns: Optional<Vec<String>>,
    /// `ipv4` or `ipv6`.
    ip_address_type: Optional<String>,
}
}

shape! {
"PascalCase"
/// A registered target (`DescribeTargetHealth`).
TargetHealthDescription {
    /// The target.
    target: TargetDescription,
    ;
    /// Its health.
    target_health: Optional<TargetHealth>,
}
}

shape! {
"PascalCase"
/// A target.
TargetDescription {
    /// Instance, address, function or load balancer.
    id: String,
    ;
    /// Port.
    port: Optional<i64>,
    /// Zone, or `all`.
    availability_zone: Optional<String>,
}
}

shape! {
"PascalCase"
/// The health of a target.
TargetHealth {
    ;
    /// `healthy`, `unhealthy`, `initial`, `unused`, `draining`, …
    state: Required<String>,
    /// Why it is not healthy.
    reason: Optional<String>,
}
}

shape! {
"PascalCase"
/// An attribute of a load balancer (`DescribeLoadBalancerAttributes`).
LoadBalancerAttribute {
    /// Name.
    key: String,
    ;
    /// Value.
    value: Required<String>,
}
}

shape! {
"PascalCase"
/// An attribute of a target group (`DescribeTargetGroupAttributes`).
TargetGroupAttribute {
    /// Name.
    key: String,
    ;
    /// Value.
    value: Required<String>,
}
}
