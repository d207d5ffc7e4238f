//! Opening a file of any kind: decompressed, and out of its archive.
//!
//! In: a path, `-` for standard input, or a file within an archive as `ARCHIVE/FILE`. Out: its
//! bytes, of which any number can be looked at first, and how many raw bytes there are. Which
//! encoding they have, or whether they are text at all, is not asked here.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{self, ArchiveKind};
use super::compression::Decompressed;
use crate::base::error::{ArchiveFault, Error, Result};

/// A file as its bytes.
pub(crate) struct Opened {
    /// The bytes, decompressed.
    pub(crate) bytes: Decompressed,
    /// The path, with the name in the archive.
    pub(crate) path: PathBuf,
    /// Raw bytes of the file, or of the member in its archive as it is without compression by the
    /// archive; `None` for a pipe.
    pub(crate) n_raw_bytes: Option<u64>,
    /// Whether the bytes are those of the file as it lies on the disk.
    pub(crate) is_plain: bool,
}

/// Opens a file.
///
/// # Errors
/// [`Error::Io`]; [`Error::Decompress`]; [`Error::Archive`] if the archive has not exactly one file
/// and `path` names none in it; [`Error::OtherFormat`] if it is a document in a zip archive.
pub(crate) fn open(path: &Path) -> Result<Opened> {
    if path.as_os_str() == "-" {
        let mut bytes = Decompressed::new(io::stdin(), path)?;
        refuse_archive(&mut bytes, path)?;
        let path = path.to_path_buf();
        return Ok(Opened { bytes, path, n_raw_bytes: None, is_plain: false });
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            return match within_archive(path) {
                Some((archive, member)) => open_member(&archive, Some(&member)),
                None => Err(Error::io("read", path, error)),
            };
        }
    };
    let metadata = file.metadata().ok();
    let is_file = metadata.as_ref().is_some_and(std::fs::Metadata::is_file);
    let n_raw_bytes = metadata.filter(|_| is_file).map(|metadata| metadata.len());
    let mut bytes = Decompressed::new(file, path)?;
    match ArchiveKind::of(bytes.peek(archive::HEAD_BYTES)?) {
        None => {
            let is_plain = is_file && !bytes.is_compressed();
            Ok(Opened { bytes, path: path.to_path_buf(), n_raw_bytes, is_plain })
        }
        // A pipe is read once, and what stands in a compressed file is not searched.
        Some(kind) if !is_file || (kind == ArchiveKind::Zip && bytes.is_compressed()) => {
            refuse_archive(&mut bytes, path)?;
            let path = path.to_path_buf();
            Ok(Opened { bytes, path, n_raw_bytes, is_plain: false })
        }
        Some(_) => open_member(path, None),
    }
}

fn open_member(archive: &Path, member: Option<&str>) -> Result<Opened> {
    let (name, reader) = archive::only(archive, member)?;
    let path = archive.join(name);
    let bytes = Decompressed::new(reader, &path)?;
    Ok(Opened { bytes, path, n_raw_bytes: None, is_plain: false })
}

fn refuse_archive(bytes: &mut Decompressed, path: &Path) -> Result<()> {
    match ArchiveKind::of(bytes.peek(archive::HEAD_BYTES)?) {
        Some(kind) => Err(Error::Archive {
            path: path.to_path_buf(),
            format: kind.name(),
            fault: ArchiveFault::NotSeekable,
        }),
        None => Ok(()),
    }
}

/// The archive and the name in it, if `path` goes through a file that is one.
fn within_archive(path: &Path) -> Option<(PathBuf, String)> {
    let file = path.ancestors().skip(1).find(|part| part.is_file())?;
    let head = Decompressed::new(File::open(file).ok()?, file)
        .ok()?
        .peek(archive::HEAD_BYTES)
        .ok()?
        .to_vec();
    ArchiveKind::of(&head)?;
    let member = path.strip_prefix(file).ok()?.to_str()?.replace('\\', "/");
    Some((file.to_path_buf(), member))
}
