//! `granted`: may a session of a database user do something to an object.

use std::collections::BTreeSet;

use portcullis_estate::{Blocker, Control, ControlKind, Decision, Enabler, Estate, Fact, Gap, Way};

use crate::identifier::{parts, shown};
use crate::postgres::Catalog;
use crate::postgres::held::{Access, Gate, Hold, Source};
use crate::postgres::object::{Kind, Object};
use crate::postgres::privilege::Privilege;
use crate::postgres::roles::Graph;
use crate::server::{self, Engine};

/// May a session of `user` use `privilege` on `object`, now, after SET ROLE, or after granting it to itself.
///
/// `object` is a dotted name as in matrix files: `shop`, `shop.sales`, `shop.sales.orders`, `shop.sales.orders.card`,
/// `shop.sales.peek()`.
#[must_use]
pub fn granted(estate: &Estate, database: &str, user: &str, privilege: &str, object: &str) -> Decision {
    let row = match server::find(estate, database) {
        Ok(row) => row,
        Err(gap) => return undecided(gap),
    };
    match Engine::of(row) {
        Ok(Engine::Postgres) => in_catalog(&Catalog::new(row), user, privilege, object),
        Ok(Engine::MySql) => undecided(server::mysql_gap(row)),
        Err(gap) => undecided(gap),
    }
}

pub(crate) fn undecided(gap: Gap) -> Decision {
    Decision { hidden_by: BTreeSet::from([gap]), ..Decision::default() }
}

/// Least privilege of a database user.
pub(crate) fn control(catalog: &Catalog, kind: ControlKind, user: &str) -> Control {
    Control::new(kind, &catalog.owner.0, &catalog.owner.1, &catalog.id).part(user)
}

/// The same question of a catalog that was linked before.
#[must_use]
pub fn in_catalog(catalog: &Catalog, user: &str, privilege: &str, object: &str) -> Decision {
    let Some(wanted) = Privilege::parse(privilege) else {
        return undecided(Gap::not_modelled(format_args!("privilege `{privilege}` of PostgreSQL")));
    };
    let mut decision = Decision::default();
    decision.hidden_by.extend(catalog.version_gap.clone());
    let Some(role) = catalog.role(user) else {
        match &catalog.roles.gap {
            Some(gap) => decision.hidden_by.extend([gap.clone()]),
            None => decision.structural.push(Fact::new(
                catalog.resource.clone(),
                format!("there is no role {}", shown(user)),
                catalog.roles.place.clone(),
            )),
        }
        return decision;
    };
    let target = match Target::find(catalog, object) {
        Ok(target) => target,
        Err(Absent::Gap(gap)) => {
            decision.hidden_by.insert(gap);
            return decision;
        }
        Err(Absent::Nothing(why)) => {
            decision.structural.push(Fact::new(catalog.resource.clone(), why, catalog.databases.place.clone()));
            return decision;
        }
    };
    let kind = if target.named_column.is_some() { Kind::Column } else { target.object.kind };
    if !kind.privileges(catalog.version).contains(&wanted) {
        let why = format!("{wanted} does not exist on {object}");
        decision.structural.push(Fact::new(catalog.resource.clone(), why, target.object.place.clone()));
        return decision;
    }
    decision.hidden_by.extend(catalog.members.gap.clone());
    decision.hidden_by.extend(catalog.databases.gap.clone());
    let database = target.object.database.as_deref();
    decision.hidden_by.extend(target.named_column.as_ref().and_then(|_| catalog.object_gap(database, Kind::Column)));
    let access = Access::new(catalog, role.oid, database);
    let holds = access.sources(target.object, target.column, wanted);
    let gates = access.gates(target.object);
    let mut lacking: Vec<String> = gates
        .iter()
        .filter_map(|gate| if let Gate::Closed(words) = gate { Some(words.clone()) } else { None })
        .collect();
    if lacking.is_empty() {
        for hold in &holds {
            decision.ways.push(way(catalog, &access, hold, wanted, &gates, database));
        }
    }
    if holds.is_empty() {
        lacking.insert(0, format!("no grant of {wanted} on {object} reaches {}", shown(user)));
    }
    if !decision.ways.iter().any(Way::is_open) {
        let fact = Fact::new(catalog.resource.clone(), lacking_or(&lacking), target.object.place.member("acl"));
        let blocker = Blocker { control: control(catalog, ControlKind::DbGrant, user), fact };
        decision.ways.push(Way { blockers: vec![blocker], ..Way::default() });
    }
    decision.ways.sort_by_key(|way| !way.is_open());
    decision
}

fn lacking_or(lacking: &[String]) -> String {
    if lacking.is_empty() { "not every privilege that this takes was seen".to_owned() } else { lacking.join("; ") }
}

fn way<'c>(
    catalog: &'c Catalog,
    access: &Access<'c>,
    hold: &Hold<'c>,
    privilege: Privilege,
    gates: &[Gate<'c>],
    database: Option<&str>,
) -> Way {
    let mut way = Way { evidence: access.facts(hold, privilege), ..Way::default() };
    for gate in gates {
        match gate {
            Gate::Open(_, holds) => {
                if let Some(first) = holds.first() {
                    let of = if matches!(first.source, Source::Entry(object, _) if object.kind == Kind::Schema) {
                        Privilege::Usage
                    } else {
                        Privilege::Connect
                    };
                    way.evidence.extend(access.facts(first, of).pop());
                }
            }
            Gate::Unknown(gap) => way.gaps.push(gap.clone()),
            Gate::Closed(_) => {}
        }
    }
    way.enablers = enablers(catalog, access, hold, privilege, database);
    way
}

/// What alone closes a way: the grant at its end, and each membership without which its role is out of reach.
///
/// Removing one of these really closes the way, whichever chain it took; sets of several memberships that would close
/// it together are not looked for.
fn enablers<'c>(
    catalog: &'c Catalog,
    access: &Access<'c>,
    hold: &Hold<'c>,
    privilege: Privilege,
    database: Option<&str>,
) -> Vec<Enabler> {
    let mut enablers = Vec::new();
    let facts = access.facts(hold, privilege);
    for (hop, fact) in hold.reached.hops.iter().zip(&facts) {
        let cut = Graph::new(catalog, database).without(hop.from, hop.role).reach(access.reach.user);
        if !cut.has.contains_key(&hold.role) {
            let id = format!(
                "membership:{}:{}>{}",
                catalog.id,
                shown(&catalog.name(hop.from)),
                shown(&catalog.name(hop.role))
            );
            enablers.push(Enabler { id, fact: fact.clone() });
        }
    }
    if let Some(fact) = facts.last() {
        let role = shown(&catalog.name(hold.role));
        let id = match hold.source {
            Source::Entry(object, entry) => {
                format!(
                    "grant:{}:{privilege}:{}:{role}:{}",
                    catalog.id,
                    object.shown(),
                    shown(&catalog.name(entry.grantor))
                )
            }
            Source::Owner(object) => format!("owner:{}:{}:{role}", catalog.id, object.shown()),
            Source::Superuser => format!("attribute:{}:superuser:{role}", catalog.id),
            Source::Predefined | Source::Administrator => format!("role:{}:{role}", catalog.id),
        };
        enablers.push(Enabler { id, fact: fact.clone() });
    }
    enablers
}

/// What a question names.
struct Target<'c> {
    object: &'c Object,
    /// The ACL of the column, where it has one.
    column: Option<&'c Object>,
    named_column: Option<String>,
}

enum Absent {
    Gap(Gap),
    Nothing(String),
}

impl<'c> Target<'c> {
    fn find(catalog: &'c Catalog, text: &str) -> Result<Self, Absent> {
        let (dotted, routine) = text.split_once('(').map_or((text, false), |(name, _)| (name, true));
        let names = parts(dotted).map_err(Absent::Nothing)?;
        let names: Vec<&str> = names.iter().map(|part| part.text.as_str()).collect();
        let nothing = || Absent::Nothing(format!("there is no {text}"));
        let whole = |object: Option<&'c Object>, database: Option<&str>, kind: Kind| match object {
            Some(object) => Ok(Self { object, column: None, named_column: None }),
            None => Err(catalog.object_gap(database, kind).map_or_else(nothing, Absent::Gap)),
        };
        match names.as_slice() {
            [database] => whole(catalog.find(Kind::Database, Some(database), None, database), None, Kind::Database),
            [database, schema] => {
                whole(catalog.find(Kind::Schema, Some(database), Some(schema), schema), Some(database), Kind::Schema)
            }
            [database, schema, name] if routine => {
                let found = catalog.objects.iter().find(|object| {
                    object.kind.is_routine()
                        && object.database.as_deref() == Some(database)
                        && object.schema.as_deref() == Some(schema)
                        && (object.name == *name)
                        && format!("({})", object.arguments.as_deref().unwrap_or_default())
                            == text.chars().skip(dotted.chars().count()).collect::<String>()
                });
                whole(found, Some(database), Kind::Function)
            }
            [database, schema, name] => whole(relation(catalog, database, schema, name), Some(database), Kind::Table),
            [database, schema, name, column] => {
                let mut target = whole(relation(catalog, database, schema, name), Some(database), Kind::Table)?;
                let oid = target.object.oid;
                let inside = catalog.inside.get(*database);
                let known =
                    inside.and_then(|inside| inside.columns.get(&oid)).is_some_and(|c| c.values().any(|n| n == column));
                if !known && catalog.object_gap(Some(database), Kind::Column).is_none() {
                    return Err(nothing());
                }
                target.named_column = Some((*column).to_owned());
                target.column = catalog.objects.iter().find(|object| {
                    object.kind == Kind::Column
                        && object.oid == oid
                        && object.database.as_deref() == Some(database)
                        && object.column.as_deref() == Some(column)
                });
                Ok(target)
            }
            _ => Err(nothing()),
        }
    }
}

fn relation<'c>(catalog: &'c Catalog, database: &str, schema: &str, name: &str) -> Option<&'c Object> {
    catalog.objects.iter().find(|object| {
        (object.kind.is_relation() || object.kind == Kind::Sequence)
            && object.database.as_deref() == Some(database)
            && object.schema.as_deref() == Some(schema)
            && object.name == name
    })
}
