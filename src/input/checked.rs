//! A stream of which nothing is handed out before it was checked.
//!
//! In: a stream of bytes, and a rule that knows which of them are text. Out: the bytes that passed,
//! a step at a time. The rule gets the place of what it looks at, for its messages.

use std::io::{self, BufRead, Read};

use crate::base::error::Result;

/// Bytes that are read and checked at a time.
pub(crate) const STEP_BYTES: usize = 64 << 10;

/// Where bytes that are checked stand in the stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamPlace {
    /// The offset of the first.
    pub(crate) offset: u64,
    /// The number of its line, from 1.
    pub(crate) line: u64,
    /// Whether nothing follows the last.
    pub(crate) at_end: bool,
}

impl StreamPlace {
    /// The line of a byte among them.
    pub(crate) fn line_of(self, bytes: &[u8], position: usize) -> u64 {
        self.line + count_lines(&bytes[..position])
    }
}

/// Says which bytes may be handed out.
pub(crate) trait TextRule {
    /// How many of the bytes are good, from the first on; those behind them are looked at again
    /// when more are there. Bad ones may be replaced.
    ///
    /// # Errors
    /// For what is to stop the reading.
    fn check(&mut self, bytes: &mut Vec<u8>, place: StreamPlace) -> Result<usize>;

    /// Takes note of bytes that were handed out.
    fn pass(&mut self, _passed: &[u8]) {}
}

/// A stream and its rule.
pub(crate) struct Checked<R, C> {
    inner: R,
    rule: C,
    /// Read; up to `n_checked` they passed.
    bytes: Vec<u8>,
    n_checked: usize,
    handed_out: usize,
    place: StreamPlace,
}

impl<R: Read, C: TextRule> Checked<R, C> {
    pub(crate) fn new(inner: R, rule: C) -> Self {
        let place = StreamPlace { offset: 0, line: 1, at_end: false };
        Self { inner, rule, bytes: Vec::new(), n_checked: 0, handed_out: 0, place }
    }

    /// Reads on and checks what was read.
    fn fill(&mut self) -> io::Result<()> {
        let passed = &self.bytes[..self.n_checked];
        self.rule.pass(passed);
        self.place.offset += passed.len() as u64;
        self.place.line += count_lines(passed);
        self.bytes.drain(..self.n_checked);
        (self.n_checked, self.handed_out) = (0, 0);
        let n_before = self.bytes.len();
        self.bytes.resize(n_before + STEP_BYTES, 0);
        let read = loop {
            match self.inner.read(&mut self.bytes[n_before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.bytes.truncate(n_before + *read.as_ref().unwrap_or(&0));
        self.place.at_end = read? == 0;
        let checked = self.rule.check(&mut self.bytes, self.place);
        self.n_checked = checked.map_err(|error| error.into_io())?;
        Ok(())
    }
}

impl<R: Read, C: TextRule> BufRead for Checked<R, C> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.handed_out == self.n_checked && !self.place.at_end {
            self.fill()?;
        }
        Ok(&self.bytes[self.handed_out..self.n_checked])
    }

    fn consume(&mut self, amount: usize) {
        self.handed_out += amount;
    }
}

impl<R: Read, C: TextRule> Read for Checked<R, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let text = self.fill_buf()?;
        let n = text.len().min(buffer.len());
        buffer[..n].copy_from_slice(&text[..n]);
        self.consume(n);
        Ok(n)
    }
}

/// How many bytes from the first on are UTF-8, where a character at the end may be cut.
///
/// # Errors
/// The position of the first byte that cannot be part of UTF-8.
pub(crate) fn n_utf8(bytes: &[u8], place: StreamPlace) -> std::result::Result<usize, usize> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.len()),
        Err(error) if error.error_len().is_none() && !place.at_end => Ok(error.valid_up_to()),
        Err(error) => Err(error.valid_up_to()),
    }
}

fn count_lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}
