//! Opens a file of word vectors; its bytes show the format.

use std::io::{self, BufReader, Read};
use std::path::Path;

use super::{npy, parse_header, safetensors, word2vec_binary, word2vec_text};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::base::kind::FileKind;
use crate::base::progress::{Progress, Stage};
use crate::input::compression::RawBytes;
use crate::input::encoding::Decoded;
use crate::input::{self, Opened, TextSource};
use crate::storage::value_list::ValueList;
use crate::vectors::WordVectors;

/// Bytes at the beginning of a file that the choice between text and binary rests on: a header and
/// a long line.
const BYTES_LOOKED_AT: usize = 1 << 16;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// The vectors within a model directory.
const MODEL_VECTORS: &str = "vectors.safetensors";

impl WordVectors {
    /// Opens a model directory, or a file in any format that is known: `.safetensors`, word2vec's
    /// binary and text formats, fastText's `.vec`, GloVe's text without a header, `.npy` with its
    /// list of words. The two word2vec formats and GloVe's may be compressed with gzip, zstd, bzip2
    /// or xz, may be the only file of a zip or tar archive, and their text may have any encoding
    /// that a byte order mark or [`TextSource::encoding`] names.
    ///
    /// The content shows the format, not the name. Models and `.safetensors` files are
    /// mapped, not copied; see [`safetensors::open`]. Other formats are read into memory.
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
        open(&source.into(), &|| Ok(ValueList::default()), progress)
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
        open(&source.into(), &|| ValueList::in_folder(folder.as_ref()), progress)
    }
}

/// Opens a file; `numbers` makes the place for those that are not mapped where they lie.
fn open(
    source: &TextSource,
    numbers: &dyn Fn() -> Result<ValueList<f32>>,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    let path = source.path();
    if path.is_dir() {
        return open_folder(path);
    }
    // An archive of another program is no file of vectors, and neither is anything in it.
    let mut opened = input::open(path).map_err(|error| match error {
        Error::OtherFormat { path, format } => wrong_kind(&path, FileKind::Foreign(format)),
        other => other,
    })?;
    let start = opened.bytes.peek(BYTES_LOOKED_AT)?.to_vec();
    if opened.is_plain && start.starts_with(npy::MAGIC) {
        return match kind_of(path)? {
            FileKind::Codes => Err(wrong_kind(path, FileKind::Codes)),
            _ => npy::open_into(numbers()?, path),
        };
    }
    if is_safetensors(&start) {
        return match kind_of(path)? {
            found @ (FileKind::Map | FileKind::Spaces | FileKind::Codes) => {
                Err(wrong_kind(path, found))
            }
            _ if opened.is_plain => Ok(safetensors::open(path)?.vectors),
            _ => Err(Error::malformed(
                path,
                None,
                "a safetensors file that is compressed, in an archive or from a pipe",
                "the file as it is: it is mapped where it lies",
            )),
        };
    }
    if let Some(format) = ForeignFormat::of(&start) {
        return Err(wrong_kind(path, FileKind::Foreign(format)));
    }
    progress.start(Stage::Read, opened.n_raw_bytes);
    let vectors = read_word2vec(numbers, source, opened, &start, progress);
    progress.finish();
    vectors
}

fn open_folder(path: &Path) -> Result<WordVectors> {
    let vectors = path.join(MODEL_VECTORS);
    if vectors.is_file() {
        return Ok(safetensors::open(vectors)?.vectors);
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

fn kind_of(path: &Path) -> Result<FileKind> {
    // A file within an archive has no kind of its own.
    if path.is_file() {
        FileKind::of(path).map_err(|source| Error::io("open", path, source))
    } else {
        Ok(FileKind::Other)
    }
}

fn wrong_kind(path: &Path, found: FileKind) -> Error {
    Error::WrongKind { path: path.to_path_buf(), found, needed: FileKind::Vectors }
}

/// Reads the formats of words and numbers, text or binary; `start` is what the file begins with.
fn read_word2vec(
    numbers: &dyn Fn() -> Result<ValueList<f32>>,
    source: &TextSource,
    opened: Opened,
    start: &[u8],
    progress: &dyn Progress,
) -> Result<WordVectors> {
    let path = &opened.path;
    let counted = |raw_bytes| Counted { raw_bytes, progress };
    if is_binary(start) {
        let counted = counted(opened.bytes.raw_bytes());
        let input = BufReader::with_capacity(BUFFER_BYTES, counted.over(opened.bytes));
        return word2vec_binary::read_into(numbers()?, input, path);
    }
    let counted = counted(opened.bytes.raw_bytes());
    let text = Decoded::new(opened.bytes, path, source.given_encoding())?;
    // What is wrong is said before a temporary file is made for the numbers.
    let first = text.ahead();
    if let Some(format) = ForeignFormat::of_markup(first) {
        return Err(wrong_kind(path, FileKind::Foreign(format)));
    }
    if first_line(first).contains(&0) {
        return Err(wrong_kind(path, FileKind::Foreign(ForeignFormat::Binary)));
    }
    if let Some(separator) = other_separator(first) {
        return Err(Error::malformed(
            path,
            Some(1),
            format!("fields separated by `{separator}`"),
            "a header `words dimensions`, or a word and its numbers, separated by spaces or tabs",
        ));
    }
    if is_prose(first) {
        return Err(wrong_kind(path, kind_of(path)?));
    }
    let input = BufReader::with_capacity(BUFFER_BYTES, counted.over(text));
    word2vec_text::read_into(numbers()?, input, path)
}

/// Reports the raw bytes of a file as they are read.
struct Counted<'a> {
    raw_bytes: RawBytes,
    progress: &'a dyn Progress,
}

impl<'a> Counted<'a> {
    fn over<R>(self, inner: R) -> CountedReader<'a, R> {
        CountedReader { inner, counted: self }
    }
}

struct CountedReader<'a, R> {
    inner: R,
    counted: Counted<'a>,
}

impl<R: Read> Read for CountedReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        self.counted.progress.advance(self.counted.raw_bytes.take());
        Ok(n_bytes)
    }
}

/// The first line that is not blank.
fn first_line(start: &[u8]) -> &[u8] {
    start
        .split(|&byte| byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default()
}

/// The comma or semicolon between the fields of the first line, if it holds nothing else between
/// them.
fn other_separator(start: &[u8]) -> Option<char> {
    let line = std::str::from_utf8(first_line(start)).ok()?.trim();
    let is_separator = |separator: &char| {
        !line.contains([' ', '\t']) && line.split(*separator).skip(1).count() > 1
    };
    [';', ','].into_iter().find(is_separator)
}

/// Whether the first line is text of which less than half of what follows the first word is
/// numbers.
fn is_prose(start: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(first_line(start)) else { return false };
    let fields: Vec<&str> = line.split_whitespace().skip(1).collect();
    let n_numbers = fields.iter().filter(|field| field.parse::<f64>().is_ok()).count();
    !fields.is_empty() && 2 * n_numbers < fields.len()
}

/// Eight bytes of length, below 100 MB as the format has it, and a JSON object.
fn is_safetensors(start: &[u8]) -> bool {
    start.len() > 8 && start[8] == b'{' && start[4..8] == [0; 4]
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
            // With NUL in words a text of a few bytes may look like UTF-16.
            vectors in any_vectors("[^\0 \t\r\n\u{b}\u{c}]{1,8}"),
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
