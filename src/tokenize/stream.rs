//! A whole corpus as token ids, read once and in parallel.
//!
//! In: a [`Corpus`] and a [`Tokenizer`]. Out: [`Tokens`], for each token the id of its spelling (ids in order of first occurrence), and where
//! the documents end. Batches of pieces are tokenized on all threads, each piece with a table of its own, while the next batch is being
//! read and decompressed; the tables are then merged in the order of the pieces, so ids do not depend on the number of threads.

use hashbrown::HashTable;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Tokenizer;
use crate::budget::MemoryBudget;
use crate::corpus::{Corpus, Event, PIECE_BYTES, Piece, Pieces, Repairs, SourceReport};
use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use crate::words::{WordId, Words, hash_word};

/// Pieces read ahead for each thread: enough to even out their different costs, at a megabyte each.
const PIECES_PER_THREAD: usize = 4;

/// A corpus as numbers.
#[derive(Debug)]
pub struct Tokens {
    /// The distinct spellings in order of first occurrence.
    pub spellings: Words,
    /// For each token the position of its spelling.
    pub ids: Vec<u32>,
    /// For each document, which holds at least one token, the end of its tokens in `ids`.
    pub document_ends: Vec<usize>,
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
    /// Whatever the sources or the tokenizer report, an empty corpus, more memory than the budget, or an interruption.
    pub fn read(corpus: &Corpus, tokenizer: &Tokenizer, budget: MemoryBudget, progress: &dyn Progress) -> Result<Self> {
        progress.start(Stage::Tokenize, corpus.bytes());
        // Two batches at a time, each piece with its text and its tokens.
        let batch_bytes = 2 * 2 * (PIECES_PER_THREAD * rayon::current_num_threads() * PIECE_BYTES) as u64;
        let batch_size = PIECES_PER_THREAD * rayon::current_num_threads();
        let mut pieces = Pieces::new(corpus);
        let mut merged = Merged::default();
        let mut batch = read_batch(&mut pieces, batch_size, progress)?;
        while !batch.is_empty() {
            let (next, tokenized) = rayon::join(
                || read_batch(&mut pieces, batch_size, progress),
                || batch.par_iter().map(|piece| TokenizedPiece::new(piece, tokenizer)).collect::<Vec<_>>(),
            );
            for piece in tokenized {
                merged.append(piece?);
            }
            budget.check(Stage::Tokenize, merged.memory_bytes() + batch_bytes, "the size of the corpus")?;
            batch = next?;
        }
        let (sources, text_bytes) = pieces.into_reports();
        progress.finish();
        if merged.ids.is_empty() {
            return Err(Error::EmptyCorpus { n_files: sources.len(), n_bytes: text_bytes });
        }
        let Repairs { replaced_lines, skipped_lines } = merged.repairs;
        let report = CorpusReport { sources, text_bytes, replaced_lines, skipped_lines };
        Ok(Self { spellings: merged.interner.spellings, ids: merged.ids, document_ends: merged.document_ends, report })
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

/// Distinct spellings with their hashes, so that merging never hashes again.
#[derive(Default)]
struct Interner {
    table: HashTable<u32>,
    spellings: Words,
    hashes: Vec<u64>,
}

impl Interner {
    fn intern(&mut self, word: &str, hash: u64) -> u32 {
        let Self { table, spellings, hashes } = self;
        let entry = table.entry(hash, |&id| spellings.spelling(WordId(id)) == word, |&id| hashes[id as usize]);
        *entry
            .or_insert_with(|| {
                hashes.push(hash);
                spellings.push(word).0
            })
            .get()
    }
}

struct TokenizedPiece {
    interner: Interner,
    ids: Vec<u32>,
    /// Positions in `ids` at which a document ends.
    document_ends: Vec<usize>,
    repairs: Repairs,
}

impl TokenizedPiece {
    fn new(piece: &Piece, tokenizer: &Tokenizer) -> Result<Self> {
        let mut interner = Interner::default();
        // Text has five to six bytes a token, its blank included.
        let mut ids = Vec::with_capacity(piece.len() / 5);
        let mut document_ends = Vec::new();
        let repairs = piece.walk(|event| match event {
            Event::Text(text) => tokenizer.tokenize(text, |token| ids.push(interner.intern(token, hash_word(token)))),
            Event::EndOfDocument => {
                document_ends.push(ids.len());
                Ok(())
            }
        })?;
        if piece.ends_source {
            document_ends.push(ids.len());
        }
        Ok(Self { interner, ids, document_ends, repairs })
    }
}

#[derive(Default)]
struct Merged {
    interner: Interner,
    ids: Vec<u32>,
    document_ends: Vec<usize>,
    repairs: Repairs,
}

impl Merged {
    /// Bytes held, the room that vectors keep for growing included.
    fn memory_bytes(&self) -> u64 {
        let spellings = self.interner.spellings.parts();
        (self.ids.capacity() * 4 + self.document_ends.capacity() * 8 + spellings.0.len() * 2 + spellings.1.len() * (16 + 16 + 8)) as u64
    }

    fn append(&mut self, piece: TokenizedPiece) {
        let local = &piece.interner;
        let global: Vec<u32> = local.spellings.iter().zip(&local.hashes).map(|(word, &hash)| self.interner.intern(word, hash)).collect();
        let start = self.ids.len();
        self.ids.extend(piece.ids.iter().map(|&id| global[id as usize]));
        for end in piece.document_ends {
            // A document without a token is none.
            let end = start + end;
            if self.document_ends.last().copied().unwrap_or(0) < end {
                self.document_ends.push(end);
            }
        }
        self.repairs.replaced_lines += piece.repairs.replaced_lines;
        self.repairs.skipped_lines += piece.repairs.skipped_lines;
    }
}
