//! Analogy questions in the layouts of their authors, with words of our own.

use std::fs;

use proptest::prelude::*;

use super::*;

fn read_as(name: &str, bytes: &[u8]) -> Result<Questions> {
    Questions::read(bytes, Path::new(name), &|word: &str| word.to_lowercase())
}

fn read(bytes: &[u8]) -> Result<Questions> {
    read_as("q.txt", bytes)
}

fn names(questions: &Questions) -> Vec<&str> {
    questions.sections.iter().map(|section| section.name.as_str()).collect()
}

fn asked(section: &Section) -> &[Question] {
    match &section.items {
        SectionItems::Questions(questions) => questions,
        SectionItems::Pairs(_) => panic!("pairs"),
    }
}

fn question(words: [&str; 3], answers: &[&str]) -> Question {
    let answers = answers.iter().map(|&answer| answer.to_owned()).collect();
    Question { words: words.map(String::from), answers }
}

#[test]
fn sections_and_lines_of_four_words_are_read() {
    let questions =
        read(b"\xEF\xBB\xBFA b c d\r\n\r\n# no\n: first one \na  b\tc d\n: gram2\n").unwrap();
    assert_eq!(names(&questions), ["questions", "first one", "gram2"]);
    assert_eq!(questions.len(), 2);
    assert_eq!(asked(&questions.sections[0]), [question(["a", "b", "c"], &["d"])]);
    for line in ["a,b,c,d\n", "a;b;c;d\n", "a\tb\tc\td\n"] {
        let questions = read(line.as_bytes()).unwrap();
        assert_eq!(asked(&questions.sections[0]), [question(["a", "b", "c"], &["d"])], "{line}");
    }
    let spaced = read(b"New York\tstate\tOslo\tcounty\n").unwrap();
    assert_eq!(asked(&spaced.sections[0])[0].words[0], "new york");
}

#[test]
fn a_slash_separates_right_answers() {
    let questions = read(b"king man/male queen woman/ Female\n").unwrap_err().to_string();
    assert!(questions.contains("5 word(s)"), "{questions}");
    let questions = read(b"king man/male queen woman/Female/\na b c /\n").unwrap();
    let expected = [
        question(["king", "man", "queen"], &["woman", "female"]),
        question(["a", "b", "c"], &["/"]),
    ];
    assert_eq!(asked(&questions.sections[0]), expected);
}

#[test]
fn the_questions_of_msr_have_tags() {
    let text =
        b"big bigger old JJ_JJR older\nold older big JJ_JJR bigger\ncat cats dog NN_NNS dogs\n";
    let questions = read(text).unwrap();
    assert_eq!(names(&questions), ["JJ_JJR", "NN_NNS"]);
    assert!(questions.sections.iter().all(Section::is_syntactic));
    assert_eq!(asked(&questions.sections[1]), [question(["cat", "cats", "dog"], &["dogs"])]);

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("w.questions"), "big bigger old\ncat cats dog\n").unwrap();
    fs::write(path("w.answers"), "JJ_JJR older\nNN_NNS dogs\n").unwrap();
    let open = || Questions::open(path("w.questions"), &str::to_lowercase);
    let joined = open().unwrap();
    assert_eq!((names(&joined), joined.len()), (vec!["JJ_JJR", "NN_NNS"], 2));
    assert!(joined.report.notes[0].ends_with("w.answers`"), "{:?}", joined.report);
    fs::write(path("w.answers"), "JJ_JJR older\n").unwrap();
    let message = open().unwrap_err().to_string();
    assert!(message.contains("found 1 answers, expected 2, one for each line of `"), "{message}");
}

#[test]
fn the_tags_of_msr_may_be_long_or_in_small_letters() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("w.questions"), "good better rough\nbank bank's king\n").unwrap();
    for (answers, tags) in [
        ("JJ_JJR rougher\nNN_NNPOS king's\n", ["JJ_JJR", "NN_NNPOS"]),
        ("NNPOS_NN rougher\njj_jjr king's\n", ["NNPOS_NN", "jj_jjr"]),
    ] {
        fs::write(path("w.answers"), answers).unwrap();
        let questions = Questions::open(path("w.questions"), &str::to_lowercase).unwrap();
        assert_eq!(names(&questions), tags);
        assert!(questions.sections.iter().all(Section::is_syntactic));
    }
    assert_eq!(names(&read(b"bank bank's king nn_nnpos king's\n").unwrap()), ["nn_nnpos"]);
}

#[test]
fn headings_and_tabs_at_the_end_are_no_questions() {
    for text in [
        "a,b,c,d\nking,queen,man,woman\n",
        "word1\tword2\tword3\tword4\nking\tqueen\tman\twoman\t\n",
    ] {
        let questions = read(text.as_bytes()).unwrap();
        let expected = [question(["king", "queen", "man"], &["woman"])];
        assert_eq!(asked(&questions.sections[0]), expected, "{text}");
        assert!(questions.report.to_string().contains("word in columns 1 to 4"), "{text}");
    }
    for text in ["king\tqueen\tman\twoman\t\n", "king\tqueen\tman\twoman\t\t\n: s\nA\tb\tc\td\n"] {
        assert_eq!(read(text.as_bytes()).unwrap().sections[0].len(), 1, "{text}");
    }
    let pairs = read(b"Word\tplural\nking\tkings\nqueen\tqueens\t\n").unwrap();
    assert_eq!(pairs.len(), 2);
    assert!(pairs.report.to_string().contains("word in column 1 (`Word`)"), "{:?}", pairs.report);
    assert_eq!(read(b"king\tkings\t\nqueen\tqueens\t\n").unwrap().len(), 2);
}

#[test]
fn a_folder_of_pairs_is_asked_in_all_orders() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [
        ("1_Inflection/I01 [adj - adv].txt", "Slow\tslowly\ncalm\tcalmly\nrare\trarely\n"),
        ("4_Lex/L01 [hypernyms].txt", "king\tman/male\nqueen\twoman/Female\n"),
        ("metadata.json", "{}"),
    ] {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), text).unwrap();
    }
    let questions = Questions::open(folder.path(), &str::to_lowercase).unwrap();
    assert_eq!(names(&questions), ["I01 [adj - adv]", "L01 [hypernyms]"]);
    let lengths: Vec<usize> = questions.sections.iter().map(Section::len).collect();
    assert_eq!((lengths, questions.len()), (vec![6, 2], 8));
    assert!(questions.sections[0].is_syntactic() && !questions.sections[1].is_syntactic());
    let SectionItems::Pairs(pairs) = &questions.sections[1].items else { panic!("questions") };
    let queen =
        RelatedPair { word: "queen".into(), partners: vec!["woman".into(), "female".into()] };
    assert_eq!(pairs[1], queen);
    assert_eq!(
        questions.report.to_string(),
        "5 rows, separated by tabs: word in column 1, right answers in column 2; 2 files; each \
         ordered pair of rows is a question; 1 other file is left out: `metadata.json`"
    );
    let single = Questions::open(path("1_Inflection/I01 [adj - adv].txt"), &str::to_lowercase);
    assert_eq!(single.unwrap().sections[0].len(), 6);
}

#[test]
fn questions_without_a_possible_answer_are_counted() {
    let note = |text: &str| read(text.as_bytes()).unwrap().report.notes.pop().unwrap();
    let colours = note("blood\tred\napple\tred/green\nrose\tred\n");
    assert!(colours.starts_with("4 questions have no possible answer, "), "{colours}");
    let single = note("a b c b\nd e f g\n");
    assert!(single.starts_with("1 question has no possible answer, "), "{single}");
}

#[test]
fn sections_about_forms_are_known_by_their_names() {
    let of = |name: &str| {
        let items = SectionItems::Questions(Vec::new());
        Section { name: name.to_owned(), items }.is_syntactic()
    };
    for name in ["gram1-opposite", "I01 [noun - plural]", "D10", "VB_VBD", "NNPOS_NN", "jj_jjr"] {
        assert!(of(name), "{name}");
    }
    for name in
        ["capitals", "E01 [capital]", "L10", "I1", "D123", "a_b", "JJ_", "big_small", "jj_big"]
    {
        assert!(!of(name), "{name}");
    }
}

#[test]
fn other_lines_and_other_files_are_named() {
    let fails =
        |bytes: &[u8], message: &str| assert_eq!(read(bytes).unwrap_err().to_string(), message);
    fails(b": x\na b c\n", "`q.txt`, line 2: found 3 word(s), expected four words, or `: section`");
    fails(
        b": x\na b c d e\n",
        "`q.txt`, line 2: found 5 word(s), expected four words, or `: section`",
    );
    fails(b"a,b,c,\n", "`q.txt`, line 1: found an empty word, expected four words, or `: section`");
    fails(b"a b c d\n\xFF\n", "`q.txt`, line 2, byte 8: the byte 0xFF is not valid UTF-8");
    let none = "`q.txt`: found no question, expected lines of four words, or at least two lines of \
                a pair";
    fails(b": x\n", none);
    fails(b"", none);
    fails(b"a b\n", none);
    let pairs = "expected a word and its right answers, such as `queen<tab>woman/female`";
    fails(b"a\tb\nc\td\te\n", &format!("`q.txt`, line 2: found 3 field(s), {pairs}"));
    fails(b"a\tb\nc\t\n", &format!("`q.txt`, line 2: found an empty field, {pairs}"));
    let looks = |text: &str, kind: &str| {
        let message = format!("`q.txt` looks like {kind}, but analogy questions are needed here");
        fails(text.as_bytes(), &message);
    };
    looks("king\tqueen\t8\ncat\tdog\t6\n", "pairs of words with scores");
    looks("2 3\nking 1 2 3\nqueen 1 2 3\n", "a file of word vectors");
    looks("king\nqueen\n", "a list of words");
    looks("a x\na y\na z\nb q\nb r\nb s\n", "words in classes");
    let dictionary: String = (0..60).map(|n| format!("w{}\tv{n}\n", n / 2)).collect();
    looks(&dictionary, "a dictionary (pairs of words)");
    let large = |n: usize| -> String { (0..n).map(|n| format!("w{n}\tv{n}\n")).collect() };
    looks(&large(201), "a dictionary (pairs of words)");
    assert_eq!(read(large(200).as_bytes()).unwrap().len(), 200 * 199);
    let with_alternatives = |n: usize| format!("a\tb/c\n{}", large(n));
    assert_eq!(read(with_alternatives(999).as_bytes()).unwrap().len(), 1000 * 999);
    looks(&with_alternatives(1000), "a dictionary (pairs of words)");
}

proptest! {
    #[test]
    fn any_text_is_questions_or_one_error(
        text in "(: ?s\n|[a-c]{1,2}[\t ,/:]|[a-e]\n|n:n\n|JJ_NN |#|\n){0,24}",
    ) {
        if let Ok(questions) = read(text.as_bytes()) {
            prop_assert!(!questions.is_empty());
            for section in &questions.sections {
                if let SectionItems::Questions(asked) = &section.items {
                    prop_assert!(asked.iter().all(|it| !it.answers.is_empty()));
                }
            }
        }
    }
}
