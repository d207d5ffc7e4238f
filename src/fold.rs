//! Words that the decomposition has not seen, folded into its space (Deerwester et al. 1990, "folding-in"; Berry, Dumais & O'Brien 1995).

use crate::error::Result;
use crate::matrix::{BlockMatrix, CountMatrix};
use crate::operator::LinearOperator;
use crate::svd::Svd;

/// Appends to `V` a row for each column of `others`: `v = x^T U / s` for the column x, which is what every row of `V` is for its own column. A
/// direction whose singular value is zero has nothing to say about the new word: 0.
///
/// # Errors
/// What a product with the matrix gives.
///
/// # Panics
/// If the left vectors are missing, or `others` has not their rows.
pub(crate) fn fold_in(svd: &mut Svd, others: CountMatrix) -> Result<()> {
    let rank = svd.rank();
    let u = svd.u.as_ref().expect("the left vectors were computed");
    let mut rows = vec![0.0; others.n_columns() * rank];
    BlockMatrix::from(others).apply_transpose(u, rank, &mut rows)?;
    let inverses: Vec<f32> = svd.singular_values.iter().map(|&sigma| if sigma > 0.0 { sigma.recip() as f32 } else { 0.0 }).collect();
    rows.chunks_exact_mut(rank).for_each(|row| row.iter_mut().zip(&inverses).for_each(|(value, inverse)| *value *= inverse));
    svd.v.append(&mut rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use sprs::CsMatI;

    use super::*;
    use crate::random::uniform;
    use crate::svd::RandomizedSvd;

    fn matrix(n_rows: usize, columns: &[Vec<f32>]) -> CountMatrix {
        let (mut offsets, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in 0..n_rows {
            for (column, entries) in columns.iter().enumerate().filter(|(_, entries)| entries[row] != 0.0) {
                indices.push(column as u32);
                values.push(entries[row]);
            }
            offsets.push(indices.len());
        }
        CountMatrix::new(columns.len(), vec![CsMatI::new((n_rows, columns.len()), offsets, indices, values)])
    }

    fn decompose(rank: usize, counts: CountMatrix) -> Svd {
        RandomizedSvd { left_vectors: true, tolerance: 1e-5, ..RandomizedSvd::new(rank) }
            .decompose(&BlockMatrix::from(counts), &())
            .unwrap()
    }

    /// `diag(4, 9)`: the triplets are (9, e2, e2) and (4, e1, e1), so that the column (2, 3) is 3/9 and 2/4 of them, up to no sign: the largest
    /// entries of the vectors are positive.
    #[test]
    fn hand_worked_column() {
        let mut svd = decompose(2, matrix(2, &[vec![4.0, 0.0], vec![0.0, 9.0]]));
        fold_in(&mut svd, matrix(2, &[vec![2.0, 3.0], vec![0.0, 0.0]])).unwrap();
        let expected = [0.0, 1.0, 1.0, 0.0, 1.0 / 3.0, 0.5, 0.0, 0.0];
        assert_eq!(svd.v.len(), expected.len());
        assert!(svd.v.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5), "{:?}", svd.v);
    }

    /// A column that was in the matrix falls where it was; any other where the definition in `f64` puts it.
    #[test]
    fn columns_fall_where_the_definition_puts_them() {
        let column = |column: usize| (0..30).map(|row| uniform(7, row, column as u64) as f32 - 0.3).collect::<Vec<f32>>();
        let (seen, unseen): (Vec<_>, Vec<_>) = ((0..12).map(column).collect(), (12..17).map(column).collect());
        let rank = 6;
        let mut svd = decompose(rank, matrix(30, &seen));
        let before = svd.v.clone();
        fold_in(&mut svd, matrix(30, &[seen.clone(), unseen.clone()].concat())).unwrap();
        assert_eq!(svd.v[..before.len()], before);
        let u = svd.u.as_ref().unwrap();
        for (j, column) in seen.iter().chain(&unseen).enumerate() {
            for k in 0..rank {
                let product: f64 = (0..30).map(|row| f64::from(column[row]) * f64::from(u[row * rank + k])).sum();
                let found = f64::from(svd.v[before.len() + j * rank + k]);
                assert!((found - product / svd.singular_values[k]).abs() < 1e-5, "column {j}, direction {k}");
                assert!(j >= 12 || (found - f64::from(before[j * rank + k])).abs() < 1e-4, "column {j}, direction {k}");
            }
        }
    }
}
