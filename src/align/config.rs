//! How two languages are aligned: what the learning starts from, what it optimises, and its limits.

use serde::{Deserialize, Serialize};

use super::normalize::NormalizationStep;
use crate::base::budget::MemoryBudget;
use crate::base::words::WordId;

/// What the learning starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlignMethod<'a> {
    /// The pairs of a dictionary, and nothing else.
    Supervised(&'a [(WordId, WordId)]),
    /// The pairs of a dictionary, however small, which self-learning extends.
    SemiSupervised(&'a [(WordId, WordId)]),
    /// Words with the same spelling in both languages, numerals among them, which self-learning
    /// extends.
    Identical,
    /// Words with the same or a similar spelling in both languages, which self-learning extends.
    SimilarSpelling,
    /// No pairs: the shapes of the two spaces alone.
    Unsupervised,
}

impl AlignMethod<'_> {
    /// The method without its pairs, as a map records it.
    pub fn name(self) -> MethodName {
        match self {
            Self::Supervised(_) => MethodName::Supervised,
            Self::SemiSupervised(_) => MethodName::SemiSupervised,
            Self::Identical => MethodName::Identical,
            Self::SimilarSpelling => MethodName::SimilarSpelling,
            Self::Unsupervised => MethodName::Unsupervised,
        }
    }
}

/// The method that made a map, as its file records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MethodName {
    /// [`AlignMethod::Supervised`].
    Supervised,
    /// [`AlignMethod::SemiSupervised`].
    SemiSupervised,
    /// [`AlignMethod::Identical`].
    Identical,
    /// [`AlignMethod::SimilarSpelling`].
    SimilarSpelling,
    /// [`AlignMethod::Unsupervised`].
    Unsupervised,
    /// No learning: both sides already lie in one space, see
    /// [`shared_space`](super::shared_space).
    Shared,
}

/// What the last step optimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// The distance of the pairs: orthogonal, and with whitening and re-weighting.
    Procrustes,
    /// The relaxed CSLS of the pairs (Joulin et al. 2018); no longer orthogonal.
    Rcsls,
}

/// How to align.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AlignConfig {
    /// What the last step optimises.
    pub criterion: Criterion,
    /// The normalization of each vector before the alignment.
    pub normalization: Vec<NormalizationStep>,
    /// Keep only this many of the first dimensions of both sides; `None` keeps all, and then both
    /// sides must have equally many.
    pub dim: Option<usize>,
    /// Weight the components of a model as `S^p` with this `p` instead of its own; `None` keeps its
    /// own. Vectors without singular values stay as they are.
    pub sigma_exponent: Option<f64>,
    /// Learn and judge on at most this many of the most frequent words of each side.
    pub max_words: usize,
    /// Self-learning ends on this many of the most frequent words of each side.
    pub self_learning_words: usize,
    /// Exponent of the shared variances in the symmetric re-weighting.
    pub reweight: f64,
    /// The seed of all random choices.
    pub seed: u64,
    /// The bound on memory, including the vectors of both sides.
    pub memory: MemoryBudget,
}

impl Default for AlignConfig {
    fn default() -> Self {
        Self {
            criterion: Criterion::Procrustes,
            normalization: NormalizationStep::DEFAULT.to_vec(),
            dim: None,
            sigma_exponent: None,
            max_words: 200_000,
            self_learning_words: 20_000,
            reweight: 0.5,
            seed: 42,
            memory: MemoryBudget::default(),
        }
    }
}
