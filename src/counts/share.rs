//! What one share of a corpus adds to the counts of all, and the counts of all shares put together.
//!
//! A count is divided into *tasks*: runs of context words for windows, runs of documents otherwise.
//! The cut depends on the whole corpus, so it is the same whoever counts. For windows a share gives
//! whole-number sums for each task, which are added up; for documents it gives rows, which follow
//! those of the shares before it. Either way the rows of a task are those of a count of all shares
//! at once ([`Contexts::count`](super::Contexts::count)), to the bit.

use rayon::prelude::*;
use sprs::CsMatI;

use super::Contexts;
use super::documents::{TOKENS_PER_TASK, push_documents};
use super::parts::{Part, PartStore, PartWriter, Rows};
use super::runs::WordRun;
use super::slice::{Reach, Scratch, Slice, Weights};
use super::sums::Sums;
use super::window::{Window, tasks_of};
use super::{CountMatrix, ENTRIES_PER_BLOCK};
use crate::base::budget::MemoryBudget;
use crate::base::error::Result;
use crate::storage::parcel::{ParcelReader, ParcelWriter};
use crate::vocab::{KeptShare, TokenSlice};

/// Rows, or sums of rows, of one task of a share.
pub(crate) struct OfTask {
    /// The number of the task: by it the tasks are in the order of their rows.
    pub(crate) task: u64,
    pub(crate) bytes: Vec<u8>,
}

/// How a count is divided into tasks.
pub(crate) struct TaskPlan {
    n_words: usize,
    kind: Kind,
}

enum Kind {
    Documents,
    Windows { window: Window, tasks: Vec<WordRun>, weights: Weights },
}

impl TaskPlan {
    /// That of a corpus whose words occur so often.
    ///
    /// # Errors
    /// As [`Contexts::check`].
    pub(crate) fn new(contexts: &Contexts, occurrences: &[u64], seed: u64) -> Result<Self> {
        contexts.check()?;
        let n_words = occurrences.len();
        let kind = match contexts.window(n_words) {
            None => Kind::Documents,
            Some(window) => {
                let counts = occurrences[..window.n_contexts].iter().map(|&it| it as usize);
                Kind::Windows {
                    window,
                    tasks: tasks_of(&WordRun::new(0, counts.collect())),
                    weights: Weights::new(window.distance_weights, window.size, seed),
                }
            }
        };
        Ok(Self { n_words, kind })
    }

    /// The number of tasks that every share has a part in; none for documents.
    pub(crate) fn n_tasks(&self) -> usize {
        match &self.kind {
            Kind::Documents => 0,
            Kind::Windows { window, tasks, .. } => window.directions().len() * tasks.len(),
        }
    }

    /// Counts some of the tasks in a share whose first token has this place among all. For
    /// documents all tasks are counted, those of which the share has a part.
    pub(crate) fn count(
        &self,
        share: &KeptShare,
        first: u64,
        some: std::ops::Range<usize>,
    ) -> Result<Vec<OfTask>> {
        let Kind::Windows { window, tasks, weights } = &self.kind else {
            return documents_of(share, first, self.n_words);
        };
        let tokens = TokenSlice::of_sequences(&share.ids, &share.ends, first as usize);
        let all = first as usize..first as usize + share.ids.len();
        let slice = Slice::new(&tokens, all, weights);
        let of_number = |number: usize| {
            (window.directions()[number / tasks.len()], &tasks[number % tasks.len()])
        };
        let numbers: Vec<usize> = some.collect();
        // All words of these tasks are found in one pass over the tokens.
        let words = numbers.iter().map(|&number| of_number(number).1.words());
        let Some(words) = words.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)) else {
            return Ok(Vec::new());
        };
        let occurrences = slice.occurrences(words.start, words.len());
        let positions = slice.positions(words.start, &occurrences);
        let count = |scratch: &mut Scratch, &number: &usize| {
            let (direction, task) = of_number(number);
            let zero = Sums::zero(task.counts.len());
            let sums = zero.plus(&slice, task, &positions, Reach::all(direction), scratch);
            OfTask { task: number as u64, bytes: sums.to_bytes() }
        };
        let scratch = || Scratch::new(self.n_words, weights);
        Ok(numbers.par_iter().map_init(scratch, count).collect())
    }

    /// The rows of a task, from what all shares have counted of it, in their order.
    pub(crate) fn joined<'b>(&self, parts: impl IntoIterator<Item = &'b [u8]>) -> Result<TaskRows> {
        let store = PartStore::new(MemoryBudget::default(), 0, None)?;
        let rows: Vec<Part> = match &self.kind {
            Kind::Windows { weights, .. } => {
                let mut total: Option<Sums> = None;
                for bytes in parts {
                    let sums = Sums::of_bytes(bytes)?;
                    total = Some(match total {
                        Some(total) => total.added(&sums),
                        None => sums,
                    });
                }
                match total {
                    Some(total) => total.write(weights.scale, &store, self.n_words)?,
                    None => Vec::new(),
                }
            }
            Kind::Documents => parts
                .into_iter()
                .map(|bytes| Ok(Part::in_memory(TaskRows::of_bytes(bytes)?.0)))
                .collect::<Result<_>>()?,
        };
        let rows = rows.into_iter().map(Part::into_rows).collect::<Result<Vec<_>>>()?;
        Ok(TaskRows(super::blocks::join(rows, self.n_words)))
    }
}

/// Some rows of a count.
pub(crate) struct TaskRows(pub(crate) Rows);

impl TaskRows {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.number(self.0.cols() as u64);
        let offsets = self.0.proper_indptr();
        parcel.list(&offsets.iter().map(|&it| it as u64).collect::<Vec<u64>>());
        parcel.list(self.0.indices());
        parcel.list(self.0.data());
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`TaskRows::to_bytes`] has not written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let n_columns = parcel.number()? as usize;
        let offsets: Vec<usize> =
            parcel.list::<u64>()?.into_iter().map(|offset| offset as usize).collect();
        let (columns, values) = (parcel.list()?, parcel.list()?);
        Ok(Self(CsMatI::new((offsets.len().max(1) - 1, n_columns), offsets, columns, values)))
    }

    /// The rows of some tasks that follow each other.
    pub(crate) fn join(parts: Vec<Self>, n_columns: usize) -> Self {
        Self(super::blocks::join(parts.into_iter().map(|part| part.0).collect(), n_columns))
    }

    /// A matrix of one block.
    pub(crate) fn into_matrix(self) -> CountMatrix {
        CountMatrix::new(self.0.cols(), vec![self.0])
    }

    /// The rows of a matrix of one block.
    pub(crate) fn of_matrix(matrix: CountMatrix) -> Result<Self> {
        let n_columns = matrix.n_columns();
        Ok(Self(super::blocks::join(matrix.into_rows()?, n_columns)))
    }
}

/// The number of tasks in each block, given the entries of each task of a direction.
pub(crate) fn block_lengths(n_entries: &[u64]) -> Vec<usize> {
    let (mut lengths, mut length, mut sum) = (Vec::new(), 0, 0);
    for (number, of_task) in (1..).zip(n_entries) {
        sum += of_task;
        length += 1;
        if sum >= ENTRIES_PER_BLOCK as u64 || number == n_entries.len() {
            lengths.push(std::mem::take(&mut length));
            sum = 0;
        }
    }
    lengths
}

/// The rows of the documents of a share, cut into the runs that
/// [`Sequences::runs`](crate::tokenize::Sequences::runs) makes of all documents.
fn documents_of(share: &KeptShare, first: u64, n_words: usize) -> Result<Vec<OfTask>> {
    let mut of_tasks = Vec::new();
    let mut start = 0;
    while start < share.ends.len() {
        let begin = |document: usize| document.checked_sub(1).map_or(0, |it| share.ends[it]);
        let task = (first + begin(start)) / TOKENS_PER_TASK as u64;
        let in_task =
            |document: &usize| (first + begin(*document)) / TOKENS_PER_TASK as u64 == task;
        let end = (start..share.ends.len()).take_while(in_task).count() + start;
        let store = PartStore::new(MemoryBudget::default(), 0, None)?;
        let mut writer = PartWriter::new(&store, n_words);
        let documents = (start..end)
            .map(|document| &share.ids[begin(document) as usize..share.ends[document] as usize]);
        push_documents(documents, n_words, &mut writer)?;
        let rows = writer.finish()?;
        let rows = rows.into_iter().map(Part::into_rows).collect::<Result<Vec<_>>>()?;
        let bytes = TaskRows(super::blocks::join(rows, n_words)).to_bytes();
        of_tasks.push(OfTask { task, bytes });
        start = end;
    }
    Ok(of_tasks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::bits_at;
    use crate::counts::{ContextSides, CountSettings, DistanceWeights};
    use std::collections::BTreeMap;

    /// Sequences of random lengths, some of them empty, of words of which some are frequent.
    fn corpus(n_tokens: u64, n_words: u32) -> KeptShare {
        let word = |place| {
            let draw = bits_at(5, 6, place) % 1000;
            ((draw * draw / 1000 * u64::from(n_words)) / 1000) as u32
        };
        let mut ends = Vec::new();
        let mut end = 0;
        while end < n_tokens {
            end = (end + bits_at(7, 8, end + ends.len() as u64) % 30).min(n_tokens);
            ends.push(end);
        }
        KeptShare { ids: (0..n_tokens).map(word).collect(), ends }
    }

    fn in_shares(whole: &KeptShare, contexts: &Contexts, n_words: usize, cuts: &[usize]) -> Rows {
        let plan = TaskPlan::new(contexts, &whole.occurrences(n_words), 3).unwrap();
        let mut parts: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
        let (mut sequence, mut first) = (0, 0);
        for &end in cuts.iter().chain([&whole.ends.len()]) {
            let last = whole.ends[..end].last().copied().unwrap_or(0);
            let share = KeptShare {
                ids: whole.ids[first as usize..last as usize].to_vec(),
                ends: whole.ends[sequence..end].iter().map(|it| it - first).collect(),
            };
            let share = KeptShare::of_bytes(&share.to_bytes()).unwrap();
            let middle = plan.n_tasks() / 2;
            for some in [0..middle, middle..plan.n_tasks()] {
                for of_task in plan.count(&share, first, some).unwrap() {
                    parts.entry(of_task.task).or_default().push(of_task.bytes);
                }
                if plan.n_tasks() == 0 {
                    break;
                }
            }
            (sequence, first) = (end, last);
        }
        let rows = parts.values().map(|parts| {
            let rows = plan.joined(parts.iter().map(Vec::as_slice)).unwrap();
            TaskRows::of_bytes(&rows.to_bytes()).unwrap()
        });
        TaskRows::join(rows.collect(), n_words).0
    }

    #[test]
    fn shares_count_what_the_whole_counts() {
        let n_words = 400;
        let window = |distance_weights, context_sides, max_contexts| Contexts::Window {
            size: 7,
            distance_weights,
            context_sides,
            max_contexts,
        };
        let whole = corpus(30_000, n_words as u32);
        for contexts in [
            Contexts::Documents,
            window(DistanceWeights::Harmonic, ContextSides::Separate, Some(100)),
            window(DistanceWeights::Random, ContextSides::Separate, Some(100)),
            window(DistanceWeights::Random, ContextSides::Joint, None),
            window(DistanceWeights::Linear, ContextSides::Joint, None),
        ] {
            let sequences = KeptShare { ids: whole.ids.clone(), ends: whole.ends.clone() };
            let settings = CountSettings { seed: 3, ..CountSettings::default() };
            let expected =
                contexts.count(&sequences.into_sequences(), n_words, settings, &()).unwrap();
            let expected = TaskRows::of_matrix(expected).unwrap().0;
            let n = whole.ends.len();
            for cuts in [vec![], vec![1, 2, n / 3], vec![n / 2]] {
                assert!(
                    in_shares(&whole, &contexts, n_words, &cuts) == expected,
                    "{contexts:?} {cuts:?}"
                );
            }
        }
    }

    #[test]
    fn documents_of_shares_make_the_runs_of_the_whole() {
        let (n_words, n_tokens) = (50, 3 * TOKENS_PER_TASK as u64);
        let whole = corpus(n_tokens, n_words as u32);
        let sequences =
            KeptShare { ids: whole.ids.clone(), ends: whole.ends.clone() }.into_sequences();
        let runs = sequences.as_sequences().runs(TOKENS_PER_TASK).unwrap().runs;
        let of_share = |sequences: std::ops::Range<usize>| {
            let first = if sequences.start == 0 { 0 } else { whole.ends[sequences.start - 1] };
            let ends: Vec<u64> = whole.ends[sequences].iter().map(|it| it - first).collect();
            let last = first + ends.last().unwrap_or(&0);
            let ids = whole.ids[first as usize..last as usize].to_vec();
            documents_of(&KeptShare { ids, ends }, first, n_words).unwrap()
        };
        let half = whole.ends.len() / 2 + 100;
        let mut rows: BTreeMap<u64, usize> = BTreeMap::new();
        for of_task in of_share(0..half).iter().chain(&of_share(half..whole.ends.len())) {
            *rows.entry(of_task.task).or_default() +=
                TaskRows::of_bytes(&of_task.bytes).unwrap().0.rows();
        }
        assert_eq!(
            rows.into_values().collect::<Vec<_>>(),
            runs.iter().map(|run| run.len()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn blocks_are_those_of_a_matrix_of_parts() {
        let full = ENTRIES_PER_BLOCK as u64;
        assert_eq!(block_lengths(&[1, 2, 3]), [3]);
        assert_eq!(block_lengths(&[full, 1, full - 1, 5]), [1, 2, 1]);
        assert_eq!(block_lengths(&[0, full, full]), [2, 1]);
        assert_eq!(block_lengths(&[]), [0; 0]);
    }
}
