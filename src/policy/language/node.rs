//! Checked expressions: names are resolved to slots and accessors, types are known to fit.

use portcullis_estate::schema::{Field, Kind};

use crate::policy::vocabulary::Signature;

/// A checked expression.
#[derive(Debug)]
pub enum Node {
    /// `null`.
    Null,
    /// A truth.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A text.
    Text(Box<str>),
    /// A list literal.
    List(Vec<Self>),
    /// A bound variable.
    Slot(usize),
    /// A name of `let`, computed once for each binding.
    Let(usize),
    /// A parameter that is a plain value.
    Param(Box<str>),
    /// A field of an object.
    Field(Box<Self>, &'static Kind, &'static Field),
    /// An entry of a map, null if the map is whole and lacks it.
    Index(Box<Self>, Box<Self>),
    /// Negation.
    Not(Box<Self>),
    /// The number with the other sign.
    Negate(Box<Self>),
    /// Both.
    And(Box<Self>, Box<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
    /// Equality; `true` asks for inequality.
    Equal(Box<Self>, Box<Self>, bool),
    /// The order of two numbers or texts.
    Order(Order, Box<Self>, Box<Self>),
    /// Membership in a list or among the keys of a map.
    In(Box<Self>, Box<Self>),
    /// Membership in what a parameter selects, or in its addresses.
    Selected(Box<Self>, Box<str>),
    /// The resources that a parameter selects.
    Selection(Box<str>, &'static Kind),
    /// Sum of numbers, or texts joined.
    Add(Box<Self>, Box<Self>),
    /// Difference.
    Subtract(Box<Self>, Box<Self>),
    /// One of two.
    Choice(Box<Self>, Box<Self>, Box<Self>),
    /// Something over the elements of a list.
    Over(Over, Box<Self>, usize, Box<Self>),
    /// How many elements or characters.
    Size(Box<Self>),
    /// Whether there is none.
    IsEmpty(Box<Self>),
    /// A comparison of texts.
    Compare(TextTest, Box<Self>, Box<Self>),
    /// An answer of an engine.
    Call(&'static Signature, Vec<Self>),
    /// Every object of a kind.
    Objects(&'static Kind),
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Order {
    /// Whether it holds of an ordering.
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// What is done over a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Every element meets the condition.
    All,
    /// Some element meets it.
    Exists,
    /// The elements that meet it.
    Filter,
    /// Something of each element.
    Map,
}

/// A test of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `contains`
    Contains,
}
