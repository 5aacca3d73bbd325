//! The kinds of resources: one line each, from which tables, loading and places follow.

use std::collections::BTreeSet;
use std::fmt;

use portcullis_snapshot::shapes::{
    cloudtrail, cloudwatch, credential_report, databases, ec2, ecs, elasticache, elb, elbv2, iam, kms, lambda, logs,
    organizations, rds, s3, secretsmanager, ssm, sts,
};
use portcullis_snapshot::{ReadError, Recorded};
use serde::de::DeserializeOwned;

use crate::assumption::Assumption;
use crate::coverage::CoverageMap;
use crate::loading;
use crate::table::{Row, Table};

/// A shape that stands in a table of the estate.
pub trait Observed: DeserializeOwned + Clone + fmt::Debug + 'static {
    /// The kind as rules and selectors spell it: `ec2.security-group`.
    const KIND: &'static str;
    /// The call it is read from: `ec2/describe-security-groups`.
    const CALL: &'static str;
    /// The path of the list in the output: `Reservations[].Instances[]`; empty for the output itself.
    const LIST: &'static str;
    /// The member that identifies an element, for places.
    const ID_MEMBER: &'static str;
    /// The input member that names the parent, for an operation asked once per parent.
    const PARENT: Option<&'static str>;

    /// The id of this element, from its own members or from its parent's id.
    fn id(&self, parent: &str) -> String;
    /// The table of this kind.
    fn table(estate: &Estate) -> &Table<Self>;
    /// The table of this kind, to change it.
    fn table_mut(estate: &mut Estate) -> &mut Table<Self>;
}

pub(crate) struct Loader {
    pub(crate) call: &'static str,
    pub(crate) list: &'static str,
    pub(crate) stage: fn(&mut Staged, &Recorded) -> Result<(), ReadError>,
}

macro_rules! parent_member {
    () => {
        None
    };
    ($member:literal) => {
        Some($member)
    };
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $table:ident : $shape:ty = $kind:literal, $call:literal, $list:literal, $id_member:literal,
       $(parent $parent:literal,)? |$row:ident, $parent_id:ident| $id:expr;)*) => {
        /// Everything observed, one sorted table per kind, with coverage. Cloning shares the tables.
        #[derive(Debug, Clone, Default)]
        pub struct Estate {
            $($(#[$meta])* pub $table: Table<$shape>,)*
            /// Database servers, as read from them.
            pub databases: Table<databases::Server>,
            /// What each call can be trusted for.
            pub coverage: CoverageMap,
            /// Accounts with at least one file or named in the manifest.
            pub accounts: BTreeSet<String>,
            /// (account, region) pairs with at least one file; region may be `global`.
            pub regions: BTreeSet<(String, String)>,
            /// When collecting began, if the snapshot says so.
            pub collected_at: Option<jiff::Timestamp>,
            /// *Now* for ages: `--now`, else `collected_at`.
            pub now: Option<jiff::Timestamp>,
            /// Inputs that may be assumed.
            pub assume: BTreeSet<Assumption>,
        }

        /// Rows before sorting.
        #[derive(Debug, Default)]
        pub(crate) struct Staged {
            $($table: Vec<Row<$shape>>,)*
            databases: Vec<Row<databases::Server>>,
        }

        impl Staged {
            pub(crate) fn finish(self, estate: &mut Estate) {
                $(estate.$table = loading::build(self.$table);)*
                estate.databases = loading::build(self.databases);
            }
        }

        pub(crate) const LOADERS: &[Loader] = &[
            $(Loader {
                call: $call,
                list: $list,
                stage: |staged, recorded| {
                    staged.$table.extend(loading::rows_of::<$shape>(recorded)?);
                    Ok(())
                },
            },)*
        ];

        impl Estate {
            /// How many resources were observed; what was asked about one of them does not count again.
            #[must_use]
            pub fn resources(&self) -> usize {
                let mut count = self.databases.len();
                $(if <$shape as Observed>::PARENT.is_none() {
                    count += self.$table.len();
                })*
                count
            }
        }

        /// Every kind with the call it is read from, in the order of declaration.
        pub const KINDS: &[(&str, &str)] = &[$(($kind, $call),)*];

        $(impl Observed for $shape {
            const KIND: &'static str = $kind;
            const CALL: &'static str = $call;
            const LIST: &'static str = $list;
            const ID_MEMBER: &'static str = $id_member;
            const PARENT: Option<&'static str> = parent_member!($($parent)?);

            fn id(&self, $parent_id: &str) -> String {
                let $row = self;
                let _ = $parent_id;
                $id
            }
            fn table(estate: &Estate) -> &Table<Self> {
                &estate.$table
            }
            fn table_mut(estate: &mut Estate) -> &mut Table<Self> {
                &mut estate.$table
            }
        })*
    };
}

kinds! {
    // Amazon VPC
    /// VPCs.
    vpcs: ec2::Vpc = "ec2.vpc", "ec2/describe-vpcs", "Vpcs[]", "VpcId", |v, _parent| v.vpc_id.clone();
    /// Subnets.
    subnets: ec2::Subnet = "ec2.subnet", "ec2/describe-subnets", "Subnets[]", "SubnetId", |s, _parent| s.subnet_id.clone();
    /// Security groups.
    security_groups: ec2::SecurityGroup = "ec2.security-group", "ec2/describe-security-groups", "SecurityGroups[]", "GroupId",
        |g, _parent| g.group_id.clone();
    /// Route tables.
    route_tables: ec2::RouteTable = "ec2.route-table", "ec2/describe-route-tables", "RouteTables[]", "RouteTableId", |x, _parent| x.route_table_id.clone();
    /// Network ACLs.
    network_acls: ec2::NetworkAcl = "ec2.network-acl", "ec2/describe-network-acls", "NetworkAcls[]", "NetworkAclId", |x, _parent| x.network_acl_id.clone();
    /// Network interfaces.
    network_interfaces: ec2::NetworkInterface = "ec2.network-interface", "ec2/describe-network-interfaces", "NetworkInterfaces[]", "NetworkInterfaceId", |x, _parent| x.network_interface_id.clone();
    /// Instances.
    instances: ec2::Instance = "ec2.instance", "ec2/describe-instances", "Reservations[].Instances[]", "InstanceId", |x, _parent| x.instance_id.clone();
    /// Internet gateways.
    internet_gateways: ec2::InternetGateway = "ec2.internet-gateway", "ec2/describe-internet-gateways", "InternetGateways[]", "InternetGatewayId", |x, _parent| x.internet_gateway_id.clone();
    /// Egress-only internet gateways.
    egress_only_internet_gateways: ec2::EgressOnlyInternetGateway = "ec2.egress-only-internet-gateway", "ec2/describe-egress-only-internet-gateways", "EgressOnlyInternetGateways[]", "EgressOnlyInternetGatewayId", |x, _parent| x.egress_only_internet_gateway_id.clone();
    /// NAT gateways.
    nat_gateways: ec2::NatGateway = "ec2.nat-gateway", "ec2/describe-nat-gateways", "NatGateways[]", "NatGatewayId", |x, _parent| x.nat_gateway_id.clone();
    /// Elastic addresses.
    addresses: ec2::Address = "ec2.address", "ec2/describe-addresses", "Addresses[]", "PublicIp", |x, _parent| x.public_ip.clone();
    /// Peering connections.
    vpc_peering_connections: ec2::VpcPeeringConnection = "ec2.vpc-peering-connection", "ec2/describe-vpc-peering-connections", "VpcPeeringConnections[]", "VpcPeeringConnectionId", |x, _parent| x.vpc_peering_connection_id.clone();
    /// VPC endpoints.
    vpc_endpoints: ec2::VpcEndpoint = "ec2.vpc-endpoint", "ec2/describe-vpc-endpoints", "VpcEndpoints[]", "VpcEndpointId", |x, _parent| x.vpc_endpoint_id.clone();
    /// Prefix lists of AWS with their blocks.
    prefix_lists: ec2::PrefixList = "ec2.prefix-list", "ec2/describe-prefix-lists", "PrefixLists[]", "PrefixListId", |x, _parent| x.prefix_list_id.clone();
    /// Prefix lists, without their entries.
    managed_prefix_lists: ec2::ManagedPrefixList = "ec2.managed-prefix-list", "ec2/describe-managed-prefix-lists", "PrefixLists[]", "PrefixListId", |x, _parent| x.prefix_list_id.clone();
    /// Entries of prefix lists.
    prefix_list_entries: ec2::PrefixListEntry = "ec2.prefix-list-entry", "ec2/get-managed-prefix-list-entries", "Entries[]", "Cidr", parent "PrefixListId", |x, _parent| x.cidr.clone();
    /// Transit gateways.
    transit_gateways: ec2::TransitGateway = "ec2.transit-gateway", "ec2/describe-transit-gateways", "TransitGateways[]", "TransitGatewayId", |x, _parent| x.transit_gateway_id.clone();
    /// Attachments of transit gateways.
    transit_gateway_attachments: ec2::TransitGatewayAttachment = "ec2.transit-gateway-attachment", "ec2/describe-transit-gateway-attachments", "TransitGatewayAttachments[]", "TransitGatewayAttachmentId", |x, _parent| x.transit_gateway_attachment_id.clone();
    /// VPC attachments of transit gateways.
    transit_gateway_vpc_attachments: ec2::TransitGatewayVpcAttachment = "ec2.transit-gateway-vpc-attachment", "ec2/describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments[]", "TransitGatewayAttachmentId", |x, _parent| x.transit_gateway_attachment_id.clone();
    /// Route tables of transit gateways.
    transit_gateway_route_tables: ec2::TransitGatewayRouteTable = "ec2.transit-gateway-route-table", "ec2/describe-transit-gateway-route-tables", "TransitGatewayRouteTables[]", "TransitGatewayRouteTableId", |x, _parent| x.transit_gateway_route_table_id.clone();
    /// Attachments that use a transit gateway route table.
    transit_gateway_associations: ec2::TransitGatewayRouteTableAssociation = "ec2.transit-gateway-association", "ec2/get-transit-gateway-route-table-associations", "Associations[]", "TransitGatewayAttachmentId", parent "TransitGatewayRouteTableId", |x, _parent| x.transit_gateway_attachment_id.clone();
    /// Attachments that add routes to a transit gateway route table.
    transit_gateway_propagations: ec2::TransitGatewayRouteTablePropagation = "ec2.transit-gateway-propagation", "ec2/get-transit-gateway-route-table-propagations", "TransitGatewayRouteTablePropagations[]", "TransitGatewayAttachmentId", parent "TransitGatewayRouteTableId", |x, _parent| x.transit_gateway_attachment_id.clone();
    /// Routes of transit gateway route tables.
    transit_gateway_routes: ec2::TransitGatewayRoute = "ec2.transit-gateway-route", "ec2/search-transit-gateway-routes", "Routes[]", "DestinationCidrBlock", parent "TransitGatewayRouteTableId", |x, _parent| x.destination_cidr_block.known().cloned().unwrap_or_default();
    /// Whether searches for transit gateway routes left any out.
    transit_gateway_route_searches: ec2::TransitGatewayRouteSearch = "ec2.transit-gateway-route-search", "ec2/search-transit-gateway-routes", "", "", parent "TransitGatewayRouteTableId", |_x, parent| parent.to_owned();
    /// VPN gateways.
    vpn_gateways: ec2::VpnGateway = "ec2.vpn-gateway", "ec2/describe-vpn-gateways", "VpnGateways[]", "VpnGatewayId", |x, _parent| x.vpn_gateway_id.clone();
    /// VPN connections.
    vpn_connections: ec2::VpnConnection = "ec2.vpn-connection", "ec2/describe-vpn-connections", "VpnConnections[]", "VpnConnectionId", |x, _parent| x.vpn_connection_id.clone();
    /// Flow logs.
    flow_logs: ec2::FlowLog = "ec2.flow-log", "ec2/describe-flow-logs", "FlowLogs[]", "FlowLogId", |x, _parent| x.flow_log_id.clone();
    /// VPC Block Public Access of regions.
    block_public_access_options: ec2::BlockPublicAccessOptions = "ec2.block-public-access-options", "ec2/describe-vpc-block-public-access-options", "VpcBlockPublicAccessOptions", "", |_x, _parent| "options".to_owned();
    /// Exclusions from VPC Block Public Access.
    block_public_access_exclusions: ec2::BlockPublicAccessExclusion = "ec2.block-public-access-exclusion", "ec2/describe-vpc-block-public-access-exclusions", "VpcBlockPublicAccessExclusions[]", "ExclusionId", |x, _parent| x.exclusion_id.clone();
    /// Security groups in use in further VPCs.
    security_group_vpc_associations: ec2::SecurityGroupVpcAssociation = "ec2.security-group-vpc-association", "ec2/describe-security-group-vpc-associations", "SecurityGroupVpcAssociations[]", "GroupId+VpcId", |x, _parent| format!("{}+{}", x.group_id, x.vpc_id);
    /// EC2 Instance Connect endpoints.
    instance_connect_endpoints: ec2::InstanceConnectEndpoint = "ec2.instance-connect-endpoint", "ec2/describe-instance-connect-endpoints", "InstanceConnectEndpoints[]", "InstanceConnectEndpointId", |x, _parent| x.instance_connect_endpoint_id.clone();
    /// Whether the serial console may be used.
    serial_console_access: ec2::SerialConsoleAccess = "ec2.serial-console-access", "ec2/get-serial-console-access-status", "", "", |_x, _parent| "serial-console".to_owned();
    /// Key pairs.
    key_pairs: ec2::KeyPair = "ec2.key-pair", "ec2/describe-key-pairs", "KeyPairs[]", "KeyName", |x, _parent| x.key_name.clone();
    /// Disk snapshots.
    ebs_snapshots: ec2::EbsSnapshot = "ec2.snapshot", "ec2/describe-snapshots", "Snapshots[]", "SnapshotId", |x, _parent| x.snapshot_id.clone();
    /// Who may use disk snapshots.
    ebs_snapshot_sharing: ec2::EbsSnapshotSharing = "ec2.snapshot-sharing", "ec2/describe-snapshot-attribute", "", "", parent "SnapshotId", |_x, parent| parent.to_owned();
    /// Whether disk snapshots may be public.
    snapshot_block_public_access: ec2::SnapshotBlockPublicAccess = "ec2.snapshot-block-public-access", "ec2/get-snapshot-block-public-access-state", "", "", |_x, _parent| "snapshots".to_owned();
    /// Machine images of the account.
    images: ec2::Image = "ec2.image", "ec2/describe-images", "Images[]", "ImageId", |x, _parent| x.image_id.clone();
    /// Who may start machine images.
    image_sharing: ec2::ImageSharing = "ec2.image-sharing", "ec2/describe-image-attribute", "", "", parent "ImageId", |_x, parent| parent.to_owned();
    /// Whether machine images may be public.
    image_block_public_access: ec2::ImageBlockPublicAccess = "ec2.image-block-public-access", "ec2/get-image-block-public-access-state", "", "", |_x, _parent| "images".to_owned();
    /// Whether new disks are encrypted.
    ebs_encryption_defaults: ec2::EbsEncryptionDefault = "ec2.ebs-encryption-default", "ec2/get-ebs-encryption-by-default", "", "", |_x, _parent| "ebs-encryption".to_owned();
    /// Keys of new disks.
    ebs_default_keys: ec2::EbsDefaultKey = "ec2.ebs-default-key", "ec2/get-ebs-default-kms-key-id", "", "", |_x, _parent| "ebs-key".to_owned();
    // load balancers
    /// Application, network and gateway load balancers.
    load_balancers: elbv2::LoadBalancer = "elbv2.load-balancer", "elbv2/describe-load-balancers", "LoadBalancers[]", "LoadBalancerArn", |x, _parent| x.load_balancer_arn.clone();
    /// Attributes of load balancers.
    load_balancer_attributes: elbv2::LoadBalancerAttribute = "elbv2.load-balancer-attribute", "elbv2/describe-load-balancer-attributes", "Attributes[]", "Key", parent "LoadBalancerArn", |x, _parent| x.key.clone();
    /// Listeners of load balancers.
    listeners: elbv2::Listener = "elbv2.listener", "elbv2/describe-listeners", "Listeners[]", "ListenerArn", parent "LoadBalancerArn", |x, _parent| x.listener_arn.clone();
    /// Rules of listeners.
    listener_rules: elbv2::Rule = "elbv2.rule", "elbv2/describe-rules", "Rules[]", "RuleArn", parent "ListenerArn", |x, _parent| x.rule_arn.clone();
    /// Target groups.
    target_groups: elbv2::TargetGroup = "elbv2.target-group", "elbv2/describe-target-groups", "TargetGroups[]", "TargetGroupArn", |x, _parent| x.target_group_arn.clone();
    /// Attributes of target groups.
    target_group_attributes: elbv2::TargetGroupAttribute = "elbv2.target-group-attribute", "elbv2/describe-target-group-attributes", "Attributes[]", "Key", parent "TargetGroupArn", |x, _parent| x.key.clone();
    /// Registered targets with their health.
    targets: elbv2::TargetHealthDescription = "elbv2.target", "elbv2/describe-target-health", "TargetHealthDescriptions[]", "Target", parent "TargetGroupArn", |x, _parent| target_id(x);
    /// Classic load balancers.
    classic_load_balancers: elb::LoadBalancerDescription = "elb.load-balancer", "elb/describe-load-balancers", "LoadBalancerDescriptions[]", "LoadBalancerName", |x, _parent| x.load_balancer_name.clone();
    /// Attributes of classic load balancers.
    classic_load_balancer_attributes: elb::LoadBalancerAttributes = "elb.load-balancer-attributes", "elb/describe-load-balancer-attributes", "LoadBalancerAttributes", "", parent "LoadBalancerName", |_x, parent| parent.to_owned();
    /// Health of instances behind classic load balancers.
    classic_instance_health: elb::InstanceHealth = "elb.instance-health", "elb/describe-instance-health", "InstanceStates[]", "InstanceId", parent "LoadBalancerName", |x, _parent| x.instance_id.clone();
    // containers
    /// ECS clusters.
    ecs_clusters: ecs::Cluster = "ecs.cluster", "ecs/describe-clusters", "clusters[]", "clusterArn", |x, _parent| x.cluster_arn.clone();
    /// ECS services.
    ecs_services: ecs::Service = "ecs.service", "ecs/describe-services", "services[]", "serviceArn", parent "cluster", |x, _parent| x.service_arn.clone();
    /// ECS tasks.
    ecs_tasks: ecs::Task = "ecs.task", "ecs/describe-tasks", "tasks[]", "taskArn", parent "cluster", |x, _parent| x.task_arn.clone();
    /// ECS task definitions.
    ecs_task_definitions: ecs::TaskDefinition = "ecs.task-definition", "ecs/describe-task-definition", "taskDefinition", "", parent "taskDefinition", |x, _parent| x.task_definition_arn.clone();
    // databases and caches
    /// Database instances.
    db_instances: rds::DbInstance = "rds.instance", "rds/describe-db-instances", "DBInstances[]", "DBInstanceIdentifier", |x, _parent| x.db_instance_identifier.clone();
    /// Database clusters.
    db_clusters: rds::DbCluster = "rds.cluster", "rds/describe-db-clusters", "DBClusters[]", "DBClusterIdentifier", |x, _parent| x.db_cluster_identifier.clone();
    /// Subnet groups of databases.
    db_subnet_groups: rds::DbSubnetGroup = "rds.subnet-group", "rds/describe-db-subnet-groups", "DBSubnetGroups[]", "DBSubnetGroupName", |x, _parent| x.db_subnet_group_name.clone();
    /// Parameters of instance parameter groups.
    db_parameters: rds::DbParameter = "rds.parameter", "rds/describe-db-parameters", "Parameters[]", "ParameterName", parent "DBParameterGroupName", |x, _parent| x.parameter_name.clone();
    /// Parameters of cluster parameter groups.
    db_cluster_parameters: rds::DbClusterParameter = "rds.cluster-parameter", "rds/describe-db-cluster-parameters", "Parameters[]", "ParameterName", parent "DBClusterParameterGroupName", |x, _parent| x.parameter_name.clone();
    /// Database proxies.
    db_proxies: rds::DbProxy = "rds.proxy", "rds/describe-db-proxies", "DBProxies[]", "DBProxyName", |x, _parent| x.db_proxy_name.clone();
    /// Endpoints of database proxies.
    db_proxy_endpoints: rds::DbProxyEndpoint = "rds.proxy-endpoint", "rds/describe-db-proxy-endpoints", "DBProxyEndpoints[]", "DBProxyEndpointName", |x, _parent| x.db_proxy_endpoint_name.clone();
    /// Databases behind proxies.
    db_proxy_targets: rds::DbProxyTarget = "rds.proxy-target", "rds/describe-db-proxy-targets", "Targets[]", "RdsResourceId", parent "DBProxyName", |x, _parent| x.rds_resource_id.known().cloned().unwrap_or_default();
    /// Snapshots of database instances.
    db_snapshots: rds::DbSnapshot = "rds.snapshot", "rds/describe-db-snapshots", "DBSnapshots[]", "DBSnapshotIdentifier", |x, _parent| x.db_snapshot_identifier.clone();
    /// Shares of instance snapshots.
    db_snapshot_attributes: rds::DbSnapshotAttribute = "rds.snapshot-attribute", "rds/describe-db-snapshot-attributes", "DBSnapshotAttributesResult.DBSnapshotAttributes[]", "AttributeName", parent "DBSnapshotIdentifier", |x, _parent| x.attribute_name.clone();
    /// Snapshots of database clusters.
    db_cluster_snapshots: rds::DbClusterSnapshot = "rds.cluster-snapshot", "rds/describe-db-cluster-snapshots", "DBClusterSnapshots[]", "DBClusterSnapshotIdentifier", |x, _parent| x.db_cluster_snapshot_identifier.clone();
    /// Shares of cluster snapshots.
    db_cluster_snapshot_attributes: rds::DbClusterSnapshotAttribute = "rds.cluster-snapshot-attribute", "rds/describe-db-cluster-snapshot-attributes", "DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes[]", "AttributeName", parent "DBClusterSnapshotIdentifier", |x, _parent| x.attribute_name.clone();
    /// Cache clusters and nodes.
    cache_clusters: elasticache::CacheCluster = "elasticache.cluster", "elasticache/describe-cache-clusters", "CacheClusters[]", "CacheClusterId", |x, _parent| x.cache_cluster_id.clone();
    /// Replication groups of caches.
    replication_groups: elasticache::ReplicationGroup = "elasticache.replication-group", "elasticache/describe-replication-groups", "ReplicationGroups[]", "ReplicationGroupId", |x, _parent| x.replication_group_id.clone();
    /// Subnet groups of caches.
    cache_subnet_groups: elasticache::CacheSubnetGroup = "elasticache.subnet-group", "elasticache/describe-cache-subnet-groups", "CacheSubnetGroups[]", "CacheSubnetGroupName", |x, _parent| x.cache_subnet_group_name.clone();
    // functions
    /// Functions.
    lambda_functions: lambda::FunctionConfiguration = "lambda.function", "lambda/list-functions", "Functions[]", "FunctionName", |x, _parent| x.function_name.clone();
    /// Resource policies of functions.
    lambda_policies: lambda::FunctionPolicy = "lambda.function-policy", "lambda/get-policy", "", "", parent "FunctionName", |_x, parent| parent.to_owned();
    /// URLs of functions.
    lambda_urls: lambda::FunctionUrl = "lambda.function-url", "lambda/list-function-url-configs", "FunctionUrlConfigs[]", "FunctionArn", parent "FunctionName", |x, _parent| x.function_arn.clone();
    // identity
    /// IAM users.
    iam_users: iam::UserDetail = "iam.user", "iam/get-account-authorization-details", "UserDetailList[]", "Arn", |u, _parent| u.arn.clone();
    /// IAM groups.
    iam_groups: iam::GroupDetail = "iam.group", "iam/get-account-authorization-details", "GroupDetailList[]", "Arn", |g, _parent| g.arn.clone();
    /// IAM roles, with their trust policies and instance profiles.
    iam_roles: iam::RoleDetail = "iam.role", "iam/get-account-authorization-details", "RoleDetailList[]", "Arn", |r, _parent| r.arn.clone();
    /// Managed policies: the account's own, and AWS's as far as they are attached.
    iam_policies: iam::ManagedPolicy = "iam.policy", "iam/get-account-authorization-details", "Policies[]", "Arn", |p, _parent| p.arn.clone();
    /// Managed policies that are used as boundaries only.
    iam_boundary_policies: iam::Policy = "iam.boundary-policy", "iam/get-policy", "Policy", "Arn", parent "PolicyArn", |p, _parent| p.arn.clone();
    /// Documents of managed policies that are used as boundaries only.
    iam_policy_versions: iam::PolicyVersionAnswer = "iam.policy-version", "iam/get-policy-version", "", "VersionId", parent "PolicyArn", |v, _parent| v.policy_version.version_id.clone();
    /// Credential reports.
    iam_credential_reports: credential_report::CredentialReport = "iam.credential-report", "iam/get-credential-report", "", "", |_r, _parent| "credential-report".to_owned();
    /// Account summaries.
    iam_account_summaries: iam::AccountSummary = "iam.account-summary", "iam/get-account-summary", "", "", |_s, _parent| "account-summary".to_owned();
    /// Password policies.
    iam_password_policies: iam::PasswordPolicy = "iam.password-policy", "iam/get-account-password-policy", "PasswordPolicy", "", |_p, _parent| "password-policy".to_owned();
    /// Virtual MFA devices.
    iam_virtual_mfa_devices: iam::VirtualMfaDevice = "iam.virtual-mfa-device", "iam/list-virtual-mfa-devices", "VirtualMFADevices[]", "SerialNumber", |d, _parent| d.serial_number.clone();
    /// MFA devices of users.
    iam_mfa_devices: iam::MfaDevice = "iam.mfa-device", "iam/list-mfa-devices", "MFADevices[]", "SerialNumber", parent "UserName", |d, _parent| d.serial_number.clone();
    /// OpenID Connect providers.
    iam_oidc_providers: iam::OidcProvider = "iam.oidc-provider", "iam/list-open-id-connect-providers", "OpenIDConnectProviderList[]", "Arn", |p, _parent| p.arn.clone();
    /// What OpenID Connect providers are set to.
    iam_oidc_provider_details: iam::OidcProviderDetail = "iam.oidc-provider-detail", "iam/get-open-id-connect-provider", "", "", parent "OpenIDConnectProviderArn", |_p, parent| parent.to_owned();
    /// SAML providers.
    iam_saml_providers: iam::SamlProvider = "iam.saml-provider", "iam/list-saml-providers", "SAMLProviderList[]", "Arn", |p, _parent| p.arn.clone();
    /// Who collected.
    callers: sts::CallerIdentity = "sts.caller", "sts/get-caller-identity", "", "", |c, _parent| c.arn.clone();
    // AWS Organizations
    /// Organizations.
    organizations: organizations::Organization = "organizations.organization", "organizations/describe-organization", "Organization", "Id", |o, _parent| o.id.clone();
    /// Roots.
    organization_roots: organizations::Root = "organizations.root", "organizations/list-roots", "Roots[]", "Id", |r, _parent| r.id.clone();
    /// The parent of each account and unit on the way up.
    organization_parents: organizations::OrganizationParent = "organizations.parent", "organizations/list-parents", "Parents[]", "Id", parent "ChildId", |p, _parent| p.id.clone();
    /// Organization policies of each type.
    organization_policies: organizations::PolicySummary = "organizations.policy", "organizations/list-policies", "Policies[]", "Id", parent "Filter", |p, _parent| p.id.clone();
    /// Documents of organization policies.
    organization_policy_documents: organizations::OrganizationPolicy = "organizations.policy-document", "organizations/describe-policy", "Policy", "Id", parent "PolicyId", |p, _parent| p.policy_summary.id.clone();
    /// What organization policies are attached to.
    organization_policy_targets: organizations::PolicyTarget = "organizations.policy-target", "organizations/list-targets-for-policy", "Targets[]", "TargetId", parent "PolicyId", |t, _parent| t.target_id.clone();
    // Amazon S3
    /// Buckets.
    buckets: s3::Bucket = "s3.bucket", "s3api/list-buckets", "Buckets[]", "Name", |b, _parent| b.name.clone();
    /// Regions of buckets.
    bucket_locations: s3::BucketLocation = "s3.bucket-location", "s3api/get-bucket-location", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Bucket policies.
    bucket_policies: s3::BucketPolicy = "s3.bucket-policy", "s3api/get-bucket-policy", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// What S3 says of bucket policies.
    bucket_policy_statuses: s3::BucketPolicyStatus = "s3.bucket-policy-status", "s3api/get-bucket-policy-status", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Block Public Access of buckets.
    bucket_public_access_blocks: s3::BucketPublicAccessBlock = "s3.bucket-public-access-block", "s3api/get-public-access-block", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Block Public Access of accounts.
    account_public_access_blocks: s3::AccountPublicAccessBlock = "s3.account-public-access-block", "s3control/get-public-access-block", "", "", |_b, _parent| "account".to_owned();
    /// Versioning of buckets.
    bucket_versioning: s3::BucketVersioning = "s3.bucket-versioning", "s3api/get-bucket-versioning", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Object Lock of buckets.
    bucket_object_locks: s3::BucketObjectLock = "s3.bucket-object-lock", "s3api/get-object-lock-configuration", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Lifecycle rules of buckets.
    bucket_lifecycles: s3::BucketLifecycle = "s3.bucket-lifecycle", "s3api/get-bucket-lifecycle-configuration", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Default encryption of buckets.
    bucket_encryptions: s3::BucketEncryption = "s3.bucket-encryption", "s3api/get-bucket-encryption", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Access logging of buckets.
    bucket_loggings: s3::BucketLogging = "s3.bucket-logging", "s3api/get-bucket-logging", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// ACLs of buckets.
    bucket_acls: s3::BucketAcl = "s3.bucket-acl", "s3api/get-bucket-acl", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Object ownership of buckets.
    bucket_ownerships: s3::BucketOwnership = "s3.bucket-ownership", "s3api/get-bucket-ownership-controls", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    /// Tags of buckets.
    bucket_taggings: s3::BucketTagging = "s3.bucket-tagging", "s3api/get-bucket-tagging", "", "", parent "Bucket", |_b, parent| parent.to_owned();
    // AWS KMS
    /// Keys.
    kms_keys: kms::KeyListEntry = "kms.key", "kms/list-keys", "Keys[]", "KeyId", |k, _parent| k.key_id.clone();
    /// What keys are.
    kms_key_metadata: kms::KeyMetadata = "kms.key-metadata", "kms/describe-key", "KeyMetadata", "KeyId", parent "KeyId", |k, _parent| k.key_id.clone();
    /// Key policies.
    kms_key_policies: kms::KeyPolicy = "kms.key-policy", "kms/get-key-policy", "", "", parent "KeyId", |_k, parent| parent.to_owned();
    /// Rotation of keys.
    kms_key_rotations: kms::KeyRotationStatus = "kms.key-rotation", "kms/get-key-rotation-status", "", "", parent "KeyId", |_k, parent| parent.to_owned();
    /// Grants on keys.
    kms_grants: kms::Grant = "kms.grant", "kms/list-grants", "Grants[]", "GrantId", parent "KeyId", |g, _parent| g.grant_id.clone();
    /// Aliases of keys.
    kms_aliases: kms::Alias = "kms.alias", "kms/list-aliases", "Aliases[]", "AliasName", |a, _parent| a.alias_name.clone();
    // secrets and parameters: never a value
    /// Secrets.
    secrets: secretsmanager::Secret = "secretsmanager.secret", "secretsmanager/list-secrets", "SecretList[]", "ARN", |s, _parent| s.arn.clone();
    /// Resource policies of secrets.
    secret_policies: secretsmanager::SecretPolicy = "secretsmanager.secret-policy", "secretsmanager/get-resource-policy", "", "", parent "SecretId", |_s, parent| parent.to_owned();
    /// Parameters.
    ssm_parameters: ssm::Parameter = "ssm.parameter", "ssm/describe-parameters", "Parameters[]", "Name", |p, _parent| p.name.clone();
    /// Resource policies of parameters.
    ssm_parameter_policies: ssm::ParameterPolicy = "ssm.parameter-policy", "ssm/get-resource-policies", "Policies[]", "PolicyId", parent "ResourceArn", |p, _parent| p.policy_id.clone();
    /// Managed nodes.
    ssm_nodes: ssm::InstanceInformation = "ssm.node", "ssm/describe-instance-information", "InstanceInformationList[]", "InstanceId", |n, _parent| n.instance_id.clone();
    // recording
    /// Trails, in every region that shows them.
    trails: cloudtrail::Trail = "cloudtrail.trail", "cloudtrail/describe-trails", "trailList[]", "TrailARN", |t, _parent| t.trail_arn.clone();
    /// Whether trails work.
    trail_statuses: cloudtrail::TrailStatus = "cloudtrail.trail-status", "cloudtrail/get-trail-status", "", "", parent "Name", |_t, parent| parent.to_owned();
    /// What trails record.
    trail_event_selectors: cloudtrail::EventSelectors = "cloudtrail.event-selectors", "cloudtrail/get-event-selectors", "", "", parent "TrailName", |_t, parent| parent.to_owned();
    /// Log groups.
    log_groups: logs::LogGroup = "logs.log-group", "logs/describe-log-groups", "logGroups[]", "logGroupName", |g, _parent| g.log_group_name.clone();
    /// Metric filters.
    log_metric_filters: logs::MetricFilter = "logs.metric-filter", "logs/describe-metric-filters", "metricFilters[]", "filterName", |f, _parent| format!("{}:{}", f.log_group_name, f.filter_name);
    /// Resource policies of logs.
    log_resource_policies: logs::LogResourcePolicy = "logs.resource-policy", "logs/describe-resource-policies", "resourcePolicies[]", "policyName", |p, _parent| p.policy_name.clone();
    /// Alarms.
    alarms: cloudwatch::MetricAlarm = "cloudwatch.alarm", "cloudwatch/describe-alarms", "MetricAlarms[]", "AlarmName", |a, _parent| a.alarm_name.clone();
}

impl Estate {
    /// Whether an unseen input may be assumed.
    #[must_use]
    pub fn assumes(&self, assumption: Assumption) -> bool {
        self.assume.contains(&assumption)
    }

    /// The partition-independent ARN-like name of a row that has no ARN member: `aws/<account>/<region>/<kind>/<id>`.
    #[must_use]
    pub fn name_of<T: Observed>(row: &Row<T>) -> String {
        format!("aws/{}/{}/{}/{}", row.account, row.region, T::KIND.replace('.', "/"), row.id)
    }
}

/// A target may be registered on several ports.
fn target_id(target: &elbv2::TargetHealthDescription) -> String {
    let port = target.target.port.known().map_or_else(String::new, i64::to_string);
    format!("{}:{port}", target.target.id)
}

pub(crate) fn stage_database(staged: &mut Staged, recorded: &Recorded) -> Result<(), ReadError> {
    for call in &recorded.calls {
        let Ok(output) = &call.outcome else { continue };
        let data: databases::Server = portcullis_snapshot::reading::typed(output.clone(), &recorded.key)?;
        staged.databases.push(Row {
            account: recorded.key.account.as_str().into(),
            region: recorded.key.region.as_str().into(),
            id: recorded.key.operation.as_str().into(),
            parent: None,
            place: portcullis_snapshot::Place::new(recorded.key.path(), ""),
            data,
        });
    }
    Ok(())
}
