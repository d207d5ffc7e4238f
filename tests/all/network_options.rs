//! Options of `embed` for networks that make no sense are refused before anything is read.

use std::fs;

use crate::neural::{eigenlex, sample};

/// Options that make no sense together, and what the program says.
const MEANINGLESS: [(&[&str], &str); 18] = [
    (
        &["--epochs", "3"],
        "error: `--epochs` has no effect: it does not belong to `--encoder svd`\nhint: leave out \
         `--epochs`, or use `--encoder linear` or `--encoder autoencoder` or `--encoder vae`\n",
    ),
    (
        &["--encoder", "svd", "--loss", "squared"],
        "error: `--loss` has no effect: it does not belong to `--encoder svd`\nhint: leave out \
         `--loss`, or use `--encoder linear` or `--encoder autoencoder` or `--encoder vae`\n",
    ),
    (
        &["--encoder", "linear", "--hidden-size", "3"],
        "error: `--hidden-size` has no effect: it does not belong to `--encoder linear`\nhint: \
         leave out `--hidden-size`, or use `--encoder autoencoder` or `--encoder vae`\n",
    ),
    (
        &["--encoder", "autoencoder", "--kl-weight", "1"],
        "error: `--kl-weight` has no effect: it does not belong to `--encoder autoencoder`\nhint: \
         leave out `--kl-weight`, or use `--encoder vae`\n",
    ),
    (
        &["--encoder", "vae", "--kl-weight", "-1"],
        "error: kl_weight is -1, expected a number of at least 0\n",
    ),
    (
        &["--encoder", "vae", "--learning-rate", "0"],
        "error: learning_rate is 0, expected a number above 0\n",
    ),
    (
        &["--encoder", "vae", "--dropout", "1"],
        "error: dropout is 1, expected a number from 0, below 1\n",
    ),
    (&["--encoder", "vae", "--batch-size", "0"], "error: batch_size is 0, expected at least 1\n"),
    (&["--encoder", "vae", "--epochs", "0"], "error: epochs is 0, expected at least 1\n"),
    (&["--encoder", "vae", "--hidden-size", "0"], "error: hidden_size is 0, expected at least 1\n"),
    (&["--encoder", "vae", "--dim", "0"], "error: dim is 0, expected at least 1\n"),
    (
        &["--encoder", "vae", "--recipe", "window"],
        "error: contexts is window, expected documents where the encoder is vae\n",
    ),
    (
        &["--encoder", "vae", "--tolerance", "0.1"],
        "error: `--tolerance 0.1` has no effect: a network is trained, and no matrix decomposed\n\
         hint: leave out `--tolerance`, or use `--encoder svd`\n",
    ),
    (
        &["--encoder", "vae", "-p", "0.5"],
        "error: sigma_exponent is 0.5, expected 0 where the encoder is vae\n",
    ),
    (
        &["--encoder", "vae", "--drop-components", "1"],
        "error: drop_components is 1, expected 0 where the encoder is vae\n",
    ),
    (
        &["--encoder", "vae", "--center"],
        "error: center is true, expected false where the encoder is vae\n",
    ),
    (
        &["--encoder", "vae", "--subwords", "0.3"],
        "error: subwords is given, expected none where the encoder is vae\n",
    ),
    (
        &["--encoder", "vae", "--fit-words", "400"],
        "error: fit_words is 400, expected none where the encoder is vae\n",
    ),
];

#[test]
fn options_that_mean_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    for (options, says) in MEANINGLESS {
        eigenlex()
            .arg("embed")
            .arg(sample())
            .args(options)
            .arg("-o")
            .arg(&model)
            .assert()
            .code(2)
            .stderr(says);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    eigenlex()
        .arg("embed")
        .args([sample(), sample()])
        .args(["--parallel", "--encoder", "vae", "-o"])
        .arg(&model)
        .assert()
        .code(2)
        .stderr("error: network is vae, expected none: parallel texts are decomposed\n");
    eigenlex()
        .arg("embed")
        .arg(sample())
        .args(["--encoder", "vae", "--memory", "33MiB", "-o"])
        .arg(&model)
        .assert()
        .code(5);
}
