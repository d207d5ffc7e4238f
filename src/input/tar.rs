//! The members of a tar archive, one after the other.
//!
//! In: the bytes of the archive, decompressed; for a list, a file that can be searched. Out: the
//! names, sizes and bytes of the files in it, in the order of the archive. Headers are read by the
//! crate `tar` (ustar, GNU and pax); folders, links and hidden files are left out.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::archive::{self, Member};
use crate::base::error::{ArchiveFault, Error, Result};

/// The unit of an archive.
const BLOCK: u64 = 512;

/// The most that the headers of one member may take: long names and extensions.
const MOST_HEADER_BYTES: u64 = 1 << 20;

/// What the headers of a member say.
struct Header {
    name: String,
    bytes: u64,
    is_file: bool,
    is_sparse: bool,
}

/// Reads the headers of the next member, and nothing behind them; `None` at the end.
fn read_header(archive: &mut impl Read) -> io::Result<Option<Header>> {
    let mut archive = tar::Archive::new(archive.take(MOST_HEADER_BYTES));
    let Some(entry) = archive.entries()?.next() else { return Ok(None) };
    let entry = entry?;
    let kind = entry.header().entry_type();
    Ok(Some(Header {
        name: archive::tidy_name(&String::from_utf8_lossy(&entry.path_bytes())),
        bytes: entry.size(),
        is_file: kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse(),
        is_sparse: kind.is_gnu_sparse(),
    }))
}

fn padding(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK) - bytes
}

fn fault(path: &Path, fault: ArchiveFault) -> Error {
    Error::Archive { path: path.to_path_buf(), format: "tar", fault }
}

/// What reading an archive failed with: the operating system, a layer below, or the archive itself.
pub(super) fn failed(path: &Path, error: io::Error) -> Error {
    let is_own = error.get_ref().is_some_and(|it| it.is::<Error>());
    if error.raw_os_error().is_some() || is_own {
        Error::io("read", path, error)
    } else {
        fault(path, ArchiveFault::Damaged(error))
    }
}

/// The files in an archive that is not compressed.
pub(super) fn list(path: &Path, file: File) -> Result<Vec<Member>> {
    let read = |error| failed(path, error);
    let n_bytes = file.metadata().map_err(read)?.len();
    let mut file = BufReader::new(file);
    let mut members = Vec::new();
    while let Some(header) = read_header(&mut file).map_err(read)? {
        // Where the next one begins is not known, so a hidden one stops too.
        if header.is_sparse {
            return Err(fault(path, ArchiveFault::Sparse { member: header.name }));
        }
        let start = file.stream_position().map_err(read)?;
        let end = start.saturating_add(header.bytes);
        if end > n_bytes {
            return Err(read(io::ErrorKind::UnexpectedEof.into()));
        }
        if header.is_file && !archive::is_hidden(&header.name) {
            members.push(Member::stored(header.name, start, header.bytes));
        }
        file.seek(SeekFrom::Start(end + padding(header.bytes))).map_err(read)?;
    }
    Ok(members)
}

/// Walks through the files in an archive that need not be searchable: one that is compressed, or
/// comes from a pipe.
pub(crate) struct TarStream<R> {
    path: PathBuf,
    state: Arc<Mutex<State<R>>>,
}

struct State<R> {
    archive: R,
    /// The number of the member that is being read, from 1.
    number: u64,
    /// Bytes of it that are left.
    left: u64,
    padding: u64,
}

impl<R: Read> State<R> {
    /// Passes over what is left of the member, and reads the headers of the next.
    fn next_header(&mut self) -> io::Result<Option<Header>> {
        let skipped = self.left + self.padding;
        let n = io::copy(&mut (&mut self.archive).take(skipped), &mut io::sink())?;
        if n < self.left {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (self.left, self.padding) = (0, 0);
        let header = read_header(&mut self.archive)?;
        if let Some(header) = &header {
            self.number += 1;
            (self.left, self.padding) = (header.bytes, padding(header.bytes));
        }
        Ok(header)
    }
}

impl<R: Read> TarStream<R> {
    /// An archive from its first byte on; `path` names it in messages.
    pub(crate) fn new(archive: R, path: &Path) -> Self {
        let state = State { archive, number: 0, left: 0, padding: 0 };
        Self { path: path.to_path_buf(), state: Arc::new(Mutex::new(state)) }
    }

    /// The name of the next file that is not hidden, and a reader of its bytes; `None` at the end.
    /// A reader of an earlier file is at its end from now on.
    ///
    /// # Errors
    /// [`Error::Archive`] if the archive is damaged or the file is sparse; whatever the archive's
    /// own reader fails with.
    pub(crate) fn next_member(&mut self) -> Result<Option<(String, MemberReader<R>)>> {
        let mut state = lock(&self.state);
        while let Some(header) = state.next_header().map_err(|error| failed(&self.path, error))? {
            // Where the next one begins is not known, so a hidden one stops too.
            if header.is_sparse {
                return Err(fault(&self.path, ArchiveFault::Sparse { member: header.name }));
            }
            if !header.is_file || archive::is_hidden(&header.name) {
                continue;
            }
            let (path, number) = (self.path.clone(), state.number);
            let reader = MemberReader { path, state: Arc::clone(&self.state), number };
            return Ok(Some((header.name, reader)));
        }
        Ok(None)
    }
}

fn lock<R>(state: &Mutex<State<R>>) -> MutexGuard<'_, State<R>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the bytes of one file of a [`TarStream`].
pub(crate) struct MemberReader<R> {
    path: PathBuf,
    state: Arc<Mutex<State<R>>>,
    number: u64,
}

impl<R: Read> Read for MemberReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = lock(&self.state);
        let most = state.left.min(buffer.len() as u64) as usize;
        if state.number != self.number || most == 0 {
            return Ok(0);
        }
        let n = match state.archive.read(&mut buffer[..most]) {
            Ok(0) => {
                let fault = ArchiveFault::Damaged(io::ErrorKind::UnexpectedEof.into());
                return Err(self::fault(&self.path, fault).into_io());
            }
            Ok(n) => n,
            Err(error) => return Err(error),
        };
        state.left -= n as u64;
        Ok(n)
    }
}
