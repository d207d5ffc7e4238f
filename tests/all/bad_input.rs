//! What goes wrong: one clear sentence on standard error, the right exit code, no panic, and
//! nothing left behind.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use tempfile::TempDir;

/// Every file below a folder with its content, folders as empty ones.
fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
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
fn text() -> String {
    (0..300)
        .map(|number| {
            format!("word{}{}", number * 7 % 60, if number % 60 == 59 { "\n" } else { " " })
        })
        .collect()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), text()).unwrap();
    folder
}

fn eigenlex(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder);
    command
}

/// Runs a command line that fails, and returns what it says; a hint may follow in a line of its
/// own.
#[track_caller]
fn fails(folder: &Path, line: &[&str], code: i32) -> String {
    let before = listing(folder);
    let assert = eigenlex(folder).args(line).assert().code(code).stdout("");
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

#[track_caller]
fn embed_fails(folder: &Path, options: &[&str], code: i32, says: &str) {
    let output: &[&str] = if options.contains(&"-o") { &[] } else { &["-o", "model"] };
    let dim: &[&str] = if options.contains(&"--dim") { &[] } else { &["--dim", "3"] };
    let message = fails(folder, &[&["embed"], options, dim, output].concat(), code);
    assert!(message.starts_with(&format!("error: {says}")), "{message}");
}

fn embed(folder: &Path, model: &str) {
    eigenlex(folder).args(["embed", "text", "--dim", "3", "-q", "-o", model]).assert().success();
}

#[test]
fn a_corpus_that_cannot_be_used_is_refused() {
    let folder = folder();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("empty", b"");
    write("binary", b"text\0more");
    write("latin", b"caf\xE9 au lait");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text().as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    write("cut.gz", &packed[..packed.len() - 9]);
    fs::create_dir(folder.path().join("none")).unwrap();
    let fails =
        |options: &[&str], code: i32, says: &str| embed_fails(folder.path(), options, code, says);
    fails(&["missing"], 1, "cannot read `missing`: No such file or directory (os error 2)\n");
    fails(&["text", "missing"], 1, "cannot read `missing`: ");
    // A path through a file cannot be read by anybody, whatever their permissions.
    fails(
        &["text/chapter"],
        1,
        "cannot read `text/chapter`: Not a directory (os error 20)\nhint: a part of the path is a file, not a folder\n",
    );
    fails(&["*.missing"], 2, "the pattern `*.missing` matches no file\nhint: ");
    fails(&["empty"], 3, "the corpus is empty: 1 file(s), 0 byte(s) and no token\nhint: ");
    fails(&["none"], 3, "the corpus is empty: 0 file(s)");
    fails(&["binary"], 3, "`binary` is not text: NUL byte at offset 4\n");
    fails(&["latin"], 3, "`latin`, line 1, byte 3: the byte 0xE9 is not valid UTF-8\nhint: ");
    fails(&["cut.gz"], 3, "`cut.gz` cannot be decompressed (gzip): ");
    fails(
        &["text", "--min-count", "6"],
        3,
        "no word passes the cutoff: the most frequent of 60 words, `word0`, occurs 5 time(s), below 6\nhint: lower --min-count\n",
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_refused() {
    let folder = folder();
    fs::create_dir(folder.path().join("texts")).unwrap();
    std::os::unix::fs::symlink("../texts", folder.path().join("texts/again")).unwrap();
    let says = predicate::str::starts_with("error: cannot list `texts/again`: ");
    eigenlex(folder.path())
        .args(["embed", "texts", "-o", "model"])
        .assert()
        .code(1)
        .stdout("")
        .stderr(says);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let folder = folder();
    let fails = |options: &[&str], code: i32, says: &str| {
        embed_fails(folder.path(), &[&["text"], options].concat(), code, says)
    };
    // Windows before and after 60 words, of whose components the first is dropped.
    fails(
        &["--dim", "60"],
        2,
        "dim 60 and 1 dropped component(s) is above the smaller side of the 120 x 60 matrix\nhint: lower --dim to at most 59, or lower --min-count\n",
    );
    fails(
        &["--dim", "6", "--recipe", "lsa"],
        2,
        "dim 6 is above the smaller side of the 5 x 60 matrix\nhint: lower --dim to at most 5, or cut the corpus into more documents\n",
    );
    fails(
        &["--dim", "3", "--drop-components", "60"],
        2,
        "the corpus is too small for vectors: its matrix is 120 x 60, and 60 component(s) are dropped\nhint: give more texts, or lower --min-count, or lower --drop-components\n",
    );
    fails(&["--dim", "0"], 2, "dim is 0, expected at least 1\n");
    fails(
        &["--dim", "18446744073709551615"],
        2,
        "fit_words is 50000, expected at least 18446744073709551615, the dimension and the dropped",
    );
    fails(
        &["--dim", "18446744073709551615", "--fit-words", "0"],
        2,
        "dim 18446744073709551615 and 1 dropped component(s) is above",
    );
    fails(&["--dim", "x"], 2, "invalid value 'x' for '--dim <K>'");
    fails(&["--window", "0"], 2, "window is 0, expected a number from 1 to 1000000\n");
    fails(&["--window", "18446744073709551615"], 2, "window is 18446744073709551615, expected");
    fails(&["--max-words", "0"], 2, "max_words is 0, expected at least 1\n");
    fails(
        &["--sigma-exponent", "1.5"],
        2,
        "sigma_exponent is 1.5, expected a number from 0 to 1\n",
    );
    fails(&["--sigma-exponent", "nan"], 2, "sigma_exponent is NaN, expected");
    fails(&["--subsample", "0"], 2, "subsample is 0, expected a finite number above 0\n");
    fails(&["--subsample", "-1"], 2, "subsample is -1, expected a finite number above 0\n");
    fails(
        &["--subword-smoothing", "-1"],
        2,
        "subword_smoothing is -1, expected a finite number above 0\n",
    );
    fails(
        &["--subword-half-count", "0"],
        2,
        "subword_half_count is 0, expected a finite number above 0\n",
    );
    fails(
        &["--fit-words", "5", "--dim", "5"],
        2,
        "fit_words is 5, expected at least 6, the dimension and the dropped components\n",
    );
    fails(&["--tolerance", "0"], 2, "tolerance is 0, expected");
    fails(&["--power", "0"], 2, "power is 0, expected");
    fails(&["--weighting", "ppmi", "--shift", "0.5"], 2, "shift is 0.5, expected");
    fails(&["--weighting", "ppmi", "--smoothing", "inf"], 2, "smoothing is inf, expected");
    fails(&["--memory", "1XB"], 2, "invalid value '1XB' for '--memory <SIZE>'");
    fails(&["--memory", "1MB"], 5, "tokenize needs about ");
    fails(&["--threads", "999999999"], 2, "invalid value '999999999' for '--threads <N>'");
    // Every word stands in every document: tf-idf leaves nothing.
    fails(
        &["--contexts", "documents", "--weighting", "tf-idf"],
        3,
        "the 5 x 60 matrix has no entry other than zero\nhint: ",
    );
}

#[test]
fn an_option_without_effect_is_refused() {
    let folder = folder();
    let fails = |options: &[&str], says: &str| {
        embed_fails(folder.path(), &[&["text"], options].concat(), 2, says)
    };
    fails(
        &["--recipe", "lsa", "--window", "5"],
        "window is 5, expected it only together with --contexts window\n",
    );
    fails(
        &["--recipe", "lsa", "--max-contexts", "5"],
        "max-contexts is 5, expected it only together with --contexts window\n",
    );
    fails(&["--document-tokens", "0"], "document_tokens is 0, expected at least 1\n");
    fails(
        &["--recipe", "lsa", "--add-contexts"],
        "add_contexts is true, expected false where documents are the contexts: they are no words\n",
    );
    fails(&["--dispersion", "2"], "dispersion is 2, expected a number from 0 to 1\n");
    fails(
        &["--recipe", "lsa", "--dispersion", "0.5"],
        "dispersion is 0.5, expected 0 unless contexts are windows and the weighting is the square root\n",
    );
    fails(
        &["--recipe", "lsa", "--window-boundary", "document"],
        "window-boundary is given, expected it only together with --contexts window\n",
    );
    fails(
        &["--recipe", "lsa", "--context-sides", "separate"],
        "context-sides is given, expected it only together with --contexts window\n",
    );
    fails(
        &["--contexts", "documents", "--distance-weights", "flat"],
        "distance-weights is given, expected it only together with",
    );
    fails(
        &["--weighting", "log", "--power", "0.5"],
        "power is 0.5, expected it only together with --weighting square-root\n",
    );
    fails(&["--shift", "2"], "shift is 2, expected it only together with --weighting ppmi\n");
    fails(
        &["--smoothing", "1"],
        "smoothing is 1, expected it only together with --weighting ppmi\n",
    );
    fails(
        &["--tokenizer", "whitespace", "--drop-numbers"],
        "drop-numbers is given, expected it only together with --tokenizer words\n",
    );
    fails(
        &["--weighting", "binary", "--subsample", "1e-3"],
        "subsample is 0.001, expected it at random, or another weighting",
    );
    fails(
        &["--subsample-random"],
        "the following required arguments were not provided:\n  --subsample <T>",
    );
    fails(
        &["--oversampling", "10"],
        "the following required arguments were not provided:\n  --power-iterations <Q>",
    );
    fails(
        &["--power-iterations", "2", "--tolerance", "0.1"],
        "the argument '--power-iterations <Q>' cannot be used with '--tolerance <R>'",
    );
    fails(
        &["--power-iterations", "2", "--max-products", "9"],
        "the argument '--power-iterations <Q>' cannot be used with '--max-products <N>'",
    );
    fails(&["--quiet", "-v"], "the argument '--quiet' cannot be used with '--verbose...'");
    fails(&["--dimm", "3"], "unexpected argument '--dimm' found");
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_work() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("notes"), "mine").unwrap();
    embed(path, "old");
    // Were the corpus read first, its absence or its bytes would be told instead.
    fs::write(path.join("binary"), "\0").unwrap();
    embed_fails(
        path,
        &["binary", "-o", "nowhere/model"],
        1,
        "cannot create `nowhere/model`: No such file or directory (os error 2)\n",
    );
    embed_fails(
        path,
        &["binary", "-o", "notes/model"],
        1,
        "cannot create `notes/model`: Not a directory (os error 20)\nhint: a part of the path is a file, not a folder\n",
    );
    embed_fails(
        path,
        &["binary", "-o", "old"],
        1,
        "`old` exists already\nhint: choose another name, or pass --force to replace it\n",
    );
    embed_fails(path, &["binary", "-o", "notes"], 1, "`notes` exists already\nhint: ");
    for (name, option) in [("notes", "--force"), (".", "--force")] {
        embed_fails(
            path,
            &["binary", "-o", name, option],
            1,
            &format!("`{name}` is not an eigenlex model, so it is not replaced\nhint: "),
        );
    }
    let message = fails(path, &["export", "old", "notes", "--format", "npy"], 1);
    assert!(message.starts_with("error: `notes` exists already\n"), "{message}");
    let message = fails(path, &["export", "old", "old", "--format", "npy", "--force"], 1);
    assert!(
        message.starts_with("error: `old` is not a file, so it is not replaced\n"),
        "{message}"
    );
}

#[test]
fn force_replaces_a_model_and_no_folder_that_holds_anything_else() {
    let folder = folder();
    let path = folder.path();
    embed(path, "model");
    let digest = |model: &str| eigenlex::Model::open_provenance(path.join(model)).unwrap().digest;
    let before = digest("model");
    eigenlex(path)
        .args(["embed", "text", "--dim", "2", "-q", "--force", "-o", "model"])
        .assert()
        .success();
    assert_ne!(digest("model"), before);
    assert_eq!(fs::read_dir(path).unwrap().count(), 2, "nothing but the text and the model");
    // Another program's folder has a `model.json` too, and a person may keep notes beside ours.
    fs::create_dir(path.join("other")).unwrap();
    fs::write(path.join("other/model.json"), "{\"format\": \"layers-model\"}").unwrap();
    fs::write(path.join("model/notes.txt"), "mine").unwrap();
    for name in ["other", "model"] {
        embed_fails(
            path,
            &["text", "-o", name, "--force"],
            1,
            &format!("`{name}` is not an eigenlex model, so it is not replaced\nhint: "),
        );
    }
}

#[test]
fn a_run_that_fails_with_force_leaves_the_old_model() {
    let folder = folder();
    embed(folder.path(), "model");
    embed_fails(folder.path(), &["text", "--dim", "61", "-o", "model", "--force"], 2, "dim 61");
    embed_fails(
        folder.path(),
        &["text", "--memory", "1MB", "-o", "model", "--force"],
        5,
        "tokenize needs",
    );
}

#[test]
fn a_model_that_is_damaged_or_of_a_later_version_is_refused() {
    let folder = folder();
    let path = folder.path();
    embed(path, "model");
    let description = fs::read_to_string(path.join("model/model.json")).unwrap();
    let damage =
        |name: &str, bytes: &[u8]| fs::write(path.join("model").join(name), bytes).unwrap();
    let restore = || damage("model.json", description.as_bytes());
    let refused = |says: &str, commands: &[&[&str]]| {
        for command in commands {
            let message = fails(path, command, 3);
            assert!(message.starts_with(&format!("error: {says}")), "{message}");
        }
    };
    let (math, info, export): (&[&str], &[&str], &[&str]) =
        (&["math", "model", "word1"], &["info", "model"], &["export", "model", "out.vec"]);

    damage(
        "model.json",
        description.replace("\"format_version\": 1", "\"format_version\": 3").as_bytes(),
    );
    refused(
        "`model` is a model of format version 3; this program reads versions up to 2\nhint: install a newer eigenlex\n",
        &[math, info, export],
    );
    damage("model.json", b"{");
    refused("`model/model.json`, line 1: found EOF while parsing an object", &[math, info, export]);
    damage("model.json", b"\xFF");
    refused(
        "cannot read `model/model.json`: stream did not contain valid UTF-8\n",
        &[math, info, export],
    );
    damage("model.json", description.replace("\"seed\"", "\"sead\"").as_bytes());
    refused("`model/model.json`, line ", &[math, info, export]);
    restore();

    let vectors = fs::read(path.join("model/vectors.safetensors")).unwrap();
    let mut huge = vectors.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    for bytes in [
        &[][..],
        &vectors[..4],
        &vectors[..vectors.len() / 2],
        &vectors[..vectors.len() - 1],
        &huge,
    ] {
        damage("vectors.safetensors", bytes);
        refused("`model/vectors.safetensors`: found ", &[math, export]);
    }
    damage("vectors.safetensors", &vectors);
    fs::remove_file(path.join("model/vectors.safetensors")).unwrap();
    refused(
        "`model`: found a folder without `vectors.safetensors`, expected an eigenlex model or a file of vectors\n",
        &[math, export],
    );
    let other =
        "`.` is a folder that is no model, but a model or a file of word vectors is needed here\n";
    refused(other, &[&["neighbors", ".", "word1"]]);
    let message = fails(path, &["neighbors", "missing", "word1"], 1);
    assert_eq!(message, "error: cannot open `missing`: No such file or directory (os error 2)\n");
}

#[test]
fn a_damaged_word_list_is_named_by_its_line() {
    let folder = folder();
    let path = folder.path().join("model");
    embed(folder.path(), "model");
    let table = fs::read_to_string(path.join("vocab.tsv")).unwrap();
    let says = |table: &str| {
        fs::write(path.join("vocab.tsv"), table).unwrap();
        let error = eigenlex::Model::open(&path).unwrap_err();
        assert_eq!(error.kind(), eigenlex::ErrorKind::Data);
        error.to_string().split_once("vocab.tsv`, ").unwrap().1.to_owned()
    };
    assert!(says("").starts_with("line 1: found ``, expected `word\tcount\t"));
    assert!(
        says(&table.replacen("\t5\t5\n", "\tfive\t5\n", 1))
            .starts_with("line 2: found `word0\tfive\t5`, expected ")
    );
    let short = &table[..table.trim_end().rfind('\n').unwrap() + 1];
    assert_eq!(
        says(short),
        "line 60: found 59 words, expected 60 words, as many as there are vectors"
    );
    let swapped = table
        .replacen("word0\t", "word#\t", 1)
        .replacen("word1\t", "word0\t", 1)
        .replacen("word#\t", "word1\t", 1);
    assert_eq!(
        says(&swapped),
        "line 2: found `word1\t5\t5`, expected the word `word0`, as in the vectors"
    );
}

#[test]
fn questions_that_cannot_be_read_are_refused() {
    let folder = folder();
    let path = folder.path();
    embed(path, "model");
    fs::write(path.join("latin"), b"caf\xE9\n").unwrap();
    fs::write(path.join("two"), "word1 word2\n").unwrap();
    for (line, code, says) in [
        (
            vec!["math", "model", "word1 word2"],
            2,
            "cannot read the expression `word1 word2` at character 7: expected `+` or `-`\nhint: ",
        ),
        (
            vec!["math", "model", ""],
            2,
            "cannot read the expression `` at character 1: expected a word\nhint: ",
        ),
        (vec!["math", "model", "word1 - word1", "--method", "add"], 4, "nothing found for `"),
        (
            vec!["math", "model", "word1", "--method", "max"],
            2,
            "invalid value 'max' for '--method <add|mul>'",
        ),
        (vec!["math", "model", "word1", "--top", "0"], 2, "invalid value '0' for '--top <N>'"),
        (
            vec!["similarity", "model", "word1"],
            2,
            "similarity compares pairs of words, and only one word is given\nhint: write `eigenlex similarity model word1 WORD`\n",
        ),
        (
            vec!["neighbors", "model", "word1", "--restrict-to", "latin"],
            3,
            "cannot read `latin`: stream did not contain valid UTF-8\n",
        ),
        (
            vec!["neighbors", "model", "word1", "--restrict-to", "missing"],
            1,
            "cannot read `missing`: ",
        ),
        (
            vec!["neighbors", "text", "word1"],
            3,
            "`text` is a file of another kind, but a model or a file of word vectors is needed here\n",
        ),
        (vec!["evaluate", "model"], 2, "the following required arguments were not provided"),
        (
            vec!["evaluate", "model", "--analogies", "text"],
            3,
            "`text`, line 1: found 60 word(s), expected four words, or `: section`\n",
        ),
        (vec!["evaluate", "model", "--similarity", "text"], 3, "`text`, line "),
        (vec!["evaluate", "model", "--analogies", "missing"], 1, "cannot read `missing`: "),
        (
            vec!["evaluate", "model", "missing", "--similarity", "text"],
            1,
            "cannot read `missing`: ",
        ),
        (
            vec!["evaluate", "model", "--categories", "text"],
            3,
            "`text`, line 1: found 60 field(s), expected a class and a word, separated by a tab\n",
        ),
        (
            vec!["evaluate", "model", "--odd-one-out", "latin"],
            3,
            "`latin`, line 1: found bytes that are not UTF-8, expected UTF-8\n",
        ),
        (
            vec!["evaluate", "model", "--odd-one-out", "two"],
            3,
            "`two`, line 1: found 2 word(s) in 2 field(s), expected at least three words, ",
        ),
        (
            vec!["odd-one-out", "model", "word1", "word2"],
            2,
            "odd-one-out is 2 word(s), expected at least 3\n",
        ),
        (
            vec!["odd-one-out", "model", "word1", "word2", "no-such"],
            4,
            "the word `no-such` is not in the vocabulary",
        ),
    ] {
        let message = fails(path, &line, code);
        assert!(message.starts_with(&format!("error: {says}")), "{line:?}: {message}");
    }
}

#[track_caller]
fn svd_fails(folder: &Path, line: &[&str], code: i32, says: &str) {
    let rank: &[&str] =
        if line.contains(&"-k") || line.contains(&"--rank") { &[] } else { &["-k", "1"] };
    let message = fails(folder, &[&["svd"], line, rank].concat(), code);
    assert!(message.starts_with(&format!("error: {says}")), "{line:?}: {message}");
}

#[test]
fn a_matrix_that_cannot_be_read_is_refused() {
    let folder = folder();
    let path = folder.path();
    let general = "%%MatrixMarket matrix coordinate real general\n";
    let symmetric = "%%MatrixMarket matrix coordinate real symmetric\n";
    for (content, says) in [
        (
            String::new(),
            "line 1: found the end of the file, expected `%%MatrixMarket matrix` and three words more, as a",
        ),
        (text(), "line 1: found `word0 word7 "),
        (
            "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 0\n".to_owned(),
            "line 1: found a complex matrix, expected a `real`",
        ),
        (
            "%%MatrixMarket matrix array real hermitian\n1 1\n1\n".to_owned(),
            "line 1: found a Hermitian matrix, expected a `general`",
        ),
        (
            format!("{general}% no sizes\n"),
            "line 3: found the end of the file, expected the numbers of rows, columns and entries\n",
        ),
        (
            format!("{general}2 2\n"),
            "line 2: found `2 2`, expected the numbers of rows, columns and entries\n",
        ),
        (
            format!("{general}5000000000 2 1\n"),
            "line 2: found `5000000000` rows, expected at most 4294967295\n",
        ),
        (format!("{general}2 2 1\n0 1 1\n"), "line 3: found row `0`, expected one from 1 to 2\n"),
        (
            format!("{general}2 2 1\n1 3 1\n"),
            "line 3: found column `3`, expected one from 1 to 2\n",
        ),
        (
            format!("{general}2 2 1\n1 1\n"),
            "line 3: found `1 1`, expected a row, a column and a value\n",
        ),
        (format!("{general}2 2 1\n1 1 x\n"), "line 3: found `x`, expected a number\n"),
        (
            format!("{general}2 2 1\n1 1 nan\n"),
            "line 3: found `nan`, expected a finite number of at most 3.4028235e38 in size\n",
        ),
        (
            format!("{general}2 2 2\n1 1 1\n"),
            "line 4: found the end of the file after 1 of 2 entries, expected all that it announces\n",
        ),
        (
            format!("{general}2 2 1\n1 1 1\n2 2 1\n"),
            "line 4: found entry 2, expected the end of the file, which announces 1\n",
        ),
        // Nothing is taken on the word of a header.
        (
            format!("{general}2 2 1000000000000000000\n1 1 1\n"),
            "line 4: found the end of the file after 1 of 1000000000000000000 entries, expected all that it announces",
        ),
        (
            "%%MatrixMarket matrix array real general\n4294967295 4294967295\n1\n".to_owned(),
            "line 4: found the end of the file after 1 of 18446744065119617025 entries, expected all that",
        ),
        (
            "%%MatrixMarket matrix array integer general\n1 1\n1.5\n".to_owned(),
            "line 3: found `1.5`, expected a whole number\n",
        ),
        (
            format!("{symmetric}2 2 1\n1 2 1\n"),
            "line 3: found an entry above the diagonal (row 1, column 2), expected those on and below it",
        ),
        (
            format!("{symmetric}2 3 1\n1 1 1\n"),
            "line 2: found 2 rows and 3 columns, expected as many of one as of the other",
        ),
        (
            symmetric.replace("symm", "skew-symm") + "2 2 1\n1 1 1\n",
            "line 3: found an entry on the diagonal (row 1, column 1), expected",
        ),
    ] {
        fs::write(path.join("bad.mtx"), content).unwrap();
        svd_fails(path, &["bad.mtx", "-o", "out.safetensors"], 3, &format!("`bad.mtx`, {says}"));
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!("{general}2 2 1\n1 1 1\n").as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    fs::write(path.join("cut.gz"), &packed[..packed.len() - 9]).unwrap();
    svd_fails(path, &["cut.gz"], 3, "`cut.gz` cannot be decompressed (gzip): ");
    svd_fails(
        path,
        &["missing.mtx"],
        1,
        "cannot read `missing.mtx`: No such file or directory (os error 2)\n",
    );
    svd_fails(
        path,
        &["."],
        1,
        "cannot read `.`: Is a directory (os error 21)\nhint: it is a folder, and a file is needed\n",
    );
    fs::write(path.join("zero.mtx"), format!("{general}2 3 1\n1 1 0\n")).unwrap();
    svd_fails(
        path,
        &["zero.mtx"],
        3,
        "the 2 x 3 matrix has no entry other than zero\nhint: a matrix of zeros has no singular vectors; ",
    );
}

#[test]
fn a_decomposition_that_makes_no_sense_is_refused_before_the_entries_are_read() {
    let folder = folder();
    let path = folder.path();
    // Were the entries read first, their absence would be told instead.
    fs::write(path.join("m.mtx"), "%%MatrixMarket matrix coordinate real general\n4 3 9\n")
        .unwrap();
    let fails = |options: &[&str], code: i32, says: &str| {
        svd_fails(path, &[&["m.mtx"], options].concat(), code, says)
    };
    fails(
        &["-k", "4"],
        2,
        "rank 4 is above the smaller side of the 4 x 3 matrix\nhint: lower --rank to at most 3\n",
    );
    fails(&["--rank", "0"], 2, "rank is 0, expected at least 1\n");
    fails(&["--tolerance", "0"], 2, "tolerance is 0, expected a number above 0 and below 1\n");
    fails(&["--block-width", "0"], 2, "block_width is 0, expected at least 1\n");
    fails(&["--max-products", "0"], 2, "max_products is 0, expected at least 1\n");
    fails(&["--max-basis", "2"], 2, "max_basis is 2, expected at least ");
    fails(&["--memory", "1MB"], 5, "svd needs about ");
    fails(&["--memory", "1XB"], 2, "invalid value '1XB' for '--memory <SIZE>'");
    fails(
        &["--left-vectors"],
        2,
        "the following required arguments were not provided:\n  --output <FILE>",
    );
    fails(
        &["--force"],
        2,
        "the following required arguments were not provided:\n  --output <FILE>",
    );
    fails(
        &["--oversampling", "3"],
        2,
        "the following required arguments were not provided:\n  --power-iterations <Q>",
    );
    fails(
        &["--power-iterations", "1", "--max-basis", "30"],
        2,
        "the argument '--power-iterations <Q>' cannot be used with '--max-basis <N>'",
    );
    let message = self::fails(path, &["svd", "m.mtx"], 2);
    assert!(
        message.starts_with(
            "error: the following required arguments were not provided:\n  --rank <K>"
        ),
        "{message}"
    );
    fails(
        &["-o", "text"],
        1,
        "`text` exists already\nhint: choose another name, or pass --force to replace it\n",
    );
    fails(&["-o", ".", "--force"], 1, "`.` is not a file, so it is not replaced\nhint: ");
    fails(
        &["-o", "nowhere/out"],
        1,
        "cannot create `nowhere/out`: No such file or directory (os error 2)\n",
    );
}

#[cfg(unix)]
mod interrupted {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    fn interrupt(child: &Child) {
        assert!(
            Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }

    #[track_caller]
    fn assert_interrupted(mut child: Child, folder: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                child.kill().unwrap();
                panic!("still running after Ctrl-C");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr).lines().last(),
            Some("error: interrupted; no output was written")
        );
        assert!(listing(folder) == *before, "something was left behind");
    }

    fn spawn(folder: &Path, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_eigenlex"))
            .current_dir(folder)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Waits until the process catches SIGINT: bit 1 of the mask that Linux tells; elsewhere for a
    /// second.
    fn wait_until_watching(child: &Child) {
        for _ in 0..1000 {
            let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id())) else {
                return std::thread::sleep(Duration::from_secs(1));
            };
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            if u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0 {
                // The handler is there; the reading begins right after.
                return std::thread::sleep(Duration::from_millis(100));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the process never watches for Ctrl-C");
    }

    #[test]
    fn while_it_waits_for_standard_input_it_ends_at_once() {
        let folder = folder();
        let before = listing(folder.path());
        let mut child = spawn(folder.path(), &["embed", "-", "--dim", "3", "-o", "model"]);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(text().as_bytes()).unwrap();
        wait_until_watching(&child);
        interrupt(&child);
        assert_interrupted(child, folder.path(), &before);
        drop(stdin);
    }

    #[test]
    fn while_it_waits_for_a_matrix_it_ends_at_once() {
        let folder = folder();
        let before = listing(folder.path());
        let mut child = spawn(folder.path(), &["svd", "-", "-k", "1", "-o", "out.safetensors"]);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n").unwrap();
        wait_until_watching(&child);
        interrupt(&child);
        assert_interrupted(child, folder.path(), &before);
        drop(stdin);
    }

    #[test]
    fn while_it_decomposes_it_stops_and_cleans_up() {
        let folder = folder();
        // Words in no order: the spectrum is flat, and a tolerance that cannot be reached keeps the
        // iteration going for minutes.
        let mut state = 1u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 6000
        };
        let noise: String = (0..200_000).map(|_| format!("w{} ", random())).collect();
        fs::write(folder.path().join("noise"), noise).unwrap();
        let before = listing(folder.path());
        let options = [
            "--dim",
            "400",
            "--tolerance",
            "1e-9",
            "--max-products",
            "1000000",
            "--no-checkpoints",
            "-vv",
            "-o",
            "model",
        ];
        let mut child = spawn(folder.path(), &[&["embed", "noise"], &options[..]].concat());
        // It says when the decomposition has begun: the stage before has ended.
        let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.lines().any(|line| line.starts_with("weight ")) {
            assert!(std::io::BufRead::read_line(&mut stderr, &mut said).unwrap() > 0, "{said}");
        }
        interrupt(&child);
        std::io::Read::read_to_string(&mut stderr, &mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
        assert_eq!(said.lines().last(), Some("error: interrupted; no output was written"));
        assert!(listing(folder.path()) == before, "something was left behind");
    }
}
