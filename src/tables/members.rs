//! The files of a test set that is handed out as a folder or as an archive.
//!
//! In: a path. Out: for a folder, or a zip or tar archive of several files, each table in it as
//! text, in the order of their names; what is no table (`README.md`, `metadata.json`) is left out
//! and named. A path of one file is none of this.

use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};
use crate::input::archive::{self, ArchiveKind, HEAD_BYTES, TarStream};
use crate::input::compression::Decompressed;
use crate::input::{TextEncoding, TextReader, TextSource};

/// Extensions of tables of words, without that of a compression.
const EXTENSIONS: [&str; 5] = ["txt", "tsv", "csv", "tab", "dat"];

/// Extensions of compressed files.
const COMPRESSIONS: [&str; 5] = ["gz", "bz2", "xz", "zst", "zstd"];

/// Names of files that explain a set, in small letters.
const EXPLANATIONS: [&str; 5] = ["readme", "license", "licence", "changelog", "citation"];

/// The files of a set.
pub(crate) struct Members {
    /// The path of each, and its text.
    pub(crate) files: Vec<(PathBuf, String)>,
    /// The names of files that are no tables.
    pub(crate) left_out: Vec<String>,
}

/// The files in a folder or an archive of several files; `None` for a single file.
///
/// # Errors
/// Those of reading each of them; [`Error::Malformed`] if none is a table.
pub(crate) fn members(source: &TextSource) -> Result<Option<Members>> {
    let path = source.path();
    let mut found = Members { files: Vec::new(), left_out: Vec::new() };
    if path.is_dir() {
        found.add_folder(source)?;
    } else if !path.is_file() || !found.add_archive(source)? {
        return Ok(None);
    }
    if found.files.is_empty() {
        let expected = "files of words with the extension txt, tsv, csv, tab or dat";
        let n = found.left_out.len();
        return Err(Error::malformed(path, None, format!("{n} other file(s)"), expected));
    }
    found.files.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(Some(found))
}

impl Members {
    fn add_folder(&mut self, source: &TextSource) -> Result<()> {
        let root = source.path();
        for entry in walkdir::WalkDir::new(root).sort_by_file_name().follow_links(true) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(root).to_path_buf();
                let failed = || std::io::Error::other("the folder leads back to itself");
                Error::io("read", &path, error.into_io_error().unwrap_or_else(failed))
            })?;
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            if !entry.file_type().is_file() || is_hidden(below) {
                continue;
            }
            if is_table(below) {
                let file = TextSource::new(entry.path()).encoding(source.given_encoding());
                self.files.push((entry.path().to_path_buf(), file.read()?));
            } else {
                self.left_out.push(below.display().to_string());
            }
        }
        Ok(())
    }

    /// Reads an archive of several files; `false` if it is none.
    fn add_archive(&mut self, source: &TextSource) -> Result<bool> {
        let path = source.path();
        let failed = |error| Error::io("read", path, error);
        let open = || Decompressed::new(std::fs::File::open(path).map_err(failed)?, path);
        let mut bytes = open()?;
        let is_compressed = bytes.is_compressed();
        let kind = ArchiveKind::of(bytes.peek(HEAD_BYTES)?);
        let encoding = source.given_encoding();
        match kind {
            Some(ArchiveKind::Tar) if is_compressed => {
                let mut archive = TarStream::new(bytes, path);
                let mut n_members = 0;
                while let Some((name, reader)) = archive.next_member()? {
                    n_members += 1;
                    let at = path.join(&name);
                    self.add(&name, at, reader, encoding)?;
                }
                Ok(n_members > 1)
            }
            None => Ok(false),
            Some(_) => {
                let list = archive::list(path)?.unwrap_or_default();
                if list.len() < 2 {
                    return Ok(false);
                }
                for member in list {
                    let at = path.join(&member.name);
                    self.add(&member.name, at, member.open(path)?, encoding)?;
                }
                Ok(true)
            }
        }
    }

    fn add(
        &mut self,
        name: &str,
        at: PathBuf,
        reader: impl std::io::Read + Send + 'static,
        encoding: Option<TextEncoding>,
    ) -> Result<()> {
        if !is_table(Path::new(name)) {
            self.left_out.push(name.to_owned());
            return Ok(());
        }
        let bytes = Decompressed::new(reader, &at)?;
        let mut text = String::new();
        let read =
            std::io::Read::read_to_string(&mut TextReader::new(bytes, &at, encoding)?, &mut text);
        read.map_err(|error| Error::io("read", &at, error))?;
        self.files.push((at, text));
        Ok(())
    }

    /// The names of the files that were left out, for a report.
    pub(crate) fn note(&self) -> Option<String> {
        /// Files that are named.
        const NAMED: usize = 3;
        let n = self.left_out.len();
        let names: Vec<String> =
            self.left_out.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        let more = if n > NAMED { ", ..." } else { "" };
        let files = if n == 1 { "file is" } else { "files are" };
        (n > 0).then(|| format!("{n} other {files} left out: {}{more}", names.join(", ")))
    }
}

/// The name of a file without its extensions: the name of a section or a class.
pub(crate) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (name, _) = without_compression(&name);
    match name.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) => stem.to_owned(),
        _ => name.to_owned(),
    }
}

fn is_extension(extension: &str) -> bool {
    EXTENSIONS.iter().any(|it| extension.eq_ignore_ascii_case(it))
}

fn without_compression(name: &str) -> (&str, bool) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if COMPRESSIONS.contains(&extension) => (stem, true),
        _ => (name, false),
    }
}

fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let (name, _) = without_compression(&name);
    let explains = EXPLANATIONS.iter().any(|it| name.starts_with(it));
    !explains && name.rsplit_once('.').is_some_and(|(_, extension)| is_extension(extension))
}

fn is_hidden(below: &Path) -> bool {
    below.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part.starts_with('.') || part == "__MACOSX"
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_tables_of_a_folder_are_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("b/deep")).unwrap();
        for (name, text) in [
            ("b/deep/2.txt", "two"),
            ("a.TSV", "one"),
            ("README.txt", "no"),
            ("metadata.json", "{}"),
            (".hidden.txt", "no"),
        ] {
            fs::write(path(name), text).unwrap();
        }
        let found = members(&TextSource::new(folder.path())).unwrap().unwrap();
        let texts: Vec<&str> = found.files.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["one", "two"]);
        assert_eq!(
            found.note().unwrap(),
            "2 other files are left out: `README.txt`, `metadata.json`"
        );
        assert!(members(&TextSource::new(path("a.TSV"))).unwrap().is_none());
        let empty = members(&TextSource::new(path("b"))).unwrap().unwrap();
        assert_eq!((empty.files.len(), empty.note()), (1, None));
        fs::remove_file(path("b/deep/2.txt")).unwrap();
        let message = members(&TextSource::new(path("b"))).err().unwrap().to_string();
        assert!(
            message.ends_with("tab or dat") && message.contains("0 other file(s)"),
            "{message}"
        );
    }

    #[test]
    fn the_stem_of_a_file_names_its_section() {
        let of = |name: &str| stem(Path::new(name));
        assert_eq!(of("x/I01 [noun - plural].txt"), "I01 [noun - plural]");
        assert_eq!(
            (of("a.tsv.gz"), of("v1.2"), of("b.TXT")),
            ("a".into(), "v1.2".into(), "b".into())
        );
    }
}
