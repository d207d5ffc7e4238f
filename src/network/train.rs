//! The training: epochs of mini-batches in an order drawn for each, with a checkpoint after every
//! epoch.
//!
//! In: the weighted documents and, for a multinomial loss, their counts. Out: a [`Network`], the
//! decoder's weights and a [`Training`]. Everything random (the start, the order, the words left
//! out, the codes drawn) follows from the seed, the epoch and the place alone, so a run that
//! resumes from a checkpoint gives the bits of one that was never stopped, on any number of
//! threads.

use rayon::prelude::*;

use super::adam::Rule;
use super::checkpoint;
use super::decoder::DecoderBatch;
use super::parameters::{MiniBatch, Parameters, is_variational};
use super::rows::SparseRows;
use super::{
    EpochLosses, LatentDimension, Loss, Network, NetworkConfig, NetworkKind, Training,
    inverse_length,
};
use crate::base::error::{Error, Result};
use crate::base::functions::{cos, exp, ln};
use crate::base::progress::{Progress, Stage};
use crate::base::random::{bits_at, gaussian, uniform};
use crate::storage::checkpoints::CheckpointSlot;

/// What is drawn from the seed; each has random numbers of its own.
const START: u64 = 1;
const ORDER: u64 = 2;
const DROPOUT: u64 = 3;
const NOISE: u64 = 4;

/// How often within an epoch the losses are reported.
const NOTES_PER_EPOCH: usize = 8;

/// A training that is about to begin.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    /// The weights, `n_documents x n_words`.
    pub(crate) weights: SparseRows,
    /// The counts, for a multinomial loss.
    pub(crate) counts: Option<SparseRows>,
    pub(crate) n_words: usize,
    /// Numbers in a code.
    pub(crate) dim: usize,
    pub(crate) config: &'a NetworkConfig,
    pub(crate) seed: u64,
    /// Where to write a checkpoint after each epoch, and to resume from.
    pub(crate) kept: Option<CheckpointSlot<'a>>,
}

/// The result of a training.
#[derive(Debug)]
pub(crate) struct Trained {
    pub(crate) network: Network,
    /// `n_words x dim`.
    pub(crate) decoder: Vec<f32>,
    pub(crate) training: Training,
}

/// Bytes that a training takes beside the matrix.
pub(crate) fn memory_bytes(config: &NetworkConfig, n_words: usize, dim: usize) -> u64 {
    let n_parameters: usize = config
        .shapes(n_words, dim)
        .iter()
        .map(|(_, [rows, columns])| rows * columns)
        .sum::<usize>()
        + n_words * dim;
    (12 * n_parameters + 4 * config.batch_size * n_words + 64 * 4 * config.batch_size * dim) as u64
}

/// How the documents are cut into steps.
struct Steps {
    /// Documents that have a word; the others teach nothing.
    documents: Vec<usize>,
    batch_size: usize,
    per_epoch: usize,
    /// Of all epochs.
    total: u64,
}

impl Run<'_> {
    /// Trains, or resumes from a checkpoint of the same run.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the losses diverge; a checkpoint that cannot be read or written; an
    /// interruption.
    ///
    /// # Panics
    /// If a multinomial loss has no counts.
    pub(crate) fn train(mut self, progress: &dyn Progress) -> Result<Trained> {
        assert_eq!(
            self.counts.is_some(),
            self.config.loss == Loss::Multinomial,
            "a multinomial loss, and no other, needs counts"
        );
        let steps = self.steps();
        let scale = self.scale_weights(steps.documents.len());
        let start = bits_at(self.seed, START, 0);
        let mut parameters =
            Parameters::new(self.config, self.n_words, self.dim, self.decoder_bias(), start);
        let mut epochs = match self.kept {
            Some(kept) => checkpoint::load(kept, &mut parameters, progress)?,
            None => Vec::new(),
        };
        progress.start(Stage::Train, Some(steps.total));
        progress.set_position((epochs.len() * steps.per_epoch) as u64);
        let mut outputs = Vec::new();
        while epochs.len() < self.config.epochs {
            let losses =
                self.epoch(epochs.len(), &steps, &mut parameters, &mut outputs, progress)?;
            epochs.push(losses);
            if let Some(kept) = self.kept {
                checkpoint::save(kept, &parameters, &epochs)?;
            }
        }
        let (loss, latent) = self.look(&parameters, &steps.documents, &mut outputs);
        progress.finish();
        let (network, decoder) = parameters.into_network(scale);
        Ok(Trained { network, decoder, training: Training { epochs, loss, latent } })
    }

    fn steps(&self) -> Steps {
        let documents: Vec<usize> =
            (0..self.weights.len()).filter(|&row| !self.weights.row(row).0.is_empty()).collect();
        let batch_size = self.config.batch_size.min(documents.len());
        let per_epoch = documents.len().div_ceil(batch_size);
        let total = (per_epoch * self.config.epochs) as u64;
        Steps { documents, batch_size, per_epoch, total }
    }

    /// Scales the weights for a squared loss so that the mean of `|x|^2` is 1; returns the factor.
    fn scale_weights(&mut self, n_documents: usize) -> f64 {
        if self.config.loss == Loss::Multinomial {
            return 1.0;
        }
        let scale = (n_documents as f64 / self.weights.squared_norm()).sqrt();
        self.weights.values.iter_mut().for_each(|weight| *weight *= scale as f32);
        scale
    }

    /// Moves the parameters by all documents once; returns the mean losses.
    fn epoch(
        &self,
        epoch: usize,
        steps: &Steps,
        parameters: &mut Parameters,
        outputs: &mut Vec<f32>,
        progress: &dyn Progress,
    ) -> Result<EpochLosses> {
        let order = permuted(&steps.documents, bits_at(self.seed, ORDER, epoch as u64));
        let mut losses = EpochLosses { reconstruction: 0.0, kl: 0.0, kl_weight: 0.0 };
        let mut n_seen = 0;
        for (number, documents) in order.chunks(steps.batch_size).enumerate() {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let step = (epoch * steps.per_epoch + number + 1) as u64;
            losses.kl_weight = self.kl_weight(step, steps.per_epoch);
            let rule = Rule::adam(self.learning_rate(step, steps.total), step);
            let batch = self.batch(documents, Some(epoch as u64));
            let found = parameters.step(&batch, self.config.loss, losses.kl_weight, rule, outputs);
            let (reconstruction, kl) = (sum(&found.reconstruction), sum(&found.kl));
            if !(reconstruction.is_finite() && kl.is_finite()) {
                let place = format!("the loss of step {step}");
                return Err(Error::NotFinite { stage: Stage::Train, place });
            }
            losses.reconstruction += reconstruction;
            losses.kl += kl;
            n_seen += documents.len();
            progress.advance(1);
            if (number + 1).is_multiple_of(steps.per_epoch.div_ceil(NOTES_PER_EPOCH))
                || number + 1 == steps.per_epoch
            {
                progress.note(&self.note(epoch, &losses, n_seen));
            }
        }
        losses.reconstruction /= n_seen as f64;
        losses.kl /= n_seen as f64;
        Ok(losses)
    }

    /// Half a cosine, so that the last step is the smallest.
    fn learning_rate(&self, step: u64, n_steps: u64) -> f64 {
        let part = (step - 1) as f64 / n_steps as f64;
        self.config.learning_rate * 0.5 * (1.0 + cos(std::f64::consts::PI * part))
    }

    /// The bias before the first step: the logarithm of each word's share for a multinomial loss,
    /// so that the network need not learn mere frequency.
    fn decoder_bias(&self) -> Vec<f32> {
        let [.., (_, [rows, _])] = self.config.shapes(self.n_words, self.dim);
        let mut bias = vec![0.0; rows * self.n_words];
        if let Some(counts) = &self.counts {
            let mut sums = vec![0.0f64; self.n_words];
            counts
                .columns
                .iter()
                .zip(&counts.values)
                .for_each(|(&column, &count)| sums[column as usize] += f64::from(count));
            let total: f64 = sums.iter().sum();
            // A word that no document of the matrix has counts as seen half a time.
            bias.iter_mut()
                .zip(&sums)
                .for_each(|(bias, &sum)| *bias = ln(sum.max(0.5) / total) as f32);
        }
        bias
    }

    fn kl_weight(&self, step: u64, steps_per_epoch: usize) -> f64 {
        match self.config.encoder {
            NetworkKind::Vae { kl_weight, kl_annealing_epochs } => {
                let rise = (kl_annealing_epochs * steps_per_epoch) as f64;
                kl_weight * if rise > 0.0 { (step as f64 / rise).min(1.0) } else { 1.0 }
            }
            _ => 0.0,
        }
    }

    /// Some documents: with words left out and noise drawn if there is an epoch, else as they are.
    fn batch(&self, documents: &[usize], epoch: Option<u64>) -> MiniBatch {
        let (mut inputs, mut targets) = (SparseRows::new(), SparseRows::new());
        let dropout = if epoch.is_some() { self.config.dropout } else { 0.0 };
        let raised = (1.0 / (1.0 - dropout)) as f32;
        for &document in documents {
            let (words, weights) = self.weights.row(document);
            let factor = if self.counts.is_some() { inverse_length(weights) } else { 1.0 };
            let seed = bits_at(bits_at(self.seed, DROPOUT, epoch.unwrap_or(0)), document as u64, 0);
            let is_kept =
                |word: u32| dropout == 0.0 || uniform(seed, u64::from(word), 0) >= dropout;
            let entries = words.iter().copied().zip(weights.iter().copied());
            inputs.push(
                entries
                    .filter(|(word, _)| is_kept(*word))
                    .map(|(word, weight)| (word, weight * factor * raised)),
            );
            let (words, targets_of) = self.counts.as_ref().unwrap_or(&self.weights).row(document);
            targets.push(words.iter().copied().zip(targets_of.iter().copied()));
        }
        let mut noise = Vec::new();
        if let Some(epoch) = epoch.filter(|_| is_variational(self.config)) {
            let seed = bits_at(self.seed, NOISE, epoch);
            noise = vec![0.0; documents.len() * self.dim];
            noise.par_chunks_mut(self.dim).zip(documents).for_each(|(noise, &document)| {
                let eps = |place: usize| gaussian(seed, document as u64, place as u64) as f32;
                noise.iter_mut().enumerate().for_each(|(place, number)| *number = eps(place));
            });
        }
        MiniBatch { inputs, targets, noise }
    }

    fn note(&self, epoch: usize, losses: &EpochLosses, n_seen: usize) -> String {
        let mean = |sum: f64| sum / n_seen as f64;
        let kl = match is_variational(self.config) {
            true => format!(", KL {:.3} (weight {:.3})", mean(losses.kl), losses.kl_weight),
            false => String::new(),
        };
        format!(
            "epoch {} of {}: reconstruction {:.4}{kl}",
            epoch + 1,
            self.config.epochs,
            mean(losses.reconstruction)
        )
    }

    /// The mean loss and the statistics of each dimension of the codes, with nothing left out and
    /// nothing drawn.
    fn look(
        &self,
        parameters: &Parameters,
        documents: &[usize],
        outputs: &mut Vec<f32>,
    ) -> (f64, Vec<LatentDimension>) {
        let dim = self.dim;
        let mut loss = 0.0;
        let (mut sums, mut squares, mut variances) =
            (vec![0.0; dim], vec![0.0; dim], vec![0.0; dim]);
        for documents in documents.chunks(self.config.batch_size) {
            let batch = self.batch(documents, None);
            let encoded = parameters.encode(&batch.inputs);
            let at_decoder = DecoderBatch {
                codes: &encoded.mu,
                targets: &batch.targets,
                loss: self.config.loss,
            };
            loss += sum(&parameters.decoder.losses(&at_decoder, outputs));
            for row in encoded.mu.chunks_exact(dim) {
                for ((sum, square), &mu) in sums.iter_mut().zip(&mut squares).zip(row) {
                    *sum += f64::from(mu);
                    *square += f64::from(mu) * f64::from(mu);
                }
            }
            for row in encoded.log_variance.chunks_exact(dim) {
                variances.iter_mut().zip(row).for_each(|(sum, &v)| *sum += exp(v.into()));
            }
        }
        let n = documents.len() as f64;
        let dimension = |i: usize| {
            let mean = sums[i] / n;
            let variance = (squares[i] / n - mean * mean).max(0.0);
            LatentDimension { mean, variance, posterior_variance: variances[i] / n }
        };
        (
            loss / n,
            if is_variational(self.config) {
                (0..dim).map(dimension).collect()
            } else {
                Vec::new()
            },
        )
    }
}

fn sum(numbers: &[f64]) -> f64 {
    numbers.iter().sum()
}

/// The same in another order (Fisher & Yates).
fn permuted(documents: &[usize], seed: u64) -> Vec<usize> {
    let mut order = documents.to_vec();
    for last in (1..order.len()).rev() {
        order.swap(last, (bits_at(seed, last as u64, 0) % (last as u64 + 1)) as usize);
    }
    order
}
