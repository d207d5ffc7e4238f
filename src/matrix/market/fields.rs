//! A text cut into fields, and what is wrong with one, for all lines of a MatrixMarket file.
//!
//! In: bytes. Out: fields without a copy. Between fields stand spaces, tabs or carriage returns.

/// What is wrong with some bytes of a text.
#[derive(Debug)]
pub(super) struct Fault {
    /// Where the bad line, or something in it, stands in the text.
    pub(super) offset: usize,
    pub(super) found: String,
    pub(super) expected: String,
}

/// A number of digits, with or without a `+`; one above `u64::MAX` counts as that.
pub(super) fn whole_number(field: &[u8]) -> Option<u64> {
    let digits = field.strip_prefix(b"+").unwrap_or(field);
    let mut number = 0_u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.saturating_mul(10).saturating_add(u64::from(digit));
    }
    (!digits.is_empty()).then_some(number)
}

/// Some bytes for a message: never long, never invalid.
pub(super) fn shown(bytes: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * LONGEST)]);
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        None => format!("`{}`", text.escape_debug()),
        Some((end, _)) => format!("`{}...`", text[..end].escape_debug()),
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Walks through a text field by field.
pub(super) struct Fields<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, position: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.position += 1;
        }
    }

    pub(super) fn skip_line(&mut self) {
        let rest = &self.text[self.position..];
        self.position += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    }

    /// The next field of the line; empty at its end.
    pub(super) fn next(&mut self) -> &'a [u8] {
        self.skip_spaces();
        let start = self.position;
        while self.peek().is_some_and(|byte| !is_space(byte) && byte != b'\n') {
            self.position += 1;
        }
        &self.text[start..self.position]
    }

    /// Moves to the first field of the next line that is neither empty nor a comment, and returns
    /// its position. On a line that is not yet read to its end, it stays where it is.
    pub(super) fn next_stored_line(&mut self) -> Option<usize> {
        loop {
            self.skip_spaces();
            match self.peek()? {
                b'\n' => self.position += 1,
                b'%' => self.skip_line(),
                _ => return Some(self.position),
            }
        }
    }

    /// The line from a position on, without its end.
    pub(super) fn line_at(&self, start: usize) -> &'a [u8] {
        let rest = &self.text[start..];
        rest.split(|&byte| byte == b'\n').next().unwrap_or(rest)
    }
}
