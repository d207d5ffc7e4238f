//! How much of each document the model explains: its loss `|x - x~|^2 = |x|^2 - |z|^2`, and the documents that it explains worst.

use serde::Serialize;

use super::encoder::{Encoder, squared_norm};
use crate::corpus::Corpus;
use crate::error::Result;
use crate::progress::Progress;

/// The loss of a document.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DocumentLoss {
    /// Its number, from 1.
    pub document: u64,
    /// Different words with a weight; the other numbers are 0 if there are none.
    pub n_words: usize,
    /// `|x|^2`.
    pub squared_norm: f64,
    /// `|x - V V^T x|^2`, not below 0.
    pub loss: f64,
}

impl DocumentLoss {
    /// The share of the document that is lost, from 0 to 1; 1 for one without a word.
    pub fn share(&self) -> f64 {
        if self.squared_norm > 0.0 { self.loss / self.squared_norm } else { 1.0 }
    }
}

/// Calls `visit` with the loss of each document of a corpus, in order, by all components.
///
/// # Errors
/// As [`Encoder::for_each_batch`], and whatever `visit` reports.
pub fn document_losses(
    encoder: &Encoder,
    corpus: &Corpus,
    progress: &dyn Progress,
    mut visit: impl FnMut(DocumentLoss) -> Result<()>,
) -> Result<()> {
    encoder.for_each_batch(corpus, None, progress, |batch| {
        for ((&document, it), z) in batch.numbers.iter().zip(&batch.documents).zip(batch.codes.chunks_exact(encoder.rank())) {
            let squared_norm_of_x = it.squared_norm();
            // The columns of V are orthonormal to rounding only.
            let loss = (squared_norm_of_x - squared_norm(z)).max(0.0);
            visit(DocumentLoss { document, n_words: it.words.len(), squared_norm: squared_norm_of_x, loss })?;
        }
        Ok(())
    })
}

/// The documents of a corpus of which the largest share is lost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outliers {
    /// They, the worst first, the lower number first among equals.
    pub documents: Vec<DocumentLoss>,
    /// Documents in the corpus.
    pub n_documents: u64,
    /// Those that hold enough words.
    pub n_considered: u64,
    /// Their loss, all together, as a share of their `|X|_F^2`.
    pub share: f64,
}

impl Outliers {
    /// Finds the `top` worst of the documents with at least `min_words` different words: short ones are easily explained badly or well.
    ///
    /// # Errors
    /// As [`document_losses`].
    pub fn find(encoder: &Encoder, corpus: &Corpus, top: usize, min_words: usize, progress: &dyn Progress) -> Result<Self> {
        let mut it = Self { documents: Vec::new(), n_documents: 0, n_considered: 0, share: 0.0 };
        let (mut squared_norm, mut loss) = (0.0, 0.0);
        let worse =
            |left: &DocumentLoss, right: &DocumentLoss| right.share().total_cmp(&left.share()).then(left.document.cmp(&right.document));
        document_losses(encoder, corpus, progress, |found| {
            it.n_documents += 1;
            if found.n_words < min_words.max(1) {
                return Ok(());
            }
            it.n_considered += 1;
            squared_norm += found.squared_norm;
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
        it.share = if squared_norm > 0.0 { loss / squared_norm } else { 0.0 };
        Ok(it)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, corpus_of, text};
    use super::*;
    use crate::weight::Weighting;

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
        assert!((total - spectrum.squared_norm * (1.0 - spectrum.explained)).abs() < 1e-4 * spectrum.squared_norm, "{total}");
        // And one by one they are those of the reconstruction, entry by entry.
        for (loss, line) in losses.iter().zip(text().lines()) {
            let document = encoder.weigh_text(line).unwrap();
            let mut difference = encoder.decode(&encoder.encode(&document));
            document.words.iter().zip(&document.weights).for_each(|(word, weight)| difference[word.index()] -= weight);
            assert!((squared_norm(&difference) - loss.loss).abs() < 1e-4, "{} {}", squared_norm(&difference), loss.loss);
        }
        let found = Outliers::find(&encoder, &corpus, 5, 3, &()).unwrap();
        let mut expected: Vec<DocumentLoss> = losses.iter().copied().filter(|loss| loss.n_words >= 3).collect();
        assert_eq!(found.n_considered, expected.len() as u64);
        expected.sort_by(|a, b| b.share().total_cmp(&a.share()).then(a.document.cmp(&b.document)));
        assert_eq!(found.documents, expected[..5]);
    }
}
