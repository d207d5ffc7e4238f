//! `embed`, `info` and `export` as a person or a script calls them: what they print and write.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use serde_json::Value;

use crate::support::{ENGLISH, ask, eigenlex, json, keys};

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
fn fasttexts_format_needs_the_n_grams_of_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let export = |input: &Path, output: &str, options: &[&str]| {
        eigenlex().arg("export").arg(input).arg(path(output)).args(options).assert()
    };
    export(&ENGLISH, "english.ftz", &[]).success().stdout("").stderr("");
    let n_bytes = |name: &str| fs::metadata(path(name)).unwrap().len();
    // A byte for each value of 1,397 words of 100 dimensions and of the n-grams, and the levels.
    assert!(n_bytes("english.ftz") > 100 * 1397, "{}", n_bytes("english.ftz"));
    export(&ENGLISH, "english.ftz", &[]).code(1).stderr(predicate::str::contains("exists already"));
    let first = n_bytes("english.ftz");
    export(&ENGLISH, "english.ftz", &["--force", "--max-words", "10"]).success();
    assert!(n_bytes("english.ftz") < first);

    export(&ENGLISH, "english.vec", &[]).success();
    export(&path("english.vec"), "b.ftz", &[])
        .code(2)
        .stderr(predicate::str::contains("needs the vectors of n-grams, which models have"));
    let without = path("without.model");
    eigenlex()
        .args(["embed", "corpora/english.txt", "--dim", "20", "--subwords", "0", "--quiet", "-o"])
        .arg(&without)
        .assert()
        .success();
    export(&without, "b.bin", &["--format", "fasttext"])
        .failure()
        .stderr(predicate::str::contains("without `--subwords 0`"));
    assert!(!path("b.ftz").exists() && !path("b.bin").exists());
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
    fs::write(&text, "Aa bb. Cc dd. Aa bb. Dd cc.\n".repeat(3)).unwrap();
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
    let answer = ask("math", &ENGLISH, &["king - man + woman"]);
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
        assert_eq!(ask("math", &path, &["king - man + woman"]), answer, "{name}");
        let (info, model) = (json("info", &path, &[]), json("info", &ENGLISH, &[]));
        // The words of an array stand beside it.
        let list = if name == "a.npy" { "word_list " } else { "" };
        let expected = format!(
            "digest dim faults format has_ngrams lengths n_bytes n_words n_zero_vectors \
             number_type {list}words"
        );
        assert_eq!(keys(&info).join(" "), expected);
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
        .stderr(predicate::str::contains(
            "end it in .vec, .glove, .bin, .ftz, .npy, .npz, .safetensors, .fifu, or add \
             `--format`",
        ));
}
