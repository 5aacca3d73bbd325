//! Names in a matrix file: what they stand for.

use crate::identifier::{Part, parts};
use crate::postgres::object::{Kind, Object};

/// What kind of thing a name can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// One part.
    Database,
    /// Two parts.
    Schema,
    /// Three parts: tables, views and sequences.
    Relation,
    /// Four parts.
    Column,
    /// Three parts under `execute`.
    Routine,
    /// A prefix: `server:shop.erp`.
    Other(Kind),
}

impl Shape {
    /// Some kind that it stands for, to ask which privileges exist.
    #[must_use]
    pub fn kinds(self) -> Vec<Kind> {
        match self {
            Self::Database => vec![Kind::Database],
            Self::Schema => vec![Kind::Schema],
            Self::Relation => vec![Kind::Table, Kind::Sequence],
            Self::Column => vec![Kind::Column],
            Self::Routine => vec![Kind::Function],
            Self::Other(kind) => vec![kind],
        }
    }
}

/// A name with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// What it can stand for.
    pub shape: Shape,
    parts: Vec<Part>,
    arguments: Option<String>,
}

impl Pattern {
    /// Reads a name; an error says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let prefixes = [
            Kind::Type,
            Kind::Language,
            Kind::ForeignDataWrapper,
            Kind::ForeignServer,
            Kind::Tablespace,
            Kind::Parameter,
        ];
        for kind in prefixes {
            let Some(rest) = kind.prefix().and_then(|prefix| text.strip_prefix(prefix)) else { continue };
            // A parameter's name may have a dot in it.
            let parts = if kind == Kind::Parameter {
                vec![Part { text: rest.to_owned(), quoted: false }]
            } else {
                parts(rest)?
            };
            return Ok(Self { text: text.to_owned(), shape: Shape::Other(kind), parts, arguments: None });
        }
        let parts = parts(text)?;
        let shape = match parts.len() {
            1 => Shape::Database,
            2 => Shape::Schema,
            3 => Shape::Relation,
            4 => Shape::Column,
            _ => return Err(format!("`{text}` has more than four parts")),
        };
        Ok(Self { text: text.to_owned(), shape, parts, arguments: None })
    }

    /// Reads the name of a routine, with its arguments unless it ends in a wildcard.
    pub fn routine(text: &str) -> Result<Self, String> {
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => {
                let arguments = rest.strip_suffix(')').ok_or_else(|| format!("`{text}`: a bracket is not closed"))?;
                (name, Some(arguments.to_owned()))
            }
            None => (text, None),
        };
        let parts = parts(name)?;
        if parts.len() != 3 {
            return Err(format!("`{text}` must name a database, a schema and a routine"));
        }
        if arguments.is_none() && !parts.last().is_some_and(|part| !part.quoted && part.text.contains('*')) {
            return Err(format!("`{text}` must give its arguments, or `()` for none"));
        }
        Ok(Self { text: text.to_owned(), shape: Shape::Routine, parts, arguments })
    }

    /// Whether it stands for an object. A relation's name stands for its columns too.
    #[must_use]
    pub fn is_of(&self, object: &Object) -> bool {
        let fits = match self.shape {
            Shape::Database => object.kind == Kind::Database,
            Shape::Schema => object.kind == Kind::Schema,
            Shape::Relation => object.kind.is_relation() || matches!(object.kind, Kind::Sequence | Kind::Column),
            Shape::Column => object.kind == Kind::Column,
            Shape::Routine => object.kind.is_routine(),
            Shape::Other(kind) => object.kind == kind,
        };
        if !fits {
            return false;
        }
        let schema = object.schema.as_deref().filter(|_| object.kind.lies_in_schema());
        let name = (object.kind != Kind::Database).then_some(object.name.as_str());
        let column = object.column.as_deref().filter(|_| self.shape == Shape::Column);
        let names: Vec<&str> = object.database.as_deref().into_iter().chain(schema).chain(name).chain(column).collect();
        names.len() == self.parts.len()
            && self.parts.iter().zip(names).all(|(part, name)| fits_part(part, name))
            && self.arguments.as_ref().is_none_or(|arguments| object.arguments.as_ref() == Some(arguments))
    }

    /// Whether it stands for something in a database, or in one of its schemas.
    #[must_use]
    pub fn lies_in(&self, database: &str, schema: Option<&str>) -> bool {
        if matches!(self.shape, Shape::Other(Kind::Tablespace | Kind::Parameter)) {
            return false;
        }
        let in_schema = schema.is_none()
            || matches!(self.shape, Shape::Other(Kind::Type) | Shape::Relation | Shape::Column | Shape::Routine);
        let mut parts = self.parts.iter();
        in_schema
            && parts.next().is_some_and(|part| fits_part(part, database))
            && schema.is_none_or(|schema| parts.next().is_some_and(|part| fits_part(part, schema)))
    }

    /// Whether it stands for every relation of a schema.
    #[must_use]
    pub fn is_whole_schema(&self) -> bool {
        self.parts.len() == 3 && self.parts.last().is_some_and(|part| !part.quoted && part.text == "*")
    }

    /// Whether it can stand for several things.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.parts.iter().any(|part| !part.quoted && part.text.contains('*'))
    }

    /// The part of that number, as written.
    #[must_use]
    pub fn part(&self, number: usize) -> Option<&str> {
        self.parts.get(number).map(|part| part.text.as_str())
    }
}

fn fits_part(part: &Part, name: &str) -> bool {
    if part.quoted || !part.text.contains('*') {
        return part.text == name;
    }
    let mut pieces = part.text.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str, quoted: bool) -> Part {
        Part { text: text.to_owned(), quoted }
    }

    #[test]
    fn wildcards_stand_for_any_run() {
        for (pattern, name, fits) in [
            ("*", "orders", true),
            ("order_*", "order_items", true),
            ("order_*", "orders", false),
            ("*_2026", "events_2026", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("orders", "Orders", false),
        ] {
            assert_eq!(fits_part(&part(pattern, false), name), fits, "{pattern} {name}");
        }
        assert!(!fits_part(&part("*", true), "orders"));
        assert!(fits_part(&part("*", true), "*"));
    }

    #[test]
    fn a_name_says_what_it_stands_for() {
        assert_eq!(Pattern::new("shop").unwrap().shape, Shape::Database);
        assert_eq!(Pattern::new("shop.sales.*").unwrap().shape, Shape::Relation);
        assert_eq!(Pattern::new("server:shop.erp").unwrap().shape, Shape::Other(Kind::ForeignServer));
        assert!(Pattern::new("a.b.c.d.e").is_err());
        assert!(Pattern::routine("shop.sales.peek").is_err());
        assert!(Pattern::routine("shop.sales.peek(").is_err());
        assert!(Pattern::routine("shop.sales.*").is_ok());
    }
}
