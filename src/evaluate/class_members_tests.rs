//! Words in classes in the layouts of their authors, with words of our own.

use std::fs;

use proptest::prelude::*;

use super::*;

fn read(text: &[u8]) -> Result<Categories> {
    Categories::read(text, Path::new("c.tsv"), &|word: &str| word.to_lowercase())
}

fn members_of(text: &str) -> Vec<(String, String)> {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}")).members
}

fn expected(members: &[(&str, &str)]) -> Vec<(String, String)> {
    members.iter().map(|&(class, word)| (class.to_owned(), word.to_owned())).collect()
}

#[test]
fn classes_may_stand_on_either_side_and_have_headings() {
    for text in [
        "tree\tOak\ntree\t\ntree\toak\npain\tache\ntree\tice plant\n",
        "# AP\ntree,Oak\npain,ache\ntree,ice plant\n",
        "Oak\ttree\nache\tpain\nice plant\ttree\n",
        "Category;Word\ntree;Oak\npain;ache\ntree;ice plant\r\n",
        "\u{FEFF}word\tclass\noak\ttree\n\nache\tpain\nice plant\ttree\n",
        "no,concept,note,class\n1,Oak,x,tree\n2,ache,y,pain\n3,ice plant,,tree\n",
    ] {
        let all = [("tree", "oak"), ("pain", "ache"), ("tree", "ice plant")];
        assert_eq!(members_of(text), expected(&all), "{text}");
    }
    // As many classes as words: the first column, or what the heading says.
    assert_eq!(members_of("a b\nc d\n")[0], ("a".to_owned(), "b".to_owned()));
    assert_eq!(members_of("word class\na b\nc d\n")[0], ("b".to_owned(), "a".to_owned()));
}

#[test]
fn the_layouts_of_the_authors_are_read() {
    let bless = "owl-n\tbird\tattri\tgrey-j\nowl-n\tbird\tcoord\thawk-n\n\
                 oak-n\ttree\trandom-v\tgo-v\n";
    assert_eq!(members_of(bless), expected(&[("bird", "owl"), ("tree", "oak")]));
    assert_eq!(
        read(bless.as_bytes()).unwrap().report.to_string(),
        "3 rows, separated by tabs: class in column 2, word in column 1; parts of speech are cut \
         off the words; 1 row repeats a word of the same class"
    );
    let nested = "owl_N\tbird\tanimal\nhen_N\tbird\tanimal\noak_N\ttree\tplant\n\
                  fir_N\ttree\tplant\nox_N\tmammal\tanimal\ncow_N\tmammal\tanimal\n";
    let found = members_of(nested);
    assert_eq!((found.len(), &found[4]), (6, &("mammal".to_owned(), "ox".to_owned())));

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("bird.txt"), "Owl\nguinea hen\n").unwrap();
    fs::write(path("tree.csv"), "response,count\noak,12\nfir,3\n,1\n").unwrap();
    let found = Categories::open(folder.path(), &str::to_lowercase).unwrap();
    let all = [("bird", "owl"), ("bird", "guinea hen"), ("tree", "oak"), ("tree", "fir")];
    assert_eq!(found.members, expected(&all));
    assert_eq!(
        found.report.to_string(),
        "4 rows, separated by spaces: word in column 1; 1 left out: no word; 2 files, a class each"
    );
}

#[test]
fn a_line_may_hold_a_class_with_all_its_words() {
    let all = expected(&[
        ("fruit", "apple"),
        ("fruit", "pear"),
        ("fruit", "fig"),
        ("tree", "oak"),
        ("tree", "elm"),
    ]);
    for text in [
        "fruit: apple pear fig\ntree: oak elm\n",
        "fruit:\tapple\tpear\tfig\ntree:\toak\telm\n",
        "fruit: apple, pear, fig\ntree: oak, elm\n",
        "# note\nfruit apple pear fig\n\ntree oak elm\n",
        "fruit\tapple\tpear\tfig\ntree\toak\telm\n",
        "fruit,apple,pear,fig\ntree,oak,elm\n",
    ] {
        let found = read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.members, all, "{text}");
        assert_eq!(found.report.rows, 5, "{text}");
        let note = &found.report.notes[0];
        assert_eq!(note, "a class a line, and behind it its words", "{text}");
    }
}

#[test]
fn other_lines_and_other_files_are_named() {
    let fails =
        |text: &[u8], message: &str| assert_eq!(read(text).unwrap_err().to_string(), message);
    fails(
        b"tree\toak\ntree\toak\telm\n",
        "`c.tsv`, line 2: found 3 field(s), expected a class and a word, separated by a tab",
    );
    fails(
        b"it was a dark night\nand it rained\n",
        "`c.tsv`, line 1: found 5 field(s), expected a class and a word, separated by a tab",
    );
    fails(b"tree,oak\n,\n", "`c.tsv`, line 2: found two empty fields, expected a class and a word");
    fails(
        b"tree\toak\ntree\telm\n",
        "`c.tsv`: found one class, `tree`, expected at least two classes",
    );
    fails(b"class\tword\n\n", "`c.tsv`: found no word, expected lines of a class and a word");
    fails(b"", "`c.tsv`: found no word, expected lines of a class and a word");
    fails(b"tree\t\xFF\n", "`c.tsv`, line 1, byte 5: the byte 0xFF is not valid UTF-8");
    let looks = |text: &str, kind: &str| {
        let needed = "but words in classes are needed here";
        fails(text.as_bytes(), &format!("`c.tsv` looks like {kind}, {needed}"));
    };
    looks("oak\n", "a list of words");
    looks("slow slowly calm calmly\n", "analogy questions");
    looks(": forms\nslow slowly calm calmly\n", "analogy questions");
    looks("king\tqueen\t8\ncat\tdog\t6\n", "pairs of words with scores");
    looks("2 3\nking 1 2 3\nqueen 1 2 3\n", "a file of word vectors");
    looks("words,outliers\n", "odd-one-out questions");
    let dictionary: String = (0..40).map(|n| format!("w{n}\tv{n}\n")).collect();
    looks(&dictionary, "a dictionary (pairs of words)");
}

#[test]
fn a_heading_of_r_and_a_colon_before_each_word_are_understood() {
    let members = expected(&[("tree", "oak"), ("tree", "elm"), ("pain", "ache")]);
    for text in [
        "\"class\" \"word\"\n\"1\" \"tree\" \"oak\"\n\"2\" \"tree\" \"elm\"\n\"3\" \"pain\" \"ache\"\n",
        "tree: oak\ntree: elm\npain: ache\n",
    ] {
        assert_eq!(members_of(text), members, "{text}");
    }
}

#[test]
fn running_text_is_named() {
    let text = "It was a dark night, and it rained.\n\"Who is it?\" she said, but nobody came.\n\
                The rain fell on the town; the king slept.\nA \"cat\" sat at the window, then two.\n\
                No one, said he, would have let it in, ever!\n";
    assert_eq!(
        read(text.as_bytes()).unwrap_err().to_string(),
        "`c.tsv` looks like running text, but words in classes are needed here"
    );
}

proptest! {
    #[test]
    fn any_text_is_classes_or_one_error(
        text in "((class|word|#|a|b|é|)[\t, ;](word|class|c|d|)([\t,]x)?[\t]?\r?\n){0,6}",
    ) {
        if let Ok(categories) = read(text.as_bytes()) {
            let mut members = categories.members.clone();
            members.sort();
            members.dedup();
            prop_assert_eq!(members.len(), categories.members.len());
        }
    }

    #[test]
    fn what_was_written_is_read(
        members in proptest::collection::btree_set(("[a-c]", "[a-z]{2,9}"), 1..40),
    ) {
        let line = |(class, word): &(String, String)| format!("{class}\t{word}\n");
        let text: String = members.iter().map(line).collect();
        let n_classes = members.iter().map(|member| &member.0).collect::<BTreeSet<_>>().len();
        let n_words = members.iter().map(|member| &member.1).collect::<BTreeSet<_>>().len();
        let headed = format!("category\tword\n{text}");
        let found = read(headed.as_bytes());
        prop_assert_eq!(found.is_ok(), n_classes >= 2);
        if let Ok(found) = found {
            prop_assert!(found.members.iter().eq(&members));
            let plain = read(text.as_bytes());
            prop_assert!(n_classes > n_words || plain.unwrap().members == found.members);
        }
    }
}
