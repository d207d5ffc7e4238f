//! A file or stream as plain bytes: the first bytes, never the name, show the compression (gzip,
//! zstd, bzip2, xz).
//!
//! In: a stream of raw bytes. Out: the decompressed bytes, and how many raw bytes were read for
//! them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bzip2_streams::Bzip2Streams;
use super::gzip_members::GzipMembers;
use super::line_ends::LineEnds;
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;

/// Bytes asked of the operating system at a time.
const READ_BYTES: usize = 1 << 18;

/// An opened stream: reads as decompressed bytes. A failed read is an error of this library.
pub(crate) struct Decompressed {
    path: PathBuf,
    raw_bytes: RawBytes,
    reader: Box<dyn Read + Send>,
    compression: Option<Compression>,
    /// Decompressed, but not handed out.
    ahead: Vec<u8>,
    /// Bytes of `ahead` that are handed out.
    handed_out: usize,
}

/// How many raw bytes of a stream were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawBytes {
    bytes: Arc<AtomicU64>,
    reported: u64,
}

impl RawBytes {
    /// Raw bytes read since this was last asked.
    pub(crate) fn take(&mut self) -> u64 {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let new = bytes - self.reported;
        self.reported = bytes;
        new
    }
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

/// Whether the bytes of a whole file are text as they are: neither compressed, nor of a format that
/// is no text, nor in another encoding than UTF-8; NUL, or CR without LF, leave that open.
pub(crate) fn is_plain_text(bytes: &[u8]) -> bool {
    Compression::from_head(bytes).is_none()
        && ForeignFormat::of(bytes).is_none()
        && !matches!(bytes, [0xEF, 0xBB, 0xBF, ..] | [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..])
        && memchr::memchr(0, bytes).is_none()
        && LineEnds::of(bytes) == LineEnds::Lf
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
        let raw_bytes = RawBytes::default();
        let mut raw_reader = Counting { inner: raw, bytes: Arc::clone(&raw_bytes.bytes) };
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
            Some(Compression::Gzip) => Box::new(GzipMembers::new(buffered)),
            Some(Compression::Zstd) => {
                let mut decoder = zstd::Decoder::with_buffer(buffered).map_err(fail)?;
                // Files made with `zstd --long=31` refer to what stands up to 2 GiB before.
                decoder.window_log_max(31).map_err(fail)?;
                Box::new(decoder)
            }
            Some(Compression::Bzip2) => Box::new(Bzip2Streams::new(buffered)),
            Some(Compression::Xz) => {
                Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(buffered))
            }
        };
        Ok(Self {
            path: path.to_path_buf(),
            raw_bytes,
            reader,
            compression,
            ahead: Vec::new(),
            handed_out: 0,
        })
    }

    /// Whether the stream is compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        self.compression.is_some()
    }

    /// The next `n` bytes, or all that are left; they stay to be read.
    pub(crate) fn peek(&mut self, n: usize) -> Result<&[u8]> {
        self.ahead.drain(..self.handed_out);
        self.handed_out = 0;
        let filled = self.ahead.len();
        if filled < n {
            let mut ahead = std::mem::take(&mut self.ahead);
            ahead.resize(n, 0);
            let read = self.read_decoder(&mut ahead[filled..]);
            ahead.truncate(filled + *read.as_ref().unwrap_or(&0));
            self.ahead = ahead;
            read?;
        }
        Ok(&self.ahead[..n.min(self.ahead.len())])
    }

    /// Fills `buffer` as far as the source reaches; returns the number of bytes.
    #[cfg(test)]
    pub(crate) fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let n = self.read_ahead(buffer);
        Ok(n + self.read_decoder(&mut buffer[n..])?)
    }

    /// Raw bytes read since this was last asked.
    #[cfg(test)]
    pub(crate) fn take_progress(&mut self) -> u64 {
        self.raw_bytes.take()
    }

    /// The count of raw bytes, for somebody who has the stream no more.
    pub(crate) fn raw_bytes(&self) -> RawBytes {
        self.raw_bytes.clone()
    }

    /// Copies bytes that were looked at already.
    fn read_ahead(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.ahead[self.handed_out..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.handed_out += n;
        n
    }

    fn read_decoder(&mut self, buffer: &mut [u8]) -> Result<usize> {
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

    fn failure(&self, error: io::Error) -> Error {
        match self.compression {
            // The operating system's own errors carry a code, those of a decoder do not; those of
            // this library come from below.
            Some(compression)
                if error.raw_os_error().is_none()
                    && !error.get_ref().is_some_and(|it| it.is::<Error>()) =>
            {
                Error::Decompress {
                    path: self.path.clone(),
                    format: compression.name(),
                    source: error,
                }
            }
            _ => Error::io("read", &self.path, error),
        }
    }
}

impl Read for Decompressed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.read_ahead(buffer) {
            0 => self.reader.read(buffer).map_err(|error| self.failure(error).into_io()),
            n => Ok(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_at_is_read_afterwards() {
        let mut stream = Decompressed::new(&b"abcdefghijkl"[..], Path::new("p")).unwrap();
        assert_eq!(stream.peek(3).unwrap(), b"abc");
        let mut buffer = [0; 2];
        assert_eq!(stream.read(&mut buffer).unwrap(), 2);
        assert_eq!(stream.peek(5).unwrap(), b"cdefg");
        let mut rest = [0; 20];
        assert_eq!(stream.read_full(&mut rest).unwrap(), 10);
        assert_eq!(&rest[..10], b"cdefghijkl");
        assert_eq!(stream.peek(5).unwrap(), b"");
        assert_eq!(stream.take_progress(), 12);
        assert_eq!(stream.take_progress(), 0);
    }

    #[test]
    fn a_stream_without_bytes_is_not_compressed() {
        let mut stream = Decompressed::new(&b""[..], Path::new("p.bz2")).unwrap();
        assert!(!stream.is_compressed());
        assert_eq!(stream.read(&mut [0; 2]).unwrap(), 0);
    }

    #[test]
    fn what_follows_a_stream_of_bzip2_decides_about_its_end() {
        // An empty stream: its header, the six bytes of its end, and a checksum of nothing.
        let empty = b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0";
        let read = |rest: &[u8]| {
            let bytes = io::Cursor::new([empty, rest].concat());
            let mut stream = Decompressed::new(bytes, Path::new("p")).unwrap();
            assert!(stream.is_compressed());
            stream.read_full(&mut [0; 2]).map_err(|error| error.to_string())
        };
        assert_eq!(read(b""), Ok(0));
        assert_eq!(read(empty), Ok(0));
        assert!(read(&empty[..5]).unwrap_err().contains("EOF"));
    }
}
