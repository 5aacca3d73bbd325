//! What rules may speak of: kinds of the estate, answers of engines, and functions.

use std::fmt;

use portcullis_estate::schema::{KINDS, Kind, Type};

/// A function that an engine implements.
#[derive(Debug)]
pub struct Signature {
    /// Dotted name: `reach.into`.
    pub name: &'static str,
    /// What it takes.
    pub arguments: &'static [Argument],
    /// What it answers.
    pub returns: Type,
    /// What it says, for the documentation.
    pub doc: &'static str,
    /// The calls that an answer rests on.
    pub calls: &'static [&'static str],
    /// An upper bound of the elements of its answer.
    pub most: u64,
    /// What asking costs, in steps of the evaluator.
    pub cost: u64,
}

/// One argument of a function.
#[derive(Debug)]
pub struct Argument {
    /// Its name, for messages.
    pub name: &'static str,
    /// What is accepted.
    pub ty: ArgumentType,
}

/// What an argument accepts.
#[derive(Debug, Clone, Copy)]
pub enum ArgumentType {
    /// A value of this type.
    Of(Type),
    /// An object of one of these kinds; of any kind if the list is empty.
    Kinds(&'static [&'static str]),
    /// The name of a kind, as a literal.
    Kind,
    /// One of these words, as a literal.
    Words(&'static [&'static str]),
}

impl fmt::Display for ArgumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(ty) => write!(f, "{ty}"),
            Self::Kinds([]) => f.write_str("a resource"),
            Self::Kinds(kinds) => f.write_str(&kinds.join(" or ")),
            Self::Kind => f.write_str("the name of a kind"),
            Self::Words(words) => write!(f, "one of '{}'", words.join("', '")),
        }
    }
}

impl Signature {
    /// `reach.into(target: …, port: int) → list<path>`.
    #[must_use]
    pub fn usage(&self) -> String {
        let arguments: Vec<String> = self.arguments.iter().map(|a| format!("{}: {}", a.name, a.ty)).collect();
        format!("{}({}) → {}", self.name, arguments.join(", "), self.returns)
    }
}

/// The kinds and functions that rules are checked against.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    kinds: Vec<&'static Kind>,
    functions: Vec<&'static Signature>,
}

impl Vocabulary {
    /// The kinds of the estate alone.
    #[must_use]
    pub fn estate() -> Self {
        Self { kinds: KINDS.to_vec(), functions: Vec::new() }
    }

    /// The kinds of the estate, and what the engines answer.
    #[must_use]
    pub fn standard() -> Self {
        Self::estate().with(super::functions::KINDS, super::functions::SIGNATURES)
    }

    /// The same and more.
    #[must_use]
    pub fn with(mut self, kinds: &[&'static Kind], functions: &[&'static Signature]) -> Self {
        self.kinds.extend(kinds);
        self.functions.extend(functions);
        self
    }

    /// The kind of a name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.iter().copied().find(|kind| kind.name == name)
    }

    /// Every kind.
    pub fn kinds(&self) -> impl Iterator<Item = &'static Kind> + '_ {
        self.kinds.iter().copied()
    }

    /// The function of a dotted name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&'static Signature> {
        self.functions.iter().copied().find(|function| function.name == name)
    }

    /// Every function.
    pub fn functions(&self) -> impl Iterator<Item = &'static Signature> + '_ {
        self.functions.iter().copied()
    }

    /// Whether functions begin with this name: `reach`, `can`.
    #[must_use]
    pub fn is_namespace(&self, name: &str) -> bool {
        self.functions.iter().any(|function| function.name.split('.').next() == Some(name))
    }

    /// The reference page of fields and functions, as Markdown.
    #[must_use]
    pub fn documentation(&self) -> String {
        use std::fmt::Write as _;
        let mut page = portcullis_estate::schema::documentation(self.kinds.iter().copied());
        page.push_str("## Functions\n\n| function | meaning | rests on |\n|---|---|---|\n");
        for function in &self.functions {
            let calls: Vec<String> = function.calls.iter().map(|call| format!("`{call}`")).collect();
            let _ = writeln!(
                page,
                "| `{}` | {} | {} |",
                function.usage().replace('|', "\\|"),
                function.doc,
                calls.join(", ")
            );
        }
        page
    }
}
