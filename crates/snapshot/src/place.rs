//! Where in the input a fact was read.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A file of the snapshot and a path inside it.
///
/// Elements of lists that AWS leaves unordered are addressed by key
/// (`/SecurityGroups/{GroupId=sg-0db}/IpPermissions/{tcp,5432-5432,sg-0a}`), ordered ones by number; `!` goes on
/// inside an embedded document. A place never holds an index that a shuffle of the input would change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file inside the snapshot.
    pub file: Arc<str>,
    /// The path inside the file; empty for the whole file.
    pub path: String,
}

impl Place {
    /// A place from its file and path.
    pub fn new(file: impl Into<Arc<str>>, path: impl Into<String>) -> Self {
        Self { file: file.into(), path: path.into() }
    }

    /// The place of a member below this one.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        Self { file: Arc::clone(&self.file), path: format!("{}/{name}", self.path) }
    }

    /// The place of a list element below this one, found by its key.
    #[must_use]
    pub fn keyed(&self, key: impl fmt::Display) -> Self {
        Self { file: Arc::clone(&self.file), path: format!("{}/{{{key}}}", self.path) }
    }

    /// The place of an element of an ordered list below this one.
    #[must_use]
    pub fn nth(&self, index: usize) -> Self {
        Self { file: Arc::clone(&self.file), path: format!("{}/{index}", self.path) }
    }

    /// The inside of a document embedded at this place.
    #[must_use]
    pub fn embedded(&self) -> Self {
        Self { file: Arc::clone(&self.file), path: format!("{}!", self.path) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.file) } else { write!(f, "{}#{}", self.file, self.path) }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
