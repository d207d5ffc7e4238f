//! The rules of the house, read off the source: which room may use which.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the library in the order of the data. A file uses its own room and those before it.
/// Tests within a file may use any room. The program, `src/cli/`, uses the library from outside.
const ROOMS: [&str; 23] = [
    // The ground.
    "base",
    "storage",
    "input",
    "linalg",
    // The way of the data.
    "corpus",
    "tokenize",
    "vocab",
    "counts",
    "weighting",
    "operator",
    "matrix",
    "svd",
    "space",
    "vectors",
    "network",
    "config",
    "model",
    "embed",
    "tables",
    "query",
    "encode",
    "align",
    "evaluate",
];

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file without its comments and without what is compiled for tests alone.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// Rooms that a piece of code names: what follows `crate::`.
fn rooms_of(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        (!rest[..end].is_empty()).then_some(&rest[..end])
    })
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// What of `path`, a path below `src/`, uses a room that stands behind its own, or none of the
/// rooms.
fn wrong_uses(path: &Path, text: &str) -> Vec<String> {
    let room = path.components().next().unwrap().as_os_str().to_str().unwrap();
    let position = |name: &str| ROOMS.iter().position(|room| *room == name);
    let own = position(room).unwrap_or_else(|| panic!("`{}` is in no room", path.display()));
    rooms_of(&code(text))
        .filter(|used| position(used).is_none_or(|used| used > own))
        .map(|used| format!("{} uses {used}", path.display()))
        .collect()
}

fn is_of_tests(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    stem == "tests" || stem.ends_with("_tests")
}

#[test]
fn a_file_uses_only_rooms_before_its_own() {
    let mut wrong = Vec::new();
    for path in source_files(&src()) {
        let below = path.strip_prefix(src()).unwrap();
        if below.components().count() == 1 || below.starts_with("cli") || is_of_tests(below) {
            continue;
        }
        wrong.extend(wrong_uses(below, &fs::read_to_string(&path).unwrap()));
    }
    assert!(wrong.is_empty(), "against the order of the rooms:\n{}", wrong.join("\n"));
}

#[test]
fn an_import_against_the_order_is_found() {
    let path = Path::new("svd/lanczos.rs");
    assert!(wrong_uses(path, "use crate::operator::LinearOperator;").is_empty());
    assert!(
        wrong_uses(path, "// crate::model\n#[cfg(test)]\nmod tests {\n crate::model").is_empty()
    );
    assert_eq!(wrong_uses(path, "use crate::model::Model;"), ["svd/lanczos.rs uses model"]);
    let inline = "let x = crate::vectors::dot(&a);";
    assert_eq!(wrong_uses(path, inline), ["svd/lanczos.rs uses vectors"]);
    assert_eq!(wrong_uses(path, "use crate::Model;"), ["svd/lanczos.rs uses Model"]);
}

/// The program names the library as a stranger would, so that nothing it uses is private.
#[test]
fn the_library_does_not_know_the_program() {
    for path in source_files(&src()) {
        if !path.starts_with(src().join("cli")) && path != src().join("main.rs") {
            let text = code(&fs::read_to_string(&path).unwrap());
            assert!(!text.contains("crate::cli") && !text.contains("clap::"), "{}", path.display());
        }
    }
}

/// A longer file usually holds two ideas.
const LONGEST_FILE: usize = 500;

/// Columns of a line of code or comment.
const WIDEST_LINE: usize = 100;

#[test]
fn files_and_lines_are_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut n_lines, mut wide, mut long) = (0, Vec::new(), Vec::new());
    for path in ["src", "tests", "benches", "examples"].map(|name| root.join(name)) {
        for path in source_files(&path) {
            let text = fs::read_to_string(&path).unwrap();
            let n = text.lines().count();
            n_lines += n;
            long.extend((n > LONGEST_FILE).then(|| format!("{}: {n}", path.display())));
            let is_wide = |line: &&str| line.chars().count() > WIDEST_LINE;
            wide.extend(
                text.lines().filter(is_wide).map(|line| format!("{}: {line}", path.display())),
            );
        }
    }
    assert!(long.is_empty(), "above {LONGEST_FILE} lines:\n{}", long.join("\n"));
    // Macros and long texts, which rustfmt leaves alone.
    assert!(wide.len() * 1000 < n_lines, "above {WIDEST_LINE} columns:\n{}", wide.join("\n"));
}
