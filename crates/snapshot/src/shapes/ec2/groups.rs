//! Shapes of Amazon EC2: security groups and prefix lists.

use crate::member::{Optional, Required};
use crate::shapes::Tag;

shape! {
"PascalCase"
/// A security group (`DescribeSecurityGroups`).
SecurityGroup {
    /// Id.
    group_id: String,
    ;
    /// Name, unique in the VPC.
    group_name: Required<String>,
    /// The VPC it was made in.
    vpc_id: Optional<String>,
    /// Owner account.
    owner_id: Optional<String>,
    /// Description.
    description: Optional<String>,
    /// Inbound rules; an empty list admits nothing.
    ip_permissions: Required<Vec<IpPermission>>,
    /// Outbound rules; an empty list lets nothing out.
    ip_permissions_egress: Required<Vec<IpPermission>>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// One rule of a security group, with all its peers (`IpPermission`).
IpPermission {
    ;
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all.
    ip_protocol: Required<String>,
    /// First port, or ICMP type; absent or -1 means all.
    from_port: Optional<i64>,
    /// Last port, or ICMP code; absent or -1 means all.
    to_port: Optional<i64>,
    /// IPv4 blocks.
    ip_ranges: Optional<Vec<IpRange>>,
    /// IPv6 blocks.
    ipv6_ranges: Optional<Vec<Ipv6Range>>,
    /// Prefix lists.
    prefix_list_ids: Optional<Vec<PrefixListId>>,
    /// Referenced groups.
    user_id_group_pairs: Optional<Vec<UserIdGroupPair>>,
}
}

shape! {
"PascalCase"
/// An IPv4 peer of a rule.
IpRange {
    ;
    /// The block.
    cidr_ip: Required<String>,
    /// What the author noted.
    description: Optional<String>,
}
}

shape! {
"PascalCase"
/// An IPv6 peer of a rule.
Ipv6Range {
    ;
    /// The block.
    cidr_ipv6: Required<String>,
    /// What the author noted.
    description: Optional<String>,
}
}

shape! {
"PascalCase"
/// A prefix list as a peer of a rule.
PrefixListId {
    ;
    /// Its id.
    prefix_list_id: Required<String>,
}
}

shape! {
"PascalCase"
/// A group as a peer of a rule.
UserIdGroupPair {
    ;
    /// Its id; stale references may lack it.
    group_id: Optional<String>,
    /// Owner account.
    user_id: Optional<String>,
    /// The VPC of the referenced group, for a peered one.
    vpc_id: Optional<String>,
    /// The peering connection, for a peered one.
    vpc_peering_connection_id: Optional<String>,
    /// `active`, `deleted`, … of the peering.
    peering_status: Optional<String>,
}
}

shape! {
"PascalCase"
/// A group in use in a further VPC (`DescribeSecurityGroupVpcAssociations`).
SecurityGroupVpcAssociation {
    /// The group.
    group_id: String,
    /// The further VPC.
    vpc_id: String,
    ;
    /// `associated`, `associating`, …
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// An AWS-managed prefix list with its blocks (`DescribePrefixLists`).
PrefixList {
    /// Id.
    prefix_list_id: String,
    ;
    /// Name, such as `com.amazonaws.us-east-1.s3`.
    prefix_list_name: Required<String>,
    /// Its blocks.
    cidrs: Required<Vec<String>>,
}
}

shape! {
"PascalCase"
/// A prefix list, the customer's or AWS's (`DescribeManagedPrefixLists`).
ManagedPrefixList {
    /// Id.
    prefix_list_id: String,
    ;
    /// Name.
    prefix_list_name: Required<String>,
    /// `IPv4` or `IPv6`.
    address_family: Optional<String>,
    /// ARN.
    prefix_list_arn: Optional<String>,
    /// `create-complete`, …
    state: Optional<String>,
    /// Owner account, or `AWS`.
    owner_id: Optional<String>,
    /// Version.
    version: Optional<i64>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// One block of a prefix list (`GetManagedPrefixListEntries`).
PrefixListEntry {
    /// The block.
    cidr: String,
    ;
    /// What the author noted.
    description: Optional<String>,
}
}
