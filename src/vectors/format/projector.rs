//! The files of TensorBoard's Embedding Projector, in a folder.
//!
//! `vectors.tsv` holds a vector a line, numbers separated by tabs, without a header; `metadata.tsv`
//! the words in the same order, with a header if and only if there are several columns, as the
//! projector has it; `projector_config.pbtxt` names the two for `tensorboard --logdir`. They are
//! written, not read back.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{Cell, RowStream};
use crate::base::error::{Error, Result};
use crate::storage::atomic::AtomicFile;

/// The names of the files.
pub const FILES: [&str; 3] = [VECTORS, METADATA, CONFIG];

const VECTORS: &str = "vectors.tsv";
const METADATA: &str = "metadata.tsv";
const CONFIG: &str = "projector_config.pbtxt";

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
    let is_new = !folder.exists();
    fs::create_dir_all(folder).map_err(|source| Error::io("create", folder, source))?;
    let written = write_files(vectors, counts, folder, force);
    if written.is_err() && is_new {
        // Empty, since no file has its name yet; the failure of the write is what is worth telling.
        let _ = fs::remove_dir(folder);
    }
    written
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
    fn a_refused_write_leaves_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let infinite = WordVectors::new(["a"].into_iter().collect(), 1, vec![f32::INFINITY]);
        assert!(write(&RowStream::from(&infinite), None, folder.path().join("p"), false).is_err());
        assert!(!folder.path().join("p").exists());
    }
}
