//! Shapes of Amazon EC2: route tables and gateways.

use super::GroupIdentifier;
use crate::member::{Optional, Required};
use crate::shapes::Tag;
use crate::shapes::policy::PolicyDocument;

shape! {
"PascalCase"
/// A route table (`DescribeRouteTables`).
RouteTable {
    /// Id.
    route_table_id: String,
    ;
    /// The VPC.
    vpc_id: Required<String>,
    /// Its routes, in no particular order: the longest prefix decides.
    routes: Required<Vec<Route>>,
    /// Subnets and gateways that use it.
    associations: Required<Vec<RouteTableAssociation>>,
    /// VPN gateways that add routes.
    propagating_vgws: Optional<Vec<PropagatingVgw>>,
    /// Owner account.
    owner_id: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// One route; exactly one destination and one target are set.
Route {
    ;
    /// IPv4 destination.
    destination_cidr_block: Optional<String>,
    /// IPv6 destination.
    destination_ipv6_cidr_block: Optional<String>,
    /// Destination prefix list.
    destination_prefix_list_id: Optional<String>,
    /// `local`, an internet gateway, a VPN gateway, or a gateway endpoint.
    gateway_id: Optional<String>,
    /// NAT gateway.
    nat_gateway_id: Optional<String>,
    /// Instance.
    instance_id: Optional<String>,
    /// Interface.
    network_interface_id: Optional<String>,
    /// Peering connection.
    vpc_peering_connection_id: Optional<String>,
    /// Transit gateway.
    transit_gateway_id: Optional<String>,
    /// Egress-only internet gateway.
    egress_only_internet_gateway_id: Optional<String>,
    /// Carrier gateway.
    carrier_gateway_id: Optional<String>,
    /// Local gateway (Outposts).
    local_gateway_id: Optional<String>,
    /// Core network (Cloud WAN).
    core_network_arn: Optional<String>,
    /// Oracle Database network.
    odb_network_arn: Optional<String>,
    /// `active` or `blackhole`.
    state: Required<String>,
    /// `CreateRouteTable`, `CreateRoute` or `EnableVgwRoutePropagation`.
    origin: Optional<String>,
}
}

shape! {
"PascalCase"
/// A use of a route table.
RouteTableAssociation {
    ;
    /// Id.
    route_table_association_id: Optional<String>,
    /// Whether it is the VPC's main table.
    main: Required<bool>,
    /// The subnet.
    subnet_id: Optional<String>,
    /// The gateway (edge association).
    gateway_id: Optional<String>,
    /// Its state; absent in old dumps.
    association_state: Optional<AssociationState>,
}
}

shape! {
"PascalCase"
/// The state of an association.
AssociationState {
    ;
    /// `associated`, `associating`, …
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// A VPN gateway that adds routes.
PropagatingVgw {
    ;
    /// Its id.
    gateway_id: Required<String>,
}
}

shape! {
"PascalCase"
/// An internet gateway (`DescribeInternetGateways`).
InternetGateway {
    /// Id.
    internet_gateway_id: String,
    ;
    /// The VPC it is attached to.
    attachments: Required<Vec<GatewayAttachment>>,
    /// Owner account.
    owner_id: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A gateway's attachment.
GatewayAttachment {
    ;
    /// The VPC.
    vpc_id: Required<String>,
    /// `available` or `attached` where it is in force.
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// An egress-only internet gateway (`DescribeEgressOnlyInternetGateways`).
EgressOnlyInternetGateway {
    /// Id.
    egress_only_internet_gateway_id: String,
    ;
    /// The VPC it is attached to.
    attachments: Required<Vec<GatewayAttachment>>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A NAT gateway (`DescribeNatGateways`).
NatGateway {
    /// Id.
    nat_gateway_id: String,
    ;
    /// The VPC.
    vpc_id: Required<String>,
    /// The subnet; a regional gateway has none.
    subnet_id: Optional<String>,
    /// `available`, `deleted`, …
    state: Required<String>,
    /// `public` or `private`; absent in dumps older than private gateways.
    connectivity_type: Optional<String>,
    /// `zonal` or `regional`; absent in dumps older than regional gateways.
    availability_mode: Optional<String>,
    /// Its addresses.
    nat_gateway_addresses: Required<Vec<NatGatewayAddress>>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// An address of a NAT gateway.
NatGatewayAddress {
    ;
    /// Its interface.
    network_interface_id: Optional<String>,
    /// Private address.
    private_ip: Optional<String>,
    /// Public address.
    public_ip: Optional<String>,
    /// Allocation of the public address.
    allocation_id: Optional<String>,
}
}

shape! {
"PascalCase"
/// A peering connection (`DescribeVpcPeeringConnections`).
VpcPeeringConnection {
    /// Id.
    vpc_peering_connection_id: String,
    ;
    /// Its state.
    status: Required<PeeringStatus>,
    /// One side.
    accepter_vpc_info: Required<PeeringVpc>,
    /// The other side.
    requester_vpc_info: Required<PeeringVpc>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// The state of a peering connection.
PeeringStatus {
    /// `active`, `pending-acceptance`, `deleted`, …
    code: String,
    ;
}
}

shape! {
"PascalCase"
/// One side of a peering connection.
PeeringVpc {
    ;
    /// The VPC.
    vpc_id: Required<String>,
    /// Its account.
    owner_id: Required<String>,
    /// Its region.
    region: Required<String>,
    /// Primary block; absent unless active.
    cidr_block: Optional<String>,
    /// IPv4 blocks; absent unless active.
    cidr_block_set: Optional<Vec<PeeringCidr>>,
    /// IPv6 blocks.
    ipv6_cidr_block_set: Optional<Vec<PeeringIpv6Cidr>>,
    /// DNS options.
    peering_options: Optional<PeeringOptions>,
}
}

shape! {
"PascalCase"
/// An IPv4 block of a side.
PeeringCidr {
    ;
    /// The block.
    cidr_block: Required<String>,
}
}

shape! {
"PascalCase"
/// An IPv6 block of a side.
PeeringIpv6Cidr {
    ;
    /// The block.
    ipv6_cidr_block: Required<String>,
}
}

shape! {
"PascalCase"
/// Options of a side.
PeeringOptions {
    ;
    /// Whether public names resolve to private addresses from the other side.
    allow_dns_resolution_from_remote_vpc: Optional<bool>,
}
}

shape! {
"PascalCase"
/// A VPC endpoint (`DescribeVpcEndpoints`).
VpcEndpoint {
    /// Id.
    vpc_endpoint_id: String,
    ;
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`.
    vpc_endpoint_type: Required<String>,
    /// The VPC.
    vpc_id: Required<String>,
    /// The service it leads to.
    service_name: Optional<String>,
    /// `available`, …
    state: Required<String>,
    /// Its policy, as text or document; absent where the type has none.
    policy_document: Optional<PolicyDocument>,
    /// Route tables that lead to a gateway endpoint.
    route_table_ids: Optional<Vec<String>>,
    /// Subnets of an interface endpoint.
    subnet_ids: Optional<Vec<String>>,
    /// Its interfaces.
    network_interface_ids: Optional<Vec<String>>,
    /// Its security groups.
    groups: Optional<Vec<GroupIdentifier>>,
    /// Whether the service's name resolves to it.
    private_dns_enabled: Optional<bool>,
    /// Owner account.
    owner_id: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A virtual private gateway (`DescribeVpnGateways`).
VpnGateway {
    /// Id.
    vpn_gateway_id: String,
    ;
    /// `available`, `deleted`, …
    state: Required<String>,
    /// The VPC it is attached to.
    vpc_attachments: Required<Vec<VpnAttachment>>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A VPN gateway's attachment.
VpnAttachment {
    ;
    /// The VPC.
    vpc_id: Required<String>,
    /// `attached`, `detached`, …
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// A site-to-site VPN connection (`DescribeVpnConnections`).
VpnConnection {
    /// Id.
    vpn_connection_id: String,
    ;
    /// `available`, `deleted`, …
    state: Required<String>,
    /// The VPN gateway it ends at.
    vpn_gateway_id: Optional<String>,
    /// The transit gateway it ends at.
    transit_gateway_id: Optional<String>,
    /// Static routes.
    routes: Optional<Vec<VpnStaticRoute>>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A static route of a VPN connection.
VpnStaticRoute {
    ;
    /// The far block.
    destination_cidr_block: Required<String>,
    /// `available`, `deleted`, …
    state: Required<String>,
}
}
