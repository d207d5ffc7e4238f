//! The rows of a sparse matrix in memory, one after the other, and the documents of a mini-batch
//! out of them.

use sprs::CsMatI;

use crate::operator::kernel::SparseView;

/// A sparse matrix in compressed rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SparseRows {
    /// One more than there are rows.
    pub(crate) offsets: Vec<usize>,
    /// Of each entry, rising within a row.
    pub(crate) columns: Vec<u32>,
    /// Of each entry.
    pub(crate) values: Vec<f32>,
}

impl SparseRows {
    /// No row.
    pub(crate) fn new() -> Self {
        Self { offsets: vec![0], ..Self::default() }
    }

    /// Blocks of rows below each other; each is freed when it is copied.
    pub(crate) fn from_blocks(blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        let mut rows = Self::new();
        rows.columns.reserve_exact(blocks.iter().map(CsMatI::nnz).sum());
        rows.values.reserve_exact(rows.columns.capacity());
        for block in blocks {
            for row in block.outer_iterator() {
                rows.push(row.indices().iter().copied().zip(row.data().iter().copied()));
            }
        }
        rows
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, entries: impl Iterator<Item = (u32, f32)>) {
        for (column, value) in entries {
            self.columns.push(column);
            self.values.push(value);
        }
        self.offsets.push(self.columns.len());
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Columns and values of a row.
    pub(crate) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let entries = self.offsets[row]..self.offsets[row + 1];
        (&self.columns[entries.clone()], &self.values[entries])
    }

    /// The sum of the squares of all entries.
    pub(crate) fn squared_norm(&self) -> f64 {
        self.values.iter().map(|&value| f64::from(value) * f64::from(value)).sum()
    }

    /// The rows for a product.
    pub(crate) fn as_rows(&self) -> SparseView<'_, usize, u32, f32> {
        SparseView { offsets: &self.offsets, columns: &self.columns, values: &self.values }
    }

    /// The same entries by column, and within a column by row.
    pub(crate) fn by_column(&self) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.columns.len());
        for row in 0..self.len() {
            let (columns, values) = self.row(row);
            entries.extend(columns.iter().zip(values).map(|(&column, &value)| Entry {
                column,
                row: row as u32,
                value,
            }));
        }
        entries.sort_unstable_by_key(|entry| (entry.column, entry.row));
        entries
    }
}

/// An entry of a sparse matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry {
    pub(crate) column: u32,
    pub(crate) row: u32,
    pub(crate) value: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_by_hand() {
        // 1 0 2
        // 0 0 0
        // 3 4 0
        let blocks = vec![
            CsMatI::new((2, 3), vec![0, 2, 2], vec![0, 2], vec![1.0, 2.0]),
            CsMatI::new((1, 3), vec![0, 2], vec![0, 1], vec![3.0, 4.0]),
        ];
        let rows = SparseRows::from_blocks(blocks);
        assert_eq!(
            (rows.len(), rows.row(1), rows.row(2)),
            (3, (&[][..], &[][..]), (&[0, 1][..], &[3.0, 4.0][..]))
        );
        let entry = |column, row, value| Entry { column, row, value };
        assert_eq!(
            rows.by_column(),
            [entry(0, 0, 1.0), entry(0, 2, 3.0), entry(1, 2, 4.0), entry(2, 0, 2.0)]
        );
    }
}
