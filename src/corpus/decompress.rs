//! A source as plain bytes: the compression is told by the first bytes (never by the name), and the raw bytes are hashed as they pass.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::{Source, SourceReport};
use crate::error::{Error, Result};

/// Bytes asked of the operating system at a time.
const READ_BYTES: usize = 1 << 18;

/// An opened source: reads as decompressed bytes.
pub(super) struct Decompressed {
    source: Source,
    raw: Arc<Mutex<RawState>>,
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
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is a skippable frame, with which pzstd begins.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            // A block, or the end of an empty stream.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, ..] => Some(Self::Bzip2),
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

#[derive(Default)]
struct RawState {
    hasher: Sha256,
    bytes: u64,
}

/// Passes bytes on and hashes them.
struct Hashing {
    inner: Box<dyn Read + Send>,
    state: Arc<Mutex<RawState>>,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hasher.update(&buffer[..n]);
        state.bytes += n as u64;
        Ok(n)
    }
}

impl Decompressed {
    pub(super) fn open(source: &Source) -> Result<Self> {
        let fail = |error| Error::io("read", source.path(), error);
        let inner: Box<dyn Read + Send> = match source {
            Source::File { path, .. } => Box::new(File::open(path).map_err(fail)?),
            Source::Stdin => Box::new(io::stdin()),
        };
        let raw = Arc::new(Mutex::new(RawState::default()));
        let mut raw_reader = Hashing { inner, state: Arc::clone(&raw) };
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
        let compression = Compression::of(&head[..length]);
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
            Some(Compression::Xz) => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(buffered)),
        };
        Ok(Self { source: source.clone(), raw, reader, compression, reported: 0 })
    }

    /// Fills `buffer` as far as the source reaches; returns the number of bytes.
    pub(super) fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize> {
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
    pub(super) fn take_progress(&mut self) -> u64 {
        let bytes = self.raw.lock().unwrap_or_else(PoisonError::into_inner).bytes;
        let new = bytes - self.reported;
        self.reported = bytes;
        new
    }

    /// What was read, once the end is reached.
    pub(super) fn report(&self) -> SourceReport {
        let state = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        let sha256 = state.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        SourceReport { path: self.source.path().display().to_string(), bytes: state.bytes, sha256 }
    }

    fn failure(&self, error: io::Error) -> Error {
        match self.compression {
            // The operating system's own errors carry a code; those of a decoder do not.
            Some(compression) if error.raw_os_error().is_none() => {
                Error::Decompress { path: self.source.path().to_path_buf(), format: compression.name(), source: error }
            }
            _ => Error::io("read", self.source.path(), error),
        }
    }
}
