//! Words that the decomposition has not seen, folded into its space (Deerwester et al. 1990,
//! "folding-in"; Berry, Dumais & O'Brien 1995).

use std::path::Path;

use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::operator::{LinearOperator, Precision};
use crate::storage::row_list::Strips;

/// Fewest columns of `U` that are multiplied at a time: a row of them fills a line of a cache.
pub(crate) const FEWEST_COLUMNS: usize = 16;

/// A row of `V` for each column of `others`: `v = x^T U / s` for the column x, which is what every
/// row of `V` is for its own column. A direction whose singular value is zero says nothing about
/// the new word, so its number is 0.
///
/// `u` is `n_rows x rank`, row-major; `singular_values` has length rank. `n_at_a_time` columns of
/// `U` are multiplied at a time, each for itself, so that their number does not show in the result;
/// the rows go to temporary files in `folder` if there is one.
///
/// # Errors
/// What a product with the matrix gives, a failure of the file system, or an interruption.
///
/// # Panics
/// If `u` has not the rows of `others`.
pub(crate) fn fold_in(
    u: &[f32],
    singular_values: &[f64],
    others: &dyn LinearOperator,
    n_at_a_time: usize,
    folder: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Strips> {
    let (rank, n_others) = (singular_values.len(), others.n_columns());
    let mut rows = Strips::new(n_others);
    let mut n_told = 0;
    while rows.width() < rank {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let columns = rows.width()..rank.min(rows.width() + n_at_a_time.max(FEWEST_COLUMNS));
        let width = columns.len();
        let mut strip = vec![0.0; n_others * width];
        if width == rank {
            others.apply_transpose(u, rank, &mut strip, Precision::Full)?;
        } else {
            let mut part = vec![0.0; u.len() / rank * width];
            part.par_chunks_mut(width)
                .zip(u.par_chunks(rank))
                .for_each(|(part, row)| part.copy_from_slice(&row[columns.clone()]));
            others.apply_transpose(&part, width, &mut strip, Precision::Full)?;
        }
        let sigmas = &singular_values[columns.clone()];
        let inverses: Vec<f32> = sigmas
            .iter()
            .map(|&sigma| if sigma > 0.0 { sigma.recip() as f32 } else { 0.0 })
            .collect();
        strip.par_chunks_mut(width).for_each(|row| {
            row.iter_mut().zip(&inverses).for_each(|(value, inverse)| *value *= inverse)
        });
        rows.push(width, strip, folder)?;
        let n_done = (n_others * columns.end / rank) as u64;
        progress.advance(n_done - n_told);
        n_told = n_done;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use sprs::CsMatI;

    use super::*;
    use crate::base::random::uniform;
    use crate::counts::CountMatrix;
    use crate::matrix::BlockMatrix;
    use crate::svd::{RandomizedSvd, Svd};

    fn matrix(n_rows: usize, columns: &[Vec<f32>]) -> CountMatrix {
        let (mut offsets, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in 0..n_rows {
            for (column, entries) in
                columns.iter().enumerate().filter(|(_, entries)| entries[row] != 0.0)
            {
                indices.push(column as u32);
                values.push(entries[row]);
            }
            offsets.push(indices.len());
        }
        CountMatrix::new(
            columns.len(),
            vec![CsMatI::new((n_rows, columns.len()), offsets, indices, values)],
        )
    }

    fn decompose(rank: usize, counts: CountMatrix) -> Svd {
        RandomizedSvd { left_vectors: true, tolerance: 1e-5, ..RandomizedSvd::new(rank) }
            .decompose(&BlockMatrix::from(counts), &())
            .unwrap()
    }

    fn fold(
        svd: &Svd,
        columns: &[Vec<f32>],
        n_at_a_time: usize,
        folder: Option<&Path>,
    ) -> Vec<f32> {
        let u = svd.u.as_ref().unwrap();
        let others = BlockMatrix::from(matrix(u.len() / svd.rank(), columns));
        let rows = fold_in(u, &svd.singular_values, &others, n_at_a_time, folder, &()).unwrap();
        rows.read(0..columns.len()).unwrap().into_owned()
    }

    /// `diag(4, 9)`: the triplets are (9, e2, e2) and (4, e1, e1), so that the column (2, 3) is 3/9
    /// and 2/4 of them, up to no sign: the largest entries of the vectors are positive.
    #[test]
    fn hand_worked_column() {
        let svd = decompose(2, matrix(2, &[vec![4.0, 0.0], vec![0.0, 9.0]]));
        let folded = fold(&svd, &[vec![2.0, 3.0], vec![0.0, 0.0]], 2, None);
        let expected = [1.0 / 3.0, 0.5, 0.0, 0.0];
        assert_eq!(folded.len(), expected.len());
        assert!(
            folded.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5),
            "{folded:?}"
        );
    }

    /// A column that was in the matrix falls where it was; any other where the definition in `f64`
    /// puts it.
    #[test]
    fn columns_fall_where_the_definition_puts_them() {
        let column = |column: usize| {
            (0..30).map(|row| uniform(7, row, column as u64) as f32 - 0.3).collect::<Vec<f32>>()
        };
        let (seen, unseen): (Vec<_>, Vec<_>) =
            ((0..12).map(column).collect(), (12..17).map(column).collect());
        let rank = 6;
        let svd = decompose(rank, matrix(30, &seen));
        let folded = fold(&svd, &[seen.clone(), unseen.clone()].concat(), rank, None);
        let u = svd.u.as_ref().unwrap();
        for (j, column) in seen.iter().chain(&unseen).enumerate() {
            for k in 0..rank {
                let product: f64 =
                    (0..30).map(|row| f64::from(column[row]) * f64::from(u[row * rank + k])).sum();
                let found = f64::from(folded[j * rank + k]);
                assert!(
                    (found - product / svd.singular_values[k]).abs() < 1e-5,
                    "column {j}, direction {k}"
                );
                assert!(
                    j >= 12 || (found - f64::from(svd.v[j * rank + k])).abs() < 1e-4,
                    "column {j}, direction {k}"
                );
            }
        }
    }

    #[test]
    fn a_few_columns_at_a_time_and_files_give_the_same_bits() {
        let column = |column: usize| {
            (0..300).map(|row| uniform(7, row, column as u64) as f32 - 0.3).collect::<Vec<f32>>()
        };
        let (seen, unseen): (Vec<_>, Vec<_>) =
            ((0..60).map(column).collect(), (60..95).map(column).collect());
        let svd = decompose(41, matrix(300, &seen));
        let expected = fold(&svd, &unseen, 41, None);
        let folder = tempfile::tempdir().unwrap();
        for n_at_a_time in [1, 16, 24, 40] {
            for folder in [None, Some(folder.path())] {
                assert!(
                    fold(&svd, &unseen, n_at_a_time, folder) == expected,
                    "{n_at_a_time} columns"
                );
            }
        }
    }
}
