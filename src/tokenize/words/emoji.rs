//! What is an emoji: a pictograph with its skin tone, a family, a flag, a keycap.

use super::classes::{Classes, PICTOGRAPH};

const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// Whether a segment of the rules, which hold emoji together, is an emoji.
pub(super) fn is_emoji(segment: &str, classes: &Classes) -> bool {
    let mut characters = segment.chars();
    let (Some(first), second) = (characters.next(), characters.next()) else { return false };
    match first {
        // Two letters of a flag.
        '\u{1F1E6}'..='\u{1F1FF}' => matches!(second, Some('\u{1F1E6}'..='\u{1F1FF}')),
        '0'..='9' | '#' | '*' => {
            second == Some(KEYCAP)
                || (second == Some(EMOJI_STYLE) && characters.next() == Some(KEYCAP))
        }
        _ if classes.class(first) & PICTOGRAPH == 0 => false,
        // Signs of text such as `©`, `™` and arrows are emoji only by request.
        '\u{0}'..='\u{22FF}' | '\u{2B00}'..='\u{2BFF}' | '\u{3000}'..='\u{32FF}' => {
            is_shown_as_emoji(first) || second == Some(EMOJI_STYLE)
        }
        _ => true,
    }
}

/// Pictographs in rows of signs that are shown as emoji without a request (Emoji_Presentation).
fn is_shown_as_emoji(character: char) -> bool {
    matches!(character, '\u{2B1B}' | '\u{2B1C}' | '\u{2B50}' | '\u{2B55}')
}

#[cfg(test)]
mod tests {
    use super::super::config::NormalForm;
    use super::*;

    #[test]
    fn emoji_are_told_from_signs() {
        let classes = Classes::of(NormalForm::Nfc);
        for emoji in [
            "😊",
            "👋🏽",
            "👨‍👩‍👧",
            "🇺🇦",
            "❤\u{FE0F}",
            "❤",
            "☺",
            "1\u{FE0F}\u{20E3}",
            "⌚",
            "©\u{FE0F}",
            "⭐",
        ] {
            assert!(is_emoji(emoji, classes), "{emoji}");
        }
        for other in ["a", "1", "#", "©", "™", "→", "🇺", "♪a", "!", ""] {
            assert!(!is_emoji(other, classes), "{other}");
        }
    }
}
