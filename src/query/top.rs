//! The best few of many scored items.
//!
//! The order is total: the higher score first, then the lower id. So the best are the same whatever
//! the order in which they come, and nothing depends on threads.

use std::cmp::Ordering;

use crate::base::error::{Error, Result};

/// A score with a total order.
pub(crate) trait TotalOrder: Copy {
    /// As [`f64::total_cmp`].
    fn compare(self, other: Self) -> Ordering;
}

impl TotalOrder for f32 {
    fn compare(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}

impl TotalOrder for f64 {
    fn compare(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}

/// The order of answers: the higher score first, then the lower id.
pub(crate) fn better<S: TotalOrder, I: Ord>(left: &(S, I), right: &(S, I)) -> Ordering {
    right.0.compare(left.0).then_with(|| left.1.cmp(&right.1))
}

/// Drops all but the `top` best, and leaves those in any order.
pub(crate) fn keep_best<S: TotalOrder, I: Ord>(scored: &mut Vec<(S, I)>, top: usize) {
    if scored.len() > top {
        if top > 0 {
            scored.select_nth_unstable_by(top - 1, better);
        }
        scored.truncate(top);
    }
}

/// The `top` best, best first.
pub(crate) fn best_first<S: TotalOrder, I: Ord>(
    mut scored: Vec<(S, I)>,
    top: usize,
) -> Vec<(S, I)> {
    keep_best(&mut scored, top);
    scored.sort_unstable_by(better);
    scored
}

/// Refuses to look for no answers.
///
/// # Errors
/// [`Error::Parameter`] for a `top` of 0.
pub(crate) fn check_top(top: usize) -> Result<()> {
    if top > 0 {
        return Ok(());
    }
    Err(Error::Parameter { name: "top", found: "0".to_owned(), expected: "at least 1".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_are_ordered_by_id_and_nan_is_an_answer_like_others() {
        let scored = vec![(1.0, 3), (2.0, 9), (1.0, 1), (f64::NAN, 4), (0.5, 0)];
        let found: Vec<i32> = best_first(scored, 4).into_iter().map(|(_, id)| id).collect();
        assert_eq!(found, [4, 9, 1, 3]);
        assert!(best_first(vec![(1.0, 1)], 0).is_empty());
    }
}
