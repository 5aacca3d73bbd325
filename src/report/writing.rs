//! Puts a rendering where it belongs: whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::format::Destination;

/// Why a rendering could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Standard output failed.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[source] io::Error),
    /// The file could not be written; what was there before is untouched.
    #[error("cannot write `{path}`: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Writes to standard output or to a file. A reader that has closed the pipe has read enough: that is no error.
pub fn write(destination: &Destination, content: &str) -> Result<(), WriteError> {
    match destination {
        Destination::Stdout => to_stream(&mut io::stdout().lock(), content).map_err(WriteError::Stdout),
        Destination::File(path) => {
            to_file(path, content).map_err(|source| WriteError::File { path: path.clone(), source })
        }
    }
}

/// Writes to a stream; a closed pipe is no error.
fn to_stream(stream: &mut dyn io::Write, content: &str) -> io::Result<()> {
    match stream.write_all(content.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a file whole or not at all, readable by its owner only: a report is a map for an attacker.
fn to_file(path: &Path, content: &str) -> io::Result<()> {
    // A link is followed, so that the file it names is replaced and not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&target) {
        // A pipe or a device (`/dev/stderr`) is written to; replacing it by a file would surprise.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
            return to_stream(&mut fs::OpenOptions::new().write(true).open(&target)?, content);
        }
        Ok(metadata) if metadata.is_dir() => return Err(io::Error::from(io::ErrorKind::IsADirectory)),
        _ => {}
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is created with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        write(&Destination::File(path.clone()), "new\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_missing_folder_is_named_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("report.json");
        let error = write(&Destination::File(path), "x").unwrap_err().to_string();
        assert!(error.contains("none/report.json"), "{error}");
        let error = write(&Destination::File(folder.path().to_owned()), "x").unwrap_err().to_string();
        assert!(error.contains("directory"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_a_device_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&Destination::File(link.clone()), "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        write(&Destination::File("/dev/null".into()), "new").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        struct Closed;
        impl io::Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(to_stream(&mut Closed, "text").is_ok());
    }
}
