//! Shapes of Amazon EC2: network interfaces, instances and addresses.

use crate::member::{Optional, Required};
use crate::shapes::Tag;

shape! {
"PascalCase"
/// A network interface (`DescribeNetworkInterfaces`).
NetworkInterface {
    /// Id.
    network_interface_id: String,
    ;
    /// The VPC.
    vpc_id: Required<String>,
    /// The subnet.
    subnet_id: Required<String>,
    /// Zone name.
    availability_zone: Required<String>,
    /// The primary IPv4 address.
    private_ip_address: Optional<String>,
    /// All IPv4 addresses with their public ones.
    private_ip_addresses: Required<Vec<PrivateIpAddress>>,
    /// IPv6 addresses.
    ipv6_addresses: Optional<Vec<InterfaceIpv6Address>>,
    /// Delegated IPv4 blocks.
    ipv4_prefixes: Optional<Vec<InterfaceIpv4Prefix>>,
    /// Delegated IPv6 blocks.
    ipv6_prefixes: Optional<Vec<InterfaceIpv6Prefix>>,
    /// Security groups; managed interfaces may have none.
    groups: Required<Vec<GroupIdentifier>>,
    /// Whether it only takes packets of its own addresses.
    source_dest_check: Required<bool>,
    /// `in-use`, `available`, …
    status: Required<String>,
    /// `interface`, `nat_gateway`, `network_load_balancer`, `vpc_endpoint`, `lambda`, …
    interface_type: Required<String>,
    /// What the maker noted; services name their owner here (`ELB app/…`, `RDSNetworkInterface`).
    description: Optional<String>,
    /// The service that made it.
    requester_id: Optional<String>,
    /// Whether a service manages it.
    requester_managed: Optional<bool>,
    /// What it is attached to.
    attachment: Optional<InterfaceAttachment>,
    /// The public address of the primary address.
    association: Optional<InterfaceAssociation>,
    /// Whether internet gateway traffic is refused on it.
    deny_all_igw_traffic: Optional<bool>,
    /// Owner account.
    owner_id: Optional<String>,
    /// Tags.
    tag_set: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// An IPv4 address of an interface.
PrivateIpAddress {
    ;
    /// The address.
    private_ip_address: Required<String>,
    /// Whether it is the primary one.
    primary: Optional<bool>,
    /// The public address it is translated to.
    association: Optional<InterfaceAssociation>,
}
}

shape! {
"PascalCase"
/// A public address of an interface.
InterfaceAssociation {
    ;
    /// The address; absent for a carrier address.
    public_ip: Optional<String>,
    /// A carrier address (Wavelength).
    carrier_ip: Optional<String>,
    /// The allocation of an elastic address.
    allocation_id: Optional<String>,
    /// `amazon` for one that AWS lends.
    ip_owner_id: Optional<String>,
}
}

shape! {
"PascalCase"
/// An IPv6 address of an interface.
InterfaceIpv6Address {
    ;
    /// The address.
    ipv6_address: Required<String>,
}
}

shape! {
"PascalCase"
/// A delegated IPv4 block.
InterfaceIpv4Prefix {
    ;
    /// The block.
    ipv4_prefix: Required<String>,
}
}

shape! {
"PascalCase"
/// A delegated IPv6 block.
InterfaceIpv6Prefix {
    ;
    /// The block.
    ipv6_prefix: Required<String>,
}
}

shape! {
"PascalCase"
/// A security group by id.
GroupIdentifier {
    ;
    /// Id.
    group_id: Required<String>,
    /// Name.
    group_name: Optional<String>,
}
}

shape! {
"PascalCase"
/// What an interface is attached to.
InterfaceAttachment {
    ;
    /// The instance, where it is one the account sees.
    instance_id: Optional<String>,
    /// Its owner: an account, or a service (`amazon-elb`).
    instance_owner_id: Optional<String>,
    /// Position on the instance.
    device_index: Optional<i64>,
    /// `attached`, `detached`, …
    status: Optional<String>,
}
}

shape! {
"PascalCase"
/// An instance (`DescribeInstances`).
Instance {
    /// Id.
    instance_id: String,
    ;
    /// Its state.
    state: Required<InstanceState>,
    /// The VPC; absent for a terminated instance.
    vpc_id: Optional<String>,
    /// The subnet of the primary interface.
    subnet_id: Optional<String>,
    /// Primary private address.
    private_ip_address: Optional<String>,
    /// Public address of the primary interface.
    public_ip_address: Optional<String>,
    /// Its interfaces.
    network_interfaces: Optional<Vec<InstanceInterface>>,
    /// Groups of the primary interface.
    security_groups: Optional<Vec<GroupIdentifier>>,
    /// The instance profile.
    iam_instance_profile: Optional<InstanceProfile>,
    /// Options of the metadata service.
    metadata_options: Optional<MetadataOptions>,
    /// Image.
    image_id: Optional<String>,
    /// Size.
    instance_type: Optional<String>,
    /// Key pair it was started with.
    key_name: Optional<String>,
    /// Zone and tenancy.
    placement: Optional<Placement>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// The state of an instance.
InstanceState {
    /// `running`, `stopped`, …
    name: String,
    ;
}
}

shape! {
"PascalCase"
/// An interface of an instance.
InstanceInterface {
    ;
    /// Its id.
    network_interface_id: Required<String>,
}
}

shape! {
"PascalCase"
/// The instance profile of an instance.
InstanceProfile {
    ;
    /// ARN.
    arn: Required<String>,
}
}

shape! {
"PascalCase"
/// Options of the instance metadata service.
MetadataOptions {
    ;
    /// `required` for version 2 only, or `optional`.
    http_tokens: Required<String>,
    /// `enabled` or `disabled`.
    http_endpoint: Required<String>,
    /// Hops a token's answer may travel.
    http_put_response_hop_limit: Optional<i64>,
}
}

shape! {
"PascalCase"
/// Where an instance runs.
Placement {
    ;
    /// Zone.
    availability_zone: Optional<String>,
}
}

shape! {
"PascalCase"
/// An elastic address (`DescribeAddresses`).
Address {
    /// The address.
    public_ip: String,
    ;
    /// Its allocation.
    allocation_id: Optional<String>,
    /// Its association, if it is in use.
    association_id: Optional<String>,
    /// The instance.
    instance_id: Optional<String>,
    /// The interface.
    network_interface_id: Optional<String>,
    /// The private address it stands for.
    private_ip_address: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}
