//! Which characters belong to scripts that are written without spaces between words, and where
//! a word may begin.
//!
//! In: characters, and a run of text. Out: a class of each character, and the positions of the run
//! between which words lie. A word may begin at the border of a grapheme cluster (Unicode Standard
//! Annex 29) whose first character is no combining mark, unless the orthography of the script
//! binds the two characters: a Thai vowel that is written before its consonant ends no word, a
//! consonant with a silencing mark begins none.

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// How a character of an unspaced script is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Chinese characters and Japanese syllables.
    EastAsian,
    /// Thai letters and marks.
    Thai,
    /// Lao letters and marks.
    Lao,
    /// Khmer letters and marks.
    Khmer,
    /// Letters and marks of the Myanmar script.
    Myanmar,
    /// Decimal digits of these scripts.
    Digit,
    /// A sign that the word before is repeated: a word of its own.
    Repetition,
    /// Scripts of Southeast Asia for which there is no dictionary.
    NoDictionary,
}

/// The class of a character; `None` if its script has spaces between words.
pub(super) fn class(character: char) -> Option<Class> {
    let class = match character {
        '\0'..'\u{e01}' => return None,
        '\u{e46}' | '\u{ec6}' | '\u{17d7}' => Class::Repetition,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' => Class::Thai,
        '\u{e81}'..='\u{ece}' | '\u{edc}'..='\u{edf}' => Class::Lao,
        '\u{e50}'..='\u{e59}' | '\u{ed0}'..='\u{ed9}' | '\u{17e0}'..='\u{17e9}' => Class::Digit,
        '\u{1040}'..='\u{1049}' | '\u{1090}'..='\u{1099}' => Class::Digit,
        '\u{1000}'..='\u{103f}' | '\u{104c}'..='\u{109d}' => Class::Myanmar,
        '\u{1780}'..='\u{17d3}' | '\u{17dc}'..='\u{17dd}' => Class::Khmer,
        '\u{19d0}'..='\u{19d9}' | '\u{1a80}'..='\u{1a89}' | '\u{1a90}'..='\u{1a99}' => Class::Digit,
        '\u{a9f0}'..='\u{a9f9}' | '\u{11730}'..='\u{11739}' => Class::Digit,
        // Tai Le, New Tai Lue, Tai Tham, Tai Viet, Ahom.
        '\u{1950}'..='\u{1974}' | '\u{1980}'..='\u{19c9}' => Class::NoDictionary,
        '\u{1a20}'..='\u{1a7f}' | '\u{1aa7}' => Class::NoDictionary,
        '\u{aa80}'..='\u{aadd}' | '\u{11700}'..='\u{1172b}' => Class::NoDictionary,
        '\u{11740}'..='\u{11746}' => Class::NoDictionary,
        // Letters of the Myanmar script for Shan, Mon, Khamti and others.
        '\u{a9e0}'..='\u{a9ef}' | '\u{a9fa}'..='\u{a9fe}' => Class::Myanmar,
        '\u{aa60}'..='\u{aa76}' | '\u{aa7a}'..='\u{aa7f}' => Class::Myanmar,
        _ if is_east_asian(character) => Class::EastAsian,
        _ => return None,
    };
    Some(class)
}

fn is_east_asian(character: char) -> bool {
    is_han(character) || is_hiragana(character) || is_katakana(character)
}

/// Chinese characters, with the marks of iteration and the numbers among them.
pub(super) fn is_han(character: char) -> bool {
    matches!(character,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303b}' | '\u{2e80}'..='\u{2fd5}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

pub(super) fn is_hiragana(character: char) -> bool {
    matches!(character,
        '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{309a}' | '\u{309d}'..='\u{309f}'
        | '\u{3031}'..='\u{3035}' | '\u{1b001}'..='\u{1b11f}' | '\u{1b132}'..='\u{1b152}')
}

/// Katakana of both widths, with the mark of a long vowel.
pub(super) fn is_katakana(character: char) -> bool {
    matches!(character,
        '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{1aff0}'..='\u{1affe}' | '\u{1b000}'
        | '\u{1b120}'..='\u{1b122}' | '\u{1b155}' | '\u{1b164}'..='\u{1b167}')
}

/// Kana that continue the syllable before them, and marks that repeat or lengthen it.
fn continues_syllable(character: char) -> bool {
    matches!(
        character,
        'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ'
        | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' | 'ー'
        | '\u{31f0}'..='\u{31ff}' | '\u{ff67}'..='\u{ff70}'
        | 'ゝ' | 'ゞ' | 'ヽ' | 'ヾ' | '々' | '〻' | '\u{3033}'..='\u{3035}'
    )
}

/// Appends to `starts` the byte positions of `text` where a word may begin, and its end.
pub(super) fn word_starts(text: &str, class: Class, starts: &mut Vec<u32>) {
    if class == Class::EastAsian && text.chars().all(is_its_own_cluster) {
        let may_begin = |(at, character): (usize, char)| {
            (at == 0 || !continues_syllable(character)).then_some(at as u32)
        };
        starts.extend(text.char_indices().filter_map(may_begin));
    } else {
        starts.extend(text.grapheme_indices(true).filter_map(|(at, _)| {
            let is_start = at == 0 || !is_bound(&text[..at], &text[at..], class);
            is_start.then_some(at as u32)
        }));
    }
    starts.push(text.len() as u32);
}

/// Whether a character without a mark behind it is a grapheme cluster, and is no mark itself.
fn is_its_own_cluster(character: char) -> bool {
    matches!(character,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30ff}'
        | '\u{20000}'..='\u{3fffd}')
}

/// Whether the characters on both sides of a border of grapheme clusters stand in one syllable.
fn is_bound(before: &str, behind: &str, class: Class) -> bool {
    let mut next = behind.chars();
    let (Some(last), Some(first)) = (before.chars().next_back(), next.next()) else {
        return false;
    };
    if is_combining_mark(first) {
        return true;
    }
    let second = next.next();
    match class {
        Class::EastAsian => continues_syllable(first),
        Class::Thai | Class::Lao => {
            let silences = |mark| matches!(mark, Some('\u{e4c}' | '\u{ecc}'));
            // Vowels written behind their consonant; before it; ั and ື ask for a consonant behind.
            matches!(first, 'ะ' | 'า' | '\u{e33}' | 'ๅ' | 'ະ' | 'າ' | '\u{eb3}' | 'ຽ')
                || matches!(last, 'เ'..='ไ' | 'ເ'..='ໄ' | '\u{e31}' | '\u{eb1}')
                || silences(second)
                || (matches!(second, Some('\u{e34}' | '\u{e38}')) && silences(next.next()))
        }
        // The sign that stacks the next consonant below.
        Class::Khmer => last == '\u{17d2}',
        // The same, and a consonant that ends the syllable before it.
        Class::Myanmar => {
            last == '\u{1039}'
                || matches!(second, Some('\u{1039}' | '\u{103a}'))
                || (second == Some('\u{1037}') && next.next() == Some('\u{103a}'))
        }
        Class::Digit | Class::Repetition | Class::NoDictionary => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syllables(text: &str) -> Vec<&str> {
        let mut starts = Vec::new();
        word_starts(text, class(text.chars().next().unwrap()).unwrap(), &mut starts);
        starts.windows(2).map(|pair| &text[pair[0] as usize..pair[1] as usize]).collect()
    }

    #[test]
    fn letters_marks_and_digits_of_unspaced_scripts_are_known() {
        for character in "กั็๑ๆກັ໑កា្ៗ១ကျ၁ꩠᥐᦀᨠꪀ々ー〆ぁゝﾊﾞ䶿𠀋〇".chars()
        {
            assert!(class(character).is_some(), "{character:?}");
        }
        for character in "aé1१कקㄅ가".chars() {
            assert_eq!(class(character), None, "{character:?}");
        }
    }

    #[test]
    fn punctuation_and_currencies_of_unspaced_scripts_are_no_words() {
        for character in "฿๏๚๛។៖៛၊။、。・「」〜（）｡･".chars() {
            assert_eq!(class(character), None, "{character:?}");
        }
    }

    #[test]
    fn thai_syllables_are_whole() {
        // A vowel before and behind its consonant; a tone and a vowel; a silenced consonant.
        assert_eq!(syllables("เกาะ"), ["เกาะ"]);
        assert_eq!(syllables("น้ำมา"), ["น้ำ", "มา"]);
        assert_eq!(syllables("เสาร์"), ["เสาร์"]);
    }

    #[test]
    fn final_and_stacked_consonants_begin_no_word() {
        assert_eq!(syllables("မြန်မာ"), ["မြန်", "မာ"]);
        assert_eq!(syllables("ကမ္ဘာ"), ["ကမ္ဘာ"]);
        assert_eq!(syllables("ខ្មែរ"), ["ខ្មែ", "រ"]);
    }

    #[test]
    fn small_kana_and_iteration_marks_begin_no_word() {
        assert_eq!(syllables("きょう"), ["きょ", "う"]);
        assert_eq!(syllables("人々は"), ["人々", "は"]);
        assert_eq!(syllables("ラーメン"), ["ラー", "メ", "ン"]);
        assert_eq!(syllables("ﾊﾞｽ"), ["ﾊﾞ", "ｽ"]);
    }
}
