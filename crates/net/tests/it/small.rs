//! Small worlds made by hand.

use std::collections::BTreeMap;

use portcullis_estate::{Assumption, Estate, LoadOptions};
use portcullis_net::{Destination, Source};
use portcullis_snapshot::{FileKey, Snapshot};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "ap-northeast-2";

/// Lists that a complete snapshot holds, with the member that carries each.
const LISTS: [(&str, &str); 20] = [
    ("ec2/describe-vpcs", "Vpcs"),
    ("ec2/describe-subnets", "Subnets"),
    ("ec2/describe-route-tables", "RouteTables"),
    ("ec2/describe-network-acls", "NetworkAcls"),
    ("ec2/describe-security-groups", "SecurityGroups"),
    ("ec2/describe-network-interfaces", "NetworkInterfaces"),
    ("ec2/describe-instances", "Reservations"),
    ("ec2/describe-internet-gateways", "InternetGateways"),
    ("ec2/describe-nat-gateways", "NatGateways"),
    ("ec2/describe-vpc-peering-connections", "VpcPeeringConnections"),
    ("ec2/describe-vpc-endpoints", "VpcEndpoints"),
    ("ec2/describe-managed-prefix-lists", "PrefixLists"),
    ("ec2/describe-transit-gateways", "TransitGateways"),
    ("ec2/describe-transit-gateway-attachments", "TransitGatewayAttachments"),
    ("ec2/describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments"),
    ("ec2/describe-vpn-gateways", "VpnGateways"),
    ("ec2/describe-vpc-block-public-access-exclusions", "VpcBlockPublicAccessExclusions"),
    ("rds/describe-db-instances", "DBInstances"),
    ("elbv2/describe-load-balancers", "LoadBalancers"),
    ("elbv2/describe-target-groups", "TargetGroups"),
];

/// A snapshot under construction; everything that is not added is known to be absent.
#[derive(Debug, Clone)]
pub(crate) struct Net {
    files: BTreeMap<String, Value>,
    flipped: bool,
    assume: bool,
}

impl Net {
    pub(crate) fn new() -> Self {
        let mut files: BTreeMap<String, Value> =
            LISTS.iter().map(|(call, member)| ((*call).to_owned(), json!({ *member: [] }))).collect();
        let off = json!({"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off"}});
        files.insert("ec2/describe-vpc-block-public-access-options".to_owned(), off);
        Self { files, flipped: false, assume: false }
    }

    pub(crate) fn add(mut self, call: &str, element: Value) -> Self {
        let member = LISTS.iter().find(|(known, _)| *known == call).map(|(_, member)| *member).unwrap();
        self.files.get_mut(call).unwrap()[member].as_array_mut().unwrap().push(element);
        self
    }

    pub(crate) fn file(mut self, call: &str, body: Value) -> Self {
        self.files.insert(call.to_owned(), body);
        self
    }

    pub(crate) fn without(mut self, call: &str) -> Self {
        self.files.remove(call);
        self
    }

    /// The same world, every list in the opposite order.
    pub(crate) fn flipped(mut self) -> Self {
        self.flipped = true;
        self
    }

    pub(crate) fn assuming(mut self) -> Self {
        self.assume = true;
        self
    }

    pub(crate) fn estate(&self) -> Estate {
        let files = self
            .files
            .iter()
            .map(|(call, body)| {
                let (service, operation) = call.split_once('/').unwrap();
                let mut body = body.clone();
                if self.flipped {
                    flip(&mut body);
                }
                (FileKey::new(ACCOUNT, REGION, service, operation), body)
            })
            .collect();
        let assume =
            if self.assume { Assumption::ALL.into_iter().collect() } else { std::collections::BTreeSet::default() };
        Estate::load(&Snapshot::from_files(None, files), &LoadOptions { assume, ..LoadOptions::default() }).unwrap()
    }

    pub(crate) fn vpc(self, id: &str, cidrs: &[&str]) -> Self {
        let v6: Vec<Value> = cidrs
            .iter()
            .filter(|cidr| cidr.contains(':'))
            .map(|cidr| json!({"Ipv6CidrBlock": cidr, "Ipv6CidrBlockState": {"State": "associated"}}))
            .collect();
        let v4: Vec<Value> = cidrs
            .iter()
            .filter(|cidr| !cidr.contains(':'))
            .map(|cidr| json!({"CidrBlock": cidr, "CidrBlockState": {"State": "associated"}}))
            .collect();
        let value = json!({"VpcId": id, "CidrBlockAssociationSet": v4, "Ipv6CidrBlockAssociationSet": v6});
        self.add("ec2/describe-vpcs", value)
    }

    pub(crate) fn subnet(self, id: &str, vpc: &str, cidr: &str, zone: &str) -> Self {
        let value = json!({"SubnetId": id, "VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": zone});
        self.add("ec2/describe-subnets", value)
    }

    /// Routes as `destination=target`; no subnet: the main table.
    pub(crate) fn table(self, id: &str, vpc: &str, subnets: &[&str], routes: &[&str]) -> Self {
        let mut associations: Vec<Value> =
            subnets.iter().map(|subnet| json!({"Main": false, "SubnetId": subnet})).collect();
        if subnets.is_empty() {
            associations.push(json!({"Main": true}));
        }
        let routes: Vec<Value> = routes
            .iter()
            .map(|route| {
                let (destination, target) = route.split_once('=').unwrap();
                let (target, state) = target.split_once('!').map_or((target, "active"), |(t, _)| (t, "blackhole"));
                let member = match target.split('-').next().unwrap() {
                    "nat" => "NatGatewayId",
                    "pcx" => "VpcPeeringConnectionId",
                    "tgw" => "TransitGatewayId",
                    "eigw" => "EgressOnlyInternetGatewayId",
                    "eni" => "NetworkInterfaceId",
                    _ => "GatewayId",
                };
                let to = if destination.starts_with("pl-") {
                    "DestinationPrefixListId"
                } else if destination.contains(':') {
                    "DestinationIpv6CidrBlock"
                } else {
                    "DestinationCidrBlock"
                };
                json!({to: destination, member: target, "State": state, "Origin": "CreateRoute"})
            })
            .collect();
        let value = json!({"RouteTableId": id, "VpcId": vpc, "Associations": associations, "Routes": routes});
        self.add("ec2/describe-route-tables", value)
    }

    /// Entries as `in|out number allow|deny protocol ports cidr`, ports `*` for all.
    pub(crate) fn acl(self, id: &str, vpc: &str, subnets: &[&str], entries: &[&str]) -> Self {
        let associations: Vec<Value> = subnets.iter().map(|subnet| json!({"SubnetId": subnet})).collect();
        let entries: Vec<Value> = entries
            .iter()
            .map(|entry| {
                let words: Vec<&str> = entry.split(' ').collect();
                let mut value = json!({"Egress": words[0] == "out", "RuleNumber": words[1].parse::<i64>().unwrap(),
                    "RuleAction": words[2], "Protocol": words[3]});
                if words[4] != "*" {
                    let (from, to) = words[4].split_once('-').unwrap_or((words[4], words[4]));
                    value["PortRange"] =
                        json!({"From": from.parse::<i64>().unwrap(), "To": to.parse::<i64>().unwrap()});
                }
                value[if words[5].contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" }] = json!(words[5]);
                value
            })
            .collect();
        let value = json!({"NetworkAclId": id, "VpcId": vpc, "Associations": associations, "Entries": entries});
        self.add("ec2/describe-network-acls", value)
    }

    pub(crate) fn open_acl(self, id: &str, vpc: &str, subnets: &[&str]) -> Self {
        self.acl(id, vpc, subnets, &["in 100 allow -1 * 0.0.0.0/0", "out 100 allow -1 * 0.0.0.0/0"])
    }

    /// Rules as `protocol ports peer`.
    pub(crate) fn group(self, id: &str, vpc: &str, ingress: &[&str], egress: &[&str]) -> Self {
        let rules = |rules: &[&str]| rules.iter().map(|rule| permission(rule)).collect::<Vec<_>>();
        let value = json!({"GroupId": id, "GroupName": id, "VpcId": vpc, "OwnerId": ACCOUNT,
            "IpPermissions": rules(ingress), "IpPermissionsEgress": rules(egress)});
        self.add("ec2/describe-security-groups", value)
    }

    /// An instance with one interface; `public` may be empty.
    pub(crate) fn instance(self, id: &str, place: (&str, &str), ip: &str, public: &str, groups: &[&str]) -> Self {
        self.instance_in(id, place, ip, public, groups, "running")
    }

    pub(crate) fn instance_in(
        self,
        id: &str,
        (vpc, subnet): (&str, &str),
        ip: &str,
        public: &str,
        groups: &[&str],
        state: &str,
    ) -> Self {
        let groups: Vec<Value> = groups.iter().map(|group| json!({"GroupId": group})).collect();
        let mut address = json!({"PrivateIpAddress": ip, "Primary": true});
        if !public.is_empty() {
            address["Association"] = json!({"PublicIp": public});
        }
        let interface = json!({"NetworkInterfaceId": format!("eni-{id}"), "VpcId": vpc, "SubnetId": subnet,
            "AvailabilityZone": "a", "PrivateIpAddress": ip, "PrivateIpAddresses": [address], "Groups": groups,
            "SourceDestCheck": true, "Status": "in-use", "InterfaceType": "interface", "Description": "",
            "Attachment": {"InstanceId": id, "Status": "attached"}, "OwnerId": ACCOUNT});
        let instance = json!({"Instances": [{"InstanceId": id, "State": {"Name": state}, "VpcId": vpc,
            "SubnetId": subnet, "PrivateIpAddress": ip, "NetworkInterfaces": [{"NetworkInterfaceId": format!("eni-{id}")}]}]});
        self.add("ec2/describe-network-interfaces", interface).add("ec2/describe-instances", instance)
    }

    pub(crate) fn gateway(self, id: &str, vpc: &str) -> Self {
        let value = json!({"InternetGatewayId": id, "Attachments": [{"VpcId": vpc, "State": "available"}]});
        self.add("ec2/describe-internet-gateways", value)
    }

    pub(crate) fn nat(self, id: &str, vpc: &str, subnet: &str, public: &str) -> Self {
        let value = json!({"NatGatewayId": id, "VpcId": vpc, "SubnetId": subnet, "State": "available",
            "ConnectivityType": "public", "NatGatewayAddresses": [{"PublicIp": public}]});
        self.add("ec2/describe-nat-gateways", value)
    }

    pub(crate) fn peering(self, id: &str, sides: [(&str, &str); 2], status: &str) -> Self {
        let side = |(vpc, cidr): (&str, &str)| json!({"VpcId": vpc, "OwnerId": ACCOUNT, "Region": REGION, "CidrBlock": cidr, "CidrBlockSet": [{"CidrBlock": cidr}]});
        let value = json!({"VpcPeeringConnectionId": id, "Status": {"Code": status},
            "RequesterVpcInfo": side(sides[0]), "AccepterVpcInfo": side(sides[1])});
        self.add("ec2/describe-vpc-peering-connections", value)
    }

    pub(crate) fn database(self, id: &str, vpc: &str, subnets: &[&str], groups: &[&str], public: bool) -> Self {
        let subnets: Vec<Value> = subnets.iter().map(|subnet| json!({"SubnetIdentifier": subnet})).collect();
        let groups: Vec<Value> = groups.iter().map(|g| json!({"VpcSecurityGroupId": g, "Status": "active"})).collect();
        let value = json!({"DBInstanceIdentifier": id, "DBInstanceArn": format!("arn:aws:rds:{REGION}:{ACCOUNT}:db:{id}"),
            "DBInstanceStatus": "available", "PubliclyAccessible": public, "VpcSecurityGroups": groups,
            "DBSubnetGroup": {"DBSubnetGroupName": "g", "VpcId": vpc, "Subnets": subnets}, "Endpoint": {"Port": 5432}});
        self.add("rds/describe-db-instances", value)
    }
}

fn permission(rule: &str) -> Value {
    let words: Vec<&str> = rule.split(' ').collect();
    let mut value = json!({"IpProtocol": words[0]});
    if words[1] != "*" {
        let (from, to) = words[1].split_once('-').unwrap_or((words[1], words[1]));
        value["FromPort"] = json!(from.parse::<i64>().unwrap());
        value["ToPort"] = json!(to.parse::<i64>().unwrap());
    }
    let peer = words[2];
    if peer.starts_with("sg-") {
        value["UserIdGroupPairs"] = json!([{"GroupId": peer, "UserId": ACCOUNT}]);
    } else if peer.starts_with("pl-") {
        value["PrefixListIds"] = json!([{"PrefixListId": peer}]);
    } else if peer.contains(':') {
        value["Ipv6Ranges"] = json!([{"CidrIpv6": peer}]);
    } else {
        value["IpRanges"] = json!([{"CidrIp": peer}]);
    }
    value
}

fn flip(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.reverse();
            items.iter_mut().for_each(flip);
        }
        Value::Object(members) => members.values_mut().for_each(flip),
        _ => {}
    }
}

pub(crate) fn instance(id: &str) -> Source {
    Source::Workload { kind: "ec2.instance".to_owned(), id: id.to_owned() }
}

pub(crate) fn to_instance(id: &str) -> Destination {
    Destination::Workload { kind: "ec2.instance".to_owned(), id: id.to_owned() }
}

pub(crate) fn to_database(id: &str) -> Destination {
    Destination::Workload { kind: "rds.instance".to_owned(), id: id.to_owned() }
}

pub(crate) const ANY: &[&str] = &["-1 * 0.0.0.0/0"];

/// One VPC, a public subnet with a bastion and an isolated one with an instance; ACLs let all through.
pub(crate) fn two_tiers(bastion_rules: &[&str], inner_rules: &[&str]) -> Net {
    Net::new()
        .vpc("vpc-1", &["10.0.0.0/16"])
        .subnet("subnet-pub", "vpc-1", "10.0.1.0/24", "a")
        .subnet("subnet-iso", "vpc-1", "10.0.2.0/24", "a")
        .table("rtb-pub", "vpc-1", &["subnet-pub"], &["10.0.0.0/16=local", "0.0.0.0/0=igw-1"])
        .table("rtb-iso", "vpc-1", &["subnet-iso"], &["10.0.0.0/16=local"])
        .gateway("igw-1", "vpc-1")
        .group("sg-bastion", "vpc-1", bastion_rules, ANY)
        .group("sg-inner", "vpc-1", inner_rules, ANY)
        .instance("i-bastion", ("vpc-1", "subnet-pub"), "10.0.1.5", "54.0.0.5", &["sg-bastion"])
        .instance("i-inner", ("vpc-1", "subnet-iso"), "10.0.2.5", "", &["sg-inner"])
}

pub(crate) fn open_acls(net: Net) -> Net {
    net.open_acl("acl-1", "vpc-1", &["subnet-pub", "subnet-iso"])
}
