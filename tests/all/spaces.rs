//! More than two spaces in one: time slices and the words that moved between them, and several
//! languages around a hub.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use eigenlex::align::{AlignmentMap, CommonSpaces, Language, MapForm};
use eigenlex::{WordId, WordVectors};
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

fn eigenlex(folder: &Path, line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder).args(line);
    command
}

#[track_caller]
fn ok(folder: &Path, line: &[&str]) -> String {
    String::from_utf8(
        eigenlex(folder, line).assert().success().stderr("").get_output().stdout.clone(),
    )
    .unwrap()
}

#[track_caller]
fn json(folder: &Path, line: &[&str]) -> Value {
    serde_json::from_str(&ok(folder, &[line, &["--format", "json"]].concat())).unwrap()
}

#[track_caller]
fn fails(folder: &Path, line: &[&str], code: i32, says: &str) {
    let line = [line, if line[0] == "align" { &["-o", "out"] } else { &[] }].concat();
    eigenlex(folder, &line).assert().code(code).stdout("").stderr(predicate::str::contains(says));
    assert!(!folder.join("out").exists());
}

/// A number between -1 and 1 for each place, without any pattern.
fn number(seed: usize, row: usize, column: usize) -> f64 {
    let x = ((row * 31 + column * 17 + seed * 101 + 7) as f64 * 12.9898).sin() * 43_758.545_3;
    2.0 * (x - x.floor()) - 1.0
}

const DIM: usize = 6;
const N_WORDS: usize = 400;

/// The same points with their axes turned round and a little noise, under names of a language.
fn language(name: impl Fn(usize) -> String, seed: usize) -> String {
    let mut text = format!("{N_WORDS} {DIM}\n");
    for row in 0..N_WORDS {
        let x: Vec<f64> = (0..DIM)
            .map(|column| number(0, row, column) + 0.02 * number(seed, row, column))
            .collect();
        write!(text, "{}", name(row)).unwrap();
        (0..DIM).for_each(|j| {
            let sign = if (seed + j).is_multiple_of(3) { -1.0 } else { 1.0 };
            write!(text, " {}", sign * x[(j + seed) % DIM]).unwrap();
        });
        text.push('\n');
    }
    text
}

/// `en.vec`, `es.vec`, `fr.vec` and dictionaries of the last two into the first.
fn languages() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (seed, name) in ["en", "es", "fr"].into_iter().enumerate() {
        fs::write(
            folder.path().join(format!("{name}.vec")),
            language(|row| format!("{name}{row}"), seed),
        )
        .unwrap();
        let pairs: String = (0..N_WORDS).map(|row| format!("{name}{row}\ten{row}\n")).collect();
        fs::write(folder.path().join(format!("{name}-en.txt")), pairs).unwrap();
    }
    let pairs: String = (0..N_WORDS).map(|row| format!("es{row}\tfr{row}\n")).collect();
    fs::write(folder.path().join("es-fr.txt"), pairs).unwrap();
    folder
}

const HUB: [&str; 10] = [
    "align",
    "--hub",
    "en.vec",
    "es.vec",
    "fr.vec",
    "--dictionary",
    "es-en.txt",
    "--dictionary",
    "fr-en.txt",
    "--force",
];

#[test]
fn two_languages_meet_in_the_hub_without_a_dictionary_between_them() {
    let folder = languages();
    let joined = json(folder.path(), &[&HUB[..], &["-o", "hub"]].concat());
    assert_eq!(joined["kind"], "hub");
    assert_eq!(joined["reports"].as_array().unwrap().len(), 2);
    assert_eq!(joined["reports"][1]["coverage"]["known_entries"], N_WORDS);
    let between = ["--from", "es", "--to", "fr"];
    for row in [0, 17, N_WORDS - 1] {
        let line = ["translate", "hub", &format!("es{row}"), "-k", "1"];
        assert!(
            ok(folder.path(), &[&line[..], &between].concat()).contains(&format!("\tfr{row}\t")),
            "{row}"
        );
        assert!(
            ok(folder.path(), &[&line[..], &["--from", "es"]].concat())
                .contains(&format!("\ten{row}\t")),
            "{row}"
        );
        let line = ["translate", "hub", &format!("fr{row}"), "-k", "1", "--reverse"];
        assert!(
            ok(folder.path(), &[&line[..], &between].concat()).contains(&format!("\tes{row}\t")),
            "{row}"
        );
    }
    for form in [&[][..], &["--orthogonal"]] {
        let scores = json(
            folder.path(),
            &[&["evaluate", "hub", "--translation", "es-fr.txt"][..], &between, form].concat(),
        );
        for score in scores["translation"].as_array().unwrap() {
            assert!(score["p1"].as_f64().unwrap() > 0.98, "{score}");
        }
    }
    ok(folder.path(), &[&["dictionary", "hub", "-o", "d.tsv"][..], &between].concat());
    let dictionary = fs::read_to_string(folder.path().join("d.tsv")).unwrap();
    assert_eq!(dictionary.lines().count(), N_WORDS + 1);
    assert!(
        dictionary.starts_with("source\ttarget\tsimilarity\tscore\tmutual\nes0\tfr0\t"),
        "{dictionary}"
    );
    // Exported vectors are those of the library, and the words of both languages lie together.
    for name in ["es", "fr"] {
        ok(
            folder.path(),
            &["export", &format!("{name}.vec"), &format!("{name}.mapped.npy"), "--map", "hub"],
        );
    }
    let open = |name: &str| WordVectors::open(folder.path().join(name)).unwrap();
    let (es, fr) = (open("es.mapped.npy"), open("fr.mapped.npy"));
    let spaces = CommonSpaces::open(folder.path().join("hub")).unwrap();
    assert_eq!(
        es.as_slice(),
        spaces
            .between(1, 0)
            .apply(Language::Source, MapForm::Weighted, open("es.vec").as_slice())
            .data
    );
    for row in 0..N_WORDS as u32 {
        let cosine: f32 =
            es.vector(WordId(row)).iter().zip(fr.vector(WordId(row))).map(|(x, y)| x * y).sum();
        assert!(cosine > 0.99, "{row}: {cosine}");
    }
}

#[test]
fn a_hub_has_the_same_bytes_on_any_number_of_threads_and_every_cut_of_it_is_refused() {
    let folder = languages();
    let files = ["1", "2", "3", "8"].map(|threads| {
        ok(folder.path(), &[&HUB[..], &["-o", "hub", "--threads", threads]].concat());
        fs::read(folder.path().join("hub")).unwrap()
    });
    assert!(files.iter().all(|file| *file == files[0]));
    let path = folder.path().join("hub");
    assert!(CommonSpaces::is_at(&path) && !CommonSpaces::is_at(folder.path().join("en.vec")));
    assert_eq!(CommonSpaces::open(&path).unwrap().to_bytes(), files[0]);
    for length in (0..files[0].len()).step_by(7) {
        CommonSpaces::read(&files[0][..length], Path::new("m")).unwrap_err();
    }
}

#[test]
fn hubs_are_refused_with_what_is_wrong() {
    let folder = languages();
    let path = folder.path();
    ok(path, &[&HUB[..], &["-o", "hub"]].concat());
    ok(path, &["align", "es.vec", "en.vec", "--dictionary", "es-en.txt", "-o", "map"]);
    fails(
        path,
        &["translate", "hub", "es1"],
        2,
        "`hub` holds several spaces, and --from does not say which\nhint: --from takes one of `en`, `es`, `fr`",
    );
    fails(
        path,
        &["translate", "hub", "es1", "--from", "de"],
        2,
        "from is `de`, expected one of `en`, `es`, `fr`",
    );
    fails(
        path,
        &["translate", "map", "es1", "--from", "es"],
        2,
        "--from `es` has no meaning here: a map has two sides",
    );
    fails(
        path,
        &["evaluate", "en.vec", "--analogies", "es-en.txt", "--to", "es"],
        2,
        "--to `es` has no meaning here: models have no spaces to choose from",
    );
    fails(
        path,
        &["drift", "hub"],
        3,
        "`hub`: found a hub of languages, expected a chain of time slices",
    );
    fails(
        path,
        &["drift", "map"],
        3,
        "`map` is a map of two languages, but a chain of time slices is needed here",
    );
    fails(
        path,
        &["translate", "en.vec", "en1"],
        3,
        "`en.vec` is a file of word vectors, but a map of two languages is needed here",
    );
    fails(
        path,
        &["export", "en.vec", "x.vec", "--map", "hub", "--space", "de"],
        2,
        "space is `de`, expected one of",
    );
    fails(
        path,
        &["export", "en.vec", "x.vec", "--map", "map", "--space", "en"],
        2,
        "--space `en` has no meaning here: a map has two sides\nhint: use --side source or --side target",
    );
    let hub = ["align", "--hub", "en.vec", "es.vec", "fr.vec"];
    let missing = [&hub[..], &["--dictionary", "es-en.txt"]].concat();
    fails(
        path,
        &missing,
        2,
        "dictionary is given 1 time(s), expected 2: one for each SOURCE, in their order",
    );
    fails(path, &["align", "--hub", "en.vec", "--identical"], 2, "--hub");
    fails(
        path,
        &["align", "--hub", "en.vec", "en.vec", "--identical"],
        3,
        "en.vec`: found the same vectors a second time",
    );
    let two =
        ["align", "en.vec", "es.vec", "--dictionary", "es-en.txt", "--dictionary", "fr-en.txt"];
    fails(path, &two, 2, "dictionary is given 2 times, expected one");
    fs::write(path.join("flat.vec"), "3 2\na 1 2\nb 2 1\nc 1 1\n").unwrap();
    let small =
        ["align", "--hub", "en.vec", "es.vec", "fr.vec", "--unsupervised", "--memory", "16MiB"];
    fails(
        path,
        &small,
        5,
        "of memory, the budget is 16.0 MiB\nhint: raise --memory, or lower --max-words, --cutoff or --dim",
    );
    let slices = ["align", "--chain", "en.vec", "es.vec", "--memory", "1MB"];
    fails(path, &slices, 5, "align needs about ");
    let flat = ["align", "--hub", "en.vec", "flat.vec", "--identical"];
    fails(path, &flat, 3, "flat.vec` 2\nhint: pass --dim 2 to keep the first 2 of all");
    fs::write(path.join("fr.vec"), language(|row| format!("x{row}"), 9)).unwrap();
    fails(
        path,
        &["translate", "hub", "es1", "--from", "es", "--to", "fr"],
        3,
        "fr.vec`: found vectors with digest",
    );
}

/// Halves of the sample corpus as slices, in the second of which two words stand for each other.
fn slices() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/english.txt")).unwrap();
    let half = |parity: usize| -> Vec<&str> {
        text.lines()
            .enumerate()
            .filter(|(number, _)| number % 2 == parity)
            .map(|(_, line)| line)
            .collect()
    };
    let swap = |line: &str| {
        line.replace("palace", "\u{1}").replace("carpenter", "palace").replace('\u{1}', "carpenter")
    };
    let later: Vec<String> = half(1).iter().map(|line| swap(line)).collect();
    fs::write(folder.path().join("1850.txt"), half(0).join("\n")).unwrap();
    fs::write(folder.path().join("1900.txt"), later.join("\n")).unwrap();
    for slice in ["1850", "1900"] {
        let (text, model) = (format!("{slice}.txt"), format!("{slice}.model"));
        ok(
            folder.path(),
            &[
                "embed",
                &text,
                "-o",
                &model,
                "--dim",
                "40",
                "--window-boundary",
                "document",
                "--quiet",
            ],
        );
    }
    folder
}

#[test]
fn the_words_that_were_exchanged_moved_most_and_others_stayed() {
    let folder = slices();
    let path = folder.path();
    let joined = json(path, &["align", "--chain", "1850.model", "1900.model", "-o", "chain"]);
    let link = &joined["links"][0];
    assert_eq!(link["kept"].as_u64().unwrap(), link["shared"].as_u64().unwrap() * 4 / 5);
    let moved = json(path, &["drift", "chain", "-k", "3", "--max-words", "800"]);
    let words: Vec<&str> =
        moved.as_array().unwrap().iter().map(|it| it["word"].as_str().unwrap()).collect();
    assert!(
        words[..2] == ["palace", "carpenter"] || words[..2] == ["carpenter", "palace"],
        "{moved}"
    );
    for place in 0..2 {
        assert_eq!(moved[place]["movement"], "moved", "{moved}");
    }
    let palace = json(path, &["drift", "chain", "Palace", "-k", "5"]);
    assert_eq!(
        (palace["word"].as_str(), palace["whole"]["movement"].as_str()),
        (Some("palace"), Some("moved"))
    );
    let near = |place: usize| -> Vec<&str> {
        palace["places"][place]["neighbors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["word"].as_str().unwrap())
            .collect()
    };
    // Among people at work, where `carpenter` stood.
    let jobs = [
        "baker",
        "bakers",
        "doctor",
        "farmer",
        "fisherman",
        "gardener",
        "judge",
        "painter",
        "teacher",
        "writer",
    ];
    let at_work = |place: usize| near(place).iter().filter(|word| jobs.contains(word)).count();
    assert!(at_work(0) == 0 && at_work(1) >= 3, "{:?} {:?}", near(0), near(1));
    for word in ["king", "loaves", "germany", "umbrella"] {
        let found = json(path, &["drift", "chain", word]);
        assert_eq!(found["whole"]["movement"], "stayed", "{found}");
    }
    // Of all words hardly more than the two and their plurals.
    let all = json(path, &["drift", "chain", "-k", "5000"]);
    let moved = all.as_array().unwrap().iter().filter(|it| it["movement"] == "moved").count();
    assert!(all.as_array().unwrap().len() > 1000 && moved <= 6, "{moved}");
    let text = ok(path, &["drift", "chain", "palace", "king", "--format", "text"]);
    assert!(
        text.starts_with(
            "palace: moved from 1850 to 1900, farther than 100.0 % of the words of its frequency\n"
        ),
        "{text}"
    );
    assert!(text.contains("\nking: stayed from 1850 to 1900: no farther from itself than words of its frequency are\n"), "{text}");
    let tsv = ok(path, &["drift", "chain", "palace", "-k", "2", "--format", "tsv"]);
    let lines: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0][..3], ["word", "from", "to"]);
    assert_eq!(lines[0][8..], ["movement", "nearest_in_from", "nearest_in_to"]);
    assert_eq!(
        (lines.len(), lines[1].len(), &lines[1][..3]),
        (2, 11, &["palace", "1850", "1900"][..])
    );
    assert_eq!(lines[1][10].split(' ').count(), 2, "{tsv}");
    // A chain is a hub of slices: the word that stands where `palace` stood is found.
    let answer =
        ok(path, &["translate", "chain", "palace", "--from", "1850", "--to", "1900", "-k", "1"]);
    assert!(answer.contains("\npalace\tcarpenter\t"), "{answer}");
}

/// Right answers of each section by each method, and the number of all.
fn analogies(folder: &Path, vectors: &str) -> (Vec<u64>, u64) {
    let questions = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/english.analogies.txt");
    let found = json(folder, &["evaluate", vectors, "--analogies", questions]);
    let mut counts = Vec::new();
    let mut answered = 0;
    for scores in found["analogies"].as_array().unwrap() {
        for section in scores["sections"].as_array().unwrap() {
            counts.push(section["correct"].as_u64().unwrap());
            answered += section["answered"].as_u64().unwrap();
        }
    }
    (counts, answered)
}

#[test]
fn word_math_survives_the_map_and_the_rotation_is_orthogonal() {
    let folder = slices();
    let path = folder.path();
    ok(
        path,
        &["align", "1850.model", "1900.model", "--identical", "--normalize", "unit", "-o", "map"],
    );
    ok(
        path,
        &["align", "--chain", "1900.model", "1850.model", "--normalize", "unit", "-o", "chain"],
    );
    let before = analogies(path, "1850.model");
    let n_right: u64 = before.0.iter().sum();
    assert!(before.1 > 1000 && 2 * n_right > before.1, "{before:?}");
    for map in ["map", "chain"] {
        ok(path, &["export", "1850.model", "mapped.npy", "--map", map, "--orthogonal", "--force"]);
        let after = analogies(path, "mapped.npy");
        assert_eq!(after.1, before.1);
        // To 0.1 point: two neighbours that lie equally near may change places by rounding.
        let changed: u64 =
            before.0.iter().zip(&after.0).map(|(before, after)| before.abs_diff(*after)).sum();
        assert!(1000 * changed <= before.1, "{map}: {before:?} {after:?}");
    }
    let map = AlignmentMap::open(path.join("map")).unwrap();
    let chain = CommonSpaces::open(path.join("chain")).unwrap();
    for (q, dim) in
        [(&map.source.rotation, map.dim()), (&chain.sides[1].rotation, chain.description.dim)]
    {
        for (i, j) in (0..dim).flat_map(|i| (0..dim).map(move |j| (i, j))) {
            let product: f64 =
                (0..dim).map(|k| f64::from(q[k * dim + i]) * f64::from(q[k * dim + j])).sum();
            assert!((product - f64::from(u8::from(i == j))).abs() < 1e-5, "{i} {j}: {product}");
        }
    }
}

/// `a.vec`, `b.vec`, `c.vec`: turned copies with noise; `gone` is missing in b, `only` stands in a
/// alone, `w7` moves between b and c.
fn three() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (seed, name) in ["a", "b", "c"].into_iter().enumerate() {
        let text =
            language(|row| if row == 9 { "gone".to_owned() } else { format!("w{row}") }, seed);
        let mut lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        if name == "a" {
            lines.push("only 1 2 3 1 2 3".to_owned());
        }
        if name == "b" {
            lines.retain(|line| !line.starts_with("gone "));
        }
        if name == "c" {
            let opposite = |field: &str| {
                field
                    .parse::<f64>()
                    .map_or_else(|_| field.to_owned(), |number| (-number).to_string())
            };
            lines[7] = lines[7].split(' ').map(opposite).collect::<Vec<_>>().join(" ");
        }
        fs::write(
            folder.path().join(format!("{name}.vec")),
            format!("{} {DIM}\n{}\n", lines.len(), lines.join("\n")),
        )
        .unwrap();
    }
    ok(folder.path(), &["align", "--chain", "a.vec", "b.vec", "c.vec", "-o", "chain"]);
    folder
}

#[test]
fn each_step_is_told_and_a_slice_without_the_word_is_stepped_over() {
    let folder = three();
    let found = json(folder.path(), &["drift", "chain", "w7", "-k", "3"]);
    let movements: Vec<&str> = found["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["movement"].as_str().unwrap())
        .collect();
    assert_eq!(movements, ["stayed", "moved"], "{found}");
    assert_eq!(
        (found["whole"]["from"].as_str(), found["whole"]["to"].as_str()),
        (Some("a"), Some("c"))
    );
    assert_eq!(found["whole"]["movement"], "moved");
    assert!(found["whole"]["distance"].as_f64().unwrap() > 1.8, "{found}");
    let gone = json(folder.path(), &["drift", "chain", "gone"]);
    assert_eq!(
        (gone["steps"].as_array().unwrap().len(), gone["unknown_in"][0].as_str()),
        (1, Some("b"))
    );
    assert_eq!(gone["whole"]["movement"], "stayed", "{gone}");
    let text = ok(folder.path(), &["drift", "chain", "gone", "w7", "--format", "text"]);
    assert!(text.contains("\n  not in b\n") && text.contains("\n  b to c  distance 1.9"), "{text}");
    let output = eigenlex(folder.path(), &["drift", "chain", "-"])
        .write_stdin("w7\n\nw8\n")
        .assert()
        .success();
    let output = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert_eq!(output.lines().count(), 7, "{output}");
}

#[test]
fn chains_are_refused_with_what_is_wrong() {
    let folder = three();
    let path = folder.path();
    fails(
        path,
        &["drift", "chain", "only"],
        4,
        "nothing found for `only`: of the slices only `a` has a vector for it that is not zero",
    );
    fails(
        path,
        &["drift", "chain", "w1234"],
        4,
        "the word `w1234` is not in the vocabulary\nhint: did you mean `w1",
    );
    fails(
        path,
        &["drift", "chain", "w1", "--slices", "a.vec"],
        2,
        "slices is 1, expected 3: a, b, c",
    );
    fails(
        path,
        &["drift", "chain", "w1", "--slices", "a.vec", "c.vec", "c.vec"],
        3,
        "`c.vec`: found ",
    );
    fails(
        path,
        &["drift", "a.vec", "w1"],
        3,
        "`a.vec` is a file of word vectors, but a chain of time slices is needed here",
    );
    fails(path, &["drift", "none", "w1"], 1, "none");
    fails(path, &["align", "--chain", "a.vec"], 2, "--chain");
    fails(path, &["align", "--chain", "a.vec", "a.vec"], 3, "the same vectors a second time");
    fails(
        path,
        &["align", "--chain", "a.vec", "b.vec", "--unsupervised"],
        2,
        "cannot be used with",
    );
    fails(path, &["align", "--chain", "a.vec", "none.vec"], 1, "none.vec");
    fs::write(path.join("other.vec"), language(|row| format!("x{row}"), 1)).unwrap();
    fails(path, &["align", "--chain", "a.vec", "other.vec"], 3, "share 0 of their frequent words");
    fs::write(path.join("flat.vec"), "3 2\nw1 1 2\nw2 2 1\nw3 1 1\n").unwrap();
    fails(
        path,
        &["align", "--chain", "a.vec", "b.vec", "flat.vec"],
        3,
        "flat.vec` 2\nhint: pass --dim 2 to keep the first 2 of all",
    );
    ok(path, &["align", "--chain", "a.vec", "b.vec", "flat.vec", "--dim", "2", "-o", "cut"]);
    fs::remove_file(path.join("b.vec")).unwrap();
    fails(path, &["drift", "chain", "w1"], 1, "b.vec");
}
