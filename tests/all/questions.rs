//! Questions as people write them: parentheses, printed minus signs, missing quotes and spaces,
//! words that a tokenizer would change, and sessions of questions.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{ENGLISH, ask, cell, eigenlex_in, json};

/// Unit vectors at right angles and between, so that answers can be worked out by hand.
const VECTORS: &str = "7 3\nking 1 0 1\nman 1 0 0\nwoman 0 1 0\nqueen 0 1 1\nc 0 0 1\nc++ 1 1 0\n\
                       tree 0 0 -1\n";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("v.vec"), VECTORS).unwrap();
    folder
}

/// Standard output and error of a command with an exit code.
#[track_caller]
fn says(folder: &Path, line: &[&str], code: i32) -> [String; 2] {
    let assert = eigenlex_in(folder).args(line).write_stdin("").assert().code(code);
    let output = assert.get_output();
    [&output.stdout, &output.stderr].map(|it| String::from_utf8(it.clone()).unwrap())
}

#[test]
fn every_way_to_write_a_sum_has_the_same_answers() {
    let answers = |text: &str, method: &str| -> Vec<String> {
        let table = ask("math", &ENGLISH, &[text, "--method", method, "--top", "5"]);
        table.lines().skip(1).map(|row| row.split_once('\t').unwrap().1.to_owned()).collect()
    };
    for method in ["add", "mul"] {
        let plain = answers("king - man + woman", method);
        for text in [
            "king - (man - woman)",
            "king \u{2212} man + woman",
            "king \u{2013} man + woman",
            "-(man - king) + woman",
            "man : king :: woman : ?",
            "1*(king - man) + woman",
        ] {
            let mut found = answers(text, method);
            let mut expected = plain.clone();
            // The order of the terms is that of the sum, so the last digit may differ.
            let rounded = |it: &mut String| it.truncate(it.len() - 2);
            found.iter_mut().for_each(rounded);
            expected.iter_mut().for_each(rounded);
            assert_eq!(found, expected, "{text}");
        }
        assert_ne!(answers("king - man - woman", method), plain);
    }
    assert_eq!(cell(&ask("math", &ENGLISH, &["-man + king + woman", "-k1"]), 1), "queen");
    assert_eq!(
        answers("2*(king - man)", "add"),
        answers("king*2 - 2 * man", "add"),
        "factors of parentheses"
    );
}

#[test]
fn terms_that_cancel_are_refused_by_every_method() {
    for method in ["add", "mul"] {
        let folder = folder();
        let [stdout, stderr] =
            says(folder.path(), &["math", "v.vec", "king - king", "-m", method], 4);
        assert_eq!(stdout, "");
        assert_eq!(stderr, "error: nothing found for `king - king`: its terms cancel each other\n");
    }
}

#[test]
fn an_expression_without_quotes_is_refused_before_anything_is_answered() {
    let folder = folder();
    for (line, piece) in [
        ("king - man + woman", "-"),
        ("king + man", "+"),
        ("-man + king", "+"),
        ("king -man", "-man"),
        ("king \u{2212} man", "\u{2212}"),
        ("man : king :: woman : ?", ":"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let [stdout, stderr] = says(folder.path(), &[&["math", "v.vec"], &words[..]].concat(), 2);
        assert_eq!(stdout, "", "{line}");
        assert_eq!(
            stderr,
            format!(
                "error: `{piece}` is not an expression\nhint: put quotes around an expression that \
                 contains spaces: '{line}'\n"
            )
        );
    }
    let [stdout, stderr] = says(folder.path(), &["math", "v.vec", "man", "(king", "-k1"], 2);
    assert_eq!(stdout, "");
    let expected = "error: cannot read the expression `(king` at character 6: expected `)`\n";
    assert!(stderr.starts_with(expected), "{stderr}");
}

#[test]
fn missing_spaces_are_pointed_out_unless_it_is_a_word() {
    let folder = folder();
    let [_, stderr] = says(folder.path(), &["math", "v.vec", "king-man+woman"], 4);
    assert_eq!(
        stderr,
        "error: the word `king-man+woman` is not in the vocabulary\nhint: to compute with the \
         words in it, put spaces: `king - man + woman`\n"
    );
    says(folder.path(), &["math", "v.vec", "c++"], 0);
    let vectors = format!("{}king-man 1 1 1\n", VECTORS.replace("7 3", "8 3"));
    fs::write(folder.path().join("v.vec"), vectors).unwrap();
    says(folder.path(), &["math", "v.vec", "king-man"], 0);
}

#[test]
fn a_word_is_not_answered_as_another_that_lacks_its_signs() {
    let folder = folder();
    let unknown = |word: &str, hint: &str| {
        for line in [["neighbors", word].as_slice(), &["math", word], &["similarity", word, "king"]]
        {
            let line = [&line[..1], &["v.vec"], &line[1..]].concat();
            let [stdout, stderr] = says(folder.path(), &line, 4);
            assert_eq!(stdout, "");
            let message = format!("error: the word `{word}` is not in the vocabulary\n{hint}");
            assert_eq!(stderr, message, "{line:?}");
        }
    };
    unknown("C#", "hint: did you mean `c`?\n");
    unknown("king++", "hint: did you mean `king`?\n");
    unknown("@queen", "hint: did you mean `queen`?\n");
    // Where the vocabulary has the signs, case is no hindrance.
    let [stdout, stderr] = says(folder.path(), &["neighbors", "v.vec", "C++", "-k1"], 0);
    assert!(stdout.contains("C++\t") && stderr.is_empty(), "{stdout}{stderr}");
}

#[test]
fn a_word_that_is_read_without_its_punctuation_is_reported() {
    let folder = folder();
    for line in [
        ["neighbors", "v.vec", "\u{201C}king\u{201D}"].as_slice(),
        &["math", "v.vec", "'\u{201C}king\u{201D}' - man"],
        &["similarity", "v.vec", "\u{201C}king\u{201D}", "man"],
        &["odd-one-out", "v.vec", "\u{201C}king\u{201D}", "man", "queen"],
    ] {
        let [stdout, stderr] = says(folder.path(), line, 0);
        assert_eq!(stderr, "`\u{201C}king\u{201D}` is read as `king`\n", "{line:?}");
        assert!(!stdout.is_empty());
        let quiet = [line, &["-q"]].concat();
        assert_eq!(says(folder.path(), &quiet, 0)[1], "");
    }
    assert_eq!(says(folder.path(), &["neighbors", "v.vec", "KING"], 0)[1], "");
}

#[test]
fn answers_are_limited_to_words_and_never_those_excluded() {
    let folder = folder();
    let words = |options: &[&str]| -> Vec<String> {
        let [table, _] =
            says(folder.path(), &[&["neighbors", "v.vec", "king"], options].concat(), 0);
        let mut words: Vec<String> =
            table.lines().skip(1).map(|row| row.split('\t').nth(1).unwrap().to_owned()).collect();
        words.sort_unstable();
        words
    };
    assert_eq!(words(&["--restrict-to", "queen,Man,c++"]), ["c++", "man", "queen"]);
    assert_eq!(words(&["--exclude", "queen,c,c++"]), ["man", "tree", "woman"]);
    fs::write(folder.path().join("list"), "queen\nman\nc\n").unwrap();
    assert_eq!(words(&["--restrict-to", "list"]), ["c", "man", "queen"]);
    assert_eq!(words(&["--restrict-to", "list", "--exclude", "c"]), ["man", "queen"]);
    let line = ["neighbors", "v.vec", "king", "--restrict-to", "queen", "--exclude", "list"];
    let [stdout, stderr] = says(folder.path(), &line, 4);
    assert_eq!(stdout, "");
    assert_eq!(
        stderr,
        "error: nothing found for `king`: no other word is left by --restrict-to and \
         --exclude\n"
    );
    let line = ["neighbors", "v.vec", "king", "--restrict-to", "no-such"];
    let [_, stderr] = says(folder.path(), &line, 4);
    let reason = "it is no file, and not in the vocabulary";
    assert_eq!(stderr, format!("error: nothing found for `no-such`: {reason}\n"));
    let [_, stderr] = says(folder.path(), &["neighbors", "v.vec", "king", "--exclude", "x,y"], 0);
    assert_eq!(
        stderr,
        "warning: `--exclude x,y` excludes nothing: none of its 2 words is in the vocabulary\n"
    );
    let line = ["neighbors", "v.vec", "king", "--exclude", "no/such.txt"];
    let [_, stderr] = says(folder.path(), &line, 1);
    assert!(stderr.starts_with("error: cannot read `no/such.txt`"), "{stderr}");
}

#[test]
fn a_very_long_word_is_shortened_in_messages() {
    let folder = folder();
    let word = "ab".repeat(40_000);
    for line in [
        ["neighbors", "v.vec", &word].as_slice(),
        &["neighbors", "v.vec", &word, "king"],
        &["math", "v.vec", &word],
        &["math", "v.vec", &format!("({word}")],
        &["math", "v.vec", &format!("king - {word}")],
        &["similarity", "v.vec", &word, "king"],
        &["odd-one-out", "v.vec", &word, "king", "man"],
    ] {
        let code = if line[2].starts_with('(') { 2 } else { 4 };
        let [_, stderr] = says(folder.path(), line, code);
        assert!(
            stderr.contains(" ... ") && stderr.contains("characters)`") && stderr.len() < 1200,
            "{stderr}"
        );
    }
}

#[test]
fn a_session_answers_line_by_line() {
    let folder = folder();
    let session = |lines: &str, code: i32| {
        let mut command = eigenlex_in(folder.path());
        let assert = command.args(["repl", "v.vec", "-k", "1"]).write_stdin(lines).assert();
        let output = assert.code(code).get_output().clone();
        [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap())
    };
    let lines = "king - man + woman\n\n:neighbors queen\nqueen\n:similarity king man\n\
                 :top 2\nqueen\n:method add\n2*(king - man)\n:odd-one-out king queen tree\n\
                 :quit\nx\n";
    let [stdout, stderr] = session(lines, 0);
    assert_eq!(stderr, "");
    let rows: Vec<Vec<&str>> = stdout.lines().map(|row| row.split('\t').collect()).collect();
    let pairs: Vec<(&str, &str)> = rows.iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(
        pairs[..5],
        [
            ("query", "word"),
            ("king - man + woman", "queen"),
            ("queen", "woman"),
            ("queen", "woman"),
            ("king", "man"),
        ]
    );
    assert_eq!(rows[4][2], "0.707107");
    assert_eq!(pairs[5..7].iter().map(|it| it.0).collect::<Vec<_>>(), ["queen", "queen"]);
    assert_eq!(pairs[7..9], [("2*(king - man)", "c"), ("2*(king - man)", "queen")]);
    assert_eq!(pairs[9], ("king queen tree", "tree"));
    assert_eq!(rows.len(), 12);

    let [stdout, stderr] = session("nobody\n:similarity king\n:nosuch\nking\n:top 0\n(king\n", 4);
    assert_eq!(stdout.lines().count(), 2);
    for message in [
        "warning: no answer to `nobody`: the word `nobody` is not in the vocabulary\n",
        "cannot read what follows `:similarity`\nhint: write it as `:similarity WORD WORD`\n",
        "there is no command `:nosuch`\nhint: `:help` lists the commands",
        "cannot read `:top 0`\nhint: write it as `:top 10`\n",
        "cannot read the expression `(king` at character 6: expected `)`\n",
        "error: 5 of 6 queries have no answer: `nobody`, ",
    ] {
        assert!(stderr.contains(message), "{message}\n{stderr}");
    }
    // No table holds the list.
    let [stdout, stderr] = session(":help\n", 0);
    assert_eq!(stdout, "");
    assert!(stderr.contains(":similarity WORD WORD ") && stderr.lines().count() == 8, "{stderr}");
}

#[test]
fn a_question_of_json_has_the_answers_of_an_analogy() {
    let answers = json("math", &ENGLISH, &["man : king :: woman : ?", "--top", "1"]);
    assert_eq!(answers[0]["word"], "queen");
}

#[test]
fn a_text_that_is_asked_about_without_its_signs_says_so() {
    let model = ENGLISH.to_str().unwrap();
    let [stdout, stderr] =
        says(Path::new("."), &["complete", model, "queen++ and king, #throne"], 0);
    assert!(!stdout.is_empty());
    assert_eq!(stderr, "`queen++` is read as `queen`\n`#throne` is read as `throne`\n");
}

#[test]
fn documents_without_a_known_word_have_no_clusters() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("unknown.txt"), "zzzz\nyyyy\n").unwrap();
    let model = ENGLISH.to_str().unwrap();
    let line = ["cluster", model, "-n", "1", "--in", "unknown.txt"];
    let [stdout, stderr] = says(folder.path(), &line, 4);
    assert_eq!(stdout, "");
    let message = "error: nothing found for `unknown.txt`: no document has a word that the model \
                   knows\n";
    assert!(stderr.ends_with(message), "{stderr}");
}
