//! Readers of structured text files: records of JSON lines, CSV, TSV, Parquet, MediaWiki dumps and
//! CoNLL-U, and the plain text of TEI, HTML and subtitles.
//!
//! In: the bytes of a file, decompressed and in UTF-8. Out: texts or tokens without any markup, and
//! the values of the metadata that were asked for. There are two kinds of readers:
//!
//! - A [`RecordReader`]: each record of the file is a document. The source is cut at ends of
//!   records on one thread ([`RecordReader::last_end`]); the pieces are read in parallel.
//! - A [`Converter`]: a stream of bytes becomes a stream of plain text, one block (paragraph, line
//!   of verse, heading, cue) a line. What a document is, is decided afterwards as for plain text.
//!
//! Parquet is both: it becomes lines of JSON, which a record reader reads.
//!
//! Memory: a record at a time, at most [`LONGEST_RECORD_BYTES`], or a block of a converter's
//! output.

mod blocks;
mod conllu;
mod delimited;
mod entities;
mod html;
mod html_text;
mod json_error;
mod json_lines;
mod json_tree;
mod kind;
mod mediawiki;
mod options;
pub(crate) mod parquet;
mod record;
mod sniff;
mod subtitles;
mod tei;
mod tei_header;
mod utf8_input;
mod wikitext;
mod wikitext_names;
mod xml_input;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

pub(super) use json_lines::names_of_fields;
pub use kind::ReaderKind;
pub(super) use kind::extension;
pub use options::{ReaderOptions, TokenColumn};
pub use record::Record;
pub(super) use utf8_input::{BAD, BadBytes};

use crate::base::error::{Error, Result};

/// A longer record is an error: most often, a quotation mark or a tag is not closed.
pub(crate) const LONGEST_RECORD_BYTES: usize = 64 << 20;

/// Where a text begins, for messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The file.
    pub(crate) path: &'a Path,
    /// The line of the file on which the text begins, from 1.
    pub(crate) line: u64,
}

impl Place<'_> {
    /// The error of something that stands `lines` lines below.
    fn malformed(self, lines: u64, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::malformed(self.path, Some(self.line + lines), found, expected)
    }
}

/// What a record reader finds, in order: of each record first its metadata, then its text or its
/// tokens, then its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Text of the record, to be cut into tokens.
    Text(&'a str),
    /// A token of the record, as the file has it.
    Token(&'a str),
    /// A sentence ends.
    EndOfSentence,
    /// A value of the metadata that [`ReaderOptions::metadata`] names, without tabs and line ends.
    Metadata {
        /// The position of its name in [`ReaderOptions::metadata`].
        column: usize,
        /// The value; empty where the record has none.
        value: &'a str,
    },
    /// The record ends.
    EndOfRecord,
}

/// What a record reader calls with each part.
pub(crate) type Visit<'v> = dyn FnMut(Part<'_>) -> Result<()> + 'v;

/// A format whose records are documents.
pub(crate) trait RecordReader: fmt::Debug + Send + Sync {
    /// The length of the longest prefix of `bytes` that ends with a record, where `bytes` begin at
    /// the beginning of a record; `None` if more must be read to know.
    fn last_end(&self, bytes: &[u8]) -> Option<usize>;

    /// What is doubtful about how the source is read, if anything is: a sentence without its path.
    fn doubt(&self) -> Option<String> {
        None
    }

    /// What is doubtful about the end of the source, of which these are the last bytes.
    fn doubt_at_end(&self, _last: &[u8]) -> Option<String> {
        None
    }

    /// Reads whole records.
    ///
    /// # Errors
    /// A record that does not keep to the format; whatever `visit` returns.
    fn read(&self, text: &str, place: Place<'_>, visit: &mut Visit<'_>) -> Result<()>;
}

/// Looks at the head of a source, which should be its first megabyte or all of it. Returns the
/// reader, and how many bytes of the head are not records (the header of a table, of a dump).
///
/// # Errors
/// A column or a field that is not there; a head that is not of this format.
///
/// # Panics
/// If files of this kind have no records: see [`ReaderKind::holds_records`].
pub(crate) fn open_records(
    kind: ReaderKind,
    options: &ReaderOptions,
    path: &Path,
    head: &[u8],
) -> Result<(Arc<dyn RecordReader>, usize)> {
    Ok(match kind {
        ReaderKind::JsonLines => (Arc::new(json_lines::JsonLines::open(options, path, head)?), 0),
        ReaderKind::Csv => {
            let (reader, length) = delimited::Delimited::open_csv(options, path, head)?;
            (Arc::new(reader), length)
        }
        ReaderKind::Tsv => {
            let (reader, length) = delimited::Delimited::open_tsv(options, path, head)?;
            (Arc::new(reader), length)
        }
        ReaderKind::Mediawiki => {
            let (reader, length) = mediawiki::Mediawiki::open(options, path, head)?;
            (Arc::new(reader), length)
        }
        ReaderKind::Conllu => (Arc::new(conllu::Conllu::open(options, head)), 0),
        ReaderKind::Parquet => (Arc::new(parquet::reader_of_lines(options, path)?), 0),
        ReaderKind::Text | ReaderKind::Tei | ReaderKind::Subtitles | ReaderKind::Html => {
            panic!("a file of the kind `{kind}` has no records")
        }
    })
}

/// Text that is made of a stream while it is read: plain text, one block a line; of Parquet, lines
/// of JSON.
pub(crate) trait Converter: Read + Send {
    /// The values of the metadata that [`ReaderOptions::metadata`] names, in that order.
    fn metadata(&self) -> &[String];
}

/// Opens a stream of markup; `rule` says what is done about bytes that are not UTF-8. Errors that
/// arise while the text is read are [`enum@Error`]s inside of [`io::Error`]s; [`error_of`] takes
/// them out.
///
/// # Errors
/// A header that cannot be read; metadata that the file has not.
///
/// # Panics
/// If files of this kind are not converted: those of records, and plain text.
pub(super) fn convert(
    kind: ReaderKind,
    reader: Box<dyn Read + Send>,
    options: &ReaderOptions,
    path: &Path,
    rule: BadBytes,
) -> Result<Box<dyn Converter>> {
    let reader =
        Box::new(utf8_input::Utf8Input::new(reader, utf8_input::MarkupText::new(path, rule)));
    Ok(match kind {
        ReaderKind::Tei => Box::new(blocks::Converted::new(tei::Tei::open(reader, options, path)?)),
        ReaderKind::Html => {
            Box::new(blocks::Converted::new(html::Html::open(reader, options, path)?))
        }
        ReaderKind::Subtitles => {
            Box::new(blocks::Converted::new(subtitles::Subtitles::open(reader, options, path)?))
        }
        _ => panic!("a file of the kind `{kind}` is not converted"),
    })
}

/// The error behind an error of reading a converter: its own, or that of the file below.
pub(crate) fn error_of(path: &Path, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::io("read", path, error),
    }
}

/// The error of a record that does not end within [`LONGEST_RECORD_BYTES`].
pub(crate) fn too_long(kind: ReaderKind, place: Place<'_>) -> Error {
    let cause = match kind {
        ReaderKind::Csv | ReaderKind::Tsv => "; most likely a quotation mark is not closed",
        ReaderKind::JsonLines => "; each record stands on a line of its own",
        _ => "",
    };
    place.malformed(
        0,
        "a record of more than 64 MiB, which begins here",
        format!("records of at most 64 MiB{cause}"),
    )
}

/// A value of metadata without the tabs and line ends that would break a table.
fn on_one_line(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if value.contains(['\t', '\n', '\r']) {
        value.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ").into()
    } else {
        value.into()
    }
}

/// Names that a message lists before it says how many others there are.
const LISTED: usize = 20;

/// Names as a message lists them: in backticks, separated by commas, the first of many.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut quoted: Vec<String> =
        names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    if quoted.len() > LISTED {
        let n_others = quoted.len() - LISTED;
        quoted.truncate(LISTED);
        quoted.push(format!("and {n_others} more"));
    }
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_does_not_end_is_named_with_the_likely_cause() {
        let place = Place { path: "a.csv".as_ref(), line: 7 };
        let message = |kind| too_long(kind, place).to_string();
        assert_eq!(
            message(ReaderKind::Csv),
            "`a.csv`, line 7: found a record of more than 64 MiB, which begins here, expected \
             records of at most 64 MiB; most likely a quotation mark is not closed"
        );
        assert!(message(ReaderKind::JsonLines).ends_with("stands on a line of its own"));
        assert!(message(ReaderKind::Conllu).ends_with("at most 64 MiB"));
    }

    #[test]
    fn a_long_list_of_names_is_cut_short() {
        let names = |n: usize| (1..=n).map(|number| number.to_string());
        assert_eq!(list(names(2)), "`1`, `2`");
        assert!(list(names(20)).ends_with(", `20`"));
        assert!(list(names(10_000)).ends_with(", `20`, and 9980 more"));
    }

    #[test]
    fn errors_below_a_converter_come_back() {
        let path = Path::new("a.html");
        let error = Error::malformed(path, Some(1), "a", "b");
        let message = error.to_string();
        assert_eq!(error_of(path, io::Error::other(error)).to_string(), message);
        let error = error_of(path, io::ErrorKind::PermissionDenied.into());
        assert_eq!(error.to_string(), "cannot read `a.html`: permission denied");
    }
}
