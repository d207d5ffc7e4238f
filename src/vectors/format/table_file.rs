//! What the files of tables, Parquet and Arrow, share as formats of vectors.
//!
//! In: the functions that read and write one of them, unless the feature was left out that they
//! need. Out: a [`ReadFormat`], which names the feature where it is missing, and a [`WriteFormat`]
//! where it is there.

use std::path::Path;

use super::input::Input;
use super::intake::ReadOptions;
use super::precision::VectorPrecision;
use super::report::ReadReport;
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::{Format, RowStream};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::base::kind::FileKind;
use crate::storage::file_bytes::FileBytes;
use crate::vectors::WordVectors;

/// The key of the metadata that says which program wrote a file.
#[cfg(any(feature = "arrow", feature = "parquet"))]
pub(super) const WRITER_KEY: &str = "eigenlex";

/// A format of tables.
pub(super) struct TableFile {
    pub(super) format: Format,
    /// The same among the formats of other programs.
    pub(super) foreign: ForeignFormat,
    /// The feature that it needs.
    pub(super) feature: &'static str,
    /// `None` without the feature.
    pub(super) codec: Option<TableCodec>,
}

/// The functions that read and write a format of tables.
pub(super) struct TableCodec {
    pub(super) read: fn(FileBytes, &Path, &ReadOptions) -> Result<(WordVectors, ReadReport)>,
    pub(super) write: fn(&RowStream<'_>, &Path, &WriteOptions<'_>) -> Result<()>,
}

impl TableFile {
    /// Who writes the format; `None` without the feature.
    pub(super) const fn writer(&'static self) -> Option<&'static dyn WriteFormat> {
        match &self.codec {
            Some(codec) => Some(codec),
            None => None,
        }
    }
}

impl ReadFormat for TableFile {
    fn begins(&self, start: &[u8]) -> bool {
        ForeignFormat::of(start) == Some(self.foreign)
    }

    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let (path, options) = (input.path().to_path_buf(), input.options);
        let Some(codec) = &self.codec else {
            let (format, feature, needed) = (self.foreign, self.feature, FileKind::Vectors);
            return Err(Error::WithoutFeature { path, format, feature, needed });
        };
        let read = (codec.read)(input.bytes()?, &path, options)?;
        Ok(VectorFile::of(self.format, read))
    }
}

impl WriteFormat for TableCodec {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        (self.write)(vectors, path, options)
    }

    fn precisions(&self) -> &'static [VectorPrecision] {
        &[VectorPrecision::Single, VectorPrecision::Half]
    }
}

#[cfg(any(feature = "arrow", feature = "parquet"))]
#[cfg(test)]
#[path = "table_file_tests.rs"]
pub(super) mod tests;
