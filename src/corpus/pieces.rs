//! A corpus as a sequence of pieces, in the order of its sources.
//!
//! A piece is about a megabyte of one source ([`SourceReader`]); small files are read side by side
//! and bundled, since the work for a piece is more than that for its bytes. Bundles depend on the
//! sizes of the files alone, so they, and all that is made of them, are the same on any number of
//! threads.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::thread::{self, ScopedJoinHandle};

use rayon::prelude::*;

use super::hashing::Fingerprint;
use super::held::HeldReader;
use super::piece::{Form, Piece};
use super::readers::ReaderKind;
use super::source_reader::{PIECE_BYTES, SourceReader, kind_of};
use super::sources::TarReader;
use super::{Corpus, Source, SourceReport};
use crate::base::error::{Error, Result};
use crate::input::is_plain_text;

/// A file of at most this many bytes is read as a whole.
const SMALL_BYTES: u64 = 64 << 10;

/// Small files that are bundled at most.
const BUNDLED_FILES: usize = 4096;

/// Threads that read small files.
const WAITING_THREADS: usize = 32;

/// Files that are worth a thread.
const LEAST_FILES_A_THREAD: usize = 32;

/// Sources that are looked at for a sign that they are no plain text.
const LOOKED_AT: usize = 100;

/// Pieces that are tokenized together.
#[derive(Default)]
pub(crate) struct Bundle {
    pub(crate) pieces: Vec<Piece>,
    /// Raw bytes read for them.
    pub(crate) raw_bytes: u64,
}

impl Bundle {
    /// Bytes of text.
    pub(crate) fn n_bytes(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }
}

/// What was noticed about the sources of a corpus.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    /// Sources that were converted, by encoding.
    pub(crate) encodings: BTreeMap<&'static str, u64>,
    /// Sources with wrapped lines.
    pub(crate) n_wrapped: u64,
    /// A source that was read as plain text and looks like another kind, and how many do.
    pub(crate) looks_like: Option<(String, ReaderKind, u64)>,
    /// Whether a line was longer than a piece.
    pub(crate) cuts_line: bool,
    /// The first sentences about what is doubtful in a source, and the number of all.
    pub(crate) doubts: (Vec<String>, u64),
}

impl Noticed {
    /// Doubts that are told in full.
    const TOLD: usize = 3;

    fn doubt(&mut self, sentence: Option<String>, path: &Path) {
        let Some(sentence) = sentence else { return };
        self.doubts.1 += 1;
        if self.doubts.0.len() < Self::TOLD {
            self.doubts.0.push(format!("`{}`: {sentence}", path.display()));
        }
    }
}

/// Reads the pieces of a corpus one after the other.
pub(crate) struct Pieces<'a> {
    corpus: &'a Corpus,
    next_source: usize,
    open: Option<SourceReader>,
    /// Documents in memory that are being read.
    held: Option<HeldReader>,
    /// The compressed tar archive that is being read.
    archive: Option<TarReader>,
    /// The first source that is read for itself, though it is a small file.
    alone: usize,
    reports: Vec<SourceReport>,
    /// Bytes of decoded text so far.
    n_bytes: u64,
    noticed: Noticed,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(corpus: &'a Corpus) -> Self {
        Self {
            corpus,
            next_source: 0,
            open: None,
            held: None,
            archive: None,
            alone: usize::MAX,
            reports: Vec::new(),
            n_bytes: 0,
            noticed: Noticed::default(),
        }
    }

    /// The next pieces; `None` at the end of the corpus.
    ///
    /// # Errors
    /// A source that cannot be read, or is no text.
    pub(crate) fn next_bundle(&mut self) -> Result<Option<Bundle>> {
        if let Some(bundle) = self.next_held() {
            return Ok(Some(bundle));
        }
        if self.open.is_none() && self.corpus.cut().is_none() {
            let bundle = self.small_files()?;
            if !bundle.pieces.is_empty() {
                return Ok(Some(bundle));
            }
        }
        if self.open.is_none() {
            let Some(source) = self.corpus.sources().get(self.next_source) else {
                return Ok(None);
            };
            let raw = source.open(&mut self.archive)?;
            let looks = self.next_source < LOOKED_AT;
            let mut open = SourceReader::open(self.corpus, source, raw, looks)?;
            if let Some(cut) = self.corpus.cut() {
                open.cut_to(cut)?;
            }
            self.next_source += 1;
            self.notice(&open, source.path());
            self.open = Some(open);
        }
        let Some(open) = &mut self.open else { return Ok(None) };
        let piece = open.next_piece(self.corpus)?;
        let raw_bytes = open.take_progress();
        self.n_bytes += piece.len() as u64;
        self.noticed.cuts_line |= !piece.ends_source && !open.is_between_lines();
        if piece.ends_source {
            self.noticed.doubt(open.doubt_at_end(&piece), &open.path);
            self.reports.push(open.report());
            self.open = None;
        }
        Ok(Some(Bundle { pieces: vec![piece], raw_bytes }))
    }

    /// The next documents in memory, if such are next.
    fn next_held(&mut self) -> Option<Bundle> {
        if self.open.is_none() && self.held.is_none() {
            let Source::Held(source) = self.corpus.sources().get(self.next_source)? else {
                return None;
            };
            self.held = Some(HeldReader::new(source));
            self.next_source += 1;
        }
        let held = self.held.as_mut()?;
        let (piece, n_bytes) = held.next_piece(self.corpus);
        self.n_bytes += n_bytes;
        if piece.ends_source {
            self.reports.push(held.report());
            self.held = None;
        }
        Some(Bundle { pieces: vec![piece], raw_bytes: n_bytes })
    }

    fn notice(&mut self, open: &SourceReader, path: &Path) {
        if let Some(encoding) = open.encoding() {
            *self.noticed.encodings.entry(encoding).or_default() += 1;
        }
        self.noticed.doubt(open.doubt(), path);
        self.noticed.n_wrapped += u64::from(open.is_wrapped());
        if let Some(kind) = open.looks_like {
            let name = || (path.display().to_string(), kind, 0);
            self.noticed.looks_like.get_or_insert_with(name).2 += 1;
        }
    }

    /// The sources read to their end, the bytes of text in them, and what was noticed.
    pub(crate) fn into_reports(self) -> (Vec<SourceReport>, u64, Noticed) {
        (self.reports, self.n_bytes, self.noticed)
    }

    /// Small files of plain text that follow each other, as many as make a piece.
    fn small_files(&mut self) -> Result<Bundle> {
        let mut bundle = Bundle::default();
        let sources = &self.corpus.sources()[self.next_source..];
        let (mut n_files, mut n_bytes) = (0, 0);
        for source in sources.iter().take(BUNDLED_FILES) {
            match self.small_size(source) {
                Some(bytes) if self.next_source + n_files != self.alone => {
                    n_bytes += bytes as usize;
                    n_files += 1;
                }
                _ => break,
            }
            if n_bytes >= PIECE_BYTES {
                break;
            }
        }
        let contents = read_all(&sources[..n_files]);
        let read: Vec<Result<Option<SmallFile>>> = sources[..n_files]
            .par_iter()
            .zip(contents)
            .map(|(source, bytes)| SmallFile::new(self.corpus, source, bytes?))
            .collect();
        for file in read {
            let Some(SmallFile { piece, report }) = file? else {
                // Compressed, or no text: the next to be opened.
                self.alone = self.next_source;
                break;
            };
            self.noticed.n_wrapped += u64::from(piece.is_wrapped());
            self.n_bytes += piece.len() as u64;
            self.next_source += 1;
            bundle.raw_bytes += report.bytes;
            bundle.pieces.push(piece);
            self.reports.push(report);
        }
        Ok(bundle)
    }

    /// The size of a source if it is a small file of plain text by its name.
    fn small_size(&self, source: &Source) -> Option<u64> {
        let Source::File { path, bytes } = source else { return None };
        let options = self.corpus.reading();
        let is_text = || {
            let kind = options.reader.or_else(|| ReaderKind::from_path(path));
            kind.is_none_or(|kind| kind == ReaderKind::Text) && options.encoding.is_none()
        };
        // Pipes have no size.
        let is_small = (1..=SMALL_BYTES).contains(bytes) && self.next_source >= LOOKED_AT;
        (is_small && is_text()).then_some(*bytes)
    }
}

/// A file that was read as a whole.
struct SmallFile {
    piece: Piece,
    report: SourceReport,
}

impl SmallFile {
    /// The bytes of a file; `None` if they are not plain text, in UTF-8 and without compression.
    fn new(corpus: &Corpus, source: &Source, bytes: Vec<u8>) -> Result<Option<Self>> {
        let path = source.path();
        let options = corpus.reading();
        if !is_plain_text(&bytes)
            || kind_of(options.reader, path, || Ok(bytes.clone()))? != ReaderKind::Text
        {
            return Ok(None);
        }
        let fingerprint = Fingerprint::default();
        fingerprint.add(&bytes);
        let is_wrapped = options.wrapped_lines.are_joined(corpus.unit(), &bytes);
        let metadata = vec![String::new(); options.reader_options.metadata.len()];
        let report = fingerprint.report(path);
        let piece = Piece {
            path: path.into(),
            unit: corpus.unit(),
            on_bad_text: options.on_bad_text,
            encoding: None,
            first_line: 1,
            offset: 0,
            bytes,
            form: Form::Text { starts_line: true, is_wrapped, is_converted: false },
            metadata: options.keeps_metadata().then(|| metadata.into()),
            ends_source: true,
        };
        Ok(Some(Self { piece, report }))
    }
}

/// The bytes of small files. A disk answers many requests at a time, and threads that wait for it
/// take no processor: so there are more of them than of those that work.
fn read_all(sources: &[Source]) -> Vec<Result<Vec<u8>>> {
    let part = sources.len().div_ceil(WAITING_THREADS).max(LEAST_FILES_A_THREAD);
    thread::scope(|scope| {
        let threads: Vec<_> = sources
            .chunks(part)
            .map(|sources| scope.spawn(|| sources.iter().map(read).collect::<Vec<_>>()))
            .collect();
        let joined = |thread: ScopedJoinHandle<'_, _>| thread.join().expect("reading cannot panic");
        threads.into_iter().flat_map(joined).collect()
    })
}

fn read(source: &Source) -> Result<Vec<u8>> {
    let path = source.path();
    let mut bytes = Vec::with_capacity(source.bytes().unwrap_or(0) as usize + 1);
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| Error::io("read", path, error))?;
    Ok(bytes)
}
