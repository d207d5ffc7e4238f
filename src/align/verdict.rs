//! Whether a map can be trusted: signs that need no dictionary, and one sentence.

use super::config::AlignConfig;
use super::cross_validation::found_by_halves;
use super::learner::Learner;
use super::normalize::NormalizedRows;
use super::report::{AlignmentReport, FoundAgain, Verdict};
use super::retrieval::{Hubness, UnitRows, best_both};
use super::side::{SideMap, mapped};
use crate::base::error::Result;
use crate::base::random::bits_at;
use crate::linalg::dot::dot;

/// The seed of the control's order; any would do.
const CONTROL_SEED: u64 = 2018;

/// If starts agree on less than this, they have found different maps: unrelated spaces gave 0.002
/// to 0.010.
const LEAST_AGREEMENT: f64 = 0.2;

/// If starts agree on at least this, they have found the same map: 0.76 was measured where 41 % of
/// the test words were translated correctly, as many as with a dictionary; 0.48 to 0.58 where words
/// of one kind were exchanged for each other.
const FULL_AGREEMENT: f64 = 0.6;

/// What to try instead.
const ADVICE: &str = "begin from words of similar spelling or from a few known pairs";

/// The share of held-out pairs found again below which a map is not to be trusted, and the share
/// from which it is.
struct Bounds {
    doubtful: f64,
    trusted: f64,
}

/// For given pairs: 0.59 was measured where 41 % of other test words were translated correctly.
const OF_GIVEN: Bounds = Bounds { doubtful: 0.15, trusted: 0.3 };

/// For pairs that the learning chose itself, which fit each other even if they are wrong: 0.52,
/// 0.63 and 0.79 were measured where 0, 23 and 19 % of the test words were translated correctly,
/// 0.88 where it was 41 %.
const OF_CHOSEN: Bounds = Bounds { doubtful: 0.6, trusted: 0.85 };

/// The signs from the learning.
pub(crate) struct Signs {
    pub(crate) pairs: usize,
    /// Of the pairs that the map was learned from.
    pub(crate) held_out: FoundAgain,
    /// Of the pairs that were given.
    pub(crate) given: FoundAgain,
    /// Of the words of equal spelling.
    pub(crate) identical: FoundAgain,
    pub(crate) agreement: Option<f64>,
}

/// Number of frequent words of each side that are judged.
pub(super) const JUDGED: usize = 10_000;

/// The signs of a space that is given, not learned: the number of words that are each other's
/// nearest, and whether a map of one half of them finds the other half.
pub(crate) fn signs_of_shared(
    x: &NormalizedRows,
    y: &NormalizedRows,
    config: &AlignConfig,
) -> Result<Signs> {
    let learner = Learner::new(x, y, config.reweight, &());
    let pairs = learner.mutual_unmapped(config.self_learning_words);
    let held_out = found_by_halves(&learner, &pairs, config.self_learning_words)?;
    let none = FoundAgain::default();
    Ok(Signs { pairs: pairs.len(), held_out, given: none, identical: none, agreement: None })
}

/// Judges a map by the frequent words of both sides in the common space.
pub(crate) fn judge(
    x: &NormalizedRows,
    y: &NormalizedRows,
    maps: &(SideMap, SideMap),
    signs: Signs,
) -> AlignmentReport {
    let dim = x.dim;
    let first = |rows: &NormalizedRows| rows.data[..rows.data.len().min(JUDGED * dim)].to_vec();
    let (a, b) =
        (mapped(&first(x), dim, &maps.0.weighted), mapped(&first(y), dim, &maps.1.weighted));
    let (a, b) = (UnitRows::new(&a, dim), UnitRows::new(&b, dim));
    let hubness = Hubness::new(a, b);
    let (from_a, from_b) = best_both(a, b, 1, 1, Some(&hubness));
    let (mut mutual, mut cycle, mut margin, mut judged) = (0usize, 0.0f64, 0.0f64, 0usize);
    for row in 0..a.len() {
        let Some((target, score)) = from_a.row(row).next() else { continue };
        let Some((back, _)) = from_b.row(target as usize).next() else { continue };
        judged += 1;
        mutual += usize::from(back as usize == row);
        cycle += f64::from(dot(&x.data[row * dim..][..dim], &x.data[back as usize * dim..][..dim]));
        margin += f64::from(score);
    }
    // The control: the targets with their components in another order have the same cosines among
    // themselves and nothing to do with the sources.
    let order = shuffled(dim);
    let control: Vec<f32> =
        b.data.chunks_exact(dim).flat_map(|row| order.iter().map(|&place| row[place])).collect();
    let control = UnitRows::new(&control, dim);
    let hubness = Hubness::new(a, control);
    let (of_control, _) = best_both(a, control, 1, 0, Some(&hubness));
    let chance: f64 = (0..a.len())
        .filter_map(|row| of_control.row(row).next())
        .map(|(_, score)| f64::from(score))
        .sum();
    let share = |sum: f64| if judged == 0 { 0.0 } else { sum / judged as f64 };
    let mutual_share = share(mutual as f64);
    let Signs { pairs, held_out, given, identical, agreement } = signs;
    let (verdict, sentence) =
        sentence(held_out.share(), if given.asked > 0 { OF_GIVEN } else { OF_CHOSEN }, agreement);
    AlignmentReport {
        coverage: None,
        pairs,
        judged,
        mutual_share,
        cycle: share(cycle),
        margin: share(margin - chance),
        agreement,
        held_out: held_out.share(),
        held_out_asked: held_out.asked,
        given: (given.asked > 0).then_some(given),
        identical: (identical.asked > 0).then_some(identical),
        zero_vectors: (0, 0),
        verdict,
        sentence,
    }
}

/// The numbers below `n` in an order that depends on `n` alone.
fn shuffled(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&place| bits_at(CONTROL_SEED, place as u64, 0));
    order
}

fn sentence(held_out: f64, bounds: Bounds, agreement: Option<f64>) -> (Verdict, String) {
    let found =
        format!("a map of one half of the pairs finds {:.0} % of the other half", 100.0 * held_out);
    let shared = |agreement: f64| {
        format!("other starts share {:.0} % of the pairs with it", 100.0 * agreement)
    };
    match agreement {
        Some(agreement) if agreement < LEAST_AGREEMENT => {
            (Verdict::DoNotTrust, format!("do not trust this map: {}; {ADVICE}", shared(agreement)))
        }
        _ if held_out < bounds.doubtful => {
            (Verdict::DoNotTrust, format!("do not trust this map: {found} only; {ADVICE}"))
        }
        Some(agreement) if agreement < FULL_AGREEMENT => {
            (Verdict::Care, format!("use this map with care: {}; {ADVICE}", shared(agreement)))
        }
        _ if held_out < bounds.trusted => {
            (Verdict::Care, format!("use this map with care: {found}"))
        }
        _ => (Verdict::Trust, format!("this map can be trusted: {found}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_that_end_apart_are_never_trusted() {
        let verdict = |held_out, agreement| sentence(held_out, OF_CHOSEN, Some(agreement)).0;
        assert_eq!(verdict(0.99, 0.1), Verdict::DoNotTrust);
        assert_eq!(verdict(0.99, 0.5), Verdict::Care);
        assert_eq!(verdict(0.99, 0.99), Verdict::Trust);
        assert_eq!(verdict(0.7, 0.99), Verdict::Care);
        assert_eq!(verdict(0.5, 0.99), Verdict::DoNotTrust);
    }

    #[test]
    fn pairs_that_were_chosen_must_hold_better_than_pairs_that_were_given() {
        assert_eq!(sentence(0.5, OF_GIVEN, None).0, Verdict::Trust);
        assert_eq!(sentence(0.2, OF_GIVEN, None).0, Verdict::Care);
        assert_eq!(sentence(0.1, OF_GIVEN, None).0, Verdict::DoNotTrust);
        assert_eq!(sentence(0.5, OF_CHOSEN, None).0, Verdict::DoNotTrust);
        assert_eq!(sentence(0.9, OF_CHOSEN, None).0, Verdict::Trust);
    }
}
