//! Where sentences end within a text, by Unicode Standard Annex 29, and which words have a full
//! stop.
//!
//! Two rules differ from the annex. The end of a line is a space like any other, because many texts
//! are wrapped; an empty line, and a separator of lines or paragraphs (U+0085, U+2028, U+2029), end
//! a sentence. And a sentence ends before the spaces behind it, so that spaces stand where they
//! would in running text: at the beginning of a part, or between two. Without a space a sentence
//! ends only on request, for scripts without spaces between words; then no word that the annex
//! knows is cut.
//!
//! The annex knows no abbreviations. So a word with a full stop is marked, whether a sentence ends
//! behind it or not: whether it is an abbreviation is decided later, from the whole corpus.
//!
//! The rules are those of `unicode-segmentation`, asked about the surroundings of what may end a
//! sentence; between two ASCII words the answer is known without asking.

use unicode_segmentation::UnicodeSegmentation;

/// Bytes behind an end that the rules may look at: they look for the next letter, to see whether it
/// is a small one.
const LOOK_AHEAD: usize = 128;

/// Bytes before an end that the rules may look at: they look at the last characters of a word.
const LOOK_BACK: usize = 64;

/// What stands at a place between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Whether a sentence ends.
    pub(crate) end: SentenceEnd,
    /// Whether the word before has a full stop.
    pub(crate) has_stop: bool,
    /// The hyphen by which a line ends within a word.
    pub(crate) hyphen: Option<Hyphen>,
}

/// The last character of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hyphen {
    /// It stands in the word, or the word is broken.
    Hard,
    /// The word is broken (U+00AD).
    Soft,
}

/// Whether a sentence ends at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentenceEnd {
    No,
    /// It does, unless the full stop belongs to an abbreviation.
    UnlessAbbreviation {
        /// Whether the word behind begins with a capital letter.
        before_capital: bool,
    },
    Yes,
}

impl Mark {
    fn of_hyphen(hyphen: Hyphen) -> Self {
        Self { end: SentenceEnd::No, has_stop: false, hyphen: Some(hyphen) }
    }

    pub(crate) const END: Self = Self { end: SentenceEnd::Yes, has_stop: false, hyphen: None };
}

/// Which texts are looked through for marks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marks {
    /// Sentences end also where no white space follows, but not after a full stop, which may stand
    /// within a word.
    pub(crate) unspaced: bool,
    /// Lines are broken at a width, maybe within words; if not, only soft hyphens show that.
    pub(crate) wrapped: bool,
}

/// Calls `visit` with each position in `text` where a sentence ends and another may begin, which
/// follows a word with a full stop and comes before white space or the end of the text, or where a
/// line ends with a hyphen. Positions ascend; none is 0.
pub(crate) fn for_each_mark(text: &str, marks: Marks, mut visit: impl FnMut(usize, Mark)) {
    let bytes = text.as_bytes();
    let mut position = 0;
    while let Some(found) = bytes[position..].iter().position(|&byte| MAY_END[usize::from(byte)]) {
        position += found;
        let first = character(text, position);
        if is_blank(first) {
            let next = after_blanks(text, position);
            if position > 0 && next < text.len() {
                if separates_paragraphs(&text[position..next]) {
                    visit(position, Mark::END);
                } else if let Some(hyphen) = marks.hyphen(text, position, next) {
                    visit(position, Mark::of_hyphen(hyphen));
                }
            }
            position = next;
            continue;
        }
        if first.is_alphanumeric() {
            position += first.len_utf8();
            continue;
        }
        // The end of the sentence: all that follows which is neither letter nor white space, such
        // as a closing quotation mark.
        let end =
            skip(text, position, |character| !character.is_alphanumeric() && !is_blank(character));
        let next = after_blanks(text, end);
        // French puts a no-break space before some marks.
        let is_passed = |it: char| is_invisible(it) || matches!(it, '\u{A0}' | '\u{202F}');
        let before = text[..position].chars().rev().find(|&it| !is_passed(it));
        let mark = skip(&text[..end], position, is_invisible);
        let has_stop =
            text[mark..end].starts_with('.') && before.is_some_and(char::is_alphanumeric);
        if next == text.len() {
            if has_stop {
                visit(end, Mark { end: SentenceEnd::No, has_stop, hyphen: None });
            }
            return;
        }
        if next > end {
            let sentence_end = if separates_paragraphs(&text[end..next]) {
                SentenceEnd::Yes
            } else if !is_end(text, position, end, next) {
                SentenceEnd::No
            } else if has_stop && text[mark + 1..end].chars().all(is_invisible) {
                SentenceEnd::UnlessAbbreviation { before_capital: before_capital(&text[next..]) }
            } else {
                SentenceEnd::Yes
            };
            let hyphen = match sentence_end {
                SentenceEnd::No => marks.hyphen(text, end, next),
                _ => None,
            };
            if has_stop || hyphen.is_some() || sentence_end != SentenceEnd::No {
                visit(end, Mark { end: sentence_end, has_stop, hyphen });
            }
        } else if marks.unspaced && text[position..end].contains(may_end_unspaced) {
            for place in unspaced_ends(text, position, end) {
                visit(place, Mark::END);
            }
        }
        position = next;
    }
}

impl Marks {
    /// The hyphen before blanks that hold the end of a line, between a letter and another, which is
    /// no capital letter if the hyphen is a hard one.
    fn hyphen(self, text: &str, end: usize, next: usize) -> Option<Hyphen> {
        let mut before = text[..end].chars().rev();
        let hyphen = match before.next()? {
            '-' | '\u{2010}' if self.wrapped => Hyphen::Hard,
            '\u{AD}' => Hyphen::Soft,
            _ => return None,
        };
        let after = text[next..].chars().next()?;
        let is_broken = before.next()?.is_alphabetic()
            && after.is_alphabetic()
            && (hyphen == Hyphen::Soft || !after.is_uppercase());
        (is_broken && text[end..next].contains('\n')).then_some(hyphen)
    }
}

/// Whether a text has a soft hyphen at the end of a line.
pub(crate) fn has_soft_break(text: &str) -> bool {
    text.contains("\u{AD}\n") || text.contains("\u{AD}\r\n")
}

/// Whether the first word of `text` begins with a capital letter.
fn before_capital(text: &str) -> bool {
    text.chars().find(|character| character.is_alphanumeric()).is_some_and(char::is_uppercase)
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

/// Whether a mark may end a sentence without white space behind it: not what stands in and around
/// words, such as typographic apostrophes, quotation marks, dashes and dots.
fn may_end_unspaced(mark: char) -> bool {
    !matches!(mark, '.' | '\u{A0}'..='\u{BF}' | '\u{2010}'..='\u{2023}' | '\u{2025}'..='\u{2027}')
}

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
    // The annex puts the end behind invisible characters that follow the blanks.
    let last = skip(text, next, is_invisible);
    bounds(text, mark, last).any(|bound| (next..=last).contains(&bound))
}

/// Whether a character belongs to the one before it (SB5): soft hyphens, marks of direction and
/// others that nobody sees.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
    )
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

    /// The ends of sentences where no word is an abbreviation.
    fn for_each_end(text: &str, unspaced: bool, mut visit: impl FnMut(usize)) {
        for_each_mark(text, Marks { unspaced, wrapped: false }, |end, mark| {
            if mark.end != SentenceEnd::No {
                visit(end);
            }
        });
    }

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

    #[test]
    fn words_with_a_full_stop_are_marked() {
        let mut marks = Vec::new();
        let text = "Mr. X (no. 3) Said, etc., so. (So!) A king. \"I.\" 5. end.";
        for_each_mark(text, Marks::default(), |end, mark| marks.push((&text[..end], mark)));
        let maybe = |before_capital| SentenceEnd::UnlessAbbreviation { before_capital };
        let expected = [
            ("Mr.", maybe(true), true),
            ("no.", maybe(false), true),
            ("etc.,", SentenceEnd::No, true),
            ("so.", maybe(true), true),
            ("(So!)", SentenceEnd::Yes, false),
            ("king.", maybe(true), true),
            ("\"I.\"", SentenceEnd::Yes, true),
            ("5.", SentenceEnd::No, true),
            ("end.", SentenceEnd::No, true),
        ];
        assert_eq!(marks.len(), expected.len(), "{marks:?}");
        for ((before, mark), (word, end, has_stop)) in marks.into_iter().zip(expected) {
            assert!(before.ends_with(word), "{before} {word}");
            assert_eq!(mark, Mark { end, has_stop, hyphen: None }, "{before}");
        }
    }

    #[test]
    fn invisible_characters_hide_no_end() {
        let seen = |text: &str| {
            let mut marks = Vec::new();
            for_each_mark(text, Marks::default(), |_, mark| marks.push(mark));
            marks
        };
        let expected = seen("He met Mr. X. The end. so");
        assert_eq!(expected.len(), 3);
        for text in [
            "He met Mr. \u{200E}X. \u{FEFF}The end. so",
            "He met Mr\u{AD}. X\u{200F}. The end. \u{2060}so",
            "He met Mr.\u{2060} X.\u{202C} The end.\u{200D} so",
            "He met Mr. X\u{202F}. The end\u{A0}. so",
        ] {
            assert_eq!(seen(text), expected, "{text:?}");
        }
    }

    #[test]
    fn words_broken_at_the_end_of_a_line_are_marked() {
        let text = "the represen-\ntatives of uni\u{ad}\r\n  ted New-\nYork 1-\n2 a -\nb so-\n\nit";
        let mut found = Vec::new();
        for_each_mark(text, Marks { wrapped: true, unspaced: false }, |end, mark| {
            found.push((text[..end].rsplit([' ', '\n']).next().unwrap(), mark.hyphen));
        });
        let (hard, soft) = (Some(Hyphen::Hard), Some(Hyphen::Soft));
        assert_eq!(found, [("represen-", hard), ("uni\u{ad}", soft), ("so-", None)]);
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
