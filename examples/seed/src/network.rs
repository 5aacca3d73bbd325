//! The VPC, its subnets, gateways, route tables and network ACLs.

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, DomainType, Filter, IcmpTypeCode, NatGateway, NetworkAcl, PortRange,
    ResourceType, RuleAction, Tag, TagSpecification,
};

use crate::aws::{Aws, REGION, send};
use crate::estate::Estate;

/// The address range of the VPC.
pub(crate) const VPC_RANGE: &str = "10.0.0.0/16";

/// Name, range, last letter of the zone, route table.
const SUBNETS: [(&str, &str, &str, &str); 6] = [
    ("public-a", "10.0.0.0/24", "a", "public"),
    ("public-c", "10.0.1.0/24", "c", "public"),
    ("app-a", "10.0.10.0/24", "a", "app"),
    ("app-c", "10.0.11.0/24", "c", "app"),
    ("data-a", "10.0.20.0/24", "a", "isolated"),
    ("data-c", "10.0.21.0/24", "c", "isolated"),
];

/// moto draws the NAT gateway's private address at random from 10.0.0.0/8. With this seed (moto 5.2.5) it draws
/// 10.0.0.206, which lies in `public-a`.
const NAT_SEED: u32 = 1_040_021;

/// Deletes the default VPC of every region, as the owner of an account should.
pub(crate) async fn remove_default_vpcs(aws: &Aws) -> Result<()> {
    let regions = send!(aws.ec2.describe_regions().all_regions(true));
    for region in regions.regions().iter().filter_map(|it| it.region_name()) {
        let ec2 = aws.ec2_in(region);
        let default = Filter::builder().name("is-default").values("true").build();
        for vpc in send!(ec2.describe_vpcs().filters(default)).vpcs() {
            let vpc = vpc.vpc_id().unwrap_or_default();
            let gateways = send!(ec2.describe_internet_gateways().filters(filter("attachment.vpc-id", vpc)));
            for gateway in gateways.internet_gateways() {
                let gateway = gateway.internet_gateway_id().unwrap_or_default();
                send!(ec2.detach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc));
                send!(ec2.delete_internet_gateway().internet_gateway_id(gateway));
            }
            for subnet in send!(ec2.describe_subnets().filters(filter("vpc-id", vpc))).subnets() {
                send!(ec2.delete_subnet().subnet_id(subnet.subnet_id().unwrap_or_default()));
            }
            send!(ec2.delete_vpc().vpc_id(vpc));
            remove_default_acl(&ec2, vpc).await?;
        }
    }
    Ok(())
}

/// Deletes the network ACL that moto, unlike AWS, leaves behind with a deleted VPC. It cannot be deleted while it is
/// associated with the subnets, which are gone too; moving an association to an ACL that does not exist fails, but
/// takes it away first.
async fn remove_default_acl(ec2: &aws_sdk_ec2::Client, vpc: &str) -> Result<()> {
    for acl in send!(ec2.describe_network_acls().filters(filter("vpc-id", vpc))).network_acls() {
        for association in acl.associations() {
            let id = association.network_acl_association_id().unwrap_or_default();
            let nowhere = ec2.replace_network_acl_association().association_id(id).network_acl_id("acl-0");
            let _ = Box::pin(nowhere.send()).await;
        }
        send!(ec2.delete_network_acl().network_acl_id(acl.network_acl_id().unwrap_or_default()));
    }
    Ok(())
}

/// Builds the network.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let ec2 = estate.aws.ec2.clone();
    let vpc = create_vpc(estate, "shop", VPC_RANGE).await?;
    for (name, range, zone, _) in SUBNETS {
        create_subnet(estate, name, &vpc, range, zone).await?;
    }

    let created = send!(ec2.create_internet_gateway().tag_specifications(named(ResourceType::InternetGateway, "shop")));
    let gateway = created.internet_gateway().and_then(|it| it.internet_gateway_id());
    estate.note("internet-gateway", "shop", gateway)?;
    let gateway = estate.id("internet-gateway", "shop")?.to_owned();
    send!(ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc));

    let address = allocate_address(estate, "nat").await?;
    estate.aws.endpoint.seed(NAT_SEED)?;
    let created = send!(
        ec2.create_nat_gateway()
            .subnet_id(estate.id("subnet", "public-a")?)
            .allocation_id(&address)
            .tag_specifications(named(ResourceType::Natgateway, "shop"))
    );
    estate.note("nat-gateway", "shop", created.nat_gateway().and_then(|it| it.nat_gateway_id()))?;
    let nat = estate.id("nat-gateway", "shop")?.to_owned();
    let addresses = created.nat_gateway().map(NatGateway::nat_gateway_addresses).unwrap_or_default();
    let interface =
        addresses.first().and_then(|it| it.network_interface_id()).context("a NAT gateway without interface")?;
    describe_interface(estate, interface, &format!("Interface for NAT Gateway {nat}")).await?;

    for table in ["public", "app", "isolated"] {
        create_route_table(estate, table, &vpc).await?;
        for (name, .., wanted) in SUBNETS {
            if wanted == table {
                let (table, subnet) = (estate.id("route-table", table)?, estate.id("subnet", name)?);
                send!(ec2.associate_route_table().route_table_id(table).subnet_id(subnet));
            }
        }
    }
    let public = estate.id("route-table", "public")?;
    send!(ec2.create_route().route_table_id(public).destination_cidr_block("0.0.0.0/0").gateway_id(&gateway));
    let app = estate.id("route-table", "app")?;
    send!(ec2.create_route().route_table_id(app).destination_cidr_block("0.0.0.0/0").nat_gateway_id(&nat));

    build_data_acl(estate, &vpc).await
}

/// The data subnets take database and cache connections from the VPC and answer there.
async fn build_data_acl(estate: &mut Estate, vpc: &str) -> Result<()> {
    let ec2 = estate.aws.ec2.clone();
    let created =
        send!(ec2.create_network_acl().vpc_id(vpc).tag_specifications(named(ResourceType::NetworkAcl, "data")));
    estate.note("network-acl", "data", created.network_acl().and_then(|it| it.network_acl_id()))?;
    allow(estate, 100, false, VPC_RANGE, (5432, 5432)).await?;
    allow(estate, 110, false, VPC_RANGE, (6379, 6379)).await?;
    allow(estate, 100, true, VPC_RANGE, (1024, 65535)).await?;

    for subnet in ["data-a", "data-c"] {
        let subnet = estate.id("subnet", subnet)?;
        let found = send!(ec2.describe_network_acls().filters(filter("association.subnet-id", subnet)));
        let association = found
            .network_acls()
            .iter()
            .flat_map(NetworkAcl::associations)
            .find(|it| it.subnet_id() == Some(subnet))
            .and_then(|it| it.network_acl_association_id())
            .context("a subnet without network ACL")?;
        let acl = estate.id("network-acl", "data")?;
        send!(ec2.replace_network_acl_association().association_id(association).network_acl_id(acl));
    }
    Ok(())
}

/// Adds an entry that allows TCP to the ACL of the data subnets.
pub(crate) async fn allow(estate: &Estate, number: i32, egress: bool, range: &str, ports: (i32, i32)) -> Result<()> {
    send!(
        estate
            .aws
            .ec2
            .create_network_acl_entry()
            .network_acl_id(estate.id("network-acl", "data")?)
            .rule_number(number)
            .egress(egress)
            .protocol("6")
            .rule_action(RuleAction::Allow)
            .cidr_block(range)
            .port_range(PortRange::builder().from(ports.0).to(ports.1).build())
            .icmp_type_code(IcmpTypeCode::builder().code(0).r#type(0).build())
    );
    Ok(())
}

/// Creates a VPC with DNS names, whose default security group lets nothing in or out.
pub(crate) async fn create_vpc(estate: &mut Estate, name: &str, range: &str) -> Result<String> {
    let ec2 = estate.aws.ec2.clone();
    let created = send!(ec2.create_vpc().cidr_block(range).tag_specifications(named(ResourceType::Vpc, name)));
    estate.note("vpc", name, created.vpc().and_then(|it| it.vpc_id()))?;
    let vpc = estate.id("vpc", name)?.to_owned();
    let on = AttributeBooleanValue::builder().value(true).build();
    send!(ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(on));

    let groups = send!(ec2.describe_security_groups().filters(filter("vpc-id", &vpc)));
    for group in groups.security_groups() {
        let id = group.group_id().unwrap_or_default();
        for permission in group.ip_permissions() {
            send!(ec2.revoke_security_group_ingress().group_id(id).ip_permissions(permission.clone()));
        }
        for permission in group.ip_permissions_egress() {
            send!(ec2.revoke_security_group_egress().group_id(id).ip_permissions(permission.clone()));
        }
    }
    Ok(vpc)
}

/// Creates a subnet in the zone with this last letter.
pub(crate) async fn create_subnet(estate: &mut Estate, name: &str, vpc: &str, range: &str, zone: &str) -> Result<()> {
    let created = send!(
        estate
            .aws
            .ec2
            .create_subnet()
            .vpc_id(vpc)
            .cidr_block(range)
            .availability_zone(format!("{REGION}{zone}"))
            .tag_specifications(named(ResourceType::Subnet, name))
    );
    estate.note("subnet", name, created.subnet().and_then(|it| it.subnet_id()))
}

/// Creates a route table, named `rtb-` and its name.
pub(crate) async fn create_route_table(estate: &mut Estate, name: &str, vpc: &str) -> Result<()> {
    let tags = named(ResourceType::RouteTable, &format!("rtb-{name}"));
    let created = send!(estate.aws.ec2.create_route_table().vpc_id(vpc).tag_specifications(tags));
    estate.note("route-table", name, created.route_table().and_then(|it| it.route_table_id()))
}

/// Allocates an elastic address and returns its allocation id.
pub(crate) async fn allocate_address(estate: &mut Estate, name: &str) -> Result<String> {
    let tags = named(ResourceType::ElasticIp, name);
    let created = send!(estate.aws.ec2.allocate_address().domain(DomainType::Vpc).tag_specifications(tags));
    estate.note("address", name, created.allocation_id())?;
    Ok(estate.id("address", name)?.to_owned())
}

/// Creates a network interface such as AWS creates for its own services: moto creates none for databases, caches,
/// load balancers and functions. The description is the one that AWS gives.
pub(crate) async fn create_interface(
    estate: &mut Estate,
    name: &str,
    description: &str,
    (subnet, address): (&str, &str),
    group: &str,
) -> Result<()> {
    let created = send!(
        estate
            .aws
            .ec2
            .create_network_interface()
            .subnet_id(estate.id("subnet", subnet)?)
            .private_ip_address(address)
            .groups(estate.id("group", group)?)
            .description(description)
            .tag_specifications(named(ResourceType::NetworkInterface, name))
    );
    estate.note("interface", name, created.network_interface().and_then(|it| it.network_interface_id()))
}

/// Replaces the description of a network interface, from which AWS shows whose it is.
pub(crate) async fn describe_interface(estate: &Estate, interface: &str, description: &str) -> Result<()> {
    let change = estate.aws.ec2.modify_network_interface_attribute().network_interface_id(interface);
    send!(change.description(AttributeValue::builder().value(description).build()));
    Ok(())
}

/// A filter with one value.
pub(crate) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// Tags for a resource that is created: its name only.
pub(crate) fn named(kind: ResourceType, name: &str) -> TagSpecification {
    tagged(kind, &[("Name", name)])
}

/// Tags for a resource that is created.
pub(crate) fn tagged(kind: ResourceType, tags: &[(&str, &str)]) -> TagSpecification {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
    TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()
}
