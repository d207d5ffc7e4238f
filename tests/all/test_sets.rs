//! Test sets and dictionaries in the layouts in which their authors hand them out: the words are
//! ours, the headings and quirks are theirs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use predicates::prelude::predicate;
use tempfile::TempDir;

use crate::packing::{gzip, tar, zip};
use crate::support::{ask, eigenlex_in, fails, json};

/// `v.vec`: twelve words in five dimensions.
fn vectors() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = "12 5\nking 1 0 0 0 .1\nqueen .9 .1 0 .2 .1\nman .8 0 .3 0 0\nwoman .7 .1 .3 .2 0\n\
                cat 0 1 0 0 .1\ndog 0 .9 .1 0 0\ngood 0 0 1 0 0\nbad 0 0 .9 .4 0\nslow 0 0 0 1 .1\n\
                slowly 0 0 0 1 1\ncalm 0 0 .1 .9 0\ncalmly 0 0 .1 .9 1\n";
    fs::write(folder.path().join("v.vec"), rows).unwrap();
    folder
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The first score and the report of a file.
fn evaluated(folder: &TempDir, option: &str, key: &str, file: &str) -> [serde_json::Value; 2] {
    let all = json("evaluate", &folder.path().join("v.vec"), &[option, file]);
    [all[key][0].clone(), all["sets"][0].clone()]
}

#[test]
fn word_pairs_are_read_as_their_authors_hand_them_out() {
    let folder = vectors();
    let path = folder.path();
    let utf16: Vec<u8> = "\u{FEFF}king;queen;8,1\r\ncat;dog;6,2\r\ngood;bad;0,9\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let sets: [(&str, &[u8], &[u64]); 7] = [
        (
            "SimLex.txt",
            b"word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\nking\tqueen\tN\t8.1\t4\t4\n\
              cat\tdog\tN\t6.2\t4\t4\ngood\tbad\tA\t0.9\t2\t2\n",
            &[1, 2, 4],
        ),
        (
            "SimVerb.txt",
            b"king\tqueen\tV\t8.1\tNONE\ncat\tdog\tV\t6.2\tCOHYPONYMS\ngood\tbad\tV\t0.9\tNONE\n",
            &[1, 2, 4],
        ),
        (
            "multi.csv",
            b"ID,Word 1,Word 2,POS,Annotator 1,Annotator 2\n1,king,queen,N,5,6\n\
              2,cat,dog,N,3,4\n3,good,bad,A,0,1\n",
            &[2, 3, 5, 6],
        ),
        (
            "scws.txt",
            b"1\tking\tn\tqueen\tn\tthe <b>king</b> is\tthe <b>queen</b> is\t8.1\t5\t6\n\
              2\tcat\tn\tdog\tn\tx\ty\t6.2\t5\t6\n3\tgood\ta\tbad\ta\tx\ty\t0.9\t5\t6\n",
            &[2, 4, 8],
        ),
        ("MEN_lemma", b"king-n queen-n 48.000\ncat-n dog-n 39.0\ngood-j bad-j 10.0\n", &[1, 2, 3]),
        (
            "combined.csv",
            b"\"Word 1\",\"Word 2\",\"Human (mean)\"\n\"king\",\"queen\",8.1\n\"cat\",\"dog\",6.2\n\
              \"good\",\"bad\",0.9\n",
            &[1, 2, 3],
        ),
        ("comma.csv", &utf16, &[1, 2, 3]),
    ];
    let mut first = None;
    for (name, text, columns) in sets {
        let file = write(path, name, text);
        let [score, set] = evaluated(&folder, "-s", "similarity", &file);
        assert_eq!((&score["answered"], &score["total"]), (&3.into(), &3.into()), "{name}");
        let expected = first.get_or_insert(score["spearman"].clone());
        assert_eq!(&score["spearman"], expected, "{name}");
        let taken: Vec<u64> = set["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["column"].as_u64().unwrap())
            .collect();
        assert_eq!(taken, columns, "{name}");
        assert_eq!((&set["rows"], &set["test"]), (&3.into(), &"similarity".into()), "{name}");
    }
    let file = path.join("SimLex.txt");
    let arguments = ["-s", file.to_str().unwrap(), "--format", "text"];
    let text = ask("evaluate", &path.join("v.vec"), &arguments);
    assert!(
        text.contains(
            "\n    read: 3 rows, separated by tabs: word in columns 1 (`word1`) and 2 (`word2`), \
             score in column 4 (`SimLex999`)\n"
        ),
        "{text}"
    );
}

#[test]
fn items_of_several_words_have_the_mean_of_their_vectors() {
    let folder = vectors();
    let path = folder.path();
    write(path, "v.vec", "4 2\nnew 1 0\nyork 0 1\nbig_town 1 1\nsea 1 -1\n");
    let pairs = "New York\tbig town\t9\nnew\tyork\t3\nnew  york\tsea\t4\nnew unknown\tsea\t1\n";
    write(path, "data/en.test.data.txt", "New York\tbig town\nnew\tyork\n");
    write(path, "keys/en.test.gold.txt", "4.0\n1.5\n");
    let file = write(path, "semeval.txt", pairs);
    let [score, _] = evaluated(&folder, "-s", "similarity", &file);
    assert_eq!((&score["answered"], &score["total"]), (&3.into(), &4.into()));
    let file = path.join("data/en.test.data.txt");
    let [score, set] = evaluated(&folder, "-s", "similarity", file.to_str().unwrap());
    assert_eq!((&score["spearman"], &score["answered"]), (&1.0.into(), &2.into()));
    assert!(set["notes"][0].as_str().unwrap().ends_with("en.test.gold.txt`"), "{set}");
}

#[test]
fn tables_that_cannot_be_what_they_seem_are_refused() {
    let folder = vectors();
    let path = folder.path();
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/english.txt"));
    let text: String = text.unwrap().lines().take(300).map(|line| format!("{line}\n")).collect();
    let advice = "put quotes around numbers with decimal commas, or separate the cells by \
                  semicolons or tabs";
    let decimals = "word1,word2,score\nking,queen,7,9\ncat,dog,7,5\n";
    for (option, name, text, says) in [
        (
            "-s",
            "d.csv",
            decimals,
            format!("line 2: found 4 cells, expected 3, as in the heading; {advice}\n"),
        ),
        (
            "-s",
            "y.txt",
            "new york city 5\nking queen 8\ncat dog 6\n",
            "line 1: found 4 cells".into(),
        ),
        (
            "-s",
            "f.tsv",
            "king\tqueen\t8\ncat\tdog\t5\ngood\tbad\t1\nSource: Miller 1991\n",
            "line 4: found `Source: Miller 1991`".into(),
        ),
        ("-s", "t.txt", &text, "looks like running text, but pairs of words with".into()),
        ("-c", "t.txt", &text, "looks like running text, but words in classes are".into()),
        ("--odd-one-out", "t.txt", &text, "looks like running text, but odd-one-out".into()),
    ] {
        let file = write(path, name, text);
        let message = fails(path, &["evaluate", "v.vec", option, &file], 3);
        assert!(message.contains(&says), "{message}");
    }
}

const RELATIONS: [(&str, &str); 3] = [
    ("BATS/1_Inflectional/I01 [adj - adv].txt", "slow\tslowly\ncalm\tcalmly\n"),
    ("BATS/4_Lex/L01 [gender].txt", "king\tqueen/lady\nman\tperson/woman\n"),
    ("BATS/metadata.json", "{}\n"),
];

#[test]
fn relations_are_asked_as_all_ordered_pairs() {
    let folder = vectors();
    let path = folder.path();
    for (name, text) in RELATIONS {
        write(path, name, text);
    }
    let bats = path.join("BATS");
    let [score, set] = evaluated(&folder, "-a", "analogies", bats.to_str().unwrap());
    assert_eq!(score["syntactic"], serde_json::json!({"correct": 2, "answered": 2, "total": 2}));
    // `person` stands for its row where it is the example, and is not known; `woman` is an answer.
    assert_eq!(score["semantic"], serde_json::json!({"correct": 1, "answered": 1, "total": 2}));
    let names: Vec<&str> = score["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["I01 [adj - adv]", "L01 [gender]"]);
    let notes: Vec<&str> =
        set["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert_eq!(
        notes,
        [
            "2 files",
            "each ordered pair of rows is a question",
            "1 other file is left out: `metadata.json`",
        ]
    );

    // The same from archives, and of one file.
    let members = RELATIONS.map(|(name, text)| (name, text.as_bytes()));
    for (name, bytes) in
        [("b.zip", zip(&members)), ("b.tar", tar(&members)), ("b.tgz", gzip(&tar(&members)))]
    {
        let archive = write(path, name, bytes);
        let [in_archive, _] = evaluated(&folder, "-a", "analogies", &archive);
        assert_eq!(in_archive["sections"], score["sections"], "{name}");
    }
    let single = path.join(RELATIONS[0].0);
    let [single, _] = evaluated(&folder, "-a", "analogies", single.to_str().unwrap());
    assert_eq!(single["all"], score["syntactic"]);
}

#[test]
fn other_layouts_of_analogies_are_read() {
    let folder = vectors();
    let path = folder.path();
    for (name, text, total) in [
        ("q.txt", ": s\nslow slowly calm calmly\nking man queen woman/female\n: empty\n", 2),
        ("q.csv", "slow,slowly,calm,calmly\n", 1),
        ("qc.txt", "# comment\n: s\nslow  slowly\tcalm calmly\n", 1),
        ("msr.txt", "slow slowly calm JJ_RB calmly\nking queen man NN_NN woman\n", 2),
    ] {
        let file = write(path, name, text);
        let [score, _] = evaluated(&folder, "-a", "analogies", &file);
        let all = serde_json::json!({"correct": total, "answered": total, "total": total});
        assert_eq!(score["all"], all, "{name}");
    }
    write(path, "w.answers", "JJ_RB calmly\n");
    let file = write(path, "w.questions", "slow slowly calm\n");
    let [score, _] = evaluated(&folder, "-a", "analogies", &file);
    assert_eq!(score["sections"][0]["name"], "JJ_RB");

    let sat = "# multiple choice\n\nOUR TESTS\nslow slowly a:r\nking dog n:n\ncalm calmly a:r\n\
               good bad a:a\nb\n\nOUR TESTS\nslow slowly a:r\nunknown dog n:n\ncalm calmly a:r\nb\n\
               ";
    let file = write(path, "sat.txt", sat);
    let [choice, _] = evaluated(&folder, "-a", "choices", &file);
    assert_eq!(choice, serde_json::json!({"file": file, "correct": 1, "answered": 1, "total": 2}));
    let arguments = ["-a", &file, "--format", "text"];
    let text = ask("evaluate", &path.join("v.vec"), &arguments);
    let line = format!("  {file}   multiple choice: 1 = 100.0 % (50.0 %)   1 / 2\n");
    assert!(text.contains(&line) && text.contains("\n    read: 2 rows"), "{text}");
    let tsv = ask("evaluate", &path.join("v.vec"), &["-q", "-a", &file]);
    assert!(tsv.contains(&format!("\tanalogies\t{file}\tchoice\tall\t1.0000\t1\t1\t2\n")), "{tsv}");
}

#[test]
fn headings_are_no_questions() {
    let folder = vectors();
    let path = folder.path();
    for (option, key, text, total) in [
        ("-a", "analogies", "a,b,c,d\nking,queen,man,woman\nslow,slowly,calm,calmly\n", 2),
        ("-a", "analogies", "word\tplural\nking\tqueen\t\nman\twoman\t\n", 2),
        ("-a", "analogies", "king\tqueen\tman\twoman\t\n", 1),
        ("--odd-one-out", "odd_one_out", "odd,word1,word2,word3\ncat,king,queen,man\n", 1),
        (
            "--odd-one-out",
            "odd_one_out",
            "king\tqueen\tman\tcat\t\nslow\tslowly\tcalm\tking\t\n",
            2,
        ),
    ] {
        let file = write(path, "q.tsv", text);
        let [score, _] = evaluated(&folder, option, key, &file);
        let all = serde_json::json!({"correct": total, "answered": total, "total": total});
        assert_eq!(score["all"], all, "{text}");
    }
    write(path, "msr/w.answers", "JJ_RB calmly\nNN_NNPOS woman\n");
    let file = write(path, "msr/w.questions", "slow slowly calm\nking queen man\n");
    let [score, _] = evaluated(&folder, "-a", "analogies", &file);
    let all = serde_json::json!({"correct": 2, "answered": 2, "total": 2});
    assert_eq!((&score["sections"][1]["name"], &score["syntactic"]), (&"NN_NNPOS".into(), &all));
}

#[test]
fn classes_and_odd_ones_are_read_as_their_authors_hand_them_out() {
    let folder = vectors();
    let path = folder.path();
    let bless = "king-n\troyal\tattri\tgood-j\nking-n\troyal\tcoord\tqueen-n\n\
                 queen-n\troyal\tcoord\tking-n\ncat-n\tanimal\tcoord\tdog-n\n\
                 dog-n\tanimal\tcoord\tcat-n\n";
    let esslli = "king_N\troyal\tliving\nqueen_N\troyal\tliving\ncat_N\tanimal\tliving\n\
                  dog_N\tanimal\tliving\n";
    let battig = "category,word,rank\nroyal,king,1\nroyal,queen,2\nanimal,cat,1\nanimal,dog,2\n";
    for (name, text) in [("BLESS.txt", bless), ("esslli.tab", esslli), ("battig.csv", battig)] {
        let file = write(path, name, text);
        let [score, _] = evaluated(&folder, "-c", "categories", &file);
        let numbers = [&score["correct"], &score["answered"], &score["classes"]];
        assert_eq!(numbers.map(serde_json::Value::as_u64), [Some(4), Some(4), Some(2)], "{name}");
    }
    write(path, "AP/royal.txt", "king\nqueen\n");
    write(path, "AP/animal.txt", "cat\ndog\n");
    let [score, set] = evaluated(&folder, "-c", "categories", path.join("AP").to_str().unwrap());
    assert_eq!((&score["purity"], &score["total"]), (&1.0.into(), &4.into()));
    assert_eq!(set["notes"], serde_json::json!(["2 files, a class each"]));

    write(path, "888/royals.txt", "king\nqueen\nman\n\ndog\nslow\n");
    write(path, "888/forms.txt", "slow\nslowly\ncalm\n\nking\n");
    let [score, set] =
        evaluated(&folder, "--odd-one-out", "odd_one_out", path.join("888").to_str().unwrap());
    assert_eq!(score["all"], serde_json::json!({"correct": 3, "answered": 3, "total": 3}));
    assert_eq!(set["rows"], 2);
}

#[test]
fn a_file_of_another_kind_is_refused_with_the_option_that_reads_it() {
    let folder = vectors();
    let path = folder.path();
    for (name, text) in [
        ("dictionary", "king queen\ncat dog\n"),
        ("scored", "king\tqueen\t8\ncat\tdog\t6\n"),
        ("questions", ": s\nslow slowly calm calmly\n"),
        ("odd", "category,outliers,words\nx,\"['a']\",\"['b', 'c']\"\n"),
        ("classes", "a\tx\na\ty\na\tz\nb\tq\nb\tr\nb\ts\n"),
        ("list", "king\nqueen\n"),
        ("page.html", "<!DOCTYPE html>\n<html>\n"),
        ("page.xml", "<?xml version=\"1.0\"?>\n<a/>\n"),
    ] {
        write(path, name, text);
    }
    let pairs = "but pairs of words with scores are needed here";
    for (option, file, says, hint) in [
        (
            "-s",
            "dictionary",
            "a dictionary (pairs of words)",
            "dictionaries are read by `evaluate MAP",
        ),
        (
            "-s",
            "questions",
            "analogy questions",
            "give it as `evaluate MODEL --analogies questions`",
        ),
        ("-s", "odd", "odd-one-out questions", "give it as `evaluate MODEL --odd-one-out odd`"),
        ("-s", "classes", "words in classes", "give it as `evaluate MODEL --categories classes`"),
        (
            "-s",
            "v.vec",
            "a file of word vectors",
            "vectors are named first: `eigenlex evaluate v.vec",
        ),
        ("-s", "list", "a list of words", "each line needs two words and a score"),
        (
            "-a",
            "scored",
            "pairs of words with scores",
            "give it as `evaluate MODEL --similarity scored`",
        ),
        ("-a", "list", "a list of words", "each line needs four words"),
        (
            "-c",
            "questions",
            "analogy questions",
            "give it as `evaluate MODEL --analogies questions`",
        ),
        ("-c", "list", "a list of words", "each line needs a class and a word"),
        (
            "--odd-one-out",
            "list",
            "a list of words",
            "each line needs at least three words, the odd",
        ),
        (
            "--odd-one-out",
            "scored",
            "pairs of words with scores",
            "give it as `evaluate MODEL --sim",
        ),
    ] {
        let message = fails(path, &["evaluate", "v.vec", option, file], 3);
        let start = format!("error: `{file}` looks like {says}, but ");
        assert!(message.starts_with(&start) && message.contains(hint), "{message}");
        assert!(option != "-s" || message.contains(pairs), "{message}");
    }
    let dictionary = ["align", "v.vec", "v.vec", "-o", "m", "--dictionary", "v.vec"];
    let message = fails(path, &dictionary, 3);
    let says = "error: `v.vec` looks like a file of word vectors, but a dictionary (pairs of \
                words) is needed here\nhint: vectors are named first";
    assert!(message.starts_with(says), "{message}");
    for (file, says) in [
        ("page.html", "error: `page.html` is a web page, not text\nhint: "),
        (
            "page.xml",
            "error: `page.xml` is an XML file, not text\nhint: dictionaries and test sets are \
             lines of words, ",
        ),
    ] {
        let message = fails(path, &["evaluate", "v.vec", "-s", file], 3);
        assert!(message.starts_with(says), "{message}");
    }
}

#[test]
fn dictionaries_of_any_delimiter_are_the_same() {
    let folder = vectors();
    let path = folder.path();
    let words = ["king", "queen", "man", "woman", "cat", "dog", "good", "bad", "slow", "calm"];
    let pairs = |separator: &str| -> String {
        words.iter().map(|word| format!("{word}{separator}{word}\n")).collect()
    };
    let heading = |separator: &str| format!("English{separator}Spanish\n{}", pairs(separator));
    let align = |text: String| {
        write(path, "d.txt", text);
        let command = ["align", "v.vec", "v.vec", "--dictionary", "d.txt", "--force", "-o", "map"];
        let assert = eigenlex_in(path).args(command).args(["--format", "json"]).assert().success();
        let output = assert.get_output().clone();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["coverage"].clone(), String::from_utf8(output.stderr).unwrap())
    };
    let (expected, silence) = align(pairs("\t"));
    assert_eq!((&expected["known_entries"], silence.contains("d.txt")), (&10.into(), false));
    for (text, says) in [
        (pairs(" "), ""),
        (pairs(" -> "), "`d.txt`: 10 rows, separated by arrows: source in column 1, target in"),
        (pairs(","), "`d.txt`: 10 rows, separated by commas: source in column 1, target in"),
        (heading("\t"), "source in column 1 (`English`), target in column 2 (`Spanish`)"),
        (heading(";"), "`d.txt`: 10 rows, separated by semicolons: "),
    ] {
        let (coverage, stderr) = align(text.clone());
        assert_eq!(coverage, expected, "{text}");
        assert!(stderr.contains(says), "{stderr}");
    }
    let found = json(
        "evaluate",
        &path.join("map"),
        &["--translation", path.join("d.txt").to_str().unwrap()],
    );
    assert_eq!(
        (&found["sets"][0]["rows"], &found["sets"][0]["delimiter"]),
        (&10.into(), &"semicolon".into())
    );
    eigenlex_in(path)
        .args(["evaluate", "map", "--translation", "d.txt", "--format", "text"])
        .assert()
        .success()
        .stdout(predicate::str::contains("  read from d.txt: 10 rows, separated by semicolons: "));
}

#[test]
fn a_map_that_answers_nothing_says_so() {
    let folder = vectors();
    let path = folder.path();
    eigenlex_in(path)
        .args(["align", "v.vec", "v.vec", "--identical", "-o", "map"])
        .assert()
        .success();
    write(path, "d.txt", "house\tcasa\nsun\tsol\n");
    write(path, "s.txt", "house\tcasa\t9\nsun\tsol\t8\n");
    let asked = |arguments: &[&str]| {
        let assert = eigenlex_in(path).args(["evaluate", "map"]).args(arguments).assert().success();
        let output = assert.get_output();
        [&output.stdout, &output.stderr].map(|it| String::from_utf8(it.clone()).unwrap())
    };
    let warning = "warning: `map` answers none of the 2 source words of `d.txt`: it knows both \
                   words of no pair; check";
    let [text, stderr] = asked(&["--translation", "d.txt", "--format", "text"]);
    assert_eq!(stderr.matches(warning).count(), 1, "{stderr}");
    let row = "nearest  P@1       -  P@5       -  P@10       -  MRR -  answered 0 / 2";
    assert!(text.contains(row), "{text}");
    let [tsv, stderr] = asked(&["--translation", "d.txt", "--format", "tsv"]);
    assert!(tsv.contains("\td.txt\tnearest\t\t\t\t\t0\t2\n") && stderr.contains(warning), "{tsv}");
    let [json, _] = asked(&["--translation", "d.txt", "--format", "json"]);
    assert!(json.contains(r#""p1":null,"p5":null,"p10":null,"mrr":null,"answered":0"#), "{json}");
    let [_, stderr] = asked(&["-s", "s.txt", "--format", "text"]);
    assert!(stderr.contains("warning: `map` answers none of the 2 lines of `s.txt`: "), "{stderr}");
}
