//! Co-occurrence counts within a window: `c_ij = sum over pairs of tokens (i at p, j at q), 0 < |p - q| <= window, of weight(|p - q|)`, never across
//! the end of a document. In: [`WordSequences`]. Out: a [`CountMatrix`] of `n_contexts x n_words`, a row for each of the first words, symmetric
//! if these are all; or, with the sides apart, one of `2 n_contexts x n_words`: row i counts the words that stand after context word i, row
//! `n_contexts + i` those that stand before it.
//!
//! Method: rows are counted one word at a time. The words are cut into runs that hold equal shares of the tokens; one scan of the ids finds the
//! positions of a run's words, and its tasks add up the surroundings of each word in a dense row of whole numbers (the distance weights
//! are scaled to integers), so that no order of additions changes a bit. Cost: `tokens * 2 window` additions and 16 scans of the ids;
//! memory: for each thread eight bytes a word and the positions of a sixteenth of the tokens; and the result.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use super::CountedBytes;
use super::counts::{CountMatrix, join_small};
use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use crate::vocab::WordSequences;

/// How much a co-occurrence at distance d counts, for d from 1 to the window w.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DistanceWeights {
    /// `1 / d` (Pennington et al. 2014, section 4.2). The default: it measured best.
    #[default]
    Harmonic,
    /// `(w - d + 1) / w`: what a window of random size counts on average (Mikolov et al. 2013; Levy et al. 2015, section 3.1).
    Linear,
    /// 1.
    Flat,
}

/// Whether it matters on which side of a word its context stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sides {
    /// One row for each context word: symmetric, if all words are contexts.
    Together,
    /// Two rows for each context word, one for each side on which it stands (Schütze & Pedersen 1993; Lund & Burgess 1996). The default: it measured better, above all on grammatical relations.
    #[default]
    Apart,
}

/// On which side of the context word the counted words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Both,
    After,
    Before,
}

impl Sides {
    fn directions(self) -> &'static [Direction] {
        match self {
            Self::Together => &[Direction::Both],
            Self::Apart => &[Direction::After, Direction::Before],
        }
    }
}

/// Runs of words whose positions are found in one scan of the ids each: a share of the tokens' positions is in memory for each thread.
const SCANS: usize = 16;

/// Tasks of each run: with the scans enough to keep 64 threads busy.
const TASKS_PER_SCAN: usize = 12;

/// Numerator of the weights `1 / d` where the least common multiple of the distances is too large: the weights are then exact to 1e-9.
const HARMONIC_SCALE: u64 = 1 << 32;

/// A row with more entries than this share of the words is read off in word order instead of sorting its entries.
const DENSE_SHARE: usize = 24;

/// Occurrences of a word whose surroundings are fetched together: about as many as a core can wait for at a time.
const GATHERED: usize = 16;

/// The end of a document among the ids.
const BOUNDARY: u32 = u32::MAX;

impl DistanceWeights {
    /// Whole numbers proportional to the weights of the distances 1 to `window`, and the number that stands for weight 1.
    fn scaled(self, window: usize) -> (Vec<u64>, u64) {
        let distances = 1..=window as u64;
        match self {
            Self::Harmonic => {
                let multiple = distances.clone().try_fold(1u64, |multiple, d| {
                    let next = multiple / greatest_common_divisor(multiple, d) * d;
                    (next <= HARMONIC_SCALE).then_some(next)
                });
                let scale = multiple.unwrap_or(HARMONIC_SCALE);
                (distances.map(|d| (scale + d / 2) / d).collect(), scale)
            }
            Self::Linear => (distances.map(|d| window as u64 - d + 1).collect(), window as u64),
            Self::Flat => (distances.map(|_| 1).collect(), 1),
        }
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Counts the co-occurrences of the first `n_contexts` of `n_words` words with all words within `window` tokens on either side.
///
/// # Errors
/// More memory than the budget, or an interruption.
///
/// # Panics
/// If `window` is 0, `n_contexts` is above `n_words`, or an id is not below `n_words`.
#[expect(clippy::too_many_arguments, reason = "the parameters of one variant of `Contexts`, its caller")]
pub(super) fn count_windows(
    sequences: &WordSequences,
    n_words: usize,
    n_contexts: usize,
    window: usize,
    distance_weights: DistanceWeights,
    sides: Sides,
    counted: &CountedBytes,
    progress: &dyn Progress,
) -> Result<CountMatrix> {
    assert!(window > 0, "a window holds at least one token on either side");
    assert!(n_contexts <= n_words, "{n_contexts} of {n_words} words as contexts");
    let (weights, scale) = distance_weights.scaled(window);
    let ids = with_boundaries(sequences, n_words, window);
    let all = WordRun::of_first(&ids, n_contexts);
    progress.start(Stage::Count, Some(all.n_tokens as u64));
    let parts = all
        .cut(SCANS)
        .into_par_iter()
        .map(|scan| {
            let positions = positions(&ids, &scan);
            let mut rest = positions.as_slice();
            let mut tasks = Vec::new();
            for task in scan.cut(TASKS_PER_SCAN) {
                let (head, tail) = rest.split_at(task.n_tokens);
                tasks.push((task, head));
                rest = tail;
            }
            tasks
                .into_par_iter()
                .map_init(
                    || vec![0u64; n_words],
                    |row, (task, positions)| {
                        if progress.is_cancelled() {
                            return Err(Error::Interrupted);
                        }
                        let parts = count_rows(&ids, &task, positions, &weights, scale, sides, row);
                        parts.iter().try_for_each(|part| counted.add(part))?;
                        progress.advance(task.n_tokens as u64);
                        Ok(parts)
                    },
                )
                .collect::<Result<Vec<_>>>()
        })
        .collect::<Result<Vec<_>>>()?;
    let mut directions: Vec<Vec<CsMatI<f32, u32, usize>>> = sides.directions().iter().map(|_| Vec::new()).collect();
    for task_parts in parts.into_iter().flatten() {
        directions.iter_mut().zip(task_parts).for_each(|(direction, part)| direction.push(part));
    }
    let blocks = directions.into_iter().flat_map(|parts| join_small(parts, n_words)).collect();
    let matrix = match sides {
        Sides::Together if n_contexts == n_words => CountMatrix::symmetric(blocks),
        Sides::Together | Sides::Apart => CountMatrix::new(n_words, blocks),
    };
    progress.finish();
    Ok(matrix)
}

/// The ids of all documents with a boundary after each document, and so many at either end that every window lies within.
fn with_boundaries(sequences: &WordSequences, n_words: usize, window: usize) -> Vec<u32> {
    let mut ids = Vec::with_capacity(sequences.ids().len() + sequences.n_documents() + 2 * window);
    ids.resize(window, BOUNDARY);
    for document in 0..sequences.n_documents() {
        ids.extend(sequences.document(document).iter().map(|id| {
            assert!(id.index() < n_words, "word id {} of {n_words} words", id.0);
            id.0
        }));
        ids.push(BOUNDARY);
    }
    ids.resize(ids.len() + window, BOUNDARY);
    ids
}

/// A run of neighbouring words, with the number of tokens of each.
struct WordRun {
    first_word: u32,
    counts: Vec<usize>,
    n_tokens: usize,
}

impl WordRun {
    /// The first `n_words` words, whatever ids there are beyond.
    fn of_first(ids: &[u32], n_words: usize) -> Self {
        let mut counts = vec![0usize; n_words];
        for &id in ids {
            if let Some(count) = counts.get_mut(id as usize) {
                *count += 1;
            }
        }
        Self { first_word: 0, n_tokens: counts.iter().sum(), counts }
    }

    /// Cuts the run into at most about `n_parts` runs of equally many tokens; a word is never divided.
    fn cut(&self, n_parts: usize) -> Vec<Self> {
        let share = self.n_tokens.div_ceil(n_parts).max(1);
        let mut parts = Vec::with_capacity(n_parts);
        let empty = |first_word| Self { first_word, counts: Vec::new(), n_tokens: 0 };
        let mut part = empty(self.first_word);
        for (word, &count) in (self.first_word..).zip(&self.counts) {
            part.counts.push(count);
            part.n_tokens += count;
            if part.n_tokens >= share {
                parts.push(std::mem::replace(&mut part, empty(word + 1)));
            }
        }
        if !part.counts.is_empty() {
            parts.push(part);
        }
        parts
    }
}

/// The rows of one task, a matrix for each direction, from the positions of its words. `row` is all zero before and after.
fn count_rows(
    ids: &[u32],
    task: &WordRun,
    positions: &[usize],
    weights: &[u64],
    scale: u64,
    sides: Sides,
    row: &mut [u64],
) -> Vec<CsMatI<f32, u32, usize>> {
    let n_words = row.len();
    let window = weights.len();
    let mut touched: Vec<u32> = Vec::new();
    let mut surroundings: Vec<u32> = Vec::with_capacity(2 * window * GATHERED);
    let mut count_direction = |direction: Direction| {
        let mut offsets = Vec::with_capacity(task.counts.len() + 1);
        offsets.push(0);
        let mut columns: Vec<u32> = Vec::new();
        let mut values: Vec<f32> = Vec::new();
        let mut start = 0;
        for &count in &task.counts {
            for gathered in positions[start..start + count].chunks(GATHERED) {
                // The surroundings of a rare word lie far apart: copied first, without a branch between them, they are fetched together.
                surroundings.clear();
                for &position in gathered {
                    if direction != Direction::After {
                        surroundings.extend(ids[position - window..position].iter().rev());
                    }
                    if direction != Direction::Before {
                        surroundings.extend_from_slice(&ids[position + 1..=position + window]);
                    }
                }
                for side in surroundings.chunks_exact(window) {
                    for (&id, &weight) in side.iter().zip(weights) {
                        if id == BOUNDARY {
                            break;
                        }
                        let sum = &mut row[id as usize];
                        if *sum == 0 {
                            touched.push(id);
                        }
                        *sum += weight;
                    }
                }
            }
            start += count;
            if touched.len() > n_words / DENSE_SHARE {
                touched.clear();
                touched.extend((0..n_words as u32).filter(|&id| row[id as usize] != 0));
            } else {
                touched.sort_unstable();
            }
            for id in touched.drain(..) {
                columns.push(id);
                values.push((std::mem::take(&mut row[id as usize]) as f64 / scale as f64) as f32);
            }
            offsets.push(columns.len());
        }
        columns.shrink_to_fit();
        values.shrink_to_fit();
        CsMatI::new((task.counts.len(), n_words), offsets, columns, values)
    };
    sides.directions().iter().map(|&direction| count_direction(direction)).collect()
}

/// The positions of each word of the run in `ids`, ascending, word after word.
fn positions(ids: &[u32], run: &WordRun) -> Vec<usize> {
    let mut next = Vec::with_capacity(run.counts.len());
    let mut end = 0;
    for count in &run.counts {
        next.push(end);
        end += count;
    }
    let mut positions = vec![0; run.n_tokens];
    let n_run_words = run.counts.len() as u32;
    for (position, &id) in ids.iter().enumerate() {
        let local = id.wrapping_sub(run.first_word);
        if local < n_run_words {
            let slot = &mut next[local as usize];
            positions[*slot] = position;
            *slot += 1;
        }
    }
    positions
}

/// The definition, pair by pair: the oracle.
#[cfg(test)]
fn co_occurrences_by_definition(sequences: &WordSequences, n_words: usize, weight: impl Fn(usize) -> f64, window: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n_words * n_words];
    for document in 0..sequences.n_documents() {
        let ids = sequences.document(document);
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
    use crate::budget::MemoryBudget;
    use crate::matrix::Contexts;
    use crate::words::WordId;
    use proptest::prelude::*;

    fn dense(matrix: &CountMatrix) -> Vec<f64> {
        let mut dense = Vec::new();
        for block in matrix.blocks() {
            for row in block.outer_iterator() {
                let start = dense.len();
                dense.resize(start + matrix.n_columns(), 0.0);
                row.iter().for_each(|(column, &value)| dense[start + column] = f64::from(value));
            }
        }
        dense
    }

    fn count(sequences: &WordSequences, n_words: usize, size: usize, distance_weights: DistanceWeights, sides: Sides) -> CountMatrix {
        let contexts = Contexts::Window { size, distance_weights, sides, max_contexts: None };
        contexts.count(sequences, n_words, MemoryBudget::default(), &()).unwrap()
    }

    #[test]
    fn harmonic_weights_are_exact_up_to_a_window_of_22() {
        assert_eq!(DistanceWeights::Harmonic.scaled(10).1, 2520);
        assert_eq!(DistanceWeights::Harmonic.scaled(4), (vec![12, 6, 4, 3], 12));
        assert_eq!(DistanceWeights::Harmonic.scaled(22).1, 232_792_560);
        assert_eq!(DistanceWeights::Harmonic.scaled(50).1, HARMONIC_SCALE);
        assert_eq!(DistanceWeights::Linear.scaled(3), (vec![3, 2, 1], 3));
    }

    #[test]
    fn a_hand_worked_window() {
        // Document 1: a b a; document 2: b b. Window 2, weights 1/d.
        // a-b: positions (0,1), (1,2) in both orders: 2. a-a: (0,2) at distance 2, both orders: 2 * 1/2 = 1. b-b: 2.
        let ids = [0, 1, 0, 1, 1].map(WordId).to_vec();
        let sequences = WordSequences::new(ids, vec![3, 5]);
        let counts = count(&sequences, 2, 2, DistanceWeights::Harmonic, Sides::Together);
        assert_eq!(dense(&counts), [1.0, 2.0, 2.0, 2.0]);
        // After a: b at 1, a at 2 (1/2). After b: a at 1, and in document 2 b. Then before a: b, a (1/2); before b: a, b.
        let counts = count(&sequences, 2, 2, DistanceWeights::Harmonic, Sides::Apart);
        assert_eq!(dense(&counts), [0.5, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0]);
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
                    DistanceWeights::Flat => 1.0,
                };
                let expected = co_occurrences_by_definition(&sequences, 7, weight, window);
                let counted = dense(&count(&sequences, 7, window, weights, Sides::Together));
                let apart = dense(&count(&sequences, 7, window, weights, Sides::Apart));
                // Fewer contexts are the first rows, on each side.
                for (sides, rows) in [(Sides::Together, counted[..21].to_vec()), (Sides::Apart, [&apart[..21], &apart[49..70]].concat())] {
                    let contexts = Contexts::Window { size: window, distance_weights: weights, sides, max_contexts: Some(3) };
                    let fewer = contexts.count(&sequences, 7, MemoryBudget::default(), &()).unwrap();
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
