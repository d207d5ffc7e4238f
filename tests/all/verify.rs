//! Digests: those of the sample, which every machine must find again, and `verify`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// What a command prints, how it ends, and what it says on standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_eigenlex"))
        .current_dir(folder)
        .args(arguments)
        .args(["--threads", "2"])
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let (code, printed, said) = run(folder, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    printed
}

/// The value of `digest` in a line of JSON.
#[track_caller]
fn digest_in(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    value["digest"].as_str().unwrap().to_owned()
}

fn corpora(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpora").join(name).display().to_string()
}

/// A small corpus of scenes, the same everywhere.
fn texts(folder: &Path) {
    let line = |number: usize| {
        let actor = ["king", "queen", "man", "woman"][number % 4];
        let place = ["palace", "garden", "market", "harbour"][number / 4 % 4];
        format!("The {actor} walked to the {place}. The {actor} spoke to the people there.\n")
    };
    fs::write(folder.join("texts.txt"), (0..60).map(line).collect::<String>()).unwrap();
}

const EMBED: &[&str] = &["embed", "texts.txt", "--dim", "4", "--min-count", "2", "-o", "model"];

fn small_model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    texts(folder.path());
    succeed(folder.path(), EMBED);
    folder
}

/// Changes the last byte of a file that occurs in no header: the highest byte of its last number.
fn change_last_byte(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// The digests of the sample. They are the same on every machine; where a version of the program
/// changes bits on purpose, `UPDATE=1` writes the file anew, and the changelog says so.
#[test]
fn the_digests_of_the_sample_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let json =
        |arguments: &[&str]| digest_in(&succeed(at, &[arguments, &["--format", "json"]].concat()));
    let mut found = Vec::new();
    for language in ["english", "spanish"] {
        let texts = corpora(&format!("{language}.txt"));
        let embed = ["embed", &texts, "--dim", "100", "-o", language];
        found.push((format!("embed {language}"), json(&embed)));
        let name = format!("{language}.documents");
        let embed = ["embed", &texts, "--recipe", "documents", "--dim", "50", "-o", &name];
        found.push((format!("embed {language} --recipe documents"), json(&embed)));
    }
    let dictionary = corpora("english-spanish.dictionary.txt");
    let align = ["align", "english", "spanish", "--dictionary", &dictionary, "-o", "map"];
    found.push(("align --dictionary".to_owned(), json(&align)));
    let texts = corpora("english.txt");
    succeed(at, &["encode", "english.documents", &texts, "-o", "codes.safetensors"]);
    found.push(("encode".to_owned(), json(&["info", "codes.safetensors"])));
    let cluster = ["cluster", "english.documents", "-n", "5", "--in", "codes.safetensors"];
    found.push(("cluster".to_owned(), json(&cluster)));
    found.push(("spectrum".to_owned(), json(&["spectrum", "english.documents"])));
    fs::write(at.join("small.mtx"), small_matrix()).unwrap();
    found.push(("svd".to_owned(), json(&["svd", "small.mtx", "-k", "5"])));
    let double = ["svd", "small.mtx", "-k", "5", "--precision", "double"];
    found.push(("svd --precision double".to_owned(), json(&double)));
    let align = ["align", "english", "spanish", "--unsupervised", "-o", "found.map"];
    found.push(("align --unsupervised".to_owned(), json(&align)));
    for encoder in ["autoencoder", "vae"] {
        let embed = ["embed", &texts, "--encoder", encoder, "--epochs", "1", "--dim", "8"];
        found.push((
            format!("embed english --encoder {encoder} --epochs 1"),
            json(&[&embed[..], &["--contexts", "documents", "-o", encoder]].concat()),
        ));
    }
    succeed(
        at,
        &["plot", "documents", "english.documents", "--in", "codes.safetensors", "-o", "plot.svg"],
    );
    // The picture names the documents by the path of their text.
    let layout = fs::read_to_string(at.join("plot.svg")).unwrap().replace(&texts, "english.txt");
    found.push(("plot".to_owned(), eigenlex::Digest::new().text(&layout).to_hex()));

    let printed: String =
        found.iter().map(|(what, digest)| format!("{what}\t{digest}\n")).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/digests.tsv");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &printed).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert_eq!(printed, known);
}

/// 60 x 40, with entries `ln`-like in size from a fixed rule.
fn small_matrix() -> String {
    let mut entries = Vec::new();
    for row in 1..=60_u32 {
        for column in 1..=40_u32 {
            if (row * 7 + column * 13) % 5 == 0 {
                entries
                    .push(format!("{row} {column} {}", 1.0 + f64::from(row * column % 17) / 8.0));
            }
        }
    }
    let n = entries.len();
    let head = format!("%%MatrixMarket matrix coordinate real general\n60 40 {n}\n");
    head + &entries.join("\n") + "\n"
}

#[test]
fn the_output_of_svd_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("small.mtx"), small_matrix()).unwrap();
    for precision in ["single", "double"] {
        let svd = ["svd", "small.mtx", "-k", "5", "--left-vectors", "--force", "--precision"];
        succeed(at, &[&svd[..], &[precision, "-o", "out.safetensors"]].concat());
        assert!(succeed(at, &["verify", "out.safetensors"]).contains("triplets"));
        change_last_byte(&at.join("out.safetensors"));
        let (code, _, said) = run(at, &["verify", "out.safetensors"]);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("its triplets differ"), "{said}");
    }
}

#[test]
fn commands_print_the_digest_that_they_store() {
    let folder = small_model();
    let at = folder.path();
    let digest = digest_in(&succeed(at, &["info", "model", "--format", "json"]));
    assert_eq!(digest.len(), 64);
    let (_, _, said) = run(at, &[EMBED, &["--force"]].concat());
    assert!(said.contains(&format!("digest    {digest}\n")), "{said}");

    let align = ["align", "model", "model", "--identical", "-o", "map", "--force"];
    let digest = digest_in(&succeed(at, &[&align[..], &["--format", "json"]].concat()));
    assert!(succeed(at, &[&align[..], &["--format", "tsv"]].concat()).contains(&digest));
    assert!(succeed(at, &[&align[..], &["--format", "text"]].concat()).contains(&digest));
    assert_eq!(digest_in(&succeed(at, &["info", "map", "--format", "json"])), digest);
    succeed(at, &["embed", "texts.txt", "--dim", "4", "--min-count", "2", "-o", "later"]);
    let chain = ["align", "--chain", "model", "later", "-o", "chain", "--format", "json"];
    let digest = digest_in(&succeed(at, &chain));
    assert_eq!(digest_in(&succeed(at, &["info", "chain", "--format", "json"])), digest);

    for name in ["codes.safetensors", "codes.npy"] {
        let (_, _, said) = run(at, &["encode", "model", "texts.txt", "-o", name]);
        let digest = digest_in(&succeed(at, &["info", name, "--format", "json"]));
        assert!(said.contains(&format!("digest {digest}\n")), "{said}");
    }
    let cluster = ["cluster", "model", "-n", "3", "--in", "texts.txt", "--format"];
    let digest = digest_in(&succeed(at, &[&cluster[..], &["json"]].concat()));
    assert!(succeed(at, &[&cluster[..], &["text"]].concat()).contains(&digest));
    let digest = digest_in(&succeed(at, &["spectrum", "model", "--format", "json"]));
    assert!(succeed(at, &["spectrum", "model", "--format", "text"]).contains(&digest));
}

#[test]
fn a_file_that_has_not_changed_is_the_same() {
    let folder = small_model();
    let at = folder.path();
    let json = succeed(at, &["verify", "model", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["same"], true);
    let parts: Vec<&str> =
        report["parts"].as_array().unwrap().iter().map(|it| it["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["vectors", "encoder"]);
    succeed(at, &["align", "model", "model", "--identical", "-o", "map"]);
    succeed(at, &["encode", "model", "texts.txt", "-o", "codes.npy"]);
    for (file, part) in [("map", "map"), ("codes.npy", "codes")] {
        let printed = succeed(at, &["verify", file, "--format", "tsv"]);
        let row = printed.lines().nth(1).unwrap();
        assert!(row.starts_with(part) && row.ends_with("\ttrue"), "{printed}");
    }
}

#[test]
fn a_file_that_has_changed_is_named() {
    let folder = small_model();
    let at = folder.path();
    succeed(at, &["align", "model", "model", "--identical", "-o", "map"]);
    succeed(at, &["encode", "model", "texts.txt", "-o", "codes.npy"]);
    change_last_byte(&at.join("map"));
    change_last_byte(&at.join("codes.npy"));
    for (file, part) in [("map", "map"), ("codes.npy", "codes")] {
        let (code, printed, said) = run(at, &["verify", file, "--format", "text"]);
        assert_eq!(code, Some(3), "{said}");
        assert!(printed.starts_with(part) && printed.contains(" different "), "{printed}");
        let problem = format!("`{file}` has changed since it was written: its {part} differ");
        assert!(said.contains(&problem) && said.contains("hint: "), "{said}");
    }
    // Another digest than the one of the vectors is stored.
    let path = at.join("model/model.json");
    let text = fs::read_to_string(&path).unwrap();
    let digest = digest_in(&text);
    fs::write(&path, text.replace(&digest, &"0".repeat(64))).unwrap();
    let (code, _, said) = run(at, &["verify", "model"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("`model` has changed since it was written: its vectors differ"),
        "{said}"
    );
}

#[test]
fn the_same_texts_make_the_same_model_again() {
    let folder = small_model();
    let at = folder.path();
    let printed = succeed(at, &["verify", "model", "texts.txt", "--format", "tsv"]);
    let parts: Vec<&str> =
        printed.lines().skip(1).map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(parts, ["texts", "program", "tokens", "vectors", "encoder"]);
    assert!(printed.lines().skip(1).all(|line| line.ends_with("\ttrue")), "{printed}");
    // The name of the file does not matter.
    fs::rename(at.join("texts.txt"), at.join("other.txt")).unwrap();
    succeed(at, &["verify", "model", "other.txt", "--memory", "1GB"]);
    let before: Vec<_> = fs::read_dir(at).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(before.len(), 2, "{before:?}");
}

#[test]
fn it_is_said_what_differs() {
    let folder = small_model();
    let at = folder.path();
    let told = |arguments: &[&str]| {
        let (code, printed, said) = run(at, &[&["verify", "model"], arguments].concat());
        assert_eq!(code, Some(3), "{printed}{said}");
        said
    };
    let text = fs::read_to_string(at.join("texts.txt")).unwrap();
    fs::write(at.join("other.txt"), text.replace("harbour", "bridge")).unwrap();
    let said = told(&["other.txt"]);
    assert!(
        said.contains("the texts are not those of `model`: `other.txt` is not `texts.txt`"),
        "{said}"
    );
    let said = told(&["texts.txt", "other.txt"]);
    assert!(said.contains("the texts are not those of `model`: 2 given, 1 file then"), "{said}");

    let path = at.join("model/model.json");
    let text = fs::read_to_string(&path).unwrap();
    let digest = digest_in(&text);
    let text = text.replace(&digest, &"0".repeat(64));
    fs::write(&path, &text).unwrap();
    let said = told(&["texts.txt"]);
    assert!(
        said.contains("the texts and the program are those of `model`, but the vectors differ"),
        "{said}"
    );
    let program = concat!("eigenlex ", env!("CARGO_PKG_VERSION"));
    fs::write(&path, text.replace(program, "eigenlex 0.0.1")).unwrap();
    let said = told(&["texts.txt"]);
    let problem = format!("but `eigenlex 0.0.1` made it, and `{program}` makes other vectors");
    assert!(said.contains(&problem), "{said}");
}

#[test]
fn what_has_no_digest_is_refused() {
    let folder = small_model();
    let at = folder.path();
    succeed(at, &["export", "model", "vectors.vec"]);
    let (code, _, said) = run(at, &["verify", "vectors.vec"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("`vectors.vec` has no stored digest"), "{said}");
    succeed(at, &["align", "model", "model", "--identical", "-o", "map"]);
    let (code, _, said) = run(at, &["verify", "map", "texts.txt"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("`map` is not a model of one corpus"), "{said}");
    let (code, _, said) = run(at, &["verify", "nowhere"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("nowhere"), "{said}");
    let (code, _, said) = run(at, &["verify", "model", "--memory", "1GB"]);
    assert_eq!(code, Some(2), "{said}");
}
