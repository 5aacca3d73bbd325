//! Which roles a session can act as and whose privileges it has: a fixed point over role states.
//!
//! A state is a role together with *how* the session has it: as its current role (the session user, or after
//! SET ROLE), or only its privileges. PostgreSQL follows nothing but SET memberships when it asks who may SET ROLE, and
//! nothing but INHERIT memberships when it asks for privileges (`roles_is_member_of` in `acl.c`). So what a session can
//! have is a chain of SET memberships and then a chain of INHERIT memberships; an inheriting one followed by one that
//! only allows SET gives nothing.
//! <https://www.postgresql.org/docs/current/role-membership.html>

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use portcullis_snapshot::Place;
use serde::Serialize;

use super::Catalog;
use super::rows::{Oid, Role};

/// What it takes to have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The session has it.
    Now,
    /// The session has it after SET ROLE.
    AfterSetRole,
    /// The session can grant it to itself: by an ADMIN option, CREATEROLE before version 16, or as owner.
    AfterGrant,
}

/// How one role leads to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// An inheriting membership.
    Inherit,
    /// A membership that allows SET ROLE.
    Set,
    /// A role that the session can grant to itself.
    Grant,
}

/// One step of a chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// The role it leads to.
    pub role: Oid,
    /// The role it leads from.
    pub from: Oid,
    /// How.
    pub by: By,
    /// Where the membership was read.
    pub place: Place,
}

/// One role, reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// What it takes.
    pub level: Level,
    /// The shortest chain; of several, the first by name.
    pub hops: Vec<Hop>,
}

/// Everything that a session of one role reaches.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The session's role.
    pub user: Oid,
    /// Roles that it is or can be.
    pub acts_as: BTreeMap<Oid, Reached>,
    /// Roles whose privileges it has or can have.
    pub has: BTreeMap<Oid, Reached>,
}

#[derive(Debug, Clone)]
struct Edge {
    to: Oid,
    inherit: bool,
    set: bool,
    admin: bool,
    place: Place,
}

/// The role graph of one database: its owner is a member of `pg_database_owner` there.
#[derive(Debug)]
pub struct Graph<'c> {
    catalog: &'c Catalog,
    roles: BTreeMap<Oid, &'c Role>,
    edges: BTreeMap<Oid, Vec<Edge>>,
    without: Option<(Oid, Oid)>,
}

/// Whether a state is the current role, or privileges only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    ActsAs,
    Has,
}

type State = (Oid, Phase);

impl<'c> Graph<'c> {
    /// The graph of a database, or of the server's own objects.
    #[must_use]
    pub fn new(catalog: &'c Catalog, database: Option<&str>) -> Self {
        let roles: BTreeMap<Oid, &Role> = catalog.roles.rows.iter().map(|role| (role.oid, role)).collect();
        let mut edges: BTreeMap<Oid, Vec<Edge>> = BTreeMap::new();
        let rows = catalog.members.place.member("rows");
        for row in &catalog.members.rows {
            let place = rows.keyed(format_args!("member={},role={},grantor={}", row.member, row.role, row.grantor));
            let edge = Edge { to: row.role, inherit: row.inherit, set: row.set, admin: row.admin, place };
            edges.entry(row.member).or_default().push(edge);
        }
        let owned = database.and_then(|name| catalog.databases.rows.iter().find(|database| database.name == name));
        if let (Some(database), Some(group)) = (owned, catalog.role("pg_database_owner")) {
            // Before 16 a NOINHERIT owner has it only after SET ROLE.
            let inherit = catalog.version >= 16 || roles.get(&database.owner).is_none_or(|owner| owner.inherit);
            let place =
                catalog.databases.place.member("rows").keyed(format_args!("oid={}", database.oid)).member("owner");
            let edge = Edge { to: group.oid, inherit, set: true, admin: false, place };
            edges.entry(database.owner).or_default().push(edge);
        }
        for list in edges.values_mut() {
            list.sort_by(|a, b| (catalog.name(a.to), a.to, &a.place).cmp(&(catalog.name(b.to), b.to, &b.place)));
        }
        Self { catalog, roles, edges, without: None }
    }

    /// The same graph without the memberships of one role in another.
    #[must_use]
    pub fn without(mut self, member: Oid, role: Oid) -> Self {
        self.without = Some((member, role));
        self
    }

    /// The role of an id.
    #[must_use]
    pub fn role(&self, oid: Oid) -> Option<&'c Role> {
        self.roles.get(&oid).copied()
    }

    fn edges_of(&self, role: Oid) -> impl Iterator<Item = &Edge> {
        self.edges.get(&role).into_iter().flatten().filter(move |edge| self.without != Some((role, edge.to)))
    }

    /// Everything that a session of `user` reaches, each role at its lowest level.
    #[must_use]
    pub fn reach(&self, user: Oid) -> Reach {
        let mut reach = Reach { user, acts_as: BTreeMap::new(), has: BTreeMap::new() };
        let members_of_user = self.members_of(user);
        for level in [Level::Now, Level::AfterSetRole, Level::AfterGrant] {
            for ((role, phase), hops) in self.walk(user, level, &members_of_user) {
                let reached = Reached { level, hops };
                if phase == Phase::ActsAs {
                    reach.acts_as.entry(role).or_insert_with(|| reached.clone());
                }
                match reach.has.get_mut(&role) {
                    Some(known) if known.level < level || known.hops.len() <= reached.hops.len() => {}
                    Some(known) => *known = reached,
                    None => {
                        reach.has.insert(role, reached);
                    }
                }
            }
        }
        reach
    }

    /// Breadth first over states, neighbours by name: the first chain to a state is the shortest, and of equally long
    /// ones the first by name.
    fn walk(&self, user: Oid, level: Level, members_of_user: &BTreeSet<Oid>) -> BTreeMap<State, Vec<Hop>> {
        let start = (user, Phase::ActsAs);
        let mut seen: BTreeMap<State, Vec<Hop>> = BTreeMap::from([(start, Vec::new())]);
        let mut queue = VecDeque::from([start]);
        while let Some(state) = queue.pop_front() {
            let hops = seen.get(&state).cloned().unwrap_or_default();
            for (next, hop) in self.steps(state, level, members_of_user) {
                seen.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    let mut longer = hops.clone();
                    longer.push(hop);
                    longer
                });
            }
        }
        seen
    }

    fn steps(&self, (role, phase): State, level: Level, members_of_user: &BTreeSet<Oid>) -> Vec<(State, Hop)> {
        let mut steps = Vec::new();
        let mut step = |to: Oid, phase: Phase, by: By, place: &Place| {
            steps.push(((to, phase), Hop { role: to, from: role, by, place: place.clone() }));
        };
        for edge in self.edges_of(role) {
            if edge.inherit {
                step(edge.to, Phase::Has, By::Inherit, &edge.place);
            }
            if edge.set && phase == Phase::ActsAs && level >= Level::AfterSetRole {
                step(edge.to, Phase::ActsAs, By::Set, &edge.place);
            }
            // Whoever has the privileges of an administrator of a role can grant it to the session's user.
            if edge.admin && level == Level::AfterGrant && self.may_be_granted(edge.to, members_of_user) {
                step(edge.to, Phase::ActsAs, By::Grant, &edge.place);
            }
        }
        // Before 16, CREATEROLE is enough to grant any role that is no superuser.
        // <https://www.postgresql.org/docs/15/role-attributes.html>
        let creates = self.catalog.version < 16 && self.role(role).is_some_and(|role| role.create_role);
        if creates && phase == Phase::ActsAs && level == Level::AfterGrant {
            let place = self.place_of(role);
            let mut others: Vec<&Role> = self.roles.values().copied().collect();
            others.sort();
            for other in others {
                if other.oid != role && self.may_be_granted(other.oid, members_of_user) {
                    step(other.oid, Phase::ActsAs, By::Grant, &place);
                }
            }
        }
        steps
    }

    /// What `GRANT role TO user` refuses to whoever is no superuser: superuser roles, `pg_database_owner`, circles.
    fn may_be_granted(&self, role: Oid, members_of_user: &BTreeSet<Oid>) -> bool {
        self.role(role).is_some_and(|role| !role.superuser && role.name != "pg_database_owner")
            && !members_of_user.contains(&role)
    }

    /// The user and every role that is, over any membership, a member of it.
    fn members_of(&self, user: Oid) -> BTreeSet<Oid> {
        let mut members = BTreeSet::from([user]);
        loop {
            let before = members.len();
            for (member, edges) in &self.edges {
                if edges.iter().any(|edge| members.contains(&edge.to)) {
                    members.insert(*member);
                }
            }
            if members.len() == before {
                return members;
            }
        }
    }

    /// Whether a role is a member of another over any memberships, whatever they allow.
    #[must_use]
    pub fn is_member_by_name(&self, user: Oid, role: &str) -> bool {
        self.catalog.role(role).is_some_and(|role| self.members_of(role.oid).contains(&user))
    }

    /// Where a role was read.
    #[must_use]
    pub fn place_of(&self, role: Oid) -> Place {
        self.catalog.roles.place.member("rows").keyed(format_args!("oid={role}"))
    }
}

impl Reach {
    /// The way to be a superuser, if there is one. The attribute is never inherited: it takes SET ROLE.
    #[must_use]
    pub fn superuser(&self, graph: &Graph<'_>) -> Option<(Oid, &Reached)> {
        self.acting_as(|role| role.superuser, graph)
    }

    /// The lowest and shortest way to act as a role with some attribute.
    pub fn acting_as(&self, with: impl Fn(&Role) -> bool, graph: &Graph<'_>) -> Option<(Oid, &Reached)> {
        self.acts_as
            .iter()
            .filter(|(role, _)| graph.role(**role).is_some_and(&with))
            .min_by_key(|(role, reached)| (reached.level, reached.hops.len(), graph.catalog.name(**role)))
            .map(|(role, reached)| (*role, reached))
    }

    /// The chain of names from the user to a role: `svc_app`, `app_rw`, `app_ro`.
    #[must_use]
    pub fn chain(&self, reached: &Reached, catalog: &Catalog) -> Vec<String> {
        std::iter::once(self.user)
            .chain(reached.hops.iter().map(|hop| hop.role))
            .map(|role| catalog.name(role))
            .collect()
    }
}
