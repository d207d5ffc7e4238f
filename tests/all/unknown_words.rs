//! Unknown words that are guessed from their spelling, as a person or a script sees them.

use std::fs;
use std::path::Path;

use predicates::prelude::*;

use crate::support::{corpora, eigenlex};

/// A model of the sample in a folder, made with these options.
fn model(folder: &Path, name: &str, options: &[&str]) {
    eigenlex()
        .current_dir(folder)
        .arg("embed")
        .arg(corpora("english.txt"))
        .args(["--dim", "50", "-q", "-o", name])
        .args(options)
        .assert()
        .success();
}

fn printed(folder: &Path, line: &[&str], code: i32) -> String {
    let output = eigenlex().current_dir(folder).args(line).assert().code(code);
    String::from_utf8(output.get_output().stdout.clone()).expect("the output is UTF-8")
}

#[test]
fn a_guessed_word_is_answered_and_marked_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    model(folder, "m", &[]);
    let asked = ["neighbors", "m", "Queenly", "king", "--unknown", "spelling", "-k", "3"];
    let tsv = printed(folder, &asked, 0);
    let rows: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["query", "word", "similarity", "guessed"]);
    assert_eq!(rows.iter().map(|row| row[3]).filter(|it| *it == "Queenly").count(), 3);
    assert!(rows[1..4].iter().any(|row| row[1] == "queen"), "{tsv}");
    assert!(rows[4..].iter().all(|row| row[0] == "king" && row[3].is_empty()), "{tsv}");

    let json = printed(folder, &[&asked[..], &["--format", "json"]].concat(), 0);
    let answers: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0][0]["guessed"][0], "Queenly");
    assert!(answers[1][0].get("guessed").is_none());

    let text = printed(
        folder,
        &["math", "m", "queenly - king + man", "--unknown", "spelling", "--format", "text"],
        0,
    );
    assert!(text.starts_with("queenly - king + man  (guessed from the spelling: queenly)\n"));
    let pair = ["similarity", "m", "queenly", "queen", "--unknown", "spelling", "--no-header"];
    assert!(printed(folder, &pair, 0).ends_with("\tqueenly\n"));
    let set = ["odd-one-out", "m", "queenly", "queen", "king", "bread", "--unknown", "spelling"];
    assert!(printed(folder, &set, 0).contains("\tbread\t"));
    // No letters in common with known words: no answer, whatever was asked.
    let output = eigenlex()
        .current_dir(folder)
        .args(["neighbors", "m", "xqzq", "--unknown", "spelling"])
        .assert()
        .code(4);
    output.stderr(predicate::str::starts_with("error: the word `xqzq` is not in the vocabulary"));
}

#[test]
fn what_cannot_guess_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    model(folder, "plain", &["--subwords", "0"]);
    eigenlex()
        .current_dir(folder)
        .args(["neighbors", "plain", "king", "--unknown", "spelling"])
        .assert()
        .failure()
        .stderr(predicate::str::contains("without which words cannot be guessed"));
    model(folder, "m", &[]);
    let bytes = fs::read(folder.join("m/subwords.safetensors")).unwrap();
    fs::write(folder.join("m/subwords.safetensors"), &bytes[..bytes.len() - 1]).unwrap();
    eigenlex()
        .current_dir(folder)
        .args(["neighbors", "m", "king", "--unknown", "spelling"])
        .assert()
        .failure()
        .stderr(predicate::str::contains("m/subwords.safetensors`: found a file that is shorter"));
}

#[test]
fn texts_count_unknown_words_as_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    model(folder, "m", &[]);
    fs::write(folder.join("t.txt"), "queenly kingliness\nqueen\n").unwrap();
    let encode = |unknown: &str, output: &str| {
        let line = ["encode", "m", "t.txt", "-o", output, "--unknown", unknown];
        eigenlex().current_dir(folder).args(line).assert().success()
    };
    encode("skip", "skip.jsonl")
        .stderr(predicate::str::contains("1 of 2 documents have no word that the model knows"));
    encode("spelling", "spelling.jsonl")
        .stderr(predicate::str::contains("2 unknown words counted as known ones"));
    let lines = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert!(!lines("spelling.jsonl").contains("null") && lines("skip.jsonl").contains("null"));
    assert_eq!(lines("spelling.jsonl").lines().last(), lines("skip.jsonl").lines().last());
    eigenlex()
        .current_dir(folder)
        .args(["search", "m", "queenly", "--in", "t.txt", "--unknown", "spelling"])
        .assert()
        .success()
        .stderr(predicate::str::contains("`queenly` is not known: by its spelling it counts as `"));
}

#[test]
fn pairs_of_unknown_words_have_a_row_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    model(folder, "m", &[]);
    fs::write(folder.join("p.tsv"), "king\tqueen\t9\nking\tbread\t1\nqueenly\tqueen\t8\n").unwrap();
    let rows = printed(folder, &["evaluate", "m", "-s", "p.tsv", "--no-header"], 0);
    let fields: Vec<Vec<&str>> = rows.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((fields[0][1], fields[0][7]), ("similarity", "2"));
    assert_eq!((fields[1][1], fields[1][7]), ("similarity-guessed", "3"));
}
