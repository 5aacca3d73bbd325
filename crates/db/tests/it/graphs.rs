//! Random role graphs against an oracle that enumerates every path.

use std::collections::BTreeMap;

use portcullis_db::Level;
use portcullis_db::postgres::roles::Graph;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{catalog, role, shuffled, small};

#[derive(Debug, Clone, Copy, PartialEq)]
struct Edge {
    from: usize,
    to: usize,
    inherit: bool,
    set: bool,
    admin: bool,
}

/// Every simple path from `at`, as lists of edge numbers.
fn paths(edges: &[Edge], at: usize, visited: &mut Vec<usize>, path: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    found.push(path.clone());
    for (number, edge) in edges.iter().enumerate() {
        if edge.from == at && !visited.contains(&edge.to) {
            visited.push(edge.to);
            path.push(number);
            paths(edges, edge.to, visited, path, found);
            path.pop();
            visited.pop();
        }
    }
}

/// For each role: the length of the shortest chain that gives its privileges, with SET memberships first (or not at all).
fn privileges(edges: &[Edge], user: usize, set_role: bool) -> BTreeMap<usize, usize> {
    let mut found = Vec::new();
    paths(edges, user, &mut vec![user], &mut Vec::new(), &mut found);
    let mut best = BTreeMap::new();
    for path in found {
        let end = path.last().map_or(user, |last| edges[*last].to);
        let works = (0..=path.len()).any(|turn| {
            (set_role || turn == 0)
                && path[..turn].iter().all(|edge| edges[*edge].set)
                && path[turn..].iter().all(|edge| edges[*edge].inherit)
        });
        if works {
            let known = best.entry(end).or_insert(path.len());
            *known = (*known).min(path.len());
        }
    }
    best
}

/// Really grants, one role after the other, until nothing is left to grant.
fn after_granting(
    edges: &[Edge],
    roles: usize,
    user: usize,
    superuser: usize,
    create_role: Option<usize>,
) -> BTreeMap<usize, usize> {
    let mut edges = edges.to_vec();
    loop {
        let has = privileges(&edges, user, true);
        let acts = {
            let only_set: Vec<Edge> = edges.iter().map(|edge| Edge { inherit: false, ..*edge }).collect();
            privileges(&only_set, user, true)
        };
        // GRANT refuses circles: a role that is a member of the user already.
        let circular = |role: usize| {
            let mut found = Vec::new();
            paths(&edges, role, &mut vec![role], &mut Vec::new(), &mut found);
            role == user || found.iter().any(|path| path.last().is_some_and(|last| edges[*last].to == user))
        };
        let by_admin = edges.iter().filter(|edge| edge.admin && has.contains_key(&edge.from)).map(|edge| edge.to);
        let by_create = (0..roles).filter(|_| create_role.is_some_and(|role| acts.contains_key(&role)));
        let new = by_admin.chain(by_create).find(|role| {
            *role != superuser
                && !circular(*role)
                && !edges.iter().any(|e| e.from == user && e.to == *role && e.inherit && e.set)
        });
        match new {
            Some(role) => edges.push(Edge { from: user, to: role, inherit: true, set: true, admin: false }),
            None => return has,
        }
    }
}

/// A server of these roles; edges go upwards, so that there is no circle, as in PostgreSQL.
fn server(version: u32, edges: &[Edge], roles: usize, superuser: usize, create_role: Option<usize>) -> Value {
    let id = |number: usize| u32::try_from(number).unwrap() + 100;
    let rows: Vec<Value> = (0..roles)
        .map(|number| {
            let mut row = role(id(number), &format!("r{number}"));
            row["superuser"] = json!(number == superuser);
            row["create_role"] = json!(create_role == Some(number));
            row
        })
        .collect();
    let members: Vec<Value> = edges
        .iter()
        .map(|e| json!({"member": id(e.from), "role": id(e.to), "grantor": 10, "inherit": e.inherit, "set": e.set, "admin": e.admin}))
        .collect();
    small(&version.to_string(), &rows, &members, 100)
}

fn edge(roles: usize) -> impl Strategy<Value = Edge> {
    (0..roles, 0..roles, any::<bool>(), any::<bool>(), prop::bool::weighted(0.2))
        .prop_filter("upwards", |(from, to, ..)| from < to)
        .prop_map(|(from, to, inherit, set, admin)| Edge { from, to, inherit, set, admin })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_fixed_point_equals_path_enumeration(
        edges in prop::collection::vec(edge(6), 0..12),
        old in any::<bool>(),
        superuser in 1usize..7,
        create_role in prop::option::weighted(0.2, 0usize..6),
    ) {
        let version = if old { 15 } else { 16 };
        let catalog = catalog(server(version, &edges, 6, superuser, create_role));
        let graph = Graph::new(&catalog, None);
        let reach = graph.reach(100);
        let now = privileges(&edges, 0, false);
        let after = privileges(&edges, 0, true);
        let granted = after_granting(&edges, 6, 0, superuser, create_role.filter(|_| old));
        for number in 0..6usize {
            let oid = u32::try_from(number).unwrap() + 100;
            let ours = reach.has.get(&oid);
            let expected = if now.contains_key(&number) {
                Some(Level::Now)
            } else if after.contains_key(&number) {
                Some(Level::AfterSetRole)
            } else if granted.contains_key(&number) {
                Some(Level::AfterGrant)
            } else {
                None
            };
            prop_assert_eq!(ours.map(|reached| reached.level), expected, "role {}", number);
            if let (Some(reached), Some(level)) = (ours, expected) {
                let shortest = match level {
                    Level::Now => Some(now[&number]),
                    Level::AfterSetRole => Some(after[&number]),
                    Level::AfterGrant => None,
                };
                prop_assert!(shortest.is_none_or(|length| length == reached.hops.len()));
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_show(edges in prop::collection::vec(edge(6), 0..12)) {
        let server = server(16, &edges, 6, 9, None);
        let (one, other) = (catalog(server.clone()), catalog(shuffled(server)));
        let (a, b) = (Graph::new(&one, None).reach(100), Graph::new(&other, None).reach(100));
        prop_assert_eq!(a.has, b.has);
        prop_assert_eq!(a.acts_as, b.acts_as);
    }
}
