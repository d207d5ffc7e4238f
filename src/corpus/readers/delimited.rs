//! Tables: comma-separated and tab-separated values with a header, by the csv crate.
//!
//! In: a header and rows. Out: of each row a record with the text of one column and the values of
//! the others that are asked for. A field that begins with a quotation mark goes on to the next
//! that is not doubled, over delimiters and line ends; within other fields a quotation mark is a
//! character like any other. This is what the csv crate does, and [`Scan`] finds the same ends of
//! rows without parsing them.

use std::path::Path;

use super::{Part, Place, ReaderOptions, RecordReader, Visit, list, on_one_line};
use crate::base::error::{Error, Result};

/// Names of the column with the text, where none is called `text`.
const NAMES_OF_TEXTS: [&str; 12] = [
    "content",
    "contents",
    "body",
    "message",
    "sentence",
    "review",
    "tweet",
    "comment",
    "speech",
    "abstract",
    "document",
    "utterance",
];

/// Reads the rows of a table.
#[derive(Debug)]
pub(super) struct Delimited {
    delimiter: u8,
    n_columns: usize,
    /// The column of the text, from 0.
    text: usize,
    /// The columns of the metadata.
    metadata: Vec<usize>,
}

impl Delimited {
    /// A table whose header shows what separates its columns. Returns the reader and the length of
    /// the header.
    pub(super) fn open_csv(
        options: &ReaderOptions,
        path: &Path,
        head: &[u8],
    ) -> Result<(Self, usize)> {
        // Excel may say so in a line above the header.
        if let Some([delimiter, rest @ ..]) = head.strip_prefix(b"sep=") {
            let end = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if end > 0 {
                return Self::open(*delimiter, options, path, head, 5 + end);
            }
        }
        let blank = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let header = &head[blank..];
        let header = &header[..header_end(b',', header)];
        let count = |delimiter| count_outside_of_quotes(delimiter, header);
        // The first of the most frequent: a comma where there is none of them.
        let delimiter = [b';', b'\t', b','].into_iter().max_by_key(|&delimiter| count(delimiter));
        Self::open(delimiter.unwrap_or(b','), options, path, head, 0)
    }

    /// A table whose columns are separated by tabs.
    pub(super) fn open_tsv(
        options: &ReaderOptions,
        path: &Path,
        head: &[u8],
    ) -> Result<(Self, usize)> {
        Self::open(b'\t', options, path, head, 0)
    }

    fn open(
        delimiter: u8,
        options: &ReaderOptions,
        path: &Path,
        head: &[u8],
        start: usize,
    ) -> Result<(Self, usize)> {
        let blank = head[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = start + blank;
        let length = header_end(delimiter, &head[start..]);
        let lines = memchr::memchr_iter(b'\n', &head[..start]).count() as u64;
        let place = Place { path, line: 1 + lines };
        let header = std::str::from_utf8(&head[start..start + length])
            .map_err(|_| place.malformed(0, "a header that is not UTF-8", "UTF-8"))?;
        let mut record = csv::StringRecord::new();
        // Any text is a record to the csv crate.
        let is_there =
            reader(delimiter, header).read_record(&mut record).is_ok_and(|is_there| is_there);
        let columns: Vec<&str> = record.iter().map(str::trim).collect();
        if !is_there || columns.iter().all(|column| column.is_empty()) {
            return Err(place.malformed(0, "no header", "the names of the columns"));
        }
        let find = |name: &String| {
            column_of(&columns, name).ok_or_else(|| no_column(place, &columns, name))
        };
        let text = match &options.column {
            Some(name) => find(name)?,
            None => column_of_text(&columns).ok_or_else(|| {
                place.malformed(
                    0,
                    format!("the columns {}", list(&columns)),
                    "a column `text`, or the name of another",
                )
            })?,
        };
        let metadata = options.metadata.iter().map(find).collect::<Result<_>>()?;
        Ok((Self { delimiter, n_columns: columns.len(), text, metadata }, start + length))
    }

    fn visit_row(&self, row: &csv::StringRecord, visit: &mut Visit<'_>) -> Result<()> {
        for (column, &position) in self.metadata.iter().enumerate() {
            visit(Part::Metadata { column, value: &on_one_line(&row[position]) })?;
        }
        let text = &row[self.text];
        if !text.is_empty() {
            visit(Part::Text(text))?;
        }
        visit(Part::EndOfRecord)
    }
}

fn reader(delimiter: u8, text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The first column of this name; else the one of this name in other case; else that of this
/// number, from 1.
pub(super) fn column_of(columns: &[&str], name: &str) -> Option<usize> {
    let alike = |column: &&str| column.to_lowercase() == name.trim().to_lowercase();
    let number = || name.parse().ok().filter(|number| (1..=columns.len()).contains(number));
    columns
        .iter()
        .position(|column| *column == name.trim())
        .or_else(|| columns.iter().position(alike))
        .or_else(|| number().map(|number: usize| number - 1))
}

fn no_column(place: Place<'_>, columns: &[&str], name: &str) -> Error {
    place.malformed(0, format!("the columns {}", list(columns)), format!("a column `{name}`"))
}

/// The column of the text, where none is named: `None` where it is not clear.
pub(super) fn column_of_text(columns: &[&str]) -> Option<usize> {
    let only = |is_one: &dyn Fn(&str) -> bool| {
        let mut found =
            (0..columns.len()).filter(|&column| is_one(&columns[column].to_lowercase()));
        found.next().filter(|_| found.next().is_none())
    };
    only(&|column| column == "text")
        .or_else(|| only(&|column| NAMES_OF_TEXTS.contains(&column)))
        .or_else(|| matches!(columns, [name] if !is_sentence(name)).then_some(0))
}

/// Whether the only column of a table is more likely a line of plain text.
fn is_sentence(name: &str) -> bool {
    name.ends_with(['.', '!', '?']) || name.split_whitespace().count() > 5
}

impl RecordReader for Delimited {
    fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        let mut scan = Scan::new(self.delimiter, bytes);
        let mut last = None;
        while let Some(end) = scan.next_end() {
            last = Some(end);
        }
        last
    }

    fn read(&self, text: &str, place: Place<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let mut reader = reader(self.delimiter, text);
        let mut row = csv::StringRecord::new();
        let mut last_start = 0;
        // Line ends before a row belong to the rows before.
        let line_of = |start: usize| {
            let bytes = text.as_bytes();
            let rest = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            memchr::memchr_iter(b'\n', &bytes[..start + rest.count()]).count() as u64
        };
        loop {
            let start = reader.position().byte() as usize;
            match reader.read_record(&mut row) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let found = error.to_string();
                    return Err(place.malformed(line_of(start), found, "a row of the table"));
                }
            }
            // A line of nothing but spaces, as some stand at the end of a file.
            if row.len() == 1 && self.n_columns > 1 && row[0].trim().is_empty() {
                continue;
            }
            if row.len() != self.n_columns {
                return Err(place.malformed(
                    line_of(start),
                    format!("a row of {} field(s)", row.len()),
                    format!("{}, as the header has", self.n_columns),
                ));
            }
            last_start = start;
            self.visit_row(&row, visit)?;
        }
        let start = text.as_bytes()[last_start..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let last_start = last_start + start;
        if Scan::new(self.delimiter, &text.as_bytes()[last_start..]).ends_within_quotes() {
            return Err(place.malformed(
                line_of(last_start),
                "a quotation mark at the beginning of a field that is not closed",
                "a second quotation mark at its end",
            ));
        }
        Ok(())
    }
}

/// The length of the header: of the first row with its line end, or of all there is.
fn header_end(delimiter: u8, head: &[u8]) -> usize {
    Scan::new(delimiter, head).next_end().unwrap_or(head.len())
}

fn count_outside_of_quotes(delimiter: u8, header: &[u8]) -> usize {
    let mut is_quoted = false;
    let counted = |byte: &&u8| {
        is_quoted ^= **byte == b'"';
        !is_quoted && **byte == delimiter
    };
    header.iter().filter(counted).count()
}

/// Walks over the ends of rows, as the csv crate finds them.
struct Scan<'b> {
    delimiter: u8,
    bytes: &'b [u8],
    position: usize,
    is_quoted: bool,
}

impl<'b> Scan<'b> {
    /// `bytes` begin at the beginning of a row.
    fn new(delimiter: u8, bytes: &'b [u8]) -> Self {
        Self { delimiter, bytes, position: 0, is_quoted: false }
    }

    /// The position after the next end of a row. A carriage return at the end of the bytes is none
    /// yet: a line feed may follow.
    fn next_end(&mut self) -> Option<usize> {
        loop {
            if self.is_quoted {
                self.position += memchr::memchr(b'"', &self.bytes[self.position..])? + 1;
                // A doubled one does not end the field.
                if self.bytes.get(self.position) == Some(&b'"') {
                    self.position += 1;
                } else {
                    self.is_quoted = false;
                }
                continue;
            }
            let rest = &self.bytes[self.position..];
            let at = self.position + memchr::memchr3(b'"', b'\n', b'\r', rest)?;
            self.position = at + 1;
            match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'\n', _) => return Some(self.position),
                (b'\r', Some(&next)) if next != b'\n' => return Some(self.position),
                (b'"', _) => self.is_quoted = self.begins_field(at),
                _ => {}
            }
        }
    }

    fn begins_field(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| self.bytes[before]);
        before.is_none_or(|before| before == self.delimiter || matches!(before, b'\n' | b'\r'))
    }

    fn ends_within_quotes(mut self) -> bool {
        while self.next_end().is_some() {}
        self.is_quoted
    }
}

#[cfg(test)]
#[path = "delimited_tests.rs"]
mod tests;
