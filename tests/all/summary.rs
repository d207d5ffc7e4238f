//! What `embed` says when it is done: lines for people, and commands that work when they are
//! pasted.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

fn sample() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/english.txt").to_owned()
}

fn embed(folder: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    let output = command
        .current_dir(folder)
        .arg("embed")
        .args(options)
        .args(["--dim", "20"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the commands that stand behind `try`, as a shell would.
fn paste(folder: &Path, summary: &str) -> usize {
    let commands: Vec<&str> =
        summary.lines().filter_map(|line| line.find("eigenlex ").map(|at| &line[at..])).collect();
    let path = Path::new(env!("CARGO_BIN_EXE_eigenlex")).parent().unwrap();
    let search = format!("{}:{}", path.display(), std::env::var("PATH").unwrap_or_default());
    for command in &commands {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(folder)
            .env("PATH", &search)
            .output()
            .unwrap();
        assert!(
            output.status.success() && !output.stdout.is_empty(),
            "`{command}`: {}",
            stderr(&output)
        );
    }
    commands.len()
}

#[test]
fn the_commands_to_try_work_when_they_are_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("it's text.txt");
    std::fs::copy(sample(), &texts).unwrap();
    for options in [
        &["it's text.txt", "-o", "my model"][..],
        &["it's text.txt", "-o", "plain", "--recipe", "lsa"],
        &["it's text.txt", "--phrases", "1", "-o", "./-dash", "--recipe", "passages"],
    ] {
        let summary = stderr(&embed(folder.path(), options));
        assert_eq!(paste(folder.path(), &summary), 2, "{summary}");
        let fields: Vec<&str> =
            summary.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(fields, ["read", "words", "time", "model", "digest", "try", ""], "{summary}");
        assert!(summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    }
}

#[test]
fn the_full_record_comes_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let sample = sample();
    let verbose = stderr(&embed(folder.path(), &[&sample, "-o", "verbose", "-v"]));
    assert!(
        verbose.contains("\nspectrum  s1 ")
            && verbose.contains("\ndigest    ")
            && verbose.contains("\ntry       "),
        "{verbose}"
    );
    let output = embed(folder.path(), &[&sample, "-o", "json", "--format", "json"]);
    assert!(output.stderr.is_empty());
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(record["singular_values"].as_array().is_some_and(|values| values.len() >= 20));
    let quiet = embed(folder.path(), &[&sample, "-o", "quiet", "--quiet"]);
    assert!(quiet.stderr.is_empty() && quiet.stdout.is_empty());
}
