//! The files in a zip or tar archive, which its first bytes show, not its name.
//!
//! In: a file, or for a compressed tar archive the stream of its bytes. Out: the files in it, each
//! with its name and a reader of its bytes, in the order of the archive. Folders, links and hidden
//! files (`.DS_Store`, `__MACOSX/`) are left out. A member is read as it lies there; it may be
//! compressed itself. Memory is taken for the names alone.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

pub(crate) use super::tar::TarStream;
use super::zip::{self, Packed};
use super::{compression::Decompressed, tar};
use crate::base::error::{ArchiveFault, Error, NAMED, Result};
use crate::base::foreign::{self, ForeignFormat};

/// Bytes that show an archive.
pub(crate) const HEAD_BYTES: usize = 512;

/// Bytes asked of the operating system at a time.
const READ_BYTES: usize = 1 << 18;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name, with `/` between folders.
    pub(crate) name: String,
    /// Its bytes in the archive.
    pub(crate) bytes: u64,
    start: u64,
    packed: Option<Packed>,
}

/// What kind of archive a file begins like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArchiveKind {
    /// A zip archive: its list of members is at its end.
    Zip,
    /// A tar archive: a sequence of members.
    Tar,
}

impl ArchiveKind {
    /// What the first [`HEAD_BYTES`] show, after decompression.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            _ => foreign::is_tar(head).then_some(Self::Tar),
        }
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
        }
    }
}

impl Member {
    pub(super) fn stored(name: String, start: u64, bytes: u64) -> Self {
        Self { name, bytes, start, packed: None }
    }

    pub(super) fn packed(name: String, start: u64, bytes: u64, packed: Packed) -> Self {
        Self { name, bytes, start, packed: Some(packed) }
    }

    /// A reader of the bytes of this member of the archive at `path`.
    ///
    /// # Errors
    /// [`Error::Archive`] if it is encrypted or compressed by a method that is not read;
    /// [`Error::Io`].
    pub(crate) fn open(&self, path: &Path) -> Result<Box<dyn Read + Send>> {
        if let Some(packed) = &self.packed {
            zip::check(path, self, packed)?;
        }
        let failed = |error| Error::io("read", path, error);
        let mut file = File::open(path).map_err(failed)?;
        file.seek(SeekFrom::Start(self.start)).map_err(failed)?;
        let raw = BufReader::with_capacity(READ_BYTES, file.take(self.bytes));
        match &self.packed {
            Some(packed) => zip::unpack(path, raw, packed),
            None => Ok(Box::new(raw)),
        }
    }
}

/// The files in the archive at `path`; `None` if it is none, or compressed as a whole: such is read
/// by [`TarStream`].
///
/// # Errors
/// [`Error::Archive`]; [`Error::OtherFormat`] if the zip archive is a document of another program;
/// [`Error::Io`].
pub(crate) fn list(path: &Path) -> Result<Option<Vec<Member>>> {
    let failed = |error| Error::io("read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    (&mut file).take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    let Some(kind) = ArchiveKind::of(&head) else { return Ok(None) };
    // A pipe cannot be searched.
    if file.rewind().is_err() {
        let fault = ArchiveFault::NotSeekable;
        return Err(Error::Archive { path: path.to_path_buf(), format: kind.name(), fault });
    }
    if kind == ArchiveKind::Tar {
        return tar::list(path, file).map(Some);
    }
    let members = zip::list(path, file)?;
    match ForeignFormat::of_zip(members.iter().map(|member| member.name.as_str())) {
        Some(format) => Err(Error::OtherFormat { path: path.to_path_buf(), format }),
        None => Ok(Some(members)),
    }
}

/// The files in the zip archive at `path`, whatever program it is of.
///
/// # Errors
/// [`Error::Archive`]; [`Error::Io`].
pub(crate) fn list_zip(path: &Path) -> Result<Vec<Member>> {
    zip::list(path, File::open(path).map_err(|error| Error::io("read", path, error))?)
}

/// The member of the archive at `path` that is asked for, or else the only one.
pub(super) fn only(path: &Path, wanted: Option<&str>) -> Result<(String, Box<dyn Read + Send>)> {
    if let Some(members) = list(path)? {
        let names = members.iter().map(|member| member.name.as_str());
        let number = choose(path, kind_of(path)?, names, wanted)?;
        let member = &members[number];
        return Ok((member.name.clone(), member.open(path)?));
    }
    // A tar archive within a compressed file has no list: it is walked through twice.
    let mut names = Vec::new();
    let mut archive = TarStream::new(reopen(path)?, path);
    while let Some((name, _)) = archive.next_member()? {
        names.push(name);
    }
    let number = choose(path, ArchiveKind::Tar, names.iter().map(String::as_str), wanted)?;
    let mut archive = TarStream::new(reopen(path)?, path);
    for _ in 0..number {
        archive.next_member()?;
    }
    let changed = || tar::failed(path, io::ErrorKind::UnexpectedEof.into());
    let (name, reader) = archive.next_member()?.ok_or_else(changed)?;
    Ok((name, Box::new(reader)))
}

fn reopen(path: &Path) -> Result<Decompressed> {
    Decompressed::new(File::open(path).map_err(|error| Error::io("read", path, error))?, path)
}

/// The kind of the archive at `path`.
///
/// # Errors
/// [`Error::Io`]; [`Error::Decompress`].
pub(crate) fn kind_of(path: &Path) -> Result<ArchiveKind> {
    let head = reopen(path)?.peek(HEAD_BYTES)?.to_vec();
    Ok(ArchiveKind::of(&head).unwrap_or(ArchiveKind::Tar))
}

/// The number of the member that is asked for, or else of the only one.
fn choose<'a>(
    path: &Path,
    kind: ArchiveKind,
    names: impl ExactSizeIterator<Item = &'a str> + Clone,
    wanted: Option<&str>,
) -> Result<usize> {
    let n_members = names.len();
    let first = || names.clone().take(NAMED).map(str::to_owned).collect();
    let fault = match (wanted, n_members) {
        (_, 0) => ArchiveFault::NoFile,
        (None, 1) => return Ok(0),
        (None, _) => ArchiveFault::Several { n_members, names: first() },
        (Some(wanted), _) => match names.clone().position(|name| name == wanted) {
            Some(number) => return Ok(number),
            None => ArchiveFault::NoMember { member: wanted.to_owned(), names: first() },
        },
    };
    Err(Error::Archive { path: path.to_path_buf(), format: kind.name(), fault })
}

/// A name with `/` between folders and no `./` before it.
pub(super) fn tidy_name(name: &str) -> String {
    let name = name.replace('\\', "/");
    name.trim_start_matches("./").trim_start_matches('/').to_owned()
}

/// Whether a member is left out: a part of its name begins with a dot, or it belongs to what macOS
/// puts beside files.
pub(super) fn is_hidden(name: &str) -> bool {
    name.split('/')
        .any(|part| part == "__MACOSX" || (part.starts_with('.') && !matches!(part, "." | "..")))
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
