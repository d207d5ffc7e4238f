//! A sparse matrix in row blocks, laid out for products in both directions; blocks that do not fit
//! into memory are streamed from a file.
//!
//! In: blocks from [`writer`](super::writer). Out: an operator, whose products `products` makes.
//!
//! Out of core: blocks that do not fit go to a temporary file without a name, in the same bytes as
//! in memory. A product maps one block after the other, in order. Another thread maps the next
//! block and touches its pages while the present one is multiplied; a block is unmapped as soon as
//! it is done. So two blocks are resident at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use sprs::CsMatI;

use super::block::Block;
use super::layout::BlockLayout;
use super::scratch::Scratch;
use crate::base::error::Result;
use crate::operator::sums::Real;
use crate::storage::temporary::FileRange;

/// Bytes of an entry that is laid out, more or less.
pub(crate) const LAID_OUT_BYTES: u64 = 13;

/// A sparse matrix in row blocks, ready for fast products in both directions.
///
/// Its values are `f32`, or `f64` where they are not all numbers of `f32`.
#[derive(Debug)]
pub struct BlockMatrix {
    pub(super) n_rows: usize,
    pub(super) n_columns: usize,
    pub(super) n_nonzeros: usize,
    pub(super) symmetric: bool,
    pub(super) squared_norm: f64,
    pub(super) squared_rounding: f64,
    pub(super) blocks: Vec<Stored>,
    pub(super) streamed: AtomicU64,
    pub(super) scratch: Scratch,
}

/// A block, in memory or in a file.
#[derive(Debug)]
pub(super) enum Stored {
    InMemory(Block),
    OnDisk { layout: Arc<BlockLayout>, range: FileRange },
}

impl Stored {
    fn layout(&self) -> &Arc<BlockLayout> {
        match self {
            Self::InMemory(block) => block.layout(),
            Self::OnDisk { layout, .. } => layout,
        }
    }
}

/// Maps a block, so that its bytes are read now.
fn load(layout: &Arc<BlockLayout>, range: &FileRange) -> Result<Block> {
    Ok(Block::mapped(layout.clone(), range.load()?))
}

impl BlockMatrix {
    /// A matrix without rows, to which blocks are added.
    pub(super) fn without_rows(n_columns: usize, symmetric: bool) -> Self {
        Self {
            n_rows: 0,
            n_columns,
            n_nonzeros: 0,
            symmetric,
            squared_norm: 0.0,
            squared_rounding: 0.0,
            blocks: Vec::new(),
            streamed: AtomicU64::new(0),
            scratch: Scratch::default(),
        }
    }

    /// Number of stored entries, counted once.
    pub fn n_nonzeros(&self) -> usize {
        self.n_nonzeros
    }

    /// Bytes of the blocks that are in memory.
    pub fn resident_bytes(&self) -> u64 {
        self.bytes_where(|stored| matches!(stored, Stored::InMemory(_)))
    }

    /// Bytes of the blocks that are on the disk.
    pub fn spilled_bytes(&self) -> u64 {
        self.bytes_where(|stored| matches!(stored, Stored::OnDisk { .. }))
    }

    /// Bytes of memory that streaming takes: twice the largest block on the disk.
    pub fn streaming_bytes(&self) -> u64 {
        let spilled = self.blocks.iter().filter(|stored| matches!(stored, Stored::OnDisk { .. }));
        2 * spilled.map(|stored| stored.layout().n_bytes() as u64).max().unwrap_or(0)
    }

    /// Bytes read so far from the blocks on the disk, in all products.
    pub fn streamed_bytes(&self) -> u64 {
        self.streamed.load(Ordering::Relaxed)
    }

    fn bytes_where(&self, is_meant: impl Fn(&Stored) -> bool) -> u64 {
        self.blocks
            .iter()
            .filter(|stored| is_meant(stored))
            .map(|stored| stored.layout().n_bytes() as u64)
            .sum()
    }

    /// The rows, block by block, in compressed rows; values of `f64` are rounded.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) for a block that cannot be read.
    pub fn to_csr_blocks(&self) -> Result<Vec<CsMatI<f32, u32, usize>>> {
        let mut blocks = Vec::with_capacity(self.blocks.len());
        self.try_for_each_csr_block(|block| {
            blocks.push(block);
            Ok(())
        })?;
        Ok(blocks)
    }

    /// Calls `f` with the rows of every block, in order, until it fails.
    pub(super) fn try_for_each_csr_block<T: Real>(
        &self,
        mut f: impl FnMut(CsMatI<T, u32, usize>) -> Result<()>,
    ) -> Result<()> {
        let mut result = Ok(());
        self.for_each_block(|_, block| {
            if result.is_ok() {
                result = f(block.to_csr(self.n_columns));
            }
        })?;
        result
    }

    /// Calls `f` with every block and its number, in order.
    pub(super) fn for_each_block(&self, mut f: impl FnMut(usize, &Block)) -> Result<()> {
        if self.spilled_bytes() == 0 {
            for (number, stored) in self.blocks.iter().enumerate() {
                if let Stored::InMemory(block) = stored {
                    f(number, block);
                }
            }
            return Ok(());
        }
        std::thread::scope(|scope| {
            // Without room for a message: the reader holds one block while the products hold
            // another.
            let (sender, receiver) = sync_channel::<Result<Block>>(0);
            scope.spawn(move || {
                for stored in &self.blocks {
                    if let Stored::OnDisk { layout, range } = stored {
                        // Whoever listens has gone after an error: there is nothing left to read.
                        if sender.send(load(layout, range)).is_err() {
                            return;
                        }
                    }
                }
            });
            for (number, stored) in self.blocks.iter().enumerate() {
                match stored {
                    Stored::InMemory(block) => f(number, block),
                    Stored::OnDisk { layout, .. } => {
                        let block =
                            receiver.recv().expect("the reader sends every block or an error")?;
                        self.streamed.fetch_add(layout.n_bytes() as u64, Ordering::Relaxed);
                        f(number, &block);
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::BlockWriter;
    use crate::matrix::products::is_rounded;
    use crate::operator::{DenseMatrix, LinearOperator, Precision, Workspace};
    use crate::storage::spill::Spill;

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

    fn panel(len: usize) -> Vec<f32> {
        (0..len).map(|i| (i % 7) as f32 - 3.0).collect()
    }

    /// All three products, and the rows that the fused one shows.
    fn products(a: &dyn LinearOperator, width: usize) -> [Vec<f32>; 4] {
        let (q, p) = (panel(a.n_columns() * width), panel(a.n_rows() * width));
        let (mut y, mut x, mut gram) = (
            vec![f32::NAN; a.n_rows() * width],
            vec![f32::NAN; a.n_columns() * width],
            vec![f32::NAN; a.n_columns() * width],
        );
        let mut seen = Vec::new();
        a.apply(&q, width, &mut y, Precision::Full).unwrap();
        a.apply_transpose(&p, width, &mut x, Precision::Full).unwrap();
        a.apply_gram(&q, width, &mut gram, Precision::Full, &mut |rows| {
            seen.extend_from_slice(rows)
        })
        .unwrap();
        [y, x, gram, seen]
    }

    #[test]
    fn any_number_of_blocks_gives_the_products_of_the_whole() {
        let rows = rows_of(66, 23);
        let dense = DenseMatrix::from_rows(&rows);
        for n_blocks in [1, 2, 3, 9, 17, 33, 66] {
            let mut blocks: Vec<_> =
                rows.chunks(66_usize.div_ceil(n_blocks)).map(|rows| csr(rows, 23)).collect();
            blocks.insert(1, csr(&[], 23));
            let matrix = BlockMatrix::new(23, blocks);
            for width in [1, 6, 17] {
                assert_eq!(
                    products(&matrix, width),
                    products(&dense, width),
                    "{n_blocks} blocks, width {width}"
                );
            }
            assert_eq!(LinearOperator::squared_norm(&matrix), dense.squared_norm());
        }
    }

    #[test]
    fn several_strips_and_batches_give_the_products_of_the_whole() {
        // 9,000 rows of some 52 entries make two strips, and at this width two batches.
        let rows = rows_of(9000, 150);
        let matrix = BlockMatrix::new(150, vec![csr(&rows, 150)]);
        let layout = matrix.blocks[0].layout();
        assert_eq!((layout.n_strips(), layout.batches(1000).len()), (2, 2));
        let dense = DenseMatrix::from_rows(&rows);
        assert_eq!(products(&matrix, 3), products(&dense, 3));
        let wide = products(&matrix, 1000);
        let (q, mut y) = (panel(150 * 1000), vec![0.0; 9000 * 1000]);
        matrix.apply(&q, 1000, &mut y, Precision::Full).unwrap();
        assert_eq!(wide[3], y);
        let mut x = vec![0.0; 150 * 1000];
        matrix.apply_transpose(&y, 1000, &mut x, Precision::Full).unwrap();
        assert_eq!(wide[2], x);
    }

    #[test]
    fn a_matrix_of_ones_stores_no_values_and_gives_the_same_bits() {
        let rows: Vec<Vec<f32>> = rows_of(700, 40)
            .iter()
            .map(|row| row.iter().map(|&x| if x == 0.0 { 0.0 } else { 1.0 }).collect())
            .collect();
        let ones = BlockMatrix::new(40, vec![csr(&rows, 40)]);
        let mut other = rows.clone();
        other[699][39] = 2.0;
        let valued = BlockMatrix::new(40, vec![csr(&other, 40)]);
        assert!(ones.resident_bytes() * 2 < valued.resident_bytes() + 100);
        assert_eq!(products(&ones, 5), products(&DenseMatrix::from_rows(&rows), 5));
        assert_eq!(ones.to_csr_blocks().unwrap(), [csr(&rows, 40)]);
        let (q, width) = ((0..40 * 3).map(|i| (i as f32).sin()).collect::<Vec<f32>>(), 3);
        let (mut y1, mut y2) = (vec![0.0; 700 * width], vec![0.0; 700 * width]);
        ones.apply(&q, width, &mut y1, Precision::Full).unwrap();
        valued.apply(&q, width, &mut y2, Precision::Full).unwrap();
        assert_eq!(y1[..699 * width], y2[..699 * width]);
    }

    #[test]
    fn spilled_blocks_give_the_same_bits_and_are_read_once_a_product() {
        let rows = rows_of(300, 31);
        let folder = tempfile::tempdir().unwrap();
        let write = |spill: Option<Spill>| {
            let mut writer = BlockWriter::new(31, false, spill);
            rows.chunks(17).for_each(|rows| writer.push(&csr(rows, 31)).unwrap());
            writer.finish()
        };
        let resident = write(None);
        assert_eq!((resident.spilled_bytes(), resident.streamed_bytes()), (0, 0));
        for resident_bytes in [0, 9000] {
            let spilled = write(Some(Spill::new(resident_bytes, folder.path())));
            assert!(spilled.resident_bytes() <= resident_bytes);
            assert_eq!(
                spilled.resident_bytes() + spilled.spilled_bytes(),
                resident.resident_bytes()
            );
            assert_eq!(products(&spilled, 5), products(&resident, 5));
            assert_eq!(spilled.streamed_bytes(), 3 * spilled.spilled_bytes());
            assert_eq!(spilled.to_csr_blocks().unwrap(), resident.to_csr_blocks().unwrap());
        }
        // The file has no name: nothing is left, whatever happens to the process.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// The three products of sines in panels of this width.
    fn products_of_sines(
        matrix: &BlockMatrix,
        width: usize,
        precision: Precision,
        sine: impl Fn(usize) -> f32,
    ) -> [Vec<f32>; 3] {
        let numbers = |n: usize| (0..n * width).map(&sine).collect::<Vec<f32>>();
        let (q, p) = (numbers(matrix.n_columns), numbers(matrix.n_rows));
        let (mut y, mut x, mut gram) =
            (vec![f32::NAN; p.len()], vec![f32::NAN; q.len()], vec![f32::NAN; q.len()]);
        matrix.apply(&q, width, &mut y, precision).unwrap();
        matrix.apply_transpose(&p, width, &mut x, precision).unwrap();
        matrix.apply_gram(&q, width, &mut gram, precision, &mut |_| {}).unwrap();
        [y, x, gram]
    }

    #[test]
    fn products_of_rounded_panels_are_near_the_exact_ones() {
        let rows = rows_of(300, 64);
        let symmetric: Vec<Vec<f32>> =
            (0..64).map(|i| (0..64).map(|j| rows[i][j] + rows[j][i]).collect()).collect();
        let sizes = |rows: &[Vec<f32>]| {
            rows.iter().map(|row| row.iter().map(|x| x.abs()).collect()).collect::<Vec<Vec<f32>>>()
        };
        let asymmetric = |rows: &[Vec<f32>]| {
            BlockMatrix::new(64, rows.chunks(17).map(|rows| csr(rows, 64)).collect())
        };
        let together = |rows: &[Vec<f32>]| {
            BlockMatrix::symmetric(rows.chunks(7).map(|rows| csr(rows, 64)).collect())
        };
        let pairs = [
            (asymmetric(&rows), asymmetric(&sizes(&rows))),
            (together(&symmetric), together(&sizes(&symmetric))),
        ];
        let sine = |i: usize| (i as f32 * 0.7).sin();
        for (matrix, sizes) in &pairs {
            for width in [1, 16, 32, 64, 96] {
                let exact = products_of_sines(matrix, width, Precision::Full, sine);
                let rounded = products_of_sines(matrix, width, Precision::Half, sine);
                // No error is larger than that of numbers of one sign which are all rounded the
                // same way.
                let size = products_of_sines(sizes, width, Precision::Full, |i| sine(i).abs());
                let error = |product: usize| {
                    let pairs = exact[product].iter().zip(&rounded[product]).zip(&size[product]);
                    pairs
                        .map(|((exact, rounded), size)| (exact - rounded).abs() / size)
                        .fold(0.0, f32::max)
                };
                let errors = [error(0), error(1), error(2)];
                assert!(
                    errors[0] < 1.01 / 256.0
                        && errors[1] < 1.01 / 256.0
                        && errors[2] < 2.02 / 256.0,
                    "width {width}: {errors:?}"
                );
                // A row of 32 columns is rounded, one of 16 is not.
                assert_eq!(
                    errors.iter().all(|&error| error == 0.0),
                    !is_rounded(width, Precision::Half),
                    "width {width}: {errors:?}"
                );
            }
        }
    }

    #[test]
    fn the_workspace_is_that_of_a_batch_and_of_the_partial_sums() {
        let workspace = |n_rows, n_nonzeros, is_symmetric| {
            BlockMatrix::workspace_of(n_rows, 1000, n_nonzeros, is_symmetric)(32)
        };
        // One leaf: no partial sum beside the result; a batch of all rows.
        assert_eq!(workspace(500, 1 << 26, false), Workspace { product: 0, gram: 4 * 500 * 32 });
        // Five leaves make a tree of three levels; a batch of 32 MiB.
        let sums = 3 * 4 * 1000 * 32;
        assert_eq!(
            workspace(1 << 20, 5 << 26, false),
            Workspace { product: sums, gram: sums + (32 << 20) }
        );
        assert_eq!(workspace(1000, 5 << 26, true), Workspace { product: 0, gram: 4 * 1000 * 32 });
    }

    #[test]
    fn a_missing_folder_for_spilled_blocks_is_named() {
        let mut writer = BlockWriter::new(31, false, Some(Spill::new(0, "no/such/folder")));
        let error = writer.push(&csr(&rows_of(3, 31), 31)).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot create a temporary file in `no/such/folder`: "),
            "{error}"
        );
    }
}
