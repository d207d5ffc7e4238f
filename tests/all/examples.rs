//! The examples do what they say.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::process::Command;

/// Runs an example from the root of the package and returns what it prints.
fn run(example: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--offline", "--example", example]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output =
        command.arg("--").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn prints(example: &str, arguments: &[&str], lines: &[&str]) {
    let output = run(example, arguments);
    for line in lines {
        assert!(output.contains(line), "{example}: expected {line}, found\n{output}");
    }
}

#[test]
fn words_answers_word_math() {
    let lines = ["king - man + woman: queen", "paris - france + italy: rome", "odd one out: king"];
    prints("words", &[], &lines);
}

#[test]
fn documents_finds_documents_and_encodes_new_texts() {
    let output = run("documents", &[]);
    assert_eq!(output.matches("the king and the queen: document ").count(), 3, "{output}");
    assert_eq!(output.matches("near a new text: document ").count(), 3, "{output}");
}

#[test]
fn alignment_translates() {
    prints("alignment", &[], &["king: rey ", "paris: parís ", "walking: caminando "]);
}

#[test]
fn the_operator_has_the_singular_values_of_the_formula() {
    let output = run("operator", &[]);
    let values: Vec<Vec<f64>> = output
        .lines()
        .filter_map(|line| line.strip_prefix("found "))
        .map(|line| line.split(", by the formula ").map(|it| it.parse().unwrap()).collect())
        .collect();
    assert_eq!(values.len(), 5, "{output}");
    assert!(values.iter().all(|pair| (pair[0] - pair[1]).abs() < 1e-2), "{output}");
}

#[test]
fn progress_reports_its_stages_and_can_be_stopped() {
    let output = run("progress", &[]);
    let (whole, stopped) = output.split_once("done: ").unwrap();
    assert!(whole.contains("svd of ") && !stopped.contains("svd of "), "{output}");
    assert!(stopped.ends_with("stopped\n"), "{output}");
}

#[test]
fn matrix_market_svd_decomposes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mtx");
    let header = "%%MatrixMarket matrix coordinate real general\n";
    fs::write(&path, format!("{header}3 2 2\n1 1 3\n2 2 5\n")).unwrap();
    let lines = ["   1 5.000000000e0", "   2 3.000000000e0", "100.0 % of |A|_F^2 explained"];
    prints("matrix_market_svd", &[path.to_str().unwrap(), "2"], &lines);
}
