//! XML as a stream of events, with line numbers, and with bounded memory.
//!
//! In: bytes in UTF-8. Out: the events of quick-xml. A single event, a text or a tag, may not be
//! longer than a record; elements may not lie in one another without bound.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use quick_xml::events::Event;
use quick_xml::{Error as XmlError, Reader};

use super::{LONGEST_RECORD_BYTES, Place, error_of};
use crate::base::error::{Error, Result};

/// More elements never lie in one another in a text.
const MOST_LEVELS: usize = 10_000;

/// Reads events.
pub(super) struct XmlInput {
    reader: Reader<Counting>,
    path: PathBuf,
    buffer: Vec<u8>,
    depth: usize,
    /// The line on which the last event began.
    line: u64,
    /// What the declaration says, where it is not UTF-8.
    encoding: Option<String>,
}

/// Counts lines, and refuses an event that does not end.
struct Counting {
    inner: BufReader<Box<dyn Read + Send>>,
    /// Line ends that were consumed.
    n_line_ends: u64,
    /// Bytes consumed since the last event.
    event_bytes: usize,
    /// The error of reading, which quick-xml would wrap.
    error: Option<io::Error>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Counting {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event_bytes > LONGEST_RECORD_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // An interruption is no error: quick-xml would read on, and so does this.
        loop {
            match self.inner.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
        Ok(self.inner.buffer())
    }

    fn consume(&mut self, n: usize) {
        let consumed = &self.inner.buffer()[..n];
        self.n_line_ends += memchr::memchr_iter(b'\n', consumed).count() as u64;
        self.event_bytes += n;
        self.inner.consume(n);
    }
}

impl XmlInput {
    pub(super) fn new(reader: Box<dyn Read + Send>, path: &Path) -> Self {
        let inner = BufReader::with_capacity(1 << 16, reader);
        let counting = Counting { inner, n_line_ends: 0, event_bytes: 0, error: None };
        let mut reader = Reader::from_reader(counting);
        // A lone `&` is an error of XML, but it stands in many files.
        reader.config_mut().allow_dangling_amp = true;
        Self {
            reader,
            path: path.to_path_buf(),
            buffer: Vec::new(),
            depth: 0,
            line: 1,
            encoding: None,
        }
    }

    /// The place of the last event.
    pub(super) fn place(&self) -> Place<'_> {
        Place { path: &self.path, line: self.line }
    }

    /// Reads the next event and gives it to `visit`; [`Event::Eof`] is the last.
    pub(super) fn next<T>(
        &mut self,
        visit: impl FnOnce(Event<'_>, Place<'_>) -> Result<T>,
    ) -> Result<T> {
        self.buffer.clear();
        let counting = self.reader.get_mut();
        counting.event_bytes = 0;
        self.line = 1 + counting.n_line_ends;
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(self.failure(&error)),
        };
        let place = Place { path: &self.path, line: self.line };
        match &event {
            Event::Start(_) => {
                self.depth += 1;
                if self.depth > MOST_LEVELS {
                    let found = format!("more than {MOST_LEVELS} elements within one another");
                    return Err(place.malformed(0, found, "fewer"));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Decl(declaration) => {
                if let Some(Ok(encoding)) = declaration.encoding() {
                    self.encoding = Some(encoding.into_owned())
                        .filter(|name| !name.eq_ignore_ascii_case("utf-8"));
                }
            }
            Event::Eof if self.depth > 0 => {
                let found = format!("the end of the file within {} element(s)", self.depth);
                return Err(place.malformed(0, found, "their end tags"));
            }
            _ => {}
        }
        visit(event, place)
    }

    fn failure(&mut self, error: &XmlError) -> Error {
        let counting = self.reader.get_mut();
        let line = 1 + counting.n_line_ends;
        if let Some(error) = counting.error.take() {
            return error_of(&self.path, error);
        }
        let place = Place { path: &self.path, line: self.line };
        match (error, &self.encoding) {
            (XmlError::Io(_), _) => {
                place.malformed(0, "a tag or a text of more than 64 MiB", "at most 64 MiB")
            }
            (XmlError::Encoding(_), encoding) => {
                let encoding = encoding.as_deref().map_or_else(String::new, |encoding| {
                    format!("; the file declares the encoding {encoding}")
                });
                place.malformed(0, "bytes that are not UTF-8", format!("UTF-8{encoding}"))
            }
            _ => {
                let place = Place { line, ..place };
                place.malformed(0, format!("bad XML: {error}"), "well-formed XML")
            }
        }
    }
}
