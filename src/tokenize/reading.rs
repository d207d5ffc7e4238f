//! What a tokenizer makes of a word of a question: how much of it is left.
//!
//! In: the word as it was asked for, and the token. Out: whether they are the same but for what no
//! reader sees and case, whether punctuation at the edges is gone, or letters, digits or signs.
//! `C++` is not `c`, and an answer about `c` would be a wrong one.

use unicode_normalization::UnicodeNormalization as _;

use crate::base::visible::is_invisible;

/// How the token of a word differs from the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WordReading {
    /// In nothing but case, the form of its letters or apostrophes, invisible characters, or the
    /// spaces of a phrase.
    Same,
    /// Punctuation is gone (`“king”`, `man!`), or the tokenizer put something else in its place,
    /// such as a stem.
    Changed,
    /// Letters, digits or signs are gone: `C++` became `c`, `#tag` became `tag`.
    Lossy,
}

impl WordReading {
    /// Compares a word with its token.
    ///
    /// ```
    /// use eigenlex::tokenize::WordReading;
    /// assert_eq!(WordReading::of("King", "king"), WordReading::Same);
    /// assert_eq!(WordReading::of("king,", "king"), WordReading::Changed);
    /// assert_eq!(WordReading::of("C++", "c"), WordReading::Lossy);
    /// ```
    pub fn of(word: &str, token: &str) -> Self {
        if word == token {
            return Self::Same;
        }
        let (word, token) = (folded(word), folded(token));
        if word == token {
            return Self::Same;
        }
        let Some(start) = word.find(&token).filter(|_| !token.is_empty()) else {
            return Self::Changed;
        };
        let mut gone = word[..start].chars().chain(word[start + token.len()..].chars());
        if gone.any(|it| !is_punctuation(it)) { Self::Lossy } else { Self::Changed }
    }
}

/// A word without the differences that are no change: compatible forms, case, apostrophes, what no
/// reader sees, and the marks by which subword tokenizers say where a word begins.
fn folded(word: &str) -> String {
    let word = word.trim_start_matches(['\u{2581}', '\u{120}']).trim_end_matches("</w>");
    let lower = word.nfkc().collect::<String>().to_lowercase();
    let mut folded = String::with_capacity(lower.len());
    for character in lower.nfkc() {
        match character {
            '\u{2018}' | '\u{2019}' | '\u{2BC}' | '\u{2BB}' | '\u{2B9}' => folded.push('\''),
            // The Turkish and Lithuanian letters that have another lower case elsewhere.
            '\u{131}' => folded.push('i'),
            '\u{307}' if folded.ends_with('i') => {}
            // The sigma at the end of a word.
            '\u{3C2}' => folded.push('\u{3C3}'),
            // Arabic tatweel; Armenian marks of intonation.
            '\u{640}' | '\u{55B}' | '\u{55C}' | '\u{55E}' => {}
            it if it.is_whitespace() => folded.push('_'),
            it if is_invisible(it) => {}
            it => folded.push(it),
        }
    }
    folded
}

/// What stands between words or around them and belongs to none.
fn is_punctuation(character: char) -> bool {
    matches!(
        character,
        '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '{' | '}'
            | '_'
            | '\u{A1}' | '\u{A7}' | '\u{AB}' | '\u{B4}' | '\u{B6}' | '\u{B7}' | '\u{BB}' | '\u{BF}'
            | '\u{37E}' | '\u{387}' | '\u{55A}'..='\u{55F}' | '\u{589}'
            | '\u{5BE}' | '\u{5C0}' | '\u{5C3}' | '\u{5F3}' | '\u{5F4}'
            | '\u{60C}' | '\u{61B}' | '\u{61F}' | '\u{66D}' | '\u{6D4}'
            | '\u{964}' | '\u{965}' | '\u{E2F}' | '\u{E5A}' | '\u{E5B}'
            | '\u{F08}'..='\u{F14}' | '\u{104A}' | '\u{104B}' | '\u{1361}'..='\u{1368}'
            | '\u{17D4}'..='\u{17D6}' | '\u{1802}' | '\u{1803}' | '\u{1808}' | '\u{1809}'
            | '\u{2012}'..='\u{2027}' | '\u{2030}'..='\u{203E}' | '\u{2045}' | '\u{2046}'
            | '\u{2E00}'..='\u{2E5D}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}'
            | '\u{3014}'..='\u{301F}' | '\u{30FB}' | '\u{FF61}'..='\u{FF65}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_reader_sees_is_no_change() {
        for (word, token) in [
            ("King", "king"),
            ("cafe\u{301}", "caf\u{E9}"),
            ("don\u{2019}t", "don't"),
            ("co\u{AD}op", "coop"),
            ("I\u{15E}IK", "\u{131}\u{15F}\u{131}k"),
            ("\u{130}zmir", "izmir"),
            ("\u{39F}\u{394}\u{39F}\u{3A3}", "\u{3BF}\u{3B4}\u{3BF}\u{3C2}"),
            ("\u{FB01}eld", "field"),
            ("New York", "new_york"),
            ("king", "\u{2581}king"),
            ("\u{43C}\u{438}\u{440}", "\u{43C}\u{438}\u{440}"),
        ] {
            assert_eq!(WordReading::of(word, token), WordReading::Same, "{word} {token}");
        }
    }

    #[test]
    fn punctuation_that_is_gone_is_a_change_and_signs_that_are_gone_a_loss() {
        for word in ["king,", "\u{201C}king\u{201D}", "(king)", "king!", "\u{300C}king\u{300D}"] {
            assert_eq!(WordReading::of(word, "king"), WordReading::Changed, "{word}");
        }
        // Other letters, as of a stem, are what the tokenizer is for.
        assert_eq!(WordReading::of("better", "good"), WordReading::Changed);
        assert_eq!(WordReading::of("1990", "0000"), WordReading::Changed);
        for (word, token) in [
            ("C++", "c"),
            ("C#", "c"),
            ("#king", "king"),
            ("@king", "king"),
            ("-ing", "ing"),
            ("king 1990", "king"),
            ("king \u{1F60A}", "king"),
            ("the king", "king"),
            ("100%", "100"),
            ("$5", "5"),
        ] {
            assert_eq!(WordReading::of(word, token), WordReading::Lossy, "{word}");
        }
    }
}
