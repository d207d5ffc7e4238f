//! Every command in README.md and in the guides. A block of `console` is run, line by line, in one
//! folder for each document, and what it prints is compared with the block; `...` stands for any
//! lines, and lines with times are compared by their first word. Of a block of `sh` the commands
//! and flags must exist. `UPDATE=1 cargo test --test all guides::` writes the output anew.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let guides = fs::read_dir(root().join("docs/guide")).unwrap();
    let mut found: Vec<PathBuf> = guides.map(|entry| entry.unwrap().path()).collect();
    found.push(root().join("README.md"));
    found.sort();
    found
}

/// A line of a document, with the kind of the block that it is in.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut kind = "";
    text.split_inclusive('\n').map(move |line| match line.strip_prefix("```") {
        Some(info) if kind.is_empty() => {
            kind = info.split_whitespace().next().unwrap_or("text");
            ("fence", line)
        }
        Some(_) => {
            kind = "";
            ("fence", line)
        }
        None => (kind, line),
    })
}

/// Runs a line of a shell in a folder; its standard output and error, as they come.
fn run(folder: &Path, line: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_eigenlex")).parent().unwrap();
    let search = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{}", as_on_a_terminal(line))])
        .current_dir(folder)
        .env("PATH", search)
        .env("COLUMNS", "80")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The line with `--format text` behind its command where a terminal would make that the default.
fn as_on_a_terminal(line: &str) -> String {
    let is_to_terminal = !line.contains(['|', '>']) && !line.contains("--format");
    let command = line.strip_prefix("eigenlex ").map(command_of);
    match command.filter(|command| is_to_terminal && command != "embed") {
        Some(command) if help(&command).contains("[default: text on a terminal") => {
            line.replacen(&command, &format!("{command} --format text"), 1)
        }
        _ => line.to_owned(),
    }
}

/// `math` of `math model 'a - b'`; of `plot words model` both words, since each kind has a page.
fn command_of(rest: &str) -> String {
    let mut words = rest.split_whitespace();
    match (words.next().unwrap_or_default(), words.next()) {
        ("plot", Some(kind)) if !kind.starts_with('-') => format!("plot {kind}"),
        (command, _) => command.to_owned(),
    }
}

/// The help page of a command in lines of any width.
fn help(command: &str) -> String {
    let mut process = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    let output =
        process.args(command.split(' ')).arg("--help").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "there is no command `{command}`");
    let page = String::from_utf8(output.stdout).unwrap();
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether what was printed is what a block says.
fn agrees(expected: &[&str], printed: &[&str]) -> bool {
    let normal = |line: &str| {
        let line = line.trim_end();
        let timed = ["time ", "stage ", "total "].iter().find(|word| line.starts_with(**word));
        timed.map_or_else(|| line.to_owned(), |word| (*word).to_owned())
    };
    match expected {
        [] => printed.is_empty(),
        ["..."] => true,
        ["...", rest @ ..] => (0..=printed.len()).any(|from| agrees(rest, &printed[from..])),
        [first, rest @ ..] => {
            printed.first().is_some_and(|line| normal(line) == normal(first))
                && agrees(rest, &printed[1..])
        }
    }
}

/// Runs the blocks of a document; the document as it should be, and what differs.
fn check(path: &Path) -> (String, String) {
    let text = fs::read_to_string(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("corpora"), folder.path().join("corpora")).unwrap();
    let (mut renewed, mut differing) = (String::new(), String::new());
    let mut lines = lines(&text).peekable();
    while let Some((kind, line)) = lines.next() {
        renewed.push_str(line);
        let Some(command) = line.strip_prefix("$ ").filter(|_| kind == "console") else {
            continue;
        };
        let mut command = command.trim_end().to_owned();
        while command.ends_with('\\') {
            let (_, more) = lines.next().unwrap();
            renewed.push_str(more);
            command.truncate(command.len() - 1);
            command.push_str(more.trim().trim_start_matches("> "));
        }
        let mut expected = Vec::new();
        while let Some((_, line)) =
            lines.next_if(|(kind, line)| *kind == "console" && !line.starts_with("$ "))
        {
            expected.push(line.trim_end());
        }
        let printed = run(folder.path(), &command);
        let found: Vec<&str> = printed.lines().collect();
        if agrees(&expected, &found) {
            expected.iter().for_each(|line| renewed.push_str(&format!("{line}\n")));
        } else {
            let _ = writeln!(differing, "{}: $ {command}\n{printed}", path.display());
            found.iter().for_each(|line| renewed.push_str(&format!("{}\n", line.trim_end())));
        }
    }
    (renewed, differing)
}

#[test]
fn the_commands_of_the_documents_print_what_they_show() {
    let is_update = std::env::var_os("UPDATE").is_some();
    let found: Vec<(PathBuf, String, String)> = std::thread::scope(|scope| {
        let start = |path: PathBuf| {
            scope.spawn(move || {
                let (renewed, differing) = check(&path);
                (path, renewed, differing)
            })
        };
        let running: Vec<_> = documents().into_iter().map(start).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    if is_update {
        return found.iter().for_each(|(path, renewed, _)| fs::write(path, renewed).unwrap());
    }
    let differing: String = found.into_iter().map(|(_, _, differing)| differing).collect();
    assert!(
        differing.is_empty(),
        "{differing}\nThese commands print something else than their documents show; \
         `UPDATE=1 cargo test --test all guides::` writes what they print into them"
    );
}

#[test]
fn the_commands_and_flags_of_shell_blocks_exist() {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut n_commands = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let shell = lines(&text).filter(|(kind, _)| *kind == "sh").map(|(_, line)| line);
        for line in shell.flat_map(|line| line.split('|')) {
            let line = line.split(" #").next().unwrap_or_default().trim();
            let Some(rest) = line.strip_prefix("eigenlex ") else { continue };
            let (words, command) = (rest.split_whitespace(), command_of(rest));
            let page = pages.entry(command.clone()).or_insert_with(|| help(&command));
            for flag in words.filter(|word| word.len() > 1 && word.starts_with('-')) {
                let name = flag.split('=').next().unwrap();
                let exists = page
                    .split([' ', ',', '[', ']', '='])
                    .any(|word| word.trim_end_matches("...") == name);
                assert!(exists, "{}: `{line}`: no flag `{name}`", path.display());
            }
            n_commands += 1;
        }
    }
    assert!(n_commands > 10, "{n_commands}");
}
