//! Files that people write, and what is wrong with them, at line and column.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

/// A value with the bytes that it was written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands in its file.
    pub span: Range<usize>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { value: spanned.value, span: bytes_of(&spanned.referenced) })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A file's name and text, shared by everything read from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name to print.
    pub path: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// A source from its name and text.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: Arc::from(path), text: Arc::from(text) }
    }

    /// Reads the file's typed form.
    pub(crate) fn parse<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Fault> {
        serde_saphyr::from_str(&self.text).map_err(|error| {
            let span = error.location().map_or(0..0, |location| bytes_of(&location));
            let message = error.without_snippet().render();
            // The position is printed with the excerpt.
            let message = message.lines().next().unwrap_or_default();
            let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
            self.fault(message, &span)
        })
    }

    /// Something wrong at a place of this file.
    pub(crate) fn fault(&self, message: impl Into<String>, span: &Range<usize>) -> Fault {
        Fault { source: self.clone(), message: message.into(), span: span.clone(), help: None }
    }

    /// Line and column of a byte, both from 1; a column counts characters.
    fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        (line, column)
    }
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    source: Source,
    message: String,
    span: Range<usize>,
    help: Option<String>,
}

impl Fault {
    /// The same with a hint.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The message alone.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.source.path
    }

    /// Line and column, both from 1.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        self.source.line_and_column(self.span.start)
    }

    /// With an excerpt of the file, as a compiler prints it.
    #[must_use]
    pub fn render(&self) -> String {
        let length = self.source.text.len();
        let start = self.span.start.min(length);
        let span = start..self.span.end.clamp(start, length);
        let excerpt =
            Snippet::source(&*self.source.text).path(&*self.source.path).annotation(AnnotationKind::Primary.span(span));
        let group = Level::ERROR.primary_title(self.message.as_str()).element(excerpt);
        let group = match &self.help {
            Some(help) => group.element(Level::HELP.message(help.as_str())),
            None => group,
        };
        Renderer::plain().render(&[group])
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(f, "{}:{line}:{column}: {}", self.source.path, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

fn bytes_of(location: &Location) -> Range<usize> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset().unwrap_or(0)).unwrap_or(0);
    let length = usize::try_from(span.byte_len().unwrap_or(0)).unwrap_or(0);
    start..start.saturating_add(length)
}

/// The known word closest to a mistyped one, if one is close.
pub(crate) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((y, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
