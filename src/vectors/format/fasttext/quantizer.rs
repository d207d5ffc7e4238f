//! Rows in eight bits a value: a level for the length of each row, and 256 levels of each dimension
//! for its direction.
//!
//! In: a sample of rows. Out: the levels that lose least of its values: those of a normal
//! distribution (Panter and Dite 1951: the density of the best levels is the cube root of that of
//! the values), improved by Lloyd's iteration (1957, published 1982). Lengths have levels of equal
//! relative distance, by their logarithms: the rows of words with many n-grams are some twenty
//! times as long as others. fastText calls this a product quantizer (Jégou, Douze and Schmid 2011)
//! with norms, whose parts have one dimension.
//!
//! Cost: a sort of the sample for each dimension, then some binary searches for each value.

use rayon::prelude::*;

use crate::base::functions::{exp, ln};
use crate::linalg::dot::{length_of, write_unit};

/// Levels of each dimension.
const LEVELS: usize = 256;

/// Steps of Lloyd's iteration.
const STEPS: usize = 50;

/// The levels, ascending within each dimension.
pub(super) struct Quantizer {
    levels: Vec<f32>,
    lengths: Vec<f32>,
}

/// Rows as codes.
#[derive(Default)]
pub(super) struct Codes {
    /// A code for each value, row after row.
    pub(super) values: Vec<u8>,
    /// A code for the length of each row.
    pub(super) lengths: Vec<u8>,
}

impl Quantizer {
    /// Learns the levels from rows of `dim` finite values, one after the other.
    ///
    /// # Panics
    /// If there is no row.
    pub(super) fn learn(sample: &[f32], dim: usize) -> Self {
        assert!(sample.len() >= dim, "no row to learn from");
        let lengths: Vec<f32> = sample.par_chunks_exact(dim).map(length_of).collect();
        let value_of = |(row, &length): (&[f32], &f32), dimension: usize| {
            if length > 0.0 { row[dimension] / length } else { 0.0 }
        };
        let levels = (0..dim).into_par_iter().flat_map_iter(|dimension| {
            let rows = sample.chunks_exact(dim).zip(&lengths);
            levels_of(rows.map(|row| value_of(row, dimension)).collect())
        });
        let logarithms: Vec<f32> = lengths
            .iter()
            .filter(|&&length| length > 0.0)
            .map(|&length| ln(length.into()) as f32)
            .collect();
        let mut lengths = vec![0.0; LEVELS];
        if !logarithms.is_empty() {
            lengths =
                levels_of(logarithms).into_iter().map(|level| exp(level.into()) as f32).collect();
            // Rows of zeros need one; the shortest rows have the next.
            lengths[0] = 0.0;
        }
        Self { levels: levels.collect(), lengths }
    }

    /// The levels of the directions: those of the first dimension, then of the next.
    pub(super) fn levels(&self) -> &[f32] {
        &self.levels
    }

    /// The levels of the lengths.
    pub(super) fn lengths(&self) -> &[f32] {
        &self.lengths
    }

    /// Appends the codes of some rows.
    pub(super) fn encode(&self, rows: &[f32], codes: &mut Codes) {
        let dim = self.levels.len() / LEVELS;
        let lengths: Vec<f32> = rows.par_chunks_exact(dim).map(length_of).collect();
        let of_row = |(row, &length): (&[f32], &f32)| -> Vec<u8> {
            let mut unit = vec![0.0; dim];
            write_unit(row, length, &mut unit);
            unit.iter()
                .zip(self.levels.chunks_exact(LEVELS))
                .map(|(&it, of)| nearest(of, it))
                .collect()
        };
        codes.values.par_extend(rows.par_chunks_exact(dim).zip(&lengths).flat_map_iter(of_row));
        codes.lengths.extend(lengths.iter().map(|&length| nearest(&self.lengths, length)));
    }

    /// Adds the values that the codes of a row mean.
    pub(super) fn add(&self, codes: &Codes, row: usize, sum: &mut [f32]) {
        let length = self.lengths[usize::from(codes.lengths[row])];
        let codes = &codes.values[row * sum.len()..];
        let levels = self.levels.chunks_exact(LEVELS);
        for ((sum, &code), levels) in sum.iter_mut().zip(codes).zip(levels) {
            *sum += length * levels[usize::from(code)];
        }
    }
}

/// The level nearest to a value.
fn nearest(levels: &[f32], value: f32) -> u8 {
    let above = levels.partition_point(|&level| level < value);
    let below = above.saturating_sub(1);
    let is_above = above < LEVELS && levels[above] - value < value - levels[below];
    (if is_above || above == 0 { above } else { below }) as u8
}

/// The levels of some values.
fn levels_of(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    if distinct.len() < LEVELS {
        // The first stands twice, and may be put to another use.
        let mut levels = vec![values[0]; LEVELS - distinct.len()];
        levels.append(&mut distinct);
        return levels;
    }
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(values.iter().scan(0.0, |sum, &value| {
            *sum += f64::from(value);
            Some(*sum)
        }))
        .collect();
    let mean = sums[values.len()] / values.len() as f64;
    // Levels with the density of a distribution that is wider by the root of 3: the cube root of a
    // normal density is one.
    let mut levels: Vec<f64> = (0..LEVELS)
        .map(|level| {
            let quantile = values[(2 * level + 1) * values.len() / (2 * LEVELS)];
            mean + 3f64.sqrt() * (f64::from(quantile) - mean)
        })
        .collect();
    for _ in 0..STEPS {
        let mut first = 0;
        for level in 0..LEVELS {
            let end = match levels.get(level + 1) {
                Some(next) => {
                    let bound = f64::midpoint(levels[level], *next);
                    first + values[first..].partition_point(|&value| f64::from(value) < bound)
                }
                None => values.len(),
            };
            // A level without values stays.
            if end > first {
                levels[level] = (sums[end] - sums[first]) / (end - first) as f64;
            }
            first = end;
        }
    }
    let mut levels: Vec<f32> = levels.into_iter().map(|level| level as f32).collect();
    levels.sort_unstable_by(f32::total_cmp);
    levels
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_code_is_that_of_the_nearest_level(
            mut levels in proptest::collection::vec(-9.0f32..9.0, LEVELS),
            value in -10.0f32..10.0,
        ) {
            levels.sort_unstable_by(f32::total_cmp);
            let least = levels.iter().map(|level| (level - value).abs()).fold(f32::MAX, f32::min);
            let level = levels[usize::from(nearest(&levels, value))];
            prop_assert_eq!((level - value).abs(), least);
        }

        #[test]
        fn few_values_come_back(rows in proptest::collection::vec(-1e6f32..1e6, 3..300)) {
            // At most a hundred values of each dimension: there is a level for each.
            let dim = 3;
            let rows = &rows[..rows.len() / dim * dim];
            let quantizer = Quantizer::learn(rows, dim);
            let mut codes = Codes::default();
            quantizer.encode(rows, &mut codes);
            for (number, row) in rows.chunks(dim).enumerate() {
                let mut read = vec![0.0; dim];
                quantizer.add(&codes, number, &mut read);
                for (read, &value) in read.iter().zip(row) {
                    prop_assert!((read - value).abs() <= 1e-5 * length_of(row), "{read} {value}");
                }
            }
        }
    }

    #[test]
    fn rows_of_zeros_and_rows_of_other_lengths_come_back() {
        let rows: Vec<f32> = (0..400).flat_map(|row| [1.001f32.powi(row), 0.0]).collect();
        let quantizer = Quantizer::learn(&rows, 2);
        let mut codes = Codes::default();
        quantizer.encode(&[&rows[..], &[0.0, 0.0]].concat(), &mut codes);
        let read = |row: usize| {
            let mut read = [0.0; 2];
            quantizer.add(&codes, row, &mut read);
            read
        };
        for row in 0..400 {
            let error = read(row)[0] / rows[2 * row] - 1.0;
            assert!(error.abs() < 0.002 && read(row)[1] == 0.0, "{row} {error}");
        }
        assert_eq!(read(400), [0.0; 2]);
    }

    #[test]
    fn normal_values_lose_what_the_best_levels_lose() {
        // Sums of uniform values are nearly normal; the best 256 levels of a normal distribution
        // have a squared error of 4.1e-5 of the variance (Panter and Dite: pi sqrt(3) / (2 *
        // 256^2)).
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let values: Vec<f32> =
            (0..50_000).map(|_| (0..12).map(|_| uniform()).sum::<f32>()).collect();
        let levels = levels_of(values.clone());
        let squares = values
            .iter()
            .map(|&value| f64::from(levels[usize::from(nearest(&levels, value))] - value).powi(2));
        let error = squares.sum::<f64>() / values.len() as f64;
        assert!(error < 5e-5, "{error}");
    }
}
