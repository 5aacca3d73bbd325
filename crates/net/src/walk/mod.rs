//! Walking one connection, hop by hop, forward and reply.

pub(crate) mod balance;
pub(crate) mod carry;
pub(crate) mod connect;
pub(crate) mod edges;
pub(crate) mod filters;
pub(crate) mod hops;
pub(crate) mod internet;
pub(crate) mod routing;
pub(crate) mod transit;

use portcullis_estate::{Estate, Gap};

use crate::model::{Acl, Interface, Subnet, World};

/// What every step looks at.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    pub(crate) world: &'a World,
    pub(crate) estate: &'a Estate,
}

impl<'a> Cx<'a> {
    /// The gap for a thing that ought to be there: of the call that lists it, or of the thing itself.
    pub(crate) fn missing(self, account: &str, region: &str, call: &str, what: &str) -> Gap {
        let unlisted = || Gap::other(format_args!("{what} in {account}/{region}"), "not in the answer that lists it");
        self.estate.coverage.gap(account, region, call).unwrap_or_else(unlisted)
    }

    pub(crate) fn subnet(self, interface: &Interface) -> Result<&'a Subnet, Gap> {
        self.world.subnets.get(&interface.subnet).ok_or_else(|| {
            let what = format!("subnet {}", interface.subnet);
            self.missing(&interface.account, &interface.region, "ec2/describe-subnets", &what)
        })
    }

    pub(crate) fn acl(self, subnet: &Subnet) -> Result<&'a Acl, Gap> {
        subnet.acl.as_ref().and_then(|id| self.world.acls.get(id)).ok_or_else(|| {
            let what = format!("network ACL of {}", subnet.id);
            self.missing(&subnet.account, &subnet.region, "ec2/describe-network-acls", &what)
        })
    }
}
