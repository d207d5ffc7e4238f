//! The encoder of a network: `z = mu(x)`, and its decoder.
//!
//! Each document and each word is computed on its own, in a fixed order: a code depends neither on
//! the documents beside it nor on the threads.

use rayon::prelude::*;

use super::document::WeightedWords;
use super::options::WORDS_PER_TASK;
use crate::linalg::dot::{dot, length_of};
use crate::linalg::instructions::arch;
use crate::model::Model;
use crate::network::{Loss, Network, NetworkConfig, exp};
use crate::operator::kernel::SparseView;

/// The network of a model, with the word vectors for the weights of its decoder.
#[derive(Debug, Clone)]
pub(super) struct Neural<'a> {
    model: &'a Model,
    network: &'a Network,
    pub(super) config: &'a NetworkConfig,
}

impl<'a> Neural<'a> {
    pub(super) fn new(model: &'a Model, network: &'a Network, config: &'a NetworkConfig) -> Self {
        Self { model, network, config }
    }

    /// `mu` of each of several documents, row after row; with room for it, `ln sigma^2` too.
    pub(super) fn encode_into(
        &self,
        documents: &[WeightedWords],
        rows: SparseView<'_, usize, u32, f32>,
        z: &mut [f32],
        mut log_variance: Option<&mut [f32]>,
    ) {
        let dim = self.model.vectors.dim();
        let width = self.network.input.len() / self.model.vectors.len();
        let mut first = vec![0.0; documents.len() * width];
        rows.multiply(self.network.input.as_slice(), width, &mut first);
        let rows = documents
            .iter()
            .zip(first.chunks_exact_mut(width))
            .zip(z.chunks_exact_mut(dim))
            .enumerate();
        for (number, ((document, first), z)) in rows {
            let factor = self.network.input_factor(self.config.loss, &document.weights);
            first.iter_mut().for_each(|sum| *sum *= factor);
            let log_variance = log_variance.as_mut().map(|all| &mut all[number * dim..][..dim]);
            self.network.finish(first, z, log_variance);
        }
    }

    /// `W z + b`, for a squared loss in the weights of the matrix; for a multinomial one
    /// `softmax(W z + b)`, the probability of each word.
    pub(super) fn decode(&self, z: &[f32]) -> Vec<f32> {
        let (mut decoded, largest) = self.outputs(z, true);
        if self.config.loss == Loss::Squared {
            let unscaled = (1.0 / self.network.scale) as f32;
            decoded.iter_mut().for_each(|output| *output *= unscaled);
            return decoded;
        }
        let sums: Vec<f64> = decoded
            .par_chunks_mut(WORDS_PER_TASK)
            .map(|outputs| {
                arch().dispatch(|| {
                    outputs.iter_mut().for_each(|output| *output = exp(*output - largest));
                    outputs.iter().map(|&power| f64::from(power)).sum()
                })
            })
            .collect();
        let factor = (1.0 / sums.iter().sum::<f64>()) as f32;
        decoded.iter_mut().for_each(|power| *power *= factor);
        decoded
    }

    /// For each word the cosine of its row of `W` and `z`; 0 where either has no length.
    pub(super) fn word_cosines(&self, z: &[f32]) -> Vec<f32> {
        let (mut products, _) = self.outputs(z, false);
        let z_length = length_of(z);
        let rows = self.model.vectors.as_slice().par_chunks(self.model.vectors.dim());
        products.par_iter_mut().zip(rows).for_each(|(product, row)| {
            let length = length_of(row) * z_length;
            *product =
                if length > f32::MIN_POSITIVE { (*product / length).clamp(-1.0, 1.0) } else { 0.0 };
        });
        products
    }

    /// `W z`, with or without `b`, and the largest of them.
    pub(super) fn outputs(&self, z: &[f32], with_bias: bool) -> (Vec<f32>, f32) {
        let dim = self.model.vectors.dim();
        let vectors = self.model.vectors.as_slice();
        let bias = if with_bias { self.network.decoder_bias.as_slice() } else { &[] };
        let mut outputs = vec![0.0; self.model.vectors.len()];
        let largest: Vec<f32> = outputs
            .par_chunks_mut(WORDS_PER_TASK)
            .enumerate()
            .map(|(task, outputs)| {
                arch().dispatch(|| {
                    for (number, output) in outputs.iter_mut().enumerate() {
                        let word = task * WORDS_PER_TASK + number;
                        *output = dot(&vectors[word * dim..][..dim], z)
                            + bias.get(word).copied().unwrap_or(0.0);
                    }
                    outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max)
                })
            })
            .collect();
        (outputs, largest.into_iter().fold(f32::NEG_INFINITY, f32::max))
    }
}
