//! The dictionaries of ICU, built into the program: prefix trees of words, walked a character at
//! a time.
//!
//! In: characters. Out: whether they are a word, its cost, and whether a word may go on. The words
//! of Chinese and Japanese have costs, the negative logarithm of their frequency on a scale up to
//! 255; those of Thai, Lao, Khmer and Burmese have none. The data (Unicode-3.0 licence) come with
//! `icu_segmenter`, whose own walk takes the longest word at each place; the searches of this
//! folder cut better.

use std::sync::LazyLock;

use icu_collections::char16trie::{Char16Trie, Char16TrieCursor};
use icu_provider::prelude::{
    DataIdentifierBorrowed, DataMarker, DataMarkerAttributes, DataProvider, DataRequest,
};
use icu_segmenter::provider::{
    Baked, DictionaryBreakData, SegmenterDictionaryAutoV2, SegmenterDictionaryExtendedV2,
};
use zerotrie::ZeroTrieSimpleAscii;
use zerotrie::cursor::ZeroTrieSimpleAsciiCursor;

/// The dictionary of ICU with this name.
fn load<M>(name: &str) -> &'static DictionaryBreakData<'static>
where
    M: DataMarker<DataStruct = DictionaryBreakData<'static>>,
    Baked: DataProvider<M>,
{
    let attributes = DataMarkerAttributes::from_str_or_panic(name);
    let id = DataIdentifierBorrowed::for_marker_attributes(attributes);
    let found = Baked.load(DataRequest { id, ..DataRequest::default() });
    let payload = found.expect("the data of icu_segmenter hold this dictionary").payload;
    payload.get_static().expect("data that are built in are static")
}

/// The words of Chinese and Japanese.
pub(super) struct EastAsianWords {
    trie: &'static Char16Trie<'static>,
    /// What follows each first character of `FIRST`, which saves the longest of the searches.
    first: Vec<Char16TrieCursor<'static>>,
}

/// Most first characters of words: kana and Chinese characters.
const FIRST: std::ops::Range<u32> = 0x3005..0xa000;

impl EastAsianWords {
    /// The dictionary, prepared at the first call.
    pub(super) fn get() -> &'static Self {
        static WORDS: LazyLock<EastAsianWords> = LazyLock::new(|| {
            let DictionaryBreakData::Char16Trie(trie) = load::<SegmenterDictionaryAutoV2>("cjdict")
            else {
                unreachable!("this version of icu_segmenter stores it so")
            };
            let after = |character| {
                let mut cursor = trie.cursor();
                cursor.step32(character);
                cursor
            };
            EastAsianWords { trie, first: FIRST.map(after).collect() }
        });
        &WORDS
    }

    /// The words that begin with `character`.
    pub(super) fn starting_with(&self, character: char) -> EastAsianPrefix {
        let code = u32::from(character);
        let cursor = if FIRST.contains(&code) {
            self.first[(code - FIRST.start) as usize].clone()
        } else {
            let mut cursor = self.trie.cursor();
            cursor.step32(code);
            cursor
        };
        EastAsianPrefix { cursor }
    }
}

/// The beginning of words of Chinese or Japanese.
#[derive(Clone)]
pub(super) struct EastAsianPrefix {
    cursor: Char16TrieCursor<'static>,
}

impl EastAsianPrefix {
    pub(super) fn push(&mut self, character: char) {
        self.cursor.step32(u32::from(character));
    }

    /// The cost of the prefix if it is a word.
    pub(super) fn cost(&self) -> Option<i32> {
        self.cursor.value()
    }

    /// Whether no word begins with the prefix and is longer.
    pub(super) fn is_end(&self) -> bool {
        self.cursor.is_empty()
    }
}

/// Characters of the block of a script, and more than in any of them.
const BLOCK: usize = 256;

/// The words of a language of Southeast Asia.
pub(super) struct Words {
    trie: &'static ZeroTrieSimpleAscii<[u8]>,
    /// The first character of the script's block.
    block: u32,
    /// The byte that stands in the trie for each character of the block; `NO_BYTE` for none.
    bytes: [u8; BLOCK],
}

/// A byte that is in no trie.
const NO_BYTE: u8 = 0xff;

impl Words {
    fn new(name: &str, block: u32) -> Self {
        let DictionaryBreakData::ZeroTrie { alphabet, trie } =
            load::<SegmenterDictionaryExtendedV2>(name)
        else {
            unreachable!("this version of icu_segmenter stores it so")
        };
        let mut bytes = [NO_BYTE; BLOCK];
        for (code, byte) in (block..).zip(&mut bytes) {
            let position = alphabet.position32(code).and_then(|it| u8::try_from(it).ok());
            *byte = position.unwrap_or(NO_BYTE);
        }
        Self { trie: trie.as_borrowed(), block, bytes }
    }

    /// The words of Thai.
    pub(super) fn thai() -> &'static Self {
        static WORDS: LazyLock<Words> = LazyLock::new(|| Words::new("thaidict", 0xe00));
        &WORDS
    }

    /// The words of Lao.
    pub(super) fn lao() -> &'static Self {
        static WORDS: LazyLock<Words> = LazyLock::new(|| Words::new("laodict", 0xe80));
        &WORDS
    }

    /// The words of Khmer.
    pub(super) fn khmer() -> &'static Self {
        static WORDS: LazyLock<Words> = LazyLock::new(|| Words::new("khmerdict", 0x1780));
        &WORDS
    }

    /// The words of Burmese.
    pub(super) fn burmese() -> &'static Self {
        static WORDS: LazyLock<Words> = LazyLock::new(|| Words::new("burmesedict", 0x1000));
        &WORDS
    }

    /// The empty beginning of all words.
    pub(super) fn prefix(&'static self) -> Prefix {
        Prefix { cursor: self.trie.cursor(), words: self }
    }
}

/// The beginning of words of a language of Southeast Asia.
pub(super) struct Prefix {
    cursor: ZeroTrieSimpleAsciiCursor<'static>,
    words: &'static Words,
}

impl Prefix {
    /// Adds the characters of `text`; whether the prefix is now a word.
    pub(super) fn push(&mut self, text: &str) -> bool {
        let mut is_word = false;
        for character in text.chars() {
            let place = u32::from(character).wrapping_sub(self.words.block) as usize;
            self.cursor.step(self.words.bytes.get(place).copied().unwrap_or(NO_BYTE));
            is_word = self.cursor.take_value().is_some();
        }
        is_word
    }

    /// Whether no word begins with the prefix and is longer.
    pub(super) fn is_end(&self) -> bool {
        self.cursor.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_five_dictionaries_are_found() {
        for (words, word) in [
            (Words::thai(), "ประเทศ"),
            (Words::lao(), "ປະເທດ"),
            (Words::khmer(), "ប្រទេស"),
            (Words::burmese(), "နိုင်ငံ"),
        ] {
            assert!(words.prefix().push(word), "{word}");
            assert!(!words.prefix().push("x"));
        }
        let mut prefix = EastAsianWords::get().starting_with('中');
        assert!(prefix.cost().is_some());
        prefix.push('国');
        assert!(prefix.cost().is_some() && !prefix.is_end());
        prefix.push('!');
        assert!(prefix.cost().is_none() && prefix.is_end());
    }

    #[test]
    fn a_first_character_outside_the_table_is_found_too() {
        // A compatibility form of 老.
        assert_eq!(EastAsianWords::get().starting_with('\u{f934}').cost(), Some(110));
        assert!(EastAsianWords::get().starting_with('x').is_end());
    }
}
