//! A corpus as one token after the other, read once and tokenized in parallel.
//!
//! In: a [`Corpus`] and a [`Tokenizer`]. Out: a [`TokenEvent`] for each token and each end of a
//! document. Batches of pieces are tokenized on all threads, each piece with a table of its own,
//! while the next batch is being read and decompressed; the pieces are handed on in order.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::piece::TokenizedPiece;
use super::{Tokenizer, WordChanges};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::corpus::{Corpus, PIECE_BYTES, Piece, Pieces, SourceReport, of_copies, of_left_out};

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
    /// What the tokenizer `words` dropped and replaced.
    #[serde(default, skip_serializing_if = "WordChanges::is_empty")]
    pub words: WordChanges,
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
            report.words += piece.changes;
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
