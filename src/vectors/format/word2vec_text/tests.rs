use super::*;
use crate::vectors::format::report::{Fault, OnFault};
use crate::vectors::format::tests::{any_vectors, assert_same, same_bits, small};
use proptest::prelude::*;

fn parse(text: &[u8]) -> Result<WordVectors> {
    read(text, Path::new("v.txt"))
}

fn write_and_read(vectors: &WordVectors) -> WordVectors {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.txt");
    write(vectors, &path, false).unwrap();
    parse(&std::fs::read(&path).unwrap()).unwrap()
}

#[track_caller]
fn fails(text: &[u8], message: &str) {
    assert_eq!(parse(text).unwrap_err().to_string(), message);
}

#[test]
fn the_lines_of_four_programs_are_read() {
    // word2vec in C: six decimals, a space at the end. gensim: none. fastText: five digits and
    // a space. GloVe: no header.
    for text in [
        "2 2\n</s> 0.500000 -1.000000 \nthe 2.000000 0.250000 \n",
        "2 2\n</s> 0.5 -1.0\nthe 2.0 0.25\n",
        "2 2\r\n</s> 0.5 -1\r\nthe 2 0.25",
        "</s> 0.5 -1\nthe 2 0.25\n",
        "2\t2\n</s>\t0.5\t-1\nthe\t2e0\t2.5E-1\n\n",
    ] {
        let vectors = parse(text.as_bytes()).unwrap();
        assert!(vectors.words().iter().eq(["</s>", "the"]), "{text}");
        assert_eq!(vectors.as_slice(), [0.5, -1.0, 2.0, 0.25], "{text}");
    }
}

#[test]
fn words_may_hold_blanks_and_strange_line_ends() {
    // As in GloVe's 840B file; the commonest number of fields decides, not that of the first
    // line.
    let text =
        "at name@domain.com 1 2\n. . 3 4\nthe 5 6\n\u{85} 7 8\nof 9 10\nb\u{2028}\u{a0} 1 1\n";
    let vectors = parse(text.as_bytes()).unwrap();
    assert!(vectors.words().iter().eq([
        "at name@domain.com",
        ". .",
        "the",
        "\u{85}",
        "of",
        "b\u{2028}\u{a0}"
    ]));
    assert_eq!(vectors.dim(), 2);
}

#[test]
fn damage_is_named_with_its_line() {
    fails(b"", "`v.txt`: found an empty file, expected word vectors");
    fails(
        b"2 2\na 1 2\nb 3\n",
        "`v.txt`, line 3: found a word and 1 number(s), expected a word and 2 numbers",
    );
    fails(
        b"2 2\na 1 2\nb 3 x\n",
        "`v.txt`, line 3: found `x` in the vector of `b`, expected 2 finite numbers after the word",
    );
    fails(
        b"2 2\na 1 2\n\xFF 3 4\n",
        "`v.txt`, line 3: found a word that is not UTF-8 at byte 1 of the line, expected UTF-8 (it \
         looks like windows-1252)",
    );
    fails(
        b"word\n",
        "`v.txt`, line 1: found a line without numbers, expected a header `words dimensions`, or a \
         word and its numbers",
    );
}

/// Reads a text with a fault that can be taken: the words that remain, and what is said about it.
fn taken(text: &[u8]) -> (Vec<String>, Vec<String>) {
    let (vectors, report) = read_with(text, Path::new("v.txt"), &ReadOptions::default()).unwrap();
    let words = vectors.words().iter().map(str::to_owned).collect();
    (words, report.notes.iter().map(ToString::to_string).collect())
}

#[test]
fn faults_that_can_be_taken_are_reported_or_refused() {
    let strict = ReadOptions::default().on_fault(OnFault::Refuse);
    for (text, words, note, refused) in [
        (
            "3 2\na 1 2\nb 3 4\n",
            &["a", "b"][..],
            "line 1: 2 word(s), where the header says 3; all words that are there are read",
            "line 1: found 2 word(s), where the header says 3, expected as many words as the \
             header says",
        ),
        (
            "1 2\na 1 2\nb 3 4\n",
            &["a", "b"],
            "line 1: 2 word(s), where the header says 1; all words that are there are read",
            "line 1: found 2 word(s), where the header says 1, expected as many words as the \
             header says",
        ),
        (
            "2 2\na 1 2\nb nan 1\n",
            &["a"],
            "line 3: `nan` in the vector of `b`; left out",
            "line 3: found `nan` in the vector of `b`, expected finite numbers",
        ),
        (
            "2 2\na 1 2\nb 1e39 1\n",
            &["a"],
            "line 3: `1e39` in the vector of `b`; left out",
            "line 3: found `1e39` in the vector of `b`, expected finite numbers",
        ),
        (
            "2 2\na 1 2\n\n \nb 3 4\n\n",
            &["a", "b"],
            "line 3: an empty line (and 1 more); skipped",
            "line 3: found an empty line, expected a word and its numbers",
        ),
        (
            "3 2\na 1 2\n\u{3000} 1 1\na 3 4\n",
            &["a", "\u{3000}"],
            "line 3: a word of white space, \"\\u{3000}\"; kept",
            "line 3: found a word of white space, \"\\u{3000}\", expected a word that can be seen",
        ),
        (
            "2 2\na 1 2\n 3 4\n",
            &["a"],
            "line 3: numbers without a word; left out",
            "line 3: found numbers without a word, expected a word and 2 numbers",
        ),
        (
            "2 2\na 1 2\n\t b 3 4\n",
            &["a", "b"],
            "line 3: white space before the word `b`; dropped",
            "line 3: found white space before the word `b`, expected no white space before a word",
        ),
        (
            "2 3\na 1 2\nb 3 4\n",
            &["a", "b"],
            "line 1: rows of 2 numbers, where the header says 3; all numbers of the rows are read",
            "line 1: found rows of 2 numbers, where the header says 3, expected a header that says \
             2",
        ),
        (
            "2 1\na 1 2\nb 3 4\n",
            &["a", "b"],
            "line 1: rows of 2 numbers, where the header says 1; all numbers of the rows are read",
            "line 1: found rows of 2 numbers, where the header says 1, expected a header that says \
             2",
        ),
        (
            "3 2\na 1 2\nb 1 2\na 3 4\n",
            &["a", "b"],
            "line 4: the word `a` a second time; the first stays, the others are left out",
            "line 4: found the word `a` a second time, expected distinct words",
        ),
        (
            "2 2\na 1 2\nb -2e-1 3 4\n",
            &["a", "b -2e-1"],
            "line 3: the word `b -2e-1`, which ends in a number; kept",
            "line 3: found the word `b -2e-1`, which ends in a number, expected a word and 2 \
             numbers",
        ),
    ] {
        let (found, notes) = taken(text.as_bytes());
        assert_eq!(found, words, "{text}");
        assert_eq!(notes[0], note);
        let error = read_with(text.as_bytes(), Path::new("v.txt"), &strict).unwrap_err();
        assert_eq!(error.to_string(), format!("`v.txt`, {refused}"));
    }
}

#[test]
fn a_header_counts_unless_every_row_contradicts_it() {
    let words = |text: &str| taken(text.as_bytes()).0;
    // Words with a number at their end, or with blanks in them.
    assert_eq!(words("2 2\nroute 66 1 2\nway 1 2\n"), ["route 66", "way"]);
    assert_eq!(words("2 2\nnew york 1 2\nlos angeles 1 2\n"), ["new york", "los angeles"]);
    fails(
        b"2 300\na 1 2\nb 3 4\n",
        "`v.txt`, line 1: found 300 dimensions, where each row has 2 number(s), expected a header \
         that says 2",
    );
    fails(
        b"3 2\n1 2\n3 4\n5 6\n",
        "`v.txt`, line 2: found a word and 1 number(s), expected a word and 2 numbers",
    );
}

#[test]
fn a_header_may_say_any_number_of_words() {
    for n_words in ["0", "1", "99999999999"] {
        let (words, notes) = taken(format!("{n_words} 2\na 1 0.5\nb 0.5 1\n").as_bytes());
        assert_eq!(words, ["a", "b"]);
        let note = format!(
            "line 1: 2 word(s), where the header says {n_words}; all words that are there are read"
        );
        assert_eq!(notes, [note]);
    }
}

#[test]
fn words_may_be_numbers_where_the_header_is_wrong() {
    let other = |rows, header| {
        format!(
            "line 1: rows of {rows} numbers, where the header says {header}; all numbers of the \
             rows are read"
        )
    };
    let (words, notes) = taken(b"3 3\n0 0.1 0.2\n1 0.3 0.4\n2 0.5 0.6\n");
    assert_eq!((words, notes), (vec!["0".into(), "1".into(), "2".into()], vec![other(2, 3)]));
    let (words, notes) = taken(b"3 1\n0 1 2\n1 3 4\n2 5 6\n");
    assert_eq!((words, notes), (vec!["0".into(), "1".into(), "2".into()], vec![other(2, 1)]));
    // A header that is right says what the words are.
    assert_eq!(taken(b"2 2\n7 1 2\n8 3 4\n").0, ["7", "8"]);
    // Rows of numbers without words, and words of two numbers.
    fails(
        b"2 2\n0.5 1\n0.25 1\n",
        "`v.txt`, line 2: found a word and 1 number(s), expected a word and 2 numbers",
    );
    assert_eq!(taken(b"3 1\n1 1 0.5\n1 2 0.5\n2 1 0.25\n").0, ["1 1", "1 2", "2 1"]);
}

#[test]
fn white_space_before_words_keeps_lines_and_limits_right() {
    let (words, notes) = taken(b"4 1\n a 1\nb nan\n c 1\na 2\n");
    assert_eq!(words, ["a", "c"]);
    assert_eq!(
        notes,
        [
            "line 2: white space before the word `a` (and 1 more); dropped",
            "line 3: `nan` in the vector of `b`; left out",
            "line 5: the word `a` a second time; the first stays, the others are left out",
        ]
    );
    let (words, notes) = taken(b"3 1\n x 0.5 1\ny 66 2\nz nan\n");
    assert_eq!(words, ["x 0.5", "y 66"]);
    assert_eq!(
        notes,
        [
            "line 2: white space before the word `x 0.5`; dropped",
            "line 2: the word `x 0.5`, which ends in a number; kept",
            "line 4: `nan` in the vector of `z`; left out",
        ]
    );
    let repair = ReadOptions::default().on_fault(OnFault::Repair);
    let text = &b"3 1\nx 0.5 1\ny 2\ny 3\n"[..];
    let (vectors, report) = read_with(text, Path::new("v.txt"), &repair).unwrap();
    assert!(vectors.words().iter().eq(["y"]));
    let notes: Vec<String> = report.notes.iter().map(|note| note.places[0].to_string()).collect();
    assert_eq!(
        notes,
        ["line 2: the word `x 0.5`, which ends in a number", "line 4: the word `y` a second time",]
    );
    let options = ReadOptions::default().limit(2);
    let (vectors, report) =
        read_with(&b" a 1\nb nan\n c 1\n"[..], Path::new("v.txt"), &options).unwrap();
    assert!(vectors.words().iter().eq(["a"]) && report.is_limited);
    assert_eq!(report.count(Fault::LeadingBlank), 1);
}

/// Reads a file through the table of formats.
fn opened(bytes: &[u8]) -> Result<VectorFile> {
    VectorFile::from_bytes(bytes.to_vec(), Path::new("v.txt"), &ReadOptions::default())
}

#[test]
fn a_first_word_like_markup_or_a_mark_comes_back() {
    for word in ["<html>", "<!doctype", "<?xml", "\u{FEFF}", "\u{FEFF}a", "5", "[[", "{\""] {
        for values in [vec![1.0, 2.0], vec![1.0, 2.0, 0.5, 0.25]] {
            let vectors =
                WordVectors::new([word, "b"].into_iter().collect(), values.len() / 2, values);
            for format in [Format::Glove, Format::Word2vec] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("v.txt");
                format.write(&vectors, &path, false).unwrap();
                let file = opened(&std::fs::read(&path).unwrap()).unwrap();
                assert_same(&file.vectors, &vectors);
                assert_eq!(file.format, format, "{word}");
            }
        }
    }
    // Other programs write no mark before such a word.
    let file = opened("\u{FEFF} 1 2\nb 3 4\n".as_bytes()).unwrap();
    assert!(file.vectors.words().iter().eq(["\u{FEFF}", "b"]));
    assert!(matches!(opened(b"<html>\n<p>no such file</p>\n"), Err(Error::WrongKind { .. })));
}

#[test]
fn a_header_behind_a_mark_is_one() {
    let text = "2 2\na 1 2\nb 3 4\n";
    let marked = format!("\u{FEFF}{text}");
    let utf16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes(), marked.as_bytes(), &utf16] {
        let file = opened(bytes).unwrap();
        assert_eq!(file.format, Format::Word2vec);
        assert!(file.report.is_clean() && file.vectors.len() == 2);
    }
}

#[test]
fn lines_are_counted_across_what_is_skipped() {
    let (_, notes) = taken(b"5 1\n\na 1\nb nan\nc 1\n\na 2\nc 3\n");
    assert_eq!(
        notes,
        [
            "line 2: an empty line (and 1 more); skipped",
            "line 4: `nan` in the vector of `b`; left out",
            "line 7: the word `a` a second time (and 1 more); the first stays, the others are left \
             out",
        ]
    );
}

#[test]
fn the_first_rows_are_read_and_no_more() {
    let read = |text: &str, limit: usize| {
        let options = ReadOptions::default().limit(limit).on_fault(OnFault::Refuse);
        read_with(text.as_bytes(), Path::new("v.txt"), &options)
    };
    // What stands behind them is not looked at.
    let (vectors, report) = read("3 1\na 1\nb 2\nno number\n", 2).unwrap();
    assert!(vectors.words().iter().eq(["a", "b"]));
    assert!(report.is_limited && report.is_clean());
    let (vectors, report) = read("2 1\na 1\nb 2\n", 2).unwrap();
    assert!(vectors.len() == 2 && !report.is_limited);
}

#[test]
fn a_repair_leaves_broken_lines_out() {
    let text = b"4 2\na 1 2\nb 3\n\xFF 3 4\nc 1 x\nd 5 6\ne 5";
    let options = ReadOptions::default().on_fault(OnFault::Repair);
    let (vectors, report) = read_with(&text[..], Path::new("v.txt"), &options).unwrap();
    assert!(vectors.words().iter().eq(["a", "d"]));
    assert_eq!(report.count(Fault::BrokenLine), 4);
    let places = &report.notes[0].places;
    assert_eq!((places[0].line, places[0].byte), (Some(3), Some(10)));
    assert_eq!((places[3].line, places[3].byte), (Some(7), Some(32)));
}

#[test]
fn a_file_of_many_blocks_is_the_same_as_one_line_after_the_other() {
    // Three blocks of 8 MB, and a line that is longer than a block.
    let mut text = String::from("100001 3\n");
    for i in 0..100_000 {
        text.push_str(&format!("w{i}{} {i}.5 -{i} 0.{i}\n", "x".repeat(200)));
    }
    text.push_str(&"y".repeat(9 << 20));
    text.push_str(" 1 2 3\n");
    let vectors = parse(text.as_bytes()).unwrap();
    assert_eq!(vectors.len(), 100_001);
    let row = vectors.vector(WordId(77_777));
    assert_eq!(row, [77_777.5, -77_777.0, 0.77777]);
    assert_eq!(vectors.vector(WordId(100_000)), [1.0, 2.0, 3.0]);
}

#[test]
fn headers_that_promise_nothing_or_too_much_are_refused() {
    let too_much = "at least one, and no more than memory can address";
    for dim in ["0", "9223372036854775807"] {
        fails(
            format!("2 {dim}\na\nb\n").as_bytes(),
            &format!(
                "`v.txt`, line 1: found a header that says {dim} dimensions, expected {too_much}"
            ),
        );
    }
    fails(
        b"18446744073709551615 2\n",
        "`v.txt`, line 1: found 0 word(s), where the header says 18446744073709551615, expected \
         at least one good vector",
    );
    fails(
        b"9 1000000000000\na 1\n",
        "`v.txt`, line 1: found 1000000000000 dimensions, where each row has 1 number(s), expected \
         a header that says 1",
    );
    fails(
        b"4000000000 1000000000\n",
        "`v.txt`, line 1: found 0 word(s), where the header says 4000000000, expected at least one \
         good vector",
    );
    for text in [&b"1 2\na 1 nan\n"[..], b"3 1\na 1 nan\n"] {
        let message = "`v.txt`, line 2: found `nan` in the vector of `a`, expected at least one \
                       good vector";
        fails(text, message);
    }
}

#[test]
fn numbers_are_printed_short_and_come_back() {
    assert_same(&write_and_read(&small()), &small());
    assert_eq!(
        print_rows(small().words(), 0, small().as_slice(), 2),
        "the 0.1 -1.5e-30\nof 3.4028235e38 1e-45\ncafé -0 16777216\n"
    );
}

proptest! {
    #[test]
    fn any_vectors_come_back(vectors in any_vectors("[^ \t\r\n\u{b}\u{c}]{1,8}")) {
        prop_assert!(same_bits(&write_and_read(&vectors), &vectors));
    }

    #[test]
    fn no_text_makes_it_panic(
        text in "([0-9]{1,2} [0-9]{1,2}\n)?([a-c ]{0,3}( [0-9.e-]{1,4}){0,3}[ \r]?\n?){0,6}",
    ) {
        let _ = parse(text.as_bytes());
    }
}
