//! Folding documents in: from the words of a document to its code `z = V^T x`, and back to the words that a code stands for.
//!
//! In: a [`Model`] and documents. Out: for each document its weighted words `x` and `z`, of all `rank` components of the decomposition, the
//! dropped ones first. Tokens come from the model's own tokenizer and phrases; the counts of a document are weighed by the model's weighting
//! with the statistics of the corpus that the model was made from ([`Weighting::weigh_row`](crate::Weighting::weigh_row)). A document of that
//! corpus so has the very weights that it had there, to the bit, and its code is its row of `X V = U S`: to the rounding of `f32` (1e-6 of its
//! length), since the sum is taken in another order, and `V` is had from the stored `V S^p` by a division.
//!
//! Deerwester et al. 1990, "Indexing by latent semantic analysis", section 4.3 ("pseudo-documents"), fold in with `x^T V S^-1`, which is the
//! row of `U`; here it is that of `U S`, so that lengths and products are those of the best approximation of `x`.
//!
//! A model of windows has contexts for rows, and "row i is the document of all that stands around word i"; a document is one more such row, a
//! context of its own. Frequent words taken down by subsampling are taken down in expectation here, whether the corpus was so or at random.

use rayon::prelude::*;

use super::codes::Components;
use super::complete::CompletionOrder;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::operator::kernel::Rows;
use crate::vectors::dot;
use crate::weight::Weighting;
use crate::words::WordId;

/// Words whose scores one task computes.
const WORDS_PER_TASK: usize = 1024;

/// Below this fraction of the first singular value, a component is the rounding of `f32` and no part of the matrix.
const NULL: f64 = 1e-7;

/// Encodes documents with a model.
///
/// ```
/// use eigenlex::encode::Encoder;
/// use eigenlex::{Corpus, EmbedConfig, OnBadUtf8, Recipe};
/// let corpus = Corpus::open(&["corpora/english.txt"], None, OnBadUtf8::Error)?;
/// let mut config = EmbedConfig::recipe(Recipe::Lsa);
/// config.svd.rank = 20;
/// let model = eigenlex::embed(&corpus, &config, &())?;
/// let encoder = Encoder::new(&model)?;
/// let king = encoder.encode(&encoder.weigh_text("the king rules")?);
/// assert_eq!(king.len(), 20);
/// // x~ = V z is no longer than x: V has orthonormal columns.
/// let length = king.iter().map(|z| z * z).sum::<f32>().sqrt();
/// assert!(length <= 3f32.sqrt());
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    model: &'a Model,
    encoding: &'a Encoding,
    /// Columns of [`Encoding::right_vectors`].
    stored: usize,
    /// For each component that comes from the word vectors `s^-p`, or 0 if it is no part of the matrix.
    factors: Vec<f32>,
    weighting: Weighting,
    /// For each word the share of its tokens that counts, where frequent words are taken down.
    shares: Option<Vec<f64>>,
}

/// A document as a row of the matrix: its words and their weights.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeightedWords {
    /// The words, by rising id, each once; words that weigh nothing are left out.
    pub words: Vec<WordId>,
    /// Their weights.
    pub weights: Vec<f32>,
    /// Tokens of the document, known or not.
    pub n_tokens: usize,
    /// Tokens that are words of the model.
    pub n_known: usize,
}

impl WeightedWords {
    /// `|x|^2`.
    pub fn squared_norm(&self) -> f64 {
        squared_norm(&self.weights)
    }
}

impl<'a> Encoder<'a> {
    /// Makes ready to encode with a model.
    ///
    /// # Errors
    /// [`Error::NoEncoder`] if the model was written by a version that kept no statistics.
    pub fn new(model: &'a Model) -> Result<Self> {
        let encoding = model.encoding.as_ref().ok_or(Error::NoEncoder)?;
        let config = &model.provenance.config;
        let stored = Encoding::stored_columns(config);
        let singular_values = &model.provenance.spectrum.singular_values;
        let largest = singular_values.first().copied().unwrap_or(0.0);
        let factor = |&value: &f64| match config.sigma_exponent {
            0.0 => 1.0,
            _ if value <= NULL * largest => 0.0,
            exponent => value.powf(-exponent) as f32,
        };
        let factors = singular_values.iter().skip(stored).map(factor).collect();
        let shares = config.subsample.map(|subsampling| subsampling.kept_shares(&model.counts));
        Ok(Self { model, encoding, stored, factors, weighting: config.weighting, shares })
    }

    /// The same, but the words of documents have their counts for weights, and nothing is taken down; its codes mean nothing.
    pub(crate) fn counting(&self) -> Self {
        Self { weighting: Weighting::Count, shares: None, factors: self.factors.clone(), ..*self }
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// Components of the decomposition, the dropped ones included: numbers in `z`.
    pub fn rank(&self) -> usize {
        self.stored + self.factors.len()
    }

    /// How many of the first components the model leaves out of its vectors, and of its codes unless they are asked for.
    pub fn n_dropped(&self) -> usize {
        self.model.provenance.config.drop_components
    }

    /// The part of `z` that is a code of these components.
    pub fn part<'z>(&self, z: &'z [f32], components: Components) -> &'z [f32] {
        match components {
            Components::Kept => &z[self.n_dropped()..],
            Components::All => z,
        }
    }

    /// The words of a text with their weights.
    ///
    /// # Errors
    /// A `tokenizer.json` may refuse a text.
    pub fn weigh_text(&self, text: &str) -> Result<WeightedWords> {
        let (mut ids, mut n_tokens) = (Vec::new(), 0);
        self.model.tokenizer.tokenize(text, |token| {
            n_tokens += 1;
            ids.extend(self.model.vectors.id(token));
        })?;
        Ok(self.weigh(&mut ids, n_tokens))
    }

    /// The weights of the words of a document, given as the ids of its known tokens in any order, which are sorted here.
    ///
    /// # Panics
    /// If an id is not below the number of words.
    pub fn weigh(&self, ids: &mut [WordId], n_tokens: usize) -> WeightedWords {
        ids.sort_unstable();
        let (mut columns, mut weights) = (Vec::new(), Vec::new());
        for equal in ids.chunk_by(|a, b| a == b) {
            columns.push(equal[0].0);
            let count = equal.len() as f32;
            weights.push(match &self.shares {
                Some(shares) => (f64::from(count) * shares[equal[0].index()]) as f32,
                None => count,
            });
        }
        self.weighting.weigh_row(&self.encoding.statistics, &columns, &mut weights);
        let nonzero = || weights.iter().map(|&weight| weight != 0.0);
        let words = columns.iter().zip(nonzero()).filter(|(_, kept)| *kept).map(|(&id, _)| WordId(id)).collect();
        let weights = weights.iter().copied().filter(|&weight| weight != 0.0).collect();
        WeightedWords { words, weights, n_tokens, n_known: ids.len() }
    }

    /// `z = V^T x`, of all components.
    pub fn encode(&self, document: &WeightedWords) -> Vec<f32> {
        let mut z = vec![0.0; self.rank()];
        self.encode_into(std::slice::from_ref(document), &mut z);
        z
    }

    /// `z` of each of several documents, row after row.
    pub(super) fn encode_into(&self, documents: &[WeightedWords], z: &mut [f32]) {
        let (mut offsets, mut columns, mut values) = (vec![0usize], Vec::new(), Vec::new());
        for document in documents {
            columns.extend(document.words.iter().map(|word| word.0));
            values.extend_from_slice(&document.weights);
            offsets.push(columns.len());
        }
        let rows = Rows { offsets: &offsets, columns: &columns, values: &values };
        let (rank, stored, dim) = (self.rank(), self.stored, self.factors.len());
        if stored > 0 {
            let mut part = vec![0.0; documents.len() * stored];
            rows.multiply(self.encoding.right_vectors.as_slice(), stored, &mut part);
            z.chunks_exact_mut(rank).zip(part.chunks_exact(stored)).for_each(|(z, part)| z[..stored].copy_from_slice(part));
        }
        if dim > 0 {
            let mut part = vec![0.0; documents.len() * dim];
            rows.multiply(self.model.vectors.as_slice(), dim, &mut part);
            for (z, part) in z.chunks_exact_mut(rank).zip(part.chunks_exact(dim)) {
                z[stored..].iter_mut().zip(part).zip(&self.factors).for_each(|((z, part), factor)| *z = part * factor);
            }
        }
    }

    /// `z` with each component times `s_i^2 / (s_i^2 + s_k^2)`, with k the rank: what the best linear autoencoder of rows with noise makes of it
    /// (Pretorius, Kroon & Kamper 2018, "Learning dynamics of linear denoising autoencoders") if the variance of the noise is that of the last
    /// component. Hidden words are found more often so, see `docs/documents.md`.
    pub fn denoise(&self, z: &[f32]) -> Vec<f32> {
        let squares = self.model.provenance.spectrum.singular_values.iter().map(|value| value * value);
        let last = squares.clone().next_back().unwrap_or(0.0);
        z.iter()
            .zip(squares)
            .map(|(&z, square)| if square > 0.0 { (f64::from(z) * square / (square + last)) as f32 } else { 0.0 })
            .collect()
    }

    /// `x~ = V z`: for each word the weight that a code gives it, with the first `z.len()` components.
    ///
    /// # Panics
    /// If `z` is longer than the rank.
    pub fn decode(&self, z: &[f32]) -> Vec<f32> {
        assert!(z.len() <= self.rank(), "a code of {} numbers, {} components", z.len(), self.rank());
        let (first, rest) = z.split_at(self.stored.min(z.len()));
        let rest: Vec<f32> = rest.iter().zip(&self.factors).map(|(z, factor)| z * factor).collect();
        let (stored, dim) = (self.stored, self.model.vectors.dim());
        let vectors = self.model.vectors.as_slice();
        let mut decoded = vec![0.0; self.model.vectors.len()];
        decoded.par_chunks_mut(WORDS_PER_TASK).enumerate().for_each(|(task, decoded)| {
            pulp::Arch::new().dispatch(|| {
                for (number, decoded) in decoded.iter_mut().enumerate() {
                    let word = task * WORDS_PER_TASK + number;
                    let by_first = dot(&self.encoding.right_vectors[word * stored..][..first.len()], first);
                    *decoded = by_first + dot(&vectors[word * dim..][..rest.len()], &rest);
                }
            });
        });
        decoded
    }

    /// A number that puts the words of one decoded document into an order: greater is better.
    pub(crate) fn order(&self, order: CompletionOrder, word: usize, weight: f32) -> f64 {
        match order {
            CompletionOrder::Count => self.weighting.count_order(&self.encoding.statistics, word, weight),
            CompletionOrder::Weight => f64::from(weight),
        }
    }
}

/// The sum of the squares, in `f64` and in order.
pub(super) fn squared_norm(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&number| f64::from(number) * f64::from(number)).sum()
}
