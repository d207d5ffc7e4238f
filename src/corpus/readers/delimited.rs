//! Tables: comma-separated and tab-separated values with a header.
//!
//! In: a header and rows. Out: of each row a record with the text of one column and the values of
//! the others that are asked for. A field that begins with a quotation mark goes on to the next
//! that is not doubled, over delimiters and line ends; within other fields a quotation mark is a
//! character like any other (RFC 4180, section 2). Text behind the closing mark of a field, or no
//! closing mark at all, is an error in CSV; in TSV, which many write without quoting, the mark is
//! then part of the text.

use std::borrow::Cow;
use std::path::Path;

use super::{Part, Place, ReaderOptions, RecordReader, Visit, list, on_one_line};
use crate::base::error::{Error, Result};
use crate::base::visible::shortened;

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
    /// The line of the only heading, and the heading, where it is no usual name of a column.
    heading: Option<(u64, String)>,
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
        let delimiters = [b'|', b';', b'\t', b','];
        let delimiter = delimiters.into_iter().max_by_key(|&delimiter| count(delimiter));
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
        let mut scan = Scan::new(delimiter, header.as_bytes());
        let mut fields = Vec::new();
        while let Some(field) = scan.next_field() {
            fields.push(field.value(header));
        }
        let columns: Vec<&str> = fields.iter().map(|field| field.trim()).collect();
        if columns.iter().all(|column| column.is_empty()) {
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
        let heading = match columns[..] {
            [name] if options.column.is_none() && !is_name_of_text(&name.to_lowercase()) => {
                Some((place.line, name.to_owned()))
            }
            _ => None,
        };
        Ok((Self { delimiter, n_columns: columns.len(), text, metadata, heading }, start + length))
    }

    fn visit_row(&self, row: &[Cow<'_, str>], visit: &mut Visit<'_>) -> Result<()> {
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

/// Whether a name in lower case is usual for a column of texts.
fn is_name_of_text(name: &str) -> bool {
    name == "text" || NAMES_OF_TEXTS.contains(&name)
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

    fn doubt(&self) -> Option<String> {
        let (line, heading) = self.heading.as_ref()?;
        let heading = shortened(heading);
        Some(format!(
            "line {line}, `{heading}`, is taken for the heading; pass --reader text if it is not"
        ))
    }

    fn read(&self, text: &str, place: Place<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let mut scan = Scan::new(self.delimiter, text.as_bytes());
        let mut row = Vec::new();
        while let Some(start) = scan.next_row() {
            let line_of = |at: usize| memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count();
            let malformed = |at: usize, found: &str, expected: &str| {
                Err(place.malformed(line_of(at) as u64, found, expected))
            };
            row.clear();
            while let Some(mut field) = scan.next_field() {
                if matches!(field.fault, Some(Fault::Open)) && self.delimiter == b'\t' {
                    field = scan.field(field.start - 1, field.start - 1, None);
                }
                match field.fault {
                    Some(Fault::Open) => {
                        return malformed(
                            start,
                            "a quotation mark at the beginning of a field that is not closed",
                            "a second quotation mark at its end",
                        );
                    }
                    Some(Fault::Within(at)) => {
                        return malformed(
                            at,
                            "a quotation mark within a quoted field",
                            "it doubled, or a delimiter after it",
                        );
                    }
                    None => row.push(field.value(text)),
                }
                if field.ends_row {
                    break;
                }
            }
            // A line of nothing but spaces, as some stand at the end of a file.
            if row.len() == 1 && self.n_columns > 1 && row[0].trim().is_empty() {
                continue;
            }
            if row.len() != self.n_columns {
                let found = format!("a row of {} field(s)", row.len());
                return malformed(start, &found, &format!("{}, as the header has", self.n_columns));
            }
            self.visit_row(&row, visit)?;
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

/// Walks over the fields of rows.
struct Scan<'b> {
    delimiter: u8,
    bytes: &'b [u8],
    position: usize,
    /// Whether a field follows, be it empty.
    is_in_row: bool,
}

/// A field of a row.
#[derive(Debug, Clone, Copy)]
struct Field {
    /// Its first byte, behind the quotation mark if there is one.
    start: usize,
    /// The position behind its last byte.
    end: usize,
    is_quoted: bool,
    /// Whether a line end follows.
    ends_row: bool,
    fault: Option<Fault>,
}

/// What is wrong with the quotation marks of a field.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// None of them closes the field.
    Open,
    /// Text follows the one at this position.
    Within(usize),
}

impl Field {
    fn value<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let value = &text[self.start..self.end];
        if self.is_quoted && value.contains('"') {
            value.replace("\"\"", "\"").into()
        } else {
            value.into()
        }
    }
}

impl<'b> Scan<'b> {
    /// `bytes` begin at the beginning of a row.
    fn new(delimiter: u8, bytes: &'b [u8]) -> Self {
        Self { delimiter, bytes, position: 0, is_in_row: !bytes.is_empty() }
    }

    /// The beginning of the next row, behind blank lines; `None` at the end.
    fn next_row(&mut self) -> Option<usize> {
        let rest = &self.bytes[self.position..];
        self.position += rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.is_in_row = self.position < self.bytes.len();
        self.is_in_row.then_some(self.position)
    }

    /// The next field of the row; `None` behind its last.
    fn next_field(&mut self) -> Option<Field> {
        if !self.is_in_row {
            return None;
        }
        let start = self.position;
        if self.bytes.get(start) != Some(&b'"') {
            return Some(self.field(start, start, None));
        }
        let Some(closing) = self.closing_quote(start + 1) else {
            return Some(self.field(start + 1, self.bytes.len(), Some(Fault::Open)));
        };
        // Spaces before the delimiter are no text.
        let rest = &self.bytes[closing + 1..];
        let behind = closing + 1 + rest.iter().take_while(|&&byte| byte == b' ').count();
        Some(match self.bytes.get(behind) {
            Some(&byte) if byte != self.delimiter && !matches!(byte, b'\r' | b'\n') => {
                if self.delimiter == b'\t' {
                    self.field(start, start, None)
                } else {
                    self.field(start + 1, closing + 1, Some(Fault::Within(closing)))
                }
            }
            _ => {
                let field = self.field(start + 1, behind, None);
                Field { end: closing, is_quoted: true, ..field }
            }
        })
    }

    /// The position of the next quotation mark that is not doubled.
    fn closing_quote(&self, mut from: usize) -> Option<usize> {
        loop {
            let at = from + memchr::memchr(b'"', &self.bytes[from..])?;
            if self.bytes.get(at + 1) != Some(&b'"') {
                return Some(at);
            }
            from = at + 2;
        }
    }

    /// The field that begins at `start`, whose end is looked for from `from`; goes on behind it.
    fn field(&mut self, start: usize, from: usize, fault: Option<Fault>) -> Field {
        let found = memchr::memchr3(self.delimiter, b'\n', b'\r', &self.bytes[from..]);
        let end = found.map_or(self.bytes.len(), |at| from + at);
        let ends_row = self.bytes.get(end).is_some_and(|&byte| byte != self.delimiter);
        let is_pair = self.bytes[end..].starts_with(b"\r\n");
        self.position = self.bytes.len().min(end + 1 + usize::from(is_pair));
        self.is_in_row = !ends_row && end < self.bytes.len();
        Field { start, end, is_quoted: false, ends_row, fault }
    }

    /// The position after the next end of a row, from the beginning of one. A carriage return at
    /// the end of the bytes is none yet: a line feed may follow.
    fn next_end(&mut self) -> Option<usize> {
        self.is_in_row = self.position < self.bytes.len();
        while let Some(field) = self.next_field() {
            if field.ends_row {
                let is_cut = self.position == self.bytes.len() && self.bytes.ends_with(b"\r");
                return (!is_cut).then_some(self.position);
            }
        }
        None
    }
}

#[cfg(test)]
#[path = "delimited_tests.rs"]
mod tests;
