//! One source of a corpus, opened: its bytes a piece at a time.
//!
//! In: raw bytes. Out: decompressed and decoded bytes, cut where no word and no record is cut, and
//! what they hold.
//!
//! A piece of plain text ends after a line end; a line longer than a piece is cut at a space, and
//! text without either (some megabytes of a script without spaces) between two characters. A piece
//! of records ends with a record. Cuts depend on the bytes of the source alone.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::hashing::Fingerprint;
use super::piece::{Form, Piece};
use super::readers::{
    BAD, BadBytes, Converter, LONGEST_RECORD_BYTES, Place, ReaderKind, ReaderOptions, RecordReader,
    convert, error_of, extension, open_records, parquet, too_long,
};
use super::shares::{BYTE_ORDER_MARK, Cut};
use super::{Corpus, Source, SourceReport};
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::input::TextEncoding;
use crate::input::archive::HEAD_BYTES;
use crate::input::compression::{Decompressed, RawBytes};
use crate::input::encoding::Decoded;

/// Size at which a piece is cut: large enough that the words of a piece repeat, small enough that
/// many fit in memory.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

/// A line without a single space is cut between two characters when it has grown to this size.
const LONGEST_UNCUT_BYTES: usize = 16 << 20;

/// A source that is being read.
pub(super) struct SourceReader {
    pub(super) path: Arc<Path>,
    stream: Stream,
    raw_bytes: RawBytes,
    fingerprint: Fingerprint,
    /// The encoding that the text is converted from.
    encoding: Option<&'static str>,
    records: Option<Arc<dyn RecordReader>>,
    kind: ReaderKind,
    is_wrapped: bool,
    /// What the text looks like, if it is read as plain text and looks like something else.
    pub(super) looks_like: Option<ReaderKind>,
    metadata: Option<Arc<[String]>>,
    /// Read, but not yet handed out.
    rest: Vec<u8>,
    /// Whether nothing is left to read but `rest`.
    is_read: bool,
    first_line: u64,
    offset: u64,
    starts_line: bool,
}

/// Where text comes from.
enum Stream {
    Decoded(Decoded<Decompressed>),
    Converted(Box<dyn Converter>),
}

impl Stream {
    fn read_full(&mut self, buffer: &mut [u8], path: &Path) -> Result<usize> {
        match self {
            Self::Decoded(decoded) => decoded.read_full(buffer, path),
            Self::Converted(converter) => {
                let mut length = 0;
                while length < buffer.len() {
                    match converter.read(&mut buffer[length..]) {
                        Ok(0) => break,
                        Ok(n) => length += n,
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error_of(path, error)),
                    }
                }
                Ok(length)
            }
        }
    }
}

/// What a file holds: as it was said, or by its name, or for `.xml` by its beginning.
///
/// # Errors
/// XML of which no reader knows the kind.
pub(super) fn kind_of(
    corpus_kind: Option<ReaderKind>,
    path: &Path,
    head: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<ReaderKind> {
    if let Some(kind) = corpus_kind.or_else(|| ReaderKind::from_path(path)) {
        return Ok(kind);
    }
    if !is_xml(path) {
        return Ok(ReaderKind::Text);
    }
    let head = head()?;
    ReaderKind::sniff(&beginning(&head)).ok_or_else(|| {
        Error::malformed(
            path,
            None,
            "XML that is neither TEI nor a MediaWiki dump nor a web page",
            "one of these, or another kind of file; the reader `text` takes the tags for words",
        )
    })
}

/// Whether a name ends with `.xml`, before the ending of a compression.
pub(super) fn is_xml(path: &Path) -> bool {
    extension(path).is_some_and(|extension| extension == "xml")
}

/// A Parquet file as lines of JSON, read beside the stream of its bytes.
fn open_parquet(
    source: &Source,
    stream: Decompressed,
    options: &ReaderOptions,
) -> Result<Box<dyn Converter>> {
    let path = source.path();
    let is_plain = matches!(source, Source::File { .. }) && path.is_file();
    if !is_plain || stream.is_compressed() {
        return Err(parquet::not_on_disk(path));
    }
    let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
    parquet::lines_of_file(file, Box::new(stream), options, path)
}

/// The beginning of a text, by which its kind is seen.
fn beginning(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&text[..text.len().min(64 << 10)])
}

impl SourceReader {
    /// Opens a source of a corpus, of which these are the raw bytes. `looks`: whether to look if
    /// plain text is none.
    ///
    /// # Errors
    /// A file that is no text, or not of the kind that it should be.
    pub(super) fn open(
        corpus: &Corpus,
        source: &Source,
        raw: Box<dyn Read + Send>,
        looks: bool,
    ) -> Result<Self> {
        let path = source.path();
        let fingerprint = Fingerprint::default();
        let mut decompressed = Decompressed::new(fingerprint.of(raw), path)?;
        let options = corpus.reading();
        let head = decompressed.peek(HEAD_BYTES)?;
        let kind = options.reader.or_else(|| ReaderKind::from_path(path));
        let is_parquet = parquet::is_parquet(kind, head, path)?;
        if let Some(format) = ForeignFormat::of_decompressed(head).filter(|_| !is_parquet) {
            return Err(Error::OtherFormat { path: path.to_path_buf(), format });
        }
        let raw_bytes = decompressed.raw_bytes();
        let (stream, kind, encoding) = if is_parquet {
            let lines = open_parquet(source, decompressed, &options.reader_options)?;
            (Stream::Converted(lines), ReaderKind::Parquet, None)
        } else {
            let decoded = Decoded::new(decompressed, path, options.encoding)?;
            let kind = kind_of(options.reader, path, || Ok(decoded.ahead().to_vec()))?;
            let encoding = decoded.converted_from();
            (Stream::Decoded(decoded), kind, encoding)
        };
        let mut it = Self {
            path: path.into(),
            stream,
            raw_bytes,
            fingerprint,
            encoding,
            records: None,
            kind,
            is_wrapped: false,
            looks_like: None,
            metadata: None,
            rest: Vec::new(),
            is_read: false,
            first_line: 1,
            offset: 0,
            starts_line: true,
        };
        if kind.holds_records() {
            it.read_more()?;
            let (records, n_header) = open_records(kind, &options.reader_options, path, &it.rest)?;
            let rest = it.rest.split_off(n_header);
            let header = std::mem::replace(&mut it.rest, rest);
            it.pass(&header);
            it.records = Some(records);
        } else if kind == ReaderKind::Text {
            it.read_more()?;
            it.is_wrapped = options.wrapped_lines.are_joined(corpus.unit(), &it.rest);
            if looks && options.reader.is_none() {
                it.looks_like = ReaderKind::sniff(&beginning(&it.rest));
            }
        } else {
            let Stream::Decoded(decoded) = it.stream else { unreachable!("as it was made") };
            let rule = BadBytes { policy: options.on_bad_text, encoding };
            let reading = &options.reader_options;
            let converter = convert(kind, Box::new(decoded), reading, path, rule)?;
            let values = converter.metadata().iter();
            it.metadata = Some(values.map(|value| value.replace(BAD, "\u{FFFD}")).collect());
            it.stream = Stream::Converted(converter);
        }
        if it.metadata.is_none() && it.records.is_none() && options.keeps_metadata() {
            it.metadata = Some(vec![String::new(); options.reader_options.metadata.len()].into());
        }
        Ok(it)
    }

    /// Goes on with a part of the same file, which is plain text in UTF-8.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn cut_to(&mut self, cut: &Cut) -> Result<()> {
        let path = Arc::clone(&self.path);
        let part = cut.open(&path)?;
        self.fingerprint = Fingerprint::default();
        let decompressed = Decompressed::new(self.fingerprint.of(part), &path)?;
        self.raw_bytes = decompressed.raw_bytes();
        let decoded = Decoded::new(decompressed, &path, Some(TextEncoding::UTF_8))?;
        self.rest.clear();
        if cut.start > 0 && cut.begins_with_mark(&path)? {
            // Within a text it is no mark of the byte order, but a character.
            self.rest.extend_from_slice(BYTE_ORDER_MARK);
        }
        self.stream = Stream::Decoded(decoded);
        self.is_read = false;
        (self.first_line, self.offset) = (cut.first_line, cut.start);
        Ok(())
    }

    /// Whether the next piece begins with a line.
    pub(super) fn is_between_lines(&self) -> bool {
        self.starts_line
    }

    /// Raw bytes read since this was last asked.
    pub(super) fn take_progress(&mut self) -> u64 {
        self.raw_bytes.take()
    }

    /// What is doubtful about how the source is read, if anything is.
    pub(super) fn doubt(&self) -> Option<String> {
        self.records.as_ref()?.doubt()
    }

    /// What is doubtful about the end of the source, which is this piece.
    pub(super) fn doubt_at_end(&self, last: &Piece) -> Option<String> {
        self.records.as_ref()?.doubt_at_end(&last.bytes)
    }

    pub(super) fn is_wrapped(&self) -> bool {
        self.is_wrapped
    }

    /// The encoding that the text is converted from.
    pub(super) fn encoding(&self) -> Option<&'static str> {
        self.encoding
    }

    /// What was read, once the end is reached.
    pub(super) fn report(&self) -> SourceReport {
        self.fingerprint.report(&self.path)
    }

    /// The next piece.
    ///
    /// # Errors
    /// A source that cannot be read; a record that does not end.
    pub(super) fn next_piece(&mut self, corpus: &Corpus) -> Result<Piece> {
        let (bytes, ends_source) = self.next_bytes()?;
        let form = match &self.records {
            Some(records) => Form::Records(Arc::clone(records)),
            None => Form::Text {
                starts_line: self.starts_line,
                is_wrapped: self.is_wrapped,
                is_converted: matches!(self.stream, Stream::Converted(_)),
            },
        };
        let (first_line, offset) = (self.first_line, self.offset);
        self.pass(&bytes);
        Ok(Piece {
            path: Arc::clone(&self.path),
            unit: corpus.unit(),
            on_bad_text: corpus.reading().on_bad_text,
            encoding: self.encoding,
            first_line,
            offset,
            bytes,
            form,
            metadata: self.metadata.clone(),
            ends_source,
        })
    }

    /// Goes on behind bytes that were handed out.
    fn pass(&mut self, bytes: &[u8]) {
        self.starts_line = bytes.last().is_none_or(|&byte| byte == b'\n');
        self.offset += bytes.len() as u64;
        self.first_line += memchr::memchr_iter(b'\n', bytes).count() as u64;
    }

    /// The bytes of the next piece, and whether the source ends with them.
    fn next_bytes(&mut self) -> Result<(Vec<u8>, bool)> {
        loop {
            if self.rest.len() >= PIECE_BYTES || self.is_read {
                let cut = match &self.records {
                    _ if self.is_read && self.rest.len() <= PIECE_BYTES => Some(self.rest.len()),
                    Some(records) => records.last_end(&self.rest),
                    None => cut_position(&self.rest),
                };
                if let Some(cut) = cut.or(self.is_read.then_some(self.rest.len())) {
                    let rest = self.rest.split_off(cut);
                    let bytes = std::mem::replace(&mut self.rest, rest);
                    return Ok((bytes, self.is_read && self.rest.is_empty()));
                }
                if self.records.is_some() && self.rest.len() > LONGEST_RECORD_BYTES {
                    let place = Place { path: &self.path, line: self.first_line };
                    return Err(too_long(self.kind, place));
                }
            }
            self.read_more()?;
        }
    }

    /// Reads a part of a piece, or as much as there is already.
    fn read_more(&mut self) -> Result<()> {
        let filled = self.rest.len();
        self.rest.resize(filled + filled.max(PIECE_BYTES / 2), 0);
        let read = self.stream.read_full(&mut self.rest[filled..], &self.path);
        let n = *read.as_ref().unwrap_or(&0);
        self.is_read = filled + n < self.rest.len();
        self.rest.truncate(filled + n);
        read.map(|_| ())
    }
}

/// The length of the longest prefix that can be a piece of plain text; `None` if more must be read
/// to know.
fn cut_position(bytes: &[u8]) -> Option<usize> {
    let after_last = |is_cut: fn(&u8) -> bool| bytes.iter().rposition(is_cut).map(|last| last + 1);
    memchr::memrchr(b'\n', bytes)
        .map(|last| last + 1)
        .or_else(|| after_last(|&byte| byte == b' ' || byte == b'\t'))
        .or_else(|| {
            let is_character_start = |&byte: &u8| byte & 0xC0 != 0x80;
            // The last character may be incomplete: it stays in the rest.
            (bytes.len() >= LONGEST_UNCUT_BYTES)
                .then(|| bytes.iter().rposition(is_character_start).unwrap_or(bytes.len()).max(1))
        })
}
