//! The encoder of a network: `z = mu(x)`, and what its decoder makes of a code.
//!
//! Each document and each word is computed on its own, in a fixed order: a code depends neither on
//! the documents beside it nor on the threads.

use rayon::prelude::*;

use super::document::WeightedWords;
use super::options::WORDS_PER_TASK;
use crate::linalg::dot::{dot, length_of};
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
                pulp::Arch::new().dispatch(|| {
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
                pulp::Arch::new().dispatch(|| {
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

#[cfg(all(test, feature = "neural"))]
pub(crate) mod tests {
    use super::*;
    use crate::config::EmbedConfig;
    use crate::encode::CompletionOrder;
    use crate::encode::tests::{config as linear, corpus_of, encoded, text};
    use crate::encode::{DocumentLoss, Encoder, complete};
    use crate::network::NetworkKind;
    use crate::weighting::formulas::Weighting;

    pub(crate) const VAE: NetworkKind =
        NetworkKind::Vae { kl_weight: 0.2, kl_annealing_epochs: 10 };

    pub(crate) fn config(encoder: NetworkKind, loss: Loss) -> EmbedConfig {
        let hidden = if encoder == NetworkKind::Linear { 0 } else { 8 };
        let network = NetworkConfig {
            loss,
            hidden_size: hidden,
            epochs: 60,
            batch_size: 16,
            learning_rate: 0.02,
            dropout: 0.2,
            ..NetworkConfig::new(encoder)
        };
        EmbedConfig { network: Some(network), ..linear(Weighting::SquareRoot { power: 0.5 }) }
    }

    pub(crate) const KINDS: [(NetworkKind, Loss); 5] = [
        (VAE, Loss::Multinomial),
        (VAE, Loss::Squared),
        (NetworkKind::Autoencoder, Loss::Multinomial),
        (NetworkKind::Autoencoder, Loss::Squared),
        (NetworkKind::Linear, Loss::Squared),
    ];

    /// `mu` and `x~` by the formulas, in double precision.
    fn plain(
        model: &Model,
        network: &Network,
        loss: Loss,
        document: &WeightedWords,
    ) -> (Vec<f64>, Vec<f64>) {
        let (dim, n_words) = (model.vectors.dim(), model.vectors.len());
        let width = network.input.len() / n_words;
        let norm: f64 = document.weights.iter().map(|&weight| f64::from(weight).powi(2)).sum();
        let factor = if loss == Loss::Squared { network.scale } else { 1.0 / norm.sqrt() };
        let mut first = vec![0.0; width];
        for (word, &weight) in document.words.iter().zip(&document.weights) {
            let row = &network.input[word.index() * width..][..width];
            first
                .iter_mut()
                .zip(row)
                .for_each(|(sum, &a)| *sum += f64::from(weight) * factor * f64::from(a));
        }
        let mut z = first.clone();
        if !network.mean.is_empty() {
            let h: Vec<f64> = first
                .iter()
                .zip(&network.hidden_bias)
                .map(|(h, &bias)| (h + f64::from(bias)).tanh())
                .collect();
            let number = |i: usize| {
                let row = &network.mean[i * width..][..width];
                f64::from(network.mean_bias[i])
                    + row.iter().zip(&h).map(|(&m, h)| f64::from(m) * h).sum::<f64>()
            };
            z = (0..dim).map(number).collect();
        }
        let output = |word: usize| {
            let row = &model.vectors.as_slice()[word * dim..][..dim];
            network.decoder_bias.get(word).map_or(0.0, |&bias| f64::from(bias))
                + row.iter().zip(&z).map(|(&w, z)| f64::from(w) * z).sum::<f64>()
        };
        let outputs: Vec<f64> = (0..n_words).map(output).collect();
        let sum: f64 = outputs.iter().map(|output| output.exp()).sum();
        let decoded = outputs
            .iter()
            .map(|o| if loss == Loss::Squared { o / network.scale } else { o.exp() / sum });
        (z, decoded.collect())
    }

    /// The loss of a document by the definition, dense; asserts that it is the one reported.
    fn loss_by_definition(
        encoder: &Encoder,
        document: &WeightedWords,
        z: &[f32],
        expected: &[f64],
    ) -> f64 {
        let given = encoder.given(document);
        let n: f64 = given.iter().map(|(_, count)| f64::from(*count)).sum();
        let mut x = vec![0.0; expected.len()];
        given.iter().for_each(|(word, number)| x[word.index()] = f64::from(*number));
        let defined: f64 = match encoder.loss() {
            Loss::Squared => x.iter().zip(expected).map(|(x, y)| (x - y) * (x - y)).sum(),
            Loss::Multinomial => x
                .iter()
                .zip(expected)
                .filter(|(x, _)| **x > 0.0)
                .map(|(x, y)| x * (x / (n * y)).ln())
                .sum(),
        };
        let found = DocumentLoss::new(encoder, 1, document, z);
        assert!((found.loss - defined).abs() < 1e-3 * (1.0 + defined), "{found:?} {defined}");
        defined
    }

    #[test]
    fn codes_and_what_they_stand_for_are_those_of_the_formulas() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        for (kind, loss) in KINDS {
            let model = crate::embed(&corpus, &config(kind, loss), &()).unwrap();
            let encoder = Encoder::new(&model).unwrap();
            let network = model.encoding.as_ref().unwrap().network.as_ref().unwrap();
            let batch = encoded(&encoder, &corpus, None);
            let mut total = 0.0;
            for ((line, document), z) in
                text().lines().zip(&batch.documents).zip(batch.codes.chunks_exact(4))
            {
                assert_eq!(
                    encoder.encode(&encoder.weigh_text(line).unwrap()),
                    z,
                    "a code depends on its document alone"
                );
                let (mu, expected) = plain(&model, network, loss, document);
                assert!(
                    z.iter()
                        .zip(&mu)
                        .all(|(z, mu)| (f64::from(*z) - mu).abs() < 1e-4 * (1.0 + mu.abs())),
                    "{z:?} {mu:?}"
                );
                let decoded = encoder.decode(z);
                let largest = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
                assert!(
                    decoded
                        .iter()
                        .zip(&expected)
                        .all(|(x, y)| (f64::from(*x) - y).abs() < 1e-4 * largest),
                    "{decoded:?} {expected:?}"
                );
                total += loss_by_definition(&encoder, document, z, &expected)
                    / if loss == Loss::Squared {
                        model.provenance.spectrum.squared_norm
                    } else {
                        1.0
                    };
            }
            if loss == Loss::Squared {
                let of_training = model.provenance.training.as_ref().unwrap().loss;
                assert!((total - of_training).abs() < 1e-3 * total, "{total} {of_training}");
            }
        }
    }

    #[test]
    fn a_text_is_completed_by_the_words_of_its_subject() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        for (kind, loss) in KINDS {
            let model = crate::embed(&corpus, &config(kind, loss), &()).unwrap();
            let encoder = Encoder::new(&model).unwrap();
            let document = encoder.weigh_text("ship wave the anchor").unwrap();
            for order in [CompletionOrder::Count, CompletionOrder::Weight] {
                let mut words: Vec<String> = complete(&encoder, &document, order, 2)
                    .unwrap()
                    .into_iter()
                    .map(|it| it.word)
                    .collect();
                words.sort();
                assert_eq!(words, ["harbour", "sail"], "{kind:?} {loss:?} {order:?}");
            }
        }
    }
}
