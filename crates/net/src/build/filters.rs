//! Security groups and network ACLs.

use portcullis_estate::{Estate, Gap, Row};
use portcullis_snapshot::shapes::ec2;
use portcullis_snapshot::{Missing, Place};

use super::{block, prefixes};
use crate::model::{Acl, AclEntry, Group, Peer, Rule, World};
use crate::sets::{AddressSet, PortSet};
use crate::traffic::{Matcher, Protocol};

pub(super) fn build(estate: &Estate, world: &mut World) {
    for (_, row) in estate.security_groups.iter() {
        let account = row.data.owner_id.known().map_or(&*row.account, String::as_str);
        if world.groups.contains_key(&*row.id) && account != &*row.account {
            continue;
        }
        let group = Group {
            id: row.id.to_string(),
            account: account.to_owned(),
            region: row.region.to_string(),
            vpc: row.data.vpc_id.known().cloned(),
            is_default: row.data.group_name.known().is_some_and(|name| name == "default"),
            place: row.place.clone(),
            rules: [
                rules(estate, row, row.data.ip_permissions.get(), "IpPermissions", "ingress"),
                rules(estate, row, row.data.ip_permissions_egress.get(), "IpPermissionsEgress", "egress"),
            ],
        };
        world.groups.insert(row.id.to_string(), group);
    }
    for (_, row) in estate.security_group_vpc_associations.iter() {
        if row.data.state.known().is_some_and(|state| state == "associated") {
            world.group_vpcs.entry(row.data.group_id.clone()).or_default().push(row.data.vpc_id.clone());
        }
    }
    for (_, row) in estate.network_acls.iter() {
        let account = row.data.owner_id.known().map_or(&*row.account, String::as_str);
        if world.acls.contains_key(&*row.id) && account != &*row.account {
            continue;
        }
        for association in row.data.associations.known().into_iter().flatten() {
            if let Some(subnet) = association.subnet_id.known().and_then(|id| world.subnets.get_mut(id)) {
                subnet.acl = Some(row.id.to_string());
            }
        }
        let acl = Acl {
            id: row.id.to_string(),
            account: account.to_owned(),
            region: row.region.to_string(),
            place: row.place.clone(),
            entries: [entries(row, false), entries(row, true)],
        };
        world.acls.insert(row.id.to_string(), acl);
    }
}

fn rules(
    estate: &Estate,
    row: &Row<ec2::SecurityGroup>,
    permissions: Result<&Vec<ec2::IpPermission>, &Missing>,
    member: &str,
    direction: &str,
) -> Result<Vec<Rule>, Gap> {
    let base = row.place.member(member);
    let permissions = permissions.map_err(|missing| Gap::member(&base, missing))?;
    let mut rules = Vec::new();
    for permission in permissions {
        let matcher = matcher(permission);
        let shape = shape(permission);
        let mut push = |key: &str, peer: Peer, gap: Option<Gap>| {
            let place = base.keyed(format_args!("{shape},{key}"));
            let gap = gap.or_else(|| matcher.as_ref().err().map(|missing| Gap::member(&place, missing)));
            rules.push(Rule {
                id: format!("{}/{direction}/{shape},{key}", row.id),
                text: format!("{shape},{key}"),
                matcher: matcher.clone().unwrap_or_else(|_| Matcher::everything()),
                peer,
                gap,
                place,
            });
        };
        let unseen = |missing: &Missing, name: &str| Some(Gap::member(&base.member(name), missing));
        let everywhere = || Peer::Addresses(AddressSet::all());
        match permission.ip_ranges.get() {
            Ok(ranges) => {
                for range in ranges.into_iter().flatten() {
                    match range.cidr_ip.get() {
                        Ok(cidr) => cidr_rule(cidr, &base, &mut push),
                        Err(missing) => push("CidrIp", everywhere(), unseen(missing, "CidrIp")),
                    }
                }
            }
            Err(missing) => push("IpRanges", everywhere(), unseen(missing, "IpRanges")),
        }
        match permission.ipv6_ranges.get() {
            Ok(ranges) => {
                for range in ranges.into_iter().flatten() {
                    match range.cidr_ipv6.get() {
                        Ok(cidr) => cidr_rule(cidr, &base, &mut push),
                        Err(missing) => push("CidrIpv6", everywhere(), unseen(missing, "CidrIpv6")),
                    }
                }
            }
            Err(missing) => push("Ipv6Ranges", everywhere(), unseen(missing, "Ipv6Ranges")),
        }
        match permission.prefix_list_ids.get() {
            Ok(lists) => {
                for list in lists.into_iter().flatten() {
                    match list.prefix_list_id.get() {
                        Ok(id) => push(id, prefix_peer(estate, row, id), None),
                        Err(missing) => push("PrefixListId", everywhere(), unseen(missing, "PrefixListId")),
                    }
                }
            }
            Err(missing) => push("PrefixListIds", everywhere(), unseen(missing, "PrefixListIds")),
        }
        match permission.user_id_group_pairs.get() {
            Ok(pairs) => {
                for pair in pairs.into_iter().flatten() {
                    match pair.group_id.get() {
                        // A reference to nothing is stale and matches nothing.
                        Ok(None) => {}
                        Ok(Some(id)) => push(id, Peer::Group(id.clone()), None),
                        Err(missing) => push("GroupId", everywhere(), unseen(missing, "GroupId")),
                    }
                }
            }
            Err(missing) => push("UserIdGroupPairs", everywhere(), unseen(missing, "UserIdGroupPairs")),
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rules)
}

fn cidr_rule(cidr: &str, base: &Place, push: &mut impl FnMut(&str, Peer, Option<Gap>)) {
    match block(cidr, base) {
        Ok(set) => push(cidr, Peer::Addresses(set), None),
        Err(gap) => push(cidr, Peer::Addresses(AddressSet::all()), Some(gap)),
    }
}

fn prefix_peer(estate: &Estate, row: &Row<ec2::SecurityGroup>, id: &str) -> Peer {
    let read = prefixes::blocks(estate, &row.account, &row.region, id);
    match read.map(|blocks| AddressSet::parse_all(blocks.iter().map(String::as_str))) {
        Ok(Some(set)) => Peer::Addresses(set),
        Ok(None) => Peer::Unread(Gap::other(id, "an entry is no address block")),
        Err(gap) => Peer::Unread(gap),
    }
}

/// `tcp,5432-5432`, `icmp,8-0`, `-1,all`: the stable name of a rule's protocol and ports.
fn shape(permission: &ec2::IpPermission) -> String {
    let protocol = permission.ip_protocol.known().map_or("?", String::as_str);
    match (permission.from_port.known(), permission.to_port.known()) {
        (Some(from), Some(to)) if protocol != "-1" => format!("{protocol},{from}-{to}"),
        _ => format!("{protocol},all"),
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>: -1 is every protocol; for TCP and
/// UDP the ports are destination ports; for ICMP `FromPort` is the type and `ToPort` the code, -1 for all; any other
/// protocol admits all traffic of it.
fn matcher(permission: &ec2::IpPermission) -> Result<Matcher, Missing> {
    let text = permission.ip_protocol.get().map_err(Clone::clone)?;
    if text == "-1" {
        return Ok(Matcher::everything());
    }
    let from = permission.from_port.get().map_err(Clone::clone)?.copied().unwrap_or(-1);
    let to = permission.to_port.get().map_err(Clone::clone)?.copied().unwrap_or(-1);
    let protocol = Protocol::parse(text).ok_or_else(|| Missing(format!("`{text}` is no protocol").into()))?;
    Ok(Matcher { protocol: Some(protocol), ports: ports(from, to), icmp: icmp(from, to) })
}

fn ports(from: i64, to: i64) -> PortSet {
    if from < 0 { PortSet::all() } else { PortSet::clamped(from, to) }
}

fn icmp(kind: i64, code: i64) -> (Option<u16>, Option<u8>) {
    (u16::try_from(kind).ok(), u8::try_from(code).ok())
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>: the entry with the lowest number that matches
/// decides; what no entry matches is denied.
fn entries(row: &Row<ec2::NetworkAcl>, egress: bool) -> Result<Vec<AclEntry>, Gap> {
    let base = row.place.member("Entries");
    let all = row.data.entries.get().map_err(|missing| Gap::member(&base, missing))?;
    let mut entries = Vec::new();
    for entry in all {
        let known = |missing: &Missing| Gap::member(&base, missing);
        if *entry.egress.get().map_err(known)? != egress {
            continue;
        }
        let number = *entry.rule_number.get().map_err(known)?;
        let direction = if egress { "egress" } else { "ingress" };
        // Each number stands once for IPv4 and IPv6 together, but the implicit deny stands once for each.
        let addresses = match (entry.cidr_block.get().map_err(known)?, entry.ipv6_cidr_block.get().map_err(known)?) {
            (Some(cidr), _) | (None, Some(cidr)) => (cidr, block(cidr, &base)?),
            (None, None) => return Err(Gap::other(&base, "an entry names no address block")),
        };
        let protocol = entry.protocol.get().map_err(known)?;
        let matcher = if protocol == "-1" {
            Matcher::everything()
        } else {
            let parsed =
                Protocol::parse(protocol).ok_or_else(|| Gap::other(&base, format!("`{protocol}` is no protocol")))?;
            let ports = match entry.port_range.get().map_err(known)? {
                Some(range) => {
                    let (from, to) = (range.from.get().map_err(known)?, range.to.get().map_err(known)?);
                    ports(*from, *to)
                }
                None => PortSet::all(),
            };
            let icmp = match entry.icmp_type_code.get().map_err(known)? {
                Some(message) => icmp(*message.kind.get().map_err(known)?, *message.code.get().map_err(known)?),
                None => (None, None),
            };
            Matcher { protocol: Some(parsed), ports, icmp }
        };
        let allow = match entry.rule_action.get().map_err(known)?.as_str() {
            "allow" => true,
            "deny" => false,
            other => return Err(Gap::other(&base, format!("`{other}` is no rule action"))),
        };
        let text = format!("{direction},{number},{}", addresses.0);
        entries.push(AclEntry { number, allow, addresses: addresses.1, matcher, place: base.keyed(&text), text });
    }
    entries.sort_by(|a, b| (a.number, &a.text).cmp(&(b.number, &b.text)));
    Ok(entries)
}
