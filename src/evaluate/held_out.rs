//! How well the codes of unseen documents reconstruct them, by measures for all encoders.
//!
//! In: a model and documents. Out:
//!
//! - the squared loss `sum |x - x~|^2 / sum |x|^2` over the weights, if the decoder gives weights;
//! - the perplexity `exp(-sum n_j ln p_j / sum n_j)` of the documents' tokens under the word
//!   probabilities from their codes; and the perplexity of one half of each document's tokens under
//!   the code of the other half, which does not reward a code that only repeats its document
//!   (Wallach, Murray, Salakhutdinov & Mimno 2009, "Evaluation methods for topic models", on
//!   document completion). The halves are random, and both directions count;
//! - for comparison the perplexity under the word frequencies of the model's corpus;
//! - for a variational encoder the mean `KL(N(mu, sigma^2) || N(0, I))` of a document, in nats.
//!
//! A decoder of weights gives no probabilities. Its `x~` is turned back into the scale of counts,
//! clipped at 0, normalised to a sum of 1 and mixed with the word frequencies of the corpus,
//! `(1 - a) p + a f`. Of eleven values of `a` the best for these documents is taken, separately for
//! whole documents and for halves. This favours such encoders, but without it a word of no
//! component would have an infinite cost.

use rayon::prelude::*;
use serde::Serialize;

use crate::base::error::{Error, Result};
use crate::base::functions::{exp, ln};
use crate::base::progress::Progress;
use crate::base::words::WordId;
use crate::corpus::Corpus;
use crate::encode::{CompletionOrder, DocumentLoss, Encoder, WeightedWords};
use crate::network::Loss;

/// The shares of the corpus frequencies that are tried.
const MIXTURES: [f64; 11] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9];

/// How well unseen documents are reconstructed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOutScore {
    /// The kind of the encoder.
    pub encoder: &'static str,
    /// Documents with a known word.
    pub n_documents: usize,
    /// Known tokens in them.
    pub n_tokens: f64,
    /// The share of `|x|^2` that is lost; `None` if the decoder gives probabilities.
    pub squared_loss: Option<f64>,
    /// Perplexity of the tokens under the code of their document.
    pub perplexity: f64,
    /// Perplexity of each half under the code of the other.
    pub perplexity_of_halves: f64,
    /// Perplexity under the word frequencies of the corpus.
    pub perplexity_of_frequencies: f64,
    /// The share of these frequencies in the mixture, for documents and for halves; 0 if the
    /// decoder gives probabilities.
    pub mixed_in: [f64; 2],
    /// The mean divergence from `N(0, I)`, if the encoder is variational.
    pub kl: Option<f64>,
}

/// Sums over documents.
#[derive(Debug, Clone, Default)]
struct LossSums {
    n_documents: usize,
    n_tokens: f64,
    n_tokens_of_halves: f64,
    norm: f64,
    loss: f64,
    kl: f64,
    by_frequency: f64,
    /// The sum of `-n ln p` for each mixture, of whole documents and of halves.
    whole: [f64; MIXTURES.len()],
    halves: [f64; MIXTURES.len()],
}

/// Measures a corpus; `seed` draws the halves.
///
/// # Errors
/// As [`Encoder::for_each_batch`]; [`Error::NothingFound`] if no document has a known word.
pub fn held_out(
    encoder: &Encoder,
    corpus: &Corpus,
    seed: u64,
    progress: &dyn Progress,
) -> Result<HeldOutScore> {
    let counts = &encoder.model().counts;
    let total = counts.iter().sum::<u64>() as f64;
    let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / total).collect();
    let mut sums = LossSums::default();
    encoder.for_each_batch_with_halves(corpus, seed, progress, |documents| {
        let found: Vec<LossSums> = documents
            .par_chunks_exact(3)
            .filter(|documents| !documents[0].words.is_empty())
            .map(|documents| of_document(encoder, documents, &shares))
            .collect();
        found.iter().for_each(|found| sums.add(found));
        Ok(())
    })?;
    if sums.n_documents == 0 || sums.n_tokens_of_halves == 0.0 {
        let reason = "the model knows none of their words".to_owned();
        return Err(Error::NothingFound { query: "held-out documents".to_owned(), reason });
    }
    let is_multinomial = encoder.loss() == Loss::Multinomial;
    let best = |sums: &[f64; MIXTURES.len()]| {
        let tried = if is_multinomial { 1 } else { MIXTURES.len() };
        let best = (0..tried).min_by(|&a, &b| sums[a].total_cmp(&sums[b])).unwrap_or(0);
        (sums[best], if is_multinomial { 0.0 } else { MIXTURES[best] })
    };
    let (whole, halves) = (best(&sums.whole), best(&sums.halves));
    Ok(HeldOutScore {
        encoder: encoder.name(),
        n_documents: sums.n_documents,
        n_tokens: sums.n_tokens,
        squared_loss: (!is_multinomial).then_some(sums.loss / sums.norm),
        perplexity: exp(whole.0 / sums.n_tokens),
        perplexity_of_halves: exp(halves.0 / sums.n_tokens_of_halves),
        perplexity_of_frequencies: exp(sums.by_frequency / sums.n_tokens),
        mixed_in: [whole.1, halves.1],
        kl: encoder.is_variational().then_some(sums.kl / sums.n_documents as f64),
    })
}

/// A document and its two halves.
fn of_document(encoder: &Encoder, documents: &[WeightedWords], shares: &[f64]) -> LossSums {
    let [whole, first, second] = documents else { unreachable!("chunks of three") };
    let z = encoder.encode(whole);
    let mut sums = LossSums { n_documents: 1, n_tokens: n_tokens(whole), ..LossSums::default() };
    if encoder.loss() == Loss::Squared {
        let loss = DocumentLoss::new(encoder, 1, whole, &z);
        (sums.norm, sums.loss) = (loss.without_code, loss.loss);
    }
    sums.kl = encoder.divergence(whole).unwrap_or(0.0);
    sums.by_frequency = -whole
        .counts
        .iter()
        .map(|&(word, count)| f64::from(count) * ln(shares[word.index()]))
        .sum::<f64>();
    add_logarithms(encoder, whole, &z, whole, shares, &mut sums.whole);
    for (from, to) in [(first, second), (second, first)] {
        if !from.words.is_empty() && !to.counts.is_empty() {
            sums.n_tokens_of_halves += n_tokens(to);
            add_logarithms(
                encoder,
                from,
                &encoder.denoise(&encoder.encode(from)),
                to,
                shares,
                &mut sums.halves,
            );
        }
    }
    sums
}

fn n_tokens(document: &WeightedWords) -> f64 {
    document.counts.iter().map(|(_, count)| f64::from(*count)).sum()
}

/// Adds `-sum n ln p` of the tokens of `to` under the code of `from`, for each mixture.
fn add_logarithms(
    encoder: &Encoder,
    from: &WeightedWords,
    z: &[f32],
    to: &WeightedWords,
    shares: &[f64],
    sums: &mut [f64],
) {
    let numbers = encoder.order(CompletionOrder::Count, &encoder.reconstruct(from, z));
    let positive = |number: f64| if number > 0.0 { number } else { 0.0 };
    let sum: f64 = numbers.iter().map(|&number| positive(number)).sum();
    let probability =
        |word: WordId| if sum > 0.0 { positive(numbers[word.index()]) / sum } else { 0.0 };
    for (place, sum) in sums.iter_mut().enumerate() {
        let mixed = if encoder.loss() == Loss::Multinomial { 0.0 } else { MIXTURES[place] };
        let of_word = |&(word, count): &(WordId, f32)| {
            f64::from(count) * ln((1.0 - mixed) * probability(word) + mixed * shares[word.index()])
        };
        *sum -= to.counts.iter().map(of_word).sum::<f64>();
        if mixed == 0.0 {
            break;
        }
    }
}

impl LossSums {
    fn add(&mut self, other: &Self) {
        self.n_documents += other.n_documents;
        self.n_tokens += other.n_tokens;
        self.n_tokens_of_halves += other.n_tokens_of_halves;
        self.norm += other.norm;
        self.loss += other.loss;
        self.kl += other.kl;
        self.by_frequency += other.by_frequency;
        self.whole.iter_mut().zip(other.whole).for_each(|(sum, more)| *sum += more);
        self.halves.iter_mut().zip(other.halves).for_each(|(sum, more)| *sum += more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tests::{config, corpus_of, text};
    use crate::weighting::formulas::Weighting;

    /// By the definition, document by document, with the mixtures that were chosen.
    #[test]
    fn losses_and_perplexities_are_those_of_the_definition() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model =
            crate::embed(&corpus, &config(Weighting::SquareRoot { power: 0.5 }), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let found = held_out(&encoder, &corpus, 3, &()).unwrap();
        let total = model.counts.iter().sum::<u64>() as f64;
        let (mut n, mut norm, mut loss, mut entropy, mut logarithms) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for line in text().lines() {
            let document = encoder.weigh_text(line).unwrap();
            let z = encoder.encode(&document);
            norm += document.squared_norm();
            loss += document.squared_norm() - z.iter().map(|&z| f64::from(z).powi(2)).sum::<f64>();
            let numbers = encoder.order(CompletionOrder::Count, &encoder.decode(&z));
            let positive: Vec<f64> = numbers.iter().map(|number| number.max(0.0)).collect();
            let sum: f64 = positive.iter().sum();
            for (word, count) in &document.counts {
                let share = model.counts[word.index()] as f64 / total;
                n += f64::from(*count);
                entropy -= f64::from(*count) * share.ln();
                let mixed = (1.0 - found.mixed_in[0]) * positive[word.index()] / sum
                    + found.mixed_in[0] * share;
                logarithms -= f64::from(*count) * mixed.ln();
            }
        }
        assert_eq!((found.encoder, found.n_tokens, found.kl), ("svd", n, None));
        for (found, expected) in [
            (found.squared_loss.unwrap(), loss / norm),
            (found.perplexity, (logarithms / n).exp()),
            (found.perplexity_of_frequencies, (entropy / n).exp()),
        ] {
            assert!((found - expected).abs() < 1e-5 * expected, "{found} {expected}");
        }
        // Knowing half of a document helps with the other half, less than knowing it.
        assert!(
            found.perplexity < found.perplexity_of_halves
                && found.perplexity_of_halves < found.perplexity_of_frequencies,
            "{found:?}"
        );
        let unknown = corpus_of(folder.path(), "nothing known\n");
        let error = held_out(&encoder, &unknown, 3, &()).unwrap_err().to_string();
        assert_eq!(
            error,
            "nothing found for `held-out documents`: the model knows none of their words"
        );
    }

    #[cfg(feature = "neural")]
    #[test]
    fn every_encoder_is_measured() {
        use crate::encode::neural_tests::{KINDS, config};
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        for (kind, loss) in KINDS {
            let model = crate::embed(&corpus, &config(kind, loss), &()).unwrap();
            let found = held_out(&Encoder::new(&model).unwrap(), &corpus, 3, &()).unwrap();
            assert_eq!(
                (found.squared_loss.is_some(), found.mixed_in == [0.0; 2]),
                (loss == Loss::Squared, loss == Loss::Multinomial)
            );
            assert!(found.perplexity < found.perplexity_of_frequencies, "{found:?}");
            if let Some(loss) = found.squared_loss {
                assert!(
                    (loss - model.provenance.training.as_ref().unwrap().loss).abs() < 1e-3,
                    "{found:?}"
                );
            }
        }
    }
}
