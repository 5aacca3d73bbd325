//! Everything that reaches a destination, one path per source.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use portcullis_estate::{Answer, Decision, Estate, Gap};
use serde::Serialize;

use crate::model::{BalancerKind, Group, Interface, Peer, Role, Workload, World};
use crate::reach::{Destination, Meant, Start, may_open};
use crate::sets::{AddressSet, PortSet};
use crate::traffic::{Protocol, Traffic};
use crate::walk::Cx;
use crate::ways::Alts;

/// Where a path starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceSet {
    /// A workload that exists.
    Workload(Workload),
    /// Addresses of the internet; none of them the estate's own.
    Internet(AddressSet),
    /// Private addresses where nothing needs to stand today: a subnet, a peer's range, a range behind a VPN.
    Range(AddressSet),
    /// Whoever is put into this security group, which is empty.
    Group(String),
}

/// One source that reaches the destination, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    /// The source.
    pub source: SourceSet,
    /// The destination's ports that it reaches, all of them alike.
    pub ports: PortSet,
    /// Load balancers on the way, nearest to the source first. Empty: directly.
    pub via: Vec<String>,
    /// Whether nobody stands at the source today.
    pub vacant: bool,
    /// What it rests on: open, or undecided with what is missing.
    pub decision: Decision,
}

/// All that reach a destination.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Reachers {
    /// One path per source and way of coming in, in a fixed order.
    pub paths: Vec<Path>,
    /// Lists that are incomplete: further sources may exist.
    pub complete: BTreeSet<Gap>,
}

impl Reachers {
    /// Whether every list that sources come from was seen whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete.is_empty()
    }
}

/// The calls that list what may be a source.
const LISTS: [&str; 4] =
    ["ec2/describe-network-interfaces", "ec2/describe-instances", "ec2/describe-subnets", "ec2/describe-vpcs"];

type Key = (SourceSet, Vec<String>, bool);

impl World {
    /// Everything that reaches a workload or interface on one of these ports.
    #[must_use]
    pub fn reachers(
        &self,
        estate: &Estate,
        destination: &Destination,
        protocol: Protocol,
        ports: &PortSet,
    ) -> Reachers {
        self.find_reachers(estate, destination, protocol, ports, false)
    }

    /// Workloads that the internet reaches, each with its path.
    #[must_use]
    pub fn exposed(&self, estate: &Estate, protocol: Protocol, ports: &PortSet) -> Vec<(Workload, Path)> {
        let mut exposed = Vec::new();
        for workload in self.workloads() {
            let destination = Destination::Workload { kind: workload.kind.to_owned(), id: workload.id.clone() };
            let reachers = self.find_reachers(estate, &destination, protocol, ports, true);
            exposed.extend(reachers.paths.into_iter().map(|path| (workload.clone(), path)));
        }
        exposed
    }

    /// Workloads that a source reaches, or may, with the decision.
    #[must_use]
    pub fn reached_from(&self, estate: &Estate, source: &crate::Source, traffic: Traffic) -> Vec<(Workload, Decision)> {
        self.workloads()
            .into_iter()
            .filter_map(|workload| {
                let destination = Destination::Workload { kind: workload.kind.to_owned(), id: workload.id.clone() };
                let decision = self.reach(estate, source, &destination, traffic);
                may_open(&decision).then_some((workload, decision))
            })
            .collect()
    }

    /// Every workload, sorted. Load balancers, gateways and endpoints are hops and none of them.
    #[must_use]
    pub fn workloads(&self) -> Vec<Workload> {
        let ends = self.interfaces.iter().filter(|interface| matches!(interface.role, Role::Workload | Role::Function));
        let all: BTreeSet<&Workload> = ends.flat_map(|interface| &interface.owners).collect();
        all.into_iter().cloned().collect()
    }

    fn find_reachers(
        &self,
        estate: &Estate,
        destination: &Destination,
        protocol: Protocol,
        ports: &PortSet,
        internet_only: bool,
    ) -> Reachers {
        let cx = Cx { world: self, estate };
        let ends: Vec<&Interface> = match destination {
            Destination::Workload { kind, id } => self.interfaces.iter().filter(|i| i.belongs_to(kind, id)).collect(),
            Destination::Interface(id) => self.interfaces.iter().filter(|i| i.id == *id).collect(),
            Destination::Address(address) => {
                let indices = self.by_address.get(address).into_iter().flatten();
                indices.filter_map(|index| self.interfaces.get(*index)).collect()
            }
        };
        let mut found: BTreeMap<Key, Vec<(PortSet, Alts)>> = BTreeMap::new();
        for piece in self.port_pieces(protocol, ports) {
            let Some(port) = piece.first() else { continue };
            let asking = Asking { cx, destination, ends: &ends, traffic: Traffic::new(protocol, port) };
            for (key, alts) in asking.sources(internet_only) {
                found.entry(key).or_default().push((piece.clone(), alts));
            }
        }
        let mut paths = Vec::new();
        for ((source, via, vacant), pieces) in found {
            // Open and undecided ports of one source are two paths.
            let mut by_answer: BTreeMap<Answer, (PortSet, Alts)> = BTreeMap::new();
            for (ports, alts) in pieces {
                let answer = alts.clone().decide().answer();
                let entry = by_answer.entry(answer).or_insert_with(|| (PortSet::empty(), Alts::none()));
                entry.0 = entry.0.union(&ports);
                entry.1 = std::mem::take(&mut entry.1).or(alts);
            }
            for (ports, alts) in by_answer.into_values() {
                let decision = alts.decide();
                if may_open(&decision) {
                    let path = Path { source: source.clone(), ports, via: via.clone(), vacant, decision };
                    paths.push(path);
                }
            }
        }
        let mut complete = BTreeSet::new();
        if !internet_only {
            let places: BTreeSet<(&String, &String)> =
                self.vpcs.values().map(|vpc| (&vpc.account, &vpc.region)).collect();
            for (account, region) in places {
                complete.extend(LISTS.iter().filter_map(|call| estate.coverage.gap(account, region, call)));
            }
        }
        complete.extend(self.balancers.values().filter_map(|balancer| balancer.listeners.as_ref().err().cloned()));
        for balancer in self.balancers.values().filter(|balancer| balancer.kind == BalancerKind::Network) {
            if paths.iter().any(|path| path.via.contains(&balancer.id)) {
                complete.insert(Gap::not_modelled(format_args!("consumers of {} over PrivateLink", balancer.id)));
            }
        }
        for interface in &ends {
            if let Some(gap) =
                estate.coverage.gap(&interface.account, &interface.region, "elbv2/describe-load-balancers")
            {
                complete.insert(gap);
            }
        }
        Reachers { paths, complete }
    }

    /// The ports cut wherever some filter changes its mind.
    fn port_pieces(&self, protocol: Protocol, ports: &PortSet) -> Vec<PortSet> {
        if !protocol.has_ports() {
            return vec![PortSet::single(ports.first().unwrap_or(0))];
        }
        if ports.first().is_some_and(|port| PortSet::single(port) == *ports) {
            return vec![ports.clone()];
        }
        let rules =
            self.groups.values().flat_map(|group| group.rules.iter().flatten().flatten()).map(|rule| &rule.matcher);
        let entries =
            self.acls.values().flat_map(|acl| acl.entries.iter().flatten().flatten()).map(|entry| &entry.matcher);
        let mut edges: BTreeSet<PortSet> = rules.chain(entries).map(|matcher| matcher.ports_of(protocol)).collect();
        for target in self.target_groups.values().flat_map(|group| group.targets.iter().flatten()) {
            edges.extend(target.port.map(PortSet::single));
        }
        ports.pieces(&edges.into_iter().collect::<Vec<_>>())
    }
}

struct Asking<'a> {
    cx: Cx<'a>,
    destination: &'a Destination,
    ends: &'a [&'a Interface],
    traffic: Traffic,
}

impl Asking<'_> {
    fn sources(&self, internet_only: bool) -> Vec<(Key, Alts)> {
        let mut found = Vec::new();
        self.internet(&mut found);
        if !internet_only {
            self.workloads(&mut found);
            self.ranges(&mut found);
            self.empty_groups(&mut found);
        }
        found.retain(|(_, alts)| may_open(&alts.clone().decide()));
        found
    }

    fn direct(&self, start: &Start<'_>) -> Alts {
        let mut whole = Alts::none();
        for end in self.ends {
            whole = whole.or(self.cx.to_interface(start, end, self.meant(), self.traffic));
        }
        whole
    }

    fn meant(&self) -> Meant<'_> {
        if let Destination::Address(address) = self.destination { Meant::This(*address) } else { Meant::Any }
    }

    fn balanced(&self, start: &Start<'_>) -> (Alts, Vec<String>) {
        match self.destination {
            Destination::Workload { kind, id } => self.cx.through_hops(start, kind, id, self.traffic),
            _ => (Alts::none(), Vec::new()),
        }
    }

    fn internet(&self, found: &mut Vec<(Key, Alts)>) {
        let all = self.cx.world.internet();
        // Which addresses get in, directly; then through a balancer.
        let mut edges: Vec<&AddressSet> = self.ends.iter().flat_map(|end| self.cx.edges(end)).collect();
        let balancers = self.cx.world.interfaces.iter().filter(|interface| interface.role == Role::Balancer);
        edges.extend(balancers.flat_map(|node| self.cx.edges(node)));
        let mut sets: BTreeMap<(Answer, Vec<String>), (AddressSet, Alts)> = BTreeMap::new();
        let mut put = |piece: &AddressSet, via: Vec<String>, alts: Alts| {
            let answer = alts.clone().decide().answer();
            if answer != Answer::Closed {
                let entry = sets.entry((answer, via)).or_insert_with(|| (AddressSet::empty(), Alts::none()));
                entry.0 = entry.0.union(piece);
                if !alts.list.iter().all(|alt| entry.1.list.contains(alt)) {
                    entry.1 = std::mem::take(&mut entry.1).or(alts);
                }
            }
        };
        for piece in all.pieces(&edges) {
            let start = Start::Outside(piece.first().map(AddressSet::single).unwrap_or_default());
            put(&piece, Vec::new(), self.direct(&start));
            let (alts, via) = self.balanced(&start);
            if !via.is_empty() {
                put(&piece, via, alts);
            }
        }
        found.extend(sets.into_iter().map(|((_, via), (set, alts))| ((SourceSet::Internet(set), via, false), alts)));
    }

    fn workloads(&self, found: &mut Vec<(Key, Alts)>) {
        for (workload, interfaces) in self.by_workload() {
            if self.ends.iter().any(|end| end.owners.contains(workload)) {
                continue;
            }
            let (mut direct, mut balanced, mut hops) = (Alts::none(), Alts::none(), Vec::new());
            for interface in interfaces {
                let start = Start::Interface(Box::new(Cow::Borrowed(interface)));
                direct = direct.or(self.direct(&start));
                let (alts, via) = self.balanced(&start);
                balanced = balanced.or(alts);
                hops.extend(via);
            }
            let source = SourceSet::Workload(workload.clone());
            found.push(((source.clone(), Vec::new(), false), direct));
            if !hops.is_empty() {
                hops.sort();
                hops.dedup();
                found.push(((source, hops, false), balanced));
            }
        }
    }

    fn by_workload(&self) -> BTreeMap<&Workload, Vec<&Interface>> {
        let mut map: BTreeMap<&Workload, Vec<&Interface>> = BTreeMap::new();
        for interface in &self.cx.world.interfaces {
            if matches!(interface.role, Role::Workload | Role::Function) {
                for owner in &interface.owners {
                    map.entry(owner).or_default().push(interface);
                }
            }
        }
        map
    }

    fn groups_of_ends(&self) -> impl Iterator<Item = &Group> {
        let ids: BTreeSet<&String> = self.ends.iter().flat_map(|end| &end.groups).collect();
        ids.into_iter().filter_map(|id| self.cx.world.groups.get(id))
    }

    /// Standing permissions for private addresses where nobody stands.
    fn ranges(&self, found: &mut Vec<(Key, Alts)>) {
        let world = self.cx.world;
        let mut admitted = AddressSet::empty();
        let mut unsure = self.ends.iter().any(|end| end.unfiltered);
        for rule in self.groups_of_ends().flat_map(|group| group.rules.first().into_iter().flatten().flatten()) {
            match &rule.peer {
                Peer::Addresses(set) if rule.matcher.admits(self.traffic) => admitted = admitted.union(set),
                Peer::Unread(_) => unsure = true,
                _ => {}
            }
        }
        if unsure {
            admitted = AddressSet::all();
        }
        let private = admitted.subtract(&AddressSet::public());
        let blocks: Vec<&AddressSet> = world.subnets.values().map(|subnet| &subnet.blocks).collect();
        let mut edges: Vec<&AddressSet> = self.ends.iter().flat_map(|end| self.cx.edges(end)).collect();
        edges.extend(&blocks);
        let inside = blocks.iter().fold(AddressSet::empty(), |sum, block| sum.union(block));
        for subnet in world.subnets.values() {
            let table = subnet.acl.as_ref().and_then(|id| world.acls.get(id));
            edges.extend(
                table.into_iter().flat_map(|acl| acl.entries.iter().flatten().flatten()).map(|entry| &entry.addresses),
            );
        }
        let beyond = self.ranges_beyond();
        let candidates = private.intersect(&inside.union(&beyond));
        let occupied = world.by_address.keys().fold(AddressSet::empty(), |sum, address| {
            if candidates.contains(*address) { sum.union(&AddressSet::single(*address)) } else { sum }
        });
        let mut sets: BTreeMap<Answer, (AddressSet, Alts)> = BTreeMap::new();
        for piece in candidates.pieces(&edges) {
            let Some(source) = piece.subtract(&occupied).first() else { continue };
            let alts = self.direct(&Start::Outside(AddressSet::single(source)));
            let answer = alts.clone().decide().answer();
            if answer != Answer::Closed {
                let entry = sets.entry(answer).or_insert_with(|| (AddressSet::empty(), Alts::none()));
                entry.0 = entry.0.union(&piece);
                if !alts.list.iter().all(|alt| entry.1.list.contains(alt)) {
                    entry.1 = std::mem::take(&mut entry.1).or(alts);
                }
            }
        }
        found.extend(sets.into_values().map(|(set, alts)| ((SourceSet::Range(set), Vec::new(), true), alts)));
    }

    /// Private ranges that routes of the destination's subnets lead to outside the subnets of the estate.
    fn ranges_beyond(&self) -> AddressSet {
        let world = self.cx.world;
        let mut beyond = AddressSet::empty();
        for subnet in self.ends.iter().filter_map(|end| world.subnets.get(&end.subnet)) {
            let table = subnet.table.as_ref().or_else(|| world.main_tables.get(&subnet.vpc));
            let Some(Ok(routes)) = table.and_then(|id| world.tables.get(id)).map(|table| &table.routes) else {
                continue;
            };
            for route in routes.iter().filter(|route| !route.blocked && route.active) {
                use crate::model::Target::{Other, Peering, Transit, Vpn};
                if matches!(route.target, Vpn(_) | Peering(_) | Transit(_) | Other(_)) {
                    beyond = beyond.union(&route.addresses);
                }
            }
        }
        beyond
    }

    /// Standing permissions for groups that nobody is in.
    fn empty_groups(&self, found: &mut Vec<(Key, Alts)>) {
        let world = self.cx.world;
        let mut referenced: BTreeSet<&String> = BTreeSet::new();
        for rule in self.groups_of_ends().flat_map(|group| group.rules.first().into_iter().flatten().flatten()) {
            if let Peer::Group(id) = &rule.peer
                && rule.matcher.admits(self.traffic)
            {
                referenced.insert(id);
            }
        }
        for id in referenced {
            if world.interfaces.iter().any(|interface| interface.groups.contains(id)) {
                continue;
            }
            let Some(group) = world.groups.get(id) else { continue };
            let further = world.group_vpcs.get(id);
            let fits = |vpc: &String| Some(vpc) == group.vpc.as_ref() || further.is_some_and(|vpcs| vpcs.contains(vpc));
            let mut whole = Alts::none();
            for subnet in world.subnets.values().filter(|subnet| fits(&subnet.vpc)) {
                let Ok(from) = world.imagined(&subnet.id, std::slice::from_ref(id), None) else { continue };
                whole = whole.or(self.direct(&Start::Interface(Box::new(Cow::Owned(from)))));
            }
            found.push(((SourceSet::Group(id.clone()), Vec::new(), true), whole));
        }
    }
}

impl SourceSet {
    /// Whether an address is among the source's.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Internet(set) | Self::Range(set) => set.contains(address),
            Self::Workload(_) | Self::Group(_) => false,
        }
    }
}
