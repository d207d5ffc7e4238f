//! The words of Unicode Standard Annex 29 over text in Normalization Form C, lower-cased.
//!
//! Nearly all of most texts is ASCII, even where a line of it is not. So a text is cut where that
//! changes nothing: before an ASCII character that is no white space and follows white space. There every
//! word ends (no rule of the annex looks across white space), and no character before composes with one
//! behind. What is ASCII between two cuts is cut into words by a table; the rest goes through the
//! rules.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

/// Calls `visit` with each word of `text`.
pub(super) fn unicode_words(text: &str, drop_numbers: bool, visit: &mut impl FnMut(&str, bool)) {
    let mut lowered = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let n_ascii = ascii_length(rest.as_bytes());
        let cut = if n_ascii == rest.len() { n_ascii } else { last_cut(rest.as_bytes(), n_ascii) };
        let (ascii, tail) = rest.split_at(cut);
        ascii_words(ascii, drop_numbers, &mut lowered, visit);
        let (other, tail) = tail.split_at(next_cut(tail.as_bytes(), n_ascii - cut));
        any_words(other, drop_numbers, visit);
        rest = tail;
    }
}

/// Bytes before the first that is not ASCII.
fn ascii_length(bytes: &[u8]) -> usize {
    const STEP: usize = 32;
    let whole = bytes.chunks_exact(STEP).take_while(|chunk| chunk.is_ascii()).count() * STEP;
    whole + bytes[whole..].iter().take_while(|byte| byte.is_ascii()).count()
}

fn is_cut(before: u8, after: u8) -> bool {
    before == b' ' && after.is_ascii() && after != b' '
}

/// The last cut among the first `n_ascii` bytes; 0 if there is none.
fn last_cut(bytes: &[u8], n_ascii: usize) -> usize {
    (1..n_ascii).rev().find(|&cut| is_cut(bytes[cut - 1], bytes[cut])).unwrap_or(0)
}

/// The first cut after position `from`, or the end.
fn next_cut(bytes: &[u8], from: usize) -> usize {
    (from + 1..bytes.len()).find(|&cut| is_cut(bytes[cut - 1], bytes[cut])).unwrap_or(bytes.len())
}

/// Letters, digits and the underscore, which stay together (rules WB5, WB8 to WB10, WB13a and
/// WB13b).
const CORE: u8 = 1;
/// Letters.
const LETTER: u8 = 2;
/// Digits.
const DIGIT: u8 = 4;
/// Capital letters.
const CAPITAL: u8 = 8;
/// Characters that letters on either side keep in a word (WB6, WB7).
const MID_LETTER: u8 = 16;
/// Characters that digits on either side keep in a word (WB11, WB12).
const MID_DIGIT: u8 = 32;

/// What each ASCII character is.
const CLASSES: [u8; 128] = {
    let mut classes = [0; 128];
    let mut byte = 0u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' => CORE | LETTER,
            b'A'..=b'Z' => CORE | LETTER | CAPITAL,
            b'0'..=b'9' => CORE | DIGIT,
            b'_' => CORE,
            b'\'' | b'.' => MID_LETTER | MID_DIGIT,
            b':' => MID_LETTER,
            b',' | b';' => MID_DIGIT,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// The words of ASCII text.
fn ascii_words(
    text: &str,
    drop_numbers: bool,
    lowered: &mut String,
    visit: &mut impl FnMut(&str, bool),
) {
    let bytes = text.as_bytes();
    let class =
        |position: usize| bytes.get(position).map_or(0, |&byte| CLASSES[usize::from(byte & 127)]);
    let mut position = 0;
    while position < bytes.len() {
        let mut seen = class(position);
        if seen & CORE == 0 {
            position += 1;
            continue;
        }
        let start = position;
        let mut last = seen;
        position += 1;
        loop {
            let next = class(position);
            if next & CORE != 0 {
                last = next;
                seen |= next;
                position += 1;
                continue;
            }
            let both = last & class(position + 1);
            if (next & MID_LETTER != 0 && both & LETTER != 0)
                || (next & MID_DIGIT != 0 && both & DIGIT != 0)
            {
                position += 1;
                continue;
            }
            break;
        }
        // Underscores alone are no word.
        if seen & (LETTER | DIGIT) == 0 || (drop_numbers && seen & LETTER == 0) {
            continue;
        }
        let word = &text[start..position];
        if seen & CAPITAL == 0 {
            visit(word, false);
        } else {
            lowered.clear();
            lowered.push_str(word);
            lowered.make_ascii_lowercase();
            visit(lowered, bytes[start].is_ascii_uppercase());
        }
    }
}

/// The words of any text.
fn any_words(text: &str, drop_numbers: bool, visit: &mut impl FnMut(&str, bool)) {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        normal_words(text, drop_numbers, visit);
    } else {
        normal_words(&text.nfc().collect::<String>(), drop_numbers, visit);
    }
}

/// The words of `text`, which is in Normalization Form C.
fn normal_words(text: &str, drop_numbers: bool, visit: &mut impl FnMut(&str, bool)) {
    for segment in text.unicode_words() {
        // A mark without a letter joins the space before it into one segment (WB4).
        let word = segment.trim_start();
        if drop_numbers && !word.chars().any(char::is_alphabetic) {
            continue;
        }
        // Lower-casing can leave NFC (for instance a capital whose small form is composed
        // differently).
        let lower = word.to_lowercase();
        let is_capital = word.chars().next().is_some_and(char::is_uppercase);
        if is_nfc_quick(lower.chars()) == IsNormalized::Yes {
            visit(&lower, is_capital)
        } else {
            visit(&lower.nfc().collect::<String>(), is_capital)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str, drop_numbers: bool) -> Vec<String> {
        let mut words = Vec::new();
        unicode_words(text, drop_numbers, &mut |word, _| words.push(word.to_owned()));
        words
    }

    /// The definition: the whole text normalised, cut by the rules, each word lower-cased and
    /// normalised.
    fn by_definition(text: &str, drop_numbers: bool) -> Vec<String> {
        let normal: String = text.nfc().collect();
        let words = normal
            .unicode_words()
            .map(str::trim_start)
            .filter(|word| !drop_numbers || word.chars().any(char::is_alphabetic));
        words.map(|word| word.to_lowercase().nfc().collect()).collect()
    }

    #[test]
    fn ascii_words_are_those_of_the_rules_for_all_short_texts() {
        // Every class of ASCII characters, in all texts of six characters.
        let classes = ["a", "B", "7", "_", "'", ".", ":", ",", " ", "-"];
        for number in 0..1_000_000usize {
            let text: String =
                (0..6).map(|place| classes[number / 10usize.pow(place) % 10]).collect();
            assert_eq!(
                words(&text, number % 2 == 0),
                by_definition(&text, number % 2 == 0),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_definition(
            text in "([a-zA-Z0-9_'.:,; \\n\\t-]{0,12}|\\PC{0,3}|[\u{300}\u{301}\u{200d}\u{2139}\u{10eab}\u{1f1e6}\u{5d0}\"\u{ac00}\u{1100}\u{1161}é ]{0,3}){0,12}",
            drop_numbers: bool,
        ) {
            prop_assert_eq!(
                words(&text, drop_numbers),
                by_definition(&text, drop_numbers),
                "{:?}",
                text
            );
        }
    }
}
