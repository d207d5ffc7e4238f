//! Windows of a corpus that is in files: the numbers, and the cut of the rows into tasks, are those
//! of `window.rs`, which holds a corpus in memory.
//!
//! Method: the tasks of `window.rs` are taken a stretch of them at a time, and the corpus a slice
//! at a time, with as many tokens beside it on either side as a window reaches. What a slice adds
//! to a row is a row of whole numbers, which is merged with the sums so far; as they are whole
//! numbers, no cut changes a bit. Where the sums of a stretch outgrow their share of the memory,
//! its second half is put off. Cost: that of counting both directions, and for each stretch a pass
//! over the files; memory: a quarter of the budget for a slice, a quarter for sums, the rest for
//! finished rows.

use rayon::prelude::*;

use super::CountSettings;
use super::distance::{ContextSides, DistanceWeights};
use super::matrix::CountMatrix;
use super::parts::{Part, PartStore, PartWriter};
use super::runs::WordRun;
use super::surroundings::{Gathered, Starts};
use super::tally::Tally;
use super::window::{Counting, Direction, cut_like_scans, is_narrow};
use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::storage::value_list::AT_A_TIME;
use crate::vocab::LongSequences;

/// Bytes that a token of a slice takes: its id, its position, and its share of the ends of
/// sequences and the bits of their starts.
const BYTES_PER_TOKEN: u64 = 16;

/// What to change when the memory does not even suffice for a slice.
const LEVERS: &[Lever] = &[Lever::MaxWords, Lever::MinCount];

/// As [`count_windows`](super::window::count_windows).
///
/// # Errors
/// As [`count_windows`](super::window::count_windows), and a file that cannot be read.
///
/// # Panics
/// As [`count_windows`](super::window::count_windows).
#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of one variant of `Contexts`, its caller"
)]
pub(super) fn count_windows_long(
    sequences: &LongSequences,
    n_words: usize,
    n_contexts: usize,
    window: usize,
    distance_weights: DistanceWeights,
    context_sides: ContextSides,
    settings: CountSettings<'_>,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    let of_a_thread = Tally::<u32>::memory_bytes(n_words)
        + Tally::<u64>::memory_bytes(n_words)
        + PartWriter::memory_bytes(n_words);
    let tables = 24 * n_words as u64 + rayon::current_num_threads() as u64 * of_a_thread;
    let shares = Shares::of(settings.budget, tables)?;
    let store = PartStore::new(
        settings.budget,
        tables + shares.slice_bytes + shares.sum_bytes,
        settings.temporary_folder,
    )?
    .leaving(settings.later);
    count(
        sequences,
        n_words,
        n_contexts,
        window,
        distance_weights,
        context_sides,
        settings.seed,
        &shares,
        store,
        progress,
    )
}

#[expect(clippy::too_many_arguments, reason = "as above, and how the memory is divided")]
fn count(
    sequences: &LongSequences,
    n_words: usize,
    n_contexts: usize,
    window: usize,
    distance_weights: DistanceWeights,
    context_sides: ContextSides,
    seed: u64,
    shares: &Shares,
    store: PartStore<'_>,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    assert!(window > 0, "a window holds at least one token on either side");
    assert!(n_contexts <= n_words, "{n_contexts} of {n_words} words as contexts");
    let (weights, scale) = distance_weights.scaled(window);
    let drawn = (distance_weights == DistanceWeights::Random).then_some(seed);
    let directions = match context_sides {
        ContextSides::Joint => vec![Direction::Both],
        ContextSides::Separate => vec![Direction::After, Direction::Before],
    };

    let mut counts = vec![0usize; n_words];
    sequences.ids().for_each_part(AT_A_TIME, |_, ids| {
        for &id in ids {
            assert!((id as usize) < n_words, "word id {id} of {n_words} words");
            counts[id as usize] += 1;
        }
        Ok(())
    })?;
    counts.truncate(n_contexts);
    let run = WordRun::new(0, counts);
    progress.start(Stage::Count, Some((run.n_tokens * directions.len()) as u64));
    let slices = Slices {
        sequences,
        window,
        n_tokens: (shares.slice_bytes / BYTES_PER_TOKEN) as usize,
        n_words,
        weights,
        scale,
        drawn,
        progress,
    };
    let tasks = cut_like_scans(&run);
    let mut parts: Vec<Vec<Vec<Part>>> =
        directions.iter().map(|_| Vec::with_capacity(tasks.len())).collect();
    let (mut first, mut n_at_once, mut most_at_once) =
        (0, tasks.len().div_ceil(16).max(1), tasks.len());
    while first < tasks.len() {
        let stretch = first..(first + n_at_once).min(tasks.len());
        let sums = slices.count(&tasks[stretch.clone()], &directions, shares.sum_bytes)?;
        // Sums that were dropped for want of room were added up in vain: so many tasks at once are
        // not tried again.
        if sums[0].len() < stretch.len() {
            most_at_once = sums[0].len();
        }
        n_at_once = (2 * n_at_once).min(most_at_once);
        for (parts, sums) in parts.iter_mut().zip(&sums) {
            parts.extend(
                sums.par_iter()
                    .map(|rows| rows.write(scale, &store, n_words))
                    .collect::<Result<Vec<_>>>()?,
            );
        }
        let end = first + sums[0].len();
        progress.advance(
            (tasks[first..end].iter().map(|task| task.n_tokens).sum::<usize>() * directions.len())
                as u64,
        );
        first = end;
    }
    progress.finish();
    let matrix = CountMatrix::from_parts(n_words, parts);
    let is_symmetric = context_sides == ContextSides::Joint
        && n_contexts == n_words
        && distance_weights.is_symmetric();
    Ok(if is_symmetric { matrix.known_symmetric() } else { matrix })
}

/// How the memory is divided.
struct Shares {
    slice_bytes: u64,
    sum_bytes: u64,
}

impl Shares {
    /// Where the budget is spent on anything else, slices are as small as makes sense, and the
    /// store of the parts refuses what is too much.
    fn of(budget: MemoryBudget, tables: u64) -> Result<Self> {
        let least = BYTES_PER_TOKEN << 16;
        budget.check(Stage::Count, tables + 2 * least, LEVERS)?;
        let share = budget
            .bytes
            .map_or(1 << 30, |bytes| (bytes - MemoryBudget::FIXED_BYTES - tables) / 4)
            .max(least);
        Ok(Self { slice_bytes: share, sum_bytes: share })
    }
}

/// The corpus, a slice at a time.
struct Slices<'a> {
    sequences: &'a LongSequences,
    window: usize,
    n_tokens: usize,
    n_words: usize,
    weights: Vec<u64>,
    scale: u64,
    drawn: Option<u64>,
    progress: &'a dyn Progress,
}

impl Slices<'_> {
    /// The sums of the rows of the first of `tasks`, as many as have room in `most_bytes`, one at
    /// least: for each direction, task by task.
    fn count(
        &self,
        tasks: &[WordRun],
        directions: &[Direction],
        most_bytes: u64,
    ) -> Result<Vec<Vec<Sums>>> {
        let mut sums: Vec<Vec<Sums>> = directions
            .iter()
            .map(|_| tasks.iter().map(|task| Sums::zero(task.counts.len())).collect())
            .collect();
        let n_all = self.sequences.ids().len();
        for start in (0..n_all).step_by(self.n_tokens) {
            let core = start..(start + self.n_tokens).min(n_all);
            let first = core.start.saturating_sub(self.window);
            let slice = self.sequences.part(first..(core.end + self.window).min(n_all))?;
            let counting = Counting {
                ids: slice.ids(),
                first,
                starts: Starts::of(&slice),
                n_words: self.n_words,
                weights: self.weights.clone(),
                scale: self.scale,
                drawn: self.drawn,
                progress: self.progress,
            };
            let tasks = &tasks[..sums[0].len()];
            let positions = Positions::of(slice.ids(), core.start - first..core.end - first, tasks);
            for (sums, &direction) in sums.iter_mut().zip(directions) {
                let tallies = || {
                    (
                        Tally::new(self.n_words, &counting.weights),
                        Tally::new(self.n_words, &counting.weights),
                    )
                };
                sums.par_iter_mut().zip(tasks).try_for_each_init(
                    tallies,
                    |(narrow, wide), (sums, task)| {
                        if self.progress.is_cancelled() {
                            return Err(Error::Interrupted);
                        }
                        *sums = sums.plus(&counting, task, &positions, direction, narrow, wide);
                        Ok(())
                    },
                )?;
            }
            while sums[0].len() > 1
                && sums.iter().flatten().map(Sums::memory_bytes).sum::<u64>() > most_bytes
            {
                let kept = sums[0].len().div_ceil(2);
                sums.iter_mut().for_each(|sums| sums.truncate(kept));
            }
        }
        Ok(sums)
    }
}

/// Where the words of some tasks, which follow one another, stand in a slice.
struct Positions {
    first_word: u32,
    /// For each word the end of its positions.
    ends: Vec<usize>,
    /// Ascending, word after word.
    positions: Vec<usize>,
}

impl Positions {
    fn of(ids: &[WordId], core: std::ops::Range<usize>, tasks: &[WordRun]) -> Self {
        let first_word = tasks[0].first_word;
        let n_words: usize = tasks.iter().map(|task| task.counts.len()).sum();
        let local = |position: &usize| {
            Some(ids[*position].0.wrapping_sub(first_word) as usize).filter(|&word| word < n_words)
        };
        let mut ends = vec![0; n_words];
        core.clone().filter_map(|position| local(&position)).for_each(|word| ends[word] += 1);
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total - *end;
        }
        let mut positions = vec![0; total];
        for position in core {
            if let Some(word) = local(&position) {
                positions[ends[word]] = position;
                ends[word] += 1;
            }
        }
        Self { first_word, ends, positions }
    }

    fn of_word(&self, word: u32) -> &[usize] {
        let word = (word - self.first_word) as usize;
        let start = if word == 0 { 0 } else { self.ends[word - 1] };
        &self.positions[start..self.ends[word]]
    }
}

/// Rows of whole-number sums, by column; columns that are zero are left out.
struct Sums {
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<u64>,
}

impl Sums {
    fn zero(n_rows: usize) -> Self {
        Self { ends: vec![0; n_rows], columns: Vec::new(), values: Vec::new() }
    }

    fn memory_bytes(&self) -> u64 {
        (8 * self.ends.capacity() + 4 * self.columns.capacity() + 8 * self.values.capacity()) as u64
    }

    /// These sums and what a slice adds to them.
    fn plus(
        &self,
        counting: &Counting<'_>,
        task: &WordRun,
        positions: &Positions,
        direction: Direction,
        narrow: &mut Tally<u32>,
        wide: &mut Tally<u64>,
    ) -> Self {
        let mut gathered = Gathered::default();
        let mut total = Self {
            ends: Vec::with_capacity(self.ends.len()),
            columns: Vec::new(),
            values: Vec::new(),
        };
        let mut start = 0;
        for (word, &end) in (task.first_word..).zip(&self.ends) {
            let mut before = (self.columns[start..end]
                .iter()
                .copied()
                .zip(self.values[start..end].iter().copied()))
            .peekable();
            start = end;
            let positions = positions.of_word(word);
            let mut add = |column: u32, value: u64| {
                while let Some((column, value)) = before.next_if(|before| before.0 < column) {
                    total.push(column, value);
                }
                let value = value
                    + before.next_if(|before| before.0 == column).map_or(0, |before| before.1);
                total.push(column, value);
            };
            if is_narrow(&counting.weights, positions.len()) {
                counting.sum_row(positions, direction, u32::MAX, &mut gathered, narrow);
                narrow.drain(|column, sum| add(column, u64::from(sum)));
            } else {
                counting.sum_row(positions, direction, u32::MAX, &mut gathered, wide);
                wide.drain(&mut add);
            }
            before.for_each(|(column, value)| total.push(column, value));
            total.ends.push(total.columns.len());
        }
        total.columns.shrink_to_fit();
        total.values.shrink_to_fit();
        total
    }

    fn push(&mut self, column: u32, value: u64) {
        self.columns.push(column);
        self.values.push(value);
    }

    /// The rows as counts, for which `scale` stands for 1.
    fn write(&self, scale: u64, store: &PartStore<'_>, n_words: usize) -> Result<Vec<Part>> {
        let mut writer = PartWriter::new(store, n_words);
        let mut start = 0;
        for &end in &self.ends {
            for (&column, &value) in self.columns[start..end].iter().zip(&self.values[start..end]) {
                writer.push(column, (value as f64 / scale as f64) as f32);
            }
            start = end;
            writer.end_row()?;
        }
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Contexts;
    use crate::storage::value_list::ValueList;
    use crate::vocab::WordSequences;
    use proptest::prelude::*;

    /// The same sequences in files, and in memory.
    fn sequences(
        documents: &[Vec<u32>],
        folder: &std::path::Path,
    ) -> (LongSequences, WordSequences) {
        let ends: Vec<usize> = documents
            .iter()
            .scan(0, |end, document| {
                *end += document.len();
                Some(*end)
            })
            .collect();
        let (mut ids, mut long_ends) =
            (ValueList::in_folder(folder).unwrap(), ValueList::in_folder(folder).unwrap());
        ids.extend(documents.iter().flatten().copied());
        long_ends.extend(ends.iter().map(|&end| end as u64));
        let held =
            WordSequences::new(documents.iter().flatten().map(|&id| WordId(id)).collect(), ends);
        (LongSequences::new(ids, long_ends), held)
    }

    proptest! {
        #[test]
        fn slices_of_any_size_give_the_counts_of_the_whole(
            documents in prop::collection::vec(prop::collection::vec(0u32..7, 0..30), 1..6),
            window in 1usize..12,
            slice_tokens in 1u64..40,
            sum_bytes in 0u64..4000,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (long, held) = sequences(&documents, folder.path());
            let shares = Shares { slice_bytes: slice_tokens * BYTES_PER_TOKEN, sum_bytes };
            for distance_weights in [DistanceWeights::Harmonic, DistanceWeights::Random] {
                for (context_sides, max_contexts) in [(ContextSides::Joint, None), (ContextSides::Separate, None), (ContextSides::Separate, Some(3)), (ContextSides::Joint, Some(3))] {
                    let contexts = Contexts::Window { size: window, distance_weights, context_sides, max_contexts };
                    let settings = CountSettings { seed: 5, ..CountSettings::default() };
                    let expected = contexts.count(&held, 7, settings, &()).unwrap();
                    let store = PartStore::new(MemoryBudget::default(), 0, None).unwrap();
                    let n_contexts = max_contexts.unwrap_or(7);
                    let found = count(&long, 7, n_contexts, window, distance_weights, context_sides, 5, &shares, store, &()).unwrap();
                    prop_assert_eq!(found.is_symmetric(), expected.is_symmetric());
                    prop_assert_eq!(found.to_csr_blocks().unwrap(), expected.to_csr_blocks().unwrap());
                }
            }
            let found = Contexts::Documents.count_long(&long, 7, CountSettings::default(), &()).unwrap();
            let expected = Contexts::Documents.count(&held, 7, CountSettings::default(), &()).unwrap();
            prop_assert_eq!(found.to_csr_blocks().unwrap(), expected.to_csr_blocks().unwrap());
        }
    }

    #[test]
    fn a_budget_without_room_for_a_slice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (long, _) = sequences(&[vec![0, 1, 0]], folder.path());
        let contexts = Contexts::Window {
            size: 2,
            distance_weights: DistanceWeights::Flat,
            context_sides: ContextSides::Separate,
            max_contexts: None,
        };
        let count = |bytes| {
            let settings = CountSettings {
                budget: MemoryBudget { bytes: Some(bytes) },
                temporary_folder: Some(folder.path()),
                seed: 0,
                later: 0,
            };
            contexts.count_long(&long, 2, settings, &())
        };
        assert!(matches!(
            count(MemoryBudget::FIXED_BYTES + (1 << 20)),
            Err(Error::MemoryBudget { stage: Stage::Count, .. })
        ));
        assert_eq!(count(1 << 30).unwrap().n_nonzeros(), 6);
    }
}
