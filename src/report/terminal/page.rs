//! Lines on a page of fixed width, and the few colours.

use anstyle::{AnsiColor, Color, Style};

use super::super::RenderOptions;
use super::super::text::{clean, pad, shorten, width, wrap, wrap_path};
use crate::audit::report::Severity;

/// Narrower terminals get longer lines.
const LEAST_WIDTH: usize = 60;

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Must be seen first.
    Alarm,
    /// Needs attention.
    Warn,
    /// As it should be.
    Good,
    /// A heading.
    Strong,
    /// Needed only by who looks for it.
    Faint,
    /// Ordinary text.
    Plain,
}

impl Ink {
    /// The colour of a severity.
    pub(super) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Alarm,
            Severity::Medium => Self::Warn,
            Severity::Low => Self::Plain,
        }
    }

    fn style(self) -> Style {
        let color = |color: AnsiColor| Style::new().fg_color(Some(Color::Ansi(color)));
        match self {
            Self::Alarm => color(AnsiColor::Red).bold(),
            Self::Warn => color(AnsiColor::Yellow),
            Self::Good => color(AnsiColor::Green).bold(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Plain => Style::new(),
        }
    }
}

/// A page that grows line by line. Every text given to it may be hostile, except what `painted` returned.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) width: usize,
    color: bool,
}

impl Page {
    pub(super) fn new(options: &RenderOptions) -> Self {
        Self { text: String::new(), width: options.width.max(LEAST_WIDTH), color: options.color }
    }

    /// A line that is already clean and short enough.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Clean text in colour, if colour was asked for.
    pub(super) fn painted(&self, ink: Ink, text: &str) -> String {
        if !self.color || ink == Ink::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = ink.style();
        format!("{style}{text}{style:#}")
    }

    /// Text on the left and on the right of one line; the left one gives way.
    pub(super) fn ends(&mut self, left: &str, right: (Ink, &str)) {
        let (ink, right) = (right.0, shorten(right.1, self.width / 2));
        let room = self.width.saturating_sub(width(&right) + 2);
        let left = shorten(left, room);
        let gap = self.width.saturating_sub(width(&left) + width(&right));
        let line = format!("{left}{}{}", " ".repeat(gap), self.painted(ink, &right));
        self.line(&line);
    }

    /// A labelled text, shortened to one line.
    pub(super) fn entry(&mut self, label: (Ink, &str), columns: usize, text: &str) {
        let room = self.width.saturating_sub(2 + columns);
        let gap = " ".repeat(columns.saturating_sub(width(label.1)));
        let line = format!("  {}{gap}{}", self.painted(label.0, label.1), shorten(&clean(text), room));
        self.line(&line);
    }

    /// A labelled text over as many lines as it needs, the label before the first.
    pub(super) fn paragraph(&mut self, indent: usize, label: (Ink, &str), columns: usize, text: &str) {
        self.inked_paragraph(indent, label, columns, (Ink::Plain, text));
    }

    /// A labelled text in colour.
    pub(super) fn inked_paragraph(&mut self, indent: usize, label: (Ink, &str), columns: usize, text: (Ink, &str)) {
        let room = self.width.saturating_sub(indent + columns);
        for (index, part) in wrap(&clean(text.1), room).iter().enumerate() {
            let head = if index == 0 { label.1 } else { "" };
            let gap = " ".repeat(columns.saturating_sub(width(head)));
            let line =
                format!("{}{}{gap}{}", " ".repeat(indent), self.painted(label.0, head), self.painted(text.0, part));
            self.line(&line);
        }
    }

    /// A place in the input, faint, over as many lines as it needs.
    pub(super) fn place(&mut self, indent: usize, place: &str) {
        for part in wrap_path(&clean(place), self.width.saturating_sub(indent)) {
            let line = format!("{}{}", " ".repeat(indent), self.painted(Ink::Faint, part.trim_end()));
            self.line(&line);
        }
    }

    /// A rule across the page with a title in it.
    pub(super) fn heading(&mut self, title: &str) {
        self.blank();
        let rest = self.width.saturating_sub(width(title) + 4);
        let line = self.painted(Ink::Strong, &format!("── {title} {}", "─".repeat(rest)));
        self.line(&line);
    }
}

/// A resource for people: what stands behind the account in an ARN, else as it is.
pub(super) fn short_resource(resource: &str) -> &str {
    if resource.starts_with("arn:") { resource.splitn(6, ':').nth(5).unwrap_or(resource) } else { resource }
}

/// A control for people: kind and resource, without account and region; the part in brackets.
pub(super) fn control_words(id: &str) -> String {
    let Some((kind, rest)) = id.split_once(':') else { return clean(id) };
    let resource = rest.splitn(3, '/').nth(2).unwrap_or(rest);
    let (resource, part) = resource.rsplit_once('#').map_or((resource, None), |(name, part)| (name, Some(part)));
    clean(&part.map_or_else(|| format!("{kind} {resource}"), |part| format!("{kind} {resource} ({part})")))
}

/// Text cut to a column.
pub(super) fn cell(text: &str, columns: usize) -> String {
    pad(&shorten(&clean(text), columns), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_resources_have_short_names() {
        assert_eq!(control_words("iam.scp:1/global/protect-databases#Rds"), "iam.scp protect-databases (Rds)");
        assert_eq!(control_words("secret:1/eu/a/b"), "secret a/b");
        assert_eq!(control_words("x\u{202e}"), "x\\u{202e}");
        assert_eq!(short_resource("arn:aws:iam::1:role/path/name"), "role/path/name");
        assert_eq!(short_resource("sg-0db"), "sg-0db");
        assert_eq!(short_resource("arn:x"), "arn:x");
    }

    #[test]
    fn colour_only_when_asked() {
        let page = |color| Page::new(&RenderOptions { color, ..RenderOptions::default() });
        assert_eq!(page(false).painted(Ink::Alarm, "x"), "x");
        assert_eq!(page(true).painted(Ink::Alarm, "x"), "\u{1b}[1m\u{1b}[31mx\u{1b}[0m");
    }
}
