//! Calls: functions of engines, methods of lists, maps and texts.

use portcullis_estate::schema::Type;

use super::super::ast::{Expr, ExprKind};
use super::super::fault::{Fault, did_you_mean};
use super::super::node::{Node, Over, TextTest};
use super::super::types::Ty;
use super::{Checked, KIND_SIZE, LIST_SIZE, MAX_QUANTIFIERS, Scope, subject};
use crate::policy::vocabulary::{ArgumentType, Signature};

impl Scope<'_> {
    pub(super) fn call(&mut self, callee: &Expr, args: &[Expr], expr: &Expr) -> Result<Checked, Fault> {
        if let Some(name) = callee.dotted() {
            if let Some(signature) = self.vocabulary.function(&name) {
                return self.function(signature, args, expr);
            }
            if name == "size" {
                let [list] = args else {
                    return Err(Fault::new(expr.span.clone(), "`size` takes one argument"));
                };
                return self.size(list, expr);
            }
        }
        match &callee.kind {
            ExprKind::Field(base, method, span) => {
                let root = base.dotted().map(|name| name.split('.').next().unwrap_or_default().to_owned());
                if let Some(root) = root.filter(|root| self.vocabulary.is_namespace(root)) {
                    let name = callee.dotted().unwrap_or_default();
                    let fault = Fault::new(callee.span.clone(), format!("there is no function `{name}`"));
                    let known = self.vocabulary.functions().map(|f| f.name).filter(|f| f.starts_with(&root));
                    return Err(match did_you_mean(&name, known) {
                        Some(help) => fault.help(help),
                        None => fault,
                    });
                }
                self.method(base, method, span.clone(), args, expr)
            }
            ExprKind::Name(name) => {
                let fault = Fault::new(callee.span.clone(), format!("there is no function `{name}`"));
                let known = self.vocabulary.functions().map(|f| f.name).chain(["size"]);
                Err(match did_you_mean(name, known) {
                    Some(help) => fault.help(help),
                    None => fault,
                })
            }
            _ => Err(Fault::new(callee.span.clone(), "this cannot be called")),
        }
    }

    fn function(&mut self, signature: &'static Signature, args: &[Expr], expr: &Expr) -> Result<Checked, Fault> {
        let wanted = signature.arguments;
        let usage = || format!("`{}`", signature.usage());
        if args.len() != wanted.len() {
            let message = format!("`{}` takes {} arguments, {} given", signature.name, wanted.len(), args.len());
            return Err(Fault::new(expr.span.clone(), message).help(usage()));
        }
        let mut nodes = Vec::with_capacity(args.len());
        let mut cost = signature.cost;
        for (arg, wanted) in args.iter().zip(wanted) {
            let checked = self.present(arg)?;
            let fits = match wanted.ty {
                ArgumentType::Of(ty) => Ty::of(ty, self.vocabulary)
                    .is_some_and(|ty| ty == checked.ty || (ty == Ty::Str && checked.ty.is_text())),
                ArgumentType::Kinds(kinds) => {
                    matches!(&checked.ty, Ty::Object(kind) if kinds.is_empty() || kinds.contains(&kind.name))
                }
                ArgumentType::Kind => matches!(&arg.kind, ExprKind::Text(name) if self.vocabulary.kind(name).is_some()),
                ArgumentType::Words(words) => {
                    matches!(&arg.kind, ExprKind::Text(text) if words.contains(&text.as_str()))
                }
            };
            if !fits {
                let message = format!("`{}` is {}, found {}", wanted.name, wanted.ty, subject(arg, &checked.ty));
                return Err(Fault::new(arg.span.clone(), message).help(usage()));
            }
            cost += checked.cost;
            nodes.push(checked.node);
        }
        let Some(ty) = Ty::of(signature.returns, self.vocabulary) else {
            return Err(Fault::new(expr.span.clone(), format!("`{}` answers an undeclared kind", signature.name)));
        };
        self.reads.functions.insert(signature.name);
        self.reads.calls.extend(signature.calls);
        let size = if matches!(signature.returns, Type::List(_)) { signature.most } else { 0 };
        Ok(Checked { node: Node::Call(signature, nodes), ty, cost, size })
    }

    fn size(&mut self, list: &Expr, expr: &Expr) -> Result<Checked, Fault> {
        let checked = self.list_of(list)?;
        if !matches!(checked.ty, Ty::List(_) | Ty::Map(_)) && !checked.ty.is_text() {
            return Err(Fault::new(expr.span.clone(), format!("{} has no size", checked.ty)));
        }
        Ok(Checked { node: Node::Size(Box::new(checked.node)), ty: Ty::Int, cost: checked.cost + 1, size: 0 })
    }

    /// A list, or what a parameter selects as one.
    fn list_of(&mut self, expr: &Expr) -> Result<Checked, Fault> {
        let checked = self.present(expr)?;
        let (Ty::Selection(selected), Node::Param(name)) = (&checked.ty, &checked.node) else { return Ok(checked) };
        let Some(kind) = self.vocabulary.kind(selected) else {
            return Err(Fault::new(expr.span.clone(), format!("{} mixes kinds", checked.ty))
                .help("only a selector of one kind can be gone through; ask `x in …`"));
        };
        if !kind.call.is_empty() {
            self.reads.calls.insert(kind.call);
        }
        let node = Node::Selection(name.clone(), kind);
        Ok(Checked { node, ty: Ty::List(Box::new(Ty::Object(kind))), cost: KIND_SIZE / 100, size: LIST_SIZE })
    }

    fn method(
        &mut self,
        base: &Expr,
        method: &str,
        span: std::ops::Range<usize>,
        args: &[Expr],
        expr: &Expr,
    ) -> Result<Checked, Fault> {
        const LIST: [&str; 6] = ["all", "exists", "filter", "map", "size", "isEmpty"];
        const MAP: [&str; 2] = ["size", "isEmpty"];
        const TEXT: [&str; 4] = ["startsWith", "endsWith", "contains", "size"];
        let checked = self.list_of(base)?;
        let known: &[&str] = match &checked.ty {
            Ty::List(_) => &LIST,
            Ty::Map(_) => &MAP,
            ty if ty.is_text() => &TEXT,
            _ => &[],
        };
        if !known.contains(&method) {
            let fault = Fault::new(span, format!("{} has no method `{method}`", checked.ty));
            return Err(match did_you_mean(method, known.iter().copied()) {
                Some(help) => fault.help(help),
                None => fault,
            });
        }
        let over = match method {
            "size" | "isEmpty" => {
                if !args.is_empty() {
                    return Err(Fault::new(expr.span.clone(), format!("`{method}` takes no argument")));
                }
                let cost = checked.cost + 1;
                let inner = Box::new(checked.node);
                return Ok(if method == "size" {
                    Checked { node: Node::Size(inner), ty: Ty::Int, cost, size: 0 }
                } else {
                    Checked { node: Node::IsEmpty(inner), ty: Ty::Bool, cost, size: 0 }
                });
            }
            "startsWith" | "endsWith" | "contains" => {
                let [text] = args else {
                    return Err(Fault::new(expr.span.clone(), format!("`{method}` takes one argument")));
                };
                let argument = self.present(text)?;
                if !argument.ty.is_text() {
                    return Err(Fault::new(text.span.clone(), format!("expected a string, found {}", argument.ty)));
                }
                let comparison = match method {
                    "startsWith" => TextTest::StartsWith,
                    "endsWith" => TextTest::EndsWith,
                    _ => TextTest::Contains,
                };
                let cost = checked.cost + argument.cost + 1;
                let node = Node::Compare(comparison, Box::new(checked.node), Box::new(argument.node));
                return Ok(Checked { node, ty: Ty::Bool, cost, size: 0 });
            }
            "all" => Over::All,
            "exists" => Over::Exists,
            "filter" => Over::Filter,
            _ => Over::Map,
        };
        self.over(over, method, checked, args, expr)
    }

    fn over(&mut self, over: Over, method: &str, list: Checked, args: &[Expr], expr: &Expr) -> Result<Checked, Fault> {
        let usage = || format!("write `.{method}(x, …)`");
        let [variable, body] = args else {
            return Err(
                Fault::new(expr.span.clone(), format!("`{method}` takes a name and an expression")).help(usage())
            );
        };
        let ExprKind::Name(name) = &variable.kind else {
            return Err(Fault::new(variable.span.clone(), "expected a name for the element").help(usage()));
        };
        if let Some(why) = self.refuses(name) {
            return Err(Fault::new(variable.span.clone(), why).help("use another name"));
        }
        if self.quantifiers >= MAX_QUANTIFIERS {
            return Err(Fault::new(expr.span.clone(), format!("more than {MAX_QUANTIFIERS} lists are nested"))
                .help("bind the outer list under `for`"));
        }
        let Ty::List(element) = list.ty.clone() else {
            return Err(Fault::new(expr.span.clone(), format!("{} has no elements", list.ty)));
        };
        let slot = self.bind(name, *element, 0);
        self.quantifiers += 1;
        let result = if over == Over::Map { self.present(body) } else { self.condition(body) };
        self.quantifiers -= 1;
        self.names.pop();
        let unused = !self.used.remove(name);
        let inner = result?;
        if unused {
            return Err(Fault::new(body.span.clone(), format!("says nothing about `{name}`"))
                .help("use the element, or ask `isEmpty()`"));
        }
        let cost = list.cost.saturating_add(list.size.saturating_mul(inner.cost)).saturating_add(1);
        let (ty, size) = match over {
            Over::All | Over::Exists => (Ty::Bool, 0),
            Over::Filter => (list.ty, list.size),
            Over::Map => (Ty::List(Box::new(inner.ty)), list.size),
        };
        let node = Node::Over(over, Box::new(list.node), slot, Box::new(inner.node));
        Ok(Checked { node, ty, cost, size })
    }
}
