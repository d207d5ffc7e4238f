//! Reads a text of vectors: blocks of whole lines, each parsed in pieces on all cores while the
//! next one is read.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;

use super::line::{LineFault, ends_in_number, has_fraction, is_separator, parse, shown, trim_end};
use crate::base::error::{Error, Result};
use crate::vectors::WordVectors;
use crate::vectors::format::decimal::leading_float;
use crate::vectors::format::intake::{Intake, ReadOptions};
use crate::vectors::format::report::{Fault, Place, ReadReport};
use crate::vectors::format::{check_dim, parse_header};

/// Bytes of text that are read and parsed at a time.
const BLOCK_BYTES: usize = 8 << 20;

/// Bytes of text that one task parses.
const PIECE_BYTES: usize = 256 << 10;

/// Without a header the number of fields is the commonest among so many lines: a word with a space
/// in it must not decide.
const LINES_LOOKED_AT: usize = 1000;

/// Reads vectors with or without a header; `path` only names the stream in messages.
pub(in crate::vectors::format) fn read_with(
    input: impl Read + Send,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport)> {
    let failed = |source| Error::io("read", path, source);
    let mut blocks = Blocks { input, rest: Vec::new(), at_end: false };
    let mut block = blocks.next().map_err(failed)?;
    if block.is_empty() {
        return Err(Error::malformed(path, None, "an empty file", "word vectors"));
    }
    let first_line = block.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let n_header_bytes = (first_line.len() + 1).min(block.len());
    let header = parse_header(first_line);
    let dim = match header {
        Some((_, dim)) => {
            check_dim(dim, path, Some(1))?;
            block.drain(..n_header_bytes);
            dim_of_rows(&block, dim, path)?
        }
        None => commonest_dim(&block),
    };
    if dim == 0 {
        let expected = "a header `words dimensions`, or a word and its numbers";
        return Err(Error::malformed(path, Some(1), "a line without numbers", expected));
    }
    let (line, byte) = if header.is_some() { (2, n_header_bytes as u64) } else { (1, 0) };
    let mut rows = Rows {
        intake: Intake::new(path, dim, options)?.of_lines(),
        path,
        dim,
        line,
        byte,
        empty: Vec::new(),
    };
    if let Some((_, promised)) = header.filter(|&(_, promised)| promised != dim) {
        let found = format!("rows of {dim} numbers, where the header says {promised}");
        rows.intake.note(Fault::Dimensions, Place::line(1, Some(0), found))?;
    }
    while !block.is_empty() && rows.intake.room() > 0 {
        let (next, taken) = rayon::join(|| blocks.next(), || rows.take(&block));
        taken?;
        block = next.map_err(failed)?;
    }
    if rows.intake.room() == 0 && !block.is_empty() {
        rows.intake.report().is_limited = true;
    }
    rows.finish(header.map(|(n_words, _)| n_words))
}

/// Cuts a stream into blocks of whole lines.
struct Blocks<R> {
    input: R,
    /// The beginning of the line that the last block did not end.
    rest: Vec<u8>,
    at_end: bool,
}

impl<R: Read> Blocks<R> {
    /// The next lines; nothing at the end.
    fn next(&mut self) -> io::Result<Vec<u8>> {
        let mut block = std::mem::take(&mut self.rest);
        let mut n_searched = 0;
        loop {
            if !self.at_end {
                let n_wanted = BLOCK_BYTES.saturating_sub(block.len()).max(BLOCK_BYTES / 8);
                block.reserve(n_wanted);
                let n = self.input.by_ref().take(n_wanted as u64).read_to_end(&mut block)?;
                self.at_end = n < n_wanted;
            }
            if self.at_end {
                return Ok(block);
            }
            // A line that is longer than a block.
            if let Some(end) = memchr::memrchr(b'\n', &block[n_searched..]) {
                self.rest = block.split_off(n_searched + end + 1);
                return Ok(block);
            }
            n_searched = block.len();
        }
    }
}

/// The numbers of a row, where the header promises `dim`: one more or less, if every row that is
/// looked at has as many. Where each has the same other number, the header means nothing.
///
/// # Errors
/// [`Error::Malformed`] for such a header.
fn dim_of_rows(text: &[u8], dim: usize, path: &Path) -> Result<usize> {
    let (mut found, mut has_word, mut has_fractions) = (None::<usize>, false, false);
    // Words may be numbers, as those of graphs are: each another whole number.
    let mut ids = Some(HashSet::new());
    for line in text.split(|&byte| byte == b'\n').take(LINES_LOOKED_AT).map(trim_end) {
        let mut fields = line.split(|&byte| is_separator(byte)).filter(|field| !field.is_empty());
        let Some(word) = fields.next() else { continue };
        let mut n_numbers = 0;
        for field in fields {
            if leading_float(field).is_none_or(|(_, n_bytes)| n_bytes != field.len()) {
                return Ok(dim);
            }
            n_numbers += 1;
            has_fractions |= has_fraction(field);
        }
        if *found.get_or_insert(n_numbers) != n_numbers {
            return Ok(dim);
        }
        has_word |= leading_float(word).is_none_or(|(_, n_bytes)| n_bytes != word.len());
        ids = ids.filter(|_| word.iter().all(u8::is_ascii_digit));
        ids = ids.and_then(|mut ids| ids.insert(word).then_some(ids));
    }
    let Some(found) = found.filter(|&found| found > 0) else { return Ok(dim) };
    // Rows of one field less than a word and `dim` numbers may be numbers without a word: only
    // fractions behind the whole numbers tell that these are words.
    let are_ids = ids.is_some_and(|ids| ids.len() > 1) && (found > dim || has_fractions);
    match has_word || are_ids {
        true if found.abs_diff(dim) <= 1 => Ok(found),
        true => {
            let expected = format!("a header that says {found}");
            let found = format!("{dim} dimensions, where each row has {found} number(s)");
            Err(Error::malformed(path, Some(1), found, expected))
        }
        false => Ok(dim),
    }
}

/// The commonest number of fields less one, the word; the smaller of two that are equally common.
fn commonest_dim(text: &[u8]) -> usize {
    let mut lines_with: BTreeMap<usize, usize> = BTreeMap::new();
    let lines = text.split(|&byte| byte == b'\n').take(LINES_LOOKED_AT).map(trim_end);
    for line in lines.filter(|line| !line.is_empty()) {
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

/// A part of a block, parsed.
#[derive(Default)]
struct Piece<'t> {
    words: Vec<&'t str>,
    numbers: Vec<f32>,
    odd: Vec<OddLine<'t>>,
    n_lines: u64,
}

/// A line that is no row, or a row with something before it.
struct OddLine<'t> {
    /// Rows of the piece before it.
    n_before: usize,
    /// Its number in the piece, from 0.
    line: u64,
    /// Its offset in the piece.
    byte: u64,
    text: &'t [u8],
    fault: LineFault<'t>,
}

impl<'t> Piece<'t> {
    fn parse(text: &'t [u8], dim: usize) -> Self {
        let mut piece = Self::default();
        let mut begin = 0;
        while begin < text.len() {
            let end = memchr::memchr(b'\n', &text[begin..]).map_or(text.len(), |at| begin + at);
            piece.push(&text[begin..end], begin as u64, dim);
            begin = end + 1;
        }
        piece
    }

    fn push(&mut self, line: &'t [u8], byte: u64, dim: usize) {
        let n_before = self.numbers.len();
        // A number takes two bytes at least: memory is not taken for more than there can be.
        let is_long_enough = dim <= line.len() / 2;
        let parsed = if is_long_enough {
            self.numbers.resize(n_before + dim, 0.0);
            parse(line, &mut self.numbers[n_before..])
        } else {
            Err(short(line))
        };
        match parsed {
            Ok(word) => {
                let bare = word.trim_start_matches([' ', '\t']);
                let (n_before, n_lines) = (self.words.len(), self.n_lines);
                let mut note = |fault| {
                    self.odd.push(OddLine { n_before, line: n_lines, byte, text: line, fault });
                };
                if bare.len() < word.len() {
                    note(LineFault::LeadingBlank { word: bare.as_bytes() });
                }
                if ends_in_number(bare) {
                    note(LineFault::NumberInWord { word: bare.as_bytes() });
                }
                self.words.push(bare);
            }
            Err(fault) => {
                self.numbers.truncate(n_before);
                let n_before = self.words.len();
                self.odd.push(OddLine { n_before, line: self.n_lines, byte, text: line, fault });
            }
        }
        self.n_lines += 1;
    }
}

/// What is wrong with a line that is too short for its numbers.
fn short(line: &[u8]) -> LineFault<'_> {
    let line = trim_end(line);
    if line.is_empty() {
        return LineFault::Empty;
    }
    let fields = line.split(|&byte| is_separator(byte)).filter(|field| !field.is_empty());
    LineFault::TooFew { n_numbers: fields.count() - 1 }
}

/// The rows of a file as they come.
struct Rows<'a> {
    intake: Intake<'a>,
    path: &'a Path,
    dim: usize,
    /// The next line, from 1, and its offset in the text.
    line: u64,
    byte: u64,
    /// Empty lines of which it is not known whether something follows.
    empty: Vec<Place>,
}

impl Rows<'_> {
    /// Takes the lines of a block.
    fn take(&mut self, block: &[u8]) -> Result<()> {
        let mut texts = Vec::new();
        let mut begin = 0;
        while begin < block.len() {
            let least = block.len().min(begin + PIECE_BYTES);
            let end =
                memchr::memchr(b'\n', &block[least..]).map_or(block.len(), |at| least + at + 1);
            texts.push(&block[begin..end]);
            begin = end;
        }
        let pieces: Vec<Piece<'_>> =
            texts.par_iter().map(|text| Piece::parse(text, self.dim)).collect();
        for (piece, text) in pieces.iter().zip(&texts) {
            self.take_piece(piece)?;
            self.line += piece.n_lines;
            self.byte += text.len() as u64;
        }
        Ok(())
    }

    fn take_piece(&mut self, piece: &Piece<'_>) -> Result<()> {
        let mut odd = piece.odd.iter().peekable();
        let mut line = self.line;
        for (index, word) in piece.words.iter().enumerate() {
            let mut is_left_out = false;
            while let Some(it) = odd.next_if(|it| it.n_before == index) {
                if self.is_full_before(it) {
                    return Ok(());
                }
                self.take_odd(it)?;
                line += u64::from(!it.fault.is_of_row());
                let is_doubtful = matches!(it.fault, LineFault::NumberInWord { .. });
                is_left_out |= is_doubtful && self.intake.is_repair();
            }
            if is_left_out {
                line += 1;
                continue;
            }
            if self.intake.room() == 0 {
                self.intake.report().is_limited = true;
                return Ok(());
            }
            self.note_empty()?;
            self.intake.push(word, &piece.numbers[index * self.dim..][..self.dim], line)?;
            line += 1;
        }
        for it in odd {
            if self.is_full_before(it) {
                return Ok(());
            }
            self.take_odd(it)?;
        }
        Ok(())
    }

    /// Whether an odd line is not read any more, since as many rows were as are wanted.
    fn is_full_before(&mut self, odd: &OddLine<'_>) -> bool {
        let is_full = self.intake.room() == 0 && odd.fault != LineFault::Empty;
        self.intake.report().is_limited |= is_full;
        is_full
    }

    /// Empty lines may stand at the very end and nowhere else.
    fn note_empty(&mut self) -> Result<()> {
        let empty = std::mem::take(&mut self.empty);
        empty.into_iter().try_for_each(|place| self.intake.note(Fault::EmptyLine, place))
    }

    fn take_odd(&mut self, odd: &OddLine<'_>) -> Result<()> {
        let dim = self.dim;
        let line = self.line + odd.line;
        let place = |found: String| Place::line(line, Some(self.byte + odd.byte), found);
        let of_word = |field: &[u8], word: &[u8]| {
            format!("`{}` in the vector of `{}`", shown(field), shown(word))
        };
        let (fault, place, expected) = match &odd.fault {
            LineFault::Empty => {
                self.empty.push(place("an empty line".to_owned()));
                return Ok(());
            }
            LineFault::LeadingBlank { word } => {
                let found = format!("white space before the word `{}`", shown(word));
                let place = place(found);
                self.note_empty()?;
                return self.intake.note(Fault::LeadingBlank, place);
            }
            LineFault::NumberInWord { word } => {
                let place = place(format!("the word `{}`, which ends in a number", shown(word)));
                self.note_empty()?;
                return match self.intake.is_repair() {
                    true => self.intake.leave_out(Fault::NumberInWord, place),
                    false => self.intake.note(Fault::NumberInWord, place),
                };
            }
            LineFault::NoWord => {
                (Fault::NoWord, place("numbers without a word".to_owned()), String::new())
            }
            LineFault::NotFinite { field, word } => {
                (Fault::NotFinite, place(of_word(field, word)), String::new())
            }
            LineFault::TooFew { n_numbers } => {
                let found = format!("a word and {n_numbers} number(s)");
                (Fault::BrokenLine, place(found), format!("a word and {dim} numbers"))
            }
            LineFault::NoNumber { field, word } => {
                let expected = format!("{dim} finite numbers after the word");
                (Fault::BrokenLine, place(of_word(field, word)), expected)
            }
            LineFault::BadUtf8 { at } => {
                let found = format!("a word that is not UTF-8 at byte {} of the line", at + 1);
                let expected = crate::input::encoding::expected(odd.text);
                (Fault::BrokenLine, place(found), expected)
            }
        };
        self.note_empty()?;
        if fault == Fault::BrokenLine && !self.intake.is_repair() {
            return Err(Error::malformed(self.path, Some(line), place.found, expected));
        }
        self.intake.leave_out(fault, place)
    }

    fn finish(mut self, n_promised: Option<usize>) -> Result<(WordVectors, ReadReport)> {
        let n_lines = self.intake.n_lines();
        let n_promised = n_promised.filter(|&n| n as u64 != n_lines);
        if let Some(n) = n_promised.filter(|_| !self.intake.report().is_limited) {
            let found = format!("{n_lines} word(s), where the header says {n}");
            self.intake.note(Fault::WordCount, Place::line(1, Some(0), found))?;
        }
        self.intake.finish()
    }
}
