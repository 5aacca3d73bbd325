//! From a rule file to a checked rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_estate::Estate;
use portcullis_estate::schema::Kind;
use serde_saphyr::Spanned;

use super::diagnostic::{Diagnostic, Source};
use super::file::{Declared, Frameworks, RuleFile, Severity, is_id};
use super::language::ast::Expr;
use super::language::check::{KIND_SIZE, MAX_COST};
use super::language::fault::did_you_mean;
use super::language::types::Ty;
use super::language::{Fault, Node, Reads, Scope, parse};
use super::params::{ParamType, ParamValue};
use super::vocabulary::Vocabulary;
use super::yaml;

/// A parameter that a rule declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its type.
    pub ty: ParamType,
    /// The value where the project says nothing.
    pub default: Option<ParamValue>,
    /// What it means.
    pub doc: Option<String>,
}

/// What a variable is bound to.
#[derive(Debug)]
pub(crate) enum Over {
    /// Every object of a kind: the resource.
    Kind(&'static Kind),
    /// The elements of a list.
    List(Node),
}

/// One variable of `for`, in the order in which they are bound.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) slot: usize,
    pub(crate) over: Over,
    /// Names of `let` from here on read it.
    pub(crate) first_definition: usize,
}

/// A piece of a message.
#[derive(Debug)]
pub(crate) enum Segment {
    Text(String),
    Value(Node),
}

/// A checked rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// What is so when it holds.
    pub title: String,
    /// How bad it is if it does not.
    pub severity: Severity,
    /// Why it matters.
    pub rationale: String,
    /// What to do.
    pub remediation: String,
    /// What it covers.
    pub frameworks: Frameworks,
    /// Its parameters.
    pub params: BTreeMap<String, Param>,
    /// The kind of the resource that its outcomes are about.
    pub resource: &'static Kind,
    /// The file it was read from.
    pub file: Arc<str>,
    /// The line of its id.
    pub line: usize,
    /// The line of its condition.
    pub condition_line: usize,
    /// An upper bound of the steps for one resource.
    pub cost: u64,
    reads: Reads,
    decisive: Reads,
    pub(crate) defaults: BTreeMap<String, ParamValue>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) definitions: Vec<Node>,
    /// The condition, and whether it reads an inner binding.
    pub(crate) unless: Option<(Node, bool)>,
    pub(crate) require: Node,
    pub(crate) message: Vec<Segment>,
    pub(crate) slots: usize,
}

impl Rule {
    /// Reads and checks one rule file.
    pub fn parse(source: &Source, vocabulary: &Vocabulary) -> Result<Self, Vec<Diagnostic>> {
        let file: RuleFile = yaml::read(source).map_err(|fault| vec![fault])?;
        Reader { source, vocabulary, faults: Vec::new() }.rule(file)
    }

    /// The fields, functions, calls and parameters that it reads, known before it runs.
    #[must_use]
    pub const fn reads(&self) -> &Reads {
        &self.reads
    }

    /// What its verdict rests on: everything it reads but for what only its message shows.
    #[must_use]
    pub const fn decisive_reads(&self) -> &Reads {
        &self.decisive
    }
}

struct Reader<'r> {
    source: &'r Source,
    vocabulary: &'r Vocabulary,
    faults: Vec<Diagnostic>,
}

/// A `for` or `let` entry before it is checked.
struct Pending<'f> {
    name: &'f Spanned<String>,
    text: &'f Spanned<String>,
    kind: Option<&'static Kind>,
    expr: Option<Expr>,
    needs: BTreeSet<String>,
    is_definition: bool,
}

impl Reader<'_> {
    fn fault<T>(&mut self, at: &Spanned<T>, message: impl Into<String>, help: Option<&str>) {
        let span = yaml::span(self.source, at);
        self.faults.push(self.source.fault(span, message, help.map(str::to_owned)));
    }

    fn expression_fault(&mut self, text: &Spanned<String>, fault: Fault, offset: usize) {
        let range = fault.span.start + offset..fault.span.end + offset;
        let span = yaml::inside(self.source, text, range);
        self.faults.push(self.source.fault(span, fault.message, fault.help));
    }

    fn checked<T>(&mut self, text: &Spanned<String>, result: Result<T, Fault>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(fault) => {
                self.expression_fault(text, fault, 0);
                None
            }
        }
    }

    fn rule(mut self, file: RuleFile) -> Result<Rule, Vec<Diagnostic>> {
        self.texts(&file);
        let params = self.params(&file);
        let types: BTreeMap<String, ParamType> = params.iter().map(|(name, p)| (name.clone(), p.ty.clone())).collect();
        let mut scope = Scope::new(self.vocabulary, &types);
        let (bindings, definitions, mut cost, inner) = self.bindings(&file, &mut scope);
        let resource = bindings.first().and_then(|binding| match binding.over {
            Over::Kind(kind) => Some(kind),
            Over::List(_) => None,
        });

        let unless = file.unless.as_ref().and_then(|text| {
            let expr = parse(&text.value).and_then(|expr| scope.condition(&expr).map(|checked| (expr, checked)));
            let (expr, checked) = self.checked(text, expr)?;
            cost.once += checked.cost;
            Some((checked.node, reads_any(&expr, &inner)))
        });
        let require = parse(&file.require.value).and_then(|expr| scope.condition(&expr).map(|checked| (expr, checked)));
        let require = self.checked(&file.require, require).map(|(expr, checked)| {
            cost.once += checked.cost;
            let mut names = Vec::new();
            expr.names(&mut names);
            let bound = file.bindings.0.iter().chain(&file.definitions.0);
            if !bound.into_iter().any(|(name, _)| names.contains(&name.value)) {
                self.fault(
                    &file.require,
                    "the condition reads nothing that `for` binds",
                    Some("it would be the same for every resource"),
                );
            }
            checked.node
        });
        let decisive = scope.reads.clone();
        let message = self.message(&file.message, &mut scope);
        self.unused(&file, &scope);

        let total = cost.tuples.saturating_mul(cost.once);
        if total > MAX_COST {
            self.fault(
                &file.require,
                "the rule may take too long on a large account",
                Some("bind fewer lists under `for`"),
            );
        }
        let (Some(resource), Some(require), true) = (resource, require, self.faults.is_empty()) else {
            let mut faults = self.faults;
            faults.sort_by_key(|fault| fault.span.start);
            return Err(faults);
        };
        let mut reads = std::mem::take(&mut scope.reads);
        if !resource.call.is_empty() {
            reads.calls.insert(resource.call);
        }
        let line = |at: &Spanned<String>| usize::try_from(at.referenced.line()).unwrap_or(1);
        Ok(Rule {
            line: line(&file.id),
            condition_line: line(&file.require),
            id: file.id.value,
            title: file.title.value,
            severity: file.severity,
            rationale: file.rationale.value,
            remediation: file.remediation.value,
            frameworks: file.frameworks,
            defaults: params.iter().filter_map(|(name, p)| Some((name.clone(), p.default.clone()?))).collect(),
            params,
            resource,
            file: Arc::clone(&self.source.file),
            cost: total,
            reads,
            decisive,
            bindings,
            definitions,
            unless,
            require,
            message,
            slots: scope.slots(),
        })
    }

    fn texts(&mut self, file: &RuleFile) {
        let id = &file.id.value;
        if !is_id(id) {
            self.fault(
                &file.id,
                format!("`{id}` is not kebab-case"),
                Some("use small letters, digits and single dashes"),
            );
        }
        for text in [&file.title, &file.rationale, &file.remediation, &file.message] {
            if text.value.trim().is_empty() {
                self.fault(text, "this text is empty", Some("a finding shows it to people"));
            }
        }
    }

    fn params(&mut self, file: &RuleFile) -> BTreeMap<String, Param> {
        let mut params = BTreeMap::new();
        for (name, declared) in &file.params.0 {
            let (ty, default, doc) = match declared {
                Declared::Type(ty) => (ty.as_str(), None, None),
                Declared::Full(full) => (full.ty.value.as_str(), full.default.as_ref(), full.doc.clone()),
            };
            let ty = match ParamType::parse(ty.trim()) {
                Ok(ty) => ty,
                Err(why) => {
                    match declared {
                        Declared::Full(full) => self.fault(&full.ty, why, None),
                        Declared::Type(_) => self.fault(name, why, None),
                    }
                    continue;
                }
            };
            let default = default.and_then(|value| {
                if matches!(ty, ParamType::Selector(_)) {
                    self.fault(value, "a selector has no default", Some("the project names its own resources"));
                    return None;
                }
                match ty.read(&value.value, &Estate::default()) {
                    Ok(value) => Some(value),
                    Err(why) => {
                        self.fault(value, why, None);
                        None
                    }
                }
            });
            params.insert(name.value.clone(), Param { ty, default, doc });
        }
        params
    }

    /// Checks `for` and `let` in the order of what needs what; the resource stands first.
    fn bindings(
        &mut self,
        file: &RuleFile,
        scope: &mut Scope<'_>,
    ) -> (Vec<Binding>, Vec<Node>, Cost, BTreeSet<String>) {
        let mut pending = self.pending(file);
        let (mut bindings, mut definitions) = (Vec::new(), Vec::new());
        let mut cost = Cost { tuples: 1, once: 1 };
        let mut inner = BTreeSet::new();
        match pending.iter().position(|entry| entry.kind.is_some()) {
            Some(first) => {
                let resource = pending.remove(first);
                pending.insert(0, resource);
            }
            None if self.faults.is_empty() => {
                let help = "bind a name to a kind: `for: {db: rds.instance}`";
                let span = file.bindings.0.first().map_or(0..0, |(name, _)| yaml::span(self.source, name));
                self.faults.push(self.source.fault(span, "the rule ranges over no kind", Some(help.to_owned())));
                return (bindings, definitions, cost, inner);
            }
            None => return (bindings, definitions, cost, inner),
        }
        while !pending.is_empty() {
            let waiting: BTreeSet<String> = pending.iter().map(|entry| entry.name.value.clone()).collect();
            let ready = |entry: &&Pending<'_>| entry.needs.is_disjoint(&waiting);
            // Names first, so that what ranges over them finds them; the resource before all.
            let next = if bindings.is_empty() {
                Some(0)
            } else {
                let find = |definition: bool| {
                    pending.iter().position(|entry| entry.is_definition == definition && ready(&entry))
                };
                find(true).or_else(|| find(false))
            };
            let Some(next) = next else {
                let names: Vec<String> = waiting.iter().map(|name| format!("`{name}`")).collect();
                let first = pending.first().map(|entry| entry.text);
                if let Some(text) = first {
                    self.fault(text, format!("{} need each other", names.join(" and ")), None);
                }
                break;
            };
            let entry = pending.remove(next);
            self.bind(&entry, scope, &mut bindings, &mut definitions, &mut cost, &mut inner);
        }
        (bindings, definitions, cost, inner)
    }

    fn pending<'f>(&mut self, file: &'f RuleFile) -> Vec<Pending<'f>> {
        let names: BTreeSet<&str> =
            file.bindings.0.iter().chain(&file.definitions.0).map(|(name, _)| name.value.as_str()).collect();
        let mut pending = Vec::new();
        let entries = file.bindings.0.iter().map(|e| (e, false)).chain(file.definitions.0.iter().map(|e| (e, true)));
        for ((name, text), is_definition) in entries {
            let written = text.value.trim();
            let kind = if is_definition { None } else { self.vocabulary.kind(written) };
            let mut entry = Pending { name, text, kind, expr: None, needs: BTreeSet::new(), is_definition };
            if kind.is_none() {
                if !is_definition && looks_like_kind(written, &names) {
                    let known = self.vocabulary.kinds().filter(|kind| kind.list.is_some()).map(|kind| kind.name);
                    let help = did_you_mean(written, known);
                    self.fault(text, format!("there is no kind `{written}`"), help.as_deref());
                    continue;
                }
                let Some(expr) = self.checked(text, parse(&text.value)) else { continue };
                let mut read = Vec::new();
                expr.names(&mut read);
                entry.needs = read.into_iter().filter(|read| names.contains(read.as_str())).collect();
                entry.expr = Some(expr);
            }
            pending.push(entry);
        }
        pending
    }

    fn bind(
        &mut self,
        entry: &Pending<'_>,
        scope: &mut Scope<'_>,
        bindings: &mut Vec<Binding>,
        definitions: &mut Vec<Node>,
        cost: &mut Cost,
        inner: &mut BTreeSet<String>,
    ) {
        let name = &entry.name.value;
        if let Some(why) = scope.refuses(name) {
            self.fault(entry.name, why, None);
            return;
        }
        if let Some(kind) = entry.kind {
            if kind.list.is_none() {
                self.fault(
                    entry.text,
                    format!("`{}` is a part or an answer, not a resource to range over", kind.name),
                    None,
                );
                return;
            }
            let slot = scope.bind(name, Ty::Object(kind), 0);
            if bindings.is_empty() {
                bindings.push(Binding { slot, over: Over::Kind(kind), first_definition: 0 });
            } else {
                cost.tuples = cost.tuples.saturating_mul(KIND_SIZE);
                inner.insert(name.clone());
                if !kind.call.is_empty() {
                    scope.reads.calls.insert(kind.call);
                }
                let over = Over::List(Node::Objects(kind));
                bindings.push(Binding { slot, over, first_definition: definitions.len() });
            }
            return;
        }
        let Some(expr) = &entry.expr else { return };
        let Some(checked) = self.checked(entry.text, scope.check(expr)) else { return };
        cost.once = cost.once.saturating_add(checked.cost);
        let is_inner = reads_any(expr, inner);
        if entry.is_definition {
            if checked.ty == Ty::Null {
                self.fault(entry.text, "a name for `null` says nothing", None);
                return;
            }
            scope.define(name, definitions.len(), checked.ty, checked.size);
            definitions.push(checked.node);
            if is_inner {
                inner.insert(name.clone());
            }
            return;
        }
        let Ty::List(element) = checked.ty else {
            let message = format!("expected a kind or a list to range over, found {}", checked.ty);
            self.fault(entry.text, message, Some("one value is named under `let`"));
            return;
        };
        cost.tuples = cost.tuples.saturating_mul(checked.size.max(1));
        let slot = scope.bind(name, *element, 0);
        inner.insert(name.clone());
        bindings.push(Binding { slot, over: Over::List(checked.node), first_definition: definitions.len() });
    }

    fn message(&mut self, text: &Spanned<String>, scope: &mut Scope<'_>) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut plain = String::new();
        let mut rest = text.value.as_str();
        let mut at = 0;
        while let Some(next) = rest.find(['{', '}']) {
            plain.push_str(rest.get(..next).unwrap_or_default());
            let tail = rest.get(next..).unwrap_or_default();
            let start = at + next;
            if tail.starts_with("{{") || tail.starts_with("}}") {
                plain.push_str(tail.get(..1).unwrap_or_default());
                rest = tail.get(2..).unwrap_or_default();
                at = start + 2;
                continue;
            }
            let end = if tail.starts_with('{') { tail.find('}') } else { None };
            let Some(end) = end else {
                let fault = Fault::new(start..start + 1, "this bracket has no partner")
                    .help("a bracket as text is `{{` or `}}`");
                self.expression_fault(text, fault, 0);
                return segments;
            };
            let inner = tail.get(1..end).unwrap_or_default();
            let checked = parse(inner).and_then(|expr| scope.check(&expr).map(|checked| (expr, checked)));
            match checked {
                Ok((_, checked)) if checked.ty.is_shown() => {
                    if !plain.is_empty() {
                        segments.push(Segment::Text(std::mem::take(&mut plain)));
                    }
                    segments.push(Segment::Value(checked.node));
                }
                Ok((expr, checked)) => {
                    let fault = Fault::new(expr.span, format!("{} cannot be shown in a message", checked.ty));
                    self.expression_fault(text, fault, start + 1);
                }
                Err(fault) => self.expression_fault(text, fault, start + 1),
            }
            rest = tail.get(end + 1..).unwrap_or_default();
            at = start + end + 1;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            segments.push(Segment::Text(plain));
        }
        segments
    }

    /// A name that nothing uses is a misspelling or a leftover.
    fn unused(&mut self, file: &RuleFile, scope: &Scope<'_>) {
        if !self.faults.is_empty() {
            return;
        }
        for (name, _) in &file.params.0 {
            if !scope.reads.params.contains(&name.value) {
                self.fault(name, format!("no expression uses `params.{}`", name.value), Some("use it or take it out"));
            }
        }
        for (name, _) in &file.definitions.0 {
            if !scope.used.contains(&name.value) {
                self.fault(name, format!("no expression uses `{}`", name.value), Some("use it or take it out"));
            }
        }
    }
}

#[derive(Debug)]
struct Cost {
    tuples: u64,
    once: u64,
}

fn reads_any(expr: &Expr, names: &BTreeSet<String>) -> bool {
    let mut read = Vec::new();
    expr.names(&mut read);
    read.iter().any(|name| names.contains(name))
}

/// Whether a text is meant as a kind: names, dashes and dots, not beginning with a bound name.
fn looks_like_kind(text: &str, bound: &BTreeSet<&str>) -> bool {
    let root = text.split('.').next().unwrap_or_default();
    !text.is_empty()
        && !bound.contains(root)
        && root != "params"
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_'))
}
