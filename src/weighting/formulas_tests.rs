//! Tests of the weighting formulas against their definitions, entry by entry.

use super::*;
use proptest::prelude::*;
use sprs::TriMatI;

fn matrix(rows: &[Vec<f32>], symmetric: bool) -> CountMatrix {
    let mut triplets = TriMatI::<f32, u32>::new((rows.len(), rows[0].len()));
    for (i, row) in rows.iter().enumerate() {
        for (j, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            triplets.add_triplet(i, j, value);
        }
    }
    let block: sprs::CsMatI<f32, u32, usize> = {
        let (shape, n) = ((rows.len(), rows[0].len()), triplets.nnz());
        let mut dense: Vec<(usize, usize, f32)> =
            triplets.triplet_iter().map(|(v, (i, j))| (i as usize, j as usize, *v)).collect();
        dense.sort_by_key(|&(i, j, _)| (i, j));
        let mut offsets = vec![0usize; shape.0 + 1];
        let (mut columns, mut values) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for (i, j, value) in dense {
            offsets[i + 1] += 1;
            columns.push(j as u32);
            values.push(value);
        }
        (0..shape.0).for_each(|i| offsets[i + 1] += offsets[i]);
        sprs::CsMatI::new(shape, offsets, columns, values)
    };
    if symmetric {
        CountMatrix::symmetric(vec![block])
    } else {
        CountMatrix::new(rows[0].len(), vec![block])
    }
}

fn dense(matrix: &CountMatrix) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for block in matrix.to_csr_blocks().unwrap() {
        for row in block.outer_iterator() {
            let mut dense = vec![0.0; matrix.n_columns()];
            row.iter().for_each(|(column, &value)| dense[column] = f64::from(value));
            rows.push(dense);
        }
    }
    rows
}

/// The formulas of the documentation, entry by entry over a dense matrix, sums taken anew for
/// each.
fn by_definition(weighting: Weighting, counts: &[Vec<f32>], i: usize, j: usize) -> f64 {
    let c = f64::from(counts[i][j]);
    let n = counts.len() as f64;
    let column: Vec<f64> = counts.iter().map(|row| f64::from(row[j])).collect();
    let row_sum = |i: usize| counts[i].iter().map(|&c| f64::from(c)).sum::<f64>();
    let (r, s) = (row_sum(i), column.iter().sum::<f64>());
    let df = column.iter().filter(|c| **c > 0.0).count() as f64;
    if c == 0.0 {
        return 0.0;
    }
    match weighting {
        Weighting::Binary => 1.0,
        Weighting::Count => c,
        Weighting::Log => (1.0 + c).ln(),
        Weighting::TfIdf => c * (n / df).ln(),
        Weighting::LogEntropy => {
            let entropy: f64 =
                column.iter().filter(|c| **c > 0.0).map(|c| c / s * (c / s).ln()).sum();
            (1.0 + c).ln() * (1.0 + entropy / n.ln())
        }
        Weighting::Ppmi { smoothing, shift } => {
            let total: f64 = (0..counts.len()).map(|i| row_sum(i).powf(smoothing)).sum();
            ((c * total / (s * r.powf(smoothing))).ln() - shift.ln()).max(0.0)
        }
        Weighting::SquareRoot { power } => c.powf(power) / (r.powf(power) * s.powf(power)).sqrt(),
    }
}

const ALL: [Weighting; 9] = [
    Weighting::Binary,
    Weighting::Count,
    Weighting::Log,
    Weighting::TfIdf,
    Weighting::LogEntropy,
    Weighting::Ppmi { smoothing: 1.0, shift: 1.0 },
    Weighting::Ppmi { smoothing: 0.75, shift: 2.0 },
    Weighting::SquareRoot { power: 0.5 },
    Weighting::SquareRoot { power: 0.75 },
];

/// Each row on its own has the bits that it has in the matrix.
fn weighs_rows_alike(
    weighting: Weighting,
    statistics: &ColumnStatistics,
    counts: &[Vec<f32>],
    weighted: &CountMatrix,
) {
    for (counts, expected) in counts.iter().zip(dense(weighted)) {
        let columns: Vec<u32> =
            (0..counts.len() as u32).filter(|&column| counts[column as usize] != 0.0).collect();
        let mut weights: Vec<f32> = columns.iter().map(|&column| counts[column as usize]).collect();
        weighting.weigh_row(statistics, &columns, &mut weights);
        for (&column, weight) in columns.iter().zip(weights) {
            assert_eq!(
                f64::from(weight),
                expected[column as usize],
                "{weighting:?}, column {column}"
            );
        }
    }
}

fn agree(counts: &[Vec<f32>], symmetric: bool) {
    for weighting in ALL {
        let mut weighted = matrix(counts, symmetric);
        match weighting.apply(&mut weighted, &()) {
            Ok(statistics) => weighs_rows_alike(weighting, &statistics, counts, &weighted),
            Err(Error::ZeroMatrix { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        for (i, row) in dense(&weighted).iter().enumerate() {
            for (j, &value) in row.iter().enumerate() {
                let expected = by_definition(weighting, counts, i, j);
                assert!(
                    (value - expected).abs() < 2e-5 * expected.abs().max(1.0),
                    "{weighting:?} ({i}, {j}): {value}, expected {expected}"
                );
            }
        }
    }
}

#[test]
fn tf_idf_of_a_word_in_every_document_is_dropped() {
    // Word 0 stands in both documents: ln(2/2) = 0. Word 1 in the first: 3 ln 2.
    let mut weighted = matrix(&[vec![1.0, 3.0], vec![2.0, 0.0]], false);
    Weighting::TfIdf.apply(&mut weighted, &()).unwrap();
    assert_eq!(weighted.n_nonzeros(), 1);
    assert!((dense(&weighted)[0][1] - 3.0 * 2f64.ln()).abs() < 1e-6);
}

#[test]
fn the_square_root_transform_worked_by_hand() {
    // c = [[0, 4], [4, 8]]: sums 4 and 12. Entry (0, 1): 2 / (48)^(1/4); entry (1, 1): sqrt(8)
    // / sqrt(12).
    let mut weighted = matrix(&[vec![0.0, 4.0], vec![4.0, 8.0]], true);
    Weighting::SquareRoot { power: 0.5 }.apply(&mut weighted, &()).unwrap();
    let weighted = dense(&weighted);
    assert!((weighted[0][1] - 2.0 / 48f64.powf(0.25)).abs() < 1e-6);
    assert!((weighted[1][1] - (8f64 / 12.0).sqrt()).abs() < 1e-6);
}

#[test]
fn factors_of_columns_belong_to_the_weights() {
    let counts = vec![vec![0.0, 4.0, 1.0], vec![4.0, 8.0, 0.0], vec![1.0, 0.0, 2.0]];
    let weighting = Weighting::SquareRoot { power: 0.5 };
    let factors = Factors { columns: vec![1.0, 0.25, 0.7], rows: vec![1.0, 0.5, 0.0] };
    let (mut plain, mut scaled) = (matrix(&counts, true), matrix(&counts, true));
    weighting.apply(&mut plain, &()).unwrap();
    let statistics = weighting.apply_times(&mut scaled, Some(&factors), &()).unwrap();
    assert!(!scaled.is_symmetric());
    for (row, (plain, scaled)) in dense(&plain).iter().zip(dense(&scaled)).enumerate() {
        for column in 0..3 {
            let expected = plain[column] * factors.columns[column] * factors.rows[row];
            assert!((expected - scaled[column]).abs() < 1e-6);
        }
    }
    let mut scaled = matrix(&counts, true);
    let factors = Factors { rows: Vec::new(), ..factors };
    assert_eq!(weighting.apply_times(&mut scaled, Some(&factors), &()).unwrap(), statistics);
    weighs_rows_alike(weighting, &statistics, &counts, &scaled);
}

#[test]
fn words_are_put_back_into_the_order_of_their_counts() {
    let counts = vec![vec![1.0, 3.0, 2.0, 0.0], vec![5.0, 0.0, 1.0, 1.0], vec![0.0, 2.0, 0.0, 9.0]];
    for weighting in ALL {
        let mut weighted = matrix(&counts, false);
        let statistics = weighting.apply(&mut weighted, &()).unwrap();
        for (counts, weights) in counts.iter().zip(dense(&weighted)) {
            let order =
                |column: usize| weighting.count_order(&statistics, column, weights[column] as f32);
            for (left, right) in [(0, 1), (0, 2), (1, 2), (2, 3), (0, 3), (1, 3)] {
                // Where a weight is cut off at 0, or does not see the count, nothing is known.
                if weights[left] != 0.0
                    && weights[right] != 0.0
                    && weighting != Weighting::Binary
                    && counts[left] < counts[right]
                {
                    assert!(order(left) < order(right), "{weighting:?}: {counts:?}");
                }
            }
        }
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    for (weighting, message) in [
        (
            Weighting::SquareRoot { power: 0.0 },
            "power is 0, expected a number above 0 and at most 1",
        ),
        (
            Weighting::Ppmi { smoothing: 1.5, shift: 1.0 },
            "smoothing is 1.5, expected a number above 0 and at most 1",
        ),
        (
            Weighting::Ppmi { smoothing: 1.0, shift: f64::NAN },
            "shift is NaN, expected a number of at least 1",
        ),
    ] {
        assert_eq!(weighting.check().unwrap_err().to_string(), message);
    }
}

#[test]
fn a_weighting_that_leaves_nothing_says_so() {
    let error =
        Weighting::TfIdf.apply(&mut matrix(&[vec![1.0], vec![2.0]], false), &()).unwrap_err();
    assert!(
        error.to_string().starts_with("the 2 x 1 matrix has no entry other than zero"),
        "{error}"
    );
}

proptest! {
    /// Rows and columns without an entry are a document without a known word, and a word that
    /// always stands alone in its sentence.
    #[test]
    fn empty_rows_and_columns_leave_every_number_finite(
        flat in prop::collection::vec(0u8..4, 30),
        empty_rows in 0u32..64,
        empty_columns in 0u32..32,
    ) {
        let is_in = |set: u32, number: usize| set >> number & 1 == 1;
        let mut counts: Vec<Vec<f32>> =
            flat.chunks(5).map(|row| row.iter().map(|&c| f32::from(c)).collect()).collect();
        for (i, row) in counts.iter_mut().enumerate() {
            for (j, count) in row.iter_mut().enumerate() {
                if is_in(empty_rows, i) || is_in(empty_columns, j) {
                    *count = 0.0;
                }
            }
        }
        let all_factors = Factors { columns: vec![0.25, 1.0, 0.5, 1.0, 0.125], rows: Vec::new() };
        for weighting in ALL {
            let factors = matches!(weighting, Weighting::SquareRoot { .. }).then_some(&all_factors);
            let mut weighted = matrix(&counts, false);
            let Ok(statistics) = weighting.apply_times(&mut weighted, factors, &()) else {
                continue;
            };
            prop_assert!(
                statistics.total.is_finite()
                    && statistics.terms.iter().all(|term| term.is_finite()),
                "{weighting:?}"
            );
            // A row from elsewhere that holds every word, those of empty columns too; and one
            // without a word.
            let mut weights = [2.0; 5];
            weighting.weigh_row(&statistics, &[0, 1, 2, 3, 4], &mut weights);
            prop_assert!(
                weights.iter().all(|weight| weight.is_finite()),
                "{weighting:?} {weights:?}"
            );
            for column in 0..5 {
                prop_assert!(!weighting.count_order(&statistics, column, weights[column]).is_nan());
                let is_empty = counts.iter().all(|row| row[column] == 0.0);
                if is_empty && weighting.has_column_terms() {
                    prop_assert_eq!(weights[column], 0.0, "{:?}", weighting);
                }
            }
            weighting.weigh_row(&statistics, &[], &mut []);
        }
    }

    #[test]
    fn weights_agree_with_the_formulas(flat in prop::collection::vec(0u8..5, 20)) {
        let counts: Vec<Vec<f32>> =
            flat.chunks(4).map(|row| row.iter().map(|&c| f32::from(c)).collect()).collect();
        agree(&counts, false);
        let square = &counts[..4];
        let symmetric: Vec<Vec<f32>> =
            (0..4).map(|i| (0..4).map(|j| square[i][j] + square[j][i]).collect()).collect();
        agree(&symmetric, true);
    }
}
