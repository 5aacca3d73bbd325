//! Values of rules: small, `Copy`, read in place from the estate.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use portcullis_snapshot::Place;

use super::arena::Arena;
use super::kind::{Identity, Kind};
use crate::assumption::Assumption;
use crate::evidence::Fact;
use crate::gap::Gap;
use crate::kinds::Estate;

/// One value of an expression.
#[derive(Debug, Clone, Copy)]
pub enum Value<'e> {
    /// Known to be absent; not the same as unknown.
    Null,
    /// Truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Str(&'e str),
    /// A list, with what may be missing from it.
    List(List<'e>),
    /// A map from text, with what may be missing from it.
    Map(Map<'e>),
    /// A resource, a part of one, or an answer of an engine.
    Object(Object<'e>),
    /// Not known, with everything that would have to be seen.
    Unknown(Gaps),
}

/// A set of gaps, kept by the [`Scratch`] of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gaps(u32);

/// A list that knows whether it is whole.
#[derive(Debug, Clone, Copy)]
pub struct List<'e> {
    /// The elements that were seen.
    pub items: &'e [Value<'e>],
    /// Why there may be more.
    pub missing: Option<Gaps>,
}

/// A map that knows whether it is whole.
#[derive(Debug, Clone, Copy)]
pub struct Map<'e> {
    /// The entries that were seen.
    pub entries: &'e [(&'e str, Value<'e>)],
    /// Why there may be more.
    pub missing: Option<Gaps>,
}

/// An object of a kind: a row of the estate, a part of one, or an answer of an engine.
#[derive(Clone, Copy)]
pub struct Object<'e> {
    /// Its kind, with its fields.
    pub kind: &'static Kind,
    /// The observed data; the kind's accessors know its type.
    pub data: &'e dyn Any,
    /// Where it was read.
    pub place: &'e Place,
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.kind.name, self.place)
    }
}

impl<'e> Object<'e> {
    /// Whether two values stand for the same thing.
    #[must_use]
    pub fn same(self, other: Self) -> bool {
        if !std::ptr::eq(self.kind, other.kind) {
            return false;
        }
        std::ptr::addr_eq(self.data, other.data) || {
            let (a, b) = (self.identity(), other.identity());
            !a.id.is_empty() && a == b
        }
    }

    /// Account, region and id.
    #[must_use]
    pub fn identity(self) -> Identity<'e> {
        (self.kind.identity)(self)
    }
}

/// What values of one evaluation borrow from, beside the estate: lists, texts and sets of gaps made on the way.
#[derive(Debug, Default)]
pub struct Scratch<'e> {
    lists: Arena<Box<[Value<'e>]>>,
    entries: Arena<Box<[(&'e str, Value<'e>)]>>,
    texts: Arena<String>,
    places: Arena<Place>,
    objects: Arena<Box<dyn Any>>,
    gaps: RefCell<GapTable>,
    assumed: RefCell<BTreeSet<Assumption>>,
    notes: RefCell<BTreeSet<Fact>>,
}

#[derive(Debug, Default)]
struct GapTable {
    sets: Vec<Arc<BTreeSet<Gap>>>,
    ids: HashMap<Arc<BTreeSet<Gap>>, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl GapTable {
    fn intern(&mut self, set: BTreeSet<Gap>) -> u32 {
        let set = Arc::new(set);
        if let Some(id) = self.ids.get(&set) {
            return *id;
        }
        let id = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        self.sets.push(Arc::clone(&set));
        self.ids.insert(set, id);
        id
    }

    fn set(&self, id: u32) -> Arc<BTreeSet<Gap>> {
        self.sets.get(id as usize).cloned().unwrap_or_default()
    }
}

impl<'e> Scratch<'e> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A list of values.
    pub fn list(&'e self, items: impl IntoIterator<Item = Value<'e>>, missing: Option<Gaps>) -> Value<'e> {
        let items: Box<[Value<'e>]> = items.into_iter().collect();
        let items: &'e [Value<'e>] = if items.is_empty() { &[] } else { self.lists.alloc(items) };
        Value::List(List { items, missing })
    }

    /// A map of values.
    pub fn map(&'e self, entries: impl IntoIterator<Item = (&'e str, Value<'e>)>, missing: Option<Gaps>) -> Value<'e> {
        Value::Map(Map { entries: self.entries.alloc(entries.into_iter().collect()), missing })
    }

    /// Keeps a text.
    pub fn text(&'e self, text: impl Into<String>) -> &'e str {
        self.texts.alloc(text.into())
    }

    /// Keeps a place.
    pub fn place(&'e self, place: Place) -> &'e Place {
        self.places.alloc(place)
    }

    /// Keeps the data of an object that is not a row of the estate.
    pub fn keep<T: Any>(&'e self, data: T) -> &'e dyn Any {
        &**self.objects.alloc(Box::new(data))
    }

    /// A set of one gap.
    pub fn gap(&self, gap: Gap) -> Gaps {
        self.gaps([gap])
    }

    /// A set of gaps.
    pub fn gaps(&self, gaps: impl IntoIterator<Item = Gap>) -> Gaps {
        Gaps(self.gaps.borrow_mut().intern(gaps.into_iter().collect()))
    }

    /// An unknown value for one reason.
    pub fn unknown(&self, gap: Gap) -> Value<'e> {
        Value::Unknown(self.gap(gap))
    }

    /// Everything that is missing in either.
    pub fn union(&self, a: Gaps, b: Gaps) -> Gaps {
        if a == b {
            return a;
        }
        let key = (a.0.min(b.0), a.0.max(b.0));
        let mut table = self.gaps.borrow_mut();
        if let Some(id) = table.unions.get(&key) {
            return Gaps(*id);
        }
        let union: BTreeSet<Gap> = table.set(a.0).union(&table.set(b.0)).cloned().collect();
        let id = table.intern(union);
        table.unions.insert(key, id);
        Gaps(id)
    }

    /// Everything that is missing in either, where either may miss nothing.
    pub fn join(&self, a: Option<Gaps>, b: Option<Gaps>) -> Option<Gaps> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.union(a, b)),
            (one, other) => one.or(other),
        }
    }

    /// An answer used an assumption.
    pub fn assume(&self, assumptions: impl IntoIterator<Item = Assumption>) {
        self.assumed.borrow_mut().extend(assumptions);
    }

    /// A fact that an engine's answer rests on, such as what closes a way.
    pub fn note(&self, facts: impl IntoIterator<Item = Fact>) {
        self.notes.borrow_mut().extend(facts);
    }

    /// The assumptions and facts since the last time.
    pub fn drain(&self) -> (BTreeSet<Assumption>, BTreeSet<Fact>) {
        (self.assumed.take(), self.notes.take())
    }

    /// The gaps of a set.
    pub fn resolve(&self, gaps: Gaps) -> Arc<BTreeSet<Gap>> {
        self.gaps.borrow().set(gaps.0)
    }
}

/// What accessors read from.
#[derive(Debug, Clone, Copy)]
pub struct World<'e> {
    /// The observed world.
    pub estate: &'e Estate,
    /// Where new lists, texts and gaps go.
    pub scratch: &'e Scratch<'e>,
}

impl<'e> World<'e> {
    /// An object of a kind.
    pub fn object(&self, kind: &'static Kind, data: &'e dyn Any, place: &'e Place) -> Value<'e> {
        Value::Object(Object { kind, data, place })
    }

    /// An unknown value for one reason.
    pub fn unknown(&self, gap: Gap) -> Value<'e> {
        self.scratch.unknown(gap)
    }

    /// A list of values that is whole.
    pub fn list(&self, items: impl IntoIterator<Item = Value<'e>>) -> Value<'e> {
        self.scratch.list(items, None)
    }

    /// What an incomplete call leaves missing.
    pub fn missing(&self, account: &str, region: &str, call: &str) -> Option<Gaps> {
        self.estate.coverage.gap(account, region, call).map(|gap| self.scratch.gap(gap))
    }
}
