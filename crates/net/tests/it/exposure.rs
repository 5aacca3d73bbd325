//! Everything that reaches a destination.

use portcullis_estate::Answer;
use portcullis_net::{AddressSet, PortSet, Protocol, Reachers, SourceSet, World};
use serde_json::json;

use crate::small::*;

fn reachers(net: &Net, destination: &portcullis_net::Destination, port: u16) -> Reachers {
    let estate = net.estate();
    World::build(&estate).reachers(&estate, destination, Protocol::TCP, &PortSet::single(port))
}

fn sources(reachers: &Reachers) -> Vec<String> {
    reachers
        .paths
        .iter()
        .filter(|path| path.decision.answer() == Answer::Open)
        .map(|path| {
            let source = match &path.source {
                SourceSet::Workload(workload) => workload.id.clone(),
                SourceSet::Internet(set) => format!("internet {}", set.contains("198.51.100.1".parse().unwrap())),
                SourceSet::Range(set) => format!("range {set}"),
                SourceSet::Group(id) => format!("group {id}"),
            };
            let via = if path.via.is_empty() { "" } else { " via a balancer" };
            format!("{source}{via}{}", if path.vacant { " vacant" } else { "" })
        })
        .collect()
}

fn shop(rules: &[&str]) -> Net {
    open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &[]))
        .group("sg-db", "vpc-1", rules, &[])
        .group("sg-empty", "vpc-1", &[], ANY)
        .database("shop", "vpc-1", &["subnet-iso"], &["sg-db"], false)
}

#[test]
fn members_ranges_and_empty_groups() {
    let net = shop(&["tcp 5432 sg-bastion", "tcp 5432 sg-empty"]);
    let found = reachers(&net, &to_database("shop"), 5432);
    assert_eq!(sources(&found), ["i-bastion", "group sg-empty vacant"]);
    assert!(found.is_complete());
    let range = shop(&["tcp 5432 10.0.0.0/16"]);
    let found = sources(&reachers(&range, &to_database("shop"), 5432));
    assert_eq!(found, ["i-bastion", "i-inner", "range 10.0.1.0/24, 10.0.2.0/24 vacant"]);
    // A rule for one existing address is no standing permission.
    let one = shop(&["tcp 5432 10.0.1.5/32"]);
    assert_eq!(sources(&reachers(&one, &to_database("shop"), 5432)), ["i-bastion"]);
    assert_eq!(sources(&reachers(&one, &to_database("shop"), 22)), Vec::<String>::new());
}

#[test]
fn the_internet_is_one_path_with_its_addresses() {
    let whole = open_acls(two_tiers(&["tcp 22 0.0.0.0/0"], &[]));
    let halves = open_acls(two_tiers(&["tcp 22 0.0.0.0/1", "tcp 22 128.0.0.0/1"], &[]));
    let set = |net: &Net| {
        let found = reachers(net, &to_instance("i-bastion"), 22);
        let internet = found.paths.iter().find_map(|path| match &path.source {
            SourceSet::Internet(set) => Some(set.clone()),
            _ => None,
        });
        internet.unwrap()
    };
    assert_eq!(set(&whole), set(&halves));
    assert!(!set(&whole).contains("54.0.0.5".parse().unwrap()), "not the estate's own");
    let office = open_acls(two_tiers(&["tcp 22 198.51.100.0/28"], &[]));
    assert_eq!(set(&office), AddressSet::parse("198.51.100.0/28").unwrap());
}

#[test]
fn incomplete_lists_are_said() {
    let net = shop(&["tcp 5432 sg-bastion"]).without("ec2/describe-instances");
    assert!(!reachers(&net, &to_database("shop"), 5432).is_complete());
}

#[test]
fn ports_with_the_same_sources_are_one_path() {
    let net = open_acls(two_tiers(&["tcp 80-90 0.0.0.0/0", "tcp 22 198.51.100.0/28"], &[]));
    let estate = net.estate();
    let exposed = World::build(&estate).exposed(&estate, Protocol::TCP, &PortSet::all());
    let shown: Vec<String> = exposed.iter().map(|(workload, path)| format!("{} {}", workload.id, path.ports)).collect();
    assert_eq!(shown, ["i-bastion 80-90", "i-bastion 22"]);
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html>: two connections.
fn balanced() -> Net {
    let balancer = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:loadbalancer/app/front/1";
    let group = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/app/1";
    let listener = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:listener/app/front/1/1";
    let of = |member: &str, id: &str, output: serde_json::Value| json!({"calls": [{"input": {member: id}, "output": output}]});
    open_acls(two_tiers(&[], &["tcp 8080 sg-front"]))
        .group("sg-front", "vpc-1", &["tcp 443 0.0.0.0/0"], ANY)
        .add(
            "elbv2/describe-load-balancers",
            json!({"LoadBalancerArn": balancer, "LoadBalancerName": "front",
            "Scheme": "internet-facing", "Type": "application", "VpcId": "vpc-1", "State": {"Code": "active"},
            "AvailabilityZones": [{"ZoneName": "a", "SubnetId": "subnet-pub"}], "SecurityGroups": ["sg-front"]}),
        )
        .add(
            "elbv2/describe-target-groups",
            json!({"TargetGroupArn": group, "TargetGroupName": "app",
            "TargetType": "instance", "Protocol": "HTTP", "Port": 8080, "VpcId": "vpc-1"}),
        )
        .file(
            "elbv2/describe-listeners",
            of(
                "LoadBalancerArn",
                balancer,
                json!({"Listeners": [{"ListenerArn": listener,
            "LoadBalancerArn": balancer, "Port": 443, "Protocol": "HTTPS",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]}]}),
            ),
        )
        .file("elbv2/describe-rules", of("ListenerArn", listener, json!({"Rules": []})))
        .file("elbv2/describe-load-balancer-attributes", of("LoadBalancerArn", balancer, json!({"Attributes": []})))
        .file("elbv2/describe-target-group-attributes", of("TargetGroupArn", group, json!({"Attributes": []})))
        .file(
            "elbv2/describe-target-health",
            of(
                "TargetGroupArn",
                group,
                json!({"TargetHealthDescriptions": [
            {"Target": {"Id": "i-inner", "Port": 8080}, "TargetHealth": {"State": "healthy"}}]}),
            ),
        )
}

#[test]
fn a_balancer_is_a_hop_and_never_the_source() {
    let net = balanced();
    let found = sources(&reachers(&net, &to_instance("i-inner"), 8080));
    assert_eq!(found, ["i-bastion via a balancer", "internet true via a balancer"]);
    assert!(sources(&reachers(&net, &to_instance("i-inner"), 22)).is_empty());
}

const NLB: &str = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:loadbalancer/net/edge/1";
const GROUP: &str = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/edge/1";

/// A network load balancer in the public subnet before one instance in the isolated one.
fn network_balanced(rules: &[&str], preserve: &str) -> Net {
    network_balanced_in("a", rules, preserve)
}

fn network_balanced_in(zone: &str, rules: &[&str], preserve: &str) -> Net {
    let of = |member: &str, id: &str, output: serde_json::Value| json!({"calls": [{"input": {member: id}, "output": output}]});
    open_acls(two_tiers(&[], rules))
        .group("sg-edge", "vpc-1", &["tcp 443 0.0.0.0/0"], ANY)
        .add(
            "elbv2/describe-load-balancers",
            json!({"LoadBalancerArn": NLB, "LoadBalancerName": "edge",
            "Scheme": "internet-facing", "Type": "network", "VpcId": "vpc-1", "State": {"Code": "active"},
            "AvailabilityZones": [{"ZoneName": "a", "SubnetId": "subnet-pub"}], "SecurityGroups": ["sg-edge"]}),
        )
        .add(
            "elbv2/describe-target-groups",
            json!({"TargetGroupArn": GROUP, "TargetGroupName": "edge",
            "TargetType": "instance", "Protocol": "TCP", "Port": 8080, "VpcId": "vpc-1"}),
        )
        .file(
            "elbv2/describe-listeners",
            of(
                "LoadBalancerArn",
                NLB,
                json!({"Listeners": [{"ListenerArn": "l",
            "LoadBalancerArn": NLB, "Port": 443, "Protocol": "TCP",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": GROUP}]}]}),
            ),
        )
        .file("elbv2/describe-load-balancer-attributes", of("LoadBalancerArn", NLB, json!({"Attributes": []})))
        .file(
            "elbv2/describe-target-group-attributes",
            of(
                "TargetGroupArn",
                GROUP,
                json!({"Attributes": [
            {"Key": "preserve_client_ip.enabled", "Value": preserve}]}),
            ),
        )
        .file(
            "elbv2/describe-target-health",
            of(
                "TargetGroupArn",
                GROUP,
                json!({"TargetHealthDescriptions": [
            {"Target": {"Id": "i-inner", "Port": 8080, "AvailabilityZone": zone}, "TargetHealth": {"State": "unhealthy"}}]}),
            ),
        )
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation>.
#[test]
fn a_network_balancer_keeps_the_client_address_or_not() {
    let internet = |net: &Net| {
        let found = reachers(net, &to_instance("i-inner"), 8080);
        found.paths.iter().any(|path| {
            matches!(path.source, SourceSet::Internet(_)) && path.decision.answer() == Answer::Open && path.via == [NLB]
        })
    };
    // With the client's address kept, only rules for the client's address or the balancer's group admit it.
    assert!(internet(&network_balanced(&["tcp 8080 0.0.0.0/0"], "true")));
    assert!(internet(&network_balanced(&["tcp 8080 sg-edge"], "true")));
    assert!(!internet(&network_balanced(&["tcp 8080 10.0.1.0/24"], "true")));
    assert!(internet(&network_balanced(&["tcp 8080 sg-edge"], "false")));
    assert!(!internet(&network_balanced(&["tcp 8080 198.51.100.0/24"], "false")));
    // A target in a zone without a node gets nothing unless the balancer balances over zones:
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#cross-zone-load-balancing>.
    assert!(!internet(&network_balanced_in("b", &["tcp 8080 sg-edge"], "false")));
    // Nobody saw the attribute: not decided, unless its default is assumed.
    let unseen = network_balanced(&["tcp 8080 10.0.1.0/24"], "true").without("elbv2/describe-target-group-attributes");
    let found = reachers(&unseen, &to_instance("i-inner"), 8080);
    let undecided = |path: &portcullis_net::Path| path.via == [NLB] && path.decision.answer() == Answer::Undecided;
    assert!(found.paths.iter().any(undecided), "{found:#?}");
    assert!(!internet(&unseen.assuming()));
}

/// Tasks of a service are reached through its target group even where no task is shown.
#[test]
fn a_service_is_reached_through_its_target_group() {
    let service = "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/user";
    let services = json!({"calls": [{"input": {"cluster": "shop", "services": ["user"]}, "output": {"services": [
        {"serviceArn": service, "serviceName": "user", "clusterArn": "shop", "status": "ACTIVE",
         "loadBalancers": [{"targetGroupArn": GROUP, "containerPort": 8080}],
         "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-iso"], "securityGroups": ["sg-inner"]}}}]}}]});
    let net = network_balanced(&["tcp 8080 sg-edge"], "false").file("ecs/describe-services", services);
    let to = portcullis_net::Destination::Workload { kind: "ecs.service".to_owned(), id: service.to_owned() };
    assert_eq!(
        sources(&reachers(&net, &to, 8080)),
        ["i-bastion via a balancer", "i-inner via a balancer", "internet true via a balancer"]
    );
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-network-prereqs.html>: the proxy is a hop.
#[test]
fn a_proxy_is_a_hop() {
    let net = shop(&["tcp 5432 sg-proxy"])
        .group("sg-proxy", "vpc-1", &["tcp 5432 sg-bastion"], ANY)
        .file(
            "rds/describe-db-proxies",
            json!({"DBProxies": [{"DBProxyName": "pool", "Status": "available",
            "EngineFamily": "POSTGRESQL", "VpcSecurityGroupIds": ["sg-proxy"], "VpcSubnetIds": ["subnet-iso"]}]}),
        )
        .file(
            "rds/describe-db-proxy-targets",
            json!({"calls": [{"input": {"DBProxyName": "pool"},
            "output": {"Targets": [{"RdsResourceId": "shop", "Type": "RDS_INSTANCE"}]}}]}),
        );
    assert_eq!(sources(&reachers(&net, &to_database("shop"), 5432)), ["i-bastion via a balancer"]);
}
