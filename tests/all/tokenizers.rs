//! What a word is where a person says so: words of a dictionary, and another program as tokenizer.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use crate::packing::{folder_of, prints};
use crate::support::{eigenlex_in, fails};

/// Embeds the file `t.txt` of a folder.
#[track_caller]
fn embed(folder: &Path, options: &[&str]) {
    let more = ["--min-count", "1", "--force", "-q", "-o", "m"];
    eigenlex_in(folder)
        .args(["embed", "t.txt"])
        .args(options)
        .args(more)
        .assert()
        .success()
        .stderr("");
}

fn words(folder: &Path) -> Vec<String> {
    let table = fs::read_to_string(folder.join("m/vocab.tsv")).unwrap();
    let mut words: Vec<String> =
        table.lines().skip(1).map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    words.sort();
    words
}

#[test]
fn words_of_a_dictionary_are_one_token_each() {
    let text = "陈小明在北京大学读书。陈小明很高兴。\n".repeat(5);
    // A word a line, in any encoding and with what other dictionaries put behind it.
    let folder =
        folder_of(&[("t.txt", text.into()), ("d.txt", "陈小明 3 nr\n北京大学\t9\n".into())]);
    let path = folder.path();
    let tokens = prints(path, &["tokens", "t.txt", "--dictionary", "d.txt"]);
    let first = tokens.lines().next().unwrap();
    assert!(first.starts_with("陈小明 在 北京大学 "), "{first}");
    let without = prints(path, &["tokens", "t.txt"]);
    assert!(!without.contains("陈小明"), "{without}");
    // The model knows them without the file.
    embed(path, &["--dictionary", "d.txt", "--recipe", "documents", "--dim", "1"]);
    fs::remove_file(path.join("d.txt")).unwrap();
    assert!(words(path).contains(&"北京大学".to_owned()));
    let found = prints(path, &["search", "m", "北京大学", "--in", "t.txt", "--top", "1"]);
    assert!(found.contains("t.txt:1"), "{found}");
}

#[test]
fn another_program_cuts_the_texts_and_the_queries() {
    let text = "zig-zag road\nzig road\nroad zag house\nhouse-boat road\n".repeat(3);
    let folder = folder_of(&[("t.txt", text.into())]);
    let path = folder.path();
    let command = "sed -u -e s/-/+\\ /g";
    assert_eq!(
        prints(path, &["tokens", "t.txt", "--tokenizer-command", command]).lines().next(),
        Some("zig+ zag road")
    );
    // It splits and changes words, and so does it with a query.
    embed(path, &["--tokenizer-command", command, "--recipe", "documents", "--dim", "2"]);
    assert_eq!(words(path), ["boat", "house", "house+", "road", "zag", "zig", "zig+"]);
    let info = |format| prints(path, &["info", "m", "--format", format]);
    assert!(info("text").contains("(the command `sed -u -e s/-/+\\ /g`;"), "{}", info("text"));
    assert!(info("tsv").contains("tokenizer_command\tsed -u -e s/-/+\\\\ /g\n"), "{}", info("tsv"));
    let found = prints(path, &["search", "m", "zig-boat", "--in", "t.txt", "--top", "12"]);
    assert!(found.contains("zig-zag") && found.contains("house-boat"), "{found}");
}

#[test]
fn a_program_that_does_not_answer_each_line_is_refused() {
    let folder = folder_of(&[("t.txt", "one two\nthree\nfour\n".repeat(9).into())]);
    let message = |command: &str| {
        fails(folder.path(), &["tokens", "t.txt", "--tokenizer-command", command], 3)
    };
    // It does not flush.
    let unflushed = message("tr a-z A-Z");
    assert!(unflushed.contains("it answers only at the end of its input"), "{unflushed}");
    // It answers two lines of each input, then ends: each line is asked twice.
    let few = message("read -r line; read -r line; echo x");
    assert!(few.contains("ended without an answer") || few.contains("only at the end"), "{few}");
    let several = message("while read -r line; do echo a; echo b; done");
    assert!(several.contains("it answers a line with several lines"), "{several}");
    // What the shell says about it comes first.
    let line = ["tokens", "t.txt", "--tokenizer-command", "/no/such/program"];
    let assert = eigenlex_in(folder.path()).args(line).assert().code(3).stdout("");
    let absent = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(absent.contains("ended without an answer (exit status: 127)"), "{absent}");
    // A program that leaves after each line is started again.
    let leaves = "read -r line; echo \"<$line>\"";
    let tokens = prints(folder.path(), &["tokens", "t.txt", "--tokenizer-command", leaves]);
    assert_eq!(tokens.lines().nth(1), Some("<three>"));
}

#[test]
fn a_program_that_is_silent_is_not_waited_for_for_ever() {
    let folder = folder_of(&[("t.txt", "one\nkeep quiet\n".repeat(9).into())]);
    let command = "while read -r l; do [ \"$l\" = 'keep quiet' ] && sleep 50; echo $l; done";
    let line = ["tokens", "t.txt", "--tokenizer-command", command, "--tokenizer-timeout", "1"];
    let message = fails(folder.path(), &line, 3);
    assert!(message.contains("on the text `keep quiet` fails: it has not answered within 1 s"));
    assert!(message.contains("hint: raise `--tokenizer-timeout` where"), "{message}");
    // Without a command there is nothing to wait for.
    assert!(
        fails(folder.path(), &["tokens", "t.txt", "--tokenizer-timeout", "1"], 2)
            .contains("--tokenizer-command")
    );
}

#[test]
fn options_of_words_have_no_effect_on_another_program() {
    let folder = folder_of(&[("t.txt", "one\n".into())]);
    let line = ["tokens", "t.txt", "--tokenizer-command", "cat", "--emoji"];
    assert!(fails(folder.path(), &line, 2).contains("has no effect"));
}
