//! The sparse products and the decomposition on seeded Zipf matrices of two sizes, with the plain
//! loop and single-svdlib beside them.

#![expect(clippy::disallowed_methods, reason = "times, not bits, are compared")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use eigenlex::matrix::BlockMatrix;
use eigenlex::{LinearOperator, Precision, RandomizedSvd};
use sprs::CsMatI;

/// Documents, words, words drawn per document.
const SIZES: [(usize, usize, usize); 2] = [(10_000, 10_000, 60), (40_000, 30_000, 120)];

/// Distinct words per document drawn with probability proportional to 1/rank, weighted by a
/// decreasing function of frequency.
fn zipf(n_documents: usize, n_words: usize, draws: usize) -> CsMatI<f32, u32, usize> {
    let mut state = 42_u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for _ in 0..n_documents {
        let mut words: Vec<u32> =
            (0..draws).map(|_| ((n_words as f64).powf(uniform()) - 1.0) as u32).collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            columns.push(word);
            values.push((0.5 + uniform()) as f32 * (n_words as f32 / (word as f32 + 1.0)).ln());
        }
        offsets.push(columns.len());
    }
    CsMatI::new((n_documents, n_words), offsets, columns, values)
}

/// A slice of zeros that begins at a cache line, as the panels of a decomposition do.
fn aligned(storage: &mut Vec<f32>, len: usize) -> &mut [f32] {
    storage.resize(len + 16, 0.0);
    let start = storage.as_ptr().align_offset(64).min(16);
    &mut storage[start..start + len]
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("products");
    group.sample_size(10);
    for (n_documents, n_words, draws) in SIZES {
        let rows = zipf(n_documents, n_words, draws);
        let matrix = BlockMatrix::new(n_words, vec![rows.clone()]);
        let name = format!("{n_documents}x{n_words}");
        for width in [16, 32, 64] {
            let (mut q, mut y) = (Vec::new(), Vec::new());
            let q = aligned(&mut q, n_words * width);
            q.iter_mut().enumerate().for_each(|(i, q)| *q = (i % 1000) as f32 / 500.0 - 1.0);
            let y = aligned(&mut y, n_documents * width);
            matrix.apply(q, width, y, Precision::Full).expect("a matrix in memory is not read");
            let plain = plain_product(&rows, q, width);
            assert!(
                y.iter().zip(&plain).all(|(y, plain)| (y - plain).abs() < 1e-3),
                "the kernel disagrees with the plain loop"
            );
            // One multiplication and one addition for each entry and column.
            group.throughput(Throughput::Elements(2 * (rows.nnz() * width) as u64));
            group.bench_function(
                BenchmarkId::new(format!("A q, {width} columns"), &name),
                |bencher| bencher.iter(|| matrix.apply(q, width, y, Precision::Full)),
            );
            group.bench_function(
                BenchmarkId::new(format!("plain loop, {width} columns"), &name),
                |bencher| {
                    bencher.iter(|| black_box(plain_product(&rows, q, width)));
                },
            );
            let mut x = Vec::new();
            let x = aligned(&mut x, n_words * width);
            group.bench_function(
                BenchmarkId::new(format!("A^T y, {width} columns"), &name),
                |bencher| {
                    bencher.iter(|| matrix.apply_transpose(y, width, x, Precision::Full));
                },
            );
            group.bench_function(
                BenchmarkId::new(format!("A^T y scattered, {width} columns"), &name),
                |bencher| {
                    bencher.iter(|| rows.apply_transpose(y, width, x, Precision::Full));
                },
            );
        }
    }
    group.finish();
}

fn plain_product(rows: &CsMatI<f32, u32, usize>, q: &[f32], width: usize) -> Vec<f32> {
    let mut y = vec![0.0; rows.rows() * width];
    for (entries, y) in rows.outer_iterator().zip(y.chunks_exact_mut(width)) {
        for (column, value) in entries.iter() {
            for (y, q) in y.iter_mut().zip(&q[column * width..][..width]) {
                *y += value * q;
            }
        }
    }
    y
}

fn decompositions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decompositions");
    group.sample_size(10);
    for (n_documents, n_words, draws) in SIZES {
        let rows = zipf(n_documents, n_words, draws);
        let matrix = BlockMatrix::new(n_words, vec![rows.clone()]);
        let name = format!("{n_documents}x{n_words}, rank 50");
        for tolerance in [1e-2, 1e-5] {
            let solver = RandomizedSvd::new(50).tolerance(tolerance);
            assert!(
                matches!(solver.decompose(&matrix, &()), Ok(svd) if svd.converged),
                "the decomposition does not converge"
            );
            group.bench_function(
                BenchmarkId::new(format!("tolerance {tolerance:.0e}"), &name),
                |bencher| {
                    bencher.iter(|| solver.decompose(&matrix, &()));
                },
            );
        }
        let solver = RandomizedSvd::new(50).power_iterations(4);
        group.bench_function(BenchmarkId::new("4 power iterations", &name), |bencher| {
            bencher.iter(|| solver.decompose(&matrix, &()))
        });
        let theirs: CsMatI<f32, u32, u64> = rows.to_other_types();
        group.bench_function(BenchmarkId::new("single-svdlib", &name), |bencher| {
            bencher.iter(|| black_box(single_svdlib::svd(&theirs, 50)))
        });
    }
    group.finish();
}

criterion_group!(benches, products, decompositions);
criterion_main!(benches);
