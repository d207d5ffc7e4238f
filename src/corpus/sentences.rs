//! Where sentences end within a text, by Unicode Standard Annex 29.
//!
//! Two rules differ from the annex. The end of a line is a space like any other, because many texts
//! are wrapped; an empty line, and a separator of lines or paragraphs (U+0085, U+2028, U+2029), end
//! a sentence. And a sentence ends before the spaces behind it, so that spaces stand where they
//! would in running text: at the beginning of a part, or between two. Without a space a sentence
//! ends only on request, for scripts without spaces between words; then no word that the annex
//! knows is cut.
//!
//! The rules are those of `unicode-segmentation`, asked about the surroundings of what may end a
//! sentence; between two ASCII words the answer is known without asking.

use unicode_segmentation::UnicodeSegmentation;

/// Bytes behind an end that the rules may look at: they look for the next letter, to see whether it
/// is a small one.
const LOOK_AHEAD: usize = 128;

/// Bytes before an end that the rules may look at: they look at the last characters of a word.
const LOOK_BACK: usize = 64;

/// Calls `visit` with each position in `text` where a sentence ends and another may begin,
/// ascending, neither 0 nor the end of `text`.
///
/// `unspaced`: also where no white space follows, but not after a full stop, which may stand within a
/// word.
pub(crate) fn for_each_end(text: &str, unspaced: bool, mut visit: impl FnMut(usize)) {
    let bytes = text.as_bytes();
    let mut position = 0;
    while let Some(found) = bytes[position..].iter().position(|&byte| MAY_END[usize::from(byte)]) {
        position += found;
        let first = character(text, position);
        if is_blank(first) {
            let next = after_blanks(text, position);
            if position > 0 && next < text.len() && separates_paragraphs(&text[position..next]) {
                visit(position);
            }
            position = next;
            continue;
        }
        if first.is_alphanumeric() {
            position += first.len_utf8();
            continue;
        }
        // The end of the sentence: all that follows which is neither letter nor white space, such as a
        // closing quotation mark.
        let end =
            skip(text, position, |character| !character.is_alphanumeric() && !is_blank(character));
        let next = after_blanks(text, end);
        if next == text.len() {
            return;
        }
        if next > end {
            if separates_paragraphs(&text[end..next]) || is_end(text, position, end, next) {
                visit(end);
            }
        } else if unspaced {
            for place in unspaced_ends(text, position, end) {
                visit(place);
            }
        }
        position = next;
    }
}

/// Whether a byte may begin what ends a sentence: marks of the end in ASCII, ends of lines, and
/// whatever is not ASCII.
const MAY_END: [bool; 256] = {
    let mut may = [false; 256];
    let mut byte = 128;
    while byte < 256 {
        may[byte] = true;
        byte += 1;
    }
    may[b'.' as usize] = true;
    may[b'!' as usize] = true;
    may[b'?' as usize] = true;
    may[b'\n' as usize] = true;
    may
};

fn character(text: &str, position: usize) -> char {
    text[position..].chars().next().expect("a position within the text")
}

fn skip(text: &str, from: usize, is_skipped: impl Fn(char) -> bool) -> usize {
    text[from..].find(|character| !is_skipped(character)).map_or(text.len(), |length| from + length)
}

fn is_blank(character: char) -> bool {
    character.is_whitespace()
}

fn after_blanks(text: &str, from: usize) -> usize {
    skip(text, from, is_blank)
}

/// Whether blanks hold an empty line or a character that separates lines or paragraphs whatever the
/// width.
fn separates_paragraphs(blanks: &str) -> bool {
    blanks.bytes().filter(|&byte| byte == b'\n').count() > 1
        || blanks.contains(['\u{85}', '\u{2028}', '\u{2029}'])
}

/// Whether a sentence ends with the characters from `mark` to `end`, behind which come blanks and
/// then, at `next`, more text.
fn is_end(text: &str, mark: usize, end: usize, next: usize) -> bool {
    let bytes = text.as_bytes();
    // One mark, quotation marks and brackets, blanks, an ASCII letter: rules SB8, SB9, SB10 and
    // SB11.
    let closes = |&byte: &u8| matches!(byte, b'"' | b'\'' | b')' | b']' | b'}');
    if bytes[mark].is_ascii()
        && bytes[mark + 1..end].iter().all(closes)
        && bytes[end..next].is_ascii()
    {
        match bytes[next] {
            b'A'..=b'Z' => return true,
            b'a'..=b'z' => return bytes[mark] != b'.',
            _ => {}
        }
    }
    bounds(text, mark, next).any(|bound| bound == next)
}

/// Where sentences end between `mark` and the letter or number at `end`, and before it.
fn unspaced_ends(text: &str, mark: usize, end: usize) -> Vec<usize> {
    let after_stop = |bound: usize| {
        matches!(
            text[..bound].chars().next_back(),
            Some('.' | '\u{2024}' | '\u{FE52}' | '\u{FF0E}')
        )
    };
    bounds(text, mark, end)
        .filter(|&bound| bound > mark && bound <= end && !after_stop(bound))
        .collect()
}

/// The ends of sentences by the annex in the surroundings of what lies between `mark` and `next`,
/// lines taken together.
fn bounds(text: &str, mark: usize, next: usize) -> impl Iterator<Item = usize> {
    let mut first = mark.saturating_sub(LOOK_BACK);
    while !text.is_char_boundary(first) {
        first += 1;
    }
    // What stands before the last white space does not matter.
    let first = text[first..mark].rfind(is_blank).map_or(first, |blank| first + blank);
    let mut last = text.len().min(next + LOOK_AHEAD);
    while !text.is_char_boundary(last) {
        last -= 1;
    }
    let line = text[first..last].replace(['\n', '\r'], " ");
    let bounds: Vec<usize> = line
        .split_sentence_bound_indices()
        .map(|(start, _)| first + start)
        .take_while(|&start| start <= next)
        .collect();
    bounds.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sentences(text: &str, unspaced: bool) -> Vec<&str> {
        let mut sentences = Vec::new();
        let mut start = 0;
        for_each_end(text, unspaced, |end| {
            sentences.push(text[start..end].trim());
            start = end;
        });
        sentences.push(text[start..].trim());
        sentences
    }

    #[test]
    fn sentences_end_where_the_annex_says() {
        let text = "The king ruled. \"Who?\" he asked (the 3.14 kings of the U.S.A. knew)... \
                    He went! e.g. there. 7 Dwarfs. 7 years.  Ça va? Да. «Нет.» Он";
        let parts = [
            "The king ruled.",
            "\"Who?\"",
            "he asked (the 3.14 kings of the U.S.A. knew)...",
            "He went!",
            "e.g. there.",
            "7 Dwarfs. 7 years.",
        ];
        assert_eq!(
            sentences(text, false),
            [&parts[..], &["Ça va?", "Да.", "«Нет.»", "Он"]].concat()
        );
    }

    #[test]
    fn a_line_end_is_a_blank_and_an_empty_line_ends_a_sentence() {
        assert_eq!(
            sentences("A line\nbroken at a width.\nAnd more\r\nof it.\r\n", false),
            ["A line\nbroken at a width.", "And more\r\nof it."]
        );
        assert_eq!(
            sentences("A heading\n \nand text\n\n\nmore", false),
            ["A heading", "and text", "more"]
        );
        assert_eq!(sentences("one\u{2028}two\u{85}three", false), ["one", "two", "three"]);
    }

    #[test]
    fn scripts_without_blanks_are_cut_where_that_is_asked_for() {
        let text = "「我来了。」你呢？好！走吧";
        assert_eq!(sentences(text, false), [text]);
        assert_eq!(sentences(text, true), ["「我来了。」", "你呢？", "好！", "走吧"]);
        assert_eq!(sentences("a.א and 3.14", true), ["a.א and 3.14"]);
    }

    #[test]
    fn a_sentence_ends_before_its_blanks() {
        let mut ends = Vec::new();
        for_each_end(" So.  It is.\n", false, |end| ends.push(end));
        assert_eq!(ends, [4]);
    }

    proptest! {
        /// The annex itself, asked about the whole line: every end before blanks, and no other.
        #[test]
        fn ends_before_blanks_are_those_of_the_annex(
            text in concat!(
                "(([a-zA-Zéяअß0-9][\u{301}\u{94D}\u{200D}]?){0,3}",
                "[.?!…。,;:\"')(\\-»«।]{0,3}[ \t\u{A0}]{0,2}){0,8}",
            ),
        ) {
            let mut found = Vec::new();
            for_each_end(&text, false, |end| found.push(end));
            let is_spaced = |bound: &usize| *bound > 0 && text[..*bound].ends_with(is_blank);
            let before_blanks = |bound: usize| text[..bound].trim_end_matches(is_blank).len();
            let expected: Vec<usize> = text
                .split_sentence_bound_indices()
                .map(|(bound, _)| bound)
                .filter(is_spaced)
                .map(before_blanks)
                .filter(|&end| end > 0)
                .collect();
            prop_assert_eq!(found, expected, "{:?}", text);
        }

        #[test]
        fn ends_lie_between_characters_and_ascend(
            text in "[ab.。?!\n\r é\u{2028}\"]{0,60}",
            unspaced: bool,
        ) {
            let mut last = 0;
            for_each_end(&text, unspaced, |end| {
                assert!(
                    last < end && end < text.len() && text.is_char_boundary(end),
                    "{text:?} at {end} after {last}"
                );
                last = end;
            });
        }
    }
}
