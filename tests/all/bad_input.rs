//! Corpora, outputs and models that cannot be used: one clear sentence on standard error, the right
//! exit code, no panic, and nothing left behind.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use predicates::prelude::*;

use crate::support::{eigenlex_in, embed, embed_fails, fails, folder_with_text, sixty_words};

#[test]
fn a_corpus_that_cannot_be_used_is_refused() {
    let folder = folder_with_text();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("empty", b"");
    write("binary", b"text\0more");
    write("latin", b"caf\xE9 au lait");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(sixty_words().as_bytes()).unwrap();
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
        "cannot read `text/chapter`: Not a directory (os error 20)\nhint: a part of the path is a \
         file, not a folder\n",
    );
    fails(&["*.missing"], 2, "the pattern `*.missing` matches no file\nhint: ");
    fails(&["empty"], 3, "the corpus is empty: 1 file(s), 0 byte(s) and no token\nhint: ");
    fails(&["none"], 3, "the corpus is empty: 0 file(s)");
    fails(
        &["binary"],
        3,
        "`binary`, line 1, byte 4: the control character U+0000 is no text\nhint: ",
    );
    fails(&["latin"], 3, "`latin`, line 1, byte 3: the byte 0xE9 is not valid UTF-8\nhint: ");
    fails(&["cut.gz"], 3, "`cut.gz` cannot be decompressed (gzip): ");
    fails(
        &["text", "--min-count", "6"],
        3,
        "no word passes the cutoff: the most frequent of 60 words, `word0`, occurs 5 time(s), \
         below 6\nhint: lower --min-count\n",
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_left_out_and_named() {
    let folder = folder_with_text();
    fs::create_dir(folder.path().join("texts")).unwrap();
    fs::write(folder.path().join("texts/a.txt"), "the king\n").unwrap();
    std::os::unix::fs::symlink("../texts", folder.path().join("texts/again")).unwrap();
    let says = predicate::str::starts_with("not read: `texts/again` (broken link); ");
    eigenlex_in(folder.path())
        .args(["tokens", "texts"])
        .assert()
        .success()
        .stdout("the king\n")
        .stderr(says);
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_work() {
    let folder = folder_with_text();
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
        "cannot create `notes/model`: Not a directory (os error 20)\nhint: a part of the path is a \
         file, not a folder\n",
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
    let folder = folder_with_text();
    let path = folder.path();
    embed(path, "model");
    let digest = |model: &str| eigenlex::Model::open_provenance(path.join(model)).unwrap().digest;
    let before = digest("model");
    eigenlex_in(path)
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
    let folder = folder_with_text();
    embed(folder.path(), "model");
    embed_fails(folder.path(), &["text", "--dim", "61", "-o", "model", "--force"], 2, "dim 61");
    embed_fails(
        folder.path(),
        &["text", "--memory", "1MB", "-o", "model", "--force"],
        5,
        "tokenize needs",
    );
}

/// Commands that read the vectors of a model, and one that reads its description alone.
const MATH: &[&str] = &["math", "model", "word1"];
const EXPORT: &[&str] = &["export", "model", "out.vec"];
const INFO: &[&str] = &["info", "model"];

/// Runs commands that fail on bad data.
#[track_caller]
fn refused(path: &Path, says: &str, commands: &[&[&str]]) {
    for command in commands {
        let message = fails(path, command, 3);
        assert!(message.starts_with(&format!("error: {says}")), "{message}");
    }
}

#[test]
fn a_description_that_is_damaged_or_of_a_later_version_is_refused() {
    let folder = folder_with_text();
    let path = folder.path();
    embed(path, "model");
    let description = fs::read_to_string(path.join("model/model.json")).unwrap();
    let later = description.replace("\"format_version\": 1", "\"format_version\": 3");
    let misspelt = description.replace("\"seed\"", "\"sead\"");
    for (bytes, says) in [
        (
            later.as_bytes(),
            "`model` is a model of format version 3; this program reads versions up to 2\nhint: \
             install a newer eigenlex\n",
        ),
        (b"{", "`model/model.json`, line 1: found EOF while parsing an object"),
        (b"\xFF", "cannot read `model/model.json`: stream did not contain valid UTF-8\n"),
        (misspelt.as_bytes(), "`model/model.json`, line "),
    ] {
        fs::write(path.join("model/model.json"), bytes).unwrap();
        refused(path, says, &[MATH, INFO, EXPORT]);
    }
}

#[test]
fn vectors_that_are_damaged_or_missing_are_refused() {
    let folder = folder_with_text();
    let path = folder.path();
    embed(path, "model");
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
        fs::write(path.join("model/vectors.safetensors"), bytes).unwrap();
        refused(path, "`model/vectors.safetensors`: found ", &[MATH, EXPORT]);
    }
    fs::remove_file(path.join("model/vectors.safetensors")).unwrap();
    let missing = "`model`: found a folder without `vectors.safetensors`, expected an eigenlex \
                   model or a file of vectors\n";
    refused(path, missing, &[MATH, EXPORT]);
    let other = "`.` is a folder that is no model, but a model or a file of word vectors is \
                 needed here\n";
    refused(path, other, &[&["neighbors", ".", "word1"]]);
    let message = fails(path, &["neighbors", "missing", "word1"], 1);
    assert_eq!(message, "error: cannot read `missing`: No such file or directory (os error 2)\n");
}

#[test]
fn a_damaged_word_list_is_named_by_its_line() {
    let folder = folder_with_text();
    let path = folder.path().join("model");
    embed(folder.path(), "model");
    // As in models of earlier versions: the vectors' file has no counts.
    let vectors = eigenlex::Model::open(&path).unwrap().vectors;
    let file = path.join("vectors.safetensors");
    eigenlex::format::Format::Safetensors.write(&vectors, &file, true).unwrap();
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
