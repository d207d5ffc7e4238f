//! The memory budget of `embed`: the largest resident memory of the process, mapped pages included,
//! as the system counts it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// One and a half million tokens of some hundred thousand words, whose ranks follow Zipf's law.
fn write_corpus(path: &Path) {
    const N_WORDS: f64 = 150_000.0;
    let mut state = 1_u64;
    let mut text = String::new();
    for token in 1..=1_500_000 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64;
        let mut rest = 1000 + N_WORDS.powf(uniform) as usize;
        while rest > 0 {
            text.push(char::from(b"bdfgklmnprstvz"[rest % 14]));
            text.push(char::from(b"aeiou"[rest / 14 % 5]));
            rest /= 70;
        }
        text.push(if token % 20 == 0 { '\n' } else { ' ' });
    }
    std::fs::write(path, text).unwrap();
}

/// Runs `embed` and returns the largest resident memory in bytes, and the digest of the model.
fn embed(folder: &Path, model: &str, options: &[&str]) -> (u64, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder).args([
        "embed",
        "corpus.txt",
        "--quiet",
        "--format",
        "json",
        "-o",
        model,
    ]);
    // Few rows and columns in the decomposition, many words behind it: what comes after it needs
    // the most.
    command.args(
        "--min-count 1 --dim 300 --window 3 --fit-words 5000 --max-contexts 500 \
        --tolerance 0.2 --threads 2"
            .split(' '),
    );
    let mut child = command.args(options).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let exit = loop {
        // The peak never falls, so the last look before the end tells all but the last
        // milliseconds.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kibibytes = text.lines().find_map(|line| {
            line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
        });
        peak = kibibytes.map_or(peak, |kibibytes| peak.max(1024 * kibibytes));
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(exit.success());
    let provenance: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(folder.join(model).join("model.json")).unwrap(),
    )
    .unwrap();
    (peak, provenance["digest"].as_str().unwrap().to_owned())
}

#[test]
fn no_stage_takes_more_than_the_budget_and_the_bits_stay() {
    let folder = tempfile::tempdir().unwrap();
    write_corpus(&folder.path().join("corpus.txt"));
    let (free, digest) = embed(folder.path(), "free", &[]);
    let mut report = format!("without a budget {free} bytes");
    for (model, budget, options) in
        [("kept", 400_000_000, &[][..]), ("bare", 380_000_000, &["--no-checkpoints"][..])]
    {
        assert!(free > budget, "a corpus that fits tells nothing: {report}");
        let memory = budget.to_string();
        let (peak, same) = embed(folder.path(), model, &[options, &["--memory", &memory]].concat());
        write!(report, ", of {budget} bytes {peak}").unwrap();
        assert!(peak <= budget, "{report}");
        assert_eq!(same, digest);
    }
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    write_corpus(&folder.path().join("corpus.txt"));
    let command = "embed corpus.txt -o model --min-count 1 --dim 300 --memory 300MB -v";
    let output = Command::new(env!("CARGO_BIN_EXE_eigenlex"))
        .current_dir(folder.path())
        .args(command.split(' '))
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(stderr.contains("\nvocabulary ") && !stderr.contains("\ncount "), "{stderr}");
    assert!(
        stderr.contains("the budget is 286.1 MiB\nhint: raise --memory, or lower --dim"),
        "{stderr}"
    );
}
