//! How a long computation reports what it is doing, and is stopped: the trait [`Progress`] and
//! the names of the stages.
//!
//! The library prints nothing and reads no clock. It calls a `Progress`; the command-line program
//! draws bars and takes times in its own implementation, and `()` is the silent one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A step on the way from texts to vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stage {
    /// Reading, decompressing and tokenizing; the unit is the byte of text.
    Tokenize,
    /// Finding phrases and joining them; the unit is the token, in each pass.
    Phrases,
    /// Building the vocabulary; the unit is the distinct word.
    Vocabulary,
    /// Taking frequent words down, where that is asked for; the unit is the stored entry, or the
    /// token if tokens are dropped at random.
    Subsample,
    /// Counting words in documents or windows; the unit is the token.
    Count,
    /// Weighting the counts; the unit is the stored entry.
    Weight,
    /// Laying the weights out for products, in memory or on the disk; the unit is the stored entry.
    Layout,
    /// The truncated SVD; the unit is the converged singular triplet.
    Svd,
    /// Folding the words in that the decomposition has not seen; the unit is the word.
    Fold,
    /// The regression of subwords; the unit is the word.
    Spelling,
    /// Training a network; the unit is the step, a mini-batch each.
    Train,
    /// Writing files; the unit is the byte.
    Write,
    /// Reading a model, a vector file or a matrix; the unit is the byte.
    Read,
    /// Answering analogy questions and the like; the unit is the question.
    Evaluate,
    /// Cutting points into clusters; the unit is the start.
    Cluster,
    /// Finding the nearest neighbours of all points; the unit is the point.
    Neighbors,
    /// Searching codes, scoring or fitting them; the unit is the step.
    Fit,
    /// Laying two languages over each other; the unit is the round of self-learning.
    Align,
}

impl Stage {
    /// What [`Progress::advance`] counts in this stage.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Tokenize | Self::Write | Self::Read => "bytes",
            Self::Vocabulary | Self::Fold | Self::Spelling => "words",
            Self::Phrases | Self::Count => "tokens",
            Self::Subsample => "items",
            Self::Weight | Self::Layout => "entries",
            Self::Svd => "triplets",
            Self::Evaluate => "questions",
            Self::Cluster => "starts",
            Self::Neighbors => "points",
            Self::Train | Self::Fit => "steps",
            Self::Align => "rounds",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tokenize => "tokenize",
            Self::Phrases => "phrases",
            Self::Vocabulary => "vocabulary",
            Self::Subsample => "subsample",
            Self::Count => "count",
            Self::Weight => "weight",
            Self::Layout => "layout",
            Self::Svd => "svd",
            Self::Fold => "fold",
            Self::Spelling => "spelling",
            Self::Train => "train",
            Self::Write => "write",
            Self::Read => "read",
            Self::Evaluate => "evaluate",
            Self::Cluster => "cluster",
            Self::Neighbors => "neighbors",
            Self::Fit => "fit",
            Self::Align => "align",
        })
    }
}

/// Hears about the advance of a computation, and can stop it.
///
/// The calls come from any thread, but `start` and `finish` of the stages come in order and never
/// overlap.
pub trait Progress: Sync {
    /// A stage begins; `total` is its size in [`Stage::unit`]s where that is known.
    fn start(&self, _stage: Stage, _total: Option<u64>) {}

    /// `amount` more units are done.
    fn advance(&self, _amount: u64) {}

    /// The position within the stage is now `position` units; for stages whose advance is measured,
    /// not counted.
    fn set_position(&self, _position: u64) {}

    /// About this share of the time of the stage has gone, above 0 and up to 1; for stages whose
    /// units do not take equally long.
    fn forecast(&self, _share: f64) {}

    /// A remark on the running stage, such as the residual of an iteration.
    fn note(&self, _note: &str) {}

    /// A whole sentence for the person who waits: that work of an earlier run is used, or cannot
    /// be.
    fn tell(&self, _sentence: &str) {}

    /// The stage that was started last has ended.
    fn finish(&self) {}

    /// Whether the computation should stop at the next opportunity with
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Silent, and never cancelled.
impl Progress for () {}

/// How long a stage took, and how much memory the process held meanwhile. Taken by whoever
/// implements [`Progress`]; stored with a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// The stage.
    pub name: Stage,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Largest resident memory of the process during the stage, in bytes; `None` where the system
    /// does not tell.
    pub peak_memory_bytes: Option<u64>,
}
