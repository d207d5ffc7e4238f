//! Reads the words and vectors of an Arrow file or stream, batch by batch.

use std::path::Path;

use arrow_array::{Array, RecordBatch};

use super::super::columns::{TableColumn, TableColumns, VectorColumns};
use super::super::intake::ReadOptions;
use super::super::report::{Fault, Place, ReadReport};
use super::super::table_intake::TableIntake;
use super::batches::Batches;
use super::cells::{VectorCells, WordCells, kind_of};
use crate::base::error::{Error, Result};
use crate::storage::file_bytes::FileBytes;
use crate::vectors::WordVectors;

/// Reads a file or a stream.
///
/// # Errors
/// [`Error::Malformed`]: a damaged file, one without words and vectors, or a fault that is refused.
pub(super) fn read(
    bytes: FileBytes,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport)> {
    let mut batches = Batches::open(bytes, path)?;
    let of_field = |field: &std::sync::Arc<arrow_schema::Field>| TableColumn {
        name: field.name().clone(),
        kind: kind_of(field.data_type()),
    };
    let table: Vec<TableColumn> = batches.schema().fields().iter().map(of_field).collect();
    let columns = TableColumns::choose(&table, path)?;
    let mut positions = vec![columns.words];
    match &columns.vectors {
        VectorColumns::Lists(position) => positions.push(*position),
        VectorColumns::Numbers(all) => positions.extend(all),
    }
    let mut intake = TableIntake::new(path, columns.number_type, options);
    while let Some(batch) = batches.next(&positions)? {
        if !take(&batch, &columns, &mut intake, path)? {
            intake.limit();
            return intake.finish();
        }
    }
    if batches.is_open {
        let found = "a stream without the mark of its end";
        intake.note(Fault::WordCount, Place::whole(found))?;
    }
    intake.finish()
}

/// Takes the rows of a batch, as many as there is room for; says whether these were all. The first
/// column holds the words.
fn take(
    batch: &RecordBatch,
    columns: &TableColumns,
    intake: &mut TableIntake<'_>,
    path: &Path,
) -> Result<bool> {
    let other_type = || {
        let found = "Arrow with a column of another type than its schema says";
        Error::malformed(path, None, found, "a whole Arrow file or stream")
    };
    let arrays: Vec<&dyn Array> = batch.columns().iter().map(|array| &**array).collect();
    let (words, numbers) = arrays.split_first().ok_or_else(other_type)?;
    let words = WordCells::of(*words).ok_or_else(other_type)?;
    let vectors = match columns.vectors {
        VectorColumns::Lists(_) => numbers.first().and_then(|it| VectorCells::of_lists(*it)),
        VectorColumns::Numbers(_) => VectorCells::of_numbers(numbers),
    };
    let vectors = vectors.ok_or_else(other_type)?;
    let mut row = Vec::new();
    for number in 0..batch.num_rows() {
        if intake.is_full() {
            return Ok(false);
        }
        let mut n_rounded = 0;
        let vector = vectors.get(number, &mut row, &mut n_rounded);
        intake.add_rounded(n_rounded);
        intake.take(words.get(number).map(str::as_bytes), vector)?;
    }
    Ok(true)
}
