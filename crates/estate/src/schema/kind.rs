//! What the table says of a kind and of a field.

use std::fmt;

use super::listing::Hidden;
use super::value::{Object, Value, World};
use crate::evidence::Fact;
use crate::selectable::kinds_of;

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Truth.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    Str,
    /// Text out of a closed list of words.
    Word(&'static [&'static str]),
    /// Something that may be absent; rules must test it against `null` first.
    Opt(&'static Self),
    /// A list that knows whether it is whole.
    List(&'static Self),
    /// A map from text.
    Map(&'static Self),
    /// An object of the kind of that name.
    Object(&'static str),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Str => f.write_str("string"),
            Self::Word(words) => write!(f, "one of {}", words.join(", ")),
            Self::Opt(inner) => write!(f, "optional {inner}"),
            Self::List(inner) => write!(f, "list<{inner}>"),
            Self::Map(inner) => write!(f, "map<{inner}>"),
            Self::Object(kind) => f.write_str(kind),
        }
    }
}

/// One rule-visible field: everything that the checker, the evaluator, coverage and the documentation know of it.
pub struct Field {
    /// The name in rules.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it says, for the documentation.
    pub doc: &'static str,
    /// The call that it is read from; empty for an engine's answer.
    pub call: &'static str,
    /// The member of the answer, for places; empty where there is no one member.
    pub member: &'static str,
    /// Reads it.
    pub get: for<'e> fn(&World<'e>, Object<'e>) -> Value<'e>,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.ty)
    }
}

/// Account, region and id of an object; empty where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Identity<'e> {
    /// The account that was asked.
    pub account: &'e str,
    /// The region that was asked, or `global`.
    pub region: &'e str,
    /// The id in account, region and kind; for an answer of an engine what tells it from its siblings.
    pub id: &'e str,
}

/// One kind of object.
pub struct Kind {
    /// The name in rules: `rds.instance`.
    pub name: &'static str,
    /// What it is, for the documentation.
    pub doc: &'static str,
    /// The call that lists it; empty for parts and answers of engines, which no rule can range over.
    pub call: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Every object of the kind, in canonical order.
    pub list: Option<for<'e> fn(&World<'e>) -> Vec<Object<'e>>>,
    /// Account, region and id.
    pub identity: for<'e> fn(Object<'e>) -> Identity<'e>,
    /// The facts that an answer of an engine brings along.
    pub evidence: Option<for<'e> fn(Object<'e>) -> Vec<Fact>>,
    /// What may hide objects beside its call, by account and region.
    pub gaps: Option<for<'e> fn(&World<'e>) -> Hidden>,
    /// What it stands for in a selector, beside itself.
    pub members: Option<for<'e> fn(Object<'e>) -> Vec<Member>>,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Kind {}

impl Kind {
    /// The field of a name, with its number.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// Whether a selector of `other` (a kind, or a union such as `workload`) may hold objects of this kind.
    #[must_use]
    pub fn fits(&self, other: &str) -> bool {
        self.name == other || self.members.is_some() || kinds_of(other).contains(&self.name)
    }
}

/// What an answer of an engine stands for when a rule asks whether it is in a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A resource.
    Resource {
        /// Its kind.
        kind: String,
        /// The account, empty if it is not known.
        account: String,
        /// The region, empty if it is not known.
        region: String,
        /// Its id.
        id: String,
    },
    /// A set of addresses, each a block or an address; all must be in the parameter.
    Addresses(Vec<String>),
}

/// Declares a kind: one line a field.
///
/// `field [@ "call"]: TYPE, "AwsMember", |cx, row| accessor;` where the accessor answers anything that is a
/// [`Cell`](super::cell::Cell): a member of the shape by reference, or a [`Value`].
#[macro_export]
macro_rules! schema_kind {
    ($(#[doc = $doc:literal])+ $vis:vis $STATIC:ident = $name:literal: $data:ty, $call:literal,
     identity $identity:expr $(, list $list:expr)? $(, gaps $gaps:expr)? $(, evidence $evidence:expr)? $(, members $members:expr)?;
     $($(#[doc = $field_doc:literal])+ $field:ident $(@ $field_call:literal)? : $ty:expr, $member:literal,
       |$cx:ident, $row:ident| $get:expr;)*) => {
        $(#[doc = $doc])+
        $vis static $STATIC: $crate::schema::Kind = $crate::schema::Kind {
            name: $name,
            doc: concat!($($doc,)+),
            call: $call,
            fields: &[$($crate::schema::Field {
                name: stringify!($field),
                ty: $ty,
                doc: concat!($($field_doc,)+),
                call: $crate::schema_kind!(@call $call $(, $field_call)?),
                member: $member,
                get: |world, object| {
                    let $cx = $crate::schema::Cx { world: *world, object, member: $member };
                    match object.data.downcast_ref::<$data>() {
                        Some($row) => $crate::schema::Cell::cell($get, &$cx),
                        None => $cx.mismatch(),
                    }
                },
            },)*],
            list: $crate::schema_kind!(@option $($list)?),
            identity: $identity,
            gaps: $crate::schema_kind!(@option $($gaps)?),
            evidence: $crate::schema_kind!(@option $($evidence)?),
            members: $crate::schema_kind!(@option $($members)?),
        };
    };
    (@call $call:literal) => { $call };
    (@call $call:literal, $field_call:literal) => { $field_call };
    (@option) => { None };
    (@option $value:expr) => { Some($value) };
}

/// Declares a kind whose objects are the rows of a table of the estate.
#[macro_export]
macro_rules! schema_rows {
    ($(#[doc = $doc:literal])+ $vis:vis $STATIC:ident = $name:literal: $shape:ty, $call:literal; $($fields:tt)*) => {
        $crate::schema_kind! {
            $(#[doc = $doc])+ $vis $STATIC = $name: $crate::Row<$shape>, $call,
            identity $crate::schema::row_identity::<$shape>,
            list |world| $crate::schema::rows::<$shape>(world, &$STATIC);
            $($fields)*
        }
    };
}

/// Declares a kind of parts of a resource.
#[macro_export]
macro_rules! schema_parts {
    ($(#[doc = $doc:literal])+ $vis:vis $STATIC:ident = $name:literal: $part:ty, $call:literal; $($fields:tt)*) => {
        $crate::schema_kind! {
            $(#[doc = $doc])+ $vis $STATIC = $name: $part, $call,
            identity |_| $crate::schema::Identity::default();
            $($fields)*
        }
    };
}
