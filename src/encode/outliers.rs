//! How well the model explains each document: its loss `|x - x~|^2`, and the documents with the
//! greatest losses.
//!
//! With singular vectors it is `|x|^2 - |z|^2`. With a network of multinomial loss it is
//! `sum_j n_j ln(n_j / (n p_j))`, in nats: the tokens times the divergence of the words' shares in
//! the document from the probabilities that its code gives them.

use rayon::prelude::*;
use serde::Serialize;

use super::document::{WeightedWords, squared_norm};
use super::encoder::Encoder;
use crate::base::error::Result;
use crate::base::functions::ln;
use crate::base::progress::Progress;
use crate::base::words::WordId;
use crate::corpus::{Corpus, DocumentNames};
use crate::network::Loss;

/// The loss of a document.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DocumentLoss {
    /// Its number, from 1.
    pub document: u64,
    /// Distinct words with a weight; the losses are 0 if there are none.
    pub n_words: usize,
    /// The loss without a code: `|x|^2`, or, with a multinomial loss, that of the word frequencies
    /// of the corpus.
    pub without_code: f64,
    /// The loss, not below 0.
    pub loss: f64,
}

impl DocumentLoss {
    /// The share of the document that is lost, from 0 to 1 (above 1 if a network is worse than
    /// none); 1 for a document without a word.
    pub fn share(&self) -> f64 {
        if self.without_code > 0.0 { self.loss / self.without_code } else { 1.0 }
    }

    /// The loss of a document with its code.
    pub fn new(encoder: &Encoder, document: u64, it: &WeightedWords, z: &[f32]) -> Self {
        let n_words = it.words.len();
        if n_words == 0 {
            return Self { document, n_words, without_code: 0.0, loss: 0.0 };
        }
        let norm = it.squared_norm();
        let (without_code, loss) = match (encoder.name(), encoder.loss()) {
            // The columns of V are orthonormal to rounding only.
            ("svd", _) => (norm, (norm - squared_norm(z)).max(0.0)),
            (_, Loss::Squared) => {
                let reconstructed = encoder.decode(z);
                let of_word = |(word, weight): (&WordId, &f32)| {
                    let (x, y) = (f64::from(*weight), f64::from(reconstructed[word.index()]));
                    x * (x - 2.0 * y)
                };
                (
                    norm,
                    squared_norm(&reconstructed)
                        + it.words.iter().zip(&it.weights).map(of_word).sum::<f64>(),
                )
            }
            (_, Loss::Multinomial) => {
                let probabilities = encoder.decode(z);
                let counts = &encoder.model().counts;
                let n_in_corpus = counts.iter().sum::<u64>() as f64;
                let shares = |word: WordId| counts[word.index()] as f64 / n_in_corpus;
                (
                    deviance(it, &shares),
                    deviance(it, &|word| f64::from(probabilities[word.index()])),
                )
            }
        };
        Self { document, n_words, without_code, loss: loss.max(0.0) }
    }
}

/// `sum_j n_j ln(n_j / (n p_j))`.
fn deviance(document: &WeightedWords, probability: &dyn Fn(WordId) -> f64) -> f64 {
    let n: f64 = document.counts.iter().map(|(_, count)| f64::from(*count)).sum();
    let of_word = |&(word, count): &(WordId, f32)| {
        f64::from(count) * ln(f64::from(count) / (n * probability(word)))
    };
    document.counts.iter().filter(|(_, count)| *count > 0.0).map(of_word).sum()
}

/// Calls `visit` with the loss of each document of a corpus, in order, with all components. Returns
/// the names of the documents.
///
/// # Errors
/// As [`Encoder::for_each_batch`], and the errors of `visit`.
pub fn document_losses(
    encoder: &Encoder,
    corpus: &Corpus,
    progress: &dyn Progress,
    mut visit: impl FnMut(DocumentLoss) -> Result<()>,
) -> Result<DocumentNames> {
    let report = encoder.for_each_batch(corpus, None, progress, |batch| {
        let rows = batch
            .numbers
            .par_iter()
            .zip(&batch.documents)
            .zip(batch.codes.par_chunks_exact(encoder.rank()));
        let losses: Vec<DocumentLoss> =
            rows.map(|((&document, it), z)| DocumentLoss::new(encoder, document, it, z)).collect();
        losses.into_iter().try_for_each(&mut visit)
    })?;
    Ok(DocumentNames::new(corpus.unit(), report.sources))
}

/// The documents of a corpus with the greatest shares lost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outliers {
    /// The documents, the worst first, the lower number first among equals.
    pub documents: Vec<DocumentLoss>,
    /// Documents in the corpus.
    pub n_documents: u64,
    /// Documents with enough words.
    pub n_considered: u64,
    /// Their total loss, as a share of their total loss without codes.
    pub share: f64,
    /// The names of the documents of the corpus.
    pub names: DocumentNames,
}

impl Outliers {
    /// Finds the `top` worst of the documents with at least `min_words` distinct words; the loss of
    /// shorter ones varies too much.
    ///
    /// # Errors
    /// As [`document_losses`].
    pub fn find(
        encoder: &Encoder,
        corpus: &Corpus,
        top: usize,
        min_words: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let mut it = Self {
            documents: Vec::new(),
            n_documents: 0,
            n_considered: 0,
            share: 0.0,
            names: DocumentNames::new(corpus.unit(), Vec::new()),
        };
        let (mut without_code, mut loss) = (0.0, 0.0);
        let worse = |left: &DocumentLoss, right: &DocumentLoss| {
            right.share().total_cmp(&left.share()).then(left.document.cmp(&right.document))
        };
        it.names = document_losses(encoder, corpus, progress, |found| {
            it.n_documents += 1;
            if found.n_words < min_words.max(1) {
                return Ok(());
            }
            it.n_considered += 1;
            without_code += found.without_code;
            loss += found.loss;
            it.documents.push(found);
            if it.documents.len() >= 2 * top + 1024 {
                it.documents.sort_unstable_by(worse);
                it.documents.truncate(top);
            }
            Ok(())
        })?;
        it.documents.sort_unstable_by(worse);
        it.documents.truncate(top);
        it.share = if without_code > 0.0 { loss / without_code } else { 0.0 };
        Ok(it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tests::{config, corpus_of, text};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn the_losses_of_a_corpus_are_what_the_spectrum_says() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model = crate::embed(&corpus, &config(Weighting::Binary), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let mut losses = Vec::new();
        document_losses(&encoder, &corpus, &(), |loss| {
            losses.push(loss);
            Ok(())
        })
        .unwrap();
        // Eckart-Young: all losses together are |X|_F^2 - sum s_i^2.
        let spectrum = &model.provenance.spectrum;
        let total: f64 = losses.iter().map(|loss| loss.loss).sum();
        assert!(
            (total - spectrum.squared_norm * (1.0 - spectrum.explained)).abs()
                < 1e-4 * spectrum.squared_norm,
            "{total}"
        );
        // And one by one they are those of the reconstruction, entry by entry.
        for (loss, line) in losses.iter().zip(text().lines()) {
            let document = encoder.weigh_text(line).unwrap();
            let mut difference = encoder.decode(&encoder.encode(&document));
            document
                .words
                .iter()
                .zip(&document.weights)
                .for_each(|(word, weight)| difference[word.index()] -= weight);
            assert!(
                (squared_norm(&difference) - loss.loss).abs() < 1e-4,
                "{} {}",
                squared_norm(&difference),
                loss.loss
            );
        }
        let found = Outliers::find(&encoder, &corpus, 5, 3, &()).unwrap();
        let mut expected: Vec<DocumentLoss> =
            losses.iter().copied().filter(|loss| loss.n_words >= 3).collect();
        assert_eq!(found.n_considered, expected.len() as u64);
        expected.sort_by(|a, b| b.share().total_cmp(&a.share()).then(a.document.cmp(&b.document)));
        assert_eq!(found.documents, expected[..5]);
    }
}
