//! Fields of Amazon VPC and EC2.

use portcullis_snapshot::shapes::ec2;

use super::cell::OrEmpty;
use super::kind::Type::{Bool, Int, List, Map, Object, Opt, Str};
use super::value::Value;
use crate::{schema_parts, schema_rows};

schema_rows! {
    /// A VPC.
    pub VPC = "ec2.vpc": ec2::Vpc, "ec2/describe-vpcs";
    /// Id.
    id: Str, "VpcId", |_cx, v| &v.data.vpc_id;
    /// The primary IPv4 block.
    cidr_block: Str, "CidrBlock", |_cx, v| &v.data.cidr_block;
    /// Whether it is the region's default VPC.
    is_default: Opt(&Bool), "IsDefault", |_cx, v| &v.data.is_default;
    /// Tags.
    tags: Map(&Str), "Tags", |_cx, v| OrEmpty(&v.data.tags);
    /// Its flow logs.
    flow_logs @ "ec2/describe-flow-logs": List(&Object("ec2.flow-log")), "", |cx, v| {
        let logs = cx.world.estate.flow_logs.iter().map(|(_, row)| row);
        let own = logs.filter(|l| l.data.resource_id.known() == Some(&v.data.vpc_id));
        cx.world.scratch.list(
            own.map(|l| cx.world.object(&FLOW_LOG, l, &l.place)),
            cx.world.missing(&v.account, &v.region, "ec2/describe-flow-logs"),
        )
    };
    /// Its subnets.
    subnets @ "ec2/describe-subnets": List(&Object("ec2.subnet")), "", |cx, v| {
        let subnets = cx.world.estate.subnets.iter().map(|(_, row)| row);
        let own = subnets.filter(|s| s.data.vpc_id == v.data.vpc_id);
        cx.world.scratch.list(
            own.map(|s| cx.world.object(&SUBNET, s, &s.place)),
            cx.world.missing(&v.account, &v.region, "ec2/describe-subnets"),
        )
    };
    /// Its security groups.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "", |cx, v| {
        let groups = cx.world.estate.security_groups.iter().map(|(_, row)| row);
        let own = groups.filter(|g| g.data.vpc_id.known() == Some(&v.data.vpc_id));
        cx.world.scratch.list(
            own.map(|g| cx.world.object(&SECURITY_GROUP, g, &g.place)),
            cx.world.missing(&v.account, &v.region, "ec2/describe-security-groups"),
        )
    };
}

schema_rows! {
    /// A subnet.
    pub SUBNET = "ec2.subnet": ec2::Subnet, "ec2/describe-subnets";
    /// Id.
    id: Str, "SubnetId", |_cx, s| &s.data.subnet_id;
    /// The id of its VPC.
    vpc_id: Str, "VpcId", |_cx, s| &s.data.vpc_id;
    /// Its VPC.
    vpc @ "ec2/describe-vpcs": Object("ec2.vpc"), "VpcId", |cx, s| cx.linked::<ec2::Vpc>(&VPC, &s.data.vpc_id);
    /// Its IPv4 block; an IPv6-only subnet has none.
    cidr_block: Opt(&Str), "CidrBlock", |_cx, s| &s.data.cidr_block;
    /// The zone's name.
    availability_zone: Str, "AvailabilityZone", |_cx, s| &s.data.availability_zone;
    /// Whether a new interface gets a public address.
    assigns_public_address: Bool, "MapPublicIpOnLaunch", |_cx, s| &s.data.map_public_ip_on_launch;
    /// Tags.
    tags: Map(&Str), "Tags", |_cx, s| OrEmpty(&s.data.tags);
}

schema_rows! {
    /// A security group.
    pub SECURITY_GROUP = "ec2.security-group": ec2::SecurityGroup, "ec2/describe-security-groups";
    /// Id.
    id: Str, "GroupId", |_cx, g| &g.data.group_id;
    /// Name, unique in its VPC.
    name: Str, "GroupName", |_cx, g| &g.data.group_name;
    /// The id of the VPC it was made in.
    vpc_id: Opt(&Str), "VpcId", |_cx, g| &g.data.vpc_id;
    /// Inbound rules.
    ingress: List(&Object("ec2.rule")), "IpPermissions", |cx, g| cx.required_parts(&RULE, &g.data.ip_permissions);
    /// Outbound rules.
    egress: List(&Object("ec2.rule")), "IpPermissionsEgress",
        |cx, g| cx.required_parts(&RULE, &g.data.ip_permissions_egress);
    /// Tags.
    tags: Map(&Str), "Tags", |_cx, g| OrEmpty(&g.data.tags);
}

schema_parts! {
    /// A rule of a security group, with all its peers.
    pub RULE = "ec2.rule": ec2::IpPermission, "ec2/describe-security-groups";
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all.
    protocol: Str, "IpProtocol", |_cx, r| &r.ip_protocol;
    /// First port, or ICMP type; absent for all.
    from_port: Opt(&Int), "FromPort", |_cx, r| &r.from_port;
    /// Last port, or ICMP code; absent for all.
    to_port: Opt(&Int), "ToPort", |_cx, r| &r.to_port;
    /// IPv4 blocks that it admits.
    ipv4_blocks: List(&Str), "IpRanges", |cx, r| cx.each_optional(&r.ip_ranges, |peer| &peer.cidr_ip);
    /// IPv6 blocks that it admits.
    ipv6_blocks: List(&Str), "Ipv6Ranges", |cx, r| cx.each_optional(&r.ipv6_ranges, |peer| &peer.cidr_ipv6);
    /// Ids of the prefix lists that it admits.
    prefix_lists: List(&Str), "PrefixListIds", |cx, r| cx.each_optional(&r.prefix_list_ids, |peer| &peer.prefix_list_id);
    /// Ids of the groups that it admits.
    groups: List(&Str), "UserIdGroupPairs",
        |cx, r| cx.each_optional(&r.user_id_group_pairs, |pair| cx.must(&pair.group_id, |id| id));
}

schema_rows! {
    /// An instance.
    pub INSTANCE = "ec2.instance": ec2::Instance, "ec2/describe-instances";
    /// Id.
    id: Str, "InstanceId", |_cx, i| &i.data.instance_id;
    /// `pending`, `running`, `stopping`, `stopped`, `shutting-down` or `terminated`.
    state: Str, "State", |cx, i| cx.of(&i.data.state, |state| &state.name);
    /// Its public address.
    public_address: Opt(&Str), "PublicIpAddress", |_cx, i| &i.data.public_ip_address;
    /// Its private address.
    private_address: Opt(&Str), "PrivateIpAddress", |_cx, i| &i.data.private_ip_address;
    /// The id of its subnet.
    subnet_id: Opt(&Str), "SubnetId", |_cx, i| &i.data.subnet_id;
    /// Its security groups.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "SecurityGroups",
        |cx, i| cx.each_optional(&i.data.security_groups, |group| {
            cx.of(&group.group_id, |id| cx.linked::<ec2::SecurityGroup>(&SECURITY_GROUP, id))
        });
    /// Whether the metadata service answers only to session tokens (version 2).
    metadata_tokens_required: Bool, "MetadataOptions",
        |cx, i| cx.must(&i.data.metadata_options, |options| cx.of(&options.http_tokens, |tokens| tokens == "required"));
    /// Whether the metadata service answers at all.
    metadata_enabled: Bool, "MetadataOptions",
        |cx, i| cx.must(&i.data.metadata_options, |options| cx.of(&options.http_endpoint, |state| state == "enabled"));
    /// How many hops an answer of the metadata service may travel.
    metadata_hop_limit: Opt(&Int), "MetadataOptions",
        |cx, i| cx.within(&i.data.metadata_options, |options| &options.http_put_response_hop_limit);
    /// ARN of its instance profile.
    instance_profile: Opt(&Str), "IamInstanceProfile",
        |cx, i| cx.within(&i.data.iam_instance_profile, |profile| &profile.arn);
    /// The name of its key pair.
    key_name: Opt(&Str), "KeyName", |_cx, i| &i.data.key_name;
    /// Whether Systems Manager manages it.
    managed @ "ssm/describe-instance-information": Bool, "", |cx, i| {
        match cx.world.missing(&i.account, &i.region, "ssm/describe-instance-information") {
            _ if cx.world.estate.ssm_nodes.find(&i.id).next().is_some() => Value::Bool(true),
            Some(gaps) => Value::Unknown(gaps),
            None => Value::Bool(false),
        }
    };
    /// Tags.
    tags: Map(&Str), "Tags", |_cx, i| OrEmpty(&i.data.tags);
}

schema_rows! {
    /// A network interface.
    pub NETWORK_INTERFACE = "ec2.network-interface": ec2::NetworkInterface, "ec2/describe-network-interfaces";
    /// Id.
    id: Str, "NetworkInterfaceId", |_cx, i| &i.data.network_interface_id;
    /// What it belongs to: `interface`, `nat_gateway`, `network_load_balancer`, …
    interface_type: Str, "InterfaceType", |_cx, i| &i.data.interface_type;
    /// What AWS says about it.
    description: Opt(&Str), "Description", |_cx, i| &i.data.description;
    /// The id of its subnet.
    subnet_id: Str, "SubnetId", |_cx, i| &i.data.subnet_id;
    /// The id of its VPC.
    vpc_id: Str, "VpcId", |_cx, i| &i.data.vpc_id;
    /// Its public address.
    public_address: Opt(&Str), "Association",
        |cx, i| cx.within(&i.data.association, |association| &association.public_ip);
    /// Whether it only takes and sends packets of its own addresses.
    source_dest_check: Bool, "SourceDestCheck", |_cx, i| &i.data.source_dest_check;
    /// The instance it is attached to.
    instance_id: Opt(&Str), "Attachment",
        |cx, i| cx.within(&i.data.attachment, |attachment| &attachment.instance_id);
    /// Its security groups.
    security_groups @ "ec2/describe-security-groups": List(&Object("ec2.security-group")), "Groups",
        |cx, i| cx.each_required(&i.data.groups, |group| {
            cx.of(&group.group_id, |id| cx.linked::<ec2::SecurityGroup>(&SECURITY_GROUP, id))
        });
    /// Tags.
    tags: Map(&Str), "TagSet", |_cx, i| OrEmpty(&i.data.tag_set);
}

schema_rows! {
    /// A flow log.
    pub FLOW_LOG = "ec2.flow-log": ec2::FlowLog, "ec2/describe-flow-logs";
    /// Id.
    id: Str, "FlowLogId", |_cx, l| &l.data.flow_log_id;
    /// `ACTIVE`, or it records nothing.
    status: Str, "FlowLogStatus", |_cx, l| &l.data.flow_log_status;
    /// `ACCEPT`, `REJECT` or `ALL`.
    traffic_type: Str, "TrafficType", |_cx, l| &l.data.traffic_type;
    /// `SUCCESS` or `FAILED`; absent before the first delivery.
    delivery_status: Opt(&Str), "DeliverLogsStatus", |_cx, l| &l.data.deliver_logs_status;
    /// The VPC, subnet or interface it records.
    resource_id: Str, "ResourceId", |_cx, l| &l.data.resource_id;
    /// ARN of where it goes.
    destination: Opt(&Str), "LogDestination", |_cx, l| &l.data.log_destination;
}

schema_rows! {
    /// A snapshot of a disk.
    pub SNAPSHOT = "ec2.snapshot": ec2::EbsSnapshot, "ec2/describe-snapshots";
    /// Id.
    id: Str, "SnapshotId", |_cx, s| &s.data.snapshot_id;
    /// Whether it is encrypted.
    encrypted: Bool, "Encrypted", |_cx, s| &s.data.encrypted;
    /// Its KMS key.
    kms_key: Opt(&Str), "KmsKeyId", |_cx, s| &s.data.kms_key_id;
    /// Whether anyone may use it.
    public @ "ec2/describe-snapshot-attribute": Bool, "",
        |cx, s| cx.told::<ec2::EbsSnapshotSharing, _>(&s.id, |sharing| {
            cx.of(&sharing.create_volume_permissions, |all| all.iter().any(|p| p.group.known().is_some_and(|g| g == "all")))
        });
    /// Accounts that may use it.
    shared_with @ "ec2/describe-snapshot-attribute": List(&Str), "",
        |cx, s| cx.told::<ec2::EbsSnapshotSharing, _>(&s.id, |sharing| {
            cx.of(&sharing.create_volume_permissions, |all| {
                cx.each(all.iter().filter_map(|p| p.user_id.known()), |id| id)
            })
        });
    /// Tags.
    tags: Map(&Str), "Tags", |_cx, s| OrEmpty(&s.data.tags);
}
