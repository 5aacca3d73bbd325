//! Names: printed for people, quoted for SQL, and read back. Names in a database are chosen by its users, so hostile.

use std::fmt::Write as _;

/// A PostgreSQL identifier, always quoted: `"` is doubled, everything else stands as it is
/// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A MySQL identifier, always quoted: the backtick is doubled
/// (<https://dev.mysql.com/doc/refman/8.4/en/identifiers.html>).
#[must_use]
pub fn backticked(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A name as it stands in dotted names of matrix files and reports: plain where nothing needs quoting.
#[must_use]
pub fn shown(name: &str) -> String {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '_' | '$' | '-'));
    if plain { name.to_owned() } else { quoted(name) }
}

/// Dotted parts, each as in [`shown`].
pub(crate) fn dotted<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for (number, part) in parts.into_iter().enumerate() {
        let dot = if number == 0 { "" } else { "." };
        let _ = write!(text, "{dot}{}", shown(part));
    }
    text
}

/// One part of a dotted name: literal where it was quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The text, without quotes.
    pub text: String,
    /// Whether it was quoted; then `*` stands for itself.
    pub quoted: bool,
}

/// Splits `shop.sales."odd.name"` at its dots. An error says what is wrong with it.
pub fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        let mut part = Part { text: String::new(), quoted: chars.peek() == Some(&'"') };
        if part.quoted {
            chars.next();
            loop {
                match chars.next() {
                    Some('"') if chars.peek() == Some(&'"') => {
                        chars.next();
                        part.text.push('"');
                    }
                    Some('"') => break,
                    Some(c) => part.text.push(c),
                    None => return Err(format!("`{text}`: a quote is not closed")),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != '.') {
                if c == '"' {
                    return Err(format!("`{text}`: a quote may only surround a whole part"));
                }
                part.text.push(c);
            }
        }
        if part.text.is_empty() {
            return Err(format!("`{text}`: a part is empty"));
        }
        parts.push(part);
        match chars.next() {
            None => return Ok(parts),
            Some('.') => {}
            Some(_) => return Err(format!("`{text}`: a dot must follow a closing quote")),
        }
    }
}

/// Whether the arguments of a function, as the server prints them, can stand in SQL: nothing but names, types, commas
/// and brackets outside of quotes.
pub(crate) fn arguments_are_plain(arguments: &str) -> bool {
    let mut inside = false;
    for c in arguments.chars() {
        match c {
            '"' => inside = !inside,
            _ if inside => {}
            '_' | ' ' | ',' | '.' | '[' | ']' | '$' => {}
            _ if c.is_alphanumeric() => {}
            _ => return false,
        }
    }
    !inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_one_identifier() {
        assert_eq!(quoted("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
        assert_eq!(quoted("line\nbreak\\"), "\"line\nbreak\\\"");
        assert_eq!(backticked("a`b"), "`a``b`");
        assert_eq!(shown("svc_app"), "svc_app");
        assert_eq!(shown("Svc"), "\"Svc\"");
        assert_eq!(dotted(["shop", "odd.name"]), "shop.\"odd.name\"");
    }

    #[test]
    fn dotted_names_read_back() {
        let read = parts("shop.\"odd.\"\"name\".*").unwrap();
        assert_eq!(read.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["shop", "odd.\"name", "*"]);
        assert!(read[1].quoted && !read[2].quoted);
        for wrong in ["", "a..b", "a.", "\"a", "\"a\"b", "a\"b"] {
            assert!(parts(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn arguments_that_are_more_than_arguments_are_refused() {
        assert!(arguments_are_plain("a integer, \"odd;name\" text[], VARIADIC b numeric"));
        assert!(!arguments_are_plain("); DROP TABLE x; --"));
        assert!(!arguments_are_plain("\"open"));
    }
}
