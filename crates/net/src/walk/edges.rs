//! The address sets on whose edges a walk changes its mind: what lies between two edges is decided once.

use super::{Cx, balance};
use crate::model::{Interface, Peer};
use crate::sets::AddressSet;

impl<'a> Cx<'a> {
    /// Every address set on whose edges a walk to or from this interface changes its mind.
    pub(crate) fn edges(self, interface: &Interface) -> Vec<&'a AddressSet> {
        let world = self.world;
        let mut edges = Vec::new();
        for group in interface.groups.iter().filter_map(|id| world.groups.get(id)) {
            for rule in group.rules.iter().flatten().flatten() {
                if let Peer::Addresses(set) = &rule.peer {
                    edges.push(set);
                }
            }
        }
        if let Some(subnet) = world.subnets.get(&interface.subnet) {
            edges.push(&subnet.blocks);
            if let Some(acl) = subnet.acl.as_ref().and_then(|id| world.acls.get(id)) {
                edges.extend(acl.entries.iter().flatten().flatten().map(|entry| &entry.addresses));
            }
            let table = subnet.table.as_ref().or_else(|| world.main_tables.get(&subnet.vpc));
            if let Some(Ok(routes)) = table.and_then(|id| world.tables.get(id)).map(|table| &table.routes) {
                edges.extend(routes.iter().map(|route| &route.addresses));
            }
        }
        edges
    }

    /// Those of every target behind the balancer of a node.
    pub(crate) fn target_edges(self, node: &Interface) -> Vec<&'a AddressSet> {
        let Some(balancer) = balance::of_node(self, node) else { return Vec::new() };
        let groups = balancer.listeners.iter().flatten().flat_map(|listener| &listener.targets);
        let mut edges = Vec::new();
        for group in groups.filter_map(|id| self.world.target_groups.get(id)) {
            for target in group.targets.iter().flatten() {
                for (interface, _) in balance::interfaces_of(self, group, target, &node.vpc) {
                    edges.extend(self.edges(interface));
                }
            }
        }
        edges
    }
}
