//! Counts as a sparse matrix: documents by words, or context words by words within a window; rows
//! in blocks.

mod blocks;
mod checkpoint;
mod columns;
mod distance;
mod documents;
mod matrix;
mod parts;
mod runs;
mod share;
mod slice;
mod sums;
mod surroundings;
mod tally;
mod turn;
mod window;

pub use distance::{ContextSides, DistanceWeights};
pub use matrix::CountMatrix;
pub(crate) use matrix::ENTRIES_PER_BLOCK;
pub(crate) use share::{TaskPlan, TaskRows, block_lengths};

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::vocab::{Vocab, WordSequences};
use window::Window;

/// What the rows of the matrix are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Contexts {
    /// Row i is document i: the plain document-word matrix.
    Documents,
    /// Row i is a context word: all that stands around word i (or on one side of it), as if it were
    /// one document.
    Window {
        /// Tokens on either side, at least 1. Words below the cutoff take no place, as in word2vec.
        size: usize,
        /// How the distance counts.
        distance_weights: DistanceWeights,
        /// Whether left and right contexts of a word are counted separately.
        context_sides: ContextSides,
        /// Only the first so many words, the most frequent ones, are contexts and make rows, at
        /// least 1; `None` for all words (Bullinaria & Levy 2012 and Lebret & Collobert 2014 keep
        /// the most frequent 10,000, or fewer). Columns are all words in any case.
        #[serde(default)]
        max_contexts: Option<usize>,
    },
}

/// Longer than any document that a window makes sense in; the weights of all distances stay below 8
/// MB, and no sum of them overflows.
const LARGEST_WINDOW: usize = 1_000_000;

impl Default for Contexts {
    fn default() -> Self {
        Self::Window {
            size: 15,
            distance_weights: DistanceWeights::default(),
            context_sides: ContextSides::default(),
            max_contexts: Some(20_000),
        }
    }
}

impl Contexts {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// A window of size 0, or above a million, or no context words.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Window { max_contexts: Some(0), .. } => Err(Error::Parameter {
                name: "max_contexts",
                found: "0".to_owned(),
                expected: "at least 1".to_owned(),
            }),
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
            Self::Window { context_sides, max_contexts, distance_weights, .. } => {
                let n_contexts = max_contexts.unwrap_or(n_words).min(n_words);
                match context_sides {
                    ContextSides::Joint => {
                        (n_contexts, n_contexts == n_words && distance_weights.is_symmetric())
                    }
                    ContextSides::Separate => (2 * n_contexts, false),
                }
            }
        }
    }

    /// The most entries that a count of these words has in its first `n_columns` columns.
    pub(crate) fn most_entries(&self, vocab: &Vocab, n_rows: usize, n_columns: usize) -> u64 {
        let n_tokens = || vocab.counts[..n_columns].iter().sum::<u64>();
        let pairs = match self {
            Self::Documents => vocab.document_frequencies[..n_columns].iter().sum(),
            // Each token has so many on either side.
            Self::Window { size, .. } => n_tokens().saturating_mul(2 * *size as u64),
        };
        pairs.min(n_rows as u64 * n_columns as u64)
    }

    /// Rows that stand for one context word or document.
    pub(crate) fn rows_per_context(&self) -> usize {
        if let Self::Window { context_sides: ContextSides::Separate, .. } = self { 2 } else { 1 }
    }

    /// Counts the words of `sequences` in these contexts: rows are contexts, columns the `n_words`
    /// words. The same numbers whatever the budget, and wherever the sequences are.
    ///
    /// # Errors
    /// A window of size 0 or above a million, more memory than the budget, a failure of the file
    /// system, or an interruption.
    ///
    /// # Panics
    /// If an id is not below `n_words`.
    pub fn count(
        &self,
        sequences: &WordSequences,
        n_words: usize,
        settings: CountSettings<'_>,
        progress: &dyn Progress,
    ) -> Result<CountMatrix> {
        self.check()?;
        match self.window(n_words) {
            None => documents::count_documents(sequences, n_words, settings, progress),
            Some(window) => window::count_windows(sequences, window, settings, progress),
        }
    }

    /// What is counted of so many words; `None` for documents.
    fn window(&self, n_words: usize) -> Option<Window> {
        match *self {
            Self::Documents => None,
            Self::Window { size, distance_weights, context_sides, max_contexts } => {
                let n_contexts = max_contexts.unwrap_or(n_words).min(n_words);
                Some(Window { n_words, n_contexts, size, distance_weights, context_sides })
            }
        }
    }
}

/// How a count is carried out: with how much memory, and from which seed where something is drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountSettings<'a> {
    /// The memory that the process may take. Default: no bound.
    pub budget: MemoryBudget,
    /// A folder for a temporary file without a name, where counts go that the budget leaves no room
    /// for. Without one, the default, such counts are an error.
    pub temporary_folder: Option<&'a Path>,
    /// The seed of [`DistanceWeights::Random`]. Default 0.
    pub seed: u64,
    /// Bytes that the caller takes beside the counts afterwards: the counts that stay in memory
    /// leave them free. Default 0.
    pub later: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Stage;
    use crate::base::words::WordId;

    #[test]
    fn a_count_above_the_budget_is_refused_or_goes_to_the_disk() {
        // 2,000 words, each beside every other within the window: 4 M entries of 8 bytes.
        let n_words = 2000;
        let sequences =
            WordSequences::new((0..n_words).map(WordId).collect(), vec![n_words as usize]);
        let folder = tempfile::tempdir().unwrap();
        for context_sides in [ContextSides::Joint, ContextSides::Separate] {
            let contexts = Contexts::Window {
                size: 2000,
                distance_weights: DistanceWeights::Flat,
                context_sides,
                max_contexts: None,
            };
            let count = |bytes, temporary_folder| {
                let settings = CountSettings {
                    budget: MemoryBudget { bytes },
                    temporary_folder,
                    seed: 0,
                    later: 0,
                };
                rayon::ThreadPoolBuilder::new()
                    .num_threads(2)
                    .build()
                    .unwrap()
                    .install(|| contexts.count(&sequences, n_words as usize, settings, &()))
            };
            let tight = Some(70 << 20);
            let error = count(tight, None).unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::MemoryBudget { stage: Stage::Count, budget: 73_400_320, .. }
                ),
                "{error}"
            );
            let spilled = count(tight, Some(folder.path())).unwrap();
            let in_memory = count(Some(400 << 20), None).unwrap();
            assert!(spilled.memory_bytes() < 20 << 20 && in_memory.memory_bytes() > 30_000_000);
            assert_eq!(spilled.to_csr_blocks().unwrap(), in_memory.to_csr_blocks().unwrap());
            assert!(count(Some(33 << 20), Some(folder.path())).is_err());
        }
    }
}
