//! Every read operation that Portcullis knows: one table.
//!
//! The collector asks what stands here and nothing else, `permissions` prints the IAM policy that it needs, and
//! coverage speaks of calls under these names. The table needs no SDK.
//!
//! Operation names are the AWS CLI's; IAM actions follow the Service Authorization Reference, where several differ
//! from the API's names (`ListBuckets` needs `s3:ListAllMyBuckets`).

/// Where an operation is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Once for the account; its file lies under `global`.
    Global,
    /// In every region that is collected.
    Regional,
}

/// An option that is off unless the user turns it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptIn {
    /// When a principal last used which service: one job per principal, slow.
    LastAccessed,
}

/// Where one member of an input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The item that the parent's list holds.
    Item,
    /// A member of that item, dots between steps.
    At(&'static str),
    /// A member of the input with which the parent was asked.
    Input(&'static str),
    /// Items gathered into a list, at most so many to a call.
    Batch(usize),
    /// Always this text.
    Text(&'static str),
    /// Always this list.
    Texts(&'static [&'static str]),
    /// A list with one EC2 filter of this name and these values.
    Filter(&'static str, &'static [&'static str]),
    /// The number of the account that is collected.
    Account,
}

/// Which of a parent's items are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of them.
    All,
    /// Task definitions: the newest revision of each family.
    NewestRevision,
    /// Snapshots made by hand: only those can be shared.
    Manual,
    /// Trails whose home is the region asked; a shadow trail answers at its home only.
    HomeRegion,
    /// Managed policies that the account's authorization details do not hold.
    NotAmongPolicies,
    /// Parameters above the standard tier: only those can carry a resource policy.
    AboveStandardTier,
    /// Key policies, grants and rotation are read from keys that are not about to vanish.
    NotPendingDeletion,
}

/// A call whose answer says which inputs to ask with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// `service/operation`.
    pub call: &'static str,
    /// The items: a path of members, `[]` after each that is a list.
    pub list: &'static str,
    /// The input's members.
    pub members: &'static [(&'static str, Take)],
    /// Which items count.
    pub keep: Keep,
}

/// How often an operation is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Once, with this input; the file holds the output itself.
    Once(&'static [(&'static str, Take)]),
    /// Once for each of these inputs; the file holds the calls.
    Each(&'static [&'static [(&'static str, Take)]]),
    /// Once for each item of other answers; the file holds the calls.
    Per(&'static [Parent]),
    /// As [`Asked::Per`], then again with each answer until it names no further parent (the way up an organization).
    Climb(&'static [Parent]),
}

/// One read operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The service in the CLI's spelling.
    pub service: &'static str,
    /// The operation in the CLI's spelling.
    pub name: &'static str,
    /// The operation in the API's spelling.
    pub api: &'static str,
    /// The IAM actions that asking needs.
    pub actions: &'static [&'static str],
    /// Where it is asked.
    pub scope: Scope,
    /// How often it is asked.
    pub asked: Asked,
    /// The option that turns it on.
    pub opt_in: Option<OptIn>,
    /// Error codes that are answers: the thing asked for does not exist.
    pub answers: &'static [&'static str],
}

impl Operation {
    /// `service/operation`, the name under which coverage speaks of it.
    #[must_use]
    pub fn call(&self) -> String {
        format!("{}/{}", self.service, self.name)
    }

    /// Whether the error code says that there is no such thing, which is an answer and not a gap.
    #[must_use]
    pub fn is_answer(&self, code: &str) -> bool {
        self.answers.contains(&code)
    }

    /// The calls whose answers this one needs.
    #[must_use]
    pub const fn parents(&self) -> &'static [Parent] {
        match self.asked {
            Asked::Once(_) | Asked::Each(_) => &[],
            Asked::Per(parents) | Asked::Climb(parents) => parents,
        }
    }

    /// Whether the file holds `{"calls":[…]}`.
    #[must_use]
    pub const fn holds_calls(&self) -> bool {
        !matches!(self.asked, Asked::Once(_))
    }

    const fn with(mut self, input: &'static [(&'static str, Take)]) -> Self {
        self.asked = Asked::Once(input);
        self
    }

    const fn each(mut self, inputs: &'static [&'static [(&'static str, Take)]]) -> Self {
        self.asked = Asked::Each(inputs);
        self
    }

    const fn per(mut self, parents: &'static [Parent]) -> Self {
        self.asked = Asked::Per(parents);
        self
    }

    const fn answers(mut self, answers: &'static [&'static str]) -> Self {
        self.answers = answers;
        self
    }

    const fn global(mut self) -> Self {
        self.scope = Scope::Global;
        self
    }

    const fn opt_in(mut self, opt_in: OptIn) -> Self {
        self.opt_in = Some(opt_in);
        self
    }
}

/// Calls that collecting makes beyond the table because an answer has to be prepared first; `permissions` prints each
/// as its own optional statement. They create a report about the account and change nothing else.
pub const PREPARING_ACTIONS: &[(&str, &str, &str)] = &[
    ("CredentialReport", "iam/get-credential-report", "iam:GenerateCredentialReport"),
    ("LastAccessed", "iam/get-service-last-accessed-details", "iam:GenerateServiceLastAccessedDetails"),
];

/// The operation of that name.
#[must_use]
pub fn find(service: &str, name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.service == service && operation.name == name)
}

/// Whether the error code of the call is an answer; an operation that the table lacks has none.
#[must_use]
pub fn is_answer(service: &str, name: &str, code: &str) -> bool {
    find(service, name).is_some_and(|operation| operation.is_answer(code))
}

/// The IAM actions that collecting needs, sorted; those of opt-in operations only where asked for.
#[must_use]
pub fn actions(opted_in: &[OptIn]) -> Vec<&'static str> {
    let mut actions: Vec<&'static str> = OPERATIONS
        .iter()
        .filter(|operation| operation.opt_in.is_none_or(|option| opted_in.contains(&option)))
        .flat_map(|operation| operation.actions.iter().copied())
        .collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

/// The exact IAM policy that collecting needs, as a JSON value: what `portcullis permissions` prints.
#[must_use]
pub fn policy_document(opted_in: &[OptIn]) -> serde_json::Value {
    let mut statements = vec![serde_json::json!({
        "Sid": "PortcullisRead",
        "Effect": "Allow",
        "Action": actions(opted_in),
        "Resource": "*",
    })];
    for (sid, call, action) in PREPARING_ACTIONS {
        let wanted = OPERATIONS
            .iter()
            .filter(|operation| operation.call() == *call)
            .any(|operation| operation.opt_in.is_none_or(|option| opted_in.contains(&option)));
        if wanted {
            statements.push(serde_json::json!({
                "Sid": format!("PortcullisOptional{sid}"),
                "Effect": "Allow",
                "Action": [action],
                "Resource": "*",
            }));
        }
    }
    serde_json::json!({"Version": "2012-10-17", "Statement": statements})
}

const fn call(
    service: &'static str,
    name: &'static str,
    api: &'static str,
    actions: &'static [&'static str],
) -> Operation {
    Operation {
        service,
        name,
        api,
        actions,
        scope: Scope::Regional,
        asked: Asked::Once(&[]),
        opt_in: None,
        answers: &[],
    }
}

const fn of(call: &'static str, list: &'static str, members: &'static [(&'static str, Take)]) -> Parent {
    Parent { call, list, members, keep: Keep::All }
}

const fn only(keep: Keep, call: &'static str, list: &'static str, members: &'static [(&'static str, Take)]) -> Parent {
    Parent { call, list, members, keep }
}

const NO_ORGANIZATION: &[&str] = &["AWSOrganizationsNotInUseException"];

const UP: &[Parent] = &[of("organizations/describe-organization", "Organization", &[("ChildId", Take::Account)])];

/// Buckets of the account, and those of its trails even where another account owns them.
const BUCKETS: &[Parent] = &[
    of("s3api/list-buckets", "Buckets[]", &[("Bucket", Take::At("Name"))]),
    of("cloudtrail/describe-trails", "trailList[]", &[("Bucket", Take::At("S3BucketName"))]),
];
const PERMISSION_SETS: &[Parent] = &[of(
    "sso-admin/list-permission-sets",
    "PermissionSets[]",
    &[("InstanceArn", Take::Input("InstanceArn")), ("PermissionSetArn", Take::Item)],
)];
const TGW_ROUTE_TABLES: &[Parent] = &[of(
    "ec2/describe-transit-gateway-route-tables",
    "TransitGatewayRouteTables[]",
    &[("TransitGatewayRouteTableId", Take::At("TransitGatewayRouteTableId"))],
)];
const BALANCERS: &[Parent] =
    &[of("elbv2/describe-load-balancers", "LoadBalancers[]", &[("LoadBalancerArn", Take::At("LoadBalancerArn"))])];
const CLASSIC_BALANCERS: &[Parent] = &[of(
    "elb/describe-load-balancers",
    "LoadBalancerDescriptions[]",
    &[("LoadBalancerName", Take::At("LoadBalancerName"))],
)];
const TARGET_GROUPS: &[Parent] =
    &[of("elbv2/describe-target-groups", "TargetGroups[]", &[("TargetGroupArn", Take::At("TargetGroupArn"))])];
const CLUSTERS: &[Parent] = &[of("ecs/list-clusters", "clusterArns[]", &[("cluster", Take::Item)])];
const PROXIES: &[Parent] = &[of("rds/describe-db-proxies", "DBProxies[]", &[("DBProxyName", Take::At("DBProxyName"))])];
const KEYS: &[Parent] = &[of("kms/list-keys", "Keys[]", &[("KeyId", Take::At("KeyId"))])];
const FUNCTIONS: &[Parent] =
    &[of("lambda/list-functions", "Functions[]", &[("FunctionName", Take::At("FunctionName"))])];
const IDENTITY_STORES: &[Parent] =
    &[of("sso-admin/list-instances", "Instances[]", &[("IdentityStoreId", Take::At("IdentityStoreId"))])];
const NO_KEY: &[&str] = &["NotFoundException"];

/// Every operation, grouped by service; a parent stands before what is asked with its answer.
pub static OPERATIONS: &[Operation] = &[
    // who asks, and whose account it is
    call("sts", "get-caller-identity", "GetCallerIdentity", &["sts:GetCallerIdentity"]).global(),
    // iam
    call("iam", "list-account-aliases", "ListAccountAliases", &["iam:ListAccountAliases"]).global(),
    call("iam", "get-account-summary", "GetAccountSummary", &["iam:GetAccountSummary"]).global(),
    call("iam", "get-account-password-policy", "GetAccountPasswordPolicy", &["iam:GetAccountPasswordPolicy"])
        .global()
        .answers(&["NoSuchEntity", "NoSuchEntityException"]),
    call(
        "iam",
        "get-account-authorization-details",
        "GetAccountAuthorizationDetails",
        &["iam:GetAccountAuthorizationDetails"],
    )
    .global(),
    call("iam", "get-policy", "GetPolicy", &["iam:GetPolicy"]).global().per(&[
        only(
            Keep::NotAmongPolicies,
            "iam/get-account-authorization-details",
            "UserDetailList[].PermissionsBoundary",
            &[("PolicyArn", Take::At("PermissionsBoundaryArn"))],
        ),
        only(
            Keep::NotAmongPolicies,
            "iam/get-account-authorization-details",
            "RoleDetailList[].PermissionsBoundary",
            &[("PolicyArn", Take::At("PermissionsBoundaryArn"))],
        ),
    ]),
    call("iam", "get-policy-version", "GetPolicyVersion", &["iam:GetPolicyVersion"]).global().per(&[of(
        "iam/get-policy",
        "Policy",
        &[("PolicyArn", Take::Input("PolicyArn")), ("VersionId", Take::At("DefaultVersionId"))],
    )]),
    call("iam", "get-credential-report", "GetCredentialReport", &["iam:GetCredentialReport"]).global(),
    call("iam", "list-virtual-mfa-devices", "ListVirtualMFADevices", &["iam:ListVirtualMFADevices"]).global(),
    call("iam", "list-mfa-devices", "ListMFADevices", &["iam:ListMFADevices"])
        .global()
        .per(&[of("iam/get-account-authorization-details", "UserDetailList[]", &[("UserName", Take::At("UserName"))])])
        .answers(&["NoSuchEntity", "NoSuchEntityException"]),
    call("iam", "list-open-id-connect-providers", "ListOpenIDConnectProviders", &["iam:ListOpenIDConnectProviders"])
        .global(),
    call("iam", "get-open-id-connect-provider", "GetOpenIDConnectProvider", &["iam:GetOpenIDConnectProvider"])
        .global()
        .per(&[of(
            "iam/list-open-id-connect-providers",
            "OpenIDConnectProviderList[]",
            &[("OpenIDConnectProviderArn", Take::At("Arn"))],
        )])
        .answers(&["NoSuchEntity", "NoSuchEntityException"]),
    call("iam", "list-saml-providers", "ListSAMLProviders", &["iam:ListSAMLProviders"]).global(),
    call("iam", "get-saml-provider", "GetSAMLProvider", &["iam:GetSAMLProvider"])
        .global()
        .per(&[of("iam/list-saml-providers", "SAMLProviderList[]", &[("SAMLProviderArn", Take::At("Arn"))])])
        .answers(&["NoSuchEntity", "NoSuchEntityException"]),
    call(
        "iam",
        "get-service-last-accessed-details",
        "GetServiceLastAccessedDetails",
        &["iam:GetServiceLastAccessedDetails"],
    )
    .global()
    .per(&[
        of("iam/get-account-authorization-details", "UserDetailList[]", &[("Arn", Take::At("Arn"))]),
        of("iam/get-account-authorization-details", "RoleDetailList[]", &[("Arn", Take::At("Arn"))]),
    ])
    .opt_in(OptIn::LastAccessed),
    // organizations
    call("organizations", "describe-organization", "DescribeOrganization", &["organizations:DescribeOrganization"])
        .global()
        .answers(NO_ORGANIZATION),
    call("organizations", "list-roots", "ListRoots", &["organizations:ListRoots"]).global().answers(NO_ORGANIZATION),
    Operation {
        asked: Asked::Climb(UP),
        ..call("organizations", "list-parents", "ListParents", &["organizations:ListParents"])
            .global()
            .answers(NO_ORGANIZATION)
    },
    call("organizations", "list-policies", "ListPolicies", &["organizations:ListPolicies"])
        .global()
        .each(&[
            &[("Filter", Take::Text("RESOURCE_CONTROL_POLICY"))],
            &[("Filter", Take::Text("SERVICE_CONTROL_POLICY"))],
        ])
        .answers(NO_ORGANIZATION),
    call("organizations", "describe-policy", "DescribePolicy", &["organizations:DescribePolicy"]).global().per(&[of(
        "organizations/list-policies",
        "Policies[]",
        &[("PolicyId", Take::At("Id"))],
    )]),
    call("organizations", "list-targets-for-policy", "ListTargetsForPolicy", &["organizations:ListTargetsForPolicy"])
        .global()
        .per(&[of("organizations/list-policies", "Policies[]", &[("PolicyId", Take::At("Id"))])]),
    // identity center
    call("sso-admin", "list-instances", "ListInstances", &["sso:ListInstances"]),
    call("sso-admin", "list-permission-sets", "ListPermissionSets", &["sso:ListPermissionSets"]).per(&[of(
        "sso-admin/list-instances",
        "Instances[]",
        &[("InstanceArn", Take::At("InstanceArn"))],
    )]),
    call("sso-admin", "describe-permission-set", "DescribePermissionSet", &["sso:DescribePermissionSet"])
        .per(PERMISSION_SETS),
    call(
        "sso-admin",
        "list-managed-policies-in-permission-set",
        "ListManagedPoliciesInPermissionSet",
        &["sso:ListManagedPoliciesInPermissionSet"],
    )
    .per(PERMISSION_SETS),
    call(
        "sso-admin",
        "list-customer-managed-policy-references-in-permission-set",
        "ListCustomerManagedPolicyReferencesInPermissionSet",
        &["sso:ListCustomerManagedPolicyReferencesInPermissionSet"],
    )
    .per(PERMISSION_SETS),
    call(
        "sso-admin",
        "get-inline-policy-for-permission-set",
        "GetInlinePolicyForPermissionSet",
        &["sso:GetInlinePolicyForPermissionSet"],
    )
    .per(PERMISSION_SETS),
    call(
        "sso-admin",
        "get-permissions-boundary-for-permission-set",
        "GetPermissionsBoundaryForPermissionSet",
        &["sso:GetPermissionsBoundaryForPermissionSet"],
    )
    .per(PERMISSION_SETS)
    .answers(&["ResourceNotFoundException"]),
    call(
        "sso-admin",
        "list-accounts-for-provisioned-permission-set",
        "ListAccountsForProvisionedPermissionSet",
        &["sso:ListAccountsForProvisionedPermissionSet"],
    )
    .per(PERMISSION_SETS),
    call("sso-admin", "list-account-assignments", "ListAccountAssignments", &["sso:ListAccountAssignments"]).per(&[
        of(
            "sso-admin/list-accounts-for-provisioned-permission-set",
            "AccountIds[]",
            &[
                ("AccountId", Take::Item),
                ("InstanceArn", Take::Input("InstanceArn")),
                ("PermissionSetArn", Take::Input("PermissionSetArn")),
            ],
        ),
    ]),
    call("identitystore", "list-users", "ListUsers", &["identitystore:ListUsers"]).per(IDENTITY_STORES),
    call("identitystore", "list-groups", "ListGroups", &["identitystore:ListGroups"]).per(IDENTITY_STORES),
    call("identitystore", "list-group-memberships", "ListGroupMemberships", &["identitystore:ListGroupMemberships"])
        .per(&[of(
            "identitystore/list-groups",
            "Groups[]",
            &[("GroupId", Take::At("GroupId")), ("IdentityStoreId", Take::Input("IdentityStoreId"))],
        )]),
    // ec2: the network
    call("ec2", "describe-regions", "DescribeRegions", &["ec2:DescribeRegions"]).global(),
    call("ec2", "describe-vpcs", "DescribeVpcs", &["ec2:DescribeVpcs"]),
    call("ec2", "describe-subnets", "DescribeSubnets", &["ec2:DescribeSubnets"]),
    call("ec2", "describe-route-tables", "DescribeRouteTables", &["ec2:DescribeRouteTables"]),
    call("ec2", "describe-network-acls", "DescribeNetworkAcls", &["ec2:DescribeNetworkAcls"]),
    call("ec2", "describe-security-groups", "DescribeSecurityGroups", &["ec2:DescribeSecurityGroups"]),
    call(
        "ec2",
        "describe-security-group-vpc-associations",
        "DescribeSecurityGroupVpcAssociations",
        &["ec2:DescribeSecurityGroupVpcAssociations"],
    ),
    call("ec2", "describe-network-interfaces", "DescribeNetworkInterfaces", &["ec2:DescribeNetworkInterfaces"]),
    call("ec2", "describe-instances", "DescribeInstances", &["ec2:DescribeInstances"]),
    call("ec2", "describe-internet-gateways", "DescribeInternetGateways", &["ec2:DescribeInternetGateways"]),
    call(
        "ec2",
        "describe-egress-only-internet-gateways",
        "DescribeEgressOnlyInternetGateways",
        &["ec2:DescribeEgressOnlyInternetGateways"],
    ),
    call("ec2", "describe-nat-gateways", "DescribeNatGateways", &["ec2:DescribeNatGateways"]),
    call("ec2", "describe-addresses", "DescribeAddresses", &["ec2:DescribeAddresses"]),
    call(
        "ec2",
        "describe-vpc-peering-connections",
        "DescribeVpcPeeringConnections",
        &["ec2:DescribeVpcPeeringConnections"],
    ),
    call("ec2", "describe-vpc-endpoints", "DescribeVpcEndpoints", &["ec2:DescribeVpcEndpoints"]),
    call("ec2", "describe-prefix-lists", "DescribePrefixLists", &["ec2:DescribePrefixLists"]),
    call("ec2", "describe-managed-prefix-lists", "DescribeManagedPrefixLists", &["ec2:DescribeManagedPrefixLists"]),
    call("ec2", "get-managed-prefix-list-entries", "GetManagedPrefixListEntries", &["ec2:GetManagedPrefixListEntries"])
        .per(&[of(
            "ec2/describe-managed-prefix-lists",
            "PrefixLists[]",
            &[("PrefixListId", Take::At("PrefixListId"))],
        )]),
    call("ec2", "describe-transit-gateways", "DescribeTransitGateways", &["ec2:DescribeTransitGateways"]),
    call(
        "ec2",
        "describe-transit-gateway-attachments",
        "DescribeTransitGatewayAttachments",
        &["ec2:DescribeTransitGatewayAttachments"],
    ),
    call(
        "ec2",
        "describe-transit-gateway-vpc-attachments",
        "DescribeTransitGatewayVpcAttachments",
        &["ec2:DescribeTransitGatewayVpcAttachments"],
    ),
    call(
        "ec2",
        "describe-transit-gateway-route-tables",
        "DescribeTransitGatewayRouteTables",
        &["ec2:DescribeTransitGatewayRouteTables"],
    ),
    call(
        "ec2",
        "get-transit-gateway-route-table-associations",
        "GetTransitGatewayRouteTableAssociations",
        &["ec2:GetTransitGatewayRouteTableAssociations"],
    )
    .per(TGW_ROUTE_TABLES),
    call(
        "ec2",
        "get-transit-gateway-route-table-propagations",
        "GetTransitGatewayRouteTablePropagations",
        &["ec2:GetTransitGatewayRouteTablePropagations"],
    )
    .per(TGW_ROUTE_TABLES),
    call("ec2", "search-transit-gateway-routes", "SearchTransitGatewayRoutes", &["ec2:SearchTransitGatewayRoutes"])
        .per(&[of(
            "ec2/describe-transit-gateway-route-tables",
            "TransitGatewayRouteTables[]",
            &[
                ("Filters", Take::Filter("state", &["active", "blackhole"])),
                ("TransitGatewayRouteTableId", Take::At("TransitGatewayRouteTableId")),
            ],
        )]),
    call("ec2", "describe-vpn-gateways", "DescribeVpnGateways", &["ec2:DescribeVpnGateways"]),
    call("ec2", "describe-vpn-connections", "DescribeVpnConnections", &["ec2:DescribeVpnConnections"]),
    call("ec2", "describe-flow-logs", "DescribeFlowLogs", &["ec2:DescribeFlowLogs"]),
    call(
        "ec2",
        "describe-vpc-block-public-access-options",
        "DescribeVpcBlockPublicAccessOptions",
        &["ec2:DescribeVpcBlockPublicAccessOptions"],
    ),
    call(
        "ec2",
        "describe-vpc-block-public-access-exclusions",
        "DescribeVpcBlockPublicAccessExclusions",
        &["ec2:DescribeVpcBlockPublicAccessExclusions"],
    ),
    // ec2: ways in beside the network, disks and images
    call("ec2", "describe-key-pairs", "DescribeKeyPairs", &["ec2:DescribeKeyPairs"]),
    call(
        "ec2",
        "describe-instance-connect-endpoints",
        "DescribeInstanceConnectEndpoints",
        &["ec2:DescribeInstanceConnectEndpoints"],
    ),
    call(
        "ec2",
        "get-serial-console-access-status",
        "GetSerialConsoleAccessStatus",
        &["ec2:GetSerialConsoleAccessStatus"],
    ),
    call("ec2", "describe-snapshots", "DescribeSnapshots", &["ec2:DescribeSnapshots"])
        .with(&[("OwnerIds", Take::Texts(&["self"]))]),
    call("ec2", "describe-snapshot-attribute", "DescribeSnapshotAttribute", &["ec2:DescribeSnapshotAttribute"]).per(&[
        of(
            "ec2/describe-snapshots",
            "Snapshots[]",
            &[("Attribute", Take::Text("createVolumePermission")), ("SnapshotId", Take::At("SnapshotId"))],
        ),
    ]),
    call(
        "ec2",
        "get-snapshot-block-public-access-state",
        "GetSnapshotBlockPublicAccessState",
        &["ec2:GetSnapshotBlockPublicAccessState"],
    ),
    call("ec2", "describe-images", "DescribeImages", &["ec2:DescribeImages"])
        .with(&[("Owners", Take::Texts(&["self"]))]),
    call("ec2", "describe-image-attribute", "DescribeImageAttribute", &["ec2:DescribeImageAttribute"]).per(&[of(
        "ec2/describe-images",
        "Images[]",
        &[("Attribute", Take::Text("launchPermission")), ("ImageId", Take::At("ImageId"))],
    )]),
    call(
        "ec2",
        "get-image-block-public-access-state",
        "GetImageBlockPublicAccessState",
        &["ec2:GetImageBlockPublicAccessState"],
    ),
    call("ec2", "get-ebs-encryption-by-default", "GetEbsEncryptionByDefault", &["ec2:GetEbsEncryptionByDefault"]),
    call("ec2", "get-ebs-default-kms-key-id", "GetEbsDefaultKmsKeyId", &["ec2:GetEbsDefaultKmsKeyId"]),
    // load balancers
    call("elbv2", "describe-load-balancers", "DescribeLoadBalancers", &["elasticloadbalancing:DescribeLoadBalancers"]),
    call(
        "elbv2",
        "describe-load-balancer-attributes",
        "DescribeLoadBalancerAttributes",
        &["elasticloadbalancing:DescribeLoadBalancerAttributes"],
    )
    .per(BALANCERS),
    call("elbv2", "describe-listeners", "DescribeListeners", &["elasticloadbalancing:DescribeListeners"])
        .per(BALANCERS),
    call("elbv2", "describe-rules", "DescribeRules", &["elasticloadbalancing:DescribeRules"]).per(&[of(
        "elbv2/describe-listeners",
        "Listeners[]",
        &[("ListenerArn", Take::At("ListenerArn"))],
    )]),
    call("elbv2", "describe-target-groups", "DescribeTargetGroups", &["elasticloadbalancing:DescribeTargetGroups"]),
    call(
        "elbv2",
        "describe-target-group-attributes",
        "DescribeTargetGroupAttributes",
        &["elasticloadbalancing:DescribeTargetGroupAttributes"],
    )
    .per(TARGET_GROUPS),
    call("elbv2", "describe-target-health", "DescribeTargetHealth", &["elasticloadbalancing:DescribeTargetHealth"])
        .per(TARGET_GROUPS),
    call("elb", "describe-load-balancers", "DescribeLoadBalancers", &["elasticloadbalancing:DescribeLoadBalancers"]),
    call(
        "elb",
        "describe-load-balancer-attributes",
        "DescribeLoadBalancerAttributes",
        &["elasticloadbalancing:DescribeLoadBalancerAttributes"],
    )
    .per(CLASSIC_BALANCERS),
    call("elb", "describe-instance-health", "DescribeInstanceHealth", &["elasticloadbalancing:DescribeInstanceHealth"])
        .per(CLASSIC_BALANCERS),
    // containers
    call("ecs", "list-clusters", "ListClusters", &["ecs:ListClusters"]),
    call("ecs", "describe-clusters", "DescribeClusters", &["ecs:DescribeClusters"]).per(&[of(
        "ecs/list-clusters",
        "clusterArns[]",
        &[("clusters", Take::Batch(100)), ("include", Take::Texts(&["CONFIGURATIONS", "SETTINGS", "TAGS"]))],
    )]),
    call("ecs", "list-services", "ListServices", &["ecs:ListServices"]).per(CLUSTERS),
    call("ecs", "describe-services", "DescribeServices", &["ecs:DescribeServices"]).per(&[of(
        "ecs/list-services",
        "serviceArns[]",
        &[("cluster", Take::Input("cluster")), ("include", Take::Texts(&["TAGS"])), ("services", Take::Batch(10))],
    )]),
    call("ecs", "list-tasks", "ListTasks", &["ecs:ListTasks"]).per(CLUSTERS),
    call("ecs", "describe-tasks", "DescribeTasks", &["ecs:DescribeTasks"]).per(&[of(
        "ecs/list-tasks",
        "taskArns[]",
        &[("cluster", Take::Input("cluster")), ("include", Take::Texts(&["TAGS"])), ("tasks", Take::Batch(100))],
    )]),
    call("ecs", "list-task-definitions", "ListTaskDefinitions", &["ecs:ListTaskDefinitions"])
        .with(&[("status", Take::Text("ACTIVE"))]),
    call("ecs", "describe-task-definition", "DescribeTaskDefinition", &["ecs:DescribeTaskDefinition"]).per(&[
        of(
            "ecs/describe-services",
            "services[]",
            &[("include", Take::Texts(&["TAGS"])), ("taskDefinition", Take::At("taskDefinition"))],
        ),
        of(
            "ecs/describe-tasks",
            "tasks[]",
            &[("include", Take::Texts(&["TAGS"])), ("taskDefinition", Take::At("taskDefinitionArn"))],
        ),
        only(
            Keep::NewestRevision,
            "ecs/list-task-definitions",
            "taskDefinitionArns[]",
            &[("include", Take::Texts(&["TAGS"])), ("taskDefinition", Take::Item)],
        ),
    ]),
    // databases and caches
    call("rds", "describe-db-instances", "DescribeDBInstances", &["rds:DescribeDBInstances"]),
    call("rds", "describe-db-clusters", "DescribeDBClusters", &["rds:DescribeDBClusters"]),
    call("rds", "describe-db-subnet-groups", "DescribeDBSubnetGroups", &["rds:DescribeDBSubnetGroups"]),
    call("rds", "describe-db-parameters", "DescribeDBParameters", &["rds:DescribeDBParameters"]).per(&[of(
        "rds/describe-db-instances",
        "DBInstances[].DBParameterGroups[]",
        &[("DBParameterGroupName", Take::At("DBParameterGroupName"))],
    )]),
    call("rds", "describe-db-cluster-parameters", "DescribeDBClusterParameters", &["rds:DescribeDBClusterParameters"])
        .per(&[of(
            "rds/describe-db-clusters",
            "DBClusters[]",
            &[("DBClusterParameterGroupName", Take::At("DBClusterParameterGroup"))],
        )]),
    call("rds", "describe-db-proxies", "DescribeDBProxies", &["rds:DescribeDBProxies"]),
    call("rds", "describe-db-proxy-endpoints", "DescribeDBProxyEndpoints", &["rds:DescribeDBProxyEndpoints"]),
    call("rds", "describe-db-proxy-target-groups", "DescribeDBProxyTargetGroups", &["rds:DescribeDBProxyTargetGroups"])
        .per(PROXIES),
    call("rds", "describe-db-proxy-targets", "DescribeDBProxyTargets", &["rds:DescribeDBProxyTargets"]).per(PROXIES),
    call("rds", "describe-db-snapshots", "DescribeDBSnapshots", &["rds:DescribeDBSnapshots"]),
    call(
        "rds",
        "describe-db-snapshot-attributes",
        "DescribeDBSnapshotAttributes",
        &["rds:DescribeDBSnapshotAttributes"],
    )
    .per(&[only(
        Keep::Manual,
        "rds/describe-db-snapshots",
        "DBSnapshots[]",
        &[("DBSnapshotIdentifier", Take::At("DBSnapshotIdentifier"))],
    )]),
    call("rds", "describe-db-cluster-snapshots", "DescribeDBClusterSnapshots", &["rds:DescribeDBClusterSnapshots"]),
    call(
        "rds",
        "describe-db-cluster-snapshot-attributes",
        "DescribeDBClusterSnapshotAttributes",
        &["rds:DescribeDBClusterSnapshotAttributes"],
    )
    .per(&[only(
        Keep::Manual,
        "rds/describe-db-cluster-snapshots",
        "DBClusterSnapshots[]",
        &[("DBClusterSnapshotIdentifier", Take::At("DBClusterSnapshotIdentifier"))],
    )]),
    call(
        "elasticache",
        "describe-replication-groups",
        "DescribeReplicationGroups",
        &["elasticache:DescribeReplicationGroups"],
    ),
    call("elasticache", "describe-cache-clusters", "DescribeCacheClusters", &["elasticache:DescribeCacheClusters"]),
    call(
        "elasticache",
        "describe-cache-subnet-groups",
        "DescribeCacheSubnetGroups",
        &["elasticache:DescribeCacheSubnetGroups"],
    ),
    // recording
    call("cloudtrail", "describe-trails", "DescribeTrails", &["cloudtrail:DescribeTrails"]),
    call("cloudtrail", "get-trail-status", "GetTrailStatus", &["cloudtrail:GetTrailStatus"]).per(&[only(
        Keep::HomeRegion,
        "cloudtrail/describe-trails",
        "trailList[]",
        &[("Name", Take::At("TrailARN"))],
    )]),
    call("cloudtrail", "get-event-selectors", "GetEventSelectors", &["cloudtrail:GetEventSelectors"]).per(&[only(
        Keep::HomeRegion,
        "cloudtrail/describe-trails",
        "trailList[]",
        &[("TrailName", Take::At("TrailARN"))],
    )]),
    call("logs", "describe-log-groups", "DescribeLogGroups", &["logs:DescribeLogGroups"]),
    call("logs", "describe-metric-filters", "DescribeMetricFilters", &["logs:DescribeMetricFilters"]),
    call("logs", "describe-resource-policies", "DescribeResourcePolicies", &["logs:DescribeResourcePolicies"]),
    call("cloudwatch", "describe-alarms", "DescribeAlarms", &["cloudwatch:DescribeAlarms"]),
    // buckets; every bucket is asked in its own region
    call("s3api", "list-buckets", "ListBuckets", &["s3:ListAllMyBuckets"]).global(),
    call("s3api", "get-bucket-location", "GetBucketLocation", &["s3:GetBucketLocation"]).global().per(BUCKETS),
    call("s3api", "get-bucket-policy", "GetBucketPolicy", &["s3:GetBucketPolicy"])
        .global()
        .per(BUCKETS)
        .answers(&["NoSuchBucketPolicy"]),
    call("s3api", "get-bucket-policy-status", "GetBucketPolicyStatus", &["s3:GetBucketPolicyStatus"])
        .global()
        .per(BUCKETS)
        .answers(&["NoSuchBucketPolicy"]),
    call("s3api", "get-public-access-block", "GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"])
        .global()
        .per(BUCKETS)
        .answers(&["NoSuchPublicAccessBlockConfiguration"]),
    call("s3api", "get-bucket-versioning", "GetBucketVersioning", &["s3:GetBucketVersioning"]).global().per(BUCKETS),
    call(
        "s3api",
        "get-object-lock-configuration",
        "GetObjectLockConfiguration",
        &["s3:GetBucketObjectLockConfiguration"],
    )
    .global()
    .per(BUCKETS)
    .answers(&["ObjectLockConfigurationNotFoundError"]),
    call(
        "s3api",
        "get-bucket-lifecycle-configuration",
        "GetBucketLifecycleConfiguration",
        &["s3:GetLifecycleConfiguration"],
    )
    .global()
    .per(BUCKETS)
    .answers(&["NoSuchLifecycleConfiguration"]),
    call("s3api", "get-bucket-encryption", "GetBucketEncryption", &["s3:GetEncryptionConfiguration"])
        .global()
        .per(BUCKETS)
        .answers(&["ServerSideEncryptionConfigurationNotFoundError"]),
    call("s3api", "get-bucket-logging", "GetBucketLogging", &["s3:GetBucketLogging"]).global().per(BUCKETS),
    call("s3api", "get-bucket-acl", "GetBucketAcl", &["s3:GetBucketAcl"]).global().per(BUCKETS),
    call("s3api", "get-bucket-ownership-controls", "GetBucketOwnershipControls", &["s3:GetBucketOwnershipControls"])
        .global()
        .per(BUCKETS)
        .answers(&["OwnershipControlsNotFoundError"]),
    call("s3api", "get-bucket-replication", "GetBucketReplication", &["s3:GetReplicationConfiguration"])
        .global()
        .per(BUCKETS)
        .answers(&["ReplicationConfigurationNotFoundError"]),
    call("s3api", "get-bucket-tagging", "GetBucketTagging", &["s3:GetBucketTagging"])
        .global()
        .per(BUCKETS)
        .answers(&["NoSuchTagSet"]),
    call("s3control", "get-public-access-block", "GetPublicAccessBlock", &["s3:GetAccountPublicAccessBlock"])
        .global()
        .with(&[("AccountId", Take::Account)])
        .answers(&["NoSuchPublicAccessBlockConfiguration"]),
    // keys and secrets: never a value
    call("kms", "list-keys", "ListKeys", &["kms:ListKeys"]),
    call("kms", "list-aliases", "ListAliases", &["kms:ListAliases"]),
    call("kms", "describe-key", "DescribeKey", &["kms:DescribeKey"]).per(KEYS).answers(NO_KEY),
    call("kms", "get-key-policy", "GetKeyPolicy", &["kms:GetKeyPolicy"])
        .per(&[of("kms/list-keys", "Keys[]", &[("KeyId", Take::At("KeyId")), ("PolicyName", Take::Text("default"))])])
        .answers(NO_KEY),
    call("kms", "get-key-rotation-status", "GetKeyRotationStatus", &["kms:GetKeyRotationStatus"])
        .per(KEYS)
        // asymmetric, HMAC and imported keys do not rotate; a key about to vanish has no state to speak of
        .answers(&["NotFoundException", "UnsupportedOperationException", "KMSInvalidStateException"]),
    call("kms", "list-grants", "ListGrants", &["kms:ListGrants"])
        .per(&[only(Keep::NotPendingDeletion, "kms/describe-key", "KeyMetadata", &[("KeyId", Take::At("KeyId"))])])
        .answers(NO_KEY),
    call("secretsmanager", "list-secrets", "ListSecrets", &["secretsmanager:ListSecrets"]),
    call("secretsmanager", "get-resource-policy", "GetResourcePolicy", &["secretsmanager:GetResourcePolicy"])
        .per(&[of("secretsmanager/list-secrets", "SecretList[]", &[("SecretId", Take::At("ARN"))])])
        .answers(&["ResourceNotFoundException"]),
    call("ssm", "describe-parameters", "DescribeParameters", &["ssm:DescribeParameters"]),
    call("ssm", "get-resource-policies", "GetResourcePolicies", &["ssm:GetResourcePolicies"]).per(&[only(
        Keep::AboveStandardTier,
        "ssm/describe-parameters",
        "Parameters[]",
        &[("ResourceArn", Take::At("ARN"))],
    )]),
    call("ssm", "describe-instance-information", "DescribeInstanceInformation", &["ssm:DescribeInstanceInformation"]),
    // functions
    call("lambda", "list-functions", "ListFunctions", &["lambda:ListFunctions"]),
    call("lambda", "get-policy", "GetPolicy", &["lambda:GetPolicy"])
        .per(FUNCTIONS)
        .answers(&["ResourceNotFoundException"]),
    call("lambda", "list-function-url-configs", "ListFunctionUrlConfigs", &["lambda:ListFunctionUrlConfigs"])
        .per(FUNCTIONS)
        .answers(&["ResourceNotFoundException"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_stands_once_after_its_parents_and_beside_its_service() {
        let mut seen = BTreeSet::new();
        let mut services = Vec::new();
        for operation in OPERATIONS {
            for parent in operation.parents() {
                assert!(seen.contains(parent.call), "{} stands before its parent {}", operation.call(), parent.call);
            }
            assert!(seen.insert(operation.call()), "{} stands twice", operation.call());
            if services.last() != Some(&operation.service) {
                assert!(!services.contains(&operation.service), "{} is not in one piece", operation.service);
                services.push(operation.service);
            }
        }
    }

    #[test]
    fn every_action_reads() {
        let reads = ["Describe", "Get", "List", "Search"];
        for action in actions(&[OptIn::LastAccessed]) {
            let (service, name) = action.split_once(':').expect("service:Name");
            assert!(service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{action}");
            assert!(reads.iter().any(|read| name.starts_with(read)), "{action} is not a read");
            assert!(!["secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters"].contains(&action));
        }
    }

    #[test]
    fn a_global_answer_never_waits_for_nothing() {
        for operation in OPERATIONS {
            for parent in operation.parents() {
                let parent = OPERATIONS.iter().find(|o| o.call() == parent.call).expect("parents exist");
                assert!(
                    parent.opt_in.is_none() || parent.opt_in == operation.opt_in,
                    "{} hangs on an option",
                    operation.call()
                );
            }
        }
    }

    #[test]
    fn the_policy_lists_preparing_calls_apart() {
        let policy = policy_document(&[]).to_string();
        assert!(policy.contains("PortcullisOptionalCredentialReport"));
        assert!(!policy.contains("GenerateServiceLastAccessedDetails"));
        assert!(policy_document(&[OptIn::LastAccessed]).to_string().contains("GenerateServiceLastAccessedDetails"));
    }

    #[test]
    fn an_absent_policy_is_an_answer_and_a_denial_is_not() {
        assert!(is_answer("s3api", "get-bucket-policy", "NoSuchBucketPolicy"));
        assert!(!is_answer("s3api", "get-bucket-policy", "AccessDenied"));
        assert!(!is_answer("s3api", "get-bucket-policy", "NoSuchBucket"));
    }
}
