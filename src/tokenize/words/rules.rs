//! The words of any text, by definition: the whole text is cleaned, brought into the normal form
//! and cut by the rules of Unicode Standard Annex 29; each word is lower-cased.
//!
//! Four things differ from the annex. Runs of scripts without spaces between words are cut by
//! [`Segmenter`](crate::tokenize::segment::Segmenter). U+202F, the narrow no-break space, ends a
//! word as U+00A0 does. A token begins with a character of a word, not with a space or a mark of
//! punctuation that bears a combining mark. And, where that is asked for, hyphens join words, and
//! emoji are tokens.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};
use unicode_segmentation::UnicodeSegmentation;

use super::changes::WordChanges;
use super::classes::{CORE, DIGIT, EXTEND, LETTER, UNSPACED};
use super::config::NormalForm;
use super::cutter::WordCutter;
use super::emoji::is_emoji;

impl WordCutter {
    /// Calls `visit` with each token of `text`.
    pub(super) fn cut_by_rules(
        &self,
        text: &str,
        changes: &mut WordChanges,
        visit: &mut impl FnMut(&str, bool),
    ) {
        let text = self.cleaning.clean(text, changes);
        let form = self.config.normalization;
        let mut text = normalize(text, form, changes);
        if form == NormalForm::Nfkc {
            // The presentation forms of Arabic hold tatweels; others hold apostrophes.
            text = self.cleaning.clean(&text, &mut WordChanges::default()).nfc().collect();
        }
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let is_unspaced = self.class(first) & UNSPACED != 0;
            let goes_on = |character: char| {
                let class = self.class(character);
                class & EXTEND != 0 || (class & UNSPACED != 0) == is_unspaced
            };
            let end = rest.find(|character| !goes_on(character)).unwrap_or(rest.len());
            let (part, behind) = rest.split_at(end);
            if is_unspaced {
                self.cut_unspaced(part, visit)
            } else {
                self.cut_spaced(part, visit)
            }
            rest = behind;
        }
    }

    fn class(&self, character: char) -> u32 {
        self.cleaning.classes.class(character)
    }

    /// Calls `visit` with the tokens of a run of scripts without spaces.
    pub(super) fn cut_unspaced(&self, run: &str, visit: &mut impl FnMut(&str, bool)) {
        self.segmenter.cut(run, &mut |word| {
            // Iteration marks and the like are no words.
            if word.chars().any(char::is_alphanumeric) {
                self.finish(word, false, word.chars().any(char::is_alphabetic), "", visit)
            }
        });
    }

    /// Calls `visit` with the tokens of text in the normal form that is cut by the annex alone.
    fn cut_spaced(&self, text: &str, visit: &mut impl FnMut(&str, bool)) {
        let classes = self.cleaning.classes;
        let mut lower = String::new();
        let mut bounds = text.split_word_bound_indices().peekable();
        while let Some((start, segment)) = bounds.next() {
            if self.config.emoji && is_emoji(segment, classes) {
                visit(segment, false);
                continue;
            }
            if !is_word(segment) {
                continue;
            }
            let mut end = start + segment.len();
            if self.cleaning.hyphens {
                while self.is_joined(text, end) {
                    // The hyphen, and the word behind it.
                    end += 1;
                    bounds.next();
                    end += bounds.next().map_or(0, |(_, segment)| segment.len());
                }
            }
            let begins = |c: char| c.is_alphanumeric() || self.class(c) & (CORE | EXTEND) != 0;
            let word = text[start..end].trim_start_matches(|character| !begins(character));
            lower.clear();
            self.config.lowercase.push(word, &mut lower);
            if is_nfc_quick(lower.chars()) != IsNormalized::Yes {
                lower = lower.nfc().collect();
            }
            let has_letter = word.chars().any(char::is_alphabetic);
            let is_capital = word.chars().next().is_some_and(char::is_uppercase);
            self.finish(&lower, is_capital, has_letter, &text[end..], visit);
        }
    }

    /// Whether a hyphen at `end` joins the word before it to the character behind it.
    fn is_joined(&self, text: &str, end: usize) -> bool {
        let next = text[end..].strip_prefix('-').and_then(|behind| behind.chars().next());
        let is_mark = |character: &char| self.class(*character) & EXTEND != 0;
        let last = text[..end].chars().rev().find(|character| !is_mark(character));
        let class = |character: Option<char>| character.map_or(0, |it| self.class(it));
        let (last, next) = (class(last), class(next));
        let is_part = |class: u32| class & (LETTER | DIGIT) != 0;
        is_part(last) && is_part(next) && last & next & DIGIT == 0
    }
}

fn is_word(segment: &str) -> bool {
    segment.chars().any(char::is_alphanumeric)
}

/// The text in a normal form; counts the stretches between white space that this changes.
fn normalize(text: String, form: NormalForm, changes: &mut WordChanges) -> String {
    let is_normal = |text: &str| {
        IsNormalized::Yes
            == match form {
                NormalForm::Nfc => is_nfc_quick(text.chars()),
                NormalForm::Nfkc => is_nfkc_quick(text.chars()),
            }
    };
    if is_normal(&text) {
        return text;
    }
    let mut normal = String::with_capacity(text.len());
    // White space composes with nothing behind it.
    for stretch in text.split_inclusive(char::is_whitespace) {
        let start = normal.len();
        if is_normal(stretch) {
            normal.push_str(stretch);
            continue;
        }
        match form {
            NormalForm::Nfc => normal.extend(stretch.nfc()),
            NormalForm::Nfkc => normal.extend(stretch.nfkc()),
        }
        changes.normalized += u64::from(normal[start..].trim_end() != stretch.trim_end());
    }
    normal
}
