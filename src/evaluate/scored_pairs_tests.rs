//! Word pairs in the layouts of their authors, with words of our own.

use std::fs;

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<ScoredPairs> {
    ScoredPairs::read(text.as_bytes(), Path::new("p.tsv"), &|word: &str| word.to_lowercase())
}

fn pairs(text: &str) -> Vec<(String, String, f64)> {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}")).pairs
}

/// The places of the words and the scores, from 1.
fn columns(text: &str) -> Vec<usize> {
    read(text).unwrap().report.columns.iter().map(|it| it.column).collect()
}

fn expected(rows: &[(&str, &str, f64)]) -> Vec<(String, String, f64)> {
    rows.iter().map(|&(left, right, score)| (left.into(), right.into(), score)).collect()
}

#[test]
fn tabs_commas_blanks_headings_and_comments_are_understood() {
    for text in [
        "# set\nw1\tw2\tscore\tn\nA\tb\t1.5\t3\n",
        "A,b, 1.5\n",
        "A b 1.5\r\n",
        "\nA;b;1.5",
        "A;b;1,5\n",
        "A b 1,5\n",
        "a:b:1.5\n",
        "\"A\",\"b\",\"1,5\"\n",
    ] {
        assert_eq!(pairs(text), expected(&[("a", "b", 1.5)]), "{text}");
    }
    let utf16: Vec<u8> = "\u{FEFF}A\tb\t1,5\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = ScoredPairs::read(&utf16[..], Path::new("p.tsv"), &str::to_lowercase).unwrap();
    assert_eq!(read.pairs, expected(&[("a", "b", 1.5)]));
}

#[test]
fn the_layouts_of_the_authors_are_read() {
    let rows = expected(&[("oak", "elm", 8.5), ("run", "walk", 4.0), ("old", "new", 1.0)]);
    for (set, text, places) in [
        (
            "SimLex-999",
            "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\t\
             SD(SimLex)\noak\telm\tN\t8.5\t4\t4\t1\t7\t1\t0.4\n\
             run\twalk\tV\t4\t4\t4\t1\t7\t1\t0.4\nold\tnew\tA\t1\t2\t2\t1\t7\t1\t0.3\n",
            &[1, 2, 4][..],
        ),
        (
            "SimVerb-3500",
            "oak\telm\tV\t8.5\tNONE\nrun\twalk\tV\t4\tCOHYPONYMS\nold\tnew\tV\t1\tANTONYMS\n",
            &[1, 2, 4],
        ),
        (
            "Multi-SimLex",
            "ID,Word 1,Word 2,POS,Annotator 1,Annotator 2\n1,oak,elm,N,9,8\n2,run,walk,V,4,4\n\
             3,old,new,A,2,0\n",
            &[2, 3, 5, 6],
        ),
        (
            "SCWS",
            "1\toak\tn\telm\tn\tthe <b>oak</b>\tan <b>elm</b>\t8.5\t9\t8\n\
             2\trun\tv\twalk\tv\tthey <b>run</b>\tto <b>walk</b> 5\t4.0\t4\t4\n\
             3\told\ta\tnew\ta\t<b>old</b>\t<b>new</b>\t1\t0\t2\n",
            &[2, 4, 8],
        ),
        (
            "WordSim, comma",
            "Word 1,Word 2,Human (mean),1,2\noak,elm,8.5,9,8\nrun,walk,4,4,4\nold,new,1,2,0\n",
            &[1, 2, 3],
        ),
        (
            "WordSim, heading in a comment",
            "# Word 1\tWord 2\tHuman (mean)\noak\telm\t8.5\nrun\twalk\t4\nold\tnew\t1\n",
            &[1, 2, 3],
        ),
        (
            "WordSim, with relations",
            "# i identical\ns\toak\telm\t8.5\nS\trun\twalk\t4\nA\told\tnew\t1\n",
            &[2, 3, 4],
        ),
        ("MEN, lemmas", "oak-n elm-n 8.500\nrun-v walk-v 4\nold-j new-j 1\n", &[1, 2, 3]),
        ("MEN", "oak elm 8.500\nrun walk 4\nold new 1\n", &[1, 2, 3]),
        ("RW", "oak\telm\t8.5\t9\t8\nrun\twalk\t4\t4\t4\nold\tnew\t1\t1\t1\n", &[1, 2, 3]),
        ("MTurk", "oak,elm,8.5\nrun,walk,4\nold,new,1\n", &[1, 2, 3]),
        ("RG", "oak;elm;8.5\nrun;walk;4\nold;new;1\n", &[1, 2, 3]),
        (
            "German pairs",
            "#WORT1:WORT2:GUTACHTEN:POS1:POS2\noak:elm:8.5:n:n\nrun:walk:4:v:v\nold:new:1:a:a\n",
            &[1, 2, 3],
        ),
        ("a name for each row", "k1 oak elm 8.5\nk2 run walk 4\nk3 old new 1\n", &[2, 3, 4]),
        (
            "a name for each row, with a heading",
            "ID\tfirst\tsecond\tscore\nq-01\toak\telm\t8.5\n\
             q-02\trun\twalk\t4\nq-03\told\tnew\t1\n",
            &[2, 3, 4],
        ),
        ("tabs and spaces", "oak\telm 8.5\nrun walk\t4\nold new\t1\n", &[1, 2, 3]),
        ("score first", "8,5;oak;elm\n4;run;walk\n1;old;new\n", &[2, 3, 1]),
    ] {
        let found = read(text).unwrap_or_else(|error| panic!("{set}: {error}"));
        assert_eq!(found.pairs, rows, "{set}");
        assert_eq!(columns(text), places, "{set}");
    }
}

#[test]
fn what_was_taken_and_left_out_is_reported() {
    let found = read("W1;W2;mean\noak-n;elm-n;8\nold-a;;3\nnew-a;old-a;\nred-a;big-a;2\n").unwrap();
    assert_eq!(
        found.report.to_string(),
        "2 rows, separated by semicolons: word in columns 1 (`W1`) and 2 (`W2`), score in column 3 \
         (`mean`); 1 left out: no word (line 3); 1 left out: no score (line 4); parts of speech \
         are cut off the words"
    );
    assert_eq!(found.pairs, expected(&[("oak", "elm", 8.0), ("red", "big", 2.0)]));
    let found = read("a b 1\nb a 2\nc d 3\na b 1\n").unwrap();
    assert_eq!(found.report.notes, ["2 rows repeat a pair, and all count"]);
    assert_eq!(found.pairs.len(), 4);
    let report = read("w,w2,Rater 1,Rater 2\na,b,1,-\nc,d,3,5\n").unwrap().report;
    assert_eq!(report.notes, ["the score is the mean of what 2 annotators said"]);
}

#[test]
fn scores_in_a_file_of_their_own_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("data")).unwrap();
    fs::create_dir_all(path("keys")).unwrap();
    fs::write(path("data/en.test.data.txt"), "New  York\tcity\noak\telm\n").unwrap();
    fs::write(path("keys/en.test.gold.txt"), "3.5\n2\n").unwrap();
    let open = || ScoredPairs::open(path("data/en.test.data.txt"), &str::to_lowercase);
    let found = open().unwrap();
    assert_eq!(found.pairs, expected(&[("new york", "city", 3.5), ("oak", "elm", 2.0)]));
    assert!(found.report.notes[0].ends_with("en.test.gold.txt`"), "{:?}", found.report.notes);
    fs::write(path("keys/en.test.gold.txt"), "3.5\n").unwrap();
    let message = open().unwrap_err().to_string();
    assert!(message.contains("found 1 scores, expected 2, one for each pair of `"), "{message}");
    fs::write(path("keys/en.test.gold.txt"), "3.5\nx\n").unwrap();
    let message = open().unwrap_err().to_string();
    assert!(message.ends_with("line 2: found `x`, expected a score"), "{message}");
    fs::write(path("keys/en.test.gold.txt"), "3.5\n2\n").unwrap();
    fs::write(path("data/en.test.data.txt"), "a\tb\tc\noak\telm\n").unwrap();
    let message = open().unwrap_err().to_string();
    assert!(message.ends_with("line 1: found 3 field(s), expected two words"), "{message}");
}

#[test]
fn bad_rows_and_other_files_are_named() {
    let fails = |text: &str, message: &str| {
        assert_eq!(read(text).unwrap_err().to_string(), message, "{text}");
    };
    fails(
        "a\tb\t1\nc\td\tx\n",
        "`p.tsv`, line 2: found `c`, `d`, `x`, expected two words and a finite score",
    );
    fails(
        "a\tb\t1e999\n",
        "`p.tsv`, line 1: found `a`, `b`, `1e999`, expected two words and a finite score",
    );
    fails(
        "a b 1\nc d\n",
        "`p.tsv`, line 2: found 2 field(s), expected two words and a finite score",
    );
    fails("w1\tw2\tscore\n", "`p.tsv`: found no pair, expected lines of two words and a score");
    fails("", "`p.tsv`: found no pair, expected lines of two words and a score");
    fails(
        "it was a dark night\n",
        "`p.tsv`, line 1: found no column of numbers behind two words, expected two words and a \
         score",
    );
    fails("a 1\nb 2\n", "`p.tsv`, line 1: found 2 field(s), expected two words and a score");
    let looks = |text: &str, kind: &str| {
        let needed = "but pairs of words with scores are needed here";
        fails(text, &format!("`p.tsv` looks like {kind}, {needed}"));
    };
    looks("king queen\ncat dog\n", "a dictionary (pairs of words)");
    looks("slow slowly calm calmly\n", "analogy questions");
    looks(": s\nslow slowly calm calmly\n", "analogy questions");
    looks("2 3\nking 1 2 3\nqueen 1 2 3\n", "a file of word vectors");
    looks("outliers,words\n\"['a']\",\"['b', 'c']\"\n", "odd-one-out questions");
    looks("king\nqueen\n", "a list of words");
    looks("a\tx\na\ty\na\tz\nb\tq\nb\tr\nb\ts\n", "words in classes");
}

#[test]
fn decimal_commas_between_commas_are_refused_or_noted() {
    let advice = "put quotes around numbers with decimal commas, or separate the cells by \
                  semicolons or tabs";
    let fails = |text: &str, message: &str| {
        assert_eq!(read(text).unwrap_err().to_string(), format!("`p.tsv`, {message}"), "{text}");
    };
    fails(
        "word1,word2,score\nking,queen,7\ncat,dog,7,5\n",
        &format!("line 3: found 4 cells, expected 3, as in the heading; {advice}"),
    );
    fails(
        "king,queen,7\ncat,dog,7,5\n",
        &format!("line 2: found 4 cells, expected 3, as in the first row; {advice}"),
    );
    fails("w1;w2;mean\na;b;1;;\nc;d;1;2\n", "line 3: found 4 cells, expected 3, as in the heading");
    let note = |text: &str| read(text).unwrap().report.notes;
    assert_eq!(
        note("king,queen,7,9\ncat,dog,7,5\n"),
        [format!("if columns 3 and 4 are one score, {advice}")]
    );
    for text in ["a,b,7.5,3\nc,d,1,4\n", "a;b;7;9\nc;d;7;5\n", "w1,w2,x,y\na,b,7,9\nc,d,7,5\n"] {
        assert_eq!(note(text), [""; 0], "{text}");
    }
    // Empty cells at the end are none.
    assert_eq!(pairs("w1,w2,mean\na,b,1,,\nc,d,2,\n").len(), 2);
}

#[test]
fn a_first_row_with_too_many_cells_is_no_heading() {
    let message = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(
        message("new york city 5\nking queen 8\ncat dog 6\n"),
        "`p.tsv`, line 1: found 4 cells, expected 3, as in the other lines"
    );
    // The columns of annotators are often named by numbers.
    assert_eq!(columns("Word 1,Word 2,Human (mean),1,2\na,b,5,4,6\n"), [1, 2, 3]);
}

#[test]
fn a_line_without_the_delimiter_of_the_others_is_refused() {
    for separator in ["\t", ";", ","] {
        let text = "king\tqueen\t8.1\ncat\tdog\t5\ngood\tbad\t1\nSource: Miller 1991\n";
        let name = [("\t", "tabs"), (";", "semicolons"), (",", "commas")];
        let name = name.iter().find(|it| it.0 == separator).unwrap().1;
        assert_eq!(
            read(&text.replace('\t', separator)).unwrap_err().to_string(),
            format!(
                "`p.tsv`, line 4: found `Source: Miller 1991`, expected two words and a finite \
                 score, separated by {name}"
            )
        );
    }
    assert_eq!(pairs("word1 word2 score\nking\tqueen\t8\ncat\tdog\t5\na\tb\t5\n").len(), 3);
}

#[test]
fn a_heading_of_r_lacks_the_column_of_row_numbers() {
    let text = "\"w1\" \"w2\" \"mean\"\n\"1\" \"a\" \"b\" 5\n\"2\" \"c\" \"d\" 7.5\n";
    assert_eq!(pairs(text), expected(&[("a", "b", 5.0), ("c", "d", 7.5)]));
    assert_eq!(columns(text), [2, 3, 4]);
}

#[test]
fn running_text_is_named() {
    let text = "It was a dark night, and it rained.\n\"Who is it?\" she said, but nobody came.\n\
                The rain fell on the town; the king slept.\nA \"cat\" sat at the window, then two.\n\
                No one, said he, would have let it in, ever!\n";
    assert_eq!(
        read(text).unwrap_err().to_string(),
        "`p.tsv` looks like running text, but pairs of words with scores are needed here"
    );
}

proptest! {
    #[test]
    fn any_text_is_pairs_or_one_error(
        text in "([ab#:\"]|[a-c]{1,3}|[0-9]{1,2}|[\t ,;\n.-]){0,40}",
    ) {
        if let Ok(found) = read(&text) {
            prop_assert!(!found.pairs.is_empty());
            prop_assert!(found.pairs.iter().all(|pair| pair.2.is_finite() && !pair.0.is_empty()));
            prop_assert_eq!(found.report.rows, found.pairs.len());
        }
    }

    #[test]
    fn what_was_written_is_read(
        rows in proptest::collection::vec(("[a-z]{2,9}", "[a-z]{2,9}", -99..99i32), 2..20),
        separator in prop::sample::select(vec!["\t", ";", " "]),
        with_comma in any::<bool>(),
    ) {
        let point = if with_comma { "," } else { "." };
        let line = |(left, right, score): &(String, String, i32)| {
            let sign = if *score < 0 { "-" } else { "" };
            let (whole, part) = (score.abs() / 10, score.abs() % 10);
            format!("{left}{separator}{right}{separator}{sign}{whole}{point}{part}\n")
        };
        let text: String = rows.iter().map(line).collect();
        let found = read(&text).unwrap();
        prop_assert_eq!(found.pairs.len(), rows.len());
        for (found, row) in found.pairs.iter().zip(&rows) {
            prop_assert_eq!(&found.0, &row.0);
            prop_assert!((found.2 - f64::from(row.2) / 10.0).abs() < 1e-9);
        }
    }
}
