//! Time slices in a chain, and the words that moved between them.

use std::fs;
use std::path::Path;

use eigenlex::align::{AlignmentMap, CommonSpaces};
use tempfile::TempDir;

use super::{DIM, eigenlex, fails, json, language, ok};

/// Halves of the sample corpus as slices; in the second, two words are exchanged.
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
            &["embed", &text, "-o", &model, "--dim", "100", "--subwords", "0", "--quiet"],
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
}

#[test]
fn drift_is_shown_as_text_and_as_a_table() {
    let folder = slices();
    let path = folder.path();
    ok(path, &["align", "--chain", "1850.model", "1900.model", "-o", "chain"]);
    let text = ok(path, &["drift", "chain", "palace", "king", "--format", "text"]);
    assert!(
        text.starts_with(
            "palace: moved from 1850 to 1900, farther than 100.0 % of the words of its frequency\n"
        ),
        "{text}"
    );
    let stayed = "\nking: stayed from 1850 to 1900, like most words of its frequency\n";
    assert!(text.contains(stayed), "{text}");
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
fn each_step_is_reported_and_a_slice_without_the_word_is_skipped() {
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
        "nothing found for `only`: only slice `a` has a vector for it that is not zero",
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
        "the chain has 3 slices, and `--slices` gives 1\nhint: give one for each of a, b, c\n",
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
