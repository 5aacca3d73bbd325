//! One user: what it can effectively do against what it is declared to.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_estate::{Fact, Gap};

use super::cells::{cover, covers_granting, grantee, owns, revoker, row_name};
use super::{Differ, Difference, Kind, Subject};
use crate::identifier::{quoted, shown};
use crate::matrix::{Cover, Declared, DeclaredGrant};
use crate::postgres::Catalog;
use crate::postgres::held::{Access, Hold, Source};
use crate::postgres::object::{Kind as ObjectKind, Object};
use crate::postgres::privilege::Privilege;
use crate::postgres::roles::Level;
use crate::postgres::rows::{PUBLIC, Role};

impl<'c> Differ<'c> {
    /// Judges one user.
    pub(super) fn user(&mut self, role: &'c Role, declared: &'c Declared) {
        let all = self.matrix.with_roles(declared);
        self.attributes(Subject::User, role, &all);
        self.memberships(Subject::User, role, declared);
        let catalog = self.catalog;
        let server = Access::new(catalog, role.oid, None);
        // A superuser can do everything: the attribute is the difference, not each privilege.
        if server.superuser().is_some_and(|(_, reached)| reached.level <= Level::AfterSetRole) {
            return;
        }
        let databases: BTreeSet<Option<&str>> =
            catalog.objects.iter().map(|object| object.database.as_deref()).collect();
        let mut matched = BTreeMap::new();
        for database in databases {
            let access = Access::new(catalog, role.oid, database);
            let objects: Vec<&'c Object> =
                catalog.objects.iter().filter(|object| object.database.as_deref() == database).collect();
            for object in &objects {
                self.held(&access, role, &all, object);
            }
            for declared in &all {
                for grant in &declared.grants {
                    self.declared_cells(&access, role, grant, &objects, &mut matched);
                }
            }
        }
        for declared in &all {
            self.absent_objects(Subject::User, &role.name, declared);
        }
        for row in matched.into_values() {
            self.add(row);
        }
    }

    /// What the user has on one object and is not declared to have.
    fn held(&mut self, access: &Access<'c>, role: &Role, all: &[&Declared], object: &'c Object) {
        let catalog = self.catalog;
        if object.kind != ObjectKind::Column {
            self.owned(access, role, all, object);
        }
        let owner_holds =
            access.reach.has.get(&object.owner).is_some_and(|reached| reached.level <= Level::AfterSetRole);
        let mut privileges = BTreeSet::new();
        for entry in
            object.acl.iter().filter(|entry| entry.grantee != PUBLIC && access.reach.has.contains_key(&entry.grantee))
        {
            match Privilege::parse(&entry.privilege) {
                Some(privilege) => {
                    privileges.insert(privilege);
                }
                None => {
                    self.gaps
                        .insert(Gap::not_modelled(format_args!("privilege {} ({})", entry.privilege, object.place)));
                }
            }
        }
        for privilege in privileges {
            let holds = access.sources(object, None, privilege);
            let own = holds.into_iter().find(|hold| {
                hold.level <= Level::AfterSetRole
                    && matches!(hold.source, Source::Entry(..))
                    && hold.role != PUBLIC
                    && !(owner_holds && hold.role == object.owner)
            });
            let Some(hold) = own else { continue };
            let level = match access.usable(object) {
                Ok(Some(level)) if level <= Level::AfterSetRole => level.max(hold.level),
                Ok(_) => continue,
                Err(gap) => {
                    self.gaps.insert(gap);
                    continue;
                }
            };
            let kind = match cover(all, catalog, object, privilege) {
                Cover::Yes => {
                    self.granting(access, role, all, object, privilege);
                    continue;
                }
                Cover::Excepted => Kind::Excepted,
                Cover::No => Kind::Extra,
            };
            let mut row = self.row_of_hold(kind, access, role, object, privilege, &hold);
            row.level = Some(level);
            self.add(row);
        }
    }

    fn row_of_hold(
        &self,
        kind: Kind,
        access: &Access<'c>,
        role: &Role,
        object: &Object,
        privilege: Privilege,
        hold: &Hold<'c>,
    ) -> Difference {
        let mut row = Self::row(kind, Subject::User, &role.name, row_name(object), privilege.name());
        row.chain = access.chain(hold);
        row.level = Some(hold.level);
        row.database.clone_from(&object.database);
        row.evidence = access.facts(hold, privilege);
        row.sql_to_revoke = self.undo(object, privilege, hold);
        row
    }

    /// The first link of the chain that is not declared is taken away: a membership, else the grant.
    fn undo(&self, object: &Object, privilege: Privilege, hold: &Hold<'c>) -> Option<String> {
        let catalog = self.catalog;
        for hop in &hold.reached.hops {
            let from = catalog.name(hop.from);
            let known = self.matrix.users.get(&from).or_else(|| self.matrix.roles.get(&from));
            if known.is_some_and(|declared| !declared.member_of.contains(&catalog.name(hop.role))) {
                return Some(format!("REVOKE {} FROM {};", quoted(&catalog.name(hop.role)), quoted(&from)));
            }
        }
        match hold.source {
            Source::Entry(of, entry) => {
                let by = revoker(catalog, of, entry.grantor);
                of.revoke(privilege, false, &grantee(catalog, entry.grantee), by.as_deref())
            }
            _ => object.revoke(privilege, false, &grantee(catalog, hold.role), None),
        }
    }

    /// The right to grant on what is declared to be held only.
    fn granting(
        &mut self,
        access: &Access<'c>,
        role: &Role,
        all: &[&Declared],
        object: &'c Object,
        privilege: Privilege,
    ) {
        let catalog = self.catalog;
        if covers_granting(all, catalog, object, privilege) {
            return;
        }
        let holds = access.sources(object, None, privilege);
        let grantable = holds.into_iter().find(|hold| {
            hold.level <= Level::AfterSetRole
                && matches!(hold.source, Source::Entry(_, entry) if entry.grantable && entry.grantee != PUBLIC)
        });
        let Some(hold) = grantable else { return };
        let Source::Entry(of, entry) = hold.source else { return };
        let mut row = self.row_of_hold(Kind::Extra, access, role, object, privilege, &hold);
        row.privilege = format!("GRANT OPTION FOR {privilege}");
        let by = revoker(catalog, of, entry.grantor);
        row.sql_to_revoke = of.revoke(privilege, true, &grantee(catalog, entry.grantee), by.as_deref());
        self.add(row);
    }

    /// Ownership, the user's own or that of a role it has.
    fn owned(&mut self, access: &Access<'c>, role: &Role, all: &[&Declared], object: &Object) {
        let catalog = self.catalog;
        let Some(reached) = access.reach.has.get(&object.owner).filter(|reached| reached.level <= Level::AfterSetRole)
        else {
            return;
        };
        let kind = if owns(all, catalog, object) { Kind::Match } else { Kind::Extra };
        let mut row = Self::row(kind, Subject::User, &role.name, row_name(object), "OWNER");
        row.chain = access.reach.chain(reached, catalog);
        row.level = Some(reached.level);
        row.database.clone_from(&object.database);
        row.evidence.push(Fact::new(
            catalog.resource.clone(),
            format!("{} belongs to {}", object.shown(), shown(&catalog.name(object.owner))),
            object.place.member("owner"),
        ));
        self.add(row);
    }

    /// What is declared, held or missing, on the objects of one database.
    fn declared_cells(
        &mut self,
        access: &Access<'c>,
        role: &Role,
        grant: &DeclaredGrant,
        objects: &[&'c Object],
        matched: &mut BTreeMap<(String, Privilege), Difference>,
    ) {
        for object in objects.iter().filter(|object| object.kind != ObjectKind::Column && grant.on.is_of(object)) {
            for (privilege, column, object_name) in wanted(self.catalog, grant, object) {
                match self.effective(access, object, column, privilege) {
                    Err(gap) => {
                        self.gaps.insert(gap);
                    }
                    Ok(Some((level, hold))) => {
                        let key = (grant.on.text.clone(), privilege);
                        let row = matched.entry(key).or_insert_with(|| {
                            let mut row = Self::row(
                                Kind::Match,
                                Subject::User,
                                &role.name,
                                grant.on.text.clone(),
                                privilege.name(),
                            );
                            row.chain = access.chain(&hold);
                            row.level = Some(level);
                            row.evidence = access.facts(&hold, privilege);
                            row.database.clone_from(&object.database);
                            row.objects = 0;
                            row
                        });
                        row.objects = row.objects.saturating_add(1);
                    }
                    Ok(None) if self.column_unseen(grant, object) => {}
                    Ok(None) => {
                        let mut row =
                            Self::row(Kind::Missing, Subject::User, &role.name, object_name, privilege.name());
                        row.database.clone_from(&object.database);
                        row.evidence.push(Fact::new(
                            self.catalog.resource.clone(),
                            format!("no usable {privilege} on {} reaches {}", object.shown(), shown(&role.name)),
                            object.place.member("acl"),
                        ));
                        self.add(row);
                    }
                }
            }
        }
    }

    /// Whether a grant is about columns and their ACLs were not seen.
    pub(super) fn column_unseen(&mut self, grant: &DeclaredGrant, object: &Object) -> bool {
        let gap = self.catalog.object_gap(object.database.as_deref(), ObjectKind::Column);
        let unseen = !grant.columns.is_empty() && gap.is_some();
        self.gaps.extend(gap.filter(|_| unseen));
        unseen
    }

    /// Whether a privilege is held and can be used, by SET ROLE at most.
    fn effective(
        &self,
        access: &Access<'c>,
        object: &'c Object,
        column: Option<&'c Object>,
        privilege: Privilege,
    ) -> Result<Option<(Level, Hold<'c>)>, Gap> {
        let hold = access
            .sources(object, column, privilege)
            .into_iter()
            .next()
            .filter(|hold| hold.level <= Level::AfterSetRole);
        match (hold, access.usable(object)?) {
            (Some(hold), Some(level)) if level <= Level::AfterSetRole => Ok(Some((level.max(hold.level), hold))),
            _ => match self.catalog.membership_gap() {
                Some(gap) => Err(gap),
                None => Ok(None),
            },
        }
    }
}

/// The cells of one object that a grant asks for: privilege, ACL of the column, and what the cell is called.
///
/// A wildcard with the privileges of tables does not ask for them on sequences, as `ON ALL TABLES` does not.
pub(super) fn wanted<'c>(
    catalog: &'c Catalog,
    grant: &DeclaredGrant,
    object: &'c Object,
) -> Vec<(Privilege, Option<&'c Object>, String)> {
    let mut cells = Vec::new();
    for privilege in &grant.privileges {
        if grant.except.iter().any(|except| except.is_of(object)) {
            continue;
        }
        if grant.columns.is_empty() {
            let asked =
                object.kind != ObjectKind::Sequence || !grant.on.has_wildcard() || *privilege == Privilege::Usage;
            if asked && object.kind.privileges(catalog.version).contains(privilege) {
                cells.push((*privilege, None, object.shown()));
            }
            continue;
        }
        if !object.kind.is_relation() {
            continue;
        }
        for column in &grant.columns {
            let acl = catalog.objects.iter().find(|other| {
                other.kind == ObjectKind::Column
                    && other.oid == object.oid
                    && other.database == object.database
                    && other.column.as_ref() == Some(column)
            });
            cells.push((*privilege, acl, format!("{}.{}", object.shown(), shown(column))));
        }
    }
    cells
}
