//! Queries that go wrong on their way in: bytes that are no text, misplaced signs, lists with
//! unknown words, numbers without an operator, and what a session prints where it has no answer.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::eigenlex_in;

/// As in `questions`: unit vectors at right angles and between.
const VECTORS: &str = "5 3\nking 1 0 1\nman 1 0 0\nwoman 0 1 0\nqueen 0 1 1\ntree 0 0 -1\n";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("v.vec"), VECTORS).unwrap();
    folder
}

/// Standard output and error of a command with an exit code.
#[track_caller]
fn says(folder: &Path, line: &[&str], input: &[u8], code: i32) -> [String; 2] {
    let assert = eigenlex_in(folder).args(line).write_stdin(input).assert().code(code);
    let output = assert.get_output();
    [&output.stdout, &output.stderr].map(|it| String::from_utf8(it.clone()).unwrap())
}

#[test]
fn a_large_factor_of_the_whole_sum_changes_no_answer() {
    let folder = folder();
    let rows = |text: &str| -> Vec<String> {
        let [table, _] = says(folder.path(), &["math", "v.vec", text], b"", 0);
        table.lines().skip(1).map(|row| row.split_once('\t').unwrap().1.to_owned()).collect()
    };
    let plain = rows("king - man");
    assert_eq!(plain.len(), 3);
    for text in ["256*king - 256*man", "(king - man)*1e300", "1e-9*king - 1e-9*man"] {
        assert_eq!(rows(text), plain, "{text}");
    }
}

#[test]
fn a_word_of_a_list_that_is_unknown_is_named() {
    let folder = folder();
    let told = |options: &[&str]| {
        says(folder.path(), &[&["neighbors", "v.vec", "king"], options].concat(), b"", 0)[1].clone()
    };
    assert_eq!(
        told(&["--restrict-to", "queen,kingg"]),
        "warning: `--restrict-to`: 1 of 2 words is not in the vocabulary: `kingg`\n"
    );
    assert_eq!(
        told(&["--exclude", "queen,kingg,x"]),
        "warning: `--exclude`: 2 of 3 words are not in the vocabulary: `kingg`, `x`\n"
    );
    assert_eq!(told(&["--restrict-to", "queen", "--exclude", "man"]), "");
}

#[test]
fn standard_input_beside_other_expressions_is_refused_as_a_missing_quote() {
    let folder = folder();
    for line in ["- man", "king -", "king - man"] {
        let words: Vec<&str> = line.split(' ').collect();
        let line_given = [&["math", "v.vec"], &words[..]].concat();
        let [stdout, stderr] = says(folder.path(), &line_given, b"king\n", 2);
        assert_eq!(stdout, "");
        let hint = format!("put quotes around an expression that contains spaces: '{line}'");
        assert_eq!(stderr, format!("error: `-` is not an expression\nhint: {hint}\n"));
    }
    let [_, stderr] = says(folder.path(), &["math", "v.vec", "+"], b"", 2);
    let hint = "a word that is a sign needs quotes of its own: '\"+\"'";
    assert_eq!(stderr, format!("error: `+` is not an expression\nhint: {hint}\n"));
}

#[test]
fn a_line_that_is_no_text_is_a_query_without_an_answer() {
    let folder = folder();
    let input = b"\xEF\xBB\xBFking\ncaf\xE9\nqueen\0\n\nman\n";
    let line = ["neighbors", "v.vec", "-", "-k1"];
    let [stdout, stderr] = says(folder.path(), &line, input, 4);
    let queries: Vec<&str> = stdout.lines().map(|row| row.split('\t').next().unwrap()).collect();
    assert_eq!(queries, ["query", "king", "man"]);
    for message in [
        "`-`, line 2: found the byte 0xE9 in place 4, expected a line of UTF-8\n",
        "`-`, line 3: found a NUL character, expected a line of text\n",
        "error: 2 of 4 queries have no answer: ",
    ] {
        assert!(stderr.contains(message), "{message}{stderr}");
    }
    for command in ["neighbors", "math", "repl"] {
        let query: &[&str] = if command == "repl" { &[] } else { &["-"] };
        let json = [&[command, "v.vec"], query, &["--format", "json"]].concat();
        let [stdout, _] = says(folder.path(), &json, input, 4);
        let is_null: Vec<bool> = stdout.lines().map(|line| line == "null").collect();
        assert_eq!(is_null, [false, true, true, true, false], "{command}");
        let stops = [&[command, "v.vec"], query, &["--unknown", "error"]].concat();
        let [stdout, stderr] = says(folder.path(), &stops, input, 3);
        assert_eq!(stdout.lines().filter(|row| row.starts_with("king\t")).count(), 4);
        assert!(stderr.starts_with("error: `-`, line 2: found the byte 0xE9"), "{stderr}");
    }
}

#[test]
fn a_session_in_json_has_a_line_for_each_line() {
    let folder = folder();
    let line = ["repl", "v.vec", "--format", "json"];
    let [stdout, stderr] = says(folder.path(), &line, b"king\n\n:top 1\nnobody\n:help\nking\n", 4);
    let lengths: Vec<Option<usize>> = stdout
        .lines()
        .map(|line| serde_json::from_str::<Option<Vec<serde_json::Value>>>(line).unwrap())
        .map(|answers| answers.map(|it| it.len()))
        .collect();
    assert_eq!(lengths, [Some(4), None, None, None, None, Some(1)]);
    assert!(stderr.contains(":odd-one-out WORD WORD WORD..."), "{stderr}");
    let [stdout, _] = says(folder.path(), &["repl", "v.vec", "--format", "text"], b":help\n", 0);
    assert!(stdout.contains(":odd-one-out WORD WORD WORD..."), "{stdout}");
    // Without an answer there is no empty one before the null.
    let alone = [&line[..], &["--restrict-to", "king"]].concat();
    assert_eq!(says(folder.path(), &alone, b"king\n", 4)[0], "null\n");
}

#[test]
fn a_limit_is_named_where_it_may_hide_the_answer() {
    let folder = folder();
    let [_, stderr] = says(folder.path(), &["neighbors", "v.vec", "queen", "--limit", "2"], b"", 4);
    assert_eq!(
        stderr,
        "error: the word `queen` is not in the vocabulary\nhint: only the first 2 rows were read \
         (--limit)\n"
    );
    let one = ["neighbors", "v.vec", "king", "--limit", "1"];
    let reason = "no other word is in the rows that --limit 1 reads";
    let [_, stderr] = says(folder.path(), &one, b"", 4);
    assert_eq!(stderr, format!("error: nothing found for `king`: {reason}\n"));
    fs::write(folder.path().join("one.vec"), "1 1\nking 1\n").unwrap();
    let [_, stderr] = says(folder.path(), &["neighbors", "one.vec", "king"], b"", 4);
    let reason = "no other word is in the vocabulary";
    assert_eq!(stderr, format!("error: nothing found for `king`: {reason}\n"));
}

#[test]
fn a_vector_file_without_ngrams_guesses_nothing_and_says_what_does() {
    let folder = folder();
    let line = ["neighbors", "v.vec", "king", "--unknown", "spelling"];
    let [_, stderr] = says(folder.path(), &line, b"", 3);
    assert_eq!(
        stderr,
        "error: `v.vec` has no n-grams to guess unknown words from\nhint: a .bin of fastText has \
         them, and a model that `embed` made of windows\n"
    );
}

#[test]
fn numbers_and_words_without_a_space_or_a_sign_are_pointed_out() {
    let folder = folder();
    for (text, code, hint) in [
        ("king/2", 4, "to compute with the words in it, put spaces: `king / 2`"),
        ("0,5*king", 4, "to compute with the words in it, put spaces: `0.5*king`"),
        ("3 king", 2, "at character 3: expected `*`, `+` or `-`"),
        ("2 (king)", 2, "at character 3: expected `*`, `+` or `-`"),
    ] {
        let [stdout, stderr] = says(folder.path(), &["math", "v.vec", text], b"", code);
        assert_eq!(stdout, "");
        assert!(stderr.contains(hint), "{stderr}");
    }
}

#[test]
fn a_misspelt_value_of_a_short_option_is_no_expression() {
    let folder = folder();
    for (option, value) in [("-mmax", "max"), ("-m=max", "max"), ("-k1o", "1o")] {
        let [stdout, stderr] = says(folder.path(), &["math", "v.vec", option, "king"], b"", 2);
        assert_eq!(stdout, "");
        let message = format!("error: invalid value '{value}' for '--");
        assert!(stderr.starts_with(&message), "{stderr}");
    }
}

#[test]
fn word_math_among_words_is_refused_before_anything_is_answered() {
    let folder = folder();
    for command in ["neighbors", "odd-one-out", "similarity"] {
        for pieces in ["king + man + woman", "king - man + woman", "king - man * woman"] {
            let words: Vec<&str> = pieces.split(' ').collect();
            let mut line = [&[command, "v.vec"], &words[..]].concat();
            if command == "similarity" {
                line.push("tree");
            }
            let [stdout, stderr] = says(folder.path(), &line, b"king\n", 2);
            assert_eq!(stdout, "");
            let whole = line[2..].join(" ");
            let sign = words[1];
            assert_eq!(
                stderr,
                format!(
                    "error: `{sign}` between words is not a word\nhint: word math is `eigenlex \
                     math v.vec '{whole}'`, in quotes\n"
                )
            );
        }
    }
    let whole = "king - man + woman";
    let [_, stderr] = says(folder.path(), &["neighbors", "v.vec", whole], b"", 4);
    assert!(stderr.contains(&format!("word math is `eigenlex math MODEL '{whole}'`")), "{stderr}");
    // Standard input may follow other words, and a sign may be a word.
    let [stdout, _] = says(folder.path(), &["neighbors", "v.vec", "king", "-"], b"man\n", 0);
    assert!(stdout.contains("king\t") && stdout.contains("man\t"), "{stdout}");
    fs::write(folder.path().join("s.vec"), "king 1 0\n+ 1 1\nman 0 1\n").unwrap();
    let [stdout, _] = says(folder.path(), &["neighbors", "s.vec", "king", "+", "man"], b"", 0);
    assert!(stdout.contains("\n+\t"), "{stdout}");
    fs::write(folder.path().join("m.vec"), "king 1 0\n- 1 1\nman 0 1\n").unwrap();
    says(folder.path(), &["odd-one-out", "m.vec", "king", "-", "man"], b"", 0);
    says(folder.path(), &["neighbors", "m.vec", "king", "-", "man"], b"", 2);
}

#[test]
fn words_in_quotes_may_have_spaces_wherever_lines_are_lists() {
    let folder = folder();
    fs::write(folder.path().join("v.words.txt"), "king\nnew york\nqueen\nman\n").unwrap();
    let rows: Vec<u8> = [[1f32, 0.0], [0.0, 1.0], [1.0, 0.5], [1.0, 0.25]]
        .iter()
        .flatten()
        .flat_map(|it| it.to_le_bytes())
        .collect();
    let mut header = b"\x93NUMPY\x01\0".to_vec();
    let description = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }";
    header.extend((description.len() as u16 + 1).to_le_bytes());
    header.extend(format!("{description}\n").bytes());
    fs::write(folder.path().join("v.npy"), [header, rows].concat()).unwrap();
    let ask =
        |line: &[&str], input: &str| says(folder.path(), line, input.as_bytes(), 0)[0].clone();
    let repl = |input: &str| ask(&["repl", "v.npy"], input);
    let odd = |table: String| table.lines().nth(1).unwrap().split('\t').nth(1).unwrap().to_owned();
    assert_eq!(odd(repl(":odd-one-out \"new york\" king queen\n")), "new york");
    assert_eq!(odd(ask(&["odd-one-out", "v.npy", "-"], "king 'new york' queen\n")), "new york");
    assert_eq!(odd(repl(":neighbors \"new york\"\n")), "queen");
    for line in ["\"new york\" king", "new york\tking"] {
        let cosine = |table: String| table.lines().nth(1).unwrap().ends_with("\t0.000000");
        assert!(cosine(repl(&format!(":similarity {line}\n"))), "{line}");
        assert!(cosine(ask(&["similarity", "v.npy", "-"], &format!("{line}\n"))), "{line}");
    }
}
