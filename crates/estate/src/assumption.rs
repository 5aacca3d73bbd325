//! Named defaults for inputs that were not seen.
//!
//! The list is closed: what an account does not have until someone turns it on. A resource (a network ACL, a route
//! table) is never assumed.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A default that a person may declare for an unseen input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assumption {
    /// Every service control policy level allows everything (`FullAWSAccess`), as in a new organization.
    ScpFullAccess,
    /// No resource control policy beyond `RCPFullAWSAccess` is attached, as in a new organization.
    RcpFullAccess,
    /// VPC Block Public Access is off, as in a new account.
    VpcBlockPublicAccessOff,
    /// Target groups have their default attributes (client address preservation above all).
    TargetGroupAttributesDefault,
    /// No security group is associated with a further VPC.
    SecurityGroupVpcAssociationsNone,
    /// The account-level S3 public access block is not set.
    S3AccountPublicAccessBlockOff,
    /// No KMS grant gives access beyond the key policy.
    KmsGrantsNone,
}

impl Assumption {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 7] = [
        Self::KmsGrantsNone,
        Self::RcpFullAccess,
        Self::S3AccountPublicAccessBlockOff,
        Self::ScpFullAccess,
        Self::SecurityGroupVpcAssociationsNone,
        Self::TargetGroupAttributesDefault,
        Self::VpcBlockPublicAccessOff,
    ];

    /// The input that it stands for, as written under `assume:`.
    #[must_use]
    pub const fn input(self) -> &'static str {
        match self {
            Self::ScpFullAccess => "scp",
            Self::RcpFullAccess => "rcp",
            Self::VpcBlockPublicAccessOff => "vpc-block-public-access",
            Self::TargetGroupAttributesDefault => "target-group-attributes",
            Self::SecurityGroupVpcAssociationsNone => "security-group-vpc-associations",
            Self::S3AccountPublicAccessBlockOff => "s3-account-public-access-block",
            Self::KmsGrantsNone => "kms-grants",
        }
    }

    /// The value that is assumed.
    #[must_use]
    pub const fn value(self) -> &'static str {
        match self {
            Self::ScpFullAccess | Self::RcpFullAccess => "full-access",
            Self::VpcBlockPublicAccessOff | Self::S3AccountPublicAccessBlockOff => "off",
            Self::TargetGroupAttributesDefault => "default",
            Self::SecurityGroupVpcAssociationsNone | Self::KmsGrantsNone => "none",
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.input(), self.value())
    }
}

impl Serialize for Assumption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.input())
    }
}

/// An assumption that is not on the closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be assumed; the inputs that can: {list}", list = Assumption::ALL.map(Assumption::input).join(", "))]
pub struct UnknownAssumption(pub String);

impl FromStr for Assumption {
    type Err = UnknownAssumption;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|a| a.input() == text).ok_or_else(|| UnknownAssumption(text.to_owned()))
    }
}
