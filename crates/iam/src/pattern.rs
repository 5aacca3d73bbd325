//! Globs and policy variables.
//!
//! `*` and `?` are wildcards, `${key}` and `${key, 'default'}` stand for a request's value, `${*}`, `${?}` and `${$}` for
//! the characters. Text that a variable brings in is literal: a `*` in a tag is no wildcard. Variables exist in
//! documents of version 2012-10-17 only.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::context::{Context, KeyState};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Char(char),
    Any,
    One,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Symbol(Symbol),
    Variable { key: String, default: Option<String> },
}

/// A glob, possibly with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
    /// Compiled once where there are no variables.
    glob: Option<Glob>,
}

/// A glob without variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<Symbol>);

/// What a pattern is for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// All variables have values.
    Glob(Glob),
    /// A variable has no value and no default: nothing is equal or like it.
    Unresolved,
    /// The value of this key is not known.
    Unknown(String),
}

impl Glob {
    /// A glob in which `*` and `?` are wildcards.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.chars().map(wild).collect())
    }

    /// Whether it matches the whole text. Linear in practice: on a mismatch only the last `*` gives way.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let symbols = &self.0;
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut read) = (0usize, 0usize);
        let mut retry: Option<(usize, usize)> = None;
        while let Some(&next) = text.get(read) {
            match symbols.get(at) {
                Some(Symbol::Any) => {
                    retry = Some((at + 1, read));
                    at += 1;
                    continue;
                }
                Some(Symbol::One) => {
                    at += 1;
                    read += 1;
                    continue;
                }
                Some(Symbol::Char(c)) if *c == next => {
                    at += 1;
                    read += 1;
                    continue;
                }
                _ => {}
            }
            let Some((after, from)) = retry else { return false };
            at = after;
            read = from + 1;
            retry = Some((after, read));
        }
        symbols.get(at..).is_none_or(|rest| rest.iter().all(|symbol| *symbol == Symbol::Any))
    }

    /// Whether it matches every text.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|symbol| *symbol == Symbol::Any)
    }

    /// A text that it matches, with `fill` in place of each `*` and one character in place of each `?`.
    #[must_use]
    pub fn example(&self, fill: &str) -> String {
        let mut text = String::new();
        for symbol in &self.0 {
            match symbol {
                Symbol::Char(c) => text.push(*c),
                Symbol::Any => text.push_str(fill),
                Symbol::One => text.push('q'),
            }
        }
        text
    }

    /// The text, if it has no wildcard.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        self.0.iter().map(|symbol| if let Symbol::Char(c) = symbol { Some(*c) } else { None }).collect()
    }
}

impl Pattern {
    /// Reads a pattern; `wildcards` says whether `*` and `?` are more than characters, `variables` whether `${…}` is.
    #[must_use]
    pub fn new(text: &str, wildcards: bool, variables: bool) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if variables
                && let Some(inner) = rest.strip_prefix("${")
                && let Some((body, after)) = inner.split_once('}')
            {
                tokens.push(variable(body));
                rest = after;
                continue;
            }
            tokens.push(Token::Symbol(if wildcards { wild(first) } else { Symbol::Char(first) }));
            rest = rest.strip_prefix(first).unwrap_or_default();
        }
        let glob = tokens.iter().map(|token| if let Token::Symbol(symbol) = token { Some(*symbol) } else { None });
        let glob = glob.collect::<Option<Vec<_>>>().map(Glob);
        Self { tokens, glob }
    }

    /// The pattern with the values of a request in place of its variables.
    #[must_use]
    pub fn resolve(&self, context: &Context) -> Resolved {
        if let Some(glob) = &self.glob {
            return Resolved::Glob(glob.clone());
        }
        let mut symbols = Vec::with_capacity(self.tokens.len());
        for token in &self.tokens {
            let (key, default) = match token {
                Token::Symbol(symbol) => {
                    symbols.push(*symbol);
                    continue;
                }
                Token::Variable { key, default } => (key, default),
            };
            let value = match context.get(key) {
                KeyState::Values(values) => match values.as_slice() {
                    [one] => Some(one),
                    // Only single-valued keys can be variables.
                    _ => None,
                },
                KeyState::Absent => default.as_ref(),
                KeyState::Unknown | KeyState::NotBefore { .. } => return Resolved::Unknown(key.clone()),
            };
            let Some(value) = value else { return Resolved::Unresolved };
            symbols.extend(value.chars().map(Symbol::Char));
        }
        Resolved::Glob(Glob(symbols))
    }

    /// The glob, for a pattern without variables.
    #[must_use]
    pub fn fixed(&self) -> Option<&Glob> {
        self.glob.as_ref()
    }
}

fn wild(c: char) -> Symbol {
    match c {
        '*' => Symbol::Any,
        '?' => Symbol::One,
        c => Symbol::Char(c),
    }
}

fn variable(body: &str) -> Token {
    match body {
        "*" => Token::Symbol(Symbol::Char('*')),
        "?" => Token::Symbol(Symbol::Char('?')),
        "$" => Token::Symbol(Symbol::Char('$')),
        _ => {
            let (key, default) =
                body.split_once(',').map_or((body, None), |(key, default)| (key, Some(default.trim())));
            let default = default.and_then(|text| text.strip_prefix('\'')?.strip_suffix('\'')).map(str::to_owned);
            Token::Variable { key: key.trim().to_owned(), default }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern).matches(text)
    }

    #[test]
    fn stars_and_question_marks() {
        assert!(matches("a*c*e", "abcde") && matches("*", "") && matches("a?c", "abc") && matches("*b", "aabab"));
        assert!(!matches("a*c", "abcd") && !matches("?", "") && !matches("", "a") && !matches("a*b*c", "acb"));
        // The classic blow-up stays quick.
        assert!(!matches(&"a*".repeat(40), &format!("{}b", "c".repeat(2000))));
    }

    #[test]
    fn substituted_text_is_literal() {
        let mut context = Context::complete();
        context.set_value("aws:PrincipalTag/team", "*");
        let pattern = Pattern::new("x/${aws:PrincipalTag/team}/*", true, true);
        let Resolved::Glob(glob) = pattern.resolve(&context) else { panic!("unresolved") };
        assert!(glob.matches("x/*/y") && !glob.matches("x/a/y"));
    }

    #[test]
    fn defaults_escapes_and_old_versions() {
        let context = Context::complete();
        let resolved = |text: &str, variables| match Pattern::new(text, true, variables).resolve(&context) {
            Resolved::Glob(glob) => glob.literal(),
            _ => None,
        };
        assert_eq!(resolved("a-${aws:username, 'none'}", true), Some("a-none".to_owned()));
        assert_eq!(resolved("a-${aws:username}", true), None);
        assert_eq!(resolved("${*}${?}${$}", true), Some("*?$".to_owned()));
        assert_eq!(resolved("${aws:username}", false), Some("${aws:username}".to_owned()));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let pattern = Pattern::new("${aws:username}", true, true);
        assert_eq!(pattern.resolve(&Context::open()), Resolved::Unknown("aws:username".to_owned()));
    }
}
