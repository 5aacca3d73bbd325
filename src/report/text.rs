//! Hostile text made harmless, and text laid out in columns.
//!
//! Names, tags and policy texts come from the account. In a terminal they could move the cursor, recolour or reverse a
//! line, or hide in it; so every character that does more than stand in its place is shown by its number.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character controls the display, reverses its direction or is invisible.
pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // soft hyphen, Hangul fillers, Mongolian vowel separator: nothing is seen where they stand
            '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{180e}'
            // direction marks, embeddings, overrides, isolates
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            // zero width, word joiner and the invisible operators
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}'
            // separators that break lines, interlinear annotations, tags
            | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every hostile character as `\u{..}`; one line.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Columns that a terminal uses for the text; a Korean syllable uses two.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `limit` columns, its middle left out.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(1);
    let head = take(text.chars(), room.div_ceil(2));
    let tail: String = take(text.chars().rev(), room / 2).chars().rev().collect();
    if limit == 0 { String::new() } else { format!("{head}…{tail}") }
}

/// As many characters as fit.
fn take(chars: impl Iterator<Item = char>, limit: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= limit
        })
        .collect()
}

/// The text with spaces up to `columns`; longer text stays whole.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let spaces = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(spaces))
}

/// Lines of at most `limit` columns, broken at spaces; a longer word is broken inside.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        if !line.is_empty() && width(&line) + 1 + width(word) <= limit {
            line.push(' ');
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while width(word) > limit {
            let head = take(word.chars(), limit);
            word = word.get(head.len()..).unwrap_or_default();
            lines.push(head);
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Lines of at most `limit` columns, broken before a `/`; a longer part is broken inside.
pub(super) fn wrap_path(path: &str, limit: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in path.split_inclusive('/') {
        if let Some(line) = lines.last_mut()
            && width(line) + width(part) <= limit
        {
            line.push_str(part);
            continue;
        }
        // A path may hold spaces; inside one part only they are lost.
        let parts = if width(part) <= limit { vec![part.to_owned()] } else { wrap(part, limit) };
        lines.extend(parts);
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// A number with separators: `1,284`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 finding`, `2 findings`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_shown_by_number() {
        assert_eq!(clean("a\nb\x1b[31mc\u{202e}d\u{9b}e"), "a\\u{a}b\\u{1b}[31mc\\u{202e}d\\u{9b}e");
        assert_eq!(clean("역할-관리자 é ✓"), "역할-관리자 é ✓");
        assert_eq!(clean("a\u{200b}\u{feff}\u{e0041}\u{3164}"), "a\\u{200b}\\u{feff}\\u{e0041}\\u{3164}");
    }

    #[test]
    fn the_middle_is_left_out() {
        assert_eq!(shorten("short", 10), "short");
        assert_eq!(shorten("abcdefghij", 7), "abc…hij");
        assert_eq!(shorten("abcdefghij", 1), "…");
        assert_eq!(shorten("abcdefghij", 0), "");
        let korean = shorten("아주긴역할이름입니다", 9);
        assert!(width(&korean) <= 9, "{korean}");
        assert_eq!(korean, "아주…니다");
    }

    #[test]
    fn columns_count_display_width() {
        assert_eq!(width(&pad("결제", 8)), 8);
        assert_eq!(width(&pad("pay", 8)), 8);
    }

    #[test]
    fn lines_break_at_spaces_and_inside_long_words() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("결제서비스", 5), ["결제", "서비", "스"]);
        assert_eq!(wrap("결", 0), ["결"]);
    }

    #[test]
    fn paths_break_after_a_slash() {
        assert_eq!(wrap_path("one/two/three", 8), ["one/two/", "three"]);
        assert_eq!(wrap_path("one/abcdefghij/b", 6), ["one/", "abcdef", "ghij/b"]);
        assert!(wrap_path("", 6).is_empty());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count(1, "finding"), "1 finding");
        assert_eq!(count(1284, "resource"), "1,284 resources");
    }
}
