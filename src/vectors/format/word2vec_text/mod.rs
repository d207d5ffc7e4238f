//! The text format of word2vec: a line `n_words dim`, then a line `word number number ...` for each
//! word.
//!
//! The reader also takes GloVe's files, which have no header, and fastText's `.vec`. The last `dim`
//! fields of a line are the numbers, the rest is the word, which may hold spaces (as in GloVe's
//! 840B file) and any Unicode; lines end at LF alone, since U+0085 and U+2028 occur in words. A
//! space at the end of a line (word2vec in C) and a CR before the LF are ignored. The writer gives
//! each number the fewest digits that are read back as the same `f32`.

mod line;
mod read;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;

use super::decimal::leading_float;
use super::input::Input;
use super::intake::ReadOptions;
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::words_beside::MARK;
use super::{Format, RowStream, kind_of, parse_header, refuse_words, wrong_kind};
use crate::base::error::{Error, Result};
use crate::base::foreign::{self, ForeignFormat};
use crate::base::kind::FileKind;
use crate::base::words::{WordId, Words};
use crate::storage::atomic::AtomicFile;
use crate::vectors::WordVectors;

use line::{is_separator, trim_end};

pub(super) use line::shown;
pub(super) use read::read_with;

/// The format with a header; the reader takes files without one too.
pub(super) struct Text;

/// The format without a header.
pub(super) struct Glove;

impl ReadFormat for Text {
    /// Text may begin in any way.
    fn begins(&self, _: &[u8]) -> bool {
        true
    }

    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let (path, options) = (input.path().to_path_buf(), input.options);
        let format = ForeignFormat::of(&input.start)
            .or_else(|| foreign::of_vectors_without_words(&input.start));
        if let Some(format) = format {
            return Err(wrong_kind(&path, FileKind::Foreign(format)));
        }
        // A byte order mark with a blank behind it is a word that looks like one.
        let mark = if begins_with_marked_word(&input.start) { MARK } else { &[] };
        let mut has_header = false;
        let text = input.text(|first| {
            let line = first.split(|&byte| byte == b'\n').next().unwrap_or_default();
            has_header = mark.is_empty() && parse_header(line).is_some();
            refuse_other_text(&[mark, first].concat(), &path)
        })?;
        let format = if has_header { Format::Word2vec } else { Format::Glove };
        Ok(VectorFile::of(format, read_with(mark.chain(text), &path, options)?))
    }
}

impl WriteFormat for Text {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_lines(vectors, Format::Word2vec, path, options.force)
    }
}

impl WriteFormat for Glove {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_lines(vectors, Format::Glove, path, options.force)
    }
}

/// Whether the mark of UTF-8 at the beginning of a text is its first word.
fn begins_with_marked_word(start: &[u8]) -> bool {
    start.strip_prefix(MARK).is_some_and(|rest| matches!(rest, [b' ' | b'\t', ..]))
}

/// What begins like another kind of file is named; it would be read as words without numbers.
fn refuse_other_text(first: &[u8], path: &Path) -> Result<()> {
    // A word may look like the beginning of a web page.
    if is_row(first) {
        return Ok(());
    }
    if let Some(format) = ForeignFormat::of_markup(first) {
        return Err(wrong_kind(path, FileKind::Foreign(format)));
    }
    if first_line(first).contains(&0) {
        return Err(wrong_kind(path, FileKind::Foreign(ForeignFormat::Binary)));
    }
    if let Some(separator) = other_separator(first) {
        let found = format!("fields separated by `{separator}`");
        let expected = "a header `words dimensions`, or a word and its numbers, separated by \
                        spaces or tabs";
        return Err(Error::malformed(path, Some(1), found, expected));
    }
    if is_prose(first) {
        return Err(wrong_kind(path, kind_of(path)?));
    }
    Ok(())
}

/// The first line that is not blank.
fn first_line(start: &[u8]) -> &[u8] {
    start
        .split(|&byte| byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default()
}

/// Whether the first line is a word and numbers.
fn is_row(start: &[u8]) -> bool {
    let mut fields =
        trim_end(first_line(start)).split(|&byte| is_separator(byte)).filter(|it| !it.is_empty());
    let is_number =
        |field: &[u8]| leading_float(field).is_some_and(|(_, n_bytes)| n_bytes == field.len());
    fields.next().is_some_and(|word| !word.contains(&0))
        && fields.next().is_some_and(is_number)
        && fields.all(is_number)
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
    // A decimal comma makes a wrong number, but no prose.
    let is_number = |field: &&&str| field.replacen(',', ".", 1).parse::<f64>().is_ok();
    let n_numbers = fields.iter().filter(is_number).count();
    !fields.is_empty() && 2 * n_numbers < fields.len()
}

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
    write_lines(vectors, Format::Word2vec, path.as_ref(), force)
}

/// Writes the lines, after a header but for GloVe's format.
pub(super) fn write_lines(
    vectors: &RowStream<'_>,
    format: Format,
    path: &Path,
    force: bool,
) -> Result<()> {
    let is_bad = |word: &str| {
        word.is_empty() || word.bytes().any(|byte| byte.is_ascii_whitespace() || byte == 0x0B)
    };
    let expected = "no white space in it and at least one character";
    refuse_words(vectors.words(), format, is_bad, expected)?;
    let mut file = AtomicFile::create(path, force)?;
    let (words, dim) = (vectors.words(), vectors.dim());
    if format != Format::Glove {
        file.put(format!("{} {dim}\n", words.len()).as_bytes())?;
    } else if words.iter().next().is_some_and(|word| word.as_bytes().starts_with(MARK)) {
        // A word that begins like a mark must not be taken for one.
        file.put(MARK)?;
    }
    let print = if format == Format::Glove { print_first_rows } else { print_rows };
    vectors.each_chunk(|begin, rows| {
        let tasks = rows.par_chunks(ROWS_PER_TASK * dim).enumerate();
        let texts: Vec<String> = tasks
            .map(|(task, rows)| print(words, begin + task * ROWS_PER_TASK, rows, dim))
            .collect();
        texts.iter().try_for_each(|text| file.put(text.as_bytes()))
    })?;
    file.commit()
}

/// As [`print_rows`], but that the first row of a file without a header is none: `5 1.0`.
fn print_first_rows(words: &Words, begin: usize, rows: &[f32], dim: usize) -> String {
    let text = print_rows(words, begin, rows, dim);
    match text.split_once('\n') {
        Some((first, rest)) if begin == 0 && parse_header(first.as_bytes()).is_some() => {
            format!("{first}.0\n{rest}")
        }
        _ => text,
    }
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

/// Reads vectors with or without a header; `path` only names the stream in messages. What is wrong
/// with the file, as far as it can be read, is not reported: see
/// [`VectorFile`](super::VectorFile).
///
/// # Errors
/// [`Error::Malformed`] with the line; [`Error::Io`] if the stream fails.
pub fn read(input: impl Read + Send, path: &Path) -> Result<WordVectors> {
    Ok(read_with(input, path, &ReadOptions::default())?.0)
}
