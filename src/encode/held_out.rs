//! How many components are useful, measured on documents that the model has never seen.
//!
//! In: a model and another corpus. Out: for each number of components k two losses.
//!
//! - The reconstruction loss `sum |x - V_k V_k^T x|^2`: the part of such documents that k
//!   components do not explain. It falls with every component.
//! - The completion loss, which does not: a random bit for each token splits a document into two
//!   halves, so that the halves have the same expectation and independent noise. Each is predicted
//!   by the reconstruction of the other, `|x_b - V_k V_k^T x_a|^2 + |x_a - V_k V_k^T x_b|^2`. A
//!   component changes that by `z_a^2 + z_b^2 - 4 z_a z_b`, so it lowers the loss if it agrees on
//!   both halves, and raises it if it follows the noise. The k with the least loss is the number of
//!   components that help. This is cross-validation by thinned counts (Neufeld, Gao, Popp, Battle &
//!   Witten 2023, "Inference after latent variable estimation for single-cell RNA sequencing data";
//!   for matrices, Owen & Perry 2009, "Bi-cross-validation of the SVD").

use std::ops::RangeInclusive;

use serde::Serialize;

use super::batches::Parts;
use super::document::WeightedWords;
use super::encoder::Encoder;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::corpus::Corpus;

/// Losses over unseen documents; all are shares, and 1 is the loss without components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOut {
    /// Documents with a known word.
    pub n_documents: u64,
    /// Documents without one.
    pub n_without: u64,
    /// The share of `sum |x|^2` that the first k components do not explain: entry k, from 0 to the
    /// rank.
    pub reconstruction: Vec<f64>,
    /// The share of `sum |x_a|^2 + |x_b|^2` that remains when each half is predicted from the
    /// other: entry k.
    pub completion: Vec<f64>,
}

impl HeldOut {
    /// Measures the losses over a corpus; `seed` is that of the split into halves.
    ///
    /// # Errors
    /// As [`Encoder::for_each_batch`]; [`Error::NothingFound`] if no document has a known word;
    /// [`Error::NotOfEncoder`] for a network, whose components have no order.
    pub fn measure(
        encoder: &Encoder,
        corpus: &Corpus,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Self> {
        encoder.is_decomposition("held-out losses")?;
        let mut sums = HeldOutSums::new(encoder.rank());
        let parts = Parts::WholeAndHalves { seed };
        encoder.for_each_batch_of(corpus, parts, None, progress, |batch| {
            for (documents, codes) in
                batch.documents.chunks_exact(3).zip(batch.codes.chunks_exact(3 * encoder.rank()))
            {
                sums.add(documents, codes);
            }
            Ok(())
        })?;
        sums.losses()
    }

    /// The number of components with the least completion loss; the smallest of equals.
    pub fn best(&self) -> usize {
        let mut best = 0;
        for (k, loss) in self.completion.iter().enumerate() {
            if *loss < self.completion[best] {
                best = k;
            }
        }
        best
    }
}

impl HeldOut {
    /// The numbers of components around the best one whose loss is at most a thousandth of the
    /// whole above the least.
    pub fn near_best(&self) -> RangeInclusive<usize> {
        /// A share of the whole; the loss of text models moves by some hundredths over all k.
        const NEAR: f64 = 0.001;
        let best = self.best();
        let is_near = |k: &usize| self.completion[*k] <= self.completion[best] + NEAR;
        let first = (0..best).rev().take_while(is_near).last().unwrap_or(best);
        let last = (best..self.completion.len()).take_while(is_near).last().unwrap_or(best);
        first..=last
    }
}

/// Sums over documents and their halves.
struct HeldOutSums {
    n_documents: u64,
    n_without: u64,
    norm: f64,
    norm_of_halves: f64,
    /// How much each component lowers the reconstruction loss, and the completion loss.
    squares: Vec<f64>,
    gains: Vec<f64>,
}

impl HeldOutSums {
    fn new(rank: usize) -> Self {
        Self {
            n_documents: 0,
            n_without: 0,
            norm: 0.0,
            norm_of_halves: 0.0,
            squares: vec![0.0; rank],
            gains: vec![0.0; rank],
        }
    }

    /// Adds a document and its two halves, with their codes one after the other.
    fn add(&mut self, documents: &[WeightedWords], codes: &[f32]) {
        if documents[0].words.is_empty() {
            self.n_without += 1;
            return;
        }
        self.n_documents += 1;
        self.norm += documents[0].squared_norm();
        self.norm_of_halves += documents[1].squared_norm() + documents[2].squared_norm();
        let (whole, halves) = codes.split_at(self.squares.len());
        let (first, second) = halves.split_at(self.squares.len());
        for ((((square, gain), &whole), &a), &b) in
            self.squares.iter_mut().zip(&mut self.gains).zip(whole).zip(first).zip(second)
        {
            let (whole, a, b) = (f64::from(whole), f64::from(a), f64::from(b));
            *square += whole * whole;
            *gain += 4.0 * a * b - a * a - b * b;
        }
    }

    fn losses(&self) -> Result<HeldOut> {
        if self.n_documents == 0 || self.norm_of_halves == 0.0 {
            let reason = "the model knows none of their words".to_owned();
            return Err(Error::NothingFound { query: "held-out documents".to_owned(), reason });
        }
        let left = |gains: &[f64], norm: f64| {
            let mut share = 1.0;
            std::iter::once(1.0)
                .chain(gains.iter().map(|gain| {
                    share -= gain / norm;
                    share
                }))
                .collect::<Vec<f64>>()
        };
        Ok(HeldOut {
            n_documents: self.n_documents,
            n_without: self.n_without,
            reconstruction: left(&self.squares, self.norm),
            completion: left(&self.gains, self.norm_of_halves),
        })
    }
}

/// The completion loss of a pair of halves by the definition, with a dense reconstruction: the
/// oracle of the tests.
#[cfg(test)]
fn by_definition(
    encoder: &Encoder,
    from: &super::WeightedWords,
    to: &super::WeightedWords,
    k: usize,
) -> f64 {
    use crate::encode::document::squared_norm;
    let z = encoder.encode(from);
    let mut difference = encoder.decode(&z[..k]);
    to.words.iter().zip(&to.weights).for_each(|(word, weight)| difference[word.index()] -= weight);
    squared_norm(&difference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tests::{config, corpus_of, text};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn losses_are_those_of_the_definition() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model =
            crate::embed(&corpus, &config(Weighting::SquareRoot { power: 0.5 }), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let held_out = HeldOut::measure(&encoder, &corpus, 5, &()).unwrap();
        let (mut norms, mut losses) = ([0.0; 2], vec![[0.0; 2]; encoder.rank() + 1]);
        encoder
            .for_each_batch_of(&corpus, Parts::WholeAndHalves { seed: 5 }, None, &(), |batch| {
                for documents in batch.documents.chunks_exact(3) {
                    let [whole, a, b] = documents else { unreachable!("chunks of three") };
                    norms[0] += whole.squared_norm();
                    norms[1] += a.squared_norm() + b.squared_norm();
                    for (k, loss) in losses.iter_mut().enumerate() {
                        loss[0] += by_definition(&encoder, whole, whole, k);
                        loss[1] +=
                            by_definition(&encoder, a, b, k) + by_definition(&encoder, b, a, k);
                    }
                }
                Ok(())
            })
            .unwrap();
        for (k, loss) in losses.iter().enumerate() {
            assert!(
                (held_out.reconstruction[k] - loss[0] / norms[0]).abs() < 1e-5,
                "{k}: {held_out:?}, {loss:?}"
            );
            assert!(
                (held_out.completion[k] - loss[1] / norms[1]).abs() < 1e-5,
                "{k}: {held_out:?}, {loss:?}"
            );
        }
    }

    #[test]
    fn the_range_about_the_best_is_that_of_nearly_equal_losses() {
        let completion = vec![1.0, 0.9, 0.8506, 0.85, 0.8509, 0.86, 0.8501];
        let held_out =
            HeldOut { n_documents: 1, n_without: 0, reconstruction: vec![1.0; 7], completion };
        assert_eq!((held_out.best(), held_out.near_best()), (3, 2..=4));
    }

    #[test]
    fn components_that_follow_noise_do_not_help() {
        // Two subjects and a word of its own: whatever comes after the first few components is
        // chance.
        let folder = tempfile::tempdir().unwrap();
        let model = crate::embed(
            &corpus_of(folder.path(), &text()),
            &crate::config::EmbedConfig { dim: 10, ..config(Weighting::Count) },
            &(),
        )
        .unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let held_out =
            HeldOut::measure(&encoder, &corpus_of(folder.path(), &text()), 5, &()).unwrap();
        assert!((1..=4).contains(&held_out.best()), "{held_out:?}");
        assert!(held_out.reconstruction.is_sorted_by(|left, right| left > right), "{held_out:?}");
        assert!(held_out.completion[10] > held_out.completion[held_out.best()]);
    }
}
