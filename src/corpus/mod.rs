//! Texts on disk or standard input, as an ordered stream of pieces.
//!
//! In: files, folders (every file below them that is not hidden, paths sorted by bytes), glob
//! patterns, `-` for standard input; plain or compressed with gzip, zstd, bzip2 or xz, recognised
//! by their first bytes. Out: `Piece`s of about a megabyte, cut at line ends, in the order of the
//! sources, which the next stage tokenizes in parallel. What counts as one document is a
//! [`DocumentUnit`].

mod hashing;
mod names;
mod notices;
pub(crate) mod open;
mod pieces;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "a corpus is to read its sources by these readers")
)]
pub(crate) mod readers;
mod sentences;
mod sources;

pub use names::DocumentNames;
pub(crate) use notices::{of_copies, of_left_out};
pub(crate) use open::Corpus;
pub use open::CorpusOptions;
pub(crate) use pieces::{Event, PIECE_BYTES, Piece, Pieces, Repairs};
pub use readers::{ReaderKind, ReaderOptions, Record, TokenColumn};
pub(crate) use sentences::for_each_end;
pub use sources::{LeftOut, Source};

use std::fmt;

use serde::{Deserialize, Serialize};

/// What counts as one document. Documents without a token are always left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentUnit {
    /// Each file is a document: the default for several files.
    File,
    /// Each line is a document: the default for a single file and for standard input.
    Line,
    /// Each run of lines between blank lines is a document.
    Paragraph,
    /// Each sentence is a document: by the rules of Unicode Standard Annex 29. They look at the
    /// marks of all scripts (`.` `?` `!` `।` `。` and others) and at the letter that follows. They
    /// know no abbreviations: `Dr. Who` ends a sentence after `Dr.`. The end of a line ends a
    /// sentence too, so text that is wrapped should be unwrapped first. In a line longer than a
    /// piece, some megabyte, a sentence that lies on the cut is judged by each half alone.
    Sentence,
}

impl fmt::Display for DocumentUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File => "file",
            Self::Line => "line",
            Self::Paragraph => "paragraph",
            Self::Sentence => "sentence",
        })
    }
}

/// What happens to bytes that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnBadUtf8 {
    /// The run stops with file, line and byte offset.
    #[default]
    Error,
    /// Each bad sequence becomes U+FFFD, which is no part of a word.
    Replace,
    /// The line that holds it is left out.
    Skip,
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
