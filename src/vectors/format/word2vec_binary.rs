//! The binary format of word2vec: a line `n_words dim`, then for each word its spelling, a space,
//! and `dim` little-endian `f32`.
//!
//! word2vec in C ends each row with LF, gensim does not; the reader takes both by dropping LF
//! before a word, as gensim does. The writer follows the C program.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use std::path::Path;

use super::input::Input;
use super::intake::{Intake, ReadOptions};
use super::little_endian::floats_of;
use super::report::{Fault, Place, ReadReport};
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::{Format, RowStream, check_dim, parse_header, refuse_words};
use crate::base::error::{Error, Result};
use crate::base::words::WordId;
use crate::storage::atomic::AtomicFile;
use crate::vectors::WordVectors;

/// The longest header line: two numbers of twenty digits, and some room.
const HEADER_BYTES: u64 = 100;

/// The longest word: far above any real one, so that a file in another format ends the search for a
/// space soon.
const WORD_BYTES: u64 = 1 << 16;

/// Lines that are looked at to tell text.
const LINES_LOOKED_AT: usize = 20;

/// The format.
pub(super) struct Binary;

impl ReadFormat for Binary {
    /// Whether what follows a header `words dimensions` is neither lines of numbers nor any text.
    fn begins(&self, start: &[u8]) -> bool {
        let Some(end) = start.iter().position(|&byte| byte == b'\n') else { return false };
        let Some((_, dim)) = parse_header(&start[..end]) else { return false };
        let rows = &start[end + 1..];
        if is_row_of_text(rows, dim) || are_lines_of_numbers(rows) {
            return false;
        }
        let is_control = |&byte: &u8| byte < b' ' && !b"\t\n\r".contains(&byte);
        let is_utf8 =
            std::str::from_utf8(rows).map_or_else(|reason| reason.error_len().is_none(), |_| true);
        rows.iter().any(is_control) || !is_utf8
    }

    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let (path, options) = (input.path().to_path_buf(), input.options);
        let read = read_with(input.stream(), &path, options)?;
        Ok(VectorFile::of(Format::Word2vecBinary, read))
    }
}

impl WriteFormat for Binary {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_stream(vectors, path, options.force)
    }
}

fn is_row_of_text(rows: &[u8], dim: usize) -> bool {
    let Some(row) = rows.split(|&byte| byte == b'\n').next() else { return false };
    let mut fields = row.rsplit(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    let is_number =
        |field: &[u8]| std::str::from_utf8(field).is_ok_and(|field| field.parse::<f32>().is_ok());
    fields.by_ref().take(dim).filter(|field| is_number(field)).count() == dim
        && fields.next().is_some()
}

/// Whether most of the first lines have nothing but numbers behind their first field, as text has
/// them, whose words may have any encoding and whose header may be wrong. A decimal comma is
/// understood: the reader of text has a hint for it.
fn are_lines_of_numbers(rows: &[u8]) -> bool {
    let is_number = |field: &[u8]| match std::str::from_utf8(field) {
        Ok(field) => field.replacen(',', ".", 1).parse::<f32>().is_ok(),
        Err(_) => false,
    };
    let has_numbers = |line: &&[u8]| {
        let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
        let mut numbers = fields.by_ref().skip(1).peekable();
        numbers.peek().is_some() && numbers.all(is_number)
    };
    let lines = rows.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let lines: Vec<&[u8]> = lines.take(LINES_LOOKED_AT).collect();
    let n_with_numbers = lines.iter().filter(|line| has_numbers(line)).count();
    n_with_numbers * 2 > lines.len()
}

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

/// Reads vectors; `path` only names the stream in messages. What is wrong with the file, as far as
/// it can be read, is not reported: see [`VectorFile`](super::VectorFile).
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`] if the stream fails.
pub fn read(input: impl BufRead, path: &Path) -> Result<WordVectors> {
    Ok(read_with(input, path, &ReadOptions::default())?.0)
}

/// The same with options and a report.
pub(super) fn read_with(
    mut input: impl BufRead,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport)> {
    let failed = |source: io::Error| Error::io("read", path, source);
    let mut header = Vec::new();
    input.by_ref().take(HEADER_BYTES).read_until(b'\n', &mut header).map_err(failed)?;
    let Some((n_words, dim)) = parse_header(&header).filter(|_| header.ends_with(b"\n")) else {
        return Err(Error::malformed(path, None, "no header", "a first line `words dimensions`"));
    };
    check_dim(dim, path, None)?;

    let mut intake = Intake::new(path, dim, options)?;
    let mut entries = Entries::new(input, path, dim, header.len() as u64);
    let mut n_rows = 0;
    while intake.room() > 0 {
        // More words than the header promises are taken too, fewer are a file that is cut short.
        if n_rows >= n_words && entries.is_at_end()? {
            break;
        }
        if !entries.read(n_rows as u64, &mut intake)? {
            break;
        }
        n_rows += 1;
    }
    let is_limited = intake.room() == 0 && (n_rows < n_words || !entries.is_at_end()?);
    intake.report().is_limited = is_limited;
    if n_rows != n_words && !is_limited {
        let found = format!("{n_rows} word(s), where the header says {n_words}");
        intake.note(Fault::WordCount, Place::whole(found))?;
    }
    intake.finish()
}

/// The words and vectors of a file, one after the other.
struct Entries<'a, R> {
    input: R,
    path: &'a Path,
    dim: usize,
    /// Bytes read.
    offset: u64,
    spelling: Vec<u8>,
    bytes: Vec<u8>,
    row: Vec<f32>,
}

impl<'a, R: BufRead> Entries<'a, R> {
    fn new(input: R, path: &'a Path, dim: usize, offset: u64) -> Self {
        let (spelling, bytes, row) = (Vec::new(), Vec::new(), Vec::new());
        Self { input, path, dim, offset, spelling, bytes, row }
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::io("read", self.path, source)
    }

    /// Whether nothing but LF follows, which is passed.
    fn is_at_end(&mut self) -> Result<bool> {
        loop {
            match self.input.fill_buf() {
                Ok([b'\n', ..]) => self.input.consume(1),
                Ok(bytes) => return Ok(bytes.is_empty()),
                Err(source) => return Err(self.failed(source)),
            }
            self.offset += 1;
        }
    }

    /// Reads a row; `false` if the file ends in it, and that is taken.
    fn read(&mut self, number: u64, intake: &mut Intake<'_>) -> Result<bool> {
        self.is_at_end()?;
        let begin = Some(self.offset);
        self.spelling.clear();
        let mut word = self.input.by_ref().take(WORD_BYTES);
        let n_read = word.read_until(b' ', &mut self.spelling);
        self.offset += n_read.map_err(|source| self.failed(source))? as u64;
        let Some(word) = self.spelling.strip_suffix(b" ") else {
            let found = match self.spelling.len() as u64 {
                WORD_BYTES => "a word without an end",
                _ => "the end of the file in place of a word",
            };
            intake.note(Fault::CutShort, Place::row(number, begin, found))?;
            return Ok(false);
        };
        // The file is not of this format, or the numbers are not as many as the header says.
        let word = String::from_utf8_lossy(word);
        self.bytes.clear();
        // Grows as bytes come, so that a wrong header costs nothing.
        let mut row = self.input.by_ref().take(self.dim as u64 * 4);
        let n_read = row.read_to_end(&mut self.bytes);
        self.offset += n_read.map_err(|source| Error::io("read", self.path, source))? as u64;
        if self.bytes.len() != self.dim * 4 {
            let found = format!("the end of the file in the vector of `{word}`");
            intake.note(Fault::CutShort, Place::row(number, begin, found))?;
            return Ok(false);
        }
        if matches!(word, Cow::Owned(_)) {
            let found = format!("the word `{word}`, that is not UTF-8");
            intake.note(Fault::BadUtf8, Place::row(number, begin, found))?;
        }
        self.row.clear();
        self.row.extend(floats_of(&self.bytes));
        intake.take_row(&word, &self.row, number)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::report::OnFault;
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
        let too_much = "at least one, and no more than memory can address";
        for dim in ["0", "9223372036854775807"] {
            fails(
                format!("2 {dim}\na b ").as_bytes(),
                &format!("`v.bin`: found a header that says {dim} dimensions, expected {too_much}"),
            );
        }
        fails(
            b"4000000000 1000000000\na 1234",
            "`v.bin`: found the end of the file in the vector of `a` (row 0), expected 1000000000 \
             numbers for each word",
        );
        fails(
            b"2 1\na \0\0\0\0",
            "`v.bin`: found the end of the file in place of a word (row 1), expected 1 numbers for \
             each word",
        );
        fails(
            b"1 1\n \0\0\0\0",
            "`v.bin`: found a vector without a word (row 0), expected at least one good vector",
        );
    }

    #[test]
    fn text_with_a_wrong_header_is_text_in_any_encoding() {
        let rows: [&[u8]; 4] = [
            b"f\xFCr 0.5 0.25\nK\xF6nig 0.5 1\nMann 1 0\n",
            b"f\xFCr 0,512 0,125\nK\xF6nig 0,25 0,5\n",
            b"\ncaf\xE9 1 1\nking 1 0.5\n",
            b"\n\x01a 1 1\nking 1 0.5\n",
        ];
        for rows in rows {
            for header in ["4 3\n", "4 2\n", "0 1\n"] {
                assert!(!Binary.begins(&[header.as_bytes(), rows].concat()), "{rows:?}");
            }
        }
        // Words that begin with blanks, or look like numbers, and one row whose bytes are LF.
        for bytes in [FROM_C, FROM_GENSIM, b"2 1\n1 \n\n\n\n2 \0\0\0?", b"1 1\n\xC3\xA9 \0\0\0?"] {
            assert!(Binary.begins(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn faults_that_can_be_taken_are_reported_or_refused() {
        let strict = ReadOptions::default().on_fault(OnFault::Refuse);
        for (bytes, words, note, refused) in [
            (
                &b"1 1\na \0\0\0\0b \0\0\0\0"[..],
                &["a", "b"][..],
                "2 word(s), where the header says 1; all words that are there are read",
                "found 2 word(s), where the header says 1, expected as many words as the header \
                 says",
            ),
            (
                b"2 1\na \0\0\0\0a \0\0\x80?",
                &["a"],
                "row 1: the word `a` a second time; the first stays, the others are left out",
                "found the word `a` a second time (row 1), expected distinct words",
            ),
            (
                b"1 1\n\xE2\x82 \0\0\0\0",
                &["\u{FFFD}"],
                "row 0: the word `\u{FFFD}`, that is not UTF-8; the bytes that are not UTF-8 \
                 become U+FFFD",
                "found the word `\u{FFFD}`, that is not UTF-8 (row 0), expected UTF-8",
            ),
            (
                b"2 1\na \0\0\xC0\x7Fb \0\0\0\0",
                &["b"],
                "row 0: NaN in the vector of `a`; left out",
                "found NaN in the vector of `a` (row 0), expected finite numbers",
            ),
            (
                b"2 1\na \0\0\0\0 \0\0\0\0",
                &["a"],
                "row 1: a vector without a word; left out",
                "found a vector without a word (row 1), expected a word and 1 numbers",
            ),
        ] {
            let (vectors, report) =
                read_with(bytes, Path::new("v.bin"), &ReadOptions::default()).unwrap();
            assert!(vectors.words().iter().eq(words.iter().copied()));
            assert_eq!(report.notes.len(), 1);
            assert_eq!(report.notes[0].to_string(), note);
            let error = read_with(bytes, Path::new("v.bin"), &strict).unwrap_err();
            assert_eq!(error.to_string(), format!("`v.bin`: {refused}"));
        }
    }

    #[test]
    fn the_first_rows_are_read_and_a_repair_takes_what_is_whole() {
        let three = b"3 1\na \0\0\0\0b \0\0\0\0c \0\0\0\0";
        let read = |bytes: &[u8], options| read_with(bytes, Path::new("v.bin"), &options).unwrap();
        let (vectors, report) = read(three, ReadOptions::default().limit(2));
        assert!(vectors.words().iter().eq(["a", "b"]));
        assert!(report.is_clean() && report.is_limited);
        let cut = &three[..three.len() - 1];
        assert!(read_with(cut, Path::new("v"), &ReadOptions::default()).is_err());
        let (vectors, report) = read(cut, ReadOptions::default().on_fault(OnFault::Repair));
        assert_eq!(vectors.len(), 2);
        assert_eq!(report.count(Fault::CutShort), 1);
        assert_eq!(report.notes[0].places[0].byte, Some(16));
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
