//! Opening a snapshot: a directory of AWS CLI outputs, or one compressed archive.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::layout::FileKey;
use crate::manifest::{Manifest, SCHEMA_VERSION};

/// Largest file of a snapshot, unpacked: 512 MiB.
pub const MAX_FILE_BYTES: u64 = 512 << 20;
/// Largest snapshot, unpacked: 4 GiB.
pub const MAX_TOTAL_BYTES: u64 = 4 << 30;
/// Most files in one snapshot.
const MAX_FILES: usize = 200_000;

/// A snapshot that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing is there, or it cannot be read.
    #[error("cannot read snapshot `{path}`: {source}")]
    Io {
        /// What was opened.
        path: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The path names neither a directory nor an archive.
    #[error("`{path}` is not a snapshot: expected a directory of AWS CLI outputs or a `.ndjson.zst` archive")]
    NotASnapshot {
        /// What was opened.
        path: String,
    },
    /// A directory with nothing of a snapshot's form in it.
    #[error(
        "`{path}` holds no file of the form <account>/<region>/<service>/<operation>.json; collect one with `portcullis collect -o {path}`"
    )]
    Empty {
        /// What was opened.
        path: String,
    },
    /// A file of another program, or in the wrong folder.
    #[error(
        "`{file}` does not belong in a snapshot: expected <account>/<region | global>/<service>/<operation>.json; move it out of the folder"
    )]
    Foreign {
        /// The file inside the snapshot.
        file: String,
    },
    /// A file that is cut off or is not JSON.
    #[error("`{file}` is not valid JSON ({cause}); collect this call again")]
    Syntax {
        /// The file inside the snapshot.
        file: String,
        /// What the parser said, with line and column.
        cause: String,
    },
    /// A member has a type that the AWS operation never returns.
    #[error("`{file}` has a wrong type at `{path}`: {cause}; is it really the output of `aws {call}`?")]
    Type {
        /// The file inside the snapshot.
        file: String,
        /// The place inside the file.
        path: String,
        /// What was expected and found.
        cause: String,
        /// The operation that the file name promises.
        call: String,
    },
    /// Too large to be what it says.
    #[error("`{file}` is larger than the cap of {cap} bytes unpacked; split the snapshot by account or region")]
    TooLarge {
        /// The file inside the snapshot, or the snapshot itself.
        file: String,
        /// The cap in bytes.
        cap: u64,
    },
    /// Written by a newer program.
    #[error("snapshot schema version {found} is newer than {SCHEMA_VERSION}; use a newer portcullis")]
    Version {
        /// The version in the manifest.
        found: u32,
    },
    /// The manifest is not ours.
    #[error("`manifest.json` cannot be used: {cause}")]
    Manifest {
        /// What is wrong.
        cause: String,
    },
}

/// One answer of an operation: what was asked, and what came back.
#[derive(Debug, Clone)]
pub struct Call {
    /// The input members that were sent; empty for an operation asked once.
    pub input: serde_json::Map<String, Value>,
    /// The output, or the service's error.
    pub outcome: Result<Value, CallError>,
}

/// The error that a service answered with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CallError {
    /// The error code, for example `AccessDenied`.
    pub code: String,
    /// What the collector made of it: `denied`, `failed`, `unsupported`; absent for an error that is an answer, and in
    /// dumps made by hand.
    #[serde(default)]
    pub status: Option<String>,
}

/// One file of a snapshot, read.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Which operation, where.
    pub key: FileKey,
    /// Its calls: one for an operation asked once.
    pub calls: Vec<Call>,
    /// Whether the file has the once-per-parent form.
    pub per_parent: bool,
}

#[derive(Debug, Clone)]
enum Store {
    Directory(PathBuf, Vec<FileKey>),
    Archive(PathBuf),
    Bytes(Arc<[u8]>),
    Memory(Arc<Vec<(FileKey, Value)>>),
}

/// An opened snapshot. Files are read one at a time, in the order of their paths.
#[derive(Debug, Clone)]
pub struct Snapshot {
    store: Store,
    manifest: Option<Manifest>,
    name: String,
}

impl Snapshot {
    /// Opens a directory or an archive.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let name = path.display().to_string();
        let io = |source| ReadError::Io { path: name.clone(), source };
        let kind = fs::metadata(path).map_err(io)?;
        if kind.is_dir() {
            let mut keys = Vec::new();
            list(path, "", &mut keys)?;
            if keys.is_empty() {
                return Err(ReadError::Empty { path: name });
            }
            keys.sort_by_cached_key(FileKey::path);
            let manifest_path = path.join("manifest.json");
            let manifest = if manifest_path.exists() {
                Some(parse_manifest(&read_capped(&manifest_path, "manifest.json")?)?)
            } else {
                None
            };
            return Ok(Self { store: Store::Directory(path.to_owned(), keys), manifest, name });
        }
        let mut magic = [0u8; 4];
        let read = File::open(path).map_err(io)?.read(&mut magic).map_err(io)?;
        if read == 4 && magic == [0x28, 0xb5, 0x2f, 0xfd] {
            let file = File::open(path).map_err(io)?;
            let manifest = archive_manifest(file, &name)?;
            return Ok(Self { store: Store::Archive(path.to_owned()), manifest, name });
        }
        Err(ReadError::NotASnapshot { path: name })
    }

    /// Opens an archive that is already in memory.
    pub fn from_archive(bytes: &[u8], name: &str) -> Result<Self, ReadError> {
        let manifest = archive_manifest(bytes, name)?;
        Ok(Self { store: Store::Bytes(Arc::from(bytes)), manifest, name: name.to_owned() })
    }

    /// A snapshot from parsed files, for tests and planned changes.
    #[must_use]
    pub fn from_files(manifest: Option<Manifest>, mut files: Vec<(FileKey, Value)>) -> Self {
        files.sort_by_cached_key(|(key, _)| key.path());
        Self { store: Store::Memory(Arc::new(files)), manifest, name: "memory".to_owned() }
    }

    /// The manifest; a dump made by hand has none.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// What was opened, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads each file in the order of its path and hands it to `visit`; one file at a time is in memory.
    pub fn visit<E: From<ReadError>>(&self, mut visit: impl FnMut(Recorded) -> Result<(), E>) -> Result<(), E> {
        match &self.store {
            Store::Directory(root, keys) => {
                let mut total = 0u64;
                for key in keys {
                    let bytes = read_capped(&root.join(key.path()), &key.path())?;
                    total = total.saturating_add(bytes.len() as u64);
                    if total > MAX_TOTAL_BYTES {
                        return Err(ReadError::TooLarge { file: self.name.clone(), cap: MAX_TOTAL_BYTES }.into());
                    }
                    let value = parse(&bytes, &key.path())?;
                    visit(recorded(key.clone(), value)?)?;
                }
                Ok(())
            }
            Store::Archive(path) => {
                let file = File::open(path).map_err(|source| ReadError::Io { path: self.name.clone(), source })?;
                visit_archive(file, &self.name, &mut visit)
            }
            Store::Bytes(bytes) => visit_archive(&bytes[..], &self.name, &mut visit),
            Store::Memory(files) => {
                for (key, value) in files.iter() {
                    visit(recorded(key.clone(), value.clone())?)?;
                }
                Ok(())
            }
        }
    }
}

/// Types one answer, naming file and place when it has the wrong type.
pub fn typed<T: DeserializeOwned>(value: Value, key: &FileKey) -> Result<T, ReadError> {
    serde_path_to_error::deserialize(value).map_err(|error| ReadError::Type {
        file: key.path(),
        path: error.path().to_string(),
        cause: error.into_inner().to_string(),
        call: format!("{} {}", key.service, key.operation),
    })
}

/// The member that carries a left-over page marker, if the answer is cut off.
#[must_use]
pub fn left_over_marker(output: &Value) -> Option<&str> {
    const MARKERS: [&str; 9] = [
        "NextToken",
        "nextToken",
        "Marker",
        "NextMarker",
        "nextMarker",
        "PaginationToken",
        "NextKeyMarker",
        "nextPageToken",
        "$more",
    ];
    let members = output.as_object()?;
    if members.get("IsTruncated").and_then(Value::as_bool) == Some(true)
        || members.get("Truncated").and_then(Value::as_bool) == Some(true)
    {
        return Some("IsTruncated");
    }
    MARKERS.into_iter().find(|name| members.get(*name).and_then(Value::as_str).is_some_and(|marker| !marker.is_empty()))
}

fn list(folder: &Path, prefix: &str, keys: &mut Vec<FileKey>) -> Result<(), ReadError> {
    let shown = folder.display().to_string();
    let io = |source| ReadError::Io { path: shown.clone(), source };
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err(ReadError::Foreign { file: format!("{prefix}{}", entry.file_name().to_string_lossy()) });
        };
        if name.starts_with('.') || (prefix.is_empty() && name == "manifest.json") {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(io)?;
        if kind.is_dir() && prefix.matches('/').count() < 3 {
            list(&entry.path(), &format!("{path}/"), keys)?;
        } else if let Some(key) = kind.is_file().then(|| FileKey::parse(&path)).flatten() {
            keys.push(key);
            if keys.len() > MAX_FILES {
                return Err(ReadError::TooLarge { file: shown, cap: MAX_TOTAL_BYTES });
            }
        } else {
            return Err(ReadError::Foreign { file: path });
        }
    }
    Ok(())
}

fn read_capped(path: &Path, shown: &str) -> Result<Vec<u8>, ReadError> {
    let io = |source| ReadError::Io { path: shown.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(io)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge { file: shown.to_owned(), cap: MAX_FILE_BYTES });
    }
    Ok(bytes)
}

fn parse(bytes: &[u8], file: &str) -> Result<Value, ReadError> {
    // serde_json refuses to nest deeper than 128.
    serde_json::from_slice(bytes).map_err(|error| ReadError::Syntax { file: file.to_owned(), cause: error.to_string() })
}

fn parse_manifest(bytes: &[u8]) -> Result<Manifest, ReadError> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let cause = |error: serde_json::Error| ReadError::Manifest { cause: error.to_string() };
    let version: Version = serde_json::from_slice(bytes).map_err(cause)?;
    if version.schema_version > SCHEMA_VERSION {
        return Err(ReadError::Version { found: version.schema_version });
    }
    serde_json::from_slice(bytes).map_err(cause)
}

fn recorded(key: FileKey, value: Value) -> Result<Recorded, ReadError> {
    #[derive(Deserialize)]
    struct RawCall {
        #[serde(default)]
        input: serde_json::Map<String, Value>,
        output: Option<Value>,
        error: Option<CallError>,
    }
    let Value::Object(mut members) = value else {
        return Err(ReadError::Type {
            file: key.path(),
            path: ".".to_owned(),
            cause: "expected an object".to_owned(),
            call: format!("{} {}", key.service, key.operation),
        });
    };
    if members.len() == 1 && members.get("calls").is_some_and(Value::is_array) {
        let raw: Vec<RawCall> = typed(members.remove("calls").unwrap_or(Value::Null), &key)?;
        let mut calls = Vec::with_capacity(raw.len());
        for call in raw {
            let outcome = match (call.output, call.error) {
                (Some(output), None) => Ok(output),
                (None, Some(error)) => Err(error),
                _ => {
                    return Err(ReadError::Type {
                        file: key.path(),
                        path: "calls".to_owned(),
                        cause: "each call has either `output` or `error`".to_owned(),
                        call: format!("{} {}", key.service, key.operation),
                    });
                }
            };
            calls.push(Call { input: call.input, outcome });
        }
        return Ok(Recorded { key, calls, per_parent: true });
    }
    let call = Call { input: serde_json::Map::new(), outcome: Ok(Value::Object(members)) };
    Ok(Recorded { key, calls: vec![call], per_parent: false })
}

#[derive(Deserialize)]
struct Line {
    path: String,
    body: Value,
}

fn archive_lines<R: Read>(
    packed: R,
    name: &str,
    mut visit: impl FnMut(usize, &[u8]) -> Result<bool, ReadError>,
) -> Result<(), ReadError> {
    let io = |source| ReadError::Io { path: name.to_owned(), source };
    let decoder = zstd::Decoder::new(packed).map_err(io)?;
    let mut lines = BufReader::new(decoder.take(MAX_TOTAL_BYTES + 1));
    let mut buffer = Vec::new();
    let mut total = 0u64;
    for number in 0.. {
        buffer.clear();
        let read = (&mut lines).take(MAX_FILE_BYTES + 1).read_until(b'\n', &mut buffer).map_err(io)?;
        if read == 0 {
            return Ok(());
        }
        total = total.saturating_add(read as u64);
        if read as u64 > MAX_FILE_BYTES || total > MAX_TOTAL_BYTES {
            return Err(ReadError::TooLarge { file: name.to_owned(), cap: MAX_FILE_BYTES });
        }
        if !visit(number, &buffer)? {
            return Ok(());
        }
    }
    Ok(())
}

fn archive_manifest<R: Read>(packed: R, name: &str) -> Result<Option<Manifest>, ReadError> {
    let mut manifest = None;
    archive_lines(packed, name, |_, line| {
        manifest = Some(parse_manifest(line)?);
        Ok(false)
    })?;
    manifest.map(Some).ok_or_else(|| ReadError::Manifest { cause: "the archive is empty".to_owned() })
}

fn visit_archive<R: Read, E: From<ReadError>>(
    packed: R,
    name: &str,
    visit: &mut impl FnMut(Recorded) -> Result<(), E>,
) -> Result<(), E> {
    let mut failed = None;
    archive_lines(packed, name, |number, line| {
        if number == 0 {
            return Ok(true);
        }
        let line: Line = serde_json::from_slice(line)
            .map_err(|error| ReadError::Syntax { file: format!("{name}:{}", number + 1), cause: error.to_string() })?;
        let Some(key) = FileKey::parse(&line.path) else {
            return Err(ReadError::Foreign { file: line.path });
        };
        match visit(recorded(key, line.body)?) {
            Ok(()) => Ok(true),
            Err(error) => {
                failed = Some(error);
                Ok(false)
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}
