//! The counts of the words of documents, and their tf-idf weights: `count * idf`, in rows of unit
//! length, with `idf = ln((1 + n) / (1 + df)) + 1` over the `n` training documents, as
//! scikit-learn's `TfidfVectorizer` computes it.

use std::ops::Range;

use sprs::CsMatI;

use crate::base::error::Result;
use crate::base::functions::ln;
use crate::base::progress::Progress;
use crate::corpus::Corpus;
use crate::encode::Encoder;
use crate::matrix::BlockMatrix;

/// The counts of the words of all documents.
pub(super) struct DocumentCounts {
    n_words: usize,
    offsets: Vec<usize>,
    columns: Vec<u32>,
    counts: Vec<f32>,
}

impl DocumentCounts {
    pub(super) fn read(
        encoder: &Encoder,
        corpus: &Corpus,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let mut it = Self {
            n_words: encoder.model().vectors.len(),
            offsets: vec![0],
            columns: Vec::new(),
            counts: Vec::new(),
        };
        encoder.counting().for_each_batch(corpus, None, progress, |batch| {
            for document in batch.documents {
                it.columns.extend(document.words.iter().map(|word| word.0));
                it.counts.extend(document.weights);
                it.offsets.push(it.columns.len());
            }
            Ok(())
        })?;
        Ok(it)
    }

    fn entries(&self, document: u64) -> Range<usize> {
        self.offsets[document as usize - 1]..self.offsets[document as usize]
    }

    /// `ln((1 + n) / (1 + df)) + 1` of each word over these documents.
    pub(super) fn idf(&self, documents: &[u64]) -> Vec<f64> {
        let mut frequencies = vec![0u64; self.n_words];
        documents.iter().for_each(|&document| {
            self.columns[self.entries(document)]
                .iter()
                .for_each(|&word| frequencies[word as usize] += 1)
        });
        let n = documents.len() as f64;
        frequencies.iter().map(|&df| ln((1.0 + n) / (1.0 + df as f64)) + 1.0).collect()
    }

    /// The documents in rows of unit length.
    pub(super) fn matrix(&self, documents: &[u64], idf: &[f64]) -> BlockMatrix {
        let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for &document in documents {
            let entries = self.entries(document);
            let weights: Vec<f64> = entries
                .clone()
                .map(|entry| f64::from(self.counts[entry]) * idf[self.columns[entry] as usize])
                .collect();
            let length = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
            columns.extend_from_slice(&self.columns[entries]);
            values.extend(weights.iter().map(|weight| (weight / length) as f32));
            offsets.push(columns.len());
        }
        BlockMatrix::new(
            self.n_words,
            vec![CsMatI::new((documents.len(), self.n_words), offsets, columns, values)],
        )
    }
}
