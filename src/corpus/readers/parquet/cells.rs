//! The values of one column of a row group, some rows at a time.
//!
//! In: a column as the crate `parquet` reads it. Out: a JSON string, or `null`, for each row.

use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::DataType;
use ::parquet::errors::Result;

use super::values::Meaning;

/// The values of a column.
pub(super) trait Cells: Send {
    /// Reads the values of the next rows, at most `n_rows`; returns of how many.
    fn fill(&mut self, n_rows: usize) -> Result<usize>;

    /// Appends the next value of those that were read.
    ///
    /// # Panics
    /// If there is none.
    fn append_next(&mut self, line: &mut Vec<u8>);
}

/// The values of a column, of which `top` is the level of a value that is there, and 0 if all are.
pub(super) fn cells(column: ColumnReader, top: i16, meaning: Meaning) -> Box<dyn Cells> {
    fn typed<T: DataType>(
        reader: ColumnReaderImpl<T>,
        top: i16,
        append: impl Fn(&T::T, &mut Vec<u8>) + Send + 'static,
    ) -> Box<dyn Cells>
    where
        ColumnReaderImpl<T>: Send,
    {
        let (levels, values) = (Vec::new(), Vec::new());
        let append = Box::new(append);
        Box::new(Typed { reader, top, levels, values, next_row: 0, next_value: 0, append })
    }
    match column {
        ColumnReader::BoolColumnReader(reader) => {
            typed(reader, top, |it, line| append_plain(&it.to_string(), line))
        }
        ColumnReader::Int32ColumnReader(reader) => {
            typed(reader, top, move |it, line| append_plain(&meaning.of_i32(*it), line))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            typed(reader, top, move |it, line| append_plain(&meaning.of_i64(*it), line))
        }
        ColumnReader::Int96ColumnReader(reader) => typed(reader, top, move |it, line| {
            let words = it.data();
            append_plain(&meaning.of_i96([words[0], words[1], words[2]]), line);
        }),
        // Floating-point numbers have no exponent in this form.
        ColumnReader::FloatColumnReader(reader) => {
            typed(reader, top, |it, line| append_plain(&it.to_string(), line))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            typed(reader, top, |it, line| append_plain(&it.to_string(), line))
        }
        ColumnReader::ByteArrayColumnReader(reader) if meaning == Meaning::Text => {
            typed(reader, top, |it, line| append_text(it.data(), line))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            typed(reader, top, move |it, line| append_plain(&meaning.of_bytes(it.data()), line))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) if meaning == Meaning::Text => {
            typed(reader, top, |it, line| append_text(it.data(), line))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            typed(reader, top, move |it, line| append_plain(&meaning.of_bytes(it.data()), line))
        }
    }
}

/// What appends a value.
type Append<T> = Box<dyn Fn(&<T as DataType>::T, &mut Vec<u8>) + Send>;

/// The values of a column of one physical type.
struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    top: i16,
    /// For each row, the level down to which it has a value; none if `top` is 0.
    levels: Vec<i16>,
    /// The values that are there.
    values: Vec<T::T>,
    next_row: usize,
    next_value: usize,
    append: Append<T>,
}

impl<T: DataType> Cells for Typed<T>
where
    ColumnReaderImpl<T>: Send,
{
    fn fill(&mut self, n_rows: usize) -> Result<usize> {
        self.levels.clear();
        self.values.clear();
        (self.next_row, self.next_value) = (0, 0);
        let levels = Some(&mut self.levels);
        let (n_rows, ..) = self.reader.read_records(n_rows, levels, None, &mut self.values)?;
        Ok(n_rows)
    }

    fn append_next(&mut self, line: &mut Vec<u8>) {
        let is_there = self.top == 0 || self.levels[self.next_row] == self.top;
        self.next_row += 1;
        if is_there {
            (self.append)(&self.values[self.next_value], line);
            self.next_value += 1;
        } else {
            line.extend_from_slice(b"null");
        }
    }
}

/// Appends text that needs no escape.
fn append_plain(text: &str, line: &mut Vec<u8>) {
    line.push(b'"');
    line.extend_from_slice(text.as_bytes());
    line.push(b'"');
}

/// Appends bytes as a JSON string. Bytes that are not UTF-8 stay as they are, so that they obey
/// `on_bad_text` as those of other files.
fn append_text(bytes: &[u8], line: &mut Vec<u8>) {
    let mut append = |text: &str| {
        serde_json::to_writer(&mut *line, text).expect("a vector takes all bytes");
    };
    if let Ok(text) = std::str::from_utf8(bytes) {
        return append(text);
    }
    line.push(b'"');
    for chunk in bytes.utf8_chunks() {
        let quoted = serde_json::Value::from(chunk.valid()).to_string();
        line.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
        line.extend_from_slice(chunk.invalid());
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_json_string() {
        let of = |bytes: &[u8]| {
            let mut line = b"x".to_vec();
            append_text(bytes, &mut line);
            line
        };
        assert_eq!(of(b"a \"b\"\n\\\t\0c"), br#"x"a \"b\"\n\\\t\u0000c""#);
        assert_eq!(of("é\u{1F600}".as_bytes()), "x\"é\u{1F600}\"".as_bytes());
        // The bad bytes stay, the rest is escaped.
        assert_eq!(of(b"a\"\xE9b\n\xFF"), b"x\"a\\\"\xE9b\\n\xFF\"");
    }
}
