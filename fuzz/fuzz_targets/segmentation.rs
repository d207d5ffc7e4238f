//! Any text in scripts without spaces is cut into words that hold all of its letters in their
//! order, and none of them begins with a combining mark.
#![no_main]

use eigenlex::tokenize::{Tokenizer, TokenizerConfig};

/// Letters, marks and digits of Thai, Lao, Myanmar, Khmer, hiragana, katakana and Chinese.
const BLOCKS: [(u32, u32); 7] = [
    (0x0e01, 0x3a),
    (0x0e81, 0x4e),
    (0x1000, 0x4a),
    (0x1780, 0x54),
    (0x3041, 0x56),
    (0x30a1, 0x5a),
    (0x4e00, 0x51a0),
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let character = |pair: &[u8]| {
        let (first, length) = BLOCKS[usize::from(pair[0]) % BLOCKS.len()];
        let place = u32::from(pair[0]) / BLOCKS.len() as u32 * 256 + u32::from(pair[1]);
        match char::from_u32(first + place % length) {
            // Composes with a mark behind it to another letter.
            None | Some('\u{1025}') => '一',
            Some(character) => character,
        }
    };
    let text: String = bytes.chunks_exact(2).map(character).collect();
    let tokenizer = Tokenizer::new(&TokenizerConfig::default()).expect("no file is needed");
    let mut words = Vec::new();
    tokenizer.tokenize(&text, |word| words.push(word.to_owned())).expect("words cannot fail");
    let letters = |text: &str| text.chars().filter(|it| it.is_alphanumeric()).collect::<String>();
    assert_eq!(letters(&words.concat()), letters(&text));
    let is_thai_mark =
        |it: char| matches!(it, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}');
    for word in words.iter().skip(1) {
        assert!(!word.starts_with(is_thai_mark), "{word:?}");
    }
});
