//! The files of TensorBoard's Embedding Projector, in a folder.
//!
//! `vectors.tsv` holds a vector a line, numbers separated by tabs, without a header; `metadata.tsv`
//! the words in the same order, with a header if and only if there are several columns, as the
//! projector has it; `projector_config.pbtxt` names the two for `tensorboard --logdir`. The reader
//! takes such a folder too, also one with the names that gensim's `word2vec2tensor` gives.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::decimal::leading_float;
use super::intake::{Intake, ReadOptions};
use super::report::{Fault, Place};
use super::traits::{VectorFile, WriteFormat, WriteOptions};
use super::word2vec_text::shown;
use super::{Cell, Format, RowStream};
use crate::base::error::{Error, Result};
use crate::base::words::unescaped;
use crate::input::TextSource;
use crate::storage::atomic::AtomicFile;

/// The names of the files.
pub const FILES: [&str; 3] = [VECTORS, METADATA, CONFIG];

const VECTORS: &str = "vectors.tsv";
const METADATA: &str = "metadata.tsv";
const CONFIG: &str = "projector_config.pbtxt";

/// What the name of a file of vectors ends with, and that of its metadata.
const NAMES: [(&str, &str); 3] =
    [(VECTORS, METADATA), ("tensors.tsv", METADATA), ("_tensor.tsv", "_metadata.tsv")];

/// What columns of words are called.
const WORD_COLUMNS: [&str; 5] = ["word", "label", "token", "name", "text"];

/// The format.
pub(super) struct Projector;

impl WriteFormat for Projector {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write(vectors, options.counts, path, options.force)
    }

    fn files(&self, path: &Path) -> Vec<PathBuf> {
        FILES.iter().map(|name| path.join(name)).collect()
    }
}

/// The files of vectors and of metadata in a folder, or the one that belongs to a file of vectors.
pub(super) fn find(path: &Path) -> Option<[PathBuf; 2]> {
    if path.is_dir() {
        let config = fs::read_to_string(path.join(CONFIG)).unwrap_or_default();
        let named = ["tensor_path", "metadata_path"].map(|key| {
            let (_, rest) = config.split_once(key)?;
            Some(path.join(rest.split('"').nth(1)?))
        });
        if let [Some(vectors), Some(metadata)] = named
            && vectors.is_file()
            && metadata.is_file()
        {
            return Some([vectors, metadata]);
        }
        let mut files: Vec<PathBuf> =
            fs::read_dir(path).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort_unstable();
        return files.iter().find_map(|file| if file.is_file() { find(file) } else { None });
    }
    let name = path.file_name()?.to_str()?;
    NAMES.iter().find_map(|(vectors, metadata)| {
        let metadata = path.with_file_name(format!("{}{metadata}", name.strip_suffix(vectors)?));
        metadata.is_file().then(|| [path.to_path_buf(), metadata])
    })
}

/// Reads a file of vectors and its metadata.
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`].
pub(super) fn read([vectors, metadata]: [PathBuf; 2], options: &ReadOptions) -> Result<VectorFile> {
    let text = TextSource::new(&vectors).read()?;
    let text = text.trim_end_matches(['\n', '\r']);
    let words = read_words(&metadata, text.lines().count())?;
    let fields = |line: &str| line.split('\t').count();
    let dim = text.lines().next().map_or(0, fields);
    let n_rows = text.lines().count();
    if n_rows != words.len() || dim == 0 {
        let expected = format!("{n_rows}, the lines of `{}`", vectors.display());
        return Err(Error::malformed(&metadata, None, format!("{} words", words.len()), expected));
    }
    let mut intake = Intake::new(&vectors, dim, options)?.of_lines();
    let mut row = Vec::with_capacity(dim.min(text.len()));
    for ((line, number), word) in text.lines().zip(1..).zip(&words) {
        if intake.room() == 0 {
            intake.report().is_limited = true;
            break;
        }
        row.clear();
        let mut bad = None;
        for field in line.split('\t') {
            match leading_float(field.as_bytes()) {
                Some((value, n_bytes)) if n_bytes == field.len() => row.push(value),
                _ => bad = Some(field),
            }
        }
        if bad.is_some() || row.len() != dim {
            let found = match bad {
                Some(field) => format!("`{}` in place of a number", shown(field.as_bytes())),
                None => format!("{} numbers", row.len()),
            };
            intake.leave_out(Fault::BrokenLine, Place::line(number, None, found))?;
            continue;
        }
        intake.take_row(word, &row, number)?;
    }
    Ok(VectorFile::of(Format::Projector, intake.finish()?))
}

/// The words of a file of metadata: its only column, without a header; or of several columns the
/// one that its header calls so, else the first. Empty lines behind the `n_rows` that are wanted
/// are no words: other programs end the file with one.
fn read_words(path: &Path, n_rows: usize) -> Result<Vec<String>> {
    let text = TextSource::new(path).read()?;
    let mut lines = text.lines();
    let first = lines.clone().next().unwrap_or_default();
    let mut column = 0;
    if first.contains('\t') {
        lines.next();
        let names: Vec<String> = first.split('\t').map(str::to_lowercase).collect();
        let position = |wanted: &&str| names.iter().position(|name| name == wanted);
        column = WORD_COLUMNS.iter().find_map(position).unwrap_or(0);
    }
    let word = |line: &str| {
        let field = line.split('\t').nth(column).unwrap_or_default();
        // Other programs write backslashes as they are.
        unescaped(field).unwrap_or_else(|| field.to_owned())
    };
    let mut words: Vec<String> = lines.map(word).collect();
    while words.len() > n_rows && words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    Ok(words)
}

/// Writes the files into `folder`, which is made if it is not there; `counts` are those of the
/// words, in their order, where they are known; `force` replaces files that exist.
///
/// # Errors
/// [`Error::OutputExists`] without `force`; [`Error::NotFinite`]; [`Error::DiskFull`] or
/// [`Error::Io`]. No file is half written.
///
/// # Panics
/// If there are not as many counts as words.
pub fn write(
    vectors: &RowStream<'_>,
    counts: Option<&[u64]>,
    folder: impl AsRef<Path>,
    force: bool,
) -> Result<()> {
    let folder = folder.as_ref();
    let words = vectors.words();
    if let Some(counts) = counts {
        assert_eq!(counts.len(), words.len(), "{} counts for {} words", counts.len(), words.len());
    }
    let is_new = create_folder(folder)?;
    let written = write_files(vectors, counts, folder, force);
    if written.is_err() && is_new {
        // Empty, since no file has its name yet; the failure of the write is what is worth telling.
        let _ = fs::remove_dir(folder);
    }
    written
}

/// Makes the folder of a format; whether it was not there.
///
/// # Errors
/// [`Error::NotReplaceable`] if a file stands there; [`Error::Io`].
pub(super) fn create_folder(folder: &Path) -> Result<bool> {
    if folder.exists() && !folder.is_dir() {
        return Err(Error::NotReplaceable { path: folder.to_path_buf(), expected: "a folder" });
    }
    let is_new = !folder.exists();
    fs::create_dir_all(folder).map_err(|source| Error::io("create", folder, source))?;
    Ok(is_new)
}

fn write_files(
    vectors: &RowStream<'_>,
    counts: Option<&[u64]>,
    folder: &Path,
    force: bool,
) -> Result<()> {
    let create = |name: &str| AtomicFile::create(folder.join(name), force);
    let (mut numbers, mut metadata, mut config) =
        (create(VECTORS)?, create(METADATA)?, create(CONFIG)?);
    let mut text = String::new();
    vectors.each_chunk(|_, rows| {
        text.clear();
        for row in rows.chunks_exact(vectors.dim()) {
            for (place, number) in row.iter().enumerate() {
                let _ = write!(text, "{}{number}", if place > 0 { "\t" } else { "" });
            }
            text.push('\n');
        }
        numbers.put(text.as_bytes())
    })?;
    if counts.is_some() {
        metadata.put(b"word\tcount\n")?;
    }
    for (row, word) in vectors.words().iter().enumerate() {
        let count = counts.map_or_else(String::new, |counts| format!("\t{}", counts[row]));
        metadata.put(format!("{}{count}\n", Cell(word)).as_bytes())?;
    }
    config.put(
        format!(
            "embeddings {{\n  tensor_name: \"eigenlex\"\n  \
             tensor_path: \"{VECTORS}\"\n  metadata_path: \"{METADATA}\"\n}}\n"
        )
        .as_bytes(),
    )?;
    // A full disk shows here, before a file has its name.
    let mut files = [numbers, metadata, config];
    files.iter_mut().try_for_each(AtomicFile::sync)?;
    files.into_iter().try_for_each(AtomicFile::commit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::WordVectors;

    fn read(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).unwrap()
    }

    #[test]
    fn words_stand_beside_their_vectors_whatever_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let vectors = WordVectors::new(
            ["tab\there", "new\nline", "word"].into_iter().collect(),
            2,
            vec![1.0, -0.5, 1e-8, 0.0, 3.0, 0.1],
        );
        let path = folder.path().join("a/b");
        write(&RowStream::from(&vectors), None, &path, false).unwrap();
        assert_eq!(read(&path, VECTORS), "1\t-0.5\n0.00000001\t0\n3\t0.1\n");
        assert_eq!(read(&path, METADATA), "tab\\there\nnew\\nline\nword\n");
        assert!(
            read(&path, CONFIG)
                .contains("tensor_path: \"vectors.tsv\"\n  metadata_path: \"metadata.tsv\"")
        );
        assert!(matches!(
            write(&RowStream::from(&vectors), None, &path, false),
            Err(Error::OutputExists { .. })
        ));
        write(&RowStream::from(&vectors), Some(&[5, 2, 1]), &path, true).unwrap();
        assert_eq!(read(&path, METADATA), "word\tcount\ntab\\there\t5\nnew\\nline\t2\nword\t1\n");
    }

    #[test]
    fn a_folder_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let vectors = WordVectors::new(
            ["tab\there", "new\nline", "word"].into_iter().collect(),
            2,
            vec![1.0, -0.5, 1e-8, 0.0, 3.0, 0.1],
        );
        for counts in [None, Some(&[5, 2, 1][..])] {
            write(&RowStream::from(&vectors), counts, folder.path(), true).unwrap();
            let file = super::read(find(folder.path()).unwrap(), &ReadOptions::default()).unwrap();
            assert_eq!(file.vectors.digest(), vectors.digest());
            assert_eq!(find(&folder.path().join(VECTORS)), find(folder.path()));
        }
    }

    #[test]
    fn the_names_of_gensim_are_known_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = || super::read(find(folder.path()).unwrap(), &ReadOptions::default());
        assert_eq!(find(folder.path()), None);
        put("x_tensor.tsv", "1\t2\n3\t4\n");
        put("x_metadata.tsv", "a\nb\n");
        assert_eq!(read().unwrap().vectors.as_slice(), [1.0, 2.0, 3.0, 4.0]);
        put("x_tensor.tsv", "1\t2\n3\tx\n");
        let message = read().unwrap_err().to_string();
        assert!(message.contains("line 2: found `x` in place of a number, expected"), "{message}");
        put("x_metadata.tsv", "a\n");
        let message = read().unwrap_err().to_string();
        assert!(message.contains("found 1 words, expected 2, the lines of"), "{message}");
    }

    #[test]
    fn empty_lines_at_the_end_are_no_words() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = || super::read(find(folder.path()).unwrap(), &ReadOptions::default());
        put(VECTORS, "1\t2\n3\t4\n\n");
        for metadata in ["a\nb\n\n", "a\r\nb\r\n\r\n\r\n", "word\tcount\na\t1\nb\t2\n\n"] {
            put(METADATA, metadata);
            let file = read().unwrap();
            assert!(file.vectors.words().iter().eq(["a", "b"]), "{metadata:?}");
            assert!(file.report.is_clean());
        }
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        fs::write(&path, "precious").unwrap();
        let vectors = WordVectors::new(["a"].into_iter().collect(), 1, vec![1.0]);
        for format in [Format::Projector, Format::Model2vec] {
            let error = format.write(&vectors, &path, true).unwrap_err();
            assert!(matches!(error, Error::NotReplaceable { expected: "a folder", .. }), "{error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn a_refused_write_leaves_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let infinite = WordVectors::new(["a"].into_iter().collect(), 1, vec![f32::INFINITY]);
        assert!(write(&RowStream::from(&infinite), None, folder.path().join("p"), false).is_err());
        assert!(!folder.path().join("p").exists());
    }
}
