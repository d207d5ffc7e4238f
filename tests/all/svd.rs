//! The truncated SVD against its definition, dense decompositions and another library.

use eigenlex::counts::CountMatrix;
use eigenlex::matrix::{BlockMatrix, BlockWriter};
use eigenlex::storage::Spill;
use eigenlex::{
    DenseMatrix, Error, LinearOperator, Precision, Progress, RandomizedSvd, Svd, SvdPrecision,
};
use proptest::prelude::*;
use sprs::CsMatI;

/// Uniform numbers in [0, 1): a linear congruential generator of the tests' own.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// About `density` entries a row, at columns that fall off like word frequencies; row 5 is empty.
fn zipf(n_rows: usize, n_columns: usize, density: usize, seed: u64) -> CsMatI<f32, u32, usize> {
    let mut uniform = Uniform(seed);
    let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for row in 0..n_rows {
        let mut words: Vec<u32> =
            (0..density).map(|_| ((n_columns as f64).powf(uniform.next()) - 1.0) as u32).collect();
        words.sort_unstable();
        words.dedup();
        if row != 5 {
            for word in words {
                columns.push(word);
                values.push((0.3 + uniform.next()) as f32 / (f64::from(word) + 2.0).sqrt() as f32);
            }
        }
        offsets.push(columns.len());
    }
    CsMatI::new((n_rows, n_columns), offsets, columns, values)
}

fn blocks(matrix: &CsMatI<f32, u32, usize>, rows_per_block: usize) -> BlockMatrix {
    let starts = (0..matrix.rows()).step_by(rows_per_block);
    let parts = starts.map(|start| {
        matrix.slice_outer(start..(start + rows_per_block).min(matrix.rows())).to_owned()
    });
    let proper = |part: CsMatI<f32, u32, usize>| {
        let shape = part.shape();
        let offsets = part.proper_indptr().into_owned();
        CsMatI::new(shape, offsets, part.indices().to_vec(), part.data().to_vec())
    };
    BlockMatrix::new(matrix.cols(), parts.map(proper).collect())
}

/// `A + A^T` of a square matrix.
fn symmetrized(matrix: &CsMatI<f32, u32, usize>) -> BlockMatrix {
    let transposed = matrix.transpose_view().to_csr();
    BlockMatrix::symmetric(vec![&matrix.view() + &transposed.view()])
}

/// `|A^T A v - s^2 v| <= tolerance s_1^2` for every triplet, and orthonormal vectors.
fn assert_by_definition(a: &dyn LinearOperator, svd: &Svd, tolerance: f64) {
    let (rank, s) = (svd.rank(), &svd.singular_values);
    let (mut y, mut x) = (vec![0.0; a.n_rows() * rank], vec![0.0; a.n_columns() * rank]);
    a.apply(&svd.v, rank, &mut y, Precision::Full).expect("the matrix is there to be read");
    a.apply_transpose(&y, rank, &mut x, Precision::Full).expect("the matrix is there to be read");
    for i in 0..rank {
        let error = (0..a.n_columns())
            .map(|j| f64::from(x[j * rank + i]) - s[i] * s[i] * f64::from(svd.v[j * rank + i]))
            .map(|e| e * e);
        let error = error.sum::<f64>().sqrt();
        assert!(
            error <= tolerance * s[0] * s[0],
            "triplet {i}: {error} for s = {}, s_1 = {}",
            s[i],
            s[0]
        );
        for k in 0..=i {
            let inner: f64 = (0..a.n_columns())
                .map(|j| f64::from(svd.v[j * rank + i]) * f64::from(svd.v[j * rank + k]))
                .sum();
            assert!(
                (inner - f64::from(u8::from(i == k))).abs() < 1e-5,
                "vectors {i} and {k}: {inner}"
            );
        }
        let largest = (0..a.n_columns())
            .map(|j| svd.v[j * rank + i])
            .fold(0.0_f32, |a, b| if b.abs() > a.abs() { b } else { a });
        assert!(largest > 0.0, "the largest entry of vector {i} is {largest}");
    }
    assert!(s.windows(2).all(|pair| pair[0] >= pair[1]), "{s:?}");
}

#[test]
fn a_sparse_matrix_agrees_with_single_svdlib() {
    let matrix = zipf(1500, 900, 25, 1);
    let wide: CsMatI<f64, u32, u64> = matrix.to_other_types();
    let theirs = single_svdlib::svd(&wide, 12).unwrap();
    let solver = RandomizedSvd::new(12).tolerance(1e-4).left_vectors(true);
    for a in [&matrix as &dyn LinearOperator, &blocks(&matrix, 400)] {
        let ours = solver.decompose(a, &()).unwrap();
        for (ours, theirs) in ours.singular_values.iter().zip(&theirs.s) {
            assert!((ours - theirs).abs() < 1e-5 * theirs, "{ours} against {theirs}");
        }
        assert!(
            ours.converged && ours.residuals.iter().all(|&residual| residual < 1e-4),
            "{:?}",
            ours.residuals
        );
        assert_by_definition(a, &ours, 1e-3);
        assert_eq!(ours.u.as_ref().unwrap().len(), 1500 * 12);
        assert!(ours.explained() > 0.0 && ours.explained() < 1.0);
    }
}

#[test]
fn wide_tall_and_symmetric_matrices_keep_the_definition() {
    let wide = zipf(300, 2000, 40, 2);
    let tall = zipf(2000, 300, 20, 3);
    let square = symmetrized(&zipf(700, 700, 20, 4));
    for a in [&wide as &dyn LinearOperator, &tall, &square] {
        for rank in [1, 10] {
            let svd = RandomizedSvd::new(rank).tolerance(1e-3).decompose(a, &()).unwrap();
            assert!(svd.converged, "{:?}", svd.residuals);
            assert_by_definition(a, &svd, 1e-3);
        }
    }
}

#[test]
fn a_symmetric_matrix_has_the_same_triplets_the_long_way() {
    let square = symmetrized(&zipf(600, 600, 20, 6));
    let solver = RandomizedSvd::new(8).tolerance(1e-4).left_vectors(true);
    let short = solver.decompose(&square, &()).unwrap();
    let asymmetric = BlockMatrix::new(600, square.to_csr_blocks().unwrap());
    let long = solver.decompose(&asymmetric, &()).unwrap();
    for (short, long) in short.singular_values.iter().zip(&long.singular_values) {
        assert!((short - long).abs() < 1e-5 * long, "{short} against {long}");
    }
    for (short, long) in
        short.v.iter().zip(&long.v).chain(short.u.iter().flatten().zip(long.u.iter().flatten()))
    {
        assert!((short - long).abs() < 1e-2, "{short} against {long}");
    }
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    let matrix = zipf(3000, 1200, 60, 7);
    let asymmetric = blocks(&matrix, 700);
    let square = symmetrized(&zipf(2500, 2500, 30, 8));
    let digest = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let solver = RandomizedSvd::new(10).left_vectors(true);
            let power = solver.clone().power_iterations(2);
            let restarted = solver.clone().max_basis(60).block_width(8);
            // Panels of 32 columns, which are rounded to 16 bits at this tolerance.
            let rounded = solver.clone().tolerance(1e-2).block_width(32);
            [
                rounded.decompose(&asymmetric, &()).unwrap(),
                rounded.decompose(&square, &()).unwrap(),
                solver.decompose(&asymmetric, &()).unwrap(),
                solver.decompose(&matrix, &()).unwrap(),
                solver.decompose(&square, &()).unwrap(),
                restarted.decompose(&asymmetric, &()).unwrap(),
                power.decompose(&asymmetric, &()).unwrap(),
            ]
        })
    };
    let single = digest(1);
    for threads in [2, 3, 8] {
        assert_eq!(single, digest(threads), "{threads} threads");
    }
}

#[test]
fn a_loose_tolerance_holds_by_the_definition_over_many_restarts() {
    let (tall, square) = (zipf(3000, 900, 25, 3), zipf(1500, 1500, 30, 4));
    let wide = tall.transpose_view().to_csr();
    for matrix in [blocks(&tall, 700), blocks(&wide, 300), symmetrized(&square)] {
        let rank = 40;
        // Blocks that are rounded, and a restart after every second one.
        let solver = RandomizedSvd::new(rank)
            .tolerance(1e-2)
            .block_width(32)
            .max_basis(136)
            .left_vectors(true);
        let svd = solver.decompose(&matrix, &()).unwrap();
        assert!(
            svd.converged && svd.products > 2 * 136,
            "{:?} after {} products",
            svd.residuals,
            svd.products
        );
        let u = svd.u.as_ref().unwrap();
        let (mut y, mut x) = (vec![0.0; u.len()], vec![0.0; svd.v.len()]);
        matrix.apply(&svd.v, rank, &mut y, Precision::Full).unwrap();
        matrix.apply_transpose(u, rank, &mut x, Precision::Full).unwrap();
        let s = &svd.singular_values;
        for i in 0..rank {
            let distance = |image: &[f32], near: &[f32]| {
                let rows = image.chunks_exact(rank).zip(near.chunks_exact(rank));
                rows.map(|(image, near)| (f64::from(image[i]) - s[i] * f64::from(near[i])).powi(2))
                    .sum::<f64>()
                    .sqrt()
            };
            let residual = distance(&y, u).max(distance(&x, &svd.v)) / s[rank - 1];
            // What rounding adds is known within about a quarter.
            assert!(residual < 1.1e-2, "triplet {i}: {residual}, said {}", svd.residuals[i]);
            for k in 0..=i {
                let inner: f64 =
                    svd.v.chunks_exact(rank).map(|row| f64::from(row[i]) * f64::from(row[k])).sum();
                assert!(
                    (inner - f64::from(u8::from(i == k))).abs() < 1e-4,
                    "vectors {i} and {k}: {inner}"
                );
            }
        }
    }
}

#[test]
fn restarts_and_the_plain_scheme_find_the_same_values() {
    let matrix = blocks(&zipf(1500, 900, 25, 1), 500);
    let reference = RandomizedSvd::new(10).tolerance(1e-5).decompose(&matrix, &()).unwrap();
    let restarted = RandomizedSvd::new(10).tolerance(1e-4).max_basis(45).block_width(8);
    let restarted = restarted.decompose(&matrix, &()).unwrap();
    assert!(restarted.converged, "{:?}", restarted.residuals);
    let power = RandomizedSvd::new(10).power_iterations(6).decompose(&matrix, &()).unwrap();
    assert_eq!(power.products, 20 * (2 * 6 + 1) + 20 + 20);
    for i in 0..10 {
        let exact = reference.singular_values[i];
        assert!((restarted.singular_values[i] - exact).abs() < 1e-5 * exact);
        assert!((power.singular_values[i] - exact).abs() < 1e-2 * exact);
    }
}

#[test]
fn a_rank_deficient_matrix_has_null_values_and_orthonormal_vectors() {
    // Row i is row i mod 6 of a small matrix: rank 6.
    let rows: Vec<Vec<f32>> =
        (0..400).map(|i| (0..300).map(|j| ((i % 6 + 1) * (j + 3) % 11) as f32).collect()).collect();
    let a = DenseMatrix::from_rows(&rows);
    for power_iterations in [None, Some(2)] {
        let svd = RandomizedSvd::new(9)
            .left_vectors(true)
            .power_iterations(power_iterations)
            .decompose(&a, &())
            .unwrap();
        assert!(
            svd.singular_values[5] > 1.0 && svd.singular_values[6] < 1e-4 * svd.singular_values[0],
            "{:?}",
            svd.singular_values
        );
        assert!(svd.converged, "{:?}", svd.residuals);
        assert!((svd.explained() - 1.0).abs() < 1e-6);
        assert_by_definition(&a, &svd, 1e-3);
    }
}

#[test]
fn as_many_triplets_as_the_matrix_has() {
    let matrix = zipf(400, 270, 30, 9);
    let svd = RandomizedSvd::new(270).decompose(&matrix, &()).unwrap();
    assert!((svd.explained() - 1.0).abs() < 1e-5, "{}", svd.explained());
    assert_by_definition(&matrix, &svd, 1e-3);
}

#[test]
fn a_matrix_on_the_disk_has_the_bits_of_one_in_memory_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let exact = RandomizedSvd::new(12).left_vectors(true);
    let rounded = exact.clone().tolerance(1e-2).block_width(32);
    for (symmetric, solver) in
        [(false, &exact), (true, &exact), (false, &rounded), (true, &rounded)]
    {
        // Many more blocks than a leaf of the sums has, an empty one among them, and rows without
        // entries.
        let matrix = if symmetric {
            symmetrized(&zipf(600, 600, 20, 12))
        } else {
            blocks(&zipf(1500, 600, 20, 12), 40)
        };
        let mut parts = matrix.to_csr_blocks().unwrap();
        if !symmetric {
            parts.insert(7, CsMatI::new((0, 600), vec![0], vec![], vec![]));
            parts.push(CsMatI::new((3, 600), vec![0; 4], vec![], vec![]));
        }
        let decompose = |spill: Option<Spill>, threads: usize| {
            let mut writer = BlockWriter::new(600, symmetric, spill);
            parts.iter().for_each(|part| writer.push(part).unwrap());
            let matrix = writer.finish();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let svd = pool.install(|| solver.decompose(&matrix, &())).unwrap();
            assert_by_definition(&matrix, &svd, solver.tolerance);
            (svd, matrix.streamed_bytes())
        };
        let (in_memory, streamed) = decompose(None, 2);
        assert_eq!(streamed, 0);
        for threads in [1, 2, 3, 8] {
            let (on_disk, streamed) = decompose(Some(Spill::new(30_000, folder.path())), threads);
            assert_eq!(on_disk, in_memory, "{threads} threads, symmetric: {symmetric}");
            assert!(streamed > 0);
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_with_its_folder() {
    let spill = Spill::new(0, "no/such/folder");
    let counts = CountMatrix::new(600, vec![zipf(50, 600, 5, 13)]);
    let error = BlockMatrix::from_counts(counts, Some(spill)).unwrap_err();
    assert!(
        error.to_string().starts_with("cannot create a temporary file in `no/such/folder`: "),
        "{error}"
    );
}

#[test]
fn impossible_parameters_are_refused() {
    let a = DenseMatrix::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let refused = |solver: RandomizedSvd| solver.decompose(&a, &()).unwrap_err().to_string();
    assert_eq!(refused(RandomizedSvd::new(0)), "rank is 0, expected at least 1");
    assert!(matches!(
        RandomizedSvd::new(3).decompose(&a, &()),
        Err(Error::RankTooLarge { rank: 3, n_rows: 2, n_columns: 3 })
    ));
    for tolerance in [0.0, -1.0, 1.0, f64::NAN] {
        let message = refused(RandomizedSvd::new(1).tolerance(tolerance));
        assert_eq!(
            message,
            format!("tolerance is {tolerance}, expected a number above 0 and below 1")
        );
    }
    let message = refused(RandomizedSvd::new(1).block_width(4).max_basis(12));
    assert_eq!(message, "max_basis is 12, expected at least 13, the rank and three blocks");
}

#[test]
fn zeros_nan_and_infinity_are_refused() {
    let zero: CsMatI<f32, u32, usize> = CsMatI::zero((30, 20));
    assert!(matches!(
        RandomizedSvd::new(2).decompose(&zero, &()),
        Err(Error::ZeroMatrix { n_rows: 30, n_columns: 20, .. })
    ));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut matrix = zipf(400, 300, 10, 10);
        matrix.data_mut()[1000] = bad;
        assert!(matches!(
            RandomizedSvd::new(2).decompose(&matrix, &()),
            Err(Error::NotFinite { .. })
        ));
    }
    // Finite entries whose products overflow.
    let mut matrix = zipf(400, 300, 10, 10);
    matrix.data_mut().iter_mut().for_each(|value| *value *= 1e30);
    let single = RandomizedSvd::new(2).precision(SvdPrecision::Single);
    assert!(matches!(single.decompose(&matrix, &()), Err(Error::NotFinite { .. })));
    // Double precision goes further.
    let scaled = RandomizedSvd::new(2).decompose(&matrix, &()).unwrap();
    let plain = RandomizedSvd::new(2).decompose(&zipf(400, 300, 10, 10), &()).unwrap();
    for (scaled, plain) in scaled.singular_values.iter().zip(&plain.singular_values) {
        assert!((scaled / plain / 1e30 - 1.0).abs() < 1e-3, "{scaled} and {plain}");
    }
}

#[test]
fn a_cancelled_decomposition_is_interrupted() {
    struct Cancelled;
    impl Progress for Cancelled {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let matrix = zipf(400, 300, 10, 11);
    assert!(matches!(
        RandomizedSvd::new(2).decompose(&matrix, &Cancelled),
        Err(Error::Interrupted)
    ));
}

#[test]
fn parameters_have_names_in_files_and_no_others() {
    let solver: RandomizedSvd =
        serde_json::from_str(r#"{"rank": 50, "power_iterations": 4}"#).unwrap();
    assert_eq!((solver.rank, solver.power_iterations, solver.seed), (50, Some(4), 42));
    assert!(serde_json::from_str::<RandomizedSvd>(r#"{"rnak": 50}"#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_small_matrix_keeps_the_definition(
        n_rows in 1_usize..20,
        n_columns in 1_usize..20,
        entries in proptest::collection::vec(-3_i8..=3, 400),
        rank in 1_usize..20,
    ) {
        let row = |i: usize| (0..n_columns).map(|j| f32::from(entries[20 * i + j])).collect();
        let rows: Vec<Vec<f32>> = (0..n_rows).map(row).collect();
        let a = DenseMatrix::from_rows(&rows);
        prop_assume!(a.squared_norm() > 0.0);
        let rank = rank.min(n_rows).min(n_columns);
        let svd = RandomizedSvd::new(rank).decompose(&a, &()).unwrap();
        assert_by_definition(&a, &svd, 1e-3);
        prop_assert!(svd.converged);
        if rank == n_rows.min(n_columns) {
            prop_assert!((svd.explained() - 1.0).abs() < 1e-6);
        }
    }
}
