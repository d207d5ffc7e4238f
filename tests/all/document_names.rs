//! Documents by their names, texts and codes that do not belong together, and labels as people have
//! them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

fn eigenlex(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder);
    command
}

/// Runs a command that must succeed; returns standard output and standard error.
#[track_caller]
fn run(folder: &Path, arguments: &[&str]) -> (String, String) {
    let assert = eigenlex(folder).args(arguments).assert().success();
    let output = assert.get_output();
    (
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

#[track_caller]
fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(folder, &[arguments, &["--format", "json"]].concat()).0).unwrap()
}

/// Twelve files about the sea and twelve about the sky, some paragraphs each, a table beside them,
/// a hidden file and a copy.
fn texts(folder: &Path) {
    let subjects = [
        ["ship", "sail", "wave", "harbour", "anchor", "deck"],
        ["star", "moon", "comet", "orbit", "planet", "sky"],
    ];
    fs::create_dir_all(folder.join("texts")).unwrap();
    let mut table = String::from("file,subject,year\n");
    for number in 0..24usize {
        let (name, words) = (["sea", "sky"][number % 2], subjects[number % 2]);
        let paragraph = |place: usize| {
            let line: Vec<&str> =
                (0..9).map(|word| words[(number * 7 + place * 5 + word * word) % 6]).collect();
            format!("The {} of the {name}{number} and part{place}.\n", line.join(" the "))
        };
        let text: String = (0..3).map(paragraph).collect::<Vec<_>>().join("\n");
        fs::write(folder.join(format!("texts/{name}-{number}.txt")), text).unwrap();
        table.push_str(&format!("{name}-{number},\"the {name}, wide\",{}\n", 1800 + number));
    }
    fs::write(folder.join("texts/metadata.csv"), table).unwrap();
    fs::write(folder.join("texts/.hidden.txt"), "secret words").unwrap();
    fs::copy(folder.join("texts/sea-0.txt"), folder.join("texts/zzz-copy.txt")).unwrap();
}

#[test]
fn documents_of_a_folder_are_known_by_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    texts(folder);
    let embed = [
        "embed",
        "texts",
        "--recipe",
        "documents",
        "--dim",
        "5",
        "--min-count",
        "5",
        "--no-checkpoints",
        "-o",
        "m",
    ];
    let (_, said) = run(folder, &embed);
    let not_read = "not read: `texts/.hidden.txt` (hidden), `texts/metadata.csv` (table); name a \
                    file itself to read it";
    assert!(said.contains(not_read), "{said}");
    assert!(said.contains("`texts/zzz-copy.txt` is an exact copy of `texts/sea-0.txt`"), "{said}");

    let found = json(folder, &["search", "m", "harbour anchor", "--in", "texts", "-k", "3", "-q"]);
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["name"].as_str().unwrap().starts_with("texts/")),
        "{found}"
    );
    // `sea4` stands in one file alone, and too rarely for the model: its words find it.
    let found = json(folder, &["search", "m", "sea4", "--in", "texts", "-k", "1", "-q"]);
    assert_eq!(
        (found[0]["name"].as_str(), found[0]["found_by"].as_str()),
        (Some("texts/sea-4.txt"), Some("words")),
        "{found}"
    );
    assert!(found[0]["text"].as_str().unwrap().contains("sea4"), "{found}");
    let similar = json(
        folder,
        &["similar-documents", "m", "texts/sea-0.txt", "--in", "texts", "-k", "1", "-q"],
    );
    assert_eq!(similar[0]["name"], "texts/zzz-copy.txt");
    eigenlex(folder)
        .args(["similar-documents", "m", "sea-99.txt", "--in", "texts", "-q"])
        .assert()
        .code(4)
        .stderr(
            "error: nothing found for `document sea-99.txt`: no file of this name was read; give a \
             number, a file, or FILE:N\n",
        );
    let worst = json(folder, &["outliers", "m", "texts", "-k", "2", "--min-words", "1", "-q"]);
    assert!(worst[0]["name"].as_str().unwrap().starts_with("texts/"), "{worst}");
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str], code: i32, says: &str) {
    eigenlex(folder)
        .args(arguments)
        .assert()
        .code(code)
        .stdout("")
        .stderr(predicate::str::contains(says.to_owned()));
}

/// A model `m` of the paragraphs of the texts.
fn paragraphs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    texts(folder.path());
    let embed = "embed texts --document paragraph --recipe documents --dim 5 --min-count 2 \
                 --seed 1 --no-checkpoints -q -o m";
    run(folder.path(), &embed.split(' ').collect::<Vec<_>>());
    folder
}

#[test]
fn codes_remember_their_texts_and_refuse_others() {
    let folder = paragraphs();
    let folder = folder.path();
    let embed = "embed texts/sky-1.txt texts/sea-2.txt --dim 2 --recipe lsa --min-count 1 \
                 --no-checkpoints -q -o other";
    run(folder, &embed.split(' ').collect::<Vec<_>>());
    for codes in ["c.safetensors", "c.npy"] {
        // The model remembers that its corpus was cut into paragraphs.
        run(folder, &["encode", "m", "texts", "-q", "-o", codes]);
        let search = ["search", "m", "moon orbit", "--in", codes, "-k", "2", "-q"];
        let found = json(folder, &[&search[..], &["--texts", "texts"]].concat());
        let name = found[0]["name"].as_str().unwrap();
        assert!(name.starts_with("texts/sky-") && name.contains(".txt:"), "{found}");
        let similar = json(
            folder,
            &["similar-documents", "m", "sky-3.txt:2", "--in", codes, "-k", "1", "-q"],
        );
        assert!(similar[0]["name"].as_str().unwrap().starts_with("texts/sky-"), "{similar}");
        refused(
            folder,
            &[&search[..], &["--texts", "texts", "--document", "line"]].concat(),
            3,
            "the codes are of other texts: found a document for each line, expected a document \
             for each paragraph",
        );
        refused(
            folder,
            &[&search[..], &["--texts", "texts/sky-1.txt"]].concat(),
            3,
            "found 1 file(s), expected 25 file(s)",
        );
        refused(
            folder,
            &["search", "other", "moon", "--in", codes, "-q"],
            3,
            "the codes are of another model",
        );
        fs::write(folder.join("texts/sky-1.txt"), "The moon is another one now.\n").unwrap();
        refused(
            folder,
            &[&search[..], &["--texts", "texts"]].concat(),
            3,
            "found `texts/sky-1.txt` with other bytes",
        );
        texts(folder);
    }
}

#[test]
fn files_that_are_no_codes_or_no_texts_are_refused() {
    let folder = paragraphs();
    let folder = folder.path();
    for codes in ["c.npy", "c.jsonl", "c.safetensors"] {
        run(folder, &["encode", "m", "texts", "-q", "-o", codes]);
    }
    refused(
        folder,
        &["search", "m", "moon", "--in", "c.npy", "--document", "line", "-q"],
        3,
        "expected a document for each paragraph",
    );
    // Codes in lines of JSON are no texts.
    for arguments in [
        &["search", "m", "moon", "--in", "c.jsonl"][..],
        &["encode", "m", "c.jsonl", "-o", "new.npy"],
        &["embed", "c.jsonl", "-o", "new"],
    ] {
        refused(folder, arguments, 3, "`c.jsonl`: found a file of document codes, expected texts");
    }
    // An array alone does not say which model made it, nor do word vectors.
    fs::copy(folder.join("c.npy"), folder.join("alone.npy")).unwrap();
    run(folder, &["export", "m", "words.npy", "-q"]);
    for path in ["alone.npy", "words.npy"] {
        refused(
            folder,
            &["search", "m", "moon", "--in", path, "-q"],
            3,
            "documents.tsv` beside it, expected codes with the table of documents",
        );
    }
    refused(folder, &["search", "m", "  ", "--in", "c.safetensors"], 4, "nothing found");
    let standard_input = ["search", "m", "-", "--in", "-"];
    refused(
        folder,
        &standard_input,
        2,
        "both the queries and the documents are to be read from standard input",
    );
}

#[test]
fn codes_are_searched_by_words_and_by_parts() {
    let folder = paragraphs();
    let folder = folder.path();
    for codes in ["c.safetensors", "c.npy"] {
        run(folder, &["encode", "m", "texts", "-q", "-o", codes]);
    }
    // What has found a document does not depend on how many answers are asked for.
    let found_by = |top: &str| {
        let found = json(
            folder,
            &["search", "m", "moon orbit part1", "--in", "c.safetensors", "-k", top, "-q"],
        );
        let answers = found
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["name"].to_string(), it["found_by"].to_string()));
        answers.collect::<std::collections::BTreeMap<_, _>>()
    };
    let many = found_by("60");
    assert!(
        found_by("3").iter().chain(&found_by("25")).all(|(name, by)| many[name] == *by),
        "{many:?}"
    );
    // Parts of documents are named by their place.
    run(
        folder,
        &["encode", "m", "texts", "--document-tokens", "8", "-q", "-o", "parts.safetensors"],
    );
    let parts =
        json(folder, &["search", "m", "moon orbit", "--in", "parts.safetensors", "-k", "3", "-q"]);
    let name = parts[1]["name"].as_str().unwrap();
    assert!(name.contains('#'), "{parts}");
    let (similar, _) = run(
        folder,
        &["similar-documents", "m", name, "--in", "parts.safetensors", "-k", "2", "-q"],
    );
    assert!(similar.lines().skip(1).all(|line| line.starts_with(name)), "{similar}");
    // Codes in .npy know no words; with the texts they are found by them too.
    let by_texts = |codes: &str| {
        json(folder, &["search", "m", "part1", "--in", codes, "--texts", "texts", "-k", "1", "-q"])
    };
    assert_eq!(by_texts("c.npy"), by_texts("c.safetensors"));
}

/// A model `m` of the texts, a document for each file.
fn documents() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    texts(folder.path());
    let embed = "embed texts --recipe documents --dim 5 --min-count 2 --no-checkpoints -q -o m";
    run(folder.path(), &embed.split(' ').collect::<Vec<_>>());
    folder
}

#[test]
fn labels_are_a_list_or_a_table_of_files() {
    let folder = documents();
    let folder = folder.path();
    let cluster = ["cluster", "m", "-n", "2", "--in", "texts", "-q"];
    let report = json(folder, &[&cluster[..], &["--labels", "texts/metadata.csv"]].concat());
    // The copy has no line in the table.
    assert_eq!(
        (report["agreement"]["n_documents"].as_u64(), report["agreement"]["purity"].as_f64()),
        (Some(24), Some(1.0)),
        "{report}"
    );
    assert_eq!(report["clusters"][0]["class"], serde_json::json!(["the sea, wide", 12]));
    let words: Vec<&str> = report["clusters"][0]["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    assert!(!words.contains(&"the") && !words.contains(&"and"), "{words:?}");
    let by_year = json(
        folder,
        &[&cluster[..], &["--labels", "texts/metadata.csv", "--label-column", "year"]].concat(),
    );
    assert!(by_year["agreement"]["purity"].as_f64().unwrap() < 0.2, "{by_year}");
    // The files in the order of their names: 12 of the sea, 12 of the sky, the copy.
    fs::write(folder.join("list"), format!("{}{}sea\n", "sea\n".repeat(12), "sky\n".repeat(12)))
        .unwrap();
    let by_list = json(folder, &[&cluster[..], &["--labels", "list"]].concat());
    assert_eq!(by_list["agreement"]["purity"], 1.0);
    for (labels, page) in [("list", "list.svg"), ("texts/metadata.csv", "table.svg")] {
        run(
            folder,
            &[
                "plot",
                "documents",
                "m",
                "--in",
                "texts",
                "--layout",
                "pca",
                "--labels",
                labels,
                "-q",
                "-o",
                page,
            ],
        );
        let picture = fs::read_to_string(folder.join(page)).unwrap();
        assert!(picture.contains("sea") && picture.contains("texts/sky-1.txt"), "{page}");
    }
}

#[test]
fn labels_that_do_not_fit_the_documents_are_refused() {
    let folder = documents();
    let folder = folder.path();
    let cluster = ["cluster", "m", "-n", "2", "--in", "texts", "-q"];
    fs::write(folder.join("list"), "sea\n".repeat(25)).unwrap();
    fs::write(folder.join("twice.tsv"), "sea-0.txt\tsea\nsea-0.txt\tsky\n").unwrap();
    for (arguments, code, says) in [
        (
            ["--labels", "list", "--label-column", "1"].as_slice(),
            2,
            "`list` is a list with the classes of the documents",
        ),
        (
            &["--labels", "twice.tsv"],
            3,
            "`twice.tsv`, line 2: found `sea-0.txt` with the class `sky`, expected one class, and \
             it has `sea` already",
        ),
    ] {
        let assert = eigenlex(folder).args(cluster).args(arguments).assert().code(code).stdout("");
        assert.stderr(predicate::str::contains(says));
    }
    fs::write(folder.join("short"), "sea\nsky\n").unwrap();
    eigenlex(folder).args(cluster).args(["--labels", "short"]).assert().code(3).stderr(
        "error: `short`: found 2 lines, expected 25, one for each document; or a table that \
             names files\n",
    );
    eigenlex(folder)
        .args(["cluster", "m", "-n", "50", "--in", "texts", "-q"])
        .assert()
        .code(2)
        .stderr(
            "error: 50 clusters cannot be made of 25 points (documents, or words)\n\
             hint: ask for at most 25\n",
        );
}

#[test]
fn searches_are_scored_by_files_and_by_classes() {
    let folder = documents();
    let folder = folder.path();
    fs::write(folder.join("questions"), "harbour wave\tthe sea, wide\nsky1\tsky-1.txt\n").unwrap();
    let search = [
        "evaluate",
        "m",
        "--search",
        "texts",
        "--labels",
        "texts/metadata.csv",
        "--questions",
        "questions",
        "-q",
    ];
    let scores = json(folder, &search);
    let scores = scores["search"].as_array().unwrap();
    assert_eq!(
        scores.iter().filter(|it| it["task"] == "questions" && it["method"] == "both").count(),
        1,
        "{scores:?}"
    );
    let both =
        scores.iter().find(|it| it["task"] == "questions" && it["method"] == "both").unwrap();
    assert_eq!(
        (both["all"]["queries"].as_u64(), both["all"]["first"].as_f64()),
        (Some(2), Some(1.0)),
        "{both}"
    );
}
