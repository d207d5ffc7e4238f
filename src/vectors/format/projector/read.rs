//! Reads the projector's files.
//!
//! In: a file of numbers and one of words. Out: vectors. Other programs end lines with tabs, leave
//! lines empty and write backslashes as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{CONFIG, TENSOR};
use crate::base::error::{Error, Result};
use crate::base::visible::shortened;
use crate::base::words::unescaped;
use crate::vectors::WordVectors;
use crate::vectors::format::Format;
use crate::vectors::format::decimal::leading_float;
use crate::vectors::format::intake::{Intake, ReadOptions};
use crate::vectors::format::report::{Fault, Place};
use crate::vectors::format::traits::VectorFile;
use crate::vectors::format::word2vec_text::shown;

/// Lines whose fields are counted.
const LINES_LOOKED_AT: usize = 1000;

/// What columns of words are called.
const WORD_COLUMNS: [&str; 5] = ["word", "label", "token", "name", "text"];

/// Reads the text of a file of vectors, and that of its metadata as other programs write it;
/// `path` names both in messages.
///
/// # Errors
/// [`Error::Malformed`].
pub fn read(vectors: &str, metadata: &str, path: &Path) -> Result<WordVectors> {
    let text = |text| Text { text, path };
    Ok(read_texts(text(vectors), text(metadata), false, &ReadOptions::default())?.vectors)
}

/// Reads a file of vectors and its metadata.
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`].
pub(in crate::vectors::format) fn read_files(
    [vectors, metadata]: [PathBuf; 2],
    options: &ReadOptions,
) -> Result<VectorFile> {
    let [numbers, words] = [options.beside(&vectors).read()?, options.beside(&metadata).read()?];
    let is_own = is_own(&metadata);
    let (numbers, words) =
        (Text { text: &numbers, path: &vectors }, Text { text: &words, path: &metadata });
    read_texts(numbers, words, is_own, options)
}

/// A file that is read.
struct Text<'t> {
    text: &'t str,
    path: &'t Path,
}

fn read_texts(
    vectors: Text<'_>,
    metadata: Text<'_>,
    is_own: bool,
    options: &ReadOptions,
) -> Result<VectorFile> {
    let lines = lines_of(vectors.text);
    let n_rows = lines.iter().filter(|line| !line.text.is_empty()).count();
    let words = words_of(metadata.text, lines.len(), is_own);
    // An empty line is a row without numbers if it has a word.
    let has_words_for_empty = words.len() == lines.len();
    if (n_rows != words.len() && !has_words_for_empty) || n_rows == 0 {
        let expected = format!("{n_rows}, the lines of `{}`", vectors.path.display());
        return Err(Error::malformed(
            metadata.path,
            None,
            format!("{} words", words.len()),
            expected,
        ));
    }
    let dim = commonest_dim(&lines);
    let mut intake = Intake::new(vectors.path, dim, options)?.of_lines();
    let mut row = Vec::new();
    let mut words = words.iter();
    for Line { text, number, byte } in lines {
        if intake.room() == 0 {
            intake.report().is_limited = true;
            break;
        }
        let place = |found: String| Place::line(number, Some(byte), found);
        if text.is_empty() && !has_words_for_empty {
            intake.note(Fault::EmptyLine, place("an empty line".to_owned()))?;
            continue;
        }
        let Some(word) = words.next() else { break };
        let found = match numbers_of(text, &mut row) {
            _ if text.is_empty() => format!("an empty line for `{}`", shortened(word)),
            Err(field) => format!("`{}` in the vector of `{}`", shown(field), shortened(word)),
            Ok(()) if row.len() != dim => {
                format!("{} numbers in the vector of `{}`", row.len(), shortened(word))
            }
            Ok(()) => {
                intake.take_row(word, &row, number)?;
                continue;
            }
        };
        if !intake.is_repair() {
            let expected = format!("{dim} numbers with tabs between them");
            return Err(Error::malformed(vectors.path, Some(number), found, expected));
        }
        intake.leave_out(Fault::BrokenLine, place(found))?;
    }
    Ok(VectorFile::of(Format::Projector, intake.finish()?))
}

/// A line of numbers, without tabs at its end.
struct Line<'t> {
    text: &'t str,
    /// From 1.
    number: u64,
    /// Its offset in the text.
    byte: u64,
}

/// The lines of a text, but for empty ones at its end.
fn lines_of(text: &str) -> Vec<Line<'_>> {
    const BLANKS: [char; 3] = ['\t', '\n', '\r'];
    let mut begin = 0;
    let mut lines = Vec::new();
    for (line, number) in text.trim_end_matches(BLANKS).split_inclusive('\n').zip(1..) {
        lines.push(Line { text: line.trim_end_matches(BLANKS), number, byte: begin });
        begin += line.len() as u64;
    }
    lines
}

/// The commonest number of fields; the smaller of two that are equally common.
fn commonest_dim(lines: &[Line<'_>]) -> usize {
    let mut lines_with: BTreeMap<usize, usize> = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.text.is_empty()).take(LINES_LOOKED_AT) {
        *lines_with.entry(line.text.split('\t').count()).or_default() += 1;
    }
    let commonest = lines_with.into_iter().rev().max_by_key(|&(_, n_lines)| n_lines);
    commonest.map_or(0, |(n_fields, _)| n_fields)
}

/// The numbers of a line, in place of what was in `row`; the first field that is none.
fn numbers_of<'t>(line: &'t str, row: &mut Vec<f32>) -> std::result::Result<(), &'t [u8]> {
    row.clear();
    for field in line.split('\t').map(str::as_bytes) {
        match leading_float(field) {
            Some((value, n_bytes)) if n_bytes == field.len() => row.push(value),
            _ => return Err(field),
        }
    }
    Ok(())
}

/// The words of a file of metadata: its only column, without a header; or of several columns the
/// one that its header calls so, else the first. Empty lines behind the `n_rows` that are wanted
/// are no words: other programs end the file with one. Other programs write backslashes as they
/// are: `\nabla` has no line feed in it.
fn words_of(text: &str, n_rows: usize, is_own: bool) -> Vec<String> {
    let mut lines = text.lines();
    let first = lines.clone().next().unwrap_or_default();
    let mut column = 0;
    if first.contains('\t') {
        lines.next();
        let names: Vec<String> = first.split('\t').map(str::to_lowercase).collect();
        let position = |wanted: &&str| names.iter().position(|name| name == wanted);
        column = WORD_COLUMNS.iter().find_map(position).unwrap_or(0);
    }
    let word = |line: &str| {
        let field = line.split('\t').nth(column).unwrap_or_default();
        let written = if is_own { unescaped(field) } else { None };
        written.unwrap_or_else(|| field.to_owned())
    };
    let mut words: Vec<String> = lines.map(word).collect();
    while words.len() > n_rows && words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    words
}

/// Whether this library wrote a file of metadata: the config beside it says so.
fn is_own(metadata: &Path) -> bool {
    let config = fs::read_to_string(metadata.with_file_name(CONFIG));
    config.is_ok_and(|config| config.contains(&format!("tensor_name: \"{TENSOR}\"")))
}
