//! Opens a file of word vectors; its bytes show the format.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::{npy, parse_header, safetensors, word2vec_binary, word2vec_text};
use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::base::progress::{Progress, Stage};
use crate::storage::value_list::ValueList;
use crate::vectors::WordVectors;

/// Bytes at the beginning of a file that the choice between text and binary rests on: a header and
/// a long line.
const BYTES_LOOKED_AT: u64 = 1 << 16;

/// The vectors within a model directory.
const MODEL_VECTORS: &str = "vectors.safetensors";

impl WordVectors {
    /// Opens a model directory, or a file in any format that is known: `.safetensors`, word2vec's
    /// binary and text formats, fastText's `.vec`, GloVe's text without a header, `.npy` with its
    /// list of words. The two word2vec formats and GloVe's may be compressed by gzip.
    ///
    /// The content shows the format, not the name. Models and `.safetensors` files are
    /// mapped, not copied; see [`safetensors::open`]. Other formats are read into memory.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] with the line where there is one; [`Error::Decompress`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &())
    }

    /// As [`WordVectors::open`]; `progress` gets the bytes read of a file that is not mapped.
    ///
    /// # Errors
    /// As [`WordVectors::open`].
    pub fn open_with(path: impl AsRef<Path>, progress: &dyn Progress) -> Result<Self> {
        open(path.as_ref(), &|| Ok(ValueList::default()), progress)
    }

    /// As [`WordVectors::open`], with no more than the words and a few thousand vectors in memory:
    /// what cannot be used where it lies is read into a temporary file in `folder`, which has no
    /// name, takes `4 n_words dim` bytes, is mapped, and vanishes with the vectors.
    ///
    /// # Errors
    /// As [`WordVectors::open`]; [`Error::Io`] or [`Error::DiskFull`] for the temporary file.
    pub fn open_mapped(path: impl AsRef<Path>, folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_mapped_with(path, folder, &())
    }

    /// As [`WordVectors::open_mapped`]; `progress` hears how many bytes were read.
    ///
    /// # Errors
    /// As [`WordVectors::open_mapped`].
    pub fn open_mapped_with(
        path: impl AsRef<Path>,
        folder: impl AsRef<Path>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        open(path.as_ref(), &|| ValueList::in_folder(folder.as_ref()), progress)
    }
}

/// Opens a file; `numbers` makes the place for those that are not mapped where they lie.
fn open(
    path: &Path,
    numbers: &dyn Fn() -> Result<ValueList<f32>>,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    if path.is_dir() {
        let vectors = path.join(MODEL_VECTORS);
        if !vectors.is_file() {
            // A model that lacks its vectors is damaged; any other folder is no model at all.
            let other = Error::wrong_kind(path, FileKind::Vectors)
                .filter(|_| FileKind::of(path).is_ok_and(|kind| kind != FileKind::Model));
            return Err(other.unwrap_or_else(|| {
                Error::malformed(
                    path,
                    None,
                    format!("a folder without `{MODEL_VECTORS}`"),
                    "an eigenlex model or a file of vectors",
                )
            }));
        }
        return Ok(safetensors::open(vectors)?.vectors);
    }
    let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let start = read_start(&mut file).map_err(|source| Error::io("read", path, source))?;
    let kind = || FileKind::of(path).map_err(|source| Error::io("open", path, source));
    let of_kind = |found| {
        Err(Error::WrongKind { path: path.to_path_buf(), found, needed: FileKind::Vectors })
    };
    if start.starts_with(npy::MAGIC) {
        if kind()? == FileKind::Codes {
            return of_kind(FileKind::Codes);
        }
        npy::open_into(numbers()?, path)
    } else if is_safetensors(&start) {
        match kind()? {
            found @ (FileKind::Map | FileKind::Spaces | FileKind::Codes) => of_kind(found),
            _ => Ok(safetensors::open(path)?.vectors),
        }
    } else if is_prose(&start) {
        of_kind(kind()?)
    } else {
        progress.start(
            Stage::Read,
            file.metadata().ok().filter(Metadata::is_file).map(|metadata| metadata.len()),
        );
        progress.advance(start.len() as u64);
        let vectors = open_word2vec(start, CountedReader { file, progress }, path, numbers);
        progress.finish();
        vectors
    }
}

/// A file that reports its bytes as they are read.
struct CountedReader<'a> {
    file: File,
    progress: &'a dyn Progress,
}

impl Read for CountedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.file.read(buffer)?;
        self.progress.advance(n_bytes as u64);
        Ok(n_bytes)
    }
}

/// The rest of a file after its start.
fn open_word2vec(
    start: Vec<u8>,
    file: CountedReader<'_>,
    path: &Path,
    numbers: &dyn Fn() -> Result<ValueList<f32>>,
) -> Result<WordVectors> {
    if start.starts_with(&[0x1F, 0x8B]) {
        let compressed = BufReader::new(Cursor::new(start).chain(file));
        // The temporary file is made outside: its failure is none of the decoder's.
        let numbers = numbers()?;
        read_word2vec(numbers, MultiGzDecoder::new(compressed), path).map_err(gzip_error)
    } else {
        read_word2vec(numbers()?, Cursor::new(start).chain(file), path)
    }
}

fn read_start(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    input.take(BYTES_LOOKED_AT).read_to_end(&mut start)?;
    Ok(start)
}

/// Whether the first line is text of which less than half of what follows the first word is
/// numbers. What is not UTF-8 may be compressed.
fn is_prose(start: &[u8]) -> bool {
    let line = start
        .split(|&byte| byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let fields: Vec<&str> = line.split_whitespace().skip(1).collect();
    let n_numbers = fields.iter().filter(|field| field.parse::<f64>().is_ok()).count();
    !fields.is_empty() && 2 * n_numbers < fields.len()
}

/// Eight bytes of length, below 100 MB as the format has it, and a JSON object.
fn is_safetensors(start: &[u8]) -> bool {
    start.len() > 8 && start[8] == b'{' && start[4..8] == [0; 4]
}

fn read_word2vec(
    numbers: ValueList<f32>,
    mut input: impl Read,
    path: &Path,
) -> Result<WordVectors> {
    let start = read_start(&mut input).map_err(|source| Error::io("read", path, source))?;
    let is_binary = is_binary(&start);
    let input = BufReader::with_capacity(1 << 20, Cursor::new(start).chain(input));
    if is_binary {
        word2vec_binary::read_into(numbers, input, path)
    } else {
        word2vec_text::read_into(numbers, input, path)
    }
}

/// Whether what follows a header `words dimensions` is no line of numbers, and no text at all.
fn is_binary(start: &[u8]) -> bool {
    let Some(end) = start.iter().position(|&byte| byte == b'\n') else { return false };
    let Some((_, dim)) = parse_header(&start[..end]) else { return false };
    let rows = &start[end + 1..];
    if is_row_of_text(rows, dim) {
        return false;
    }
    let is_control = |&byte: &u8| byte < b' ' && !b"\t\n\r".contains(&byte);
    let is_utf8 =
        std::str::from_utf8(rows).map_or_else(|reason| reason.error_len().is_none(), |_| true);
    rows.iter().any(is_control) || !is_utf8
}

fn is_row_of_text(rows: &[u8], dim: usize) -> bool {
    let Some(row) = rows.split(|&byte| byte == b'\n').next() else { return false };
    let mut fields = row.rsplit(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    let is_number =
        |field: &[u8]| std::str::from_utf8(field).is_ok_and(|field| field.parse::<f32>().is_ok());
    fields.by_ref().take(dim).filter(|field| is_number(field)).count() == dim
        && fields.next().is_some()
}

/// The readers know nothing of compression: the decoder's complaints reach them as failed reads.
fn gzip_error(error: Error) -> Error {
    match error {
        Error::Io { path, source, .. } if source.raw_os_error().is_none() => {
            Error::Decompress { path, format: "gzip", source }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::Format;
    use crate::vectors::format::tests::{any_vectors, assert_same, small};
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
        for format in Format::ALL {
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
        #[test]
        fn mapped_vectors_give_the_bytes_of_those_in_memory(
            vectors in any_vectors("[^ \t\r\n\u{b}\u{c}]{1,8}"),
            compressed: bool,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (input, scratch) = (folder.path().join("input"), folder.path().join("scratch"));
            fs::create_dir(&scratch).unwrap();
            for format in Format::ALL {
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
                for output in Format::ALL {
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
