//! Titles and initials, which have a full stop and end no sentence.

/// Titles, which stand before a name, in several languages; none is a word.
const TITLES: &[&str] = &[
    "capt", "cpl", "dhr", "dr", "dra", "gov", "hr", "lt", "messrs", "mevr", "mgr", "mlle", "mme",
    "mr", "mrs", "ms", "prof", "rev", "sgt", "sig", "sr", "sra", "srta", "st", "ste", "św",
];

/// Whether a word in small letters, without its full stop, is a title.
pub(crate) fn is_title(word: &str) -> bool {
    TITLES.contains(&word)
}

/// Whether a word is a single letter.
pub(crate) fn is_initial(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(char::is_alphabetic) && characters.next().is_none()
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}')
}

/// Whether `before`, which ends with a full stop, ends with a title, or with a capital letter that
/// stands for a name: for texts whose words are not counted.
pub(super) fn ends_with_title(before: &str) -> bool {
    let Some(before) = before.strip_suffix('.') else { return false };
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, character)| character.is_alphanumeric() || is_apostrophe(*character))
        .last()
        .map_or(before.len(), |(start, _)| start);
    // Within a word an apostrophe is a part of it, before one it is a quotation mark.
    let word = before[start..].trim_start_matches(is_apostrophe);
    // `I` is mostly the pronoun.
    is_title(&word.to_lowercase())
        || (is_initial(word) && word.chars().all(char::is_uppercase) && word != "I")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_at_the_end_of_a_text_are_seen() {
        for text in ["Then Mr.", "(St.", "J.", "'J.", "by J. R.", "i św."] {
            assert!(ends_with_title(text), "{text}");
        }
        for text in ["so am I.", "the king.", "Mr", "a.", "...", "1.", "D'A.", ""] {
            assert!(!ends_with_title(text), "{text}");
        }
    }
}
