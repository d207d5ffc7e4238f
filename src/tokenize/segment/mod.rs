//! Words of scripts that are written without spaces between them.
//!
//! In: a run of characters of such scripts, in Normalization Form C. Out: its words in order, which
//! together are the run. A run is cut where the script changes; digits and signs of repetition are
//! words of their own. Words of the user come first, the longest at each place. What stands between
//! is cut by dictionaries: Chinese and Japanese by the costs of words, the languages of Southeast
//! Asia into as few words as possible. No combining mark begins a word.

mod characters;
mod chinese;
mod dictionary;
mod east_asian;
mod japanese;
mod southeast_asian;
mod user_words;

use std::ops::Range;
use std::sync::Arc;

use self::characters::{Class, class, word_starts};
use self::user_words::{UserWords, is_border};

/// Cuts runs of unspaced scripts into words.
#[derive(Debug, Clone)]
pub(crate) struct Segmenter {
    user_words: Arc<UserWords>,
}

impl Segmenter {
    /// A segmenter for which each of `user_words` is one word wherever it stands in a run. Words
    /// with characters of other scripts never stand in a run.
    pub(crate) fn new(user_words: &[String]) -> Self {
        Self { user_words: Arc::new(UserWords::new(user_words)) }
    }

    /// Whether a character belongs to a script that is written without spaces between words: Thai,
    /// Lao, Khmer, Myanmar and other scripts of Southeast Asia, Chinese characters, hiragana and
    /// katakana; their letters, marks and digits, not their punctuation.
    pub(crate) fn is_unspaced(character: char) -> bool {
        class(character).is_some()
    }

    /// Calls `visit` with each word of `run`, which holds no spaces and no other scripts, in order.
    pub(crate) fn cut(&self, run: &str, visit: &mut impl FnMut(&str)) {
        let mut rest = run;
        while let Some(word) = self.user_words.find(rest) {
            between_user_words(&rest[..word.start], visit);
            visit(&rest[word.clone()]);
            rest = &rest[word.end..];
        }
        between_user_words(rest, visit);
    }
}

/// The longest text whose positions are found at once, in bytes: bounds the memory for a long run.
const LONGEST_PART: usize = 1 << 20;

/// Calls `visit` with each word of `text`.
fn between_user_words(text: &str, visit: &mut impl FnMut(&str)) {
    let mut starts = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let (part, class) = next_part(text, from);
        let part_text = &text[part.clone()];
        match class {
            Class::Digit | Class::Repetition => visit(part_text),
            _ => {
                starts.clear();
                word_starts(part_text, class, &mut starts);
                if class == Class::EastAsian {
                    east_asian::cut(part_text, &starts, visit);
                } else {
                    southeast_asian::cut(part_text, class, &starts, visit);
                }
            }
        }
        from = part.end;
    }
}

/// The bytes from `from` on that are of one class, and the class.
fn next_part(text: &str, from: usize) -> (Range<usize>, Class) {
    let mut characters = text[from..].char_indices();
    let class_of = |character| class(character).unwrap_or(Class::NoDictionary);
    let first = characters.next().map_or(Class::NoDictionary, |(_, it)| class_of(it));
    let ends_here = |(at, character): &(usize, char)| {
        let is_long = *at >= LONGEST_PART;
        (is_long || class_of(*character) != first) && is_border(text, from + at)
    };
    let end = characters.find(ends_here).map_or(text.len(), |(at, _)| from + at);
    (from..end, first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    use unicode_segmentation::UnicodeSegmentation;

    pub(super) fn words(run: &str) -> Vec<String> {
        words_with(&[], run)
    }

    fn words_with(user_words: &[&str], run: &str) -> Vec<String> {
        let user_words: Vec<String> = user_words.iter().map(|&it| it.to_owned()).collect();
        let mut words = Vec::new();
        Segmenter::new(&user_words).cut(run, &mut |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn a_user_word_is_one_word_wherever_it_stands() {
        assert_eq!(words("生物多様性を守る"), ["生物", "多様", "性", "を", "守る"]);
        assert_eq!(words_with(&["生物多様性"], "生物多様性を守る"), ["生物多様性", "を", "守る"]);
        let name = "สมชายรักชาติไทย";
        let run = format!("เขาชื่อ{name}ครับ");
        assert_eq!(words_with(&[name], &run), ["เขา", "ชื่อ", name, "ครับ"]);
    }

    #[test]
    fn scripts_side_by_side_are_cut_apart() {
        assert_eq!(words("ไทย中国"), ["ไทย", "中国"]);
        assert_eq!(words("中国๓๔၅๖ໆ"), ["中国", "๓๔၅๖", "ໆ"]);
    }

    #[test]
    fn the_characters_of_a_run_are_known() {
        assert!("ไทย中国ひらカナ၁".chars().all(Segmenter::is_unspaced));
        assert!(!"aя한。๏".chars().any(Segmenter::is_unspaced));
    }

    #[test]
    fn an_empty_run_has_no_words() {
        assert!(words("").is_empty());
    }

    /// Texts whose windows end within words, within names, and within katakana.
    #[test]
    fn a_long_run_is_cut_like_its_repeated_part() {
        for part in
            ["ท้องฟ้าสวยงาม", "我们在北京学习中文。".trim_end_matches('。'), "東京は日本の首都です"]
        {
            let n = 200_000 / part.len();
            let once = words(part);
            let long = words(&part.repeat(n));
            assert_eq!(long.len(), once.len() * n);
            assert!(long.iter().zip(once.iter().cycle()).all(|(a, b)| a == b), "{part}");
        }
    }

    #[test]
    fn a_long_run_of_one_character_or_mark_is_cut_in_linear_time() {
        for part in ["ก", "ー", "ア", "斯", "一", "\u{e31}", "\u{3099}", "ꩠ", "ᨠ", "၁", "ๆ"]
        {
            let run = part.repeat(400_000);
            assert_eq!(words(&run).concat(), run);
        }
    }

    proptest! {
        #[test]
        fn words_are_the_run_and_no_mark_begins_one(
            run in "([\u{e00}-\u{eff}]{0,9}|[\u{1000}-\u{109f}\u{1780}-\u{17ff}]{0,9}\
                |[\u{3000}-\u{30ff}一-龥]{0,9}|[的一個特朗普は中国日本語をてしたっ]{0,20}\
                |[กขงนมรวสอเแาำิีุู่้์ๆฯ]{0,20}|[\u{ff60}-\u{ffa0}\u{20000}-\u{20100}]{0,5}\
                |[ກຂນມາ່້ꩠ\u{1a20}-\u{1aad}\u{200d}\u{300}a]{0,5}|\\PC{0,3}){0,6}",
            user_words in prop::collection::vec("[กขงนมาิ่์ๆ一個中国日本はっ]{1,4}", 0..4),
        ) {
            let run: String = run.nfc().collect();
            let mut found = Vec::new();
            Segmenter::new(&user_words).cut(&run, &mut |word| found.push(word.to_owned()));
            prop_assert_eq!(found.concat(), run.clone());
            let borders: Vec<usize> = run.grapheme_indices(true).map(|(at, _)| at).collect();
            let mut at = 0;
            for word in found {
                prop_assert!(!word.is_empty());
                prop_assert!(borders.binary_search(&at).is_ok(), "{run:?} at {at}");
                prop_assert!(at == 0 || !word.starts_with(is_combining_mark), "{run:?} at {at}");
                at += word.len();
            }
        }
    }
}
