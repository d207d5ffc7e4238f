//! Opening texts: from paths and patterns to sources and what counts as a document in them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::held::{HeldDocuments, HeldSource};
use super::readers::{ReaderKind, ReaderOptions, names_of_fields};
use super::shares::Cut;
use super::source_reader::{is_xml, kind_of};
use super::sources::{LeftOut, Source};
use super::wrapped::{self, WrappedLines};
use super::{DocumentUnit, SourceReport, hashing, sources};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::input::archive::HEAD_BYTES;
use crate::input::compression::Decompressed;
use crate::input::encoding::Decoded;
use crate::input::{OnBadText, TextEncoding};

/// Where the texts are and how they are cut into documents.
#[derive(Debug, Clone)]
pub struct Corpus {
    sources: Vec<Source>,
    left_out: Vec<LeftOut>,
    unit: DocumentUnit,
    options: CorpusOptions,
    /// The width of the lines, if it has decided what a document is.
    width: Option<usize>,
    /// The part of its only source that is read, if not the whole.
    cut: Option<Cut>,
}

/// How a corpus is read. [`Corpus::options`] has an example.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CorpusOptions {
    /// What counts as a document; `None`, the default, is a record where files hold records, a line
    /// for another single source (a paragraph if its lines are wrapped) and a file for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<DocumentUnit>,
    /// What happens to what is no text: bytes that are not valid in the encoding, and control
    /// characters. `None`, the default, is an error for such bytes and for NUL, and a space for
    /// other control characters, which is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_bad_text: Option<OnBadText>,
    /// What the ends of lines are within a paragraph; the default is decided file by file.
    pub wrapped_lines: WrappedLines,
    /// The encoding of the files; `None`, the default, is UTF-8, or what a byte order mark says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
    /// What the files hold; `None`, the default, is decided by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderKind>,
    /// Which parts of structured files are texts and metadata.
    pub reader_options: ReaderOptions,
}

impl CorpusOptions {
    /// Sets what counts as a document.
    #[must_use]
    pub fn unit(self, unit: impl Into<Option<DocumentUnit>>) -> Self {
        Self { unit: unit.into(), ..self }
    }

    /// Sets what happens to what is no text.
    #[must_use]
    pub fn on_bad_text(self, on_bad_text: impl Into<Option<OnBadText>>) -> Self {
        Self { on_bad_text: on_bad_text.into(), ..self }
    }

    /// Sets the encoding of the files.
    #[must_use]
    pub fn encoding(self, encoding: impl Into<Option<TextEncoding>>) -> Self {
        Self { encoding: encoding.into(), ..self }
    }

    /// Sets what the files hold.
    #[must_use]
    pub fn reader(self, reader: impl Into<Option<ReaderKind>>) -> Self {
        Self { reader: reader.into(), ..self }
    }

    /// Sets which parts of structured files are texts and metadata.
    #[must_use]
    pub fn reader_options(self, reader_options: ReaderOptions) -> Self {
        Self { reader_options, ..self }
    }

    /// Whether metadata are kept.
    pub(crate) fn keeps_metadata(&self) -> bool {
        !self.reader_options.metadata.is_empty()
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
    /// without files, no source at all; metadata without a name or given twice.
    pub fn open<S: AsRef<Path>>(self, sources: impl IntoIterator<Item = S>) -> Result<Corpus> {
        self.reader_options.check()?;
        let (mut found, mut left_out) = (Vec::new(), Vec::new());
        for source in sources {
            let path = source.as_ref();
            let Some(argument) = path.to_str() else {
                let reason = io::Error::new(io::ErrorKind::InvalidInput, "its name is not UTF-8");
                return Err(Error::io("read", path, reason));
            };
            let with_tables = matches!(self.reader, Some(ReaderKind::Csv | ReaderKind::Tsv));
            let (of_source, not_read) = sources::find(argument, with_tables)?;
            found.extend(of_source);
            left_out.extend(not_read);
        }
        if found.is_empty() {
            return Err(Error::EmptyCorpus { n_files: 0, n_bytes: 0, only_headings: false });
        }
        let (unit, width) = match self.unit {
            Some(unit) => (unit, None),
            None => self.usual_unit(&found)?,
        };
        Ok(Corpus { sources: found, left_out, unit, options: self, width, cut: None })
    }

    /// Takes documents that the program holds in memory; `name` stands for their path in messages.
    /// A document of them is a document of the corpus, or is cut into those of a unit that is
    /// given.
    pub fn open_held(self, name: impl Into<PathBuf>, documents: Arc<dyn HeldDocuments>) -> Corpus {
        let source = HeldSource::new(name.into(), documents);
        let unit = self.unit.unwrap_or(DocumentUnit::Record);
        let sources = vec![Source::Held(source)];
        Corpus { sources, left_out: Vec::new(), unit, options: self, width: None, cut: None }
    }

    /// What a document is where nothing is said, and the width of the lines if it decides that.
    fn usual_unit(&self, sources: &[Source]) -> Result<(DocumentUnit, Option<usize>)> {
        // Of `.xml` files only the first is looked into.
        let mut looked = false;
        let mut holds_records = |source: &Source| {
            let path = source.path();
            let kind = self.reader.or_else(|| ReaderKind::from_path(path));
            let is_first = kind.is_none() && is_xml(path) && !std::mem::replace(&mut looked, true);
            let kind = match kind {
                None if is_first => Some(kind_of(None, path, || self.head(source))?),
                kind => kind,
            };
            Ok::<_, Error>(kind.is_some_and(ReaderKind::holds_records))
        };
        for source in sources {
            if holds_records(source)? {
                return Ok((DocumentUnit::Record, None));
            }
        }
        let [source] = sources else { return Ok((DocumentUnit::File, None)) };
        let is_text = match self.reader.or_else(|| ReaderKind::from_path(source.path())) {
            None => !is_xml(source.path()),
            Some(kind) => kind == ReaderKind::Text,
        };
        let width = match self.wrapped_lines {
            WrappedLines::Auto if is_text => wrapped::width(&self.head(source)?),
            _ => None,
        };
        let is_wrapped = width.is_some() || (is_text && self.wrapped_lines == WrappedLines::Join);
        let unit = if is_wrapped { DocumentUnit::Paragraph } else { DocumentUnit::Line };
        Ok((unit, width))
    }

    /// The beginning of the text of a source; nothing of one that can be read only once.
    fn head(&self, source: &Source) -> Result<Vec<u8>> {
        let path = source.path();
        if !source.file().is_some_and(Path::is_file) {
            return Ok(Vec::new());
        }
        let mut decompressed = Decompressed::new(source.open(&mut None)?, path)?;
        // What is no text is refused when it is read.
        if ForeignFormat::of_decompressed(decompressed.peek(HEAD_BYTES)?).is_some() {
            return Ok(Vec::new());
        }
        let mut decoded = Decoded::new(decompressed, path, self.encoding)?;
        let mut head = vec![0; wrapped::LOOKED_AT + 1];
        let n_bytes = decoded.read_full(&mut head, path)?;
        head.truncate(n_bytes);
        Ok(head)
    }
}

impl Corpus {
    /// Opens one source: a file, a folder, a glob pattern, or `-` for standard input. A single file
    /// is read line by line, or by paragraphs if its lines are wrapped; several are a document
    /// each; bad UTF-8 is an error.
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
    /// use eigenlex::corpus::DocumentUnit;
    /// use eigenlex::input::OnBadText;
    ///
    /// let corpus = Corpus::options()
    ///     .unit(DocumentUnit::Line)
    ///     .on_bad_text(OnBadText::Replace)
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
        hashing::fingerprints(&self.sources)
    }

    /// How it is read.
    pub fn reading(&self) -> &CorpusOptions {
        &self.options
    }

    /// The width of the lines, if it has decided what a document is.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// The part of its only source that is read.
    pub(super) fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// A corpus of some files, or of a part of one.
    pub(crate) fn of_share(
        sources: Vec<Source>,
        unit: DocumentUnit,
        options: CorpusOptions,
        cut: Option<Cut>,
    ) -> Self {
        Self { sources, left_out: Vec::new(), unit, options, width: None, cut }
    }

    /// Whether all sources are tables, which have a line of headings.
    pub(crate) fn holds_tables(&self) -> bool {
        let kind_of =
            |it: &Source| self.options.reader.or_else(|| ReaderKind::from_path(it.path()));
        let is_table = |it| matches!(kind_of(it), Some(ReaderKind::Csv | ReaderKind::Tsv));
        self.sources.iter().all(is_table)
    }

    /// The fields of the first record, if the first source holds lines of JSON and can be read
    /// again.
    pub(crate) fn names_of_fields(&self) -> Vec<String> {
        let Some(source) = self.sources.first() else { return Vec::new() };
        let kind = self.options.reader.or_else(|| ReaderKind::from_path(source.path()));
        match self.options.head(source) {
            Ok(head) if kind == Some(ReaderKind::JsonLines) => names_of_fields(&head),
            _ => Vec::new(),
        }
    }

    /// Bytes of all sources on disk, or `None` if one of them is standard input or they are pipes.
    pub fn bytes(&self) -> Option<u64> {
        self.sources.iter().map(Source::bytes).sum::<Option<u64>>().filter(|&total| total > 0)
    }
}
