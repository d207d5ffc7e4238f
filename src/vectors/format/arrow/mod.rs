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

use super::input::Input;
use super::traits::{ReadFormat, VectorFile};
use crate::base::error::Result;
use crate::base::foreign::ForeignFormat;

/// The format.
pub(super) struct Arrow;

impl ReadFormat for Arrow {
    fn begins(&self, start: &[u8]) -> bool {
        ForeignFormat::of(start) == Some(ForeignFormat::Arrow)
    }

    #[cfg(feature = "arrow")]
    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let (path, options) = (input.path().to_path_buf(), input.options);
        let read = read::read(input.bytes()?, &path, options)?;
        Ok(VectorFile::of(super::Format::Arrow, read))
    }

    #[cfg(not(feature = "arrow"))]
    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        Err(super::without_feature(input.path(), ForeignFormat::Arrow, "arrow"))
    }
}

#[cfg(feature = "arrow")]
impl super::traits::WriteFormat for Arrow {
    fn write(
        &self,
        vectors: &super::RowStream<'_>,
        path: &std::path::Path,
        options: &super::WriteOptions<'_>,
    ) -> Result<()> {
        write::write(vectors, path, options)
    }

    fn precisions(&self) -> &'static [super::VectorPrecision] {
        &[super::VectorPrecision::Single, super::VectorPrecision::Half]
    }
}
