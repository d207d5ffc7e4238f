//! Block Lanczos with full re-orthogonalisation, Rayleigh-Ritz and thick restarts: the leading
//! eigenvectors of `A^T A`, `A A^T` or `A`.
//!
//! In: an operator `M` (`n x n`, symmetric, see [`Form`]) and a random block of `b` vectors. Out:
//! `rank` Ritz vectors, `n x rank`.
//!
//! Each step multiplies the last block of the basis, `W = M Q_j`, takes the parts along the basis
//! out of it, and orthonormalises what is left into the next block:
//! `M Q_j = Q_(j-1) C_j^T + Q_j A_j + Q_(j+1) C_(j+1)`. So `T = Q^T M Q` is block tridiagonal, and
//! a Ritz pair `T s = theta s` has the residual `|M Q s - theta Q s| = |C_(j+1) s_last|`, known
//! before the vectors are (Golub & Underwood 1977; Parlett 1998, chapter 13). A random start makes
//! it the randomized block Krylov method of Musco & Musco (2015), whose whole space it uses.
//!
//! Orthogonality: the last two blocks are projected out first (the three-term recurrence), then the
//! whole basis once; since the first pass leaves what rounding made, the second is as good as the
//! "twice is enough" of Kahan and Parlett at little more than half its price. Where panels are
//! rounded, the tolerance is loose, and a basis that is orthonormal to the root of the rounding of
//! `f32` serves it as well (semiorthogonality, Simon 1984): what the recurrence knows of the
//! product along the blocks before is then not computed anew, and blocks are straightened once.
//!
//! When the basis reaches its limit, the best Ritz vectors are kept and the iteration goes on from
//! the same block (thick restart, Wu & Simon 2000): `T` is then diagonal with a border, `C` couples
//! the block to all vectors kept, and everything else stays as it is.

use std::ops::Range;

use faer::{Mat, MatRef};

use super::basis::Basis;
use super::random::{gaussian_panel, sign_panel};
use super::state;
use super::state::{Loaded, Resume, State};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::linalg::dense;
use crate::linalg::dense::{factor, product, straighten, symmetric_eigen};
use crate::linalg::panel::Panel;
use crate::operator::LinearOperator;

/// Directions of a new block that are shorter than this fraction of `|M|` are rounding errors of
/// `f32` and are replaced by random ones.
const NOISE: f64 = 2e-6;

/// A direction shorter than this fraction of what the last projection began with has, once
/// normalised, too much of the rounding of that projection in it; the basis is then taken out
/// again.
const WEAK: f64 = 1e-2;

/// Directions of a block that are no shorter than this fraction of the longest come out of one
/// transform orthonormal to about 1e-5.
const EVEN: f64 = 0.03;

/// Ritz vectors are multiplied in a panel whose rows fill whole lines of a cache.
const COLUMNS_PER_LINE: usize = 16;

/// Part of the tolerance that the Ritz residuals may use; the rest is for the rounding of the
/// vectors.
const SAFETY: f64 = 0.95;

/// Part of the tolerance that the rounding of panels to 16 bits may use; with [`SAFETY`], as the
/// legs of a right angle, it makes the whole.
const ROUNDING: f64 = 0.3;

/// Which symmetric operator stands for `A`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `A` itself, which is symmetric: one product a step; a singular value is `|theta|`.
    Symmetric,
    /// `A^T A`, when `A` has no more columns than rows; a singular value is `sqrt(theta)`.
    Columns,
    /// `A A^T`, when `A` has fewer rows than columns.
    Rows,
}

impl Form {
    /// The singular value of `A` that belongs to an eigenvalue of the operator.
    pub(super) fn singular(self, value: f64) -> f64 {
        if self == Self::Symmetric { value.abs() } else { value.max(0.0).sqrt() }
    }
}

/// The symmetric operator `M`, made from `A` by its products.
pub(super) struct Symmetrized<'a> {
    pub(super) a: &'a dyn LinearOperator,
    pub(super) form: Form,
    /// Whether the panels that are multiplied may be rounded to 16 bits.
    pub(super) rounded: bool,
}

impl Symmetrized<'_> {
    /// The order n of `M`.
    fn n(&self) -> usize {
        match self.form {
            Form::Symmetric | Form::Columns => self.a.n_columns(),
            Form::Rows => self.a.n_rows(),
        }
    }

    /// Products of `A` or `A^T` with a vector in one product of `M` with a vector.
    pub(super) fn products_per_column(&self) -> usize {
        if self.form == Form::Symmetric { 1 } else { 2 }
    }

    /// `w = M q`; `scratch` keeps its memory from one product to the next.
    pub(super) fn apply(
        &self,
        q: &[f32],
        width: usize,
        w: &mut [f32],
        scratch: &mut Panel,
    ) -> Result<()> {
        if self.form == Form::Rows && scratch.len() != self.a.n_columns() * width {
            *scratch = Panel::zeros(self.a.n_columns() * width);
        }
        match (self.form, self.rounded) {
            (Form::Symmetric, false) => self.a.apply(q, width, w),
            (Form::Symmetric, true) => self.a.apply_rounded(q, width, w),
            (Form::Columns, false) => self.a.apply_gram(q, width, w, &mut |_| {}),
            (Form::Columns, true) => self.a.apply_gram_rounded(q, width, w),
            (Form::Rows, false) => {
                self.a.apply_transpose(q, width, scratch)?;
                self.a.apply(scratch, width, w)
            }
            (Form::Rows, true) => {
                self.a.apply_transpose_rounded(q, width, scratch)?;
                self.a.apply_rounded(scratch, width, w)
            }
        }
    }
}

/// How far to go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Eigenvectors wanted.
    pub(super) rank: usize,
    /// Largest residual of a singular triplet, relative to the smallest wanted singular value.
    pub(super) tolerance: f64,
    /// Columns of a block.
    pub(super) block_width: usize,
    /// Columns of the basis before a restart.
    pub(super) max_basis: usize,
    /// Products of `A` or `A^T` with a vector before the iteration gives up.
    pub(super) max_products: usize,
}

/// What the iteration found.
pub(super) struct Ritz {
    /// `n x width`, row-major, orthonormal: the wanted ones first, then some more.
    pub(super) vectors: Panel,
    /// How many there are, at least the rank.
    pub(super) width: usize,
    /// The Ritz value of each.
    pub(super) values: Vec<f64>,
    /// For the wanted ones, `|M z - theta z|` by the recurrence, which takes the products for
    /// exact.
    pub(super) residuals: Vec<f64>,
    /// Whether the panels that were multiplied were rounded to 16 bits.
    pub(super) rounded: bool,
    /// Products used.
    pub(super) products: usize,
}

impl Ritz {
    fn new(mut basis: Basis, check: Check, rank: usize, rounded: bool, products: usize) -> Self {
        let width = rank.next_multiple_of(COLUMNS_PER_LINE).min(check.values.len());
        basis.forget_spare();
        let vectors = basis.combine(check.vectors.as_ref().get(.., ..width));
        Self {
            vectors,
            width,
            values: check.values[..width].to_vec(),
            residuals: check.residuals,
            rounded,
            products,
        }
    }
}

/// The projected problem: `T = Q^T M Q` for the finished columns of the basis, and the block that
/// comes after them.
struct Projection {
    /// `m x m`, symmetric.
    t: Mat<f64>,
    /// The columns among the m to which the next block is coupled.
    coupled: Range<usize>,
    /// `next block x coupled`.
    coupling: Mat<f64>,
}

/// The Ritz values and their residuals at one size of the basis.
struct Check {
    /// All Ritz values, the wanted ones first.
    values: Vec<f64>,
    /// `m x m`: the eigenvectors of `T` in the same order.
    vectors: Mat<f64>,
    /// `|M z - theta z|` of the wanted ones.
    residuals: Vec<f64>,
    /// Leading triplets whose residual is within the tolerance.
    n_converged: usize,
    /// The worst residual among the wanted, as a multiple of what is allowed.
    excess: f64,
}

impl Projection {
    /// Adds the current block: `T` gains its couplings and its own `alpha`.
    fn extend(&mut self, alpha: MatRef<'_, f64>) {
        let (m, width) = (self.t.nrows(), alpha.nrows());
        let old = &self.t;
        let (coupled, coupling) = (&self.coupled, &self.coupling);
        let couple = |i: usize, j: usize| {
            if coupled.contains(&j) { coupling[(i - m, j - coupled.start)] } else { 0.0 }
        };
        self.t = Mat::from_fn(m + width, m + width, |i, j| match (i < m, j < m) {
            (true, true) => old[(i, j)],
            (false, true) => couple(i, j),
            (true, false) => couple(j, i),
            (false, false) => 0.5 * (alpha[(i - m, j - m)] + alpha[(j - m, i - m)]),
        });
    }

    /// Solves the projected eigenproblem and measures the residuals.
    fn check(&self, form: Form, limits: &Limits) -> Result<Check> {
        let m = self.t.nrows();
        let (rising, unordered) = symmetric_eigen(self.t.as_ref())?;
        let size = |i: usize| if form == Form::Symmetric { rising[i].abs() } else { rising[i] };
        let mut order: Vec<usize> = (0..m).collect();
        order.sort_by(|&i, &j| size(j).total_cmp(&size(i)).then(j.cmp(&i)));
        let values: Vec<f64> = order.iter().map(|&i| rising[i]).collect();
        let vectors = Mat::from_fn(m, m, |i, j| unordered[(i, order[j])]);

        let rank = limits.rank.min(m);
        let last =
            product(self.coupling.as_ref(), vectors.as_ref().get(self.coupled.clone(), ..rank));
        let singular = |value: f64| form.singular(value);
        let (largest, smallest) = (singular(values[0]), singular(values[rank - 1]));
        let residuals: Vec<f64> = (0..rank).map(|i| last.col(i).norm_l2()).collect();
        let excess = |i: usize| {
            let residual = residuals[i];
            // |A^T u - s v| = |A^T A v - s^2 v| / s, so a residual of the squared problem may be s times as large. Below the rounding of
            // f32 products there is nothing to gain.
            let (factor, floor) = if form == Form::Symmetric {
                (1.0, largest)
            } else {
                (singular(values[i]), largest * largest)
            };
            let allowed = (SAFETY * limits.tolerance * smallest * factor)
                .max(0.5 * f64::from(f32::EPSILON) * floor);
            if residual == 0.0 { 0.0 } else { residual / allowed }
        };
        let excesses: Vec<f64> = (0..rank).map(excess).collect();
        let n_converged = excesses.iter().take_while(|&&excess| excess <= 1.0).count();
        let worst = if m < limits.rank {
            f64::INFINITY
        } else {
            excesses.iter().copied().fold(0.0, f64::max)
        };
        Ok(Check { values, vectors, residuals, n_converged, excess: worst })
    }
}

/// When to look at the residuals next: the eigenproblem costs m^3, a block too many its products.
/// Counted in columns multiplied.
struct Schedule {
    next: usize,
    last: Option<(usize, f64)>,
    /// Whether the next look is forecast to be the last.
    expects_end: bool,
    /// A forecast is cut down to a multiple of so many columns: a look too early costs less than a
    /// block too many.
    grain: usize,
}

/// How much the worst residual must fall between two looks before it tells anything of the end: a
/// factor.
const TELLING_FALL: f64 = 1.5;

impl Schedule {
    /// The share of all columns that are multiplied already, as the fall of the worst residual
    /// since the last look has it, if it fell enough.
    fn share(&self, n_multiplied: usize, excess: f64) -> Option<f64> {
        let (n_last, last) = self.last?;
        let fall = last / excess;
        let is_telling =
            fall.is_finite() && fall >= TELLING_FALL && excess > 1.0 && n_multiplied > n_last;
        is_telling.then(|| {
            let left = excess.ln() * (n_multiplied - n_last) as f64 / fall.ln();
            n_multiplied as f64 / (n_multiplied as f64 + left)
        })
    }

    /// After a look at a basis of `m` columns.
    fn after(&mut self, n_multiplied: usize, m: usize, excess: f64) {
        // Convergence is about geometric, once it has begun; a forecast is followed some way.
        let patience = (m / 8).max(1);
        let step = match self.last {
            Some((n_last, last))
                if excess < 0.9 * last
                    && excess > 1.0
                    && last.is_finite()
                    && n_multiplied > n_last =>
            {
                let rate = (last / excess).ln() / (n_multiplied - n_last) as f64;
                let forecast = (excess.ln() / rate).ceil();
                self.expects_end = forecast <= 3.0 * patience as f64;
                (forecast.min(3.0 * patience as f64) as usize / self.grain * self.grain).max(1)
            }
            _ => {
                self.expects_end = false;
                patience
            }
        };
        self.last = Some((n_multiplied, excess));
        self.next = n_multiplied + step.max(1);
    }
}

/// Finds the `rank` leading Ritz vectors of `M`; `rank` is at most its order. Products are counted
/// on. None if the rounding of panels, which is looked at once, is too rough for the tolerance. The
/// iteration goes on from the state that `resume` found, if there is one.
pub(super) fn ritz_vectors(
    operator: &Symmetrized<'_>,
    limits: &Limits,
    seed: u64,
    resume: Resume<'_>,
    products: &mut usize,
    progress: &dyn Progress,
) -> Result<Option<Ritz>> {
    let n = operator.n();
    let random = |random_columns: &mut usize, width: usize| {
        *random_columns += width;
        gaussian_panel(seed, n, *random_columns - width, width)
    };
    let is_loose = operator.rounded;
    let Loaded { state, mut basis, t, coupling } = match resume.loaded {
        Some(loaded) => {
            *products = loaded.state.products;
            loaded
        }
        None => {
            let width = limits.block_width.min(n);
            let mut random_columns = 0;
            let start = if is_loose {
                sign_panel(seed, n, width)
            } else {
                random(&mut random_columns, width)
            };
            let start = factor(start, width, 0.0, width, is_loose)?;
            let block = straighten(start.x, width)?.x;
            let next_look = limits.rank + (limits.rank / 2).max(width);
            let state = State::new(operator.rounded, random_columns, block, width, next_look);
            Loaded { state, basis: Basis::new(n), t: Mat::new(), coupling: Mat::zeros(width, 0) }
        }
    };
    // `n_multiplied` counts the columns of the basis, those that restarts took out of it included.
    let State {
        mut random_columns,
        mut n_multiplied,
        mut is_smooth,
        mut norm,
        mut width,
        mut block,
        coupled,
        ..
    } = state;
    let grain = if is_loose { width } else { 1 };
    let mut schedule = Schedule {
        next: state.next_look,
        last: state.last_look,
        expects_end: state.expects_end,
        grain,
    };
    let mut projection = Projection { t, coupled, coupling };
    let mut restarted = false;
    let mut scratch = Panel::default();
    loop {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        if std::mem::take(&mut restarted)
            && let Some(kept) = resume.kept
        {
            let state = State {
                rounded: operator.rounded,
                products: *products,
                random_columns,
                n_multiplied,
                is_smooth,
                norm,
                width,
                block: &*block,
                next_look: schedule.next,
                last_look: schedule.last,
                expects_end: schedule.expects_end,
                coupled: projection.coupled.clone(),
            };
            state::save(kept, &state, &basis, projection.t.as_ref(), projection.coupling.as_ref())?;
        }
        let m = basis.n_columns();
        let full = m + width > limits.max_basis && limits.max_basis < n;
        let due = n_multiplied >= schedule.next || full;
        let look = || projection.check(operator.form, limits);
        // The residuals are looked at while the next product runs, unless it is likely to be one
        // too many.
        let early = if due && schedule.expects_end { Some(look()?) } else { None };
        let ends = early.as_ref().is_some_and(|check| check.excess <= 1.0);
        let mut w = Panel::default();
        let (check, multiplied) = rayon::join(
            || if due && early.is_none() { look().map(Some) } else { Ok(early) },
            || {
                if ends {
                    return Ok(0);
                }
                w = basis.any_panel(width);
                operator.apply(&block, width, &mut w, &mut scratch)?;
                Ok(operator.products_per_column() * width)
            },
        );
        *products += multiplied?;
        if let Some(check) = check? {
            progress.set_position(check.n_converged as u64);
            if let Some(share) = schedule.share(n_multiplied, check.excess) {
                progress.forecast(share);
            }
            progress.note(&format!(
                "residual {:.0e}, {products} products",
                check.excess * SAFETY * limits.tolerance
            ));
            let spent = *products >= limits.max_products && m >= limits.rank;
            if check.excess <= 1.0 || spent {
                return Ok(Some(Ritz::new(basis, check, limits.rank, operator.rounded, *products)));
            }
            schedule.after(n_multiplied, m, check.excess);
            if !is_smooth && m >= limits.rank {
                // Half of the block tells as much of the rounding as the whole.
                let some = width.div_ceil(2);
                let (exact_operator, some_of) =
                    (Symmetrized { rounded: false, ..*operator }, |panel| {
                        dense::columns_of(panel, width, 0, some)
                    });
                let mut exact = Panel::zeros(n * some);
                exact_operator.apply(&some_of(&block), some, &mut exact, &mut Panel::default())?;
                *products += operator.products_per_column() * some;
                let smallest = operator.form.singular(check.values[limits.rank - 1]);
                let allowed = ROUNDING
                    * limits.tolerance
                    * if operator.form == Form::Symmetric { smallest } else { smallest * smallest };
                let roughness = roughness(&basis, &exact, &mut some_of(&w), some);
                if roughness.is_nan() || roughness > allowed {
                    return Ok(None);
                }
                is_smooth = true;
            }
            if full {
                restart(&mut basis, &mut projection, &check, limits, is_loose);
                restarted = true;
            }
        } else if *products >= limits.max_products && m >= limits.rank {
            schedule.next = 0;
        }

        // The block joins the basis, its product is orthogonalised against it.
        let current = basis.n_columns()..basis.n_columns() + width;
        n_multiplied += width;
        basis.append(block, width);
        let before = projection.coupled.clone();
        let known = projection.coupling.transpose();
        let mut local = before.start..current.end;
        if is_loose {
            if !before.is_empty() {
                basis.subtract(before, known, &mut w);
            }
            local = current.clone();
        }
        let own = current.start - local.start;
        let first = basis.project_out(local, &mut w, width);
        // The product lies almost within these blocks, but for the part that makes the next one:
        // its length is told by them.
        let known = |j: usize| if is_loose { known.col(j).norm_l2() } else { 0.0 };
        let length = (0..width).map(|j| first.col(j).norm_l2().hypot(known(j))).fold(0.0, f64::max);
        if !first.is_all_finite() {
            return Err(Error::NotFinite {
                stage: Stage::Svd,
                place: format!("the product of the matrix with vector {}", current.start),
            });
        }
        norm = norm.max(length);
        let second = basis.project_out(0..current.end, &mut w, width);
        let alpha =
            Mat::from_fn(width, width, |i, j| first[(own + i, j)] + second[(current.start + i, j)]);
        projection.extend(alpha.as_ref());
        projection.coupled = current.clone();
        let m = current.end;
        let next_width = limits.block_width.min(n - m);
        if next_width == 0 {
            // The basis spans everything: the Ritz vectors are the eigenvectors.
            projection.coupling = Mat::zeros(0, width);
            let check = projection.check(operator.form, limits)?;
            progress.set_position(limits.rank as u64);
            return Ok(Some(Ritz::new(basis, check, limits.rank, operator.rounded, *products)));
        }

        let found = factor(w, width, NOISE * norm, next_width, is_loose)?;
        let rank = found.r.nrows();
        let (strongest, weakest) = if rank == 0 {
            (0.0, 0.0)
        } else {
            (found.r.row(0).norm_l2(), found.r.row(rank - 1).norm_l2())
        };
        let projected = (0..width).map(|j| second.col(j).norm_l2()).fold(strongest, f64::max);
        let mut x = found.x;
        if rank < next_width {
            // The Krylov space is exhausted in some directions: go on with random ones, to which
            // nothing is coupled.
            let mut fresh = random(&mut random_columns, next_width - rank);
            dense::scale_columns(&mut fresh, &vec![1.0 / (n as f64).sqrt(); next_width - rank]);
            let mut wider = Panel::zeros(n * next_width);
            if rank > 0 {
                dense::set_columns(&mut wider, next_width, 0, &x, rank);
            }
            dense::set_columns(&mut wider, next_width, rank, &fresh, next_width - rank);
            x = wider;
        }
        let mut coupling =
            Mat::from_fn(next_width, width, |i, j| if i < rank { found.r[(i, j)] } else { 0.0 });
        if rank < next_width || weakest < WEAK * projected {
            for _ in 0..2 {
                basis.project_out(0..m, &mut x, next_width);
                let straight = straighten(x, next_width)?;
                x = straight.x;
                coupling = product(straight.r.as_ref(), coupling.as_ref());
            }
        }
        if is_loose && rank == next_width && weakest > EVEN * strongest {
            // One transform by the roots of well spread eigenvalues leaves no more than a
            // semiorthonormal basis may have.
            projection.coupling = coupling;
            block = x;
        } else {
            let straight = straighten(x, next_width)?;
            projection.coupling = product(straight.r.as_ref(), coupling.as_ref());
            block = straight.x;
        }
        width = next_width;
    }
}

/// How far `w` is from the exact product, in the directions that are not in the basis: from the
/// others every product is freed by the projection, and the projected problem takes what it was
/// there from the recurrence. The root of the mean square over the columns; not a number where the
/// product is not finite.
fn roughness(basis: &Basis, exact: &[f32], w: &mut [f32], width: usize) -> f64 {
    w.iter_mut().zip(exact).for_each(|(w, exact)| *w -= exact);
    basis.project_out(0..basis.n_columns(), w, width);
    let squares = dense::squared_distances(w, exact, &vec![0.0; width]);
    (squares.iter().sum::<f64>() / width as f64).sqrt()
}

/// Keeps the best Ritz vectors as the basis.
fn restart(
    basis: &mut Basis,
    projection: &mut Projection,
    check: &Check,
    limits: &Limits,
    is_loose: bool,
) {
    let m = check.values.len();
    let mut keep = (limits.rank + (m - limits.rank) / 3).min(m);
    if is_loose {
        // Whole blocks fill the basis up again: fewer restarts.
        let n_blocks = (limits.max_basis - keep).div_ceil(limits.block_width);
        keep = keep
            .min(limits.max_basis.saturating_sub(n_blocks * limits.block_width))
            .max(limits.rank.min(m));
    }
    let kept = check.vectors.as_ref().get(.., ..keep);
    projection.coupling =
        product(projection.coupling.as_ref(), kept.get(projection.coupled.clone(), ..));
    projection.coupled = 0..keep;
    projection.t = Mat::from_fn(keep, keep, |i, j| if i == j { check.values[i] } else { 0.0 });
    basis.replace(kept);
}
