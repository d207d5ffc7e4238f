//! The lines below the header of a MatrixMarket file, read field by field without a copy.
//!
//! In: whole lines and the [`Header`]. Out: their entries with indices from 0, mirrored ones
//! included, up to the first fault. Empty lines and lines that begin with `%` are skipped.

use super::Entry;
use super::fields::{Fault, Fields, shown, whole_number};
use super::header::{Arrangement, Field, Header, Symmetry};

/// What one piece of text holds.
pub(super) struct Parsed {
    /// Its entries. Those of an array have no place yet, and its zeros are among them.
    pub(super) entries: Vec<Entry>,
    /// Lines that hold an entry, up to the fault.
    pub(super) n_stored: u64,
    /// The first line that is no entry; what stands after it was not looked at.
    pub(super) fault: Option<Fault>,
}

/// Reads whole lines.
pub(super) fn parse(text: &[u8], header: &Header) -> Parsed {
    let mirrored = if header.symmetry == Symmetry::General { 1 } else { 2 };
    let mut parsed = Parsed {
        entries: Vec::with_capacity(mirrored * text.len() / 16),
        n_stored: 0,
        fault: None,
    };
    let mut fields = Fields::new(text);
    while let Some(line) = fields.next_stored_line() {
        match entry(&mut fields, line, header) {
            Ok(entry) => {
                parsed.n_stored += 1;
                if header.arrangement == Arrangement::Array {
                    parsed.entries.push(entry);
                } else if entry.value != 0.0 {
                    header.symmetry.push(entry, &mut parsed.entries);
                }
            }
            Err(fault) => {
                parsed.fault = Some(*fault);
                break;
            }
        }
    }
    parsed
}

/// Where the line of entry `number`, from 0, begins in a text that holds so many.
pub(super) fn offset_of_entry(text: &[u8], number: u64) -> usize {
    let mut fields = Fields::new(text);
    let mut offset = 0;
    for _ in 0..=number {
        offset = fields.next_stored_line().unwrap_or(text.len());
        fields.skip_line();
    }
    offset
}

/// Whether a line holds nothing, or a comment.
pub(super) fn is_skipped(line: &[u8]) -> bool {
    Fields::new(line).next_stored_line().is_none()
}

/// The entry on the line that begins at `line`; `fields` goes from its first field to its end.
fn entry(fields: &mut Fields<'_>, line: usize, header: &Header) -> Result<Entry, Box<Fault>> {
    let (row, column) = match header.arrangement {
        Arrangement::Coordinate => (fields.next(), fields.next()),
        Arrangement::Array => (&b"1"[..], &b"1"[..]),
    };
    let value = if header.field == Field::Pattern { &b"1"[..] } else { fields.next() };
    if value.is_empty() || column.is_empty() || !fields.next().is_empty() {
        let expected = match (header.arrangement, header.field) {
            (Arrangement::Array, _) => "a value",
            (Arrangement::Coordinate, Field::Pattern) => "a row and a column",
            (Arrangement::Coordinate, _) => "a row, a column and a value",
        };
        return fault(line, shown(fields.line_at(line)), expected);
    }
    let Some(number) = number(value, header.field) else {
        return fault(
            line,
            shown(value),
            if header.field == Field::Integer { "a whole number" } else { "a number" },
        );
    };
    if !number.is_finite() {
        return fault(line, shown(value), "a finite number");
    }
    let value = number;
    if header.arrangement == Arrangement::Array {
        return Ok(Entry { row: 0, column: 0, value });
    }
    let (row, column) =
        (index(row, header.n_rows, "row", line)?, index(column, header.n_columns, "column", line)?);
    if header.symmetry != Symmetry::General && row <= column {
        let place = format!("row {}, column {}", row + 1, column + 1);
        if row < column {
            return fault(
                line,
                format!("an entry above the diagonal ({place})"),
                "those on and below it alone, as in every file with a symmetry",
            );
        }
        // SciPy writes the zeros of the diagonal too.
        if header.symmetry == Symmetry::SkewSymmetric && number != 0.0 {
            return fault(
                line,
                format!("the value {number} on the diagonal ({place})"),
                "zeros alone there in a skew-symmetric matrix",
            );
        }
    }
    Ok(Entry { row, column, value })
}

#[cold]
fn fault<T>(line: usize, found: String, expected: impl Into<String>) -> Result<T, Box<Fault>> {
    Err(Box::new(Fault { offset: line, found, expected: expected.into() }))
}

/// An index, from 1 to `size` in the file, from 0 here.
fn index(field: &[u8], size: u32, what: &str, line: usize) -> Result<u32, Box<Fault>> {
    match whole_number(field) {
        Some(number) if (1..=u64::from(size)).contains(&number) => Ok((number - 1) as u32),
        Some(_) => fault(line, format!("{what} {}", shown(field)), format!("one from 1 to {size}")),
        None => fault(line, shown(field), format!("a {what} from 1 to {size}")),
    }
}

/// A value, in Fortran's `1.5D+3` too.
fn number(field: &[u8], kind: Field) -> Option<f64> {
    if kind == Field::Integer {
        whole_number(
            field.strip_prefix(b"-").filter(|rest| !rest.starts_with(b"+")).unwrap_or(field),
        )?;
    }
    let text = std::str::from_utf8(field).ok()?;
    text.parse().ok().or_else(|| {
        text.contains(['d', 'D']).then(|| text.replace(['d', 'D'], "e").parse().ok())?
    })
}
