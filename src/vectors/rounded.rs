//! Vectors rounded to one byte a value: a quarter of the bytes to read, with a bound on the error.
//!
//! In: `n_words x dim` values and their Euclidean lengths. Out: for each row whole numbers from
//! -127 to 127, the factor that turns their dot product with a query into a cosine, and how far
//! that cosine may be from the true one (Cauchy-Schwarz: `|e.q| <= |e| |q|` for the rounding error
//! `e` of the row). Whole numbers are added exactly, so their sums are the same in any order.

use crate::linalg::instructions::arch;
use rayon::prelude::*;

/// Rows that one task rounds.
const ROWS_PER_TASK: usize = 1024;

/// A row is filled up with zeros to a multiple of so many values: the product of a row then needs
/// no loop for the last ones, which takes as long as the rest.
const PADDING: usize = 64;

/// The largest value of a rounded vector.
const LARGEST: f64 = 127.0;

/// Shorter vectors are not rounded: their products may be below the smallest `f32`.
const SHORTEST: f32 = 1e-30;

/// How much the length of a vector may differ from the one that is stored beside it.
const LENGTH_TOLERANCE: f64 = 1e-3;

/// All vectors of a vocabulary, rounded.
pub(crate) struct RoundedVectors {
    /// Values of a row, with zeros at its end.
    stride: usize,
    /// `n_words x stride`, row after row.
    values: Vec<i8>,
    rows: Vec<RoundedRow>,
}

/// What the values of a row are worth.
#[derive(Clone, Copy, Default)]
pub(crate) struct RoundedRow {
    /// The true values, divided by the length of the row, are the rounded ones times this.
    scale: f32,
    /// The length of the rounding error, as a share of the length of the row; infinite where the
    /// rounded values say nothing.
    error: f32,
}

/// A query of length 1, rounded to 16 bits a value.
pub(crate) struct RoundedQuery {
    /// As many as a row has.
    values: Vec<i16>,
    /// The true values are the rounded ones times this.
    scale: f64,
    /// The length of the rounding error.
    error: f64,
}

impl RoundedVectors {
    /// Rounds vectors of which the lengths are known: `n_words` of them, not negative.
    pub(crate) fn new(dim: usize, numbers: &[f32], lengths: &[f32]) -> Self {
        let stride = dim.next_multiple_of(PADDING);
        let mut values = vec![0i8; lengths.len() * stride];
        let mut rows = vec![RoundedRow::default(); lengths.len()];
        values
            .par_chunks_mut(ROWS_PER_TASK * stride)
            .zip(rows.par_chunks_mut(ROWS_PER_TASK))
            .zip(numbers.par_chunks(ROWS_PER_TASK * dim).zip(lengths.par_chunks(ROWS_PER_TASK)))
            .for_each(|((values, rows), (numbers, lengths))| {
                let task = RoundRows { dim, stride, values, rows, numbers, lengths };
                arch().dispatch(task);
            });
        Self { stride, values, rows }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The values of a row.
    #[inline(always)]
    pub(crate) fn values(&self, row: usize) -> &[i8] {
        &self.values[row * self.stride..][..self.stride]
    }

    /// What the values of a row are worth.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> RoundedRow {
        self.rows[row]
    }
}

struct RoundRows<'a> {
    dim: usize,
    stride: usize,
    values: &'a mut [i8],
    rows: &'a mut [RoundedRow],
    numbers: &'a [f32],
    lengths: &'a [f32],
}

impl pulp::NullaryFnOnce for RoundRows<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.values.chunks_exact_mut(self.stride).zip(self.rows);
        let exact = self.numbers.chunks_exact(self.dim).zip(self.lengths);
        for ((values, row), (numbers, &length)) in rows.zip(exact) {
            *row = round_row(numbers, length, values);
        }
    }
}

#[inline(always)]
fn round_row(numbers: &[f32], length: f32, values: &mut [i8]) -> RoundedRow {
    let unknown = RoundedRow { scale: 0.0, error: f32::INFINITY };
    let largest = numbers.iter().fold(0.0f32, |largest, number| largest.max(number.abs()));
    if !(length >= SHORTEST && length.is_finite() && largest > 0.0 && largest.is_finite()) {
        return unknown;
    }
    let step = f64::from(largest) / LARGEST;
    let (mut squares, mut errors) = (0.0f64, 0.0f64);
    for (value, &number) in values.iter_mut().zip(numbers) {
        let number = f64::from(number);
        let rounded = (number / step).round_ties_even();
        *value = rounded as i8;
        let error = number - rounded * step;
        squares += number * number;
        errors += error * error;
    }
    let length = f64::from(length);
    // What is NaN is not within the tolerance.
    let is_length_right = (squares.sqrt() / length - 1.0).abs() <= LENGTH_TOLERANCE;
    if !is_length_right {
        return unknown;
    }
    RoundedRow { scale: (step / length) as f32, error: (errors.sqrt() / length) as f32 }
}

impl RoundedRow {
    /// The cosine that a dot product of whole numbers stands for, and how far the true one may be
    /// from it, but for the rounding of sums in `f32`.
    #[inline(always)]
    pub(crate) fn cosine(self, product: i32, query: &RoundedQuery) -> (f32, f32) {
        let cosine = f64::from(product) * (f64::from(self.scale) * query.scale);
        let error = f64::from(self.error);
        let error = error + (1.0 + LENGTH_TOLERANCE + error) * query.error;
        (cosine as f32, error as f32)
    }
}

impl RoundedQuery {
    /// Rounds a vector of length 1.
    pub(crate) fn new(unit: &[f32]) -> Self {
        let largest = unit.iter().fold(0.0f64, |largest, &it| largest.max(f64::from(it).abs()));
        let sum: f64 = unit.iter().map(|&number| f64::from(number).abs()).sum();
        // The dot product with any row stays below 2^31: `127 * sum |values| < 2^31`, where each
        // value may be rounded up by a half.
        let room = f64::from(i32::MAX) / LARGEST - unit.len() as f64;
        let per_unit = (f64::from(i16::MAX) / largest).min(room / sum).max(0.0);
        let mut values: Vec<i16> =
            unit.iter().map(|&it| (f64::from(it) * per_unit).round_ties_even() as i16).collect();
        let scale = if per_unit > 0.0 { per_unit.recip() } else { 0.0 };
        let error = unit.iter().zip(&values).map(|(&exact, &rounded)| {
            let error = f64::from(exact) - f64::from(rounded) * scale;
            error * error
        });
        let error = error.sum::<f64>().sqrt();
        values.resize(unit.len().next_multiple_of(PADDING), 0);
        Self { values, scale, error }
    }

    /// The dot product with the values of a row.
    #[inline(always)]
    pub(crate) fn dot(&self, row: &[i8]) -> i32 {
        let products = row.iter().zip(&self.values).map(|(&a, &b)| i32::from(a) * i32::from(b));
        products.fold(0i32, i32::wrapping_add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linalg::dot::{length_of, write_unit};

    fn unit(vector: &[f32]) -> Vec<f32> {
        let mut unit = vec![0.0; vector.len()];
        write_unit(vector, length_of(vector), &mut unit);
        unit
    }

    fn exact_cosine(row: &[f32], unit: &[f32], length: f32) -> f64 {
        let dot: f64 = row.iter().zip(unit).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        dot / f64::from(length)
    }

    proptest! {
        #[test]
        fn the_true_cosine_is_within_the_bound(
            dim in 1usize..40,
            seed in proptest::collection::vec(-1.0f32..1.0, 400),
            powers in proptest::collection::vec(-20i32..20, 9),
        ) {
            let rows: Vec<Vec<f32>> = seed
                .chunks_exact(40)
                .zip(&powers)
                .map(|(row, &power)| {
                    row[..dim].iter().map(|it| it.powi(3) * 10f32.powi(power)).collect()
                })
                .collect();
            let lengths: Vec<f32> = rows.iter().map(|row| length_of(row)).collect();
            let rounded = RoundedVectors::new(dim, &rows.concat(), &lengths);
            for query in rows.iter().filter(|row| length_of(row) > 0.0) {
                let query = unit(query);
                let rounded_query = RoundedQuery::new(&query);
                for (number, row) in rows.iter().enumerate() {
                    let product = rounded_query.dot(rounded.values(number));
                    let (cosine, error) = rounded.row(number).cosine(product, &rounded_query);
                    let exact = exact_cosine(row, &query, lengths[number]);
                    if lengths[number] > 0.0 {
                        let distance = (exact - f64::from(cosine)).abs();
                        prop_assert!(distance <= f64::from(error) + 1e-6, "{distance} {error}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_sum_of_the_largest_values_is_no_overflow() {
        for dim in [1usize, 7, 1000, 70_000] {
            let ones = vec![1.0f32; dim];
            let query = RoundedQuery::new(&unit(&ones));
            let length = length_of(&ones);
            let rounded = RoundedVectors::new(dim, &ones, &[length]);
            let (cosine, error) = rounded.row(0).cosine(query.dot(rounded.values(0)), &query);
            assert!((cosine - 1.0).abs() < 1e-2 && error < 1e-2, "{dim}: {cosine} {error}");
        }
    }

    #[test]
    fn what_cannot_be_rounded_has_no_bound() {
        let rows = [[1.0f32, f32::NAN], [0.0, 0.0], [1e-35, 0.0], [3.0, 4.0], [3.0, 4.0]];
        let rounded = RoundedVectors::new(2, &rows.concat(), &[1.0, 0.0, 1e-35, 5.0, 7.0]);
        let query = RoundedQuery::new(&[1.0, 0.0]);
        let is_bounded = |row: usize| rounded.row(row).cosine(0, &query).1.is_finite();
        assert_eq!([0, 1, 2, 3, 4].map(is_bounded), [false, false, false, true, false]);
    }
}
