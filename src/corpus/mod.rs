//! Texts on disk, in memory or from standard input, as an ordered stream of pieces.
//!
//! In: files, folders (every file below them that is not hidden, paths sorted by bytes), archives,
//! glob patterns, `-` for standard input, [`HeldDocuments`]; plain text or structured
//! ([`ReaderKind`]), compressed, in any encoding. Out: `Piece`s of about a megabyte, cut at ends of
//! lines or records, in the order of the sources, which the next stage tokenizes in parallel. What
//! counts as one document is a [`DocumentUnit`].

mod document_table;
mod hashing;
mod held;
mod names;
mod notices;
pub(crate) mod open;
mod piece;
mod pieces;
mod readers;
mod seen;
mod sentences;
mod shares;
mod source_reader;
mod sources;
mod titles;
mod twice_encoded;
mod wrapped;

pub use document_table::DocumentTable;
pub use held::{HeldDocument, HeldDocuments, HeldSource, TextList};
pub use names::DocumentNames;
pub(crate) use notices::{of_left_out, of_reading, of_width};
pub(crate) use open::Corpus;
pub use open::CorpusOptions;
pub(crate) use piece::{Control, Event, Piece, Repairs};
pub(crate) use pieces::{Bundle, Noticed, Pieces};
pub use readers::{ReaderKind, ReaderOptions, Record, TokenColumn};
pub(crate) use sentences::{Hyphen, Mark, Marks, SentenceEnd, for_each_mark, has_soft_break};
pub use shares::{CorpusShare, ShareSource};
pub(crate) use source_reader::PIECE_BYTES;
pub use sources::{ArchivedFile, LeftOut, Source};
pub(crate) use titles::{is_initial, is_title};
pub use wrapped::WrappedLines;

use std::fmt;

use serde::{Deserialize, Serialize};

/// What counts as one document. Documents without a token are always left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentUnit {
    /// Each record of a file is a document: a JSON object, a row of a table, a page of a dump, a
    /// document or sentence of a treebank; the default where files hold records. A file without
    /// records is one document.
    Record,
    /// Each file is a document: the default for several files.
    File,
    /// Each line is a document: the default for a single file and for standard input.
    Line,
    /// Each run of lines between blank lines is a document.
    Paragraph,
    /// Each sentence is a document: by the rules of Unicode Standard Annex 29. They look at the
    /// marks of all scripts (`.` `?` `!` `।` `。` and others) and at the letter that follows.
    /// Titles and initials (`Dr. Who`) end no sentence. The end of a line ends one, unless the
    /// lines are wrapped and joined ([`WrappedLines::Join`]). In a line longer than a
    /// piece, some megabyte, a sentence that lies on the cut is judged by each half alone.
    Sentence,
}

impl fmt::Display for DocumentUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Record => "record",
            Self::File => "file",
            Self::Line => "line",
            Self::Paragraph => "paragraph",
            Self::Sentence => "sentence",
        })
    }
}

/// One source as it was read: the fingerprint by which a model knows its corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The path as given, `-` for standard input.
    pub path: String,
    /// Its bytes on disk, before decompression.
    pub bytes: u64,
    /// SHA-256 of those bytes, in hexadecimal.
    pub sha256: String,
    /// Documents in it, including those without a token; `None` where an earlier version of the
    /// program read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_documents: Option<u64>,
}
