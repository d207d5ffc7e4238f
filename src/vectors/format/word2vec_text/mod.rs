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

use super::input::Input;
use super::intake::ReadOptions;
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::{Format, RowStream, kind_of, parse_header, refuse_words, wrong_kind};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::base::kind::FileKind;
use crate::base::words::{WordId, Words};
use crate::storage::atomic::AtomicFile;
use crate::vectors::WordVectors;

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
        if let Some(format) = ForeignFormat::of(&input.start) {
            return Err(wrong_kind(&path, FileKind::Foreign(format)));
        }
        let has_header = {
            let first = input.start.split(|&byte| byte == b'\n').next().unwrap_or_default();
            parse_header(first).is_some()
        };
        let text = input.text(|first| refuse_other_text(first, &path))?;
        let format = if has_header { Format::Word2vec } else { Format::Glove };
        Ok(VectorFile::of(format, read_with(text, &path, options)?))
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

/// What begins like another kind of file is named; it would be read as words without numbers.
fn refuse_other_text(first: &[u8], path: &Path) -> Result<()> {
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
    }
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

/// Reads vectors with or without a header; `path` only names the stream in messages. What is wrong
/// with the file, as far as it can be read, is not reported: see
/// [`VectorFile`](super::VectorFile).
///
/// # Errors
/// [`Error::Malformed`] with the line; [`Error::Io`] if the stream fails.
pub fn read(input: impl Read + Send, path: &Path) -> Result<WordVectors> {
    Ok(read_with(input, path, &ReadOptions::default())?.0)
}
