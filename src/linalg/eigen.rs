//! The eigenvalues and eigenvectors of a small symmetric matrix, with the same bits on every
//! processor.
//!
//! In: `n x n`, of which the lower half is read. Out: `n` eigenvalues, rising, and as many
//! orthonormal eigenvectors. A Householder reflection a column makes the matrix tridiagonal (Golub
//! & Van Loan 2013, section 8.3.1); the update of one column and the product for the next go
//! through the matrix together. Implicit QL steps with Wilkinson's shift make it diagonal (section
//! 8.3.3); their rotations turn rows of the eigenvectors, which lie in memory one after the other.
//! All loops go over rows with a fixed order of sums, which no vector width changes. Cost: about `7
//! n^3` operations.

use super::instructions::arch;

/// QL steps an eigenvalue, on average, after which the steps are given up; two are usual.
const MOST_STEPS: usize = 30;

/// Sums that a dot product is split into.
const LANES: usize = 8;

/// The dot product in [`LANES`] sums, which are added by halves.
#[inline(always)]
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (left_chunks, left_tail) = left.as_chunks::<LANES>();
    let (right_chunks, right_tail) = right.as_chunks::<LANES>();
    let mut sums = [0.0f64; LANES];
    // Loops over indices: an iterator may stay a call within code for other instructions.
    let n_chunks = left_chunks.len();
    let right_chunks = &right_chunks[..n_chunks];
    for chunk in 0..n_chunks {
        for lane in 0..LANES {
            sums[lane] += left_chunks[chunk][lane] * right_chunks[chunk][lane];
        }
    }
    for (lane, (left, right)) in left_tail.iter().zip(right_tail).enumerate() {
        sums[lane] += left * right;
    }
    for half in [4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}

/// `y += factor x`.
#[inline(always)]
pub(super) fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    let n = y.len();
    let x = &x[..n];
    for place in 0..n {
        y[place] += factor * x[place];
    }
}

/// Turns two rows by the angle of a cosine and a sine.
#[inline(always)]
pub(super) fn rotate(first: &mut [f64], second: &mut [f64], cosine: f64, sine: f64) {
    let n = first.len();
    let second = &mut second[..n];
    for place in 0..n {
        let (x, y) = (first[place], second[place]);
        first[place] = cosine * x - sine * y;
        second[place] = sine * x + cosine * y;
    }
}

/// Makes a vector `x` a Householder vector `v` with `v[0] = 1`, so that `(I - tau v v^T) x` has
/// only a first component; returns that and `tau` (Golub & Van Loan 2013, algorithm 5.1.1).
#[inline(always)]
pub(super) fn reflect(x: &mut [f64]) -> (f64, f64) {
    let largest = x.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let first = x[0];
    // Scaled, so that no square is too large or too small.
    let below: f64 = if largest > 0.0 {
        x[1..].iter_mut().for_each(|value| *value /= largest);
        dot(&x[1..], &x[1..])
    } else {
        0.0
    };
    if below == 0.0 {
        x[0] = 1.0;
        x[1..].fill(0.0);
        return (first, 0.0);
    }
    let scaled = first / largest;
    let length = (scaled * scaled + below).sqrt();
    let value = if scaled > 0.0 { -length } else { length };
    let divisor = scaled - value;
    x[0] = 1.0;
    x[1..].iter_mut().for_each(|it| *it /= divisor);
    (value * largest, (value - scaled) / value)
}

/// Eigenvalues, rising, and the eigenvectors as rows; `None` if the steps do not converge.
///
/// `a`: `n x n`, row after row, symmetric.
pub(crate) fn eigen(a: Vec<f64>, n: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    assert_eq!(a.len(), n * n, "a square matrix of {n} rows");
    arch().dispatch(Eigen { a, n })
}

struct Eigen {
    a: Vec<f64>,
    n: usize,
}

impl pulp::NullaryFnOnce for Eigen {
    type Output = Option<(Vec<f64>, Vec<f64>)>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { mut a, n } = self;
        let (mut diagonal, mut beside, taus) = tridiagonalize(&mut a, n);
        let mut rows = reflections(&a, &taus, n);
        drop(a);
        diagonalize(&mut diagonal, &mut beside, &mut rows, n)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&left, &right| diagonal[left].total_cmp(&diagonal[right]));
        let values = order.iter().map(|&place| diagonal[place]).collect();
        let vectors =
            order.iter().flat_map(|&place| &rows[place * n..(place + 1) * n]).copied().collect();
        Some((values, vectors))
    }
}

/// Makes a symmetric matrix tridiagonal: `Q^T A Q = T`. Returns the diagonal of `T`, what stands
/// beside it (`n` values, the last 0), and the factor of each reflection. The vector of reflection
/// `k` is left in row `k`, from column `k + 1` on.
#[inline(always)]
fn tridiagonalize(a: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut diagonal, mut beside, mut taus) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    // The update `A -= v w^T + w v^T` of the last reflection, not yet made.
    let (mut v, mut w) = (vec![0.0; n], vec![0.0; n]);
    let mut product = vec![0.0; n];
    for k in 0..n {
        let (above, below) = a.split_at_mut((k + 1) * n);
        let row = &mut above[k * n..];
        let (factor_w, factor_v) = (-v[k], -w[k]);
        add_scaled(&mut row[k..], factor_w, &w[k..]);
        add_scaled(&mut row[k..], factor_v, &v[k..]);
        diagonal[k] = row[k];
        if k + 1 == n {
            break;
        }
        let u = &mut row[k + 1..];
        let (value, tau) = reflect(u);
        (beside[k], taus[k]) = (value, tau);
        let first = k + 1;
        for (i, row) in below.chunks_exact_mut(n).enumerate() {
            let (i, row) = (first + i, &mut row[first..]);
            let (factor_w, factor_v) = (-v[i], -w[i]);
            let (w, v) = (&w[first..][..row.len()], &v[first..][..row.len()]);
            for place in 0..row.len() {
                row[place] = row[place] + factor_w * w[place] + factor_v * v[place];
            }
            product[i] = dot(row, u);
        }
        // w = tau (p - tau/2 (p^T u) u).
        let half = tau / 2.0 * dot(&product[first..], u);
        v[first..].copy_from_slice(u);
        for ((w, &product), &u) in w[first..].iter_mut().zip(&product[first..]).zip(&*u) {
            *w = tau * (product - half * u);
        }
    }
    (diagonal, beside, taus)
}

/// `Q^T`, row after row, of the reflections that [`tridiagonalize`] leaves.
#[inline(always)]
fn reflections(a: &[f64], taus: &[f64], n: usize) -> Vec<f64> {
    let mut rows = vec![0.0; n * n];
    (0..n).for_each(|i| rows[i * n + i] = 1.0);
    // Q = H_0 H_1 ...; from the last on, so that a reflection meets only the rows below it.
    for k in (0..n.saturating_sub(1)).rev() {
        let first = k + 1;
        let (u, tau) = (&a[k * n + first..(k + 1) * n], taus[k]);
        for row in rows[first * n..].chunks_exact_mut(n) {
            let row = &mut row[first..];
            let factor = -tau * dot(row, u);
            add_scaled(row, factor, u);
        }
    }
    rows
}

/// Makes a tridiagonal matrix diagonal, and turns the rows of `rows` with it. `None` if that
/// takes too many steps.
#[inline(always)]
fn diagonalize(diagonal: &mut [f64], beside: &mut [f64], rows: &mut [f64], n: usize) -> Option<()> {
    let mut n_steps = 0;
    for first in 0..n {
        loop {
            let last = end_of_block(diagonal, beside, first);
            if last == first {
                break;
            }
            n_steps += 1;
            if n_steps > MOST_STEPS * n {
                return None;
            }
            ql_step(diagonal, beside, rows, n, first..last);
        }
    }
    Some(())
}

/// The last row of the block from `first` on that no negligible value beside the diagonal cuts.
#[inline(always)]
fn end_of_block(diagonal: &[f64], beside: &[f64], first: usize) -> usize {
    (first..diagonal.len() - 1)
        .find(|&place| {
            let size = diagonal[place].abs() + diagonal[place + 1].abs();
            beside[place].abs() <= f64::EPSILON * size
        })
        .unwrap_or(diagonal.len() - 1)
}

/// One implicit QL step on the rows `block.start ..= block.end`.
#[inline(always)]
fn ql_step(
    diagonal: &mut [f64],
    beside: &mut [f64],
    rows: &mut [f64],
    n: usize,
    block: std::ops::Range<usize>,
) {
    let (first, last) = (block.start, block.end);
    // Wilkinson's shift: the eigenvalue of the first two rows that is nearer to the first.
    let theta = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
    let root = hypotenuse(theta, 1.0);
    let shift = diagonal[first] - beside[first] / (theta + root.copysign(theta));
    let mut g = diagonal[last] - shift;
    let (mut sine, mut cosine, mut p) = (1.0, 1.0, 0.0);
    for i in (first..last).rev() {
        let (f, b) = (sine * beside[i], cosine * beside[i]);
        let r = hypotenuse(f, g);
        beside[i + 1] = r;
        if r == 0.0 {
            // The block falls apart here.
            diagonal[i + 1] -= p;
            beside[last] = 0.0;
            return;
        }
        (sine, cosine) = (f / r, g / r);
        g = diagonal[i + 1] - p;
        let t = (diagonal[i] - g) * sine + 2.0 * cosine * b;
        p = sine * t;
        diagonal[i + 1] = g + p;
        g = cosine * t - b;
        let (above, below) = rows.split_at_mut((i + 1) * n);
        rotate(&mut above[i * n..], &mut below[..n], cosine, sine);
    }
    diagonal[first] -= p;
    beside[first] = g;
    beside[last] = 0.0;
}

/// `sqrt(x^2 + y^2)` without overflow.
#[inline(always)]
pub(super) fn hypotenuse(x: f64, y: f64) -> f64 {
    let (small, large) = if x.abs() < y.abs() { (x.abs(), y.abs()) } else { (y.abs(), x.abs()) };
    if large == 0.0 || !large.is_finite() {
        return large;
    }
    let ratio = small / large;
    large * (1.0 + ratio * ratio).sqrt()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Numbers from -1 to 1 of a linear congruence.
    pub(in super::super) fn numbers(n: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
            })
            .collect()
    }

    /// The largest entry of `rows rows^T - I`.
    pub(in super::super) fn distance_from_orthonormal(rows: &[f64], len: usize) -> f64 {
        let rows: Vec<&[f64]> = rows.chunks_exact(len).collect();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut largest = 0.0f64;
        for (i, left) in rows.iter().enumerate() {
            for (j, right) in rows.iter().enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                largest = largest.max((product(left, right) - expected).abs());
            }
        }
        largest
    }

    fn symmetric(n: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        (0..n * n)
            .map(|place| value((place / n).max(place % n), (place / n).min(place % n)))
            .collect()
    }

    /// `A v = lambda v`, orthonormal vectors, rising values.
    fn check(a: &[f64], n: usize) -> Vec<f64> {
        let (values, vectors) = eigen(a.to_vec(), n).unwrap();
        assert!(values.is_sorted() && values.len() == n);
        assert!(distance_from_orthonormal(&vectors, n) < 1e-13 * (n as f64));
        let size = a.iter().fold(f64::MIN_POSITIVE, |size, value| size.max(value.abs()));
        for (value, vector) in values.iter().zip(vectors.chunks_exact(n.max(1))) {
            for (row, expected) in a.chunks_exact(n).zip(vector) {
                let product: f64 = row.iter().zip(vector).map(|(a, v)| a * v).sum();
                assert!((product - value * expected).abs() <= 1e-14 * size * n as f64, "{n}");
            }
        }
        values
    }

    #[test]
    fn the_definition_holds_for_matrices_of_every_kind() {
        for n in [1, 2, 3, 8, 33, 100] {
            let random = numbers(n * n, n as u64);
            check(&symmetric(n, |i, j| random[i * n + j]), n);
            check(&symmetric(n, |i, j| random[i * n + j] * 10f64.powi(-((i + j) as i32) / 4)), n);
            check(&symmetric(n, |i, j| random[i * n + j] * 10f64.powi((i + j) as i32 / 4)), n);
            check(&symmetric(n, |i, j| if i == j { 3.0 } else { 0.0 }), n);
            check(&symmetric(n, |_, _| 1.0), n);
            check(&vec![0.0; n * n], n);
        }
        assert!(eigen(Vec::new(), 0).unwrap().0.is_empty());
    }

    #[test]
    fn known_eigenvalues_are_found() {
        // 2 on the diagonal, -1 beside it: 4 sin^2(pi k / (2 (n + 1))).
        let n = 40;
        let values = check(
            &symmetric(n, |i, j| match i - j {
                0 => 2.0,
                1 => -1.0,
                _ => 0.0,
            }),
            n,
        );
        for (k, value) in values.iter().enumerate() {
            let angle = std::f64::consts::PI * (k + 1) as f64 / (2.0 * (n + 1) as f64);
            assert!((value - 4.0 * libm::pow(libm::sin(angle), 2.0)).abs() < 1e-13);
        }
    }

    #[test]
    fn values_near_the_largest_and_the_smallest_numbers_are_no_trouble() {
        let random = numbers(25, 3);
        for scale in [1e-150, 1e150] {
            let a = symmetric(5, |i, j| random[i * 5 + j] * scale);
            let plain = symmetric(5, |i, j| random[i * 5 + j]);
            let (found, plain) = (check(&a, 5), check(&plain, 5));
            for (found, plain) in found.iter().zip(plain) {
                assert!((found / scale - plain).abs() < 1e-13);
            }
        }
    }
}
