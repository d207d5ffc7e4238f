//! The steps of k-means: points to their nearest means, and means to the middle of their points.
//!
//! The nearest mean has the least `|c|^2 / 2 - x.c`, for all points and means one dense product,
//! cut into chunks of points; an equal distance goes to the lower cluster. Chunks and the pieces of
//! sums depend on the data alone, and sums are in `f64` and in the order of the points: the same
//! bits on any number of threads.

use crate::linalg::instructions::arch;
use crate::linalg::product::multiply;
use std::ops::Range;

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

/// Points in one product with the means: 300 KiB at 300 dimensions, which stay in the second-level
/// cache.
pub(super) const CHUNK: usize = 256;

/// Points of a cluster that one task sums.
const PIECE: usize = 1024;

/// Points in rows.
#[derive(Clone, Copy)]
pub(super) struct Points<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) dim: usize,
}

impl<'a> Points<'a> {
    pub(super) fn len(self) -> usize {
        self.numbers.len() / self.dim
    }

    pub(super) fn point(self, number: usize) -> &'a [f32] {
        &self.numbers[number * self.dim..][..self.dim]
    }
}

/// Updates the squared distances of a chunk of points to the nearest mean with one more mean, and
/// sums them.
pub(super) struct Nearer<'a> {
    pub(super) mean: &'a [f32],
    pub(super) chunk: &'a [f32],
    pub(super) distances: &'a mut [f64],
}

impl pulp::NullaryFnOnce for Nearer<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let Self { mean, chunk, distances } = self;
        let mut sum = 0.0;
        for (distance, point) in distances.iter_mut().zip(chunk.chunks_exact(mean.len())) {
            let to_mean = squared_distance(point, mean);
            // Not `min`, which would lose a NaN.
            if to_mean < *distance || to_mean.is_nan() {
                *distance = to_mean;
            }
            sum += *distance;
        }
        sum
    }
}

/// Gives every point the nearest mean and its squared distance to it; returns whether the mean of
/// any point has changed.
pub(super) fn move_to_nearest(
    points: Points,
    means: &[f32],
    clusters: &mut [u32],
    distances: &mut [f64],
) -> bool {
    let n_clusters = means.len() / points.dim;
    let half_squares: Vec<f32> = means
        .chunks_exact(points.dim)
        .map(|mean| {
            (mean.iter().map(|&number| f64::from(number) * f64::from(number)).sum::<f64>() / 2.0)
                as f32
        })
        .collect();
    let chunks = clusters
        .par_chunks_mut(CHUNK)
        .zip(distances.par_chunks_mut(CHUNK))
        .zip(points.numbers.par_chunks(CHUNK * points.dim));
    chunks
        .map_init(
            || vec![0.0f32; CHUNK * n_clusters],
            |products, ((clusters, distances), chunk)| {
                let n_rows = clusters.len();
                let products = &mut products[..n_rows * n_clusters];
                let rows = MatRef::from_row_major_slice(chunk, n_rows, points.dim);
                let columns =
                    MatRef::from_row_major_slice(means, n_clusters, points.dim).transpose();
                let product = MatMut::from_column_major_slice_mut(products, n_rows, n_clusters);
                multiply(product, Accum::Replace, rows, columns);
                arch().dispatch(Nearest {
                    means,
                    half_squares: &half_squares,
                    chunk,
                    products,
                    clusters,
                    distances,
                })
            },
        )
        .reduce(|| false, |left, right| left | right)
}

/// Finds the nearest means of a chunk of points.
struct Nearest<'a> {
    means: &'a [f32],
    /// `|c|^2 / 2` of each mean.
    half_squares: &'a [f32],
    chunk: &'a [f32],
    /// `x.c`: a column of points for each mean.
    products: &'a [f32],
    clusters: &'a mut [u32],
    distances: &'a mut [f64],
}

impl pulp::NullaryFnOnce for Nearest<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let Self { means, half_squares, chunk, products, clusters, distances } = self;
        let (mut least, mut nearest) = ([f32::INFINITY; CHUNK], [0u32; CHUNK]);
        for (cluster, (column, half_square)) in
            products.chunks_exact(clusters.len()).zip(half_squares).enumerate()
        {
            for ((least, nearest), product) in least.iter_mut().zip(&mut nearest).zip(column) {
                let score = half_square - product;
                let is_nearer = score < *least;
                *least = if is_nearer { score } else { *least };
                *nearest = if is_nearer { cluster as u32 } else { *nearest };
            }
        }
        let dim = chunk.len() / clusters.len();
        let mut has_moved = false;
        for (((cluster, distance), &nearest), point) in
            clusters.iter_mut().zip(distances).zip(&nearest).zip(chunk.chunks_exact(dim))
        {
            has_moved |= std::mem::replace(cluster, nearest) != nearest;
            // Computed again, because the difference of the squares above has lost digits.
            *distance = squared_distance(point, &means[nearest as usize * dim..][..dim]);
        }
        has_moved
    }
}

/// Gives every empty cluster the point that is farthest from its mean (the first among equals),
/// from a cluster that has others.
pub(super) fn fill_empty_clusters(n_clusters: usize, clusters: &mut [u32], distances: &mut [f64]) {
    let mut sizes = vec![0usize; n_clusters];
    clusters.iter().for_each(|&cluster| sizes[cluster as usize] += 1);
    for empty in 0..n_clusters {
        if sizes[empty] > 0 {
            continue;
        }
        let mut farthest = None;
        for (number, &distance) in distances.iter().enumerate() {
            if distance > farthest.map_or(0.0, |number: usize| distances[number])
                && sizes[clusters[number] as usize] > 1
            {
                farthest = Some(number);
            }
        }
        let Some(number) = farthest else { return };
        sizes[clusters[number] as usize] -= 1;
        sizes[empty] = 1;
        clusters[number] = empty as u32;
        distances[number] = 0.0;
    }
}

/// Moves each mean to the middle of its points; the mean of an empty cluster stays.
pub(super) fn move_means(points: Points, clusters: &[u32], means: &mut [f32]) {
    let dim = points.dim;
    let n_clusters = means.len() / dim;
    // The points in the order of their clusters, those of a cluster in their own order.
    let mut ends = vec![0usize; n_clusters];
    clusters.iter().for_each(|&cluster| ends[cluster as usize] += 1);
    let mut n_before = 0;
    for end in &mut ends {
        n_before += std::mem::replace(end, n_before);
    }
    let mut members = vec![0usize; clusters.len()];
    for (number, &cluster) in clusters.iter().enumerate() {
        members[ends[cluster as usize]] = number;
        ends[cluster as usize] += 1;
    }
    let begins = std::iter::once(0).chain(ends.iter().copied());
    let of_clusters: Vec<Range<usize>> =
        begins.zip(&ends).map(|(begin, &end)| begin..end).collect();
    let pieces: Vec<Range<usize>> = of_clusters
        .iter()
        .flat_map(|it| it.clone().step_by(PIECE).map(|begin| begin..it.end.min(begin + PIECE)))
        .collect();
    let sums: Vec<Vec<f64>> = pieces
        .par_iter()
        .map(|piece| {
            let mut sum = vec![0.0f64; dim];
            for &number in &members[piece.clone()] {
                sum.iter_mut()
                    .zip(points.point(number))
                    .for_each(|(sum, &number)| *sum += f64::from(number));
            }
            sum
        })
        .collect();
    let mut sums = sums.into_iter();
    for (mean, members) in means.chunks_exact_mut(dim).zip(of_clusters) {
        let n_pieces = members.len().div_ceil(PIECE);
        let Some(mut total) = (n_pieces > 0).then(|| sums.next()).flatten() else { continue };
        for sum in sums.by_ref().take(n_pieces - 1) {
            total.iter_mut().zip(sum).for_each(|(total, sum)| *total += sum);
        }
        mean.iter_mut()
            .zip(total)
            .for_each(|(mean, total)| *mean = (total / members.len() as f64) as f32);
    }
}

/// `|x - y|^2` in 16 lanes that are added at the end in a fixed order.
#[inline(always)]
fn squared_distance(left: &[f32], right: &[f32]) -> f64 {
    let (left_chunks, left_tail) = left.as_chunks::<16>();
    let (right_chunks, right_tail) = right.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for (left, right) in left_chunks.iter().zip(right_chunks) {
        for lane in 0..16 {
            let difference = left[lane] - right[lane];
            sums[lane] += difference * difference;
        }
    }
    for (lane, (left, right)) in left_tail.iter().zip(right_tail).enumerate() {
        sums[lane] += (left - right) * (left - right);
    }
    sums.iter().map(|&sum| f64::from(sum)).sum()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::random::uniform;

    /// Values from -1 to 1, determined by the seed.
    pub(crate) fn scattered(n_points: usize, dim: usize, seed: u64) -> Vec<f32> {
        (0..n_points * dim)
            .map(|number| (2.0 * uniform(seed, 7, number as u64) - 1.0) as f32)
            .collect()
    }

    pub(crate) fn naive_distance(left: &[f32], right: &[f64]) -> f64 {
        left.iter().zip(right).map(|(&left, right)| (f64::from(left) - right).powi(2)).sum()
    }

    #[test]
    fn a_step_is_that_of_a_plain_double_loop() {
        // Two whole chunks and a short one, and dimensions with a tail.
        let (n_points, dim, k) = (2 * CHUNK + 37, 19, 7);
        let numbers = scattered(n_points, dim, 1);
        let points = Points { numbers: &numbers, dim };
        let mut means = scattered(k, dim, 2);
        let (mut clusters, mut distances) = (vec![u32::MAX; n_points], vec![0.0; n_points]);
        assert!(move_to_nearest(points, &means, &mut clusters, &mut distances));
        for (number, point) in numbers.chunks(dim).enumerate() {
            let to = |cluster: usize| {
                naive_distance(
                    point,
                    &means[cluster * dim..][..dim]
                        .iter()
                        .map(|&mean| f64::from(mean))
                        .collect::<Vec<_>>(),
                )
            };
            let nearest = (0..k).min_by(|&left, &right| to(left).total_cmp(&to(right))).unwrap();
            assert_eq!(clusters[number] as usize, nearest);
            assert!((distances[number] - to(nearest)).abs() < 1e-5);
        }
        move_means(points, &clusters, &mut means);
        for (cluster, mean) in means.chunks(dim).enumerate() {
            let members: Vec<&[f32]> = numbers
                .chunks(dim)
                .zip(&clusters)
                .filter(|(_, other)| **other as usize == cluster)
                .map(|(point, _)| point)
                .collect();
            for (axis, &mean) in mean.iter().enumerate() {
                let expected = members.iter().map(|point| f64::from(point[axis])).sum::<f64>()
                    / members.len() as f64;
                assert!((f64::from(mean) - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_mean_of_many_pieces_is_the_mean() {
        let n_points = 3 * PIECE + 5;
        let numbers: Vec<f32> = (0..n_points).map(|number| number as f32).collect();
        let mut means = vec![-1.0, -1.0];
        move_means(Points { numbers: &numbers, dim: 1 }, &vec![1; n_points], &mut means);
        assert_eq!(means, [-1.0, (n_points - 1) as f32 / 2.0]);
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_point() {
        let (mut clusters, mut distances) = (vec![0, 0, 2, 0], vec![1.0, 4.0, 9.0, 4.0]);
        fill_empty_clusters(4, &mut clusters, &mut distances);
        // The point at distance 9 is alone in its cluster and stays; 1 and 3 are as far, the first
        // goes to the first empty cluster.
        assert_eq!((clusters, distances), (vec![0, 1, 2, 3], vec![1.0, 0.0, 9.0, 0.0]));
    }
}
