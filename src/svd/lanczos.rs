//! Block Lanczos with full re-orthogonalisation, Rayleigh-Ritz and thick restarts: the leading
//! eigenvectors of `A^T A`, `A A^T` or `A`.
//!
//! In: an operator `M` (`n x n`, symmetric, see
//! [`Form`](super::symmetrized::Form)) and a random block of `b` vectors. Out:
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
//! When the basis reaches its limit, the best Ritz vectors are kept and the iteration continues
//! from the same block (thick restart, Wu & Simon 2000): `T` is then diagonal with a border, `C`
//! couples the block to all vectors kept, and everything else stays as it is.

use faer::Mat;

use super::basis::Basis;
use super::projection::{Check, Projection, SAFETY};
use super::random::{gaussian_panel, sign_panel};
use super::schedule::Schedule;
use super::state;
use super::state::{Loaded, Resume, State};
use super::symmetrized::Symmetrized;
use crate::base::error::{Error, Result};
use crate::base::functions::hypot;
use crate::base::progress::{Progress, Stage};
use crate::linalg::dense::{self, Factors, factor, norm, product, straighten};
use crate::linalg::panel::Panel;
use crate::storage::checkpoints::CheckpointSlot;

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

/// Part of the tolerance that the rounding of panels to 16 bits may use; with [`SAFETY`], as the
/// legs of a right angle, it makes the whole.
const ROUNDING: f64 = 0.3;

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
    /// Seed of the start.
    pub(super) seed: u64,
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

/// Finds the `rank` leading Ritz vectors of `M`; `rank` is at most its order. Products are counted
/// on. None if the rounding of panels, which is looked at once, is too rough for the tolerance. The
/// iteration resumes from the state that `resume` found, if there is one.
pub(super) fn ritz_vectors(
    operator: &Symmetrized<'_>,
    limits: &Limits,
    resume: Resume<'_>,
    products: &mut usize,
    progress: &dyn Progress,
) -> Result<Option<Ritz>> {
    let mut iteration = Iteration::new(operator, limits, resume, *products, progress)?;
    let ended = iteration.run()?;
    *products = iteration.products;
    Ok(match ended {
        End::Found(check) => Some(iteration.into_ritz(check)),
        End::TooRough => None,
    })
}

/// How an iteration ends.
enum End {
    Found(Check),
    /// The rounding of panels is too rough for the tolerance.
    TooRough,
}

/// The iteration between two steps.
struct Iteration<'a> {
    operator: &'a Symmetrized<'a>,
    limits: &'a Limits,
    kept: Option<CheckpointSlot<'a>>,
    progress: &'a dyn Progress,
    /// Products of `A` or `A^T` with a vector so far.
    products: usize,
    /// Random columns drawn.
    random_columns: usize,
    /// Columns of the basis that were multiplied, those that restarts took out of it included.
    n_multiplied: usize,
    /// Whether the rounding of panels was found to be within the tolerance, or there is none.
    is_smooth: bool,
    /// The largest column that a product had, which is near `|M|`.
    norm: f64,
    basis: Basis,
    projection: Projection,
    schedule: Schedule,
    /// The block that comes after the basis, `n x width`.
    block: Panel,
    width: usize,
    /// Memory that products use again.
    scratch: Panel,
}

impl<'a> Iteration<'a> {
    fn new(
        operator: &'a Symmetrized<'a>,
        limits: &'a Limits,
        resume: Resume<'a>,
        products: usize,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let Loaded { state, basis, t, coupling } = match resume.loaded {
            Some(loaded) => loaded,
            None => begin(operator, limits, products)?,
        };
        let schedule = Schedule {
            next: state.next_look,
            last: state.last_look,
            expects_end: state.expects_end,
            grain: if operator.is_rounded() { state.width } else { 1 },
        };
        Ok(Self {
            operator,
            limits,
            kept: resume.kept,
            progress,
            products: state.products,
            random_columns: state.random_columns,
            n_multiplied: state.n_multiplied,
            is_smooth: state.is_smooth,
            norm: state.norm,
            basis,
            projection: Projection { t, coupled: state.coupled, coupling },
            schedule,
            block: state.block,
            width: state.width,
            scratch: Panel::default(),
        })
    }

    /// Goes from block to block until the residuals are within the tolerance, the products are used
    /// up, or the basis spans everything.
    fn run(&mut self) -> Result<End> {
        loop {
            if self.progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let is_full = self.is_full();
            let (check, mut w) = self.look_and_multiply(is_full)?;
            let mut restarted = false;
            if let Some(check) = check {
                self.report(&check);
                if check.excess <= 1.0 || self.is_spent() {
                    return Ok(End::Found(check));
                }
                let m = self.basis.n_columns();
                self.schedule.after(self.n_multiplied, m, check.excess);
                if !self.is_smooth && m >= self.limits.rank {
                    if self.is_too_rough(&check, &w)? {
                        return Ok(End::TooRough);
                    }
                    self.is_smooth = true;
                }
                if is_full {
                    self.restart(&check);
                    restarted = true;
                }
            } else if self.is_spent() {
                self.schedule.next = 0;
            }
            let second = self.join_basis(&mut w)?;
            let next_width =
                self.limits.block_width.min(self.operator.n() - self.basis.n_columns());
            if next_width == 0 {
                return self.whole_space().map(End::Found);
            }
            self.next_block(w, &second, next_width)?;
            if restarted {
                self.save()?;
            }
        }
    }

    /// Whether the next block does not fit into the basis.
    fn is_full(&self) -> bool {
        self.basis.n_columns() + self.width > self.limits.max_basis
            && self.limits.max_basis < self.operator.n()
    }

    /// Whether no more products may be made and there is a result.
    fn is_spent(&self) -> bool {
        self.products >= self.limits.max_products && self.basis.n_columns() >= self.limits.rank
    }

    /// Multiplies the block, and looks at the residuals meanwhile if that is due. A look that is
    /// likely to be the last comes first, so that no block too many is multiplied.
    fn look_and_multiply(&mut self, is_full: bool) -> Result<(Option<Check>, Panel)> {
        let is_due = self.n_multiplied >= self.schedule.next || is_full;
        let Self { operator, limits, projection, basis, block, width, scratch, .. } = self;
        let look = || projection.check(operator.form, limits.rank, limits.tolerance);
        let early = if is_due && self.schedule.expects_end { Some(look()?) } else { None };
        let ends = early.as_ref().is_some_and(|check| check.excess <= 1.0);
        let mut w = Panel::default();
        let (check, multiplied) = rayon::join(
            || if is_due && early.is_none() { look().map(Some) } else { Ok(early) },
            || {
                if ends {
                    return Ok(0);
                }
                w = basis.any_panel(*width);
                operator.apply(block, *width, &mut w, scratch)?;
                Ok(operator.products_per_column() * *width)
            },
        );
        self.products += multiplied?;
        Ok((check?, w))
    }

    /// Reports how far the iteration is.
    fn report(&self, check: &Check) {
        self.progress.set_position(check.n_converged as u64);
        if let Some(share) = self.schedule.share(self.n_multiplied, check.excess) {
            self.progress.forecast(share);
        }
        self.progress.note(&format!(
            "residual {:.0e}, {} products",
            check.excess * SAFETY * self.limits.tolerance,
            self.products
        ));
    }

    /// Whether the rounding of the product `w` takes too much of the tolerance: half of the block,
    /// which shows the rounding as well as the whole, is multiplied exactly.
    fn is_too_rough(&mut self, check: &Check, w: &[f32]) -> Result<bool> {
        let (operator, limits, width) = (self.operator, self.limits, self.width);
        let some = width.div_ceil(2);
        let some_of = |panel: &[f32]| dense::columns_of(panel, width, 0, some);
        let mut exact = Panel::zeros(operator.n() * some);
        operator.exact().apply(&some_of(&self.block), some, &mut exact, &mut Panel::default())?;
        self.products += operator.products_per_column() * some;
        let smallest = operator.form.singular(check.values[limits.rank - 1]);
        let allowed = ROUNDING * limits.tolerance * operator.form.eigenvalue(smallest);
        let roughness = roughness(&self.basis, &exact, &mut some_of(w), some);
        Ok(roughness.is_nan() || roughness > allowed)
    }

    /// Keeps the best Ritz vectors as the basis.
    fn restart(&mut self, check: &Check) {
        let (m, limits) = (check.values.len(), self.limits);
        let mut n_kept = (limits.rank + (m - limits.rank) / 3).min(m);
        if self.operator.is_rounded() {
            // Whole blocks fill the basis up again: fewer restarts.
            let n_blocks = (limits.max_basis - n_kept).div_ceil(limits.block_width);
            n_kept = n_kept
                .min(limits.max_basis.saturating_sub(n_blocks * limits.block_width))
                .max(limits.rank.min(m));
        }
        let kept = self.projection.restart(check, n_kept);
        self.basis.replace(kept);
    }

    /// The block joins the basis, and its product `w` is orthogonalised against the basis. Returns
    /// the coefficients that the last projection took out of `w`.
    fn join_basis(&mut self, w: &mut Panel) -> Result<Mat<f64>> {
        let (width, is_loose) = (self.width, self.operator.is_rounded());
        let current = self.basis.n_columns()..self.basis.n_columns() + width;
        self.n_multiplied += width;
        self.basis.append(std::mem::take(&mut self.block), width);
        let before = self.projection.coupled.clone();
        let known = self.projection.coupling.transpose();
        let mut local = before.start..current.end;
        if is_loose {
            if !before.is_empty() {
                self.basis.subtract(before, known, w);
            }
            local = current.clone();
        }
        let own = current.start - local.start;
        let first = self.basis.project_out(local, w, width);
        // The product lies almost within these blocks, but for the part that makes the next one:
        // they give its length.
        let known = |j: usize| if is_loose { norm(known.col(j).iter()) } else { 0.0 };
        let length =
            (0..width).map(|j| hypot(norm(first.col(j).iter()), known(j))).fold(0.0, f64::max);
        if !first.is_all_finite() {
            return Err(Error::NotFinite {
                stage: Stage::Svd,
                place: format!("the product of the matrix with vector {}", current.start),
            });
        }
        self.norm = self.norm.max(length);
        let second = self.basis.project_out(0..current.end, w, width);
        let alpha =
            Mat::from_fn(width, width, |i, j| first[(own + i, j)] + second[(current.start + i, j)]);
        self.projection.extend(alpha.as_ref());
        self.projection.coupled = current;
        Ok(second)
    }

    /// The result when the basis spans everything: the Ritz vectors are the eigenvectors.
    fn whole_space(&mut self) -> Result<Check> {
        self.projection.coupling = Mat::zeros(0, self.width);
        let Limits { rank, tolerance, .. } = *self.limits;
        let check = self.projection.check(self.operator.form, rank, tolerance)?;
        self.progress.set_position(rank as u64);
        Ok(check)
    }

    /// Makes the next block of what is left of the product, `w`; `second` is what the last
    /// projection took out of it.
    fn next_block(&mut self, w: Panel, second: &Mat<f64>, next_width: usize) -> Result<()> {
        let is_loose = self.operator.is_rounded();
        let Factors { mut x, r } = factor(w, self.width, NOISE * self.norm, next_width, is_loose)?;
        let rank = r.nrows();
        let (strongest, weakest) = if rank == 0 {
            (0.0, 0.0)
        } else {
            (norm(r.row(0).iter()), norm(r.row(rank - 1).iter()))
        };
        let projected =
            (0..self.width).map(|j| norm(second.col(j).iter())).fold(strongest, f64::max);
        if rank < next_width {
            x = self.filled_up(&x, rank, next_width);
        }
        let mut coupling =
            Mat::from_fn(next_width, self.width, |i, j| if i < rank { r[(i, j)] } else { 0.0 });
        if rank < next_width || weakest < WEAK * projected {
            for _ in 0..2 {
                self.basis.project_out(0..self.basis.n_columns(), &mut x, next_width);
                let straight = straighten(x, next_width)?;
                x = straight.x;
                coupling = product(straight.r.as_ref(), coupling.as_ref());
            }
        }
        // Where the basis need only be semiorthonormal, one transform by the roots of well spread
        // eigenvalues suffices.
        let is_straight = is_loose && rank == next_width && weakest > EVEN * strongest;
        if !is_straight {
            let straight = straighten(x, next_width)?;
            x = straight.x;
            coupling = product(straight.r.as_ref(), coupling.as_ref());
        }
        self.projection.coupling = coupling;
        self.block = x;
        self.width = next_width;
        Ok(())
    }

    /// The Krylov space is exhausted in some directions: random columns, to which nothing is
    /// coupled, fill the block of `rank` columns up.
    fn filled_up(&mut self, x: &[f32], rank: usize, width: usize) -> Panel {
        let (n, missing) = (self.operator.n(), width - rank);
        let mut fresh = gaussian_panel(self.limits.seed, n, self.random_columns, missing);
        self.random_columns += missing;
        dense::scale_columns(&mut fresh, &vec![1.0 / (n as f64).sqrt(); missing]);
        let mut wider = Panel::zeros(n * width);
        if rank > 0 {
            dense::set_columns(&mut wider, width, 0, x, rank);
        }
        dense::set_columns(&mut wider, width, rank, &fresh, missing);
        wider
    }

    /// Writes a checkpoint, if there is a place for one.
    fn save(&self) -> Result<()> {
        let Some(kept) = self.kept else { return Ok(()) };
        let state = State {
            rounded: self.operator.is_rounded(),
            products: self.products,
            random_columns: self.random_columns,
            n_multiplied: self.n_multiplied,
            is_smooth: self.is_smooth,
            norm: self.norm,
            width: self.width,
            block: &*self.block,
            next_look: self.schedule.next,
            last_look: self.schedule.last,
            expects_end: self.schedule.expects_end,
            coupled: self.projection.coupled.clone(),
        };
        let Projection { t, coupling, .. } = &self.projection;
        state::save(kept, &state, &self.basis, t.as_ref(), coupling.as_ref())
    }

    fn into_ritz(mut self, check: Check) -> Ritz {
        let rank = self.limits.rank;
        let width = rank.next_multiple_of(COLUMNS_PER_LINE).min(check.values.len());
        self.basis.forget_spare();
        Ritz {
            vectors: self.basis.combine(check.vectors.as_ref().get(.., ..width)),
            width,
            values: check.values[..width].to_vec(),
            residuals: check.residuals,
            rounded: self.operator.is_rounded(),
            products: self.products,
        }
    }
}

/// The state before the first step: a random block, orthonormalised.
fn begin(operator: &Symmetrized<'_>, limits: &Limits, products: usize) -> Result<Loaded> {
    let n = operator.n();
    let width = limits.block_width.min(n);
    let is_loose = operator.is_rounded();
    let (start, random_columns) = if is_loose {
        (sign_panel(limits.seed, n, width), 0)
    } else {
        (gaussian_panel(limits.seed, n, 0, width), width)
    };
    let start = factor(start, width, 0.0, width, is_loose)?;
    let state = State {
        rounded: is_loose,
        products,
        random_columns,
        n_multiplied: 0,
        is_smooth: !is_loose,
        norm: 0.0,
        width,
        block: straighten(start.x, width)?.x,
        next_look: limits.rank + (limits.rank / 2).max(width),
        last_look: None,
        expects_end: false,
        coupled: 0..0,
    };
    Ok(Loaded { state, basis: Basis::new(n), t: Mat::new(), coupling: Mat::zeros(width, 0) })
}

/// How far `w` is from the exact product, in the directions that are not in the basis: the
/// projection takes the others out of every product, and the projected problem takes what lay along
/// them from the recurrence. The root of the mean square over the columns; not a number where the
/// product is not finite.
fn roughness(basis: &Basis, exact: &[f32], w: &mut [f32], width: usize) -> f64 {
    w.iter_mut().zip(exact).for_each(|(w, exact)| *w -= exact);
    basis.project_out(0..basis.n_columns(), w, width);
    let squares = dense::squared_distances(w, exact, &vec![0.0; width]);
    (squares.iter().sum::<f64>() / width as f64).sqrt()
}
