//! Opening texts: from paths and patterns to sources and what counts as a document in them.

use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::sources::{LeftOut, Source};
use super::wrapped::{self, WrappedLines};
use super::{DocumentUnit, OnBadUtf8, SourceReport, hashing, sources};
use crate::base::error::{Error, Result};
use crate::input::decompress::Decompressed;

/// Where the texts are and how they are cut into documents.
#[derive(Debug, Clone)]
pub struct Corpus {
    sources: Vec<Source>,
    left_out: Vec<LeftOut>,
    unit: DocumentUnit,
    on_bad_utf8: OnBadUtf8,
    wrapped_lines: WrappedLines,
    /// The width of the lines, if it has decided what a document is.
    width: Option<usize>,
}

/// How a corpus is read. [`Corpus::options`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CorpusOptions {
    /// What counts as a document; `None`, the default, is a line for a single source (a paragraph
    /// if its lines are wrapped) and a file for several.
    pub unit: Option<DocumentUnit>,
    /// What happens to bytes that are not UTF-8; the default is an error.
    pub on_bad_utf8: OnBadUtf8,
    /// What the ends of lines are within a paragraph; the default is decided file by file.
    pub wrapped_lines: WrappedLines,
}

impl CorpusOptions {
    /// Sets what counts as a document.
    #[must_use]
    pub fn unit(self, unit: impl Into<Option<DocumentUnit>>) -> Self {
        Self { unit: unit.into(), ..self }
    }

    /// Sets what happens to bytes that are not UTF-8.
    #[must_use]
    pub fn on_bad_utf8(self, on_bad_utf8: OnBadUtf8) -> Self {
        Self { on_bad_utf8, ..self }
    }

    /// Sets what the ends of lines are within a paragraph.
    #[must_use]
    pub fn wrapped_lines(self, wrapped_lines: WrappedLines) -> Self {
        Self { wrapped_lines, ..self }
    }

    /// Finds the sources: files, folders, glob patterns, or `-` for standard input, in the order in
    /// which they are given. In folders, hidden files and tables beside other files are left out,
    /// see [`Corpus::left_out`]; a file that is named itself is always read.
    ///
    /// # Errors
    /// A path that does not exist or cannot be listed, a pattern that matches nothing, a folder
    /// without files, no source at all.
    pub fn open<S: AsRef<Path>>(self, sources: impl IntoIterator<Item = S>) -> Result<Corpus> {
        let (mut found, mut left_out) = (Vec::new(), Vec::new());
        for source in sources {
            let path = source.as_ref();
            let Some(argument) = path.to_str() else {
                let reason = io::Error::new(io::ErrorKind::InvalidInput, "its name is not UTF-8");
                return Err(Error::io("read", path, reason));
            };
            let (of_source, not_read) = sources::find(argument)?;
            found.extend(of_source);
            left_out.extend(not_read);
        }
        if found.is_empty() {
            return Err(Error::EmptyCorpus { n_files: 0, n_bytes: 0 });
        }
        let (mut usual, mut width) = (DocumentUnit::File, None);
        if let [source] = &found[..] {
            if self.unit.is_none() && self.wrapped_lines == WrappedLines::Auto {
                width = width_of(source)?;
            }
            let is_wrapped = width.is_some() || self.wrapped_lines == WrappedLines::Join;
            usual = if is_wrapped { DocumentUnit::Paragraph } else { DocumentUnit::Line };
        }
        Ok(Corpus {
            sources: found,
            left_out,
            unit: self.unit.unwrap_or(usual),
            on_bad_utf8: self.on_bad_utf8,
            wrapped_lines: self.wrapped_lines,
            width,
        })
    }
}

/// The width at which the lines of a file are wrapped; `None` if they are not, or if it can be read
/// only once.
fn width_of(source: &Source) -> Result<Option<usize>> {
    if !source.path().is_file() {
        return Ok(None);
    }
    let mut head = vec![0; wrapped::LOOKED_AT + 1];
    let n_bytes = Decompressed::new(source.open()?, source.path())?.read_full(&mut head)?;
    Ok(wrapped::width(&head[..n_bytes]))
}

impl Corpus {
    /// Opens one source: a file, a folder, a glob pattern, or `-` for standard input. A single file
    /// is read line by line, or by paragraphs if its lines are wrapped; several are a document each;
    /// bad UTF-8 is an error.
    /// [`Corpus::options`] has the other ways.
    ///
    /// # Errors
    /// As [`CorpusOptions::open`].
    pub fn open(source: impl AsRef<Path>) -> Result<Self> {
        Self::options().open([source])
    }

    /// How to read, before it is said what:
    ///
    /// ```
    /// use eigenlex::Corpus;
    /// use eigenlex::corpus::{DocumentUnit, OnBadUtf8};
    ///
    /// let corpus = Corpus::options()
    ///     .unit(DocumentUnit::Line)
    ///     .on_bad_utf8(OnBadUtf8::Replace)
    ///     .open(["corpora/english.txt", "corpora/spanish.txt"])?;
    /// assert_eq!(corpus.sources().len(), 2);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    pub fn options() -> CorpusOptions {
        CorpusOptions::default()
    }

    /// The sources in the order in which they are read.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What the folders hold that is not read.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The same sources, cut into other documents.
    #[must_use]
    pub fn with_unit(self, unit: DocumentUnit) -> Self {
        Self { unit, ..self }
    }

    /// What counts as a document.
    pub fn unit(&self) -> DocumentUnit {
        self.unit
    }

    /// Reads all sources once for their fingerprints, without the numbers of documents.
    ///
    /// # Errors
    /// Standard input, which can be read once only; a file that cannot be read.
    pub fn fingerprints(&self) -> Result<Vec<SourceReport>> {
        self.sources.par_iter().map(hashing::fingerprint).collect()
    }

    /// What happens to bytes that are not UTF-8.
    pub fn on_bad_utf8(&self) -> OnBadUtf8 {
        self.on_bad_utf8
    }

    /// What the ends of lines are within a paragraph.
    pub fn wrapped_lines(&self) -> WrappedLines {
        self.wrapped_lines
    }

    /// The width of the lines, if it has decided what a document is.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Bytes of all sources on disk, or `None` if one of them is standard input or they are pipes.
    pub fn bytes(&self) -> Option<u64> {
        self.sources.iter().map(Source::bytes).sum::<Option<u64>>().filter(|&total| total > 0)
    }
}
