//! Settings that all encoders share: the components of a code, and the order of completions.

/// Words whose scores one task computes.
pub(super) const WORDS_PER_TASK: usize = 1024;

/// Which components a code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Components {
    /// Those of the word vectors: without the first ones if the model drops them.
    #[default]
    Kept,
    /// All components of the decomposition.
    All,
}

/// The order of completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CompletionOrder {
    /// By fit: the cosine of its vector and the text's code, lower for words of few and of nearly
    /// all documents.
    #[default]
    Fit,
    /// By the expected count of the word in the reconstruction: the most likely missing word, even
    /// if it is `the`.
    Count,
    /// By its weight in the reconstruction: the most informative word, if the weighting favours
    /// rare words.
    Weight,
}
