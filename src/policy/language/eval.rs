//! The evaluator: Kleene logic in which an unknown carries everything that is missing.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use portcullis_estate::schema::{Gaps, Kind, List, Object, Value, World};
use portcullis_estate::{Fact, Gap};

use super::node::{Node, Order, Over, TextTest};
use crate::policy::functions::Engines;
use crate::policy::params::{Membership, ParamValue, Params};

/// Most steps for one resource.
pub const FUEL: u64 = 5_000_000;
/// Most facts that one item of evidence lists.
const MAX_FACTS: usize = 24;

/// What the mutation test takes away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blind {
    /// A field of a kind.
    Field(&'static str, &'static str),
    /// Every answer of a function.
    Function(&'static str),
}

/// A truth that may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// So.
    True,
    /// Not so.
    False,
    /// Not known.
    Unknown(Gaps),
}

impl Truth {
    const fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// One evaluation: what a rule reads from, and the values bound so far.
#[derive(Debug)]
pub struct Run<'s> {
    /// Estate and scratch.
    pub world: World<'s>,
    engines: &'s dyn Engines,
    params: &'s Params,
    defaults: &'s BTreeMap<String, ParamValue>,
    slots: Vec<Cell<Value<'s>>>,
    lets: Vec<Cell<Option<Value<'s>>>>,
    definitions: &'s [Node],
    fuel: Cell<u64>,
    blind: Option<&'s Blind>,
    trace: RefCell<Option<BTreeSet<Fact>>>,
}

impl<'s> Run<'s> {
    /// A run with nothing bound.
    pub fn new(
        world: World<'s>,
        engines: &'s dyn Engines,
        params: (&'s Params, &'s BTreeMap<String, ParamValue>),
        slots: usize,
        definitions: &'s [Node],
        blind: Option<&'s Blind>,
    ) -> Self {
        Self {
            world,
            engines,
            params: params.0,
            defaults: params.1,
            slots: vec![Cell::new(Value::Null); slots],
            lets: vec![Cell::new(None); definitions.len()],
            definitions,
            fuel: Cell::new(FUEL),
            blind,
            trace: RefCell::new(None),
        }
    }

    /// Binds a variable.
    pub fn bind(&self, slot: usize, value: Value<'s>) {
        if let Some(cell) = self.slots.get(slot) {
            cell.set(value);
        }
    }

    /// The value of a variable.
    pub fn value_of(&self, slot: usize) -> Value<'s> {
        self.slots.get(slot).map_or(Value::Null, Cell::get)
    }

    /// Forgets the names of `let` from `first` on: a variable that they read was bound anew.
    pub fn forget(&self, first: usize) {
        for cell in self.lets.iter().skip(first) {
            cell.set(None);
        }
    }

    /// Fills up the steps, for the next resource.
    pub fn refuel(&self) {
        self.fuel.set(FUEL);
    }

    /// Evaluates and answers the facts that were read.
    pub fn traced<T>(&self, evaluate: impl FnOnce(&Self) -> T) -> (T, Vec<Fact>) {
        self.trace.replace(Some(BTreeSet::new()));
        let value = evaluate(self);
        let facts = self.trace.replace(None).unwrap_or_default();
        (value, facts.into_iter().take(MAX_FACTS).collect())
    }

    /// The truth of a condition.
    pub fn truth(&self, node: &'s Node) -> Truth {
        self.as_truth(self.value(node))
    }

    fn as_truth(&self, value: Value<'s>) -> Truth {
        match value {
            Value::Bool(value) => Truth::of(value),
            Value::Unknown(gaps) => Truth::Unknown(gaps),
            _ => Truth::Unknown(self.gap("a condition that is no condition")),
        }
    }

    fn gap(&self, what: &str) -> Gaps {
        self.world.scratch.gap(Gap::not_modelled(what))
    }

    fn either(&self, a: Gaps, b: Gaps) -> Gaps {
        self.world.scratch.union(a, b)
    }

    /// The value of an expression.
    pub fn value(&self, node: &'s Node) -> Value<'s> {
        let Some(fuel) = self.fuel.get().checked_sub(1) else {
            return self.world.unknown(Gap::other("the rule's steps", "used up; filter before the inner lists"));
        };
        self.fuel.set(fuel);
        match node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Int(value) => Value::Int(*value),
            Node::Text(text) => Value::Str(text),
            Node::List(items) => {
                let items: Vec<Value<'s>> = items.iter().map(|item| self.value(item)).collect();
                self.world.list(items)
            }
            Node::Slot(slot) => self.value_of(*slot),
            Node::Let(number) => self.definition(*number),
            Node::Param(name) => self.param(name),
            Node::Field(base, kind, field) => self.field(self.value(base), kind, field),
            Node::Index(map, key) => self.index(self.value(map), self.value(key)),
            Node::Not(inner) => match self.truth(inner) {
                Truth::True => Value::Bool(false),
                Truth::False => Value::Bool(true),
                Truth::Unknown(gaps) => Value::Unknown(gaps),
            },
            Node::Negate(inner) => match self.value(inner) {
                Value::Int(number) => self.number(number.checked_neg()),
                other => self.absorb(&[other]),
            },
            Node::And(a, b) => self.junction(a, b, false),
            Node::Or(a, b) => self.junction(a, b, true),
            Node::Equal(a, b, negated) => self.equal_nodes(a, b, *negated),
            Node::Order(order, a, b) => self.order(*order, a, b),
            Node::In(a, b) => self.membership(self.value(a), self.value(b)),
            Node::Selected(a, name) => self.selected(self.value(a), name),
            Node::Selection(name, kind) => self.selection(name, kind),
            Node::Add(a, b) => match (self.value(a), self.value(b)) {
                (Value::Int(a), Value::Int(b)) => self.number(a.checked_add(b)),
                (Value::Str(a), Value::Str(b)) => Value::Str(self.world.scratch.text(format!("{a}{b}"))),
                (a, b) => self.absorb(&[a, b]),
            },
            Node::Subtract(a, b) => match (self.value(a), self.value(b)) {
                (Value::Int(a), Value::Int(b)) => self.number(a.checked_sub(b)),
                (a, b) => self.absorb(&[a, b]),
            },
            Node::Choice(condition, yes, no) => self.choice(condition, yes, no),
            Node::Over(over, list, slot, body) => self.over(*over, self.value(list), *slot, body),
            Node::Size(inner) => match self.value(inner) {
                Value::List(List { items, missing: None }) => size(items.len()),
                Value::Map(map) if map.missing.is_none() => size(map.entries.len()),
                Value::Str(text) => size(text.chars().count()),
                Value::List(List { missing: Some(gaps), .. }) => Value::Unknown(gaps),
                Value::Map(map) => map.missing.map_or(Value::Null, Value::Unknown),
                other => self.absorb(&[other]),
            },
            Node::IsEmpty(inner) => {
                let (len, missing) = match self.value(inner) {
                    Value::List(list) => (list.items.len(), list.missing),
                    Value::Map(map) => (map.entries.len(), map.missing),
                    other => return self.absorb(&[other]),
                };
                match missing {
                    Some(gaps) if len == 0 => Value::Unknown(gaps),
                    _ => Value::Bool(len == 0),
                }
            }
            Node::Compare(test, a, b) => match (self.value(a), self.value(b)) {
                (Value::Str(a), Value::Str(b)) => Value::Bool(match test {
                    TextTest::StartsWith => a.starts_with(b),
                    TextTest::EndsWith => a.ends_with(b),
                    TextTest::Contains => a.contains(b),
                }),
                (a, b) => self.absorb(&[a, b]),
            },
            Node::Call(signature, args) => {
                let args: Vec<Value<'s>> = args.iter().map(|arg| self.value(arg)).collect();
                if self.blind == Some(&Blind::Function(signature.name)) {
                    return self.blinded(signature.name);
                }
                if args.iter().any(|arg| matches!(arg, Value::Unknown(_))) {
                    return self.absorb(&args);
                }
                self.engines.call(signature, self.world, &args)
            }
            Node::Objects(kind) => self.objects(kind),
        }
    }

    /// Every object of a kind, and why there may be more.
    pub fn objects(&self, kind: &'static Kind) -> Value<'s> {
        let objects = kind.list.map(|list| list(&self.world)).unwrap_or_default();
        let gaps: BTreeSet<Gap> = kind.hidden(&self.world).into_values().flatten().collect();
        let missing = (!gaps.is_empty()).then(|| self.world.scratch.gaps(gaps));
        self.world.scratch.list(objects.into_iter().map(Value::Object), missing)
    }

    fn blinded(&self, what: &str) -> Value<'s> {
        self.world.unknown(Gap::other(what, "taken away by the mutation test"))
    }

    /// The unknown that operands leave, all their gaps together.
    fn absorb(&self, operands: &[Value<'s>]) -> Value<'s> {
        let mut gaps = None;
        for operand in operands {
            if let Value::Unknown(more) = operand {
                gaps = self.world.scratch.join(gaps, Some(*more));
            }
        }
        Value::Unknown(gaps.unwrap_or_else(|| self.gap("an operand of another type than was checked")))
    }

    fn number(&self, number: Option<i64>) -> Value<'s> {
        number.map_or_else(|| self.world.unknown(Gap::not_modelled("a number beyond 64 bits")), Value::Int)
    }

    fn definition(&self, number: usize) -> Value<'s> {
        let (Some(cell), Some(node)) = (self.lets.get(number), self.definitions.get(number)) else {
            return Value::Null;
        };
        // Evidence lists what a name stands for, so a traced run reads it again.
        if self.trace.borrow().is_none()
            && let Some(known) = cell.get()
        {
            return known;
        }
        let value = self.value(node);
        cell.set(Some(value));
        value
    }

    fn param(&self, name: &str) -> Value<'s> {
        match self.params.values.get(name).or_else(|| self.defaults.get(name)) {
            Some(value) => self.plain(value),
            None => self.world.unknown(Gap::not_configured(name)),
        }
    }

    fn plain(&self, value: &'s ParamValue) -> Value<'s> {
        match value {
            ParamValue::Int(value) => Value::Int(*value),
            ParamValue::Bool(value) => Value::Bool(*value),
            ParamValue::Str(text) => Value::Str(text),
            ParamValue::List(items) => self.world.list(items.iter().map(|item| self.plain(item)).collect::<Vec<_>>()),
            // The checker lets these stand only after `in` and before a quantifier.
            ParamValue::Selection(_) | ParamValue::Ranges(_) => self.absorb(&[]),
        }
    }

    fn field(
        &self,
        base: Value<'s>,
        kind: &'static Kind,
        field: &'static portcullis_estate::schema::Field,
    ) -> Value<'s> {
        let Value::Object(object) = base else { return self.absorb(&[base]) };
        if self.blind == Some(&Blind::Field(kind.name, field.name)) {
            return self.blinded(&format!("{}.{}", kind.name, field.name));
        }
        let value = (field.get)(&self.world, object);
        if self.trace.borrow().is_some() {
            self.note(object, field.name, field.member, value);
        }
        value
    }

    fn note(&self, object: Object<'s>, name: &str, member: &str, value: Value<'s>) {
        if object.kind.evidence.is_some()
            || !matches!(value, Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Null)
        {
            return;
        }
        let statement = match value {
            Value::Null => format!("{name} is absent"),
            other => format!("{name} is {}", self.shown(other)),
        };
        let place = if member.is_empty() { object.place.clone() } else { object.place.member(member) };
        if let Some(facts) = self.trace.borrow_mut().as_mut() {
            facts.insert(Fact::new(self.label(object), statement, place));
        }
    }

    fn index(&self, map: Value<'s>, key: Value<'s>) -> Value<'s> {
        let (Value::Map(map), Value::Str(key)) = (map, key) else { return self.absorb(&[map, key]) };
        match (map.entries.iter().find(|(known, _)| *known == key), map.missing) {
            (Some((_, value)), _) => *value,
            (None, Some(gaps)) => Value::Unknown(gaps),
            (None, None) => Value::Null,
        }
    }

    /// `&&` (decided by false) and `||` (decided by true).
    fn junction(&self, a: &'s Node, b: &'s Node, decisive: bool) -> Value<'s> {
        let first = self.truth(a);
        if first == Truth::of(decisive) {
            return Value::Bool(decisive);
        }
        let second = self.truth(b);
        if second == Truth::of(decisive) {
            return Value::Bool(decisive);
        }
        match (first, second) {
            (Truth::Unknown(a), Truth::Unknown(b)) => Value::Unknown(self.either(a, b)),
            (Truth::Unknown(gaps), _) | (_, Truth::Unknown(gaps)) => Value::Unknown(gaps),
            _ => Value::Bool(!decisive),
        }
    }

    /// Whether two values are equal.
    fn equal(&self, a: Value<'s>, b: Value<'s>) -> Truth {
        match (a, b) {
            (Value::Unknown(a), Value::Unknown(b)) => Truth::Unknown(self.either(a, b)),
            (Value::Unknown(gaps), _) | (_, Value::Unknown(gaps)) => Truth::Unknown(gaps),
            (Value::Null, Value::Null) => Truth::True,
            (Value::Bool(a), Value::Bool(b)) => Truth::of(a == b),
            (Value::Int(a), Value::Int(b)) => Truth::of(a == b),
            (Value::Str(a), Value::Str(b)) => Truth::of(a == b),
            (Value::Object(a), Value::Object(b)) => Truth::of(a.same(b)),
            _ => Truth::False,
        }
    }

    fn equal_nodes(&self, a: &'s Node, b: &'s Node, negated: bool) -> Value<'s> {
        let truth = match (self.least(a), b) {
            (Some((least, gaps)), Node::Int(wanted)) => {
                if *wanted < least {
                    Truth::False
                } else {
                    Truth::Unknown(gaps)
                }
            }
            _ => self.equal(self.value(a), self.value(b)),
        };
        match truth {
            Truth::True => Value::Bool(!negated),
            Truth::False => Value::Bool(negated),
            Truth::Unknown(gaps) => Value::Unknown(gaps),
        }
    }

    /// The least size that an incomplete list can have, for `list.size()`.
    fn least(&self, node: &'s Node) -> Option<(i64, Gaps)> {
        let Node::Size(inner) = node else { return None };
        match self.value(inner) {
            Value::List(List { items, missing: Some(gaps) }) => {
                Some((i64::try_from(items.len()).unwrap_or(i64::MAX), gaps))
            }
            _ => None,
        }
    }

    fn order(&self, order: Order, a: &'s Node, b: &'s Node) -> Value<'s> {
        if let (Some((least, gaps)), Node::Int(limit)) = (self.least(a), b) {
            return match order {
                Order::Greater if least > *limit => Value::Bool(true),
                Order::GreaterOrEqual if least >= *limit => Value::Bool(true),
                Order::Less if least >= *limit => Value::Bool(false),
                Order::LessOrEqual if least > *limit => Value::Bool(false),
                _ => Value::Unknown(gaps),
            };
        }
        let ordering = match (self.value(a), self.value(b)) {
            (Value::Int(a), Value::Int(b)) => a.cmp(&b),
            (Value::Str(a), Value::Str(b)) => a.cmp(b),
            (a, b) => return self.absorb(&[a, b]),
        };
        Value::Bool(order.holds(ordering))
    }

    fn membership(&self, wanted: Value<'s>, whole: Value<'s>) -> Value<'s> {
        let (items, mut missing): (Vec<Value<'s>>, Option<Gaps>) = match whole {
            Value::List(list) => (list.items.to_vec(), list.missing),
            Value::Map(map) => (map.entries.iter().map(|(key, _)| Value::Str(key)).collect(), map.missing),
            other => return self.absorb(&[wanted, other]),
        };
        for item in items {
            match self.equal(wanted, item) {
                Truth::True => return Value::Bool(true),
                Truth::False => {}
                Truth::Unknown(gaps) => missing = self.world.scratch.join(missing, Some(gaps)),
            }
        }
        missing.map_or(Value::Bool(false), Value::Unknown)
    }

    fn selected(&self, value: Value<'s>, name: &str) -> Value<'s> {
        let found = match value {
            Value::Object(object) => self.params.holds(name, object),
            Value::Str(address) => self.params.holds_address(name, address),
            other => return self.absorb(&[other]),
        };
        match found {
            None => self.world.unknown(Gap::not_configured(name)),
            Some(Membership::Yes) => Value::Bool(true),
            Some(Membership::No) => Value::Bool(false),
            Some(Membership::Unknown(gaps)) => Value::Unknown(self.world.scratch.gaps(gaps)),
        }
    }

    fn selection(&self, name: &str, kind: &'static Kind) -> Value<'s> {
        let Some(ParamValue::Selection(selection)) = self.params.values.get(name) else {
            return self.world.unknown(Gap::not_configured(name));
        };
        let all = kind.list.map(|list| list(&self.world)).unwrap_or_default();
        let items = all.into_iter().filter(|object| self.params.holds(name, *object) == Some(Membership::Yes));
        // What might hide a member: the selector's gaps; those of the listing are among them.
        let missing =
            (!selection.missing.is_empty()).then(|| self.world.scratch.gaps(selection.missing.iter().cloned()));
        self.world.scratch.list(items.map(Value::Object), missing)
    }

    fn choice(&self, condition: &'s Node, yes: &'s Node, no: &'s Node) -> Value<'s> {
        match self.truth(condition) {
            Truth::True => self.value(yes),
            Truth::False => self.value(no),
            Truth::Unknown(gaps) => {
                let (yes, no) = (self.value(yes), self.value(no));
                match self.equal(yes, no) {
                    Truth::True if !matches!(yes, Value::Null) => yes,
                    Truth::Unknown(more) => Value::Unknown(self.either(gaps, more)),
                    _ => Value::Unknown(gaps),
                }
            }
        }
    }

    fn over(&self, over: Over, list: Value<'s>, slot: usize, body: &'s Node) -> Value<'s> {
        let Value::List(List { items, mut missing }) = list else { return self.absorb(&[list]) };
        match over {
            Over::All | Over::Exists => {
                let decisive = over == Over::Exists;
                for item in items {
                    self.bind(slot, *item);
                    match self.truth(body) {
                        Truth::Unknown(gaps) => missing = self.world.scratch.join(missing, Some(gaps)),
                        truth if truth == Truth::of(decisive) => return Value::Bool(decisive),
                        _ => {}
                    }
                }
                missing.map_or(Value::Bool(!decisive), Value::Unknown)
            }
            Over::Filter => {
                let mut kept = Vec::new();
                for item in items {
                    self.bind(slot, *item);
                    match self.truth(body) {
                        Truth::True => kept.push(*item),
                        Truth::False => {}
                        // It may belong there: the list may have more elements than are seen.
                        Truth::Unknown(gaps) => missing = self.world.scratch.join(missing, Some(gaps)),
                    }
                }
                self.world.scratch.list(kept, missing)
            }
            Over::Map => {
                let mut mapped = Vec::with_capacity(items.len());
                for item in items {
                    self.bind(slot, *item);
                    mapped.push(self.value(body));
                }
                self.world.scratch.list(mapped, missing)
            }
        }
    }

    /// How an object is called: its ARN or label where it has one, else its id.
    pub fn label(&self, object: Object<'s>) -> String {
        for name in ["label", "arn"] {
            if let Some((_, field)) = object.kind.field(name)
                && let Value::Str(text) = (field.get)(&self.world, object)
            {
                return text.to_owned();
            }
        }
        match object.identity().id {
            "" => object.place.to_string(),
            id => id.to_owned(),
        }
    }

    /// A value as a message shows it.
    pub fn shown(&self, value: Value<'s>) -> String {
        match value {
            Value::Null => "none".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Str(text) => text.to_owned(),
            Value::List(list) => {
                let items: Vec<String> = list.items.iter().map(|item| self.shown(*item)).collect();
                let more = if list.missing.is_some() { ", …" } else { "" };
                format!("{}{more}", items.join(", "))
            }
            Value::Map(_) => "a map".to_owned(),
            Value::Object(object) => {
                match object.kind.field("label").map(|(_, field)| (field.get)(&self.world, object)) {
                    Some(Value::Str(label)) => label.to_owned(),
                    _ => match object.identity().id {
                        "" => object.place.to_string(),
                        id => id.to_owned(),
                    },
                }
            }
            Value::Unknown(_) => "(unknown)".to_owned(),
        }
    }

    /// The gaps of a set.
    pub fn gaps(&self, gaps: Gaps) -> BTreeSet<Gap> {
        (*self.world.scratch.resolve(gaps)).clone()
    }
}

fn size(len: usize) -> Value<'static> {
    Value::Int(i64::try_from(len).unwrap_or(i64::MAX))
}
