//! One line of a text of vectors: a word and its numbers.
//!
//! In: the bytes of a line, and how many numbers it has. Out: the word, and its numbers in their
//! place; or what is wrong with the line.

use crate::vectors::format::decimal::leading_float;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LineFault<'t> {
    /// White space alone.
    Empty,
    /// A word and fewer numbers than there should be.
    TooFew {
        /// The numbers that are there.
        n_numbers: usize,
    },
    /// A field that is no number.
    NoNumber {
        /// The field.
        field: &'t [u8],
        /// The first field of the line.
        word: &'t [u8],
    },
    /// A number that is NaN or infinite, or too large for 32 bits.
    NotFinite {
        /// The field.
        field: &'t [u8],
        /// The first field of the line.
        word: &'t [u8],
    },
    /// Numbers alone.
    NoWord,
    /// A word that is not UTF-8.
    BadUtf8 {
        /// The offset of the first bad byte in the line.
        at: usize,
    },
    /// White space before the word of a line that is a row.
    LeadingBlank {
        /// The word.
        word: &'t [u8],
    },
    /// A number with a fraction or an exponent that ends the word of a line that is a row.
    NumberInWord {
        /// The word.
        word: &'t [u8],
    },
}

impl LineFault<'_> {
    /// Whether the line is a row all the same.
    pub(super) fn is_of_row(&self) -> bool {
        matches!(self, Self::LeadingBlank { .. } | Self::NumberInWord { .. })
    }
}

/// Whether fields are separated by this byte.
pub(super) fn is_separator(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// A line without separators, CR and LF at its end.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|&byte| !is_separator(byte) && byte != b'\r' && byte != b'\n')
        .map_or(0, |last| last + 1);
    &line[..end]
}

/// The word of a line, whose numbers go to `row`, as many as fit there.
pub(super) fn parse<'t>(line: &'t [u8], row: &mut [f32]) -> Result<&'t str, LineFault<'t>> {
    match parse_forward(line, row) {
        Some(word) => {
            // What is not UTF-8 is found on the longer way.
            if let Ok(word) = std::str::from_utf8(word) {
                return Ok(word);
            }
            parse_backward(line, row)
        }
        None => parse_backward(line, row),
    }
}

/// A line whose word has no separator in it: nearly every line.
fn parse_forward<'t>(line: &'t [u8], row: &mut [f32]) -> Option<&'t [u8]> {
    let mut at = memchr::memchr2(b' ', b'\t', line)?;
    if at == 0 {
        return None;
    }
    let word = &line[..at];
    for value in row {
        while is_separator(*line.get(at)?) {
            at += 1;
        }
        let (number, n_bytes) = leading_float(&line[at..])?;
        if !number.is_finite() {
            return None;
        }
        *value = number;
        at += n_bytes;
    }
    trim_end(&line[at..]).is_empty().then_some(word)
}

/// Any line, from its end: the last fields are the numbers, the rest is the word, which may have
/// separators in it.
fn parse_backward<'t>(line: &'t [u8], row: &mut [f32]) -> Result<&'t str, LineFault<'t>> {
    let mut rest = trim_end(line);
    if rest.is_empty() {
        return Err(LineFault::Empty);
    }
    let first = || line.split(|&byte| is_separator(byte)).next().unwrap_or_default();
    let dim = row.len();
    let mut not_finite = None;
    for (place, value) in row.iter_mut().enumerate().rev() {
        let Some(separator) = rest.iter().rposition(|&byte| is_separator(byte)) else {
            return Err(LineFault::TooFew { n_numbers: dim - 1 - place });
        };
        let field = &rest[separator + 1..];
        match leading_float(field) {
            Some((number, n_bytes)) if n_bytes == field.len() => {
                *value = number;
                if !number.is_finite() {
                    not_finite = Some(field);
                }
            }
            _ => return Err(LineFault::NoNumber { field, word: first() }),
        }
        let end = rest[..=separator]
            .iter()
            .rposition(|&byte| !is_separator(byte))
            .map_or(0, |last| last + 1);
        rest = &rest[..end];
    }
    if rest.is_empty() {
        return Err(LineFault::NoWord);
    }
    if let Some(field) = not_finite {
        return Err(LineFault::NotFinite { field, word: first() });
    }
    std::str::from_utf8(rest).map_err(|reason| LineFault::BadUtf8 { at: reason.valid_up_to() })
}

/// Whether a word has several parts, and the last is a number with a fraction or an
/// exponent: `route 66` is a word, `route 0.66` may be a word and a number too many.
pub(super) fn ends_in_number(word: &str) -> bool {
    let last = word.rsplit_once([' ', '\t']).map(|(_, last)| last.as_bytes());
    last.is_some_and(|last| {
        has_fraction(last) && leading_float(last).is_some_and(|(_, n_bytes)| n_bytes == last.len())
    })
}

/// Whether a number has a fraction or an exponent.
pub(super) fn has_fraction(number: &[u8]) -> bool {
    number.iter().any(|byte| b".eE".contains(byte))
}

/// A field for a message: never long, never invalid.
pub(in crate::vectors::format) fn shown(field: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(field);
    match text.char_indices().nth(LONGEST) {
        None => text.escape_debug().to_string(),
        Some((end, _)) => format!("{}...", text[..end].escape_debug()),
    }
}
