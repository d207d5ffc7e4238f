//! Two languages laid over each other, as a person or a script does it: what is found, what stands
//! in the map, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use eigenlex::WordVectors;
use eigenlex::align::{AlignmentMap, Language, MapForm};
use serde_json::Value;
use tempfile::TempDir;

const DIM: usize = 8;
const N_WORDS: usize = 600;

/// Numbers between -1 and 1 that look random.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Words in a few clusters of unequal size with components of unequal weight, as in a real space.
fn points() -> Vec<Vec<f64>> {
    let mut numbers = Numbers(1);
    let centres: Vec<Vec<f64>> = (0..12)
        .map(|_| (0..DIM).map(|j| 3.0 * numbers.next() / (1.0 + j as f64).sqrt()).collect())
        .collect();
    (0..N_WORDS)
        .map(|word| {
            let centre = &centres[(word * word) % 12 % (1 + word % 12)];
            (0..DIM).map(|j| centre[j] + numbers.next().powi(3) * (2.0 - 0.2 * j as f64)).collect()
        })
        .collect()
}

/// Each point reflected in two planes: an orthogonal map.
fn turned(point: &[f64]) -> Vec<f64> {
    let mut turned = point.to_vec();
    for seed in [11, 12] {
        let mut numbers = Numbers(seed);
        let normal: Vec<f64> = (0..DIM).map(|_| numbers.next()).collect();
        let square: f64 = normal.iter().map(|x| x * x).sum();
        let along: f64 = turned.iter().zip(&normal).map(|(x, n)| x * n).sum::<f64>() * 2.0 / square;
        turned.iter_mut().zip(&normal).for_each(|(x, n)| *x -= along * n);
    }
    turned
}

fn vec_file(name: impl Fn(usize) -> String, points: &[Vec<f64>]) -> String {
    let mut text = format!("{} {}\n", points.len(), points[0].len());
    for (word, point) in points.iter().enumerate() {
        text.push_str(&name(word));
        point.iter().for_each(|number| write!(text, " {}", *number as f32).unwrap());
        text.push('\n');
    }
    text
}

/// `s.vec`, `t.vec`, `gold.txt` with all pairs, `few.txt` with 25.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut noise = Numbers(5);
    let points = points();
    let other: Vec<Vec<f64>> = points
        .iter()
        .map(|point| turned(point).iter().map(|x| x + 0.01 * noise.next()).collect())
        .collect();
    // Numerals are the same in both languages.
    let name = |prefix: &'static str| {
        move |word: usize| {
            if word % 20 == 3 { format!("{word}") } else { format!("{prefix}{word}") }
        }
    };
    fs::write(folder.path().join("s.vec"), vec_file(name("s"), &points)).unwrap();
    fs::write(folder.path().join("t.vec"), vec_file(name("t"), &other)).unwrap();
    let pair = |word: usize| format!("{}\t{}\n", name("s")(word), name("t")(word));
    fs::write(folder.path().join("gold.txt"), (0..N_WORDS).map(pair).collect::<String>()).unwrap();
    fs::write(folder.path().join("few.txt"), (0..25).map(|i| pair(i * 7)).collect::<String>())
        .unwrap();
    folder
}

fn eigenlex(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder);
    command
}

#[track_caller]
fn json(folder: &Path, line: &[&str]) -> Value {
    let assert =
        eigenlex(folder).args(line).args(["--format", "json"]).assert().success().stderr("");
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

#[track_caller]
fn align(folder: &Path, options: &[&str]) -> Value {
    json(folder, &[&["align", "s.vec", "t.vec", "-o", "map", "--force"], options].concat())
}

#[track_caller]
fn p1(folder: &Path, retrieval: &str) -> f64 {
    let found = json(folder, &["evaluate", "map", "--translation", "gold.txt"]);
    let scores = found["translation"].as_array().unwrap();
    assert_eq!((found["map"].as_str(), scores.len()), (Some("map"), 2));
    let score = scores.iter().find(|score| score["retrieval"] == retrieval).unwrap();
    assert_eq!(
        (score["answered"].as_u64(), score["total"].as_u64()),
        (Some(N_WORDS as u64), Some(N_WORDS as u64))
    );
    score["p1"].as_f64().unwrap()
}

#[track_caller]
fn fails(folder: &Path, line: &[&str], code: i32) -> String {
    let assert = eigenlex(folder).args(line).assert().code(code).stdout("");
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
    assert!(!folder.join("out").exists());
    message
}

#[track_caller]
fn align_fails(folder: &Path, options: &[&str], code: i32, says: &str) {
    let message = fails(folder, &[&["align", "-o", "out"], options].concat(), code);
    assert!(message.contains(says), "{message}");
}

#[test]
fn every_method_finds_a_turned_space_again() {
    let folder = folder();
    for options in [
        &["--dictionary", "gold.txt"][..],
        &["--dictionary", "few.txt", "--refine"],
        &["--identical"],
        &["--similar-spelling"],
        &["--unsupervised"],
        &["--dictionary", "gold.txt", "--criterion", "rcsls"],
    ] {
        let report = align(folder.path(), options);
        for retrieval in ["nearest", "csls"] {
            assert!(
                p1(folder.path(), retrieval) > 0.9,
                "{options:?} {retrieval}: {}",
                p1(folder.path(), retrieval)
            );
        }
        assert_eq!(report["verdict"], "trust", "{options:?}: {report}");
        assert!(report["sentence"].as_str().unwrap().starts_with("this map can be trusted"));
    }
}

#[test]
fn noise_is_not_to_be_trusted() {
    let folder = folder();
    let mut numbers = Numbers(99);
    let noise: Vec<Vec<f64>> =
        (0..N_WORDS).map(|_| (0..DIM).map(|_| numbers.next()).collect()).collect();
    fs::write(folder.path().join("t.vec"), vec_file(|word| format!("t{word}"), &noise)).unwrap();
    assert_ne!(align(folder.path(), &["--unsupervised"])["verdict"], "trust");
}

#[test]
fn the_rotation_is_orthogonal_and_word_math_survives_it() {
    let folder = folder();
    align(folder.path(), &["--unsupervised"]);
    let map = AlignmentMap::open(folder.path().join("map")).unwrap();
    let q = &map.source.rotation;
    for i in 0..DIM {
        for j in 0..DIM {
            let product: f64 =
                (0..DIM).map(|k| f64::from(q[k * DIM + i]) * f64::from(q[k * DIM + j])).sum();
            assert!((product - f64::from(u8::from(i == j))).abs() < 1e-5, "{i} {j}: {product}");
        }
    }
    let vectors = WordVectors::open(folder.path().join("s.vec")).unwrap();
    let before = map.source.normalization.apply(vectors.as_slice());
    let after = map.apply(Language::Source, MapForm::Orthogonal, vectors.as_slice());
    let dot = |rows: &[f32], i: usize, j: usize| -> f64 {
        (0..DIM).map(|k| f64::from(rows[i * DIM + k]) * f64::from(rows[j * DIM + k])).sum()
    };
    for (i, j) in (0..N_WORDS).map(|i| (i, i * 17 % N_WORDS)) {
        assert!((dot(&before.data, i, j) - dot(&after.data, i, j)).abs() < 1e-5);
    }
}

#[test]
fn the_map_has_the_same_bytes_on_any_number_of_threads() {
    let folder = folder();
    for options in [&["--unsupervised"][..], &["--dictionary", "gold.txt", "--criterion", "rcsls"]]
    {
        let maps = ["1", "2", "3", "8"].map(|threads| {
            align(folder.path(), &[options, &["--threads", threads]].concat());
            fs::read(folder.path().join("map")).unwrap()
        });
        assert!(maps.iter().all(|map| *map == maps[0]), "{options:?}");
    }
}

#[test]
fn a_map_comes_back_and_every_cut_of_it_is_refused() {
    let folder = folder();
    align(folder.path(), &["--identical"]);
    let path = folder.path().join("map");
    let bytes = fs::read(&path).unwrap();
    let map = AlignmentMap::open(&path).unwrap();
    assert!(AlignmentMap::is_at(&path) && !AlignmentMap::is_at(folder.path().join("s.vec")));
    assert_eq!(map.to_bytes(), bytes);
    for length in (0..bytes.len()).step_by(7) {
        AlignmentMap::read(&bytes[..length], Path::new("m")).unwrap_err();
    }
    let message = fails(folder.path(), &["evaluate", "s.vec", "--translation", "gold.txt"], 3);
    assert!(
        message.contains(
            "`s.vec` is a file of word vectors, but a map of two languages is needed here"
        ),
        "{message}"
    );
    // Other vectors under the same name are found out.
    fs::write(
        folder.path().join("t.vec"),
        fs::read_to_string(folder.path().join("s.vec")).unwrap(),
    )
    .unwrap();
    let message = fails(folder.path(), &["evaluate", "map", "--translation", "gold.txt"], 3);
    assert!(message.contains("that the map was learned from as target"), "{message}");
}

#[test]
fn dictionaries_of_any_spelling_are_read_and_bad_ones_refused() {
    let folder = folder();
    let write = |text: &str| fs::write(folder.path().join("d.txt"), text).unwrap();
    let gold = fs::read_to_string(folder.path().join("gold.txt")).unwrap();
    write(&format!("\u{FEFF}{}ice cream\thelado\r\n", gold.to_uppercase().replace('\n', "\r\n")));
    let report = align(folder.path(), &["--dictionary", "d.txt"]);
    assert_eq!(report["coverage"]["known_entries"], N_WORDS, "{report}");
    assert_eq!(report["coverage"]["entries"], N_WORDS + 1);
    let refused = |text: &str, code, says: &str| {
        write(text);
        align_fails(folder.path(), &["s.vec", "t.vec", "--dictionary", "d.txt"], code, says);
    };
    refused(
        "s1 t1\nhouse\n",
        3,
        "`d.txt`, line 2: found one column, `house`, expected a source word and a target word",
    );
    refused("ice cream helado\n", 3, "`d.txt`, line 1: found 3 words without a tab");
    refused("", 3, "`d.txt`: found no pair");
    refused(
        "s1 t1\ns2 t2\n",
        3,
        "2 of 2 word pairs can be used (both words have a vector that is not zero), at least 8 \
         are needed\nhint: pass --refine",
    );
    refused(
        "t1 s1\nhouse casa\n",
        3,
        "0 of 2 word pairs can be used (both words have a vector that is not zero), at least 8 \
         are needed\nhint: check",
    );
}

#[test]
fn bad_vectors_are_refused_with_the_place() {
    let folder = folder();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("wide.vec", &vec_file(|word| format!("w{word}"), &vec![vec![1.0; DIM + 2]; 3]));
    align_fails(
        folder.path(),
        &["s.vec", "wide.vec", "--unsupervised"],
        3,
        "the source has 8 dimensions, the target 10\nhint: pass --dim 8",
    );
    align_fails(
        folder.path(),
        &["s.vec", "t.vec", "--unsupervised", "--dim", "9"],
        2,
        "dim is 9, expected from 1 to 8",
    );
    put("twice.vec", "2 2\na 1 2\na 3 4\n");
    align_fails(
        folder.path(),
        &["twice.vec", "t.vec", "--unsupervised", "--strict"],
        3,
        "the word `a` a second time",
    );
    put("nan.vec", "2 2\na 1 2\nb NaN 4\n");
    align_fails(folder.path(), &["nan.vec", "nan.vec", "--unsupervised", "--strict"], 3, "nan.vec");
    put("zero.vec", "2 2\na 0 0\nb 0 0\n");
    align_fails(
        folder.path(),
        &["zero.vec", "zero.vec", "--identical"],
        3,
        "0 of 2 word pairs can be used",
    );
    align_fails(
        folder.path(),
        &["zero.vec", "zero.vec", "--unsupervised"],
        3,
        "0 of 0 word pairs can be used",
    );
    align_fails(
        folder.path(),
        &["s.vec", "t.vec", "--unsupervised", "--self-learning-words", "0"],
        2,
        "invalid value '0' for '--self-learning-words <N>'",
    );
    align_fails(folder.path(), &["s.vec", "none.vec", "--unsupervised"], 1, "none.vec");
    let message =
        fails(folder.path(), &["align", "s.vec", "t.vec", "-o", "gold.txt", "--identical"], 1);
    assert!(message.contains("`gold.txt` exists already"), "{message}");
}

#[test]
fn words_without_a_direction_are_left_out_and_told() {
    let folder = folder();
    let text = fs::read_to_string(folder.path().join("s.vec")).unwrap();
    let zeros = " 0".repeat(DIM);
    let text: String = text
        .lines()
        .map(
            |line| {
                if line.starts_with("s5 ") { format!("s5{zeros}\n") } else { format!("{line}\n") }
            },
        )
        .collect();
    fs::write(folder.path().join("s.vec"), text).unwrap();
    let report = align(folder.path(), &["--dictionary", "gold.txt"]);
    assert_eq!(report["zero_vectors"], serde_json::json!([1, 0]));
    assert_eq!(report["pairs"], N_WORDS - 1);
    let found = json(folder.path(), &["evaluate", "map", "--translation", "gold.txt"]);
    assert_eq!(found["translation"][0]["answered"], N_WORDS - 1);
}
