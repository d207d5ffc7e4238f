//! The text format of word2vec: a line `n_words dim`, then a line `word number number ...` for each
//! word.
//!
//! The reader also takes GloVe's files, which have no header, and fastText's `.vec`. The last `dim`
//! fields of a line are the numbers, the rest is the word, which may hold spaces (as in GloVe's
//! 840B file) and any Unicode; lines end at LF alone, since U+0085 and U+2028 occur in words. A
//! space at the end of a line (word2vec in C) and a CR before the LF are ignored. The writer gives
//! each number the fewest digits that are read back as the same `f32`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead};
use std::path::Path;

use rayon::prelude::*;

use super::{Format, RowStream, check_shape, parse_header, refuse_duplicates, refuse_words};
use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words};
use crate::storage::atomic::AtomicFile;
use crate::storage::value_list::ValueList;
use crate::vectors::WordVectors;

/// Bytes of text that are parsed together, on all cores.
const BATCH_BYTES: usize = 8 << 20;

/// Without a header the number of fields is the commonest among so many lines: a word with a space
/// in it must not decide.
const LINES_LOOKED_AT: usize = 1000;

/// Rows that are printed together, on all cores.
const ROWS_PER_TASK: usize = 512;

/// Writes vectors; `force` replaces a file that exists.
///
/// # Errors
/// [`Error::Parameter`] if a word is empty or holds white space (other programs would split it);
/// otherwise as [`Format::write`].
pub fn write(vectors: &WordVectors, path: impl AsRef<Path>, force: bool) -> Result<()> {
    write_stream(&RowStream::from(vectors), path, force)
}

/// The same for vectors that are made as they are written.
///
/// # Errors
/// As `write`.
pub fn write_stream(vectors: &RowStream<'_>, path: impl AsRef<Path>, force: bool) -> Result<()> {
    let is_bad = |word: &str| {
        word.is_empty() || word.bytes().any(|byte| byte.is_ascii_whitespace() || byte == 0x0B)
    };
    refuse_words(
        vectors.words(),
        Format::Word2vec,
        is_bad,
        "no white space in it and at least one character",
    )?;
    let mut file = AtomicFile::create(path, force)?;
    file.put(format!("{} {}\n", vectors.words().len(), vectors.dim()).as_bytes())?;
    let (words, dim) = (vectors.words(), vectors.dim());
    vectors.each_chunk(|begin, rows| {
        let tasks = rows.par_chunks(ROWS_PER_TASK * dim).enumerate();
        let texts: Vec<String> = tasks
            .map(|(task, rows)| print_rows(words, begin + task * ROWS_PER_TASK, rows, dim))
            .collect();
        texts.iter().try_for_each(|text| file.put(text.as_bytes()))
    })?;
    file.commit()
}

fn print_rows(words: &Words, begin: usize, rows: &[f32], dim: usize) -> String {
    let mut text = String::with_capacity(rows.len() * 12);
    for (index, vector) in rows.chunks_exact(dim).enumerate() {
        text.push_str(words.spelling(WordId((begin + index) as u32)));
        for &number in vector {
            let size = number.abs();
            // Very small and very large numbers would be printed with dozens of zeros.
            let _ = if number == 0.0 || (1e-5..1e16).contains(&size) {
                write!(text, " {number}")
            } else {
                write!(text, " {number:e}")
            };
        }
        text.push('\n');
    }
    text
}

/// Reads vectors with or without a header; `path` only names the stream in messages.
///
/// # Errors
/// [`Error::Malformed`] with the line; [`Error::Io`] if the stream fails.
pub fn read(input: impl BufRead, path: &Path) -> Result<WordVectors> {
    read_into(ValueList::default(), input, path)
}

/// The same, with the numbers where `numbers` has them.
pub(super) fn read_into(
    numbers: ValueList<f32>,
    mut input: impl BufRead,
    path: &Path,
) -> Result<WordVectors> {
    let mut text = Vec::new();
    read_line(&mut input, &mut text).map_err(|source| Error::io("read", path, source))?;
    if text.is_empty() {
        return Err(Error::malformed(path, None, "an empty file", "word vectors"));
    }
    match parse_header(&text) {
        Some((n_words, dim)) => {
            check_shape(n_words, dim, path, Some(1))?;
            Rows { dim, first_line: 2, n_expected: Some(n_words), path }.read(
                numbers,
                input,
                Vec::new(),
            )
        }
        None => {
            for _ in 1..LINES_LOOKED_AT {
                if read_line(&mut input, &mut text)
                    .map_err(|source| Error::io("read", path, source))?
                    == 0
                {
                    break;
                }
            }
            let dim = commonest_dim(&text);
            if dim == 0 {
                return Err(Error::malformed(
                    path,
                    Some(1),
                    "a line without numbers",
                    "a header `words dimensions`, or a word and its numbers",
                ));
            }
            Rows { dim, first_line: 1, n_expected: None, path }.read(numbers, input, text)
        }
    }
}

/// Appends a line with its LF.
fn read_line(input: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<usize> {
    input.read_until(b'\n', text)
}

fn is_separator(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The commonest number of fields less one, the word; the smaller of two that are equally common.
fn commonest_dim(text: &[u8]) -> usize {
    let mut lines_with: BTreeMap<usize, usize> = BTreeMap::new();
    for line in text.split(|&byte| byte == b'\n').map(trim_end).filter(|line| !line.is_empty()) {
        let n_fields =
            line.split(|&byte| is_separator(byte)).filter(|field| !field.is_empty()).count();
        *lines_with.entry(n_fields).or_default() += 1;
    }
    lines_with
        .into_iter()
        .rev()
        .max_by_key(|&(_, n_lines)| n_lines)
        .map_or(0, |(n_fields, _)| n_fields - 1)
}

fn trim_end(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|&byte| !is_separator(byte) && byte != b'\r' && byte != b'\n')
        .map_or(0, |last| last + 1);
    &line[..end]
}

/// What is known of the rows before they are read.
struct Rows<'a> {
    dim: usize,
    /// The line of the first word, from 1.
    first_line: u64,
    /// The number of words in the header.
    n_expected: Option<usize>,
    path: &'a Path,
}

impl Rows<'_> {
    /// Reads batches of lines until the end; `text` holds complete lines that were read already.
    fn read(
        &self,
        mut numbers: ValueList<f32>,
        mut input: impl BufRead,
        mut text: Vec<u8>,
    ) -> Result<WordVectors> {
        let mut words = Words::new();
        let mut has_ended = false;
        loop {
            while text.len() < BATCH_BYTES {
                if read_line(&mut input, &mut text)
                    .map_err(|source| Error::io("read", self.path, source))?
                    == 0
                {
                    break;
                }
            }
            if text.is_empty() {
                break;
            }
            let lines: Vec<&[u8]> =
                text.strip_suffix(b"\n").unwrap_or(&text).split(|&byte| byte == b'\n').collect();
            let is_blank = |line: &&[u8]| trim_end(line).is_empty();
            let n_rows =
                if has_ended { 0 } else { lines.iter().position(is_blank).unwrap_or(lines.len()) };
            self.read_rows(&lines[..n_rows], &mut words, &mut numbers)?;
            // Empty lines may stand at the very end and nowhere else.
            has_ended |= n_rows < lines.len();
            if !lines[n_rows..].iter().all(is_blank) {
                return Err(Error::malformed(
                    self.path,
                    Some(self.line_of(words.len())),
                    "an empty line",
                    "a word and its numbers",
                ));
            }
            text.clear();
        }
        let n_words = words.len();
        if n_words != self.n_expected.unwrap_or(n_words) || n_words == 0 {
            let expected = self
                .n_expected
                .map_or("at least one".to_owned(), |n| format!("{n} as the first line says"));
            return Err(Error::malformed(self.path, None, format!("{n_words} word(s)"), expected));
        }
        refuse_duplicates(&words, self.path, |id| Some(self.line_of(id.index())))?;
        Ok(WordVectors::from_floats(words, self.dim, numbers.into_floats()?))
    }

    fn read_rows(
        &self,
        lines: &[&[u8]],
        words: &mut Words,
        numbers: &mut ValueList<f32>,
    ) -> Result<()> {
        let n_before = words.len();
        let n_after = n_before + lines.len();
        let n_most = self.n_expected.unwrap_or(u32::MAX as usize);
        if n_after > n_most {
            return Err(Error::malformed(
                self.path,
                Some(self.line_of(n_most)),
                "one word more",
                format!("{n_most} words as the first line says"),
            ));
        }
        // A number takes two bytes at least: with fewer, one of the lines is too short, and is
        // found before memory is taken for all.
        let n_bytes: usize = lines.iter().map(|line| line.len()).sum();
        if lines.len().saturating_mul(self.dim).saturating_mul(2) > n_bytes {
            for (index, line) in lines.iter().enumerate() {
                self.parse(line, self.line_of(n_before + index), None)?;
            }
        }
        let spellings: Vec<Result<&str>> = numbers
            .extend_zeroed(lines.len() * self.dim)?
            .par_chunks_mut(self.dim)
            .zip(lines)
            .enumerate()
            .map(|(index, (row, line))| self.parse(line, self.line_of(n_before + index), Some(row)))
            .collect();
        for spelling in spellings {
            words.push(spelling?);
        }
        Ok(())
    }

    fn line_of(&self, word: usize) -> u64 {
        self.first_line + word as u64
    }

    /// The word of a line that is not empty, and its numbers into `row`.
    fn parse<'t>(
        &self,
        line: &'t [u8],
        number: u64,
        mut row: Option<&mut [f32]>,
    ) -> Result<&'t str> {
        let mut rest = trim_end(line);
        for component in (0..self.dim).rev() {
            let Some(separator) = rest.iter().rposition(|&byte| is_separator(byte)) else {
                let found = format!("a word and {} number(s)", self.dim - 1 - component);
                return Err(Error::malformed(
                    self.path,
                    Some(number),
                    found,
                    format!("a word and {} numbers", self.dim),
                ));
            };
            let value = self.parse_number(&rest[separator + 1..], line, number)?;
            if let Some(row) = &mut row {
                row[component] = value;
            }
            let end = rest[..=separator]
                .iter()
                .rposition(|&byte| !is_separator(byte))
                .map_or(0, |last| last + 1);
            rest = &rest[..end];
        }
        if rest.is_empty() {
            return Err(Error::malformed(
                self.path,
                Some(number),
                "numbers without a word",
                format!("a word and {} numbers", self.dim),
            ));
        }
        std::str::from_utf8(rest).map_err(|reason| {
            let found = format!(
                "a word that is not UTF-8 at byte {} of the line",
                reason.valid_up_to() + 1
            );
            Error::malformed(self.path, Some(number), found, crate::input::encoding::expected(line))
        })
    }

    fn parse_number(&self, field: &[u8], line: &[u8], number: u64) -> Result<f32> {
        let value = std::str::from_utf8(field).ok().and_then(|field| field.parse::<f32>().ok());
        match value {
            Some(value) if value.is_finite() => Ok(value),
            _ => {
                let word = line.split(|&byte| is_separator(byte)).next().unwrap_or_default();
                let found = format!("`{}` in the vector of `{}`", shown(field), shown(word));
                Err(Error::malformed(
                    self.path,
                    Some(number),
                    found,
                    format!("{} finite numbers after the word", self.dim),
                ))
            }
        }
    }
}

/// A field for a message: never long, never invalid.
fn shown(field: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(field);
    match text.char_indices().nth(LONGEST) {
        None => text.escape_debug().to_string(),
        Some((end, _)) => format!("{}...", text[..end].escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::tests::{any_vectors, assert_same, same_bits, small};
    use proptest::prelude::*;

    fn parse(text: &[u8]) -> Result<WordVectors> {
        read(text, Path::new("v.txt"))
    }

    fn write_and_read(vectors: &WordVectors) -> WordVectors {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.txt");
        write(vectors, &path, false).unwrap();
        parse(&std::fs::read(&path).unwrap()).unwrap()
    }

    #[track_caller]
    fn fails(text: &[u8], message: &str) {
        assert_eq!(parse(text).unwrap_err().to_string(), message);
    }

    #[test]
    fn the_lines_of_four_programs_are_read() {
        // word2vec in C: six decimals, a space at the end. gensim: none. fastText: five digits and
        // a space. GloVe: no header.
        for text in [
            "2 2\n</s> 0.500000 -1.000000 \nthe 2.000000 0.250000 \n",
            "2 2\n</s> 0.5 -1.0\nthe 2.0 0.25\n",
            "2 2\r\n</s> 0.5 -1\r\nthe 2 0.25",
            "</s> 0.5 -1\nthe 2 0.25\n",
            "2\t2\n</s>\t0.5\t-1\nthe\t2e0\t2.5E-1\n\n",
        ] {
            let vectors = parse(text.as_bytes()).unwrap();
            assert!(vectors.words().iter().eq(["</s>", "the"]), "{text}");
            assert_eq!(vectors.as_slice(), [0.5, -1.0, 2.0, 0.25], "{text}");
        }
    }

    #[test]
    fn words_may_hold_blanks_and_strange_line_ends() {
        // As in GloVe's 840B file; the commonest number of fields decides, not that of the first
        // line.
        let text =
            "at name@domain.com 1 2\n. . 3 4\nthe 5 6\n\u{85} 7 8\nof 9 10\nb\u{2028}\u{a0} 1 1\n";
        let vectors = parse(text.as_bytes()).unwrap();
        assert!(vectors.words().iter().eq([
            "at name@domain.com",
            ". .",
            "the",
            "\u{85}",
            "of",
            "b\u{2028}\u{a0}"
        ]));
        assert_eq!(vectors.dim(), 2);
    }

    #[test]
    fn damage_is_named_with_its_line() {
        fails(b"", "`v.txt`: found an empty file, expected word vectors");
        fails(
            b"3 2\na 1 2\nb 3 4\n",
            "`v.txt`: found 2 word(s), expected 3 as the first line says",
        );
        fails(
            b"1 2\na 1 2\nb 3 4\n",
            "`v.txt`, line 3: found one word more, expected 1 words as the first line says",
        );
        fails(
            b"2 2\na 1 2\nb 3\n",
            "`v.txt`, line 3: found a word and 1 number(s), expected a word and 2 numbers",
        );
        fails(
            b"2 2\na 1 2\nb 3 x\n",
            "`v.txt`, line 3: found `x` in the vector of `b`, expected 2 finite numbers after the \
             word",
        );
        fails(
            b"2 2\na 1 2\nb nan 1\n",
            "`v.txt`, line 3: found `nan` in the vector of `b`, expected 2 finite numbers after \
             the word",
        );
        fails(
            b"2 2\na 1 2\n\nb 3 4\n",
            "`v.txt`, line 3: found an empty line, expected a word and its numbers",
        );
        fails(
            b"2 2\na 1 2\na 3 4\n",
            "`v.txt`, line 3: found the word `a` a second time, expected distinct words",
        );
        fails(
            b"2 2\na 1 2\n\xFF 3 4\n",
            "`v.txt`, line 3: found a word that is not UTF-8 at byte 1 of the line, expected UTF-8 \
             (it looks like windows-1252)",
        );
        fails(
            b"2 2\na 1 2\n 3 4\n",
            "`v.txt`, line 3: found numbers without a word, expected a word and 2 numbers",
        );
        fails(
            b"word\n",
            "`v.txt`, line 1: found a line without numbers, expected a header `words dimensions`, \
             or a word and its numbers",
        );
    }

    #[test]
    fn headers_that_promise_nothing_or_too_much_are_refused() {
        let too_much = "at least one word, one dimension, and no more than memory can address";
        fails(
            b"2 0\na\nb\n",
            &format!("`v.txt`, line 1: found 2 words of 0 dimensions, expected {too_much}"),
        );
        fails(
            b"18446744073709551615 2\n",
            &format!(
                "`v.txt`, line 1: found 18446744073709551615 words of 2 dimensions, expected \
                 {too_much}"
            ),
        );
        fails(
            b"9 1000000000000\na 1\n",
            "`v.txt`, line 2: found a word and 1 number(s), expected a word and 1000000000000 \
             numbers",
        );
        fails(
            b"4000000000 1000000000\n",
            "`v.txt`: found 0 word(s), expected 4000000000 as the first line says",
        );
    }

    #[test]
    fn numbers_are_printed_short_and_come_back() {
        assert_same(&write_and_read(&small()), &small());
        assert_eq!(
            print_rows(small().words(), 0, small().as_slice(), 2),
            "the 0.1 -1.5e-30\nof 3.4028235e38 1e-45\ncafé -0 16777216\n"
        );
    }

    proptest! {
        #[test]
        fn any_vectors_come_back(vectors in any_vectors("[^ \t\r\n\u{b}\u{c}]{1,8}")) {
            prop_assert!(same_bits(&write_and_read(&vectors), &vectors));
        }

        #[test]
        fn no_text_makes_it_panic(
            text in "([0-9]{1,2} [0-9]{1,2}\n)?([a-c ]{0,3}( [0-9.e-]{1,4}){0,3}[ \r]?\n?){0,6}",
        ) {
            let _ = parse(text.as_bytes());
        }
    }
}
