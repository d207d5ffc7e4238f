//! The files of TensorBoard's Embedding Projector, in a folder.
//!
//! `vectors.tsv` holds a vector a line, numbers separated by tabs, without a header; `metadata.tsv`
//! the words in the same order, with a header if and only if there are several columns, as the
//! projector has it; `projector_config.pbtxt` names the two for `tensorboard --logdir`. The reader
//! takes such a folder too, also one with the names that gensim's `word2vec2tensor` gives.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::decimal::leading_float;
use super::intake::{Intake, ReadOptions};
use super::report::{Fault, Place};
use super::traits::{VectorFile, WriteFormat, WriteOptions};
use super::word2vec_text::shown;
use super::words_beside::MARK;
use super::{Cell, Format, RowStream};
use crate::base::error::{Error, Result};
use crate::base::visible::shortened;
use crate::base::words::unescaped;
use crate::storage::atomic::AtomicFile;
use crate::vectors::WordVectors;

/// The names of the files.
pub const FILES: [&str; 3] = [VECTORS, METADATA, CONFIG];

const VECTORS: &str = "vectors.tsv";
const METADATA: &str = "metadata.tsv";
const CONFIG: &str = "projector_config.pbtxt";

/// What the config calls the vectors.
const TENSOR: &str = "eigenlex";

/// Lines whose fields are counted.
const LINES_LOOKED_AT: usize = 1000;

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

/// Reads the text of a file of vectors, and that of its metadata as other programs write it;
/// `path` names both in messages.
///
/// # Errors
/// [`Error::Malformed`].
pub fn read(vectors: &str, metadata: &str, path: &Path) -> Result<WordVectors> {
    let text = |text| Text { text, path };
    Ok(read_texts(text(vectors), text(metadata), false, &ReadOptions::default())?.vectors)
}

/// Reads a file of vectors and its metadata.
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`].
pub(super) fn read_files(
    [vectors, metadata]: [PathBuf; 2],
    options: &ReadOptions,
) -> Result<VectorFile> {
    let [numbers, words] = [options.beside(&vectors).read()?, options.beside(&metadata).read()?];
    let is_own = is_own(&metadata);
    let (numbers, words) =
        (Text { text: &numbers, path: &vectors }, Text { text: &words, path: &metadata });
    read_texts(numbers, words, is_own, options)
}

/// A file that is read.
struct Text<'t> {
    text: &'t str,
    path: &'t Path,
}

fn read_texts(
    vectors: Text<'_>,
    metadata: Text<'_>,
    is_own: bool,
    options: &ReadOptions,
) -> Result<VectorFile> {
    let lines = lines_of(vectors.text);
    let n_rows = lines.iter().filter(|line| !line.text.is_empty()).count();
    let words = words_of(metadata.text, lines.len(), is_own);
    // An empty line is a row without numbers if it has a word.
    let has_words_for_empty = words.len() == lines.len();
    if (n_rows != words.len() && !has_words_for_empty) || n_rows == 0 {
        let expected = format!("{n_rows}, the lines of `{}`", vectors.path.display());
        return Err(Error::malformed(
            metadata.path,
            None,
            format!("{} words", words.len()),
            expected,
        ));
    }
    let dim = commonest_dim(&lines);
    let mut intake = Intake::new(vectors.path, dim, options)?.of_lines();
    let mut row = Vec::new();
    let mut words = words.iter();
    for Line { text, number, byte } in lines {
        if intake.room() == 0 {
            intake.report().is_limited = true;
            break;
        }
        let place = |found: String| Place::line(number, Some(byte), found);
        if text.is_empty() && !has_words_for_empty {
            intake.note(Fault::EmptyLine, place("an empty line".to_owned()))?;
            continue;
        }
        let Some(word) = words.next() else { break };
        let found = match numbers_of(text, &mut row) {
            _ if text.is_empty() => format!("an empty line for `{}`", shortened(word)),
            Err(field) => format!("`{}` in the vector of `{}`", shown(field), shortened(word)),
            Ok(()) if row.len() != dim => {
                format!("{} numbers in the vector of `{}`", row.len(), shortened(word))
            }
            Ok(()) => {
                intake.take_row(word, &row, number)?;
                continue;
            }
        };
        if !intake.is_repair() {
            let expected = format!("{dim} numbers with tabs between them");
            return Err(Error::malformed(vectors.path, Some(number), found, expected));
        }
        intake.leave_out(Fault::BrokenLine, place(found))?;
    }
    Ok(VectorFile::of(Format::Projector, intake.finish()?))
}

/// A line of numbers, without tabs at its end.
struct Line<'t> {
    text: &'t str,
    /// From 1.
    number: u64,
    /// Its offset in the text.
    byte: u64,
}

/// The lines of a text, but for empty ones at its end.
fn lines_of(text: &str) -> Vec<Line<'_>> {
    const BLANKS: [char; 3] = ['\t', '\n', '\r'];
    let mut begin = 0;
    let mut lines = Vec::new();
    for (line, number) in text.trim_end_matches(BLANKS).split_inclusive('\n').zip(1..) {
        lines.push(Line { text: line.trim_end_matches(BLANKS), number, byte: begin });
        begin += line.len() as u64;
    }
    lines
}

/// The commonest number of fields; the smaller of two that are equally common.
fn commonest_dim(lines: &[Line<'_>]) -> usize {
    let mut lines_with: BTreeMap<usize, usize> = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.text.is_empty()).take(LINES_LOOKED_AT) {
        *lines_with.entry(line.text.split('\t').count()).or_default() += 1;
    }
    let commonest = lines_with.into_iter().rev().max_by_key(|&(_, n_lines)| n_lines);
    commonest.map_or(0, |(n_fields, _)| n_fields)
}

/// The numbers of a line, in place of what was in `row`; the first field that is none.
fn numbers_of<'t>(line: &'t str, row: &mut Vec<f32>) -> std::result::Result<(), &'t [u8]> {
    row.clear();
    for field in line.split('\t').map(str::as_bytes) {
        match leading_float(field) {
            Some((value, n_bytes)) if n_bytes == field.len() => row.push(value),
            _ => return Err(field),
        }
    }
    Ok(())
}

/// The words of a file of metadata: its only column, without a header; or of several columns the
/// one that its header calls so, else the first. Empty lines behind the `n_rows` that are wanted
/// are no words: other programs end the file with one. Other programs write backslashes as they
/// are: `\nabla` has no line feed in it.
fn words_of(text: &str, n_rows: usize, is_own: bool) -> Vec<String> {
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
        let written = if is_own { unescaped(field) } else { None };
        written.unwrap_or_else(|| field.to_owned())
    };
    let mut words: Vec<String> = lines.map(word).collect();
    while words.len() > n_rows && words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    words
}

/// Whether this library wrote a file of metadata: the config beside it says so.
fn is_own(metadata: &Path) -> bool {
    let config = fs::read_to_string(metadata.with_file_name(CONFIG));
    config.is_ok_and(|config| config.contains(&format!("tensor_name: \"{TENSOR}\"")))
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
mod tests {
    use super::*;
    use crate::vectors::format::OnFault;
    use crate::vectors::format::tests::{any_vectors, same_bits};
    use proptest::prelude::*;

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
            ["\u{FEFF}tab\there", "new\nline", "word"].into_iter().collect(),
            2,
            vec![1.0, -0.5, 1e-8, 0.0, 3.0, 0.1],
        );
        for counts in [None, Some(&[5, 2, 1][..])] {
            write(&RowStream::from(&vectors), counts, folder.path(), true).unwrap();
            let file =
                super::read_files(find(folder.path()).unwrap(), &ReadOptions::default()).unwrap();
            assert_eq!(file.vectors.digest(), vectors.digest());
            assert_eq!(find(&folder.path().join(VECTORS)), find(folder.path()));
        }
    }

    #[test]
    fn the_names_of_gensim_are_known_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = || super::read_files(find(folder.path()).unwrap(), &ReadOptions::default());
        assert_eq!(find(folder.path()), None);
        put("x_tensor.tsv", "1\t2\n3\t4\n");
        put("x_metadata.tsv", "a\nb\n");
        assert_eq!(read().unwrap().vectors.as_slice(), [1.0, 2.0, 3.0, 4.0]);
        put("x_tensor.tsv", "1\t2\n3\tx\n");
        let message = read().unwrap_err().to_string();
        assert!(
            message.contains(
                "line 2: found `x` in the vector of `b`, expected 2 numbers with tabs between them"
            ),
            "{message}"
        );
        put("x_metadata.tsv", "a\n");
        let message = read().unwrap_err().to_string();
        assert!(message.contains("found 1 words, expected 2, the lines of"), "{message}");
    }

    #[test]
    fn empty_lines_at_the_end_are_no_words() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = || super::read_files(find(folder.path()).unwrap(), &ReadOptions::default());
        put(VECTORS, "1\t2\n3\t4\n\n");
        for metadata in ["a\nb\n\n", "a\r\nb\r\n\r\n\r\n", "word\tcount\na\t1\nb\t2\n\n"] {
            put(METADATA, metadata);
            let file = read().unwrap();
            assert!(file.vectors.words().iter().eq(["a", "b"]), "{metadata:?}");
            assert!(file.report.is_clean());
        }
    }

    #[test]
    fn what_other_programs_write_is_read_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = |on_fault| {
            let options = ReadOptions::default().on_fault(on_fault);
            super::read_files(find(folder.path()).unwrap(), &options)
        };
        let words = |file: &VectorFile| -> Vec<String> {
            file.vectors.words().iter().map(str::to_owned).collect()
        };
        // Backslashes are letters, and tabs at the end of a line separate nothing.
        put(VECTORS, "1\t2\t\n3\t4\t\n");
        put(METADATA, "\\nabla\nC:\\new\n");
        let file = read(OnFault::Refuse).unwrap();
        assert_eq!(words(&file), ["\\nabla", "C:\\new"]);
        // An empty line is skipped, unless it has a word.
        put(VECTORS, "\n1\t2\n3\t4\n");
        let file = read(OnFault::Report).unwrap();
        assert_eq!(file.report.notes[0].to_string(), "line 1: an empty line; skipped");
        assert_eq!(file.vectors.as_slice(), [1.0, 2.0, 3.0, 4.0]);
        put(METADATA, "x\na\nb\n");
        let message = read(OnFault::Report).unwrap_err().to_string();
        assert!(message.contains("line 1: found an empty line for `x`, expected 2"), "{message}");
        assert_eq!(words(&read(OnFault::Repair).unwrap()), ["a", "b"]);
        // The commonest number of fields is right, wherever it stands.
        put(VECTORS, "1\t2\t5\n3\t4\n5\t6\n");
        let file = read(OnFault::Repair).unwrap();
        assert_eq!(words(&file), ["a", "b"]);
        let place = &file.report.notes[0].places[0];
        assert_eq!(
            (place.line, place.byte, place.found.as_str()),
            (Some(1), Some(0), "3 numbers in the vector of `x`")
        );
    }

    #[test]
    fn the_encoding_of_the_files_may_be_given() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(VECTORS), "1\t2\n3\t4\n").unwrap();
        fs::write(folder.path().join(METADATA), b"k\xF6nig\nqueen\n").unwrap();
        let source = crate::input::TextSource::new(folder.path());
        let open = |source| VectorFile::open(source, &ReadOptions::default(), &());
        assert!(open(source.clone()).is_err());
        let file =
            open(source.encoding("latin1".parse::<crate::input::TextEncoding>().unwrap())).unwrap();
        assert!(file.vectors.words().iter().eq(["könig", "queen"]));
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

    proptest! {
        #[test]
        fn any_vectors_come_back(vectors in any_vectors("[^\0]{1,8}"), counted: bool) {
            let folder = tempfile::tempdir().unwrap();
            let counts = vec![7; vectors.len()];
            let counts = counted.then_some(&counts[..]);
            super::write(&RowStream::from(&vectors), counts, folder.path(), false).unwrap();
            let file = read_files(find(folder.path()).unwrap(), &ReadOptions::default()).unwrap();
            prop_assert!(file.vectors.words().iter().eq(vectors.words().iter()));
            prop_assert!(same_bits(&file.vectors, &vectors));
        }

        #[test]
        fn no_texts_make_it_panic(
            vectors in "([0-9.x\t-]{0,6}[\r]?\n?){0,8}",
            metadata in "([a-c\\\\ \t]{0,3}[\r]?\n?){0,8}",
        ) {
            let _ = super::read(&vectors, &metadata, Path::new("v"));
        }
    }
}
