//! The nearest points of each point, exactly, by dense products.
//!
//! In: points of unit length in rows. Out: for each of them those of a range with the greatest
//! cosines. A block of points is multiplied with all of the range at once, and each row keeps its
//! best. Cost: `2 n m dim` operations for `n` points and a range of `m`. Memory: the products of a
//! block, 64 times the range, for each thread; and the answers.

use std::ops::Range;

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::linalg::product::multiply;

/// Points compared with all others in one product.
const POINTS_AT_A_TIME: usize = 64;

/// For each point its nearest others with their cosines, best first; of equal ones the lower number
/// first. A point is not among its own.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestPoints {
    /// The answers for each point.
    pub of_points: Vec<Vec<(u32, f32)>>,
}

/// The `k` nearest of the points `among` for every point; fewer if there are no more.
///
/// # Errors
/// [`Error::Interrupted`].
///
/// # Panics
/// If the range is not one of points.
pub fn nearest_points(
    units: &[f32],
    dim: usize,
    among: Range<usize>,
    k: usize,
    progress: &dyn Progress,
) -> Result<NearestPoints> {
    let n = among.len();
    let columns = MatRef::from_row_major_slice(&units[among.start * dim..among.end * dim], n, dim);
    let columns = columns.transpose();
    let n_points = units.len() / dim;
    progress.start(Stage::Neighbors, Some(n_points as u64));
    let of_chunk = |(chunk, asked): (usize, &[f32])| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let m = asked.len() / dim;
        let mut products = vec![0.0f32; m * n];
        let rows = MatRef::from_row_major_slice(asked, m, dim);
        multiply(
            MatMut::from_row_major_slice_mut(&mut products, m, n),
            Accum::Replace,
            rows,
            columns,
        );
        let of_row = |row: usize| {
            let cosines = &products[row * n..][..n];
            let own = chunk * POINTS_AT_A_TIME + row;
            let mut order: Vec<u32> =
                (0..n as u32).filter(|&other| among.start + other as usize != own).collect();
            let nearer = |a: &u32, b: &u32| {
                cosines[*b as usize].total_cmp(&cosines[*a as usize]).then(a.cmp(b))
            };
            let k = k.min(order.len());
            if k > 0 {
                order.select_nth_unstable_by(k - 1, nearer);
            }
            order.truncate(k);
            order.sort_unstable_by(nearer);
            let answer = |other: u32| (among.start as u32 + other, cosines[other as usize]);
            order.into_iter().map(answer).collect::<Vec<_>>()
        };
        let neighbors = (0..m).map(of_row).collect::<Vec<_>>();
        progress.advance(m as u64);
        Ok(neighbors)
    };
    let chunks: Vec<Vec<_>> = units
        .par_chunks(POINTS_AT_A_TIME * dim)
        .enumerate()
        .map(of_chunk)
        .collect::<Result<_>>()?;
    progress.finish();
    Ok(NearestPoints { of_points: chunks.into_iter().flatten().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;
    use crate::linalg::dot::dot;

    #[test]
    fn they_are_those_of_a_plain_loop() {
        let dim = 7;
        let units: Vec<f32> =
            (0..150 * dim as u64).map(|at| uniform(3, at, 0) as f32 - 0.5).collect();
        let row = |point: usize| &units[point * dim..][..dim];
        for among in [0..150, 0..40, 90..150, 12..13] {
            let found = nearest_points(&units, dim, among.clone(), 5, &()).unwrap();
            for (point, answers) in found.of_points.iter().enumerate() {
                let mut others: Vec<(u32, f32)> = among
                    .clone()
                    .filter(|&other| other != point)
                    .map(|other| (other as u32, dot(row(point), row(other))))
                    .collect();
                others.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                others.truncate(5);
                let numbers = |list: &[(u32, f32)]| list.iter().map(|it| it.0).collect::<Vec<_>>();
                assert_eq!(numbers(answers), numbers(&others), "point {point} of {among:?}");
                let near = answers.iter().zip(&others).all(|(a, b)| (a.1 - b.1).abs() < 1e-5);
                assert!(near, "point {point} of {among:?}");
            }
        }
    }
}
