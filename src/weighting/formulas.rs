//! From counts to weights, one formula for each variant of [`Weighting`].
//!
//! Notation: `c_ij` is the count in row i (document or context) and column j (word); `r_i` and
//! `s_j` are the sums of row i and column j, `N` the sum of all; `n` is the number of rows, `df_j`
//! the number of rows in which word j occurs. All sums are `f64`, weights `f32`.

use serde::{Deserialize, Serialize};

use super::shaping::Factors;
use super::sums::Sums;
use crate::base::error::{Error, Result};
use crate::base::functions::{exp, ln, pow};
use crate::base::progress::{Progress, Stage};
use crate::counts::CountMatrix;
use crate::storage::floats::StoredNumbers;

/// What a weighting takes from the columns of a corpus, so that a row from elsewhere can be weighed
/// as the rows of the corpus were.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnStatistics {
    /// For each word `ln(n / df_j)` (tf-idf), its entropy weight (log-entropy), `s_j` (PPMI) or
    /// `s_j^(-a/2)` (square root); empty for others. A word whose column has no entry (one that
    /// always stands alone in its sentence, say) has 0, and so weighs nothing in a row from
    /// elsewhere.
    pub terms: StoredNumbers<f64>,
    /// `S = sum_i r_i^a` (PPMI), else 0.
    pub total: f64,
}

/// How a count becomes an entry of the matrix that is decomposed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Weighting {
    /// `1` where the count is not 0: the indicator of "word j appears in document i".
    Binary,
    /// `c_ij`.
    Count,
    /// `ln(1 + c_ij)`.
    Log,
    /// `c_ij * ln(n / df_j)` (Salton & Buckley 1988, "Term-weighting approaches", table 1).
    TfIdf,
    /// `ln(1 + c_ij) * (1 + sum_i p_ij ln p_ij / ln n)` with `p_ij = c_ij / s_j` (Dumais 1991,
    /// "Improving the retrieval of information from external sources"): a word that is spread
    /// evenly over all rows weighs nothing.
    LogEntropy,
    /// Positive pointwise mutual information, `max(0, ln(c_ij S / (s_j r_i^a)) - ln(shift))` with
    /// `S = sum_i r_i^a` (Levy, Goldberg & Dagan 2015, sections 3.1 and 3.2; the rows are the
    /// contexts).
    Ppmi {
        /// The power `a` of the context counts; 1 is plain PMI, 0.75 is usual.
        smoothing: f64,
        /// What is subtracted is the logarithm of this number, at least 1; 1 subtracts nothing.
        shift: f64,
    },
    /// `c_ij^a / sqrt(r_i^a s_j^a)`: for `a = 1/2` the square-root transform of canonical
    /// correlation analysis, `sqrt(c_ij) / (r_i s_j)^(1/4)` (Stratos, Collins & Hsu 2015, sections
    /// 4 and 5). As sparse as the counts.
    SquareRoot {
        /// The power `a`, above 0 and at most 1; 0.5 measured best.
        power: f64,
    },
}

impl Weighting {
    /// Refuses parameters outside their range.
    ///
    /// # Errors
    /// `smoothing` or `power` not in (0, 1], `shift` below 1.
    pub fn check(&self) -> Result<()> {
        let refuse = |name, found: f64, expected: &str| {
            Err(Error::Parameter { name, found: found.to_string(), expected: expected.to_owned() })
        };
        let is_share = |x: f64| x > 0.0 && x <= 1.0;
        match *self {
            Self::Ppmi { smoothing, .. } if !is_share(smoothing) => {
                refuse("smoothing", smoothing, "a number above 0 and at most 1")
            }
            Self::Ppmi { shift, .. } if !(shift >= 1.0 && shift.is_finite()) => {
                refuse("shift", shift, "a number of at least 1")
            }
            Self::SquareRoot { power } if !is_share(power) => {
                refuse("power", power, "a number above 0 and at most 1")
            }
            _ => Ok(()),
        }
    }

    /// Whether a symmetric matrix of counts stays symmetric, and so need not be stored with its
    /// transpose.
    pub fn keeps_symmetry(&self) -> bool {
        match *self {
            Self::Binary | Self::Count | Self::Log | Self::SquareRoot { .. } => true,
            Self::Ppmi { smoothing, .. } => smoothing == 1.0,
            Self::TfIdf | Self::LogEntropy => false,
        }
    }

    /// Replaces the counts in `matrix` by their weights, in place; entries that become 0 are
    /// dropped. Returns what a row from elsewhere needs.
    ///
    /// Cost: one pass over the entries and one for each kind of sum; memory: one `f64` a row and a
    /// column.
    ///
    /// # Errors
    /// Parameters outside their range, an interruption, no entry is left, or counts on the disk
    /// that cannot be read or written.
    pub fn apply(
        &self,
        matrix: &mut CountMatrix,
        progress: &dyn Progress,
    ) -> Result<ColumnStatistics> {
        self.apply_times(matrix, None, progress)
    }

    /// As [`Weighting::apply`], and each row and column, where factors are given, times its factor;
    /// those of columns become a part of the statistics. For the square-root transform alone.
    pub(crate) fn apply_times(
        &self,
        matrix: &mut CountMatrix,
        factors: Option<&Factors>,
        progress: &dyn Progress,
    ) -> Result<ColumnStatistics> {
        self.check()?;
        assert!(
            factors.is_none() || matches!(self, Self::SquareRoot { .. }),
            "factors for {self:?}"
        );
        let n_entries = matrix.n_nonzeros() as u64;
        progress.start(Stage::Weight, Some(n_entries));
        if !self.keeps_symmetry() || factors.is_some() {
            matrix.forget_symmetry();
        }
        let statistics = self.weigh(matrix, factors)?;
        progress.advance(n_entries);
        progress.finish();
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        if matrix.n_nonzeros() == 0 {
            return Err(Error::ZeroMatrix {
                n_rows: matrix.n_rows(),
                n_columns: matrix.n_columns(),
                stage: Stage::Weight,
            });
        }
        Ok(statistics)
    }

    /// Replaces the counts by their weights.
    fn weigh(
        &self,
        matrix: &mut CountMatrix,
        factors: Option<&Factors>,
    ) -> Result<ColumnStatistics> {
        let sums = Sums::of(matrix, self)?;
        let statistics = self.statistics(&sums, matrix.n_rows(), factors);
        self.weigh_rows(matrix, 0, &sums.rows, &statistics, factors)?;
        Ok(statistics)
    }

    /// What rows from elsewhere need, from the sums of a matrix of so many rows.
    pub(crate) fn statistics(
        &self,
        sums: &Sums,
        n_rows: usize,
        factors: Option<&Factors>,
    ) -> ColumnStatistics {
        match *self {
            Self::Binary | Self::Count | Self::Log => ColumnStatistics::default(),
            Self::TfIdf => {
                let n_rows = n_rows as f64;
                let of_column = |&df: &u64| if df == 0 { 0.0 } else { ln(n_rows / df as f64) };
                let terms: Vec<f64> = sums.column_counts.iter().map(of_column).collect();
                ColumnStatistics { terms: terms.into(), total: 0.0 }
            }
            Self::LogEntropy => {
                ColumnStatistics { terms: entropy_weights(sums, n_rows).into(), total: 0.0 }
            }
            Self::Ppmi { smoothing, .. } => {
                let total = sums.rows.iter().map(|&sum| pow(sum, smoothing)).sum();
                ColumnStatistics { terms: sums.columns.clone().into(), total }
            }
            Self::SquareRoot { power } => {
                let root = |&sum: &f64| inverse_half_power(sum, power);
                let mut terms: Vec<f64> = sums.columns.iter().map(root).collect();
                if let Some(factors) = factors {
                    terms.iter_mut().zip(&factors.columns).for_each(|(it, by)| *it *= by);
                }
                ColumnStatistics { terms: terms.into(), total: 0.0 }
            }
        }
    }

    /// Replaces counts by their weights in some rows of a matrix, from `first_row` on; `sums` are
    /// those of these rows.
    pub(crate) fn weigh_rows(
        &self,
        rows: &mut CountMatrix,
        first_row: usize,
        sums: &[f64],
        statistics: &ColumnStatistics,
        factors: Option<&Factors>,
    ) -> Result<()> {
        let terms: &[f64] = &statistics.terms;
        match *self {
            Self::Binary => rows.map(|_, _, _| 1.0),
            Self::Count => Ok(()),
            Self::Log => rows.map(|_, _, count| log(count)),
            Self::TfIdf => rows.map(|_, column, count| tf_idf(count, terms[column])),
            Self::LogEntropy => rows.map(|_, column, count| log_entropy(count, terms[column])),
            Self::Ppmi { smoothing, shift } => {
                let of_row: Vec<f64> = sums.iter().map(|&sum| pow(sum, smoothing)).collect();
                let (total, log_shift) = (statistics.total, ln(shift));
                rows.map(|row, column, count| {
                    ppmi(count, of_row[row], terms[column], total, log_shift)
                })
            }
            Self::SquareRoot { power } => {
                let root = |&sum: &f64| inverse_half_power(sum, power);
                let mut of_row: Vec<f64> = sums.iter().map(root).collect();
                if let Some(factors) = factors {
                    let factors = factors.rows.iter().skip(first_row);
                    of_row.iter_mut().zip(factors).for_each(|(it, by)| *it *= by);
                }
                rows.map(|row, column, count| square_root(count, power, of_row[row], terms[column]))
            }
        }
    }

    /// Whether the columns have statistics.
    pub(crate) fn has_column_terms(&self) -> bool {
        !matches!(self, Self::Binary | Self::Count | Self::Log)
    }

    /// Weighs one more row as the rows of a matrix were weighed, to the bit: `counts[i]`, which
    /// stands in column `columns[i]`, becomes its weight. The row sum is that of the row itself,
    /// everything else comes from the corpus.
    ///
    /// # Panics
    /// If there are not as many counts as columns, or a column is beyond the statistics.
    pub fn weigh_row(&self, statistics: &ColumnStatistics, columns: &[u32], counts: &mut [f32]) {
        assert_eq!(columns.len(), counts.len(), "a column for each count");
        let sum: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        let entries = columns.iter().map(|&column| column as usize).zip(counts);
        let terms: &[f64] = &statistics.terms;
        match *self {
            Self::Binary => entries.for_each(|(_, count)| *count = 1.0),
            Self::Count => {}
            Self::Log => entries.for_each(|(_, count)| *count = log(*count)),
            Self::TfIdf => {
                entries.for_each(|(column, count)| *count = tf_idf(*count, terms[column]));
            }
            Self::LogEntropy => {
                entries.for_each(|(column, count)| *count = log_entropy(*count, terms[column]));
            }
            Self::Ppmi { smoothing, shift } => {
                let (row, log_shift) = (pow(sum, smoothing), ln(shift));
                entries.for_each(|(column, count)| {
                    *count = ppmi(*count, row, terms[column], statistics.total, log_shift);
                });
            }
            Self::SquareRoot { power } => {
                let row = inverse_half_power(sum, power);
                entries.for_each(|(column, count)| {
                    *count = square_root(*count, power, row, terms[column]);
                });
            }
        }
    }

    /// A number that orders the words of one row by the counts that their weights stand for: the
    /// inverse of the weighting, up to what is the same for all words of the row. A word that
    /// weighs nothing in any row comes last.
    pub(crate) fn count_order(
        &self,
        statistics: &ColumnStatistics,
        column: usize,
        weight: f32,
    ) -> f64 {
        let weight = f64::from(weight);
        match *self {
            Self::Binary | Self::Count | Self::Log => weight,
            Self::TfIdf | Self::LogEntropy => {
                let term = statistics.terms[column];
                if term > 0.0 { weight / term } else { f64::NEG_INFINITY }
            }
            Self::Ppmi { .. } => weight + ln(statistics.terms[column]),
            Self::SquareRoot { .. } if statistics.terms[column] == 0.0 => f64::NEG_INFINITY,
            Self::SquareRoot { .. } => weight / statistics.terms[column],
        }
    }
}

fn log(count: f32) -> f32 {
    ln(1.0 + f64::from(count)) as f32
}

fn tf_idf(count: f32, idf: f64) -> f32 {
    (f64::from(count) * idf) as f32
}

fn log_entropy(count: f32, weight: f64) -> f32 {
    (ln(1.0 + f64::from(count)) * weight) as f32
}

/// `sum^(-a/2)`; 0 for a row or a column without an entry, which has nothing to divide.
fn inverse_half_power(sum: f64, power: f64) -> f64 {
    if sum > 0.0 { pow(sum, -power / 2.0) } else { 0.0 }
}

/// Commutative in row and column, so that a symmetric matrix stays symmetric to the bit. A word
/// that no row of the corpus holds tells nothing.
fn ppmi(count: f32, row: f64, column: f64, total: f64, log_shift: f64) -> f32 {
    if row == 0.0 || column == 0.0 {
        return 0.0;
    }
    let information = ln(f64::from(count) * total / (row * column)) - log_shift;
    information.max(0.0) as f32
}

/// `row` and `column` are the sums to the power `-power / 2`.
fn square_root(count: f32, power: f64, row: f64, column: f64) -> f32 {
    let count = f64::from(count);
    // `pow` would take twice the time for digits that `f32` does not hold.
    let root = if power == 0.5 { count.sqrt() } else { exp(power * ln(count)) };
    (root * (row * column)) as f32
}

/// `1 + sum_i p_ij ln p_ij / ln n` of each column, by `sum_i p ln p = (sum_i c ln c) / s - ln s`.
fn entropy_weights(sums: &Sums, n_rows: usize) -> Vec<f64> {
    let log_rows = ln(n_rows as f64);
    let weight = |(&sum, &sum_of_logs): (&f64, &f64)| {
        // A word without an entry weighs nothing; with a single row there is no entropy to speak
        // of.
        if sum == 0.0 {
            0.0
        } else if log_rows == 0.0 {
            1.0
        } else {
            (1.0 + (sum_of_logs / sum - ln(sum)) / log_rows).max(0.0)
        }
    };
    sums.columns.iter().zip(&sums.columns_of_logs).map(weight).collect()
}

#[cfg(test)]
#[path = "formulas_tests.rs"]
mod tests;
