//! Settings from a file and from the environment, and the commands about the program itself.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use predicates::prelude::*;

use crate::support::{eigenlex, eigenlex_in, folder_with_text};

/// What a command prints in a folder, with the exit code 0.
#[track_caller]
fn printed(folder: &Path, line: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = eigenlex_in(folder);
    command.args(line).envs(variables.iter().copied());
    let output = command.assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

#[track_caller]
fn dim(folder: &Path, line: &[&str], variables: &[(&str, &str)]) -> u64 {
    let embed = [&["embed", "text", "-q", "--force", "-o", "model"], line].concat();
    printed(folder, &embed, variables);
    let info = printed(folder, &["info", "model", "--format", "json"], variables);
    serde_json::from_str::<serde_json::Value>(&info).unwrap()["dim"].as_u64().unwrap()
}

#[test]
fn the_file_gives_options_and_the_environment_and_the_command_line_win_over_it() {
    let folder = folder_with_text();
    let folder = folder.path();
    let file = "format = \"json\"\n\n[embed]\ndim = 4\nmin_count = 2\nsubwords = 0\n";
    fs::write(folder.join("eigenlex.toml"), file).unwrap();
    assert_eq!(dim(folder, &[], &[]), 4);
    // What was resolved is in the model.
    let info = printed(folder, &["info", "model"], &[]);
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["config"]["cutoff"]["min_count"], 2, "{info}");
    assert_eq!(dim(folder, &[], &[("EIGENLEX_DIM", "5")]), 5);
    assert_eq!(dim(folder, &["--dim", "3"], &[("EIGENLEX_DIM", "5")]), 3);
    fs::write(folder.join("other.toml"), "[embed]\ndim = 6\n").unwrap();
    assert_eq!(dim(folder, &["--config", "other.toml"], &[]), 6);
    assert_eq!(dim(folder, &[], &[("EIGENLEX_CONFIG", "other.toml")]), 6);
    assert_eq!(dim(folder, &["--no-config", "--dim", "2"], &[]), 2);
}

#[test]
fn mistakes_in_the_file_are_named_before_anything_is_done() {
    let folder = folder_with_text();
    let folder = folder.path();
    let fails = |file: &str, code: i32, message: &str| {
        fs::write(folder.join("eigenlex.toml"), file).unwrap();
        let embed = ["embed", "text", "-o", "model"];
        let assert = eigenlex_in(folder).args(embed).assert().code(code).stdout("");
        assert.stderr(predicate::str::starts_with(format!("error: {message}")));
        assert!(!folder.join("model").exists());
    };
    fails(
        "[embed]\ndimm = 4\n",
        3,
        "`eigenlex.toml`, line 2: found the key `dimm`, expected an option of `embed`, such as \
         `dim`\n",
    );
    fails(
        "[emebd]\ndim = 4\n",
        3,
        "`eigenlex.toml`, line 1: found the table `[emebd]`, expected the name of a command, such \
         as `[embed]`\n",
    );
    fails(
        "[embed]\ntokenizer-command = \"cat\"\n",
        3,
        "`eigenlex.toml`, line 2: found a command for `tokenizer-command`, expected it on the \
         command line, or in a file named by --config\n",
    );
    fails("[embed\n", 3, "`eigenlex.toml`, line 1: found no TOML (");
    // The parser of the command line refuses a wrong value; where it comes from is said before.
    fs::write(folder.join("eigenlex.toml"), "[embed]\ndim = -4\n").unwrap();
    let assert = eigenlex_in(folder).args(["embed", "text", "-o", "model"]).assert().code(2);
    assert.stderr(
        predicate::str::starts_with("note: `--dim` with `-4` comes from eigenlex.toml, line 2\n")
            .and(predicate::str::contains("invalid value '-4' for '--dim")),
    );
    let missing = ["--config", "no.toml", "info", "text"];
    let assert = eigenlex_in(folder).args(missing).assert().code(1);
    assert.stderr(predicate::str::starts_with("error: cannot read `no.toml`"));
}

#[test]
fn help_is_there_whatever_the_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("eigenlex.toml"), "[neighbours\n").unwrap();
    for line in [
        ["neighbors", "--help"].as_slice(),
        &["neighbors", "-h"],
        &["nn", "-qh"],
        &["--version"],
        &["man", "math"],
        &["completions", "bash"],
    ] {
        assert!(!printed(folder, line, &[]).is_empty(), "{line:?}");
    }
    eigenlex_in(folder).args(["info", "x"]).assert().code(3);
}

#[test]
fn a_setting_for_every_command_needs_nothing_of_those_that_print() {
    let folder = folder_with_text();
    let folder = folder.path();
    fs::write(folder.join("eigenlex.toml"), "force = true\n").unwrap();
    let tokens = ["tokens", "text"];
    assert!(printed(folder, &tokens, &[]).contains("word0"));
    printed(folder, &["tokens", "text", "-o", "t"], &[]);
    printed(folder, &["tokens", "text", "-o", "t"], &[]);
    // In the command's own table it is a mistake.
    fs::write(folder.join("eigenlex.toml"), "[tokens]\nforce = true\n").unwrap();
    eigenlex_in(folder).args(tokens).assert().code(2).stderr(predicate::str::starts_with(
        "note: `--force` with `true` comes from eigenlex.toml, line 2\n",
    ));
}

#[test]
fn an_option_that_is_refused_later_names_its_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("v.vec"), "2 1\nking 1\nman 2\n").unwrap();
    let note = "note: `--restrict-to` with `man` comes from eigenlex.toml, line 1\n";
    fs::write(folder.join("eigenlex.toml"), "restrict-to = \"man\"\n").unwrap();
    let assert = eigenlex_in(folder).args(["neighbors", "v.vec", "man"]).assert().code(4);
    assert.stderr(predicate::str::starts_with(note));
    let assert = eigenlex_in(folder).args(["neighbors", "v.vec", "queen"]).assert().code(4);
    assert.stderr(predicate::str::starts_with("error: "));
}

#[test]
fn a_variable_without_a_value_is_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let text = ["config", "--format", "text"];
    let nothing = "no settings but the defaults\n";
    let variables = [("EIGENLEX_TOP", ""), ("EIGENLEX_CONFIG", "")];
    assert_eq!(printed(folder.path(), &text, &variables), nothing);
}

#[test]
fn config_prints_what_applies_and_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = ["config", "--format", "text"];
    assert_eq!(printed(folder, &text, &[]), "no settings but the defaults\n");
    fs::write(folder.join("eigenlex.toml"), "threads = 2\n[embed]\ndim = 7\n").unwrap();
    let all = printed(folder, &["config"], &[("EIGENLEX_TOP", "3")]);
    assert_eq!(
        all,
        "command\toption\tvalue\tsource\n\
         all\ttop\t3\tEIGENLEX_TOP\n\
         embed\tdim\t7\teigenlex.toml, line 3\n\
         all\tthreads\t2\teigenlex.toml, line 1\n"
    );
    let embed = printed(folder, &["config", "embed", "--format", "tsv", "--no-header"], &[]);
    for row in [
        "embed\tdim\t7\teigenlex.toml, line 3\n",
        "embed\tthreads\t2\teigenlex.toml, line 1\n",
        "embed\ttokenizer\twords\tdefault\n",
        "embed\tforce\tfalse\tdefault\n",
        "embed\tverbose\t0\tdefault\n",
    ] {
        assert!(embed.contains(row), "{row}{embed}");
    }
    let json = printed(folder, &["config", "math", "--format", "json"], &[]);
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    let method = rows.as_array().unwrap().iter().find(|it| it["option"] == "method").unwrap();
    assert_eq!(method["value"], "mul");
    assert_eq!(method["source"], "default");
    let assert = eigenlex_in(folder).args(["config", "no-such"]).assert().code(4);
    assert.stderr("error: nothing found for `no-such`: there is no such command\n");
}

#[test]
fn config_prints_the_options_of_one_kind_of_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let all = printed(folder.path(), &["config", "plot"], &[]);
    let kind = printed(folder.path(), &["config", "plot", "words"], &[]);
    let rows = |table: &str| -> Vec<String> {
        table.lines().filter(|row| row.starts_with("plot words\t")).map(str::to_owned).collect()
    };
    assert_eq!(rows(&kind), rows(&all));
    assert_eq!(kind.lines().count(), rows(&all).len() + 1);
    eigenlex_in(folder.path()).args(["config", "plot", "wrods"]).assert().code(4);
}

#[test]
fn completions_name_every_command_in_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = eigenlex().args(["completions", shell]).assert().success();
        let script = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        for name in ["embed", "odd-one-out", "similar-documents", "min-count"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let page = printed(folder, &["man", "math"], &[]);
    assert!(page.contains(".TH eigenlex\\-math 1") || page.contains(".TH eigenlex-math 1"));
    assert!(page.contains("king") && page.contains("\\-\\-method"), "{page}");
    assert!(printed(folder, &["man"], &[]).contains("eigenlex"));
    printed(folder, &["man", "--output", "pages"], &[]);
    let mut names: Vec<String> = fs::read_dir(folder.join("pages"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    let mut expected: Vec<String> =
        crate::help::commands().iter().map(|it| format!("eigenlex-{it}.1")).collect();
    expected.extend(crate::help::PLOTS.map(|kind| format!("eigenlex-plot-{kind}.1")));
    expected.push("eigenlex.1".to_owned());
    expected.sort_unstable();
    assert_eq!(names, expected);
    let again = eigenlex_in(folder).args(["man", "-o", "pages"]).assert().code(1);
    again.stderr(predicate::str::contains("exists already\nhint: "));
    printed(folder, &["man", "-o", "pages", "--force"], &[]);
    eigenlex_in(folder).args(["man", "no-such"]).assert().code(4);
}
