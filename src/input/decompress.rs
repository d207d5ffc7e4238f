//! A file or stream as plain bytes: the first bytes, never the name, show the compression (gzip,
//! zstd, bzip2, xz).
//!
//! In: a stream of raw bytes. Out: the decompressed bytes, and how many raw bytes were read for
//! them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::error::{Error, Result};

/// Bytes asked of the operating system at a time.
const READ_BYTES: usize = 1 << 18;

/// An opened stream: reads as decompressed bytes.
pub(crate) struct Decompressed {
    path: PathBuf,
    raw_bytes: Arc<AtomicU64>,
    reader: Box<dyn Read + Send>,
    compression: Option<Compression>,
    reported: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Compression {
    /// What the first bytes of a stream show.
    fn from_head(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is a skippable frame, with which pzstd begins.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            // A block, or the end of an empty stream.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0x00, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }
}

/// Passes bytes on and counts them.
struct Counting<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Decompressed {
    /// Looks at the first bytes of a stream; `path` names it in messages.
    pub(crate) fn new(raw: impl Read + Send + 'static, path: &Path) -> Result<Self> {
        let fail = |error| Error::io("read", path, error);
        let raw_bytes = Arc::<AtomicU64>::default();
        let mut raw_reader = Counting { inner: raw, bytes: Arc::clone(&raw_bytes) };
        let mut head = [0; 8];
        let mut length = 0;
        while length < head.len() {
            match raw_reader.read(&mut head[length..]) {
                Ok(0) => break,
                Ok(n) => length += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(fail(error)),
            }
        }
        let compression = Compression::from_head(&head[..length]);
        let whole = io::Cursor::new(head[..length].to_vec()).chain(raw_reader);
        let buffered = io::BufReader::with_capacity(READ_BYTES, whole);
        let reader: Box<dyn Read + Send> = match compression {
            None => Box::new(buffered),
            Some(Compression::Gzip) => Box::new(flate2::bufread::MultiGzDecoder::new(buffered)),
            Some(Compression::Zstd) => {
                let mut decoder = zstd::Decoder::with_buffer(buffered).map_err(fail)?;
                // Files made with `zstd --long=31` refer to what stands up to 2 GiB before.
                decoder.window_log_max(31).map_err(fail)?;
                Box::new(decoder)
            }
            Some(Compression::Bzip2) => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered)),
            Some(Compression::Xz) => {
                Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(buffered))
            }
        };
        Ok(Self { path: path.to_path_buf(), raw_bytes, reader, compression, reported: 0 })
    }

    /// Fills `buffer` as far as the source reaches; returns the number of bytes.
    pub(crate) fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut length = 0;
        while length < buffer.len() {
            match self.reader.read(&mut buffer[length..]) {
                Ok(0) => break,
                Ok(n) => length += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failure(error)),
            }
        }
        Ok(length)
    }

    /// Raw bytes read since this was last asked.
    pub(crate) fn take_progress(&mut self) -> u64 {
        let bytes = self.raw_bytes.load(Ordering::Relaxed);
        let new = bytes - self.reported;
        self.reported = bytes;
        new
    }

    fn failure(&self, error: io::Error) -> Error {
        match self.compression {
            // The operating system's own errors carry a code; those of a decoder do not.
            Some(compression) if error.raw_os_error().is_none() => Error::Decompress {
                path: self.path.clone(),
                format: compression.name(),
                source: error,
            },
            _ => Error::io("read", &self.path, error),
        }
    }
}
