//! The decoder, from `dim` numbers to one for each word: the one dense layer that is as large as
//! the vocabulary; forward, backward and Adam.
//!
//! In: the codes `Z` (`B x k`) of a mini-batch and their targets, sparse rows `t` (`B x d`). With
//! the outputs `O = Z W^T + b` the losses of a document are
//!
//! ```text
//! multinomial: -sum_j t_j ln softmax(o)_j       gradient: n softmax(o) - t, n = sum_j t_j
//! squared:     |t - o|^2                        gradient: 2 (o - t)
//! ```
//!
//! Out: the loss of each document and the gradient `G W` of the codes; `W` (`d x k`) and `b` are
//! moved by their gradients `G^T Z` and the column sums of `G`, `G` being that of the mean over the
//! batch.
//!
//! The vocabulary is cut into chunks of 512 words, whose weights and outputs stay in a second-level
//! cache; each chunk is one task with sequential products. The first pass computes the outputs and
//! their exponentials relative to the largest output of the chunk. The second computes the
//! gradients and moves the chunk's weights at once: a step reads the weights twice and their
//! moments once. Sums over chunks are in the order of the chunks (the gradient of the codes is
//! summed within groups of chunks first), so neither the bits of a loss nor those of a weight
//! depend on the number of threads.

use std::ops::Range;

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use crate::base::functions::{self, ln};

use super::Loss;
use super::adam::{Rule, Tensor, TensorPart};
use super::exp::exp;
use super::rows::{Entry, SparseRows};
use crate::linalg::instructions::arch;
use crate::linalg::product::multiply;

/// Words in a chunk: at 300 dimensions 0.6 MB of weights.
const WORDS_PER_CHUNK: usize = 512;

/// Groups of chunks, at most: each has a gradient of the codes of its own.
const MOST_GROUPS: usize = 64;

/// The parameters of a decoder.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Decoder {
    /// `W`, row j is word j.
    pub(crate) weights: Tensor,
    /// `b`; empty if there is none.
    pub(crate) bias: Tensor,
}

/// The result of a step.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The loss of each document.
    pub(crate) losses: Vec<f64>,
    /// `B x k`: the gradient of the mean loss by the codes.
    pub(crate) code_gradient: Vec<f32>,
}

/// One chunk's part of the sums over all words, a number for each document.
struct ChunkSums {
    /// The largest output; multinomial alone.
    maxima: Vec<f32>,
    /// The sum of `e^(o - largest)`, or of the squared differences.
    sums: Vec<f32>,
    /// The sum of `t_j o_j`; multinomial alone.
    products: Vec<f64>,
}

/// A mini-batch at the decoder.
pub(crate) struct DecoderBatch<'a> {
    /// `B x k`, row-major.
    pub(crate) codes: &'a [f32],
    /// What the codes should give back.
    pub(crate) targets: &'a SparseRows,
    /// How the difference is measured.
    pub(crate) loss: Loss,
}

impl Decoder {
    fn n_words(&self, dim: usize) -> usize {
        self.weights.values.len() / dim
    }

    /// The losses of a batch, without a step.
    pub(crate) fn losses(&self, batch: &DecoderBatch<'_>, outputs: &mut Vec<f32>) -> Vec<f64> {
        let entries = batch.targets.by_column();
        let sums = self.forward(batch, &entries, outputs);
        batch.combine(&sums).0
    }

    /// Moves the decoder by one batch; `outputs` is memory that is used again.
    pub(crate) fn step(
        &mut self,
        batch: &DecoderBatch<'_>,
        rule: Rule,
        outputs: &mut Vec<f32>,
    ) -> Outcome {
        let entries = batch.targets.by_column();
        let sums = self.forward(batch, &entries, outputs);
        let (losses, factors) = batch.combine(&sums);
        let code_gradient = self.backward(batch, &entries, &factors, rule, outputs);
        Outcome { losses, code_gradient }
    }

    /// Fills `outputs`, `n_words x B`, with `e^(o - largest of the chunk)`, or with `o - t`.
    fn forward(
        &self,
        batch: &DecoderBatch<'_>,
        entries: &[Entry],
        outputs: &mut Vec<f32>,
    ) -> Vec<ChunkSums> {
        let (n, dim) = (batch.len(), batch.dim());
        outputs.resize(self.n_words(dim) * n, 0.0);
        outputs
            .par_chunks_mut(WORDS_PER_CHUNK * n)
            .zip(self.weights.values.par_chunks(WORDS_PER_CHUNK * dim))
            .enumerate()
            .with_max_len(1)
            .map(|(chunk, (outputs, weights))| {
                let first = chunk * WORDS_PER_CHUNK;
                let n_words = outputs.len() / n;
                let entries = within(entries, first..first + n_words);
                let product = MatMut::from_row_major_slice_mut(outputs, n_words, n);
                let codes = MatRef::from_row_major_slice(batch.codes, n, dim).transpose();
                multiply(
                    product,
                    Accum::Replace,
                    MatRef::from_row_major_slice(weights, n_words, dim),
                    codes,
                );
                let bias = self.bias.values.get(first..first + n_words);
                let outputs = ChunkOutputs { values: outputs, entries, first, n };
                arch().dispatch(|| match batch.loss {
                    Loss::Multinomial => outputs.exponentials(bias),
                    Loss::Squared => outputs.differences(bias),
                })
            })
            .collect()
    }

    /// Computes the gradients of the outputs and moves weights and bias; returns the gradient of
    /// the codes.
    fn backward(
        &mut self,
        batch: &DecoderBatch<'_>,
        entries: &[Entry],
        factors: &[f32],
        rule: Rule,
        outputs: &mut [f32],
    ) -> Vec<f32> {
        let (n, dim) = (batch.len(), batch.dim());
        let n_chunks = self.n_words(dim).div_ceil(WORDS_PER_CHUNK);
        let chunks_per_group = n_chunks.div_ceil(MOST_GROUPS);
        let words_per_group = chunks_per_group * WORDS_PER_CHUNK;
        let biases: Vec<Option<TensorPart<'_>>> = match self.bias.values.is_empty() {
            true => (0..n_chunks).map(|_| None).collect(),
            false => self.bias.all().chunks(words_per_group).map(Some).collect(),
        };
        let groups: Vec<_> = self
            .weights
            .all()
            .chunks(words_per_group * dim)
            .zip(biases)
            .zip(outputs.chunks_mut(words_per_group * n))
            .collect();
        let pass = Backward { batch, entries, factors, rule };
        let gradients: Vec<Vec<f32>> = groups
            .into_par_iter()
            .with_max_len(1)
            .enumerate()
            .map(|(group, ((weights, bias), outputs))| {
                let mut code_gradient = vec![0.0; n * dim];
                let mut gradient = vec![0.0; WORDS_PER_CHUNK * dim];
                let mut biases = bias.map(|bias| bias.chunks(WORDS_PER_CHUNK));
                for (number, (weights, outputs)) in weights
                    .chunks(WORDS_PER_CHUNK * dim)
                    .zip(outputs.chunks_mut(WORDS_PER_CHUNK * n))
                    .enumerate()
                {
                    let bias = biases.as_mut().and_then(Iterator::next);
                    let chunk = group * chunks_per_group + number;
                    pass.chunk(chunk, outputs, weights, bias, &mut gradient, &mut code_gradient);
                }
                code_gradient
            })
            .collect();
        let mut sum = vec![0.0; n * dim];
        sum.par_chunks_mut(dim).enumerate().for_each(|(row, sum)| {
            for gradient in &gradients {
                sum.iter_mut().zip(&gradient[row * dim..]).for_each(|(sum, part)| *sum += part);
            }
        });
        sum
    }
}

/// What all chunks of a backward pass need.
struct Backward<'a> {
    batch: &'a DecoderBatch<'a>,
    entries: &'a [Entry],
    /// For each chunk and document, see [`DecoderBatch::combine`].
    factors: &'a [f32],
    rule: Rule,
}

impl Backward<'_> {
    /// Moves the weights and the bias of a chunk, and adds its part to the gradient of the codes;
    /// `gradient` is memory for that of the weights.
    fn chunk(
        &self,
        chunk: usize,
        outputs: &mut [f32],
        weights: TensorPart<'_>,
        bias: Option<TensorPart<'_>>,
        gradient: &mut [f32],
        code_gradient: &mut [f32],
    ) {
        let (n, dim) = (self.batch.len(), self.batch.dim());
        let first = chunk * WORDS_PER_CHUNK;
        let n_words = outputs.len() / n;
        let factors = &self.factors[chunk * n..][..n];
        let entries = within(self.entries, first..first + n_words);
        arch().dispatch(|| {
            let outputs = ChunkOutputs { values: &mut *outputs, entries, first, n };
            outputs.gradients(factors, self.batch.loss);
        });
        let g = MatRef::from_row_major_slice(&*outputs, n_words, n);
        let codes = MatRef::from_row_major_slice(self.batch.codes, n, dim);
        let sum = MatMut::from_row_major_slice_mut(code_gradient, n, dim);
        let w = MatRef::from_row_major_slice(&*weights.values, n_words, dim);
        multiply(sum, Accum::Add, g.transpose(), w);
        let gradient = &mut gradient[..n_words * dim];
        let product = MatMut::from_row_major_slice_mut(gradient, n_words, dim);
        multiply(product, Accum::Replace, g, codes);
        arch().dispatch(|| {
            self.rule.apply(weights, gradient);
            if let Some(bias) = bias {
                let sums: Vec<f32> = outputs.chunks_exact(n).map(|row| row.iter().sum()).collect();
                self.rule.apply(bias, &sums);
            }
        });
    }
}

impl DecoderBatch<'_> {
    fn len(&self) -> usize {
        self.targets.len()
    }

    fn dim(&self) -> usize {
        self.codes.len() / self.len()
    }

    /// The loss of each document; and for each chunk and document the factor that turns its outputs
    /// into their gradient.
    fn combine(&self, chunks: &[ChunkSums]) -> (Vec<f64>, Vec<f32>) {
        let n = self.len();
        let mut losses = Vec::with_capacity(n);
        let mut factors = vec![(2.0 / n as f64) as f32; chunks.len() * n];
        for document in 0..n {
            let sums = || chunks.iter().map(|chunk| f64::from(chunk.sums[document]));
            if self.loss == Loss::Squared {
                losses.push(sums().sum());
                continue;
            }
            let n_tokens: f64 =
                self.targets.row(document).1.iter().map(|&count| f64::from(count)).sum();
            let largest =
                chunks.iter().map(|chunk| chunk.maxima[document]).fold(f32::NEG_INFINITY, f32::max);
            let shares = || {
                chunks
                    .iter()
                    .map(|chunk| functions::exp(f64::from(chunk.maxima[document] - largest)))
            };
            let sum: f64 = sums().zip(shares()).map(|(sum, share)| sum * share).sum();
            let product: f64 = chunks.iter().map(|chunk| chunk.products[document]).sum();
            losses.push(n_tokens * (f64::from(largest) + ln(sum)) - product);
            for (chunk, share) in shares().enumerate() {
                factors[chunk * n + document] = (n_tokens * share / (sum * n as f64)) as f32;
            }
        }
        (losses, factors)
    }
}

/// The entries of some words.
fn within(entries: &[Entry], words: Range<usize>) -> &[Entry] {
    let place = |word: usize| entries.partition_point(|entry| (entry.column as usize) < word);
    &entries[place(words.start)..place(words.end)]
}

/// The outputs of a chunk of words, a row for each word and a column for each document.
struct ChunkOutputs<'a> {
    values: &'a mut [f32],
    /// The targets of these words.
    entries: &'a [Entry],
    /// The first word.
    first: usize,
    /// Documents.
    n: usize,
}

impl ChunkOutputs<'_> {
    #[inline(always)]
    fn add_bias(&mut self, bias: Option<&[f32]>) {
        if let Some(bias) = bias {
            self.values
                .chunks_exact_mut(self.n)
                .zip(bias)
                .for_each(|(row, bias)| row.iter_mut().for_each(|output| *output += bias));
        }
    }

    /// Where the output of an entry's word for its document stands.
    #[inline(always)]
    fn place(&self, entry: &Entry) -> usize {
        (entry.column as usize - self.first) * self.n + entry.row as usize
    }

    /// Replaces the outputs by `e^(o - largest of the chunk)`.
    #[inline(always)]
    fn exponentials(mut self, bias: Option<&[f32]>) -> ChunkSums {
        self.add_bias(bias);
        let n = self.n;
        let mut products = vec![0.0f64; n];
        for entry in self.entries {
            let output = self.values[self.place(entry)];
            products[entry.row as usize] += f64::from(entry.value) * f64::from(output);
        }
        let mut maxima = vec![f32::NEG_INFINITY; n];
        for row in self.values.chunks_exact(n) {
            for (largest, &output) in maxima.iter_mut().zip(row) {
                *largest = if output > *largest { output } else { *largest };
            }
        }
        let mut sums = vec![0.0f32; n];
        for row in self.values.chunks_exact_mut(n) {
            for ((output, &largest), sum) in row.iter_mut().zip(&maxima).zip(&mut sums) {
                *output = exp(*output - largest);
                *sum += *output;
            }
        }
        ChunkSums { maxima, sums, products }
    }

    /// Replaces the outputs by `o - t`.
    #[inline(always)]
    fn differences(mut self, bias: Option<&[f32]>) -> ChunkSums {
        self.add_bias(bias);
        for entry in self.entries {
            let place = self.place(entry);
            self.values[place] -= entry.value;
        }
        let mut sums = vec![0.0f32; self.n];
        for row in self.values.chunks_exact(self.n) {
            sums.iter_mut().zip(row).for_each(|(sum, difference)| *sum += difference * difference);
        }
        ChunkSums { maxima: Vec::new(), sums, products: Vec::new() }
    }

    /// Replaces what [`Decoder::forward`] left by the gradients of the mean loss.
    #[inline(always)]
    fn gradients(self, factors: &[f32], loss: Loss) {
        for row in self.values.chunks_exact_mut(self.n) {
            row.iter_mut().zip(factors).for_each(|(output, factor)| *output *= factor);
        }
        if loss == Loss::Multinomial {
            for entry in self.entries {
                let place = self.place(entry);
                self.values[place] -= entry.value / self.n as f32;
            }
        }
    }
}
