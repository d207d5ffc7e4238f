//! NumPy's `.npy` with a list of words beside it.
//!
//! `vectors.npy` holds an array `(n_words, dim)` of little-endian `f32` in C order, format version
//! 1.0 (NEP 1); `vectors.words.txt` holds one word per line, ended by LF, in the order of the rows.
//! The reader also takes version 2.0, and the list under `vectors.npy.words.txt`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::{Format, RowStream, check_shape, refuse_duplicates, refuse_words};
use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words};
use crate::input::TextSource;
use crate::storage::atomic::AtomicFile;
use crate::storage::value_list::ValueList;
use crate::vectors::WordVectors;

/// What an `.npy` file begins with.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read: real ones are of 118 bytes.
const HEADER_BYTES: usize = 1 << 16;

/// The list of words that belongs to an `.npy` file: `vectors.words.txt` for `vectors.npy`.
pub fn words_path(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().with_extension("words.txt")
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
    let path = path.as_ref();
    let is_bad = |word: &str| word.is_empty() || word.contains('\n') || word.ends_with('\r');
    refuse_words(
        vectors.words(),
        Format::Npy,
        is_bad,
        "no line feed in it, no CR at its end and at least one character",
    )?;
    let mut file = AtomicFile::create(path, force)?;
    let mut list = AtomicFile::create(words_path(path), force)?;
    for word in vectors.words().iter() {
        list.put(word.as_bytes())?;
        list.put(b"\n")?;
    }
    file.put(&header(vectors.words().len(), vectors.dim()))?;
    let mut bytes = Vec::new();
    vectors.each_chunk(|_, rows| {
        bytes.clear();
        bytes.extend(rows.iter().flat_map(|number| number.to_le_bytes()));
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

/// Opens an array and the list of words beside it.
///
/// # Errors
/// [`Error::Io`], also if there is no list; [`Error::Malformed`] for either file.
pub fn open(path: impl AsRef<Path>) -> Result<WordVectors> {
    open_into(ValueList::default(), path.as_ref())
}

/// The same, with the numbers where `numbers` has them.
pub(super) fn open_into(numbers: ValueList<f32>, path: &Path) -> Result<WordVectors> {
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let mut long_name = path.as_os_str().to_owned();
    long_name.push(".words.txt");
    let long_path = PathBuf::from(long_name);
    let list_path = if long_path.is_file() { long_path } else { words_path(path) };
    let list = TextSource::new(&list_path).read().map_err(|error| match error {
        Error::Io { source, .. } => Error::io("read the list of words", &list_path, source),
        other => other,
    })?;
    read_into(numbers, BufReader::new(file), path, list.as_bytes(), &list_path)
}

/// Reads an array and its words from memory; the paths only name the two in messages.
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`] if the stream fails.
pub fn read(
    input: impl BufRead,
    path: &Path,
    list: &[u8],
    list_path: &Path,
) -> Result<WordVectors> {
    read_into(ValueList::default(), input, path, list, list_path)
}

fn read_into(
    mut numbers: ValueList<f32>,
    mut input: impl BufRead,
    path: &Path,
    list: &[u8],
    list_path: &Path,
) -> Result<WordVectors> {
    let failed = |source: io::Error| Error::io("read", path, source);
    let (n_words, dim) = read_shape(&mut input, path)?;
    let words = read_words(list, list_path)?;
    if words.len() != n_words {
        return Err(Error::malformed(
            list_path,
            None,
            format!("{} words", words.len()),
            format!("{n_words}, the rows of `{}`", path.display()),
        ));
    }
    refuse_duplicates(&words, list_path, |id| Some(u64::from(id.0) + 1))?;
    let mut row = Vec::new();
    for id in (0..n_words as u32).map(WordId) {
        row.clear();
        let n_bytes = input.by_ref().take(dim as u64 * 4).read_to_end(&mut row).map_err(failed)?;
        if n_bytes != dim * 4 {
            return Err(Error::malformed(
                path,
                None,
                format!("the end of the file in row {} of {n_words}", id.0),
                format!("rows of {dim} numbers"),
            ));
        }
        for (place, bytes) in numbers.extend_zeroed(dim)?.iter_mut().zip(row.chunks_exact(4)) {
            let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            if !value.is_finite() {
                let found =
                    format!("{value} in row {}, the vector of `{}`", id.0, words.spelling(id));
                return Err(Error::malformed(path, None, found, "finite numbers"));
            }
            *place = value;
        }
    }
    if !input.fill_buf().map_err(failed)?.is_empty() {
        return Err(Error::malformed(
            path,
            None,
            format!("bytes after row {}", n_words - 1),
            format!("{n_words} rows"),
        ));
    }
    Ok(WordVectors::from_floats(words, dim, numbers.into_floats()?))
}

fn read_words(list: &[u8], path: &Path) -> Result<Words> {
    let mut words = Words::new();
    let complete = list.strip_suffix(b"\n").unwrap_or(list);
    for (index, line) in complete.split(|&byte| byte == b'\n').enumerate() {
        let line_number = Some(index as u64 + 1);
        let word = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(word) = std::str::from_utf8(word) else {
            return Err(Error::malformed(path, line_number, "a word that is not UTF-8", "UTF-8"));
        };
        if word.is_empty() {
            return Err(Error::malformed(path, line_number, "an empty line", "one word per line"));
        }
        words.push(word);
    }
    Ok(words)
}

/// The two sides of an array of `<f4` in C order, read from its header.
pub(crate) fn read_shape(input: &mut impl BufRead, path: &Path) -> Result<(usize, usize)> {
    let header = read_header(input, path)?;
    let value = |key: &str| {
        value_of(&header, key).ok_or_else(|| {
            Error::malformed(path, None, format!("no {key} in the header"), "an .npy header")
        })
    };
    let (descr, order, shape) = (value("'descr'")?, value("'fortran_order'")?, value("'shape'")?);
    if descr != "'<f4'" {
        let expected = "'<f4'; convert it with array.astype('<f4')";
        return Err(Error::malformed(path, None, format!("numbers of type {descr}"), expected));
    }
    if order != "False" {
        let expected = "False; convert it with numpy.ascontiguousarray";
        return Err(Error::malformed(path, None, format!("fortran_order {order}"), expected));
    }
    let sides: Vec<Option<usize>> = shape
        .trim_matches(['(', ')'])
        .split(',')
        .map(str::trim)
        .filter(|side| !side.is_empty())
        .map(|side| side.parse().ok())
        .collect();
    let [Some(n_words), Some(dim)] = sides[..] else {
        let expected = "two dimensions, (words, numbers)";
        return Err(Error::malformed(path, None, format!("an array of shape {shape}"), expected));
    };
    check_shape(n_words, dim, path, None)?;
    Ok((n_words, dim))
}

/// The header, a Python dictionary in text.
fn read_header(input: &mut impl BufRead, path: &Path) -> Result<String> {
    let mut take = |n_bytes: usize| {
        let mut bytes = Vec::new();
        input
            .by_ref()
            .take(n_bytes as u64)
            .read_to_end(&mut bytes)
            .map_err(|source| Error::io("read", path, source))?;
        if bytes.len() == n_bytes {
            Ok(bytes)
        } else {
            Err(Error::malformed(path, None, "the end of the file in the header", "an .npy file"))
        }
    };
    let start = take(8)?;
    if !start.starts_with(MAGIC) {
        return Err(Error::malformed(path, None, "other first bytes", "an .npy file"));
    }
    let n_length_bytes = match start[6] {
        1 => 2,
        2 => 4,
        version => {
            let expected = "version 1 or 2 of the .npy format";
            return Err(Error::malformed(path, None, format!("version {version}"), expected));
        }
    };
    let length =
        take(n_length_bytes)?.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
    if length > HEADER_BYTES {
        let found = format!("a header of {length} bytes");
        return Err(Error::malformed(path, None, found, format!("at most {HEADER_BYTES}")));
    }
    Ok(String::from_utf8_lossy(&take(length)?).into_owned())
}

/// The value of a key in the header, a Python dictionary: up to the comma after it, or to the
/// closing bracket of a tuple.
fn value_of<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let rest = header.split_once(key)?.1.trim_start().strip_prefix(':')?.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        assert_eq!(fs::read(words_path(&path)).unwrap(), LIST);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 128 + 3 * 2 * 4);
        // As numpy.save writes it.
        let start =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }   ";
        assert_eq!(&bytes[..start.len()], start);
        assert!(bytes[..128].ends_with(b" \n"));
    }

    #[test]
    fn a_list_of_words_may_have_a_byte_order_mark_and_other_line_ends() {
        let (_folder, path) = written(&small());
        let expected = ["the", "of", "café"];
        let text = expected.join("\r\n");
        let utf16: Vec<u8> =
            format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = format!("\u{FEFF}{}\r", expected.join("\r")).into_bytes();
        for list in [utf16, marked] {
            fs::write(words_path(&path), list).unwrap();
            assert_eq!(open(&path).unwrap().words().iter().collect::<Vec<_>>(), expected);
        }
        fs::write(words_path(&path), b"caf\xE9\n").unwrap();
        assert!(matches!(open(&path).unwrap_err(), Error::BadUtf8 { line: 1, .. }));
    }

    #[test]
    fn a_missing_list_of_words_is_named() {
        let (_folder, path) = written(&small());
        fs::remove_file(words_path(&path)).unwrap();
        let message = open(&path).unwrap_err().to_string();
        assert!(
            message.starts_with("cannot read the list of words `")
                && message.contains("v.words.txt"),
            "{message}"
        );
    }

    #[test]
    fn a_list_that_exists_is_not_replaced_without_force() {
        let (_folder, path) = written(&small());
        fs::remove_file(&path).unwrap();
        assert!(matches!(write(&small(), &path, false), Err(Error::OutputExists { .. })));
        assert!(!path.exists());
        write(&small(), &path, true).unwrap();
    }

    #[test]
    fn every_cut_of_a_file_is_refused_without_a_panic() {
        let (_folder, path) = written(&small());
        let bytes = fs::read(&path).unwrap();
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
        let good = fs::read(&path).unwrap();
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
            b"the\nof\nthe\n",
            "`v.words.txt`, line 3: found the word `the` a second time, expected distinct words",
        );
        fails(
            &good,
            b"the\n\nof\n",
            "`v.words.txt`, line 2: found an empty line, expected one word per line",
        );
        fails(
            &good,
            b"the\n\xFF\nof\n",
            "`v.words.txt`, line 2: found a word that is not UTF-8, expected UTF-8",
        );
        fails(b"word 1 2\n", LIST, "`v.npy`: found other first bytes, expected an .npy file");
        fails(
            &with("<f4", "<f8"),
            LIST,
            "`v.npy`: found numbers of type '<f8', expected '<f4'; convert it with \
             array.astype('<f4')",
        );
        fails(
            &with("(3, 2), }", "(3, ), }  "),
            LIST,
            "`v.npy`: found an array of shape (3, ), expected two dimensions, (words, numbers)",
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
        let mut bytes = good.clone();
        bytes[132..136].copy_from_slice(&f32::NAN.to_le_bytes());
        fails(
            &bytes,
            LIST,
            "`v.npy`: found NaN in row 0, the vector of `the`, expected finite numbers",
        );
    }

    proptest! {
        #[test]
        fn any_vectors_come_back(vectors in any_vectors("[^\r\n\0\u{FEFF}]{1,8}")) {
            let (_folder, path) = written(&vectors);
            prop_assert!(same_bits(&open(&path).unwrap(), &vectors));
        }
    }
}
