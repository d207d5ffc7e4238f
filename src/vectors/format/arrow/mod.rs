//! Vectors in Arrow's format for files and streams, IPC: a column of words, and one of vectors or
//! one for each dimension. Feather files of version 2 are such files.
//!
//! Which columns they are is the same as in Parquet. Words may be text of any of Arrow's kinds, or
//! from a dictionary; vectors may be lists of one size or of any, of floats of 16, 32 or 64 bits;
//! buffers may be compressed with lz4 or zstd. The format is that of
//! <https://arrow.apache.org/docs/format/Columnar.html>; the crates of arrow-rs read and write it.
//!
//! Record batches are read one after the other, where they lie in a mapped file.
//!
//! Written is a file with the columns `word` and `vector`, with nothing lost but by 16-bit floats,
//! which are written on request.
//!
//! Without the feature `arrow`, such a file is an error that names the feature.

#[cfg(feature = "arrow")]
mod batches;
#[cfg(feature = "arrow")]
mod buffers;
#[cfg(feature = "arrow")]
mod cells;
#[cfg(feature = "arrow")]
mod read;
#[cfg(feature = "arrow")]
mod write;

#[cfg(feature = "arrow")]
#[cfg(test)]
mod tests;

use super::Format;
use super::table_file::{TableCodec, TableFile};
use crate::base::foreign::ForeignFormat;

/// The format.
pub(super) const ARROW: &TableFile = &TableFile {
    format: Format::Arrow,
    foreign: ForeignFormat::Arrow,
    feature: "arrow",
    codec: CODEC,
};

#[cfg(feature = "arrow")]
const CODEC: Option<TableCodec> = Some(TableCodec { read: read::read, write: write::write });
#[cfg(not(feature = "arrow"))]
const CODEC: Option<TableCodec> = None;
