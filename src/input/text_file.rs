//! A file that is text: the one way to open dictionaries, test sets, labels and lists of words.
//!
//! In: a path with its encoding, if that is known. Out: UTF-8 with LF at the ends of lines,
//! whatever the file is compressed with, and also out of an archive. What is no text stops the
//! reading with an error: bytes that are not valid, a NUL, a PDF.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::checked::{Checked, STEP_BYTES, StreamPlace, TextRule, n_utf8};
use super::encoding::{self, Decoded, TextEncoding};
use super::open;
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;

/// A file to read: its path, `-` for standard input, and its encoding.
///
/// The file may be compressed with gzip, zstd, bzip2 or xz, and may lie in a zip or tar archive:
/// `sets.zip` if it is the only file there, else `sets.zip/analogies.txt`. Paths are such files of
/// UTF-8, or of what a byte order mark says:
///
/// ```
/// use eigenlex::input::{TextEncoding, TextSource};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("words.txt");
/// std::fs::write(&path, b"caf\xE9\r")?;
/// assert!(TextSource::from(&path).read().is_err());
/// let encoding: TextEncoding = "windows-1252".parse()?;
/// assert_eq!(TextSource::new(&path).encoding(encoding).read()?, "café\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSource {
    path: PathBuf,
    encoding: Option<TextEncoding>,
}

impl<P: AsRef<Path>> From<P> for TextSource {
    fn from(path: P) -> Self {
        Self::new(path)
    }
}

impl TextSource {
    /// A file of UTF-8, or of what its byte order mark says.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf(), encoding: None }
    }

    /// Sets the encoding; `None`, the default, is UTF-8 or what a byte order mark says.
    #[must_use]
    pub fn encoding(self, encoding: impl Into<Option<TextEncoding>>) -> Self {
        Self { encoding: encoding.into(), ..self }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The encoding, if one was given.
    pub fn given_encoding(&self) -> Option<TextEncoding> {
        self.encoding
    }

    /// Opens the file; its text is checked while it is read.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Decompress`] or [`Error::Archive`] if it cannot be read;
    /// [`Error::OtherFormat`] if it begins like a file of another program;
    /// [`Error::OtherByteOrderMark`] or [`Error::NoByteOrderMark`].
    pub fn open(&self) -> Result<TextReader<'static>> {
        let mut opened = open::open(&self.path)?;
        let head = opened.bytes.peek(STEP_BYTES)?;
        if let Some(format) = ForeignFormat::of_decompressed(head) {
            return Err(Error::OtherFormat { path: opened.path, format });
        }
        let text = Decoded::new(opened.bytes, &opened.path, self.encoding)?;
        if ForeignFormat::of_markup(text.ahead()) == Some(ForeignFormat::WebPage) {
            let format = ForeignFormat::WebPage;
            return Err(Error::OtherFormat { path: opened.path, format });
        }
        Ok(TextReader::checking(text, opened.path))
    }

    /// The whole text.
    ///
    /// # Errors
    /// As [`TextSource::open`] and [`TextReader`].
    pub fn read(&self) -> Result<String> {
        let mut text = String::new();
        let read = self.open()?.read_to_string(&mut text);
        read.map_err(|error| Error::io("read", &self.path, error))?;
        Ok(text)
    }
}

/// A text as it is read: every byte of it is part of valid UTF-8, none is NUL.
///
/// A read fails with an [`enum@Error`] within the [`io::Error`]: [`Error::BadUtf8`],
/// [`Error::BadEncoding`] or [`Error::ControlCharacter`], with path and line; [`Error::io`] takes
/// it out.
pub struct TextReader<'a>(Checked<Box<dyn Read + 'a>, PlainText>);

impl<'a> TextReader<'a> {
    /// Reads a stream as text that is plain and not in an archive; `path` names it in messages.
    ///
    /// # Errors
    /// As [`TextSource::open`].
    pub fn new(
        stream: impl Read + 'a,
        path: &Path,
        encoding: Option<TextEncoding>,
    ) -> Result<Self> {
        Ok(Self::checking(Decoded::new(stream, path, encoding)?, path.to_path_buf()))
    }

    fn checking<R: Read + 'a>(text: Decoded<R>, path: PathBuf) -> Self {
        let rule = PlainText { converted_from: text.converted_from(), path };
        Self(Checked::new(Box::new(text), rule))
    }
}

impl BufRead for TextReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl Read for TextReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// UTF-8 without NUL.
struct PlainText {
    /// The encoding that the text is converted from.
    converted_from: Option<&'static str>,
    path: PathBuf,
}

impl TextRule for PlainText {
    fn check(&mut self, bytes: &mut Vec<u8>, place: StreamPlace) -> Result<usize> {
        let n_checked =
            n_utf8(bytes, place).map_err(|position| self.bad_bytes(bytes, place, position))?;
        match memchr::memchr(0, &bytes[..n_checked]) {
            None => Ok(n_checked),
            Some(position) => Err(Error::ControlCharacter {
                path: self.path.clone(),
                line: place.line_of(bytes, position),
                offset: place.offset + position as u64,
                character: '\0',
            }),
        }
    }
}

impl PlainText {
    fn bad_bytes(&self, bytes: &[u8], place: StreamPlace, position: usize) -> Error {
        let (path, line) = (self.path.clone(), place.line_of(bytes, position));
        match self.converted_from {
            Some(encoding) => Error::BadEncoding { path, line, encoding },
            None => Error::BadUtf8 {
                path,
                line,
                offset: place.offset + position as u64,
                byte: bytes[position],
                guess: encoding::guess(bytes, place.at_end),
            },
        }
    }
}

/// Calls `line` with each line of a text, blank or not, without its end, and its number from 1.
/// `path` names the stream, which may be in any encoding that a byte order mark names.
pub(crate) fn each_line(
    stream: impl Read,
    path: &Path,
    mut line: impl FnMut(&str, u64) -> Result<()>,
) -> Result<()> {
    let failed = |source: io::Error| Error::io("read", path, source);
    let mut text = TextReader::new(stream, path, None)?;
    let mut read = String::new();
    let mut number = 0;
    while text.read_line(&mut read).map_err(failed)? > 0 {
        number += 1;
        line(read.trim_end_matches(['\n', '\r']), number)?;
        read.clear();
    }
    Ok(())
}

#[cfg(test)]
#[path = "text_file_tests.rs"]
mod tests;
