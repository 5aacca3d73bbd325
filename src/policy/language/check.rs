//! The checker: a misspelt field, an impossible comparison or an untested absence is an error, never a pass.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Expr, ExprKind, Operator};
use super::fault::{Fault, did_you_mean};
use super::node::{Node, Order};
use super::types::Ty;
use crate::policy::params::ParamType;
use crate::policy::vocabulary::Vocabulary;

mod calls;

/// Deepest nesting of `all`, `exists`, `filter` and `map`.
pub const MAX_QUANTIFIERS: usize = 3;
/// How many elements a list of a field is taken to have.
const LIST_SIZE: u64 = 64;
/// How many objects of a kind an inner binding is taken to range over.
pub const KIND_SIZE: u64 = 10_000;
/// Most steps that one resource may cost by the bounds of its lists.
pub const MAX_COST: u64 = 50_000_000;

/// A checked expression with what is known of it before it runs.
#[derive(Debug)]
pub struct Checked {
    /// What runs.
    pub node: Node,
    /// Its type.
    pub ty: Ty,
    /// An upper bound of its steps.
    pub cost: u64,
    /// An upper bound of its elements, for a list.
    pub size: u64,
}

/// What a rule reads: known before it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Fields, as (kind, field).
    pub fields: BTreeSet<(&'static str, &'static str)>,
    /// Functions.
    pub functions: BTreeSet<&'static str>,
    /// Calls: `rds/describe-db-instances`.
    pub calls: BTreeSet<&'static str>,
    /// Parameters.
    pub params: BTreeSet<String>,
}

#[derive(Debug, Clone)]
enum Bound {
    Slot(usize, Ty, u64),
    Let(usize, Ty, u64),
}

/// The names that expressions of one rule may use.
#[derive(Debug)]
pub struct Scope<'v> {
    vocabulary: &'v Vocabulary,
    names: Vec<(String, Bound)>,
    params: &'v BTreeMap<String, ParamType>,
    slots: usize,
    quantifiers: usize,
    not_null: Vec<String>,
    /// What was read so far.
    pub reads: Reads,
    /// Names that were used so far.
    pub used: BTreeSet<String>,
}

impl<'v> Scope<'v> {
    /// A scope with nothing bound.
    pub fn new(vocabulary: &'v Vocabulary, params: &'v BTreeMap<String, ParamType>) -> Self {
        Self {
            vocabulary,
            names: Vec::new(),
            params,
            slots: 0,
            quantifiers: 0,
            not_null: Vec::new(),
            reads: Reads::default(),
            used: BTreeSet::new(),
        }
    }

    /// Binds a variable; answers its slot.
    pub fn bind(&mut self, name: &str, ty: Ty, size: u64) -> usize {
        let slot = self.slots;
        self.slots += 1;
        self.names.push((name.to_owned(), Bound::Slot(slot, ty, size)));
        slot
    }

    /// Binds a name of `let`.
    pub fn define(&mut self, name: &str, number: usize, ty: Ty, size: u64) {
        self.names.push((name.to_owned(), Bound::Let(number, ty, size)));
    }

    /// How many slots evaluation needs.
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// Why a name cannot be bound, if it cannot.
    pub fn refuses(&self, name: &str) -> Option<String> {
        if ["params", "owned_addresses", "true", "false", "null", "in", "size"].contains(&name) {
            Some(format!("`{name}` is a word of the language"))
        } else if self.vocabulary.is_namespace(name) {
            Some(format!("`{name}` is the beginning of a function's name"))
        } else if self.names.iter().any(|(known, _)| known == name) {
            Some(format!("`{name}` is already bound"))
        } else if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            Some(format!("`{name}` is not a name: use letters, digits and `_`"))
        } else {
            None
        }
    }

    /// Checks a condition.
    pub fn condition(&mut self, expr: &Expr) -> Result<Checked, Fault> {
        let checked = self.check(expr)?;
        match &checked.ty {
            Ty::Bool => Ok(checked),
            Ty::Opt(_) => Err(untested(expr)),
            ty => Err(Fault::new(expr.span.clone(), format!("expected a condition, found {ty}"))),
        }
    }

    /// Checks an expression.
    pub fn check(&mut self, expr: &Expr) -> Result<Checked, Fault> {
        let mut checked = self.raw(expr)?;
        if let Ty::Opt(inner) = &checked.ty
            && expr.path().is_some_and(|path| self.not_null.contains(&path))
        {
            checked.ty = (**inner).clone();
        }
        if checked.cost > MAX_COST {
            return Err(Fault::new(expr.span.clone(), "may take too long on a large account")
                .help("nest fewer lists, or filter before the inner one"));
        }
        Ok(checked)
    }

    /// As [`Self::check`], but something that may be absent is refused.
    fn present(&mut self, expr: &Expr) -> Result<Checked, Fault> {
        let checked = self.check(expr)?;
        if matches!(checked.ty, Ty::Opt(_)) { Err(untested(expr)) } else { Ok(checked) }
    }

    /// Checks `expr` knowing that the paths are not null.
    fn knowing<T>(&mut self, facts: Vec<String>, inner: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.not_null.len();
        self.not_null.extend(facts);
        let result = inner(self);
        self.not_null.truncate(before);
        result
    }

    fn raw(&mut self, expr: &Expr) -> Result<Checked, Fault> {
        Ok(match &expr.kind {
            ExprKind::Null => plain(Node::Null, Ty::Null),
            ExprKind::Bool(value) => plain(Node::Bool(*value), Ty::Bool),
            ExprKind::Int(value) => plain(Node::Int(*value), Ty::Int),
            ExprKind::Text(value) => plain(Node::Text(value.as_str().into()), Ty::Str),
            ExprKind::List(items) => self.list(items)?,
            ExprKind::Name(name) => self.name(name, expr)?,
            ExprKind::Field(base, field, span) => self.field(base, field, span.clone(), expr)?,
            ExprKind::Index(base, key) => self.index(base, key)?,
            ExprKind::Call(callee, args) => self.call(callee, args, expr)?,
            ExprKind::Not(inner) => {
                let inner = self.condition(inner)?;
                let cost = inner.cost + 1;
                Checked { node: Node::Not(Box::new(inner.node)), ty: Ty::Bool, cost, size: 0 }
            }
            ExprKind::Negate(inner) => {
                let checked = self.present(inner)?;
                if checked.ty != Ty::Int {
                    return Err(Fault::new(inner.span.clone(), format!("expected an int, found {}", checked.ty)));
                }
                Checked { node: Node::Negate(Box::new(checked.node)), ty: Ty::Int, cost: checked.cost + 1, size: 0 }
            }
            ExprKind::Binary(operator, a, b) => self.binary(*operator, a, b, expr)?,
            ExprKind::Choice(condition, yes, no) => self.choice(condition, yes, no, expr)?,
        })
    }

    fn list(&mut self, items: &[Expr]) -> Result<Checked, Fault> {
        let mut nodes = Vec::with_capacity(items.len());
        let mut element = Ty::Nothing;
        let mut cost = 1;
        for item in items {
            let checked = self.present(item)?;
            if !element.comparable(&checked.ty) {
                return Err(Fault::new(item.span.clone(), format!("a list of {element} cannot hold {}", checked.ty)));
            }
            cost += checked.cost;
            element = checked.ty;
            nodes.push(checked.node);
        }
        Ok(Checked { node: Node::List(nodes), ty: Ty::List(Box::new(element)), cost, size: items.len() as u64 })
    }

    fn name(&mut self, name: &str, expr: &Expr) -> Result<Checked, Fault> {
        if let Some((_, bound)) = self.names.iter().find(|(known, _)| known == name) {
            self.used.insert(name.to_owned());
            let (node, ty, size) = match bound {
                Bound::Slot(slot, ty, size) => (Node::Slot(*slot), ty.clone(), *size),
                Bound::Let(number, ty, size) => (Node::Let(*number), ty.clone(), *size),
            };
            return Ok(Checked { node, ty, cost: 1, size });
        }
        if name == OWNED {
            self.reads.params.insert(OWNED.to_owned());
            return Ok(plain(Node::Param(OWNED.into()), Ty::Ranges));
        }
        let fault = Fault::new(expr.span.clone(), format!("nothing is bound to `{name}`"));
        if name == "params" {
            return Err(fault.help("name the parameter: `params.name`"));
        }
        let known =
            self.names.iter().map(|(name, _)| name.as_str()).chain((!self.params.is_empty()).then_some("params"));
        Err(match did_you_mean(name, known) {
            Some(help) => fault.help(help),
            None => fault,
        })
    }

    fn field(&mut self, base: &Expr, field: &str, span: std::ops::Range<usize>, expr: &Expr) -> Result<Checked, Fault> {
        if matches!(&base.kind, ExprKind::Name(name) if name == "params") {
            return self.param(field, span, expr);
        }
        let checked = match self.present(base) {
            Ok(checked) => checked,
            Err(fault) => {
                // `reach.into` without brackets reads as a field of an unbound name.
                return Err(match expr.dotted().filter(|name| self.vocabulary.function(name).is_some()) {
                    Some(name) => Fault::new(expr.span.clone(), format!("`{name}` is a function"))
                        .help(format!("call it: `{name}(…)`")),
                    None => fault,
                });
            }
        };
        let Ty::Object(kind) = checked.ty else {
            let fault = Fault::new(span, format!("{} has no fields", checked.ty));
            return Err(match &checked.ty {
                Ty::List(_) => fault.help("ask its elements: `.all(x, …)` or `.exists(x, …)`"),
                Ty::Map(_) => fault.help(format!("a key is written `['{field}']`")),
                _ => fault,
            });
        };
        let Some((_, declared)) = kind.field(field) else {
            let fault = Fault::new(span, format!("`{}` has no field `{field}`", kind.name));
            return Err(match did_you_mean(field, kind.fields.iter().map(|f| f.name)) {
                Some(help) => fault.help(help),
                None => fault,
            });
        };
        let Some(ty) = Ty::of(declared.ty, self.vocabulary) else {
            return Err(Fault::new(span, format!("`{}.{field}` is of a kind that is not declared", kind.name)));
        };
        self.reads.fields.insert((kind.name, declared.name));
        if !declared.call.is_empty() {
            self.reads.calls.insert(declared.call);
        }
        let size = if matches!(ty, Ty::List(_) | Ty::Map(_)) { LIST_SIZE } else { 0 };
        let node = Node::Field(Box::new(checked.node), kind, declared);
        Ok(Checked { node, ty, cost: checked.cost + 1, size })
    }

    fn param(&mut self, name: &str, span: std::ops::Range<usize>, _: &Expr) -> Result<Checked, Fault> {
        let Some(ty) = self.params.get(name) else {
            let fault = Fault::new(span, format!("no parameter `{name}` is declared under `params`"));
            return Err(match did_you_mean(name, self.params.keys().map(String::as_str)) {
                Some(help) => fault.help(help),
                None => fault.help(format!("declare it: `params: {{{name}: selector<ec2.instance>}}`")),
            });
        };
        self.reads.params.insert(name.to_owned());
        let ty = ty.as_ty();
        let size = LIST_SIZE;
        Ok(Checked { node: Node::Param(name.into()), ty, cost: 1, size })
    }

    fn index(&mut self, base: &Expr, key: &Expr) -> Result<Checked, Fault> {
        let map = self.present(base)?;
        let Ty::Map(inner) = map.ty else {
            return Err(Fault::new(base.span.clone(), format!("expected a map, found {}", map.ty))
                .help("an element of a list is reached with `.exists(x, …)` or `.all(x, …)`"));
        };
        let checked = self.present(key)?;
        if !checked.ty.is_text() {
            return Err(Fault::new(key.span.clone(), format!("a key is a string, found {}", checked.ty)));
        }
        let ty = if matches!(*inner, Ty::Opt(_)) { *inner } else { Ty::Opt(inner) };
        let cost = map.cost + checked.cost + 1;
        Ok(Checked { node: Node::Index(Box::new(map.node), Box::new(checked.node)), ty, cost, size: 0 })
    }

    fn binary(&mut self, operator: Operator, a: &Expr, b: &Expr, expr: &Expr) -> Result<Checked, Fault> {
        match operator {
            Operator::And | Operator::Or => {
                let left = self.condition(a)?;
                let facts = facts(a, operator == Operator::And);
                let right = self.knowing(facts, |scope| scope.condition(b))?;
                let cost = left.cost + right.cost + 1;
                let (left, right) = (Box::new(left.node), Box::new(right.node));
                let node = if operator == Operator::And { Node::And(left, right) } else { Node::Or(left, right) };
                Ok(Checked { node, ty: Ty::Bool, cost, size: 0 })
            }
            Operator::Equal | Operator::NotEqual => self.equality(a, b, operator == Operator::NotEqual, expr),
            Operator::In => self.membership(a, b, expr),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let (left, right) = (self.present(a)?, self.present(b)?);
                let fits = (left.ty == Ty::Int && right.ty == Ty::Int) || (left.ty == Ty::Str && right.ty == Ty::Str);
                if !fits {
                    return Err(Fault::new(expr.span.clone(), format!("{} and {} have no order", left.ty, right.ty)));
                }
                let order = match operator {
                    Operator::Less => Order::Less,
                    Operator::LessOrEqual => Order::LessOrEqual,
                    Operator::Greater => Order::Greater,
                    _ => Order::GreaterOrEqual,
                };
                let cost = left.cost + right.cost + 1;
                let node = Node::Order(order, Box::new(left.node), Box::new(right.node));
                Ok(Checked { node, ty: Ty::Bool, cost, size: 0 })
            }
            Operator::Add | Operator::Subtract => {
                let (left, right) = (self.present(a)?, self.present(b)?);
                let ty = match (&left.ty, &right.ty) {
                    (Ty::Int, Ty::Int) => Ty::Int,
                    (x, y) if x.is_text() && y.is_text() && operator == Operator::Add => Ty::Str,
                    (x, y) => {
                        return Err(Fault::new(expr.span.clone(), format!("cannot compute with {x} and {y}")));
                    }
                };
                let cost = left.cost + right.cost + 1;
                let (left, right) = (Box::new(left.node), Box::new(right.node));
                let node = if operator == Operator::Add { Node::Add(left, right) } else { Node::Subtract(left, right) };
                Ok(Checked { node, ty, cost, size: 0 })
            }
        }
    }

    fn equality(&mut self, a: &Expr, b: &Expr, negated: bool, expr: &Expr) -> Result<Checked, Fault> {
        let (left, right) = match (&a.kind, &b.kind) {
            (ExprKind::Null, ExprKind::Null) => {
                return Err(Fault::new(expr.span.clone(), "both sides are `null`"));
            }
            (ExprKind::Null, _) | (_, ExprKind::Null) => {
                let side = if a.kind == ExprKind::Null { b } else { a };
                // The declared type counts: a second test of the same path is superfluous, not wrong.
                let checked = self.raw(side)?;
                if !matches!(checked.ty, Ty::Opt(_)) {
                    return Err(Fault::new(
                        expr.span.clone(),
                        format!("{} is never absent", subject(side, &checked.ty)),
                    )
                    .help("only an optional field or a map's entry can be `null`"));
                }
                (checked, plain(Node::Null, Ty::Null))
            }
            _ => (self.present(a)?, self.present(b)?),
        };
        if right.ty != Ty::Null {
            if !left.ty.comparable(&right.ty) || matches!(left.ty, Ty::List(_) | Ty::Map(_)) {
                return Err(impossible(expr, &left.ty, &right.ty, negated));
            }
            possible_word(a, &left, &right)?;
            possible_word(b, &right, &left)?;
        }
        let cost = left.cost + right.cost + 1;
        let node = Node::Equal(Box::new(left.node), Box::new(right.node), negated);
        Ok(Checked { node, ty: Ty::Bool, cost, size: 0 })
    }

    fn membership(&mut self, a: &Expr, b: &Expr, expr: &Expr) -> Result<Checked, Fault> {
        let (left, right) = (self.present(a)?, self.present(b)?);
        let cost = left.cost + right.cost + right.size + 1;
        let never = |why: String| Err(Fault::new(expr.span.clone(), why));
        let node = match &right.ty {
            Ty::List(element) => {
                if !left.ty.comparable(element) {
                    return Err(impossible(expr, &left.ty, element, false));
                }
                if let (Ty::Word(_), ExprKind::List(items), Node::List(nodes)) = (&left.ty, &b.kind, &right.node) {
                    for (item, node) in items.iter().zip(nodes) {
                        known_word(item, node, &left.ty)?;
                    }
                }
                Node::In(Box::new(left.node), Box::new(right.node))
            }
            Ty::Map(_) if left.ty.is_text() => Node::In(Box::new(left.node), Box::new(right.node)),
            Ty::Selection(selected) => {
                let Ty::Object(kind) = &left.ty else {
                    return never(format!("{} cannot be in {}", left.ty, right.ty));
                };
                if !kind.fits(selected) {
                    return never(format!("`{}` is never in {}", kind.name, right.ty));
                }
                selected_node(left, right.node)
            }
            Ty::Ranges => {
                let fits = left.ty == Ty::Str || matches!(&left.ty, Ty::Object(kind) if kind.members.is_some());
                if !fits {
                    return never(format!("{} cannot be in {}", left.ty, right.ty))
                        .map_err(|fault: Fault| fault.help("an address, a block or the source of a path can"));
                }
                selected_node(left, right.node)
            }
            ty => return never(format!("expected a list after `in`, found {ty}")),
        };
        Ok(Checked { node, ty: Ty::Bool, cost, size: 0 })
    }

    fn choice(&mut self, condition: &Expr, yes: &Expr, no: &Expr, expr: &Expr) -> Result<Checked, Fault> {
        let checked = self.condition(condition)?;
        let yes = self.knowing(facts(condition, true), |scope| scope.present(yes))?;
        let no = self.knowing(facts(condition, false), |scope| scope.present(no))?;
        let alike = yes.ty == no.ty || (yes.ty.is_text() && no.ty.is_text());
        if !alike {
            return Err(Fault::new(expr.span.clone(), format!("gives {} or {}", yes.ty, no.ty)).help("give one type"));
        }
        let ty = if yes.ty == no.ty { yes.ty } else { Ty::Str };
        Ok(Checked {
            node: Node::Choice(Box::new(checked.node), Box::new(yes.node), Box::new(no.node)),
            ty,
            cost: checked.cost + yes.cost + no.cost + 1,
            size: yes.size.max(no.size),
        })
    }
}

/// The name of the estate's own addresses.
pub const OWNED: &str = "owned_addresses";

fn plain(node: Node, ty: Ty) -> Checked {
    Checked { node, ty, cost: 1, size: 0 }
}

fn selected_node(left: Checked, right: Node) -> Node {
    match right {
        Node::Param(name) => Node::Selected(Box::new(left.node), name),
        other => Node::In(Box::new(left.node), Box::new(other)),
    }
}

fn subject(expr: &Expr, ty: &Ty) -> String {
    match (expr.path(), &expr.kind) {
        (Some(path), _) => format!("`{path}` ({ty})"),
        (None, ExprKind::Text(text)) => format!("'{text}'"),
        _ => ty.to_string(),
    }
}

fn untested(expr: &Expr) -> Fault {
    let fault = |what: &str| Fault::new(expr.span.clone(), format!("{what} may be absent"));
    match expr.path() {
        Some(path) => {
            fault(&format!("`{path}`")).help(format!("say what then: `{path} != null && …`, or `{path} == null || …`"))
        }
        None => fault("this").help("name it under `let`, then test it: `name != null && …`"),
    }
}

fn impossible(expr: &Expr, left: &Ty, right: &Ty, negated: bool) -> Fault {
    let fault = Fault::new(
        expr.span.clone(),
        format!("comparing {left} with {right} is always {}", if negated { "true" } else { "false" }),
    );
    match (left, right) {
        (Ty::List(_), _) | (_, Ty::List(_)) => fault.help("compare the elements: `.all(x, …)`, or ask `x in list`"),
        (Ty::Int, Ty::Str) | (Ty::Str, Ty::Int) => fault.help("leave the quotes out, or put them in"),
        (Ty::Bool, _) | (_, Ty::Bool) => fault.help("a bool stands for itself: `x`, `!x`"),
        _ => fault,
    }
}

/// A text that a closed list of words does not hold can never be equal.
fn possible_word(text: &Expr, literal: &Checked, other: &Checked) -> Result<(), Fault> {
    known_word(text, &literal.node, &other.ty)
}

fn known_word(text: &Expr, node: &Node, words: &Ty) -> Result<(), Fault> {
    let (Node::Text(value), Ty::Word(words)) = (node, words) else { return Ok(()) };
    if words.contains(&&**value) {
        return Ok(());
    }
    let fault = Fault::new(text.span.clone(), format!("it is never '{value}'"));
    Err(match did_you_mean(value, words.iter().copied()) {
        Some(help) => fault.help(help),
        None => fault,
    })
}

/// The paths that are not null if the expression has that truth.
fn facts(expr: &Expr, truth: bool) -> Vec<String> {
    match &expr.kind {
        ExprKind::Not(inner) => facts(inner, !truth),
        ExprKind::Binary(Operator::And, a, b) if truth => [facts(a, true), facts(b, true)].concat(),
        ExprKind::Binary(Operator::Or, a, b) if !truth => [facts(a, false), facts(b, false)].concat(),
        ExprKind::Binary(operator, a, b)
            if (*operator == Operator::NotEqual && truth) || (*operator == Operator::Equal && !truth) =>
        {
            let side = match (&a.kind, &b.kind) {
                (ExprKind::Null, _) => b,
                (_, ExprKind::Null) => a,
                _ => return Vec::new(),
            };
            side.path().into_iter().collect()
        }
        _ => Vec::new(),
    }
}
