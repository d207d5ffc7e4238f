//! Random documents from a variational encoder: `z` from `N(0, I)`, then words from the
//! distribution that its decoder gives for `z`.
//!
//! In: a number and a seed, which determine a document. Out: its words, in the order in which they
//! were drawn; given `z`, they are independent (Kingma & Welling 2014, section 2.1, the generative
//! model; the words as those of a mixed-membership model).

use super::encoder::Encoder;
use crate::base::error::{Error, Result};
use crate::base::random::{bits_at, gaussian, uniform};
use crate::base::words::WordId;
use crate::network::Loss;

/// The tables of random numbers: for codes and for words.
const CODES: u64 = 11;
const WORDS: u64 = 12;

/// Draws document `number`, of `n_words` words.
///
/// # Errors
/// [`Error::NotOfEncoder`] if the codes of the encoder have no distribution to draw from, or its
/// codes give no probabilities.
pub fn generate(encoder: &Encoder, number: u64, n_words: usize, seed: u64) -> Result<Vec<WordId>> {
    let refuse =
        |reason| Err(Error::NotOfEncoder { what: "generate", encoder: encoder.name(), reason });
    if !encoder.is_variational() {
        return refuse("it has no distribution of codes to draw from");
    }
    if encoder.loss() == Loss::Squared {
        return refuse("with a squared loss a code gives weights, not probabilities of words");
    }
    let of_codes = bits_at(seed, CODES, 0);
    let z: Vec<f32> =
        (0..encoder.rank()).map(|place| gaussian(of_codes, number, place as u64) as f32).collect();
    let mut sum = 0.0;
    let sums: Vec<f64> = encoder
        .decode(&z)
        .into_iter()
        .map(|probability| {
            sum += f64::from(probability);
            sum
        })
        .collect();
    let of_words = bits_at(seed, WORDS, 0);
    let draw = |place: usize| {
        let target = uniform(of_words, number, place as u64) * sum;
        WordId(sums.partition_point(|&sum| sum <= target).min(sums.len() - 1) as u32)
    };
    Ok((0..n_words).map(draw).collect())
}

#[cfg(all(test, feature = "neural"))]
mod tests {
    use super::*;
    use crate::encode::neural_tests::{VAE, config};
    use crate::encode::tests::{config as linear, corpus_of, text};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn words_are_drawn_as_often_as_their_codes_say() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model = crate::embed(&corpus, &config(VAE, Loss::Multinomial), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        for number in 1..4 {
            let n = 20_000;
            let words = generate(&encoder, number, n, 5).unwrap();
            let of_codes = bits_at(5, CODES, 0);
            let z: Vec<f32> =
                (0..4).map(|place| gaussian(of_codes, number, place) as f32).collect();
            for (word, probability) in encoder.decode(&z).into_iter().map(f64::from).enumerate() {
                let found = words.iter().filter(|id| id.index() == word).count() as f64;
                let spread = (n as f64 * probability * (1.0 - probability)).sqrt();
                assert!(
                    (found - n as f64 * probability).abs() < 5.0 * spread + 1.0,
                    "{word}: {found} of {n}, {probability}"
                );
            }
            assert_eq!(generate(&encoder, number, 10, 5).unwrap(), words[..10]);
        }
    }

    #[test]
    fn other_encoders_have_nothing_to_draw_from() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        for (config, says) in [
            (
                linear(Weighting::Count),
                "generate: the encoder of the model is svd, and it has no distribution of codes to \
                 draw from",
            ),
            (
                config(VAE, Loss::Squared),
                "generate: the encoder of the model is vae, and with a squared loss a code gives \
                 weights, not probabilities of words",
            ),
        ] {
            let model = crate::embed(&corpus, &config, &()).unwrap();
            assert_eq!(
                generate(&Encoder::new(&model).unwrap(), 1, 5, 1).unwrap_err().to_string(),
                says
            );
        }
    }
}
