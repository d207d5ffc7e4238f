//! Writes words and vectors as a Parquet file: `word`, of UTF-8, and `vector`, lists of 32- or
//! 16-bit floats, compressed with zstd.
//!
//! The lists are nested as pyarrow nests them, and reads them as `list<element: float>` or
//! `list<element: halffloat>`. Row groups have 65,536 rows; of each, one chunk of rows is in memory
//! at a time.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, FloatType,
};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;
use ::parquet::schema::types::ColumnPath;
use bytes::Bytes;

use super::super::precision::VectorPrecision;
use super::super::stream::ROWS_PER_CHUNK;
use super::super::table_file::WRITER_KEY;
use super::super::{Format, RowStream, WriteOptions, refuse_words};
use crate::base::error::{Error, Result};
use crate::base::words::WordId;
use crate::storage::atomic::AtomicFile;

/// Rows of a group: a multiple of those of a chunk.
const GROUP_ROWS: usize = 16 * ROWS_PER_CHUNK;

/// Rows that are encoded together: each 16-bit float takes 40 bytes on the way.
const ROWS_PER_BLOCK: usize = 256;

/// The columns of the file, with numbers of this type.
fn schema_of(precision: VectorPrecision) -> String {
    let number = match precision {
        VectorPrecision::Half => "fixed_len_byte_array(2) element (FLOAT16)",
        _ => "float element",
    };
    format!(
        "message vectors {{
            optional binary word (STRING);
            optional group vector (LIST) {{ repeated group list {{ optional {number}; }} }}
        }}"
    )
}

/// The definition levels of a word and of a number that are there.
const LEVEL_OF_WORD: i16 = 1;
const LEVEL_OF_NUMBER: i16 = 3;

/// Writes a file, with floats of 32 or 16 bits.
///
/// # Errors
/// [`Error::Parameter`] if there is no word, or one is empty; otherwise as
/// [`Format::write`].
pub(super) fn write(
    vectors: &RowStream<'_>,
    path: &Path,
    options: &WriteOptions<'_>,
) -> Result<()> {
    let words = vectors.words();
    refuse_words(words, Format::Parquet, str::is_empty, "at least one character")?;
    let schema = parse_message_type(&schema_of(options.precision)).expect("one of two schemas");
    let mut file = AtomicFile::create(path, options.force)?;
    let failed = |error: ParquetError| failed_to_write(path, error);
    {
        let mut writer =
            SerializedFileWriter::new(&mut file, Arc::new(schema), Arc::new(properties()))
                .map_err(failed)?;
        for begin in (0..words.len()).step_by(GROUP_ROWS) {
            let range = begin..words.len().min(begin + GROUP_ROWS);
            let mut group = writer.next_row_group().map_err(failed)?;
            let spellings: Vec<ByteArray> = range
                .clone()
                .map(|row| ByteArray::from(words.spelling(WordId(row as u32))))
                .collect();
            put_words(&mut group, &spellings).map_err(failed)?;
            match options.precision {
                VectorPrecision::Half => {
                    put_rows::<FixedLenByteArrayType>(&mut group, vectors, range, halves, path)?;
                }
                _ => put_rows::<FloatType>(&mut group, vectors, range, singles, path)?,
            }
            group.close().map_err(failed)?;
        }
        writer.close().map_err(failed)?;
    }
    file.commit()
}

fn properties() -> WriterProperties {
    let vector = ColumnPath::from(["vector", "list", "element"].map(str::to_owned).to_vec());
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_column_statistics_enabled(vector, EnabledStatistics::None)
        .set_key_value_metadata(Some(vec![KeyValue::new(
            WRITER_KEY.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        )]))
        .build()
}

type Group<'a, 'b> = SerializedRowGroupWriter<'a, &'b mut AtomicFile>;

/// The error of a schema with fewer columns than are written.
fn no_column() -> ParquetError {
    ParquetError::General("a column too few".to_owned())
}

fn put_words(group: &mut Group<'_, '_>, spellings: &[ByteArray]) -> ::parquet::errors::Result<()> {
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    let levels = vec![LEVEL_OF_WORD; spellings.len()];
    column.typed::<ByteArrayType>().write_batch(spellings, Some(&levels), None)?;
    column.close()
}

/// Numbers as they are.
fn singles(numbers: &[f32]) -> Cow<'_, [f32]> {
    Cow::Borrowed(numbers)
}

/// Numbers as floats of 16 bits, which share one allocation.
fn halves(numbers: &[f32]) -> Cow<'_, [FixedLenByteArray]> {
    let mut bytes = Vec::with_capacity(2 * numbers.len());
    VectorPrecision::Half.encode(numbers, &mut bytes);
    let bytes = Bytes::from(bytes);
    let half = |place: usize| ByteArray::from(bytes.slice(2 * place..2 * place + 2)).into();
    (0..numbers.len()).map(half).collect()
}

fn put_rows<T: DataType>(
    group: &mut Group<'_, '_>,
    vectors: &RowStream<'_>,
    range: Range<usize>,
    encode: fn(&[f32]) -> Cow<'_, [T::T]>,
    path: &Path,
) -> Result<()> {
    let failed = |error: ParquetError| failed_to_write(path, error);
    let dim = vectors.dim();
    let mut column = group.next_column().and_then(|it| it.ok_or_else(no_column)).map_err(failed)?;
    let n_numbers = dim * range.len().min(ROWS_PER_BLOCK);
    let definitions = vec![LEVEL_OF_NUMBER; n_numbers];
    // A row begins at each level of 0.
    let repetitions: Vec<i16> = (0..n_numbers).map(|at| i16::from(at % dim != 0)).collect();
    vectors.each_chunk_of(range, |_, rows| {
        for block in rows.chunks(n_numbers) {
            let levels = (Some(&definitions[..block.len()]), Some(&repetitions[..block.len()]));
            let numbers = column.typed::<T>();
            numbers.write_batch(&encode(block), levels.0, levels.1).map_err(failed)?;
        }
        Ok(())
    })?;
    column.close().map_err(failed)
}

/// The error of a file that could not be written; a full disk is one of them.
fn failed_to_write(path: &Path, error: ParquetError) -> Error {
    let source = match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => *source,
            Err(source) => std::io::Error::other(source),
        },
        other => std::io::Error::other(other),
    };
    Error::io("write", path, source)
}
