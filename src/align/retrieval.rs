//! The nearest rows across two sets of rows, in both directions at once, and cross-domain
//! similarity local scaling (CSLS).
//!
//! In: unit rows `a` (`n x dim`) and `b` (`m x dim`) in one space. Out: for each row its best of
//! the other side. CSLS(x, y) = 2 cos(x, y) - r(x) - r(y), where r is the mean cosine of a row to
//! its [`CSLS_NEIGHBORS`] nearest of the other side (Conneau et al. 2018, section 2.3): a row that
//! is near to everything, a hub, is near to nothing in particular.
//!
//! A block of `a` times a block of `b` is one dense product; while it is in the cache, each of its
//! numbers is held against the worst of the best so far of its row and of its column. Nothing of
//! size `n x m` exists: the memory is `8 (n + m) top` bytes for each of [`TASKS`] tasks and a block
//! for each thread. Tasks are cut by the data and merged in order, equal scores go to the lower id:
//! the same bits on any number of threads. Cost: `2 n m dim` operations.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::progress::Progress;

/// Neighbours that the mean cosine is taken over: Conneau et al. 2018 found 5, 10 and 50 alike.
pub const CSLS_NEIGHBORS: usize = 10;

/// Rows of `a` in a block: with 1,024 columns a block is 1 MiB.
const BLOCK_ROWS: usize = 256;

/// Rows of `b` in a block.
const BLOCK_COLUMNS: usize = 1024;

/// Tasks that the rows of `a` are cut into, each with its own best of every column.
const TASKS: usize = 16;

/// Numbers of a block that are looked at together.
const LANES: usize = 16;

/// How candidates are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Retrieval {
    /// By the cosine.
    Nearest,
    /// By cross-domain similarity local scaling.
    Csls,
}

impl Retrieval {
    /// Both, in the order in which they are reported.
    pub const ALL: [Self; 2] = [Self::Nearest, Self::Csls];

    /// The name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Csls => "csls",
        }
    }
}

/// Bytes that finding the `top` best takes for so many rows of both sides together, beside a block
/// for each thread.
pub(super) fn memory_bytes(n_rows: usize, top: usize) -> u64 {
    8 * (TASKS * n_rows * top) as u64
}

/// Unit rows of one side, `n x dim`; rows of zeros are never found.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Row after row.
    pub data: &'a [f32],
    /// Numbers in a row.
    pub dim: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `dim` numbers.
    ///
    /// # Panics
    /// If `dim` is 0, or the last row is not whole.
    pub fn new(data: &'a [f32], dim: usize) -> Self {
        assert!(
            dim > 0 && data.len().is_multiple_of(dim),
            "{} numbers in rows of {dim}",
            data.len()
        );
        Self { data, dim }
    }

    /// Number of rows.
    pub fn len(self) -> usize {
        self.data.len() / self.dim
    }

    /// Whether there is no row.
    pub fn is_empty(self) -> bool {
        self.data.is_empty()
    }

    /// The first rows.
    pub fn first(self, n_rows: usize) -> Self {
        Self { data: &self.data[..n_rows.min(self.len()) * self.dim], dim: self.dim }
    }
}

/// The best of the other side for each row of one side: `n x top`, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// Places kept for each row.
    pub top: usize,
    /// Scores, best first; `-inf` where there are fewer candidates than places.
    pub scores: Vec<f32>,
    /// Row numbers of the other side; `u32::MAX` where there are fewer candidates than places.
    pub ids: Vec<u32>,
}

impl Best {
    fn new(n_rows: usize, top: usize) -> Self {
        Self {
            top,
            scores: vec![f32::NEG_INFINITY; n_rows * top],
            ids: vec![u32::MAX; n_rows * top],
        }
    }

    /// The answers for a row: row number of the other side and score, best first.
    pub fn of(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = row * self.top..(row + 1) * self.top;
        self.ids[range.clone()]
            .iter()
            .copied()
            .zip(self.scores[range].iter().copied())
            .filter(|&(id, _)| id != u32::MAX)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ids.len() / self.top.max(1)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The mean score of each row's answers, 0 for a row without any.
    pub fn means(&self) -> Vec<f32> {
        (0..self.len())
            .map(|row| {
                let (sum, n) = self
                    .of(row)
                    .fold((0.0f64, 0u32), |(sum, n), (_, score)| (sum + f64::from(score), n + 1));
                if n == 0 { 0.0 } else { (sum / f64::from(n)) as f32 }
            })
            .collect()
    }

    /// Puts a candidate in its place among the best of a row; candidates come by rising id, so an
    /// equal score stays behind.
    #[inline]
    fn insert(&mut self, row: usize, score: f32, id: u32) {
        let begin = row * self.top;
        let mut place = begin + self.top - 1;
        while place > begin && self.scores[place - 1] < score {
            self.scores[place] = self.scores[place - 1];
            self.ids[place] = self.ids[place - 1];
            place -= 1;
        }
        self.scores[place] = score;
        self.ids[place] = id;
    }

    fn worst(&self, row: usize) -> f32 {
        self.scores[(row + 1) * self.top - 1]
    }

    /// Takes in the best of later candidates.
    fn merge(&mut self, later: &Self) {
        for row in 0..self.len() {
            for place in row * self.top..(row + 1) * self.top {
                let score = later.scores[place];
                if score > self.worst(row) {
                    self.insert(row, score, later.ids[place]);
                }
            }
        }
    }
}

/// How near each row is to the other side in general: the mean cosine to its [`CSLS_NEIGHBORS`]
/// nearest.
#[derive(Debug, Clone, PartialEq)]
pub struct Hubness {
    /// For each row of `a`.
    pub a: Vec<f32>,
    /// For each row of `b`.
    pub b: Vec<f32>,
}

impl Hubness {
    /// Means over all of both sides, in one pass.
    pub fn of(a: Rows<'_>, b: Rows<'_>) -> Self {
        Self::of_with(a, b, &())
    }

    /// The same; `progress` hears of the rows of `a`.
    pub(super) fn of_with(a: Rows<'_>, b: Rows<'_>, progress: &dyn Progress) -> Self {
        let (from_a, from_b) = best_both_with(a, b, CSLS_NEIGHBORS, CSLS_NEIGHBORS, None, progress);
        Self { a: from_a.means(), b: from_b.means() }
    }
}

/// The `top_a` best rows of `b` for each row of `a` and the `top_b` best rows of `a` for each row
/// of `b`, in one pass; by cosine, or with `hubness` by CSLS. A `top` of 0 asks for nothing of that
/// side.
///
/// # Panics
/// If the dimensions differ, or `hubness` is not of so many rows.
pub fn best_both(
    a: Rows<'_>,
    b: Rows<'_>,
    top_a: usize,
    top_b: usize,
    hubness: Option<&Hubness>,
) -> (Best, Best) {
    best_both_with(a, b, top_a, top_b, hubness, &())
}

/// The same; `progress` hears of the rows of `a`. What is found is of no use if it was cancelled.
pub(super) fn best_both_with(
    a: Rows<'_>,
    b: Rows<'_>,
    top_a: usize,
    top_b: usize,
    hubness: Option<&Hubness>,
    progress: &dyn Progress,
) -> (Best, Best) {
    assert_eq!(a.dim, b.dim, "rows of {} and of {} numbers", a.dim, b.dim);
    let (n, m) = (a.len(), b.len());
    let zeros: (Vec<f32>, Vec<f32>);
    // In halves: cos - r(x)/2 - r(y)/2 keeps the order, and the loop has one subtraction less.
    let halves: (Vec<f32>, Vec<f32>);
    let (lower_a, lower_b) = match hubness {
        None => {
            zeros = (vec![0.0; n], vec![0.0; m]);
            (&zeros.0, &zeros.1)
        }
        Some(hubness) => {
            assert_eq!((hubness.a.len(), hubness.b.len()), (n, m), "hubness of other rows");
            let half = |means: &[f32]| means.iter().map(|mean| mean / 2.0).collect();
            halves = (half(&hubness.a), half(&hubness.b));
            (&halves.0, &halves.1)
        }
    };
    // Rows of zeros are nobody's neighbour.
    let handicap = |rows: Rows<'_>, lower: &[f32]| -> Vec<f32> {
        let is_zero = |row: &[f32]| row.iter().all(|&number| number == 0.0);
        rows.data
            .par_chunks_exact(rows.dim)
            .zip(lower)
            .map(|(row, &lower)| if is_zero(row) { f32::INFINITY } else { lower })
            .collect()
    };
    let handicaps = Handicaps { a: handicap(a, lower_a), b: handicap(b, lower_b) };
    let rows_per_task = n.div_ceil(TASKS).next_multiple_of(BLOCK_ROWS).max(BLOCK_ROWS);
    let parts: Vec<(Best, Best)> = a
        .data
        .par_chunks(rows_per_task * a.dim)
        .enumerate()
        .map(|(task, part)| {
            let search = Search {
                first_row: task * rows_per_task,
                a: Rows::new(part, a.dim),
                b,
                handicaps: &handicaps,
            };
            search.run(top_a, top_b, progress)
        })
        .collect();
    let mut from_a = Best {
        top: top_a,
        scores: Vec::with_capacity(n * top_a),
        ids: Vec::with_capacity(n * top_a),
    };
    let mut from_b = Best::new(m, top_b);
    for (part_a, part_b) in parts {
        from_a.scores.extend(part_a.scores);
        from_a.ids.extend(part_a.ids);
        if top_b > 0 {
            from_b.merge(&part_b);
        }
    }
    if let Some(hubness) = hubness {
        finish_csls(&mut from_a, &hubness.a);
        finish_csls(&mut from_b, &hubness.b);
    }
    (from_a, from_b)
}

/// Scores that left the row's own half out become CSLS.
fn finish_csls(best: &mut Best, own: &[f32]) {
    let top = best.top;
    if top > 0 {
        best.scores.par_chunks_exact_mut(top).zip(own).for_each(|(scores, own)| {
            scores.iter_mut().for_each(|score| *score = 2.0 * *score - own);
        });
    }
}

struct Handicaps {
    a: Vec<f32>,
    b: Vec<f32>,
}

/// One task: some rows of `a` against all of `b`.
struct Search<'a> {
    first_row: usize,
    a: Rows<'a>,
    b: Rows<'a>,
    handicaps: &'a Handicaps,
}

impl Search<'_> {
    fn run(&self, top_a: usize, top_b: usize, progress: &dyn Progress) -> (Best, Best) {
        let (dim, n, m) = (self.a.dim, self.a.len(), self.b.len());
        let mut from_a = Best::new(n, top_a);
        let mut from_b = Best::new(m, top_b);
        let mut worst_b = vec![if top_b == 0 { f32::INFINITY } else { f32::NEG_INFINITY }; m];
        let mut block = vec![0.0f32; BLOCK_ROWS * BLOCK_COLUMNS];
        let arch = pulp::Arch::new();
        for first_row in (0..n).step_by(BLOCK_ROWS) {
            if progress.is_cancelled() {
                break;
            }
            let n_rows = BLOCK_ROWS.min(n - first_row);
            let rows = MatRef::from_row_major_slice(
                &self.a.data[first_row * dim..][..n_rows * dim],
                n_rows,
                dim,
            );
            for first_column in (0..m).step_by(BLOCK_COLUMNS) {
                let n_columns = BLOCK_COLUMNS.min(m - first_column);
                let columns = MatRef::from_row_major_slice(
                    &self.b.data[first_column * dim..][..n_columns * dim],
                    n_columns,
                    dim,
                );
                let block = &mut block[..n_rows * n_columns];
                let product = MatMut::from_row_major_slice_mut(block, n_rows, n_columns);
                matmul(product, Accum::Replace, rows, columns.transpose(), 1.0, Par::Seq);
                arch.dispatch(Scan {
                    block,
                    first_row,
                    first_column,
                    n_columns,
                    handicap_a: &self.handicaps.a[self.first_row + first_row..],
                    handicap_b: &self.handicaps.b[first_column..][..n_columns],
                    id_of_first_row: (self.first_row + first_row) as u32,
                    from_a: &mut from_a,
                    from_b: &mut from_b,
                    worst_b: &mut worst_b[first_column..][..n_columns],
                });
            }
            progress.advance(n_rows as u64);
        }
        (from_a, from_b)
    }
}

/// Holds each number of a block against the worst of the best of its row and of its column.
struct Scan<'a> {
    block: &'a [f32],
    first_row: usize,
    first_column: usize,
    n_columns: usize,
    handicap_a: &'a [f32],
    handicap_b: &'a [f32],
    id_of_first_row: u32,
    from_a: &'a mut Best,
    from_b: &'a mut Best,
    worst_b: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Scan<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            block,
            first_row,
            first_column,
            n_columns,
            handicap_a,
            handicap_b,
            id_of_first_row,
            from_a,
            from_b,
            worst_b,
        } = self;
        for (row, numbers) in block.chunks_exact(n_columns).enumerate() {
            let own = handicap_a[row];
            // A row of zeros asks for nothing, and is found by nobody.
            if own == f32::INFINITY {
                continue;
            }
            let asks = from_a.top > 0;
            let mut worst = if asks { from_a.worst(first_row + row) } else { f32::INFINITY };
            for begin in (0..n_columns).step_by(LANES) {
                let end = (begin + LANES).min(n_columns);
                let (numbers, lower, worst_column) =
                    (&numbers[begin..end], &handicap_b[begin..end], &worst_b[begin..end]);
                let mut is_better = false;
                if end - begin == LANES {
                    for lane in 0..LANES {
                        is_better |= (numbers[lane] - lower[lane] > worst)
                            | (numbers[lane] - own > worst_column[lane]);
                    }
                } else {
                    is_better = true;
                }
                if !is_better {
                    continue;
                }
                for column in begin..end {
                    if handicap_b[column] == f32::INFINITY {
                        continue;
                    }
                    let number = block[row * n_columns + column];
                    let score = number - handicap_b[column];
                    if score > worst {
                        from_a.insert(first_row + row, score, (first_column + column) as u32);
                        worst = from_a.worst(first_row + row);
                    }
                    let score = number - own;
                    if score > worst_b[column] {
                        from_b.insert(first_column + column, score, id_of_first_row + row as u32);
                        worst_b[column] = from_b.worst(first_column + column);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::normalize::{Normalization, NormalizationStep};
    use crate::query::scattered;

    fn unit_rows(n: u32, dim: usize) -> Vec<f32> {
        Normalization::fit(
            &scattered(n, dim),
            vec![1.0; dim],
            &[NormalizationStep::Unit],
            usize::MAX,
        )
        .unwrap()
        .1
        .data
    }

    fn plain(
        a: Rows<'_>,
        b: Rows<'_>,
        top: usize,
        score: impl Fn(usize, usize, f64) -> f64,
    ) -> Vec<Vec<(u32, f64)>> {
        let is_zero = |row: &[f32]| row.iter().all(|&x| x == 0.0);
        a.data
            .chunks_exact(a.dim)
            .enumerate()
            .map(|(i, x)| {
                let mut all: Vec<(u32, f64)> = b
                    .data
                    .chunks_exact(b.dim)
                    .enumerate()
                    .filter(|(_, y)| !is_zero(x) && !is_zero(y))
                    .map(|(j, y)| {
                        (
                            j as u32,
                            score(
                                i,
                                j,
                                x.iter().zip(y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum(),
                            ),
                        )
                    })
                    .collect();
                all.sort_by(|l, r| r.1.total_cmp(&l.1).then(l.0.cmp(&r.0)));
                all.truncate(top);
                all
            })
            .collect()
    }

    #[track_caller]
    fn assert_same(found: &Best, expected: &[Vec<(u32, f64)>]) {
        assert_eq!(found.len(), expected.len());
        for (row, expected) in expected.iter().enumerate() {
            let found: Vec<(u32, f32)> = found.of(row).collect();
            assert_eq!(found.len(), expected.len(), "row {row}");
            for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert!(
                    (f64::from(found.1) - expected.1).abs() < 1e-5,
                    "row {row} place {place}: {found:?} {expected:?}"
                );
            }
        }
    }

    #[test]
    fn both_directions_agree_with_a_double_loop() {
        let (left, right) = (unit_rows(700, 12), unit_rows(1500, 12));
        let (a, b) = (Rows::new(&left, 12), Rows::new(&right[12 * 3..], 12));
        let (from_a, from_b) = best_both(a, b, 10, 7, None);
        assert_same(&from_a, &plain(a, b, 10, |_, _, cosine| cosine));
        assert_same(&from_b, &plain(b, a, 7, |_, _, cosine| cosine));
        let mean = |best: &[Vec<(u32, f64)>]| -> Vec<f64> {
            best.iter()
                .map(|row| row.iter().map(|it| it.1).sum::<f64>() / row.len().max(1) as f64)
                .collect()
        };
        let (r_a, r_b) = (mean(&plain(a, b, 10, |_, _, c| c)), mean(&plain(b, a, 10, |_, _, c| c)));
        let hubness = Hubness::of(a, b);
        assert!(
            hubness
                .b
                .iter()
                .zip(&r_b)
                .all(|(&found, &expected)| (f64::from(found) - expected).abs() < 1e-5)
        );
        let (from_a, from_b) = best_both(a, b, 3, 1, Some(&hubness));
        assert_same(&from_a, &plain(a, b, 3, |i, j, cosine| 2.0 * cosine - r_a[i] - r_b[j]));
        assert_same(&from_b, &plain(b, a, 1, |j, i, cosine| 2.0 * cosine - r_a[i] - r_b[j]));
    }

    #[test]
    fn equal_scores_go_to_the_lower_id_and_zeros_to_nobody() {
        let a = [1.0, 0.0, 0.0, 0.0];
        let b = [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, -1.0, 0.0];
        let (from_a, from_b) = best_both(Rows::new(&a, 2), Rows::new(&b, 2), 5, 1, None);
        assert_eq!(from_a.of(0).collect::<Vec<_>>(), [(1, 1.0), (2, 1.0), (3, -1.0)]);
        assert_eq!(from_a.of(1).count(), 0);
        assert_eq!(
            (0..4).map(|row| from_b.of(row).next()).collect::<Vec<_>>(),
            [None, Some((0, 1.0)), Some((0, 1.0)), Some((0, -1.0))]
        );
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let (left, right) = (unit_rows(5000, 20), unit_rows(3000, 20));
        let (a, b) = (Rows::new(&left, 20), Rows::new(&right, 20));
        let answers: Vec<(Best, Best)> = [1, 2, 3, 8]
            .map(|n_threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                pool.install(|| best_both(a, b, 10, 10, Some(&Hubness::of(a, b))))
            })
            .into();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
}
