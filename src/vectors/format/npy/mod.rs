//! NumPy's `.npy` with a list of words beside it.
//!
//! `vectors.npy` holds an array `(n_words, dim)` of little-endian `f32` in C order, format version
//! 1.0 (NEP 1); `vectors.words.txt` holds one word per line, ended by LF, in the order of the rows.
//! The reader takes numbers of any type and order, and the list under the names that
//! `words_beside` knows. An array of `f32` in C order is used where it lies.

mod header;

use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::input::Input;
use super::intake::ReadOptions;
use super::matrix_in_file::MatrixInFile;
use super::numbers::{Layout, Matrix, NumberType};
use super::precision::VectorPrecision;
use super::report::ReadReport;
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::words_beside::MARK;
use super::{Format, RowStream, refuse_words, words_beside, wrong_kind};
use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::base::words::Words;
use crate::storage::atomic::AtomicFile;
use crate::storage::file_bytes::FileBytes;
use crate::storage::mmap::MappedFile;
use crate::vectors::WordVectors;

pub(super) use header::{Element, Header};

/// What an `.npy` file begins with.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// The format.
pub(super) struct Npy;

impl ReadFormat for Npy {
    fn begins(&self, start: &[u8]) -> bool {
        start.starts_with(MAGIC)
    }

    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let (path, options) = (input.path().to_path_buf(), input.options);
        if path.is_file() && FileKind::of(&path).is_ok_and(|kind| kind == FileKind::Codes) {
            return Err(wrong_kind(&path, FileKind::Codes));
        }
        Ok(VectorFile::of(Format::Npy, read_file(input.bytes()?, &path, options)?))
    }
}

impl WriteFormat for Npy {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_numbers(vectors, options.precision, path, options.force)
    }

    fn files(&self, path: &Path) -> Vec<PathBuf> {
        vec![path.to_path_buf(), words_path(path)]
    }

    fn precisions(&self) -> &'static [VectorPrecision] {
        &[VectorPrecision::Single, VectorPrecision::Half]
    }
}

/// The list of words that belongs to an array: `vectors.words.txt` for `vectors.npy`, but
/// `vectors.en.words.txt` for `vectors.en`, since `vectors.es` has another.
pub fn words_path(path: impl AsRef<Path>) -> PathBuf {
    let path = path.as_ref();
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy")) {
        return path.with_extension("words.txt");
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".words.txt");
    name.into()
}

/// Writes the array to `path` and the words to [`words_path`]; `force` replaces files that exist.
///
/// # Errors
/// [`Error::Parameter`] if a word is empty or holds LF, or ends with CR; otherwise as
/// [`Format::write`].
pub fn write(vectors: &WordVectors, path: impl AsRef<Path>, force: bool) -> Result<()> {
    write_stream(&RowStream::from(vectors), path, force)
}

/// The same for vectors that are made as they are written.
///
/// # Errors
/// As `write`.
pub fn write_stream(vectors: &RowStream<'_>, path: impl AsRef<Path>, force: bool) -> Result<()> {
    write_numbers(vectors, VectorPrecision::Single, path.as_ref(), force)
}

fn write_numbers(
    vectors: &RowStream<'_>,
    precision: VectorPrecision,
    path: &Path,
    force: bool,
) -> Result<()> {
    let is_bad = |word: &str| word.is_empty() || word.contains('\n') || word.ends_with('\r');
    refuse_words(
        vectors.words(),
        Format::Npy,
        is_bad,
        "no line feed in it, no CR at its end and at least one character",
    )?;
    let mut file = AtomicFile::create(path, force)?;
    let mut list = AtomicFile::create(words_path(path), force)?;
    // A word that begins like a mark must not be taken for one.
    if vectors.words().iter().next().is_some_and(|word| word.as_bytes().starts_with(MARK)) {
        list.put(MARK)?;
    }
    for word in vectors.words().iter() {
        list.put(word.as_bytes())?;
        list.put(b"\n")?;
    }
    file.put(&header_of(&description(precision, vectors)))?;
    let mut bytes = Vec::new();
    vectors.each_chunk(|_, rows| {
        bytes.clear();
        precision.encode(rows, &mut bytes);
        file.put(&bytes)
    })?;
    // A full disk shows here, before either file has its name.
    list.sync()?;
    file.sync()?;
    list.commit()?;
    file.commit()
}

/// Magic, version 1.0, and the description padded with spaces so that the numbers begin at a
/// multiple of 64.
pub(crate) fn header(n_words: usize, dim: usize) -> Vec<u8> {
    let description =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n_words}, {dim}), }}");
    header_of(&description)
}

/// The description of an array of vectors.
pub(super) fn description(precision: VectorPrecision, vectors: &RowStream<'_>) -> String {
    let (n_words, dim, n_bytes) = (vectors.words().len(), vectors.dim(), precision.n_bytes());
    format!("{{'descr': '<f{n_bytes}', 'fortran_order': False, 'shape': ({n_words}, {dim}), }}")
}

/// The same for any description.
pub(super) fn header_of(description: &str) -> Vec<u8> {
    let length = (10 + description.len() + 1).next_multiple_of(64) - 10;
    let mut header = MAGIC.to_vec();
    header.extend([1, 0]);
    // Two numbers of at most twenty digits fit into two rows of 64 bytes.
    header.extend((length as u16).to_le_bytes());
    header.extend(description.bytes());
    header.resize(10 + length - 1, b' ');
    header.push(b'\n');
    header
}

/// Opens an array and the list of words beside it. What is wrong with them, as far as they can be
/// read, is not reported: see [`VectorFile`](super::VectorFile).
///
/// # Errors
/// [`Error::Io`]; [`Error::Malformed`] for either file, also if there is no list.
pub fn open(path: impl AsRef<Path>) -> Result<WordVectors> {
    let path = path.as_ref();
    let bytes = FileBytes::Mapped(MappedFile::open(path)?);
    Ok(read_file(bytes, path, &ReadOptions::default())?.0)
}

/// Reads an array and its words from memory; the paths only name the two in messages.
///
/// # Errors
/// [`Error::Malformed`].
pub fn read(bytes: &[u8], path: &Path, list: &[u8], list_path: &Path) -> Result<WordVectors> {
    let words = words_beside::parse(list, list_path)?;
    let bytes = FileBytes::Owned(bytes.to_vec());
    let options = ReadOptions::default();
    Ok(with_words(bytes, path, words, list_path, &options)?.0)
}

/// Reads the bytes of an array; its words stand beside it.
pub(super) fn read_file(
    bytes: FileBytes,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport)> {
    // What is no array of vectors is named before a list of words is looked for.
    Header::read(&mut &bytes[..], path)?.matrix(path)?;
    let (words, list_path) = words_beside::find(path, options)?;
    let (vectors, mut report) = with_words(bytes, path, words, &list_path, options)?;
    report.word_list = Some(list_path);
    Ok((vectors, report))
}

fn with_words(
    bytes: FileBytes,
    path: &Path,
    words: Words,
    list_path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport)> {
    let array = array(&bytes, path)?;
    words_beside::check(&words, list_path, array.n_rows, path)?;
    array.read(bytes, &words, path, options)
}

/// Where the numbers of an array lie, which are all of the file behind its header.
pub(super) fn array(bytes: &[u8], path: &Path) -> Result<MatrixInFile> {
    let header = Header::read(&mut &bytes[..], path)?;
    let (number_type, n_rows, dim) = header.matrix(path)?;
    let n_there = bytes.len() - header.n_bytes;
    let size = Matrix::size(number_type, n_rows, dim);
    let Some(size) = size.filter(|&size| size <= n_there) else {
        let row_bytes = dim.saturating_mul(number_type.n_bytes());
        let found = format!("the end of the file in row {} of {n_rows}", n_there / row_bytes);
        return Err(Error::malformed(path, None, found, format!("rows of {dim} numbers")));
    };
    if size < n_there {
        let found = format!("bytes after row {}", n_rows - 1);
        return Err(Error::malformed(path, None, found, format!("{n_rows} rows")));
    }
    let range = header.n_bytes..bytes.len();
    Ok(MatrixInFile { range, number_type, layout: header.layout, n_rows, dim, scales: None })
}

/// The two sides of an array of `<f4` in C order, read from its header.
pub(crate) fn read_shape(input: &mut impl BufRead, path: &Path) -> Result<(usize, usize)> {
    let header = Header::read(input, path)?;
    let (number_type, n_rows, dim) = header.matrix(path)?;
    if number_type != NumberType::F32 || header.layout != Layout::PLAIN {
        let found = "other numbers than 32-bit floats in C order";
        let expected = "them; convert it with numpy.ascontiguousarray(array, '<f4')";
        return Err(Error::malformed(path, None, found, expected));
    }
    Ok((n_rows, dim))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::tests::{any_vectors, assert_same, same_bits, small};
    use proptest::prelude::*;

    const LIST: &[u8] = "the\nof\ncafé\n".as_bytes();

    fn parse(bytes: &[u8], list: &[u8]) -> Result<WordVectors> {
        read(bytes, Path::new("v.npy"), list, Path::new("v.words.txt"))
    }

    fn written(vectors: &WordVectors) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npy");
        write(vectors, &path, false).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_comes_back_with_its_words() {
        let (_folder, path) = written(&small());
        assert_same(&open(&path).unwrap(), &small());
        assert_eq!(std::fs::read(words_path(&path)).unwrap(), LIST);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 128 + 3 * 2 * 4);
        // As numpy.save writes it.
        let start =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }   ";
        assert_eq!(&bytes[..start.len()], start);
        assert!(bytes[..128].ends_with(b" \n"));
    }

    #[test]
    fn a_first_word_like_a_byte_order_mark_comes_back() {
        let words = ["\u{FEFF}a", "b"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![1.0, 2.0]);
        let (_folder, path) = written(&vectors);
        assert_same(&open(&path).unwrap(), &vectors);
        // Of a list that another program has marked the mark is no letter.
        std::fs::write(words_path(&path), b"\xEF\xBB\xBFc\nd\n").unwrap();
        assert!(open(&path).unwrap().words().iter().eq(["c", "d"]));
    }

    #[test]
    fn a_missing_list_of_words_is_named() {
        let (_folder, path) = written(&small());
        std::fs::remove_file(words_path(&path)).unwrap();
        let message = open(&path).unwrap_err().to_string();
        assert!(
            message.contains("expected a list of words beside it")
                && message.contains("v.words.txt"),
            "{message}"
        );
    }

    #[test]
    fn a_list_that_exists_is_not_replaced_without_force() {
        let (_folder, path) = written(&small());
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(write(&small(), &path, false), Err(Error::OutputExists { .. })));
        assert!(!path.exists());
        write(&small(), &path, true).unwrap();
    }

    #[test]
    fn every_cut_of_a_file_is_refused_without_a_panic() {
        let (_folder, path) = written(&small());
        let bytes = std::fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            assert!(
                matches!(parse(&bytes[..length], LIST), Err(Error::Malformed { .. })),
                "{length}"
            );
        }
    }

    #[test]
    fn damage_is_named() {
        let (_folder, path) = written(&small());
        let good = std::fs::read(&path).unwrap();
        let fails = |bytes: &[u8], list: &[u8], message: &str| {
            assert_eq!(parse(bytes, list).unwrap_err().to_string(), message)
        };
        let with = |from: &str, to: &str| {
            let position =
                good.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            let mut bytes = good.clone();
            bytes[position..position + to.len()].copy_from_slice(to.as_bytes());
            bytes
        };
        fails(&good, b"the\nof\n", "`v.words.txt`: found 2 words, expected 3, the rows of `v.npy`");
        fails(
            &good,
            b"the\n\xFF\nof\n",
            "`v.words.txt`, line 2: found a word that is not UTF-8, expected UTF-8",
        );
        fails(b"word 1 2\n", LIST, "`v.npy`: found other first bytes, expected an .npy file");
        fails(
            &with("<f4", "<f8"),
            LIST,
            "`v.npy`: found the end of the file in row 1 of 3, expected rows of 2 numbers",
        );
        fails(
            &with("<f4", "|O "),
            LIST,
            "`v.npy`: found elements of type '|O ', expected numbers, or text; convert it with \
             array.astype('<f4')",
        );
        fails(
            &with("(3, 2), }", "(3, ), }  "),
            LIST,
            "`v.npy`: found an array of shape (3,), expected two dimensions, (words, numbers)",
        );
        fails(
            &with("(3, 2), }", "(3, 1), }"),
            LIST,
            "`v.npy`: found bytes after row 2, expected 3 rows",
        );
        let too_much = "at least one word, one dimension, and no more than memory can address";
        fails(
            &with("(3, 2), }", "(3, 0), }"),
            LIST,
            &format!("`v.npy`: found 3 words of 0 dimensions, expected {too_much}"),
        );
    }

    #[test]
    fn numbers_of_any_type_and_order_are_read() {
        let of = |descr: &str, order: &str, data: Vec<u8>| {
            let text =
                format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': (2, 2), }}");
            [header_of(&text), data].concat()
        };
        let rows = [1.0f64, 2.0, 3.0, 0.1];
        let floats = rows.map(|value| value as f32);
        let cases = [
            of("<f8", "False", rows.into_iter().flat_map(f64::to_le_bytes).collect()),
            of(">f8", "False", rows.into_iter().flat_map(f64::to_be_bytes).collect()),
            of(">f4", "False", floats.into_iter().flat_map(f32::to_be_bytes).collect()),
            of(
                "<f4",
                "True",
                [1.0f32, 3.0, 2.0, 0.1].into_iter().flat_map(f32::to_le_bytes).collect(),
            ),
        ];
        for bytes in cases {
            assert_eq!(parse(&bytes, b"a\nb\n").unwrap().as_slice(), floats);
        }
    }

    #[test]
    fn an_array_of_our_own_is_used_where_it_lies() {
        let (folder, path) = written(&small());
        assert!(!open(&path).unwrap().is_owned());
        // Of one with NaN the good rows are copied.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[132..136].copy_from_slice(&f32::NAN.to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        let vectors = open(&path).unwrap();
        assert!(vectors.is_owned() && vectors.words().iter().eq(["of", "café"]));
        drop(folder);
    }

    proptest! {
        #[test]
        fn any_vectors_come_back(vectors in any_vectors("[^\r\n]{1,8}")) {
            let (_folder, path) = written(&vectors);
            prop_assert!(same_bits(&open(&path).unwrap(), &vectors));
        }
    }
}
