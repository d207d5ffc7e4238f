//! Words in lower case, by the default mapping of Unicode or by that of a language.
//!
//! The mappings of languages are those of SpecialCasing.txt in the Unicode Character Database
//! (Turkish, Azeri, Lithuanian). Two things differ from the default mapping: `İ` becomes `i`, not
//! `i` with a second dot; and an `i` that already bears a second dot, as other programs write it,
//! loses it, but for Lithuanian. A word is lower-cased by itself, so a capital sigma at its end
//! becomes the final sigma whatever follows.

use std::iter::Peekable;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::config::Lowercase;

/// The combining dot above.
const DOT: char = '\u{307}';

/// Canonical combining class of marks above a letter.
const ABOVE: u8 = 230;

impl Lowercase {
    /// Puts `word` in lower case at the end of `output`. It may leave the normal form.
    pub(super) fn push(self, word: &str, output: &mut String) {
        match self {
            Self::None => output.push_str(word),
            Self::Unicode if !word.contains(['İ', DOT]) => output.push_str(&word.to_lowercase()),
            // The sigma looks at the whole word.
            Self::Unicode => push_dotless(word.replace('İ', "i").to_lowercase().chars(), output),
            Self::Turkish | Self::Azeri => {
                // In `I` with a combining dot, which the normal form composes to `İ`, no dot is
                // left.
                let mapped: String = word
                    .chars()
                    .map(|letter| match letter {
                        'I' => 'ı',
                        'İ' => 'i',
                        other => other,
                    })
                    .collect();
                push_dotless(mapped.to_lowercase().chars(), output);
            }
            Self::Lithuanian => push_lithuanian(word, output),
        }
    }
}

/// Puts characters at the end of `output`, without the dots on each `i`.
fn push_dotless(characters: impl Iterator<Item = char>, output: &mut String) {
    let mut after_i = false;
    for character in characters {
        if after_i && character == DOT {
            continue;
        }
        after_i = character == 'i';
        output.push(character);
    }
}

/// `i`, `j` and `į` below an accent keep their dot, as a combining one.
fn push_lithuanian(word: &str, output: &mut String) {
    let mut dotted = String::new();
    let mut characters = word.nfd().peekable();
    while let Some(letter) = characters.next() {
        dotted.push(letter);
        if !matches!(letter, 'I' | 'J') {
            continue;
        }
        // The ogonek of `Į` stands below.
        while let Some(mark) = characters.next_if(|&mark| is_mark_below(mark)) {
            dotted.push(mark);
        }
        if is_accent(&mut characters) {
            dotted.push(DOT);
        }
    }
    output.extend(dotted.to_lowercase().nfc());
}

fn is_mark_below(mark: char) -> bool {
    !matches!(canonical_combining_class(mark), 0 | ABOVE)
}

/// Whether a mark above follows; a dot would be the dot itself.
fn is_accent(characters: &mut Peekable<impl Iterator<Item = char>>) -> bool {
    characters.peek().is_some_and(|&mark| canonical_combining_class(mark) == ABOVE && mark != DOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(lowercase: Lowercase, word: &str) -> String {
        let mut output = String::new();
        lowercase.push(word, &mut output);
        output.nfc().collect()
    }

    #[test]
    fn capitals_become_small_by_the_default_mapping() {
        let default = |word| lower(Lowercase::Unicode, word);
        assert_eq!(default("İSTANBUL"), "istanbul");
        assert_eq!(default("i\u{307}stanbul"), "istanbul");
        assert_eq!(default("DİYARBAKIR"), "diyarbakir");
        assert_eq!(default("STRASSE"), "strasse");
        assert_eq!(default("GROẞ"), "groß");
        assert_eq!(default("ΣΊΣΥΦΟΣ"), default("Σίσυφος"));
        assert_eq!(default("Σ"), "σ");
        assert_eq!(default("ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ"), "საქართველო");
        assert_eq!(default("ᏣᎳᎩ"), "ꮳꮃꭹ");
    }

    #[test]
    fn turkish_and_azeri_have_a_dotless_i() {
        for language in [Lowercase::Turkish, Lowercase::Azeri] {
            assert_eq!(lower(language, "DİYARBAKIR"), "diyarbakır");
            assert_eq!(lower(language, "IŞIK"), "ışık");
            assert_eq!(lower(language, "i\u{307}yi"), "iyi");
            assert_eq!(lower(language, "ΟΔΟΣ"), "οδος");
        }
    }

    #[test]
    fn lithuanian_keeps_the_dot_below_an_accent() {
        let lithuanian = |word| lower(Lowercase::Lithuanian, word);
        assert_eq!(lithuanian("ÌR"), "i\u{307}\u{300}r");
        assert_eq!(lithuanian("J\u{303}"), "j\u{307}\u{303}");
        assert_eq!(lithuanian("Į\u{301}"), "į\u{307}\u{301}");
        assert_eq!(lithuanian("IR ŽĄSÌS ÉJO"), "ir žąsi\u{307}\u{300}s éjo");
        assert_eq!(lithuanian("İ"), "i\u{307}");
    }

    #[test]
    fn capitals_stay_where_they_are_asked_to() {
        assert_eq!(lower(Lowercase::None, "McIntyre"), "McIntyre");
    }
}
