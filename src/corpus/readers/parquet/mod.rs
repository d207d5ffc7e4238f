//! Parquet: tables whose columns are stored one after the other, read by the crate `parquet`.
//!
//! In: a file on the disk, or the bytes of one. Out: a line of JSON for each row, with the text and
//! the values of the metadata, which the reader of JSON lines then reads in parallel. Only the
//! columns that are needed are read, some hundred rows at a time. The format is that of
//! <https://parquet.apache.org/docs/file-format/>.
//!
//! Without the feature `parquet`, a Parquet file is an error that names the feature.
//!
//! The crate panics at some damaged files. Such a panic is caught and becomes the error that the
//! file is damaged; the panic's own message still goes to standard error, as the library changes no
//! hook.
//!
//! Memory: of each column that is read, a page (mostly 1 MB; some writers make a single page of a
//! row group), decompressed, and its dictionary.

#[cfg(feature = "parquet")]
mod cells;
#[cfg(feature = "parquet")]
mod chunks;
#[cfg(feature = "parquet")]
mod columns;
#[cfg(feature = "parquet")]
mod rows;
#[cfg(feature = "parquet")]
mod values;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::json_lines::JsonLines;
use super::{Converter, ReaderKind, ReaderOptions};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::base::kind::FileKind;

/// What an encrypted file begins with.
const ENCRYPTED: &[u8] = b"PARE";

/// The field of the text in the lines; those of the metadata are numbered from 0.
const TEXT: &str = "text";

/// Whether a file is to be read as Parquet, of which this is the kind, if it is known, and these
/// are the first bytes.
///
/// # Errors
/// A Parquet file, if this library was built without the feature; a file of another kind that
/// should be Parquet; an encrypted file.
pub(crate) fn is_parquet(kind: Option<ReaderKind>, head: &[u8], path: &Path) -> Result<bool> {
    let should_be = kind == Some(ReaderKind::Parquet);
    let is = ForeignFormat::of(head) == Some(ForeignFormat::Parquet);
    let is_encrypted = should_be && head.starts_with(ENCRYPTED);
    if (is || is_encrypted) && !cfg!(feature = "parquet") {
        return Err(without_feature(path));
    }
    if is_encrypted {
        return Err(Error::malformed(path, None, "an encrypted Parquet file", "one without keys"));
    }
    if should_be && !is {
        let found = "a file that does not begin with `PAR1`";
        return Err(Error::malformed(path, None, found, "a Parquet file"));
    }
    Ok(is && should_be)
}

/// The error of a file that cannot be read from here and there.
pub(crate) fn not_on_disk(path: &Path) -> Error {
    Error::malformed(
        path,
        None,
        "Parquet in a pipe, in an archive or compressed as a whole",
        "a file on the disk, since Parquet is read from its end; save or unpack it first",
    )
}

/// A file as lines of JSON, which [`reader_of_lines`] reads. `beside` has the bytes of the file
/// from the first to the last; it is read as far as the rows are, for a fingerprint and for
/// progress.
///
/// # Errors
/// A file that cannot be read; a column that is not there; a text column that holds no strings.
#[cfg(feature = "parquet")]
pub(crate) fn lines_of_file(
    file: File,
    beside: Box<dyn Read + Send>,
    options: &ReaderOptions,
    path: &Path,
) -> Result<Box<dyn Converter>> {
    let chunks = chunks::Chunks::of_file(file).map_err(|error| Error::io("read", path, error))?;
    Ok(Box::new(rows::Rows::open(chunks, beside, options, path)?))
}

/// The bytes of a file as lines of JSON.
///
/// # Errors
/// As [`lines_of_file`].
#[cfg(feature = "parquet")]
pub(super) fn lines_of_bytes(
    bytes: Vec<u8>,
    options: &ReaderOptions,
    path: &Path,
) -> Result<Box<dyn Converter>> {
    let (chunks, beside) = (chunks::Chunks::of_bytes(bytes), Box::new(std::io::empty()));
    Ok(Box::new(rows::Rows::open(chunks, beside, options, path)?))
}

/// There are none: [`is_parquet`] has said so before.
#[cfg(not(feature = "parquet"))]
pub(crate) fn lines_of_file(
    _: File,
    _: Box<dyn Read + Send>,
    _: &ReaderOptions,
    path: &Path,
) -> Result<Box<dyn Converter>> {
    Err(without_feature(path))
}

/// There are none.
#[cfg(not(feature = "parquet"))]
pub(super) fn lines_of_bytes(
    _: Vec<u8>,
    _: &ReaderOptions,
    path: &Path,
) -> Result<Box<dyn Converter>> {
    Err(without_feature(path))
}

fn without_feature(path: &Path) -> Error {
    let (path, format) = (path.to_path_buf(), ForeignFormat::Parquet);
    Error::WithoutFeature { path, format, feature: "parquet", needed: FileKind::Other }
}

/// The reader of the lines.
pub(super) fn reader_of_lines(options: &ReaderOptions, path: &Path) -> Result<JsonLines> {
    let fields = (0..options.metadata.len()).map(|number| number.to_string());
    JsonLines::open(&ReaderOptions::default().field(TEXT).metadata(fields), path, b"")
}

#[cfg(test)]
#[cfg(feature = "parquet")]
mod tests;

#[cfg(test)]
#[cfg(not(feature = "parquet"))]
mod tests_without {
    use super::*;

    #[test]
    fn without_the_feature_a_parquet_file_is_an_error_that_names_it() {
        let options = ReaderOptions::default();
        let read = |bytes: &[u8]| {
            ReaderKind::Parquet.read(bytes, "a.parquet", &options).unwrap_err().to_string()
        };
        let message = "`a.parquet` is a Parquet file, and this program was built without the \
                       feature `parquet`";
        assert_eq!(read(b"PAR1\x15\0PAR1"), message);
        assert_eq!(read(b"PARE\x15\0PARE"), message);
        assert_eq!(
            read(b"{}"),
            "`a.parquet`: found a file that does not begin with `PAR1`, expected a Parquet file"
        );
    }
}
