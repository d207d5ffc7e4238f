//! A whole corpus as token ids, or as one token after the other, read once and in parallel.
//!
//! In: a [`Corpus`] and a [`Tokenizer`]. Out: [`Tokens`], for each token the id of its spelling,
//! and where the documents end; or a [`TokenEvent`] for each token and each end. Batches of pieces
//! are tokenized on all threads, each piece with a table of its own, while the next batch is being
//! read and decompressed; the tables are then merged in the order of the pieces, so ids do not
//! depend on the number of threads.

use std::path::Path;

use hashbrown::HashTable;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{LongTokens, Tokenizer};
use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::{WordId, Words, hash_word};
use crate::corpus::{
    Corpus, Event, PIECE_BYTES, Piece, Pieces, Repairs, SourceReport, for_each_end, of_copies,
    of_left_out,
};
use crate::storage::value_list::ValueList;

/// Pieces read ahead for each thread: enough to even out their different costs, at a megabyte each.
const PIECES_PER_THREAD: usize = 4;

/// A corpus as numbers.
#[derive(Debug)]
pub struct Tokens {
    /// The distinct spellings in order of first occurrence, after those the phrases; each has a
    /// token.
    pub spellings: Words,
    /// For each token the position of its spelling.
    pub ids: Vec<u32>,
    /// For each document, which holds at least one token unless it was read with
    /// [`Tokens::read_all`], the end of its tokens in `ids`.
    pub document_ends: Vec<usize>,
    /// For each sentence, which holds at least one token, the end of its tokens in `ids`: where
    /// documents end, and between; `None` unless the sentences were asked for, by
    /// [`Tokens::read_sentences`].
    pub sentence_ends: Option<Vec<usize>>,
    /// What was read.
    pub report: CorpusReport,
}

/// What was read: the fingerprint of a corpus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusReport {
    /// Every source, in the order of reading.
    pub sources: Vec<SourceReport>,
    /// Bytes of text, after decompression.
    pub text_bytes: u64,
    /// Lines in which bytes that are not UTF-8 were replaced.
    pub replaced_lines: u64,
    /// Lines left out because of bytes that are not UTF-8.
    pub skipped_lines: u64,
}

impl Tokens {
    /// Reads and tokenizes the whole corpus.
    ///
    /// Memory: four bytes a token, the distinct spellings, and some sixteen megabytes a thread.
    ///
    /// # Errors
    /// Whatever the sources or the tokenizer report, an empty corpus, more memory than the budget,
    /// or an interruption.
    pub fn read(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::read_kept(corpus, tokenizer, EmptyDocuments::LeftOut, false, budget, progress)
    }

    /// As [`Tokens::read`], and with the ends of sentences, by Unicode Standard Annex 29: marks of
    /// any script, and what follows them. The end of a line is a blank, an empty line ends a
    /// sentence. Where no blank follows, a sentence ends only if the tokenizer is a
    /// `tokenizer.json`.
    ///
    /// Memory: as [`Tokens::read`], and eight bytes a sentence.
    ///
    /// # Errors
    /// As [`Tokens::read`].
    pub fn read_sentences(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::read_kept(corpus, tokenizer, EmptyDocuments::LeftOut, true, budget, progress)
    }

    /// Cuts every document into documents of `n_tokens` tokens, of which the last may have fewer.
    ///
    /// # Panics
    /// If `n_tokens` is 0.
    pub fn cut_documents(&mut self, n_tokens: usize) {
        assert!(n_tokens > 0, "a document holds at least one token");
        let mut start = 0_usize;
        let mut ends = Vec::with_capacity(self.document_ends.len());
        for &end in &self.document_ends {
            ends.extend((start.saturating_add(n_tokens)..end).step_by(n_tokens));
            ends.push(end);
            start = end;
        }
        if let Some(sentence_ends) = &mut self.sentence_ends {
            sentence_ends.extend(&ends);
            sentence_ends.sort_unstable();
            sentence_ends.dedup();
        }
        self.document_ends = ends;
    }

    /// As [`Tokens::read`], but documents without a token are there too: those of [`stream`].
    ///
    /// # Errors
    /// As [`Tokens::read`].
    pub fn read_all(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::read_kept(corpus, tokenizer, EmptyDocuments::Kept, false, budget, progress)
    }

    fn read_kept(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        empty: EmptyDocuments,
        sentences: bool,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<Self> {
        match read_merged(
            corpus,
            tokenizer,
            empty,
            sentences,
            Room { budget, folder: None },
            progress,
        )? {
            AnyTokens::Held(mut tokens) => {
                tokenizer.phrases().join(&mut tokens);
                Ok(tokens)
            }
            AnyTokens::Long(_) => unreachable!("without a folder all tokens are held"),
        }
    }

    /// The documents, each as its ids.
    pub fn documents(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.document_ends.iter().map(move |&end| {
            let document = &self.ids[start..end];
            start = end;
            document
        })
    }
}

/// The memory for tokens, and a folder for temporary files, where tokens go that it leaves no room
/// for; without one they are an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<'a> {
    pub(crate) budget: MemoryBudget,
    pub(crate) folder: Option<&'a Path>,
}

impl Room<'_> {
    /// Bytes that tokens may take in memory: a quarter of what there is, for later stages hold
    /// others beside them; `None` for no bound.
    pub(crate) fn token_bytes(self) -> Option<u64> {
        let bytes = self.budget.bytes?;
        Some(bytes.saturating_sub(MemoryBudget::FIXED_BYTES) / 4)
    }
}

/// A corpus as numbers, in memory or in files.
pub(crate) enum AnyTokens {
    Held(Tokens),
    Long(LongTokens),
}

impl AnyTokens {
    /// As [`Tokens::read`] or [`Tokens::read_sentences`], within some room; phrases are not joined.
    ///
    /// # Errors
    /// As [`Tokens::read`].
    pub(crate) fn read(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        sentences: bool,
        room: Room<'_>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        read_merged(corpus, tokenizer, EmptyDocuments::LeftOut, sentences, room, progress)
    }
}

/// Reads and tokenizes a corpus; phrases are not joined.
fn read_merged(
    corpus: &Corpus,
    tokenizer: &Tokenizer,
    empty: EmptyDocuments,
    sentences: bool,
    room: Room<'_>,
    progress: &dyn Progress,
) -> Result<AnyTokens> {
    let mut merged = Merged::default();
    let batch_bytes = batch_bytes();
    let report = for_each_batch::<Error>(corpus, tokenizer, sentences, progress, |batch| {
        batch.into_iter().try_for_each(|piece| piece.map(|piece| merged.append(piece, empty)))?;
        if let (Some(folder), Some(bytes)) = (room.folder, room.token_bytes()) {
            merged.fit(bytes, folder)?;
        }
        room.budget.check(
            Stage::Tokenize,
            merged.memory_bytes() + batch_bytes,
            &[Lever::CorpusSize],
        )
    })?;
    let Merged { interner, ids, document_ends, sentence_ends, .. } = merged;
    let (spellings, sentence_ends) = (interner.spellings, sentences.then_some(sentence_ends));
    if ids.is_on_disk() {
        return Ok(AnyTokens::Long(LongTokens {
            spellings,
            ids,
            document_ends,
            sentence_ends,
            report,
        }));
    }
    let held = |mut ends: ValueList<u64>| -> Result<Vec<usize>> {
        let n = ends.len();
        Ok(ends.take(0..n)?.into_iter().map(|end| end as usize).collect())
    };
    let (mut ids, n_tokens) = (ids, 0);
    let n_tokens = ids.len().max(n_tokens);
    let ids = ids.take(0..n_tokens)?;
    Ok(AnyTokens::Held(Tokens {
        spellings,
        ids,
        document_ends: held(document_ends)?,
        sentence_ends: sentence_ends.map(held).transpose()?,
        report,
    }))
}

/// What is met on the way through a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEvent<'a> {
    /// A token of the current document.
    Token(&'a str),
    /// The current document ends; it may hold no token.
    EndOfDocument,
}

/// Calls `visit` with each token of a corpus and each end of a document, in order, in a memory that
/// does not depend on the size of the corpus.
///
/// Every file, line or paragraph is a document, with tokens or without; a line left out because it
/// is not UTF-8 is none. If the tokenizer joins phrases, a document is held in memory as a whole.
///
/// # Errors
/// Whatever the sources, the tokenizer or `visit` report, a corpus without a token, or an
/// interruption.
pub fn stream<E: From<Error>>(
    corpus: &Corpus,
    tokenizer: &Tokenizer,
    progress: &dyn Progress,
    mut visit: impl FnMut(TokenEvent<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<CorpusReport, E> {
    let phrases = tokenizer.phrases();
    let mut document = Vec::new();
    let mut visit = |event: TokenEvent<'_>| match event {
        TokenEvent::Token(token) if !phrases.is_empty() => {
            document.push(token.to_owned());
            Ok(())
        }
        TokenEvent::EndOfDocument if !phrases.is_empty() => {
            phrases
                .join_words(std::mem::take(&mut document))
                .iter()
                .try_for_each(|token| visit(TokenEvent::Token(token)))?;
            visit(event)
        }
        event => visit(event),
    };
    let mut has_text = false;
    for_each_batch(corpus, tokenizer, false, progress, |batch| {
        for piece in batch {
            let piece = piece?;
            let mut start = 0;
            let spelling =
                |&id: &u32| TokenEvent::Token(piece.interner.spellings.spelling(WordId(id)));
            for end in &piece.document_ends {
                piece.ids[start..end.position].iter().map(spelling).try_for_each(&mut visit)?;
                start = end.position;
                if std::mem::take(&mut has_text) || end.has_text {
                    visit(TokenEvent::EndOfDocument)?;
                }
            }
            piece.ids[start..].iter().map(spelling).try_for_each(&mut visit)?;
            has_text |= piece.has_text;
        }
        Ok(())
    })
}

/// Whether documents without a token are documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EmptyDocuments {
    LeftOut,
    Kept,
}

/// Bytes held by [`for_each_batch`]: two batches at a time, each piece with its text and its
/// tokens.
fn batch_bytes() -> u64 {
    2 * 2 * (PIECES_PER_THREAD * rayon::current_num_threads() * PIECE_BYTES) as u64
}

/// Tokenizes a corpus on all threads and hands its pieces on in order, a batch at a time, while the
/// next batch is being read.
fn for_each_batch<E: From<Error>>(
    corpus: &Corpus,
    tokenizer: &Tokenizer,
    sentences: bool,
    progress: &dyn Progress,
    mut visit: impl FnMut(Vec<Result<TokenizedPiece>>) -> std::result::Result<(), E>,
) -> std::result::Result<CorpusReport, E> {
    if let Some(sentence) = of_left_out(corpus.left_out()) {
        progress.tell(&sentence);
    }
    progress.start(Stage::Tokenize, corpus.bytes());
    let batch_size = PIECES_PER_THREAD * rayon::current_num_threads();
    let mut pieces = Pieces::new(corpus);
    let mut report = CorpusReport::default();
    let mut n_tokens = 0;
    let mut documents = DocumentCounts::default();
    let mut batch = read_batch(&mut pieces, batch_size, progress)?;
    while !batch.is_empty() {
        let (next, tokenized) = rayon::join(
            || read_batch(&mut pieces, batch_size, progress),
            || {
                batch
                    .par_iter()
                    .map(|piece| TokenizedPiece::new(piece, tokenizer, sentences))
                    .collect::<Vec<_>>()
            },
        );
        for piece in tokenized.iter().flatten() {
            n_tokens += piece.ids.len();
            documents.add(piece);
            report.replaced_lines += piece.repairs.replaced_lines;
            report.skipped_lines += piece.repairs.skipped_lines;
        }
        visit(tokenized)?;
        batch = next?;
    }
    (report.sources, report.text_bytes) = pieces.into_reports();
    report
        .sources
        .iter_mut()
        .zip(documents.of_sources)
        .for_each(|(source, n_documents)| source.n_documents = Some(n_documents));
    progress.finish();
    if let Some(sentence) = of_copies(&report.sources) {
        progress.tell(&sentence);
    }
    if n_tokens == 0 {
        return Err(Error::EmptyCorpus {
            n_files: report.sources.len(),
            n_bytes: report.text_bytes,
        }
        .into());
    }
    Ok(report)
}

fn read_batch(pieces: &mut Pieces<'_>, size: usize, progress: &dyn Progress) -> Result<Vec<Piece>> {
    let mut batch = Vec::with_capacity(size);
    while batch.len() < size {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let Some((piece, raw_bytes)) = pieces.next_piece()? else { break };
        progress.advance(raw_bytes);
        batch.push(piece);
    }
    Ok(batch)
}

/// Counts the documents of each source, those without a token included.
#[derive(Default)]
struct DocumentCounts {
    of_sources: Vec<u64>,
    /// In the source that is being read.
    n_documents: u64,
    /// Whether there is text after the last of the documents' ends.
    has_text: bool,
}

impl DocumentCounts {
    /// Goes on with the next piece.
    fn add(&mut self, piece: &TokenizedPiece) {
        for end in &piece.document_ends {
            let is_document = std::mem::take(&mut self.has_text) || end.has_text;
            self.n_documents += u64::from(is_document);
        }
        self.has_text |= piece.has_text;
        if piece.ends_source {
            self.of_sources.push(std::mem::take(&mut self.n_documents));
        }
    }
}

/// Distinct spellings with their hashes, so that merging never hashes again.
#[derive(Default)]
pub(crate) struct Interner {
    table: HashTable<u32>,
    spellings: Words,
    hashes: Vec<u64>,
}

impl Interner {
    /// The number of a word, given its hash by [`hash_word`]; a new one if it has not been met.
    pub(crate) fn intern(&mut self, word: &str, hash: u64) -> u32 {
        let Self { table, spellings, hashes } = self;
        let entry = table.entry(
            hash,
            |&id| spellings.spelling(WordId(id)) == word,
            |&id| hashes[id as usize],
        );
        *entry
            .or_insert_with(|| {
                hashes.push(hash);
                spellings.push(word).0
            })
            .get()
    }

    /// The distinct spellings by their numbers.
    pub(crate) fn words(&self) -> &Words {
        &self.spellings
    }
}

struct TokenizedPiece {
    interner: Interner,
    ids: Vec<u32>,
    document_ends: Vec<DocumentEnd>,
    /// Positions in the ids of the piece, those of documents among them; maybe some twice.
    sentence_ends: Vec<usize>,
    /// Whether there is text after the last of the documents' ends.
    has_text: bool,
    ends_source: bool,
    repairs: Repairs,
}

struct DocumentEnd {
    /// Position in the ids of the piece.
    position: usize,
    /// Whether there is text in the piece since the end before: a document, if only of characters
    /// that make no token.
    has_text: bool,
}

impl TokenizedPiece {
    fn new(piece: &Piece, tokenizer: &Tokenizer, sentences: bool) -> Result<Self> {
        let mut interner = Interner::default();
        // Text has five to six bytes a token, its blank included.
        let mut ids = Vec::with_capacity(piece.len() / 5);
        let (mut document_ends, mut sentence_ends) = (Vec::new(), Vec::new());
        let mut has_text = false;
        let mut text_ends = Vec::new();
        let mut event = |event: Event<'_>| match event {
            Event::Text(text) => {
                has_text = true;
                text_ends.clear();
                if sentences {
                    for_each_end(text, tokenizer.cuts_unspaced_text(), |end| text_ends.push(end));
                }
                let mut start = 0;
                for &end in &text_ends {
                    tokenizer.cut(&text[start..end], |token| {
                        ids.push(interner.intern(token, hash_word(token)))
                    })?;
                    sentence_ends.push(ids.len());
                    start = end;
                }
                tokenizer
                    .cut(&text[start..], |token| ids.push(interner.intern(token, hash_word(token))))
            }
            Event::EndOfDocument => {
                document_ends.push(DocumentEnd {
                    position: ids.len(),
                    has_text: std::mem::take(&mut has_text),
                });
                sentence_ends.push(ids.len());
                Ok(())
            }
        };
        let repairs = piece.walk(&mut event)?;
        if piece.ends_source {
            event(Event::EndOfDocument)?;
        }
        Ok(Self {
            interner,
            ids,
            document_ends,
            sentence_ends,
            has_text,
            ends_source: piece.ends_source,
            repairs,
        })
    }
}

#[derive(Default)]
struct Merged {
    interner: Interner,
    ids: ValueList<u32>,
    document_ends: ValueList<u64>,
    sentence_ends: ValueList<u64>,
    /// Whether there is text after the last of the documents' ends.
    has_text: bool,
}

impl Merged {
    /// Bytes held, the room that vectors keep for growing included.
    fn memory_bytes(&self) -> u64 {
        let spellings = self.interner.spellings.parts();
        self.list_bytes() + (spellings.0.len() * 2 + spellings.1.len() * (16 + 16 + 8)) as u64
    }

    /// Bytes of what grows with every token.
    fn list_bytes(&self) -> u64 {
        self.ids.memory_bytes()
            + self.document_ends.memory_bytes()
            + self.sentence_ends.memory_bytes()
    }

    /// Goes on in files in `folder` if more than `bytes` are held, and writes what has gathered
    /// there.
    fn fit(&mut self, bytes: u64, folder: &Path) -> Result<()> {
        if self.list_bytes() > bytes {
            self.ids.spill(folder)?;
            self.document_ends.spill(folder)?;
            self.sentence_ends.spill(folder)?;
        }
        self.ids.flush()?;
        self.document_ends.flush()?;
        self.sentence_ends.flush()
    }

    fn append(&mut self, piece: TokenizedPiece, empty: EmptyDocuments) {
        let local = &piece.interner;
        let global: Vec<u32> = local
            .spellings
            .iter()
            .zip(&local.hashes)
            .map(|(word, &hash)| self.interner.intern(word, hash))
            .collect();
        let start = self.ids.len();
        self.ids.extend(piece.ids.iter().map(|&id| global[id as usize]));
        for end in piece.document_ends {
            let has_text = std::mem::take(&mut self.has_text) || end.has_text;
            let end = (start + end.position) as u64;
            let has_token = self.document_ends.last().unwrap_or(0) < end;
            if has_token || (has_text && empty == EmptyDocuments::Kept) {
                self.document_ends.push(end);
            }
        }
        self.has_text |= piece.has_text;
        for end in piece.sentence_ends.into_iter().map(|end| (start + end) as u64) {
            if self.sentence_ends.last().unwrap_or(0) < end {
                self.sentence_ends.push(end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_into_equal_parts() {
        let mut tokens = Tokens {
            spellings: ["a"].into_iter().collect(),
            ids: vec![0; 12],
            document_ends: vec![0, 7, 8, 12],
            sentence_ends: Some(vec![3, 7, 8, 12]),
            report: CorpusReport::default(),
        };
        tokens.cut_documents(4);
        // An empty document stays, 7 tokens become 4 and 3, one stays, four stay.
        assert_eq!(tokens.document_ends, [0, 4, 7, 8, 12]);
        assert_eq!(tokens.sentence_ends.as_deref(), Some(&[0, 3, 4, 7, 8, 12][..]));
        tokens.cut_documents(1);
        assert_eq!(tokens.document_ends, (0..=12).collect::<Vec<_>>());
    }
}
