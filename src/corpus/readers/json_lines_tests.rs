//! JSON lines against worked examples, against serde_json, and each message.

use proptest::prelude::*;

use super::super::record::read_records;
use super::*;
use crate::corpus::{ReaderKind, Record};

fn read(text: &str, options: &ReaderOptions) -> Result<Vec<Record>> {
    ReaderKind::JsonLines.read(text.as_bytes(), "d.jsonl", options)
}

fn texts(text: &str, field: &str) -> Vec<String> {
    let records = read(text, &ReaderOptions::default().field(field)).unwrap();
    records.into_iter().map(|record| record.text).collect()
}

fn failure(text: &str, field: &str) -> String {
    read(text, &ReaderOptions::default().field(field)).unwrap_err().to_string()
}

#[test]
fn each_line_is_a_record_and_blank_lines_are_none() {
    let text = "{\"id\":1,\"text\":\"the king\",\"x\":{\"text\":\"no\"}}\r\n\n  \n\
                {\"x\":[1,{\"text\":\"no\"}],\"text\":\"a \\\"queen\\\"\\nsat\"}";
    assert_eq!(texts(text, "text"), ["the king", "a \"queen\"\nsat"]);
}

#[test]
fn escapes_become_the_characters_they_stand_for() {
    let text = r#"{"text":"caf\u00e9 \ud83d\ude00 \u0e01 a\/b \ud83d!"}"#;
    assert_eq!(texts(text, "text"), ["café 😀 ก a/b \u{FFFD}!"]);
}

#[test]
fn null_and_the_empty_string_are_records_without_text() {
    assert_eq!(texts("{\"text\":null}\n{\"text\":\"\"}\n", "text"), ["", ""]);
    assert_eq!(texts("{\"data\":null}\n", "data.text"), [""]);
}

#[test]
fn an_array_of_strings_is_joined_by_line_ends() {
    assert_eq!(texts(r#"{"text":["a b",null,"","c"]}"#, "text"), ["a b\n\nc"]);
    assert_eq!(texts(r#"{"text":[]}"#, "text"), [""]);
}

#[test]
fn a_path_leads_through_objects_arrays_and_names_with_dots() {
    let text = r#"{"data":{"body":{"text":"deep"},"items":[{"t":"a"},{"t":"b"}]},"x.y":"dot"}"#;
    assert_eq!(texts(text, "data.body.text"), ["deep"]);
    assert_eq!(texts(text, "data.items.1.t"), ["b"]);
    assert_eq!(texts(text, "x.y"), ["dot"]);
}

#[test]
fn metadata_are_strings_numbers_or_nothing() {
    let text =
        r#"{"text":"t","year":1999,"a":{"b":"x\ty\nz"},"ok":true,"score":-0.5,"tags":["p","q"]}"#;
    let names = ["year", "a.b", "ok", "score", "tags", "missing", "text"];
    let records = read(text, &ReaderOptions::default().metadata(names)).unwrap();
    assert_eq!(records[0].metadata, ["1999", "x y z", "true", "-0.5", "p q", "", "t"]);
    assert_eq!(records[0].text, "t");
}

#[test]
fn each_bad_line_is_named() {
    for (text, field, message) in [
        (
            "{\"text\":\"a\"}\n{\"id\":1,\"body\":\"b\"}\n",
            "text",
            "line 2: found the fields `body`, `id`, expected a field `text`",
        ),
        (
            r#"{"data":{"title":"a"}}"#,
            "data.text",
            "line 1: found the fields `title` in `data`, expected a field `data.text`",
        ),
        (
            r#"{"data":"a"}"#,
            "data.text",
            "line 1: found a string in `data`, expected a field `data.text`",
        ),
        (
            "\n{\"text\":12}",
            "text",
            "line 2: found a number in the field `text`, expected a string, an array of strings or \
             null",
        ),
        (
            "{\"text\":{\"a\":1}}",
            "text",
            "line 1: found an object in the field `text`, expected a string, an array of strings \
             or null",
        ),
        (
            "{\"text\":[1]}",
            "text",
            "line 1: found an array of numbers in the field `text`, expected a string, an array of \
             strings or null",
        ),
        (
            "{\"text\":\"a\",}",
            "text",
            "line 1: found bad JSON at column 13: trailing comma, expected a JSON object on each \
             line",
        ),
        (
            "{\"text\":\"a\"} x",
            "text",
            "line 1: found bad JSON at column 14: trailing characters, expected a JSON object on \
             each line",
        ),
        (
            "{\"text\":\"a\"}\n{\"text\":\"the k",
            "text",
            "line 2: found JSON that ends too early, after `{\"text\":\"the k`, expected a whole \
             JSON object on each line; `jq -c .` makes lines of objects",
        ),
        (
            "\n[{\"text\":\"a\"}]",
            "text",
            "line 2: found a JSON array, expected an object on each line; `jq -c '.[]'` makes \
             lines of an array",
        ),
        (
            "{\"text\":\"a\"}\nthe king\n",
            "text",
            "line 2: found `the king`, expected a JSON object on each line",
        ),
    ] {
        assert_eq!(failure(text, field), format!("`d.jsonl`, {message}"), "{text}");
    }
    let options = ReaderOptions::default().metadata(["a"]);
    let message = read("{\"text\":\"t\",\"a\":{}}", &options).unwrap_err().to_string();
    let expected = "found an object in the field `a`, expected a string or a number";
    assert_eq!(message, format!("`d.jsonl`, line 1: {expected}"));
}

proptest! {
    #[test]
    fn what_serde_json_writes_comes_back(texts in prop::collection::vec(any::<String>(), 0..8)) {
        let lines: String = texts
            .iter()
            .map(|text| format!("{}\n", serde_json::json!({"id": [1, {"text": 2}], "text": text})))
            .collect();
        let records = read(&lines, &ReaderOptions::default()).unwrap();
        let back: Vec<_> = records.into_iter().map(|record| record.text).collect();
        prop_assert_eq!(back, texts);
    }

    #[test]
    fn a_cut_at_an_end_changes_nothing(
        texts in prop::collection::vec("[a\n\"é]{0,5}", 1..8), at in any::<prop::sample::Index>()
    ) {
        let lines: String =
            texts.iter().map(|text| format!("{}\n", serde_json::json!({"text": text}))).collect();
        let options = ReaderOptions::default();
        let reader = JsonLines::open(&options, "d".as_ref(), b"").unwrap();
        let place = Place { path: "d".as_ref(), line: 1 };
        let end = reader.last_end(&lines.as_bytes()[..at.index(lines.len())]).unwrap_or(0);
        let read = |text: &str| read_records(&reader, text.as_bytes(), place, &options).unwrap();
        let parts = [read(&lines[..end]), read(&lines[end..])].concat();
        prop_assert_eq!(parts, read(&lines));
    }

    #[test]
    fn no_line_makes_it_panic(text in "[\\[\\]{}\":,\\\\a1ud8é\n ]{0,40}") {
        let _ = read(&text, &ReaderOptions::default().field("a.1").metadata(["a", "1.a"]));
    }
}
