//! What each character is to the tokenizer `words`, in tables of 128 characters.
//!
//! The classes are those of Unicode Standard Annex 29. They are not written down here but found by
//! asking `unicode-segmentation` how a character behaves between others, so that table and rules
//! are always of the same version of Unicode. A block of the table is filled when a text first
//! needs it.

use std::sync::{LazyLock, OnceLock};

use crate::tokenize::segment::Segmenter;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, is_nfc_quick, is_nfkc_quick};
use unicode_segmentation::UnicodeSegmentation;

use super::config::NormalForm;

/// Letters of scripts with spaces between words (ALetter and Hebrew_Letter).
pub(super) const LETTER: u32 = 1;
/// Hebrew letters, which also hold quotation marks in a word.
pub(super) const HEBREW: u32 = 1 << 1;
/// Digits (Numeric).
pub(super) const DIGIT: u32 = 1 << 2;
/// What joins both, such as the underscore (ExtendNumLet).
pub(super) const CONNECTOR: u32 = 1 << 3;
/// Marks, which belong to the character before them (Extend and Format).
pub(super) const EXTEND: u32 = 1 << 4;
/// What letters on either side keep in a word (MidLetter and MidNumLet).
pub(super) const MID_LETTER: u32 = 1 << 5;
/// What digits on either side keep in a word (MidNum and MidNumLet).
pub(super) const MID_DIGIT: u32 = 1 << 6;
/// What is dropped wherever it stands: see [`dropped`].
pub(super) const DROPPED: u32 = 1 << 7;
/// What lower-casing changes.
pub(super) const CASED: u32 = 1 << 8;
/// Alphabetic and numeric characters: a word has at least one.
pub(super) const WORDLY: u32 = 1 << 9;
/// Alphabetic characters.
pub(super) const ALPHABETIC: u32 = 1 << 10;
/// Apostrophes that may become `'`.
pub(super) const APOSTROPHE: u32 = 1 << 11;
/// Characters of scripts without spaces between words.
pub(super) const UNSPACED: u32 = 1 << 12;
/// What the rules must look at: what a normal form may change, and what is dropped in some
/// surroundings alone.
pub(super) const COMPLEX: u32 = 1 << 13;
/// Hyphens within words.
pub(super) const HYPHEN: u32 = 1 << 14;
/// The capital sigma, whose small form depends on its place.
pub(super) const SIGMA: u32 = 1 << 15;
/// Pictographs, of which most are emoji.
pub(super) const PICTOGRAPH: u32 = 1 << 16;
/// What emoji are made of beside pictographs.
pub(super) const EMOJI_PART: u32 = 1 << 17;
/// Quotation marks that Hebrew letters hold in a word.
pub(super) const HEBREW_QUOTE: u32 = 1 << 18;
/// Characters beyond ASCII.
pub(super) const BEYOND_ASCII: u32 = 1 << 19;
/// What words are made of.
pub(super) const CORE: u32 = LETTER | DIGIT | CONNECTOR;

/// What a character is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The flags above.
    pub(super) class: u32,
    /// Its small form by the default mapping.
    pub(super) lower: char,
    /// Its canonical combining class: marks in one word must ascend.
    pub(super) combining: u8,
}

/// Why a character is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    Invisible,
    Tatweel,
    Intonation,
}

/// Whether a character is dropped wherever it stands, and why.
///
/// Invisible: soft hyphen, joiners of lines, marks of direction, variation selectors, marks of
/// annotation, tags, invisible operators, fillers. (In emoji, where emoji are kept, variation
/// selectors and tags stay.) The Armenian marks of intonation are punctuation that stands on a
/// vowel: a word has them in one sentence and not in another.
pub(super) fn dropped(character: char) -> Option<Dropped> {
    Some(match character {
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF9}'
        | '\u{FFFB}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E007F}'
        | '\u{E0100}'..='\u{E01EF}' => Dropped::Invisible,
        '\u{640}' => Dropped::Tatweel,
        '\u{55B}' | '\u{55C}' | '\u{55E}' => Dropped::Intonation,
        _ => return None,
    })
}

/// Whether what a character becomes depends on its neighbours: joiners, Mongolian selectors, the
/// Hebrew geresh and gershayim, and the letters of flags, which the rules count.
fn depends_on_neighbors(character: char) -> bool {
    matches!(
        character,
        '\u{200C}' | '\u{200D}' | '\u{180B}'..='\u{180F}' | '\u{5F3}' | '\u{5F4}' | '\u{FFFA}'
            | '\u{1F1E6}'..='\u{1F1FF}'
    )
}

/// Apostrophes that are punctuation: the typographic ones, and those of full width.
pub(super) const MARK_APOSTROPHES: [char; 3] = ['\u{2018}', '\u{2019}', '\u{FF07}'];
/// Accents and marks that are typed in place of an apostrophe.
pub(super) const TYPED_APOSTROPHES: [char; 3] = ['`', '\u{B4}', '\u{201B}'];
/// Apostrophes that are letters: the modifier letter, the 'okina, and the saltillo.
pub(super) const LETTER_APOSTROPHES: [char; 4] = ['\u{2BB}', '\u{2BC}', '\u{A78B}', '\u{A78C}'];

/// The rows of ideographs and of Korean syllables, whose class is known without asking.
fn known_class(character: char) -> Option<u32> {
    match character {
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}' => {
            Some(UNSPACED)
        }
        '\u{AC00}'..='\u{D7A3}' => Some(LETTER),
        _ => None,
    }
}

/// Whether the rules see no end of a word within a text.
fn is_one(text: &str) -> bool {
    text.split_word_bounds().nth(1).is_none()
}

/// The class of a character by the rules: how it behaves behind and between others.
fn class_by_rules(character: char) -> u32 {
    if let Some(class) = known_class(character) {
        return class;
    }
    let c = character;
    let katakana = is_one(&format!("カ{c}"));
    if is_one(&format!("!{c}")) {
        EXTEND
    } else if is_one(&format!("A{c}")) {
        if katakana {
            CONNECTOR
        } else if is_one(&format!("A:{c}")) {
            LETTER | if is_one(&format!("{c}'")) { HEBREW } else { 0 }
        } else if is_one(&format!("1,{c}")) {
            DIGIT
        } else {
            COMPLEX
        }
    } else if katakana || (Segmenter::is_unspaced(c) && c.is_alphanumeric()) {
        UNSPACED
    } else {
        (if is_one(&format!("A{c}A")) { MID_LETTER } else { 0 })
            | (if is_one(&format!("1{c}1")) { MID_DIGIT } else { 0 })
    }
}

fn entry_of(character: char, form: NormalForm) -> Entry {
    let combining = canonical_combining_class(character);
    let mut lower = character.to_lowercase();
    let mut entry = Entry { class: 0, lower: character, combining };
    let is_normal = |character: char| {
        let one = std::iter::once(character);
        IsNormalized::Yes
            == match form {
                NormalForm::Nfc => is_nfc_quick(one),
                NormalForm::Nfkc => is_nfkc_quick(one),
            }
    };
    let flag = |holds: bool, flag: u32| if holds { flag } else { 0 };
    let in_emoji = matches!(
        character,
        '#' | '*' | '\u{FE0F}' | '\u{20E3}' | '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}'
            | '\u{E0020}'..='\u{E007F}'
    );
    entry.class |= flag(!character.is_ascii(), BEYOND_ASCII) | flag(in_emoji, EMOJI_PART);
    if dropped(character).is_some() {
        entry.class |= DROPPED;
        return entry;
    }
    // The narrow no-break space ends a word like the wide one, though the annex joins words by it.
    if character != '\u{202F}' {
        entry.class |= class_by_rules(character);
    }
    let is_typed = TYPED_APOSTROPHES.contains(&character);
    let is_apostrophe = is_typed
        || MARK_APOSTROPHES.contains(&character)
        || LETTER_APOSTROPHES.contains(&character);
    entry.class |= flag(character.is_alphanumeric(), WORDLY)
        | flag(character.is_alphabetic(), ALPHABETIC)
        | flag(is_typed, MID_LETTER)
        | flag(is_apostrophe, APOSTROPHE)
        | flag(matches!(character, '-' | '\u{2010}' | '\u{2011}'), HYPHEN)
        | flag(character == 'Σ', SIGMA)
        | flag(matches!(character, '\'' | '"' | '\u{201D}'), HEBREW_QUOTE)
        | flag(!is_normal(character) || depends_on_neighbors(character), COMPLEX);
    if entry.class & WORDLY != 0 && entry.class & (CORE | EXTEND | UNSPACED) == 0 {
        // A word by itself, such as `½`.
        entry.class |= COMPLEX;
    }
    let may_be_pictograph = entry.class & (EXTEND | UNSPACED) == 0 && !character.is_ascii();
    if may_be_pictograph && is_one(&format!("\u{200D}{character}")) {
        entry.class |= PICTOGRAPH;
    }
    if character == 'İ' {
        (entry.lower, entry.class) = ('i', entry.class | CASED);
    } else {
        match (lower.next(), lower.next()) {
            (Some(small), None) if small == character => {}
            (Some(small), None) if is_normal(small) => {
                (entry.lower, entry.class) = (small, entry.class | CASED);
            }
            _ => entry.class |= CASED | COMPLEX,
        }
    }
    entry
}

/// Characters of a block.
const BLOCK: usize = 128;
/// The characters of the table: those of the first two planes, where all but rare ideographs,
/// selectors and tags are.
const N_CHARACTERS: usize = 0x2_0000;

/// The entries of all characters for a normal form.
pub(super) struct Classes {
    form: NormalForm,
    blocks: Vec<OnceLock<Box<[Entry]>>>,
    /// The classes of ASCII by bytes; all others are [`BEYOND_ASCII`].
    pub(super) bytes: [u32; 256],
}

impl Classes {
    /// The table for a normal form.
    pub(super) fn of(form: NormalForm) -> &'static Self {
        static NFC: LazyLock<Classes> = LazyLock::new(|| Classes::new(NormalForm::Nfc));
        static NFKC: LazyLock<Classes> = LazyLock::new(|| Classes::new(NormalForm::Nfkc));
        match form {
            NormalForm::Nfc => &NFC,
            NormalForm::Nfkc => &NFKC,
        }
    }

    fn new(form: NormalForm) -> Self {
        let blocks = (0..N_CHARACTERS / BLOCK).map(|_| OnceLock::new()).collect();
        let class = |byte: u8| {
            if byte.is_ascii() { entry_of(char::from(byte), form).class } else { BEYOND_ASCII }
        };
        Self { form, blocks, bytes: std::array::from_fn(|byte| class(byte as u8)) }
    }

    /// What a character is.
    #[inline]
    pub(super) fn entry(&self, character: char) -> Entry {
        let code = character as usize;
        let Some(block) = self.blocks.get(code / BLOCK) else {
            return entry_of(character, self.form);
        };
        match block.get() {
            Some(entries) => entries[code % BLOCK],
            None => self.fill(block, code / BLOCK)[code % BLOCK],
        }
    }

    #[cold]
    fn fill<'a>(&self, block: &'a OnceLock<Box<[Entry]>>, number: usize) -> &'a [Entry] {
        block.get_or_init(|| {
            let codes = (number * BLOCK..(number + 1) * BLOCK).map(|code| code as u32);
            // No text holds surrogates.
            let entry = |code| entry_of(char::from_u32(code).unwrap_or('\0'), self.form);
            codes.map(entry).collect()
        })
    }

    /// The flags of a character.
    #[inline]
    pub(super) fn class(&self, character: char) -> u32 {
        self.entry(character).class
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_the_classes_of_the_annex() {
        let classes = Classes::of(NormalForm::Nfc);
        let class = |character| classes.class(character) & !(BEYOND_ASCII | WORDLY | ALPHABETIC);
        for letter in ['a', 'é', 'я', 'ა', 'ش', 'ह', '한', 'ሀ', 'ཀ', '𐐨', '\u{2139}']
        {
            assert_eq!(class(letter) & CORE, LETTER, "{letter}");
        }
        for digit in ['7', '٣', '५', '๕'] {
            assert_eq!(class(digit), DIGIT, "{digit}");
        }
        assert_eq!(class('א'), LETTER | HEBREW);
        assert_eq!(class('_'), CONNECTOR);
        assert_eq!(class(':'), MID_LETTER);
        assert_eq!(class('·'), MID_LETTER);
        assert_eq!(class(','), MID_DIGIT);
        assert_eq!(class('.'), MID_LETTER | MID_DIGIT);
        assert_eq!(class('\''), MID_LETTER | MID_DIGIT | HEBREW_QUOTE);
        assert_eq!(class('’'), MID_LETTER | MID_DIGIT | APOSTROPHE);
        assert_eq!(class('`'), MID_LETTER | APOSTROPHE);
        assert_eq!(class('\u{2BC}'), LETTER | APOSTROPHE);
        assert_eq!(class('\u{94D}'), EXTEND);
        assert_eq!(class('\u{301}'), EXTEND | COMPLEX);
        for unspaced in ['ก', 'ລ', 'က', 'ក', '漢', 'ひ', 'カ', '𠀀'] {
            assert_eq!(class(unspaced), UNSPACED, "{unspaced}");
        }
        for other in [' ', '\u{A0}', '\u{202F}', '\u{200B}', '!', '«', '।', '፡', '་', '\n'] {
            assert_eq!(class(other), 0, "{other:?}");
        }
        assert_eq!(class('😊'), PICTOGRAPH);
        assert_eq!(class('\u{AD}'), DROPPED);
    }

    #[test]
    fn what_is_said_without_asking_is_what_the_rules_say() {
        for character in ['㐀', '一', '鿿', '𠀀', '가', '힣', '뷁'] {
            let letter = is_one(&format!("A{character}"));
            assert_eq!(known_class(character), Some(if letter { LETTER } else { UNSPACED }));
        }
    }
}
