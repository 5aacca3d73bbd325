//! Who can read what the matrix calls sensitive: by a grant, a role, ownership, a view, or as an administrator.

use std::collections::BTreeSet;

use portcullis_estate::{Fact, Gap};
use serde::Serialize;

use super::Differ;
use crate::identifier::shown;
use crate::matrix::{Pattern, Shape};
use crate::postgres::Inside;
use crate::postgres::held::{Access, is_internal};
use crate::postgres::object::{Kind as ObjectKind, Object};
use crate::postgres::privilege::Privilege;
use crate::postgres::roles::Level;
use crate::postgres::rows::{Oid, Role};

/// One user who can read a sensitive object, and one way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reader {
    /// The sensitive name, as declared.
    pub object: String,
    /// Who.
    pub user: String,
    /// What it takes.
    pub level: Level,
    /// The views on the way, from what the user reads to the object; empty for the object itself.
    pub through: Vec<String>,
    /// The roles on the way.
    pub chain: Vec<String>,
    /// What it rests on.
    pub evidence: Vec<Fact>,
}

impl<'c> Differ<'c> {
    /// Every reader of every sensitive name, with the lowest way of each through each view.
    pub(super) fn readers(&mut self) -> Vec<Reader> {
        let mut readers = BTreeSet::new();
        let catalog = self.catalog;
        for pattern in &self.matrix.sensitive {
            for (database, inside) in &catalog.inside {
                let relations = catalog.objects.iter().filter(|object| {
                    object.kind.is_relation()
                        && object.database.as_deref() == Some(database)
                        && names(pattern, inside, object)
                });
                for relation in relations {
                    for role in catalog.roles.rows.iter().filter(|role| role.can_login && !is_internal(catalog, role)) {
                        readers.extend(self.ways(pattern, database, inside, relation, role));
                    }
                    self.unseen_ways(database, inside);
                }
            }
        }
        readers.into_iter().collect()
    }

    /// Routines that run with their owner's rights may read anything that their owner may: their bodies are not read.
    fn unseen_ways(&mut self, database: &str, inside: &Inside) {
        self.gaps.extend(inside.view_reads.gap.clone());
        let definers = self.catalog.objects.iter().filter(|object| {
            object.security_definer && object.extension.is_none() && object.database.as_deref() == Some(database)
        });
        for routine in definers {
            self.gaps.insert(Gap::not_modelled(format_args!("what {} reads (SECURITY DEFINER)", routine.shown())));
        }
    }

    fn ways(
        &self,
        pattern: &Pattern,
        database: &str,
        inside: &Inside,
        relation: &'c Object,
        role: &Role,
    ) -> Vec<Reader> {
        let access = Access::new(self.catalog, role.oid, Some(database));
        let mut found = Vec::new();
        for (view, through) in self.views_over(pattern, inside, relation) {
            let columns = self.catalog.objects.iter().filter(|object| {
                object.kind == ObjectKind::Column && object.oid == view.oid && object.database == view.database
            });
            let columns = columns.filter(|object| !through.is_empty() || pattern.is_of(object)).map(Some);
            let best = columns
                .chain([None])
                .filter_map(|column| access.sources(view, column, Privilege::Select).into_iter().next())
                .min_by_key(|hold| (hold.level, hold.reached.hops.len(), access.chain(hold)));
            let (Some(hold), Ok(Some(level))) = (best, access.usable(view)) else { continue };
            found.push(Reader {
                object: pattern.text.clone(),
                user: role.name.clone(),
                level: level.max(hold.level),
                through: through.iter().map(|view| view.shown()).collect(),
                chain: access.chain(&hold),
                evidence: access.facts(&hold, Privilege::Select),
            });
        }
        found
    }

    /// The relation itself, and every view that reads it with its owner's rights, with the views between.
    fn views_over(
        &self,
        pattern: &Pattern,
        inside: &Inside,
        relation: &'c Object,
    ) -> Vec<(&'c Object, Vec<&'c Object>)> {
        let number = sensitive_number(pattern, inside, relation.oid);
        let mut found: Vec<(&Object, Vec<&Object>)> = vec![(relation, Vec::new())];
        let mut seen: BTreeSet<Oid> = BTreeSet::from([relation.oid]);
        let mut next = 0;
        while let Some((below, through)) = found.get(next).cloned() {
            next += 1;
            for read in inside.view_reads.rows.iter().filter(|read| read.relation == below.oid) {
                // Only the first step knows which column is meant; further up every column of the view may carry it.
                let other_column = next == 1 && number.is_some_and(|number| read.number != 0 && read.number != number);
                let view = self.catalog.objects.iter().find(|object| {
                    object.oid == read.view && object.kind.is_relation() && object.database == relation.database
                });
                let Some(view) = view.filter(|view| !other_column && !view.security_invoker) else { continue };
                if seen.insert(view.oid) {
                    let mut longer = vec![view];
                    longer.extend(&through);
                    found.push((view, longer));
                }
            }
        }
        found
    }
}

fn sensitive_number(pattern: &Pattern, inside: &Inside, relation: Oid) -> Option<i32> {
    let column = pattern.part(3)?;
    inside.columns.get(&relation)?.iter().find(|(_, name)| *name == column).map(|(number, _)| *number)
}

/// Whether a sensitive name is about a relation: the relation itself, or one of its columns.
fn names(pattern: &Pattern, inside: &Inside, relation: &Object) -> bool {
    if pattern.shape == Shape::Relation {
        return pattern.is_of(relation);
    }
    let columns = inside.columns.get(&relation.oid);
    columns.into_iter().flat_map(|columns| columns.values()).any(|column| {
        let mut object = relation.clone();
        object.kind = ObjectKind::Column;
        object.column = Some(column.clone());
        pattern.is_of(&object)
    })
}

impl Reader {
    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let chain = self.chain.iter().map(|name| shown(name)).chain(self.through.iter().cloned());
        format!("{}: {}", self.object, chain.collect::<Vec<_>>().join(" > "))
    }
}
