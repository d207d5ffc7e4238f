//! The same bits on any number of threads, and from another random start the same spectrum.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use eigenlex::Model;
use eigenlex::model::Provenance;

/// Embeds the English sample and returns how the model came to be.
fn embed(model: &Path, options: &[&str]) -> Provenance {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/english.txt");
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    let output = command
        .arg("embed")
        .arg(corpus)
        .args(["--dim", "50", "--quiet"])
        .args(options)
        .arg("-o")
        .arg(model)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Model::open_provenance(model).unwrap()
}

/// The times of two runs differ; nothing else may.
fn without_times(mut provenance: Provenance) -> Provenance {
    provenance.stages = Vec::new();
    provenance
}

#[track_caller]
fn same_on_any_number_of_threads(options: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let single = folder.path().join("1");
    let expected = embed(&single, &[options, &["--threads", "1"]].concat());
    for threads in ["2", "3", "8"] {
        let several = folder.path().join(threads);
        let found = embed(&several, &[options, &["--threads", threads]].concat());
        assert_eq!(found.digest, expected.digest, "{threads} threads");
        assert_eq!(found.spectrum, expected.spectrum, "{threads} threads");
        assert_eq!(without_times(found), without_times(expected.clone()));
        for file in ["vectors.safetensors", "encoder.safetensors", "vocab.tsv", "tokenizer.json"] {
            assert!(
                fs::read(several.join(file)).unwrap() == fs::read(single.join(file)).unwrap(),
                "{file} of {threads} threads"
            );
        }
    }
}

#[test]
fn the_default_recipe_has_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&[]);
}

#[test]
fn the_recipe_lsa_has_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&["--recipe", "lsa"]);
    same_on_any_number_of_threads(&["--recipe", "passages"]);
    same_on_any_number_of_threads(&["--max-contexts", "50", "--add-contexts", "--center"]);
}

#[test]
fn folding_and_subwords_have_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&[
        "--fit-words",
        "200",
        "--subwords",
        "0.7",
        "--subword-penalty",
        "0.5",
    ]);
}

#[test]
fn ppmi_has_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&["--weighting", "ppmi"]);
}

#[test]
fn tf_idf_of_documents_has_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&[
        "--contexts",
        "documents",
        "--weighting",
        "tf-idf",
        "--sigma-exponent",
        "1",
    ]);
}

#[test]
fn log_entropy_of_documents_by_power_iterations_has_the_same_bits_on_any_number_of_threads() {
    let weighting = ["--contexts", "documents", "--weighting", "log-entropy"];
    same_on_any_number_of_threads(
        &[&weighting[..], &["--power-iterations", "2", "--oversampling", "20"]].concat(),
    );
}

#[test]
fn subsampling_has_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&["--subsample", "1e-3"]);
    same_on_any_number_of_threads(&["--subsample", "1e-3", "--subsample-random"]);
}

#[test]
fn drawn_windows_have_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&["--distance-weights", "random"]);
    same_on_any_number_of_threads(&[
        "--distance-weights",
        "random",
        "--context-sides",
        "joint",
        "--max-contexts",
        "0",
    ]);
}

#[test]
fn sentences_as_documents_have_the_same_bits_on_any_number_of_threads() {
    same_on_any_number_of_threads(&[
        "--contexts",
        "documents",
        "--document",
        "sentence",
        "--weighting",
        "square-root",
    ]);
}

#[test]
fn a_budget_does_not_change_the_bits() {
    let folder = tempfile::tempdir().unwrap();
    let free = embed(&folder.path().join("free"), &[]);
    let bounded = embed(&folder.path().join("bounded"), &["--memory", "400MiB"]);
    assert_eq!((bounded.digest, bounded.spectrum), (free.digest, free.spectrum));
}

#[test]
fn another_seed_is_another_start_to_the_same_singular_values() {
    let folder = tempfile::tempdir().unwrap();
    let spectra = ["42", "7"]
        .map(|seed| embed(&folder.path().join(seed), &["--seed", seed, "--tolerance", "1e-4"]));
    assert_ne!(spectra[0].digest, spectra[1].digest);
    assert!(spectra.iter().all(|it| it.spectrum.converged));
    for (number, (left, right)) in spectra[0]
        .spectrum
        .singular_values
        .iter()
        .zip(&spectra[1].spectrum.singular_values)
        .enumerate()
    {
        // A residual r moves a singular value by less than r; the tolerance is relative to the
        // smallest one.
        assert!(
            (left - right).abs() < 1e-4 * left,
            "singular value {}: {left} and {right}",
            number + 1
        );
    }
}

#[test]
fn a_compressed_corpus_from_standard_input_has_the_same_digest() {
    let folder = tempfile::tempdir().unwrap();
    let plain = embed(&folder.path().join("plain"), &["--recipe", "lsa"]);
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/english.txt")).unwrap();
    let packed = folder.path().join("packed");
    fs::write(&packed, zstd::encode_all(text.as_slice(), 1).unwrap()).unwrap();
    let model = folder.path().join("stdin");
    let output = Command::new(env!("CARGO_BIN_EXE_eigenlex"))
        .args(["embed", "-", "--dim", "50", "--recipe", "lsa", "-q", "-o"])
        .arg(&model)
        .stdin(fs::File::open(&packed).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    let packed_bytes = fs::metadata(&packed).unwrap().len();
    let found = Model::open_provenance(&model).unwrap();
    assert_eq!(found.digest, plain.digest);
    assert_eq!(
        (found.corpus.sources[0].path.as_str(), found.corpus.sources[0].bytes),
        ("-", packed_bytes)
    );
    assert_eq!(found.corpus.text_bytes, plain.corpus.text_bytes);
}
