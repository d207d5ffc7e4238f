//! Ctrl-C: the program ends soon, says so, and leaves nothing behind.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{folder_with_text, listing, sixty_words};

fn interrupt(child: &Child) {
    assert!(
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success()
    );
}

#[track_caller]
fn assert_interrupted(mut child: Child, folder: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("still running after Ctrl-C");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr).lines().last(),
        Some("error: interrupted; no output was written")
    );
    assert!(listing(folder) == *before, "something was left behind");
}

fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_eigenlex"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the process catches SIGINT: bit 1 of the mask that Linux tells; elsewhere for a
/// second.
fn wait_until_watching(child: &Child) {
    for _ in 0..1000 {
        let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id())) else {
            return std::thread::sleep(Duration::from_secs(1));
        };
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        if u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0 {
            // The handler is there; the reading begins right after.
            return std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the process never watches for Ctrl-C");
}

#[test]
fn while_it_waits_for_standard_input_it_ends_at_once() {
    let folder = folder_with_text();
    let before = listing(folder.path());
    let mut child = spawn(folder.path(), &["embed", "-", "--dim", "3", "-o", "model"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(sixty_words().as_bytes()).unwrap();
    wait_until_watching(&child);
    interrupt(&child);
    assert_interrupted(child, folder.path(), &before);
    drop(stdin);
}

#[test]
fn while_it_waits_for_a_matrix_it_ends_at_once() {
    let folder = folder_with_text();
    let before = listing(folder.path());
    let mut child = spawn(folder.path(), &["svd", "-", "-k", "1", "-o", "out.safetensors"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n").unwrap();
    wait_until_watching(&child);
    interrupt(&child);
    assert_interrupted(child, folder.path(), &before);
    drop(stdin);
}

#[test]
fn while_it_decomposes_it_stops_and_cleans_up() {
    let folder = folder_with_text();
    // Words in no order: the spectrum is flat, and a tolerance that cannot be reached keeps the
    // iteration going for minutes.
    let mut state = 1u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % 6000
    };
    let noise: String = (0..200_000).map(|_| format!("w{} ", random())).collect();
    fs::write(folder.path().join("noise"), noise).unwrap();
    let before = listing(folder.path());
    let options = [
        "--dim",
        "400",
        "--tolerance",
        "1e-9",
        "--max-products",
        "1000000",
        "--no-checkpoints",
        "-vv",
        "-o",
        "model",
    ];
    let mut child = spawn(folder.path(), &[&["embed", "noise"], &options[..]].concat());
    // It says when the decomposition has begun: the stage before has ended.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.lines().any(|line| line.starts_with("weight ")) {
        assert!(std::io::BufRead::read_line(&mut stderr, &mut said).unwrap() > 0, "{said}");
    }
    interrupt(&child);
    std::io::Read::read_to_string(&mut stderr, &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert_eq!(said.lines().last(), Some("error: interrupted; no output was written"));
    assert!(listing(folder.path()) == before, "something was left behind");
}
