//! Shapes of Amazon EC2: VPCs, subnets, network ACLs, block public access.

use crate::member::{Optional, Required};
use crate::shapes::Tag;

shape! {
"PascalCase"
/// A VPC (`DescribeVpcs`).
Vpc {
    /// Id.
    vpc_id: String,
    ;
    /// The primary IPv4 block; also listed in the association set.
    cidr_block: Required<String>,
    /// All IPv4 blocks with their states.
    cidr_block_association_set: Required<Vec<VpcCidrBlockAssociation>>,
    /// IPv6 blocks; left out where there are none.
    ipv6_cidr_block_association_set: Optional<Vec<VpcIpv6CidrBlockAssociation>>,
    /// Owner account; absent in old dumps.
    owner_id: Optional<String>,
    /// Whether it is the region's default VPC.
    is_default: Optional<bool>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// The state of a block's association.
CidrBlockState {
    /// `associated`, `disassociating`, … Only `associated` blocks route.
    state: String,
    ;
}
}

shape! {
"PascalCase"
/// An IPv4 block of a VPC.
VpcCidrBlockAssociation {
    ;
    /// The block.
    cidr_block: Required<String>,
    /// Its state.
    cidr_block_state: Required<CidrBlockState>,
}
}

shape! {
"PascalCase"
/// An IPv6 block of a VPC or subnet.
VpcIpv6CidrBlockAssociation {
    ;
    /// The block.
    ipv6_cidr_block: Required<String>,
    /// Its state.
    ipv6_cidr_block_state: Required<CidrBlockState>,
}
}

shape! {
"PascalCase"
/// A subnet (`DescribeSubnets`).
Subnet {
    /// Id.
    subnet_id: String,
    /// The VPC it lies in.
    vpc_id: String,
    ;
    /// Its IPv4 block; IPv6-only subnets have none.
    cidr_block: Optional<String>,
    /// IPv6 blocks.
    ipv6_cidr_block_association_set: Optional<Vec<VpcIpv6CidrBlockAssociation>>,
    /// Zone name.
    availability_zone: Required<String>,
    /// Whether new interfaces get a public address; says nothing about existing ones.
    map_public_ip_on_launch: Required<bool>,
    /// ARN; absent in old dumps.
    subnet_arn: Optional<String>,
    /// Owner account (differs from the caller for a shared subnet).
    owner_id: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A network ACL (`DescribeNetworkAcls`).
NetworkAcl {
    /// Id.
    network_acl_id: String,
    ;
    /// The VPC it belongs to.
    vpc_id: Required<String>,
    /// Whether it is the VPC's default ACL.
    is_default: Required<bool>,
    /// Its entries, in no particular order: the rule number decides.
    entries: Required<Vec<NetworkAclEntry>>,
    /// The subnets it guards.
    associations: Required<Vec<NetworkAclAssociation>>,
    /// Owner account.
    owner_id: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A subnet that an ACL guards.
NetworkAclAssociation {
    ;
    /// Id of the association.
    network_acl_association_id: Optional<String>,
    /// The subnet.
    subnet_id: Required<String>,
}
}

shape! {
"PascalCase"
/// One entry of an ACL.
NetworkAclEntry {
    ;
    /// Its number; the lowest that matches decides.
    rule_number: Required<i64>,
    /// Whether it judges packets that leave the subnet.
    egress: Required<bool>,
    /// A protocol number, or `-1` for all.
    protocol: Required<String>,
    /// `allow` or `deny`.
    rule_action: Required<String>,
    /// IPv4 block of the other side.
    cidr_block: Optional<String>,
    /// IPv6 block of the other side.
    ipv6_cidr_block: Optional<String>,
    /// Destination ports of the packet; absent for all.
    port_range: Optional<PortRange>,
    /// ICMP type and code; -1 for all.
    icmp_type_code: Optional<IcmpTypeCode>,
}
}

shape! {
"PascalCase"
/// A range of ports.
PortRange {
    ;
    /// First port.
    from: Required<i64>,
    /// Last port.
    to: Required<i64>,
}
}

shape! {
"PascalCase"
/// An ICMP type and code.
IcmpTypeCode {
    ;
    /// The code, -1 for all.
    code: Required<i64>,
    /// The type, -1 for all.
    #[serde(rename = "Type")]
    kind: Required<i64>,
}
}

shape! {
"PascalCase"
/// VPC Block Public Access of a region (`DescribeVpcBlockPublicAccessOptions`).
BlockPublicAccessOptions {
    ;
    /// `off`, `block-bidirectional` or `block-ingress`.
    internet_gateway_block_mode: Required<String>,
    /// `default-state`, `update-in-progress` or `update-complete`.
    state: Optional<String>,
    /// Whether exclusions may be made here: `allowed` or `not-allowed`.
    exclusions_allowed: Optional<String>,
    /// `account` or `declarative-policy`.
    managed_by: Optional<String>,
}
}

shape! {
"PascalCase"
/// An exclusion from VPC Block Public Access (`DescribeVpcBlockPublicAccessExclusions`).
BlockPublicAccessExclusion {
    /// Id.
    exclusion_id: String,
    ;
    /// `allow-bidirectional` or `allow-egress`.
    internet_gateway_exclusion_mode: Required<String>,
    /// ARN of the VPC or subnet.
    resource_arn: Required<String>,
    /// `create-complete`, `update-complete`, … Others are not in force.
    state: Required<String>,
}
}
