//! Documents by words: `c_ij` = how often word j occurs in document i. In: [`WordSequences`]. Out: an `n_documents x n_words` [`CountMatrix`].
//!
//! Documents are taken in runs of a fixed number of tokens; within a document the ids are sorted and equal ones counted. Cost:
//! `tokens * log(tokens of a document)`; memory: the result, 8 bytes an entry, as far as the budget allows.

use rayon::prelude::*;

use super::CountSettings;
use super::counts::CountMatrix;
use super::parts::{PartStore, PartWriter};
use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use crate::vocab::WordSequences;

/// Tokens of the documents that one task counts.
const TOKENS_PER_TASK: usize = 1 << 20;

/// Counts the words of each document.
///
/// # Errors
/// More memory than the budget, a full disk, or an interruption.
///
/// # Panics
/// If an id is not below `n_words`.
pub(super) fn count_documents(
    sequences: &WordSequences,
    n_words: usize,
    settings: CountSettings<'_>,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    let n_threads = rayon::current_num_threads() as u64;
    let fixed = sequences.memory_bytes() + n_threads * (4 * TOKENS_PER_TASK as u64 + PartWriter::memory_bytes(n_words));
    let store = PartStore::new(settings.budget, fixed, settings.work)?;
    progress.start(Stage::Count, Some(sequences.ids().len() as u64));
    let tasks = document_runs(sequences.ends())
        .into_par_iter()
        .map(|run| {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let mut writer = PartWriter::new(&store, n_words);
            let mut sorted = Vec::new();
            let mut n_tokens = 0;
            for document in run {
                let ids = sequences.sequence(document);
                n_tokens += ids.len();
                sorted.clear();
                sorted.extend_from_slice(ids);
                sorted.sort_unstable();
                for equal in sorted.chunk_by(|a, b| a == b) {
                    assert!(equal[0].index() < n_words, "word id {} of {n_words} words", equal[0].0);
                    writer.push(equal[0].0, equal.len() as f32);
                }
                writer.end_row()?;
            }
            progress.advance(n_tokens as u64);
            writer.finish()
        })
        .collect::<Result<Vec<_>>>()?;
    progress.finish();
    Ok(CountMatrix::from_parts(n_words, vec![tasks], store.into_file()))
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
    use crate::matrix::Contexts;
    use crate::words::WordId;

    #[test]
    fn a_hand_worked_corpus() {
        // b a b | (empty) | a
        let sequences = WordSequences::new([1, 0, 1, 0].map(WordId).to_vec(), vec![3, 3, 4]);
        let counts = Contexts::Documents.count(&sequences, 2, CountSettings::default(), &()).unwrap();
        assert_eq!((counts.n_rows(), counts.n_columns(), counts.n_nonzeros()), (3, 2, 3));
        assert_eq!(counts.row_sums().unwrap(), [3.0, 0.0, 1.0]);
        assert_eq!(counts.column_sums().unwrap(), [2.0, 2.0]);
        assert_eq!(counts.column_counts().unwrap(), [2, 1]);
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
