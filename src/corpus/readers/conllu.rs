//! CoNLL-U, the treebanks of Universal Dependencies: a word on each line, a blank line after each
//! sentence, comments that begin with `#`.
//!
//! In: sentences. Out: their tokens (form, lemma, or lemma with part of speech) without
//! punctuation, sentence by sentence. Where the head of a file has a comment `# newdoc`, a record
//! is what stands from one such comment to the next; elsewhere each sentence is a record. Format:
//! <https://universaldependencies.org/format.html>.

use super::{Part, Place, ReaderOptions, RecordReader, TokenColumn, Visit, on_one_line};
use crate::base::error::Result;

/// Fields of a word: ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC.
const N_COLUMNS: usize = 10;

/// Reads the sentences of a treebank.
#[derive(Debug)]
pub(super) struct Conllu {
    token: TokenColumn,
    metadata: Vec<String>,
    has_documents: bool,
}

impl Conllu {
    pub(super) fn open(options: &ReaderOptions, head: &[u8]) -> Self {
        let has_documents = head.split(|&byte| byte == b'\n').any(begins_document);
        Self { token: options.token, metadata: options.metadata.clone(), has_documents }
    }
}

/// Whether a line is a comment `# newdoc` or `# newdoc id = ...`.
fn begins_document(line: &[u8]) -> bool {
    let Some(comment) = line.strip_prefix(b"#") else { return false };
    let Some(rest) = comment.trim_ascii_start().strip_prefix(b"newdoc") else { return false };
    rest.first().is_none_or(u8::is_ascii_whitespace)
}

impl RecordReader for Conllu {
    fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        let mut end = bytes.len();
        loop {
            let start = memchr::memrchr(b'\n', &bytes[..end])? + 1;
            let line = &bytes[start..end];
            // The last line may go on.
            if end < bytes.len() {
                if self.has_documents && begins_document(line) {
                    return Some(start);
                }
                if !self.has_documents && line.trim_ascii().is_empty() {
                    return Some(end + 1);
                }
            }
            end = start - 1;
        }
    }

    fn read(&self, text: &str, place: Place<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let mut state = State {
            reader: self,
            metadata: None,
            parts_until: 0,
            is_open: false,
            has_words: false,
        };
        state.begin_record();
        for (number, line) in (place.line..).zip(text.split('\n')) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let place = Place { line: number, ..place };
            if line.trim().is_empty() {
                state.end_sentence(visit)?;
            } else if line.starts_with('#') {
                state.comment(line, visit)?;
            } else {
                state.word(line, place, visit)?;
            }
        }
        state.end_sentence(visit)?;
        state.end_record(visit)
    }
}

/// Where the reading of records stands.
struct State<'r> {
    reader: &'r Conllu,
    /// The metadata of the record that has begun, until they are handed out.
    metadata: Option<Vec<String>>,
    /// The last word that is a part of the multi-word token that was read last.
    parts_until: u64,
    /// Whether a word of the current sentence was read.
    is_open: bool,
    /// Whether a word of the current record was read.
    has_words: bool,
}

impl State<'_> {
    fn begin_record(&mut self) {
        self.metadata = Some(vec![String::new(); self.reader.metadata.len()]);
        self.has_words = false;
    }

    fn end_record(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        if self.has_words {
            visit(Part::EndOfRecord)?;
        }
        self.begin_record();
        Ok(())
    }

    fn end_sentence(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        if self.is_open {
            visit(Part::EndOfSentence)?;
            self.is_open = false;
        }
        self.parts_until = 0;
        if self.reader.has_documents { Ok(()) } else { self.end_record(visit) }
    }

    /// A comment such as `# sent_id = n01`; the first of each name in a record is kept.
    fn comment(&mut self, line: &str, visit: &mut Visit<'_>) -> Result<()> {
        let comment = line.trim_start_matches('#');
        let (key, value) = comment.split_once('=').unwrap_or((comment, ""));
        let key = key.trim();
        if self.reader.has_documents && begins_document(line.as_bytes()) {
            self.end_sentence(visit)?;
            self.end_record(visit)?;
        }
        // `id` is that of the document, or of the sentence where each is a record.
        let id = if self.reader.has_documents { "newdoc id" } else { "sent_id" };
        let Some(metadata) = &mut self.metadata else { return Ok(()) };
        for (name, kept) in self.reader.metadata.iter().zip(metadata) {
            if kept.is_empty() && (name == key || name == "id" && key == id) {
                *kept = on_one_line(value).into_owned();
            }
        }
        Ok(())
    }

    fn word(&mut self, line: &str, place: Place<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let mut columns = [""; N_COLUMNS];
        let mut n_columns = 0;
        for column in line.split('\t') {
            if let Some(place) = columns.get_mut(n_columns) {
                *place = column;
            }
            n_columns += 1;
        }
        if n_columns != N_COLUMNS {
            return Err(place.malformed(
                0,
                format!("a word of {n_columns} column(s), `{line}`"),
                "10 columns with tabs between, as CoNLL-U has",
            ));
        }
        let [id, form, lemma, upos, ..] = columns;
        let number = |text: &str| text.parse::<u64>().ok();
        let range =
            id.split_once('-').and_then(|(first, last)| Some((number(first)?, number(last)?)));
        let empty =
            id.split_once('.').and_then(|(word, node)| Some((number(word)?, number(node)?)));
        // Of a multi-word token the written word is a token, or its parts are.
        let is_token = match (number(id), range) {
            (Some(word), _) => word > self.parts_until,
            (None, Some((_, last))) if self.reader.token == TokenColumn::Form => {
                self.parts_until = last;
                true
            }
            (None, Some(_)) => false,
            (None, None) if empty.is_some() => false,
            (None, None) => {
                return Err(place.malformed(
                    0,
                    format!("`{id}` in the first column"),
                    "the number of a word: `3`, `3-4` or `3.1`",
                ));
            }
        };
        if let Some(metadata) = self.metadata.take() {
            for (column, value) in metadata.iter().enumerate() {
                visit(Part::Metadata { column, value })?;
            }
        }
        (self.is_open, self.has_words) = (true, true);
        let is_word = upos != "PUNCT" && form.contains(char::is_alphanumeric);
        if is_token && is_word {
            self.token(form, lemma, upos, visit)?;
        }
        Ok(())
    }

    fn token(&self, form: &str, lemma: &str, upos: &str, visit: &mut Visit<'_>) -> Result<()> {
        let lemma = if lemma == "_" { form } else { lemma };
        let token = match self.reader.token {
            TokenColumn::Form => form,
            TokenColumn::Lemma | TokenColumn::LemmaUpos => lemma,
        };
        let mut token = token.trim();
        // A word may hold spaces: `20 000`, or a Vietnamese word of two syllables.
        let joined;
        if token.contains(char::is_whitespace) {
            joined = token.split_whitespace().collect::<Vec<_>>().join("_");
            token = &joined;
        }
        if self.reader.token == TokenColumn::LemmaUpos {
            // X is the part of speech of what has no other.
            let upos = if upos == "_" { "X" } else { upos };
            return visit(Part::Token(&format!("{token}_{upos}")));
        }
        visit(Part::Token(token))
    }
}

#[cfg(test)]
#[path = "conllu_tests.rs"]
mod tests;
