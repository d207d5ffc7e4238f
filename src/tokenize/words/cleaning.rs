//! Characters that differ in no way that a reader sees or means become the same.
//!
//! In: any text. Out: the text without invisible characters that carry no meaning where they stand,
//! without tatweels and Armenian marks of intonation, and with one apostrophe, `'`, within words.
//! Apostrophes at the edges of words are left to the rules; those that are letters stay there as
//! they are.
//!
//! A joiner carries meaning where it changes which letters are meant (The Unicode Standard,
//! chapters 9, 12 and 13; Unicode Standard Annex 31, section 2.3). The non-joiner does between
//! Arabic letters and behind a virama. The joiner does in Sinhala conjuncts, in the Malayalam
//! chillu letters and the Bengali khanda ta of older texts, in the eyelash form of the Devanagari
//! ra, before a virama, and in emoji.

use unicode_normalization::char::canonical_combining_class;

use super::changes::WordChanges;
use super::classes::{
    APOSTROPHE, Classes, DIGIT, Dropped, EXTEND, HEBREW, LETTER, LETTER_APOSTROPHES,
    MARK_APOSTROPHES, PICTOGRAPH, TYPED_APOSTROPHES, dropped,
};

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const BLACK_FLAG: char = '\u{1F3F4}';

/// Canonical combining class of viramas, the marks that take the vowel from a letter.
const VIRAMA: u8 = 9;

/// What a text is cleaned for.
#[derive(Clone, Copy)]
pub(super) struct Cleaning {
    pub(super) classes: &'static Classes,
    /// Whether emoji are kept, with what belongs to them.
    pub(super) emoji: bool,
    /// Whether the hyphens U+2010 and U+2011 become `-`.
    pub(super) hyphens: bool,
}

impl Cleaning {
    /// The text cleaned, and what was done to it.
    pub(super) fn clean(self, text: &str, changes: &mut WordChanges) -> String {
        let mut output = Output {
            cleaning: self,
            text: String::with_capacity(text.len()),
            before: [None; 2],
            base: 0,
            pending: None,
            changes,
        };
        text.chars().for_each(|character| output.look(character));
        output.resolve(None);
        output.text
    }
}

/// A text that grows; at most one character waits for the next to decide what becomes of it.
struct Output<'a> {
    cleaning: Cleaning,
    text: String,
    /// The last characters that were kept, the last one first.
    before: [Option<char>; 2],
    /// The class of the last character that was kept and is no mark.
    base: u32,
    pending: Option<char>,
    changes: &'a mut WordChanges,
}

impl Output<'_> {
    fn look(&mut self, character: char) {
        match character {
            // In emoji alone.
            EMOJI_STYLE if self.cleaning.emoji => return self.look_at_joiner(character),
            '\u{E0020}'..='\u{E007F}' if self.cleaning.emoji && self.is_in_flag() => {
                return self.keep(character, 0);
            }
            NON_JOINER | JOINER | '\u{180B}'..='\u{180F}' => return self.look_at_joiner(character),
            _ => {}
        }
        if let Some(why) = dropped(character) {
            count(self.changes, why);
            return;
        }
        self.resolve(Some(character));
        match character {
            // The reading of a word begins.
            '\u{FFFA}' => {
                self.changes.invisible += 1;
                self.keep(' ', 0);
            }
            '\u{202F}' => self.keep(' ', 0),
            '\u{2010}' | '\u{2011}' if self.cleaning.hyphens => self.keep('-', 0),
            _ if is_quote(character) => self.pending = Some(character),
            _ => self.keep(character, self.cleaning.classes.class(character)),
        }
    }

    fn look_at_joiner(&mut self, joiner: char) {
        if self.pending.is_none() {
            self.pending = Some(joiner);
        } else {
            self.changes.invisible += 1;
        }
    }

    /// Decides on the character that waits; `next` follows it.
    fn resolve(&mut self, next: Option<char>) {
        let Some(pending) = self.pending.take() else { return };
        if !is_quote(pending) {
            if self.is_meant(pending, next) {
                // A joiner is a mark: it leaves the base as it is.
                self.keep(pending, EXTEND);
            } else {
                self.changes.invisible += 1;
            }
            return;
        }
        let next = next.map_or(0, |next| self.cleaning.classes.class(next));
        let plain = self.plain_quote(pending, next);
        self.changes.apostrophes += u64::from(plain != pending);
        self.keep(plain, self.cleaning.classes.class(plain));
    }

    /// What becomes of an apostrophe or a quotation mark: itself unless it stands within a word.
    fn plain_quote(&self, quote: char, next: u32) -> char {
        let between = |class: u32| {
            let is_apostrophe = (self.base | next) & APOSTROPHE != 0;
            self.base & next & class != 0 && !is_apostrophe
        };
        match quote {
            // After the last letter it marks a foreign sound or an abbreviation.
            '\u{5F3}' if self.base & HEBREW != 0 => '\'',
            '\u{5F4}' | '\u{201D}' if between(HEBREW) => '"',
            '\u{5F3}' | '\u{5F4}' | '\u{201D}' => quote,
            _ if between(LETTER) => '\'',
            _ if between(DIGIT) && !TYPED_APOSTROPHES.contains(&quote) => '\'',
            _ => quote,
        }
    }

    fn keep(&mut self, character: char, class: u32) {
        self.text.push(character);
        self.before = [Some(character), self.before[0]];
        if class & EXTEND == 0 {
            self.base = class;
        }
    }

    /// Whether the last character is a black flag, or a tag behind one.
    fn is_in_flag(&self) -> bool {
        matches!(self.before[0], Some(BLACK_FLAG | '\u{E0020}'..='\u{E007E}'))
    }

    /// Whether a joiner or a selector carries meaning between what stands before it and `next`.
    fn is_meant(&self, joiner: char, next: Option<char>) -> bool {
        let (Some(last), before) = (self.before[0], self.before[1]) else { return false };
        if joiner == EMOJI_STYLE {
            let is_key = last.is_ascii_digit() || matches!(last, '#' | '*');
            return self.is_pictograph(last) || (is_key && next == Some(KEYCAP));
        }
        if matches!(joiner, '\u{180B}'..='\u{180F}') {
            return matches!(last, '\u{1820}'..='\u{18AA}');
        }
        if joiner == JOINER {
            // Malayalam chillu and Bengali khanda ta: also at the end of a word.
            match (before, last) {
                (Some(letter), '\u{D4D}') if is_chillu_base(letter) => return true,
                (Some('\u{9A4}'), '\u{9CD}') => return true,
                _ => {}
            }
        }
        let Some(next) = next else { return false };
        if joiner == NON_JOINER {
            return (is_arabic(last) && is_arabic(next))
                || (is_virama(last) && next.is_alphabetic());
        }
        if self.cleaning.emoji && self.is_pictograph(next) {
            return self.is_pictograph(last)
                || matches!(last, EMOJI_STYLE | '\u{1F3FB}'..='\u{1F3FF}');
        }
        match (before, last) {
            _ if is_virama(next) => last.is_alphabetic(),
            (_, '\u{DCA}') => matches!(next, '\u{D80}'..='\u{DFF}'),
            (Some('\u{930}'), '\u{94D}') => next.is_alphabetic(),
            _ => false,
        }
    }

    fn is_pictograph(&self, character: char) -> bool {
        self.cleaning.classes.class(character) & PICTOGRAPH != 0
    }
}

/// Counts a character that is dropped.
pub(super) fn count(changes: &mut WordChanges, why: Dropped) {
    match why {
        Dropped::Invisible => changes.invisible += 1,
        Dropped::Tatweel => changes.tatweel += 1,
        Dropped::Intonation => changes.intonation += 1,
    }
}

/// Apostrophes other than `'`, and the quotation marks of Hebrew words other than `"`.
fn is_quote(character: char) -> bool {
    MARK_APOSTROPHES.contains(&character)
        || TYPED_APOSTROPHES.contains(&character)
        || LETTER_APOSTROPHES.contains(&character)
        || matches!(character, '\u{5F3}' | '\u{5F4}' | '\u{201D}')
}

/// Malayalam letters that have a form without vowel.
fn is_chillu_base(letter: char) -> bool {
    matches!(letter, '\u{D15}' | '\u{D23}' | '\u{D28}' | '\u{D30}' | '\u{D32}' | '\u{D33}')
}

fn is_virama(character: char) -> bool {
    canonical_combining_class(character) == VIRAMA
}

/// Letters and marks of the Arabic and Syriac scripts.
fn is_arabic(character: char) -> bool {
    matches!(
        character,
        '\u{610}'..='\u{61A}'
            | '\u{620}'..='\u{65F}'
            | '\u{66E}'..='\u{6D3}'
            | '\u{6D5}'..='\u{6DC}'
            | '\u{6DF}'..='\u{6E8}'
            | '\u{6EA}'..='\u{6EF}'
            | '\u{6FA}'..='\u{6FC}'
            | '\u{6FF}'
            | '\u{710}'..='\u{8FF}'
            | '\u{FB50}'..='\u{FDFB}'
            | '\u{FE70}'..='\u{FEFC}'
    )
}

#[cfg(test)]
mod tests {
    use super::super::config::NormalForm;
    use super::*;

    fn clean(text: &str) -> String {
        let classes = Classes::of(NormalForm::Nfc);
        let cleaning = Cleaning { classes, emoji: false, hyphens: false };
        cleaning.clean(text, &mut WordChanges::default())
    }

    #[test]
    fn invisible_characters_are_dropped() {
        assert_eq!(
            clean("co\u{AD}op main\u{2060}tain zeit\u{34F}geist"),
            "coop maintain zeitgeist"
        );
        assert_eq!(clean("\u{2068}Anna\u{2069} \u{202A}Anna\u{202C}\u{FEFF}"), "Anna Anna");
        assert_eq!(clean("שלום\u{200F} سلام\u{61C}"), "שלום سلام");
        assert_eq!(clean("a\u{FE00} 辻\u{E0100} \u{E0041}"), "a 辻 ");
        assert_eq!(clean("ســــلام"), "سلام");
        assert_eq!(clean("Ինչպե՞ս"), "Ինչպես");
        assert_eq!(clean("\u{FFF9}漢\u{FFFA}kan\u{FFFB}"), "漢 kan");
    }

    #[test]
    fn joiners_stay_where_they_carry_meaning() {
        for text in [
            "می\u{200C}خواهم", // Persian
            "ক্\u{200C}ষ",      // a virama that is seen, Bengali
            "ක්\u{200D}රීඩා",     // Sinhala conjunct
            "അവന്\u{200D}",     // an old chillu at the end, followed by a space
            "র\u{200D}্যাব",     // ra before ya-phala, Bengali
            "गर्\u{200D}यो",    // eyelash ra, Nepali
        ] {
            let text = format!("{text} .");
            assert_eq!(clean(&text), text);
        }
        assert_eq!(clean("അവന്\u{200D}"), "അവന്\u{200D}");
        assert_eq!(clean("स्\u{200D}थान"), "स्थान");
        assert_eq!(clean("Auf\u{200C}lage a\u{200D}b"), "Auflage ab");
        assert_eq!(clean("\u{200C}کتاب\u{200C} ها\u{200C}"), "کتاب ها");
        assert_eq!(clean("می\u{200C}\u{200C}\u{200D}خواهم"), "می\u{200C}خواهم");
        assert_eq!(clean("ه\u{200D}"), "ه");
    }

    #[test]
    fn there_is_one_apostrophe_within_words() {
        for apostrophe in ['\'', '’', '‘', 'ʼ', 'ʻ', '`', '´', '＇', 'ꞌ', '‛'] {
            assert_eq!(clean(&format!("don{apostrophe}t")), "don't", "{apostrophe}");
            assert_eq!(clean(&format!("cafe\u{301}{apostrophe}\u{AD}s")), "cafe\u{301}'s");
            let edges = format!("{apostrophe}a b{apostrophe}");
            assert_eq!(clean(&edges), edges);
        }
        assert_eq!(clean("1’000"), "1'000");
        assert_eq!(clean("1`000 a’1 aʻʻb"), "1`000 a’1 aʻʻb");
        assert_eq!(clean("צה״ל צה”ל ג׳ורג׳ ״צה״"), "צה\"ל צה\"ל ג'ורג' ״צה״");
    }

    #[test]
    fn what_was_done_is_counted() {
        let mut changes = WordChanges::default();
        let classes = Classes::of(NormalForm::Nfc);
        let cleaning = Cleaning { classes, emoji: true, hyphens: true };
        let text = "co\u{AD}op don’t ســلام a\u{200D}b 👩\u{200D}🚀❤\u{FE0F} a\u{2010}b \
                    1\u{FE0F}\u{20E3} ո՞";
        assert_eq!(
            cleaning.clean(text, &mut changes),
            "coop don't سلام ab 👩\u{200D}🚀❤\u{FE0F} a-b 1\u{FE0F}\u{20E3} ո"
        );
        let expected =
            WordChanges { invisible: 2, apostrophes: 1, tatweel: 2, intonation: 1, normalized: 0 };
        assert_eq!(changes, expected);
    }
}
