//! A cell of tab-separated values.
//!
//! In: any text. Out: the same on one line and without a tab, so that it cannot break its row; it
//! can be read back.

use std::fmt::{self, Display, Write};

/// A cell of tab-separated values: `\t`, `\n`, `\r` and `\\` stand for a tab, the ends of a line
/// and a backslash; any other control character, and the line and paragraph separators of Unicode,
/// become `\u{85}` with their number in hexadecimal digits.
///
/// ```
/// use eigenlex::format::Cell;
/// assert_eq!(Cell("a\tb").to_string(), "a\\tb");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Cell<T>(pub T);

impl<T: Display> Display for Cell<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaping(formatter).write_fmt(format_args!("{}", self.0))
    }
}

/// Escapes what is written to it.
struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((place, character)) = rest.char_indices().find(|&(_, it)| must_escape(it)) {
            self.0.write_str(&rest[..place])?;
            match character {
                '\t' | '\n' | '\r' | '\\' => write!(self.0, "{}", character.escape_default())?,
                _ => write!(self.0, "{}", character.escape_unicode())?,
            }
            rest = &rest[place + character.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

fn must_escape(character: char) -> bool {
    character == '\\' || character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}
