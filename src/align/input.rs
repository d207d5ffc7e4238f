//! One language of an alignment: its vectors, and what is known about them.

use std::path::PathBuf;

use super::config::AlignConfig;
use super::normalize::{Normalization, NormalizedRows};
use super::side::MappedSpace;
use crate::base::error::{Error, Result};
use crate::base::functions::pow;
use crate::base::words::WordId;
use crate::vectors::WordVectors;

/// One language of an alignment.
#[derive(Debug, Clone)]
pub struct AlignInput<'a> {
    /// Words and vectors, the most frequent word first.
    pub vectors: &'a WordVectors,
    /// Their path, which the map records.
    pub path: PathBuf,
    /// The singular values of the components and the exponent of their weights, if they are known.
    pub spectrum: Option<(Vec<f64>, f64)>,
    /// The vectors of the same words without what their spelling added
    /// ([`Model::vectors_without_subwords`](crate::Model::vectors_without_subwords)), if they are
    /// known. Two languages share meaning, not spelling, so self-learning finds its pairs in these.
    pub without_subwords: Option<&'a WordVectors>,
}

impl<'a> AlignInput<'a> {
    /// Vectors without a known spectrum.
    pub fn new(vectors: &'a WordVectors, path: impl Into<PathBuf>) -> Self {
        Self { vectors, path: path.into(), spectrum: None, without_subwords: None }
    }

    /// The factors that weight the first `dim` components as `S^exponent`.
    fn scale(&self, dim: usize, exponent: Option<f64>) -> Vec<f32> {
        match (&self.spectrum, exponent) {
            (Some((values, own)), Some(exponent)) if values.len() >= dim => {
                values[..dim].iter().map(|value| pow(*value, exponent - own) as f32).collect()
            }
            _ => vec![1.0; dim],
        }
    }

    /// The same language by its vectors without subwords.
    pub(super) fn plain(&self) -> Self {
        Self {
            vectors: self.without_subwords.unwrap_or(self.vectors),
            without_subwords: None,
            ..self.clone()
        }
    }

    /// Fits the normalization on the vectors, cut to `dim` dimensions, and returns them normalized.
    pub(super) fn normalized(
        &self,
        dim: usize,
        config: &AlignConfig,
    ) -> Result<(Normalization, NormalizedRows)> {
        let scale = self.scale(dim, config.sigma_exponent);
        Normalization::fit(self.vectors, scale, &config.normalization, config.max_words)
    }

    pub(super) fn space(&self, max_words: usize) -> MappedSpace {
        MappedSpace {
            path: self.path.clone(),
            digest: self.vectors.digest(),
            n_words: self.vectors.len(),
            dim_in: self.vectors.dim(),
            max_words: max_words.min(self.vectors.len()),
        }
    }
}

/// Words with the same spelling on both sides, by rising source.
pub fn identical_words(
    source: &WordVectors,
    target: &WordVectors,
    max_words: usize,
) -> Vec<(WordId, WordId)> {
    let limit = |vectors: &WordVectors| vectors.len().min(max_words);
    (0..limit(source) as u32)
        .map(WordId)
        .filter_map(|id| {
            let other = target
                .id(source.words().spelling(id))
                .filter(|other| other.index() < limit(target))?;
            Some((id, other))
        })
        .collect()
}

/// Letters of a word that two languages seldom have by chance.
const LEAST_LETTERS: usize = 4;

/// The words with the same spelling on both sides that should mean the same: all of them if they
/// are half of the words of the smaller side, which then are of one language; else those of at
/// least [`LEAST_LETTERS`] letters and nothing but letters.
pub(super) fn telling_words(
    source: &WordVectors,
    target: &WordVectors,
    max_words: usize,
) -> Vec<(WordId, WordId)> {
    let mut same = identical_words(source, target, max_words);
    let smaller = source.len().min(target.len()).min(max_words);
    if 2 * same.len() < smaller {
        same.retain(|&(id, _)| {
            let word = source.words().spelling(id);
            word.chars().count() >= LEAST_LETTERS && word.chars().all(char::is_alphabetic)
        });
    }
    same
}

/// The dimensions of both sides after the cut to `asked`.
pub(super) fn common_dim(source: usize, target: usize, asked: Option<usize>) -> Result<usize> {
    match asked {
        None if source != target => {
            Err(Error::DifferentDimensions { source_dim: source, target_dim: target })
        }
        None => Ok(source),
        Some(dim) if dim == 0 || dim > source.min(target) => Err(Error::Parameter {
            name: "dim",
            found: dim.to_string(),
            expected: format!(
                "from 1 to {}, the dimensions that both sides have",
                source.min(target)
            ),
        }),
        Some(dim) => Ok(dim),
    }
}
