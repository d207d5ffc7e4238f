//! A layout of points on a plane in which near points stay near, by their nearest neighbours.
//!
//! In: `n` points of unit length in rows, and their first places. Out: two coordinates for each.
//! The method is that of UMAP (McInnes, Healy & Melville 2018, "UMAP: uniform manifold
//! approximation and projection", sections 3 and 4): each point has k nearest neighbours by cosine,
//! found exactly by dense products; the weight of a neighbour falls from 1 with its distance beyond
//! the nearest, at a rate such that all weights sum to log2 k; weights of both directions are
//! joined, `a + b - ab`; on the plane the neighbours attract each other and a few random points
//! repel.
//!
//! The random order of UMAP's updates would not give the same bits on several threads. So all
//! points are moved at once, each by one task, from the places of all before, with steps by Adam
//! (Kingma & Ba 2015); random points come from a counter-based generator. Cost: `2 n^2 dim`
//! operations for the neighbours, `n * EPOCHS * (2 k + NEGATIVES)` small steps.

use rayon::prelude::*;

use super::nearest_points::{NearestPoints, nearest_points};
use crate::base::error::{Error, Result};
use crate::base::functions::{exp, log2, pow_f32, whole_power};
use crate::base::progress::{Progress, Stage};
use crate::base::random::bits_at;

/// Points that one task moves.
const POINTS_PER_TASK: usize = 256;

/// The similarity of two points at distance d on the plane is `1 / (1 + A d^(2 B))`; UMAP fits
/// these values for its usual least distance, 0.1.
const A: f32 = 1.577;
const B: f32 = 0.895;

/// Random points that repel each point, for each attraction of weight 1.
const NEGATIVES: f32 = 5.0;

/// The largest force, as in UMAP.
const MOST_FORCE: f32 = 4.0;

/// The parameters of Adam, as uwot, another implementation of UMAP, has them for moving all points
/// at once.
const FIRST_DECAY: f32 = 0.5;
const SECOND_DECAY: f32 = 0.9;
const EPSILON: f32 = 1e-7;

/// Side of the square of the first places.
const SIDE: f32 = 20.0;

/// The settings of a layout.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NeighborLayout {
    /// Neighbours of each point, from 2; the default is 15.
    pub n_neighbors: usize,
    /// Number of times that all points are moved; the default is 300.
    pub n_epochs: usize,
    /// The seed of the random points.
    pub seed: u64,
}

impl Default for NeighborLayout {
    fn default() -> Self {
        Self { n_neighbors: 15, n_epochs: 300, seed: 42 }
    }
}

impl NeighborLayout {
    /// Lays out `n` points of unit length, of `dim` dimensions, from the first places `start`
    /// (`n x 2`), such as their [principal plane](super::principal_plane).
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than 2 neighbours, or not more points than neighbours;
    /// [`Error::Interrupted`].
    ///
    /// # Panics
    /// If `start` does not have two coordinates for each point.
    pub fn lay_out(
        &self,
        units: &[f32],
        dim: usize,
        start: &[f32],
        progress: &dyn Progress,
    ) -> Result<Vec<f32>> {
        let n = units.len() / dim;
        assert_eq!(start.len(), 2 * n, "two numbers for each of {n} points");
        if self.n_neighbors < 2 || n <= self.n_neighbors {
            let expected = format!("from 2 to less than the number of points, {n}");
            return Err(Error::Parameter {
                name: "n_neighbors",
                found: self.n_neighbors.to_string(),
                expected,
            });
        }
        let nearest = nearest_points(units, dim, 0..n, self.n_neighbors, progress)?;
        self.lay_out_near(&[nearest], start, progress)
    }

    /// The same from neighbours that were found before. Several lists of each point, such as its
    /// neighbours in either language, are weighted each on its own, so that the other language is
    /// as near as the own one. `n_neighbors` is not looked at.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    ///
    /// # Panics
    /// If `start` does not have two coordinates for each point of a list.
    pub fn lay_out_near(
        &self,
        nearest: &[NearestPoints],
        start: &[f32],
        progress: &dyn Progress,
    ) -> Result<Vec<f32>> {
        let n = start.len() / 2;
        let mut near: Vec<Vec<(u32, f32)>> = vec![Vec::new(); n];
        for list in nearest {
            assert_eq!(list.of_points.len(), n, "neighbours of {n} points");
            near.iter_mut().zip(weighted(list)).for_each(|(all, more)| all.extend(more));
        }
        let graph = Graph::join(&near);
        progress.start(Stage::Fit, Some(self.n_epochs as u64));
        let largest = start.iter().fold(1e-12f32, |most, number| most.max(number.abs()));
        let mut places: Vec<[f32; 2]> = start
            .chunks_exact(2)
            .map(|place| [0, 1].map(|axis| place[axis] / largest * SIDE / 2.0))
            .collect();
        let mut moments = vec![[[0.0f32; 2]; 2]; n];
        for epoch in 0..self.n_epochs {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            self.move_all(epoch, &mut places, &mut moments, &graph);
            progress.advance(1);
        }
        progress.finish();
        Ok(places.into_iter().flatten().collect())
    }

    /// Moves each point by one step of Adam, from the places of all before; `moments` are the first
    /// and the second of each point.
    fn move_all(
        &self,
        epoch: usize,
        places: &mut [[f32; 2]],
        moments: &mut [[[f32; 2]; 2]],
        graph: &Graph,
    ) {
        let before = places.to_vec();
        let rate = 1.0 - epoch as f32 / self.n_epochs as f32;
        let left = |decay: f32| (1.0 - whole_power(decay.into(), epoch as u64 + 1)) as f32;
        let (first_left, second_left) = (left(FIRST_DECAY), left(SECOND_DECAY));
        places
            .par_chunks_mut(POINTS_PER_TASK)
            .zip(moments.par_chunks_mut(POINTS_PER_TASK))
            .enumerate()
            .for_each(|(task, (places, moments))| {
                for (number, (place, [first, second])) in places.iter_mut().zip(moments).enumerate()
                {
                    let force = self.force(task * POINTS_PER_TASK + number, epoch, &before, graph);
                    for axis in 0..2 {
                        first[axis] = FIRST_DECAY * first[axis] + (1.0 - FIRST_DECAY) * force[axis];
                        second[axis] = SECOND_DECAY * second[axis]
                            + (1.0 - SECOND_DECAY) * force[axis] * force[axis];
                        place[axis] += rate * (first[axis] / first_left)
                            / ((second[axis] / second_left).sqrt() + EPSILON);
                    }
                }
            });
    }

    /// The force on a point: the gradient of the likelihood of its edges, and of the absence
    /// of edges to random points.
    fn force(&self, point: usize, epoch: usize, places: &[[f32; 2]], graph: &Graph) -> [f32; 2] {
        let place = places[point];
        let mut force = [0.0f32; 2];
        let mut add = |other: [f32; 2], factor: f32| {
            for axis in 0..2 {
                force[axis] +=
                    (factor * (place[axis] - other[axis])).clamp(-MOST_FORCE, MOST_FORCE);
            }
        };
        let mut attracted = 0.0;
        for &(other, weight) in graph.edges(point) {
            let other = places[other as usize];
            let square = squared_distance(place, other);
            if square > 0.0 {
                let power = pow_f32(square, B);
                add(other, weight * -2.0 * A * B * power / square / (1.0 + A * power));
            }
            attracted += weight;
        }
        let n_negatives = (attracted * NEGATIVES).round() as u64;
        for negative in 0..n_negatives {
            let bits = bits_at(self.seed, point as u64, epoch as u64 * 4096 + negative);
            let other = (bits % places.len() as u64) as usize;
            if other != point {
                let other = places[other];
                let square = squared_distance(place, other);
                add(other, 2.0 * B / ((0.001 + square) * (1.0 + A * pow_f32(square, B))));
            }
        }
        force
    }
}

fn squared_distance(left: [f32; 2], right: [f32; 2]) -> f32 {
    let [x, y] = [left[0] - right[0], left[1] - right[1]];
    x * x + y * y
}

/// For each point the weights of its nearest others, from 0 to 1.
fn weighted(nearest: &NearestPoints) -> Vec<Vec<(u32, f32)>> {
    let of_point = |near: &Vec<(u32, f32)>| {
        if near.is_empty() {
            return Vec::new();
        }
        let distances: Vec<f64> =
            near.iter().map(|&(_, cosine)| (1.0 - f64::from(cosine)).max(0.0)).collect();
        near.iter().map(|&(other, _)| other).zip(weights(&distances)).collect()
    };
    nearest.of_points.par_iter().map(of_point).collect()
}

/// `exp(-(d - d_1) / s)` of rising distances, with s such that the weights sum to log2 of their
/// number.
fn weights(distances: &[f64]) -> Vec<f32> {
    let target = log2(distances.len() as f64);
    let weight = |distance: f64, scale: f64| exp(-(distance - distances[0]) / scale);
    let sum = |scale: f64| distances.iter().map(|&distance| weight(distance, scale)).sum::<f64>();
    // The sum rises with the scale, from the number of nearest ones to that of all; 64 halvings
    // leave nothing to choose.
    let spread = (distances[distances.len() - 1] - distances[0]).max(1e-12);
    let (mut low, mut high) = (1e-6 * spread, 1e6 * spread);
    for _ in 0..64 {
        let middle = (low * high).sqrt();
        if sum(middle) < target { low = middle } else { high = middle }
    }
    distances.iter().map(|&distance| weight(distance, high) as f32).collect()
}

/// A symmetric graph: for each point its edges, by rising number of the other.
struct Graph {
    ends: Vec<usize>,
    edges: Vec<(u32, f32)>,
}

impl Graph {
    /// Joins the weights of both directions: `a + b - ab`.
    fn join(neighbors: &[Vec<(u32, f32)>]) -> Self {
        let mut edges: Vec<Vec<(u32, f32, f32)>> = neighbors
            .iter()
            .map(|list| list.iter().map(|&(other, weight)| (other, weight, 0.0)).collect())
            .collect();
        for (point, list) in neighbors.iter().enumerate() {
            list.iter().for_each(|&(other, weight)| {
                edges[other as usize].push((point as u32, 0.0, weight))
            });
        }
        let (mut ends, mut joined) = (Vec::with_capacity(edges.len()), Vec::new());
        for mut list in edges {
            list.sort_unstable_by_key(|edge| edge.0);
            for same in list.chunk_by(|a, b| a.0 == b.0) {
                let (a, b) = same.iter().fold((0.0, 0.0), |(a, b), edge| (a + edge.1, b + edge.2));
                joined.push((same[0].0, a + b - a * b));
            }
            ends.push(joined.len());
        }
        Self { ends, edges: joined }
    }

    fn edges(&self, point: usize) -> &[(u32, f32)] {
        let start = if point == 0 { 0 } else { self.ends[point - 1] };
        &self.edges[start..self.ends[point]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;
    use crate::encode::principal_plane;

    /// Five bundles of 40 directions each in 20 dimensions.
    fn bundles() -> Vec<f32> {
        let mut units = Vec::new();
        for point in 0..200u64 {
            let mut unit: Vec<f32> =
                (0..20).map(|j| 0.4 * (uniform(1, point, j) as f32 - 0.5)).collect();
            unit[(point % 5) as usize * 4] += 1.0;
            let length = unit.iter().map(|x| x * x).sum::<f32>().sqrt();
            units.extend(unit.iter().map(|x| x / length));
        }
        units
    }

    #[test]
    fn bundles_stay_together_on_any_number_of_threads() {
        let units = bundles();
        let start = principal_plane(&units, 20, &()).unwrap();
        let layout = NeighborLayout { n_epochs: 150, ..NeighborLayout::default() };
        let runs = [1, 2, 3, 8].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| layout.lay_out(&units, 20, &start, &()).unwrap())
        });
        assert!(runs.iter().all(|run| *run == runs[0]));
        let place = |point: usize| [runs[0][2 * point], runs[0][2 * point + 1]];
        assert!(runs[0].iter().all(|number| number.is_finite() && number.abs() < 200.0));
        // Of the ten nearest on the plane nearly all are of the same bundle.
        let mut same = 0;
        for point in 0..200 {
            let mut order: Vec<usize> = (0..200).filter(|&other| other != point).collect();
            order.sort_by(|&a, &b| {
                squared_distance(place(point), place(a))
                    .total_cmp(&squared_distance(place(point), place(b)))
            });
            same += order[..10].iter().filter(|&&other| other % 5 == point % 5).count();
        }
        assert!(same > 1900, "{same} of 2000");
    }

    #[test]
    fn weights_sum_to_the_logarithm_and_fall() {
        let distances = [0.1, 0.2, 0.25, 0.4, 0.9, 1.0, 1.1, 1.2];
        let weights = weights(&distances);
        assert_eq!(weights[0], 1.0);
        assert!(
            weights.is_sorted_by(|a, b| a >= b) && (weights.iter().sum::<f32>() - 3.0).abs() < 1e-3,
            "{weights:?}"
        );
    }

    #[test]
    fn too_few_points_are_refused() {
        let error = NeighborLayout::default().lay_out(&[1.0; 20], 2, &[0.0; 20], &()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "n_neighbors is 15, expected from 2 to less than the number of points, 10"
        );
    }
}
