//! From singular triplets to word vectors: `V S^p` without the first components, with the contexts
//! added, without the mean.

use std::path::Path;

use rayon::prelude::*;

use super::mean::Mean;
use crate::base::error::Result;
use crate::base::functions::pow;
use crate::storage::row_list::RowList;

/// How singular vectors become word vectors.
pub(crate) struct Scaling {
    /// The first components that are left out.
    pub(crate) drop_components: usize,
    /// The power `p` in `V S^p`.
    pub(crate) sigma_exponent: f64,
    /// Rows of `U` for each context word, if its vector as a context is added to its vector.
    pub(crate) rows_per_context: Option<usize>,
    /// Whether the mean of all vectors is subtracted from each.
    pub(crate) center: bool,
}

/// The vectors of all words, `n_words x dim`, of `V` (`n_words x rank`), the singular values and,
/// with `add_contexts`, `U`; they go to a temporary file in `folder` if there is one.
///
/// Row j of `V_k S_k^p` is word j; with `add_contexts` it is that plus the rows of `U_k S_k^p` that
/// stand for word j as a context (one, or one for each side; none for words that are no contexts),
/// the `w + c` of Pennington et al. (2014) and Levy et al. (2015, section 3.3); with `center` the
/// mean of all vectors is taken from each.
///
/// # Errors
/// A failure of the file system.
///
/// # Panics
/// If contexts are to be added and the left vectors are missing.
pub(crate) fn word_space(
    v: &RowList,
    singular_values: &[f64],
    u: Option<&[f32]>,
    scaling: &Scaling,
    folder: Option<&Path>,
) -> Result<RowList> {
    let (rank, first, dim) =
        (v.width(), scaling.drop_components, v.width() - scaling.drop_components);
    let factors: Vec<f32> = singular_values[first..]
        .iter()
        .map(|&sigma| pow(sigma, scaling.sigma_exponent) as f32)
        .collect();
    let mut vectors = RowList::new(dim, folder)?;
    vectors.reserve(v.n_rows());
    let mut mean = Mean::new(dim);
    v.for_each_part(|first_word, rows| {
        let mut part = vec![0.0; rows.len() / rank * dim];
        part.par_chunks_mut(dim)
            .zip(rows.par_chunks(rank))
            .for_each(|(vector, row)| add_scaled(vector, &row[first..], &factors));
        if let Some(rows_per_context) = scaling.rows_per_context {
            let u = u.expect("the left vectors were computed");
            let n_contexts = u.len() / rank / rows_per_context;
            for side in u.chunks(n_contexts * rank) {
                let side = &side[(first_word * rank).min(side.len())..];
                part.par_chunks_mut(dim)
                    .zip(side.par_chunks(rank))
                    .for_each(|(vector, row)| add_scaled(vector, &row[first..], &factors));
            }
        }
        if scaling.center {
            mean.add(&part);
        }
        vectors.push(&part)
    })?;
    if !scaling.center {
        return Ok(vectors);
    }
    let mean = mean.finish();
    vectors.change(|_, rows| {
        rows.par_chunks_mut(dim).for_each(|vector| {
            vector.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean)
        });
        Ok(())
    })
}

fn add_scaled(vector: &mut [f32], row: &[f32], factors: &[f32]) {
    for ((value, row), factor) in vector.iter_mut().zip(row).zip(factors) {
        *value += row * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::DenseMatrix;
    use crate::svd::{RandomizedSvd, Svd};

    /// Two context words on two sides, three words: `diag(4, 9)` above and below something smaller,
    /// so that the first two vectors are unit vectors, `s = (9, 4)`.
    fn svd() -> Svd {
        let a = DenseMatrix::from_rows(&[
            [4.0, 0.0, 0.0],
            [0.0, 9.0, 0.0],
            [0.0, 0.0, 1.0],
            [0.0, 0.0, 0.0],
        ]);
        RandomizedSvd { left_vectors: true, ..RandomizedSvd::new(3) }.decompose(&a, &()).unwrap()
    }

    fn scaling(drop_components: usize, add_contexts: bool, center: bool) -> Scaling {
        let rows_per_context = add_contexts.then_some(2);
        Scaling { drop_components, sigma_exponent: 0.5, rows_per_context, center }
    }

    /// In memory and in files, which are the same.
    fn space(svd: &Svd, scaling: &Scaling) -> Vec<f32> {
        let folder = tempfile::tempdir().unwrap();
        let [held, filed] = [None, Some(folder.path())].map(|folder| {
            let v = RowList::from_vec(svd.rank(), svd.v.clone(), folder).unwrap();
            word_space(&v, &svd.singular_values, svd.u.as_deref(), scaling, folder)
                .unwrap()
                .into_floats()
                .unwrap()
        });
        assert!(held == filed && held.is_owned() && !filed.is_owned());
        held.into_vec()
    }

    fn assert_near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        assert!(
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5),
            "{found:?}"
        );
    }

    #[test]
    fn hand_worked_spaces() {
        let svd = svd();
        // V S^0.5, the triplets in the order 9, 4, 1: word 0 is 2 in the second direction, word 1
        // is 3 in the first, word 2 is 1 in the third.
        let plain = [0.0, 2.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        assert_near(&space(&svd, &scaling(0, false, false)), &plain);
        assert_near(&space(&svd, &scaling(1, false, false)), &[2.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        // Contexts 0 and 1 are two words on two sides: after word 0 (4), after word 1 (9), before
        // word 0 (1), before word 1 (0).
        assert_near(
            &space(&svd, &scaling(0, true, false)),
            &[0.0, 4.0, 1.0, 6.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        );
        // The mean is (1, 2/3, 1/3).
        let (m, n) = (2.0 / 3.0, 1.0 / 3.0);
        let centred = [-1.0, 2.0 - m, -n, 2.0, -m, -n, -1.0, -m, 1.0 - n];
        assert_near(&space(&svd, &scaling(0, false, true)), &centred);
    }
}
