//! From the arguments of a command to a list of files: folders walked, patterns expanded, each
//! expansion sorted by the bytes of its paths, archives opened.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::held::HeldSource;
use super::readers::ReaderKind;
use crate::base::error::{ArchiveFault, Error, NAMED, Result};
use crate::input::archive::{self, ArchiveKind, HEAD_BYTES, Member, TarStream};
use crate::input::compression::Decompressed;

/// One text file, documents in memory, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A file and its size in bytes.
    File {
        /// The path, as found.
        path: PathBuf,
        /// Bytes on disk.
        bytes: u64,
    },
    /// A file in a zip or tar archive.
    Archived(ArchivedFile),
    /// Documents in memory.
    Held(HeldSource),
    /// Standard input.
    Stdin,
}

/// A file in a zip or tar archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedFile {
    /// The path of the archive, and behind it the name in it.
    path: PathBuf,
    archive: PathBuf,
    /// Bytes in the archive.
    bytes: u64,
    place: PlaceInArchive,
}

/// Where a file is in its archive.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PlaceInArchive {
    /// Where it can be opened at once.
    Listed(Member),
    /// Behind so many other files of a compressed tar archive.
    Behind(u64),
}

impl Source {
    /// The path, `-` for standard input.
    pub fn path(&self) -> &Path {
        match self {
            Self::File { path, .. } => path,
            Self::Archived(file) => &file.path,
            Self::Held(documents) => documents.name(),
            Self::Stdin => Path::new("-"),
        }
    }

    /// Bytes on disk, in its archive or in memory; `None` for standard input.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::File { bytes, .. } => Some(*bytes),
            Self::Archived(file) => Some(file.bytes),
            Self::Held(documents) => Some(documents.n_bytes()),
            Self::Stdin => None,
        }
    }

    /// The file that it is, or in which it is; `None` for standard input and for memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Archived(file) => Some(&file.archive),
            Self::Held(_) | Self::Stdin => None,
        }
    }

    /// Its raw bytes. `archive` is the compressed tar archive that was opened last: files of one
    /// are found faster in their order.
    ///
    /// # Errors
    /// A file that cannot be read; an archive that is not as it was.
    pub(super) fn open(&self, archive: &mut Option<TarReader>) -> Result<Box<dyn Read + Send>> {
        match self {
            Self::File { path, .. } => {
                Ok(Box::new(File::open(path).map_err(|error| Error::io("read", path, error))?))
            }
            Self::Archived(file) => match &file.place {
                PlaceInArchive::Listed(member) => member.open(&file.archive),
                PlaceInArchive::Behind(number) => {
                    let reader = match archive.take() {
                        Some(reader) if reader.path == file.archive && reader.next <= *number => {
                            reader
                        }
                        _ => TarReader::open(&file.archive)?,
                    };
                    archive.insert(reader).member(*number, &file.path)
                }
            },
            // Documents in memory are no bytes of a file: `HeldReader` reads them.
            Self::Held(_) => Ok(Box::new(io::empty())),
            Self::Stdin => Ok(Box::new(io::stdin())),
        }
    }
}

/// A compressed tar archive, which is read from its beginning to its end.
pub(super) struct TarReader {
    path: PathBuf,
    stream: TarStream<Decompressed>,
    /// The number of the next file, from 0.
    next: u64,
}

impl TarReader {
    fn open(path: &Path) -> Result<Self> {
        let stream = TarStream::new(decompressed(path)?, path);
        Ok(Self { path: path.to_path_buf(), stream, next: 0 })
    }

    fn member(&mut self, number: u64, path: &Path) -> Result<Box<dyn Read + Send>> {
        while let Some((_, reader)) = self.stream.next_member()? {
            self.next += 1;
            if self.next > number {
                return Ok(Box::new(reader));
            }
        }
        Err(Error::io("read", path, io::ErrorKind::NotFound.into()))
    }
}

/// Something in a folder that is not read as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOut {
    /// A file or a folder whose name begins with a dot.
    Hidden(PathBuf),
    /// A table (`.csv` or `.tsv`) beside files that are none: it describes the texts and is no
    /// text.
    Table(PathBuf),
    /// A symbolic link that leads nowhere, or to a folder in which it lies.
    Link(PathBuf),
}

/// The sources that `argument` names, and what was left out on the way. `with_tables`: tables
/// beside other files are sources too.
pub(super) fn find(argument: &str, with_tables: bool) -> Result<(Vec<Source>, Vec<LeftOut>)> {
    if argument == "-" {
        return Ok((vec![Source::Stdin], Vec::new()));
    }
    let path = Path::new(argument);
    // A file whose name holds `*` or `[` is itself before it is a pattern.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => walk(path, with_tables),
        // A pipe is not looked into.
        Ok(metadata) if !metadata.is_file() => {
            Ok((vec![Source::File { path: path.to_path_buf(), bytes: 0 }], Vec::new()))
        }
        Ok(metadata) => {
            let sources = unpacked(path.to_path_buf(), metadata.len())?;
            let is_archive = matches!(sources[..], [Source::Archived(_), ..]);
            Ok(if is_archive { texts_of(sources, with_tables) } else { (sources, Vec::new()) })
        }
        Err(_) if argument.contains(['*', '?', '[']) => Ok((expand(argument)?, Vec::new())),
        Err(source) => match within_archive(path)? {
            Some(sources) => Ok((sources, Vec::new())),
            None => Err(Error::io("read", path, source)),
        },
    }
}

/// A file, or the files in it if it is an archive.
fn unpacked(path: PathBuf, bytes: u64) -> Result<Vec<Source>> {
    let archive = path.clone();
    let in_archive = |name: &str, bytes, place| {
        let (path, archive) = (archive.join(name), archive.clone());
        Source::Archived(ArchivedFile { path, archive, bytes, place })
    };
    if let Some(members) = archive::list(&path)? {
        if members.is_empty() {
            return Err(Error::Archive {
                format: archive::kind_of(&path)?.name(),
                path,
                fault: ArchiveFault::NoFile,
            });
        }
        return Ok(members
            .into_iter()
            .map(|member| {
                let (name, bytes) = (member.name.clone(), member.bytes);
                in_archive(&name, bytes, PlaceInArchive::Listed(member))
            })
            .collect());
    }
    let mut head = decompressed(&path)?;
    if !head.is_compressed() || ArchiveKind::of(head.peek(HEAD_BYTES)?) != Some(ArchiveKind::Tar) {
        return Ok(vec![Source::File { path, bytes }]);
    }
    let mut stream = TarStream::new(head, &path);
    let mut sources = Vec::new();
    while let Some((name, mut reader)) = stream.next_member()? {
        let bytes = io::copy(&mut reader, &mut io::sink())
            .map_err(|error| Error::io("read", &path, error))?;
        sources.push(in_archive(&name, bytes, PlaceInArchive::Behind(sources.len() as u64)));
    }
    Ok(sources)
}

/// The file of an archive that a path leads to, as `texts.zip/a.txt`, or those of a folder in it.
fn within_archive(path: &Path) -> Result<Option<Vec<Source>>> {
    let Some(file) = path.ancestors().skip(1).find(|part| part.is_file()) else { return Ok(None) };
    let mut sources = unpacked(file.to_path_buf(), 0)?;
    if !matches!(sources[..], [Source::Archived(_), ..]) {
        return Ok(None);
    }
    let name_of = |path: &Path| {
        let name = path.strip_prefix(file).unwrap_or(path);
        name.to_string_lossy().into_owned()
    };
    let names = sources.iter().take(NAMED).map(|source| name_of(source.path())).collect();
    sources.retain(|source| source.path().starts_with(path));
    if sources.is_empty() {
        return Err(Error::Archive {
            path: file.to_path_buf(),
            format: archive::kind_of(file)?.name(),
            fault: ArchiveFault::NoMember { member: name_of(path), names },
        });
    }
    Ok(Some(sources))
}

fn decompressed(path: &Path) -> Result<Decompressed> {
    Decompressed::new(File::open(path).map_err(|error| Error::io("read", path, error))?, path)
}

fn walk(folder: &Path, with_tables: bool) -> Result<(Vec<Source>, Vec<LeftOut>)> {
    let mut left_out = Vec::new();
    let mut is_shown = |entry: &DirEntry| {
        let is_hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_hidden {
            left_out.push(entry.path().to_path_buf());
        }
        !is_hidden
    };
    let (mut sources, mut links) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(folder).follow_links(true).into_iter().filter_entry(&mut is_shown) {
        let unreadable = |error: walkdir::Error| {
            let path = error.path().unwrap_or(folder).to_path_buf();
            Error::io("list", path, error.into())
        };
        let entry = match entry {
            Err(error) if is_bad_link(&error) => {
                links.extend(error.path().map(Path::to_path_buf));
                continue;
            }
            other => other.map_err(unreadable)?,
        };
        if entry.file_type().is_file() {
            let bytes = entry.metadata().map_err(unreadable)?.len();
            sources.push(Source::File { path: entry.into_path(), bytes });
        }
    }
    sort_by_path(&mut sources);
    for paths in [&mut left_out, &mut links] {
        paths.sort_by(|a, b| bytes_of(a).cmp(bytes_of(b)));
    }
    let mut left_out: Vec<LeftOut> = left_out.into_iter().map(LeftOut::Hidden).collect();
    left_out.extend(links.into_iter().map(LeftOut::Link));
    let (texts, tables) = texts_of(opened(sources)?, with_tables);
    left_out.extend(tables);
    Ok((texts, left_out))
}

/// Whether the walk fails at a symbolic link that leads nowhere or back.
fn is_bad_link(error: &walkdir::Error) -> bool {
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|it| it.is_symlink());
    let is_missing =
        || error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    error.loop_ancestor().is_some() || error.path().is_some_and(is_link) && is_missing()
}

/// The files of a folder or an archive without the tables among them. Nothing but tables is a
/// corpus of tables.
fn texts_of(files: Vec<Source>, with_tables: bool) -> (Vec<Source>, Vec<LeftOut>) {
    if with_tables || files.iter().all(is_table) {
        return (files, Vec::new());
    }
    let (tables, texts) = files.into_iter().partition::<Vec<_>, _>(is_table);
    let left_out = tables.into_iter().map(|table| LeftOut::Table(table.path().to_path_buf()));
    (texts, left_out.collect())
}

/// Files, with those in archives in place of the archives, which are told by their names alone.
fn opened(files: Vec<Source>) -> Result<Vec<Source>> {
    if !files.iter().any(|source| is_named_archive(source.path())) {
        return Ok(files);
    }
    let mut sources = Vec::with_capacity(files.len());
    for source in files {
        match source {
            Source::File { path, bytes } if is_named_archive(&path) => {
                sources.extend(unpacked(path, bytes)?);
            }
            other => sources.push(other),
        }
    }
    Ok(sources)
}

/// Whether a name is that of an archive.
fn is_named_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_ascii_lowercase();
    [&b".zip"[..], b".tar", b".tgz", b".tar.gz", b".tar.zst", b".tar.bz2", b".tar.xz"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Whether a source is a table by its name, compressed or not.
fn is_table(source: &Source) -> bool {
    matches!(ReaderKind::from_path(source.path()), Some(ReaderKind::Csv | ReaderKind::Tsv))
}

fn expand(pattern: &str) -> Result<Vec<Source>> {
    let refuse = |problem: String| Error::Glob { pattern: pattern.to_owned(), problem };
    let paths =
        glob::glob(pattern).map_err(|error| refuse(format!("cannot be read: {}", error.msg)))?;
    let mut sources = Vec::new();
    for path in paths {
        let path = path.map_err(|error| {
            let place = error.path().to_owned();
            Error::io("list", place, error.into())
        })?;
        let metadata = fs::metadata(&path).map_err(|source| Error::io("read", &path, source))?;
        if metadata.is_file() {
            sources.push(Source::File { path, bytes: metadata.len() });
        }
    }
    if sources.is_empty() {
        return Err(refuse("matches no file".to_owned()));
    }
    sort_by_path(&mut sources);
    opened(sources)
}

/// By the bytes of the whole path, with `/` between folders, so that the order depends on neither
/// the locale nor the file system nor the operating system.
fn sort_by_path(sources: &mut [Source]) {
    sources.sort_by(|a, b| bytes_of(a.path()).cmp(bytes_of(b.path())));
}

/// The bytes of a path with `/` between folders, as Windows has not: `a/b` stands before `a0`, but
/// `a\b` behind it.
fn bytes_of(path: &Path) -> impl Iterator<Item = u8> {
    let between = |&byte: &u8| byte.is_ascii() && std::path::is_separator(byte.into());
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .map(move |byte| if between(byte) { b'/' } else { *byte })
}
