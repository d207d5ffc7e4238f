//! The values of one column of a row group, some rows at a time.
//!
//! In: a column as the crate `parquet` reads it, in values and levels: a repetition level of 0
//! begins a row, and a definition level says how much of a value is there. Out: words, numbers or
//! lists of numbers, row by row.

use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, FixedLenByteArray};
use ::parquet::errors::{ParquetError, Result};
use half::f16;

use super::super::table_intake::of_f64;

/// How the levels of a column are to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    /// The definition level of a value that is there; 0 if all are.
    pub(super) top: i16,
    /// The definition level from which on a list has something in it; 0 if there are no lists.
    pub(super) entry: i16,
}

/// What stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// A null.
    Missing,
    /// A list of which an entry is a null.
    WithNull,
    /// Numbers, which were appended.
    Whole,
}

/// A column of words.
pub(super) struct WordLeaf(Leaf<ByteArrayType>);

impl WordLeaf {
    /// # Errors
    /// A column that is not of bytes.
    pub(super) fn new(column: ColumnReader, levels: Levels) -> Result<Self> {
        match column {
            ColumnReader::ByteArrayColumnReader(reader) => Ok(Self(Leaf::new(reader, levels))),
            _ => Err(ParquetError::General("a column of words is not of bytes".to_owned())),
        }
    }

    /// Reads the words of the next rows, at most `n_rows`; returns of how many.
    pub(super) fn fill(&mut self, n_rows: usize) -> Result<usize> {
        self.0.fill(n_rows)
    }

    /// The next word of those that were read.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>> {
        let value: Option<&ByteArray> = self.0.next_value()?;
        Ok(value.map(ByteArray::data))
    }
}

/// A column of numbers, or of lists of numbers.
pub(super) trait NumberLeaf {
    /// Reads the values of the next rows, at most `n_rows`; returns of how many.
    fn fill(&mut self, n_rows: usize) -> Result<usize>;

    /// Appends the numbers of the next row of those that were read, and counts those that were
    /// rounded.
    fn append(&mut self, numbers: &mut Vec<f32>, n_rounded: &mut u64) -> Result<Cell>;
}

/// The numbers of a column of floats.
///
/// # Errors
/// A column of another type.
pub(super) fn numbers(column: ColumnReader, levels: Levels) -> Result<Box<dyn NumberLeaf>> {
    fn of<T: DataType>(
        reader: ColumnReaderImpl<T>,
        levels: Levels,
        number: fn(&T::T) -> (f32, bool),
    ) -> Box<dyn NumberLeaf> {
        Box::new(Numbers { leaf: Leaf::new(reader, levels), number })
    }
    Ok(match column {
        ColumnReader::FloatColumnReader(reader) => of(reader, levels, |&it| (it, false)),
        ColumnReader::DoubleColumnReader(reader) => of(reader, levels, |&it| of_f64(it)),
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            of(reader, levels, |it: &FixedLenByteArray| match *it.data() {
                [low, high] => (f16::from_le_bytes([low, high]).to_f32(), false),
                _ => (f32::NAN, false),
            })
        }
        _ => return Err(ParquetError::General("a column of floats is of another type".to_owned())),
    })
}

struct Numbers<T: DataType> {
    leaf: Leaf<T>,
    number: fn(&T::T) -> (f32, bool),
}

impl<T: DataType> NumberLeaf for Numbers<T> {
    fn fill(&mut self, n_rows: usize) -> Result<usize> {
        self.leaf.fill(n_rows)
    }

    fn append(&mut self, numbers: &mut Vec<f32>, n_rounded: &mut u64) -> Result<Cell> {
        let number = self.number;
        let mut push = |value: &T::T| {
            let (value, is_rounded) = number(value);
            numbers.push(value);
            *n_rounded += u64::from(is_rounded);
        };
        if self.leaf.levels.entry == 0 {
            return Ok(match self.leaf.next_value()? {
                Some(value) => {
                    push(value);
                    Cell::Whole
                }
                None => Cell::Missing,
            });
        }
        self.leaf.next_list(push)
    }
}

/// The values of a column of one physical type.
struct Leaf<T: DataType> {
    reader: ColumnReaderImpl<T>,
    levels: Levels,
    definitions: Vec<i16>,
    /// Empty if there are no lists.
    repetitions: Vec<i16>,
    /// The values that are there.
    values: Vec<T::T>,
    next_level: usize,
    next_value: usize,
}

impl<T: DataType> Leaf<T> {
    fn new(reader: ColumnReaderImpl<T>, levels: Levels) -> Self {
        Self {
            reader,
            levels,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            values: Vec::new(),
            next_level: 0,
            next_value: 0,
        }
    }

    fn fill(&mut self, n_rows: usize) -> Result<usize> {
        self.definitions.clear();
        self.repetitions.clear();
        self.values.clear();
        (self.next_level, self.next_value) = (0, 0);
        let (definitions, repetitions) = (&mut self.definitions, &mut self.repetitions);
        let (n_rows, ..) = self.reader.read_records(
            n_rows,
            Some(definitions),
            Some(repetitions),
            &mut self.values,
        )?;
        Ok(n_rows)
    }

    /// The value of the next level, if it is there.
    fn next_value(&mut self) -> Result<Option<&T::T>> {
        let is_there = self.levels.top == 0
            || *self.definitions.get(self.next_level).ok_or_else(too_few)? == self.levels.top;
        self.next_level += 1;
        if !is_there {
            return Ok(None);
        }
        self.next_value += 1;
        self.values.get(self.next_value - 1).map(Some).ok_or_else(too_few)
    }

    /// Hands out the values of the next list.
    fn next_list(&mut self, mut push: impl FnMut(&T::T)) -> Result<Cell> {
        let first = *self.definitions.get(self.next_level).ok_or_else(too_few)?;
        if first < self.levels.entry {
            self.next_level += 1;
            let is_empty = first + 1 == self.levels.entry;
            return Ok(if is_empty { Cell::Whole } else { Cell::Missing });
        }
        let mut cell = Cell::Whole;
        loop {
            match self.next_value()? {
                Some(value) => push(value),
                None => cell = Cell::WithNull,
            }
            if self.repetitions.get(self.next_level).is_none_or(|&level| level == 0) {
                return Ok(cell);
            }
        }
    }
}

fn too_few() -> ParquetError {
    ParquetError::EOF("fewer values than rows".to_owned())
}
