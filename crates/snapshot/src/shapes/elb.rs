//! Shapes of classic Elastic Load Balancing: <https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_Types.html>.

use crate::member::{Optional, Required};

shape! {
"PascalCase"
/// A classic load balancer (`DescribeLoadBalancers`).
LoadBalancerDescription {
    /// Name.
    load_balancer_name: String,
    ;
    /// DNS name.
    #[serde(rename = "DNSName")]
    dns_name: Optional<String>,
    /// `internet-facing` or `internal`.
    scheme: Required<String>,
    /// The VPC.
    #[serde(rename = "VPCId")]
    vpc_id: Optional<String>,
    /// Subnets it stands in.
    subnets: Required<Vec<String>>,
    /// Its groups.
    security_groups: Optional<Vec<String>>,
    /// Zones.
    availability_zones: Optional<Vec<String>>,
    /// Listeners.
    listener_descriptions: Required<Vec<ListenerDescription>>,
    /// Registered instances.
    instances: Required<Vec<BalancedInstance>>,
}
}

shape! {
"PascalCase"
/// A listener with its policies.
ListenerDescription {
    ;
    /// The listener.
    listener: Required<ClassicListener>,
    /// Its policies.
    policy_names: Optional<Vec<String>>,
}
}

shape! {
"PascalCase"
/// A listener.
ClassicListener {
    ;
    /// `HTTP`, `HTTPS`, `TCP` or `SSL`.
    protocol: Required<String>,
    /// Port of the load balancer.
    load_balancer_port: Required<i64>,
    /// Protocol to the instances.
    instance_protocol: Optional<String>,
    /// Port of the instances.
    instance_port: Required<i64>,
    /// Certificate.
    #[serde(rename = "SSLCertificateId")]
    ssl_certificate_id: Optional<String>,
}
}

shape! {
"PascalCase"
/// A registered instance.
BalancedInstance {
    ;
    /// Its id.
    instance_id: Required<String>,
}
}

shape! {
"PascalCase"
/// Attributes of a classic load balancer (`DescribeLoadBalancerAttributes`).
LoadBalancerAttributes {
    ;
    /// Whether it balances over zones.
    cross_zone_load_balancing: Optional<Switch>,
    /// Whether it writes an access log.
    access_log: Optional<Switch>,
}
}

shape! {
"PascalCase"
/// A setting that is on or off.
Switch {
    ;
    /// Whether it is on.
    enabled: Required<bool>,
}
}

shape! {
"PascalCase"
/// The health of a registered instance (`DescribeInstanceHealth`).
InstanceHealth {
    /// The instance.
    instance_id: String,
    ;
    /// `InService`, `OutOfService` or `Unknown`.
    state: Required<String>,
}
}
