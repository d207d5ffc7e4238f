//! More than two spaces in one: time slices and the words that moved between them, and several
//! languages around a hub.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod chain;
mod hub;

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;

fn eigenlex(folder: &Path, line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder).args(line);
    command
}

#[track_caller]
fn ok(folder: &Path, line: &[&str]) -> String {
    String::from_utf8(
        eigenlex(folder, line).assert().success().stderr("").get_output().stdout.clone(),
    )
    .unwrap()
}

#[track_caller]
fn json(folder: &Path, line: &[&str]) -> Value {
    serde_json::from_str(&ok(folder, &[line, &["--format", "json"]].concat())).unwrap()
}

#[track_caller]
fn fails(folder: &Path, line: &[&str], code: i32, says: &str) {
    let line = [line, if line[0] == "align" { &["-o", "out"] } else { &[] }].concat();
    eigenlex(folder, &line).assert().code(code).stdout("").stderr(predicate::str::contains(says));
    assert!(!folder.join("out").exists());
}

/// A number between -1 and 1 for each place, without any pattern.
fn number(seed: usize, row: usize, column: usize) -> f64 {
    let x = ((row * 31 + column * 17 + seed * 101 + 7) as f64 * 12.9898).sin() * 43_758.545_3;
    2.0 * (x - x.floor()) - 1.0
}

const DIM: usize = 6;
const N_WORDS: usize = 400;

/// The same points with their axes turned round and a little noise, under names of a language.
fn language(name: impl Fn(usize) -> String, seed: usize) -> String {
    let mut text = format!("{N_WORDS} {DIM}\n");
    for row in 0..N_WORDS {
        let x: Vec<f64> = (0..DIM)
            .map(|column| number(0, row, column) + 0.02 * number(seed, row, column))
            .collect();
        write!(text, "{}", name(row)).unwrap();
        (0..DIM).for_each(|j| {
            let sign = if (seed + j).is_multiple_of(3) { -1.0 } else { 1.0 };
            write!(text, " {}", sign * x[(j + seed) % DIM]).unwrap();
        });
        text.push('\n');
    }
    text
}
