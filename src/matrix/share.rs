//! Blocks of a matrix that are laid out by one process, kept in files, and multiplied by others.
//!
//! In: the rows of a block. Out: its bytes, to be written into a file of their own, and a header
//! that says where the parts of the bytes lie. Whoever has the files of some blocks has a matrix of
//! their rows. For the blocks of whole leaves its products are the sums that a matrix of all blocks
//! makes of these leaves (see `products`).

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::block::Block;
use super::blocks::{BlockMatrix, Stored};
use super::layout::BlockLayout;
use crate::base::error::{Error, Result};
use crate::counts::TaskRows;
use crate::operator::sums::{sum_of_squared_rounding, sum_of_squares};
use crate::storage::mmap::MappedFile;
use crate::storage::temporary::FileRange;

/// What is known of a block beside its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BlockHeader {
    layout: BlockLayout,
    pub(crate) n_nonzeros: u64,
    pub(crate) squared_norm: f64,
    squared_rounding: f64,
}

impl BlockHeader {
    pub(crate) fn n_rows(&self) -> usize {
        self.layout.n_rows()
    }

    pub(crate) fn n_bytes(&self) -> u64 {
        self.layout.n_bytes() as u64
    }

    /// The ends of the batches of rows in which a product of both directions shows its rows.
    pub(crate) fn batch_rows(&self, width: usize) -> impl Iterator<Item = usize> {
        let batches = self.layout.batches(width);
        batches
            .into_iter()
            .map(|strips| self.layout.rows_of(&strips).len())
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// Lays out rows and writes the bytes of the block into a file. Returns the header.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write_block(rows: &TaskRows, symmetric: bool, path: &Path) -> Result<BlockHeader> {
    let rows = &rows.0;
    let block = Block::new(rows, !symmetric);
    let header = BlockHeader {
        layout: (**block.layout()).clone(),
        n_nonzeros: rows.nnz() as u64,
        squared_norm: sum_of_squares(rows.data()),
        squared_rounding: sum_of_squared_rounding(rows.data()),
    };
    std::fs::write(path, block.bytes()).map_err(|it| Error::io("write", path, it))?;
    Ok(header)
}

impl BlockMatrix {
    /// The matrix of blocks in files, in their order. So many bytes of them are mapped as long as
    /// the matrix lives, the others a block at a time.
    ///
    /// # Errors
    /// A file that cannot be opened, or has another size than its block.
    pub(crate) fn of_files<'a>(
        n_columns: usize,
        symmetric: bool,
        resident_bytes: u64,
        blocks: impl IntoIterator<Item = (&'a BlockHeader, &'a Path)>,
    ) -> Result<Self> {
        let mut matrix = Self::without_rows(n_columns, symmetric);
        let mut n_resident = 0;
        for (header, path) in blocks {
            matrix.n_rows += header.n_rows();
            matrix.n_nonzeros += header.n_nonzeros as usize;
            matrix.squared_norm += header.squared_norm;
            matrix.squared_rounding += header.squared_rounding;
            let layout = Arc::new(header.layout.clone());
            let n_bytes = std::fs::metadata(path).map_err(|it| Error::io("read", path, it))?.len();
            if n_bytes != header.n_bytes() {
                let expected = format!("the {} bytes of its block", header.n_bytes());
                return Err(Error::malformed(path, None, format!("{n_bytes} bytes"), expected));
            }
            matrix.blocks.push(if n_bytes == 0 {
                Stored::InMemory(Block::empty(layout))
            } else if n_resident + n_bytes > resident_bytes {
                Stored::OnDisk { layout, range: FileRange::of_file(path)? }
            } else {
                n_resident += n_bytes;
                Stored::InMemory(Block::mapped(layout, MappedFile::open(path)?))
            });
        }
        Ok(matrix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::CountMatrix;
    use crate::operator::{LinearOperator, Precision};
    use sprs::CsMatI;

    #[test]
    fn a_matrix_of_files_has_the_products_of_the_one_in_memory() {
        let entry = |i: usize| ((i * 7919) % 13) as f32 / 3.0;
        let rows = |n: usize| {
            let columns: Vec<u32> =
                (0..n).flat_map(|row| [row as u32 % 5, 5 + row as u32 % 7]).collect();
            let values = (0..2 * n).map(entry).collect();
            CsMatI::new((n, 12), (0..=n).map(|row| 2 * row).collect(), columns, values)
        };
        let none = CsMatI::new((2, 12), vec![0, 0, 0], vec![], vec![]);
        let blocks = vec![rows(40), none, rows(3), rows(200)];
        let expected = BlockMatrix::from(CountMatrix::new(12, blocks.clone()));
        let folder = tempfile::tempdir().unwrap();
        let stored: Vec<_> = blocks
            .into_iter()
            .enumerate()
            .map(|(number, rows)| {
                let path = folder.path().join(number.to_string());
                let header = write_block(&TaskRows(rows), false, &path).unwrap();
                let header = serde_json::to_string(&header).unwrap();
                (serde_json::from_str::<BlockHeader>(&header).unwrap(), path)
            })
            .collect();
        let q: Vec<f32> = (0..12 * 3).map(entry).collect();
        let (mut x, mut y) = (vec![0.0; 12 * 3], vec![0.0; 245 * 3]);
        let products = |matrix: &BlockMatrix, x: &mut [f32], y: &mut [f32]| {
            matrix.apply_gram(&q, 3, x, Precision::Full, &mut |_| {}).unwrap();
            matrix.apply(&q, 3, y, Precision::Full).unwrap();
        };
        products(&expected, &mut x, &mut y);
        for resident in [0, 3000, u64::MAX] {
            let files = stored.iter().map(|(header, path)| (header, path.as_path()));
            let matrix = BlockMatrix::of_files(12, false, resident, files).unwrap();
            assert_eq!(matrix.squared_norm(), expected.squared_norm());
            let (mut a, mut b) = (vec![1.0; 12 * 3], vec![1.0; 245 * 3]);
            products(&matrix, &mut a, &mut b);
            assert_eq!((&a, &b), (&x, &y));
        }
        std::fs::write(&stored[2].1, "short").unwrap();
        let files = stored.iter().map(|(header, path)| (header, path.as_path()));
        let error = BlockMatrix::of_files(12, false, 0, files).unwrap_err();
        assert!(error.to_string().contains("found 5 bytes, expected the "), "{error}");
    }
}
