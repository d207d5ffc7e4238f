//! Text in any encoding as UTF-8.
//!
//! In: a stream of bytes, and its encoding if that is known. Out: UTF-8 without a byte order mark,
//! with LF at the ends of lines where CR alone stood. A byte order mark decides; without it and
//! without a word about the encoding the bytes pass as they are, since UTF-8 is expected. A
//! sequence that is not valid in the encoding becomes the byte 0xFF, which UTF-8 never has: whoever
//! reads finds it with its line, and does with it what is done with bad bytes. Nothing is converted
//! on a guess; a guess is for messages ([`guess`]).
//!
//! The encodings are those of the WHATWG Encoding Standard and UTF-32.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::DecoderResult;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::line_ends::LineEnds;
use crate::base::error::{EncodingGuess, Error, Result};

/// What stands for a sequence that is not valid: no byte of UTF-8.
pub(crate) const INVALID: u8 = 0xFF;

/// Bytes that are read at a time, and looked at in the beginning.
const STEP_BYTES: usize = LineEnds::LOOKED_AT;

/// The encoding of a text: UTF-8, UTF-16, UTF-32, or any other of the WHATWG Encoding Standard.
///
/// It is read from any label of the standard. `utf-16` and `utf-32` leave the order of the bytes to
/// a byte order mark, and mean little-endian without one.
///
/// ```
/// use eigenlex::input::TextEncoding;
/// let encoding: TextEncoding = "latin1".parse()?;
/// assert_eq!(encoding.to_string(), "windows-1252");
/// assert!("latin-17".parse::<TextEncoding>().is_err());
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Utf8,
    Utf16(Order),
    Utf32(Order),
    Other(&'static encoding_rs::Encoding),
}

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As a byte order mark says, else little-endian.
    Marked,
    Little,
    Big,
}

/// The byte order marks; that of UTF-32 begins with that of UTF-16.
const MARKS: [(&[u8], Kind); 5] = [
    (b"\xEF\xBB\xBF", Kind::Utf8),
    (b"\xFF\xFE\0\0", Kind::Utf32(Order::Little)),
    (b"\0\0\xFE\xFF", Kind::Utf32(Order::Big)),
    (b"\xFF\xFE", Kind::Utf16(Order::Little)),
    (b"\xFE\xFF", Kind::Utf16(Order::Big)),
];

impl TextEncoding {
    /// UTF-8.
    pub const UTF_8: Self = Self(Kind::Utf8);

    /// The name in the standard.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Utf8 => "UTF-8",
            Kind::Utf16(Order::Marked) => "UTF-16",
            Kind::Utf16(Order::Little) => "UTF-16LE",
            Kind::Utf16(Order::Big) => "UTF-16BE",
            Kind::Utf32(Order::Marked) => "UTF-32",
            Kind::Utf32(Order::Little) => "UTF-32LE",
            Kind::Utf32(Order::Big) => "UTF-32BE",
            Kind::Other(encoding) => encoding.name(),
        }
    }

    /// The encoding that a byte order mark means, and the length of the mark.
    fn of_mark(head: &[u8]) -> Option<(Self, usize)> {
        let (mark, kind) = MARKS.iter().find(|(mark, _)| head.starts_with(mark))?;
        Some((Self(*kind), mark.len()))
    }

    /// Whether a byte order mark of `marked` may stand before a text in this encoding.
    fn agrees_with(self, marked: Self) -> bool {
        self == marked
            || match (self.0, marked.0) {
                (Kind::Utf16(own), Kind::Utf16(_)) | (Kind::Utf32(own), Kind::Utf32(_)) => {
                    own == Order::Marked
                }
                _ => false,
            }
    }
}

impl FromStr for TextEncoding {
    type Err = Error;

    fn from_str(label: &str) -> Result<Self> {
        let kind = match label.trim().to_ascii_lowercase().as_str() {
            "utf-16" | "utf16" => Kind::Utf16(Order::Marked),
            "utf-32" | "utf32" => Kind::Utf32(Order::Marked),
            "utf-32le" | "utf32le" => Kind::Utf32(Order::Little),
            "utf-32be" | "utf32be" => Kind::Utf32(Order::Big),
            "utf16le" => Kind::Utf16(Order::Little),
            "utf16be" => Kind::Utf16(Order::Big),
            label => match encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()) {
                Some(it) if it == encoding_rs::UTF_8 => Kind::Utf8,
                Some(it) if it == encoding_rs::UTF_16LE => Kind::Utf16(Order::Little),
                Some(it) if it == encoding_rs::UTF_16BE => Kind::Utf16(Order::Big),
                Some(it) => Kind::Other(it),
                None => {
                    return Err(Error::Parameter {
                        name: "encoding",
                        found: format!("`{label}`"),
                        expected:
                            "a label of the WHATWG Encoding Standard, such as utf-8, utf-16, \
                                   windows-1252, iso-8859-2, windows-1251, koi8-r, gb18030, big5, \
                                   shift_jis, euc-jp or euc-kr"
                                .to_owned(),
                    });
                }
            },
        };
        Ok(Self(kind))
    }
}

/// The label, in lower case.
impl fmt::Display for TextEncoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.name().to_ascii_lowercase())
    }
}

impl Serialize for TextEncoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TextEncoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What bytes that are not all UTF-8 seem to be. `is_end`: the text ends with them.
pub(crate) fn guess(bytes: &[u8], is_end: bool) -> EncodingGuess {
    let (mut n_good, mut n_bad) = (0_u64, 0_u64);
    for chunk in bytes.utf8_chunks() {
        n_good += chunk.valid().bytes().filter(|&byte| byte >= 0xC0).count() as u64;
        n_bad += u64::from(!chunk.invalid().is_empty());
    }
    let is_cut = || std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
    if n_good > 0 && is_end && is_cut() {
        EncodingGuess::CutOff
    } else if n_good > n_bad {
        EncodingGuess::MostlyUtf8
    } else {
        likely(bytes).map_or(EncodingGuess::Unclear, EncodingGuess::Other)
    }
}

/// The encoding that bytes which are not UTF-8 seem to have, by its name; `None` if nothing fits.
/// Encodings are told apart by which characters follow each other in which languages.
fn likely(bytes: &[u8]) -> Option<&'static str> {
    /// Bytes that are looked at: more do not make a better guess.
    const MOST: usize = 1 << 20;
    let (is_whole, bytes) = (bytes.len() <= MOST, &bytes[..bytes.len().min(MOST)]);
    // An escape sequence is a sign of a terminal's output more often than of ISO-2022-JP.
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, is_whole);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
    // The last character may be cut.
    let is_text = !has_errors || text.chars().rev().skip(1).all(|it| it != '\u{FFFD}');
    let has_controls = text.chars().any(|it| matches!(it, '\u{80}'..='\u{9F}'));
    let is_likely = !is_latin(encoding) || !has_foreign_word(&text);
    (is_text && !has_controls && is_likely).then(|| encoding.name())
}

/// Whether an encoding is one of those of Latin letters, which are what short texts in many others
/// are taken for. Vietnamese has words without a letter of ASCII.
fn is_latin(encoding: &'static encoding_rs::Encoding) -> bool {
    matches!(
        encoding.name(),
        "windows-1250"
            | "windows-1252"
            | "windows-1254"
            | "windows-1257"
            | "ISO-8859-2"
            | "ISO-8859-3"
            | "ISO-8859-4"
            | "ISO-8859-10"
            | "ISO-8859-13"
            | "ISO-8859-14"
            | "ISO-8859-15"
            | "ISO-8859-16"
            | "macintosh"
    )
}

/// Whether four characters or more follow each other that are not ASCII, with letters among them:
/// in languages with Latin letters there is nearly always one of ASCII between.
fn has_foreign_word(text: &str) -> bool {
    const CHARACTERS: usize = 4;
    const LETTERS: usize = 2;
    text.split(|it: char| it.is_ascii() || it.is_whitespace()).any(|run| {
        run.chars().count() >= CHARACTERS
            && run.chars().filter(|it| it.is_alphabetic()).count() >= LETTERS
    })
}

/// UTF-8 as what is expected, and what bytes that are not UTF-8 look like instead.
pub(crate) fn expected(bytes: &[u8]) -> String {
    match guess(bytes, false) {
        EncodingGuess::Other(it) => format!("UTF-8 (it looks like {it})"),
        _ => "UTF-8".to_owned(),
    }
}

/// The encoding of a text without a byte order mark that has NUL at regular places.
fn with_nul(head: &[u8], is_whole: bool) -> Option<TextEncoding> {
    /// The least share of characters of ASCII, lines' ends and spaces among them, in a text.
    const LEAST_SHARE: usize = 50;
    if !head.contains(&0) {
        return None;
    }
    for order in [Order::Little, Order::Big] {
        for (kind, width) in [(Kind::Utf32(order), 4), (Kind::Utf16(order), 2)] {
            if is_whole && !head.len().is_multiple_of(width) {
                continue;
            }
            let (mut n_units, mut n_ascii) = (0, 0);
            // The last character may be cut.
            let units = head.chunks_exact(width).take(head.len() / width - usize::from(!is_whole));
            let mut is_text = true;
            for unit in units {
                let number = number_of(unit, order);
                n_units += 1;
                n_ascii += usize::from(number < 0x80);
                is_text &= matches!(number, 9..=13 | 0x20..=0x7E | 0xA0..=0xFFFD)
                    || (width == 4 && matches!(number, 0x1_0000..=0x10_FFFF));
                is_text &= width == 2 || !matches!(number, 0xD800..=0xDFFF);
            }
            if is_text && n_ascii >= 2 && n_ascii * LEAST_SHARE >= n_units {
                return Some(TextEncoding(kind));
            }
        }
    }
    None
}

fn number_of(unit: &[u8], order: Order) -> u32 {
    let add = |number, byte: &u8| number << 8 | u32::from(*byte);
    match order {
        Order::Big => unit.iter().fold(0, add),
        Order::Little | Order::Marked => unit.iter().rev().fold(0, add),
    }
}

/// A stream of bytes as UTF-8.
pub(crate) struct Decoded<R> {
    inner: R,
    at_end: bool,
    /// Read, but not yet decoded.
    raw: Vec<u8>,
    decoder: Decoder,
    line_ends: LineEnds,
    /// Decoded, but not handed out.
    text: Vec<u8>,
    /// Bytes of `text` that are handed out.
    handed_out: usize,
}

enum Decoder {
    /// The bytes are taken for UTF-8.
    Pass,
    Utf32(Order),
    Other(Box<encoding_rs::Decoder>, &'static encoding_rs::Encoding),
}

impl<R: Read> Decoded<R> {
    /// Reads the beginning of a text; `path` names it in messages, `given` is its encoding if that
    /// is known.
    ///
    /// # Errors
    /// [`Error::OtherByteOrderMark`] if the text says that it has another encoding;
    /// [`Error::NoByteOrderMark`] if it seems to be UTF-16 or UTF-32 and neither it nor `given`
    /// says so; whatever `inner` fails with.
    pub(crate) fn new(inner: R, path: &Path, given: Option<TextEncoding>) -> Result<Self> {
        let mut it = Self {
            inner,
            at_end: false,
            raw: Vec::new(),
            decoder: Decoder::Pass,
            line_ends: LineEnds::Lf,
            text: Vec::new(),
            handed_out: 0,
        };
        let failed = |source| Error::io("read", path, source);
        while it.raw.len() < STEP_BYTES && !it.at_end {
            it.fill().map_err(failed)?;
        }
        let marked = TextEncoding::of_mark(&it.raw);
        let encoding = match (given, marked) {
            // In an encoding of single bytes the marks of UTF-16 could be text (`ÿþ`), but never
            // are.
            (Some(given), Some((marked, _))) if !given.agrees_with(marked) => {
                let (path, found) = (path.to_path_buf(), marked.name());
                return Err(Error::OtherByteOrderMark { path, found, given: given.name() });
            }
            (_, Some((marked, _))) => marked,
            (Some(given), None) => given,
            (None, None) => match with_nul(&it.raw, it.at_end) {
                Some(likely) => {
                    let path = path.to_path_buf();
                    return Err(Error::NoByteOrderMark { path, encoding: likely.name() });
                }
                None => TextEncoding::UTF_8,
            },
        };
        it.raw.drain(..marked.map_or(0, |(_, length)| length));
        let other = |it: &'static encoding_rs::Encoding| {
            Decoder::Other(Box::new(it.new_decoder_without_bom_handling()), it)
        };
        it.decoder = match encoding.0 {
            Kind::Utf8 => Decoder::Pass,
            Kind::Utf32(order) => Decoder::Utf32(order),
            Kind::Utf16(Order::Big) => other(encoding_rs::UTF_16BE),
            Kind::Utf16(_) => other(encoding_rs::UTF_16LE),
            Kind::Other(encoding) => other(encoding),
        };
        it.decode();
        it.line_ends = LineEnds::of(&it.text);
        it.line_ends.unify(&mut it.text);
        Ok(it)
    }

    /// The encoding from which the text is converted; `None` for UTF-8, of which the bytes pass as
    /// they are.
    pub(crate) fn converted_from(&self) -> Option<&'static str> {
        match &self.decoder {
            Decoder::Pass => None,
            Decoder::Utf32(_) => Some("UTF-32"),
            Decoder::Other(_, encoding) => Some(encoding.name()),
        }
    }

    /// Text that is decoded and not yet handed out; in the beginning, the first 64 KiB at least.
    pub(crate) fn ahead(&self) -> &[u8] {
        &self.text[self.handed_out..]
    }

    /// Fills `buffer` as far as the text reaches; returns the number of bytes. `path` names it in
    /// messages.
    pub(crate) fn read_full(&mut self, buffer: &mut [u8], path: &Path) -> Result<usize> {
        let mut length = 0;
        while length < buffer.len() {
            match self.read(&mut buffer[length..]) {
                Ok(0) => break,
                Ok(n) => length += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read", path, error)),
            }
        }
        Ok(length)
    }

    /// Reads raw bytes.
    fn fill(&mut self) -> io::Result<()> {
        let filled = self.raw.len();
        self.raw.resize(filled + STEP_BYTES, 0);
        let read = loop {
            match self.inner.read(&mut self.raw[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.raw.truncate(filled + *read.as_ref().unwrap_or(&0));
        self.at_end = read? == 0;
        Ok(())
    }

    /// Decodes what was read.
    fn decode(&mut self) {
        self.text.clear();
        self.handed_out = 0;
        match &mut self.decoder {
            Decoder::Pass => std::mem::swap(&mut self.text, &mut self.raw),
            Decoder::Utf32(order) => {
                let n_whole = self.raw.len() / 4 * 4;
                for unit in self.raw[..n_whole].chunks_exact(4) {
                    match char::from_u32(number_of(unit, *order)) {
                        Some(it) => {
                            self.text.extend(it.encode_utf8(&mut [0; 4]).as_bytes());
                        }
                        None => self.text.push(INVALID),
                    }
                }
                self.raw.drain(..n_whole);
                if self.at_end && !self.raw.is_empty() {
                    self.raw.clear();
                    self.text.push(INVALID);
                }
            }
            Decoder::Other(decoder, _) => {
                decode_all(decoder, &self.raw, self.at_end, &mut self.text);
                self.raw.clear();
            }
        }
        self.line_ends.unify(&mut self.text);
    }
}

/// Decodes `raw` as far as it goes; the decoder keeps a character that is cut.
fn decode_all(decoder: &mut encoding_rs::Decoder, raw: &[u8], last: bool, text: &mut Vec<u8>) {
    let mut rest = raw;
    loop {
        let filled = text.len();
        // The most that the decoder can ask for.
        let needed = decoder.max_utf8_buffer_length_without_replacement(rest.len());
        text.resize(filled + needed.unwrap_or(rest.len()), 0);
        let (result, n_read, n_written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut text[filled..], last);
        text.truncate(filled + n_written);
        rest = &rest[n_read..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => text.push(INVALID),
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let rest = self.ahead();
            if !rest.is_empty() {
                let n = rest.len().min(buffer.len());
                buffer[..n].copy_from_slice(&rest[..n]);
                self.handed_out += n;
                return Ok(n);
            }
            if self.at_end {
                return Ok(0);
            }
            if matches!(self.decoder, Decoder::Pass) {
                let n = self.inner.read(buffer)?;
                self.at_end = n == 0;
                self.line_ends.unify(&mut buffer[..n]);
                return Ok(n);
            }
            self.fill()?;
            self.decode();
        }
    }
}

#[cfg(test)]
#[path = "encoding_tests.rs"]
mod tests;
