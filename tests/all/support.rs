//! What several files of tests share: running the program, the models of the samples, and folders
//! to try things in.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The samples, embedded once for all tests.
pub(crate) static ENGLISH: LazyLock<PathBuf> = LazyLock::new(|| embed_sample("english"));
pub(crate) static SPANISH: LazyLock<PathBuf> = LazyLock::new(|| embed_sample("spanish"));

/// A file of the sample corpora.
pub(crate) fn corpora(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora").join(name)
}

fn embed_sample(language: &str) -> PathBuf {
    let model = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{language}"));
    eigenlex()
        .arg("embed")
        .arg(corpora(&format!("{language}.txt")))
        .args(["--dim", "100", "--window-boundary", "document", "--force", "-q", "-o"])
        .arg(&model)
        .assert()
        .success();
    model
}

/// The data of a page of `explore` or `serve`, which stand in several elements.
pub(crate) fn page_data(page: &str) -> Value {
    let pieces = page.split("<script type=\"application/json\">").skip(1);
    let pieces = pieces.map(|piece| piece.split_once("</script>").unwrap().0);
    serde_json::from_str(&pieces.collect::<String>()).unwrap()
}

/// The program.
pub(crate) fn eigenlex() -> Command {
    Command::new(env!("CARGO_BIN_EXE_eigenlex"))
}

/// The program in a folder.
pub(crate) fn eigenlex_in(folder: &Path) -> Command {
    let mut command = eigenlex();
    command.current_dir(folder);
    command
}

/// Runs a command on a model and returns its standard output; it must succeed in silence.
#[track_caller]
pub(crate) fn ask(command: &str, model: &Path, arguments: &[&str]) -> String {
    let assert = eigenlex().arg(command).arg(model).args(arguments).assert().success().stderr("");
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// The same, as JSON.
#[track_caller]
pub(crate) fn json(command: &str, model: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&ask(command, model, &[arguments, &["--format", "json"]].concat()))
        .unwrap()
}

/// A cell of the first record of tab-separated values.
pub(crate) fn cell(table: &str, column: usize) -> String {
    table.lines().nth(1).unwrap().split('\t').nth(column).unwrap().to_owned()
}

/// The keys of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Every file below a folder with its content, folders as empty ones.
pub(crate) fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap();
        let content =
            if entry.file_type().is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
        found.insert(entry.into_path(), content);
    }
    found
}

/// Sixty words, five documents: enough for a few dimensions.
pub(crate) fn sixty_words() -> String {
    (0..300)
        .map(|number| {
            format!("word{}{}", number * 7 % 60, if number % 60 == 59 { "\n" } else { " " })
        })
        .collect()
}

/// A folder with the file `text`.
pub(crate) fn folder_with_text() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), sixty_words()).unwrap();
    folder
}

/// Runs a command line that fails, and returns its message; a hint may follow in a line of its own.
#[track_caller]
pub(crate) fn fails(folder: &Path, line: &[&str], code: i32) -> String {
    let before = listing(folder);
    let assert = eigenlex_in(folder).args(line).assert().code(code).stdout("");
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
    if code != 2 {
        let lines: Vec<&str> = message.lines().collect();
        assert!(
            lines.len() == 1 || (lines.len() == 2 && lines[1].starts_with("hint: ")),
            "{message}"
        );
        assert!(!lines[0].ends_with('.'), "{message}");
    }
    assert!(listing(folder) == before, "something was left behind or changed by {line:?}");
    message
}

/// Runs `embed` with options that fail, and compares the beginning of the message.
#[track_caller]
pub(crate) fn embed_fails(folder: &Path, options: &[&str], code: i32, says: &str) {
    let output: &[&str] = if options.contains(&"-o") { &[] } else { &["-o", "model"] };
    let dim: &[&str] = if options.contains(&"--dim") { &[] } else { &["--dim", "3"] };
    let message = fails(folder, &[&["embed"], options, dim, output].concat(), code);
    assert!(message.starts_with(&format!("error: {says}")), "{message}");
}

/// Embeds the `text` of a folder.
pub(crate) fn embed(folder: &Path, model: &str) {
    eigenlex_in(folder).args(["embed", "text", "--dim", "3", "-q", "-o", model]).assert().success();
}
