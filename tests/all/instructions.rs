//! The same bytes with the vector instructions of AVX-512, of AVX2 and without either.
//!
//! `make same-bytes` runs the same commands as other processors, under qemu.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{corpora, eigenlex_in, listing};

/// The first lines of a sample, which every setting makes the same of.
fn head(name: &str, n_lines: usize) -> String {
    let text = fs::read_to_string(corpora(name)).unwrap();
    text.lines().take(n_lines).flat_map(|line| [line, "\n"]).collect()
}

/// A sparse matrix with singular values of many sizes.
fn matrix() -> String {
    let (n, mut entries) = (90u64, String::new());
    let mut n_entries = 0;
    for row in 0..n {
        for column in 0..n {
            let hash = (row * 7919 + column * 104_729) % 1009;
            if hash < 120 {
                n_entries += 1;
                writeln!(entries, "{} {} {}", row + 1, column + 1, hash as f64 / 31.0 - 1.7)
                    .unwrap();
            }
        }
    }
    format!("%%MatrixMarket matrix coordinate real general\n{n} {n} {n_entries}\n{entries}")
}

const COMMANDS: &[&str] = &[
    "embed en.txt --dim 24 -o en",
    "embed es.txt --dim 24 -o es",
    "embed en.txt --contexts documents --dim 16 -o documents",
    "embed en.txt --contexts documents --encoder autoencoder --epochs 1 --dim 8 -o network",
    "embed en.txt --contexts documents --encoder vae --epochs 1 --dim 8 -o vae",
    "align en es --dictionary pairs.txt -o given.map",
    "align en es --identical -o identical.map",
    "encode documents en.txt -o codes.npy",
    "cluster documents --in en.txt --clusters 5 -o clusters.tsv",
    "plot documents documents --in en.txt -o plot.svg",
    "plot words en --words 40 -o words.png",
    "plot alignment given.map -o pairs.pdf",
    "explore documents --in en.txt -o page.html",
    "svd matrix.mtx --rank 9 -o svd",
];

/// All files that the commands write, but for the times in `model.json`. A map holds the path of
/// its models, so all are made in the same folder.
fn outputs(folder: &Path, instructions: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("en.txt"), head("english.txt", 1500)).unwrap();
    fs::write(folder.join("es.txt"), head("spanish.txt", 1500)).unwrap();
    fs::write(folder.join("pairs.txt"), head("english-spanish.dictionary.txt", 2000)).unwrap();
    fs::write(folder.join("matrix.mtx"), matrix()).unwrap();
    for command in COMMANDS {
        eigenlex_in(folder)
            .env("EIGENLEX_INSTRUCTIONS", instructions)
            .args(command.split(' '))
            .arg("--quiet")
            .assert()
            .success();
    }
    let mut files = listing(folder);
    fs::remove_dir_all(folder).unwrap();
    files.retain(|path, _| path.file_name().is_none_or(|name| name != "model.json"));
    files
}

#[test]
fn the_instructions_of_the_processor_change_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let expected = outputs(&folder.path().join("files"), "all");
    assert!(expected.len() > 20, "{:?}", expected.keys());
    for instructions in ["avx2", "plain"] {
        let found = outputs(&folder.path().join("files"), instructions);
        assert!(expected.keys().eq(found.keys()));
        for (path, bytes) in &found {
            assert!(expected[path] == *bytes, "{} with {instructions}", path.display());
        }
    }
}

#[test]
fn instructions_of_another_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    eigenlex_in(folder.path())
        .env("EIGENLEX_INSTRUCTIONS", "sse9")
        .arg("--version")
        .assert()
        .code(2)
        .stderr("error: instructions is `sse9`, expected plain, avx2 or all\n");
}
