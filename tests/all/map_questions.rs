//! Questions to a map: a choice of words as translations, and pairs of two languages with scores.

use std::fmt::Write as _;
use std::fs;

use predicates::prelude::*;
use serde_json::Value;

use crate::translate::{eigenlex, fails, folder as two_languages, ok};

#[test]
fn pairs_of_two_languages_are_scored_in_the_space_of_a_map() {
    let folder = two_languages();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("data")).unwrap();
    fs::create_dir_all(path("keys")).unwrap();
    // Each word with itself, its cosine with which is 1, and with another.
    let (mut data, mut back, mut gold) = (String::new(), String::new(), String::new());
    for row in 0..10 {
        writeln!(data, "s{row}\tt{row}\nS{row}\tt{}\nx\ty", row + 20).unwrap();
        writeln!(back, "t{row}\ts{row}\nt{row}\ts{}\nx\ty", row + 20).unwrap();
        writeln!(gold, "4\n{}\n0", row % 3).unwrap();
    }
    for (name, text) in [
        ("data/s-t.test.data.txt", &data),
        ("data/t-s.test.data.txt", &back),
        ("keys/s-t.test.gold.txt", &gold),
        ("keys/t-s.test.gold.txt", &gold),
    ] {
        fs::write(path(name), text).unwrap();
    }
    let ask = |file: &str, format: &str| {
        ok(folder.path(), &["evaluate", "map", "--similarity", file, "--format", format])
    };
    for (file, is_turned) in [("data/s-t.test.data.txt", false), ("data/t-s.test.data.txt", true)] {
        let found: Value = serde_json::from_str(&ask(file, "json")).unwrap();
        let score = &found["similarity"][0];
        assert_eq!((&score["answered"], &score["total"]), (&20.into(), &30.into()), "{found}");
        assert!(score["spearman"].as_f64().unwrap() > 0.5, "{found}");
        let notes = found["sets"][0]["notes"].to_string();
        assert_eq!(notes.contains("of the target language"), is_turned, "{notes}");
    }
    let table = ask("data/s-t.test.data.txt", "tsv");
    assert!(table.starts_with("map\tfile\tspearman\tanswered\ttotal\nmap\tdata/"), "{table}");
    let text = ask("data/s-t.test.data.txt", "text");
    assert!(text.contains("answered 20 / 30"), "{text}");
    let file = "data/s-t.test.data.txt";
    let mixed = ["evaluate", "map", "s.vec", "--similarity", file];
    fails(folder.path(), &mixed, 2, "maps and models cannot be scored on the same pairs");
    let other = ["evaluate", "map", "--similarity", file, "--analogies", file];
    fails(folder.path(), &other, 2, "`--analogies` needs a model, and a map is given");
}

#[test]
fn translations_come_from_a_choice_of_words() {
    let folder = two_languages();
    let words = |more: &[&str]| -> Vec<String> {
        let line = [&["translate", "map", "s3", "-k", "4", "--format", "tsv"], more].concat();
        let answer = ok(folder.path(), &line);
        answer.lines().skip(1).map(|it| it.split('\t').nth(1).unwrap().to_owned()).collect()
    };
    let all = words(&[]);
    assert_eq!((all.len(), all[0].as_str()), (4, "t3"));
    assert_eq!(words(&["--exclude", "t3"])[..3], all[1..]);
    let two = words(&["--restrict-to", &format!("{},{}", all[2], all[1])]);
    assert_eq!(two, all[1..3]);
    let both = ["--restrict-to", &format!("t3,{}", all[1]), "--exclude", "t3"];
    assert_eq!(words(&both), all[1..2]);
    // In the other direction the words are those of the source.
    let back = ["translate", "map", "t3", "--reverse", "--restrict-to", "s3,t3", "--format", "tsv"];
    let said = eigenlex(folder.path(), &back).assert().success();
    said.stdout(predicate::str::contains("\nt3\ts3\t")).stderr(predicate::str::contains(
        "warning: `--restrict-to`: 1 of 2 words is not in the vocabulary: `t3`",
    ));
    let none = ["translate", "map", "s3", "--restrict-to", "t50", "--max-words", "20"];
    fails(folder.path(), &none, 2, "none of the words that may be answers is among the first 20");
}
