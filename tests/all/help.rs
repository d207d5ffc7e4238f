//! The help page of every command, compared with the files of `tests/all/help/`. After a change of
//! a help text `UPDATE=1 cargo test --test all help::` writes the files anew; read the difference.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a command prints, without spaces at the ends of lines, as on a terminal of so many columns.
fn page(arguments: &[&str], columns: usize) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_eigenlex"))
        .args(arguments)
        .env("COLUMNS", columns.to_string())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The names of the commands, as the page of the program lists them.
pub(crate) fn commands() -> Vec<String> {
    let page = page(&["--help"], 100);
    let listed = page.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(str::to_owned)
        .collect()
}

/// The kinds of pictures that `plot` draws.
pub(crate) const PLOTS: [&str; 8] =
    ["words", "documents", "analogy", "axis", "spectrum", "alignment", "drift", "intervals"];

/// The arguments that print each page, with the name of its file.
fn pages() -> Vec<(String, Vec<String>)> {
    let of_command = |name: String| (name.clone(), vec![name, "--help".to_owned()]);
    let of_program = ("eigenlex".to_owned(), vec!["--help".to_owned()]);
    let of_kind =
        |kind: &str| (format!("plot-{kind}"), ["plot", kind, "--help"].map(str::to_owned).to_vec());
    let commands = commands().into_iter().map(of_command);
    [of_program].into_iter().chain(commands).chain(PLOTS.map(of_kind)).collect()
}

#[test]
fn the_help_pages_are_those_of_the_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/help");
    let is_update = std::env::var_os("UPDATE").is_some();
    let mut differing = Vec::new();
    let pages = pages();
    for (name, arguments) in &pages {
        let path = folder.join(format!("{name}.txt"));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let printed = page(&arguments, 100);
        if is_update {
            fs::write(&path, printed).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != printed {
            differing.push(name.as_str());
        }
    }
    assert!(
        differing.is_empty(),
        "the help of {} is not that of tests/all/help/; if it should change, run \
         `UPDATE=1 cargo test --test all help::` and read the difference",
        differing.join(", ")
    );
    assert!(pages.len() >= 26, "{pages:?}");
    assert_eq!(fs::read_dir(folder).unwrap().count(), pages.len(), "a page of no command");
}

#[test]
fn the_help_pages_fit_into_80_columns() {
    for (name, arguments) in pages() {
        for form in ["--help", "-h"] {
            let arguments: Vec<&str> = arguments
                .iter()
                .map(|argument| if argument == "--help" { form } else { argument })
                .collect();
            let page = page(&arguments, 80);
            let wide: Vec<&str> = page.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{name} {form}: {wide:#?}");
        }
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(page(&["--version"], 80), concat!("eigenlex ", env!("CARGO_PKG_VERSION"), "\n"));
}
