//! Sums over long lists of numbers, in a fixed order, in parallel.

use std::ops::{AddAssign, Mul};

use rayon::prelude::*;

use super::kernel::Value;

/// Entries that are summed one after the other for a norm, and numbers that are added at a time;
/// fixed, so that the bits are.
const ENTRIES_PER_SUM: usize = 64 * 1024;

/// A number of a panel.
pub(crate) trait Real:
    Copy + Default + Send + Sync + AddAssign + Mul<Output = Self>
{
    /// A stored number in this precision.
    fn of(value: impl Value) -> Self;
}

impl Real for f32 {
    fn of(value: impl Value) -> Self {
        value.to_f32()
    }
}

impl Real for f64 {
    fn of(value: impl Value) -> Self {
        value.to_f64()
    }
}

/// `left += right`, in parallel.
pub(crate) fn add<T: Real>(left: &mut [T], right: &[T]) {
    left.par_chunks_mut(ENTRIES_PER_SUM).zip(right.par_chunks(ENTRIES_PER_SUM)).for_each(
        |(left, right)| {
            for (left, &right) in left.iter_mut().zip(right) {
                *left += right;
            }
        },
    );
}

/// The sum of the squares, chunk after chunk, in `f64`.
pub(crate) fn sum_of_squares<N: Value>(values: &[N]) -> f64 {
    sum_of(values, |value| value.to_f64() * value.to_f64())
}

/// The sum of the squares of what is lost where values are rounded to `f32`.
pub(crate) fn sum_of_squared_rounding<N: Value>(values: &[N]) -> f64 {
    let lost = |value: N| value.to_f64() - f64::from(value.to_f32());
    sum_of(values, |value| lost(value) * lost(value))
}

fn sum_of<N: Value>(values: &[N], term: impl Fn(N) -> f64 + Sync) -> f64 {
    let sums: Vec<f64> = values
        .par_chunks(ENTRIES_PER_SUM)
        .map(|values| values.iter().map(|&value| term(value)).sum())
        .collect();
    sums.iter().sum()
}
