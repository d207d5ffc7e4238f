//! The plain text of markup, block by block: each block is a line, and an empty line follows it.
//!
//! In: words, spaces and ends of blocks as a converter meets them. Out: text in which white space
//! is a single space, and which is read in portions. Memory: a portion, some 64 KiB.

use std::io::{self, Read};

use super::Converter;
use crate::base::error::Result;

/// A source of blocks hands out its text when it has made so much.
pub(super) const PORTION_BYTES: usize = 1 << 16;

/// Signs that divide a word at the end of a line: hyphens, the soft hyphen, the not sign of old
/// keyboards.
const HYPHENS: [char; 4] = ['-', '\u{2010}', '\u{AD}', '¬'];

/// Collects the text of blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    text: String,
    gap: Gap,
    /// Whether the current block holds a word.
    is_open: bool,
}

/// What stands between the last word and the next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Gap {
    #[default]
    Nothing,
    Space,
    /// White space is ignored: a word goes on.
    Joined,
}

impl Blocks {
    /// Adds text; any white space of XML becomes one space.
    pub(super) fn push(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.bytes().position(|byte| !byte.is_ascii_whitespace());
            let Some(word) = word else { return self.space() };
            if word > 0 {
                self.space();
                rest = &rest[word..];
            }
            let end = rest.bytes().position(|byte| byte.is_ascii_whitespace());
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            if self.gap == Gap::Space && self.is_open {
                self.text.push(' ');
            }
            self.text.push_str(word);
            self.gap = Gap::Nothing;
            self.is_open = true;
            rest = after;
        }
    }

    /// Separates words.
    pub(super) fn space(&mut self) {
        if self.gap == Gap::Nothing {
            self.gap = Gap::Space;
        }
    }

    /// Joins what stands before and after: white space around is ignored, and a hyphen before.
    pub(super) fn join(&mut self) {
        if self.is_open {
            self.gap = Gap::Joined;
            if self.text.ends_with(HYPHENS) {
                self.text.pop();
            }
        }
    }

    /// Ends the current block, if it holds a word.
    pub(super) fn end_block(&mut self) {
        self.end_line();
        if self.text.ends_with('\n') && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Ends a line within a block, if it holds a word.
    pub(super) fn end_line(&mut self) {
        if self.is_open {
            self.text.push('\n');
        }
        self.is_open = false;
        self.gap = Gap::Nothing;
    }

    /// Whether a portion is there to be handed out. A hyphen at its end may still be taken back,
    /// and an empty line may still be added.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= PORTION_BYTES
            && !self.text.ends_with(HYPHENS)
            && (!self.text.ends_with('\n') || self.text.ends_with("\n\n"))
            || self.text.len() >= 16 * PORTION_BYTES
    }

    /// Hands out the text so far; words go on in what follows.
    pub(super) fn take(&mut self) -> Self {
        Self { text: std::mem::take(&mut self.text), ..Self::default() }
    }

    /// The text so far.
    #[cfg(test)]
    fn as_str(&self) -> &str {
        &self.text
    }
}

/// A converter's work: turns markup into blocks, a portion at a time.
pub(super) trait BlockSource: Send {
    /// Reads on until [`Blocks::is_full`] or the end; returns false at the end.
    fn advance(&mut self) -> Result<bool>;

    /// Where the text is collected.
    fn blocks(&mut self) -> &mut Blocks;

    /// See [`Converter::metadata`].
    fn metadata(&self) -> &[String];
}

/// The text of a source of blocks as a stream of bytes.
pub(super) struct Converted<S> {
    source: S,
    text: Vec<u8>,
    position: usize,
    has_ended: bool,
}

impl<S: BlockSource> Converted<S> {
    pub(super) fn new(source: S) -> Self {
        Self { source, text: Vec::new(), position: 0, has_ended: false }
    }
}

impl<S: BlockSource> Read for Converted<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position == self.text.len() && !self.has_ended {
            self.has_ended = !self.source.advance().map_err(io::Error::other)?;
            let text = &mut self.source.blocks().text;
            self.text.clear();
            self.text.extend_from_slice(text.as_bytes());
            text.clear();
            self.position = 0;
        }
        let n = buffer.len().min(self.text.len() - self.position);
        buffer[..n].copy_from_slice(&self.text[self.position..self.position + n]);
        self.position += n;
        Ok(n)
    }
}

impl<S: BlockSource> Converter for Converted<S> {
    fn metadata(&self) -> &[String] {
        self.source.metadata()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_one_space_and_a_block_is_a_line() {
        let mut blocks = Blocks::default();
        blocks.push("\n  the\t king ");
        blocks.push("\n");
        blocks.push(" sat");
        blocks.end_block();
        blocks.push("  \n ");
        blocks.end_block();
        blocks.push("so");
        blocks.push("on");
        blocks.end_line();
        blocks.push("and");
        blocks.end_block();
        assert_eq!(blocks.as_str(), "the king sat\n\nsoon\nand\n\n");
    }

    #[test]
    fn a_word_goes_on_over_a_join_without_its_hyphen() {
        let mut blocks = Blocks::default();
        blocks.push("exam-\n ");
        blocks.join();
        blocks.push("\n  ple of");
        blocks.join();
        blocks.space();
        blocks.push("ten");
        assert_eq!(blocks.as_str(), "example often");
    }
}
