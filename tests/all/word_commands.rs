//! The commands about words as a person or a script calls them: what is on standard output, in each
//! format.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command as Process, Stdio};

use predicates::prelude::*;
use serde_json::Value;

use crate::support::{ENGLISH, SPANISH, ask, cell, eigenlex, json, keys};

#[track_caller]
fn first_word(model: &Path, expression: &str, options: &[&str]) -> String {
    let answers = ask("math", model, &[&[expression, "--top", "1"], options].concat());
    cell(&answers, 1)
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
    fs::write(&list, "Oven\r\n\n  rome \nking\n").unwrap();
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
        .stderr(predicate::str::contains("none of its 1 words is in the vocabulary"));
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
        .code(4)
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
    let quotes = "`-` is not an expression\nhint: put quotes around an expression that contains \
        spaces: 'king - man + woman'";
    fails(&["math", "king", "-", "man", "+", "woman"], 2, quotes);
    let one = format!(
        "similarity compares pairs of words, and only one word is given\nhint: write `eigenlex \
         similarity {model} love WORD`"
    );
    fails(&["similarity", "love"], 2, &one);
    let chain = format!(
        "`{model}` is a model, but a chain of time slices is needed here\nhint: join models of \
         time slices with `eigenlex align --chain MODEL MODEL -o CHAIN`"
    );
    fails(&["drift", "b.model"], 3, &chain);
    let map = format!(
        "`{model}` is a model, but a map of two languages is needed here\nhint: align two models \
         with `eigenlex align MODEL MODEL --unsupervised -o MAP`, or with a dictionary"
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
        "error: `{}` is a file of word vectors, but a model is needed here\nhint: make a model of \
         your texts with `eigenlex embed TEXTS -o MODEL`\n",
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
