//! Documents drawn from a variational encoder: `z` from `N(0, I)`, then words from the distribution that its decoder makes of `z`.
//!
//! In: a number and a seed, by which a document is known. Out: its words, in the order in which they were drawn; they do not depend on each
//! other but by `z` (Kingma & Welling 2014, section 2.1, the generative model; the words as those of a mixed-membership model).

use super::encoder::Encoder;
use crate::error::{Error, Result};
use crate::network::Loss;
use crate::random::{bits_at, gaussian, uniform};
use crate::words::WordId;

/// What is drawn; each has a table of its own.
const CODES: u64 = 11;
const WORDS: u64 = 12;

/// Draws document `number` of `n_words` words.
///
/// # Errors
/// [`Error::NotOfEncoder`] if the codes of the encoder have no distribution to draw from, or its codes give no probabilities.
pub fn generate(encoder: &Encoder, number: u64, n_words: usize, seed: u64) -> Result<Vec<WordId>> {
    let hint = "make a model with --encoder vae, whose loss is multinomial";
    let refuse = |reason| Err(Error::NotOfEncoder { what: "generate", encoder: encoder.name(), reason, hint });
    if !encoder.is_variational() {
        return refuse("it has no distribution of codes to draw from");
    }
    if encoder.loss() == Loss::Squared {
        return refuse("with a squared loss a code gives weights, not probabilities of words");
    }
    let of_codes = bits_at(seed, CODES, 0);
    let z: Vec<f32> = (0..encoder.rank()).map(|place| gaussian(of_codes, number, place as u64) as f32).collect();
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
