//! A sparse matrix of counts or weights in row blocks, before it is laid out for products: sums,
//! and element-wise maps.
//!
//! In: blocks of rows in compressed rows (`sprs`), about [`ENTRIES_PER_BLOCK`] entries each. Out: a
//! `BlockMatrix`, by `From`. Every sum goes along the rows within a block and over the blocks in
//! order, so the bits depend on the cut, never on the number of threads.

use std::path::Path;

use rayon::prelude::*;
use sprs::CsMatI;

use super::blocks::{CountBlocks, join};
use super::parts::{Part, Rows};
use crate::base::error::Result;
use crate::storage::temporary::TemporaryFile;

/// Stored entries in a block, more or less: 32 MiB of columns and values. Whoever streams blocks
/// from a disk holds two of them.
pub(crate) const ENTRIES_PER_BLOCK: usize = 4 * 1024 * 1024;

/// Blocks whose sums are taken side by side: each has a number for every column.
const BLOCKS_AT_A_TIME: usize = 16;

/// A sparse matrix of `f32` in row blocks, in one orientation; what a budget left no room for is in
/// a temporary file without a name.
#[derive(Debug)]
pub struct CountMatrix {
    n_columns: usize,
    symmetric: bool,
    /// The rows as they were counted; some of them make a block.
    parts: Vec<Part>,
    /// First row of each part.
    first_rows: Vec<usize>,
    /// Number of the part after the last one of each block.
    block_ends: Vec<usize>,
    n_rows: usize,
}

impl CountMatrix {
    /// Stacks blocks of rows.
    ///
    /// # Panics
    /// If a block is not in compressed rows or has not `n_columns` columns.
    pub fn new(n_columns: usize, blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        for block in &blocks {
            assert!(block.is_csr(), "a block must be in compressed rows");
            assert_eq!(block.cols(), n_columns, "every block must have the columns of the matrix");
        }
        let block_ends = (1..=blocks.len()).collect();
        Self::stack(n_columns, blocks.into_iter().map(Part::in_memory).collect(), block_ends)
    }

    /// Stacks blocks of rows of a symmetric matrix, whose products need no transpose.
    ///
    /// The caller promises that `a_ij` and `a_ji` have the same bits; debug builds look.
    ///
    /// # Panics
    /// If the blocks are not in compressed rows, or do not make a square matrix together.
    pub fn symmetric(blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        let n_columns = blocks.iter().map(CsMatI::rows).sum();
        Self::new(n_columns, blocks).known_symmetric()
    }

    /// Stacks the parts that tasks have counted, direction after direction, and cuts each direction
    /// into blocks of about [`ENTRIES_PER_BLOCK`] entries between tasks: a task is cut for even
    /// work, a block for products.
    pub(super) fn from_parts(n_columns: usize, directions: Vec<Vec<Vec<Part>>>) -> Self {
        let mut parts = Vec::new();
        let mut block_ends = Vec::new();
        for tasks in directions {
            let mut n_entries = 0;
            let mut tasks = tasks.into_iter().peekable();
            while let Some(task) = tasks.next() {
                n_entries += task.iter().map(Part::n_nonzeros).sum::<usize>();
                parts.extend(task);
                if n_entries >= ENTRIES_PER_BLOCK || tasks.peek().is_none() {
                    block_ends.push(parts.len());
                    n_entries = 0;
                }
            }
        }
        Self::stack(n_columns, parts, block_ends)
    }

    /// Stacks parts; `block_ends` are the numbers of the parts after the last one of each block.
    pub(super) fn stack(n_columns: usize, parts: Vec<Part>, block_ends: Vec<usize>) -> Self {
        let mut n_rows = 0;
        let mut first_rows = Vec::with_capacity(parts.len());
        for part in &parts {
            first_rows.push(n_rows);
            n_rows += part.n_rows();
        }
        Self { n_columns, symmetric: false, parts, first_rows, block_ends, n_rows }
    }

    /// The same, known to be its own transpose.
    ///
    /// # Panics
    /// If it is not square.
    pub(super) fn known_symmetric(self) -> Self {
        assert_eq!(self.n_rows, self.n_columns, "a symmetric matrix must be square");
        let matrix = Self { symmetric: true, ..self };
        debug_assert!(
            matrix.equals_its_transpose(),
            "the blocks of a symmetric matrix must be symmetric"
        );
        matrix
    }

    fn equals_its_transpose(&self) -> bool {
        let parts: Vec<_> =
            self.parts.iter().map(|part| part.rows().expect("rows that were written")).collect();
        let entry = |row: usize, column: usize| {
            let part = self.first_rows.partition_point(|&first| first <= row) - 1;
            parts[part].get(row - self.first_rows[part], column).copied()
        };
        parts.iter().zip(&self.first_rows).all(|(part, first)| {
            part.iter().all(|(&value, (row, column))| {
                entry(column as usize, first + row as usize) == Some(value) || value.is_nan()
            })
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
        self.parts.iter().map(Part::n_nonzeros).sum()
    }

    /// Whether the matrix is known to be its own transpose.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// Copies of the row blocks, in order, in compressed rows.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) for rows on the disk that cannot be read.
    pub fn to_csr_blocks(&self) -> Result<Vec<CsMatI<f32, u32, usize>>> {
        let copies = |parts: &[Part]| {
            parts.iter().map(|part| Ok(part.rows()?.into_owned())).collect::<Result<Vec<_>>>()
        };
        self.blocks().map(|parts| Ok(join(copies(parts)?, self.n_columns))).collect()
    }

    /// The rows of all parts, in order.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn into_rows(self) -> Result<Vec<Rows>> {
        self.parts.into_iter().map(Part::into_rows).collect()
    }

    /// The rows as they were counted, in order.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Number of the part after the last one of each block.
    pub(super) fn block_ends(&self) -> &[usize] {
        &self.block_ends
    }

    /// The parts of each block.
    fn blocks(&self) -> impl Iterator<Item = &[Part]> {
        let mut start = 0;
        self.block_ends.iter().map(move |&end| &self.parts[std::mem::replace(&mut start, end)..end])
    }

    /// The row blocks, in order, still to be joined.
    pub(crate) fn into_blocks(self) -> CountBlocks {
        CountBlocks::new(self.n_columns, self.parts, self.block_ends)
    }

    /// Two matrices with the same rows, of so many columns each: part by part `split` gives the
    /// rows of the one and the other, which stay where the part was, in memory or in a file (one
    /// for each matrix).
    pub(super) fn split_parts(
        self,
        n_columns: [usize; 2],
        split: impl Fn(Rows) -> [Rows; 2],
    ) -> Result<(Self, Self)> {
        let Self { parts, block_ends, .. } = self;
        let mut files = [None, None];
        let mut halves = [Vec::with_capacity(parts.len()), Vec::with_capacity(parts.len())];
        for part in parts {
            let folder = part.folder().map(Path::to_path_buf);
            let rows = split(part.into_rows()?);
            for ((half, file), rows) in halves.iter_mut().zip(&mut files).zip(rows) {
                half.push(match &folder {
                    None => Part::in_memory(rows),
                    Some(folder) => {
                        let file = match file {
                            Some(file) => file,
                            none => none.insert(TemporaryFile::create(folder)?),
                        };
                        Part::on_disk(&rows, file)?
                    }
                });
            }
        }
        let [first, second] = halves;
        let first = Self::stack(n_columns[0], first, block_ends.clone());
        Ok((first, Self::stack(n_columns[1], second, block_ends)))
    }

    /// Bytes of all offsets, columns and values that are in memory.
    pub fn memory_bytes(&self) -> u64 {
        self.parts.iter().map(Part::memory_bytes).sum()
    }

    /// Replaces each stored value by `f(row, column, value)`, in parallel, and drops those that
    /// become 0; `f` must be pure, and for a symmetric matrix it must be symmetric in row and
    /// column: call [`CountMatrix::forget_symmetry`] before it where it is not.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) for rows on the disk that cannot be read, or written again.
    pub fn map(&mut self, f: impl Fn(usize, usize, f32) -> f32 + Sync) -> Result<()> {
        self.parts.par_iter_mut().zip(&self.first_rows).try_for_each(|(part, &first_row)| {
            part.change(|rows| {
                let by_row: Vec<_> = rows.outer_iterator_mut().collect();
                by_row.into_par_iter().enumerate().for_each(|(row, mut entries)| {
                    for (column, value) in entries.iter_mut() {
                        *value = f(first_row + row, column, *value);
                    }
                });
                retain_nonzero(rows);
            })
        })?;
        debug_assert!(
            !self.symmetric || self.equals_its_transpose(),
            "a symmetric matrix must stay symmetric"
        );
        Ok(())
    }

    /// Treats a symmetric matrix as any other from now on, for a weighting that treats rows and
    /// columns differently.
    pub fn forget_symmetry(&mut self) {
        self.symmetric = false;
    }

    /// The sum of each row, of length `n_rows`.
    ///
    /// # Errors
    /// As [`CountMatrix::to_csr_blocks`].
    pub fn row_sums(&self) -> Result<Vec<f64>> {
        self.row_sums_of(f64::from)
    }

    /// The sum of each column, of length `n_columns`.
    ///
    /// # Errors
    /// As [`CountMatrix::to_csr_blocks`].
    pub fn column_sums(&self) -> Result<Vec<f64>> {
        self.column_sums_of(f64::from)
    }

    /// The sum of `f(value)` over the stored values of each column, of length `n_columns`.
    ///
    /// # Errors
    /// As [`CountMatrix::to_csr_blocks`].
    pub fn column_sums_of(&self, f: impl Fn(f32) -> f64 + Sync) -> Result<Vec<f64>> {
        if self.symmetric {
            self.row_sums_of(f)
        } else {
            self.scatter(0.0, |sum, value| *sum += f(value), |sum, more| *sum += more)
        }
    }

    /// The number of stored entries in each column, of length `n_columns`: in how many documents a
    /// word occurs.
    ///
    /// # Errors
    /// As [`CountMatrix::to_csr_blocks`].
    pub fn column_counts(&self) -> Result<Vec<u64>> {
        self.scatter(0, |count, _| *count += 1, |count, more| *count += more)
    }

    fn row_sums_of(&self, f: impl Fn(f32) -> f64 + Sync) -> Result<Vec<f64>> {
        let of_part = |part: &Part| {
            let rows = part.rows()?;
            let indptr = rows.indptr();
            let pairs = indptr.raw_storage().par_windows(2);
            Ok(pairs
                .map(|pair| rows.data()[pair[0]..pair[1]].iter().map(|&value| f(value)).sum())
                .collect::<Vec<f64>>())
        };
        Ok(self.parts.par_iter().map(of_part).collect::<Result<Vec<_>>>()?.concat())
    }

    /// Collects the values of each column, block by block, and then the blocks.
    fn scatter<T: Copy + Send + Sync>(
        &self,
        zero: T,
        add: impl Fn(&mut T, f32) + Sync,
        join: impl Fn(&mut T, T),
    ) -> Result<Vec<T>> {
        let mut sums = vec![zero; self.n_columns];
        for blocks in self.blocks().collect::<Vec<_>>().chunks(BLOCKS_AT_A_TIME) {
            let of_block = |parts: &&[Part]| {
                let mut sums = vec![zero; self.n_columns];
                for part in *parts {
                    let rows = part.rows()?;
                    rows.indices()
                        .iter()
                        .zip(rows.data())
                        .for_each(|(&column, &value)| add(&mut sums[column as usize], value));
                }
                Ok(sums)
            };
            for block in blocks.par_iter().map(of_block).collect::<Result<Vec<_>>>()? {
                sums.iter_mut().zip(block).for_each(|(sum, more)| join(sum, more));
            }
        }
        Ok(sums)
    }
}

fn retain_nonzero(matrix: &mut Rows) {
    if matrix.data().iter().all(|&value| value != 0.0) {
        return;
    }
    let shape = matrix.shape();
    let (offsets, mut columns, mut values) =
        std::mem::replace(matrix, CsMatI::zero((0, 0))).into_raw_storage();
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
    use crate::base::budget::MemoryBudget;
    use crate::counts::parts::PartStore;
    use crate::matrix::BlockMatrix;

    /// Rows of small whole numbers, so that every sum is exact in any order.
    fn rows_of(n_rows: usize, n_columns: usize) -> Vec<Vec<f32>> {
        let entry = |row: usize, column: usize| {
            if (row * 31 + column * 17) % 5 < 2 {
                ((row + 3 * column) % 9) as f32 - 4.0
            } else {
                0.0
            }
        };
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
        assert_eq!(matrix.row_sums().unwrap(), [3.0, 3.0, 9.0]);
        assert_eq!(matrix.column_sums().unwrap(), [5.0, 3.0, 7.0]);
        assert_eq!(matrix.column_counts().unwrap(), [2, 1, 2]);
        assert_eq!(matrix.n_nonzeros(), 5);
        assert_eq!(matrix.memory_bytes(), 8 * (3 + 3 + 2 + 2));
    }

    #[test]
    fn a_map_sees_rows_and_columns_of_the_whole_matrix() {
        let rows = rows_of(20, 11);
        let mut matrix = CountMatrix::new(11, rows.chunks(7).map(|rows| csr(rows, 11)).collect());
        matrix
            .map(
                |row, column, value| if row == 9 { 0.0 } else { value * (row + 2 * column) as f32 },
            )
            .unwrap();
        let mapped: Vec<Vec<f32>> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| {
                row.iter()
                    .enumerate()
                    .map(|(j, v)| if i == 9 { 0.0 } else { v * (i + 2 * j) as f32 })
                    .collect()
            })
            .collect();
        let expected: Vec<_> = mapped.chunks(7).map(|rows| csr(rows, 11)).collect();
        assert_eq!(matrix.to_csr_blocks().unwrap(), expected);
    }

    #[test]
    fn the_sums_of_a_symmetric_matrix_are_those_of_its_rows() {
        let square = rows_of(15, 15);
        let rows: Vec<Vec<f32>> =
            (0..15).map(|i| (0..15).map(|j| square[i][j] + square[j][i]).collect()).collect();
        let mut matrix = CountMatrix::symmetric(rows.chunks(4).map(|rows| csr(rows, 15)).collect());
        let sums = matrix.column_sums().unwrap();
        assert_eq!(sums, matrix.row_sums().unwrap());
        matrix.forget_symmetry();
        assert_eq!(sums, matrix.column_sums().unwrap());
        assert_eq!(
            matrix.column_counts().unwrap().iter().sum::<u64>() as usize,
            matrix.n_nonzeros()
        );
    }

    #[test]
    #[should_panic(expected = "every block must have the columns of the matrix")]
    fn a_block_of_another_width_is_refused() {
        CountMatrix::new(3, vec![csr(&[vec![1.0, 2.0]], 2)]);
    }

    /// Counts of 30 rows in parts of 4, all or some of them on the disk.
    fn stored(rows: &[Vec<f32>], budget: Option<u64>, folder: &std::path::Path) -> CountMatrix {
        let budget = MemoryBudget { bytes: budget.map(|bytes| MemoryBudget::FIXED_BYTES + bytes) };
        let store = PartStore::new(budget, 0, Some(folder)).unwrap();
        let tasks = rows.chunks(4).map(|rows| vec![store.store(csr(rows, 9)).unwrap()]).collect();
        CountMatrix::from_parts(9, vec![tasks])
    }

    #[test]
    fn small_parts_are_joined() {
        let rows = rows_of(30, 9);
        let folder = tempfile::tempdir().unwrap();
        for budget in [None, Some(0), Some(500)] {
            assert_eq!(
                stored(&rows, budget, folder.path()).to_csr_blocks().unwrap(),
                [csr(&rows, 9)]
            );
        }
    }

    #[test]
    fn sums_and_maps_are_the_same_wherever_the_parts_are() {
        let rows = rows_of(30, 9);
        let folder = tempfile::tempdir().unwrap();
        let results = [None, Some(0), Some(500)].map(|budget| {
            let mut matrix = stored(&rows, budget, folder.path());
            assert_eq!(matrix.memory_bytes() > 0, budget != Some(0));
            matrix
                .map(
                    |row, column, value| {
                        if row == 9 { 0.0 } else { value.exp() / (row + column + 1) as f32 }
                    },
                )
                .unwrap();
            let sums = (
                matrix.row_sums().unwrap(),
                matrix.column_sums().unwrap(),
                matrix.column_counts().unwrap(),
            );
            let entries = (matrix.n_nonzeros(), matrix.to_csr_blocks().unwrap());
            let laid_out = BlockMatrix::from_counts(matrix, None).unwrap().to_csr_blocks().unwrap();
            (sums, entries, laid_out)
        });
        assert_eq!(results[0], results[1]);
        assert_eq!(results[0], results[2]);
    }
}
