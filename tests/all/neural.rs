//! Networks from the command line: training, going on from a checkpoint, and every query as with
//! singular vectors.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;

static VAE: LazyLock<PathBuf> =
    LazyLock::new(|| embed("neural-vae", &["--encoder", "vae", "--epochs", "6"]));
static AUTOENCODER: LazyLock<PathBuf> = LazyLock::new(|| {
    embed("neural-ae", &["--encoder", "autoencoder", "--loss", "squared", "--epochs", "6"])
});

pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/english.txt")
}

pub(crate) fn eigenlex() -> Command {
    Command::new(env!("CARGO_BIN_EXE_eigenlex"))
}

const SMALL: [&str; 5] = ["--dim", "12", "--hidden-size", "16", "-q"];

fn embed(name: &str, options: &[&str]) -> PathBuf {
    let model = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    eigenlex()
        .arg("embed")
        .arg(sample())
        .args(SMALL)
        .args(["--force", "-o"])
        .arg(&model)
        .args(options)
        .assert()
        .success();
    assert!(!work(&model).exists());
    model
}

fn work(model: &Path) -> PathBuf {
    let mut path = model.as_os_str().to_owned();
    path.push(".checkpoints");
    path.into()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn ask(arguments: &[&str]) -> String {
    String::from_utf8(eigenlex().args(arguments).assert().success().get_output().stdout.clone())
        .unwrap()
}

#[track_caller]
fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&ask(&[arguments, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn a_model_has_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for options in [
        &["--encoder", "vae"][..],
        &["--encoder", "autoencoder", "--loss", "squared"],
        &["--encoder", "linear", "--weighting", "tf-idf"],
    ] {
        let hidden: &[&str] = if options[1] == "linear" { &[] } else { &["--hidden-size", "16"] };
        let files = ["1", "2", "3", "8"].map(|threads| {
            let model = folder.path().join(threads);
            let arguments =
                ["--dim", "12", "-q", "--force", "--epochs", "1", "--threads", threads, "-o"];
            eigenlex()
                .arg("embed")
                .arg(sample())
                .args(options)
                .args(hidden)
                .args(arguments)
                .arg(&model)
                .assert()
                .success();
            ["vectors.safetensors", "encoder.safetensors", "vocab.tsv"]
                .map(|file| fs::read(model.join(file)).unwrap())
        });
        assert!(files[1..].iter().all(|other| *other == files[0]), "{options:?}");
    }
}

#[test]
fn a_killed_training_goes_on_and_ends_with_the_same_digest() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    let sample = sample();
    let arguments = [
        &["embed", text(&sample), "--encoder", "vae", "--epochs", "12", "-o", text(&model)][..],
        &SMALL,
    ]
    .concat();
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_eigenlex"))
        .args(&arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !work(&model).join("network").exists() {
        assert!(
            started.elapsed() < Duration::from_secs(120) && process.try_wait().unwrap().is_none(),
            "no checkpoint in time"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(work(&model).join("network").exists() && !model.exists());

    let arguments: Vec<&str> = arguments.into_iter().filter(|&argument| argument != "-q").collect();
    eigenlex()
        .args(&arguments)
        .assert()
        .success()
        .stderr(predicate::str::contains("the training resumes after "));
    assert!(!work(&model).exists());
    let expected = folder.path().join("other");
    let mut whole = arguments.clone();
    whole[7] = text(&expected);
    eigenlex().args(&whole).assert().success();
    let digest = |model: &Path| json(&["info", text(model)])["digest"].clone();
    assert_eq!(digest(&model), digest(&expected));
    for file in ["vectors.safetensors", "encoder.safetensors"] {
        assert_eq!(fs::read(model.join(file)).unwrap(), fs::read(expected.join(file)).unwrap());
    }
}

#[test]
fn what_another_run_left_or_the_disk_spoiled_is_told_and_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    let sample = sample();
    let arguments = |epochs| {
        [
            "embed",
            text(&sample),
            "--encoder",
            "linear",
            "--epochs",
            epochs,
            "--dim",
            "4",
            "--force",
            "-o",
            text(&model),
        ]
    };
    eigenlex().args(arguments("1")).args(["--keep-checkpoints", "-q"]).assert().success();
    let file = work(&model).join("network");
    let told = |says: &str| {
        let stderr = predicate::str::contains(format!("network` {says}; this stage is done again"));
        eigenlex().args(arguments("2")).arg("--keep-checkpoints").assert().success().stderr(stderr);
    };
    told("was made from another corpus or with other parameters");
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    told("is damaged");
    fs::remove_dir_all(work(&model)).unwrap();
    eigenlex().args(arguments("2")).args(["--no-checkpoints", "-q"]).assert().success();
    assert!(!work(&model).exists());
}

#[test]
fn info_tells_how_the_training_went() {
    let info = json(&["info", text(&VAE)]);
    assert_eq!(
        (
            info["version"].as_u64(),
            info["config"]["network"]["encoder"]["vae"]["kl_weight"].as_f64()
        ),
        (Some(2), Some(0.2))
    );
    let epochs = info["training"]["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 6);
    let of = |place: usize, name: &str| epochs[place][name].as_f64().unwrap();
    assert!(of(5, "reconstruction") < of(0, "reconstruction") && of(5, "kl") > 0.0, "{epochs:?}");
    assert_eq!(info["training"]["latent"].as_array().unwrap().len(), 12);
    assert!(info["singular_values"].as_array().unwrap().is_empty());
    let shown = ask(&["info", text(&VAE), "--format", "text"]);
    for part in [
        "encoder   vae with 16 hidden units, multinomial loss",
        "training  6 epochs, 128 documents",
        "of 12 dimensions active",
        "digest",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("singular") && !shown.contains("residual"), "{shown}");
    let lines = ask(&["info", text(&VAE), "--format", "tsv"]);
    assert!(lines.contains("\nkl.6\t") && lines.contains("\nposterior_variance.12\t"), "{lines}");
}

#[test]
fn losses_are_told_while_it_learns() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    let arguments =
        ["--encoder", "vae", "--epochs", "2", "--dim", "4", "--hidden-size", "8", "-vv", "-o"];
    eigenlex().arg("embed").arg(sample()).args(arguments).arg(&model).assert().success().stderr(
        predicate::str::is_match(
            r"epoch 2 of 2: reconstruction \d+\.\d+, KL \d+\.\d+ \(weight 0\.2",
        )
        .unwrap(),
    );
}

#[test]
fn words_and_documents_are_asked_as_with_singular_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = sample();
    for model in [&*VAE, &*AUTOENCODER] {
        let model = text(model);
        assert_eq!(json(&["neighbors", model, "king", "-k", "3"]).as_array().unwrap().len(), 3);
        ask(&["math", model, "king - man + woman"]);
        let codes = folder.path().join("codes.safetensors");
        ask(&["encode", model, text(&corpus), "-q", "--force", "-o", text(&codes)]);
        let line = fs::read_to_string(&corpus).unwrap().lines().nth(6).unwrap().to_owned();
        let found = json(&["search", model, &line, "--in", text(&codes)]);
        assert!((found[0]["similarity"].as_f64().unwrap() - 1.0).abs() < 1e-5, "{found}");
        assert_eq!(
            json(&["search", model, &line, "--in", text(&corpus)])[0]["similarity"],
            found[0]["similarity"]
        );
        ask(&["similar-documents", model, "7", "--in", text(&codes)]);
        let words = json(&["complete", model, "the king and the queen", "-k", "5"]);
        let words: Vec<&str> =
            words.as_array().unwrap().iter().map(|it| it["word"].as_str().unwrap()).collect();
        assert!(words.len() == 5 && !words.contains(&"king"), "{words:?}");
        let reconstruction = json(&["reconstruct", model, "the king and the qqqq"]);
        assert!(reconstruction["loss"].as_f64().unwrap() > 0.0, "{reconstruction}");
        let worst = json(&["outliers", model, text(&corpus), "-k", "3", "--min-words", "2"]);
        assert!(
            worst.as_array().unwrap().iter().all(|it| it["share"].as_f64().unwrap() > 0.0),
            "{worst}"
        );
        let clusters = json(&["cluster", model, "-n", "3", "--in", text(&corpus)]);
        assert_eq!(clusters["clusters"].as_array().unwrap().len(), 3);
        let page = folder.path().join("page.svg");
        ask(&[
            "plot",
            "documents",
            model,
            "--layout",
            "pca",
            "--in",
            text(&codes),
            "--words",
            "5",
            "-q",
            "--force",
            "-o",
            text(&page),
        ]);
        assert_held_out(model, &corpus);
    }
    let models = [text(&VAE), text(&AUTOENCODER)];
    let table =
        ask(&["evaluate", models[0], models[1], "--held-out", text(&corpus), "--format", "text"]);
    assert!(table.contains("share of |x|^2 lost"), "{table}");
}

/// The losses of documents of which one half is held out.
fn assert_held_out(model: &str, corpus: &Path) {
    let scores =
        json(&["evaluate", model, "--held-out", text(corpus), "--completion", text(corpus)]);
    let held_out = &scores["held_out"];
    let number = |name: &str| held_out[name].as_f64().unwrap();
    // It has learned from these: better than the frequencies alone.
    assert!(number("perplexity") < number("perplexity_of_frequencies"), "{held_out}");
    assert_eq!(held_out["kl"].is_null(), model == text(&AUTOENCODER));
    assert_eq!(held_out["squared_loss"].is_null(), model == text(&VAE));
    let shown = ask(&["evaluate", model, "--held-out", text(corpus), "--format", "text"]);
    assert!(shown.contains("perplexity of one half from the other"), "{shown}");
}

#[test]
fn the_decoder_gives_the_words_their_vectors() {
    let info = json(&["info", text(&VAE)]);
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("neural-vae.txt");
    ask(&["export", text(&VAE), text(&out), "--force"]);
    let exported = fs::read_to_string(&out).unwrap();
    assert_eq!(exported.lines().next().unwrap(), format!("{} 12", info["n_words"]));
}

#[test]
fn documents_are_drawn_from_variational_codes_alone() {
    let model = text(&VAE);
    let draw = |seed: &str, threads: &str| {
        let size = ["generate", model, "-n", "4", "--words", "9", "--format", "text"];
        ask(&[&size[..], &["--seed", seed, "--threads", threads]].concat())
    };
    let drawn = draw("3", "1");
    assert!(
        drawn.lines().count() == 4 && drawn.lines().all(|line| line.split(' ').count() == 9),
        "{drawn}"
    );
    assert_eq!(draw("3", "3"), drawn);
    assert_ne!(draw("4", "1"), drawn);
    let first: Value =
        serde_json::from_str(ask(&["generate", model, "-n", "1", "--format", "json"]).trim())
            .unwrap();
    assert_eq!(
        (first["document"].as_u64(), first["words"].as_array().unwrap().len()),
        (Some(1), 20)
    );
    let hint = "hint: make a model with --encoder vae, whose loss is multinomial\n";
    eigenlex().args(["generate", text(&AUTOENCODER)]).assert().code(2).stderr(format!(
        "error: generate: the encoder of the model is autoencoder, and it has no distribution of \
         codes \
         to draw from\n{hint}"
    ));
    let svd = Path::new(env!("CARGO_TARGET_TMPDIR")).join("neural-svd");
    eigenlex()
        .arg("embed")
        .arg(sample())
        .args(["--recipe", "lsa", "--dim", "4", "-q", "--force", "-o"])
        .arg(&svd)
        .assert()
        .success();
    eigenlex().args(["generate", text(&svd)]).assert().code(2).stderr(format!(
        "error: generate: the encoder of the model is svd, and it has no distribution of codes \
             to draw from\n{hint}"
    ));
    let squared =
        embed("neural-vae-squared", &["--encoder", "vae", "--loss", "squared", "--epochs", "1"]);
    eigenlex().args(["generate", text(&squared)]).assert().code(2).stderr(
        predicate::str::contains(
            "with a squared loss a code gives weights, not probabilities of words",
        ),
    );
}

#[test]
fn spectrum_shows_variances_or_says_that_there_are_none() {
    let report = json(&["spectrum", text(&VAE)]);
    assert_eq!(
        (report["encoder"].as_str(), report["latent"].as_array().unwrap().len()),
        (Some("vae"), 12)
    );
    assert!(
        ask(&["spectrum", text(&VAE), "--format", "text"]).contains("of 12 dimensions are active")
    );
    assert_eq!(ask(&["spectrum", text(&VAE), "--format", "tsv"]).lines().count(), 13);
    eigenlex().args(["spectrum", text(&AUTOENCODER)]).assert().code(2).stderr(
        "error: spectrum: the encoder of the model is autoencoder, and it has neither singular \
         values nor variances\nhint: `evaluate --held-out` measures its losses\n",
    );
    eigenlex()
        .args(["spectrum", text(&VAE), "--held-out", text(&sample())])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(
            "`--held-out` has no effect: the codes of a network have no components in an order",
        ));
}

fn copied(model: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("copy");
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(model).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    copy
}

#[test]
fn broken_weights_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(&VAE, folder.path());
    let weights = copy.join("encoder.safetensors");
    let bytes = fs::read(&weights).unwrap();
    let complete = |code: i32, says: &str| {
        eigenlex()
            .args(["complete", text(&copy), "the king"])
            .assert()
            .code(code)
            .stderr(predicate::str::contains(says.to_owned()));
    };
    fs::write(&weights, &bytes[..bytes.len() - 8]).unwrap();
    complete(3, "encoder.safetensors`: found a file that is shorter");
    let mut nan = bytes.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    fs::write(&weights, &nan).unwrap();
    complete(3, "found NaN or infinity in `network`, expected finite numbers");
    fs::copy(AUTOENCODER.join("encoder.safetensors"), &weights).unwrap();
    complete(
        3,
        "found `log_variance` of type F32 and shape [0, 16], expected F32 and [12, 16], as the \
         model has it",
    );
    fs::remove_file(&weights).unwrap();
    complete(1, "cannot read");
    fs::write(&weights, &bytes).unwrap();
    // A later version is refused by its number before anything else is read.
    let description = copy.join("model.json");
    let json = fs::read_to_string(&description).unwrap().replacen(
        "\"format_version\": 2",
        "\"format_version\": 3",
        1,
    );
    fs::write(&description, json.replacen("\"vae\"", "\"something new\"", 1)).unwrap();
    complete(
        3,
        "is a model of format version 3; this program reads versions up to 2\nhint: \
         install a newer eigenlex",
    );
}
