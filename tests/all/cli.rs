//! The commands as a person or a script calls them: what stands on standard output, in each form.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::LazyLock;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;

/// The samples, embedded once for all tests of this file.
static ENGLISH: LazyLock<PathBuf> = LazyLock::new(|| embed_sample("english"));
static SPANISH: LazyLock<PathBuf> = LazyLock::new(|| embed_sample("spanish"));

fn corpora(name: &str) -> PathBuf {
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

fn eigenlex() -> Command {
    Command::new(env!("CARGO_BIN_EXE_eigenlex"))
}

/// Runs a command on a model and returns its standard output; it must succeed in silence.
#[track_caller]
fn ask(command: &str, model: &Path, arguments: &[&str]) -> String {
    let assert = eigenlex().arg(command).arg(model).args(arguments).assert().success().stderr("");
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[track_caller]
fn json(command: &str, model: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&ask(command, model, &[arguments, &["--format", "json"]].concat()))
        .unwrap()
}

#[track_caller]
fn first_word(model: &Path, expression: &str, options: &[&str]) -> String {
    let answers = ask("math", model, &[&[expression, "--top", "1"], options].concat());
    cell(&answers, 1)
}

/// A cell of the first record of tab-separated values.
fn cell(table: &str, column: usize) -> String {
    table.lines().nth(1).unwrap().split('\t').nth(column).unwrap().to_owned()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn word_math_finds_the_queen_and_the_capital() {
    for method in ["mul", "add"] {
        for (expression, answer) in
            [("king - man + woman", "queen"), ("paris - france + italy", "rome")]
        {
            assert_eq!(first_word(&ENGLISH, expression, &["--method", method]), answer);
        }
        for (expression, answer) in
            [("rey - hombre + mujer", "reina"), ("parís - francia + italia", "roma")]
        {
            assert_eq!(first_word(&SPANISH, expression, &["--method", method]), answer);
        }
    }
}

#[test]
fn expressions_take_weights_quotes_capitals_and_a_minus_first() {
    assert_eq!(first_word(&ENGLISH, "1.0*King -'man'   +\"WOMAN\"", &[]), "queen");
    assert_eq!(first_word(&ENGLISH, "2*king - 2*man + 2 * woman", &["-m", "add"]), "queen");
    let answers = ask("math", &ENGLISH, &["--top", "1", "--", "-man + king + woman"]);
    assert_eq!(cell(&answers, 1), "queen");
    assert_eq!(first_word(&ENGLISH, "-man + king + woman", &[]), "queen");
    // Weights count: far more of one word leads to its neighbours.
    assert_ne!(
        ask("math", &ENGLISH, &["king + 9*oven"]),
        ask("math", &ENGLISH, &["9*king + oven"])
    );
}

#[test]
fn the_words_of_an_expression_are_no_answers() {
    let answers = json("math", &ENGLISH, &["king - man + woman", "--top", "100000"]);
    let words: Vec<&str> =
        answers.as_array().unwrap().iter().map(|answer| answer["word"].as_str().unwrap()).collect();
    assert!(["king", "man", "woman"].iter().all(|word| !words.contains(word)));
    assert_eq!(words.len() as u64, json("info", &ENGLISH, &[])["n_words"].as_u64().unwrap() - 3);
}

#[test]
fn answers_come_as_text_as_tabs_and_as_json() {
    let tsv =
        ask("math", &ENGLISH, &["king - man + woman", "paris - france + italy", "--top", "2"]);
    let rows: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["query", "word", "score"]);
    assert_eq!(
        rows[1..].iter().map(|row| row[0]).collect::<Vec<_>>(),
        [["king - man + woman"; 2], ["paris - france + italy"; 2]].concat()
    );
    let without = ask(
        "math",
        &ENGLISH,
        &["king - man + woman", "paris - france + italy", "--top", "2", "--no-header"],
    );
    assert_eq!(format!("query\tword\tscore\n{without}"), tsv);
    let lines = ask(
        "math",
        &ENGLISH,
        &["king - man + woman", "paris - france + italy", "--top", "2", "--format", "json"],
    );
    for (line, rows) in lines.lines().zip(rows[1..].chunks(2)) {
        let answers: Value = serde_json::from_str(line).unwrap();
        let answers = answers.as_array().unwrap();
        assert_eq!(keys(&answers[0]), ["similarity", "word"]);
        for (it, row) in answers.iter().zip(rows) {
            assert_eq!(it["word"], row[1]);
            assert_eq!(it["similarity"].as_f64().unwrap(), row[2].parse::<f64>().unwrap());
            assert_eq!(row[2].split_once('.').unwrap().1.len(), 6, "{row:?}");
        }
    }
    let text = ask("neighbors", &ENGLISH, &["queen", "king", "--top", "1", "--format", "text"]);
    assert!(
        predicate::str::is_match("^queen\n  \\S+ +0\\.[0-9]{4}\n\nking\n  \\S+ +0\\.[0-9]{4}\n$")
            .unwrap()
            .eval(&text),
        "{text}"
    );
}

#[test]
fn neighbours_are_those_of_similarity() {
    let neighbors = ask("neighbors", &ENGLISH, &["queen", "--top", "3"]);
    for line in neighbors.lines().skip(1) {
        let (word, cosine) = line.strip_prefix("queen\t").unwrap().split_once('\t').unwrap();
        let pair = json("similarity", &ENGLISH, &["queen", word]);
        assert_eq!(keys(&pair), ["similarity", "words"]);
        assert_eq!(pair["words"], serde_json::json!(["queen", word]));
        assert!(
            (pair["similarity"].as_f64().unwrap() - cosine.parse::<f64>().unwrap()).abs() < 2e-6
        );
    }
    assert_eq!(
        ask("similarity", &ENGLISH, &["king", "King"]),
        "word\tother_word\tsimilarity\nking\tKing\t1.000000\n"
    );
    assert!(
        ask("similarity", &ENGLISH, &["king", "queen", "king", "oven", "--format", "text"])
            .starts_with("king queen  0.")
    );
    for alias in ["nn", "neighbours"] {
        assert_eq!(ask(alias, &ENGLISH, &["queen", "--top", "3"]), neighbors);
    }
}

#[test]
fn answers_are_restricted_to_the_words_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("words.txt");
    fs::write(&list, "Oven\r\n\n  rome \nno-such-word\nking\n").unwrap();
    let option = ["--restrict-to", list.to_str().unwrap()];
    let answers = ask("math", &ENGLISH, &[&["king - man + woman"][..], &option].concat());
    let mut words: Vec<&str> =
        answers.lines().skip(1).map(|line| line.split('\t').nth(1).unwrap()).collect();
    words.sort_unstable();
    assert_eq!(words, ["oven", "rome"]);
    fs::write(&list, "no-such-word\n").unwrap();
    eigenlex()
        .arg("neighbors")
        .arg(&*ENGLISH)
        .arg("queen")
        .args(option)
        .assert()
        .code(4)
        .stdout("")
        .stderr(predicate::str::contains("none of its 1 word(s) is in the vocabulary"));
}

#[test]
fn several_questions_come_from_standard_input() {
    let questions = "king - man + woman\n\n  paris - france + italy  \n";
    let assert = eigenlex()
        .arg("math")
        .arg(&*ENGLISH)
        .args(["-", "--top", "1"])
        .write_stdin(questions)
        .assert()
        .success();
    let output = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let words: Vec<&str> =
        output.lines().skip(1).map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(words, ["queen", "rome"]);
    let assert = eigenlex()
        .arg("similarity")
        .arg(&*ENGLISH)
        .arg("-")
        .write_stdin("king queen\nking\tqueen\n")
        .assert()
        .success();
    let output = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let lines: Vec<&str> = output.lines().collect();
    assert!(
        lines.len() == 3 && lines[1] == lines[2] && lines[1].starts_with("king\tqueen\t0."),
        "{output}"
    );
    for (command, input) in [("similarity", "king\n"), ("neighbors", "\u{0}\n")] {
        eigenlex()
            .arg(command)
            .arg(&*ENGLISH)
            .arg("-")
            .write_stdin(input)
            .assert()
            .code(4)
            .stdout("");
    }
    // A line that cannot be read is reported, and a blank one has its line in JSON.
    let lines = "king\n\nking queen\n";
    let assert = eigenlex()
        .arg("similarity")
        .arg(&*ENGLISH)
        .args(["-", "--format", "json"])
        .write_stdin(lines)
        .assert()
        .code(4);
    let assert = assert.stderr(predicate::str::contains("no answer to `king`"));
    let output = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(output.starts_with("null\nnull\n{") && output.lines().count() == 3, "{output}");
    eigenlex()
        .arg("neighbors")
        .arg(&*ENGLISH)
        .arg("-")
        .write_stdin(b"\xFF\n".as_slice())
        .assert()
        .code(3)
        .stdout("");
}

#[test]
fn each_question_is_answered_before_the_next_is_asked() {
    let mut process = Process::new(env!("CARGO_BIN_EXE_eigenlex"))
        .arg("neighbors")
        .arg(&*ENGLISH)
        .args(["-", "--top", "1", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = process.stdin.take().unwrap();
    let mut answers = BufReader::new(process.stdout.take().unwrap()).lines();
    for word in ["queen", "rome"] {
        writeln!(questions, "{word}").unwrap();
        assert!(answers.next().unwrap().unwrap().starts_with("[{\"word\":"));
    }
    drop(questions);
    assert!(process.wait().unwrap().success());
}

#[test]
fn an_unknown_word_has_suggestions_and_nothing_on_standard_output() {
    for arguments in [
        vec!["math", "quen - man + woman"],
        vec!["neighbors", "Quen"],
        vec!["similarity", "king", "quen"],
    ] {
        let mut command = eigenlex();
        command.arg(arguments[0]).arg(&*ENGLISH).args(&arguments[1..]);
        let wrong = if arguments[0] == "neighbors" { "Quen" } else { "quen" };
        let message = format!(
            "error: the word `{wrong}` is not in the vocabulary\nhint: did you mean `queen`"
        );
        command
            .assert()
            .code(4)
            .stdout("")
            .stderr(predicate::str::starts_with(message).and(predicate::str::ends_with("`?\n")));
    }
}

#[test]
fn an_unknown_word_among_others_is_reported_and_the_others_are_answered() {
    let says = || {
        predicate::str::contains(
            "warning: no answer to `qqqq`: the word `qqqq` is not in the vocabulary",
        )
        .and(predicate::str::ends_with("error: 1 of 3 queries has no answer: `qqqq`\n"))
    };
    let neighbors = |options: &[&str]| {
        eigenlex()
            .arg("neighbors")
            .arg(&*ENGLISH)
            .args(["queen", "qqqq", "king", "-k", "1"])
            .args(options)
            .assert()
            .code(4)
    };
    let output = neighbors(&[]).stderr(says());
    let tsv = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert_eq!(
        tsv.lines().map(|line| line.split('\t').next().unwrap()).collect::<Vec<_>>(),
        ["query", "queen", "king"]
    );
    let output = neighbors(&["--format", "json"]).stderr(says());
    let json = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert_eq!(json.lines().map(|line| line == "null").collect::<Vec<_>>(), [false, true, false]);
    let output = neighbors(&["--on-unknown", "error"])
        .stderr(predicate::str::starts_with("error: the word `qqqq` is not"));
    assert_eq!(String::from_utf8(output.get_output().stdout.clone()).unwrap().lines().count(), 2);
    neighbors(&["-q"]).stderr("error: 1 of 3 queries has no answer: `qqqq`\n");
    // A pair, and a line of a batch.
    eigenlex()
        .arg("similarity")
        .arg(&*ENGLISH)
        .args(["king", "queen", "man", "qqqq", "--no-header"])
        .assert()
        .code(4)
        .stdout(predicate::str::starts_with("king\tqueen\t0."))
        .stderr(predicate::str::ends_with("1 of 2 queries has no answer: `man qqqq`\n"));
    let sets = "king queen rome\nqqqq king queen\n";
    eigenlex()
        .arg("odd-one-out")
        .arg(&*ENGLISH)
        .arg("-")
        .write_stdin(sets)
        .assert()
        .code(4)
        .stdout(predicate::str::contains("\trome\t"));
}

#[test]
fn arguments_that_are_wrong_are_told_with_the_way_out() {
    let fails = |arguments: &[&str], code: i32, message: &str| {
        eigenlex()
            .arg(arguments[0])
            .arg(&*ENGLISH)
            .args(&arguments[1..])
            .assert()
            .code(code)
            .stdout("")
            .stderr(format!("error: {message}\n"));
    };
    let model = ENGLISH.display();
    let quotes = "`-` is no expression of its own\nhint: put quotes around an expression that holds spaces: 'king - man + woman'";
    fails(&["math", "king", "-", "man", "+", "woman"], 2, quotes);
    let one = format!(
        "similarity compares pairs of words, and only one word is given\nhint: write `eigenlex similarity {model} love WORD`"
    );
    fails(&["similarity", "love"], 2, &one);
    let chain = format!(
        "`{model}` is a model, but a chain of time slices is needed here\nhint: join models of time slices with `eigenlex align --chain MODEL MODEL -o CHAIN`"
    );
    fails(&["drift", "b.model"], 3, &chain);
    let map = format!(
        "`{model}` is a model, but a map of two languages is needed here\nhint: align two models with `eigenlex align MODEL MODEL --unsupervised -o MAP`, or with a dictionary"
    );
    fails(&["translate", "king"], 3, &map);
    eigenlex()
        .args(["help", "math"])
        .assert()
        .success()
        .stdout(predicate::str::contains("Usage: eigenlex math"));
    eigenlex()
        .args(["search", "no-such-model", "x", "--in", "y"])
        .assert()
        .code(1)
        .stderr("error: cannot read `no-such-model`: No such file or directory (os error 2)\n");
    let folder = tempfile::tempdir().unwrap();
    let vectors = folder.path().join("v.vec");
    fs::write(&vectors, "1 2\na 1 2\n").unwrap();
    let says = format!(
        "error: `{}` is a file of word vectors, but a model is needed here\nhint: make a model of your texts with `eigenlex embed TEXTS -o MODEL`\n",
        vectors.display()
    );
    eigenlex()
        .arg("search")
        .arg(&vectors)
        .args(["x", "--in", "y"])
        .assert()
        .code(3)
        .stdout("")
        .stderr(says);
}

#[test]
fn words_that_would_break_a_row_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = folder.path().join("v.vec");
    fs::write(&vectors, "esc\u{1b}[31m 2 1\nb\\s 1 1.5\nnew 1 1\n").unwrap();
    let answers = ask("neighbors", &vectors, &["new"]);
    assert_eq!(answers.lines().count(), 3, "{answers}");
    assert!(
        answers.contains("new\tesc\\u{1b}[31m\t0.") && answers.contains("new\tb\\\\s\t0."),
        "{answers}"
    );
}

#[test]
fn the_projector_gets_vectors_words_and_their_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("projector");
    let export = |options: &[&str]| {
        eigenlex()
            .arg("export")
            .arg(&*ENGLISH)
            .arg(&path)
            .args(["--format", "projector"])
            .args(options)
            .assert()
    };
    export(&["--max-words", "20"]).success().stdout("").stderr("");
    let read = |name: &str| fs::read_to_string(path.join(name)).unwrap();
    let (vectors, metadata) = (read("vectors.tsv"), read("metadata.tsv"));
    assert!(
        vectors.lines().count() == 20
            && vectors.lines().all(|line| line.split('\t').count() == 100),
        "{vectors}"
    );
    assert!(
        metadata.starts_with("word\tcount\nthe\t") && metadata.lines().count() == 21,
        "{metadata}"
    );
    assert!(read("projector_config.pbtxt").contains("metadata_path: \"metadata.tsv\""));
    export(&[]).code(1).stderr(predicate::str::contains("vectors.tsv` exists already"));
    export(&["--force"]).success();
}

#[test]
fn info_tells_how_a_model_came_to_be() {
    let info = json("info", &ENGLISH, &[]);
    for key in [
        "version",
        "n_documents",
        "n_tokens",
        "n_words",
        "dim",
        "digest",
        "seed",
        "config",
        "stages",
        "singular_values",
        "explained",
    ] {
        assert!(info.get(key).is_some(), "{key}");
    }
    assert_eq!(
        (info["version"].as_u64(), info["dim"].as_u64(), info["seed"].as_u64()),
        (Some(1), Some(100), Some(42))
    );
    assert_eq!(info["digest"].as_str().unwrap().len(), 64);
    let singular_values: Vec<f64> = info["singular_values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect();
    // The first component is dropped from the vectors, not from the spectrum.
    assert!(singular_values.len() == 101 && singular_values.is_sorted_by(|a, b| a >= b));
    assert!((0.0..=1.0).contains(&info["explained"].as_f64().unwrap()));
    let stages: Vec<&str> = info["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["name"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["tokenize", "vocabulary", "count", "weight", "layout", "svd", "spelling"]);
    assert_eq!(keys(&info["stages"][0]), ["name", "peak_memory_bytes", "seconds"]);
    assert_eq!(info["config"]["dim"].as_u64(), Some(100));

    let tsv = ask("info", &ENGLISH, &[]);
    assert!(tsv.lines().all(|line| line.split('\t').count() == 2));
    assert!(tsv.contains(&format!("\nn_words\t{}\n", info["n_words"])));
    let text = ask("info", &ENGLISH, &["--format", "text"]);
    assert!(text.contains(&format!("digest    {}\n", info["digest"].as_str().unwrap())), "{text}");
}

#[test]
fn capitals_of_a_test_are_no_other_words_whatever_the_tokenizer() {
    let folder = tempfile::tempdir().unwrap();
    let (text, model, questions) =
        (folder.path().join("text"), folder.path().join("model"), folder.path().join("questions"));
    fs::write(&text, "king queen man woman\nqueen king woman man Paris\n").unwrap();
    fs::write(&questions, ": family\nKing Queen Man Woman\nParis queen Rome king\n").unwrap();
    let embed = ["--tokenizer", "whitespace", "--min-count", "1", "--dim", "2", "-q", "-o"];
    eigenlex().arg("embed").arg(&text).args(embed).arg(&model).assert().success();
    let found: Value = serde_json::from_str(&ask(
        "evaluate",
        &model,
        &["-a", questions.to_str().unwrap(), "--format", "json"],
    ))
    .unwrap();
    let score = &found["analogies"][0]["all"];
    assert_eq!(
        (score["answered"].as_u64(), score["total"].as_u64()),
        (Some(1), Some(2)),
        "{found}"
    );
}

#[test]
fn embed_prints_its_summary_in_the_form_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    fs::write(&text, "a b c d\nb c d a\nc a b d\n").unwrap();
    let embed = |name: &str, options: &[&str]| {
        let model = folder.path().join(name);
        eigenlex()
            .arg("embed")
            .arg(&text)
            .args(["--min-count", "1", "--dim", "2", "-o"])
            .arg(model)
            .args(options)
            .assert()
            .success()
    };
    let summary = embed("json", &["--format", "json"]).stderr("");
    let summary: Value = serde_json::from_slice(&summary.get_output().stdout).unwrap();
    assert_eq!(
        (
            summary["n_documents"].as_u64(),
            summary["n_tokens"].as_u64(),
            summary["n_words"].as_u64()
        ),
        (Some(3), Some(12), Some(4))
    );
    assert_eq!(
        (&summary["stages"][6]["name"], &summary["stages"][7]["name"]),
        (&"spelling".into(), &"write".into())
    );
    embed("plain", &[]).stdout("").stderr(
        predicate::str::contains("read      3 documents, 12 tokens")
            .and(predicate::str::contains("\ntry  ")),
    );
    embed("quiet", &["--quiet"]).stdout("").stderr("");
    embed("verbose", &["-v"]).stdout("").stderr(predicate::str::contains("\nweight "));
    embed("loud", &["--format", "tsv"])
        .stdout(predicate::str::contains("n_documents\t3\n"))
        .stderr("");
}

#[test]
fn windows_end_with_sentences_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    // Within sentences a meets b alone, and c meets d.
    fs::write(&text, "A b. C d. A b. D c.\n".repeat(3)).unwrap();
    let summary = |options: &[&str]| -> Value {
        let model = folder.path().join("model");
        let mut command = eigenlex();
        command.arg("embed").arg(&text).args([
            "--min-count",
            "1",
            "--dim",
            "1",
            "--fit-words",
            "0",
            "--force",
            "--format",
            "json",
        ]);
        let assert = command.arg("-o").arg(model).args(options).assert().success();
        serde_json::from_slice(&assert.get_output().stdout).unwrap()
    };
    let entries = |options: &[&str]| summary(options)["n_nonzeros"].as_u64();
    // After a stands b, and before b a; c and d stand on either side of each other.
    assert_eq!((entries(&[]), entries(&["--window-boundary", "sentence"])), (Some(6), Some(6)));
    // In the line `a b c d a b d c` each word has all others on both sides but for what stands at
    // the ends.
    assert!(entries(&["--window-boundary", "document"]).unwrap() > 20);
    assert_eq!(summary(&[])["n_documents"], 3);
    let mut command = eigenlex();
    command
        .arg("embed")
        .arg(&text)
        .args(["--recipe", "lsa", "--window-boundary", "sentence", "-o"])
        .arg(folder.path().join("lsa"));
    command.assert().code(2).stderr(
        predicate::str::contains("window-boundary")
            .and(predicate::str::contains("--contexts window")),
    );
}

#[test]
fn exported_vectors_answer_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let expected = ask("math", &ENGLISH, &["king - man + woman"]);
    for (name, format) in [
        ("a.vec", None),
        ("a.bin", None),
        ("a.npy", None),
        ("a.safetensors", None),
        ("b", Some("word2vec-binary")),
    ] {
        let path = folder.path().join(name);
        let mut command = eigenlex();
        command.arg("export").arg(&*ENGLISH).arg(&path);
        if let Some(format) = format {
            command.args(["--format", format]);
        }
        command.assert().success().stdout("").stderr("");
        assert_eq!(ask("math", &path, &["king - man + woman"]), expected, "{name}");
        let (info, model) = (json("info", &path, &[]), json("info", &ENGLISH, &[]));
        assert_eq!(keys(&info), ["digest", "dim", "n_words"]);
        assert_eq!(
            (&info["digest"], &info["n_words"]),
            (&model["digest"], &model["n_words"]),
            "{name}"
        );
        eigenlex()
            .arg("export")
            .arg(&*ENGLISH)
            .arg(&path)
            .args(format.map(|it| format!("--format={it}")))
            .assert()
            .code(1);
        eigenlex()
            .arg("export")
            .arg(&*ENGLISH)
            .arg("--force")
            .arg("-o")
            .arg(&path)
            .args(format.map(|it| format!("--format={it}")))
            .assert()
            .success();
    }
    eigenlex()
        .arg("export")
        .arg(&*ENGLISH)
        .arg(folder.path().join("x.what"))
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--format word2vec"));
}

#[test]
fn evaluate_reports_both_methods_in_the_fixed_shape() {
    let files = [corpora("english.analogies.txt"), corpora("english.similarity.tsv")]
        .map(|path| path.to_str().unwrap().to_owned());
    let arguments = ["--analogies", &files[0], "--similarity", &files[1]];
    let score = json("evaluate", &ENGLISH, &arguments);
    assert_eq!(keys(&score), ["analogies", "model", "similarity"]);
    let methods: Vec<&str> = score["analogies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["method"].as_str().unwrap())
        .collect();
    assert_eq!(methods, ["add", "mul"]);
    let analogies = &score["analogies"][1];
    assert_eq!(
        keys(analogies),
        ["all", "file", "max_words", "method", "sections", "semantic", "syntactic"]
    );
    assert_eq!(keys(&analogies["sections"][0]), ["answered", "correct", "name", "total"]);
    assert_eq!(keys(&analogies["all"]), ["answered", "correct", "total"]);
    assert!(analogies["max_words"].is_null());
    let sum: u64 = analogies["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["correct"].as_u64().unwrap())
        .sum();
    assert_eq!(analogies["all"]["correct"].as_u64(), Some(sum));
    assert!(sum as f64 > 0.8 * analogies["all"]["total"].as_f64().unwrap());
    assert_eq!(keys(&score["similarity"][0]), ["answered", "file", "spearman", "total"]);

    let second = ENGLISH.to_str().unwrap();
    let several = json("evaluate", &SPANISH, &[&[second, "-q"], &arguments[..]].concat());
    assert_eq!(several.as_array().unwrap().len(), 2);
    assert_eq!(several[1]["analogies"], score["analogies"]);
    let capped = json("evaluate", &ENGLISH, &[&arguments[..2], &["--max-words", "500"]].concat());
    assert_eq!(capped["analogies"][0]["max_words"].as_u64(), Some(500));
    assert!(ask("eval", &ENGLISH, &arguments).lines().all(|line| line.split('\t').count() == 9));
    assert!(
        ask("evaluate", &ENGLISH, &[&arguments[..], &["--format", "text"]].concat())
            .contains("3CosMul")
    );
}

/// Small tests of the sample's words: three classes, and sets with their odd ones.
fn small_tests(folder: &Path) -> [String; 2] {
    let classes = "class\tword\npeople\tKing\npeople\tqueen\npeople\tman\npeople\twoman\ncities\tparis\ncities\trome\ncities\tlondon\n\
                   cities\tno-such-word\nlands\tfrance\nlands\titaly\nlands\t\n";
    let sets = ",category,outliers,words\n0,Royal,\"['Rome', 'no-such-word', '']\",\"['King', 'queen', 'prince']\"\n\
                1,Cities,\"['queen']\",\"['paris', 'rome', 'madrid']\"\n2,Unknown,\"['queen']\",\"['paris', 'no-such-word']\"\n";
    [("classes.tsv", classes), ("odd.csv", sets)].map(|(name, content)| {
        let path = folder.join(name);
        fs::write(&path, content).expect("the folder is there");
        path.to_str().expect("its name is text").to_owned()
    })
}

#[test]
fn evaluate_scores_categories_and_odd_ones() {
    let folder = tempfile::tempdir().unwrap();
    let [classes, sets] = small_tests(folder.path());
    let arguments = ["--categories", &classes, "--odd-one-out", &sets];
    let score = json("evaluate", &ENGLISH, &arguments);
    let categories = &score["categories"][0];
    assert_eq!(keys(categories), ["answered", "classes", "correct", "file", "purity", "total"]);
    assert_eq!(
        (&categories["classes"], &categories["answered"], &categories["total"]),
        (&3.into(), &9.into(), &10.into())
    );
    let purity = categories["correct"].as_f64().unwrap() / 9.0;
    assert!(
        purity >= 6.0 / 9.0 && (categories["purity"].as_f64().unwrap() - purity).abs() < 1e-6,
        "{categories}"
    );
    let odd = &score["odd_one_out"][0];
    assert_eq!(keys(odd), ["all", "file", "sections"]);
    let names: Vec<&str> =
        odd["sections"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Royal", "Cities", "Unknown"]);
    assert_eq!(odd["all"], serde_json::json!({"correct": 2, "answered": 2, "total": 4}));

    let tsv = ask("evaluate", &ENGLISH, &arguments);
    let model = ENGLISH.to_str().unwrap();
    assert!(
        tsv.contains(&format!("{model}\todd-one-out\t{sets}\tcosine\tall\t1.0000\t2\t2\t4\n")),
        "{tsv}"
    );
    // No question of the last section can be answered.
    assert!(
        tsv.contains(&format!("{model}\todd-one-out\t{sets}\tcosine\tUnknown\t\t0\t0\t1\n")),
        "{tsv}"
    );
    let heading = "model\ttest\tfile\tmeasure\tsection\tscore\tcorrect\tanswered\ttotal\n";
    assert!(
        tsv.starts_with(&format!("{heading}{model}\tcategories\t{classes}\tpurity\tall\t")),
        "{tsv}"
    );
    let text = ask("evaluate", &ENGLISH, &[&arguments[..], &["--format", "text"]].concat());
    assert!(
        text.contains("purity in 3 clusters: ") && text.contains("2 = 100.0 % (50.0 %)   2 / 4\n"),
        "{text}"
    );
}

#[test]
fn several_models_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let [classes, sets] = small_tests(folder.path());
    let vectors = folder.path().join("english.vec");
    eigenlex()
        .arg("export")
        .arg(&*ENGLISH)
        .arg(&vectors)
        .args(["-q", "--format", "word2vec"])
        .assert()
        .success();
    let [analogies, similarity] = ["english.analogies.txt", "english.similarity.tsv"]
        .map(|name| corpora(name).to_str().unwrap().to_owned());
    let tests = ["-a", &analogies, "-s", &similarity, "-c", &classes, "--odd-one-out", &sets];
    let second = vectors.to_str().unwrap();
    let arguments = [&[second], &tests[..]].concat();

    // One layout, whether there is one model or more: the records of one after those of the other.
    let tsv = ask("evaluate", &ENGLISH, &arguments);
    let single = ask("evaluate", &ENGLISH, &tests);
    assert!(tsv.starts_with(&single), "{tsv}");
    let rest: Vec<&str> =
        tsv[single.len()..].lines().map(|line| line.split_once('\t').unwrap().1).collect();
    // The exported file holds the same numbers, and so has the same scores.
    assert_eq!(
        rest,
        single.lines().skip(1).map(|line| line.split_once('\t').unwrap().1).collect::<Vec<_>>()
    );

    let text = ask("evaluate", &ENGLISH, &[&arguments[..], &["--format", "text"]].concat());
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].trim_start().starts_with(ENGLISH.to_str().unwrap()) && lines[0].ends_with(second),
        "{text}"
    );
    let headings = ["3CosAdd", "3CosMul", "Spearman x 100", "purity", "odd one out"];
    assert!(
        headings.iter().all(|heading| lines
            .iter()
            .filter(|line| line.ends_with(&format!(", {heading}")))
            .count()
            == 1),
        "{text}"
    );
    assert!(text.contains("100.0 % (50.0 %)  2 / 2 / 4   "), "{text}");

    let several = json("evaluate", &ENGLISH, &arguments);
    let models = several.as_array().unwrap();
    assert_eq!(models.len(), 2);
    assert_eq!(models[0]["categories"], models[1]["categories"]);
    assert_eq!(models[0], json("evaluate", &ENGLISH, &tests));
}

#[test]
fn words_of_a_test_are_looked_up_as_they_are_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("cased.vec"), "4 2\nParis 1 0\nparis 0 1\nRome 1 0.1\noven 0.1 1\n").unwrap();
    // `Paris` the city is near `Rome`; lower-cased it would be near `oven`.
    fs::write(path("odd.txt"), "Paris Rome OVEN\n").unwrap();
    let odd = path("odd.txt");
    let score = json("evaluate", &path("cased.vec"), &["--odd-one-out", odd.to_str().unwrap()]);
    assert_eq!(
        score["odd_one_out"][0]["all"],
        serde_json::json!({"correct": 1, "answered": 1, "total": 1})
    );
}

#[test]
fn the_odd_one_out_stands_first() {
    let tsv = ask("odd-one-out", &ENGLISH, &["king", "Queen", "rome", "prince"]);
    let lines: Vec<&str> = tsv.lines().collect();
    assert!(lines.len() == 5 && lines[1].starts_with("king Queen rome prince\trome\t"), "{tsv}");
    let means: Vec<f32> =
        lines[1..].iter().map(|line| line.split('\t').nth(2).unwrap().parse().unwrap()).collect();
    assert!(means.is_sorted(), "{tsv}");
    let answers = json("odd-one-out", &ENGLISH, &["king", "Queen", "rome", "prince"]);
    assert_eq!(keys(&answers[0]), ["similarity", "word"]);
    assert!(
        ask("odd-one-out", &ENGLISH, &["king", "queen", "rome", "--format", "text"])
            .starts_with("king queen rome\n  rome ")
    );
    let sets = "king queen prince rome\n\nparis\trome\tqueen\n";
    let assert =
        eigenlex().arg("odd-one-out").arg(&*ENGLISH).arg("-").write_stdin(sets).assert().success();
    let output = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let rows: Vec<Vec<&str>> = output.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[1][..2], ["king queen prince rome", "rome"]);
    assert_eq!(rows[5][..2], ["paris rome queen", "queen"]);
    eigenlex()
        .arg("odd-one-out")
        .arg(&*ENGLISH)
        .arg("-")
        .write_stdin("king queen\n")
        .assert()
        .code(4)
        .stdout("");
}

#[test]
fn every_command_has_help_and_the_exit_codes_are_in_it() {
    let codes = "Exit codes: 0 success, 1 run-time failure, 2 usage, 3 bad data, 4 word or answer not found, 5 out of disk or memory budget, 130";
    eigenlex().arg("--help").assert().success().stdout(predicate::function(|text: &str| {
        text.split_whitespace().collect::<Vec<_>>().join(" ").contains(codes)
    }));
    for command in [
        "embed",
        "phrases",
        "tokens",
        "math",
        "neighbors",
        "similarity",
        "odd-one-out",
        "evaluate",
        "info",
        "export",
    ] {
        eigenlex()
            .args([command, "--help"])
            .assert()
            .success()
            .stdout(predicate::str::contains("Usage: eigenlex"));
    }
    eigenlex().arg("--version").assert().success().stdout(predicate::str::starts_with("eigenlex "));
}

#[cfg(unix)]
#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let mut process = Process::new(env!("CARGO_BIN_EXE_eigenlex"))
        .arg("neighbors")
        .arg(&*ENGLISH)
        .args(["queen", "king", "rome", "--top", "100000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(16, process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains('\t'));
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
