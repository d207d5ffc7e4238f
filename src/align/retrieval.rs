//! The nearest rows across two sets of rows, in both directions at once, and cross-domain
//! similarity local scaling (CSLS).
//!
//! In: unit rows `a` (`n x dim`) and `b` (`m x dim`) in one space. Out: for each row its best of
//! the other side. CSLS(x, y) = 2 cos(x, y) - r(x) - r(y), where r is the mean cosine of a row to
//! its [`CSLS_NEIGHBORS`] nearest of the other side (Conneau et al. 2018, section 2.3). It lowers
//! the scores of hubs, rows that are near everything.
//!
//! The product of both sides is computed and searched block by block (`block_search.rs`), so
//! nothing of size `n x m` exists: the memory is `8 (n + m) top` bytes for each of [`TASKS`] tasks
//! and a block for each thread. Tasks depend on the data alone and are merged in order, and equal
//! scores go to the lower id: the same bits on any number of threads. Cost: `2 n m dim` operations.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use super::best::{Best, UnitRows};
use super::block_search::{BLOCK_ROWS, BlockSearch, Handicaps};
use crate::base::progress::Progress;

/// Neighbours that the mean cosine is taken over: Conneau et al. 2018 found 5, 10 and 50 alike.
pub const CSLS_NEIGHBORS: usize = 10;

/// Tasks that the rows of `a` are cut into, each with its own best of every column.
const TASKS: usize = 16;

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
    pub fn new(a: UnitRows<'_>, b: UnitRows<'_>) -> Self {
        Self::with_progress(a, b, &())
    }

    /// The same; `progress` receives the rows of `a`.
    pub(super) fn with_progress(a: UnitRows<'_>, b: UnitRows<'_>, progress: &dyn Progress) -> Self {
        let (from_a, from_b) = best_both_with(a, b, CSLS_NEIGHBORS, CSLS_NEIGHBORS, None, progress);
        Self { a: from_a.means(), b: from_b.means() }
    }
}

/// The `top_a` best rows of `b` for each row of `a` and the `top_b` best rows of `a` for each row
/// of `b`, in one pass; by cosine, or with `hubness` by CSLS. A `top` of 0 skips that side.
///
/// # Panics
/// If the dimensions differ, or `hubness` is not of so many rows.
pub fn best_both(
    a: UnitRows<'_>,
    b: UnitRows<'_>,
    top_a: usize,
    top_b: usize,
    hubness: Option<&Hubness>,
) -> (Best, Best) {
    best_both_with(a, b, top_a, top_b, hubness, &())
}

/// The same; `progress` receives the rows of `a`. The result is invalid if it was cancelled.
pub(super) fn best_both_with(
    a: UnitRows<'_>,
    b: UnitRows<'_>,
    top_a: usize,
    top_b: usize,
    hubness: Option<&Hubness>,
    progress: &dyn Progress,
) -> (Best, Best) {
    assert_eq!(a.dim, b.dim, "rows of {} and of {} numbers", a.dim, b.dim);
    let (n, m) = (a.len(), b.len());
    let handicaps = Handicaps::new(a, b, hubness.map(|it| [&it.a[..], &it.b[..]]));
    let rows_per_task = n.div_ceil(TASKS).next_multiple_of(BLOCK_ROWS).max(BLOCK_ROWS);
    let parts: Vec<(Best, Best)> = a
        .data
        .par_chunks(rows_per_task * a.dim)
        .enumerate()
        .map(|(task, rows)| {
            let search = BlockSearch {
                first_row: task * rows_per_task,
                a: UnitRows::new(rows, a.dim),
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

/// Turns scores without the half of their own row into CSLS.
fn finish_csls(best: &mut Best, own: &[f32]) {
    let top = best.top;
    if top > 0 {
        best.scores.par_chunks_exact_mut(top).zip(own).for_each(|(scores, own)| {
            scores.iter_mut().for_each(|score| *score = 2.0 * *score - own);
        });
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
        a: UnitRows<'_>,
        b: UnitRows<'_>,
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
            let found: Vec<(u32, f32)> = found.row(row).collect();
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
        let (a, b) = (UnitRows::new(&left, 12), UnitRows::new(&right[12 * 3..], 12));
        let (from_a, from_b) = best_both(a, b, 10, 7, None);
        assert_same(&from_a, &plain(a, b, 10, |_, _, cosine| cosine));
        assert_same(&from_b, &plain(b, a, 7, |_, _, cosine| cosine));
        let mean = |best: &[Vec<(u32, f64)>]| -> Vec<f64> {
            best.iter()
                .map(|row| row.iter().map(|it| it.1).sum::<f64>() / row.len().max(1) as f64)
                .collect()
        };
        let (r_a, r_b) = (mean(&plain(a, b, 10, |_, _, c| c)), mean(&plain(b, a, 10, |_, _, c| c)));
        let hubness = Hubness::new(a, b);
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
        let (from_a, from_b) = best_both(UnitRows::new(&a, 2), UnitRows::new(&b, 2), 5, 1, None);
        assert_eq!(from_a.row(0).collect::<Vec<_>>(), [(1, 1.0), (2, 1.0), (3, -1.0)]);
        assert_eq!(from_a.row(1).count(), 0);
        assert_eq!(
            (0..4).map(|row| from_b.row(row).next()).collect::<Vec<_>>(),
            [None, Some((0, 1.0)), Some((0, 1.0)), Some((0, -1.0))]
        );
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let (left, right) = (unit_rows(5000, 20), unit_rows(3000, 20));
        let (a, b) = (UnitRows::new(&left, 20), UnitRows::new(&right, 20));
        let answers: Vec<(Best, Best)> = [1, 2, 3, 8]
            .map(|n_threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                pool.install(|| best_both(a, b, 10, 10, Some(&Hubness::new(a, b))))
            })
            .into();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
}
