//! Co-occurrence counts within a window: `c_ij = sum over pairs of tokens (i at p, j at q), 0 < |p
//! - q| <= window, of weight(|p - q|)`, never across the end of a sequence, a document or a
//! sentence. In: [`WordSequences`]. Out: a [`CountMatrix`] of `n_contexts x n_words`, a row for
//! each of the first words, symmetric if these are all; or, with the sides apart, one of
//! `2 n_contexts x n_words`: row i counts the words that stand after context word i, row
//! `n_contexts + i` those that stand before it.
//!
//! Method: rows are counted one word at a time. The words are cut into runs that hold equal shares
//! of the tokens; one scan of the ids finds the positions of a run's words, and its tasks add up
//! the surroundings of each word in a row of whole numbers (the distance weights are scaled to
//! integers; `tally.rs`), so that no order of additions changes a bit. With the sides apart, what
//! stands before i is read off what stands after the others, `before_ij = after_ji`, where the
//! memory allows, and counted where it does not: the same numbers. Cost: `tokens * window`
//! additions for each direction that is counted, and 16 scans of the ids; memory: for each thread a
//! row of sums and the positions of a sixteenth of the tokens; and the result, as far as the budget
//! allows.

use rayon::prelude::*;

use super::CountSettings;
use super::distance::{ContextSides, DistanceWeights};
use super::matrix::CountMatrix;
use super::parts::{Part, PartStore, PartWriter};
use super::runs::{Scan, WordRun};
use super::surroundings::{Gathered, Starts};
use super::tally::{Sum, Tally};
use super::turn::turn;
use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::random::bits_at;
use crate::base::words::WordId;
use crate::vocab::WordSequences;

/// On which side of the context word the counted words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Both,
    After,
    Before,
}

/// Runs of words whose positions are found in one scan of the ids each: a share of the tokens'
/// positions is in memory for each thread.
const SCANS: usize = 16;

/// Tasks of each run: with the scans enough to keep 64 threads busy.
const TASKS_PER_SCAN: usize = 12;

/// Occurrences of a word whose surroundings are fetched together: about as many as a core can wait
/// for at a time.
const GATHERED: usize = 16;

/// The row of the table of random numbers that the sizes of windows are drawn from; no matrix has
/// so many, and subsampling takes another.
const WINDOW_DRAWS: u64 = u64::MAX - 1;

/// Counts the co-occurrences of the first `n_contexts` of `n_words` words with all words within
/// `window` tokens on either side.
///
/// # Errors
/// More memory than the budget, a full disk, or an interruption.
///
/// # Panics
/// If `window` is 0, `n_contexts` is above `n_words`, or an id is not below `n_words`.
#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of one variant of `Contexts`, its caller"
)]
pub(super) fn count_windows(
    sequences: &WordSequences,
    n_words: usize,
    n_contexts: usize,
    window: usize,
    distance_weights: DistanceWeights,
    context_sides: ContextSides,
    settings: CountSettings<'_>,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    assert!(window > 0, "a window holds at least one token on either side");
    assert!(n_contexts <= n_words, "{n_contexts} of {n_words} words as contexts");
    let ids = sequences.ids();
    let (n_threads, n_tokens) = (rayon::current_num_threads(), ids.len());
    let of_a_thread = Tally::<u32>::memory_bytes(n_words)
        + Tally::<u64>::memory_bytes(n_words)
        + PartWriter::memory_bytes(n_words);
    let positions = (8 * n_tokens / SCANS * n_threads.min(SCANS)) as u64;
    let fixed = sequences.memory_bytes()
        + (n_tokens / 8 + 16 * n_words) as u64
        + positions
        + n_threads as u64 * of_a_thread;
    let store =
        PartStore::new(settings.budget, fixed, settings.temporary_folder)?.leaving(settings.later);
    let (weights, scale) = distance_weights.scaled(window);
    let drawn = (distance_weights == DistanceWeights::Random).then_some(settings.seed);
    let counting = Counting {
        ids,
        first: 0,
        starts: Starts::of(sequences),
        n_words,
        weights,
        scale,
        drawn,
        progress,
    };

    let mut counts = counting.occurrences();
    let rare = WordRun::new(n_contexts as u32, counts.split_off(n_contexts));
    let scans = cut(&WordRun::new(0, counts));
    let n_context_tokens: usize = scans.iter().map(|scan| scan.run.n_tokens).sum();
    progress.start(Stage::Count, Some((n_context_tokens * context_sides.n_directions()) as u64));
    let everything = u32::MAX;
    let directions = match context_sides {
        ContextSides::Joint => vec![counting.count(&scans, Direction::Both, everything, &store)?],
        ContextSides::Separate => {
            let after = counting.count(&scans, Direction::After, everything, &store)?;
            // What a drawn window reaches depends on which of two tokens is the context.
            let before = if drawn.is_none() && store.has_room_for_twice_as_much() {
                let rare = [Scan { tasks: rare.cut(SCANS * TASKS_PER_SCAN), run: rare }];
                let unbounded = PartStore::new(MemoryBudget::default(), 0, None)?;
                // What stands after the rare words is wanted for the contexts alone.
                let after_rare =
                    counting.count(&rare, Direction::After, n_contexts as u32, &unbounded)?;
                let after: Vec<&Part> = after.iter().chain(&after_rare).flatten().collect();
                turn(&after, &scans, n_words, &store, progress)?
            } else {
                counting.count(&scans, Direction::Before, everything, &store)?
            };
            vec![after, before]
        }
    };
    progress.finish();
    let matrix = CountMatrix::from_parts(n_words, directions);
    let is_symmetric = context_sides == ContextSides::Joint
        && n_contexts == n_words
        && distance_weights.is_symmetric();
    Ok(if is_symmetric { matrix.known_symmetric() } else { matrix })
}

fn cut(run: &WordRun) -> Vec<Scan> {
    run.cut(SCANS).into_iter().map(|run| Scan { tasks: run.cut(TASKS_PER_SCAN), run }).collect()
}

/// The tasks of all scans, one after the other: where rows are cut, so must they be wherever the
/// same numbers are counted.
pub(super) fn cut_like_scans(run: &WordRun) -> Vec<WordRun> {
    cut(run).into_iter().flat_map(|scan| scan.tasks).collect()
}

/// Whether the sums of a word that stands at so many places have room in 32 bits.
pub(super) fn is_narrow(weights: &[u64], n_positions: usize) -> bool {
    // The most that an occurrence of a word can add to one sum, on both sides.
    let most = 2 * weights.iter().sum::<u64>();
    most.checked_mul(n_positions as u64).is_some_and(|most| most <= u64::from(u32::MAX))
}

/// What all tasks read.
pub(super) struct Counting<'a> {
    pub(super) ids: &'a [WordId],
    /// Where the first of the ids stands in the corpus.
    pub(super) first: usize,
    pub(super) starts: Starts,
    pub(super) n_words: usize,
    /// Whole numbers for the distances from 1 to the window, and the one that stands for weight 1.
    pub(super) weights: Vec<u64>,
    pub(super) scale: u64,
    /// The seed, if the sizes of windows are drawn.
    pub(super) drawn: Option<u64>,
    pub(super) progress: &'a dyn Progress,
}

impl Counting<'_> {
    /// How often each word occurs.
    fn occurrences(&self) -> Vec<usize> {
        let mut counts = vec![0; self.n_words];
        for id in self.ids {
            assert!(id.index() < self.n_words, "word id {} of {} words", id.0, self.n_words);
            counts[id.index()] += 1;
        }
        counts
    }

    /// The rows of all words of the scans in the columns below `limit`, task by task.
    fn count(
        &self,
        scans: &[Scan],
        direction: Direction,
        limit: u32,
        store: &PartStore<'_>,
    ) -> Result<Vec<Vec<Part>>> {
        let of_scan = |scan: &Scan| {
            let positions = self.positions(&scan.run);
            let mut rest = positions.as_slice();
            let mut tasks = Vec::new();
            for task in &scan.tasks {
                let (head, tail) = rest.split_at(task.n_tokens);
                tasks.push((task, head));
                rest = tail;
            }
            let tallies = || {
                (Tally::new(self.n_words, &self.weights), Tally::new(self.n_words, &self.weights))
            };
            let of_task = |(narrow, wide): &mut (Tally<u32>, Tally<u64>),
                           (task, positions): (&WordRun, &[usize])| {
                if self.progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                let parts =
                    self.count_rows(task, positions, direction, limit, store, narrow, wide)?;
                if limit == u32::MAX {
                    self.progress.advance(task.n_tokens as u64);
                }
                Ok(parts)
            };
            tasks.into_par_iter().map_init(tallies, of_task).collect::<Result<Vec<_>>>()
        };
        Ok(scans
            .par_iter()
            .map(of_scan)
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    /// The rows of one task from the positions of its words.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a task is, where its rows go, and its scratch"
    )]
    fn count_rows(
        &self,
        task: &WordRun,
        positions: &[usize],
        direction: Direction,
        limit: u32,
        store: &PartStore<'_>,
        narrow: &mut Tally<u32>,
        wide: &mut Tally<u64>,
    ) -> Result<Vec<Part>> {
        let mut gathered = Gathered::default();
        let mut writer = PartWriter::new(store, self.n_words);
        let mut rest = positions;
        for &count in &task.counts {
            let (positions, tail) = rest.split_at(count);
            rest = tail;
            if is_narrow(&self.weights, count) {
                self.count_row(positions, direction, limit, &mut gathered, narrow, &mut writer);
            } else {
                self.count_row(positions, direction, limit, &mut gathered, wide, &mut writer);
            }
            writer.end_row()?;
        }
        writer.finish()
    }

    /// The row of one word.
    fn count_row<S: Sum>(
        &self,
        positions: &[usize],
        direction: Direction,
        limit: u32,
        gathered: &mut Gathered,
        tally: &mut Tally<S>,
        writer: &mut PartWriter<'_, '_>,
    ) {
        self.sum_row(positions, direction, limit, gathered, tally);
        let scale = self.scale as f64;
        tally.drain(|column, sum| writer.push(column, (sum.value() / scale) as f32));
    }

    /// Adds up what stands around one word at some places.
    pub(super) fn sum_row<S: Sum>(
        &self,
        positions: &[usize],
        direction: Direction,
        limit: u32,
        gathered: &mut Gathered,
        tally: &mut Tally<S>,
    ) {
        // The surroundings of a rare word lie far apart: copied first, without a branch between
        // them, they are fetched together.
        for positions in positions.chunks(GATHERED) {
            gathered.clear();
            for &position in positions {
                if direction != Direction::After {
                    self.gather_before(position, gathered);
                }
                if direction != Direction::Before {
                    self.gather_after(position, gathered);
                }
            }
            gathered.for_each_side(|side| tally.add(side, limit));
        }
    }

    fn gather_before(&self, position: usize, gathered: &mut Gathered) {
        let n = self.starts.before(position, self.weights.len());
        let side = self.ids[position - n..position].iter().rev();
        match self.drawn {
            None => gathered.push(side.map(|id| id.0)),
            Some(seed) => {
                let reaching = side
                    .zip(1..)
                    .filter(|&(_, distance)| self.reaches(seed, position - distance, distance));
                gathered.push(reaching.map(|(id, _)| id.0));
            }
        }
    }

    fn gather_after(&self, position: usize, gathered: &mut Gathered) {
        let n = self.starts.after(position, self.weights.len());
        let side = self.ids[position + 1..=position + n].iter();
        match self.drawn {
            None => gathered.push(side.map(|id| id.0)),
            Some(seed) => {
                let reaching = side
                    .zip(1..)
                    .filter(|&(_, distance)| self.reaches(seed, position + distance, distance));
                gathered.push(reaching.map(|(id, _)| id.0));
            }
        }
    }

    /// Whether the window of the token at `position` reaches so far. Drawn windows weigh 1 wherever
    /// they reach.
    fn reaches(&self, seed: u64, position: usize, distance: usize) -> bool {
        // The high half of the product with 64 random bits is from 0 up to, but without, the
        // window.
        let place = (self.first + position) as u64;
        let size =
            (u128::from(bits_at(seed, WINDOW_DRAWS, place)) * self.weights.len() as u128) >> 64;
        distance as u128 <= size + 1
    }

    /// The positions of each word of the run, ascending, word after word.
    fn positions(&self, run: &WordRun) -> Vec<usize> {
        let mut next = Vec::with_capacity(run.counts.len());
        let mut end = 0;
        for count in &run.counts {
            next.push(end);
            end += count;
        }
        let mut positions = vec![0; run.n_tokens];
        let n_run_words = run.counts.len() as u32;
        for (position, id) in self.ids.iter().enumerate() {
            let local = id.0.wrapping_sub(run.first_word);
            if local < n_run_words {
                let slot = &mut next[local as usize];
                positions[*slot] = position;
                *slot += 1;
            }
        }
        positions
    }
}

/// The definition, pair by pair: the oracle.
#[cfg(test)]
fn co_occurrences_by_definition(
    sequences: &WordSequences,
    n_words: usize,
    weight: impl Fn(usize) -> f64,
    window: usize,
) -> Vec<f64> {
    let mut counts = vec![0.0; n_words * n_words];
    for document in 0..sequences.n_sequences() {
        let ids = sequences.sequence(document);
        for (p, i) in ids.iter().enumerate() {
            for (q, j) in ids.iter().enumerate() {
                let distance = p.abs_diff(q);
                if (1..=window).contains(&distance) {
                    counts[i.index() * n_words + j.index()] += weight(distance);
                }
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::WordId;
    use crate::counts::Contexts;
    use proptest::prelude::*;

    fn dense(matrix: &CountMatrix) -> Vec<f64> {
        let mut dense = Vec::new();
        for block in matrix.to_csr_blocks().unwrap() {
            for row in block.outer_iterator() {
                let start = dense.len();
                dense.resize(start + matrix.n_columns(), 0.0);
                row.iter().for_each(|(column, &value)| dense[start + column] = f64::from(value));
            }
        }
        dense
    }

    fn count(
        sequences: &WordSequences,
        n_words: usize,
        size: usize,
        distance_weights: DistanceWeights,
        context_sides: ContextSides,
    ) -> CountMatrix {
        let contexts =
            Contexts::Window { size, distance_weights, context_sides, max_contexts: None };
        contexts.count(sequences, n_words, CountSettings::default(), &()).unwrap()
    }

    #[test]
    fn a_hand_worked_window() {
        // Document 1: a b a; document 2: b b. Window 2, weights 1/d. a-b: positions (0,1), (1,2) in
        // both orders: 2. a-a: (0,2) at distance 2, both orders: 2 * 1/2 = 1. b-b: 2.
        let ids = [0, 1, 0, 1, 1].map(WordId).to_vec();
        let sequences = WordSequences::new(ids, vec![3, 5]);
        let counts = count(&sequences, 2, 2, DistanceWeights::Harmonic, ContextSides::Joint);
        assert_eq!(dense(&counts), [1.0, 2.0, 2.0, 2.0]);
        // After a: b at 1, a at 2 (1/2). After b: a at 1, and in document 2 b. Then before a: b, a
        // (1/2); before b: a, b.
        let counts = count(&sequences, 2, 2, DistanceWeights::Harmonic, ContextSides::Separate);
        assert_eq!(dense(&counts), [0.5, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0]);
    }

    fn count_drawn(
        sequences: &WordSequences,
        n_words: usize,
        size: usize,
        context_sides: ContextSides,
        seed: u64,
    ) -> Vec<f64> {
        let contexts = Contexts::Window {
            size,
            distance_weights: DistanceWeights::Random,
            context_sides,
            max_contexts: None,
        };
        let settings = CountSettings { seed, ..CountSettings::default() };
        let counts = contexts.count(sequences, n_words, settings, &()).unwrap();
        assert!(!counts.is_symmetric() && !contexts.n_rows(0, n_words).1);
        dense(&counts)
    }

    #[test]
    fn drawn_windows_count_what_linear_weights_expect_on_average() {
        // 300 times `a b c d e`: with a window of 4, d has a at distance 3, in half of the draws
        // (sizes 3 and 4); each seed draws anew.
        let n_documents = 300;
        let ids = (0..n_documents).flat_map(|_| (0..5).map(WordId)).collect();
        let sequences =
            WordSequences::new(ids, (1..=n_documents).map(|document| 5 * document).collect());
        for context_sides in [ContextSides::Joint, ContextSides::Separate] {
            let expected = dense(&count(&sequences, 5, 4, DistanceWeights::Linear, context_sides));
            let drawn: Vec<Vec<f64>> =
                (0..40).map(|seed| count_drawn(&sequences, 5, 4, context_sides, seed)).collect();
            assert_ne!(drawn[0], drawn[1]);
            assert_eq!(drawn[7], count_drawn(&sequences, 5, 4, context_sides, 7));
            for (entry, &expected) in expected.iter().enumerate() {
                let mean = drawn.iter().map(|counts| counts[entry]).sum::<f64>() / 40.0;
                // Of 12,000 draws the mean lies within five standard deviations, at most 300 * 5 *
                // 0.5 / sqrt(12000).
                assert!(
                    (mean - expected).abs() <= 7.0,
                    "entry {entry}: {mean}, expected {expected}"
                );
            }
        }
    }

    #[test]
    fn the_draw_belongs_to_the_counted_token() {
        // Each of 64 words occurs once, so whoever is drawn to reach far reaches all contexts
        // within, whatever their number of neighbours.
        let sequences = WordSequences::new((0..64).map(WordId).collect(), vec![64]);
        let window = 8;
        let together = count_drawn(&sequences, 64, window, ContextSides::Joint, 3);
        let apart = count_drawn(&sequences, 64, window, ContextSides::Separate, 3);
        let (after, before) = apart.split_at(64 * 64);
        for word in 0..64usize {
            let reach = (0..64usize)
                .filter(|&i| together[i * 64 + word] > 0.0)
                .map(|i| i.abs_diff(word))
                .max()
                .unwrap();
            assert!((1..=window).contains(&reach));
            for context in 0..64usize {
                let expected =
                    f64::from(u8::from(context != word && context.abs_diff(word) <= reach));
                assert_eq!(
                    together[context * 64 + word],
                    expected,
                    "word {word} at context {context}"
                );
                assert_eq!(after[context * 64 + word], if word > context { expected } else { 0.0 });
                assert_eq!(
                    before[context * 64 + word],
                    if word < context { expected } else { 0.0 }
                );
            }
        }
    }

    /// A matrix that fits without a budget, and one that is counted with so little room that what
    /// stands before a word is counted as well.
    #[test]
    fn what_stands_before_is_the_same_counted_or_turned() {
        let ids: Vec<WordId> = (0..60_000u64)
            .map(|place| WordId((bits_at(1, 2, place) % 40 * (bits_at(3, 4, place) % 40)) as u32))
            .collect();
        let sequences = WordSequences::new(ids, (1..=60).map(|document| 1000 * document).collect());
        let folder = tempfile::tempdir().unwrap();
        for max_contexts in [None, Some(1), Some(100)] {
            let contexts = Contexts::Window {
                size: 5,
                distance_weights: DistanceWeights::Harmonic,
                context_sides: ContextSides::Separate,
                max_contexts,
            };
            let count = |n_threads, bytes| {
                let settings = CountSettings {
                    budget: MemoryBudget { bytes },
                    temporary_folder: Some(folder.path()),
                    seed: 0,
                    later: 0,
                };
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                pool.install(|| contexts.count(&sequences, 1600, settings, &())).unwrap()
            };
            let turned = count(2, None);
            // A megabyte for the count and its parts: less than three times what they take.
            let counted = count(1, Some((32 << 20) + (14 << 20)));
            assert!(max_contexts.is_some() || counted.memory_bytes() < turned.memory_bytes());
            assert_eq!(turned.to_csr_blocks().unwrap(), counted.to_csr_blocks().unwrap());
            assert_eq!(turned.to_csr_blocks().unwrap(), count(8, None).to_csr_blocks().unwrap());
        }
    }

    proptest! {
        #[test]
        fn counts_agree_with_the_definition(
            documents in prop::collection::vec(prop::collection::vec(0u32..7, 0..30), 1..6),
            window in 1usize..12,
        ) {
            let ids: Vec<WordId> = documents.iter().flatten().map(|&id| WordId(id)).collect();
            let ends = documents.iter().scan(0, |end, document| { *end += document.len(); Some(*end) }).collect();
            let sequences = WordSequences::new(ids, ends);
            for weights in [DistanceWeights::Harmonic, DistanceWeights::Linear, DistanceWeights::Flat] {
                let weight = |d: usize| match weights {
                    DistanceWeights::Harmonic => 1.0 / d as f64,
                    DistanceWeights::Linear => (window - d + 1) as f64 / window as f64,
                    DistanceWeights::Flat | DistanceWeights::Random => 1.0,
                };
                let expected = co_occurrences_by_definition(&sequences, 7, weight, window);
                let counted = dense(&count(&sequences, 7, window, weights, ContextSides::Joint));
                let apart = dense(&count(&sequences, 7, window, weights, ContextSides::Separate));
                // Fewer contexts are the first rows, on each side.
                for (context_sides, rows) in [(ContextSides::Joint, counted[..21].to_vec()), (ContextSides::Separate, [&apart[..21], &apart[49..70]].concat())] {
                    let contexts = Contexts::Window { size: window, distance_weights: weights, context_sides, max_contexts: Some(3) };
                    let fewer = contexts.count(&sequences, 7, CountSettings::default(), &()).unwrap();
                    prop_assert_eq!((fewer.n_rows(), fewer.is_symmetric()), contexts.n_rows(0, 7));
                    prop_assert_eq!(dense(&fewer), rows);
                }
                for (row, (after, before)) in apart[..49].chunks(7).zip(apart[49..].chunks(7)).enumerate() {
                    for (column, (after, before)) in after.iter().zip(before).enumerate() {
                        prop_assert!((after + before - counted[row * 7 + column]).abs() <= 1e-5 * after.max(1.0));
                        // What stands after i, seen from j, has i before it.
                        prop_assert_eq!(*after, apart[49 + column * 7 + row]);
                    }
                }
                for (counted, expected) in counted.iter().zip(&expected) {
                    prop_assert!((counted - expected).abs() <= 1e-6 * expected.max(1.0), "{} {}", counted, expected);
                }
            }
        }
    }
}
