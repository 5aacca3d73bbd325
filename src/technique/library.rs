//! The techniques: those built in, and those of a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::check;
use super::source::{Fault, Source};
use super::term::Technique;

/// The ATT&CK version of the library's ids.
pub const ATTACK_VERSION: &str = "19.1";

macro_rules! built_in {
    ($($id:literal,)*) => {
        &[$(($id, include_str!(concat!("../../attack-scenarios/techniques/", $id, ".yaml"))),)*]
    };
}

/// Every file of `attack-scenarios/techniques`.
const BUILT_IN: &[(&str, &str)] = built_in! {
    "blind-trail",
    "close-trail-bucket",
    "code-on-workload",
    "connect-ssh",
    "connect-to-database",
    "create-route",
    "drop-boundary",
    "know-password",
    "modify-database",
    "open-network-acl",
    "open-security-group",
    "open-security-group-egress",
    "read-tables",
    "restore-shared-snapshot",
    "share-new-snapshot",
    "share-snapshot",
    "stop-trail",
    "widen-own-policy",
};

/// A library that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A folder or file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The path.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Files are wrong.
    #[error("{} in technique and scenario files:\n{}", count(.0.len()), .0.iter().map(Fault::render).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

fn count(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}

/// Checked techniques, sorted by id.
#[derive(Debug, Clone)]
pub struct Library {
    techniques: Vec<Technique>,
    version: String,
}

impl Library {
    /// The techniques that come with Portcullis.
    pub fn built_in() -> Result<Self, LibraryError> {
        Self::of(&built_in_sources())
    }

    /// The built-in techniques, with those of a folder; a file of the folder replaces a built-in one of that name.
    pub fn with_folder(folder: &Path) -> Result<Self, LibraryError> {
        let mut sources = built_in_sources();
        let own = sources_in(folder)?;
        sources.retain(|source| !own.iter().any(|other| file_name(other) == file_name(source)));
        sources.extend(own);
        Self::of(&sources)
    }

    /// Checks technique files; every file that is wrong is reported.
    pub fn of(sources: &[Source]) -> Result<Self, LibraryError> {
        let mut techniques: BTreeMap<Arc<str>, Technique> = BTreeMap::new();
        let mut faults = Vec::new();
        for source in sources {
            match check::technique(source) {
                Ok(technique) => {
                    if let Some(twice) = techniques.insert(Arc::clone(&technique.id), technique) {
                        faults.push(source.fault(format!("there are two techniques `{}`", twice.id), &(0..0)));
                    }
                }
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(LibraryError::Faults(faults));
        }
        let mut texts: Vec<&Source> = sources.iter().collect();
        texts.sort_by_key(|source| file_name(source).to_owned());
        let mut hash = Sha256::new();
        for source in texts {
            hash.update(source.text.as_bytes());
            hash.update([0]);
        }
        let version = hash.finalize().iter().take(6).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Ok(Self { techniques: techniques.into_values().collect(), version })
    }

    /// The techniques, by id.
    #[must_use]
    pub fn techniques(&self) -> &[Technique] {
        &self.techniques
    }

    /// A technique and its number.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<(usize, &Technique)> {
        let number = self.techniques.binary_search_by(|technique| (*technique.id).cmp(id)).ok()?;
        Some((number, self.techniques.get(number)?))
    }

    /// A hash of the techniques' text.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn file_name(source: &Source) -> &str {
    source.path.rsplit('/').next().unwrap_or(&source.path)
}

fn built_in_sources() -> Vec<Source> {
    BUILT_IN.iter().map(|(id, text)| Source::new(&format!("attack-scenarios/techniques/{id}.yaml"), text)).collect()
}

/// The YAML files of a folder, by name; a folder that is not there has none.
pub(crate) fn sources_in(folder: &Path) -> Result<Vec<Source>, LibraryError> {
    let read = |path: &Path, source| LibraryError::Read { path: path.display().to_string(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read(folder, error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| read(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).map_err(|error| read(path, error))?;
            Ok(Source::new(&path.display().to_string().replace('\\', "/"), &text))
        })
        .collect()
}
