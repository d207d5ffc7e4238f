//! What stands on a map: translating words, inducing a dictionary, exporting mapped vectors. The
//! target is the source turned, so that every answer is known.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
#[cfg(target_os = "linux")]
use std::io::Write as _;
use std::path::Path;

use assert_cmd::Command;
use eigenlex::WordVectors;
use eigenlex::align::{AlignmentMap, Language, MapForm};
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

const N_WORDS: usize = 60;
const DIM: usize = 4;

/// A number between -1 and 1 for each place, without any pattern.
fn number(row: usize, column: usize) -> f64 {
    let x = ((row * 31 + column * 17 + 7) as f64 * 12.9898).sin() * 43_758.545_3;
    2.0 * (x - x.floor()) - 1.0
}

/// `s.vec` with the words `s0`, `s1`...; `t.vec` the same points with their axes turned round, as
/// `t0`, `t1`...; `gold.txt` pairs them.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mut source, mut target, mut gold) =
        (format!("{N_WORDS} {DIM}\n"), format!("{N_WORDS} {DIM}\n"), String::new());
    for row in 0..N_WORDS {
        let x: Vec<f64> = (0..DIM).map(|column| number(row, column)).collect();
        writeln!(source, "s{row} {} {} {} {}", x[0], x[1], x[2], x[3]).unwrap();
        writeln!(target, "t{row} {} {} {} {}", x[1], -x[0], x[3], -x[2]).unwrap();
        writeln!(gold, "s{row}\tt{row}").unwrap();
    }
    for (name, text) in [("s.vec", source), ("t.vec", target), ("gold.txt", gold)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    ok(folder.path(), &["align", "s.vec", "t.vec", "--dictionary", "gold.txt", "-o", "map"]);
    folder
}

pub(crate) fn eigenlex(folder: &Path, line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder).args(line);
    command
}

#[track_caller]
pub(crate) fn ok(folder: &Path, line: &[&str]) -> String {
    String::from_utf8(eigenlex(folder, line).assert().success().get_output().stdout.clone())
        .unwrap()
}

#[track_caller]
pub(crate) fn fails(folder: &Path, line: &[&str], code: i32, says: &str) {
    eigenlex(folder, line).assert().code(code).stdout("").stderr(predicate::str::contains(says));
}

#[test]
fn words_are_translated_in_both_directions_and_from_standard_input() {
    let folder = folder();
    for retrieval in ["csls", "nearest"] {
        for row in [0, 7, N_WORDS - 1] {
            let (s, t) = (format!("s{row}"), format!("t{row}"));
            let answer =
                ok(folder.path(), &["translate", "map", &s, "-k", "1", "--retrieval", retrieval]);
            assert_eq!(
                answer.lines().nth(1).unwrap().split('\t').nth(1),
                Some(t.as_str()),
                "{retrieval}"
            );
            let answer = ok(
                folder.path(),
                &["translate", "map", &t, "-k", "1", "--reverse", "--retrieval", retrieval],
            );
            assert_eq!(
                answer.lines().nth(1).unwrap().split('\t').nth(1),
                Some(s.as_str()),
                "{retrieval}"
            );
        }
    }
    let output =
        eigenlex(folder.path(), &["translate", "map", "-", "--top", "2", "--format", "json"])
            .write_stdin("s3\n\nS4\n")
            .assert()
            .success();
    let output = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let lines: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The blank line has a line too.
    assert!(lines.len() == 3 && lines[1].is_null(), "{output}");
    for (line, word) in [&lines[0], &lines[2]].into_iter().zip(["t3", "t4"]) {
        assert_eq!(line.as_array().unwrap().len(), 2);
        assert_eq!(line[0]["word"], word);
        assert!(
            line[0]["similarity"].as_f64().unwrap() > 0.999 && line[0]["csls"].is_number(),
            "{line}"
        );
    }
    let text = ok(folder.path(), &["translate", "map", "s3", "s4", "-k", "1", "--format", "text"]);
    assert!(
        text.starts_with("s3\n  t3  1.0000  (CSLS ") && text.contains("\n\ns4\n  t4"),
        "{text}"
    );
    let nearest = ok(
        folder.path(),
        &["translate", "map", "s3", "-k", "1", "--retrieval", "nearest", "--format", "tsv"],
    );
    assert_eq!(nearest, "query\tword\tsimilarity\tcsls\ns3\tt3\t1.000000\t\n");
}

#[test]
fn unknown_words_and_wrong_vectors_are_named() {
    let folder = folder();
    fails(
        folder.path(),
        &["translate", "map", "s1234"],
        4,
        "the word `s1234` is not in the vocabulary\nhint: did you mean `s1",
    );
    fails(folder.path(), &["translate", "map", "t1"], 4, "the word `t1` is not in the vocabulary");
    fails(
        folder.path(),
        &["translate", "s.vec", "s1"],
        3,
        "`s.vec` is a file of word vectors, but a map of two languages is needed here",
    );
    let both = "`--to fr` has no effect: a map of two languages has no named spaces\n\
                hint: leave out `--to`, or use `--reverse` to translate from the target to the \
                source";
    fails(folder.path(), &["translate", "map", "s1", "--to", "fr"], 2, both);
    fs::write(folder.path().join("flat.vec"), "2 2\na 1 2\nb 2 1\n").unwrap();
    let expected = "`flat.vec`: found vectors of 2 dimensions, expected 4 dimensions, as on this \
                    side of the map";
    fails(folder.path(), &["translate", "map", "a", "--source", "flat.vec"], 3, expected);
    fails(
        folder.path(),
        &["export", "flat.vec", "x.vec", "--map", "map", "--side", "source"],
        3,
        expected,
    );
    fails(
        folder.path(),
        &["export", "flat.vec", "x.vec", "--map", "map"],
        2,
        "the map was not learned from the vectors of ",
    );
    fails(folder.path(), &["export", "flat.vec", "x.vec", "--side", "source"], 2, "--map");
    assert!(!folder.path().join("x.vec").exists());
    fs::remove_file(folder.path().join("t.vec")).unwrap();
    fails(folder.path(), &["translate", "map", "s1"], 1, "t.vec");
}

#[test]
fn a_word_without_a_direction_has_no_translation() {
    let folder = folder();
    let mut source = fs::read_to_string(folder.path().join("s.vec")).unwrap();
    source =
        source.replacen(&format!("{N_WORDS} "), &format!("{} ", N_WORDS + 1), 1) + "zero 0 0 0 0\n";
    fs::write(folder.path().join("more.vec"), source).unwrap();
    let line = ["translate", "map", "zero", "--source", "more.vec"];
    fails(folder.path(), &line, 4, "its vector is zero");
}

#[test]
fn new_words_go_through_an_old_map() {
    let folder = folder();
    // A new word close to s5, in a file of new vectors of the same space.
    let new: Vec<String> = (0..DIM).map(|column| format!("{}", 3.0 * number(5, column))).collect();
    fs::write(folder.path().join("new.vec"), format!("1 {DIM}\nnewcomer {}\n", new.join(" ")))
        .unwrap();
    let answer = ok(
        folder.path(),
        &[
            "translate",
            "map",
            "newcomer",
            "--source",
            "new.vec",
            "-k",
            "1",
            "--retrieval",
            "nearest",
        ],
    );
    assert!(answer.contains("\nnewcomer\tt5\t"), "{answer}");
    ok(folder.path(), &["export", "new.vec", "new.mapped.vec", "--map", "map", "--side", "source"]);
    let vectors = WordVectors::open(folder.path().join("new.mapped.vec")).unwrap();
    let map = AlignmentMap::open(folder.path().join("map")).unwrap();
    let original = WordVectors::open(folder.path().join("new.vec")).unwrap();
    assert_eq!(
        vectors.as_slice(),
        map.apply(Language::Source, MapForm::Weighted, original.as_slice()).data
    );
}

#[test]
fn a_dictionary_is_induced_the_same_on_any_number_of_threads() {
    let folder = folder();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let files = ["1", "2", "3", "8"].map(|threads| {
        ok(folder.path(), &["dictionary", "map", "-o", "d.tsv", "--force", "--threads", threads]);
        read("d.tsv")
    });
    assert!(files.iter().all(|file| *file == files[0]));
    assert_eq!(files[0].lines().count(), N_WORDS + 1);
    for (row, line) in files[0].lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(
            (fields[0], fields[1], fields[4]),
            (format!("s{row}").as_str(), format!("t{row}").as_str(), "yes"),
            "{line}"
        );
        assert!(
            fields[2].parse::<f32>().unwrap() > 0.999 && fields[3].parse::<f32>().is_ok(),
            "{line}"
        );
    }
    // It is a dictionary: the program reads its own.
    ok(folder.path(), &["align", "s.vec", "t.vec", "--dictionary", "d.tsv", "-o", "second"]);
    assert_eq!(ok(folder.path(), &["dictionary", "map", "-o", "-"]), files[0]);
    let three = ok(folder.path(), &["dictionary", "map", "-o", "-", "-k", "3", "--reverse"]);
    assert_eq!(three.lines().count(), 3 * N_WORDS + 1);
    assert!(three.starts_with("source\ttarget\tsimilarity\tscore\tmutual\nt0\ts0\t"), "{three}");
    let without =
        ok(folder.path(), &["dictionary", "map", "-o", "-", "-k", "3", "--reverse", "--no-header"]);
    assert_eq!(three.split_once('\n').unwrap().1, without);
    let mutual = ok(
        folder.path(),
        &["dictionary", "map", "-o", "-", "-k", "3", "--mutual", "--max-words", "10"],
    );
    assert!(
        mutual.lines().count() == 11 && mutual.lines().skip(1).all(|line| line.ends_with("\tyes")),
        "{mutual}"
    );
    fails(folder.path(), &["dictionary", "map", "-o", "d.tsv"], 1, "--force");
}

#[test]
fn mapped_vectors_are_exported_in_every_format_alike() {
    let folder = folder();
    let map = AlignmentMap::open(folder.path().join("map")).unwrap();
    for (language, name) in [(Language::Source, "s.vec"), (Language::Target, "t.vec")] {
        let vectors = WordVectors::open(folder.path().join(name)).unwrap();
        for (options, form) in
            [(&[][..], MapForm::Weighted), (&["--orthogonal"], MapForm::Orthogonal)]
        {
            let expected = map.apply(language, form, vectors.as_slice()).data;
            for output in ["out.vec", "out.bin", "out.npy", "out.safetensors"] {
                // The side is told by the vectors.
                ok(
                    folder.path(),
                    &[&["export", name, output, "--map", "map", "--force"], options].concat(),
                );
                let written = WordVectors::open(folder.path().join(output)).unwrap();
                assert_eq!(written.as_slice(), expected, "{output}");
                assert!(written.words().iter().eq(vectors.words().iter()));
            }
        }
    }
    // Both languages in one space: a word is nearest to its own translation.
    let open = |name: &str, output: &str| {
        ok(folder.path(), &["export", name, output, "--map", "map", "--force"]);
        WordVectors::open(folder.path().join(output)).unwrap()
    };
    let (s, t) = (open("s.vec", "s.common.vec"), open("t.vec", "t.common.vec"));
    for (a, b) in s.as_slice().iter().zip(t.as_slice()) {
        assert!((a - b).abs() < 1e-4);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn vectors_larger_than_memory_are_exported() {
    // 30,000 words of 400 numbers: 48 MB, of which 32 MB of memory hold no copy.
    const N_WORDS: usize = 30_000;
    const DIM: usize = 400;
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = format!("{N_WORDS} {DIM}\n").into_bytes();
    for row in 0..N_WORDS {
        write!(bytes, "w{row} ").unwrap();
        bytes.extend((0..DIM).flat_map(|column| ((row * DIM + column) as f32).to_le_bytes()));
    }
    fs::write(folder.path().join("large.bin"), bytes).unwrap();
    let export = format!(
        "ulimit -d 32768; exec {} export large.bin large.safetensors --threads 1",
        env!("CARGO_BIN_EXE_eigenlex")
    );
    Command::new("sh").current_dir(folder.path()).args(["-c", &export]).assert().success();
    let vectors = WordVectors::open(folder.path().join("large.safetensors")).unwrap();
    assert_eq!(vectors.len(), N_WORDS);
    assert!(vectors.as_slice().iter().enumerate().all(|(at, &number)| number == at as f32));
}

/// Sentences of two invented languages: line i of one translates line i of the other, in another
/// order of words; line 0 has no translation.
fn parallel(folder: &Path) {
    let (mut source, mut target) = (String::from("s0\n"), String::from("\n"));
    for line in 0..400usize {
        let words: Vec<usize> =
            (0..5).map(|place| ((number(line, place) + 1.0) * 20.0) as usize).collect();
        writeln!(
            source,
            "{}",
            words.iter().map(|word| format!("s{word}")).collect::<Vec<_>>().join(" ")
        )
        .unwrap();
        writeln!(
            target,
            "{}",
            words.iter().rev().map(|word| format!("T{word}")).collect::<Vec<_>>().join(" ")
        )
        .unwrap();
    }
    fs::write(folder.join("en.txt"), source).unwrap();
    fs::write(folder.join("es.txt"), target).unwrap();
}

#[test]
fn parallel_lines_put_two_languages_into_one_space() {
    let folder = tempfile::tempdir().unwrap();
    parallel(folder.path());
    let maps = ["1", "2", "3", "8"].map(|threads| {
        let line = [
            "embed",
            "--parallel",
            "en.txt",
            "es.txt",
            "--dim",
            "20",
            "-o",
            "both",
            "--force",
            "-q",
            "--threads",
            threads,
        ];
        ok(folder.path(), &line);
        ["both/source/vectors.safetensors", "both/target/vectors.safetensors", "both/map"]
            .map(|name| fs::read(folder.path().join(name)).unwrap())
    });
    assert!(maps.iter().all(|map| *map == maps[0]));
    for word in [1, 20, 38] {
        let answer = ok(folder.path(), &["translate", "both/map", &format!("s{word}"), "-k", "1"]);
        assert!(answer.contains(&format!("\ns{word}\tt{word}\t")), "{word}: {answer}");
        assert_eq!(
            answer,
            ok(folder.path(), &["translate", "both", &format!("s{word}"), "-k", "1"])
        );
    }
    let info: Value =
        serde_json::from_str(&ok(folder.path(), &["info", "both/source", "--format", "json"]))
            .unwrap();
    assert_eq!(info["n_documents"].as_u64(), Some(401));
    // Texts of one language are searched in words of the other; line 8 of the target in its own
    // words, in another order.
    ok(folder.path(), &["encode", "both/source", "en.txt", "-o", "en.safetensors", "-q"]);
    let lines = fs::read_to_string(folder.path().join("es.txt")).unwrap();
    let query: Vec<&str> = lines.lines().nth(7).unwrap().split(' ').collect();
    let search = [
        "search",
        "both/target",
        &query.join(" "),
        "--in",
        "en.safetensors",
        "-k",
        "1",
        "--format",
        "json",
    ];
    let found: Value = serde_json::from_str(&ok(folder.path(), &search)).unwrap();
    assert!(found.to_string().contains("\"document\":8"), "{found}");
    let own: Value =
        serde_json::from_str(&ok(folder.path(), &["info", "both/source", "--format", "json"]))
            .unwrap();
    assert_ne!(own["partner"], own["digest"]);
}

#[test]
fn texts_that_are_not_parallel_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    parallel(folder.path());
    let text = fs::read_to_string(folder.path().join("es.txt")).unwrap();
    fs::write(
        folder.path().join("short.txt"),
        text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>(),
    )
    .unwrap();
    let refused = |options: &[&str], code: i32, says: &str| {
        fails(
            folder.path(),
            &[&["embed", "--parallel", "-o", "out", "--dim", "20"], options].concat(),
            code,
            says,
        );
        assert!(!folder.path().join("out").exists());
    };
    let says = "the source text has 401 line(s), the target text 400: line i of one must translate \
                line i of the other\nhint: keep empty lines";
    refused(&["en.txt", "short.txt"], 3, says);
    refused(&["en.txt"], 2, "`--parallel` takes two texts, not 1");
    refused(
        &["en.txt", "es.txt", "--on-bad-text", "skip"],
        2,
        "`--parallel` needs every line for its pair",
    );
    for unit in ["file", "paragraph", "sentence"] {
        refused(
            &["en.txt", "es.txt", "--document", unit],
            2,
            "`--parallel` pairs the lines of two texts",
        );
    }
    refused(&["en.txt", "es.txt", "--keep-checkpoints"], 2, "`--parallel` writes no checkpoints");
    fs::write(folder.path().join("blank.txt"), "\n".repeat(401)).unwrap();
    let says = "`blank.txt`: found no token, expected text with a word in some line";
    refused(&["en.txt", "blank.txt"], 3, says);
    refused(&["blank.txt", "es.txt"], 3, says);
    refused(
        &["en.txt", "en.txt"],
        3,
        "`en.txt`: found the same text as the source, expected its translation",
    );
    refused(
        &["en.txt", "es.txt", "--recipe", "window"],
        2,
        "contexts is window, expected documents",
    );
    refused(
        &["en.txt", "es.txt", "--document-tokens", "7"],
        2,
        "the lines of parallel texts stay whole",
    );
    refused(&["en.txt", "es.txt", "--subsample", "1e-3"], 2, "none with parallel texts");
}
