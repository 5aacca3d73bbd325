//! VPCs, subnets and VPC Block Public Access.

use portcullis_estate::{Assumption, Estate, Gap};
use portcullis_snapshot::Missing;
use portcullis_snapshot::shapes::ec2;

use super::block;
use crate::model::{BlockPublicAccess, Subnet, Vpc, World};
use crate::sets::AddressSet;

const BPA: &str = "ec2/describe-vpc-block-public-access-options";
const BPA_EXCLUSIONS: &str = "ec2/describe-vpc-block-public-access-exclusions";

pub(super) fn build(estate: &Estate, world: &mut World) {
    for (_, row) in estate.vpcs.iter() {
        let account = row.data.owner_id.known().map_or(&*row.account, String::as_str);
        if world.vpcs.contains_key(&*row.id) && account != &*row.account {
            continue;
        }
        // Blocks that nobody saw are missed by nothing: route tables repeat them as their local routes.
        let blocks = vpc_blocks(&row.data, &row.place).unwrap_or_default();
        let vpc = Vpc { account: account.to_owned(), region: row.region.to_string(), blocks };
        world.vpcs.insert(row.id.to_string(), vpc);
    }
    for (_, row) in estate.subnets.iter() {
        let account = row.data.owner_id.known().map_or(&*row.account, String::as_str);
        if world.subnets.contains_key(&*row.id) && account != &*row.account {
            continue;
        }
        let mut blocks = row.data.cidr_block.known().and_then(|cidr| AddressSet::parse(cidr)).unwrap_or_default();
        for association in row.data.ipv6_cidr_block_association_set.known().into_iter().flatten() {
            if let Some(set) = ipv6_block(association) {
                blocks = blocks.union(&set);
            }
        }
        let subnet = Subnet {
            id: row.id.to_string(),
            vpc: row.data.vpc_id.clone(),
            account: account.to_owned(),
            region: row.region.to_string(),
            zone: row.data.availability_zone.known().cloned(),
            blocks,
            acl: None,
            table: None,
        };
        world.subnets.insert(row.id.to_string(), subnet);
    }
    block_public_access(estate, world);
}

fn ipv6_block(association: &ec2::VpcIpv6CidrBlockAssociation) -> Option<AddressSet> {
    let associated = association.ipv6_cidr_block_state.known().is_none_or(|state| state.state == "associated");
    associated.then(|| association.ipv6_cidr_block.known().and_then(|cidr| AddressSet::parse(cidr))).flatten()
}

fn vpc_blocks(vpc: &ec2::Vpc, place: &portcullis_snapshot::Place) -> Result<AddressSet, Gap> {
    let member = |name: &str, missing: &Missing| Gap::member(&place.member(name), missing);
    let mut blocks = AddressSet::empty();
    match vpc.cidr_block_association_set.get() {
        Ok(associations) => {
            for association in associations {
                let state = association.cidr_block_state.known();
                if state.is_none_or(|state| state.state == "associated") {
                    let text = association.cidr_block.get().map_err(|m| member("CidrBlockAssociationSet", m))?;
                    blocks = blocks.union(&block(text, place)?);
                }
            }
        }
        // Dumps without the association set still name the primary block; secondary ones stay unseen.
        Err(missing) => return Err(member("CidrBlockAssociationSet", missing)),
    }
    for association in vpc
        .ipv6_cidr_block_association_set
        .get()
        .map_err(|m| member("Ipv6CidrBlockAssociationSet", m))?
        .into_iter()
        .flatten()
    {
        if let Some(set) = ipv6_block(association) {
            blocks = blocks.union(&set);
        }
    }
    Ok(blocks)
}

fn block_public_access(estate: &Estate, world: &mut World) {
    let places: std::collections::BTreeSet<(String, String)> =
        world.vpcs.values().map(|vpc| (vpc.account.clone(), vpc.region.clone())).collect();
    for (account, region) in places {
        let row = estate
            .block_public_access_options
            .iter()
            .map(|(_, row)| row)
            .find(|row| *row.account == *account && *row.region == *region);
        let exclusions_gap = estate.coverage.gap(&account, &region, BPA_EXCLUSIONS);
        let exclusions = estate
            .block_public_access_exclusions
            .iter()
            .map(|(_, row)| row)
            .filter(|row| *row.account == *account && *row.region == *region)
            .filter(|row| {
                row.data.state.known().is_some_and(|state| state == "create-complete" || state == "update-complete")
            })
            .filter_map(|row| {
                let resource = row.data.resource_arn.known()?.rsplit('/').next()?.to_owned();
                Some((resource, row.data.internet_gateway_exclusion_mode.known()? == "allow-bidirectional"))
            })
            .collect();
        let (mode, place) = if let Some(row) = row {
            let mode = row.data.internet_gateway_block_mode.get().cloned();
            let place = row.place.member("InternetGatewayBlockMode");
            (mode.map_err(|missing| Gap::member(&place, missing)), place)
        } else {
            let coverage = estate.coverage.of(&account, &region, BPA);
            let gap =
                Gap::call(&account, &region, BPA, None, &coverage).settled_by(Assumption::VpcBlockPublicAccessOff);
            (Err(gap), portcullis_estate::loading::place_of_call(&account, &region, BPA))
        };
        let value = BlockPublicAccess { mode, place, exclusions, exclusions_gap };
        world.block_public_access.insert((account, region), value);
    }
}
