//! What it means that a control fails: one function from estate to estate per kind, in one closed table.
//!
//! Everything that is said about controls follows from this table: `open_if(question)` is the family of minimal sets
//! C such that the plain answer is *open* in `fail(C)(estate)`.

pub mod identity;
pub mod network;

use crate::control::{Control, ControlKind};
use crate::kinds::Estate;

/// A control that cannot be failed in this estate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailError {
    /// The resource is not in the estate.
    #[error("`{0}` names nothing in this estate; `portcullis query` lists the controls of an answer")]
    NoSuchResource(Control),
    /// The kind has no failure function yet.
    #[error("the failure of `{0}` is not defined")]
    Undefined(ControlKind),
}

impl Estate {
    /// The estate in which this control no longer stands in the way.
    pub fn fail(&self, control: &Control) -> Result<Self, FailError> {
        match control.kind {
            ControlKind::SecurityGroupIngress
            | ControlKind::SecurityGroupEgress
            | ControlKind::NetworkAclIngress
            | ControlKind::NetworkAclEgress
            | ControlKind::RouteTable
            | ControlKind::VpcBlockPublicAccess
            | ControlKind::RdsPublicAccess
            | ControlKind::InstancePublicAddress => network::fail(self, control),
            ControlKind::IamGrant
            | ControlKind::IamBoundary
            | ControlKind::IamDeny
            | ControlKind::IamScp
            | ControlKind::IamRcp
            | ControlKind::RoleTrust
            | ControlKind::BucketPolicy
            | ControlKind::KmsKeyPolicy
            | ControlKind::ResourcePolicy => identity::fail(self, control),
            kind => Err(FailError::Undefined(kind)),
        }
    }
}
