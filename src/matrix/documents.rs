//! Documents by words: `c_ij` = how often word j occurs in document i. In: [`WordSequences`]. Out: an `n_documents x n_words` [`CountMatrix`].
//!
//! Documents are taken in runs of a fixed number of tokens; within a document the ids are sorted and equal ones counted. Cost:
//! `tokens * log(tokens of a document)`; memory: the result, 8 bytes an entry in each of the two orientations.

use rayon::prelude::*;
use sprs::CsMatI;

use super::CountedBytes;
use super::counts::{CountMatrix, join_small};
use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use crate::vocab::WordSequences;

/// Tokens of the documents that one task counts.
const TOKENS_PER_TASK: usize = 1 << 20;

/// Counts the words of each document.
///
/// # Errors
/// More memory than the budget, or an interruption.
///
/// # Panics
/// If an id is not below `n_words`.
pub(super) fn count_documents(
    sequences: &WordSequences,
    n_words: usize,
    counted: &CountedBytes,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    progress.start(Stage::Count, Some(sequences.ids().len() as u64));
    let parts = document_runs(sequences.document_ends())
        .into_par_iter()
        .map(|run| {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let n_documents = run.len();
            let mut offsets = Vec::with_capacity(n_documents + 1);
            offsets.push(0);
            let (mut columns, mut values) = (Vec::new(), Vec::new());
            let mut sorted = Vec::new();
            let mut n_tokens = 0;
            for document in run {
                let ids = sequences.document(document);
                n_tokens += ids.len();
                sorted.clear();
                sorted.extend_from_slice(ids);
                sorted.sort_unstable();
                for equal in sorted.chunk_by(|a, b| a == b) {
                    assert!(equal[0].index() < n_words, "word id {} of {n_words} words", equal[0].0);
                    columns.push(equal[0].0);
                    values.push(equal.len() as f32);
                }
                offsets.push(columns.len());
            }
            columns.shrink_to_fit();
            values.shrink_to_fit();
            progress.advance(n_tokens as u64);
            let block = CsMatI::new((n_documents, n_words), offsets, columns, values);
            counted.add(&block)?;
            Ok(block)
        })
        .collect::<Result<Vec<_>>>()?;
    progress.finish();
    Ok(CountMatrix::new(n_words, join_small(parts, n_words)))
}

/// Runs of documents that hold about [`TOKENS_PER_TASK`] tokens each.
fn document_runs(document_ends: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let (mut first, mut first_token) = (0, 0);
    for (document, &end) in document_ends.iter().enumerate() {
        if end - first_token >= TOKENS_PER_TASK {
            runs.push(first..document + 1);
            (first, first_token) = (document + 1, end);
        }
    }
    if first < document_ends.len() {
        runs.push(first..document_ends.len());
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::MemoryBudget;
    use crate::matrix::Contexts;
    use crate::words::WordId;

    #[test]
    fn a_hand_worked_corpus() {
        // b a b | (empty) | a
        let sequences = WordSequences::new([1, 0, 1, 0].map(WordId).to_vec(), vec![3, 3, 4]);
        let counts = Contexts::Documents.count(&sequences, 2, MemoryBudget::default(), &()).unwrap();
        assert_eq!((counts.n_rows(), counts.n_columns(), counts.n_nonzeros()), (3, 2, 3));
        assert_eq!(counts.row_sums(), [3.0, 0.0, 1.0]);
        assert_eq!(counts.column_sums(), [2.0, 2.0]);
        assert_eq!(counts.column_counts(), [2, 1]);
    }

    #[test]
    fn runs_cover_every_document_once() {
        let ends: Vec<usize> = (1..=10).map(|document| document * TOKENS_PER_TASK / 3).collect();
        let runs = document_runs(&ends);
        assert_eq!(runs.iter().cloned().flatten().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        // Three documents fill a run; the tenth is left over.
        assert_eq!(runs.len(), 4);
    }
}
