//! Phrases and tokens from the command line: lists, models that know their phrases, the token
//! stream, and what is refused.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use eigenlex::corpus::DocumentUnit;
use eigenlex::tokenize::{TokenEvent, Tokens};
use eigenlex::{Corpus, MemoryBudget, Model};
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

/// Three ways to speak of New York and one of another city, thirty times each, in a hundred and
/// twenty lines.
///
/// `new york` stands there 60 times, with 90 `new` and 60 `york` among 17 * 30 = 510 pairs: ln(60 *
/// 510 / 5400) / ln(8.5) = 0.81. `york city` stands there 30 times, with 60 `york` and 60 `city`:
/// ln(30 * 510 / 3600) / ln(17) = 0.51, but always within `new york city`.
fn text() -> String {
    (0..30)
        .map(|number| {
            let person = format!("p{}", number % 15);
            format!(
                "{person} lives in New York City\n{person} saw New York now\n{person} left the \
                City, now\nHere {person} is new now\n"
            )
        })
        .collect()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("text"), text()).expect("room on the disk");
    folder
}

fn eigenlex(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder);
    command
}

/// Runs a command line that succeeds in silence, and returns its standard output.
#[track_caller]
fn ask(folder: &Path, line: &[&str]) -> String {
    let assert = eigenlex(folder).args(line).assert().success().stderr("");
    String::from_utf8(assert.get_output().stdout.clone()).expect("standard output is UTF-8")
}

/// Runs a command line that fails and leaves nothing behind.
#[track_caller]
fn fails(folder: &Path, line: &[&str], code: i32, says: &str) {
    let count = |folder: &Path| fs::read_dir(folder).expect("the folder is there").count();
    let before = count(folder);
    let says = predicate::str::starts_with(format!("error: {says}"));
    eigenlex(folder).args(line).assert().code(code).stdout("").stderr(says);
    assert_eq!(count(folder), before, "something was left behind by {line:?}");
}

const EMBED: [&str; 9] =
    ["embed", "text", "--dim", "5", "--phrases", "2", "--phrase-threshold", "0.4", "-q"];

#[test]
fn phrases_are_listed_the_best_first() {
    let folder = folder();
    let list = ask(folder.path(), &["phrases", "text"]);
    assert!(list.starts_with("phrase\tcount\tscore\tpass\n"), "{list}");
    let lines: Vec<Vec<&str>> =
        list.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert!(lines.iter().all(|line| line.len() == 4));
    assert!(
        lines.is_sorted_by(|a, b| a[2].parse::<f64>().unwrap() >= b[2].parse::<f64>().unwrap())
    );
    let new_york = lines.iter().find(|line| line[0] == "new_york").unwrap();
    assert_eq!(new_york[1], "60");
    assert!(
        (new_york[2].parse::<f64>().unwrap() - (60.0f64 * 510.0 / 5400.0).ln() / 8.5f64.ln()).abs()
            < 1e-6,
        "{new_york:?}"
    );

    let json: Value =
        serde_json::from_str(&ask(folder.path(), &["phrases", "text", "--format", "json"]))
            .unwrap();
    let json = json.as_array().unwrap();
    assert_eq!(json.len(), lines.len());
    let mut keys: Vec<&str> = json[0].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["count", "left", "pass", "phrase", "right", "score"]);
    let text = ask(folder.path(), &["phrases", "text", "--format", "text"]);
    assert!(
        predicate::str::is_match("(?m)^new_york +60 +0\\.8105$").unwrap().eval(&text),
        "{text}"
    );
}

#[test]
fn a_second_pass_finds_longer_ones_and_a_better_phrase_takes_its_words() {
    let folder = folder();
    let list =
        ask(folder.path(), &["phrases", "text", "--passes", "2", "--phrase-threshold", "0.4"]);
    let words: Vec<&str> =
        list.lines().skip(1).map(|line| line.split('\t').next().unwrap()).collect();
    let twos = ["left_the", "lives_in", "new_york", "city_now", "is_new"];
    assert_eq!(
        words,
        [&twos[..], &["left_the_city_now", "is_new_now", "lives_in_new_york", "saw_new_york"]]
            .concat()
    );
    let joined = ask(folder.path(), &["phrases", "text", "--phrase-delimiter", "+"]);
    assert!(joined.contains("new+york\t60\t"), "{joined}");
}

#[test]
fn the_g_test_asks_for_more_than_chance() {
    let folder = folder();
    let list = |options: &[&str]| {
        ask(folder.path(), &[&["phrases", "text", "--phrase-score", "g-test"], options].concat())
    };
    assert!(list(&[]).contains("new_york\t60\t"));
    // Of 100 pairs all of which are independent nothing is found, whatever the count.
    let independent: String = ["a a\n", "a b\n", "b a\n", "b b\n"].concat().repeat(25);
    fs::write(folder.path().join("text"), independent).unwrap();
    let nothing = "phrase\tcount\tscore\tpass\n";
    assert_eq!(list(&["--phrase-threshold", "1"]), nothing);
    assert_eq!(ask(folder.path(), &["phrases", "text"]), nothing);
    assert_eq!(ask(folder.path(), &["phrases", "text", "--format", "json"]), "[]\n");
}

#[test]
fn phrases_are_the_same_on_any_number_of_threads() {
    let folder = folder();
    let run = |threads: &str| {
        let model = folder.path().join(threads);
        ask(folder.path(), &[&EMBED[..], &["-t", threads, "-o", threads]].concat());
        let digest = Model::open_provenance(&model).unwrap().digest;
        let listed = ask(
            folder.path(),
            &["phrases", "text", "--passes", "3", "--phrase-score", "g-test", "-t", threads],
        );
        (
            digest,
            fs::read(model.join("phrases.tsv")).unwrap(),
            fs::read(model.join("vocab.tsv")).unwrap(),
            listed,
        )
    };
    let single = run("1");
    for threads in ["2", "3", "8"] {
        assert!(run(threads) == single, "{threads} threads");
    }
}

#[test]
fn a_model_knows_its_phrases() {
    let folder = folder();
    let path = folder.path();
    ask(path, &[&EMBED[..], &["-o", "model"]].concat());
    let table = fs::read_to_string(path.join("model/phrases.tsv")).unwrap();
    assert!(
        table.starts_with("phrase\tcount\tscore\tpass\tleft\tright\n")
            && table.contains("\t1\tnew\tyork\n"),
        "{table}"
    );

    // As an ordinary word, and as a person would write it.
    let answers = ask(path, &["neighbors", "model", "saw_new_york", "--top", "3"]);
    assert!(!answers.is_empty());
    assert_eq!(
        ask(path, &["neighbors", "model", "Saw New York", "--top", "3"])
            .replace("Saw New York", "saw_new_york"),
        answers
    );
    assert!(!ask(path, &["math", "model", "'saw new york' + p1", "--top", "1"]).is_empty());
    eigenlex(path).args(["neighbors", "model", "york"]).assert().code(4);
}

#[test]
fn a_model_joins_its_phrases_in_another_text() {
    let folder = folder();
    let path = folder.path();
    ask(path, &[&EMBED[..], &["-o", "model"]].concat());
    // Across the lines of a paragraph.
    fs::write(path.join("other"), "she saw New\nYork now\n\nnew city\n").unwrap();
    let model = Model::open(path.join("model")).unwrap();
    let corpus =
        Corpus::options().unit(DocumentUnit::Paragraph).open([path.join("other")]).unwrap();
    let tokens = Tokens::read(&corpus, &model.tokenizer, MemoryBudget::default(), &()).unwrap();
    let write = |text: &mut String, event: TokenEvent<'_>| {
        match event {
            TokenEvent::Token(token) => text.push_str(&format!("{token} ")),
            TokenEvent::EndOfDocument => text.push('|'),
        }
        Ok::<(), eigenlex::Error>(())
    };
    let (mut read, mut streamed) = (String::new(), String::new());
    tokens.for_each_event(|event| write(&mut read, event)).unwrap();
    eigenlex::tokenize::stream(&corpus, &model.tokenizer, &(), |event| write(&mut streamed, event))
        .unwrap();
    assert_eq!((read.as_str(), read.clone()), ("she saw_new_york now |new city |", streamed));
}

#[test]
fn info_lists_the_phrases_of_a_model() {
    let folder = folder();
    let path = folder.path();
    ask(path, &[&EMBED[..], &["-o", "model"]].concat());
    let table = fs::read_to_string(path.join("model/phrases.tsv")).unwrap();
    let info: Value =
        serde_json::from_str(&ask(path, &["info", "model", "--format", "json"])).unwrap();
    assert_eq!(info["n_phrases"].as_u64().unwrap(), table.lines().count() as u64 - 1);
    assert!(info["phrases"][0]["phrase"].is_string());
    assert_eq!(info["config"]["phrases"]["score"]["npmi"]["threshold"].as_f64(), Some(0.4));
    let text = ask(path, &["info", "model", "--format", "text"]);
    assert!(
        predicate::str::is_match(
            "(?m)^phrases   [0-9]+ in 2 passes \\(NPMI >= 0.4, count >= 10\\): "
        )
        .unwrap()
        .eval(&text),
        "{text}"
    );
    assert!(ask(path, &["info", "model"]).contains("\nn_phrases\t"));

    // It is a model like others: it can be replaced, and by one without phrases.
    ask(path, &["embed", "text", "--dim", "5", "-q", "--force", "-o", "model"]);
    assert!(!path.join("model/phrases.tsv").exists());
    assert!(!ask(path, &["neighbors", "model", "york"]).is_empty());
    assert!(!ask(path, &["info", "model", "--format", "text"]).contains("phrases"));
}

#[test]
fn a_model_whose_phrases_are_damaged_is_refused() {
    let folder = folder();
    let path = folder.path();
    ask(path, &[&EMBED[..], &["-o", "model"]].concat());
    let table = fs::read_to_string(path.join("model/phrases.tsv")).unwrap();
    fs::write(path.join("model/phrases.tsv"), table.replacen("\t1\t", "\tone\t", 1)).unwrap();
    for command in [&["neighbors", "model", "city"][..], &["info", "model"]] {
        fails(path, command, 3, "`model/phrases.tsv`, line 2: found `");
    }
    fs::remove_file(path.join("model/phrases.tsv")).unwrap();
    fails(path, &["math", "model", "city"], 1, "cannot read `model/phrases.tsv`: ");
}

#[test]
fn phrases_that_make_no_sense_are_refused() {
    let folder = folder();
    let path = folder.path();
    let refused = |options: &[&str], says: &str| {
        fails(path, &[&["embed", "text", "-o", "model"], options].concat(), 2, says);
    };
    refused(&["--phrases", "0"], "phrases is 0, expected a number of passes from 1 to 10\n");
    refused(&["--phrases=11"], "phrases is 11, expected a number of passes from 1 to 10\n");
    refused(
        &["--phrases", "--phrase-threshold", "1.5"],
        "phrase_threshold is 1.5, expected a number from -1 to 1 (normalised PMI)\n",
    );
    refused(
        &["--phrases", "--phrase-threshold", "-1.5"],
        "phrase_threshold is -1.5, expected a number from -1 to 1",
    );
    refused(
        &["--phrases", "--phrase-score", "g-test", "--phrase-threshold", "0"],
        "phrase_threshold is 0, expected a number above 0 and at most 1 (a corrected p-value)\n",
    );
    refused(
        &["--phrases", "--phrase-min-count", "0"],
        "phrase_min_count is 0, expected at least 1\n",
    );
    refused(
        &["--phrases", "--phrase-delimiter", "a b"],
        "phrase_delimiter is `a b`, expected text without white space\n",
    );
    refused(
        &["--phrases", "--phrase-score", "pmi"],
        "invalid value 'pmi' for '--phrase-score <SCORE>'",
    );
}

#[test]
fn options_of_phrases_are_refused_without_phrases() {
    let folder = folder();
    let path = folder.path();
    let refused = |options: &[&str], says: &str| {
        fails(path, &[&["embed", "text", "-o", "model"], options].concat(), 2, says);
    };
    refused(
        &["--phrase-score", "g-test"],
        "`--phrase-score` has no effect: phrases are not asked for\nhint: leave out \
         `--phrase-score`, or add `--phrases`\n",
    );
    refused(&["--phrase-threshold", "0.3"], "`--phrase-threshold 0.3` has no effect: ");
    refused(&["--phrase-min-count", "3"], "`--phrase-min-count 3` has no effect: ");
    refused(&["--phrase-delimiter", "-"], "`--phrase-delimiter -` has no effect: ");
    // A path after `--phrases` is taken for its value.
    let says = "invalid value 'text' for '--phrases [<PASSES>]': it is not a number of passes; put \
        the corpus before --phrases, or write --phrases=1";
    fails(path, &["embed", "-o", "model", "--phrases", "text"], 2, says);
    fails(
        path,
        &["phrases", "text", "--passes", "0"],
        2,
        "phrases is 0, expected a number of passes from 1 to 10\n",
    );
    fails(path, &["phrases", "missing"], 1, "cannot read `missing`: ");
    fails(path, &["phrases", "text", "--memory", "1MB"], 5, "tokenize needs about ");
    fails(
        path,
        &["tokens", "text", "--memory", "1GB"],
        2,
        "`--memory` has no effect: without phrases only a few documents are in memory",
    );
    fails(
        path,
        &["tokens", "text", "--force"],
        2,
        "the following required arguments were not provided:\n  --output <FILE>",
    );
}

#[test]
fn tokens_are_written_a_document_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(
        path.join("text"),
        "The Queen's  horses, 3.14\n\n!!!\r\nélan -- vital\nno end of line",
    )
    .unwrap();
    let lines = "the queen's horses 3.14\n\n\nélan vital\nno end of line\n";
    assert_eq!(ask(path, &["tokens", "text"]), lines);
    assert_eq!(ask(path, &["tokens", "text", "-o", "-"]), lines);
    // With phrases the documents without a token are there too.
    assert_eq!(ask(path, &["tokens", "text", "--phrases"]), lines);
    assert_eq!(
        ask(path, &["tokens", "text", "--drop-numbers", "-t", "3"]),
        lines.replace(" 3.14", "")
    );
    assert_eq!(
        ask(path, &["tokens", "text", "--document", "paragraph"]),
        "the queen's horses 3.14\nélan vital no end of line\n"
    );
    assert_eq!(
        ask(path, &["tokens", "text", "--document", "file"]),
        lines.trim_end().replace("\n\n\n", " ").replace('\n', " ") + "\n"
    );
    let assert = eigenlex(path).args(["tokens", "-"]).write_stdin("a b\n\nc\n").assert().success();
    assert.stdout("a b\n\nc\n");

    fs::write(path.join("empty"), "").unwrap();
    fs::write(path.join("z"), "last").unwrap();
    for phrases in [&[][..], &["--phrases=2"]] {
        let line = [&["tokens", "z", "empty", "text"], phrases].concat();
        assert_eq!(
            ask(path, &line),
            "last\n\n".to_owned()
                + &lines.trim_end().replace("\n\n\n", " ").replace('\n', " ")
                + "\n"
        );
    }
    fs::write(path.join("latin"), b"a\ncaf\xE9\nb\n").unwrap();
    assert_eq!(ask(path, &["tokens", "latin", "--on-bad-text", "skip", "-q"]), "a\nb\n");
    fails(
        path,
        &["tokens", "empty"],
        3,
        "the corpus is empty: 1 file(s), 0 byte(s) and no token\n",
    );
}

#[test]
fn tokens_go_into_a_file_whole_or_not_at_all() {
    let folder = folder();
    let path = folder.path();
    let lines = ask(path, &["tokens", "text"]);
    assert_eq!(ask(path, &["tokens", "text", "-o", "out"]), "");
    assert_eq!(fs::read_to_string(path.join("out")).unwrap(), lines);
    fails(path, &["tokens", "text", "-o", "out"], 1, "`out` exists already\nhint: ");
    fs::write(path.join("latin"), [text().as_bytes(), b"caf\xE9\n"].concat()).unwrap();
    fails(path, &["tokens", "latin", "-o", "out", "--force"], 3, "`latin`, line 121, byte ");
    fails(path, &["tokens", "latin", "-o", "new"], 3, "`latin`, line 121, byte ");
    assert_eq!(fs::read_to_string(path.join("out")).unwrap(), lines);
    assert_eq!(ask(path, &["tokens", "text", "--phrases", "-o", "out", "--force"]), "");
    assert_eq!(fs::read_to_string(path.join("out")).unwrap().matches("new_york").count(), 60);
}

#[test]
fn the_tokens_of_a_corpus_make_the_same_vectors() {
    let folder = folder();
    let path = folder.path();
    let options = ["--phrases", "2", "--phrase-threshold", "0.4"];
    ask(path, &[&["tokens", "text", "-o", "tokens"], &options[..]].concat());
    ask(path, &[&EMBED[..], &["-o", "one"]].concat());
    ask(path, &["embed", "tokens", "--tokenizer", "whitespace", "--dim", "5", "-q", "-o", "two"]);
    let digest = |model: &str| Model::open_provenance(path.join(model)).unwrap().digest;
    assert_eq!(digest("one"), digest("two"));
}

#[test]
fn documents_that_are_cut_into_pieces_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    // Some pieces of a mebibyte: a long line, empty lines, and short ones.
    let long = "new york ".repeat(300_000);
    let text = format!("{long}\n\n{}\n\n{}", "a b\n".repeat(300_000), long.trim_end());
    fs::write(path.join("text"), &text).unwrap();
    let expected: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    assert!(ask(path, &["tokens", "text"]) == expected);
    let joined =
        ask(path, &["tokens", "text", "--phrases", "--phrase-threshold", "0.3", "-t", "3"]);
    assert_eq!(joined.lines().count(), expected.lines().count());
    // `york new` is nearly as frequent, and joined nowhere.
    assert!(joined.lines().next().unwrap() == "new_york ".repeat(300_000).trim_end());
    assert!(joined.contains("\na_b\na_b\n"));
}

#[test]
fn tokens_with_white_space_cannot_be_written() {
    let folder = folder();
    let path = folder.path();
    let vocabulary = serde_json::json!({"two words": 0, "plain": 1, "[UNK]": 2});
    let split = serde_json::json!({
        "type": "Split",
        "pattern": {"String": "|"},
        "behavior": "Removed",
        "invert": false,
    });
    let tokenizer = serde_json::json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": split,
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    });
    fs::write(path.join("odd.json"), tokenizer.to_string()).unwrap();
    fs::write(path.join("odd"), "plain|two words\n").unwrap();
    let says = "the tokenizer `odd.json` fails: its token \"two words\" is empty or contains \
                white space, which separates the tokens of a line\n";
    fails(path, &["tokens", "odd", "--tokenizer", "odd.json", "-o", "out"], 3, says);
}

#[cfg(unix)]
#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), text().repeat(3000)).unwrap();
    for phrases in [&[][..], &["--phrases"]] {
        let mut process = Process::new(env!("CARGO_BIN_EXE_eigenlex"))
            .current_dir(folder.path())
            .args(["tokens", "text"])
            .args(phrases)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("p0"), "{line}");
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}

/// More tokens than the memory holds: they go to files, which are gone afterwards.
#[test]
fn a_budget_changes_no_phrase_and_no_token() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/english.txt");
    let sample = fs::read(sample).expect("the sample can be read");
    fs::write(path.join("text"), sample.repeat(24)).expect("room on the disk");
    fs::create_dir(path.join("temporary")).expect("a new folder");
    let memory = ["--memory", "90MB", "--temporary-folder", "temporary"];
    for command in [&["phrases", "text"][..], &["tokens", "text", "--phrases"]] {
        let line = [&["--threads", "2", "-q"], command].concat();
        let free = ask(path, &line);
        assert!(free.contains('_'), "{}", &free[..free.len().min(300)]);
        assert!(ask(path, &[&line[..], &memory[..]].concat()) == free, "{command:?}");
        // Without a folder for files it does not fit.
        let nowhere = ["--memory", "90MB", "--temporary-folder", "nowhere"];
        fails(path, &[&line[..], &nowhere[..]].concat(), 1, "");
    }
    assert_eq!(fs::read_dir(path.join("temporary")).expect("it is there").count(), 0);
}
