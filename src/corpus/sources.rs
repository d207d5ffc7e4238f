//! From the arguments of a command to a list of files: folders walked, patterns expanded, each expansion sorted by the bytes of its paths.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::error::{Error, Result};

/// One text file, or standard input.
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
    /// Standard input.
    Stdin,
}

impl Source {
    /// The path, `-` for standard input.
    pub fn path(&self) -> &Path {
        match self {
            Self::File { path, .. } => path,
            Self::Stdin => Path::new("-"),
        }
    }

    /// Bytes on disk; `None` for standard input.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::File { bytes, .. } => Some(*bytes),
            Self::Stdin => None,
        }
    }

    /// Its raw bytes.
    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File { path, .. } => Box::new(File::open(path).map_err(|error| Error::io("read", path, error))?),
            Self::Stdin => Box::new(io::stdin()),
        })
    }
}

/// The sources that `argument` names.
pub(super) fn find(argument: &str) -> Result<Vec<Source>> {
    if argument == "-" {
        return Ok(vec![Source::Stdin]);
    }
    let path = Path::new(argument);
    // A file whose name holds `*` or `[` is itself before it is a pattern.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => walk(path),
        Ok(metadata) => Ok(vec![Source::File { path: path.to_path_buf(), bytes: metadata.len() }]),
        Err(_) if argument.contains(['*', '?', '[']) => expand(argument),
        Err(source) => Err(Error::io("read", path, source)),
    }
}

fn walk(folder: &Path) -> Result<Vec<Source>> {
    let is_hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    let mut sources = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let unreadable = |error: walkdir::Error| {
            let path = error.path().unwrap_or(folder).to_path_buf();
            Error::io("list", path, error.into())
        };
        let entry = entry.map_err(unreadable)?;
        if entry.file_type().is_file() {
            let bytes = entry.metadata().map_err(unreadable)?.len();
            sources.push(Source::File { path: entry.into_path(), bytes });
        }
    }
    sort_by_path(&mut sources);
    Ok(sources)
}

fn expand(pattern: &str) -> Result<Vec<Source>> {
    let refuse = |problem: String| Error::Glob { pattern: pattern.to_owned(), problem };
    let paths = glob::glob(pattern).map_err(|error| refuse(format!("cannot be read: {}", error.msg)))?;
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
    Ok(sources)
}

/// By the bytes of the whole path, so that the order depends on neither the locale nor the file system.
fn sort_by_path(sources: &mut [Source]) {
    sources.sort_by(|a, b| a.path().as_os_str().as_encoded_bytes().cmp(b.path().as_os_str().as_encoded_bytes()));
}
