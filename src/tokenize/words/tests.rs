//! The words found fast are those of the definition; those of plain texts are those of the annex.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::*;

/// Texts with what the rules distinguish, in all mixtures.
const TEXTS: &str = "([a-zA-Z0-9_'.:,; \\n\\t-]{0,12}|\\PC{0,3}\
    |[\u{300}\u{301}\u{307}\u{323}\u{331}\u{338}\u{200c}\u{200d}\u{2139}\u{10eab}\u{1f1e6}\
    \u{5d0}\u{5d1}\"\u{5f3}\u{5f4}\u{201d}\u{ac00}\u{1100}\u{1161}é '`´]{0,3}\
    |[’‘ʼʻ\u{ad}\u{2060}\u{fe0f}\u{20e3}\u{640}سیхΣσςΙİIJĮ1a .·]{0,6}\
    |[\u{928}\u{93c}\u{94d}\u{930}\u{200d}\u{200c}\u{d28}\u{d4d}\u{dca}\u{d9a}ക ]{0,5}\
    |[カーかゔ漢ก็ำ่ကိုံ_ 1\u{200b}\u{202f}\u{a0}]{0,5}\
    |[👩🏽🚀❤🏴\u{e0067}\u{e007f}\u{fe0f}\u{200d}1#\u{20e3}a]{0,5}\
    |[‐‑ﬁＡ１ſ½²\u{ffa0}ǅ՞ո-]{0,5}){0,10}";

fn cutter(config: &WordsConfig) -> WordCutter {
    WordCutter::new(config).unwrap()
}

fn words(config: &WordsConfig, text: &str) -> (Vec<String>, WordChanges) {
    let (mut words, mut changes) = (Vec::new(), WordChanges::default());
    cutter(config).cut(text, &mut changes, &mut |word, _| words.push(word.to_owned()));
    (words, changes)
}

fn words_by_rules(config: &WordsConfig, text: &str) -> (Vec<String>, WordChanges) {
    let (mut words, mut changes) = (Vec::new(), WordChanges::default());
    cutter(config).cut_by_rules(text, &mut changes, &mut |word, _| words.push(word.to_owned()));
    (words, changes)
}

/// The annex alone: the text normalised, cut by the rules, each word lower-cased and normalised. A
/// space or a mark of punctuation that bears a combining mark is no part of a word.
fn words_of_annex(text: &str) -> Vec<String> {
    let normal: String = text.nfc().collect();
    let other = |character: char| " \n\t'.:,;-\"«»…—¿".contains(character);
    let words = normal.unicode_words().map(|word| word.trim_start_matches(other));
    words.map(|word| word.to_lowercase().nfc().collect()).collect()
}

#[test]
fn ascii_words_are_those_of_the_annex_for_all_short_texts() {
    // Every class of ASCII characters, in all texts of six characters.
    let classes = ["a", "B", "7", "_", "'", ".", ":", ",", " ", "-"];
    let default = cutter(&WordsConfig::default());
    for number in 0..1_000_000usize {
        let text: String = (0..6).map(|place| classes[number / 10usize.pow(place) % 10]).collect();
        let mut words = Vec::new();
        default.cut(&text, &mut WordChanges::default(), &mut |word, _| words.push(word.to_owned()));
        assert_eq!(words, words_of_annex(&text), "{text:?}");
    }
}

fn configs() -> impl Strategy<Value = WordsConfig> {
    let lowercase = prop::sample::select(vec![
        Lowercase::Unicode,
        Lowercase::Turkish,
        Lowercase::Lithuanian,
        Lowercase::None,
    ]);
    let numbers = prop::sample::select(vec![Numbers::Keep, Numbers::Drop, Numbers::Mask]);
    (any::<[bool; 5]>(), lowercase, numbers).prop_map(|(flags, lowercase, numbers)| {
        let [nfkc, keep, emoji, elision, stops] = flags;
        WordsConfig::default()
            .normalization(if nfkc { NormalForm::Nfkc } else { NormalForm::Nfc })
            .lowercase(lowercase)
            .hyphens(if keep { Hyphens::Keep } else { Hyphens::Split })
            .elision(elision.then_some(ElisionLanguage::French))
            .numbers(numbers)
            .emoji(emoji)
            .stop_words(stops.then_some("a"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn words_are_those_of_the_definition(text in TEXTS, config in configs()) {
        for config in [WordsConfig::default(), config] {
            let (fast, mut changes) = words(&config, &text);
            let (slow, mut expected) = words_by_rules(&config, &text);
            prop_assert_eq!(fast, slow, "{:?}", text);
            // A mark behind punctuation may belong to a stretch of its own.
            (changes.normalized, expected.normalized) = (0, 0);
            if config.normalization == NormalForm::Nfc {
                prop_assert_eq!(changes, expected, "{:?}", text);
            }
        }
    }

    #[test]
    fn words_without_anything_special_are_those_of_the_annex(
        text in "([a-zA-Z0-9_'.:,; \\n\\t-]{0,12}|\
                 [\u{300}\u{301}\u{323}éЯяßÄ\"«»…—¿ñ\u{ac00}\u{1100}\u{1161}\
                 हि्दीதமழ்ბაשل٣]{0,4}){0,12}",
    ) {
        let (found, _) = words(&WordsConfig::default(), &text);
        prop_assert_eq!(found, words_of_annex(&text), "{:?}", text);
    }
}

fn default_words(text: &str) -> String {
    words(&WordsConfig::default(), text).0.join("|")
}

#[test]
fn a_narrow_no_break_space_ends_a_word() {
    assert_eq!(
        default_words("Quoi\u{202F}? «\u{202F}Oui\u{202F}» dit-il\u{202F}: 10\u{202F}000"),
        default_words("Quoi\u{A0}? «\u{A0}Oui\u{A0}» dit-il\u{A0}: 10\u{A0}000")
    );
    assert_eq!(default_words("10\u{202F}000 a\u{200B}b"), "10|000|a|b");
}

#[test]
fn hyphens_are_kept_on_request() {
    let keep = |text| words(&WordsConfig::default().hyphens(Hyphens::Keep), text).0.join("|");
    assert_eq!(keep("Mother-in-law co\u{2011}op a\u{2010}b"), "mother-in-law|co-op|a-b");
    assert_eq!(keep("COVID-19 1914-1918 word- -word a--b"), "covid-19|1914|1918|word|word|a|b");
    assert_eq!(keep("बार-बार हाल-ही"), "बार-बार|हाल-ही");
    assert_eq!(default_words("mother-in-law co\u{2011}op"), "mother|in|law|co|op");
}

#[test]
fn emoji_are_kept_on_request() {
    let text = "wave 👋🏽 family 👨\u{200D}👩\u{200D}👧 flag 🇺🇦🇫🇷 heart ❤\u{FE0F} key \
        1\u{FE0F}\u{20E3} © 1 🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} a❤b";
    let (found, changes) = words(&WordsConfig::default().emoji(true), text);
    assert_eq!(
        found.join("|"),
        "wave|👋🏽|family|👨\u{200D}👩\u{200D}👧|flag|🇺🇦|🇫🇷|heart|❤\u{FE0F}|key|1\u{FE0F}\u{20E3}|1|\
        🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}|a|❤|b"
    );
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn elided_words_are_tokens_on_request() {
    let config = WordsConfig::default().elision(ElisionLanguage::French);
    let cut = |text| words(&config, text).0.join("|");
    assert_eq!(cut("L’homme qu'il l' homme aujourd’hui"), "l'|homme|qu'|il|l'|homme|aujourd'hui");
    assert_eq!(cut("d'aujourd'hui l’"), "d'|aujourd'hui|l'");
}

#[test]
fn numbers_are_dropped_or_masked_on_request() {
    let text = "in 1990, 3.14 A4 ٣٤";
    let with = |numbers| words(&WordsConfig::default().numbers(numbers), text).0.join("|");
    assert_eq!(with(Numbers::Keep), "in|1990|3.14|a4|٣٤");
    assert_eq!(with(Numbers::Drop), "in|a4");
    assert_eq!(with(Numbers::Mask), "in|0000|0.00|a4|00");
}

#[test]
fn stop_words_are_cut_like_the_text() {
    let config = WordsConfig::default().stop_words(["The", "don’t", ""]);
    assert_eq!(words(&config, "the THE don't cat").0, ["cat"]);
}

#[test]
fn ligatures_and_full_width_letters_are_folded_on_request() {
    let config = WordsConfig::default().normalization(NormalForm::Nfkc);
    let (found, changes) = words(&config, "ﬁeld Congreſs ＣＡＴ ﻻ don＇t ﹱ x² don´t");
    assert_eq!(found.join("|"), "field|congress|cat|لا|don't|\u{64B}|x2|don't");
    assert_eq!(changes.normalized, 6);
}

#[test]
fn letter_apostrophes_stay_at_the_edges() {
    assert_eq!(
        default_words("ʻōlelo Hawaiʻi Hawai'i Hawai‘i bogʻ 'twas dogs’"),
        "ʻōlelo|hawai'i|hawai'i|hawai'i|bogʻ|twas|dogs"
    );
}

#[test]
fn hebrew_words_hold_their_quotation_marks() {
    assert_eq!(
        default_words("צה\"ל צה״ל צה”ל ג'ורג' ג׳ורג׳ \"שלום\""),
        "צה\"ל|צה\"ל|צה\"ל|ג'ורג'|ג'ורג'|שלום"
    );
}

#[test]
fn a_long_run_of_joiners_takes_no_long_time() {
    let text = format!("a{}b ", "\u{200C}\u{AD}".repeat(200_000));
    assert_eq!(default_words(&text), "ab");
    let text = "a’\u{200D}".repeat(200_000);
    assert_eq!(words(&WordsConfig::default(), &text).0.len(), 1);
}
