//! A corpus as one token after the other, read once and tokenized in parallel.
//!
//! In: a [`Corpus`] and a [`Tokenizer`]. Out: a [`TokenEvent`] for each token and each end of a
//! document. Batches of pieces are tokenized on all threads, each piece with a table of its own,
//! while the next batch is being read and decompressed; the pieces are handed on in order.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::piece::{TokenizedPiece, Wanted};
use super::{Tokenizer, WordChanges};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::corpus::{
    Bundle, Corpus, Noticed, PIECE_BYTES, Pieces, Repairs, SourceReport, of_left_out, of_reading,
    of_width,
};

/// Pieces read ahead for each thread: enough to even out their different costs, at a megabyte each.
const PIECES_PER_THREAD: usize = 4;

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
    /// Control characters that became spaces.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub control_characters: u64,
    /// Words that a hyphen broke at the end of a line, and that were joined.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub joined_words: u64,
    /// What was found out about full stops, if sentences were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abbreviations: Option<AbbreviationReport>,
    /// What the tokenizer `words` dropped and replaced.
    #[serde(default, skip_serializing_if = "WordChanges::is_empty")]
    pub words: WordChanges,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Full stops that end no sentence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbbreviationReport {
    /// Abbreviations that the corpus shows.
    pub n_found: u64,
    /// Full stops of these and of common abbreviations, titles and initials that end no sentence,
    /// though Unicode Standard Annex 29 would end one there.
    pub n_stops: u64,
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
/// Words that a hyphen breaks at the end of a line are joined by what the megabyte around them
/// shows; [`Tokens`](crate::tokenize::Tokens) goes by the whole corpus.
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
    for_each_batch(corpus, tokenizer, Wanted::Tokens, progress, |batch| {
        for piece in batch {
            let piece = piece?;
            let mut start = 0;
            let spelling =
                |&id: &u32| TokenEvent::Token(piece.interner.words().spelling(WordId(id)));
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

/// Bytes held by [`for_each_batch`]: two batches at a time, each piece with its text and its
/// tokens.
pub(super) fn batch_bytes() -> u64 {
    2 * 2 * (PIECES_PER_THREAD * rayon::current_num_threads() * PIECE_BYTES) as u64
}

/// Tokenizes a corpus on all threads and hands its pieces on in order, a batch at a time, while the
/// next batch is being read.
pub(super) fn for_each_batch<E: From<Error>>(
    corpus: &Corpus,
    tokenizer: &Tokenizer,
    wanted: Wanted,
    progress: &dyn Progress,
    visit: impl FnMut(Vec<Result<TokenizedPiece>>) -> std::result::Result<(), E>,
) -> std::result::Result<CorpusReport, E> {
    for sentence in [of_left_out(corpus.left_out()), of_width(corpus)].into_iter().flatten() {
        progress.tell(&sentence);
    }
    progress.start(Stage::Tokenize, corpus.bytes());
    let ReadPieces { report, n_tokens, noticed, repairs } =
        ReadPieces::read(corpus, tokenizer, wanted, progress, visit)?;
    progress.finish();
    for sentence in of_reading(corpus, &noticed, &repairs, &report.sources) {
        progress.tell(&sentence);
    }
    if n_tokens == 0 {
        return Err(Error::EmptyCorpus {
            n_files: report.sources.len(),
            n_bytes: report.text_bytes,
            only_headings: report.text_bytes == 0 && corpus.holds_tables(),
        }
        .into());
    }
    Ok(report)
}

/// What was seen of pieces that were read.
pub(super) struct ReadPieces {
    pub(super) report: CorpusReport,
    pub(super) n_tokens: usize,
    pub(super) noticed: Noticed,
    repairs: Repairs,
}

impl ReadPieces {
    /// Tokenizes all pieces and hands them on in order, a batch at a time.
    pub(super) fn read<E: From<Error>>(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        wanted: Wanted,
        progress: &dyn Progress,
        mut visit: impl FnMut(Vec<Result<TokenizedPiece>>) -> std::result::Result<(), E>,
    ) -> std::result::Result<Self, E> {
        let batch_size = PIECES_PER_THREAD * rayon::current_num_threads();
        let mut pieces = Pieces::new(corpus);
        let mut report = CorpusReport::default();
        let mut n_tokens = 0;
        let mut documents = DocumentCounts::default();
        let n_metadata = corpus.reading().reader_options.metadata.len();
        let mut repairs = Repairs::default();
        let mut batch = read_batch(&mut pieces, batch_size, progress)?;
        while !batch.is_empty() {
            let (next, tokenized) = rayon::join(
                || read_batch(&mut pieces, batch_size, progress),
                || {
                    batch
                        .par_iter()
                        .map(|bundle| {
                            if progress.is_cancelled() {
                                return Err(Error::Interrupted);
                            }
                            TokenizedPiece::new(bundle, tokenizer, wanted, n_metadata)
                        })
                        .collect::<Vec<_>>()
                },
            );
            for piece in tokenized.iter().flatten() {
                n_tokens += piece.ids.len();
                documents.add(piece);
                piece.repairs.iter().for_each(|it| repairs.add(it));
                report.words += piece.changes;
            }
            visit(tokenized)?;
            batch = next?;
        }
        let noticed;
        (report.sources, report.text_bytes, noticed) = pieces.into_reports();
        report.replaced_lines = repairs.replaced_lines;
        report.skipped_lines = repairs.skipped_lines;
        report.control_characters = repairs.controls;
        report
            .sources
            .iter_mut()
            .zip(documents.of_sources)
            .for_each(|(source, n_documents)| source.n_documents = Some(n_documents));
        Ok(Self { report, n_tokens, noticed, repairs })
    }
}

fn read_batch(
    pieces: &mut Pieces<'_>,
    size: usize,
    progress: &dyn Progress,
) -> Result<Vec<Bundle>> {
    let (mut batch, mut n_bytes) = (Vec::with_capacity(size), 0);
    // A record may be many times as long as a piece.
    while batch.len() < size && n_bytes < size * PIECE_BYTES {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let Some(bundle) = pieces.next_bundle()? else { break };
        progress.advance(bundle.raw_bytes);
        n_bytes += bundle.n_bytes();
        batch.push(bundle);
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
        let mut source_ends = piece.source_ends.iter().peekable();
        for (number, end) in piece.document_ends.iter().enumerate() {
            let is_document = std::mem::take(&mut self.has_text) || end.has_text;
            self.n_documents += u64::from(is_document);
            if source_ends.next_if_eq(&&(number + 1)).is_some() {
                self.of_sources.push(std::mem::take(&mut self.n_documents));
            }
        }
        self.has_text |= piece.has_text;
    }
}
