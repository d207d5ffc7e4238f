//! Multinomial logistic regression with an L2 penalty, by L-BFGS.
//!
//! In: features `X` (`n x d`, any [`LinearOperator`]) and a class for each row. Out: weights `W`
//! (`d x c`) and intercepts `b` (`c`) that minimise
//!
//! ```text
//! (1/n) sum_i -ln softmax(x_i W + b)[y_i] + |W|_F^2 / (2 C n)
//! ```
//!
//! which is the objective of scikit-learn's `LogisticRegression(C=C)`, intercepts unpenalised. The
//! gradient is `X^T R / n + W / (C n)` with `R = softmax(X W + b) - Y`, two products with panels as
//! wide as there are classes. L-BFGS (Liu & Nocedal 1989) with ten pairs and a backtracking line
//! search (Armijo); products are `f32`, everything else `f64`. Sums over rows are taken in fixed
//! chunks, which are added in order: the same bits on any number of threads.

use std::collections::VecDeque;

use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::base::functions::{exp, ln};
use crate::base::progress::Progress;
use crate::operator::{LinearOperator, Precision};

/// Rows in a chunk.
const ROWS_PER_CHUNK: usize = 256;

/// The number of steps, with the changes of the gradient over them, that L-BFGS remembers; Liu &
/// Nocedal advise 3 to 20.
const CHANGES: usize = 10;

/// The least share of the decrease that the slope predicts which a step must give.
const ARMIJO: f64 = 1e-4;

/// The settings of a fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogisticRegression {
    /// The inverse of the penalty, above 0.
    pub(super) c: f64,
    /// The largest entry of the gradient at which the iteration stops.
    pub(super) tolerance: f64,
    pub(super) max_iterations: usize,
}

/// A fitted model.
#[derive(Debug, Clone)]
pub(super) struct Logistic {
    n_classes: usize,
    /// `(d + 1) x c`, row-major; the last row holds the intercepts.
    parameters: Vec<f64>,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the tests ask whether the minimum was found")
    )]
    pub(super) converged: bool,
}

impl LogisticRegression {
    /// Fits from zero, or from another fit to the same features and classes.
    ///
    /// # Panics
    /// If there are not as many labels as rows, or a label is not below `n_classes`.
    pub(super) fn fit(
        &self,
        features: &dyn LinearOperator,
        labels: &[u32],
        n_classes: usize,
        start: Option<&Logistic>,
        progress: &dyn Progress,
    ) -> Result<Logistic> {
        assert_eq!(labels.len(), features.n_rows(), "a label for each row");
        assert!(
            labels.iter().all(|&label| (label as usize) < n_classes),
            "labels below {n_classes}"
        );
        let n_parameters = (features.n_columns() + 1) * n_classes;
        let objective = Objective::new(features, labels, n_classes, self.c);
        let start = start.map_or_else(|| vec![0.0; n_parameters], |start| start.parameters.clone());
        let mut descent = Descent::new(objective, start)?;
        let mut converged = false;
        for _ in 0..self.max_iterations {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            converged = descent.gradient.iter().all(|entry| entry.abs() <= self.tolerance);
            if converged {
                break;
            }
            // If no step lowers the value any more, only the rounding of the products remains.
            converged = !descent.step()?;
            if converged {
                break;
            }
        }
        Ok(Logistic { n_classes, parameters: descent.x, converged })
    }
}

/// The state of L-BFGS.
struct Descent<'a> {
    objective: Objective<'a>,
    x: Vec<f64>,
    gradient: Vec<f64>,
    value: f64,
    changes: VecDeque<GradientChange>,
}

impl<'a> Descent<'a> {
    fn new(mut objective: Objective<'a>, x: Vec<f64>) -> Result<Self> {
        let mut gradient = vec![0.0; x.len()];
        let value = objective.evaluate(&x, &mut gradient)?;
        Ok(Self { objective, x, gradient, value, changes: VecDeque::with_capacity(CHANGES) })
    }

    /// One step with a backtracking line search; `false` if no step lowers the value.
    fn step(&mut self) -> Result<bool> {
        let direction = direction(&self.gradient, &self.changes);
        let slope = dot(&direction, &self.gradient);
        // Without an earlier change the length of the step is unknown: one that moves the
        // parameters by about 1.
        let mut step = if self.changes.is_empty() {
            1.0 / self.gradient.iter().map(|entry| entry.abs()).sum::<f64>().max(1e-300)
        } else {
            1.0
        };
        let mut next = vec![0.0; self.x.len()];
        let mut next_gradient = vec![0.0; self.x.len()];
        let next_value = loop {
            next.iter_mut()
                .zip(&self.x)
                .zip(&direction)
                .for_each(|((next, x), direction)| *next = x + step * direction);
            let next_value = self.objective.evaluate(&next, &mut next_gradient)?;
            if next_value <= self.value + ARMIJO * step * slope {
                break next_value;
            }
            step *= 0.5;
            if step < 1e-10 {
                return Ok(false);
            }
        };
        let s: Vec<f64> = next.iter().zip(&self.x).map(|(next, x)| next - x).collect();
        let y: Vec<f64> =
            next_gradient.iter().zip(&self.gradient).map(|(next, before)| next - before).collect();
        let sy = dot(&s, &y);
        if sy > 1e-12 * dot(&y, &y) {
            if self.changes.len() == CHANGES {
                self.changes.pop_front();
            }
            self.changes.push_back(GradientChange { s, y, sy });
        }
        (self.x, self.gradient, self.value) = (next, next_gradient, next_value);
        Ok(true)
    }
}

impl Logistic {
    /// The likeliest class of each row, the first among equals.
    pub(super) fn predict(&self, features: &dyn LinearOperator) -> Result<Vec<u32>> {
        let c = self.n_classes;
        let (weights, intercepts) = self.parameters.split_at(features.n_columns() * c);
        let weights: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
        let mut logits = vec![0.0f32; features.n_rows() * c];
        features.apply(&weights, c, &mut logits, Precision::Full)?;
        let best = |logits: &[f32]| {
            let mut best = 0;
            let score = |class: usize| f64::from(logits[class]) + intercepts[class];
            (1..c).for_each(|class| best = if score(class) > score(best) { class } else { best });
            best as u32
        };
        Ok(logits.chunks_exact(c).map(best).collect())
    }
}

/// A step and the change of the gradient over it.
struct GradientChange {
    s: Vec<f64>,
    y: Vec<f64>,
    sy: f64,
}

/// `-H g` by the two loops of Liu & Nocedal.
fn direction(gradient: &[f64], changes: &VecDeque<GradientChange>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|entry| -entry).collect();
    let mut alphas = Vec::with_capacity(changes.len());
    for pair in changes.iter().rev() {
        let alpha = dot(&pair.s, &direction) / pair.sy;
        add_scaled(&mut direction, -alpha, &pair.y);
        alphas.push(alpha);
    }
    if let Some(last) = changes.back() {
        let scale = last.sy / dot(&last.y, &last.y);
        direction.iter_mut().for_each(|entry| *entry *= scale);
    }
    for (pair, alpha) in changes.iter().zip(alphas.into_iter().rev()) {
        let beta = dot(&pair.y, &direction) / pair.sy;
        add_scaled(&mut direction, alpha - beta, &pair.s);
    }
    direction
}

/// In fixed chunks, added in order.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let parts: Vec<f64> = left
        .par_chunks(1 << 14)
        .zip(right.par_chunks(1 << 14))
        .map(|(left, right)| left.iter().zip(right).map(|(left, right)| left * right).sum())
        .collect();
    parts.iter().sum()
}

fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    to.par_chunks_mut(1 << 14).zip(from.par_chunks(1 << 14)).for_each(|(to, from)| {
        to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
    });
}

/// The objective with its workspace.
struct Objective<'a> {
    features: &'a dyn LinearOperator,
    labels: &'a [u32],
    n_classes: usize,
    penalty: f64,
    weights: Vec<f32>,
    /// Logits, then residuals.
    panel: Vec<f32>,
    /// `X^T R`.
    back: Vec<f32>,
}

impl<'a> Objective<'a> {
    fn new(features: &'a dyn LinearOperator, labels: &'a [u32], n_classes: usize, c: f64) -> Self {
        let (n, d) = (features.n_rows(), features.n_columns());
        Self {
            features,
            labels,
            n_classes,
            penalty: 1.0 / (c * n as f64),
            weights: vec![0.0; d * n_classes],
            panel: vec![0.0; n * n_classes],
            back: vec![0.0; d * n_classes],
        }
    }

    /// The value at `x`; `gradient` is overwritten.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let c = self.n_classes;
        let (weights, intercepts) = x.split_at(self.weights.len());
        self.weights.iter_mut().zip(weights).for_each(|(narrow, &wide)| *narrow = wide as f32);
        self.features.apply(&self.weights, c, &mut self.panel, Precision::Full)?;
        let parts: Vec<(f64, Vec<f64>)> = self
            .panel
            .par_chunks_mut(ROWS_PER_CHUNK * c)
            .zip(self.labels.par_chunks(ROWS_PER_CHUNK))
            .map(|(panel, labels)| residuals(panel, labels, intercepts))
            .collect();
        self.features.apply_transpose(&self.panel, c, &mut self.back, Precision::Full)?;
        let scale = 1.0 / self.labels.len() as f64;
        let (of_weights, of_intercepts) = gradient.split_at_mut(self.weights.len());
        of_weights.iter_mut().zip(&self.back).zip(weights).for_each(
            |((gradient, &back), weight)| {
                *gradient = scale * f64::from(back) + self.penalty * weight;
            },
        );
        of_intercepts.fill(0.0);
        let mut loss = 0.0;
        for (part, sums) in parts {
            loss += part;
            of_intercepts.iter_mut().zip(sums).for_each(|(gradient, sum)| *gradient += scale * sum);
        }
        Ok(scale * loss + 0.5 * self.penalty * dot(weights, weights))
    }
}

/// Turns logits into `softmax - y` in place; returns the loss of these rows and the sums of the
/// columns.
fn residuals(panel: &mut [f32], labels: &[u32], intercepts: &[f64]) -> (f64, Vec<f64>) {
    let (mut loss, mut sums) = (0.0, vec![0.0; intercepts.len()]);
    let mut logits = vec![0.0f64; intercepts.len()];
    for (row, &label) in panel.chunks_exact_mut(intercepts.len()).zip(labels) {
        logits
            .iter_mut()
            .zip(row.iter())
            .zip(intercepts)
            .for_each(|((wide, &narrow), intercept)| *wide = f64::from(narrow) + intercept);
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let true_logit = logits[label as usize];
        logits.iter_mut().for_each(|logit| *logit = exp(*logit - largest));
        let total: f64 = logits.iter().sum();
        loss += ln(total) + largest - true_logit;
        for (class, ((entry, exponential), sum)) in
            row.iter_mut().zip(&logits).zip(&mut sums).enumerate()
        {
            let residual = exponential / total - f64::from(u8::from(class == label as usize));
            *sum += residual;
            *entry = residual as f32;
        }
    }
    (loss, sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;
    use crate::encode::DenseRows;

    /// 90 points of three classes in four dimensions, overlapping.
    fn points() -> (Vec<f32>, Vec<u32>) {
        let mut numbers = Vec::new();
        let labels: Vec<u32> = (0..90).map(|i| i % 3).collect();
        for (i, &label) in labels.iter().enumerate() {
            for j in 0..4u64 {
                let noise = uniform(1, i as u64, j) as f32 - 0.5;
                numbers.push(noise * 3.0 + if j == u64::from(label) { 1.0 } else { 0.0 });
            }
        }
        (numbers, labels)
    }

    /// The objective by the plainest loops.
    fn by_definition(numbers: &[f32], labels: &[u32], parameters: &[f64], c: f64) -> f64 {
        let n = labels.len() as f64;
        let mut value = 0.0;
        for (row, &label) in numbers.chunks(4).zip(labels) {
            let logits: Vec<f64> = (0..3)
                .map(|class| {
                    (0..4).map(|j| f64::from(row[j]) * parameters[j * 3 + class]).sum::<f64>()
                        + parameters[12 + class]
                })
                .collect();
            value -= (logits[label as usize].exp()
                / logits.iter().map(|logit| logit.exp()).sum::<f64>())
            .ln()
                / n;
        }
        value + parameters[..12].iter().map(|w| w * w).sum::<f64>() / (2.0 * c * n)
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let (numbers, labels) = points();
        let features = DenseRows { numbers: &numbers, dim: 4 };
        let x: Vec<f64> = (0..15).map(|i| uniform(2, i, 0) - 0.5).collect();
        let mut gradient = vec![0.0; 15];
        let value = Objective::new(&features, &labels, 3, 0.7).evaluate(&x, &mut gradient).unwrap();
        assert!((value - by_definition(&numbers, &labels, &x, 0.7)).abs() < 1e-6);
        for (i, entry) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut x = x.clone();
                x[i] += by;
                by_definition(&numbers, &labels, &x, 0.7)
            };
            let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((entry - difference).abs() < 1e-6, "{i}: {entry} {difference}");
        }
    }

    #[test]
    fn the_fit_is_a_minimum_on_any_number_of_threads() {
        let (numbers, labels) = points();
        let features = DenseRows { numbers: &numbers, dim: 4 };
        let regression = LogisticRegression { c: 0.7, tolerance: 1e-6, max_iterations: 500 };
        let fits = [1, 2, 3, 8].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| regression.fit(&features, &labels, 3, None, &()).unwrap())
        });
        assert!(fits.iter().all(|fit| fit.parameters == fits[0].parameters && fit.converged));
        let least = by_definition(&numbers, &labels, &fits[0].parameters, 0.7);
        for i in 0..15 {
            for by in [0.01, -0.01] {
                let mut moved = fits[0].parameters.clone();
                moved[i] += by;
                assert!(by_definition(&numbers, &labels, &moved, 0.7) > least, "{i}");
            }
        }
        // Another start ends in the same place: the objective is convex.
        let other = LogisticRegression { c: 100.0, ..regression }
            .fit(&features, &labels, 3, None, &())
            .unwrap();
        let again = regression.fit(&features, &labels, 3, Some(&other), &()).unwrap();
        assert!(
            again.parameters.iter().zip(&fits[0].parameters).all(|(a, b)| (a - b).abs() < 1e-3)
        );
        let right =
            fits[0].predict(&features).unwrap().iter().zip(&labels).filter(|(a, b)| a == b).count();
        assert!(right > 45, "{right}");
    }
}
