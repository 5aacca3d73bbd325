//! Reading YAML with its positions.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

use super::diagnostic::{Diagnostic, Source};

/// Largest file, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Reads a file.
pub(crate) fn read<T: DeserializeOwned>(source: &Source) -> Result<T, Diagnostic> {
    if source.text.len() > MAX_BYTES {
        return Err(source.fault(0..0, format!("the file is larger than {MAX_BYTES} bytes"), None));
    }
    serde_saphyr::from_str(&source.text).map_err(|error| {
        let span = error.location().map_or(0..0, |location| bytes(source, location));
        source.fault(span, cause(&error), None)
    })
}

/// The first line of what the parser says, without its own idea of the place.
fn cause(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match line.find(" at line ") {
        Some(at) => line.get(..at).unwrap_or(line).to_owned(),
        None => line.to_owned(),
    }
}

fn bytes(source: &Source, location: serde_saphyr::Location) -> Range<usize> {
    let span = location.span();
    if let (Some(start), Some(len)) = (span.byte_offset(), span.byte_len()) {
        let (start, len) = (usize::try_from(start).unwrap_or(0), usize::try_from(len).unwrap_or(0));
        return start..start + len;
    }
    let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
    let start: usize = source.text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = source.text.get(start..).unwrap_or_default();
    let offset: usize = rest.chars().take(column).map(char::len_utf8).sum();
    start + offset..start + offset
}

/// The bytes of a value in its file.
pub(crate) fn span<T>(source: &Source, value: &Spanned<T>) -> Range<usize> {
    let mut span = bytes(source, value.referenced);
    // A plain scalar's span reaches to the next token; what follows its last character is not part of it.
    let text = source.text.get(span.clone()).unwrap_or_default();
    span.end = span.start + text.trim_end().len();
    span
}

/// Maps bytes of a decoded text to bytes of the file: through quotes, escapes, folded lines and block indentation.
pub(crate) fn inside(source: &Source, value: &Spanned<String>, range: Range<usize>) -> Range<usize> {
    let whole = span(source, value);
    let start = whole.start;
    let raw = source.text.get(start..).unwrap_or_default();
    let (start_at, end_at) = (range.start, range.end.max(range.start));
    let mut raw_chars = raw.char_indices().peekable();
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''));
    if quote.is_some() {
        raw_chars.next();
    } else if raw.starts_with(['|', '>']) {
        // The text of a block begins on the next line.
        while raw_chars.next_if(|(_, c)| *c != '\n').is_some() {}
        raw_chars.next();
        while raw_chars.next_if(|(_, c)| *c == ' ').is_some() {}
    }
    let mut found: (Option<usize>, Option<usize>) = (None, None);
    let mut last = 0;
    'text: for (offset, wanted) in value.value.char_indices() {
        // Whitespace of the file that the text does not have, and the way escapes are written.
        loop {
            match raw_chars.peek().copied() {
                Some((_, c))
                    if (c == wanted && !(quote == Some('"') && c == '\\'))
                        || (wanted.is_whitespace() && c.is_whitespace()) =>
                {
                    break;
                }
                Some((_, c)) if c.is_whitespace() => {
                    raw_chars.next();
                }
                Some((_, '\\')) if quote == Some('"') => {
                    raw_chars.next();
                    match raw_chars.peek().map(|(_, c)| *c) {
                        // A line ends here only in the file.
                        Some('\n') => {
                            raw_chars.next();
                        }
                        Some(kind @ ('x' | 'u' | 'U')) => {
                            raw_chars.next();
                            // The last digit stands for the character.
                            let digits = match kind {
                                'x' => 2,
                                'u' => 4,
                                _ => 8,
                            };
                            for _ in 1..digits {
                                raw_chars.next_if(|(_, c)| c.is_ascii_hexdigit());
                            }
                            break;
                        }
                        _ => break,
                    }
                }
                // Blank lines before a block stand before its span.
                Some(_) if wanted.is_whitespace() => continue 'text,
                _ => return whole,
            }
        }
        let Some((at, c)) = raw_chars.next() else { return whole };
        if offset == start_at {
            found.0 = Some(at);
        }
        if offset == end_at {
            // The end of the character before: what follows may be written with an escape.
            found.1 = Some(last);
        }
        last = at + c.len_utf8();
        if quote == Some('\'') && c == '\'' {
            raw_chars.next();
        }
    }
    let begin = found.0.unwrap_or(last);
    let end = found.1.unwrap_or(last).max(begin);
    start + begin..start + end
}

/// A map that keeps the order of the file; a key that stands twice is refused by the parser.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<V>(pub(crate) Vec<(Spanned<String>, V)>);

impl<V> Default for Ordered<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Ordered<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Map<V> {
            type Value = Ordered<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(Map(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        #[serde(default)]
        require: Option<Spanned<String>>,
        #[serde(default, rename = "for")]
        bindings: Ordered<Spanned<String>>,
    }

    /// What the file shows under each word of the decoded text.
    fn words(yaml: &str) -> Vec<String> {
        let source = Source::new("x.yaml", yaml);
        let file: File = read(&source).unwrap();
        let require = file.require.unwrap();
        let mut found = Vec::new();
        for word in ["alpha", "beta", "gamma"] {
            let at = require.value.find(word).unwrap();
            found.push(source.text.get(inside(&source, &require, at..at + word.len())).unwrap().to_owned());
        }
        found
    }

    #[test]
    fn words_are_found_through_every_style() {
        for yaml in [
            "require: alpha && beta || gamma\nid: x\n",
            "require: \"alpha && beta || gamma\"\n",
            "require: 'alpha && ''beta'' || gamma'\n",
            "require: \"alpha && \\\"beta\\\" || \\u0041gamma\"\n",
            "require: |\n  alpha &&\n    beta\n  || gamma\nid: x\n",
            "require: >-\n  alpha\n  && beta\n\n  || gamma\n",
            "require: alpha\n  && beta\n  || gamma\nid: y\n",
            "id: é\nrequire: \"é alpha beta\n    gamma\"\n",
            "require: |-\n\n  alpha\n\n  beta gamma\n",
        ] {
            assert_eq!(words(yaml), ["alpha", "beta", "gamma"], "{yaml}");
        }
    }

    #[test]
    fn keys_keep_their_order_and_places() {
        let source = Source::new("x.yaml", "for: {db: rds.instance, a: \"f(db)\"}\n");
        let file: File = read(&source).unwrap();
        let keys: Vec<&str> =
            file.bindings.0.iter().map(|(key, _)| source.text.get(span(&source, key)).unwrap()).collect();
        assert_eq!(keys, ["db", "a"]);
        assert_eq!(source.text.get(span(&source, &file.bindings.0[0].1)), Some("rds.instance"));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_its_place() {
        let fault = read::<File>(&Source::new("x.yaml", "for:\n  a: b\n  a: c\n")).unwrap_err();
        assert_eq!(fault.position().0, 3, "{fault}");
        let fault = read::<File>(&Source::new("x.yaml", "require: x\nrequire: y\n")).unwrap_err();
        assert_eq!(fault.position().0, 2, "{fault}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), range in (0usize..20, 0usize..20)) {
            let yaml = format!("require: {text}");
            let source = Source::new("x.yaml", yaml);
            if let Ok(File { require: Some(require), .. }) = read::<File>(&source) {
                let found = inside(&source, &require, range.0..range.1);
                let _ = source.fault(found, "x", None).render(false);
            }
        }
    }
}
