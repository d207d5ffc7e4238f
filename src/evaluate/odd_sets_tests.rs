//! Odd-one-out questions in each of their forms.

use std::fs;

use super::*;
use proptest::prelude::*;

fn read(text: &[u8]) -> Result<OddSets> {
    OddSets::read(text, Path::new("o.csv"), &|word: &str| word.to_lowercase())
}

fn set(words: &[&str], outliers: &[&str]) -> OddSet {
    let [words, outliers] =
        [words, outliers].map(|words| words.iter().map(|&word| word.to_owned()).collect());
    OddSet { words, outliers }
}

#[test]
fn a_table_of_lists_is_read() {
    let table = r#",category,outliers,words
0,Cats,"['Dog', ""Cat's"", '']","['Tiger', 'lion', 'Bogot\u00e1\xe9', 'a\\b']"
1,"Big, small","[""oven"" , ]","['a' , 'b','']"
"#;
    let sets = read(table.as_bytes()).unwrap();
    let names: Vec<&str> = sets.sections.iter().map(|section| section.name.as_str()).collect();
    assert_eq!(names, ["Cats", "Big, small"]);
    assert_eq!(
        sets.sections[0].sets,
        [set(&["tiger", "lion", "bogotáé", "a\\b"], &["dog", "cat's"])]
    );
    assert_eq!(sets.sections[1].sets, [set(&["a", "b"], &["oven"])]);
    assert_eq!(sets.len(), 3);
    let plain = read(b"\xEF\xBB\xBFWords,Outliers\r\n\"['a', 'b']\",['c']\r\n").unwrap();
    assert_eq!(
        plain.sections,
        [OddSection { name: "questions".to_owned(), sets: vec![set(&["a", "b"], &["c"])] }]
    );
}

#[test]
fn lines_of_words_are_read() {
    let sets = read(b"a b c\n: Two words\nNew York\tRome\toven\n\na,b,c,d\n: none\n").unwrap();
    assert_eq!(sets.len(), 3);
    assert_eq!(sets.sections[0].sets, [set(&["a", "b"], &["c"])]);
    assert_eq!(
        sets.sections[1].sets,
        [set(&["new york", "rome"], &["oven"]), set(&["a", "b", "c"], &["d"])]
    );
    assert_eq!((sets.sections[2].name.as_str(), sets.sections[2].sets.len()), ("none", 0));
}

#[test]
fn a_heading_names_the_odd_one_and_empty_columns_are_none() {
    let expected = [set(&["cat", "dog"], &["table"]), set(&["bread", "wine"], &["sky"])];
    for text in [
        "odd,word1,word2\ntable,cat,dog\nsky,bread,wine\n",
        "Word 1\tOdd one\tWord 2\ncat\ttable\tdog\nbread\tsky\twine\n",
        "cat\tdog\ttable\t\nbread\twine\tsky\t\t\n",
    ] {
        assert_eq!(read(text.as_bytes()).unwrap().sections[0].sets, expected, "{text}");
    }
    let report = read(b"odd,word1,word2\ntable,cat,dog\n").unwrap().report.to_string();
    assert!(report.contains("odd one in column 1 (`odd`), word in columns 2"), "{report}");
    let message = read(b"odd,word1,word2\ntable,cat,dog,cow\n").unwrap_err().to_string();
    assert!(message.ends_with("line 2: found 4 field(s), expected 3, as in the heading"));
}

#[test]
fn a_file_may_hold_one_set_and_its_outliers() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("cats.txt"), "lion\nsnow leopard\ntiger\n\n\nDog\nspoon\n").unwrap();
    fs::write(path("trees.txt"), "oak\nfir\n\nowl\n").unwrap();
    let sets = OddSets::open(path("cats.txt"), &str::to_lowercase).unwrap();
    assert_eq!(sets.sections[0].name, "cats");
    assert_eq!(sets.sections[0].sets, [set(&["lion", "snow leopard", "tiger"], &["dog", "spoon"])]);
    let all = OddSets::open(folder.path(), &str::to_lowercase).unwrap();
    assert_eq!((all.sections.len(), all.len(), all.report.rows), (2, 3, 2));
    assert_eq!(
        all.report.to_string(),
        "2 rows, separated by spaces; 2 files; words, and behind a blank line the outliers"
    );
}

#[test]
fn other_files_are_named() {
    let relation = [["oslo", "norway"], ["rome", "italy"], ["cairo", "egypt"]];
    let questions: String = relation
        .iter()
        .flat_map(|left| relation.iter().map(move |right| [left, right]))
        .filter(|[left, right]| left != right)
        .map(|[left, right]| format!("{} {}\n", left.join(" "), right.join(" ")))
        .collect();
    let sentence = "It was a dark night, and it rained.\nNobody said a word, not even he.\nThe rain \
                    fell, and fell, and fell again.\n\"Who is it?\" she asked, but nobody came.\n\
                    Then the king fell asleep at last.\n";
    for (text, kind) in [
        (&*format!(": capitals\n{questions}"), "analogy questions"),
        (&questions, "analogy questions"),
        (sentence, "running text"),
        ("king\tqueen\t8\ncat\tdog\t6\n", "pairs of words with scores"),
        ("2 3\nking 1 2 3\nqueen 1 2 3\n", "a file of word vectors"),
        ("king queen\ncat dog\n", "a dictionary (pairs of words)"),
        ("king\nqueen\n", "a list of words"),
    ] {
        assert_eq!(
            read(text.as_bytes()).unwrap_err().to_string(),
            format!("`o.csv` looks like {kind}, but odd-one-out questions are needed here")
        );
    }
}

#[test]
fn other_lines_are_named() {
    let fails = |text: &str, message: &str| {
        assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), message)
    };
    let lines = "at least three words, the last being the odd one, or `: section`, or a table \
                     headed `category,outliers,words`";
    let found = |line: u32, n_fields: u32| {
        format!("`o.csv`, line {line}: found 2 word(s) in {n_fields} field(s), expected {lines}")
    };
    fails(": x\na b\n", &found(2, 2));
    fails("a,b,\n", &found(1, 3));
    let no_question = "`o.csv`: found no question, expected a table headed \
                           `category,outliers,words`, or lines of at least three words";
    fails("", no_question);
    fails(": x\n", no_question);
}

#[test]
fn other_rows_of_a_table_are_named() {
    let fails = |text: &str, message: &str| {
        assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), message)
    };
    let in_table = |row: &str, message: &str| {
        fails(&format!("outliers,words\n{row}\n"), &format!("`o.csv`, line 2: found {message}"))
    };
    in_table("['a']", "1 field(s), expected 2, as in the heading");
    in_table("['a'],['b'],['c']", "3 field(s), expected 2, as in the heading");
    in_table("\"['a'],['b']", "quotes that are not closed in field 1, expected a row on one line");
    in_table(
        "\"['a']\"x,['b']",
        "text behind the quotes of field 1, expected a comma, or two quotes for one within a \
             field",
    );
    in_table(
        "['a'],['b']",
        "1 word(s) and 1 outlier(s), expected at least two words and one outlier",
    );
    in_table(
        "[''],\"['b', 'c']\"",
        "2 word(s) and 0 outlier(s), expected at least two words and one outlier",
    );
    let list = "expected a list of words such as `['lion', 'tiger']`";
    for bad in [
        "a b",
        "['a'",
        "['a]",
        "[a]",
        "['a' 'b']",
        "['\\q']",
        "['\\xg0']",
        "['\\u12']",
        "['\\ud800']",
        "['\\",
        "[]]",
        "[",
    ] {
        in_table(&format!("{bad},['b']"), &format!("`{}`, {list}", bad.escape_debug()));
    }
    in_table(&format!("{},['b']", "é".repeat(50)), &format!("`{}...`, {list}", "é".repeat(40)));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        heading in "(,category,outliers,words\n|words,outliers\n|)",
        rows in "([0-9a\\[\\]'\",\\\\xué \t:]{0,24}\n){0,5}",
    ) {
        if let Ok(sets) = read(format!("{heading}{rows}").as_bytes()) {
            prop_assert!(!sets.is_empty());
        }
    }

    #[test]
    fn what_was_written_is_read(
        words in proptest::collection::vec("[a-zé'\"\\\\, ]{0,5}[a-z]", 3..9),
    ) {
        let quoted =
            |word: &String| format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"));
        let written = |words: &[String]| {
            let list = words.iter().map(quoted).collect::<Vec<_>>().join(", ");
            format!("\"[{}]\"", list.replace('"', "\"\""))
        };
        let (outliers, belonging) = words.split_at(1);
        let table = format!("outliers,words\n{},{}\n", written(outliers), written(belonging));
        let sets = read(table.as_bytes()).unwrap();
        let trimmed =
            |words: &[String]| words.iter().map(|word| word.trim().to_owned()).collect();
        let expected = OddSet { words: trimmed(belonging), outliers: trimmed(outliers) };
        prop_assert_eq!(&sets.sections[0].sets[0], &expected);
    }
}
