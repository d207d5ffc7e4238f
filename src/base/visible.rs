//! Text for people: characters that nobody can see become visible.
//!
//! In: any text, often from a file. Out: the same with control characters, format characters and
//! other characters without a shape as `<U+00AD>`, so that a message never repeats an invisible
//! character as if it were nothing, and never sends a control sequence to a terminal.

use std::fmt::{self, Display, Write};

/// A text as it is shown in a message: every character without a shape of its own is escaped.
///
/// Escaped are control characters (tabs and line ends too), format characters such as the soft
/// hyphen, joiners and marks of direction, line and paragraph separators, fillers, and variation
/// selectors after a letter; an emoji keeps its selector.
///
/// ```
/// use eigenlex::Visible;
/// assert_eq!(Visible("co\u{AD}op").to_string(), "co<U+00AD>op");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Visible<T>(pub T);

/// A word as it is shown in a table for people: as [`Visible`], but joiners between two characters
/// stay, for they carry meaning in Persian, in scripts of India and in emoji.
///
/// ```
/// use eigenlex::VisibleWord;
/// assert_eq!(VisibleWord("می\u{200C}روم").to_string(), "می\u{200C}روم");
/// assert_eq!(VisibleWord("word\u{200C}").to_string(), "word<U+200C>");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct VisibleWord<T>(pub T);

impl<T: AsRef<str>> Display for Visible<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_visible(self.0.as_ref(), false, formatter)
    }
}

impl<T: AsRef<str>> Display for VisibleWord<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_visible(self.0.as_ref(), true, formatter)
    }
}

/// A text as a message has room for it: all of it up to 200 characters, else its beginning, its end
/// and its length.
///
/// ```
/// let word = "ab".repeat(40_000);
/// let shown = eigenlex::shortened(&word);
/// assert!(shown.chars().count() < 240 && shown.contains("80000 characters"));
/// ```
pub fn shortened(text: &str) -> String {
    /// Characters that a message has room for, and those of its end.
    const MOST: usize = 200;
    const END: usize = 60;
    // A character has at least one byte.
    let n_characters = if text.len() <= MOST { text.len() } else { text.chars().count() };
    if n_characters <= MOST {
        return text.to_owned();
    }
    let byte = |character: usize| {
        text.char_indices().nth(character).map_or(text.len(), |(start, _)| start)
    };
    let (start, end) = (&text[..byte(MOST - END)], &text[byte(n_characters - END)..]);
    format!("{start} ... {end} ({n_characters} characters)")
}

fn write_visible(text: &str, keep_joiners: bool, output: &mut impl Write) -> fmt::Result {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return output.write_str(text);
    }
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_shown = match character {
            '\u{200C}' | '\u{200D}' if keep_joiners => {
                let has_shape = |it: char| !is_invisible(it) && !it.is_whitespace();
                before.is_some_and(has_shape) && characters.peek().copied().is_some_and(has_shape)
            }
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
                before.is_some_and(|it: char| {
                    !it.is_ascii_alphabetic() && !is_invisible(it) && it != ' '
                })
            }
            _ => !is_invisible(character),
        };
        if is_shown {
            output.write_char(character)?;
        } else {
            write!(output, "<U+{:04X}>", u32::from(character))?;
        }
        before = Some(character);
    }
    Ok(())
}

/// Whether a character has no shape: control characters, format characters of Unicode 17 but those
/// that show a sign, separators of lines and paragraphs, fillers, variation selectors.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_nobody_can_see_is_escaped() {
        for (text, shown) in [
            ("plain text", "plain text"),
            ("naïve 中文 🦊", "naïve 中文 🦊"),
            ("a\tb\nc", "a<U+0009>b<U+000A>c"),
            ("\u{1B}[31mred\u{9B}", "<U+001B>[31mred<U+009B>"),
            ("\u{FEFF}co\u{AD}op\u{2060}", "<U+FEFF>co<U+00AD>op<U+2060>"),
            ("\u{202E}abc\u{2066}\u{2028}", "<U+202E>abc<U+2066><U+2028>"),
            ("می\u{200C}روم", "می<U+200C>روم"),
            ("❤\u{FE0F} a\u{FE0F}", "❤\u{FE0F} a<U+FE0F>"),
            ("1\u{FE0F}\u{20E3} \u{FE0F}", "1\u{FE0F}\u{20E3} <U+FE0F>"),
            ("\u{E0041}", "<U+E0041>"),
        ] {
            assert_eq!(Visible(text).to_string(), shown);
        }
    }

    #[test]
    fn joiners_between_letters_stay_in_tables() {
        for (word, shown) in [
            ("می\u{200C}روم", "می\u{200C}روم"),
            ("👩\u{200D}💻", "👩\u{200D}💻"),
            ("\u{200D}a", "<U+200D>a"),
            ("a\u{200C}", "a<U+200C>"),
            ("a\u{200C}\u{200C}b", "a<U+200C><U+200C>b"),
            ("co\u{AD}op", "co<U+00AD>op"),
        ] {
            assert_eq!(VisibleWord(word).to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_invisible_is_left(
            text in "(\\PC|[\u{0}-\u{20}\u{7F}-\u{AD}\u{200B}-\u{206F}])*"
        ) {
            let shown = Visible(&text).to_string();
            let is_selector =
                |it: char| matches!(it, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
            prop_assert!(!shown.chars().any(|it| is_invisible(it) && !is_selector(it)));
            if !text.chars().any(is_invisible) {
                prop_assert_eq!(shown, text);
            }
        }
    }
}
