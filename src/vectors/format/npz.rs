//! NumPy's `.npz`: a zip archive of arrays, of which one holds the vectors and one the words.
//!
//! The vectors are the array `vectors` or `embeddings`, or else the only matrix of numbers; the
//! words are the array `words` or `vocab`, or else the only one of text, or stand in a list beside
//! the file. Written are `vectors.npy` (`<f4`, or `<f2`) and `words.npy` (`<U...`), not compressed,
//! as `numpy.savez` does.

use std::io::Write as _;
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::intake::ReadOptions;
use super::npy::{self, Element, Header};
use super::precision::VectorPrecision;
use super::report::ReadReport;
use super::traits::{WriteFormat, WriteOptions};
use super::{Format, RowStream, refuse_words, words_beside};
use crate::base::error::{Error, Result};
use crate::base::words::Words;
use crate::input::archive::{self, Member};
use crate::storage::atomic::AtomicFile;
use crate::storage::file_bytes::FileBytes;
use crate::vectors::WordVectors;

/// What arrays of vectors and of words are called, the likeliest first.
const VECTORS: [&str; 5] = ["vectors", "embeddings", "embedding", "weights", "arr_0"];
const WORDS: [&str; 6] = ["words", "vocab", "tokens", "index_to_key", "labels", "arr_1"];

/// Characters of a word, at the most: NumPy gives every word the room of the longest.
const LONGEST_WORD: usize = 1000;

/// Bytes of a header that are looked at.
const HEADER_BYTES: u64 = 1 << 16;

/// The format. [`VectorFile::open`](super::VectorFile::open) knows such an archive by the names in
/// it and calls [`read`].
pub(super) struct Npz;

impl WriteFormat for Npz {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_arrays(vectors, options.precision, path, options.force)
    }

    fn precisions(&self) -> &'static [VectorPrecision] {
        &[VectorPrecision::Single, VectorPrecision::Half]
    }
}

/// An array in the archive.
struct Array<'a> {
    name: &'a str,
    member: &'a Member,
    header: Header,
}

/// Reads the archive at `path`.
///
/// # Errors
/// [`Error::Archive`]; [`Error::Malformed`]; [`Error::Io`].
pub(super) fn read(path: &Path, options: &ReadOptions) -> Result<(WordVectors, ReadReport)> {
    let members = archive::list_zip(path)?;
    let (arrays, others) = arrays(&members, path)?;
    let is_matrix = |it: &&Array<'_>| {
        matches!(it.header.element, Element::Number(_)) && it.header.shape.len() == 2
    };
    let is_text = |it: &&Array<'_>| {
        !matches!(it.header.element, Element::Number(_)) && it.header.shape.len() == 1
    };
    let vectors = choose(&arrays, &VECTORS, is_matrix).ok_or_else(|| {
        let names: Vec<&str> =
            arrays.iter().map(|it| it.name).chain(others.iter().copied()).collect();
        let expected = "one array of words by numbers, such as `vectors`";
        Error::malformed(path, None, format!("the arrays {}", names.join(", ")), expected)
    })?;
    let bytes = bytes_of(vectors, path)?;
    let within = path.join(&vectors.member.name);
    let matrix = npy::array(&bytes, &within)?;
    let mut word_list = None;
    let words = match choose(&arrays, &WORDS, is_text) {
        Some(words) => {
            let within = path.join(&words.member.name);
            let words = words_of(&bytes_of(words, path)?, words, &within)?;
            words_beside::check(&words, &within, matrix.n_rows, path)?;
            words
        }
        None => {
            if let Some(name) = others.iter().find(|name| WORDS.contains(name))
                && options.words.is_none()
            {
                let found = format!("Python objects in the array `{name}`");
                let expected = "text; save numpy.array(words, dtype=str) in its place";
                return Err(Error::malformed(path, None, found, expected));
            }
            let (words, list) = words_beside::find(path, options)?;
            words_beside::check(&words, &list, matrix.n_rows, path)?;
            word_list = Some(list);
            words
        }
    };
    let (vectors, mut report) = matrix.read(FileBytes::Owned(bytes), &words, path, options)?;
    report.word_list = word_list;
    Ok((vectors, report))
}

/// The arrays of numbers and texts, and the names of others.
fn arrays<'a>(members: &'a [Member], path: &Path) -> Result<(Vec<Array<'a>>, Vec<&'a str>)> {
    let (mut arrays, mut others) = (Vec::new(), Vec::new());
    for member in members {
        let Some(name) = member.name.strip_suffix(".npy") else { continue };
        let mut start =
            std::io::BufReader::new(std::io::Read::take(member.open(path)?, HEADER_BYTES));
        match Header::read(&mut start, &path.join(&member.name)) {
            Ok(header) => arrays.push(Array { name, member, header }),
            // Of a type that is not read, such as Python objects.
            Err(Error::Malformed { .. }) => others.push(name),
            Err(error) => return Err(error),
        }
    }
    Ok((arrays, others))
}

/// The array with the first of the names, or the only one of its kind.
fn choose<'a, 'm>(
    arrays: &'a [Array<'m>],
    names: &[&str],
    is_of_kind: impl Fn(&&Array<'_>) -> bool,
) -> Option<&'a Array<'m>> {
    let of_kind: Vec<&Array<'m>> = arrays.iter().filter(|it| is_of_kind(it)).collect();
    let named = names.iter().find_map(|name| of_kind.iter().find(|it| it.name == *name));
    named.or(of_kind.first().filter(|_| of_kind.len() == 1)).copied()
}

/// All bytes of an array.
fn bytes_of(array: &Array<'_>, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::io::Read::read_to_end(&mut array.member.open(path)?, &mut bytes);
    read.map_err(|error| Error::io("read", path, error))?;
    Ok(bytes)
}

/// The words of an array of text.
fn words_of(bytes: &[u8], array: &Array<'_>, path: &Path) -> Result<Words> {
    let bad = |found: String| Error::malformed(path, None, found, "an array of words");
    let rest = &bytes[array.header.n_bytes.min(bytes.len())..];
    let n_words = array.header.shape[0];
    let (n_bytes, is_unicode) = match array.header.element {
        Element::Unicode(n_characters) => (n_characters.saturating_mul(4), true),
        Element::Bytes(n_bytes) => (n_bytes, false),
        Element::Number(_) => return Err(bad("numbers".to_owned())),
    };
    if n_bytes == 0 || n_words.checked_mul(n_bytes) != Some(rest.len()) {
        return Err(bad(format!("{} bytes for {n_words} words", rest.len())));
    }
    let mut words = Words::new();
    let mut text = String::new();
    for (row, word) in rest.chunks_exact(n_bytes).enumerate() {
        text.clear();
        let not_text = || bad(format!("no text in row {row}"));
        if is_unicode {
            let big = array.header.layout.is_big_endian;
            for unit in word.chunks_exact(4) {
                let unit = [unit[0], unit[1], unit[2], unit[3]];
                let number = if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) };
                text.push(char::from_u32(number).ok_or_else(not_text)?);
            }
        } else {
            text.push_str(std::str::from_utf8(word).map_err(|_| not_text())?);
        }
        words.push(text.trim_end_matches('\0'));
    }
    Ok(words)
}

/// Writes an archive; `force` replaces a file that exists.
///
/// # Errors
/// [`Error::Parameter`] if a word is empty, ends with NUL or is longer than 1,000 characters;
/// otherwise as [`Format::write`].
fn write_arrays(
    vectors: &RowStream<'_>,
    precision: VectorPrecision,
    path: &Path,
    force: bool,
) -> Result<()> {
    let words = vectors.words();
    let is_bad =
        |word: &str| word.is_empty() || word.ends_with('\0') || word.chars().count() > LONGEST_WORD;
    let expected = "1 to 1000 characters and no NUL at its end";
    refuse_words(words, Format::Npz, is_bad, expected)?;
    let mut file = AtomicFile::create(path, force)?;
    let failed = |error: zip::result::ZipError| Error::io("write", path, error.into());
    let not_put = |error: std::io::Error| Error::io("write", path, error);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .large_file(true);
    {
        let mut archive = ZipWriter::new_stream(&mut file);
        archive.start_file("vectors.npy", options).map_err(failed)?;
        let description = npy::description(precision, vectors);
        archive.write_all(&npy::header_of(&description)).map_err(not_put)?;
        let mut bytes = Vec::new();
        vectors.each_chunk(|_, rows| {
            bytes.clear();
            precision.encode(rows, &mut bytes);
            archive.write_all(&bytes).map_err(not_put)
        })?;
        archive.start_file("words.npy", options).map_err(failed)?;
        let n_characters = words.iter().map(|word| word.chars().count()).max().unwrap_or(1);
        let description = format!(
            "{{'descr': '<U{n_characters}', 'fortran_order': False, 'shape': ({},), }}",
            words.len()
        );
        archive.write_all(&npy::header_of(&description)).map_err(not_put)?;
        let mut row = Vec::new();
        for word in words.iter() {
            row.clear();
            row.extend(word.chars().flat_map(|character| u32::from(character).to_le_bytes()));
            row.resize(4 * n_characters, 0);
            archive.write_all(&row).map_err(not_put)?;
        }
        archive.finish().map_err(failed)?;
    }
    file.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::tests::{any_vectors, same_bits, small};
    use proptest::prelude::*;

    fn write_stream(vectors: &RowStream<'_>, path: &Path, force: bool) -> Result<()> {
        Npz.write(vectors, path, &WriteOptions::default().force(force))
    }

    fn read_all(path: &Path) -> Result<WordVectors> {
        Ok(read(path, &ReadOptions::default())?.0)
    }

    #[test]
    fn an_archive_comes_back_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npz");
        write_stream(&RowStream::from(&small()), &path, false).unwrap();
        assert!(same_bits(&read_all(&path).unwrap(), &small()));
        let members = archive::list_zip(&path).unwrap();
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["vectors.npy", "words.npy"]);
        // The same bytes each time: no clock is asked.
        let again = folder.path().join("again.npz");
        write_stream(&RowStream::from(&small()), &again, false).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
    }

    #[test]
    fn every_cut_of_an_archive_is_refused_without_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npz");
        write_stream(&RowStream::from(&small()), &path, false).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(read_all(&path).is_err(), "{length}");
        }
    }

    #[test]
    fn a_word_that_no_array_of_text_holds_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npz");
        for word in ["", "a\0"] {
            let vectors = WordVectors::new([word].into_iter().collect(), 1, vec![1.0]);
            let error = write_stream(&RowStream::from(&vectors), &path, false).unwrap_err();
            assert!(error.to_string().contains("1 to 1000 characters"), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_vectors_come_back(vectors in any_vectors("[^\0]{1,8}")) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("v.npz");
            write_stream(&RowStream::from(&vectors), &path, false).unwrap();
            let found = read(&path, &ReadOptions::default()).unwrap().0;
            prop_assert!(same_bits(&found, &vectors));
        }
    }
}
