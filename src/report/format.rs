//! Which rendering goes where: `FORMAT[=PATH]`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people: a summary of one screen, then the findings.
    Terminal,
    /// Complete, versioned schema.
    Json,
    /// SARIF for GitHub code scanning: what is wrong, and nothing else.
    Sarif,
    /// SARIF as an archive: every verdict.
    SarifFull,
}

impl Format {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Terminal, Self::Json, Self::Sarif, Self::SarifFull];

    /// The name as written on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::SarifFull => "sarif-full",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a rendering goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file, written whole or not at all.
    File(PathBuf),
}

/// A rendering and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The rendering.
    pub format: Format,
    /// Where it goes.
    pub destination: Destination,
}

/// Why a `FORMAT[=PATH]` is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The name is not a format.
    #[error("`{0}` is no format; there are terminal, json, sarif and sarif-full")]
    Unknown(String),
    /// Nothing follows the `=`.
    #[error("`{0}=` names no file; leave out the `=` for standard output")]
    NoPath(String),
}

impl FromStr for Target {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let (name, path) = text.split_once('=').map_or((text, None), |(name, path)| (name, Some(path)));
        let format = Format::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| FormatError::Unknown(super::text::clean(name)))?;
        let destination = match path {
            None | Some("-") => Destination::Stdout,
            Some("") => return Err(FormatError::NoPath(name.to_owned())),
            Some(path) => Destination::File(PathBuf::from(path)),
        };
        Ok(Self { format, destination })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_may_name_a_file() {
        let target = |format, destination| Ok(Target { format, destination });
        assert_eq!("terminal".parse(), target(Format::Terminal, Destination::Stdout));
        assert_eq!("json=-".parse(), target(Format::Json, Destination::Stdout));
        assert_eq!("sarif-full=a=b.sarif".parse(), target(Format::SarifFull, Destination::File("a=b.sarif".into())));
    }

    #[test]
    fn a_mistake_is_named() {
        let error = |text: &str| text.parse::<Target>().unwrap_err().to_string();
        assert_eq!(error("saruf"), "`saruf` is no format; there are terminal, json, sarif and sarif-full");
        assert_eq!(error("json="), "`json=` names no file; leave out the `=` for standard output");
        assert!(error("\u{1b}[2J").contains("\\u{1b}"));
    }
}
