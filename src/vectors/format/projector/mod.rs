//! The files of TensorBoard's Embedding Projector, in a folder.
//!
//! `vectors.tsv` holds a vector a line, numbers separated by tabs, without a header; `metadata.tsv`
//! the words in the same order, with a header if and only if there are several columns, as the
//! projector has it; `projector_config.pbtxt` names the two for `tensorboard --logdir`. The reader
//! takes such a folder too, also one with the names that gensim's `word2vec2tensor` gives.

mod read;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::traits::{WriteFormat, WriteOptions};
use super::words_beside::MARK;
use super::{Cell, RowStream};
use crate::base::error::{Error, Result};
use crate::storage::atomic::AtomicFile;

pub use read::read;
pub(super) use read::read_files;

/// The names of the files.
pub const FILES: [&str; 3] = [VECTORS, METADATA, CONFIG];

const VECTORS: &str = "vectors.tsv";
const METADATA: &str = "metadata.tsv";
const CONFIG: &str = "projector_config.pbtxt";

/// What the config calls the vectors.
const TENSOR: &str = "eigenlex";

/// What the name of a file of vectors ends with, and that of its metadata.
const NAMES: [(&str, &str); 3] =
    [(VECTORS, METADATA), ("tensors.tsv", METADATA), ("_tensor.tsv", "_metadata.tsv")];

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
    let is_marked = |word: &str| word.as_bytes().starts_with(MARK);
    if counts.is_some() {
        metadata.put(b"word\tcount\n")?;
    } else if vectors.words().iter().next().is_some_and(is_marked) {
        // A word that begins like a mark must not be taken for one.
        metadata.put(MARK)?;
    }
    for (row, word) in vectors.words().iter().enumerate() {
        let count = counts.map_or_else(String::new, |counts| format!("\t{}", counts[row]));
        metadata.put(format!("{}{count}\n", Cell(word)).as_bytes())?;
    }
    config.put(
        format!(
            "embeddings {{\n  tensor_name: \"{TENSOR}\"\n  \
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
mod tests;
