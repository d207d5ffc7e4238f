//! A matrix cut between two columns: the words that a decomposition sees, and those that are folded
//! in.

use sprs::CsMatI;

use super::CountMatrix;
use crate::base::error::Result;

impl CountMatrix {
    /// The first `n_first` columns and the others, each with all rows; the second numbers its
    /// columns anew. The halves are not symmetric. What is in a file goes into a file again, a part
    /// at a time, so that the halves take no more memory than the whole.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) for rows on the disk that cannot be read, or written.
    ///
    /// # Panics
    /// If `n_first` is more than the number of columns.
    pub(crate) fn split_columns(self, n_first: usize) -> Result<(Self, Self)> {
        let n_columns = self.n_columns();
        assert!(n_first <= n_columns, "{n_first} of {n_columns} columns");
        self.split_parts([n_first, n_columns - n_first], |rows| {
            let (first, others) = split_block(&rows, n_first);
            [first, others]
        })
    }
}

type Block = CsMatI<f32, u32, usize>;

fn split_block(block: &Block, n_first: usize) -> (Block, Block) {
    let (mut first, mut others) = (Half::new(block.rows()), Half::new(block.rows()));
    for row in block.outer_iterator() {
        let cut = row.indices().partition_point(|&column| (column as usize) < n_first);
        let (columns, values) = (row.indices(), row.data());
        first.push(&columns[..cut], &values[..cut], 0);
        others.push(&columns[cut..], &values[cut..], n_first as u32);
    }
    (first.finish(n_first), others.finish(block.cols() - n_first))
}

struct Half {
    offsets: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Half {
    fn new(n_rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(n_rows + 1);
        offsets.push(0);
        Self { offsets, columns: Vec::new(), values: Vec::new() }
    }

    fn push(&mut self, columns: &[u32], values: &[f32], first: u32) {
        self.columns.extend(columns.iter().map(|column| column - first));
        self.values.extend_from_slice(values);
        self.offsets.push(self.columns.len());
    }

    fn finish(self, n_columns: usize) -> Block {
        CsMatI::new((self.offsets.len() - 1, n_columns), self.offsets, self.columns, self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows (1 0 2), (0 0 3), (4 5 0), in two blocks.
    fn matrix() -> CountMatrix {
        let above = CsMatI::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0]);
        let below = CsMatI::new((1, 3), vec![0, 2], vec![0, 1], vec![4.0, 5.0]);
        CountMatrix::new(3, vec![above, below])
    }

    fn entries(matrix: &CountMatrix) -> Vec<(usize, usize, f32)> {
        let mut first_row = 0;
        let mut entries = Vec::new();
        for block in &matrix.to_csr_blocks().unwrap() {
            entries.extend(
                block.iter().map(|(&value, (row, column))| {
                    (first_row + row as usize, column as usize, value)
                }),
            );
            first_row += block.rows();
        }
        entries
    }

    #[test]
    fn halves_hold_their_columns() {
        let (first, others) = matrix().split_columns(2).unwrap();
        assert_eq!(
            (first.n_rows(), first.n_columns(), others.n_rows(), others.n_columns()),
            (3, 2, 3, 1)
        );
        assert_eq!(entries(&first), [(0, 0, 1.0), (2, 0, 4.0), (2, 1, 5.0)]);
        assert_eq!(entries(&others), [(0, 0, 2.0), (1, 0, 3.0)]);
    }

    #[test]
    fn a_half_may_be_empty() {
        let (first, others) = matrix().split_columns(3).unwrap();
        assert_eq!(
            (entries(&first), others.n_columns(), others.n_nonzeros()),
            (entries(&matrix()), 0, 0)
        );
        let (first, others) = matrix().split_columns(0).unwrap();
        assert_eq!((first.n_nonzeros(), entries(&others)), (0, entries(&matrix())));
    }
}
