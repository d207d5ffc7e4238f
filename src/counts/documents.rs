//! Documents by words: `c_ij` = how often word j occurs in document i. In: [`WordSequences`]. Out:
//! an `n_documents x n_words` [`CountMatrix`].
//!
//! Documents are taken in runs of a fixed number of tokens; within a document the ids are sorted
//! and equal ones counted. Cost: `tokens * log(tokens of a document)`; memory: the result, 8 bytes
//! an entry, as far as the budget allows.

use std::ops::Range;

use rayon::prelude::*;

use super::CountSettings;
use super::matrix::CountMatrix;
use super::parts::{Part, PartStore, PartWriter};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::tokenize::{Run, Runs};
use crate::vocab::WordSequences;

/// Tokens of the documents that one task counts.
pub(super) const TOKENS_PER_TASK: usize = 1 << 20;

/// Counts the words of each document.
///
/// # Errors
/// More memory than the budget, a failure of the file system, or an interruption.
///
/// # Panics
/// If an id is not below `n_words`.
pub(super) fn count_documents(
    sequences: &WordSequences,
    n_words: usize,
    settings: CountSettings<'_>,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    let documents = sequences.as_sequences();
    let Runs { runs, most_ids } = documents.runs(TOKENS_PER_TASK)?;
    let n_threads = rayon::current_num_threads() as u64;
    // Each task reads the documents of its run, and their ends, where they are not in memory.
    let read = if sequences.is_on_disk() { n_threads * 12 * most_ids as u64 } else { 0 };
    let fixed = sequences.memory_bytes()
        + read
        + n_threads * (4 * TOKENS_PER_TASK as u64 + PartWriter::memory_bytes(n_words));
    let store =
        PartStore::new(settings.budget, fixed, settings.temporary_folder)?.leaving(settings.later);
    progress.start(Stage::Count, Some(sequences.n_tokens() as u64));
    let of_run = |run: Range<usize>| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let run = documents.read(run)?;
        let parts = count_run(&run, n_words, &store)?;
        progress.advance(run.n_ids() as u64);
        Ok(parts)
    };
    let tasks = runs.into_par_iter().map(of_run).collect::<Result<Vec<_>>>()?;
    progress.finish();
    Ok(CountMatrix::from_parts(n_words, vec![tasks]))
}

/// The rows of some documents.
fn count_run(run: &Run<'_>, n_words: usize, store: &PartStore<'_>) -> Result<Vec<Part>> {
    let mut writer = PartWriter::new(store, n_words);
    push_documents(run.iter(), n_words, &mut writer)?;
    writer.finish()
}

/// Appends a row for each document.
pub(super) fn push_documents<'i>(
    documents: impl Iterator<Item = &'i [u32]>,
    n_words: usize,
    writer: &mut PartWriter<'_, '_>,
) -> Result<()> {
    let mut sorted = Vec::new();
    for ids in documents {
        sorted.clear();
        sorted.extend_from_slice(ids);
        sorted.sort_unstable();
        for equal in sorted.chunk_by(|a, b| a == b) {
            let id = equal[0];
            assert!((id as usize) < n_words, "word id {id} of {n_words} words");
            writer.push(id, equal.len() as f32);
        }
        writer.end_row()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::WordId;
    use crate::counts::Contexts;

    #[test]
    fn a_hand_worked_corpus() {
        // b a b | (empty) | a
        let sequences = WordSequences::new([1, 0, 1, 0].map(WordId).to_vec(), vec![3, 3, 4]);
        let counts =
            Contexts::Documents.count(&sequences, 2, CountSettings::default(), &()).unwrap();
        assert_eq!((counts.n_rows(), counts.n_columns(), counts.n_nonzeros()), (3, 2, 3));
        assert_eq!(counts.row_sums().unwrap(), [3.0, 0.0, 1.0]);
        assert_eq!(counts.column_sums().unwrap(), [2.0, 2.0]);
        assert_eq!(counts.column_counts().unwrap(), [2, 1]);
    }
}
