//! Reading the ends of a question: an address, a resource id or an ARN.

use std::net::IpAddr;

use portcullis_estate::Estate;

use crate::model::{Public, Role, World};
use crate::reach::{Destination, Source};
use crate::sets::AddressSet;

/// One end of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An interface of the estate, at this address.
    Interface {
        /// Its id.
        id: String,
        /// The address that was named.
        address: IpAddr,
    },
    /// An address in a VPC's range where nothing stands.
    Vacant(IpAddr),
    /// An address of the internet.
    Internet(IpAddr),
    /// A workload.
    Workload {
        /// Its kind.
        kind: String,
        /// Its id.
        id: String,
    },
    /// A security group: any of its members.
    Group(String),
}

/// An end that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskError {
    /// Nothing in the snapshot has this name.
    Unknown(String),
    /// A private address that lies in no VPC of the snapshot.
    NoSuchAddress(IpAddr),
    /// Several things have it.
    Ambiguous {
        /// What was asked.
        text: String,
        /// The ids that it may mean.
        candidates: Vec<String>,
    },
}

impl std::fmt::Display for AskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(text) => write!(f, "nothing in the snapshot is called `{text}`"),
            Self::NoSuchAddress(address) => write!(f, "`{address}` is private and lies in no VPC of the snapshot"),
            Self::Ambiguous { text, candidates } => {
                write!(f, "`{text}` is ambiguous; name one of: {}", candidates.join(", "))
            }
        }
    }
}

impl std::error::Error for AskError {}

impl World {
    /// What a text names: an address, a resource id or an ARN.
    pub fn ask(&self, estate: &Estate, text: &str) -> Result<Asked, AskError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return self.ask_address(address);
        }
        if let Some(interface) = self.interfaces.iter().find(|interface| interface.id == text)
            && let Some(address) = interface.addresses.iter().find_map(|address| address.private)
        {
            return Ok(Asked::Interface { id: interface.id.clone(), address });
        }
        if self.groups.contains_key(text) {
            return Ok(Asked::Group(text.to_owned()));
        }
        let database = |arn: &str| {
            let row = estate
                .db_instances
                .iter()
                .find(|(_, row)| row.data.db_instance_arn.known().is_some_and(|own| own == arn));
            let cache =
                estate.cache_clusters.iter().find(|(_, row)| row.data.arn.known().is_some_and(|own| own == arn));
            let function = estate
                .lambda_functions
                .iter()
                .find(|(_, row)| row.data.function_arn.known().is_some_and(|own| own == arn));
            row.map(|(_, row)| row.id.to_string())
                .or_else(|| cache.map(|(_, row)| row.id.to_string()))
                .or_else(|| function.map(|(_, row)| row.id.to_string()))
                .or_else(|| {
                    arn.strip_prefix("arn:").and_then(|arn| arn.rsplit_once("instance/")).map(|(_, id)| id.to_owned())
                })
        };
        let id =
            if text.starts_with("arn:") { database(text).unwrap_or_else(|| text.to_owned()) } else { text.to_owned() };
        let mut found: Vec<_> =
            self.interfaces.iter().flat_map(|interface| &interface.owners).filter(|owner| owner.id == id).collect();
        found.sort();
        found.dedup();
        match found.as_slice() {
            [] => Err(AskError::Unknown(text.to_owned())),
            [one] => Ok(Asked::Workload { kind: one.kind.to_owned(), id: one.id.clone() }),
            several => Err(AskError::Ambiguous {
                text: text.to_owned(),
                candidates: several
                    .iter()
                    .map(|owner| format!("{} {} in {}/{}", owner.kind, owner.id, owner.account, owner.region))
                    .collect(),
            }),
        }
    }

    fn ask_address(&self, address: IpAddr) -> Result<Asked, AskError> {
        let found: Vec<_> = self
            .by_address
            .get(&address)
            .into_iter()
            .flatten()
            .filter_map(|index| self.interfaces.get(*index))
            .collect();
        match found.as_slice() {
            [one] => Ok(Asked::Interface { id: one.id.clone(), address }),
            [] if self.subnets.values().any(|subnet| subnet.blocks.contains(address))
                || self.vpcs.values().any(|vpc| vpc.blocks.contains(address)) =>
            {
                Ok(Asked::Vacant(address))
            }
            [] if AddressSet::public().contains(address) => Ok(Asked::Internet(address)),
            [] => Err(AskError::NoSuchAddress(address)),
            several => {
                let candidates =
                    several.iter().map(|interface| format!("{} in {}", interface.id, interface.vpc)).collect();
                Err(AskError::Ambiguous { text: address.to_string(), candidates })
            }
        }
    }

    /// The source that an end means.
    #[must_use]
    pub fn source(&self, asked: &Asked) -> Source {
        match asked {
            Asked::Interface { id, .. } => Source::Interface(id.clone()),
            Asked::Vacant(address) | Asked::Internet(address) => Source::Addresses(AddressSet::single(*address)),
            Asked::Workload { kind, id } => Source::Workload { kind: kind.clone(), id: id.clone() },
            Asked::Group(id) => Source::Members(id.clone()),
        }
    }

    /// The destination that an end means; `None` for a security group, which is no place.
    #[must_use]
    pub fn destination(&self, asked: &Asked) -> Option<Destination> {
        Some(match asked {
            Asked::Interface { address, .. } | Asked::Vacant(address) | Asked::Internet(address) => {
                Destination::Address(*address)
            }
            Asked::Workload { kind, id } => Destination::Workload { kind: kind.clone(), id: id.clone() },
            Asked::Group(_) => return None,
        })
    }

    /// The addresses of a workload's interfaces that the input shows, private and public.
    #[must_use]
    pub fn addresses_of(&self, kind: &str, id: &str) -> AddressSet {
        let mut set = AddressSet::empty();
        for interface in self.interfaces.iter().filter(|i| i.belongs_to(kind, id) && i.role != Role::Balancer) {
            for address in &interface.addresses {
                if let Some(private) = address.private {
                    set = set.union(&AddressSet::single(private));
                }
                if let Public::Known(public) = address.public {
                    set = set.union(&AddressSet::single(public));
                }
            }
        }
        set
    }
}
