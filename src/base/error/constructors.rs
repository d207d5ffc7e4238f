//! Errors made of what the operating system or a reader says.

use std::io;
use std::path::Path;

use super::Error;
use crate::base::kind::FileKind;
use crate::base::visible::shortened;

impl Error {
    /// Wraps an error of the operating system with what was tried on which path; a full disk
    /// becomes [`Error::DiskFull`]. An error of this library that came through a reader is itself.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => match source.downcast::<Self>() {
                Ok(error) => error,
                Err(source) => Self::Io { action, path, source },
            },
        }
    }

    /// This error as one of a reader; [`Error::io`] takes it out again.
    pub(crate) fn into_io(self) -> io::Error {
        match self {
            Self::Io { source, .. } if source.raw_os_error().is_some() => source,
            other => io::Error::other(other),
        }
    }

    /// [`Error::Malformed`]: what was found in a file, cut short where it is long, and what should
    /// stand there.
    pub(crate) fn malformed(
        path: &Path,
        line: Option<u64>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            path: path.to_path_buf(),
            line,
            found: shortened(&found.into()),
            expected: expected.into(),
        }
    }

    /// The error of a path where `needed` should stand, if something of another kind does; `None`
    /// if the kind is right or unknown.
    pub(crate) fn wrong_kind(path: &Path, needed: FileKind) -> Option<Self> {
        let found = FileKind::of(path).ok()?;
        (found != needed).then(|| Self::WrongKind { path: path.to_path_buf(), found, needed })
    }
}
