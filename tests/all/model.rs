//! Models in their folders: what is written is what is read, and queries are cut like the corpus
//! was.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use eigenlex::model::ModelWriter;
use eigenlex::tokenize::TokenizerConfig;
use eigenlex::{Corpus, EmbedConfig, Model, WordVectors, embed};
use predicates::prelude::*;
use serde_json::{Value, json};

fn eigenlex() -> Command {
    Command::new(env!("CARGO_BIN_EXE_eigenlex"))
}

/// A model of `text`, a document a line, every word kept.
fn model_of(text: &str, tokenizer: TokenizerConfig, dim: usize) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    fs::write(&path, text).unwrap();
    let corpus = Corpus::open(&path).unwrap();
    let config = EmbedConfig::lsa().tokenizer(tokenizer).min_count(1).dim(dim);
    embed(&corpus, &config, &()).unwrap()
}

/// Embeds a text from the command line and returns the words of the model.
fn words_of(folder: &Path, text: &str, options: &[&str]) -> Vec<String> {
    let (corpus, model) = (folder.join("text"), folder.join("model"));
    fs::write(&corpus, text).unwrap();
    let arguments = ["--min-count", "1", "--dim", "1", "--quiet", "--force", "-o"];
    eigenlex()
        .arg("embed")
        .arg(&corpus)
        .args(options)
        .args(arguments)
        .arg(&model)
        .assert()
        .success()
        .stdout("")
        .stderr("");
    let mut words: Vec<String> =
        Model::open(&model).unwrap().vectors.words().iter().map(str::to_owned).collect();
    words.sort();
    words
}

/// WordPiece that lower-cases and cuts `kings` into `king` and `##s`.
fn word_piece() -> Value {
    let pieces = ["[UNK]", "[CLS]", "the", "king", "queen", "##s", "##dom", "reign"];
    let vocabulary: serde_json::Map<String, Value> =
        pieces.iter().enumerate().map(|(id, piece)| ((*piece).to_owned(), json!(id))).collect();
    let sequence = |name: &str, id: u8| json!({"Sequence": {"id": name, "type_id": id}});
    let class = json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}});
    json!({
        "version": "1.0",
        // Settings for a neural network, which would cut documents short and fill them up.
        "truncation": {
            "direction": "Right",
            "max_length": 3,
            "strategy": "LongestFirst",
            "stride": 0,
        },
        "padding": {
            "strategy": {"Fixed": 8},
            "direction": "Right",
            "pad_to_multiple_of": null,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": [{
            "id": 1,
            "content": "[CLS]",
            "single_word": false,
            "lstrip": false,
            "rstrip": false,
            "normalized": false,
            "special": true,
        }],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [class, sequence("A", 0)],
            "pair": [sequence("A", 0), sequence("B", 1)],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}},
        },
        "decoder": null,
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    })
}

/// A model of whole texts as single words: what it is given, it returns.
fn words_with_odd_characters() -> Value {
    let words =
        ["[UNK]", "tab\there", "back\\slash", "back\\tslash", "line\rend", "two words", "plain"];
    let vocabulary: serde_json::Map<String, Value> =
        words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    let split = json!({
        "type": "Split",
        "pattern": {"String": "|"},
        "behavior": "Removed",
        "invert": false,
    });
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": split,
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    })
}

#[test]
fn a_model_is_read_back_to_the_bit() {
    let model = model_of(
        "the king reigns\nthe queen reigns\nking and queen\nthe 3 kings",
        TokenizerConfig::default(),
        3,
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    ModelWriter::create(&path, false).unwrap().write(&model).unwrap();
    let mut names: Vec<_> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["encoder.safetensors", "model.json", "tokenizer.json", "vectors.safetensors", "vocab.tsv"]
    );

    let read = Model::open(&path).unwrap();
    let bits = |vectors: &WordVectors| {
        vectors.as_slice().iter().map(|number| number.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(bits(&read.vectors), bits(&model.vectors));
    assert!(read.vectors.words().iter().eq(model.vectors.words().iter()));
    // the 3, then king, queen, reigns with 2 each, then one each.
    assert_eq!(*model.counts, [3, 2, 2, 2, 1, 1, 1]);
    assert_eq!(
        (&read.counts, &read.document_frequencies),
        (&model.counts, &model.document_frequencies)
    );
    assert_eq!(read.provenance, model.provenance);
    assert_eq!(read.tokenizer.config(), model.tokenizer.config());
    assert_eq!(read.vectors.digest(), model.provenance.digest);
    assert_eq!(
        (model.provenance.n_documents, model.provenance.n_tokens, model.provenance.n_nonzeros),
        (4, 12, 12)
    );
}

#[test]
fn words_with_tabs_backslashes_and_line_ends_are_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = folder.path().join("odd.json");
    fs::write(&tokenizer, words_with_odd_characters().to_string()).unwrap();
    let text = "tab\there|back\\slash|back\\tslash\nline\rend|two \
        words|plain\nplain|tab\there|nothing we know";
    let model = model_of(text, TokenizerConfig::HuggingFace { path: tokenizer }, 2);
    let path = folder.path().join("model");
    ModelWriter::create(&path, false).unwrap().write(&model).unwrap();
    let read = Model::open(&path).unwrap();
    let words: Vec<&str> = read.vectors.words().iter().collect();
    assert_eq!(
        words,
        ["plain", "tab\there", "[UNK]", "back\\slash", "back\\tslash", "line\rend", "two words"]
    );
    assert_eq!(*read.counts, [2, 2, 1, 1, 1, 1, 1]);
    let table = fs::read_to_string(path.join("vocab.tsv")).unwrap();
    assert!(
        table.contains("\ntab\\there\t2\t2\n")
            && table.contains("\nback\\\\slash\t1\t1\n")
            && table.contains("\nline\\rend\t1\t1\n"),
        "{table}"
    );
    eigenlex().arg("neighbors").arg(&path).args(["two words", "--top", "1"]).assert().success();
    eigenlex()
        .arg("math")
        .arg(&path)
        .args(["'two words' + plain", "--top", "1"])
        .assert()
        .success();
}

#[test]
fn a_tokenizer_json_is_kept_in_the_model_and_cuts_the_queries() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = folder.path().join("pieces.json");
    let json = word_piece().to_string();
    fs::write(&tokenizer, &json).unwrap();
    let text = "The KINGS reign\nthe queens reign\nthe kingdom\nqueen king";
    let words = words_of(folder.path(), text, &["--tokenizer", tokenizer.to_str().unwrap()]);
    assert_eq!(words, ["##dom", "##s", "king", "queen", "reign", "the"]);
    let model = folder.path().join("model");
    assert_eq!(fs::read_to_string(model.join("tokenizer.json")).unwrap(), json);
    // The model does not need the file any more.
    fs::remove_file(&tokenizer).unwrap();
    let answers = |word: &str| {
        let assert = eigenlex()
            .arg("neighbors")
            .arg(&model)
            .args([word, "--format", "json"])
            .assert()
            .success();
        assert.get_output().stdout.clone()
    };
    assert_eq!(answers("QUEEN"), answers("queen"));
    // Two pieces are not a word.
    eigenlex()
        .arg("neighbors")
        .arg(&model)
        .arg("kings")
        .assert()
        .code(4)
        .stderr(predicate::str::contains("the word `kings` is not"));
    assert_eq!(Model::open(&model).unwrap().tokenizer.normalize("Reign"), "reign");
}

#[test]
fn the_ends_of_lines_are_no_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = folder.path().join("odd.json");
    fs::write(&tokenizer, words_with_odd_characters().to_string()).unwrap();
    let options = ["--tokenizer", tokenizer.to_str().unwrap()];
    for text in ["plain|two words\ntwo words|plain\n", "plain|two words\r\ntwo words|plain\r\n"] {
        assert_eq!(words_of(folder.path(), text, &options), ["plain", "two words"]);
    }
}

#[test]
fn a_tokenizer_json_that_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("text"), "a b c\n").unwrap();
    fs::write(path.join("broken.json"), "{\"version\": \"1.0\"").unwrap();
    fs::write(path.join("latin.json"), b"\xFF").unwrap();
    let mut without_unknown = word_piece();
    without_unknown["model"]["unk_token"] = json!("[MISSING]");
    fs::write(path.join("strict.json"), without_unknown.to_string()).unwrap();
    for (name, code, says) in [
        ("broken.json", 3, "error: the tokenizer `broken.json` fails: "),
        ("latin.json", 3, "error: cannot read `latin.json`: stream did not contain valid UTF-8\n"),
        (
            "missing.json",
            2,
            "error: `--tokenizer missing.json`: there is no such file\nhint: give `words`, \
             `whitespace`, or the path of a",
        ),
        ("strict.json", 3, "error: the tokenizer on the text `a b c` fails: "),
    ] {
        let arguments = ["embed", "text", "--dim", "1", "-o", "model", "--tokenizer", name];
        eigenlex()
            .current_dir(path)
            .args(arguments)
            .assert()
            .code(code)
            .stdout("")
            .stderr(predicate::str::starts_with(says));
        assert!(!path.join("model").exists());
    }
}

#[test]
fn words_of_every_script_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    // Hindi, Tamil and Yorùbá; the last decomposed, which is the same word.
    let text = "हिन्दी भाषा\nதமிழ் மொழி हिन्दी\nọ̀rọ̀ Yorùbá\no\u{323}\u{300}ro\u{323}\u{300} \
        YORU\u{300}BA\u{301} தமிழ்\n";
    let words = words_of(folder.path(), text, &[]);
    let mut expected = ["हिन्दी", "भाषा", "தமிழ்", "மொழி", "ọ̀rọ̀", "yorùbá"].map(str::to_owned);
    expected.sort();
    assert_eq!(words, expected);
    for word in ["हिन्दी", "தமிழ்", "YORÙBÁ", "o\u{300}\u{323}ro\u{323}\u{300}"]
    {
        let answers = eigenlex()
            .arg("neighbors")
            .arg(folder.path().join("model"))
            .args([word, "--top", "1"])
            .assert()
            .success();
        assert!(!answers.get_output().stdout.is_empty(), "{word}");
    }
}

#[test]
fn numbers_and_capitals_are_kept_or_not_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let text = "In 1990 the B2 flew 3.5 miles\nthe The, THE\n";
    assert_eq!(
        words_of(folder.path(), text, &[]),
        ["1990", "3.5", "b2", "flew", "in", "miles", "the"]
    );
    assert_eq!(
        words_of(folder.path(), text, &["--drop-numbers"]),
        ["b2", "flew", "in", "miles", "the"]
    );
    let whitespace = words_of(folder.path(), text, &["--tokenizer", "whitespace"]);
    assert_eq!(whitespace, ["1990", "3.5", "B2", "In", "THE", "The,", "flew", "miles", "the"]);
    // A query keeps its capitals too.
    let model = folder.path().join("model");
    eigenlex().arg("similarity").arg(&model).args(["The,", "THE"]).assert().success();
    eigenlex().arg("similarity").arg(&model).args(["in", "THE"]).assert().code(4);
}

#[test]
fn the_most_frequent_words_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let text = "a a a b b c\na b c d\n";
    assert_eq!(words_of(folder.path(), text, &["--max-words", "2"]), ["a", "b"]);
    let provenance = Model::open_provenance(folder.path().join("model")).unwrap();
    assert_eq!(
        (provenance.n_tokens, provenance.n_kept_tokens, provenance.n_distinct_words),
        (10, 7, 4)
    );
}
