//! What makes a stage smaller: data of errors.

/// A parameter that makes a stage take less memory. Each is the field of a configuration that is
/// called like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lever {
    /// Fewer dimensions.
    Dim,
    /// Fewer singular triplets.
    Rank,
    /// A smaller Lanczos basis.
    MaxBasis,
    /// A smaller window.
    WindowSize,
    /// Fewer words.
    MaxWords,
    /// Fewer words, by a higher cutoff.
    MinCount,
    /// Fewer words in the decomposition.
    FitWords,
    /// No subwords.
    Subwords,
    /// A smaller hidden layer.
    HiddenSize,
    /// Fewer documents in a step of training.
    BatchSize,
    /// A smaller corpus.
    CorpusSize,
    /// Fewer pairs that may be phrases, by a higher minimum count.
    PhraseMinCount,
    /// Fewer words that self-learning looks at.
    SelfLearningWords,
}
