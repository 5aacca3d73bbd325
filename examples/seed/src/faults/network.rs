//! Faults of security groups, routes and peerings.

use anyhow::Result;
use aws_sdk_ec2::types::ResourceType;

use crate::aws::send;
use crate::estate::Estate;
use crate::groups::{self, Direction, Peer, add_rule};
use crate::hosts::{self, Host};
use crate::network::{self, VPC_RANGE, allow, named};

const LEGACY_RANGE: &str = "10.99.0.0/16";

pub(super) async fn open_in_two_halves(estate: &mut Estate) -> Result<()> {
    add_rule(estate, "db", Direction::In, 5432, Peer::V4("0.0.0.0/1")).await?;
    add_rule(estate, "db", Direction::In, 5432, Peer::V4("128.0.0.0/1")).await
}

pub(super) async fn open_bastion(estate: &mut Estate) -> Result<()> {
    add_rule(estate, "bastion", Direction::In, 22, Peer::V4("0.0.0.0/0")).await
}

pub(super) async fn gateway_to_database(estate: &mut Estate) -> Result<()> {
    add_rule(estate, "db", Direction::In, 5432, Peer::Group("gateway")).await?;
    add_rule(estate, "gateway", Direction::Out, 5432, Peer::Group("db")).await
}

pub(super) async fn route_to_internet(estate: &mut Estate) -> Result<()> {
    let (table, gateway) = (estate.id("route-table", "isolated")?, estate.id("internet-gateway", "shop")?);
    let ec2 = &estate.aws.ec2;
    send!(ec2.create_route().route_table_id(table).destination_cidr_block("0.0.0.0/0").gateway_id(gateway));
    allow(estate, 300, false, "0.0.0.0/0", (5432, 5432)).await?;
    allow(estate, 300, true, "0.0.0.0/0", (1024, 65535)).await
}

/// A VPC with one host, peered and let in everywhere on the way to the database.
pub(super) async fn peer_legacy(estate: &mut Estate) -> Result<()> {
    let vpc = network::create_vpc(estate, "legacy", LEGACY_RANGE).await?;
    network::create_subnet(estate, "legacy-a", &vpc, "10.99.0.0/24", "a").await?;
    network::create_route_table(estate, "legacy", &vpc).await?;
    let (table, subnet) = (estate.id("route-table", "legacy")?, estate.id("subnet", "legacy-a")?);
    send!(estate.aws.ec2.associate_route_table().route_table_id(table).subnet_id(subnet));

    groups::create(estate, "legacy-report", "legacy", "legacy", "Reports of the old shop").await?;
    add_rule(estate, "legacy-report", Direction::Out, 5432, Peer::V4(VPC_RANGE)).await?;
    let host = Host {
        name: "legacy-report",
        role: "report",
        subnet: "legacy-a",
        address: "10.99.0.10",
        group: "legacy-report",
        access: None,
    };
    hosts::run(estate, &host).await?;

    let ec2 = estate.aws.ec2.clone();
    let created = send!(
        ec2.create_vpc_peering_connection()
            .vpc_id(&vpc)
            .peer_vpc_id(estate.id("vpc", "shop")?)
            .tag_specifications(named(ResourceType::VpcPeeringConnection, "legacy"))
    );
    let peering = created.vpc_peering_connection().and_then(|it| it.vpc_peering_connection_id());
    estate.note("peering", "legacy", peering)?;
    let peering = estate.id("peering", "legacy")?;
    send!(ec2.accept_vpc_peering_connection().vpc_peering_connection_id(peering));
    for (table, range) in [("legacy", VPC_RANGE), ("app", LEGACY_RANGE), ("isolated", LEGACY_RANGE)] {
        let route = ec2.create_route().route_table_id(estate.id("route-table", table)?);
        send!(route.destination_cidr_block(range).vpc_peering_connection_id(peering));
    }

    allow(estate, 200, false, LEGACY_RANGE, (5432, 5432)).await?;
    allow(estate, 200, true, LEGACY_RANGE, (1024, 65535)).await?;
    add_rule(estate, "db", Direction::In, 5432, Peer::V4(LEGACY_RANGE)).await
}
