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

/// Between which shares of pairs found again a map is used with care: it is trusted if the share
/// is, with confidence, at least `trusted`, and not to be trusted if it is, with confidence, less
/// than `doubtful`.
struct Bounds {
    doubtful: f64,
    trusted: f64,
}

/// For given pairs, which tell the share of correct translations as it is. A dictionary gives 25 to
/// 50 % for languages and texts that are not the same; of pairs of which half are wrong, at most
/// half can be found.
const OF_GIVEN: Bounds = Bounds { doubtful: 0.1, trusted: 0.2 };

/// For words of equal spelling.
const OF_IDENTICAL: Bounds = Bounds { doubtful: 0.1, trusted: 0.3 };

/// Fewer given pairs, or words of equal spelling, are no reason to trust a map.
const LEAST_JUDGED: usize = 10;

/// Fewer pairs that the learning chose itself are no reason to trust a map.
const LEAST_CHOSEN: usize = 30;

/// For pairs that the learning chose itself, which fit each other even if they are wrong: 0.52,
/// 0.63 and 0.79 were measured where 0, 23 and 19 % of the test words were translated correctly,
/// 0.88 where it was 41 %.
const OF_CHOSEN: Bounds = Bounds { doubtful: 0.6, trusted: 0.85 };

/// For pairs that the learning chose itself, where given pairs or words of equal spelling say that
/// the map is right: the share that shows that it is right for other words too.
const CONFIRMED: f64 = 0.65;

/// The signs from the learning.
pub(crate) struct Signs {
    pub(crate) pairs: usize,
    /// Whether the learning chose pairs itself.
    pub(crate) chosen: bool,
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
    let pairs = pairs.len();
    Ok(Signs { pairs, chosen: true, held_out, given: none, identical: none, agreement: None })
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
    let (verdict, sentence) = signs.verdict();
    let Signs { pairs, held_out, given, identical, agreement, .. } = signs;
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

impl Bounds {
    fn verdict(&self, found: FoundAgain) -> Verdict {
        if found.at_least() >= self.trusted {
            Verdict::Trust
        } else if found.at_most() < self.doubtful {
            Verdict::DoNotTrust
        } else {
            Verdict::Care
        }
    }
}

impl Signs {
    /// The verdict, and the sign that decides it.
    fn verdict(&self) -> (Verdict, String) {
        let (verdict, reason) = match self.given.asked {
            0 => self.of_found(),
            _ => self.of_given(),
        };
        let opening = match verdict {
            Verdict::Trust => "this map can be trusted",
            Verdict::Care => "use this map with care",
            Verdict::DoNotTrust => "do not trust this map",
        };
        let advice = match verdict {
            Verdict::DoNotTrust => format!("; {ADVICE}"),
            _ => String::new(),
        };
        (verdict, format!("{opening}: {reason}{advice}"))
    }

    /// With a dictionary.
    fn of_given(&self) -> (Verdict, String) {
        let reason = format!(
            "maps without them find {} of {} given pairs",
            self.given.found, self.given.asked
        );
        match OF_GIVEN.verdict(self.given) {
            Verdict::Trust if !self.is_confirmed() && !self.has_identical() => {
                (Verdict::Care, self.halves())
            }
            Verdict::Trust if self.given.asked < LEAST_JUDGED => (self.of_chosen().0, reason),
            Verdict::Care if self.chosen && !self.is_plausible() => (Verdict::DoNotTrust, reason),
            verdict => (verdict, reason),
        }
    }

    /// Without a dictionary.
    fn of_found(&self) -> (Verdict, String) {
        let by_chosen = self.of_chosen();
        if self.identical.asked < LEAST_JUDGED {
            return by_chosen;
        }
        let reason = format!(
            "{} of {} words of equal spelling find each other",
            self.identical.found, self.identical.asked
        );
        match OF_IDENTICAL.verdict(self.identical) {
            Verdict::Trust if self.is_confirmed() => (Verdict::Trust, reason),
            Verdict::Trust => (Verdict::Care, self.halves()),
            Verdict::Care if by_chosen.0 == Verdict::Trust => (Verdict::Care, reason),
            Verdict::Care => by_chosen,
            Verdict::DoNotTrust => (Verdict::DoNotTrust, format!("only {reason}")),
        }
    }

    /// By the pairs that the learning chose, alone.
    fn of_chosen(&self) -> (Verdict, String) {
        let shared = |agreement: f64| {
            format!("other starts share {:.0} % of the pairs with it", 100.0 * agreement)
        };
        let by_held_out = match OF_CHOSEN.verdict(self.held_out) {
            Verdict::Trust if self.held_out.asked < LEAST_CHOSEN => Verdict::Care,
            verdict => verdict,
        };
        match self.agreement {
            Some(agreement) if agreement < LEAST_AGREEMENT => {
                (Verdict::DoNotTrust, shared(agreement))
            }
            Some(agreement) if agreement < FULL_AGREEMENT && by_held_out < Verdict::DoNotTrust => {
                (Verdict::Care, shared(agreement))
            }
            _ => (by_held_out, self.halves()),
        }
    }

    /// Whether the pairs that the learning chose itself, if it did, agree with each other well
    /// enough to believe what given pairs or words of equal spelling say.
    fn is_confirmed(&self) -> bool {
        !self.chosen
            || self.held_out.at_least() >= CONFIRMED
            || self.agreement.is_some_and(|agreement| agreement >= FULL_AGREEMENT)
    }

    /// Whether enough words of equal spelling find each other.
    fn has_identical(&self) -> bool {
        self.identical.asked >= LEAST_JUDGED
            && OF_IDENTICAL.verdict(self.identical) == Verdict::Trust
    }

    /// Whether the pairs that the learning chose itself fit each other at all.
    fn is_plausible(&self) -> bool {
        self.held_out.at_most() >= OF_CHOSEN.doubtful
            || self.agreement.is_some_and(|agreement| agreement >= LEAST_AGREEMENT)
    }

    fn halves(&self) -> String {
        format!(
            "a map of one half of the pairs finds {:.0} % of the other half",
            100.0 * self.held_out.share()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn found(found: usize, asked: usize) -> FoundAgain {
        FoundAgain { found, asked }
    }

    const NONE: FoundAgain = found(0, 0);

    /// A map whose learning chose 1,000 pairs that fit each other.
    fn chosen() -> Signs {
        Signs {
            pairs: 1_000,
            chosen: true,
            held_out: found(950, 1_000),
            given: NONE,
            identical: NONE,
            agreement: None,
        }
    }

    /// A map of given pairs alone.
    fn of_pairs(given: FoundAgain) -> Signs {
        Signs { pairs: given.asked, chosen: false, held_out: given, given, ..chosen() }
    }

    #[test]
    fn given_pairs_are_judged_by_the_share_found_and_by_their_number() {
        let verdict = |found| of_pairs(found).verdict().0;
        assert_eq!(verdict(found(300, 1_000)), Verdict::Trust);
        assert_eq!(verdict(found(18, 50)), Verdict::Trust);
        // The same share, but it may be 16 %.
        assert_eq!(verdict(found(6, 20)), Verdict::Care);
        assert_eq!(verdict(found(50, 1_000)), Verdict::DoNotTrust);
        // At most 21 and 8 %.
        assert_eq!(verdict(found(0, 10)), Verdict::Care);
        assert_eq!(verdict(found(0, 30)), Verdict::DoNotTrust);
    }

    #[test]
    fn nine_given_pairs_are_never_trusted_alone() {
        assert_eq!(of_pairs(found(9, 9)).verdict().0, Verdict::Care);
        assert_eq!(of_pairs(found(10, 10)).verdict().0, Verdict::Trust);
        // What the learning found by itself speaks for them.
        assert_eq!(Signs { given: found(5, 5), ..chosen() }.verdict().0, Verdict::Trust);
    }

    #[test]
    fn given_pairs_are_trusted_only_if_the_chosen_pairs_fit_too() {
        let verdict = |held_out, agreement| {
            Signs { given: found(14, 20), held_out, agreement, ..chosen() }.verdict().0
        };
        assert_eq!(verdict(found(80, 100), None), Verdict::Trust);
        assert_eq!(verdict(found(62, 100), Some(0.3)), Verdict::Care);
        assert_eq!(verdict(found(62, 100), Some(0.8)), Verdict::Trust);
        // Words of equal spelling may say so instead.
        let with_identical = |identical| {
            let (given, held_out) = (found(37, 50), found(57, 115));
            Signs { given, held_out, identical, agreement: Some(0.18), ..chosen() }.verdict().0
        };
        assert_eq!(with_identical(found(70, 104)), Verdict::Trust);
        assert_eq!(with_identical(found(3, 16)), Verdict::Care);
        let of_few_found = |held_out| {
            Signs { given: found(5, 20), held_out, agreement: Some(0.1), ..chosen() }.verdict().0
        };
        assert_eq!(of_few_found(found(90, 100)), Verdict::Care);
        assert_eq!(of_few_found(found(20, 100)), Verdict::DoNotTrust);
    }

    #[test]
    fn starts_that_end_apart_are_never_trusted_without_other_signs() {
        let verdict = |share, agreement| {
            let signs = Signs { held_out: found(share, 100), agreement, ..chosen() };
            signs.verdict().0
        };
        assert_eq!(verdict(99, Some(0.1)), Verdict::DoNotTrust);
        assert_eq!(verdict(99, Some(0.5)), Verdict::Care);
        assert_eq!(verdict(99, Some(0.99)), Verdict::Trust);
        assert_eq!(verdict(70, Some(0.99)), Verdict::Care);
        assert_eq!(verdict(50, Some(0.99)), Verdict::DoNotTrust);
        assert_eq!(verdict(50, None), Verdict::DoNotTrust);
        let few = Signs { held_out: found(29, 29), agreement: Some(1.0), ..chosen() };
        assert_eq!(few.verdict().0, Verdict::Care);
    }

    #[test]
    fn words_of_equal_spelling_overrule_what_the_learning_says_of_itself() {
        let verdict = |identical, agreement| Signs { identical, agreement, ..chosen() }.verdict();
        assert_eq!(verdict(found(44, 46), Some(0.03)).0, Verdict::Trust);
        let (shuffled, sentence) = verdict(found(0, 99), Some(1.0));
        assert_eq!(shuffled, Verdict::DoNotTrust);
        assert!(
            sentence.starts_with(
                "do not trust this map: only 0 of 99 words of equal spelling find each other"
            ),
            "{sentence}"
        );
        assert_eq!(verdict(found(4, 16), Some(1.0)).0, Verdict::Care);
        // Nine words say nothing.
        assert_eq!(verdict(found(0, 9), Some(1.0)).0, Verdict::Trust);
    }

    #[test]
    fn the_sentence_names_the_sign_that_decides() {
        assert_eq!(
            of_pairs(found(480, 559)).verdict().1,
            "this map can be trusted: maps without them find 480 of 559 given pairs"
        );
        assert_eq!(
            of_pairs(found(6, 20)).verdict().1,
            "use this map with care: maps without them find 6 of 20 given pairs"
        );
        assert_eq!(
            Signs { agreement: Some(0.1), ..chosen() }.verdict().1,
            "do not trust this map: other starts share 10 % of the pairs with it; begin from \
             words of similar spelling or from a few known pairs"
        );
        assert_eq!(
            Signs { agreement: Some(0.9), ..chosen() }.verdict().1,
            "this map can be trusted: a map of one half of the pairs finds 95 % of the other half"
        );
    }
}
