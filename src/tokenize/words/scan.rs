//! The same words as by the rules, fast: what the rules say about letters, digits, marks and what
//! may stand between them is read from a table, and only where that does not suffice a stretch of
//! the text goes through the rules.
//!
//! Such a stretch begins where a word would begin and ends before white space that a plain
//! character follows. No rule of the annex looks across either, and no character before composes
//! with one behind, so cutting there changes nothing.

use super::changes::WordChanges;
use super::classes::{
    ALPHABETIC, APOSTROPHE, BEYOND_ASCII, CASED, CORE, DIGIT, DROPPED, EXTEND, HEBREW,
    HEBREW_QUOTE, HYPHEN, LETTER, MID_DIGIT, MID_LETTER, SIGMA, UNSPACED, WORDLY, dropped,
};
use super::cleaning::count;
use super::config::Lowercase;
use super::cutter::WordCutter;

/// What behind a word of ASCII may be a part of it.
const JOINING: u32 = MID_LETTER | MID_DIGIT | HYPHEN | BEYOND_ASCII;

/// A character of a text.
#[derive(Clone, Copy)]
struct Look {
    class: u32,
    combining: u8,
    /// Bytes.
    length: usize,
}

/// What a scan found at the beginning of a word.
enum Found {
    /// A word that ends there, with the classes of all its characters.
    Word { end: usize, seen: u32 },
    /// What the rules must look at.
    Complex,
}

impl WordCutter {
    /// Calls `visit` with each token of `text`.
    pub(in crate::tokenize) fn cut(
        &self,
        text: &str,
        changes: &mut WordChanges,
        visit: &mut impl FnMut(&str, bool),
    ) {
        // Behind `done` no token has been found yet.
        let (mut position, mut done, mut lower) = (0, 0, String::new());
        let (bytes, classes) = (text.as_bytes(), &self.cleaning.classes.bytes);
        let starts = CORE | EXTEND | UNSPACED | self.complex;
        let lowercase = self.config.lowercase;
        while position < bytes.len() {
            // Spaces and punctuation.
            let mut seen = classes[usize::from(bytes[position])];
            if seen & (starts | BEYOND_ASCII) == 0 {
                position += 1;
                continue;
            }
            // A word of ASCII between such.
            if seen & CORE != 0 {
                let (mut end, mut next) = (position + 1, 0);
                while let Some(&byte) = bytes.get(end) {
                    next = classes[usize::from(byte)];
                    if next & CORE == 0 {
                        break;
                    }
                    (seen, next, end) = (seen | next, 0, end + 1);
                }
                let is_cased = seen & CASED != 0 && lowercase != Lowercase::None;
                if next & JOINING == 0 && (!is_cased || lowercase == Lowercase::Unicode) {
                    let mut word = &text[position..end];
                    if is_cased {
                        lower.clear();
                        lower.push_str(word);
                        lower.make_ascii_lowercase();
                        word = &lower;
                    }
                    // Underscores alone are no word.
                    if seen & WORDLY != 0 {
                        let is_capital = bytes[position].is_ascii_uppercase();
                        let has_letter = seen & ALPHABETIC != 0;
                        self.finish(word, is_capital, has_letter, &text[end..], visit);
                    }
                    (position, done) = (end, end);
                    continue;
                }
            }
            let first = self.look(text, position);
            if first.class & DROPPED != 0 && first.class & self.complex == 0 {
                let is_dropped = |length: usize| {
                    let look = self.look(text, position + length);
                    (look.class & DROPPED != 0).then_some(length + look.length)
                };
                let lengths = std::iter::successors(Some(0), |&length| is_dropped(length));
                let end = position + lengths.last().unwrap_or(0);
                if self.look(text, end).class & (EXTEND | self.complex) == 0 {
                    let all = text[position..end].chars();
                    all.filter_map(dropped).for_each(|why| count(changes, why));
                    (position, done) = (end, end);
                    continue;
                }
            } else if first.class & starts == 0 {
                position += first.length;
                continue;
            }
            let found = if first.class & (self.complex | EXTEND | DROPPED) != 0 {
                Found::Complex
            } else if first.class & UNSPACED != 0 {
                self.scan_unspaced(text, position)
            } else {
                self.scan(text, position, first)
            };
            position = match found {
                Found::Word { end, seen } if seen & UNSPACED != 0 => {
                    self.cut_unspaced(&text[position..end], visit);
                    end
                }
                Found::Word { end, seen } => {
                    // Underscores alone are no word.
                    if seen & WORDLY != 0 {
                        self.word(text, position..end, seen, &mut lower, changes, visit);
                    } else if seen & DROPPED != 0 {
                        self.cleaning.clean(&text[position..end], changes);
                    }
                    end
                }
                Found::Complex => {
                    // A mark behind punctuation belongs to it.
                    let before = text[done..position].chars().next_back();
                    let start = position - before.map_or(0, char::len_utf8);
                    let end = self.next_cut(text, position);
                    self.cut_by_rules(&text[start..end], changes, visit);
                    end
                }
            };
            done = position;
        }
    }

    #[inline]
    fn look(&self, text: &str, position: usize) -> Look {
        match text.as_bytes().get(position) {
            None => Look { class: 0, combining: 0, length: 0 },
            Some(&byte) if byte.is_ascii() => Look {
                class: self.cleaning.classes.bytes[usize::from(byte)],
                combining: 0,
                length: 1,
            },
            Some(_) => match character(text, position) {
                None => Look { class: 0, combining: 0, length: 1 },
                Some(character) => {
                    let entry = self.cleaning.classes.entry(character);
                    let length = character.len_utf8();
                    Look { class: entry.class, combining: entry.combining, length }
                }
            },
        }
    }

    /// The word that begins at `start` with `first`.
    #[inline]
    fn scan(&self, text: &str, start: usize, first: Look) -> Found {
        let (mut seen, mut last, mut combining) = (first.class, first.class, 0);
        let mut position = start + first.length;
        loop {
            let next = self.look(text, position);
            if next.class & self.complex != 0 {
                return Found::Complex;
            }
            if next.class & CORE != 0 {
                last = next.class;
                combining = 0;
            } else if next.class & EXTEND != 0 {
                // Marks out of their order.
                if next.combining != 0 && next.combining < combining {
                    return Found::Complex;
                }
                combining = next.combining;
            } else if next.class & DROPPED == 0 {
                match self.joins(text, position, next, last) {
                    None => return Found::Complex,
                    Some(false) => return Found::Word { end: position, seen },
                    Some(true) => {}
                }
            }
            seen |= next.class;
            position += next.length;
        }
    }

    /// Whether `between`, at `position`, joins `last`, a letter, a digit or a connector, to the
    /// next character; `None` if the rules must say.
    #[inline]
    fn joins(&self, text: &str, position: usize, between: Look, last: u32) -> Option<bool> {
        let hyphen = if self.cleaning.hyphens { HYPHEN } else { 0 };
        if last & HEBREW != 0 && between.class & HEBREW_QUOTE != 0 {
            return None;
        }
        if between.class & (MID_LETTER | MID_DIGIT | hyphen) == 0 {
            return Some(false);
        }
        let next = self.look(text, position + between.length).class;
        if next & (EXTEND | DROPPED | self.complex) != 0 {
            return None;
        }
        let both = last & next;
        if between.class & APOSTROPHE != 0 && (last | next) & APOSTROPHE != 0 {
            return None;
        }
        let parts = LETTER | DIGIT;
        let is_hyphenated = between.class & hyphen != 0
            && last & parts != 0
            && next & parts != 0
            && both & DIGIT == 0;
        Some(
            is_hyphenated
                || (between.class & MID_LETTER != 0 && both & LETTER != 0)
                || (between.class & MID_DIGIT != 0 && both & DIGIT != 0),
        )
    }

    /// The run of scripts without spaces that begins at `start`.
    fn scan_unspaced(&self, text: &str, start: usize) -> Found {
        let (mut end, mut combining) = (start, 0);
        loop {
            let next = self.look(text, end);
            let is_out_of_order = next.combining != 0 && next.combining < combining;
            if next.class & (self.complex | DROPPED) != 0 || is_out_of_order {
                return Found::Complex;
            }
            if next.class & (UNSPACED | EXTEND) == 0 {
                return Found::Word { end, seen: UNSPACED };
            }
            combining = next.combining;
            end += next.length;
        }
    }

    /// Calls `visit` with the tokens of a word that a scan found.
    #[inline]
    fn word(
        &self,
        text: &str,
        range: std::ops::Range<usize>,
        seen: u32,
        lower: &mut String,
        changes: &mut WordChanges,
        visit: &mut impl FnMut(&str, bool),
    ) {
        let (word, rest) = (&text[range.start..range.end], &text[range.end..]);
        let mut has_letter = seen & ALPHABETIC != 0;
        let lowercase = self.config.lowercase;
        let is_cased = seen & CASED != 0 && lowercase != Lowercase::None;
        let hyphen = if self.cleaning.hyphens && seen & BEYOND_ASCII != 0 { HYPHEN } else { 0 };
        let must_clean = seen & (DROPPED | APOSTROPHE | hyphen) != 0;
        // Only a word with a letter that has a case can begin with a capital letter.
        let is_capital = seen & CASED != 0 && word.chars().next().is_some_and(char::is_uppercase);
        if !is_cased && !must_clean {
            return self.finish(word, is_capital, has_letter, rest, visit);
        }
        let cleaned;
        let word = if must_clean {
            cleaned = self.cleaning.clean(word, changes);
            // An apostrophe may have been the only letter.
            has_letter = cleaned.chars().any(char::is_alphabetic);
            cleaned.as_str()
        } else {
            word
        };
        lower.clear();
        if !is_cased {
            lower.push_str(word);
        } else if lowercase != Lowercase::Unicode || seen & SIGMA != 0 {
            lowercase.push(word, lower);
        } else if seen & BEYOND_ASCII == 0 {
            lower.push_str(word);
            lower.make_ascii_lowercase();
        } else {
            let classes = self.cleaning.classes;
            lower.extend(word.chars().map(|character| {
                if character.is_ascii() {
                    character.to_ascii_lowercase()
                } else {
                    classes.entry(character).lower
                }
            }));
        }
        self.finish(lower, is_capital, has_letter, rest, visit);
    }

    /// The first cut behind `from`, or the end.
    fn next_cut(&self, text: &str, from: usize) -> usize {
        let bytes = text.as_bytes();
        let is_cut = |&cut: &usize| {
            let after = bytes[cut];
            matches!(bytes[cut - 1], b' ' | b'\n')
                && if after < 128 {
                    !matches!(after, b' ' | b'\n')
                } else {
                    let class = self.look(text, cut).class;
                    class & LETTER != 0 && class & self.complex == 0
                }
        };
        (from + 1..bytes.len()).find(is_cut).unwrap_or(bytes.len())
    }
}

fn character(text: &str, position: usize) -> Option<char> {
    text[position..].chars().next()
}
