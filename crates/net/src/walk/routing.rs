//! Which route a packet takes out of a subnet.
//!
//! Longest prefix first; a blackhole drops and there is no fallback to a shorter prefix
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).

use std::net::IpAddr;

use portcullis_estate::{Control, ControlKind, Fact, Gap};

use super::Cx;
use crate::model::{Route, Subnet, Table, Target};
use crate::ways::Alts;

/// A route that a packet may take, and what it takes for that.
pub(crate) struct Choice {
    pub(crate) target: Target,
    pub(crate) alts: Alts,
}

/// Every route that a packet from this subnet may take: the one that the table gives, and those that it would have
/// if it failed. The facts of the second list say why there is no way where no choice leads on.
pub(crate) fn choices(cx: Cx<'_>, subnet: &Subnet, address: IpAddr) -> (Vec<Choice>, Vec<Fact>) {
    let table = subnet.table.as_ref().or_else(|| cx.world.main_tables.get(&subnet.vpc));
    let listing = cx.estate.coverage.gap(&subnet.account, &subnet.region, "ec2/describe-route-tables");
    let Some(table) = table.and_then(|id| cx.world.tables.get(id)) else {
        let what = format!("route table of {}", subnet.id);
        let gap = cx.missing(&subnet.account, &subnet.region, "ec2/describe-route-tables", &what);
        return (vec![unknown(gap)], vec![]);
    };
    let (mut choices, why) = of_table(cx, table, subnet, address);
    // Another table may be associated, if the list of tables is cut off.
    if let (None, Some(gap)) = (&subnet.table, listing) {
        for choice in &mut choices {
            choice.alts = std::mem::take(&mut choice.alts).if_known(&gap);
        }
    }
    (choices, why)
}

fn unknown(gap: Gap) -> Choice {
    Choice { target: Target::Other(String::new()), alts: Alts::unknown(gap) }
}

fn of_table(cx: Cx<'_>, table: &Table, subnet: &Subnet, address: IpAddr) -> (Vec<Choice>, Vec<Fact>) {
    let routes = match &table.routes {
        Ok(routes) => routes,
        Err(gap) => return (vec![unknown(gap.clone())], vec![]),
    };
    let covering: Vec<&Route> = routes.iter().filter(|route| route.addresses.contains(address)).collect();
    let written = || covering.iter().copied().filter(|route| !route.alternative);
    let unread: Vec<&Gap> =
        written().filter(|route| route.length == u32::MAX).filter_map(|route| route.gap.as_ref()).collect();
    let best = written().filter(|route| route.length != u32::MAX).map(|route| (route.length, 255 - route.rank)).max();
    let winners: Vec<&Route> = written().filter(|route| Some((route.length, 255 - route.rank)) == best).collect();
    let mut targets: Vec<&Target> = winners.iter().map(|route| &route.target).collect();
    targets.sort();
    targets.dedup();
    let local = cx.world.vpcs.get(&table.vpc).is_some_and(|vpc| vpc.blocks.contains(address));
    let mut choices = Vec::new();
    let mut why = Vec::new();
    for route in &winners {
        let fact = Fact::new(table.id.as_str(), says(route), route.place.clone());
        if !route.active {
            why.push(fact.coded("BAD_STATE_ROUTE"));
            continue;
        }
        let id = format!("{}/{}", table.id, route.text);
        let alts = if route.target == Target::Local { Alts::because(fact) } else { Alts::enabled(id, fact) };
        let mut choice = Choice { target: route.target.clone(), alts };
        for gap in route.gap.iter().chain(unread.iter().copied()) {
            choice.alts = choice.alts.if_known(gap);
        }
        if targets.len() > 1 {
            // "AWS picks one arbitrarily and keeps it": which one no answer shows.
            let gap =
                Gap::other(format_args!("which of the overlapping prefix lists of {} is used", table.id), "not shown");
            choice.alts = choice.alts.if_known(&gap);
        }
        choices.push(choice);
    }
    if winners.is_empty() && local {
        // Every table has a local route for each block of its VPC, also where a dump leaves it out.
        choices.push(Choice { target: Target::Local, alts: Alts::pass() });
    }
    choices.extend(unread.into_iter().map(|gap| unknown(gap.clone())));
    let says_instead = winners.iter().map(|route| says(route)).next();
    let code = match winners.first() {
        None => "NO_ROUTE_TO_DESTINATION",
        Some(route) if !route.active => "BAD_STATE_ROUTE",
        Some(_) => "MORE_SPECIFIC_ROUTE",
    };
    if winners.is_empty() && !local {
        let statement = format!("no route for this destination, from {}", subnet.id);
        why.push(Fact::new(table.id.as_str(), statement, table.place.member("Routes")).coded(code));
    }
    // Inside the VPC the local route is always there; nothing is lacking.
    for route in covering.iter().filter(|route| route.alternative && !local) {
        if choices
            .iter()
            .any(|choice| choice.target == route.target && choice.alts.list.iter().any(|alt| alt.way.is_open()))
        {
            continue;
        }
        let statement = match &says_instead {
            Some(instead) => format!("no route to {} for this destination: {instead}", name(&route.target)),
            None => format!("no route to {} for this destination", name(&route.target)),
        };
        let fact = Fact::new(table.id.as_str(), statement, table.place.member("Routes"));
        let alts = if route.blocked {
            let control = Control::new(ControlKind::RouteTable, &table.account, &table.region, &table.id);
            Alts::blocked(control, fact.coded(code))
        } else {
            let statement = format!("has the route to {}", name(&route.target));
            Alts::because(Fact::new(table.id.as_str(), statement, table.place.member("Routes")))
        };
        choices.push(Choice { target: route.target.clone(), alts });
    }
    (choices, why)
}

fn says(route: &Route) -> String {
    let state = if route.active { "" } else { ", a blackhole" };
    format!("{} leads to {}{state}", route.text, name(&route.target))
}

/// How a person knows a target.
pub(crate) fn name(target: &Target) -> &str {
    match target {
        Target::Local => "the VPC itself",
        Target::Internet(id)
        | Target::Vpn(id)
        | Target::GatewayEndpoint(id)
        | Target::Nat(id)
        | Target::Peering(id)
        | Target::Transit(id)
        | Target::EgressOnly(id)
        | Target::Other(id) => id,
    }
}
