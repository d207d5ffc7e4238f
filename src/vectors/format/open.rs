//! Opens a file of word vectors; its bytes show the format.

use std::io;
use std::path::Path;

use super::input::{BYTES_LOOKED_AT, Input};
use super::intake::ReadOptions;
use super::report::ReadReport;
use super::table::TABLE;
use super::traits::{ReadFormat, VectorFile};
use super::{Format, model2vec, npz, projector, safetensors, wrong_kind};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::base::kind::FileKind;
use crate::base::progress::Progress;
use crate::input::compression::Decompressed;
use crate::input::{self, Opened, TextSource};
use crate::vectors::WordVectors;

/// The vectors within a model directory.
const MODEL_VECTORS: &str = "vectors.safetensors";

impl WordVectors {
    /// Opens a model directory, or a file in any format that is known: the text and binary formats
    /// of word2vec, GloVe's text without a header, fastText's `.vec` and `.bin`, `.npy`, `.npz`,
    /// `.safetensors`, finalfusion's `.fifu`, Parquet and Arrow with the features of these names,
    /// and the folders of model2vec and of TensorBoard's projector. Any file may be compressed with
    /// gzip, zstd, bzip2 or xz, may be the only file of a zip or tar archive, and text may have any
    /// encoding that a byte order mark or [`TextSource::encoding`] names.
    ///
    /// The content shows the format, not the name. Models, `.safetensors` and `.npy` files are
    /// mapped, not copied; see [`safetensors::open`]. Other formats are read into memory. What is
    /// wrong with a file, as far as it can be read, is not reported here: see [`VectorFile::open`].
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] with the line where there is one; [`Error::WrongKind`]
    /// for a file of another kind; [`Error::Decompress`]; [`Error::Archive`].
    pub fn open(source: impl Into<TextSource>) -> Result<Self> {
        Self::open_with(source, &())
    }

    /// As [`WordVectors::open`]; `progress` gets the bytes read of a file that is not mapped.
    ///
    /// # Errors
    /// As [`WordVectors::open`].
    pub fn open_with(source: impl Into<TextSource>, progress: &dyn Progress) -> Result<Self> {
        Ok(VectorFile::open(source, &ReadOptions::default(), progress)?.vectors)
    }

    /// As [`WordVectors::open`], with no more than the words and a few thousand vectors in memory:
    /// what cannot be used where it lies is read into a temporary file in `folder`, which has no
    /// name, takes `4 n_words dim` bytes, is mapped, and vanishes with the vectors.
    ///
    /// # Errors
    /// As [`WordVectors::open`]; [`Error::Io`] or [`Error::DiskFull`] for the temporary file.
    pub fn open_mapped(source: impl Into<TextSource>, folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_mapped_with(source, folder, &())
    }

    /// As [`WordVectors::open_mapped`]; `progress` hears how many bytes were read.
    ///
    /// # Errors
    /// As [`WordVectors::open_mapped`].
    pub fn open_mapped_with(
        source: impl Into<TextSource>,
        folder: impl AsRef<Path>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let options = ReadOptions::default().folder(folder.as_ref().to_path_buf());
        Ok(VectorFile::open(source, &options, progress)?.vectors)
    }
}

impl VectorFile {
    /// Opens a model directory, or a file in any format that is known, as
    /// [`WordVectors::open`] does, and reports what is wrong with it.
    ///
    /// # Errors
    /// As [`WordVectors::open`]; with [`OnFault::Refuse`](super::OnFault::Refuse) the first fault.
    pub fn open(
        source: impl Into<TextSource>,
        options: &ReadOptions,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let source = source.into();
        let path = source.path();
        let options = &options.of_source(&source);
        if path.is_dir() {
            return open_folder(path, options);
        }
        if let Some(files) = projector::find(path) {
            return projector::read_files(files, options);
        }
        let opened = match input::open(path) {
            Err(Error::OtherFormat { path, format: ForeignFormat::NumpyArchive }) => {
                return Ok(Self::of(Format::Npz, npz::read(&path, options)?));
            }
            // An archive of another program is no file of vectors, and neither is anything in it.
            Err(Error::OtherFormat { path, format }) => {
                return Err(wrong_kind(&path, FileKind::Foreign(format)));
            }
            other => other?,
        };
        read(&source, opened, options, progress)
    }

    /// Reads a file whose bytes are in memory; `path` names it in messages. Lists of words, where
    /// the format needs one, stand beside that path. An `.npz` is not read so: it is an archive.
    ///
    /// # Errors
    /// As [`VectorFile::open`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path, options: &ReadOptions) -> Result<Self> {
        let bytes = Decompressed::new(io::Cursor::new(bytes), path)?;
        let path = path.to_path_buf();
        let source = TextSource::new(&path);
        read(&source, Opened { bytes, path, n_raw_bytes: None, is_plain: false }, options, &())
    }
}

/// Reads an opened file with the reader of its format.
fn read(
    source: &TextSource,
    mut opened: Opened,
    options: &ReadOptions,
    progress: &dyn Progress,
) -> Result<VectorFile> {
    let start = opened.bytes.peek(BYTES_LOOKED_AT)?.to_vec();
    // Text, which may begin in any way, is asked last: it is the first row.
    let readers = TABLE.iter().rev().filter_map(|row| row.reader);
    let begins = |reader: &&dyn ReadFormat| reader.begins(&start);
    let reader = readers.into_iter().find(begins).expect("text may begin in any way");
    reader.read(Input { source, opened, start, options, progress })
}

fn open_folder(path: &Path, options: &ReadOptions) -> Result<VectorFile> {
    let vectors = path.join(MODEL_VECTORS);
    if vectors.is_file() {
        if !options.is_usual() {
            return VectorFile::open(vectors, options, &());
        }
        let vectors = safetensors::open(vectors)?.vectors;
        return Ok(VectorFile::of(Format::Safetensors, (vectors, ReadReport::default())));
    }
    if let Some(model) = model2vec::find(path) {
        return model2vec::read(&model, options);
    }
    if let Some(files) = projector::find(path) {
        return projector::read_files(files, options);
    }
    // A model that lacks its vectors is damaged; any other folder is no model at all.
    let other = Error::wrong_kind(path, FileKind::Vectors)
        .filter(|_| FileKind::of(path).is_ok_and(|kind| kind != FileKind::Model));
    Err(other.unwrap_or_else(|| {
        Error::malformed(
            path,
            None,
            format!("a folder without `{MODEL_VECTORS}`"),
            "an eigenlex model or a file of vectors",
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::Format;
    use crate::vectors::format::tests::{EXACT, any_vectors, assert_same, small};
    use proptest::prelude::*;
    use std::fs;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_format_is_told_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        for format in EXACT {
            let path = folder.path().join(format!("{format}.dat"));
            format.write(&small(), &path, false).unwrap();
            assert_same(&WordVectors::open(&path).unwrap(), &small());
        }
    }

    #[test]
    fn a_model_directory_is_opened_by_its_vectors() {
        let folder = tempfile::tempdir().unwrap();
        let message = WordVectors::open(folder.path()).unwrap_err().to_string();
        assert!(
            message.contains(
                "is a folder that is no model, but a model or a file of word vectors is needed here"
            ),
            "{message}"
        );
        Format::Safetensors.write(&small(), folder.path().join(MODEL_VECTORS), false).unwrap();
        assert_same(&WordVectors::open(folder.path()).unwrap(), &small());
    }

    #[test]
    fn compressed_text_is_read_and_a_truncated_file_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("glove.txt.gz");
        let bytes = gzip(b"a 1 2\nb 3 4\n");
        fs::write(&path, &bytes).unwrap();
        assert_eq!(WordVectors::open(&path).unwrap().as_slice(), [1.0, 2.0, 3.0, 4.0]);
        fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        assert!(matches!(WordVectors::open(&path), Err(Error::Decompress { format: "gzip", .. })));
    }

    #[test]
    fn a_failure_of_the_temporary_file_is_not_blamed_on_the_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.gz");
        fs::write(&path, gzip(b"a 1 2\nb 3 4\n")).unwrap();
        let message =
            WordVectors::open_mapped(&path, folder.path().join("no")).unwrap_err().to_string();
        assert!(message.starts_with("cannot create a temporary file in `"), "{message}");
    }

    proptest! {
        // Each case writes and reads 48 files.
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn mapped_vectors_give_the_bytes_of_those_in_memory(
            // With NUL in words a text of a few bytes may look like UTF-16.
            vectors in any_vectors("[^\0 \t\r\n\u{b}\u{c}]{1,8}"),
            compressed: bool,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (input, scratch) = (folder.path().join("input"), folder.path().join("scratch"));
            fs::create_dir(&scratch).unwrap();
            for format in EXACT {
                format.write(&vectors, &input, true).unwrap();
                if compressed && matches!(format, Format::Word2vec | Format::Word2vecBinary) {
                    fs::write(&input, gzip(&fs::read(&input).unwrap())).unwrap();
                }
                let opened = (
                    WordVectors::open(&input),
                    WordVectors::open_mapped(&input, &scratch),
                );
                let (whole, mapped) = match opened {
                    (Ok(whole), Ok(mapped)) => (whole, mapped),
                    // A few numbers whose bytes all happen to be printable text are taken for such,
                    // by both.
                    (Err(whole), Err(mapped)) if format == Format::Word2vecBinary => {
                        prop_assert_eq!(whole.to_string(), mapped.to_string());
                        continue;
                    }
                    (whole, mapped) => panic!("{format}: {whole:?}, {mapped:?}"),
                };
                prop_assert!(!mapped.is_owned(), "{}", format);
                for output in EXACT {
                    let written = [&whole, &mapped].map(|vectors| {
                        let path = folder.path().join("output");
                        output.write(vectors, &path, true).unwrap();
                        fs::read(path).unwrap()
                    });
                    prop_assert!(written[0] == written[1], "{} to {}", format, output);
                }
            }
            prop_assert_eq!(fs::read_dir(scratch).unwrap().count(), 0);
        }
    }

    #[test]
    fn other_separators_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.csv");
        for (line, separator) in [("a,1,2\n", ','), ("word;d1;d2\n", ';'), ("a;0,5;1,5\n", ';')] {
            fs::write(&path, line).unwrap();
            let message = WordVectors::open(&path).unwrap_err().to_string();
            let found = format!("line 1: found fields separated by `{separator}`, expected ");
            assert!(message.contains(&found), "{message}");
        }
        // A comma is a word like any other.
        fs::write(&path, ", 1 2\n").unwrap();
        assert_eq!(WordVectors::open(&path).unwrap().words().iter().next(), Some(","));
    }

    #[test]
    fn broken_text_is_not_taken_for_binary() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.txt");
        fs::write(&path, "2 2\na 1 x\nb 1 2\n").unwrap();
        let message = WordVectors::open(&path).unwrap_err().to_string();
        assert!(message.contains("line 2: found `x` in the vector of `a`"), "{message}");
        fs::write(&path, "").unwrap();
        assert!(
            WordVectors::open(&path)
                .unwrap_err()
                .to_string()
                .ends_with("found an empty file, expected word vectors")
        );
        assert!(matches!(WordVectors::open(folder.path().join("no")), Err(Error::Io { .. })));
    }
}
