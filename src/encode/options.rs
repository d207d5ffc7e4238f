//! Choices that encoders share: the components of a code, and the order of completions.

/// Words whose scores one task computes.
pub(super) const WORDS_PER_TASK: usize = 1024;

/// Which components a code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Components {
    /// Those that the word vectors have too: all but the first ones, where the model drops these.
    #[default]
    Kept,
    /// Those of the decomposition.
    All,
}

/// What makes one word a better completion than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CompletionOrder {
    /// How well it fits: the cosine of its vector and the text's code, less for words of few
    /// documents and for words of nearly all.
    #[default]
    Fit,
    /// The count that its weight in the reconstruction stands for: the word most likely to be
    /// missing, be it `the`.
    Count,
    /// The weight itself: the word that tells most, where the weighting favours rare words.
    Weight,
}
