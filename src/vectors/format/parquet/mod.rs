//! Vectors in Parquet: a column of words, and one of vectors or one for each dimension.
//!
//! The words are in the column `word`, `token`, `text` or `key`, or in the only column of text, as
//! the index of a data frame is. The vectors are lists of floats in the column `vector`,
//! `embedding`, `vectors` or `embeddings`, or in the only column of lists; where there is none,
//! each column of floats is a dimension. The format is that of
//! <https://parquet.apache.org/docs/file-format/>; the crate `parquet` reads and writes it.
//!
//! Row groups are read one after the other, and of each some hundred rows at a time. Memory: of
//! each column that is read, a page, decompressed, and its dictionary.
//!
//! Written are the columns `word` and `vector`, with nothing lost but by 16-bit floats, which are
//! written on request.
//!
//! Without the feature `parquet`, such a file is an error that names the feature.

#[cfg(feature = "parquet")]
mod leaf;
#[cfg(feature = "parquet")]
mod read;
#[cfg(feature = "parquet")]
mod schema;
#[cfg(feature = "parquet")]
mod write;

#[cfg(feature = "parquet")]
#[cfg(test)]
mod tests;

use super::Format;
use super::table_file::{TableCodec, TableFile};
use crate::base::foreign::ForeignFormat;

/// The format.
pub(super) const PARQUET: &TableFile = &TableFile {
    format: Format::Parquet,
    foreign: ForeignFormat::Parquet,
    feature: "parquet",
    codec: CODEC,
};

#[cfg(feature = "parquet")]
const CODEC: Option<TableCodec> = Some(TableCodec { read: read::read, write: write::write });
#[cfg(not(feature = "parquet"))]
const CODEC: Option<TableCodec> = None;
