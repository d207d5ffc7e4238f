//! The kinds of files with words and answers that people hand out, so that a message can say which
//! one a file looks like and which one is needed.

use std::fmt;

/// What the lines of a file hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetKind {
    /// Two words and a score.
    ScoredPairs,
    /// Four words, or pairs of one relation, or multiple-choice questions.
    Analogies,
    /// A class and a word.
    Categories,
    /// Words of which one does not belong.
    OddOneOut,
    /// A word and its translation.
    Dictionary,
    /// A word and the values of its vector.
    WordVectors,
    /// One word.
    WordList,
    /// Sentences.
    RunningText,
}

impl SetKind {
    /// The verb behind its name.
    pub(crate) fn is_or_are(self) -> &'static str {
        match self {
            Self::Dictionary | Self::WordVectors | Self::WordList | Self::RunningText => "is",
            _ => "are",
        }
    }
}

impl fmt::Display for SetKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::ScoredPairs => "pairs of words with scores",
            Self::Analogies => "analogy questions",
            Self::Categories => "words in classes",
            Self::OddOneOut => "odd-one-out questions",
            Self::Dictionary => "a dictionary (pairs of words)",
            Self::WordVectors => "a file of word vectors",
            Self::WordList => "a list of words",
            Self::RunningText => "running text",
        })
    }
}
