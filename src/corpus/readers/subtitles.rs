//! Subtitles: SubRip (`.srt`), WebVTT (`.vtt`) and YouTube's `.sbv`.
//!
//! In: cues, each of an optional number or name, a line with its times, and lines of text. Out: the
//! text of each cue on one line, without numbers, times, tags and styles. Cues follow line by line;
//! an empty line stands where nothing is shown for [`GAP_SECONDS`].
//!
//! Files of subtitles are often written by hand: the blank line between two cues may be missing, or
//! one may stand within a cue. So a cue begins with its line of times, wherever that stands.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::blocks::{BlockSource, Blocks};
use super::{Place, ReaderOptions, entities, error_of};
use crate::base::error::{Error, Result};

/// A paragraph ends where no text is shown for so long.
const GAP_SECONDS: f64 = 5.0;

/// A longer line is no line of a subtitle.
const LONGEST_LINE_BYTES: u64 = 1 << 20;

/// The text of the cues of a file.
pub(super) struct Subtitles {
    reader: BufReader<Box<dyn Read + Send>>,
    path: PathBuf,
    blocks: Blocks,
    n_lines: u64,
    line: String,
    is_vtt: bool,
    /// The line before, which is the number of the next cue if a line of times follows.
    held: Option<Held>,
    /// Whether the lines up to the next blank one are no cue: the header, notes, styles.
    is_skipping: bool,
    is_after_blank: bool,
    /// The end of the last cue, in seconds; `None` before the first.
    end: Option<f64>,
    /// Captions that scroll repeat the line above: those of YouTube, which time each word.
    scrolls: bool,
    last_text: String,
}

/// A line whose meaning the next shows.
struct Held {
    text: String,
    /// Whether it is the first after a blank line, so that it may be the number of a cue, or in
    /// WebVTT its name.
    is_first: bool,
}

impl Subtitles {
    pub(super) fn open(
        reader: Box<dyn Read + Send>,
        options: &ReaderOptions,
        path: &Path,
    ) -> Result<Self> {
        if let Some(name) = options.metadata.first() {
            let found = "subtitles, which have no metadata";
            return Err(Error::malformed(path, None, found, format!("`{name}`")));
        }
        Ok(Self {
            reader: BufReader::with_capacity(1 << 16, reader),
            path: path.to_path_buf(),
            blocks: Blocks::default(),
            n_lines: 0,
            line: String::new(),
            is_vtt: false,
            held: None,
            is_skipping: false,
            is_after_blank: true,
            end: None,
            scrolls: false,
            last_text: String::new(),
        })
    }

    fn place(&self) -> Place<'_> {
        Place { path: &self.path, line: self.n_lines.max(1) }
    }

    /// Reads the next line into `self.line`, without its end.
    fn next_line(&mut self) -> Result<bool> {
        let mut bytes = std::mem::take(&mut self.line).into_bytes();
        bytes.clear();
        let n = (&mut self.reader).take(LONGEST_LINE_BYTES).read_until(b'\n', &mut bytes);
        let n = n.map_err(|error| error_of(&self.path, error))?;
        self.n_lines += 1;
        if n as u64 == LONGEST_LINE_BYTES {
            let found = "a line of more than a megabyte";
            return Err(self.place().malformed(0, found, "the lines of subtitles"));
        }
        while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.pop();
        }
        self.line = String::from_utf8(bytes)
            .map_err(|_| self.place().malformed(0, "bytes that are not UTF-8", "UTF-8"))?;
        if self.n_lines == 1 && self.line.starts_with('\u{FEFF}') {
            self.line.drain(..'\u{FEFF}'.len_utf8());
        }
        Ok(n > 0)
    }

    fn read_line(&mut self) -> Result<()> {
        let line = std::mem::take(&mut self.line);
        let text = line.trim();
        if text.is_empty() {
            self.is_skipping = false;
            self.is_after_blank = true;
            // A number between blank lines may belong to the line of times after it.
            let may_be_number = |held: &Held| held.is_first && is_number(&held.text);
            if self.held.as_ref().is_some_and(|held| !may_be_number(held)) {
                self.release()?;
            }
        } else if let Some((start, end)) = times(text) {
            self.begin_cue(start, end)?;
        } else if self.is_skipping || self.begins_other_block(text) {
            self.is_skipping = true;
            self.is_after_blank = false;
        } else {
            self.release()?;
            let is_first = std::mem::take(&mut self.is_after_blank);
            self.held = Some(Held { text: text.to_owned(), is_first });
        }
        self.line = line;
        Ok(())
    }

    /// Whether a line begins the header of WebVTT, a note, a style or a region.
    fn begins_other_block(&mut self, text: &str) -> bool {
        let word = text.split([' ', '\t', ':']).next().unwrap_or("");
        if self.n_lines == 1 && word == "WEBVTT" {
            self.is_vtt = true;
            return true;
        }
        self.is_vtt && self.is_after_blank && matches!(word, "NOTE" | "STYLE" | "REGION")
    }

    fn begin_cue(&mut self, start: f64, end: f64) -> Result<()> {
        let is_name = |held: &Held| match self.is_vtt {
            true => held.is_first,
            false => is_number(&held.text),
        };
        if self.held.as_ref().is_some_and(is_name) {
            self.held = None;
        }
        self.release()?;
        if self.end.is_some_and(|end| start - end >= GAP_SECONDS) {
            self.blocks.end_block();
        } else {
            self.blocks.end_line();
        }
        self.end = Some(end);
        (self.is_skipping, self.is_after_blank) = (false, false);
        Ok(())
    }

    /// Adds the line that was held back to the current cue.
    fn release(&mut self) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        if self.end.is_none() {
            return Err(self.no_times(&held.text));
        }
        let mut text = String::new();
        self.scrolls |= push_text(&held.text, &mut text) && self.is_vtt;
        if !(self.scrolls && text.trim() == self.last_text) {
            self.blocks.push(&text);
            self.blocks.space();
        }
        text.trim().clone_into(&mut self.last_text);
        Ok(())
    }

    fn no_times(&self, text: &str) -> Error {
        self.place().malformed(
            0,
            format!("`{text}` before any line of times"),
            "subtitles: `00:00:01,000 --> 00:00:02,000` above each text",
        )
    }
}

impl BlockSource for Subtitles {
    fn advance(&mut self) -> Result<bool> {
        while !self.blocks.is_full() {
            if !self.next_line()? {
                self.release()?;
                self.blocks.end_block();
                return Ok(false);
            }
            self.read_line()?;
        }
        Ok(true)
    }

    fn blocks(&mut self) -> &mut Blocks {
        &mut self.blocks
    }

    fn metadata(&self) -> &[String] {
        &[]
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The start and the end of a cue, in seconds, if the line is one of times:
/// `00:01:02,500 --> 00:01:04,000`, `01:02.500 --> 01:04.000 align:start`,
/// `0:01:02.500,0:01:04.000`.
fn times(line: &str) -> Option<(f64, f64)> {
    if !line.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Some((start, rest)) = line.split_once("-->") {
        let end = rest.trim_start().split([' ', '\t']).next()?;
        return Some((seconds(start.trim())?, seconds(end)?));
    }
    let (start, end) = line.split_once(',')?;
    (start.contains('.') && end.contains('.')).then_some(())?;
    Some((seconds(start)?, seconds(end)?))
}

/// `hours:minutes:seconds,thousandths`, of which the hours may be missing.
fn seconds(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let digits =
        |text: &str| (!text.is_empty() && text.len() <= 9 && is_number(text)).then_some(());
    digits(fraction)?;
    let (mut total, mut n_parts) = (0.0, 0);
    for part in whole.split(':') {
        let part = part.trim();
        digits(part)?;
        total = total * 60.0 + part.parse::<f64>().ok()?;
        n_parts += 1;
    }
    let fraction = format!("0.{fraction}").parse::<f64>().ok()?;
    matches!(n_parts, 2 | 3).then_some(total + fraction)
}

/// Adds a line of text without tags (`<i>`, `<v Name>`), styles (`{\an8}`) and references. Returns
/// whether it holds times of words, `<00:00:01.000>`.
fn push_text(line: &str, into: &mut String) -> bool {
    let (mut rest, mut has_times) = (line, false);
    while let Some(position) = memchr::memchr3(b'<', b'{', b'&', rest.as_bytes()) {
        into.push_str(&rest[..position]);
        rest = &rest[position..];
        let length = match rest.as_bytes()[0] {
            b'&' => entities::push_reference(rest, into),
            b'<' => {
                let length = tag_length(rest);
                let is_time = length > 2 && rest.as_bytes()[1].is_ascii_digit();
                has_times |= is_time;
                length
            }
            _ => style_length(rest),
        };
        if length == 0 {
            into.push_str(&rest[..1]);
        }
        rest = &rest[length.max(1)..];
    }
    into.push_str(rest);
    has_times
}

/// The length of a tag at the beginning of the text; 0 for `<3` and `< b`.
fn tag_length(text: &str) -> usize {
    let Some(inner) = text[1..].split(['<', '>']).next() else { return 0 };
    let is_closed = text.as_bytes().get(1 + inner.len()) == Some(&b'>');
    let is_time = || seconds(inner).is_some();
    let begins_tag = inner.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    if is_closed && (begins_tag || is_time()) { inner.len() + 2 } else { 0 }
}

/// The length of a style at the beginning of the text: `{\an8}`, `{y:i}`; 0 for other braces.
fn style_length(text: &str) -> usize {
    let Some(inner) = text[1..].split(['{', '}']).next() else { return 0 };
    let is_closed = text.as_bytes().get(1 + inner.len()) == Some(&b'}');
    let is_style = inner.starts_with('\\')
        || matches!(inner.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if is_closed && is_style { inner.len() + 2 } else { 0 }
}

#[cfg(test)]
#[path = "subtitles_tests.rs"]
mod tests;
