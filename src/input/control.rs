//! Characters that no text has: control characters but white space, and what is done about them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What happens to what is no text: bytes that are not valid in the encoding of the file, NUL, and
/// other control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnBadText {
    /// Reading stops with file, line and byte offset.
    #[default]
    Error,
    /// Each bad sequence becomes U+FFFD, which is no part of a word.
    Replace,
    /// The line that holds it is left out.
    Skip,
}

impl fmt::Display for OnBadText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Error => "error",
            Self::Replace => "replace",
            Self::Skip => "skip",
        })
    }
}

/// Bytes that are looked at together, without a branch.
const BLOCK: usize = 64;

/// The first control character in a text that is no white space, and its position: U+0000 to U+001F
/// but TAB, LF, VT, FF and CR; U+007F; U+0080 to U+009F but NEL (U+0085).
///
/// The bytes may be any; those that are not UTF-8 are passed over.
pub(crate) fn find_control(text: &[u8]) -> Option<(usize, char)> {
    let mut start = 0;
    // Each block with the byte after it, which ends a character of two bytes.
    while let Some(block) = text.get(start..=start + BLOCK) {
        let (firsts, seconds) = (&block[..BLOCK], &block[1..]);
        let mut found = false;
        for (&first, &second) in firsts.iter().zip(seconds) {
            found |= is_control(first) | is_c1(first, second);
        }
        if found {
            break;
        }
        start += BLOCK;
    }
    let rest = &text[start..];
    (0..rest.len()).find_map(|place| {
        let (first, second) = (rest[place], rest.get(place + 1).copied().unwrap_or_default());
        if is_control(first) {
            Some((start + place, char::from(first)))
        } else if is_c1(first, second) {
            Some((start + place, char::from(second)))
        } else {
            None
        }
    })
}

/// Whether a byte is a control character of ASCII that is no white space.
fn is_control(byte: u8) -> bool {
    ((byte < b' ') & (byte.wrapping_sub(b'\t') > b'\r' - b'\t')) | (byte == 0x7F)
}

/// Whether two bytes are a control character from U+0080 to U+009F but NEL.
fn is_c1(first: u8, second: u8) -> bool {
    (first == 0xC2) & (second.wrapping_sub(0x80) < 0x20) & (second != 0x85)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, character by character.
    fn slow(text: &str) -> Option<(usize, char)> {
        text.char_indices().find(|&(_, it)| {
            it.is_control() && !matches!(it, '\t' | '\n' | '\u{B}' | '\u{C}' | '\r' | '\u{85}')
        })
    }

    #[test]
    fn control_characters_are_found_wherever_they_stand() {
        for place in 0..200 {
            for control in ['\0', '\u{1B}', '\u{7F}', '\u{80}', '\u{9F}'] {
                let mut text = "é ".repeat(150);
                let byte = text.char_indices().nth(place).unwrap().0;
                text.insert(byte, control);
                assert_eq!(find_control(text.as_bytes()), Some((byte, control)));
            }
        }
        assert_eq!(find_control("\t\n\u{B}\u{C}\r \u{85}\u{A0}é中".repeat(99).as_bytes()), None);
        assert_eq!(find_control(b"a\xC2"), None);
        assert_eq!(find_control(b"\xFF\x80\x01"), Some((2, '\u{1}')));
    }

    proptest! {
        #[test]
        fn the_fast_search_is_the_definition(
            text in "([ -~\u{80}-\u{A1}é\n]|.){0,300}\u{0}?.{0,9}",
        ) {
            prop_assert_eq!(find_control(text.as_bytes()), slow(&text));
        }
    }
}
