//! Attributes and memberships of users and roles.

use std::collections::BTreeSet;

use portcullis_estate::Fact;

use super::{Differ, Kind, Subject};
use crate::identifier::{quoted, shown};
use crate::matrix::{Attribute, Declared};
use crate::postgres::roles::{Graph, Level};
use crate::postgres::rows::Role;

fn has(role: &Role, attribute: Attribute) -> bool {
    match attribute {
        Attribute::Superuser => role.superuser,
        Attribute::CreateRole => role.create_role,
        Attribute::CreateDb => role.create_db,
        Attribute::Replication => role.replication,
        Attribute::BypassRls => role.bypass_rls,
    }
}

impl Differ<'_> {
    /// Attributes are never inherited; a user has those of every role it can SET ROLE to.
    pub(super) fn attributes(&mut self, subject: Subject, role: &Role, all: &[&Declared]) {
        let catalog = self.catalog;
        let graph = Graph::new(catalog, None);
        let reach = graph.reach(role.oid);
        for attribute in Attribute::ALL {
            // REPLICATION is checked for the user that connects.
            let own_only = subject != Subject::User || attribute == Attribute::Replication;
            let held = reach.acting_as(|role| has(role, attribute), &graph).filter(|(found, reached)| {
                if own_only { *found == role.oid } else { reached.level <= Level::AfterSetRole }
            });
            let declared = all.iter().any(|declared| declared.attributes.contains(&attribute));
            let kind = match (&held, declared) {
                (Some(_), true) => Kind::Match,
                (Some(_), false) => Kind::Extra,
                (None, true) if catalog.members.gap.is_some() => continue,
                (None, true) => Kind::Missing,
                (None, false) => continue,
            };
            let mut row = Self::row(kind, subject, &role.name, "server", attribute.sql());
            if let Some((found, reached)) = held {
                let name = catalog.name(found);
                row.chain = reach.chain(reached, catalog);
                row.level = Some(reached.level);
                row.sql_to_revoke = Some(format!("ALTER ROLE {} NO{};", quoted(&name), attribute.sql()));
                let statement = format!("{} has the attribute {}", shown(&name), attribute.sql());
                row.evidence.push(Fact::new(catalog.resource.clone(), statement, graph.place_of(found)));
            }
            self.add(row);
        }
    }

    /// Direct memberships against the declared ones.
    pub(super) fn memberships(&mut self, subject: Subject, role: &Role, declared: &Declared) {
        let catalog = self.catalog;
        let mut there = BTreeSet::new();
        for edge in catalog.members.rows.iter().filter(|edge| edge.member == role.oid) {
            let group = catalog.name(edge.role);
            there.insert(group.clone());
            let place = catalog
                .members
                .place
                .member("rows")
                .keyed(format_args!("member={},role={},grantor={}", edge.member, edge.role, edge.grantor));
            let fact = |statement: String| Fact::new(catalog.resource.clone(), statement, place.clone());
            let (who, what) = (shown(&role.name), shown(&group));
            let kind = if declared.member_of.contains(&group) { Kind::Match } else { Kind::Extra };
            // On 16 and later a membership may carry nothing but the right to grant the role.
            if edge.inherit || edge.set || kind == Kind::Match {
                let mut row = Self::row(kind, subject, &role.name, format!("role {what}"), "MEMBER");
                row.chain.push(group.clone());
                row.level = Some(if edge.inherit { Level::Now } else { Level::AfterSetRole });
                row.sql_to_revoke =
                    (kind == Kind::Extra).then(|| format!("REVOKE {} FROM {};", quoted(&group), quoted(&role.name)));
                row.evidence.push(fact(format!("{who} is a member of {what}")));
                self.add(row);
            }
            if edge.admin {
                let kind = if declared.admin_of.contains(&group) { Kind::Match } else { Kind::Extra };
                let mut row = Self::row(kind, subject, &role.name, format!("role {what}"), "ADMIN OPTION");
                row.chain.push(group.clone());
                row.level = Some(Level::AfterGrant);
                row.sql_to_revoke = (kind == Kind::Extra)
                    .then(|| format!("REVOKE ADMIN OPTION FOR {} FROM {};", quoted(&group), quoted(&role.name)));
                row.evidence.push(fact(format!("{who} may grant {what} to others and to itself")));
                self.add(row);
            }
        }
        if catalog.members.gap.is_some() {
            return;
        }
        for group in declared.member_of.difference(&there) {
            let mut row = Self::row(Kind::Missing, subject, &role.name, format!("role {}", shown(group)), "MEMBER");
            let statement = format!("{} is no member of {}", shown(&role.name), shown(group));
            row.evidence.push(Fact::new(catalog.resource.clone(), statement, catalog.members.place.clone()));
            self.add(row);
        }
    }
}
