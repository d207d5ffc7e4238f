//! A corpus as batches of encoded documents, and documents taken apart.
//!
//! Documents are gathered in batches of a fixed size, weighed and multiplied in parallel, each by one task; a code depends on neither the
//! batch nor the threads. Memory: a batch, some 40 MB at 300 components, beside what reading takes.

use rayon::prelude::*;

use super::encoder::{Encoder, WeightedWords};
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::random::bits_at;
use crate::tokenize::{TokenEvent, stream};
use crate::words::WordId;

/// Documents, and tokens, after which a batch is encoded.
const DOCUMENTS_PER_BATCH: usize = 8192;
const TOKENS_PER_BATCH: usize = 1 << 21;

/// Documents that one task encodes.
const DOCUMENTS_PER_TASK: usize = 32;

/// Some encoded documents, in order.
#[derive(Debug)]
pub struct Batch {
    /// For each its number in the corpus, from 1; with cut documents several bear the same one.
    pub numbers: Vec<u64>,
    /// For each its weighted words; empty if the model knows none of them.
    pub documents: Vec<WeightedWords>,
    /// `numbers.len() x rank`, row-major: `z` of each.
    pub codes: Vec<f32>,
}

impl Encoder<'_> {
    /// Encodes a corpus, document by document, batch by batch, and hands the batches on in order.
    ///
    /// Every file, line or paragraph is a document, also one without a token; `cut` cuts each into documents of so many tokens, as
    /// [`EmbedConfig::document_tokens`](crate::EmbedConfig::document_tokens) does.
    ///
    /// # Errors
    /// Whatever the sources, the tokenizer or `visit` report, a corpus without a token, or an interruption.
    ///
    /// # Panics
    /// If `cut` is 0.
    pub fn for_each_batch(
        &self,
        corpus: &Corpus,
        cut: Option<usize>,
        progress: &dyn Progress,
        visit: impl FnMut(Batch) -> Result<()>,
    ) -> Result<()> {
        assert!(cut != Some(0), "a document holds at least one token");
        self.for_each_batch_of(corpus, cut.map_or(Parts::Whole, Parts::Cut), progress, visit)
    }

    /// Hands on each document with its two halves after it, see [`Parts::WholeAndHalves`].
    pub(crate) fn for_each_batch_with_halves(
        &self,
        corpus: &Corpus,
        seed: u64,
        progress: &dyn Progress,
        mut visit: impl FnMut(Vec<WeightedWords>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_batch_of(corpus, Parts::WholeAndHalves { seed }, progress, |batch| visit(batch.documents))
    }

    /// The same for documents taken apart.
    pub(super) fn for_each_batch_of(
        &self,
        corpus: &Corpus,
        parts: Parts,
        progress: &dyn Progress,
        mut visit: impl FnMut(Batch) -> Result<()>,
    ) -> Result<()> {
        let mut gathered = Gathered::default();
        let (mut number, mut n_tokens) = (1, 0);
        stream(corpus, &self.model().tokenizer, progress, |event| -> Result<()> {
            match event {
                TokenEvent::Token(token) => {
                    if parts == Parts::Cut(n_tokens) {
                        gathered.end(number, std::mem::take(&mut n_tokens));
                    }
                    n_tokens += 1;
                    gathered.ids.extend(self.model().vectors.id(token));
                    return Ok(());
                }
                TokenEvent::EndOfDocument => {
                    gathered.end(number, std::mem::take(&mut n_tokens));
                    if let Parts::WholeAndHalves { seed } = parts {
                        gathered.add_halves(number, seed);
                    }
                    number += 1;
                }
            }
            if gathered.ends.len() >= DOCUMENTS_PER_BATCH || gathered.ids.len() >= TOKENS_PER_BATCH {
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                visit(self.batch(std::mem::take(&mut gathered)))?;
            }
            Ok(())
        })?;
        if gathered.ends.is_empty() { Ok(()) } else { visit(self.batch(gathered)) }
    }

    fn batch(&self, mut gathered: Gathered) -> Batch {
        let mut parts = Vec::with_capacity(gathered.ends.len());
        let (mut rest, mut start) = (gathered.ids.as_mut_slice(), 0);
        for &end in &gathered.ends {
            let (ids, tail) = std::mem::take(&mut rest).split_at_mut(end - start);
            parts.push(ids);
            (rest, start) = (tail, end);
        }
        let rank = self.rank();
        let mut codes = vec![0.0; parts.len() * rank];
        let documents = parts
            .par_chunks_mut(DOCUMENTS_PER_TASK)
            .zip(gathered.n_tokens.par_chunks(DOCUMENTS_PER_TASK))
            .zip(codes.par_chunks_mut(DOCUMENTS_PER_TASK * rank))
            .flat_map_iter(|((parts, n_tokens), codes)| {
                let documents: Vec<WeightedWords> = parts.iter_mut().zip(n_tokens).map(|(ids, &n)| self.weigh(ids, n)).collect();
                self.encode_into(&documents, codes);
                documents
            })
            .collect();
        Batch { numbers: gathered.numbers, documents, codes }
    }
}

/// What a document is taken apart into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// Itself.
    Whole,
    /// Documents of so many tokens.
    Cut(usize),
    /// Itself, and then two halves: each token goes into the one or the other by the throw of a coin, of which each document and place has
    /// its own.
    WholeAndHalves {
        /// Of the coins.
        seed: u64,
    },
}

/// Documents on their way into a batch.
#[derive(Default)]
struct Gathered {
    ids: Vec<WordId>,
    ends: Vec<usize>,
    numbers: Vec<u64>,
    n_tokens: Vec<usize>,
}

impl Gathered {
    fn end(&mut self, number: u64, n_tokens: usize) {
        self.ends.push(self.ids.len());
        self.numbers.push(number);
        self.n_tokens.push(n_tokens);
    }

    /// Adds the two halves of the document that was ended last.
    fn add_halves(&mut self, number: u64, seed: u64) {
        let end = self.ids.len();
        let start = if self.ends.len() == 1 { 0 } else { self.ends[self.ends.len() - 2] };
        for half in [false, true] {
            for place in start..end {
                let is_second = bits_at(seed, number, (place - start) as u64) & 1 == 1;
                if is_second == half {
                    self.ids.push(self.ids[place]);
                }
            }
            let before = *self.ends.last().expect("the whole document was ended");
            self.end(number, self.ids.len() - before);
        }
    }
}
