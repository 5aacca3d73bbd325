//! From text to tokens, each with its bytes.

use std::ops::Range;

use super::fault::Fault;

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;

/// The kind of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name.
    Name(String),
    /// A whole number.
    Int(i64),
    /// Text in quotes.
    Text(String),
    /// An operator or bracket.
    Sign(&'static str),
    /// The end of the expression.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned {
    /// The token.
    pub token: Token,
    /// Its bytes.
    pub span: Range<usize>,
}

/// Longer signs stand before their beginnings.
const SIGNS: &[&str] =
    &["&&", "||", "==", "!=", "<=", ">=", "(", ")", "[", "]", ".", ",", "!", "<", ">", "+", "-", "?", ":"];

/// Splits an expression into tokens; the last is [`Token::End`].
pub fn tokens(text: &str) -> Result<Vec<Spanned>, Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::new(0..text.len(), format!("the expression is longer than {MAX_LENGTH} bytes"))
            .help("name its parts under `let`"));
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
        } else if first.is_ascii_alphabetic() || first == '_' {
            let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Spanned { token: Token::Name(rest.get(..len).unwrap_or(rest).to_owned()), span: at..at + len });
            at += len;
        } else if first.is_ascii_digit() {
            let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let span = at..at + len;
            let digits = rest.get(..len).unwrap_or(rest).replace('_', "");
            let number = digits
                .parse()
                .map_err(|_| Fault::new(span.clone(), format!("`{digits}` is not a whole number that fits 64 bits")))?;
            found.push(Spanned { token: Token::Int(number), span });
            at += len;
        } else if first == '\'' || first == '"' {
            let (value, len) = quoted(rest, first, at)?;
            found.push(Spanned { token: Token::Text(value), span: at..at + len });
            at += len;
        } else if let Some(sign) = SIGNS.iter().copied().find(|sign| rest.starts_with(sign)) {
            found.push(Spanned { token: Token::Sign(sign), span: at..at + sign.len() });
            at += sign.len();
        } else {
            let fault =
                Fault::new(at..at + first.len_utf8(), format!("`{}` is not allowed in rules", first.escape_debug()));
            return Err(match first {
                '=' => fault.help("equality is `==`"),
                '&' => fault.help("both is `&&`"),
                '|' => fault.help("either is `||`"),
                _ => fault,
            });
        }
    }
    found.push(Spanned { token: Token::End, span: text.len()..text.len() });
    Ok(found)
}

fn quoted(rest: &str, quote: char, at: usize) -> Result<(String, usize), Fault> {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((offset, c)) = chars.next() {
        if c == quote {
            return Ok((value, offset + c.len_utf8()));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some((_, 'n')) => value.push('\n'),
            Some((_, 't')) => value.push('\t'),
            Some((_, c @ ('\\' | '\'' | '"'))) => value.push(c),
            Some((offset, c)) => {
                return Err(Fault::new(
                    at + offset..at + offset + c.len_utf8(),
                    format!("unknown escape `\\{}`", c.escape_debug()),
                )
                .help(r#"the escapes are \\ \' \" \n \t"#));
            }
            None => break,
        }
    }
    Err(Fault::new(at..at + rest.len(), format!("the text has no closing {quote}")))
}
