//! What a format is to the rest of the program: a [`ReadFormat`] and a [`WriteFormat`].

use std::path::{Path, PathBuf};

use super::input::Input;
use super::precision::VectorPrecision;
use super::report::ReadReport;
use super::{Format, RowStream};
use crate::base::error::Result;
use crate::space::hashed_ngrams::HashedNGrams;
use crate::space::ngram_vectors::NGramVectors;
use crate::vectors::WordVectors;

/// What a file of vectors holds, and what is wrong with it.
///
/// ```
/// use eigenlex::format::{Fault, Format, ReadOptions, VectorFile};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("vectors.vec");
/// std::fs::write(&path, "3 2\nking 1 0.5\nqueen 0.25 nan\n")?;
/// let file = VectorFile::open(&path, &ReadOptions::default(), &())?;
/// assert_eq!(file.format, Format::Word2vec);
/// assert_eq!(file.vectors.len(), 1);
/// assert_eq!(file.report.count(Fault::NotFinite), 1);
/// assert_eq!(file.report.count(Fault::WordCount), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct VectorFile {
    /// Words and vectors.
    pub vectors: WordVectors,
    /// The format of the file.
    pub format: Format,
    /// What is wrong with it.
    pub report: ReadReport,
    /// What gives unknown words their vectors, in files of fastText.
    pub ngrams: Option<HashedNGrams>,
}

impl VectorFile {
    /// Vectors of a format with the report of their reader.
    pub(super) fn of(format: Format, (vectors, report): (WordVectors, ReadReport)) -> Self {
        Self { vectors, format, report, ngrams: None }
    }
}

/// Reads a format.
pub(super) trait ReadFormat: Sync {
    /// Whether a file that begins so is of this format.
    fn begins(&self, start: &[u8]) -> bool;

    /// Reads a file that begins so.
    fn read(&self, input: Input<'_>) -> Result<VectorFile>;
}

/// Writes a format.
pub(super) trait WriteFormat: Sync {
    /// Writes vectors to `path`, which is checked and not there, or may be replaced.
    fn write(&self, vectors: &RowStream<'_>, path: &Path, options: &WriteOptions<'_>)
    -> Result<()>;

    /// The files that are written.
    fn files(&self, path: &Path) -> Vec<PathBuf> {
        vec![path.to_path_buf()]
    }

    /// The precisions that the format has.
    fn precisions(&self) -> &'static [VectorPrecision] {
        &[VectorPrecision::Single]
    }
}

/// How vectors are written.
#[derive(Debug, Clone, Copy, Default)]
pub struct WriteOptions<'a> {
    pub(super) force: bool,
    pub(super) precision: VectorPrecision,
    pub(super) counts: Option<&'a [u64]>,
    pub(super) ngrams: Option<&'a NGramVectors>,
}

impl<'a> WriteOptions<'a> {
    /// Whether files that exist are replaced. Default: no.
    #[must_use]
    pub fn force(self, force: bool) -> Self {
        Self { force, ..self }
    }

    /// How many bits a number gets. Default: 32.
    #[must_use]
    pub fn precision(self, precision: VectorPrecision) -> Self {
        Self { precision, ..self }
    }

    /// The counts of the words, in their order, for formats that have a place for them.
    #[must_use]
    pub fn counts(self, counts: impl Into<Option<&'a [u64]>>) -> Self {
        Self { counts: counts.into(), ..self }
    }

    /// The vectors of n-grams, which fastText's formats need.
    #[must_use]
    pub fn ngrams(self, ngrams: impl Into<Option<&'a NGramVectors>>) -> Self {
        Self { ngrams: ngrams.into(), ..self }
    }
}
