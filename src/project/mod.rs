//! The project file `portcullis.yaml`: parameters, selectors, assumptions, exceptions.
//!
//! It lies in the repository that owns the estate; `portcullis init` drafts it and a person confirms it. A typo is an
//! error at its line and column, never a setting that silently does nothing.

pub mod draft;
pub mod exception;
pub mod selector;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use portcullis_estate::Assumption;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

pub use exception::Exception;
pub use selector::{Selection, Selector};

/// The name under which the file is looked for in the working folder.
pub const FILE_NAME: &str = "portcullis.yaml";

/// Largest project file: 1 MiB.
const MAX_BYTES: u64 = 1 << 20;

/// A project file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// It cannot be read.
    #[error("cannot read project file `{path}`: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is not a project file.
    #[error("{path}:{line}:{column}: {message}")]
    Invalid {
        /// The file.
        path: String,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong and how to mend it.
        message: String,
    },
}

/// An assumption declared by the owner of the estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredAssumption {
    /// What is assumed.
    pub assumption: Assumption,
    /// Why the input cannot be read.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// From this day on it is no longer used.
    pub expires: Date,
    /// Line in the project file.
    pub line: u64,
}

/// A parameter's value as written, with its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The YAML value.
    pub value: Value,
    /// Line in the project file.
    pub line: u64,
    /// Column in the project file.
    pub column: u64,
}

/// A database that people declared, by its identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredDatabase {
    /// The file with its declared grants, relative to the project file.
    pub grants: Option<PathBuf>,
    /// Line in the project file.
    pub line: u64,
}

/// The project file, read.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Where it was read; `None` for no project file.
    pub path: Option<PathBuf>,
    /// The estate's name.
    pub estate: Option<String>,
    /// Address ranges outside the estate that its owner answers for (offices, VPN exits).
    pub owned_addresses: Vec<ipnet::IpNet>,
    /// Parameters by name.
    pub params: BTreeMap<String, Parameter>,
    /// Assumptions, in the order of the file.
    pub assume: Vec<DeclaredAssumption>,
    /// Databases by identifier.
    pub databases: BTreeMap<String, DeclaredDatabase>,
    /// Exceptions, in the order of the file.
    pub exceptions: Vec<Exception>,
}

/// The file's form, for serde and for editors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// Name of the estate, shown in reports.
    estate: Option<String>,
    /// Address ranges outside AWS that the estate's owner answers for.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    owned_addresses: Vec<Spanned<String>>,
    /// Parameters of rules and scenarios: selectors, ranges, numbers, texts.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    params: BTreeMap<String, Spanned<Value>>,
    /// Named defaults for inputs that cannot be read.
    #[serde(default)]
    #[schemars(with = "Vec<AssumeEntry>")]
    assume: Vec<Spanned<AssumeEntry>>,
    /// How each database is read, and what it grants.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, DatabaseEntry>")]
    databases: BTreeMap<String, Spanned<DatabaseEntry>>,
    /// Findings that are accepted for a time.
    #[serde(default)]
    #[schemars(with = "Vec<exception::Entry>")]
    exceptions: Vec<Spanned<exception::Entry>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssumeEntry {
    /// The input: `scp`, `vpc-block-public-access`, …
    input: String,
    /// The value that is assumed.
    is: Value,
    /// Why it cannot be read.
    reason: String,
    /// Who answers for it.
    owner: String,
    /// A date, `YYYY-MM-DD`.
    expires: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DatabaseEntry {
    /// How to reach it: `direct`, `{local_port: N}` or `{command: "…"}`.
    #[serde(rename = "via")]
    _via: Option<Value>,
    /// `iam`, `password` or `secret`.
    #[serde(rename = "auth")]
    _auth: Option<String>,
    /// The user to log in as.
    #[serde(rename = "user")]
    _user: Option<String>,
    /// File with the declared grants.
    grants: Option<PathBuf>,
}

impl Project {
    /// Reads a project file.
    pub fn load(path: &Path) -> Result<Self, ProjectError> {
        let shown = path.display().to_string();
        let io = |source| ProjectError::Io { path: shown.clone(), source };
        let size = fs::metadata(path).map_err(io)?.len();
        if size > MAX_BYTES {
            return Err(invalid(&shown, None, format!("larger than {MAX_BYTES} bytes; is it really a project file?")));
        }
        let text = fs::read_to_string(path).map_err(io)?;
        let mut project = Self::parse(&text, &shown)?;
        project.path = Some(path.to_owned());
        Ok(project)
    }

    /// Reads the project file's text; `name` is used in messages.
    pub fn parse(text: &str, name: &str) -> Result<Self, ProjectError> {
        let file: File = serde_saphyr::from_str(text)
            .map_err(|error| invalid(name, error.location(), first_line(&error.without_snippet().to_string())))?;
        let mut project = Self { estate: file.estate, ..Self::default() };
        for range in file.owned_addresses {
            let parsed = range
                .value
                .parse::<ipnet::IpNet>()
                .or_else(|_| range.value.parse::<std::net::IpAddr>().map(Into::into));
            match parsed {
                Ok(net) if net.trunc() == net => project.owned_addresses.push(net),
                Ok(net) => {
                    let message =
                        format!("`{}` has bits set after its prefix; did you mean `{}`?", range.value, net.trunc());
                    return Err(invalid(name, Some(range.referenced), message));
                }
                Err(_) => {
                    let message = format!("`{}` is not an address range; write one like 198.51.100.0/28", range.value);
                    return Err(invalid(name, Some(range.referenced), message));
                }
            }
        }
        for (key, value) in file.params {
            let parameter =
                Parameter { line: value.referenced.line(), column: value.referenced.column(), value: value.value };
            project.params.insert(key, parameter);
        }
        for entry in file.assume {
            project.assume.push(assumption(entry, name)?);
        }
        for (key, entry) in file.databases {
            let line = entry.referenced.line();
            project.databases.insert(key, DeclaredDatabase { grants: entry.value.grants, line });
        }
        for entry in file.exceptions {
            project.exceptions.push(Exception::from_entry(entry, name)?);
        }
        Ok(project)
    }

    /// The JSON Schema of project files, for editors.
    #[must_use]
    pub fn json_schema() -> Value {
        schemars::schema_for!(File).to_value()
    }

    /// The value of a parameter read as selectors; `None` where it is not configured.
    pub fn selectors(&self, name: &str) -> Option<Result<Vec<Selector>, ProjectError>> {
        let parameter = self.params.get(name)?;
        let path = self.path.as_ref().map_or_else(|| FILE_NAME.to_owned(), |p| p.display().to_string());
        Some(Selector::parse_all(&parameter.value).map_err(|message| ProjectError::Invalid {
            path,
            line: parameter.line,
            column: parameter.column,
            message: format!("parameter `{name}`: {message}"),
        }))
    }
}

fn assumption(entry: Spanned<AssumeEntry>, name: &str) -> Result<DeclaredAssumption, ProjectError> {
    let at = entry.referenced;
    let AssumeEntry { input, is, reason, owner, expires } = entry.value;
    let assumption: Assumption = input.parse().map_err(|error: portcullis_estate::assumption::UnknownAssumption| {
        invalid(name, Some(at), error.to_string())
    })?;
    // YAML 1.1 readers take `off` for a boolean; both spellings say the same.
    let said = match &is {
        Value::String(text) => text.clone(),
        Value::Bool(false) => "off".to_owned(),
        other => other.to_string(),
    };
    if said != assumption.value() {
        let message = format!("`{input}` can only be assumed `{}`, not `{said}`", assumption.value());
        return Err(invalid(name, Some(at), message));
    }
    let expires = date(&expires).map_err(|message| invalid(name, Some(at), message))?;
    for (field, text) in [("reason", &reason), ("owner", &owner)] {
        if text.trim().is_empty() {
            return Err(invalid(name, Some(at), format!("`{field}` of the assumption `{input}` is empty")));
        }
    }
    Ok(DeclaredAssumption { assumption, reason, owner, expires, line: at.line() })
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is not a date; write YYYY-MM-DD"))
}

fn invalid(name: &str, at: Option<Location>, message: String) -> ProjectError {
    let (line, column) = at.map_or((1, 1), |at| (at.line(), at.column()));
    ProjectError::Invalid { path: name.to_owned(), line, column, message }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
estate: shop
owned_addresses: [198.51.100.0/28]
params:
  bastion: {tag: {Role: bastion}, count: 1}
  developers: {kind: iam.user, group: developers}
  max_key_age_days: 90
assume:
  - {input: vpc-block-public-access, is: off, reason: "not readable yet", owner: security, expires: 2027-02-28}
databases:
  shop-db: {via: {command: "aws ssm …"}, auth: iam, user: portcullis, grants: grants/shop-db.yaml}
exceptions:
  - {rule: bastion-without-public-address, resource: {tag: {Role: bastion}}, reason: "moves in Q1", owner: security, approved_by: cto, expires: 2027-03-31}
"#;

    #[test]
    fn the_worked_example_parses() {
        let project = Project::parse(GOOD, "portcullis.yaml").unwrap();
        assert_eq!(project.owned_addresses.len(), 1);
        assert_eq!(project.assume[0].assumption, Assumption::VpcBlockPublicAccessOff);
        assert_eq!(project.exceptions[0].rule, "bastion-without-public-address");
        assert_eq!(project.params["bastion"].line, 5);
        assert_eq!(project.selectors("bastion").unwrap().unwrap()[0].count, Some(1));
        assert!(project.selectors("nobody").is_none());
    }

    #[test]
    fn a_typo_is_an_error_at_its_line() {
        for (from, to, line, part) in [
            ("owned_addresses", "owned_adresses", 3, "owned_adresses"),
            ("198.51.100.0/28", "198.51.100.1/28", 3, "198.51.100.0/28"),
            ("vpc-block-public-access", "vpc-block-public", 9, "cannot be assumed"),
            ("is: off", "is: on", 9, "off"),
            ("2027-02-28", "2027-02-30", 9, "not a date"),
            ("approved_by", "aproved_by", 13, "aproved_by"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            match Project::parse(&text, "p.yaml").unwrap_err() {
                ProjectError::Invalid { line: at, message, .. } => {
                    assert_eq!(at, line, "{to}: {message}");
                    assert!(message.contains(part), "{to}: {message}");
                }
                other @ ProjectError::Io { .. } => panic!("{other}"),
            }
        }
    }
}
