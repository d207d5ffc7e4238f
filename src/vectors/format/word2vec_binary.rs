//! The binary format of word2vec: a line `n_words dim`, then for each word its spelling, a space,
//! and `dim` little-endian `f32`.
//!
//! word2vec in C ends each row with LF, gensim does not; the reader takes both by dropping LF
//! before a word, as gensim does. The writer follows the C program.

use std::io::{self, BufRead, Read};
use std::path::Path;

use super::{Format, RowStream, check_shape, parse_header, refuse_duplicates, refuse_words};
use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words};
use crate::storage::atomic::AtomicFile;
use crate::storage::value_list::ValueList;
use crate::vectors::WordVectors;

/// The longest header line: two numbers of twenty digits, and some room.
const HEADER_BYTES: u64 = 100;

/// The longest word: far above any real one, so that a file in another format ends the search for a
/// space soon.
const WORD_BYTES: u64 = 1 << 16;

/// Writes vectors; `force` replaces a file that exists.
///
/// # Errors
/// [`Error::Parameter`] if a word is empty, holds a space or LF, or is longer than 65,000 bytes;
/// otherwise as [`Format::write`].
pub fn write(vectors: &WordVectors, path: impl AsRef<Path>, force: bool) -> Result<()> {
    write_stream(&RowStream::from(vectors), path, force)
}

/// The same for vectors that are made as they are written.
///
/// # Errors
/// As `write`.
pub fn write_stream(vectors: &RowStream<'_>, path: impl AsRef<Path>, force: bool) -> Result<()> {
    let is_bad = |word: &str| word.is_empty() || word.len() >= 65_000 || word.contains([' ', '\n']);
    refuse_words(
        vectors.words(),
        Format::Word2vecBinary,
        is_bad,
        "no space or line feed in it and 1 to 65000 bytes",
    )?;
    let mut file = AtomicFile::create(path, force)?;
    file.put(format!("{} {}\n", vectors.words().len(), vectors.dim()).as_bytes())?;
    let mut row = Vec::new();
    vectors.each_chunk(|begin, rows| {
        for (index, vector) in rows.chunks_exact(vectors.dim()).enumerate() {
            row.clear();
            row.extend_from_slice(
                vectors.words().spelling(WordId((begin + index) as u32)).as_bytes(),
            );
            row.push(b' ');
            row.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
            row.push(b'\n');
            file.put(&row)?;
        }
        Ok(())
    })?;
    file.commit()
}

/// Reads vectors; `path` only names the stream in messages.
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`] if the stream fails.
pub fn read(input: impl BufRead, path: &Path) -> Result<WordVectors> {
    read_into(ValueList::default(), input, path)
}

/// The same, with the numbers where `numbers` has them.
pub(super) fn read_into(
    mut numbers: ValueList<f32>,
    mut input: impl BufRead,
    path: &Path,
) -> Result<WordVectors> {
    let failed = |source: io::Error| Error::io("read", path, source);
    let mut header = Vec::new();
    input.by_ref().take(HEADER_BYTES).read_until(b'\n', &mut header).map_err(failed)?;
    let Some((n_words, dim)) = parse_header(&header).filter(|_| header.ends_with(b"\n")) else {
        return Err(Error::malformed(path, None, "no header", "a first line `words dimensions`"));
    };
    check_shape(n_words, dim, path, None)?;

    let mut words = Words::new();
    let mut entries = Entries { input, path, n_words, dim, spelling: Vec::new(), row: Vec::new() };
    for number in 1..=n_words {
        let word = entries.read(number, &mut numbers)?;
        words.push(word);
    }
    let mut tail = Vec::new();
    entries.input.take(2).read_to_end(&mut tail).map_err(failed)?;
    if !(tail.is_empty() || tail == b"\n") {
        return Err(Error::malformed(
            path,
            None,
            format!("bytes after word {n_words}"),
            format!("{n_words} words as the first line says"),
        ));
    }
    refuse_duplicates(&words, path, |_| None)?;
    Ok(WordVectors::from_floats(words, dim, numbers.into_floats()?))
}

/// The bytes up to and with the next space, without LF before them.
fn read_word(input: &mut impl BufRead, spelling: &mut Vec<u8>) -> io::Result<()> {
    spelling.clear();
    while input.fill_buf()?.first() == Some(&b'\n') {
        input.consume(1);
    }
    input.take(WORD_BYTES).read_until(b' ', spelling).map(|_| ())
}

/// The words and vectors of a file, one after the other.
struct Entries<'a, R> {
    input: R,
    path: &'a Path,
    n_words: usize,
    dim: usize,
    spelling: Vec<u8>,
    row: Vec<u8>,
}

impl<R: BufRead> Entries<'_, R> {
    /// Reads word `number`, from 1; its vector is added to `numbers`.
    fn read(&mut self, number: usize, numbers: &mut ValueList<f32>) -> Result<&str> {
        let (path, n_words, dim) = (self.path, self.n_words, self.dim);
        let refuse =
            |found: String, expected: String| Err(Error::malformed(path, None, found, expected));
        let failed = |source: io::Error| Error::io("read", path, source);
        read_word(&mut self.input, &mut self.spelling).map_err(failed)?;
        let Some(word) = self.spelling.strip_suffix(b" ") else {
            let found = format!("no space after word {number} of {n_words}");
            return refuse(found, format!("words with {dim} numbers each"));
        };
        let Ok(word) = std::str::from_utf8(word) else {
            let word = String::from_utf8_lossy(word);
            return refuse(format!("word {number}, `{word}`, that is not UTF-8"), "UTF-8".into());
        };
        if word.is_empty() {
            return refuse(format!("an empty word {number}"), "at least one character".into());
        }
        self.row.clear();
        // Grows as bytes come, so that a wrong header costs nothing.
        let mut row = self.input.by_ref().take(dim as u64 * 4);
        let n_bytes = row.read_to_end(&mut self.row).map_err(failed)?;
        if n_bytes != dim * 4 {
            let found = format!("the end of the file in the vector of word {number}, `{word}`");
            return refuse(found, format!("{n_words} words of {dim} numbers"));
        }
        for (place, bytes) in numbers.extend_zeroed(dim)?.iter_mut().zip(self.row.chunks_exact(4)) {
            let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            if !value.is_finite() {
                let found = format!("{value} in the vector of word {number}, `{word}`");
                return refuse(found, "finite numbers".into());
            }
            *place = value;
        }
        Ok(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::tests::{any_vectors, assert_same, same_bits, small};
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Result<WordVectors> {
        read(bytes, Path::new("v.bin"))
    }

    fn bytes_of(vectors: &WordVectors) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.bin");
        write(vectors, &path, false).unwrap();
        std::fs::read(&path).unwrap()
    }

    /// `1.0` is 00 00 80 3F, `-2.5` is 00 00 20 C0, `0.15625` is 00 00 20 3E: their blanks (0x20)
    /// must not end a word.
    const FROM_C: &[u8] =
        b"2 2\n</s> \x00\x00\x80\x3F\x00\x00\x20\xC0\nthe \x00\x00\x20\x3E\x00\x00\x80\x3F\n";
    const FROM_GENSIM: &[u8] =
        b"2 2\n</s> \x00\x00\x80\x3F\x00\x00\x20\xC0the \x00\x00\x20\x3E\x00\x00\x80\x3F";

    #[test]
    fn the_bytes_of_the_c_program_and_of_gensim_are_read() {
        for bytes in [FROM_C, FROM_GENSIM] {
            let vectors = parse(bytes).unwrap();
            assert!(vectors.words().iter().eq(["</s>", "the"]));
            assert_eq!(vectors.as_slice(), [1.0, -2.5, 0.15625, 1.0]);
        }
    }

    #[test]
    fn the_writer_gives_the_bytes_of_the_c_program() {
        assert_eq!(bytes_of(&parse(FROM_GENSIM).unwrap()), FROM_C);
        assert_same(&parse(&bytes_of(&small())).unwrap(), &small());
    }

    #[test]
    fn every_cut_of_a_file_is_refused_without_a_panic() {
        for length in 0..FROM_GENSIM.len() {
            assert!(
                matches!(parse(&FROM_GENSIM[..length]), Err(Error::Malformed { .. })),
                "{length}"
            );
        }
    }

    #[test]
    fn damage_is_named() {
        let fails = |bytes: &[u8], message: &str| {
            assert_eq!(parse(bytes).unwrap_err().to_string(), message)
        };
        fails(b"two 2\n", "`v.bin`: found no header, expected a first line `words dimensions`");
        let too_much = "at least one word, one dimension, and no more than memory can address";
        fails(
            b"2 0\na b ",
            &format!("`v.bin`: found 2 words of 0 dimensions, expected {too_much}"),
        );
        fails(
            b"3 9223372036854775807\n",
            &format!(
                "`v.bin`: found 3 words of 9223372036854775807 dimensions, expected {too_much}"
            ),
        );
        fails(
            b"4000000000 1000000000\na 1234",
            "`v.bin`: found the end of the file in the vector of word 1, `a`, expected 4000000000 \
             words of 1000000000 numbers",
        );
        fails(
            b"1 1\na \0\0\0\0b \0\0\0\0",
            "`v.bin`: found bytes after word 1, expected 1 words as the first line says",
        );
        fails(
            b"2 1\na \0\0\0\0a \0\0\0\0",
            "`v.bin`: found the word `a` a second time, expected distinct words",
        );
        fails(
            b"1 1\n\xE2\x82 \0\0\0\0",
            "`v.bin`: found word 1, `\u{FFFD}`, that is not UTF-8, expected UTF-8",
        );
        fails(
            b"1 1\na \0\0\xC0\x7F",
            "`v.bin`: found NaN in the vector of word 1, `a`, expected finite numbers",
        );
        fails(b"1 1\n \0\0\0\0", "`v.bin`: found an empty word 1, expected at least one character");
    }

    proptest! {
        #[test]
        fn any_vectors_come_back(vectors in any_vectors("[^ \n]{1,8}")) {
            prop_assert!(same_bits(&parse(&bytes_of(&vectors)).unwrap(), &vectors));
        }

        #[test]
        fn no_bytes_make_it_panic(
            n_words in 0u8..4,
            dim in 0u8..4,
            tail in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut bytes = format!("{n_words} {dim}\n").into_bytes();
            bytes.extend(tail);
            let _ = parse(&bytes);
        }
    }
}
