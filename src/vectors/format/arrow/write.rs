//! Writes words and vectors as an Arrow file: `word`, of UTF-8, and `vector`, lists of one size of
//! 32- or 16-bit floats, without compression, so that other programs can map it.
//!
//! A record batch holds a chunk of rows, the most that is in memory at a time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, FixedSizeListArray, Float16Array, Float32Array, RecordBatch, StringArray,
};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use half::f16;

use super::super::precision::VectorPrecision;
use super::super::table_file::WRITER_KEY;
use super::super::{Format, RowStream, WriteOptions, refuse_words};
use crate::base::error::{Error, Result};
use crate::base::words::WordId;
use crate::storage::atomic::AtomicFile;

/// Writes a file, with floats of 32 or 16 bits.
///
/// # Errors
/// [`Error::Parameter`] if there is no word, or one is empty, or too many dimensions; otherwise as
/// [`Format::write`].
pub(super) fn write(
    vectors: &RowStream<'_>,
    path: &Path,
    options: &WriteOptions<'_>,
) -> Result<()> {
    let words = vectors.words();
    refuse_words(words, Format::Arrow, str::is_empty, "at least one character")?;
    let dim = i32::try_from(vectors.dim()).map_err(|_| Error::Parameter {
        name: "dim",
        found: vectors.dim().to_string(),
        expected: format!("at most {} for the format `{}`", i32::MAX, Format::Arrow),
    })?;
    let number_type = match options.precision {
        VectorPrecision::Half => DataType::Float16,
        _ => DataType::Float32,
    };
    let number = Arc::new(Field::new("item", number_type, true));
    let columns = vec![
        Field::new("word", DataType::Utf8, true),
        Field::new("vector", DataType::FixedSizeList(number.clone(), dim), true),
    ];
    let metadata = HashMap::from([(WRITER_KEY.to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    let schema = Arc::new(Schema::new_with_metadata(columns, metadata));
    let mut file = AtomicFile::create(path, options.force)?;
    let failed = |error: ArrowError| failed_to_write(path, error);
    {
        let mut writer = FileWriter::try_new(&mut file, &schema).map_err(failed)?;
        vectors.each_chunk(|first, rows| {
            let n_rows = rows.len() / vectors.dim();
            let spelling = |row: usize| words.spelling(WordId(row as u32));
            let spellings = StringArray::from_iter_values((first..first + n_rows).map(spelling));
            let numbers = numbers_of(rows, options.precision);
            let lists =
                FixedSizeListArray::try_new(number.clone(), dim, numbers, None).map_err(failed)?;
            let columns: Vec<ArrayRef> = vec![Arc::new(spellings), Arc::new(lists)];
            let batch = RecordBatch::try_new(schema.clone(), columns).map_err(failed)?;
            writer.write(&batch).map_err(failed)
        })?;
        writer.finish().map_err(failed)?;
    }
    file.commit()
}

fn numbers_of(rows: &[f32], precision: VectorPrecision) -> ArrayRef {
    match precision {
        VectorPrecision::Half => {
            Arc::new(Float16Array::from_iter_values(rows.iter().map(|&it| f16::from_f32(it))))
        }
        _ => Arc::new(Float32Array::from(rows.to_vec())),
    }
}

/// The error of a file that could not be written; a full disk is one of them.
fn failed_to_write(path: &Path, error: ArrowError) -> Error {
    let source = match error {
        ArrowError::IoError(_, source) => source,
        other => std::io::Error::other(other),
    };
    Error::io("write", path, source)
}
