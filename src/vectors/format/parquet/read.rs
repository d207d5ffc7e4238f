//! Reads the words and vectors of a Parquet file, row group by row group.

use std::path::Path;

use ::parquet::errors::{ParquetError, Result as Answer};
use ::parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use ::parquet::schema::types::SchemaDescriptor;
use bytes::Bytes;

use super::super::columns::{TableColumns, VectorColumns};
use super::super::intake::ReadOptions;
use super::super::report::ReadReport;
use super::super::table_intake::{RowVector, TableIntake};
use super::leaf::{Cell, Levels, NumberLeaf, WordLeaf, numbers};
use super::schema::{columns_of, level_of_entries};
use crate::base::error::{Error, Result};
use crate::base::parquet_calls::{damaged, guarded};
use crate::storage::file_bytes::FileBytes;
use crate::vectors::WordVectors;

/// Rows that are read together: of 300 numbers, 2.5 MB with their levels.
const BATCH_ROWS: usize = 1024;

/// Reads a file.
///
/// # Errors
/// [`Error::Malformed`]: a damaged file, one without words and vectors, or a fault that is refused.
pub(super) fn read(
    bytes: FileBytes,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport)> {
    let file = guarded(|| SerializedFileReader::new(Bytes::from_owner(bytes)))
        .map_err(|error| damaged(path, "that cannot be opened", &error))?;
    let schema = file.metadata().file_metadata().schema_descr();
    let columns = TableColumns::choose(&columns_of(schema), path)?;
    let mut intake = TableIntake::new(path, columns.number_type, options);
    'groups: for number in 0..file.num_row_groups() {
        let failed =
            |error: &ParquetError| damaged(path, &format!("in row group {}", number + 1), error);
        let group = guarded(|| file.get_row_group(number)).map_err(|error| failed(&error))?;
        let mut rows = Rows::open(&*group, schema, &columns).map_err(|error| failed(&error))?;
        if intake.is_full() && rows.n_left > 0 {
            intake.limit();
            break;
        }
        while rows.fill().map_err(|error| failed(&error))? {
            let is_all = rows.take(&mut intake, &failed)?;
            if !is_all {
                intake.limit();
                break 'groups;
            }
        }
    }
    intake.finish()
}

/// The rows of a row group.
struct Rows {
    words: WordLeaf,
    vectors: Vectors,
    /// Rows that are not read.
    n_left: u64,
    /// Rows that are read and not taken.
    n_read: usize,
    /// The numbers of a row.
    row: Vec<f32>,
}

enum Vectors {
    Lists(Box<dyn NumberLeaf>),
    Numbers(Vec<Box<dyn NumberLeaf>>),
}

impl Rows {
    fn open(
        group: &dyn RowGroupReader,
        schema: &SchemaDescriptor,
        columns: &TableColumns,
    ) -> Answer<Self> {
        let n_left = u64::try_from(group.metadata().num_rows())
            .map_err(|_| ParquetError::General("a row group of less than 0 rows".to_owned()))?;
        let top = |leaf: usize| schema.column(leaf).max_def_level();
        let open = |leaf: usize| guarded(|| group.get_column_reader(leaf));
        let alone = |leaf: usize| Levels { top: top(leaf), entry: 0 };
        let words = WordLeaf::new(open(columns.words)?, alone(columns.words))?;
        let vectors = match &columns.vectors {
            VectorColumns::Lists(leaf) => {
                let levels = Levels { top: top(*leaf), entry: level_of_entries(schema, *leaf) };
                Vectors::Lists(numbers(open(*leaf)?, levels)?)
            }
            VectorColumns::Numbers(leaves) => {
                let leaf = |&leaf: &usize| numbers(open(leaf)?, alone(leaf));
                Vectors::Numbers(leaves.iter().map(leaf).collect::<Answer<_>>()?)
            }
        };
        Ok(Self { words, vectors, n_left, n_read: 0, row: Vec::new() })
    }

    /// Reads the next rows; says whether there are any.
    fn fill(&mut self) -> Answer<bool> {
        let n_rows = usize::try_from(self.n_left).unwrap_or(usize::MAX).min(BATCH_ROWS);
        // Behind the last row of the group there is nothing.
        let asked = n_rows.max(1);
        let mut filled = vec![guarded(|| self.words.fill(asked))?];
        match &mut self.vectors {
            Vectors::Lists(lists) => filled.push(guarded(|| lists.fill(asked))?),
            Vectors::Numbers(columns) => {
                for column in columns {
                    filled.push(guarded(|| column.fill(asked))?);
                }
            }
        }
        if filled.iter().any(|&n_filled| n_filled != n_rows) {
            let error = "another number of values than rows".to_owned();
            return Err(ParquetError::General(error));
        }
        self.n_left -= n_rows as u64;
        self.n_read = n_rows;
        Ok(n_rows > 0)
    }

    /// Takes the rows that were read, as many as there is room for; says whether these were all.
    fn take(
        &mut self,
        intake: &mut TableIntake<'_>,
        failed: &impl Fn(&ParquetError) -> Error,
    ) -> Result<bool> {
        for _ in 0..self.n_read {
            if intake.is_full() {
                return Ok(false);
            }
            let mut n_rounded = 0;
            let word = self.words.next().map_err(|error| failed(&error))?;
            let cell =
                self.vectors.next(&mut self.row, &mut n_rounded).map_err(|error| failed(&error))?;
            let vector = match cell {
                Cell::Missing => RowVector::Missing,
                Cell::WithNull => RowVector::WithNull,
                Cell::Whole => RowVector::Whole(&self.row),
            };
            intake.add_rounded(n_rounded);
            intake.take(word, vector)?;
        }
        Ok(true)
    }
}

impl Vectors {
    /// Puts the next vector in place of what is in `row`.
    fn next(&mut self, row: &mut Vec<f32>, n_rounded: &mut u64) -> Answer<Cell> {
        row.clear();
        match self {
            Self::Lists(lists) => lists.append(row, n_rounded),
            Self::Numbers(columns) => {
                let mut n_missing = 0;
                for column in columns.iter_mut() {
                    n_missing += usize::from(column.append(row, n_rounded)? == Cell::Missing);
                }
                Ok(match n_missing {
                    0 => Cell::Whole,
                    n if n == columns.len() => Cell::Missing,
                    _ => Cell::WithNull,
                })
            }
        }
    }
}
