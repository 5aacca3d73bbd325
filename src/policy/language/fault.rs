//! What is wrong with an expression, at its bytes.

use std::ops::Range;

/// One fault of an expression; the rule file turns it into a [`Diagnostic`](crate::policy::diagnostic::Diagnostic).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the expression.
    pub span: Range<usize>,
    /// What is wrong, lower-case, without a full stop.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without help.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// The same fault with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A hint for a misspelt name: the nearest of the known ones, else all of them.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let limit = name.chars().count().div_ceil(2).clamp(1, 3);
    let nearest = known.iter().map(|k| (distance(name, k), *k)).min()?;
    if nearest.0 <= limit {
        return Some(format!("did you mean `{}`?", nearest.1));
    }
    let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
    Some(format!("known here: {}", list.join(", ")))
}

/// The edit distance of two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let cost = usize::from(ca != *cb);
            let best = (diagonal + cost).min(*cell + 1).min(left + 1);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_named() {
        assert_eq!(distance("publicly_accesible", "publicly_accessible"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(did_you_mean("ingres", ["ingress", "egress"]).unwrap(), "did you mean `ingress`?");
        assert_eq!(did_you_mean("zzzzzz", ["ingress", "egress"]).unwrap(), "known here: `egress`, `ingress`");
    }
}
