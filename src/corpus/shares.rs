//! A corpus divided into shares that can be read apart, by other processes and on other machines.
//!
//! In: the files of a corpus, and how many bytes a share has. Out: shares, in the order of the
//! corpus: some whole files each, or a part of a large one. A file is cut only where that shows
//! nowhere: plain text in UTF-8 whose lines are documents, or hold whole ones, at ends of lines.
//! Other files are one share each, however large.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::hashing::Fingerprint;
use super::readers::ReaderKind;
use super::source_reader::is_xml;
use super::wrapped::WrappedLines;
use super::{Corpus, CorpusOptions, DocumentUnit, Source, SourceReport};
use crate::base::error::{Error, Result};
use crate::input::TextEncoding;
use crate::input::archive::HEAD_BYTES;
use crate::input::is_plain_text;

/// What marks a text as UTF-8, at its beginning.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Most files of a share.
const MOST_FILES: usize = 1 << 14;

/// Bytes that are looked through for the end of a line at a time.
const LOOKED_THROUGH: usize = 1 << 16;

/// A file of a share, as it was when the corpus was divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareSource {
    /// Its path.
    pub path: PathBuf,
    /// Its bytes on disk.
    pub bytes: u64,
    /// When it was changed last, in nanoseconds since 1970; empty where the system does not say.
    pub changed: String,
}

/// A share of a corpus: some of its files, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusShare {
    /// The files, in the order of the corpus.
    pub sources: Vec<ShareSource>,
    /// Where the part of the only file begins and ends, if it is not read as a whole.
    pub part: Option<[u64; 2]>,
}

/// The part of a file that is read.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The number of its first line.
    pub(super) first_line: u64,
}

impl Cut {
    /// The bytes of the part.
    pub(super) fn open(&self, path: &Path) -> Result<impl Read + Send + 'static> {
        let open = || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(self.start))?;
            Ok(file.take(self.end - self.start))
        };
        open().map_err(|error| Error::io("read", path, error))
    }

    /// Whether the part begins with what would mark the encoding at the beginning of a file.
    pub(super) fn begins_with_mark(&self, path: &Path) -> Result<bool> {
        let mut head = Vec::new();
        let read = self.open(path)?.take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut head);
        read.map_err(|error| Error::io("read", path, error))?;
        Ok(head == BYTE_ORDER_MARK)
    }
}

impl ShareSource {
    fn of(source: &Source) -> Result<Self> {
        let Source::File { path, .. } = source else {
            return Err(Error::malformed(
                source.path(),
                None,
                "no file of its own",
                "files, which several machines can read",
            ));
        };
        Self::now(path)
    }

    /// A file as it is now.
    fn now(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
        let changed = metadata.modified().ok().and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            path: path.to_path_buf(),
            bytes: metadata.len(),
            changed: changed.map(|it| it.as_nanos().to_string()).unwrap_or_default(),
        })
    }

    /// Refuses a file that is no longer what it was.
    ///
    /// # Errors
    /// A file that cannot be found, or has changed.
    pub fn check(&self) -> Result<()> {
        let now = Self::now(&self.path)?;
        if now == *self {
            return Ok(());
        }
        let found = if now.bytes == self.bytes {
            "another time of change than when the run began".to_owned()
        } else {
            format!("{} bytes", now.bytes)
        };
        let expected = format!("the file of {} bytes that was there when it began", self.bytes);
        Err(Error::malformed(&self.path, None, found, expected))
    }

    /// The SHA-256 of the file, and its size.
    ///
    /// # Errors
    /// A file that cannot be read, or has changed.
    pub fn fingerprint(&self) -> Result<SourceReport> {
        self.check()?;
        let file = File::open(&self.path).map_err(|error| Error::io("read", &self.path, error))?;
        let fingerprint = Fingerprint::default();
        let copied = io::copy(&mut fingerprint.of(file), &mut io::sink());
        copied.map_err(|error| Error::io("read", &self.path, error))?;
        self.check()?;
        Ok(fingerprint.report(&self.path))
    }
}

impl CorpusShare {
    /// The share as a corpus. `counts_lines`: messages name lines by their numbers in the whole
    /// file, for which what stands before the part is read.
    ///
    /// # Errors
    /// A file that cannot be read, or is not what it was.
    pub(crate) fn corpus(
        &self,
        unit: DocumentUnit,
        options: CorpusOptions,
        counts_lines: bool,
    ) -> Result<Corpus> {
        self.sources.iter().try_for_each(ShareSource::check)?;
        let source = |it: &ShareSource| Source::File { path: it.path.clone(), bytes: it.bytes };
        let cut = match self.part {
            Some([start, end]) => {
                let first_line = match counts_lines {
                    true => 1 + n_lines(&self.sources[0].path, start)?,
                    false => 1,
                };
                Some(Cut { start, end, first_line })
            }
            None => None,
        };
        Ok(Corpus::of_share(self.sources.iter().map(source).collect(), unit, options, cut))
    }
}

/// Ends of lines in the first bytes of a file.
fn n_lines(path: &Path, n_bytes: u64) -> Result<u64> {
    let count = || {
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?.take(n_bytes));
        let mut n_lines = 0;
        loop {
            let bytes = reader.fill_buf()?;
            if bytes.is_empty() {
                return Ok(n_lines);
            }
            n_lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
            let n_bytes = bytes.len();
            reader.consume(n_bytes);
        }
    };
    count().map_err(|error| Error::io("read", path, error))
}

impl Corpus {
    /// Divides the corpus into shares of about so many bytes on disk, in order; `whole` says of
    /// which files no part may be read for itself.
    ///
    /// # Errors
    /// A source that is no file, such as standard input or a file in an archive; a file that cannot
    /// be read.
    pub fn shares(
        &self,
        share_bytes: u64,
        whole: impl Fn(&Path) -> bool,
    ) -> Result<Vec<CorpusShare>> {
        let share_bytes = share_bytes.max(1);
        let mut shares = Vec::new();
        let mut together: Vec<ShareSource> = Vec::new();
        let mut n_bytes = 0;
        for source in self.sources() {
            let source = ShareSource::of(source)?;
            let is_cut = source.bytes > share_bytes
                && !whole(&source.path)
                && self.can_be_cut(&source.path)?;
            if is_cut || n_bytes >= share_bytes || together.len() == MOST_FILES {
                n_bytes = 0;
                if !together.is_empty() {
                    shares.push(CorpusShare { sources: std::mem::take(&mut together), part: None });
                }
            }
            if is_cut {
                shares.extend(
                    parts_of(&source, share_bytes)?.into_iter().map(|part| CorpusShare {
                        sources: vec![source.clone()],
                        part: Some(part),
                    }),
                );
            } else {
                n_bytes += source.bytes;
                together.push(source);
            }
        }
        if !together.is_empty() {
            shares.push(CorpusShare { sources: together, part: None });
        }
        Ok(shares)
    }

    /// Whether parts of a file can be read apart and give what the whole gives.
    fn can_be_cut(&self, path: &Path) -> Result<bool> {
        let options = self.reading();
        let kind = options.reader.or_else(|| ReaderKind::from_path(path));
        let by_lines = match kind {
            None if is_xml(path) => false,
            None | Some(ReaderKind::Text) => {
                matches!(self.unit(), DocumentUnit::Line | DocumentUnit::Sentence)
                    && options.wrapped_lines != WrappedLines::Join
            }
            Some(ReaderKind::JsonLines) => self.unit() == DocumentUnit::Record,
            Some(_) => false,
        };
        let is_utf8 = options.encoding.is_none_or(|it| it == TextEncoding::UTF_8);
        if !(by_lines && is_utf8) {
            return Ok(false);
        }
        let mut head = vec![0; HEAD_BYTES];
        let read = File::open(path).and_then(|mut file| file.read(&mut head));
        head.truncate(read.map_err(|error| Error::io("read", path, error))?);
        Ok(is_plain_text(head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head)))
    }
}

/// Parts of a file, each of which ends with a line.
fn parts_of(source: &ShareSource, share_bytes: u64) -> Result<Vec<[u64; 2]>> {
    let find = || {
        let mut file = File::open(&source.path)?;
        let (mut parts, mut start) = (Vec::new(), 0);
        while start < source.bytes {
            let end = match start + share_bytes {
                end if end >= source.bytes => source.bytes,
                end => end_of_line(&mut file, end)?.unwrap_or(source.bytes),
            };
            parts.push([start, end]);
            start = end;
        }
        Ok(parts)
    };
    find().map_err(|error| Error::io("read", &source.path, error))
}

/// Where the line ends that holds the byte before a position; `None` at the end of the file.
fn end_of_line(file: &mut File, position: u64) -> io::Result<Option<u64>> {
    let mut place = position - 1;
    file.seek(SeekFrom::Start(place))?;
    let mut bytes = vec![0; LOOKED_THROUGH];
    loop {
        let n = file.read(&mut bytes)?;
        if n == 0 {
            return Ok(None);
        }
        if let Some(found) = memchr::memchr(b'\n', &bytes[..n]) {
            return Ok(Some(place + found as u64 + 1));
        }
        place += n as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_are_whole_lines_and_make_the_file(
            lines in prop::collection::vec("[a-z ]{0,20}\n", 1..40),
            share in 1u64..60,
            ends_with_line in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("text.txt");
            let mut text = lines.concat();
            if !ends_with_line {
                text.push('x');
            }
            fs::write(&path, &text).unwrap();
            let corpus = Corpus::options().unit(DocumentUnit::Line).open([&path]).unwrap();
            let shares = corpus.shares(share, |_| false).unwrap();
            let mut place = 0;
            for share in &shares {
                let [start, end] = share.part.unwrap_or([0, text.len() as u64]);
                prop_assert_eq!(start, place);
                let before = &text.as_bytes()[..end as usize];
                prop_assert!(before.len() == text.len() || before.ends_with(b"\n"));
                place = end;
            }
            prop_assert_eq!(place, text.len() as u64);
            prop_assert_eq!(corpus.shares(share, |_| true).unwrap().len(), 1);
        }
    }

    #[test]
    fn files_are_kept_whole_where_a_cut_would_show() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            path
        };
        let text = b"a king\na queen\n".repeat(20);
        let plain = write("plain.txt", &text);
        let table = write("table.csv", &text);
        let packed = write("packed.zst", &zstd::encode_all(&text[..], 1).unwrap());
        let n_shares = |path: &Path, unit| {
            let corpus = Corpus::options().unit(unit).open([path]).unwrap();
            corpus.shares(30, |_| false).unwrap().len()
        };
        assert_eq!(n_shares(&plain, DocumentUnit::Line), 10);
        assert_eq!(n_shares(&plain, DocumentUnit::File), 1);
        assert_eq!(n_shares(&plain, DocumentUnit::Paragraph), 1);
        assert_eq!(n_shares(&table, DocumentUnit::Record), 1);
        assert_eq!(n_shares(&packed, DocumentUnit::Line), 1);
        // Small files are read together.
        let corpus = Corpus::options().open([&plain, &table, &plain]).unwrap();
        let shares = corpus.shares(400, |_| false).unwrap();
        assert_eq!(shares.iter().map(|share| share.sources.len()).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_file_that_has_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text.txt");
        fs::write(&path, "a king\n").unwrap();
        let corpus = Corpus::open(&path).unwrap();
        let share = &corpus.shares(100, |_| false).unwrap()[0];
        assert_eq!(share.sources[0].fingerprint().unwrap().bytes, 7);
        fs::write(&path, "a king and a queen\n").unwrap();
        let error = share.sources[0].check().unwrap_err();
        let expected = "found 19 bytes, expected the file of 7 bytes that was there when it began";
        assert!(error.to_string().contains(expected), "{error}");
    }
}
