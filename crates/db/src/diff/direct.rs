//! Roles and PUBLIC: direct grants against the declared ones.

use std::collections::BTreeMap;

use portcullis_estate::{Fact, Gap};

use super::cells::{cover, covers_granting, grantee, owns, revoker, row_name};
use super::user::wanted;
use super::{Differ, Difference, Kind, Subject};
use crate::identifier::shown;
use crate::matrix::{Cover, Declared, Shape};
use crate::postgres::object::{Kind as ObjectKind, Object};
use crate::postgres::privilege::Privilege;
use crate::postgres::roles::Level;
use crate::postgres::rows::{Acl, Oid, PUBLIC, Role};

impl<'c> Differ<'c> {
    /// Judges one role that does not log in.
    pub(super) fn role(&mut self, role: &'c Role, declared: &'c Declared) {
        self.attributes(Subject::Role, role, &[declared]);
        self.memberships(Subject::Role, role, declared);
        self.direct(Subject::Role, &role.name, role.oid, declared);
    }

    /// Judges everyone.
    pub(super) fn public(&mut self) {
        self.direct(Subject::Public, "PUBLIC", PUBLIC, &self.matrix.public);
    }

    fn direct(&mut self, subject: Subject, name: &str, oid: Oid, declared: &'c Declared) {
        let catalog = self.catalog;
        let all = [declared];
        let mut matched: BTreeMap<(String, Privilege), Difference> = BTreeMap::new();
        for object in &catalog.objects {
            let owner = oid != PUBLIC && object.owner == oid;
            if owner && object.kind != ObjectKind::Column {
                let kind = if owns(&all, catalog, object) { Kind::Match } else { Kind::Extra };
                let mut row = Self::row(kind, subject, name, row_name(object), "OWNER");
                row.level = Some(Level::Now);
                row.database.clone_from(&object.database);
                let statement = format!("{} belongs to {}", object.shown(), shown(name));
                row.evidence.push(Fact::new(catalog.resource.clone(), statement, object.place.member("owner")));
                self.add(row);
            }
            if !owner {
                self.entries(subject, name, oid, declared, object);
            }
            if object.kind != ObjectKind::Column {
                self.declared_entries(subject, name, oid, declared, object, &mut matched);
            }
        }
        for row in matched.into_values() {
            self.add(row);
        }
        self.absent_objects(subject, name, declared);
    }

    fn entries(&mut self, subject: Subject, name: &str, oid: Oid, declared: &Declared, object: &Object) {
        let catalog = self.catalog;
        let all = [declared];
        for entry in object.acl.iter().filter(|entry| entry.grantee == oid) {
            let Some(privilege) = Privilege::parse(&entry.privilege) else {
                self.gaps.insert(Gap::not_modelled(format_args!("privilege {} ({})", entry.privilege, object.place)));
                continue;
            };
            let by = revoker(catalog, object, entry.grantor);
            let to = grantee(catalog, oid);
            let kind = match cover(&all, catalog, object, privilege) {
                Cover::Yes => {
                    if entry.grantable && !covers_granting(&all, catalog, object, privilege) {
                        let mut row = self.row_of_entry(Kind::Extra, subject, name, object, privilege, entry);
                        row.privilege = format!("GRANT OPTION FOR {privilege}");
                        row.sql_to_revoke = object.revoke(privilege, true, &to, by.as_deref());
                        self.add(row);
                    }
                    continue;
                }
                Cover::Excepted => Kind::Excepted,
                Cover::No => Kind::Extra,
            };
            let mut row = self.row_of_entry(kind, subject, name, object, privilege, entry);
            row.sql_to_revoke = object.revoke(privilege, false, &to, by.as_deref());
            self.add(row);
        }
    }

    fn row_of_entry(
        &self,
        kind: Kind,
        subject: Subject,
        name: &str,
        object: &Object,
        privilege: Privilege,
        entry: &Acl,
    ) -> Difference {
        let catalog = self.catalog;
        let mut row = Self::row(kind, subject, name, row_name(object), privilege.name());
        row.level = Some(Level::Now);
        row.database.clone_from(&object.database);
        let to = if entry.grantee == PUBLIC { "PUBLIC".to_owned() } else { shown(name) };
        let by = shown(&catalog.name(entry.grantor));
        let statement = format!("{privilege} on {} is granted to {to} by {by}", object.shown());
        row.evidence.push(Fact::new(catalog.resource.clone(), statement, object.entry_place(entry)));
        row
    }

    fn declared_entries(
        &mut self,
        subject: Subject,
        name: &str,
        oid: Oid,
        declared: &Declared,
        object: &'c Object,
        matched: &mut BTreeMap<(String, Privilege), Difference>,
    ) {
        for grant in declared.grants.iter().filter(|grant| grant.on.is_of(object)) {
            for (privilege, column, cell) in wanted(self.catalog, grant, object) {
                let mut entries = object
                    .acl
                    .iter()
                    .map(|e| (object, e))
                    .chain(column.into_iter().flat_map(|column| column.acl.iter().map(move |e| (column, e))));
                let found = entries
                    .find(|(_, entry)| entry.grantee == oid && Privilege::parse(&entry.privilege) == Some(privilege));
                if let Some((of, entry)) = found {
                    let fresh = self.row_of_entry(Kind::Match, subject, name, of, privilege, entry);
                    let row = matched.entry((grant.on.text.clone(), privilege)).or_insert_with(|| Difference {
                        object: grant.on.text.clone(),
                        objects: 0,
                        ..fresh
                    });
                    row.objects = row.objects.saturating_add(1);
                } else if !self.column_unseen(grant, object) {
                    let mut row = Self::row(Kind::Missing, subject, name, cell, privilege.name());
                    row.database.clone_from(&object.database);
                    let statement = format!("{privilege} on {} is not granted to {}", object.shown(), shown(name));
                    row.evidence.push(Fact::new(self.catalog.resource.clone(), statement, object.place.member("acl")));
                    self.add(row);
                }
            }
        }
    }

    /// Declared names without a wildcard that stand for nothing.
    pub(super) fn absent_objects(&mut self, subject: Subject, name: &str, declared: &Declared) {
        let catalog = self.catalog;
        for grant in declared.grants.iter().filter(|grant| !grant.on.has_wildcard()) {
            if catalog.objects.iter().any(|object| grant.on.is_of(object)) {
                continue;
            }
            let (database, kind) = match grant.on.shape {
                Shape::Other(kind @ (ObjectKind::Tablespace | ObjectKind::Parameter)) => (None, kind),
                Shape::Database => (None, ObjectKind::Database),
                shape => (grant.on.part(0), shape.kinds().into_iter().next().unwrap_or(ObjectKind::Table)),
            };
            // A database that is not there has no catalogues: that is known if the list of databases is.
            let there = database.is_none_or(|name| catalog.databases.rows.iter().any(|row| row.name == name));
            let gap = if there { catalog.object_gap(database, kind) } else { catalog.databases.gap.clone() };
            if let Some(gap) = gap {
                self.gaps.insert(gap);
                continue;
            }
            for privilege in &grant.privileges {
                let mut row = Self::row(Kind::Missing, subject, name, grant.on.text.clone(), privilege.name());
                let statement = format!("there is no {}", grant.on.text);
                row.evidence.push(Fact::new(catalog.resource.clone(), statement, catalog.databases.place.clone()));
                self.add(row);
            }
        }
    }
}
