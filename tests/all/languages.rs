//! Words of many languages, as their readers cut them.
//!
//! `languages/spaced.txt` holds sentences with their tokens. Each is also read decomposed, and with
//! invisible characters put between all others: the tokens must be the same.
//! `languages/unspaced.txt` holds those of scripts without spaces, which dictionaries cut.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use eigenlex::tokenize::{Tokenizer, TokenizerConfig};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A language, a sentence, and its tokens.
struct Row {
    language: String,
    sentence: String,
    tokens: Vec<String>,
}

/// The rows of a table; `\uXXXX` is a character that would not be seen.
fn rows(table: &str) -> Vec<Row> {
    let table = table.replace("\\u202F", "\u{202F}").replace("\\u02BC", "\u{2BC}");
    let lines: Vec<&str> =
        table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(lines.len() % 3, 0, "three lines for each language");
    let row = |lines: &[&str]| Row {
        language: lines[0].to_owned(),
        sentence: lines[1].to_owned(),
        tokens: lines[2].split('|').map(|token| token.nfc().collect()).collect(),
    };
    lines.chunks_exact(3).map(row).collect()
}

fn spaced() -> Vec<Row> {
    rows(include_str!("languages/spaced.txt"))
}

fn tokens(text: &str) -> Vec<String> {
    let tokenizer = Tokenizer::new(&TokenizerConfig::default()).unwrap();
    let mut tokens = Vec::new();
    tokenizer.tokenize(text, |token| tokens.push(token.to_owned())).unwrap();
    tokens
}

#[test]
fn words_are_those_that_a_reader_sees() {
    let rows = spaced();
    let names = rows.iter().map(|row| row.language.split([',', ':']).next().unwrap());
    assert!(names.collect::<BTreeSet<_>>().len() >= 60);
    for row in rows {
        assert_eq!(tokens(&row.sentence), row.tokens, "{}", row.language);
    }
}

#[test]
fn words_of_scripts_without_spaces_are_those_that_a_reader_sees() {
    for row in rows(include_str!("languages/unspaced.txt")) {
        assert_eq!(tokens(&row.sentence), row.tokens, "{}", row.language);
    }
}

#[test]
fn decomposed_words_are_the_same() {
    for row in spaced() {
        let decomposed: String = row.sentence.nfd().collect();
        assert_eq!(tokens(&decomposed), row.tokens, "{}", row.language);
    }
}

#[test]
fn invisible_characters_within_words_change_nothing() {
    for invisible in ['\u{AD}', '\u{2060}', '\u{200E}', '\u{FEFF}'] {
        for row in spaced() {
            let mut sentence = String::new();
            for character in row.sentence.chars() {
                sentence.push(character);
                sentence.push(invisible);
            }
            assert_eq!(tokens(&sentence), row.tokens, "{}", row.language);
        }
    }
}

#[test]
fn no_combining_mark_is_lost() {
    for row in spaced().into_iter().chain(rows(include_str!("languages/unspaced.txt"))) {
        let marks = |text: String| text.chars().filter(|&c| is_combining_mark(c)).count();
        let normal: String = row.sentence.to_lowercase().replace("i\u{307}", "i").nfc().collect();
        let found = tokens(&row.sentence).concat();
        assert_eq!(marks(found), marks(normal), "{}", row.language);
    }
}
