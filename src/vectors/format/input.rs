//! A file of vectors that is open, on its way to the reader of its format.
//!
//! In: an opened file, decompressed and out of its archive. Out: its bytes as a whole or as a
//! stream, and the progress of reading it.

use std::io::{self, BufReader, Read};
use std::path::Path;

use super::intake::ReadOptions;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::input::compression::{Decompressed, RawBytes};
use crate::input::encoding::Decoded;
use crate::input::{Opened, TextSource};
use crate::storage::file_bytes::FileBytes;
use crate::storage::mmap::MappedFile;
use crate::storage::temporary::TemporaryFile;

/// Bytes at the beginning of a file that show its format: a header and a long line.
pub(super) const BYTES_LOOKED_AT: usize = 1 << 16;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// An opened file.
pub(super) struct Input<'a> {
    pub(super) source: &'a TextSource,
    pub(super) opened: Opened,
    /// What it begins with.
    pub(super) start: Vec<u8>,
    pub(super) options: &'a ReadOptions,
    pub(super) progress: &'a dyn Progress,
}

impl<'a> Input<'a> {
    /// The path, with the name in an archive.
    pub(super) fn path(&self) -> &Path {
        &self.opened.path
    }

    /// All bytes: mapped where the file lies plain on the disk, else read into memory, or into the
    /// temporary file that the options ask for.
    pub(super) fn bytes(self) -> Result<FileBytes> {
        if self.opened.is_plain {
            return Ok(FileBytes::Mapped(MappedFile::open(&self.opened.path)?));
        }
        let path = self.opened.path.clone();
        let failed = |source| Error::io("read", &path, source);
        let folder = self.options.folder.clone();
        let mut stream = self.stream();
        let Some(folder) = folder else {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).map_err(failed)?;
            return Ok(FileBytes::Owned(bytes));
        };
        let file = TemporaryFile::create(&folder)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut n_bytes = 0;
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    file.extend(&buffer[..n])?;
                    n_bytes += n;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        match n_bytes {
            0 => Ok(FileBytes::Owned(Vec::new())),
            _ => Ok(FileBytes::Mapped(file.map(0, n_bytes)?)),
        }
    }

    /// The bytes one after the other.
    pub(super) fn stream(self) -> BufReader<Counted<'a, Decompressed>> {
        let Opened { bytes, n_raw_bytes, .. } = self.opened;
        self.progress.start(Stage::Read, n_raw_bytes);
        let raw_bytes = bytes.raw_bytes();
        let counted = Counted { inner: bytes, raw_bytes, progress: self.progress };
        BufReader::with_capacity(BUFFER_BYTES, counted)
    }

    /// The text of a file, in UTF-8; `check` looks at its beginning before anything else is done.
    pub(super) fn text(
        self,
        check: impl FnOnce(&[u8]) -> Result<()>,
    ) -> Result<Counted<'a, Decoded<Decompressed>>> {
        let Opened { bytes, path, n_raw_bytes, .. } = self.opened;
        let raw_bytes = bytes.raw_bytes();
        let text = Decoded::new(bytes, &path, self.source.given_encoding())?;
        check(text.ahead())?;
        self.progress.start(Stage::Read, n_raw_bytes);
        Ok(Counted { inner: text, raw_bytes, progress: self.progress })
    }
}

/// Reports the raw bytes of a file as they are read.
pub(super) struct Counted<'a, R> {
    inner: R,
    raw_bytes: RawBytes,
    progress: &'a dyn Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        self.progress.advance(self.raw_bytes.take());
        Ok(n_bytes)
    }
}

impl<R> Drop for Counted<'_, R> {
    fn drop(&mut self) {
        self.progress.finish();
    }
}
