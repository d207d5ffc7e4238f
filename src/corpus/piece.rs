//! A piece of one source, and the walk through it: its texts, and where documents end.
//!
//! In: about a megabyte of decoded bytes, which begin at the beginning of a line or a record. Out:
//! [`Event`]s. What is no text, bytes that are not valid and control characters, is dealt with
//! here.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::DocumentUnit;
use super::held::{HeldDocument, HeldDocuments};
use super::readers::{Part, Place, RecordReader};
use super::seen::{EncodedTwice, Seen};
use super::titles::ends_with_title;
use super::twice_encoded;
use crate::base::error::{Error, Result};
use crate::input::OnBadText;
use crate::input::control::find_control;
use crate::input::encoding::{INVALID, guess};

/// Bytes of one source, with their place in it.
pub(crate) struct Piece {
    pub(super) path: Arc<Path>,
    pub(super) unit: DocumentUnit,
    pub(super) on_bad_text: Option<OnBadText>,
    /// The encoding that the source was converted from, if it was.
    pub(super) encoding: Option<&'static str>,
    /// Number of the first line, from 1.
    pub(super) first_line: u64,
    /// Offset of the first byte in the decoded source.
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) form: Form,
    /// The metadata of the source, if it has some as a whole.
    pub(super) metadata: Option<Arc<[String]>>,
    /// Whether the source, and so its last document, ends here.
    pub(crate) ends_source: bool,
}

/// What the bytes hold.
pub(super) enum Form {
    /// Plain text.
    Text {
        /// Whether the first byte begins a line; false within a line that is longer than a piece.
        starts_line: bool,
        /// Whether the lines of the source are wrapped, so that a line end is a space.
        is_wrapped: bool,
        /// Whether the text was made of markup: then an empty line is no line of the source.
        is_converted: bool,
    },
    Records(Arc<dyn RecordReader>),
    /// Documents in memory, which are not copied: the piece has no bytes of its own, and its lines
    /// are the numbers of its documents.
    Held {
        documents: Arc<dyn HeldDocuments>,
        range: Range<usize>,
        /// Bytes of their texts.
        n_bytes: usize,
    },
}

/// What is met while walking through a piece.
pub(crate) enum Event<'a> {
    /// Text that belongs to the current document.
    Text(&'a str),
    /// A token of the current document, as its file has it.
    Token(&'a str),
    /// A sentence of such tokens ends.
    EndOfSentence,
    /// A value of the metadata of the current document.
    Metadata {
        /// The position of its name among those that were asked for.
        column: usize,
        value: &'a str,
    },
    /// The current document ends.
    EndOfDocument,
}

/// What was done to bytes that are no text, and what else was seen.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Repairs {
    pub(crate) replaced_lines: u64,
    pub(crate) skipped_lines: u64,
    /// Control characters that became spaces.
    pub(crate) controls: u64,
    /// The first of them.
    pub(crate) first_control: Option<Control>,
    pub(crate) seen: Seen,
}

impl Repairs {
    /// Adds what was done to a later piece.
    pub(crate) fn add(&mut self, later: &Self) {
        self.replaced_lines += later.replaced_lines;
        self.skipped_lines += later.skipped_lines;
        self.controls += later.controls;
        self.seen.add(&later.seen);
        if self.first_control.is_none() {
            self.first_control.clone_from(&later.first_control);
        }
    }
}

/// A control character in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) path: Arc<Path>,
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) character: char,
}

/// The text of a piece, and what was done to it.
struct Clean<'a> {
    text: Cow<'a, str>,
    /// Whether the first line of the piece is there.
    has_first: bool,
    repairs: Repairs,
}

impl Piece {
    /// Number of bytes.
    pub(crate) fn len(&self) -> usize {
        match &self.form {
            Form::Held { n_bytes, .. } => *n_bytes,
            _ => self.bytes.len(),
        }
    }

    /// Whether the ends of lines are spaces, maybe within words.
    pub(crate) fn is_wrapped(&self) -> bool {
        matches!(self.form, Form::Text { is_wrapped: true, .. })
    }

    /// Whether a document begins with the piece, whatever the pieces before hold.
    pub(crate) fn begins_document(&self) -> bool {
        match self.form {
            Form::Text { starts_line, .. } => {
                let ends_with_lines =
                    matches!(self.unit, DocumentUnit::Line | DocumentUnit::Sentence);
                self.offset == 0 || (starts_line && ends_with_lines && !self.is_wrapped())
            }
            Form::Records(_) => self.unit != DocumentUnit::File || self.offset == 0,
            Form::Held { .. } => true,
        }
    }

    /// The metadata of all documents of the source, if it has some as a whole.
    pub(crate) fn metadata(&self) -> Option<&[String]> {
        self.metadata.as_deref()
    }

    /// Calls `visit` with each stretch of text and each end of a document, in order. The end of the
    /// source is not reported.
    ///
    /// # Errors
    /// Bytes that are no text, unless they are to be replaced or skipped; a record that does not
    /// keep to its format; whatever `visit` returns.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Event<'_>) -> Result<()>) -> Result<Repairs> {
        if let Form::Held { documents, range, .. } = &self.form {
            return self.walk_held(&**documents, range.clone(), &mut visit);
        }
        let Clean { text, has_first, mut repairs } = self.clean()?;
        self.look_for_twice_encoded(&mut repairs.seen);
        match &self.form {
            Form::Records(reader) => {
                self.walk_records(&**reader, &text, &mut repairs.seen, &mut visit)?;
            }
            Form::Held { .. } => {}
            Form::Text { .. } => {
                // A line that began in the piece before ends here, though this part of it is left
                // out.
                if !has_first
                    && matches!(self.unit, DocumentUnit::Line | DocumentUnit::Sentence)
                    && self.bytes.contains(&b'\n')
                {
                    visit(Event::EndOfDocument)?;
                }
                self.walk_text(&text, has_first, &mut visit)?;
            }
        }
        Ok(repairs)
    }

    fn look_for_twice_encoded(&self, seen: &mut Seen) {
        let (n, first) = twice_encoded::find(&self.bytes);
        seen.n_twice = n;
        seen.first_twice = first.map(|it| EncodedTwice {
            path: Arc::clone(&self.path),
            line: self.line_of(it.place),
            text: it.text,
            meant: it.meant,
        });
    }

    /// The text of the piece, with what is no text replaced or left out as it was asked for.
    fn clean(&self) -> Result<Clean<'_>> {
        let text = std::str::from_utf8(&self.bytes);
        let control = find_control(&self.bytes);
        if let (Ok(text), None) = (text, control) {
            let (text, repairs) = (Cow::Borrowed(text), Repairs::default());
            return Ok(Clean { text, has_first: true, repairs });
        }
        match self.on_bad_text {
            Some(OnBadText::Replace | OnBadText::Skip) => Ok(self.repaired()),
            policy => {
                let bad = text.err().map(|error| error.valid_up_to());
                let fatal = match policy {
                    // NUL is the mark of files that are no text.
                    None => self.bytes.iter().position(|&byte| byte == 0).map(|it| (it, '\0')),
                    Some(_) => control,
                };
                match (bad, fatal) {
                    (Some(bad), fatal) if fatal.is_none_or(|(place, _)| bad < place) => {
                        Err(self.bad_bytes(bad))
                    }
                    (_, Some((place, character))) => {
                        let Control { line, offset, .. } = self.control(place, character);
                        let path = self.path.to_path_buf();
                        Err(Error::ControlCharacter { path, line, offset, character })
                    }
                    _ => Ok(self.without_controls(text.expect("no byte is bad"))),
                }
            }
        }
    }

    /// The text with a space for each control character.
    fn without_controls(&self, text: &str) -> Clean<'_> {
        let (mut spaced, mut repairs) = (String::with_capacity(text.len()), Repairs::default());
        let mut rest = text;
        while let Some((place, character)) = find_control(rest.as_bytes()) {
            if repairs.first_control.is_none() {
                repairs.first_control =
                    Some(self.control(text.len() - rest.len() + place, character));
            }
            repairs.controls += 1;
            // Of a control character of two bytes the place is that of the first.
            spaced.push_str(&rest[..place]);
            spaced.push(' ');
            rest = &rest[place + character.len_utf8()..];
        }
        spaced.push_str(rest);
        Clean { text: spaced.into(), has_first: true, repairs }
    }

    /// The text with U+FFFD for what is no text, or without the lines that hold any.
    fn repaired(&self) -> Clean<'_> {
        let mut text = String::with_capacity(self.bytes.len());
        let (mut has_first, mut repairs) = (true, Repairs::default());
        for (number, line) in self.bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            match (std::str::from_utf8(line), find_control(line)) {
                (Ok(line), None) => text.push_str(line),
                _ if self.on_bad_text == Some(OnBadText::Skip) => {
                    repairs.skipped_lines += 1;
                    has_first &= number > 0;
                }
                _ => {
                    repairs.replaced_lines += 1;
                    let line = String::from_utf8_lossy(line);
                    let mut rest = &line[..];
                    while let Some((place, character)) = find_control(rest.as_bytes()) {
                        text.push_str(&rest[..place]);
                        text.push('\u{FFFD}');
                        rest = &rest[place + character.len_utf8()..];
                    }
                    text.push_str(rest);
                }
            }
        }
        Clean { text: text.into(), has_first, repairs }
    }

    fn walk_held<V: FnMut(Event<'_>) -> Result<()>>(
        &self,
        documents: &dyn HeldDocuments,
        range: Range<usize>,
        visit: &mut V,
    ) -> Result<Repairs> {
        let mut all = Repairs::default();
        for document in range {
            match documents.document(document) {
                HeldDocument::Text(text) => {
                    let Clean { text, repairs, .. } = self.clean_held(text, document)?;
                    all.add(&repairs);
                    self.walk_text(&text, true, visit)?;
                }
                HeldDocument::Tokens(mut tokens) => {
                    tokens.try_for_each(|token| visit(Event::Token(token)))?;
                }
            }
            // The names of documents count each, also one without text.
            visit(Event::Text(""))?;
            visit(Event::EndOfDocument)?;
        }
        Ok(all)
    }

    /// A text in memory, cleaned as the line of a file is whose number is that of the document.
    fn clean_held<'t>(&self, text: &'t str, document: usize) -> Result<Clean<'t>> {
        if find_control(text.as_bytes()).is_none() {
            let (text, repairs) = (Cow::Borrowed(text), Repairs::default());
            return Ok(Clean { text, has_first: true, repairs });
        }
        let line = Self {
            path: Arc::clone(&self.path),
            metadata: None,
            bytes: text.as_bytes().to_vec(),
            first_line: document as u64 + 1,
            form: Form::Text { starts_line: true, is_wrapped: false, is_converted: false },
            ..*self
        };
        let Clean { text, has_first, repairs } = line.clean()?;
        Ok(Clean { text: text.into_owned().into(), has_first, repairs })
    }

    fn walk_records(
        &self,
        reader: &dyn RecordReader,
        text: &str,
        seen: &mut Seen,
        visit: &mut impl FnMut(Event<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut has_text = false;
        let place = Place { path: &self.path, line: self.first_line };
        let unit = self.unit;
        let mut look = |part: &Part<'_>| match part {
            Part::Text(_) | Part::Token(_) => has_text = true,
            Part::Metadata { value: "", .. } | Part::EndOfSentence => {}
            Part::Metadata { column, .. } => seen.value(*column),
            Part::EndOfRecord => {
                seen.n_records += 1;
                seen.n_without_text += u64::from(!std::mem::take(&mut has_text));
            }
        };
        reader.read(text, place, &mut |part| {
            look(&part);
            match part {
                Part::Text(text) => match unit {
                    DocumentUnit::File | DocumentUnit::Record => visit(Event::Text(text)),
                    _ => self.walk_text(text, true, visit),
                },
                Part::Token(token) => visit(Event::Token(token)),
                Part::EndOfSentence => match unit {
                    DocumentUnit::Sentence => visit(Event::EndOfDocument),
                    _ => visit(Event::EndOfSentence),
                },
                Part::Metadata { column, value } => visit(Event::Metadata { column, value }),
                Part::EndOfRecord if unit == DocumentUnit::File => visit(Event::EndOfSentence),
                Part::EndOfRecord => {
                    // The names of documents count each record, also one without text.
                    if unit == DocumentUnit::Record {
                        visit(Event::Text(""))?;
                    }
                    visit(Event::EndOfDocument)
                }
            }
        })
    }

    /// `is_first`: the text begins with the beginning of the piece.
    fn walk_text<V: FnMut(Event<'_>) -> Result<()>>(
        &self,
        text: &str,
        is_first: bool,
        visit: &mut V,
    ) -> Result<()> {
        let whole = |text: &str, visit: &mut V| visit(Event::Text(text));
        match self.unit {
            DocumentUnit::File | DocumentUnit::Record => visit(Event::Text(text)),
            DocumentUnit::Line if self.is_wrapped() => {
                self.walk_paragraphs(text, is_first, visit, whole)
            }
            DocumentUnit::Line => each_line(text, visit, |line, visit| {
                let is_converted = matches!(self.form, Form::Text { is_converted: true, .. });
                if is_converted && line.is_empty() { Ok(()) } else { whole(line, visit) }
            }),
            DocumentUnit::Sentence if self.is_wrapped() => {
                self.walk_paragraphs(text, is_first, visit, |text, visit| {
                    each_sentence(text, &text.replace(['\n', '\r'], " "), visit)
                })
            }
            // The end of a line ends a sentence too (SB4), so each line can be cut alone.
            DocumentUnit::Sentence => {
                each_line(text, visit, |text, visit| each_sentence(text, text, visit))
            }
            DocumentUnit::Paragraph => self.walk_paragraphs(text, is_first, visit, whole),
        }
    }

    /// The lines of a paragraph together: a sentence may go from one to the next.
    fn walk_paragraphs<V: FnMut(Event<'_>) -> Result<()>>(
        &self,
        text: &str,
        is_first: bool,
        visit: &mut V,
        visit_paragraph: impl Fn(&str, &mut V) -> Result<()>,
    ) -> Result<()> {
        let starts_line = !matches!(self.form, Form::Text { starts_line: false, .. });
        let (mut start, mut position) = (0, 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            // The end of a long line, cut off at its last space, is no empty line.
            let is_whole = starts_line || number > 0 || !is_first;
            let next = position + line.len();
            if is_whole && line.trim().is_empty() && line.ends_with('\n') {
                if start < position {
                    visit_paragraph(&text[start..position], visit)?;
                }
                visit(Event::EndOfDocument)?;
                start = next;
            }
            position = next;
        }
        if start < position { visit_paragraph(&text[start..], visit) } else { Ok(()) }
    }

    fn control(&self, place: usize, character: char) -> Control {
        Control {
            path: Arc::clone(&self.path),
            line: self.line_of(place),
            offset: self.offset + place as u64,
            character,
        }
    }

    fn line_of(&self, place: usize) -> u64 {
        self.first_line + memchr::memchr_iter(b'\n', &self.bytes[..place]).count() as u64
    }

    fn bad_bytes(&self, place: usize) -> Error {
        let (path, line) = (self.path.to_path_buf(), self.line_of(place));
        match self.encoding {
            Some(encoding) if self.bytes[place] == INVALID => {
                Error::BadEncoding { path, line, encoding }
            }
            _ => Error::BadUtf8 {
                path,
                line,
                offset: self.offset + place as u64,
                byte: self.bytes[place],
                guess: guess(&self.bytes, self.ends_source),
            },
        }
    }
}

/// Visits each sentence of a text, and ends a document between two. `line` is the same text, with
/// spaces where lines end within sentences.
fn each_sentence<V: FnMut(Event<'_>) -> Result<()>>(
    text: &str,
    line: &str,
    visit: &mut V,
) -> Result<()> {
    let mut start = 0;
    for (bound, _) in line.split_sentence_bound_indices().skip(1) {
        if !ends_with_title(text[start..bound].trim_end()) {
            visit(Event::Text(&text[start..bound]))?;
            visit(Event::EndOfDocument)?;
            start = bound;
        }
    }
    if text.is_empty() { Ok(()) } else { visit(Event::Text(&text[start..])) }
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
