//! A run that is killed or stopped is gone on with by the same command, and ends with the same
//! bytes.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use eigenlex::Model;

/// Words in no order, so that the spectrum is flat and the decomposition takes its time.
fn noise(n_tokens: usize) -> String {
    let mut state = 1_u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % 3000
    };
    (0..n_tokens)
        .map(|i| format!("w{}{}", random(), if i % 50 == 49 { '\n' } else { ' ' }))
        .collect()
}

const OPTIONS: [&str; 6] = ["--dim", "150", "--subwords", "0", "--fit-words", "2000"];

fn command(folder: &Path, corpus: &str, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command
        .current_dir(folder)
        .args(["embed", corpus, "-v", "-o", "model", "--force"])
        .args(OPTIONS)
        .args(options);
    command
}

/// Runs to the end and returns what was said.
#[track_caller]
fn finish(folder: &Path, corpus: &str, options: &[&str]) -> String {
    let Output { status, stderr, .. } = command(folder, corpus, options).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    said
}

/// Starts, and sends a signal as soon as a file is there.
#[track_caller]
fn signal_when_there(folder: &Path, signal: &str, file: &str) -> String {
    let child = command(folder, "text", &[]).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while !folder.join("model.checkpoints").join(file).exists() {
        assert!(Instant::now() < deadline, "no {file}");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success()
    );
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success(), "it ended before the signal came");
    String::from_utf8(output.stderr).unwrap()
}

/// The stages that have said their time; a summary follows, which says it again.
fn stages(said: &str) -> Vec<&str> {
    let is_stage = |line: &&str| {
        line.split_whitespace().nth(2).is_some_and(|word| word.starts_with('s') && word.len() <= 2)
    };
    said.lines()
        .take_while(|line| !line.starts_with("corpus "))
        .filter(is_stage)
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

fn bytes_of(folder: &Path) -> Vec<Vec<u8>> {
    let files = ["vectors.safetensors", "encoder.safetensors", "vocab.tsv", "tokenizer.json"];
    files.iter().map(|file| fs::read(folder.join("model").join(file)).unwrap()).collect()
}

struct Undisturbed {
    folder: tempfile::TempDir,
    bytes: Vec<Vec<u8>>,
    digest: String,
}

fn undisturbed() -> Undisturbed {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), noise(150_000)).unwrap();
    let said = finish(folder.path(), "text", &[]);
    assert_eq!(
        stages(&said),
        ["tokenize", "vocabulary", "count", "weight", "layout", "svd", "fold", "write"],
        "{said}"
    );
    assert!(!folder.path().join("model.checkpoints").exists());
    let digest = Model::open_provenance(folder.path().join("model")).unwrap().digest;
    let bytes = bytes_of(folder.path());
    fs::remove_dir_all(folder.path().join("model")).unwrap();
    Undisturbed { folder, bytes, digest }
}

impl Undisturbed {
    #[track_caller]
    fn assert_equal(&self) {
        assert_eq!(
            Model::open_provenance(self.folder.path().join("model")).unwrap().digest,
            self.digest
        );
        assert!(bytes_of(self.folder.path()) == self.bytes);
        let left: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left.len(), 2, "{left:?}");
        fs::remove_dir_all(self.folder.path().join("model")).unwrap();
    }
}

#[test]
fn after_a_kill_at_any_stage_the_same_command_goes_on_and_ends_with_the_same_bytes() {
    let run = undisturbed();
    let folder = run.folder.path();
    for (file, left, tells) in [
        (
            "vocabulary",
            &["count", "weight", "layout", "svd", "fold", "write"][..],
            "the corpus was read by an earlier run",
        ),
        (
            "counts",
            &["weight", "layout", "svd", "fold", "write"],
            "the words were counted by an earlier run",
        ),
        ("svd", &["weight", "layout", "svd", "fold", "write"], "the decomposition resumes after "),
    ] {
        signal_when_there(folder, "-KILL", file);
        let said = finish(folder, "text", &[]);
        assert!(said.contains(tells), "{said}");
        let found = stages(&said);
        // The kill may come a moment late, so that more was done.
        assert!(left.ends_with(&found) && found.len() >= 4, "{file}: {found:?}");
        run.assert_equal();
    }
}

#[test]
fn an_interrupted_run_says_where_its_work_is() {
    let run = undisturbed();
    let folder = run.folder.path();
    let said = signal_when_there(folder, "-INT", "svd");
    let end = "the checkpoints are kept in `model.checkpoints`: the same command resumes from \
               there\nerror: interrupted; no output was written\n";
    assert!(said.ends_with(end), "{said}");
    // Fewer threads make the same of it.
    assert!(
        finish(folder, "text", &["--threads", "1"]).contains("the decomposition resumes after ")
    );
    run.assert_equal();
}

#[test]
fn damaged_or_stale_work_is_told_and_done_again() {
    let run = undisturbed();
    let folder = run.folder.path();
    for (file, at) in [("counts", 1000), ("vocabulary", 200), ("svd", 5000)] {
        signal_when_there(folder, "-KILL", "svd");
        let path = folder.join("model.checkpoints").join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let said = finish(folder, "text", &[]);
        assert!(
            said.contains(&format!(
                "`model.checkpoints/{file}` is damaged; this stage is done again"
            )),
            "{said}"
        );
        run.assert_equal();
    }

    signal_when_there(folder, "-KILL", "counts");
    let said = finish(folder, "text", &["--window", "3"]);
    assert!(
        said.contains(
            "`model.checkpoints/counts` was made from another corpus or with other parameters"
        ),
        "{said}"
    );
    assert!(!stages(&said).contains(&"tokenize"), "{said}");

    signal_when_there(folder, "-KILL", "counts");
    let text = fs::read_to_string(folder.join("text")).unwrap();
    fs::write(folder.join("text"), format!("{text}w1 w2 w3\n")).unwrap();
    let said = finish(folder, "text", &[]);
    assert!(
        said.contains(
            "`model.checkpoints/vocabulary` was made from another corpus or with other parameters"
        ),
        "{said}"
    );
    assert_eq!(Model::open_provenance(folder.join("model")).unwrap().n_tokens, 150_003);
}

#[test]
fn kept_work_serves_other_parameters_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("text"), noise(60_000)).unwrap();
    assert_eq!(stages(&finish(folder, "text", &["--keep-checkpoints"])).len(), 8);
    let said = finish(folder, "text", &["--keep-checkpoints", "--power", "0.6", "-p", "0.5"]);
    assert_eq!(stages(&said), ["weight", "layout", "svd", "fold", "write"], "{said}");
    let again = Model::open_provenance(folder.join("model")).unwrap().digest;

    // Standard input has to be read, but what was made of the same tokens is the same.
    let from_stdin = |text: &str, options: &[&str]| {
        let path = folder.join("stdin");
        fs::write(&path, text).unwrap();
        let output =
            command(folder, "-", options).stdin(File::open(&path).unwrap()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let said = from_stdin(&noise(60_000), &["--keep-checkpoints", "--power", "0.6", "-p", "0.5"]);
    assert!(
        stages(&said)[..2] == ["tokenize", "vocabulary"]
            && said.contains("this stage is done again"),
        "{said}"
    );
    assert_eq!(Model::open_provenance(folder.join("model")).unwrap().digest, again);
    let said = from_stdin(&noise(60_000), &["-p", "0.5"]);
    assert_eq!(
        stages(&said),
        ["tokenize", "vocabulary", "weight", "layout", "svd", "fold", "write"],
        "{said}"
    );
    assert!(!folder.join("model.checkpoints").exists());

    finish(folder, "text", &["--no-checkpoints"]);
    assert!(!folder.join("model.checkpoints").exists());
}

#[test]
fn two_runs_do_not_share_their_work() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("text"), noise(150_000)).unwrap();
    let mut child = command(folder, "text", &[]).stderr(Stdio::null()).spawn().unwrap();
    while !folder.join("model.checkpoints/counts").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = command(folder, "text", &[]).output().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with(
            "error: `model.checkpoints` is in use by another process\nhint: wait until it has ended"
        ),
        "{said}"
    );
}
