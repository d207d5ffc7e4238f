//! A temporary file without a name: bytes are appended to it, and mapped or written over later.
//!
//! The file vanishes with the process, however that ends. This is the only place of the library
//! that makes such files: lists of values ([`ValueList`](super::value_list::ValueList)), rows of
//! counts, blocks of a matrix and runs of entries all lie in them. A file is shared: any task may
//! append to it, and whoever keeps a [`FileRange`] finds its bytes again.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::base::error::{Error, Result};
use crate::storage::mmap::MappedFile;

/// Ranges that are appended begin at multiples of this, so that they can be mapped with pages of
/// any usual size.
const ALIGNMENT: u64 = 1 << 16;

/// The smallest page of memory of any usual machine.
const PAGE_BYTES: usize = 4096;

/// A temporary file, and the folder that it is in, for messages.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    /// Written by one task at a time; maps need no lock.
    file: File,
    folder: PathBuf,
    /// Where the bytes end.
    end: Mutex<u64>,
}

impl TemporaryFile {
    /// An empty file in a folder.
    ///
    /// # Errors
    /// The folder is missing, or cannot be written.
    pub(crate) fn create(folder: &Path) -> Result<Arc<Self>> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|source| Error::io("create a temporary file in", folder, source))?;
        Ok(Arc::new(Self { file, folder: folder.to_path_buf(), end: Mutex::new(0) }))
    }

    /// The folder that the file is in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes bytes right behind all others, so that all that was written so is one range.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(crate) fn extend(&self, bytes: &[u8]) -> Result<()> {
        let mut end = self.lock();
        self.write_at(*end, &[bytes])?;
        *end += bytes.len() as u64;
        Ok(())
    }

    /// Writes pieces one right after the other, at a multiple of [`ALIGNMENT`]; returns where they
    /// are.
    ///
    /// # Errors
    /// As [`TemporaryFile::extend`].
    pub(crate) fn append(self: &Arc<Self>, pieces: &[&[u8]]) -> Result<FileRange> {
        let mut end = self.lock();
        let offset = end.next_multiple_of(ALIGNMENT);
        self.write_at(offset, pieces)?;
        let n_bytes = pieces.iter().map(|piece| piece.len()).sum();
        *end = offset + n_bytes as u64;
        Ok(FileRange { file: self.clone(), offset, n_bytes })
    }

    /// Maps bytes; their pages are read when they are touched.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(crate) fn map(&self, offset: u64, n_bytes: usize) -> Result<MappedFile> {
        MappedFile::of_range(&self.file, offset, n_bytes)
            .map_err(|source| Error::io("map a temporary file in", &self.folder, source))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, u64> {
        self.end.lock().expect("no task panics while it writes")
    }

    /// Writes pieces from `offset` on, while the caller holds the lock.
    fn write_at(&self, offset: u64, pieces: &[&[u8]]) -> Result<()> {
        let written = (|| {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(offset))?;
            pieces.iter().try_for_each(|bytes| file.write_all(bytes))
        })();
        written.map_err(|source| Error::io("write a temporary file in", &self.folder, source))
    }
}

/// A range of bytes of a temporary file, which lives as long as one of its ranges.
#[derive(Debug)]
pub(crate) struct FileRange {
    file: Arc<TemporaryFile>,
    offset: u64,
    n_bytes: usize,
}

impl FileRange {
    /// A whole file, which must not change as long as the range lives.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub(crate) fn of_file(path: &Path) -> Result<Self> {
        let open = || {
            let file = File::open(path)?;
            let n_bytes = file.metadata()?.len();
            Ok((file, n_bytes))
        };
        let (file, n_bytes) = open().map_err(|source| Error::io("open", path, source))?;
        let folder = path.to_path_buf();
        let file = Arc::new(TemporaryFile { file, folder, end: Mutex::new(n_bytes) });
        Ok(Self { file, offset: 0, n_bytes: n_bytes as usize })
    }

    /// The folder that the file is in.
    pub(crate) fn folder(&self) -> &Path {
        self.file.folder()
    }

    /// Maps the bytes; their pages are read when they are touched.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(crate) fn map(&self) -> Result<MappedFile> {
        self.file.map(self.offset, self.n_bytes)
    }

    /// Maps the bytes and touches their pages, so that they are read now.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(crate) fn load(&self) -> Result<MappedFile> {
        let map = self.map()?;
        let touched: u8 = map.bytes().iter().step_by(PAGE_BYTES).fold(0, |sum, byte| sum ^ byte);
        std::hint::black_box(touched);
        Ok(map)
    }

    /// Writes pieces over the bytes, one right after the other; the range shrinks to them. No map
    /// of these bytes may be alive.
    ///
    /// # Errors
    /// A failure of the file system.
    ///
    /// # Panics
    /// If the pieces have more bytes than the range.
    pub(crate) fn overwrite(&mut self, pieces: &[&[u8]]) -> Result<()> {
        let n_bytes = pieces.iter().map(|piece| piece.len()).sum();
        assert!(n_bytes <= self.n_bytes, "{n_bytes} bytes over {}", self.n_bytes);
        let _end = self.file.lock();
        self.file.write_at(self.offset, pieces)?;
        self.n_bytes = n_bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_keep_their_bytes_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = TemporaryFile::create(folder.path()).unwrap();
        let mut first = file.append(&[b"one ", b"range"]).unwrap();
        let second = file.append(&[b"another"]).unwrap();
        assert_eq!(first.load().unwrap().bytes(), b"one range");
        first.overwrite(&[b"short"]).unwrap();
        assert_eq!(first.map().unwrap().bytes(), b"short");
        assert_eq!(second.load().unwrap().bytes(), b"another");
        drop((file, first));
        assert_eq!(second.map().unwrap().bytes(), b"another");
        // The file has no name.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn bytes_that_extend_a_file_are_one_range() {
        let folder = tempfile::tempdir().unwrap();
        let file = TemporaryFile::create(folder.path()).unwrap();
        file.extend(b"ab").unwrap();
        file.extend(b"cd").unwrap();
        assert_eq!(file.map(1, 3).unwrap().bytes(), b"bcd");
        assert_eq!(file.folder(), folder.path());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let message = TemporaryFile::create(Path::new("/not/there")).unwrap_err().to_string();
        assert!(message.starts_with("cannot create a temporary file in `/not/there`"), "{message}");
    }
}
