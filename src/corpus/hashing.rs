//! The fingerprint of a source: counts and hashes its raw bytes while they are read.

use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::sources::TarReader;
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

    /// Adds bytes that were read.
    pub(super) fn add(&self, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.hasher.update(bytes);
        state.bytes += bytes.len() as u64;
    }

    /// What was read of the source at `path`, once the end is reached.
    pub(super) fn report(&self, path: &Path) -> SourceReport {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sha256 =
            state.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        SourceReport {
            path: path.display().to_string(),
            bytes: state.bytes,
            sha256,
            n_documents: None,
        }
    }
}

/// Reads sources for their fingerprints alone.
///
/// # Errors
/// Standard input, which can be read once only; a file that cannot be read.
pub(super) fn fingerprints(sources: &[Source]) -> Result<Vec<SourceReport>> {
    // Files of a compressed archive follow each other; others are read side by side.
    let runs: Vec<&[Source]> = sources
        .chunk_by(|a, b| matches!((a, b), (Source::Archived(_), Source::Archived(_))))
        .flat_map(|run| match run {
            [Source::Archived(_), ..] => vec![run],
            _ => run.chunks(1).collect(),
        })
        .collect();
    let of_runs: Vec<Result<Vec<SourceReport>>> = runs
        .into_par_iter()
        .map(|run| {
            let mut archive = None;
            run.iter().map(|source| fingerprint(source, &mut archive)).collect()
        })
        .collect();
    let mut reports = Vec::with_capacity(sources.len());
    for run in of_runs {
        reports.extend(run?);
    }
    Ok(reports)
}

fn fingerprint(source: &Source, archive: &mut Option<TarReader>) -> Result<SourceReport> {
    if let Source::Held(documents) = source {
        return Ok(documents.report());
    }
    let path = source.path();
    if *source == Source::Stdin {
        return Err(Error::io("read again", path, io::ErrorKind::InvalidInput.into()));
    }
    let fingerprint = Fingerprint::default();
    io::copy(&mut fingerprint.of(source.open(archive)?), &mut io::sink())
        .map_err(|error| Error::io("read", path, error))?;
    Ok(fingerprint.report(path))
}

/// Passes bytes on and hashes them.
pub(super) struct Hashing<R> {
    inner: R,
    fingerprint: Fingerprint,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.fingerprint.add(&buffer[..n]);
        Ok(n)
    }
}
