//! A sparse matrix of counts or weights in row blocks, before it is laid out for products: sums, and element-wise maps.
//!
//! In: blocks of rows in compressed rows (`sprs`), about [`ENTRIES_PER_BLOCK`] entries each. Out: a [`BlockMatrix`], by `From`. Every sum goes
//! along the rows within a block and over the blocks in order, so the bits depend on the cut, never on the number of threads.

use rayon::prelude::*;
use sprs::CsMatI;

#[cfg(doc)]
use super::BlockMatrix;

/// Stored entries in a block, more or less: 32 MiB of columns and values. Whoever streams blocks from a disk holds two of them.
pub(crate) const ENTRIES_PER_BLOCK: usize = 4 * 1024 * 1024;

/// Blocks whose sums are taken side by side: each has a number for every column.
const BLOCKS_AT_A_TIME: usize = 16;

/// A sparse matrix of `f32` in row blocks, in one orientation.
#[derive(Debug, Clone)]
pub struct CountMatrix {
    n_columns: usize,
    symmetric: bool,
    blocks: Vec<CsMatI<f32, u32, usize>>,
    /// First row of each block.
    first_rows: Vec<usize>,
    n_rows: usize,
}

impl CountMatrix {
    /// Stacks blocks of rows.
    ///
    /// # Panics
    /// If a block is not in compressed rows or has not `n_columns` columns.
    pub fn new(n_columns: usize, blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        let mut n_rows = 0;
        let mut first_rows = Vec::with_capacity(blocks.len());
        for block in &blocks {
            assert!(block.is_csr(), "a block must be in compressed rows");
            assert_eq!(block.cols(), n_columns, "every block must have the columns of the matrix");
            first_rows.push(n_rows);
            n_rows += block.rows();
        }
        Self { n_columns, symmetric: false, blocks, first_rows, n_rows }
    }

    /// Stacks blocks of rows of a symmetric matrix, whose products need no transpose.
    ///
    /// The caller promises that `a_ij` and `a_ji` have the same bits; debug builds look.
    ///
    /// # Panics
    /// If the blocks are not in compressed rows, or do not make a square matrix together.
    pub fn symmetric(blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        let n_columns = blocks.iter().map(CsMatI::rows).sum();
        let matrix = Self { symmetric: true, ..Self::new(n_columns, blocks) };
        debug_assert!(matrix.equals_its_transpose(), "the blocks of a symmetric matrix must be symmetric");
        matrix
    }

    fn equals_its_transpose(&self) -> bool {
        let entry = |row: usize, column: usize| {
            let block = self.first_rows.partition_point(|&first| first <= row) - 1;
            self.blocks[block].get(row - self.first_rows[block], column).copied()
        };
        self.blocks.iter().zip(&self.first_rows).all(|(block, first)| {
            block.iter().all(|(&value, (row, column))| entry(column as usize, first + row as usize) == Some(value) || value.is_nan())
        })
    }

    /// Number of rows: documents or contexts.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns: words.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Number of stored entries.
    pub fn n_nonzeros(&self) -> usize {
        self.blocks.iter().map(CsMatI::nnz).sum()
    }

    /// Whether the matrix is known to be its own transpose.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// The row blocks, in order, in compressed rows.
    pub fn blocks(&self) -> &[CsMatI<f32, u32, usize>] {
        &self.blocks
    }

    /// The row blocks, in order, and whether together they are symmetric.
    pub(super) fn into_blocks(self) -> (Vec<CsMatI<f32, u32, usize>>, bool) {
        (self.blocks, self.symmetric)
    }

    /// Bytes of all offsets, columns and values.
    pub fn memory_bytes(&self) -> u64 {
        self.blocks.iter().map(|block| 8 * (block.nnz() + block.rows() + 1) as u64).sum()
    }

    /// Replaces each stored value by `f(row, column, value)`, in parallel; `f` must be pure, and for a symmetric matrix it must be symmetric in
    /// row and column: call [`CountMatrix::forget_symmetry`] before it where it is not.
    pub fn map(&mut self, f: impl Fn(usize, usize, f32) -> f32 + Sync) {
        for (block, &first_row) in self.blocks.iter_mut().zip(&self.first_rows) {
            let rows: Vec<_> = block.outer_iterator_mut().collect();
            rows.into_par_iter().enumerate().for_each(|(row, mut entries)| {
                for (column, value) in entries.iter_mut() {
                    *value = f(first_row + row, column, *value);
                }
            });
        }
        debug_assert!(!self.symmetric || self.equals_its_transpose(), "a symmetric matrix must stay symmetric");
    }

    /// Treats a symmetric matrix as any other from now on, for a weighting that treats rows and columns differently.
    pub fn forget_symmetry(&mut self) {
        self.symmetric = false;
    }

    /// Drops the stored entries that are zero, for instance after a weighting.
    pub fn retain_nonzero(&mut self) {
        self.blocks.par_iter_mut().for_each(retain_nonzero);
    }

    /// The sum of each row, of length `n_rows`.
    pub fn row_sums(&self) -> Vec<f64> {
        self.row_sums_of(f64::from)
    }

    /// The sum of each column, of length `n_columns`.
    pub fn column_sums(&self) -> Vec<f64> {
        self.column_sums_of(f64::from)
    }

    /// The sum of `f(value)` over the stored values of each column, of length `n_columns`.
    pub fn column_sums_of(&self, f: impl Fn(f32) -> f64 + Sync) -> Vec<f64> {
        if self.symmetric { self.row_sums_of(f) } else { self.scatter(0.0, |sum, value| *sum += f(value), |sum, more| *sum += more) }
    }

    /// The number of stored entries in each column, of length `n_columns`: in how many documents a word occurs.
    pub fn column_counts(&self) -> Vec<u64> {
        self.scatter(0, |count, _| *count += 1, |count, more| *count += more)
    }

    fn row_sums_of(&self, f: impl Fn(f32) -> f64 + Sync) -> Vec<f64> {
        let of_block = |block: &CsMatI<f32, u32, usize>| {
            let indptr = block.indptr();
            let pairs = indptr.raw_storage().par_windows(2);
            pairs.map(|pair| block.data()[pair[0]..pair[1]].iter().map(|&value| f(value)).sum()).collect::<Vec<f64>>()
        };
        self.blocks.iter().flat_map(of_block).collect()
    }

    /// Collects the values of each column, block by block, and then the blocks.
    fn scatter<T: Copy + Send + Sync>(&self, zero: T, add: impl Fn(&mut T, f32) + Sync, join: impl Fn(&mut T, T)) -> Vec<T> {
        let mut sums = vec![zero; self.n_columns];
        for blocks in self.blocks.chunks(BLOCKS_AT_A_TIME) {
            let of_block = |block: &CsMatI<f32, u32, usize>| {
                let mut sums = vec![zero; self.n_columns];
                block.indices().iter().zip(block.data()).for_each(|(&column, &value)| add(&mut sums[column as usize], value));
                sums
            };
            for block in blocks.par_iter().map(of_block).collect::<Vec<_>>() {
                sums.iter_mut().zip(block).for_each(|(sum, more)| join(sum, more));
            }
        }
        sums
    }
}

/// Joins neighbouring blocks until each holds about [`ENTRIES_PER_BLOCK`] entries: a task of a count is cut for even work, a block for products.
pub(super) fn join_small(parts: Vec<CsMatI<f32, u32, usize>>, n_columns: usize) -> Vec<CsMatI<f32, u32, usize>> {
    let mut blocks = Vec::new();
    let mut group = Vec::new();
    let mut entries = 0;
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        entries += part.nnz();
        group.push(part);
        if entries >= ENTRIES_PER_BLOCK || parts.peek().is_none() {
            blocks.push(join(std::mem::take(&mut group), entries, n_columns));
            entries = 0;
        }
    }
    blocks
}

fn join(parts: Vec<CsMatI<f32, u32, usize>>, entries: usize, n_columns: usize) -> CsMatI<f32, u32, usize> {
    let n_rows = parts.iter().map(CsMatI::rows).sum();
    let mut offsets = Vec::with_capacity(n_rows + 1);
    offsets.push(0);
    let (mut columns, mut values) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
    for part in parts {
        let start = columns.len();
        let (part_offsets, part_columns, part_values) = part.into_raw_storage();
        offsets.extend(part_offsets[1..].iter().map(|offset| start + offset));
        columns.extend_from_slice(&part_columns);
        values.extend_from_slice(&part_values);
    }
    CsMatI::new((n_rows, n_columns), offsets, columns, values)
}

fn retain_nonzero(matrix: &mut CsMatI<f32, u32, usize>) {
    if matrix.data().iter().all(|&value| value != 0.0) {
        return;
    }
    let shape = matrix.shape();
    let (offsets, mut columns, mut values) = std::mem::replace(matrix, CsMatI::zero((0, 0))).into_raw_storage();
    let mut new_offsets = Vec::with_capacity(offsets.len());
    new_offsets.push(0);
    let mut kept = 0;
    for pair in offsets.windows(2) {
        for entry in pair[0]..pair[1] {
            if values[entry] != 0.0 {
                columns[kept] = columns[entry];
                values[kept] = values[entry];
                kept += 1;
            }
        }
        new_offsets.push(kept);
    }
    columns.truncate(kept);
    columns.shrink_to_fit();
    values.truncate(kept);
    values.shrink_to_fit();
    *matrix = CsMatI::new(shape, new_offsets, columns, values);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of small whole numbers, so that every sum is exact in any order.
    fn rows_of(n_rows: usize, n_columns: usize) -> Vec<Vec<f32>> {
        let entry = |row: usize, column: usize| if (row * 31 + column * 17) % 5 < 2 { ((row + 3 * column) % 9) as f32 - 4.0 } else { 0.0 };
        (0..n_rows).map(|row| (0..n_columns).map(|column| entry(row, column)).collect()).collect()
    }

    fn csr(rows: &[Vec<f32>], n_columns: usize) -> CsMatI<f32, u32, usize> {
        let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in rows {
            for (column, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                columns.push(column as u32);
                values.push(value);
            }
            offsets.push(columns.len());
        }
        CsMatI::new((rows.len(), n_columns), offsets, columns, values)
    }

    #[test]
    fn sums_and_counts_by_hand() {
        // 1 0 2
        // 0 3 0
        // 4 0 5
        let rows = [vec![1.0, 0.0, 2.0], vec![0.0, 3.0, 0.0], vec![4.0, 0.0, 5.0]];
        let matrix = CountMatrix::new(3, vec![csr(&rows[..2], 3), csr(&rows[2..], 3)]);
        assert_eq!(matrix.row_sums(), [3.0, 3.0, 9.0]);
        assert_eq!(matrix.column_sums(), [5.0, 3.0, 7.0]);
        assert_eq!(matrix.column_counts(), [2, 1, 2]);
        assert_eq!(matrix.n_nonzeros(), 5);
        assert_eq!(matrix.memory_bytes(), 8 * (3 + 3 + 2 + 2));
    }

    #[test]
    fn a_map_sees_rows_and_columns_of_the_whole_matrix() {
        let rows = rows_of(20, 11);
        let mut matrix = CountMatrix::new(11, rows.chunks(7).map(|rows| csr(rows, 11)).collect());
        matrix.map(|row, column, value| if row == 9 { 0.0 } else { value * (row + 2 * column) as f32 });
        let mapped: Vec<Vec<f32>> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| row.iter().enumerate().map(|(j, v)| if i == 9 { 0.0 } else { v * (i + 2 * j) as f32 }).collect())
            .collect();
        matrix.retain_nonzero();
        let expected: Vec<_> = mapped.chunks(7).map(|rows| csr(rows, 11)).collect();
        assert_eq!(matrix.blocks(), expected);
    }

    #[test]
    fn the_sums_of_a_symmetric_matrix_are_those_of_its_rows() {
        let square = rows_of(15, 15);
        let rows: Vec<Vec<f32>> = (0..15).map(|i| (0..15).map(|j| square[i][j] + square[j][i]).collect()).collect();
        let mut matrix = CountMatrix::symmetric(rows.chunks(4).map(|rows| csr(rows, 15)).collect());
        let sums = matrix.column_sums();
        assert_eq!(sums, matrix.row_sums());
        matrix.forget_symmetry();
        assert_eq!(sums, matrix.column_sums());
        assert_eq!(matrix.column_counts().iter().sum::<u64>() as usize, matrix.n_nonzeros());
    }

    #[test]
    #[should_panic(expected = "every block must have the columns of the matrix")]
    fn a_block_of_another_width_is_refused() {
        CountMatrix::new(3, vec![csr(&[vec![1.0, 2.0]], 2)]);
    }

    #[test]
    fn small_parts_are_joined() {
        let rows = rows_of(30, 9);
        let joined = join_small(rows.chunks(4).map(|rows| csr(rows, 9)).collect(), 9);
        assert_eq!(joined, [csr(&rows, 9)]);
    }
}
