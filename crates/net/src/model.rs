//! The compiled network: what the walks look at. Everything is owned and keyed by AWS's ids.

use std::collections::BTreeMap;
use std::net::IpAddr;

use portcullis_estate::{Control, ControlKind, Fact, Gap};
use portcullis_snapshot::Place;
use serde::Serialize;

use crate::sets::AddressSet;
use crate::traffic::Matcher;

/// Something that sends or receives: an instance, a service, a function, a database, a cache, or a bare interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Workload {
    /// The kind as rules spell it: `ec2.instance`, `ecs.service`, `rds.instance`, …
    pub kind: &'static str,
    /// Id of its row in the estate.
    pub id: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Vpc {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) blocks: AddressSet,
}

#[derive(Debug, Clone)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) zone: Option<String>,
    pub(crate) blocks: AddressSet,
    pub(crate) acl: Option<String>,
    pub(crate) table: Option<String>,
}

/// What a security group rule admits.
#[derive(Debug, Clone)]
pub(crate) enum Peer {
    Addresses(AddressSet),
    /// A prefix list that could not be read.
    Unread(Gap),
    Group(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) place: Place,
    pub(crate) text: String,
    pub(crate) matcher: Matcher,
    pub(crate) peer: Peer,
    pub(crate) gap: Option<Gap>,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) vpc: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) place: Place,
    /// Inbound, then outbound; each may be unseen.
    pub(crate) rules: [Result<Vec<Rule>, Gap>; 2],
}

/// The direction of a packet, seen from the thing that filters it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

impl Group {
    pub(crate) fn rules(&self, direction: Direction) -> &Result<Vec<Rule>, Gap> {
        let [inbound, outbound] = &self.rules;
        if direction == Direction::In { inbound } else { outbound }
    }

    pub(crate) fn control(&self, direction: Direction) -> Control {
        let kind = match direction {
            Direction::In => ControlKind::SecurityGroupIngress,
            Direction::Out => ControlKind::SecurityGroupEgress,
        };
        Control::new(kind, &self.account, &self.region, &self.id)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AclEntry {
    pub(crate) number: i64,
    pub(crate) allow: bool,
    pub(crate) addresses: AddressSet,
    pub(crate) matcher: Matcher,
    pub(crate) place: Place,
    pub(crate) text: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Acl {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) place: Place,
    /// Inbound, then outbound, in the order of their numbers; each may be unseen.
    pub(crate) entries: [Result<Vec<AclEntry>, Gap>; 2],
}

impl Acl {
    pub(crate) fn entries(&self, direction: Direction) -> &Result<Vec<AclEntry>, Gap> {
        let [inbound, outbound] = &self.entries;
        if direction == Direction::In { inbound } else { outbound }
    }

    pub(crate) fn control(&self, direction: Direction) -> Control {
        let kind = match direction {
            Direction::In => ControlKind::NetworkAclIngress,
            Direction::Out => ControlKind::NetworkAclEgress,
        };
        Control::new(kind, &self.account, &self.region, &self.id)
    }
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Local,
    Internet(String),
    Vpn(String),
    GatewayEndpoint(String),
    Nat(String),
    Peering(String),
    Transit(String),
    EgressOnly(String),
    /// Something that the walks do not follow: an appliance, a carrier gateway, a core network.
    Other(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// The destination block; of an unread prefix list every address.
    pub(crate) addresses: AddressSet,
    pub(crate) length: u32,
    /// Lower wins among equal lengths: written routes, prefix lists, propagated ones.
    pub(crate) rank: u8,
    pub(crate) target: Target,
    pub(crate) active: bool,
    pub(crate) gap: Option<Gap>,
    /// Added by the failure of the table: an alternative to what the others say.
    pub(crate) alternative: bool,
    /// An alternative that the table has once it fails.
    pub(crate) blocked: bool,
    pub(crate) place: Place,
    pub(crate) text: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) vpc: String,
    pub(crate) place: Place,
    pub(crate) routes: Result<Vec<Route>, Gap>,
}

/// The public address that stands for a private one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Public {
    No,
    Known(IpAddr),
    /// There is one, which the input does not show.
    Unseen,
}

#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// `None`: somewhere in the subnet.
    pub(crate) private: Option<IpAddr>,
    pub(crate) public: Public,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Sends and receives for its owner.
    Workload,
    /// Sends only.
    Function,
    Nat,
    Transit,
    Balancer,
    Endpoint,
    ConnectEndpoint,
}

#[derive(Debug, Clone)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) owners: Vec<Workload>,
    pub(crate) role: Role,
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) addresses: Vec<Address>,
    /// Blocks delegated to it, whose addresses belong to what runs behind it.
    pub(crate) delegated: AddressSet,
    pub(crate) groups: Vec<String>,
    /// Managed interfaces without groups are not filtered by groups.
    pub(crate) unfiltered: bool,
    /// Internet gateway traffic is refused on it.
    pub(crate) denies_internet: bool,
    /// Why nothing runs behind it now.
    pub(crate) down: Option<Fact>,
    /// What about it was not seen.
    pub(crate) gaps: Vec<Gap>,
    pub(crate) place: Place,
    /// What gives it a public address if it has none.
    pub(crate) public_control: Option<Control>,
    /// Whether AWS shows it, or it stands for where its owner may be placed.
    pub(crate) seen: bool,
}

impl Interface {
    pub(crate) fn owner(&self) -> Option<&Workload> {
        self.owners.first()
    }

    pub(crate) fn belongs_to(&self, kind: &str, id: &str) -> bool {
        self.owners.iter().any(|owner| owner.kind == kind && owner.id == id)
    }

    /// How a person knows it.
    pub(crate) fn label(&self) -> String {
        let owner = self.owner().map_or_else(|| self.id.clone(), |owner| owner.id.clone());
        match self.addresses.iter().find_map(|address| address.private) {
            Some(address) => format!("{owner} ({address})"),
            None => format!("{owner} in {}", self.subnet),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Peering {
    pub(crate) active: bool,
    pub(crate) place: Place,
    /// Both sides: VPC, its blocks, its region.
    pub(crate) sides: [(String, AddressSet, String); 2],
}

impl Peering {
    /// The side across from a VPC.
    pub(crate) fn across(&self, vpc: &str) -> Option<&(String, AddressSet, String)> {
        match &self.sides {
            [a, b] if a.0 == vpc => Some(b),
            [a, b] if b.0 == vpc => Some(a),
            _ => None,
        }
    }

    pub(crate) fn crosses_regions(&self) -> bool {
        let [a, b] = &self.sides;
        a.2 != b.2
    }
}

#[derive(Debug, Clone)]
pub(crate) struct NatGateway {
    pub(crate) subnet: Option<String>,
    pub(crate) available: bool,
    pub(crate) public: bool,
    pub(crate) regional: bool,
    pub(crate) public_ips: Vec<IpAddr>,
    pub(crate) place: Place,
}

#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) gateway: String,
    pub(crate) vpc: Option<String>,
    pub(crate) kind: String,
    pub(crate) available: bool,
    pub(crate) subnets: Vec<String>,
    pub(crate) appliance_mode: bool,
    pub(crate) references: bool,
    pub(crate) table: Option<String>,
    pub(crate) place: Place,
}

#[derive(Debug, Clone)]
pub(crate) struct TransitRoute {
    pub(crate) addresses: AddressSet,
    pub(crate) length: u32,
    pub(crate) is_static: bool,
    /// `None`: a blackhole.
    pub(crate) attachment: Option<String>,
    pub(crate) place: Place,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Transit {
    pub(crate) attachments: BTreeMap<String, Attachment>,
    pub(crate) tables: BTreeMap<String, Vec<TransitRoute>>,
    pub(crate) table_gaps: BTreeMap<String, Gap>,
    pub(crate) references: BTreeMap<String, bool>,
    /// Where attachments could not be listed.
    pub(crate) gaps: Vec<Gap>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BalancerKind {
    Application,
    Network,
    Classic,
}

#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) port: u16,
    pub(crate) protocol: String,
    pub(crate) targets: Vec<String>,
    /// What stands before the target: authentication, rules.
    pub(crate) notes: Vec<String>,
    pub(crate) place: Place,
    pub(crate) id: String,
    pub(crate) gap: Option<Gap>,
}

#[derive(Debug, Clone)]
pub(crate) struct Balancer {
    pub(crate) id: String,
    pub(crate) kind: BalancerKind,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) cross_zone: Result<bool, Gap>,
    pub(crate) down: Option<Fact>,
    pub(crate) listeners: Result<Vec<Listener>, Gap>,
    pub(crate) place: Place,
}

#[derive(Debug, Clone)]
pub(crate) struct TargetGroup {
    pub(crate) id: String,
    pub(crate) by_address: bool,
    pub(crate) cross_zone: Option<bool>,
    /// Whether targets see the client's address; `Err` if that was not seen.
    pub(crate) preserves_client: Result<bool, Gap>,
    pub(crate) assumed_default: bool,
    pub(crate) targets: Result<Vec<Registered>, Gap>,
    /// ECS services whose tasks register here, with their container's port.
    pub(crate) services: Vec<(String, Option<u16>)>,
}

/// A registered target.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) id: String,
    pub(crate) port: Option<u16>,
    pub(crate) zone: Option<String>,
    pub(crate) healthy: bool,
    pub(crate) used: bool,
    pub(crate) place: Place,
}

/// A database proxy: a hop to the databases behind it.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) port: Option<u16>,
    /// Names of instances and clusters.
    pub(crate) databases: Result<Vec<String>, Gap>,
    pub(crate) place: Place,
}

/// VPC Block Public Access of a region.
#[derive(Debug, Clone)]
pub(crate) struct BlockPublicAccess {
    pub(crate) mode: Result<String, Gap>,
    pub(crate) place: Place,
    /// VPC or subnet id, and whether traffic from the internet is let in as well.
    pub(crate) exclusions: Vec<(String, bool)>,
    pub(crate) exclusions_gap: Option<Gap>,
}

/// The compiled network of an estate: built once, asked many times.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) acls: BTreeMap<String, Acl>,
    pub(crate) tables: BTreeMap<String, Table>,
    /// Main route table by VPC.
    pub(crate) main_tables: BTreeMap<String, String>,
    /// Route table by gateway (edge association).
    pub(crate) edge_tables: BTreeMap<String, String>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) by_address: BTreeMap<IpAddr, Vec<usize>>,
    pub(crate) by_owner: BTreeMap<(&'static str, String), Vec<usize>>,
    pub(crate) by_subnet: BTreeMap<String, Vec<usize>>,
    /// Internet gateway by VPC.
    pub(crate) internet_gateways: BTreeMap<String, (String, Place)>,
    /// VPN gateway by VPC.
    pub(crate) vpn_gateways: BTreeMap<String, String>,
    pub(crate) egress_only: BTreeMap<String, String>,
    pub(crate) nat_gateways: BTreeMap<String, NatGateway>,
    pub(crate) peerings: BTreeMap<String, Peering>,
    pub(crate) transit: Transit,
    pub(crate) gateway_endpoints: BTreeMap<String, Place>,
    pub(crate) balancers: BTreeMap<String, Balancer>,
    pub(crate) target_groups: BTreeMap<String, TargetGroup>,
    pub(crate) proxies: BTreeMap<String, Proxy>,
    /// Cluster by database instance.
    pub(crate) clusters: BTreeMap<String, String>,
    pub(crate) block_public_access: BTreeMap<(String, String), BlockPublicAccess>,
    /// Public addresses of the estate.
    pub(crate) own_public: AddressSet,
    /// VPC and group pairs beyond the VPC a group was made in.
    pub(crate) group_vpcs: BTreeMap<String, Vec<String>>,
}
