//! Counts as a sparse matrix: documents by words, or words by words within a window; rows in blocks, in both orientations.

mod blocks;
mod documents;
mod window;

pub use blocks::{BlockMatrix, RowBlock};
pub use window::DistanceWeights;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::vocab::WordSequences;

/// What the rows of the matrix are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Contexts {
    /// Row i is document i: the plain document-word matrix.
    Documents,
    /// Row i is a context word: all that stands around word i, as if it were one document.
    Window {
        /// Tokens on either side, at least 1. Words below the cutoff take no place, as in word2vec.
        size: usize,
        /// How the distance counts.
        distance_weights: DistanceWeights,
    },
}

impl Default for Contexts {
    fn default() -> Self {
        Self::Window { size: 10, distance_weights: DistanceWeights::default() }
    }
}

impl Contexts {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// A window of size 0.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Window { size: 0, .. } => {
                Err(Error::Parameter { name: "window", found: "0".to_owned(), expected: "at least 1".to_owned() })
            }
            Self::Window { .. } | Self::Documents => Ok(()),
        }
    }

    /// Counts the words of `sequences` in these contexts: rows are contexts, columns the `n_words` words.
    ///
    /// # Errors
    /// A window of size 0, or an interruption.
    ///
    /// # Panics
    /// If an id is not below `n_words`.
    pub fn count(&self, sequences: &WordSequences, n_words: usize, progress: &dyn Progress) -> Result<BlockMatrix> {
        self.check()?;
        match *self {
            Self::Documents => documents::count_documents(sequences, n_words, progress),
            Self::Window { size, distance_weights } => window::count_windows(sequences, n_words, size, distance_weights, progress),
        }
    }
}
