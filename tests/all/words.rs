//! The tokenizer `words` from outside: texts that differ in nothing that a reader sees give the
//! same model, and the options do what they say.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use eigenlex::Model;

use super::support::{corpora, eigenlex, eigenlex_in};

/// The tokens of a text.
#[track_caller]
fn tokens(text: &str, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), text).unwrap();
    fs::write(folder.path().join("stop"), "The\nof\n").unwrap();
    let assert =
        eigenlex_in(folder.path()).args(["tokens", "text"]).args(options).assert().success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Embeds a text; the digest of the model, and what the program said about characters.
fn embed(folder: &Path, text: &str) -> (String, Option<String>) {
    fs::write(folder.join("text"), text).unwrap();
    let assert = eigenlex_in(folder)
        .args(["embed", "text", "--dim", "20", "--force", "-o", "model"])
        .assert()
        .success();
    let summary = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    let said = summary.lines().find_map(|line| line.strip_prefix("text      "));
    (Model::open_provenance(folder.join("model")).unwrap().digest, said.map(str::to_owned))
}

#[test]
fn a_sample_with_invisible_characters_and_other_apostrophes_gives_the_same_digest() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(corpora("english.txt")).unwrap();
    let text: String = text.lines().take(2_000).flat_map(|line| [line, " it's.\n"]).collect();
    let (plain, said) = embed(folder.path(), &text);
    assert_eq!(said, None);

    // A soft hyphen within every third long word, narrow spaces before some punctuation, a
    // typographic apostrophe, and a mark of direction within the other long words.
    let (mut changed, mut n_hyphens, mut n_marks) = (String::new(), 0, 0);
    for (number, word) in text.split_inclusive(' ').enumerate() {
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (start, end) = word.split_at(if letters >= 6 { letters / 2 } else { 0 });
        changed.push_str(start);
        if number % 3 == 0 && letters >= 6 {
            changed.push('\u{AD}');
            n_hyphens += 1;
        } else if letters >= 6 {
            changed.push('\u{200E}');
            n_marks += 1;
        }
        let end = if number % 2 == 0 { end.replace('.', "\u{202F}.") } else { end.to_owned() };
        changed.push_str(&end.replace('\'', "’"));
    }
    let n_apostrophes = text.matches('\'').count();
    assert!(n_hyphens > 1_000 && changed.contains('\u{202F}') && n_apostrophes >= 2_000);
    let (found, said) = embed(folder.path(), &changed);
    assert_eq!(found, plain);
    let said = said.unwrap().replace(',', "");
    assert_eq!(
        said,
        format!(
            "{} invisible characters dropped {n_apostrophes} apostrophes unified",
            n_hyphens + n_marks
        )
    );
}

#[test]
fn a_query_is_cut_like_the_corpus() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("text"), "don’t know don't know I said\ncooperation co\u{AD}operation\n")
        .unwrap();
    eigenlex_in(path)
        .args(["embed", "text", "--dim", "2", "--min-count", "1", "-q", "-o", "model"])
        .assert()
        .success();
    let vocabulary = fs::read_to_string(path.join("model/vocab.tsv")).unwrap();
    assert!(vocabulary.contains("don't\t2\t") && vocabulary.contains("cooperation\t2\t"));
    for query in ["don't", "DON’T", "donʼt", "don`t", "coope\u{AD}ration"] {
        eigenlex_in(path).args(["neighbors", "model", query]).assert().success();
    }
}

#[test]
fn options_of_words_do_what_they_say() {
    let text = "The ISIK of İzmir, l'homme qu’il mother-in-law ﬁeld 1990 👋🏽\n";
    let cases: [(&[&str], &str); 9] = [
        (&[], "the isik of izmir l'homme qu'il mother in law ﬁeld 1990\n"),
        (&["--lowercase", "tr"], "the ısık of izmir l'homme qu'il mother in law ﬁeld 1990\n"),
        (&["--lowercase", "none"], "The ISIK of İzmir l'homme qu'il mother in law ﬁeld 1990\n"),
        (&["--normalize", "nfkc"], "the isik of izmir l'homme qu'il mother in law field 1990\n"),
        (&["--split-elision", "fr"], "the isik of izmir l' homme qu' il mother in law ﬁeld 1990\n"),
        (&["--hyphens", "keep"], "the isik of izmir l'homme qu'il mother-in-law ﬁeld 1990\n"),
        (&["--emoji"], "the isik of izmir l'homme qu'il mother in law ﬁeld 1990 👋🏽\n"),
        (&["--numbers", "mask"], "the isik of izmir l'homme qu'il mother in law ﬁeld 0000\n"),
        (
            &["--stop-words", "stop", "--drop-numbers"],
            "isik izmir l'homme qu'il mother in law ﬁeld\n",
        ),
    ];
    for (options, expected) in cases {
        assert_eq!(tokens(text, options), expected, "{options:?}");
    }
}

#[test]
fn the_options_are_stored_in_the_model_and_used_for_queries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("text"), "IŞIK the ISPARTA\nthe ışık the ısparta\n").unwrap();
    fs::write(path.join("stop"), "THE\n\n").unwrap();
    let options = ["--lowercase", "tr", "--stop-words", "stop", "--min-count", "1"];
    eigenlex_in(path)
        .args(["embed", "text", "--dim", "1", "-q", "-o", "model"])
        .args(options)
        .assert()
        .success();
    fs::remove_file(path.join("stop")).unwrap();
    eigenlex_in(path).args(["similarity", "model", "IŞIK", "ısparta"]).assert().success();
    eigenlex_in(path).args(["neighbors", "model", "the"]).assert().code(4);
    let info = eigenlex_in(path).args(["info", "model", "--format", "text"]).assert().success();
    let info = String::from_utf8(info.get_output().stdout.clone()).unwrap();
    let expected = "(Unicode words, lower-cased as Turkish, 1 stop word(s) dropped; count >= 1)";
    assert!(info.contains(expected), "{info}");
}

#[test]
fn options_of_words_need_the_tokenizer_words() {
    for options in [
        &["--emoji"] as &[&str],
        &["--hyphens", "keep"],
        &["--lowercase", "none"],
        &["--normalize", "nfc"],
        &["--numbers", "keep"],
        &["--split-elision", "it"],
        &["--stem", "english"],
        &["--stop-words", "stop"],
    ] {
        let assert = eigenlex()
            .args(["tokens", "-", "--tokenizer", "whitespace"])
            .args(options)
            .assert()
            .code(2);
        let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        let flag = options[0];
        assert_eq!(
            message,
            format!(
                "error: `{flag}` has no effect: it belongs to the tokenizer `words`\nhint: leave \
                 out `{flag}`, or use `--tokenizer words`\n"
            )
        );
    }
    eigenlex().args(["tokens", "-", "--stop-words", "absent"]).assert().code(1);
    eigenlex().args(["tokens", "-", "--numbers", "keep", "--drop-numbers"]).assert().code(2);
}

#[cfg(not(feature = "stem"))]
#[test]
fn stems_need_a_program_that_was_built_with_them() {
    let assert = eigenlex().args(["tokens", "-", "--stem", "english"]).assert().failure();
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(message.contains("stems need the feature `stem`"), "{message}");
}

#[cfg(feature = "stem")]
#[test]
fn words_are_reduced_to_stems() {
    assert_eq!(tokens("Running runs\n", &["--stem", "english"]), "run run\n");
}
