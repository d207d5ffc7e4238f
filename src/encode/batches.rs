//! A corpus as batches of encoded documents, whole or split.
//!
//! Documents are gathered in batches of a fixed size, weighed and multiplied in parallel, each by
//! one task; a code depends on neither the batch nor the threads. Memory: a batch, about 40 MB at
//! 300 components, and the reading of the corpus.

use rayon::prelude::*;

use super::document::WeightedWords;
use super::document_words::{DocumentWordsBuilder, RowWords};
use super::encoder::Encoder;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::random::bits_at;
use crate::base::words::WordId;
use crate::corpus::Corpus;
use crate::tokenize::{CorpusReport, TokenEvent, stream};

/// Documents, and tokens, after which a batch is encoded.
const DOCUMENTS_PER_BATCH: usize = 8192;
const TOKENS_PER_BATCH: usize = 1 << 21;

/// Documents that one task encodes.
const DOCUMENTS_PER_TASK: usize = 32;

/// A batch of encoded documents, in order.
#[derive(Debug)]
pub struct EncodedDocuments {
    /// The number of each in the corpus, from 1; the pieces of a cut document have the same number.
    pub numbers: Vec<u64>,
    /// The weighted words of each; empty if the model knows none of its words.
    pub documents: Vec<WeightedWords>,
    /// The code `z` of each: `numbers.len() x rank`, row-major.
    pub codes: Vec<f32>,
    /// All words of each, also those that the model does not know, if they were asked for.
    pub(super) words: Vec<RowWords>,
}

impl Encoder<'_> {
    /// Encodes a corpus, document by document, batch by batch, and hands the batches on in order.
    /// Returns what was read.
    ///
    /// Every file, line or paragraph is a document, also one without a token; `cut` cuts each into
    /// documents of this many tokens, as
    /// [`EmbedConfig::document_tokens`](crate::config::EmbedConfig::document_tokens) does.
    ///
    /// # Errors
    /// Whatever the sources, the tokenizer or `visit` report, a corpus without a token, or an
    /// interruption.
    ///
    /// # Panics
    /// If `cut` is 0.
    pub fn for_each_batch(
        &self,
        corpus: &Corpus,
        cut: Option<usize>,
        progress: &dyn Progress,
        visit: impl FnMut(EncodedDocuments) -> Result<()>,
    ) -> Result<CorpusReport> {
        self.for_each_batch_of(corpus, Parts::cut(cut), None, progress, visit)
    }

    /// The same, and gathers all words of the documents in `words`.
    pub(super) fn for_each_batch_with_words(
        &self,
        corpus: &Corpus,
        cut: Option<usize>,
        words: &mut DocumentWordsBuilder,
        progress: &dyn Progress,
        visit: impl FnMut(EncodedDocuments) -> Result<()>,
    ) -> Result<CorpusReport> {
        self.for_each_batch_of(corpus, Parts::cut(cut), Some(words), progress, visit)
    }

    /// Hands on each document with its two halves after it, see [`Parts::WholeAndHalves`].
    pub(crate) fn for_each_batch_with_halves(
        &self,
        corpus: &Corpus,
        seed: u64,
        progress: &dyn Progress,
        mut visit: impl FnMut(Vec<WeightedWords>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_batch_of(corpus, Parts::WholeAndHalves { seed }, None, progress, |batch| {
            visit(batch.documents)
        })?;
        Ok(())
    }

    /// The same for documents that are split.
    pub(super) fn for_each_batch_of(
        &self,
        corpus: &Corpus,
        parts: Parts,
        mut words: Option<&mut DocumentWordsBuilder>,
        progress: &dyn Progress,
        mut visit: impl FnMut(EncodedDocuments) -> Result<()>,
    ) -> Result<CorpusReport> {
        let (mut gathered, with_words) = (PendingDocuments::default(), words.is_some());
        let (mut number, mut n_tokens) = (1, 0);
        let report = stream(corpus, &self.model().tokenizer, progress, |event| -> Result<()> {
            match event {
                TokenEvent::Token(token) => {
                    if parts == Parts::Cut(n_tokens) {
                        gathered.end(number, std::mem::take(&mut n_tokens));
                    }
                    n_tokens += 1;
                    if self.looks_long_for(token) && progress.is_cancelled() {
                        return Err(Error::Interrupted);
                    }
                    gathered.ids.extend(self.id_of(token)?);
                    if let Some(words) = &mut words {
                        gathered.words.push(words.number(token));
                    }
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
            if gathered.ends.len() >= DOCUMENTS_PER_BATCH || gathered.ids.len() >= TOKENS_PER_BATCH
            {
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                visit(self.batch(std::mem::take(&mut gathered), with_words))?;
            }
            Ok(())
        })?;
        if !gathered.ends.is_empty() {
            visit(self.batch(gathered, with_words))?;
        }
        Ok(report)
    }

    fn batch(&self, mut gathered: PendingDocuments, with_words: bool) -> EncodedDocuments {
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
                let documents: Vec<WeightedWords> =
                    parts.iter_mut().zip(n_tokens).map(|(ids, &n)| self.weigh(ids, n)).collect();
                self.encode_into(&documents, codes);
                documents
            })
            .collect();
        let (mut rows, mut rest) = (Vec::new(), gathered.words.as_mut_slice());
        for &n_tokens in gathered.n_tokens.iter().filter(|_| with_words) {
            let (row, tail) = std::mem::take(&mut rest).split_at_mut(n_tokens);
            rows.push(row);
            rest = tail;
        }
        let words = rows
            .par_iter_mut()
            .with_min_len(DOCUMENTS_PER_TASK)
            .map(|row| RowWords::new(row))
            .collect();
        EncodedDocuments { numbers: gathered.numbers, documents, codes, words }
    }
}

/// How a document is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// Itself.
    Whole,
    /// Documents of this many tokens.
    Cut(usize),
    /// Itself, and then two halves: a random bit for each document and position decides which half
    /// gets the token.
    WholeAndHalves {
        /// The seed of the random bits.
        seed: u64,
    },
}

impl Parts {
    /// Documents of this many tokens, or whole ones.
    ///
    /// # Panics
    /// If there are to be no tokens in a document.
    fn cut(n_tokens: Option<usize>) -> Self {
        assert!(n_tokens != Some(0), "a document holds at least one token");
        n_tokens.map_or(Self::Whole, Self::Cut)
    }
}

/// Documents that wait for the next batch.
#[derive(Default)]
struct PendingDocuments {
    ids: Vec<WordId>,
    ends: Vec<usize>,
    numbers: Vec<u64>,
    n_tokens: Vec<usize>,
    /// The numbers of all tokens, if words are gathered.
    words: Vec<u32>,
}

impl PendingDocuments {
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
