//! All parameters of a network, and one step of their training: forward, backward, Adam.
//!
//! The first layer is a gather: it adds the rows of the document's words. Its gradient is a scatter
//! into those rows, and a step touches no others (see [`super::adam`]). The layers between are some
//! hundred numbers wide and use sequential products. The decoder has a file of its own.

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use super::adam::{Rule, Tensor, TensorPart};
use super::decoder::{Decoder, DecoderBatch, Outcome};
use super::exp::{exp, tanh};
use super::rows::SparseRows;
use super::{Loss, Network, NetworkConfig, NetworkKind};
use crate::base::random::{bits_at, gaussian};
use crate::linalg::instructions::arch;
use crate::linalg::product::multiply;

/// Standard deviation of the first layer at the start; the sum over a document, whose `x'` has
/// length 1, then has the same.
const INPUT_SPREAD: f64 = 0.5;

/// The same for `ln sigma^2`: variances begin near 1.
const LOG_VARIANCE_SPREAD: f64 = 0.01;

/// The parameters that are learned. Those that a kind of network lacks are empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) dim: usize,
    pub(crate) input: Tensor,
    pub(crate) hidden_bias: Tensor,
    pub(crate) mean: Tensor,
    pub(crate) mean_bias: Tensor,
    pub(crate) log_variance: Tensor,
    pub(crate) log_variance_bias: Tensor,
    pub(crate) decoder: Decoder,
}

/// The documents of a step.
#[derive(Debug, Default)]
pub(crate) struct MiniBatch {
    /// `x'`, `B x d`.
    pub(crate) inputs: SparseRows,
    /// What the codes should give back, `B x d`.
    pub(crate) targets: SparseRows,
    /// `eps`, `B x dim`; empty if nothing is drawn: then the code is `mu`.
    pub(crate) noise: Vec<f32>,
}

/// The losses of each document of a step.
#[derive(Debug)]
pub(crate) struct Losses {
    pub(crate) reconstruction: Vec<f64>,
    /// Without its weight.
    pub(crate) kl: Vec<f64>,
}

/// What the encoder makes of a batch.
pub(crate) struct Encoded {
    /// `B x hidden`; `B x dim`, and the codes themselves, if linear.
    first: Vec<f32>,
    /// `B x dim`.
    pub(crate) mu: Vec<f32>,
    /// `B x dim`; empty if not variational.
    pub(crate) log_variance: Vec<f32>,
}

impl Parameters {
    /// The parameters before the first step, drawn from the seed. The decoder is not drawn: its
    /// weights are 0 and its bias is `decoder_bias` (or nothing), so that rare words keep no random
    /// vector.
    pub(crate) fn new(
        config: &NetworkConfig,
        n_words: usize,
        dim: usize,
        decoder_bias: Vec<f32>,
        seed: u64,
    ) -> Self {
        let [input, hidden_bias, mean, mean_bias, log_variance, log_variance_bias, _] =
            config.shapes(n_words, dim);
        let zeros =
            |(_, [rows, columns]): (&str, [usize; 2])| Tensor::new(vec![0.0; rows * columns]);
        let random = |(_, [rows, columns]): (&str, [usize; 2]), number: u64, spread: f64| {
            let seed = bits_at(seed, number, 0);
            let mut values = vec![0.0; rows * columns];
            values.par_chunks_mut(columns.max(1)).enumerate().for_each(|(row, values)| {
                let draw =
                    |column: usize| (spread * gaussian(seed, row as u64, column as u64)) as f32;
                values.iter_mut().enumerate().for_each(|(column, value)| *value = draw(column));
            });
            Tensor::new(values)
        };
        let of_hidden = 1.0 / (config.hidden_size.max(1) as f64).sqrt();
        Self {
            dim,
            input: random(input, 1, INPUT_SPREAD),
            hidden_bias: zeros(hidden_bias),
            mean: random(mean, 2, of_hidden),
            mean_bias: zeros(mean_bias),
            log_variance: random(log_variance, 3, LOG_VARIANCE_SPREAD * of_hidden),
            log_variance_bias: zeros(log_variance_bias),
            decoder: Decoder {
                weights: Tensor::new(vec![0.0; n_words * dim]),
                bias: Tensor::new(decoder_bias),
            },
        }
    }

    /// All tensors with their names, in the order of their storage.
    pub(crate) fn tensors(&self) -> [(&'static str, &Tensor); 8] {
        [
            ("input", &self.input),
            ("hidden_bias", &self.hidden_bias),
            ("mean", &self.mean),
            ("mean_bias", &self.mean_bias),
            ("log_variance", &self.log_variance),
            ("log_variance_bias", &self.log_variance_bias),
            ("decoder_bias", &self.decoder.bias),
            ("decoder", &self.decoder.weights),
        ]
    }

    /// The same, to be filled.
    pub(crate) fn tensors_mut(&mut self) -> [(&'static str, &mut Tensor); 8] {
        [
            ("input", &mut self.input),
            ("hidden_bias", &mut self.hidden_bias),
            ("mean", &mut self.mean),
            ("mean_bias", &mut self.mean_bias),
            ("log_variance", &mut self.log_variance),
            ("log_variance_bias", &mut self.log_variance_bias),
            ("decoder_bias", &mut self.decoder.bias),
            ("decoder", &mut self.decoder.weights),
        ]
    }

    /// The encoder and the decoder's bias, and the decoder's weights.
    pub(crate) fn into_network(self, scale: f64) -> (Network, Vec<f32>) {
        let network = Network {
            input: self.input.values,
            hidden_bias: self.hidden_bias.values,
            mean: self.mean.values,
            mean_bias: self.mean_bias.values,
            log_variance: self.log_variance.values,
            log_variance_bias: self.log_variance_bias.values,
            decoder_bias: self.decoder.bias.values,
            scale,
        };
        (network, self.decoder.weights.values)
    }

    fn hidden(&self) -> usize {
        self.hidden_bias.values.len()
    }

    /// `mu` and `ln sigma^2` of some documents.
    pub(crate) fn encode(&self, inputs: &SparseRows) -> Encoded {
        let (n, dim, hidden) = (inputs.len(), self.dim, self.hidden());
        let width = if hidden > 0 { hidden } else { dim };
        let mut first = vec![0.0; n * width];
        inputs.as_rows().multiply(self.input.values.as_slice(), width, &mut first);
        if hidden == 0 {
            return Encoded { mu: first.clone(), first, log_variance: Vec::new() };
        }
        arch().dispatch(|| {
            for row in first.chunks_exact_mut(hidden) {
                row.iter_mut()
                    .zip(&self.hidden_bias.values)
                    .for_each(|(h, bias)| *h = tanh(*h + bias));
            }
        });
        let layer = |weights: &Tensor, bias: &Tensor| {
            let mut output: Vec<f32> =
                bias.values.iter().copied().cycle().take(n * bias.values.len()).collect();
            if !output.is_empty() {
                let weights =
                    MatRef::from_row_major_slice(&weights.values, dim, hidden).transpose();
                let sum = MatMut::from_row_major_slice_mut(&mut output, n, dim);
                multiply(sum, Accum::Add, MatRef::from_row_major_slice(&first, n, hidden), weights);
            }
            output
        };
        let (mu, log_variance) = (
            layer(&self.mean, &self.mean_bias),
            layer(&self.log_variance, &self.log_variance_bias),
        );
        Encoded { first, mu, log_variance }
    }

    /// Moves everything by one batch; `outputs` is memory that is used again.
    pub(crate) fn step(
        &mut self,
        batch: &MiniBatch,
        loss: Loss,
        kl_weight: f64,
        rule: Rule,
        outputs: &mut Vec<f32>,
    ) -> Losses {
        let n = batch.inputs.len();
        let encoded = self.encode(&batch.inputs);
        let codes = match batch.noise.is_empty() {
            true => encoded.mu.clone(),
            false => draw(&encoded, &batch.noise),
        };
        let at_decoder = DecoderBatch { codes: &codes, targets: &batch.targets, loss };
        let Outcome { losses: reconstruction, code_gradient } =
            self.decoder.step(&at_decoder, rule, outputs);

        let mut by_mu = code_gradient;
        let mut kl = vec![0.0; n];
        let mut by_log_variance = Vec::new();
        if !encoded.log_variance.is_empty() {
            kl = divergences(&encoded, self.dim);
            by_log_variance = vec![0.0; by_mu.len()];
            let weight = (kl_weight / n as f64) as f32;
            arch().dispatch(|| {
                let of_codes = by_mu.iter_mut().zip(&mut by_log_variance).zip(&batch.noise);
                for (((by_mu, by_log_variance), eps), (mu, log_variance)) in
                    of_codes.zip(encoded.mu.iter().zip(&encoded.log_variance))
                {
                    let sigma = exp(0.5 * log_variance);
                    *by_log_variance =
                        0.5 * (*by_mu * eps * sigma + weight * (sigma * sigma - 1.0));
                    *by_mu += weight * mu;
                }
            });
        }
        self.backward(batch, encoded, &by_mu, &by_log_variance, rule);
        Losses { reconstruction, kl }
    }

    /// From the gradients of `mu` and `ln sigma^2` to the first layer.
    fn backward(
        &mut self,
        batch: &MiniBatch,
        encoded: Encoded,
        by_mu: &[f32],
        by_log_variance: &[f32],
        rule: Rule,
    ) {
        let (n, dim, hidden) = (batch.inputs.len(), self.dim, self.hidden());
        if hidden == 0 {
            return self.scatter(&batch.inputs, by_mu, dim, rule);
        }
        let first = encoded.first;
        let h = MatRef::from_row_major_slice(&first, n, hidden);
        let mut by_first = vec![0.0; n * hidden];
        for (gradient, weights, bias) in [
            (by_mu, &mut self.mean, &mut self.mean_bias),
            (by_log_variance, &mut self.log_variance, &mut self.log_variance_bias),
        ] {
            if gradient.is_empty() {
                continue;
            }
            let g = MatRef::from_row_major_slice(gradient, n, dim);
            let sum = MatMut::from_row_major_slice_mut(&mut by_first, n, hidden);
            multiply(
                sum,
                Accum::Add,
                g,
                MatRef::from_row_major_slice(&weights.values, dim, hidden),
            );
            let mut by_weights = vec![0.0; dim * hidden];
            let product = MatMut::from_row_major_slice_mut(&mut by_weights, dim, hidden);
            multiply(product, Accum::Replace, g.transpose(), h);
            apply(rule, weights.all(), &by_weights);
            apply(rule, bias.all(), &column_sums(gradient, dim));
        }
        arch().dispatch(|| {
            by_first.iter_mut().zip(&first).for_each(|(gradient, h)| *gradient *= 1.0 - h * h)
        });
        apply(rule, self.hidden_bias.all(), &column_sums(&by_first, hidden));
        self.scatter(&batch.inputs, &by_first, hidden, rule);
    }

    /// Moves the rows of the first layer that belong to words of the documents: row j by
    /// `sum_i x'_ij g_i`, in the order of the documents.
    fn scatter(&mut self, inputs: &SparseRows, gradient: &[f32], width: usize, rule: Rule) {
        let entries = inputs.by_column();
        let mut rows = Vec::new();
        let (mut rest, mut passed) = (self.input.all(), 0);
        for entries in entries.chunk_by(|left, right| left.column == right.column) {
            let column = entries[0].column as usize;
            let (_, tail) = rest.split_at((column - passed) * width);
            let (row, tail) = tail.split_at(width);
            rows.push((row, entries));
            (rest, passed) = (tail, column + 1);
        }
        rows.into_par_iter().with_min_len(16).for_each_init(
            || vec![0.0; width],
            |sum, (row, entries)| {
                arch().dispatch(|| {
                    sum.fill(0.0);
                    for entry in entries {
                        let gradient = &gradient[entry.row as usize * width..][..width];
                        sum.iter_mut()
                            .zip(gradient)
                            .for_each(|(sum, gradient)| *sum += entry.value * gradient);
                    }
                    rule.apply(row, sum);
                });
            },
        );
    }
}

/// `mu + sigma * eps`.
fn draw(encoded: &Encoded, noise: &[f32]) -> Vec<f32> {
    let mut codes = encoded.mu.clone();
    arch().dispatch(|| {
        for ((code, log_variance), eps) in codes.iter_mut().zip(&encoded.log_variance).zip(noise) {
            *code += exp(0.5 * log_variance) * eps;
        }
    });
    codes
}

/// `KL(N(mu, sigma^2) || N(0, I)) = sum (mu^2 + sigma^2 - ln sigma^2 - 1) / 2` of each document.
pub(crate) fn divergences(encoded: &Encoded, dim: usize) -> Vec<f64> {
    let rows = encoded.mu.chunks_exact(dim).zip(encoded.log_variance.chunks_exact(dim));
    let of_row = |(mu, log_variance): (&[f32], &[f32])| {
        let terms =
            mu.iter().zip(log_variance).map(|(&mu, &v)| f64::from(mu * mu + exp(v) - v - 1.0));
        0.5 * terms.sum::<f64>()
    };
    rows.map(of_row).collect()
}

fn apply(rule: Rule, part: TensorPart<'_>, gradient: &[f32]) {
    arch().dispatch(|| rule.apply(part, gradient));
}

fn column_sums(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    rows.chunks_exact(width)
        .for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value));
    sums
}

/// Whether the codes of this kind are drawn.
pub(crate) fn is_variational(config: &NetworkConfig) -> bool {
    matches!(config.encoder, NetworkKind::Vae { .. })
}
