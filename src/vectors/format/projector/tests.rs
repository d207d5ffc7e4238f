//! Tests of the projector's files.

use super::*;
use crate::vectors::WordVectors;
use crate::vectors::format::tests::{any_vectors, same_bits};
use crate::vectors::format::{Format, OnFault, ReadOptions, VectorFile};
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
