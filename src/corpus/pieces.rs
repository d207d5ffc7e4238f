//! A corpus as a sequence of pieces: about a megabyte of one source each, cut where no word is cut.
//!
//! A piece ends after a line end; a line longer than a piece is cut at a space, and text without
//! either (some megabytes of a script without spaces) between two characters. Cuts depend on the
//! bytes of the source alone, so the pieces, and all that is made of them, are the same on any
//! number of threads.

use std::path::PathBuf;

use unicode_segmentation::UnicodeSegmentation;

use super::hashing::Fingerprint;
use super::{Corpus, DocumentUnit, OnBadUtf8, SourceReport};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::input::compression::Decompressed;
use crate::input::encoding;

/// Size at which a piece is cut: large enough that the words of a piece repeat, small enough that
/// many fit in memory.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

/// A line without a single space is cut between two characters when it has grown to this size.
const LONGEST_UNCUT_BYTES: usize = 16 << 20;

/// Bytes of one source, with their place in it.
pub(crate) struct Piece {
    path: PathBuf,
    unit: DocumentUnit,
    on_bad_utf8: OnBadUtf8,
    /// Number of the first line, from 1.
    first_line: u64,
    /// Offset of the first byte in the decompressed source.
    offset: u64,
    bytes: Vec<u8>,
    /// Whether the first byte begins a line; false within a line that is longer than a piece.
    starts_line: bool,
    /// Whether the source, and so its last document, ends here.
    pub(crate) ends_source: bool,
}

/// What is met while walking through a piece.
pub(crate) enum Event<'a> {
    /// Text that belongs to the current document.
    Text(&'a str),
    /// The current document ends.
    EndOfDocument,
}

/// What was done to bytes that are not UTF-8.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Repairs {
    pub(crate) replaced_lines: u64,
    pub(crate) skipped_lines: u64,
}

/// Reads the pieces of a corpus one after the other.
pub(crate) struct Pieces<'a> {
    corpus: &'a Corpus,
    next_source: usize,
    open: Option<OpenSource>,
    reports: Vec<SourceReport>,
    /// Bytes of decompressed text so far.
    n_bytes: u64,
}

struct OpenSource {
    reader: Decompressed,
    fingerprint: Fingerprint,
    /// Read, but not yet handed out.
    rest: Vec<u8>,
    first_line: u64,
    offset: u64,
    starts_line: bool,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(corpus: &'a Corpus) -> Self {
        Self { corpus, next_source: 0, open: None, reports: Vec::new(), n_bytes: 0 }
    }

    /// The next piece and the number of raw bytes read for it; `None` at the end of the corpus.
    pub(crate) fn next_piece(&mut self) -> Result<Option<(Piece, u64)>> {
        loop {
            let Some(open) = &mut self.open else {
                let Some(source) = self.corpus.sources().get(self.next_source) else {
                    return Ok(None);
                };
                self.next_source += 1;
                let fingerprint = Fingerprint::default();
                let reader = Decompressed::new(fingerprint.of(source.open()?), source.path())?;
                self.open = Some(OpenSource {
                    reader,
                    fingerprint,
                    rest: Vec::new(),
                    first_line: 1,
                    offset: 0,
                    starts_line: true,
                });
                continue;
            };
            let source = &self.corpus.sources()[self.next_source - 1];
            let (bytes, ends_source) = open.next_bytes()?;
            if open.offset == 0 {
                refuse_known_binaries(source.path(), &bytes)?;
            }
            let raw_bytes = open.reader.take_progress();
            let piece = Piece {
                path: source.path().to_path_buf(),
                unit: self.corpus.unit(),
                on_bad_utf8: self.corpus.on_bad_utf8(),
                first_line: open.first_line,
                offset: open.offset,
                bytes,
                starts_line: open.starts_line,
                ends_source,
            };
            open.starts_line = piece.bytes.last() == Some(&b'\n');
            open.offset += piece.bytes.len() as u64;
            open.first_line += piece.bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
            self.n_bytes += piece.bytes.len() as u64;
            if ends_source {
                self.reports.push(open.fingerprint.report(source));
                self.open = None;
            }
            return Ok(Some((piece, raw_bytes)));
        }
    }

    /// The sources read to their end, and the bytes of text in them.
    pub(crate) fn into_reports(self) -> (Vec<SourceReport>, u64) {
        (self.reports, self.n_bytes)
    }
}

impl OpenSource {
    /// The bytes of the next piece, and whether the source ends with them.
    fn next_bytes(&mut self) -> Result<(Vec<u8>, bool)> {
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            let filled = bytes.len();
            bytes.resize(filled.max(PIECE_BYTES / 2) + PIECE_BYTES / 2, 0);
            let n = self.reader.read_full(&mut bytes[filled..])?;
            let at_end = filled + n < bytes.len();
            bytes.truncate(filled + n);
            if at_end {
                return Ok((bytes, true));
            }
            if let Some(cut) = cut_position(&bytes) {
                self.rest = bytes.split_off(cut);
                return Ok((bytes, false));
            }
        }
    }
}

/// The length of the longest prefix that can be a piece; `None` if more must be read to know.
fn cut_position(bytes: &[u8]) -> Option<usize> {
    let after_last = |is_cut: fn(&u8) -> bool| bytes.iter().rposition(is_cut).map(|last| last + 1);
    if bytes.len() < PIECE_BYTES {
        return None;
    }
    after_last(|&byte| byte == b'\n')
        .or_else(|| after_last(|&byte| byte == b' ' || byte == b'\t'))
        .or_else(|| {
            let is_character_start = |&byte: &u8| byte & 0xC0 != 0x80;
            // The last character may be incomplete: it stays in the rest.
            (bytes.len() >= LONGEST_UNCUT_BYTES)
                .then(|| bytes.iter().rposition(is_character_start).unwrap_or(bytes.len()).max(1))
        })
}

fn refuse_known_binaries(path: &std::path::Path, head: &[u8]) -> Result<()> {
    let format = match head {
        [b'%', b'P', b'D', b'F', b'-', ..] => ForeignFormat::Pdf,
        [b'P', b'K', 3, 4, ..] => ForeignFormat::Zip,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => ForeignFormat::Utf16,
        _ => return Ok(()),
    };
    Err(Error::OtherFormat { path: path.to_path_buf(), format })
}

impl Piece {
    /// Number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Calls `visit` with each stretch of text and each end of a document, in order. The end of the
    /// source is not reported.
    ///
    /// # Errors
    /// A NUL byte; bytes that are not UTF-8, unless they are to be replaced or skipped; whatever
    /// `visit` returns.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Event<'_>) -> Result<()>) -> Result<Repairs> {
        if let Some(position) = self.bytes.iter().position(|&byte| byte == 0) {
            let offset = self.offset + position as u64;
            return Err(Error::BinaryFile { path: self.path.clone(), offset });
        }
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => self.walk_text(text, true, &mut visit).map(|()| Repairs::default()),
            Err(error) if self.on_bad_utf8 == OnBadUtf8::Error => {
                Err(self.bad_utf8(error.valid_up_to()))
            }
            Err(_) => {
                let (text, has_first, repairs) = self.repaired();
                // A line that began in the piece before ends here, though this part of it is left
                // out.
                if !has_first
                    && matches!(self.unit, DocumentUnit::Line | DocumentUnit::Sentence)
                    && self.bytes.contains(&b'\n')
                {
                    visit(Event::EndOfDocument)?;
                }
                self.walk_text(&text, has_first, &mut visit).map(|()| repairs)
            }
        }
    }

    /// The text without bytes that are not UTF-8, whether its first line is there, and what was
    /// done.
    fn repaired(&self) -> (String, bool, Repairs) {
        let mut text = String::with_capacity(self.bytes.len());
        let (mut has_first, mut repairs) = (true, Repairs::default());
        for (number, line) in self.bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            match (std::str::from_utf8(line), self.on_bad_utf8) {
                (Ok(line), _) => text.push_str(line),
                (Err(_), OnBadUtf8::Skip) => {
                    repairs.skipped_lines += 1;
                    has_first &= number > 0;
                }
                (Err(_), _) => {
                    repairs.replaced_lines += 1;
                    text.push_str(&String::from_utf8_lossy(line));
                }
            }
        }
        (text, has_first, repairs)
    }

    /// `is_first`: the text begins with the beginning of the piece.
    fn walk_text(
        &self,
        text: &str,
        is_first: bool,
        visit: &mut impl FnMut(Event<'_>) -> Result<()>,
    ) -> Result<()> {
        let text = if is_first && self.offset == 0 {
            text.strip_prefix('\u{FEFF}').unwrap_or(text)
        } else {
            text
        };
        match self.unit {
            DocumentUnit::File => visit(Event::Text(text)),
            DocumentUnit::Line => each_line(text, visit, |text, visit| visit(Event::Text(text))),
            // The end of a line ends a sentence too (SB4), so each line can be cut alone.
            DocumentUnit::Sentence => each_line(text, visit, |text, visit| {
                for (number, sentence) in text.split_sentence_bounds().enumerate() {
                    if number > 0 {
                        visit(Event::EndOfDocument)?;
                    }
                    visit(Event::Text(sentence))?;
                }
                Ok(())
            }),
            DocumentUnit::Paragraph => self.walk_paragraphs(text, is_first, visit),
        }
    }

    /// The lines of a paragraph together: a sentence may go from one to the next.
    fn walk_paragraphs(
        &self,
        text: &str,
        is_first: bool,
        visit: &mut impl FnMut(Event<'_>) -> Result<()>,
    ) -> Result<()> {
        let (mut start, mut position) = (0, 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            // The end of a long line, cut off at its last space, is no empty line.
            let is_whole = self.starts_line || number > 0 || !is_first;
            let next = position + line.len();
            if is_whole && line.trim().is_empty() && line.ends_with('\n') {
                if start < position {
                    visit(Event::Text(&text[start..position]))?;
                }
                visit(Event::EndOfDocument)?;
                start = next;
            }
            position = next;
        }
        if start < position { visit(Event::Text(&text[start..])) } else { Ok(()) }
    }

    fn bad_utf8(&self, position: usize) -> Error {
        let newlines = self.bytes[..position].iter().filter(|&&byte| byte == b'\n').count() as u64;
        Error::BadUtf8 {
            path: self.path.clone(),
            line: self.first_line + newlines,
            offset: self.offset + position as u64,
            byte: self.bytes[position],
            guess: encoding::guess(&self.bytes),
        }
    }
}

/// Visits each line without its end, which is no part of it (a `tokenizer.json` may make a token of
/// it), and ends a document with each line that has one.
fn each_line<V: FnMut(Event<'_>) -> Result<()>>(
    text: &str,
    visit: &mut V,
    visit_line: impl Fn(&str, &mut V) -> Result<()>,
) -> Result<()> {
    for line in text.split_inclusive('\n') {
        let ended = line.strip_suffix('\n');
        visit_line(ended.map_or(line, |text| text.strip_suffix('\r').unwrap_or(text)), visit)?;
        if ended.is_some() {
            visit(Event::EndOfDocument)?;
        }
    }
    Ok(())
}
