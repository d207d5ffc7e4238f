//! A document as a row of the matrix: its words and their weights.

use crate::base::words::WordId;

/// A document as a row of the matrix: its words and their weights.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeightedWords {
    /// The words, by rising id, each once; words of weight 0 are left out.
    pub words: Vec<WordId>,
    /// Their weights.
    pub weights: Vec<f32>,
    /// All tokens of the document.
    pub n_tokens: usize,
    /// Tokens that are words of the model.
    pub n_known: usize,
    /// All words of the model in the document, by rising id, with their counts before the
    /// weighting.
    pub counts: Vec<(WordId, f32)>,
}

impl WeightedWords {
    /// `|x|^2`.
    pub fn squared_norm(&self) -> f64 {
        squared_norm(&self.weights)
    }
}

/// The sum of the squares, in `f64` and in order.
pub(super) fn squared_norm(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&number| f64::from(number) * f64::from(number)).sum()
}
