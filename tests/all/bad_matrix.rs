//! Matrices that `svd` cannot read or decompose: one clear sentence, with the line of the file.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::support::{fails, folder_with_text, sixty_words};

const GENERAL: &str = "%%MatrixMarket matrix coordinate real general\n";
const SYMMETRIC: &str = "%%MatrixMarket matrix coordinate real symmetric\n";

#[track_caller]
fn svd_fails(folder: &Path, line: &[&str], code: i32, says: &str) {
    let rank: &[&str] =
        if line.contains(&"-k") || line.contains(&"--rank") { &[] } else { &["-k", "1"] };
    let message = fails(folder, &[&["svd"], line, rank].concat(), code);
    assert!(message.starts_with(&format!("error: {says}")), "{line:?}: {message}");
}

/// Writes a matrix and lets `svd` fail on it.
#[track_caller]
fn matrices_fail(matrices: &[(String, &str)]) {
    let folder = folder_with_text();
    let path = folder.path();
    for (content, says) in matrices {
        fs::write(path.join("bad.mtx"), content).unwrap();
        svd_fails(path, &["bad.mtx", "-o", "out.safetensors"], 3, &format!("`bad.mtx`, {says}"));
    }
}

#[test]
fn a_header_that_cannot_be_read_is_named() {
    let general = GENERAL;
    matrices_fail(&[
        (
            String::new(),
            "line 1: found the end of the file, expected `%%MatrixMarket matrix` and three words \
             more, as a",
        ),
        (sixty_words(), "line 1: found `word0 word7 "),
        (
            "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 0\n".to_owned(),
            "line 1: found a complex matrix, expected a `real`",
        ),
        (
            "%%MatrixMarket matrix array real hermitian\n1 1\n1\n".to_owned(),
            "line 1: found a Hermitian matrix, expected a `general`",
        ),
        (
            format!("{general}% no sizes\n"),
            "line 3: found the end of the file, expected the numbers of rows, columns and \
             entries\n",
        ),
        (
            format!("{general}2 2\n"),
            "line 2: found `2 2`, expected the numbers of rows, columns and entries\n",
        ),
        (
            format!("{general}5000000000 2 1\n"),
            "line 2: found `5000000000` rows, expected at most 4294967295\n",
        ),
    ]);
}

#[test]
fn an_entry_that_cannot_be_read_is_named_by_its_line() {
    let (general, symmetric) = (GENERAL, SYMMETRIC);
    matrices_fail(&[
        (format!("{general}2 2 1\n0 1 1\n"), "line 3: found row `0`, expected one from 1 to 2\n"),
        (
            format!("{general}2 2 1\n1 3 1\n"),
            "line 3: found column `3`, expected one from 1 to 2\n",
        ),
        (
            format!("{general}2 2 1\n1 1\n"),
            "line 3: found `1 1`, expected a row, a column and a value\n",
        ),
        (format!("{general}2 2 1\n1 1 x\n"), "line 3: found `x`, expected a number\n"),
        (format!("{general}2 2 1\n1 1 nan\n"), "line 3: found `nan`, expected a finite number\n"),
        (
            format!("{general}2 2 2\n1 1 1\n"),
            "line 4: found the end of the file after 1 of 2 entries, expected all that it \
             announces\n",
        ),
        (
            format!("{general}2 2 1\n1 1 1\n2 2 1\n"),
            "line 4: found entry 2, expected the end of the file, which announces 1\n",
        ),
        // Nothing is taken on the word of a header.
        (
            format!("{general}2 2 1000000000000000000\n1 1 1\n"),
            "line 4: found the end of the file after 1 of 1000000000000000000 entries, expected \
             all that it announces",
        ),
        (
            "%%MatrixMarket matrix array real general\n4294967295 4294967295\n1\n".to_owned(),
            "line 4: found the end of the file after 1 of 18446744065119617025 entries, expected \
             all that",
        ),
        (
            "%%MatrixMarket matrix array integer general\n1 1\n1.5\n".to_owned(),
            "line 3: found `1.5`, expected a whole number\n",
        ),
        (
            format!("{symmetric}2 2 1\n1 2 1\n"),
            "line 3: found an entry above the diagonal (row 1, column 2), expected those on and \
             below it",
        ),
        (
            format!("{symmetric}2 3 1\n1 1 1\n"),
            "line 2: found 2 rows and 3 columns, expected as many of one as of the other",
        ),
        (
            symmetric.replace("symm", "skew-symm") + "2 2 1\n1 1 1\n",
            "line 3: found the value 1 on the diagonal (row 1, column 1), expected",
        ),
    ]);
}

#[test]
fn a_matrix_that_cannot_be_opened_is_refused() {
    let folder = folder_with_text();
    let (path, general) = (folder.path(), GENERAL);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!("{general}2 2 1\n1 1 1\n").as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    fs::write(path.join("cut.gz"), &packed[..packed.len() - 9]).unwrap();
    svd_fails(path, &["cut.gz"], 3, "`cut.gz` cannot be decompressed (gzip): ");
    svd_fails(
        path,
        &["missing.mtx"],
        1,
        "cannot read `missing.mtx`: No such file or directory (os error 2)\n",
    );
    svd_fails(
        path,
        &["."],
        1,
        "cannot read `.`: Is a directory (os error 21)\nhint: it is a folder, and a file is \
         needed\n",
    );
    fs::write(path.join("zero.mtx"), format!("{general}2 3 1\n1 1 0\n")).unwrap();
    svd_fails(
        path,
        &["zero.mtx"],
        3,
        "the 2 x 3 matrix has no entry other than zero\nhint: a matrix of zeros has no singular \
         vectors; ",
    );
}

#[test]
fn a_decomposition_that_makes_no_sense_is_refused_before_the_entries_are_read() {
    let folder = folder_with_text();
    let path = folder.path();
    // Were the entries read first, their absence would be told instead.
    fs::write(path.join("m.mtx"), "%%MatrixMarket matrix coordinate real general\n4 3 9\n")
        .unwrap();
    let fails = |options: &[&str], code: i32, says: &str| {
        svd_fails(path, &[&["m.mtx"], options].concat(), code, says)
    };
    fails(
        &["-k", "4"],
        2,
        "rank 4 is above the smaller side of the 4 x 3 matrix\nhint: lower --rank to at most 3\n",
    );
    fails(&["--rank", "0"], 2, "rank is 0, expected at least 1\n");
    fails(&["--tolerance", "0"], 2, "tolerance is 0, expected a number above 0 and below 1\n");
    fails(&["--block-width", "0"], 2, "block_width is 0, expected at least 1\n");
    fails(&["--max-products", "0"], 2, "max_products is 0, expected at least 1\n");
    fails(&["--max-basis", "2"], 2, "max_basis is 2, expected at least ");
    fails(&["--memory", "1MB"], 5, "svd needs about ");
    fails(
        &["-o", "text"],
        1,
        "`text` exists already\nhint: choose another name, or pass --force to replace it\n",
    );
    fails(&["-o", ".", "--force"], 1, "`.` is not a file, so it is not replaced\nhint: ");
    fails(
        &["-o", "nowhere/out"],
        1,
        "cannot create `nowhere/out`: No such file or directory (os error 2)\n",
    );
}

#[test]
fn an_option_of_svd_that_belongs_to_another_is_refused_without_it() {
    let folder = folder_with_text();
    let path = folder.path();
    let fails = |options: &[&str], code: i32, says: &str| {
        svd_fails(path, &[&["m.mtx"], options].concat(), code, says)
    };
    fails(&["--memory", "1XB"], 2, "invalid value '1XB' for '--memory <SIZE>'");
    fails(
        &["--left-vectors"],
        2,
        "the following required arguments were not provided:\n  --output <FILE>",
    );
    fails(
        &["--force"],
        2,
        "the following required arguments were not provided:\n  --output <FILE>",
    );
    fails(
        &["--oversampling", "3"],
        2,
        "the following required arguments were not provided:\n  --power-iterations <Q>",
    );
    fails(
        &["--power-iterations", "1", "--max-basis", "30"],
        2,
        "the argument '--power-iterations <Q>' cannot be used with '--max-basis <N>'",
    );
    let message = self::fails(path, &["svd", "m.mtx"], 2);
    assert!(
        message.starts_with(
            "error: the following required arguments were not provided:\n  --rank <K>"
        ),
        "{message}"
    );
}
