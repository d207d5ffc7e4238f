//! Tests of the encoder of a network: each code against the formulas.

use super::WeightedWords;
use crate::config::EmbedConfig;
use crate::encode::CompletionOrder;
use crate::encode::tests::{config as linear, corpus_of, encoded, text};
use crate::encode::{DocumentLoss, Encoder, complete};
use crate::model::Model;
use crate::network::{Loss, Network, NetworkConfig, NetworkKind};
use crate::weighting::formulas::Weighting;

pub(crate) const VAE: NetworkKind = NetworkKind::Vae { kl_weight: 0.2, kl_annealing_epochs: 10 };

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
                / if loss == Loss::Squared { model.provenance.spectrum.squared_norm } else { 1.0 };
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
