//! The fingerprint of a source: counts and hashes its raw bytes while they are read.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::{Source, SourceReport};
use crate::base::error::{Error, Result};

/// The fingerprint of a source that is being read.
#[derive(Clone, Default)]
pub(super) struct Fingerprint(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    hasher: Sha256,
    bytes: u64,
}

impl Fingerprint {
    /// Wraps `raw` so that its bytes go into the fingerprint as they are read.
    pub(super) fn of<R: Read>(&self, raw: R) -> Hashing<R> {
        Hashing { inner: raw, fingerprint: self.clone() }
    }

    /// What was read of `source`, once the end is reached.
    pub(super) fn report(&self, source: &Source) -> SourceReport {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sha256 =
            state.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        SourceReport {
            path: source.path().display().to_string(),
            bytes: state.bytes,
            sha256,
            n_documents: None,
        }
    }
}

/// Reads a source for its fingerprint alone.
pub(super) fn fingerprint(source: &Source) -> Result<SourceReport> {
    if *source == Source::Stdin {
        return Err(Error::Io {
            action: "read again",
            path: source.path().to_path_buf(),
            source: io::ErrorKind::InvalidInput.into(),
        });
    }
    let fingerprint = Fingerprint::default();
    io::copy(&mut fingerprint.of(source.open()?), &mut io::sink())
        .map_err(|error| Error::io("read", source.path(), error))?;
    Ok(fingerprint.report(source))
}

/// Passes bytes on and hashes them.
pub(super) struct Hashing<R> {
    inner: R,
    fingerprint: Fingerprint,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let mut state = self.fingerprint.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.hasher.update(&buffer[..n]);
        state.bytes += n as u64;
        Ok(n)
    }
}
