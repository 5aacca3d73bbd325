//! Tests of the language and of rules over small worlds.

mod conditions;
mod rules;

use std::collections::BTreeMap;

use portcullis_estate::schema::Type::{Bool, Int, List, Map, Object, Opt, Str, Word};
use portcullis_estate::schema::{Arena, Identity, Kind, Scratch, Value, World};
use portcullis_estate::{Estate, Fact, Gap, schema_kind, schema_parts};
use portcullis_snapshot::{Missing, Optional, Place, Required};

use super::functions::Engines;
use super::language::eval::Run;
use super::language::types::Ty;
use super::language::{Scope, parse};
use super::params::{ParamType, ParamValue, Params};
use super::vocabulary::{Argument, ArgumentType, Signature, Vocabulary};

/// A thing with a member of every form.
#[derive(Debug, Clone)]
struct Thing {
    open: Required<bool>,
    closed: Required<bool>,
    port: Required<i64>,
    name: Optional<String>,
    other: Optional<String>,
    names: Required<Vec<String>>,
    parts: Vec<Part>,
    parts_missing: Option<&'static str>,
    element_missing: Option<&'static str>,
    tags: Vec<(String, String)>,
    tags_missing: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Part {
    weight: Required<i64>,
}

impl Default for Thing {
    fn default() -> Self {
        Self {
            open: Required::Known(true),
            closed: Required::Known(false),
            port: Required::Known(5432),
            name: Optional::Absent,
            other: Optional::Absent,
            names: Required::Known(Vec::new()),
            parts: Vec::new(),
            parts_missing: None,
            element_missing: None,
            tags: Vec::new(),
            tags_missing: None,
        }
    }
}

fn missing<T>(why: &str) -> Required<T> {
    Required::Unknown(Missing(why.into()))
}

schema_kind! {
    /// A thing.
    THING = "thing": Thing, "", identity |_| Identity::default();
    /// A flag.
    open: Bool, "Open", |_cx, t| &t.open;
    /// Another flag.
    closed: Bool, "Closed", |_cx, t| &t.closed;
    /// A number.
    port: Int, "Port", |_cx, t| &t.port;
    /// A text that may be absent.
    name: Opt(&Str), "Name", |_cx, t| &t.name;
    /// Another one.
    other: Opt(&Str), "Other", |_cx, t| &t.other;
    /// A word.
    mode: Word(&["all", "none"]), "Mode", |_cx, _t| "all";
    /// Texts, one of which may not be known.
    names: List(&Str), "Names", |cx, t| match t.names.get() {
        Ok(names) => {
            let gone = t.element_missing.map(|why| cx.world.unknown(Gap::other(why, "denied")));
            cx.world.list(names.iter().map(|name| Value::Str(name)).chain(gone))
        }
        Err(missing) => cx.unknown(missing),
    };
    /// Parts.
    parts: List(&Object("part")), "Parts", |cx, t| {
        let gap = t.parts_missing.map(|why| cx.world.scratch.gap(Gap::other(why, "denied")));
        cx.world.scratch.list(t.parts.iter().map(|part| cx.world.object(&PART, part, cx.object.place)), gap)
    };
    /// Tags.
    tags: Map(&Str), "Tags", |cx, t| {
        let gap = t.tags_missing.map(|why| cx.world.scratch.gap(Gap::other(why, "denied")));
        cx.world.scratch.map(t.tags.iter().map(|(key, value)| (key.as_str(), Value::Str(value))), gap)
    };
}

schema_parts! {
    /// A part.
    PART = "part": Part, "";
    /// A number.
    weight: Int, "Weight", |_cx, p| &p.weight;
}

/// What the fake engine answers.
#[derive(Debug)]
struct FakePath {
    source: String,
    open: bool,
}

schema_kind! {
    /// A path of the fake engine.
    FAKE_PATH = "path": FakePath, "",
    identity |object| object.data.downcast_ref::<FakePath>().map_or_else(Identity::default, |path| Identity {
        id: &path.source, ..Identity::default()
    }),
    evidence |object| object.data.downcast_ref::<FakePath>().map(|path| {
        vec![Fact::new(path.source.clone(), "sends", Place::new("fake", ""))]
    }).unwrap_or_default();
    /// Where it begins.
    source: Str, "", |_cx, p| &p.source;
    /// Whether it is open.
    open: Bool, "", |_cx, p| p.open;
}

static INTO: Signature = Signature {
    name: "fake.into",
    arguments: &[
        Argument { name: "target", ty: ArgumentType::Kinds(&["rds.instance", "thing"]) },
        Argument { name: "port", ty: ArgumentType::Of(Int) },
    ],
    returns: List(&Object("path")),
    doc: "What reaches it.",
    calls: &["ec2/describe-vpcs"],
    most: 100,
    cost: 10,
};

/// Answers three paths for each open target, once.
#[derive(Debug, Default)]
struct FakeEngine {
    sources: Vec<(&'static str, bool)>,
    incomplete: bool,
    place: Option<Place>,
    kept: Arena<FakePath>,
}

impl Engines for FakeEngine {
    fn call<'s>(&'s self, _: &'static Signature, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
        assert!(matches!(args, [Value::Object(_), Value::Int(_)]));
        let place = world.scratch.place(self.place.clone().unwrap_or_else(|| Place::new("fake", "")));
        let paths = self.sources.iter().map(|(source, open)| {
            world.object(&FAKE_PATH, self.kept.alloc(FakePath { source: (*source).to_owned(), open: *open }), place)
        });
        let gap = self.incomplete.then(|| world.scratch.gap(Gap::other("routes", "denied")));
        world.scratch.list(paths, gap)
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary::estate().with(&[&THING, &PART, &FAKE_PATH], &[&INTO])
}

fn declared() -> BTreeMap<String, ParamType> {
    BTreeMap::from([
        ("bastion".to_owned(), ParamType::Selector("ec2.instance")),
        ("days".to_owned(), ParamType::Int),
        ("office".to_owned(), ParamType::Ranges),
        ("set".to_owned(), ParamType::Int),
    ])
}

/// The value of a condition about `t`, in words; a fault is `error: …`.
fn about(thing: &Thing, text: &str) -> String {
    let vocabulary = vocabulary();
    let declared = declared();
    let mut scope = Scope::new(&vocabulary, &declared);
    let slot = scope.bind("t", Ty::Object(&THING), 0);
    let checked = match parse(text).and_then(|expr| scope.check(&expr)) {
        Ok(checked) => checked,
        Err(fault) => {
            let help = fault.help.map(|help| format!(" ({help})")).unwrap_or_default();
            return format!("error: {}{help}", fault.message);
        }
    };
    let estate = Estate::default();
    let params = Params {
        values: BTreeMap::from([
            ("set".to_owned(), ParamValue::Int(3)),
            (
                "office".to_owned(),
                ParamValue::Ranges(vec!["198.51.100.0/29".parse().unwrap(), "198.51.100.8/29".parse().unwrap()]),
            ),
        ]),
        ..Params::default()
    };
    let engine = FakeEngine { sources: vec![("a", true), ("b", false)], ..FakeEngine::default() };
    let defaults = BTreeMap::new();
    let place = Place::new("f.json", "/Things/{Id=t}");
    let scratch = Scratch::new();
    let world = World { estate: &estate, scratch: &scratch };
    let run = Run::new(world, &engine, (&params, &defaults), scope.slots(), &[], None);
    run.bind(slot, world.object(kind(), thing, &place));
    match run.value(&checked.node) {
        Value::Unknown(gaps) => {
            let gaps: Vec<String> = run.gaps(gaps).iter().map(|gap| gap.input.to_string()).collect();
            format!("unknown: {}", gaps.join(", "))
        }
        other => run.shown(other),
    }
}

fn kind() -> &'static Kind {
    &THING
}
