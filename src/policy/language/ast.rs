//! Parsed expressions.

use std::ops::Range;

/// An expression and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its bytes in the text that was parsed.
    pub span: Range<usize>,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// A variable.
    Name(String),
    /// `object.field`, with the bytes of the field's name.
    Field(Box<Expr>, String, Range<usize>),
    /// `map[key]`.
    Index(Box<Expr>, Box<Expr>),
    /// `name(args)` or `a.b(args)`: the callee is a dotted name, or a method of the expression before the last dot.
    Call(Box<Expr>, Vec<Expr>),
    /// `!a`.
    Not(Box<Expr>),
    /// `-a`.
    Negate(Box<Expr>),
    /// Two operands.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `c ? a : b`.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// An operator with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
}

impl Operator {
    /// How tightly it binds, and how it is written.
    pub const fn of(sign: &str) -> Option<(Self, u8)> {
        // const string comparison by bytes
        Some(match sign.as_bytes() {
            b"||" => (Self::Or, 1),
            b"&&" => (Self::And, 2),
            b"==" => (Self::Equal, 3),
            b"!=" => (Self::NotEqual, 3),
            b"<" => (Self::Less, 3),
            b"<=" => (Self::LessOrEqual, 3),
            b">" => (Self::Greater, 3),
            b">=" => (Self::GreaterOrEqual, 3),
            b"in" => (Self::In, 3),
            b"+" => (Self::Add, 4),
            b"-" => (Self::Subtract, 4),
            _ => return None,
        })
    }

    /// Whether it orders its operands.
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::In
        )
    }
}

impl Expr {
    /// `a.b.c` as text, if it is nothing but names and dots.
    pub fn dotted(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Field(base, field, _) => Some(format!("{}.{field}", base.dotted()?)),
            _ => None,
        }
    }

    /// A name for the place that the expression reads (`db.tags['role']`), if reading it twice gives the same.
    pub fn path(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Field(base, field, _) => Some(format!("{}.{field}", base.path()?)),
            ExprKind::Index(base, key) => match &key.kind {
                ExprKind::Text(key) => Some(format!("{}[{key:?}]", base.path()?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Every variable that it reads, in order of appearance, bound ones included.
    pub fn names(&self, found: &mut Vec<String>) {
        match &self.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Text(_) => {}
            ExprKind::Name(name) => found.push(name.clone()),
            ExprKind::List(items) => items.iter().for_each(|item| item.names(found)),
            ExprKind::Field(base, ..) | ExprKind::Not(base) | ExprKind::Negate(base) => base.names(found),
            ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => {
                a.names(found);
                b.names(found);
            }
            ExprKind::Call(callee, args) => {
                callee.names(found);
                for arg in args {
                    arg.names(found);
                }
            }
            ExprKind::Choice(a, b, c) => {
                for part in [a, b, c] {
                    part.names(found);
                }
            }
        }
    }
}
