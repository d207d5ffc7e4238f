//! The cheapest way to move one heap of mass onto another: what the Word Mover's Distance (Kusner
//! et al. 2015) asks for.
//!
//! In: the cost of a unit from each of n sources to each of m sinks, and how many units each has.
//! Out: the cost of the best plan. Method: successive shortest paths with potentials (Edmonds &
//! Karp 1972), each by Dijkstra's algorithm on the dense graph; units are whole, so the plan is
//! exact. Cost: O((n + m)^2) a path, and about n + m paths.

use eigenlex::{Error, Progress};
use numpy::{PyReadonlyArray2, PyUntypedArrayMethods as _};
use pyo3::prelude::*;

use crate::{errors, run};

struct Transport {
    /// `n x m`.
    costs: Vec<f64>,
    /// What is still to be moved.
    supplies: Vec<u64>,
    demands: Vec<u64>,
    /// The plan so far, `n x m`.
    flow: Vec<u64>,
    /// Of sources, then of sinks: no step of the rest graph costs less than 0 with them.
    potentials: Vec<f64>,
}

/// A cheapest path from a source with units left to a sink that wants some.
struct Path {
    end: usize,
    /// For each node the one before it; a start has itself.
    before: Vec<usize>,
    lengths: Vec<f64>,
}

impl Transport {
    fn cost(mut self, progress: &dyn Progress) -> eigenlex::Result<f64> {
        while self.supplies.iter().any(|&it| it > 0) {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            // Sources and sinks have the same mass, so a path is there.
            let Some(path) = self.shortest() else { break };
            self.send(&path);
        }
        Ok(self.flow.iter().zip(&self.costs).map(|(&units, cost)| units as f64 * cost).sum())
    }

    fn shortest(&self) -> Option<Path> {
        let n = self.supplies.len();
        let n_nodes = n + self.demands.len();
        let (mut lengths, mut is_done) = (vec![f64::INFINITY; n_nodes], vec![false; n_nodes]);
        let mut before: Vec<usize> = (0..n_nodes).collect();
        for (length, &supply) in lengths.iter_mut().zip(&self.supplies) {
            *length = if supply > 0 { 0.0 } else { f64::INFINITY };
        }
        loop {
            let open = (0..n_nodes).filter(|&it| !is_done[it] && lengths[it].is_finite());
            let node = open.min_by(|&x, &y| lengths[x].total_cmp(&lengths[y]))?;
            is_done[node] = true;
            if node >= n && self.demands[node - n] > 0 {
                return Some(Path { end: node, before, lengths });
            }
            let others = if node < n { n..n_nodes } else { 0..n };
            for other in others {
                let Some(step) = self.step(node, other) else { continue };
                let step = step + self.potentials[node] - self.potentials[other];
                // Below 0 by rounding alone.
                let length = lengths[node] + step.max(0.0);
                if !is_done[other] && length < lengths[other] {
                    (lengths[other], before[other]) = (length, node);
                }
            }
        }
    }

    /// What a unit costs from a node to the next: on to a sink, or back where one was sent before.
    fn step(&self, node: usize, other: usize) -> Option<f64> {
        let place = self.place(node, other);
        if node < other {
            return Some(self.costs[place]);
        }
        (self.flow[place] > 0).then(|| -self.costs[place])
    }

    /// Where a source and a sink stand in the tables.
    fn place(&self, node: usize, other: usize) -> usize {
        let (n, m) = (self.supplies.len(), self.demands.len());
        node.min(other) * m + node.max(other) - n
    }

    /// Sends as many units along a path as go.
    fn send(&mut self, path: &Path) {
        let n = self.supplies.len();
        for (potential, length) in self.potentials.iter_mut().zip(&path.lengths) {
            *potential += length.min(path.lengths[path.end]);
        }
        let (mut units, mut node) = (self.demands[path.end - n], path.end);
        while path.before[node] != node {
            let before = path.before[node];
            if before > node {
                units = units.min(self.flow[self.place(before, node)]);
            }
            node = before;
        }
        units = units.min(self.supplies[node]);
        self.supplies[node] -= units;
        self.demands[path.end - n] -= units;
        node = path.end;
        while path.before[node] != node {
            let before = path.before[node];
            let place = self.place(before, node);
            if before < node {
                self.flow[place] += units;
            } else {
                self.flow[place] -= units;
            }
            node = before;
        }
    }
}

/// The cost of the cheapest plan that moves all `supplies` to all `demands`, whose sums are equal.
#[pyfunction]
pub(crate) fn transport(
    py: Python<'_>,
    costs: PyReadonlyArray2<'_, f64>,
    supplies: Vec<u64>,
    demands: Vec<u64>,
    listener: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let (n, m) = (supplies.len(), demands.len());
    if costs.shape() != [n, m] || supplies.iter().sum::<u64>() != demands.iter().sum::<u64>() {
        let message = "the costs, supplies and demands do not fit each other";
        return Err(errors::parameter(py, message));
    }
    let costs = costs.as_array().iter().copied().collect();
    let (flow, potentials) = (vec![0; n * m], vec![0.0; n + m]);
    let problem = Transport { costs, supplies, demands, flow, potentials };
    run::watched(py, listener, None, |watch| Ok(problem.cost(&*watch)?))
}
