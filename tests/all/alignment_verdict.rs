//! The verdict on maps whose truth is known, most of them of some dozens of words: what is right is
//! not refused, and what finds nothing is never trusted.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use eigenlex::align::{
    self, AlignConfig, AlignInput, AlignMethod, AlignmentMap, AlignmentReport, Language, MapForm,
    UnitRows, Verdict,
};
use eigenlex::{WordId, WordVectors, Words};

const DIM: usize = 10;

/// Numbers between -1 and 1 that look random.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0) as f32
    }
}

fn random(n_words: usize, seed: u64) -> Vec<f32> {
    let mut numbers = Numbers(seed);
    for _ in 0..200 {
        numbers.next();
    }
    (0..n_words * DIM).map(|place| numbers.next() / (1.0 + (place % DIM) as f32).sqrt()).collect()
}

/// Each row with its components turned round by one place and one sign changed: an orthogonal map.
fn turned(rows: &[f32]) -> Vec<f32> {
    let turn = |row: &[f32]| [&row[1..], &[-row[0]]].concat();
    rows.chunks_exact(DIM).flat_map(turn).collect()
}

fn vectors(prefix: &str, rows: Vec<f32>) -> WordVectors {
    let names: Vec<String> = (0..rows.len() / DIM).map(|word| format!("{prefix}{word}")).collect();
    let words: Words = names.iter().map(String::as_str).collect();
    WordVectors::new(words, DIM, rows)
}

/// A space, another of the same number of words, and what is known of them.
struct Spaces {
    source: WordVectors,
    target: WordVectors,
}

impl Spaces {
    /// The second is the first turned; their words are spelled the same if `same` says so.
    fn turned(n_words: usize, same: bool) -> Self {
        let rows = random(n_words, n_words as u64);
        let target = vectors(if same { "word" } else { "other" }, turned(&rows));
        Self { source: vectors("word", rows), target }
    }

    /// The second has nothing to do with the first.
    fn unrelated(n_words: usize, same: bool) -> Self {
        let target = vectors(if same { "word" } else { "other" }, random(n_words, 77));
        Self { source: vectors("word", random(n_words, n_words as u64)), target }
    }

    fn align(&self, method: AlignMethod<'_>) -> AlignmentMap {
        let (source, target) =
            (AlignInput::new(&self.source, "a"), AlignInput::new(&self.target, "b"));
        align::align(&source, &target, method, &AlignConfig::default(), &()).unwrap()
    }

    fn report(&self, method: AlignMethod<'_>) -> AlignmentReport {
        self.align(method).description.report
    }

    /// Share of the words whose nearest of the other side has the same number.
    fn share_right(&self, map: &AlignmentMap) -> f64 {
        let rows =
            |language, of: &WordVectors| map.apply(language, MapForm::Weighted, of.as_slice()).data;
        let (a, b) = (rows(Language::Source, &self.source), rows(Language::Target, &self.target));
        let (a, b) = (UnitRows::new(&a, DIM), UnitRows::new(&b, DIM));
        let (best, _) = align::best_both(a, b, 1, 1, None);
        let right = (0..a.len())
            .filter(|&word| best.row(word).next().is_some_and(|it| it.0 as usize == word));
        right.count() as f64 / a.len() as f64
    }
}

/// Each of the first words with the word of the same number, shifted by `shift` for every pair of
/// which `is_wrong` says so.
fn pairs(n: u32, n_words: u32, is_wrong: impl Fn(u32) -> bool) -> Vec<(WordId, WordId)> {
    let target = |word| if is_wrong(word) { (word + 7 + word % 5) % n_words } else { word };
    (0..n).map(|word| (WordId(word), WordId(target(word)))).collect()
}

#[test]
fn a_space_of_twenty_words_finds_itself_by_identical_words() {
    for n_words in [20, 50, 200] {
        let spaces = Spaces::turned(n_words, true);
        let map = spaces.align(AlignMethod::Identical);
        assert_eq!(spaces.share_right(&map), 1.0, "{n_words}");
        let report = &map.description.report;
        assert_eq!(report.verdict, Verdict::Trust, "{n_words}: {report:?}");
        let identical = report.identical.unwrap();
        assert_eq!((identical.found, identical.asked), (n_words, n_words));
    }
}

#[test]
fn right_pairs_of_a_small_space_are_trusted_if_they_are_enough_to_judge_by() {
    let spaces = Spaces::turned(60, false);
    for (n_pairs, expected) in [(40, Verdict::Trust), (20, Verdict::Trust)] {
        let pairs = pairs(n_pairs, 60, |_| false);
        let report = spaces.report(AlignMethod::Supervised(&pairs));
        assert_eq!(report.verdict, expected, "{n_pairs}: {report:?}");
        assert_eq!(report.given.unwrap().asked, n_pairs as usize);
    }
}

#[test]
fn wrong_pairs_are_not_trusted_in_small_spaces() {
    for n_words in [20, 50, 100, 200] {
        let spaces = Spaces::turned(n_words, false);
        let n = n_words as u32;
        let wrong = pairs(n / 2, n, |_| true);
        for method in [AlignMethod::Supervised(&wrong), AlignMethod::SemiSupervised(&wrong)] {
            let map = spaces.align(method);
            let report = &map.description.report;
            assert_ne!(report.verdict, Verdict::Trust, "{n_words} {:?}: {report:?}", method.name());
        }
    }
}

#[test]
fn where_half_of_the_pairs_are_wrong_trust_means_that_most_words_are_right() {
    for n_words in [50, 100, 200] {
        let spaces = Spaces::turned(n_words, false);
        let n = n_words as u32;
        let half_wrong = pairs(n / 2, n, |word| word % 2 == 0);
        for method in
            [AlignMethod::Supervised(&half_wrong), AlignMethod::SemiSupervised(&half_wrong)]
        {
            let map = spaces.align(method);
            let (right, report) = (spaces.share_right(&map), &map.description.report);
            assert!(right >= 0.5 || report.verdict != Verdict::Trust, "{right}: {report:?}");
        }
    }
}

#[test]
fn unrelated_spaces_are_never_trusted_whatever_they_are_learned_from() {
    for n_words in [20, 50, 100] {
        let spaces = Spaces::unrelated(n_words, true);
        let (few, many) = (pairs(5, 20, |_| false), pairs(20, 20, |_| false));
        for method in [
            AlignMethod::Unsupervised,
            AlignMethod::Identical,
            AlignMethod::SimilarSpelling,
            AlignMethod::SemiSupervised(&few),
            AlignMethod::SemiSupervised(&many),
            AlignMethod::Supervised(&many),
        ] {
            let report = spaces.report(method);
            assert_ne!(report.verdict, Verdict::Trust, "{n_words} {:?}: {report:?}", method.name());
        }
        let spaces = Spaces::unrelated(n_words, false);
        let report = spaces.report(AlignMethod::Unsupervised);
        assert_ne!(report.verdict, Verdict::Trust, "{n_words}: {report:?}");
    }
}

#[test]
fn words_whose_names_were_shuffled_are_not_trusted_however_well_the_spaces_fit() {
    let rows = random(200, 5);
    let turned = turned(&rows);
    // The target's words are named in the opposite order.
    let shuffled = turned.chunks_exact(DIM).rev().flatten().copied().collect();
    let spaces = Spaces { source: vectors("word", rows), target: vectors("word", shuffled) };
    for method in [AlignMethod::Unsupervised, AlignMethod::Identical] {
        let report = spaces.report(method);
        assert_eq!(report.verdict, Verdict::DoNotTrust, "{:?}: {report:?}", method.name());
    }
}
