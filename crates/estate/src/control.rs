//! Controls: settings of things that exist and that stop something.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

macro_rules! control_kinds {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// The closed table of control kinds; what `fail` means for each is implemented in [`mod@crate::failure`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ControlKind { $($(#[$meta])* $name,)* }

        impl ControlKind {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The kind as written in ids and scenario files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

control_kinds! {
    /// Inbound rules of a security group.
    SecurityGroupIngress = "security-group.ingress",
    /// Outbound rules of a security group.
    SecurityGroupEgress = "security-group.egress",
    /// Inbound entries of a network ACL.
    NetworkAclIngress = "network-acl.ingress",
    /// Outbound entries of a network ACL.
    NetworkAclEgress = "network-acl.egress",
    /// A route table that lacks a route.
    RouteTable = "route-table",
    /// VPC Block Public Access of a region.
    VpcBlockPublicAccess = "vpc.block-public-access",
    /// The public flag of a database.
    RdsPublicAccess = "rds.public-access",
    /// An interface without a public address.
    InstancePublicAddress = "instance.public-address",
    /// A share setting of a snapshot.
    SnapshotSharing = "snapshot.sharing",
    /// The policy of a VPC endpoint.
    EndpointPolicy = "endpoint.policy",
    /// A bucket's policy.
    BucketPolicy = "bucket.policy",
    /// Public access block of a bucket or account.
    BucketPublicAccessBlock = "bucket.public-access-block",
    /// A key policy.
    KmsKeyPolicy = "kms.key-policy",
    /// The trust policy of a role.
    RoleTrust = "role.trust",
    /// Another resource policy.
    ResourcePolicy = "resource.policy",
    /// A service control policy.
    IamScp = "iam.scp",
    /// A resource control policy.
    IamRcp = "iam.rcp",
    /// The permissions boundary of a principal.
    IamBoundary = "iam.boundary",
    /// The session policy of a principal.
    IamSession = "iam.session",
    /// A Deny statement of an identity policy.
    IamDeny = "iam.deny",
    /// Least privilege of a principal: what its identity policies do not allow.
    IamGrant = "iam.grant",
    /// Least privilege of a database user.
    DbGrant = "db.grant",
    /// The host part of a database user.
    DbHost = "db.host",
    /// The authentication method of a database user.
    DbAuth = "db.auth",
    /// A secret that the attacker does not know.
    Secret = "secret",
    /// A trail that records.
    Trail = "trail",
    /// A log that records.
    Log = "log",
}

impl ControlKind {
    /// Whether it is least privilege, counted apart from standing controls (depth, privilege cuts).
    #[must_use]
    pub const fn is_privilege(self) -> bool {
        matches!(self, Self::IamGrant | Self::DbGrant)
    }

    /// Reads a kind back.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ControlKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One control: `kind:account/region/resource`, with `#part` where the resource holds several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Control {
    /// The kind, which fixes what its failure means.
    pub kind: ControlKind,
    /// Account that owns the resource.
    pub account: Arc<str>,
    /// Region, or `global`.
    pub region: Arc<str>,
    /// The resource's id or name (not its ARN where an id exists).
    pub resource: Arc<str>,
    /// A statement's Sid or content hash, never a position in a list.
    pub part: Option<Arc<str>>,
}

impl Control {
    /// A control of a whole resource.
    #[must_use]
    pub fn new(kind: ControlKind, account: &str, region: &str, resource: &str) -> Self {
        Self { kind, account: Arc::from(account), region: Arc::from(region), resource: Arc::from(resource), part: None }
    }

    /// The same control, of one part of the resource.
    #[must_use]
    pub fn part(mut self, part: &str) -> Self {
        self.part = Some(Arc::from(part));
        self
    }

    /// Reads an id back; `None` for text that is no control id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let (kind, rest) = id.split_once(':')?;
        let (account, rest) = rest.split_once('/')?;
        let (region, rest) = rest.split_once('/')?;
        let (resource, part) = rest.split_once('#').map_or((rest, None), |(r, p)| (r, Some(Arc::from(p))));
        (!resource.is_empty()).then_some(())?;
        Some(Self { part, ..Self::new(ControlKind::parse(kind)?, account, region, resource) })
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}/{}", self.kind, self.account, self.region, self.resource)?;
        if let Some(part) = &self.part {
            write!(f, "#{part}")?;
        }
        Ok(())
    }
}

impl Serialize for Control {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back() {
        for id in [
            "security-group.ingress:123456789012/ap-northeast-2/sg-0db",
            "iam.scp:123456789012/global/p-1#Rds",
            "iam.grant:123456789012/global/user/minji",
        ] {
            assert_eq!(Control::parse(id).unwrap().to_string(), id);
        }
        assert_eq!(Control::parse("security-group.ingress:1"), None);
        assert_eq!(Control::parse("nothing:1/2/3"), None);
    }
}
