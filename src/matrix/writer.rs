//! How a [`BlockMatrix`] is made: row blocks are laid out one by one and kept in memory, or written
//! to a temporary file once the bound is reached.
//!
//! In: blocks of rows in compressed rows (`sprs`), about `ENTRIES_PER_BLOCK` entries each, or a
//! [`CountMatrix`]. Out: a [`BlockMatrix`].

use std::sync::Arc;

use pulp::bytemuck::Pod;
use rayon::prelude::*;
use sprs::CsMatI;

use super::block::Block;
use super::blocks::{BlockMatrix, LAID_OUT_BYTES, Stored};
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::counts::CountMatrix;
use crate::operator::kernel::Value;
use crate::operator::sums::{sum_of_squared_rounding, sum_of_squares};
use crate::storage::spill::Spill;
use crate::storage::temporary::TemporaryFile;

/// Blocks that are laid out side by side: within one, not everything is parallel.
const BLOCKS_AT_A_TIME: usize = 4;

/// The same where the matrix does not fit into memory.
const TIGHT_BLOCKS_AT_A_TIME: usize = 2;

/// Takes row blocks one by one and makes a [`BlockMatrix`] of them, in memory or partly on the
/// disk.
#[derive(Debug)]
pub struct BlockWriter {
    matrix: BlockMatrix,
    spill: Option<Spill>,
    /// The file of the blocks that are not in memory, if there are some.
    file: Option<Arc<TemporaryFile>>,
}

impl BlockWriter {
    /// A matrix of `n_columns` without rows. Without `spill` all blocks stay in memory. A
    /// `symmetric` matrix is stored in one direction; the caller promises that `a_ij` and `a_ji`
    /// have the same bits.
    pub fn new(n_columns: usize, symmetric: bool, spill: Option<Spill>) -> Self {
        let matrix = BlockMatrix::without_rows(n_columns, symmetric);
        Self { matrix, spill, file: None }
    }

    /// Appends rows.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) or [`Error::DiskFull`](crate::Error::DiskFull) if they do
    /// not fit into memory and cannot be written.
    ///
    /// # Panics
    /// If the rows are not in compressed rows, have not `n_columns` columns, or 2^32 entries or
    /// more.
    pub fn push(&mut self, rows: &CsMatI<f32, u32, usize>) -> Result<()> {
        let block = self.lay_out(rows);
        self.store(rows, block)
    }

    /// Appends rows of `f64`, which take 20 bytes an entry instead of 12, unless all of them are
    /// numbers of `f32`.
    ///
    /// # Errors
    /// As [`BlockWriter::push`].
    ///
    /// # Panics
    /// As [`BlockWriter::push`].
    pub fn push_double(&mut self, rows: &CsMatI<f64, u32, usize>) -> Result<()> {
        if rows.data().iter().all(|&value| f64::from(value as f32) == value) {
            return self.push(&rows.map(|&value| value as f32));
        }
        let block = self.lay_out(rows);
        self.store(rows, block)
    }

    fn lay_out<N: Value + Pod>(&self, rows: &CsMatI<N, u32, usize>) -> Block {
        assert_eq!(
            rows.cols(),
            self.matrix.n_columns,
            "every block must have the columns of the matrix"
        );
        Block::new(rows, !self.matrix.symmetric)
    }

    /// Keeps the block that was made of some rows.
    fn store<N: Value>(&mut self, rows: &CsMatI<N, u32, usize>, block: Block) -> Result<()> {
        let matrix = &mut self.matrix;
        matrix.n_rows += rows.rows();
        matrix.n_nonzeros += rows.nnz();
        matrix.squared_norm += sum_of_squares(rows.data());
        matrix.squared_rounding += sum_of_squared_rounding(rows.data());
        let stored = match &self.spill {
            Some(spill)
                if matrix.resident_bytes() + block.layout().n_bytes() as u64
                    > spill.resident_bytes =>
            {
                let file = match &mut self.file {
                    Some(file) => file,
                    none => none.insert(TemporaryFile::create(&spill.folder)?),
                };
                let range = file.append(&[block.bytes()])?;
                Stored::OnDisk { layout: block.layout().clone(), range }
            }
            _ => Stored::InMemory(block),
        };
        matrix.blocks.push(stored);
        Ok(())
    }

    /// The matrix of all rows.
    ///
    /// # Panics
    /// If it is to be symmetric and is not square.
    pub fn finish(self) -> BlockMatrix {
        let matrix = self.matrix;
        assert!(
            !matrix.symmetric || matrix.n_rows == matrix.n_columns,
            "a symmetric matrix must be square"
        );
        matrix
    }
}

impl From<CountMatrix> for BlockMatrix {
    fn from(counts: CountMatrix) -> Self {
        Self::from_counts(counts, None).expect("blocks in memory are not written")
    }
}

impl BlockMatrix {
    /// Stacks blocks of rows.
    ///
    /// # Panics
    /// If a block is not in compressed rows, has not `n_columns` columns, or has 2^32 entries or
    /// more.
    pub fn new(n_columns: usize, blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        CountMatrix::new(n_columns, blocks).into()
    }

    /// Stacks blocks of rows of a symmetric matrix, which is its own transpose and so is stored
    /// once.
    ///
    /// The caller promises that `a_ij` and `a_ji` have the same bits; debug builds look.
    ///
    /// # Panics
    /// If the blocks are not in compressed rows, or do not make a square matrix together.
    pub fn symmetric(blocks: Vec<CsMatI<f32, u32, usize>>) -> Self {
        CountMatrix::symmetric(blocks).into()
    }

    /// Lays out a matrix for products, a few blocks at a time; the counts of a block are freed when
    /// it is done.
    ///
    /// # Errors
    /// As [`BlockWriter::push`].
    pub fn from_counts(counts: CountMatrix, spill: Option<Spill>) -> Result<Self> {
        Self::from_counts_with(counts, spill, &())
    }

    /// As [`BlockMatrix::from_counts`]; `progress` hears of each entry in a stage that the caller
    /// has begun.
    pub(crate) fn from_counts_with(
        counts: CountMatrix,
        spill: Option<Spill>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        // With little room, fewer blocks are joined and laid out side by side; the bits are those
        // of each block alone.
        let is_tight = spill.as_ref().is_some_and(|spill| {
            spill.resident_bytes < LAID_OUT_BYTES * counts.n_nonzeros() as u64
        });
        let n_together = match &spill {
            Some(spill) if is_tight && spill.one_by_one => 1,
            _ if is_tight => TIGHT_BLOCKS_AT_A_TIME,
            _ => BLOCKS_AT_A_TIME,
        };
        let mut writer = BlockWriter::new(counts.n_columns(), counts.is_symmetric(), spill);
        counts.into_blocks().try_for_each_group(n_together, |group, join| {
            let lay_out = |parts| {
                let rows = join(parts)?;
                let block = writer.lay_out(&rows);
                Ok((rows, block))
            };
            let laid_out = group.into_par_iter().map(lay_out).collect::<Result<Vec<_>>>()?;
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            laid_out.into_iter().try_for_each(|(rows, block)| {
                progress.advance(rows.nnz() as u64);
                writer.store(&rows, block)
            })
        })?;
        Ok(writer.finish())
    }
}
