//! Compiling an estate into a [`World`].

mod balancers;
mod filters;
mod interfaces;
mod prefixes;
mod routes;
mod services;
mod transit;
mod vpcs;

use portcullis_estate::{Estate, Gap};
use portcullis_snapshot::{Missing, Place};

use crate::model::{Public, World};
use crate::sets::AddressSet;

impl World {
    /// Compiles the network part of an estate. Whatever could not be seen stays in it as a gap.
    #[must_use]
    pub fn build(estate: &Estate) -> Self {
        let mut world = Self::default();
        vpcs::build(estate, &mut world);
        filters::build(estate, &mut world);
        routes::build(estate, &mut world);
        transit::build(estate, &mut world);
        interfaces::build(estate, &mut world);
        for (_, row) in estate.addresses.iter() {
            if let Some(address) = AddressSet::parse(&row.data.public_ip) {
                world.own_public = world.own_public.union(&address);
            }
        }
        services::build(estate, &mut world);
        balancers::build(estate, &mut world);
        world.index();
        world
    }

    fn index(&mut self) {
        self.interfaces.sort_by(|a, b| a.id.cmp(&b.id));
        let mut own_public = AddressSet::empty();
        for (index, interface) in self.interfaces.iter().enumerate() {
            for address in &interface.addresses {
                if let Some(private) = address.private {
                    self.by_address.entry(private).or_default().push(index);
                }
                if let Public::Known(public) = address.public {
                    self.by_address.entry(public).or_default().push(index);
                    own_public = own_public.union(&AddressSet::single(public));
                }
            }
            for owner in &interface.owners {
                self.by_owner.entry((owner.kind, owner.id.clone())).or_default().push(index);
            }
            self.by_subnet.entry(interface.subnet.clone()).or_default().push(index);
        }
        own_public = own_public.union(&self.own_public);
        for nat in self.nat_gateways.values().filter(|nat| nat.available) {
            for ip in &nat.public_ips {
                own_public = own_public.union(&AddressSet::single(*ip));
            }
        }
        self.own_public = own_public;
    }
}

/// The value of a member, or the gap that it leaves.
pub(crate) fn seen<'a, T>(value: Result<&'a T, &Missing>, place: &Place, member: &str) -> Result<&'a T, Gap> {
    value.map_err(|missing| Gap::member(&place.member(member), missing))
}

/// Text of an address block that AWS wrote; anything else is a gap.
pub(crate) fn block(text: &str, place: &Place) -> Result<AddressSet, Gap> {
    AddressSet::parse(text).ok_or_else(|| Gap::other(place, format!("`{text}` is no address block")))
}

/// The prefix length of a block.
pub(crate) fn length(text: &str) -> u32 {
    let bits = if text.contains(':') { 128 } else { 32 };
    text.split_once('/').and_then(|(_, length)| length.parse().ok()).unwrap_or(bits)
}
