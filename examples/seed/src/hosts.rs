//! The bastion and the function.

use anyhow::{Context as _, Result};
use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, HttpTokensState, IamInstanceProfileSpecification,
    InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, InstanceType, ResourceType, VolumeType,
};
use aws_sdk_lambda::types::{FunctionCode, Runtime, VpcConfig};

use crate::aws::{ACCOUNT, send};
use crate::estate::Estate;
use crate::network::{allocate_address, create_interface, named, tagged};

/// The public half of a key pair whose other half was thrown away.
const BASTION_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF5UnatV0lRTDHN3P4vTqT2UzfcbQgWpFr+vfpJNvkT+ bastion@shop";
/// Any image will do: moto starts nothing.
const IMAGE: &str = "ami-0a1b2c3d4e5f60718";
/// An empty archive.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// An instance that takes its metadata with a session token only and has an encrypted disk.
pub(crate) struct Host<'a> {
    pub(crate) name: &'a str,
    pub(crate) role: &'a str,
    pub(crate) subnet: &'a str,
    pub(crate) address: &'a str,
    pub(crate) group: &'a str,
    /// Key pair and instance profile.
    pub(crate) access: Option<(&'a str, &'a str)>,
}

/// Builds bastion and function.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let ec2 = estate.aws.ec2.clone();
    send!(
        ec2.import_key_pair()
            .key_name("bastion")
            .public_key_material(Blob::new(BASTION_KEY))
            .tag_specifications(named(ResourceType::KeyPair, "bastion"))
    );
    let bastion = Host {
        name: "bastion",
        role: "bastion",
        subnet: "public-a",
        address: "10.0.0.10",
        group: "bastion",
        access: Some(("bastion", "shop-bastion")),
    };
    run(estate, &bastion).await?;
    let address = allocate_address(estate, "bastion").await?;
    send!(ec2.associate_address().allocation_id(address).instance_id(estate.id("instance", "bastion")?));
    build_function(estate).await
}

async fn build_function(estate: &mut Estate) -> Result<()> {
    let vpc = VpcConfig::builder()
        .subnet_ids(estate.id("subnet", "app-a")?)
        .subnet_ids(estate.id("subnet", "app-c")?)
        .security_group_ids(estate.id("group", "rotate")?)
        .build();
    send!(
        estate
            .aws
            .lambda
            .create_function()
            .function_name("shop-rotate")
            .description("Rotates the key of the payment provider")
            .runtime(Runtime::Python312)
            .handler("rotate.handler")
            .role(format!("arn:aws:iam::{ACCOUNT}:role/shop-rotate"))
            .code(FunctionCode::builder().zip_file(aws_sdk_lambda::primitives::Blob::new(EMPTY_ZIP)).build())
            .vpc_config(vpc)
            .timeout(30)
            .tags("Name", "shop-rotate")
            .tags("Tier", "app")
    );
    for (name, subnet, address) in [("shop-rotate-a", "app-a", "10.0.10.10"), ("shop-rotate-c", "app-c", "10.0.11.10")]
    {
        create_interface(estate, name, "AWS Lambda VPC ENI-shop-rotate", (subnet, address), "rotate").await?;
    }
    Ok(())
}

/// Starts an instance.
pub(crate) async fn run(estate: &mut Estate, host: &Host<'_>) -> Result<()> {
    let metadata = InstanceMetadataOptionsRequest::builder()
        .http_tokens(HttpTokensState::Required)
        .http_endpoint(InstanceMetadataEndpointState::Enabled)
        .http_put_response_hop_limit(1)
        .build();
    let disk = EbsBlockDevice::builder().encrypted(true).volume_size(8).volume_type(VolumeType::Gp3).build();
    let profile = host.access.map(|(_, profile)| IamInstanceProfileSpecification::builder().name(profile).build());
    let tags = [("Name", host.name), ("Role", host.role)];
    let created = send!(
        estate
            .aws
            .ec2
            .run_instances()
            .image_id(IMAGE)
            .instance_type(InstanceType::T2Nano)
            .min_count(1)
            .max_count(1)
            .set_key_name(host.access.map(|(key, _)| key.to_owned()))
            .set_iam_instance_profile(profile)
            .client_token(host.name)
            .subnet_id(estate.id("subnet", host.subnet)?)
            .private_ip_address(host.address)
            .security_group_ids(estate.id("group", host.group)?)
            .metadata_options(metadata)
            .block_device_mappings(BlockDeviceMapping::builder().device_name("/dev/xvda").ebs(disk).build())
            .tag_specifications(tagged(ResourceType::Instance, &tags))
            .tag_specifications(tagged(ResourceType::Volume, &tags))
    );
    let instance = created.instances().first().context("no instance was started")?;
    estate.note("instance", host.name, instance.instance_id())
}
