//! Reaching a workload through what stands before it: load balancers and database proxies.

use portcullis_estate::{Fact, Gap};
use portcullis_snapshot::Place;

use super::balance::{self, Only};
use super::connect::{self, End};
use super::filters;
use super::{Cx, internet};
use crate::model::{Balancer, BalancerKind, Direction, Interface, Listener, Role};
use crate::reach::{Meant, Start};
use crate::sets::PortSet;
use crate::traffic::{Packet, Traffic};
use crate::ways::Alts;

/// A way over one listener of a balancer, or over a proxy, to a workload.
struct Hop {
    /// The balancer or proxy.
    id: String,
    /// The port it listens on.
    port: u16,
    /// Whether the walk to the balancer went on to the target already.
    judged: bool,
    /// Whether ACLs count inside a subnet too.
    classic: bool,
    /// What says that it leads to the workload.
    fact: Fact,
    /// What was not seen about that.
    gap: Option<Gap>,
}

impl Cx<'_> {
    /// Through everything that leads to the workload on this port. Also the ids of what it goes through.
    pub(crate) fn through_hops(self, start: &Start<'_>, kind: &str, id: &str, traffic: Traffic) -> (Alts, Vec<String>) {
        let ends: Vec<&Interface> =
            self.world.interfaces.iter().filter(|interface| interface.belongs_to(kind, id)).collect();
        let mut whole = Alts::none();
        let mut via = Vec::new();
        for hop in self.hops(kind, id, traffic) {
            let mut step = Alts::none();
            let nodes = self
                .world
                .interfaces
                .iter()
                .filter(|node| node.role == Role::Balancer && node.owners.iter().any(|o| o.id == hop.id));
            for node in nodes {
                let back = if hop.judged { Alts::pass() } else { self.leg(node, &hop, &ends, traffic) };
                // What only perhaps leads there matters only if it could get there.
                if back.is_never() || (hop.gap.is_some() && back.list.iter().all(|alt| !alt.way.blockers.is_empty())) {
                    continue;
                }
                let back = match &hop.gap {
                    Some(gap) => back.if_known(gap),
                    None => back,
                };
                let through = Meant::Through(Only { kind, id, port: traffic.port });
                let meant = if hop.judged { through } else { Meant::Any };
                let front = self.to_interface(start, node, meant, traffic.to_port(hop.port));
                step = step.or(front.and(back.headed(&hop.fact)));
            }
            if !step.is_never() {
                via.push(hop.id);
            }
            whole = whole.or(step);
        }
        // A node of a balancer that no list names may forward anywhere its own groups and routes let it.
        let listed = |id: &String| self.world.balancers.contains_key(id) || self.world.proxies.contains_key(id);
        let nodes = self.world.interfaces.iter().filter(|node| node.role == Role::Balancer);
        for node in nodes.filter(|node| !node.owners.iter().any(|owner| listed(&owner.id))) {
            let fact = Fact::new(node.id.as_str(), "belongs to a load balancer that was not seen", node.place.clone());
            let hop = Hop { id: node.id.clone(), port: traffic.port, judged: false, classic: false, fact, gap: None };
            let back = self.leg(node, &hop, &ends, traffic);
            if back.list.iter().any(|alt| alt.way.blockers.is_empty()) {
                let what = format!("load balancer of {}", node.id);
                let gap = self.missing(&node.account, &node.region, "elbv2/describe-load-balancers", &what);
                whole = whole.or(back.headed(&hop.fact).if_known(&gap));
                via.push(hop.id);
            }
        }
        via.sort();
        via.dedup();
        (whole, via)
    }

    /// The hop's own connection to any interface of the workload.
    fn leg(self, node: &Interface, hop: &Hop, ends: &[&Interface], traffic: Traffic) -> Alts {
        let mut whole = Alts::none();
        for to in ends {
            for (own, address) in
                node.addresses.iter().flat_map(|own| to.addresses.iter().map(move |address| (own, address)))
            {
                for source in self.positions(node, own, to) {
                    for destination in self.positions(to, address, node) {
                        let from = End { interface: node, address: source };
                        let end = End { interface: to, address: destination };
                        let mut step = connect::private(self, from, end, traffic, &PortSet::translated());
                        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-security-groups.html>.
                        if hop.classic
                            && node.subnet == to.subnet
                            && let Ok(subnet) = self.subnet(node)
                        {
                            let (there, back) =
                                (Packet::Fixed(traffic), Packet::reply_to(traffic, &PortSet::translated()));
                            step = step
                                .and(filters::acl(self, subnet, Direction::Out, destination, &there))
                                .and(filters::acl(self, subnet, Direction::In, source, &there))
                                .and(filters::acl(self, subnet, Direction::Out, source, &back))
                                .and(filters::acl(self, subnet, Direction::In, destination, &back));
                        }
                        whole = whole.or(internet::any_translated(step));
                    }
                }
            }
        }
        whole
    }

    fn hops(self, kind: &str, id: &str, traffic: Traffic) -> Vec<Hop> {
        let mut hops = Vec::new();
        for balancer in self.world.balancers.values() {
            match &balancer.listeners {
                Ok(listeners) => {
                    for listener in listeners {
                        hops.extend(self.over_listener(balancer, listener, kind, id, traffic));
                    }
                }
                Err(gap) => hops.push(perhaps(&balancer.id, traffic.port, &balancer.place, gap.clone())),
            }
        }
        for (proxy_id, proxy) in &self.world.proxies {
            if !kind.starts_with("rds.") || kind == "rds.proxy" {
                continue;
            }
            let port = proxy.port.unwrap_or(traffic.port);
            let fact = Fact::new(proxy_id.as_str(), format!("is a proxy before {id}"), proxy.place.clone());
            let gap = match &proxy.databases {
                Ok(names) if names.iter().any(|name| name == id || self.world.clusters.get(id) == Some(name)) => None,
                Ok(_) => continue,
                Err(gap) => Some(gap.clone()),
            };
            hops.push(Hop { id: proxy_id.clone(), port, judged: false, classic: false, fact, gap });
        }
        hops
    }

    fn over_listener(
        self,
        balancer: &Balancer,
        listener: &Listener,
        kind: &str,
        id: &str,
        traffic: Traffic,
    ) -> Vec<Hop> {
        let mut hops = Vec::new();
        if let Some(gap) = &listener.gap {
            hops.push(perhaps(&balancer.id, listener.port, &listener.place, gap.clone()));
        }
        for group_id in &listener.targets {
            let Some(group) = self.world.target_groups.get(group_id) else {
                let what = format!("target group {group_id}");
                let gap = self.missing(&balancer.account, &balancer.region, "elbv2/describe-target-groups", &what);
                hops.push(perhaps(&balancer.id, listener.port, &listener.place, gap));
                continue;
            };
            let classic = balancer.kind == BalancerKind::Classic;
            let hop = |statement: String, place: Place, judged: bool| Hop {
                id: balancer.id.clone(),
                port: listener.port,
                judged,
                classic,
                fact: Fact::new(group.id.as_str(), statement, place),
                gap: None,
            };
            // A network load balancer hands the client's connection on: the walk to it goes on to the target.
            let judged = balancer.kind == BalancerKind::Network && listener.protocol != "TLS";
            let service = group.services.iter().any(|(service, port)| {
                kind == "ecs.service" && service == id && port.is_none_or(|port| port == traffic.port)
            });
            if service {
                hops.push(hop(format!("tasks of {id} register here"), listener.place.clone(), judged));
                continue;
            }
            match &group.targets {
                Err(gap) => hops.push(perhaps(&balancer.id, listener.port, &listener.place, gap.clone())),
                Ok(targets) => {
                    let fitting = targets.iter().filter(|target| target.port == Some(traffic.port)).find(|target| {
                        let all = balance::interfaces_of(self, group, target, "");
                        all.iter().any(|(interface, _)| interface.belongs_to(kind, id))
                    });
                    if let Some(target) = fitting {
                        hops.push(hop(format!("target {} on {traffic}", target.id), target.place.clone(), judged));
                    }
                }
            }
        }
        hops
    }
}

fn perhaps(id: &str, port: u16, place: &Place, gap: Gap) -> Hop {
    let fact = Fact::new(id, "may forward to it", place.clone());
    Hop { id: id.to_owned(), port, judged: false, classic: false, fact, gap: Some(gap) }
}
