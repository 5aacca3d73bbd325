//! Shapes of Amazon EC2: flow logs, ways in beside the network, disks and images.

use crate::member::{Optional, Required};
use crate::shapes::Tag;

shape! {
"PascalCase"
/// A flow log (`DescribeFlowLogs`).
FlowLog {
    /// Id.
    flow_log_id: String,
    ;
    /// The VPC, subnet or interface it records.
    resource_id: Required<String>,
    /// `ACTIVE`.
    flow_log_status: Required<String>,
    /// `ACCEPT`, `REJECT` or `ALL`; absent for transit gateways.
    traffic_type: Required<String>,
    /// `SUCCESS` or `FAILED`.
    deliver_logs_status: Optional<String>,
    /// Why delivery fails.
    deliver_logs_error_message: Optional<String>,
    /// `cloud-watch-logs`, `s3` or `kinesis-data-firehose`.
    log_destination_type: Optional<String>,
    /// ARN of the destination.
    log_destination: Optional<String>,
    /// The log group.
    log_group_name: Optional<String>,
    /// The fields of a record.
    log_format: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A key pair (`DescribeKeyPairs`).
KeyPair {
    /// Name.
    key_name: String,
    ;
    /// Id.
    key_pair_id: Optional<String>,
    /// `rsa` or `ed25519`.
    key_type: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// An EC2 Instance Connect endpoint (`DescribeInstanceConnectEndpoints`).
InstanceConnectEndpoint {
    /// Id.
    instance_connect_endpoint_id: String,
    ;
    /// ARN.
    instance_connect_endpoint_arn: Optional<String>,
    /// `create-complete`, …
    state: Required<String>,
    /// The VPC.
    vpc_id: Required<String>,
    /// The subnet.
    subnet_id: Required<String>,
    /// Its groups: their outbound rules count.
    security_group_ids: Required<Vec<String>>,
    /// Its interfaces.
    network_interface_ids: Required<Vec<String>>,
    /// Whether targets see the client's address.
    preserve_client_ip: Required<bool>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// Whether the serial console may be used (`GetSerialConsoleAccessStatus`).
SerialConsoleAccess {
    ;
    /// Whether it may.
    serial_console_access_enabled: Required<bool>,
}
}

shape! {
"PascalCase"
/// A disk snapshot (`DescribeSnapshots`).
EbsSnapshot {
    /// Id.
    snapshot_id: String,
    ;
    /// The disk it was made of.
    volume_id: Optional<String>,
    /// Whether it is encrypted.
    encrypted: Required<bool>,
    /// The key.
    kms_key_id: Optional<String>,
    /// Owner account.
    owner_id: Optional<String>,
    /// `completed`, …
    state: Optional<String>,
    /// When it was begun.
    start_time: Optional<String>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// Who may use a disk snapshot (`DescribeSnapshotAttribute`, `createVolumePermission`).
EbsSnapshotSharing {
    ;
    /// The shares.
    create_volume_permissions: Required<Vec<SharePermission>>,
}
}

shape! {
"PascalCase"
/// One share of a snapshot or image.
SharePermission {
    ;
    /// `all` for everybody.
    group: Optional<String>,
    /// An account.
    user_id: Optional<String>,
    /// An organization.
    organization_arn: Optional<String>,
    /// An organizational unit.
    organizational_unit_arn: Optional<String>,
}
}

shape! {
"PascalCase"
/// Whether disk snapshots may be public (`GetSnapshotBlockPublicAccessState`).
SnapshotBlockPublicAccess {
    ;
    /// `block-all-sharing`, `block-new-sharing` or `unblocked`.
    state: Required<String>,
}
}

shape! {
"PascalCase"
/// A machine image of the account (`DescribeImages`).
Image {
    /// Id.
    image_id: String,
    ;
    /// Name.
    name: Optional<String>,
    /// Whether everybody may start it.
    public: Required<bool>,
    /// Owner account.
    owner_id: Optional<String>,
    /// `available`, …
    state: Optional<String>,
    /// Its disks.
    block_device_mappings: Optional<Vec<BlockDeviceMapping>>,
    /// Tags.
    tags: Optional<Vec<Tag>>,
}
}

shape! {
"PascalCase"
/// A disk of an image.
BlockDeviceMapping {
    ;
    /// Device.
    device_name: Optional<String>,
    /// The disk, where it is one of EBS.
    ebs: Optional<EbsBlockDevice>,
}
}

shape! {
"PascalCase"
/// An EBS disk of an image.
EbsBlockDevice {
    ;
    /// Its snapshot.
    snapshot_id: Optional<String>,
    /// Whether it is encrypted.
    encrypted: Optional<bool>,
}
}

shape! {
"PascalCase"
/// Who may start an image (`DescribeImageAttribute`, `launchPermission`).
ImageSharing {
    ;
    /// The shares.
    launch_permissions: Required<Vec<SharePermission>>,
}
}

shape! {
"PascalCase"
/// Whether images may be public (`GetImageBlockPublicAccessState`).
ImageBlockPublicAccess {
    ;
    /// `block-new-sharing` or `unblocked`.
    image_block_public_access_state: Required<String>,
}
}

shape! {
"PascalCase"
/// Whether new disks are encrypted (`GetEbsEncryptionByDefault`).
EbsEncryptionDefault {
    ;
    /// Whether they are.
    ebs_encryption_by_default: Required<bool>,
}
}

shape! {
"PascalCase"
/// The key of new disks (`GetEbsDefaultKmsKeyId`).
EbsDefaultKey {
    ;
    /// The key.
    kms_key_id: Required<String>,
}
}
