//! k-means: groups points into `k` clusters such that the sum of the squared distances of the
//! points to the means of their clusters is small.
//!
//! In: `n x dim` values, one point a row, and k. Out: the cluster of each point, the means
//! (`k x dim`) and the sum, the inertia. Lloyd's iteration (Lloyd 1982) assigns every point to the
//! nearest mean, and moves every mean to the middle of its points, until no point changes. The
//! first means are k of the points, drawn by k-means++ (Arthur & Vassilvitskii 2007, section 2.2):
//! each with a probability proportional to its squared distance to the nearest one drawn before.
//! Each start ends in a local minimum, so there are several random restarts; the least inertia
//! wins, the earlier start among equals. To compare directions, use points of unit length: their
//! squared distance is `2 - 2 cos`.
//!
//! The steps are those of `kmeans_step.rs`. Cost: `2 n k dim` operations for a step of the
//! iteration, and as many for a start; memory beside the points: `20 n` bytes, `4 CHUNK k` for each
//! thread, and `8 dim` for each cluster and each `PIECE` points.

use rayon::prelude::*;

use super::kmeans_step::{CHUNK, Nearer, Points, fill_empty_clusters, move_means, move_to_nearest};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::random::uniform;
use crate::linalg::instructions::arch;

/// The settings of k-means.
///
/// ```
/// use eigenlex::query::KMeans;
/// // Two pairs, far from each other.
/// let points = [0.0, 0.0, 0.0, 1.0, 9.0, 9.0, 9.0, 8.0];
/// let clustering = KMeans::new(2).cluster(&points, 2, &())?;
/// assert_eq!(clustering.clusters[0], clustering.clusters[1]);
/// assert_ne!(clustering.clusters[0], clustering.clusters[2]);
/// assert_eq!(clustering.inertia, 1.0); // each point is 1/2 from the mean of its pair
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KMeans {
    /// Number of clusters, from 1 to the number of points.
    pub n_clusters: usize,
    /// Number of random starts, at least 1, of which the best is returned; the default is 10, as in
    /// other programs.
    pub n_starts: usize,
    /// The largest number of steps after one start, at least 1; the default is 300. A few tens are
    /// usual.
    pub max_iterations: usize,
    /// Seed of the starts; the default is 42.
    pub seed: u64,
}

/// Points in clusters.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Clustering {
    /// The cluster of each point, below `n_clusters`. A cluster is empty only if there are fewer
    /// distinct points than clusters, or the iteration stopped at the largest number of steps.
    pub clusters: Vec<u32>,
    /// The mean of each cluster: `n_clusters x dim`, row-major.
    pub means: Vec<f32>,
    /// The sum of the squared distances of the points to the means of their clusters.
    pub inertia: f64,
    /// Steps of the iteration after the start that won.
    pub iterations: usize,
    /// Whether the iteration reached a local minimum: no point changed its cluster any more.
    pub converged: bool,
}

impl KMeans {
    /// `n_clusters` clusters, with the defaults for the rest.
    pub fn new(n_clusters: usize) -> Self {
        Self { n_clusters, n_starts: 10, max_iterations: 300, seed: 42 }
    }

    /// Groups `n` points of `dim` values, row after row, into clusters.
    ///
    /// # Errors
    /// [`Error::TooManyClusters`]; [`Error::Parameter`] for no cluster, no start, or no step;
    /// [`Error::NotFinite`] if a point is not finite, or so far away that the square of a distance
    /// is not; [`Error::Interrupted`].
    ///
    /// # Panics
    /// If `dim` is 0, or the number of values is not a multiple of it.
    pub fn cluster(
        &self,
        points: &[f32],
        dim: usize,
        progress: &dyn Progress,
    ) -> Result<Clustering> {
        assert!(
            dim > 0 && points.len().is_multiple_of(dim),
            "{} numbers in points of {dim} dimensions",
            points.len()
        );
        let n_points = points.len() / dim;
        let parameter = |name, found: usize, expected: &str| Error::Parameter {
            name,
            found: found.to_string(),
            expected: expected.to_owned(),
        };
        if self.n_clusters == 0 {
            return Err(parameter("n_clusters", 0, "at least 1"));
        }
        if self.n_clusters > n_points || u32::try_from(self.n_clusters).is_err() {
            return Err(Error::TooManyClusters { n_clusters: self.n_clusters, n_points });
        }
        for (name, found) in [("n_starts", self.n_starts), ("max_iterations", self.max_iterations)]
        {
            if found == 0 {
                return Err(parameter(name, found, "at least 1"));
            }
        }
        let points = Points { numbers: points, dim };
        progress.start(Stage::Cluster, Some(self.n_starts as u64));
        let mut best: Option<Clustering> = None;
        for start in 0..self.n_starts {
            let found = self.iterate(points, start as u64, progress)?;
            if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
                best = Some(found);
            }
            progress.advance(1);
        }
        progress.finish();
        Ok(best.expect("there is at least one start"))
    }

    /// One start, and Lloyd's iteration from it.
    fn iterate(&self, points: Points, start: u64, progress: &dyn Progress) -> Result<Clustering> {
        let n_points = points.len();
        let mut distances = vec![f64::INFINITY; n_points];
        let mut means = self.draw_means(points, start, &mut distances, progress)?;
        let mut clusters = vec![u32::MAX; n_points];
        let mut inertia = f64::INFINITY;
        let mut iterations = 0;
        loop {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            iterations += 1;
            let has_moved = move_to_nearest(points, &means, &mut clusters, &mut distances);
            let inertia_before = std::mem::replace(&mut inertia, sum(&distances));
            if !inertia.is_finite() {
                return Err(not_finite(&distances));
            }
            // By rounding, points on a border may change forever without a gain.
            let converged = !has_moved || inertia >= inertia_before;
            if converged || iterations == self.max_iterations {
                return Ok(Clustering { clusters, means, inertia, iterations, converged });
            }
            fill_empty_clusters(self.n_clusters, &mut clusters, &mut distances);
            move_means(points, &clusters, &mut means);
        }
    }

    /// Draws the first means by k-means++; `distances` are the squared distances to the nearest of
    /// the means so far, infinite on entry.
    fn draw_means(
        &self,
        points: Points,
        start: u64,
        distances: &mut [f64],
        progress: &dyn Progress,
    ) -> Result<Vec<f32>> {
        let mut means = Vec::with_capacity(self.n_clusters * points.dim);
        let mut drawn = (uniform(self.seed, start, 0) * points.len() as f64) as usize;
        loop {
            let mean = points.point(drawn);
            means.extend_from_slice(mean);
            if means.len() == self.n_clusters * points.dim {
                return Ok(means);
            }
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let chunk_sums: Vec<f64> = distances
                .par_chunks_mut(CHUNK)
                .zip(points.numbers.par_chunks(CHUNK * points.dim))
                .map(|(distances, chunk)| arch().dispatch(Nearer { mean, chunk, distances }))
                .collect();
            let total: f64 = chunk_sums.iter().sum();
            if !total.is_finite() {
                return Err(not_finite(distances));
            }
            let n_drawn = (means.len() / points.dim) as u64;
            let random = uniform(self.seed, start, n_drawn);
            drawn = if total > 0.0 {
                draw(&chunk_sums, distances, random * total)
            } else {
                // Every point equals a mean: the cluster of any point drawn stays empty.
                (random * points.len() as f64) as usize
            };
        }
    }
}

/// The first point at which the sum of the distances, chunk by chunk, exceeds `target`.
fn draw(chunk_sums: &[f64], distances: &[f64], target: f64) -> usize {
    let mut before = 0.0;
    let mut last = 0;
    for (chunk, chunk_sum) in chunk_sums.iter().enumerate() {
        if before + chunk_sum > target {
            let mut within = before;
            let chunk = chunk * CHUNK..distances.len().min((chunk + 1) * CHUNK);
            for (number, &distance) in chunk.clone().zip(&distances[chunk]) {
                within += distance;
                if distance > 0.0 {
                    last = number;
                }
                if within > target {
                    return number;
                }
            }
        }
        before += chunk_sum;
    }
    // The two sums may differ by rounding. Some chunk has a sum above 0, so the last point with a
    // distance above 0 is taken.
    if distances[last] > 0.0 {
        last
    } else {
        distances.iter().rposition(|&distance| distance > 0.0).unwrap_or(0)
    }
}

/// The sum in the order of the chunks, as in [`KMeans::draw_means`].
fn sum(distances: &[f64]) -> f64 {
    distances.chunks(CHUNK).map(|chunk| chunk.iter().sum::<f64>()).sum()
}

fn not_finite(distances: &[f64]) -> Error {
    let number = distances.iter().position(|distance| !distance.is_finite());
    let place = match number {
        Some(number) => format!("the squared distance of point {}", number + 1),
        None => "the sum of the squared distances".to_owned(),
    };
    Error::NotFinite { stage: Stage::Cluster, place }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::kmeans_step::tests::{naive_distance, scattered};
    use proptest::prelude::*;

    /// The inertia of a partition, by its definition.
    fn naive_inertia(points: &[f32], dim: usize, clusters: &[u32]) -> f64 {
        let mut inertia = 0.0;
        for cluster in 0..=clusters.iter().copied().max().unwrap_or(0) {
            let members: Vec<&[f32]> = points
                .chunks(dim)
                .zip(clusters)
                .filter(|(_, other)| **other == cluster)
                .map(|(point, _)| point)
                .collect();
            let mean: Vec<f64> = (0..dim)
                .map(|axis| {
                    members.iter().map(|point| f64::from(point[axis])).sum::<f64>()
                        / members.len() as f64
                })
                .collect();
            inertia += members.iter().map(|point| naive_distance(point, &mean)).sum::<f64>();
        }
        inertia
    }

    #[test]
    fn the_inertia_is_that_of_the_best_of_all_partitions() {
        for seed in 0..20 {
            let points = scattered(8, 2, seed);
            let found = KMeans { n_starts: 50, ..KMeans::new(3) }.cluster(&points, 2, &()).unwrap();
            let partition = |number: u32| -> Vec<u32> {
                (0..8).map(|point| number / 3u32.pow(point) % 3).collect()
            };
            let least = (0..3u32.pow(8))
                .map(|number| naive_inertia(&points, 2, &partition(number)))
                .fold(f64::INFINITY, f64::min);
            assert!((found.inertia - least).abs() < 1e-5, "{} {least}", found.inertia);
            assert!(found.converged);
        }
    }

    #[test]
    fn groups_far_apart_are_found() {
        // Ten groups of 100 points within 1 of (10 i, -10 i).
        let near = scattered(1000, 2, 3);
        let points: Vec<f32> = near
            .chunks(2)
            .enumerate()
            .flat_map(|(n, xy)| [xy[0] + (n % 10 * 10) as f32, xy[1] - (n % 10 * 10) as f32])
            .collect();
        let found = KMeans::new(10).cluster(&points, 2, &()).unwrap();
        for number in 0..1000 {
            assert_eq!(found.clusters[number], found.clusters[number % 10]);
        }
        let mut groups = found.clusters[..10].to_vec();
        groups.sort_unstable();
        assert_eq!(groups, (0..10).collect::<Vec<u32>>());
        assert!(
            (found.inertia - naive_inertia(&points, 2, &found.clusters)).abs()
                < 1e-3 * found.inertia
        );
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let points = scattered(5000, 33, 4);
        let kmeans = KMeans { n_starts: 2, ..KMeans::new(40) };
        let found = [1, 2, 3, 8].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| kmeans.cluster(&points, 33, &()).unwrap())
        });
        for other in &found {
            assert_eq!(other, &found[0]);
            assert_eq!(other.inertia.to_bits(), found[0].inertia.to_bits());
        }
        assert_ne!(
            KMeans { seed: 7, ..kmeans }.cluster(&points, 33, &()).unwrap().clusters,
            found[0].clusters
        );
    }

    #[test]
    fn fewer_different_points_than_clusters_leave_clusters_empty() {
        let found = KMeans::new(3).cluster(&[1.0, 2.0, 1.0, 1.0], 1, &()).unwrap();
        assert_eq!(found.inertia, 0.0);
        assert!(
            found.clusters[0] == found.clusters[2]
                && found.clusters[0] == found.clusters[3]
                && found.clusters[0] != found.clusters[1]
        );
        let each_alone = KMeans::new(3).cluster(&[1.0, 2.0, 4.0], 1, &()).unwrap();
        assert_eq!(each_alone.inertia, 0.0);
    }

    #[test]
    fn what_cannot_be_clustered_is_refused() {
        let fails = |kmeans: &KMeans, points: &[f32], message: &str| {
            assert_eq!(kmeans.cluster(points, 2, &()).unwrap_err().to_string(), message);
        };
        let points = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0];
        fails(&KMeans::new(0), &points, "n_clusters is 0, expected at least 1");
        fails(
            &KMeans::new(4),
            &points,
            "4 clusters cannot be made of 3 points (documents, or words)",
        );
        fails(
            &KMeans { n_starts: 0, ..KMeans::new(1) },
            &points,
            "n_starts is 0, expected at least 1",
        );
        fails(
            &KMeans { max_iterations: 0, ..KMeans::new(1) },
            &points,
            "max_iterations is 0, expected at least 1",
        );
        for bad in [f32::NAN, f32::INFINITY, 3e38] {
            for n_clusters in [1, 2] {
                let message = KMeans::new(n_clusters)
                    .cluster(&[0.0, 0.0, bad, 1.0], 2, &())
                    .unwrap_err()
                    .to_string();
                assert!(
                    message.starts_with(
                        "cluster: a value is not finite (NaN or infinity) at the squared distance \
                         of point "
                    ),
                    "{message}"
                );
            }
        }
    }

    #[test]
    #[should_panic(expected = "3 numbers in points of 2 dimensions")]
    fn numbers_that_do_not_fill_the_points_are_a_programming_error() {
        let _ = KMeans::new(1).cluster(&[0.0; 3], 2, &());
    }

    proptest! {
        #[test]
        fn every_clustering_is_a_local_minimum(
            points in proptest::collection::vec(-4i8..4, 2..60),
            n_clusters in 1usize..6,
            seed in 0u64..100,
        ) {
            let points: Vec<f32> =
                points.chunks_exact(2).flatten().map(|&number| f32::from(number)).collect();
            let n_points = points.len() / 2;
            let n_clusters = n_clusters.min(n_points);
            let kmeans = KMeans { n_starts: 1, seed, ..KMeans::new(n_clusters) };
            let found = kmeans.cluster(&points, 2, &()).unwrap();
            prop_assert!(found.clusters.iter().all(|&cluster| (cluster as usize) < n_clusters));
            prop_assert!((found.inertia - naive_inertia(&points, 2, &found.clusters)).abs() < 1e-4);
            for (point, &cluster) in points.chunks(2).zip(&found.clusters) {
                let to = |mean: &[f32]| {
                    naive_distance(point, &[f64::from(mean[0]), f64::from(mean[1])])
                };
                let own = to(&found.means[2 * cluster as usize..][..2]);
                prop_assert!(found.means.chunks(2).all(|mean| own <= to(mean) + 1e-4));
            }
        }
    }
}
