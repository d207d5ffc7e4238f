//! From the arguments of a command to a list of files: folders walked, patterns expanded, each
//! expansion sorted by the bytes of its paths.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::base::error::{Error, Result};

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
            Self::File { path, .. } => {
                Box::new(File::open(path).map_err(|error| Error::io("read", path, error))?)
            }
            Self::Stdin => Box::new(io::stdin()),
        })
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
}

/// The sources that `argument` names, and what was left out on the way.
pub(super) fn find(argument: &str) -> Result<(Vec<Source>, Vec<LeftOut>)> {
    if argument == "-" {
        return Ok((vec![Source::Stdin], Vec::new()));
    }
    let path = Path::new(argument);
    // A file whose name holds `*` or `[` is itself before it is a pattern.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => walk(path),
        Ok(metadata) => {
            Ok((vec![Source::File { path: path.to_path_buf(), bytes: metadata.len() }], Vec::new()))
        }
        Err(_) if argument.contains(['*', '?', '[']) => Ok((expand(argument)?, Vec::new())),
        Err(source) => Err(Error::io("read", path, source)),
    }
}

fn walk(folder: &Path) -> Result<(Vec<Source>, Vec<LeftOut>)> {
    let mut left_out = Vec::new();
    let mut is_shown = |entry: &DirEntry| {
        let is_hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_hidden {
            left_out.push(entry.path().to_path_buf());
        }
        !is_hidden
    };
    let mut sources = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).into_iter().filter_entry(&mut is_shown) {
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
    left_out.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    let mut left_out: Vec<LeftOut> = left_out.into_iter().map(LeftOut::Hidden).collect();
    // A folder of nothing but tables is a corpus of tables.
    if !sources.iter().all(is_table) {
        let (tables, texts) = sources.into_iter().partition::<Vec<_>, _>(is_table);
        left_out.extend(tables.into_iter().map(|table| LeftOut::Table(table.path().to_path_buf())));
        sources = texts;
    }
    Ok((sources, left_out))
}

/// Whether a source is a table by its name, compressed or not.
fn is_table(source: &Source) -> bool {
    let name = source.path().file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = [".gz", ".zst", ".bz2", ".xz"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(&name);
    name.ends_with(".csv") || name.ends_with(".tsv")
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
    Ok(sources)
}

/// By the bytes of the whole path, so that the order depends on neither the locale nor the file
/// system.
fn sort_by_path(sources: &mut [Source]) {
    sources.sort_by(|a, b| {
        a.path().as_os_str().as_encoded_bytes().cmp(b.path().as_os_str().as_encoded_bytes())
    });
}
