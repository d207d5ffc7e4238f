//! The sums over rows and columns that a weighting needs, of a whole matrix or of its blocks.
//!
//! In: counts. Out: sums in `f64`, along each row, and for columns within each block and then over
//! the blocks in order. So the sums of blocks, added in order, have the bits of those of the whole.

use super::formulas::Weighting;
use crate::base::error::Result;
use crate::base::functions::ln;
use crate::counts::CountMatrix;
use crate::storage::parcel::{ParcelReader, ParcelWriter};

/// Sums of counts; those that a weighting does not need are empty.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// Of each row.
    pub(crate) rows: Vec<f64>,
    /// Of each column.
    pub(crate) columns: Vec<f64>,
    /// Of `c ln c` in each column.
    pub(super) columns_of_logs: Vec<f64>,
    /// Entries of each column.
    pub(super) column_counts: Vec<u64>,
}

impl Sums {
    /// What a weighting needs of a matrix, or of a block of one.
    ///
    /// # Errors
    /// Counts on the disk that cannot be read.
    pub(crate) fn of(matrix: &CountMatrix, weighting: &Weighting) -> Result<Self> {
        let mut sums = Self::default();
        match weighting {
            Weighting::Binary | Weighting::Count | Weighting::Log => {}
            Weighting::TfIdf => sums.column_counts = matrix.column_counts()?,
            Weighting::LogEntropy => {
                sums.columns_of_logs =
                    matrix.column_sums_of(|count| f64::from(count) * ln(count.into()))?;
                sums.columns = matrix.column_sums()?;
            }
            Weighting::Ppmi { .. } | Weighting::SquareRoot { .. } => {
                sums.rows = Self::of_rows(matrix, weighting)?;
                sums.columns = matrix.column_sums()?;
            }
        }
        Ok(sums)
    }

    /// Of these the sums of the rows alone.
    ///
    /// # Errors
    /// As [`Sums::of`].
    pub(crate) fn of_rows(matrix: &CountMatrix, weighting: &Weighting) -> Result<Vec<f64>> {
        match weighting {
            Weighting::Ppmi { .. } | Weighting::SquareRoot { .. } => matrix.row_sums(),
            _ => Ok(Vec::new()),
        }
    }

    /// Adds those of the next block.
    pub(crate) fn add(&mut self, next: Self) {
        fn add<T: Default + Clone + std::ops::AddAssign>(sums: &mut Vec<T>, next: Vec<T>) {
            sums.resize(sums.len().max(next.len()), T::default());
            sums.iter_mut().zip(next).for_each(|(sum, more)| *sum += more);
        }
        self.rows.extend(next.rows);
        add(&mut self.columns, next.columns);
        add(&mut self.columns_of_logs, next.columns_of_logs);
        add(&mut self.column_counts, next.column_counts);
    }

    /// The sums of the columns are those of the rows, as a symmetric matrix has them.
    pub(crate) fn symmetric(&mut self) {
        self.columns.clone_from(&self.rows);
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.list(&self.rows);
        parcel.list(&self.columns);
        parcel.list(&self.columns_of_logs);
        parcel.list(&self.column_counts);
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`Sums::to_bytes`] has not written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        Ok(Self {
            rows: parcel.list()?,
            columns: parcel.list()?,
            columns_of_logs: parcel.list()?,
            column_counts: parcel.list()?,
        })
    }
}
