//! Documents by words: `c_ij` = how often word j occurs in document i. In: [`WordSequences`]. Out:
//! an `n_documents x n_words` [`CountMatrix`].
//!
//! Documents are taken in runs of a fixed number of tokens; within a document the ids are sorted
//! and equal ones counted. Cost: `tokens * log(tokens of a document)`; memory: the result, 8 bytes
//! an entry, as far as the budget allows.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::CountSettings;
use super::matrix::CountMatrix;
use super::parts::{PartStore, PartWriter};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::storage::value_list::AT_A_TIME;
use crate::vocab::{LongSequences, WordSequences};

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
    let counting = Counting { n_words, held: sequences.memory_bytes(), settings, progress };
    counting.count(sequences.ids().len(), document_runs(sequences.ends()), |run| {
        Ok((Cow::Borrowed(sequences), run))
    })
}

/// As [`count_documents`], of a corpus that is in files.
///
/// # Errors
/// As [`count_documents`], and a file that cannot be read.
pub(super) fn count_documents_long(
    sequences: &LongSequences,
    n_words: usize,
    settings: CountSettings<'_>,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    let mut runs = DocumentRuns::default();
    sequences.ends().for_each_part(AT_A_TIME, |_, ends| {
        ends.iter().for_each(|&end| runs.push(end as usize));
        Ok(())
    })?;
    // Each task holds the documents of its run, and their ends; the last run may be a short one.
    let most_tokens = runs.most_tokens.max(TOKENS_PER_TASK.min(sequences.ids().len()));
    let held = rayon::current_num_threads() as u64 * 12 * most_tokens as u64;
    let counting = Counting { n_words, held, settings, progress };
    counting.count(sequences.ids().len(), runs.finish(), |run| {
        let documents = sequences.whole(run)?;
        let all = 0..documents.n_sequences();
        Ok((Cow::Owned(documents), all))
    })
}

/// What all tasks know.
struct Counting<'a> {
    n_words: usize,
    /// Bytes that are held beside the counts.
    held: u64,
    settings: CountSettings<'a>,
    progress: &'a dyn Progress,
}

impl Counting<'_> {
    /// Counts runs of documents; `documents_of` says where those of a run are.
    fn count<'s>(
        &self,
        n_tokens: usize,
        runs: Vec<Range<usize>>,
        documents_of: impl Fn(Range<usize>) -> Result<(Cow<'s, WordSequences>, Range<usize>)> + Sync,
    ) -> Result<CountMatrix> {
        let Self { n_words, held, settings, progress } = *self;
        let n_threads = rayon::current_num_threads() as u64;
        let fixed =
            held + n_threads * (4 * TOKENS_PER_TASK as u64 + PartWriter::memory_bytes(n_words));
        let store = PartStore::new(settings.budget, fixed, settings.temporary_folder)?
            .leaving(settings.later);
        progress.start(Stage::Count, Some(n_tokens as u64));
        let tasks = runs
            .into_par_iter()
            .map(|run| {
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                let (sequences, run) = documents_of(run)?;
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
                        assert!(
                            equal[0].index() < n_words,
                            "word id {} of {n_words} words",
                            equal[0].0
                        );
                        writer.push(equal[0].0, equal.len() as f32);
                    }
                    writer.end_row()?;
                }
                progress.advance(n_tokens as u64);
                writer.finish()
            })
            .collect::<Result<Vec<_>>>()?;
        progress.finish();
        Ok(CountMatrix::from_parts(n_words, vec![tasks]))
    }
}

/// Runs of documents that hold about [`TOKENS_PER_TASK`] tokens each.
fn document_runs(document_ends: &[usize]) -> Vec<Range<usize>> {
    let mut runs = DocumentRuns::default();
    document_ends.iter().for_each(|&end| runs.push(end));
    runs.finish()
}

/// Gathers documents into runs, one after the other.
#[derive(Default)]
struct DocumentRuns {
    runs: Vec<Range<usize>>,
    first: usize,
    first_token: usize,
    n_documents: usize,
    last_end: usize,
    /// Tokens of the longest run.
    most_tokens: usize,
}

impl DocumentRuns {
    fn push(&mut self, end: usize) {
        (self.n_documents, self.last_end) = (self.n_documents + 1, end);
        if end - self.first_token >= TOKENS_PER_TASK {
            self.end_run();
        }
    }

    fn end_run(&mut self) {
        self.runs.push(self.first..self.n_documents);
        self.most_tokens = self.most_tokens.max(self.last_end - self.first_token);
        (self.first, self.first_token) = (self.n_documents, self.last_end);
    }

    fn finish(mut self) -> Vec<Range<usize>> {
        if self.first < self.n_documents {
            self.end_run();
        }
        self.runs
    }
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

    #[test]
    fn runs_cover_every_document_once() {
        let ends: Vec<usize> = (1..=10).map(|document| document * TOKENS_PER_TASK / 3).collect();
        let runs = document_runs(&ends);
        assert_eq!(runs.iter().cloned().flatten().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        // Three documents fill a run; the tenth is left over.
        assert_eq!(runs.len(), 4);
    }
}
