//! From tokens to an expression: a Pratt parser with its own nesting limit.

use std::ops::Range;

use super::ast::{Expr, ExprKind, Operator};
use super::fault::Fault;
use super::lexer::{Spanned, Token, tokens};

/// Deepest nesting; real rules stay below ten.
pub const MAX_DEPTH: usize = 48;
/// Tightest binding of a binary operator, plus one.
const UNARY: u8 = 5;

/// Parses one whole expression.
pub fn parse(text: &str) -> Result<Expr, Fault> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let expr = parser.expression()?;
    match parser.peek() {
        (Token::End, _) => Ok(expr),
        (token, span) => Err(unexpected(token, span, "the end of the expression")),
    }
}

struct Parser<'t> {
    tokens: &'t [Spanned],
    at: usize,
    depth: usize,
}

fn unexpected(token: &Token, span: Range<usize>, wanted: &str) -> Fault {
    let found = match token {
        Token::Name(name) => format!("`{name}`"),
        Token::Int(number) => format!("`{number}`"),
        Token::Text(_) => "a text".to_owned(),
        Token::Sign(sign) => format!("`{sign}`"),
        Token::End => "the end".to_owned(),
    };
    Fault::new(span, format!("expected {wanted}, found {found}"))
}

impl Parser<'_> {
    fn peek(&self) -> (&Token, Range<usize>) {
        self.tokens.get(self.at).or(self.tokens.last()).map_or((&Token::End, 0..0), |t| (&t.token, t.span.clone()))
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek().0, Token::Sign(found) if *found == sign);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<Range<usize>, Fault> {
        let (token, span) = self.peek();
        if matches!(token, Token::Sign(found) if *found == sign) {
            self.at += 1;
            Ok(span)
        } else {
            Err(unexpected(token, span, &format!("`{sign}`")))
        }
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(
                Fault::new(self.peek().1, format!("nested deeper than {MAX_DEPTH}")).help("name its parts under `let`")
            );
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn expression(&mut self) -> Result<Expr, Fault> {
        self.nested(|parser| {
            let condition = parser.binary(1)?;
            if !parser.take("?") {
                return Ok(condition);
            }
            let yes = parser.expression()?;
            parser.expect(":")?;
            let no = parser.expression()?;
            let span = condition.span.start..no.span.end;
            Ok(Expr { kind: ExprKind::Choice(Box::new(condition), Box::new(yes), Box::new(no)), span })
        })
    }

    fn binary(&mut self, least: u8) -> Result<Expr, Fault> {
        let mut left = self.unary()?;
        let mut operands = 0;
        loop {
            let sign = match self.peek().0 {
                Token::Sign(sign) => *sign,
                Token::Name(name) if name == "in" => "in",
                _ => return Ok(left),
            };
            let Some((operator, binding)) = Operator::of(sign) else { return Ok(left) };
            if binding < least {
                return Ok(left);
            }
            let span = self.peek().1;
            self.at += 1;
            // A long chain nests to the left: the checker and the evaluator walk it recursively.
            operands += 1;
            if operands > MAX_DEPTH {
                return Err(Fault::new(span, format!("more than {MAX_DEPTH} operands in one chain"))
                    .help("name its parts under `let`, or use `in [...]`"));
            }
            let right = self.nested(|parser| parser.binary((binding + 1).min(UNARY)))?;
            if operator.is_comparison()
                && let ExprKind::Binary(inner, ..) = &left.kind
                && inner.is_comparison()
                && !self.closed(&left)
            {
                return Err(Fault::new(span, "comparisons do not chain").help("join two comparisons with `&&`"));
            }
            let span = left.span.start..right.span.end;
            left = Expr { kind: ExprKind::Binary(operator, Box::new(left), Box::new(right)), span };
        }
    }

    /// Whether an expression ends with a bracket of its own.
    fn closed(&self, expr: &Expr) -> bool {
        self.tokens
            .iter()
            .find(|token| token.span.end == expr.span.end)
            .is_some_and(|token| token.token == Token::Sign(")") && self.opened(expr))
    }

    fn opened(&self, expr: &Expr) -> bool {
        self.tokens.iter().any(|token| token.span.start == expr.span.start && token.token == Token::Sign("("))
    }

    fn unary(&mut self) -> Result<Expr, Fault> {
        let (token, span) = self.peek();
        let kind: fn(Box<Expr>) -> ExprKind = match token {
            Token::Sign("!") => ExprKind::Not,
            Token::Sign("-") => ExprKind::Negate,
            _ => return self.postfix(),
        };
        self.at += 1;
        let inner = self.nested(Self::unary)?;
        let span = span.start..inner.span.end;
        Ok(Expr { kind: kind(Box::new(inner)), span })
    }

    fn postfix(&mut self) -> Result<Expr, Fault> {
        let mut expr = self.primary()?;
        let mut steps = 0;
        loop {
            steps += 1;
            if steps > MAX_DEPTH {
                return Err(Fault::new(expr.span, format!("more than {MAX_DEPTH} steps in one chain")));
            }
            if self.take(".") {
                let (token, span) = self.peek();
                let Token::Name(name) = token else { return Err(unexpected(token, span, "a field")) };
                let name = name.clone();
                self.at += 1;
                let whole = expr.span.start..span.end;
                expr = Expr { kind: ExprKind::Field(Box::new(expr), name, span), span: whole };
            } else if self.take("[") {
                let key = self.expression()?;
                let end = self.expect("]")?.end;
                let whole = expr.span.start..end;
                expr = Expr { kind: ExprKind::Index(Box::new(expr), Box::new(key)), span: whole };
            } else if self.take("(") {
                let (args, end) = self.items(")")?;
                let whole = expr.span.start..end;
                expr = Expr { kind: ExprKind::Call(Box::new(expr), args), span: whole };
            } else {
                return Ok(expr);
            }
        }
    }

    fn items(&mut self, closing: &str) -> Result<(Vec<Expr>, usize), Fault> {
        let mut items = Vec::new();
        loop {
            let (token, span) = self.peek();
            if matches!(token, Token::Sign(sign) if *sign == closing) {
                self.at += 1;
                return Ok((items, span.end));
            }
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(self.expression()?);
        }
    }

    fn primary(&mut self) -> Result<Expr, Fault> {
        let (token, span) = self.peek();
        let kind = match token {
            Token::Int(number) => ExprKind::Int(*number),
            Token::Text(text) => ExprKind::Text(text.clone()),
            Token::Name(name) => match name.as_str() {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                "null" => ExprKind::Null,
                "in" => return Err(unexpected(token, span, "a value")),
                _ => ExprKind::Name(name.clone()),
            },
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                let end = self.expect(")")?.end;
                // The brackets belong to it, so that `(a == b) == c` is told from a chain.
                return Ok(Expr { kind: inner.kind, span: span.start..end });
            }
            Token::Sign("[") => {
                self.at += 1;
                let (items, end) = self.items("]")?;
                return Ok(Expr { kind: ExprKind::List(items), span: span.start..end });
            }
            _ => return Err(unexpected(token, span, "a value")),
        };
        self.at += 1;
        Ok(Expr { kind, span })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        fn show(expr: &Expr) -> String {
            match &expr.kind {
                ExprKind::Null => "null".into(),
                ExprKind::Bool(b) => b.to_string(),
                ExprKind::Int(n) => n.to_string(),
                ExprKind::Text(t) => format!("{t:?}"),
                ExprKind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
                ExprKind::Name(n) => n.clone(),
                ExprKind::Field(base, field, _) => format!("{}.{field}", show(base)),
                ExprKind::Index(base, key) => format!("{}[{}]", show(base), show(key)),
                ExprKind::Call(callee, args) => {
                    format!("{}({})", show(callee), args.iter().map(show).collect::<Vec<_>>().join(" "))
                }
                ExprKind::Not(a) => format!("(! {})", show(a)),
                ExprKind::Negate(a) => format!("(- {})", show(a)),
                ExprKind::Binary(op, a, b) => format!("({op:?} {} {})", show(a), show(b)),
                ExprKind::Choice(a, b, c) => format!("(? {} {} {})", show(a), show(b), show(c)),
            }
        }
        parse(text).map_or_else(|fault| fault.message, |expr| show(&expr))
    }

    #[test]
    fn operators_bind_as_in_cel() {
        assert_eq!(shown("a || b && !c == d"), "(Or a (And b (Equal (! c) d)))");
        assert_eq!(shown("a + 1 - 2 < -3"), "(Less (Subtract (Add a 1) 2) (- 3))");
        assert_eq!(shown("x in [1, 2] ? 'a' : \"b\""), "(? (In x [1 2]) \"a\" \"b\")");
        assert_eq!(shown("db.groups.all(g, g.tags['k'] != null)"), "db.groups.all(g (NotEqual g.tags[\"k\"] null))");
        assert_eq!(shown("(a == b) == c"), "(Equal (Equal a b) c)");
        assert_eq!(shown("reach.into(db, db.port)"), "reach.into(db db.port)");
    }

    #[test]
    fn faults_say_what_was_expected() {
        assert_eq!(shown("a == b == c"), "comparisons do not chain");
        assert_eq!(shown("f(a b)"), "expected `,`, found `b`");
        assert_eq!(shown("a &&"), "expected a value, found the end");
        assert_eq!(shown("a = b"), "`=` is not allowed in rules");
        assert_eq!(shown("'abc"), "the text has no closing '");
        assert_eq!(shown("a b"), "expected the end of the expression, found `b`");
        assert_eq!(shown("99999999999999999999"), "`99999999999999999999` is not a whole number that fits 64 bits");
        assert_eq!(shown(r"'\q'"), "unknown escape `\\q`");
        assert_eq!(shown("a.?b"), "expected a field, found `?`");
    }

    #[test]
    fn nesting_has_a_limit() {
        for open in ["(", "[", "!", "-", "f(", "a[", "a ? b : ", "a.all(x, ", "a + "] {
            let deep = open.repeat(3_000) + "a";
            assert!(parse(&deep).is_err(), "{open}");
        }
        assert!(parse(&("a".to_owned() + &".b".repeat(2_000))).is_err());
        assert!(parse(&("a".to_owned() + &" || a".repeat(1_500))).is_err());
        assert!(parse(&("(".repeat(30) + "a" + &")".repeat(30))).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn no_sequence_of_tokens_makes_it_panic(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "a", "db", ".", "(", ")", "[", "]", "&&", "||", "!", "==", "in", "'x'", "\"", "\\", "7", "?", ":", ",",
                    "-", "+", "<", ">=", "null", "true", "all", "é", "\n", " ",
                ]),
                0..60,
            )
        ) {
            let text: String = parts.concat();
            if let Ok(expr) = parse(&text) {
                prop_assert!(text.get(expr.span.clone()).is_some());
            }
        }
    }
}
