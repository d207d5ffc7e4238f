//! Co-occurrence counts within a window: `c_ij = sum over pairs of tokens (i at p, j at q), 0 < |p
//! - q| <= window, of weight(|p - q|)`, never across the end of a sequence, a document or a
//! sentence. In: [`WordSequences`]. Out: a [`CountMatrix`] of `n_contexts x n_words`, a row for
//! each of the first words, symmetric if these are all; or, with separate sides, one of
//! `2 n_contexts x n_words`: row i counts the words that stand after context word i, row
//! `n_contexts + i` those that stand before it.
//!
//! Method: rows are counted one word at a time. The words are cut into runs that hold equal shares
//! of the tokens; one scan of the ids finds the positions of a run's words, and its tasks add up
//! the surroundings of each word in a row of whole numbers (the distance weights are scaled to
//! integers; `slice.rs`, `tally.rs`), so that no order of additions changes a bit.
//!
//! A corpus in memory is one slice: each row is written as soon as it is added up. With separate
//! sides, what stands before i is read off what stands after the others, `before_ij = after_ji`,
//! where the memory allows, and counted where it does not: the same numbers. Cost:
//! `tokens * window` additions for each direction that is counted, and 16 scans of the ids; memory:
//! for each thread a row of sums and the positions of a sixteenth of the tokens; and the result, as
//! far as the budget allows.
//!
//! A corpus in files is taken a slice at a time, with as many tokens beside it on either side as a
//! window reaches, for a stretch of the tasks at a time. What a slice adds to a row is merged with
//! the sums so far (`sums.rs`); as they are whole numbers, no cut changes a bit. Where the sums of
//! a stretch outgrow their share of the memory, its second half is put off. Cost: that of counting
//! both directions, and for each stretch a pass over the files; memory: a quarter of the budget for
//! a slice, a quarter for sums, the rest for finished rows.

use rayon::prelude::*;

use super::CountSettings;
use super::distance::{ContextSides, DistanceWeights};
use super::matrix::CountMatrix;
use super::parts::{Part, PartStore, PartWriter};
use super::runs::{Scan, WordRun};
use super::slice::{Direction, Positions, Reach, Scratch, Slice, Weights};
use super::sums::Sums;
use super::turn::turn;
use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::storage::value_list::AT_A_TIME;
use crate::vocab::WordSequences;

/// Runs of words whose positions are found in one scan of the ids each: a share of the tokens'
/// positions is in memory for each thread.
const SCANS: usize = 16;

/// Tasks of each run: with the scans enough to keep 64 threads busy.
const TASKS_PER_SCAN: usize = 12;

/// Bytes that a token of a slice takes: its id, its position, and its share of the ends of
/// sequences and the bits of their starts.
const BYTES_PER_TOKEN: u64 = 16;

/// What to change when the memory does not even suffice for a slice.
const LEVERS: &[Lever] = &[Lever::MaxWords, Lever::MinCount];

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Columns.
    pub(super) n_words: usize,
    /// Words that are contexts, the first ones.
    pub(super) n_contexts: usize,
    /// Tokens on either side.
    pub(super) size: usize,
    pub(super) distance_weights: DistanceWeights,
    pub(super) context_sides: ContextSides,
}

impl Window {
    fn is_symmetric(&self) -> bool {
        self.context_sides == ContextSides::Joint
            && self.n_contexts == self.n_words
            && self.distance_weights.is_symmetric()
    }

    pub(super) fn directions(&self) -> &'static [Direction] {
        match self.context_sides {
            ContextSides::Joint => &[Direction::Both],
            ContextSides::Separate => &[Direction::After, Direction::Before],
        }
    }
}

/// Counts the co-occurrences of context words with all words within a window.
///
/// # Errors
/// More memory than the budget, a failure of the file system, or an interruption.
///
/// # Panics
/// If the window is 0, there are more contexts than words, or an id is not below the number of
/// words.
pub(super) fn count_windows(
    sequences: &WordSequences,
    window: Window,
    settings: CountSettings<'_>,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    let Window { n_words, .. } = window;
    let n_threads = rayon::current_num_threads();
    let tables = 24 * n_words as u64
        + n_threads as u64 * (Scratch::memory_bytes(n_words) + PartWriter::memory_bytes(n_words));
    let counting = Counting::new(sequences, window, settings.seed, progress);
    let store = |fixed| {
        PartStore::new(settings.budget, fixed, settings.temporary_folder)
            .map(|store| store.leaving(settings.later))
    };
    if sequences.is_on_disk() {
        let shares = Shares::new(settings.budget, tables, window.size)?;
        let fixed = tables + slice_bytes(shares.slice_tokens, window.size) + shares.sum_bytes;
        return counting.in_slices(&shares, &store(fixed)?);
    }
    let n_tokens = sequences.n_tokens();
    let positions = (8 * n_tokens / SCANS * n_threads.min(SCANS)) as u64;
    counting.whole(&store(sequences.memory_bytes() + n_tokens as u64 / 8 + positions + tables)?)
}

/// How the memory is divided where the corpus is taken in slices.
struct Shares {
    /// Tokens of a slice, without those beside it.
    slice_tokens: usize,
    sum_bytes: u64,
}

/// Tokens of the smallest slice that makes sense.
const LEAST_SLICE: usize = 1 << 16;

/// The memory of a slice with the tokens that its windows reach on both sides.
fn slice_bytes(slice_tokens: usize, window_size: usize) -> u64 {
    BYTES_PER_TOKEN * (slice_tokens as u64 + 2 * window_size as u64)
}

impl Shares {
    /// Where the budget is spent on anything else, slices are as small as makes sense, and the
    /// store of the parts refuses what is too much.
    fn new(budget: MemoryBudget, tables: u64, window_size: usize) -> Result<Self> {
        let least = slice_bytes(LEAST_SLICE, window_size);
        budget.check(Stage::Count, tables + 2 * least, LEVERS)?;
        let share = budget
            .bytes
            .map_or(1 << 30, |bytes| (bytes - MemoryBudget::FIXED_BYTES - tables) / 4)
            .max(least);
        let slice_tokens = (share / BYTES_PER_TOKEN) as usize - 2 * window_size;
        Ok(Self { slice_tokens, sum_bytes: share })
    }
}

/// The parts of a matrix: direction after direction, task after task.
type Directions = Vec<Vec<Vec<Part>>>;

/// What all tasks know.
struct Counting<'a> {
    sequences: &'a WordSequences,
    window: Window,
    weights: Weights,
    progress: &'a dyn Progress,
}

impl<'a> Counting<'a> {
    fn new(
        sequences: &'a WordSequences,
        window: Window,
        seed: u64,
        progress: &'a dyn Progress,
    ) -> Self {
        let Window { n_contexts, n_words, size, .. } = window;
        assert!(size > 0, "a window holds at least one token on either side");
        assert!(n_contexts <= n_words, "{n_contexts} of {n_words} words as contexts");
        let weights = Weights::new(window.distance_weights, size, seed);
        Self { sequences, window, weights, progress }
    }

    /// How often each word occurs.
    fn occurrences(&self) -> Result<Vec<usize>> {
        let n_words = self.window.n_words;
        let mut counts = vec![0usize; n_words];
        self.sequences.id_list().for_each_part(AT_A_TIME, |_, ids| {
            for &id in ids {
                assert!((id as usize) < n_words, "word id {id} of {n_words} words");
                counts[id as usize] += 1;
            }
            Ok(())
        })?;
        Ok(counts)
    }

    fn start(&self, n_context_tokens: usize) {
        let n_directions = self.window.directions().len();
        self.progress.start(Stage::Count, Some((n_context_tokens * n_directions) as u64));
    }

    fn finish(&self, parts: Directions) -> CountMatrix {
        self.progress.finish();
        let matrix = CountMatrix::from_parts(self.window.n_words, parts);
        if self.window.is_symmetric() { matrix.known_symmetric() } else { matrix }
    }

    /// Counts a corpus that is one slice.
    fn whole(&self, store: &PartStore<'_>) -> Result<CountMatrix> {
        let all = 0..self.sequences.n_tokens();
        let tokens = self.sequences.slice(all.clone())?;
        let slice = Slice::new(&tokens, all, &self.weights);
        let mut counts = self.occurrences()?;
        let n_contexts = self.window.n_contexts;
        let rare = WordRun::new(n_contexts as u32, counts.split_off(n_contexts));
        let scans = cut(&WordRun::new(0, counts));
        self.start(scans.iter().map(|scan| scan.run.n_tokens).sum());
        let count = |direction| self.count_scans(&slice, &scans, Reach::all(direction), store);
        let directions = match self.window.context_sides {
            ContextSides::Joint => vec![count(Direction::Both)?],
            ContextSides::Separate => {
                let after = count(Direction::After)?;
                // What a drawn window reaches depends on which of two tokens is the context.
                let before = if self.weights.drawn.is_none() && store.has_room_for_twice_as_much() {
                    self.turned(&slice, &after, rare, &scans, store)?
                } else {
                    count(Direction::Before)?
                };
                vec![after, before]
            }
        };
        Ok(self.finish(directions))
    }

    /// What stands before the context words, read off what stands `after` them and after the rare
    /// words, which are no contexts.
    fn turned(
        &self,
        slice: &Slice<'_>,
        after: &[Vec<Part>],
        rare: WordRun,
        scans: &[Scan],
        store: &PartStore<'_>,
    ) -> Result<Vec<Vec<Part>>> {
        let rare = [Scan { tasks: rare.cut(SCANS * TASKS_PER_SCAN), run: rare }];
        let unbounded = PartStore::new(MemoryBudget::default(), 0, None)?;
        // It is wanted for the contexts alone.
        let limit = self.window.n_contexts as u32;
        let reach = Reach { direction: Direction::After, limit };
        let after_rare = self.count_scans(slice, &rare, reach, &unbounded)?;
        let after: Vec<&Part> = after.iter().chain(&after_rare).flatten().collect();
        turn(&after, scans, self.window.n_words, store, self.progress)
    }

    /// The rows of all words of the scans, task by task.
    fn count_scans(
        &self,
        slice: &Slice<'_>,
        scans: &[Scan],
        reach: Reach,
        store: &PartStore<'_>,
    ) -> Result<Vec<Vec<Part>>> {
        let of_scan = |scan: &Scan| {
            let positions = slice.positions(scan.run.first_word, &scan.run.counts);
            let of_task = |scratch: &mut Scratch, task: &WordRun| {
                if self.progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                let mut writer = PartWriter::new(store, self.window.n_words);
                for word in task.words() {
                    let scale = self.weights.scale;
                    let positions = positions.of_word(word);
                    slice.for_each_sum(positions, reach, scratch, |column, sum| {
                        writer.push(column, (sum as f64 / scale) as f32);
                    });
                    writer.end_row()?;
                }
                if reach.limit == u32::MAX {
                    self.progress.advance(task.n_tokens as u64);
                }
                writer.finish()
            };
            let scratch = || Scratch::new(self.window.n_words, &self.weights);
            scan.tasks.par_iter().map_init(scratch, of_task).collect::<Result<Vec<_>>>()
        };
        let tasks = scans.par_iter().map(of_scan).collect::<Result<Vec<_>>>()?;
        Ok(tasks.into_iter().flatten().collect())
    }

    /// Counts a corpus a slice at a time.
    fn in_slices(&self, shares: &Shares, store: &PartStore<'_>) -> Result<CountMatrix> {
        let Window { n_words, n_contexts, .. } = self.window;
        let mut counts = self.occurrences()?;
        counts.truncate(n_contexts);
        let run = WordRun::new(0, counts);
        self.start(run.n_tokens);
        // Where rows are cut for a corpus in memory, so must they be here.
        let tasks = tasks_of(&run);
        let n_directions = self.window.directions().len();
        let mut parts: Directions =
            (0..n_directions).map(|_| Vec::with_capacity(tasks.len())).collect();
        let (mut first, mut n_at_once, mut most_at_once) =
            (0, tasks.len().div_ceil(16).max(1), tasks.len());
        while first < tasks.len() {
            let stretch = first..(first + n_at_once).min(tasks.len());
            let sums = self.sum_slices(&tasks[stretch.clone()], shares)?;
            // Sums that were dropped for want of room were added up in vain: so many tasks at once
            // are not tried again.
            if sums[0].len() < stretch.len() {
                most_at_once = sums[0].len();
            }
            n_at_once = (2 * n_at_once).min(most_at_once);
            for (parts, sums) in parts.iter_mut().zip(&sums) {
                let write = |rows: &Sums| rows.write(self.weights.scale, store, n_words);
                parts.extend(sums.par_iter().map(write).collect::<Result<Vec<_>>>()?);
            }
            let end = first + sums[0].len();
            let n_tokens = tasks[first..end].iter().map(|task| task.n_tokens).sum::<usize>();
            self.progress.advance((n_tokens * n_directions) as u64);
            first = end;
        }
        Ok(self.finish(parts))
    }

    /// The sums of the rows of the first of `tasks`, as many as have room, one at least: for each
    /// direction, task by task.
    fn sum_slices(&self, tasks: &[WordRun], shares: &Shares) -> Result<Vec<Vec<Sums>>> {
        let directions = self.window.directions();
        let zero = |_: &Direction| tasks.iter().map(|task| Sums::zero(task.counts.len())).collect();
        let mut sums: Vec<Vec<Sums>> = directions.iter().map(zero).collect();
        let n_all = self.sequences.n_tokens();
        for start in (0..n_all).step_by(shares.slice_tokens) {
            let core = start..(start + shares.slice_tokens).min(n_all);
            let reached = core.start.saturating_sub(self.window.size)
                ..(core.end + self.window.size).min(n_all);
            let tokens = self.sequences.slice(reached)?;
            let slice = Slice::new(&tokens, core, &self.weights);
            let tasks = &tasks[..sums[0].len()];
            let first_word = tasks[0].first_word;
            let n_rows = tasks.iter().map(|task| task.counts.len()).sum();
            let positions = slice.positions(first_word, &slice.occurrences(first_word, n_rows));
            for (sums, &direction) in sums.iter_mut().zip(directions) {
                self.add_slice(sums, &slice, tasks, &positions, direction)?;
            }
            while sums[0].len() > 1
                && sums.iter().flatten().map(Sums::memory_bytes).sum::<u64>() > shares.sum_bytes
            {
                let n_kept = sums[0].len().div_ceil(2);
                sums.iter_mut().for_each(|sums| sums.truncate(n_kept));
            }
        }
        Ok(sums)
    }

    /// Adds a slice to the sums of some tasks.
    fn add_slice(
        &self,
        sums: &mut [Sums],
        slice: &Slice<'_>,
        tasks: &[WordRun],
        positions: &Positions,
        direction: Direction,
    ) -> Result<()> {
        let scratch = || Scratch::new(self.window.n_words, &self.weights);
        let add = |scratch: &mut Scratch, (sums, task): (&mut Sums, &WordRun)| {
            if self.progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            *sums = sums.plus(slice, task, positions, Reach::all(direction), scratch);
            Ok(())
        };
        sums.par_iter_mut().zip(tasks).try_for_each_init(scratch, add)
    }
}

/// The tasks of a count, in the order of their rows.
pub(super) fn tasks_of(run: &WordRun) -> Vec<WordRun> {
    cut(run).into_iter().flat_map(|scan| scan.tasks).collect()
}

fn cut(run: &WordRun) -> Vec<Scan> {
    run.cut(SCANS).into_iter().map(|run| Scan { tasks: run.cut(TASKS_PER_SCAN), run }).collect()
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
