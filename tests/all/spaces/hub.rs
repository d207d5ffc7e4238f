//! Several languages around a hub.

use std::fs;
use std::path::Path;

use eigenlex::align::{CommonSpaces, Language, MapForm};
use eigenlex::{WordId, WordVectors};
use tempfile::TempDir;

use super::{N_WORDS, fails, json, language, ok};

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
}

#[test]
fn exported_words_of_two_languages_lie_together() {
    let folder = languages();
    ok(folder.path(), &[&HUB[..], &["-o", "hub"]].concat());
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
        "`hub` has several spaces; say which to translate from\n\
         hint: --from takes one of `en`, `es`, `fr`",
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
        "`--from es` has no effect: a map of two languages has no named spaces",
    );
    fails(
        path,
        &["evaluate", "en.vec", "--analogies", "es-en.txt", "--to", "es"],
        2,
        "`--to es` has no effect: only maps have spaces to choose from",
    );
}

#[test]
fn files_of_another_kind_are_refused() {
    let folder = languages();
    let path = folder.path();
    ok(path, &[&HUB[..], &["-o", "hub"]].concat());
    ok(path, &["align", "es.vec", "en.vec", "--dictionary", "es-en.txt", "-o", "map"]);
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
        "`--space en` has no effect: a map of two languages has no named spaces\n\
         hint: leave out `--space`, or use `--side`",
    );
}

#[test]
fn hubs_that_cannot_be_made_are_refused() {
    let folder = languages();
    let path = folder.path();
    let hub = ["align", "--hub", "en.vec", "es.vec", "fr.vec"];
    let missing = [&hub[..], &["--dictionary", "es-en.txt"]].concat();
    fails(path, &missing, 2, "2 languages besides the hub need 2 dictionaries, not 1");
    fails(path, &["align", "--hub", "en.vec", "--identical"], 2, "--hub");
    fails(
        path,
        &["align", "--hub", "en.vec", "en.vec", "--identical"],
        3,
        "en.vec`: found the same vectors a second time",
    );
    let two =
        ["align", "en.vec", "es.vec", "--dictionary", "es-en.txt", "--dictionary", "fr-en.txt"];
    fails(path, &two, 2, "`--dictionary` is given 2 times for two languages");
    fs::write(path.join("flat.vec"), "3 2\na 1 2\nb 2 1\nc 1 1\n").unwrap();
    let small =
        ["align", "--hub", "en.vec", "es.vec", "fr.vec", "--unsupervised", "--memory", "16MiB"];
    fails(
        path,
        &small,
        5,
        "of memory, the budget is 16.0 MiB\n\
         hint: raise --memory, or lower --max-words, --self-learning-words or --dim",
    );
    let slices = ["align", "--chain", "en.vec", "es.vec", "--memory", "1MB"];
    fails(path, &slices, 5, "align needs about ");
    let flat = ["align", "--hub", "en.vec", "flat.vec", "--identical"];
    fails(path, &flat, 3, "flat.vec` 2\nhint: pass --dim 2 to keep the first 2 of all");
}

#[test]
fn vectors_that_changed_since_are_refused() {
    let folder = languages();
    let path = folder.path();
    ok(path, &[&HUB[..], &["-o", "hub"]].concat());
    fs::write(path.join("fr.vec"), language(|row| format!("x{row}"), 9)).unwrap();
    fails(
        path,
        &["translate", "hub", "es1", "--from", "es", "--to", "fr"],
        3,
        "fr.vec`: found vectors with digest",
    );
}
