//! What the grants engine answers: how a database differs from its declared matrix.

use portcullis_db::{Difference, Kind};
use portcullis_estate::schema::{Identity, Type, Value, World};
use portcullis_estate::{Gap, schema_kind};

use super::super::vocabulary::{Argument, ArgumentType, Signature};
use super::standard::Standard;
use Type::{List, Object, Opt, Str, Word};

/// A difference with the text that tells it from its siblings.
#[derive(Debug)]
struct Line {
    row: Difference,
    id: String,
    counts: bool,
}

schema_kind! {
    /// One line of the comparison between a database and its declared grants.
    pub DIFFERENCE = "grants.difference": Line, "",
    identity |object| object.data.downcast_ref::<Line>().map_or_else(Identity::default, |line| Identity {
        id: &line.id, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<Line>().map(|line| line.row.evidence.clone()).unwrap_or_default();
    /// `match` where the two agree or the matrix only observes; else what differs.
    kind: Word(&["match", "difference"]), "", |_cx, d| if d.counts { "difference" } else { "match" };
    /// The user, role or everyone.
    user: Str, "", |_cx, d| &d.row.user;
    /// The object.
    object: Str, "", |_cx, d| &d.row.object;
    /// The privilege.
    privilege: Str, "", |_cx, d| &d.row.privilege;
    /// In words.
    words: Str, "", |_cx, d| words(&d.row);
    /// The statement that would take it back; it is shown, never run.
    sql: Opt(&Str), "", |_cx, d| d.row.sql_to_revoke.as_deref();
}

fn words(row: &Difference) -> String {
    let what = match row.kind {
        Kind::Match => "is as declared",
        Kind::Extra => "is more than declared",
        Kind::Missing => "is declared and missing",
        Kind::UnknownUser => "belongs to a user that nobody declared",
        Kind::MissingUser => "is declared for a user who is not there",
        Kind::WiderHost => "comes from more hosts than declared",
        Kind::WeakerAuth => "logs in by a weaker method than declared",
        Kind::Excepted => "is there although the declaration excepts it",
    };
    let chain = if row.chain.len() > 1 { format!(" through {}", row.chain.join(" > ")) } else { String::new() };
    format!("{} on {} of {}{chain} {what}", row.privilege, row.object, row.user)
}

/// `grants.diff`.
pub static DIFF: Signature = Signature {
    name: "grants.diff",
    arguments: &[Argument { name: "database", ty: ArgumentType::Kinds(&["rds.instance"]) }],
    returns: List(&Object("grants.difference")),
    doc: "how the rights inside the database differ from the matrix that the project file declares for it",
    calls: &["rds/describe-db-instances"],
    most: 10_000,
    cost: 1_000,
};

pub(super) fn diff<'s>(standard: &'s Standard<'_>, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
    let Some(Value::Object(database)) = args.first() else { return world.list([]) };
    let id = database.identity().id;
    let Some((_, server)) = standard.estate().databases.first(id) else {
        let gap = Gap::other(format_args!("databases/{id}"), "the database server was not read");
        return world.scratch.list([], Some(world.scratch.gap(gap)));
    };
    let Some(matrix) = standard.matrices().get(id) else {
        let gap = Gap::not_configured(format_args!("databases.{id}.grants"));
        return world.scratch.list([], Some(world.scratch.gap(gap)));
    };
    let differences = portcullis_db::diff(server, matrix);
    let mode = differences.mode;
    let missing = if differences.gaps.is_empty() { None } else { Some(world.scratch.gaps(differences.gaps.clone())) };
    let place = world.scratch.place(server.place.clone());
    let rows = differences.rows.into_iter().map(|row| {
        let id = format!("{} {} {}", row.user, row.object, row.privilege);
        let counts = row.is_finding(mode);
        world.object(&DIFFERENCE, world.scratch.keep(Line { row, id, counts }), place)
    });
    let rows: Vec<Value<'s>> = rows.collect();
    world.scratch.list(rows, missing)
}
