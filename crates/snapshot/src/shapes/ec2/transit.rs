//! Shapes of Amazon EC2: transit gateways.

use crate::member::{Optional, Required};
use crate::shapes::Tag;

shape! {
"PascalCase"
/// A transit gateway (`DescribeTransitGateways`).
TransitGateway {
    /// Id.
    transit_gateway_id: String,
    ;
    /// ARN.
    transit_gateway_arn: Optional<String>,
    /// `available`, …
    state: Required<String>,
    /// Owner account.
    owner_id: Optional<String>,
    /// Options.
    options: Required<TransitGatewayOptions>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// Options of a transit gateway.
TransitGatewayOptions {
    ;
    /// `enable` or `disable`; absent in older dumps, when it did not exist.
    security_group_referencing_support: Optional<String>,
    /// Whether new attachments use the default table.
    default_route_table_association: Optional<String>,
    /// Whether new attachments propagate to the default table.
    default_route_table_propagation: Optional<String>,
    /// Whether attachments of other accounts come in by themselves.
    auto_accept_shared_attachments: Optional<String>,
}
}

shape! {
"PascalCase"
/// An attachment of any kind (`DescribeTransitGatewayAttachments`).
TransitGatewayAttachment {
    /// Id.
    transit_gateway_attachment_id: String,
    ;
    /// The transit gateway.
    transit_gateway_id: Required<String>,
    /// `vpc`, `vpn`, `peering`, `direct-connect-gateway`, …
    resource_type: Required<String>,
    /// What is attached.
    resource_id: Optional<String>,
    /// Its account.
    resource_owner_id: Optional<String>,
    /// `available`, …
    state: Required<String>,
    /// The route table for what comes in here; absent: none.
    association: Optional<TransitGatewayAttachmentAssociation>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// The route table of an attachment.
TransitGatewayAttachmentAssociation {
    ;
    /// The table.
    transit_gateway_route_table_id: Required<String>,
    /// `associated`, …
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// An attachment of a VPC (`DescribeTransitGatewayVpcAttachments`).
TransitGatewayVpcAttachment {
    /// Id.
    transit_gateway_attachment_id: String,
    ;
    /// The transit gateway.
    transit_gateway_id: Required<String>,
    /// The VPC.
    vpc_id: Required<String>,
    /// Its account.
    vpc_owner_id: Optional<String>,
    /// `available`, …
    state: Required<String>,
    /// One subnet per zone that can use it.
    subnet_ids: Required<Vec<String>>,
    /// Options.
    options: Optional<TransitGatewayVpcAttachmentOptions>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// Options of a VPC attachment.
TransitGatewayVpcAttachmentOptions {
    ;
    /// `enable` or `disable`; absent in older dumps, when it did not exist.
    appliance_mode_support: Optional<String>,
    /// `enable` or `disable`; absent in older dumps.
    security_group_referencing_support: Optional<String>,
    /// `enable` or `disable`.
    ipv6_support: Optional<String>,
}
}

shape! {
"PascalCase"
/// A route table of a transit gateway (`DescribeTransitGatewayRouteTables`).
TransitGatewayRouteTable {
    /// Id.
    transit_gateway_route_table_id: String,
    ;
    /// The transit gateway.
    transit_gateway_id: Required<String>,
    /// `available`, …
    state: Required<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// An attachment that uses a table (`GetTransitGatewayRouteTableAssociations`).
TransitGatewayRouteTableAssociation {
    /// The attachment.
    transit_gateway_attachment_id: String,
    ;
    /// What is attached.
    resource_id: Optional<String>,
    /// Its kind.
    resource_type: Optional<String>,
    /// `associated`, …
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// An attachment that adds routes (`GetTransitGatewayRouteTablePropagations`).
TransitGatewayRouteTablePropagation {
    /// The attachment.
    transit_gateway_attachment_id: String,
    ;
    /// What is attached.
    resource_id: Optional<String>,
    /// Its kind.
    resource_type: Optional<String>,
    /// `enabled`, …
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// A route of a table (`SearchTransitGatewayRoutes`).
TransitGatewayRoute {
    ;
    /// Destination block.
    destination_cidr_block: Optional<String>,
    /// The prefix list it came from.
    prefix_list_id: Optional<String>,
    /// `static` or `propagated`.
    #[serde(rename = "Type")]
    kind: Required<String>,
    /// `active`, `blackhole`, …
    state: Required<String>,
    /// Where it leads; absent for a blackhole.
    transit_gateway_attachments: Optional<Vec<TransitGatewayRouteAttachment>>,
}
}

shape! {
"PascalCase"
/// Where a route leads.
TransitGatewayRouteAttachment {
    ;
    /// The attachment.
    transit_gateway_attachment_id: Required<String>,
    /// What is attached.
    resource_id: Optional<String>,
    /// Its kind.
    resource_type: Optional<String>,
}
}

shape! {
"PascalCase"
/// What a search for routes says about itself (`SearchTransitGatewayRoutes`).
TransitGatewayRouteSearch {
    ;
    /// Whether routes were left out.
    additional_routes_available: Optional<bool>,
}
}
