//! A whole file of any kind in memory, record by record.
//!
//! In: the bytes of a file and its kind. Out: its records. This is what a person looks at who
//! wants to know what a reader makes of a file; corpora are read piece by piece instead.

use std::io::Read;
use std::path::Path;

use super::{
    BadBytes, Part, Place, ReaderKind, ReaderOptions, RecordReader, convert, error_of,
    open_records, parquet,
};
use crate::base::error::{Error, Result};
use crate::input::encoding::guess;

/// What a reader makes of a document: its text without markup, and its metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Record {
    /// The text. Tokens of a treebank have spaces between, and a line end after each sentence.
    pub text: String,
    /// The values of [`ReaderOptions::metadata`], in that order; empty where there is none.
    pub metadata: Vec<String>,
}

impl ReaderKind {
    /// Reads a file into memory; `path` names it in messages. A file without records is one record.
    ///
    /// ```
    /// use eigenlex::corpus::{ReaderKind, ReaderOptions};
    /// let table = "party,text\ngreen,\"trees, and more\"\n";
    /// let options = ReaderOptions::default().metadata(["party"]);
    /// let records = ReaderKind::Csv.read(table.as_bytes(), "speeches.csv", &options)?;
    /// assert_eq!(records[0].text, "trees, and more");
    /// assert_eq!(records[0].metadata, ["green"]);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read, is not UTF-8 or does not keep to its format; a field or column
    /// that is not there.
    pub fn read(
        self,
        reader: impl Read,
        path: impl AsRef<Path>,
        options: &ReaderOptions,
    ) -> Result<Vec<Record>> {
        let (path, mut reader) = (path.as_ref(), reader);
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| Error::io("read", path, error))?;
        if bytes.starts_with("\u{FEFF}".as_bytes()) {
            bytes.drain(..3);
        }
        if parquet::is_parquet(Some(self), &bytes, path)? {
            let mut lines = parquet::lines_of_bytes(std::mem::take(&mut bytes), options, path)?;
            lines.read_to_end(&mut bytes).map_err(|error| error_of(path, error))?;
        }
        if self.holds_records() {
            if self != Self::Parquet {
                checked(&bytes, path)?;
            }
            let (reader, length) = open_records(self, options, path, &bytes)?;
            let line = 1 + count_lines(&bytes[..length]);
            return read_records(&*reader, &bytes[length..], Place { path, line }, options);
        }
        if self == Self::Text {
            let text = checked(&bytes, path)?.to_owned();
            let metadata = vec![String::new(); options.metadata.len()];
            return Ok(vec![Record { text, metadata }]);
        }
        let bytes = Box::new(std::io::Cursor::new(bytes));
        let mut converter = convert(self, bytes, options, path, BadBytes::default())?;
        let mut text = String::new();
        converter.read_to_string(&mut text).map_err(|error| error_of(path, error))?;
        Ok(vec![Record { text, metadata: converter.metadata().to_vec() }])
    }
}

/// The records of a piece.
pub(super) fn read_records(
    reader: &dyn RecordReader,
    bytes: &[u8],
    place: Place<'_>,
    options: &ReaderOptions,
) -> Result<Vec<Record>> {
    let empty =
        Record { text: String::new(), metadata: vec![String::new(); options.metadata.len()] };
    let (mut records, mut record) = (Vec::new(), empty.clone());
    reader.read(utf8(bytes, place)?, place, &mut |part| {
        match part {
            Part::Text(text) => record.text.push_str(text),
            Part::Token(token) => {
                if !record.text.is_empty() && !record.text.ends_with('\n') {
                    record.text.push(' ');
                }
                record.text.push_str(token);
            }
            Part::EndOfSentence => record.text.push('\n'),
            Part::Metadata { column, value } => value.clone_into(&mut record.metadata[column]),
            Part::EndOfRecord => records.push(std::mem::replace(&mut record, empty.clone())),
        }
        Ok(())
    })?;
    Ok(records)
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// The text of a whole file.
fn checked<'b>(bytes: &'b [u8], path: &Path) -> Result<&'b str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        Error::BadUtf8 {
            path: path.to_path_buf(),
            line: 1 + count_lines(&bytes[..offset]),
            offset: offset as u64,
            byte: bytes[offset],
            guess: guess(bytes, true),
        }
    })
}

fn utf8<'b>(bytes: &'b [u8], place: Place<'_>) -> Result<&'b str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = count_lines(&bytes[..error.valid_up_to()]);
        place.malformed(line, "bytes that are not UTF-8", "UTF-8")
    })
}
