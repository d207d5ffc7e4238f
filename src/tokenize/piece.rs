//! A piece of a corpus, tokenized by itself: ids of its own spellings, and where documents and
//! sentences end.

use super::abbreviations::{Usage, is_likely};
use super::interner::Interner;
use super::line_breaks::{Break, BrokenWords, SecondParts};
use super::{Tokenizer, WordChanges};
use crate::base::error::Result;
use crate::corpus::{
    Bundle, Event, Hyphen, Mark, Marks, Piece, Repairs, SentenceEnd, for_each_mark, has_soft_break,
};

/// What is wanted of a piece beside its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing: words broken at the end of a line are joined by what the piece shows.
    Tokens,
    /// What shows how they are to be joined, for all pieces together.
    Breaks,
    /// That, and where sentences end.
    Sentences,
}

/// A piece of a corpus as ids of its own spellings.
#[derive(Default)]
pub(super) struct TokenizedPiece {
    pub(super) interner: Interner,
    pub(super) ids: Vec<u32>,
    pub(super) document_ends: Vec<DocumentEnd>,
    /// Positions in the ids of the piece, those of documents among them; maybe some twice.
    pub(super) sentence_ends: Vec<usize>,
    /// Where sentences end unless the word before is an abbreviation.
    pub(super) doubtful_ends: Vec<DoubtfulEnd>,
    pub(super) breaks: Vec<Break>,
    /// How each spelling is used; empty if nothing is to be found out by that.
    pub(super) usage: Vec<Usage>,
    /// Whether there is text after the last of the documents' ends.
    pub(super) has_text: bool,
    /// Behind how many ends of documents each source ends.
    pub(super) source_ends: Vec<usize>,
    /// The metadata of each document end, separated by tabs; empty if there are none.
    pub(super) rows: Vec<String>,
    pub(super) repairs: Vec<Repairs>,
    /// What the tokenizer changed.
    pub(super) changes: WordChanges,
}

/// Where a document ends.
pub(super) struct DocumentEnd {
    /// Position in the ids of the piece.
    pub(super) position: usize,
    /// Whether there is text in the piece since the end before: a document, if only of characters
    /// that make no token.
    pub(super) has_text: bool,
}

/// Where a sentence ends behind a word with a full stop, unless that is an abbreviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DoubtfulEnd {
    /// Position in the ids of the piece.
    pub(super) position: usize,
    pub(super) before_capital: bool,
}

impl TokenizedPiece {
    /// Tokenizes the pieces of a bundle; `n_metadata`: values that each document has.
    pub(super) fn new(
        bundle: &Bundle,
        tokenizer: &Tokenizer,
        wanted: Wanted,
        n_metadata: usize,
    ) -> Result<Self> {
        let mut builder = Builder {
            tokenizer,
            wanted,
            is_wrapped: false,
            with_breaks: false,
            marks: Vec::new(),
            begins_sentence: bundle.pieces.first().is_some_and(Piece::begins_document),
            document_start: None,
            hyphen: None,
            row: vec![String::new(); n_metadata],
            // Text has five to six bytes a token, the space included.
            result: Self { ids: Vec::with_capacity(bundle.n_bytes() / 5), ..Self::default() },
        };
        if builder.begins_sentence {
            builder.document_start = Some(0);
        }
        builder.result.interner.reserve_for(bundle.n_bytes());
        for piece in &bundle.pieces {
            builder.piece(piece)?;
        }
        let result = builder.result;
        if wanted == Wanted::Tokens { result.joined() } else { Ok(result) }
    }

    /// The same with broken words joined by what the piece shows.
    fn joined(mut self) -> Result<Self> {
        if self.breaks.is_empty() {
            return Ok(self);
        }
        let mut parts = SecondParts::of(&self.breaks);
        parts.count(&self.ids);
        let broken = BrokenWords::new(&self.breaks, &mut self.interner, &parts);
        let mut ids = broken.join(std::mem::take(&mut self.ids).into())?;
        self.ids = ids.take(0..ids.len())?;
        for end in &mut self.document_ends {
            end.position = broken.moved(end.position as u64) as usize;
        }
        Ok(self)
    }
}

/// Makes a tokenized piece, one text after the other.
struct Builder<'a> {
    tokenizer: &'a Tokenizer,
    wanted: Wanted,
    is_wrapped: bool,
    /// Whether words of the text may be broken at the end of a line.
    with_breaks: bool,
    /// Where the text is cut, and what ends there.
    marks: Vec<(usize, Mark)>,
    /// Whether the next token is the first of a sentence.
    begins_sentence: bool,
    /// Where the tokens of the current document begin, unless the document began in an earlier
    /// piece.
    document_start: Option<usize>,
    /// The hyphen behind the last token, if its line ended with one.
    hyphen: Option<Hyphen>,
    /// The metadata of the current document.
    row: Vec<String>,
    result: TokenizedPiece,
}

impl Builder<'_> {
    fn piece(&mut self, piece: &Piece) -> Result<()> {
        self.is_wrapped = piece.is_wrapped();
        if let Some(metadata) = piece.metadata() {
            self.row.clone_from_slice(metadata);
        }
        let repairs = piece.walk(|event| {
            match event {
                Event::Text(text) => self.text(text)?,
                Event::Token(token) => self.token(token),
                Event::EndOfSentence => self.mark(Mark::END),
                Event::Metadata { column, value } => value.clone_into(&mut self.row[column]),
                Event::EndOfDocument => self.end_of_document(),
            }
            Ok(())
        })?;
        if piece.ends_source {
            self.end_of_document();
            self.result.source_ends.push(self.result.document_ends.len());
        }
        if repairs != Repairs::default() {
            self.result.repairs.push(repairs);
        }
        Ok(())
    }

    /// A token as its file has it.
    fn token(&mut self, token: &str) {
        self.result.has_text = true;
        let id = self.result.interner.intern_token(token);
        self.result.ids.push(id);
        if self.wanted == Wanted::Sentences {
            note_use(&mut self.result.usage, id, false, &mut self.begins_sentence);
        }
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.result.has_text = true;
        let mut marks = std::mem::take(&mut self.marks);
        marks.clear();
        let sentences = self.wanted == Wanted::Sentences;
        self.with_breaks = self.is_wrapped || has_soft_break(text);
        if sentences || self.with_breaks {
            let unspaced = self.tokenizer.cuts_unspaced_text();
            // Where nothing ends, some tokenizers had better not be interrupted.
            let learns = self.tokenizer.leaves_out_stops();
            for_each_mark(text, Marks { unspaced, wrapped: self.is_wrapped }, |position, mark| {
                let ends = sentences && mark.end != SentenceEnd::No;
                if ends || mark.hyphen.is_some() || (sentences && learns) {
                    marks.push((position, mark));
                }
            });
        }
        let mut start = 0;
        for &(position, mark) in &marks {
            let part = &text[start..position];
            self.cut(part)?;
            start = position;
            let dropped = if mark.has_stop { self.dropped_at_end(part)? } else { None };
            self.mark(dropped.map_or(mark, |word| without_stop(mark, word)));
        }
        self.marks = marks;
        self.cut(&text[start..])
    }

    /// The last word of a text, if it becomes no token.
    fn dropped_at_end<'t>(&self, text: &'t str) -> Result<Option<&'t str>> {
        if self.wanted != Wanted::Sentences || !self.tokenizer.drops_words() {
            return Ok(None);
        }
        let word = text.trim_end_matches(|it: char| !it.is_alphanumeric());
        let word = &word[word.rfind(char::is_whitespace).unwrap_or(0)..];
        let mut is_dropped = true;
        self.tokenizer.cut(word, &mut WordChanges::default(), |_, _| is_dropped = false)?;
        Ok(is_dropped.then(|| word.trim_start()))
    }

    fn mark(&mut self, mark: Mark) {
        let result = &mut self.result;
        let position = result.ids.len();
        self.hyphen = mark.hyphen;
        if self.wanted != Wanted::Sentences {
            return;
        }
        if self.document_start == Some(position) {
            // A mark before the first word is none behind the last word of another document.
            return;
        }
        if mark.has_stop
            && let Some(&word) = result.ids.last()
        {
            result.usage[word as usize].add(Usage { stops: 1, ..Usage::default() });
        }
        match mark.end {
            SentenceEnd::No => {}
            SentenceEnd::UnlessAbbreviation { before_capital } => {
                result.doubtful_ends.push(DoubtfulEnd { position, before_capital });
                self.begins_sentence = true;
            }
            SentenceEnd::Yes => {
                result.sentence_ends.push(position);
                self.begins_sentence = true;
            }
        }
    }

    fn end_of_document(&mut self) {
        let result = &mut self.result;
        result.document_ends.push(DocumentEnd {
            position: result.ids.len(),
            has_text: std::mem::take(&mut result.has_text),
        });
        result.sentence_ends.push(result.ids.len());
        if !self.row.is_empty() {
            result.rows.push(self.row.join("\t"));
        }
        self.begins_sentence = true;
        self.document_start = Some(result.ids.len());
        self.hyphen = None;
    }

    fn cut(&mut self, text: &str) -> Result<()> {
        let Self { tokenizer, wanted, with_breaks, begins_sentence, hyphen, result, .. } = self;
        let TokenizedPiece { interner, ids, usage, breaks, changes, .. } = result;
        if *wanted != Wanted::Sentences && !*with_breaks {
            return tokenizer.cut(text, changes, |token, _| {
                ids.push(interner.intern_token(token));
            });
        }
        tokenizer.cut(text, changes, |token, is_capital| {
            let id = interner.intern_token(token);
            if *wanted == Wanted::Sentences {
                note_use(usage, id, is_capital, begins_sentence);
            }
            if let (Some(hyphen), Some(&left)) = (hyphen.take(), ids.last()) {
                breaks.push(Break { position: ids.len() as u64, hyphen, parts: [left, id] });
            }
            ids.push(id);
        })
    }
}

/// A mark behind a full stop of a word that is no token: the token before has no full stop, and is
/// not asked whether a sentence ends.
fn without_stop(mark: Mark, word: &str) -> Mark {
    let end =
        match mark.end {
            SentenceEnd::UnlessAbbreviation { before_capital } => {
                if is_likely(word, before_capital) { SentenceEnd::No } else { SentenceEnd::Yes }
            }
            end => end,
        };
    Mark { end, has_stop: false, ..mark }
}

/// Adds an occurrence of a spelling.
fn note_use(usage: &mut Vec<Usage>, id: u32, is_capital: bool, begins_sentence: &mut bool) {
    if usage.len() <= id as usize {
        usage.resize(id as usize + 1, Usage::default());
    }
    let capitals = u32::from(is_capital);
    let starts = capitals & u32::from(std::mem::take(begins_sentence));
    usage[id as usize].add(Usage { total: 1, capitals, starts, ..Usage::default() });
}
