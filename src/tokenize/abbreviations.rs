//! Which full stops belong to abbreviations, so that no sentence ends there.
//!
//! In: for each spelling how it is used in the whole corpus, and the places where a sentence ends
//! unless the word before is an abbreviation. Out: those places where one ends.
//!
//! A word is an abbreviation if
//! - it is one of a short list that holds in several languages (`mr`, `etc`, `bzw`); or
//! - it is a single letter, or a number of one or two digits before a capital letter (`J. Smith`,
//!   `3. Oktober`); or
//! - the corpus shows it, by the rule of Kiss and Strunk (2006), "Unsupervised multilingual
//!   sentence boundary detection", section 3: nearly all its occurrences have a full stop, more
//!   than chance explains, and it is short: four letters at most; and, which is no part of that
//!   rule, sentences seldom end behind it.
//!
//! A sentence may end with an abbreviation all the same. It does if the next word begins with a
//! capital letter that it has for no other reason: within sentences that word is mostly in small
//! letters (their orthographic heuristic, section 4.1, as a majority, since in a large corpus every
//! word occurs in every form). Titles such as `mr` end no sentence.

use std::borrow::Cow;

use crate::base::functions::{exp, ln, ln_1p, pow};
use crate::base::words::{WordId, Words};
use crate::corpus::{is_initial, is_title};

/// How often a spelling occurs, and how. The numbers stop at their largest value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// All occurrences.
    pub(crate) total: u32,
    /// Those with a full stop.
    pub(crate) stops: u32,
    /// Those that begin with a capital letter.
    pub(crate) capitals: u32,
    /// Those of them that begin a sentence.
    pub(crate) starts: u32,
}

impl Usage {
    #[inline]
    pub(crate) fn add(&mut self, other: Self) {
        for (sum, number) in [
            (&mut self.total, other.total),
            (&mut self.stops, other.stops),
            (&mut self.capitals, other.capitals),
            (&mut self.starts, other.starts),
        ] {
            *sum = sum.saturating_add(number);
        }
    }

    /// The numbers, in their order.
    pub(super) fn numbers(self) -> [u32; 4] {
        [self.total, self.stops, self.capitals, self.starts]
    }

    pub(super) fn of_numbers([total, stops, capitals, starts]: [u32; 4]) -> Self {
        Self { total, stops, capitals, starts }
    }
}

/// Other abbreviations that are no words.
const ABBREVIATIONS: &[&str] = &[
    // Several languages.
    "a.m", "al", "bd", "ca", "cf", "co", "col", "corp", "ed", "eds", "etc", "fr", "gen", "inc",
    "jr", "ltd", "maj", "mm", "mt", "p.m", "sen", "vs", // English.
    "a.d", "approx", "apr", "aug", "ave", "b.c", "dec", "dept", "e.g", "esp", "est", "feb", "i.e",
    "jan", "nov", "oct", "ph.d", "sept", "u.k", "u.s", "viz", // German.
    "bzw", "d.h", "evtl", "ggf", "inkl", "s.o", "s.u", "sog", "u.a", "usw", "vgl", "z.b",
    // French, Spanish, Italian, Portuguese.
    "av", "avv", "c.-à-d", "dott", "ecc", "env", "ex", "exa", "p.ej", "p.ex", "pág", "ud", "uds",
    "vd", // Dutch, Swedish, Danish.
    "bijv", "bl.a", "d.v.s", "d.w.z", "enz", "f.eks", "m.b.t", "m.m", "o.a", "osv", "t.ex",
    // Polish, Russian, Greek.
    "itd", "itp", "np", "tzn", "ul", "гг", "др", "им", "руб", "см", "стр", "т.д", "т.е", "т.к",
    "т.п", "ул", "δηλ", "κ.λπ", "π.χ",
];

/// Words that are abbreviations before a number.
const BEFORE_NUMBERS: &[&str] =
    &["art", "ch", "fig", "no", "nos", "nr", "núm", "p", "pp", "sec", "vol", "№"];

/// Kiss and Strunk 2006, section 3.4: from this score on a word is an abbreviation.
const LEAST_SCORE: f64 = 0.3;

/// Kiss and Strunk 2006, section 3.1: how often an abbreviation has its full stop.
const STOPS_OF_ABBREVIATIONS: f64 = 0.99;

/// The most letters of an abbreviation that is learnt. Longer ones are rare, and longer words that
/// always end a sentence are not, in texts of few patterns.
const MOST_LETTERS: usize = 4;

/// How many times as often as with a capital letter a word must occur in small letters within
/// sentences, so that a capital letter shows the beginning of a sentence.
const SMALL_TO_CAPITAL: u64 = 2;

/// How many times as often an abbreviation has its full stop as it ends a sentence. Texts of few
/// patterns have words that stand nowhere but at the end of a sentence.
const STOPS_TO_ENDS: u64 = 4;

/// The abbreviations of a corpus.
pub(crate) struct Abbreviations<'a> {
    spellings: &'a Words,
    usage: Cow<'a, [Usage]>,
    /// Those that the corpus shows, by the positions of their spellings.
    found: Vec<bool>,
}

impl<'a> Abbreviations<'a> {
    /// Those of a corpus with these spellings. `learns`: full stops are no part of tokens, so that
    /// the corpus shows which words have them.
    pub(crate) fn new(spellings: &'a Words, usage: &'a [Usage], learns: bool) -> Self {
        let sum = |of: fn(&Usage) -> u32| usage.iter().map(|usage| u64::from(of(usage))).sum();
        let (n_tokens, n_stops): (u64, u64) = (sum(|usage| usage.total), sum(|usage| usage.stops));
        let is_found = |(usage, word): (&Usage, &str)| {
            learns
                && usage.stops > 0
                && word.chars().any(char::is_alphabetic)
                && word.chars().filter(|&character| character != '.').count() <= MOST_LETTERS
                && score(word, *usage, n_stops as f64 / n_tokens as f64) >= LEAST_SCORE
        };
        let found = usage.iter().zip(spellings.iter()).map(is_found).collect();
        Self { spellings, usage: usage.into(), found }
    }

    /// Those that are known, of words of which it is known whether a capital letter shows the
    /// beginning of a sentence.
    pub(crate) fn known(spellings: &'a Words, found: Vec<bool>, begins: &[bool]) -> Self {
        let in_small = |&begins: &bool| Usage { total: u32::from(begins), ..Usage::default() };
        Self { spellings, usage: begins.iter().map(in_small).collect(), found }
    }

    /// Whether the corpus shows that a word is one.
    pub(crate) fn is_found(&self, word: u32) -> bool {
        self.found[word as usize]
    }

    /// Whether a sentence ends behind a word with a full stop, where Unicode Standard Annex 29 lets
    /// it end, before another word. `before_capital`: that one begins with a capital letter.
    pub(crate) fn ends_sentence(&self, word: u32, next: u32, before_capital: bool) -> bool {
        let spelling = self.spellings.spelling(WordId(word));
        // The tokenizer `whitespace` leaves the full stop at the word.
        let spelling = spelling.strip_suffix('.').unwrap_or(spelling).to_lowercase();
        let is_in = |list: &[&str]| list.contains(&spelling.as_str());
        if is_title(&spelling) {
            return false;
        }
        let is_abbreviation = self.found[word as usize]
            || is_in(ABBREVIATIONS)
            || (!before_capital && is_in(BEFORE_NUMBERS))
            || (before_capital && is_ordinal(&spelling))
            || is_initial(&spelling);
        !is_abbreviation || (before_capital && self.begins_sentences(next))
    }

    /// Takes words from those that the corpus shows: those with which sentences end. `n_ends`: for
    /// each word, how often a sentence ends behind it for all that is known without it.
    pub(crate) fn drop_ends_of_sentences(&mut self, n_ends: &[u32]) {
        for ((found, usage), &n_ends) in self.found.iter_mut().zip(&*self.usage).zip(n_ends) {
            *found &= u64::from(n_ends) * STOPS_TO_ENDS < u64::from(usage.stops);
        }
    }

    /// Whether a word has a capital letter only where it begins a sentence, mostly.
    pub(crate) fn begins_sentences(&self, word: u32) -> bool {
        let Usage { total, capitals, starts, .. } = self.usage[word as usize];
        let small = u64::from(total.saturating_sub(capitals));
        small > SMALL_TO_CAPITAL * u64::from(capitals.saturating_sub(starts))
    }

    /// Whether the corpus shows any.
    pub(crate) fn has_found(&self) -> bool {
        self.found.contains(&true)
    }

    /// How many abbreviations the corpus shows that are on no list.
    pub(crate) fn n_found(&self) -> usize {
        let is_new =
            |word: &str| !(is_title(word) || is_initial(word) || ABBREVIATIONS.contains(&word));
        let found = self.found.iter().zip(self.spellings.iter()).filter(|(found, _)| **found);
        found.filter(|(_, word)| is_new(&word.to_lowercase())).count()
    }
}

/// Whether a full stop belongs to a word, of which nothing is known but its spelling.
pub(super) fn is_likely(word: &str, before_capital: bool) -> bool {
    let word = word.strip_suffix('.').unwrap_or(word).to_lowercase();
    is_title(&word)
        || is_initial(&word)
        || ABBREVIATIONS.contains(&word.as_str())
        || (before_capital && is_ordinal(&word))
        || (!before_capital && BEFORE_NUMBERS.contains(&word.as_str()))
}

fn is_ordinal(word: &str) -> bool {
    word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The score of Kiss and Strunk 2006, section 3.4, for a word of which `usage` is known, in a
/// corpus where this share of all tokens has a full stop:
/// `log lambda * exp(-length) * (inner stops + 1) * length^-(occurrences without a stop)`, where
/// `log lambda` compares how well the share of the corpus and 0.99 explain the full stops of the
/// word, and the length counts no full stops.
fn score(word: &str, usage: Usage, share: f64) -> f64 {
    let (total, stops) = (f64::from(usage.total), f64::from(usage.stops.min(usage.total)));
    let share = share.clamp(1e-9, STOPS_OF_ABBREVIATIONS);
    let log_of = |share: f64| stops * ln(share) + (total - stops) * ln_1p(-share);
    let log_lambda = -2.0 * (log_of(share) - log_of(STOPS_OF_ABBREVIATIONS));
    let n_inner = word.chars().filter(|&character| character == '.').count() as f64;
    let length = word.chars().count() as f64 - n_inner;
    log_lambda * exp(-length) * (n_inner + 1.0) * pow(length, stops - total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(all: &[(&str, Usage)]) -> (Words, Vec<Usage>) {
        (all.iter().map(|(word, _)| *word).collect(), all.iter().map(|(_, usage)| *usage).collect())
    }

    #[test]
    fn some_words_are_abbreviations_by_their_spelling() {
        for (word, before_capital) in [("Dr", true), ("z.B.", false), ("12", true), ("No", false)] {
            assert!(is_likely(word, before_capital), "{word}");
        }
        for (word, before_capital) in [("1999", true), ("12", false), ("the", true), ("No", true)] {
            assert!(!is_likely(word, before_capital), "{word}");
        }
    }

    const fn usage(total: u32, stops: u32, capitals: u32, starts: u32) -> Usage {
        Usage { total, stops, capitals, starts }
    }

    #[test]
    fn a_corpus_shows_its_abbreviations() {
        let (spellings, of_words) = words(&[
            ("km", usage(40, 40, 0, 0)),
            ("king", usage(900, 60, 400, 20)),
            ("darcy", usage(100, 4, 100, 30)),
            ("the", usage(5000, 0, 300, 260)),
            // As short, but mostly without a full stop.
            ("so", usage(400, 12, 20, 20)),
        ]);
        let all = Abbreviations::new(&spellings, &of_words, true);
        assert_eq!(all.found, [true, false, false, false, false]);
        assert_eq!(all.n_found(), 1);
        let [km, king, darcy, the, so] = [0, 1, 2, 3, 4];
        // `40 km. Darcy` goes on, `40 km. The` ends.
        assert!(!all.ends_sentence(km, darcy, true));
        assert!(all.ends_sentence(km, the, true));
        assert!(all.ends_sentence(king, darcy, true) && all.ends_sentence(so, darcy, true));
        // Where tokens keep their full stops, nothing is learnt.
        assert_eq!(Abbreviations::new(&spellings, &of_words, false).n_found(), 0);
    }

    #[test]
    fn a_word_that_ends_sentences_is_no_abbreviation() {
        let (spellings, of_words) = words(&[
            ("km", usage(40, 40, 0, 0)),
            ("inn", usage(40, 40, 0, 0)),
            ("the", usage(5000, 0, 300, 260)),
        ]);
        let mut all = Abbreviations::new(&spellings, &of_words, true);
        assert_eq!(all.found, [true, true, false]);
        // Of 40, nine times `40 km. The`, ten times `the inn. The`.
        all.drop_ends_of_sentences(&[9, 10, 0]);
        assert_eq!(all.found, [true, false, false]);
    }

    #[test]
    fn the_score_is_that_of_the_paper() {
        // log lambda by hand: -2 (3 ln 0.1 + ln 0.9 - 3 ln 0.99 - ln 0.01) = 4.75595.
        let by_hand =
            -2.0 * (3.0 * 0.1_f64.ln() + 0.9_f64.ln() - 3.0 * 0.99_f64.ln() - 0.01_f64.ln());
        let expected = by_hand * (-3.0_f64).exp() * 1.0 / 3.0;
        assert!((score("abc", usage(4, 3, 0, 0), 0.1) - expected).abs() < 1e-12);
        // An inner full stop counts twice and is no letter.
        let inner = by_hand * (-3.0_f64).exp() * 2.0 / 3.0;
        assert!((score("a.bc", usage(4, 3, 0, 0), 0.1) - inner).abs() < 1e-12);
    }

    #[test]
    fn titles_initials_and_numbers_are_known_without_a_corpus() {
        let (spellings, of_words) = words(&[
            ("mr", usage(1, 1, 1, 0)),
            ("j", usage(1, 1, 1, 0)),
            ("no", usage(300, 20, 0, 0)),
            ("3", usage(9, 1, 0, 0)),
            ("etc.", usage(2, 0, 0, 0)),
            ("the", usage(50, 0, 5, 5)),
            ("darcy", usage(5, 1, 5, 1)),
        ]);
        let all = Abbreviations::new(&spellings, &of_words, false);
        let [mr, j, no, three, etc, the, darcy] = [0, 1, 2, 3, 4, 5, 6];
        assert!(!all.ends_sentence(mr, the, true));
        assert!(!all.ends_sentence(j, darcy, true) && all.ends_sentence(j, the, true));
        assert!(!all.ends_sentence(no, three, false) && all.ends_sentence(no, darcy, true));
        assert!(!all.ends_sentence(three, darcy, true) && all.ends_sentence(three, the, true));
        assert!(!all.ends_sentence(etc, darcy, true) && all.ends_sentence(etc, the, true));
    }
}
