//! When to look at the residuals of the iteration.
//!
//! A look solves the projected eigenproblem, which costs `m^3` for a basis of m columns; a look too
//! late costs the products of a block too many. So the end is forecast from how fast the worst
//! residual falls. All counts are of columns that were multiplied.

use crate::base::functions::ln;

/// The fall of the worst residual between two looks, a factor, from which on it says how far the
/// end is.
const TELLING_FALL: f64 = 1.5;

/// The times of the looks.
pub(super) struct Schedule {
    /// The next look is due when so many columns are multiplied.
    pub(super) next: usize,
    /// The last look: columns multiplied, and the worst residual as a multiple of what is allowed.
    pub(super) last: Option<(usize, f64)>,
    /// Whether the next look is forecast to be the last.
    pub(super) expects_end: bool,
    /// A forecast is rounded down to a multiple of so many columns: a look too early costs less
    /// than a block too many.
    pub(super) grain: usize,
}

impl Schedule {
    /// The share of all columns that are multiplied already, if the worst residual has fallen
    /// enough since the last look to forecast the end.
    pub(super) fn share(&self, n_multiplied: usize, excess: f64) -> Option<f64> {
        let (n_last, last) = self.last?;
        let fall = last / excess;
        let is_telling =
            fall.is_finite() && fall >= TELLING_FALL && excess > 1.0 && n_multiplied > n_last;
        is_telling.then(|| {
            let left = ln(excess) * (n_multiplied - n_last) as f64 / ln(fall);
            n_multiplied as f64 / (n_multiplied as f64 + left)
        })
    }

    /// Plans the next look after one at a basis of `m` columns.
    pub(super) fn after(&mut self, n_multiplied: usize, m: usize, excess: f64) {
        // Convergence is about geometric once it has begun; a forecast is followed some of the way.
        let patience = (m / 8).max(1);
        let step = match self.last {
            Some((n_last, last))
                if excess < 0.9 * last
                    && excess > 1.0
                    && last.is_finite()
                    && n_multiplied > n_last =>
            {
                let rate = ln(last / excess) / (n_multiplied - n_last) as f64;
                let forecast = (ln(excess) / rate).ceil();
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
