//! `evaluate`: the scores in each format, of one model and of several.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{ENGLISH, SPANISH, ask, corpora, eigenlex, json, keys};

#[test]
fn capitals_of_a_test_are_no_other_words_whatever_the_tokenizer() {
    let folder = tempfile::tempdir().unwrap();
    let (text, model, questions) =
        (folder.path().join("text"), folder.path().join("model"), folder.path().join("questions"));
    fs::write(&text, "king queen man woman\nqueen king woman man Paris\n").unwrap();
    fs::write(&questions, ": family\nKing Queen Man Woman\nParis queen Rome king\n").unwrap();
    let embed = ["--tokenizer", "whitespace", "--min-count", "1", "--dim", "2", "-q", "-o"];
    eigenlex().arg("embed").arg(&text).args(embed).arg(&model).assert().success();
    let found: Value = serde_json::from_str(&ask(
        "evaluate",
        &model,
        &["-a", questions.to_str().unwrap(), "--format", "json"],
    ))
    .unwrap();
    let score = &found["analogies"][0]["all"];
    assert_eq!(
        (score["answered"].as_u64(), score["total"].as_u64()),
        (Some(1), Some(2)),
        "{found}"
    );
}

#[test]
fn evaluate_reports_both_methods_in_the_fixed_shape() {
    let files = [corpora("english.analogies.txt"), corpora("english.similarity.tsv")]
        .map(|path| path.to_str().unwrap().to_owned());
    let arguments = ["--analogies", &files[0], "--similarity", &files[1]];
    let score = json("evaluate", &ENGLISH, &arguments);
    assert_eq!(keys(&score), ["analogies", "model", "sets", "similarity"]);
    assert_eq!(
        keys(&score["sets"][1]),
        ["columns", "delimiter", "file", "left_out", "notes", "rows", "test"]
    );
    let methods: Vec<&str> = score["analogies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["method"].as_str().unwrap())
        .collect();
    assert_eq!(methods, ["add", "mul"]);
    let analogies = &score["analogies"][1];
    assert_eq!(
        keys(analogies),
        ["all", "file", "max_words", "method", "sections", "semantic", "syntactic"]
    );
    assert_eq!(keys(&analogies["sections"][0]), ["answered", "correct", "name", "total"]);
    assert_eq!(keys(&analogies["all"]), ["answered", "correct", "total"]);
    assert!(analogies["max_words"].is_null());
    let sum: u64 = analogies["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["correct"].as_u64().unwrap())
        .sum();
    assert_eq!(analogies["all"]["correct"].as_u64(), Some(sum));
    assert!(sum as f64 > 0.8 * analogies["all"]["total"].as_f64().unwrap());
    assert_eq!(keys(&score["similarity"][0]), ["answered", "file", "spearman", "total"]);

    let second = ENGLISH.to_str().unwrap();
    let several = json("evaluate", &SPANISH, &[&[second, "-q"], &arguments[..]].concat());
    assert_eq!(several.as_array().unwrap().len(), 2);
    assert_eq!(several[1]["analogies"], score["analogies"]);
    let capped = json("evaluate", &ENGLISH, &[&arguments[..2], &["--max-words", "500"]].concat());
    assert_eq!(capped["analogies"][0]["max_words"].as_u64(), Some(500));
    let tsv = ask("eval", &ENGLISH, &[&arguments[..], &["-q"]].concat());
    assert!(tsv.lines().all(|line| line.split('\t').count() == 9), "{tsv}");
    assert!(
        ask("evaluate", &ENGLISH, &[&arguments[..], &["--format", "text"]].concat())
            .contains("3CosMul")
    );
}

/// Small tests of the sample's words: three classes, and sets with their odd ones.
fn small_tests(folder: &Path) -> [String; 2] {
    let classes = "class\tword\npeople\tKing\npeople\tqueen\npeople\tman\npeople\twoman\n\
                   cities\tparis\ncities\trome\ncities\tlondon\ncities\tno-such-word\n\
                   lands\tfrance\nlands\titaly\nlands\t\n";
    let sets = ",category,outliers,words\n\
                0,Royal,\"['Rome', 'no-such-word', '']\",\"['King', 'queen', 'prince']\"\n\
                1,Cities,\"['queen']\",\"['paris', 'rome', 'madrid']\"\n\
                2,Unknown,\"['queen']\",\"['paris', 'no-such-word']\"\n";
    [("classes.tsv", classes), ("odd.csv", sets)].map(|(name, content)| {
        let path = folder.join(name);
        fs::write(&path, content).expect("the folder is there");
        path.to_str().expect("its name is text").to_owned()
    })
}

#[test]
fn evaluate_scores_categories_and_odd_ones() {
    let folder = tempfile::tempdir().unwrap();
    let [classes, sets] = small_tests(folder.path());
    let arguments = ["--categories", &classes, "--odd-one-out", &sets];
    let score = json("evaluate", &ENGLISH, &arguments);
    let categories = &score["categories"][0];
    assert_eq!(keys(categories), ["answered", "classes", "correct", "file", "purity", "total"]);
    assert_eq!(
        (&categories["classes"], &categories["answered"], &categories["total"]),
        (&3.into(), &9.into(), &10.into())
    );
    let purity = categories["correct"].as_f64().unwrap() / 9.0;
    assert!(
        purity >= 6.0 / 9.0 && (categories["purity"].as_f64().unwrap() - purity).abs() < 1e-6,
        "{categories}"
    );
    let odd = &score["odd_one_out"][0];
    assert_eq!(keys(odd), ["all", "file", "sections"]);
    let names: Vec<&str> =
        odd["sections"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Royal", "Cities", "Unknown"]);
    assert_eq!(odd["all"], serde_json::json!({"correct": 2, "answered": 2, "total": 4}));

    let tsv = ask("evaluate", &ENGLISH, &[&arguments[..], &["-q"]].concat());
    let model = ENGLISH.to_str().unwrap();
    assert!(
        tsv.contains(&format!("{model}\todd-one-out\t{sets}\tcosine\tall\t1.0000\t2\t2\t4\n")),
        "{tsv}"
    );
    // No question of the last section can be answered.
    assert!(
        tsv.contains(&format!("{model}\todd-one-out\t{sets}\tcosine\tUnknown\t\t0\t0\t1\n")),
        "{tsv}"
    );
    // The table has no place for what was taken from the files.
    let told = |quiet: &[&str]| {
        let line = [&["evaluate", model], &arguments[..], &["--format", "tsv"], quiet].concat();
        let output = eigenlex().args(line).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let report = told(&[]);
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 2, "{report}");
    assert!(lines[0].starts_with(&format!("`{classes}`: 10 rows")), "{report}");
    assert!(lines[1].starts_with(&format!("`{sets}`: 3 rows")), "{report}");
    assert_eq!(told(&["-q"]), "");
    let heading = "model\ttest\tfile\tmeasure\tsection\tscore\tcorrect\tanswered\ttotal\n";
    assert!(
        tsv.starts_with(&format!("{heading}{model}\tcategories\t{classes}\tpurity\tall\t")),
        "{tsv}"
    );
    let text = ask("evaluate", &ENGLISH, &[&arguments[..], &["--format", "text"]].concat());
    assert!(
        text.contains("purity in 3 clusters: ") && text.contains("2 = 100.0 % (50.0 %)   2 / 4\n"),
        "{text}"
    );
}

#[test]
fn several_models_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let [classes, sets] = small_tests(folder.path());
    let vectors = folder.path().join("english.vec");
    eigenlex()
        .arg("export")
        .arg(&*ENGLISH)
        .arg(&vectors)
        .args(["-q", "--format", "word2vec"])
        .assert()
        .success();
    let [analogies, similarity] = ["english.analogies.txt", "english.similarity.tsv"]
        .map(|name| corpora(name).to_str().unwrap().to_owned());
    let tests = ["-a", &analogies, "-s", &similarity, "-c", &classes, "--odd-one-out", &sets];
    let second = vectors.to_str().unwrap();
    let arguments = [&[second], &tests[..]].concat();

    // One layout, whether there is one model or more: the records of one after those of the other.
    let tsv = ask("evaluate", &ENGLISH, &[&arguments[..], &["-q"]].concat());
    let single = ask("evaluate", &ENGLISH, &[&tests[..], &["-q"]].concat());
    assert!(tsv.starts_with(&single), "{tsv}");
    let rest: Vec<&str> =
        tsv[single.len()..].lines().map(|line| line.split_once('\t').unwrap().1).collect();
    // The exported file holds the same numbers, and so has the same scores.
    assert_eq!(
        rest,
        single.lines().skip(1).map(|line| line.split_once('\t').unwrap().1).collect::<Vec<_>>()
    );

    let text = ask("evaluate", &ENGLISH, &[&arguments[..], &["--format", "text"]].concat());
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].trim_start().starts_with(ENGLISH.to_str().unwrap()) && lines[0].ends_with(second),
        "{text}"
    );
    let headings = ["3CosAdd", "3CosMul", "Spearman x 100", "purity", "odd one out"];
    assert!(
        headings.iter().all(|heading| lines
            .iter()
            .filter(|line| line.ends_with(&format!(", {heading}")))
            .count()
            == 1),
        "{text}"
    );
    assert!(text.contains("100.0 % (50.0 %)  2 / 2 / 4   "), "{text}");

    let several = json("evaluate", &ENGLISH, &arguments);
    let models = several.as_array().unwrap();
    assert_eq!(models.len(), 2);
    assert_eq!(models[0]["categories"], models[1]["categories"]);
    assert_eq!(models[0], json("evaluate", &ENGLISH, &tests));
}

#[test]
fn words_of_a_test_are_looked_up_as_they_are_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("cased.vec"), "4 2\nParis 1 0\nparis 0 1\nRome 1 0.1\noven 0.1 1\n").unwrap();
    // `Paris` the city is near `Rome`; lower-cased it would be near `oven`.
    fs::write(path("odd.txt"), "Paris Rome OVEN\n").unwrap();
    let odd = path("odd.txt");
    let score = json("evaluate", &path("cased.vec"), &["--odd-one-out", odd.to_str().unwrap()]);
    assert_eq!(
        score["odd_one_out"][0]["all"],
        serde_json::json!({"correct": 1, "answered": 1, "total": 1})
    );
}
