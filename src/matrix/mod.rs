//! Counts as a sparse matrix: documents by words, or words by words within a window; rows in blocks. Or a matrix from elsewhere, out of a
//! MatrixMarket file. And the same rows laid out for products in both directions, in memory or on the disk.

mod block;
mod blocks;
mod columns;
mod counts;
mod documents;
mod leaf_sums;
mod market;
mod sorter;
mod spill;
mod window;

pub use blocks::{BlockMatrix, BlockWriter};
pub use counts::CountMatrix;
pub use market::{Entry, MarketReader, Symmetry};
pub use spill::Spill;
pub use window::{DistanceWeights, Sides};

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use crate::budget::MemoryBudget;
use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use crate::vocab::WordSequences;

/// What the rows of the matrix are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Contexts {
    /// Row i is document i: the plain document-word matrix.
    Documents,
    /// Row i is a context word: all that stands around word i (or on one side of it), as if it were one document.
    Window {
        /// Tokens on either side, at least 1. Words below the cutoff take no place, as in word2vec.
        size: usize,
        /// How the distance counts.
        distance_weights: DistanceWeights,
        /// Whether the sides of a word are told apart.
        sides: Sides,
        /// Only the first so many words, the most frequent ones, are contexts and make rows, at least 1; `None` for all words (Bullinaria &
        /// Levy 2012 and Lebret & Collobert 2014 keep the most frequent 10,000, or fewer). Columns are all words in any case.
        #[serde(default)]
        max_contexts: Option<usize>,
    },
}

/// Longer than any document that a window makes sense in; the weights of all distances stay below 8 MB, and no sum of them overflows.
const LARGEST_WINDOW: usize = 1_000_000;

impl Default for Contexts {
    fn default() -> Self {
        Self::Window { size: 15, distance_weights: DistanceWeights::default(), sides: Sides::default(), max_contexts: Some(20_000) }
    }
}

impl Contexts {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// A window of size 0, or above a million, or no context words.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Window { max_contexts: Some(0), .. } => {
                Err(Error::Parameter { name: "max_contexts", found: "0".to_owned(), expected: "at least 1".to_owned() })
            }
            Self::Window { size, .. } if !(1..=LARGEST_WINDOW).contains(size) => {
                let expected = format!("a number from 1 to {LARGEST_WINDOW}");
                Err(Error::Parameter { name: "window", found: size.to_string(), expected })
            }
            Self::Window { .. } | Self::Documents => Ok(()),
        }
    }

    /// The number of rows that a count would have, and whether its matrix would be symmetric.
    pub fn n_rows(&self, n_documents: usize, n_words: usize) -> (usize, bool) {
        match self {
            Self::Documents => (n_documents, false),
            Self::Window { sides, max_contexts, .. } => {
                let n_contexts = max_contexts.unwrap_or(n_words).min(n_words);
                match sides {
                    Sides::Together => (n_contexts, n_contexts == n_words),
                    Sides::Apart => (2 * n_contexts, false),
                }
            }
        }
    }

    /// Rows that stand for one context word or document.
    pub(crate) fn rows_per_context(&self) -> usize {
        if let Self::Window { sides: Sides::Apart, .. } = self { 2 } else { 1 }
    }

    /// Counts the words of `sequences` in these contexts: rows are contexts, columns the `n_words` words.
    ///
    /// # Errors
    /// A window of size 0 or above a million, more memory than the budget, or an interruption.
    ///
    /// # Panics
    /// If an id is not below `n_words`.
    pub fn count(&self, sequences: &WordSequences, n_words: usize, budget: MemoryBudget, progress: &dyn Progress) -> Result<CountMatrix> {
        self.check()?;
        let counted = CountedBytes::new(sequences, n_words, budget);
        match *self {
            Self::Documents => documents::count_documents(sequences, n_words, &counted, progress),
            Self::Window { size, distance_weights, sides, max_contexts } => {
                let n_contexts = max_contexts.unwrap_or(n_words).min(n_words);
                window::count_windows(sequences, n_words, n_contexts, size, distance_weights, sides, &counted, progress)
            }
        }
    }
}

/// The memory of a count in progress: what all tasks have stored so far, held against the budget.
///
/// Every part is added before the sum is final, in whatever order, so a run is refused or not however its tasks fall out.
struct CountedBytes {
    fixed: u64,
    stored: AtomicU64,
    budget: MemoryBudget,
}

impl CountedBytes {
    fn new(sequences: &WordSequences, n_words: usize, budget: MemoryBudget) -> Self {
        // The ids twice (as they came, and with boundaries), for each thread a row of sums and a share of the positions, and a block that is
        // being joined from its parts.
        let (n_tokens, n_threads) = (sequences.ids().len(), rayon::current_num_threads());
        let fixed = (n_tokens * 8 + n_threads.min(16) * n_tokens / 2 + n_threads * n_words * 8 + counts::ENTRIES_PER_BLOCK * 8) as u64;
        Self { fixed, stored: AtomicU64::new(0), budget }
    }

    /// Adds a part of the matrix.
    fn add(&self, part: &CsMatI<f32, u32, usize>) -> Result<()> {
        // Once as it is counted and once as it is joined into blocks: allocators do not give the parts back at once.
        let bytes = 2 * (part.nnz() * 8 + part.rows() * 8) as u64;
        let stored = self.stored.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.budget.check(Stage::Count, self.fixed + stored, "--window or --max-words, or raise --min-count")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::WordId;

    #[test]
    fn a_count_above_the_budget_is_refused() {
        // 2,000 words, each beside every other within the window: 4 M entries of 8 bytes, and as much for joining them.
        let n_words = 2000;
        let sequences = WordSequences::new((0..n_words).map(WordId).collect(), vec![n_words as usize]);
        let contexts = |sides| Contexts::Window { size: 2000, distance_weights: DistanceWeights::Flat, sides, max_contexts: None };
        let count = |sides, bytes| contexts(sides).count(&sequences, n_words as usize, MemoryBudget { bytes: Some(bytes) }, &());
        let error = count(Sides::Together, 90 << 20).unwrap_err();
        assert!(matches!(error, Error::MemoryBudget { stage: Stage::Count, budget: 94_371_840, .. }), "{error}");
        assert!(count(Sides::Together, 150 << 20).is_ok());
    }
}
