//! What is said of vectors where nothing is refused: what a format has no place for, which words
//! were taken, what became zero; and the hints of files that cannot be read.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use eigenlex::format::Format;
use eigenlex::{WordVectors, Words};
use predicates::prelude::*;

use crate::support::{eigenlex_in, fails};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vectors").join(name)
}

fn vectors(words: &[&str], values: Vec<f32>) -> WordVectors {
    let words: Words = words.iter().copied().collect();
    let dim = values.len() / words.len();
    WordVectors::new(words, dim, values)
}

/// Standard error of a command that must succeed.
#[track_caller]
fn said(folder: &Path, arguments: &[&str]) -> String {
    let assert = eigenlex_in(folder).args(arguments).assert().success();
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn ngrams_that_a_format_has_no_place_for_are_spoken_of() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("fasttext.bin"), folder.path().join("f.bin")).unwrap();
    let warning = |output: &str| {
        format!(
            "warning: `f.bin` has vectors of n-grams, from which unknown words get theirs; \
             `{output}` has no place for them\n"
        )
    };
    assert_eq!(said(folder.path(), &["export", "f.bin", "w.vec"]), warning("w.vec"));
    let repaired = said(folder.path(), &["doctor", "f.bin", "--repair", "w.npz"]);
    assert!(repaired.starts_with(&warning("w.npz")), "{repaired}");
    assert_eq!(said(folder.path(), &["export", "f.bin", "q.vec", "--quiet"]), "");
    // Without n-grams nothing is lost.
    fs::copy(fixture("fasttext-words.bin"), folder.path().join("g.bin")).unwrap();
    assert_eq!(said(folder.path(), &["export", "g.bin", "g.vec"]), "");
}

#[test]
fn a_list_of_words_that_is_not_needed_is_spoken_of() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list"), "a\nb\n").unwrap();
    let of_file = vectors(&["king", "queen"], vec![1.0, 0.0, 0.9, 0.1]);
    for name in ["v.vec", "v.npz", "v.safetensors", "v.fifu", "v.bin"] {
        let format = Format::from_extension(name).unwrap();
        format.write(&of_file, folder.path().join(name), false).unwrap();
        let warning =
            format!("warning: `{name}` has words of its own, which are taken in place of `list`\n");
        for command in [&["neighbors", name, "king"][..], &["info", name], &["doctor", name]] {
            let arguments = [command, &["--vocabulary", "list"]].concat();
            assert_eq!(said(folder.path(), &arguments), warning, "{command:?}");
        }
    }
    Format::Npy.write(&of_file, folder.path().join("v.npy"), false).unwrap();
    let asked = ["neighbors", "v.npy", "a", "--vocabulary", "list", "--format", "tsv"];
    eigenlex_in(folder.path())
        .args(asked)
        .assert()
        .success()
        .stderr("")
        .stdout(predicate::str::contains("a\tb\t"));
    // Which list was taken is said where files are described.
    eigenlex_in(folder.path())
        .args(["info", "v.npy", "--format", "text"])
        .assert()
        .success()
        .stdout(predicate::str::contains("\nlist      v.words.txt\n"));
}

#[test]
fn damage_to_our_own_files_is_found_by_doctor_and_strict() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    let good = vectors(&["a", "b"], vec![3.0, 4.0, 6.0, 8.0]);
    Format::Safetensors.write(&good, &path, false).unwrap();
    assert_eq!(said(folder.path(), &["doctor", "v.safetensors"]), "");
    let bytes = fs::read(&path).unwrap();
    let at = bytes.windows(4).position(|it| it == 4.0f32.to_le_bytes()).unwrap();
    for (value, fault) in [(f32::NAN, "not-finite"), (5.0, "wrong-length")] {
        let mut damaged = bytes.clone();
        damaged[at..at + 4].copy_from_slice(&value.to_le_bytes());
        fs::write(&path, damaged).unwrap();
        eigenlex_in(folder.path())
            .args(["doctor", "v.safetensors", "--format", "text"])
            .assert()
            .code(3)
            .stdout(predicate::str::contains(format!("{fault} (1)\n  row 0: ")));
        fails(folder.path(), &["neighbors", "v.safetensors", "b", "--strict"], 3);
    }
}

#[test]
fn numbers_that_are_rounded_are_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let descr = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n";
    let mut npy = b"\x93NUMPY\x01\0".to_vec();
    npy.extend((descr.len() as u16).to_le_bytes());
    npy.extend(descr.bytes());
    npy.extend([0.1f64, 0.2, 0.3, -0.1].into_iter().flat_map(f64::to_le_bytes));
    fs::write(folder.path().join("v.npy"), npy).unwrap();
    fs::write(folder.path().join("v.words.txt"), "a\nb\n").unwrap();
    eigenlex_in(folder.path())
        .args(["doctor", "v.npy", "--format", "text"])
        .assert()
        .success()
        .stdout(predicate::str::contains("rounded (1)"));
    said(folder.path(), &["neighbors", "v.npy", "a", "--strict"]);
}

#[test]
fn vectors_that_become_zero_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let small = vectors(&["a", "b", "c"], vec![1.0, 0.5, 1e-9, 1e-9, 1e-10, 0.0]);
    Format::Word2vec.write(&small, folder.path().join("v.vec"), false).unwrap();
    let said = said(folder.path(), &["export", "v.vec", "h.npz", "--precision", "f16"]);
    assert!(
        said.ends_with(
            "\nwarning: 2 vectors become zero, and nothing can be asked about their words (`b`)\n"
        ),
        "{said}"
    );
}

#[test]
fn a_file_in_place_of_an_output_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    Format::Word2vec.write(&vectors(&["a"], vec![1.0]), path.join("v.vec"), false).unwrap();
    fs::write(path.join("p"), "precious").unwrap();
    for arguments in [&["--format", "projector"][..], &["--format", "model2vec", "--force"]] {
        let message = fails(path, &[&["export", "v.vec", "p"], arguments].concat(), 1);
        assert!(
            message.contains("`p` is not a folder, so it is not replaced\nhint: "),
            "{message}"
        );
    }
    assert_eq!(fs::read_to_string(path.join("p")).unwrap(), "precious");
}

#[test]
fn files_that_cannot_be_read_have_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let doubles: Vec<u8> =
        (0..64).flat_map(|it| (0.37 * f64::from(it % 7) - 0.9).to_le_bytes()).collect();
    for (name, bytes, found, hint) in [
        (
            "comma.vec",
            b"a 0,5 0,25\nb 0,1 0,2\n".to_vec(),
            "line 1: found `0,25` in the vector of `a`",
            "write the numbers with a decimal point, not with a comma",
        ),
        (
            "header.vec",
            b"2 3000000\na 1 2\nb 3 4\n".to_vec(),
            "line 1: found 3000000 dimensions, where each row has 2 number(s)",
            "mend the first line of the file, or remove it",
        ),
        (
            "v.floret",
            b"2 2 4 5 2 2166136261 < >\n0 0.1 0.2\n1 0.3 0.4\n".to_vec(),
            "is a floret table of hashed n-grams",
            "write the vectors of words: `floret print-word-vectors MODEL.bin < WORDS`",
        ),
        (
            "glove.bin",
            doubles,
            "is a file of 64-bit numbers without words, as GloVe's .bin",
            "write the vectors with their words: GloVe does so with `-binary 0`",
        ),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let message = fails(folder.path(), &["neighbors", name, "a"], 3);
        assert!(message.contains(found) && message.contains(&format!("hint: {hint}")), "{message}");
    }
}

#[test]
fn a_word_with_blanks_is_refused_with_the_formats_that_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("glove.txt"), ". . . 1 2\nthe 3 4\nof 5 6\n").unwrap();
    let message = fails(folder.path(), &["export", "glove.txt", "w.vec"], 2);
    assert!(
        message.contains("word is 0 (from 0), \". . .\", expected no white space in it")
            && message.contains("; safetensors, npy, npz and finalfusion hold words with blanks"),
        "{message}"
    );
    said(folder.path(), &["doctor", "glove.txt", "--repair", "w.npz"]);
}
