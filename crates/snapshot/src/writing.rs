//! Writing a snapshot: a directory of files, or one `.ndjson.zst` archive. Whole or not at all.
//!
//! Everything is written beside the target and renamed at the end; a writer that is dropped before [`Writer::finish`]
//! leaves nothing behind. A snapshot is a map for an attacker, so files are readable by their owner only.

use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value;

use crate::layout::FileKey;
use crate::manifest::Manifest;

/// Name of the manifest inside a directory snapshot.
const MANIFEST: &str = "manifest.json";
/// Ending of an archive's name.
const ARCHIVE: &str = ".ndjson.zst";

/// Why a snapshot could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something that is not a snapshot is in the way.
    #[error("`{}` exists and is not a snapshot of this program: name a new path or an empty directory", .0.display())]
    Occupied(PathBuf),
    /// The file system refused.
    #[error("cannot write `{}`: {cause}", .path.display())]
    Io {
        /// What was being written.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
    /// A value that JSON cannot hold.
    #[error("cannot write `{path}` as JSON: {cause}")]
    Json {
        /// The file inside the snapshot.
        path: String,
        /// Why it failed.
        cause: serde_json::Error,
    },
}

/// A snapshot being written.
#[derive(Debug)]
pub struct Writer {
    target: PathBuf,
    staging: tempfile::TempDir,
    archive: bool,
}

impl Writer {
    /// Starts a snapshot at `target`: an archive if the name ends in `.ndjson.zst`, else a directory.
    ///
    /// The directory may exist if it is empty or holds a snapshot, which is then replaced as a whole at the end.
    pub fn create(target: &Path) -> Result<Self, WriteError> {
        let archive = target.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ARCHIVE));
        refuse_what_is_not_ours(target, archive)?;
        let parent = parent_of(target);
        fs::create_dir_all(&parent).map_err(at(&parent))?;
        let staging = private_temp(&parent)?;
        Ok(Self { target: target.to_owned(), staging, archive })
    }

    /// Writes one file of the snapshot.
    pub fn write(&self, key: &FileKey, body: &Value) -> Result<(), WriteError> {
        let path = key.path();
        let file = self.staging.path().join(&path);
        if let Some(folder) = file.parent() {
            private_folders(folder)?;
        }
        let text = if self.archive { compact(body) } else { pretty(body) };
        let text = text.map_err(|cause| WriteError::Json { path, cause })?;
        private_file(&file, text.as_bytes())
    }

    /// Writes the manifest and puts the snapshot in place.
    pub fn finish(self, manifest: &Manifest) -> Result<(), WriteError> {
        let json = |cause| WriteError::Json { path: MANIFEST.to_owned(), cause };
        let manifest = serde_json::to_value(manifest).map_err(json)?;
        if self.archive {
            let manifest = compact(&manifest).map_err(json)?;
            return self.finish_archive(&manifest);
        }
        let text = pretty(&manifest).map_err(json)?;
        private_file(&self.staging.path().join(MANIFEST), text.as_bytes())?;
        self.finish_directory()
    }

    fn finish_directory(self) -> Result<(), WriteError> {
        let parent = parent_of(&self.target);
        // an existing snapshot steps aside and goes only once the new one stands
        let aside = private_temp(&parent)?;
        let old = aside.path().join("old");
        let replaced = self.target.exists();
        if replaced {
            fs::rename(&self.target, &old).map_err(at(&self.target))?;
        }
        if let Err(cause) = fs::rename(self.staging.path(), &self.target) {
            if replaced {
                fs::rename(&old, &self.target).map_err(at(&self.target))?;
            }
            return Err(WriteError::Io { path: self.target.clone(), cause });
        }
        // renamed away: nothing is left for the guard to remove
        let _ = self.staging.keep();
        Ok(())
    }

    fn finish_archive(self, manifest: &str) -> Result<(), WriteError> {
        let parent = parent_of(&self.target);
        // tempfile creates files with mode 0600
        let mut file = tempfile::NamedTempFile::new_in(&parent).map_err(at(&parent))?;
        let mut encoder = zstd::Encoder::new(file.as_file_mut(), 0).map_err(at(&self.target))?;
        writeln!(encoder, "{manifest}").map_err(at(&self.target))?;
        let mut paths = Vec::new();
        list(self.staging.path(), self.staging.path(), &mut paths)?;
        paths.sort();
        for path in paths {
            let staged = self.staging.path().join(&path);
            let name = serde_json::to_string(&path).map_err(|cause| WriteError::Json { path: path.clone(), cause })?;
            write!(encoder, "{{\"path\":{name},\"body\":").map_err(at(&self.target))?;
            let mut body = io::BufReader::new(fs::File::open(&staged).map_err(at(&staged))?);
            loop {
                let chunk = body.fill_buf().map_err(at(&staged))?;
                if chunk.is_empty() {
                    break;
                }
                encoder.write_all(chunk).map_err(at(&self.target))?;
                let read = chunk.len();
                body.consume(read);
            }
            writeln!(encoder, "}}").map_err(at(&self.target))?;
        }
        encoder.finish().map_err(at(&self.target))?;
        file.as_file().sync_all().map_err(at(&self.target))?;
        file.persist(&self.target).map_err(|error| WriteError::Io { path: self.target.clone(), cause: error.error })?;
        Ok(())
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |cause| WriteError::Io { path, cause }
}

fn parent_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Fails if something stands at the target that this program did not write.
fn refuse_what_is_not_ours(target: &Path, archive: bool) -> Result<(), WriteError> {
    let Ok(found) = fs::symlink_metadata(target) else { return Ok(()) };
    let occupied = || WriteError::Occupied(target.to_owned());
    if archive {
        let file = if found.is_file() { fs::File::open(target).map_err(at(target))? } else { return Err(occupied()) };
        let mut line = Vec::new();
        let decoder = zstd::Decoder::new(file).map_err(|_| occupied())?;
        let mut lines = io::BufReader::new(io::Read::take(decoder, MANIFEST_LIMIT));
        lines.read_until(b'\n', &mut line).map_err(|_| occupied())?;
        return if serde_json::from_slice::<Manifest>(&line).is_ok() { Ok(()) } else { Err(occupied()) };
    }
    if !found.is_dir() {
        return Err(occupied());
    }
    if fs::read_dir(target).map_err(at(target))?.next().is_none() {
        return Ok(());
    }
    let manifest = fs::read(target.join(MANIFEST)).map_err(|_| occupied())?;
    if serde_json::from_slice::<Manifest>(&manifest).is_ok() { Ok(()) } else { Err(occupied()) }
}

/// A manifest lists at most every operation in every region of an account.
const MANIFEST_LIMIT: u64 = 64 << 20;

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), WriteError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.is_dir() {
            list(root, &path, found)?;
        } else if let Ok(inside) = path.strip_prefix(root) {
            let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
            found.push(parts.join("/"));
        }
    }
    Ok(())
}

fn private_temp(parent: &Path) -> Result<tempfile::TempDir, WriteError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".portcullis-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent).map_err(at(parent))
}

fn private_folders(folder: &Path) -> Result<(), WriteError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(at(folder))
}

fn private_file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(at(path))?;
    file.write_all(bytes).map_err(at(path))
}

/// A value whose members are written in sorted order, whatever order the map type keeps.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(name, _)| *name);
                let mut map = serializer.serialize_map(Some(sorted.len()))?;
                for (name, value) in sorted {
                    map.serialize_entry(name, &Sorted(value))?;
                }
                map.end()
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Sorted(item))?;
                }
                list.end()
            }
            other => other.serialize(serializer),
        }
    }
}

/// The bytes of a value inside an archive.
pub fn compact(value: &Value) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Sorted(value))
}

/// The bytes of a value as a file: two spaces a level and a final newline.
pub fn pretty(value: &Value) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Sorted(value)).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            schema_version: 1,
            tool_version: "0".into(),
            collected_at: "2026-01-01T00:00:00Z".into(),
            accounts: vec!["123456789012".into()],
            regions: vec![],
            caller: None,
            endpoint_override: false,
            coverage: vec![],
        }
    }

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_directory_appears_whole_and_private_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("snap");
        let key = FileKey::new("123456789012", "eu-west-1", "ec2", "describe-vpcs");
        let writer = Writer::create(&target).unwrap();
        writer.write(&key, &json!({"b": 1, "a": []})).unwrap();
        assert!(!target.exists());
        drop(writer);
        assert!(entries(home.path()).is_empty(), "a dropped writer leaves nothing");

        for _ in 0..2 {
            let writer = Writer::create(&target).unwrap();
            writer.write(&key, &json!({"b": 1, "a": []})).unwrap();
            writer.finish(&manifest()).unwrap();
            assert_eq!(entries(home.path()), ["snap"]);
        }
        let text = fs::read_to_string(target.join(key.path())).unwrap();
        assert_eq!(text, "{\n  \"a\": [],\n  \"b\": 1\n}\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&target.join(key.path())), 0o600);
            assert_eq!(mode(&target.join("manifest.json")), 0o600);
            assert_eq!(mode(&target), 0o700);
            assert_eq!(mode(&target.join("123456789012/eu-west-1")), 0o700);
        }
    }

    #[test]
    fn what_is_not_a_snapshot_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("precious"), "x").unwrap();
        assert!(matches!(Writer::create(home.path()), Err(WriteError::Occupied(_))));
        let file = home.path().join("x.ndjson.zst");
        fs::write(&file, "not an archive").unwrap();
        assert!(matches!(Writer::create(&file), Err(WriteError::Occupied(_))));
    }

    #[test]
    fn an_archive_is_the_manifest_and_then_the_files_in_order() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("snap.ndjson.zst");
        for _ in 0..2 {
            let writer = Writer::create(&target).unwrap();
            for (service, operation) in [("sts", "get-caller-identity"), ("ec2", "describe-regions")] {
                let key = FileKey::new("123456789012", "global", service, operation);
                writer.write(&key, &json!({"z": {"y": 1, "x": 2}})).unwrap();
            }
            writer.finish(&manifest()).unwrap();
        }
        assert_eq!(entries(home.path()), ["snap.ndjson.zst"]);
        let text = String::from_utf8(zstd::decode_all(fs::File::open(&target).unwrap()).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains("collected_at"));
        assert_eq!(lines[1], r#"{"path":"123456789012/global/ec2/describe-regions.json","body":{"z":{"x":2,"y":1}}}"#);
        assert!(lines[2].contains("sts/get-caller-identity"));
    }
}
