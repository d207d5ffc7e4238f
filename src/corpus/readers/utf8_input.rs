//! The bytes of markup as UTF-8, checked before they are converted.
//!
//! In: a stream of decoded bytes. Out: the same bytes, all of them UTF-8; or an error with line and
//! byte. Where bad bytes are to be replaced or skipped, a control character stands for each bad
//! sequence: it comes through a converter, and a piece of text replaces it or leaves out its line,
//! as for plain text.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::base::error::{EncodingGuess, Error};
use crate::input::OnBadText;
use crate::input::encoding::{INVALID, guess};

/// What stands for a bad sequence: a control character that markup gives no meaning.
pub(in crate::corpus) const BAD: char = '\u{1}';

/// Bytes that are read at a time.
const STEP_BYTES: usize = 1 << 16;

/// Bytes in which markup declares its encoding.
const HEAD_BYTES: usize = 1024;

/// What is done about bytes that are not UTF-8.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::corpus) struct BadBytes {
    /// The choice of the person.
    pub(crate) policy: Option<OnBadText>,
    /// The encoding that the text was converted from, if it was.
    pub(crate) encoding: Option<&'static str>,
}

/// A stream of UTF-8.
pub(super) struct Utf8Input<R> {
    inner: R,
    path: PathBuf,
    rule: BadBytes,
    /// The first kilobyte, in which the markup may declare its encoding.
    head: Vec<u8>,
    /// Read; up to `n_checked` it is UTF-8.
    bytes: Vec<u8>,
    n_checked: usize,
    handed_out: usize,
    at_end: bool,
    /// Offset of the first of `bytes`, and the number of its line.
    offset: u64,
    line: u64,
}

impl<R: Read> Utf8Input<R> {
    pub(super) fn new(inner: R, path: &Path, rule: BadBytes) -> Self {
        Self {
            inner,
            path: path.to_path_buf(),
            rule,
            head: Vec::new(),
            bytes: Vec::new(),
            n_checked: 0,
            handed_out: 0,
            at_end: false,
            offset: 0,
            line: 1,
        }
    }

    /// Reads on and checks what was read.
    fn fill(&mut self) -> io::Result<()> {
        self.pass();
        let n_before = self.bytes.len();
        self.bytes.resize(n_before + STEP_BYTES, 0);
        let read = self.inner.read(&mut self.bytes[n_before..]);
        self.bytes.truncate(n_before + *read.as_ref().unwrap_or(&0));
        self.at_end = read? == 0;
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => self.n_checked = text.len(),
            // A character that is cut.
            Err(error) if error.error_len().is_none() && !self.at_end => {
                self.n_checked = error.valid_up_to();
            }
            Err(error) => match self.rule.policy {
                Some(OnBadText::Replace | OnBadText::Skip) => self.mark(),
                _ => return Err(self.bad_bytes(error.valid_up_to()).into_io()),
            },
        }
        Ok(())
    }

    /// Goes on behind what was handed out.
    fn pass(&mut self) {
        let passed = &self.bytes[..self.n_checked];
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&passed[..passed.len().min(missing)]);
        self.offset += passed.len() as u64;
        self.line += count_lines(passed);
        self.bytes.drain(..self.n_checked);
        (self.n_checked, self.handed_out) = (0, 0);
    }

    /// Puts the mark in the place of each bad sequence. Places in messages are of no account then.
    fn mark(&mut self) {
        let mut marked = Vec::with_capacity(self.bytes.len());
        let mut rest = Vec::new();
        let mut chunks = self.bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            marked.extend_from_slice(chunk.valid().as_bytes());
            let bad = chunk.invalid();
            let is_cut = std::str::from_utf8(bad).is_err_and(|error| error.error_len().is_none());
            if chunks.peek().is_none() && is_cut && !self.at_end {
                rest.extend_from_slice(bad);
            } else if !bad.is_empty() {
                marked.push(BAD as u8);
            }
        }
        self.n_checked = marked.len();
        self.bytes = [marked, rest].concat();
    }

    fn bad_bytes(&self, position: usize) -> Error {
        let path = self.path.clone();
        let line = self.line + count_lines(&self.bytes[..position]);
        let byte = self.bytes[position];
        match self.rule.encoding {
            Some(encoding) if byte == INVALID => Error::BadEncoding { path, line, encoding },
            _ => {
                let offset = self.offset + position as u64;
                let guessed = || guess(&self.bytes, self.at_end);
                let declared = declared(&[&self.head[..], &self.bytes].concat());
                let guess = declared.map_or_else(guessed, EncodingGuess::Other);
                Error::BadUtf8 { path, line, offset, byte, guess }
            }
        }
    }
}

impl<R: Read> Read for Utf8Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.handed_out == self.n_checked && !self.at_end {
            self.fill()?;
        }
        let text = &self.bytes[self.handed_out..self.n_checked];
        let n = text.len().min(buffer.len());
        buffer[..n].copy_from_slice(&text[..n]);
        self.handed_out += n;
        Ok(n)
    }
}

/// The encoding that the first kilobyte of XML or HTML declares, unless it is UTF-8.
fn declared(head: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(&head[..head.len().min(HEAD_BYTES)]).to_lowercase();
    if !head.trim_start_matches('\u{FEFF}').trim_start().starts_with('<') {
        return None;
    }
    let (_, rest) = head.split_once("encoding=").or_else(|| head.split_once("charset="))?;
    let label = rest.trim_start_matches(['"', '\'']);
    let end = label.find(|it: char| !it.is_ascii_alphanumeric() && !"-_:".contains(it));
    let encoding = encoding_rs::Encoding::for_label(&label.as_bytes()[..end?])?;
    Some(encoding.name()).filter(|_| encoding != encoding_rs::UTF_8)
}

fn count_lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out three bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = buffer.len().min(3);
            self.0.read(&mut buffer[..n])
        }
    }

    fn read(bytes: &[u8], policy: Option<OnBadText>) -> io::Result<String> {
        let rule = BadBytes { policy, encoding: None };
        let mut text = String::new();
        Utf8Input::new(Slow(bytes), Path::new("t"), rule).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn good_text_passes_and_bad_sequences_are_marked() {
        assert_eq!(read("für 日本 🦊".as_bytes(), None).unwrap(), "für 日本 🦊");
        for policy in [OnBadText::Replace, OnBadText::Skip] {
            let text = read(b"f\xFCr \xE6\x97 \xC3\xA9\xFF\xE6\x97", Some(policy)).unwrap();
            assert_eq!(text, "f\u{1}r \u{1} é\u{1}\u{1}");
        }
    }

    #[test]
    fn a_bad_byte_is_named_with_its_line_and_what_the_markup_declares() {
        for (head, declared) in [
            ("<?xml version='1.0' encoding='ISO-8859-2'?>\n", "ISO-8859-2"),
            ("<html>\n<meta charset=koi8-r>", "KOI8-R"),
        ] {
            let bytes = [head.as_bytes(), b"<p>caf\xE9</p>"].concat();
            let error = Error::io("read", "t", read(&bytes, None).unwrap_err());
            let Error::BadUtf8 { line, offset, byte, guess, .. } = error else {
                panic!("{error}");
            };
            assert_eq!((line, offset, byte), (2, head.len() as u64 + 6, 0xE9));
            assert_eq!(guess, EncodingGuess::Other(declared));
        }
        assert_eq!(declared(b"<?xml version='1.0' encoding='UTF-8'?>"), None);
        assert_eq!(declared(b"1\n00:00:01,000 --> encoding='koi8-r'"), None);
    }
}
