//! Host rules: of the lines of `pg_hba.conf`, the first that fits decides
//! (<https://www.postgresql.org/docs/current/auth-pg-hba-conf.html>).

use std::net::IpAddr;

use ipnet::IpNet;
use portcullis_estate::Gap;

use super::Catalog;
use super::roles::Graph;
use super::rows::{HbaRule, Role};

/// Addresses for which one line decides.
#[derive(Debug, Clone)]
pub struct Ruled<'c> {
    /// The line; `None` where no line fits, so that the server refuses.
    pub rule: Option<&'c HbaRule>,
    /// The addresses, disjoint from those of every other line.
    pub addresses: Vec<IpNet>,
}

impl Ruled<'_> {
    /// The method; `reject` where no line fits.
    #[must_use]
    pub fn method(&self) -> &str {
        self.rule.and_then(|rule| rule.method.as_deref()).unwrap_or("reject")
    }
}

/// Every address there is.
#[must_use]
pub fn everywhere() -> Vec<IpNet> {
    ["0.0.0.0/0", "::/0"].iter().filter_map(|net| net.parse().ok()).collect()
}

/// Which line decides for which addresses, for connections with or without TLS.
pub fn ruled<'c>(
    catalog: &'c Catalog,
    graph: &Graph<'_>,
    user: &Role,
    database: &str,
    tls: bool,
) -> Result<Vec<Ruled<'c>>, Gap> {
    if let Some(gap) = &catalog.hba.gap {
        return Err(gap.clone());
    }
    let mut rest = everywhere();
    let mut ruled = Vec::new();
    for rule in catalog.hba_rules() {
        let place = catalog.hba.place.member("rows").keyed(format_args!("line={}", rule.line));
        if let Some(error) = &rule.error {
            return Err(Gap::other(place, format_args!("a host rule with a fault: {error}")));
        }
        let not_modelled = |what: &str| Gap::not_modelled(format_args!("{place}: {what}"));
        let fits = match rule.connection.as_deref() {
            Some("host" | "hostnogssenc") => true,
            Some("hostssl") => tls,
            Some("hostnossl") => !tls,
            _ => false,
        };
        if !fits || !names_database(rule, graph, user, database).ok_or_else(|| not_modelled("database"))? {
            continue;
        }
        if !names_user(rule, graph, user).ok_or_else(|| not_modelled("user"))? {
            continue;
        }
        let nets = addresses(rule).ok_or_else(|| not_modelled("address"))?;
        let mut taken = Vec::new();
        for net in nets {
            let (inside, outside) = split(&rest, net);
            taken.extend(inside);
            rest = outside;
        }
        if !taken.is_empty() {
            ruled.push(Ruled { rule: Some(rule), addresses: taken });
        }
    }
    if !rest.is_empty() {
        ruled.push(Ruled { rule: None, addresses: rest });
    }
    Ok(ruled)
}

impl Catalog {
    /// The host rules in the order of their lines.
    fn hba_rules(&self) -> Vec<&HbaRule> {
        let mut rules: Vec<&HbaRule> = self.hba.rows.iter().collect();
        rules.sort_by_key(|rule| rule.line);
        rules
    }
}

/// `None` where a keyword or pattern is not known here.
fn names_database(rule: &HbaRule, graph: &Graph<'_>, user: &Role, database: &str) -> Option<bool> {
    for name in rule.databases.as_deref()? {
        let hit = match name.as_str() {
            "all" => true,
            "replication" => false,
            "sameuser" => user.name == database,
            "samerole" | "samegroup" => graph.is_member_by_name(user.oid, database),
            pattern if pattern.starts_with('/') => return None,
            name => name == database,
        };
        if hit {
            return Some(true);
        }
    }
    Some(false)
}

fn names_user(rule: &HbaRule, graph: &Graph<'_>, user: &Role) -> Option<bool> {
    for name in rule.users.as_deref()? {
        let hit = match name.strip_prefix('+') {
            Some(group) => graph.is_member_by_name(user.oid, group),
            None if name.starts_with('/') => return None,
            None => name == "all" || *name == user.name,
        };
        if hit {
            return Some(true);
        }
    }
    Some(false)
}

fn addresses(rule: &HbaRule) -> Option<Vec<IpNet>> {
    let address = rule.address.as_deref()?;
    if address == "all" {
        return Some(everywhere());
    }
    if let Ok(net) = address.parse::<IpNet>() {
        return Some(vec![net.trunc()]);
    }
    let address: IpAddr = address.parse().ok()?;
    let mask: IpAddr = match rule.netmask.as_deref() {
        Some(mask) => mask.parse().ok()?,
        None => return Some(vec![IpNet::from(address)]),
    };
    Some(vec![IpNet::with_netmask(address, mask).ok()?.trunc()])
}

/// The part of some ranges inside of another, and the rest.
#[must_use]
pub fn split(ranges: &[IpNet], by: IpNet) -> (Vec<IpNet>, Vec<IpNet>) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    let mut work: Vec<IpNet> = ranges.iter().rev().copied().collect();
    while let Some(net) = work.pop() {
        if by.contains(&net) {
            inside.push(net);
        } else if net.contains(&by) {
            match net.subnets(net.prefix_len().saturating_add(1)) {
                Ok(halves) => work.extend(halves),
                Err(_) => inside.push(net),
            }
        } else {
            outside.push(net);
        }
    }
    inside.sort();
    outside.sort();
    (IpNet::aggregate(&inside), IpNet::aggregate(&outside))
}

/// The part of some ranges that lies in none of others.
#[must_use]
pub fn outside(ranges: &[IpNet], of: &[IpNet]) -> Vec<IpNet> {
    of.iter().fold(ranges.to_vec(), |rest, net| split(&rest, *net).1)
}

/// The part of some ranges that lies in others.
#[must_use]
pub fn inside(ranges: &[IpNet], of: &[IpNet]) -> Vec<IpNet> {
    let mut found: Vec<IpNet> = of.iter().flat_map(|net| split(ranges, *net).0).collect();
    found.sort();
    IpNet::aggregate(&found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn ranges_split_exactly() {
        let (inside, outside) = split(&nets(&["10.0.0.0/8"]), "10.128.0.0/9".parse().unwrap());
        assert_eq!(inside, nets(&["10.128.0.0/9"]));
        assert_eq!(outside, nets(&["10.0.0.0/9"]));
        let (inside, outside) = split(&nets(&["10.0.0.0/30"]), "10.0.0.1/32".parse().unwrap());
        assert_eq!(inside, nets(&["10.0.0.1/32"]));
        assert_eq!(outside, nets(&["10.0.0.0/32", "10.0.0.2/31"]));
        assert_eq!(super::outside(&nets(&["10.0.0.0/24"]), &nets(&["10.0.0.0/25", "10.0.0.128/25"])), Vec::new());
        assert_eq!(super::inside(&everywhere(), &nets(&["10.0.0.0/24"])), nets(&["10.0.0.0/24"]));
    }
}
