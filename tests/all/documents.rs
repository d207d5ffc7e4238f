//! Documents from the command line: codes, searches, completions, losses, clusters, scores of
//! classes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assert_cmd::Command;
use eigenlex::encode::Codes;
use predicates::prelude::*;
use serde_json::Value;

/// The English sample as documents, embedded once.
static LSA: LazyLock<PathBuf> = LazyLock::new(|| embed("documents-lsa", &["--recipe", "lsa"]));
static TUNED: LazyLock<PathBuf> =
    LazyLock::new(|| embed("documents-tuned", &["--recipe", "passages"]));

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/english.txt")
}

fn embed(name: &str, options: &[&str]) -> PathBuf {
    let model = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    eigenlex()
        .arg("embed")
        .arg(sample())
        .args(["--dim", "30", "--force", "-q", "-o"])
        .arg(&model)
        .args(options)
        .assert()
        .success();
    model
}

fn eigenlex() -> Command {
    Command::new(env!("CARGO_BIN_EXE_eigenlex"))
}

/// Runs a command that must succeed, and returns its standard output.
#[track_caller]
fn ask(arguments: &[&str]) -> String {
    String::from_utf8(eigenlex().args(arguments).assert().success().get_output().stdout.clone())
        .unwrap()
}

#[track_caller]
fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&ask(&[arguments, &["--format", "json"]].concat())).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn codes_have_the_same_bytes_on_any_number_of_threads_and_in_any_form() {
    let folder = tempfile::tempdir().unwrap();
    for model in [&*LSA, &*TUNED] {
        let encode = |threads: &str, name: &str| {
            let path = folder.path().join(format!("{threads}-{name}"));
            eigenlex()
                .arg("encode")
                .arg(model)
                .arg(sample())
                .args(["-q", "--force", "--threads", threads, "-o"])
                .arg(&path)
                .assert()
                .success();
            path
        };
        let npy = encode("1", "codes.npy");
        for threads in ["2", "3", "8"] {
            let other = encode(threads, "codes.npy");
            assert_eq!(fs::read(&npy).unwrap(), fs::read(&other).unwrap());
            assert_eq!(
                fs::read(npy.with_extension("documents.tsv")).unwrap(),
                fs::read(other.with_extension("documents.tsv")).unwrap()
            );
        }
        let (codes, same) =
            (Codes::open(&npy).unwrap(), Codes::open(encode("2", "codes.safetensors")).unwrap());
        assert_eq!(
            (codes.dim(), codes.as_slice(), codes.documents()),
            (same.dim(), same.as_slice(), same.documents())
        );
        let lines = fs::read_to_string(encode("2", "codes.jsonl")).unwrap();
        for (row, line) in lines.lines().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["document"], codes.documents()[row]);
            let code: Vec<f32> = line["code"]
                .as_array()
                .unwrap()
                .iter()
                .map(|number| number.as_f64().unwrap() as f32)
                .collect();
            assert_eq!(code, codes.code(row));
        }
    }
    let all = folder.path().join("all.npy");
    eigenlex()
        .arg("encode")
        .arg(&*TUNED)
        .arg(sample())
        .args(["-q", "--all-components", "-o"])
        .arg(&all)
        .assert()
        .success();
    assert_eq!(Codes::open(&all).unwrap().dim(), 31);
}

#[test]
fn the_codes_of_the_corpus_have_the_singular_values_for_lengths() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("codes.npy");
    eigenlex()
        .arg("encode")
        .arg(&*LSA)
        .arg(sample())
        .args(["-q", "-o"])
        .arg(&path)
        .assert()
        .success();
    let codes = Codes::open(&path).unwrap();
    let info = json(&["info", text(&LSA)]);
    for component in 0..codes.dim() {
        let square: f64 = codes
            .as_slice()
            .iter()
            .skip(component)
            .step_by(codes.dim())
            .map(|&z| f64::from(z).powi(2))
            .sum();
        let value = info["singular_values"][component].as_f64().unwrap();
        assert!(
            (square.sqrt() - value).abs() < 2e-3 * value,
            "{component}: {} {value}",
            square.sqrt()
        );
    }
}

#[test]
fn documents_without_a_known_word_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (texts, codes) = (folder.path().join("texts"), folder.path().join("codes.npy"));
    fs::write(&texts, "the king\n\nqqqq zzzz\nthe queen\n").unwrap();
    let encode = ["encode", text(&LSA), text(&texts), "-o", text(&codes)];
    let said = format!(
        "2 of 4 documents have no word that the model knows, and so no code: {0}:2, {0}:3\n\
         2 codes of 30 dimensions for 4 documents\n\
         digest ",
        texts.display()
    );
    let said = predicates::str::starts_with(said);
    eigenlex().args(encode).assert().success().stdout("").stderr(said);
    let table = fs::read_to_string(codes.with_extension("documents.tsv")).unwrap();
    let (origin, rows) = table.split_once('\n').unwrap();
    assert_eq!(rows, format!("document\tname\n1\t{0}:1\n4\t{0}:4\n", texts.display()));
    let origin: Value = serde_json::from_str(origin.strip_prefix('#').unwrap()).unwrap();
    assert_eq!(
        (
            origin["documents"]["unit"].as_str(),
            origin["documents"]["sources"][0]["n_documents"].as_u64()
        ),
        (Some("line"), Some(4))
    );
    eigenlex()
        .args(["encode", text(&LSA), text(&texts), "-o", text(&codes)])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("exists already"));
    eigenlex()
        .args(["encode", text(&LSA), text(&texts), "-o", "codes.txt"])
        .assert()
        .code(2)
        .stderr(
            "error: the name `codes.txt` does not say which format to write\n\
             hint: end it in .npy, .safetensors or .jsonl\n",
        );
}

#[test]
fn a_document_is_found_by_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let codes = folder.path().join("codes.safetensors");
    eigenlex()
        .arg("encode")
        .arg(&*LSA)
        .arg(sample())
        .args(["-q", "-o"])
        .arg(&codes)
        .assert()
        .success();
    let line = fs::read_to_string(sample()).unwrap().lines().nth(6).unwrap().to_owned();
    let (model, texts) = (text(&LSA), sample());
    let found = json(&["search", model, &line, "--in", text(&codes), "--texts", text(&texts)]);
    // Another document may have the same words.
    assert!((found[0]["similarity"].as_f64().unwrap() - 1.0).abs() < 1e-5, "{found}");
    assert!(found.as_array().unwrap().iter().any(|it| it["document"] == 7), "{found}");
    assert!(!found[0]["text"].as_str().unwrap().is_empty());
    // From the texts themselves, the same.
    assert_eq!(json(&["search", model, &line, "--in", text(&texts)]), found);
    let tsv = ask(&["search", model, &line, "--in", text(&codes), "-k", "3", "--format", "tsv"]);
    let cells: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(cells[0], ["query", "document", "name", "score", "similarity", "found_by", "text"]);
    assert!(cells.len() == 4 && cells.iter().all(|row| row.len() == 7), "{tsv}");
    let similar = json(&["similar-documents", model, "7", "--in", text(&codes)]);
    assert!(similar.as_array().unwrap().iter().all(|it| it["document"] != 7));
    eigenlex().args(["search", model, "qqqq", "--in", text(&codes)]).assert().code(4).stderr(
        "error: nothing found for `qqqq`: neither the model nor any of the documents knows one \
             of its words\n",
    );
    eigenlex().args(["similar-documents", model, "0", "--in", text(&codes)]).assert().code(4);
    eigenlex()
        .args(["similar-documents", model, "99999999", "--in", text(&codes)])
        .assert()
        .code(4);
    eigenlex()
        .args(["search", text(&TUNED), "king", "--in", text(&codes)])
        .assert()
        .code(3)
        .stderr(predicate::str::contains("the codes are of another model"));
}

#[test]
fn texts_are_completed_and_reconstructed() {
    let model = text(&LSA);
    let found = json(&["complete", model, "the king and the queen", "-k", "5"]);
    let words: Vec<&str> =
        found.as_array().unwrap().iter().map(|it| it["word"].as_str().unwrap()).collect();
    assert_eq!(words.len(), 5);
    assert!(!words.contains(&"king") && !words.contains(&"queen"), "{words:?}");
    let reconstruction = json(&["reconstruct", model, "the king and the qqqq"]);
    assert_eq!(
        (reconstruction["n_tokens"].as_u64(), reconstruction["n_known"].as_u64()),
        (Some(5), Some(4))
    );
    let loss = reconstruction["loss"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&loss));
    let own = reconstruction["words"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["weight"].as_f64().unwrap() > 0.0)
        .count();
    assert_eq!(own, 3, "{reconstruction}");
    for command in ["complete", "reconstruct"] {
        eigenlex().args([command, model, "qqqq"]).assert().code(4);
    }
}

#[test]
fn the_losses_of_a_corpus_are_those_of_its_spectrum() {
    let corpus = sample();
    let rows = ask(&["outliers", text(&LSA), text(&corpus), "--all", "--format", "tsv"]);
    let total: f64 = rows
        .lines()
        .skip(1)
        .map(|line| line.split('\t').nth(3).unwrap().parse::<f64>().unwrap())
        .sum();
    let info = json(&["info", text(&LSA)]);
    let expected =
        info["squared_norm"].as_f64().unwrap() * (1.0 - info["explained"].as_f64().unwrap());
    assert!((total - expected).abs() < 1e-3 * expected, "{total} {expected}");
    let worst = json(&["outliers", text(&LSA), text(&corpus), "-k", "3", "--min-words", "2"]);
    let shares: Vec<f64> =
        worst.as_array().unwrap().iter().map(|it| it["share"].as_f64().unwrap()).collect();
    assert!(shares.len() == 3 && shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
}

#[test]
fn spectrum_suggests_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (svg, tsv, corpus) =
        (folder.path().join("loss.svg"), folder.path().join("loss.tsv"), sample());
    let report = json(&[
        "spectrum",
        text(&LSA),
        "--held-out",
        text(&corpus),
        "--svg",
        text(&svg),
        "--tsv",
        text(&tsv),
    ]);
    let losses = report["reconstruction_loss"].as_array().unwrap();
    assert_eq!(losses.len(), 31);
    let of_held_out = report["held_out"]["reconstruction"].as_array().unwrap();
    // The held-out documents are those of the corpus here, so the two losses are one.
    for (left, right) in losses.iter().zip(of_held_out) {
        assert!((left.as_f64().unwrap() - right.as_f64().unwrap()).abs() < 2e-3);
    }
    assert!(
        (1..=30).contains(&report["suggested"].as_u64().unwrap())
            && report["reason"].as_str().unwrap().contains("unseen")
    );
    assert!(fs::read_to_string(&svg).unwrap().starts_with("<svg "));
    assert_eq!(fs::read_to_string(&tsv).unwrap().lines().count(), 32);
    eigenlex().args(["spectrum", text(&LSA), "--svg", text(&svg)]).assert().code(1);
    let shown = ask(&["spectrum", text(&LSA), "--format", "text"]);
    assert!(
        shown.contains("suggested k: ")
            && (shown.contains("times the next") || shown.contains("fall gradually")),
        "{shown}"
    );
    let stable = json(&["spectrum", text(&LSA), "--stability", text(&corpus)]);
    let overlaps = stable["stability"].as_array().unwrap();
    // One dimension has no neighbours worth the name.
    assert_eq!(overlaps[0]["dim"], 2);
    assert!(
        overlaps.iter().all(|it| (0.0..=1.0).contains(&it["overlap"].as_f64().unwrap())),
        "{stable}"
    );
}

#[test]
fn clusters_are_numbered_by_size_and_have_words() {
    let folder = tempfile::tempdir().unwrap();
    let (list, corpus) = (folder.path().join("clusters.tsv"), sample());
    let arguments =
        ["cluster", text(&LSA), "-n", "5", "--in", text(&corpus), "-o", text(&list), "--force"];
    let report = json(&arguments);
    let sizes: Vec<u64> = report["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["size"].as_u64().unwrap())
        .collect();
    assert!(sizes.len() == 5 && sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    let first = fs::read(&list).unwrap();
    assert_eq!(
        first.iter().filter(|&&byte| byte == b'\n').count() as u64,
        1 + sizes.iter().sum::<u64>()
    );
    assert_eq!(json(&[&arguments[..], &["--threads", "3"]].concat()), report);
    assert_eq!(fs::read(&list).unwrap(), first);
}

#[test]
fn classes_and_hidden_words_are_scored() {
    let folder = tempfile::tempdir().unwrap();
    let labels = folder.path().join("labels.tsv");
    let corpus = sample();
    let lines = fs::read_to_string(&corpus).unwrap();
    // Which documents hold a word that divides them: the classifier need only see it.
    let labelled: String = lines
        .lines()
        .enumerate()
        .map(|(number, line)| {
            format!(
                "{}\t{}\n",
                if number % 4 == 0 { "test" } else { "train" },
                line.to_lowercase().contains("queen")
            )
        })
        .collect();
    fs::write(&labels, labelled).unwrap();
    let scores = json(&["evaluate", text(&LSA), "--documents", text(&labels)]);
    let scores = scores["documents"].as_array().unwrap();
    let kinds: Vec<&str> = scores.iter().map(|it| it["classifier"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["logistic", "knn", "logistic"]);
    assert!(
        scores
            .iter()
            .all(|it| it["accuracy"].as_f64().unwrap() > 0.8 && it["test"].as_u64().unwrap() > 100),
        "{scores:?}"
    );
    assert!(
        scores[2]["features"] == "tf-idf" && scores[2]["accuracy"].as_f64().unwrap() > 0.97,
        "{scores:?}"
    );
    let table = ask(&[
        "evaluate",
        text(&LSA),
        text(&TUNED),
        "--documents",
        text(&labels),
        "--format",
        "text",
    ]);
    assert!(table.contains("logistic regression on codes"), "{table}");
    let hidden = json(&["evaluate", text(&LSA), "--completion", text(&corpus)]);
    let hidden = hidden["completion"].as_array().unwrap();
    let guesses: Vec<&str> = hidden.iter().map(|it| it["guess"].as_str().unwrap()).collect();
    assert_eq!(guesses[..4], ["fit", "count", "weight", "frequency"]);
    assert!(hidden[1]["mrr"].as_f64().unwrap() > hidden[3]["mrr"].as_f64().unwrap(), "{hidden:?}");
    assert!(
        hidden[4]["hidden"] == "content"
            && hidden[4]["mrr"].as_f64().unwrap() > hidden[7]["mrr"].as_f64().unwrap(),
        "{hidden:?}"
    );
    fs::write(&labels, "train\ta\ntest\tb\n").unwrap();
    eigenlex()
        .args(["evaluate", text(&LSA), "--documents", text(&labels)])
        .assert()
        .code(3)
        .stderr(predicate::str::contains("found 2 labels, expected "));
}

#[test]
fn a_model_of_an_earlier_version_answers_words_and_not_documents() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("old");
    fs::create_dir(&model).unwrap();
    for file in fs::read_dir(&*LSA)
        .unwrap()
        .map(Result::unwrap)
        .filter(|file| file.file_name() != "encoder.safetensors")
    {
        fs::copy(file.path(), model.join(file.file_name())).unwrap();
    }
    ask(&["neighbors", text(&model), "king"]);
    ask(&["spectrum", text(&model)]);
    eigenlex().args(["complete", text(&model), "the king"]).assert().code(3).stderr(
        "error: the model has no `encoder.safetensors`, without which documents cannot be encoded\n\
         hint: it was made by an earlier version; embed its corpus again\n",
    );
}
