//! Types of expressions.

use std::fmt;

use portcullis_estate::schema::{Kind, Type};

use crate::policy::vocabulary::Vocabulary;

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Ty {
    /// The literal `null`.
    Null,
    /// The element of an empty list literal.
    Nothing,
    /// Truth.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    Str,
    /// Text out of a closed list of words.
    Word(&'static [&'static str]),
    /// Something that may be absent.
    Opt(Box<Self>),
    /// A list.
    List(Box<Self>),
    /// A map from text.
    Map(Box<Self>),
    /// An object of a kind.
    Object(&'static Kind),
    /// The resources that a parameter selects.
    Selection(&'static str),
    /// A set of addresses.
    Ranges,
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Nothing => f.write_str("nothing"),
            Self::Bool => f.write_str("a bool"),
            Self::Int => f.write_str("an int"),
            Self::Str | Self::Word(_) => f.write_str("a string"),
            Self::Opt(inner) => write!(f, "{inner} that may be absent"),
            Self::List(inner) => write!(f, "a list of {}", inner.bare()),
            Self::Map(inner) => write!(f, "a map of {}", inner.bare()),
            Self::Object(kind) => write!(f, "`{}`", kind.name),
            Self::Selection(kind) => write!(f, "a selector of `{kind}`"),
            Self::Ranges => f.write_str("address ranges"),
        }
    }
}

impl Ty {
    /// The type that a field declares; `None` if it names a kind that does not exist.
    pub fn of(ty: Type, vocabulary: &Vocabulary) -> Option<Self> {
        Some(match ty {
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::Str => Self::Str,
            Type::Word(words) => Self::Word(words),
            Type::Opt(inner) => Self::Opt(Box::new(Self::of(*inner, vocabulary)?)),
            Type::List(inner) => Self::List(Box::new(Self::of(*inner, vocabulary)?)),
            Type::Map(inner) => Self::Map(Box::new(Self::of(*inner, vocabulary)?)),
            Type::Object(kind) => Self::Object(vocabulary.kind(kind)?),
        })
    }

    fn bare(&self) -> String {
        match self {
            Self::Bool => "bools".to_owned(),
            Self::Int => "ints".to_owned(),
            Self::Str | Self::Word(_) => "strings".to_owned(),
            other => other.to_string(),
        }
    }

    /// Whether it is text.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Str | Self::Word(_))
    }

    /// Whether two values of these types can be equal.
    pub fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => true,
            (a, b) if a.is_text() && b.is_text() => match (a, b) {
                (Self::Word(a), Self::Word(b)) => a.iter().any(|word| b.contains(word)),
                _ => true,
            },
            (Self::Bool, Self::Bool) | (Self::Int, Self::Int) => true,
            (Self::Object(a), Self::Object(b)) => a == b,
            _ => false,
        }
    }

    /// Whether a message can show it.
    pub fn is_shown(&self) -> bool {
        match self {
            Self::Bool | Self::Int | Self::Str | Self::Word(_) | Self::Object(_) => true,
            Self::Opt(inner) | Self::List(inner) => inner.is_shown(),
            Self::Null | Self::Nothing | Self::Map(_) | Self::Selection(_) | Self::Ranges => false,
        }
    }
}
