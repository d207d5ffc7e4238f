//! The bytes of markup as UTF-8, checked before they are converted.
//!
//! In: a stream of decoded bytes. Out: the same bytes, all of them UTF-8; or an error with line and
//! byte. Where bad bytes are to be replaced or skipped, a control character stands for each bad
//! sequence: it comes through a converter, and a piece of text replaces it or leaves out its line,
//! as for plain text.

use std::path::{Path, PathBuf};

use crate::base::error::{EncodingGuess, Error, Result};
use crate::input::OnBadText;
use crate::input::checked::{Checked, StreamPlace, TextRule, n_utf8};
use crate::input::encoding::{INVALID, guess};

/// What stands for a bad sequence: a control character that markup gives no meaning.
pub(in crate::corpus) const BAD: char = '\u{1}';

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
pub(super) type Utf8Input<R> = Checked<R, MarkupText>;

/// UTF-8, with the rule for what is none.
pub(super) struct MarkupText {
    path: PathBuf,
    rule: BadBytes,
    /// The first kilobyte, in which the markup may declare its encoding.
    head: Vec<u8>,
}

impl MarkupText {
    pub(super) fn new(path: &Path, rule: BadBytes) -> Self {
        Self { path: path.to_path_buf(), rule, head: Vec::new() }
    }

    fn bad_bytes(&self, bytes: &[u8], place: StreamPlace, position: usize) -> Error {
        let (path, line) = (self.path.clone(), place.line_of(bytes, position));
        let byte = bytes[position];
        match self.rule.encoding {
            Some(encoding) if byte == INVALID => Error::BadEncoding { path, line, encoding },
            _ => {
                let offset = place.offset + position as u64;
                let guessed = || guess(bytes, place.at_end);
                let declared = declared(&[&self.head[..], bytes].concat());
                let guess = declared.map_or_else(guessed, EncodingGuess::Other);
                Error::BadUtf8 { path, line, offset, byte, guess }
            }
        }
    }
}

impl TextRule for MarkupText {
    fn check(&mut self, bytes: &mut Vec<u8>, place: StreamPlace) -> Result<usize> {
        match (n_utf8(bytes, place), self.rule.policy) {
            (Ok(n_checked), _) => Ok(n_checked),
            (Err(_), Some(OnBadText::Replace | OnBadText::Skip)) => Ok(mark(bytes, place)),
            (Err(position), _) => Err(self.bad_bytes(bytes, place, position)),
        }
    }

    fn pass(&mut self, passed: &[u8]) {
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&passed[..passed.len().min(missing)]);
    }
}

/// Puts the mark in the place of each bad sequence; returns how many bytes are good then. Places in
/// messages are of no account any more.
fn mark(bytes: &mut Vec<u8>, place: StreamPlace) -> usize {
    let mut marked = Vec::with_capacity(bytes.len());
    let mut rest = Vec::new();
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        marked.extend_from_slice(chunk.valid().as_bytes());
        let bad = chunk.invalid();
        let is_cut = std::str::from_utf8(bad).is_err_and(|error| error.error_len().is_none());
        if chunks.peek().is_none() && is_cut && !place.at_end {
            rest.extend_from_slice(bad);
        } else if !bad.is_empty() {
            marked.push(BAD as u8);
        }
    }
    let n_checked = marked.len();
    *bytes = [marked, rest].concat();
    n_checked
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

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

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
        let rule = MarkupText::new(Path::new("t"), rule);
        Utf8Input::new(Slow(bytes), rule).read_to_string(&mut text)?;
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
