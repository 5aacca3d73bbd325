//! Shapes of Amazon EC2 and VPC: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html>.

use serde::Deserialize;

use super::Tag;
use crate::member::{Optional, Required};

macro_rules! shape {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "PascalCase")]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }
    };
}

shape! {
/// A VPC (`DescribeVpcs`).
Vpc {
    /// Id.
    vpc_id: String,
    /// The primary IPv4 block; also listed in the association set.
    #[serde(default)]
    cidr_block: Required<String>,
    /// All IPv4 blocks with their states.
    #[serde(default)]
    cidr_block_association_set: Required<Vec<VpcCidrBlockAssociation>>,
    /// IPv6 blocks; left out where there are none.
    #[serde(default)]
    ipv6_cidr_block_association_set: Optional<Vec<VpcIpv6CidrBlockAssociation>>,
    /// Owner account; absent in old dumps.
    #[serde(default)]
    owner_id: Optional<String>,
    /// Whether it is the region's default VPC.
    #[serde(default)]
    is_default: Optional<bool>,
    /// Tags.
    #[serde(default)]
    tags: Optional<Vec<Tag>>,
}
}

shape! {
/// The state of a block's association.
CidrBlockState {
    /// `associated`, `disassociating`, … Only `associated` blocks route.
    state: String,
}
}

shape! {
/// An IPv4 block of a VPC.
VpcCidrBlockAssociation {
    /// The block.
    cidr_block: String,
    /// Its state.
    #[serde(default)]
    cidr_block_state: Required<CidrBlockState>,
}
}

shape! {
/// An IPv6 block of a VPC.
VpcIpv6CidrBlockAssociation {
    /// The block.
    ipv6_cidr_block: String,
    /// Its state.
    #[serde(default)]
    ipv6_cidr_block_state: Required<CidrBlockState>,
}
}

shape! {
/// A subnet (`DescribeSubnets`).
Subnet {
    /// Id.
    subnet_id: String,
    /// The VPC it lies in.
    vpc_id: String,
    /// Its IPv4 block; IPv6-only subnets have none.
    #[serde(default)]
    cidr_block: Optional<String>,
    /// IPv6 blocks.
    #[serde(default)]
    ipv6_cidr_block_association_set: Optional<Vec<VpcIpv6CidrBlockAssociation>>,
    /// Zone name.
    #[serde(default)]
    availability_zone: Required<String>,
    /// Owner account (differs from the caller for a shared subnet).
    #[serde(default)]
    owner_id: Optional<String>,
    /// Tags.
    #[serde(default)]
    tags: Optional<Vec<Tag>>,
}
}

shape! {
/// A security group (`DescribeSecurityGroups`).
SecurityGroup {
    /// Id.
    group_id: String,
    /// Name, unique in the VPC.
    #[serde(default)]
    group_name: Required<String>,
    /// The VPC it was made in.
    #[serde(default)]
    vpc_id: Optional<String>,
    /// Owner account.
    #[serde(default)]
    owner_id: Optional<String>,
    /// Inbound rules; an empty list admits nothing.
    #[serde(default)]
    ip_permissions: Required<Vec<IpPermission>>,
    /// Outbound rules; an empty list lets nothing out.
    #[serde(default)]
    ip_permissions_egress: Required<Vec<IpPermission>>,
    /// Tags.
    #[serde(default)]
    tags: Optional<Vec<Tag>>,
}
}

shape! {
/// One rule of a security group, with all its peers (`IpPermission`).
IpPermission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all.
    ip_protocol: String,
    /// First port, or ICMP type; absent or -1 means all.
    #[serde(default)]
    from_port: Optional<i64>,
    /// Last port, or ICMP code; absent or -1 means all.
    #[serde(default)]
    to_port: Optional<i64>,
    /// IPv4 blocks.
    #[serde(default)]
    ip_ranges: Optional<Vec<IpRange>>,
    /// IPv6 blocks.
    #[serde(default)]
    ipv6_ranges: Optional<Vec<Ipv6Range>>,
    /// Prefix lists.
    #[serde(default)]
    prefix_list_ids: Optional<Vec<PrefixListId>>,
    /// Referenced groups.
    #[serde(default)]
    user_id_group_pairs: Optional<Vec<UserIdGroupPair>>,
}
}

shape! {
/// An IPv4 peer of a rule.
IpRange {
    /// The block.
    cidr_ip: String,
}
}

shape! {
/// An IPv6 peer of a rule.
Ipv6Range {
    /// The block.
    cidr_ipv6: String,
}
}

shape! {
/// A prefix list as a peer of a rule.
PrefixListId {
    /// Its id.
    prefix_list_id: String,
}
}

shape! {
/// A group as a peer of a rule.
UserIdGroupPair {
    /// Its id; stale references may lack it.
    #[serde(default)]
    group_id: Optional<String>,
    /// Owner account.
    #[serde(default)]
    user_id: Optional<String>,
    /// The VPC of the referenced group, for a peered one.
    #[serde(default)]
    vpc_id: Optional<String>,
    /// The peering connection, for a peered one.
    #[serde(default)]
    vpc_peering_connection_id: Optional<String>,
    /// `active`, `deleted`, … of the peering.
    #[serde(default)]
    peering_status: Optional<String>,
}
}
