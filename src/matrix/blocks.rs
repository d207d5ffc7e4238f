//! A sparse matrix in row blocks, each stored in both directions, so that `A q` and `A^T y` are the same race-free gather.
//!
//! In: blocks of rows in compressed rows (`sprs`), cut by whoever counts, about [`ENTRIES_PER_BLOCK`] entries each. Out: products, sums and
//! element-wise maps. The transpose of each block is made by a counting sort; a symmetric matrix needs none.
//!
//! `A^T y = sum_b A_b^T y_b` is added in a fixed pairwise tree over block numbers: blocks 0 and 1, 2 and 3, then the pairs of pairs; block
//! 2i + 1 is added straight onto the sum of block 2i. At most `log2(n_blocks) + 1` panels are alive at a time, and the bits depend on the
//! cut, never on the number of threads. Whoever has some of the blocks (another process, another machine) can make the same sums.

use rayon::prelude::*;
use sprs::CsMatI;

use crate::operator::LinearOperator;
use crate::operator::foreign::{add, sum_of_squares};
use crate::operator::kernel::{self, Mode, Rows};

/// Stored entries in a block, more or less: 64 MiB in each direction. A smaller block has a smaller panel of documents, which stays in
/// cache while it is gathered, and one more panel of words to add.
pub(crate) const ENTRIES_PER_BLOCK: usize = 8 * 1024 * 1024;

/// Some consecutive rows of a [`BlockMatrix`].
#[derive(Debug, Clone)]
pub struct Block {
    /// The rows, `block rows x n_columns`, in compressed rows.
    rows: CsMatI<f32, u32, usize>,
    /// Their transpose, `n_columns x block rows`, in compressed rows; `None` in a symmetric matrix.
    columns: Option<CsMatI<f32, u32, usize>>,
}

impl Block {
    /// The rows, `block rows x n_columns`, in compressed rows.
    pub fn rows(&self) -> &CsMatI<f32, u32, usize> {
        &self.rows
    }

    /// The transpose, `n_columns x block rows`, in compressed rows; `None` in a symmetric matrix, where nobody needs it.
    pub fn columns(&self) -> Option<&CsMatI<f32, u32, usize>> {
        self.columns.as_ref()
    }
}

/// A sparse matrix of `f32` in row blocks, ready for fast products in both directions.
#[derive(Debug, Clone)]
pub struct BlockMatrix {
    n_columns: usize,
    symmetric: bool,
    blocks: Vec<Block>,
    /// First row of each block.
    first_rows: Vec<usize>,
    n_rows: usize,
}

impl BlockMatrix {
    /// Stacks blocks of rows, and stores the transpose of each beside it.
    ///
    /// # Panics
    /// If a block is not in compressed rows or has not `n_columns` columns, or has 2^32 rows or more.
    pub fn new(n_columns: usize, blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        let mut matrix = Self::stack(n_columns, blocks, false);
        matrix.add_transposes();
        matrix
    }

    /// Stacks blocks of rows of a symmetric matrix, which is its own transpose and so is stored once.
    ///
    /// The caller promises that `a_ij` and `a_ji` have the same bits; debug builds look.
    ///
    /// # Panics
    /// If the blocks are not in compressed rows, or do not make a square matrix together.
    pub fn symmetric(blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        let n_columns = blocks.iter().map(CsMatI::rows).sum();
        let matrix = Self::stack(n_columns, blocks, true);
        debug_assert!(matrix.equals_its_transpose(), "the blocks of a symmetric matrix must be symmetric");
        matrix
    }

    fn stack(n_columns: usize, blocks: Vec<CsMatI<f32, u32, usize>>, symmetric: bool) -> Self {
        let mut n_rows = 0;
        let mut first_rows = Vec::with_capacity(blocks.len());
        for block in &blocks {
            assert!(block.is_csr(), "a block must be in compressed rows");
            assert_eq!(block.cols(), n_columns, "every block must have the columns of the matrix");
            first_rows.push(n_rows);
            n_rows += block.rows();
        }
        let blocks = blocks.into_iter().map(|rows| Block { rows, columns: None }).collect();
        Self { n_columns, symmetric, blocks, first_rows, n_rows }
    }

    fn add_transposes(&mut self) {
        self.blocks.par_iter_mut().for_each(|block| block.columns = Some(transpose(&block.rows)));
    }

    fn equals_its_transpose(&self) -> bool {
        let entry = |row: usize, column: usize| {
            let block = self.first_rows.partition_point(|&first| first <= row) - 1;
            self.blocks[block].rows.get(row - self.first_rows[block], column).copied()
        };
        self.blocks.iter().zip(&self.first_rows).all(|(block, first)| {
            block.rows.iter().all(|(&value, (row, column))| entry(column as usize, first + row as usize) == Some(value) || value.is_nan())
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

    /// Number of stored entries, counted once.
    pub fn n_nonzeros(&self) -> usize {
        self.blocks.iter().map(|block| block.rows.nnz()).sum()
    }

    /// Whether the matrix is its own transpose, and is stored in one direction.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// The row blocks, in order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Bytes of all offsets, indices and values, in both directions.
    pub fn memory_bytes(&self) -> u64 {
        let of = |matrix: &CsMatI<f32, u32, usize>| 8 * (matrix.nnz() + matrix.outer_dims() + 1) as u64;
        self.blocks.iter().map(|block| of(&block.rows) + block.columns.as_ref().map_or(0, of)).sum()
    }

    /// Replaces each stored value by `f(row, column, value)`, in both directions and in parallel; `f` must be pure, and for a symmetric
    /// matrix it must be symmetric in row and column: call [`BlockMatrix::unfold`] before it where it is not.
    pub fn map(&mut self, f: impl Fn(usize, usize, f32) -> f32 + Sync) {
        for (block, &first_row) in self.blocks.iter_mut().zip(&self.first_rows) {
            map_values(&mut block.rows, |row, column, value| f(first_row + row, column, value));
            if let Some(columns) = &mut block.columns {
                map_values(columns, |column, row, value| f(first_row + row, column, value));
            }
        }
        debug_assert!(!self.symmetric || self.equals_its_transpose(), "a symmetric matrix must stay symmetric, or be unfolded first");
    }

    /// Stores the transposes of a symmetric matrix too, for a weighting that treats rows and columns differently; nothing changes in a
    /// matrix that has them.
    pub fn unfold(&mut self) {
        if self.symmetric {
            self.symmetric = false;
            self.add_transposes();
        }
    }

    /// Drops the stored entries that are zero, for instance after a weighting.
    pub fn retain_nonzero(&mut self) {
        self.blocks.par_iter_mut().for_each(|block| {
            retain_nonzero(&mut block.rows);
            if let Some(columns) = &mut block.columns {
                retain_nonzero(columns);
            }
        });
    }

    /// The sum of each row, of length `n_rows`.
    pub fn row_sums(&self) -> Vec<f64> {
        self.blocks.iter().flat_map(|block| outer_sums(&block.rows, f64::from)).collect()
    }

    /// The sum of each column, of length `n_columns`; blocks are added in order.
    pub fn column_sums(&self) -> Vec<f64> {
        self.column_sums_of(f64::from)
    }

    /// The sum of `f(value)` over the stored values of each column, of length `n_columns`; blocks are added in order.
    pub fn column_sums_of(&self, f: impl Fn(f32) -> f64 + Sync) -> Vec<f64> {
        if self.symmetric {
            return self.blocks.iter().flat_map(|block| outer_sums(&block.rows, &f)).collect();
        }
        let mut sums = vec![0.0; self.n_columns];
        for columns in self.blocks.iter().filter_map(Block::columns) {
            for (sum, more) in sums.iter_mut().zip(outer_sums(columns, &f)) {
                *sum += more;
            }
        }
        sums
    }

    /// The number of stored entries in each column, of length `n_columns`: in how many documents a word occurs.
    pub fn column_counts(&self) -> Vec<u64> {
        let lengths = |matrix: &CsMatI<f32, u32, usize>| {
            matrix.indptr().raw_storage().windows(2).map(|pair| (pair[1] - pair[0]) as u64).collect::<Vec<u64>>()
        };
        if self.symmetric {
            return self.blocks.iter().flat_map(|block| lengths(&block.rows)).collect();
        }
        let mut counts = vec![0; self.n_columns];
        for columns in self.blocks.iter().filter_map(Block::columns) {
            for (count, more) in counts.iter_mut().zip(lengths(columns)) {
                *count += more;
            }
        }
        counts
    }
}

impl LinearOperator for BlockMatrix {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32]) {
        assert_eq!(q.len(), self.n_columns * width, "the panel of a product must be n_columns x width");
        assert_eq!(y.len(), self.n_rows * width, "the result of a product must be n_rows x width");
        let indptrs: Vec<_> = self.blocks.iter().map(|block| block.rows.indptr()).collect();
        let matrices: Vec<_> = self.blocks.iter().zip(&indptrs).map(|(block, indptr)| rows(&block.rows, indptr.raw_storage())).collect();
        let mut tasks = Vec::new();
        let mut rest = y;
        for matrix in &matrices {
            let (part, tail) = rest.split_at_mut(matrix.n_rows() * width);
            rest = tail;
            matrix.tasks(q, width, part, Mode::Overwrite, &mut tasks);
        }
        kernel::run(tasks);
    }

    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32]) {
        if self.symmetric {
            return self.apply(y, width, x);
        }
        assert_eq!(y.len(), self.n_rows * width, "the panel of a transposed product must be n_rows x width");
        assert_eq!(x.len(), self.n_columns * width, "the result of a transposed product must be n_columns x width");
        let mut transposes = self.blocks.iter().zip(&self.first_rows).filter_map(|(block, &first)| {
            let columns = block.columns.as_ref()?;
            Some((columns, &y[first * width..(first + columns.cols()) * width]))
        });
        let multiply = |columns: &CsMatI<f32, u32, usize>, y: &[f32], panel: &mut [f32], mode| {
            rows(columns, columns.indptr().raw_storage()).multiply(y, width, panel, mode);
        };
        let Some((first, y)) = transposes.next() else {
            return x.fill(0.0);
        };
        // A binary counter: `sums` holds panels over 2^level blocks with falling levels; the first block's panel is `x` itself.
        multiply(first, y, x, Mode::Overwrite);
        let mut sums = vec![(0_u32, Panel::Result(x))];
        let mut free: Vec<Vec<f32>> = Vec::new();
        for (columns, y) in transposes {
            match sums.last_mut() {
                Some((level @ 0, panel)) => {
                    multiply(columns, y, panel.as_mut(), Mode::Accumulate);
                    *level = 1;
                }
                _ => {
                    let mut panel = free.pop().unwrap_or_else(|| vec![0.0; self.n_columns * width]);
                    multiply(columns, y, &mut panel, Mode::Overwrite);
                    sums.push((0, Panel::Own(panel)));
                }
            }
            while let [.., (left, _), (right, _)] = sums[..]
                && left == right
            {
                merge(&mut sums, &mut free);
            }
        }
        while sums.len() > 1 {
            merge(&mut sums, &mut free);
        }
    }

    fn squared_norm(&self) -> f64 {
        self.blocks.iter().map(|block| sum_of_squares(block.rows.data())).sum()
    }
}

/// A partial sum: in the caller's result, or in a panel of our own.
enum Panel<'a> {
    Result(&'a mut [f32]),
    Own(Vec<f32>),
}

impl Panel<'_> {
    fn as_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Result(panel) => panel,
            Self::Own(panel) => panel,
        }
    }
}

/// Adds the last partial sum to the one before it.
fn merge(sums: &mut Vec<(u32, Panel<'_>)>, free: &mut Vec<Vec<f32>>) {
    let right = sums.pop();
    if let (Some((level, left)), Some((_, Panel::Own(right)))) = (sums.last_mut(), right) {
        add(left.as_mut(), &right);
        *level += 1;
        free.push(right);
    }
}

fn rows<'a>(matrix: &'a CsMatI<f32, u32, usize>, offsets: &'a [usize]) -> Rows<'a, u32, f32> {
    Rows { offsets, columns: matrix.indices(), values: matrix.data() }
}

/// The transpose in compressed rows, by a counting sort: entries of a column come in the order of their rows.
fn transpose(matrix: &CsMatI<f32, u32, usize>) -> CsMatI<f32, u32, usize> {
    assert!(u32::try_from(matrix.rows()).is_ok(), "a block must have fewer than 2^32 rows, not {}", matrix.rows());
    let mut offsets = vec![0_usize; matrix.cols() + 1];
    for &column in matrix.indices() {
        offsets[column as usize + 1] += 1;
    }
    for column in 0..matrix.cols() {
        offsets[column + 1] += offsets[column];
    }
    let mut next = offsets.clone();
    let mut indices = vec![0_u32; matrix.nnz()];
    let mut values = vec![0.0_f32; matrix.nnz()];
    for (row, entries) in matrix.outer_iterator().enumerate() {
        for (column, &value) in entries.iter() {
            let place = &mut next[column];
            indices[*place] = row as u32;
            values[*place] = value;
            *place += 1;
        }
    }
    CsMatI::new((matrix.cols(), matrix.rows()), offsets, indices, values)
}

/// Replaces each value by `f(outer, inner, value)`, row by row in parallel.
fn map_values(matrix: &mut CsMatI<f32, u32, usize>, f: impl Fn(usize, usize, f32) -> f32 + Sync) {
    let rows: Vec<_> = matrix.outer_iterator_mut().collect();
    rows.into_par_iter().enumerate().for_each(|(row, mut entries)| {
        for (column, value) in entries.iter_mut() {
            *value = f(row, column, *value);
        }
    });
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

fn outer_sums(matrix: &CsMatI<f32, u32, usize>, f: impl Fn(f32) -> f64 + Sync) -> Vec<f64> {
    let indptr = matrix.indptr();
    indptr.raw_storage().par_windows(2).map(|pair| matrix.data()[pair[0]..pair[1]].iter().map(|&value| f(value)).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::DenseMatrix;

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

    fn panel(len: usize) -> Vec<f32> {
        (0..len).map(|i| (i % 7) as f32 - 3.0).collect()
    }

    #[test]
    fn any_number_of_blocks_gives_the_products_of_the_whole() {
        let rows = rows_of(66, 23);
        let dense = DenseMatrix::from_rows(&rows);
        for n_blocks in 1..=9 {
            let mut blocks: Vec<_> = rows.chunks(66_usize.div_ceil(n_blocks)).map(|rows| csr(rows, 23)).collect();
            blocks.insert(1, csr(&[], 23));
            let matrix = BlockMatrix::new(23, blocks);
            for width in [1, 6, 17] {
                let (q, p) = (panel(23 * width), panel(66 * width));
                let (mut y, mut x) = (vec![0.0; 66 * width], vec![0.0; 23 * width]);
                dense.apply(&q, width, &mut y);
                dense.apply_transpose(&p, width, &mut x);
                let (mut y2, mut x2) = (vec![f32::NAN; 66 * width], vec![f32::NAN; 23 * width]);
                matrix.apply(&q, width, &mut y2);
                matrix.apply_transpose(&p, width, &mut x2);
                assert_eq!((y, x), (y2, x2), "{n_blocks} blocks, width {width}");
            }
            assert_eq!(LinearOperator::squared_norm(&matrix), dense.squared_norm());
        }
    }

    #[test]
    fn sums_and_counts_by_hand() {
        // 1 0 2
        // 0 3 0
        // 4 0 5
        let rows = [vec![1.0, 0.0, 2.0], vec![0.0, 3.0, 0.0], vec![4.0, 0.0, 5.0]];
        let matrix = BlockMatrix::new(3, vec![csr(&rows[..2], 3), csr(&rows[2..], 3)]);
        assert_eq!(matrix.row_sums(), [3.0, 3.0, 9.0]);
        assert_eq!(matrix.column_sums(), [5.0, 3.0, 7.0]);
        assert_eq!(matrix.column_counts(), [2, 1, 2]);
        assert_eq!(matrix.n_nonzeros(), 5);
        assert_eq!(matrix.memory_bytes(), 8 * (3 + 3 + 3 + 4 + 2 + 2 + 2 + 4));
    }

    #[test]
    fn a_map_reaches_both_directions() {
        let rows = rows_of(20, 11);
        let mut matrix = BlockMatrix::new(11, rows.chunks(7).map(|rows| csr(rows, 11)).collect());
        matrix.map(|row, column, value| if row == 9 { 0.0 } else { value * (row + 2 * column) as f32 });
        let mapped: Vec<Vec<f32>> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| row.iter().enumerate().map(|(j, v)| if i == 9 { 0.0 } else { v * (i + 2 * j) as f32 }).collect())
            .collect();
        let expected = BlockMatrix::new(11, mapped.chunks(7).map(|rows| csr(rows, 11)).collect());
        matrix.retain_nonzero();
        for (block, expected) in matrix.blocks().iter().zip(expected.blocks()) {
            assert_eq!(block.rows(), expected.rows());
            assert_eq!(block.columns(), expected.columns());
        }
    }

    #[test]
    fn a_symmetric_matrix_is_unfolded_for_a_one_sided_map() {
        let square = rows_of(15, 15);
        let rows: Vec<Vec<f32>> = (0..15).map(|i| (0..15).map(|j| square[i][j] + square[j][i]).collect()).collect();
        let mut matrix = BlockMatrix::symmetric(rows.chunks(4).map(|rows| csr(rows, 15)).collect());
        assert_eq!(matrix.column_sums(), matrix.row_sums());
        assert_eq!(matrix.column_counts().iter().sum::<u64>() as usize, matrix.n_nonzeros());
        matrix.unfold();
        matrix.map(|row, _, value| value * row as f32);
        let dense: Vec<Vec<f32>> = rows.iter().enumerate().map(|(i, row)| row.iter().map(|v| v * i as f32).collect()).collect();
        let (p, mut x, mut x2) = (panel(15), vec![0.0; 15], vec![0.0; 15]);
        DenseMatrix::from_rows(&dense).apply_transpose(&p, 1, &mut x);
        matrix.apply_transpose(&p, 1, &mut x2);
        assert_eq!(x, x2);
    }

    #[test]
    #[should_panic(expected = "every block must have the columns of the matrix")]
    fn a_block_of_another_width_is_refused() {
        BlockMatrix::new(3, vec![csr(&[vec![1.0, 2.0]], 2)]);
    }
}
