//! The thin SVD of a small dense matrix, with the same bits on every processor.
//!
//! In: `m x n` with `m >= n`. Out: `n` singular values, falling, and as many orthonormal vectors on
//! each side. Householder reflections from both sides make the matrix bidiagonal (Golub & Van Loan
//! 2013, section 5.4.8), implicit QR steps make it diagonal (section 8.6.3). Rotations turn rows of
//! the transposed vectors, which lie in memory one after the other; all sums have a fixed order.
//! Cost: about `8 m n^2 + 8 n^3` operations.

use super::eigen::{add_scaled, dot, hypotenuse, reflect, rotate};
use super::instructions::arch;

/// QR steps a singular value, on average, after which the steps are given up; two to three are
/// usual.
const MOST_STEPS: usize = 30;

/// `a = u diag(s) v^T`.
pub(crate) struct Singular {
    /// `n x m`: the left vectors, one after the other.
    pub(crate) left: Vec<f64>,
    /// `n`, falling.
    pub(crate) values: Vec<f64>,
    /// `n x n`: the right vectors, one after the other.
    pub(crate) right: Vec<f64>,
}

/// The thin SVD; `None` if the steps do not converge.
///
/// `columns`: `n x m`, the columns of the matrix one after the other.
///
/// # Panics
/// If `m < n`.
pub(crate) fn singular(columns: Vec<f64>, m: usize, n: usize) -> Option<Singular> {
    assert!(m >= n && columns.len() == m * n, "{n} columns of {m} values, not fewer than columns");
    arch().dispatch(Decompose { columns, m, n })
}

struct Decompose {
    columns: Vec<f64>,
    m: usize,
    n: usize,
}

impl pulp::NullaryFnOnce for Decompose {
    type Output = Option<Singular>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { mut columns, m, n } = self;
        let Bidiagonal { mut diagonal, mut above, left_factors, right_vectors, right_factors } =
            bidiagonalize(&mut columns, m, n);
        let mut left = left_reflections(&columns, &left_factors, m, n);
        drop(columns);
        let mut right = right_reflections(&right_vectors, &right_factors, n);
        drop(right_vectors);
        let mut steps = QrSteps {
            diagonal: &mut diagonal,
            above: &mut above,
            left: &mut left,
            right: &mut right,
            m,
            n,
        };
        steps.diagonalize()?;
        for (place, value) in diagonal.iter_mut().enumerate() {
            if *value < 0.0 {
                *value = -*value;
                right[place * n..(place + 1) * n].iter_mut().for_each(|it| *it = -*it);
            }
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&left, &right| diagonal[right].total_cmp(&diagonal[left]));
        let sorted = |rows: &[f64], len: usize| -> Vec<f64> {
            order.iter().flat_map(|&place| &rows[place * len..(place + 1) * len]).copied().collect()
        };
        Some(Singular {
            left: sorted(&left, m),
            values: order.iter().map(|&place| diagonal[place]).collect(),
            right: sorted(&right, n),
        })
    }
}

struct Bidiagonal {
    diagonal: Vec<f64>,
    /// What stands above the diagonal: `above[k]` in column `k + 1`.
    above: Vec<f64>,
    left_factors: Vec<f64>,
    /// `n x n`: the vector of reflection `k` in row `k`, from column `k + 1` on.
    right_vectors: Vec<f64>,
    right_factors: Vec<f64>,
}

/// Makes a matrix bidiagonal from both sides. The vector of left reflection `k` is left in column
/// `k`, from row `k` on.
#[inline(always)]
fn bidiagonalize(columns: &mut [f64], m: usize, n: usize) -> Bidiagonal {
    let (mut diagonal, mut above) = (vec![0.0; n], vec![0.0; n]);
    let (mut left_factors, mut right_factors) = (vec![0.0; n], vec![0.0; n]);
    let mut right_vectors = vec![0.0; n * n];
    let mut sums = vec![0.0; m];
    for k in 0..n {
        let (head, tail) = columns.split_at_mut((k + 1) * m);
        let u = &mut head[k * m + k..];
        let (value, tau) = reflect(u);
        (diagonal[k], left_factors[k]) = (value, tau);
        if k + 1 == n {
            break;
        }
        let row = &mut right_vectors[k * n + k + 1..(k + 1) * n];
        for (column, first) in tail.chunks_exact_mut(m).zip(row.iter_mut()) {
            let column = &mut column[k..];
            let factor = -tau * dot(column, u);
            add_scaled(column, factor, u);
            *first = column[0];
        }
        // The rest of row k, from the right.
        let (value, tau) = reflect(row);
        (above[k], right_factors[k]) = (value, tau);
        let below = &mut sums[..m - k - 1];
        below.fill(0.0);
        for (column, &v) in tail.chunks_exact(m).zip(&*row) {
            add_scaled(below, v, &column[k + 1..]);
        }
        for (column, &v) in tail.chunks_exact_mut(m).zip(&*row) {
            add_scaled(&mut column[k + 1..], -tau * v, below);
        }
    }
    Bidiagonal { diagonal, above, left_factors, right_vectors, right_factors }
}

/// The first `n` columns of the product of the left reflections, one after the other.
#[inline(always)]
fn left_reflections(columns: &[f64], factors: &[f64], m: usize, n: usize) -> Vec<f64> {
    let mut rows = vec![0.0; n * m];
    (0..n).for_each(|i| rows[i * m + i] = 1.0);
    for k in (0..n).rev() {
        let u = &columns[k * m + k..(k + 1) * m];
        for row in rows[k * m..].chunks_exact_mut(m) {
            let row = &mut row[k..];
            let factor = -factors[k] * dot(row, u);
            add_scaled(row, factor, u);
        }
    }
    rows
}

/// The columns of the product of the right reflections, one after the other.
#[inline(always)]
fn right_reflections(vectors: &[f64], factors: &[f64], n: usize) -> Vec<f64> {
    let mut rows = vec![0.0; n * n];
    (0..n).for_each(|i| rows[i * n + i] = 1.0);
    for k in (0..n.saturating_sub(1)).rev() {
        let first = k + 1;
        let u = &vectors[k * n + first..(k + 1) * n];
        for row in rows[first * n..].chunks_exact_mut(n) {
            let row = &mut row[first..];
            let factor = -factors[k] * dot(row, u);
            add_scaled(row, factor, u);
        }
    }
    rows
}

/// Implicit QR steps on a bidiagonal matrix.
struct QrSteps<'a> {
    diagonal: &'a mut [f64],
    above: &'a mut [f64],
    left: &'a mut [f64],
    right: &'a mut [f64],
    m: usize,
    n: usize,
}

/// The cosine, the sine and the length of `(x, y)`: the rotation that makes `y` zero.
#[inline(always)]
fn rotation(x: f64, y: f64) -> (f64, f64, f64) {
    let length = hypotenuse(x, y);
    if length == 0.0 { (1.0, 0.0, 0.0) } else { (x / length, y / length, length) }
}

/// Turns two rows of a matrix so that `(cosine, sine)` of the first and the second becomes the
/// first.
#[inline(always)]
fn turn(rows: &mut [f64], len: usize, first: usize, second: usize, cosine: f64, sine: f64) {
    let (low, high) = (first.min(second), first.max(second));
    let (head, tail) = rows.split_at_mut(high * len);
    let (low, high) = (&mut head[low * len..][..len], &mut tail[..len]);
    if first < second {
        rotate(low, high, cosine, -sine);
    } else {
        rotate(high, low, cosine, -sine);
    }
}

impl QrSteps<'_> {
    #[inline(always)]
    fn diagonalize(&mut self) -> Option<()> {
        let size = self.diagonal.iter().chain(&*self.above).fold(0.0f64, |a, b| a.max(b.abs()));
        let negligible = f64::EPSILON * size * f64::EPSILON;
        let (mut end, mut n_steps) = (self.n, 0);
        while end > 1 {
            for k in 0..end - 1 {
                let near = self.diagonal[k].abs() + self.diagonal[k + 1].abs();
                if self.above[k].abs() <= f64::EPSILON * near + negligible {
                    self.above[k] = 0.0;
                }
            }
            if self.above[end - 2] == 0.0 {
                end -= 1;
                continue;
            }
            n_steps += 1;
            if n_steps > MOST_STEPS * self.n {
                return None;
            }
            let start = (0..end - 1).rev().find(|&k| self.above[k] == 0.0).map_or(0, |k| k + 1);
            let zero = (start..end).find(|&k| self.diagonal[k].abs() <= negligible);
            match zero {
                Some(k) if k + 1 == end => self.clear_column(start, k),
                Some(k) => self.clear_row(k, end),
                None => self.step(start, end),
            }
        }
        Some(())
    }

    /// A zero on the diagonal: rotations from the left make the rest of its row zero.
    #[inline(always)]
    fn clear_row(&mut self, row: usize, end: usize) {
        self.diagonal[row] = 0.0;
        let mut bulge = self.above[row];
        self.above[row] = 0.0;
        for k in row + 1..end {
            let (cosine, sine, length) = rotation(self.diagonal[k], bulge);
            self.diagonal[k] = length;
            if k + 1 < end {
                bulge = -sine * self.above[k];
                self.above[k] *= cosine;
            }
            turn(self.left, self.m, k, row, cosine, sine);
        }
    }

    /// A zero at the end of the diagonal: rotations from the right make the rest of its column
    /// zero.
    #[inline(always)]
    fn clear_column(&mut self, start: usize, column: usize) {
        self.diagonal[column] = 0.0;
        let mut bulge = self.above[column - 1];
        self.above[column - 1] = 0.0;
        for k in (start..column).rev() {
            let (cosine, sine, length) = rotation(self.diagonal[k], bulge);
            self.diagonal[k] = length;
            if k > start {
                bulge = -sine * self.above[k - 1];
                self.above[k - 1] *= cosine;
            }
            turn(self.right, self.n, k, column, cosine, sine);
        }
    }

    /// One step on the rows `start .. end`, with the shift of the last two (Golub & Van Loan 2013,
    /// algorithm 8.6.1).
    #[inline(always)]
    fn step(&mut self, start: usize, end: usize) {
        let last = end - 1;
        let shift = self.shift(start, last);
        let first = self.diagonal[start];
        // (first^2 - shift^2) / first, without the squares.
        let mut x = (first.abs() - shift) * (1.0f64.copysign(first) + shift / first);
        let mut y = self.above[start];
        for k in start..last {
            let (cosine, sine, length) = rotation(x, y);
            if k > start {
                self.above[k - 1] = length;
            }
            x = cosine * self.diagonal[k] + sine * self.above[k];
            self.above[k] = cosine * self.above[k] - sine * self.diagonal[k];
            y = sine * self.diagonal[k + 1];
            self.diagonal[k + 1] *= cosine;
            turn(self.right, self.n, k, k + 1, cosine, sine);
            let (cosine, sine, length) = rotation(x, y);
            self.diagonal[k] = length;
            x = cosine * self.above[k] + sine * self.diagonal[k + 1];
            self.diagonal[k + 1] = cosine * self.diagonal[k + 1] - sine * self.above[k];
            if k + 1 < last {
                y = sine * self.above[k + 1];
                self.above[k + 1] *= cosine;
            }
            turn(self.left, self.m, k, k + 1, cosine, sine);
        }
        self.above[last - 1] = x;
    }

    /// The singular value of the last two rows that is nearer to the last; 0 where it would be lost
    /// beside the first.
    #[inline(always)]
    fn shift(&self, start: usize, last: usize) -> f64 {
        let (f, g, h) = (self.diagonal[last - 1], self.above[last - 1], self.diagonal[last]);
        let smaller = smaller_singular_value(f, g, h);
        let ratio = smaller / self.diagonal[start].abs();
        if ratio * ratio < f64::EPSILON { 0.0 } else { smaller }
    }
}

/// The smaller singular value of `[f g; 0 h]` (Demmel & Kahan 1990, section 3).
#[inline(always)]
fn smaller_singular_value(f: f64, g: f64, h: f64) -> f64 {
    let (f, g, h) = (f.abs(), g.abs(), h.abs());
    let (small, large) = if f < h { (f, h) } else { (h, f) };
    if small == 0.0 {
        return 0.0;
    }
    let ratio = small / large;
    let (sum, difference) = (1.0 + ratio, (large - small) / large);
    if g < large {
        let square = (g / large) * (g / large);
        let c = 2.0 / ((sum * sum + square).sqrt() + (difference * difference + square).sqrt());
        return small * c;
    }
    let part = large / g;
    if part == 0.0 {
        return small * large / g;
    }
    let (a, b) = (sum * part, difference * part);
    let c = 1.0 / ((1.0 + a * a).sqrt() + (1.0 + b * b).sqrt());
    2.0 * (small * c) * part
}

#[cfg(test)]
mod tests {
    use super::super::eigen::tests::{distance_from_orthonormal, numbers};
    use super::*;

    /// `A = U S V^T` with orthonormal vectors and falling values.
    fn check(m: usize, n: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let columns: Vec<f64> = (0..m * n).map(|place| value(place % m, place / m)).collect();
        let Singular { left, values, right } = singular(columns, m, n).unwrap();
        assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|&value| value >= 0.0));
        let most = 1e-13 * n as f64;
        assert!(distance_from_orthonormal(&left, m) < most, "{m} {n}");
        assert!(distance_from_orthonormal(&right, n) < most, "{m} {n}");
        let size = values.first().copied().unwrap_or(0.0);
        for i in 0..m {
            for j in 0..n {
                let sum: f64 = (0..n).map(|k| left[k * m + i] * values[k] * right[k * n + j]).sum();
                assert!((sum - value(i, j)).abs() <= 1e-14 * size * n as f64, "{m} {n}: {i} {j}");
            }
        }
        values
    }

    #[test]
    fn the_definition_holds_for_matrices_of_every_kind() {
        for (m, n) in [(1, 1), (2, 2), (3, 2), (5, 5), (40, 33), (64, 64), (90, 7)] {
            let random = numbers(m * n, (m * n) as u64);
            let at = |i: usize, j: usize| random[i * n + j];
            check(m, n, at);
            check(m, n, |i, j| at(i, j) * 10f64.powi(-(j as i32) / 2));
            check(m, n, |i, j| at(i, j) * 10f64.powi(j as i32 / 2));
            check(m, n, |i, j| ((i % 3 + 1) * (j % 4 + 2)) as f64);
            check(m, n, |i, j| if i == j { 2.0 } else { 0.0 });
            check(m, n, |_, _| 0.0);
            // Bidiagonal, with zeros on the diagonal, also at its end.
            check(m, n, |i, j| match (j + 1).wrapping_sub(i) {
                1 if i % 7 == 3 || i + 1 == n => 0.0,
                1 => 1.0 + i as f64,
                2 => 0.5,
                _ => 0.0,
            });
        }
        assert!(singular(Vec::new(), 3, 0).unwrap().values.is_empty());
    }

    #[test]
    fn the_values_are_the_roots_of_the_eigenvalues_of_the_gram_matrix() {
        let (m, n) = (50, 20);
        let random = numbers(m * n, 9);
        let values = check(m, n, |i, j| random[i * n + j]);
        let gram = (0..n * n)
            .map(|place| {
                (0..m).map(|i| random[i * n + place / n] * random[i * n + place % n]).sum()
            })
            .collect();
        let (eigenvalues, _) = super::super::eigen::eigen(gram, n).unwrap();
        for (value, eigenvalue) in values.iter().rev().zip(eigenvalues) {
            assert!((value * value - eigenvalue).abs() < 1e-12);
        }
    }
}
