//! One line per operation: which SDK call asks it, which member takes the marker, and where the input goes.
//!
//! Everything else about an operation stands in [`portcullis_snapshot::operations`]. The futures are boxed, so that the
//! SDK's generics are instantiated once per operation and nowhere else.

use futures_util::future::BoxFuture;
use portcullis_snapshot::operations::Operation;
use serde_json::{Map, Value};

use crate::clients::Clients;
use crate::fault::{self, Fault};
use crate::gate::Capture;

/// The members that are sent.
pub(crate) type Input = Map<String, Value>;

macro_rules! calls {
    ($($service:ident $cli:literal {
        $($name:literal $method:ident [$($marker:ident)?] {$($set:ident: $take:ident $member:literal),*})*
    })*) => {
        /// Sends one request (one page) of an operation; what comes back is with `capture`. `None` if no line of the
        /// table below asks it.
        pub(crate) fn send<'a>(
            clients: &'a Clients,
            operation: &Operation,
            input: &'a Input,
            marker: Option<String>,
            capture: Capture,
        ) -> Option<BoxFuture<'a, Result<(), Fault>>> {
            match (operation.service, operation.name) {
                $($(($cli, $name) => Some(Box::pin(async move {
                    let call = clients.$service().$method();
                    $(let call = call.$set($take(input, $member));)*
                    $(let call = call.$marker(marker);)?
                    call.customize().interceptor(capture).send().await.map(drop).map_err(|e| fault::of_sdk(&e))
                })),)*)*
                _ => None,
            }
        }
    };
}

/// A member that is text, or an enumeration's.
fn text<T: for<'a> From<&'a str>>(input: &Input, member: &str) -> Option<T> {
    input.get(member).and_then(Value::as_str).map(T::from)
}

/// A member that is a list of texts.
fn texts<T: for<'a> From<&'a str>>(input: &Input, member: &str) -> Option<Vec<T>> {
    let items = input.get(member)?.as_array()?;
    Some(items.iter().filter_map(Value::as_str).map(T::from).collect())
}

/// A member that is a list of EC2 filters.
fn filters(input: &Input, member: &str) -> Option<Vec<aws_sdk_ec2::types::Filter>> {
    let filter = |value: &Value| {
        let fields = value.as_object()?;
        let filter = aws_sdk_ec2::types::Filter::builder().set_name(text(fields, "Name"));
        Some(filter.set_values(texts(fields, "Values")).build())
    };
    input.get(member)?.as_array().map(|items| items.iter().filter_map(filter).collect())
}

/// S3 says each bucket's region only when asked for pages.
#[expect(clippy::unnecessary_wraps, reason = "has the form of the other takers")]
fn most(_: &Input, _: &str) -> Option<i32> {
    Some(1000)
}

calls! {
    sts "sts" {
        "get-caller-identity" get_caller_identity [] {}
    }
    iam "iam" {
        "list-account-aliases" list_account_aliases [set_marker] {}
        "get-account-summary" get_account_summary [] {}
        "get-account-password-policy" get_account_password_policy [] {}
        "get-account-authorization-details" get_account_authorization_details [set_marker] {}
        "get-policy" get_policy [] {set_policy_arn: text "PolicyArn"}
        "get-policy-version" get_policy_version [] {set_policy_arn: text "PolicyArn", set_version_id: text "VersionId"}
        "get-credential-report" get_credential_report [] {}
        "list-virtual-mfa-devices" list_virtual_mfa_devices [set_marker] {}
        "list-mfa-devices" list_mfa_devices [set_marker] {set_user_name: text "UserName"}
        "list-open-id-connect-providers" list_open_id_connect_providers [] {}
        "get-open-id-connect-provider" get_open_id_connect_provider [] {set_open_id_connect_provider_arn: text "OpenIDConnectProviderArn"}
        "list-saml-providers" list_saml_providers [] {}
        "get-saml-provider" get_saml_provider [] {set_saml_provider_arn: text "SAMLProviderArn"}
        "get-service-last-accessed-details" get_service_last_accessed_details [set_marker] {set_job_id: text "JobId"}
    }
    organizations "organizations" {
        "describe-organization" describe_organization [] {}
        "list-roots" list_roots [set_next_token] {}
        "list-parents" list_parents [set_next_token] {set_child_id: text "ChildId"}
        "list-policies" list_policies [set_next_token] {set_filter: text "Filter"}
        "describe-policy" describe_policy [] {set_policy_id: text "PolicyId"}
        "list-targets-for-policy" list_targets_for_policy [set_next_token] {set_policy_id: text "PolicyId"}
    }
    sso_admin "sso-admin" {
        "list-instances" list_instances [set_next_token] {}
        "list-permission-sets" list_permission_sets [set_next_token] {set_instance_arn: text "InstanceArn"}
        "describe-permission-set" describe_permission_set [] {set_instance_arn: text "InstanceArn", set_permission_set_arn: text "PermissionSetArn"}
        "list-managed-policies-in-permission-set" list_managed_policies_in_permission_set [set_next_token] {set_instance_arn: text "InstanceArn", set_permission_set_arn: text "PermissionSetArn"}
        "list-customer-managed-policy-references-in-permission-set" list_customer_managed_policy_references_in_permission_set [set_next_token] {set_instance_arn: text "InstanceArn", set_permission_set_arn: text "PermissionSetArn"}
        "get-inline-policy-for-permission-set" get_inline_policy_for_permission_set [] {set_instance_arn: text "InstanceArn", set_permission_set_arn: text "PermissionSetArn"}
        "get-permissions-boundary-for-permission-set" get_permissions_boundary_for_permission_set [] {set_instance_arn: text "InstanceArn", set_permission_set_arn: text "PermissionSetArn"}
        "list-accounts-for-provisioned-permission-set" list_accounts_for_provisioned_permission_set [set_next_token] {set_instance_arn: text "InstanceArn", set_permission_set_arn: text "PermissionSetArn"}
        "list-account-assignments" list_account_assignments [set_next_token] {set_account_id: text "AccountId", set_instance_arn: text "InstanceArn", set_permission_set_arn: text "PermissionSetArn"}
    }
    identitystore "identitystore" {
        "list-users" list_users [set_next_token] {set_identity_store_id: text "IdentityStoreId"}
        "list-groups" list_groups [set_next_token] {set_identity_store_id: text "IdentityStoreId"}
        "list-group-memberships" list_group_memberships [set_next_token] {set_group_id: text "GroupId", set_identity_store_id: text "IdentityStoreId"}
    }
    ec2 "ec2" {
        "describe-regions" describe_regions [] {}
        "describe-vpcs" describe_vpcs [set_next_token] {}
        "describe-subnets" describe_subnets [set_next_token] {}
        "describe-route-tables" describe_route_tables [set_next_token] {}
        "describe-network-acls" describe_network_acls [set_next_token] {}
        "describe-security-groups" describe_security_groups [set_next_token] {}
        "describe-security-group-vpc-associations" describe_security_group_vpc_associations [set_next_token] {}
        "describe-network-interfaces" describe_network_interfaces [set_next_token] {}
        "describe-instances" describe_instances [set_next_token] {}
        "describe-internet-gateways" describe_internet_gateways [set_next_token] {}
        "describe-egress-only-internet-gateways" describe_egress_only_internet_gateways [set_next_token] {}
        "describe-nat-gateways" describe_nat_gateways [set_next_token] {}
        "describe-addresses" describe_addresses [] {}
        "describe-vpc-peering-connections" describe_vpc_peering_connections [set_next_token] {}
        "describe-vpc-endpoints" describe_vpc_endpoints [set_next_token] {}
        "describe-prefix-lists" describe_prefix_lists [set_next_token] {}
        "describe-managed-prefix-lists" describe_managed_prefix_lists [set_next_token] {}
        "get-managed-prefix-list-entries" get_managed_prefix_list_entries [set_next_token] {set_prefix_list_id: text "PrefixListId"}
        "describe-transit-gateways" describe_transit_gateways [set_next_token] {}
        "describe-transit-gateway-attachments" describe_transit_gateway_attachments [set_next_token] {}
        "describe-transit-gateway-vpc-attachments" describe_transit_gateway_vpc_attachments [set_next_token] {}
        "describe-transit-gateway-route-tables" describe_transit_gateway_route_tables [set_next_token] {}
        "get-transit-gateway-route-table-associations" get_transit_gateway_route_table_associations [set_next_token] {set_transit_gateway_route_table_id: text "TransitGatewayRouteTableId"}
        "get-transit-gateway-route-table-propagations" get_transit_gateway_route_table_propagations [set_next_token] {set_transit_gateway_route_table_id: text "TransitGatewayRouteTableId"}
        "search-transit-gateway-routes" search_transit_gateway_routes [set_next_token] {set_filters: filters "Filters", set_transit_gateway_route_table_id: text "TransitGatewayRouteTableId"}
        "describe-vpn-gateways" describe_vpn_gateways [] {}
        "describe-vpn-connections" describe_vpn_connections [] {}
        "describe-flow-logs" describe_flow_logs [set_next_token] {}
        "describe-vpc-block-public-access-options" describe_vpc_block_public_access_options [] {}
        "describe-vpc-block-public-access-exclusions" describe_vpc_block_public_access_exclusions [set_next_token] {}
        "describe-key-pairs" describe_key_pairs [] {}
        "describe-instance-connect-endpoints" describe_instance_connect_endpoints [set_next_token] {}
        "get-serial-console-access-status" get_serial_console_access_status [] {}
        "describe-snapshots" describe_snapshots [set_next_token] {set_owner_ids: texts "OwnerIds"}
        "describe-snapshot-attribute" describe_snapshot_attribute [] {set_attribute: text "Attribute", set_snapshot_id: text "SnapshotId"}
        "get-snapshot-block-public-access-state" get_snapshot_block_public_access_state [] {}
        "describe-images" describe_images [set_next_token] {set_owners: texts "Owners"}
        "describe-image-attribute" describe_image_attribute [] {set_attribute: text "Attribute", set_image_id: text "ImageId"}
        "get-image-block-public-access-state" get_image_block_public_access_state [] {}
        "get-ebs-encryption-by-default" get_ebs_encryption_by_default [] {}
        "get-ebs-default-kms-key-id" get_ebs_default_kms_key_id [] {}
    }
    elbv2 "elbv2" {
        "describe-load-balancers" describe_load_balancers [set_marker] {}
        "describe-load-balancer-attributes" describe_load_balancer_attributes [] {set_load_balancer_arn: text "LoadBalancerArn"}
        "describe-listeners" describe_listeners [set_marker] {set_load_balancer_arn: text "LoadBalancerArn"}
        "describe-rules" describe_rules [set_marker] {set_listener_arn: text "ListenerArn"}
        "describe-target-groups" describe_target_groups [set_marker] {}
        "describe-target-group-attributes" describe_target_group_attributes [] {set_target_group_arn: text "TargetGroupArn"}
        "describe-target-health" describe_target_health [] {set_target_group_arn: text "TargetGroupArn"}
    }
    elb "elb" {
        "describe-load-balancers" describe_load_balancers [set_marker] {}
        "describe-load-balancer-attributes" describe_load_balancer_attributes [] {set_load_balancer_name: text "LoadBalancerName"}
        "describe-instance-health" describe_instance_health [] {set_load_balancer_name: text "LoadBalancerName"}
    }
    ecs "ecs" {
        "list-clusters" list_clusters [set_next_token] {}
        "describe-clusters" describe_clusters [] {set_clusters: texts "clusters", set_include: texts "include"}
        "list-services" list_services [set_next_token] {set_cluster: text "cluster"}
        "describe-services" describe_services [] {set_cluster: text "cluster", set_include: texts "include", set_services: texts "services"}
        "list-tasks" list_tasks [set_next_token] {set_cluster: text "cluster"}
        "describe-tasks" describe_tasks [] {set_cluster: text "cluster", set_include: texts "include", set_tasks: texts "tasks"}
        "list-task-definitions" list_task_definitions [set_next_token] {set_status: text "status"}
        "describe-task-definition" describe_task_definition [] {set_include: texts "include", set_task_definition: text "taskDefinition"}
    }
    rds "rds" {
        "describe-db-instances" describe_db_instances [set_marker] {}
        "describe-db-clusters" describe_db_clusters [set_marker] {}
        "describe-db-subnet-groups" describe_db_subnet_groups [set_marker] {}
        "describe-db-parameters" describe_db_parameters [set_marker] {set_db_parameter_group_name: text "DBParameterGroupName"}
        "describe-db-cluster-parameters" describe_db_cluster_parameters [set_marker] {set_db_cluster_parameter_group_name: text "DBClusterParameterGroupName"}
        "describe-db-proxies" describe_db_proxies [set_marker] {}
        "describe-db-proxy-endpoints" describe_db_proxy_endpoints [set_marker] {}
        "describe-db-proxy-target-groups" describe_db_proxy_target_groups [set_marker] {set_db_proxy_name: text "DBProxyName"}
        "describe-db-proxy-targets" describe_db_proxy_targets [set_marker] {set_db_proxy_name: text "DBProxyName"}
        "describe-db-snapshots" describe_db_snapshots [set_marker] {}
        "describe-db-snapshot-attributes" describe_db_snapshot_attributes [] {set_db_snapshot_identifier: text "DBSnapshotIdentifier"}
        "describe-db-cluster-snapshots" describe_db_cluster_snapshots [set_marker] {}
        "describe-db-cluster-snapshot-attributes" describe_db_cluster_snapshot_attributes [] {set_db_cluster_snapshot_identifier: text "DBClusterSnapshotIdentifier"}
    }
    elasticache "elasticache" {
        "describe-replication-groups" describe_replication_groups [set_marker] {}
        "describe-cache-clusters" describe_cache_clusters [set_marker] {}
        "describe-cache-subnet-groups" describe_cache_subnet_groups [set_marker] {}
    }
    cloudtrail "cloudtrail" {
        "describe-trails" describe_trails [] {}
        "get-trail-status" get_trail_status [] {set_name: text "Name"}
        "get-event-selectors" get_event_selectors [] {set_trail_name: text "TrailName"}
    }
    logs "logs" {
        "describe-log-groups" describe_log_groups [set_next_token] {}
        "describe-metric-filters" describe_metric_filters [set_next_token] {}
        "describe-resource-policies" describe_resource_policies [set_next_token] {}
    }
    cloudwatch "cloudwatch" {
        "describe-alarms" describe_alarms [set_next_token] {}
    }
    s3api "s3api" {
        "list-buckets" list_buckets [set_continuation_token] {set_max_buckets: most "MaxBuckets"}
        "get-bucket-location" get_bucket_location [] {set_bucket: text "Bucket"}
        "get-bucket-policy" get_bucket_policy [] {set_bucket: text "Bucket"}
        "get-bucket-policy-status" get_bucket_policy_status [] {set_bucket: text "Bucket"}
        "get-public-access-block" get_public_access_block [] {set_bucket: text "Bucket"}
        "get-bucket-versioning" get_bucket_versioning [] {set_bucket: text "Bucket"}
        "get-object-lock-configuration" get_object_lock_configuration [] {set_bucket: text "Bucket"}
        "get-bucket-lifecycle-configuration" get_bucket_lifecycle_configuration [] {set_bucket: text "Bucket"}
        "get-bucket-encryption" get_bucket_encryption [] {set_bucket: text "Bucket"}
        "get-bucket-logging" get_bucket_logging [] {set_bucket: text "Bucket"}
        "get-bucket-acl" get_bucket_acl [] {set_bucket: text "Bucket"}
        "get-bucket-ownership-controls" get_bucket_ownership_controls [] {set_bucket: text "Bucket"}
        "get-bucket-replication" get_bucket_replication [] {set_bucket: text "Bucket"}
        "get-bucket-tagging" get_bucket_tagging [] {set_bucket: text "Bucket"}
    }
    s3control "s3control" {
        "get-public-access-block" get_public_access_block [] {set_account_id: text "AccountId"}
    }
    kms "kms" {
        "list-keys" list_keys [set_marker] {}
        "list-aliases" list_aliases [set_marker] {}
        "describe-key" describe_key [] {set_key_id: text "KeyId"}
        "get-key-policy" get_key_policy [] {set_key_id: text "KeyId", set_policy_name: text "PolicyName"}
        "get-key-rotation-status" get_key_rotation_status [] {set_key_id: text "KeyId"}
        "list-grants" list_grants [set_marker] {set_key_id: text "KeyId"}
    }
    secretsmanager "secretsmanager" {
        "list-secrets" list_secrets [set_next_token] {}
        "get-resource-policy" get_resource_policy [] {set_secret_id: text "SecretId"}
    }
    ssm "ssm" {
        "describe-parameters" describe_parameters [set_next_token] {}
        "get-resource-policies" get_resource_policies [set_next_token] {set_resource_arn: text "ResourceArn"}
        "describe-instance-information" describe_instance_information [set_next_token] {}
    }
    lambda "lambda" {
        "list-functions" list_functions [set_marker] {}
        "get-policy" get_policy [] {set_function_name: text "FunctionName"}
        "list-function-url-configs" list_function_url_configs [set_marker] {set_function_name: text "FunctionName"}
    }
}

#[cfg(test)]
mod tests {
    use portcullis_snapshot::operations::OPERATIONS;

    use super::*;

    #[test]
    fn every_operation_has_its_line() {
        let config = aws_types::SdkConfig::builder().build();
        let clients = Clients::new(config, "eu-west-1", false);
        for operation in OPERATIONS {
            let input = Input::new();
            assert!(
                send(&clients, operation, &input, None, Capture::default()).is_some(),
                "{} has no line",
                operation.call()
            );
        }
    }
}
